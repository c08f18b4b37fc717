#include "preflight.h"

static size_t count_statements(const struct plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += index_piece_count(&plan->steps[i]->scripts[plan->kind]);
    return count;
}

static void check_together(struct arena *arena, const struct plan *plan, struct findings *findings)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct index_step *step = plan->steps[i];

        if (!step->transactional)
            findings_add(
                arena, findings, FINDING_FAULT, "atomic", step->id,
                error_hint(arena,
                           error_plain(arena, ERROR_STATE,
                                       "revision '%.*s' runs without a transaction: it cannot "
                                       "share one",
                                       TEXT_ARGS(step->id)),
                           "Run it without --atomic, or up to there with --to."));
    }
}

struct error *preflight(struct arena *arena, const struct index *index, struct target *target,
                        const struct plan *plan, const struct ledger *ledger, bool atomic,
                        struct findings *findings)
{
    struct needs needs = {
        .ledger = ledger->count == 0,
        .extensions = index->extensions,
        .extension_count = index->extension_count,
        .statement_count = atomic ? count_statements(plan) : 0,
    };

    if (atomic && plan->count)
        check_together(arena, plan, findings);
    return target ? target->operations->inspect(arena, target, &needs, findings) : NULL;
}

#include "apply.h"
#include "interrupt.h"
#include "piecewise.h"
#include "preflight.h"

static const char *verb(const struct plan *plan)
{
    return plan->kind == SCRIPT_UP ? "applied" : "undone";
}

/* How many revisions the target has after so many steps of the plan. */
static size_t has_after(const struct plan *plan, size_t done)
{
    return plan->kind == SCRIPT_UP ? plan->applied + done : plan->applied - done;
}

/* Messages */

/* What a server suggested comes first. */
static struct error *advise(struct arena *arena, struct error *error, struct text advice)
{
    if (error->hint.size)
        return error_note(arena, error, (struct span){0}, "%.*s", TEXT_ARGS(advice));
    return error_hint(arena, error, "%.*s", TEXT_ARGS(advice));
}

static const char *when(void)
{
    return interrupt_came() ? "Run again," : "When the cause is removed,";
}

/* A statement outside a transaction was refused, and the ledger says which. */
static bool is_stopped(const struct run *run, const struct index_step *step)
{
    const struct ledger_row *last =
        run->ledger.count ? &run->ledger.rows[run->ledger.count - 1] : NULL;

    return last && last->event == LEDGER_FAILED && text_equal(last->revision, step->id);
}

static struct text outcome_of(struct run *run, const struct plan *plan,
                              const struct index_step *step, bool unknown, bool begun)
{
    const char *pattern;

    if (!begun)
        pattern = "revision '%.*s' was not begun";
    else if (step->transactional && unknown)
        pattern = "nobody knows whether revision '%.*s' is %s: a person must look";
    else if (step->transactional)
        pattern = plan->kind == SCRIPT_UP ? "revision '%.*s' was rolled back"
                                          : "revision '%.*s' is still applied";
    else if (unknown && is_stopped(run, step))
        pattern = "revision '%.*s' is half %s";
    else if (unknown)
        pattern = "revision '%.*s' runs without a transaction and was interrupted: a person must "
                  "look";
    else if (ledger_is_begun(&run->state.steps[step - run->index->steps]))
        pattern = "nothing more of revision '%.*s' was done";
    else
        pattern = "nothing of revision '%.*s' was done";
    return arena_format(run->arena, pattern, TEXT_ARGS(step->id), verb(plan));
}

/* Where the target stands, and what to do next. */
static struct error *explain(struct run *run, const struct plan *plan, size_t done, bool begun,
                             struct error *error)
{
    const struct index_step *step = plan->steps[done];
    const char *command = plan->kind == SCRIPT_UP ? "upgrade" : "downgrade";
    bool unknown = error->code == ERROR_UNKNOWN;
    struct text outcome = outcome_of(run, plan, step, unknown, begun);
    struct text advice;

    error_note(run->arena, error, (struct span){0}, "%.*s", TEXT_ARGS(outcome));
    error_note(run->arena, error, (struct span){0},
               plan->kind == SCRIPT_UP
                   ? "'%.*s' has %zu of %zu revisions, %zu of them from this run"
                   : "'%.*s' has %zu of %zu revisions, this run undid %zu",
               TEXT_ARGS(run->target->name), has_after(plan, done), run->index->step_count, done);
    if (unknown && step->transactional)
        advice = TEXT("'sqlland history' tells, once the database can be read: where the revision "
                      "is its last row, it is done.");
    else if (unknown && is_stopped(run, step))
        advice = arena_format(run->arena,
                              "%s the same 'sqlland %s' goes on with that statement; 'sqlland "
                              "resume' goes on with another.",
                              when(), command);
    else if (unknown)
        advice = arena_format(run->arena,
                              "'sqlland check' tells what is known; then the same 'sqlland %s' "
                              "goes on, or says what a person must find out first.",
                              command);
    else
        advice = arena_format(run->arena, "%s the same 'sqlland %s' goes on with revision '%.*s'.",
                              when(), command, TEXT_ARGS(step->id));
    return advise(run->arena, error, advice);
}

static struct error *explain_atomic(struct run *run, const struct plan *plan, size_t reached,
                                    struct error *error)
{
    const char *command = plan->kind == SCRIPT_UP ? "upgrade" : "downgrade";
    bool unknown = error->code == ERROR_UNKNOWN;

    if (reached < plan->count)
        error_note(run->arena, error, (struct span){0}, "that was revision '%.*s', %zu of %zu",
                   TEXT_ARGS(plan->steps[reached]->id), reached + 1, plan->count);
    if (unknown) {
        error_note(run->arena, error, (struct span){0},
                   "nobody knows whether the %zu revisions are %s: all of them are, or none",
                   plan->count, verb(plan));
        return advise(run->arena, error,
                      TEXT("'sqlland history' tells, once the database can be read."));
    }
    error_note(run->arena, error, (struct span){0},
               "all of it was rolled back: '%.*s' has %zu of %zu revisions, as before",
               TEXT_ARGS(run->target->name), plan->applied, run->index->step_count);
    return advise(run->arena, error,
                  arena_format(run->arena,
                               "%s the same 'sqlland %s' begins anew; without --atomic each "
                               "revision is kept that can be.",
                               when(), command));
}

/* Running */

static void show_progress(struct run *run, const struct plan *plan, size_t position)
{
    const struct index_step *step = plan->steps[position];

    report_progress(run->options->report, "%s %zu of %zu  %.*s%s%.*s",
                    plan->kind == SCRIPT_UP ? "applying" : "undoing", position + 1, plan->count,
                    TEXT_ARGS(step->id), step->title.size ? "  " : "", TEXT_ARGS(step->title));
}

static struct error *run_scripts(struct run *run, const struct index_step *step,
                                 enum script_kind kind)
{
    struct error *error = script_run(run, step, kind);

    if (!error && kind == SCRIPT_UP)
        error = script_verify(run, step);
    if (!error && interrupt_came())
        error = interrupt_error(run->arena);
    return error;
}

static struct ledger_row make_row(struct run *run, const struct index_step *step,
                                  enum script_kind kind, struct text started)
{
    return run_row(run, step, kind, LEDGER_APPLIED, index_piece_count(&step->scripts[kind]),
                   started);
}

static struct error *apply_in_transaction(struct run *run, const struct index_step *step,
                                          enum script_kind kind)
{
    struct text started = ledger_now(run->arena);
    struct terms terms = script_terms(step, kind);
    struct error *error = run->to->begin(run->arena, run->target, &run->ledger, &terms);

    if (error)
        return error;
    error = run_scripts(run, step, kind);
    if (error) {
        run->to->rollback(run->target);
        return error;
    }
    struct ledger_row row = make_row(run, step, kind, started);
    return run_commit(run, &row);
}

static struct error *apply_step(struct run *run, const struct index_step *step,
                                enum script_kind kind)
{
    struct terms terms = script_terms(step, kind);
    struct error *error = run->to->prepare(run->arena, run->target, &terms);

    if (error)
        return error;
    return step->transactional ? apply_in_transaction(run, step, kind)
                               : piecewise_run(run, step, kind);
}

static struct error *apply_each(struct run *run, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (interrupt_came())
            return explain(run, plan, i, false, interrupt_error(run->arena));
        show_progress(run, plan, i);
        struct error *error = apply_step(run, plan->steps[i], plan->kind);
        if (error)
            return explain(run, plan, i, true, error);
    }
    return NULL;
}

/* The last row is committed; each before it is followed by the next revision. */
static struct error *end_step(struct run *run, const struct plan *plan, size_t position,
                              struct text started)
{
    struct ledger_row row = make_row(run, plan->steps[position], plan->kind, started);

    if (position + 1 == plan->count)
        return run_commit(run, &row);
    struct terms next = script_terms(plan->steps[position + 1], plan->kind);
    return run_proceed(run, &row, &next);
}

static struct error *apply_together(struct run *run, const struct plan *plan)
{
    struct terms terms = script_terms(plan->steps[0], plan->kind);
    struct error *error = run->to->prepare(run->arena, run->target, &terms);

    if (!error)
        error = run->to->begin(run->arena, run->target, &run->ledger, &terms);
    if (error)
        return explain_atomic(run, plan, plan->count, error);
    for (size_t i = 0; i < plan->count; i++) {
        struct text started = ledger_now(run->arena);

        show_progress(run, plan, i);
        error = run_scripts(run, plan->steps[i], plan->kind);
        if (error)
            run->to->rollback(run->target);
        else
            error = end_step(run, plan, i, started);
        if (error)
            return explain_atomic(run, plan, i, error);
    }
    return NULL;
}

struct error *apply_plan(struct run *run, enum script_kind kind, struct text to, struct plan *plan)
{
    struct error *error = kind == SCRIPT_UP
                              ? plan_upgrade(run->arena, run->index, &run->state, to, plan)
                              : plan_downgrade(run->arena, run->index, &run->state, to, plan);

    return error && error->code == ERROR_UNKNOWN ? script_show_begun(run, error) : error;
}

/* What is about to be lost is shown before it is. */
static void show_plan(struct run *run, const struct plan *plan)
{
    struct report *report = run->options->report;

    report_note(report, "to be undone in '%.*s', in this order:", TEXT_ARGS(run->target->name));
    for (size_t i = 0; i < plan->count; i++)
        report_note(report, "%5zu  %.*s%s%.*s%s", i + 1, TEXT_ARGS(plan->steps[i]->id),
                    plan->steps[i]->title.size ? "  " : "", TEXT_ARGS(plan->steps[i]->title),
                    plan->steps[i]->transactional ? "" : "  [no transaction]");
}

static void show_warnings(struct run *run, const struct findings *findings)
{
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        if (finding->severity == FINDING_WARNING)
            report_note(run->options->report, "warning: %.*s", TEXT_ARGS(finding->error->message));
}

static struct error *prepare_target(struct run *run, const struct apply_options *options,
                                    const struct plan *plan, struct findings *findings)
{
    struct error *error = preflight(run->arena, run->index, run->target, plan, &run->ledger,
                                    options->atomic, findings);

    if (!error)
        error = findings_refuse(findings);
    if (error)
        return error;
    show_warnings(run, findings);
    if (plan->kind == SCRIPT_DOWN)
        show_plan(run, plan);
    if (run->target->is_new)
        report_note(run->options->report, "'%.*s' is a new database", TEXT_ARGS(run->target->name));
    if (!options->backup.bytes || run->target->is_new)
        return NULL;
    report_progress(run->options->report, "copying '%.*s' to '%.*s'", TEXT_ARGS(run->target->name),
                    TEXT_ARGS(options->backup));
    return run->to->backup(run->arena, run->target, options->backup);
}

struct error *apply(struct arena *arena, const struct apply_options *options,
                    struct applied *applied)
{
    struct run run;
    struct plan plan;
    struct findings findings = {0};

    struct error *error = run_open(arena, &options->run, &run);
    if (!error)
        error = apply_plan(&run, options->kind, options->to, &plan);
    if (!error && plan.count)
        error = prepare_target(&run, options, &plan, &findings);
    if (error && interrupt_came())
        error_note(arena, error, (struct span){0}, "nothing was changed");
    if (!error && plan.count)
        error = options->atomic ? apply_together(&run, &plan) : apply_each(&run, &plan);
    if (error)
        return error;
    *applied = (struct applied){plan, run.ledger, findings};
    return NULL;
}

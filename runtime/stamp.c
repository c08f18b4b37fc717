#include "stamp.h"
#include "adopt.h"

/* Stamping */

static struct error *mark_wanted(struct run *run, const struct stamp_options *options, bool *wanted)
{
    if (options->tool.bytes)
        return adopt_read(run->arena, run->target, run->index, options->tool, wanted);
    return plan_mark_needed(run->arena, run->index, options->to, wanted);
}

static struct error *plan_stamps(struct run *run, const bool *wanted, struct plan *plan)
{
    struct plan made = {
        .kind = SCRIPT_UP,
        .steps = arena_array(run->arena, const struct index_step *, run->index->step_count),
        .applied = run->state.applied,
    };

    for (size_t i = 0; i < run->index->step_count; i++) {
        const struct index_step *step = &run->index->steps[i];
        enum standing standing = run->state.steps[i].standing;

        if (!wanted[i] || standing == STEP_APPLIED)
            continue;
        if (standing != STEP_PENDING)
            return error_hint(run->arena,
                              error_plain(run->arena, ERROR_UNKNOWN,
                                          "revision '%.*s' is begun and not finished: a person "
                                          "must look",
                                          TEXT_ARGS(step->id)),
                              "Say what is there with 'sqlland resume'.");
        made.steps[made.count++] = step;
    }
    *plan = made;
    return NULL;
}

static struct error *write_stamps(struct run *run, const struct plan *plan)
{
    struct terms none = {0};
    struct error *error = run->to->prepare(run->arena, run->target, &none);

    if (!error)
        error = run->to->begin(run->arena, run->target, &run->ledger, &none);
    for (size_t i = 0; !error && i < plan->count; i++) {
        struct ledger_row row =
            run_row(run, plan->steps[i], SCRIPT_UP, LEDGER_STAMPED, 0, ledger_now(run->arena));

        error = i + 1 < plan->count ? run_proceed(run, &row, &none) : run_commit(run, &row);
    }
    if (error)
        error_note(run->arena, error, (struct span){0}, "%s",
                   error->code == ERROR_UNKNOWN ? "nobody knows whether the stamps are recorded"
                                                : "nothing was stamped");
    return error;
}

struct error *stamp(struct arena *arena, const struct stamp_options *options,
                    struct stamped *stamped)
{
    struct run run;
    struct plan plan;

    struct error *error = run_open(arena, &options->run, &run);
    if (error)
        return error;
    bool *wanted = arena_array(arena, bool, run.index->step_count);
    error = mark_wanted(&run, options, wanted);
    if (!error)
        error = plan_stamps(&run, wanted, &plan);
    if (!error && plan.count)
        error = write_stamps(&run, &plan);
    if (error)
        return error;
    *stamped = (struct stamped){plan, run.ledger};
    return NULL;
}

/* Resuming */

static struct error *find_begun(struct run *run, struct text id, size_t *position)
{
    size_t count = 0;

    for (size_t i = 0; i < run->index->step_count; i++) {
        if (!ledger_is_begun(&run->state.steps[i]) ||
            (id.bytes && !text_equal(run->index->steps[i].id, id)))
            continue;
        *position = i;
        count++;
    }
    if (count == 1)
        return NULL;
    if (count > 1)
        return error_plain(run->arena, ERROR_USAGE, "%zu revisions are half done: name one", count);
    if (id.bytes && !index_find(run->index, id))
        return plan_no_revision(run->arena, run->index, id);
    return error_hint(run->arena,
                      error_plain(run->arena, ERROR_STATE, "%s%.*s%s half done",
                                  id.bytes ? "revision '" : "no revision", TEXT_ARGS(id),
                                  id.bytes ? "' is not" : " is"),
                      "There is nothing to say about it: 'sqlland check' shows what is.");
}

static struct error *count_done(struct run *run, const struct resume_options *options, size_t count,
                                size_t *done)
{
    if (options->how == RESUME_FROM && (options->from < 1 || options->from > count + 1))
        return error_hint(run->arena,
                          error_plain(run->arena, ERROR_USAGE,
                                      "the script has %zu statements, not %llu", count,
                                      (unsigned long long)options->from),
                          "'--from %zu' says that all of them are done.", count + 1);
    *done = options->how == RESUME_FROM   ? (size_t)options->from - 1
            : options->how == RESUME_DONE ? count
                                          : 0;
    return NULL;
}

struct error *resume(struct arena *arena, const struct resume_options *options,
                     struct resumed *resumed)
{
    struct run run;
    size_t position = 0, done = 0;
    struct terms none = {0};

    struct error *error = run_open(arena, &options->run, &run);
    if (!error)
        error = find_begun(&run, options->id, &position);
    if (error)
        return error;
    const struct index_step *step = &run.index->steps[position];
    enum script_kind kind = run.state.steps[position].kind;
    size_t count = index_piece_count(&step->scripts[kind]);
    error = count_done(&run, options, count, &done);
    if (!error)
        error = run.to->prepare(arena, run.target, &none);
    if (!error)
        error = run.to->begin(arena, run.target, &run.ledger, &none);
    if (error)
        return error;
    struct ledger_row row = run_row(&run, step, kind, LEDGER_RESUMED, done, ledger_now(arena));
    error = run_commit(&run, &row);
    if (error)
        return error;
    *resumed = (struct resumed){step, kind, done, count, run.ledger};
    return NULL;
}

#include "piecewise.h"
#include "interrupt.h"
#include "plan.h"

struct piecewise {
    struct run *run;
    const struct index_step *step;
    enum script_kind kind;
    const struct index_script *script;
    struct step_state before; /* what earlier runs have left */
    struct sending sending;
    size_t done; /* pieces */
    struct text started;
};

static bool was_begun(const struct piecewise *piecewise)
{
    return ledger_is_begun(&piecewise->before);
}

static struct error *record_event(struct piecewise *piecewise, enum ledger_event event)
{
    struct run *run = piecewise->run;
    struct terms none = {0};
    struct error *error = run->to->begin(run->arena, run->target, &run->ledger, &none);

    if (error)
        return error;
    struct ledger_row row =
        run_row(run, piecewise->step, piecewise->kind, event, piecewise->done, piecewise->started);
    return run_commit(run, &row);
}

static const struct index_build *next_build(const struct piecewise *piecewise)
{
    return plan_find_build(piecewise->script, piecewise->done);
}

/*
 * A refused piece has done nothing: statements outside a transaction are whole or nothing, but for
 * an index that was being built, which is taken away. Where a target says that this one is neither,
 * the ledger keeps it as interrupted.
 */
static struct error *take_back(struct piecewise *piecewise, struct error *refusal)
{
    struct run *run = piecewise->run;
    const struct index_build *build = next_build(piecewise);
    enum built built = BUILT_NOTHING;
    struct error *error = NULL;
    bool partly = refusal->code == ERROR_UNKNOWN;
    bool perhaps = !partly && !build && run->to->is_partial && run->to->is_partial(run->target);

    /* To take half an index away may take as long as to build it: the next run does. */
    if (build && interrupt_came()) {
        refusal->code = ERROR_UNKNOWN;
        return error_note(run->arena, refusal, (struct span){0},
                          "statement %zu of %zu was stopped outside a transaction; the next run "
                          "clears away what it left",
                          piecewise->done + 1, piecewise->sending.count);
    }
    if (build && !partly)
        error = run->to->look(run->arena, run->target, build, &built);
    if (!error && built == BUILT_HALF)
        error = run->to->remove(run->arena, run->target, build);
    if (!error && !partly && !perhaps)
        error = record_event(piecewise, LEDGER_FAILED);
    if (error || perhaps || piecewise->done > 0 || was_begun(piecewise))
        refusal->code = ERROR_UNKNOWN;
    if (error)
        error_note(run->arena, refusal, (struct span){0}, "and then: %.*s",
                   TEXT_ARGS(error->message));
    const char *what = partly             ? "done in part"
                       : perhaps          ? "stopped, and may be done in part,"
                       : error            ? "cut off"
                       : interrupt_came() ? "stopped"
                                          : "refused";
    return error_note(run->arena, refusal, (struct span){0},
                      "statement %zu of %zu was %s outside a transaction; the %zu before it are "
                      "done",
                      piecewise->done + 1, piecewise->sending.count, what, piecewise->done);
}

/*
 * What an earlier run left of the index that a piece builds would be in its way; so it is where a
 * person says that nothing of the script is done.
 */
static struct error *clear_build(struct piecewise *piecewise)
{
    struct run *run = piecewise->run;
    const struct index_build *build = next_build(piecewise);
    enum built built;

    if (!build || !piecewise->before.begun)
        return NULL;
    struct error *error = run->to->look(run->arena, run->target, build, &built);
    if (!error && built == BUILT_HALF)
        error = run->to->remove(run->arena, run->target, build);
    return error;
}

/* IF NOT EXISTS is content with an invalid index; nobody else should be. */
static struct error *check_build(struct piecewise *piecewise)
{
    struct run *run = piecewise->run;
    const struct index_build *build = next_build(piecewise);
    enum built built = BUILT_WHOLE;
    struct error *error = build ? run->to->look(run->arena, run->target, build, &built) : NULL;

    if (error)
        error->code = ERROR_UNKNOWN;
    else if (built != BUILT_WHOLE)
        error = error_hint(run->arena,
                           error_plain(run->arena, ERROR_UNKNOWN,
                                       "index '%.*s' of table '%.*s' is not there, or invalid",
                                       TEXT_ARGS(build->name), TEXT_ARGS(build->table)),
                           "An index of this name was there before: look at it, drop it if it is "
                           "invalid, and run this again.");
    return error;
}

static struct error *run_piece(struct piecewise *piecewise)
{
    struct run *run = piecewise->run;
    const struct sending *all = &piecewise->sending;
    struct sending one = {all->script, &all->pieces[piecewise->done], 1};
    struct error *error = clear_build(piecewise);

    if (error)
        return error;
    error = script_keep(run, all, run->to->run(run->arena, run->target, &one));
    if (error)
        return take_back(piecewise, error);
    error = check_build(piecewise);
    if (error)
        return error;
    piecewise->done++;
    error = record_event(piecewise, LEDGER_PROGRESSED);
    if (!error)
        return NULL;
    error->code = ERROR_UNKNOWN;
    return error_note(run->arena, error, (struct span){0},
                      "statement %zu of %zu is done, though the ledger may not say so",
                      piecewise->done, all->count);
}

/* The piece that was interrupted builds an index: where it is whole, the piece is done. */
static struct error *settle_build(struct piecewise *piecewise)
{
    struct run *run = piecewise->run;
    enum built built;
    struct error *error = run->to->look(run->arena, run->target, next_build(piecewise), &built);

    if (error || built != BUILT_WHOLE)
        return error;
    piecewise->done++;
    return record_event(piecewise, LEDGER_PROGRESSED);
}

/* Where to begin: at the start, where it stopped, or behind what was interrupted. */
static struct error *find_start(struct piecewise *piecewise)
{
    const struct step_state *before = &piecewise->before;
    bool begun = was_begun(piecewise);

    if (begun)
        piecewise->done = before->pieces;
    if (!begun || (before->standing == STEP_INTERRUPTED && piecewise->step->idempotent)) {
        piecewise->done = 0;
        return record_event(piecewise, LEDGER_STARTED);
    }
    if (piecewise->done >= piecewise->sending.count)
        return NULL;
    if (before->standing == STEP_STOPPED) /* else nobody could tell this attempt from the last */
        return record_event(piecewise, LEDGER_STARTED);
    return settle_build(piecewise);
}

/* A signal between two pieces: what is done is known, and the next run goes on behind it. */
static struct error *stop(struct piecewise *piecewise)
{
    struct run *run = piecewise->run;
    struct error *stopped = interrupt_error(run->arena);
    struct error *error = record_event(piecewise, LEDGER_FAILED);

    stopped->code = ERROR_UNKNOWN;
    if (error)
        error_note(run->arena, stopped, (struct span){0}, "and then: %.*s",
                   TEXT_ARGS(error->message));
    return error_note(run->arena, stopped, (struct span){0},
                      "%zu of %zu statements are done outside a transaction", piecewise->done,
                      piecewise->sending.count);
}

struct error *piecewise_run(struct run *run, const struct index_step *step, enum script_kind kind)
{
    struct piecewise piecewise = {
        .run = run,
        .step = step,
        .kind = kind,
        .script = &step->scripts[kind],
        .before = run->state.steps[step - run->index->steps],
        .started = ledger_now(run->arena),
    };
    struct error *error = script_load(run, step, kind, &piecewise.sending);

    if (!error)
        error = find_start(&piecewise);
    while (!error && piecewise.done < piecewise.sending.count) {
        error = run_piece(&piecewise);
        if (!error && piecewise.done < piecewise.sending.count && interrupt_came())
            error = stop(&piecewise);
    }
    if (error)
        return error;
    if (kind == SCRIPT_UP)
        error = script_verify(run, step);
    if (!error)
        error = record_event(&piecewise, LEDGER_FINISHED);
    if (error)
        error->code = ERROR_UNKNOWN;
    return error;
}

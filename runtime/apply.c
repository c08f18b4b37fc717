#include "apply.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

/* Requirements */

static uint64_t next_number(struct text *version)
{
    uint64_t number = 0;

    text_number(text_cut(version, '.'), NUMBER_MAX, &number);
    return number;
}

static bool is_older(struct text version, struct text least)
{
    while (least.size) {
        uint64_t have = next_number(&version), need = next_number(&least);

        if (have != need)
            return have < need;
    }
    return false;
}

struct error *apply_check_target(struct arena *arena, const struct index *index,
                                 const struct target *target)
{
    struct text wanted = dialect_name(index->dialect), found = dialect_name(target->dialect);

    if (index->dialect != target->dialect)
        return error_plain(arena, ERROR_STATE, "the bundle is for %.*s, '%.*s' is %.*s",
                           TEXT_ARGS(wanted), TEXT_ARGS(target->name), TEXT_ARGS(found));
    if (is_older(target->version, index->server_version))
        return error_plain(arena, ERROR_STATE, "the bundle needs %.*s %.*s, this is %.*s",
                           TEXT_ARGS(wanted), TEXT_ARGS(index->server_version),
                           TEXT_ARGS(target->version));
    return NULL;
}

/* Plan */

/* From a revision back to all it needs; the order has parents first, so one walk is enough. */
static struct error *mark_needed(struct arena *arena, const struct index *index, struct text to,
                                 bool *needed)
{
    const struct index_step *last = index_find(index, to);

    if (!last)
        return error_plain(arena, ERROR_USAGE, "the bundle has no revision '%.*s'", TEXT_ARGS(to));
    needed[last - index->steps] = true;
    for (const struct index_step *step = last; step >= index->steps; step--) {
        if (!needed[step - index->steps])
            continue;
        for (size_t i = 0; i < step->parent_count; i++)
            needed[index_find(index, step->parents[i]) - index->steps] = true;
    }
    return NULL;
}

static struct error *interrupted_error(struct arena *arena, const struct index_step *step)
{
    struct error *error = error_plain(
        arena, ERROR_UNKNOWN,
        "revision '%.*s' runs without a transaction and was interrupted: a person must look",
        TEXT_ARGS(step->id));

    return error_hint(arena, error,
                      "Compare the database with '%.*s'; a revision that may run twice says "
                      "'idempotent: true' in its manifest.",
                      TEXT_ARGS(step->scripts[SCRIPT_UP].path));
}

struct error *apply_plan(struct arena *arena, const struct index *index,
                         const struct ledger_state *state, struct text to, struct apply_plan *plan)
{
    bool *needed = arena_array(arena, bool, index->step_count);
    struct apply_plan made = {
        .steps = arena_array(arena, const struct index_step *, index->step_count),
        .applied = state->applied,
    };

    if (to.bytes) {
        struct error *error = mark_needed(arena, index, to, needed);

        if (error)
            return error;
    }
    for (size_t i = 0; i < index->step_count; i++) {
        const struct index_step *step = &index->steps[i];

        if (state->steps[i] == STEP_APPLIED || (to.bytes && !needed[i]))
            continue;
        if (state->steps[i] == STEP_INTERRUPTED && !step->idempotent)
            return interrupted_error(arena, step);
        made.steps[made.count++] = step;
    }
    *plan = made;
    return NULL;
}

/* Running */

struct run {
    struct arena *arena;
    const struct apply_options *options;
    const struct target_operations *to;
    struct target *target;
    struct ledger ledger; /* as this run knows it */
    struct text who;
};

static struct text printable(struct arena *arena, struct text text)
{
    return text_all_printable(text) ? text : arena_escape(arena, text);
}

static struct text who_am_i(struct arena *arena)
{
    const struct passwd *entry = getpwuid(geteuid());
    char host[256] = "";

    gethostname(host, sizeof(host) - 1);
    struct text user =
        entry ? text_from(entry->pw_name) : arena_format(arena, "%u", (unsigned)geteuid());
    return printable(arena, arena_format(arena, "%.*s@%s", TEXT_ARGS(user), host));
}

static struct source *step_source(struct run *run, const struct index_step *step,
                                  enum script_kind kind, struct text text)
{
    struct source *source = arena_one(run->arena, struct source);

    *source = (struct source){step->scripts[kind].path, text};
    return source;
}

static struct error *load_script(struct run *run, const struct index_step *step,
                                 enum script_kind kind, struct source **source)
{
    struct text text;

    *source = NULL;
    if (step->scripts[kind].presence != SCRIPT_FILE)
        return NULL;
    struct error *error =
        payload_script(run->arena, &run->options->bundle->payload, step, kind, &text);
    if (!error)
        *source = step_source(run, step, kind, text);
    return error;
}

/* An error shows its line of the script, whose bytes belong to a buffer that is used again. */
static struct error *keep_source(struct run *run, const struct source *source, struct error *error)
{
    if (error && error->span.source == source) {
        struct source *kept = arena_one(run->arena, struct source);

        *kept = (struct source){source->name, arena_copy(run->arena, source->text)};
        error->span.source = kept;
    }
    return error;
}

static struct ledger_row make_row(struct run *run, const struct index_step *step,
                                  enum ledger_event event, struct text started)
{
    const struct bundle *bundle = run->options->bundle;
    struct ledger_row row = {
        .event = event,
        .project = bundle->index->project,
        .revision = step->id,
        .script = step->scripts[SCRIPT_UP].digest,
        .bundle = bundle->container->digest,
        .release = bundle->index->release,
        .sequence = bundle->index->sequence,
        .note = run->options->note,
        .who = run->who,
        .started = started,
        .finished = ledger_now(run->arena),
        .tool = TEXT("sqlland " VERSION),
    };

    ledger_continue(run->arena, &run->ledger, &row);
    return row;
}

/*
 * A COMMIT that failed has almost always changed nothing. The ledger read back tells; where it
 * cannot be read, or has the row in spite of the error, nobody knows what the disk holds.
 */
static struct error *doubt(struct run *run, const struct ledger_row *row, struct error *error)
{
    struct ledger ledger = {0};

    run->to->rollback(run->target);
    struct error *unread = run->to->read_ledger(run->arena, run->target, &ledger);
    if (unread ||
        (ledger.count && digest_equal(&ledger.rows[ledger.count - 1].digest, &row->digest)))
        error->code = ERROR_UNKNOWN;
    return error;
}

static struct error *commit_row(struct run *run, const struct ledger_row *row)
{
    struct error *error = run->to->record(run->arena, run->target, row);

    if (error)
        return error;
    error = run->to->commit(run->arena, run->target);
    if (error)
        return doubt(run, row, error);
    ledger_append(run->arena, &run->ledger, row);
    return NULL;
}

static struct error *run_script(struct run *run, const struct index_step *step)
{
    struct source *up;
    struct error *error = load_script(run, step, SCRIPT_UP, &up);

    if (error)
        return error;
    return keep_source(run, up, run->to->run(run->arena, run->target, up, up->text));
}

static struct error *run_verify(struct run *run, const struct index_step *step)
{
    struct source *verify;
    struct error *error = load_script(run, step, SCRIPT_VERIFY, &verify);

    if (error || !verify)
        return error;
    return keep_source(run, verify, run->to->verify(run->arena, run->target, verify));
}

static struct error *apply_in_transaction(struct run *run, const struct index_step *step)
{
    struct text started = ledger_now(run->arena);
    struct error *error =
        run->to->begin(run->arena, run->target, &run->ledger, !step->foreign_keys_off);

    if (error)
        return error;
    error = run_script(run, step);
    if (!error)
        error = run_verify(run, step);
    if (!error)
        error = run->to->clean(run->arena, run->target);
    if (!error) {
        struct ledger_row row = make_row(run, step, LEDGER_APPLIED, started);
        error = commit_row(run, &row);
    }
    if (error)
        run->to->rollback(run->target);
    return error;
}

static struct error *record_event(struct run *run, const struct index_step *step,
                                  enum ledger_event event, struct text started)
{
    struct ledger_row row = make_row(run, step, event, started);
    struct error *error = run->to->begin(run->arena, run->target, &run->ledger, true);

    if (error)
        return error;
    row = make_row(run, step, event, started);
    error = commit_row(run, &row);
    if (error)
        run->to->rollback(run->target);
    return error;
}

/* Each statement by itself. Where the first is refused nothing was done, and the ledger says so. */
static struct error *run_pieces(struct run *run, const struct index_step *step, struct text started)
{
    const struct index_script *script = &step->scripts[SCRIPT_UP];
    struct source *up;
    struct error *error = load_script(run, step, SCRIPT_UP, &up);

    for (size_t i = 0; !error && i <= script->cut_count; i++) {
        size_t from = i ? script->cuts[i - 1] : 0;
        size_t to = i < script->cut_count ? script->cuts[i] : script->size;

        error = run->to->run(run->arena, run->target, up, text_slice(up->text, from, to - from));
        error = error ? keep_source(run, up, error) : NULL;
        if (error && i > 0) {
            error->code = ERROR_UNKNOWN;
            return error_note(run->arena, error, (struct span){0},
                              "statement %zu of %zu failed outside a transaction; those before it "
                              "have been done",
                              i + 1, script->cut_count + 1);
        }
    }
    if (error) {
        struct error *unrecorded = record_event(run, step, LEDGER_FAILED, started);

        if (unrecorded)
            error->code = ERROR_UNKNOWN;
    }
    return error;
}

static struct error *apply_by_statement(struct run *run, const struct index_step *step)
{
    struct text started = ledger_now(run->arena);
    struct error *error = record_event(run, step, LEDGER_STARTED, started);

    if (!error)
        error = run_pieces(run, step, started);
    if (error)
        return error;
    error = run_verify(run, step);
    if (!error)
        error = run->to->clean(run->arena, run->target);
    if (error) {
        error->code = ERROR_UNKNOWN;
        return error;
    }
    return record_event(run, step, LEDGER_FINISHED, started);
}

static struct error *explain(struct run *run, const struct apply_plan *plan, size_t done,
                             struct error *error)
{
    struct arena *arena = run->arena;
    const struct index_step *step = plan->steps[done];
    size_t total = run->options->bundle->index->step_count;

    if (step->transactional && error->code != ERROR_UNKNOWN)
        error_note(arena, error, (struct span){0}, "revision '%.*s' was rolled back",
                   TEXT_ARGS(step->id));
    return error_note(arena, error, (struct span){0},
                      "'%.*s' has %zu of %zu revisions, %zu of them from this run",
                      TEXT_ARGS(run->target->name), plan->applied + done, total, done);
}

static struct error *run_plan(struct run *run, const struct apply_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct index_step *step = plan->steps[i];

        report_progress(run->options->report, "applying %zu of %zu  %.*s  %.*s", i + 1, plan->count,
                        TEXT_ARGS(step->id), TEXT_ARGS(step->title));
        struct error *error =
            step->transactional ? apply_in_transaction(run, step) : apply_by_statement(run, step);
        if (error)
            return explain(run, plan, i, error);
    }
    return NULL;
}

struct error *apply_upgrade(struct arena *arena, const struct apply_options *options,
                            struct applied *applied)
{
    struct run run = {
        .arena = arena,
        .options = options,
        .to = options->target->operations,
        .target = options->target,
        .who = who_am_i(arena),
    };
    struct ledger_state state;
    struct apply_plan plan;
    const struct index *index = options->bundle->index;
    struct error *error = apply_check_target(arena, index, run.target);

    if (!error)
        error = run.to->lock(arena, run.target, options->lock_timeout_ms);
    if (!error)
        error = run.to->read_ledger(arena, run.target, &run.ledger);
    if (!error)
        error = ledger_compare(arena, &run.ledger, index, options->allow_older, &state);
    if (!error)
        error = apply_plan(arena, index, &state, options->to, &plan);
    if (!error)
        error = run_plan(&run, &plan);
    if (error)
        return error;
    *applied = (struct applied){plan, run.ledger};
    return NULL;
}

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
    for (size_t position = (size_t)(last - index->steps) + 1; position-- > 0;) {
        const struct index_step *step = &index->steps[position];

        if (!needed[position])
            continue;
        for (size_t i = 0; i < step->parent_count; i++)
            needed[index_find(index, step->parents[i]) - index->steps] = true;
    }
    return NULL;
}

static struct error *interrupted_error(struct arena *arena, const struct index_step *step,
                                       size_t piece)
{
    const struct index_script *script = &step->scripts[SCRIPT_UP];
    struct error *error = error_plain(
        arena, ERROR_UNKNOWN,
        "revision '%.*s' runs without a transaction and was interrupted: a person must look",
        TEXT_ARGS(step->id));

    error_note(
        arena, error, (struct span){0},
        "of the %zu statements of '%.*s', %zu are done; whether the next one is, nobody knows",
        index_piece_count(script), TEXT_ARGS(script->path), piece);
    return error_hint(
        arena, error,
        "Compare the database with that statement; a revision that may run twice says "
        "'idempotent: true' in its manifest.");
}

/* The index that a piece builds; NULL where it does something else. */
static const struct index_build *find_build(const struct index_step *step, size_t piece)
{
    const struct index_script *script = &step->scripts[SCRIPT_UP];

    for (size_t i = 0; i < script->build_count; i++)
        if (script->builds[i].piece == piece)
            return &script->builds[i];
    return NULL;
}

/* What was interrupted may go on: from its start, behind its end, or after a look at the index. */
static bool may_go_on(const struct index_step *step, size_t pieces)
{
    return step->idempotent || pieces == index_piece_count(&step->scripts[SCRIPT_UP]) ||
           find_build(step, pieces);
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
        if (state->steps[i] == STEP_INTERRUPTED && !may_go_on(step, state->pieces[i]))
            return interrupted_error(arena, step, state->pieces[i]);
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
    struct ledger ledger;      /* as this run knows it */
    struct ledger_state state; /* before this run */
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

/* A script of the bundle, cut into its pieces; its bytes are used again for the next one. */
static struct error *load_script(struct run *run, const struct index_step *step,
                                 enum script_kind kind, struct sending *sending)
{
    const struct index_script *script = &step->scripts[kind];
    struct source *source = arena_one(run->arena, struct source);
    struct error *error =
        payload_script(run->arena, &run->options->bundle->payload, step, kind, &source->text);

    if (error)
        return error;
    source->name = script->path;
    size_t count = index_piece_count(script);
    struct text *pieces = arena_array(run->arena, struct text, count);
    for (size_t i = 0; i < count; i++)
        pieces[i] = index_piece(script, source->text, i);
    *sending = (struct sending){source, pieces, count};
    return NULL;
}

/* An error shows its line of the script, whose bytes belong to a buffer that is used again. */
static struct error *keep_source(struct run *run, const struct sending *sending,
                                 struct error *error)
{
    if (error && error->span.source == sending->script) {
        struct source *kept = arena_one(run->arena, struct source);

        *kept =
            (struct source){sending->script->name, arena_copy(run->arena, sending->script->text)};
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

/* Ends the open transaction, with or without the row. */
static struct error *commit_row(struct run *run, const struct ledger_row *row)
{
    struct error *error = run->to->record(run->arena, run->target, row);

    if (error) {
        run->to->rollback(run->target);
        return error;
    }
    error = run->to->commit(run->arena, run->target);
    if (error)
        return doubt(run, row, error);
    ledger_append(run->arena, &run->ledger, row);
    return NULL;
}

static struct error *run_script(struct run *run, const struct index_step *step)
{
    struct sending up;
    struct error *error = load_script(run, step, SCRIPT_UP, &up);

    if (error)
        return error;
    return keep_source(run, &up, run->to->run(run->arena, run->target, &up));
}

static struct error *run_verify(struct run *run, const struct index_step *step)
{
    struct sending verify;

    if (step->scripts[SCRIPT_VERIFY].presence != SCRIPT_FILE)
        return NULL;
    struct error *error = load_script(run, step, SCRIPT_VERIFY, &verify);
    if (error)
        return error;
    return keep_source(run, &verify, run->to->verify(run->arena, run->target, &verify));
}

static struct terms terms_of(const struct index_step *step)
{
    return (struct terms){step->scripts[SCRIPT_UP].foreign_keys_off, step->lock_timeout_ms,
                          step->statement_timeout_ms};
}

static struct error *apply_in_transaction(struct run *run, const struct index_step *step)
{
    struct text started = ledger_now(run->arena);
    struct terms terms = terms_of(step);
    struct error *error = run->to->begin(run->arena, run->target, &run->ledger, &terms);

    if (error)
        return error;
    error = run_script(run, step);
    if (!error)
        error = run_verify(run, step);
    if (error) {
        run->to->rollback(run->target);
        return error;
    }
    struct ledger_row row = make_row(run, step, LEDGER_APPLIED, started);
    return commit_row(run, &row);
}

/* Without a transaction: one statement after the other, and after each a row that says so. */

static struct error *record_event(struct run *run, const struct index_step *step,
                                  enum ledger_event event, struct text started)
{
    struct terms none = {0};
    struct error *error = run->to->begin(run->arena, run->target, &run->ledger, &none);

    if (error)
        return error;
    struct ledger_row row = make_row(run, step, event, started);
    return commit_row(run, &row);
}

static bool was_begun(const struct run *run, const struct index_step *step)
{
    return run->state.steps[step - run->options->bundle->index->steps] != STEP_PENDING;
}

/*
 * A refused piece has done nothing: statements outside a transaction are whole or nothing, but for
 * an index that was being built, which is taken away. Where a target says that this one is neither,
 * the ledger keeps it as interrupted.
 */
static struct error *take_back(struct run *run, const struct index_step *step,
                               const struct sending *up, size_t piece, struct text started,
                               struct error *refusal)
{
    const struct index_build *build = find_build(step, piece);
    enum built built = BUILT_NOTHING;
    struct error *error = NULL;
    bool partly = refusal->code == ERROR_UNKNOWN;

    if (build && !partly)
        error = run->to->look(run->arena, run->target, build, &built);
    if (!error && built == BUILT_HALF)
        error = run->to->remove(run->arena, run->target, build);
    if (!error && !partly)
        error = record_event(run, step, LEDGER_FAILED, started);
    if (error || piece > 0 || was_begun(run, step))
        refusal->code = ERROR_UNKNOWN;
    if (error)
        error_note(run->arena, refusal, (struct span){0}, "and then: %.*s",
                   TEXT_ARGS(error->message));
    return error_note(run->arena, refusal, (struct span){0},
                      "statement %zu of %zu was %s outside a transaction; the %zu before it are "
                      "done",
                      piece + 1, up->count, partly ? "done in part" : "refused", piece);
}

/* What an earlier run left of the index that a piece builds would be in its way. */
static struct error *clear_build(struct run *run, const struct index_step *step, size_t piece)
{
    const struct index_build *build = find_build(step, piece);
    enum built built;

    if (!build || !was_begun(run, step))
        return NULL;
    struct error *error = run->to->look(run->arena, run->target, build, &built);
    if (!error && built == BUILT_HALF)
        error = run->to->remove(run->arena, run->target, build);
    return error;
}

/* IF NOT EXISTS is content with an invalid index; nobody else should be. */
static struct error *check_build(struct run *run, const struct index_step *step, size_t piece)
{
    const struct index_build *build = find_build(step, piece);
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

static struct error *run_piece(struct run *run, const struct index_step *step,
                               const struct sending *up, size_t piece, struct text started)
{
    struct sending one = {up->script, &up->pieces[piece], 1};
    struct error *error = clear_build(run, step, piece);

    if (error)
        return error;
    error = keep_source(run, up, run->to->run(run->arena, run->target, &one));
    if (error)
        return take_back(run, step, up, piece, started, error);
    error = check_build(run, step, piece);
    if (error)
        return error;
    error = record_event(run, step, LEDGER_PROGRESSED, started);
    if (!error)
        return NULL;
    error->code = ERROR_UNKNOWN;
    return error_note(run->arena, error, (struct span){0},
                      "statement %zu of %zu is done, though the ledger may not say so", piece + 1,
                      up->count);
}

/* The piece that was interrupted builds an index: where it is whole, the piece is done. */
static struct error *settle_build(struct run *run, const struct index_step *step, size_t *piece,
                                  struct text started)
{
    enum built built;
    struct error *error = run->to->look(run->arena, run->target, find_build(step, *piece), &built);

    if (error || built != BUILT_WHOLE)
        return error;
    error = record_event(run, step, LEDGER_PROGRESSED, started);
    if (!error)
        ++*piece;
    return error;
}

/* Where to begin: at the start, where it stopped, or behind what was interrupted. */
static struct error *find_start(struct run *run, const struct index_step *step, size_t *piece,
                                struct text started)
{
    size_t position = (size_t)(step - run->options->bundle->index->steps);
    enum step_state state = run->state.steps[position];

    *piece = run->state.pieces[position];
    if (state == STEP_PENDING || (state == STEP_INTERRUPTED && step->idempotent)) {
        *piece = 0;
        return record_event(run, step, LEDGER_STARTED, started);
    }
    if (state == STEP_STOPPED) /* else a second run of what this one does could not be told apart */
        return record_event(run, step, LEDGER_STARTED, started);
    if (state == STEP_INTERRUPTED && *piece < index_piece_count(&step->scripts[SCRIPT_UP]))
        return settle_build(run, step, piece, started);
    return NULL;
}

static struct error *apply_by_statement(struct run *run, const struct index_step *step)
{
    struct text started = ledger_now(run->arena);
    struct sending up;
    size_t piece;
    struct error *error = load_script(run, step, SCRIPT_UP, &up);

    if (!error)
        error = find_start(run, step, &piece, started);
    if (error)
        return error;
    for (; piece < up.count; piece++) {
        error = run_piece(run, step, &up, piece, started);
        if (error)
            return error;
    }
    error = run_verify(run, step);
    if (!error)
        error = record_event(run, step, LEDGER_FINISHED, started);
    if (error)
        error->code = ERROR_UNKNOWN;
    return error;
}

static struct error *explain(struct run *run, const struct apply_plan *plan, size_t done,
                             struct error *error)
{
    struct arena *arena = run->arena;
    const struct index_step *step = plan->steps[done];
    size_t total = run->options->bundle->index->step_count;

    bool unknown = error->code == ERROR_UNKNOWN;
    const char *outcome =
        step->transactional
            ? unknown ? "nobody knows whether revision '%.*s' is applied: a person must look"
                      : "revision '%.*s' was rolled back"
        : unknown
            ? "revision '%.*s' runs without a transaction and was interrupted: a person must look"
        : was_begun(run, step) ? "nothing more of revision '%.*s' was done"
                               : "nothing of revision '%.*s' was done";

    error_note(arena, error, (struct span){0}, outcome, TEXT_ARGS(step->id));
    return error_note(arena, error, (struct span){0},
                      "'%.*s' has %zu of %zu revisions, %zu of them from this run",
                      TEXT_ARGS(run->target->name), plan->applied + done, total, done);
}

static struct error *run_plan(struct run *run, const struct apply_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct index_step *step = plan->steps[i];

        report_progress(run->options->report, "applying %zu of %zu  %.*s%s%.*s", i + 1, plan->count,
                        TEXT_ARGS(step->id), step->title.size ? "  " : "", TEXT_ARGS(step->title));
        struct terms terms = terms_of(step);
        struct error *error = run->to->prepare(run->arena, run->target, &terms);
        if (!error)
            error = step->transactional ? apply_in_transaction(run, step)
                                        : apply_by_statement(run, step);
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
    struct apply_plan plan;
    const struct index *index = options->bundle->index;
    struct error *error = apply_check_target(arena, index, run.target);

    if (!error)
        error = run.to->lock(arena, run.target, options->lock_timeout_ms);
    if (!error)
        error = run.to->read_ledger(arena, run.target, &run.ledger);
    if (!error)
        error = ledger_compare(arena, &run.ledger, index, options->allow_older, &run.state);
    if (!error)
        error = apply_plan(arena, index, &run.state, options->to, &plan);
    if (!error)
        error = run_plan(&run, &plan);
    if (error)
        return error;
    *applied = (struct applied){plan, run.ledger};
    return NULL;
}

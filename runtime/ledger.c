#include "ledger.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const field_names[LEDGER_FIELD_COUNT] = {
    [FIELD_NUMBER] = "number",     [FIELD_EVENT] = "event",     [FIELD_PROJECT] = "project",
    [FIELD_REVISION] = "revision", [FIELD_SCRIPT] = "script",   [FIELD_PIECES] = "pieces",
    [FIELD_BUNDLE] = "bundle",     [FIELD_RELEASE] = "release", [FIELD_SEQUENCE] = "sequence",
    [FIELD_NOTE] = "note",         [FIELD_WHO] = "who",         [FIELD_STARTED] = "started",
    [FIELD_FINISHED] = "finished", [FIELD_TOOL] = "tool",       [FIELD_PREVIOUS] = "previous",
    [FIELD_DIGEST] = "digest",
};

/* What was done with the up script, and with the down script. */
static const char *const event_names[][2] = {
    [LEDGER_APPLIED] = {"applied", "undone"},
    [LEDGER_STARTED] = {"started", "undo-started"},
    [LEDGER_PROGRESSED] = {"progressed", "undo-progressed"},
    [LEDGER_FAILED] = {"failed", "undo-failed"},
    [LEDGER_FINISHED] = {"finished", "undo-finished"},
    [LEDGER_RESUMED] = {"resumed", "undo-resumed"},
    [LEDGER_STAMPED] = {"stamped", NULL},
};

const char *ledger_field_name(enum ledger_field field)
{
    return field_names[field];
}

const char *ledger_event_name(enum ledger_event event, enum script_kind kind)
{
    return event_names[event][kind == SCRIPT_DOWN];
}

struct text ledger_now(struct arena *arena)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    struct text seconds = index_time(arena, (uint64_t)now.tv_sec);
    return arena_format(arena, "%.*s.%03ldZ", (int)seconds.size - 1, seconds.bytes,
                        now.tv_nsec / 1000000);
}

/* Rows */

static struct text number_text(struct arena *arena, uint64_t number)
{
    return arena_format(arena, "%llu", (unsigned long long)number);
}

void ledger_cells(struct arena *arena, const struct ledger_row *row,
                  struct text cells[static LEDGER_FIELD_COUNT])
{
    cells[FIELD_NUMBER] = number_text(arena, row->number);
    cells[FIELD_EVENT] = text_from(ledger_event_name(row->event, row->kind));
    cells[FIELD_PROJECT] = row->project;
    cells[FIELD_REVISION] = row->revision;
    cells[FIELD_SCRIPT] = digest_hex(arena, &row->script);
    cells[FIELD_PIECES] = number_text(arena, row->pieces);
    cells[FIELD_BUNDLE] = digest_hex(arena, &row->bundle);
    cells[FIELD_RELEASE] = row->release;
    cells[FIELD_SEQUENCE] = number_text(arena, row->sequence);
    cells[FIELD_NOTE] = row->note.bytes ? row->note : TEXT("");
    cells[FIELD_WHO] = row->who;
    cells[FIELD_STARTED] = row->started;
    cells[FIELD_FINISHED] = row->finished;
    cells[FIELD_TOOL] = row->tool;
    cells[FIELD_PREVIOUS] = digest_hex(arena, &row->previous);
    cells[FIELD_DIGEST] = digest_hex(arena, &row->digest);
}

/* "name value" for each field but the digest itself. No value holds a line end, so no two differ.
 */
static struct digest cells_digest(const struct text cells[static LEDGER_FIELD_COUNT])
{
    struct crypto_digest_state state;

    crypto_digest_start(&state);
    crypto_digest_add(&state, TEXT("sqlferry ledger 1\n"));
    for (size_t i = 0; i < FIELD_DIGEST; i++) {
        crypto_digest_add(&state, text_from(field_names[i]));
        crypto_digest_add(&state, TEXT(" "));
        crypto_digest_add(&state, cells[i]);
        crypto_digest_add(&state, TEXT("\n"));
    }
    return crypto_digest_end(&state);
}

struct digest ledger_head(const struct ledger *ledger)
{
    return ledger->count ? ledger->rows[ledger->count - 1].digest : (struct digest){0};
}

void ledger_continue(struct arena *arena, const struct ledger *ledger, struct ledger_row *row)
{
    struct text cells[LEDGER_FIELD_COUNT];

    row->number = ledger->count + 1;
    row->previous = ledger_head(ledger);
    ledger_cells(arena, row, cells);
    row->digest = cells_digest(cells);
}

void ledger_append(struct arena *arena, struct ledger *ledger, const struct ledger_row *row)
{
    /* Room doubles at every power of two, so that the count alone tells the capacity. */
    if ((ledger->count & (ledger->count - 1)) == 0 || ledger->count == 0) {
        size_t capacity = ledger->count ? ledger->count * 2 : 1;
        struct ledger_row *rows = arena_array(arena, struct ledger_row, capacity);

        if (ledger->count)
            memcpy(rows, ledger->rows, ledger->count * sizeof(*rows));
        ledger->rows = rows;
    }
    ledger->rows[ledger->count++] = *row;
}

static bool find_event(struct text name, struct ledger_row *row)
{
    for (size_t i = 0; i < 2 * COUNT(event_names); i++) {
        enum ledger_event event = (enum ledger_event)(i / 2);
        enum script_kind kind = i % 2 ? SCRIPT_DOWN : SCRIPT_UP;

        if (name.size && text_equal(text_from(ledger_event_name(event, kind)), name)) {
            row->event = event;
            row->kind = kind;
            return true;
        }
    }
    return false;
}

static bool read_row(const struct text *cells, struct ledger_row *row)
{
    for (size_t i = 0; i < LEDGER_FIELD_COUNT; i++)
        if (!cells[i].bytes || !text_all_printable(cells[i]))
            return false;
    *row = (struct ledger_row){
        .project = cells[FIELD_PROJECT],
        .revision = cells[FIELD_REVISION],
        .release = cells[FIELD_RELEASE],
        .note = cells[FIELD_NOTE],
        .who = cells[FIELD_WHO],
        .started = cells[FIELD_STARTED],
        .finished = cells[FIELD_FINISHED],
        .tool = cells[FIELD_TOOL],
    };
    return text_number(cells[FIELD_NUMBER], NUMBER_MAX, &row->number) &&
           find_event(cells[FIELD_EVENT], row) &&
           text_number(cells[FIELD_PIECES], NUMBER_MAX, &row->pieces) &&
           text_number(cells[FIELD_SEQUENCE], NUMBER_MAX, &row->sequence) &&
           digest_from_hex(cells[FIELD_SCRIPT], &row->script) &&
           digest_from_hex(cells[FIELD_BUNDLE], &row->bundle) &&
           digest_from_hex(cells[FIELD_PREVIOUS], &row->previous) &&
           digest_from_hex(cells[FIELD_DIGEST], &row->digest);
}

static struct error *broken(struct arena *arena, size_t number, const char *what)
{
    return error_hint(arena,
                      error_plain(arena, ERROR_STATE, "row %zu of the ledger %s", number, what),
                      "Somebody changed the ledger: compare it with the last known good one.");
}

struct error *ledger_read(struct arena *arena, const struct text *cells, size_t row_count,
                          struct ledger *ledger)
{
    struct ledger read = {0};

    for (size_t i = 0; i < row_count; i++, cells += LEDGER_FIELD_COUNT) {
        struct digest head = ledger_head(&read), digest = cells_digest(cells);
        struct ledger_row row;

        if (!read_row(cells, &row))
            return broken(arena, i + 1, "cannot be read");
        if (row.number != i + 1)
            return broken(arena, i + 1, "is missing");
        if (!digest_equal(&row.previous, &head))
            return broken(arena, i + 1, "does not continue the row before it");
        if (!digest_equal(&row.digest, &digest))
            return broken(arena, i + 1, "was changed after it was written");
        ledger_append(arena, &read, &row);
    }
    *ledger = read;
    return NULL;
}

bool ledger_is_begun(const struct step_state *step)
{
    return step->standing == STEP_STOPPED || step->standing == STEP_INTERRUPTED;
}

struct error *ledger_expect(struct arena *arena, const struct ledger *ledger,
                            const struct digest *digest)
{
    struct digest none = {0}; /* what an empty ledger ends with */

    if (digest_equal(&none, digest))
        return NULL;
    for (size_t i = 0; i < ledger->count; i++)
        if (digest_equal(&ledger->rows[i].digest, digest))
            return NULL;
    return error_hint(arena,
                      error_plain(arena, ERROR_STATE,
                                  "none of the %zu rows of the ledger has the digest %s",
                                  ledger->count, digest_hex(arena, digest).bytes),
                      "Rows were cut off its end, or it is another ledger: compare 'sqlland "
                      "history' with the last known good one.");
}

/* Comparison with a bundle */

struct comparison {
    struct arena *arena;
    const struct ledger *ledger;
    const struct index *index;
    struct ledger_state state;
    struct findings *findings;
};

static void find_fault(struct comparison *comparison, const char *name, struct text revision,
                       struct error *error)
{
    findings_add(comparison->arena, comparison->findings, FINDING_FAULT, name, revision, error);
}

/* What a script without a transaction leaves where nothing of it is done. */
static enum standing standing_before(enum script_kind kind)
{
    return kind == SCRIPT_UP ? STEP_PENDING : STEP_APPLIED;
}

static void follow_row(struct step_state *step, const struct ledger_row *row)
{
    switch (row->event) {
    case LEDGER_APPLIED:
    case LEDGER_FINISHED:
    case LEDGER_STAMPED:
        *step = (struct step_state){0};
        if (row->kind == SCRIPT_UP) {
            step->standing = STEP_APPLIED;
            step->applied = row;
        }
        return;
    case LEDGER_STARTED:
        step->again |= step->standing != standing_before(row->kind);
        step->standing = STEP_INTERRUPTED;
        break;
    case LEDGER_PROGRESSED:
        step->standing = STEP_INTERRUPTED;
        break;
    case LEDGER_FAILED:
        step->standing = row->pieces || step->again ? STEP_STOPPED : standing_before(row->kind);
        break;
    case LEDGER_RESUMED:
        step->standing = row->pieces ? STEP_STOPPED : standing_before(row->kind);
        step->again = false;
        break;
    }
    step->kind = row->kind;
    step->pieces = row->pieces;
    step->begun = row;
}

static int compare_revisions(const void *a, const void *b)
{
    const struct ledger_row *left = *(const struct ledger_row *const *)a,
                            *right = *(const struct ledger_row *const *)b;
    int order = text_compare(left->revision, right->revision);

    return order ? order : left->number < right->number ? -1 : 1;
}

/* Sorts the rows. */
static struct ledger_revision *group_rows(struct arena *arena, const struct ledger_row **rows,
                                          size_t count, size_t *group_count)
{
    struct ledger_revision *groups = arena_array(arena, struct ledger_revision, count),
                           *group = NULL;

    if (count)
        qsort(rows, count, sizeof(*rows), compare_revisions);
    *group_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!group || !text_equal(group->last->revision, rows[i]->revision))
            group = &groups[(*group_count)++];
        follow_row(&group->state, rows[i]);
        group->last = rows[i];
    }
    return groups;
}

struct ledger_revision *ledger_revisions(struct arena *arena, const struct ledger *ledger,
                                         size_t *count)
{
    const struct ledger_row **rows = arena_array(arena, const struct ledger_row *, ledger->count);

    for (size_t i = 0; i < ledger->count; i++)
        rows[i] = &ledger->rows[i];
    return group_rows(arena, rows, ledger->count, count);
}

static void check_unknown(struct comparison *comparison, const struct ledger_revision *revision)
{
    const struct ledger_row *last = revision->last;

    if (revision->state.standing != STEP_PENDING)
        find_fault(comparison, "unknown", last->revision,
                   error_hint(comparison->arena,
                              error_plain(comparison->arena, ERROR_STATE,
                                          "the database has revision '%.*s' of release %.*s, "
                                          "which this bundle does not know",
                                          TEXT_ARGS(last->revision), TEXT_ARGS(last->release)),
                              "Use a bundle of that release, or of a later one."));
}

static void follow_ledger(struct comparison *comparison)
{
    const struct ledger *ledger = comparison->ledger;
    const struct index *index = comparison->index;
    const struct ledger_row **unknown =
        arena_array(comparison->arena, const struct ledger_row *, ledger->count);
    size_t unknown_count = 0, count;

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        const struct index_step *step = index_find(index, row->revision);

        if (step)
            follow_row(&comparison->state.steps[step - index->steps], row);
        else
            unknown[unknown_count++] = row;
    }
    const struct ledger_revision *revisions =
        group_rows(comparison->arena, unknown, unknown_count, &count);
    for (size_t i = 0; i < count; i++)
        check_unknown(comparison, &revisions[i]);
}

static void check_digest(struct comparison *comparison, const struct index_step *step,
                         const struct ledger_row *row)
{
    struct arena *arena = comparison->arena;
    const struct index_script *script = &step->scripts[row->kind];
    bool present = script->presence == SCRIPT_FILE;

    if (present && digest_equal(&row->script, &script->digest))
        return;
    bool begun = row == comparison->state.steps[step - comparison->index->steps].begun;
    const char *what = row->kind == SCRIPT_DOWN       ? "being undone"
                       : begun                        ? "begun"
                       : row->event == LEDGER_STAMPED ? "stamped"
                                                      : "applied";
    struct error *error =
        error_plain(arena, ERROR_STATE, "revision '%.*s' was %s with another script than '%.*s'",
                    TEXT_ARGS(step->id), what, TEXT_ARGS(present ? script->path : TEXT("none")));
    error = error_note(arena, error, (struct span){0}, "ledger  %s in release %.*s",
                       digest_hex(arena, &row->script).bytes, TEXT_ARGS(row->release));
    error = error_note(arena, error, (struct span){0}, "bundle  %s",
                       digest_hex(arena, &script->digest).bytes);
    find_fault(comparison, "changed", step->id,
               error_hint(arena, error,
                          "A script that has run somewhere is never edited: add a revision."));
}

static void check_parents(struct comparison *comparison, const struct index_step *step)
{
    for (size_t i = 0; i < step->parent_count; i++) {
        const struct index_step *parent = index_find(comparison->index, step->parents[i]);
        enum standing standing =
            comparison->state.steps[parent - comparison->index->steps].standing;

        if (standing != STEP_APPLIED)
            find_fault(comparison, "parent", step->id,
                       error_plain(comparison->arena, ERROR_STATE,
                                   "revision '%.*s' is applied, but its parent '%.*s' is not",
                                   TEXT_ARGS(step->id), TEXT_ARGS(parent->id)));
    }
}

static void check_step(struct comparison *comparison, size_t position)
{
    const struct index_step *step = &comparison->index->steps[position];
    const struct step_state *state = &comparison->state.steps[position];

    if (state->standing == STEP_PENDING)
        return;
    if (state->applied)
        check_digest(comparison, step, state->applied);
    if (state->standing != STEP_APPLIED)
        check_digest(comparison, step, state->begun);
    check_parents(comparison, step);
    comparison->state.applied += state->standing == STEP_APPLIED;
}

/* returns  false where the row tells no time */
static bool finished_at(struct arena *arena, const struct ledger_row *row, uint64_t *seconds)
{
    struct text time = text_slice(row->finished, 0, TIME_SIZE - 1);

    return index_time_read(arena_format(arena, "%.*sZ", TEXT_ARGS(time)), seconds);
}

/*
 * Whoever sets the clock back can make an expired bundle valid again, but not below the last row.
 * Hosts that take turns at one database may differ by what Kerberos allows (RFC 4120, 8.2).
 */
static void check_clock(struct comparison *comparison, const struct ledger_policy *policy)
{
    enum { SKEW = 300 };
    const struct ledger *ledger = comparison->ledger;
    struct arena *arena = comparison->arena;
    uint64_t last;

    if (ledger->count == 0 || policy->allow_clock ||
        !finished_at(arena, &ledger->rows[ledger->count - 1], &last) || policy->now + SKEW >= last)
        return;
    find_fault(
        comparison, "clock", TEXT(""),
        error_hint(arena,
                   error_plain(arena, ERROR_STATE,
                               "the clock says %s, but the last row of the ledger is of %s",
                               index_time(arena, policy->now).bytes, index_time(arena, last).bytes),
                   "Set the clock; '--allow-clock' goes on all the same, and records that."));
}

/* returns  whether the rest can be compared at all */
static bool check_origin(struct comparison *comparison, bool allow_older)
{
    const struct ledger *ledger = comparison->ledger;
    const struct index *index = comparison->index;
    const struct ledger_row *highest = NULL;

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        if (!text_equal(row->project, index->project)) {
            find_fault(comparison, "project", TEXT(""),
                       error_plain(comparison->arena, ERROR_STATE,
                                   "the database belongs to project '%.*s', the bundle to '%.*s'",
                                   TEXT_ARGS(row->project), TEXT_ARGS(index->project)));
            return false;
        }
        if (!highest || row->sequence > highest->sequence)
            highest = row;
    }
    if (!highest || highest->sequence <= index->sequence || allow_older)
        return true;
    find_fault(
        comparison, "older", TEXT(""),
        error_hint(
            comparison->arena,
            error_plain(comparison->arena, ERROR_STATE,
                        "the bundle (release %.*s, sequence %llu) is older than release %.*s, "
                        "sequence %llu, which was applied already",
                        TEXT_ARGS(index->release), (unsigned long long)index->sequence,
                        TEXT_ARGS(highest->release), (unsigned long long)highest->sequence),
            "'--allow-older' applies it all the same, and records that."));
    return false;
}

bool ledger_compare(struct arena *arena, const struct ledger *ledger, const struct index *index,
                    const struct ledger_policy *policy, struct ledger_state *state,
                    struct findings *findings)
{
    struct comparison comparison = {
        .arena = arena,
        .ledger = ledger,
        .index = index,
        .state.steps = arena_array(arena, struct step_state, index->step_count),
        .findings = findings,
    };

    check_clock(&comparison, policy);
    bool compares = check_origin(&comparison, policy->allow_older);
    if (compares) {
        follow_ledger(&comparison);
        for (size_t i = 0; i < index->step_count; i++)
            check_step(&comparison, i);
    }
    *state = comparison.state;
    return compares;
}

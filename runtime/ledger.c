#include "ledger.h"

#include <string.h>
#include <time.h>

static const char *const field_names[LEDGER_FIELD_COUNT] = {
    [FIELD_NUMBER] = "number",     [FIELD_EVENT] = "event",       [FIELD_PROJECT] = "project",
    [FIELD_REVISION] = "revision", [FIELD_SCRIPT] = "script",     [FIELD_BUNDLE] = "bundle",
    [FIELD_RELEASE] = "release",   [FIELD_SEQUENCE] = "sequence", [FIELD_NOTE] = "note",
    [FIELD_WHO] = "who",           [FIELD_STARTED] = "started",   [FIELD_FINISHED] = "finished",
    [FIELD_TOOL] = "tool",         [FIELD_PREVIOUS] = "previous", [FIELD_DIGEST] = "digest",
};

static const char *const event_names[] = {
    [LEDGER_APPLIED] = "applied",       [LEDGER_STARTED] = "started",
    [LEDGER_PROGRESSED] = "progressed", [LEDGER_FAILED] = "failed",
    [LEDGER_FINISHED] = "finished",
};

const char *ledger_field_name(enum ledger_field field)
{
    return field_names[field];
}

const char *ledger_event_name(enum ledger_event event)
{
    return event_names[event];
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
    cells[FIELD_EVENT] = text_from(event_names[row->event]);
    cells[FIELD_PROJECT] = row->project;
    cells[FIELD_REVISION] = row->revision;
    cells[FIELD_SCRIPT] = digest_hex(arena, &row->script);
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

static bool find_event(struct text name, enum ledger_event *event)
{
    for (size_t i = 0; i < COUNT(event_names); i++) {
        if (text_equal(text_from(event_names[i]), name)) {
            *event = (enum ledger_event)i;
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
           find_event(cells[FIELD_EVENT], &row->event) &&
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

/* Comparison with a bundle */

struct comparison {
    struct arena *arena;
    const struct ledger *ledger;
    const struct index *index;
    const struct ledger_row **rows; /* the one that made each step what it is */
    bool *again; /* begun anew, after an attempt of which something may be done */
    struct ledger_state state;
    struct errors errors;
};

static void set_state(struct comparison *comparison, const struct ledger_row *row,
                      const struct index_step *step)
{
    size_t position = (size_t)(step - comparison->index->steps);
    enum step_state *state = &comparison->state.steps[position];
    size_t *pieces = &comparison->state.pieces[position];

    switch (row->event) {
    case LEDGER_APPLIED:
    case LEDGER_FINISHED:
        *state = STEP_APPLIED;
        break;
    case LEDGER_STARTED:
        comparison->again[position] |= *state != STEP_PENDING;
        if (*state != STEP_STOPPED) /* which goes on with the piece it stopped at */
            *pieces = 0;
        *state = STEP_INTERRUPTED;
        break;
    case LEDGER_PROGRESSED:
        *state = STEP_INTERRUPTED;
        ++*pieces;
        break;
    case LEDGER_FAILED:
        *state = *pieces || comparison->again[position] ? STEP_STOPPED : STEP_PENDING;
        break;
    }
    comparison->rows[position] = row;
}

static void follow_row(struct comparison *comparison, const struct ledger_row *row)
{
    const struct index_step *step = index_find(comparison->index, row->revision);

    if (step)
        set_state(comparison, row, step);
    else
        errors_add(&comparison->errors,
                   error_plain(comparison->arena, ERROR_STATE,
                               "the database has revision '%.*s' of release %.*s, which this "
                               "bundle does not know",
                               TEXT_ARGS(row->revision), TEXT_ARGS(row->release)));
}

static void check_digest(struct comparison *comparison, const struct index_step *step,
                         const struct ledger_row *row)
{
    struct arena *arena = comparison->arena;
    const struct index_script *script = &step->scripts[SCRIPT_UP];

    if (digest_equal(&row->script, &script->digest))
        return;
    enum step_state state = comparison->state.steps[step - comparison->index->steps];
    struct error *error = error_plain(
        arena, ERROR_STATE, "revision '%.*s' was %s with another script than '%.*s'",
        TEXT_ARGS(step->id), state == STEP_APPLIED ? "applied" : "begun", TEXT_ARGS(script->path));
    error = error_note(arena, error, (struct span){0}, "ledger  %s in release %.*s",
                       digest_hex(arena, &row->script).bytes, TEXT_ARGS(row->release));
    error = error_note(arena, error, (struct span){0}, "bundle  %s",
                       digest_hex(arena, &script->digest).bytes);
    errors_add(&comparison->errors,
               error_hint(arena, error,
                          "A script that has run somewhere is never edited: add a revision."));
}

static void check_parents(struct comparison *comparison, const struct index_step *step)
{
    for (size_t i = 0; i < step->parent_count; i++) {
        const struct index_step *parent = index_find(comparison->index, step->parents[i]);

        if (comparison->state.steps[parent - comparison->index->steps] != STEP_APPLIED)
            errors_add(&comparison->errors,
                       error_plain(comparison->arena, ERROR_STATE,
                                   "revision '%.*s' is applied, but its parent '%.*s' is not",
                                   TEXT_ARGS(step->id), TEXT_ARGS(parent->id)));
    }
}

static struct error *check_origin(struct comparison *comparison, bool allow_older)
{
    const struct ledger *ledger = comparison->ledger;
    const struct index *index = comparison->index;
    const struct ledger_row *highest = NULL;

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        if (!text_equal(row->project, index->project))
            return error_plain(comparison->arena, ERROR_STATE,
                               "the database belongs to project '%.*s', the bundle to '%.*s'",
                               TEXT_ARGS(row->project), TEXT_ARGS(index->project));
        if (!highest || row->sequence > highest->sequence)
            highest = row;
    }
    if (!highest || highest->sequence <= index->sequence || allow_older)
        return NULL;
    return error_hint(
        comparison->arena,
        error_plain(comparison->arena, ERROR_STATE,
                    "the bundle (release %.*s, sequence %llu) is older than release %.*s, sequence "
                    "%llu, which was applied already",
                    TEXT_ARGS(index->release), (unsigned long long)index->sequence,
                    TEXT_ARGS(highest->release), (unsigned long long)highest->sequence),
        "'--allow-older' applies it all the same, and records that.");
}

struct error *ledger_compare(struct arena *arena, const struct ledger *ledger,
                             const struct index *index, bool allow_older,
                             struct ledger_state *state)
{
    struct comparison comparison = {
        .arena = arena,
        .ledger = ledger,
        .index = index,
        .rows = arena_array(arena, const struct ledger_row *, index->step_count),
        .again = arena_array(arena, bool, index->step_count),
        .state.steps = arena_array(arena, enum step_state, index->step_count),
        .state.pieces = arena_array(arena, size_t, index->step_count),
    };
    struct error *error = check_origin(&comparison, allow_older);

    if (error)
        return error;
    for (size_t i = 0; i < ledger->count && !errors_full(&comparison.errors); i++)
        follow_row(&comparison, &ledger->rows[i]);
    for (size_t i = 0; i < index->step_count && !errors_full(&comparison.errors); i++) {
        if (comparison.state.steps[i] == STEP_PENDING)
            continue;
        check_digest(&comparison, &index->steps[i], comparison.rows[i]);
        check_parents(&comparison, &index->steps[i]);
        comparison.state.applied += comparison.state.steps[i] == STEP_APPLIED;
        if (!comparison.state.last || comparison.state.last->number < comparison.rows[i]->number)
            comparison.state.last = comparison.rows[i];
    }
    if (comparison.errors.first)
        return comparison.errors.first;
    *state = comparison.state;
    return NULL;
}

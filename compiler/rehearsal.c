#include "compiler/rehearsal.h"

#include <string.h>

struct error *rehearsal_open(struct arena *arena, const struct rehearsal_options *options,
                             struct rehearsal **rehearsal)
{
    if (options->dialect == DIALECT_POSTGRESQL)
        return rehearsal_postgresql_open(arena, options, rehearsal);
    return rehearsal_sqlite_open(arena, options, rehearsal);
}

void rehearsal_close(struct rehearsal **rehearsal)
{
    if (!*rehearsal)
        return;
    schema_free(&(*rehearsal)->schema);
    (*rehearsal)->operations->close(*rehearsal);
    *rehearsal = NULL;
}

struct error *rehearsal_run(struct arena *arena, struct rehearsal *rehearsal,
                            const struct rehearsed *revision)
{
    CLEANUP(schema_free) struct schema before = {0};
    bool round_trip =
        rehearsal->options.round_trips && rehearsal->count >= rehearsal->options.first;

    if (rehearsal->count < rehearsal->kept) {
        rehearsal->count++;
        return NULL;
    }
    if (rehearsal->count) /* what was there from the start is the work of the first */
        schema_copy(&before, &rehearsal->schema);
    struct error *error = rehearsal->operations->run(arena, rehearsal, revision, round_trip);
    if (error)
        return error;
    schema_compare(arena, &before, &rehearsal->schema, &rehearsal->changes);
    rehearsal->count++;
    return NULL;
}

/* Findings */

void rehearsal_find(struct arena *arena, struct rehearsal *rehearsal,
                    const struct rehearsed *revision, enum script_kind kind, const char *name,
                    const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(arena, format, values);
    va_end(values);
    findings_add(
        arena, &rehearsal->findings, FINDING_FAULT, name, revision->step->id,
        error_at(arena, ERROR_INPUT, revision->scripts[kind].place, "%.*s", TEXT_ARGS(message)));
}

void rehearsal_find_failure(struct arena *arena, struct rehearsal *rehearsal,
                            const struct rehearsed *revision, enum script_kind kind,
                            const char *name, const char *what, struct error *error)
{
    /* The source is a buffer that the next revision uses again; the error outlives it. */
    if (error->span.source) {
        struct source *kept = arena_one(arena, struct source);

        *kept = (struct source){arena_copy(arena, error->span.source->name),
                                arena_copy(arena, error->span.source->text)};
        error->span.source = kept;
    } else {
        error->span = revision->scripts[kind].place;
    }
    error->code = ERROR_INPUT;
    error->message = arena_format(arena, "%s: %.*s", what, TEXT_ARGS(error->message));
    findings_add(arena, &rehearsal->findings, FINDING_FAULT, name, revision->step->id, error);
}

struct wording {
    enum script_kind kind; /* the script that is to blame */
    const char *subject;
    struct words {
        const char *name, *verb, *rest;
    } more, less, other;
};

static const struct wording undone = {SCRIPT_DOWN,
                                      "the down script",
                                      {"left", "leaves", " behind"},
                                      {"lost", "loses", ""},
                                      {"changed", "changes", ""}},
                            again = {SCRIPT_UP,
                                     "behind the down script, the up script",
                                     {"again", "makes", ", which it did not the first time"},
                                     {"again", "does not make", " any more"},
                                     {"again", "makes", " another way"}},
                            twice = {SCRIPT_UP,
                                     "run twice, the up script",
                                     {"idempotent", "makes", ", which it did not the first time"},
                                     {"idempotent", "does not leave", " as it was"},
                                     {"idempotent", "changes", " once more"}};

/* returns  whether there was nothing to tell */
static bool tell(struct arena *arena, struct rehearsal *rehearsal, const struct rehearsed *revision,
                 const struct wording *wording, const struct schema *before,
                 const struct schema *after)
{
    struct schema_changes changes;

    schema_compare(arena, before, after, &changes);
    for (size_t i = 0; i < changes.count; i++) {
        const struct schema_change *change = &changes.list[i];
        const struct object *object = change->after ? change->after : change->before;
        bool is_other = change->before && change->after;
        const struct words *words = is_other        ? &wording->other
                                    : change->after ? &wording->more
                                                    : &wording->less;
        struct text was, is, difference = TEXT("");

        if (!is_other && schema_is_covered(&changes, change))
            continue;
        if (is_other) {
            schema_excerpts(arena, change, &was, &is);
            difference =
                arena_format(arena, ": '%.*s' becomes '%.*s'", TEXT_ARGS(was), TEXT_ARGS(is));
        }
        rehearsal_find(arena, rehearsal, revision, wording->kind, words->name,
                       "%s %s %.*s '%.*s'%s%.*s", wording->subject, words->verb,
                       TEXT_ARGS(object->kind), TEXT_ARGS(object->name), words->rest,
                       TEXT_ARGS(difference));
    }
    return changes.count == 0;
}

bool rehearsal_compare_undone(struct arena *arena, struct rehearsal *rehearsal,
                              const struct rehearsed *revision, const struct schema *before,
                              const struct schema *after)
{
    return tell(arena, rehearsal, revision, &undone, before, after);
}

bool rehearsal_compare_again(struct arena *arena, struct rehearsal *rehearsal,
                             const struct rehearsed *revision, const struct schema *once,
                             const struct schema *after)
{
    return tell(arena, rehearsal, revision, &again, once, after);
}

bool rehearsal_compare_twice(struct arena *arena, struct rehearsal *rehearsal,
                             const struct rehearsed *revision, const struct schema *once,
                             const struct schema *after)
{
    return tell(arena, rehearsal, revision, &twice, once, after);
}

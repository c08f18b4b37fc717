#include "compiler/rehearsal.h"

void rehearsal_close(struct rehearsal *rehearsal)
{
    sqlite_close(&rehearsal->sqlite);
}

struct error *rehearsal_open(struct arena *arena, struct rehearsal *rehearsal)
{
    struct sqlite_options options = {.path = ":memory:", .writes = true};

    return sqlite_open(arena, &options, &rehearsal->sqlite);
}

static struct error *run_in_transaction(struct arena *arena, struct rehearsal *rehearsal,
                                        const struct rehearsed *revision)
{
    struct error *error = sqlite_begin(arena, rehearsal->sqlite, !revision->foreign_keys_off);

    if (!error)
        error = sqlite_run(arena, rehearsal->sqlite, revision->up, revision->up->text);
    if (!error && revision->verify)
        error = sqlite_verify(arena, rehearsal->sqlite, revision->verify);
    if (!error)
        error = sqlite_commit(arena, rehearsal->sqlite);
    return error;
}

static struct error *run_by_statement(struct arena *arena, struct rehearsal *rehearsal,
                                      const struct rehearsed *revision)
{
    struct error *error = NULL;

    for (size_t i = 0; !error && i < revision->script->count; i++) {
        struct statement statement = revision->script->statements[i];

        error = sqlite_run(arena, rehearsal->sqlite, revision->up,
                           text_slice(revision->up->text, statement.offset, statement.size));
    }
    if (!error && revision->verify)
        error = sqlite_verify(arena, rehearsal->sqlite, revision->verify);
    return error;
}

struct error *rehearsal_run(struct arena *arena, struct rehearsal *rehearsal,
                            const struct rehearsed *revision)
{
    struct error *error = sqlite_clean(arena, rehearsal->sqlite);

    if (!error)
        error = revision->transactional ? run_in_transaction(arena, rehearsal, revision)
                                        : run_by_statement(arena, rehearsal, revision);
    if (!error)
        return NULL;
    sqlite_rollback(rehearsal->sqlite);
    if (error->code != ERROR_SYSTEM)
        error->code = ERROR_INPUT;
    if (!error->span.source)
        error->message = arena_format(arena, "script '%.*s': %.*s", TEXT_ARGS(revision->up->name),
                                      TEXT_ARGS(error->message));
    return error_hint(arena, error, "The chain was run in an empty SQLite %s in memory.",
                      sqlite_version());
}

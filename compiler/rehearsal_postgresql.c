#include "compiler/cluster.h"
#include "compiler/rehearsal.h"
#include "runtime/conninfo.h"
#include "runtime/interrupt.h"
#include "runtime/psql.h"
#include "runtime/schema_postgresql.h"

#include <string.h>

/*
 * The chain runs in a database of a server that is thrown away, or in the empty one of --db: each
 * up script in a transaction of its own, committed. A round trip is one more transaction that is
 * rolled back, so the chain goes on as if it had not been. A revision without a transaction makes
 * its trip for good.
 */
struct rehearsal_postgresql {
    struct rehearsal rehearsal;
    struct cluster cluster;
    struct psql *psql;
    uint64_t version; /* of the server */
    bool in_transaction;
    struct schema before, after; /* used again for each revision */
    struct table *tables;        /* that were there before the revision, by number */
    size_t table_count;
};

/* A table while statements run: what was seen of it last. */
struct table {
    uint64_t number, file, scans;
    size_t lock; /* the strongest so far, as a place in locks */
};

static struct rehearsal_postgresql *self(struct rehearsal *rehearsal)
{
    return (struct rehearsal_postgresql *)rehearsal;
}

static void close_all(struct rehearsal *rehearsal)
{
    struct rehearsal_postgresql *opened = self(rehearsal);

    psql_close(&opened->psql);
    cluster_stop(&opened->cluster);
    schema_free(&opened->before);
    schema_free(&opened->after);
}

/* Asking */

/* The message that counts of a reply, at its place in a piece of a script, or without one. */
static struct error *reply_error(struct arena *arena, const struct psql_reply *reply,
                                 const struct source *script, const struct text *pieces)
{
    struct text said = reply->errors;
    struct psql_message message, counts = {0};

    if (interrupt_came())
        return interrupt_error(arena);
    while (psql_take_message(arena, &said, &message))
        if (psql_may_count(reply, &message) && !text_equal(message.state, PSQL_FOLLOWS))
            counts = message;
    if (reply->lost)
        return error_plain(arena, ERROR_SYSTEM, "the connection to the server was lost%s%.*s",
                           counts.text.size ? ": " : "", TEXT_ARGS(counts.text));
    if (!reply->failed)
        return NULL;
    if (!counts.state.size)
        counts.text = TEXT("the server refused");
    size_t at = reply->ran ? reply->ran - 1 : 0;
    return psql_error(arena, &counts, script, pieces ? pieces[at] : (struct text){0});
}

static struct error *ask(struct arena *arena, struct rehearsal_postgresql *opened,
                         struct text lines, struct psql_reply *reply)
{
    struct error *error = psql_ask(arena, opened->psql, lines, reply);

    return error ? error : reply_error(arena, reply, NULL, NULL);
}

static struct error *tell(struct arena *arena, struct rehearsal_postgresql *opened,
                          const char *lines)
{
    struct psql_reply reply;

    return ask(arena, opened, text_from(lines), &reply);
}

static struct error *look(struct arena *arena, struct rehearsal_postgresql *opened,
                          struct schema *schema)
{
    struct psql_reply reply;
    struct error *error =
        ask(arena, opened,
            schema_postgresql_lines(arena, opened->version, opened->in_transaction, true), &reply);

    if (error)
        return error;
    /* Nearly all of it is what was there before the revision, or is behind it. */
    schema_postgresql_read(
        arena, reply.output,
        schema == &opened->rehearsal.schema ? &opened->before : &opened->rehearsal.schema, schema);
    return NULL;
}

/* What statements do to tables that were there before */

static const struct {
    struct text name;
    bool is_told; /* it keeps out those who write, or all */
} locks[] = {
    {{"AccessShareLock", 15}, false},  {{"RowShareLock", 12}, false},
    {{"RowExclusiveLock", 16}, false}, {{"ShareUpdateExclusiveLock", 24}, false},
    {{"ShareLock", 9}, true},          {{"ShareRowExclusiveLock", 21}, true},
    {{"ExclusiveLock", 13}, true},     {{"AccessExclusiveLock", 19}, true},
};

#define OWN_TABLES                                                                                 \
    " pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"              \
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'm')"

static uint64_t next_number(struct text *cells)
{
    uint64_t number = 0;

    text_number(text_cut(cells, '\0'), UINT64_MAX, &number);
    return number;
}

/* In the open transaction, in front of its script. */
static struct error *list_tables(struct arena *arena, struct rehearsal_postgresql *opened)
{
    struct psql_reply reply;
    struct error *error =
        ask(arena, opened,
            TEXT("SELECT c.oid, coalesce(pg_catalog.pg_relation_filenode(c.oid), 0)"
                 " FROM" OWN_TABLES " ORDER BY c.oid;\n"),
            &reply);
    size_t count = 0;

    if (error)
        return error;
    for (size_t i = 0; i < reply.output.size; i++)
        count += reply.output.bytes[i] == '\0';
    opened->table_count = count / 2;
    opened->tables = arena_array(arena, struct table, opened->table_count);
    for (size_t i = 0; i < opened->table_count; i++) {
        opened->tables[i].number = next_number(&reply.output);
        opened->tables[i].file = next_number(&reply.output);
    }
    return NULL;
}

static struct table *find_table(struct rehearsal_postgresql *opened, uint64_t number)
{
    size_t low = 0, high = opened->table_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (opened->tables[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < opened->table_count && opened->tables[low].number == number ? &opened->tables[low]
                                                                             : NULL;
}

static size_t find_lock(struct text name)
{
    size_t rank = COUNT(locks);

    while (rank-- > 1)
        if (text_equal(locks[rank].name, name))
            break;
    return rank;
}

/* What is new of a table: a stronger lock, another file, a scan more. */
static void tell_table(struct arena *arena, struct rehearsal_postgresql *opened,
                       const struct source *script, struct text piece, struct text name,
                       struct table *table, const struct table *now,
                       const struct rehearsed *revision)
{
    bool takes = now->lock > table->lock && locks[now->lock].is_told;
    bool rewrites = now->file != table->file && now->file, scans = now->scans > table->scans;

    if (now->lock > table->lock)
        table->lock = now->lock;
    table->file = now->file ? now->file : table->file;
    table->scans = now->scans;
    if (!takes && !rewrites && !scans)
        return;
    size_t offset = span_of(script, piece).offset, line = 1;
    for (size_t i = 0; i < offset; i++)
        line += script->text.bytes[i] == '\n';
    struct error *error = error_plain(
        arena, ERROR_INPUT, "%.*s, line %zu: table '%.*s'%s%.*s%s%s", TEXT_ARGS(script->name), line,
        TEXT_ARGS(name), takes ? ", " : "", TEXT_ARGS(takes ? locks[now->lock].name : TEXT("")),
        rewrites ? ", rewritten" : "", scans ? ", scanned" : "");
    findings_add(arena, &opened->rehearsal.findings, FINDING_WARNING,
                 rewrites ? "rewrite"
                 : scans  ? "scan"
                          : "lock",
                 revision->step->id, error);
}

static struct error *observe(struct arena *arena, struct rehearsal_postgresql *opened,
                             const struct rehearsed *revision, const struct source *script,
                             struct text piece)
{
    struct psql_reply reply;
    struct error *error =
        ask(arena, opened,
            TEXT("SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname),"
                 " coalesce(pg_catalog.pg_relation_filenode(c.oid), 0),"
                 " coalesce(pg_catalog.pg_stat_get_xact_numscans(c.oid), 0), l.mode"
                 " FROM pg_catalog.pg_locks l JOIN" OWN_TABLES " ON c.oid = l.relation"
                 " WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid()"
                 " AND l.granted ORDER BY c.oid;\n"),
            &reply);

    if (error)
        return error;
    /* A row for each lock of a table. */
    struct text cells = arena_copy(arena, reply.output);
    struct table now = {0};
    struct text name = {0};
    for (bool more = true; more;) {
        struct table row = {0};
        struct text row_name = {0};

        more = cells.size;
        if (more) {
            row.number = next_number(&cells);
            row_name = text_cut(&cells, '\0');
            row.file = next_number(&cells);
            row.scans = next_number(&cells);
            row.lock = find_lock(text_cut(&cells, '\0'));
        }
        if (now.number && row.number != now.number) {
            struct table *table = find_table(opened, now.number);

            if (table)
                tell_table(arena, opened, script, piece, name, table, &now, revision);
            now = (struct table){0};
        }
        if (row.lock < now.lock)
            row.lock = now.lock;
        now = row;
        name = row_name;
    }
    return NULL;
}

/* Scripts */

static struct text piece_of(const struct rehearsed *revision, enum script_kind kind, size_t i)
{
    struct statement statement = revision->scripts[kind].script->statements[i];

    return text_slice(revision->scripts[kind].source->text, statement.offset, statement.size);
}

/* Statement by statement; observed, or outside a transaction, each in an exchange of its own. */
static struct error *run_pieces(struct arena *arena, struct rehearsal_postgresql *opened,
                                const struct rehearsed *revision, enum script_kind kind,
                                bool observed)
{
    const struct source *source = revision->scripts[kind].source;
    size_t count = revision->scripts[kind].script->count;
    size_t together = observed || !opened->in_transaction ? 1 : count;
    struct text *pieces = arena_array(arena, struct text, count);
    struct error *error = NULL;

    for (size_t i = 0; i < count; i++)
        pieces[i] = piece_of(revision, kind, i);
    for (size_t i = 0; !error && i < count; i += together) {
        struct psql_reply reply;

        error = psql_run(arena, opened->psql, pieces + i, together, false, &reply);
        if (!error)
            error = reply_error(arena, &reply, source, pieces + i);
        if (!error && observed)
            error = observe(arena, opened, revision, source, pieces[i]);
    }
    return error;
}

/* What sqlland asks of a verify script: it only reads, and no row begins with false or 0. */
static struct error *verify(struct arena *arena, struct rehearsal_postgresql *opened,
                            const struct rehearsed *revision)
{
    const struct source *source = revision->scripts[SCRIPT_VERIFY].source;
    struct error *error =
        tell(arena, opened,
             opened->in_transaction
                 ? "SAVEPOINT sqlferry_verify\\; SET LOCAL transaction_read_only = on;\n"
                 : "BEGIN READ ONLY;\n");

    for (size_t i = 0; !error && i < revision->scripts[SCRIPT_VERIFY].script->count; i++) {
        struct text piece = piece_of(revision, SCRIPT_VERIFY, i);
        struct psql_reply reply;

        error = psql_run(arena, opened->psql, &piece, 1, true, &reply);
        if (!error)
            error = reply_error(arena, &reply, source, &piece);
        for (struct text rows = reply.output; !error && rows.size;)
            if (psql_is_false(text_cut(&rows, '\0')))
                error = error_at(arena, ERROR_INPUT,
                                 span_of(source, text_slice(piece, 0, text_find_byte(piece, '\n'))),
                                 "the verify script found a row that begins with false or 0");
    }
    struct error *undone =
        tell(arena, opened,
             opened->in_transaction ? "ROLLBACK TO SAVEPOINT sqlferry_verify;\n" : "ROLLBACK;\n");
    return error ? error : undone;
}

static struct error *begin(struct arena *arena, struct rehearsal_postgresql *opened)
{
    opened->in_transaction = true;
    return tell(arena, opened, "BEGIN;\n");
}

static struct error *end(struct arena *arena, struct rehearsal_postgresql *opened,
                         const char *lines)
{
    opened->in_transaction = false;
    return tell(arena, opened, lines);
}

/* DISCARD ALL, but for what is prepared. */
#define HYGIENE                                                                                    \
    "CLOSE ALL\\; SET SESSION AUTHORIZATION DEFAULT\\; RESET ALL\\; UNLISTEN *\\;"                 \
    " DISCARD TEMP\\; DISCARD SEQUENCES;\n"

/* The up script for good. */
static struct error *run_up(struct arena *arena, struct rehearsal_postgresql *opened,
                            const struct rehearsed *revision, bool observed)
{
    bool transactional = revision->step->transactional;
    struct error *error = tell(arena, opened, HYGIENE);

    if (!error && transactional)
        error = begin(arena, opened);
    observed &= transactional;
    if (!error && observed)
        error = list_tables(arena, opened);
    if (!error)
        error = run_pieces(arena, opened, revision, SCRIPT_UP, observed);
    if (!error && revision->scripts[SCRIPT_VERIFY].source)
        error = verify(arena, opened, revision);
    if (!error && transactional)
        error = end(arena, opened, "COMMIT;\n");
    return error;
}

/* What COMMIT would check; and no row waits for it, so that its table can be altered. */
#define SEAM "SET CONSTRAINTS ALL IMMEDIATE\\; SET CONSTRAINTS ALL DEFERRED;\n"

/* A script of the trip. */
static struct error *run_again(struct arena *arena, struct rehearsal_postgresql *opened,
                               const struct rehearsed *revision, enum script_kind kind)
{
    struct error *error = run_pieces(arena, opened, revision, kind, false);

    return error || !opened->in_transaction ? error : tell(arena, opened, SEAM);
}

/* Trips */

/* What the server refused is a finding; all else ends the rehearsal. */
static struct error *find_refusal(struct arena *arena, struct rehearsal_postgresql *opened,
                                  const struct rehearsed *revision, enum script_kind kind,
                                  const char *name, const char *what, struct error *refusal)
{
    if (!psql_is_alive(opened->psql) || interrupt_came())
        return refusal;
    rehearsal_find_failure(arena, &opened->rehearsal, revision, kind, name, what, refusal);
    if (revision->step->transactional)
        return NULL;
    return error_hint(arena,
                      error_plain(arena, ERROR_INPUT,
                                  "the rehearsal cannot go on behind revision '%.*s', which failed "
                                  "outside a transaction",
                                  TEXT_ARGS(revision->step->id)),
                      "Mend its scripts first.");
}

static struct error *try_twice(struct arena *arena, struct rehearsal_postgresql *opened,
                               const struct rehearsed *revision)
{
    struct rehearsal *rehearsal = &opened->rehearsal;
    struct error *refusal = run_again(arena, opened, revision, SCRIPT_UP);

    if (refusal)
        return find_refusal(arena, opened, revision, SCRIPT_UP, "idempotent",
                            "run twice, the up script fails", refusal);
    struct error *error = look(arena, opened, &opened->after);
    if (!error)
        rehearsal_compare_twice(arena, rehearsal, revision, &rehearsal->schema, &opened->after);
    return error;
}

static struct error *try_down(struct arena *arena, struct rehearsal_postgresql *opened,
                              const struct rehearsed *revision)
{
    struct rehearsal *rehearsal = &opened->rehearsal;
    struct error *refusal = run_again(arena, opened, revision, SCRIPT_DOWN);

    rehearsal->trip_count++;
    if (refusal)
        return find_refusal(arena, opened, revision, SCRIPT_DOWN, "down", "the down script fails",
                            refusal);
    struct error *error = look(arena, opened, &opened->after);
    if (error)
        return error;
    rehearsal_compare_undone(arena, rehearsal, revision, &opened->before, &opened->after);
    refusal = run_again(arena, opened, revision, SCRIPT_UP);
    if (refusal)
        return find_refusal(arena, opened, revision, SCRIPT_UP, "again",
                            "behind the down script, the up script fails", refusal);
    error = look(arena, opened, &opened->after);
    if (!error)
        rehearsal_compare_again(arena, rehearsal, revision, &rehearsal->schema, &opened->after);
    return error;
}

/* In a transaction that is rolled back, where the revision may run in one. */
static struct error *make_part(struct arena *arena, struct rehearsal_postgresql *opened,
                               const struct rehearsed *revision,
                               struct error *(*part)(struct arena *, struct rehearsal_postgresql *,
                                                     const struct rehearsed *))
{
    bool transactional = revision->step->transactional;
    struct error *error = tell(arena, opened, HYGIENE);

    if (!error && transactional)
        error = begin(arena, opened);
    if (!error)
        error = part(arena, opened, revision);
    if (!error && transactional)
        error = end(arena, opened, "ROLLBACK;\n");
    return error;
}

static struct error *run(struct arena *arena, struct rehearsal *rehearsal,
                         const struct rehearsed *revision, bool round_trip)
{
    struct rehearsal_postgresql *opened = self(rehearsal);
    struct error *error;

    if (interrupt_came())
        return interrupt_error(arena);
    schema_copy(&opened->before, &rehearsal->schema);
    error = run_up(arena, opened, revision, round_trip);
    if (error) {
        if (error->code == ERROR_DATABASE)
            error->code = ERROR_INPUT;
        return error_hint(arena, error, "The chain was run on a server of version %llu.",
                          (unsigned long long)rehearsal->major);
    }
    error = look(arena, opened, &rehearsal->schema);
    if (!error && round_trip && revision->scripts[SCRIPT_DOWN].source)
        error = make_part(arena, opened, revision, try_down);
    if (!error && round_trip && revision->step->idempotent)
        error = make_part(arena, opened, revision, try_twice);
    if (!error && round_trip && !revision->step->transactional)
        error = look(arena, opened, &rehearsal->schema); /* the trip has left what it left */
    return error;
}

static const struct rehearsal_operations operations = {.run = run, .close = close_all};

/* Opening */

enum { TRIES = 100, TRY_MS = 100 };

/* The server may need a moment. */
static struct error *connect(struct arena *arena, struct rehearsal_postgresql *opened,
                             const struct psql_options *options)
{
    struct error *error = NULL;

    for (size_t i = 0; i < TRIES; i++) {
        error = psql_open(arena, options, &opened->psql);
        if (!error || opened->cluster.server.pid < 0 || !interrupt_sleep(TRY_MS))
            break;
    }
    return error;
}

static struct error *check_server(struct arena *arena, struct rehearsal_postgresql *opened)
{
    struct rehearsal *rehearsal = &opened->rehearsal;
    struct psql_reply reply;
    struct error *error = ask(
        arena, opened, TEXT("SELECT pg_catalog.current_setting('server_version_num');\n"), &reply);

    if (error)
        return error;
    opened->version = next_number(&reply.output);
    rehearsal->major = opened->version / 10000;
    if (opened->version < SCHEMA_POSTGRESQL_LEAST || opened->version > SCHEMA_POSTGRESQL_MOST)
        return error_plain(arena, ERROR_STATE, "the server is version %llu, and %d to %d are known",
                           (unsigned long long)rehearsal->major, SCHEMA_POSTGRESQL_LEAST / 10000,
                           SCHEMA_POSTGRESQL_MOST / 10000);
    error = look(arena, opened, &rehearsal->schema);
    if (error)
        return error;
    for (size_t i = 0; i < rehearsal->schema.count; i++) {
        const struct object *object = rehearsal->schema.list[i];

        if (!text_equal(object->kind, TEXT("schema")) &&
            !text_equal(object->kind, TEXT("extension")))
            return error_plain(arena, ERROR_STATE,
                               "a rehearsal begins in an empty database, and %.*s '%.*s' is there",
                               TEXT_ARGS(object->kind), TEXT_ARGS(object->name));
    }
    return NULL;
}

struct error *rehearsal_postgresql_open(struct arena *arena,
                                        const struct rehearsal_options *options,
                                        struct rehearsal **rehearsal)
{
    struct rehearsal_postgresql *opened = arena_one(arena, struct rehearsal_postgresql);
    const char *path = options->psql ? options->psql : psql_find(arena);
    struct conninfo conninfo = {0};
    struct error *error = NULL;

    if (!path)
        return error_hint(arena, error_plain(arena, ERROR_SYSTEM, "there is no psql on this host"),
                          "Install PostgreSQL, or say --dialect sqlite.");
    *opened = (struct rehearsal_postgresql){
        .rehearsal = {.operations = &operations, .options = *options},
        .cluster = CLUSTER_NONE,
    };
    interrupt_catch();
    if (options->database.size)
        error = conninfo_read(arena, options->database, &conninfo);
    else
        error = cluster_start(arena, path, &opened->cluster);
    struct psql_options connection = {
        .name = "sqlferry",
        .path = path,
        .connection = options->database.size ? conninfo.connection : opened->cluster.connection,
        .password = conninfo.password,
        .settings = TEXT("-c standard_conforming_strings=on"),
    };
    if (!error)
        error = connect(arena, opened, &connection);
    if (!error)
        error = check_server(arena, opened);
    *rehearsal = &opened->rehearsal;
    if (error)
        rehearsal_close(rehearsal);
    return error;
}

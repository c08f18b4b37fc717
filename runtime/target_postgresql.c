#include "target_postgresql.h"
#include "clock.h"
#include "conninfo.h"
#include "fence.h"
#include "interrupt.h"
#include "psql.h"
#include "schema_postgresql.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* "sqlf" and "erry": the two keys of the advisory lock. */
#define LOCK_KEYS "1936812134, 1701999225"

enum {
    POLL_MS = 100,
    RECONNECT_MS = 60000,
    PSQL_LEAST = 130000,
    SERVER_LEAST = 120000,
    ROOM_LEAST = 16 << 20,
};

struct target_postgresql {
    struct target target;
    struct psql_options options;
    enum target_access access;
    struct psql *psql;
    bool locked;
    bool in_transaction;
    bool used;                  /* by scripts, since it was prepared */
    struct text refused;        /* SQLSTATE of the last refusal */
    uint64_t version;           /* of the server, as a number */
    struct text backend;        /* the process that serves us */
    struct text settings;       /* lines that set what the revision runs under */
    struct text before;         /* lines that go in front of the next BEGIN */
    struct text record;         /* lines that go in front of COMMIT */
    struct text transaction;    /* its number, as txid_current() gives it */
    struct ledger_row recorded; /* the row that the open transaction ends with */
};

static struct target_postgresql *self(struct target *target)
{
    return (struct target_postgresql *)target;
}

/* Replies */

static struct error *lost_error(struct arena *arena, const struct psql_message *first)
{
    if (interrupt_came()) /* then it was we who ended it */
        return interrupt_error(arena);
    return error_plain(arena, ERROR_DATABASE, "the connection to the server was lost%s%.*s",
                       first->text.size ? ": " : "", TEXT_ARGS(first->text));
}

static void show(struct target *target, const struct sending *sending,
                 const struct psql_message *message)
{
    if (target->report && sending && message->state.size)
        report_note(target->report, "%.*s: %.*s", TEXT_ARGS(message->severity),
                    TEXT_ARGS(message->text));
}

/* By a signal, say: query_canceled. Of a statement that the server refused nothing is done. */
#define CANCELLED TEXT("57014")

/* insufficient_privilege */
#define NO_RIGHT TEXT("42501")

/* Notices are shown, once; those of our own statements are not. */
static struct error *reply_error(struct arena *arena, struct target *target,
                                 const struct psql_reply *reply, const struct sending *sending)
{
    struct text said = reply->errors;
    struct psql_message message, error = {0};
    size_t behind = 0;

    while (psql_take_message(arena, &said, &message)) {
        if (text_equal(message.state, PSQL_FOLLOWS)) {
            behind++;
        } else if (!behind && psql_may_count(reply, &message)) {
            show(target, sending, &error);
            error = message;
        } else {
            show(target, sending, &message);
        }
    }
    bool cancelled = sending && interrupt_came() && text_equal(error.state, CANCELLED);
    if (reply->lost && !cancelled)
        return lost_error(arena, &error);
    if (cancelled)
        error.text = TEXT("interrupted");
    else if (!reply->failed)
        return NULL;
    self(target)->refused = arena_copy(arena, error.state);
    if (!error.state.size)
        error.text = TEXT("the server refused");
    if (!sending)
        return psql_error(arena, &error, NULL, (struct text){0});
    size_t at = reply->ran && reply->ran <= sending->count ? reply->ran - 1 : 0;
    return psql_error(arena, &error, sending->script, sending->pieces[at]);
}

static struct error *check_alive(struct arena *arena, struct target *target)
{
    if (psql_is_alive(self(target)->psql))
        return NULL;
    return error_plain(arena, ERROR_DATABASE, "the connection to the server is lost");
}

/* Runs lines of our own; cells get what they printed. */
static struct error *ask(struct arena *arena, struct target *target, struct text lines,
                         struct psql_reply *reply)
{
    struct psql_reply got;
    struct error *error = check_alive(arena, target);

    if (!error)
        error = psql_ask(arena, self(target)->psql, lines, &got);
    if (!error)
        error = reply_error(arena, target, &got, NULL);
    if (!error)
        *reply = got;
    return error;
}

static struct text next_cell(struct text *output)
{
    return text_cut(output, '\0');
}

/* Connecting */

static struct error *check_versions(struct arena *arena, struct target *target)
{
    struct psql_reply reply;
    uint64_t client = 0, server = 0;
    struct error *error =
        ask(arena, target,
            TEXT("SELECT :'VERSION_NUM', pg_catalog.current_setting('server_version_num'),"
                 " pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('server_encoding'),"
                 " pg_catalog.pg_backend_pid();\n"),
            &reply);

    if (error)
        return error;
    struct text cells = reply.output, client_text = next_cell(&cells),
                server_text = next_cell(&cells), recovery = next_cell(&cells),
                encoding = next_cell(&cells);
    self(target)->backend = arena_copy(arena, next_cell(&cells));
    text_number(client_text, UINT32_MAX, &client);
    text_number(server_text, UINT32_MAX, &server);
    self(target)->version = server;
    target->version = arena_format(arena, "%llu.%llu", (unsigned long long)server / 10000,
                                   (unsigned long long)server % 10000);
    target->through =
        arena_format(arena, "%s (%llu.%llu)", self(target)->options.path,
                     (unsigned long long)client / 10000, (unsigned long long)client % 10000);
    if (client < PSQL_LEAST)
        return error_plain(arena, ERROR_SYSTEM, "psql is older than version 13: %.*s",
                           TEXT_ARGS(target->through));
    if (server < SERVER_LEAST)
        return error_plain(arena, ERROR_STATE, "the server is version %.*s, older than 12",
                           TEXT_ARGS(target->version));
    if (self(target)->access != TARGET_READS && text_equal(recovery, TEXT("t")))
        return error_hint(arena,
                          error_plain(arena, ERROR_STATE, "the server is a standby: it only reads"),
                          "Connect to the primary.");
    if (!text_equal(encoding, TEXT("UTF8")) && !text_equal(encoding, TEXT("SQL_ASCII")))
        return error_plain(arena, ERROR_STATE, "the database is encoded in %.*s, not in UTF8",
                           TEXT_ARGS(encoding));
    return NULL;
}

/* A backend whose client died stops soon, and so gives its locks back (PostgreSQL 14). */
#define CHECK_CONNECTION "-c client_connection_check_interval=500 "

static struct error *connect(struct arena *arena, struct target *target)
{
    struct target_postgresql *opened = self(target);
    struct error *error = psql_open(arena, &opened->options, &opened->psql);

    if (error &&
        text_find(error->message, TEXT("client_connection_check_interval")) < error->message.size) {
        struct text prefix = TEXT(CHECK_CONNECTION);

        opened->options.settings =
            text_slice(opened->options.settings, prefix.size, opened->options.settings.size);
        error = psql_open(arena, &opened->options, &opened->psql);
    }
    return error ? error : check_versions(arena, target);
}

/* Lock */

static struct error *held_error(struct arena *arena, struct target *target)
{
    struct psql_reply reply;
    struct error *error =
        ask(arena, target,
            TEXT("SELECT a.pid, a.usename, a.application_name FROM pg_catalog.pg_locks l"
                 " JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory'"
                 " AND (pg_catalog.int8(l.classid), pg_catalog.int8(l.objid)) = (" LOCK_KEYS
                 ") AND l.objsubid = 2 AND l.granted"
                 " AND l.database = (SELECT oid FROM pg_catalog.pg_database"
                 " WHERE datname = pg_catalog.current_database());\n"),
            &reply);

    if (error)
        return error;
    struct text cells = reply.output, pid = next_cell(&cells), user = next_cell(&cells),
                application = next_cell(&cells);
    return error_hint(
        arena,
        error_plain(arena, ERROR_LOCKED,
                    "another run holds the lock of '%.*s': process %.*s, user '%.*s', '%.*s'",
                    TEXT_ARGS(target->name), TEXT_ARGS(pid), TEXT_ARGS(user),
                    TEXT_ARGS(application)),
        "Wait until it has ended, or for longer with --lock-timeout.");
}

/*
 * Asked again and again, never waited for in the server: a waiter holds a snapshot, and a CREATE
 * INDEX CONCURRENTLY of the holder would wait for it in turn.
 */
static struct error *lock(struct arena *arena, struct target *target, uint64_t timeout_ms)
{
    int64_t start = clock_ms();
    bool late = interrupt_descriptor() < 0; /* noted before: this is about what it left */

    for (;;) {
        struct psql_reply reply;
        struct error *error =
            ask(arena, target, TEXT("SELECT pg_catalog.pg_try_advisory_lock(" LOCK_KEYS ");\n"),
                &reply);

        if (error)
            return error;
        if (text_starts(reply.output, TEXT("t"))) {
            self(target)->locked = true;
            return NULL;
        }
        if ((uint64_t)(clock_ms() - start) >= timeout_ms)
            return held_error(arena, target);
        if (!interrupt_sleep(POLL_MS) && !late)
            return interrupt_error(arena);
    }
}

/* A signal has ended psql, and what became of the revision is still to be written down. */
static struct error *revive(struct arena *arena, struct target *target)
{
    struct target_postgresql *opened = self(target);

    if (psql_is_alive(opened->psql) || opened->in_transaction || !interrupt_came())
        return check_alive(arena, target);
    psql_close(&opened->psql);
    struct error *error = connect(arena, target);
    return error ? error : lock(arena, target, RECONNECT_MS);
}

/* Ledger */

#define LEDGER "sqlferry.ledger"
#define COLUMNS                                                                                    \
    "number, event, project, revision, script, pieces, bundle, release, sequence, note, who,"      \
    " started, finished, tool, previous, digest"

/*
 * The deferred foreign key of an admission is satisfied by the ledger row alone, which is written
 * last: a COMMIT inside a revision fails. The triggers fire in replica mode, too.
 */
static const char bootstrap[] =
    "CREATE SCHEMA sqlferry;\n"
    "CREATE TABLE " LEDGER " (number bigint PRIMARY KEY, event text NOT NULL,"
    " project text NOT NULL, revision text NOT NULL, script text NOT NULL,"
    " pieces bigint NOT NULL, bundle text NOT NULL, release text NOT NULL, sequence bigint NOT "
    "NULL, note text NOT NULL, who text NOT NULL,"
    " started text NOT NULL, finished text NOT NULL, tool text NOT NULL, previous text NOT NULL,"
    " digest text NOT NULL);\n"
    "CREATE TABLE sqlferry.admission (number bigint PRIMARY KEY REFERENCES " LEDGER
    " DEFERRABLE INITIALLY DEFERRED);\n"
    "CREATE FUNCTION sqlferry.refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " $$BEGIN RAISE EXCEPTION 'the ledger is append-only'; END$$;\n"
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON " LEDGER
    " FOR EACH STATEMENT EXECUTE FUNCTION sqlferry.refuse_change();\n"
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sqlferry.admission"
    " FOR EACH STATEMENT EXECUTE FUNCTION sqlferry.refuse_change();\n"
    "ALTER TABLE " LEDGER " ENABLE ALWAYS TRIGGER append_only;\n"
    "ALTER TABLE sqlferry.admission ENABLE ALWAYS TRIGGER append_only;\n";

static struct error *has_ledger(struct arena *arena, struct target *target, bool *has)
{
    struct psql_reply reply;
    struct error *error = ask(
        arena, target, TEXT("SELECT pg_catalog.to_regclass('" LEDGER "') IS NOT NULL;\n"), &reply);

    if (!error)
        *has = text_starts(reply.output, TEXT("t"));
    return error;
}

static struct error *read_ledger(struct arena *arena, struct target *target, struct ledger *ledger)
{
    struct psql_reply reply = {0};
    bool has = false;
    struct error *error = has_ledger(arena, target, &has);

    if (!error && has)
        error = ask(arena, target, TEXT("SELECT " COLUMNS " FROM " LEDGER " ORDER BY number;\n"),
                    &reply);
    if (error && text_equal(self(target)->refused, NO_RIGHT) && !error->hint.size)
        error_hint(arena, error, "Run it as the role that did before, which owns the ledger.");
    if (error)
        return error;

    size_t count = 0;
    for (size_t i = 0; i < reply.output.size; i++)
        count += reply.output.bytes[i] == '\0';
    struct text *cells = arena_array(arena, struct text, count);
    struct text rest = arena_copy(arena, reply.output);
    for (size_t i = 0; i < count; i++)
        cells[i] = next_cell(&rest);
    return ledger_read(arena, cells, count / LEDGER_FIELD_COUNT, ledger);
}

/* Transactions */

static void forget_transaction(struct target_postgresql *opened)
{
    opened->in_transaction = false;
    opened->transaction = (struct text){0};
    opened->record = (struct text){0};
    opened->recorded = (struct ledger_row){0};
}

static void rollback(struct target *target)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct psql_reply reply;

    if (self(target)->in_transaction && psql_is_alive(self(target)->psql)) {
        /* What cannot be rolled back here is rolled back by the server when the session ends. */
        struct error *ignored = ask(arena, target, TEXT("ROLLBACK;\n"), &reply);
        (void)ignored;
    }
    forget_transaction(self(target));
}

/* RESET ALL goes back to PGOPTIONS, and leaves the role. */
#define RESET_SETTINGS "SET SESSION AUTHORIZATION DEFAULT\\; RESET ALL"

/* What a script may have left in the session, except our lock. */
#define HYGIENE                                                                                    \
    "CLOSE ALL\\; " RESET_SETTINGS "\\; DEALLOCATE ALL\\; UNLISTEN *\\; DISCARD PLANS\\;"          \
    " DISCARD TEMP\\; DISCARD SEQUENCES"

static struct text settings_for(struct arena *arena, const struct terms *terms)
{
    CLEANUP(buffer_free) struct buffer lines = {0};

    if (terms->lock_timeout_ms)
        buffer_format(&lines, "SET lock_timeout = %llu;\n",
                      (unsigned long long)terms->lock_timeout_ms);
    if (terms->statement_timeout_ms)
        buffer_format(&lines, "SET statement_timeout = %llu;\n",
                      (unsigned long long)terms->statement_timeout_ms);
    return arena_copy(arena, buffer_text(&lines));
}

/* Said together with the next BEGIN: an exchange costs more than what is in it. */
static struct error *prepare(struct arena *arena, struct target *target, const struct terms *terms)
{
    struct target_postgresql *opened = self(target);

    opened->settings = settings_for(arena, terms);
    opened->before = arena_format(arena, "%s%.*s", opened->used ? HYGIENE ";\n" : "",
                                  TEXT_ARGS(opened->settings));
    opened->used = opened->settings.size > 0;
    return NULL;
}

static struct error *admission_error(struct arena *arena, struct target *target, bool lock_held)
{
    if (lock_held)
        return error_hint(arena,
                          error_plain(arena, ERROR_LOCKED,
                                      "somebody else changed the ledger of '%.*s' during this run",
                                      TEXT_ARGS(target->name)),
                          "Look at 'sqlland history', then run it again.");
    return error_hint(arena,
                      error_plain(arena, ERROR_LOCKED, "the lock of '%.*s' was lost during the run",
                                  TEXT_ARGS(target->name)),
                      "A connection pooler gives its sessions away: connect to the server itself.");
}

/*
 * What begins a transaction. Taking the lock once more costs nothing where it is ours, takes it
 * back where a script gave it away, and tells where somebody else has it.
 */
static struct text admission(struct arena *arena, const struct ledger *known)
{
    return arena_format(
        arena,
        " INSERT INTO sqlferry.admission (number) VALUES (%zu)\\; SAVEPOINT sqlferry_script\\;"
        " SELECT pg_catalog.txid_current(),"
        " coalesce((SELECT digest FROM " LEDGER " ORDER BY number DESC LIMIT 1), ''),"
        " pg_catalog.pg_try_advisory_lock(" LOCK_KEYS "), pg_catalog.pg_backend_pid();\n",
        known->count + 1);
}

/* cells  what the admission gave */
static struct error *admit(struct arena *arena, struct target *target, const struct ledger *known,
                           struct text cells)
{
    struct target_postgresql *opened = self(target);
    struct digest head = ledger_head(known);
    struct text expected = known->count ? digest_hex(arena, &head) : TEXT("");

    opened->transaction = arena_copy(arena, next_cell(&cells));
    bool same = text_equal(next_cell(&cells), expected);
    bool held = text_equal(next_cell(&cells), TEXT("t"));
    held &= text_equal(next_cell(&cells), opened->backend);
    return same && held ? NULL : admission_error(arena, target, held);
}

static struct error *begin(struct arena *arena, struct target *target, const struct ledger *known,
                           const struct terms *terms)
{
    bool has = known->count > 0;
    struct error *error = revive(arena, target);

    (void)terms; /* prepare has set them */
    if (!error && !has)
        error = has_ledger(arena, target, &has);
    if (error)
        return error;
    /* What a statement outside a transaction has set is not for the ledger. */
    if (self(target)->used && !self(target)->before.size)
        self(target)->before =
            arena_format(arena, RESET_SETTINGS ";\n%.*s", TEXT_ARGS(self(target)->settings));
    self(target)->in_transaction = true;
    struct psql_reply reply;
    struct text lines = arena_format(
        arena, "%.*sBEGIN;\n%sLOCK TABLE " LEDGER " IN SHARE ROW EXCLUSIVE MODE\\;%.*s",
        TEXT_ARGS(self(target)->before), has ? "" : bootstrap, TEXT_ARGS(admission(arena, known)));
    error = ask(arena, target, lines, &reply);
    self(target)->before = (struct text){0};
    if (!error)
        error = admit(arena, target, known, reply.output);
    if (error)
        rollback(target);
    return error;
}

/* A refusal undoes nothing of what a script did behind a ROLLBACK of its own. */
static struct error *doubt_refusal(struct arena *arena, struct target *target,
                                   struct error *refusal)
{
    struct target_postgresql *opened = self(target);
    struct psql_reply reply;

    if (!refusal || !opened->in_transaction || !psql_is_alive(opened->psql))
        return refusal;
    struct error *error =
        ask(arena, target,
            arena_format(arena,
                         "ROLLBACK TO SAVEPOINT sqlferry_script;\nSELECT"
                         " pg_catalog.txid_current_if_assigned() OPERATOR(pg_catalog.=) %.*s;\n",
                         TEXT_ARGS(opened->transaction)),
            &reply);
    if (psql_is_alive(opened->psql) && (error || !text_starts(reply.output, TEXT("t")))) {
        refusal->code = ERROR_UNKNOWN;
        error_note(arena, refusal, (struct span){0},
                   "the script left its transaction: what it did then may stay");
    }
    return refusal;
}

/* Outside a transaction a revision may go on without one of ours in front. */
static struct error *say_prepared(struct arena *arena, struct target *target)
{
    struct psql_reply reply;
    struct text lines = self(target)->before;
    struct error *error = revive(arena, target);

    self(target)->before = (struct text){0};
    return error || !lines.size ? error : ask(arena, target, lines, &reply);
}

static struct error *run(struct arena *arena, struct target *target, const struct sending *sending)
{
    struct psql_reply reply;
    struct error *error = say_prepared(arena, target);

    self(target)->used = true;
    if (!error)
        error = psql_run(arena, self(target)->psql, sending->pieces, sending->count, false, &reply);
    if (!error)
        error = reply_error(arena, target, &reply, sending);
    return doubt_refusal(arena, target, error);
}

/* Indexes built outside a transaction */

static struct text quote_name(struct arena *arena, struct text table)
{
    struct text last = table, schema = {0};

    if (text_find_byte(table, '.') < table.size)
        schema = text_cut(&last, '.');
    return schema.bytes
               ? arena_format(arena, "\"%.*s\".\"%.*s\"", TEXT_ARGS(schema), TEXT_ARGS(last))
               : arena_format(arena, "\"%.*s\"", TEXT_ARGS(last));
}

/* An index lives in the schema of its table. The name comes back ready to be used. */
static struct error *find_index(struct arena *arena, struct target *target,
                                const struct index_build *build, enum built *built,
                                struct text *index)
{
    struct text table = psql_literal(arena, quote_name(arena, build->table));
    struct text name = psql_literal(arena, build->name);
    struct psql_reply reply;
    struct error *error = say_prepared(arena, target);

    if (!error)
        error =
            ask(arena, target,
                arena_format(
                    arena,
                    "SELECT i.indisvalid AND i.indisready, i.indexrelid::pg_catalog.regclass"
                    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                    " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
                    " WHERE c.relname = %.*s AND t.oid = pg_catalog.to_regclass(%.*s);\n",
                    TEXT_ARGS(name), TEXT_ARGS(table)),
                &reply);
    if (error)
        return error;
    struct text cells = arena_copy(arena, reply.output), valid = next_cell(&cells);
    *built = valid.size == 0                ? BUILT_NOTHING
             : text_equal(valid, TEXT("t")) ? BUILT_WHOLE
                                            : BUILT_HALF;
    *index = next_cell(&cells);
    return NULL;
}

static struct error *look(struct arena *arena, struct target *target,
                          const struct index_build *build, enum built *built)
{
    struct text index;

    return find_index(arena, target, build, built, &index);
}

static struct error *remove_build(struct arena *arena, struct target *target,
                                  const struct index_build *build)
{
    enum built built;
    struct text index;
    struct psql_reply reply;
    struct error *error = find_index(arena, target, build, &built, &index);

    if (error || built != BUILT_HALF)
        return error;
    return ask(arena, target,
               arena_format(arena, "DROP INDEX CONCURRENTLY %.*s;\n", TEXT_ARGS(index)), &reply);
}

/* Looking about */

/* Columns are separated by \001, NULL is \002: see psql_run. */
static struct rows split_rows(struct arena *arena, struct text output)
{
    struct rows rows = {0};

    for (size_t i = 0; i < output.size; i++)
        rows.count += output.bytes[i] == '\0';
    struct text rest = output, first = next_cell(&rest);
    for (rows.columns = 1; text_find_byte(first, '\001') < first.size; rows.columns++)
        text_cut(&first, '\001');
    rows.cells = arena_array(arena, struct text, rows.count * rows.columns);
    for (size_t i = 0; i < rows.count; i++) {
        struct text row = next_cell(&output);

        for (size_t j = 0; j < rows.columns; j++) {
            struct text cell = text_cut(&row, '\001');

            if (!text_equal(cell, TEXT("\002")))
                rows.cells[i * rows.columns + j] = cell;
        }
    }
    return rows;
}

static struct error *query(struct arena *arena, struct target *target, struct text sql,
                           struct rows *rows)
{
    struct psql_reply reply;
    struct error *error = say_prepared(arena, target);

    if (!error)
        error = psql_run(arena, self(target)->psql, &sql, 1, true, &reply);
    if (!error)
        error = reply_error(arena, target, &reply, NULL);
    if (!error)
        *rows = split_rows(arena, arena_copy(arena, reply.output));
    return error;
}

static struct error *has_table(struct arena *arena, struct target *target, struct text name,
                               bool *has)
{
    struct rows rows;
    struct text literal = psql_literal(arena, name);
    struct error *error = query(
        arena, target,
        arena_format(arena, "SELECT pg_catalog.to_regclass(%.*s) IS NOT NULL", TEXT_ARGS(literal)),
        &rows);

    if (!error)
        *has = text_equal(rows.cells[0], TEXT("t"));
    return error;
}

/* A row for each thing that a person should know; the first column says which of the kinds below.
 */
static const char inspection[] =
    "SELECT 'standby', '', '', '', '' WHERE pg_catalog.pg_is_in_recovery()"
    " UNION ALL SELECT 'extension', e.name, '', '', ''"
    " FROM pg_catalog.unnest(ARRAY[%.*s]::pg_catalog.text[]) AS e (name)"
    " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_available_extensions a WHERE a.name = e.name)"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_extension x WHERE x.extname = e.name)"
    " UNION ALL SELECT 'create', current_user, pg_catalog.current_database(), '', ''"
    " WHERE pg_catalog.to_regclass('" LEDGER "') IS NULL AND NOT"
    " pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
    " UNION ALL SELECT 'write', current_user, (SELECT pg_catalog.pg_get_userbyid(c.relowner)"
    " FROM pg_catalog.pg_class c WHERE c.oid = ledger), '', ''"
    " FROM (SELECT pg_catalog.to_regclass('" LEDGER "') AS ledger) l WHERE NOT"
    " (pg_catalog.has_table_privilege(ledger, 'INSERT')"
    " AND pg_catalog.has_table_privilege(ledger, 'UPDATE, DELETE, TRUNCATE'))"
    " UNION ALL SELECT 'schema', current_user, coalesce(pg_catalog.current_schema(), ''), '', ''"
    " WHERE coalesce(NOT pg_catalog.has_schema_privilege(pg_catalog.current_schema(), 'CREATE'),"
    " true)"
    " UNION ALL (SELECT 'transaction', a.pid::pg_catalog.text, coalesce(a.usename, ''),"
    " coalesce(a.application_name, ''), pg_catalog.floor(EXTRACT(epoch FROM"
    " pg_catalog.now() - a.xact_start))::pg_catalog.text FROM pg_catalog.pg_stat_activity a"
    " WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'"
    " AND a.pid <> pg_catalog.pg_backend_pid()"
    " AND a.xact_start < pg_catalog.now() - interval '10 seconds' ORDER BY a.xact_start LIMIT 5)"
    " UNION ALL (SELECT 'prepared', p.gid, p.owner::pg_catalog.text, '', ''"
    " FROM pg_catalog.pg_prepared_xacts p WHERE p.database = pg_catalog.current_database()"
    " ORDER BY p.prepared LIMIT 5)"
    " UNION ALL SELECT 'locks', (pg_catalog.current_setting('max_locks_per_transaction')::bigint"
    " * (pg_catalog.current_setting('max_connections')::bigint"
    " + pg_catalog.current_setting('max_prepared_transactions')::bigint)"
    " - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks))::pg_catalog.text, '', '', ''"
    " UNION ALL SELECT 'folder', s.setting,"
    " pg_catalog.pg_database_size(pg_catalog.current_database())::pg_catalog.text, '', ''"
    " FROM pg_catalog.pg_settings s WHERE s.name = 'data_directory'"
    " AND pg_catalog.inet_server_addr() IS NULL";

static struct error *no_extension(struct arena *arena, const struct text *cells)
{
    return error_hint(
        arena,
        error_plain(arena, ERROR_STATE, "the server has no extension '%.*s'", TEXT_ARGS(cells[1])),
        "Have its package installed on the server's host.");
}

static struct error *may_not_create(struct arena *arena, const struct text *cells)
{
    return error_hint(
        arena,
        error_plain(arena, ERROR_STATE,
                    "role '%.*s' may not create a schema in database '%.*s', for the ledger",
                    TEXT_ARGS(cells[1]), TEXT_ARGS(cells[2])),
        "Its owner says: GRANT CREATE ON DATABASE \"%.*s\" TO \"%.*s\".", TEXT_ARGS(cells[2]),
        TEXT_ARGS(cells[1]));
}

static struct error *may_not_write(struct arena *arena, const struct text *cells)
{
    return error_hint(arena,
                      error_plain(arena, ERROR_STATE, "role '%.*s' may not write the ledger",
                                  TEXT_ARGS(cells[1])),
                      "Run it as role '%.*s', to which the ledger belongs.", TEXT_ARGS(cells[2]));
}

static struct error *only_reads(struct arena *arena, const struct text *cells)
{
    (void)cells;
    return error_hint(arena,
                      error_plain(arena, ERROR_STATE, "the server is a standby: it only reads"),
                      "Connect to the primary.");
}

static struct error *no_schema(struct arena *arena, const struct text *cells)
{
    if (cells[2].size == 0)
        return error_plain(arena, ERROR_STATE,
                           "the search_path of role '%.*s' names no schema that there is",
                           TEXT_ARGS(cells[1]));
    return error_plain(arena, ERROR_STATE, "role '%.*s' may not create anything in schema '%.*s'",
                       TEXT_ARGS(cells[1]), TEXT_ARGS(cells[2]));
}

static struct error *long_transaction(struct arena *arena, const struct text *cells)
{
    return error_plain(arena, ERROR_LOCKED,
                       "process %.*s, user '%.*s', '%.*s', has had a transaction open for %.*s s: "
                       "a change of what it uses would wait for it",
                       TEXT_ARGS(cells[1]), TEXT_ARGS(cells[2]), TEXT_ARGS(cells[3]),
                       TEXT_ARGS(cells[4]));
}

static struct error *prepared_transaction(struct arena *arena, const struct text *cells)
{
    return error_plain(arena, ERROR_LOCKED,
                       "the prepared transaction '%.*s' of role '%.*s' holds its locks until "
                       "somebody ends it",
                       TEXT_ARGS(cells[1]), TEXT_ARGS(cells[2]));
}

static const struct {
    const char *name;
    enum severity severity;
    struct error *(*tell)(struct arena *arena, const struct text *cells);
} kinds_of_finding[] = {
    {"standby", FINDING_FAULT, only_reads},
    {"extension", FINDING_FAULT, no_extension},
    {"create", FINDING_FAULT, may_not_create},
    {"write", FINDING_FAULT, may_not_write},
    {"schema", FINDING_WARNING, no_schema},
    {"transaction", FINDING_WARNING, long_transaction},
    {"prepared", FINDING_WARNING, prepared_transaction},
};

/*
 * A statement takes two locks, in a rough mean of those that make tables, with their indexes, and
 * those that only fill them. A lock table that is full stops every other session, too.
 */
static void inspect_locks(struct arena *arena, struct text room, size_t statement_count,
                          struct findings *findings)
{
    uint64_t left = 0;

    text_number(room, NUMBER_MAX, &left);
    if (2 * statement_count <= left)
        return;
    findings_add(
        arena, findings, FINDING_FAULT, "atomic", TEXT(""),
        error_hint(arena,
                   error_plain(arena, ERROR_STATE,
                               "%zu statements in one transaction may need %zu locks, the "
                               "server has room for %llu",
                               statement_count, 2 * statement_count, (unsigned long long)left),
                   "Run it without --atomic, or have max_locks_per_transaction raised."));
}

/* Where the server is on this host, and tells. */
static void inspect_room(struct arena *arena, struct text folder, struct text database_size,
                         struct findings *findings)
{
    struct statvfs room;
    uint64_t size = 0;

    text_number(database_size, NUMBER_MAX, &size);
    if (statvfs(arena_copy(arena, folder).bytes, &room) < 0)
        return;
    uint64_t free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
    if (free_bytes < size || free_bytes < ROOM_LEAST)
        findings_add(arena, findings, FINDING_WARNING, "room", TEXT(""),
                     error_plain(arena, ERROR_SYSTEM,
                                 "%llu MiB are free on the server's disk, the database has %llu: "
                                 "a revision that rewrites its tables needs as much again",
                                 (unsigned long long)(free_bytes >> 20),
                                 (unsigned long long)(size >> 20)));
}

static struct text list_extensions(struct arena *arena, const struct needs *needs)
{
    struct text list = TEXT("");

    for (size_t i = 0; i < needs->extension_count; i++)
        list = arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(list), i ? ", " : "",
                            TEXT_ARGS(psql_literal(arena, needs->extensions[i])));
    return list;
}

static struct error *inspect(struct arena *arena, struct target *target, const struct needs *needs,
                             struct findings *findings)
{
    struct rows rows;
    struct text sql = arena_format(arena, inspection, TEXT_ARGS(list_extensions(arena, needs)));
    struct error *error = query(arena, target, sql, &rows);

    if (error)
        return error;
    for (size_t i = 0; i < rows.count; i++) {
        const struct text *cells = rows.cells + i * rows.columns;

        for (size_t j = 0; j < COUNT(kinds_of_finding); j++)
            if (text_equal(cells[0], text_from(kinds_of_finding[j].name)))
                findings_add(arena, findings, kinds_of_finding[j].severity,
                             kinds_of_finding[j].name, TEXT(""),
                             kinds_of_finding[j].tell(arena, cells));
        if (text_equal(cells[0], TEXT("locks")))
            inspect_locks(arena, cells[1], needs->statement_count, findings);
        if (text_equal(cells[0], TEXT("folder")))
            inspect_room(arena, cells[1], cells[2], findings);
    }
    return NULL;
}

/* Those of a partitioned table are invalid by design until all their parts are attached. */
static const char invalid_indexes[] =
    "SELECT n.nspname, c.relname, t.relname FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE NOT (i.indisvalid AND i.indisready) AND c.relkind = 'i' AND NOT EXISTS (SELECT FROM"
    " pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)"
    " ORDER BY 1, 2";

static struct error *examine(struct arena *arena, struct target *target, struct findings *findings)
{
    struct rows rows;
    struct error *error = query(arena, target, arena_format(arena, "%s", invalid_indexes), &rows);

    if (error)
        return error;
    for (size_t i = 0; i < rows.count; i++) {
        const struct text *cells = rows.cells + i * rows.columns;

        findings_add(
            arena, findings, FINDING_FAULT, "invalid-index", TEXT(""),
            error_hint(arena,
                       error_plain(arena, ERROR_STATE,
                                   "index '%.*s.%.*s' of table '%.*s' is invalid",
                                   TEXT_ARGS(cells[0]), TEXT_ARGS(cells[1]), TEXT_ARGS(cells[2])),
                       "No query uses it and every change pays for it: REINDEX INDEX "
                       "CONCURRENTLY, or drop it."));
    }
    return NULL;
}

static struct error *read_schema(struct arena *arena, struct target *target, struct schema *schema)
{
    CLEANUP(schema_free) struct schema nothing = {0};
    struct psql_reply reply;
    uint64_t version = self(target)->version;

    if (version > SCHEMA_POSTGRESQL_MOST)
        return error_plain(arena, ERROR_STATE,
                           "this sqlland does not know the catalog of a server "
                           "of version %.*s",
                           TEXT_ARGS(target->version));
    struct error *error =
        ask(arena, target,
            schema_postgresql_lines(arena, version, self(target)->in_transaction, false), &reply);
    if (!error)
        schema_postgresql_read(arena, reply.output, &nothing, schema);
    return error;
}

/* Verify scripts */

static struct error *check_rows(struct arena *arena, const struct source *script, struct text piece,
                                struct text rows)
{
    while (rows.size) {
        struct text row = next_cell(&rows), first = row;

        first = text_cut(&first, '\001');
        if (psql_is_false(row))
            return error_at(arena, ERROR_DATABASE,
                            span_of(script, text_slice(piece, 0, text_find_byte(piece, '\n'))),
                            "the verify script found a row whose first column is %.*s",
                            TEXT_ARGS(text_equal(first, TEXT("\002")) ? TEXT("NULL") : first));
    }
    return NULL;
}

static struct error *verify_pieces(struct arena *arena, struct target *target,
                                   const struct sending *sending)
{
    for (size_t i = 0; i < sending->count; i++) {
        struct sending one = {sending->script, &sending->pieces[i], 1};
        struct psql_reply reply;
        struct error *error = check_alive(arena, target);

        if (!error)
            error = psql_run(arena, self(target)->psql, one.pieces, 1, true, &reply);
        if (!error)
            error = reply_error(arena, target, &reply, &one);
        if (!error)
            error = check_rows(arena, sending->script, one.pieces[0], reply.output);
        if (error)
            return error;
    }
    return NULL;
}

/* Read-only, and whatever it did in spite of that is undone. */
static struct error *verify(struct arena *arena, struct target *target,
                            const struct sending *sending)
{
    bool inside = self(target)->in_transaction;
    struct psql_reply reply;
    struct error *error =
        ask(arena, target,
            inside ? TEXT("SAVEPOINT sqlferry_verify\\; SET LOCAL transaction_read_only = on;\n")
                   : TEXT("BEGIN READ ONLY;\n"),
            &reply);

    if (!error)
        error = verify_pieces(arena, target, sending);
    if (!error || !inside) {
        struct error *undone =
            ask(arena, target,
                inside ? TEXT("ROLLBACK TO SAVEPOINT sqlferry_verify;\n") : TEXT("ROLLBACK;\n"),
                &reply);
        error = error ? error : undone;
    }
    return doubt_refusal(arena, target, error);
}

/*
 * Said together with COMMIT. The settings go first, in a message of their own: a message is lexed
 * whole under the settings it finds, and the literals of the row must be read as we wrote them.
 * Those of the revision stay, as further statements of it may follow outside a transaction.
 * The row is written by the transaction that was admitted, or not at all.
 */
static struct error *record(struct arena *arena, struct target *target,
                            const struct ledger_row *row, const struct text *also,
                            size_t also_count)
{
    CLEANUP(buffer_free) struct buffer lines = {0};
    struct text cells[LEDGER_FIELD_COUNT];

    ledger_cells(arena, row, cells);
    buffer_format(&lines, "\\set sqlferry_recorded false\n" RESET_SETTINGS "\\; UNLISTEN *;\n%.*s",
                  TEXT_ARGS(self(target)->settings));
    for (size_t i = 0; i < also_count; i++)
        buffer_format(&lines, "%.*s;\n", TEXT_ARGS(also[i]));
    buffer_add(&lines, TEXT("WITH row AS (INSERT INTO " LEDGER " (" COLUMNS ") SELECT "));
    for (size_t i = 0; i < LEDGER_FIELD_COUNT; i++) {
        bool number = i == FIELD_NUMBER || i == FIELD_SEQUENCE || i == FIELD_PIECES;
        struct text value = number ? cells[i] : psql_literal(arena, cells[i]);

        buffer_format(&lines, "%s%.*s", i ? ", " : "", TEXT_ARGS(value));
    }
    buffer_format(
        &lines,
        " WHERE pg_catalog.txid_current_if_assigned() OPERATOR(pg_catalog.=) %.*s RETURNING 1)"
        " SELECT pg_catalog.count(*) = 1 AS sqlferry_recorded FROM row \\gset\n",
        TEXT_ARGS(self(target)->transaction));
    self(target)->record = arena_copy(arena, buffer_text(&lines));
    self(target)->recorded = *row;
    return NULL;
}

static struct error *left_error(struct arena *arena, const struct target_postgresql *opened)
{
    return error_plain(arena, ERROR_UNKNOWN,
                       "revision '%.*s' left its transaction: what it did may stay",
                       TEXT_ARGS(opened->recorded.revision));
}

/*
 * What COMMIT would check is checked, and no row waits for it any more: a table with such rows can
 * be altered by the next revision.
 */
#define SEAM "SET CONSTRAINTS ALL IMMEDIATE\\; SET CONSTRAINTS ALL DEFERRED;\n"

/* All of HYGIENE can be done inside a transaction. */
static struct error *proceed(struct arena *arena, struct target *target, const struct ledger *known,
                             const struct terms *terms)
{
    struct target_postgresql *opened = self(target);
    struct psql_reply reply;
    struct text settings = settings_for(arena, terms);
    struct text lines = arena_format(
        arena,
        "%.*s\\if :ERROR\n\\elif :sqlferry_recorded\n" SEAM HYGIENE ";\n%.*s"
        "RELEASE SAVEPOINT sqlferry_script\\;%.*s\\else\n\\echo outside\n\\endif\n",
        TEXT_ARGS(opened->record), TEXT_ARGS(settings), TEXT_ARGS(admission(arena, known)));
    struct error *error = ask(arena, target, lines, &reply);

    if (error)
        return error;
    if (text_starts(reply.output, TEXT("outside")))
        return left_error(arena, opened);
    opened->settings = settings;
    return admit(arena, target, known, reply.output);
}

/* No answer to COMMIT: a new session takes the lock, when the old one is gone, and looks. */
static struct error *look_again(struct arena *arena, struct target *target, struct error *lost)
{
    struct target_postgresql *opened = self(target);
    struct digest wanted = opened->recorded.digest;
    struct ledger ledger = {0};

    forget_transaction(opened);
    psql_close(&opened->psql);
    opened->locked = false;
    struct error *error = connect(arena, target);
    if (!error)
        error = lock(arena, target, RECONNECT_MS);
    if (!error)
        error = read_ledger(arena, target, &ledger);
    if (error) {
        lost->code = ERROR_UNKNOWN;
        return error_note(arena, lost, (struct span){0}, "whether COMMIT was done is unknown: %.*s",
                          TEXT_ARGS(error->message));
    }
    struct digest head = ledger_head(&ledger);
    return digest_equal(&head, &wanted) ? NULL : lost;
}

static struct error *commit(struct arena *arena, struct target *target)
{
    struct target_postgresql *opened = self(target);
    struct psql_reply reply;
    struct text lines = arena_format(arena,
                                     "%.*s\\if :ERROR\n\\elif :sqlferry_recorded\nCOMMIT;\n"
                                     "\\if :ERROR\n\\else\n"
                                     "SELECT pg_catalog.txid_status(%.*s);\n"
                                     "\\endif\n\\else\n\\echo outside\n\\endif\n",
                                     TEXT_ARGS(opened->record), TEXT_ARGS(opened->transaction));
    struct error *error = check_alive(arena, target);

    if (!error)
        error = psql_ask(arena, opened->psql, lines, &reply);
    if (error)
        return error;
    error = reply_error(arena, target, &reply, NULL);
    if (reply.lost)
        return look_again(arena, target, error);
    if (error)
        return error;
    if (text_starts(reply.output, TEXT("outside")))
        return left_error(arena, opened);
    forget_transaction(opened);
    /* COMMIT of a transaction that failed before is a silent ROLLBACK. */
    if (!text_equal(next_cell(&reply.output), TEXT("committed")))
        return error_plain(arena, ERROR_DATABASE, "the server rolled back instead of committing");
    return NULL;
}

static void close_target(struct target *target)
{
    struct text password = self(target)->options.password;

    psql_close(&self(target)->psql);
    if (password.size)
        explicit_bzero((char *)password.bytes, password.size);
}

/*
 * DROP INDEX CONCURRENTLY and its kind commit in their middle, and then wait: where a timeout, a
 * deadlock or a signal ends that wait, what they had committed stays.
 */
static bool is_partial(const struct target *target)
{
    static const struct text states[] = {
        {"57014", 5}, {"55P03", 5}, {"40P01", 5}}; /* canceled, lock timeout, deadlock */
    struct text refused = ((const struct target_postgresql *)target)->refused;

    for (size_t i = 0; i < COUNT(states); i++)
        if (text_equal(refused, states[i]))
            return true;
    return false;
}

static const struct target_operations operations = {
    .lock = lock,
    .read_ledger = read_ledger,
    .ask = query,
    .has_table = has_table,
    .inspect = inspect,
    .examine = examine,
    .read_schema = read_schema,
    .prepare = prepare,
    .begin = begin,
    .run = run,
    .is_partial = is_partial,
    .look = look,
    .remove = remove_build,
    .verify = verify,
    .record = record,
    .proceed = proceed,
    .commit = commit,
    .rollback = rollback,
    .close = close_target,
};

/* Opening */

/* Timeouts that nobody asked for are left to the role, the database and the server. */
static struct text settings_of(struct arena *arena, const struct target_options *options)
{
    CLEANUP(buffer_free) struct buffer settings = {0};

    buffer_add(&settings, TEXT(CHECK_CONNECTION "-c standard_conforming_strings=on"));
    if (options->lock_timeout_ms)
        buffer_format(&settings, " -c lock_timeout=%llu",
                      (unsigned long long)options->lock_timeout_ms);
    if (options->statement_timeout_ms)
        buffer_format(&settings, " -c statement_timeout=%llu",
                      (unsigned long long)options->statement_timeout_ms);
    buffer_add(&settings, options->access == TARGET_READS
                              ? TEXT(" -c default_transaction_read_only=on")
                              : TEXT(" -c idle_in_transaction_session_timeout=0"));
    return arena_copy(arena, buffer_text(&settings));
}

/* In the argument list or the environment, where everybody may look, and where it is ours. */
static void overwrite(struct text secret)
{
    if (secret.size)
        memset((char *)secret.bytes, '*', secret.size);
}

/*
 * The password that stands in the target, or else in the environment. From then on it is in one
 * place of this process, which nobody can look into: a new connection may need it again.
 */
static struct error *take_password(struct arena *arena, struct conninfo *conninfo)
{
    struct text in_environment = text_from(getenv("PGPASSWORD"));

    if (!conninfo->password.bytes && in_environment.size) {
        conninfo->password = arena_copy(arena, in_environment);
        conninfo->written = in_environment;
    }
    if (!conninfo->password.bytes)
        return NULL;
    fence_hide();
    overwrite(conninfo->written);
    if (text_find_byte(conninfo->password, '\n') < conninfo->password.size ||
        text_find_byte(conninfo->password, '\r') < conninfo->password.size)
        return error_plain(arena, ERROR_USAGE, "the password holds a line end");
    return NULL;
}

struct error *target_postgresql_open(struct arena *arena, struct text address,
                                     const struct target_options *options, struct target **target)
{
    struct target_postgresql *opened = arena_one(arena, struct target_postgresql);
    const char *psql = options->psql ? options->psql : psql_find(arena);
    struct conninfo conninfo;
    struct error *error = conninfo_read(arena, address, &conninfo);

    if (!error)
        error = take_password(arena, &conninfo);
    if (error)
        return error;
    if (!psql)
        return error_hint(arena, error_plain(arena, ERROR_SYSTEM, "there is no psql on this host"),
                          "Install PostgreSQL's client, or name the binary with --psql.");
    if (*psql != '/')
        return error_plain(arena, ERROR_USAGE, "'%s' is no absolute path of a psql", psql);
    if (access(psql, X_OK) != 0)
        return error_system(arena, "cannot run '%s'", psql);
    *opened = (struct target_postgresql){
        .target = {.operations = &operations,
                   .dialect = DIALECT_POSTGRESQL,
                   .name = conninfo.connection,
                   .report = options->report},
        .options = {.name = "sqlland",
                    .path = psql,
                    .connection = conninfo.connection,
                    .password = conninfo.password,
                    .settings = settings_of(arena, options)},
        .access = options->access,
    };
    error = connect(arena, &opened->target);
    if (error) {
        close_target(&opened->target);
        return error;
    }
    *target = &opened->target;
    return NULL;
}

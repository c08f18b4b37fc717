/* What --db may name, and the target that is an SQLite file: its lock, its ledger, its accidents.
 */
#include "runtime/target.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Every test begins in an empty folder. */
static struct arena *start(void)
{
    assert_int_equal(system("rm -rf * .[!.]*"), 0);
    return arena_new(16 << 20);
}

/* A second connection. Gives the cells of all rows back, with "|" between them; or the error. */
static const char *raw(struct arena *arena, const char *path, const char *sql)
{
    struct text shown = TEXT("");
    sqlite3 *handle;
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_OK;

    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    while (*sql && result == SQLITE_OK) {
        result = sqlite3_prepare_v2(handle, sql, -1, &statement, &sql);
        while (statement && sqlite3_step(statement) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(statement); i++)
                shown = arena_format(arena, "%s%s%s", shown.bytes, shown.size ? "|" : "",
                                     (const char *)sqlite3_column_text(statement, i));
        if (result == SQLITE_OK)
            result = sqlite3_finalize(statement);
    }
    if (result != SQLITE_OK)
        shown = arena_format(arena, "%s", sqlite3_errmsg(handle));
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    return shown.bytes;
}

static struct error *open_as(struct arena *arena, const char *address, enum target_access access,
                             struct target **target)
{
    struct target_options options = {.access = access, .psql = "none"};

    return target_open(arena, arena_copy(arena, text_from(address)), &options, target);
}

static struct target *open_target(struct arena *arena, const char *address)
{
    struct target *target = NULL;

    assert_null(open_as(arena, address, TARGET_WRITES, &target));
    assert_non_null(target);
    return target;
}

static struct ledger_row next_row(struct arena *arena, const struct ledger *ledger)
{
    struct ledger_row row = {
        .project = TEXT("shop"),
        .revision = TEXT("a"),
        .release = TEXT("1.0"),
        .sequence = NUMBER_MAX,
        .who = TEXT("root@vm"),
        .started = TEXT("2026-11-23T00:24:42.765Z"),
        .finished = TEXT("2026-11-23T00:24:42.766Z"),
        .tool = TEXT("test"),
    };

    ledger_continue(arena, ledger, &row);
    return row;
}

static const struct terms keys_on = {0}, keys_off = {.foreign_keys_off = true};

/* A script in one piece. */
static struct error *send(struct arena *arena, struct target *target, const struct source *script)
{
    struct sending whole = {script, &script->text, 1};

    return target->operations->run(arena, target, &whole);
}

/* One revision, as apply runs it. */
static struct error *apply(struct arena *arena, struct target *target, struct ledger *ledger,
                           const char *script)
{
    struct source *source = arena_one(arena, struct source);
    struct ledger_row row = next_row(arena, ledger);

    *source = (struct source){TEXT("a.sql"), text_from(script)};
    struct error *error = target->operations->prepare(arena, target, &keys_on);
    if (!error)
        error = target->operations->begin(arena, target, ledger, &keys_on);
    if (error)
        return error;
    error = send(arena, target, source);
    if (!error)
        error = target->operations->record(arena, target, &row, NULL, 0);
    if (!error)
        error = target->operations->commit(arena, target);
    if (error)
        target->operations->rollback(target);
    else
        ledger_append(arena, ledger, &row);
    return error;
}

/* Addresses. */

/* Where PostgreSQL is meant, the psql that the tests name is asked for. */
#define REMOTE "2 'none' is no absolute path of a psql"

static const struct open_row {
    const char *name, *prepare, *address;
    enum target_access access;
    const char *expected, *path; /* where the database is then; NULL for none */
} open_rows[] = {
    {"open: a path", ":", "x.db", TARGET_WRITES, "", "x.db"},
    {"open: a path in a folder", "mkdir d", "d/x.db", TARGET_WRITES, "", "d/x.db"},
    {"open: sqlite:", ":", "sqlite:x.db", TARGET_WRITES, "", "x.db"},
    {"open: sqlite3:", ":", "sqlite3:x.db", TARGET_WRITES, "", "x.db"},
    {"open: sqlite://", ":", "sqlite://x.db", TARGET_WRITES, "", "x.db"},
    {"open: sqlite3://", "mkdir d", "sqlite3://d/x.db", TARGET_WRITES, "", "d/x.db"},
    {"open: no scheme that is known", ":", "mysql:x.db", TARGET_WRITES, "", "mysql:x.db"},
    {"open: a name with a question mark", ":", "x.db?mode=memory", TARGET_WRITES, "",
     "x.db?mode=memory"},
    {"open: what SQLite may take for a URI", ":", "file:x.db?mode=memory", TARGET_WRITES, "",
     "./file:x.db?mode=memory"},
    {"open: the same behind sqlite:", ":", "sqlite:file:x.db", TARGET_WRITES, "", "./file:x.db"},
    {"open: a path with a sign of equality", ":", "./a=b", TARGET_WRITES, "", "./a=b"},
    {"open: a capital before a sign of equality", ":", "A=b", TARGET_WRITES, "", "A=b"},
    {"open: sqlite: and a sign of equality", ":", "sqlite:a=b", TARGET_WRITES, "", "a=b"},
    {"open: a link", "ln -s x.db l", "l", TARGET_WRITES, "", "x.db"},
    {"open: a strange name", ":", "x y'\"é.db", TARGET_WRITES, "", "x y'\"é.db"},

    {"open: postgresql://", ":", "postgresql://me:secret@host/db", TARGET_WRITES, REMOTE, NULL},
    {"open: postgres://", ":", "postgres://host/db", TARGET_WRITES, REMOTE, NULL},
    {"open: keywords", ":", "host=here dbname=shop password=secret", TARGET_WRITES, REMOTE, NULL},
    {"open: one keyword", ":", "dbname=shop", TARGET_READS, REMOTE, NULL},
    {"open: a keyword with an underline", ":", "application_name=x", TARGET_READS, REMOTE, NULL},
    {"open: nothing", ":", "", TARGET_WRITES, "2 the target has no name", NULL},
    {"open: sqlite: and nothing", ":", "sqlite:", TARGET_WRITES, "2 the target has no name", NULL},
    {"open: sqlite:// and nothing", ":", "sqlite3://", TARGET_READS, "2 the target has no name",
     NULL},
    {"open: memory", ":", ":memory:", TARGET_WRITES,
     "2 a database in memory would be gone at the end", NULL},
    {"open: sqlite: and memory", ":", "sqlite::memory:", TARGET_READS,
     "2 a database in memory would be gone at the end", NULL},

    {"open: no such folder", ":", "d/x.db", TARGET_WRITES,
     "5 cannot open 'd/x.db': No such file or directory", NULL},
    {"open: a folder", "mkdir x.db", "x.db", TARGET_WRITES,
     "5 cannot open 'x.db': not a regular file", NULL},
    {"open: a folder, to read", "mkdir x.db", "x.db", TARGET_READS,
     "5 cannot open 'x.db': not a regular file", NULL},
    {"open: a FIFO", "mkfifo x.db", "x.db", TARGET_WRITES,
     "5 cannot open 'x.db': not a regular file", NULL},
    {"open: a FIFO, to read", "mkfifo x.db", "x.db", TARGET_READS,
     "5 cannot open 'x.db': not a regular file", NULL},
    {"open: a device", "ln -s /dev/null x.db", "x.db", TARGET_WRITES,
     "5 cannot open 'x.db': not a regular file", NULL},
    {"open: a file in place of a folder", ": > d", "d/x.db", TARGET_WRITES,
     "5 cannot open 'd/x.db': Not a directory", NULL},
    {"open: a link to nothing", "ln -s d/y.db l", "l", TARGET_WRITES,
     "5 cannot open 'l': No such file or directory", NULL},
    {"open: a link that is not followed to the end", "ln -s m l; ln -s l m", "l", TARGET_WRITES,
     "5 cannot open 'l': Too many levels of symbolic links", NULL},
    {"open: no database", "echo 'this is no database at all, but some text' > x.db", "x.db",
     TARGET_WRITES, "4 cannot open 'x.db': file is not a database (SQLite code 26)", NULL},
    {"open: no database, to read", "echo 'this is no database at all, but some text' > x.db",
     "x.db", TARGET_READS, "4 cannot open 'x.db': file is not a database (SQLite code 26)", NULL},
};

static void test_open(void **state)
{
    const struct open_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct ledger ledger = {0};

    assert_int_equal(system(row->prepare), 0);
    size_t before = support_file_count();
    support_check(open_as(arena, row->address, row->access, &target), row->expected);
    if (!row->path) {
        assert_null(target);
        assert_int_equal(support_file_count(), before);
        return;
    }
    assert_int_equal(target->dialect, DIALECT_SQLITE);
    assert_true(text_equal(target->version, text_from(sqlite3_libversion())));
    assert_null(target->operations->lock(arena, target, 0));
    assert_null(apply(arena, target, &ledger, "CREATE TABLE t (a);"));
    target_close(&target);
    assert_true(support_exists(row->path));
    assert_string_equal(raw(arena, arena_format(arena, "./%s", row->path).bytes,
                            "SELECT number FROM sqlferry_ledger"),
                        "1");
}

/* Reading. */

static const struct read_row {
    const char *name, *prepare; /* SQL; NULL for no database */
    const char *expected;       /* of reading the ledger */
} read_rows[] = {
    {"read: no database", NULL, ""},
    {"read: no ledger", "CREATE TABLE t (a)", ""},
    {"read: an empty file", "", ""},
    {"read: in WAL mode", "PRAGMA journal_mode=WAL; CREATE TABLE t (a)", ""},
    {"read: in UTF-16", "PRAGMA encoding='UTF-16'; CREATE TABLE t (a)", ""},
    {"read: a ledger of another kind", "CREATE TABLE sqlferry_ledger (a)",
     "4 no such column: number (SQLite code 1)"},
    {"read: a view in its place", "CREATE VIEW sqlferry_ledger AS SELECT 1", ""},
};

static void test_read(void **state)
{
    const struct read_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct ledger ledger = {.count = 99};
    struct text before = {0};

    if (row->prepare) {
        support_write("x.db", TEXT(""));
        raw(arena, "x.db", row->prepare);
        before = support_read(arena, "x.db");
    }
    assert_null(open_as(arena, "x.db", TARGET_READS, &target));
    if (!row->prepare) {
        assert_null(target);
        assert_int_equal(support_file_count(), 0);
        return;
    }
    support_check(target->operations->read_ledger(arena, target, &ledger), row->expected);
    assert_int_equal(ledger.count, *row->expected ? 99 : 0);
    target_close(&target);
    assert_int_equal(support_file_count(), 1);
    assert_true(text_equal(support_read(arena, "x.db"), before));
}

/* Files that the run made. */

static void test_made(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db"), *other = NULL;
    struct ledger ledger = {0};

    (void)state;
    /* Made, and nothing done. */
    assert_true(support_exists("x.db"));
    target_close(&target);
    assert_int_equal(support_file_count(), 0);

    /* Made, and all of it rolled back. */
    target = open_target(arena, "x.db");
    assert_null(target->operations->lock(arena, target, 0));
    support_check(apply(arena, target, &ledger, "CREATE TABLE t (a); SELEC;"),
                  "4 a.sql:1:21+1: near \"SELEC\": syntax error (SQLite code 1)");
    target_close(&target);
    assert_int_equal(support_file_count(), 0);

    /* Made, but another run has begun to use it. */
    target = open_target(arena, "x.db");
    other = open_target(arena, "x.db");
    assert_null(other->operations->lock(arena, other, 0));
    target_close(&target);
    assert_true(support_exists("x.db"));
    assert_null(apply(arena, other, &ledger, "CREATE TABLE t (a);"));
    target_close(&other);
    assert_string_equal(raw(arena, "x.db", "SELECT count(*) FROM sqlferry_ledger, t"), "0");

    /* Not made here: an empty file stays. */
    support_write("y.db", TEXT(""));
    target = open_target(arena, "y.db");
    target_close(&target);
    assert_true(support_exists("y.db"));
}

static void test_taken_away(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");

    (void)state;
    assert_int_equal(unlink("x.db"), 0);
    support_check(target->operations->lock(arena, target, 0),
                  "7 another run took 'x.db' away again / "
                  "It had made the file and failed; run this again.");
    raw(arena, "x.db", "CREATE TABLE t (a)");
    support_check(target->operations->lock(arena, target, 0),
                  "7 another run took 'x.db' away again / "
                  "It had made the file and failed; run this again.");
    target_close(&target);
    assert_true(support_exists("x.db"));
}

/* The lock. A child holds it, or does something worse, until it is told to end. */

struct child {
    pid_t pid;
    int orders;
};

/* returns  once the child has called the function; the child then waits for its end */
static struct child start_child(void (*function)(struct arena *arena))
{
    int orders[2], answers[2];
    char byte;

    assert_int_equal(pipe(orders), 0);
    assert_int_equal(pipe(answers), 0);
    struct child child = {fork(), orders[1]};
    assert_true(child.pid >= 0);
    if (child.pid == 0) {
        struct arena *arena = arena_new(64 << 20);

        close(orders[1]);
        function(arena);
        if (write(answers[1], "", 1) != 1 || read(orders[0], &byte, 1) < 0)
            _exit(1);
        _exit(0);
    }
    close(orders[0]);
    close(answers[1]);
    assert_int_equal(read(answers[0], &byte, 1), 1);
    close(answers[0]);
    return child;
}

static void end_child(struct child *child, bool kills)
{
    int status;

    if (kills)
        kill(child->pid, SIGKILL);
    close(child->orders);
    assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
}

static void take_lock(struct arena *arena)
{
    struct target *target = open_target(arena, "x.db");

    if (target->operations->lock(arena, target, 0))
        _exit(1);
}

static const struct lock_row {
    const char *name, *address;
    bool kills;
} lock_rows[] = {
    {"lock: held by another process", "x.db", false},
    {"lock: by another name", "sqlite:././x.db", false},
    {"lock: by a link", "l", false},
    {"lock: of one that is killed", "x.db", true},
};

static void test_lock(void **state)
{
    const struct lock_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL, *reader = NULL;
    struct ledger ledger = {0};

    raw(arena, "x.db", "CREATE TABLE t (a)");
    assert_int_equal(symlink("x.db", "l"), 0);
    struct child child = start_child(take_lock);
    target = open_target(arena, row->address);
    struct text expected =
        arena_format(arena,
                     "7 another run (process %ld) holds the lock of '%.*s' / "
                     "Wait until it has ended, or for longer with --lock-timeout.",
                     (long)child.pid, TEXT_ARGS(target->name));
    support_check(target->operations->lock(arena, target, 0), expected.bytes);
    support_check(target->operations->lock(arena, target, 120), expected.bytes);

    /* Others may read meanwhile. */
    assert_null(open_as(arena, "x.db", TARGET_READS, &reader));
    assert_null(reader->operations->read_ledger(arena, reader, &ledger));
    end_child(&child, row->kills);
    assert_null(target->operations->lock(arena, target, 0));
    assert_null(target->operations->lock(arena, target, 0));
    assert_null(apply(arena, target, &ledger, "CREATE TABLE u (a);"));
}

/* A writer that is no sqlland has a lock of SQLite's own, which is waited for just as long. */
static void test_busy(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct ledger ledger = {0};
    sqlite3 *other;

    (void)state;
    assert_null(target->operations->lock(arena, target, 10));
    assert_int_equal(sqlite3_open("x.db", &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    support_check(apply(arena, target, &ledger, ""), "7 database is locked (SQLite code 5)");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_null(target->operations->lock(arena, target, UINT64_MAX));
    assert_null(apply(arena, target, &ledger, ""));
}

/* Accidents: a writer is killed in the middle of a revision that is too large for its memory. */

static void write_half(struct arena *arena)
{
    struct target *target = open_target(arena, "x.db");
    struct ledger ledger;
    struct source script = {
        TEXT("a.sql"),
        TEXT("UPDATE t SET a = 2; CREATE TABLE u AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
             " SELECT i + 1 FROM n WHERE i < 8000) SELECT i, zeroblob(1000) AS b FROM n;")};

    if (target->operations->read_ledger(arena, target, &ledger) ||
        target->operations->begin(arena, target, &ledger, &keys_on) || send(arena, target, &script))
        _exit(1);
}

static const struct killed_row {
    const char *name, *mode;
} killed_rows[] = {
    {"killed: with a journal", "delete"},
    {"killed: in WAL mode", "wal"},
};

static void test_killed(void **state)
{
    const struct killed_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct ledger ledger = {0}, read;

    raw(arena, "x.db",
        arena_format(arena, "PRAGMA journal_mode=%s; CREATE TABLE t (a); INSERT INTO t VALUES (1)",
                     row->mode)
            .bytes);
    target = open_target(arena, "x.db");
    assert_null(apply(arena, target, &ledger, "INSERT INTO t VALUES (5);"));
    target_close(&target);
    struct text before = support_read(arena, "x.db");

    struct child child = start_child(write_half);
    end_child(&child, true);
    assert_true(support_file_count() > 1);
    if (strcmp(row->mode, "wal") != 0)
        assert_false(text_equal(support_read(arena, "x.db"), before));

    assert_null(open_as(arena, "x.db", TARGET_READS, &target));
    assert_null(target->operations->read_ledger(arena, target, &read));
    assert_int_equal(read.count, 1);
    target_close(&target);
    assert_int_equal(support_file_count(), 1);
    assert_true(text_equal(support_read(arena, "x.db"), before));
    assert_string_equal(raw(arena, "x.db", "PRAGMA integrity_check; SELECT a FROM t"), "ok|1|5");

    target = open_target(arena, "x.db");
    assert_null(apply(arena, target, &ledger, "CREATE TABLE u (a);"));
}

/* The ledger. */

static const struct admit_row {
    const char *name, *meanwhile; /* by another connection, between two revisions */
    const char *expected;
} admit_rows[] = {
    {"admit: nothing", "SELECT 1", ""},
    {"admit: a change elsewhere", "CREATE TABLE u (a)", ""},
    {"admit: a row more",
     "INSERT INTO sqlferry_ledger SELECT 2, event, project, revision, script, pieces, bundle,"
     " release, sequence, note, who, started, finished, tool, digest, previous FROM "
     "sqlferry_ledger",
     "7 somebody else changed the ledger of 'x.db' during this run / "
     "Look at 'sqlland history', then run it again."},
    {"admit: a row less", "DROP TRIGGER sqlferry_ledger_no_delete; DELETE FROM sqlferry_ledger",
     "7 somebody else changed the ledger of 'x.db' during this run / "
     "Look at 'sqlland history', then run it again."},
    {"admit: another digest",
     "DROP TRIGGER sqlferry_ledger_no_update; UPDATE sqlferry_ledger SET digest = previous",
     "7 somebody else changed the ledger of 'x.db' during this run / "
     "Look at 'sqlland history', then run it again."},
    {"admit: no ledger any more", "DROP TABLE sqlferry_ledger",
     "4 no such table: main.sqlferry_ledger (SQLite code 1)"},
};

static void test_admit(void **state)
{
    const struct admit_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct ledger ledger = {0};

    assert_null(apply(arena, target, &ledger, "CREATE TABLE t (a);"));
    raw(arena, "x.db", row->meanwhile);
    support_check(apply(arena, target, &ledger, "INSERT INTO t VALUES (1);"), row->expected);
    assert_string_equal(raw(arena, "x.db", "SELECT count(*) FROM t"), *row->expected ? "0" : "1");
}

/* The first revision makes the ledger, unless somebody has done so since it was read. */
static void test_first(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db"), *other = NULL;
    struct ledger ledger = {0}, others = {0};

    (void)state;
    other = open_target(arena, "x.db");
    assert_null(apply(arena, other, &others, "CREATE TABLE t (a);"));
    support_check(apply(arena, target, &ledger, "CREATE TABLE u (a);"),
                  "7 somebody else changed the ledger of 'x.db' during this run / "
                  "Look at 'sqlland history', then run it again.");
    assert_null(target->operations->read_ledger(arena, target, &ledger));
    assert_null(apply(arena, target, &ledger, "CREATE TABLE u (a);"));
    assert_int_equal(ledger.count, 2);
}

static void test_append_only(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct ledger ledger = {0}, read;

    (void)state;
    assert_null(apply(arena, target, &ledger, ""));
    assert_null(apply(arena, target, &ledger, ""));
    assert_string_equal(raw(arena, "x.db", "UPDATE sqlferry_ledger SET who = 'me'"),
                        "the ledger is append-only");
    assert_string_equal(raw(arena, "x.db", "DELETE FROM sqlferry_ledger WHERE number = 2"),
                        "the ledger is append-only");
    assert_null(target->operations->read_ledger(arena, target, &read));
    assert_int_equal(read.count, 2);
    assert_int_equal(read.rows[1].sequence, NUMBER_MAX);
    raw(arena, "x.db",
        "DROP TRIGGER sqlferry_ledger_no_update; UPDATE sqlferry_ledger SET who = 'me' WHERE "
        "number = 2");
    support_check(target->operations->read_ledger(arena, target, &read),
                  "6 row 2 of the ledger was changed after it was written / "
                  "Somebody changed the ledger: compare it with the last known good one.");
}

/* A script comes in pieces: each runs in its turn, and messages point into the whole. */

static const struct piece_row {
    const char *name, *pieces[3]; /* by the words behind them */
    bool alone;                   /* outside a transaction */
    const char *expected, *after;
} piece_rows[] = {
    {"pieces: one", {"first"}, false, "", "1"},
    {"pieces: all",
     {"first", "second", "third"},
     false,
     "4 a.sql:4:13+6: no such table: nosuch (SQLite code 1)",
     ""},
    {"pieces: the first two", {"first", "second"}, false, "", "1|2"},
    {"pieces: one alone", {"second"}, true, "", "2"},
    {"pieces: two alone", {"first", "second"}, true, "", "1|2"},
    {"pieces: alone, up to the one that is refused",
     {"first", "third", "second"},
     true,
     "4 a.sql:4:13+6: no such table: nosuch (SQLite code 1)",
     "1"},
};

static void test_pieces(void **state)
{
    static const char script[] = "-- a comment is not sent\n"
                                 "INSERT INTO t VALUES (1); -- first\n"
                                 "INSERT INTO t VALUES (2); -- second\n"
                                 "INSERT INTO nosuch VALUES (3); -- third\n";
    const struct piece_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct source source = {TEXT("a.sql"), text_from(script)};
    struct text pieces[3];
    struct sending sending = {&source, pieces, 0};
    struct ledger ledger = {0};
    struct error *error = NULL;

    for (; sending.count < 3 && row->pieces[sending.count]; sending.count++) {
        struct text rest = source.text, line = TEXT("");

        while (!text_ends(line, text_from(row->pieces[sending.count])))
            line = text_cut(&rest, '\n');
        pieces[sending.count] = line;
    }
    raw(arena, "x.db", "CREATE TABLE t (a)");
    target = open_target(arena, "x.db");
    if (!row->alone)
        assert_null(target->operations->begin(arena, target, &ledger, &keys_on));
    error = target->operations->run(arena, target, &sending);
    support_check(error, row->expected);
    if (!row->alone && !error) {
        struct ledger_row done = next_row(arena, &ledger);

        assert_null(target->operations->record(arena, target, &done, NULL, 0));
        assert_null(target->operations->commit(arena, target));
    } else if (!row->alone) {
        target->operations->rollback(target);
    }
    assert_string_equal(raw(arena, "x.db", "SELECT a FROM t"), row->after);
}

/* What a revision left in the session is gone before the next one. */
static void test_prepare(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct ledger ledger = {0};

    (void)state;
    assert_null(apply(arena, target, &ledger, "CREATE TABLE t (a); CREATE TEMP TABLE t (a);"));
    assert_null(apply(arena, target, &ledger, "INSERT INTO t VALUES (1);"));
    assert_string_equal(raw(arena, "x.db", "SELECT a FROM t"), "1");
}

/* Foreign keys are as the terms of this revision say, whatever those before said. */
static void test_terms(void **state)
{
    static const char script[] = "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p);"
                                 "INSERT INTO c VALUES (5); INSERT INTO p VALUES (5);";
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct source source = {TEXT("a.sql"), text_from(script)};
    struct ledger ledger = {0};

    (void)state;
    assert_null(target->operations->begin(arena, target, &ledger, &keys_off));
    assert_null(send(arena, target, &source));
    target->operations->rollback(target);
    assert_null(target->operations->begin(arena, target, &ledger, &keys_on));
    support_check(send(arena, target, &source),
                  "4 a.sql:1:65+25: FOREIGN KEY constraint failed (SQLite code 787)");
    target->operations->rollback(target);
}

/* SQLite builds no index outside a transaction: there is never anything to look at. */
static void test_builds(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct index_build build = {0, TEXT("t"), TEXT("i")};
    enum built built = BUILT_HALF;

    (void)state;
    raw(arena, "x.db", "CREATE TABLE t (a); CREATE INDEX i ON t (a)");
    assert_null(target->operations->look(arena, target, &build, &built));
    assert_int_equal(built, BUILT_NOTHING);
    assert_null(target->operations->remove(arena, target, &build));
    assert_string_equal(raw(arena, "x.db", "SELECT name FROM sqlite_schema WHERE type = 'index'"),
                        "i");
}

static void test_verify(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct source script = {TEXT("v.sql"), TEXT("SELECT 1;\nSELECT 0;")};
    struct text pieces[] = {text_slice(script.text, 0, 10), text_slice(script.text, 10, 9)};
    struct sending whole = {&script, &script.text, 1}, cut = {&script, pieces, COUNT(pieces)};
    struct ledger ledger = {0};

    (void)state;
    assert_null(target->operations->begin(arena, target, &ledger, &keys_off));
    support_check(target->operations->verify(arena, target, &whole),
                  "4 v.sql:2:1+9: the verify script found a row whose first column is 0");
    support_check(target->operations->verify(arena, target, &cut),
                  "4 v.sql:2:1+9: the verify script found a row whose first column is 0");
    target->operations->rollback(target);
}

/* Our own statements. */

static void test_ask(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct rows rows = {.count = 99};

    (void)state;
    raw(arena, "x.db", "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, NULL), (2, 'x')");
    assert_null(
        target->operations->ask(arena, target, TEXT("SELECT * FROM t ORDER BY a DESC"), &rows));
    assert_int_equal(rows.columns, 2);
    assert_int_equal(rows.count, 2);
    assert_true(text_equal(rows.cells[0], TEXT("2")));
    assert_true(text_equal(rows.cells[1], TEXT("x")));
    assert_null(rows.cells[3].bytes);
    assert_null(target->operations->ask(arena, target, TEXT("SELECT * FROM t WHERE 0"), &rows));
    assert_int_equal(rows.count, 0);
    support_check(target->operations->ask(arena, target, TEXT("SELECT nosuch FROM t"), &rows),
                  "4 no such column: nosuch (SQLite code 1)");
    assert_int_equal(rows.count, 0);
}

static const struct table_row {
    const char *name, *prepare, *table;
    bool has;
} table_rows[] = {
    {"table: there", "CREATE TABLE t (a)", "t", true},
    {"table: not there", "CREATE TABLE t (a)", "u", false},
    {"table: nothing at all", "", "t", false},
    {"table: a view", "CREATE VIEW t AS SELECT 1", "t", false},
    {"table: an index", "CREATE TABLE u (a); CREATE INDEX t ON u (a)", "t", false},
    {"table: virtual", "CREATE VIRTUAL TABLE t USING fts5 (a)", "t", true},
    {"table: a name with a quote", "CREATE TABLE \"t'\" (a)", "t'", true},
};

static void test_has_table(void **state)
{
    const struct table_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    bool has = !row->has;

    raw(arena, "x.db", row->prepare);
    target = open_target(arena, "x.db");
    assert_null(target->operations->has_table(arena, target, text_from(row->table), &has));
    assert_int_equal(has, row->has);
}

/* Statements that go with a row: both are there, or neither. */

static const struct also_row {
    const char *name, *also[2];
    bool commits;
    const char *expected, *rows, *after;
} also_rows[] = {
    {"record: a row", {0}, true, "", "1", ""},
    {"record: with a statement", {"INSERT INTO t VALUES (1)"}, true, "", "1", "1"},
    {"record: with two",
     {"INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"},
     true,
     "",
     "1",
     "1|2"},
    {"record: rolled back", {"INSERT INTO t VALUES (1)"}, false, "", "0", ""},
    {"record: with one that fails",
     {"INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (2)"},
     false,
     "4 no such table: u (SQLite code 1)",
     "0",
     ""},
};

static void test_record(void **state)
{
    const struct also_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct ledger ledger = {0}, read;
    struct text also[2];
    size_t count = 0;

    for (; count < 2 && row->also[count]; count++)
        also[count] = text_from(row->also[count]);
    raw(arena, "x.db", "CREATE TABLE t (a)");
    target = open_target(arena, "x.db");
    struct ledger_row made = next_row(arena, &ledger);
    made.pieces = 3;
    made.kind = SCRIPT_DOWN;
    ledger_continue(arena, &ledger, &made);
    assert_null(target->operations->begin(arena, target, &ledger, &keys_on));
    support_check(target->operations->record(arena, target, &made, also, count), row->expected);
    if (row->commits)
        assert_null(target->operations->commit(arena, target));
    else
        target->operations->rollback(target);
    assert_null(target->operations->read_ledger(arena, target, &read));
    assert_string_equal(raw(arena, "x.db", "SELECT a FROM t"), row->after);
    assert_string_equal(arena_format(arena, "%zu", read.count).bytes, row->rows);
    if (read.count) {
        assert_int_equal(read.rows[0].pieces, 3);
        assert_int_equal(read.rows[0].kind, SCRIPT_DOWN);
    }
}

/* Several revisions in one transaction. */

static void test_proceed(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct source first = {TEXT("a.sql"),
                           TEXT("CREATE TEMP TABLE t (a); INSERT INTO t VALUES (1);")};
    struct source second = {TEXT("b.sql"), TEXT("INSERT INTO t VALUES (2);")};
    struct ledger known = {0}, stale = {0}, read;

    (void)state;
    raw(arena, "x.db", "CREATE TABLE t (a)");
    target = open_target(arena, "x.db");
    for (int commits = 0; commits < 2; commits++) {
        struct ledger_row row = next_row(arena, &stale);

        known = (struct ledger){0};
        assert_null(target->operations->begin(arena, target, &known, &keys_on));
        assert_null(send(arena, target, &first));
        assert_null(target->operations->record(arena, target, &row, NULL, 0));
        support_check(target->operations->proceed(arena, target, &stale, &keys_on),
                      "7 somebody else changed the ledger of 'x.db' during this run / "
                      "Look at 'sqlland history', then run it again.");
        ledger_append(arena, &known, &row);
        assert_null(target->operations->proceed(arena, target, &known, &keys_off));
        assert_null(send(arena, target, &second));
        row = next_row(arena, &known);
        assert_null(target->operations->record(arena, target, &row, NULL, 0));
        if (commits)
            assert_null(target->operations->commit(arena, target));
        else
            target->operations->rollback(target);
        assert_null(target->operations->read_ledger(arena, target, &read));
        assert_int_equal(read.count, commits ? 2 : 0);
        assert_string_equal(raw(arena, "x.db", "SELECT a FROM t"), commits ? "2" : "");
    }
}

/* Looking. */

static const char *show_findings(struct arena *arena, const struct findings *findings)
{
    struct text shown = TEXT("");

    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        shown = arena_format(arena, "%s%s%s %s: %s", shown.bytes, shown.size ? " | " : "",
                             finding->severity == FINDING_FAULT ? "fault" : "warning",
                             finding->name, support_show(arena, finding->error));
    return shown.bytes;
}

static const struct examine_row {
    const char *name, *prepare, *expected;
} examine_rows[] = {
    {"examine: nothing", "", ""},
    {"examine: all is well", "CREATE TABLE t (a); INSERT INTO t VALUES (1)", ""},
    {"examine: an orphan",
     "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p); INSERT INTO c VALUES (1)",
     "fault orphans: 6 1 row is without the row that a foreign key refers to, the first in table "
     "'c', of table 'p'"},
    {"examine: two orphans",
     "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p); INSERT INTO c VALUES (1),"
     " (2)",
     "fault orphans: 6 2 rows are without the row that a foreign key refers to, the first in "
     "table 'c', of table 'p'"},
    {"examine: a table and its index in one place",
     "CREATE TABLE t (a); CREATE INDEX i ON t (a); PRAGMA writable_schema=ON; UPDATE sqlite_schema"
     " SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 't') WHERE name = 'i'",
     "fault damaged: 6 the database is damaged: 2nd reference to page 2 / Restore a copy of it."},
};

static void test_examine(void **state)
{
    const struct examine_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct findings findings = {0};

    support_write("x.db", TEXT(""));
    raw(arena, "x.db", row->prepare);
    assert_null(open_as(arena, "x.db", TARGET_READS, &target));
    assert_null(target->operations->examine(arena, target, &findings));
    assert_string_equal(show_findings(arena, &findings), row->expected);
}

static void open_transaction(struct arena *arena)
{
    sqlite3 *handle;

    (void)arena;
    if (sqlite3_open("x.db", &handle) ||
        sqlite3_exec(handle, "BEGIN IMMEDIATE; UPDATE t SET a = 2", NULL, NULL, NULL))
        _exit(1);
}

static void open_reading(struct arena *arena)
{
    sqlite3 *handle;

    (void)arena;
    if (sqlite3_open("x.db", &handle) ||
        sqlite3_exec(handle, "BEGIN; SELECT * FROM t", NULL, NULL, NULL))
        _exit(1);
}

static const struct inspect_row {
    const char *name, *mode;
    enum target_access access;
    void (*other)(struct arena *arena); /* what another process does meanwhile */
    bool warns;
} inspect_rows[] = {
    {"inspect: a writer", "delete", TARGET_WRITES, open_transaction, true},
    {"inspect: a writer, for a plan", "delete", TARGET_READS, open_transaction, true},
    {"inspect: a writer in WAL mode", "wal", TARGET_WRITES, open_transaction, true},
    {"inspect: a writer in WAL mode, for a plan", "wal", TARGET_READS, open_transaction, true},
    {"inspect: a reader", "delete", TARGET_WRITES, open_reading, false},
    {"inspect: a reader in WAL mode", "wal", TARGET_WRITES, open_reading, false},
};

static void test_inspect(void **state)
{
    const struct inspect_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = NULL;
    struct needs needs = {.ledger = true};
    struct findings findings = {0}, later = {0};
    struct ledger ledger = {0};

    raw(arena, "x.db",
        arena_format(arena, "PRAGMA journal_mode=%s; CREATE TABLE t (a); INSERT INTO t VALUES (1)",
                     row->mode)
            .bytes);
    struct child child = start_child(row->other);
    assert_null(open_as(arena, "x.db", row->access, &target));
    struct text expected =
        arena_format(arena, "warning writer: 7 process %ld is writing to 'x.db': wait, or stop it",
                     (long)child.pid);
    assert_null(target->operations->inspect(arena, target, &needs, &findings));
    assert_string_equal(show_findings(arena, &findings), row->warns ? expected.bytes : "");
    end_child(&child, false);
    assert_null(target->operations->inspect(arena, target, &needs, &later));
    assert_string_equal(show_findings(arena, &later), "");
    /* The look has not let go of any lock. */
    if (row->access == TARGET_READS)
        return;
    assert_null(target->operations->begin(arena, target, &ledger, &keys_on));
    assert_null(target->operations->inspect(arena, target, &needs, &later));
    assert_string_equal(show_findings(arena, &later), "");
    assert_string_equal(raw(arena, "x.db", "BEGIN IMMEDIATE"), "database is locked");
    target->operations->rollback(target);
}

/* Only somebody else than root finds out what a file forbids. */
static void look_as_nobody(const void *argument)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(target_close) struct target *target = NULL;
    struct findings findings = {0};
    struct needs needs = {.ledger = true};

    if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
        _exit(2);
    if (open_as(arena, "d/x.db", TARGET_READS, &target) ||
        target->operations->inspect(arena, target, &needs, &findings))
        _exit(3);
    if (strcmp(show_findings(arena, &findings), argument) != 0) {
        fprintf(stderr, "%s\n", show_findings(arena, &findings));
        _exit(4);
    }
}

static const struct rights_row {
    const char *name, *rights, *expected;
} rights_rows[] = {
    {"inspect: all rights", "chmod 777 d; chmod 666 d/x.db", ""},
    {"inspect: a file that is read-only", "chmod 777 d; chmod 444 d/x.db",
     "fault read-only: 5 cannot write 'd/x.db': Permission denied"},
    {"inspect: a folder that is read-only", "chmod 555 d; chmod 666 d/x.db",
     "fault read-only: 5 cannot make a journal in 'd': Permission denied"},
};

static void test_rights(void **state)
{
    const struct rights_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    struct text messages;

    assert_int_equal(system("chmod 755 .; mkdir d"), 0);
    raw(arena, "d/x.db", "CREATE TABLE t (a)");
    assert_int_equal(system(row->rights), 0);
    int status = support_fork(arena, look_as_nobody, row->expected, &messages);
    assert_string_equal(messages.bytes, "");
    assert_int_equal(status, 0);
}

/* Copies. */

static const struct backup_row {
    const char *name, *prepare, *path, *expected;
} backup_rows[] = {
    {"backup", ":", "y.db", ""},
    {"backup: into a folder", "mkdir d", "d/y.db", ""},
    {"backup: it exists", "echo text > y.db", "y.db",
     "2 'y.db' already exists / Name a file that does not: an older copy stays as it is."},
    {"backup: onto itself", ":", "x.db",
     "2 'x.db' already exists / Name a file that does not: an older copy stays as it is."},
    {"backup: a link to nothing", "ln -s z.db y.db", "y.db",
     "2 'y.db' already exists / Name a file that does not: an older copy stays as it is."},
    {"backup: no such folder", ":", "d/y.db", "5 cannot write 'd/y.db': No such file or directory"},
};

static void test_backup(void **state)
{
    const struct backup_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start();
    CLEANUP(target_close) struct target *target = open_target(arena, "x.db");
    struct ledger ledger = {0};

    assert_int_equal(system(row->prepare), 0);
    assert_null(target->operations->lock(arena, target, 0));
    assert_null(apply(arena, target, &ledger, "CREATE TABLE t (a); INSERT INTO t VALUES (1);"));
    size_t before = support_file_count();
    support_check(target->operations->backup(arena, target, text_from(row->path)), row->expected);
    if (*row->expected) {
        assert_int_equal(support_file_count(), before);
        return;
    }
    assert_string_equal(
        raw(arena, row->path, "PRAGMA integrity_check; SELECT a FROM t, sqlferry_ledger"), "ok|1");
    /* The lock is still held, and the next revision leaves the copy alone. */
    assert_null(apply(arena, target, &ledger, "UPDATE t SET a = 2;"));
    assert_string_equal(raw(arena, row->path, "SELECT a FROM t"), "1");
    assert_string_equal(raw(arena, "x.db", "SELECT a FROM t"), "2");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, open_rows, test_open);
    support_add_rows(&tests, read_rows, test_read);
    support_add(&tests, "files that the run made", test_made);
    support_add(&tests, "a file that is taken away", test_taken_away);
    support_add_rows(&tests, lock_rows, test_lock);
    support_add(&tests, "lock: of SQLite", test_busy);
    support_add_rows(&tests, killed_rows, test_killed);
    support_add_rows(&tests, admit_rows, test_admit);
    support_add(&tests, "the first revision", test_first);
    support_add(&tests, "the ledger is append-only", test_append_only);
    support_add_rows(&tests, piece_rows, test_pieces);
    support_add(&tests, "prepare", test_prepare);
    support_add(&tests, "the terms of a revision", test_terms);
    support_add(&tests, "indexes outside a transaction", test_builds);
    support_add(&tests, "verify", test_verify);
    support_add(&tests, "our own statements", test_ask);
    support_add_rows(&tests, table_rows, test_has_table);
    support_add_rows(&tests, also_rows, test_record);
    support_add(&tests, "several revisions in one transaction", test_proceed);
    support_add_rows(&tests, examine_rows, test_examine);
    support_add_rows(&tests, inspect_rows, test_inspect);
    support_add_rows(&tests, rights_rows, test_rights);
    support_add_rows(&tests, backup_rows, test_backup);
    return support_run("target", &tests);
}

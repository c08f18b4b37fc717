/* Scripts behind the fence: what is refused and leaves no trace, what works, where errors stand. */
#include "runtime/interrupt.h"
#include "runtime/sqlite.h"
#include "support.h"

#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What every test begins with, in a database x.db of its own. */
#define BASE                                                                                       \
    "CREATE TABLE sqlferry_ledger (number INTEGER PRIMARY KEY, event TEXT NOT NULL);"              \
    "INSERT INTO sqlferry_ledger VALUES (1, 'applied');"                                           \
    "CREATE TABLE t (a, b);"                                                                       \
    "INSERT INTO t VALUES (1, 'x');"                                                               \
    "CREATE VIEW v AS SELECT number, event FROM sqlferry_ledger;"

/* A second connection, with no fence. Gives the cells of all rows back, with "|" between them. */
static struct text raw(struct arena *arena, const char *sql)
{
    struct text shown = TEXT("");
    sqlite3 *handle;
    sqlite3_stmt *statement;

    assert_int_equal(
        sqlite3_open_v2("x.db", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
        SQLITE_OK);
    sqlite3_exec(handle, "PRAGMA synchronous=OFF", NULL, NULL, NULL); /* for speed */
    while (*sql) {
        if (sqlite3_prepare_v2(handle, sql, -1, &statement, &sql) != SQLITE_OK)
            fail_msg("%s", sqlite3_errmsg(handle));
        while (statement && sqlite3_step(statement) == SQLITE_ROW)
            for (int i = 0; i < sqlite3_column_count(statement); i++) {
                const char *cell = (const char *)sqlite3_column_text(statement, i);

                shown = arena_format(arena, "%s%s%s", shown.bytes, shown.size ? "|" : "",
                                     cell ? cell : "NULL");
            }
        assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    }
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    return shown;
}

static struct arena *start(const char *prepare)
{
    struct arena *arena = arena_new(64 << 20);

    assert_int_equal(system("rm -rf *"), 0);
    raw(arena, BASE);
    if (prepare)
        raw(arena, prepare);
    return arena;
}

static struct sqlite *open_sqlite(struct arena *arena)
{
    struct sqlite_options options = {.path = "x.db", .writes = true};
    struct sqlite *sqlite = NULL;

    assert_null(sqlite_open(arena, &options, &sqlite));
    return sqlite;
}

static struct error *run(struct arena *arena, struct sqlite *sqlite, struct text text)
{
    struct source *script = arena_one(arena, struct source);

    *script = (struct source){TEXT("a.sql"), text};
    return sqlite_run(arena, sqlite, script, text);
}

static struct error *verify(struct arena *arena, struct sqlite *sqlite, struct text text)
{
    struct source *script = arena_one(arena, struct source);

    *script = (struct source){TEXT("v.sql"), text};
    return sqlite_verify(arena, sqlite, script);
}

/* The database file, byte for byte. There is no other file. */
static struct text everything(struct arena *arena)
{
    assert_int_equal(support_file_count(), 1);
    return support_read(arena, "x.db");
}

struct script_row {
    const char *name, *prepare, *script, *expected;
};

/* Refused, in the transaction of a revision. Even a commit that follows finds nothing to do. */
static const struct script_row refused_rows[] = {
    {"attach", NULL, "ATTACH 'y.db' AS y;", "4 a.sql:1:1+19: ATTACH y.db is refused in a revision"},
    {"attach: an expression", NULL, "ATTACH 'y' || '.db' AS y;",
     "4 a.sql:1:1+25: ATTACH is refused in a revision"},
    {"attach: a nameless file", NULL, "ATTACH '' AS y;",
     "4 a.sql:1:1+15: ATTACH is refused in a revision"},
    {"attach: a nameless file as VACUUM does", NULL, "ATTACH '' AS vacuum_db;",
     "4 a.sql:1:1+23: ATTACH is refused in a revision"},
    {"attach: memory", NULL, "ATTACH ':memory:' AS y;",
     "4 a.sql:1:1+23: ATTACH :memory: is refused in a revision"},
    {"attach: a URI", NULL, "ATTACH 'file:y.db?mode=rwc' AS y;",
     "4 a.sql:1:1+33: ATTACH file:y.db?mode=rwc is refused in a revision"},
    {"detach", NULL, "DETACH y;", "4 a.sql:1:1+9: DETACH y is refused in a revision"},
    {"detach: as VACUUM does", NULL, "DETACH vacuum_db;",
     "4 a.sql:1:1+17: DETACH vacuum_db is refused in a revision"},
    {"vacuum into a file", NULL, "VACUUM INTO 'y.db';",
     "4 a.sql:1:1+19: cannot VACUUM from within a transaction (SQLite code 1)"},
    {"vacuum", NULL, "VACUUM;",
     "4 a.sql:1:1+7: cannot VACUUM from within a transaction (SQLite code 1)"},
    {"begin", NULL, "BEGIN;", "4 a.sql:1:1+6: transaction control: BEGIN is refused in a revision"},
    {"begin immediate", NULL, "BEGIN IMMEDIATE TRANSACTION;",
     "4 a.sql:1:1+28: transaction control: BEGIN is refused in a revision"},
    {"commit", NULL, "COMMIT;",
     "4 a.sql:1:1+7: transaction control: COMMIT is refused in a revision"},
    {"end", NULL, "END;", "4 a.sql:1:1+4: transaction control: COMMIT is refused in a revision"},
    {"rollback", NULL, "ROLLBACK;",
     "4 a.sql:1:1+9: transaction control: ROLLBACK is refused in a revision"},
    {"savepoint", NULL, "SAVEPOINT s;", "4 a.sql:1:1+12: savepoint s is refused in a revision"},
    {"release", NULL, "RELEASE s;", "4 a.sql:1:1+10: savepoint s is refused in a revision"},
    {"rollback to", NULL, "ROLLBACK TO s;", "4 a.sql:1:1+14: savepoint s is refused in a revision"},
    {"explain commit", NULL, "EXPLAIN COMMIT;",
     "4 a.sql:1:1+15: transaction control: COMMIT is refused in a revision"},
    {"commit in a comment's shadow", NULL, "/* ; */ COMMIT -- ;\n;",
     "4 a.sql:1:9+11: transaction control: COMMIT is refused in a revision"},
    {"commit after a change", NULL, "SELECT 1; COMMIT; DELETE FROM t;",
     "4 a.sql:1:11+7: transaction control: COMMIT is refused in a revision"},

    {"load_extension", NULL, "SELECT load_extension('y');",
     "4 a.sql:1:8+1: function load_extension is refused in a revision"},
    {"load_extension: two arguments", NULL, "SELECT LOAD_EXTENSION('y', 'z');",
     "4 a.sql:1:8+1: function load_extension is refused in a revision"},
    {"fts3_tokenizer", NULL, "SELECT fts3_tokenizer('simple');",
     "4 a.sql:1:8+1: function fts3_tokenizer is refused in a revision"},
    {"fts3_tokenizer: set", NULL, "SELECT fts3_tokenizer('simple', x'4141414141414141');",
     "4 a.sql:1:8+1: function fts3_tokenizer is refused in a revision"},
    {"a virtual table that is not listed", NULL, "CREATE VIRTUAL TABLE w USING dbstat(main);",
     "4 a.sql:1:1+36: a virtual table of module dbstat is refused in a revision"},
    {"a virtual table over a file", NULL,
     "CREATE VIRTUAL TABLE w USING csv(filename='/etc/passwd');",
     "4 a.sql:1:1+33: a virtual table of module csv is refused in a revision"},

    {"pragma writable_schema", NULL, "PRAGMA writable_schema=ON;",
     "4 a.sql:1:1+26: PRAGMA writable_schema is refused in a revision"},
    {"pragma writable_schema: of main", NULL, "PRAGMA main.Writable_Schema(1);",
     "4 a.sql:1:1+31: PRAGMA Writable_Schema is refused in a revision"},
    {"pragma journal_mode", NULL, "PRAGMA journal_mode=WAL;",
     "4 a.sql:1:1+24: PRAGMA journal_mode is refused in a revision"},
    {"pragma journal_mode: read", NULL, "PRAGMA journal_mode;",
     "4 a.sql:1:1+20: PRAGMA journal_mode is refused in a revision"},
    {"pragma journal_mode: as a table", NULL, "SELECT * FROM pragma_journal_mode();",
     "4 a.sql:1:1+36: PRAGMA journal_mode is refused in a revision"},
    {"pragma foreign_keys", NULL, "PRAGMA foreign_keys=OFF;",
     "4 a.sql:1:1+24: PRAGMA foreign_keys is refused in a revision"},
    {"pragma trusted_schema", NULL, "PRAGMA trusted_schema=ON;",
     "4 a.sql:1:1+25: PRAGMA trusted_schema is refused in a revision"},
    {"pragma synchronous", NULL, "PRAGMA synchronous=OFF;",
     "4 a.sql:1:1+23: PRAGMA synchronous is refused in a revision"},
    {"pragma temp_store_directory", NULL, "PRAGMA temp_store_directory='/tmp';",
     "4 a.sql:1:1+35: PRAGMA temp_store_directory is refused in a revision"},
    {"pragma temp_store", NULL, "PRAGMA temp_store=MEMORY;",
     "4 a.sql:1:1+25: PRAGMA temp_store is refused in a revision"},
    {"pragma locking_mode", NULL, "PRAGMA locking_mode=EXCLUSIVE;",
     "4 a.sql:1:1+30: PRAGMA locking_mode is refused in a revision"},
    {"pragma encoding", NULL, "PRAGMA encoding='UTF-16';",
     "4 a.sql:1:1+25: PRAGMA encoding is refused in a revision"},
    {"pragma case_sensitive_like", NULL, "PRAGMA case_sensitive_like=ON;",
     "4 a.sql:1:1+30: PRAGMA case_sensitive_like is refused in a revision"},
    {"pragma recursive_triggers", NULL, "PRAGMA recursive_triggers=ON;",
     "4 a.sql:1:1+29: PRAGMA recursive_triggers is refused in a revision"},
    {"pragma ignore_check_constraints", NULL, "PRAGMA ignore_check_constraints=ON;",
     "4 a.sql:1:1+35: PRAGMA ignore_check_constraints is refused in a revision"},
    {"pragma query_only", NULL, "PRAGMA query_only=ON;",
     "4 a.sql:1:1+21: PRAGMA query_only is refused in a revision"},
    {"pragma unknown to SQLite", NULL, "PRAGMA nonsense=1;",
     "4 a.sql:1:1+18: PRAGMA nonsense is refused in a revision"},

    {"ledger: update", NULL, "UPDATE sqlferry_ledger SET event = 'x';",
     "4 a.sql:1:1+39: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: upper case", NULL, "UPDATE SQLFERRY_LEDGER SET event = 'x';",
     "4 a.sql:1:1+39: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: quoted", NULL, "UPDATE \"sqlferry_ledger\" SET event = 'x';",
     "4 a.sql:1:1+41: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: in brackets", NULL, "DELETE FROM [Sqlferry_Ledger];",
     "4 a.sql:1:1+30: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: of main", NULL, "DELETE FROM main.sqlferry_ledger;",
     "4 a.sql:1:1+33: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: of `main`", NULL, "DELETE FROM `main`.'sqlferry_ledger';",
     "4 a.sql:1:1+37: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: where nothing is found", NULL, "DELETE FROM sqlferry_ledger WHERE 0;",
     "4 a.sql:1:1+36: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: insert", NULL, "INSERT INTO sqlferry_ledger VALUES (2, 'applied');",
     "4 a.sql:1:1+50: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: insert or replace", NULL, "INSERT OR REPLACE INTO sqlferry_ledger VALUES (1, 'x');",
     "4 a.sql:1:1+55: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: replace", NULL, "REPLACE INTO sqlferry_ledger VALUES (1, 'x');",
     "4 a.sql:1:1+45: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: upsert", NULL,
     "INSERT INTO sqlferry_ledger VALUES (1, 'x') ON CONFLICT DO UPDATE SET event = 'y';",
     "4 a.sql:1:1+82: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: behind WITH", NULL, "WITH w AS (SELECT 1) DELETE FROM sqlferry_ledger;",
     "4 a.sql:1:1+49: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: returning", NULL, "DELETE FROM sqlferry_ledger RETURNING number;",
     "4 a.sql:1:1+45: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: drop", NULL, "DROP TABLE sqlferry_ledger;",
     "4 a.sql:1:1+27: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: drop if exists", NULL, "DROP TABLE IF EXISTS Main.SQLFERRY_LEDGER;",
     "4 a.sql:1:1+42: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: rename", NULL, "ALTER TABLE sqlferry_ledger RENAME TO z;",
     "4 a.sql:1:1+40: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: rename a column", NULL, "ALTER TABLE sqlferry_ledger RENAME COLUMN event TO z;",
     "4 a.sql:1:1+53: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: add a column", NULL, "ALTER TABLE sqlferry_ledger ADD COLUMN z;",
     "4 a.sql:1:1+41: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: drop a column", NULL, "ALTER TABLE sqlferry_ledger DROP COLUMN event;",
     "4 a.sql:1:1+46: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: an index", NULL, "CREATE INDEX i ON sqlferry_ledger (event);",
     "4 a.sql:1:1+42: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: a trigger on it", NULL,
     "CREATE TRIGGER g BEFORE INSERT ON sqlferry_ledger BEGIN SELECT RAISE(IGNORE); END;",
     "4 a.sql:1:1+55: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: a temporary trigger on it", NULL,
     "CREATE TEMP TRIGGER g BEFORE INSERT ON sqlferry_ledger BEGIN SELECT RAISE(IGNORE); END;",
     "4 a.sql:1:1+60: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: a temporary trigger on main's", NULL,
     "CREATE TEMP TRIGGER g AFTER INSERT ON main.sqlferry_ledger BEGIN DELETE FROM t; END;",
     "4 a.sql:1:1+64: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: its trigger",
     "CREATE TRIGGER sqlferry_ledger_no_update BEFORE UPDATE ON sqlferry_ledger"
     " BEGIN SELECT RAISE(ABORT, 'no'); END",
     "DROP TRIGGER sqlferry_ledger_no_update;",
     "4 a.sql:1:1+39: a change to sqlferry_ledger_no_update is refused in a revision"},
    {"ledger: a trigger that writes it", NULL,
     "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO SqlFerry_Ledger VALUES (2, 'x'); END;",
     "4 a.sql:1:1+90: a new name or a trigger body with 'sqlferry_' is refused in a revision"},
    {"ledger: a temporary trigger that deletes it", NULL,
     "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM \"sqlferry_ledger\"; END;",
     "4 a.sql:1:1+81: a new name or a trigger body with 'sqlferry_' is refused in a revision"},
    {"ledger: a trigger that is there already",
     "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM sqlferry_ledger; END",
     "INSERT INTO t VALUES (2, 'y');",
     "4 a.sql:1:1+30: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: through a view", NULL, "UPDATE v SET event = 'x';",
     "4 a.sql:1:1+25: cannot modify v because it is a view (SQLite code 1)"},
    {"ledger: through a view with a trigger",
     "CREATE TRIGGER g INSTEAD OF DELETE ON v BEGIN DELETE FROM sqlferry_ledger; END",
     "DELETE FROM v;", "4 a.sql:1:1+14: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: by a cascade",
     "CREATE TABLE p (a PRIMARY KEY); INSERT INTO p VALUES (1); DROP TABLE sqlferry_ledger;"
     "CREATE TABLE sqlferry_ledger (number REFERENCES p ON DELETE CASCADE);"
     "INSERT INTO sqlferry_ledger VALUES (1)",
     "DELETE FROM p;", "4 a.sql:1:1+14: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: hidden by a table", NULL, "CREATE TEMP TABLE sqlferry_ledger (a);",
     "4 a.sql:1:1+35: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: hidden by a view", NULL, "CREATE TEMP VIEW sqlferry_ledger AS SELECT 1;",
     "4 a.sql:1:1+45: a change to sqlferry_ledger is refused in a revision"},
    {"ledger: hidden by a renamed table", NULL,
     "CREATE TEMP TABLE z (a); ALTER TABLE z RENAME TO sqlferry_ledger;",
     "4 a.sql:1:26+40: a new name or a trigger body with 'sqlferry_' is refused in a revision"},
    {"ledger: another table of ours", NULL, "CREATE TABLE sqlferry_x (a);",
     "4 a.sql:1:1+25: a change to sqlferry_x is refused in a revision"},
    {"ledger: a table renamed to be ours", NULL, "ALTER TABLE t RENAME TO \"SQLferry_x\";",
     "4 a.sql:1:1+37: a new name or a trigger body with 'sqlferry_' is refused in a revision"},
    {"ledger: a virtual table", NULL, "CREATE VIRTUAL TABLE sqlferry_x USING fts5 (a);",
     "4 a.sql:1:1+44: a change to sqlferry_x is refused in a revision"},
    {"schema: insert", NULL,
     "INSERT INTO sqlite_schema VALUES ('table', 'z', 'z', 0, 'CREATE TABLE z (a)');",
     "4 a.sql:1:1+78: table sqlite_master may not be modified (SQLite code 1)"},
    {"schema: delete", NULL, "DELETE FROM sqlite_master WHERE name = 'sqlferry_ledger';",
     "4 a.sql:1:1+57: table sqlite_master may not be modified (SQLite code 1)"},
    {"schema: update", NULL, "UPDATE sqlite_schema SET name = 'z' WHERE name = 'sqlferry_ledger';",
     "4 a.sql:1:1+67: table sqlite_master may not be modified (SQLite code 1)"},
    {"schema: the tables behind a virtual one", "CREATE VIRTUAL TABLE f USING fts5 (a)",
     "DELETE FROM f_data;", "4 a.sql:1:1+19: table f_data may not be modified (SQLite code 1)"},

    {"nul", NULL, NULL, "4 a.sql:2:7+1: the script holds a NUL"},
    {"syntax error", NULL, "SELECT 1;\nSELEC 2;",
     "4 a.sql:2:1+1: near \"SELEC\": syntax error (SQLite code 1)"},
    {"syntax error behind other alphabets", NULL, "SELECT 'äöü€'; SELECT '日本' FORM t;",
     "4 a.sql:1:33+1: near \"t\": syntax error (SQLite code 1)"},
    {"incomplete", NULL, "SELECT 1;\n\nCREATE TABLE z (a,\n b",
     "4 a.sql:3:1+18: incomplete input (SQLite code 1)"},
    {"unterminated string", NULL, "SELECT 'abc",
     "4 a.sql:1:8+1: unrecognized token: \"'abc\" (SQLite code 1)"},
    {"no such table", NULL, "SELECT 1;\nINSERT INTO nosuch VALUES ('nosuch');",
     "4 a.sql:2:13+6: no such table: nosuch (SQLite code 1)"},
    {"no such table: named before in a comment", NULL,
     "-- nosuch\n/* nosuch */ DELETE FROM nosuch;",
     "4 a.sql:2:26+6: no such table: nosuch (SQLite code 1)"},
    {"no such table: part of another word", NULL, "SELECT 1 AS nosuchs FROM nosuch;",
     "4 a.sql:1:26+6: no such table: nosuch (SQLite code 1)"},
    {"no such table: named only later", NULL, "SELECT * FROM \"nosu\"\"ch\";\nSELECT 'nosu\"ch';",
     "4 a.sql:1:1+25: no such table: nosu\"ch (SQLite code 1)"},
    {"no such table: of an index", NULL, "CREATE INDEX i\n  ON nosuch (a);",
     "4 a.sql:2:6+6: no such table: main.nosuch (SQLite code 1)"},
    {"no such column", NULL, "SELECT a,\n c FROM t;",
     "4 a.sql:2:2+1: no such column: c (SQLite code 1)"},
    {"no such function", NULL, "SELECT nosuch(1);",
     "4 a.sql:1:8+1: no such function: nosuch (SQLite code 1)"},
    {"a table that is there", NULL, "CREATE TABLE\n t (a);",
     "4 a.sql:2:2+1: table t already exists (SQLite code 1)"},
    {"constraint: unique", "CREATE UNIQUE INDEX i ON t (a)",
     "SELECT 1;\n-- twice\n  INSERT INTO t (b, a)\n VALUES ('y', 1);",
     "4 a.sql:3:3+20: UNIQUE constraint failed: t.a (SQLite code 2067)"},
    {"constraint: not null", "CREATE TABLE n (a NOT NULL)", "INSERT INTO n VALUES (NULL);",
     "4 a.sql:1:1+28: NOT NULL constraint failed: n.a (SQLite code 1299)"},
    {"constraint: check", "CREATE TABLE n (a CHECK (a > 1))", "INSERT INTO n VALUES (1);",
     "4 a.sql:1:1+25: CHECK constraint failed: a > 1 (SQLite code 275)"},
    {"constraint: foreign key", "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p)",
     "INSERT INTO c VALUES (1);",
     "4 a.sql:1:1+25: FOREIGN KEY constraint failed (SQLite code 787)"},
    {"an abort", NULL, "SELECT 1;\n SELECT abs(-9223372036854775808);",
     "4 a.sql:2:2+33: integer overflow (SQLite code 1)"},
};

/* Refused after something was done, or taken back by SQLite itself. */
static const struct script_row rolled_back_rows[] = {
    {"load_extension: in a default", NULL,
     "CREATE TABLE u (a DEFAULT (load_extension('y'))); INSERT INTO u DEFAULT VALUES;",
     "4 a.sql:1:51+29: unsafe use of load_extension() (SQLite code 1)"},
    {"load_extension: in a view", NULL,
     "CREATE VIEW w AS SELECT load_extension('y'); SELECT * FROM w;",
     "4 a.sql:1:46+16: unsafe use of load_extension() (SQLite code 1)"},
    {"constraint: rollback", "CREATE UNIQUE INDEX i ON t (a)",
     "INSERT INTO t VALUES (2, 'y'); INSERT OR ROLLBACK INTO t VALUES (1, 'z');"
     "INSERT INTO t VALUES (3, 'y');",
     "4 a.sql:1:32+42: UNIQUE constraint failed: t.a (SQLite code 2067)"},
    {"raise: rollback",
     "CREATE TRIGGER g AFTER DELETE ON t BEGIN SELECT RAISE(ROLLBACK, 'no way'); END",
     "INSERT INTO t VALUES (2, 'y'); DELETE FROM t; INSERT INTO t VALUES (3, 'y');",
     "4 a.sql:1:32+14: no way (SQLite code 1811)"},
    {"full: no row number is left", "CREATE TABLE n (a INTEGER PRIMARY KEY AUTOINCREMENT)",
     "INSERT INTO n VALUES (9223372036854775807);\nINSERT INTO n DEFAULT VALUES;",
     "5 a.sql:2:1+29: database or disk is full (SQLite code 13)"},
    {"ledger: the tables behind a virtual one", NULL,
     "CREATE VIRTUAL TABLE sqlferry USING fts5 (a);",
     "4 a.sql:1:1+45: a change to sqlferry_data is refused in a revision"},
    {"a view in the way", "DROP VIEW v; CREATE VIEW v AS SELECT a FROM t",
     "SELECT 1;\nALTER TABLE t DROP COLUMN a;",
     "4 a.sql:2:27+1: error in view v after drop column: no such column: a (SQLite code 1)"},
    {"a table in front of the one that is refused", NULL, "CREATE TABLE u (a);\nATTACH '' AS y;",
     "4 a.sql:2:1+15: ATTACH is refused in a revision"},
};

static void check_refused(const struct script_row *row, bool commits)
{
    CLEANUP(arena_free) struct arena *arena = start(row->prepare);
    CLEANUP(sqlite_close) struct sqlite *sqlite = NULL;
    struct text script = row->script ? text_from(row->script) : TEXT("SELECT 1;\nSELECT\0 2;");
    struct text before = everything(arena);

    sqlite = open_sqlite(arena);
    assert_null(sqlite_begin(arena, sqlite, true));
    const char *shown = support_show(arena, run(arena, sqlite, script));
    if (commits)
        assert_null(sqlite_commit(arena, sqlite));
    else
        sqlite_rollback(sqlite);
    sqlite_close(&sqlite);
    assert_true(text_equal(everything(arena), before));
    assert_string_equal(shown, row->expected);
}

static void test_refused(void **state)
{
    check_refused(*state, true);
}

static void test_rolled_back(void **state)
{
    check_refused(*state, false);
}

/* Without a transaction: what the database holds then is asked with the query. */

static const struct alone_row {
    const char *name, *script, *expected, *query, *answer;
} alone_rows[] = {
    {"alone: a change", "DELETE FROM t;", "", "SELECT count(*) FROM t", "0"},
    {"alone: vacuum", "VACUUM;", "", "SELECT * FROM t, sqlferry_ledger; PRAGMA integrity_check",
     "1|x|1|applied|ok"},
    {"alone: vacuum, with comments around it", "-- c\nVACUUM main; /* c */ ; -- d", "", "", ""},
    {"alone: vacuum into a file", "VACUUM INTO 'y.db';",
     "4 a.sql:1:1+19: ATTACH y.db is refused in a revision", "", ""},
    {"alone: vacuum into a file that a query names", "VACUUM INTO (SELECT 'y' || '.db');",
     "4 a.sql:1:1+34: ATTACH y.db is refused in a revision", "", ""},
    {"alone: vacuum into nothing", "VACUUM INTO '';", "", "", ""},
    {"alone: attach a nameless file", "ATTACH '' AS vacuum_db;",
     "4 a.sql:1:1+23: ATTACH is refused in a revision", "", ""},
    {"alone: begin", "BEGIN;", "4 a.sql:1:1+6: transaction control: BEGIN is refused in a revision",
     "", ""},
    {"alone: pragma foreign_keys", "PRAGMA foreign_keys=OFF;",
     "4 a.sql:1:1+24: PRAGMA foreign_keys is refused in a revision", "", ""},
    {"alone: pragma journal_mode", "PRAGMA journal_mode=WAL;",
     "4 a.sql:1:1+24: PRAGMA journal_mode is refused in a revision", "PRAGMA journal_mode",
     "delete"},
    {"alone: two statements", "INSERT INTO t VALUES (2, 'y');\n INSERT INTO nosuch VALUES (2);",
     "4 a.sql:2:2+30: a second statement where each runs by itself, outside a transaction",
     "SELECT count(*) FROM t", "1"},
    {"alone: ledger", "DELETE FROM sqlferry_ledger;",
     "4 a.sql:1:1+28: a change to sqlferry_ledger is refused in a revision",
     "SELECT number FROM sqlferry_ledger", "1"},
    {"alone: one statement, nothing done",
     "INSERT INTO t SELECT value, abs(value) FROM"
     " json_each('[1, 2, -9223372036854775808]');",
     "4 a.sql:1:1+86: integer overflow (SQLite code 1)", "SELECT count(*) FROM t", "1"},
    {"alone: one statement, a part done", "INSERT OR FAIL INTO n VALUES (1), (2), (3), (1), (4);",
     "8 a.sql:1:1+53: UNIQUE constraint failed: n.a (SQLite code 2067)", "SELECT count(*) FROM n",
     "3"},
    {"alone: one statement that fails", "SELECT abs(-9223372036854775808);",
     "4 a.sql:1:1+33: integer overflow (SQLite code 1)", "", ""},
};

static void test_alone(void **state)
{
    const struct alone_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start("CREATE TABLE n (a UNIQUE)");
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);

    const char *shown = support_show(arena, run(arena, sqlite, text_from(row->script)));

    assert_int_not_equal(access("y.db", F_OK), 0);
    assert_string_equal(shown, row->expected);
    assert_string_equal(raw(arena, row->query).bytes, row->answer);
}

/* What works, in one revision. */

static const struct works_row {
    const char *name, *prepare, *script, *query, *answer;
} works_rows[] = {
    {"works: nothing", NULL, "", "SELECT * FROM t", "1|x"},
    {"works: blanks and comments", NULL, " \n-- a\n/* b */", "SELECT * FROM t", "1|x"},
    {"works: semicolons", NULL, ";; ;", "SELECT * FROM t", "1|x"},
    {"works: no last semicolon", NULL, "DELETE FROM t", "SELECT count(*) FROM t", "0"},
    {"works: a comment that is not closed", NULL, "DELETE FROM t; /* b", "SELECT count(*) FROM t",
     "0"},
    {"works: full-text search", NULL,
     "CREATE VIRTUAL TABLE f USING fts5 (a); INSERT INTO f VALUES ('one two');"
     "INSERT INTO f (f) VALUES ('optimize'); UPDATE f SET a = 'two three';",
     "SELECT a FROM f WHERE f MATCH 'three'", "two three"},
    {"works: full-text search over a table", NULL,
     "CREATE VIRTUAL TABLE f USING fts5 (b, content='t'); INSERT INTO f (f) VALUES ('rebuild');"
     "CREATE TRIGGER g AFTER INSERT ON t BEGIN"
     " INSERT INTO f (rowid, b) VALUES (new.rowid, new.b); END;"
     "INSERT INTO t VALUES (2, 'word');",
     "SELECT rowid FROM f WHERE f MATCH 'word OR x'", "1|2"},
    {"works: full-text search, renamed and dropped", NULL,
     "CREATE VIRTUAL TABLE f USING fts5 (a); INSERT INTO f VALUES ('one');"
     "ALTER TABLE f RENAME TO h; CREATE VIRTUAL TABLE i USING fts4 (a); DROP TABLE i;",
     "SELECT a FROM h WHERE h MATCH 'one'", "one"},
    {"works: r-tree", NULL,
     "CREATE VIRTUAL TABLE r USING rtree (id, a, b); INSERT INTO r VALUES (1, 2, 3);",
     "SELECT id FROM r WHERE a < 3", "1"},
    {"works: alter table", NULL,
     "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN a TO c;"
     "ALTER TABLE u ADD COLUMN d DEFAULT 7; ALTER TABLE main.u DROP COLUMN b;",
     "SELECT * FROM u", "1|7"},
    {"works: triggers", NULL,
     "CREATE TABLE log (a); CREATE TRIGGER g AFTER UPDATE OF a ON t WHEN new.a > 1 BEGIN"
     " INSERT INTO log VALUES (CASE new.b WHEN 'x' THEN 'END;' END);"
     " DELETE FROM log WHERE a IS NULL; END; UPDATE t SET a = 2;",
     "SELECT * FROM log", "END;"},
    {"works: common table expressions", NULL,
     "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 4)"
     " INSERT INTO t SELECT i, 'n' FROM n;",
     "SELECT a FROM t", "1|2|3|4"},
    {"works: generated columns", NULL,
     "CREATE TABLE u (a, b AS (a * 2) STORED, c AS (b + 1)); INSERT INTO u VALUES (3);",
     "SELECT * FROM u", "3|6|7"},
    {"works: strict, without rowid", NULL,
     "CREATE TABLE u (a TEXT PRIMARY KEY, b INT) STRICT, WITHOUT ROWID; INSERT INTO u VALUES ('a', "
     "1);",
     "SELECT * FROM u", "a|1"},
    {"works: returning", NULL,
     "INSERT INTO t VALUES (2, 'y') RETURNING a; DELETE FROM t RETURNING *;",
     "SELECT count(*) FROM t", "0"},
    {"works: many rows are thrown away", NULL,
     "SELECT * FROM t AS c, t AS d, t; INSERT INTO t VALUES (2, 'y');", "SELECT a FROM t", "1|2"},
    {"works: conflicts that are settled", NULL,
     "CREATE UNIQUE INDEX i ON t (a); INSERT OR IGNORE INTO t VALUES (1, 'y');"
     "INSERT OR REPLACE INTO t VALUES (1, 'z');"
     "INSERT INTO t VALUES (1, 'w') ON CONFLICT (a) DO UPDATE SET b = b || excluded.b;",
     "SELECT * FROM t", "1|zw"},
    {"works: a table rebuilt", NULL,
     "CREATE TABLE new (a INT, b TEXT); INSERT INTO new SELECT * FROM t; DROP TABLE t;"
     "ALTER TABLE new RENAME TO t;",
     "SELECT * FROM t", "1|x"},
    {"works: temporary objects", NULL,
     "CREATE TEMP TABLE z AS SELECT a + 1 AS a, b FROM t; CREATE TEMP VIEW y AS SELECT * FROM z;"
     "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET b = 'g' WHERE a = new.a; END;"
     "INSERT INTO t SELECT * FROM y;",
     "SELECT * FROM t", "1|x|2|g"},
    {"works: user_version and application_id", NULL,
     "PRAGMA user_version = 7; PRAGMA main.application_id(9);",
     "PRAGMA user_version; PRAGMA application_id", "7|9"},
    {"works: pragmas that read", NULL,
     "PRAGMA table_info(t); PRAGMA index_list(t); SELECT * FROM pragma_table_xinfo('t');"
     "PRAGMA foreign_key_check; PRAGMA integrity_check; PRAGMA quick_check(t); PRAGMA "
     "data_version;",
     "SELECT * FROM t", "1|x"},
    {"works: analyze", NULL,
     "CREATE INDEX i ON t (a); ANALYZE; ANALYZE t; PRAGMA optimize; REINDEX;",
     "SELECT idx FROM sqlite_stat1 WHERE tbl = 't'", "i"},
    {"works: foreign keys checked at the end",
     "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p)",
     "PRAGMA defer_foreign_keys=ON; INSERT INTO c VALUES (1); INSERT INTO p VALUES (1);",
     "SELECT * FROM c", "1"},
    {"works: cascades",
     "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p ON DELETE CASCADE);"
     "INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)",
     "DELETE FROM p;", "SELECT count(*) FROM c", "0"},
    {"works: the ledger is read", NULL,
     "INSERT INTO t SELECT number + 1, event FROM sqlferry_ledger;"
     "CREATE VIEW w AS SELECT count(*) AS n FROM main.sqlferry_ledger;",
     "SELECT b FROM t; SELECT n FROM w", "x|applied|1"},
    {"works: a column with our prefix", "CREATE TABLE n (sqlferry_note); INSERT INTO n VALUES (1)",
     "UPDATE n SET sqlferry_note = 2;", "SELECT * FROM n", "2"},
    {"works: a trigger that writes such a name as text", NULL,
     "CREATE TRIGGER g AFTER DELETE ON t BEGIN INSERT INTO t VALUES (3, 'sqlferry'); END;"
     "DELETE FROM t;",
     "SELECT b FROM t", "sqlferry"},
};

static void test_works(void **state)
{
    const struct works_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start(row->prepare);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);

    assert_null(sqlite_begin(arena, sqlite, true));
    assert_string_equal(support_show(arena, run(arena, sqlite, text_from(row->script))), "");
    assert_null(sqlite_commit(arena, sqlite));
    assert_null(sqlite_clean(arena, sqlite));
    sqlite_close(&sqlite);
    assert_string_equal(raw(arena, row->query).bytes, row->answer);
}

/* One revision, then another in the same connection, which must find it as if it were new. */

static const struct clean_row {
    const char *name, *script, *next, *expected, *query, *answer;
} clean_rows[] = {
    {"clean: nothing to do", "SELECT 1;", "SELECT 2;", "", "", ""},
    {"clean: a table", "CREATE TEMP TABLE z (a);", "SELECT * FROM z;",
     "4 a.sql:1:15+1: no such table: z (SQLite code 1)", "", ""},
    {"clean: a table with a strange name", "CREATE TEMP TABLE \"z\"\"; --\" (a);",
     "SELECT * FROM temp.sqlite_schema, nosuch;",
     "4 a.sql:1:35+6: no such table: nosuch (SQLite code 1)", "", ""},
    {"clean: a table that hides another", "CREATE TEMP TABLE t (a); DELETE FROM t;",
     "DELETE FROM t;", "", "SELECT count(*) FROM t", "0"},
    {"clean: a view", "CREATE TEMP VIEW z AS SELECT 1;", "SELECT * FROM z;",
     "4 a.sql:1:15+1: no such table: z (SQLite code 1)", "", ""},
    {"clean: a trigger", "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END;",
     "INSERT INTO t VALUES (2, 'y');", "", "SELECT a FROM t", "1|2"},
    {"clean: a virtual table",
     "CREATE VIRTUAL TABLE temp.f USING fts5 (a); INSERT INTO f VALUES ('b');",
     "CREATE VIRTUAL TABLE f USING fts5 (a); INSERT INTO f VALUES ('c');", "", "SELECT a FROM f",
     "c"},
    {"clean: a sequence that hides another",
     "CREATE TABLE s (a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO s VALUES (1);"
     "CREATE TEMP TABLE z (a INTEGER PRIMARY KEY AUTOINCREMENT);",
     "UPDATE sqlite_sequence SET seq = 9 WHERE name = 's';", "", "SELECT seq FROM sqlite_sequence",
     "9"},
    {"clean: statistics that hide others",
     "CREATE TEMP TABLE z (a); CREATE INDEX temp.i ON z (a);"
     "INSERT INTO z VALUES (1); CREATE INDEX j ON t (a); ANALYZE;",
     "DELETE FROM sqlite_stat1;", "", "SELECT count(*) FROM sqlite_stat1", "0"},
    {"clean: the old ALTER TABLE", "PRAGMA legacy_alter_table=ON;",
     "CREATE VIEW w AS SELECT a FROM t; ALTER TABLE t RENAME TO u; SELECT * FROM w;", "", "", ""},
    {"clean: deferred foreign keys",
     "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p); PRAGMA "
     "defer_foreign_keys=ON;",
     "INSERT INTO c VALUES (1);", "4 a.sql:1:1+25: FOREIGN KEY constraint failed (SQLite code 787)",
     "", ""},
    {"clean: a large temporary table",
     "CREATE TEMP TABLE z AS SELECT hex(randomblob(1000)) AS a FROM "
     "json_each('[1,2,3,4,5,6,7,8]'), t;"
     "CREATE INDEX temp.i ON z (a);",
     "SELECT * FROM z;", "4 a.sql:1:15+1: no such table: z (SQLite code 1)", "", ""},
};

static void test_clean(void **state)
{
    const struct clean_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);

    assert_null(sqlite_begin(arena, sqlite, true));
    assert_string_equal(support_show(arena, run(arena, sqlite, text_from(row->script))), "");
    assert_null(sqlite_commit(arena, sqlite));
    for (int i = 0; i < 2; i++) /* what is kept prepared for it lives through it */
        assert_null(sqlite_clean(arena, sqlite));
    assert_null(sqlite_begin(arena, sqlite, true));
    const char *shown = support_show(arena, run(arena, sqlite, text_from(row->next)));
    assert_null(sqlite_commit(arena, sqlite));
    assert_string_equal(shown, row->expected);
    sqlite_close(&sqlite);
    assert_string_equal(raw(arena, row->query).bytes, row->answer);
}

/* Verify scripts. */

static const struct script_row verify_rows[] = {
    {"verify: nothing", NULL, "", ""},
    {"verify: no rows", NULL, "SELECT 0 WHERE 0;", ""},
    {"verify: 1", NULL, "SELECT 1;", ""},
    {"verify: a number", NULL, "SELECT -0.5; SELECT 10; SELECT 1e-300;", ""},
    {"verify: a text", NULL, "SELECT 'no'; SELECT ''; SELECT '00'; SELECT 'falsehood';", ""},
    {"verify: 0 behind the first column", NULL, "SELECT 1, 0, NULL;", ""},
    {"verify: 0", NULL, "SELECT 0;",
     "4 v.sql:1:1+9: the verify script found a row whose first column is 0"},
    {"verify: '0'", NULL, "SELECT '0';",
     "4 v.sql:1:1+11: the verify script found a row whose first column is 0"},
    {"verify: 0.0", NULL, "SELECT 0.0;",
     "4 v.sql:1:1+11: the verify script found a row whose first column is 0.0"},
    {"verify: -0.0", NULL, "SELECT -0.0;",
     "4 v.sql:1:1+12: the verify script found a row whose first column is 0.0"},
    {"verify: x'30'", NULL, "SELECT x'30';",
     "4 v.sql:1:1+13: the verify script found a row whose first column is 0"},
    {"verify: NULL", NULL, "SELECT NULL;",
     "4 v.sql:1:1+12: the verify script found a row whose first column is NULL"},
    {"verify: false", NULL, "SELECT 1 > 2;",
     "4 v.sql:1:1+13: the verify script found a row whose first column is 0"},
    {"verify: 'False'", NULL, "SELECT 'False';",
     "4 v.sql:1:1+15: the verify script found a row whose first column is False"},
    {"verify: 'f'", NULL, "SELECT 'f';",
     "4 v.sql:1:1+11: the verify script found a row whose first column is f"},
    {"verify: in the second row", NULL,
     "SELECT 1;\n-- both\nSELECT a = 1\n FROM (SELECT 1 AS a UNION ALL"
     " SELECT 2);",
     "4 v.sql:3:1+12: the verify script found a row whose first column is 0"},
    {"verify: the ledger", NULL, "SELECT count(*) = 1 FROM sqlferry_ledger;", ""},
    {"verify: insert", NULL, "SELECT 1;\n  INSERT INTO t VALUES (2, 'y');",
     "4 v.sql:2:3+30: a verify script may only read"},
    {"verify: insert behind WITH", NULL, "WITH w AS (SELECT 1) INSERT INTO t SELECT 1, 1 FROM w;",
     "4 v.sql:1:1+54: a verify script may only read"},
    {"verify: delete nothing", NULL, "DELETE FROM t WHERE 0;",
     "4 v.sql:1:1+22: a verify script may only read"},
    {"verify: create", NULL, "CREATE TABLE z (a);",
     "4 v.sql:1:1+19: a verify script may only read"},
    {"verify: create a temporary table", NULL, "CREATE TEMP TABLE z (a);",
     "4 v.sql:1:1+24: a verify script may only read"},
    {"verify: user_version", NULL, "PRAGMA user_version = 7;",
     "4 v.sql:1:1+24: a verify script may only read"},
    {"verify: analyze", NULL, "ANALYZE;", "4 v.sql:1:1+8: a verify script may only read"},
    {"verify: commit", NULL, "COMMIT;",
     "4 v.sql:1:1+7: transaction control: COMMIT is refused in a revision"},
    {"verify: attach", NULL, "ATTACH 'y.db' AS y;",
     "4 v.sql:1:1+19: ATTACH y.db is refused in a revision"},
    {"verify: vacuum into a file", NULL, "VACUUM INTO 'y.db';",
     "4 v.sql:1:1+19: a verify script may only read"},
    {"verify: the ledger is changed", NULL, "DELETE FROM sqlferry_ledger;",
     "4 v.sql:1:1+28: a change to sqlferry_ledger is refused in a revision"},
    {"verify: no such table", NULL, "SELECT 1; SELECT * FROM nosuch;",
     "4 v.sql:1:25+6: no such table: nosuch (SQLite code 1)"},
    {"verify: a mistake while it runs", NULL, "SELECT abs(-9223372036854775808);",
     "4 v.sql:1:1+33: integer overflow (SQLite code 1)"},
    {"verify: nul", NULL, NULL, "4 v.sql:2:7+1: the script holds a NUL"},
};

static void test_verify(void **state)
{
    const struct script_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);
    struct text script = row->script ? text_from(row->script) : TEXT("SELECT 1;\nSELECT\0 0;");
    struct text before = everything(arena);

    assert_null(sqlite_begin(arena, sqlite, true));
    const char *shown = support_show(arena, verify(arena, sqlite, script));
    assert_null(sqlite_commit(arena, sqlite));
    assert_true(text_equal(everything(arena), before));
    assert_string_equal(shown, row->expected);
}

/* Pieces: places are those of the whole script. */

static void test_piece(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);
    struct source script = {TEXT("a.sql"), TEXT("SELECT 'ä';\nSELECT\n nosuch;\nSELECT 3;")};
    struct text piece = text_slice(script.text, 13, 17);

    (void)state;
    assert_string_equal(support_show(arena, sqlite_run(arena, sqlite, &script, piece)),
                        "4 a.sql:3:2+1: no such column: nosuch (SQLite code 1)");
    piece = text_slice(script.text, 0, 12);
    assert_null(sqlite_run(arena, sqlite, &script, piece));
    piece = text_slice(script.text, script.text.size, 0);
    assert_null(sqlite_run(arena, sqlite, &script, piece));
}

/* A script of many small statements must not be copied, or searched, once for each of them. */
static void test_long_script(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(buffer_free) struct buffer buffer = {0};
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);
    enum { STATEMENTS = 200000 };

    (void)state;
    for (int i = 0; i < STATEMENTS; i++)
        buffer_add(&buffer, TEXT("INSERT INTO t VALUES (2, 'a row of a seed script');\n"));
    buffer_add(&buffer, TEXT("SELEC;"));
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_string_equal(support_show(arena, run(arena, sqlite, buffer_text(&buffer))),
                        "4 a.sql:200001:1+1: near \"SELEC\": syntax error (SQLite code 1)");
}

/* Foreign keys. */

#define FAMILY                                                                                     \
    "CREATE TABLE p (a INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, a"            \
    " REFERENCES p ON DELETE CASCADE); CREATE TABLE w (id PRIMARY KEY, a REFERENCES p)"            \
    " WITHOUT ROWID; INSERT INTO p VALUES (1); INSERT INTO c VALUES (5, 1);"

static const struct keys_row {
    const char *name, *script, *expected; /* of the commit */
} keys_rows[] = {
    {"foreign keys off: a parent is rebuilt",
     "CREATE TABLE new (a INTEGER PRIMARY KEY, b); INSERT INTO new SELECT a, 2 FROM p;"
     "DROP TABLE p; ALTER TABLE new RENAME TO p;",
     ""},
    {"foreign keys off: an orphan", "DELETE FROM p;",
     "4 row 5 of table 'c' refers to a row that table 'p' does not have"},
    {"foreign keys off: an orphan without a row number", "INSERT INTO w VALUES ('x', 7);",
     "4 row ? of table 'w' refers to a row that table 'p' does not have"},
    {"foreign keys off: a parent is gone", "DROP TABLE p;",
     "4 row 5 of table 'c' refers to a row that table 'p' does not have"},
    {"foreign keys off: a parent without its key", "DROP TABLE p; CREATE TABLE p (a, b);",
     "4 foreign key mismatch - \"w\" referencing \"p\" (SQLite code 1)"},
    {"foreign keys off: an orphan behind a decoy",
     "CREATE TABLE pragma_foreign_key_check (\"table\", rowid, parent); DELETE FROM p;",
     "4 row 5 of table 'c' refers to a row that table 'p' does not have"},
    {"foreign keys off: an orphan behind a temporary decoy",
     "CREATE TEMP VIEW pragma_foreign_key_check AS SELECT 1 AS \"table\", 2 AS parent WHERE 0;"
     "CREATE TEMP TABLE c (id, a); DELETE FROM p;",
     "4 row 5 of table 'c' refers to a row that table 'p' does not have"},
};

static void test_foreign_keys_off(void **state)
{
    const struct keys_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start(FAMILY);
    CLEANUP(sqlite_close) struct sqlite *sqlite = NULL;
    struct text before = everything(arena);

    sqlite = open_sqlite(arena);
    assert_null(sqlite_begin(arena, sqlite, false));
    assert_string_equal(support_show(arena, run(arena, sqlite, text_from(row->script))), "");
    const char *shown = support_show(arena, sqlite_commit(arena, sqlite));
    if (*shown) {
        sqlite_rollback(sqlite);
        assert_true(text_equal(everything(arena), before));
    } else {
        assert_string_equal(raw(arena, "SELECT * FROM p, c").bytes, "1|2|5|1");
    }
    assert_string_equal(shown, row->expected);

    /* They are on again. */
    assert_null(sqlite_clean(arena, sqlite));
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_string_equal(
        support_show(arena, run(arena, sqlite, TEXT("INSERT INTO c VALUES (6, 9);"))),
        "4 a.sql:1:1+28: FOREIGN KEY constraint failed (SQLite code 787)");
}

/* Two revisions in one transaction. */

#define KEY_FAILED "FOREIGN KEY constraint failed (SQLite code 787)"
#define LEFT(name) "4 the revision left '" name "' behind, which stays as long as its transaction"
#define REBUILD                                                                                    \
    "CREATE TABLE new (a INTEGER PRIMARY KEY, b); INSERT INTO new SELECT a, 2 FROM p;"             \
    "DROP TABLE p; ALTER TABLE new RENAME TO p;"

enum keys { ON, OFF };

static const struct proceed_row {
    const char *name;
    enum keys keys;
    const char *script, *expected; /* of what goes on */
    enum keys next_keys;
    const char *next, *next_expected;
    const char *query, *answer;
} proceed_rows[] = {
    {"proceed: nothing", ON, "", "", ON, "", "", "SELECT a FROM t", "1"},
    {"proceed: two changes", ON, "INSERT INTO t VALUES (2, 0);", "", ON,
     "INSERT INTO t VALUES (3, 0);", "", "SELECT a FROM t", "1|2|3"},
    {"proceed: foreign keys from on to off", ON, "", "", OFF, REBUILD, "", "SELECT * FROM p, c",
     "1|2|5|1"},
    {"proceed: foreign keys stay off", OFF, "", "", OFF, REBUILD, "", "SELECT * FROM p, c",
     "1|2|5|1"},
    {"proceed: foreign keys off, then on", OFF, REBUILD, "", ON, "DELETE FROM p;", "",
     "SELECT count(*) FROM c", "0"},
    {"proceed: foreign keys on and off and on", ON, "DELETE FROM p;", "", ON, "", "",
     "SELECT count(*) FROM c", "0"},
    {"proceed: a parent dropped while they are on", ON, "", "", ON,
     "DELETE FROM c; DROP TABLE w; DROP TABLE p;", "", "SELECT count(*) FROM c", "0"},
    {"proceed: a parent dropped with its children", ON, "", "", ON, REBUILD, "",
     "SELECT count(*) FROM c", "0"},
    {"proceed: foreign keys on again, an orphan", OFF, "", "", ON, "INSERT INTO c VALUES (6, 9);",
     "4 a.sql:1:1+28: " KEY_FAILED, "SELECT count(*) FROM c", "1"},
    {"proceed: foreign keys on again, in WITHOUT ROWID", OFF, "", "", ON,
     "INSERT INTO w VALUES (6, 9);", "4 a.sql:1:1+28: " KEY_FAILED, "SELECT count(*) FROM w", "0"},
    {"proceed: an orphan made while they are off", OFF, "DELETE FROM p;",
     "4 row 5 of table 'c' refers to a row that table 'p' does not have", ON, NULL, NULL,
     "SELECT count(*) FROM p", "1"},
    {"proceed: an orphan made while they stay off", OFF, "DELETE FROM p;",
     "4 row 5 of table 'c' refers to a row that table 'p' does not have", OFF, NULL, NULL,
     "SELECT count(*) FROM p", "1"},
    {"proceed: an orphan made and taken back", OFF,
     "INSERT INTO c VALUES (6, 9); DELETE FROM c WHERE id = 6;", "", ON, "", "",
     "SELECT count(*) FROM c", "1"},
    {"proceed: a deferred orphan", ON, "PRAGMA defer_foreign_keys=ON; INSERT INTO c VALUES (6, 9);",
     "4 " KEY_FAILED, ON, NULL, NULL, "SELECT count(*) FROM c", "1"},
    {"proceed: a deferred orphan, then off", ON,
     "PRAGMA defer_foreign_keys=ON; INSERT INTO c VALUES (6, 9);", "4 " KEY_FAILED, OFF, NULL, NULL,
     "SELECT count(*) FROM c", "1"},
    {"proceed: a deferred key that was settled", ON,
     "PRAGMA defer_foreign_keys=ON; INSERT INTO c VALUES (6, 9); INSERT INTO p VALUES (9);", "", ON,
     "", "", "SELECT count(*) FROM c", "2"},
    {"proceed: deferring ends", ON, "PRAGMA defer_foreign_keys=ON;", "", ON,
     "INSERT INTO c VALUES (6, 9); INSERT INTO p VALUES (9);", "4 a.sql:1:1+28: " KEY_FAILED,
     "SELECT count(*) FROM c", "1"},
    {"proceed: the old ALTER TABLE ends", ON, "PRAGMA legacy_alter_table=ON;", "", ON,
     "CREATE VIEW q AS SELECT a FROM t; ALTER TABLE t RENAME TO u; SELECT * FROM q;", "",
     "SELECT a FROM u", "1"},

    {"proceed: a temporary table", ON, "CREATE TEMP TABLE t (a);", "", ON,
     "INSERT INTO t VALUES (2, 0);", "", "SELECT a FROM t", "1|2"},
    {"proceed: a temporary table with a strange name", ON,
     "CREATE TEMP TABLE \"a\"\"b c\" (a); CREATE INDEX temp.\"i\"\"\" ON \"a\"\"b c\" (a);", "", ON,
     "SELECT * FROM \"a\"\"b c\";", "4 a.sql:1:1+23: no such table: a\"b c (SQLite code 1)",
     "SELECT a FROM t", "1"},
    {"proceed: a temporary view", ON, "CREATE TEMP VIEW z AS SELECT 1;", "", ON, "SELECT * FROM z;",
     "4 a.sql:1:15+1: no such table: z (SQLite code 1)", "SELECT a FROM t", "1"},
    {"proceed: a temporary view of a temporary table", ON,
     "CREATE TEMP TABLE y (a); CREATE TEMP VIEW z AS SELECT * FROM y;"
     "CREATE TEMP TRIGGER g INSTEAD OF INSERT ON z BEGIN DELETE FROM t; END;",
     "", ON, "CREATE TABLE y (b); CREATE TABLE z (a); INSERT INTO z VALUES (1);", "",
     "SELECT a FROM t", "1"},
    {"proceed: a temporary trigger", ON,
     "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END;", "", ON,
     "INSERT INTO t VALUES (2, 'y');", "", "SELECT a FROM t", "1|2"},
    {"proceed: a temporary virtual table", ON,
     "CREATE VIRTUAL TABLE temp.f USING fts5 (a); INSERT INTO f VALUES ('b');", "", ON,
     "CREATE VIRTUAL TABLE f USING fts5 (a); INSERT INTO f VALUES ('c');", "", "SELECT a FROM f",
     "c"},
    {"proceed: a temporary rtree", ON, "CREATE VIRTUAL TABLE temp.f USING rtree (a, b, c);", "", ON,
     "SELECT * FROM f;", "4 a.sql:1:15+1: no such table: f (SQLite code 1)", "SELECT a FROM t",
     "1"},
    {"proceed: a temporary family", ON,
     "CREATE TEMP TABLE tp (a PRIMARY KEY); CREATE TEMP TABLE tc (a REFERENCES tp);"
     "INSERT INTO tp VALUES (1); INSERT INTO tc VALUES (1);",
     "", ON, "", "", "SELECT a FROM t", "1"},
    {"proceed: a temporary family, the child first", ON,
     "CREATE TEMP TABLE tc (a REFERENCES tp); CREATE TEMP TABLE tp (a PRIMARY KEY);"
     "INSERT INTO tp VALUES (1); INSERT INTO tc VALUES (1);",
     "", ON, "", "", "SELECT a FROM t", "1"},
    {"proceed: a temporary sequence", ON,
     "CREATE TEMP TABLE z (a INTEGER PRIMARY KEY AUTOINCREMENT);", LEFT("sqlite_sequence"), ON,
     NULL, NULL, "SELECT a FROM t", "1"},
    {"proceed: temporary statistics", ON,
     "CREATE TEMP TABLE z (a); CREATE INDEX temp.i ON z (a); INSERT INTO z VALUES (1);"
     "ANALYZE temp.z;",
     LEFT("sqlite_stat1"), ON, NULL, NULL, "SELECT a FROM t", "1"},
};

static void test_proceed(void **state)
{
    const struct proceed_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start(FAMILY);
    CLEANUP(sqlite_close) struct sqlite *sqlite = NULL;
    struct text before = everything(arena);

    sqlite = open_sqlite(arena);
    assert_null(sqlite_begin(arena, sqlite, row->keys == ON));
    assert_string_equal(support_show(arena, run(arena, sqlite, text_from(row->script))), "");
    assert_string_equal(support_show(arena, sqlite_proceed(arena, sqlite, row->next_keys == ON)),
                        row->expected);
    if (*row->expected) {
        sqlite_rollback(sqlite);
        assert_true(text_equal(everything(arena), before));
    } else {
        assert_string_equal(support_show(arena, run(arena, sqlite, text_from(row->next))),
                            row->next_expected);
        assert_string_equal(support_show(arena, sqlite_commit(arena, sqlite)), "");
    }
    assert_string_equal(raw(arena, row->query).bytes, row->answer);

    /* They are on again. */
    assert_null(sqlite_clean(arena, sqlite));
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_string_equal(support_show(arena, run(arena, sqlite,
                                                TEXT("CREATE TABLE pp (a PRIMARY KEY);"
                                                     "CREATE TABLE cc (a REFERENCES pp);"
                                                     "INSERT INTO cc VALUES (1);"))),
                        "4 a.sql:1:67+26: " KEY_FAILED);
}

/* What came last is checked at the end, and all that came before is rolled back with it. */
static void test_proceed_commit(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(FAMILY);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);

    (void)state;
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_null(run(arena, sqlite, TEXT("INSERT INTO t VALUES (2, 0);")));
    assert_null(sqlite_proceed(arena, sqlite, false));
    assert_null(run(arena, sqlite, TEXT("DELETE FROM p;")));
    assert_string_equal(support_show(arena, sqlite_commit(arena, sqlite)),
                        "4 row 5 of table 'c' refers to a row that table 'p' does not have");
    sqlite_rollback(sqlite);
    assert_string_equal(raw(arena, "SELECT a FROM t").bytes, "1");
    assert_string_equal(raw(arena, "SELECT a FROM p").bytes, "1");
}

static void test_begin_locked(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(FAMILY);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);
    sqlite3 *other;

    (void)state;
    assert_int_equal(sqlite3_open("x.db", &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_string_equal(support_show(arena, sqlite_begin(arena, sqlite, false)),
                        "7 database is locked (SQLite code 5)");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_string_equal(
        support_show(arena, run(arena, sqlite, TEXT("INSERT INTO c VALUES (6, 9);"))),
        "4 a.sql:1:1+28: FOREIGN KEY constraint failed (SQLite code 787)");
}

/* COMMIT fails where somebody reads, and can be tried again or rolled back. */
static void test_commit_locked(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);
    sqlite3 *other;

    (void)state;
    assert_int_equal(sqlite3_open("x.db", &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN; SELECT * FROM t", NULL, NULL, NULL), SQLITE_OK);
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_null(run(arena, sqlite, TEXT("DELETE FROM t;")));
    assert_string_equal(support_show(arena, sqlite_commit(arena, sqlite)),
                        "7 database is locked (SQLite code 5)");
    sqlite_rollback(sqlite);
    sqlite_rollback(sqlite);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_string_equal(raw(arena, "SELECT a FROM t").bytes, "1");
}

static void test_commit_deferred(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(FAMILY);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);

    (void)state;
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_null(
        run(arena, sqlite, TEXT("PRAGMA defer_foreign_keys=ON; INSERT INTO c VALUES (6, 9);")));
    assert_string_equal(support_show(arena, sqlite_commit(arena, sqlite)),
                        "4 FOREIGN KEY constraint failed (SQLite code 787)");
    sqlite_rollback(sqlite);
    assert_string_equal(raw(arena, "SELECT count(*) FROM c").bytes, "1");
}

/* Our own statements. */

static void test_ask(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);
    static const char *const statements[] = {
        "SELECT 0",  "SELECT 1",  "SELECT 2",  "SELECT 3",  "SELECT 4",  "SELECT 5",  "SELECT 6",
        "SELECT 7",  "SELECT 8",  "SELECT 9",  "SELECT 10", "SELECT 11", "SELECT 12", "SELECT 13",
        "SELECT 14", "SELECT 15", "SELECT 16", "SELECT 17", "SELECT 18", "SELECT 19",
    };
    struct text values[] = {TEXT("a'b"), {0}, TEXT("")};
    struct rows rows;

    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        for (size_t i = 0; i < COUNT(statements); i++) {
            assert_null(sqlite_ask(arena, sqlite, statements[i], NULL, 0, &rows));
            assert_true(text_equal(rows.cells[0], text_from(statements[i] + 7)));
        }
        assert_null(sqlite_ask(arena, sqlite, "VALUES (?, ?, ?), (3, x'004100', 2.5)", values,
                               COUNT(values), &rows));
        assert_int_equal(rows.count, 2);
        assert_int_equal(rows.columns, 3);
        assert_true(text_equal(rows.cells[0], TEXT("a'b")));
        assert_null(rows.cells[1].bytes);
        assert_non_null(rows.cells[2].bytes);
        assert_int_equal(rows.cells[2].size, 0);
        assert_true(text_equal(rows.cells[3], TEXT("3")));
        assert_true(text_equal(rows.cells[4], TEXT("\0A\0")));
        assert_true(text_equal(rows.cells[5], TEXT("2.5")));
    }
    assert_null(sqlite_ask(arena, sqlite, "SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9]')",
                           NULL, 0, &rows));
    assert_int_equal(rows.count, 9);
    assert_true(text_equal(rows.cells[8], TEXT("9")));
    assert_string_equal(
        support_show(arena, sqlite_do(arena, sqlite, "SELECT abs(-9223372036854775808)")),
        "4 integer overflow (SQLite code 1)");
    assert_string_equal(support_show(arena, sqlite_do(arena, sqlite, "SELEC")),
                        "4 near \"SELEC\": syntax error (SQLite code 1)");
}

/* Opening. */

static const struct open_row {
    const char *name, *prepare, *path;
    bool writes;
    const char *expected;
} open_rows[] = {
    {"open", ":", "x.db", true, ""},
    {"open: to read", ":", "x.db", false, ""},
    {"open: a new file", ":", "y.db", true, ""},
    {"open: an empty file", ": > y.db", "y.db", false, ""},
    {"open: no such file, to read", ":", "y.db", false,
     "5 cannot open 'y.db': unable to open database file (SQLite code 14)"},
    {"open: no such folder", ":", "d/y.db", true,
     "5 cannot open 'd/y.db': unable to open database file (SQLite code 14)"},
    {"open: a folder", "mkdir d", "d", true,
     "5 cannot open 'd': unable to open database file (SQLite code 14)"},
    {"open: no database", "echo 'this is no database at all, but a text' > y.db", "y.db", true,
     "4 cannot open 'y.db': file is not a database (SQLite code 26)"},
    {"open: cut off", "head -c 5000 x.db > y.db", "y.db", true,
     "4 cannot open 'y.db': database disk image is malformed (SQLite code 11)"},
    {"open: memory", "rm x.db", ":memory:", true, ""},
};

static void test_open(void **state)
{
    const struct open_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = NULL;
    struct sqlite_options options = {.path = row->path, .writes = row->writes};

    assert_int_equal(system(row->prepare), 0);
    assert_string_equal(support_show(arena, sqlite_open(arena, &options, &sqlite)), row->expected);
    assert_true(!sqlite == !!*row->expected);
}

static void test_read_only(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = NULL;
    struct sqlite_options options = {.path = "x.db"};
    struct text before = everything(arena);

    (void)state;
    assert_null(sqlite_open(arena, &options, &sqlite));
    assert_string_equal(support_show(arena, sqlite_do(arena, sqlite, "DELETE FROM t")),
                        "5 attempt to write a readonly database (SQLite code 8)");
    assert_true(text_equal(everything(arena), before));
}

/* Copies. */

static const struct copy_row {
    const char *name, *mode;
    bool is_written; /* by somebody else, who has not committed */
    bool is_read;
} copy_rows[] = {
    {"copy", "delete", false, false},
    {"copy: in WAL mode", "wal", false, false},
    {"copy: while another one writes", "delete", true, false},
    {"copy: in WAL mode, while another one writes", "wal", true, false},
    {"copy: while another one reads", "delete", false, true},
    {"copy: in WAL mode, while another one reads", "wal", false, true},
};

static sqlite3 *open_other(const char *sql)
{
    sqlite3 *other;

    assert_int_equal(sqlite3_open("x.db", &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    return other;
}

static void test_copy(void **state)
{
    const struct copy_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = NULL, *copied = NULL;
    struct sqlite_options options = {.path = "y.db"};
    struct rows rows;
    sqlite3 *other = NULL;

    raw(arena, arena_format(arena, "PRAGMA journal_mode=%s", row->mode).bytes);
    sqlite = open_sqlite(arena);
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_null(run(arena, sqlite,
                    TEXT("WITH n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
                         " INSERT INTO t SELECT i, zeroblob(2000) FROM n;")));
    assert_null(sqlite_commit(arena, sqlite));
    if (row->is_written || row->is_read)
        other = open_other(row->is_written ? "BEGIN IMMEDIATE; DELETE FROM t WHERE a < 9"
                                           : "BEGIN; SELECT * FROM t");
    support_write("y.db", TEXT(""));
    support_check(sqlite_copy(arena, sqlite, "y.db"), "");
    sqlite3_close(other);
    assert_false(support_exists("y.db-wal") || support_exists("y.db-journal"));
    assert_null(sqlite_open(arena, &options, &copied));
    assert_null(sqlite_ask(arena, copied, "SELECT count(*), sum(a) FROM t", NULL, 0, &rows));
    assert_true(text_equal(rows.cells[0], TEXT("3000")));
    assert_true(text_equal(rows.cells[1], TEXT("4501500")));
    assert_null(sqlite_ask(arena, copied, "PRAGMA integrity_check", NULL, 0, &rows));
    assert_true(text_equal(rows.cells[0], TEXT("ok")));

    /* The connection is as before. */
    assert_null(sqlite_begin(arena, sqlite, true));
    assert_null(run(arena, sqlite, TEXT("DELETE FROM t;")));
    assert_null(sqlite_commit(arena, sqlite));
}

static void test_copy_refused(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);

    (void)state;
    sqlite3 *other = open_other("BEGIN EXCLUSIVE");
    support_write("y.db", TEXT(""));
    sqlite_wait(sqlite, 50);
    support_check(sqlite_copy(arena, sqlite, "y.db"),
                  "7 cannot copy the database to 'y.db': database is locked (SQLite code 5)");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    support_check(sqlite_copy(arena, sqlite, "z.db"),
                  "5 cannot copy the database to 'z.db': unable to open database file (SQLite code "
                  "14)");
    assert_int_equal(unlink("y.db"), 0);
    assert_int_equal(symlink("/dev/full", "y.db"), 0);
    assert_non_null(sqlite_copy(arena, sqlite, "y.db"));
}

/* Signals. Each in a child, for what came stays. */

static void begin_to_run(struct arena *arena, struct sqlite **sqlite)
{
    struct rows rows;

    interrupt_catch();
    *sqlite = open_sqlite(arena);
    if (sqlite_begin(arena, *sqlite, true) || run(arena, *sqlite, TEXT("DELETE FROM t;")))
        _exit(10);
    raise(SIGINT);
    /* Our own statements do not end by it. */
    if (sqlite_ask(arena, *sqlite,
                   "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                   " SELECT count(*) FROM n",
                   NULL, 0, &rows))
        _exit(11);
}

static void interrupt_script(const void *argument)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    struct sqlite *sqlite;

    begin_to_run(arena, &sqlite);
    alarm(20);
    const char *shown = support_show(arena, run(arena, sqlite, text_from(argument)));
    sqlite_rollback(sqlite);
    if (strcmp(shown, "4 a.sql:1:1+96: interrupted") != 0) {
        fprintf(stderr, "%s\n", shown);
        _exit(12);
    }
    sqlite_close(&sqlite);
}

static void interrupt_commit(const void *argument)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    struct sqlite *sqlite;

    (void)argument;
    begin_to_run(arena, &sqlite);
    if (sqlite_commit(arena, sqlite))
        _exit(12);
    sqlite_close(&sqlite);
}

static void interrupt_waiting(const void *argument)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    struct sqlite *sqlite = open_sqlite(arena);

    (void)argument;
    interrupt_catch();
    sqlite_wait(sqlite, 60000);
    raise(SIGTERM);
    alarm(20);
    fprintf(stderr, "%s", support_show(arena, sqlite_begin(arena, sqlite, true)));
    sqlite_close(&sqlite);
}

static void interrupt_copy(const void *argument)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    struct sqlite *sqlite = open_sqlite(arena);

    (void)argument;
    interrupt_catch();
    raise(SIGHUP);
    support_write("y.db", TEXT(""));
    fprintf(stderr, "%s", support_show(arena, sqlite_copy(arena, sqlite, "y.db")));
    sqlite_close(&sqlite);
}

static void test_interrupted(void **state)
{
    static const char endless[] =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, n"
        " AS m;;";
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    struct text messages;

    (void)state;
    int status = support_fork(arena, interrupt_script, endless, &messages);
    assert_string_equal(messages.bytes, "");
    assert_int_equal(status, 0);
    assert_string_equal(raw(arena, "SELECT a FROM t").bytes, "1");

    sqlite3 *other = open_other("BEGIN IMMEDIATE");
    assert_int_equal(support_fork(arena, interrupt_waiting, NULL, &messages), 0);
    assert_string_equal(messages.bytes, "4 interrupted");
    assert_int_equal(sqlite3_close(other), SQLITE_OK);

    assert_int_equal(support_fork(arena, interrupt_copy, NULL, &messages), 0);
    assert_string_equal(messages.bytes, "4 interrupted");

    /* What is to be committed is. */
    assert_int_equal(support_fork(arena, interrupt_commit, NULL, &messages), 0);
    assert_string_equal(raw(arena, "SELECT a FROM t").bytes, "");
}

/* A disk that is full: every size at which the next write of a revision fails. */

enum { FULL_SIZE_MAX = 160 << 10, FULL_STEP = 8 << 10 };

static int fill(size_t limit)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(sqlite_close) struct sqlite *sqlite = open_sqlite(arena);
    struct rlimit size = {limit, limit};

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &size) < 0)
        return 100;
    struct error *error = sqlite_begin(arena, sqlite, true);
    if (!error)
        error = run(arena, sqlite,
                    TEXT("CREATE TABLE u AS SELECT zeroblob(100000) AS z;"
                         "UPDATE t SET a = 2;"));
    if (!error)
        error = sqlite_commit(arena, sqlite);
    if (error)
        sqlite_rollback(sqlite);
    return error_status(error);
}

static void test_full_disk(void **state)
{
    CLEANUP(arena_free) struct arena *arena = start(NULL);
    struct text before = everything(arena);
    size_t failed = 0, worked = 0;

    (void)state;
    for (size_t limit = 0; limit <= FULL_SIZE_MAX; limit += FULL_STEP) {
        int status;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            _exit(fill(limit));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        failed += WEXITSTATUS(status) == 5;
        worked += WEXITSTATUS(status) == 0;
        assert_string_equal(raw(arena, "PRAGMA integrity_check; SELECT a FROM t").bytes,
                            worked ? "ok|2" : "ok|1");
        if (worked)
            break;
        assert_true(text_equal(everything(arena), before));
    }
    assert_true(failed > 10);
    assert_int_equal(worked, 1);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, refused_rows, test_refused);
    support_add_rows(&tests, rolled_back_rows, test_rolled_back);
    support_add_rows(&tests, alone_rows, test_alone);
    support_add_rows(&tests, works_rows, test_works);
    support_add_rows(&tests, clean_rows, test_clean);
    support_add_rows(&tests, verify_rows, test_verify);
    support_add(&tests, "a piece of a script", test_piece);
    support_add(&tests, "a script of 200,000 statements", test_long_script);
    support_add_rows(&tests, keys_rows, test_foreign_keys_off);
    support_add_rows(&tests, proceed_rows, test_proceed);
    support_add(&tests, "proceed: what came last", test_proceed_commit);
    support_add(&tests, "begin while another one writes", test_begin_locked);
    support_add(&tests, "commit while another one reads", test_commit_locked);
    support_add(&tests, "commit with a foreign key missing", test_commit_deferred);
    support_add(&tests, "our own statements", test_ask);
    support_add_rows(&tests, open_rows, test_open);
    support_add(&tests, "a connection that only reads", test_read_only);
    support_add_rows(&tests, copy_rows, test_copy);
    support_add(&tests, "copy: refused", test_copy_refused);
    support_add(&tests, "signals", test_interrupted);
    support_add(&tests, "a full disk", test_full_disk);
    return support_run("sqlite", &tests);
}

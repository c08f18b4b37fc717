/* Manifests with their scripts, compiled: what is refused and where, what the steps become. */
#include "compiler/compile.h"
#include "runtime/sqlite.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Files in one text: each begins with a line "=== path". */
static struct arena *unpack(const char *files)
{
    struct arena *arena = arena_new(256 << 20);
    struct text rest = text_from(files), mark = TEXT("=== ");

    assert_int_equal(system("rm -rf *"), 0);
    assert_int_equal(mkdir("sql", 0755), 0);
    while (rest.size) {
        assert_true(text_starts(rest, mark));
        rest = text_slice(rest, mark.size, rest.size);
        struct text path = arena_copy(arena, text_cut(&rest, '\n'));
        struct text content = text_slice(rest, 0, text_find(rest, mark));

        support_write(path.bytes, content);
        rest = text_slice(rest, content.size, rest.size);
    }
    return arena;
}

static struct error *compile(struct arena *arena, enum dialect dialect, bool rehearses,
                             struct writer *writer, struct compiled *compiled)
{
    struct manifest manifest;
    struct order order;
    CLEANUP(rehearsal_close) struct rehearsal *rehearsal = NULL;
    struct rehearsal_options stage = {.dialect = dialect};
    struct compile_options options = {.dialect = dialect, .writer = writer};

    assert_string_equal(support_show(arena, manifest_load(arena, TEXT("."), &manifest)), "");
    assert_string_equal(support_show(arena, graph_resolve(arena, &manifest)), "");
    order_linearize(arena, &manifest, &order);
    if (rehearses && dialect == DIALECT_SQLITE)
        support_check(rehearsal_open(arena, &stage, &rehearsal), "");
    options.rehearsal = rehearsal;
    return compile_run(arena, &manifest, &order, &options, compiled);
}

#define HEAD     "=== ferry.yaml\nferry: 1\nproject: shop\ndialect: sqlite\nrevisions:\n"
#define HEAD_PG  "=== ferry.yaml\nferry: 1\nproject: shop\ndialect: postgresql\nrevisions:\n"
#define STEP(id) "  - {id: " id ", up: sql/" id ".sql"
#define ROOT(id) STEP(id) ", parents: []"
#define A        "=== sql/a.sql\n"
#define B        "=== sql/b.sql\n"
#define C        "=== sql/c.sql\n"
#define D        "=== sql/d.sql\n"
#define V        "=== sql/v.sql\n"

#define SEVEN(text) text text text text text text text

/* Refused. */

static const struct refused_row {
    const char *name, *files, *expected;
} refused_rows[] = {
    {"refused: a script that is missing", HEAD ROOT("a") "}\n" STEP("b") "}\n" A "SELECT 1;\n",
     "1 ferry.yaml:6:17+9: cannot open 'sql/b.sql': No such file or directory"},
    {"refused: several that are missing", HEAD ROOT("a") ", down: sql/v.sql}\n" STEP("b") "}\n",
     "1 ferry.yaml:5:17+9: cannot open 'sql/a.sql': No such file or directory | 1 "
     "ferry.yaml:5:47+9: cannot open 'sql/v.sql': No such file or directory | 1 ferry.yaml:6:17+9: "
     "cannot open 'sql/b.sql': No such file or directory"},
    {"refused: a folder", HEAD "  - {id: a, up: sql, parents: []}\n",
     "1 ferry.yaml:5:17+3: cannot read 'sql': not a regular file"},
    {"refused: several scripts, in order",
     HEAD ROOT("a") ", down: sql/v.sql}\n" STEP("b") "}\n" STEP("c") "}\n" STEP(
         "d") "}\n" V "ATTACH 'x' AS y;\n" A "SELECT 'a;\n" B "SELECT 1;\n" C
              "SELECT 1;\nCOMMIT;\n" D "SELECT 1;\n.shell ls\n",
     "1 sql/a.sql:1:8+1: unterminated string | 1 sql/v.sql:1:1+6: 'ATTACH' reaches beyond the "
     "target / Delete it: a script works on one database. | 1 sql/c.sql:2:1+6: transaction control "
     "'COMMIT' in a script / Delete it, for the whole revision runs in one transaction, or make "
     "several revisions; one BEGIN; ... COMMIT; around a whole script is fine. | 1 "
     "sql/d.sql:2:1+6: shell command '.shell' in a script / Only the sqlite3 shell knows it; "
     "delete it."},
    {"refused: one that is missing does not hide another",
     HEAD ROOT("a") ", down: sql/v.sql}\n" STEP("b") "}\n" A "BEGIN;\n" B "VACUUM;\n",
     "1 ferry.yaml:5:47+9: cannot open 'sql/v.sql': No such file or directory | 1 sql/a.sql:1:1+5: "
     "transaction control 'BEGIN' in a script / Delete it, for the whole revision runs in one "
     "transaction, or make several revisions; one BEGIN; ... COMMIT; around a whole script is "
     "fine. | 1 sql/b.sql:1:1+6: 'VACUUM' cannot run in a transaction / Say 'transaction: none' "
     "for this revision."},
    {"refused: no last semicolon", HEAD ROOT("a") "}\n" A "SELECT 1\n",
     "1 sql/a.sql:1:9+0: the last statement does not end in ';' / Add it if the statement is "
     "whole, or allow 'missing-semicolon'."},
    {"refused: not UTF-8", HEAD ROOT("a") "}\n" A "SELECT \xff;\n",
     "1 sql/a.sql:1:8+1: byte 0xff is not UTF-8 / Save the file as UTF-8."},
    {"refused: vacuum in a transaction", HEAD ROOT("a") "}\n" A "VACUUM;\n",
     "1 sql/a.sql:1:1+6: 'VACUUM' cannot run in a transaction / Say 'transaction: none' for this "
     "revision."},
    {"refused: control without a transaction",
     HEAD ROOT("a") ", transaction: none}\n" A "VACUUM;\nCOMMIT;\n",
     "1 sql/a.sql:2:1+6: transaction control 'COMMIT' in a script / Delete it: each statement of "
     "this script runs by itself."},
    {"refused: a verify script is always in a transaction",
     HEAD ROOT("a") ", transaction: none, verify: sql/v.sql}\n" A "VACUUM;\n" V "VACUUM;\n",
     "1 sql/v.sql:1:1+6: 'VACUUM' cannot run in a transaction / Say 'transaction: none' for this "
     "revision."},

    {"refused: foreign keys off without a transaction",
     HEAD ROOT("a") ", transaction: none, foreign_keys: off}\n" A "VACUUM;\n",
     "1 ferry.yaml:5:10+1: revision 'a' needs a transaction for 'foreign_keys: off'"},

    {"refused: foreign keys off without a transaction, for the down script",
     HEAD ROOT("a") ", transaction: none, foreign_keys: off, down: sql/b.sql}\n" A "SELECT 1;\n" B
                    "VACUUM;\n",
     "1 ferry.yaml:5:10+1: revision 'a' needs a transaction for 'foreign_keys: off'"},

    {"rehearsal: a syntax error",
     HEAD ROOT("a") "}\n" STEP("b") "}\n" A "CREATE TABLE t (a);\n" B
                                    "SELECT 1;\n\n  CREATE TABEL u (a);\n",
     "1 sql/b.sql:3:10+1: near \"TABEL\": syntax error (SQLite code 1)"},
    {"rehearsal: no such table", HEAD ROOT("a") "}\n" A "-- drop t\nSELECT 1;\nDROP TABLE t;\n",
     "1 sql/a.sql:3:12+1: no such table: t (SQLite code 1)"},
    {"rehearsal: only the first is told",
     HEAD ROOT("a") "}\n" STEP("b") "}\n" A "DROP TABLE t;\n" B "DROP TABLE u;\n",
     "1 sql/a.sql:1:12+1: no such table: t (SQLite code 1)"},
    {"rehearsal: what follows is still read",
     HEAD ROOT("a") "}\n" STEP("b") "}\n" A "DROP TABLE t;\n" B "SELECT 'u;\n",
     "1 sql/a.sql:1:12+1: no such table: t (SQLite code 1) | 1 sql/b.sql:1:8+1: unterminated "
     "string"},
    {"refused: and no rehearsal of what follows",
     HEAD ROOT("a") "}\n" STEP("b") "}\n" A "SELECT 'u;\n" B "DROP TABLE u;\n",
     "1 sql/a.sql:1:8+1: unterminated string"},
    {"rehearsal: in a wrapper",
     HEAD ROOT("a") "}\n" A "BEGIN;\nCREATE TABLE t (a);\nCREATE TABLE t (a);\n"
                    "COMMIT;\n",
     "1 sql/a.sql:3:14+1: table t already exists (SQLite code 1)"},
    {"rehearsal: behind a byte-order mark",
     HEAD ROOT("a") "}\n" A "\xef\xbb\xbfSELECT 1;\nSELECT x;\n",
     "1 sql/a.sql:2:8+1: no such column: x (SQLite code 1)"},
    {"rehearsal: without a transaction",
     HEAD ROOT("a") ", transaction: none}\n" A
                    "VACUUM;\nVACUUM;\n  SELECT abs(-9223372036854775808);\n",
     "1 sql/a.sql:3:3+33: integer overflow (SQLite code 1)"},
    {"rehearsal: verify",
     HEAD ROOT("a") ", verify: sql/v.sql}\n" A "CREATE TABLE t (a);\n" V
                    "SELECT count(*) = 0 FROM t;\nSELECT count(*) FROM t;\n",
     "1 sql/v.sql:2:1+23: the verify script found a row whose first column is 0"},
    {"rehearsal: a foreign key",
     HEAD ROOT("a") ", foreign_keys: off}\n" A "CREATE TABLE p (a PRIMARY KEY);\nCREATE TABLE c (a "
                    "REFERENCES p);\nINSERT INTO c VALUES (1);\n",
     "1 script 'sql/a.sql': row 1 of table 'c' refers to a row that table 'p' does not have"},
    {"rehearsal: a foreign key at the end",
     HEAD ROOT("a") "}\n" A "CREATE TABLE p (a PRIMARY KEY);\nCREATE TABLE c (a REFERENCES p "
                    "DEFERRABLE INITIALLY DEFERRED);\n"
                    "INSERT INTO c VALUES (1);\n",
     "1 script 'sql/a.sql': FOREIGN KEY constraint failed (SQLite code 787)"},
    {"rehearsal: what a revision leaves in the session",
     HEAD ROOT("a") "}\n" STEP("b") "}\n" A "CREATE TEMP TABLE t (a);\n" B "SELECT * FROM t;\n",
     "1 sql/b.sql:1:15+1: no such table: t (SQLite code 1)"},
    {"rehearsal: the fence", HEAD ROOT("a") "}\n" A "SELECT load_extension('x');\n",
     "1 sql/a.sql:1:8+1: function load_extension is refused in a revision"},
    {"rehearsal: the ledger", HEAD ROOT("a") "}\n" A "CREATE TABLE sqlferry_x (a);\n",
     "1 sql/a.sql:1:1+25: a change to sqlferry_x is refused in a revision"},
};

static void test_refused(void **state)
{
    const struct refused_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = unpack(row->files);
    struct compiled compiled = {.count = 99};
    struct error *error = compile(arena, DIALECT_SQLITE, true, NULL, &compiled);

    /* The version in it is that of the host. */
    if (text_starts(text_from(row->name), TEXT("rehearsal: "))) {
        assert_non_null(error);
        assert_string_equal(error->hint.bytes,
                            arena_format(arena,
                                         "The chain was run in an empty SQLite %s in memory.",
                                         sqlite_version())
                                .bytes);
        error->hint = (struct text){0};
    }
    assert_string_equal(support_show(arena, error), row->expected);
    assert_int_equal(compiled.count, 99);
}

static void test_no_folder(void **state)
{
    CLEANUP(arena_free) struct arena *arena = unpack(HEAD ROOT("a") "}\n" A "SELECT 1;\n");
    struct manifest manifest;
    struct order order;
    struct compile_options options = {.dialect = DIALECT_SQLITE};
    struct compiled compiled;

    (void)state;
    assert_null(manifest_load(arena, TEXT("."), &manifest));
    assert_null(graph_resolve(arena, &manifest));
    order_linearize(arena, &manifest, &order);
    manifest.folder = TEXT("nothing");
    support_check(compile_run(arena, &manifest, &order, &options, &compiled),
                  "5 cannot open 'nothing': No such file or directory");
}

/* More mistakes than are shown. */
static void test_many(void **state)
{
    CLEANUP(buffer_free) struct buffer files = {0};
    struct compiled compiled;
    size_t count = 0;

    (void)state;
    buffer_add(&files, TEXT(HEAD ROOT("a") "}\n"));
    for (int i = 0; i < 30; i++)
        buffer_format(&files, "  - {id: r%d, up: sql/a.sql}\n", i);
    buffer_add(&files, TEXT(A "ATTACH 'x' AS y;\n"));
    buffer_add(&files, TEXT("\0"));
    CLEANUP(arena_free) struct arena *arena = unpack(files.bytes);
    for (const struct error *error = compile(arena, DIALECT_SQLITE, true, NULL, &compiled); error;
         error = error->next)
        count++;
    assert_int_equal(count, ERRORS_MAX);
}

/*
 * Compiled. Each step is shown as "id", "none" where it runs without a transaction, "idempotent";
 * then each script with its cuts, "keys-off", and "changed" where the file is not what is shipped.
 */

static const struct compiled_row {
    const char *name;
    enum dialect dialect;
    const char *files, *expected;
} compiled_rows[] = {
    {"compiled: one", DIALECT_SQLITE, HEAD ROOT("a") "}\n" A "SELECT 1;\n",
     "a up=sql/a.sql/0; 1 scripts, 1 statements, 10 bytes"},
    {"compiled: an empty script", DIALECT_SQLITE, HEAD ROOT("a") "}\n" A,
     "a up=sql/a.sql; 1 scripts, 0 statements, 0 bytes"},
    {"compiled: all scripts", DIALECT_SQLITE,
     HEAD ROOT("a") ", down: sql/b.sql, verify: sql/v.sql}\n" STEP(
         "c") ", down: none}\n" A "CREATE TABLE t (a);\n" B "DROP TABLE t;\n" V
              "SELECT count(*) = 0 FROM t;\n" C "INSERT INTO t VALUES (1);\n",
     "a up=sql/a.sql/0 down=sql/b.sql/0 verify=sql/v.sql/0; c up=sql/c.sql/0 down=none; 4 scripts, "
     "4 "
     "statements, 88 bytes"},
    {"compiled: in the order of the graph", DIALECT_SQLITE,
     HEAD STEP("b") ", parents: [a]}\n" ROOT("a") "}\n" B "DROP TABLE t;\n" A
                                                  "CREATE TABLE t (a);\n",
     "a up=sql/a.sql/0; b up=sql/b.sql/0; 2 scripts, 2 statements, 34 bytes"},
    {"compiled: idempotent", DIALECT_SQLITE, HEAD ROOT("a") ", idempotent: true}\n" A "SELECT 1;\n",
     "a idempotent up=sql/a.sql/0; 1 scripts, 1 statements, 10 bytes"},
    {"compiled: a wrapper", DIALECT_SQLITE, HEAD ROOT("a") "}\n" A "BEGIN;\nSELECT 1;\nCOMMIT;\n",
     "a up=sql/a.sql/7 changed; 1 scripts, 1 statements, 25 bytes"},
    {"compiled: a semicolon added", DIALECT_SQLITE,
     HEAD ROOT("a") ", allow: [missing-semicolon]}\n" A "SELECT 1\n",
     "a up=sql/a.sql/0 changed; 1 scripts, 1 statements, 10 bytes"},
    {"compiled: a byte-order mark", DIALECT_SQLITE,
     HEAD ROOT("a") "}\n" A "\xef\xbb\xbfSELECT 1;\n",
     "a up=sql/a.sql/0 changed; 1 scripts, 1 statements, 10 bytes"},
    {"compiled: a foreign_keys wrapper", DIALECT_SQLITE,
     HEAD ROOT("a") "}\n" STEP(
         "b") "}\n" A "CREATE TABLE p (a PRIMARY KEY);\nCREATE TABLE c (a REFERENCES p);\nINSERT "
              "INTO p VALUES (1);\n"
              "INSERT INTO c VALUES (1);\n" B
              "PRAGMA foreign_keys=off;\nBEGIN;\nCREATE TABLE q (a PRIMARY KEY, b);"
              "\nINSERT INTO q SELECT a, 1 FROM p;\nDROP TABLE p;\nALTER TABLE q RENAME TO "
              "p;\nCOMMIT;\n"
              "PRAGMA foreign_keys=on;\n",
     "a up=sql/a.sql/0/32/65/91; b up=sql/b.sql/32/67/101/115 keys-off changed; 2 scripts, 8 "
     "statements, 291 bytes"},
    {"compiled: a foreign_keys wrapper around the down script alone", DIALECT_SQLITE,
     HEAD ROOT("a") ", down: sql/b.sql, verify: sql/v.sql}\n" A "CREATE TABLE t (a);\n" B
                    "PRAGMA foreign_keys=off;\nDROP TABLE t;\nPRAGMA foreign_keys=on;\n" V
                    "SELECT 1;\n",
     "a up=sql/a.sql/0 down=sql/b.sql/25 keys-off changed verify=sql/v.sql/0; 3 scripts, 3 "
     "statements, 93 bytes"},
    {"compiled: a foreign_keys wrapper around both", DIALECT_SQLITE,
     HEAD ROOT("a") ", down: sql/b.sql}\n" A
                    "PRAGMA foreign_keys=off;\nCREATE TABLE t (a);\nPRAGMA foreign_keys=on;\n" B
                    "PRAGMA foreign_keys=off;\nDROP TABLE t;\nPRAGMA foreign_keys=on;\n",
     "a up=sql/a.sql/25 keys-off changed down=sql/b.sql/25 keys-off changed; 2 scripts, 2 "
     "statements, 132 bytes"},
    {"compiled: a foreign_keys wrapper around a verify script", DIALECT_SQLITE,
     HEAD ROOT("a") ", verify: sql/v.sql}\n" A "SELECT 1;\n" V
                    "PRAGMA foreign_keys=off;\nSELECT 1;\n",
     "a up=sql/a.sql/0 verify=sql/v.sql/25 changed; 2 scripts, 2 statements, 45 bytes"},
    {"compiled: foreign_keys: off", DIALECT_SQLITE,
     HEAD ROOT("a") ", foreign_keys: off}\n" A "SELECT 1;\n",
     "a up=sql/a.sql/0 keys-off; 1 scripts, 1 statements, 10 bytes"},
    {"compiled: foreign_keys: off of all that is there", DIALECT_SQLITE,
     HEAD ROOT("a") ", foreign_keys: off, down: sql/b.sql, verify: sql/v.sql}\n" STEP(
         "c") ", foreign_keys: off, down: none}\n" A "SELECT 1;\n" B "SELECT 1;\n" V "SELECT 1;\n" C
              "SELECT 1;\n",
     "a up=sql/a.sql/0 keys-off down=sql/b.sql/0 keys-off verify=sql/v.sql/0; c up=sql/c.sql/0 "
     "keys-off down=none; 4 scripts, 4 statements, 40 bytes"},
    {"compiled: the actions of an up script whose down script has a wrapper", DIALECT_SQLITE,
     HEAD ROOT("a") "}\n" STEP(
         "b") ", down: sql/d.sql, verify: sql/v.sql}\n" A
              "CREATE TABLE p (a PRIMARY KEY);\nCREATE TABLE c (a REFERENCES p ON DELETE "
              "CASCADE);\n"
              "INSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1);\n" B "DELETE FROM p;\n" D
              "PRAGMA foreign_keys=off;\nDROP TABLE p;\nPRAGMA foreign_keys=on;\n" V
              "SELECT count(*) = 0 FROM c;\n",
     "a up=sql/a.sql/0/32/83/109; b up=sql/b.sql/0 down=sql/d.sql/25 keys-off changed "
     "verify=sql/v.sql/0; 4 scripts, 7 statements, 241 bytes"},
    {"compiled: no transaction, and none is needed", DIALECT_SQLITE,
     HEAD ROOT("a") ", transaction: none}\n" A "SELECT 1;\nSELECT 2;\n",
     "a up=sql/a.sql/0/10; 1 scripts, 2 statements, 20 bytes"},
    {"compiled: no transaction, in a wrapper", DIALECT_SQLITE,
     HEAD ROOT("a") ", transaction: none}\n" A "BEGIN;\nSELECT 1;\nSELECT 2;\nCOMMIT;\n",
     "a up=sql/a.sql/7/17 changed; 1 scripts, 2 statements, 35 bytes"},
    {"compiled: no transaction, for VACUUM", DIALECT_SQLITE,
     HEAD ROOT("a") ", transaction: none, verify: sql/v.sql}\n" A "SELECT 1;\n-- c\nVACUUM;\n" V
                    "SELECT 1;\nSELECT 2;\n",
     "a none up=sql/a.sql/0/15 verify=sql/v.sql/0/10; 2 scripts, 4 statements, 43 bytes"},
    {"compiled: no transaction, for VACUUM in the down script", DIALECT_SQLITE,
     HEAD ROOT("a") ", transaction: none, down: sql/b.sql}\n" A "SELECT 1;\nSELECT 2;\n" B
                    "SELECT 3;\nVACUUM;\n",
     "a none up=sql/a.sql/0/10 down=sql/b.sql/0/10; 2 scripts, 4 statements, 38 bytes"},
    {"compiled: no transaction, PostgreSQL", DIALECT_POSTGRESQL,
     HEAD_PG ROOT("a") ", transaction: none}\n" A
                       "SELECT 1; SELECT 2;\n\n-- c\nCREATE INDEX CONCURRENTLY i ON t (a);\n",
     "a none up=sql/a.sql/0/10/26 2:t:i; 1 scripts, 3 statements, 64 bytes"},
    {"compiled: a cut for each statement", DIALECT_SQLITE,
     HEAD ROOT("a") ", down: sql/b.sql, verify: sql/v.sql}\n" A
                    "SELECT 1;SELECT 2;\n\n;; SELECT 3;\n" B "SELECT 4; -- c\nSELECT 5;\n" V
                    "SELECT 6;\nSELECT 7; SELECT 8;\n",
     "a up=sql/a.sql/0/9/23 down=sql/b.sql/0/15 verify=sql/v.sql/0/10/20; 3 scripts, 8 "
     "statements, 88 bytes"},
    {"compiled: a cut behind leading comments", DIALECT_SQLITE,
     HEAD ROOT("a") "}\n" A "-- \xc3\xa4;\n/* SELECT 0; */\n\n  SELECT 1;\n-- end\n",
     "a up=sql/a.sql/26; 1 scripts, 1 statements, 43 bytes"},
    {"compiled: no cut in nothing but comments", DIALECT_SQLITE,
     HEAD ROOT("a") "}\n" A "-- c\n;\n/* d */\n",
     "a up=sql/a.sql; 1 scripts, 0 statements, 15 bytes"},
    {"compiled: no cut inside a trigger", DIALECT_SQLITE,
     HEAD ROOT("a") "}\n" A "CREATE TABLE t (a);\nCREATE TRIGGER r AFTER INSERT ON t BEGIN "
                    "SELECT 1; SELECT 2; END;\nSELECT 1;\n",
     "a up=sql/a.sql/0/20/86; 1 scripts, 3 statements, 96 bytes"},
    {"compiled: no cut inside a function", DIALECT_POSTGRESQL,
     HEAD_PG ROOT("a") "}\n" A "SELECT 1;\nDO $$BEGIN; SELECT 1; END$$;\nSELECT ';';\n",
     "a up=sql/a.sql/0/10/39; 1 scripts, 3 statements, 51 bytes"},
    {"compiled: timeouts", DIALECT_POSTGRESQL,
     HEAD_PG ROOT("a") ", lock_timeout: 500ms, statement_timeout: 2m}\n" STEP(
         "b") ", lock_timeout: 10s}\n" A "SELECT 1;\n" B "SELECT 2;\n",
     "a 500+120000 ms up=sql/a.sql/0; b 10000+0 ms up=sql/b.sql/0; 2 scripts, 2 statements, 20 "
     "bytes"},
    {"compiled: what SQLite would refuse", DIALECT_POSTGRESQL,
     HEAD_PG ROOT("a") "}\n" A "CREATE TYPE mood AS ENUM ('glad');\n",
     "a up=sql/a.sql/0; 1 scripts, 1 statements, 35 bytes"},
};

/* What a statement builds outside a transaction; "" where nobody can look it up. */
static const struct build_row {
    const char *name, *statement, *expected;
} build_rows[] = {
    {"build: plain", "CREATE INDEX CONCURRENTLY i ON t (a);", "0:t:i"},
    {"build: in small letters", "create index concurrently i on t (a);", "0:t:i"},
    {"build: capitals without quotes", "CREATE INDEX CONCURRENTLY I_Big ON Tab (a);",
     "0:tab:i_big"},
    {"build: quoted", "CREATE INDEX CONCURRENTLY \"I_Big\" ON \"Tab\" (a);", "0:Tab:I_Big"},
    {"build: keywords in quotes", "CREATE INDEX CONCURRENTLY \"on\" ON \"ONLY\" (a);", "0:ONLY:on"},
    {"build: digits in quotes", "CREATE INDEX CONCURRENTLY \"1\" ON \"2\" (a);", "0:2:1"},
    {"build: dollars", "CREATE INDEX CONCURRENTLY i$1 ON _t$ (a);", "0:_t$:i$1"},
    {"build: with a schema", "CREATE INDEX CONCURRENTLY i ON app.t (a);", "0:app.t:i"},
    {"build: with a schema in quotes", "CREATE INDEX CONCURRENTLY i ON \"App\" . T (a);",
     "0:App.t:i"},
    {"build: unique", "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);", "0:t:i"},
    {"build: if not exists", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a);", "0:t:i"},
    {"build: only", "CREATE INDEX CONCURRENTLY i ON ONLY t (a);", "0:t:i"},
    {"build: everything",
     "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I\" ON ONLY app.\"T\" USING btree "
     "(lower(a)) "
     "WHERE a > '';",
     "0:app.T:I"},
    {"build: no blanks", "CREATE INDEX CONCURRENTLY\"i\"ON\"s\".\"t\"(a);", "0:s.t:i"},
    {"build: comments inside",
     "-- c\nCREATE/**/INDEX -- ON x\nCONCURRENTLY /* j */ i /* ON u */ ON t (a);", "0:t:i"},
    {"build: names of 63 bytes",
     "CREATE INDEX CONCURRENTLY " SEVEN("iiiiiiiii") " ON " SEVEN("sssssssss") "." SEVEN(
         "ttttttttt") " (a);",
     "0:" SEVEN("sssssssss") "." SEVEN("ttttttttt") ":" SEVEN("iiiiiiiii")},
    {"build: the second of three", "SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a); SELECT 2;",
     "1:t:i"},
    {"build: two of three",
     "CREATE INDEX CONCURRENTLY i ON t (a); SELECT 1; CREATE INDEX CONCURRENTLY j ON s.u (a);",
     "0:t:i 2:s.u:j"},
    {"build: one name on two tables",
     "CREATE INDEX CONCURRENTLY i ON s.t (a); CREATE INDEX CONCURRENTLY i ON u.t (a);",
     "0:s.t:i 1:u.t:i"},

    {"no build: an index without a name", "CREATE INDEX CONCURRENTLY ON t (a);", ""},
    {"no build: not concurrently", "CREATE INDEX i ON t (a);", ""},
    {"no build: unique, not concurrently", "CREATE UNIQUE INDEX i ON t (a);", ""},
    {"no build: an index of that name", "CREATE INDEX \"concurrently\" ON t (a);", ""},
    {"no build: in a string", "SELECT 'CREATE INDEX CONCURRENTLY i ON t (a)';", ""},
    {"no build: in a comment", "SELECT 1 -- CREATE INDEX CONCURRENTLY i ON t (a)\n;", ""},
    {"no build: dropped", "DROP INDEX CONCURRENTLY i;", ""},
    {"no build: built again", "REINDEX INDEX CONCURRENTLY i;", ""},
    {"no build: a table", "CREATE TABLE i (a int);", ""},
    {"no build: a quote in a name", "CREATE INDEX CONCURRENTLY \"i\"\"j\" ON t (a);", ""},
    {"no build: a quote in a table", "CREATE INDEX CONCURRENTLY i ON \"t\"\"u\" (a);", ""},
    {"no build: a blank in a name", "CREATE INDEX CONCURRENTLY \"i j\" ON t (a);", ""},
    {"no build: a dot in a table", "CREATE INDEX CONCURRENTLY i ON \"s.t\" (a);", ""},
    {"no build: a dash in a schema", "CREATE INDEX CONCURRENTLY i ON \"s-1\".t (a);", ""},
    {"no build: a colon in a name", "CREATE INDEX CONCURRENTLY \"i:j\" ON t (a);", ""},
    {"no build: UTF-8 in a name", "CREATE INDEX CONCURRENTLY \xc3\xa4 ON t (a);", ""},
    {"no build: UTF-8 in quotes", "CREATE INDEX CONCURRENTLY i ON \"\xc3\xa4\" (a);", ""},
    {"no build: a name in Unicode escapes", "CREATE INDEX CONCURRENTLY U&\"i\" ON t (a);", ""},
    {"no build: a table in Unicode escapes", "CREATE INDEX CONCURRENTLY i ON U&\"t\" (a);", ""},
    {"no build: three parts", "CREATE INDEX CONCURRENTLY i ON d.s.t (a);", ""},
    {"no build: an index of 64 bytes",
     "CREATE INDEX CONCURRENTLY x" SEVEN("iiiiiiiii") " ON t (a);", ""},
    {"no build: a table of 64 bytes", "CREATE INDEX CONCURRENTLY i ON x" SEVEN("iiiiiiiii") " (a);",
     ""},
    {"no build: a schema of 64 bytes",
     "CREATE INDEX CONCURRENTLY i ON x" SEVEN("iiiiiiiii") ".t (a);", ""},
};

static void test_build(void **state)
{
    const struct build_row *row = *state;
    CLEANUP(buffer_free) struct buffer files = {0}, shown = {0};
    struct compiled compiled;

    buffer_format(&files, HEAD_PG ROOT("a") ", transaction: none}\n" A "%s\n%c", row->statement, 0);
    CLEANUP(arena_free) struct arena *arena = unpack(files.bytes);
    support_check(compile(arena, DIALECT_POSTGRESQL, false, NULL, &compiled), "");
    const struct index_script *script = &compiled.steps[0].scripts[SCRIPT_UP];
    for (size_t i = 0; i < script->build_count; i++)
        buffer_format(&shown, "%s%llu:%.*s:%.*s", i ? " " : "",
                      (unsigned long long)script->builds[i].piece,
                      TEXT_ARGS(script->builds[i].table), TEXT_ARGS(script->builds[i].name));
    assert_string_equal(arena_copy(arena, buffer_text(&shown)).bytes, row->expected);
    /* Whatever is written can be read. */
    for (size_t i = 0; i < script->build_count; i++)
        assert_true(index_is_name(script->builds[i].name));
}

static void show_script(struct buffer *shown, const struct index_script *script,
                        enum script_kind kind)
{
    if (script->presence == SCRIPT_NONE)
        buffer_format(shown, " %s=none", script_kind_name(kind));
    if (script->presence != SCRIPT_FILE) {
        assert_false(script->foreign_keys_off);
        return;
    }
    buffer_format(shown, " %s=%.*s", script_kind_name(kind), TEXT_ARGS(script->path));
    for (size_t i = 0; i < script->cut_count; i++)
        buffer_format(shown, "/%llu", (unsigned long long)script->cuts[i]);
    for (size_t i = 0; i < script->build_count; i++)
        buffer_format(shown, " %llu:%.*s:%.*s", (unsigned long long)script->builds[i].piece,
                      TEXT_ARGS(script->builds[i].table), TEXT_ARGS(script->builds[i].name));
    if (script->foreign_keys_off)
        buffer_add(shown, TEXT(" keys-off"));
    if (!digest_equal(&script->digest, &script->source))
        buffer_add(shown, TEXT(" changed"));
}

static const char *show_compiled(struct arena *arena, const struct compiled *compiled)
{
    CLEANUP(buffer_free) struct buffer shown = {0};

    for (size_t i = 0; i < compiled->count; i++) {
        const struct index_step *step = &compiled->steps[i];

        buffer_format(&shown, "%.*s%s%s", TEXT_ARGS(step->id), step->transactional ? "" : " none",
                      step->idempotent ? " idempotent" : "");
        if (step->lock_timeout_ms || step->statement_timeout_ms)
            buffer_format(&shown, " %llu+%llu ms", (unsigned long long)step->lock_timeout_ms,
                          (unsigned long long)step->statement_timeout_ms);
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            show_script(&shown, &step->scripts[kind], (enum script_kind)kind);
        buffer_add(&shown, TEXT("; "));
    }
    buffer_format(&shown, "%zu scripts, %zu statements, %llu bytes", compiled->script_count,
                  compiled->statement_count, (unsigned long long)compiled->size);
    return arena_copy(arena, buffer_text(&shown)).bytes;
}

static void test_compiled(void **state)
{
    const struct compiled_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = unpack(row->files);
    CLEANUP(writer_close) struct writer writer = {.scratch = {-1, -1}};
    struct compiled compiled, checked;

    assert_null(writer_open(arena, TEXT("."), LEVEL_MIN, 1, &writer));
    assert_string_equal(support_show(arena, compile(arena, row->dialect, true, &writer, &compiled)),
                        "");
    assert_string_equal(show_compiled(arena, &compiled), row->expected);
    assert_null(compile(arena, row->dialect, false, NULL, &checked));
    assert_int_equal(checked.size, compiled.size);
}

/* Without a rehearsal, SQL that only fails when it runs is shipped. */
static void test_no_rehearsal(void **state)
{
    CLEANUP(arena_free) struct arena *arena = unpack(HEAD ROOT("a") "}\n" A "DROP TABLE nosuch;\n");
    struct compiled compiled;

    (void)state;
    assert_null(compile(arena, DIALECT_SQLITE, false, NULL, &compiled));
    assert_int_equal(compiled.count, 1);
}

/*
 * Cuts of a large script: at a statement, each piece as long as a 4,096th of the script at least
 * and no longer than it takes to reach that, and the pieces are the script.
 */
static void test_large(void **state)
{
    CLEANUP(buffer_free) struct buffer files = {0};
    enum { STATEMENTS = 20000, STATEMENT_SIZE_MAX = 90 };
    struct compiled compiled;

    (void)state;
    buffer_add(&files, TEXT(HEAD ROOT("a") "}\n" A "-- large\nCREATE TABLE t (a);\n"));
    for (int i = 0; i < STATEMENTS; i++)
        buffer_format(&files, "INSERT INTO t VALUES ('%d%050d');\n", i, 0);
    buffer_add(&files, TEXT("\0"));
    CLEANUP(arena_free) struct arena *arena = unpack(files.bytes);
    CLEANUP(writer_close) struct writer writer = {.scratch = {-1, -1}};
    assert_null(writer_open(arena, TEXT("."), LEVEL_MIN, 1, &writer));
    support_check(compile(arena, DIALECT_SQLITE, true, &writer, &compiled), "");
    assert_int_equal(compiled.statement_count, STATEMENTS + 1);

    const struct index_script *script = &compiled.steps[0].scripts[SCRIPT_UP];
    struct text text = support_read(arena, "sql/a.sql");
    size_t least = text.size / 4096, size = 0;
    assert_int_equal(script->size, text.size);
    assert_true(compiled.steps[0].transactional);
    assert_true(script->cut_count > 3000 && script->cut_count <= 4096 + 1);
    assert_int_equal(script->cuts[0], strlen("-- large\n"));
    for (size_t i = 0; i < index_piece_count(script); i++) {
        struct text piece = index_piece(script, text, i);

        assert_true(text_starts(piece, i ? TEXT("INSERT") : TEXT("CREATE")));
        assert_true(text_ends(piece, TEXT(";\n")));
        assert_true(piece.size < least + STATEMENT_SIZE_MAX);
        assert_true(piece.size >= least || i + 1 == script->cut_count);
        size += piece.size;
    }
    assert_int_equal(size, text.size - script->cuts[0]);
}

/* Outside a transaction each statement is a piece, however many there are. */
static void test_large_by_statement(void **state)
{
    CLEANUP(buffer_free) struct buffer files = {0};
    enum { STATEMENTS = 9000 };
    struct compiled compiled;

    (void)state;
    buffer_add(&files, TEXT(HEAD_PG ROOT("a") ", transaction: none}\n" A));
    for (int i = 0; i < STATEMENTS; i++)
        buffer_format(&files, "CREATE INDEX CONCURRENTLY i%d ON t (a);\n", i);
    buffer_add(&files, TEXT("\0"));
    CLEANUP(arena_free) struct arena *arena = unpack(files.bytes);
    support_check(compile(arena, DIALECT_POSTGRESQL, false, NULL, &compiled), "");
    const struct index_script *script = &compiled.steps[0].scripts[SCRIPT_UP];
    assert_int_equal(script->cut_count, STATEMENTS);
    assert_int_equal(script->build_count, STATEMENTS);
    assert_int_equal(script->builds[STATEMENTS - 1].piece, STATEMENTS - 1);
    assert_true(text_equal(script->builds[STATEMENTS - 1].name, TEXT("i8999")));
}

/* Builds are looked for only where a script runs by itself on PostgreSQL. */
static void test_no_builds(void **state)
{
    CLEANUP(arena_free)
    struct arena *arena =
        unpack(HEAD_PG ROOT("a") ", transaction: none, down: sql/b.sql, verify: sql/v.sql}\n" A
                                 "SELECT 1;\n" B "SELECT 2;\nDROP INDEX CONCURRENTLY i;\n"
                                 "CREATE INDEX CONCURRENTLY j ON t (a);\n" V "SELECT 3;\n");
    struct compiled compiled;

    (void)state;
    support_check(compile(arena, DIALECT_POSTGRESQL, false, NULL, &compiled), "");
    const struct index_script *scripts = compiled.steps[0].scripts;
    assert_int_equal(scripts[SCRIPT_UP].build_count, 0);
    assert_int_equal(scripts[SCRIPT_DOWN].build_count, 1);
    assert_int_equal(scripts[SCRIPT_DOWN].builds[0].piece, 2);
    assert_int_equal(scripts[SCRIPT_VERIFY].build_count, 0);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, refused_rows, test_refused);
    support_add(&tests, "a folder that is gone", test_no_folder);
    support_add(&tests, "thirty mistakes", test_many);
    support_add_rows(&tests, compiled_rows, test_compiled);
    support_add(&tests, "no rehearsal", test_no_rehearsal);
    support_add(&tests, "a large script", test_large);
    support_add(&tests, "a large script without a transaction", test_large_by_statement);
    support_add_rows(&tests, build_rows, test_build);
    support_add(&tests, "builds of a down script", test_no_builds);
    return support_run("compile", &tests);
}

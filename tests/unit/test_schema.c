/* Schemas: what two ways to the same tables have in common, how differences are told and kept. */
#include "runtime/schema_postgresql.h"
#include "runtime/schema_sqlite.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A database in memory, and what it is read as. */
struct stage {
    struct arena *arena;
    struct sqlite *sqlite;
    struct schema_sqlite *reader;
    struct schema schema;
};

static struct stage stage_open(void)
{
    struct stage stage = {.arena = arena_new(64 << 20), .reader = schema_sqlite_open()};
    struct sqlite_options options = {.path = ":memory:", .writes = true};

    assert_null(sqlite_open(stage.arena, &options, &stage.sqlite));
    return stage;
}

static void stage_close(struct stage *stage)
{
    schema_free(&stage->schema);
    schema_sqlite_close(&stage->reader);
    sqlite_close(&stage->sqlite);
    arena_free(&stage->arena);
}

/* Ours, so nothing is fenced; pieces are separated by "^". */
static void stage_run(struct stage *stage, const char *sql)
{
    struct text rest = text_from(sql);
    struct rows none;

    while (rest.size) {
        struct text one = arena_copy(stage->arena, text_cut(&rest, '^'));

        support_check(sqlite_say(stage->arena, stage->sqlite, one, &none), "");
    }
    support_check(schema_sqlite_read(stage->arena, stage->sqlite, stage->reader, &stage->schema),
                  "");
}

/* The objects, as changes of an empty schema. */
static const char *show(struct arena *arena, const struct schema *before,
                        const struct schema *after)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct schema_changes changes;

    schema_compare(arena, before, after, &changes);
    schema_write(&buffer, &changes);
    return arena_copy(arena, buffer_text(&buffer)).bytes;
}

/* What a database is made of. */

static const struct objects_row {
    const char *name, *sql, *expected;
} objects_rows[] = {
    {"objects: none", "", ""},
    {"objects: a table",
     "CREATE TABLE t (a INTEGER PRIMARY KEY, B TEXT NOT NULL DEFAULT 'It''s', c)",
     "+column t.a\tinteger primary key\n+column t.b\ttext not null default 'It''s'\n"
     "+column t.c\t\n+table t\t\n"},
    {"objects: constraints of a table",
     "CREATE TABLE t (a, b, PRIMARY KEY (a, b), CONSTRAINT Small CHECK (a < 3), UNIQUE(b))",
     "+column t.a\t\n+column t.b\t\n+constraint t.primary key(a, b)\t\n"
     "+constraint t.small\tcheck(a < 3)\n+constraint t.unique(b)\t\n+table t\t\n"},
    {"objects: commas in brackets are none between columns",
     "CREATE TABLE t (a NUMERIC(10, 2) CHECK (a IN (1, 2)), b DEFAULT (max(1, 2)))",
     "+column t.a\tnumeric(10, 2) check(a in(1, 2))\n+column t.b\tdefault(max(1, 2))\n+table "
     "t\t\n"},
    {"objects: options of a table", "CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT, WITHOUT ROWID",
     "+column t.a\tinteger primary key\n+table t\tstrict, without rowid\n"},
    {"objects: a column that is called like a constraint",
     "CREATE TABLE t (\"check\" TEXT, [primary], `a b` INT)",
     "+column t.\"a b\"\tint\n+column t.check\ttext\n+column t.primary\t\n+table t\t\n"},
    {"objects: numbers, blobs and operators",
     "CREATE TABLE t (a DEFAULT -1.5e-3, b DEFAULT X'0A', c DEFAULT .5, d AS (a||-b) STORED,"
     " e CHECK (e->>'x'>=0x1F))",
     "+column t.a\tdefault - 1.5e-3\n+column t.b\tdefault x'0a'\n+column t.c\tdefault .5\n"
     "+column t.d\tas(a || - b) stored\n+column t.e\tcheck(e ->> 'x' >= 0x1f)\n+table t\t\n"},
    {"objects: an index",
     "CREATE TABLE t (a, b)^CREATE UNIQUE INDEX I ON t(b COLLATE NOCASE, a DESC) WHERE a > 0",
     "+column t.a\t\n+column t.b\t\n+index i\tunique on t(b collate nocase, a desc) where a > 0\n"
     "+table t\t\n"},
    {"objects: a view and a trigger",
     "CREATE TABLE t (a)^CREATE VIEW v (x) AS SELECT a FROM t -- all\n^CREATE TRIGGER g AFTER"
     " INSERT ON t BEGIN DELETE FROM t WHERE a < 0; END",
     "+column t.a\t\n+table t\t\n+trigger g\tafter insert on t begin delete from t where a < 0 ; "
     "end\n+view v\t(x) as select a from t\n"},
    {"objects: a virtual table, without its own",
     "CREATE VIRTUAL TABLE f USING fts5(Body, tokenize='Porter')^CREATE TABLE f_more (a)",
     "+column f_more.a\t\n+table f\tvirtual using fts5(body, tokenize = 'Porter')\n"
     "+table f_more\t\n"},
    {"objects: a line in a string", "CREATE TABLE t (a DEFAULT 'x\n\ty\\')",
     "+column t.a\tdefault 'x\\n\\ty\\\\'\n+table t\t\n"},
    {"objects: ours, SQLite's and other tools'",
     "CREATE TABLE sqlferry_ledger (a)^CREATE INDEX mine ON sqlferry_ledger (a)^CREATE TABLE"
     " alembic_version (version_num)^CREATE TABLE s (a INTEGER PRIMARY KEY AUTOINCREMENT)^ANALYZE",
     "+column s.a\tinteger primary key autoincrement\n+table s\t\n"},
};

static void test_objects(void **state)
{
    const struct objects_row *row = *state;
    CLEANUP(stage_close) struct stage stage = stage_open();
    struct schema empty = {0};

    stage_run(&stage, row->sql);
    assert_string_equal(show(stage.arena, &empty, &stage.schema), row->expected);
}

/* Two ways to a database, and what makes one of the other. */

static const struct ways_row {
    const char *name, *one, *other, *expected;
} ways_rows[] = {
    {"same: blanks, comments, case, quotes", "CREATE TABLE t (a INTEGER, b TEXT)",
     "CREATE TABLE \"T\"(\n  [a]integer /* one */, -- two\n `B`  Text\n)", ""},
    {"same: the order of creation", "CREATE TABLE t (a)^CREATE TABLE u (a)^CREATE INDEX i ON t(a)",
     "CREATE TABLE u (a)^CREATE TABLE t (a)^CREATE INDEX i ON t(a)", ""},
    {"same: a column that came later", "CREATE TABLE t (a, b TEXT DEFAULT 'x')",
     "CREATE TABLE t (a)^ALTER TABLE t ADD COLUMN b TEXT DEFAULT 'x'", ""},
    {"same: a column that came and went", "CREATE TABLE t (a, b)",
     "CREATE TABLE t (a, c TEXT, b)^ALTER TABLE t DROP COLUMN c", ""},
    {"same: a table renamed and back",
     "CREATE TABLE p (a PRIMARY KEY)^CREATE TABLE t (a REFERENCES p(a))^CREATE INDEX i ON t(a)^"
     "CREATE VIEW v AS SELECT t.a FROM t^CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM p; "
     "END",
     "CREATE TABLE p (a PRIMARY KEY)^CREATE TABLE t (a REFERENCES p(a))^CREATE INDEX i ON t(a)^"
     "CREATE VIEW v AS SELECT t.a FROM t^CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM p; "
     "END^ALTER TABLE t RENAME TO x^ALTER TABLE p RENAME TO y^ALTER TABLE y RENAME TO p^"
     "ALTER TABLE x RENAME TO t",
     ""},
    {"same: a column renamed and back", "CREATE TABLE t (a, CHECK (a > 0))^CREATE INDEX i ON t(a)",
     "CREATE TABLE t (a, CHECK (a > 0))^CREATE INDEX i ON t(a)^ALTER TABLE t RENAME a TO b^"
     "ALTER TABLE t RENAME b TO a",
     ""},
    {"same: dropped and made again", "CREATE TABLE t (a)",
     "CREATE TABLE t (b)^CREATE TABLE w (a)^DROP TABLE t^DROP TABLE w^CREATE TABLE t (a)^VACUUM",
     ""},
    {"same: rows", "CREATE TABLE t (a)", "CREATE TABLE t (a)^INSERT INTO t VALUES (1)", ""},

    {"other: a column more", "CREATE TABLE t (a)", "CREATE TABLE t (a)^ALTER TABLE t ADD b INT",
     "+column t.b\tint\n"},
    {"other: another default", "CREATE TABLE t (a DEFAULT 1)", "CREATE TABLE t (a DEFAULT 2)",
     "+column t.a\tdefault 2\n"},
    {"other: a string in another case", "CREATE TABLE t (a DEFAULT 'X')",
     "CREATE TABLE t (a DEFAULT 'x')", "+column t.a\tdefault 'x'\n"},
    {"other: a collation", "CREATE TABLE t (a TEXT)", "CREATE TABLE t (a TEXT COLLATE NOCASE)",
     "+column t.a\ttext collate nocase\n"},
    {"other: an index less", "CREATE TABLE t (a)^CREATE INDEX i ON t(a)", "CREATE TABLE t (a)",
     "-index i\n"},
    {"other: a table renamed", "CREATE TABLE t (a)", "CREATE TABLE t (a)^ALTER TABLE t RENAME TO u",
     "-column t.a\n+column u.a\t\n-table t\n+table u\t\n"},
    {"other: a trigger's body",
     "CREATE TABLE t (a)^CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
     "CREATE TABLE t (a)^CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 2; END",
     "+trigger g\tafter insert on t begin select 2 ; end\n"},
};

static void test_ways(void **state)
{
    const struct ways_row *row = *state;
    CLEANUP(stage_close) struct stage one = stage_open(), other = stage_open();

    stage_run(&one, row->one);
    stage_run(&other, row->other);
    assert_string_equal(show(one.arena, &one.schema, &other.schema), row->expected);
    struct digest a = schema_digest(&one.schema), b = schema_digest(&other.schema);
    assert_int_equal(digest_equal(&a, &b), *row->expected == '\0');
}

/* docs/format.md has this one, made with b2sum. */
static void test_digest(void **state)
{
    CLEANUP(stage_close) struct stage stage = stage_open();

    (void)state;
    struct digest digest = schema_digest(&stage.schema);
    assert_string_equal(digest_hex(stage.arena, &digest).bytes,
                        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    stage_run(&stage, "CREATE TABLE t (a INT)");
    digest = schema_digest(&stage.schema);
    assert_string_equal(digest_hex(stage.arena, &digest).bytes,
                        "cea3e8619234dd32aa1fca4d822ef30bd0e1f0c73ca23f157eceaf19f6addf25");
}

/* A reader that has seen every state on the way finds what one finds that sees the last alone. */
static void test_again(void **state)
{
    static const char *const statements[] = {
        "CREATE TABLE IF NOT EXISTS t%d (a%d INT, b TEXT, UNIQUE (a%d))",
        "CREATE INDEX IF NOT EXISTS i%d ON t%d (b)",
        "DROP TABLE IF EXISTS t%d",
        "DROP INDEX IF EXISTS i%d",
        "ALTER TABLE t%d ADD COLUMN c%d INT DEFAULT %d",
        "ALTER TABLE t%d RENAME TO t1%d",
        "ALTER TABLE t%d DROP COLUMN b",
        "CREATE VIEW IF NOT EXISTS v%d AS SELECT %d AS x",
        "VACUUM",
    };
    CLEANUP(stage_close) struct stage stage = stage_open();
    CLEANUP(schema_history_free) struct schema_history history = {0};
    struct schema before = {0}, fresh = {0}, followed = {0};
    uint64_t seed = 7;
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < 400; i++) {
        int n = (int)support_below(&seed, 9);
        struct text sql =
            arena_format(stage.arena, statements[support_below(&seed, COUNT(statements))], n, n, n);
        struct rows none;

        done += !sqlite_say(stage.arena, stage.sqlite, sql, &none);
        schema_copy(&before, &stage.schema);
        support_check(schema_sqlite_read(stage.arena, stage.sqlite, stage.reader, &stage.schema),
                      "");

        struct schema_sqlite *reader = schema_sqlite_open();
        support_check(schema_sqlite_read(stage.arena, stage.sqlite, reader, &fresh), "");
        schema_sqlite_close(&reader);
        assert_string_equal(show(stage.arena, &fresh, &stage.schema), "");

        support_check(schema_history_add(stage.arena, &history,
                                         text_from(show(stage.arena, &before, &stage.schema))),
                      "");
        schema_history_end(&history, &followed);
        for (size_t j = 0; j < history.count; j++)
            history.lines[j].number = j; /* sorted now, and to be gone on with */
        assert_string_equal(show(stage.arena, &followed, &stage.schema), "");
        struct digest a = schema_digest(&followed), b = schema_digest(&fresh);
        assert_true(digest_equal(&a, &b));
    }
    assert_true(done > 100 && stage.schema.count > 10);
    schema_free(&before);
    schema_free(&fresh);
    schema_free(&followed);
}

static const struct misspelt_row {
    const char *name, *text;
} misspelt_rows[] = {
    {"misspelt: no line feed", "+table t\t"},
    {"misspelt: no sign", "table t\t\n"},
    {"misspelt: another sign", "*table t\t\n"},
    {"misspelt: no definition", "+table t\n"},
    {"misspelt: gone, with one", "-table t\tx\n"},
    {"misspelt: no kind", "+ t\t\n"},
    {"misspelt: no name", "+table \t\n"},
    {"misspelt: two tabs", "+table t\tx\ty\n"},
    {"misspelt: an escape", "+table t\\x\t\n"},
    {"misspelt: half an escape", "+table t\tx\\\n"},
    {"misspelt: an empty line", "\n"},
};

static void test_misspelt(void **state)
{
    const struct misspelt_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(schema_history_free) struct schema_history history = {0};

    support_check(schema_history_add(arena, &history, text_from(row->text)),
                  "3 a list of schema changes is misspelt");
}

static void test_excerpts(void **state)
{
    CLEANUP(stage_close) struct stage a = stage_open(), b = stage_open();
    struct schema_changes changes;
    struct text before, after;

    (void)state;
    stage_run(&a, "CREATE TABLE t (a INT)^CREATE VIEW v AS SELECT "
                  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' AS x,"
                  " 1 AS one, 3, 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'");
    stage_run(&b, "CREATE TABLE t (a TEXT)^CREATE VIEW v AS SELECT "
                  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' AS x,"
                  " 2 AS two");
    schema_compare(a.arena, &a.schema, &b.schema, &changes);
    assert_int_equal(changes.count, 2);
    schema_excerpts(a.arena, &changes.list[0], &before, &after);
    assert_string_equal(before.bytes, "int");
    assert_string_equal(after.bytes, "text");
    schema_excerpts(a.arena, &changes.list[1], &before, &after);
    assert_string_equal(before.bytes, "...aaaaaaaaaaaaaaaa' as x, 1 as one, 3, "
                                      "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'");
    assert_string_equal(after.bytes, "...aaaaaaaaaaaaaaaa' as x, 2 as two");
}

/* What PostgreSQL's query gives: objects that stayed are taken from what is known. */
static void test_cells(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(schema_free) struct schema nothing = {0}, one = {0}, two = {0};

    (void)state;
    schema_postgresql_read(arena, TEXT("index\0a.i\0on t\0table\0a.t\0\0table\0a.u\0x\0"), &nothing,
                           &one);
    assert_string_equal(show(arena, &nothing, &one), "+index a.i\ton t\n+table a.t\t\n"
                                                     "+table a.u\tx\n");
    schema_postgresql_read(arena, TEXT("column\0a.u.c\0int\0index\0a.i\0on u\0table\0a.u\0x\0"),
                           &one, &two);
    assert_string_equal(show(arena, &one, &two),
                        "+column a.u.c\tint\n+index a.i\ton u\n-table a.t\n");
    assert_ptr_equal(two.list[2], one.list[2]);
    /* Out of order, by a server that sorts otherwise. */
    schema_postgresql_read(arena, TEXT("table\0a.u\0x\0index\0a.i\0on u\0"), &two, &one);
    assert_string_equal(show(arena, &nothing, &one), "+index a.i\ton u\n+table a.u\tx\n");
}

/* The query has a part for each version, and each is one statement of one line for psql. */
static void test_lines(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text oldest = schema_postgresql_lines(arena, SCHEMA_POSTGRESQL_LEAST, false, false),
                newest = schema_postgresql_lines(arena, SCHEMA_POSTGRESQL_MOST, false, false),
                inside = schema_postgresql_lines(arena, SCHEMA_POSTGRESQL_MOST, true, true);

    (void)state;
    assert_true(text_find(oldest, TEXT("attcompression")) == oldest.size);
    assert_true(text_find(oldest, TEXT("pubviaroot")) == oldest.size);
    assert_true(text_find(newest, TEXT("attcompression")) < newest.size);
    assert_true(text_find(newest, TEXT("pubviaroot")) < newest.size);
    assert_true(text_starts(newest, TEXT("BEGIN ")) && text_ends(newest, TEXT("ROLLBACK;\n")));
    assert_true(text_starts(inside, TEXT("SAVEPOINT ")));
    assert_true(text_find(inside, TEXT("BEGIN")) == inside.size);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, objects_rows, test_objects);
    support_add_rows(&tests, ways_rows, test_ways);
    support_add(&tests, "digest", test_digest);
    support_add(&tests, "again and again", test_again);
    support_add_rows(&tests, misspelt_rows, test_misspelt);
    support_add(&tests, "cells of PostgreSQL", test_cells);
    support_add(&tests, "lines for PostgreSQL", test_lines);
    support_add(&tests, "excerpts", test_excerpts);
    return support_run("schema", &tests);
}

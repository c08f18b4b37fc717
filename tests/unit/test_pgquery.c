/*
 * What PostgreSQL's own parser says of statements, at its place in the script. A build without the
 * parser accepts all of them.
 */
#include "compiler/pgquery.h"
#include "compiler/sql.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/support.h"

#define BOM "\xef\xbb\xbf"
/* A name longer than what a message quotes. */
#define TEN       "aaaaaaaaaa"
#define LONG_NAME "\"" TEN TEN TEN TEN TEN TEN TEN "\""

/* The servers of these rows are no newer than the parser, and nothing is said about that. */
static const struct row {
    const char *name, *script, *expected;
} rows[] = {
    {"valid", "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (2);\n", ""},
    {"a word too many", "SELECT 1;\nSELECT a FORM t;",
     "1 a.sql:2:15+1: syntax error at or near \"t\""},
    {"behind wide characters", "SELECT 'äöü€', 'x' 'y';",
     "1 a.sql:1:20+3: syntax error at or near \"'y'\""},
    {"behind a byte-order mark", BOM "SELECT 'é' x y;",
     "1 a.sql:1:14+1: syntax error at or near \"y\""},
    {"behind a comment", "/* é */ SELECT /* ü */ x y z;",
     "1 a.sql:1:28+1: syntax error at or near \"z\""},
    {"at its semicolon", "SELECT 1 +;", "1 a.sql:1:11+1: syntax error at or near \";\""},
    {"at its semicolon, on the next line", "SELECT (1 +\n  -- a comment\n);",
     "1 a.sql:3:1+1: syntax error at or near \")\""},
    {"several", "CREATE TABEL t (a int);\nSELECT 1;\nDROP t;",
     "1 a.sql:1:8+5: syntax error at or near \"TABEL\" | "
     "1 a.sql:3:6+1: syntax error at or near \"t\""},
    {"not at or near", "CREATE TABLE t (a text COLLATE x COLLATE \"C\");",
     "1 a.sql:1:34+7: multiple COLLATE clauses not allowed"},
    {"at a long name", "SELECT a b " LONG_NAME ";",
     "1 a.sql:1:12+72: syntax error at or near \"\"" TEN TEN TEN TEN TEN "aaaaaaaaa...\""},
    {"at a name of several lines", "SELECT a b \"c\nd\";",
     "1 a.sql:1:12+5: syntax error at or near \"\"c...\""},
    {"number and name", "SELECT 1a;",
     "1 a.sql:1:8+2: trailing junk after numeric literal at or near \"1a\""},
    {"a string goes on behind a comment", "SELECT 'a' -- b\n  'c' /* d */;", ""},
    {"a string does not go on in the same line", "SELECT 'a' /* b\n */ 'c';",
     "1 a.sql:2:5+3: syntax error at or near \"'c'\""},
    {"what the lexer refuses is not parsed", "SELECT :a b c d;\nSELECT a b c;",
     "1 a.sql:1:8+2: psql variable ':a' in a script / Write the value itself. | "
     "1 a.sql:2:12+1: syntax error at or near \"c\""},
    {"what is taken off is not parsed", "BEGIN ISOLATION LEVEL x;\nSELECT 1;\nCOMMIT;", ""},
    {"without its semicolon", "SELECT a b\nc",
     "1 a.sql:2:2+0: the last statement does not end in ';' / "
     "Add it if the statement is whole, or allow 'missing-semicolon'."},
    {"BEGIN ATOMIC",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE 1 WHEN 1 "
     "THEN 2 "
     "END; END;\nCREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);",
     ""},
};

static struct error *read_script(struct arena *arena, const char *text, const char *server_version,
                                 struct script *script, struct source *source)
{
    struct sql_options options = {
        .dialect = DIALECT_POSTGRESQL,
        .transactional = true,
        .parses = true,
        .server_version = text_from(server_version),
    };

    *source = (struct source){TEXT("a.sql"), text_from(text)};
    return sql_read(arena, source, &options, script);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    CLEANUP(script_free) struct script script = {0};
    struct arena *arena = arena_new(1 << 20);
    struct source source;
    struct error *error = read_script(arena, row->script, "1", &script, &source);
    bool is_lexed = strstr(row->expected, "psql") || strstr(row->expected, "does not end");

    if (pgquery_version().size)
        support_check(error, row->expected);
    else if (!is_lexed)
        support_check(error, "");
    assert_null(script.warnings);
    arena_free(&arena);
}

/* An error where the servers are as old as the parser or nobody knows, else a warning. */
static void test_newer_servers(void **state)
{
    static const struct {
        const char *server_version;
        bool is_warning;
        const char *hint; /* its %s is the parser's version */
    } cases[] = {
        {"", false,
         " / The parser is that of PostgreSQL %s; if only newer servers know this, say so with "
         "'requires:' in the manifest."},
        {"9.6", false, ""},
        {"12", false, ""},
        {"99", true,
         " / The parser is that of PostgreSQL %s; make sure that 99, which the manifest requires, "
         "knows this."},
        {"99.1", true,
         " / The parser is that of PostgreSQL %s; make sure that 99.1, which the manifest "
         "requires, "
         "knows this."},
    };
    CLEANUP(script_free) struct script script = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct source source;
        struct error *error = read_script(arena, "SELECT 1;\nSELECT NEW SYNTAX HERE;",
                                          cases[i].server_version, &script, &source);
        struct buffer expected = {0};

        if (pgquery_version().size) {
            buffer_format(&expected, "1 a.sql:2:19+4: syntax error at or near \"HERE\"");
            buffer_format(&expected, cases[i].hint, pgquery_version().bytes);
        }
        buffer_add(&expected, (struct text){"", 1});
        support_check(error, cases[i].is_warning ? "" : expected.bytes);
        support_check(script.warnings, cases[i].is_warning ? expected.bytes : "");
        assert_int_equal(script.count, error ? 0 : 2);
        buffer_free(&expected);
        arena_free(&arena);
    }
}

/* Beginnings, repeated middles and endings of statements that are nested, or nest in their tree. */
static const struct deep {
    const char *begin, *middle, *end;
    bool is_refused; /* its nesting is more than the parser's own stack holds */
} deep[] = {
    {"SELECT 1", " + 1", "", false},
    {"SELECT 'a'", " || 'a'", "", false},
    {"SELECT 1", "::int", "", false},
    {"SELECT true", " AND true", "", false},
    {"SELECT a", ".a", "", false},
    {"SELECT a", "[1]", "", false},
    {"SELECT 1", " UNION ALL SELECT 1", "", false},
    {"SELECT 1 FROM a", " JOIN a ON true", "", false},
    {"SELECT ", "(", "1", true},
    {"SELECT ", "NOT ", "true", true},
    {"SELECT ", "- ", "1", true},
    {"SELECT ", "ARRAY[", "1", true},
    {"SELECT ", "(SELECT ", "1", true},
    {"SELECT ", "CASE WHEN ", "1", true},
    {"SELECT ", "f(", "1", true},
    {"SELECT 1 FROM ", "(SELECT 1 FROM ", "a", true},
};

static void *parse_deep(void *argument)
{
    enum { DEPTH = 100000 };
    struct arena *arena = arena_new(1 << 20);
    struct buffer buffer = {0};

    (void)argument;
    for (size_t i = 0; i < COUNT(deep); i++) {
        struct pgquery_refusal refusal = {TEXT(""), 0, 0};

        buffer.size = 0;
        buffer_add(&buffer, text_from(deep[i].begin));
        for (int j = 0; j < DEPTH; j++)
            buffer_add(&buffer, text_from(deep[i].middle));
        buffer_add(&buffer, text_from(deep[i].end));
        struct text statement = buffer_text(&buffer);
        buffer_add(&buffer, (struct text){"", 1});
        statement.bytes = buffer.bytes;
        bool is_fine = pgquery_parse(arena, statement, &refusal);
        assert_int_equal(is_fine, pgquery_version().size == 0 || !deep[i].is_refused);
        assert_true(is_fine || text_equal(refusal.message, TEXT("memory exhausted")));
    }
    buffer_free(&buffer);
    arena_free(&arena);
    return NULL;
}

/* However deep a statement is, it does not take the stack: a small one is enough for all of them.
 */
static void test_deep(void **state)
{
    enum { STACK_SIZE = 256 << 10 };
    pthread_attr_t attributes;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK_SIZE), 0);
    assert_int_equal(pthread_create(&thread, &attributes, parse_deep, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

/* Two statements that are given as one, and none at all. */
static void test_count(void **state)
{
    struct arena *arena = arena_new(1 << 16);
    struct pgquery_refusal refusal;

    (void)state;
    if (pgquery_version().size) {
        assert_false(pgquery_parse(arena, TEXT("SELECT 1; SELECT 2;"), &refusal));
        assert_true(
            text_equal(refusal.message, TEXT("the server reads 2 statements here, not one")));
        assert_int_equal(refusal.offset, 0);
        assert_false(pgquery_parse(arena, TEXT(" ;"), &refusal));
        assert_true(
            text_equal(refusal.message, TEXT("the server reads 0 statements here, not one")));
    }
    assert_true(pgquery_parse(arena, TEXT("SELECT 1;"), &refusal));
    assert_true(pgquery_parse(arena, TEXT("SELECT 1"), &refusal));
    arena_free(&arena);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_row);
    support_add(&tests, "newer servers", test_newer_servers);
    support_add(&tests, "deep", test_deep);
    support_add(&tests, "count", test_count);
    return support_run("pgquery", &tests);
}

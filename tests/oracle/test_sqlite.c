/*
 * SQLite sees statements end where our lexer does: scripts by lot are compared with
 * sqlite3_complete at every semicolon, and valid ones with where sqlite3_prepare_v2 stops, too.
 */
#include "tests/oracle/pieces.h"
#include "tests/oracle/scripts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { SCRIPTS = 20000, ARENA_SIZE = 1 << 18 };

/* Every semicolon of a piece ends it for SQLite, or does not, as for us. */
static size_t compare_complete(struct text script, struct text piece)
{
    char *bytes = (char *)piece.bytes; /* of a buffer: a NUL is put behind each semicolon */
    size_t count = 0;

    for (size_t at = 0; at < piece.size; at++) {
        char behind = bytes[at + 1];

        if (bytes[at] != ';')
            continue;
        bytes[at + 1] = '\0';
        bool is_complete = sqlite3_complete(bytes);
        bytes[at + 1] = behind;
        if (is_complete != (at + 1 == piece.size))
            pieces_fail(script, is_complete ? "SQLite ends at" : "SQLite does not end",
                        text_slice(piece, 0, at + 1));
        count++;
    }
    return count;
}

static void test_complete(void **state)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    size_t count = scripts_count(SCRIPTS), compared = 0;
    uint64_t seed = 2;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(ARENA_SIZE);
        struct pieces pieces;
        struct text piece;

        struct text script =
            scripts_make(&buffer, DIALECT_SQLITE, i % 3 ? SCRIPTS_SOUP : SCRIPTS_VALID, &seed);
        pieces_start(&pieces, arena, script, DIALECT_SQLITE, 0);
        while (pieces_next(&pieces, &piece))
            if (pieces.is_ended)
                compared += compare_complete(script, piece);
        arena_free(&arena);
    }
    print_message("%zu scripts, %zu semicolons\n", count, compared);
    assert_true(compared > count / 2);
}

/* With the tables that the grammar of valid scripts knows. */
static sqlite3 *open_database(void)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(":memory:", &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database,
                                  "CREATE TABLE t (a, b, c$d, \"e;f\", [g;'], `h\"`, \"i\"\"\","
                                  " `j```, é, [end;], \"; END;\"); CREATE TABLE u (x)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    return database;
}

static void test_prepare(void **state)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    size_t count = scripts_count(SCRIPTS), compared = 0;
    sqlite3 *database = open_database();
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new(ARENA_SIZE);
        struct pieces pieces;
        struct text piece;

        struct text script = scripts_make(&buffer, DIALECT_SQLITE, SCRIPTS_VALID, &seed);
        pieces_start(&pieces, arena, script, DIALECT_SQLITE, 0);
        for (; pieces_next(&pieces, &piece); compared++) {
            sqlite3_stmt *statement = NULL;
            const char *tail;
            int code = sqlite3_prepare_v2(database, piece.bytes, -1, &statement, &tail);

            sqlite3_finalize(statement);
            if (code != SQLITE_OK)
                pieces_fail(script, sqlite3_errmsg(database), piece);
            if (tail != piece.bytes + piece.size)
                pieces_fail(script, "SQLite's", (struct text){piece.bytes, tail - piece.bytes});
        }
        if (!pieces_are_all(&pieces))
            pieces_fail(script, "ours refuses", pieces.reader.errors.first->message);
        arena_free(&arena);
    }
    sqlite3_close(database);
    print_message("%zu scripts, %zu statements\n", count, compared);
    assert_true(compared > count / 2);
}

/* Scripts that SQLite takes, all of them, and we refuse. */
static const struct {
    const char *script;
    const char *reason;
} quirks[] = {
    {"SELECT 1; /* SELECT 2;",
     "an open comment ends with the text; so does a file that was cut off"},
    {"SELECT 1 /* ; SELECT 2;", "the same inside a statement"},
    {"SELECT 4\n/\n2;", "the sqlite3 shell takes a '/' alone on a line for a semicolon"},
    {"SELECT 1 AS\ngo\n;", "and the word go"},
    {"\xef\xbb\xbfSELECT 1;\n\xef\xbb\xbfSELECT 2;",
     "a byte-order mark is a blank, wherever it is"},
    {"SELECT $x(;);",
     "a parameter may hold a semicolon, and what it stands for is not in the script"},
    {"SELECT ?, :a, @b;", "what parameters stand for is not in the script"},
};

static void test_quirks(void **state)
{
    sqlite3 *database = open_database();

    (void)state;
    for (size_t i = 0; i < COUNT(quirks); i++) {
        struct sql_options options = {.dialect = DIALECT_SQLITE, .transactional = true};
        const struct source source = {TEXT("quirk"), text_from(quirks[i].script)};
        CLEANUP(script_free) struct script script = {0};
        struct arena *arena = arena_new(ARENA_SIZE);

        print_message("%s\n", quirks[i].reason);
        assert_int_equal(sqlite3_exec(database, quirks[i].script, NULL, NULL, NULL), SQLITE_OK);
        assert_non_null(sql_read(arena, &source, &options, &script));
        arena_free(&arena);
    }
    sqlite3_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_prepare),
        cmocka_unit_test(test_quirks),
    };

    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}

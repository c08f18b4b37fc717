/*
 * PostgreSQL's own scanner and parser, out of libpg_query, cut scripts where our lexer does: valid
 * ones are given to the parser, any up to our first refusal to the scanner.
 */
#include "tests/oracle/pieces.h"
#include "tests/oracle/scripts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pg_query.h>

enum { SCRIPTS = 10000, ARENA_SIZE = 1 << 18, PIECES_MAX = 100 };

/* The server's reading is compared, so what psql reads differently is no matter. */
static void start(struct pieces *pieces, struct arena *arena, struct text script)
{
    pieces_start(pieces, arena, script, DIALECT_POSTGRESQL, 1u << SQL_SPLIT_AMBIGUOUS);
}

/* Where the semicolon behind a statement stands, or the end. */
static size_t end_of(const PgQuerySplitStmt *statement)
{
    return (size_t)(statement->stmt_location + statement->stmt_len);
}

/* Both have the blanks between statements to themselves, so it is the ends that count. */
static size_t compare_parsed(struct text script, struct pieces *pieces,
                             const PgQuerySplitResult *result)
{
    struct text piece;
    size_t count = 0;

    for (; pieces_next(pieces, &piece); count++) {
        if (count == (size_t)result->n_stmts)
            pieces_fail(script, "only ours", piece);
        size_t end = (size_t)(piece.bytes - script.bytes) + piece.size - pieces->is_ended;
        if (end != end_of(result->stmts[count]))
            pieces_fail(script, "PostgreSQL does not end here", piece);
    }
    if (!pieces_are_all(pieces))
        pieces_fail(script, "ours refuses", pieces->reader.errors.first->message);
    if (count != (size_t)result->n_stmts)
        pieces_fail(script, "only PostgreSQL's",
                    text_slice(script, (size_t)result->stmts[count]->stmt_location, script.size));
    return count;
}

static void test_parser(void **state)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    size_t count = scripts_count(SCRIPTS), compared = 0;
    uint64_t seed = 4;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct text script = scripts_make(&buffer, DIALECT_POSTGRESQL, SCRIPTS_VALID, &seed);
        PgQuerySplitResult result = pg_query_split_with_parser(script.bytes);
        struct arena *arena = arena_new(ARENA_SIZE);
        struct pieces pieces;

        if (result.error)
            pieces_fail(script, "PostgreSQL", text_from(result.error->message));
        start(&pieces, arena, script);
        compared += compare_parsed(script, &pieces, &result);
        pg_query_free_split_result(result);
        arena_free(&arena);
    }
    print_message("%zu scripts, %zu statements\n", count, compared);
    assert_true(compared > count / 2);
}

/* See quirks: BEGIN ATOMIC, and a parenthesis that closes without having opened. */
static bool is_too_much(struct text piece)
{
    struct lexer lexer = {.bytes = piece.bytes, .size = piece.size};
    size_t depth = 0;

    while (lexer.at < piece.size) {
        struct token token = sql_postgresql_next(&lexer);

        if (sql_word_is(&lexer, token, "ATOMIC") || (token.kind == TOKEN_CLOSE && depth == 0))
            return true;
        depth += token.kind == TOKEN_OPEN;
        depth -= token.kind == TOKEN_CLOSE;
    }
    return false;
}

/* The statements that are terminated, up to our first refusal and what the scanner cannot do. */
static size_t list_pieces(struct text script, struct text list[static PIECES_MAX])
{
    struct arena *arena = arena_new(ARENA_SIZE);
    struct pieces pieces;
    size_t count = 0;

    start(&pieces, arena, script);
    while (count < PIECES_MAX && pieces_next(&pieces, &list[count]) && pieces.is_ended &&
           !is_too_much(list[count]))
        count++;
    arena_free(&arena);
    return count;
}

/*
 * Of the script up to the last of the pieces. One error keeps the scanner from all statements, so
 * those behind it are taken off, too. It may be a number with letters or an empty name, and is
 * never something that does not end.
 */
static PgQuerySplitResult scan(char *script, const struct text *list, size_t *count)
{
    PgQuerySplitResult result;

    for (;; --*count) {
        const char *end = list[*count - 1].bytes + list[*count - 1].size;
        char behind = script[end - script];

        script[end - script] = '\0';
        result = pg_query_split_with_scanner(script);
        script[end - script] = behind;
        if (!result.error || *count == 1)
            return result;
        if (strncmp(result.error->message, "unterminated", 12) == 0)
            pieces_fail(text_from(script), "PostgreSQL", text_from(result.error->message));
        pg_query_free_split_result(result);
    }
}

/* See quirks: the scanner passes over statements without a keyword. */
static bool is_passed_over(struct arena *arena, struct text piece)
{
    PgQuerySplitResult result = pg_query_split_with_scanner(arena_copy(arena, piece).bytes);
    bool is = !result.error && result.n_stmts == 0;

    pg_query_free_split_result(result);
    return is;
}

static size_t compare_scanned(struct text script, const struct text *list, size_t count,
                              const PgQuerySplitResult *result)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    size_t next = 0, compared = 0;

    for (size_t i = 0; i < count; i++) {
        size_t end = (size_t)(list[i].bytes - script.bytes) + list[i].size - 1;

        if (next < (size_t)result->n_stmts && end_of(result->stmts[next]) == end) {
            next++;
            compared++;
        } else if (!is_passed_over(arena, list[i])) {
            pieces_fail(script, "PostgreSQL does not end here", list[i]);
        }
    }
    if (next < (size_t)result->n_stmts)
        pieces_fail(script, "only PostgreSQL's",
                    text_slice(script, (size_t)result->stmts[next]->stmt_location, script.size));
    arena_free(&arena);
    return compared;
}

static void test_scanner(void **state)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    size_t count = scripts_count(SCRIPTS), compared = 0;
    uint64_t seed = 5;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct text script = scripts_make(&buffer, DIALECT_POSTGRESQL, SCRIPTS_SOUP, &seed);
        struct text list[PIECES_MAX];
        size_t listed = list_pieces(script, list);

        if (listed == 0)
            continue;
        PgQuerySplitResult result = scan(buffer.bytes, list, &listed);
        if (!result.error)
            compared += compare_scanned(script, list, listed, &result);
        pg_query_free_split_result(result);
    }
    print_message("%zu scripts, %zu statements\n", count, compared);
    assert_true(compared > count / 5);
}

/* Where libpg_query is not what the server is. A negative count is an error. */
static const struct {
    const char *script;
    int parser, scanner;
    const char *reason;
} quirks[] = {
    {"SELECT 'a' -- c\n'b'", -1, 1,
     "comments are tokens of their own, so no string is continued behind one; sql_parse.c sees to "
     "it"},
    {"SELECT 1e5$a$;$a$", -1, 1,
     "15.1, but not 15.18, lets a dollar quote touch a number; the lexer refuses both"},
    {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END", 1, 3,
     "the scanner does not know BEGIN ATOMIC"},
    {"SELECT 1); SELECT 2; SELECT 3", -1, 0,
     "the scanner counts parentheses below 0; psql does not, and nor do we"},
    {"a; SELECT 1; 'b'", -1, 1, "the scanner passes over what has no keyword"},
};

static void test_quirks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(quirks); i++) {
        PgQuerySplitResult parsed = pg_query_split_with_parser(quirks[i].script);
        PgQuerySplitResult scanned = pg_query_split_with_scanner(quirks[i].script);

        print_message("%s\n", quirks[i].reason);
        assert_int_equal(parsed.error ? -1 : parsed.n_stmts, quirks[i].parser);
        assert_int_equal(scanned.error ? -1 : scanned.n_stmts, quirks[i].scanner);
        pg_query_free_split_result(parsed);
        pg_query_free_split_result(scanned);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parser),
        cmocka_unit_test(test_scanner),
        cmocka_unit_test(test_quirks),
    };

    return cmocka_run_group_tests_name("pg_query", tests, NULL, NULL);
}

/* Tokens of Python source with their places, the values of expressions, and what is refused. */
#include "compiler/python.h"
#include "tests/unit/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BOM "\xef\xbb\xbf"

/* size is for inputs that hold NUL. */
struct row {
    const char *name, *input, *expected;
    size_t size;
};

static struct source source_of(const struct row *row)
{
    return (struct source){TEXT("a.py"), {row->input, row->size ? row->size : strlen(row->input)}};
}

/* Tokens with blanks between them: the column of the statement before the first of each, strings in
 * quotes, a '?' before one that is no text, '|' for the end of a statement. */
static const struct row token_rows[] = {
    {"nothing", "", "", 0},
    {"blanks and comments only", "  \n\t# x\n\f\n   ", "", 0},
    {"names and signs", "a.b(c)\n", "0:a . b ( c ) |", 0},
    {"no line end at the end", "a", "0:a |", 0},
    {"two-byte signs", "a:=b==c!=d->e", "0:a := b == c != d - > e |", 0},
    {"a mark in front", BOM "a", "0:a |", 0},
    {"indentation", "a\n  b\n\tc\n  \td\n", "0:a | 2:b | 8:c | 8:d |", 0},
    {"a form feed", "a\n \f b\n", "0:a | 1:b |", 0},
    {"statements in one line", "if a: b; c\nd", "0:if a : b | 0:c | 0:d |", 0},
    {"indented, in one line", "  a; b\n", "2:a | 2:b |", 0},
    {"line ends of other systems", "a\r\nb\rc", "0:a | 0:b | 0:c |", 0},
    {"brackets continue a line", "a = (b,\n  # why\nc)\nd", "0:a = ( b , c ) | 0:d |", 0},
    {"so does a backslash", "a = \\\n  b\\\r\n+ c\n", "0:a = b + c |", 0},
    {"numbers", "a = 1_0.5e3 0x1F", "0:a = 1_0.5e3 0x1F |", 0},
    {"names of other alphabets", "\xc3\xa9t\xc3\xa9 = 1", "0:\xc3\xa9t\xc3\xa9 = 1 |", 0},
    {"both quotes", "'a' \"b'c\"", "0:'a' 'b'c' |", 0},
    {"three quotes", "'''a\n'b''c''' \"\"\"\"x\"\"\"", "0:'a\n'b''c' '\"x' |", 0},
    {"empty strings", "'' \"\" '''''' r''", "0:'' '' '' '' |", 0},
    {"a comment sign in a string", "'#' # '\n", "0:'#' |", 0},
    {"escapes", "'\\x41\\101\\u00e9\\U0001f600\\t\\\\\\'\\\"\\q\\\nZ'",
     "0:'AA\xc3\xa9\xf0\x9f\x98\x80\t\\'\"\\qZ' |", 0},
    {"octal takes three digits", "'\\1234' '\\8'", "0:'S4' '\\8' |", 0},
    {"a named character", "'\\N{DASH}'", "0:?'\\N{DASH}' |", 0},
    {"half a character", "'\\ud800' '\\x4' '\\UFFFFFFFF'", "0:?'\\ud800' ?'\\x4' ?'\\UFFFFFFFF' |",
     0},
    {"raw and unicode", "r'\\n\\'' U\"b\"", "0:'\\n\\'' 'b' |", 0},
    {"bytes", "b'a' Rb'b' bR'c'", "0:?'a' ?'b' ?'c' |", 0},
    {"no prefix", "ub'a' rr'b' x'c'", "0:ub 'a' rr 'b' x 'c' |", 0},
    {"formatted strings", "f'a{b}' rF'{{' fr'c'", "0:?'a{b}' ?'{{' ?'c' |", 0},
    {"strings in a formatted one", "f'{a['it']}' f\"{x[\"#'\"]}\" b",
     "0:?'{a['it']}' ?'{x[\"#'\"]}' b |", 0},
    {"a format with a quote", "f\"{x:'>{w}}\" f'{d[1:2]!r:>8}'",
     "0:?'{x:'>{w}}' ?'{d[1:2]!r:>8}' |", 0},
    {"a formatted one in a formatted one", "f'{f\"{f'{1}'}\"}'", "0:?'{f\"{f'{1}'}\"}' |", 0},
};

static const struct row refused_rows[] = {
    {"a string that ends with the line", "a = 'b\nc'", "1 a.py:1:5+1: a string that does not end",
     0},
    {"a string that ends with the file", "a = 'b\\", "1 a.py:1:5+1: a string that does not end", 0},
    {"three quotes", "a\n'''b''\n", "1 a.py:2:1+3: a string that does not end", 0},
    {"a field", "f'{a", "1 a.py:1:5+0: a field of a formatted string does not end", 0},
    {"a bracket", "a = (\n[b]\n", "1 a.py:1:5+1: a bracket that is not closed", 0},
    {"a bracket too many", "a)\n", "1 a.py:1:2+1: a bracket that closes none", 0},
    {"another bracket", "(a]\n", "1 a.py:1:3+1: a bracket that closes none", 0},
    {"a backslash", "a \\ b\n", "1 a.py:1:3+1: a '\\' in the middle of a line", 0},
    {"a backslash at the end", "a \\", "1 a.py:1:3+1: a '\\' in the middle of a line", 0},
    {"NUL", "a\n\0b", "1 a.py:2:1+1: a NUL byte in Python source", 4},
    {"no UTF-8", "a\n'\xff\0'", "1 a.py:2:2+1: a byte that is not UTF-8", 6},
};

static const struct row value_rows[] = {
    {"None", "None", "1:1+4 None", 0},
    {"True and False", "True, False", "1:1+11 [1:1+4 True, 1:7+5 False]", 0},
    {"a text", " 'a'  # why", "1:2+3 'a'", 0},
    {"a text in pieces", "('a'\n  \"b\" r'\\c')", "1:1+17 'ab\\c'", 0},
    {"parentheses", "(('a'))", "1:1+7 'a'", 0},
    {"a tuple", "('a', 'b')", "1:1+10 [1:2+3 'a', 1:7+3 'b']", 0},
    {"a tuple of one", "('a',)", "1:1+6 [1:2+3 'a']", 0},
    {"a tuple without parentheses", "'a', 'b',", "1:1+9 [1:1+3 'a', 1:6+3 'b']", 0},
    {"an empty tuple", "()", "1:1+2 []", 0},
    {"a list", "['a',\n 'b',\n]", "1:1+13 [1:2+3 'a', 2:2+3 'b']", 0},
    {"a set", "{'a'}", "1:1+5 [1:2+3 'a']", 0},
    {"a dictionary", "{'a': 1}", "1:1+8 [1:2+6 ?]", 0},
    {"lists in lists", "[['a'], ()]", "1:1+11 [1:2+5 [1:3+3 'a'], 1:9+2 []]", 0},
    {"a name", "base", "1:1+4 ?", 0},
    {"a call", "f('a', b=1)[0]", "1:1+14 ?", 0},
    {"a call in a tuple", "('a', f(1, 2), 'b')", "1:1+19 [1:2+3 'a', 1:7+7 ?, 1:16+3 'b']", 0},
    {"a sum", "'a' + 'b'", "1:1+9 ?", 0},
    {"a sum of tuples", "('a',) + b", "1:1+10 ?", 0},
    {"a choice", "'a' if b else 'c'", "1:1+17 ?", 0},
    {"a method", "'a'.lower()", "1:1+11 ?", 0},
    {"a formatted text", "f'a'", "1:1+4 ?", 0},
    {"one of the pieces formatted", "'a' f'b'", "1:1+8 ?", 0},
    {"bytes", "b'a'", "1:1+4 ?", 0},
    {"nothing", "", "1:1+0 ?", 0},
    {"an item too few", "(, 'a')", "1:1+7 [1:2+0 ?, 1:4+3 'a']", 0},
    {"an assignment in brackets", "(a = 'b')", "1:1+9 [1:2+1 ?, 1:6+3 'b']", 0},
    {"a comprehension", "[x for x in y]", "1:1+14 [1:2+12 ?]", 0},
};

static void show_tokens(struct buffer *shown, struct python *python)
{
    bool begins = true;

    for (;;) {
        struct python_token token = python_next(python);

        if (token.kind == PYTHON_END)
            return;
        buffer_add(shown, shown->size ? TEXT(" ") : TEXT(""));
        if (begins && token.kind != PYTHON_LINE)
            buffer_format(shown, "%zu:", python->column);
        begins = token.kind == PYTHON_LINE;
        if (token.kind == PYTHON_LINE)
            buffer_add(shown, TEXT("|"));
        else if (token.kind == PYTHON_STRING)
            buffer_format(shown, "%s'%.*s'", token.is_literal ? "" : "?", TEXT_ARGS(token.text));
        else
            buffer_add(shown, token.text);
    }
}

static void show_value(struct buffer *shown, const struct python_value *value)
{
    static const char *const names[] = {
        [PYTHON_NONE] = "None", [PYTHON_TRUE] = "True", [PYTHON_FALSE] = "False",
        [PYTHON_TEXT] = "",     [PYTHON_LIST] = "[",    [PYTHON_OTHER] = "?",
    };
    struct place place = span_place(value->span);

    buffer_format(shown, "%zu:%zu+%zu %s", place.line, place.column, value->span.size,
                  names[value->kind]);
    if (value->kind == PYTHON_TEXT)
        buffer_format(shown, "'%.*s'", TEXT_ARGS(value->text));
    if (value->kind != PYTHON_LIST)
        return;
    for (const struct python_value *item = value->first; item; item = item->next) {
        buffer_add(shown, item == value->first ? TEXT("") : TEXT(", "));
        show_value(shown, item);
    }
    buffer_add(shown, TEXT("]"));
}

static void test_tokens(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer shown = {0};
    struct source source = source_of(row);
    struct python python;

    python_begin(&python, arena, &source);
    show_tokens(&shown, &python);
    buffer_reserve(&shown, 1)[0] = '\0';
    support_check(python.error, "");
    assert_string_equal(shown.bytes, row->expected);
}

static void test_refused(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = source_of(row);
    struct python python;

    python_begin(&python, arena, &source);
    while (python_next(&python).kind != PYTHON_END)
        ;
    support_check(python.error, row->expected);
    assert_int_equal(python_next(&python).kind, PYTHON_END);
}

static void test_value(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer shown = {0};
    struct source source = source_of(row);
    struct python python;

    python_begin(&python, arena, &source);
    struct python_token token = python_next(&python);
    show_value(&shown, python_values(&python, &token));
    support_check(python.error, "");
    assert_true(token.kind == PYTHON_LINE || token.kind == PYTHON_END);
    buffer_reserve(&shown, 1)[0] = '\0';
    assert_string_equal(shown.bytes, row->expected);
}

/* As many brackets as Python takes are no matter; one more is refused, and so are endless strings.
 */
static void test_depth(void **state)
{
    static const struct {
        const char *unit, *expected;
        size_t count;
    } rows[] = {
        {"(", "1 a.py:1:200+1: a bracket that is not closed", PYTHON_DEPTH_MAX},
        {"(", "1 a.py:1:201+1: brackets are nested too deep", PYTHON_DEPTH_MAX + 1},
        {"[", "1 a.py:1:201+1: brackets are nested too deep", 100000},
        {"f'{", "1 a.py:1:53+1: strings are nested too deep", 100000},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(8 << 20);
        CLEANUP(buffer_free) struct buffer text = {0};
        struct python python;

        for (size_t j = 0; j < rows[i].count; j++)
            buffer_add(&text, text_from(rows[i].unit));
        struct source source = {TEXT("a.py"), buffer_text(&text)};
        python_begin(&python, arena, &source);
        struct python_token token = python_next(&python);
        python_values(&python, &token);
        support_check(python.error, rows[i].expected);
    }
}

/* A text in very many pieces costs what its bytes cost. */
static void test_pieces(void **state)
{
    enum { PIECES = 1000000 };
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(buffer_free) struct buffer text = {0};
    struct python python;

    (void)state;
    for (size_t i = 0; i < PIECES; i++)
        buffer_add(&text, TEXT("'a' "));
    struct source source = {TEXT("a.py"), buffer_text(&text)};
    python_begin(&python, arena, &source);
    struct python_token token = python_next(&python);
    assert_int_equal(python_values(&python, &token)->text.size, PIECES);
    text.size = 0;
    for (size_t i = 0; i < PYTHON_SIZE_MAX / 4 + 1; i++)
        buffer_add(&text, TEXT("a = "));
    source.text = buffer_text(&text);
    python_begin(&python, arena, &source);
    support_check(python.error, "1 a.py:1:1+0: more than 4 MiB of Python source");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, token_rows, test_tokens);
    support_add_rows(&tests, refused_rows, test_refused);
    support_add_rows(&tests, value_rows, test_value);
    support_add(&tests, "depth", test_depth);
    support_add(&tests, "pieces", test_pieces);
    return support_run("python", &tests);
}

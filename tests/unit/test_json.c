/* JSON as RFC 8259 wants it, whatever the texts hold. */
#include "runtime/json.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct string_row {
    const char *name;
    struct text text;
    const char *expected;
} string_rows[] = {
    {"string: empty", TEXT(""), "\"\""},
    {"string: absent", {NULL, 0}, "\"\""},
    {"string: ASCII", TEXT("a b/c"), "\"a b/c\""},
    {"string: quote and backslash", TEXT("\"\\"), "\"\\\"\\\\\""},
    {"string: NUL", TEXT("a\0b"), "\"a\\u0000b\""},
    {"string: line ends and tab", TEXT("\r\n\t"), "\"\\u000d\\u000a\\u0009\""},
    {"string: an escape sequence", TEXT("\033[31m"), "\"\\u001b[31m\""},
    {"string: DEL", TEXT("\x7f"), "\"\\u007f\""},
    {"string: C1", TEXT("\xc2\x9b"), "\"\\u009b\""},
    {"string: UTF-8", TEXT("gr\xc3\xbc\xc3\x9f \xe8\xa1\xa8 \xf0\x9f\x98\x80"),
     "\"gr\xc3\xbc\xc3\x9f \xe8\xa1\xa8 \xf0\x9f\x98\x80\""},
    {"string: right-to-left override", TEXT("\xe2\x80\xae"), "\"\\u202e\""},
    {"string: line separator", TEXT("\xe2\x80\xa8"), "\"\\u2028\""},
    {"string: above U+FFFF, as a pair", TEXT("\xf3\xa0\x80\x81"), "\"\\udb40\\udc01\""},
    {"string: the last of those", TEXT("\xf3\xa0\xbf\xbf"), "\"\\udb43\\udfff\""},
    {"string: a malformed byte",
     TEXT("a\xff"
          "b"),
     "\"a\\ufffdb\""},
    {"string: a surrogate", TEXT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\""},
    {"string: cut off", TEXT("\xe2\x82"), "\"\\ufffd\\ufffd\""},
};

static void test_string(void **state)
{
    const struct string_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_text(&json, NULL, row->text);
    assert_string_equal(arena_copy(arena, buffer_text(&buffer)).bytes, row->expected);
}

/* Whatever bytes a text holds, its string is printable and ends where it should. */
static void test_string_generated(void **state)
{
    uint64_t seed = 6;

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        CLEANUP(buffer_free) struct buffer buffer = {0};
        struct json json = {.to = &buffer};
        char bytes[40];
        size_t size = support_below(&seed, sizeof(bytes) + 1), quotes = 0;

        for (size_t j = 0; j < size; j++)
            bytes[j] = (char)support_random(&seed);
        json_text(&json, NULL, (struct text){bytes, size});
        struct text text = buffer_text(&buffer);
        assert_true(text_all_printable(text));
        for (size_t j = 0; j < text.size; j++) {
            quotes += text.bytes[j] == '"';
            j += text.bytes[j] == '\\';
        }
        assert_int_equal(quotes, 2);
        assert_true(text_starts(text, TEXT("\"")) && text_ends(text, TEXT("\"")));
    }
}

/* What is called, as letters: { } [ ] open and close, n a number, t a text, b a bool, 0 null. */
static const struct nesting_row {
    const char *name, *calls, *expected;
} nesting_rows[] = {
    {"nesting: a number alone", "n", "18446744073709551615"},
    {"nesting: an empty array", "[]", "[]"},
    {"nesting: an empty object", "{}", "{}"},
    {"nesting: an array", "[nbt0]", "[18446744073709551615,true,\"x\",null]"},
    {"nesting: an object", "{NBT_}",
     "{\"n\":18446744073709551615,\"b\":false,\"t\":\"x\",\"z\":null}"},
    {"nesting: empty ones", "[[]{}[]]", "[[],{},[]]"},
    {"nesting: deep", "[[[[n]]]]", "[[[[18446744073709551615]]]]"},
    {"nesting: behind a closed one", "[[n]n{}n]",
     "[[18446744073709551615],18446744073709551615,{},18446744073709551615]"},
    {"nesting: objects in an array", "[{T}{T}]", "[{\"t\":\"x\"},{\"t\":\"x\"}]"},
    {"nesting: arrays in an object", "{(n](t]}", "{\"a\":[18446744073709551615],\"a\":[\"x\"]}"},
};

static void call(struct json *json, char letter)
{
    switch (letter) {
    case '{':
    case '[':
        json_open(json, NULL, letter);
        break;
    case '(':
        json_open(json, "a", '[');
        break;
    case '}':
    case ']':
        json_close(json, letter);
        break;
    case 'n':
        json_number(json, NULL, UINT64_MAX);
        break;
    case 'N':
        json_number(json, "n", UINT64_MAX);
        break;
    case 't':
        json_text(json, NULL, TEXT("x"));
        break;
    case 'T':
        json_text(json, "t", TEXT("x"));
        break;
    case 'b':
        json_bool(json, NULL, true);
        break;
    case 'B':
        json_bool(json, "b", false);
        break;
    case '0':
        json_null(json, NULL);
        break;
    case '_':
        json_null(json, "z");
        break;
    }
}

static void test_nesting(void **state)
{
    const struct nesting_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    for (const char *letter = row->calls; *letter; letter++)
        call(&json, *letter);
    assert_string_equal(arena_copy(arena, buffer_text(&buffer)).bytes, row->expected);
}

static void test_key(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    (void)state;
    json_open(&json, NULL, '{');
    json_text(&json, "a\"\n", TEXT("\"b\""));
    json_close(&json, '}');
    assert_string_equal(arena_copy(arena, buffer_text(&buffer)).bytes,
                        "{\"a\\\"\\u000a\":\"\\\"b\\\"\"}");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, string_rows, test_string);
    support_add(&tests, "string: anything", test_string_generated);
    support_add_rows(&tests, nesting_rows, test_nesting);
    support_add(&tests, "keys are strings too", test_key);
    return support_run("json", &tests);
}

/* Lines and columns of spans, however lines end and whatever they hold. */
#include "runtime/source.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BOM "\xef\xbb\xbf"

/* expected: line:column, the offset in the line, and the line in brackets. */
static const struct place_row {
    const char *name;
    struct text text;
    size_t offset;
    const char *expected;
} place_rows[] = {
    {"the first byte", TEXT("abc\ndef\n"), 0, "1:1 0 [abc]"},
    {"in the first line", TEXT("abc\ndef\n"), 2, "1:3 2 [abc]"},
    {"the end of the first line", TEXT("abc\ndef\n"), 3, "1:4 3 [abc]"},
    {"the second line", TEXT("abc\ndef\n"), 4, "2:1 0 [def]"},
    {"the end of the last line", TEXT("abc\ndef\n"), 7, "2:4 3 [def]"},
    {"behind the last line feed", TEXT("abc\ndef\n"), 8, "3:1 0 []"},
    {"behind the text", TEXT("abc\ndef\n"), 99, "3:1 0 []"},
    {"the end, without a line feed", TEXT("abc\ndef"), 7, "2:4 3 [def]"},
    {"behind the end, without a line feed", TEXT("abc\ndef"), 99, "2:4 3 [def]"},
    {"an empty text", TEXT(""), 0, "1:1 0 []"},
    {"behind an empty text", TEXT(""), 5, "1:1 0 []"},
    {"an absent text", {NULL, 0}, 0, "1:1 0 []"},
    {"an empty line", TEXT("a\n\nb\n"), 2, "2:1 0 []"},
    {"line feeds only", TEXT("\n\n\n"), 2, "3:1 0 []"},
    {"behind line feeds only", TEXT("\n\n\n"), 3, "4:1 0 []"},

    {"CR LF: the end of a line", TEXT("abc\r\ndef\r\n"), 3, "1:4 3 [abc]"},
    {"CR LF: its line feed", TEXT("abc\r\ndef\r\n"), 4, "1:4 3 [abc]"},
    {"CR LF: the next line", TEXT("abc\r\ndef\r\n"), 5, "2:1 0 [def]"},
    {"CR LF: behind the last", TEXT("abc\r\ndef\r\n"), 10, "3:1 0 []"},
    {"CR LF: an empty line", TEXT("\r\n\r\nx"), 2, "2:1 0 []"},
    {"CR: the end of a line", TEXT("abc\rdef\r"), 3, "1:4 3 [abc]"},
    {"CR: the next line", TEXT("abc\rdef\r"), 5, "2:2 1 [def]"},
    {"CR: behind the last", TEXT("abc\rdef\r"), 8, "3:1 0 []"},
    {"CR CR LF is two line ends", TEXT("a\r\r\nb"), 4, "3:1 0 [b]"},
    {"LF CR is two line ends", TEXT("a\n\rb"), 3, "3:1 0 [b]"},
    {"all three", TEXT("a\nb\r\nc\rd"), 7, "4:1 0 [d]"},
    {"a form feed ends no line", TEXT("a\fb"), 2, "1:3 2 [a\fb]"},
    {"a vertical tab ends no line", TEXT("a\vb"), 2, "1:3 2 [a\vb]"},
    {"a line separator ends no line",
     TEXT("a\xe2\x80\xa8"
          "b"),
     4,
     "1:3 4 [a\xe2\x80\xa8"
     "b]"},

    {"UTF-8: columns count characters",
     TEXT("gr\xc3\xbc\xc3\x9f"
          "e x"),
     8,
     "1:7 8 [gr\xc3\xbc\xc3\x9f"
     "e x]"},
    {"UTF-8: a wide character is one column", TEXT("\xe8\xa1\xa8x"), 3, "1:2 3 [\xe8\xa1\xa8x]"},
    {"UTF-8: four bytes", TEXT("\xf0\x9f\x98\x80x"), 4, "1:2 4 [\xf0\x9f\x98\x80x]"},
    {"UTF-8: a malformed byte is one column", TEXT("\xff\xfex"), 2, "1:3 2 [\xff\xfex]"},
    {"UTF-8: in a later line", TEXT("\xc3\xa4\n\xc3\xb6x"), 5, "2:2 2 [\xc3\xb6x]"},
    {"a tab is one column", TEXT("\t\tx"), 2, "1:3 2 [\t\tx]"},

    {"BOM: behind it", TEXT(BOM "abc"), 3, "1:1 0 [abc]"},
    {"BOM: a later column", TEXT(BOM "abc"), 5, "1:3 2 [abc]"},
    {"BOM: the mark itself is shown", TEXT(BOM "abc"), 0, "1:1 0 [" BOM "abc]"},
    {"BOM: the second line", TEXT(BOM "abc\ndef"), 7, "2:1 0 [def]"},
    {"BOM: and nothing else", TEXT(BOM), 3, "1:1 0 []"},
    {"BOM: in a later line it is a character", TEXT("a\n" BOM "x"), 5, "2:2 3 [" BOM "x]"},
    {"BOM: a second one is a character", TEXT(BOM BOM "x"), 6, "1:2 3 [" BOM "x]"},
};

static void test_place(void **state)
{
    const struct place_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("a.sql"), row->text};
    struct place place = span_place((struct span){&source, row->offset, 0});

    assert_string_equal(arena_format(arena, "%zu:%zu %zu [%.*s]", place.line, place.column,
                                     place.offset, TEXT_ARGS(place.text))
                            .bytes,
                        row->expected);
}

/* The place of every byte of generated texts, compared with a walk that looks at each once. */
static void test_generated(void **state)
{
    uint64_t seed = 4;

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        static const char letters[] = {'a', 'b', '\n', '\r', '\t'};
        char bytes[24];
        struct source source = {TEXT("a"), {bytes, support_below(&seed, sizeof(bytes) + 1)}};
        size_t line = 1, start = 0;

        for (size_t j = 0; j < source.text.size; j++)
            bytes[j] = letters[support_below(&seed, sizeof(letters))];
        for (size_t j = 0; j <= source.text.size; j++) {
            bool behind_end = j && (bytes[j - 1] == '\n' || bytes[j - 1] == '\r');
            bool in_pair = j && j < source.text.size && bytes[j - 1] == '\r' && bytes[j] == '\n';

            if (behind_end && !in_pair) {
                line++;
                start = j;
            }
            struct place place = span_place((struct span){&source, j, 0});
            assert_int_equal(place.line, line);
            /* Inside CR LF is where the line ends. */
            assert_int_equal(place.offset, j - start - in_pair);
            assert_ptr_equal(place.text.bytes, bytes + start);
            assert_int_equal(text_find_byte(place.text, '\n'), place.text.size);
            assert_int_equal(text_find_byte(place.text, '\r'), place.text.size);
        }
    }
}

static void test_span_of(void **state)
{
    struct source source = {TEXT("a.sql"), TEXT("abc def")};
    struct span span = span_of(&source, text_slice(source.text, 4, 2));

    (void)state;
    assert_ptr_equal(span.source, &source);
    assert_int_equal(span.offset, 4);
    assert_int_equal(span.size, 2);
    span = span_of(&source, text_slice(source.text, 7, 0));
    assert_int_equal(span.offset, 7);
    assert_int_equal(span.size, 0);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, place_rows, test_place);
    support_add(&tests, "every byte of generated texts", test_generated);
    support_add(&tests, "a span of a piece", test_span_of);
    return support_run("source", &tests);
}

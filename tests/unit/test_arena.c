/* Memory under a ceiling; then the one escaper, byte by byte. */
#include "runtime/arena.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The escaper */

static const struct escape_row {
    const char *name;
    struct text text, expected;
} escape_rows[] = {
    {"escape: nothing", TEXT(""), TEXT("")},
    {"escape: ASCII", TEXT("SELECT '~';"), TEXT("SELECT '~';")},
    {"escape: a backslash stays", TEXT("a\\b\\x1B\\u{202E}"), TEXT("a\\b\\x1B\\u{202E}")},
    {"escape: UTF-8 stays", TEXT("gr\xc3\xbc\xc3\x9f \xe8\xa1\xa8 \xf0\x9f\x98\x80"),
     TEXT("gr\xc3\xbc\xc3\x9f \xe8\xa1\xa8 \xf0\x9f\x98\x80")},
    {"escape: NUL", TEXT("a\0b"), TEXT("a\\x00b")},
    {"escape: line ends and tab", TEXT("a\r\n\tb"), TEXT("a\\x0D\\x0A\\x09b")},
    {"escape: a colour", TEXT("\033[31mred\033[0m"), TEXT("\\x1B[31mred\\x1B[0m")},
    {"escape: a title of the terminal", TEXT("\033]0;x\a"), TEXT("\\x1B]0;x\\x07")},
    {"escape: a backspace over a name", TEXT("evil\b\b\b\bgood"),
     TEXT("evil\\x08\\x08\\x08\\x08good")},
    {"escape: DEL", TEXT("\x7f"), TEXT("\\x7F")},
    {"escape: C1 as UTF-8: next line", TEXT("\xc2\x85"), TEXT("\\u{0085}")},
    {"escape: C1 as UTF-8: control sequence",
     TEXT("\xc2\x9b"
          "31m"),
     TEXT("\\u{009B}31m")},
    {"escape: C1 as a byte",
     TEXT("\x9b"
          "31m"),
     TEXT("\\x9B31m")},
    {"escape: right-to-left override",
     TEXT("\xe2\x80\xae"
          "abc"),
     TEXT("\\u{202E}abc")},
    {"escape: embeddings", TEXT("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad"),
     TEXT("\\u{202A}\\u{202B}\\u{202C}\\u{202D}")},
    {"escape: isolates", TEXT("\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"),
     TEXT("\\u{2066}\\u{2067}\\u{2068}\\u{2069}")},
    {"escape: left, right and Arabic marks", TEXT("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"),
     TEXT("\\u{200E}\\u{200F}\\u{061C}")},
    {"escape: zero width",
     TEXT("a\xe2\x80\x8b"
          "b\xe2\x80\x8d"
          "c"),
     TEXT("a\\u{200B}b\\u{200D}c")},
    {"escape: line and paragraph separators", TEXT("\xe2\x80\xa8\xe2\x80\xa9"),
     TEXT("\\u{2028}\\u{2029}")},
    {"escape: a byte-order mark", TEXT("\xef\xbb\xbfx"), TEXT("\\u{FEFF}x")},
    {"escape: a soft hyphen", TEXT("\xc2\xad"), TEXT("\\u{00AD}")},
    {"escape: language tags", TEXT("\xf3\xa0\x80\x81\xf3\xa0\x81\xbf"),
     TEXT("\\u{E0001}\\u{E007F}")},
    {"escape: a surrogate", TEXT("\xed\xa0\x80"), TEXT("\\xED\\xA0\\x80")},
    {"escape: an overlong escape character", TEXT("\xc0\x9b"), TEXT("\\xC0\\x9B")},
    {"escape: a character cut off", TEXT("a\xe2\x82"), TEXT("a\\xE2\\x82")},
    {"escape: cut off, then whole", TEXT("\xe2\x82\xe2\x82\xac"), TEXT("\\xE2\\x82\xe2\x82\xac")},
};

static void test_escape(void **state)
{
    const struct escape_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text once = arena_escape(arena, row->text), twice = arena_escape(arena, once);

    assert_string_equal(arena_copy(arena, once).bytes, row->expected.bytes);
    assert_true(text_equal(once, row->expected));
    assert_true(text_equal(twice, once));
}

static void test_escape_every_byte(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        char bytes[] = {'<', (char)byte, '>'}, expected[8];
        struct text shown = arena_escape(arena, (struct text){bytes, sizeof(bytes)});

        if (byte >= ' ' && byte <= '~')
            snprintf(expected, sizeof(expected), "<%c>", (char)byte);
        else
            snprintf(expected, sizeof(expected), "<\\x%02X>", byte);
        assert_string_equal(arena_copy(arena, shown).bytes, expected);
    }
}

/* Whatever goes in, what comes out is one line that may be shown, and escapes to itself. */
static void test_escape_generated(void **state)
{
    uint64_t seed = 2;

    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        char bytes[64];
        size_t size = support_below(&seed, sizeof(bytes) + 1);

        for (size_t j = 0; j < size; j++)
            bytes[j] = (char)support_random(&seed);
        struct text once = arena_escape(arena, (struct text){bytes, size});
        assert_true(text_all_printable(once));
        assert_true(text_equal(arena_escape(arena, once), once));
    }
}

static void test_escape_without_copying(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = TEXT("nothing to do");

    (void)state;
    assert_ptr_equal(arena_escape(arena, text).bytes, text.bytes);
}

/* Copies and formats */

static void test_format(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = arena_format(arena, "%s-%.*s-%d", "a", TEXT_ARGS(TEXT("bcd")), 7);

    (void)state;
    assert_string_equal(text.bytes, "a-bcd-7");
    assert_int_equal(text.size, 7);
    text = arena_format(arena, "%s", "");
    assert_string_equal(text.bytes, "");
    assert_int_equal(text.size, 0);

    static char big[300000];
    memset(big, 'x', sizeof(big) - 1);
    text = arena_format(arena, "%s!", big);
    assert_int_equal(text.size, sizeof(big));
    assert_int_equal(text.bytes[sizeof(big) - 1], '!');
    assert_int_equal(text.bytes[sizeof(big)], 0);
}

static void test_copy(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = TEXT("a\0b"), copy = arena_copy(arena, text);

    (void)state;
    assert_ptr_not_equal(copy.bytes, text.bytes);
    assert_true(text_equal(copy, text));
    assert_int_equal(copy.bytes[copy.size], 0);
    copy = arena_copy(arena, (struct text){0});
    assert_non_null(copy.bytes);
    assert_int_equal(copy.size, 0);
    assert_int_equal(copy.bytes[0], 0);
}

/* Pieces of every size: zeroed, aligned, apart from one another. */
static void test_pieces(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    static struct {
        unsigned char *bytes;
        size_t size;
    } pieces[2000];
    uint64_t seed = 3;

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        pieces[i].size = support_below(&seed, i % 100 == 0 ? 200000 : 200);
        pieces[i].bytes = arena_array(arena, unsigned char, pieces[i].size);
        assert_int_equal((uintptr_t)pieces[i].bytes % 16, 0);
        for (size_t j = 0; j < pieces[i].size; j++)
            assert_int_equal(pieces[i].bytes[j], 0);
        memset(pieces[i].bytes, (int)(i % 255 + 1), pieces[i].size);
    }
    for (size_t i = 0; i < COUNT(pieces); i++)
        for (size_t j = 0; j < pieces[i].size; j++)
            assert_int_equal(pieces[i].bytes[j], i % 255 + 1);
}

static void test_free_twice(void **state)
{
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    arena_bytes(arena, 1, 1);
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena); /* nothing to do */
}

/* The ceiling: each row asks for a number of pieces in a child process. */

static const struct ceiling_row {
    const char *name;
    size_t ceiling, pieces, count, size;
    int status;
} ceiling_rows[] = {
    {"ceiling: below it", 1 << 20, 1, 1000, 1000, 0},
    {"ceiling: all of it, in one piece", 1 << 20, 1, 1, (1 << 20) - 16, 0},
    {"ceiling: all of it, in many pieces", 1 << 20, 1 << 16, 1, 16, 0},
    {"ceiling: one piece too many", 1 << 20, (1 << 16) + 1, 1, 16, 5},
    {"ceiling: one piece too large", 1 << 20, 1, 1, (1 << 20) + 1, 5},
    {"ceiling: many pieces too large", 1 << 20, 11, 1, 100000, 5},
    {"ceiling: smaller than a block", 100, 6, 1, 16, 0},
    {"ceiling: smaller than a block, too much", 100, 7, 1, 16, 5},
    {"ceiling: of nothing", 0, 1, 1, 1, 5},
    {"ceiling: pieces of nothing cost nothing", 1 << 20, 100000, 0, 1 << 30, 0},
    {"ceiling: a count times a size that overflows", 1 << 20, 1, SIZE_MAX / 2, 3, 5},
    {"ceiling: overflows to a small number", 1 << 20, 1, (size_t)1 << 63, 2, 5},
    {"ceiling: the largest size", 1 << 20, 1, 1, SIZE_MAX, 5},
    {"ceiling: the largest size, no ceiling", SIZE_MAX, 1, 1, SIZE_MAX, 5},
    {"ceiling: more than any machine has", SIZE_MAX, 1, 1, SIZE_MAX / 2, 5},
};

/* What the address sanitizer asks for: a size that is too large is no bug of the program here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void take(const void *argument)
{
    const struct ceiling_row *row = argument;
    struct arena *arena = arena_new(row->ceiling);

    for (size_t i = 0; i < row->pieces; i++)
        arena_bytes(arena, row->count, row->size);
}

static void test_ceiling(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;

    assert_int_equal(support_fork(arena, take, *state, &messages),
                     ((const struct ceiling_row *)*state)->status);
    /* Before it, the address sanitizer may have warned of a size that no malloc can serve. */
    size_t start = text_find(messages, TEXT("error: out of memory\n"));
    assert_string_equal(text_slice(messages, start, messages.size).bytes,
                        ((const struct ceiling_row *)*state)->status ? "error: out of memory\n"
                                                                     : "");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add(&tests, "copies end in NUL", test_copy);
    support_add(&tests, "formats of every length", test_format);
    support_add(&tests, "pieces are zeroed, aligned and apart", test_pieces);
    support_add(&tests, "free twice", test_free_twice);
    support_add_rows(&tests, ceiling_rows, test_ceiling);
    support_add_rows(&tests, escape_rows, test_escape);
    support_add(&tests, "escape: every byte", test_escape_every_byte);
    support_add(&tests, "escape: anything gives one safe line", test_escape_generated);
    support_add(&tests, "escape: a safe text is not copied", test_escape_without_copying);
    return support_run("arena", &tests);
}

/* Slices and numbers; then what is UTF-8, what may be shown, and how wide it is. */
#include "runtime/text.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Well-formed UTF-8: RFC 3629, section 4. at is the first byte that is not, or the size. */
static const struct utf8_row {
    const char *name;
    struct text text;
    size_t at;
} utf8_rows[] = {
    {"utf-8: nothing", TEXT(""), 0},
    {"utf-8: ASCII", TEXT("SELECT 1;"), 9},
    {"utf-8: NUL", TEXT("a\0b"), 3},
    {"utf-8: DEL", TEXT("\x7f"), 1},
    {"utf-8: two bytes, first", TEXT("\xc2\x80"), 2},
    {"utf-8: two bytes, last", TEXT("\xdf\xbf"), 2},
    {"utf-8: three bytes, first", TEXT("\xe0\xa0\x80"), 3},
    {"utf-8: before the surrogates", TEXT("\xed\x9f\xbf"), 3},
    {"utf-8: behind the surrogates", TEXT("\xee\x80\x80"), 3},
    {"utf-8: three bytes, last", TEXT("\xef\xbf\xbf"), 3},
    {"utf-8: four bytes, first", TEXT("\xf0\x90\x80\x80"), 4},
    {"utf-8: four bytes, last", TEXT("\xf4\x8f\xbf\xbf"), 4},
    {"utf-8: a byte-order mark", TEXT("\xef\xbb\xbfx"), 4},
    {"utf-8: a continuation alone", TEXT("\x80"), 0},
    {"utf-8: the last continuation alone", TEXT("\xbf"), 0},
    {"utf-8: behind eight bytes", TEXT("12345678\x80"), 8},
    {"utf-8: as the eighth byte",
     TEXT("1234567\x80"
          "90123456"),
     7},
    {"utf-8: among sixteen",
     TEXT("1234567\xc3\xa4"
          "01234567\xff"),
     17},
    {"utf-8: overlong slash, two bytes", TEXT("a\xc0\xaf"), 1},
    {"utf-8: overlong C1", TEXT("\xc1\xbf"), 0},
    {"utf-8: overlong, three bytes", TEXT("\xe0\x9f\xbf"), 0},
    {"utf-8: overlong NUL, three bytes", TEXT("\xe0\x80\x80"), 0},
    {"utf-8: overlong, four bytes", TEXT("\xf0\x8f\xbf\xbf"), 0},
    {"utf-8: the first surrogate", TEXT("\xed\xa0\x80"), 0},
    {"utf-8: the last surrogate", TEXT("\xed\xbf\xbf"), 0},
    {"utf-8: a pair of surrogates", TEXT("ab\xed\xa1\x8c\xed\xbe\xb4"), 2},
    {"utf-8: above U+10FFFF", TEXT("\xf4\x90\x80\x80"), 0},
    {"utf-8: F5", TEXT("\xf5\x80\x80\x80"), 0},
    {"utf-8: five bytes", TEXT("\xf8\x88\x80\x80\x80"), 0},
    {"utf-8: FE", TEXT("\xfe"), 0},
    {"utf-8: FF", TEXT("x\xff"), 1},
    {"utf-8: cut after one of two", TEXT("\xc3"), 0},
    {"utf-8: cut after one of three", TEXT("\xe2"), 0},
    {"utf-8: cut after two of three", TEXT("\xe2\x82"), 0},
    {"utf-8: cut after three of four", TEXT("\xf0\x9f\x98"), 0},
    {"utf-8: ASCII where a continuation belongs", TEXT("\xc3("), 0},
    {"utf-8: ASCII as the third of three", TEXT("\xe2\x82("), 0},
    {"utf-8: ASCII as the fourth of four", TEXT("\xf0\x9f\x98("), 0},
    {"utf-8: a lead as the second", TEXT("\xe2\xe2\x82\xac"), 0},
};

static void test_utf8(void **state)
{
    const struct utf8_row *row = *state;

    assert_int_equal(text_find_invalid(row->text), row->at);
    /* Wherever it stands among the eight bytes that are looked at together. */
    for (size_t shift = 0; shift < 17; shift++) {
        CLEANUP(buffer_free) struct buffer moved = {0};

        for (size_t i = 0; i < shift; i++)
            buffer_add(&moved, TEXT("."));
        buffer_add(&moved, row->text);
        assert_int_equal(text_find_invalid(buffer_text(&moved)), shift + row->at);
    }
}

/* Every code point, encoded here by the bits of RFC 3629, section 3. */
static size_t encode(uint32_t code_point, char bytes[static 4])
{
    size_t size = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const uint32_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = size; i > 1; i--, code_point >>= 6)
        bytes[i - 1] = (char)(0x80 | (code_point & 0x3f));
    bytes[0] = (char)(lead[size] | code_point);
    return size;
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point < 0x110100; code_point++) {
        char bytes[4];
        struct text text = {bytes, encode(code_point, bytes)}, rest = text;
        bool exists = code_point < 0x110000 && (code_point < 0xd800 || code_point > 0xdfff);

        if ((text_find_invalid(text) == text.size) != exists)
            fail_msg("U+%04X", code_point);
        if (text_next(&rest) != (exists ? (int32_t)code_point : -1))
            fail_msg("U+%04X", code_point);
        assert_int_equal(rest.size, exists ? 0 : text.size - 1);
    }
}

/* A second opinion on every text of one, two and three bytes around each border. */
static void test_every_pair(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            char bytes[] = {(char)first, (char)second};
            bool two = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
            bool ones = first < 0x80 && second < 0x80;

            size_t expected = ones || two ? 2 : first < 0x80 ? 1 : 0;
            assert_int_equal(text_find_invalid((struct text){bytes, 2}), expected);
        }
}

/* text_number */

static const struct number_row {
    const char *name;
    struct text text;
    uint64_t maximum;
    const char *expected; /* "" where the spelling is refused */
} number_rows[] = {
    {"number: 0", TEXT("0"), 10, "0"},
    {"number: the maximum", TEXT("10"), 10, "10"},
    {"number: above the maximum", TEXT("11"), 10, ""},
    {"number: a maximum of 0", TEXT("0"), 0, "0"},
    {"number: above a maximum of 0", TEXT("1"), 0, ""},
    {"number: the largest", TEXT("18446744073709551615"), UINT64_MAX, "18446744073709551615"},
    {"number: one more than the largest", TEXT("18446744073709551616"), UINT64_MAX, ""},
    {"number: ten times too large", TEXT("184467440737095516150"), UINT64_MAX, ""},
    {"number: forty digits", TEXT("1000000000000000000000000000000000000000"), UINT64_MAX, ""},
    {"number: nothing", TEXT(""), 10, ""},
    {"number: a leading zero", TEXT("01"), 10, ""},
    {"number: two zeros", TEXT("00"), 10, ""},
    {"number: plus", TEXT("+1"), 10, ""},
    {"number: minus", TEXT("-1"), 10, ""},
    {"number: minus zero", TEXT("-0"), 10, ""},
    {"number: a blank before", TEXT(" 1"), 10, ""},
    {"number: a blank behind", TEXT("1 "), 10, ""},
    {"number: a line feed behind", TEXT("1\n"), 10, ""},
    {"number: NUL behind", TEXT("1\0"), 10, ""},
    {"number: hexadecimal", TEXT("0x1"), 10, ""},
    {"number: a letter", TEXT("1a"), 100, ""},
    {"number: a fraction", TEXT("1.0"), 100, ""},
    {"number: an exponent", TEXT("1e1"), 100, ""},
    {"number: underscores", TEXT("1_0"), 100, ""},
    {"number: Arabic digits", TEXT("\xd9\xa1"), 100, ""},
};

static void test_number(void **state)
{
    const struct number_row *row = *state;
    uint64_t number = 4711;
    char shown[32] = "";

    if (text_number(row->text, row->maximum, &number))
        snprintf(shown, sizeof(shown), "%llu", (unsigned long long)number);
    else
        assert_int_equal(number, 4711);
    assert_string_equal(shown, row->expected);
}

/* text_distance: with a limit of 9, then with limits at and below the distance. */

static const struct distance_row {
    const char *name;
    struct text a, b;
    size_t expected;
} distance_rows[] = {
    {"distance: nothing", TEXT(""), TEXT(""), 0},
    {"distance: the same", TEXT("parents"), TEXT("parents"), 0},
    {"distance: to nothing", TEXT("up"), TEXT(""), 2},
    {"distance: from nothing", TEXT(""), TEXT("up"), 2},
    {"distance: one letter more", TEXT("parent"), TEXT("parents"), 1},
    {"distance: one letter less", TEXT("pareents"), TEXT("parents"), 1},
    {"distance: another letter", TEXT("perents"), TEXT("parents"), 1},
    {"distance: neighbours swapped", TEXT("parnets"), TEXT("parents"), 1},
    {"distance: swapped at the front", TEXT("aprents"), TEXT("parents"), 1},
    {"distance: swapped at the end", TEXT("parenst"), TEXT("parents"), 1},
    {"distance: two apart swapped", TEXT("cba"), TEXT("abc"), 2},
    {"distance: kitten", TEXT("kitten"), TEXT("sitting"), 3},
    {"distance: saturday", TEXT("saturday"), TEXT("sunday"), 3},
    {"distance: nothing in common", TEXT("abc"), TEXT("xyz"), 3},
    {"distance: an ASCII letter's case", TEXT("Parents"), TEXT("pARENTS"), 0},
};

static void test_distance(void **state)
{
    const struct distance_row *row = *state;

    assert_int_equal(text_distance(row->a, row->b, 9), row->expected);
    assert_int_equal(text_distance(row->b, row->a, 9), row->expected);
    assert_int_equal(text_distance(row->a, row->b, row->expected), row->expected);
    for (size_t limit = 0; limit < row->expected; limit++) {
        assert_int_equal(text_distance(row->a, row->b, limit), limit + 1);
        assert_int_equal(text_distance(row->b, row->a, limit), limit + 1);
    }
}

/* The plain recursion that the rows of text_distance stand for. */
static size_t plain_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    if (a_size == 0 || b_size == 0)
        return a_size + b_size;
    size_t best = plain_distance(a, a_size - 1, b, b_size - 1) + (a[a_size - 1] != b[b_size - 1]);
    size_t other = plain_distance(a, a_size - 1, b, b_size) + 1;
    if (other < best)
        best = other;
    other = plain_distance(a, a_size, b, b_size - 1) + 1;
    if (other < best)
        best = other;
    if (a_size > 1 && b_size > 1 && a[a_size - 1] == b[b_size - 2] &&
        a[a_size - 2] == b[b_size - 1]) {
        other = plain_distance(a, a_size - 2, b, b_size - 2) + 1;
        if (other < best)
            best = other;
    }
    return best;
}

static void test_distance_generated(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        char a[5], b[5];
        size_t a_size = support_below(&seed, 6), b_size = support_below(&seed, 6);
        size_t limit = support_below(&seed, 6);

        for (size_t j = 0; j < 5; j++) {
            a[j] = (char)('a' + support_below(&seed, 3));
            b[j] = (char)('a' + support_below(&seed, 3));
        }
        size_t expected = plain_distance(a, a_size, b, b_size);
        assert_int_equal(text_distance((struct text){a, a_size}, (struct text){b, b_size}, limit),
                         expected <= limit ? expected : limit + 1);
    }
}

static void test_distance_of_long_texts(void **state)
{
    static char a[200], b[200];

    (void)state;
    memset(a, 'a', sizeof(a));
    memset(b, 'a', sizeof(b));
    assert_int_equal(text_distance((struct text){a, 128}, (struct text){b, 128}, 2), 0);
    assert_int_equal(text_distance((struct text){a, 128}, (struct text){b, 127}, 2), 1);
    /* Above 128 bytes nothing is near: no such name can be meant. */
    assert_int_equal(text_distance((struct text){a, 129}, (struct text){b, 129}, 2), 3);
    assert_int_equal(text_distance((struct text){a, 200}, (struct text){b, 1}, 2), 3);
}

/* Width and length */

static const struct width_row {
    const char *name;
    struct text text;
    size_t length, columns;
} width_rows[] = {
    {"width: nothing", TEXT(""), 0, 0},
    {"width: ASCII", TEXT("SELECT"), 6, 6},
    {"width: Latin",
     TEXT("gr\xc3\xb6\xc3\x9f"
          "er"),
     6, 6},
    {"width: Greek", TEXT("\xce\xb1\xce\xb2"), 2, 2},
    {"width: Chinese", TEXT("\xe8\xa1\xa8\xe6\xa0\xbc"), 2, 4},
    {"width: Hiragana", TEXT("\xe3\x81\x82"), 1, 2},
    {"width: Hangul", TEXT("\xed\x95\x9c"), 1, 2},
    {"width: full-width letter", TEXT("\xef\xbc\xa1"), 1, 2},
    {"width: half-width Katakana", TEXT("\xef\xbd\xb1"), 1, 1},
    {"width: a ferry", TEXT("\xe2\x9b\xb4"), 1, 1},
    {"width: emoji", TEXT("\xf0\x9f\x98\x80"), 1, 2},
    {"width: the supplementary plane", TEXT("\xf0\xa0\x80\x80"), 1, 2},
    {"width: e and a combining accent", TEXT("e\xcc\x81"), 2, 1},
    {"width: marks at an end", TEXT("ab\xcc\x81\xcc\x82"), 4, 2},
    {"width: narrow and wide", TEXT("a\xe8\xa1\xa8z\xe6\xa0\xbc"), 4, 6},
    {"width: malformed bytes", TEXT("\xff\xc3(\xe2\x82"), 5, 5},
    {"width: an overlong form", TEXT("\xc0\xaf"), 2, 2},
};

static void test_width(void **state)
{
    const struct width_row *row = *state;

    assert_int_equal(text_length(row->text), row->length);
    assert_int_equal(text_columns(row->text), row->columns);
    /* Of all fronts, the longest that fits: one character more would not. */
    for (size_t columns = 0; columns <= row->columns + 1; columns++) {
        struct text front = text_fit(row->text, columns);
        struct text behind = text_slice(row->text, front.size, row->text.size), next = behind;

        assert_ptr_equal(front.bytes, row->text.bytes);
        assert_true(text_columns(front) <= columns);
        if (behind.size) {
            text_next(&next);
            assert_true(text_columns(text_slice(row->text, 0, row->text.size - next.size)) >
                        columns);
        }
    }
}

/* What may reach a screen */

static const struct printable_row {
    const char *name;
    int32_t first, last;
    bool printable;
} printable_rows[] = {
    {"printable: a malformed byte", -1, -1, false},
    {"printable: C0 controls", 0, 0x1f, false},
    {"printable: ASCII", 0x20, 0x7e, true},
    {"printable: DEL and the C1 controls", 0x7f, 0x9f, false},
    {"printable: Latin-1 up to the soft hyphen", 0xa0, 0xac, true},
    {"printable: soft hyphen", 0xad, 0xad, false},
    {"printable: Latin and Greek", 0xae, 0x3ff, true},
    {"printable: Arabic letter mark", 0x61c, 0x61c, false},
    {"printable: Mongolian vowel separator", 0x180e, 0x180e, false},
    {"printable: zero width, left and right marks", 0x200b, 0x200f, false},
    {"printable: dashes and quotes", 0x2010, 0x2027, true},
    {"printable: separators, embeddings, overrides", 0x2028, 0x202e, false},
    {"printable: narrow no-break space, per mille", 0x202f, 0x205f, true},
    {"printable: word joiner, isolates", 0x2060, 0x206f, false},
    {"printable: mathematics and boxes", 0x2200, 0x257f, true},
    {"printable: Chinese", 0x4e00, 0x9fff, true},
    {"printable: surrogates", 0xd800, 0xdfff, false},
    {"printable: byte-order mark", 0xfeff, 0xfeff, false},
    {"printable: interlinear annotation", 0xfff9, 0xfffb, false},
    {"printable: the replacement character", 0xfffd, 0xfffd, true},
    {"printable: not characters", 0xfffe, 0xffff, false},
    {"printable: emoji", 0x1f300, 0x1f64f, true},
    {"printable: language tags", 0xe0000, 0xe007f, false},
};

static void test_printable(void **state)
{
    const struct printable_row *row = *state;

    for (int32_t code_point = row->first; code_point <= row->last; code_point++) {
        char bytes[4];
        struct text text = {bytes, encode((uint32_t)code_point, bytes)};

        if (text_is_printable(code_point) != row->printable)
            fail_msg("U+%04X", (unsigned)code_point);
        if (code_point >= 0 && text_all_printable(text) != row->printable)
            fail_msg("U+%04X as a text", (unsigned)code_point);
    }
}

/* Slices: one line each says what the function makes of the text. */

static void test_equal(void **state)
{
    (void)state;
    assert_true(text_equal(TEXT(""), (struct text){0}));
    assert_true(text_equal(TEXT("a\0b"), TEXT("a\0b")));
    assert_false(text_equal(TEXT("a\0b"), TEXT("a\0c")));
    assert_false(text_equal(TEXT("a"), TEXT("aa")));
    assert_true(text_equal_ascii_case(TEXT("SeLeCt"), TEXT("sElEcT")));
    assert_false(text_equal_ascii_case(TEXT("[\\]"), TEXT("{|}"))); /* 32 apart, no letters */
    assert_false(text_equal_ascii_case(TEXT("\xc3\x84"), TEXT("\xc3\xa4")));
    assert_false(text_equal_ascii_case(TEXT("ab"), TEXT("abc")));
    assert_int_equal(text_from(NULL).size, 0);
    assert_null(text_from(NULL).bytes);
}

static void test_compare(void **state)
{
    /* In ascending order: by bytes without a sign, a text before those that it begins. */
    static const struct text ordered[] = {TEXT(""),     TEXT("\0"),  TEXT("A"), TEXT("a"),
                                          TEXT("a\0"),  TEXT("aa"),  TEXT("b"), TEXT("\x7f"),
                                          TEXT("\x80"), TEXT("\xff")};

    (void)state;
    for (size_t i = 0; i < COUNT(ordered); i++)
        for (size_t j = 0; j < COUNT(ordered); j++) {
            int order = text_compare(ordered[i], ordered[j]);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

static void test_slices(void **state)
{
    struct text text = TEXT("a,b,,c");

    (void)state;
    assert_true(text_starts(text, TEXT("a,")) && text_starts(text, TEXT("")));
    assert_false(text_starts(TEXT("a"), text));
    assert_true(text_ends(text, TEXT(",c")) && text_ends(text, TEXT("")));
    assert_false(text_ends(TEXT("c"), text));
    assert_true(text_equal(text_slice(text, 2, 1), TEXT("b")));
    assert_true(text_equal(text_slice(text, 4, SIZE_MAX), TEXT(",c")));
    assert_int_equal(text_slice(text, 99, 1).size, 0);
    assert_ptr_equal(text_slice(text, 99, 1).bytes, text.bytes + text.size);
    assert_null(text_slice((struct text){0}, 1, 1).bytes);
    assert_int_equal(text_find_byte(text, 'c'), 5);
    assert_int_equal(text_find_byte(text, 'x'), text.size);
    assert_int_equal(text_find_byte((struct text){0}, 'x'), 0);
    assert_int_equal(text_find(text, TEXT(",,")), 3);
    assert_int_equal(text_find(text, TEXT("b,c")), text.size);
    assert_int_equal(text_find((struct text){0}, TEXT("b")), 0);
}

static const struct cut_row {
    const char *name;
    struct text text;
    const char *expected; /* the pieces in brackets */
} cut_rows[] = {
    {"cut: nothing", TEXT(""), ""},
    {"cut: one piece", TEXT("a"), "[a]"},
    {"cut: several", TEXT("a,b,c"), "[a][b][c]"},
    {"cut: empty ones", TEXT(",a,,b"), "[][a][][b]"},
    {"cut: a separator at the end", TEXT("a,"), "[a]"},
    {"cut: separators only", TEXT(",,"), "[][]"},
};

static void test_cut(void **state)
{
    const struct cut_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text rest = row->text;
    const char *shown = "";

    while (rest.size) {
        struct text piece = text_cut(&rest, ',');

        shown = arena_format(arena, "%s[%.*s]", shown, TEXT_ARGS(piece)).bytes;
    }
    assert_string_equal(shown, row->expected);
}

static const struct trim_row {
    const char *name;
    struct text text, expected;
} trim_rows[] = {
    {"trim: nothing", TEXT(""), TEXT("")},
    {"trim: blanks only", TEXT(" \t\r\n\f"), TEXT("")},
    {"trim: both ends", TEXT("\n a b\t"), TEXT("a b")},
    {"trim: a no-break space stays", TEXT("\xc2\xa0"), TEXT("\xc2\xa0")},
    {"trim: NUL stays", TEXT(" \0 "), TEXT("\0")},
};

static void test_trim(void **state)
{
    const struct trim_row *row = *state;

    assert_true(text_equal(text_trim(row->text), row->expected));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add(&tests, "texts are equal", test_equal);
    support_add(&tests, "texts are ordered", test_compare);
    support_add(&tests, "texts are sliced and searched", test_slices);
    support_add_rows(&tests, cut_rows, test_cut);
    support_add_rows(&tests, trim_rows, test_trim);
    support_add_rows(&tests, utf8_rows, test_utf8);
    support_add(&tests, "utf-8: every code point", test_every_code_point);
    support_add(&tests, "utf-8: every pair of bytes", test_every_pair);
    support_add_rows(&tests, number_rows, test_number);
    support_add_rows(&tests, distance_rows, test_distance);
    support_add(&tests, "distance: as by plain recursion", test_distance_generated);
    support_add(&tests, "distance: long texts", test_distance_of_long_texts);
    support_add_rows(&tests, width_rows, test_width);
    support_add_rows(&tests, printable_rows, test_printable);
    return support_run("text", &tests);
}

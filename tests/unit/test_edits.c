/* The lines two texts differ in: hunks as diff -u writes them, right for any texts, and short. */
#include "compiler/edits.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NO_NEWLINE "\\ No newline at end of file\n"

static const struct edits_row {
    const char *name, *old, *new, *hunks;
} edits_rows[] = {
    {"edits: none", "a\nb\n", "a\nb\n", ""},
    {"edits: nothing and nothing", "", "", ""},
    {"edits: from nothing", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
    {"edits: to nothing", "a\n", "", "@@ -1 +0,0 @@\n-a\n"},
    {"edits: a line changed", "a\nb\nc\n", "a\nx\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
    {"edits: all changed", "a\nb\n", "x\ny\n", "@@ -1,2 +1,2 @@\n-a\n-b\n+x\n+y\n"},
    {"edits: a line in front", "b\n", "a\nb\n", "@@ -1 +1,2 @@\n+a\n b\n"},
    {"edits: a line behind", "a\n", "a\nb\n", "@@ -1 +1,2 @@\n a\n+b\n"},
    {"edits: a line in the middle of ten", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
     "1\n2\n3\n4\n5\nx\n6\n7\n8\n9\n10\n", "@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+x\n 6\n 7\n 8\n"},
    {"edits: six lines between share a hunk", "a\n1\n2\n3\n4\n5\n6\nb\n",
     "x\n1\n2\n3\n4\n5\n6\ny\n", "@@ -1,8 +1,8 @@\n-a\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+y\n"},
    {"edits: seven lines between part them", "a\n1\n2\n3\n4\n5\n6\n7\nb\n",
     "x\n1\n2\n3\n4\n5\n6\n7\ny\n",
     "@@ -1,4 +1,4 @@\n-a\n+x\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+y\n"},
    {"edits: a hunk behind one that adds", "a\n1\n2\n3\n4\n5\n6\n7\nb\n",
     "x\ny\na\n1\n2\n3\n4\n5\n6\n7\n",
     "@@ -1,3 +1,5 @@\n+x\n+y\n a\n 1\n 2\n@@ -6,4 +8,3 @@\n 5\n 6\n 7\n-b\n"},
    {"edits: no LF in old", "a\nb", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n" NO_NEWLINE "+b\n"},
    {"edits: no LF in new", "a\nb\n", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n" NO_NEWLINE},
    {"edits: no LF in both", "a\nb", "x\nb", "@@ -1,2 +1,2 @@\n-a\n+x\n b\n" NO_NEWLINE},
    {"edits: a LF alone", "\n", "", "@@ -1 +0,0 @@\n-\n"},
    {"edits: empty lines", "\n\n\n", "\n\n", "@@ -1,3 +1,2 @@\n \n \n-\n"},
    {"edits: a carriage return", "a\r\n", "a\n", "@@ -1 +1 @@\n-a\r\n+a\n"},
    {"edits: one of equals removed", "a\na\nb\na\n", "a\nb\na\n",
     "@@ -1,4 +1,3 @@\n a\n-a\n b\n a\n"},
    {"edits: lines that look like hunks", "@@ -1 +1 @@\n-a\n", "@@ -1 +1 @@\n+a\n",
     "@@ -1,2 +1,2 @@\n @@ -1 +1 @@\n--a\n++a\n"},
};

static void test_edits(void **state)
{
    const struct edits_row *row = *state;
    CLEANUP(buffer_free) struct buffer hunks = {0};

    edits_write(&hunks, text_from(row->old), text_from(row->new));
    buffer_add(&hunks, (struct text){"", 1});
    assert_string_equal(hunks.bytes, row->hunks);
}

/* Hunks applied to a text, as patch does; how many lines they remove and add. */
static size_t apply(struct text hunks, struct text old, struct buffer *new)
{
    size_t at = 1, edits = 0;

    while (hunks.size) {
        struct text head = text_cut(&hunks, '\n'), range = text_slice(head, 4, head.size);
        uint64_t from = 0, count = 1;

        assert_true(text_starts(head, TEXT("@@ -")) && text_ends(head, TEXT(" @@")));
        range = text_cut(&range, ' ');
        struct text first = text_cut(&range, ',');
        assert_true(text_number(first, SIZE_MAX, &from));
        assert_true(range.size == 0 || text_number(range, SIZE_MAX, &count));
        for (from += count == 0; at < from; at++) {
            struct text line = text_cut(&old, '\n');
            buffer_format(new, "%.*s\n", TEXT_ARGS(line));
        }
        while (hunks.size && hunks.bytes[0] != '@') {
            struct text line = text_cut(&hunks, '\n');

            if (line.bytes[0] != '+') {
                assert_true(text_equal(text_cut(&old, '\n'), text_slice(line, 1, line.size)));
                at++;
            }
            if (line.bytes[0] != '-')
                buffer_format(new, "%.*s\n", TEXT_ARGS(text_slice(line, 1, line.size)));
            edits += line.bytes[0] != ' ';
        }
    }
    buffer_add(new, old);
    return edits;
}

/* The fewest lines to remove and to add, by a table of all prefixes. */
static size_t fewest(const char *old, size_t old_count, const char *new, size_t new_count)
{
    size_t table[32][32];

    for (size_t i = 0; i <= old_count; i++) {
        for (size_t j = 0; j <= new_count; j++) {
            if (i == 0 || j == 0)
                table[i][j] = i + j;
            else if (old[i - 1] == new[j - 1])
                table[i][j] = table[i - 1][j - 1];
            else
                table[i][j] =
                    1 + (table[i - 1][j] < table[i][j - 1] ? table[i - 1][j] : table[i][j - 1]);
        }
    }
    return table[old_count][new_count];
}

static void put_letters(struct buffer *to, const char *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_format(to, "%c\n", letters[i]);
}

static void test_shortest(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 5000; round++) {
        CLEANUP(buffer_free) struct buffer old = {0}, new = {0}, hunks = {0}, applied = {0};
        char letters[2][31];
        size_t counts[2];
        uint64_t alphabet = 1 + support_below(&seed, 8);

        for (size_t side = 0; side < 2; side++) {
            counts[side] = support_below(&seed, 31);
            for (size_t i = 0; i < counts[side]; i++)
                letters[side][i] = (char)('a' + support_below(&seed, alphabet));
        }
        put_letters(&old, letters[0], counts[0]);
        put_letters(&new, letters[1], counts[1]);
        edits_write(&hunks, buffer_text(&old), buffer_text(&new));
        size_t edits = apply(buffer_text(&hunks), buffer_text(&old), &applied);
        assert_true(text_equal(buffer_text(&applied), buffer_text(&new)));
        assert_int_equal(edits, fewest(letters[0], counts[0], letters[1], counts[1]));
    }
}

/* Beyond the limits: still right, if longer than it need be. */
static const struct limit_row {
    const char *name;
    size_t lines;   /* of old, each another one */
    size_t changed; /* so many of them, spread evenly */
    size_t size;    /* of a line, at least */
    bool whole;     /* all between the first and the last that differ goes and comes */
} limit_rows[] = {
    {"edits: a thousand changes", 3000, 1000, 1, false},
    {"edits: more changes than are looked for", 9000, 3000, 1, true},
    {"edits: more lines than are compared", (1 << 20) + 5, 2, 1, true},
    {"edits: as many lines as are compared", 1 << 20, 2, 1, false},
    {"edits: lines that are alike nearly to their end", 600, 500, 60000, true},
};

static void test_limit(void **state)
{
    const struct limit_row *row = *state;
    CLEANUP(buffer_free) struct buffer old = {0}, new = {0}, hunks = {0}, applied = {0};
    CLEANUP(buffer_free) struct buffer filling = {0};
    size_t every = row->changed > 2 ? row->lines / row->changed : row->lines - 1;

    memset(buffer_reserve(&filling, row->size), 'x', row->size);
    filling.size = row->size;
    for (size_t i = 0; i < row->lines; i++) {
        bool changes = i % every == 0;

        buffer_format(&old, "%.*s%07zu\n", TEXT_ARGS(buffer_text(&filling)), i);
        buffer_format(&new, "%.*s%07zu\n", TEXT_ARGS(buffer_text(&filling)),
                      changes ? i + 5000000 : i);
    }
    edits_write(&hunks, buffer_text(&old), buffer_text(&new));
    size_t edits = apply(buffer_text(&hunks), buffer_text(&old), &applied);
    assert_true(text_equal(buffer_text(&applied), buffer_text(&new)));
    size_t changed = (row->lines + every - 1) / every;
    assert_int_equal(edits, 2 * (row->whole ? (changed - 1) * every + 1 : changed));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, edits_rows, test_edits);
    support_add(&tests, "edits: no shorter way among 5,000 by lot", test_shortest);
    support_add_rows(&tests, limit_rows, test_limit);
    return support_run("edits", &tests);
}

#include "compiler/edits.h"

#include <stdlib.h>
#include <string.h>

enum {
    CONTEXT = 3,
    EDITS_MAX = 2048,    /* lines removed and added; their trace takes 8 MiB */
    LINES_MAX = 2 << 20, /* of both texts, of those that are compared */
};

/* Lines that go, and others that come in their place; counted from 0 in each text. */
struct edit {
    size_t old_at, old_count, new_at, new_count;
};

/* Takes a line off the front, with its LF. */
static struct text take_line(struct text *rest)
{
    size_t end = text_find_byte(*rest, '\n');
    struct text line = text_slice(*rest, 0, end < rest->size ? end + 1 : end);

    *rest = text_slice(*rest, line.size, rest->size);
    return line;
}

static struct text last_line(struct text text)
{
    const char *end = text.size > 1 ? memrchr(text.bytes, '\n', text.size - 1) : NULL;

    return end ? text_slice(text, (size_t)(end + 1 - text.bytes), text.size) : text;
}

static size_t count_lines(struct text text)
{
    size_t count = 0;

    for (; text.size; count++)
        take_line(&text);
    return count;
}

struct line {
    struct text text;
    int *number;
};

static int compare_lines(const void *a, const void *b)
{
    return text_compare(((const struct line *)a)->text, ((const struct line *)b)->text);
}

/*
 * Numbers the lines of both texts, so that equal lines, and only those, have the same number. By
 * sorting: with hashing, a hostile text could choose lines that collide.
 */
static void number_lines(struct text old, int *old_numbers, struct text new, int *new_numbers,
                         size_t count)
{
    CLEANUP(buffer_free) struct buffer room = {0};
    struct line *lines = (struct line *)buffer_reserve(&room, count * sizeof(*lines));
    int number = 0;

    for (size_t i = 0; i < count; i++)
        if (old.size)
            lines[i] = (struct line){take_line(&old), old_numbers++};
        else
            lines[i] = (struct line){take_line(&new), new_numbers++};
    qsort(lines, count, sizeof(*lines), compare_lines);
    for (size_t i = 0; i < count; i++) {
        number += i > 0 && !text_equal(lines[i].text, lines[i - 1].text);
        *lines[i].number = number;
    }
}

/*
 * E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986): after d
 * edits, reached[k] is how many lines of old can be behind us on the diagonal k, where k more lines
 * of old than of new are. reached is kept for each d, so that the way can be walked back.
 */
struct search {
    const int *old, *new; /* the numbers of their lines */
    int old_count, new_count;
    struct buffer *trace; /* int each: after d edits, on the diagonals -d, -d + 2 ... d */
};

/* What was reached after d edits, on one of their diagonals. */
static int *reached(struct search *search, int d, int k)
{
    return (int *)search->trace->bytes + (size_t)d * ((size_t)d + 1) / 2 + (size_t)((k + d) / 2);
}

/* Whether the d-th edit on the way to the diagonal k adds a line, and does not remove one. */
static bool comes_by_adding(struct search *search, int d, int k)
{
    return k == -d || (k != d && *reached(search, d - 1, k - 1) < *reached(search, d - 1, k + 1));
}

/* Passes what both have in common on the diagonal k. returns  how far in old that is */
static int follow(const struct search *search, int x, int k)
{
    while (x < search->old_count && x - k < search->new_count &&
           search->old[x] == search->new[x - k])
        x++;
    return x;
}

/* The number of edits; -1 where it is beyond the limits. */
static int find_length(struct search *search)
{
    for (int d = 0; d <= EDITS_MAX; d++) {
        buffer_reserve(search->trace, ((size_t)d + 1) * sizeof(int));
        search->trace->size += ((size_t)d + 1) * sizeof(int);
        for (int k = -d; k <= d; k += 2) {
            int x = 0;

            if (d > 0)
                x = comes_by_adding(search, d, k) ? *reached(search, d - 1, k + 1)
                                                  : *reached(search, d - 1, k - 1) + 1;
            x = follow(search, x, k);
            *reached(search, d, k) = x;
            if (x >= search->old_count && x - k >= search->new_count)
                return d;
        }
    }
    return -1;
}

/*
 * Walks back from the end of both texts. Edits without a common line between them become one.
 *
 * d        how many there are
 * edits    room for d of them; filled from its end
 * returns  the first of them
 */
static struct edit *walk_back(struct search *search, int d, struct edit *edits)
{
    int k = search->old_count - search->new_count;
    struct edit *first = edits + d, *end = first;

    for (; d > 0; d--) {
        bool adds = comes_by_adding(search, d, k);

        k += adds ? 1 : -1;
        int x = *reached(search, d - 1, k);
        struct edit edit = {(size_t)x, !adds, (size_t)(x - k), adds};
        if (first < end && first->old_at == edit.old_at + edit.old_count) {
            edit.old_count += first->old_count;
            edit.new_count += first->new_count;
            first++;
        }
        *--first = edit;
    }
    return first;
}

/* A hunk's range: the first line, counted from 1, and how many; of none, the line before. */
static void put_range(struct buffer *to, char sign, size_t at, size_t count)
{
    if (count == 1)
        buffer_format(to, "%c%zu", sign, at + 1);
    else
        buffer_format(to, "%c%zu,%zu", sign, count ? at + 1 : at, count);
}

static void put_lines(struct buffer *to, const char *sign, struct text *rest, size_t count)
{
    while (count--) {
        struct text line = take_line(rest);

        buffer_add(to, text_from(sign));
        buffer_add(to, line);
        if (line.bytes[line.size - 1] != '\n')
            buffer_add(to, TEXT("\n\\ No newline at end of file\n"));
    }
}

static void skip_lines(struct text *rest, size_t count)
{
    while (count--)
        take_line(rest);
}

/* Where both texts are being written from: what is left of each, and the lines in front of that. */
struct writer {
    struct buffer *to;
    struct text old, new;
    size_t old_at, new_at;
    size_t old_count; /* lines of all of old */
};

/* One hunk: count edits, close enough to share their context. */
static void put_hunk(struct writer *writer, const struct edit *edits, size_t count)
{
    const struct edit *last = &edits[count - 1];
    size_t before = edits->old_at < CONTEXT ? edits->old_at : CONTEXT;
    size_t old_end = last->old_at + last->old_count, left = writer->old_count - old_end;
    size_t after = left < CONTEXT ? left : CONTEXT;
    size_t old_at = edits->old_at - before, new_at = edits->new_at - before;

    skip_lines(&writer->old, old_at - writer->old_at);
    skip_lines(&writer->new, new_at - writer->new_at);
    buffer_add(writer->to, TEXT("@@ "));
    put_range(writer->to, '-', old_at, old_end + after - old_at);
    buffer_add(writer->to, TEXT(" "));
    put_range(writer->to, '+', new_at, last->new_at + last->new_count + after - new_at);
    buffer_add(writer->to, TEXT(" @@\n"));
    writer->old_at = old_at;
    writer->new_at = new_at;
    for (size_t i = 0; i <= count; i++) {
        size_t common = (i < count ? edits[i].old_at : old_end + after) - writer->old_at;

        put_lines(writer->to, " ", &writer->old, common);
        skip_lines(&writer->new, common);
        writer->old_at += common;
        writer->new_at += common;
        if (i == count)
            break;
        put_lines(writer->to, "-", &writer->old, edits[i].old_count);
        put_lines(writer->to, "+", &writer->new, edits[i].new_count);
        writer->old_at += edits[i].old_count;
        writer->new_at += edits[i].new_count;
    }
}

static void put_hunks(struct buffer *to, struct text old, struct text new, const struct edit *edits,
                      size_t count)
{
    struct writer writer = {.to = to, .old = old, .new = new, .old_count = count_lines(old)};

    for (size_t i = 0; i < count;) {
        size_t end = i + 1;

        while (end < count &&
               edits[end].old_at - edits[end - 1].old_at - edits[end - 1].old_count <= 2 * CONTEXT)
            end++;
        put_hunk(&writer, &edits[i], end - i);
        i = end;
    }
}

/* Takes what both begin with off them. returns  how many lines that is */
static size_t take_common_front(struct text *old, struct text *new)
{
    for (size_t count = 0;; count++) {
        struct text old_rest = *old, new_rest = *new;

        if (old->size == 0 || !text_equal(take_line(&old_rest), take_line(&new_rest)))
            return count;
        *old = old_rest;
        *new = new_rest;
    }
}

static void drop_common_back(struct text *old, struct text *new)
{
    while (old->size) {
        struct text line = last_line(*old);

        if (!text_equal(line, last_line(*new)))
            return;
        old->size -= line.size;
        new->size -= line.size;
    }
}

/* The edits between the middles of two texts; where finding them costs too much, a single one. */
static size_t find_edits(struct buffer *room, struct text old, struct text new, struct edit **edits)
{
    CLEANUP(buffer_free) struct buffer numbers = {0}, trace = {0};
    size_t old_count = count_lines(old), new_count = count_lines(new);
    int length = -1;
    struct search search = {.trace = &trace};

    if (old_count + new_count <= LINES_MAX) {
        int *list = (int *)buffer_reserve(&numbers, (old_count + new_count) * sizeof(*list));

        number_lines(old, list, new, list + old_count, old_count + new_count);
        search.old = list;
        search.new = list + old_count;
        search.old_count = (int)old_count;
        search.new_count = (int)new_count;
        length = find_length(&search);
    }
    size_t most = length < 0 ? 1 : (size_t)length;
    struct edit *list = (struct edit *)buffer_reserve(room, most * sizeof(*list));
    if (length < 0) {
        list[0] = (struct edit){0, old_count, 0, new_count};
        *edits = list;
        return 1;
    }
    *edits = walk_back(&search, length, list);
    return (size_t)(list + length - *edits);
}

void edits_write(struct buffer *to, struct text old, struct text new)
{
    CLEANUP(buffer_free) struct buffer room = {0};
    struct text old_middle = old, new_middle = new;
    struct edit *edits;

    size_t front = take_common_front(&old_middle, &new_middle);
    drop_common_back(&old_middle, &new_middle);
    if (old_middle.size == 0 && new_middle.size == 0)
        return;
    size_t count = find_edits(&room, old_middle, new_middle, &edits);
    for (size_t i = 0; i < count; i++) {
        edits[i].old_at += front;
        edits[i].new_at += front;
    }
    put_hunks(to, old, new, edits, count);
}

/* Chunks come out in order and as the same bytes, however many threads there are. */
#include "compiler/deflate.h"
#include "runtime/inflate.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { CHUNK_COUNT_MAX = 200, PLAIN_SIZE_MAX = 40000 };

/* Chunk number i of every run: of another size, content and compressibility each. */
static struct text chunk(struct arena *arena, size_t number)
{
    uint64_t seed = number + 1;
    size_t size = 1 + support_below(&seed, PLAIN_SIZE_MAX), spread = 1 + number % 7 * 40;
    char *bytes = arena_array(arena, char, size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)('!' + (i % 13 + support_below(&seed, spread)) % 90);
    return (struct text){bytes, size};
}

static void check_packed(struct arena *arena, struct inflate *inflate, size_t number,
                         const struct packed *packed)
{
    struct text plain = chunk(arena, number);
    char *opened = arena_array(arena, char, plain.size);
    struct digest digest = crypto_digest(packed->stored);

    assert_int_equal(packed->tag, number % 5);
    assert_int_equal(packed->plain_size, plain.size);
    assert_true(digest_equal(&packed->digest, &digest));
    support_check(inflate_frame(arena, inflate, packed->stored, opened, plain.size), "");
    assert_memory_equal(opened, plain.bytes, plain.size);
    assert_int_equal(packed->stored.bytes[4] & 4, 4); /* a checksum, for zstd -t */
}

/* Puts and takes as writer does; what comes out is also added to all. */
static void run(int level, unsigned threads, size_t count, struct buffer *all)
{
    CLEANUP(deflate_close) struct deflate *deflate = deflate_open(level, threads);
    CLEANUP(inflate_close) struct inflate *inflate = inflate_open();
    CLEANUP(buffer_free) struct buffer plain = {0};
    struct packed packed;
    size_t taken = 0;

    assert_false(deflate_take(deflate, &packed));
    for (size_t i = 0; i <= count; i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);

        while ((i == count || deflate_is_full(deflate)) && deflate_take(deflate, &packed)) {
            buffer_add(all, packed.stored);
            check_packed(arena, inflate, taken++, &packed);
        }
        if (i == count)
            break;
        buffer_add(&plain, chunk(arena, i));
        deflate_put(deflate, &plain, i % 5);
        assert_int_equal(plain.size, 0); /* taken over */
    }
    assert_int_equal(taken, count);
    assert_false(deflate_take(deflate, &packed));
    assert_false(deflate_is_full(deflate));
}

static const struct row {
    const char *name;
    int level;
    unsigned threads;
    size_t count;
} rows[] = {
    {"no threads", LEVEL_DEFAULT, 0, CHUNK_COUNT_MAX},
    {"two threads", LEVEL_DEFAULT, 2, CHUNK_COUNT_MAX},
    {"four threads", LEVEL_DEFAULT, 4, CHUNK_COUNT_MAX},
    {"as many threads as there may be", LEVEL_DEFAULT, THREADS_MAX, CHUNK_COUNT_MAX},
    {"four threads, fast", LEVEL_MIN, 4, CHUNK_COUNT_MAX},
    {"four threads, small", 19, 4, 20},
    {"four threads, smallest", LEVEL_MAX, 4, 10},
    {"four threads, one chunk", LEVEL_DEFAULT, 4, 1},
    {"four threads, as many chunks as slots", LEVEL_DEFAULT, 4, 8},
    {"four threads, one chunk more", LEVEL_DEFAULT, 4, 9},
    {"four threads, no chunks", LEVEL_DEFAULT, 4, 0},
};

static void test_threads(void **state)
{
    const struct row *row = *state;
    CLEANUP(buffer_free) struct buffer one = {0}, many = {0};

    run(row->level, 1, row->count, &one);
    run(row->level, row->threads, row->count, &many);
    assert_int_equal(one.size, many.size);
    assert_true(text_equal(buffer_text(&one), buffer_text(&many)));
}

/* Results are borrowed until the next call: whoever only takes still gets each once. */
static void test_full(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    CLEANUP(deflate_close) struct deflate *deflate = deflate_open(LEVEL_DEFAULT, 3);
    CLEANUP(buffer_free) struct buffer plain = {0};
    CLEANUP(inflate_close) struct inflate *inflate = inflate_open();
    struct packed packed;
    size_t put = 0;

    (void)state;
    while (!deflate_is_full(deflate)) {
        buffer_add(&plain, chunk(arena, put));
        deflate_put(deflate, &plain, put++ % 5);
    }
    assert_true(put >= 3);
    for (size_t i = 0; i < put; i++) {
        assert_true(deflate_take(deflate, &packed));
        assert_false(deflate_is_full(deflate));
        check_packed(arena, inflate, i, &packed);
    }
    assert_false(deflate_take(deflate, &packed));
}

/* An error elsewhere closes it with work under way. */
static void test_closed_early(void **state)
{
    (void)state;
    for (size_t i = 0; i < 40; i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
        CLEANUP(deflate_close) struct deflate *deflate = deflate_open(LEVEL_DEFAULT, 1 + i % 4);
        CLEANUP(buffer_free) struct buffer plain = {0};
        struct packed packed;

        for (size_t j = 0; j < i % 9 && !deflate_is_full(deflate); j++) {
            buffer_add(&plain, chunk(arena, j));
            deflate_put(deflate, &plain, 0);
        }
        if (i % 2)
            deflate_take(deflate, &packed);
    }
}

static void test_close_nothing(void **state)
{
    struct deflate *deflate = NULL;

    (void)state;
    deflate_close(&deflate);
    assert_null(deflate);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_threads);
    support_add(&tests, "filled, then emptied", test_full);
    support_add(&tests, "closed early", test_closed_early);
    support_add(&tests, "closed without being open", test_close_nothing);
    return support_run("deflate", &tests);
}

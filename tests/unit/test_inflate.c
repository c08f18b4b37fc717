/* One zstd frame of the declared size, made by hand where no compressor would make it. */
#include "runtime/inflate.h"
#include "support.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <cmocka.h>

/*
 * Frames by RFC 8878, 3.1.1: magic, descriptor, sizes; then blocks of three bytes each: bit 0 for
 * the last one, two bits of type (0 raw, 1 repeated), 21 of size.
 */
#define MAGIC "\x28\xb5\x2f\xfd"
#define RAW_ABC                                                                                    \
    "\x19\x00\x00"                                                                                 \
    "abc"
#define ABC MAGIC "\x20\x03" RAW_ABC
#define SKIPPABLE                                                                                  \
    "\x5a\x2a\x4d\x18\x02\x00\x00\x00"                                                             \
    "hi"
#define NOT_ONE "3 a chunk is not one zstd frame of the size its index declares"
#define CANNOT  "3 a chunk cannot be decompressed: "

static const struct row {
    const char *name;
    struct text stored;
    size_t plain_size;
    const char *expected;  /* the content in brackets, or the error */
    ZSTD_ErrorCode reason; /* what zstd's own words behind CANNOT are about */
} rows[] = {
    {"a raw block", TEXT(ABC), 3, "[abc]", 0},
    {"a repeated byte", TEXT(MAGIC "\x20\x08\x43\x00\x00x"), 8, "[xxxxxxxx]", 0},
    {"two blocks",
     TEXT(MAGIC "\x20\x05\x18\x00\x00"
                "abc"
                "\x13\x00\x00x"),
     5, "[abcxx]", 0},
    {"a block of nothing, then one", TEXT(MAGIC "\x20\x03\x00\x00\x00" RAW_ABC), 3, "[abc]", 0},
    {"nothing at all, as declared", TEXT(MAGIC "\x20\x00\x01\x00\x00"), 0, "[]", 0},
    {"a size of four bytes", TEXT(MAGIC "\xa0\x03\x00\x00\x00" RAW_ABC), 3, "[abc]", 0},
    {"a size of eight bytes", TEXT(MAGIC "\xe0\x03\x00\x00\x00\x00\x00\x00\x00" RAW_ABC), 3,
     "[abc]", 0},
    {"a window of 2 GiB takes no memory", TEXT(MAGIC "\x80\xa8\x03\x00\x00\x00" RAW_ABC), 3,
     "[abc]", 0},
    {"the unused bit is nobody's", TEXT(MAGIC "\x30\x03" RAW_ABC), 3, "[abc]", 0},
    {"a checksum", TEXT(MAGIC "\x24\x03" RAW_ABC "\x99\x09\x77\xad"), 3, "[abc]", 0},

    {"a wrong checksum", TEXT(MAGIC "\x24\x03" RAW_ABC "\x99\x09\x77\xac"), 3, CANNOT,
     ZSTD_error_checksum_wrong},
    {"the size is too small in the frame", TEXT(MAGIC "\x20\x02" RAW_ABC), 2, CANNOT,
     ZSTD_error_dstSize_tooSmall},
    {"the size is too large in the frame", TEXT(MAGIC "\x20\x04" RAW_ABC), 4, CANNOT,
     ZSTD_error_corruption_detected},
    {"a bomb: 128 KiB in three bytes", TEXT(MAGIC "\x20\x03\x03\x00\x10x"), 3, CANNOT,
     ZSTD_error_dstSize_tooSmall},
    {"a bomb: many blocks",
     TEXT(MAGIC "\xa0\x00\x00\x02\x00"
                "\x02\x00\x10x"
                "\x02\x00\x10x"
                "\x03\x00\x10x"),
     1 << 17, CANNOT, ZSTD_error_dstSize_tooSmall},
    {"a bomb: a block larger than any",
     TEXT(MAGIC "\xa0\x00\x00\x10\x00"
                "\xfb\xff\x7fx"),
     1 << 20, CANNOT, ZSTD_error_corruption_detected},
    {"a bomb: the size of another",
     TEXT(MAGIC "\xa0\x00\x00\x02\x00"
                "\x03\x00\x10x"),
     3, NOT_ONE, 0},
    {"a bomb: a terabyte by its own words",
     TEXT(MAGIC "\xe0\x00\x00\x00\x00\x00\x01\x00\x00"
                "\x03\x00\x10x"),
     1 << 17, NOT_ONE, 0},
    {"a block of the reserved type",
     TEXT(MAGIC "\x20\x03\x1f\x00\x00"
                "abc"),
     3, NOT_ONE, 0},
    {"declared smaller than it says", TEXT(ABC), 2, NOT_ONE, 0},
    {"declared larger than it says", TEXT(ABC), 4, NOT_ONE, 0},
    {"declared as nothing", TEXT(ABC), 0, NOT_ONE, 0},
    {"nothing, declared as something", TEXT(MAGIC "\x20\x00\x01\x00\x00"), 3, NOT_ONE, 0},
    {"no size, as a stream is written", TEXT(MAGIC "\x00\x58" RAW_ABC), 3, NOT_ONE, 0},
    {"a dictionary of one byte", TEXT(MAGIC "\x21\x07\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"a dictionary of two bytes", TEXT(MAGIC "\x22\x07\x00\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"a dictionary of four bytes", TEXT(MAGIC "\x23\x07\x00\x00\x00\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"the dictionary of number 0", TEXT(MAGIC "\x21\x00\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"the reserved bit", TEXT(MAGIC "\x28\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"two frames", TEXT(ABC ABC), 3, NOT_ONE, 0},
    {"two frames that are one size together", TEXT(ABC ABC), 6, NOT_ONE, 0},
    {"a frame and one of nothing", TEXT(ABC MAGIC "\x20\x00\x01\x00\x00"), 3, NOT_ONE, 0},
    {"a byte behind", TEXT(ABC "\x00"), 3, NOT_ONE, 0},
    {"a skippable frame behind", TEXT(ABC SKIPPABLE), 3, NOT_ONE, 0},
    {"a skippable frame in front", TEXT(SKIPPABLE ABC), 3, NOT_ONE, 0},
    {"a skippable frame between", TEXT(ABC SKIPPABLE ABC), 6, NOT_ONE, 0},
    {"a skippable frame alone", TEXT(SKIPPABLE), 0, NOT_ONE, 0},
    {"a skippable frame without flags", TEXT("\x5a\x2a\x4d\x18\x04\x00\x00\x00skip"), 0, NOT_ONE,
     0},
    {"the magic number of version 0.1", TEXT("\xfd\x2f\xb5\x1e\x20\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"the magic number of version 0.2", TEXT("\x22\xb5\x2f\xfd\x20\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"the magic number of version 0.5", TEXT("\x25\xb5\x2f\xfd\x20\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"the magic number of version 0.6", TEXT("\x26\xb5\x2f\xfd\x20\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"the magic number of version 0.7", TEXT("\x27\xb5\x2f\xfd\x20\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"the magic number of a dictionary", TEXT("\x37\xa4\x30\xec\x20\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"gzip", TEXT("\x1f\x8b\x08\x00\x00\x00\x00\x00"), 3, NOT_ONE, 0},
    {"plain text", TEXT("SELECT 1;"), 9, NOT_ONE, 0},
    {"no magic number", TEXT("\x20\x03" RAW_ABC), 3, NOT_ONE, 0},
    {"a magic number alone", TEXT(MAGIC), 0, NOT_ONE, 0},
    {"nothing", TEXT(""), 0, NOT_ONE, 0},
    {"no last block",
     TEXT(MAGIC "\x20\x03\x18\x00\x00"
                "abc"),
     3, NOT_ONE, 0},
    {"no checksum where one is announced", TEXT(MAGIC "\x24\x03" RAW_ABC), 3, NOT_ONE, 0},
};

/* Into and from memory of exactly these sizes, so that a sanitizer sees a byte too many. */
static struct error *inflate(struct arena *arena, struct inflate *context, struct text stored,
                             size_t plain_size, struct text *plain)
{
    char *exact = malloc(plain_size ? plain_size : 1),
         *copy = malloc(stored.size ? stored.size : 1);

    assert_true(exact && copy);
    memset(exact, '?', plain_size);
    memcpy(copy, stored.bytes, stored.size);
    struct error *error =
        inflate_frame(arena, context, (struct text){copy, stored.size}, exact, plain_size);
    *plain = arena_copy(arena, (struct text){exact, plain_size});
    free(exact);
    free(copy);
    return error;
}

static void test_row(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(inflate_close) struct inflate *context = inflate_open();
    const char *expected = row->expected;
    struct text plain;

    if (row->reason)
        expected = arena_format(arena, "%s%s", expected, ZSTD_getErrorString(row->reason)).bytes;
    const struct error *error = inflate(arena, context, row->stored, row->plain_size, &plain);
    assert_string_equal(error ? support_show(arena, error)
                              : arena_format(arena, "[%.*s]", TEXT_ARGS(plain)).bytes,
                        expected);
    /* Whatever it was, the next one is read as if nothing had been. */
    assert_null(inflate(arena, context, TEXT(ABC), 3, &plain));
    assert_string_equal(plain.bytes, "abc");
}

static struct text compress(struct arena *arena, int level, struct text plain)
{
    size_t room = ZSTD_compressBound(plain.size);
    char *bytes = arena_array(arena, char, room);
    ZSTD_CCtx *context = ZSTD_createCCtx();

    assert_non_null(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(context, bytes, room, plain.bytes, plain.size);
    assert_false(ZSTD_isError(size));
    ZSTD_freeCCtx(context);
    return (struct text){bytes, size};
}

static struct text some_sql(struct arena *arena, size_t size, uint64_t seed)
{
    char *bytes = arena_array(arena, char, size);

    for (size_t i = 0; i < size; i++)
        bytes[i] = "SELECT * FROM orders WHERE id = 7;\n"[(i + support_below(&seed, 3)) % 35];
    return (struct text){bytes, size};
}

static void test_levels(void **state)
{
    CLEANUP(inflate_close) struct inflate *context = inflate_open();

    (void)state;
    for (int level = 1; level <= 22; level += 3) {
        CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
        struct text sql = some_sql(arena, 300000, (uint64_t)level), plain;

        assert_null(inflate(arena, context, compress(arena, level, sql), sql.size, &plain));
        assert_true(text_equal(plain, sql));
    }
}

static void test_every_truncation(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(256 << 20);
    CLEANUP(inflate_close) struct inflate *context = inflate_open();
    struct text sql = some_sql(arena, 2000, 11), stored = compress(arena, 3, sql), plain;

    (void)state;
    for (size_t size = 0; size < stored.size; size++)
        support_check(inflate(arena, context, text_slice(stored, 0, size), sql.size, &plain),
                      NOT_ONE);
}

/* A bit may be one that says nothing; but no bit may give another text. */
static void test_every_bit(void **state)
{
    CLEANUP(arena_free) struct arena *memory = arena_new(16 << 20);
    CLEANUP(inflate_close) struct inflate *context = inflate_open();
    struct text sql = some_sql(memory, 2000, 12), stored = compress(memory, 3, sql);
    char *bytes = (char *)stored.bytes;
    size_t accepted = 0;

    (void)state;
    for (size_t bit = 0; bit < 8 * stored.size; bit++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        struct text plain;

        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        const struct error *error = inflate(arena, context, stored, sql.size, &plain);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        if (error)
            assert_int_equal(error->code, ERROR_UNTRUSTED);
        else
            assert_true(text_equal(plain, sql));
        accepted += !error;
    }
    assert_true(accepted < stored.size);
}

static bool out_of_memory;

/* In the place of that of zstd, so that it can fail. */
ZSTD_DCtx *ZSTD_createDCtx(void)
{
    ZSTD_DCtx *(*create)(void);

    if (out_of_memory)
        return NULL;
    *(void **)&create = dlsym(RTLD_NEXT, "ZSTD_createDCtx");
    assert_non_null(create);
    return create();
}

static void open_without_memory(const void *argument)
{
    (void)argument;
    out_of_memory = true;
    inflate_open();
}

static void test_out_of_memory(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;

    (void)state;
    assert_int_equal(support_fork(arena, open_without_memory, NULL, &messages), 5);
    assert_string_equal(messages.bytes, "error: out of memory\n");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_row);
    support_add(&tests, "every level", test_levels);
    support_add(&tests, "every truncation", test_every_truncation);
    support_add(&tests, "every bit", test_every_bit);
    support_add(&tests, "out of memory", test_out_of_memory);
    return support_run("inflate", &tests);
}

#include "inflate.h"

#include <string.h>
#include <zstd.h>

struct inflate *inflate_open(void)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();

    if (!context)
        arena_exhausted();
    return (struct inflate *)context;
}

void inflate_close(struct inflate **inflate)
{
    ZSTD_freeDCtx((ZSTD_DCtx *)*inflate);
    *inflate = NULL;
}

/* RFC 8878, 3.1.1.1: magic, then a descriptor whose reserved bit and dictionary flag are 0. */
static bool is_plain_frame(struct text stored)
{
    static const unsigned char magic[] = {0x28, 0xb5, 0x2f, 0xfd};

    return stored.size > sizeof(magic) && memcmp(stored.bytes, magic, sizeof(magic)) == 0 &&
           (stored.bytes[sizeof(magic)] & 0x0b) == 0;
}

struct error *inflate_frame(struct arena *arena, struct inflate *inflate, struct text stored,
                            char *plain, size_t plain_size)
{
    if (!is_plain_frame(stored) ||
        ZSTD_getFrameContentSize(stored.bytes, stored.size) != plain_size ||
        ZSTD_findFrameCompressedSize(stored.bytes, stored.size) != stored.size)
        return error_plain(arena, ERROR_UNTRUSTED,
                           "a chunk is not one zstd frame of the size its index declares");

    size_t got =
        ZSTD_decompressDCtx((ZSTD_DCtx *)inflate, plain, plain_size, stored.bytes, stored.size);
    if (got != plain_size) /* an error is none, either */
        return error_plain(arena, ERROR_UNTRUSTED, "a chunk cannot be decompressed: %s",
                           ZSTD_getErrorName(got));
    return NULL;
}

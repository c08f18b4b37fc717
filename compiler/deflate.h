/* deflate.h - zstd compression on all cores, in order; the compiler's door to it. Floor 4. */
#pragma once

#include "runtime/buffer.h"
#include "runtime/crypto.h"

enum { LEVEL_MIN = 1, LEVEL_DEFAULT = 3, LEVEL_MAX = 22, THREADS_MAX = 64 };

struct deflate;

/* Threads that cannot be had are done without; the results are the same bytes. */
struct deflate *deflate_open(int level, unsigned threads);
void deflate_close(struct deflate **deflate);

/* One compressed chunk: borrowed until the next call. */
struct packed {
    struct text stored;
    struct digest digest; /* of the stored bytes */
    size_t plain_size;
    unsigned tag; /* as it was given to deflate_put */
};

/* True when a result must be taken before more can be put. */
bool deflate_is_full(const struct deflate *deflate);

/* Takes the bytes out of plain, which comes back empty. */
void deflate_put(struct deflate *deflate, struct buffer *plain, unsigned tag);

/*
 * The oldest chunk that was put and not yet taken; waits for it.
 * returns  false where there is none
 */
bool deflate_take(struct deflate *deflate, struct packed *packed);

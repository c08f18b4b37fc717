/* bundle.h - bytes in, verified steps out. Floor 1. */
#pragma once

#include "payload.h"
#include "trust.h"

/* Comes only from bundle_open, so whoever holds one holds a verified bundle. */
struct bundle {
    struct container *container;
    struct index *index;
    struct payload payload;
    struct verdicts verdicts; /* on its signatures */
};

void bundle_close(struct bundle *bundle);

struct bundle_policy {
    const struct trust *trust;
    uint64_t now;       /* seconds since 1970, read once by the caller */
    bool allow_expired; /* the caller says so, and writes it down */
    bool nothing_else;  /* the caller does nothing behind this: see fence_close */
};

/*
 * Verifies a bundle in the one order there is: the file, frame headers, digest of the index, all
 * signatures, the threshold; then reads the index and checks that the keys may sign for its project
 * and that it has not expired; then the sizes, the digest of every chunk, decompression into
 * exactly the declared size, and the digest of every script.
 *
 * cost     reads the whole file once, and the index twice; memory for the index and two chunks, and
 *          before the threshold for the signatures alone
 * returns  NULL, ERROR_UNTRUSTED, or ERROR_SYSTEM
 */
struct error *bundle_open(struct arena *arena, struct text path, const struct bundle_policy *policy,
                          struct bundle *bundle) CHECKED;

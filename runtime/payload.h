/* payload.h - the chunks behind an index: scripts out, every byte checked. Floor 1. */
#pragma once

#include "container.h"
#include "index.h"
#include "inflate.h"

/*
 * Reads through the container's descriptor. Whatever is read is hashed again each time, so a medium
 * that answers differently the second time is noticed before its bytes are used.
 */
struct payload {
    const struct container *container;
    const struct index *index;
    uint64_t *stored;               /* offset of each chunk's zstd frame in the file */
    uint64_t *plain;                /* offset of each chunk's first byte in its stream */
    size_t first[STREAM_COUNT + 1]; /* first chunk of each stream; behind it, the count */
    struct inflate *inflate;
    struct buffer frame;                /* the stored bytes of the chunk being read */
    struct buffer opened[STREAM_COUNT]; /* the plain bytes of one chunk of each stream */
    size_t opened_chunk[STREAM_COUNT];  /* which one; SIZE_MAX for none */
    struct buffer joined;               /* a script that spans chunks */
};

void payload_close(struct payload *payload);

/*
 * returns  NULL or ERROR_UNTRUSTED where the sizes of the index do not give the size of the file
 */
struct error *payload_open(struct arena *arena, const struct container *container,
                           const struct index *index, struct payload *payload) CHECKED;

/*
 * The bytes of one script that is present: out of chunks with the right digest, behind the right
 * heading, with the right digest themselves, valid UTF-8 without NUL.
 *
 * text     borrowed until the next call
 * cost     a chunk is read and decompressed again only where another of its stream came between
 * returns  NULL, ERROR_UNTRUSTED or ERROR_SYSTEM
 */
struct error *payload_script(struct arena *arena, struct payload *payload,
                             const struct index_step *step, enum script_kind kind,
                             struct text *text) CHECKED;

/* Reads every script once: all bytes of the file have then been checked. */
struct error *payload_check(struct arena *arena, struct payload *payload) CHECKED;

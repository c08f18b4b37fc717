/* writer.h - scripts to bundle bytes. Floor 4. */
#pragma once

#include "compiler/deflate.h"
#include "runtime/file.h"
#include "runtime/index.h"
#include "runtime/minisign.h"

/* Plain bytes of a chunk: the ratio hardly gains above it (shared measurements: 8.2 at 1 MiB). */
enum { CHUNK_SIZE = 1 << 20 };

/* No clock, environment or order of a folder reaches it: equal calls give equal bytes. */
struct writer {
    struct deflate *deflate;
    int scratch[STREAM_COUNT]; /* stored chunks, until the index can be written before them */
    uint64_t scratch_size[STREAM_COUNT];
    struct buffer plain[STREAM_COUNT]; /* of the chunk being filled */
    uint64_t end[STREAM_COUNT];        /* of the plain stream */
    struct {
        struct index_chunk *list;
        size_t count, capacity;
    } chunks[STREAM_COUNT];
};

void writer_close(struct writer *writer);

/*
 * folder   where scratch files may lie: that of the bundle
 * level    LEVEL_MIN to LEVEL_MAX
 */
struct error *writer_open(struct arena *arena, struct text folder, int level, unsigned threads,
                          struct writer *writer) CHECKED;

/* Appends a script to its stream and fills offset, size and digest of its index entry. */
struct error *writer_add(struct arena *arena, struct writer *writer, struct index_step *step,
                         enum script_kind kind, struct text text) CHECKED;

/* Compresses what is left and fills the chunks of the index, which is then complete. */
struct error *writer_finish(struct arena *arena, struct writer *writer,
                            struct index *index) CHECKED;

/* A part of an open file. */
struct extent {
    int fd;
    uint64_t offset, size;
};

/* The stored chunks of each stream, for writer_save. */
void writer_extents(const struct writer *writer, struct extent extents[static STREAM_COUNT]);

/*
 * Writes a bundle: the index, the signature texts, then the extents, by temporary file and rename.
 */
struct error *writer_save(struct arena *arena, struct text path, struct text index,
                          const struct text *signatures, size_t signature_count,
                          const struct extent *extents, size_t extent_count) CHECKED;

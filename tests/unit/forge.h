/* forge.h - bundles packed by hand, so that any part of them can be another than it should. */
#pragma once

#include "compiler/signer.h"
#include "runtime/bundle.h"

struct signing_key {
    struct secret_key *secret;
    struct public_key public;
};

/* Makes NAME.key and NAME.pub, without a password, and loads the secret one. */
void forge_key(struct arena *arena, const char *name, struct signing_key *key);

/* The text of a signature over this index. */
struct text forge_sign(struct arena *arena, const struct signing_key *key, struct text index);

/*
 * A bundle is made in stages: the steps and scripts; the streams of them; the chunks of those; the
 * text of the index. What is changed between two stages is in all that comes later.
 */
struct forge {
    struct arena *arena;
    struct index index;
    struct index_step *steps; /* of the index */
    struct text (*scripts)[SCRIPT_KIND_COUNT];
    struct buffer plain[STREAM_COUNT];
    struct index_chunk *chunks; /* of the index */
    struct text *stored;
    struct text index_text;
};

/* A project without a script, for SQLite. */
struct forge forge_new(size_t ceiling, size_t step_count);
void forge_free(struct forge *forge);

void forge_script(struct forge *forge, size_t step, enum script_kind kind, const char *path,
                  struct text text);
void forge_streams(struct forge *forge);
void forge_chunks(struct forge *forge, size_t piece_size);
void forge_index(struct forge *forge);
void forge_all(struct forge *forge, size_t piece_size); /* these three */

/* Puts other stored bytes in the place of a chunk, and says so in the index. */
void forge_store(struct forge *forge, size_t chunk, struct text stored);

/* Pieces of a file: a little-endian number, a skippable frame, all chunks. */
void forge_put_number(struct buffer *to, uint32_t number);
void forge_put_frame(struct buffer *to, uint32_t magic, struct text content);
void forge_put_chunks(struct buffer *to, const struct forge *forge);

/* The whole file, signed with these keys. */
struct text forge_bytes(struct forge *forge, const struct signing_key *keys, size_t key_count);

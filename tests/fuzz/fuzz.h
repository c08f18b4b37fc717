/* fuzz.h - what the fuzz targets share: their names, files in memory, errors looked at whole. */
#pragma once

#include "runtime/buffer.h"
#include "runtime/error.h"

/*
 * Reads the input as untrusted bytes of one kind, and asserts what must hold of whatever is
 * accepted. One per fuzz_NAME.c; its corpus is in corpus/NAME/.
 */
typedef void fuzz_target(struct arena *arena, struct text input);

fuzz_target fuzz_alembic, fuzz_bundle, fuzz_container, fuzz_index, fuzz_keys, fuzz_layout,
    fuzz_manifest, fuzz_psql_message, fuzz_section, fuzz_signature, fuzz_sql_postgresql,
    fuzz_sql_sqlite, fuzz_trust;

/*
 * Calls a target with an arena of its own. Larger inputs are passed over: the ceiling is so far
 * above what the rest may cost that whoever reaches it has found something.
 */
void fuzz_run(fuzz_target *target, const uint8_t *bytes, size_t size);

/* The path of a file in memory, which only its owner may read. Each call replaces what it held. */
struct text fuzz_file(struct text bytes);

/*
 * Every error behind the first, too: places lie inside their source, and what a person would read
 * of them is safe to show. NULL is fine.
 */
void fuzz_check_error(struct arena *arena, const struct error *error);

/* One frame of a bundle, header and bytes. */
void fuzz_put_frame(struct buffer *to, uint32_t magic, struct text bytes);

/* inflate.h - zstd to a size declared beforehand and capped; the runtime's door to it. Floor 1. */
#pragma once

#include "error.h"

struct inflate;

struct inflate *inflate_open(void);
void inflate_close(struct inflate **inflate);

/*
 * Decompresses one frame (RFC 8878) that is exactly the stored bytes and gives exactly the plain
 * size: no other magic, no dictionary, no further frame.
 *
 * plain    room for plain_size bytes
 * returns  NULL or ERROR_UNTRUSTED
 */
struct error *inflate_frame(struct arena *arena, struct inflate *inflate, struct text stored,
                            char *plain, size_t plain_size) CHECKED;

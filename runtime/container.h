/* container.h - the frames of a bundle: index, signatures, where chunks begin. Floor 1. */
#pragma once

#include "file.h"
#include "minisign.h"
#include "trust.h"

/*
 * What a bundle is before anybody trusts it. Nothing is interpreted but eight bytes in front of
 * each frame: a magic number and a size (RFC 8878, 3.1.2, skippable frames).
 */
enum { FRAME_HEADER_SIZE = 8 };

#define FRAME_INDEX     UINT32_C(0x184d2a5a)
#define FRAME_SIGNATURE UINT32_C(0x184d2a5b)
#define FRAME_SIDE      UINT32_C(0x184d2a5c)

struct container {
    int fd;
    struct text path;
    uint64_t size;    /* of the file */
    uint64_t payload; /* offset of the first chunk */
    uint64_t index_size;
    struct digest digest;          /* of the index: the name of the bundle */
    uint8_t prehash[PREHASH_SIZE]; /* of the index: what is signed */
    struct text index;             /* absent until container_read */
    struct text signatures[SIGNATURES_MAX];
    size_t signature_count;
};

void container_close(struct container *container);

/*
 * Reads the frames in front of the chunks. Signatures are kept; the index, which may be large, is
 * hashed piece by piece. The file is a regular file, read through one descriptor that stays open
 * for the rest.
 *
 * returns  NULL, ERROR_UNTRUSTED for any other frame, order or size, or ERROR_SYSTEM
 */
struct error *container_open(struct arena *arena, struct text path,
                             struct container *container) CHECKED;

/*
 * Reads the index into memory.
 *
 * returns  NULL, ERROR_UNTRUSTED where it is no longer what was hashed, or ERROR_SYSTEM
 */
struct error *container_read(struct arena *arena, struct container *container) CHECKED;

void frame_header(uint32_t magic, uint32_t size, uint8_t header[static FRAME_HEADER_SIZE]);

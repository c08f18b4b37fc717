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
    struct text index;
    struct digest digest; /* of the index: the name of the bundle */
    struct text signatures[SIGNATURES_MAX];
    size_t signature_count;
};

void container_close(struct container *container);

/*
 * Reads the frames in front of the chunks into memory. The file is a regular file, read through
 * one descriptor that stays open for the chunks.
 *
 * returns  NULL, ERROR_UNTRUSTED for any other frame, order or size, or ERROR_SYSTEM
 */
struct error *container_open(struct arena *arena, struct text path,
                             struct container *container) CHECKED;

void frame_header(uint32_t magic, uint32_t size, uint8_t header[static FRAME_HEADER_SIZE]);

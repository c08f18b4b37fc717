#include "container.h"
#include "index.h"

#include <fcntl.h>

void container_close(struct container *container)
{
    file_close(&container->fd);
}

static uint32_t little_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

void frame_header(uint32_t magic, uint32_t size, uint8_t header[static FRAME_HEADER_SIZE])
{
    for (size_t i = 0; i < 4; i++) {
        header[i] = (uint8_t)(magic >> 8 * i);
        header[4 + i] = (uint8_t)(size >> 8 * i);
    }
}

/*
 * Reads the header of the frame at container->payload, and moves behind it if it has this magic
 * number.
 *
 * found  whether it has
 * size   of its content, which lies inside the file
 */
static struct error *take_header(struct arena *arena, struct container *container, uint32_t magic,
                                 size_t limit, bool *found, size_t *size)
{
    uint8_t header[FRAME_HEADER_SIZE];
    uint64_t left = container->size - container->payload;

    *found = false;
    if (left < sizeof(header))
        return NULL;
    struct error *error =
        file_read_at(arena, container->fd, container->path, container->payload, header, 8);
    if (error)
        return error;
    if (little_endian(header) != magic)
        return NULL;

    *size = little_endian(header + 4);
    if (*size > limit)
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' has a frame of %zu bytes, at most %zu",
                           TEXT_ARGS(container->path), *size, limit);
    if (*size > left - sizeof(header))
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' is cut off in its first %zu bytes",
                           TEXT_ARGS(container->path), *size + sizeof(header));
    container->payload += sizeof(header);
    *found = true;
    return NULL;
}

static struct error *take_signatures(struct arena *arena, struct container *container)
{
    for (;;) {
        bool found;
        size_t size;
        struct error *error =
            take_header(arena, container, FRAME_SIGNATURE, SIGNATURE_TEXT_SIZE_MAX, &found, &size);

        if (error)
            return error;
        if (!found)
            return NULL;
        if (container->signature_count == SIGNATURES_MAX)
            return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' has more than %d signatures",
                               TEXT_ARGS(container->path), SIGNATURES_MAX);
        char *bytes = arena_array(arena, char, size + 1);
        error =
            file_read_at(arena, container->fd, container->path, container->payload, bytes, size);
        if (error)
            return error;
        container->payload += size;
        container->signatures[container->signature_count++] = (struct text){bytes, size};
    }
}

static struct error *hash_index(struct arena *arena, struct container *container)
{
    struct crypto_digest_state digest, prehash;
    char piece[64 << 10];

    crypto_digest_start(&digest);
    crypto_prehash_start(&prehash);
    for (uint64_t at = 0; at < container->index_size; at += sizeof(piece)) {
        uint64_t left = container->index_size - at;
        struct text part = {piece, left < sizeof(piece) ? (size_t)left : sizeof(piece)};
        struct error *error = file_read_at(arena, container->fd, container->path,
                                           FRAME_HEADER_SIZE + at, piece, part.size);

        if (error)
            return error;
        crypto_digest_add(&digest, part);
        crypto_digest_add(&prehash, part);
    }
    container->digest = crypto_digest_end(&digest);
    crypto_prehash_end(&prehash, container->prehash);
    return NULL;
}

struct error *container_open(struct arena *arena, struct text path, struct container *container)
{
    CLEANUP(container_close) struct container opened = {.fd = -1};
    bool found;
    size_t size;

    opened.path = arena_copy(arena, path);
    struct error *error = file_open(arena, AT_FDCWD, opened.path.bytes, &opened.fd, &opened.size);
    if (error)
        return error;
    error = take_header(arena, &opened, FRAME_INDEX, INDEX_SIZE_MAX, &found, &size);
    if (error)
        return error;
    if (!found)
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' is not a sqlferry bundle",
                           TEXT_ARGS(path));
    opened.index_size = size;
    opened.payload += size;
    error = hash_index(arena, &opened);
    if (error)
        return error;
    error = take_signatures(arena, &opened);
    if (error)
        return error;
    *container = opened;
    opened.fd = -1;
    return NULL;
}

struct error *container_read(struct arena *arena, struct container *container)
{
    size_t size = (size_t)container->index_size;
    char *bytes = arena_array(arena, char, size + 1);
    struct error *error =
        file_read_at(arena, container->fd, container->path, FRAME_HEADER_SIZE, bytes, size);

    if (error)
        return error;
    struct text index = {bytes, size};
    struct digest digest = crypto_digest(index);
    if (!digest_equal(&digest, &container->digest))
        return error_plain(arena, ERROR_UNTRUSTED, "the index of '%.*s' has changed as it was read",
                           TEXT_ARGS(container->path));
    container->index = index;
    return NULL;
}

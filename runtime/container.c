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
 * Takes the frame at container->payload if it has this magic number.
 *
 * frame  untouched where the next frame is another
 */
static struct error *take_frame(struct arena *arena, struct container *container, uint32_t magic,
                                size_t limit, struct text *frame)
{
    uint8_t header[FRAME_HEADER_SIZE];
    uint64_t left = container->size - container->payload;

    if (left < sizeof(header))
        return NULL;
    struct error *error =
        file_read_at(arena, container->fd, container->path, container->payload, header, 8);
    if (error)
        return error;
    if (little_endian(header) != magic)
        return NULL;

    size_t size = little_endian(header + 4);
    if (size > limit)
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' has a frame of %zu bytes, at most %zu",
                           TEXT_ARGS(container->path), size, limit);
    if (size > left - sizeof(header))
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' is cut off in its first %zu bytes",
                           TEXT_ARGS(container->path), size + sizeof(header));
    char *bytes = arena_array(arena, char, size + 1);
    error = file_read_at(arena, container->fd, container->path, container->payload + sizeof(header),
                         bytes, size);
    if (error)
        return error;
    container->payload += sizeof(header) + size;
    *frame = (struct text){bytes, size};
    return NULL;
}

static struct error *take_signatures(struct arena *arena, struct container *container)
{
    for (;;) {
        struct text text = {0};
        struct error *error =
            take_frame(arena, container, FRAME_SIGNATURE, SIGNATURE_TEXT_SIZE_MAX, &text);

        if (error)
            return error;
        if (!text.bytes)
            return NULL;
        if (container->signature_count == SIGNATURES_MAX)
            return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' has more than %d signatures",
                               TEXT_ARGS(container->path), SIGNATURES_MAX);
        container->signatures[container->signature_count++] = text;
    }
}

struct error *container_open(struct arena *arena, struct text path, struct container *container)
{
    CLEANUP(container_close) struct container opened = {.fd = -1};

    opened.path = arena_copy(arena, path);
    struct error *error = file_open(arena, AT_FDCWD, opened.path.bytes, &opened.fd, &opened.size);
    if (error)
        return error;
    error = take_frame(arena, &opened, FRAME_INDEX, INDEX_SIZE_MAX, &opened.index);
    if (error)
        return error;
    if (!opened.index.bytes)
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' is not a sqlferry bundle",
                           TEXT_ARGS(path));
    opened.digest = crypto_digest(opened.index);
    error = take_signatures(arena, &opened);
    if (error)
        return error;
    *container = opened;
    opened.fd = -1;
    return NULL;
}

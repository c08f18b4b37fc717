#include "payload.h"

#include <string.h>

void payload_close(struct payload *payload)
{
    inflate_close(&payload->inflate);
    buffer_free(&payload->frame);
    buffer_free(&payload->joined);
    for (size_t i = 0; i < STREAM_COUNT; i++)
        buffer_free(&payload->opened[i]);
}

struct error *payload_open(struct arena *arena, const struct container *container,
                           const struct index *index, struct payload *payload)
{
    struct payload made = {.container = container, .index = index};
    uint64_t at = container->payload, ends[STREAM_COUNT] = {0};

    made.stored = arena_array(arena, uint64_t, index->chunk_count);
    made.plain = arena_array(arena, uint64_t, index->chunk_count);
    for (size_t i = 0; i < index->chunk_count; i++) {
        const struct index_chunk *chunk = &index->chunks[i];

        if (chunk->stream == STREAM_UP)
            made.first[STREAM_SIDE]++;
        else
            at += FRAME_HEADER_SIZE;
        made.stored[i] = at;
        at += chunk->stored_size;
        made.plain[i] = ends[chunk->stream];
        ends[chunk->stream] += chunk->plain_size;
    }
    made.first[STREAM_COUNT] = index->chunk_count;
    if (at != container->size)
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' has %llu bytes, its index says %llu",
                           TEXT_ARGS(container->path), (unsigned long long)container->size,
                           (unsigned long long)at);
    made.inflate = inflate_open();
    for (size_t i = 0; i < STREAM_COUNT; i++)
        made.opened_chunk[i] = SIZE_MAX;
    *payload = made;
    return NULL;
}

static struct error *chunk_error(struct arena *arena, const struct payload *payload, size_t number,
                                 const char *what)
{
    return error_plain(arena, ERROR_UNTRUSTED, "chunk %zu of '%.*s' %s", number + 1,
                       TEXT_ARGS(payload->container->path), what);
}

/* A chunk of the side stream is a zstd frame inside a skippable one, so that zstd -dc passes it. */
static struct error *check_side_header(struct arena *arena, const struct payload *payload,
                                       size_t number)
{
    uint8_t got[FRAME_HEADER_SIZE], expected[FRAME_HEADER_SIZE];
    struct error *error =
        file_read_at(arena, payload->container->fd, payload->container->path,
                     payload->stored[number] - FRAME_HEADER_SIZE, got, sizeof(got));

    if (error)
        return error;
    frame_header(FRAME_SIDE, (uint32_t)payload->index->chunks[number].stored_size, expected);
    if (memcmp(got, expected, sizeof(got)) != 0)
        return chunk_error(arena, payload, number, "is not framed as its index says");
    return NULL;
}

static struct error *open_chunk(struct arena *arena, struct payload *payload, size_t number)
{
    const struct index_chunk *chunk = &payload->index->chunks[number];
    struct buffer *plain = &payload->opened[chunk->stream];
    struct error *error;

    if (payload->opened_chunk[chunk->stream] == number)
        return NULL;
    payload->opened_chunk[chunk->stream] = SIZE_MAX;
    if (chunk->stream == STREAM_SIDE) {
        error = check_side_header(arena, payload, number);
        if (error)
            return error;
    }
    payload->frame.size = plain->size = 0;
    char *frame = buffer_reserve(&payload->frame, chunk->stored_size);
    error = file_read_at(arena, payload->container->fd, payload->container->path,
                         payload->stored[number], frame, chunk->stored_size);
    if (error)
        return error;
    struct text stored = {frame, chunk->stored_size};
    struct digest digest = crypto_digest(stored);
    if (!digest_equal(&digest, &chunk->digest))
        return chunk_error(arena, payload, number, "is damaged: its digest is not the signed one");
    error = inflate_frame(arena, payload->inflate, stored, buffer_reserve(plain, chunk->plain_size),
                          chunk->plain_size);
    if (error)
        return error;
    plain->size = chunk->plain_size;
    payload->opened_chunk[chunk->stream] = number;
    return NULL;
}

/* The last chunk of the stream that begins at or before this offset. */
static size_t find_chunk(const struct payload *payload, enum stream stream, uint64_t offset)
{
    size_t low = payload->first[stream], high = payload->first[stream + 1];

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (payload->plain[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The index was read: the range lies inside the stream. */
static struct error *read_range(struct arena *arena, struct payload *payload, enum stream stream,
                                uint64_t offset, size_t size, struct text *range)
{
    size_t number = find_chunk(payload, stream, offset);

    payload->joined.size = 0;
    for (;; number++) {
        struct error *error = open_chunk(arena, payload, number);

        if (error)
            return error;
        struct text plain = buffer_text(&payload->opened[stream]);
        struct text part = text_slice(plain, (size_t)(offset - payload->plain[number]), size);
        if (part.size == size && payload->joined.size == 0) {
            *range = part;
            return NULL;
        }
        buffer_add(&payload->joined, part);
        offset += part.size;
        size -= part.size;
        if (size == 0) {
            *range = buffer_text(&payload->joined);
            return NULL;
        }
    }
}

struct error *payload_script(struct arena *arena, struct payload *payload,
                             const struct index_step *step, enum script_kind kind,
                             struct text *text)
{
    const struct index_script *script = &step->scripts[kind];
    struct text heading = index_heading(arena, step, kind), range;
    struct error *error =
        read_range(arena, payload, index_stream(kind), script->offset - heading.size,
                   heading.size + script->size + 1, &range);

    if (error)
        return error;
    struct text body = text_slice(range, heading.size, script->size);
    if (!text_starts(range, heading) || range.bytes[range.size - 1] != '\n')
        return error_plain(arena, ERROR_UNTRUSTED,
                           "script '%.*s' of '%.*s' does not stand under its heading",
                           TEXT_ARGS(script->path), TEXT_ARGS(payload->container->path));
    struct digest digest = crypto_digest(body);
    if (!digest_equal(&digest, &script->digest))
        return error_plain(arena, ERROR_UNTRUSTED,
                           "script '%.*s' of '%.*s' does not have the signed digest",
                           TEXT_ARGS(script->path), TEXT_ARGS(payload->container->path));
    if (text_find_invalid(body) < body.size || text_find_byte(body, '\0') < body.size)
        return error_plain(arena, ERROR_UNTRUSTED,
                           "script '%.*s' of '%.*s' holds a NUL or is not UTF-8",
                           TEXT_ARGS(script->path), TEXT_ARGS(payload->container->path));
    *text = body;
    return NULL;
}

struct error *payload_check(struct arena *arena, struct payload *payload)
{
    const struct index *index = payload->index;

    for (size_t i = 0; i < index->step_count; i++) {
        for (size_t kind = 0; kind < STORED_KIND_COUNT; kind++) {
            struct text text;

            if (index->steps[i].scripts[kind].presence != SCRIPT_FILE)
                continue;
            struct error *error =
                payload_script(arena, payload, &index->steps[i], (enum script_kind)kind, &text);
            if (error)
                return error;
        }
    }
    return NULL;
}

#include "compiler/writer.h"
#include "runtime/container.h"

#include <stdlib.h>
#include <string.h>

void writer_close(struct writer *writer)
{
    if (writer->deflate)
        deflate_close(&writer->deflate);
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        file_close(&writer->scratch[i]);
        buffer_free(&writer->plain[i]);
        free(writer->chunks[i].list);
        writer->chunks[i].list = NULL;
    }
}

struct error *writer_open(struct arena *arena, struct text folder, int level, unsigned threads,
                          struct writer *writer)
{
    CLEANUP(writer_close) struct writer opened = {.scratch = {-1, -1}};

    for (size_t i = 0; i < STREAM_COUNT; i++) {
        struct error *error = file_scratch(arena, folder, &opened.scratch[i]);

        if (error)
            return error;
    }
    opened.deflate = deflate_open(level, threads);
    *writer = opened;
    opened = (struct writer){.scratch = {-1, -1}};
    return NULL;
}

static struct error *store(struct arena *arena, struct writer *writer, const struct packed *packed)
{
    enum stream stream = (enum stream)packed->tag;
    struct index_chunk chunk = {
        .stream = stream,
        .stored_size = packed->stored.size,
        .plain_size = packed->plain_size,
        .digest = packed->digest,
    };

    if (writer->chunks[stream].count == writer->chunks[stream].capacity) {
        size_t capacity = writer->chunks[stream].capacity * 2 + 16;

        writer->chunks[stream].list =
            reallocarray(writer->chunks[stream].list, capacity, sizeof(chunk));
        if (!writer->chunks[stream].list)
            arena_exhausted();
        writer->chunks[stream].capacity = capacity;
    }
    writer->chunks[stream].list[writer->chunks[stream].count++] = chunk;
    if (stream == STREAM_SIDE) {
        uint8_t header[FRAME_HEADER_SIZE];

        frame_header(FRAME_SIDE, (uint32_t)chunk.stored_size, header);
        writer->scratch_size[stream] += sizeof(header);
        struct error *error = file_append(arena, writer->scratch[stream], TEXT("the bundle"),
                                          (struct text){(const char *)header, sizeof(header)});
        if (error)
            return error;
    }
    writer->scratch_size[stream] += chunk.stored_size;
    return file_append(arena, writer->scratch[stream], TEXT("the bundle"), packed->stored);
}

static struct error *end_chunk(struct arena *arena, struct writer *writer, enum stream stream)
{
    struct packed packed;

    while (deflate_is_full(writer->deflate) && deflate_take(writer->deflate, &packed)) {
        struct error *error = store(arena, writer, &packed);

        if (error)
            return error;
    }
    deflate_put(writer->deflate, &writer->plain[stream], stream);
    return NULL;
}

static struct error *append(struct arena *arena, struct writer *writer, enum stream stream,
                            struct text bytes)
{
    struct buffer *plain = &writer->plain[stream];

    writer->end[stream] += bytes.size;
    while (bytes.size) {
        struct text part = text_slice(bytes, 0, CHUNK_SIZE - plain->size);

        buffer_add(plain, part);
        bytes = text_slice(bytes, part.size, bytes.size);
        if (plain->size == CHUNK_SIZE) {
            struct error *error = end_chunk(arena, writer, stream);

            if (error)
                return error;
        }
    }
    return NULL;
}

struct error *writer_add(struct arena *arena, struct writer *writer, struct index_step *step,
                         enum script_kind kind, struct text text)
{
    enum stream stream = index_stream(kind);
    struct error *error = append(arena, writer, stream, index_heading(arena, step, kind));

    if (error)
        return error;
    step->scripts[kind].offset = writer->end[stream];
    step->scripts[kind].size = text.size;
    step->scripts[kind].digest = crypto_digest(text);
    error = append(arena, writer, stream, text);
    return error ? error : append(arena, writer, stream, TEXT("\n"));
}

struct error *writer_finish(struct arena *arena, struct writer *writer, struct index *index)
{
    struct packed packed;
    struct error *error = NULL;

    for (size_t i = 0; !error && i < STREAM_COUNT; i++)
        if (writer->plain[i].size)
            error = end_chunk(arena, writer, (enum stream)i);
    while (!error && deflate_take(writer->deflate, &packed))
        error = store(arena, writer, &packed);
    if (error)
        return error;

    size_t up_count = writer->chunks[STREAM_UP].count,
           side_count = writer->chunks[STREAM_SIDE].count;
    if (up_count + side_count > CHUNKS_MAX)
        return error_plain(arena, ERROR_INPUT, "the scripts fill more than %d chunks", CHUNKS_MAX);
    index->chunk_count = up_count + side_count;
    index->chunks = arena_array(arena, struct index_chunk, index->chunk_count);
    for (size_t i = 0; i < up_count; i++)
        index->chunks[i] = writer->chunks[STREAM_UP].list[i];
    for (size_t i = 0; i < side_count; i++)
        index->chunks[up_count + i] = writer->chunks[STREAM_SIDE].list[i];
    return NULL;
}

void writer_extents(const struct writer *writer, struct extent extents[static STREAM_COUNT])
{
    for (size_t i = 0; i < STREAM_COUNT; i++)
        extents[i] = (struct extent){writer->scratch[i], 0, writer->scratch_size[i]};
}

static struct error *write_frame(struct arena *arena, struct file_draft *draft, uint32_t magic,
                                 struct text content)
{
    uint8_t header[FRAME_HEADER_SIZE];

    frame_header(magic, (uint32_t)content.size, header);
    struct error *error =
        file_write(arena, draft, (struct text){(const char *)header, sizeof(header)});
    return error ? error : file_write(arena, draft, content);
}

static struct error *copy_extent(struct arena *arena, struct file_draft *draft,
                                 struct extent extent)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    enum { STEP_SIZE = 1 << 20 };
    char *bytes = buffer_reserve(&buffer, STEP_SIZE);

    while (extent.size) {
        size_t size = extent.size < STEP_SIZE ? (size_t)extent.size : STEP_SIZE;
        struct error *error =
            file_read_at(arena, extent.fd, draft->path, extent.offset, bytes, size);

        if (!error)
            error = file_write(arena, draft, (struct text){bytes, size});
        if (error)
            return error;
        extent.offset += size;
        extent.size -= size;
    }
    return NULL;
}

struct error *writer_save(struct arena *arena, struct text path, struct text index,
                          const struct text *signatures, size_t signature_count,
                          const struct extent *extents, size_t extent_count)
{
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};

    if (index.size > INDEX_SIZE_MAX)
        return error_plain(arena, ERROR_INPUT, "the index would have %zu bytes, at most %d",
                           index.size, INDEX_SIZE_MAX);
    struct error *error = file_draft(arena, path, 0644, true, &draft);
    if (!error)
        error = write_frame(arena, &draft, FRAME_INDEX, index);
    for (size_t i = 0; !error && i < signature_count; i++)
        error = write_frame(arena, &draft, FRAME_SIGNATURE, signatures[i]);
    for (size_t i = 0; !error && i < extent_count; i++)
        error = copy_extent(arena, &draft, extents[i]);
    return error ? error : file_commit(arena, &draft);
}

#include "buffer.h"
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    size_t needed;

    if (__builtin_add_overflow(buffer->size, size, &needed))
        arena_exhausted();
    if (needed > buffer->capacity || !buffer->bytes) {
        size_t capacity = buffer->capacity + buffer->capacity / 2;

        if (capacity < needed)
            capacity = needed;
        if (capacity < 256)
            capacity = 256;
        buffer->bytes = realloc(buffer->bytes, capacity);
        if (!buffer->bytes)
            arena_exhausted();
        buffer->capacity = capacity;
    }
    return buffer->bytes + buffer->size;
}

void buffer_add(struct buffer *buffer, struct text text)
{
    if (text.size == 0)
        return;
    memcpy(buffer_reserve(buffer, text.size), text.bytes, text.size);
    buffer->size += text.size;
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list values, again;

    va_start(values, format);
    va_copy(again, values);
    int size = vsnprintf(NULL, 0, format, values);
    if (size > 0) {
        vsnprintf(buffer_reserve(buffer, (size_t)size + 1), (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
    va_end(values);
}

struct text buffer_text(const struct buffer *buffer)
{
    return (struct text){buffer->bytes ? buffer->bytes : "", buffer->size};
}

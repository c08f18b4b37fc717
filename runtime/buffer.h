/* buffer.h - bytes that grow, outside any arena: big texts that are built once. Floor 0. */
#pragma once

#include "text.h"

/* Starts as {0}. Growing invalidates pointers into bytes. */
struct buffer {
    char *bytes;
    size_t size, capacity;
};

void buffer_free(struct buffer *buffer);

/* Makes room for size more bytes and returns where they go; the caller then adds to size. */
char *buffer_reserve(struct buffer *buffer, size_t size);

void buffer_add(struct buffer *buffer, struct text text);
void buffer_format(struct buffer *buffer, const char *format, ...) FORMAT(2, 3);
struct text buffer_text(const struct buffer *buffer);

#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Under the address sanitizer nobody may touch what was not handed out. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GUARDED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define GUARDED
#endif
#ifdef GUARDED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(bytes, size)   ((void)(bytes), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(bytes, size) ((void)(bytes), (void)(size))
#endif

enum { BLOCK_SIZE_FIRST = 64 << 10, BLOCK_SIZE_MAX = 8 << 20, ALIGNMENT = 16 };

struct block {
    struct block *before;
    size_t size, used;
    _Alignas(ALIGNMENT) char bytes[];
};

struct arena {
    struct block *block;
    size_t ceiling, taken;
};

void arena_exhausted(void)
{
    static const char message[] = "error: out of memory\n";

    if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
        _exit(5);
    _exit(5);
}

struct arena *arena_new(size_t ceiling)
{
    struct arena *arena = calloc(1, sizeof(*arena));

    if (!arena)
        arena_exhausted();
    arena->ceiling = ceiling;
    return arena;
}

void arena_free(struct arena **arena)
{
    if (!*arena)
        return;
    for (struct block *block = (*arena)->block, *before; block; block = before) {
        before = block->before;
        free(block);
    }
    free(*arena);
    *arena = NULL;
}

static void add_block(struct arena *arena, size_t least)
{
    size_t size = arena->block ? arena->block->size * 2 : BLOCK_SIZE_FIRST;

    if (size > BLOCK_SIZE_MAX)
        size = BLOCK_SIZE_MAX;
    if (size < least)
        size = least;
    if (size > arena->ceiling - arena->taken)
        size = least;
    if (size > arena->ceiling - arena->taken)
        arena_exhausted();

    struct block *block = malloc(sizeof(*block) + size);
    if (!block)
        arena_exhausted();
    *block = (struct block){.before = arena->block, .size = size};
    ASAN_POISON_MEMORY_REGION(block->bytes, size);
    arena->block = block;
    arena->taken += size;
}

void *arena_bytes(struct arena *arena, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total) || total > arena->ceiling - ALIGNMENT)
        arena_exhausted();
    size_t room = (total + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!arena->block || room > arena->block->size - arena->block->used)
        add_block(arena, room);

    void *bytes = arena->block->bytes + arena->block->used;
    arena->block->used += room;
    ASAN_UNPOISON_MEMORY_REGION(bytes, total);
    return memset(bytes, 0, total);
}

struct text arena_copy(struct arena *arena, struct text text)
{
    char *bytes = arena_array(arena, char, text.size + 1);

    if (text.size)
        memcpy(bytes, text.bytes, text.size);
    return (struct text){bytes, text.size};
}

struct text arena_format_list(struct arena *arena, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    int size = vsnprintf(NULL, 0, format, values);
    char *bytes = arena_array(arena, char, (size_t)(size < 0 ? 0 : size) + 1);

    if (size > 0)
        vsnprintf(bytes, (size_t)size + 1, format, again);
    va_end(again);
    return (struct text){bytes, size < 0 ? 0 : (size_t)size};
}

struct text arena_format(struct arena *arena, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text text = arena_format_list(arena, format, values);
    va_end(values);
    return text;
}

struct text arena_escape(struct arena *arena, struct text text)
{
    static const char digits[] = "0123456789ABCDEF";
    enum { ESCAPED_SIZE_MAX = 10 }; /* \u{10FFFF} */
    size_t unsafe = 0;

    for (struct text rest = text; rest.size;)
        unsafe += !text_is_printable(text_next(&rest));
    if (unsafe == 0)
        return text;

    char *bytes = arena_array(arena, char, text.size + unsafe * ESCAPED_SIZE_MAX + 1);
    size_t size = 0;
    for (struct text rest = text; rest.size;) {
        const char *start = rest.bytes;
        int32_t code_point = text_next(&rest);

        if (text_is_printable(code_point)) {
            memcpy(bytes + size, start, (size_t)(rest.bytes - start));
            size += (size_t)(rest.bytes - start);
        } else if (code_point < 0x80) {
            unsigned char byte = (unsigned char)*start;
            bytes[size++] = '\\';
            bytes[size++] = 'x';
            bytes[size++] = digits[byte >> 4];
            bytes[size++] = digits[byte & 15];
        } else {
            size += (size_t)sprintf(bytes + size, "\\u{%04X}", (unsigned)code_point);
        }
    }
    return (struct text){bytes, size};
}

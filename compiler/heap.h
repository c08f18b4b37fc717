/* heap.h - numbers of which the least is taken first. Floor 2. */
#pragma once

#include <stddef.h>

/* A binary heap. Starts with room for as many numbers as it will ever hold at once, and count 0. */
struct heap {
    size_t *numbers; /* the least is the first */
    size_t count;
};

/* Cost of both: O(log count). */
void heap_push(struct heap *heap, size_t number);
size_t heap_pop(struct heap *heap); /* of a heap that holds something */

#include "compiler/heap.h"

void heap_push(struct heap *heap, size_t number)
{
    size_t at = heap->count++;

    for (; at && heap->numbers[(at - 1) / 2] > number; at = (at - 1) / 2)
        heap->numbers[at] = heap->numbers[(at - 1) / 2];
    heap->numbers[at] = number;
}

size_t heap_pop(struct heap *heap)
{
    size_t top = heap->numbers[0], moved = heap->numbers[--heap->count], at = 0;

    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && heap->numbers[child + 1] < heap->numbers[child])
            child++;
        if (moved <= heap->numbers[child])
            break;
        heap->numbers[at] = heap->numbers[child];
    }
    heap->numbers[at] = moved;
    return top;
}

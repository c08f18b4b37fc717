/* The least number comes first, whatever was put in and taken before. */
#include "compiler/heap.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROOM = 50, LIMIT = 30, STEPS = 20000 };

static size_t least(const size_t *counts)
{
    size_t number = 0;

    while (counts[number] == 0)
        number++;
    return number;
}

/* Beside a heap the plainest thing that does the same: how often each number is in it. */
static void test_random(void **state)
{
    size_t numbers[ROOM], counts[LIMIT] = {0};
    struct heap heap = {.numbers = numbers};
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        bool grows = i / ROOM % 2 == 0;

        if (heap.count < ROOM &&
            (heap.count == 0 || support_below(&seed, 10) < (grows ? 8U : 3U))) {
            size_t number = support_below(&seed, LIMIT);
            heap_push(&heap, number);
            counts[number]++;
        } else {
            size_t number = least(counts);
            assert_int_equal(heap.numbers[0], number);
            assert_int_equal(heap_pop(&heap), number);
            counts[number]--;
        }
    }
}

int main(void)
{
    struct support_tests tests = {0};

    support_add(&tests, "random pushes and pops", test_random);
    return support_run("heap", &tests);
}

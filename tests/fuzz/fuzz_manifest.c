/*
 * The manifest, by way of a file in memory. Its folder is /proc/self/fd, where there is nothing
 * that may be included. What is accepted goes on to the graph, which places parents first.
 */
#include "compiler/graph.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

void fuzz_manifest(struct arena *arena, struct text input)
{
    struct manifest manifest;
    struct order order;
    struct error *error = manifest_load(arena, fuzz_file(input), &manifest);

    if (!error)
        error = graph_resolve(arena, &manifest);
    fuzz_check_error(arena, error);
    if (error)
        return;
    graph_linearize(arena, &manifest, &order);
    assert(order.count == manifest.count);
    size_t *place = arena_array(arena, size_t, manifest.count); /* by position, from 1 */
    for (size_t i = 0; i < order.count; i++) {
        const struct revision *revision = order.steps[i];

        assert(!place[revision->position]);
        place[revision->position] = i + 1;
        for (size_t j = 0; j < revision->parent_count; j++)
            assert(place[revision->parents[j].revision->position]);
    }
}

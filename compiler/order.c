#include "compiler/order.h"
#include "compiler/heap.h"

/* An order in the making. */
struct placing {
    const struct manifest *manifest;
    const struct revision **steps;
    size_t placed;
    size_t *unplaced; /* parents of each revision, by position */
    bool *is_ready;   /* has been ready, by position: it is in the heap or placed */
    struct heap ready;
    /* Of cycles, by the position of their first revision. Empty where there are none. */
    size_t *outside; /* parents outside the cycle that are not placed */
    size_t *next;    /* by position: the next revision of the same cycle, and one; 0 behind all */
    struct heap broken; /* revisions that may go in front of a parent if nothing else is left */
};

static void make_ready(struct placing *placing, size_t position)
{
    if (placing->is_ready[position])
        return;
    placing->is_ready[position] = true;
    heap_push(&placing->ready, position);
}

/* All in front of a cycle is placed. */
static void open_cycle(struct placing *placing, size_t first)
{
    make_ready(placing, first);
    for (size_t i = placing->next[first]; i; i = placing->next[i - 1])
        heap_push(&placing->broken, i - 1);
}

static void find_cycles(struct arena *arena, struct placing *placing)
{
    const struct manifest *manifest = placing->manifest;

    placing->outside = arena_array(arena, size_t, manifest->count);
    placing->next = arena_array(arena, size_t, manifest->count);
    placing->broken.numbers = arena_array(arena, size_t, manifest->count);
    for (size_t i = manifest->count; i-- > 0;) {
        const struct revision *revision = &manifest->revisions[i], *cycle = revision->cycle;

        if (!cycle)
            continue;
        for (size_t j = 0; j < revision->parent_count; j++) {
            const struct revision *parent = revision->parents[j].revision;
            placing->outside[cycle->position] += parent && parent->cycle != cycle;
        }
        if (cycle != revision) {
            placing->next[i] = placing->next[cycle->position];
            placing->next[cycle->position] = i + 1;
        }
    }
    for (size_t i = 0; i < manifest->count; i++)
        if (manifest->revisions[i].cycle == &manifest->revisions[i] && placing->outside[i] == 0)
            open_cycle(placing, i);
}

static void place(struct placing *placing, const struct revision *revision)
{
    placing->steps[placing->placed++] = revision;
    for (size_t i = 0; i < revision->child_count; i++) {
        const struct revision *child = revision->children[i];

        if (--placing->unplaced[child->position] == 0)
            make_ready(placing, child->position);
        if (child->cycle && child->cycle != revision->cycle &&
            --placing->outside[child->cycle->position] == 0)
            open_cycle(placing, child->cycle->position);
    }
}

void order_linearize(struct arena *arena, const struct manifest *manifest, struct order *order)
{
    struct placing placing = {
        .manifest = manifest,
        .steps = arena_array(arena, const struct revision *, manifest->count),
        .unplaced = arena_array(arena, size_t, manifest->count),
        .is_ready = arena_array(arena, bool, manifest->count),
        .ready.numbers = arena_array(arena, size_t, manifest->count),
    };
    bool has_cycles = false;

    for (size_t i = 0; i < manifest->count; i++) {
        const struct revision *revision = &manifest->revisions[i];

        for (size_t j = 0; j < revision->parent_count; j++)
            placing.unplaced[i] += revision->parents[j].revision != NULL;
        if (placing.unplaced[i] == 0)
            make_ready(&placing, i);
        has_cycles |= revision->cycle != NULL;
    }
    if (has_cycles)
        find_cycles(arena, &placing);
    while (placing.placed < manifest->count) {
        if (placing.ready.count)
            place(&placing, &manifest->revisions[heap_pop(&placing.ready)]);
        else
            make_ready(&placing, heap_pop(&placing.broken));
    }
    *order = (struct order){.steps = placing.steps, .count = placing.placed};
}

/* The index: a text that is accepted is what index_write gives again, and is in order. */
#include "runtime/index.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

static void check_script(const struct index_script *script)
{
    uint64_t before = 0;

    for (size_t i = 0; i < script->cut_count; i++) {
        assert(script->cuts[i] < script->size && (i == 0 || script->cuts[i] > before));
        before = script->cuts[i];
    }
    for (size_t i = 0; i < script->build_count; i++)
        assert(script->builds[i].piece < index_piece_count(script));
}

void fuzz_index(struct arena *arena, struct text input)
{
    CLEANUP(buffer_free) struct buffer again = {0};
    const struct source source = {TEXT("index"), input};
    struct index index;
    struct error *error = index_read(arena, &source, &index);

    fuzz_check_error(arena, error);
    if (error)
        return;
    index_write(&again, &index);
    assert(text_equal(buffer_text(&again), input));
    for (size_t i = 0; i < index.step_count; i++) {
        const struct index_step *step = &index.steps[i];

        assert(index_find(&index, step->id) == step);
        for (size_t j = 0; j < step->parent_count; j++)
            assert(index_find(&index, step->parents[j]) < step);
        assert((step->scripts[SCRIPT_SCHEMA].presence == SCRIPT_FILE) == index_has_schemas(&index));
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            check_script(&step->scripts[kind]);
    }
}

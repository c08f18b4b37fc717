/* Files with marks. The first byte chooses the tool; the scripts lie in the file, one by one. */
#include "compiler/sql.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

static void check_side(struct arena *arena, const struct source *source,
                       const struct section_side *side)
{
    CLEANUP(script_free) struct script script = {0};
    struct sql_options options = {.part = &side->part, .transactional = true};
    size_t end = side->part.offset + side->part.size;

    assert(side->mark.source == source);
    assert(side->mark.offset + side->mark.size <= side->part.offset);
    assert(end <= source->text.size);
    struct error *error = sql_read(arena, source, &options, &script);
    fuzz_check_error(arena, error);
    for (; error; error = error->next)
        assert(error->span.offset >= side->part.offset && error->span.offset <= end);
}

void fuzz_section(struct arena *arena, struct text input)
{
    struct source source = {TEXT("a.sql"), text_slice(input, 1, input.size)};
    enum section section = input.size && input.bytes[0] & 1 ? SECTION_GOOSE : SECTION_DBMATE;
    struct section_side sides[SECTION_SIDE_COUNT] = {{0}};
    struct error *error = section_read(arena, &source, section, sides);

    fuzz_check_error(arena, error);
    if (error)
        return;
    assert(sides[SCRIPT_UP].is_there);
    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++)
        if (sides[kind].is_there)
            check_side(arena, &source, &sides[kind]);
    if (sides[SCRIPT_DOWN].is_there)
        assert(sides[SCRIPT_UP].part.offset + sides[SCRIPT_UP].part.size ==
               sides[SCRIPT_DOWN].mark.offset);
}

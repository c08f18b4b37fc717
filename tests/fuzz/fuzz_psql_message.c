/* What psql warns, cut into messages: each takes some of it, and all have a state. */
#include "runtime/psql.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

void fuzz_psql_message(struct arena *arena, struct text input)
{
    struct text rest = input;
    struct psql_message message;

    for (size_t before = rest.size; psql_take_message(arena, &rest, &message); before = rest.size) {
        struct text shown[] = {message.severity, message.text, message.detail, message.hint,
                               message.excerpt};

        assert(rest.size < before && message.state.size == 5);
        for (size_t i = 0; i < COUNT(shown); i++)
            assert(text_all_printable(arena_escape(arena, shown[i])));
    }
    assert(rest.size == 0);
}

#include "compiler/pgquery.h"

#ifdef PGQUERY
#include <pg_query.h>
#include <string.h>

struct text pgquery_version(void)
{
    return TEXT(PG_VERSION);
}

/* The parser counts characters, from 1; 0 is no place. */
static size_t byte_offset(struct text statement, int position)
{
    struct text rest = statement;

    while (position-- > 1 && rest.size)
        text_next(&rest);
    return statement.size - rest.size;
}

static void describe(struct arena *arena, struct text statement, const PgQueryError *error,
                     struct pgquery_refusal *refusal)
{
    struct text message = text_from(error->message), near = TEXT(" at or near \"");
    size_t end = text_find(message, near);
    struct text quoted = text_slice(message, end + near.size, message.size);

    refusal->message = arena_copy(arena, text_slice(message, 0, end));
    refusal->offset = byte_offset(statement, error->cursorpos);
    refusal->size = 0;
    quoted.size -= quoted.size > 0; /* the closing quote */
    if (text_starts(text_slice(statement, refusal->offset, statement.size), quoted))
        refusal->size = quoted.size;
}

bool pgquery_parse(struct arena *arena, struct text statement, struct pgquery_refusal *refusal)
{
    PgQuerySplitResult result = pg_query_split_with_parser(statement.bytes);
    int count = result.n_stmts;

    if (result.error)
        describe(arena, statement, result.error, refusal);
    else if (count != 1)
        *refusal = (struct pgquery_refusal){
            arena_format(arena, "the server reads %d statements here, not one", count), 0, 0};
    bool is_one = !result.error && count == 1;
    pg_query_free_split_result(result);
    return is_one;
}

#else

struct text pgquery_version(void)
{
    return TEXT("");
}

bool pgquery_parse(struct arena *arena, struct text statement, struct pgquery_refusal *refusal)
{
    (void)arena;
    (void)statement;
    (void)refusal;
    return true;
}
#endif

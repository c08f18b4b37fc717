#include "compiler/sql_lexer.h"
#include "runtime/index.h"

/* A statement read once more, token by token. */
struct again {
    struct lexer lexer;
    size_t end;
    struct token token;
};

static void advance(struct again *again)
{
    again->token = sql_postgresql_next(&again->lexer);
    if (again->token.offset >= again->end)
        again->token = (struct token){TOKEN_END, again->end, 0};
}

static bool take_word(struct again *again, const char *word)
{
    if (again->token.kind != TOKEN_WORD || !sql_word_is(&again->lexer, again->token, word))
        return false;
    advance(again);
    return true;
}

/* A name as the catalog has it: without quotes, or in lower case. */
static bool take_name(struct arena *arena, struct again *again, struct text *name)
{
    bool quoted = again->token.kind == TOKEN_NAME;
    struct text text = {again->lexer.bytes + again->token.offset, again->token.size};

    if (!quoted && again->token.kind != TOKEN_WORD)
        return false;
    text = arena_copy(arena, quoted ? text_slice(text, 1, text.size - 2) : text);
    for (size_t i = 0; i < text.size; i++) {
        char *byte = (char *)text.bytes + i;

        if (!sql_is(*byte, SQL_WORD) || *byte < 0)
            return false;
        if (!quoted && *byte >= 'A' && *byte <= 'Z')
            *byte = (char)(*byte - 'A' + 'a');
    }
    advance(again);
    *name = text;
    return text.size > 0 && text.size <= NAME_SIZE_MAX; /* the server would cut it */
}

static bool is_byte(const struct again *again, char byte)
{
    return again->token.size == 1 && again->lexer.bytes[again->token.offset] == byte;
}

bool sql_find_build(struct arena *arena, const struct script *script, size_t i,
                    struct sql_build *build)
{
    struct statement statement = script->statements[i];
    struct again again = {
        .lexer = {.bytes = script->text.bytes, .size = script->text.size, .at = statement.offset},
        .end = statement.offset + statement.size,
    };
    struct text name, table, second;

    advance(&again);
    if (!take_word(&again, "CREATE"))
        return false;
    take_word(&again, "UNIQUE");
    if (!take_word(&again, "INDEX") || !take_word(&again, "CONCURRENTLY"))
        return false;
    if (take_word(&again, "IF") && !(take_word(&again, "NOT") && take_word(&again, "EXISTS")))
        return false;
    if (sql_word_is(&again.lexer, again.token, "ON") || !take_name(arena, &again, &name) ||
        !take_word(&again, "ON"))
        return false;
    take_word(&again, "ONLY");
    if (!take_name(arena, &again, &table))
        return false;
    if (is_byte(&again, '.')) {
        advance(&again);
        if (!take_name(arena, &again, &second))
            return false;
        if (is_byte(&again, '.')) /* a database in front */
            return false;
        table = arena_format(arena, "%.*s.%.*s", TEXT_ARGS(table), TEXT_ARGS(second));
    }
    *build = (struct sql_build){.table = table, .name = name};
    return true;
}

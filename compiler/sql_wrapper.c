#include "compiler/sql_lexer.h"

struct pragma {
    struct token name, value; /* of kind TOKEN_END where there is none, or more than one */
};

/* PRAGMA [schema.] name [= value | (value)] */
static struct pragma read_pragma(const struct lexer *lexer, const struct piece *piece)
{
    struct lexer again = sql_again(lexer, piece);
    struct pragma pragma = {.name = sql_next_in(&again, lexer, piece)};
    struct token token = sql_next_in(&again, lexer, piece);

    if (token.size == 1 && lexer->bytes[token.offset] == '.') {
        pragma.name = sql_next_in(&again, lexer, piece);
        token = sql_next_in(&again, lexer, piece);
    }
    bool is_open = token.kind == TOKEN_OPEN;
    if (!is_open && !(token.size == 1 && lexer->bytes[token.offset] == '='))
        return pragma;
    struct token value = sql_next_in(&again, lexer, piece);
    if (is_open && sql_next_in(&again, lexer, piece).kind != TOKEN_CLOSE)
        return pragma;
    if (sql_next_in(&again, lexer, piece).kind == TOKEN_END)
        pragma.value = value;
    return pragma;
}

/* runtime/sqlite.c, whose authorizer refuses all others, holds the same list. */
static const char *const pragmas[] = {
    "APPLICATION_ID",   "DATA_VERSION",       "DEFER_FOREIGN_KEYS", "FOREIGN_KEY_CHECK",
    "FOREIGN_KEY_LIST", "INDEX_INFO",         "INDEX_LIST",         "INDEX_XINFO",
    "INTEGRITY_CHECK",  "LEGACY_ALTER_TABLE", "OPTIMIZE",           "QUICK_CHECK",
    "TABLE_INFO",       "TABLE_LIST",         "TABLE_XINFO",        "USER_VERSION",
};

static bool is_allowed(const struct lexer *lexer, struct token name)
{
    for (size_t i = 0; i < COUNT(pragmas); i++)
        if (sql_value_is(lexer, name, pragmas[i]))
            return true;
    return false;
}

static enum sql_role judge_keys(const struct lexer *lexer, const struct pragma *pragma)
{
    static const struct {
        const char *word;
        enum sql_role role;
    } values[] = {
        {"OFF", SQL_KEYS_OFF}, {"0", SQL_KEYS_OFF}, {"NO", SQL_KEYS_OFF}, {"FALSE", SQL_KEYS_OFF},
        {"ON", SQL_KEYS_ON},   {"1", SQL_KEYS_ON},  {"YES", SQL_KEYS_ON}, {"TRUE", SQL_KEYS_ON},
    };

    if (!lexer->reader->options->transactional) {
        sql_refuse(lexer->reader, pragma->name,
                   "Take 'transaction: none' off this revision, and foreign keys are seen to.",
                   "PRAGMA 'foreign_keys' in a script without a transaction");
        return SQL_REFUSED;
    }
    for (size_t i = 0; i < COUNT(values); i++)
        if (pragma->value.kind != TOKEN_END && sql_value_is(lexer, pragma->value, values[i].word))
            return values[i].role;
    sql_refuse(lexer->reader, pragma->name, "Write 'off' or 'on'.",
               "PRAGMA 'foreign_keys' without a value that is understood");
    return SQL_REFUSED;
}

enum sql_role sql_pragma_judge(const struct lexer *lexer, const struct piece *piece)
{
    struct pragma pragma = read_pragma(lexer, piece);
    struct text name = sql_name(lexer, pragma.name);

    if (sql_value_is(lexer, pragma.name, "FOREIGN_KEYS"))
        return judge_keys(lexer, &pragma);
    if (is_allowed(lexer, pragma.name))
        return SQL_NEUTRAL;
    sql_refuse(lexer->reader, pragma.name, "Delete it: sqlland sets up its connection itself.",
               "PRAGMA '%.*s' is not allowed in a script", TEXT_ARGS(name));
    return SQL_REFUSED;
}

/* Offsets and lines stay as they are. */
static void blank(struct script *script, const struct piece *piece)
{
    for (size_t at = piece->verb.offset; at < piece->end; at++)
        if (!sql_is(script->text.bytes[at], SQL_BLANK))
            script->text.bytes[at] = ' ';
}

static void refuse_transaction(const struct lexer *lexer, const struct piece *piece)
{
    struct text verb = sql_name(lexer, piece->verb);

    sql_refuse(lexer->reader, piece->verb,
               "Delete it, for the whole revision runs in one transaction, or make several "
               "revisions; one BEGIN; ... COMMIT; around a whole script is fine.",
               "transaction control '%.*s' in a script", TEXT_ARGS(verb));
}

/* A transaction that does not enclose the whole script is no wrapper. */
static void break_up(struct wrapper *wrapper, const struct lexer *lexer)
{
    refuse_transaction(lexer, &wrapper->begin);
    if (wrapper->state == WRAPPER_CLOSED)
        refuse_transaction(lexer, &wrapper->commit);
    wrapper->state = WRAPPER_BROKEN;
}

static void pass_begin(struct wrapper *wrapper, const struct lexer *lexer,
                       const struct piece *piece)
{
    if (wrapper->state == WRAPPER_NONE && !wrapper->has_statements) {
        wrapper->state = WRAPPER_OPEN;
        wrapper->begin = *piece;
        return;
    }
    if (wrapper->state == WRAPPER_CLOSED)
        break_up(wrapper, lexer);
    refuse_transaction(lexer, piece);
}

static void pass_commit(struct wrapper *wrapper, const struct lexer *lexer,
                        const struct piece *piece)
{
    if (wrapper->state == WRAPPER_OPEN) {
        wrapper->state = WRAPPER_CLOSED;
        wrapper->commit = *piece;
        return;
    }
    if (wrapper->state == WRAPPER_CLOSED)
        break_up(wrapper, lexer);
    refuse_transaction(lexer, piece);
}

/*
 * Foreign keys will be off for the whole script, so statements outside off ... on must be such
 * that it makes no difference to them.
 */
static void pass_keys(struct wrapper *wrapper, const struct lexer *lexer, bool are_off,
                      const struct piece *piece)
{
    if (wrapper->state == WRAPPER_OPEN) {
        sql_refuse(lexer->reader, piece->verb,
                   "Put 'PRAGMA foreign_keys=off' in front of BEGIN, and '=on' behind COMMIT.",
                   "PRAGMA 'foreign_keys' does nothing inside a transaction");
        return;
    }
    if (are_off && wrapper->has_needy) {
        const struct reader *reader = lexer->reader;
        struct error *error = sql_refuse(lexer->reader, piece->verb,
                                         "Make a revision of what runs without foreign keys.",
                                         "foreign keys would be off for the whole script");

        if (error)
            error_note(reader->arena, error,
                       (struct span){reader->source, wrapper->needy.offset + reader->shift,
                                     wrapper->needy.size},
                       "this statement may depend on them");
    }
    wrapper->keys_are_off = are_off;
    wrapper->keys_were_off |= are_off;
}

static void pass_needy(struct wrapper *wrapper, const struct lexer *lexer,
                       const struct piece *piece)
{
    if (wrapper->keys_are_off || wrapper->has_needy)
        return;
    wrapper->has_needy = true;
    wrapper->needy = piece->verb;
    if (wrapper->keys_were_off)
        sql_refuse(lexer->reader, piece->verb, "Make a revision of what runs without foreign keys.",
                   "this statement may depend on foreign keys, which are off for the whole script");
}

bool sql_wrapper_pass(struct wrapper *wrapper, const struct lexer *lexer, enum sql_role role,
                      const struct piece *piece, struct script *script)
{
    switch (role) {
    case SQL_REFUSED:
    case SQL_COPY_DATA:
        return false;
    case SQL_BEGIN:
        pass_begin(wrapper, lexer, piece);
        return false;
    case SQL_COMMIT:
        pass_commit(wrapper, lexer, piece);
        return false;
    case SQL_KEYS_OFF:
    case SQL_KEYS_ON:
        pass_keys(wrapper, lexer, role == SQL_KEYS_OFF, piece);
        blank(script, piece);
        return false;
    case SQL_NEED_KEYS:
        pass_needy(wrapper, lexer, piece);
        break;
    case SQL_NEUTRAL:
        return true;
    case SQL_PLAIN:
        break;
    }
    if (wrapper->state == WRAPPER_CLOSED)
        break_up(wrapper, lexer);
    wrapper->has_statements = true;
    return true;
}

void sql_wrapper_finish(struct wrapper *wrapper, const struct lexer *lexer, struct script *script)
{
    if (wrapper->state == WRAPPER_OPEN)
        break_up(wrapper, lexer);
    if (wrapper->state == WRAPPER_CLOSED) {
        blank(script, &wrapper->begin);
        blank(script, &wrapper->commit);
    }
    script->foreign_keys_off = wrapper->keys_were_off;
}

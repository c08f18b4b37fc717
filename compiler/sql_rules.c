#include "compiler/sql_lexer.h"

#include <string.h>

/* What a rule does with the statements that it fits. */
enum verdict {
    BEGINS,     /* a transaction */
    COMMITS,    /* the transaction */
    ROLLS_BACK, /* the transaction, as only a verify script may */
    CONTROLS,   /* transactions in a way that no script may */
    NESTS,      /* savepoints, which need a transaction around them */
    STANDS_OUT, /* cannot run in a transaction */
    IS_REFUSED,
    COPIES,
    SETS,
    IS_PRAGMA,
    NEEDS_KEYS, /* SQLite: cascades or checks */
};

/*
 * words  what follows the verb, up to where the statement is known: WORD, WORD|OTHER, [OPTIONAL],
 *        @ a name with its dots, () a parenthesis, ... anything up to the next word, ; the end.
 *        The caret goes to the word behind ^, else to the verb.
 * name   for the message; NULL where it is the verb
 * but    options that make the statement harmless when they are false, or NULL
 */
struct rule {
    struct text verb;
    const char *words;
    enum verdict verdict;
    const char *name;
    const char *but;
};

/*
 * The first rule that fits decides. Sources: PostgreSQL 15, the callers of
 * PreventInTransactionBlock and the grammar's TransactionStmt.
 */
static const struct rule postgresql_rules[] = {
    {TEXT("BEGIN"), "", BEGINS, NULL, NULL},
    {TEXT("START"), "TRANSACTION", BEGINS, "START TRANSACTION", NULL},
    {TEXT("COMMIT"), "[WORK|TRANSACTION] ;", COMMITS, NULL, NULL},
    {TEXT("COMMIT"), "[WORK|TRANSACTION] AND NO CHAIN ;", COMMITS, NULL, NULL},
    {TEXT("COMMIT"), "PREPARED", CONTROLS, "COMMIT PREPARED", NULL},
    {TEXT("COMMIT"), "", CONTROLS, NULL, NULL},
    {TEXT("END"), "[WORK|TRANSACTION] ;", COMMITS, NULL, NULL},
    {TEXT("END"), "[WORK|TRANSACTION] AND NO CHAIN ;", COMMITS, NULL, NULL},
    {TEXT("END"), "", CONTROLS, NULL, NULL},
    {TEXT("ROLLBACK"), "[WORK|TRANSACTION] TO", NESTS, "ROLLBACK TO SAVEPOINT", NULL},
    {TEXT("ROLLBACK"), "PREPARED", CONTROLS, "ROLLBACK PREPARED", NULL},
    {TEXT("ROLLBACK"), "[WORK|TRANSACTION] ;", ROLLS_BACK, NULL, NULL},
    {TEXT("ROLLBACK"), "", CONTROLS, NULL, NULL},
    {TEXT("ABORT"), "", CONTROLS, NULL, NULL},
    {TEXT("PREPARE"), "TRANSACTION", CONTROLS, "PREPARE TRANSACTION", NULL},
    {TEXT("SAVEPOINT"), "", NESTS, NULL, NULL},
    {TEXT("RELEASE"), "", NESTS, NULL, NULL},

    {TEXT("CREATE"), "[UNIQUE] INDEX ^CONCURRENTLY", STANDS_OUT, "CREATE INDEX CONCURRENTLY", NULL},
    {TEXT("CREATE"), "DATABASE", STANDS_OUT, "CREATE DATABASE", NULL},
    {TEXT("CREATE"), "TABLESPACE", STANDS_OUT, "CREATE TABLESPACE", NULL},
    {TEXT("CREATE"), "SUBSCRIPTION", STANDS_OUT, "CREATE SUBSCRIPTION", "CONNECT|CREATE_SLOT"},
    {TEXT("DROP"), "INDEX ^CONCURRENTLY", STANDS_OUT, "DROP INDEX CONCURRENTLY", NULL},
    {TEXT("DROP"), "DATABASE", STANDS_OUT, "DROP DATABASE", NULL},
    {TEXT("DROP"), "TABLESPACE", STANDS_OUT, "DROP TABLESPACE", NULL},
    {TEXT("REINDEX"), "... ^CONCURRENTLY", STANDS_OUT, "REINDEX CONCURRENTLY", "CONCURRENTLY"},
    {TEXT("REINDEX"), "[()] SCHEMA", STANDS_OUT, "REINDEX SCHEMA", NULL},
    {TEXT("REINDEX"), "[()] DATABASE", STANDS_OUT, "REINDEX DATABASE", NULL},
    {TEXT("REINDEX"), "[()] SYSTEM", STANDS_OUT, "REINDEX SYSTEM", NULL},
    {TEXT("VACUUM"), "", STANDS_OUT, NULL, NULL},
    {TEXT("CLUSTER"), "[()] [VERBOSE] ;", STANDS_OUT, NULL, NULL},
    {TEXT("ALTER"), "SYSTEM", STANDS_OUT, "ALTER SYSTEM", NULL},
    {TEXT("ALTER"), "DATABASE @ SET ^TABLESPACE", STANDS_OUT, "ALTER DATABASE ... SET TABLESPACE",
     NULL},
    {TEXT("ALTER"), "SUBSCRIPTION @ ^REFRESH PUBLICATION", STANDS_OUT,
     "ALTER SUBSCRIPTION ... REFRESH PUBLICATION", NULL},
    {TEXT("ALTER"), "SUBSCRIPTION @ SET|ADD|DROP ^PUBLICATION", STANDS_OUT,
     "ALTER SUBSCRIPTION ... PUBLICATION", "REFRESH"},
    {TEXT("ALTER"), "TABLE [IF] [EXISTS] [ONLY] @ [*] DETACH PARTITION @ ^CONCURRENTLY", STANDS_OUT,
     "DETACH PARTITION CONCURRENTLY", NULL},
    {TEXT("DISCARD"), "ALL", STANDS_OUT, "DISCARD ALL", NULL},

    {TEXT("COPY"), "", COPIES, NULL, NULL},
    {TEXT("SET"), "", SETS, NULL, NULL},
};

static const struct rule sqlite_rules[] = {
    {TEXT("BEGIN"), "", BEGINS, NULL, NULL},       {TEXT("COMMIT"), "", COMMITS, NULL, NULL},
    {TEXT("END"), "", COMMITS, NULL, NULL},        {TEXT("ROLLBACK"), "", ROLLS_BACK, NULL, NULL},
    {TEXT("SAVEPOINT"), "", CONTROLS, NULL, NULL}, {TEXT("RELEASE"), "", CONTROLS, NULL, NULL},
    {TEXT("VACUUM"), "", STANDS_OUT, NULL, NULL},  {TEXT("ATTACH"), "", IS_REFUSED, NULL, NULL},
    {TEXT("DETACH"), "", IS_REFUSED, NULL, NULL},  {TEXT("PRAGMA"), "", IS_PRAGMA, NULL, NULL},
    {TEXT("INSERT"), "", NEEDS_KEYS, NULL, NULL},  {TEXT("REPLACE"), "", NEEDS_KEYS, NULL, NULL},
    {TEXT("UPDATE"), "", NEEDS_KEYS, NULL, NULL},  {TEXT("DELETE"), "", NEEDS_KEYS, NULL, NULL},
    {TEXT("WITH"), "", NEEDS_KEYS, NULL, NULL},    {TEXT("DROP"), "TABLE", NEEDS_KEYS, NULL, NULL},
};

/* A piece that is read once more, one token ahead. */
struct again {
    const struct lexer *lexer;
    const struct piece *piece;
    struct lexer reading;
    struct token token;
};

static void advance(struct again *again)
{
    again->token = sql_next_in(&again->reading, again->lexer, again->piece);
}

static struct again read_again(const struct lexer *lexer, const struct piece *piece)
{
    struct again again = {.lexer = lexer, .piece = piece, .reading = sql_again(lexer, piece)};

    advance(&again);
    return again;
}

static bool is_byte(const struct again *again, char byte)
{
    return again->token.size == 1 && again->lexer->bytes[again->token.offset] == byte;
}

/* One of WORD|OTHER. */
static bool is_any(const struct again *again, struct text words)
{
    while (words.size) {
        struct text word = text_cut(&words, '|');
        struct text token = {again->lexer->bytes + again->token.offset, again->token.size};

        if (again->token.kind != TOKEN_END && text_equal_ascii_case(word, token))
            return true;
    }
    return false;
}

static bool take_name(struct again *again)
{
    for (;; advance(again)) {
        if (again->token.kind != TOKEN_WORD && again->token.kind != TOKEN_NAME)
            return false;
        advance(again);
        if (!is_byte(again, '.'))
            return true;
    }
}

static bool take_parenthesis(struct again *again)
{
    size_t depth = 0;

    if (again->token.kind != TOKEN_OPEN)
        return false;
    do {
        depth += again->token.kind == TOKEN_OPEN;
        depth -= again->token.kind == TOKEN_CLOSE;
        advance(again);
    } while (depth > 0 && again->token.kind != TOKEN_END);
    return true;
}

static bool take(struct again *again, struct text element)
{
    if (text_equal(element, TEXT(";")))
        return again->token.kind == TOKEN_END;
    if (text_equal(element, TEXT("@")))
        return take_name(again);
    if (text_equal(element, TEXT("()")))
        return take_parenthesis(again);
    if (!is_any(again, element))
        return false;
    advance(again);
    return true;
}

/* place  is set to the token behind ^ */
static bool fits(const struct rule *rule, const struct lexer *lexer, const struct piece *piece,
                 struct token *place)
{
    struct text words = text_from(rule->words);

    *place = piece->verb;
    if (words.size == 0)
        return true;
    struct again again = read_again(lexer, piece);
    while (words.size) {
        struct text element = text_cut(&words, ' ');

        if (text_starts(element, TEXT("["))) {
            take(&again, text_slice(element, 1, element.size - 2));
            continue;
        }
        if (text_equal(element, TEXT("..."))) {
            struct text stop = text_slice(words, 1, text_find_byte(words, ' ') - 1);

            while (again.token.kind != TOKEN_END && !is_any(&again, stop))
                advance(&again);
            continue;
        }
        if (text_starts(element, TEXT("^"))) {
            *place = again.token;
            element = text_slice(element, 1, element.size);
        }
        if (!take(&again, element))
            return false;
    }
    return true;
}

static bool is_false(const struct again *again)
{
    static const char *const words[] = {"FALSE", "OFF", "0"};

    for (size_t i = 0; i < COUNT(words); i++)
        if (again->token.kind != TOKEN_END && sql_value_is(again->lexer, again->token, words[i]))
            return true;
    return false;
}

/* Whether the statement has one of these options set so, as in (connect = false). */
static bool has_false(const struct lexer *lexer, const struct piece *piece, struct text options)
{
    struct again again = read_again(lexer, piece);

    while (again.token.kind != TOKEN_END) {
        bool is_option = is_any(&again, options);

        advance(&again);
        if (is_option && is_byte(&again, '='))
            advance(&again);
        if (is_option && is_false(&again))
            return true;
    }
    return false;
}

static enum sql_role judge_copy(const struct lexer *lexer, const struct piece *piece)
{
    struct again again = read_again(lexer, piece);

    while (again.token.kind != TOKEN_END) {
        bool is_from = is_any(&again, TEXT("FROM"));
        bool is_to = is_any(&again, TEXT("TO"));

        if (again.token.kind == TOKEN_OPEN) {
            take_parenthesis(&again);
            continue;
        }
        advance(&again);
        if ((!is_from && !is_to) || !is_any(&again, TEXT("STDIN|STDOUT")))
            continue;
        if (is_to) {
            sql_refuse(lexer->reader, again.token, NULL,
                       "COPY to the client, whom a script does not have");
            return SQL_REFUSED;
        }
        sql_refuse(lexer->reader, again.token,
                   "Write the rows as INSERT statements; pg_dump --inserts does.",
                   "COPY from the client, whom a script does not have");
        return SQL_COPY_DATA;
    }
    return SQL_PLAIN;
}

/* Settings under which the server would read the rest of a script in another way. */
static const struct setting {
    const char *name;
    const char *harmless[4]; /* values, up to a NULL */
    const char *hint;
} settings[] = {
    {"CLIENT_ENCODING", {"UTF8", "UTF-8", "UNICODE"}, "Delete it: scripts are UTF-8."},
    {"STANDARD_CONFORMING_STRINGS", {"ON", "TRUE", "1"}, "Delete it: scripts are read with 'on'."},
    {"BACKSLASH_QUOTE", {NULL}, "Delete it."},
};

static const struct setting *find_setting(const struct again *again)
{
    if (is_any(again, TEXT("NAMES")))
        return &settings[0]; /* SET NAMES 'UTF8' */
    for (size_t i = 0; i < COUNT(settings); i++)
        if (sql_value_is(again->lexer, again->token, settings[i].name))
            return &settings[i];
    return NULL;
}

static bool is_harmless(const struct setting *setting, const struct again *again)
{
    for (size_t i = 0; setting->harmless[i]; i++)
        if (sql_value_is(again->lexer, again->token, setting->harmless[i]))
            return true;
    return false;
}

static enum sql_role refuse_setting(const struct setting *setting, const struct lexer *lexer,
                                    struct token place)
{
    struct text name = sql_name(lexer, place);

    sql_refuse(lexer->reader, place, setting->hint,
               "setting '%.*s' changes how the rest of the script is read", TEXT_ARGS(name));
    return SQL_REFUSED;
}

/* SET [SESSION | LOCAL] name { = | TO } value */
static enum sql_role judge_set(const struct lexer *lexer, const struct piece *piece)
{
    struct again again = read_again(lexer, piece);

    if (is_any(&again, TEXT("SESSION|LOCAL")))
        advance(&again);
    const struct setting *setting = find_setting(&again);
    if (!setting)
        return SQL_PLAIN;
    struct token name = again.token;
    advance(&again);
    if (is_byte(&again, '=') || is_any(&again, TEXT("TO")))
        advance(&again);
    if (is_harmless(setting, &again)) {
        advance(&again);
        if (again.token.kind == TOKEN_END)
            return SQL_PLAIN;
    }
    return refuse_setting(setting, lexer, name);
}

/* set_config('name', 'value', ...), where both are plain to see. */
static enum sql_role judge_set_config(const struct lexer *lexer, const struct piece *piece)
{
    struct again again = read_again(lexer, piece);

    while (again.token.kind != TOKEN_END) {
        bool is_call = sql_value_is(lexer, again.token, "SET_CONFIG");

        advance(&again);
        if (!is_call || again.token.kind != TOKEN_OPEN)
            continue;
        advance(&again);
        const struct setting *setting =
            again.token.kind == TOKEN_STRING ? find_setting(&again) : NULL;
        if (!setting)
            continue;
        struct token name = again.token;
        advance(&again);
        if (is_byte(&again, ','))
            advance(&again);
        if (!is_harmless(setting, &again))
            return refuse_setting(setting, lexer, name);
    }
    return SQL_PLAIN;
}

static enum sql_role refuse_control(const struct lexer *lexer, struct token place, const char *name)
{
    struct text verb = sql_name(lexer, place);

    sql_refuse(lexer->reader, place,
               lexer->reader->options->transactional
                   ? "Delete it: the whole revision runs in one transaction."
                   : "Delete it: each statement of this script runs by itself.",
               "transaction control '%.*s' in a script", name ? (int)strlen(name) : (int)verb.size,
               name ? name : verb.bytes);
    return SQL_REFUSED;
}

static enum sql_role apply(const struct rule *rule, const struct lexer *lexer,
                           const struct piece *piece, struct token place)
{
    bool is_transactional = lexer->reader->options->transactional;
    struct text name = rule->name ? text_from(rule->name) : rule->verb;

    switch (rule->verdict) {
    case BEGINS:
        return is_transactional ? SQL_BEGIN : refuse_control(lexer, place, rule->name);
    case COMMITS:
        return is_transactional ? SQL_COMMIT : refuse_control(lexer, place, rule->name);
    case ROLLS_BACK:
        return is_transactional && lexer->reader->options->only_reads
                   ? SQL_COMMIT
                   : refuse_control(lexer, place, rule->name);
    case CONTROLS:
        return refuse_control(lexer, place, rule->name);
    case NESTS:
        return is_transactional ? SQL_PLAIN : refuse_control(lexer, place, rule->name);
    case STANDS_OUT:
        if (!is_transactional || (rule->but && has_false(lexer, piece, text_from(rule->but))))
            return SQL_PLAIN;
        sql_refuse(lexer->reader, place,
                   lexer->reader->options->outside_hint
                       ? lexer->reader->options->outside_hint
                       : "Say 'transaction: none' for this revision.",
                   "'%.*s' cannot run in a transaction", TEXT_ARGS(name));
        return SQL_REFUSED;
    case IS_REFUSED:
        sql_refuse(lexer->reader, place, "Delete it: a script works on one database.",
                   "'%.*s' reaches beyond the target", TEXT_ARGS(name));
        return SQL_REFUSED;
    case COPIES:
        return judge_copy(lexer, piece);
    case SETS:
        return judge_set(lexer, piece);
    case IS_PRAGMA:
        return sql_pragma_judge(lexer, piece);
    case NEEDS_KEYS:
        return SQL_NEED_KEYS;
    }
    return SQL_PLAIN;
}

enum sql_role sql_rules_judge(const struct lexer *lexer, const struct piece *piece)
{
    bool is_sqlite = lexer->reader->options->dialect == DIALECT_SQLITE;
    const struct rule *rules = is_sqlite ? sqlite_rules : postgresql_rules;
    size_t count = is_sqlite ? COUNT(sqlite_rules) : COUNT(postgresql_rules);
    struct token place;

    if (piece->has_set_config && judge_set_config(lexer, piece) == SQL_REFUSED)
        return SQL_REFUSED;
    if (piece->verb.kind != TOKEN_WORD)
        return SQL_PLAIN;
    for (size_t i = 0; i < count; i++)
        if (rules[i].verb.size == piece->verb.size &&
            sql_word_is(lexer, piece->verb, rules[i].verb.bytes) &&
            fits(&rules[i], lexer, piece, &place))
            return apply(&rules[i], lexer, piece, place);
    return SQL_PLAIN;
}

#include "compiler/lint_parts.h"

/* Rules that a pattern of words tells, and rules about names. */

/* What must hold beside the words. */
enum condition {
    ALWAYS,
    OLD,       /* names[0] is a table that is not of this revision */
    SEPARATE,  /* the script runs without a transaction */
    OUTDATED,  /* the manifest requires a server older than version */
    HAS_ROLES, /* a list of roles follows */
};

/*
 * words    as reading_take has them; a string is '
 * with     words of which one must occur, anywhere; NULL for none
 * without  words that must not occur
 * version  of OUTDATED
 * value    {1} of the message; NULL for the token at the place, or the name where it is OLD
 */
static const struct plain_rule {
    enum lint_rule rule;
    enum condition condition;
    const char *words, *with, *without, *value;
    unsigned version;
} plain_rules[] = {
    {LINT_ADVISORY_LOCK, ALWAYS,
     "SELECT|PERFORM ... ^PG_ADVISORY_LOCK|PG_ADVISORY_LOCK_SHARED|PG_TRY_ADVISORY_LOCK|"
     "PG_TRY_ADVISORY_LOCK_SHARED|PG_ADVISORY_UNLOCK|PG_ADVISORY_UNLOCK_SHARED|"
     "PG_ADVISORY_UNLOCK_ALL",
     NULL, NULL, NULL, 0},
    {LINT_DELETE_ALL_ROWS, OLD, "DELETE FROM [ONLY] @", NULL, "WHERE|USING", NULL, 0},
    {LINT_DELETE_ALL_ROWS, OLD, "TRUNCATE [TABLE] [ONLY] @", NULL, NULL, NULL, 0},
    {LINT_LOST_SETTING, SEPARATE, "^SET|RESET", NULL, NULL, NULL, 0},
    {LINT_REINDEX_NOT_CONCURRENT, ALWAYS, "^REINDEX", NULL, "CONCURRENTLY", NULL, 0},
    {LINT_REWRITES_TABLE, ALWAYS, "^VACUUM", "FULL", NULL, "VACUUM FULL", 0},
    {LINT_REWRITES_TABLE, ALWAYS, "^CLUSTER", NULL, NULL, NULL, 0},
    {LINT_SERVER_FILE, ALWAYS, "COPY @ [()] FROM|TO ^PROGRAM", NULL, NULL, "COPY", 0},
    {LINT_SERVER_FILE, ALWAYS, "COPY @ [()] FROM|TO ^'", NULL, NULL, "COPY", 0},
    {LINT_SERVER_FILE, ALWAYS, "COPY () TO ^PROGRAM", NULL, NULL, "COPY", 0},
    {LINT_SERVER_FILE, ALWAYS, "COPY () TO ^'", NULL, NULL, "COPY", 0},
    {LINT_SERVER_FILE, ALWAYS,
     "SELECT|PERFORM ... ^LO_IMPORT|LO_EXPORT|PG_READ_FILE|PG_READ_BINARY_FILE|PG_LS_DIR", NULL,
     NULL, NULL, 0},
    {LINT_ROLE_MUST_EXIST, HAS_ROLES, "GRANT ... TO [GROUP]", NULL, NULL, NULL, 0},
    {LINT_ROLE_MUST_EXIST, HAS_ROLES, "REVOKE ... FROM [GROUP]", NULL, NULL, NULL, 0},
    {LINT_ROLE_MUST_EXIST, HAS_ROLES, "CREATE POLICY @ ON @ ... TO", NULL, NULL, NULL, 0},
    {LINT_ROLE_MUST_EXIST, HAS_ROLES, "SET [SESSION|LOCAL] ROLE", NULL, NULL, NULL, 0},

    /* Of the release notes; the server that first knew it. */
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "DROP ^DATABASE", "FORCE", NULL, "DROP DATABASE ... FORCE",
     13},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "ALTER TABLE ... ^DROP EXPRESSION", NULL, NULL,
     "DROP EXPRESSION", 13},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "CREATE OR REPLACE ^TRIGGER", NULL, NULL,
     "CREATE OR REPLACE TRIGGER", 14},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED,
     "CREATE [OR] [REPLACE] FUNCTION|PROCEDURE @ () ... ^BEGIN ATOMIC", NULL, NULL, "BEGIN ATOMIC",
     14},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED,
     "ALTER TABLE [IF] [EXISTS] [ONLY] @ DETACH PARTITION @ ^CONCURRENTLY|FINALIZE", NULL, NULL,
     "DETACH PARTITION CONCURRENTLY", 14},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED,
     "ALTER TABLE [IF] [EXISTS] [ONLY] @ ALTER [COLUMN] @ SET ^COMPRESSION", NULL, NULL,
     "SET COMPRESSION", 14},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "^MERGE INTO", NULL, NULL, "MERGE", 15},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "WITH ... ^MERGE INTO", NULL, NULL, "MERGE", 15},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "CREATE UNIQUE INDEX ... ^NULLS NOT DISTINCT", NULL, NULL,
     "NULLS NOT DISTINCT", 15},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "ALTER TABLE ... UNIQUE ^NULLS NOT DISTINCT", NULL, NULL,
     "NULLS NOT DISTINCT", 15},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "CREATE [OR] [REPLACE] ^VIEW", "SECURITY_INVOKER", NULL,
     "security_invoker", 15},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "ALTER TABLE [IF] [EXISTS] [ONLY] @ SET ^ACCESS METHOD",
     NULL, NULL, "SET ACCESS METHOD", 15},
    {LINT_NEWER_THAN_REQUIRED, OUTDATED, "CREATE PUBLICATION @ FOR ^TABLES IN SCHEMA", NULL, NULL,
     "TABLES IN SCHEMA", 15},
};

static bool has_any(struct reading reading, const char *words)
{
    for (; reading.token.kind != TOKEN_END; reading_next(&reading))
        if (reading_is(&reading, words))
            return true;
    return false;
}

/* Names with commas between them. */
static void check_roles(struct lint *lint, struct reading *reading)
{
    struct capture capture;

    while (reading_take(reading, "@", &capture)) {
        lint_role(lint, reading, capture.names[0].token);
        if (!reading_is_byte(reading, ','))
            return;
        reading_next(reading);
    }
}

static void apply(struct lint *lint, const struct plain_rule *plain, struct reading *reading,
                  const struct capture *capture)
{
    struct token at = capture->place;
    struct text value = plain->value ? text_from(plain->value) : reading_text(reading, at);

    switch (plain->condition) {
    case ALWAYS:
        break;
    case OLD: {
        struct object *table = lint_find(lint, reading, OBJECT_TABLE, capture->names[0]);

        if (!lint_is_old(lint, table) || (table && table->is_temporary))
            return;
        at = capture->names[0].token;
        value = lint_name(lint, reading, at);
        break;
    }
    case SEPARATE:
        if (lint->transactional)
            return;
        break;
    case OUTDATED:
        if (lint->version == 0 || lint->version >= plain->version * 10000)
            return;
        lint_report(lint, plain->rule, reading, at, value,
                    arena_format(lint->arena, "%u", plain->version),
                    lint->manifest->server_versions[DIALECT_POSTGRESQL]);
        return;
    case HAS_ROLES:
        check_roles(lint, reading);
        return;
    }
    lint_report(lint, plain->rule, reading, at, value, TEXT(""), TEXT(""));
}

static bool is_word_of(struct text words, struct text name)
{
    while (words.size)
        if (text_equal_ascii_case(text_cut(&words, '|'), name))
            return true;
    return false;
}

/* The first word alone tells for most statements, which are INSERTs. */
static bool has_verb(const struct plain_rule *plain, const struct reading *reading)
{
    struct text words = text_from(plain->words);
    struct text verbs = text_cut(&words, ' ');

    if (text_starts(verbs, TEXT("^")))
        verbs = text_slice(verbs, 1, verbs.size);
    return is_word_of(verbs, reading_text(reading, reading->token));
}

void lint_plain_rules(struct lint *lint, const struct reading *reading)
{
    for (size_t i = 0; i < COUNT(plain_rules); i++) {
        const struct plain_rule *plain = &plain_rules[i];

        if (!has_verb(plain, reading))
            continue;
        struct reading again = *reading;
        struct capture capture;

        if (lint_wants(lint, plain->rule) && reading_take(&again, plain->words, &capture) &&
            (!plain->with || has_any(again, plain->with)) &&
            (!plain->without || !has_any(again, plain->without)))
            apply(lint, plain, &again, &capture);
    }
}

/* PostgreSQL 15 manual, appendix C: reserved, and those that may name functions and types only. */
static const char *const postgresql_words =
    "ALL|ANALYSE|ANALYZE|AND|ANY|ARRAY|AS|ASC|ASYMMETRIC|AUTHORIZATION|BINARY|BOTH|CASE|CAST|CHECK|"
    "COLLATE|COLLATION|COLUMN|CONCURRENTLY|CONSTRAINT|CREATE|CROSS|CURRENT_CATALOG|CURRENT_DATE|"
    "CURRENT_ROLE|CURRENT_SCHEMA|CURRENT_TIME|CURRENT_TIMESTAMP|CURRENT_USER|DEFAULT|DEFERRABLE|"
    "DESC|DISTINCT|DO|ELSE|END|EXCEPT|FALSE|FETCH|FOR|FOREIGN|FREEZE|FROM|FULL|GRANT|GROUP|HAVING|"
    "ILIKE|IN|INITIALLY|INNER|INTERSECT|INTO|IS|ISNULL|JOIN|LATERAL|LEADING|LEFT|LIKE|LIMIT|"
    "LOCALTIME|LOCALTIMESTAMP|NATURAL|NOT|NOTNULL|NULL|OFFSET|ON|ONLY|OR|ORDER|OUTER|OVERLAPS|"
    "PLACING|PRIMARY|REFERENCES|RETURNING|RIGHT|SELECT|SESSION_USER|SIMILAR|SOME|SYMMETRIC|TABLE|"
    "TABLESAMPLE|THEN|TO|TRAILING|TRUE|UNION|UNIQUE|USER|USING|VARIADIC|VERBOSE|WHEN|WHERE|WINDOW|"
    "WITH";

/* SQLite's parse.y: keywords that do not fall back to being a name. */
static const char *const sqlite_words =
    "ADD|ALL|ALTER|AND|AS|AUTOINCREMENT|BETWEEN|CASE|CHECK|COLLATE|COMMIT|CONSTRAINT|CREATE|"
    "DEFAULT|DEFERRABLE|DELETE|DISTINCT|DROP|ELSE|ESCAPE|EXCEPT|EXISTS|FOREIGN|FROM|GROUP|HAVING|"
    "IN|INDEX|INSERT|INTERSECT|INTO|IS|ISNULL|JOIN|LIMIT|NOT|NOTNULL|NULL|ON|OR|ORDER|PRIMARY|"
    "REFERENCES|RETURNING|SELECT|SET|TABLE|THEN|TO|TRANSACTION|UNION|UNIQUE|UPDATE|USING|VALUES|"
    "WHEN|WHERE";

static const struct {
    struct text name, mapper;
} mapper_names[] = {
    {TEXT("metadata"), TEXT("SQLAlchemy")},
    {TEXT("registry"), TEXT("SQLAlchemy")},
    {TEXT("pk"), TEXT("Django")},
};

void lint_check_name(struct lint *lint, const struct reading *reading, struct token token,
                     bool is_column)
{
    struct text name = lint_name(lint, reading, token);
    const char *words = lint->dialect == DIALECT_SQLITE ? sqlite_words : postgresql_words;

    if (token.kind == TOKEN_NAME && is_word_of(text_from(words), name))
        lint_report(lint, LINT_RESERVED_NAME, reading, token, name, TEXT(""), TEXT(""));
    for (size_t i = 0; is_column && i < COUNT(mapper_names); i++)
        if (text_equal(name, mapper_names[i].name))
            lint_report(lint, LINT_MAPPER_RESERVED_NAME, reading, token, name,
                        mapper_names[i].mapper, TEXT(""));
    if (name.size <= NAME_SIZE_MAX)
        return;
    size_t size = NAME_SIZE_MAX;
    while (size > 0 && (name.bytes[size] & 0xc0) == 0x80)
        size--; /* not inside a character */
    lint_report(lint, LINT_IDENTIFIER_TOO_LONG, reading, token, text_slice(name, 0, size), TEXT(""),
                TEXT(""));
}

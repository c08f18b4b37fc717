#include "compiler/pgquery.h"
#include "compiler/sql_lexer.h"

/* The number in front of the first dot. */
static uint64_t major(struct text version)
{
    uint64_t number = 0;

    text_number(text_cut(&version, '.'), UINT32_MAX, &number);
    return number;
}

/* Of the token that the parser is at, or of the one that stands where it stops. */
static struct token find_place(const struct lexer *lexer, const struct piece *piece,
                               const struct pgquery_refusal *refusal)
{
    struct lexer again = {
        .bytes = lexer->bytes, .size = lexer->size, .at = piece->verb.offset + refusal->offset};

    if (refusal->size > 0 || again.at >= piece->end)
        return (struct token){TOKEN_OTHER, again.at, refusal->size};
    return sql_postgresql_next(&again);
}

/* As the server says it, but not more than a line. */
static struct text describe(const struct lexer *lexer, const struct pgquery_refusal *refusal,
                            struct token place)
{
    struct text rest = sql_name(lexer, place), near = text_cut(&rest, '\n');

    if (refusal->size == 0)
        return refusal->message;
    return arena_format(lexer->reader->arena, "%.*s at or near \"%.*s%s\"",
                        TEXT_ARGS(refusal->message), TEXT_ARGS(near),
                        near.size < refusal->size ? "..." : "");
}

/* Said once for each script. returns  NULL for no hint */
static const char *choose_hint(struct reader *reader, bool is_newer)
{
    struct text parser = pgquery_version(), server = reader->options->server_version;

    if (reader->has_named_parser || (server.size && !is_newer))
        return NULL;
    reader->has_named_parser = true;
    if (!is_newer)
        return arena_format(reader->arena,
                            "The parser is that of PostgreSQL %.*s; if only newer servers know "
                            "this, say so with 'requires:' in the manifest.",
                            TEXT_ARGS(parser))
            .bytes;
    return arena_format(reader->arena,
                        "The parser is that of PostgreSQL %.*s; make sure that %.*s, which the "
                        "manifest requires, knows this.",
                        TEXT_ARGS(parser), TEXT_ARGS(server))
        .bytes;
}

/* What servers that are newer than the parser may know is but a warning. */
static void report(const struct lexer *lexer, const struct piece *piece,
                   const struct pgquery_refusal *refusal)
{
    struct reader *reader = lexer->reader;
    bool is_newer = major(reader->options->server_version) > major(pgquery_version());
    struct token place = find_place(lexer, piece, refusal);
    struct text message = describe(lexer, refusal, place);
    const char *hint = choose_hint(reader, is_newer);

    if (is_newer)
        sql_warn(reader, place, hint, "%.*s", TEXT_ARGS(message));
    else
        sql_refuse(reader, place, hint, "%.*s", TEXT_ARGS(message));
}

void sql_parse_check(const struct lexer *lexer, const struct piece *piece, struct buffer *copy)
{
    struct reader *reader = lexer->reader;
    struct text statement = {lexer->bytes + piece->verb.offset, piece->end - piece->verb.offset};
    struct pgquery_refusal refusal;

    copy->size = 0;
    buffer_add(copy, statement);
    buffer_add(copy, (struct text){"", 1});
    statement.bytes = copy->bytes;
    if (pgquery_parse(reader->arena, statement, &refusal))
        return;
    /* The server continues a string behind a comment; to libpg_query comments are tokens. */
    if (sql_postgresql_blank_comments(lexer, piece, copy->bytes) &&
        pgquery_parse(reader->arena, statement, &refusal))
        return;
    report(lexer, piece, &refusal);
}

#include "schema_sqlite.h"

#include <stdlib.h>
#include <string.h>

/* A row of sqlite_schema as it was read last, and the objects that it was found to be. */
struct row {
    uint64_t number;
    struct text type, name, sql;
    struct schema objects;
};

struct schema_sqlite {
    struct row *rows;
    size_t count;
    struct schema schema; /* of all rows */
};

static void free_rows(struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        schema_free(&rows[i].objects);
    free(rows);
}

struct schema_sqlite *schema_sqlite_open(void)
{
    struct schema_sqlite *reader = calloc(1, sizeof(*reader));

    if (!reader)
        arena_exhausted();
    return reader;
}

void schema_sqlite_close(struct schema_sqlite **reader)
{
    if (!*reader)
        return;
    free_rows((*reader)->rows, (*reader)->count);
    schema_free(&(*reader)->schema);
    free(*reader);
    *reader = NULL;
}

/* Tokens. What SQLite keeps was accepted by it, so nothing is left open. (src/tokenize.c, 3.40) */

enum kind { KIND_END, KIND_WORD, KIND_NAME, KIND_STRING, KIND_OTHER };

struct token {
    enum kind kind;
    struct text text; /* as it stands there */
};

static bool is_word_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '$' || (byte & 0x80);
}

static struct text skip_blanks(struct text rest)
{
    for (;;) {
        size_t size = 0;

        if (text_starts(rest, TEXT("--")))
            size = text_find_byte(rest, '\n');
        else if (text_starts(rest, TEXT("/*")))
            size = text_find(text_slice(rest, 2, rest.size), TEXT("*/")) + 4;
        else if (rest.size && strchr(" \t\n\f\r", *rest.bytes))
            size = 1;
        if (size == 0)
            return rest;
        rest = text_slice(rest, size, rest.size);
    }
}

/* From its opening quote to its closing one; doubled, it stands for itself, but not ']'. */
static size_t quoted_size(struct text text, char close)
{
    for (size_t i = 1; i < text.size; i++) {
        if (text.bytes[i] != close)
            continue;
        if (close == ']' || i + 1 == text.size || text.bytes[i + 1] != close)
            return i + 1;
        i++;
    }
    return text.size;
}

static size_t word_size(struct text text)
{
    size_t size = 0;

    while (size < text.size && is_word_byte(text.bytes[size]))
        size++;
    return size;
}

/* 1.5e-3 is one token; the sign belongs to it only behind an e. */
static size_t number_size(struct text text)
{
    size_t size = 0;
    bool is_hex = text_starts(text, TEXT("0x")) || text_starts(text, TEXT("0X"));

    while (size < text.size) {
        char byte = text.bytes[size], before = size ? text.bytes[size - 1] : '\0';
        bool is_sign = (byte == '+' || byte == '-') && (before == 'e' || before == 'E') && !is_hex;

        if (!is_word_byte(byte) && byte != '.' && !is_sign)
            break;
        size++;
    }
    return size;
}

static size_t operator_size(struct text text)
{
    static const struct text operators[] = {{"->>", 3}, {"->", 2}, {"||", 2}, {"<<", 2}, {">>", 2},
                                            {"<=", 2},  {">=", 2}, {"<>", 2}, {"!=", 2}, {"==", 2}};

    for (size_t i = 0; i < COUNT(operators); i++)
        if (text_starts(text, operators[i]))
            return operators[i].size;
    return 1;
}

static bool is_digit(struct text text, size_t at)
{
    return at < text.size && text.bytes[at] >= '0' && text.bytes[at] <= '9';
}

static struct token next_token(struct text *rest)
{
    struct text text = skip_blanks(*rest);
    struct token token = {KIND_OTHER, text_slice(text, 0, operator_size(text))};

    if (!text.size) {
        token.kind = KIND_END;
    } else if (strchr("\"`[", *text.bytes)) {
        token.kind = KIND_NAME;
        token.text = text_slice(text, 0, quoted_size(text, *text.bytes == '[' ? ']' : *text.bytes));
    } else if (*text.bytes == '\'') {
        token.kind = KIND_STRING;
        token.text = text_slice(text, 0, quoted_size(text, '\''));
    } else if (text_starts(text, TEXT("x'")) || text_starts(text, TEXT("X'"))) {
        token.kind = KIND_STRING;
        token.text = text_slice(text, 0, 1 + quoted_size(text_slice(text, 1, text.size), '\''));
    } else if (is_digit(text, 0) || (*text.bytes == '.' && is_digit(text, 1))) {
        token.text = text_slice(text, 0, number_size(text));
    } else if (is_word_byte(*text.bytes)) {
        token.kind = KIND_WORD;
        token.text = text_slice(text, 0, word_size(text));
    }
    *rest = text_slice(text, token.text.size, text.size);
    return token;
}

static bool is_byte(struct token token, char byte)
{
    return token.kind == KIND_OTHER && token.text.size == 1 && *token.text.bytes == byte;
}

static bool is_word(struct token token, struct text word)
{
    return token.kind == KIND_WORD && text_equal_ascii_case(token.text, word);
}

/* Spelling */

static void put_lower(struct buffer *to, struct text text)
{
    char *room = buffer_reserve(to, text.size);

    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];

        room[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte | 0x20) : byte;
    }
    to->size += text.size;
}

/* A name without its quotes, unless it is no word without them. */
static void put_name(struct buffer *to, struct text quoted)
{
    CLEANUP(buffer_free) struct buffer name = {0};
    char quote = *quoted.bytes;
    struct text inside = text_slice(quoted, 1, quoted.size - 2);

    for (size_t i = 0; i < inside.size; i++) {
        buffer_add(&name, text_slice(inside, i, 1));
        i += quote != '[' && inside.bytes[i] == quote;
    }
    struct text plain = buffer_text(&name);
    bool is_plain = plain.size && word_size(plain) == plain.size && !is_digit(plain, 0);
    if (!is_plain)
        buffer_add(to, TEXT("\""));
    put_lower(to, plain);
    if (!is_plain)
        buffer_add(to, TEXT("\""));
}

/*
 * One blank between tokens, and none where people put none: around a dot, in front of a bracket, a
 * comma or what follows an opening bracket.
 */
static void put_token(struct buffer *to, struct token token, struct token before)
{
    bool tight = to->size == 0 || is_byte(before, '(') || is_byte(before, '.') ||
                 is_byte(token, '(') || is_byte(token, ')') || is_byte(token, ',') ||
                 is_byte(token, '.');

    if (!tight)
        buffer_add(to, TEXT(" "));
    if (token.kind == KIND_NAME)
        put_name(to, token.text);
    else if (token.kind == KIND_STRING && *token.text.bytes == '\'')
        buffer_add(to, token.text);
    else
        put_lower(to, token.text);
}

/* All that is left, in one spelling. */
static struct text spell(struct arena *arena, struct text rest)
{
    CLEANUP(buffer_free) struct buffer spelt = {0};
    struct token before = {0};

    for (struct token token; (token = next_token(&rest)).kind != KIND_END; before = token)
        put_token(&spelt, token, before);
    return arena_copy(arena, buffer_text(&spelt));
}

static struct text lower(struct arena *arena, struct text text)
{
    CLEANUP(buffer_free) struct buffer name = {0};

    put_lower(&name, text);
    return arena_copy(arena, buffer_text(&name));
}

/* Tables */

static bool begins_constraint(struct token token)
{
    static const struct text words[] = {
        {"constraint", 10}, {"primary", 7}, {"unique", 6}, {"check", 5}, {"foreign", 7}};

    for (size_t i = 0; i < COUNT(words); i++)
        if (is_word(token, words[i]))
            return true;
    return false;
}

/* A column, or a constraint of the table; one without a name is called by what it says. */
static void add_part(struct arena *arena, struct schema *to, struct text table, struct text part)
{
    struct text rest = part;
    struct token first = next_token(&rest);
    bool is_constraint = begins_constraint(first), has_name = is_word(first, TEXT("constraint"));

    if (has_name)
        first = next_token(&rest);
    struct text definition = spell(arena, is_constraint && !has_name ? part : rest);
    struct text name = is_constraint && !has_name ? definition : spell(arena, first.text);
    schema_add(arena, to, is_constraint ? TEXT("constraint") : TEXT("column"),
               arena_format(arena, "%.*s.%.*s", TEXT_ARGS(table), TEXT_ARGS(name)),
               is_constraint && !has_name ? TEXT("") : definition);
}

/*
 * rest  behind the opening bracket
 * returns  what stands behind the closing one
 */
static struct text add_parts(struct arena *arena, struct schema *to, struct text table,
                             struct text rest)
{
    const char *start = rest.bytes;

    for (size_t depth = 0;;) {
        const char *at = rest.bytes;
        struct token token = next_token(&rest);
        bool closes = token.kind == KIND_END || (is_byte(token, ')') && depth == 0);

        if (closes || (is_byte(token, ',') && depth == 0)) {
            add_part(arena, to, table, (struct text){start, (size_t)(at - start)});
            start = rest.bytes;
        }
        if (closes)
            return rest;
        if (is_byte(token, '('))
            depth++;
        else if (is_byte(token, ')'))
            depth--;
    }
}

/* rest  behind the name */
static void add_table(struct arena *arena, struct schema *to, struct text name, struct text rest)
{
    struct text parts = rest;
    struct token open = next_token(&parts);

    schema_add(arena, to, TEXT("table"), name,
               spell(arena, is_byte(open, '(') ? add_parts(arena, to, name, parts) : rest));
}

/* What SQLite keeps begins with CREATE [UNIQUE|VIRTUAL] KIND NAME. */
static void add_row(struct arena *arena, struct schema *to, const struct row *row)
{
    struct text rest = row->sql, name = lower(arena, row->name);
    bool is_unique = false, is_virtual = false;
    struct token token = next_token(&rest);

    while ((token = next_token(&rest)).kind == KIND_WORD &&
           !text_equal_ascii_case(token.text, row->type)) {
        is_unique |= is_word(token, TEXT("unique"));
        is_virtual |= is_word(token, TEXT("virtual"));
    }
    next_token(&rest);
    if (is_virtual)
        schema_add(arena, to, TEXT("table"), name,
                   arena_format(arena, "virtual %.*s", TEXT_ARGS(spell(arena, rest))));
    else if (text_equal(row->type, TEXT("table")))
        add_table(arena, to, name, rest);
    else
        schema_add(arena, to, row->type, name,
                   arena_format(arena, "%s%.*s", is_unique ? "unique " : "",
                                TEXT_ARGS(spell(arena, rest))));
}

/* Reading */

/* Tables of other tools, which a host may have adopted a database from. */
#define SELECT_ROWS                                                                                \
    "SELECT rowid, type, name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL"                  \
    " AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND tbl_name NOT LIKE 'sqlferry~_%' ESCAPE '~'"     \
    " AND tbl_name NOT IN ('alembic_version', 'schema_migrations', '__diesel_schema_migrations',"  \
    " 'flyway_schema_history', 'goose_db_version') ORDER BY rowid"

/* Virtual tables keep their rows in tables whose number and make are the library's business. */
#define SELECT_VIRTUAL                                                                             \
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL %'"

static bool is_shadow(struct text name, const struct rows *tables)
{
    static const struct text suffixes[] = {{"_config", 7},   {"_content", 8}, {"_data", 5},
                                           {"_docsize", 8},  {"_idx", 4},     {"_node", 5},
                                           {"_parent", 7},   {"_rowid", 6},   {"_segdir", 7},
                                           {"_segments", 9}, {"_stat", 5}};

    for (size_t i = 0; i < tables->count; i++) {
        struct text table = tables->cells[i];

        if (!text_starts(name, table))
            continue;
        for (size_t j = 0; j < COUNT(suffixes); j++)
            if (text_equal(text_slice(name, table.size, name.size), suffixes[j]))
                return true;
    }
    return false;
}

static bool is_same(const struct row *row, const struct row *other)
{
    return row->number == other->number && text_equal(row->sql, other->sql) &&
           text_equal(row->name, other->name) && text_equal(row->type, other->type);
}

/* What one reading adds to the one before. */
struct reading {
    struct row *rows;
    size_t count, capacity;
    struct schema removed, added;
};

static void free_reading(struct reading *reading)
{
    free_rows(reading->rows, reading->count);
    schema_free(&reading->removed);
    schema_free(&reading->added);
}

static struct row *new_row(struct reading *reading)
{
    if (reading->count == reading->capacity) {
        reading->capacity = reading->capacity ? reading->capacity * 2 : 64;
        reading->rows = reallocarray(reading->rows, reading->capacity, sizeof(struct row));
        if (!reading->rows)
            arena_exhausted();
    }
    return &reading->rows[reading->count++];
}

static void add_all(struct schema *to, const struct schema *from)
{
    for (size_t i = 0; i < from->count; i++)
        schema_append(to, from->list[i]);
}

/* Rows come by number, then as now: what was there before is compared in step. */
static struct error *read_rows(struct arena *arena, struct sqlite *sqlite,
                               struct schema_sqlite *reader, struct reading *reading)
{
    struct rows virtuals;
    struct text cells[4];
    size_t at = 0;
    bool has = true;
    struct error *error = sqlite_ask(arena, sqlite, SELECT_VIRTUAL, NULL, 0, &virtuals);

    if (error)
        return error;
    while (!(error = sqlite_next(arena, sqlite, SELECT_ROWS, cells, &has)) && has) {
        struct row row = {.type = cells[1], .name = cells[2], .sql = cells[3]};

        if (!text_number(cells[0], UINT64_MAX, &row.number) || is_shadow(row.name, &virtuals))
            continue;
        for (; at < reader->count && reader->rows[at].number < row.number; at++)
            add_all(&reading->removed, &reader->rows[at].objects);
        struct row *before = at < reader->count ? &reader->rows[at] : NULL;
        struct row *now = new_row(reading);
        if (before && is_same(before, &row)) {
            *now = *before;
            before->objects = (struct schema){0}; /* moved */
            at++;
            continue;
        }
        *now = (struct row){row.number,
                            arena_copy(arena, row.type),
                            arena_copy(arena, row.name),
                            arena_copy(arena, row.sql),
                            {0}};
        add_row(arena, &now->objects, now);
        add_all(&reading->added, &now->objects);
    }
    for (; !error && at < reader->count; at++)
        add_all(&reading->removed, &reader->rows[at].objects);
    return error;
}

struct error *schema_sqlite_read(struct arena *arena, struct sqlite *sqlite,
                                 struct schema_sqlite *reader, struct schema *schema)
{
    CLEANUP(free_reading) struct reading reading = {0};
    struct error *error = read_rows(arena, sqlite, reader, &reading);

    free_rows(reader->rows, reader->count);
    reader->rows = reading.rows;
    reader->count = reading.count;
    reading.rows = NULL;
    reading.count = 0;
    if (error) { /* what was read is not all there is: the next reading begins anew */
        free_rows(reader->rows, reader->count);
        reader->rows = NULL;
        reader->count = reader->schema.count = 0;
        return error;
    }
    if (reading.removed.count || reading.added.count)
        schema_replace(&reader->schema, &reading.removed, &reading.added);
    schema_copy(schema, &reader->schema);
    return NULL;
}

#include "compiler/lint_parts.h"

#include <string.h>

/* Tables: their columns, constraints and indexes, and what ALTER TABLE does to them. */

/* Words behind which a column's type, or its default, is at its end. */
#define COLUMN_WORDS                                                                               \
    "CONSTRAINT|NOT|NULL|DEFAULT|PRIMARY|UNIQUE|CHECK|REFERENCES|GENERATED|COLLATE|STORAGE|"       \
    "COMPRESSION|AS|USING|AUTOINCREMENT|DEFERRABLE|INITIALLY|OPTIONS"

struct column {
    struct token token;
    struct text type;
    struct token default_at, references_at, stored_at, serial_at; /* of kind TOKEN_END: none */
    bool is_required, has_default, has_volatile_default, has_variable_default;
    bool is_unique, is_primary, references_with_default;
};

static bool is_set(struct token token)
{
    return token.kind != TOKEN_END;
}

static bool at_end_of_element(const struct reading *reading)
{
    return reading->token.kind == TOKEN_END || reading->token.kind == TOKEN_CLOSE ||
           reading_is_byte(reading, ',');
}

static bool is_name_kind(enum token_kind kind)
{
    return kind == TOKEN_WORD || kind == TOKEN_NAME;
}

static void skip_element(struct reading *reading)
{
    while (!at_end_of_element(reading)) {
        if (reading->token.kind == TOKEN_OPEN)
            reading_skip_parenthesis(reading);
        else
            reading_next(reading);
    }
}

/* Adds a token to a text in which equal things are written equally. */
static void add_token(struct buffer *buffer, struct lint *lint, const struct reading *reading)
{
    struct text text = reading_text(reading, reading->token);
    bool is_name = is_name_kind(reading->token.kind);
    char last = buffer->size ? buffer->bytes[buffer->size - 1] : '(';

    if (is_name)
        text = lint_name(lint, reading, reading->token);
    if (sql_is(last, SQL_WORD) && text.size && sql_is(text.bytes[0], SQL_WORD))
        buffer_add(buffer, TEXT(" "));
    buffer_add(buffer, text);
}

/* "character varying(40)", "numeric(12,2)", "order_status[]" */
static struct text read_type(struct lint *lint, struct reading *reading)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    size_t depth = 0;

    while (reading->token.kind != TOKEN_END) {
        if (depth == 0 && (at_end_of_element(reading) || reading_is(reading, COLUMN_WORDS)))
            break;
        depth += reading->token.kind == TOKEN_OPEN;
        depth -= reading->token.kind == TOKEN_CLOSE;
        add_token(&buffer, lint, reading);
        reading_next(reading);
    }
    return model_intern(lint->model, buffer_text(&buffer), true);
}

/* Functions that give all rows of one statement the same, and types, which look like calls. */
static const char constant_calls[] =
    "NOW|TRANSACTION_TIMESTAMP|STATEMENT_TIMESTAMP|CURRENT_TIMESTAMP|LOCALTIMESTAMP|CURRENT_TIME|"
    "LOCALTIME|CURRENT_DATE|TO_TIMESTAMP|TO_DATE|TO_CHAR|TO_JSON|TO_JSONB|DATE_TRUNC|DATE_PART|"
    "TIMEZONE|MAKE_INTERVAL|MAKE_DATE|MAKE_TIMESTAMPTZ|LOWER|UPPER|TRIM|BTRIM|REPEAT|LPAD|RPAD|"
    "LENGTH|CONCAT|MD5|DECODE|ENCODE|FORMAT|REPLACE|COALESCE|NULLIF|CAST|ROW|ARRAY|GREATEST|LEAST|"
    "ABS|ROUND|FLOOR|CEIL|JSON_BUILD_OBJECT|JSON_BUILD_ARRAY|JSONB_BUILD_OBJECT|JSONB_BUILD_ARRAY|"
    "CURRENT_SETTING|EXTRACT|POINT|INT4RANGE|INT8RANGE|NUMRANGE|DATERANGE|TSRANGE|TSTZRANGE|"
    "VARCHAR|CHAR|CHARACTER|VARYING|NUMERIC|DECIMAL|BIT|TIME|TIMESTAMP|TIMESTAMPTZ|INTERVAL|FLOAT|"
    "BOX|CIRCLE|LSEG|PATH|POLYGON|TEXT|DATE|INET|CIDR|AND|OR|NOT|IN|CASE|WHEN|THEN|ELSE";

/* DEFAULT is taken. */
static void read_default(struct reading *reading, struct column *column)
{
    bool is_first = true, behind_cast = false;
    size_t depth = 0;

    column->default_at = reading->token;
    column->has_default = !reading_is(reading, "NULL");
    column->has_variable_default =
        reading->token.kind == TOKEN_OPEN ||
        reading_is(reading, "CURRENT_TIME|CURRENT_DATE|CURRENT_TIMESTAMP");
    while (reading->token.kind != TOKEN_END) {
        if (!is_first && depth == 0 &&
            (at_end_of_element(reading) || reading_is(reading, COLUMN_WORDS)))
            break;
        depth += reading->token.kind == TOKEN_OPEN;
        depth -= reading->token.kind == TOKEN_CLOSE;
        bool may_be_call = !behind_cast && reading->token.kind == TOKEN_WORD &&
                           !reading_is(reading, constant_calls);
        behind_cast = text_equal(reading_text(reading, reading->token), TEXT("::"));
        reading_next(reading);
        if (may_be_call && reading->token.kind == TOKEN_OPEN)
            column->has_volatile_default = true;
        is_first = false;
    }
}

/* At what can be the name of a column: in SQLite a string, too. */
static bool at_column(const struct reading *reading)
{
    enum token_kind kind = reading->token.kind;

    return kind == TOKEN_WORD || kind == TOKEN_NAME || kind == TOKEN_STRING;
}

/* The name, the type, and what follows up to the next column. */
static struct column read_column(struct lint *lint, struct reading *reading)
{
    struct column column = {.token = reading->token};

    reading_next(reading);
    struct token type_at = reading->token;
    column.type = read_type(lint, reading);
    if (text_find(column.type, TEXT("serial")) < column.type.size)
        column.serial_at = type_at;
    while (!at_end_of_element(reading)) {
        struct token at = reading->token;

        if (reading_take(reading, "NOT NULL", NULL)) {
            column.is_required = true;
        } else if (reading_take(reading, "DEFAULT", NULL)) {
            read_default(reading, &column);
        } else if (reading_take(reading, "PRIMARY KEY", NULL)) {
            column.is_primary = true;
        } else if (reading_take(reading, "UNIQUE", NULL)) {
            column.is_unique = true;
        } else if (reading_take(reading, "REFERENCES", NULL)) {
            column.references_at = at;
        } else if (reading_take(reading, "GENERATED ALWAYS|BY [DEFAULT] AS IDENTITY", NULL)) {
            column.serial_at = at;
        } else if (reading_take(reading, "[GENERATED] [ALWAYS] AS ()", NULL)) {
            if (reading_is(reading, "STORED"))
                column.stored_at = at;
            else if (lint->dialect == DIALECT_POSTGRESQL)
                column.has_default = true; /* VIRTUAL */
        } else if (reading->token.kind == TOKEN_OPEN) {
            reading_skip_parenthesis(reading);
        } else {
            reading_next(reading);
        }
    }
    column.references_with_default = is_set(column.references_at) && column.has_default;
    return column;
}

static void check_column(struct lint *lint, const struct reading *reading,
                         const struct column *column)
{
    struct text name = lint_name(lint, reading, column->token);

    lint_check_name(lint, reading, column->token, true);
    if (text_equal(column->type, TEXT("json")))
        lint_report(lint, LINT_JSON_COLUMN, reading, column->token, name, TEXT(""), TEXT(""));
    if (text_starts(column->type, TEXT("timestamp")) &&
        !text_starts(column->type, TEXT("timestamptz")) &&
        text_find(column->type, TEXT("with time zone")) == column->type.size)
        lint_report(lint, LINT_TIMESTAMP_NO_TZ, reading, column->token, name, TEXT(""), TEXT(""));
}

/* UNIQUE or PRIMARY KEY at a column: the server names it, and it has an index. */
static void create_column_constraint(struct lint *lint, const struct reading *reading,
                                     struct object *table, const struct column *column)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct text column_name = lint_name(lint, reading, column->token);

    buffer_add(&buffer, table->name);
    if (!column->is_primary)
        buffer_format(&buffer, "_%.*s", TEXT_ARGS(column_name));
    buffer_add(&buffer, column->is_primary ? TEXT("_pkey") : TEXT("_key"));
    struct text name = model_intern(lint->model, buffer_text(&buffer), false);
    if (model_find(lint->model, OBJECT_CONSTRAINT, table, TEXT(""), name))
        return;
    struct object *constraint = lint_add(lint, reading, OBJECT_CONSTRAINT, "constraint", table,
                                         TEXT(""), name, column->token);
    buffer.size = 0;
    buffer_format(&buffer, "(%.*s)", TEXT_ARGS(column_name));
    constraint->definition = model_intern(lint->model, buffer_text(&buffer), false);
    constraint->words.list = arena_array(lint->arena, struct text, 1);
    constraint->words.list[0] = column_name;
    constraint->words.count = 1;
    constraint->is_implied = constraint->has_index = true;
    constraint->is_plain = constraint->is_unique = true;
}

static struct object *create_column(struct lint *lint, const struct reading *reading,
                                    struct object *table, const struct column *column, bool guarded)
{
    struct object *object = lint_create(lint, reading, OBJECT_COLUMN, "column", table,
                                        (struct name){.token = column->token}, guarded);

    if (!object)
        return NULL;
    object->definition = column->type;
    if (column->is_unique || column->is_primary)
        create_column_constraint(lint, reading, table, column);
    return object;
}

/* Words of a parenthesis, as far as they may be columns. */
static struct object_words read_words(struct lint *lint, struct reading reading, size_t end)
{
    struct object_words words = {0};
    struct reading again = reading;

    for (; again.token.kind != TOKEN_END && again.token.offset < end; reading_next(&again))
        words.count += is_name_kind(again.token.kind);
    words.list = arena_array(lint->arena, struct text, words.count);
    words.count = 0;
    for (; reading.token.kind != TOKEN_END && reading.token.offset < end; reading_next(&reading))
        if (is_name_kind(reading.token.kind))
            words.list[words.count++] = lint_name(lint, &reading, reading.token);
    return words;
}

/* "(a,b)desc" and the like: equal where two indexes are. plain  it is made of columns alone */
static struct text read_key(struct lint *lint, struct reading *reading, bool *plain)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    bool behind_name = false;
    size_t depth = 0;

    *plain = true;
    do {
        bool is_name = is_name_kind(reading->token.kind);
        bool is_between = reading->token.kind == TOKEN_CLOSE || reading_is_byte(reading, ',') ||
                          (reading->token.kind == TOKEN_OPEN && depth == 0);

        *plain &= reading_is(reading, "ASC") || (is_name ? !behind_name : is_between);
        behind_name = is_name;
        depth += reading->token.kind == TOKEN_OPEN;
        depth -= reading->token.kind == TOKEN_CLOSE;
        if (!reading_is(reading, "ASC"))
            add_token(&buffer, lint, reading);
        reading_next(reading);
    } while (depth > 0 && reading->token.kind != TOKEN_END);
    return model_intern(lint->model, buffer_text(&buffer), false);
}

/* What CHECK (name IS NOT NULL) says is there. The parenthesis opens here. */
static struct text read_not_null(struct lint *lint, struct reading reading)
{
    struct capture capture;

    reading_next(&reading);
    if (reading_take(&reading, "@ IS NOT NULL", &capture) && reading.token.kind == TOKEN_CLOSE)
        return lint_name(lint, &reading, capture.names[0].token);
    return TEXT("");
}

static void warn_duplicate(struct lint *lint, const struct reading *reading, struct token at,
                           struct object *table, struct object *index);

/*
 * A constraint of a table, from behind its name. In CREATE TABLE nobody waits for it.
 *
 * name  of kind TOKEN_END where it has none
 */
static void read_constraint(struct lint *lint, struct reading *reading, struct object *table,
                            struct name name, bool in_alter)
{
    struct token at = reading->token;
    bool has_index = reading_is(reading, "UNIQUE|PRIMARY|EXCLUDE");
    bool is_unique = reading_is(reading, "UNIQUE|PRIMARY");
    bool is_check = reading_is(reading, "CHECK"), is_valid = true;
    bool is_foreign = reading_is(reading, "FOREIGN"), plain = false;
    struct text not_null = TEXT(""), key = TEXT("");
    struct object_words words = {0};
    struct object *used = NULL; /* the index that is there already */
    struct capture capture = {.count = 0};

    while (!at_end_of_element(reading)) {
        if (reading->token.kind == TOKEN_OPEN) {
            struct reading inside = *reading;

            if (is_check)
                not_null = read_not_null(lint, *reading);
            if (is_unique && !key.size)
                key = read_key(lint, reading, &plain);
            else
                reading_skip_parenthesis(reading);
            if (!words.list)
                words = read_words(lint, inside, reading->token.offset);
            continue;
        }
        if (reading_take(reading, "USING INDEX @", &capture))
            used = lint_find(lint, reading, OBJECT_INDEX, capture.names[0]);
        else if (reading_take(reading, "NOT VALID", NULL))
            is_valid = false;
        else
            reading_next(reading);
    }

    struct object *object = is_set(name.token) ? lint_create(lint, reading, OBJECT_CONSTRAINT,
                                                             "constraint", table, name, false)
                                               : NULL;
    if (object) {
        object->has_index = has_index;
        object->definition = key;
        object->words = words;
        object->not_null = not_null.size ? not_null.bytes : NULL;
        object->is_plain = plain;
        object->is_unique = is_unique;
        object->unvalidated = is_valid ? 0 : lint->number;
        if (used) { /* it gets the name of the constraint, and goes with it */
            lint_set_name(lint, reading, used, used->schema, object->name, at);
            model_give(lint->model, used, object);
            used->is_implied = true;
        } else if (has_index && lint->dialect == DIALECT_POSTGRESQL && capture.count == 0) {
            struct object *index = lint_create_in(lint, reading, OBJECT_INDEX, "index", object,
                                                  table->schema, name.token, true);
            if (index)
                index->is_implied = true;
        }
        if (has_index && key.size)
            warn_duplicate(lint, reading, name.token, table, object);
    }
    if (!in_alter)
        return;
    if (!is_set(name.token))
        lint_report(lint, LINT_UNNAMED_CONSTRAINT, reading, at, table->name, TEXT(""), TEXT(""));
    if (!lint_is_old(lint, table))
        return;
    if (has_index && capture.count == 0)
        lint_report(lint, LINT_CONSTRAINT_BUILDS_INDEX, reading, at, table->name, TEXT(""),
                    TEXT(""));
    if ((is_check || is_foreign) && is_valid)
        lint_report(lint, LINT_CONSTRAINT_NOT_VALID, reading, at, table->name, TEXT(""), TEXT(""));
}

static bool at_constraint(const struct reading *reading)
{
    struct reading again = *reading;

    if (reading_is(reading, "CONSTRAINT|EXCLUDE"))
        return true;
    return reading_take(&again, "PRIMARY KEY", NULL) || reading_take(&again, "FOREIGN KEY", NULL) ||
           reading_take(&again, "UNIQUE|CHECK ()", NULL) ||
           reading_take(&again, "UNIQUE NULLS|USING", NULL);
}

/* Behind CREATE TABLE and the name. */
void lint_create_table(struct lint *lint, struct reading *reading, struct token place,
                       struct name name, bool guarded, bool temporary)
{
    struct object *table = lint_create(lint, reading, OBJECT_TABLE, "table", NULL, name, guarded);
    struct text shown = lint_name(lint, reading, name.token);
    struct capture capture;

    lint->state->is_begun = true;
    lint_check_name(lint, reading, name.token, false);
    if (guarded && !temporary)
        lint_report(lint, LINT_GUARDED_CREATE, reading, place, shown, TEXT(""), TEXT(""));
    if (table) {
        table->is_temporary = temporary;
        table->is_opaque = reading->token.kind != TOKEN_OPEN;
        if (reading_take(reading, "PARTITION OF @", &capture)) {
            struct object *parent = lint_find(lint, reading, OBJECT_TABLE, capture.names[0]);

            if (parent)
                model_give(lint->model, table, parent);
        }
    }
    if (reading->token.kind == TOKEN_OPEN) {
        reading_next(reading);
        while (reading->token.kind != TOKEN_END && reading->token.kind != TOKEN_CLOSE) {
            if (reading_is(reading, "LIKE")) {
                if (table)
                    table->is_opaque = true;
            } else if (at_constraint(reading)) {
                struct name constraint = {0};

                if (reading_take(reading, "CONSTRAINT @", &capture))
                    constraint = capture.names[0];
                if (table)
                    read_constraint(lint, reading, table, constraint, false);
            } else if (at_column(reading)) {
                struct column column = read_column(lint, reading);

                check_column(lint, reading, &column);
                if (table && column.token.kind != TOKEN_STRING)
                    create_column(lint, reading, table, &column, false);
            }
            skip_element(reading);
            if (!reading_is_byte(reading, ','))
                break;
            reading_next(reading);
        }
        reading_next(reading);
    }
    for (; reading->token.kind != TOKEN_END; reading_next(reading)) {
        if (!table)
            continue;
        table->is_opaque |= reading_is(reading, "INHERITS|AS");
        table->is_partitioned |= reading_take(reading, "PARTITION BY", NULL);
    }
}

/* Of two names, the words of one are the first of the other's. */
static bool begins_with(const struct object_words *words, const struct object_words *longer)
{
    if (words->count == 0 || words->count >= longer->count)
        return false;
    for (size_t i = 0; i < words->count; i++)
        if (words->list[i].bytes != longer->list[i].bytes)
            return false;
    return true;
}

static bool has_index(const struct object *object)
{
    return object->kind == OBJECT_INDEX || (object->kind == OBJECT_CONSTRAINT && object->has_index);
}

/* One of them is the first columns of the other, and serves no constraint. */
static bool is_redundant(const struct object *index, const struct object *longer)
{
    return index->is_plain && longer->is_plain && !index->is_unique &&
           begins_with(&index->words, &longer->words);
}

static struct object *find_twin(const struct object *table, const struct object *index)
{
    for (struct object *other = table->owned; other; other = other->behind)
        if (other != index && has_index(other) && other->definition.size &&
            other->definition.bytes == index->definition.bytes)
            return other;
    return NULL;
}

static struct object *find_overlap(const struct object *table, const struct object *index)
{
    for (struct object *other = table->owned; other; other = other->behind)
        if (other != index && has_index(other) &&
            (is_redundant(index, other) || is_redundant(other, index)))
            return other;
    return NULL;
}

/* Told at the end of the script, for until then one of them may be dropped; one pair is enough. */
static void warn_duplicate(struct lint *lint, const struct reading *reading, struct token at,
                           struct object *table, struct object *index)
{
    struct text of = arena_format(lint->arena, "table '%.*s'", TEXT_ARGS(table->name));
    struct object *other = find_twin(table, index);
    struct lint_spot *spot = NULL;

    if (other)
        spot = lint_report(lint, LINT_DUPLICATE_INDEX, reading, at, index->name, other->name, of);
    else if ((other = find_overlap(table, index)))
        spot = lint_report(lint, LINT_REDUNDANT_INDEX, reading, at,
                           is_redundant(index, other) ? index->name : other->name,
                           is_redundant(index, other) ? other->name : index->name, of);
    if (!spot)
        return;
    spot->condition = SPOT_TWINS;
    spot->object = index;
    spot->other = other;
    if (other->path)
        spot->note = arena_format(lint->arena, "'%.*s' is created in %.*s", TEXT_ARGS(other->name),
                                  TEXT_ARGS(*other->path));
}

/* "orders_day_idx", which is what PostgreSQL calls an index that has no name. */
static struct text implied_index_name(struct lint *lint, const struct object *table,
                                      const struct object_words *words)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    buffer_add(&buffer, table->name);
    for (size_t i = 0; i < words->count; i++)
        buffer_format(&buffer, "_%.*s", TEXT_ARGS(words->list[i]));
    buffer_add(&buffer, TEXT("_idx"));
    return model_intern(lint->model, buffer_text(&buffer), false);
}

/* What an index is over, and how. */
struct index_body {
    struct text key;
    struct object_words words;
    bool is_plain;
};

/* From behind the table. */
static struct index_body read_index_body(struct lint *lint, struct reading *reading)
{
    CLEANUP(buffer_free) struct buffer key = {0};
    struct index_body body = {.is_plain = true};
    struct capture capture;

    if (reading_take(reading, "USING @", &capture)) {
        struct text method = lint_name(lint, reading, capture.names[0].token);

        body.is_plain = text_equal(method, TEXT("btree"));
        if (!body.is_plain)
            buffer_add(&key, method);
    }
    if (reading->token.kind != TOKEN_OPEN)
        return body;
    struct reading inside = *reading;
    bool is_plain;
    buffer_add(&key, read_key(lint, reading, &is_plain));
    body.words = read_words(lint, inside, reading->token.offset);
    body.is_plain &= is_plain && reading->token.kind == TOKEN_END;
    for (; reading->token.kind != TOKEN_END; reading_next(reading))
        add_token(&key, lint, reading);
    body.key = model_intern(lint->model, buffer_text(&key), false);
    return body;
}

/*
 * An index without a name gets one by the server, which is known where it is over columns alone and
 * is not cut.
 *
 * name  of kind TOKEN_END where it has none
 */
static struct object *create_index(struct lint *lint, const struct reading *reading,
                                   struct object *table, struct token name, struct token table_at,
                                   bool is_guarded, const struct index_body *body)
{
    if (is_set(name))
        return lint_create_in(lint, reading, OBJECT_INDEX, "index", table, table->schema, name,
                              is_guarded);
    struct text implied = implied_index_name(lint, table, &body->words);
    bool is_taken = model_find(lint->model, OBJECT_INDEX, NULL, table->schema, implied);
    struct object *index =
        lint_add(lint, reading, OBJECT_INDEX, "index", table, table->schema, implied, table_at);
    index->is_implied = is_taken || !body->is_plain || implied.size > NAME_SIZE_MAX;
    return index;
}

/* Behind CREATE [UNIQUE] INDEX. */
void lint_create_index(struct lint *lint, struct reading *reading, bool unique)
{
    struct token at = reading->token;
    bool is_concurrent = reading_take(reading, "CONCURRENTLY", NULL);
    bool is_guarded = reading_take(reading, "IF NOT EXISTS", NULL);
    struct name name = {0};
    struct capture capture;

    if (is_concurrent)
        lint_report(lint, LINT_CONCURRENT_INDEX_CORRUPTS, reading, at, TEXT(""), TEXT(""),
                    TEXT(""));
    if (reading_take(reading, "@ ON", &capture))
        name = capture.names[0];
    else if (!reading_take(reading, "ON", NULL))
        return;
    bool is_only = reading_take(reading, "ONLY", NULL);
    struct token table_at = reading->token;
    if (!reading_take(reading, "@", &capture))
        return;
    struct object *table = lint_find(lint, reading, OBJECT_VIEW, capture.names[0]);
    if (!table)
        table = lint_table(lint, reading, capture.names[0]);
    struct index_body body = read_index_body(lint, reading);
    if (!body.key.size)
        return;

    struct object *index =
        create_index(lint, reading, table, name.token, table_at, is_guarded, &body);
    if (index) {
        index->words = body.words;
        index->definition = body.key;
        index->is_plain = body.is_plain;
        index->is_unique = unique;
        warn_duplicate(lint, reading, is_set(name.token) ? name.token : table_at, table, index);
    }
    if (is_set(name.token))
        lint_check_name(lint, reading, name.token, false);
    if (!is_concurrent && !is_only && table->kind == OBJECT_TABLE && lint_is_old(lint, table) &&
        !table->is_partitioned)
        lint_report(lint, LINT_INDEX_NOT_CONCURRENT, reading, at, table->name, TEXT(""), TEXT(""));
    if (!is_guarded)
        lint_not_repeatable(lint, reading, name.token, at);
}

/* What a type is called, without a length; "varchar" for "character varying". */
struct type {
    struct text base;
    uint64_t numbers[2];
    size_t number_count;
};

static struct type parse_type(struct text text)
{
    struct type type = {.base = text_slice(text, 0, text_find_byte(text, '('))};
    struct text inside = text_slice(text, type.base.size + 1, text.size);

    inside = text_slice(inside, 0, text_find_byte(inside, ')'));
    while (inside.size && type.number_count < 2)
        if (!text_number(text_cut(&inside, ','), UINT32_MAX, &type.numbers[type.number_count++]))
            break;
    if (text_equal(type.base, TEXT("character varying")))
        type.base = TEXT("varchar");
    if (text_equal(type.base, TEXT("decimal")))
        type.base = TEXT("numeric");
    return type;
}

/* The server changes the catalogue alone, and leaves the rows as they are. */
static bool is_free_change(struct text old_text, struct text new_text)
{
    struct type old = parse_type(old_text), new = parse_type(new_text);
    bool to_text = text_equal(new.base, TEXT("text")) ||
                   (text_equal(new.base, TEXT("varchar")) && new.number_count == 0);

    if (text_equal(old_text, new_text))
        return true;
    if (!old_text.size) /* unknown: it most often grows */
        return to_text || text_equal(new.base, TEXT("varchar"));
    if (to_text)
        return text_equal(old.base, TEXT("text")) || text_equal(old.base, TEXT("varchar"));
    if (text_equal(new.base, TEXT("inet")))
        return text_equal(old.base, TEXT("cidr"));
    if (!text_equal(old.base, new.base))
        return false;
    if (text_equal(new.base, TEXT("varchar")))
        return old.number_count == 1 && old.numbers[0] <= new.numbers[0];
    if (text_equal(new.base, TEXT("numeric")))
        return new.number_count == 0 || (old.number_count > 0 && old.numbers[0] <= new.numbers[0] &&
                                         old.numbers[1] == new.numbers[1]);
    return false;
}

static void change_type(struct lint *lint, struct reading *reading, struct object *table,
                        struct token at, struct object *column)
{
    struct text type = read_type(lint, reading);

    if (lint_is_old(lint, column) && lint_is_old(lint, table) &&
        !is_free_change(column ? column->definition : TEXT(""), type))
        lint_report(lint, LINT_CHANGE_COLUMN_TYPE, reading, at, lint_name(lint, reading, at),
                    table->name, TEXT(""));
    if (column && lint->kind == SCRIPT_UP)
        column->definition = type;
}

static bool is_checked_not_null(const struct object *table, struct text column)
{
    for (const struct object *each = table->owned; each; each = each->behind)
        if (each->kind == OBJECT_CONSTRAINT && each->not_null == column.bytes && column.size &&
            each->unvalidated == 0)
            return true;
    return false;
}

/* Behind ALTER [COLUMN] and the name. */
static void alter_column(struct lint *lint, struct reading *reading, struct object *table,
                         struct name name)
{
    struct text text = lint_name(lint, reading, name.token);
    struct object *column = model_find(lint->model, OBJECT_COLUMN, table, TEXT(""), text);

    if (reading_take(reading, "TYPE", NULL) || reading_take(reading, "SET DATA TYPE", NULL)) {
        change_type(lint, reading, table, name.token, column);
    } else if (reading_take(reading, "SET NOT NULL", NULL)) {
        if (lint_is_old(lint, table) && !is_checked_not_null(table, text))
            lint_report(lint, LINT_SET_NOT_NULL, reading, name.token, text, table->name, TEXT(""));
    }
}

/* ADD COLUMN, where there may be rows. */
static void check_added(struct lint *lint, const struct reading *reading,
                        const struct object *table, const struct column *column)
{
    struct text name = lint_name(lint, reading, column->token);
    bool fills = column->has_default || is_set(column->serial_at) || is_set(column->stored_at);

    if ((column->is_required || column->is_primary) && !fills) {
        lint_report(lint, LINT_ADD_REQUIRED_COLUMN, reading, column->token, name, table->name,
                    TEXT(""));
        lint_report(lint, LINT_SQLITE_POPULATED_FAIL, reading, column->token, name, table->name,
                    TEXT("it is NOT NULL without a default"));
    }
    if (column->has_default && column->has_variable_default)
        lint_report(lint, LINT_SQLITE_POPULATED_FAIL, reading, column->default_at, name,
                    table->name, TEXT("its default is not constant"));
    if (is_set(column->stored_at))
        lint_report(lint, LINT_SQLITE_POPULATED_FAIL, reading, column->stored_at, name, table->name,
                    TEXT("it is a generated column that is STORED"));
    if (column->references_with_default && !lint->texts[SCRIPT_UP].script->foreign_keys_off &&
        !lint->revision->foreign_keys_off)
        lint_report(lint, LINT_SQLITE_POPULATED_FAIL, reading, column->references_at, name,
                    table->name, TEXT("it refers to another table and has a default"));
    struct token rewrite = column->has_volatile_default ? column->default_at
                           : is_set(column->stored_at)  ? column->stored_at
                                                        : column->serial_at;
    if (is_set(rewrite))
        lint_report(lint, LINT_VOLATILE_DEFAULT, reading, rewrite, name, table->name, TEXT(""));
    if (is_set(column->references_at))
        lint_report(lint, LINT_CONSTRAINT_NOT_VALID, reading, column->references_at, table->name,
                    TEXT(""), TEXT(""));
    if (column->is_unique || column->is_primary)
        lint_report(lint, LINT_CONSTRAINT_BUILDS_INDEX, reading, column->token, table->name,
                    TEXT(""), TEXT(""));
}

static void add_column(struct lint *lint, struct reading *reading, struct object *table)
{
    struct token at = reading->token;
    bool is_guarded = reading_take(reading, "IF NOT EXISTS", NULL);

    if (!at_column(reading))
        return;
    struct column column = read_column(lint, reading);
    check_column(lint, reading, &column);
    if (is_guarded)
        lint_report(lint, LINT_GUARDED_CREATE, reading, at, lint_name(lint, reading, column.token),
                    TEXT(""), TEXT(""));
    else
        lint_not_repeatable(lint, reading, column.token, column.token);
    create_column(lint, reading, table, &column, is_guarded);
    if (lint_is_old(lint, table))
        check_added(lint, reading, table, &column);
}

/* An index or a constraint that names the column goes with it. */
static void drop_dependent(struct lint *lint, const struct object *column)
{
    for (struct object *each = column->owner->owned, *next; each; each = next) {
        next = each->behind;
        for (size_t i = 0; i < each->words.count; i++)
            if (each->words.list[i].bytes == column->name.bytes) {
                each->has_fallen = true;
                model_drop(lint->model, each);
                break;
            }
    }
}

static void drop_column(struct lint *lint, struct reading *reading, struct object *table)
{
    bool is_guarded = reading_take(reading, "IF EXISTS", NULL);
    struct capture capture;

    if (!reading_take(reading, "@", &capture))
        return;
    struct text name = lint_name(lint, reading, capture.names[0].token);
    struct object *column = model_find(lint->model, OBJECT_COLUMN, table, TEXT(""), name);
    if (!is_guarded)
        lint_not_repeatable(lint, reading, (struct token){0}, capture.names[0].token);
    if (!column) {
        if (!is_guarded && !lint->in_block && !table->is_opaque && !lint->state->is_dynamic)
            lint_report(lint, LINT_DROP_UNKNOWN, reading, capture.names[0].token, name,
                        TEXT("column"), TEXT(""));
        if (table->is_opaque)
            lint_report(lint, LINT_DROP_COLUMN, reading, capture.names[0].token, name, table->name,
                        TEXT(""));
        return;
    }
    if (lint_is_old(lint, column) && lint_is_old(lint, table))
        lint_report(lint, LINT_DROP_COLUMN, reading, capture.names[0].token, name, table->name,
                    TEXT(""));
    drop_dependent(lint, column);
    lint_drop(lint, reading, column, capture.names[0].token);
}

static void rename_column(struct lint *lint, struct reading *reading, struct object *table,
                          struct name from, struct name to)
{
    struct text old = lint_name(lint, reading, from.token);
    struct text new = lint_name(lint, reading, to.token);
    struct object *column = model_find(lint->model, OBJECT_COLUMN, table, TEXT(""), old);

    lint_check_name(lint, reading, to.token, true);
    if (lint_is_old(lint, table) && lint_is_old(lint, column)) {
        struct lint_spot *spot =
            lint_report(lint, LINT_RENAME_BREAKING, reading, from.token, old, TEXT(""), TEXT(""));

        if (spot && column) {
            spot->condition = SPOT_RENAMED;
            spot->object = column;
        }
    }
    if (column && !model_find(lint->model, OBJECT_COLUMN, table, TEXT(""), new))
        lint_set_name(lint, reading, column, TEXT(""), new, from.token);
}

static struct object *find_constraint(struct lint *lint, const struct reading *reading,
                                      struct object *table, struct name name)
{
    return model_find(lint->model, OBJECT_CONSTRAINT, table, TEXT(""),
                      lint_name(lint, reading, name.token));
}

static void validate(struct lint *lint, const struct reading *reading, struct object *table,
                     struct name name)
{
    struct object *constraint = find_constraint(lint, reading, table, name);

    if (!constraint)
        return;
    if (constraint->unvalidated == lint->number && lint->transactional && lint_is_old(lint, table))
        lint_report(lint, LINT_VALIDATE_SAME_TX, reading, name.token, constraint->name, TEXT(""),
                    TEXT(""));
    if (lint->kind == SCRIPT_UP)
        constraint->unvalidated = 0;
}

/* One of the actions of ALTER TABLE. */
static void read_action(struct lint *lint, struct reading *reading, struct object *table,
                        struct name name)
{
    struct capture capture;
    struct token at = reading->token;

    if (reading_take(reading, "ADD CONSTRAINT @", &capture)) {
        read_constraint(lint, reading, table, capture.names[0], true);
    } else if (reading_take(reading, "ADD", NULL)) {
        if (at_constraint(reading)) {
            read_constraint(lint, reading, table, (struct name){0}, true);
        } else {
            reading_take(reading, "COLUMN", NULL);
            add_column(lint, reading, table);
        }
    } else if (reading_take(reading, "DROP CONSTRAINT [IF] [EXISTS] @", &capture)) {
        struct object *constraint = find_constraint(lint, reading, table, capture.names[0]);

        if (constraint)
            lint_drop(lint, reading, constraint, capture.names[0].token);
    } else if (reading_take(reading, "DROP [COLUMN]", NULL)) {
        drop_column(lint, reading, table);
    } else if (reading_take(reading, "ALTER [COLUMN] @", &capture)) {
        alter_column(lint, reading, table, capture.names[0]);
    } else if (reading_take(reading, "RENAME CONSTRAINT @ TO @", &capture)) {
        struct object *constraint = find_constraint(lint, reading, table, capture.names[0]);

        if (constraint)
            lint_set_name(lint, reading, constraint, TEXT(""),
                          lint_name(lint, reading, capture.names[1].token), capture.names[0].token);
    } else if (reading_take(reading, "RENAME TO @", &capture)) {
        lint_rename(lint, reading, table, name, capture.names[0]);
    } else if (reading_take(reading, "RENAME [COLUMN] @ TO @", &capture)) {
        rename_column(lint, reading, table, capture.names[0], capture.names[1]);
    } else if (reading_take(reading, "SET SCHEMA @", &capture)) {
        lint_set_name(lint, reading, table, lint_name(lint, reading, capture.names[0].token),
                      table->name, at);
    } else if (reading_take(reading, "VALIDATE CONSTRAINT @", &capture)) {
        validate(lint, reading, table, capture.names[0]);
    } else if (reading_take(reading, "DETACH PARTITION @", &capture)) {
        struct object *partition = lint_find(lint, reading, OBJECT_TABLE, capture.names[0]);

        if (partition && partition->owner == table)
            model_give(lint->model, partition, NULL);
        if (!reading_is(reading, "CONCURRENTLY|FINALIZE"))
            lint_report(lint, LINT_DETACH_NOT_CONCURRENT, reading, at, table->name, TEXT(""),
                        TEXT(""));
    } else if (reading_take(reading, "ATTACH PARTITION @", &capture)) {
        struct object *partition = lint_find(lint, reading, OBJECT_TABLE, capture.names[0]);

        if (partition && partition != table)
            model_give(lint->model, partition, table);
    } else if (reading_take(reading, "SET LOGGED|UNLOGGED|TABLESPACE", NULL) ||
               reading_take(reading, "SET ACCESS METHOD", NULL)) {
        if (lint_is_old(lint, table))
            lint_report(lint, LINT_REWRITES_TABLE, reading, at, TEXT("ALTER TABLE ... SET"),
                        TEXT(""), TEXT(""));
    } else if (reading_take(reading, "OWNER TO @", &capture)) {
        lint_role(lint, reading, capture.names[0].token);
    }
}

/* Behind ALTER TABLE and the name. */
void lint_alter_table(struct lint *lint, struct reading *reading, struct object *table,
                      struct name name)
{
    if (lint->kind == SCRIPT_UP && lint_is_old(lint, table))
        table->altered = lint->number;
    for (;;) {
        read_action(lint, reading, table, name);
        skip_element(reading);
        if (!reading_is_byte(reading, ','))
            return;
        reading_next(reading);
    }
}

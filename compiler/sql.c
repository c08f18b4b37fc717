#include "compiler/sql_lexer.h"

#include <stdlib.h>
#include <string.h>

enum { QUOTED_SIZE_MAX = 60 }; /* of what a message quotes from a script */

const uint8_t sql_classes[256] = {
    [0x00 ... 0x08] = SQL_CONTROL,
    ['\t'] = SQL_BLANK,
    ['\n'] = SQL_BLANK,
    ['\f'] = SQL_BLANK,
    ['\r'] = SQL_BLANK,
    [0x0e ... 0x1f] = SQL_CONTROL,
    [' '] = SQL_BLANK,
    ['$'] = SQL_DOLLAR,
    ['0' ... '9'] = SQL_DIGIT,
    ['A' ... 'Z'] = SQL_LETTER,
    ['_'] = SQL_LETTER,
    ['a' ... 'z'] = SQL_LETTER,
    [0x80 ... 0xff] = SQL_LETTER,
    ['!'] = SQL_SIGN,
    ['#'] = SQL_SIGN,
    ['%'] = SQL_SIGN,
    ['&'] = SQL_SIGN,
    ['*'] = SQL_SIGN,
    ['+'] = SQL_SIGN,
    ['-'] = SQL_SIGN,
    ['/'] = SQL_SIGN,
    ['<'] = SQL_SIGN,
    ['='] = SQL_SIGN,
    ['>'] = SQL_SIGN,
    ['?'] = SQL_SIGN,
    ['@'] = SQL_SIGN,
    ['^'] = SQL_SIGN,
    ['`'] = SQL_SIGN,
    ['|'] = SQL_SIGN,
    ['~'] = SQL_SIGN,
};

static const struct text rule_names[] = {
    [SQL_MISSING_SEMICOLON] = TEXT("missing-semicolon"),
    [SQL_SPLIT_AMBIGUOUS] = TEXT("split-ambiguous"),
};

bool sql_rule_find(struct text name, enum sql_rule *rule)
{
    for (size_t i = 0; i < COUNT(rule_names); i++)
        if (text_equal(name, rule_names[i])) {
            *rule = (enum sql_rule)i;
            return true;
        }
    return false;
}

struct text sql_rule_name(enum sql_rule rule)
{
    return rule_names[rule];
}

void script_free(struct script *script)
{
    buffer_free(&script->text);
    free(script->statements);
    *script = (struct script){0};
}

static FORMAT(5, 0) struct error *add_error(struct reader *reader, struct errors *errors,
                                            struct token at, const char *hint, const char *format,
                                            va_list values)
{
    if (errors_full(errors))
        return NULL;
    struct text message = arena_format_list(reader->arena, format, values);
    struct span span = {reader->source, at.offset + reader->shift, at.size};
    struct error *error = error_at(reader->arena, ERROR_INPUT, span, "%.*s", TEXT_ARGS(message));
    if (hint)
        error_hint(reader->arena, error, "%s", hint);
    errors_add(errors, error);
    return error;
}

struct error *sql_refuse(struct reader *reader, struct token at, const char *hint,
                         const char *format, ...)
{
    va_list values;

    if (!reader)
        return NULL;
    va_start(values, format);
    struct error *error = add_error(reader, &reader->errors, at, hint, format, values);
    va_end(values);
    return error;
}

void sql_warn(struct reader *reader, struct token at, const char *hint, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    add_error(reader, &reader->warnings, at, hint, format, values);
    va_end(values);
}

static bool equal(struct text text, const char *word)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];

        if (byte >= 'a' && byte <= 'z')
            byte -= 'a' - 'A';
        if (!word[i] || byte != word[i])
            return false;
    }
    return !word[text.size];
}

bool sql_word_is(const struct lexer *lexer, struct token token, const char *word)
{
    return equal((struct text){lexer->bytes + token.offset, token.size}, word);
}

static bool is_quoted(const struct lexer *lexer, struct token token)
{
    return token.size >= 2 && strchr("'\"`[", lexer->bytes[token.offset]);
}

bool sql_value_is(const struct lexer *lexer, struct token token, const char *word)
{
    if (is_quoted(lexer, token))
        token = (struct token){token.kind, token.offset + 1, token.size - 2};
    return sql_word_is(lexer, token, word);
}

struct text sql_name(const struct lexer *lexer, struct token token)
{
    struct text name = {lexer->bytes + token.offset, token.size};

    if ((token.kind == TOKEN_NAME || token.kind == TOKEN_STRING) && is_quoted(lexer, token))
        name = text_slice(name, 1, name.size - 2);
    if (name.size > QUOTED_SIZE_MAX) {
        name.size = QUOTED_SIZE_MAX;
        while (name.size > 0 && (name.bytes[name.size] & 0xc0) == 0x80)
            name.size--; /* not inside a character */
    }
    return name;
}

struct lexer sql_again(const struct lexer *lexer, const struct piece *piece)
{
    return (struct lexer){
        .bytes = lexer->bytes, .size = lexer->size, .at = piece->verb.offset + piece->verb.size};
}

struct token sql_next_in(struct lexer *again, const struct lexer *lexer, const struct piece *piece)
{
    struct token end = {TOKEN_END, piece->end, 0};

    if (again->at >= piece->end)
        return end;
    struct token token = lexer->reader->options->dialect == DIALECT_SQLITE
                             ? sql_sqlite_next(again)
                             : sql_postgresql_next(again);
    if (token.offset >= piece->end || token.kind == TOKEN_SEMICOLON)
        return end;
    return token;
}

/*
 * What no reader of a script can make sense of.
 *
 * from     the first byte that is looked at
 * returns  false where there is any, refused
 */
static bool check_bytes(struct reader *reader, struct text text, size_t from)
{
    size_t control = from;

    if (text_starts(text, TEXT("PGDMP"))) {
        sql_refuse(reader, (struct token){TOKEN_OTHER, 0, 5}, "Make it SQL with pg_restore -f.",
                   "an archive of pg_dump, not SQL");
        return false;
    }
    while (control < text.size && !sql_is(text.bytes[control], SQL_CONTROL))
        control++;
    size_t invalid = from + text_find_invalid(text_slice(text, from, control - from));
    if (invalid < control) {
        sql_refuse(reader, (struct token){TOKEN_OTHER, invalid, 1}, "Save the file as UTF-8.",
                   "byte 0x%02x is not UTF-8", (unsigned char)text.bytes[invalid]);
        return false;
    }
    if (control < text.size) {
        char byte = text.bytes[control];
        struct token token = {TOKEN_OTHER, control, 1};

        if (byte == '\0')
            sql_refuse(reader, token, "Save the file as UTF-8; this looks like UTF-16.",
                       "NUL byte in a script");
        else
            sql_refuse(reader, token, NULL, "control character U+%04X in a script", (unsigned)byte);
        return false;
    }
    return true;
}

static void add_statement(struct script *script, size_t offset, size_t size)
{
    if (script->count == script->capacity) {
        size_t capacity = script->capacity ? script->capacity * 2 : 64;
        size_t bytes;

        if (__builtin_mul_overflow(capacity, sizeof *script->statements, &bytes))
            arena_exhausted();
        script->statements = realloc(script->statements, bytes);
        if (!script->statements)
            arena_exhausted();
        script->capacity = capacity;
    }
    script->statements[script->count++] = (struct statement){offset, size};
}

/* The last statement, which has no semicolon, gets one at the end of the text. */
static void end_statement(const struct lexer *lexer, struct script *script)
{
    struct statement *last = &script->statements[script->count - 1];

    buffer_add(&script->text, lexer->ends_in_comment ? TEXT("\n;") : TEXT(";"));
    script->text.bytes[script->text.size] = '\0';
    last->size = script->text.size - last->offset;
}

static void refuse_missing_semicolon(const struct lexer *lexer, const struct piece *piece)
{
    if (lexer->reader->options->allowed & 1u << SQL_MISSING_SEMICOLON)
        return;
    sql_refuse(lexer->reader, (struct token){TOKEN_OTHER, piece->end, 0},
               "Add it if the statement is whole, or allow 'missing-semicolon'.",
               "the last statement does not end in ';'");
}

/* Every statement is judged as soon as it is cut; the shipped text is blanked behind the lexer. */
static void read_statements(struct lexer *lexer, struct script *script)
{
    CLEANUP(buffer_free) struct buffer copy = {0};
    const struct sql_options *options = lexer->reader->options;
    const struct errors *errors = &lexer->reader->errors;
    bool is_sqlite = options->dialect == DIALECT_SQLITE;
    struct wrapper wrapper = {0};
    struct piece piece;

    while (!errors_full(errors)) {
        size_t before = errors->count;

        if (!(is_sqlite ? sql_sqlite_piece : sql_postgresql_piece)(lexer, &piece) || lexer->is_cut)
            break;
        enum sql_role role = sql_rules_judge(lexer, &piece);
        bool is_shipped = sql_wrapper_pass(&wrapper, lexer, role, &piece, script);

        if (!piece.is_ended)
            refuse_missing_semicolon(lexer, &piece);
        if (is_shipped && options->parses && !is_sqlite && errors->count == before)
            sql_parse_check(lexer, &piece, &copy);
        if (is_shipped)
            add_statement(script, piece.verb.offset, piece.end - piece.verb.offset);
        if (!piece.is_ended) {
            if (is_shipped)
                end_statement(lexer, script);
            break;
        }
        if (role == SQL_COPY_DATA)
            sql_postgresql_skip_copy(lexer);
    }
    sql_wrapper_finish(&wrapper, lexer, script);
}

/* What is no part of the script; its lines stay. */
static void blank_before(struct script *script, size_t end)
{
    for (size_t at = 0; at < end; at++)
        if (!sql_is(script->text.bytes[at], SQL_BLANK))
            script->text.bytes[at] = ' ';
}

struct error *sql_read(struct arena *arena, const struct source *source,
                       const struct sql_options *options, struct script *script)
{
    struct reader reader = {.arena = arena, .source = source, .options = options};
    struct text mark = TEXT("\xef\xbb\xbf");
    struct text text = source->text;
    size_t before = 0; /* bytes in front of the part */

    script->text.size = script->count = 0;
    script->foreign_keys_off = false;
    script->warnings = NULL;
    if (options->part) {
        before = options->part->offset;
        text = text_slice(text, 0, before + options->part->size);
    }
    if (text_starts(text, mark)) {
        reader.shift = mark.size;
        before -= before ? mark.size : 0;
        text = text_slice(text, mark.size, text.size);
    }
    if (check_bytes(&reader, text, before)) {
        /* Room for the NUL that the lexers stop at, and for a semicolon that is missing. */
        buffer_reserve(&script->text, text.size + sizeof "\n;");
        buffer_add(&script->text, text);
        script->text.bytes[text.size] = '\0';
        blank_before(script, before);
        struct lexer lexer = {
            .bytes = script->text.bytes,
            .size = text.size,
            .reader = &reader,
            .has_marks = text_find(text, mark) < text.size,
        };
        read_statements(&lexer, script);
    }
    if (reader.errors.count) {
        script->text.size = script->count = 0;
        script->foreign_keys_off = false;
    } else {
        script->warnings = errors_sorted(&reader.warnings);
    }
    return errors_sorted(&reader.errors);
}

#include "compiler/lint_reading.h"

struct reading reading_begin(enum dialect dialect, struct text text, size_t offset, size_t end)
{
    struct reading reading = {
        .lexer = {.bytes = text.bytes, .size = text.size, .at = offset},
        .dialect = dialect,
        .end = end,
    };

    reading_next(&reading);
    return reading;
}

void reading_next(struct reading *reading)
{
    struct token end = {TOKEN_END, reading->end, 0};

    if (reading->lexer.at >= reading->end || reading->lexer.is_cut) {
        reading->token = end;
        return;
    }
    struct token token = reading->dialect == DIALECT_SQLITE ? sql_sqlite_next(&reading->lexer)
                                                            : sql_postgresql_next(&reading->lexer);
    reading->token = token.offset >= reading->end ? end : token;
}

struct text reading_text(const struct reading *reading, struct token token)
{
    return (struct text){reading->lexer.bytes + token.offset, token.size};
}

bool reading_is_byte(const struct reading *reading, char byte)
{
    return reading->token.size == 1 && reading->lexer.bytes[reading->token.offset] == byte;
}

static bool is_any(const struct reading *reading, struct text words)
{
    struct text token = reading_text(reading, reading->token);

    if (reading->token.kind != TOKEN_WORD)
        return false;
    while (words.size)
        if (text_equal_ascii_case(text_cut(&words, '|'), token))
            return true;
    return false;
}

bool reading_is(const struct reading *reading, const char *words)
{
    return is_any(reading, text_from(words));
}

void reading_skip_parenthesis(struct reading *reading)
{
    size_t depth = 0;

    do {
        depth += reading->token.kind == TOKEN_OPEN;
        depth -= reading->token.kind == TOKEN_CLOSE && depth > 0;
        reading_next(reading);
    } while (depth > 0 && reading->token.kind != TOKEN_END);
}

static void skip_to(struct reading *reading, struct text words, char byte)
{
    while (reading->token.kind != TOKEN_END && !is_any(reading, words) &&
           !(byte && reading_is_byte(reading, byte))) {
        if (reading->token.kind == TOKEN_OPEN)
            reading_skip_parenthesis(reading);
        else
            reading_next(reading);
    }
}

void reading_skip_to(struct reading *reading, const char *words, char byte)
{
    skip_to(reading, text_from(words), byte);
}

/* schema.name; of more parts, the last two. */
static bool take_name(struct reading *reading, struct name *name)
{
    *name = (struct name){0};
    for (;;) {
        if (reading->token.kind != TOKEN_WORD && reading->token.kind != TOKEN_NAME)
            return false;
        name->schema = name->token;
        name->token = reading->token;
        reading_next(reading);
        if (!reading_is_byte(reading, '.'))
            return true;
        reading_next(reading);
    }
}

static bool take(struct reading *reading, struct text element, struct capture *capture)
{
    if (text_equal(element, TEXT(";")))
        return reading->token.kind == TOKEN_END;
    if (text_equal(element, TEXT("'"))) {
        if (reading->token.kind != TOKEN_STRING)
            return false;
        reading_next(reading);
        return true;
    }
    if (text_equal(element, TEXT("@"))) {
        struct name name;

        if (!take_name(reading, &name))
            return false;
        if (capture->count < CAPTURES_MAX)
            capture->names[capture->count++] = name;
        return true;
    }
    if (text_equal(element, TEXT("()"))) {
        if (reading->token.kind != TOKEN_OPEN)
            return false;
        reading_skip_parenthesis(reading);
        return true;
    }
    if (!is_any(reading, element))
        return false;
    reading_next(reading);
    return true;
}

bool reading_take(struct reading *reading, const char *pattern, struct capture *capture)
{
    struct reading again = *reading;
    struct text words = text_from(pattern);
    struct capture found = {.place = reading->token};

    while (words.size) {
        struct text element = text_cut(&words, ' ');

        if (text_starts(element, TEXT("["))) {
            take(&again, text_slice(element, 1, element.size - 2), &found);
            continue;
        }
        if (text_equal(element, TEXT("..."))) {
            struct text stop = text_slice(words, 0, text_find_byte(words, ' '));

            if (text_starts(stop, TEXT("^")))
                stop = text_slice(stop, 1, stop.size);
            skip_to(&again, stop, '\0');
            continue;
        }
        if (text_starts(element, TEXT("^"))) {
            found.place = again.token;
            element = text_slice(element, 1, element.size);
        }
        if (!take(&again, element, &found))
            return false;
    }
    *reading = again;
    if (capture)
        *capture = found;
    return true;
}

struct token reading_since(const struct reading *reading, struct token from)
{
    size_t end = reading->token.offset;

    while (end > from.offset && sql_is(reading->lexer.bytes[end - 1], SQL_BLANK))
        end--;
    return (struct token){from.kind, from.offset, end - from.offset};
}

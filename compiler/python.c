#include "compiler/python.h"
#include "runtime/buffer.h"

#include <string.h>

enum { FORMATTED_DEPTH_MAX = 16, TAB = 8 };

/* The first error counts: behind it nothing is certain. returns  false */
static bool refuse(struct python *python, size_t offset, size_t size, const char *message)
{
    struct span span = {python->source, offset, size};

    if (!python->error)
        python->error = error_at(python->arena, ERROR_INPUT, span, "%s", message);
    return false;
}

void python_begin(struct python *python, struct arena *arena, const struct source *source)
{
    size_t invalid = text_find_invalid(source->text), nul = text_find_byte(source->text, '\0');
    bool has_mark = text_starts(source->text, TEXT("\xef\xbb\xbf"));

    *python =
        (struct python){.arena = arena, .source = source, .at = has_mark ? 3 : 0, .at_line = true};
    if (source->text.size > PYTHON_SIZE_MAX)
        refuse(python, 0, 0, "more than 4 MiB of Python source");
    else if (nul < source->text.size && nul < invalid)
        refuse(python, nul, 1, "a NUL byte in Python source");
    else if (invalid < source->text.size)
        refuse(python, invalid, 1, "a byte that is not UTF-8");
}

/* The byte so far ahead; NUL behind the end. */
static char peek(const struct python *python, size_t ahead)
{
    const struct text *text = &python->source->text;

    return ahead < text->size - python->at ? text->bytes[python->at + ahead] : '\0';
}

static bool at_end(const struct python *python)
{
    return python->at >= python->source->text.size;
}

static bool is_break(char byte)
{
    return byte == '\n' || byte == '\r';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whatever is not ASCII may be part of a name: which of it is, is left to Python. */
static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
           (unsigned char)byte >= 0x80;
}

/*
 * Blanks, comments, and the ends of lines that end no statement.
 *
 * line_ended  a line ended that does, and nothing behind it was passed over
 * returns     false at an error
 */
static bool skip_blanks(struct python *python, bool *line_ended)
{
    size_t column = 0;

    *line_ended = false;
    while (!at_end(python)) {
        char byte = peek(python, 0);

        if (byte == ' ' || byte == '\t' || byte == '\f') {
            column = byte == ' ' ? column + 1 : byte == '\t' ? (column / TAB + 1) * TAB : 0;
            python->at++;
        } else if (byte == '#') {
            while (!at_end(python) && !is_break(peek(python, 0)))
                python->at++;
        } else if (byte == '\\') {
            if (!is_break(peek(python, 1)))
                return refuse(python, python->at, 1, "a '\\' in the middle of a line");
            python->at += peek(python, 1) == '\r' && peek(python, 2) == '\n' ? 3 : 2;
        } else if (is_break(byte)) {
            python->at++;
            python->at_line = true;
            column = 0;
            if (python->in_statement && python->depth == 0) {
                *line_ended = true;
                return true;
            }
        } else {
            break;
        }
    }
    if (!python->in_statement && python->at_line)
        python->column = column;
    return true;
}

/* What stands in front of a quote. */
struct prefix {
    bool is_raw, is_bytes, is_formatted;
};

/* returns  false where the letters in front of a quote are none */
static bool read_prefix(struct text letters, struct prefix *prefix)
{
    *prefix = (struct prefix){0};
    if (letters.size > 2 ||
        (letters.size == 2 && (letters.bytes[0] | 32) == (letters.bytes[1] | 32)))
        return false;
    for (size_t i = 0; i < letters.size; i++)
        switch (letters.bytes[i] | 32) {
        case 'r':
            prefix->is_raw = true;
            break;
        case 'b':
            prefix->is_bytes = true;
            break;
        case 'f':
        case 't':
            prefix->is_formatted = true;
            break;
        case 'u':
            if (letters.size > 1)
                return false;
            break;
        default:
            return false;
        }
    return !(prefix->is_bytes && prefix->is_formatted);
}

/* One or three of the quote; the quote of an empty string is one. */
static size_t quote_size(const struct python *python, char quote)
{
    return peek(python, 1) == quote && peek(python, 2) == quote ? 3 : 1;
}

static bool at_quote(const struct python *python, char quote, size_t size)
{
    return peek(python, 0) == quote &&
           (size == 1 || (peek(python, 1) == quote && peek(python, 2) == quote));
}

static bool skip_string(struct python *python, struct prefix prefix, size_t depth);

/* A string inside the braces of a formatted one, its prefix skipped by the caller. */
static bool skip_inner_string(struct python *python, size_t depth)
{
    size_t start = python->at;
    struct prefix prefix;

    while (start > 0 && python->at - start < 2 && is_letter(python->source->text.bytes[start - 1]))
        start--;
    struct text letters = text_slice(python->source->text, start, python->at - start);
    if (!read_prefix(letters, &prefix))
        prefix = (struct prefix){0};
    return skip_string(python, prefix, depth + 1);
}

/*
 * From behind '{' to behind its '}'. Strings in there may have the quotes of the one around them
 * (since Python 3.12); behind ':' stands text again, up to the next brace.
 */
static bool skip_field(struct python *python, size_t depth)
{
    size_t open = 1, inner = 0; /* braces; brackets in them */
    bool in_format = false;

    while (open) {
        char byte = peek(python, 0);

        if (at_end(python))
            return refuse(python, python->at, 0, "a field of a formatted string does not end");
        if (!in_format && (byte == '"' || byte == '\'')) {
            if (!skip_inner_string(python, depth))
                return false;
            continue;
        }
        if (byte == '{') {
            open++;
            in_format = false;
        } else if (byte == '}') {
            open--;
            in_format = open > 0;
            inner = 0;
        } else if (byte == '(' || byte == '[') {
            inner++;
        } else if ((byte == ')' || byte == ']') && inner) {
            inner--;
        } else if (byte == ':' && !inner) {
            in_format = true;
        }
        python->at++;
    }
    return true;
}

/* From its first quote to behind its last one. */
static bool skip_string(struct python *python, struct prefix prefix, size_t depth)
{
    char quote = peek(python, 0);
    size_t start = python->at, size = quote_size(python, quote);

    if (depth > FORMATTED_DEPTH_MAX)
        return refuse(python, start, 1, "strings are nested too deep");
    python->at += size;
    while (!at_quote(python, quote, size)) {
        char byte = peek(python, 0);

        if (at_end(python) || (size == 1 && is_break(byte)))
            return refuse(python, start, size, "a string that does not end");
        if (byte == '\\') {
            python->at += peek(python, 1) == '\r' && peek(python, 2) == '\n' ? 3 : 2;
            if (python->at > python->source->text.size)
                python->at = python->source->text.size;
        } else if (prefix.is_formatted && byte == '{' && peek(python, 1) == '{') {
            python->at += 2;
        } else if (prefix.is_formatted && byte == '{') {
            python->at++;
            if (!skip_field(python, depth))
                return false;
        } else {
            python->at++;
        }
    }
    python->at += size;
    return true;
}

static void add_code_point(struct buffer *to, uint32_t point)
{
    unsigned char bytes[4];
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = {0, 0x00, 0xc0, 0xe0, 0xf0};

    for (size_t i = size; i-- > 1; point >>= 6)
        bytes[i] = (unsigned char)(0x80 | (point & 0x3f));
    bytes[0] = (unsigned char)(marks[size] | point);
    buffer_add(to, (struct text){(const char *)bytes, size});
}

/* Digits of a base, at most so many. returns  how many there are */
static size_t read_digits(struct text text, unsigned base, size_t most, uint32_t *number)
{
    size_t count = 0;

    *number = 0;
    while (count < most && count < text.size) {
        char byte = text.bytes[count];
        unsigned digit = is_digit(byte) ? (unsigned)(byte - '0')
                         : (byte | 32) >= 'a' && (byte | 32) <= 'f'
                             ? (unsigned)((byte | 32) - 'a' + 10)
                             : base;
        if (digit >= base)
            break;
        *number = *number * base + digit;
        count++;
    }
    return count;
}

/*
 * What a backslash and the bytes behind it say (Python reference, 2.4.1).
 *
 * rest     begins with the backslash; what was read is taken off
 * returns  false where that is a name of a character, or no character at all
 */
static bool read_escape(struct text *rest, struct buffer *to)
{
    static const char letters[] = "\\'\"abfnrtv", meanings[] = "\\'\"\a\b\f\n\r\t\v";
    char byte = rest->size > 1 ? rest->bytes[1] : '\0';
    const char *found = byte ? strchr(letters, byte) : NULL;
    uint32_t point = 0;
    size_t digits = 0, front = 2;

    if (found) {
        buffer_add(to, (struct text){&meanings[found - letters], 1});
    } else if (is_break(byte)) {
        front += byte == '\r' && rest->size > 2 && rest->bytes[2] == '\n';
    } else if (byte >= '0' && byte <= '7') {
        front = 1;
        digits = read_digits(text_slice(*rest, 1, 3), 8, 3, &point);
    } else if (byte == 'x' || byte == 'u' || byte == 'U') {
        size_t wanted = byte == 'x' ? 2 : byte == 'u' ? 4 : 8;
        digits = read_digits(text_slice(*rest, 2, wanted), 16, wanted, &point);
        if (digits != wanted)
            return false;
    } else if (byte == 'N') {
        return false;
    } else { /* it stays as it is */
        front = 1;
        buffer_add(to, TEXT("\\"));
    }
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
        return false;
    if (digits)
        add_code_point(to, point);
    *rest = text_slice(*rest, front + digits, rest->size);
    return true;
}

/* returns  false where what the string says cannot be told */
static bool decode(struct python *python, struct prefix prefix, struct text inside,
                   struct text *text)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    *text = inside;
    if (prefix.is_bytes || prefix.is_formatted)
        return false;
    if (prefix.is_raw || text_find_byte(inside, '\\') == inside.size)
        return true;
    while (inside.size) {
        size_t front = text_find_byte(inside, '\\');

        buffer_add(&buffer, text_slice(inside, 0, front));
        inside = text_slice(inside, front, inside.size);
        if (inside.size && !read_escape(&inside, &buffer))
            return false;
    }
    *text = arena_copy(python->arena, buffer_text(&buffer));
    return true;
}

static bool take_string(struct python *python, struct prefix prefix, struct python_token *token)
{
    char quote = peek(python, 0);
    size_t first = python->at, size = quote_size(python, quote);

    if (!skip_string(python, prefix, 0))
        return false;
    token->kind = PYTHON_STRING;
    token->inside = text_slice(python->source->text, first + size, python->at - first - 2 * size);
    token->is_literal = decode(python, prefix, token->inside, &token->text);
    return true;
}

static bool take_name(struct python *python, struct python_token *token)
{
    struct prefix prefix;

    while (is_letter(peek(python, 0)) || is_digit(peek(python, 0)))
        python->at++;
    token->kind = PYTHON_NAME;
    token->text = text_slice(python->source->text, token->offset, python->at - token->offset);
    if ((peek(python, 0) == '"' || peek(python, 0) == '\'') && read_prefix(token->text, &prefix))
        return take_string(python, prefix, token);
    return true;
}

static bool open_bracket(struct python *python, char sign)
{
    if (python->depth == PYTHON_DEPTH_MAX)
        return refuse(python, python->at, 1, "brackets are nested too deep");
    python->brackets[python->depth].sign = sign;
    python->brackets[python->depth++].offset = python->at;
    return true;
}

static bool close_bracket(struct python *python, char sign)
{
    char wanted = sign == ')' ? '(' : sign == ']' ? '[' : '{';

    if (python->depth == 0 || python->brackets[python->depth - 1].sign != wanted)
        return refuse(python, python->at, 1, "a bracket that closes none");
    python->depth--;
    return true;
}

static bool take_sign(struct python *python, struct python_token *token)
{
    char sign = peek(python, 0);

    if ((sign == '(' || sign == '[' || sign == '{') && !open_bracket(python, sign))
        return false;
    if ((sign == ')' || sign == ']' || sign == '}') && !close_bracket(python, sign))
        return false;
    python->at++;
    if (strchr("=!<>+-*/%&|^@:", sign) && peek(python, 0) == '=')
        python->at++;
    token->kind = PYTHON_SIGN;
    token->text = text_slice(python->source->text, token->offset, python->at - token->offset);
    return true;
}

/* returns  false at an error, and at the end */
static bool take(struct python *python, struct python_token *token)
{
    bool line_ended;

    python->last_end = python->end;
    if (!skip_blanks(python, &line_ended))
        return false;
    token->offset = python->at;
    if (line_ended || (peek(python, 0) == ';' && python->depth == 0)) {
        python->at += !line_ended;
        python->in_statement = false;
        token->kind = PYTHON_LINE;
        return true;
    }
    if (at_end(python)) {
        if (python->depth)
            return refuse(python, python->brackets[python->depth - 1].offset, 1,
                          "a bracket that is not closed");
        token->kind = python->in_statement ? PYTHON_LINE : PYTHON_END;
        python->in_statement = false;
        return true;
    }
    python->in_statement = true;
    python->at_line = false;

    char byte = peek(python, 0);
    bool is_taken = true;
    if (byte == '"' || byte == '\'') {
        is_taken = take_string(python, (struct prefix){0}, token);
    } else if (is_letter(byte)) {
        is_taken = take_name(python, token);
    } else if (is_digit(byte)) {
        while (is_letter(peek(python, 0)) || is_digit(peek(python, 0)) || peek(python, 0) == '.')
            python->at++;
        token->kind = PYTHON_NUMBER;
        token->text = text_slice(python->source->text, token->offset, python->at - token->offset);
    } else {
        is_taken = take_sign(python, token);
    }
    token->size = python->at - token->offset;
    python->end = python->at;
    return is_taken;
}

struct python_token python_next(struct python *python)
{
    struct python_token token = {.kind = PYTHON_END};

    if (python->error || !take(python, &token))
        return (struct python_token){.kind = PYTHON_END, .offset = python->source->text.size};
    return token;
}

bool python_is(const struct python_token *token, const char *text)
{
    return (token->kind == PYTHON_NAME || token->kind == PYTHON_SIGN) &&
           text_equal(token->text, text_from(text));
}

/* Values. */

static bool ends_value(const struct python *python, const struct python_token *token, size_t depth)
{
    return token->kind == PYTHON_END || token->kind == PYTHON_LINE || python->depth < depth ||
           (python->depth == depth && (python_is(token, ",") || python_is(token, "=")));
}

/* Strings that stand side by side are one. */
static void read_strings(struct python *python, struct python_token *token,
                         struct python_value *value)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    *value = (struct python_value){.kind = PYTHON_TEXT, .text = token->text};
    for (size_t i = 0; token->kind == PYTHON_STRING; i++) {
        if (!token->is_literal)
            value->kind = PYTHON_OTHER;
        if (i == 1)
            buffer_add(&buffer, value->text);
        if (i > 0)
            buffer_add(&buffer, token->text);
        *token = python_next(python);
    }
    if (buffer.size)
        value->text = arena_copy(python->arena, buffer_text(&buffer));
}

/* From the opening bracket to behind its end. One value in parentheses is that value. */
static void read_bracket(struct python *python, struct python_token *token,
                         struct python_value *value)
{
    bool is_parenthesis = python_is(token, "("), has_comma = false;
    size_t depth = python->depth;
    struct python_value **end = &value->first;

    value->kind = PYTHON_LIST;
    *token = python_next(python);
    while (token->kind != PYTHON_END && python->depth >= depth) {
        struct python_value *item = python_value(python, token);

        *end = item;
        end = &item->next;
        value->count++;
        if (python->depth < depth || token->kind == PYTHON_END)
            break;
        has_comma = true; /* or a '=', which makes what stands in front of it no value */
        if (!python_is(token, ","))
            item->kind = PYTHON_OTHER;
        *token = python_next(python);
    }
    if (is_parenthesis && !has_comma && value->count == 1)
        *value = *value->first;
    if (token->kind != PYTHON_END)
        *token = python_next(python);
}

struct python_value *python_value(struct python *python, struct python_token *token)
{
    struct python_value *value = arena_one(python->arena, struct python_value);
    /* A bracket that has just been read is open already. */
    bool is_bracket = python_is(token, "(") || python_is(token, "[") || python_is(token, "{");
    size_t start = token->offset, depth = python->depth - is_bracket;

    value->kind = PYTHON_OTHER;
    if (is_bracket) {
        read_bracket(python, token, value);
    } else if (token->kind == PYTHON_STRING) {
        read_strings(python, token, value);
    } else if (!ends_value(python, token, depth)) {
        value->kind = python_is(token, "None")    ? PYTHON_NONE
                      : python_is(token, "True")  ? PYTHON_TRUE
                      : python_is(token, "False") ? PYTHON_FALSE
                                                  : PYTHON_OTHER;
        *token = python_next(python);
    }

    while (!ends_value(python, token, depth)) {
        value->kind = PYTHON_OTHER;
        *token = python_next(python);
    }
    size_t end = python->last_end > start ? python->last_end : start;
    value->span = (struct span){python->source, start, end - start};
    return value;
}

struct python_value *python_values(struct python *python, struct python_token *token)
{
    struct python_value *first = python_value(python, token);

    if (!python_is(token, ",") || python->depth)
        return first;
    struct python_value *list = arena_one(python->arena, struct python_value), **end = &first->next;
    *list = (struct python_value){.kind = PYTHON_LIST, .first = first, .count = 1};
    while (python_is(token, ",")) {
        *token = python_next(python);
        if (token->kind == PYTHON_LINE || token->kind == PYTHON_END)
            break;
        *end = python_value(python, token);
        end = &(*end)->next;
        list->count++;
    }
    list->span = first->span;
    list->span.size = python->last_end - first->span.offset;
    return list;
}

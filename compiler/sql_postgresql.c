#include "compiler/sql_lexer.h"

#include <string.h>

/*
 * The rules of src/backend/parser/scan.l and src/fe_utils/psqlscan.l, PostgreSQL 15. Where the two
 * differ the script is refused.
 */

/* Beyond these the server takes quadratic time; a longer name of an operator it refuses, too. */
enum { COMMENT_DEPTH_MAX = 64, OPERATOR_SIZE_MAX = 63 };

static struct token token_from(const struct lexer *lexer, enum token_kind kind, size_t start)
{
    return (struct token){kind, start, lexer->at - start};
}

/* To the end of the text: whatever was open has been reported. */
static void cut(struct lexer *lexer)
{
    lexer->at = lexer->size;
    lexer->is_cut = true;
}

static void skip_line_comment(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;

    while (bytes[lexer->at] && bytes[lexer->at] != '\n' && bytes[lexer->at] != '\r')
        lexer->at++;
    lexer->ends_in_comment = lexer->at == lexer->size;
}

static void skip_comment(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;
    struct token opening = {TOKEN_OTHER, lexer->at, 2};
    size_t depth = 0;

    do {
        if (bytes[lexer->at] == '/' && bytes[lexer->at + 1] == '*') {
            if (++depth == COMMENT_DEPTH_MAX + 1)
                sql_refuse(lexer->reader, (struct token){TOKEN_OTHER, lexer->at, 2}, NULL,
                           "comments are nested deeper than %d", COMMENT_DEPTH_MAX);
            lexer->at += 2;
        } else if (bytes[lexer->at] == '*' && bytes[lexer->at + 1] == '/') {
            depth--;
            lexer->at += 2;
        } else if (bytes[lexer->at]) {
            lexer->at++;
        } else {
            sql_refuse(lexer->reader, opening, NULL, "unterminated comment");
            cut(lexer);
            return;
        }
    } while (depth > 0);
}

static void skip_blanks(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;

    for (;;) {
        if (sql_is(bytes[lexer->at], SQL_BLANK))
            lexer->at++;
        else if (bytes[lexer->at] == '-' && bytes[lexer->at + 1] == '-')
            skip_line_comment(lexer);
        else if (bytes[lexer->at] == '/' && bytes[lexer->at + 1] == '*')
            skip_comment(lexer);
        else
            return;
    }
}

/* From the opening quote at lexer->at; a doubled quote stands for itself. */
static struct token quoted(struct lexer *lexer, enum token_kind kind, size_t start)
{
    char quote = lexer->bytes[lexer->at];
    struct token opening = {kind, start, lexer->at + 1 - start};

    do {
        const char *from = lexer->bytes + lexer->at + 1;
        const char *end = memchr(from, quote, lexer->size - lexer->at - 1);

        if (!end) {
            sql_refuse(lexer->reader, opening, NULL,
                       kind == TOKEN_STRING ? "unterminated string" : "unterminated quoted name");
            cut(lexer);
            return token_from(lexer, kind, start);
        }
        lexer->at = (size_t)(end - lexer->bytes) + 1;
    } while (lexer->bytes[lexer->at] == quote);
    return token_from(lexer, kind, start);
}

/* Offset of a quote behind blanks with a line end in them; 0 where there is none. */
static size_t continuation(const struct lexer *lexer)
{
    const char *bytes = lexer->bytes;
    bool on_later_line = false;

    for (size_t at = lexer->at;; at++) {
        if (bytes[at] == '\n' || bytes[at] == '\r')
            on_later_line = true;
        else if (bytes[at] == '-' && bytes[at + 1] == '-')
            while (bytes[at + 1] && bytes[at + 1] != '\n' && bytes[at + 1] != '\r')
                at++;
        else if (!sql_is(bytes[at], SQL_BLANK))
            return bytes[at] == '\'' && on_later_line ? at : 0;
    }
}

/*
 * E'...', in which a backslash takes the byte behind it along. Continued on a later line it keeps
 * doing so for the server; psql forgets it, because it reads line by line.
 */
static struct token escaped(struct lexer *lexer, size_t start)
{
    const char *bytes = lexer->bytes;
    struct token opening = {TOKEN_STRING, start, 2};

    for (;;) {
        lexer->at++;
        while (bytes[lexer->at] && bytes[lexer->at] != '\'')
            lexer->at += bytes[lexer->at] == '\\' && bytes[lexer->at + 1] ? 2 : 1;
        if (!bytes[lexer->at]) {
            sql_refuse(lexer->reader, opening, NULL, "unterminated string");
            cut(lexer);
            break;
        }
        lexer->at++;
        if (bytes[lexer->at] == '\'')
            continue;
        size_t next = continuation(lexer);
        if (!next)
            break;
        sql_refuse(lexer->reader, (struct token){TOKEN_STRING, next, 1},
                   "Write one E'' string, or join the parts with ||.",
                   "an E'' string goes on here, which psql and the server read differently");
        lexer->at = next;
    }
    return token_from(lexer, TOKEN_STRING, start);
}

/* $tag$ ... $tag$, or the dollar alone where no tag begins. */
static struct token dollar_quoted(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;
    size_t start = lexer->at++;

    if (sql_is(bytes[lexer->at], SQL_LETTER)) {
        while (sql_is(bytes[lexer->at], SQL_LETTER | SQL_DIGIT))
            lexer->at++;
    }
    if (bytes[lexer->at] != '$') {
        lexer->at = start + 1;
        return token_from(lexer, TOKEN_OTHER, start);
    }
    lexer->at++;
    struct token opening = token_from(lexer, TOKEN_STRING, start);
    const char *end =
        memmem(bytes + lexer->at, lexer->size - lexer->at, bytes + start, opening.size);
    if (end) {
        lexer->at = (size_t)(end - bytes) + opening.size;
    } else {
        struct text tag = sql_name(lexer, opening);
        sql_refuse(lexer->reader, opening, NULL, "unterminated dollar quote '%.*s'",
                   TEXT_ARGS(tag));
        cut(lexer);
    }
    return token_from(lexer, TOKEN_STRING, start);
}

static void refuse_marks(const struct lexer *lexer, struct token token)
{
    struct text mark = TEXT("\xef\xbb\xbf");
    struct text word = {lexer->bytes + token.offset, token.size};
    size_t at = text_find(word, mark);

    if (at < word.size)
        sql_refuse(lexer->reader, (struct token){TOKEN_WORD, token.offset + at, mark.size},
                   "Delete this invisible character: it is left of files that were joined.",
                   "byte-order mark inside the script");
}

/* A word; the letters E, B, X, N and U& touching a quote are part of what is quoted. */
static struct token word(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;
    size_t start = lexer->at;

    while (sql_is(bytes[lexer->at], SQL_WORD))
        lexer->at++;
    if (lexer->at == start + 1) {
        char letter = bytes[start] | 0x20;

        if (bytes[lexer->at] == '\'' && letter == 'e')
            return escaped(lexer, start);
        if (bytes[lexer->at] == '\'' && (letter == 'b' || letter == 'x' || letter == 'n'))
            return quoted(lexer, TOKEN_STRING, start);
        if (bytes[lexer->at] == '&' && letter == 'u' &&
            (bytes[lexer->at + 1] == '\'' || bytes[lexer->at + 1] == '"')) {
            lexer->at++;
            return quoted(lexer, bytes[lexer->at] == '"' ? TOKEN_NAME : TOKEN_STRING, start);
        }
    }
    struct token token = token_from(lexer, TOKEN_WORD, start);
    if (lexer->has_marks)
        refuse_marks(lexer, token);
    return token;
}

static size_t skip_class(const char *bytes, size_t at, unsigned classes)
{
    while (sql_is(bytes[at], classes))
        at++;
    return at;
}

static size_t skip_identifier(const char *bytes, size_t at)
{
    return sql_is(bytes[at], SQL_LETTER) ? skip_class(bytes, at, SQL_WORD) : at;
}

/* What touches a number is part of it to PostgreSQL 15.18; to 15.1 and 14 a '$' begins a quote. */
static struct token refuse_junk(const struct lexer *lexer, struct token token)
{
    struct text text = {lexer->bytes + token.offset + 1, token.size - 1};

    if (text_find_byte(text, '$') < text.size)
        sql_refuse(lexer->reader, token, "Put a blank where the number ends.",
                   "a name with a dollar sign touches a number, which servers read differently");
    return token;
}

/*
 * A number and the junk that touches it are one token, and the longest reading is taken: in
 * 1e5$a$ the 1 is a number and e5$a$ its junk, so no dollar quote begins.
 */
static struct token number(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;
    size_t start = lexer->at;
    size_t mantissa = skip_class(bytes, start, SQL_DIGIT);

    if (bytes[mantissa] == '.' && bytes[mantissa + 1] != '.')
        mantissa = skip_class(bytes, mantissa + 1, SQL_DIGIT);
    lexer->at = skip_identifier(bytes, mantissa);
    if (bytes[mantissa] == 'e' || bytes[mantissa] == 'E') {
        size_t exponent = mantissa + 1;

        if (bytes[exponent] == '+' || bytes[exponent] == '-')
            exponent++;
        size_t end = skip_class(bytes, exponent, SQL_DIGIT);
        if (end > exponent)
            end = skip_identifier(bytes, end);
        if (end > lexer->at)
            lexer->at = end;
    }
    return refuse_junk(lexer, token_from(lexer, TOKEN_NUMBER, start));
}

static struct token parameter(struct lexer *lexer)
{
    size_t start = lexer->at;

    lexer->at = skip_class(lexer->bytes, start + 1, SQL_DIGIT);
    lexer->at = skip_identifier(lexer->bytes, lexer->at);
    return refuse_junk(lexer, token_from(lexer, TOKEN_PARAMETER, start));
}

/* Size of the psql variable whose colon stands at lexer->at, 0 where there is none. */
static size_t variable_size(const struct lexer *lexer)
{
    const char *colon = lexer->bytes + lexer->at;
    size_t open = colon[1] == '\'' || colon[1] == '"'  ? 2
                  : colon[1] == '{' && colon[2] == '?' ? 3
                                                       : 1;
    size_t end = skip_class(colon, open, SQL_LETTER | SQL_DIGIT);

    if (end == open)
        return 0;
    if (open == 1)
        return end;
    return colon[end] == (open == 3 ? '}' : colon[1]) ? end + 1 : 0;
}

/* psql takes :name, :'name', :"name" and :{?name} for variables; :: and := are the server's. */
static struct token colon(struct lexer *lexer)
{
    size_t start = lexer->at++;
    char next = lexer->bytes[lexer->at];

    if (next == ':' || next == '=') {
        lexer->at++;
        return token_from(lexer, TOKEN_OTHER, start);
    }
    lexer->at = start;
    size_t size = variable_size(lexer);
    lexer->at = start + (size ? size : 1);
    struct token token = token_from(lexer, TOKEN_OTHER, start);
    if (size && lexer->brackets && sql_is(next, SQL_DIGIT)) {
        lexer->at = start + 1; /* a slice, as in [1:2] */
        token.size = 1;
    } else if (size && lexer->reader) {
        struct text name = sql_name(lexer, token);

        sql_refuse(lexer->reader, token,
                   lexer->brackets ? "Put a blank behind the colon if this is a slice."
                                   : "Write the value itself.",
                   "psql variable '%.*s' in a script", TEXT_ARGS(name));
    }
    return token;
}

static const char *command_hint(const struct lexer *lexer, struct token command)
{
    static const struct {
        const char *name, *hint;
    } hints[] = {
        {"\\RESTRICT", "pg_dump wrote this line for psql; delete it."},
        {"\\UNRESTRICT", "pg_dump wrote this line for psql; delete it."},
        {"\\C", "A script works on the database that sqlland was given; delete the line."},
        {"\\CONNECT", "A script works on the database that sqlland was given; delete the line."},
        {"\\I", "Put the statements of that file here, or into a revision of their own."},
        {"\\IR", "Put the statements of that file here, or into a revision of their own."},
        {"\\INCLUDE", "Put the statements of that file here, or into a revision of their own."},
        {"\\COPY", "Write the rows as INSERT statements."},
        {"\\.", "It ends COPY data; write the rows as INSERT statements."},
    };

    for (size_t i = 0; i < COUNT(hints); i++)
        if (sql_word_is(lexer, command, hints[i].name))
            return hints[i].hint;
    return "Only psql knows it; delete it, or write it in SQL.";
}

/*
 * A backslash outside quotes begins a command of psql, up to the end of the line.
 * returns  true where psql sends the statement in front of it, as a semicolon does
 */
static bool skip_command(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;
    size_t start = lexer->at++;

    if (bytes[lexer->at] == ';' || bytes[lexer->at] == ':')
        lexer->at++;
    else
        while (bytes[lexer->at] && bytes[lexer->at] != '\\' && bytes[lexer->at] != '\'' &&
               bytes[lexer->at] != '"' && !sql_is(bytes[lexer->at], SQL_BLANK))
            lexer->at++;
    struct token command = token_from(lexer, TOKEN_OTHER, start);
    if (lexer->reader) {
        struct text name = sql_name(lexer, command);

        sql_refuse(lexer->reader, command, command_hint(lexer, command),
                   "psql command '%.*s' in a script", TEXT_ARGS(name));
    }
    if (bytes[start + 1] == ';' || bytes[start + 1] == ':')
        return bytes[start + 1] == ';';
    while (bytes[lexer->at] && bytes[lexer->at] != '\n')
        lexer->at++;
    return bytes[start + 1] == 'g';
}

/* Of the signs of an operator only how many stand together matters. */
static void count_sign(struct lexer *lexer, size_t start)
{
    if (start != lexer->operator_end)
        lexer->operator_start = start;
    lexer->operator_end = start + 1;
    if (start - lexer->operator_start == OPERATOR_SIZE_MAX)
        sql_refuse(lexer->reader, (struct token){TOKEN_OTHER, lexer->operator_start, 1},
                   "Put blanks between the signs.", "an operator of more than %d characters",
                   OPERATOR_SIZE_MAX);
}

struct token sql_postgresql_next(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;

    for (;;) {
        skip_blanks(lexer);
        size_t start = lexer->at;
        char byte = bytes[start];

        if (sql_is(byte, SQL_LETTER))
            return word(lexer);
        if (sql_is(byte, SQL_DIGIT) || (byte == '.' && sql_is(bytes[start + 1], SQL_DIGIT)))
            return number(lexer);
        switch (byte) {
        case '\0':
            return token_from(lexer, TOKEN_END, start);
        case '\'':
            return quoted(lexer, TOKEN_STRING, start);
        case '"':
            return quoted(lexer, TOKEN_NAME, start);
        case '$':
            return sql_is(bytes[start + 1], SQL_DIGIT) ? parameter(lexer) : dollar_quoted(lexer);
        case ':':
            return colon(lexer);
        case '\\':
            if (!skip_command(lexer))
                continue;
            return token_from(lexer, TOKEN_SEMICOLON, start);
        case '\v':
            sql_refuse(lexer->reader, (struct token){TOKEN_OTHER, start, 1}, "Write a blank.",
                       "vertical tab, which is a blank only from PostgreSQL 16 on");
            break;
        case '[':
            lexer->brackets++;
            break;
        case ']':
            lexer->brackets -= lexer->brackets > 0;
            break;
        default:
            if (sql_is(byte, SQL_SIGN))
                count_sign(lexer, start);
        }
        lexer->at++;
        return token_from(lexer,
                          byte == '('   ? TOKEN_OPEN
                          : byte == ')' ? TOKEN_CLOSE
                          : byte == ';' ? TOKEN_SEMICOLON
                                        : TOKEN_OTHER,
                          start);
    }
}

/*
 * Where CREATE FUNCTION or PROCEDURE with a BEGIN ATOMIC body ends. To the server, END closes the
 * body only as the first token of an inner statement. psql counts BEGIN, CASE and END.
 */
struct routine {
    char words[5]; /* initials of the statement's first words, as psql notes them */
    bool is_routine, is_other;

    bool after_begin, in_body, at_statement;
    struct token begin;

    size_t psql_depth;
    struct token psql_word; /* the last that changed the depth */
    bool is_ambiguous;
};

/*
 * Until the first words, four at most, have told what the statement is. psql counts those inside
 * parentheses, too, but not the U of U&.
 */
static void follow_head(struct routine *routine, const struct lexer *lexer, struct token token)
{
    static const char *const noted[] = {"CREATE", "OR", "REPLACE", "FUNCTION", "PROCEDURE"};
    static const char *const routines[] = {"CF", "CP", "CORF", "CORP"};
    size_t count = strlen(routine->words);
    char initial = lexer->bytes[token.offset] & ~0x20;

    if (initial == 'U' && token.size == 1 && lexer->bytes[token.offset + 1] == '&')
        return;
    for (size_t i = 0; i < COUNT(noted); i++)
        if (initial == noted[i][0] && sql_word_is(lexer, token, noted[i]))
            routine->words[count] = initial;
    routine->is_other = !routine->words[count];
    for (size_t i = 0; i < COUNT(routines) && !routine->is_other; i++)
        routine->is_routine |= strcmp(routine->words, routines[i]) == 0;
    routine->is_other |= !routine->is_routine && count == 3;
}

static void follow_word(struct routine *routine, const struct lexer *lexer, struct token token)
{
    bool is_begin = sql_word_is(lexer, token, "BEGIN");
    bool is_end = sql_word_is(lexer, token, "END");
    bool is_case = sql_word_is(lexer, token, "CASE");

    if (is_begin || (is_case && routine->psql_depth > 0)) {
        routine->psql_depth++;
        routine->psql_word = token;
    } else if (is_end && routine->psql_depth > 0) {
        routine->psql_depth--;
        routine->psql_word = token;
    }
    if (routine->in_body) {
        if (is_end && routine->at_statement)
            routine->in_body = false;
        routine->at_statement = false;
    } else if (routine->after_begin && sql_word_is(lexer, token, "ATOMIC")) {
        routine->in_body = routine->at_statement = true;
    }
    if (is_begin && !routine->in_body)
        routine->begin = token;
    routine->after_begin = is_begin;
}

/* returns  true where the server ends the statement at a semicolon outside parentheses */
static bool follow_semicolon(struct routine *routine, const struct lexer *lexer)
{
    if (routine->in_body != (routine->psql_depth > 0) && !routine->is_ambiguous) {
        const struct reader *reader = lexer->reader;

        routine->is_ambiguous = true;
        if (!(reader->options->allowed & 1u << SQL_SPLIT_AMBIGUOUS))
            sql_refuse(lexer->reader, routine->psql_word,
                       "Put the name in double quotes, or allow 'split-ambiguous' for the server's "
                       "reading.",
                       "because of this word psql and the server disagree on where the statement "
                       "ends");
    }
    routine->after_begin = false;
    routine->at_statement = true;
    return !routine->in_body;
}

static void refuse_parameter(const struct lexer *lexer, struct token token)
{
    struct text name = sql_name(lexer, token);

    sql_refuse(lexer->reader, token, "Write the value itself.", "parameter '%.*s' in a script",
               TEXT_ARGS(name));
}

bool sql_postgresql_piece(struct lexer *lexer, struct piece *piece)
{
    struct routine routine = {0};
    struct token parenthesis = {0}, inner_semicolon = {0};
    size_t depth = 0;
    struct token token;

    do
        token = sql_postgresql_next(lexer);
    while (token.kind == TOKEN_SEMICOLON);
    lexer->brackets = 0;
    *piece = (struct piece){.verb = token};
    for (; token.kind != TOKEN_END; token = sql_postgresql_next(lexer)) {
        piece->end = token.offset + token.size;
        switch (token.kind) {
        case TOKEN_WORD:
            if (routine.is_routine && depth == 0) {
                follow_word(&routine, lexer, token);
                continue;
            }
            if (!routine.is_routine && !routine.is_other)
                follow_head(&routine, lexer, token);
            if (token.size == 10 && sql_word_is(lexer, token, "SET_CONFIG"))
                piece->has_set_config = true;
            break;
        case TOKEN_OPEN:
            if (depth++ == 0) {
                parenthesis = token;
                inner_semicolon = (struct token){0};
            }
            break;
        case TOKEN_CLOSE:
            depth -= depth > 0;
            break;
        case TOKEN_SEMICOLON:
            if (depth == 0 && (!routine.is_routine || follow_semicolon(&routine, lexer))) {
                piece->is_ended = true;
                return true;
            }
            if (depth > 0 && inner_semicolon.size == 0)
                inner_semicolon = token;
            continue;
        case TOKEN_PARAMETER:
            if (!routine.is_routine && !sql_word_is(lexer, piece->verb, "PREPARE"))
                refuse_parameter(lexer, token);
            break;
        default:
            break;
        }
        routine.after_begin = routine.at_statement = false;
    }
    if (piece->end == 0)
        return false;
    if (depth > 0 && !lexer->is_cut) {
        struct error *error =
            sql_refuse(lexer->reader, parenthesis, NULL, "unterminated parenthesis");

        if (error && inner_semicolon.size)
            error_note(lexer->reader->arena, error,
                       (struct span){lexer->reader->source,
                                     inner_semicolon.offset + lexer->reader->shift,
                                     inner_semicolon.size},
                       "the first ';' inside it");
        cut(lexer);
    }
    if (routine.in_body && !lexer->is_cut) {
        sql_refuse(lexer->reader, routine.begin, "It ends in 'END;', behind a ';'.",
                   "unterminated BEGIN ATOMIC body");
        cut(lexer);
    }
    if (routine.is_routine && !lexer->is_cut)
        follow_semicolon(&routine, lexer); /* the one that is missing */
    return true;
}

void sql_postgresql_skip_copy(struct lexer *lexer)
{
    while (lexer->at < lexer->size) {
        const char *end = memchr(lexer->bytes + lexer->at, '\n', lexer->size - lexer->at);
        struct text line = {lexer->bytes + lexer->at, 0};

        line.size = end ? (size_t)(end - line.bytes) : lexer->size - lexer->at;
        lexer->at += line.size + (end != NULL);
        if (text_equal(line, TEXT("\\.")) || text_equal(line, TEXT("\\.\r")))
            return;
    }
}

bool sql_postgresql_blank_comments(const struct lexer *lexer, const struct piece *piece, char *copy)
{
    struct lexer again = {.bytes = lexer->bytes, .size = lexer->size, .at = piece->verb.offset};
    bool found = false;

    while (again.at < piece->end) {
        size_t start = again.at;
        const char *here = again.bytes + start;

        if (sql_is(*here, SQL_BLANK)) {
            again.at++;
        } else if (here[0] == '-' && here[1] == '-') {
            skip_line_comment(&again);
            memset(copy + start - piece->verb.offset, ' ', again.at - start);
            found = true;
        } else if (here[0] == '/' && here[1] == '*') {
            skip_comment(&again);
        } else {
            sql_postgresql_next(&again);
        }
    }
    return found;
}

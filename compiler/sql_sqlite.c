#include "compiler/sql_lexer.h"

#include <string.h>

/* The rules of src/tokenize.c and src/complete.c, SQLite 3.40. */

static struct token token_from(const struct lexer *lexer, enum token_kind kind, size_t start)
{
    return (struct token){kind, start, lexer->at - start};
}

static void skip_blanks(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;

    for (;;) {
        if (sql_is(bytes[lexer->at], SQL_BLANK)) {
            lexer->at++;
        } else if (bytes[lexer->at] == '-' && bytes[lexer->at + 1] == '-') {
            while (bytes[lexer->at] && bytes[lexer->at] != '\n')
                lexer->at++;
            lexer->ends_in_comment = lexer->at == lexer->size;
        } else if (bytes[lexer->at] == '/' && bytes[lexer->at + 1] == '*') {
            size_t start = lexer->at;

            lexer->at += 2; /* comments do not nest */
            while (bytes[lexer->at] && !(bytes[lexer->at] == '*' && bytes[lexer->at + 1] == '/'))
                lexer->at++;
            if (bytes[lexer->at]) {
                lexer->at += 2;
            } else {
                sql_refuse(lexer->reader, (struct token){TOKEN_OTHER, start, 2}, NULL,
                           "unterminated comment");
                lexer->is_cut = true;
            }
        } else {
            return;
        }
    }
}

/* A doubled quote stands for itself; not so ']'. */
static struct token quoted(struct lexer *lexer, enum token_kind kind, char quote)
{
    size_t start = lexer->at;

    do {
        const char *from = lexer->bytes + lexer->at + 1;
        const char *end = memchr(from, quote, lexer->size - lexer->at - 1);

        if (!end) {
            sql_refuse(lexer->reader, (struct token){kind, start, 1}, NULL,
                       kind == TOKEN_STRING ? "unterminated string" : "unterminated quoted name");
            lexer->at = lexer->size;
            lexer->is_cut = true;
            return token_from(lexer, kind, start);
        }
        lexer->at = (size_t)(end - lexer->bytes) + 1;
    } while (quote != ']' && lexer->bytes[lexer->at] == quote);
    return token_from(lexer, kind, start);
}

/* The sqlite3 shell takes a line with nothing but '/' or 'go' for a semicolon. */
static bool is_alone(const struct lexer *lexer, struct token token)
{
    const char *bytes = lexer->bytes;
    size_t start = token.offset, end = token.offset + token.size;

    while (start > 0 && bytes[start - 1] != '\n' && sql_is(bytes[start - 1], SQL_BLANK))
        start--;
    while (bytes[end] != '\n' && sql_is(bytes[end], SQL_BLANK))
        end++;
    return (start == 0 || bytes[start - 1] == '\n') && (!bytes[end] || bytes[end] == '\n');
}

static struct token refuse_terminator(const struct lexer *lexer, struct token token)
{
    struct text name = sql_name(lexer, token);

    sql_refuse(lexer->reader, token, "End the statement with ';' instead.",
               "'%.*s' alone on a line ends a statement only in the sqlite3 shell",
               TEXT_ARGS(name));
    token.kind = TOKEN_SEMICOLON;
    return token;
}

static void refuse_mark(const struct lexer *lexer, struct token token)
{
    struct text mark = TEXT("\xef\xbb\xbf");
    struct text word = {lexer->bytes + token.offset, token.size};
    size_t at = text_find(word, mark);

    if (at < word.size)
        sql_refuse(lexer->reader, (struct token){TOKEN_WORD, token.offset + at, mark.size},
                   "Delete this invisible character: it is left of files that were joined.",
                   "byte-order mark inside the script");
}

static struct token word(struct lexer *lexer, enum token_kind kind)
{
    size_t start = lexer->at++;

    while (sql_is(lexer->bytes[lexer->at], SQL_WORD))
        lexer->at++;
    struct token token = token_from(lexer, kind, start);
    if (token.size == 2 && sql_word_is(lexer, token, "GO") && is_alone(lexer, token))
        return refuse_terminator(lexer, token);
    if (lexer->has_marks)
        refuse_mark(lexer, token);
    return token;
}

static struct token bind_parameter(struct lexer *lexer)
{
    struct token token = word(lexer, TOKEN_OTHER);

    if (lexer->reader) {
        struct text name = sql_name(lexer, token);

        sql_refuse(lexer->reader, token, "Write the value itself.",
                   "bind parameter '%.*s' in a script", TEXT_ARGS(name));
    }
    return token;
}

struct token sql_sqlite_next(struct lexer *lexer)
{
    const char *bytes = lexer->bytes;

    skip_blanks(lexer);
    size_t start = lexer->at;
    char byte = bytes[start];
    enum token_kind kind = TOKEN_OTHER;

    if (sql_is(byte, SQL_LETTER))
        return word(lexer, TOKEN_WORD);
    if (sql_is(byte, SQL_DIGIT))
        return word(lexer, TOKEN_NUMBER);
    switch (byte) {
    case '\0':
        return token_from(lexer, TOKEN_END, start);
    case '\'':
        return quoted(lexer, TOKEN_STRING, byte);
    case '"':
    case '`':
        return quoted(lexer, TOKEN_NAME, byte);
    case '[':
        return quoted(lexer, TOKEN_NAME, ']');
    case '?':
        return bind_parameter(lexer);
    case ':':
    case '@':
    case '$':
        if (sql_is(bytes[start + 1], SQL_WORD))
            return bind_parameter(lexer);
        break;
    case '\v':
        sql_refuse(lexer->reader, (struct token){TOKEN_OTHER, start, 1}, "Write a blank.",
                   "vertical tab, which is no blank to SQLite");
        break;
    case '/':
        if (is_alone(lexer, (struct token){TOKEN_OTHER, start, 1})) {
            lexer->at++;
            return refuse_terminator(lexer, token_from(lexer, TOKEN_OTHER, start));
        }
        break;
    case '(':
        kind = TOKEN_OPEN;
        break;
    case ')':
        kind = TOKEN_CLOSE;
        break;
    case ';':
        kind = TOKEN_SEMICOLON;
        break;
    }
    lexer->at++;
    return token_from(lexer, kind, start);
}

/*
 * A statement ends at its semicolon, CREATE TRIGGER at that of "; END ;". These are the states and
 * the classes of tokens of sqlite3_complete.
 */
enum state { START, NORMAL, EXPLAIN, CREATE, TRIGGER, SEMICOLON, END, STATE_COUNT };
enum class { IS_SEMICOLON, IS_OTHER, IS_EXPLAIN, IS_CREATE, IS_TEMP, IS_TRIGGER, IS_END };

static const unsigned char states[STATE_COUNT][7] = {
    /*             ;          other    EXPLAIN  CREATE   TEMP     TRIGGER  END     */
    [START] = {START, NORMAL, EXPLAIN, CREATE, NORMAL, NORMAL, NORMAL},
    [NORMAL] = {START, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL},
    [EXPLAIN] = {START, EXPLAIN, NORMAL, CREATE, NORMAL, NORMAL, NORMAL},
    [CREATE] = {START, NORMAL, NORMAL, NORMAL, CREATE, TRIGGER, NORMAL},
    [TRIGGER] = {SEMICOLON, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER},
    [SEMICOLON] = {SEMICOLON, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER, END},
    [END] = {START, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER},
};

static enum class classify(const struct lexer *lexer, struct token token) {
    static const struct {const char * word; enum class class;}
words[] = {{"EXPLAIN", IS_EXPLAIN}, {"CREATE", IS_CREATE},   {"TEMP", IS_TEMP},
           {"TEMPORARY", IS_TEMP},  {"TRIGGER", IS_TRIGGER}, {"END", IS_END}};

if (token.kind == TOKEN_SEMICOLON)
    return IS_SEMICOLON;
if (token.kind == TOKEN_WORD)
    for (size_t i = 0; i < COUNT(words); i++)
        if (sql_word_is(lexer, token, words[i].word))
            return words[i].class;
return IS_OTHER;
}

static bool refuse_shell_command(struct lexer *lexer, struct token dot)
{
    const char *bytes = lexer->bytes;

    if (bytes[dot.offset] != '.' || !sql_is(bytes[dot.offset + 1], SQL_LETTER))
        return false;
    while (sql_is(bytes[lexer->at], SQL_LETTER))
        lexer->at++;
    struct token command = token_from(lexer, TOKEN_OTHER, dot.offset);
    struct text name = sql_name(lexer, command);
    sql_refuse(lexer->reader, command, "Only the sqlite3 shell knows it; delete it.",
               "shell command '%.*s' in a script", TEXT_ARGS(name));
    while (bytes[lexer->at] && bytes[lexer->at] != '\n')
        lexer->at++;
    return true;
}

bool sql_sqlite_piece(struct lexer *lexer, struct piece *piece)
{
    enum state state = START;
    struct token token;

    do
        token = sql_sqlite_next(lexer);
    while (token.kind == TOKEN_SEMICOLON || refuse_shell_command(lexer, token));
    *piece = (struct piece){.verb = token};
    for (; token.kind != TOKEN_END; token = sql_sqlite_next(lexer)) {
        piece->end = token.offset + token.size;
        if (state == NORMAL) { /* most of most scripts */
            if (token.kind != TOKEN_SEMICOLON)
                continue;
            state = START;
        } else {
            state = states[state][classify(lexer, token)];
        }
        if (state == START) {
            piece->is_ended = true;
            return true;
        }
    }
    if ((state == TRIGGER || state == SEMICOLON) && !lexer->is_cut) {
        sql_refuse(lexer->reader, piece->verb, "It ends in 'END;', behind a ';'.",
                   "unterminated trigger");
        lexer->is_cut = true;
    }
    return piece->end > 0;
}

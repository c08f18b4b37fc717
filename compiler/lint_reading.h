/* lint_reading.h - one statement, token by token, and a small language for its words. Floor 2. */
#pragma once

#include "compiler/sql_lexer.h"

/* Copied, it is a place to come back to. */
struct reading {
    struct lexer lexer;
    enum dialect dialect;
    size_t end;         /* behind the last token, without the semicolon */
    size_t shift;       /* from the lexer's text to the script */
    struct token token; /* the next one; TOKEN_END at the end */
};

/* schema is of kind TOKEN_END where there is none. */
struct name {
    struct token schema, token;
};

enum { CAPTURES_MAX = 3 };

/* What a pattern found: the names of its @, and the token behind ^. */
struct capture {
    struct name names[CAPTURES_MAX];
    size_t count;
    struct token place;
};

/* A statement, or what is between two offsets, of a text that a NUL follows. */
struct reading reading_begin(enum dialect dialect, struct text text, size_t offset, size_t end);

void reading_next(struct reading *reading);

/* ASCII letters in any case, of a word without quotes; "WORD|OTHER". */
bool reading_is(const struct reading *reading, const char *words);
bool reading_is_byte(const struct reading *reading, char byte);

/*
 * Takes the words of a pattern, or nothing: WORD, WORD|OTHER, [OPTIONAL], @ a name with its dots,
 * ' a string, () a parenthesis, ... anything up to the next word, outside parentheses, ; the end.
 * The word behind ^ is the place.
 *
 * capture  filled on success, from its names on; or NULL
 */
bool reading_take(struct reading *reading, const char *pattern, struct capture *capture);

/* To the next of these words or this byte outside parentheses, or the end. */
void reading_skip_to(struct reading *reading, const char *words, char byte);

/* Behind the parenthesis that opens here. */
void reading_skip_parenthesis(struct reading *reading);

/* The bytes of a token, as they stand there. */
struct text reading_text(const struct reading *reading, struct token token);

/* From the first byte of a token to the last of the one before here. */
struct token reading_since(const struct reading *reading, struct token from);

/* python.h - Python source to tokens, and the literals among them; nothing is run. Floor 2. */
#pragma once

#include "runtime/error.h"

enum {
    PYTHON_SIZE_MAX = 4 << 20, /* bytes of a source */
    PYTHON_DEPTH_MAX = 200,    /* brackets in brackets; Python's own limit */
};

enum python_kind {
    PYTHON_END,
    PYTHON_LINE, /* the end of a statement */
    PYTHON_NAME, /* keywords, too */
    PYTHON_STRING,
    PYTHON_NUMBER,
    PYTHON_SIGN, /* an operator, a bracket, punctuation */
};

struct python_token {
    enum python_kind kind;
    size_t offset, size;
    struct text text;   /* as written; of a string what it says */
    struct text inside; /* of a string: what is between its quotes, as written */
    bool is_literal;    /* of a string: it is a text, and known without running anything */
};

/* Starts with python_begin. Comments and blanks are passed over. */
struct python {
    struct arena *arena;
    const struct source *source;
    size_t at; /* the next byte */
    size_t end,
        last_end;  /* of the last token that is neither line nor end, and of the one before */
    size_t column; /* of the line that the statement begins on; a tab goes to the next eighth */
    size_t depth;  /* brackets that are open behind the last token */
    struct error *error;
    bool in_statement, at_line; /* behind the first token of a statement; in front of a line's */
    struct {
        char sign;
        size_t offset;
    } brackets[PYTHON_DEPTH_MAX];
};

void python_begin(struct python *python, struct arena *arena, const struct source *source);

/*
 * The next token. Where the source is no Python at all, the error is set, and PYTHON_END comes
 * again and again: bytes that are not UTF-8, NUL, strings and brackets that do not end or do not
 * match.
 *
 * cost  linear in the size of the source, over all calls
 */
struct python_token python_next(struct python *python);

bool python_is(const struct python_token *token,
               const char *text); /* a name or a sign, as written */

enum python_value_kind {
    PYTHON_NONE,
    PYTHON_TRUE,
    PYTHON_FALSE,
    PYTHON_TEXT,
    PYTHON_LIST,  /* a tuple, a list or a set */
    PYTHON_OTHER, /* whatever has to be run to be known */
};

struct python_value {
    enum python_value_kind kind;
    struct text text;
    struct span span;
    struct python_value *first, *next; /* items of a list */
    size_t count;
};

/*
 * Reads an expression up to a comma, a '=', a bracket that it did not open, or the end of the
 * statement; that token is then in token, which begins as the first one of the expression.
 */
struct python_value *python_value(struct python *python, struct python_token *token);

/* The same for the right side of an assignment, where commas make a tuple. */
struct python_value *python_values(struct python *python, struct python_token *token);

/* sql_lexer.h - tokens, and a script cut into pieces; what the files of sql share. Floor 2. */
#pragma once

#include "compiler/sql.h"

/* What a byte may be part of, the same in both dialects. */
enum {
    SQL_LETTER = 1,
    SQL_DIGIT = 2,
    SQL_DOLLAR = 4,
    SQL_BLANK = 8,
    SQL_CONTROL = 16,
    SQL_SIGN = 32
};
enum { SQL_WORD = SQL_LETTER | SQL_DIGIT | SQL_DOLLAR }; /* inside an identifier */

extern const uint8_t sql_classes[256];

static inline bool sql_is(char byte, unsigned classes)
{
    return sql_classes[(unsigned char)byte] & classes;
}

enum token_kind {
    TOKEN_END,
    TOKEN_WORD, /* an identifier or a keyword, without quotes */
    TOKEN_NAME, /* an identifier in quotes */
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_PARAMETER, /* PostgreSQL's $1 */
    TOKEN_OPEN,      /* ( */
    TOKEN_CLOSE,     /* ) */
    TOKEN_SEMICOLON,
    TOKEN_OTHER, /* a byte or two of an operator or of punctuation */
};

/* Sixteen bytes travel in two registers: measured, a fifth faster than 24 through memory. */
struct token {
    enum token_kind kind : 8;
    size_t offset : 56;
    size_t size;
};

/* Who hears of refusals while one script is read. */
struct reader {
    struct arena *arena;
    const struct source *source;
    const struct sql_options *options;
    size_t shift; /* what the source has in front of the text: the size of its byte-order mark */
    struct errors errors, warnings;
    bool has_named_parser; /* one hint about its version is enough */
};

/*
 * Blanks and comments are passed over, so lexers can look one byte ahead without asking where the
 * text ends: the NUL behind it belongs to nothing.
 */
struct lexer {
    const char *bytes; /* the shipped text, without NUL, and a NUL behind it */
    size_t size, at;
    struct reader *reader;               /* NULL while a piece is read once more */
    size_t brackets;                     /* open [ of the statement, PostgreSQL */
    size_t operator_start, operator_end; /* of the signs that stand together, PostgreSQL */
    bool has_marks;                      /* there are byte-order marks inside the text */
    bool is_cut;                         /* something was not terminated, and its refusal says so */
    bool ends_in_comment;                /* a -- comment reached the end of the text */
};

/* A statement as it stands in the text. */
struct piece {
    struct token verb;   /* its first token */
    size_t end;          /* behind its last token, its semicolon included */
    bool is_ended;       /* by a semicolon */
    bool has_set_config; /* PostgreSQL: the word is somewhere in it */
};

/* Each takes the next token. TOKEN_END comes again and again. */
struct token sql_postgresql_next(struct lexer *lexer);
struct token sql_sqlite_next(struct lexer *lexer);

/* Each takes the next statement; empty ones are passed over. returns false at the end */
bool sql_postgresql_piece(struct lexer *lexer, struct piece *piece);
bool sql_sqlite_piece(struct lexer *lexer, struct piece *piece);

/* Passes over the lines of a COPY FROM STDIN, up to and with its "\.". */
void sql_postgresql_skip_copy(struct lexer *lexer);

/* Blanks the -- comments in a copy of the piece. returns  whether there are any */
bool sql_postgresql_blank_comments(const struct lexer *lexer, const struct piece *piece,
                                   char *copy);

/* What a statement is to the script around it. Whatever is refused has been reported. */
enum sql_role {
    SQL_PLAIN,
    SQL_REFUSED,
    SQL_COPY_DATA, /* refused, and lines of data follow */
    SQL_BEGIN,     /* may open the enclosing transaction */
    SQL_COMMIT,    /* may close it */
    SQL_KEYS_OFF,  /* PRAGMA foreign_keys=off */
    SQL_KEYS_ON,
    SQL_NEUTRAL,   /* a PRAGMA that may stand outside the enclosing transaction */
    SQL_NEED_KEYS, /* SQLite: does something else when foreign keys are off */
};

enum sql_role sql_rules_judge(const struct lexer *lexer, const struct piece *piece);
enum sql_role sql_pragma_judge(const struct lexer *lexer, const struct piece *piece);

/*
 * PostgreSQL's own parser must find one statement in the piece; what it refuses is reported.
 *
 * copy  is used again for every piece
 */
void sql_parse_check(const struct lexer *lexer, const struct piece *piece, struct buffer *copy);

/* What surrounds a script: BEGIN ... COMMIT, and PRAGMA foreign_keys. Starts as {0}. */
struct wrapper {
    enum { WRAPPER_NONE, WRAPPER_OPEN, WRAPPER_CLOSED, WRAPPER_BROKEN } state;
    struct piece begin, commit;
    bool has_statements; /* that a BEGIN cannot enclose any more */
    bool keys_are_off, keys_were_off;
    bool has_needy;     /* a statement that needs foreign keys was seen while they were on */
    struct token needy; /* the first of them */
};

/* returns  true where the statement is to be shipped; false where it is taken off or refused */
bool sql_wrapper_pass(struct wrapper *wrapper, const struct lexer *lexer, enum sql_role role,
                      const struct piece *piece, struct script *script);
/* At the end of the script. */
void sql_wrapper_finish(struct wrapper *wrapper, const struct lexer *lexer, struct script *script);

/* Reads a piece once more, from behind its verb; next_in gives TOKEN_END at its end. */
struct lexer sql_again(const struct lexer *lexer, const struct piece *piece);
struct token sql_next_in(struct lexer *again, const struct lexer *lexer, const struct piece *piece);

/* ASCII letters in any case; word is in upper case. */
bool sql_word_is(const struct lexer *lexer, struct token token, const char *word);
/* The same for a token that may be quoted, in the way of either dialect. */
bool sql_value_is(const struct lexer *lexer, struct token token, const char *word);
/* For messages: the token without its quotes, and short. */
struct text sql_name(const struct lexer *lexer, struct token token);

/*
 * Adds ERROR_INPUT at a token.
 *
 * reader   NULL refuses nothing
 * hint     or NULL
 * returns  the error, for notes; NULL where there are enough
 */
struct error *sql_refuse(struct reader *reader, struct token at, const char *hint,
                         const char *format, ...) FORMAT(4, 5);
/* The same among the warnings. */
void sql_warn(struct reader *reader, struct token at, const char *hint, const char *format, ...)
    FORMAT(4, 5);

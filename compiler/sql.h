/* sql.h - a script to statements, by dialect: boundaries, and what is refused. Floor 2. */
#pragma once

#include "compiler/section.h"

/* From its first token to its semicolon, both included; comments and blanks around it are not. */
struct statement {
    size_t offset, size; /* bytes in the shipped text */
};

/* Refusals that `allow:` can lift, since old scripts cannot be edited. */
enum sql_rule {
    SQL_MISSING_SEMICOLON, /* the last statement has no ';': a truncated file looks like that */
    SQL_SPLIT_AMBIGUOUS,   /* psql and the server disagree on where a statement ends */
};

/* returns  false where no rule has this name, as in "missing-semicolon" */
bool sql_rule_find(struct text name, enum sql_rule *rule);

struct text sql_rule_name(enum sql_rule rule);

struct sql_options {
    enum dialect dialect;
    bool transactional;       /* the script runs inside one transaction of its revision */
    const char *outside_hint; /* for what cannot; NULL: it is the manifest's to say */
    bool only_reads;          /* a verify script: the transaction around it may end in ROLLBACK */
    unsigned allowed;         /* bits 1 << enum sql_rule */
    const struct part *part;  /* of the source that is the script; NULL for all of it */
    bool parses;              /* PostgreSQL: every statement goes through the server's own parser */
    struct text server_version; /* least version of the servers, for the parser; may be empty */
};

/*
 * A script as it is shipped. Starts as {0}, may be read into again and again, and is given back by
 * script_free.
 *
 * text              the source without its byte-order mark, up to the end of the part; what was
 *                   taken off, and what stands before the part, is blanked, byte for byte, so that
 *                   offsets and lines stay; a ';' is added where one was missing
 * foreign_keys_off  SQLite: a PRAGMA foreign_keys=off ... on around a table rebuild was taken off
 * warnings          what the parser refuses where the servers are newer than it; like errors
 */
struct script {
    struct buffer text;
    struct statement *statements;
    size_t count, capacity;
    bool foreign_keys_off;
    struct error *warnings;
};

void script_free(struct script *script);

/* The index that a CREATE INDEX CONCURRENTLY builds, by names as the catalog has them. */
struct sql_build {
    struct text table; /* with its schema and a dot where the statement says so */
    struct text name;
};

/*
 * returns  false where statement number i is no such statement, gives no name, or has names that
 *          are more than letters, digits, '_' and '$'
 */
bool sql_find_build(struct arena *arena, const struct script *script, size_t i,
                    struct sql_build *build);

/*
 * Splits a script and refuses, at its place, whatever would not mean the same everywhere: bytes
 * that are not UTF-8, NUL, psql meta-commands and variables, shell commands, bind parameters,
 * unterminated quotes, comments, parentheses and statements, COPY from and to the client,
 * transaction control, statements that cannot run in a transaction where the script is
 * transactional, settings that change the lexer. One enclosing BEGIN ... COMMIT is taken off, and
 * so is SQLite's PRAGMA foreign_keys=off ... on. PostgreSQL's own parser must find exactly one
 * statement in each of ours, where options want that. The rules are those of docs/sql.md.
 *
 * cost     linear in the size of the source
 * returns  NULL, or ERROR_INPUT: up to ERRORS_MAX of them in source order, their spans in source;
 * the script is then empty
 */
struct error *sql_read(struct arena *arena, const struct source *source,
                       const struct sql_options *options, struct script *script) CHECKED;

/*
 * Copies a text without its BEGIN and COMMIT statements and the blank lines behind each. What
 * cannot be cut into statements, and all behind it, is copied as it is.
 *
 * to       appended to
 * returns  how many statements were left out
 */
size_t sql_drop_transactions(struct arena *arena, enum dialect dialect, struct text text,
                             struct buffer *to);

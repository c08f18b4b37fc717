/* psql.h - one long-lived psql, spoken to in lock-step; SQL reaches it as data. Floor 1. */
#pragma once

#include "process.h"

struct psql;

/* The newest psql of this host; NULL where there is none. */
const char *psql_find(struct arena *arena);

struct psql_options {
    const char *name; /* of the program, for the server's list of sessions */
    const char *path; /* of the psql binary, absolute */
    struct text
        connection; /* a URI or keyword string without a password; empty for the PG* variables */
    struct text password; /* absent to leave it to PGPASSFILE and ~/.pgpass */
    struct text settings; /* for PGOPTIONS, in front of what the user has there */
};

/*
 * Starts psql and waits until it is connected.
 *
 * returns  NULL, or ERROR_SYSTEM with what psql says where it cannot connect
 */
struct error *psql_open(struct arena *arena, const struct psql_options *options,
                        struct psql **psql) CHECKED;
void psql_close(struct psql **psql);

/* False once the connection or the child is gone, and for NULL: nothing can be asked any more. */
bool psql_is_alive(const struct psql *psql);

/* What became of one exchange. */
struct psql_reply {
    bool lost;          /* no verdict came: what the server did is unknown */
    bool failed;        /* a statement was refused, and errors say why */
    size_t ran;         /* pieces that were sent: the last of them was refused, where one was */
    struct text state;  /* SQLSTATE of the last that was refused; 00000 where none was */
    struct text output; /* what it printed: cells, each ended by a NUL */
    struct text errors; /* what it warned */
};

/*
 * Runs SQL of our own: whole lines for psql, each statement with its semicolon. The reply is
 * borrowed until the next call.
 *
 * returns  NULL or ERROR_SYSTEM where it could not be said at all
 */
struct error *psql_ask(struct arena *arena, struct psql *psql, struct text lines,
                       struct psql_reply *reply) CHECKED;

/*
 * Hands foreign SQL to the server as it is, each piece in one simple query, up to the first that is
 * refused: it is a literal for psql, so that neither meta-commands nor variables nor psql's
 * splitting can touch it. Rows are thrown away, unless kept: they come ended by a NUL, their
 * columns by \001, NULL as \002.
 */
struct error *psql_run(struct arena *arena, struct psql *psql, const struct text *pieces,
                       size_t count, bool keep_rows, struct psql_reply *reply) CHECKED;

/* What a verify script must not find: a row whose first column is false, 0, empty or NULL. */
bool psql_is_false(struct text row);

/* A literal of our own values, for psql_ask. */
struct text psql_literal(struct arena *arena, struct text value);

/* What the server said: message, detail, hint, and the place. */
struct psql_message {
    struct text severity; /* in the server's language */
    struct text state;    /* SQLSTATE */
    struct text text, detail, hint;
    size_t line;         /* in the piece that ran, from 1; 0 where it has none */
    struct text excerpt; /* of that line, as the message shows it */
    size_t column;       /* of the caret in the excerpt, from 0, as a terminal counts */
};

/*
 * Takes the first message off what psql warned.
 * returns  false where there is none
 */
bool psql_take_message(struct arena *arena, struct text *errors, struct psql_message *message);

/* In a transaction each piece behind the refused one is refused as well: in_failed_sql_transaction.
 */
#define PSQL_FOLLOWS TEXT("25P02")

/*
 * Whether it may be the error that counts; the last one is. Severities come in the language of the
 * server, and a notice may have the state of an error ("already exists, skipping" has).
 */
bool psql_may_count(const struct psql_reply *reply, const struct psql_message *message);

/* The message as an error at its place in the piece; script is NULL where there is none. */
struct error *psql_error(struct arena *arena, const struct psql_message *message,
                         const struct source *script, struct text piece);

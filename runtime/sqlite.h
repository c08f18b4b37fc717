/* sqlite.h - a hardened connection that runs foreign scripts; the door to SQLite. Floor 1. */
#pragma once

#include "error.h"
#include "rows.h"

struct sqlite;

struct sqlite_options {
    const char *path; /* ":memory:" for a database that nobody else sees */
    bool writes;      /* otherwise opened read-only, and never created */
    unsigned busy_ms; /* how long another connection's lock is waited for */
};

/* Tables with this prefix belong to us: scripts may read but never touch them. */
#define SQLITE_RESERVED "sqlferry_"

/*
 * Opens a database and sets what must not depend on the host: defensive mode, no extensions,
 * synchronous=FULL, foreign keys on. The journal mode is the database's business.
 *
 * returns  NULL, ERROR_DATABASE, ERROR_SYSTEM or ERROR_LOCKED
 */
struct error *sqlite_open(struct arena *arena, const struct sqlite_options *options,
                          struct sqlite **sqlite) CHECKED;
void sqlite_close(struct sqlite **sqlite);

/* From now on, another connection's lock is waited for as long as this. */
void sqlite_wait(struct sqlite *sqlite, uint64_t busy_ms);

const char *sqlite_version(void);

/* One of our own statements; the text is a literal, prepared once and kept. */
struct error *sqlite_do(struct arena *arena, struct sqlite *sqlite, const char *sql) CHECKED;

/* One that was made for the occasion, and its rows; not kept. */
struct error *sqlite_say(struct arena *arena, struct sqlite *sqlite, struct text sql,
                         struct rows *rows) CHECKED;

/* The same with values for its parameters, bound as text (NULL where absent), and rows back. */
struct error *sqlite_ask(struct arena *arena, struct sqlite *sqlite, const char *sql,
                         const struct text *values, size_t count, struct rows *rows) CHECKED;

/*
 * Looks at the rows of one of our own statements one after the other; cells are borrowed until the
 * next call. Of a statement that was not read to its end, sqlite_ask begins anew.
 *
 * cells  as many as the statement has columns
 * has    false behind the last row
 */
struct error *sqlite_next(struct arena *arena, struct sqlite *sqlite, const char *sql,
                          struct text *cells, bool *has) CHECKED;

/*
 * BEGIN IMMEDIATE; with foreign keys off, that is set before and ends with the transaction.
 * Commit then runs foreign_key_check first, and refuses where a row lost its parent.
 */
struct error *sqlite_begin(struct arena *arena, struct sqlite *sqlite, bool foreign_keys) CHECKED;
struct error *sqlite_commit(struct arena *arena, struct sqlite *sqlite) CHECKED;
void sqlite_rollback(struct sqlite *sqlite); /* harmless where no transaction is open */

/*
 * Ends one part of the open transaction and begins another, with foreign keys on or off: what would
 * not have been fit to commit is refused, temporary objects are dropped.
 */
struct error *sqlite_proceed(struct arena *arena, struct sqlite *sqlite, bool foreign_keys) CHECKED;

/*
 * Runs a script, or one statement of it, behind the fence: an authorizer refuses ATTACH, extension
 * loading, transaction control, pragmas that are not listed, virtual tables that are not listed,
 * and any change to our own tables. Rows are thrown away. Outside a transaction, a piece is one
 * statement, so that it is done or not.
 *
 * script   what messages point into
 * piece    the part of its text that is run
 * returns  NULL, or an error at the place in the script; ERROR_UNKNOWN where an INSERT OR FAIL
 *          outside a transaction failed after its first row
 */
struct error *sqlite_run(struct arena *arena, struct sqlite *sqlite, const struct source *script,
                         struct text piece) CHECKED;

/*
 * Runs a verify script behind the same fence: statements that only read, and no row whose first
 * column is 0, false or NULL.
 */
struct error *sqlite_verify(struct arena *arena, struct sqlite *sqlite,
                            const struct source *script) CHECKED;

/*
 * Drops temporary objects and resets settings that a script left behind in the connection. Inside
 * a transaction a few cannot be dropped: ERROR_DATABASE.
 */
struct error *sqlite_clean(struct arena *arena, struct sqlite *sqlite) CHECKED;

/*
 * Copies the database into an empty file, through SQLite's backup interface. Not inside a
 * transaction. A signal ends it.
 */
struct error *sqlite_copy(struct arena *arena, struct sqlite *sqlite, const char *path) CHECKED;

/* The database as one text, which its file would hold; empty where nothing was ever written. */
struct error *sqlite_serialize(struct arena *arena, struct sqlite *sqlite,
                               struct text *image) CHECKED;
void sqlite_free(struct text *image); /* what sqlite_serialize gave */

/* The database in memory becomes a copy of the image, which is not empty; settings stay. */
struct error *sqlite_deserialize(struct arena *arena, struct sqlite *sqlite,
                                 struct text image) CHECKED;

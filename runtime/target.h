/* target.h - the operations every database offers, as a struct of functions. Floor 2. */
#pragma once

#include "ledger.h"
#include "source.h"

struct target;

/*
 * A revision in one transaction is begin, run, verify, record, commit. One without is begin, record
 * (started), commit; run for each piece; begin, record (finished), commit.
 */
struct target_operations {
    /* Takes the lock that keeps other runs out, for as long as the target is open: ERROR_LOCKED. */
    struct error *(*lock)(struct arena *arena, struct target *target, uint64_t timeout_ms);

    /* All rows, their chain verified; none where there is no ledger yet. */
    struct error *(*read_ledger)(struct arena *arena, struct target *target, struct ledger *ledger);

    /*
     * Opens a transaction and admits the run: the ledger, made here if there is none, must still
     * end with the row that the caller knows. ERROR_LOCKED where somebody else came between.
     */
    struct error *(*begin)(struct arena *arena, struct target *target, const struct ledger *known,
                           bool foreign_keys);

    /* Runs a script, or a piece of it; rows are thrown away. */
    struct error *(*run)(struct arena *arena, struct target *target, const struct source *script,
                         struct text piece);

    /* Runs a verify script: it only reads, and no row begins with false or 0. */
    struct error *(*verify)(struct arena *arena, struct target *target,
                            const struct source *script);

    /* Adds a row to the ledger, in the open transaction. */
    struct error *(*record)(struct arena *arena, struct target *target,
                            const struct ledger_row *row);

    /* On failure the transaction is still open, or its outcome unknown: roll back, read again. */
    struct error *(*commit)(struct arena *arena, struct target *target);
    void (*rollback)(struct target *target);

    /* Removes what a script left in the session: temporary objects, settings. */
    struct error *(*clean)(struct arena *arena, struct target *target);

    void (*close)(struct target *target);
};

struct target {
    const struct target_operations *operations;
    enum dialect dialect;
    struct text name;    /* as the user wrote it, without any password */
    struct text version; /* of the server, digits and dots */
};

enum target_access {
    TARGET_READS,  /* must exist, and nothing is written */
    TARGET_WRITES, /* made where it does not exist */
};

/*
 * Opens what --db or DATABASE_URL names: a path, sqlite:PATH, a postgresql:// URI, a libpq keyword
 * string.
 *
 * target   NULL where TARGET_READS finds no database
 * returns  NULL, ERROR_USAGE for a target that cannot be, ERROR_SYSTEM, ERROR_DATABASE
 */
struct error *target_open(struct arena *arena, struct text address, enum target_access access,
                          struct target **target) CHECKED;
void target_close(struct target **target);

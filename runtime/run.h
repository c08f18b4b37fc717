/* run.h - one run on a target: its lock, the ledger as it knows it, the rows it adds. Floor 2. */
#pragma once

#include "alembic.h"
#include "bundle.h"
#include "target.h"

struct run_options {
    struct bundle *bundle;
    struct target *target;
    struct report *report;
    uint64_t lock_timeout_ms;
    bool allow_older, allow_clock; /* see ledger_policy */
    bool allow_target;             /* a bundle for other targets is accepted */
    struct text target_name;       /* what the target is called; may be absent */
    const struct digest *expected; /* a row that the ledger must have; NULL for any */
    bool adopts_alembic;           /* alembic_version is read, and stays as it is */
    struct text note;              /* overrides and reasons, for the ledger; may be empty */
};

struct run {
    struct arena *arena;
    const struct run_options *options;
    const struct index *index;
    const struct target_operations *to;
    struct target *target;
    bool is_known;             /* the ledger could be read and compared: state is true */
    struct ledger ledger;      /* with the rows of this run */
    struct ledger_state state; /* before this run */
    struct alembic *alembic;   /* NULL where nobody keeps it in step */
    struct text who;
};

/* That the bundle is for this kind of database and its version: ERROR_STATE. */
struct error *run_check_target(struct arena *arena, const struct index *index,
                               const struct target *target) CHECKED;

/*
 * Takes the lock, reads the ledger and compares it with the bundle. Signals are caught from here
 * on.
 *
 * run  borrows the options
 */
struct error *run_open(struct arena *arena, const struct run_options *options,
                       struct run *run) CHECKED;

/*
 * The same without a lock, for those who only read. What does not fit is found and not refused; a
 * ledger whose chain is broken counts as empty then.
 *
 * options  the target may be NULL: a database that is not there yet
 */
struct error *run_look(struct arena *arena, const struct run_options *options, struct run *run,
                       struct findings *findings) CHECKED;

/* A row that continues the ledger: a step, what happened to it, how many pieces are done. */
struct ledger_row run_row(struct run *run, const struct index_step *step, enum script_kind kind,
                          enum ledger_event event, size_t pieces, struct text started);

/* Ends the open transaction with the row, or rolls it back. ERROR_UNKNOWN where nobody can tell. */
struct error *run_commit(struct run *run, const struct ledger_row *row) CHECKED;

/* Adds the row, and goes on in the transaction with a revision under these terms. */
struct error *run_proceed(struct run *run, const struct ledger_row *row,
                          const struct terms *terms) CHECKED;

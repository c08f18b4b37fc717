/* target.h - the operations every database offers, as a struct of functions. Floor 2. */
#pragma once

#include "finding.h"
#include "ledger.h"
#include "report.h"
#include "rows.h"
#include "schema.h"
#include "source.h"

struct target;

/* What a revision runs under. */
struct terms {
    bool foreign_keys_off;                          /* SQLite */
    uint64_t lock_timeout_ms, statement_timeout_ms; /* PostgreSQL; 0 for those of the run */
};

/* A script as it is sent. Its pieces lie in its text, which is what messages point into. */
struct sending {
    const struct source *script;
    const struct text *pieces;
    size_t count;
};

/* What an index is that was to be built outside a transaction. */
enum built {
    BUILT_NOTHING, /* it is not there */
    BUILT_HALF,    /* it is there, but invalid: no query uses it, every change pays for it */
    BUILT_WHOLE,
};

/* What a run will need of its target. */
struct needs {
    bool ledger;             /* there is none yet, so one will be made */
    struct text *extensions; /* PostgreSQL */
    size_t extension_count;
    size_t statement_count; /* that share one transaction; 0 where each revision has its own */
};

/*
 * A revision in one transaction is prepare, begin, run, verify, record, commit. Several in one are
 * prepare, begin, then run, verify, record for each with a proceed between them, commit. One
 * without is prepare; begin, record (started), commit; then for each piece run and begin, record
 * (progressed), commit; then verify; begin, record (finished), commit.
 */
struct target_operations {
    /* Takes the lock that keeps other runs out, for as long as the target is open: ERROR_LOCKED. */
    struct error *(*lock)(struct arena *arena, struct target *target, uint64_t timeout_ms);

    /* All rows, their chain verified; none where there is no ledger yet. */
    struct error *(*read_ledger)(struct arena *arena, struct target *target, struct ledger *ledger);

    /* One of our own statements, outside a transaction; the rows it gives. */
    struct error *(*ask)(struct arena *arena, struct target *target, struct text sql,
                         struct rows *rows);

    /* Whether there is a table of that name, where a script that names it would find it. */
    struct error *(*has_table)(struct arena *arena, struct target *target, struct text name,
                               bool *has);

    /* What would be in the way of a run. Only reads, and takes no locks. */
    struct error *(*inspect)(struct arena *arena, struct target *target, const struct needs *needs,
                             struct findings *findings);

    /* What is wrong with the database by itself: invalid indexes, damaged pages. Only reads. */
    struct error *(*examine)(struct arena *arena, struct target *target, struct findings *findings);

    /* What the database consists of. Only reads. */
    struct error *(*read_schema)(struct arena *arena, struct target *target, struct schema *schema);

    /* Copies the database, as it is now, into a new file. NULL where a target cannot. */
    struct error *(*backup)(struct arena *arena, struct target *target, struct text path);

    /*
     * Makes the session fit for the next revision: removes what those before left in it, temporary
     * objects and settings, and sets its timeouts. No transaction is open then: inside one, neither
     * database could drop everything.
     */
    struct error *(*prepare)(struct arena *arena, struct target *target, const struct terms *terms);

    /*
     * Opens a transaction and admits the run: the ledger, made here if there is none, must still
     * end with the row that the caller knows. ERROR_LOCKED where somebody else came between.
     */
    struct error *(*begin)(struct arena *arena, struct target *target, const struct ledger *known,
                           const struct terms *terms);

    /* Runs pieces of a script up to the first that is refused; rows are thrown away. */
    struct error *(*run)(struct arena *arena, struct target *target, const struct sending *sending);

    /*
     * Whether the piece that was just refused, outside a transaction, may have done a part of its
     * work all the same. NULL where a refusal that does not say ERROR_UNKNOWN leaves nothing.
     */
    bool (*is_partial)(const struct target *target);

    /* How far an interrupted build of an index came. */
    struct error *(*look)(struct arena *arena, struct target *target,
                          const struct index_build *build, enum built *built);

    /* Takes away what an interrupted build left. */
    struct error *(*remove)(struct arena *arena, struct target *target,
                            const struct index_build *build);

    /* Runs a verify script: it only reads, and no row begins with false or 0. */
    struct error *(*verify)(struct arena *arena, struct target *target,
                            const struct sending *sending);

    /* Adds a row to the ledger, in the open transaction, and runs statements of ours with it. */
    struct error *(*record)(struct arena *arena, struct target *target,
                            const struct ledger_row *row, const struct text *also,
                            size_t also_count);

    /*
     * Goes on in the open transaction with another revision: what prepare and begin do, as far as
     * that can be done there.
     *
     * known  the ledger, with the row that was recorded
     */
    struct error *(*proceed)(struct arena *arena, struct target *target, const struct ledger *known,
                             const struct terms *terms);

    /* On failure the transaction is still open, or its outcome unknown: roll back, read again. */
    struct error *(*commit)(struct arena *arena, struct target *target);
    void (*rollback)(struct target *target);

    void (*close)(struct target *target);
};

struct target {
    const struct target_operations *operations;
    enum dialect dialect;
    bool is_new;           /* made by being opened */
    struct text name;      /* as the user wrote it, without any password */
    struct text version;   /* of the server, digits and dots */
    struct text through;   /* what reaches it, and its version; empty where that is this program */
    struct report *report; /* for what the server says; NULL for nobody */
};

enum target_access {
    TARGET_READS,   /* must exist, and nothing is written */
    TARGET_CHANGES, /* must exist, and is written */
    TARGET_WRITES,  /* made where it does not exist */
};

struct target_options {
    enum target_access access;
    const char *psql;      /* the psql to use; NULL for the best of this host */
    struct report *report; /* see struct target */
    uint64_t lock_timeout_ms, statement_timeout_ms; /* of each statement; 0 for none */
};

/*
 * Opens what --db or DATABASE_URL names: a path, sqlite:PATH, a postgresql:// URI, a libpq keyword
 * string.
 *
 * address  a password in it, and one in PGPASSWORD, is overwritten where it stands
 * target   NULL where there is no database, but for TARGET_WRITES
 * returns  NULL, ERROR_USAGE for a target that cannot be, ERROR_SYSTEM, ERROR_DATABASE
 */
struct error *target_open(struct arena *arena, struct text address,
                          const struct target_options *options, struct target **target) CHECKED;
void target_close(struct target **target);

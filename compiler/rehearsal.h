/* rehearsal.h - runs the revisions of a chain, back and forth, and says what stays. Floor 4. */
#pragma once

#include "compiler/sql.h"
#include "runtime/finding.h"
#include "runtime/index.h"
#include "runtime/schema.h"

/* A revision as it is shipped: what compile has read of it. */
struct rehearsed {
    const struct index_step *step;
    struct {
        const struct source *source; /* NULL where there is none */
        const struct script *script; /* its statements */
        struct span place;           /* where the manifest names it */
    } scripts[SCRIPT_KIND_COUNT];
};

struct rehearsal_options {
    enum dialect dialect;
    bool round_trips;     /* down and up again as well; else up alone */
    size_t first;         /* the first revision that makes one, from 0; those before run up alone */
    bool no_rows;         /* SQLite: round trips are made on empty tables */
    struct text database; /* PostgreSQL: an empty one; absent for a server of our own */
    const char *psql;     /* PostgreSQL: NULL for the newest of this host */
    size_t kept;          /* SQLite: revisions that the image has already; 0 for none */
    struct text image;
};

/*
 * Findings of a round trip: "left" stays behind the down script, "lost" is missing and "changed" is
 * another than before the up script; "down" fails; "again" is what the up script makes otherwise
 * the second time, or that it fails then; "rows", that it fails where tables have a row;
 * "idempotent", that it is not what it says.
 */
struct rehearsal {
    const struct rehearsal_operations *operations;
    struct rehearsal_options options;
    size_t count;                  /* revisions that were run, or kept */
    size_t kept;                   /* of them */
    struct schema schema;          /* behind the last of them */
    struct schema_changes changes; /* what that one made of it */
    uint64_t major;                /* version of the server */
    struct findings findings;
    size_t trip_count;                /* round trips that were made */
    size_t table_count, filled_count; /* tables that could be given a row */
};

/* How a dialect does it. */
struct rehearsal_operations {
    /* Runs the up script; then the round trip, if asked to. The schema is what there is then. */
    struct error *(*run)(struct arena *arena, struct rehearsal *rehearsal,
                         const struct rehearsed *revision, bool round_trip);
    void (*close)(struct rehearsal *rehearsal);
};

struct error *rehearsal_open(struct arena *arena, const struct rehearsal_options *options,
                             struct rehearsal **rehearsal) CHECKED;
void rehearsal_close(struct rehearsal **rehearsal);

/*
 * The next revision of the chain.
 *
 * returns  NULL, or ERROR_INPUT at the place in the script that the database refused. What a round
 *          trip finds is no error.
 */
struct error *rehearsal_run(struct arena *arena, struct rehearsal *rehearsal,
                            const struct rehearsed *revision) CHECKED;

/* SQLite: the database behind the last revision, for the next rehearsal. Freed by sqlite_free. */
struct error *rehearsal_image(struct arena *arena, struct rehearsal *rehearsal,
                              struct text *image) CHECKED;

/* For the dialects. */

struct error *rehearsal_sqlite_open(struct arena *arena, const struct rehearsal_options *options,
                                    struct rehearsal **rehearsal) CHECKED;

struct error *rehearsal_postgresql_open(struct arena *arena,
                                        const struct rehearsal_options *options,
                                        struct rehearsal **rehearsal) CHECKED;

/* Adds a finding about a script of the revision, at its place in the manifest. */
void rehearsal_find(struct arena *arena, struct rehearsal *rehearsal,
                    const struct rehearsed *revision, enum script_kind kind, const char *name,
                    const char *format, ...) FORMAT(6, 7);

/* The same of a script that failed: error is why, and where in the script if that is known. */
void rehearsal_find_failure(struct arena *arena, struct rehearsal *rehearsal,
                            const struct rehearsed *revision, enum script_kind kind,
                            const char *name, const char *what, struct error *error);

/*
 * Each adds what it finds, and returns whether that is nothing: what a down script made of the
 * schema before the up script, what the up script made the second time, what it made run twice.
 */
bool rehearsal_compare_undone(struct arena *arena, struct rehearsal *rehearsal,
                              const struct rehearsed *revision, const struct schema *before,
                              const struct schema *after);
bool rehearsal_compare_again(struct arena *arena, struct rehearsal *rehearsal,
                             const struct rehearsed *revision, const struct schema *once,
                             const struct schema *after);
bool rehearsal_compare_twice(struct arena *arena, struct rehearsal *rehearsal,
                             const struct rehearsed *revision, const struct schema *once,
                             const struct schema *after);

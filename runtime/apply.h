/* apply.h - runs what is missing, in order. Floor 2. */
#pragma once

#include "bundle.h"
#include "report.h"
#include "target.h"

struct apply_options {
    struct bundle *bundle;
    struct target *target;
    struct report *report;
    struct text to; /* this revision and all it needs; absent for everything */
    uint64_t lock_timeout_ms;
    bool allow_older; /* see ledger_compare */
    struct text note; /* the overrides in force, for the ledger; may be empty */
};

/* Steps of the index that are to run, in order. */
struct apply_plan {
    const struct index_step **steps;
    size_t count;
    size_t applied; /* steps that have run before */
};

/* That the bundle is for this kind of database and its version: ERROR_STATE. */
struct error *apply_check_target(struct arena *arena, const struct index *index,
                                 const struct target *target) CHECKED;

/*
 * What an upgrade would run.
 *
 * returns  NULL, ERROR_USAGE where `to` is no revision of the bundle, ERROR_UNKNOWN where a step
 *          without a transaction was interrupted and may not simply run again
 */
struct error *apply_plan(struct arena *arena, const struct index *index,
                         const struct ledger_state *state, struct text to,
                         struct apply_plan *plan) CHECKED;

struct applied {
    struct apply_plan plan; /* all of it has run */
    struct ledger ledger;   /* as it is now */
};

/*
 * Takes the lock, reads the ledger, and runs what is missing: one transaction for each revision,
 * which holds the script, its verify script and the ledger row.
 *
 * returns  NULL, or the first error; its notes say where the target stands now
 */
struct error *apply_upgrade(struct arena *arena, const struct apply_options *options,
                            struct applied *applied) CHECKED;

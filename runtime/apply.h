/* apply.h - runs a plan: revisions applied or undone, each whole or not at all. Floor 2. */
#pragma once

#include "plan.h"
#include "run.h"

struct apply_options {
    struct run_options run;
    enum script_kind kind; /* SCRIPT_DOWN to undo */
    struct text to;        /* see plan.h */
    bool atomic;           /* all revisions in one transaction */
    struct text backup;    /* SQLite: copied there before the first change; absent for no copy */
};

struct applied {
    struct plan plan;         /* all of it has run */
    struct ledger ledger;     /* as it is now */
    struct findings findings; /* warnings */
};

/*
 * What would run: plan_upgrade or plan_downgrade. Where a half-done script is in the way, the error
 * shows the statement that it stands before.
 */
struct error *apply_plan(struct run *run, enum script_kind kind, struct text to,
                         struct plan *plan) CHECKED;

/*
 * Takes the lock, reads the ledger, and runs what the plan says: one transaction for each revision,
 * which holds the script, its verify script and the ledger row. Once it has begun, a signal ends it
 * as an error does.
 *
 * returns  NULL, or the first error; its notes say where the target stands now, its hint what to do
 */
struct error *apply(struct arena *arena, const struct apply_options *options,
                    struct applied *applied) CHECKED;

/* stamp.h - rows without a script: revisions adopted, and what a person found. Floor 2. */
#pragma once

#include "plan.h"
#include "run.h"

struct stamp_options {
    struct run_options run;
    struct text to;   /* this revision and all it needs are there; or */
    struct text tool; /* what this tool has applied (adopt.h) */
};

struct stamped {
    struct plan plan; /* the revisions that were not on record */
    struct ledger ledger;
};

/*
 * Records revisions that are in the database already, all in one transaction.
 *
 * returns  NULL, or an error, and then nothing is recorded
 */
struct error *stamp(struct arena *arena, const struct stamp_options *options,
                    struct stamped *stamped) CHECKED;

struct resume_options {
    struct run_options run;
    struct text id; /* absent where only one revision is begun */
    enum { RESUME_FROM, RESUME_DONE, RESUME_UNDONE } how;
    uint64_t from; /* the statement to go on with, from 1 */
};

struct resumed {
    const struct index_step *step;
    enum script_kind kind;
    size_t done, count; /* statements of its script */
    struct ledger ledger;
};

/* Records how many statements of an interrupted script are done. */
struct error *resume(struct arena *arena, const struct resume_options *options,
                     struct resumed *resumed) CHECKED;

/* plan.h - which revisions of a bundle are to run on a target, and in which order. Floor 2. */
#pragma once

#include "ledger.h"

struct plan {
    enum script_kind kind;           /* SCRIPT_DOWN where revisions are undone */
    const struct index_step **steps; /* in the order they run */
    size_t count;
    size_t applied; /* how many were applied before; one that is half undone still counts */
};

/*
 * What is missing.
 *
 * to       this revision and all it needs; absent for everything
 * returns  NULL, ERROR_USAGE where `to` is no revision of the bundle, ERROR_UNKNOWN where a step
 *          without a transaction was interrupted and may not simply go on
 */
struct error *plan_upgrade(struct arena *arena, const struct index *index,
                           const struct ledger_state *state, struct text to,
                           struct plan *plan) CHECKED;

/*
 * What is to be undone, children before their parents.
 *
 * to       this revision and all it needs stay; "base", which is no id then, for none
 * returns  NULL, ERROR_USAGE, ERROR_STATE where a revision has no way back or `to` is not applied,
 *          ERROR_UNKNOWN as above
 */
struct error *plan_downgrade(struct arena *arena, const struct index *index,
                             const struct ledger_state *state, struct text to,
                             struct plan *plan) CHECKED;

/*
 * A revision and all it needs.
 *
 * needed   one for each step of the index, false; becomes true for these
 * returns  NULL or ERROR_USAGE where the bundle has no such revision
 */
struct error *plan_mark_needed(struct arena *arena, const struct index *index, struct text id,
                               bool *needed) CHECKED;

/* An id that the bundle does not have, with the nearest that it has: ERROR_USAGE. */
struct error *plan_no_revision(struct arena *arena, const struct index *index, struct text id);

/* Tells of a script that was begun and not finished, and how to go on: ERROR_UNKNOWN. */
struct error *plan_begun_error(struct arena *arena, const struct index_step *step,
                               const struct step_state *state);

/* The index that a piece of a script builds; NULL where it does something else. */
const struct index_build *plan_find_build(const struct index_script *script, size_t piece);

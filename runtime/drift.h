/* drift.h - whether a database still is what its revisions made of it. Floor 2. */
#pragma once

#include "run.h"

struct drift {
    const struct index_step *step; /* the schema behind this one is what is expected */
    struct text why_not;           /* nothing was compared, and why; else absent */
    size_t count;                  /* objects that differ */
};

/*
 * Compares the schema with the one behind the last revision that is applied, and adds what differs
 * as findings "drift", object by object. Privileges are a host's own business: only a warning.
 *
 * run  is known
 */
struct error *drift_find(struct run *run, struct drift *drift, struct findings *findings) CHECKED;

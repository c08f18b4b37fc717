/* piecewise.h - a script without a transaction: each statement is recorded. Floor 2. */
#pragma once

#include "script.h"

/*
 * Runs a script one piece after the other, and after each adds a row that says so; it begins where
 * the ledger says that an earlier run has stopped.
 *
 * returns  NULL, or the first error: ERROR_UNKNOWN where something of the revision may be done
 */
struct error *piecewise_run(struct run *run, const struct index_step *step,
                            enum script_kind kind) CHECKED;

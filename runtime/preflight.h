/* preflight.h - what would be in the way of a run, found before anything is changed. Floor 2. */
#pragma once

#include "plan.h"
#include "target.h"

/*
 * Looks at the plan and at the target: what cannot share a transaction, extensions, rights, room,
 * what would block. Only reads.
 *
 * target   NULL where it does not exist yet: then the plan alone is looked at
 * returns  NULL, or an error where it could not look
 */
struct error *preflight(struct arena *arena, const struct index *index, struct target *target,
                        const struct plan *plan, const struct ledger *ledger, bool atomic,
                        struct findings *findings) CHECKED;

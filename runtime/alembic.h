/* alembic.h - keeps Alembic's table alembic_version in step with the ledger. Floor 2. */
#pragma once

#include "target.h"

struct alembic;

/*
 * Reads the table and compares it with the revisions that the ledger has. A table that is missing
 * is made, and filled, by the first change. An empty one says that nothing is applied.
 *
 * returns  NULL, or ERROR_STATE where the table says something else than the ledger
 */
struct error *alembic_open(struct arena *arena, struct target *target, const struct index *index,
                           const struct ledger_state *state, struct alembic **alembic) CHECKED;

/* Statements for the transaction of a ledger row; none where it changes no revision. */
struct alembic_change {
    struct text *statements;
    size_t count;
};

struct alembic_change alembic_follow(struct arena *arena, struct alembic *alembic,
                                     const struct ledger_row *row);

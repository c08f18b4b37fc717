/* rehearsal.h - runs a chain of SQLite scripts in a database in memory. Floor 4. */
#pragma once

#include "compiler/sql.h"
#include "runtime/sqlite.h"

/* Behind the same fence, and in the same transactions, as sqlland runs them later. */
struct rehearsal {
    struct sqlite *sqlite;
};

void rehearsal_close(struct rehearsal *rehearsal);
struct error *rehearsal_open(struct arena *arena, struct rehearsal *rehearsal) CHECKED;

struct rehearsed {
    const struct source *up, *verify; /* verify is NULL where there is none */
    const struct script *script;      /* of up: its statements */
    bool transactional, foreign_keys_off;
};

/* returns  NULL, or ERROR_INPUT at the place in the script that the database refused */
struct error *rehearsal_run(struct arena *arena, struct rehearsal *rehearsal,
                            const struct rehearsed *revision) CHECKED;

/* target_postgresql.h - the target that is a PostgreSQL database, reached through psql. Floor 2. */
#pragma once

#include "target.h"

/*
 * See target_open.
 *
 * address  a postgresql:// URI, a libpq keyword string, or "postgresql://" alone for the PG*
 *          variables; a password in it goes to psql by environment only
 */
struct error *target_postgresql_open(struct arena *arena, struct text address,
                                     const struct target_options *options,
                                     struct target **target) CHECKED;

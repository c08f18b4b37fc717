/* target_sqlite.h - the target that is an SQLite file. Floor 2. */
#pragma once

#include "target.h"

/* See target_open. The lock is flock(2) on the file, which SQLite itself does not use. */
struct error *target_sqlite_open(struct arena *arena, struct text path,
                                 const struct target_options *options,
                                 struct target **target) CHECKED;

/* adopt.h - what other migration tools have written down about a database. Floor 2. */
#pragma once

#include "target.h"

/* The names of the tools, with a comma and a blank between them. */
struct text adopt_tools(struct arena *arena);

/*
 * Reads the table in which a tool keeps what it has applied.
 *
 * wanted   one for each step of the index, false; becomes true for what the tool has applied
 * returns  NULL, ERROR_USAGE for a tool that is not known, ERROR_STATE where there is no such
 *          table, where it holds something that the bundle does not know, or an attempt that failed
 */
struct error *adopt_read(struct arena *arena, struct target *target, const struct index *index,
                         struct text tool, bool *wanted) CHECKED;

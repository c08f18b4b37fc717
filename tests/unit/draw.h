/* draw.h - manifests by lot: in blocks and brackets, with comments everywhere. */
#pragma once

#include "runtime/arena.h"

/*
 * A manifest for SQLite of up to five revisions, which graph_resolve accepts; without any it is not
 * finished. Their up script is sql/0001_a.up.sql. Comments begin with "# c" and a number of their
 * own, from 0 on.
 */
struct text draw_manifest(struct arena *arena, uint64_t *lot);

/* graph.h - revisions to one order; heads, roots, cycles, orphans. Floor 3. */
#pragma once

#include "compiler/manifest.h"

struct order {
    const struct revision **steps;
    size_t count;
};

/*
 * Finds the revisions that parents, `roots:` and `heads:` name, and fills children. Then checks the
 * graph: unknown parents (nearest id as hint), duplicate ids, revisions that are their own parent
 * or ancestor, duplicate parents, roots and heads nobody listed, revisions that no head reaches.
 * Heads are left alone where ids or parents are wrong, for they would be wrong only because of that;
 * with the words of an imported history they are told, too.
 *
 * manifest  its revisions stand at their positions; on failure it is filled in part
 * cost      O(V + E) plus the search for near ids of the few unknown ones
 * returns   NULL, or ERROR_INPUT: up to ERRORS_MAX in source order, file by file
 */
struct error *graph_resolve(struct arena *arena, struct manifest *manifest) CHECKED;

/* The revision of this id, or NULL; of a manifest that went through graph_resolve. Cost: O(1). */
struct revision *graph_find(const struct manifest *manifest, struct text id);

/*
 * Places every revision after all of its parents. Where the graph leaves a choice, the revision
 * written first in the manifest goes first, so equal manifests give equal bundles, and a revision
 * added at the end of a manifest moves none before it.
 *
 * manifest  resolved by graph_resolve
 * order     borrows its revisions from manifest
 * cost      O((V + E) log V)
 */
void graph_linearize(struct arena *arena, const struct manifest *manifest, struct order *order);

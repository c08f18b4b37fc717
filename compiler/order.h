/* order.h - the revisions of a graph, one behind the other. Floor 3. */
#pragma once

#include "compiler/manifest.h"

struct order {
    const struct revision **steps;
    size_t count;
};

/*
 * Places every revision after all of its parents. Where the graph leaves a choice, the revision
 * written first in the manifest goes first, so equal manifests give equal bundles, and a revision
 * added at the end of a manifest moves none before it. A damaged graph is placed, too, for whoever
 * shows it: parents that lead nowhere do not count, and of a cycle the revision written first goes
 * first, in front of a parent; where more must go so, again the one that is written first.
 *
 * manifest  went through graph_resolve
 * order     borrows its revisions from manifest
 * cost      O((V + E) log V)
 */
void order_linearize(struct arena *arena, const struct manifest *manifest, struct order *order);

/* alembic_graph.h - what is wrong with a history of Alembic; the graph it means. Floor 3. */
#pragma once

#include "compiler/graph.h"
#include "compiler/layout_alembic.h"

/*
 * Adds to the findings of the tree what is wrong between its files, then puts all of them in the
 * order of files and lines. Parents that are not spelt as ids, but can only be one, are followed,
 * so that one mistake is not told as three.
 *
 * branches  several roots and heads are meant; without it they are where their labels tell them
 *           apart
 * manifest  a revision for each of the tree, at the same position, without scripts; its parents are
 *           those of down_revision, then of depends_on. Roots and heads are listed where there are
 *           several. Resolved, unless there are faults.
 * cost      O((V + E) log V)
 */
void alembic_graph_check(struct arena *arena, struct alembic_tree *tree, bool branches,
                         struct manifest *manifest);

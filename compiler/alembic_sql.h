/* alembic_sql.h - what Alembic rendered to SQL, cut by revision. Floor 3. */
#pragma once

#include "compiler/layout_alembic.h"
#include "runtime/index.h"

enum { ALEMBIC_SQL_SIZE_MAX = 1 << 30 }; /* bytes of what Alembic prints */

/* What one revision does. */
struct alembic_section {
    size_t position;  /* of the revision in the tree */
    struct span span; /* of the comment that begins it */
    struct text text; /* without transactions, and without what Alembic does to its own table */
    bool is_whole;    /* Alembic went on behind it */
    bool is_outside;  /* it ends the transaction around it: it must run without one */
};

/* Starts as {0}. */
struct alembic_sections {
    struct alembic_section *list; /* in the order in which Alembic runs them */
    size_t count;
};

/*
 * Cuts the output of `alembic upgrade --sql` (kind SCRIPT_UP) or `alembic downgrade --sql`
 * (SCRIPT_DOWN). The comments that begin the sections must name revisions of the tree, with their
 * parents, each once.
 *
 * tree     of the dialect that it was rendered for
 * source   borrowed; texts may lie in it
 * cost     O(size + sections log revisions)
 * returns  NULL, or ERROR_INPUT at the first line that fits no revision
 */
struct error *alembic_sql_cut(struct arena *arena, struct alembic_tree *tree,
                              const struct source *source, enum script_kind kind,
                              struct alembic_sections *sections) CHECKED;

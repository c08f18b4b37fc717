/* alembic_render.h - the SQL of every revision of Alembic, rendered here or elsewhere. Floor 3. */
#pragma once

#include "compiler/alembic_run.h"
#include "compiler/alembic_sql.h"
#include "compiler/manifest.h"

/* A script of a revision. */
struct alembic_script {
    enum {
        ALEMBIC_UNTRIED, /* nobody rendered it */
        ALEMBIC_RENDERED,
        ALEMBIC_FAILED, /* it wants a database, and failure says where */
        ALEMBIC_NO_WAY, /* a downgrade that raises NotImplementedError */
    } state;
    struct text text;
    bool is_outside; /* of a transaction */
    struct alembic_failure failure;
};

struct alembic_rendering {
    struct alembic_script *scripts[SCRIPT_DOWN + 1]; /* up and down, by position in the tree */
    size_t *order; /* positions, as Alembic applies them; those that were never tried are missing */
    size_t order_count;
};

void alembic_render_begin(struct arena *arena, const struct alembic_tree *tree,
                          struct alembic_rendering *rendering);

/*
 * Runs the program on the whole history, and where it stops at a revision once more for those
 * behind it, so that all are known that cannot be rendered.
 *
 * manifest  the graph of the tree, resolved
 * returns   NULL, or why nothing could be rendered at all
 */
struct error *alembic_render_run(struct arena *arena, struct alembic_tree *tree,
                                 const struct manifest *manifest, const char *program,
                                 enum script_kind kind,
                                 struct alembic_rendering *rendering) CHECKED;

/* Takes what was rendered elsewhere. returns  as alembic_sql_cut; also where it ends too early */
struct error *alembic_render_take(struct arena *arena, struct alembic_tree *tree,
                                  const struct source *source, enum script_kind kind,
                                  struct alembic_rendering *rendering) CHECKED;

/* alembic_run.h - has Alembic itself render a history to SQL. Floor 3. */
#pragma once

#include "compiler/layout_alembic.h"
#include "runtime/buffer.h"

/* Why a run ended early. */
struct alembic_failure {
    bool has_failed;
    bool is_unimplemented; /* the revision raised NotImplementedError, as one without a way back
                              does */
    const struct alembic_revision
        *revision;       /* whose file Python was in; NULL where it was in none */
    struct span span;    /* of the line it was in; no source where there is none */
    struct text message; /* what it said at last: an exception, or a line */
};

/*
 * Finds the program as a shell would: one with a '/' by its path, else in the absolute folders of
 * PATH.
 *
 * returns  NULL, or ERROR_SYSTEM where there is none
 */
struct error *alembic_run_find(struct arena *arena, struct text program, const char **path) CHECKED;

/*
 * Runs `PROGRAM upgrade RANGE --sql`, or downgrade, in the folder of the project, with the
 * environment of this process. What it does is up to the project; what it prints is kept. Where it
 * says which database it renders for, the tree is of that dialect from then on.
 *
 * output   replaced by what it printed
 * returns  NULL, also where it failed and failure says so, or ERROR_SYSTEM
 */
struct error *alembic_run(struct arena *arena, struct alembic_tree *tree, const char *program,
                          const char *command, const char *range, struct buffer *output,
                          struct alembic_failure *failure) CHECKED;

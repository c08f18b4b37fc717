/* authoring.h - one revision more: in its manifest, with its scripts. Floor 4. */
#pragma once

#include "compiler/graph.h"

/* A revision that somebody wants. */
struct wanted {
    struct text id; /* absent: 12 hexadecimal digits are drawn, a letter first */
    struct text title;
    struct revision **parents;
    size_t parent_count;
    bool irreversible;            /* `down: none` */
    bool dialects[DIALECT_COUNT]; /* that it concerns; none: it has one script for all */
    bool is_merge;                /* its scripts have nothing to do */
    int64_t now;                  /* seconds since 1970, for names that are dates */
};

/* What became of it. */
struct authored {
    struct text id;
    struct text *paths; /* of the files that changed or were made, the scripts first */
    size_t path_count;
    const struct revision **heads; /* more than the manifest should have, before as now; or none */
    size_t head_count;
};

/*
 * Adds a revision to the file that holds the last of its parents, by inserting into its text; puts
 * it in the place of its parents under `heads:`, where there is one; and makes its scripts. Before
 * anything is written the new text is read: it must hold the same revisions as before and this one.
 *
 * path      of the manifest, as manifest_load takes it
 * manifest  of manifest_load_draft, resolved by graph_resolve_any_heads
 * returns   NULL, ERROR_INPUT or ERROR_SYSTEM; then nothing has changed
 */
struct error *authoring_add(struct arena *arena, struct text path, struct manifest *manifest,
                            const struct wanted *wanted, struct authored *authored) CHECKED;

/* "a, b and c": the ids of its parents. */
struct text authoring_parents(struct arena *arena, const struct wanted *wanted);

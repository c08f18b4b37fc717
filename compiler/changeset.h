/* changeset.h - files that appear or change together, or not at all. Floor 4. */
#pragma once

#include "runtime/file.h"

/* A file that is written. */
struct changed_file {
    struct changed_file *next;
    struct text path; /* of a file that changes: without links */
    struct text before, after;
    bool is_new;
    struct file_draft draft;
    bool is_there; /* in its place */
};

/* A folder that is made for a file. */
struct made_folder {
    struct made_folder *next; /* made before it */
    struct text path;
};

/* Starts as {.arena = arena}. changeset_close takes back what is not committed. */
struct changeset {
    struct arena *arena;
    struct changed_file *first, *last;
    struct made_folder *folders; /* the last one first */
    bool is_done;
};

void changeset_close(struct changeset *changeset);

/* A file where there must be none. Folders that it needs are made, too. */
void changeset_add(struct changeset *changeset, struct text path, struct text text);

/* Another text for a file that holds what was read before. Mode and group stay. */
void changeset_replace(struct changeset *changeset, struct text path, struct text before,
                       struct text after);

/*
 * Writes all files beside their places, syncs them, and only then puts them there, in the order in
 * which they were added. A failure takes back what was done. Being killed between two of them
 * leaves those in front: so what names others comes behind them.
 *
 * returns  NULL, ERROR_INPUT for a new file that exists or one that changed
 *          meanwhile, or ERROR_SYSTEM
 */
struct error *changeset_commit(struct changeset *changeset) CHECKED;

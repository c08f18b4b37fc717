/* layout_alembic.h - the revision files of Alembic, read without running Python. Floor 2. */
#pragma once

#include "compiler/python.h"
#include "runtime/dialect.h"
#include "runtime/finding.h"

enum { ALEMBIC_SETTINGS_MAX = 4 << 20 }; /* bytes of an alembic.ini */

/* A text where a file has it; without a source where none has. */
struct alembic_word {
    struct text text;
    struct span span;
};

struct alembic_words {
    struct alembic_word *list;
    size_t count;
};

struct alembic_revision {
    const struct source *source;
    struct text file; /* its name without folder and .py */
    struct text title;
    struct alembic_word id;
    struct span parents_span;     /* of the value of down_revision; no source where it is unknown */
    struct alembic_words parents; /* down_revision */
    struct alembic_words depends; /* depends_on: ids and labels */
    struct alembic_words labels;  /* branch_labels */
    struct span autocommit;       /* the word autocommit_block, where the file has it */
    bool is_empty[2];             /* upgrade() and downgrade() do nothing */

    /* What the docstring says, which Alembic does not read. */
    struct alembic_word doc_id, created;
    struct span doc_parents_span; /* of the line 'Revises:', if there is one */
    struct alembic_words doc_parents;
};

/* A history as its files tell it. Starts as {0}. */
struct alembic_tree {
    struct text project; /* the folder of alembic.ini, NUL behind it; may be absent */
    struct alembic_revision *revisions; /* by their paths */
    size_t count, capacity;
    struct alembic_word version_table; /* of env.py, where it names one */
    bool has_env, has_paramstyle;      /* there is an env.py; it has the word */
    bool has_dialect;                  /* somebody has named it: a URL in alembic.ini, for one */
    enum dialect dialect;
    struct findings findings;
    bool has_more; /* faults than are told */
};

/*
 * Reads alembic.ini, env.py and the revision files. What stands in a file but cannot be known
 * without running it is a fault at its place, and so is what Alembic could not load.
 *
 * folder   of alembic.ini, of env.py, or of the revision files themselves
 * cost     linear in the size of the files
 * returns  NULL, or why the folder cannot be read
 */
struct error *layout_alembic_read(struct arena *arena, struct text folder,
                                  struct alembic_tree *tree) CHECKED;

/* Adds the revision of one file; what cannot be one is a fault. The source is borrowed. */
void layout_alembic_add(struct arena *arena, const struct source *source,
                        struct alembic_tree *tree);

/* The settings of an env.py. */
void layout_alembic_read_env(struct arena *arena, const struct source *source,
                             struct alembic_tree *tree);

/* alembic.ini as far as it tells where the files are; paths are below its folder, or absolute. */
struct alembic_settings {
    struct text script_location;  /* absent where it says none */
    struct text *version_folders; /* none: 'versions' in the script location */
    size_t version_folder_count;
    bool is_recursive;
};

/* returns  NULL, or ERROR_INPUT at the place that cannot be understood */
struct error *layout_alembic_read_ini(struct arena *arena, const struct source *source,
                                      struct alembic_settings *settings,
                                      struct alembic_tree *tree) CHECKED;

/* Findings. Each returns the error, for hints and notes. */
struct error *layout_alembic_refuse(struct arena *arena, struct alembic_tree *tree,
                                    const char *name, struct span span, const char *format, ...)
    FORMAT(5, 6);
struct error *layout_alembic_warn(struct arena *arena, struct alembic_tree *tree, const char *name,
                                  struct span span, const char *format, ...) FORMAT(5, 6);

/* A value for a message: safe to show, and cut where it is too long for one. */
const char *layout_alembic_shown(struct arena *arena, struct text text);

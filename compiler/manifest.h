/* manifest.h - YAML nodes to revisions; unknown keys are errors. Floor 3. */
#pragma once

#include "compiler/layout.h"
#include "compiler/lint_rules.h"

enum {
    MANIFEST_SIZE_MAX = 64 << 20, /* bytes, of each file */
    INCLUDED_MAX = 10000,         /* files */
    INCLUSION_DEPTH_MAX = 16,     /* a file that is included by one that is included ... */
    ALEMBIC_ID_SIZE_MAX = 32,     /* alembic_version.version_num is a VARCHAR(32) */
};

/* An id where it is written: a parent, or an entry of `roots:` or `heads:`. */
struct reference {
    struct text id;
    struct span span;          /* where a parent is not written: of the id of the revision itself */
    bool implied;              /* no `parents:`, so the revision follows the one listed before it */
    struct revision *revision; /* found by graph_resolve */
};

struct script_reference {
    enum script_presence presence;
    struct text path; /* relative to the folder of the manifest, with '/' and without '.' or '..';
                         followed by a NUL that does not count */
    enum section section; /* of the file, by whose marks; none where it is the whole file */
    struct span span;
};

/* An entry of `allow:`. */
struct allowance {
    enum lint_rule rule;
    struct span span;
};

struct revision {
    struct text id;
    struct text title;   /* empty where there is none */
    struct text created; /* when it was written, so that texts compare as times; or absent */
    struct span span;    /* of the id */
    size_t position;     /* in the manifest, from 0 */
    struct reference *parents;
    size_t parent_count; /* none makes it a root */
    struct script_reference scripts[DIALECT_COUNT][SCRIPT_KIND_COUNT];
    bool transactional;       /* not `transaction: none` */
    const char *outside_hint; /* of a layout: how its scripts ask for none; or NULL */
    bool foreign_keys_off;    /* `foreign_keys: off`: up and down */
    bool idempotent;          /* `idempotent: true` */
    uint64_t lock_timeout_ms, statement_timeout_ms; /* `timeouts:`; 0 for those of the run */
    unsigned allowed;                               /* bits 1 << enum sql_rule */
    struct allowance *allowances;                   /* all of `allow:` */
    size_t allowance_count;

    /* Filled by graph_resolve. */
    struct revision **children;
    size_t child_count;
};

/*
 * What graph_resolve suggests for a history that no manifest tells. Then it names heads whatever
 * else is wrong: such a history is looked at once, and all that is wrong must be seen.
 */
struct graph_words {
    const char *unknown; /* a parent that is no revision, nor nearly one */
    const char *root;    /* another root */
    const char *heads;   /* several heads; NULL where they cannot be known */
};

struct manifest {
    struct text project;
    struct text folder;                         /* as a path, NUL behind it; scripts are there */
    bool dialects[DIALECT_COUNT];               /* that the manifest is for */
    struct text server_versions[DIALECT_COUNT]; /* least version required; empty for none */
    struct text *extensions;                    /* that PostgreSQL must have, each once */
    size_t extension_count;
    bool alembic_keep; /* `alembic: keep`: no id is too long for Alembic's table */
    enum lint_severity severities[LINT_RULE_COUNT]; /* as `severity:` has them, or the table */
    struct revision *revisions; /* in manifest order, those of included files last */
    size_t count;
    struct error *warnings;          /* of folders of other tools, all of them */
    struct reference *roots, *heads; /* as listed; none listed means exactly one is expected */
    size_t root_count, head_count;
    const struct graph_words *words; /* NULL for those of a manifest */

    /* Filled by graph_resolve for graph_find: a hash table, its size a power of two. */
    struct revision **by_id;
    size_t by_id_size;
};

/* Makes a revision of one that a layout has read. Its parents are found by graph_resolve. */
void manifest_take(struct arena *arena, const struct layout_revision *from,
                   const bool dialects[static DIALECT_COUNT], struct revision *to);

/*
 * Loads a manifest and the files it includes. Each error stands at its place; several are found in
 * one run, those of the manifest itself first, then file by file. Script files are not opened here.
 * ferry.yaml(5) is the specification.
 *
 * path     of the manifest, or of a folder that holds a ferry.yaml
 * cost     linear in the size of the files
 * returns  NULL, ERROR_INPUT (up to ERRORS_MAX in source order) or ERROR_SYSTEM
 */
struct error *manifest_load(struct arena *arena, struct text path,
                            struct manifest *manifest) CHECKED;

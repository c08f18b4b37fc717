/* layout.h - other tools' folders, read as revisions: the table of them. Floor 2. */
#pragma once

#include "compiler/sql.h"

/* A script where the tool has it: a file, or the part of one. */
struct layout_script {
    enum script_presence presence;
    const struct source *source; /* the file, its name a path below the root, a NUL behind it */
    enum section section;
};

struct layout_revision {
    struct text id, title; /* as a manifest may have them; the title may be empty */
    struct span span;      /* where messages about it point: in a file of the history */
    struct text *parents;
    size_t parent_count; /* none makes it a root */
    struct layout_script scripts[DIALECT_COUNT][SCRIPT_KIND_COUNT];
    bool transactional;
    unsigned allowed; /* bits 1 << enum sql_rule, which layout_measure adds */
};

struct layout_options {
    int root;                  /* a folder that paths are below */
    const struct text *places; /* below it, a NUL behind each; "." is the root itself */
    size_t place_count;
    bool dialects[DIALECT_COUNT];
    bool is_import; /* the history is written down, and does not move with the folder */
};

/* Starts as {0}. */
struct layout_history {
    struct layout_revision **revisions; /* in the order in which the tool applies them */
    size_t count, capacity;
    struct errors faults;                  /* keep it from being used */
    struct error *warnings, *last_warning; /* all of them */
};

struct layout_reader;

struct layout {
    const char *name, *summary;
    bool has_places;          /* it reads several folders */
    bool is_file;             /* its place is a file */
    const char *outside_hint; /* how to ask for no transaction; NULL: the tool sees by itself */
    struct error *(*read)(struct layout_reader *reader);
};

/* Sorted by name; the last has none. */
extern const struct layout layouts[];

/* returns  NULL where there is no layout of that name */
const struct layout *layout_find(struct text name);

/*
 * Reads a history. Scripts are opened, but only their marks are looked at, and whether they can run
 * in a transaction. Whatever is in the folder is in a revision or in a finding, but for hidden
 * files; symbolic links must not lead out of the root.
 *
 * cost     linear in the files, times their logarithm for sorting
 * returns  NULL, or an error where the folder itself cannot be read
 */
struct error *layout_read(struct arena *arena, const struct layout *layout,
                          const struct layout_options *options,
                          struct layout_history *history) CHECKED;

/*
 * Reads every script as it would be compiled. What the tool lets pass and we refuse is allowed and
 * becomes a warning; other refusals become faults.
 */
void layout_measure(struct arena *arena, const struct layout *layout,
                    const struct layout_options *options, struct layout_history *history);

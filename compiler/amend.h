/* amend.h - places for insertion in the YAML text of a manifest, and what goes there. Floor 3. */
#pragma once

#include "compiler/yaml.h"

/* A key of the revision that is added, and what stands behind it. */
struct amend_field {
    const char *key;
    enum yaml_kind kind;
    const struct text *texts; /* one, the items, or the keys of a mapping each before its value */
    size_t count;             /* of texts */
};

/* A piece of the text that another takes the place of. */
struct amend_piece {
    size_t offset, size; /* bytes of the text as it was; no size for an insertion */
    struct text text;
    struct amend_piece *next; /* behind it */
};

/* Changes of one file. All but the pieces stays as it is, byte for byte. */
struct amendment {
    struct arena *arena;
    const struct source *source;
    const struct yaml_node *root;
    struct amend_piece *pieces;
};

/* source was read as a manifest before, or as a file that one includes. */
struct error *amend_begin(struct arena *arena, const struct source *source,
                          struct amendment *amendment) CHECKED;

/*
 * Adds a revision at the end of `revisions:`, laid out as the one before it: block or brackets,
 * columns, blank lines, quotes around keys, ends of lines. Where the key is missing or empty it
 * begins a list. Comments below the last revision that are indented like its keys stay with it.
 *
 * returns  NULL, or ERROR_INPUT at the place whose surroundings are not understood
 */
struct error *amend_add_revision(struct amendment *amendment, const struct amend_field *fields,
                                 size_t count) CHECKED;

/*
 * Puts an id into the list behind a key of the root, in the place of the first of some; the others
 * are taken out. Where none of them is in the list it is added at the end.
 *
 * returns  as amend_add_revision; ERROR_INPUT, too, where there is no such list
 */
struct error *amend_list(struct amendment *amendment, const char *key, struct text id,
                         const struct text *instead_of, size_t count) CHECKED;

/* The text with all changes. */
struct text amend_text(const struct amendment *amendment);

/* The fields as one line in braces: what to write by hand where nothing can be added. */
struct text amend_line(struct arena *arena, const struct amend_field *fields, size_t count);

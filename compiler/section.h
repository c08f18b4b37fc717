/* section.h - a script that is part of a file, between the marks of goose or dbmate. Floor 2. */
#pragma once

#include "runtime/error.h"
#include "runtime/index.h"

/* By whose marks a file is divided. */
enum section {
    SECTION_NONE, /* the file is one script */
    SECTION_GOOSE,
    SECTION_DBMATE,
};

struct text section_name(enum section section); /* "goose", "dbmate" */

/* returns  false, and leaves section alone, where there is none of that name */
bool section_find(struct text name, enum section *section);

/* The mark that an up or a down script begins behind, as a person would write it. */
const char *section_mark(enum section section, enum script_kind kind);

/* A piece of a source, in bytes. */
struct part {
    size_t offset, size;
};

struct section_side {
    bool is_there;
    struct part part; /* from the line behind the mark */
    struct span mark;
    bool transactional; /* the tool runs it in a transaction */
};

enum { SECTION_SIDE_COUNT = SCRIPT_DOWN + 1 }; /* there is no verify script in a section */

/*
 * Finds the up and the down script of a file. The up script must be there, and nothing but blanks
 * and comments in front of it.
 *
 * section  not SECTION_NONE
 * sides    by enum script_kind
 * cost     linear in the size of the source
 * returns  NULL, or ERROR_INPUT: up to ERRORS_MAX in source order
 */
struct error *section_read(struct arena *arena, const struct source *source, enum section section,
                           struct section_side sides[static SECTION_SIDE_COUNT]) CHECKED;

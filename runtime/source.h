/* source.h - a named text, spans of it, and their line and column. Floor 0. */
#pragma once

#include "text.h"

struct source {
    struct text name; /* as the user knows it: a path, or what the text is */
    struct text text;
};

/* A piece of a source, in bytes. One without a source is no place at all. */
struct span {
    const struct source *source;
    size_t offset, size;
};

struct place {
    size_t line, column; /* both from 1; columns count characters */
    struct text text;    /* the line without its end */
    size_t offset;       /* of the span in that line, in bytes */
};

struct span span_of(const struct source *source, struct text piece); /* piece lies in the source */

/* Scans from the start: for the few places that are printed. A byte-order mark has no column. */
struct place span_place(struct span span);

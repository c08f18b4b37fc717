/* tidy.h - the text of a manifest in its one layout, with all comments. Floor 3. */
#pragma once

#include "compiler/yaml.h"

/*
 * Lays a text out as ferry.yaml(5) says: columns, spaces, the order of a revision's keys, quotes
 * only where they are needed. What is written over several lines in brackets, quotes or as a block
 * text is moved as a whole. Comments stay at what they stood at. All lines end as the first one.
 * A manifest in braces stays as it is.
 *
 * The result is read again: it has the same keys and texts, and every comment.
 *
 * source   a manifest, or a file that one includes
 * returns  NULL, or ERROR_INPUT at the place that nothing is known about
 */
struct error *tidy_text(struct arena *arena, const struct source *source,
                        struct text *text) CHECKED;

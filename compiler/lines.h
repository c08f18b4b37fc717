/* lines.h - where the lines of a text begin and end, and columns in them. Floor 2. */
#pragma once

#include "runtime/text.h"

/* Lines end at LF, CR LF or a lone CR. A byte-order mark stands before the first one. */
bool lines_is_end(char byte);

size_t lines_start(struct text text, size_t at); /* of the line that holds the offset */
size_t lines_end(struct text text, size_t at);   /* before what ends it */
size_t lines_next(struct text text, size_t end); /* behind what stands at the end of a line */
size_t lines_skip_blanks(struct text text, size_t at);

size_t lines_column(struct text text, size_t at);    /* in characters, from 0 */
bool lines_begins_with(struct text text, size_t at); /* nothing but blanks before it */

/* What ends the line that holds the offset; the last one ends as the first. */
struct text lines_ending(struct text text, size_t at);

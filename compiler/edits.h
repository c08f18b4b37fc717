/* edits.h - the lines that two texts differ in, as a unified diff. Floor 2. */
#pragma once

#include "runtime/buffer.h"

/*
 * Writes the hunks that make new of old, with three lines of context, as diff -u does without its
 * two headings; nothing where the texts are equal. A line ends behind its LF, and the last one may
 * lack it, which is told as diff tells it.
 *
 * The hunks are always right. They are the shortest, unless more than 2,048 lines came and went, or
 * more than two million lines of the two texts stand between the first and the last of them: then
 * all lines between those two go, and all come.
 *
 * cost  O(size log lines), and 2,048 times the lines at the very worst; memory for 8 MiB and 28
 *       bytes a line
 */
void edits_write(struct buffer *to, struct text old, struct text new);

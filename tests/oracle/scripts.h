/* scripts.h - scripts by lot, from a grammar: what the lexers are compared on with others. */
#pragma once

#include "runtime/buffer.h"
#include "runtime/dialect.h"

enum scripts_kind {
    SCRIPTS_VALID, /* statements that the database understands */
    SCRIPTS_SOUP,  /* quotes, comments and words in any order */
};

/*
 * Replaces what the buffer holds by a script and a NUL that does not count, the same one for the
 * same state. A backslash stands in front of no letter, '!' or '?', so that psql may read it: a
 * command that does something begins with one of these.
 */
struct text scripts_make(struct buffer *buffer, enum dialect dialect, enum scripts_kind kind,
                         uint64_t *state);

/* How many scripts a test compares: SCRIPTS in the environment, or these. */
size_t scripts_count(size_t otherwise);

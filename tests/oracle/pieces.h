/* pieces.h - a script cut by our lexers, as far as they refuse nothing; for comparing. */
#pragma once

#include "compiler/sql_lexer.h"

/* Gives one statement after the other, and what was refused on the way. */
struct pieces {
    struct sql_options options;
    struct source source;
    struct reader reader;
    struct lexer lexer;
    bool is_ended; /* the last that was given, by a semicolon */
};

/*
 * script   is followed by a NUL that does not count
 * allowed  as in struct sql_options
 */
void pieces_start(struct pieces *pieces, struct arena *arena, struct text script,
                  enum dialect dialect, unsigned allowed);

/* returns  false at the end, and at the first refusal: see pieces_are_all */
bool pieces_next(struct pieces *pieces, struct text *piece);

/* After the last: whether nothing was refused, so that these were all statements. */
bool pieces_are_all(const struct pieces *pieces);

/* Where two texts are not the same apart from blanks, both are shown, and the test fails. */
void pieces_compare(struct text script, struct text ours, struct text theirs);
/* The same where one side has no statement any more. */
void pieces_fail(struct text script, const char *who, struct text what);

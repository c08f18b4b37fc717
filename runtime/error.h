/* error.h - what went wrong, where, and what to try. Floor 0. */
#pragma once

#include "arena.h"
#include "source.h"

#include <stdio.h>

enum error_code {
    ERROR_INPUT,     /* a manifest, a graph or a script is refused */
    ERROR_USAGE,     /* the command line */
    ERROR_UNTRUSTED, /* a bundle that is damaged, unsigned, or not signed by enough trusted keys */
    ERROR_DATABASE,  /* the database refused; what was under way is rolled back */
    ERROR_SYSTEM,    /* the operating system refused: files, memory, processes */
    ERROR_STATE,     /* the target's state does not fit the bundle */
    ERROR_LOCKED,    /* another run holds the lock */
    ERROR_UNKNOWN,   /* the outcome is unknown or half done: a person must look */
};

enum { ERRORS_MAX = 20 }; /* how many errors one pass reports */

struct note {
    struct note *next;
    struct text message;
    struct span span;
};

/* NULL is success; a failure is its own message. All of it lives in the arena it was made in. */
struct error {
    enum error_code code;
    struct text message; /* one factual line, lower case, names in single quotes */
    struct span span;    /* where, if the error has a place */
    struct text hint;    /* a sentence saying what to do, if one is probably right */
    struct note *notes;
    struct error *next; /* further errors of the same pass */
};

struct error *error_plain(struct arena *arena, enum error_code code, const char *format, ...)
    FORMAT(3, 4);
struct error *error_at(struct arena *arena, enum error_code code, struct span span,
                       const char *format, ...) FORMAT(4, 5);
/* ERROR_SYSTEM, its message followed by what errno says. */
struct error *error_system(struct arena *arena, const char *format, ...) FORMAT(2, 3);

/* Each returns the error it was given. */
struct error *error_hint(struct arena *arena, struct error *error, const char *format, ...)
    FORMAT(3, 4);
struct error *error_note(struct arena *arena, struct error *error, struct span span,
                         const char *format, ...) FORMAT(4, 5);

/* The errors of one pass, in the order they were added; starts as {0}. */
struct errors {
    struct error *first, *last;
    size_t count;
};

/* Adds an error and all that hang on it; NULL adds nothing. More than ERRORS_MAX are dropped. */
void errors_add(struct errors *errors, struct error *error);
bool errors_full(const struct errors *errors);

/* The first error, the others behind it ordered by source and offset; NULL where there are none. */
struct error *errors_sorted(struct errors *errors);

int error_status(const struct error *error); /* the exit status of the first error; 0 for NULL */

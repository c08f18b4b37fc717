/* report.h - renders results, errors and progress; alone in knowing terminals. Floor 0. */
#pragma once

#include "error.h"

/* How a piece of a result looks on a terminal with colours; elsewhere all look alike. */
enum style {
    STYLE_PLAIN,
    STYLE_FAINT,
    STYLE_WRONG, /* what is damaged */
    STYLE_HUE,   /* the first of HUE_COUNT colours that tell things apart */
};

enum { HUE_COUNT = 5 };

struct piece {
    struct text text;
    unsigned style; /* enum style; STYLE_HUE + n for another hue */
};

/* What results go to. */
struct screen {
    bool colour;    /* a terminal, and no NO_COLOR */
    size_t columns; /* of a terminal; 0 elsewhere: lines may be of any length */
    bool unicode;   /* the locale is one of UTF-8 */
};

struct report {
    FILE *results, *messages; /* stdout and stderr */
    struct arena *arena;      /* for escaping */
    bool quiet;               /* no notes and no progress; results and errors stay */
    bool colour;              /* on messages: a terminal, and no NO_COLOR */
    bool live;                /* messages go to a terminal that can redraw its last line */
    bool drawn;               /* a progress line stands on the terminal */
    struct screen screen;
};

struct report report_new(struct arena *arena, FILE *results, FILE *messages);

/* One line of result. Whatever the values hold, one line of safe characters is printed. */
void report_line(struct report *report, const char *format, ...) FORMAT(2, 3);

/* One line of result made of pieces, each in its style. */
void report_pieces(struct report *report, const struct piece *pieces, size_t count);

/* One line about the work on stderr, unless quiet. */
void report_note(struct report *report, const char *format, ...) FORMAT(2, 3);

/* Bytes as they are; to a terminal, with all but line ends and tabs escaped. */
void report_bytes(struct report *report, struct text bytes);

/* Where the work stands: redrawn in place on a terminal, a line of its own elsewhere. */
void report_progress(struct report *report, const char *format, ...) FORMAT(2, 3);

/* An error and those behind it: place, excerpt with caret, notes, hint. */
void report_error(struct report *report, const struct error *error);

/* One that ends nothing, under another word than "error"; unless quiet. */
void report_finding(struct report *report, const char *kind, const struct error *error);

/* ERROR_SYSTEM where a result could not be written, to a full disk for one. */
struct error *report_finish(struct report *report) CHECKED;

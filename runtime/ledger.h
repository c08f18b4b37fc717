/* ledger.h - which revisions a database has, compared with a bundle. Floor 2. */
#pragma once

#include "index.h"

enum ledger_event {
    LEDGER_APPLIED,    /* a revision, in the transaction of this row */
    LEDGER_STARTED,    /* a revision without a transaction is about to run: from its first piece, or
                          from the one that was refused */
    LEDGER_PROGRESSED, /* one more of its pieces is done */
    LEDGER_FAILED,     /* the piece after those was refused, and nothing of it is left */
    LEDGER_FINISHED,   /* it ran to its end */
};

/* The columns, in the order in which they are digested; docs/ledger.md explains each. */
enum ledger_field {
    FIELD_NUMBER,
    FIELD_EVENT,
    FIELD_PROJECT,
    FIELD_REVISION,
    FIELD_SCRIPT,
    FIELD_BUNDLE,
    FIELD_RELEASE,
    FIELD_SEQUENCE,
    FIELD_NOTE,
    FIELD_WHO,
    FIELD_STARTED,
    FIELD_FINISHED,
    FIELD_TOOL,
    FIELD_PREVIOUS,
    FIELD_DIGEST,
    LEDGER_FIELD_COUNT,
};

const char *ledger_field_name(enum ledger_field field);

/* Numbers begin at 1; each row holds the digest of the one before, 64 zeros in the first. */
struct ledger_row {
    uint64_t number;
    enum ledger_event event;
    struct text project, revision;
    struct digest script; /* of the up script that ran */
    struct digest bundle; /* of the index it came in */
    struct text release;
    uint64_t sequence;
    struct text note;              /* overrides by name, reasons; may be empty */
    struct text who;               /* user@host */
    struct text started, finished; /* UTC, "2026-11-22T23:36:00.123Z" */
    struct text tool;
    struct digest previous, digest;
};

struct ledger {
    struct ledger_row *rows;
    size_t count;
};

const char *ledger_event_name(enum ledger_event event);
struct text ledger_now(struct arena *arena); /* for started and finished */

/* Fills number, previous and digest so that the row continues the ledger. */
void ledger_continue(struct arena *arena, const struct ledger *ledger, struct ledger_row *row);

/* Adds a row that the target has recorded. */
void ledger_append(struct arena *arena, struct ledger *ledger, const struct ledger_row *row);

/* A row as text, a cell for each field; and back. */
void ledger_cells(struct arena *arena, const struct ledger_row *row,
                  struct text cells[static LEDGER_FIELD_COUNT]);

/*
 * Reads all rows and verifies the chain: numbers without a gap, digests that follow each other.
 *
 * cells    row by row
 * returns  NULL or ERROR_STATE naming the first row that was changed, removed or forged
 */
struct error *ledger_read(struct arena *arena, const struct text *cells, size_t row_count,
                          struct ledger *ledger) CHECKED;

/* The digest of the last row: what is written down to notice later that a tail was cut off. */
struct digest ledger_head(const struct ledger *ledger);

enum step_state {
    STEP_PENDING,
    STEP_APPLIED,
    STEP_STOPPED,     /* begun without a transaction, and refused at a known piece */
    STEP_INTERRUPTED, /* begun without a transaction; what became of one piece is unknown */
};

struct ledger_state {
    enum step_state *steps; /* by position in the index */
    size_t *pieces;         /* how many of its pieces are done, where it was begun */
    size_t applied;
    const struct ledger_row *last; /* NULL where nothing was ever applied */
};

/*
 * What the ledger says of each step of a bundle.
 *
 * allow_older  a bundle below the highest sequence on record is accepted
 * cost         O((rows + steps) log steps)
 * returns      NULL or ERROR_STATE: another project, an older bundle, a revision the bundle does
 * not know, a script that was changed after it was applied, a revision without its parent
 */
struct error *ledger_compare(struct arena *arena, const struct ledger *ledger,
                             const struct index *index, bool allow_older,
                             struct ledger_state *state) CHECKED;

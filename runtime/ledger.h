/* ledger.h - which revisions a database has, compared with a bundle. Floor 2. */
#pragma once

#include "finding.h"
#include "index.h"

enum ledger_event {
    LEDGER_APPLIED,    /* a revision, in the transaction of this row */
    LEDGER_STARTED,    /* a script without a transaction is about to run: from its first piece, or
                          from the one that was refused */
    LEDGER_PROGRESSED, /* one more of its pieces is done */
    LEDGER_FAILED,     /* the piece after those was refused, and nothing of it is left */
    LEDGER_FINISHED,   /* it ran to its end */
    LEDGER_RESUMED,    /* a person looked, and says how many of its pieces are done */
    LEDGER_STAMPED,    /* a revision that was there already: nothing ran */
};

/* The columns, in the order in which they are digested; docs/ledger.md explains each. */
enum ledger_field {
    FIELD_NUMBER,
    FIELD_EVENT,
    FIELD_PROJECT,
    FIELD_REVISION,
    FIELD_SCRIPT,
    FIELD_PIECES,
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
    enum script_kind kind; /* SCRIPT_DOWN where the revision was undone */
    struct text project, revision;
    struct digest script; /* of that script */
    uint64_t pieces;      /* of it that are done, as this row is written */
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

/* "applied", "undo-started"; NULL for what cannot be: nobody stamps a revision as undone. */
const char *ledger_event_name(enum ledger_event event, enum script_kind kind);
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

/*
 * That a digest which was written down belongs to a row: everything up to it is then as it was.
 *
 * returns  NULL or ERROR_STATE
 */
struct error *ledger_expect(struct arena *arena, const struct ledger *ledger,
                            const struct digest *digest) CHECKED;

enum standing {
    STEP_PENDING,
    STEP_APPLIED,
    STEP_STOPPED,     /* a script was begun without a transaction; what is done of it is known */
    STEP_INTERRUPTED, /* likewise, but what became of one piece is unknown */
};

struct step_state {
    enum standing standing;
    enum script_kind kind; /* of the script that was begun */
    size_t pieces;         /* of it that are done */
    bool again;            /* it was begun anew, after an attempt of which something may be done */
    const struct ledger_row *applied; /* what made it applied; NULL where it is not */
    const struct ledger_row *begun;   /* what was said last of the script that was begun */
};

/* Begun without a transaction, and not ended. */
bool ledger_is_begun(const struct step_state *step);

/* What the rows alone say of one revision. */
struct ledger_revision {
    const struct ledger_row *last;
    struct step_state state;
};

/* Each revision that the ledger names, sorted by id. O(rows log rows) */
struct ledger_revision *ledger_revisions(struct arena *arena, const struct ledger *ledger,
                                         size_t *count);

struct ledger_state {
    struct step_state *steps; /* by position in the index */
    size_t applied;
};

struct ledger_policy {
    uint64_t now;     /* seconds since 1970 */
    bool allow_older; /* a bundle below the highest sequence on record */
    bool allow_clock; /* a clock behind the last row: expiry means nothing then */
};

/*
 * What the ledger says of each step of a bundle, and what of it cannot be: another project, an
 * older bundle, a revision the bundle does not know, a script that was changed after it had run, a
 * revision without its parent.
 *
 * cost     O((rows + steps) log steps)
 * returns  false where it is another project or an older bundle: nothing more is compared then
 */
bool ledger_compare(struct arena *arena, const struct ledger *ledger, const struct index *index,
                    const struct ledger_policy *policy, struct ledger_state *state,
                    struct findings *findings);

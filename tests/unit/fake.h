/*
 * fake.h - signed bundles of small revisions, and a target that records what it is asked and may
 * fail at any call.
 */
#pragma once

#include "runtime/bundle.h"
#include "runtime/target.h"

struct revision {
    const char *id, *parents;       /* one letter each */
    const char *up, *down, *verify; /* NULL where there is none */
    const char *flags; /* of "none", "idempotent", "keys-off", "down-keys-off", "timeouts" */
    bool one_piece;    /* do not cut in front of each line */
};

/* Lines that begin with "build" make an index of that name, outside a transaction. */
void fake_bundle(struct arena *arena, const struct revision *list, size_t count, bool alembic,
                 struct bundle *bundle);

struct fake {
    struct target target;
    struct buffer log;
    size_t calls, fails_at; /* from 1; 0 for never */
    enum error_code code;   /* of that failure */
    size_t signals_at;      /* a SIGINT comes during this call; 0 for never */
    bool keeps;             /* what failed, a commit or a connection, has worked all the same */
    bool hides;             /* after a failure the ledger cannot be read */
    bool dies;              /* after a failure nothing works any more */
    bool failed, open;
    const char *finds;  /* "w" for a warning before a run, "F" for a fault; NULL for nothing */
    struct needs needs; /* of the last look */
    enum built built;   /* of the index that is built */
    struct buffer done; /* what ran outside a transaction */
    struct ledger ledger, pending; /* rows; and those of the open transaction */
    bool recorded;                 /* the last thing it was asked was to record a row */
    /* Alembic's table: NULL for none, or its rows, one letter each; and in the open transaction. */
    const char *versions, *pending_versions;
};

extern const struct target_operations fake_operations;

struct fake *fake_of(struct target *target);

struct fake fake_new(void);
void fake_free(struct fake *fake);

/*
 * Events that a run before has left: "+a" applied, ">a" started, ".a" progressed, "!a" failed, "<a"
 * finished, "~a" resumed, "=a" stamped; with "-" in front of that, or alone for "+", of the down
 * script. Behind the id stands how many pieces are done, where it is not the kind of event that
 * has none or all of them.
 */
void fake_append(struct arena *arena, const struct bundle *bundle, struct ledger *ledger,
                 const char *events);
const char *fake_events(struct arena *arena, const struct ledger *ledger);

/* What Alembic's table would have to say beside this ledger, in the order of the alphabet. */
const char *fake_heads(struct arena *arena, const struct bundle *bundle,
                       const struct ledger *ledger);

/* compile.h - the scripts of an order: read, split, rehearsed, packed. Floor 4. */
#pragma once

#include "compiler/lint.h"
#include "compiler/order.h"
#include "compiler/rehearsal.h"
#include "compiler/writer.h"
#include "runtime/report.h"

struct compile_options {
    enum dialect dialect;
    struct rehearsal *rehearsal; /* of the dialect; NULL to run nothing */
    struct lint *lint;           /* what looks at the scripts, too; NULL for nothing */
    struct writer *writer;       /* where scripts go, and schemas; NULL to check them only */
    struct report *report;       /* for progress on a terminal; NULL for none */
};

/* What one dialect's scripts were found to be. */
struct compiled {
    struct index_step *steps; /* in order; complete where there is a writer */
    size_t count;
    size_t script_count, statement_count;
    uint64_t size;          /* bytes of all scripts */
    struct error *warnings; /* up to ERRORS_MAX, by script; NULL for none */
};

/*
 * Reads every script once, in order. A script that is refused does not keep the others from being
 * read; the rehearsal stops at the first script that the database refuses.
 *
 * cost     linear in the scripts; the memory of the largest script and of the index entries
 * returns  NULL, ERROR_INPUT (up to ERRORS_MAX) or ERROR_SYSTEM
 */
struct error *compile_run(struct arena *arena, const struct manifest *manifest,
                          const struct order *order, const struct compile_options *options,
                          struct compiled *compiled) CHECKED;

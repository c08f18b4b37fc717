/* checkpoint.h - a database kept from one rehearsal to the next: where that may begin. Floor 4. */
#pragma once

#include "runtime/index.h"

/*
 * What stands behind a number of revisions that were rehearsed and found in order. It is of use
 * where they still are what they were, to the byte, and so are the programs.
 */
struct checkpoint {
    size_t count;      /* revisions; 0 for none */
    struct text image; /* of the database */
};

/*
 * A digest for each beginning of an order, by number of revisions: of ids, scripts, terms, and the
 * versions of sqlferry and SQLite.
 *
 * steps    with the digests of their sources
 * returns  count + 1 digests
 */
struct digest *checkpoint_digests(struct arena *arena, const struct index_step *steps,
                                  size_t count);

/*
 * checkpoint  empty where there is no such file, or it is about other revisions
 * returns     NULL, ERROR_INPUT for a file that is no checkpoint, ERROR_SYSTEM
 */
struct error *checkpoint_load(struct arena *arena, struct text path, const struct digest *digests,
                              size_t count, struct checkpoint *checkpoint) CHECKED;
struct error *checkpoint_save(struct arena *arena, struct text path, const struct digest *digests,
                              const struct checkpoint *checkpoint) CHECKED;

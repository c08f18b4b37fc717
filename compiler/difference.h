/* difference.h - what two indexes differ in: revisions that came, went or changed. Floor 3. */
#pragma once

#include "compiler/fields.h"

/* A field that two bundles have with different values. */
struct change {
    struct field old, new;
    enum weight weight;
};

/* A revision that both bundles have. */
struct kept {
    const struct index_step *old, *new;
    bool changed, reordered;
    enum weight weight; /* the highest of its changes; being reordered weighs WEIGHT_HOSTS */
};

/* A revision that only the newer bundle has. */
struct added {
    const struct index_step *step;
    /* The next one behind it that the older bundle has, too; NULL where there is none. Where that
     * has run already, this one runs behind it all the same. */
    const struct index_step *follower;
};

struct difference {
    const struct index *old, *new;
    struct change changes[BUNDLE_FIELD_COUNT]; /* of the bundles themselves */
    size_t change_count;
    const struct index_step **removed; /* in the order of old */
    size_t removed_count;
    struct kept *kept; /* in the order of new */
    size_t kept_count, changed_count, reordered_count;
    struct added *added; /* in the order of new */
    size_t added_count;
    size_t after_release_count; /* revisions of old that were removed, or are kept with a weight */
    enum weight weight;         /* the highest of all */
};

/*
 * Compares two indexes. The revisions that count as reordered are the fewest that explain the order
 * of new: all others of old, without what was removed, stand in the same order in both.
 *
 * difference  borrows both indexes
 * cost        O(R log R) for R revisions, and the size of what is said of them
 */
struct difference difference_find(struct arena *arena, const struct index *old,
                                  const struct index *new);

/* What changed in a revision that was kept. returns  how many changes there are */
size_t difference_of_step(const struct difference *difference, const struct kept *kept,
                          struct change changes[static STEP_FIELD_COUNT]);

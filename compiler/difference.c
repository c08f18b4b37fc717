#include "compiler/difference.h"

static enum weight heavier(enum weight a, enum weight b)
{
    return a > b ? a : b;
}

/* Both tables have the same fields in the same order. */
static size_t compare_fields(const struct field *old, const struct field *new, size_t count,
                             struct change *changes)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        if (!fields_equal(&old[i], &new[i]))
            changes[found++] = (struct change){old[i], new[i], new[i].weight};
    return found;
}

static void compare_bundles(struct difference *difference)
{
    struct field old[BUNDLE_FIELD_COUNT], new[BUNDLE_FIELD_COUNT];

    fields_of_bundle(difference->old, old);
    fields_of_bundle(difference->new, new);
    difference->change_count = compare_fields(old, new, BUNDLE_FIELD_COUNT, difference->changes);
    for (size_t i = 0; i < difference->change_count; i++) {
        struct change *change = &difference->changes[i];

        /* The number is the sequence: hosts go forward only. */
        if (change->new.kind == FIELD_NUMBER && change->new.number < change->old.number)
            change->weight = WEIGHT_REFUSED;
        difference->weight = heavier(difference->weight, change->weight);
    }
}

/* A parent that old has not is one that its hosts have not applied. */
static bool has_new_parent(const struct difference *difference, const struct index_step *step)
{
    for (size_t i = 0; i < step->parent_count; i++)
        if (!index_find(difference->old, step->parents[i]))
            return true;
    return false;
}

size_t difference_of_step(const struct difference *difference, const struct kept *kept,
                          struct change changes[static STEP_FIELD_COUNT])
{
    struct field old[STEP_FIELD_COUNT], new[STEP_FIELD_COUNT];

    fields_of_step(kept->old, old);
    fields_of_step(kept->new, new);
    size_t count = compare_fields(old, new, STEP_FIELD_COUNT, changes);
    for (size_t i = 0; i < count; i++)
        if (changes[i].new.kind == FIELD_WORDS && has_new_parent(difference, kept->new))
            changes[i].weight = WEIGHT_REFUSED; /* the words are the parents */
    return count;
}

/* Removed are those of old that new lacks; kept and added, in the order of new. */
static void match_steps(struct arena *arena, struct difference *difference)
{
    const struct index *old = difference->old, *new = difference->new;
    const struct index_step *follower = NULL;

    difference->removed = arena_array(arena, const struct index_step *, old->step_count);
    difference->kept = arena_array(arena, struct kept, new->step_count);
    difference->added = arena_array(arena, struct added, new->step_count);
    for (size_t i = 0; i < old->step_count; i++)
        if (!index_find(new, old->steps[i].id))
            difference->removed[difference->removed_count++] = &old->steps[i];
    for (size_t i = 0; i < new->step_count; i++) {
        const struct index_step *step = &new->steps[i], *found = index_find(old, step->id);

        if (found)
            difference->kept[difference->kept_count++] = (struct kept){.old = found, .new = step};
        else
            difference->added[difference->added_count++].step = step;
    }

    /* From the back, so that each added revision meets its follower once. */
    size_t kept = difference->kept_count, added = difference->added_count;
    while (added > 0) {
        if (kept > 0 && difference->kept[kept - 1].new > difference->added[added - 1].step)
            follower = difference->kept[--kept].new;
        else
            difference->added[--added].follower = follower;
    }
}

/*
 * Marks what was reordered: all that is not in a longest increasing subsequence of the places in
 * old, taken in the order of new. ends[n] is the kept revision with the earliest place in old that
 * an increasing subsequence of n + 1 can end with; places there ascend, so it is found by halving.
 */
static void find_reordered(struct arena *arena, struct difference *difference)
{
    struct kept *kept = difference->kept;
    size_t count = difference->kept_count, length = 0;
    size_t *ends = arena_array(arena, size_t, count);
    size_t *before = arena_array(arena, size_t, count); /* whom it follows in a subsequence */

    for (size_t i = 0; i < count; i++) {
        size_t low = 0, high = length;

        while (low < high) {
            size_t middle = low + (high - low) / 2;

            if (kept[ends[middle]].old < kept[i].old)
                low = middle + 1;
            else
                high = middle;
        }
        before[i] = low ? ends[low - 1] : SIZE_MAX;
        ends[low] = i;
        length += low == length;
        kept[i].reordered = true;
    }
    for (size_t i = length ? ends[length - 1] : SIZE_MAX; i != SIZE_MAX; i = before[i])
        kept[i].reordered = false;
    difference->reordered_count = count - length;
}

static void weigh_steps(struct difference *difference)
{
    struct change changes[STEP_FIELD_COUNT];

    for (size_t i = 0; i < difference->kept_count; i++) {
        struct kept *kept = &difference->kept[i];
        size_t count = difference_of_step(difference, kept, changes);

        kept->changed = count > 0;
        kept->weight = kept->reordered ? WEIGHT_HOSTS : WEIGHT_NONE;
        for (size_t j = 0; j < count; j++)
            kept->weight = heavier(kept->weight, changes[j].weight);
        difference->changed_count += kept->changed;
        difference->after_release_count += kept->weight > WEIGHT_NONE;
        difference->weight = heavier(difference->weight, kept->weight);
    }
    difference->after_release_count += difference->removed_count;
    if (difference->removed_count)
        difference->weight = WEIGHT_REFUSED;
}

struct difference difference_find(struct arena *arena, const struct index *old,
                                  const struct index *new)
{
    struct difference difference = {.old = old, .new = new};

    compare_bundles(&difference);
    match_steps(arena, &difference);
    find_reordered(arena, &difference);
    weigh_steps(&difference);
    return difference;
}

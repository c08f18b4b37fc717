/* graph.h - parents that are found, and what is wrong: roots, heads, cycles, orphans. Floor 3. */
#pragma once

#include "compiler/manifest.h"

/* What can be wrong with a revision's place in the graph. */
enum damage {
    DAMAGE_REPEATED_ID,    /* an earlier revision has its id; no parent means this one */
    DAMAGE_UNKNOWN_PARENT, /* nothing has the id of one of its parents */
    DAMAGE_OWN_PARENT,     /* it names itself as a parent */
    DAMAGE_PARENT_TWICE,   /* it names a parent twice */
    DAMAGE_CYCLE,          /* it is its own ancestor, over more than one step */
    DAMAGE_ROOT,           /* it has no parents, and nobody expects it to have none */
    DAMAGE_HEAD,           /* it has no children, and `heads:` does not list it */
    DAMAGE_SEVERAL_HEADS,  /* it has no children, nor has another, and `heads:` lists none */
    DAMAGE_COUNT,
};

/* "unexpected root": in a few words, for people and programs alike. */
const char *graph_damage_name(enum damage damage);

/*
 * Finds the revisions that parents, `roots:` and `heads:` name, and fills children. Then checks the
 * graph, and marks all damage that is about one revision, however much there is: unknown parents
 * (nearest id as hint), duplicate ids, revisions that are their own parent or ancestor, duplicate
 * parents, roots and heads nobody listed, revisions that no head reaches. Heads are left alone
 * where ids or parents are wrong: they would be wrong only because of that; with the words of an
 * imported history they are told, too.
 *
 * manifest  its revisions stand at their positions; on failure, too, all but parents that lead
 *           nowhere are found
 * cost      O(V + E) plus the search for near ids of the few unknown ones
 * returns   NULL, or ERROR_INPUT: up to ERRORS_MAX in source order, file by file
 */
struct error *graph_resolve(struct arena *arena, struct manifest *manifest) CHECKED;

/*
 * As graph_resolve, but revisions without children are right as they are, listed or not, for who
 * shows heads or merges them. May be called before or after it.
 */
struct error *graph_resolve_any_heads(struct arena *arena, struct manifest *manifest) CHECKED;

/*
 * The revision a user means by an id, or by a beginning that no other id has.
 *
 * cost     O(V) where it is no whole id
 * returns  NULL, or ERROR_INPUT without a place
 */
struct error *graph_match(struct arena *arena, const struct manifest *manifest, struct text id,
                          struct revision **revision) CHECKED;

/* The revisions that nothing follows, in manifest order. returns  how many they are */
size_t graph_heads(struct arena *arena, const struct manifest *manifest,
                   const struct revision ***heads);

/* The revision of this id, or NULL; of a manifest that went through graph_resolve. Cost: O(1). */
struct revision *graph_find(const struct manifest *manifest, struct text id);

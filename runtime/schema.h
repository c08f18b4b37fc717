/* schema.h - what a database consists of, object by object: order, digest, differences. Floor 0. */
#pragma once

#include "buffer.h"
#include "crypto.h"

/* docs/format.md, "Schemas", is the specification of all this. */
enum { SCHEMA_METHOD = 1 }; /* how objects are told apart and spelt; another one compares nothing */

struct object {
    struct text kind;       /* "table", "column": a word */
    struct text name;       /* as in "orders.total" */
    struct text definition; /* as the database gives it, spelt canonically; may be empty */
    struct digest digest;   /* of all three, in their line */
};

/* Objects by kind and name, each once. Starts as {0}; borrows its objects. */
struct schema {
    const struct object **list;
    size_t count, capacity;
};

void schema_free(struct schema *schema);

/* Adds an object that the arena keeps, behind the others: schema_sort puts it in its place. */
void schema_add(struct arena *arena, struct schema *schema, struct text kind, struct text name,
                struct text definition);

void schema_append(struct schema *schema, const struct object *object); /* one that is there */

/* How an object stands to one of this kind and name, as memcmp. */
int schema_order(const struct object *object, struct text kind, struct text name);

/* Of several objects of one kind and name the first by definition stays. */
void schema_sort(struct schema *schema);

/* Takes objects out, told by address, and others in. All three are sorted, these two here. */
void schema_replace(struct schema *schema, struct schema *removed, struct schema *added);

/* Both sorted. to becomes what from is. */
void schema_copy(struct schema *to, const struct schema *from);

/* BLAKE2b-256 over the digests of all objects, in order. */
struct digest schema_digest(const struct schema *schema);

struct schema_change {
    const struct object *before, *after; /* NULL where it was, or is, not there */
};

struct schema_changes {
    struct schema_change *list;
    size_t count;
};

/*
 * What made one schema of another, by kind and name.
 * cost  O(V + W): linear in both
 */
void schema_compare(struct arena *arena, const struct schema *before, const struct schema *after,
                    struct schema_changes *changes);

/* Whether an object came, or went, with the table it is a part of, which tells of it. */
bool schema_is_covered(const struct schema_changes *changes, const struct schema_change *change);

/*
 * What definitions say, for messages: no more than what a line holds; of two, from a few words
 * before the place where they differ.
 *
 * change  with a before and an after
 */
struct text schema_excerpt(struct arena *arena, const struct object *object);
void schema_excerpts(struct arena *arena, const struct schema_change *change, struct text *before,
                     struct text *after);

/* Changes as text: a line each, "+kind name HT definition" or "-kind name". */
void schema_write(struct buffer *to, const struct schema_changes *changes);

/*
 * Collects changes, text by text in the order in which they came, and gives the schema that they
 * lead to from an empty one. Starts as {0}.
 */
struct schema_history {
    struct history_line {
        const struct object *object;
        size_t number;
        bool is_gone;
    } * lines;
    size_t count, capacity;
};

void schema_history_free(struct schema_history *history);

/* returns  NULL, or ERROR_UNTRUSTED for a text that schema_write does not write */
struct error *schema_history_add(struct arena *arena, struct schema_history *history,
                                 struct text changes) CHECKED;
/* cost  O(V log V) */
void schema_history_end(struct schema_history *history, struct schema *schema);

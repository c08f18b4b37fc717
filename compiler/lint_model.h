/* lint_model.h - what there is in a database while its scripts are read: named objects. Floor 2. */
#pragma once

#include "runtime/arena.h"

enum object_kind {
    OBJECT_TABLE,
    OBJECT_VIEW, /* materialized, too */
    OBJECT_INDEX,
    OBJECT_SEQUENCE,
    OBJECT_TYPE, /* a domain, too */
    OBJECT_FUNCTION,
    OBJECT_SCHEMA,
    OBJECT_EXTENSION,
    OBJECT_ROLE,
    OBJECT_COLLATION,
    OBJECT_STATISTICS,
    OBJECT_PUBLICATION,
    OBJECT_SUBSCRIPTION,
    OBJECT_SERVER,
    OBJECT_WRAPPER,
    OBJECT_EVENT_TRIGGER,
    OBJECT_SQLITE_TRIGGER,
    OBJECT_COLUMN, /* from here on the name is one of its owner's */
    OBJECT_CONSTRAINT,
    OBJECT_TRIGGER,
    OBJECT_POLICY,
    OBJECT_RULE,
};

/* Columns and expressions of an index or a constraint, as far as they are plain words. */
struct object_words {
    struct text *list;
    size_t count;
};

/* There are as many as all scripts create, so they are small. */
struct object {
    enum object_kind kind : 8;
    bool is_there : 1;
    bool is_by_down : 1;      /* created in a down script */
    bool is_gone_by_down : 1; /* dropped or renamed last in one */
    bool is_guarded : 1;      /* created by IF NOT EXISTS, OR REPLACE or under a condition */
    bool is_implied : 1;      /* no script creates it: a table that is altered, for one */
    bool is_restored : 1;     /* the down script replaces it by an earlier one */
    bool is_temporary : 1;
    bool has_fallen : 1;     /* dropped because its owner was */
    bool is_opaque : 1;      /* a table whose columns are not all known */
    bool is_partitioned : 1; /* a table */
    bool is_enum : 1;        /* a type */
    bool has_index : 1;      /* a constraint */
    bool is_plain : 1;       /* an index over columns alone, without WHERE */
    bool is_unique : 1;      /* an index */
    bool was_there : 1;      /* at the mark of the last comparison that met it */

    uint32_t number;                 /* a count of all objects */
    uint32_t revision;               /* that created it, by its number in the order; 0 for none */
    uint32_t offset, size;           /* of its name there */
    uint32_t gone_offset, gone_size; /* where it was dropped or renamed last; 0 where it fell */
    uint32_t altered;                /* a table: the last revision that altered it */
    uint32_t unvalidated; /* a constraint: the revision that added it as NOT VALID; 0 once valid */
    uint32_t arity;       /* of a function */
    uint32_t compared;    /* number of the last comparison that met it */

    const char *word;   /* what it is called: "enum type", "materialized view" */
    struct text schema; /* empty where no script says one */
    struct text name; /* as the catalogue has it; interned, as all texts here: equal is identical */
    struct text old_name; /* at the mark of that comparison */
    /* A column's type, a function's arguments, of what has an index what that is over. */
    struct text definition;
    const char *not_null; /* of a constraint: the column that its CHECK says is not null */
    struct object_words words;
    const struct text *path; /* of the script that created it; NULL for none */

    struct object *owner;           /* table of a column, index, trigger; schema of a table; NULL */
    struct object *owned;           /* the first of those that it owns and that are there */
    struct object *before, *behind; /* among those that its owner owns */
    struct object *next_in_bucket;
};

/* What is done can be undone, back to a mark. */
struct model;

struct model *model_new(struct arena *arena);

/* The one text for all that are equal to this; folded to lower case for ASCII letters on demand. */
struct text model_intern(struct model *model, struct text text, bool fold);

/* As objects have it: empty for "public", which is where names without a schema mostly are. */
struct text model_schema(struct text schema);

/*
 * The object of this name that is there, or NULL. A schema that is not said, on either side, fits
 * any, an equal one better.
 *
 * owner  of the kinds from OBJECT_COLUMN on; NULL otherwise
 */
struct object *model_find(const struct model *model, enum object_kind kind,
                          const struct object *owner, struct text schema, struct text name);

/* True where something of this kind and name was there at any time. */
bool model_knew(const struct model *model, enum object_kind kind, struct text name);

/* A number that is remembered with an interned name; 0 where there is none. */
void model_note(struct model *model, struct text name, size_t number);
size_t model_noted(const struct model *model, struct text name);

/* How many objects there have been so far. */
size_t model_count(const struct model *model);

/* Names must have been interned. owner may be that of a table, its schema. */
struct object *model_create(struct model *model, enum object_kind kind, struct object *owner,
                            struct text schema, struct text name);

/* Drops it with all that it owns. */
void model_drop(struct model *model, struct object *object);

/* For columns, the words of indexes and constraints of the table follow. */
void model_rename(struct model *model, struct object *object, struct text schema, struct text name);

/* Makes it another's, so that it goes when that one goes. */
void model_give(struct model *model, struct object *object, struct object *owner);

size_t model_mark(const struct model *model);
bool model_lost_any(const struct model *model); /* something was dropped or renamed */
void model_forget(struct model *model);         /* nothing before now can be undone any more */
void model_undo(struct model *model, size_t mark);

/*
 * What differs between a mark and now, by kind, owner's name and name. What belongs to something
 * added or missing is left out, and so is what no script creates. The lists are good until the next
 * comparison; a missing object's old_name is what it was called at the mark, its owner's too.
 */
struct model_difference {
    struct object **added, **missing;
    size_t added_count, missing_count;
};

/* cost: what was done since the mark */
void model_compare(struct model *model, size_t mark, struct model_difference *difference);

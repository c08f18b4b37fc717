/* lint_parts.h - what the files of lint share: the revision at hand, what it breaks. Floor 3. */
#pragma once

#include "compiler/lint.h"
#include "compiler/lint_model.h"
#include "compiler/lint_reading.h"

/* `-- ferry: allow ID`, and the statements it stands beside. */
struct lint_allow {
    struct lint_allow *next; /* in its script */
    enum lint_rule rule;
    size_t from, to;     /* bytes of the script it speaks for; equal where there are none */
    size_t offset, size; /* of the id, in the script */
    bool is_used;        /* in any dialect */
    unsigned dialects;   /* it was met in */
    struct source *kept;
    struct text revision;
    struct lint_allow *next_of_all;
};

/* A script of the revision at hand. */
struct lint_text {
    const struct source *source; /* as the file is; NULL for none */
    struct source *kept;         /* its copy, once something was found */
    struct text path, text;      /* text is as it is shipped, a NUL behind it */
    size_t shift;                /* size of the byte-order mark that the file has in front of it */
    const struct script *script;
    struct lint_allow *allows, *last_allow; /* by their place; those that may still be of use */
    struct text *kept_path;                 /* of what it creates; NULL so far */
    bool is_dynamic;                        /* runs SQL that is put together at run time */
};

/* What must hold at the end of a script for a spot to become a finding. */
enum spot_condition {
    SPOT_ALWAYS,
    SPOT_DROPPED, /* what is dropped is not built anew: nothing from before the drop has its name */
    SPOT_RENAMED, /* nothing else has the name that was given up */
    SPOT_TWINS,   /* both objects are there */
};

/* A rule that fired, before it is known whether it is allowed. The place is in its script. */
struct lint_spot {
    struct lint_spot *next;
    enum lint_rule rule;
    enum script_kind script;
    size_t offset, size;
    struct text message, hint, note;
    enum spot_condition condition;
    struct object *object, *other;
    struct text table;   /* SPOT_DROPPED without an object: the name of the table */
    size_t object_count; /* how many there had been when it fired */
    bool is_doubtful;    /* holds only where the history creates all that it names */
};

/* A label that ALTER TYPE has added. */
struct lint_label {
    struct lint_label *next; /* in its bucket */
    struct text literal;     /* with its quotes */
    struct text type;        /* of which it is one */
    struct text revision;
    size_t number; /* of the revision */
    bool is_told;
};

enum { LABEL_BUCKETS = 256 };

/* What is known of one dialect's database. */
struct lint_state {
    struct model *model;
    bool is_begun;         /* scripts have created a table */
    bool is_partial;       /* scripts name tables that none has created */
    bool is_dynamic;       /* scripts run what is put together at run time */
    bool sets_search_path; /* a name without a schema may be in any */
    unsigned cascaded;     /* kinds, as bits, of which a CASCADE may have taken some along */
    size_t label_count;
    struct lint_label *labels[LABEL_BUCKETS];
    struct lint_findings doubtful; /* nothing where the history turns out to be partial */
};

struct lint {
    struct arena *arena;
    const struct manifest *manifest;
    uint64_t rules;
    unsigned version; /* of PostgreSQL: the least that the manifest admits */
    struct lint_state states[DIALECT_COUNT];
    struct lint_findings findings;
    unsigned dialects; /* that were looked at */

    /* The revision at hand. */
    enum dialect dialect;
    struct lint_state *state; /* of that dialect */
    struct model *model;
    const struct revision *revision;
    uint32_t number; /* of it in the order, from 1 */
    bool transactional;
    struct lint_text texts[SCRIPT_KIND_COUNT];
    struct lint_spot *first_spot, *last_spot;
    size_t spot_count;

    /* The script at hand. */
    enum script_kind kind;
    bool in_block;     /* in DO, where things happen under conditions */
    unsigned cascaded; /* as that of the state, by this script alone */

    /* By position, dialects as bits: the up script does something, the down script does not. */
    uint8_t *up_does, *empty_downs;
    uint64_t *used; /* by position: rules of `allow:` that were of use */
    struct lint_allow *first_allow, *last_allow;
    struct lint_place *places; /* findings and allows, by path and offset */
    size_t place_count, place_size;
    size_t missing_downs;

    /* Where the last line was counted. */
    const struct source *counted;
    size_t counted_offset, counted_line, counted_column;
};

/* By their path and place, so that what both dialects meet is one. */
struct lint_place {
    struct text path;
    size_t offset;
    struct text message; /* empty for an allow */
    void *what;          /* a struct lint_finding or a struct lint_allow */
};

/* What happens where the rule is off, is not for this dialect or version: nothing. */
bool lint_wants(const struct lint *lint, enum lint_rule rule);

/*
 * The rule fires at a token of the script at hand. The values fill its texts; those that are not
 * given are empty.
 *
 * returns  NULL where the rule is not wanted
 */
struct lint_spot *lint_report(struct lint *lint, enum lint_rule rule, const struct reading *reading,
                              struct token at, struct text first, struct text second,
                              struct text third);

/* Names as the catalogue has them. */
struct text lint_name(struct lint *lint, const struct reading *reading, struct token token);

struct object *lint_find(struct lint *lint, const struct reading *reading, enum object_kind kind,
                         struct name name);
/* The table of this name, which is made up where no script has created one; NULL for no name. */
struct object *lint_table(struct lint *lint, const struct reading *reading, struct name name);

/*
 * Creates an object where none of its name is there.
 *
 * word     what it is called
 * guarded  it says IF NOT EXISTS or OR REPLACE
 * returns  NULL where one is there, which is told where the server would refuse it
 */
struct object *lint_create(struct lint *lint, const struct reading *reading, enum object_kind kind,
                           const char *word, struct object *owner, struct name name, bool guarded);

/* The same in a schema that is not said: an index is where its table is. */
struct object *lint_create_in(struct lint *lint, const struct reading *reading,
                              enum object_kind kind, const char *word, struct object *owner,
                              struct text schema, struct token at, bool guarded);

/* As model_drop and model_rename, at a token. */
void lint_drop(struct lint *lint, const struct reading *reading, struct object *object,
               struct token at);
void lint_set_name(struct lint *lint, const struct reading *reading, struct object *object,
                   struct text schema, struct text name, struct token at);

/* Was there before this revision, so that it may have rows and users. */
bool lint_is_old(const struct lint *lint, const struct object *object);

/* Creates it, whatever is there, with a caret at a token. The names are interned. */
struct object *lint_add(struct lint *lint, const struct reading *reading, enum object_kind kind,
                        const char *word, struct object *owner, struct text schema,
                        struct text name, struct token at);

/* Where the revision says that it may run twice: this cannot, unless name was dropped before. */
void lint_not_repeatable(struct lint *lint, const struct reading *reading, struct token name,
                         struct token at);

void lint_rename(struct lint *lint, const struct reading *reading, struct object *object,
                 struct name from, struct name to);
void lint_role(struct lint *lint, const struct reading *reading, struct token name);

/* One statement, or one of a DO block. */
void lint_statement(struct lint *lint, struct reading reading);

/* Parts of that, each from behind the words that lead to it. */
void lint_create_table(struct lint *lint, struct reading *reading, struct token place,
                       struct name name, bool guarded, bool temporary);
void lint_alter_table(struct lint *lint, struct reading *reading, struct object *table,
                      struct name name);
void lint_create_index(struct lint *lint, struct reading *reading, bool unique);
void lint_plain_rules(struct lint *lint, const struct reading *reading);
void lint_check_name(struct lint *lint, const struct reading *reading, struct token token,
                     bool is_column);

/* Adds it to those of its script; one that the other dialect has met already is that one. */
void lint_keep_allow(struct lint *lint, struct lint_text *text, const struct lint_allow *allow);

/* `-- ferry:` comments of the script at hand, and "-- Revises:". */
void lint_read_allows(struct lint *lint);
void lint_check_parents(struct lint *lint);

/* fields.h - what an index says of a bundle and of each revision, as tables of values. Floor 3. */
#pragma once

#include "runtime/index.h"
#include "runtime/json.h"

enum field_kind {
    FIELD_TEXT,
    FIELD_VERSION, /* a text: that one or a later one */
    FIELD_NUMBER,
    FIELD_TIME,     /* seconds since 1970; 0 for none */
    FIELD_DURATION, /* milliseconds; 0 for none */
    FIELD_SERVER,   /* the major version of one; 0 for none */
    FIELD_WORDS,
    FIELD_FLAG,
    FIELD_SCRIPT, /* whether there is one, and its digest */
    /* Of a script that is in both tables with the same bytes; all others count as equal. */
    FIELD_SOURCE, /* the file that it was made from */
    FIELD_PIECES, /* where it is cut */
    FIELD_BUILDS, /* the indexes that it builds */
    FIELD_SCHEMA, /* what it made of the schema, where both bundles tell */
    /* Of a script that is in both tables. */
    FIELD_PATH,
};

/* What it means for hosts that two bundles differ in something. */
enum weight {
    WEIGHT_NONE,    /* nothing */
    WEIGHT_HOSTS,   /* one that has applied the older bundle may differ from one that has not */
    WEIGHT_REFUSED, /* one that has applied the older bundle refuses the newer one */
};

struct field {
    const char *label;    /* for people */
    const char *key;      /* in JSON */
    enum field_kind kind; /* which of the values below it has */
    enum weight weight;   /* of a difference, as far as the field alone tells */
    const char *yes, *no; /* how people read a flag; no: also any value that is not there */
    struct text text;     /* borrowed from the index, as all values */
    uint64_t number;      /* of a time and of a duration, too */
    const struct text *words;
    size_t word_count;
    bool flag;
    const struct index_script *script;
    const struct index_script *schema;
};

/* In the order of the index. A new field of it is a row in fields_of_bundle. */
enum { BUNDLE_FIELD_COUNT = 12, STEP_FIELD_COUNT = 8 + 5 * SCRIPT_KIND_COUNT };

void fields_of_bundle(const struct index *index, struct field fields[static BUNDLE_FIELD_COUNT]);
void fields_of_step(const struct index_step *step, struct field fields[static STEP_FIELD_COUNT]);

/* Whether a field has the same value in two bundles. */
bool fields_equal(const struct field *a, const struct field *b);

/* Whether two scripts run the same bytes, or are both absent in the same way. */
bool fields_same_bytes(const struct index_script *a, const struct index_script *b);

/* The value for people: on one line, but as long as it is. */
struct text fields_text(struct arena *arena, const struct field *field);

/* The value under a key, or NULL inside an array; digests stand for scripts. */
void fields_json(struct arena *arena, struct json *json, const char *key,
                 const struct field *field);

/* lint_rules.h - the rules of lint: names, severities, what is said about each. Floor 2. */
#pragma once

#include "compiler/sql.h"

#include <assert.h>

enum lint_severity { LINT_OFF, LINT_INFO, LINT_WARNING, LINT_ERROR, LINT_SEVERITY_COUNT };

/* Sorted by name. */
enum lint_rule {
    LINT_ADD_REQUIRED_COLUMN,
    LINT_ADVISORY_LOCK,
    LINT_BACKFILL_IN_DDL,
    LINT_CHANGE_COLUMN_TYPE,
    LINT_CONCURRENT_INDEX_CORRUPTS,
    LINT_CONSTRAINT_BUILDS_INDEX,
    LINT_CONSTRAINT_NOT_VALID,
    LINT_CREATE_EXISTING,
    LINT_DEFINER_SEARCH_PATH,
    LINT_DELETE_ALL_ROWS,
    LINT_DETACH_NOT_CONCURRENT,
    LINT_DOWN_EMPTY,
    LINT_DOWN_LEAVES_OBJECT,
    LINT_DOWN_MAY_LEAVE_OBJECT,
    LINT_DOWN_MISSES_OBJECT,
    LINT_DOWN_MISSING,
    LINT_DROP_CASCADE,
    LINT_DROP_COLUMN,
    LINT_DROP_CONSTRAINT_INDEX,
    LINT_DROP_SCHEMA,
    LINT_DROP_TABLE,
    LINT_DROP_UNKNOWN,
    LINT_DUPLICATE_INDEX,
    LINT_DYNAMIC_SQL,
    LINT_ENUM_LEFT_BEHIND,
    LINT_ENUM_VALUE_ATOMIC,
    LINT_ENUM_VALUE_SAME_TX,
    LINT_EXTENSION_LEFT_BEHIND,
    LINT_GUARDED_CREATE,
    LINT_IDENTIFIER_TOO_LONG,
    LINT_INDEX_NOT_CONCURRENT,
    LINT_JSON_COLUMN,
    LINT_LOST_SETTING,
    LINT_MAPPER_RESERVED_NAME,
    LINT_MISSING_SEMICOLON, /* this one and LINT_SPLIT_AMBIGUOUS are refusals of sql_read */
    LINT_NEWER_THAN_REQUIRED,
    LINT_NON_IDEMPOTENT_NOTX,
    LINT_PARENTS_MISMATCH,
    LINT_REBUILD_LOSES_OBJECT,
    LINT_REDUNDANT_INDEX,
    LINT_REINDEX_NOT_CONCURRENT,
    LINT_RENAME_BREAKING,
    LINT_RESERVED_NAME,
    LINT_REWRITES_TABLE,
    LINT_ROLE_MUST_EXIST,
    LINT_SERVER_FILE,
    LINT_SET_NOT_NULL,
    LINT_SPLIT_AMBIGUOUS,
    LINT_SQLITE_POPULATED_FAIL,
    LINT_TIMESTAMP_NO_TZ,
    LINT_UNKNOWN_ALLOW,
    LINT_UNNAMED_CONSTRAINT,
    LINT_UNTRUSTED_LANGUAGE,
    LINT_UNUSED_ALLOW,
    LINT_VALIDATE_SAME_TX,
    LINT_VOLATILE_DEFAULT,
    LINT_RULE_COUNT,
};
static_assert(LINT_RULE_COUNT <= 64, "a set of rules is the bits of a uint64_t");

/*
 * since, until  of the least server that the manifest requires, as 140004 for 14.4: the rule holds
 *               from since on and below until; 0 for no limit
 * message, hint with {1}, {2} and {3} for names; hint is NULL where nothing is probably right
 * fires, silent scripts that the rule speaks up on, and does not. A line "--- revision NAME" begins
 *               a revision, "--- up" and "--- down" a script, "--- manifest KEY: VALUE" and
 *               "--- KEY: VALUE" are lines of the manifest and of the revision; without such lines
 *               it is the up script of one revision
 */
struct lint_rule_entry {
    const char *id;
    enum lint_severity severity;
    unsigned dialects; /* bits 1 << enum dialect */
    unsigned since, until;
    const char *title;
    const char *message, *hint;
    const char *why;
    const char *fires, *silent;
};

extern const struct lint_rule_entry lint_rules[LINT_RULE_COUNT];

/* returns  false where no rule has this name */
bool lint_rules_find(struct text id, enum lint_rule *rule);

/* The rule whose name is a few edits away; NULL where there is none. */
const char *lint_rules_nearest(struct text id);

bool lint_rules_find_severity(struct text name, enum lint_severity *severity);
const char *lint_rules_severity_name(enum lint_severity severity);

/* A text of the table with its {1}, {2} and {3} filled in. */
struct text lint_rules_fill(struct arena *arena, const char *pattern, const struct text *values);

/* A version of PostgreSQL: "14.4" as 140004. An empty text is 0. */
unsigned lint_rules_version(struct text version);

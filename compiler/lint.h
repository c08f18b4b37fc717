/* lint.h - what an experienced administrator would say about scripts and their history. Floor 3. */
#pragma once

#include "compiler/graph.h"

/* A rule at a place. */
struct lint_finding {
    struct lint_finding *next;
    enum lint_rule rule;
    enum lint_severity severity; /* as the manifest has it; never LINT_OFF */
    unsigned dialects;           /* bits 1 << enum dialect: whose scripts it was found in */
    struct text revision;        /* its id */
    struct text path;            /* of the file, as messages name it */
    bool is_script;              /* then path is seen from the folder of the manifest */
    size_t line, column, size;   /* from 1; columns and size count characters */
    struct text message;         /* without the rule */
    struct error *error;         /* how it is told: its span, message with the rule, notes, hint */
};

struct lint_findings {
    struct lint_finding *first, *last;
    size_t counts[LINT_SEVERITY_COUNT];
};

/* A script that was read and accepted; source is as the file is, script as it is shipped. */
struct lint_script {
    const struct source *source; /* NULL where the revision has none */
    const struct script *script;
};

/* Follows the scripts of one manifest, dialect after dialect, each in the order they run in. */
struct lint;

/*
 * rules  bits 1 << enum lint_rule: those to look for; 0 for all
 */
struct lint *lint_new(struct arena *arena, const struct manifest *manifest, uint64_t rules);

/* Before the first revision of a dialect. */
void lint_begin(struct lint *lint, enum dialect dialect);

/*
 * Looks at one revision, behind all that were looked at before. What is found is kept with copies
 * of the scripts it was found in; the scripts themselves are not needed afterwards.
 *
 * transactional  as it will run
 * cost           linear in the scripts, and in what they create and drop
 */
void lint_revision(struct lint *lint, const struct revision *revision, bool transactional,
                   const struct lint_script scripts[static SCRIPT_KIND_COUNT]);

/*
 * What can be said only at the end, and all that was found, in the order of the scripts.
 *
 * complete  every dialect of the manifest was looked at: only then is it known what is unused
 */
const struct lint_findings *lint_finish(struct lint *lint, bool complete);

/* How many findings a person is shown: a first glance, and work for a day. */
enum { LINT_SHOWN_MAX = 100 };

/* The errors among them, up to LINT_SHOWN_MAX, as those of one pass; NULL where there is none. */
struct error *lint_refuse(const struct lint_findings *findings);

/* Revisions of which the manifest does not say how they are undone, though they do something. */
size_t lint_missing_downs(const struct lint *lint);

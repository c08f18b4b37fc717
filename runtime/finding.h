/* finding.h - what a look at a target found: faults and warnings, in one list. Floor 0. */
#pragma once

#include "error.h"

enum severity {
    FINDING_WARNING, /* a person should know it */
    FINDING_FAULT,   /* nothing runs */
};

struct finding {
    struct finding *next;
    enum severity severity;
    const char *name;     /* one word for programs: "changed", "interrupted" */
    struct text revision; /* the one it is about; may be empty */
    struct error *error;  /* how it is told */
};

/* Starts as {0}; in the order they were added. */
struct findings {
    struct finding *first, *last;
    size_t count, fault_count;
};

void findings_add(struct arena *arena, struct findings *findings, enum severity severity,
                  const char *name, struct text revision, struct error *error);

/* The faults as the errors of one pass; NULL where there is none. */
struct error *findings_refuse(const struct findings *findings);

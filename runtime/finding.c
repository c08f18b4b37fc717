#include "finding.h"

void findings_add(struct arena *arena, struct findings *findings, enum severity severity,
                  const char *name, struct text revision, struct error *error)
{
    struct finding *finding = arena_one(arena, struct finding);

    *finding = (struct finding){NULL, severity, name, revision, error};
    if (findings->last)
        findings->last->next = finding;
    else
        findings->first = finding;
    findings->last = finding;
    findings->count++;
    findings->fault_count += severity == FINDING_FAULT;
}

struct error *findings_refuse(const struct findings *findings)
{
    struct errors errors = {0};

    for (const struct finding *finding = findings->first; finding; finding = finding->next) {
        finding->error->next = NULL; /* this may not be the first call */
        if (finding->severity == FINDING_FAULT)
            errors_add(&errors, finding->error);
    }
    return errors.first;
}

/* sarif.h - findings as SARIF 2.1.0, which tools for code review read. Floor 4. */
#pragma once

#include "compiler/lint.h"
#include "runtime/json.h"

/*
 * One run, with every rule and its help, and a result for each finding. Columns count characters,
 * as the run says; places of files are seen from the current folder.
 */
void sarif_write(struct json *json, const struct manifest *manifest,
                 const struct lint_findings *findings);

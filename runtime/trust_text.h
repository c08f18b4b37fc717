/* trust_text.h - what a trust file says, line by line. Floor 1. */
#pragma once

#include "trust.h"

enum { TRUST_FILE_SIZE_MAX = 64 << 10 };

#define TRUST_FORMAT "sqlferry trust 1" /* the first line */

/*
 * Reads a trust file (docs/format.md): the format, version and thresholds, then keys and revoked
 * keys. Duplicate keys or key numbers, a threshold of 0 or above the number of usable keys are
 * errors. A key that is both trusted and revoked is revoked.
 *
 * returns  NULL, ERROR_UNTRUSTED at each place that is wrong
 */
struct error *trust_text_read(struct arena *arena, const struct source *source,
                              struct trust *trust) CHECKED;

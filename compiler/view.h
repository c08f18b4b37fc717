/* view.h - a bundle for a reader: verified where a key is given, else marked as not. Floor 5. */
#pragma once

#include "runtime/verify.h"

/* Rows for the option table of a command that shows bundles. */
#define VIEW_TRUST_OPTIONS                                                                         \
    {"key", "FILE.pub", "verify with this public key first", 'k', false},                          \
        {"trust", "FILE", "verify with this trust file first", 0, false},                          \
    {                                                                                              \
        "allow-expired", NULL, "with --key or --trust: accept a bundle that has expired", 0, false \
    }

/* Starts as {0}. */
struct view {
    struct call *call;
    const struct container *container;
    const struct index *index;
    struct payload *payload;
    const struct verdicts *verdicts; /* NULL where nobody verified the bundle */

    /* Owned: the one or the other. */
    struct bundle verified;
    struct container *unverified;
    struct payload unverified_payload;
};

/*
 * The trust that --key or --trust give; NULL without them: the environment and the host are not
 * asked. ERROR_USAGE where --allow-expired stands without them.
 */
struct error *view_trust(struct call *call, const struct trust **trust) CHECKED;

/*
 * Opens a bundle in place, which then must not move. Without trust its index is read, and each
 * chunk is checked as it is used, but the signatures are not.
 *
 * trust    NULL for none
 * alone    the command needs nothing but this bundle from then on: see fence_close
 * returns  NULL, ERROR_UNTRUSTED or ERROR_SYSTEM
 */
struct error *view_open(struct call *call, struct text path, const struct trust *trust, bool alone,
                        struct view *view) CHECKED;
void view_close(struct view *view);

/* What each line of result begins with: "unverified: " or nothing. */
const char *view_label(const struct view *view);

/*
 * Verified text as it is. Unverified text a line at a time behind the mark, and that behind a
 * comment sign: SQL that is pasted somewhere then does nothing.
 */
void view_text(const struct view *view, const char *comment, struct text text);

/* Who signed a bundle, or says so. */
struct signer {
    const struct verdict *verdict; /* NULL where nobody verified the bundle */
    bool is_readable;              /* else the signature is malformed, and number is nothing */
    uint8_t number[KEY_NUMBER_SIZE];
};

/* returns  how many there are */
size_t view_signers(const struct view *view, struct signer signers[static SIGNATURES_MAX]);

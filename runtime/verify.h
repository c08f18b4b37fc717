/* verify.h - the command `verify`, and the options of trust, alike in both programs. Floor 1. */
#pragma once

#include "bundle.h"
#include "cli.h"

/* Rows for the option table of a command that needs trust. */
#define VERIFY_TRUST_OPTIONS                                                                       \
    {"key", "FILE.pub", "trust this one public key", 'k', false},                                  \
        {"trust", "FILE", "trust file ($SQLLAND_TRUST, /etc/sqlland/trust)", 0, false},            \
        {"expect", "DIGEST", "refuse any bundle but the one of this digest", 0, false},            \
    {                                                                                              \
        "allow-expired", NULL, "accept a bundle that has expired", 0, false                        \
    }

/* The path of the trust file: that of --trust, of the environment, or the host's. */
struct text verify_trust_path(const struct call *call);

/* The trust that the options, the environment or the host give. ERROR_UNTRUSTED without any. */
struct error *verify_trust(struct call *call, struct trust *trust) CHECKED;

/*
 * Opens the bundle named by an argument with that trust, at this moment; only the one that --expect
 * names, where that is given.
 */
struct error *verify_bundle(struct call *call, struct text path, const struct trust *trust,
                            struct bundle *bundle) CHECKED;

/* The same for a command that needs nothing but the bundle from then on: see fence_close. */
struct error *verify_bundle_alone(struct call *call, struct text path, const struct trust *trust,
                                  struct bundle *bundle) CHECKED;

/* The names of the targets that a bundle is for, with blanks between; "any". */
struct text verify_targets(struct arena *arena, const struct index *index);

/* How a signature counted: "valid", "unknown key, not counted". */
const char *verify_word(const struct verdict *verdict);

/* One line for each signature: by whom, and whether it counted. */
void verify_print_signatures(struct call *call, const struct verdicts *verdicts);

extern const struct option verify_options[];
struct error *verify_command(struct call *call) CHECKED;

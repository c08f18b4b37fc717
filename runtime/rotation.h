/* rotation.h - one trust file follows another, signed by the keys of both. Floor 1. */
#pragma once

#include "trust.h"

/*
 * A new trust file that may follow the one in force, as The Update Framework has it for its root
 * role (specification 1.0.34, 5.3): the next version and no other, signed by as many keys as the
 * file in force wants for trust files, and by as many as the new one wants itself. The signatures
 * stand beside it in FILE.minisig, one minisign text after the other.
 */
struct rotation {
    struct trust next;
    struct digest digest;   /* of its text */
    struct text signatures; /* the text beside it */
    struct verdicts by[2];  /* on each signature: by the file in force, and by the new one */
};

/* The digest of a trust file, by which people compare it. */
struct digest rotation_digest(const struct trust *trust);

/*
 * Reads a trust file that nobody vouches for yet: neither its owner nor its folder matters.
 *
 * returns  NULL, ERROR_UNTRUSTED, or ERROR_SYSTEM where it cannot be read
 */
struct error *rotation_read(struct arena *arena, struct text path, struct trust *trust) CHECKED;

/*
 * Reads the new trust file and its signatures, and verifies that it may follow.
 *
 * returns  NULL or ERROR_UNTRUSTED, ERROR_SYSTEM
 */
struct error *rotation_open(struct arena *arena, const struct trust *in_force, struct text path,
                            struct rotation *rotation) CHECKED;

/*
 * Puts the new one in the place of the one in force, whole or not at all. Beside it stay the old
 * one, FILE.VERSION, and the signatures of the new one, FILE.VERSION.minisig, for whoever verifies
 * the succession later.
 *
 * kept     becomes the path of the old one
 * returns  NULL, ERROR_INPUT where another file has the name of the old one, or ERROR_SYSTEM
 */
struct error *rotation_install(struct arena *arena, const struct trust *in_force,
                               const struct rotation *rotation, struct text *kept) CHECKED;

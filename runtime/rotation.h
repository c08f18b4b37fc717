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
 * Reads the signatures beside a trust file, which nobody has verified yet.
 *
 * path        of the trust file
 * digest      of its text
 * signatures  room for SIGNATURES_MAX
 * count       becomes how many there are: none where there is no such file
 * text        becomes the text they were read from, absent where there is none
 * returns     NULL, ERROR_INPUT at its place in the file, or ERROR_SYSTEM
 */
struct error *rotation_read_signatures(struct arena *arena, struct text path,
                                       const struct digest *digest, struct signature *signatures,
                                       size_t *count, struct text *text) CHECKED;

/*
 * Reads the signatures of the new trust file and verifies that it may follow.
 *
 * next     as rotation_read gave it: what is verified is what is installed
 * returns  NULL or ERROR_UNTRUSTED, ERROR_SYSTEM
 */
struct error *rotation_verify(struct arena *arena, const struct trust *in_force,
                              const struct trust *next, struct rotation *rotation) CHECKED;

/*
 * Puts the new one in the place of the one in force, whole or not at all. Beside it stay the old
 * one, FILE.VERSION, and the signatures of the new one, FILE.VERSION.minisig, for whoever verifies
 * the succession later. All have the mode and the group of the old one.
 *
 * kept     becomes the path of the old one
 * returns  NULL, ERROR_INPUT where another file has the name of the old one, ERROR_LOCKED where
 *          another update is under way or came between, or ERROR_SYSTEM
 */
struct error *rotation_install(struct arena *arena, const struct trust *in_force,
                               const struct rotation *rotation, struct text *kept) CHECKED;

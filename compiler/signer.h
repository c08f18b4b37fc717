/* signer.h - secret keys: create, load, sign; the compiler's door to libsodium. Floor 4. */
#pragma once

#include "runtime/minisign.h"

/* Lives in guarded memory and is wiped by signer_close. */
struct secret_key;

void signer_close(struct secret_key **key);

/*
 * Where a password comes from: the file descriptor of --password-fd (one line), else the terminal.
 * Never from an argument or the environment.
 */
struct password_source {
    int fd; /* -1 for the terminal */
};

/*
 * Makes a key pair and writes NAME.key (0600, never over an existing file) and NAME.pub.
 * with_password asks twice on a terminal. Where the machine cannot give the 1 GiB that minisign
 * derives keys with, the work is halved until it fits, as minisign does. A failure leaves neither
 * file behind.
 *
 * source   may be NULL without a password
 * cost     with a password, about three seconds
 * returns  NULL, ERROR_INPUT for an existing file or an empty password, ERROR_SYSTEM
 */
struct error *signer_create(struct arena *arena, struct text name, bool with_password,
                            const struct password_source *source) CHECKED;

/*
 * Loads a minisign secret key, with or without password. Refused are files that others may read,
 * key derivation parameters above minisign's own, a wrong password, a checksum that is present and
 * wrong, and a public half that is not the seed's. From here on nobody can look into the process.
 *
 * source   is asked only by a key that has a password
 * returns  NULL, ERROR_INPUT, ERROR_SYSTEM
 */
struct error *signer_load(struct arena *arena, struct text path,
                          const struct password_source *source, struct secret_key **key) CHECKED;

struct public_key signer_public(const struct secret_key *key);

/*
 * Signs a text of this kind, and verifies what it signed before returning it.
 *
 * digest  BLAKE2b-256 of the text, for the trusted comment
 */
struct error *signer_sign(struct arena *arena, const struct secret_key *key, enum signed_kind kind,
                          struct text text, const struct digest *digest,
                          struct signature *signature) CHECKED;

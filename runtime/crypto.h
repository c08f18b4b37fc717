/* crypto.h - digests, Ed25519 verification, base64: the runtime's door to libsodium. Floor 0. */
#pragma once

#include "error.h"

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 64, PUBLIC_KEY_SIZE = 32, SIGNATURE_SIZE = 64 };

/* BLAKE2b-256, the one hash of bundles and ledgers; `b2sum -l 256` prints the same. */
struct digest {
    uint8_t bytes[DIGEST_SIZE];
};

struct digest crypto_digest(struct text bytes);

/* The same over pieces. */
struct crypto_digest_state {
    _Alignas(64) unsigned char opaque[384];
};
void crypto_digest_start(struct crypto_digest_state *state);
void crypto_digest_add(struct crypto_digest_state *state, struct text bytes);
struct digest crypto_digest_end(struct crypto_digest_state *state);

bool digest_equal(const struct digest *a, const struct digest *b);
struct text digest_hex(struct arena *arena, const struct digest *digest); /* lower case */
/* returns  false for anything but 64 lower-case hexadecimal digits */
bool digest_from_hex(struct text hex, struct digest *digest);

/*
 * For the telephone: "04821-77340-19265-88713-42", the first 64 bits as 20 decimal digits, and two
 * more that check them (ISO/IEC 7064, MOD 97-10). Who may choose both bundles can make two that
 * agree in it; the signatures are what keeps others out.
 */
struct text digest_short(struct arena *arena, const struct digest *digest);

enum digest_match {
    DIGEST_SAME,
    DIGEST_OTHER,
    DIGEST_MISHEARD, /* neither 64 hexadecimal digits nor a short digest whose check is right */
};

/* Whether a person who read or heard this meant the digest. Blanks and dashes do not matter. */
enum digest_match digest_match(const struct digest *digest, struct text spelt);

/* SHA-256, for sums that other tools wrote; the same over pieces. */
struct crypto_sha256_state {
    _Alignas(8) unsigned char opaque[104];
};
void crypto_sha256_start(struct crypto_sha256_state *state);
void crypto_sha256_add(struct crypto_sha256_state *state, struct text bytes);
/* The sum of what was added so far; more may follow. */
void crypto_sha256_end(const struct crypto_sha256_state *state, uint8_t sum[static 32]);

/* BLAKE2b-512, which minisign signs in place of the text (its "ED" signatures). */
enum { PREHASH_SIZE = 64 };
void crypto_prehash(struct text bytes, uint8_t prehash[static PREHASH_SIZE]);

/* The same over pieces, which are added as those of a digest. */
void crypto_prehash_start(struct crypto_digest_state *state);
void crypto_prehash_end(struct crypto_digest_state *state, uint8_t prehash[static PREHASH_SIZE]);

/* Ed25519 (RFC 8032, 5.1.7), strict: no small-order or non-canonical keys, no S + L. */
bool crypto_verify(const uint8_t signature[static SIGNATURE_SIZE], struct text message,
                   const uint8_t key[static PUBLIC_KEY_SIZE]);

/* base64 with padding (RFC 4648, 4). */
struct text crypto_base64(struct arena *arena, const void *bytes, size_t size);

/* returns  false unless text is the one canonical spelling of exactly size bytes */
bool crypto_from_base64(struct text text, void *bytes, size_t size);

void crypto_random(void *bytes, size_t size);

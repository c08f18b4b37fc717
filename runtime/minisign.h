/* minisign.h - minisign's public keys and signature texts, byte by byte. Floor 1. */
#pragma once

#include "crypto.h"

/* Files and texts as minisign 0.11 reads and writes them (jedisct1/minisign, src/minisign.h). */
enum { KEY_NUMBER_SIZE = 8, SIGNATURE_TEXT_SIZE_MAX = 1024 };

/*
 * A key number is drawn at random when a key is made. It is not authenticated: it only tells which
 * key to try.
 */
struct public_key {
    uint8_t number[KEY_NUMBER_SIZE];
    uint8_t bytes[PUBLIC_KEY_SIZE];
};

struct signature {
    uint8_t number[KEY_NUMBER_SIZE];
    uint8_t bytes[SIGNATURE_SIZE];        /* over BLAKE2b-512 of the signed text */
    uint8_t global_bytes[SIGNATURE_SIZE]; /* over bytes and the trusted comment */
};

/* What was signed. The trusted comment tells, so that neither passes for the other. */
enum signed_kind { SIGNED_INDEX, SIGNED_TRUST };
enum { SIGNED_KIND_COUNT = 2 };

/* The 56 characters on line two of a .pub file. returns false unless canonical and "Ed". */
bool minisign_key_read(struct text line, struct public_key *key);
struct text minisign_key_line(struct arena *arena, const struct public_key *key);

/*
 * A whole .pub file as minisign writes it, and as it reads it: any first line, then the key. Unlike
 * minisign, nothing may follow.
 *
 * returns  NULL or ERROR_UNTRUSTED naming the file, never showing it: it might be a secret key
 */
struct error *minisign_key_file_read(struct arena *arena, const struct source *source,
                                     struct public_key *key) CHECKED;
struct text minisign_key_file(struct arena *arena, const struct public_key *key);

/*
 * The key number as minisign shows it: upper-case hexadecimal, highest byte first. Always 16
 * digits, where minisign, and so minisign_key_file, drops leading zeros.
 */
struct text minisign_key_number(struct arena *arena, const uint8_t number[static KEY_NUMBER_SIZE]);

/* What every signature says, computed from the digest alone: no parsing before trust. */
struct text minisign_trusted_comment(struct arena *arena, enum signed_kind kind,
                                     const struct digest *digest);

/* The one canonical spelling of a signature: four lines, each ended by LF. */
struct text minisign_signature_text(struct arena *arena, const struct signature *signature,
                                    enum signed_kind kind, const struct digest *digest);

/*
 * Reads a signature from a bundle: only the canonical spelling, only "ED", only with the trusted
 * comment that belongs to this index.
 *
 * returns  NULL or ERROR_UNTRUSTED at its place in a source named "signature"; nothing is verified
 *          here
 */
struct error *minisign_signature_read(struct arena *arena, struct text text,
                                      const struct digest *index,
                                      struct signature *signature) CHECKED;

/*
 * Reads what somebody else may have written, a .minisig file or several in a row: any untrusted
 * comments, LF or no LF at the end. What each must say is the same.
 *
 * signatures  room for count of them; after a failure they mean nothing
 * count       becomes how many there were, at least one
 * returns     NULL or ERROR_INPUT at its place in the source
 */
struct error *minisign_signature_file_read(struct arena *arena, const struct source *source,
                                           enum signed_kind kind, const struct digest *digest,
                                           struct signature *signatures, size_t *count) CHECKED;

/*
 * Both signatures: of the text, and of the first signature with the trusted comment. The key must
 * be the one that the signature names.
 *
 * prehash  of the text, by crypto_prehash
 * digest   of the text, as everywhere
 */
bool minisign_verify(const struct signature *signature, enum signed_kind kind,
                     const uint8_t prehash[static PREHASH_SIZE], const struct digest *digest,
                     const struct public_key *key);

/* trust.h - whose signatures count on this host, and how many it takes. Floor 1. */
#pragma once

#include "minisign.h"

enum { TRUSTED_KEYS_MAX = 64, SIGNATURES_MAX = 16 };

struct trusted_key {
    struct public_key key;
    struct text name;      /* as the trust file calls it; may be absent for a revoked key */
    struct text *projects; /* whose bundles it may sign; none means all */
    size_t project_count;
    bool signs[SIGNED_KIND_COUNT]; /* its roles */
    bool revoked;
    uint64_t last_good; /* of a revoked key: bundles up to this sequence count; 0 for none */
};

/*
 * Trust files follow each other by version, each signed by the keys that the one before names for
 * it, and by its own: rotation.h.
 */
struct trust {
    struct text origin; /* the file it was read from, */
    struct text text;   /* and what it says; absent for a single key */
    uint64_t version;
    uint64_t thresholds[SIGNED_KIND_COUNT]; /* how many distinct keys must have signed */
    struct trusted_key *keys;
    size_t count;
};

/* How many keys may sign such a thing, and are not revoked. */
size_t trust_count_usable(const struct trust *trust, enum signed_kind kind);

/* Whether the key of this number is one of them. */
bool trust_is_usable(const struct trust *trust, enum signed_kind kind,
                     const uint8_t number[static KEY_NUMBER_SIZE]);

/* What became of one signature: it counts, or why it does not. */
enum verdict_kind {
    VERDICT_COUNTS,
    VERDICT_UNKNOWN, /* nobody here knows the key */
    VERDICT_REVOKED, /* or was, before a bundle of this sequence */
    VERDICT_ROLE,    /* the key is for something else */
    VERDICT_PROJECT, /* the key is for other projects */
};

struct verdict {
    enum verdict_kind kind;
    const struct trusted_key *key; /* NULL where nobody here knows it */
    uint8_t number[KEY_NUMBER_SIZE];
};

struct verdicts {
    struct verdict list[SIGNATURES_MAX];
    size_t count;
};

/*
 * Verifies every signature text of a bundle over its index, in this order: spelling, key, equation,
 * role, revoked or not. A known key whose signature fails, a key number that is almost a known one,
 * or any key that signed twice, rejects the bundle. Then the threshold, over distinct public-key
 * bytes.
 *
 * prehash   of the index, by crypto_prehash
 * digest    of the index, as everywhere
 * texts     the signature texts, count of them
 * verdicts  filled on success only
 * returns   NULL or ERROR_UNTRUSTED, naming key and reason
 */
struct error *trust_verify(struct arena *arena, const struct trust *trust,
                           const uint8_t prehash[static PREHASH_SIZE], const struct digest *digest,
                           const struct text *texts, size_t count,
                           struct verdicts *verdicts) CHECKED;

/*
 * The threshold again, now that the index has been read: keys that may not sign for this project,
 * or were revoked before this sequence, no longer count.
 *
 * verdicts  of trust_verify; kept up to date
 */
struct error *trust_verify_scope(struct arena *arena, const struct trust *trust,
                                 struct text project, uint64_t sequence,
                                 struct verdicts *verdicts) CHECKED;

/*
 * Likewise over the text of a trust file: by keys that this one trusts with it.
 *
 * digest      of text
 * signatures  as they were read, count of them
 */
struct error *trust_verify_file(struct arena *arena, const struct trust *trust, struct text text,
                                const struct digest *digest, const struct signature *signatures,
                                size_t count, struct verdicts *verdicts) CHECKED;

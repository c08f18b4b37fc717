#include "trust.h"
#include "index.h"

#include <assert.h>
#include <string.h>

enum { ALIKE_MAX = 2 }; /* bytes: a character of base64 has bits of two */

static bool is_usable(const struct trusted_key *key, enum signed_kind kind)
{
    return key->signs[kind] && !key->revoked;
}

size_t trust_count_usable(const struct trust *trust, enum signed_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < trust->count; i++)
        count += is_usable(&trust->keys[i], kind);
    return count;
}
static const struct trusted_key *find_key(const struct trust *trust,
                                          const uint8_t number[static KEY_NUMBER_SIZE])
{
    for (size_t i = 0; i < trust->count; i++)
        if (memcmp(trust->keys[i].key.number, number, KEY_NUMBER_SIZE) == 0)
            return &trust->keys[i];
    return NULL;
}

bool trust_is_usable(const struct trust *trust, enum signed_kind kind,
                     const uint8_t number[static KEY_NUMBER_SIZE])
{
    const struct trusted_key *key = find_key(trust, number);

    return key && is_usable(key, kind);
}

/*
 * A key whose number this one is but for a byte or two. Numbers are drawn at random, so no stranger
 * has such a one (with 64 keys, one in 10^11); but it is what a changed character makes of a
 * number, which nothing vouches for, and then a damaged signature would be passed over as a
 * stranger's.
 */
static const struct trusted_key *find_alike(const struct trust *trust,
                                            const uint8_t number[static KEY_NUMBER_SIZE])
{
    for (size_t i = 0; i < trust->count; i++) {
        size_t others = 0;

        for (size_t j = 0; j < KEY_NUMBER_SIZE; j++)
            others += trust->keys[i].key.number[j] != number[j];
        if (others <= ALIKE_MAX)
            return &trust->keys[i];
    }
    return NULL;
}

/* "'release-team' (4681A83B19D67515)", or the number alone. */
static const char *describe_key(struct arena *arena, const struct trusted_key *key)
{
    struct text number = minisign_key_number(arena, key->key.number);

    if (!key->name.size)
        return number.bytes;
    return arena_format(arena, "'%.*s' (%s)", TEXT_ARGS(key->name), number.bytes).bytes;
}

static const char *describe(struct arena *arena, const struct verdict *verdict)
{
    return verdict->key ? describe_key(arena, verdict->key)
                        : minisign_key_number(arena, verdict->number).bytes;
}

static const char *const signed_names[SIGNED_KIND_COUNT] = {
    [SIGNED_INDEX] = "bundle",
    [SIGNED_TRUST] = "trust file",
};

/* The equation, whatever the key is for: a known key that fails is no accident. */
static struct error *verify_one(struct arena *arena, const struct trust *trust,
                                enum signed_kind kind, const uint8_t prehash[static PREHASH_SIZE],
                                const struct digest *digest, const struct signature *signature,
                                struct verdicts *verdicts)
{
    struct verdict *verdict = &verdicts->list[verdicts->count];
    const struct trusted_key *key = verdict->key = find_key(trust, signature->number);

    memcpy(verdict->number, signature->number, sizeof(verdict->number));
    for (size_t i = 0; i < verdicts->count; i++)
        if (memcmp(verdicts->list[i].number, verdict->number, KEY_NUMBER_SIZE) == 0)
            return error_plain(arena, ERROR_UNTRUSTED, "key %s has signed the %s twice",
                               describe(arena, verdict), signed_names[kind]);
    if (key && !minisign_verify(signature, kind, prehash, digest, &key->key))
        return error_plain(arena, ERROR_UNTRUSTED, "the signature of key %s does not verify",
                           describe(arena, verdict));
    const struct trusted_key *alike = key ? NULL : find_alike(trust, verdict->number);
    if (alike)
        return error_plain(arena, ERROR_UNTRUSTED,
                           "a signature is damaged: its key number %s is almost that of key %s",
                           describe(arena, verdict), describe_key(arena, alike));
    if (!key)
        verdict->kind = VERDICT_UNKNOWN;
    else if (key->revoked && (kind == SIGNED_TRUST || !key->last_good))
        verdict->kind = VERDICT_REVOKED;
    else
        verdict->kind = key->signs[kind] ? VERDICT_COUNTS : VERDICT_ROLE;
    verdicts->count++;
    return NULL;
}

static const char *explain(struct arena *arena, const struct verdict *verdict)
{
    static const char *const words[] = {
        [VERDICT_COUNTS] = "has signed",
        [VERDICT_UNKNOWN] = "is not among the trusted keys",
        [VERDICT_REVOKED] = "is revoked",
        [VERDICT_ROLE] = "has another role",
        [VERDICT_PROJECT] = "may not sign for this project",
    };

    if (verdict->kind == VERDICT_REVOKED && verdict->key->last_good)
        return arena_format(arena, "is revoked for all behind sequence %llu",
                            (unsigned long long)verdict->key->last_good)
            .bytes;
    return words[verdict->kind];
}

/* How many distinct keys signed: by their bytes, whatever their numbers. */
static size_t count_signers(const struct verdicts *verdicts)
{
    const struct trusted_key *signers[SIGNATURES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *verdict = &verdicts->list[i];
        bool fresh = verdict->kind == VERDICT_COUNTS;

        for (size_t j = 0; fresh && j < count; j++)
            fresh = memcmp(signers[j]->key.bytes, verdict->key->key.bytes, PUBLIC_KEY_SIZE) != 0;
        if (fresh)
            signers[count++] = verdict->key;
    }
    return count;
}

/* what  they should have signed, for the message */
static struct error *check_threshold(struct arena *arena, const struct trust *trust,
                                     enum signed_kind kind, const struct verdicts *verdicts,
                                     struct text what)
{
    size_t signers = count_signers(verdicts);

    if (signers >= trust->thresholds[kind])
        return NULL;
    struct error *error =
        error_plain(arena, ERROR_UNTRUSTED, "%zu of %llu needed trusted keys have signed %.*s",
                    signers, (unsigned long long)trust->thresholds[kind], TEXT_ARGS(what));
    for (size_t i = 0; i < verdicts->count; i++)
        error_note(arena, error, (struct span){0}, "key %s %s", describe(arena, &verdicts->list[i]),
                   explain(arena, &verdicts->list[i]));
    return error_hint(arena, error, "The keys that count are those in '%.*s'.",
                      TEXT_ARGS(trust->origin));
}

/* All signatures of one text, then the threshold. */
static struct error *verify_all(struct arena *arena, const struct trust *trust,
                                enum signed_kind kind, const uint8_t prehash[static PREHASH_SIZE],
                                const struct digest *digest, const struct signature *signatures,
                                size_t count, struct verdicts *verdicts)
{
    struct verdicts found = {0};
    struct error *error;

    assert(trust->thresholds[kind] >= 1 && count <= SIGNATURES_MAX);
    for (size_t i = 0; i < count; i++) {
        error = verify_one(arena, trust, kind, prehash, digest, &signatures[i], &found);
        if (error)
            return error;
    }
    error = check_threshold(arena, trust, kind, &found,
                            arena_format(arena, "the %s", signed_names[kind]));
    if (error)
        return error;
    *verdicts = found;
    return NULL;
}

struct error *trust_verify(struct arena *arena, const struct trust *trust,
                           const uint8_t prehash[static PREHASH_SIZE], const struct digest *digest,
                           const struct text *texts, size_t count, struct verdicts *verdicts)
{
    struct signature signatures[SIGNATURES_MAX];

    if (count == 0)
        return error_hint(arena, error_plain(arena, ERROR_UNTRUSTED, "the bundle is not signed"),
                          "Whoever built it can sign it with: sqlferry sign");
    if (count > SIGNATURES_MAX)
        return error_plain(arena, ERROR_UNTRUSTED, "the bundle has %zu signatures, at most %d",
                           count, SIGNATURES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct error *error = minisign_signature_read(arena, texts[i], digest, &signatures[i]);

        if (error)
            return error_note(arena, error, (struct span){0}, "in signature %zu of %zu", i + 1,
                              count);
    }
    return verify_all(arena, trust, SIGNED_INDEX, prehash, digest, signatures, count, verdicts);
}

static bool is_project(const struct trusted_key *key, struct text project)
{
    for (size_t i = 0; i < key->project_count; i++)
        if (text_equal(key->projects[i], project))
            return true;
    return key->project_count == 0;
}

struct error *trust_verify_scope(struct arena *arena, const struct trust *trust,
                                 struct text project, uint64_t sequence, struct verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        struct verdict *verdict = &verdicts->list[i];

        if (verdict->kind != VERDICT_COUNTS)
            continue;
        if (verdict->key->revoked && sequence > verdict->key->last_good)
            verdict->kind = VERDICT_REVOKED;
        else if (!is_project(verdict->key, project))
            verdict->kind = VERDICT_PROJECT;
    }
    return check_threshold(arena, trust, SIGNED_INDEX, verdicts,
                           arena_format(arena, "for project '%.*s'", TEXT_ARGS(project)));
}

struct error *trust_verify_file(struct arena *arena, const struct trust *trust, struct text text,
                                const struct digest *digest, const struct signature *signatures,
                                size_t count, struct verdicts *verdicts)
{
    uint8_t prehash[PREHASH_SIZE];

    crypto_prehash(text, prehash);
    return verify_all(arena, trust, SIGNED_TRUST, prehash, digest, signatures, count, verdicts);
}

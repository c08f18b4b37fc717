/* Trust files: no key counts twice, and the threshold can be reached. */
#include "runtime/trust_text.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

void fuzz_trust(struct arena *arena, struct text input)
{
    const struct source source = {TEXT("trust"), input};
    struct trust trust;
    struct error *error = trust_text_read(arena, &source, &trust);
    size_t usable[SIGNED_KIND_COUNT] = {0};

    fuzz_check_error(arena, error);
    if (error)
        return;
    for (size_t i = 0; i < trust.count; i++) {
        const struct trusted_key *key = &trust.keys[i];

        for (size_t kind = 0; kind < SIGNED_KIND_COUNT; kind++)
            usable[kind] += key->signs[kind] && !key->revoked;
        assert(key->revoked || key->name.size);
        assert(!key->signs[SIGNED_TRUST] || key->project_count == 0);
        assert(!key->last_good || key->revoked);
        for (size_t j = 0; j < i; j++) {
            assert(memcmp(key->key.bytes, trust.keys[j].key.bytes, PUBLIC_KEY_SIZE) != 0);
            assert(memcmp(key->key.number, trust.keys[j].key.number, KEY_NUMBER_SIZE) != 0);
        }
    }
    assert(trust.thresholds[SIGNED_INDEX] >= 1 && trust.thresholds[SIGNED_TRUST] >= 1);
    assert(trust.thresholds[SIGNED_INDEX] <= usable[SIGNED_INDEX] && trust.version >= 1);
    assert(trust.count <= TRUSTED_KEYS_MAX);
}

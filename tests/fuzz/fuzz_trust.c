/* Trust files: no key counts twice, and the threshold can be reached. */
#include "runtime/trust.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

void fuzz_trust(struct arena *arena, struct text input)
{
    const struct source source = {TEXT("trust"), input};
    struct trust trust;
    struct error *error = trust_read(arena, &source, &trust);
    size_t usable = 0;

    fuzz_check_error(arena, error);
    if (error)
        return;
    for (size_t i = 0; i < trust.count; i++) {
        const struct trusted_key *key = &trust.keys[i];

        usable += !key->revoked;
        assert(key->revoked || key->name.size);
        for (size_t j = 0; j < i; j++) {
            assert(memcmp(key->key.bytes, trust.keys[j].key.bytes, PUBLIC_KEY_SIZE) != 0);
            assert(memcmp(key->key.number, trust.keys[j].key.number, KEY_NUMBER_SIZE) != 0);
        }
    }
    assert(trust.threshold >= 1 && trust.threshold <= usable && trust.count <= TRUSTED_KEYS_MAX);
}

#include "crypto.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct crypto_digest_state *)0)->opaque),
              "room for libsodium's state");
static_assert(DIGEST_SIZE == crypto_generichash_BYTES, "BLAKE2b-256");
static_assert(SIGNATURE_SIZE == crypto_sign_BYTES && PUBLIC_KEY_SIZE == crypto_sign_PUBLICKEYBYTES,
              "Ed25519");

/* Cheap after the first call; every door below passes it. */
static void start(void)
{
    if (sodium_init() < 0)
        arena_exhausted();
}

struct digest crypto_digest(struct text bytes)
{
    struct digest digest;

    start();
    crypto_generichash(digest.bytes, sizeof(digest.bytes), (const unsigned char *)bytes.bytes,
                       bytes.size, NULL, 0);
    return digest;
}

static crypto_generichash_state *state_of(struct crypto_digest_state *state)
{
    return (crypto_generichash_state *)(void *)state->opaque;
}

void crypto_digest_start(struct crypto_digest_state *state)
{
    start();
    crypto_generichash_init(state_of(state), NULL, 0, DIGEST_SIZE);
}

void crypto_digest_add(struct crypto_digest_state *state, struct text bytes)
{
    crypto_generichash_update(state_of(state), (const unsigned char *)bytes.bytes, bytes.size);
}

struct digest crypto_digest_end(struct crypto_digest_state *state)
{
    struct digest digest;

    crypto_generichash_final(state_of(state), digest.bytes, sizeof(digest.bytes));
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

struct text digest_hex(struct arena *arena, const struct digest *digest)
{
    char *hex = arena_array(arena, char, DIGEST_HEX_SIZE + 1);

    sodium_bin2hex(hex, DIGEST_HEX_SIZE + 1, digest->bytes, DIGEST_SIZE);
    return (struct text){hex, DIGEST_HEX_SIZE};
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

bool digest_from_hex(struct text hex, struct digest *digest)
{
    struct digest read;

    if (hex.size != DIGEST_HEX_SIZE)
        return false;
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        int high = hex_value(hex.bytes[2 * i]), low = hex_value(hex.bytes[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        read.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *digest = read;
    return true;
}

void crypto_prehash(struct text bytes, uint8_t prehash[static PREHASH_SIZE])
{
    start();
    crypto_generichash(prehash, PREHASH_SIZE, (const unsigned char *)bytes.bytes, bytes.size, NULL,
                       0);
}

bool crypto_verify(const uint8_t signature[static SIGNATURE_SIZE], struct text message,
                   const uint8_t key[static PUBLIC_KEY_SIZE])
{
    start();
    return crypto_sign_verify_detached(signature, (const unsigned char *)message.bytes,
                                       message.size, key) == 0;
}

struct text crypto_base64(struct arena *arena, const void *bytes, size_t size)
{
    size_t room = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_array(arena, char, room);

    sodium_bin2base64(text, room, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    return text_from(text);
}

bool crypto_from_base64(struct text text, void *bytes, size_t size)
{
    size_t got;

    /* libsodium refuses pad bits that are not 0, and missing padding: the spelling is canonical. */
    return sodium_base642bin(bytes, size, text.bytes, text.size, NULL, &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == size;
}

void crypto_random(void *bytes, size_t size)
{
    start();
    randombytes_buf(bytes, size);
}

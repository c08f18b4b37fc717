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

/* Short digests */

enum { SHORT_DIGITS = 22 };

/* Of the 20 digits: what makes the whole number, with two more digits, 1 modulo 97. */
static unsigned check_digits(uint64_t number)
{
    return 98 - (unsigned)((number % 97) * 100 % 97);
}

static uint64_t first_bits(const struct digest *digest)
{
    uint64_t number = 0;

    for (size_t i = 0; i < sizeof(number); i++)
        number = number << 8 | digest->bytes[i];
    return number;
}

struct text digest_short(struct arena *arena, const struct digest *digest)
{
    uint64_t number = first_bits(digest);
    const char *digits = arena_format(arena, "%020llu", (unsigned long long)number).bytes;

    return arena_format(arena, "%.5s-%.5s-%.5s-%.5s-%02u", digits, digits + 5, digits + 10,
                        digits + 15, check_digits(number));
}

/* returns  false unless there are 22 digits, the last two of which fit the others */
static bool read_short(struct text spelt, uint64_t *number)
{
    char digits[SHORT_DIGITS + 1];
    size_t count = 0;

    for (size_t i = 0; i < spelt.size; i++) {
        if (spelt.bytes[i] == ' ' || spelt.bytes[i] == '-')
            continue;
        if (spelt.bytes[i] < '0' || spelt.bytes[i] > '9' || count == SHORT_DIGITS)
            return false;
        digits[count++] = spelt.bytes[i];
    }
    if (count != SHORT_DIGITS)
        return false;
    uint64_t read = 0, check = (uint64_t)(digits[20] - '0') * 10 + (uint64_t)(digits[21] - '0');
    for (size_t i = 0; i < SHORT_DIGITS - 2; i++)
        if (__builtin_mul_overflow(read, UINT64_C(10), &read) ||
            __builtin_add_overflow(read, (uint64_t)(digits[i] - '0'), &read))
            return false;
    *number = read;
    return check == check_digits(read);
}

enum digest_match digest_match(const struct digest *digest, struct text spelt)
{
    struct digest whole;
    uint64_t number;

    if (digest_from_hex(spelt, &whole))
        return digest_equal(digest, &whole) ? DIGEST_SAME : DIGEST_OTHER;
    if (!read_short(spelt, &number))
        return DIGEST_MISHEARD;
    return number == first_bits(digest) ? DIGEST_SAME : DIGEST_OTHER;
}

static_assert(sizeof(crypto_hash_sha256_state) == sizeof(struct crypto_sha256_state),
              "the state of libsodium fits");

void crypto_sha256_start(struct crypto_sha256_state *state)
{
    crypto_hash_sha256_init((crypto_hash_sha256_state *)state->opaque);
}

void crypto_sha256_add(struct crypto_sha256_state *state, struct text bytes)
{
    crypto_hash_sha256_update((crypto_hash_sha256_state *)state->opaque,
                              (const unsigned char *)bytes.bytes, bytes.size);
}

void crypto_sha256_end(const struct crypto_sha256_state *state, uint8_t sum[static 32])
{
    struct crypto_sha256_state copy = *state;

    crypto_hash_sha256_final((crypto_hash_sha256_state *)copy.opaque, sum);
}

void crypto_prehash(struct text bytes, uint8_t prehash[static PREHASH_SIZE])
{
    start();
    crypto_generichash(prehash, PREHASH_SIZE, (const unsigned char *)bytes.bytes, bytes.size, NULL,
                       0);
}

void crypto_prehash_start(struct crypto_digest_state *state)
{
    start();
    crypto_generichash_init(state_of(state), NULL, 0, PREHASH_SIZE);
}

void crypto_prehash_end(struct crypto_digest_state *state, uint8_t prehash[static PREHASH_SIZE])
{
    crypto_generichash_final(state_of(state), prehash, PREHASH_SIZE);
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

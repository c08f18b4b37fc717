/* Known answers, and what a verifier must refuse. */
#include "runtime/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void from_hex(const char *hex, uint8_t *bytes, size_t size)
{
    assert_int_equal(strlen(hex), 2 * size);
    for (size_t i = 0; i < size; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};

        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

/* What `b2sum -l 256` and `b2sum` print; "abc" also stands in RFC 7693, appendix A. */
static const struct hash_row {
    const char *name, *text, *digest, *prehash;
} hash_rows[] = {
    {"hash: nothing", "", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
     "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
     "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"},
    {"hash: abc", "abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
};

/* FIPS 180-4 has "abc"; each is what sha256sum(1) prints. The sum is asked for in between, too. */
static void test_sha256(void **state)
{
    static const struct {
        const char *piece, *sum;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
        {"bc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };
    struct crypto_sha256_state running;
    uint8_t sum[32], expected[32];

    (void)state;
    crypto_sha256_start(&running);
    for (size_t i = 0; i < COUNT(rows); i++) {
        crypto_sha256_add(&running, text_from(rows[i].piece));
        crypto_sha256_end(&running, sum);
        from_hex(rows[i].sum, expected, sizeof(expected));
        assert_memory_equal(sum, expected, sizeof(sum));
    }
}

static void test_hash(void **state)
{
    const struct hash_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = text_from(row->text);
    struct digest digest = crypto_digest(text), pieces, read;
    struct crypto_digest_state running;
    uint8_t prehash[PREHASH_SIZE], pieced[PREHASH_SIZE], expected[PREHASH_SIZE];

    assert_string_equal(digest_hex(arena, &digest).bytes, row->digest);
    crypto_digest_start(&running);
    for (size_t i = 0; i < text.size; i++)
        crypto_digest_add(&running, text_slice(text, i, 1));
    pieces = crypto_digest_end(&running);
    assert_true(digest_equal(&digest, &pieces));

    assert_true(digest_from_hex(text_from(row->digest), &read));
    assert_true(digest_equal(&digest, &read));
    read.bytes[DIGEST_SIZE - 1] ^= 1;
    assert_false(digest_equal(&digest, &read));

    crypto_prehash_start(&running);
    for (size_t i = 0; i < text.size; i++)
        crypto_digest_add(&running, text_slice(text, i, 1));
    crypto_prehash_end(&running, pieced);
    crypto_prehash(text, prehash);
    assert_memory_equal(prehash, pieced, sizeof(pieced));
    from_hex(row->prehash, expected, sizeof(expected));
    assert_memory_equal(prehash, expected, sizeof(expected));
}

static const struct hex_row {
    const char *name, *hex;
} hex_rows[] = {
    {"hex: short", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeef"},
    {"hex: long", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff0"},
    {"hex: upper case", "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"},
    {"hex: another letter", "0g112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
    {"hex: a blank", "0 112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
    {"hex: nothing", ""},
};

static void test_hex(void **state)
{
    const struct hex_row *row = *state;
    struct digest digest = {{7}}, untouched = digest;

    assert_false(digest_from_hex(text_from(row->hex), &digest));
    assert_true(digest_equal(&digest, &untouched));
}

static const struct verify_row {
    const char *name, *key, *message, *signature;
    bool valid;
} verify_rows[] = {
    {"ed25519: RFC 8032, test 1",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
     "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
     true},
    {"ed25519: RFC 8032, test 2",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
     true},
    {"ed25519: RFC 8032, test 3",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
     true},
    {"ed25519: another message", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
     "x",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
     "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
     false},
    {"ed25519: another key", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
     "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
     false},
    {"ed25519: S + L, the same signature spelled twice",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901554"
     "c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b",
     false},
    {"ed25519: the neutral key, which would sign everything",
     "0100000000000000000000000000000000000000000000000000000000000000", "anything",
     "0100000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000000000",
     false},
    {"ed25519: the neutral key, not reduced",
     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "anything",
     "0100000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000000000",
     false},
    {"ed25519: a key of order four",
     "0000000000000000000000000000000000000000000000000000000000000000", "anything",
     "0100000000000000000000000000000000000000000000000000000000000000"
     "0000000000000000000000000000000000000000000000000000000000000000",
     false},
};

static void test_verify(void **state)
{
    const struct verify_row *row = *state;
    uint8_t key[PUBLIC_KEY_SIZE], signature[SIGNATURE_SIZE];

    from_hex(row->key, key, sizeof(key));
    from_hex(row->signature, signature, sizeof(signature));
    assert_int_equal(crypto_verify(signature, text_from(row->message), key), row->valid);
}

/* RFC 4648, section 10, and every other way to spell its texts. */
static const struct base64_row {
    const char *name, *base64, *plain;
    bool canonical;
} base64_rows[] = {
    {"base64: nothing", "", "", true},
    {"base64: f", "Zg==", "f", true},
    {"base64: fo", "Zm8=", "fo", true},
    {"base64: foo", "Zm9v", "foo", true},
    {"base64: foobar", "Zm9vYmFy", "foobar", true},
    {"base64: pad bits set after one byte", "Zh==", "f", false},
    {"base64: pad bits set after two bytes", "Zm9=", "fo", false},
    {"base64: no padding", "Zg", "f", false},
    {"base64: half the padding", "Zg=", "f", false},
    {"base64: too much padding", "Zg===", "f", false},
    {"base64: padding after whole bytes", "Zm9v=", "foo", false},
    {"base64: a line feed behind", "Zm9v\n", "foo", false},
    {"base64: a blank inside", "Zm 9v", "foo", false},
    {"base64: text behind the padding", "Zg==Zg==", "f", false},
    {"base64: one byte more", "Zm9vYg==", "foo", false},
    {"base64: one byte less", "Zm8=", "foo", false},
    {"base64: the alphabet for addresses", "-_-_", "\xfb\xff\xbf", false},
};

static void test_base64(void **state)
{
    const struct base64_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text plain = text_from(row->plain), base64 = text_from(row->base64);
    char bytes[8] = {0};

    assert_int_equal(crypto_from_base64(base64, bytes, plain.size), row->canonical);
    if (!row->canonical)
        return;
    assert_memory_equal(bytes, plain.bytes, plain.size);
    assert_string_equal(crypto_base64(arena, plain.bytes, plain.size).bytes, row->base64);
}

/* The first 64 bits in decimal, and the check: 98 less the number times 100, modulo 97. */

#define ZEROS "0000000000000000"
#define ONES  "ffffffffffffffff"

static const struct short_row {
    const char *name, *hex, *expected, *spelt;
    enum digest_match match;
} short_rows[] = {
    {"short: zeros", ZEROS ZEROS ZEROS ZEROS, "00000-00000-00000-00000-98",
     "00000-00000-00000-00000-98", DIGEST_SAME},
    {"short: ones", ONES ONES ONES ONES, "18446-74407-37095-51615-15", "18446-74407-37095-51615-15",
     DIGEST_SAME},
    {"short: the first 64 bits count", ONES ZEROS ZEROS ZEROS, "18446-74407-37095-51615-15",
     "18446-74407-37095-51615-15", DIGEST_SAME},
    {"short: with blanks", ONES ONES ONES ONES, "18446-74407-37095-51615-15",
     "18446 74407 37095 51615 15", DIGEST_SAME},
    {"short: in hexadecimal", ONES ONES ONES ZEROS, "18446-74407-37095-51615-15",
     ONES ONES ONES ZEROS, DIGEST_SAME},
    {"short: another in hexadecimal", ONES ONES ONES ZEROS, "18446-74407-37095-51615-15",
     ONES ONES ONES ONES, DIGEST_OTHER},
    {"short: another", ONES ONES ONES ONES, "18446-74407-37095-51615-15",
     "00000-00000-00000-00000-98", DIGEST_OTHER},
    {"short: a wrong check", ONES ONES ONES ONES, "18446-74407-37095-51615-15",
     "18446-74407-37095-51615-00", DIGEST_MISHEARD},
    {"short: a digit more", ONES ONES ONES ONES, "18446-74407-37095-51615-15",
     "18446-74407-37095-51615-150", DIGEST_MISHEARD},
    {"short: a digit less", ONES ONES ONES ONES, "18446-74407-37095-51615-15",
     "18446-74407-37095-51615-1", DIGEST_MISHEARD},
    {"short: a letter", ONES ONES ONES ONES, "18446-74407-37095-51615-15",
     "l8446-74407-37095-51615-00", DIGEST_MISHEARD},
    {"short: above 64 bits", ONES ONES ONES ONES, "18446-74407-37095-51615-15",
     "18446-74407-37095-51616-00", DIGEST_MISHEARD},
    {"short: nothing", ONES ONES ONES ONES, "18446-74407-37095-51615-15", "", DIGEST_MISHEARD},
};

static void test_short(void **state)
{
    const struct short_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct digest digest;

    assert_true(digest_from_hex(text_from(row->hex), &digest));
    assert_string_equal(digest_short(arena, &digest).bytes, row->expected);
    assert_int_equal(digest_match(&digest, text_from(row->spelt)), row->match);
}

static void test_random(void **state)
{
    uint8_t a[32] = {0}, b[32] = {0};

    (void)state;
    crypto_random(a, sizeof(a));
    crypto_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    struct CMUnitTest tests[COUNT(hash_rows) + COUNT(hex_rows) + COUNT(verify_rows) +
                            COUNT(base64_rows) + COUNT(short_rows) + 2];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(hash_rows); i++)
        tests[count++] =
            (struct CMUnitTest){hash_rows[i].name, test_hash, NULL, NULL, (void *)&hash_rows[i]};
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_sha256);
    for (size_t i = 0; i < COUNT(hex_rows); i++)
        tests[count++] =
            (struct CMUnitTest){hex_rows[i].name, test_hex, NULL, NULL, (void *)&hex_rows[i]};
    for (size_t i = 0; i < COUNT(verify_rows); i++)
        tests[count++] = (struct CMUnitTest){verify_rows[i].name, test_verify, NULL, NULL,
                                             (void *)&verify_rows[i]};
    for (size_t i = 0; i < COUNT(base64_rows); i++)
        tests[count++] = (struct CMUnitTest){base64_rows[i].name, test_base64, NULL, NULL,
                                             (void *)&base64_rows[i]};
    for (size_t i = 0; i < COUNT(short_rows); i++)
        tests[count++] =
            (struct CMUnitTest){short_rows[i].name, test_short, NULL, NULL, (void *)&short_rows[i]};
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_random);
    return cmocka_run_group_tests_name("crypto", tests, NULL, NULL);
}

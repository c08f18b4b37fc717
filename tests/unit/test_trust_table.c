/*
 * Every mix of valid, invalid, unknown, doubled, revoked and missing signatures against every
 * threshold. The host trusts five keys, A to E, and all of them have signed, but where the row says
 * otherwise:
 *
 *   i  A's signature is invalid      r  D is revoked
 *   u  B is unknown to the host      e  E has not signed
 *   d  C's signature stands twice
 *
 * A column for each threshold from 0 to 6: F the trust file is refused, R a signature is, t there
 * are too few, A accepted.
 */
#include "compiler/signer.h"
#include "runtime/trust_text.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 5, THRESHOLDS = 7 };

static const struct row {
    const char *mix, *expected;
} rows[] = {
    /*        0123456 */
    {"-----", "FAAAAAF"}, {"i----", "FRRRRRF"}, {"-u---", "FAAAAFF"}, {"iu---", "FRRRRFF"},
    {"--d--", "FRRRRRF"}, {"i-d--", "FRRRRRF"}, {"-ud--", "FRRRRFF"}, {"iud--", "FRRRRFF"},
    {"---r-", "FAAAAFF"}, {"i--r-", "FRRRRFF"}, {"-u-r-", "FAAAFFF"}, {"iu-r-", "FRRRFFF"},
    {"--dr-", "FRRRRFF"}, {"i-dr-", "FRRRRFF"}, {"-udr-", "FRRRFFF"}, {"iudr-", "FRRRFFF"},
    {"----e", "FAAAAtF"}, {"i---e", "FRRRRRF"}, {"-u--e", "FAAAtFF"}, {"iu--e", "FRRRRFF"},
    {"--d-e", "FRRRRRF"}, {"i-d-e", "FRRRRRF"}, {"-ud-e", "FRRRRFF"}, {"iud-e", "FRRRRFF"},
    {"---re", "FAAAtFF"}, {"i--re", "FRRRRFF"}, {"-u-re", "FAAtFFF"}, {"iu-re", "FRRRFFF"},
    {"--dre", "FRRRRFF"}, {"i-dre", "FRRRRFF"}, {"-udre", "FRRRFFF"}, {"iudre", "FRRRFFF"},
};

static const struct text index_text = TEXT("sqlferry index 1\nproject shop\n");
static const struct text file_text = TEXT("sqlferry trust 1\nversion 2\n");

static struct arena *memory; /* of what all tests share */
static struct public_key keys[KEYS];
static struct signature good[KEYS]; /* of index_text */
static struct signature of_file;    /* of file_text, by A */

static void test_prepare(void **state)
{
    const struct password_source nobody = {.fd = -1};
    struct digest digest = crypto_digest(index_text), of_file_text = crypto_digest(file_text);

    (void)state;
    for (size_t i = 0; i < KEYS; i++) {
        struct text name = arena_format(memory, "%c", (int)('a' + i));
        CLEANUP(signer_close) struct secret_key *key = NULL;

        assert_null(signer_create(memory, name, false, &nobody));
        name = arena_format(memory, "%s.key", name.bytes);
        assert_null(signer_load(memory, name, &nobody, &key));
        keys[i] = signer_public(key);
        assert_null(signer_sign(memory, key, SIGNED_INDEX, index_text, &digest, &good[i]));
        if (i == 0)
            assert_null(signer_sign(memory, key, SIGNED_TRUST, file_text, &of_file_text, &of_file));
    }
}

static bool has(const struct row *row, char what)
{
    return strchr(row->mix, what);
}

static struct text trust_text(struct arena *arena, const struct row *row, size_t threshold)
{
    struct text text = arena_format(arena, "sqlferry trust 1\nthreshold %zu\n", threshold);

    for (size_t i = 0; i < KEYS; i++)
        if (!(i == 1 && has(row, 'u')))
            text = arena_format(arena, "%skey %s %c\n", text.bytes,
                                minisign_key_line(arena, &keys[i]).bytes, (int)('A' + i));
    if (has(row, 'r'))
        text = arena_format(arena, "%srevoked %s\n", text.bytes,
                            minisign_key_line(arena, &keys[3]).bytes);
    return text;
}

static size_t signatures_of(struct arena *arena, const struct row *row, struct text *texts)
{
    struct digest digest = crypto_digest(index_text);
    size_t count = 0;

    for (size_t i = 0; i < KEYS; i++) {
        struct signature signature = good[i];

        if (i == 0 && has(row, 'i'))
            signature.bytes[9] ^= 0x20;
        if (i == 4 && has(row, 'e'))
            continue;
        texts[count++] = minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest);
        if (i == 2 && has(row, 'd')) {
            texts[count] = texts[count - 1];
            count++;
        }
    }
    return count;
}

static char outcome(struct arena *arena, const struct row *row, size_t threshold)
{
    struct source source = {TEXT("trust"), trust_text(arena, row, threshold)};
    struct digest digest = crypto_digest(index_text);
    uint8_t prehash[PREHASH_SIZE];
    struct text texts[KEYS + 1];
    struct verdicts verdicts;
    struct trust trust;

    if (trust_text_read(arena, &source, &trust))
        return 'F';
    size_t count = signatures_of(arena, row, texts);
    crypto_prehash(index_text, prehash);
    const struct error *error =
        trust_verify(arena, &trust, prehash, &digest, texts, count, &verdicts);
    if (!error)
        return 'A';
    return text_find(error->message, TEXT("needed trusted keys")) < error->message.size ? 't' : 'R';
}

static void test_row(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    char got[THRESHOLDS + 1] = "";

    for (size_t threshold = 0; threshold < THRESHOLDS; threshold++)
        got[threshold] = outcome(arena, row, threshold);
    assert_string_equal(got, row->expected);
}

/* Who may sign a trust file: KEY in these lines is A, OTHER is B. */
static const struct file_row {
    const char *name, *lines;
    bool wrong; /* the signature */
    bool usable;
    const char *expected;
} file_rows[] = {
    {"trust file: any role", "key KEY a\n", false, true, ""},
    {"trust file: its role", "key KEY a role=trust\nkey OTHER b\n", false, true, ""},
    {"trust file: a wrong signature", "key KEY a\n", true, true,
     "3 the signature of key 'a' (NUMBER) does not verify"},
    {"trust file: a stranger", "key OTHER b\n", false, false,
     "3 0 of 1 needed trusted keys have signed the trust file; key NUMBER is not among the trusted "
     "keys / The keys that count are those in 'trust'."},
    {"trust file: another role", "key KEY a role=apply\nkey OTHER b\n", false, false,
     "3 0 of 1 needed trusted keys have signed the trust file; key 'a' (NUMBER) has another role / "
     "The keys that count are those in 'trust'."},
    {"trust file: revoked", "key KEY a\nkey OTHER b\nrevoked KEY\n", false, false,
     "3 0 of 1 needed trusted keys have signed the trust file; key 'a' (NUMBER) is revoked / "
     "The keys that count are those in 'trust'."},
    {"trust file: revoked, with a last good sequence",
     "key KEY a\nkey OTHER b\nrevoked KEY last-good=7\n", false, false,
     "3 0 of 1 needed trusted keys have signed the trust file; key 'a' (NUMBER) is revoked for all "
     "behind sequence 7 / The keys that count are those in 'trust'."},
};

static const char *fill_in(struct arena *arena, const char *pattern)
{
    const struct {
        const char *name;
        struct text value;
    } names[] = {
        {"KEY", minisign_key_line(arena, &keys[0])},
        {"OTHER", minisign_key_line(arena, &keys[1])},
        {"NUMBER", minisign_key_number(arena, keys[0].number)},
    };
    struct text text = text_from(pattern), filled = TEXT("");

    while (text.size) {
        size_t taken = 1;
        struct text put = text_slice(text, 0, 1);

        for (size_t i = 0; i < COUNT(names); i++)
            if (text_starts(text, text_from(names[i].name))) {
                taken = strlen(names[i].name);
                put = names[i].value;
            }
        filled = arena_format(arena, "%.*s%.*s", TEXT_ARGS(filled), TEXT_ARGS(put));
        text = text_slice(text, taken, text.size);
    }
    return filled.bytes;
}

static void test_file(void **state)
{
    const struct file_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(4 << 20);
    const char *lines = arena_format(arena, "sqlferry trust 1\nthreshold 1\n%s", row->lines).bytes;
    struct source source = {TEXT("trust"), text_from(fill_in(arena, lines))};
    struct digest digest = crypto_digest(file_text);
    struct signature signature = of_file;
    struct verdicts verdicts;
    struct trust trust;

    support_check(trust_text_read(arena, &source, &trust), "");
    assert_int_equal(trust_is_usable(&trust, SIGNED_TRUST, keys[0].number), row->usable);
    signature.bytes[9] ^= row->wrong;
    support_check(trust_verify_file(arena, &trust, file_text, &digest, &signature, 1, &verdicts),
                  fill_in(arena, row->expected));
}

int main(void)
{
    struct support_tests tests = {0};

    memory = arena_new(1 << 20);
    support_add(&tests, "five keys, five signatures", test_prepare);
    support_add_rows(&tests, rows, test_row);
    support_add_rows(&tests, file_rows, test_file);
    int status = support_run("trust table", &tests);
    arena_free(&memory);
    return status;
}

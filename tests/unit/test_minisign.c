/* Texts made by stock minisign 0.11, and every way in which they may not be changed. */
#include "runtime/minisign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY_LINE "RWQqHLoMSCOAOe8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnTe"
#define SECRET_LINE                                                                                \
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAKhy6DEgjgDkS+We+ft"   \
    "hdOf61PyQdQT4ycPussITPAwyae4OcgmwPm+8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnTeAAAAAAAAAAAA"   \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define INDEX_HEX "f55ea255ef9a27155aed10a13189481e4af334088ab38fcc5ef3cd8079e51e0c"
#define NUMBER    "398023480CBA1C2A"

#define LINE_1 "untrusted comment: sqlferry bundle signature"
#define LINE_2                                                                                     \
    "RUQqHLoMSCOAOQCydec4Jh/Md6xlj7zhI4Bo3mPz/4LrnODjTg++dsFZ9WLOR5fpk8AgxcGQKSwP3Y0mXzekor76UZCb" \
    "9wyQ1Ac="
#define LINE_3 "trusted comment: sqlferry 1 index " INDEX_HEX
#define LINE_4                                                                                     \
    "uVd4vRyHxKLiR/0+4exOSfT07y1ShzdZcUglut6axx/yR9kVCWSw9ZgmXx14HBMACuhXioOuWyK6DzEyziNzCg=="
#define SIGNATURE LINE_1 "\n" LINE_2 "\n" LINE_3 "\n" LINE_4 "\n"

/* From `minisign -S -l`, which signs without hashing. */
#define LEGACY_LINE                                                                                \
    "RWQqHLoMSCOAOdHvVtAQ0zp0K6vaNrcQ50kAOwsg/lLKO/PGTAQVSYTVixUc+Y774mQ+FRBu/D5W1Bxbu+Usb1AyNBtn" \
    "ws/sPAM="
#define UNKNOWN_LINE                                                                               \
    "RVgqHLoMSCOAOQCydec4Jh/Md6xlj7zhI4Bo3mPz/4LrnODjTg++dsFZ9WLOR5fpk8AgxcGQKSwP3Y0mXzekor76UZCb" \
    "9wyQ1Ac="

static const struct text index_text = {"sqlferry index 1\nproject shop\n", 30};

/* "3 signature:2:1+100: message", notes and hint behind it; "0" for success. */
static const char *show(struct arena *arena, const struct error *error)
{
    struct text shown = arena_format(arena, "%d", error_status(error));

    if (!error)
        return shown.bytes;
    if (error->span.source) {
        struct place place = span_place(error->span);

        shown = arena_format(arena, "%s %.*s:%zu:%zu+%zu:", shown.bytes,
                             TEXT_ARGS(error->span.source->name), place.line, place.column,
                             error->span.size);
    }
    shown = arena_format(arena, "%s %.*s", shown.bytes, TEXT_ARGS(error->message));
    if (error->hint.size)
        shown = arena_format(arena, "%s / %.*s", shown.bytes, TEXT_ARGS(error->hint));
    assert_null(error->notes);
    assert_null(error->next);
    return shown.bytes;
}

/* The text with the first occurrence of find replaced; find "" appends. */
static struct text edit(struct arena *arena, struct text text, const char *find,
                        const char *replacement)
{
    size_t at = *find ? text_find(text, text_from(find)) : text.size;
    struct text behind = text_slice(text, at + strlen(find), text.size);

    assert_true(at < text.size || !*find);
    return arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(text_slice(text, 0, at)), replacement,
                        TEXT_ARGS(behind));
}

static const struct read_row {
    const char *name, *find, *replacement;
    const char *bundle; /* what reading it from a bundle says */
    const char *file;   /* and from a .minisig file */
} read_rows[] = {
    {"as minisign wrote it", "", "", "0", "0"},
    {"another untrusted comment", "sqlferry bundle signature", "signature from minisign secret key",
     "3 signature:1:21+1: this line must read '" LINE_1 "'", "0"},
    {"an empty untrusted comment", "sqlferry bundle signature", "",
     "3 signature:1:20+1: this line must read '" LINE_1 "'", "0"},
    {"a longer untrusted comment", "bundle signature", "bundle signature ",
     "3 signature:1:45+1: this line must read '" LINE_1 "'", "0"},
    {"no untrusted comment", "untrusted", "unchecked",
     "3 signature:1:1+44: this line must begin with 'untrusted comment: '",
     "1 f.minisig:1:1+44: this line must begin with 'untrusted comment: '"},
    {"no last line feed", "Cg==\n",
     "Cg==", "3 signature:4:89+0: the signature does not end in a line feed", "0"},
    {"a carriage return", "signature\n", "signature\r\n",
     "3 signature:1:45+1: a carriage return has no place in a signature",
     "1 f.minisig:1:45+1: a carriage return has no place in a signature / "
     "Copy the file as it is: something has converted its line ends."},
    {"a comment hidden behind a carriage return", INDEX_HEX, INDEX_HEX "\rtrusted comment: all",
     "3 signature:3:99+1: a carriage return has no place in a signature",
     "1 f.minisig:3:99+1: a carriage return has no place in a signature / "
     "Copy the file as it is: something has converted its line ends."},
    {"a fifth line", "", "\n", "3 signature:5:1+1: the signature goes on after line 4",
     "1 f.minisig:5:1+1: the signature goes on after line 4"},
    {"text behind", "", "DROP", "3 signature:5:1+4: the signature goes on after line 4",
     "1 f.minisig:5:1+4: the signature goes on after line 4"},
    {"the legacy kind", LINE_2, LEGACY_LINE,
     "3 signature:2:1+100: the signature is of the legacy kind 'Ed', not 'ED'",
     "1 f.minisig:2:1+100: the signature is of the legacy kind 'Ed', not 'ED' / "
     "Sign again without minisign's option -l (before 0.10: with -H)."},
    {"an unknown kind", LINE_2, UNKNOWN_LINE,
     "3 signature:2:1+100: the signature is of an unknown kind, not 'ED'",
     "1 f.minisig:2:1+100: the signature is of an unknown kind, not 'ED'"},
    {"line 2 is not base64", "RUQq", "RU*q",
     "3 signature:2:1+100: this is not the base64 of a minisign signature",
     "1 f.minisig:2:1+100: this is not the base64 of a minisign signature"},
    {"pad bits set on line 2",
     "1Ac=", "1Ad=", "3 signature:2:1+100: this is not the base64 of a minisign signature",
     "1 f.minisig:2:1+100: this is not the base64 of a minisign signature"},
    {"a blank behind line 2",
     "1Ac=", "1Ac= ", "3 signature:2:1+101: this is not the base64 of a minisign signature",
     "1 f.minisig:2:1+101: this is not the base64 of a minisign signature"},
    {"a public key on line 2", LINE_2, KEY_LINE,
     "3 signature:2:1+56: this is not the base64 of a minisign signature",
     "1 f.minisig:2:1+56: this is not the base64 of a minisign signature"},
    {"no trusted comment", "trusted comment: sqlferry 1", "comment: sqlferry 1",
     "3 signature:3:1+90: this line must begin with 'trusted comment: '",
     "1 f.minisig:3:1+90: this line must begin with 'trusted comment: '"},
    {"another trusted comment", "sqlferry 1 index " INDEX_HEX, "release 2.4.0",
     "3 signature:3:18+13: the trusted comment is 'release 2.4.0', but this index needs "
     "'sqlferry 1 index " INDEX_HEX "'",
     "1 f.minisig:3:18+13: the trusted comment is 'release 2.4.0', but this index needs "
     "'sqlferry 1 index " INDEX_HEX "' / Sign the index again with: minisign -S -t "
     "'sqlferry 1 index " INDEX_HEX "' -m FILE"},
    {"another index", "index f5", "index f4",
     "3 signature:3:18+81: the trusted comment is 'sqlferry 1 index "
     "f45ea255ef9a27155aed10a13189481e4af334088ab38fcc5ef3cd8079e51e0c', but this index needs "
     "'sqlferry 1 index " INDEX_HEX "'",
     "1 f.minisig:3:18+81: the trusted comment is 'sqlferry 1 index "
     "f45ea255ef9a27155aed10a13189481e4af334088ab38fcc5ef3cd8079e51e0c', but this index needs "
     "'sqlferry 1 index " INDEX_HEX "' / Sign the index again with: minisign -S -t "
     "'sqlferry 1 index " INDEX_HEX "' -m FILE"},
    {"an upper-case digest", "0c\nuVd", "0C\nuVd",
     "3 signature:3:18+81: the trusted comment is 'sqlferry 1 index "
     "f55ea255ef9a27155aed10a13189481e4af334088ab38fcc5ef3cd8079e51e0C', but this index needs "
     "'sqlferry 1 index " INDEX_HEX "'",
     "1 f.minisig:3:18+81: the trusted comment is 'sqlferry 1 index "
     "f55ea255ef9a27155aed10a13189481e4af334088ab38fcc5ef3cd8079e51e0C', but this index needs "
     "'sqlferry 1 index " INDEX_HEX "' / Sign the index again with: minisign -S -t "
     "'sqlferry 1 index " INDEX_HEX "' -m FILE"},
    {"line 4 is not base64",
     "zCg==", "zCg=", "3 signature:4:1+87: this is not the base64 of a global signature",
     "1 f.minisig:4:1+87: this is not the base64 of a global signature"},
    {"pad bits set on line 4",
     "zCg==", "zCh==", "3 signature:4:1+88: this is not the base64 of a global signature",
     "1 f.minisig:4:1+88: this is not the base64 of a global signature"},
    {"no line 4", LINE_4 "\n", "", "3 signature:4:1+0: the signature ends before line 4 of 4",
     "1 f.minisig:4:1+0: the signature ends before line 4 of 4"},
    {"two lines, as signify writes", LINE_3 "\n" LINE_4 "\n", "",
     "3 signature:3:1+0: the signature ends before line 3 of 4",
     "1 f.minisig:3:1+0: the signature ends before line 3 of 4"},
    {"nothing", SIGNATURE, "", "3 signature:1:1+0: the signature ends before line 1 of 4",
     "1 f.minisig:1:1+0: the signature ends before line 1 of 4"},
};

static void test_read(void **state)
{
    const struct read_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = edit(arena, TEXT(SIGNATURE), row->find, row->replacement);
    struct source source = {TEXT("f.minisig"), text};
    struct digest digest = crypto_digest(index_text);
    struct signature signature;

    const struct error *error = minisign_signature_read(arena, text, &digest, &signature);
    assert_string_equal(show(arena, error), row->bundle);
    error = minisign_signature_file_read(arena, &source, SIGNED_INDEX, &digest, &signature,
                                         &(size_t){1});
    assert_string_equal(show(arena, error), row->file);
    if (!error)
        assert_string_equal(minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest).bytes,
                            SIGNATURE);
}

/* In memory that ends where the text does, so that a sanitizer sees a byte too many. */
static void test_no_line_feed(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct digest digest = crypto_digest(index_text);
    size_t size = strlen(SIGNATURE) - 1;
    char *exact = malloc(size);
    struct signature signature;

    (void)state;
    assert_non_null(exact);
    memcpy(exact, SIGNATURE, size);
    const struct error *error =
        minisign_signature_read(arena, (struct text){exact, size}, &digest, &signature);
    bool refused =
        error && text_equal(error->message, TEXT("the signature does not end in a line feed"));
    free(exact);
    assert_true(refused);
}

static void test_sizes(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct digest digest = crypto_digest(index_text);
    struct signature signature;
    char comment[2000] = "";

    (void)state;
    memset(comment, 'c', sizeof(comment) - 1);
    struct text text = edit(arena, TEXT(SIGNATURE), "sqlferry bundle signature", comment);
    assert_string_equal(show(arena, minisign_signature_read(arena, text, &digest, &signature)),
                        "3 the signature is too large: 2308 bytes, at most 1024");
    struct source source = {TEXT("f.minisig"), text};
    assert_string_equal(
        show(arena, minisign_signature_file_read(arena, &source, SIGNED_INDEX, &digest, &signature,
                                                 &(size_t){1})),
        "1 f.minisig:1:1+2018: this line is longer than 1023 bytes");
    text = text_slice(text, 0, SIGNATURE_TEXT_SIZE_MAX);
    assert_string_equal(show(arena, minisign_signature_read(arena, text, &digest, &signature)),
                        "3 signature:1:1025+0: the signature ends before line 2 of 4");
    comment[1023 - strlen("untrusted comment: ")] = '\0';
    source.text = edit(arena, TEXT(SIGNATURE), "sqlferry bundle signature", comment);
    assert_null(minisign_signature_file_read(arena, &source, SIGNED_INDEX, &digest, &signature,
                                             &(size_t){1}));
}

static bool accepted(struct arena *arena, struct text text)
{
    struct digest digest = crypto_digest(index_text);
    uint8_t prehash[PREHASH_SIZE];
    struct public_key key;
    struct signature signature;

    assert_true(minisign_key_read(TEXT(KEY_LINE), &key));
    crypto_prehash(index_text, prehash);
    return !minisign_signature_read(arena, text, &digest, &signature) &&
           minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &key);
}

static void test_every_bit(void **state)
{
    char text[] = SIGNATURE;
    const size_t size = sizeof(text) - 1;

    (void)state;
    for (size_t bit = 0; bit < size * 8; bit++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

        text[bit / 8] ^= (char)(1 << bit % 8);
        if (accepted(arena, (struct text){text, size}))
            fail_msg("accepted with bit %zu flipped", bit);
        text[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void test_every_size(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(8 << 20);
    char text[sizeof(SIGNATURE)] = SIGNATURE;
    const size_t size = sizeof(text) - 1;

    (void)state;
    assert_true(accepted(arena, (struct text){text, size}));
    for (size_t i = 0; i < size; i++)
        assert_false(accepted(arena, (struct text){text, i}));
    for (unsigned byte = 0; byte < 256; byte++) {
        text[size] = (char)byte;
        assert_false(accepted(arena, (struct text){text, size + 1}));
    }
}

/* Where one of the two equations fails, or the key is another. */
static void test_verify(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct digest digest = crypto_digest(index_text), other = digest;
    uint8_t prehash[PREHASH_SIZE], other_prehash[PREHASH_SIZE];
    struct public_key key;
    struct signature signature;

    (void)state;
    assert_true(minisign_key_read(TEXT(KEY_LINE), &key));
    crypto_prehash(index_text, prehash);
    crypto_prehash(TEXT("sqlferry index 1\n"), other_prehash);
    assert_null(minisign_signature_read(arena, TEXT(SIGNATURE), &digest, &signature));
    assert_true(minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &key));

    assert_false(minisign_verify(&signature, SIGNED_INDEX, other_prehash, &digest, &key));
    other.bytes[0] ^= 1;
    assert_false(minisign_verify(&signature, SIGNED_INDEX, prehash, &other, &key));
    signature.global_bytes[0] ^= 1;
    assert_false(minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &key));
    signature.global_bytes[0] ^= 1;
    signature.bytes[63] ^= 1;
    assert_false(minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &key));
    signature.bytes[63] ^= 1;
    key.bytes[5] ^= 1;
    assert_false(minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &key));
}

#define NO_KEY                                                                                     \
    "3 'k.pub' has no minisign public key on its second line / "                                   \
    "A public key is 56 characters that begin with RW."
#define IS_SECRET                                                                                  \
    "3 'k.pub' is a secret key, not a public key / "                                               \
    "Give the .pub file; a secret key stays on the machine that signs."
#define KEY_FILE "untrusted comment: minisign public key " NUMBER "\n" KEY_LINE "\n"

static const struct key_row {
    const char *name, *file, *expected;
} key_rows[] = {
    {"key: as minisign wrote it", KEY_FILE, "0"},
    {"key: any first line", "hello\n" KEY_LINE "\n", "0"},
    {"key: an empty first line", "\n" KEY_LINE "\n", "0"},
    {"key: a first line that denies it is a secret key", "not a secret key\n" KEY_LINE "\n", "0"},
    {"key: no last line feed", "c\n" KEY_LINE, "0"},
    {"key: line ends of Windows", "c\r\n" KEY_LINE "\r\n", "0"},
    {"key: blank lines behind", "c\n" KEY_LINE "\n\n", "0"},
    {"key: no comment", KEY_LINE "\n",
     "3 public key 'k.pub' begins without a comment line / "
     "Put a line such as 'untrusted comment: release key' above the key."},
    {"key: nothing", "", NO_KEY},
    {"key: a comment alone", "untrusted comment: key\n", NO_KEY},
    {"key: a blank before", "c\n " KEY_LINE "\n", NO_KEY},
    {"key: a character less", "c\nRWQqHLoMSCOAOe8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnT\n",
     NO_KEY},
    {"key: another algorithm", "c\nRXQqHLoMSCOAOe8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnTe\n",
     NO_KEY},
    {"key: a signature", SIGNATURE, NO_KEY},
    {"key: a secret key", "untrusted comment: minisign encrypted secret key\n" SECRET_LINE "\n",
     IS_SECRET},
    {"key: a secret key under another comment", "mine\n" SECRET_LINE "\n", IS_SECRET},
    {"key: a damaged secret key", "untrusted comment: minisign encrypted secret key\nRWQAAEIy\n",
     IS_SECRET},
    {"key: a second one behind", KEY_FILE KEY_FILE, "3 'k.pub' goes on after its public key"},
};

static void test_key(void **state)
{
    const struct key_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("k.pub"), text_from(row->file)};
    struct public_key key;

    const struct error *error = minisign_key_file_read(arena, &source, &key);
    assert_string_equal(show(arena, error), row->expected);
    if (error)
        return;
    assert_string_equal(minisign_key_number(arena, key.number).bytes, NUMBER);
    assert_string_equal(minisign_key_line(arena, &key).bytes, KEY_LINE);
    assert_string_equal(minisign_key_file(arena, &key).bytes, KEY_FILE);
}

static void test_key_comment(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    char comment[1100] = "";
    struct source source = {.name = TEXT("k.pub")};
    struct public_key key;

    (void)state;
    memset(comment, 'c', 1023);
    source.text = arena_format(arena, "%s\n%s\n", comment, KEY_LINE);
    assert_null(minisign_key_file_read(arena, &source, &key));
    comment[1023] = 'c';
    source.text = arena_format(arena, "%s\n%s\n", comment, KEY_LINE);
    assert_string_equal(show(arena, minisign_key_file_read(arena, &source, &key)),
                        "3 the first line of public key 'k.pub' is longer than 1023 bytes");
}

/* As minisign wrote it: in one key of sixteen, the number on the first line is shorter. */
static void test_key_with_leading_zero(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    const char *file = "untrusted comment: minisign public key E01D65CD005E338\n"
                       "RWQ44wXQXNYBDl0SQeVFW2x/K98ETS94ZSNr3yinS85xmT35WZk9h4fW\n";
    struct source source = {TEXT("k.pub"), text_from(file)};
    struct public_key key;

    (void)state;
    assert_null(minisign_key_file_read(arena, &source, &key));
    assert_string_equal(minisign_key_file(arena, &key).bytes, file);
    assert_string_equal(minisign_key_number(arena, key.number).bytes, "0E01D65CD005E338");
    memset(key.number, 0, sizeof(key.number));
    assert_true(text_starts(minisign_key_file(arena, &key),
                            TEXT("untrusted comment: minisign public key 0\n")));
}

int main(void)
{
    const struct CMUnitTest single[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_line_feed),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_key_comment),
        cmocka_unit_test(test_key_with_leading_zero),
    };
    struct CMUnitTest tests[COUNT(single) + COUNT(read_rows) + COUNT(key_rows)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(read_rows); i++)
        tests[count++] =
            (struct CMUnitTest){read_rows[i].name, test_read, NULL, NULL, (void *)&read_rows[i]};
    for (size_t i = 0; i < COUNT(key_rows); i++)
        tests[count++] =
            (struct CMUnitTest){key_rows[i].name, test_key, NULL, NULL, (void *)&key_rows[i]};
    for (size_t i = 0; i < COUNT(single); i++)
        tests[count++] = single[i];
    return cmocka_run_group_tests_name("minisign", tests, NULL, NULL);
}

#include "minisign.h"

#include <assert.h>
#include <string.h>

#define UNTRUSTED_PREFIX  "untrusted comment: "
#define TRUSTED_PREFIX    "trusted comment: "
#define CANONICAL_COMMENT UNTRUSTED_PREFIX "sqlferry bundle signature"

enum {
    COMMENT_LINE_SIZE_MAX = 1023, /* what minisign reads of one */
    SIGNED_WORDS_SIZE = 17,
    TRUSTED_COMMENT_SIZE = SIGNED_WORDS_SIZE + DIGEST_HEX_SIZE,
    SECRET_RECORD_SIZE = 158,
    SIGNATURE_LINES = 4,
};

/* How a trusted comment begins, and what people call what it is about. */
static const struct signed_words {
    char begin[SIGNED_WORDS_SIZE + 1];
    const char *name;
    const char *apart; /* for minisign, which would write over the signatures of others */
} signed_words[] = {
    [SIGNED_INDEX] = {"sqlferry 1 index ", "index", ""},
    [SIGNED_TRUST] = {"sqlferry 1 trust ", "trust file", " -x OTHER.minisig"},
};

/* What stands behind the base64 of a .pub file. */
struct key_record {
    uint8_t algorithm[2]; /* "Ed" */
    uint8_t number[KEY_NUMBER_SIZE];
    uint8_t bytes[PUBLIC_KEY_SIZE];
};
static_assert(sizeof(struct key_record) == 42, "no padding");

/* What stands behind the base64 on line two of a signature. */
struct signature_record {
    uint8_t algorithm[2]; /* "ED"; "Ed" is the legacy kind, which signs without hashing first */
    uint8_t number[KEY_NUMBER_SIZE];
    uint8_t bytes[SIGNATURE_SIZE];
};
static_assert(sizeof(struct signature_record) == 74, "no padding");

bool minisign_key_read(struct text line, struct public_key *key)
{
    struct key_record record;

    if (!crypto_from_base64(line, &record, sizeof(record)) ||
        memcmp(record.algorithm, "Ed", sizeof(record.algorithm)) != 0)
        return false;
    memcpy(key->number, record.number, sizeof(key->number));
    memcpy(key->bytes, record.bytes, sizeof(key->bytes));
    return true;
}

struct text minisign_key_line(struct arena *arena, const struct public_key *key)
{
    struct key_record record = {.algorithm = {'E', 'd'}};

    memcpy(record.number, key->number, sizeof(record.number));
    memcpy(record.bytes, key->bytes, sizeof(record.bytes));
    return crypto_base64(arena, &record, sizeof(record));
}

struct text minisign_key_number(struct arena *arena, const uint8_t number[static KEY_NUMBER_SIZE])
{
    return arena_format(arena, "%02X%02X%02X%02X%02X%02X%02X%02X", number[7], number[6], number[5],
                        number[4], number[3], number[2], number[1], number[0]);
}

/* As minisign reads the lines of a key file: a carriage return before the line feed is nothing. */
static struct text cut_line(struct text *rest)
{
    struct text line = text_cut(rest, '\n');

    if (text_ends(line, TEXT("\r")))
        line.size--;
    return line;
}

static bool is_secret_key(struct text comment, struct text line)
{
    uint8_t record[SECRET_RECORD_SIZE];

    return text_find(comment, TEXT("secret key")) < comment.size ||
           crypto_from_base64(line, record, sizeof(record));
}

static struct error *no_key_error(struct arena *arena, struct text name, struct text comment,
                                  struct text line)
{
    struct public_key key;

    if (is_secret_key(comment, line))
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "'%.*s' is a secret key, not a public key", TEXT_ARGS(name)),
                          "Give the .pub file; a secret key stays on the machine that signs.");
    if (minisign_key_read(comment, &key))
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "public key '%.*s' begins without a comment line",
                                      TEXT_ARGS(name)),
                          "Put a line such as 'untrusted comment: release key' above the key.");
    return error_hint(arena,
                      error_plain(arena, ERROR_UNTRUSTED,
                                  "'%.*s' has no minisign public key on its second line",
                                  TEXT_ARGS(name)),
                      "A public key is 56 characters that begin with RW.");
}

/* None of the errors has a place: an excerpt might show a secret key, or a stranger's. */
struct error *minisign_key_file_read(struct arena *arena, const struct source *source,
                                     struct public_key *key)
{
    struct text rest = source->text;
    struct text comment = cut_line(&rest), line = cut_line(&rest);
    struct public_key found;

    if (!minisign_key_read(line, &found))
        return no_key_error(arena, source->name, comment, line);
    if (comment.size > COMMENT_LINE_SIZE_MAX)
        return error_plain(arena, ERROR_UNTRUSTED,
                           "the first line of public key '%.*s' is longer than %d bytes",
                           TEXT_ARGS(source->name), COMMENT_LINE_SIZE_MAX);
    if (text_trim(rest).size)
        return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' goes on after its public key",
                           TEXT_ARGS(source->name));
    *key = found;
    return NULL;
}

struct text minisign_key_file(struct arena *arena, const struct public_key *key)
{
    struct text number = minisign_key_number(arena, key->number);

    while (number.size > 1 && number.bytes[0] == '0')
        number = text_slice(number, 1, number.size);
    return arena_format(arena, UNTRUSTED_PREFIX "minisign public key %.*s\n%s\n", TEXT_ARGS(number),
                        minisign_key_line(arena, key).bytes);
}

static void put_trusted_comment(enum signed_kind kind, const struct digest *digest,
                                char comment[static TRUSTED_COMMENT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    char *hex = comment + SIGNED_WORDS_SIZE;

    memcpy(comment, signed_words[kind].begin, SIGNED_WORDS_SIZE);
    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
}

struct text minisign_trusted_comment(struct arena *arena, enum signed_kind kind,
                                     const struct digest *digest)
{
    char comment[TRUSTED_COMMENT_SIZE];

    put_trusted_comment(kind, digest, comment);
    return arena_copy(arena, (struct text){comment, sizeof(comment)});
}

struct text minisign_signature_text(struct arena *arena, const struct signature *signature,
                                    enum signed_kind kind, const struct digest *digest)
{
    struct signature_record record = {.algorithm = {'E', 'D'}};

    memcpy(record.number, signature->number, sizeof(record.number));
    memcpy(record.bytes, signature->bytes, sizeof(record.bytes));
    return arena_format(
        arena, "%s\n%s\n%s%s\n%s\n", CANONICAL_COMMENT,
        crypto_base64(arena, &record, sizeof(record)).bytes, TRUSTED_PREFIX,
        minisign_trusted_comment(arena, kind, digest).bytes,
        crypto_base64(arena, signature->global_bytes, sizeof(signature->global_bytes)).bytes);
}

/*
 * Both readers share what a signature must say; they differ in the code of their errors, and in who
 * reads the hint: whoever has a .minisig file can have it signed again, whoever has a bundle
 * cannot.
 */
struct reader {
    struct arena *arena;
    const struct source *source;
    enum signed_kind kind;
    const struct digest *digest;
    enum error_code code;
};

static struct error *add_hint(const struct reader *reader, struct error *error, const char *hint)
{
    return reader->code == ERROR_INPUT ? error_hint(reader->arena, error, "%s", hint) : error;
}

static struct error *read_record(const struct reader *reader, struct text line,
                                 struct signature *signature)
{
    struct span span = span_of(reader->source, line);
    struct signature_record record;

    if (!crypto_from_base64(line, &record, sizeof(record)))
        return error_at(reader->arena, reader->code, span,
                        "this is not the base64 of a minisign signature");
    if (memcmp(record.algorithm, "Ed", sizeof(record.algorithm)) == 0)
        return add_hint(reader,
                        error_at(reader->arena, reader->code, span,
                                 "the signature is of the legacy kind 'Ed', not 'ED'"),
                        "Sign again without minisign's option -l (before 0.10: with -H).");
    if (memcmp(record.algorithm, "ED", sizeof(record.algorithm)) != 0)
        return error_at(reader->arena, reader->code, span,
                        "the signature is of an unknown kind, not 'ED'");
    memcpy(signature->number, record.number, sizeof(signature->number));
    memcpy(signature->bytes, record.bytes, sizeof(signature->bytes));
    return NULL;
}

static struct error *check_prefix(const struct reader *reader, struct text line, const char *prefix)
{
    if (text_starts(line, text_from(prefix)))
        return NULL;
    return error_at(reader->arena, reader->code, span_of(reader->source, line),
                    "this line must begin with '%s'", prefix);
}

static struct error *check_trusted_comment(const struct reader *reader, struct text line)
{
    struct error *error = check_prefix(reader, line, TRUSTED_PREFIX);
    struct text said = text_slice(line, sizeof(TRUSTED_PREFIX) - 1, line.size);
    struct text expected = minisign_trusted_comment(reader->arena, reader->kind, reader->digest);

    if (error || text_equal(said, expected))
        return error;
    error = error_at(reader->arena, reader->code, span_of(reader->source, said),
                     "the trusted comment is '%.*s', but this %s needs '%.*s'", TEXT_ARGS(said),
                     signed_words[reader->kind].name, TEXT_ARGS(expected));
    return add_hint(reader, error,
                    arena_format(reader->arena,
                                 "Sign the %s again with: minisign -S -t '%.*s' -m FILE%s",
                                 signed_words[reader->kind].name, TEXT_ARGS(expected),
                                 signed_words[reader->kind].apart)
                        .bytes);
}

/* Takes the lines of one signature from the front of the text. */
static struct error *take_lines(const struct reader *reader, struct text *text,
                                struct signature *signature)
{
    struct text lines[SIGNATURE_LINES];

    for (size_t i = 0; i < SIGNATURE_LINES; i++) {
        if (text->size == 0)
            return error_at(reader->arena, reader->code,
                            (struct span){reader->source, reader->source->text.size, 0},
                            "the signature ends before line %zu of %d", i + 1, SIGNATURE_LINES);
        lines[i] = text_cut(text, '\n');
    }

    struct error *error = check_prefix(reader, lines[0], UNTRUSTED_PREFIX);
    if (error)
        return error;
    if (lines[0].size > COMMENT_LINE_SIZE_MAX)
        return error_at(reader->arena, reader->code, span_of(reader->source, lines[0]),
                        "this line is longer than %d bytes", COMMENT_LINE_SIZE_MAX);
    error = read_record(reader, lines[1], signature);
    if (error)
        return error;
    error = check_trusted_comment(reader, lines[2]);
    if (error)
        return error;
    if (!crypto_from_base64(lines[3], signature->global_bytes, sizeof(signature->global_bytes)))
        return error_at(reader->arena, reader->code, span_of(reader->source, lines[3]),
                        "this is not the base64 of a global signature");
    return NULL;
}

static struct error *check_line_ends(const struct reader *reader)
{
    size_t at = text_find_byte(reader->source->text, '\r');

    if (at == reader->source->text.size)
        return NULL;
    return add_hint(reader,
                    error_at(reader->arena, reader->code, (struct span){reader->source, at, 1},
                             "a carriage return has no place in a signature"),
                    "Copy the file as it is: something has converted its line ends.");
}

/* As many signatures as there are; a text that goes on behind the last there is room for is not. */
static struct error *read_signatures(const struct reader *reader, struct signature *signatures,
                                     size_t *count)
{
    struct text rest = reader->source->text;
    struct error *error = check_line_ends(reader);
    size_t read = 0;

    if (error)
        return error;
    do {
        if (read == *count)
            return error_at(reader->arena, reader->code, span_of(reader->source, rest),
                            "the signature goes on after line %zu", read * SIGNATURE_LINES);
        error = take_lines(reader, &rest, &signatures[read++]);
        if (error)
            return error;
    } while (rest.size);
    *count = read;
    return NULL;
}

/* What read_signatures lets pass: another untrusted comment, no line feed at the end. */
static struct error *spelling_error(const struct reader *reader, struct text canonical)
{
    struct text text = reader->source->text;
    size_t at = 0;

    while (at < text.size && at < canonical.size && text.bytes[at] == canonical.bytes[at])
        at++;
    if (at == text.size)
        return error_at(reader->arena, reader->code, (struct span){reader->source, at, 0},
                        "the signature does not end in a line feed");

    struct text line = text_cut(&canonical, '\n');
    return error_at(reader->arena, reader->code, (struct span){reader->source, at, 1},
                    "this line must read '%.*s'", TEXT_ARGS(line));
}

struct error *minisign_signature_read(struct arena *arena, struct text text,
                                      const struct digest *index, struct signature *signature)
{
    struct source *source = arena_one(arena, struct source);
    struct reader reader = {arena, source, SIGNED_INDEX, index, ERROR_UNTRUSTED};
    struct signature found;
    size_t count = 1;

    *source = (struct source){TEXT("signature"), text};
    if (text.size > SIGNATURE_TEXT_SIZE_MAX)
        return error_plain(arena, ERROR_UNTRUSTED,
                           "the signature is too large: %zu bytes, at most %d", text.size,
                           SIGNATURE_TEXT_SIZE_MAX);
    struct error *error = read_signatures(&reader, &found, &count);
    if (error)
        return error;
    struct text canonical = minisign_signature_text(arena, &found, SIGNED_INDEX, index);
    if (!text_equal(text, canonical))
        return spelling_error(&reader, canonical);
    *signature = found;
    return NULL;
}

struct error *minisign_signature_file_read(struct arena *arena, const struct source *source,
                                           enum signed_kind kind, const struct digest *digest,
                                           struct signature *signatures, size_t *count)
{
    struct reader reader = {arena, source, kind, digest, ERROR_INPUT};

    return read_signatures(&reader, signatures, count);
}

bool minisign_verify(const struct signature *signature, enum signed_kind kind,
                     const uint8_t prehash[static PREHASH_SIZE], const struct digest *digest,
                     const struct public_key *key)
{
    struct {
        uint8_t signature[SIGNATURE_SIZE];
        char comment[TRUSTED_COMMENT_SIZE];
    } global;
    static_assert(sizeof(global) == SIGNATURE_SIZE + TRUSTED_COMMENT_SIZE, "no padding");

    memcpy(global.signature, signature->bytes, sizeof(global.signature));
    put_trusted_comment(kind, digest, global.comment);
    return memcmp(signature->number, key->number, KEY_NUMBER_SIZE) == 0 &&
           crypto_verify(signature->bytes, (struct text){(const char *)prehash, PREHASH_SIZE},
                         key->bytes) &&
           crypto_verify(signature->global_bytes,
                         (struct text){(const char *)&global, sizeof(global)}, key->bytes);
}

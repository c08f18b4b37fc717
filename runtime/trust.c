#include "trust.h"
#include "file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_SIZE_MAX = 2048, NAME_SIZE_MAX = 64 };

#define VERSION_LINE "sqlferry trust 1"

struct reader {
    struct arena *arena;
    const struct source *source;
    struct errors errors;
    struct text threshold; /* its word in the source; absent until it was read */
    struct trust trust;
    struct place_of_key {
        struct text trusted, revoked; /* its word in such a line; absent where there is none */
    } places[TRUSTED_KEYS_MAX];
};

static struct error *fail(struct reader *reader, struct text at, const char *format, ...)
    FORMAT(3, 4);

/* Returns the error it recorded, for a hint or a note. */
static struct error *fail(struct reader *reader, struct text at, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(reader->arena, format, values);
    va_end(values);
    struct error *error = error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, at),
                                   "%.*s", TEXT_ARGS(message));
    errors_add(&reader->errors, error);
    return error;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* At the end of the line, an empty word at that place. */
static struct text next_word(struct text *rest)
{
    size_t size = 0;

    while (rest->size && is_blank(rest->bytes[0]))
        *rest = text_slice(*rest, 1, rest->size);
    while (size < rest->size && !is_blank(rest->bytes[size]))
        size++;
    struct text word = text_slice(*rest, 0, size);
    *rest = text_slice(*rest, size, rest->size);
    return word;
}

static bool is_name(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];

        if (!(byte >= 'A' && byte <= 'Z') && !(byte >= 'a' && byte <= 'z') &&
            !(byte >= '0' && byte <= '9') && byte != '.' && byte != '_' && byte != '-')
            return false;
    }
    return text.size >= 1 && text.size <= NAME_SIZE_MAX;
}

static bool expect_end(struct reader *reader, struct text rest)
{
    struct text word = next_word(&rest);

    if (word.size)
        fail(reader, word, "unexpected word '%.*s'", TEXT_ARGS(word));
    return word.size == 0;
}

static void read_threshold(struct reader *reader, struct text rest)
{
    struct text word = next_word(&rest);
    uint64_t number = 0;

    if (reader->threshold.bytes) {
        error_note(reader->arena, fail(reader, word, "a second threshold"),
                   span_of(reader->source, reader->threshold), "the first one");
        return;
    }
    if (reader->trust.count)
        fail(reader, word, "the threshold must stand before the keys");
    if (!text_number(word, TRUSTED_KEYS_MAX, &number) || number == 0)
        fail(reader, word, "a threshold is a number from 1 to %d", TRUSTED_KEYS_MAX);
    else
        expect_end(reader, rest);
    reader->threshold = word;
    reader->trust.threshold = number;
}

/*
 * A key may stand in one `key` line and in one `revoked` line. Anything else that repeats its bytes
 * or its number is a mistake, or an attempt to be counted twice.
 */
static void add_key(struct reader *reader, struct text word, const struct trusted_key *added)
{
    struct trust *trust = &reader->trust;

    for (size_t i = 0; i < trust->count; i++) {
        struct trusted_key *known = &trust->keys[i];
        struct place_of_key *place = &reader->places[i];
        struct text *same_kind = added->revoked ? &place->revoked : &place->trusted;
        bool same_bytes = memcmp(known->key.bytes, added->key.bytes, PUBLIC_KEY_SIZE) == 0;
        bool same_number = memcmp(known->key.number, added->key.number, KEY_NUMBER_SIZE) == 0;

        if (!same_bytes && !same_number)
            continue;
        if (same_bytes && same_number && !same_kind->bytes) {
            if (!added->revoked)
                *known = *added;
            known->revoked = true;
            *same_kind = word;
            return;
        }
        struct error *error = fail(reader, word,
                                   !same_number  ? "the same key under two numbers"
                                   : !same_bytes ? "another key has this key number"
                                                 : "the key is listed twice");
        error_note(reader->arena, error,
                   span_of(reader->source, place->trusted.bytes ? place->trusted : place->revoked),
                   "first listed here");
        return;
    }
    if (trust->count == TRUSTED_KEYS_MAX) {
        fail(reader, word, "more than %d keys", TRUSTED_KEYS_MAX);
        return;
    }
    if (added->revoked)
        reader->places[trust->count].revoked = word;
    else
        reader->places[trust->count].trusted = word;
    trust->keys[trust->count++] = *added;
}

static bool read_name(struct reader *reader, struct text word, struct text *name)
{
    if (!is_name(word)) {
        fail(reader, word,
             word.size ? "a name has 1 to %d of the characters A-Z a-z 0-9 . _ -"
                       : "here the key needs a name, of 1 to %d characters",
             NAME_SIZE_MAX);
        return false;
    }
    *name = word;
    return true;
}

/* What follows the name of a key. returns  false after an error */
static bool read_projects(struct reader *reader, struct text rest, struct trusted_key *key)
{
    static const struct text prefix = {"project=", sizeof("project=") - 1};
    struct text words = rest;
    size_t count = 0;

    while (next_word(&words).size)
        count++;
    key->projects = arena_array(reader->arena, struct text, count);
    while (key->project_count < count) {
        struct text word = next_word(&rest);
        struct text project = text_slice(word, prefix.size, word.size);

        if (!text_starts(word, prefix)) {
            error_hint(reader->arena, fail(reader, word, "unexpected word '%.*s'", TEXT_ARGS(word)),
                       "What a key may sign for is limited with 'project=ID'.");
            return false;
        }
        if (!is_name(project)) {
            fail(reader, project, "a project has 1 to %d of the characters A-Z a-z 0-9 . _ -",
                 NAME_SIZE_MAX);
            return false;
        }
        key->projects[key->project_count++] = project;
    }
    return true;
}

static bool read_public_key(struct reader *reader, struct text word, struct public_key *key)
{
    if (minisign_key_read(word, key))
        return true;
    error_hint(reader->arena, fail(reader, word, "this is not a minisign public key"),
               "A public key is the 56 characters on the second line of a .pub file.");
    return false;
}

static void read_key(struct reader *reader, struct text rest)
{
    struct text word = next_word(&rest);
    struct trusted_key key = {0};

    if (read_public_key(reader, word, &key.key) && read_name(reader, next_word(&rest), &key.name) &&
        read_projects(reader, rest, &key))
        add_key(reader, word, &key);
}

static void read_revoked(struct reader *reader, struct text rest)
{
    struct text word = next_word(&rest), name;
    struct trusted_key key = {.revoked = true};

    if (!read_public_key(reader, word, &key.key))
        return;
    name = next_word(&rest);
    if ((name.size == 0 || read_name(reader, name, &key.name)) && expect_end(reader, rest))
        add_key(reader, word, &key);
}

static const struct line_kind {
    const char *word;
    void (*read)(struct reader *reader, struct text rest);
} line_kinds[] = {
    {"threshold", read_threshold},
    {"key", read_key},
    {"revoked", read_revoked},
};

static void read_line(struct reader *reader, struct text line)
{
    struct text rest = line, first = next_word(&rest);
    const char *nearest = NULL;

    if (first.size == 0 || first.bytes[0] == '#')
        return;
    for (size_t i = 0; i < COUNT(line_kinds); i++) {
        struct text word = text_from(line_kinds[i].word);

        if (text_equal(first, word)) {
            line_kinds[i].read(reader, rest);
            return;
        }
        if (text_distance(first, word, 2) <= 2)
            nearest = line_kinds[i].word;
    }
    struct error *error = fail(reader, first, "unknown word '%.*s'", TEXT_ARGS(first));
    if (nearest)
        error_hint(reader->arena, error, "Did you mean '%s'?", nearest);
}

/* Whoever reads the file sees what the program sees: nothing invisible, nothing reordered. */
static struct error *check_characters(struct arena *arena, const struct source *source)
{
    struct text rest = source->text;

    while (rest.size) {
        struct text before = rest;
        int32_t character = text_next(&rest);
        struct span span = span_of(source, text_slice(before, 0, before.size - rest.size));

        if (character == '\n' || character == '\t' || text_is_printable(character))
            continue;
        if (character < 0)
            return error_at(arena, ERROR_UNTRUSTED, span, "a trust file must be UTF-8");
        struct error *error =
            error_at(arena, ERROR_UNTRUSTED, span, "character U+%04X has no place in a trust file",
                     (unsigned)character);
        return character == '\r' ? error_hint(arena, error, "Save the file with Unix line ends.")
                                 : error;
    }
    return NULL;
}

static struct error *check_version(struct arena *arena, const struct source *source,
                                   struct text line, struct text rest)
{
    struct public_key key;

    if (text_equal(line, TEXT(VERSION_LINE)))
        return NULL;
    struct error *error = error_at(arena, ERROR_UNTRUSTED, span_of(source, line),
                                   "the first line of a trust file must be '" VERSION_LINE "'");
    if (minisign_key_read(text_cut(&rest, '\n'), &key))
        error_hint(arena, error, "This is the file of one public key: give it with --key.");
    return error;
}

struct error *trust_read(struct arena *arena, const struct source *source, struct trust *trust)
{
    struct reader *reader = arena_one(arena, struct reader);
    struct text rest = source->text, version = text_cut(&rest, '\n');
    struct error *error = check_characters(arena, source);
    size_t usable = 0;

    if (!error)
        error = check_version(arena, source, version, rest);
    if (error)
        return error;
    *reader = (struct reader){
        .arena = arena,
        .source = source,
        .trust = {.origin = source->name,
                  .keys = arena_array(arena, struct trusted_key, TRUSTED_KEYS_MAX)},
    };
    while (rest.size && !errors_full(&reader->errors))
        read_line(reader, text_cut(&rest, '\n'));
    if (!reader->threshold.bytes)
        error_hint(arena, fail(reader, version, "the trust file states no threshold"),
                   "Add the line 'threshold 1', or how many of the keys must sign.");

    for (size_t i = 0; i < reader->trust.count; i++)
        usable += !reader->trust.keys[i].revoked;
    if (reader->errors.count == 0 && reader->trust.threshold > usable)
        fail(reader, reader->threshold, "the threshold is above the number of usable keys, %zu",
             usable);
    error = errors_sorted(&reader->errors);
    if (error)
        return error;
    *trust = reader->trust;
    return NULL;
}

/* Whatever keeps trust from being read, the outcome is the same: no bundle is trusted. */
static struct error *untrusted(struct error *error)
{
    error->code = ERROR_UNTRUSTED;
    return error;
}

static struct error *check_owner(struct arena *arena, const char *what, struct text path,
                                 const struct stat *status)
{
    /* In a sticky folder, such as /tmp, others may add files but not replace this one. */
    bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);

    if (status->st_uid != 0 && status->st_uid != geteuid())
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "%s '%.*s' belongs to user %u, neither to root nor to you",
                                      what, TEXT_ARGS(path), (unsigned)status->st_uid),
                          "Check it, then run: chown root '%.*s'", TEXT_ARGS(path));
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) && !sticky)
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "%s '%.*s' can be written by others (mode %04o)", what,
                                      TEXT_ARGS(path), (unsigned)status->st_mode & 07777),
                          "Check it, then run: chmod go-w '%.*s'", TEXT_ARGS(path));
    return NULL;
}

static struct error *cannot_open(struct arena *arena, struct text path)
{
    if (errno == ELOOP)
        return error_plain(arena, ERROR_UNTRUSTED, "trust file '%.*s' is a symbolic link",
                           TEXT_ARGS(path));
    return error_hint(
        arena, untrusted(error_system(arena, "cannot open trust file '%.*s'", TEXT_ARGS(path))),
        "Without trusted keys no bundle is accepted; name them with --trust or --key.");
}

struct error *trust_load(struct arena *arena, struct text path, struct trust *trust)
{
    enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };
    struct text folder = file_folder(arena, path), name = arena_copy(arena, file_name(path));
    struct source *source = arena_one(arena, struct source);
    struct stat status;

    CLEANUP(file_close) int in = open(folder.bytes, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (in < 0 || fstat(in, &status) < 0)
        return cannot_open(arena, path);
    struct error *error = check_owner(arena, "trust folder", folder, &status);
    if (error)
        return error;

    CLEANUP(file_close) int fd = openat(in, name.bytes, FLAGS);
    if (fd < 0 || fstat(fd, &status) < 0)
        return cannot_open(arena, path);
    if (!S_ISREG(status.st_mode))
        return error_plain(arena, ERROR_UNTRUSTED, "trust file '%.*s' is not a regular file",
                           TEXT_ARGS(path));
    error = check_owner(arena, "trust file", path, &status);
    if (error)
        return error;
    *source = (struct source){.name = arena_copy(arena, path)};
    error = file_read_open(arena, fd, path, (uint64_t)status.st_size, TRUST_FILE_SIZE_MAX,
                           &source->text);
    return error ? untrusted(error) : trust_read(arena, source, trust);
}

struct error *trust_load_key(struct arena *arena, struct text path, struct trust *trust)
{
    struct source *source = arena_one(arena, struct source);
    struct trusted_key *key = arena_one(arena, struct trusted_key);

    path = arena_copy(arena, path);
    *source = (struct source){.name = path};
    struct error *error = file_read(arena, AT_FDCWD, path.bytes, KEY_FILE_SIZE_MAX, &source->text);
    if (error)
        return untrusted(error);
    error = minisign_key_file_read(arena, source, &key->key);
    if (error && text_starts(source->text, TEXT(VERSION_LINE)))
        error_hint(arena, error, "This is a trust file: give it with --trust.");
    if (error)
        return error;

    key->name = file_name(path);
    if (text_ends(key->name, TEXT(".pub")))
        key->name.size -= sizeof(".pub") - 1;
    *trust = (struct trust){.origin = path, .threshold = 1, .keys = key, .count = 1};
    return NULL;
}

static const struct trusted_key *find_key(const struct trust *trust,
                                          const uint8_t number[static KEY_NUMBER_SIZE])
{
    for (size_t i = 0; i < trust->count; i++)
        if (memcmp(trust->keys[i].key.number, number, KEY_NUMBER_SIZE) == 0)
            return &trust->keys[i];
    return NULL;
}

/* "'release-team' (4681A83B19D67515)", or the number alone. */
static const char *describe(struct arena *arena, const struct verdict *verdict)
{
    struct text number = minisign_key_number(arena, verdict->number);

    if (!verdict->key || !verdict->key->name.size)
        return number.bytes;
    return arena_format(arena, "'%.*s' (%s)", TEXT_ARGS(verdict->key->name), number.bytes).bytes;
}

static bool may_sign(const struct trusted_key *key, struct text project)
{
    for (size_t i = 0; i < key->project_count; i++)
        if (text_equal(key->projects[i], project))
            return true;
    return key->project_count == 0;
}

/* How many distinct keys signed. Here and below, project is NULL as long as it is not known. */
static size_t count_signers(const struct verdicts *verdicts, const struct text *project)
{
    const struct trusted_key *signers[SIGNATURES_MAX];
    size_t count = 0;

    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *verdict = &verdicts->list[i];
        bool fresh = verdict->counts && (!project || may_sign(verdict->key, *project));

        for (size_t j = 0; fresh && j < count; j++)
            fresh = memcmp(signers[j]->key.bytes, verdict->key->key.bytes, PUBLIC_KEY_SIZE) != 0;
        if (fresh)
            signers[count++] = verdict->key;
    }
    return count;
}

static const char *explain(const struct verdict *verdict, const struct text *project)
{
    if (!verdict->key)
        return "is not among the trusted keys";
    if (verdict->key->revoked)
        return "is revoked";
    if (project && !may_sign(verdict->key, *project))
        return "may not sign for this project";
    return "has signed";
}

static struct error *check_threshold(struct arena *arena, const struct trust *trust,
                                     const struct verdicts *verdicts, const struct text *project)
{
    size_t signers = count_signers(verdicts, project);

    if (signers >= trust->threshold)
        return NULL;
    struct error *error =
        project ? error_plain(arena, ERROR_UNTRUSTED,
                              "%zu of %zu needed trusted keys have signed for project '%.*s'",
                              signers, trust->threshold, TEXT_ARGS(*project))
                : error_plain(arena, ERROR_UNTRUSTED,
                              "%zu of %zu needed trusted keys have signed the bundle", signers,
                              trust->threshold);
    for (size_t i = 0; i < verdicts->count; i++)
        error_note(arena, error, (struct span){0}, "key %s %s", describe(arena, &verdicts->list[i]),
                   explain(&verdicts->list[i], project));
    return error_hint(arena, error, "The keys that count are those in '%.*s'.",
                      TEXT_ARGS(trust->origin));
}

static struct error *verify_one(struct arena *arena, const struct trust *trust, struct text index,
                                const struct digest *digest, const struct signature *signature,
                                struct verdicts *verdicts)
{
    struct verdict *verdict = &verdicts->list[verdicts->count];

    memcpy(verdict->number, signature->number, sizeof(verdict->number));
    verdict->key = find_key(trust, verdict->number);
    for (size_t i = 0; i < verdicts->count; i++)
        if (memcmp(verdicts->list[i].number, verdict->number, KEY_NUMBER_SIZE) == 0)
            return error_plain(arena, ERROR_UNTRUSTED, "key %s has signed the bundle twice",
                               describe(arena, verdict));
    if (verdict->key && !minisign_verify(signature, index, digest, &verdict->key->key))
        return error_plain(arena, ERROR_UNTRUSTED, "the signature of key %s does not verify",
                           describe(arena, verdict));
    verdict->counts = verdict->key && !verdict->key->revoked;
    verdicts->count++;
    return NULL;
}

struct error *trust_verify(struct arena *arena, const struct trust *trust, struct text index,
                           const struct digest *digest, const struct text *texts, size_t count,
                           struct verdicts *verdicts)
{
    struct signature signatures[SIGNATURES_MAX];
    struct verdicts found = {0};
    struct error *error;

    assert(trust->threshold >= 1);
    if (count == 0)
        return error_hint(arena, error_plain(arena, ERROR_UNTRUSTED, "the bundle is not signed"),
                          "Whoever built it can sign it with: sqlferry sign");
    if (count > SIGNATURES_MAX)
        return error_plain(arena, ERROR_UNTRUSTED, "the bundle has %zu signatures, at most %d",
                           count, SIGNATURES_MAX);
    for (size_t i = 0; i < count; i++) {
        error = minisign_signature_read(arena, texts[i], digest, &signatures[i]);
        if (error)
            return error_note(arena, error, (struct span){0}, "in signature %zu of %zu", i + 1,
                              count);
    }
    for (size_t i = 0; i < count; i++) {
        error = verify_one(arena, trust, index, digest, &signatures[i], &found);
        if (error)
            return error;
    }
    error = check_threshold(arena, trust, &found, NULL);
    if (error)
        return error;
    *verdicts = found;
    return NULL;
}

struct error *trust_verify_project(struct arena *arena, const struct trust *trust,
                                   const struct verdicts *verdicts, struct text project)
{
    return check_threshold(arena, trust, verdicts, &project);
}

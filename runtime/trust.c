#include "trust.h"
#include "file.h"
#include "index.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_SIZE_MAX = 2048, KEY_NAME_SIZE_MAX = 64, VERSION_MAX = 999999999 };
enum { LINKS_MAX = 40 }; /* on the way to a file, as for the kernel */
enum { ALIKE_MAX = 2 };  /* bytes: a character of base64 has bits of two */

#define FORMAT_LINE "sqlferry trust 1"

struct reader {
    struct arena *arena;
    const struct source *source;
    struct errors errors;
    /* Their words in the source; absent until they were read. */
    struct text version, thresholds[SIGNED_KIND_COUNT];
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
    return text.size >= 1 && text.size <= KEY_NAME_SIZE_MAX;
}

static bool expect_end(struct reader *reader, struct text rest)
{
    struct text word = next_word(&rest);

    if (word.size)
        fail(reader, word, "unexpected word '%.*s'", TEXT_ARGS(word));
    return word.size == 0;
}

/* place  where the word of this number was found before */
static void read_number(struct reader *reader, struct text rest, const char *what, uint64_t maximum,
                        struct text *place, uint64_t *number)
{
    struct text word = next_word(&rest);

    if (place->bytes) {
        error_note(reader->arena, fail(reader, word, "a second %s", what),
                   span_of(reader->source, *place), "the first one");
        return;
    }
    if (reader->trust.count)
        fail(reader, word, "the %s must stand before the keys", what);
    if (!text_number(word, maximum, number) || *number == 0)
        fail(reader, word, "a %s is a number from 1 to %llu", what, (unsigned long long)maximum);
    else
        expect_end(reader, rest);
    *place = word;
}

static void read_version(struct reader *reader, struct text rest)
{
    read_number(reader, rest, "version", VERSION_MAX, &reader->version, &reader->trust.version);
}

static void read_threshold(struct reader *reader, struct text rest)
{
    read_number(reader, rest, "threshold", TRUSTED_KEYS_MAX, &reader->thresholds[SIGNED_INDEX],
                &reader->trust.thresholds[SIGNED_INDEX]);
}

static void read_trust_threshold(struct reader *reader, struct text rest)
{
    read_number(reader, rest, "trust-threshold", TRUSTED_KEYS_MAX,
                &reader->thresholds[SIGNED_TRUST], &reader->trust.thresholds[SIGNED_TRUST]);
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
            uint64_t last_good = added->revoked ? added->last_good : known->last_good;

            if (!added->revoked)
                *known = *added;
            known->revoked = true;
            known->last_good = last_good;
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
             KEY_NAME_SIZE_MAX);
        return false;
    }
    *name = word;
    return true;
}

/* Takes what stands behind the prefix. returns false where the word begins otherwise */
static bool take_value(struct text word, struct text prefix, struct text *value)
{
    *value = text_slice(word, prefix.size, word.size);
    return text_starts(word, prefix);
}

static bool read_project(struct reader *reader, struct text project, struct trusted_key *key)
{
    if (!is_name(project)) {
        fail(reader, project, "a project has 1 to %d of the characters A-Z a-z 0-9 . _ -",
             KEY_NAME_SIZE_MAX);
        return false;
    }
    key->projects[key->project_count++] = project;
    return true;
}

static bool read_role(struct reader *reader, struct text role, struct trusted_key *key)
{
    static const struct text names[SIGNED_KIND_COUNT] = {
        [SIGNED_INDEX] = {"apply", 5},
        [SIGNED_TRUST] = {"trust", 5},
    };

    for (size_t kind = 0; kind < SIGNED_KIND_COUNT; kind++) {
        if (!text_equal(role, names[kind]))
            continue;
        if (key->signs[kind])
            fail(reader, role, "the role is given twice");
        key->signs[kind] = true;
        return true;
    }
    fail(reader, role, "a role is 'apply', to sign bundles, or 'trust', to sign trust files");
    return false;
}

/* What follows the name of a key. returns  false after an error */
static bool read_limits(struct reader *reader, struct text rest, struct trusted_key *key)
{
    struct text words = rest, value;
    size_t count = 0;

    while (next_word(&words).size)
        count++;
    key->projects = arena_array(reader->arena, struct text, count);
    for (struct text word; (word = next_word(&rest)).size;) {
        if (take_value(word, TEXT("project="), &value)) {
            if (!read_project(reader, value, key))
                return false;
        } else if (take_value(word, TEXT("role="), &value)) {
            if (!read_role(reader, value, key))
                return false;
        } else {
            error_hint(reader->arena, fail(reader, word, "unexpected word '%.*s'", TEXT_ARGS(word)),
                       "What a key may sign is limited with 'project=ID', 'role=apply' and "
                       "'role=trust'.");
            return false;
        }
    }
    return true;
}

/* Without a role a key has both, but for trust files it must be one of all projects. */
static bool settle_roles(struct reader *reader, struct text word, struct trusted_key *key)
{
    if (!key->signs[SIGNED_INDEX] && !key->signs[SIGNED_TRUST]) {
        key->signs[SIGNED_INDEX] = true;
        key->signs[SIGNED_TRUST] = key->project_count == 0;
    }
    if (key->signs[SIGNED_TRUST] && key->project_count) {
        fail(reader, word, "a key for some projects cannot sign trust files, which are for all");
        return false;
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
        read_limits(reader, rest, &key) && settle_roles(reader, word, &key))
        add_key(reader, word, &key);
}

static void read_revoked(struct reader *reader, struct text rest)
{
    struct text word = next_word(&rest), next, value;
    struct trusted_key key = {.revoked = true};

    if (!read_public_key(reader, word, &key.key))
        return;
    next = next_word(&rest);
    if (next.size && !text_starts(next, TEXT("last-good="))) {
        if (!read_name(reader, next, &key.name))
            return;
        next = next_word(&rest);
    }
    if (next.size && !take_value(next, TEXT("last-good="), &value)) {
        fail(reader, next, "unexpected word '%.*s'", TEXT_ARGS(next));
        return;
    }
    if (next.size && (!text_number(value, NUMBER_MAX, &key.last_good) || key.last_good == 0)) {
        fail(reader, value, "the last good sequence is a number from 1 to %llu",
             (unsigned long long)NUMBER_MAX);
        return;
    }
    if (expect_end(reader, rest))
        add_key(reader, word, &key);
}

static const struct line_kind {
    const char *word;
    void (*read)(struct reader *reader, struct text rest);
} line_kinds[] = {
    {"version", read_version},
    {"threshold", read_threshold},
    {"trust-threshold", read_trust_threshold},
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

static struct error *check_format(struct arena *arena, const struct source *source,
                                  struct text line, struct text rest)
{
    struct public_key key;

    if (text_equal(line, TEXT(FORMAT_LINE)))
        return NULL;
    struct error *error = error_at(arena, ERROR_UNTRUSTED, span_of(source, line),
                                   "the first line of a trust file must be '" FORMAT_LINE "'");
    if (minisign_key_read(text_cut(&rest, '\n'), &key))
        error_hint(arena, error, "This is the file of one public key: give it with --key.");
    return error;
}

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

/* What one line alone cannot tell. */
static void check_whole(struct reader *reader, struct text format)
{
    struct trust *trust = &reader->trust;

    if (!reader->thresholds[SIGNED_INDEX].bytes)
        error_hint(reader->arena, fail(reader, format, "the trust file states no threshold"),
                   "Add the line 'threshold 1', or how many of the keys must sign.");
    if (!reader->thresholds[SIGNED_TRUST].bytes)
        trust->thresholds[SIGNED_TRUST] = trust->thresholds[SIGNED_INDEX];
    for (size_t i = 0; i < trust->count; i++)
        if (trust->keys[i].last_good && !reader->places[i].trusted.bytes)
            fail(reader, reader->places[i].revoked,
                 "a key that counts up to a last good sequence needs its 'key' line, too");
    if (reader->errors.count)
        return;
    if (trust->thresholds[SIGNED_INDEX] > trust_count_usable(trust, SIGNED_INDEX))
        fail(reader, reader->thresholds[SIGNED_INDEX],
             "the threshold is above the number of usable keys, %zu",
             trust_count_usable(trust, SIGNED_INDEX));
    if (reader->thresholds[SIGNED_TRUST].bytes &&
        trust->thresholds[SIGNED_TRUST] > trust_count_usable(trust, SIGNED_TRUST))
        fail(reader, reader->thresholds[SIGNED_TRUST],
             "the trust-threshold is above the number of keys that may sign trust files, %zu",
             trust_count_usable(trust, SIGNED_TRUST));
}

struct error *trust_read(struct arena *arena, const struct source *source, struct trust *trust)
{
    struct reader *reader = arena_one(arena, struct reader);
    struct text rest = source->text, format = text_cut(&rest, '\n');
    struct error *error = check_characters(arena, source);

    if (!error)
        error = check_format(arena, source, format, rest);
    if (error)
        return error;
    *reader = (struct reader){
        .arena = arena,
        .source = source,
        .trust = {.origin = source->name,
                  .text = source->text,
                  .version = 1,
                  .keys = arena_array(arena, struct trusted_key, TRUSTED_KEYS_MAX)},
    };
    while (rest.size && !errors_full(&reader->errors))
        read_line(reader, text_cut(&rest, '\n'));
    check_whole(reader, format);
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
    return error_hint(
        arena, untrusted(error_system(arena, "cannot open trust file '%.*s'", TEXT_ARGS(path))),
        "Without trusted keys no bundle is accepted; name them with --trust or --key.");
}

/* On the way to the folder of a trust file. */
struct way {
    int *here;          /* the folder that was reached */
    struct text walked; /* its absolute path */
    struct text rest;   /* still to be walked */
    int links;          /* followed so far */
};

static struct error *begin_at_root(struct arena *arena, struct way *way)
{
    struct stat status;

    file_close(way->here);
    *way->here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    way->walked = TEXT("");
    if (*way->here < 0 || fstat(*way->here, &status) < 0)         /* uncovered: it is there */
        return untrusted(error_system(arena, "cannot open '/'")); /* uncovered: as above */
    return check_owner(arena, "trust folder", TEXT("/"), &status);
}

/* A link is its owner's to replace, even where nobody else may write the folder it is in. */
static struct error *follow_link(struct arena *arena, struct way *way, struct text path,
                                 struct text link_path, int link, uid_t owner)
{
    char *target = arena_array(arena, char, PATH_MAX);
    ssize_t size = readlinkat(link, "", target, PATH_MAX);

    if (size == PATH_MAX || ++way->links > LINKS_MAX) { /* uncovered: Linux has none so long */
        errno = ELOOP;
        size = -1;
    }
    if (size < 0)
        return cannot_open(arena, path);
    if (owner != 0 && owner != geteuid())
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "link '%.*s' belongs to user %u, neither to root nor to you",
                                      TEXT_ARGS(link_path), (unsigned)owner),
                          "Name the folder that it leads to.");
    way->rest = arena_format(arena, "%.*s/%.*s", (int)size, target, TEXT_ARGS(way->rest));
    return *target == '/' ? begin_at_root(arena, way) : NULL;
}

static struct error *take_step(struct arena *arena, struct way *way, struct text path)
{
    struct text name = arena_copy(arena, text_cut(&way->rest, '/'));
    struct text walked = arena_format(arena, "%.*s/%.*s", TEXT_ARGS(way->walked), TEXT_ARGS(name));
    struct stat status;

    if (name.size == 0 || text_equal(name, TEXT(".")))
        return NULL;
    CLEANUP(file_close)
    int next = openat(*way->here, name.bytes, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0 || fstat(next, &status) < 0) /* uncovered: fstat does not fail */
        return cannot_open(arena, path);
    if (S_ISLNK(status.st_mode))
        return follow_link(arena, way, path, walked, next, status.st_uid);
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return cannot_open(arena, path);
    }
    file_close(way->here);
    *way->here = file_steal(&next);
    way->walked = walked;
    return check_owner(arena, "trust folder", walked, &status);
}

/*
 * Opens the folder of a trust file. Whoever could write a folder on the way to it, from the root
 * on, could put another file in its place; so each is looked at, also those that links lead
 * through.
 */
static struct error *open_folder(struct arena *arena, struct text path, int *folder)
{
    char *start = arena_array(arena, char, PATH_MAX);
    CLEANUP(file_close) int here = -1;
    struct way way = {.here = &here, .rest = file_folder(arena, path)};

    if (!text_starts(way.rest, TEXT("/"))) {
        if (!getcwd(start, PATH_MAX))
            return cannot_open(arena, path);
        way.rest = arena_format(arena, "%s/%.*s", start, TEXT_ARGS(way.rest));
    }
    struct error *error = begin_at_root(arena, &way);
    while (!error && way.rest.size)
        error = take_step(arena, &way, path);
    if (!error)
        *folder = file_steal(&here);
    return error;
}

struct error *trust_load(struct arena *arena, struct text path, struct trust *trust)
{
    enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };
    struct text name = arena_copy(arena, file_name(path));
    struct source *source = arena_one(arena, struct source);
    CLEANUP(file_close) int folder = -1;
    struct error *error = open_folder(arena, path, &folder);
    struct stat status;

    if (error)
        return error;
    CLEANUP(file_close) int fd = openat(folder, name.bytes, FLAGS);
    if (fd < 0 && errno == ELOOP)
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "trust file '%.*s' is a symbolic link", TEXT_ARGS(path)),
                          "Name the file that it leads to.");
    if (fd < 0 || fstat(fd, &status) < 0) /* uncovered: fstat does not fail */
        return cannot_open(arena, path);
    if (!S_ISREG(status.st_mode))
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "trust file '%.*s' is not a regular file", TEXT_ARGS(path)),
                          "Name a file whose first line is '" FORMAT_LINE "'.");
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
        return error_hint(arena, untrusted(error), "Name the .pub file of a key that you trust.");
    error = minisign_key_file_read(arena, source, &key->key);
    if (error && text_starts(source->text, TEXT(FORMAT_LINE)))
        error_hint(arena, error, "This is a trust file: give it with --trust.");
    if (error)
        return error;

    key->name = file_name(path);
    if (text_ends(key->name, TEXT(".pub")))
        key->name.size -= sizeof(".pub") - 1;
    key->signs[SIGNED_INDEX] = true;
    *trust =
        (struct trust){.origin = path, .version = 1, .thresholds = {1, 1}, .keys = key, .count = 1};
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

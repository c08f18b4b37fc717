#include "trust_text.h"
#include "index.h"

#include <string.h>

enum { KEY_NAME_SIZE_MAX = 64, VERSION_MAX = 999999999 };

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

    if (text_equal(line, TEXT(TRUST_FORMAT)))
        return NULL;
    struct error *error = error_at(arena, ERROR_UNTRUSTED, span_of(source, line),
                                   "the first line of a trust file must be '" TRUST_FORMAT "'");
    if (minisign_key_read(text_cut(&rest, '\n'), &key))
        error_hint(arena, error, "This is the file of one public key: give it with --key.");
    return error;
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

struct error *trust_text_read(struct arena *arena, const struct source *source, struct trust *trust)
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

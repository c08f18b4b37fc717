#include "index.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct text kind_names[STORED_KIND_COUNT] = {
    [SCRIPT_UP] = {"up", 2},
    [SCRIPT_DOWN] = {"down", 4},
    [SCRIPT_VERIFY] = {"verify", 6},
    [SCRIPT_SCHEMA] = {"schema", 6},
};
static const struct text stream_names[STREAM_COUNT] = {
    [STREAM_UP] = {"up", 2},
    [STREAM_SIDE] = {"side", 4},
};

/* What runs with foreign keys off: bits 1 << SCRIPT_UP and 1 << SCRIPT_DOWN. */
static const char *const keys_words[] = {"on", "off-up", "off-down", "off"};

const char *script_kind_name(enum script_kind kind)
{
    return kind_names[kind].bytes;
}

/* Spelling */

static bool is_lower_or_digit(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool index_is_project(struct text text)
{
    if (text.size == 0 || text.size > PROJECT_SIZE_MAX || !is_lower_or_digit(text.bytes[0]))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_lower_or_digit(text.bytes[i]) && !memchr("._-", text.bytes[i], 3))
            return false;
    return true;
}

bool index_is_id(struct text text)
{
    if (text.size == 0 || text.size > ID_SIZE_MAX || text_equal(text, TEXT("-")))
        return false; /* `parents -` says that there are none */
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];

        if (!is_lower_or_digit(byte) && !(byte >= 'A' && byte <= 'Z') && !memchr("._-", byte, 3))
            return false;
    }
    return true;
}

bool index_is_release(struct text text)
{
    if (text.size == 0 || text.size > RELEASE_SIZE_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] <= ' ' || text.bytes[i] > '~')
            return false;
    return true;
}

bool index_is_version(struct text text)
{
    uint64_t number;

    if (text.size == 0 || text.size > VERSION_SIZE_MAX || text.bytes[text.size - 1] == '.')
        return false;
    while (text.size)
        if (!text_number(text_cut(&text, '.'), 999999, &number))
            return false;
    return true;
}

bool index_is_name(struct text text)
{
    if (text.size == 0 || text.size > NAME_SIZE_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];

        if (!is_lower_or_digit(byte) && !(byte >= 'A' && byte <= 'Z') && byte != '_' && byte != '$')
            return false;
    }
    return true;
}

/* '-' alone says none; PostgreSQL has no extension whose name begins with it (extension.c). */
bool index_is_extension(struct text text)
{
    if (text.size == 0 || text.size > NAME_SIZE_MAX || text.bytes[0] == '-')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];

        if (!is_lower_or_digit(byte) && !(byte >= 'A' && byte <= 'Z') && byte != '_' && byte != '-')
            return false;
    }
    return true;
}

bool index_is_target(struct text text)
{
    return index_is_id(text);
}

static bool is_title(struct text text)
{
    return text.size <= TITLE_SIZE_MAX && text_all_printable(text);
}

static bool is_tool(struct text text)
{
    return text.size > 0 && is_title(text);
}

static bool is_path(struct text text)
{
    return text.size > 0 && text.size <= PATH_SIZE_MAX && text_all_printable(text);
}

/* Time */

#define LAST_SECOND UINT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* What is later is spelt as the last second. */
static void spell_time(uint64_t seconds, char spelt[static TIME_SIZE + 1])
{
    time_t time = (time_t)(seconds > LAST_SECOND ? LAST_SECOND : seconds);
    struct tm parts;

    gmtime_r(&time, &parts);
    strftime(spelt, TIME_SIZE + 1, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

struct text index_time(struct arena *arena, uint64_t seconds)
{
    char spelt[TIME_SIZE + 1];

    spell_time(seconds, spelt);
    return arena_copy(arena, (struct text){spelt, TIME_SIZE});
}

static int two_digits(struct text text, size_t at)
{
    return (text.bytes[at] - '0') * 10 + (text.bytes[at + 1] - '0');
}

bool index_time_read(struct text text, uint64_t *seconds)
{
    char spelt[TIME_SIZE + 1];

    if (text.size != TIME_SIZE)
        return false;
    struct tm parts = {
        .tm_year = two_digits(text, 0) * 100 + two_digits(text, 2) - 1900,
        .tm_mon = two_digits(text, 5) - 1,
        .tm_mday = two_digits(text, 8),
        .tm_hour = two_digits(text, 11),
        .tm_min = two_digits(text, 14),
        .tm_sec = two_digits(text, 17),
    };
    uint64_t read = (uint64_t)timegm(&parts);
    /* A day that does not exist, and whatever is no time, comes back as another text. */
    spell_time(read, spelt);
    if (memcmp(spelt, text.bytes, TIME_SIZE) != 0)
        return false;
    *seconds = read;
    return true;
}

/* Streams */

enum stream index_stream(enum script_kind kind)
{
    return kind == SCRIPT_UP ? STREAM_UP : STREAM_SIDE;
}

struct text index_heading(struct arena *arena, const struct index_step *step, enum script_kind kind)
{
    static const char *const before[STORED_KIND_COUNT] = {
        [SCRIPT_UP] = "-- revision ",
        [SCRIPT_DOWN] = "-- down of revision ",
        [SCRIPT_VERIFY] = "-- verify of revision ",
        [SCRIPT_SCHEMA] = "-- schema of revision ",
    };

    return arena_format(arena, "%s%.*s%s%.*s\n", before[kind], TEXT_ARGS(step->id),
                        step->title.size ? ": " : "", TEXT_ARGS(step->title));
}

/* Pieces */

size_t index_piece_count(const struct index_script *script)
{
    return script->cut_count ? script->cut_count : 1;
}

struct text index_piece(const struct index_script *script, struct text text, size_t number)
{
    if (script->cut_count == 0)
        return text;
    size_t from = script->cuts[number];
    size_t to = number + 1 < script->cut_count ? script->cuts[number + 1] : text.size;
    return text_slice(text, from, to - from);
}

/* Finding */

bool index_has_schemas(const struct index *index)
{
    return index->schema_method > 0;
}

static int compare_steps(const void *a, const void *b)
{
    const struct index_step *const *left = a, *const *right = b;

    return text_compare((*left)->id, (*right)->id);
}

static int compare_id(const void *id, const void *step)
{
    return text_compare(*(const struct text *)id, (*(const struct index_step *const *)step)->id);
}

void index_sort(struct arena *arena, struct index *index)
{
    index->by_id = arena_array(arena, const struct index_step *, index->step_count);
    for (size_t i = 0; i < index->step_count; i++)
        index->by_id[i] = &index->steps[i];
    qsort(index->by_id, index->step_count, sizeof(struct index_step *), compare_steps);
}

const struct index_step *index_find(const struct index *index, struct text id)
{
    const struct index_step *const *found =
        bsearch(&id, index->by_id, index->step_count, sizeof(struct index_step *), compare_id);

    return found ? *found : NULL;
}

/* Writing */

static void put_field(struct buffer *to, const char *name, struct text value)
{
    buffer_add(to, text_from(name));
    buffer_add(to, TEXT(" "));
    buffer_add(to, value);
    buffer_add(to, TEXT("\n"));
}

static void put_optional(struct buffer *to, const char *name, struct text value)
{
    put_field(to, name, value.size ? value : TEXT("-"));
}

static void put_number(struct buffer *to, uint64_t number)
{
    char digits[20];
    size_t size = 0;

    do
        digits[sizeof(digits) - ++size] = (char)('0' + number % 10);
    while (number /= 10);
    buffer_add(to, (struct text){digits + sizeof(digits) - size, size});
}

static void put_numbers(struct buffer *to, const char *name, const uint64_t *numbers, size_t count)
{
    buffer_add(to, text_from(name));
    if (count == 0)
        buffer_add(to, TEXT(" -"));
    for (size_t i = 0; i < count; i++) {
        buffer_add(to, TEXT(" "));
        put_number(to, numbers[i]);
    }
    buffer_add(to, TEXT("\n"));
}

static void put_words(struct buffer *to, const char *name, const struct text *words, size_t count)
{
    buffer_add(to, text_from(name));
    if (count == 0)
        buffer_add(to, TEXT(" -"));
    for (size_t i = 0; i < count; i++) {
        buffer_add(to, TEXT(" "));
        buffer_add(to, words[i]);
    }
    buffer_add(to, TEXT("\n"));
}

static void put_digest(struct buffer *to, const struct digest *digest)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = buffer_reserve(to, DIGEST_HEX_SIZE);

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    to->size += DIGEST_HEX_SIZE;
}

static void put_time(struct buffer *to, const char *name, uint64_t seconds)
{
    char spelt[TIME_SIZE + 1];

    spell_time(seconds, spelt);
    put_field(to, name, text_from(spelt));
}

static void put_script(struct buffer *to, enum script_kind kind, const struct index_script *script)
{
    buffer_add(to, kind_names[kind]);
    if (script->presence != SCRIPT_FILE) {
        buffer_add(to, script->presence == SCRIPT_NONE ? TEXT(" none\n") : TEXT(" -\n"));
        return;
    }
    buffer_add(to, TEXT(" "));
    put_number(to, script->offset);
    buffer_add(to, TEXT(" "));
    put_number(to, script->size);
    buffer_add(to, TEXT(" "));
    put_digest(to, &script->digest);
    buffer_add(to, TEXT(" "));
    put_digest(to, &script->source);
    buffer_add(to, TEXT("\n"));
    put_field(to, "path", script->path);
    put_numbers(to, "cuts", script->cuts, script->cut_count);
    buffer_add(to, TEXT("builds"));
    if (script->build_count == 0)
        buffer_add(to, TEXT(" -"));
    for (size_t i = 0; i < script->build_count; i++) {
        buffer_add(to, TEXT(" "));
        put_number(to, script->builds[i].piece);
        buffer_add(to, TEXT(":"));
        buffer_add(to, script->builds[i].table);
        buffer_add(to, TEXT(":"));
        buffer_add(to, script->builds[i].name);
    }
    buffer_add(to, TEXT("\n"));
}

static void put_schema(struct buffer *to, const struct index_step *step)
{
    const struct index_script *changes = &step->scripts[SCRIPT_SCHEMA];

    buffer_add(to, kind_names[SCRIPT_SCHEMA]);
    buffer_add(to, TEXT(" "));
    if (changes->presence != SCRIPT_FILE) {
        buffer_add(to, TEXT("-\n"));
        return;
    }
    put_digest(to, &step->schema);
    buffer_add(to, TEXT(" "));
    put_number(to, changes->offset);
    buffer_add(to, TEXT(" "));
    put_number(to, changes->size);
    buffer_add(to, TEXT(" "));
    put_digest(to, &changes->digest);
    buffer_add(to, TEXT("\n"));
}

/* A script that is not there is never off, so the reader refuses a word that says it is. */
static void put_foreign_keys(struct buffer *to, const struct index_step *step)
{
    size_t off = 0;

    for (size_t kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++)
        if (step->scripts[kind].presence == SCRIPT_FILE && step->scripts[kind].foreign_keys_off)
            off |= 1U << kind;
    put_field(to, "foreign-keys", text_from(keys_words[off]));
}

static void put_step(struct buffer *to, const struct index_step *step)
{
    put_field(to, "revision", step->id);
    buffer_add(to, TEXT("title"));
    if (step->title.size) {
        buffer_add(to, TEXT(" "));
        buffer_add(to, step->title);
    }
    buffer_add(to, TEXT("\n"));
    put_words(to, "parents", step->parents, step->parent_count);
    put_field(to, "transaction", step->transactional ? TEXT("single") : TEXT("none"));
    put_foreign_keys(to, step);
    put_field(to, "idempotent", step->idempotent ? TEXT("true") : TEXT("false"));
    put_numbers(to, "lock-timeout", &step->lock_timeout_ms, 1);
    put_numbers(to, "statement-timeout", &step->statement_timeout_ms, 1);
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
        put_script(to, (enum script_kind)kind, &step->scripts[kind]);
    put_schema(to, step);
}

void index_write(struct buffer *to, const struct index *index)
{
    buffer_add(to, TEXT("sqlferry index 1\n"));
    put_field(to, "project", index->project);
    put_field(to, "dialect", dialect_name(index->dialect));
    put_field(to, "release", index->release);
    put_numbers(to, "sequence", &index->sequence, 1);
    put_time(to, "created", index->created);
    if (index->not_after)
        put_time(to, "not-after", index->not_after);
    else
        put_optional(to, "not-after", (struct text){0});
    put_optional(to, "server-version", index->server_version);
    put_words(to, "extensions", index->extensions, index->extension_count);
    put_field(to, "alembic", index->alembic_keep ? TEXT("keep") : TEXT("-"));
    put_words(to, "targets", index->targets, index->target_count);
    if (index_has_schemas(index))
        put_numbers(to, "fingerprint", (uint64_t[]){index->schema_method, index->schema_major}, 2);
    else
        put_numbers(to, "fingerprint", NULL, 0);
    put_field(to, "tool", index->tool);
    put_numbers(to, "chunks", &(uint64_t){index->chunk_count}, 1);
    for (size_t i = 0; i < index->chunk_count; i++) {
        const struct index_chunk *chunk = &index->chunks[i];

        buffer_add(to, stream_names[chunk->stream]);
        buffer_add(to, TEXT(" "));
        put_number(to, chunk->stored_size);
        buffer_add(to, TEXT(" "));
        put_number(to, chunk->plain_size);
        buffer_add(to, TEXT(" "));
        put_digest(to, &chunk->digest);
        buffer_add(to, TEXT("\n"));
    }
    put_numbers(to, "revisions", &(uint64_t){index->step_count}, 1);
    for (size_t i = 0; i < index->step_count; i++)
        put_step(to, &index->steps[i]);
}

/* Reading */

struct reader {
    struct arena *arena;
    const struct source *source;
    struct text rest;
    struct text line; /* the one being read */
};

static struct error *refuse(struct reader *reader, struct text piece, const char *what)
{
    return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, piece), "%s", what);
}

static struct error *take_line(struct reader *reader)
{
    size_t end = text_find_byte(reader->rest, '\n');

    if (end == reader->rest.size)
        return refuse(reader, reader->rest,
                      end ? "the index ends in mid-line" : "the index ends too early");
    reader->line = text_cut(&reader->rest, '\n');
    return NULL;
}

/* Takes the line "name value"; a line of the name alone gives an empty value. */
static struct error *take_field(struct reader *reader, const char *name, struct text *value)
{
    struct error *error = take_line(reader);

    if (error)
        return error;
    struct text rest = reader->line;
    struct text word = text_cut(&rest, ' ');
    if (!text_equal(word, text_from(name)))
        return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, reader->line),
                        "the index says something else where '%s' belongs", name);
    *value = rest;
    return NULL;
}

typedef bool spelling(struct text text);

static struct error *take_spelled(struct reader *reader, const char *name, spelling *is_right,
                                  struct text *value)
{
    struct error *error = take_field(reader, name, value);

    if (error || is_right(*value))
        return error;
    return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, reader->line),
                    "the '%s' of the index is misspelt", name);
}

static struct error *take_number(struct reader *reader, struct text *words, uint64_t maximum,
                                 uint64_t *number)
{
    struct text word = text_cut(words, ' ');

    if (text_number(word, maximum, number))
        return NULL;
    return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, reader->line),
                    "the index has '%.*s' where a number up to %llu belongs", TEXT_ARGS(word),
                    (unsigned long long)maximum);
}

static struct error *take_digest(struct reader *reader, struct text *words, struct digest *digest)
{
    if (digest_from_hex(text_cut(words, ' '), digest))
        return NULL;
    return refuse(reader, reader->line, "the index lacks a digest of 64 lower-case digits here");
}

static struct error *take_number_field(struct reader *reader, const char *name, uint64_t maximum,
                                       uint64_t *number)
{
    struct text value;
    struct error *error = take_field(reader, name, &value);

    return error ? error : take_number(reader, &value, maximum, number);
}

static struct error *take_time(struct reader *reader, const char *name, bool may_lack,
                               uint64_t *seconds)
{
    struct text value;
    struct error *error = take_field(reader, name, &value);

    if (error)
        return error;
    if (may_lack && text_equal(value, TEXT("-"))) {
        *seconds = 0;
        return NULL;
    }
    if (!index_time_read(value, seconds) || *seconds == 0)
        return refuse(reader, reader->line, "the index has a time that does not exist");
    return NULL;
}

static struct error *take_choice(struct reader *reader, const char *name, const char *yes,
                                 const char *no, bool *choice)
{
    struct text value;
    struct error *error = take_field(reader, name, &value);

    if (error)
        return error;
    *choice = text_equal(value, text_from(yes));
    if (!*choice && !text_equal(value, text_from(no)))
        return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, reader->line),
                        "the index has '%.*s' where '%s' or '%s' belongs", TEXT_ARGS(value), yes,
                        no);
    return NULL;
}

static size_t count_words(struct text text)
{
    size_t count = 0;

    for (; text.size; count++)
        text_cut(&text, ' ');
    return count;
}

/* Takes the line "name word...", or "name -" for none. */
static struct error *take_names(struct reader *reader, const char *name, spelling *is_right,
                                size_t most, struct text **names, size_t *name_count)
{
    struct text words;
    struct error *error = take_field(reader, name, &words);

    if (error || text_equal(words, TEXT("-")))
        return error;
    size_t count = count_words(words);
    if (count > most)
        return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, reader->line),
                        "the index has more than %zu %s", most, name);
    struct text *list = arena_array(reader->arena, struct text, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = text_cut(&words, ' ');
        if (!is_right(list[i]))
            return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, reader->line),
                            "the %s of the index are misspelt", name);
        for (size_t j = 0; j < i; j++)
            if (text_equal(list[i], list[j]))
                return error_at(reader->arena, ERROR_UNTRUSTED, span_of(reader->source, list[i]),
                                "the index has one of its %s twice", name);
    }
    *names = list;
    *name_count = count;
    return NULL;
}

static struct error *take_fingerprint(struct reader *reader, struct index *index)
{
    struct text words;
    struct error *error = take_field(reader, "fingerprint", &words);

    if (error || text_equal(words, TEXT("-")))
        return error;
    error = take_number(reader, &words, SCHEMA_NUMBER_MAX, &index->schema_method);
    if (!error)
        error = take_number(reader, &words, SCHEMA_NUMBER_MAX, &index->schema_major);
    if (error || (index->schema_method && index->schema_major))
        return error;
    return refuse(reader, reader->line, "the 'fingerprint' of the index is misspelt");
}

static struct error *take_head(struct reader *reader, struct index *index)
{
    struct text value;
    struct error *error = take_line(reader);

    if (error)
        return error;
    if (!text_equal(reader->line, TEXT("sqlferry index 1")))
        return error_hint(reader->arena,
                          refuse(reader, reader->line, "this is no index of format 1"),
                          "A newer sqlland may read it.");
    error = take_spelled(reader, "project", index_is_project, &index->project);
    if (error)
        return error;
    error = take_field(reader, "dialect", &value);
    if (error)
        return error;
    if (!dialect_find(value, &index->dialect))
        return refuse(reader, reader->line, "the index has an unknown dialect");
    error = take_spelled(reader, "release", index_is_release, &index->release);
    if (error)
        return error;
    error = take_number_field(reader, "sequence", NUMBER_MAX, &index->sequence);
    if (error)
        return error;
    error = take_time(reader, "created", false, &index->created);
    if (error)
        return error;
    error = take_time(reader, "not-after", true, &index->not_after);
    if (error)
        return error;
    error = take_field(reader, "server-version", &value);
    if (error)
        return error;
    if (!text_equal(value, TEXT("-"))) {
        if (!index_is_version(value))
            return refuse(reader, reader->line, "the index has a misspelt server version");
        index->server_version = value;
    }
    error = take_names(reader, "extensions", index_is_extension, EXTENSIONS_MAX, &index->extensions,
                       &index->extension_count);
    if (error)
        return error;
    error = take_choice(reader, "alembic", "keep", "-", &index->alembic_keep);
    if (error)
        return error;
    error = take_names(reader, "targets", index_is_target, TARGETS_MAX, &index->targets,
                       &index->target_count);
    if (!error)
        error = take_fingerprint(reader, index);
    if (error)
        return error;
    return take_spelled(reader, "tool", is_tool, &index->tool);
}

static struct error *take_chunk(struct reader *reader, enum stream least, struct index_chunk *chunk)
{
    struct error *error = take_line(reader);

    if (error)
        return error;
    struct text words = reader->line, name = text_cut(&words, ' ');
    if (text_equal(name, stream_names[STREAM_UP]) && least == STREAM_UP)
        chunk->stream = STREAM_UP;
    else if (text_equal(name, stream_names[STREAM_SIDE]))
        chunk->stream = STREAM_SIDE;
    else
        return refuse(reader, reader->line, "the index says something else where a chunk belongs");
    error = take_number(reader, &words, CHUNK_SIZE_MAX, &chunk->stored_size);
    if (error)
        return error;
    error = take_number(reader, &words, CHUNK_SIZE_MAX, &chunk->plain_size);
    if (error)
        return error;
    if (chunk->stored_size == 0 || chunk->plain_size == 0)
        return refuse(reader, reader->line, "the index has an empty chunk");
    return take_digest(reader, &words, &chunk->digest);
}

/* What is left to say is at least this long, so a count is never larger than the text allows. */
enum { CHUNK_LINE_SIZE_MIN = 70, STEP_SIZE_MIN = 200 };

static struct error *take_chunks(struct reader *reader, struct index *index)
{
    uint64_t count;
    struct error *error = take_number_field(reader, "chunks", CHUNKS_MAX, &count);

    if (error)
        return error;
    if (count > reader->rest.size / CHUNK_LINE_SIZE_MIN)
        return refuse(reader, reader->line, "the index is too short for so many chunks");
    index->chunks = arena_array(reader->arena, struct index_chunk, count);
    index->chunk_count = count;
    for (size_t i = 0; i < count; i++) {
        error = take_chunk(reader, i ? index->chunks[i - 1].stream : STREAM_UP, &index->chunks[i]);
        if (error)
            return error;
    }
    return NULL;
}

static struct error *take_cuts(struct reader *reader, struct index_script *script)
{
    struct text words;
    struct error *error = take_field(reader, "cuts", &words);

    if (error || text_equal(words, TEXT("-")))
        return error;
    script->cut_count = count_words(words);
    if (script->cut_count > CUTS_MAX)
        return refuse(reader, reader->line, "the index cuts a script into too many pieces");
    script->cuts = arena_array(reader->arena, uint64_t, script->cut_count);
    for (size_t i = 0; i < script->cut_count; i++) {
        error = take_number(reader, &words, SCRIPT_SIZE_MAX, &script->cuts[i]);
        if (error)
            return error;
        if ((i && script->cuts[i] <= script->cuts[i - 1]) || script->cuts[i] >= script->size)
            return refuse(reader, reader->line, "the cuts of a script do not ascend inside it");
    }
    return NULL;
}

static bool is_table(struct text text)
{
    struct text last = text, schema = {0};

    if (text_find_byte(text, '.') < text.size)
        schema = text_cut(&last, '.');
    return index_is_name(last) && (!schema.bytes || index_is_name(schema));
}

static struct error *take_builds(struct reader *reader, struct index_script *script)
{
    struct text words;
    struct error *error = take_field(reader, "builds", &words);

    if (error || text_equal(words, TEXT("-")))
        return error;
    script->build_count = count_words(words);
    if (script->build_count > index_piece_count(script))
        return refuse(reader, reader->line, "a script builds more indexes than it has pieces");
    script->builds = arena_array(reader->arena, struct index_build, script->build_count);
    for (size_t i = 0; i < script->build_count; i++) {
        struct text word = text_cut(&words, ' '), piece = text_cut(&word, ':');
        struct index_build *build = &script->builds[i];

        build->table = text_cut(&word, ':');
        build->name = word;
        if (!text_number(piece, index_piece_count(script) - 1, &build->piece) ||
            (i && build->piece <= script->builds[i - 1].piece) || !is_table(build->table) ||
            !index_is_name(build->name))
            return refuse(reader, reader->line, "the indexes that a script builds are misspelt");
    }
    return NULL;
}

/* Scripts stand in their stream without a gap: heading, script, one LF. */
static struct error *take_range(struct reader *reader, const struct index_step *step,
                                enum script_kind kind, struct text *words, uint64_t *stream_end,
                                struct index_script *script)
{
    struct error *error = take_number(reader, words, NUMBER_MAX, &script->offset);

    if (!error)
        error = take_number(reader, words, SCRIPT_SIZE_MAX, &script->size);
    if (!error)
        error = take_digest(reader, words, &script->digest);
    if (error)
        return error;
    if (script->offset != *stream_end + index_heading(reader->arena, step, kind).size)
        return refuse(reader, reader->line, "the scripts of the index do not follow each other");
    *stream_end = script->offset + script->size + 1;
    return NULL;
}

static struct error *take_script(struct reader *reader, const struct index_step *step,
                                 enum script_kind kind, uint64_t *stream_end,
                                 struct index_script *script)
{
    struct text words;
    struct error *error = take_field(reader, kind_names[kind].bytes, &words);

    if (error)
        return error;
    if (text_equal(words, TEXT("-")) && kind != SCRIPT_UP)
        return NULL;
    if (text_equal(words, TEXT("none")) && kind == SCRIPT_DOWN) {
        script->presence = SCRIPT_NONE;
        return NULL;
    }
    script->presence = SCRIPT_FILE;
    error = take_range(reader, step, kind, &words, stream_end, script);
    if (!error)
        error = take_digest(reader, &words, &script->source);
    if (!error)
        error = take_spelled(reader, "path", is_path, &script->path);
    if (!error)
        error = take_cuts(reader, script);
    return error ? error : take_builds(reader, script);
}

/* The steps of an index have schemas where its head says how they were taken. */
static struct error *take_schema(struct reader *reader, bool is_expected, uint64_t *stream_end,
                                 struct index_step *step)
{
    struct index_script *changes = &step->scripts[SCRIPT_SCHEMA];
    struct text words;
    struct error *error = take_field(reader, "schema", &words);

    if (error)
        return error;
    if (text_equal(words, TEXT("-")) == is_expected)
        return refuse(reader, reader->line,
                      is_expected ? "a revision of the index lacks its schema"
                                  : "a revision of the index has a schema, its head has none");
    if (!is_expected)
        return NULL;
    changes->presence = SCRIPT_FILE;
    changes->path = kind_names[SCRIPT_SCHEMA]; /* for messages */
    error = take_digest(reader, &words, &step->schema);
    return error ? error : take_range(reader, step, SCRIPT_SCHEMA, &words, stream_end, changes);
}

static struct error *take_foreign_keys(struct reader *reader, struct index_step *step)
{
    struct text value;
    size_t off = 0;
    struct error *error = take_field(reader, "foreign-keys", &value);

    if (error)
        return error;
    while (off < COUNT(keys_words) && !text_equal(value, text_from(keys_words[off])))
        off++;
    if (off == COUNT(keys_words))
        return refuse(reader, reader->line, "the 'foreign-keys' of the index is misspelt");
    for (size_t kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++)
        step->scripts[kind].foreign_keys_off = off & 1U << kind;
    return NULL;
}

static struct error *take_step(struct reader *reader, bool has_schema,
                               uint64_t ends[static STREAM_COUNT], struct index_step *step)
{
    struct text words;
    struct error *error = take_spelled(reader, "revision", index_is_id, &step->id);

    if (error)
        return error;
    error = take_spelled(reader, "title", is_title, &step->title);
    if (error)
        return error;
    error = take_field(reader, "parents", &words);
    if (error)
        return error;
    if (!text_equal(words, TEXT("-"))) {
        step->parent_count = count_words(words);
        if (step->parent_count == 0 || step->parent_count > PARENTS_MAX)
            return refuse(reader, reader->line, "a revision has no parents, or too many");
        step->parents = arena_array(reader->arena, struct text, step->parent_count);
        for (size_t i = 0; i < step->parent_count; i++)
            step->parents[i] = text_cut(&words, ' ');
    }
    error = take_choice(reader, "transaction", "single", "none", &step->transactional);
    if (error)
        return error;
    error = take_foreign_keys(reader, step);
    if (error)
        return error;
    error = take_choice(reader, "idempotent", "true", "false", &step->idempotent);
    if (!error)
        error = take_number_field(reader, "lock-timeout", TIMEOUT_MS_MAX, &step->lock_timeout_ms);
    if (!error)
        error = take_number_field(reader, "statement-timeout", TIMEOUT_MS_MAX,
                                  &step->statement_timeout_ms);
    for (size_t kind = 0; !error && kind < SCRIPT_KIND_COUNT; kind++)
        error = take_script(reader, step, (enum script_kind)kind,
                            &ends[index_stream((enum script_kind)kind)], &step->scripts[kind]);
    return error ? error : take_schema(reader, has_schema, &ends[STREAM_SIDE], step);
}

/*
 * Every id once, and every parent once and before its children: the order is one that can be
 * applied.
 */
static struct error *check_order(struct reader *reader, const struct index *index)
{
    size_t *child = arena_array(reader->arena, size_t, index->step_count); /* the last, by parent */

    for (size_t i = 1; i < index->step_count; i++)
        if (text_equal(index->by_id[i]->id, index->by_id[i - 1]->id))
            return refuse(reader, index->by_id[i]->id, "the index has a revision twice");
    for (size_t i = 0; i < index->step_count; i++) {
        for (size_t j = 0; j < index->steps[i].parent_count; j++) {
            struct text parent = index->steps[i].parents[j];
            const struct index_step *found = index_find(index, parent);

            if (!found || found >= &index->steps[i])
                return refuse(reader, parent,
                              "the index has a parent behind its child, or nowhere");
            if (child[found - index->steps] == i)
                return refuse(reader, parent, "the index has a parent of a revision twice");
            child[found - index->steps] = i; /* never 0: the first has nobody in front of it */
        }
    }
    return NULL;
}

static struct error *check_streams(struct reader *reader, const struct index *index,
                                   const uint64_t ends[static STREAM_COUNT])
{
    uint64_t sizes[STREAM_COUNT] = {0};

    for (size_t i = 0; i < index->chunk_count; i++)
        sizes[index->chunks[i].stream] += index->chunks[i].plain_size;
    for (size_t i = 0; i < STREAM_COUNT; i++)
        if (sizes[i] != ends[i])
            return error_at(reader->arena, ERROR_UNTRUSTED,
                            span_of(reader->source, text_slice(reader->source->text, 0, 0)),
                            "the chunks of the %.*s stream hold %llu bytes, its scripts %llu",
                            TEXT_ARGS(stream_names[i]), (unsigned long long)sizes[i],
                            (unsigned long long)ends[i]);
    return NULL;
}

static struct error *check_canonical(struct reader *reader, const struct index *index)
{
    CLEANUP(buffer_free) struct buffer again = {0};
    struct text text = reader->source->text;
    size_t at = 0;

    index_write(&again, index);
    if (text_equal(buffer_text(&again), text))
        return NULL;
    /* Both have as many lines, so neither is the beginning of the other. */
    while (text.bytes[at] == again.bytes[at])
        at++;
    return refuse(reader, text_slice(text, at, 1), "the index is not spelt canonically");
}

struct error *index_read(struct arena *arena, const struct source *source, struct index *index)
{
    struct reader reader = {.arena = arena, .source = source, .rest = source->text};
    uint64_t ends[STREAM_COUNT] = {0}, count;
    struct index read = {0};
    struct error *error = take_head(&reader, &read);

    if (error)
        return error;
    error = take_chunks(&reader, &read);
    if (error)
        return error;
    error = take_number_field(&reader, "revisions", REVISIONS_MAX, &count);
    if (error)
        return error;
    if (count == 0 || count > reader.rest.size / STEP_SIZE_MIN)
        return refuse(&reader, reader.line, "the index has no revisions, or too few for its count");
    read.steps = arena_array(arena, struct index_step, count);
    read.step_count = count;
    for (size_t i = 0; i < count; i++) {
        error = take_step(&reader, index_has_schemas(&read), ends, &read.steps[i]);
        if (error)
            return error;
    }
    if (reader.rest.size)
        return refuse(&reader, text_slice(reader.rest, 0, 1), "the index goes on behind its end");
    error = check_canonical(&reader, &read);
    if (error)
        return error;
    index_sort(arena, &read);
    error = check_order(&reader, &read);
    if (error)
        return error;
    error = check_streams(&reader, &read, ends);
    if (error)
        return error;
    *index = read;
    return NULL;
}

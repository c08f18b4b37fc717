#include "compiler/naming.h"
#include "compiler/templates.h"
#include "runtime/buffer.h"
#include "runtime/file.h"

#include <time.h>

enum {
    HEX_ID_SIZE_MIN = 8,  /* a shorter id in a file name is a word of it */
    NUMBER_SIZE_MAX = 18, /* digits; they fit into 64 bits */
};

/* A path, cut where a new one differs: "sql/" "0004_orders" ".sqlite.up" ".sql". */
struct path_parts {
    struct text front; /* folders in front of the core */
    struct text core;  /* of the file, or of the folder that holds a revision's files */
    struct text tail;  /* in the file name, the words that are no part of the core; or a '/' */
    struct text extension;
};

/* What begins a core: "V" "7" "__"; or an id; then the words of the title. */
struct core_parts {
    struct text letter, number, number_gap, id, id_gap, words;
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* What separates words of a name. */
static bool is_gap(char byte)
{
    return byte == '_' || byte == '-' || byte == '.';
}

/* The first size bytes, off the front of rest. */
static struct text take(struct text *rest, size_t size)
{
    struct text taken = text_slice(*rest, 0, size);

    *rest = text_slice(*rest, size, rest->size);
    return taken;
}

static size_t count_digits(struct text text)
{
    size_t count = 0;

    while (count < text.size && is_digit(text.bytes[count]))
        count++;
    return count;
}

static size_t count_gap(struct text text)
{
    size_t count = 0;

    while (count < text.size && is_gap(text.bytes[count]))
        count++;
    return count;
}

/* The last word of a name and the byte that separates it; the whole name where it is one word. */
static struct text last_word(struct text name)
{
    size_t start = name.size;

    while (start && !is_gap(name.bytes[start - 1]) && name.bytes[start - 1] != '/')
        start--;
    return text_slice(name, start ? start - 1 : 0, name.size);
}

static bool is_word(struct text word, struct text name)
{
    if (word.size > name.size)
        word = text_slice(word, 1, word.size);
    return text_equal(word, name);
}

/* dialect  whose script it is alone; absent for one of several */
static struct path_parts split_path(struct text path, struct text dialect)
{
    struct text name = file_name(path), folder = text_slice(path, 0, path.size - name.size);
    size_t dot = name.size;

    while (dot && name.bytes[dot - 1] != '.')
        dot--;
    struct text stem = text_slice(name, 0, dot ? dot - 1 : name.size);
    struct text extension = text_slice(name, stem.size, name.size);
    struct text core = stem;
    for (struct text word = last_word(core); core.size; word = last_word(core)) {
        if (!is_word(word, TEXT("up")) && !(dialect.size && is_word(word, dialect)) &&
            !is_word(word, TEXT("migration")))
            break;
        core.size -= word.size;
    }
    if (core.size == 0 && folder.size == 0)
        core = stem;
    if (core.size)
        return (struct path_parts){folder, core, text_slice(stem, core.size, stem.size), extension};

    struct text outer = file_name(text_slice(folder, 0, folder.size - 1));
    size_t front = folder.size - 1 - outer.size;
    return (struct path_parts){
        .front = text_slice(folder, 0, front),
        .core = outer,
        .tail = text_slice(path, front + outer.size, 1 + stem.size),
        .extension = extension,
    };
}

static bool is_hex_id(struct text id)
{
    if (id.size < HEX_ID_SIZE_MIN || count_digits(id) == id.size)
        return false;
    for (size_t i = 0; i < id.size; i++)
        if (!is_digit(id.bytes[i]) && !(id.bytes[i] >= 'a' && id.bytes[i] <= 'f'))
            return false;
    return true;
}

static bool begins_with_id(struct text text, struct text id)
{
    return is_hex_id(id) && text_starts(text, id) &&
           (text.size == id.size || is_gap(text.bytes[id.size]));
}

static struct core_parts split_core(struct text core, struct text id)
{
    struct core_parts parts = {.words = core};
    struct text rest = core;
    struct text letter = take(&rest, rest.size && is_letter(rest.bytes[0]) ? 1 : 0);
    struct text number = take(&rest, count_digits(rest));
    struct text gap = take(&rest, count_gap(rest));

    /* "2fa_tokens" has no number, and neither "V1.2__x" nor "2024_01_31_x" has one alone. */
    if (number.size && number.size <= NUMBER_SIZE_MAX && (gap.size || rest.size == 0) &&
        (count_digits(rest) == 0 || begins_with_id(rest, id)))
        parts = (struct core_parts){
            .letter = letter, .number = number, .number_gap = gap, .words = rest};
    rest = parts.words;
    if (begins_with_id(rest, id)) {
        parts.id = take(&rest, id.size);
        parts.id_gap = take(&rest, count_gap(rest));
        parts.words = rest;
    }
    return parts;
}

/* The up script of a revision, for the first dialect that has one. */
static const struct script_reference *up_of(const struct manifest *manifest,
                                            const struct revision *revision, enum dialect *dialect)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (manifest->dialects[i] && revision->scripts[i][SCRIPT_UP].presence == SCRIPT_FILE) {
            *dialect = (enum dialect)i;
            return &revision->scripts[i][SCRIPT_UP];
        }
    return NULL;
}

/* The dialect of an up script where the others have another one; absent where it is for all. */
static struct text own_dialect(const struct manifest *manifest, const struct revision *revision,
                               enum dialect dialect)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (manifest->dialects[i] && !text_equal(revision->scripts[i][SCRIPT_UP].path,
                                                 revision->scripts[dialect][SCRIPT_UP].path))
            return dialect_name(dialect);
    return (struct text){0};
}

static struct path_parts parts_of(const struct manifest *manifest, const struct revision *revision,
                                  struct text *dialect)
{
    enum dialect first;
    const struct script_reference *up = up_of(manifest, revision, &first);

    if (!up)
        return (struct path_parts){.front = TEXT("")};
    *dialect = own_dialect(manifest, revision, first);
    return split_path(up->path, *dialect);
}

/* Folders, with the one of the kind or of the dialect as a place to fill. */
static void add_folders(struct buffer *to, struct text folders, struct text dialect, bool *has_kind,
                        bool *has_dialect)
{
    while (folders.size) {
        struct text folder = text_cut(&folders, '/');

        if (!*has_kind && text_equal(folder, TEXT("up"))) {
            buffer_format(to, "{{kind}}/");
            *has_kind = true;
        } else if (!*has_dialect && dialect.size && text_equal(folder, dialect)) {
            buffer_format(to, "{{dialect/}}");
            *has_dialect = true;
        } else {
            buffer_format(to, "%.*s/", TEXT_ARGS(folder));
        }
    }
}

static void add_core(struct buffer *to, const struct core_parts *core)
{
    buffer_add(to, core->letter);
    if (core->number.size)
        buffer_format(to, "{{number}}%.*s", TEXT_ARGS(core->number_gap));
    if (core->id.size)
        buffer_format(to, "{{id}}%.*s", TEXT_ARGS(core->id_gap));
    if (core->words.size)
        buffer_format(to, "{{slug}}");
}

/* Words such as ".sqlite.up", or "/up". */
static void add_tail(struct buffer *to, struct text tail, struct text dialect, bool *has_kind,
                     bool *has_dialect)
{
    while (tail.size) {
        struct text gap = take(&tail, is_gap(tail.bytes[0]) || tail.bytes[0] == '/' ? 1 : 0);
        size_t size = 0;

        while (size < tail.size && !is_gap(tail.bytes[size]))
            size++;
        struct text word = take(&tail, size);
        bool is_kind = text_equal(word, TEXT("up")), is_name = gap.size && is_gap(gap.bytes[0]);
        bool is_dialect = dialect.size && text_equal(word, dialect);

        if (is_name && (is_dialect || (is_kind && !*has_dialect))) {
            buffer_format(to, "{{%cdialect}}", gap.bytes[0]);
            *has_dialect = true;
        }
        if (is_kind) {
            buffer_format(to, "%.*s{{kind}}", TEXT_ARGS(gap));
            *has_kind = true;
        } else if (!is_name || !is_dialect) {
            buffer_format(to, "%.*s%.*s", TEXT_ARGS(gap), TEXT_ARGS(word));
        }
    }
}

static bool has_word(struct text tail, struct text name)
{
    while (name.size && tail.size) {
        struct text word = last_word(tail);

        if (is_word(word, name))
            return true;
        tail.size -= word.size;
    }
    return false;
}

static struct text make_pattern(struct arena *arena, const struct path_parts *path,
                                const struct core_parts *core, struct text dialect)
{
    CLEANUP(buffer_free) struct buffer pattern = {0};
    bool has_kind = has_word(path->tail, TEXT("up"));
    bool has_dialect = has_word(path->tail, dialect);

    add_folders(&pattern, path->front, dialect, &has_kind, &has_dialect);
    add_core(&pattern, core);
    add_tail(&pattern, path->tail, dialect, &has_kind, &has_dialect);
    buffer_format(&pattern, "%s%s%.*s", has_dialect ? "" : "{{.dialect}}",
                  has_kind ? "" : "{{.kind}}", TEXT_ARGS(path->extension));
    return arena_copy(arena, buffer_text(&pattern));
}

/* The numbers that were given out beside that of a model. */
static uint64_t highest_number(const struct manifest *manifest, const struct path_parts *path,
                               const struct core_parts *core)
{
    uint64_t highest = 0;

    for (size_t i = 0; i < manifest->count; i++) {
        struct text dialect = {0};
        struct path_parts other = parts_of(manifest, &manifest->revisions[i], &dialect);
        struct core_parts found = split_core(other.core, manifest->revisions[i].id);
        uint64_t number = 0;

        if (!text_equal(other.front, path->front) || !text_equal(found.letter, core->letter))
            continue;
        for (size_t j = 0; j < found.number.size; j++)
            number = number * 10 + (uint64_t)(found.number.bytes[j] - '0');
        highest = number > highest ? number : highest;
    }
    return highest;
}

/* A date and a time as 14 or 12 digits; 0 for a number that is none. */
static uint64_t time_like(struct text number, int64_t now)
{
    time_t seconds = (time_t)now;
    struct tm utc;
    uint64_t value;

    if ((number.size != 14 && number.size != 12) ||
        !(text_starts(number, TEXT("19")) || text_starts(number, TEXT("20"))) ||
        !gmtime_r(&seconds, &utc))
        return 0;
    value = (uint64_t)utc.tm_year + 1900;
    value = (value * 100 + (uint64_t)utc.tm_mon + 1) * 100 + (uint64_t)utc.tm_mday;
    value = (value * 100 + (uint64_t)utc.tm_hour) * 100 + (uint64_t)utc.tm_min;
    return number.size == 12 ? value : value * 100 + (uint64_t)utc.tm_sec;
}

static bool holds(struct text text, char byte)
{
    return text_find_byte(text, byte) < text.size;
}

/* The last revision of the file whose path cannot be taken for a pattern, or NULL. */
static const struct revision *find_model(const struct manifest *manifest,
                                         const struct source *source)
{
    for (size_t i = manifest->count; i-- > 0;) {
        const struct revision *revision = &manifest->revisions[i];
        enum dialect dialect;
        const struct script_reference *up = up_of(manifest, revision, &dialect);

        if (revision->span.source == source && up &&
            text_find(up->path, TEXT("{{")) == up->path.size)
            return revision;
    }
    return NULL;
}

struct naming naming_learn(struct arena *arena, const struct manifest *manifest,
                           const struct source *source, struct text folder, int64_t now)
{
    const struct revision *model = find_model(manifest, source);
    struct text dialect = {0}, pattern = text_trim(templates_of(TEMPLATE_SCRIPT_NAME));

    if (!model)
        return (struct naming){
            .pattern = arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(folder), folder.size ? "/" : "",
                                    TEXT_ARGS(pattern)),
            .number = TEXT("0001"),
            .separator = '_',
        };

    struct path_parts path = parts_of(manifest, model, &dialect);
    struct core_parts core = split_core(path.core, model->id);
    uint64_t next = highest_number(manifest, &path, &core) + 1, time = time_like(core.number, now);
    return (struct naming){
        .pattern = make_pattern(arena, &path, &core, dialect),
        .number = arena_format(arena, "%0*llu", (int)core.number.size,
                               (unsigned long long)(time > next ? time : next)),
        .separator = holds(core.words, '-') && !holds(core.words, '_') ? '-' : '_',
    };
}

struct text naming_slug(struct arena *arena, struct text title, char separator)
{
    CLEANUP(buffer_free) struct buffer slug = {0};

    while (title.size) {
        struct text word = {0};

        while (title.size && !is_letter(title.bytes[0]) && !is_digit(title.bytes[0]))
            take(&title, 1);
        while (word.size < title.size &&
               (is_letter(title.bytes[word.size]) || is_digit(title.bytes[word.size])))
            word.size++;
        word = take(&title, word.size);
        if (slug.size + (slug.size ? 1 : 0) + word.size > SLUG_SIZE_MAX) {
            if (slug.size == 0)
                buffer_add(&slug, text_slice(word, 0, SLUG_SIZE_MAX));
            break;
        }
        if (slug.size && word.size)
            buffer_format(&slug, "%c", separator);
        buffer_add(&slug, word);
    }
    for (size_t i = 0; i < slug.size; i++)
        if (slug.bytes[i] >= 'A' && slug.bytes[i] <= 'Z')
            slug.bytes[i] = (char)(slug.bytes[i] - 'A' + 'a');
    return arena_copy(arena, buffer_text(&slug));
}

struct text naming_path(struct arena *arena, const struct naming *naming, struct text id,
                        struct text title, enum script_kind kind, const enum dialect *dialect)
{
    struct text slug = naming_slug(arena, title, naming->separator), none = TEXT("");
    const char *kind_name = script_kind_name(kind);
    struct text name = dialect ? dialect_name(*dialect) : none;
    const struct text pairs[][2] = {
        {TEXT("number"), naming->number},
        {TEXT("slug"), slug.size ? slug : id},
        {TEXT("id"), id},
        {TEXT("kind"), text_from(kind_name)},
        {TEXT(".kind"), kind == SCRIPT_UP ? none : arena_format(arena, ".%s", kind_name)},
        {TEXT(".dialect"), dialect ? arena_format(arena, ".%.*s", TEXT_ARGS(name)) : none},
        {TEXT("_dialect"), dialect ? arena_format(arena, "_%.*s", TEXT_ARGS(name)) : none},
        {TEXT("-dialect"), dialect ? arena_format(arena, "-%.*s", TEXT_ARGS(name)) : none},
        {TEXT("dialect/"), dialect ? arena_format(arena, "%.*s/", TEXT_ARGS(name)) : none},
    };

    return templates_fill(arena, naming->pattern, pairs, COUNT(pairs));
}

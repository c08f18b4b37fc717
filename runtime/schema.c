#include "schema.h"

#include <stdlib.h>
#include <string.h>

void schema_free(struct schema *schema)
{
    free(schema->list);
    *schema = (struct schema){0};
}

/* Room for one more. */
static void *grow(void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    size_t wanted = *capacity ? *capacity * 2 : 64;
    void *grown = reallocarray(list, wanted, size);

    if (!grown)
        arena_exhausted();
    *capacity = wanted;
    return grown;
}

/* Lines: what separates their fields is escaped inside them. */

static const struct {
    char byte;
    struct text escape;
} escapes[] = {
    {'\\', {"\\\\", 2}},
    {'\n', {"\\n", 2}},
    {'\r', {"\\r", 2}},
    {'\t', {"\\t", 2}},
};

static void put_escaped(struct buffer *to, struct text text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.size; i++) {
        for (size_t j = 0; j < COUNT(escapes); j++) {
            if (text.bytes[i] != escapes[j].byte)
                continue;
            buffer_add(to, text_slice(text, from, i - from));
            buffer_add(to, escapes[j].escape);
            from = i + 1;
        }
    }
    buffer_add(to, text_slice(text, from, text.size));
}

static void put_object(struct buffer *to, const struct object *object)
{
    buffer_add(to, object->kind);
    buffer_add(to, TEXT(" "));
    put_escaped(to, object->name);
    buffer_add(to, TEXT("\t"));
    put_escaped(to, object->definition);
    buffer_add(to, TEXT("\n"));
}

/* returns  false where a backslash stands before something else */
static bool unescape(struct arena *arena, struct text text, struct text *plain)
{
    char *bytes = arena_array(arena, char, text.size + 1);
    size_t size = 0;

    while (text.size) {
        size_t end = text_find_byte(text, '\\'), known = 0;

        memcpy(bytes + size, text.bytes, end);
        size += end;
        text = text_slice(text, end, text.size);
        if (!text.size)
            break;
        while (known < COUNT(escapes) && !text_starts(text, escapes[known].escape))
            known++;
        if (known == COUNT(escapes))
            return false;
        bytes[size++] = escapes[known].byte;
        text = text_slice(text, 2, text.size);
    }
    *plain = (struct text){bytes, size};
    return true;
}

static const struct object *make_object(struct arena *arena, struct text kind, struct text name,
                                        struct text definition)
{
    CLEANUP(buffer_free) struct buffer line = {0};
    struct object *object = arena_one(arena, struct object);

    *object = (struct object){.kind = kind, .name = name, .definition = definition};
    put_object(&line, object);
    object->digest = crypto_digest(buffer_text(&line));
    return object;
}

/* Schemas */

void schema_append(struct schema *schema, const struct object *object)
{
    schema->list =
        grow(schema->list, schema->count, &schema->capacity, sizeof(const struct object *));
    schema->list[schema->count++] = object;
}

void schema_add(struct arena *arena, struct schema *schema, struct text kind, struct text name,
                struct text definition)
{
    schema_append(schema, make_object(arena, arena_copy(arena, kind), arena_copy(arena, name),
                                      arena_copy(arena, definition)));
}

int schema_order(const struct object *object, struct text kind, struct text name)
{
    int order = text_compare(object->kind, kind);

    return order ? order : text_compare(object->name, name);
}

static int compare_names(const struct object *a, const struct object *b)
{
    return schema_order(a, b->kind, b->name);
}

static int compare_objects(const void *a, const void *b)
{
    const struct object *const *left = a, *const *right = b;
    int order = compare_names(*left, *right);

    return order ? order : text_compare((*left)->definition, (*right)->definition);
}

void schema_sort(struct schema *schema)
{
    size_t kept = 0, ascending = 1;

    while (ascending < schema->count &&
           compare_names(schema->list[ascending - 1], schema->list[ascending]) < 0)
        ascending++;
    if (ascending >= schema->count)
        return;
    qsort(schema->list, schema->count, sizeof(const struct object *), compare_objects);
    for (size_t i = 1; i < schema->count; i++)
        if (compare_names(schema->list[kept], schema->list[i]) != 0)
            schema->list[++kept] = schema->list[i];
    schema->count = kept + 1;
}

/* Where an object of this kind and name is, or would be, from a place on. */
static size_t find_place(const struct schema *schema, size_t from, const struct object *object)
{
    size_t low = from, high = schema->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_names(schema->list[middle], object) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void append_range(struct schema *to, const struct schema *from, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++)
        schema_append(to, from->list[i]);
}

void schema_replace(struct schema *schema, struct schema *removed, struct schema *added)
{
    struct schema kept = {0}, merged = {0};
    size_t at = 0;

    schema_sort(removed);
    schema_sort(added);
    for (size_t i = 0; i < removed->count; i++) {
        size_t place = find_place(schema, at, removed->list[i]);

        append_range(&kept, schema, at, place);
        at = place + (place < schema->count && schema->list[place] == removed->list[i]);
    }
    append_range(&kept, schema, at, schema->count);
    at = 0;
    for (size_t i = 0; i < added->count; i++) {
        size_t place = find_place(&kept, at, added->list[i]);

        append_range(&merged, &kept, at, place);
        schema_append(&merged, added->list[i]);
        at = place;
    }
    append_range(&merged, &kept, at, kept.count);
    schema_free(&kept);
    schema_free(schema);
    *schema = merged;
}

void schema_copy(struct schema *to, const struct schema *from)
{
    to->count = 0;
    for (size_t i = 0; i < from->count; i++)
        schema_append(to, from->list[i]);
}

struct digest schema_digest(const struct schema *schema)
{
    struct crypto_digest_state state;

    crypto_digest_start(&state);
    for (size_t i = 0; i < schema->count; i++)
        crypto_digest_add(&state,
                          (struct text){(const char *)schema->list[i]->digest.bytes, DIGEST_SIZE});
    return crypto_digest_end(&state);
}

/* Differences */

/* What comes next of two schemas: both where kind and name are the same. */
static struct schema_change next_change(const struct schema *before, size_t i,
                                        const struct schema *after, size_t j)
{
    const struct object *left = i < before->count ? before->list[i] : NULL;
    const struct object *right = j < after->count ? after->list[j] : NULL;
    int order = !left ? 1 : !right ? -1 : left == right ? 0 : compare_names(left, right);

    return (struct schema_change){order <= 0 ? left : NULL, order >= 0 ? right : NULL};
}

void schema_compare(struct arena *arena, const struct schema *before, const struct schema *after,
                    struct schema_changes *changes)
{
    struct schema_changes found = {0};
    size_t capacity = 0;

    for (size_t i = 0, j = 0; i < before->count || j < after->count;) {
        struct schema_change change = next_change(before, i, after, j);

        i += change.before != NULL;
        j += change.after != NULL;
        if (change.before && change.after &&
            digest_equal(&change.before->digest, &change.after->digest))
            continue;
        found.list = grow(found.list, found.count, &capacity, sizeof(struct schema_change));
        found.list[found.count++] = change;
    }
    changes->count = found.count;
    changes->list = arena_array(arena, struct schema_change, found.count);
    if (found.count)
        memcpy(changes->list, found.list, found.count * sizeof(struct schema_change));
    free(found.list);
}

static bool is_part_of(const struct object *object, const struct object *whole)
{
    static const struct text parts[] = {{"column", 6}, {"constraint", 10}};
    size_t size = whole ? whole->name.size : 0;
    bool is_part = false;

    for (size_t i = 0; i < COUNT(parts); i++)
        is_part |= text_equal(object->kind, parts[i]);
    return whole && is_part && object->name.size > size && object->name.bytes[size] == '.' &&
           text_starts(object->name, whole->name);
}

bool schema_is_covered(const struct schema_changes *changes, const struct schema_change *change)
{
    const struct object *object = change->before ? change->before : change->after;

    if (change->before && change->after)
        return false;
    for (size_t i = 0; i < changes->count; i++) {
        const struct schema_change *other = &changes->list[i];

        if (!change->before == !other->before && !change->after == !other->after &&
            is_part_of(object, other->before ? other->before : other->after))
            return true;
    }
    return false;
}

enum { EXCERPT_BEFORE = 24, EXCERPT_SIZE = 96 };

static struct text show_from(struct arena *arena, struct text definition, size_t from)
{
    struct text shown = text_slice(definition, from, EXCERPT_SIZE);

    return arena_format(arena, "%s%.*s%s", from ? "..." : "", TEXT_ARGS(shown),
                        from + shown.size < definition.size ? "..." : "");
}

struct text schema_excerpt(struct arena *arena, const struct object *object)
{
    return show_from(arena, object->definition, 0);
}

void schema_excerpts(struct arena *arena, const struct schema_change *change, struct text *before,
                     struct text *after)
{
    struct text a = change->before->definition, b = change->after->definition;
    size_t same = 0, from = 0;

    while (same < a.size && same < b.size && a.bytes[same] == b.bytes[same])
        same++;
    if (a.size > EXCERPT_SIZE || b.size > EXCERPT_SIZE)
        from = same > EXCERPT_BEFORE ? same - EXCERPT_BEFORE : 0;
    while (from && (a.bytes[from] & 0xc0) == 0x80) /* inside a character */
        from--;
    *before = show_from(arena, a, from);
    *after = show_from(arena, b, from);
}

void schema_write(struct buffer *to, const struct schema_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct schema_change *change = &changes->list[i];

        buffer_add(to, change->after ? TEXT("+") : TEXT("-"));
        if (change->after) {
            put_object(to, change->after);
            continue;
        }
        buffer_add(to, change->before->kind);
        buffer_add(to, TEXT(" "));
        put_escaped(to, change->before->name);
        buffer_add(to, TEXT("\n"));
    }
}

/* Histories */

void schema_history_free(struct schema_history *history)
{
    free(history->lines);
    *history = (struct schema_history){0};
}

static bool read_line(struct arena *arena, struct text line, struct history_line *read)
{
    struct text rest = text_slice(line, 1, line.size), kind = text_cut(&rest, ' '), name,
                definition = TEXT("");
    bool has_definition = text_find_byte(rest, '\t') < rest.size;

    read->is_gone = text_starts(line, TEXT("-"));
    if (!kind.size || read->is_gone == has_definition ||
        (!read->is_gone && !text_starts(line, TEXT("+"))) ||
        !unescape(arena, text_cut(&rest, '\t'), &name) || !name.size ||
        text_find_byte(rest, '\t') < rest.size ||
        (has_definition && !unescape(arena, rest, &definition)))
        return false;
    read->object = make_object(arena, arena_copy(arena, kind), name, definition);
    return true;
}

struct error *schema_history_add(struct arena *arena, struct schema_history *history,
                                 struct text changes)
{
    while (changes.size) {
        struct history_line line = {.number = history->count};

        if (text_find_byte(changes, '\n') == changes.size ||
            !read_line(arena, text_cut(&changes, '\n'), &line))
            return error_plain(arena, ERROR_UNTRUSTED, "a list of schema changes is misspelt");
        history->lines =
            grow(history->lines, history->count, &history->capacity, sizeof(struct history_line));
        history->lines[history->count++] = line;
    }
    return NULL;
}

static int compare_lines(const void *a, const void *b)
{
    const struct history_line *left = a, *right = b;
    int order = compare_names(left->object, right->object);

    return order ? order : (left->number > right->number) - (left->number < right->number);
}

/* The last line about an object is what counts. */
void schema_history_end(struct schema_history *history, struct schema *schema)
{
    schema->count = 0;
    if (history->count)
        qsort(history->lines, history->count, sizeof(struct history_line), compare_lines);
    for (size_t i = 0; i < history->count; i++) {
        const struct history_line *line = &history->lines[i];
        bool is_last = i + 1 == history->count ||
                       compare_names(line->object, history->lines[i + 1].object) != 0;

        if (is_last && !line->is_gone)
            schema_append(schema, line->object);
    }
}

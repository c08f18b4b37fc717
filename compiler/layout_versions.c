#include "compiler/layout_parts.h"

#include <stdlib.h>
#include <string.h>

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_dot(char byte)
{
    return byte == '.' || byte == '_';
}

bool layout_is_version(struct text version)
{
    bool follows_digit = false;

    for (size_t i = 0; i < version.size; i++) {
        if (!is_digit(version.bytes[i]) && !(is_dot(version.bytes[i]) && follows_digit))
            return false;
        follows_digit = is_digit(version.bytes[i]);
    }
    return follows_digit;
}

/* Takes the first number off a version, without zeros in front; none is as good as 0. */
static struct text next_number(struct text *version)
{
    size_t zeros = 0, size = 0;

    while (size < version->size && !is_dot(version->bytes[size]))
        size++;
    struct text number = text_slice(*version, 0, size);
    *version = text_slice(*version, size + 1, version->size);
    while (zeros < number.size && number.bytes[zeros] == '0')
        zeros++;
    return text_slice(number, zeros, number.size);
}

int layout_compare_versions(struct text a, struct text b)
{
    while (a.size || b.size) {
        struct text left = next_number(&a), right = next_number(&b);

        if (left.size != right.size)
            return left.size < right.size ? -1 : 1;
        int order = text_compare(left, right);
        if (order)
            return order;
    }
    return 0;
}

static int compare(const struct layout_entry *a, const struct layout_entry *b,
                   enum layout_order order)
{
    switch (order) {
    case LAYOUT_BY_NUMBER:
        return layout_compare_versions(a->version, b->version);
    case LAYOUT_BY_BYTES:
        return text_compare(a->version, b->version);
    case LAYOUT_BY_FILE:
        break;
    }
    return text_compare(a->source->name, b->source->name);
}

void layout_add_entry(struct layout_reader *reader, struct layout_entries *entries,
                      const struct layout_entry *entry)
{
    if (entries->count == entries->capacity) {
        struct layout_entry *old = entries->list;

        entries->capacity = entries->capacity ? 2 * entries->capacity : 64;
        entries->list = arena_array(reader->arena, struct layout_entry, entries->capacity);
        if (entries->count)
            memcpy(entries->list, old, entries->count * sizeof(*old));
    }
    entries->list[entries->count++] = *entry;
}

/* What of an entry is compared once its version is. */
static int compare_rest(const struct layout_entry *a, const struct layout_entry *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return text_compare(a->source->name, b->source->name);
}

/* A merge sort, for qsort(3) has no place for the order. */
static void sort(struct layout_entry *list, struct layout_entry *spare, size_t count,
                 enum layout_order order)
{
    size_t half = count / 2, left = 0, right = half;

    if (count < 2)
        return;
    sort(list, spare, half, order);
    sort(list + half, spare + half, count - half, order);
    for (size_t i = 0; i < count; i++) {
        bool takes_left = left < half;

        if (left < half && right < count) {
            int found = compare(&list[left], &list[right], order);
            takes_left = (found ? found : compare_rest(&list[left], &list[right])) <= 0;
        }
        spare[i] = takes_left ? list[left++] : list[right++];
    }
    memcpy(list, spare, count * sizeof(*list));
}

/* One that is for all gives way to one that is for the dialect. */
static void set_script(struct layout_reader *reader, struct layout_revision *revision,
                       const struct layout_entry *entry,
                       const struct layout_entry *(*taken)[SCRIPT_KIND_COUNT])
{
    static const char *const kinds[] = {"up", "down", "verify"};
    bool is_refused = false;

    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        const struct layout_entry *other = taken[i][entry->kind];

        if (entry->dialects && !(entry->dialects & 1U << i))
            continue;
        if (other && !other->dialects == !entry->dialects) {
            if (!is_refused)
                error_hint(reader->arena,
                           error_note(reader->arena,
                                      layout_refuse(reader, layout_first_line(entry->source),
                                                    "a second %s script of version '%.*s'",
                                                    kinds[entry->kind], TEXT_ARGS(entry->version)),
                                      layout_first_line(other->source), "the first is here"),
                           "Give the one that no database has had yet a version of its own.");
            is_refused = true;
        } else if (!other || entry->dialects) {
            taken[i][entry->kind] = entry;
            revision->scripts[i][entry->kind] =
                (struct layout_script){SCRIPT_FILE, entry->source, entry->section};
        }
    }
}

/* Each dialect of the history needs an up script, if there is any for it. */
static void check_ups(struct layout_reader *reader, const struct layout_revision *revision)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        const struct layout_script *up = &revision->scripts[i][SCRIPT_UP];

        if (!reader->options->dialects[i] || up->presence == SCRIPT_FILE)
            continue;
        error_hint(reader->arena,
                   layout_refuse(reader, revision->span, "version '%.*s' has no up script for %.*s",
                                 TEXT_ARGS(revision->id), TEXT_ARGS(dialect_name((enum dialect)i))),
                   "Add the script; it may be empty.");
        return;
    }
}

static void add_version(struct layout_reader *reader, const struct layout_entry *entries,
                        size_t count)
{
    const struct layout_entry *taken[DIALECT_COUNT][SCRIPT_KIND_COUNT] = {{NULL}};
    struct layout_revision *revision =
        layout_add(reader, entries->version, entries->title, layout_first_line(entries->source));

    for (size_t i = 0; i < count; i++) {
        set_script(reader, revision, &entries[i], taken);
        revision->transactional &= !entries[i].is_outside;
    }
    check_ups(reader, revision);
}

void layout_add_versions(struct layout_reader *reader, struct layout_entries *entries,
                         enum layout_order order)
{
    sort(entries->list, arena_array(reader->arena, struct layout_entry, entries->count),
         entries->count, order);
    for (size_t i = 0, end; i < entries->count; i = end) {
        for (end = i + 1; end < entries->count; end++)
            if (compare(&entries->list[i], &entries->list[end], order) != 0)
                break;
        add_version(reader, entries->list + i, end - i);
    }
}

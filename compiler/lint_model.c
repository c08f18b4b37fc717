#include "compiler/lint_model.h"

#include <string.h>

enum { TABLE_SIZE_FIRST = 1024, JOURNAL_FIRST = 256, COMPARED_FIRST = 64 };

enum change_kind { CREATED, DROPPED, RENAMED, GIVEN };

struct change {
    enum change_kind kind;
    struct object *object;
    struct text schema, name; /* RENAMED: before */
    struct object *owner;     /* GIVEN: before */
};

/* Kind, owner and name of objects that are compared. */
struct slot {
    uint32_t comparison;
    enum object_kind kind;
    const char *owner, *name;
    size_t then, now; /* how many there are */
};

struct known {
    const char *name;
    unsigned kinds; /* bits 1 << enum object_kind */
    size_t noted;
};

struct word {
    struct text text;
    uint64_t hash;
};

struct model {
    struct arena *arena;

    struct word *words; /* open addressing, as the tables below; sizes are powers of two */
    size_t word_count, word_size;
    struct known *known;
    size_t known_count, known_size;

    struct object **buckets;
    size_t object_count, bucket_count;

    struct change *journal;
    size_t change_count, change_capacity;

    uint32_t comparison;
    struct slot *slots;
    size_t slot_size;
    struct object **compared; /* touched, then what is added, then what is missing */
    size_t compared_size;
};

static uint64_t mix(uint64_t hash, const void *pointer)
{
    hash ^= (uint64_t)(uintptr_t)pointer;
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

struct model *model_new(struct arena *arena)
{
    struct model *model = arena_one(arena, struct model);

    *model = (struct model){
        .arena = arena,
        .words = arena_array(arena, struct word, TABLE_SIZE_FIRST),
        .word_size = TABLE_SIZE_FIRST,
        .known = arena_array(arena, struct known, TABLE_SIZE_FIRST),
        .known_size = TABLE_SIZE_FIRST,
        .buckets = arena_array(arena, struct object *, TABLE_SIZE_FIRST),
        .bucket_count = TABLE_SIZE_FIRST,
        .journal = arena_array(arena, struct change, JOURNAL_FIRST),
        .change_capacity = JOURNAL_FIRST,
        .slots = arena_array(arena, struct slot, COMPARED_FIRST),
        .slot_size = COMPARED_FIRST,
        .compared = arena_array(arena, struct object *, COMPARED_FIRST),
        .compared_size = COMPARED_FIRST,
    };
    return model;
}

static char folded(char byte, bool fold)
{
    return fold && byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static void grow_words(struct model *model)
{
    struct word *old = model->words;
    size_t old_size = model->word_size;

    model->word_size *= 2;
    model->words = arena_array(model->arena, struct word, model->word_size);
    for (size_t i = 0; i < old_size; i++) {
        size_t at = old[i].hash & (model->word_size - 1);

        if (!old[i].text.bytes)
            continue;
        while (model->words[at].text.bytes)
            at = (at + 1) & (model->word_size - 1);
        model->words[at] = old[i];
    }
}

static bool equal_folded(struct text word, struct text text, bool fold)
{
    if (word.size != text.size)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (word.bytes[i] != folded(text.bytes[i], fold))
            return false;
    return true;
}

struct text model_intern(struct model *model, struct text text, bool fold)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    if (text.size == 0)
        return TEXT("");
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)folded(text.bytes[i], fold)) * UINT64_C(0x100000001b3);
    size_t at = hash & (model->word_size - 1);
    for (; model->words[at].text.bytes; at = (at + 1) & (model->word_size - 1))
        if (model->words[at].hash == hash && equal_folded(model->words[at].text, text, fold))
            return model->words[at].text;

    struct text word = arena_copy(model->arena, text);
    for (size_t i = 0; i < word.size; i++)
        ((char *)word.bytes)[i] = folded(word.bytes[i], fold);
    model->words[at] = (struct word){word, hash};
    if (++model->word_count * 2 > model->word_size)
        grow_words(model);
    return word;
}

static struct known *find_known(const struct model *model, struct text name)
{
    size_t at = mix(0, name.bytes) & (model->known_size - 1);

    while (model->known[at].name && model->known[at].name != name.bytes)
        at = (at + 1) & (model->known_size - 1);
    return &model->known[at];
}

static void grow_known(struct model *model)
{
    struct known *old = model->known;
    size_t old_size = model->known_size;

    model->known_size *= 2;
    model->known = arena_array(model->arena, struct known, model->known_size);
    for (size_t i = 0; i < old_size; i++)
        if (old[i].name)
            *find_known(model, (struct text){old[i].name, 0}) = old[i];
}

static struct known *add_known(struct model *model, struct text name)
{
    struct known *known = find_known(model, name);

    if (known->name)
        return known;
    if (++model->known_count * 2 > model->known_size) {
        grow_known(model);
        known = find_known(model, name);
    }
    known->name = name.bytes;
    return known;
}

void model_note(struct model *model, struct text name, size_t number)
{
    add_known(model, name)->noted = number;
}

size_t model_noted(const struct model *model, struct text name)
{
    return find_known(model, name)->noted;
}

size_t model_count(const struct model *model)
{
    return model->object_count;
}

bool model_knew(const struct model *model, enum object_kind kind, struct text name)
{
    return find_known(model, name)->kinds & 1U << kind;
}

static bool is_scoped(enum object_kind kind)
{
    return kind >= OBJECT_COLUMN;
}

static size_t bucket_of(const struct model *model, enum object_kind kind,
                        const struct object *owner, struct text name)
{
    uint64_t hash = mix((uint64_t)kind + 1, name.bytes);

    return mix(hash, is_scoped(kind) ? owner : NULL) & (model->bucket_count - 1);
}

static void link_bucket(struct model *model, struct object *object)
{
    size_t at = bucket_of(model, object->kind, object->owner, object->name);

    object->next_in_bucket = model->buckets[at];
    model->buckets[at] = object;
}

static void unlink_bucket(struct model *model, struct object *object)
{
    struct object **place =
        &model->buckets[bucket_of(model, object->kind, object->owner, object->name)];

    while (*place != object)
        place = &(*place)->next_in_bucket;
    *place = object->next_in_bucket;
}

static void grow_buckets(struct model *model)
{
    struct object **old = model->buckets;
    size_t old_count = model->bucket_count;

    model->bucket_count *= 2;
    model->buckets = arena_array(model->arena, struct object *, model->bucket_count);
    for (size_t i = 0; i < old_count; i++)
        for (struct object *object = old[i], *next; object; object = next) {
            next = object->next_in_bucket;
            link_bucket(model, object);
        }
}

static void link_owner(struct object *object)
{
    object->before = NULL;
    object->behind = NULL;
    if (!object->owner)
        return;
    object->behind = object->owner->owned;
    if (object->behind)
        object->behind->before = object;
    object->owner->owned = object;
}

static void unlink_owner(struct object *object)
{
    if (!object->owner)
        return;
    if (object->before)
        object->before->behind = object->behind;
    else
        object->owner->owned = object->behind;
    if (object->behind)
        object->behind->before = object->before;
}

static void appear(struct model *model, struct object *object)
{
    object->is_there = true;
    link_bucket(model, object);
    link_owner(object);
}

static void vanish(struct model *model, struct object *object)
{
    object->is_there = false;
    unlink_bucket(model, object);
    unlink_owner(object);
}

static struct change *add_change(struct model *model, enum change_kind kind, struct object *object)
{
    if (model->change_count == model->change_capacity) {
        struct change *old = model->journal;

        model->journal = arena_array(model->arena, struct change, model->change_capacity * 2);
        memcpy(model->journal, old, model->change_capacity * sizeof(*old));
        model->change_capacity *= 2;
    }
    struct change *change = &model->journal[model->change_count++];
    *change = (struct change){.kind = kind, .object = object};
    return change;
}

struct text model_schema(struct text schema)
{
    return text_equal(schema, TEXT("public")) ? TEXT("") : schema;
}

struct object *model_find(const struct model *model, enum object_kind kind,
                          const struct object *owner, struct text schema, struct text name)
{
    struct object *found = NULL;

    schema = model_schema(schema);
    for (struct object *object = model->buckets[bucket_of(model, kind, owner, name)]; object;
         object = object->next_in_bucket) {
        if (object->kind != kind || object->name.bytes != name.bytes ||
            (is_scoped(kind) && object->owner != owner))
            continue;
        if (text_equal(object->schema, schema))
            return object;
        if (!object->schema.size || !schema.size)
            found = object;
    }
    return found;
}

struct object *model_create(struct model *model, enum object_kind kind, struct object *owner,
                            struct text schema, struct text name)
{
    struct object *object = arena_one(model->arena, struct object);

    *object = (struct object){
        .kind = kind,
        .owner = owner,
        .schema = model_schema(schema),
        .name = name,
        .number = (uint32_t)++model->object_count,
    };
    if (model->object_count > model->bucket_count)
        grow_buckets(model);
    appear(model, object);
    add_known(model, name)->kinds |= 1U << kind;
    add_change(model, CREATED, object);
    return object;
}

void model_drop(struct model *model, struct object *object)
{
    struct object *each = object;

    for (;;) {
        while (each->owned) { /* first what it owns, which may own more */
            each = each->owned;
            each->has_fallen = true;
        }
        struct object *owner = each->owner;

        vanish(model, each);
        add_change(model, DROPPED, each);
        if (each == object)
            return;
        each = owner;
    }
}

static void rename_words(const struct object *table, struct text from, struct text to)
{
    for (const struct object *each = table->owned; each; each = each->behind)
        for (size_t i = 0; i < each->words.count; i++)
            if (each->words.list[i].bytes == from.bytes)
                each->words.list[i] = to;
}

static void set_name(struct model *model, struct object *object, struct text schema,
                     struct text name)
{
    struct text old = object->name;

    unlink_bucket(model, object);
    object->schema = schema;
    object->name = name;
    link_bucket(model, object);
    if (object->kind == OBJECT_COLUMN)
        rename_words(object->owner, old, name);
}

void model_rename(struct model *model, struct object *object, struct text schema, struct text name)
{
    struct change *change = add_change(model, RENAMED, object);

    change->schema = object->schema;
    change->name = object->name;
    set_name(model, object, model_schema(schema), name);
    add_known(model, name)->kinds |= 1U << object->kind;
}

static void set_owner(struct model *model, struct object *object, struct object *owner)
{
    unlink_bucket(model, object);
    unlink_owner(object);
    object->owner = owner;
    link_bucket(model, object);
    link_owner(object);
}

void model_give(struct model *model, struct object *object, struct object *owner)
{
    for (const struct object *each = owner; each; each = each->owner)
        if (each == object)
            return; /* no script that runs does this */
    add_change(model, GIVEN, object)->owner = object->owner;
    set_owner(model, object, owner);
}

size_t model_mark(const struct model *model)
{
    return model->change_count;
}

bool model_lost_any(const struct model *model)
{
    for (size_t i = 0; i < model->change_count; i++)
        if (model->journal[i].kind == DROPPED || model->journal[i].kind == RENAMED)
            return true;
    return false;
}

void model_forget(struct model *model)
{
    model->change_count = 0;
}

void model_undo(struct model *model, size_t mark)
{
    while (model->change_count > mark) {
        struct change *change = &model->journal[--model->change_count];

        switch (change->kind) {
        case CREATED:
            vanish(model, change->object);
            break;
        case DROPPED:
            change->object->has_fallen = false;
            appear(model, change->object);
            break;
        case RENAMED:
            set_name(model, change->object, change->schema, change->name);
            break;
        case GIVEN:
            set_owner(model, change->object, change->owner);
            break;
        }
    }
}

static struct slot *find_slot(const struct model *model, const struct object *object, bool then)
{
    const struct object *owner = is_scoped(object->kind) ? object->owner : NULL;
    struct slot slot = {
        .comparison = model->comparison,
        .kind = object->kind,
        .name = then ? object->old_name.bytes : object->name.bytes,
    };

    if (owner)
        slot.owner = then && owner->compared == model->comparison ? owner->old_name.bytes
                                                                  : owner->name.bytes;
    size_t at = mix(mix((uint64_t)slot.kind, slot.name), slot.owner) & (model->slot_size - 1);
    for (;; at = (at + 1) & (model->slot_size - 1)) {
        struct slot *found = &model->slots[at];

        if (found->comparison != model->comparison) {
            *found = slot;
            return found;
        }
        if (found->kind == slot.kind && found->name == slot.name && found->owner == slot.owner)
            return found;
    }
}

/* Room for all that a comparison may meet. */
static void reserve(struct model *model, size_t count)
{
    if (count * 4 > model->slot_size) {
        while (model->slot_size < count * 4)
            model->slot_size *= 2;
        model->slots = arena_array(model->arena, struct slot, model->slot_size);
    }
    if (count * 3 > model->compared_size) {
        model->compared_size = count * 6;
        model->compared = arena_array(model->arena, struct object *, model->compared_size);
    }
}

/* Each object that was touched since the mark, once, with what it was then. */
static size_t list_touched(struct model *model, size_t mark)
{
    size_t count = 0;

    for (size_t i = mark; i < model->change_count; i++) {
        const struct change *change = &model->journal[i];
        struct object *object = change->object;

        if (object->compared != model->comparison) {
            object->compared = model->comparison;
            object->was_there = change->kind != CREATED;
            object->old_name = object->name;
            model->compared[count++] = object;
        }
    }
    for (size_t i = model->change_count; i-- > mark;) /* the first renaming has the last word */
        if (model->journal[i].kind == RENAMED)
            model->journal[i].object->old_name = model->journal[i].name;
    return count;
}

/* Its owner was touched, and is told of itself. */
static bool is_told(const struct model *model, const struct object *object, bool then)
{
    const struct object *owner = object->owner;

    if (!owner || owner->is_implied || owner->compared != model->comparison)
        return false;
    const struct slot *slot = find_slot(model, owner, then);
    return then ? slot->then > slot->now : slot->now > slot->then;
}

void model_compare(struct model *model, size_t mark, struct model_difference *difference)
{
    model->comparison++;
    reserve(model, model->change_count - mark);
    size_t count = list_touched(model, mark);
    struct object **touched = model->compared;

    *difference = (struct model_difference){
        .added = model->compared + count,
        .missing = model->compared + count * 2,
    };
    for (size_t i = 0; i < count; i++) {
        if (touched[i]->was_there)
            find_slot(model, touched[i], true)->then++;
        if (touched[i]->is_there)
            find_slot(model, touched[i], false)->now++;
    }
    for (size_t i = 0; i < count; i++) {
        struct object *object = touched[i];
        bool is_same = object->was_there && object->old_name.bytes == object->name.bytes;

        if (object->is_implied)
            continue;
        if (object->is_there && !is_same) {
            const struct slot *slot = find_slot(model, object, false);

            if (slot->now > slot->then && !is_told(model, object, false))
                difference->added[difference->added_count++] = object;
        }
        if (object->was_there && (!object->is_there || !is_same)) {
            const struct slot *slot = find_slot(model, object, true);

            if (slot->then > slot->now && !is_told(model, object, true))
                difference->missing[difference->missing_count++] = object;
        }
    }
}

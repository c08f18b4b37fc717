/* The model of lint: what is there, what differs from before, and that everything can be undone. */
#include "compiler/lint_model.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * before, after  what is done, one word each: +t and -t create and drop a table, t>u renames it;
 *                t.c is a column of it, t:i its index, which has a name of its own
 * expected       what the comparison says of after
 */
static const struct row {
    const char *name, *before, *after, *expected;
} rows[] = {
    {"nothing", "+t", "", ""},
    {"a table", "", "+t", "+t"},
    {"a table with all that is in it", "", "+t +t.a +t:i", "+t"},
    {"a column and an index", "+t", "+t.a +t:i", "+a +i"},
    {"dropped at once", "", "+t +t.a -t", ""},
    {"a table is dropped", "+t +t.a +t:i", "-t", "-t"},
    {"a column is dropped", "+t +t.a +t.b", "-t.a", "-a"},
    {"a table is renamed", "+t +t.a", "t>u", "+u -t"},
    {"and back again", "+t +t.a", "t>u u>v v>t", ""},
    {"a column is renamed", "+t +t.a", "t.a>b", "+b -a"},
    {"built anew", "+t +t.a +t:i", "+u +u.a -t u>t +t:i", ""},
    {"built anew without an index", "+t +t.a +t:i", "+u +u.a -t u>t", "-i"},
    {"built anew with another column", "+t +t.a", "+u +u.b -t u>t", "+b -a"},
    {"two change their names", "+t +u", "t>x u>t x>u", ""},
    {"dropped and created", "+t +t.a", "-t +t +t.a", ""},
};

struct world {
    struct arena *arena;
    struct model *model;
};

static struct text name(const struct world *world, struct text text)
{
    return model_intern(world->model, text, false);
}

static struct object *find_table(const struct world *world, struct text text)
{
    return model_find(world->model, OBJECT_TABLE, NULL, TEXT(""), name(world, text));
}

/* "t", "t.c" or "t:i". */
static struct object *find(const struct world *world, struct text text, struct text *table,
                           enum object_kind *kind, struct text *own)
{
    struct text rest = text;
    char mark = text_find_byte(text, ':') < text.size ? ':' : '.';

    *table = text_cut(&rest, mark);
    *own = rest.size ? name(world, rest) : name(world, *table);
    *kind = !rest.size ? OBJECT_TABLE : mark == '.' ? OBJECT_COLUMN : OBJECT_INDEX;
    return model_find(world->model, *kind,
                      *kind == OBJECT_COLUMN ? find_table(world, *table) : NULL, TEXT(""), *own);
}

static void do_one(const struct world *world, struct text word)
{
    struct text table, own, to = word;
    enum object_kind kind;

    if (text_find_byte(word, '>') < word.size) {
        struct object *object = find(world, text_cut(&to, '>'), &table, &kind, &own);

        assert_non_null(object);
        model_rename(world->model, object, TEXT(""), name(world, to));
        return;
    }
    struct text rest = text_slice(word, 1, word.size);
    struct object *object = find(world, rest, &table, &kind, &own);
    if (word.bytes[0] == '-') {
        assert_non_null(object);
        model_drop(world->model, object);
    } else {
        assert_null(object);
        model_create(world->model, kind, kind == OBJECT_TABLE ? NULL : find_table(world, table),
                     TEXT(""), own);
    }
}

static void do_all(const struct world *world, const char *words)
{
    struct text rest = text_from(words);

    while (rest.size)
        do_one(world, text_cut(&rest, ' '));
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *show(struct arena *arena, const struct model_difference *difference)
{
    size_t count = difference->added_count + difference->missing_count;
    const char **words = arena_array(arena, const char *, count);
    struct text shown = TEXT("");

    for (size_t i = 0; i < difference->added_count; i++)
        words[i] = arena_format(arena, "+%.*s", TEXT_ARGS(difference->added[i]->name)).bytes;
    for (size_t i = 0; i < difference->missing_count; i++)
        words[difference->added_count + i] =
            arena_format(arena, "-%.*s", TEXT_ARGS(difference->missing[i]->old_name)).bytes;
    qsort(words, count, sizeof(*words), compare_words);
    for (size_t i = 0; i < count; i++)
        shown = arena_format(arena, "%.*s%s%s", TEXT_ARGS(shown), i ? " " : "", words[i]);
    return shown.bytes;
}

static void test_compare(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    struct world world = {arena, model_new(arena)};
    struct model_difference difference;

    do_all(&world, row->before);
    size_t mark = model_mark(world.model);
    do_all(&world, row->after);
    model_compare(world.model, mark, &difference);
    assert_string_equal(show(arena, &difference), row->expected);

    /* Undone, there is no difference, and it can be done once more. */
    model_undo(world.model, mark);
    model_compare(world.model, mark, &difference);
    assert_string_equal(show(arena, &difference), "");
    do_all(&world, row->after);
    model_compare(world.model, mark, &difference);
    assert_string_equal(show(arena, &difference), row->expected);
}

static void test_schemas(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    struct model *model = model_new(arena);
    struct text t = model_intern(model, TEXT("T"), true),
                app = model_intern(model, TEXT("app"), true);
    struct text other = model_intern(model, TEXT("other"), true);
    struct text public = model_intern(model, TEXT("public"), true);

    (void)state;
    assert_ptr_equal(t.bytes, model_intern(model, TEXT("t"), false).bytes);
    struct object *plain = model_create(model, OBJECT_TABLE, NULL, TEXT(""), t);
    assert_ptr_equal(model_find(model, OBJECT_TABLE, NULL, public, t), plain);
    assert_ptr_equal(model_find(model, OBJECT_TABLE, NULL, app, t), plain);
    assert_null(model_find(model, OBJECT_VIEW, NULL, TEXT(""), t));
    struct object *theirs = model_create(model, OBJECT_TABLE, NULL, app, t);
    assert_ptr_equal(model_find(model, OBJECT_TABLE, NULL, app, t), theirs);
    assert_ptr_equal(model_find(model, OBJECT_TABLE, NULL, TEXT(""), t), plain);
    model_drop(model, plain);
    assert_ptr_equal(model_find(model, OBJECT_TABLE, NULL, TEXT(""), t), theirs);
    assert_null(model_find(model, OBJECT_TABLE, NULL, other, t));
    assert_true(model_knew(model, OBJECT_TABLE, t));
    assert_false(model_knew(model, OBJECT_VIEW, t));
}

enum { TABLES = 5, COLUMNS = 4, ROUNDS = 300, STEPS = 60 };

/* Every table, column and index that is found, by the number of the object. */
static const char *snapshot(const struct world *world)
{
    struct text shown = TEXT("");

    for (char t = 'a'; t < 'a' + TABLES; t++) {
        const struct object *table = find_table(world, (struct text){&t, 1});

        shown = arena_format(world->arena, "%.*s %c=%u", TEXT_ARGS(shown), t,
                             table ? (unsigned)table->number : 0);
        for (char c = 'p'; c < 'p' + COLUMNS; c++) {
            struct text own = name(world, (struct text){&c, 1});
            const struct object *column =
                table ? model_find(world->model, OBJECT_COLUMN, table, TEXT(""), own) : NULL;
            const struct object *index =
                model_find(world->model, OBJECT_INDEX, NULL, TEXT(""), own);

            shown = arena_format(world->arena, "%.*s.%u:%u", TEXT_ARGS(shown),
                                 column ? (unsigned)column->number : 0,
                                 index ? (unsigned)index->number : 0);
        }
    }
    return shown.bytes;
}

static void step(const struct world *world, uint64_t *seed)
{
    char t = (char)('a' + support_below(seed, TABLES)),
         u = (char)('a' + support_below(seed, TABLES));
    char c = (char)('p' + support_below(seed, COLUMNS));
    struct text own = name(world, (struct text){&c, 1});
    struct object *table = find_table(world, (struct text){&t, 1});
    enum object_kind kind = support_below(seed, 2) ? OBJECT_COLUMN : OBJECT_INDEX;
    struct object *object =
        model_find(world->model, kind, kind == OBJECT_COLUMN ? table : NULL, TEXT(""), own);

    switch (support_below(seed, 5)) {
    case 0:
        if (!table)
            model_create(world->model, OBJECT_TABLE, NULL, TEXT(""),
                         name(world, (struct text){&t, 1}));
        break;
    case 1:
        if (table && support_below(seed, 3) == 0)
            model_drop(world->model, table);
        break;
    case 2:
        if (table && !find_table(world, (struct text){&u, 1}))
            model_rename(world->model, table, TEXT(""), name(world, (struct text){&u, 1}));
        break;
    case 3:
        if (table && !object)
            model_create(world->model, kind, table, TEXT(""), own);
        else if (table && kind == OBJECT_INDEX)
            model_give(world->model, object, table);
        break;
    default:
        if (table && object)
            model_drop(world->model, object);
    }
}

/* Whatever was done, undone it is as it was. */
static void test_undo(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(256 << 20);
    struct world world = {arena, model_new(arena)};
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        const char *before = snapshot(&world);
        size_t mark = model_mark(world.model);

        for (size_t j = 0; j < STEPS; j++)
            step(&world, &seed);
        model_undo(world.model, mark);
        assert_string_equal(snapshot(&world), before);
        for (size_t j = 0; j < STEPS / 4; j++) /* go on from somewhere else */
            step(&world, &seed);
        model_forget(world.model);
    }
}

int main(void)
{
    static struct support_tests tests;

    support_add_rows(&tests, rows, test_compare);
    support_add(&tests, "schemas", test_schemas);
    support_add(&tests, "whatever was done can be undone", test_undo);
    return support_run("lint_model", &tests);
}

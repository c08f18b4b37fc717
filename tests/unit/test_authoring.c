/* Revisions added to manifests by lot: what was there stays, and the result is right. */
#include "compiler/authoring.h"
#include "compiler/compile.h"
#include "draw.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROUNDS = 100, TORTURE_ROUNDS = 3000, ADDED_MAX = 3 };

/* The numbers of comments, in their order: "0 1 2". */
static struct text list_comments(struct arena *arena, struct text text)
{
    CLEANUP(buffer_free) struct buffer list = {0};

    for (size_t at; (at = text_find(text, TEXT("# c"))) < text.size;) {
        text = text_slice(text, at + 3, text.size);
        for (size_t i = 0; i < text.size && text.bytes[i] >= '0' && text.bytes[i] <= '9'; i++)
            buffer_format(&list, "%c", text.bytes[i]);
        buffer_format(&list, " ");
    }
    return arena_copy(arena, buffer_text(&list));
}

/* Whether new is old with bytes inserted at one place, or, in brackets, a comma at another. */
static bool is_only_added(struct text old, struct text new, bool may_add_comma)
{
    size_t front = 0, back = 0;

    while (front < old.size && old.bytes[front] == new.bytes[front])
        front++;
    while (back < old.size - front &&
           old.bytes[old.size - 1 - back] == new.bytes[new.size - 1 - back])
        back++;
    if (front + back == old.size)
        return true;
    if (!may_add_comma || new.bytes[front] != ',')
        return false;
    struct text rest = text_slice(new, front + 1, new.size);
    return is_only_added(text_slice(old, front, old.size), rest, false);
}

static void check_accepts(struct arena *arena)
{
    struct manifest manifest;
    struct order order;
    struct compiled compiled;
    struct compile_options options = {.dialect = DIALECT_SQLITE};

    support_check(manifest_load(arena, TEXT("ferry.yaml"), &manifest), "");
    support_check(graph_resolve(arena, &manifest), "");
    order_linearize(arena, &manifest, &order);
    support_check(compile_run(arena, &manifest, &order, &options, &compiled), "");
}

/* A revision behind one head, or behind all of them. */
static void add_one(struct arena *arena, uint64_t *lot, size_t number)
{
    static const char *const titles[] = {"Add it", "a: b", "it's",    "x, [y] {z}",
                                         "# x",    "null", "\"q\" \\"};
    struct text before = support_read(arena, "ferry.yaml");
    struct manifest manifest;
    struct authored authored;
    const struct revision **heads;

    support_check(manifest_load_draft(arena, TEXT("ferry.yaml"), NULL, 0, &manifest), "");
    support_check(graph_resolve_any_heads(arena, &manifest), "");
    size_t head_count = graph_heads(arena, &manifest, &heads);
    struct wanted wanted = {
        .id = arena_format(arena, "n%zu", number),
        .title = text_from(titles[support_below(lot, COUNT(titles))]),
        .parents = arena_array(arena, struct revision *, head_count),
        .irreversible = support_below(lot, 2),
        .is_merge = head_count > 1 && support_below(lot, 2),
    };
    for (size_t i = 0; i < head_count; i++)
        wanted.parents[i] = &manifest.revisions[heads[i]->position];
    wanted.parent_count = wanted.is_merge || head_count == 0 ? head_count : 1;
    support_check(authoring_add(arena, TEXT("ferry.yaml"), &manifest, &wanted, &authored), "");

    struct text after = support_read(arena, "ferry.yaml");
    assert_string_equal(list_comments(arena, before).bytes, list_comments(arena, after).bytes);
    if (!manifest.head_count && manifest.count && !is_only_added(before, after, true))
        fail_msg("%s\nbecame\n%s", before.bytes, after.bytes);
    assert_int_equal(authored.path_count, wanted.irreversible ? 2 : 3);
    assert_true(text_find(support_read(arena, authored.paths[0].bytes), wanted.id) <
                support_read(arena, authored.paths[0].bytes).size);
    check_accepts(arena);
}

static void begin_folder(struct arena *arena, uint64_t round)
{
    struct text folder = arena_format(arena, "round%llu", (unsigned long long)round);

    assert_int_equal(mkdir(folder.bytes, 0777), 0);
    assert_int_equal(chdir(folder.bytes), 0);
    assert_int_equal(mkdir("sql", 0777), 0);
}

static void test_drawn(void **state)
{
    uint64_t rounds = getenv("TORTURE") ? TORTURE_ROUNDS : ROUNDS;

    (void)state;
    for (uint64_t round = 0; round < rounds; round++) {
        struct arena *arena = arena_new(64 << 20);
        uint64_t lot = round;

        begin_folder(arena, round);
        support_write("ferry.yaml", draw_manifest(arena, &lot));
        support_write("sql/0001_a.up.sql", TEXT(""));
        for (size_t i = 0; i < ADDED_MAX; i++)
            add_one(arena, &lot, i);
        assert_int_equal(chdir(".."), 0);
        arena_free(&arena);
    }
}

int main(void)
{
    struct support_tests tests = {0};

    support_add(&tests, "manifests by lot", test_drawn);
    return support_run("authoring", &tests);
}

/* What two indexes differ in: which revisions, in what, and what hosts make of it. */
#include "compiler/difference.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* One revision for each id, without parents, in this order. */
static struct index make_index(struct arena *arena, const struct text *ids, size_t count)
{
    struct index index = {.steps = arena_array(arena, struct index_step, count),
                          .step_count = count};

    for (size_t i = 0; i < count; i++)
        index.steps[i].id = ids[i];
    index_sort(arena, &index);
    return index;
}

/* Order */

static struct index index_of_letters(struct arena *arena, const char *letters)
{
    size_t count = strlen(letters);
    struct text *ids = arena_array(arena, struct text, count);

    for (size_t i = 0; i < count; i++)
        ids[i] = (struct text){letters + i, 1};
    return make_index(arena, ids, count);
}

/* Revisions are letters. Behind each added one stands the letter that it is in front of. */
static const struct order_row {
    const char *name, *old, *new, *removed, *reordered, *added;
    enum weight weight;
    size_t after_release;
} order_rows[] = {
    {"difference: the same", "abc", "abc", "", "", "", WEIGHT_NONE, 0},
    {"difference: one behind", "abc", "abcd", "", "", "d ", WEIGHT_NONE, 0},
    {"difference: one in front", "abc", "xabc", "", "", "xa", WEIGHT_NONE, 0},
    {"difference: one in the middle", "abcd", "abxcd", "", "", "xc", WEIGHT_NONE, 0},
    {"difference: several in the middle", "abcd", "axyzbcwd", "", "", "xbybzbwd", WEIGHT_NONE, 0},
    {"difference: one gone", "abcd", "acd", "b", "", "", WEIGHT_REFUSED, 1},
    {"difference: the first gone", "abc", "bc", "a", "", "", WEIGHT_REFUSED, 1},
    {"difference: all gone", "abc", "xy", "abc", "", "x y ", WEIGHT_REFUSED, 3},
    {"difference: two swapped", "abcd", "acbd", "", "c", "", WEIGHT_HOSTS, 1},
    {"difference: the last to the front", "abcdef", "fabcde", "", "f", "", WEIGHT_HOSTS, 1},
    {"difference: the first to the end", "abcdef", "bcdefa", "", "a", "", WEIGHT_HOSTS, 1},
    {"difference: one forward", "abcdef", "acdebf", "", "b", "", WEIGHT_HOSTS, 1},
    {"difference: turned around", "abcd", "dcba", "", "dcb", "", WEIGHT_HOSTS, 3},
    {"difference: halves exchanged", "abcde", "cdeab", "", "ab", "", WEIGHT_HOSTS, 2},
    {"difference: all at once", "abcdef", "xbeadyg", "cf", "be", "xby g ", WEIGHT_REFUSED, 4},
    {"difference: one in front of one that moved", "abc", "axcb", "", "c", "xc", WEIGHT_HOSTS, 1},
};

static void test_order(void **state)
{
    const struct order_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer removed = {0}, reordered = {0}, added = {0};
    struct index old = index_of_letters(arena, row->old), new = index_of_letters(arena, row->new);
    struct difference difference = difference_find(arena, &old, &new);

    for (size_t i = 0; i < difference.removed_count; i++)
        buffer_add(&removed, difference.removed[i]->id);
    for (size_t i = 0; i < difference.kept_count; i++)
        if (difference.kept[i].reordered)
            buffer_add(&reordered, difference.kept[i].new->id);
    for (size_t i = 0; i < difference.added_count; i++) {
        buffer_add(&added, difference.added[i].step->id);
        buffer_add(&added,
                   difference.added[i].follower ? difference.added[i].follower->id : TEXT(" "));
    }
    assert_string_equal(arena_copy(arena, buffer_text(&removed)).bytes, row->removed);
    assert_string_equal(arena_copy(arena, buffer_text(&reordered)).bytes, row->reordered);
    assert_string_equal(arena_copy(arena, buffer_text(&added)).bytes, row->added);
    assert_int_equal(difference.reordered_count, strlen(row->reordered));
    assert_int_equal(difference.changed_count, 0);
    assert_int_equal(difference.weight, row->weight);
    assert_int_equal(difference.after_release_count, row->after_release);
}

static void shuffle(uint64_t *seed, struct text *ids, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = support_below(seed, i);
        struct text id = ids[other];

        ids[other] = ids[i - 1];
        ids[i - 1] = id;
    }
}

/* The length of the longest increasing subsequence, the slow way. */
static size_t longest(const struct difference *difference)
{
    size_t lengths[16], most = 0;

    for (size_t i = 0; i < difference->kept_count; i++) {
        lengths[i] = 1;
        for (size_t j = 0; j < i; j++)
            if (difference->kept[j].old < difference->kept[i].old && lengths[j] >= lengths[i])
                lengths[i] = lengths[j] + 1;
        most = lengths[i] > most ? lengths[i] : most;
    }
    return most;
}

/* No fewer could have been reordered, and the others do stand in their old order. */
static void test_fewest(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        size_t count = 1 + support_below(&seed, 16), staying = 0;
        struct text ids[16];

        for (size_t i = 0; i < count; i++)
            ids[i] = text_slice(TEXT("abcdefghijklmnop"), i, 1);
        struct index old = make_index(arena, ids, count);
        shuffle(&seed, ids, count);
        struct index new = make_index(arena, ids, count);
        struct difference difference = difference_find(arena, &old, &new);
        const struct index_step *last = NULL;
        for (size_t i = 0; i < count; i++) {
            if (difference.kept[i].reordered)
                continue;
            assert_true(!last || last < difference.kept[i].old);
            last = difference.kept[i].old;
            staying++;
        }
        assert_int_equal(staying, longest(&difference));
        assert_int_equal(staying + difference.reordered_count, count);
    }
}

/* As many as there may be, in the worst order and in none. */
static void test_many(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 30);
    struct text *ids = arena_array(arena, struct text, REVISIONS_MAX);
    struct text *turned = arena_array(arena, struct text, REVISIONS_MAX);
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < REVISIONS_MAX; i++)
        ids[i] = turned[REVISIONS_MAX - 1 - i] = arena_format(arena, "r%zu", i);
    struct index old = make_index(arena, ids, REVISIONS_MAX);
    struct index new = make_index(arena, turned, REVISIONS_MAX);
    assert_int_equal(difference_find(arena, &old, &new).reordered_count, REVISIONS_MAX - 1);
    shuffle(&seed, ids, REVISIONS_MAX);
    new = make_index(arena, ids, REVISIONS_MAX);
    size_t reordered = difference_find(arena, &old, &new).reordered_count;
    assert_in_range(reordered, 1, REVISIONS_MAX - 1);
}

/* Fields */

static struct text one_parent[] = {{"a", 1}}, new_parent[] = {{"n", 1}},
                   two_parents[] = {{"a", 1}, {"n", 1}};
static uint64_t cuts[] = {1, 5}, other_cuts[] = {1, 6};
static struct index_build build = {0, {"t", 1}, {"i", 1}}, other_build = {0, {"t", 1}, {"j", 1}};

#define UP(...)     .scripts[SCRIPT_UP] = {.presence = SCRIPT_FILE, __VA_ARGS__}
#define DOWN(...)   .scripts[SCRIPT_DOWN] = {.presence = SCRIPT_FILE, __VA_ARGS__}
#define SCHEMA(...) .scripts[SCRIPT_SCHEMA] = {.presence = SCRIPT_FILE, __VA_ARGS__}
#define VERIFY(...) .scripts[SCRIPT_VERIFY] = {.presence = SCRIPT_FILE, __VA_ARGS__}
#define NO_DOWN     .scripts[SCRIPT_DOWN] = {.presence = SCRIPT_NONE}

/* What is told: the JSON name, old and new for people, old and new in JSON, the weight. */
static const struct step_row {
    const char *name;
    struct index_step old, new;
    const char *told;
} step_rows[] = {
    {"difference: nothing", {UP(.size = 1)}, {UP(.size = 1)}, ""},
    {"difference: title",
     {.title = {"x", 1}},
     {.parent_count = 0},
     "title: x -> none, \"x\" -> \"\", 0;"},
    {"difference: parents lost",
     {.parents = one_parent, .parent_count = 1},
     {.parent_count = 0},
     "parents: a -> none, [\"a\"] -> [], 1;"},
    {"difference: another parent of old",
     {.parent_count = 0},
     {.parents = one_parent, .parent_count = 1},
     "parents: none -> a, [] -> [\"a\"], 1;"},
    {"difference: a parent that is new",
     {.parents = one_parent, .parent_count = 1},
     {.parents = two_parents, .parent_count = 2},
     "parents: a -> a n, [\"a\"] -> [\"a\",\"n\"], 2;"},
    {"difference: a parent for another",
     {.parents = one_parent, .parent_count = 1},
     {.parents = new_parent, .parent_count = 1},
     "parents: a -> n, [\"a\"] -> [\"n\"], 2;"},
    {"difference: transaction",
     {.transactional = true},
     {.transactional = false},
     "transactional: single -> none, true -> false, 1;"},
    {"difference: idempotent",
     {.idempotent = false},
     {.idempotent = true},
     "idempotent: false -> true, false -> true, 1;"},
    {"difference: lock timeout",
     {.lock_timeout_ms = 1500},
     {.parent_count = 0},
     "lock_timeout_ms: 1500ms -> that of the run, 1500 -> 0, 1;"},
    {"difference: statement timeout",
     {.statement_timeout_ms = 1},
     {.statement_timeout_ms = 2},
     "statement_timeout_ms: 1ms -> 2ms, 1 -> 2, 1;"},
    {"difference: foreign keys off for up",
     {UP(.size = 1)},
     {UP(.size = 1, .foreign_keys_off = true)},
     "foreign_keys: on -> off for up, \"on\" -> \"off for up\", 1;"},
    {"difference: foreign keys off for down",
     {DOWN(.foreign_keys_off = true)},
     {DOWN(.size = 0)},
     "foreign_keys: off for down -> on, \"off for down\" -> \"on\", 1;"},
    {"difference: foreign keys off for both",
     {UP(.foreign_keys_off = true), DOWN(.size = 0)},
     {UP(.foreign_keys_off = true), DOWN(.foreign_keys_off = true)},
     "foreign_keys: off for up -> off, \"off for up\" -> \"off\", 1;"},
    {"difference: up",
     {UP(.size = 1)},
     {UP(.size = 2, .digest = {{0xab}})},
     "up: 1 byte 000000000000 -> 2 bytes ab0000000000, \"00...\" -> \"ab...\", 2;"},
    {"difference: up, and what follows from it",
     {UP(.cuts = cuts, .cut_count = 2, .builds = &build, .build_count = 1)},
     {UP(.digest = {{1}}, .source = {{1}})},
     "up: 0 bytes 000000000000 -> 0 bytes 010000000000, \"00...\" -> \"01...\", 2;"},
    {"difference: down",
     {DOWN(.size = 1)},
     {DOWN(.size = 1, .digest = {{1}})},
     "down: 1 byte 000000000000 -> 1 byte 010000000000, \"00...\" -> \"01...\", 1;"},
    {"difference: down gone",
     {DOWN(.size = 1, .path = {"d.sql", 5})},
     {.parent_count = 0},
     "down: 1 byte 000000000000 -> absent, \"00...\" -> null, 1;"},
    {"difference: down irreversible",
     {.parent_count = 0},
     {NO_DOWN},
     "down: absent -> none, null -> \"none\", 1;"},
    {"difference: verify come",
     {.parent_count = 0},
     {VERIFY(.size = 1, .path = {"v.sql", 5})},
     "verify: absent -> 1 byte 000000000000, null -> \"00...\", 1;"},
    {"difference: a path",
     {UP(.path = {"a.sql", 5})},
     {UP(.path = {"b.sql", 5})},
     "up_path: a.sql -> b.sql, \"a.sql\" -> \"b.sql\", 0;"},
    {"difference: another file of the same SQL",
     {DOWN(.size = 1)},
     {DOWN(.size = 1, .source = {{1}})},
     "down_source: 000000000000 -> 010000000000, \"00...\" -> \"01...\", 0;"},
    {"difference: pieces",
     {VERIFY(.cuts = cuts, .cut_count = 2)},
     {VERIFY(.size = 0)},
     "verify_pieces: 2 -> 1, 2 -> 1, 1;"},
    {"difference: as many other pieces",
     {UP(.cuts = cuts, .cut_count = 2)},
     {UP(.cuts = other_cuts, .cut_count = 2)},
     "up_pieces: 2 -> 2, 2 -> 2, 1;"},
    {"difference: builds",
     {UP(.builds = &build, .build_count = 1)},
     {UP(.size = 0)},
     "up_builds: 1 -> 0, 1 -> 0, 1;"},
    {"difference: as many other builds",
     {UP(.builds = &build, .build_count = 1)},
     {UP(.builds = &other_build, .build_count = 1)},
     "up_builds: 1 -> 1, 1 -> 1, 1;"},
    {"difference: the same SQL makes another schema",
     {UP(.size = 1), SCHEMA(.size = 1)},
     {UP(.size = 1), SCHEMA(.size = 2, .digest = {{1}})},
     "schema_changes: 1 byte 000000000000 -> 2 bytes 010000000000, \"00...\" -> \"01...\", 0;"},
    {"difference: other SQL makes another schema",
     {UP(.size = 1), SCHEMA(.size = 1)},
     {UP(.size = 1, .digest = {{1}}), SCHEMA(.size = 2, .digest = {{1}})},
     "up: 1 byte 000000000000 -> 1 byte 010000000000, \"00...\" -> \"01...\", 2;"},
    {"difference: a schema that only one tells",
     {UP(.size = 1), SCHEMA(.size = 1)},
     {UP(.size = 1)},
     ""},
    {"difference: several",
     {.title = {"x", 1}, .idempotent = true},
     {.title = {"y", 1}, DOWN(.size = 1)},
     "title: x -> y, \"x\" -> \"y\", 0;"
     "idempotent: true -> false, true -> false, 1;"
     "down: absent -> 1 byte 000000000000, null -> \"00...\", 1;"},
};

/* A value in JSON; of a digest its first two digits. */
static struct text value(struct arena *arena, const struct field *field)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    fields_json(arena, &json, NULL, field);
    if (buffer.size == DIGEST_HEX_SIZE + 2)
        return arena_format(arena, "%.3s...\"", buffer.bytes);
    return arena_copy(arena, buffer_text(&buffer));
}

static struct text tell(struct arena *arena, const struct change *changes, size_t count)
{
    CLEANUP(buffer_free) struct buffer told = {0};

    for (size_t i = 0; i < count; i++)
        buffer_format(&told, "%s: %s -> %s, %s -> %s, %d;", changes[i].new.key,
                      arena_copy(arena, fields_text(arena, &changes[i].old)).bytes,
                      arena_copy(arena, fields_text(arena, &changes[i].new)).bytes,
                      value(arena, &changes[i].old).bytes, value(arena, &changes[i].new).bytes,
                      (int)changes[i].weight);
    return arena_copy(arena, buffer_text(&told));
}

static void test_step(void **state)
{
    const struct step_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct index old = index_of_letters(arena, "ar"), new = index_of_letters(arena, "anr");
    struct change changes[STEP_FIELD_COUNT];
    enum weight highest = WEIGHT_NONE;

    old.steps[1] = row->old;
    new.steps[2] = row->new;
    old.steps[1].id = new.steps[2].id = TEXT("r");
    struct difference difference = difference_find(arena, &old, &new);
    const struct kept *kept = &difference.kept[1];
    size_t count = difference_of_step(&difference, kept, changes);
    assert_string_equal(tell(arena, changes, count).bytes, row->told);
    for (size_t i = 0; i < count; i++)
        highest = changes[i].weight > highest ? changes[i].weight : highest;
    assert_int_equal(kept->changed, count > 0);
    assert_int_equal(kept->weight, highest);
    assert_int_equal(difference.weight, highest);
    assert_int_equal(difference.changed_count, count > 0);
    assert_int_equal(difference.after_release_count, highest > WEIGHT_NONE);
}

static struct text extensions[] = {{"citext", 6}, {"pgcrypto", 8}};

static const struct bundle_row {
    const char *name;
    struct index old, new;
    const char *told;
} bundle_rows[] = {
    {"difference: of bundles, none", {.created = 1}, {.created = 1}, ""},
    {"difference: project",
     {.project = {"a", 1}},
     {.project = {"b", 1}},
     "project: a -> b, \"a\" -> \"b\", 2;"},
    {"difference: dialect",
     {.dialect = DIALECT_POSTGRESQL},
     {.dialect = DIALECT_SQLITE},
     "dialect: postgresql -> sqlite, \"postgresql\" -> \"sqlite\", 2;"},
    {"difference: release",
     {.release = {"1", 1}},
     {.release = {"2", 1}},
     "release: 1 -> 2, \"1\" -> \"2\", 0;"},
    {"difference: sequence up", {.sequence = 1}, {.sequence = 2}, "sequence: 1 -> 2, 1 -> 2, 0;"},
    {"difference: sequence down", {.sequence = 2}, {.created = 0}, "sequence: 2 -> 0, 2 -> 0, 2;"},
    {"difference: created",
     {.created = 1},
     {.created = 2},
     "created: 1970-01-01T00:00:01Z -> 1970-01-01T00:00:02Z, "
     "\"1970-01-01T00:00:01Z\" -> \"1970-01-01T00:00:02Z\", 0;"},
    {"difference: expiry",
     {.not_after = 1},
     {.created = 0},
     "not_after: 1970-01-01T00:00:01Z -> never, \"1970-01-01T00:00:01Z\" -> null, 0;"},
    {"difference: server",
     {.created = 0},
     {.server_version = {"14", 2}},
     "server_version: any -> at least 14, \"\" -> \"14\", 0;"},
    {"difference: extensions",
     {.extensions = extensions, .extension_count = 1},
     {.extensions = extensions, .extension_count = 2},
     "extensions: citext -> citext pgcrypto, [\"citext\"] -> [\"citext\",\"pgcrypto\"], 0;"},
    {"difference: other extensions",
     {.extensions = extensions, .extension_count = 1},
     {.extensions = extensions + 1, .extension_count = 1},
     "extensions: citext -> pgcrypto, [\"citext\"] -> [\"pgcrypto\"], 0;"},
    {"difference: alembic",
     {.created = 0},
     {.alembic_keep = true},
     "alembic_keep: left alone -> kept in step, false -> true, 0;"},
    {"difference: schemas",
     {.created = 0},
     {.schema_method = 1, .schema_major = 15},
     "schema_version: none -> taken on version 15, null -> 15, 0;"},
    {"difference: tool",
     {.tool = {"x 1", 3}},
     {.tool = {"x 2", 3}},
     "tool: x 1 -> x 2, \"x 1\" -> \"x 2\", 0;"},
};

static void test_bundle(void **state)
{
    const struct bundle_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct index steps = index_of_letters(arena, "a"), old = row->old, new = row->new;

    old.steps = new.steps = steps.steps;
    old.by_id = new.by_id = steps.by_id;
    old.step_count = new.step_count = 1;
    struct difference difference = difference_find(arena, &old, &new);
    assert_string_equal(tell(arena, difference.changes, difference.change_count).bytes, row->told);
    assert_int_equal(difference.weight,
                     difference.change_count ? difference.changes[0].weight : WEIGHT_NONE);
    assert_int_equal(difference.after_release_count, 0);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, order_rows, test_order);
    support_add(&tests, "difference: no fewer reordered among 2,000 by lot", test_fewest);
    support_add(&tests, "difference: 100,000 turned around and shuffled", test_many);
    support_add_rows(&tests, step_rows, test_step);
    support_add_rows(&tests, bundle_rows, test_bundle);
    return support_run("difference", &tests);
}

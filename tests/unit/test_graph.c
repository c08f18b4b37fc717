/* Orders, and damaged graphs: whatever is certain is said in one run, and nothing besides. */
#include "compiler/graph.h"
#include "compiler/order.h"
#include "runtime/buffer.h"
#include "runtime/file.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#define HEAD "ferry: 1\nproject: shop\ndialect: sqlite\n"

/* Line 4 of a manifest without lists is this; the ids of the revisions begin in column 10. */
#define LIST           "revisions:\n"
#define R(id, parents) "  - {id: " id ", parents: [" parents "], up: x}\n"
#define FOLLOWING(id)  "  - {id: " id ", up: x}\n"

static void show_place(struct buffer *shown, struct span span)
{
    if (!span.source)
        return;
    struct place place = span_place(span);
    buffer_format(shown, "%.*s:%zu:%zu: ", TEXT_ARGS(span.source->name), place.line, place.column);
}

static void show_errors(struct buffer *shown, const struct error *error)
{
    for (; error; error = error->next) {
        assert_int_equal(error->code, ERROR_INPUT);
        show_place(shown, error->span);
        buffer_format(shown, "error: %.*s\n", TEXT_ARGS(error->message));
        for (const struct note *note = error->notes; note; note = note->next) {
            show_place(shown, note->span);
            buffer_format(shown, "note: %.*s\n", TEXT_ARGS(note->message));
        }
        if (error->hint.size)
            buffer_format(shown, "hint: %.*s\n", TEXT_ARGS(error->hint));
    }
}

static void show_order(struct buffer *shown, const struct order *order)
{
    for (size_t i = 0; i < order->count; i++)
        buffer_format(shown, "%s%.*s", i ? " " : "", TEXT_ARGS(order->steps[i]->id));
}

static void assert_shown(struct buffer *shown, const char *expected)
{
    buffer_add(shown, (struct text){"", 1});
    assert_string_equal(shown->bytes, expected);
    buffer_free(shown);
}

/* Every revision behind its parents, every child known to its parents, every reference resolved. */
static void assert_resolved(struct arena *arena, const struct manifest *manifest,
                            const struct order *order)
{
    size_t *places = arena_array(arena, size_t, manifest->count), children = 0, parents = 0;

    assert_int_equal(order->count, manifest->count);
    for (size_t i = 0; i < order->count; i++)
        places[order->steps[i]->position] = i + 1;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct revision *revision = &manifest->revisions[i];

        assert_true(places[i] > 0);
        assert_ptr_equal(graph_find(manifest, revision->id), revision);
        for (size_t j = 0; j < revision->parent_count; j++) {
            assert_true(text_equal(revision->parents[j].revision->id, revision->parents[j].id));
            assert_true(places[revision->parents[j].revision->position] < places[i]);
        }
        for (size_t j = 1; j < revision->child_count; j++)
            assert_true(revision->children[j - 1]->position < revision->children[j]->position);
        children += revision->child_count;
        parents += revision->parent_count;
    }
    assert_int_equal(children, parents);
    assert_null(graph_find(manifest, TEXT("no such revision")));
}

/* files  what follows HEAD; a line "=== b.yaml" begins what follows "ferry: 1" in that file */
static const struct row {
    const char *name, *files, *expected;
} rows[] = {
    /* Orders. */
    {"one revision", LIST R("a", ""), "a"},
    {"a chain", LIST R("a", "") R("b", "a") FOLLOWING("c") FOLLOWING("d"), "a b c d"},
    {"children before their parents", LIST R("c", "b") R("b", "a") R("a", ""), "a b c"},
    {"branches in the order they are written",
     LIST R("a", "") R("z", "a") R("b", "a") R("y", "z") R("m", "y, b"), "a z b y m"},
    {"a branch that waits",
     LIST R("a", "") R("b", "a, e") R("c", "a") FOLLOWING("d") R("e", "a") R("f", "b, d"),
     "a c d e b f"},
    {"listed roots and heads",
     "roots: [b, a]\nheads: [d, c]\n" LIST R("a", "") R("b", "") R("c", "a, b") R("d", "b"),
     "a b c d"},
    {"a revision that is both", "roots: [a, b]\nheads: [a, b]\n" LIST R("a", "") R("b", ""), "a b"},
    {"one root and one head may be listed",
     "roots: [a]\nheads: [b]\n" LIST R("a", "") FOLLOWING("b"), "a b"},
    {"across files",
     "include: [b.yaml]\n" LIST R("c", "b") R("a", "") "=== b.yaml\n" LIST R("b", "a"), "a b c"},

    /* Ids and parents. */
    {"an unknown parent", LIST R("a41e", "") R("9c0d", "a41e") R("a41f", "9c0e"),
     "ferry.yaml:7:26: error: revision 'a41f' has an unknown parent '9c0e'\n"
     "hint: Did you mean '9c0d' (line 6)?\n"},
    {"an unknown parent that is near nothing", LIST R("first", "") R("second", "zeroth"),
     "ferry.yaml:6:28: error: revision 'second' has an unknown parent 'zeroth'\n"},
    {"an unknown parent in other letters", LIST R("Add_Orders", "") R("b", "add_orders"),
     "ferry.yaml:6:23: error: revision 'b' has an unknown parent 'add_orders'\n"
     "hint: Did you mean 'Add_Orders' (line 5)?\n"},
    {"unknown parents that are too short for a guess", LIST R("a", "") R("b", "c"),
     "ferry.yaml:6:23: error: revision 'b' has an unknown parent 'c'\n"},
    {"a parent whose nearest id is named already", LIST R("base1", "") R("b", "base1, base2"),
     "ferry.yaml:6:30: error: revision 'b' has an unknown parent 'base2'\n"},
    {"a parent that looks like its child", LIST R("base", "") R("orders", "order"),
     "ferry.yaml:6:28: error: revision 'orders' has an unknown parent 'order'\n"},
    {"an unknown parent near a revision of another file",
     "include: [b.yaml]\n" LIST R("base", "")
         R("c", "ordrs") "=== b.yaml\n" LIST R("orders", "base"),
     "ferry.yaml:7:23: error: revision 'c' has an unknown parent 'ordrs'\n"
     "hint: Did you mean 'orders' (b.yaml, line 3)?\n"},
    {"an unknown parent twice", LIST R("a", "") R("b", "no, no"),
     "ferry.yaml:6:23: error: revision 'b' has an unknown parent 'no'\n"
     "ferry.yaml:6:27: error: revision 'b' has an unknown parent 'no'\n"},
    {"a duplicate id", LIST R("a", "") R("b", "a") R("a", "b"),
     "ferry.yaml:7:10: error: revision 'a' is defined twice\n"
     "ferry.yaml:5:10: note: first defined here\n"},
    {"a duplicate id that follows", LIST R("a", "") FOLLOWING("a") FOLLOWING("b"),
     "ferry.yaml:6:10: error: revision 'a' is defined twice\n"
     "ferry.yaml:5:10: note: first defined here\n"},
    {"an id three times", LIST R("a", "") R("a", "") R("a", ""),
     "ferry.yaml:6:10: error: revision 'a' is defined twice\n"
     "ferry.yaml:5:10: note: first defined here\n"
     "ferry.yaml:7:10: error: revision 'a' is defined twice\n"
     "ferry.yaml:5:10: note: first defined here\n"},
    {"a duplicate id across files",
     "include: [b.yaml]\n" LIST R("a", "") "=== b.yaml\n" LIST R("a", "a"),
     "b.yaml:3:10: error: revision 'a' is defined twice\n"
     "ferry.yaml:6:10: note: first defined here\n"},
    {"its own parent", LIST R("a", "") R("b", "a, b"),
     "ferry.yaml:6:26: error: revision 'b' names itself as its parent\n"},
    {"its own parent and nothing else", LIST R("a", "a"),
     "ferry.yaml:5:23: error: revision 'a' names itself as its parent\n"},
    {"a parent twice", LIST R("a", "") R("b", "a, a") R("c", "b, a, b, b"),
     "ferry.yaml:6:26: error: revision 'b' names its parent 'a' twice\n"
     "ferry.yaml:6:23: note: first named here\n"
     "ferry.yaml:7:29: error: revision 'c' names its parent 'b' twice\n"
     "ferry.yaml:7:23: note: first named here\n"
     "ferry.yaml:7:32: error: revision 'c' names its parent 'b' twice\n"
     "ferry.yaml:7:23: note: first named here\n"},
    {"its second parent twice", LIST R("a", "") R("b", "a") R("c", "a, b, b"),
     "ferry.yaml:7:29: error: revision 'c' names its parent 'b' twice\n"
     "ferry.yaml:7:26: note: first named here\n"},

    /* Cycles. */
    {"a cycle of two", LIST R("r", "") R("a", "r, b") R("b", "a"),
     "ferry.yaml:6:10: error: revision 'a' is in a cycle: 'a' after 'b' after 'a'\n"
     "ferry.yaml:6:26: note: 'a' names 'b' as its parent\n"
     "ferry.yaml:7:23: note: 'b' names 'a' as its parent\n"},
    {"a cycle of all", LIST R("a", "c") R("b", "a") FOLLOWING("c"),
     "ferry.yaml:5:10: error: revision 'a' is in a cycle: 'a' after 'c' after 'b' after 'a'\n"
     "ferry.yaml:5:23: note: 'a' names 'c' as its parent\n"
     "ferry.yaml:7:10: note: 'c' has no 'parents' and so follows 'b'\n"
     "ferry.yaml:6:23: note: 'b' names 'a' as its parent\n"},
    {"the shortest of several cycles",
     LIST R("r", "") R("a", "r, d, c") R("b", "a") R("c", "b") R("d", "c, a"),
     "ferry.yaml:6:10: error: revision 'a' is in a cycle: 'a' after 'd' after 'a'\n"
     "ferry.yaml:6:26: note: 'a' names 'd' as its parent\n"
     "ferry.yaml:9:26: note: 'd' names 'a' as its parent\n"},
    {"two cycles, one behind the other",
     LIST R("r", "") R("a", "r, b") R("b", "a") R("c", "b") R("d", "c, e") R("e", "d"),
     "ferry.yaml:6:10: error: revision 'a' is in a cycle: 'a' after 'b' after 'a'\n"
     "ferry.yaml:6:26: note: 'a' names 'b' as its parent\n"
     "ferry.yaml:7:23: note: 'b' names 'a' as its parent\n"
     "ferry.yaml:9:10: error: revision 'd' is in a cycle: 'd' after 'e' after 'd'\n"
     "ferry.yaml:9:26: note: 'd' names 'e' as its parent\n"
     "ferry.yaml:10:23: note: 'e' names 'd' as its parent\n"},
    {"a cycle with a way into it and a way out",
     LIST R("r", "") R("x", "r") R("b", "c") R("c", "b, x") R("y", "b"),
     "ferry.yaml:7:10: error: revision 'b' is in a cycle: 'b' after 'c' after 'b'\n"
     "ferry.yaml:7:23: note: 'b' names 'c' as its parent\n"
     "ferry.yaml:8:23: note: 'c' names 'b' as its parent\n"},
    {"a long cycle",
     LIST R("a01", "a20") FOLLOWING("a02") FOLLOWING("a03") FOLLOWING("a04") FOLLOWING(
         "a05") FOLLOWING("a06") FOLLOWING("a07") FOLLOWING("a08") FOLLOWING("a09") FOLLOWING("a10")
         FOLLOWING("a11") FOLLOWING("a12") FOLLOWING("a13") FOLLOWING("a14") FOLLOWING("a15")
             FOLLOWING("a16") FOLLOWING("a17") FOLLOWING("a18") FOLLOWING("a19") FOLLOWING("a20"),
     "ferry.yaml:5:10: error: revision 'a01' is in a cycle: 'a01' after 'a20' after 'a19' "
     "after 'a18' after 'a17' after 'a16' after 'a15' after 'a14' after 'a13' after 'a12' after "
     "'a11' after 'a10' after 'a09' after 'a08' after 'a07' after 'a06' after 'a05' "
     "after 'a04' after 'a03' after 'a02' after 'a01'\n"
     "ferry.yaml:5:25: note: 'a01' names 'a20' as its parent\n"
     "ferry.yaml:24:10: note: 'a20' has no 'parents' and so follows 'a19'\n"
     "ferry.yaml:23:10: note: 'a19' has no 'parents' and so follows 'a18'\n"
     "ferry.yaml:22:10: note: 'a18' has no 'parents' and so follows 'a17'\n"
     "ferry.yaml:21:10: note: 'a17' has no 'parents' and so follows 'a16'\n"
     "ferry.yaml:20:10: note: 'a16' has no 'parents' and so follows 'a15'\n"
     "ferry.yaml:19:10: note: 'a15' has no 'parents' and so follows 'a14'\n"
     "ferry.yaml:18:10: note: 'a14' has no 'parents' and so follows 'a13'\n"
     "ferry.yaml:17:10: note: 'a13' has no 'parents' and so follows 'a12'\n"
     "ferry.yaml:16:10: note: 'a12' has no 'parents' and so follows 'a11'\n"
     "ferry.yaml:15:10: note: 'a11' has no 'parents' and so follows 'a10'\n"
     "ferry.yaml:14:10: note: 'a10' has no 'parents' and so follows 'a09'\n"
     "ferry.yaml:13:10: note: 'a09' has no 'parents' and so follows 'a08'\n"
     "ferry.yaml:12:10: note: 'a08' has no 'parents' and so follows 'a07'\n"
     "ferry.yaml:11:10: note: 'a07' has no 'parents' and so follows 'a06'\n"
     "ferry.yaml:10:10: note: 'a06' has no 'parents' and so follows 'a05'\n"},
    {"a head in a cycle is not said to have children",
     "heads: [b]\n" LIST R("r", "") R("a", "r, b") R("b", "a"),
     "ferry.yaml:7:10: error: revision 'a' is in a cycle: 'a' after 'b' after 'a'\n"
     "ferry.yaml:7:26: note: 'a' names 'b' as its parent\n"
     "ferry.yaml:8:23: note: 'b' names 'a' as its parent\n"},
    {"a cycle across files",
     "include: [b.yaml]\n" LIST R("r", "") R("a", "r, b") "=== b.yaml\n" LIST R("b", "a"),
     "ferry.yaml:7:10: error: revision 'a' is in a cycle: 'a' after 'b' after 'a'\n"
     "ferry.yaml:7:26: note: 'a' names 'b' as its parent\n"
     "b.yaml:3:23: note: 'b' names 'a' as its parent\n"},

    /* Roots. */
    {"a second root", LIST R("a", "") R("b", "") R("c", "a, b"),
     "ferry.yaml:6:10: error: revision 'b' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'a'\n"
     "hint: Name its lost parent in 'parents:', or list all roots: 'roots: [a, b]'.\n"},
    {"many roots",
     LIST R("r0", "") R("r1", "") R("r2", "") R("r3", "") R("r4", "") R("r5", "") R("r6", "")
         R("r7", "") R("r8", "") R("h", "r0, r1, r2, r3, r4, r5, r6, r7, r8"),
     "ferry.yaml:6:10: error: revision 'r1' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"
     "ferry.yaml:7:10: error: revision 'r2' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"
     "ferry.yaml:8:10: error: revision 'r3' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"
     "ferry.yaml:9:10: error: revision 'r4' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"
     "ferry.yaml:10:10: error: revision 'r5' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"
     "ferry.yaml:11:10: error: revision 'r6' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"
     "ferry.yaml:12:10: error: revision 'r7' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"
     "ferry.yaml:13:10: error: revision 'r8' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'r0'\n"
     "hint: Name its lost parent in 'parents:', or list all roots under 'roots:'.\n"},
    {"a root that is not listed", "roots: [a]\n" LIST R("a", "") R("b", "") R("c", "a, b"),
     "ferry.yaml:7:10: error: revision 'b' has no parents and is not listed under 'roots:'\n"
     "hint: Name its lost parent in 'parents:', or add it to 'roots:'.\n"},
    {"the first root is not listed", "roots: [b]\n" LIST R("a", "") R("b", "") R("c", "a, b"),
     "ferry.yaml:6:10: error: revision 'a' has no parents and is not listed under 'roots:'\n"
     "hint: Name its lost parent in 'parents:', or add it to 'roots:'.\n"},
    {"a listed root with parents", "roots: [a, b]\n" LIST R("a", "") R("b", "a"),
     "ferry.yaml:4:12: error: 'roots' lists 'b', which has parents\n"
     "ferry.yaml:7:23: note: 'b' names 'a' as its parent\n"},
    {"a listed root that follows", "roots: [a, b]\n" LIST R("a", "") FOLLOWING("b"),
     "ferry.yaml:4:12: error: 'roots' lists 'b', which has parents\n"
     "ferry.yaml:7:10: note: 'b' has no 'parents' and so follows 'a'\n"},
    {"a listed root that is unknown",
     "roots: [base1, base3, foo]\n" LIST R("base1", "") R("base2", "") R("c", "base1, base2"),
     "ferry.yaml:4:16: error: 'roots' lists 'base3', which is no revision\n"
     "hint: Did you mean 'base2' (line 7)?\n"
     "ferry.yaml:4:23: error: 'roots' lists 'foo', which is no revision\n"},
    {"a root listed twice", "roots: [a, b, a]\n" LIST R("a", "") R("b", "") R("c", "a, b"),
     "ferry.yaml:4:15: error: 'roots' lists 'a' twice\n"
     "ferry.yaml:4:9: note: first listed here\n"},
    {"the second root listed twice", "roots: [a, b, b]\n" LIST R("a", "") R("b", "") R("c", "a, b"),
     "ferry.yaml:4:15: error: 'roots' lists 'b' twice\n"
     "ferry.yaml:4:12: note: first listed here\n"},
    {"lists behind the revisions", LIST R("a", "") R("b", "") R("c", "a, b") "roots: [a, c]\n",
     "ferry.yaml:6:10: error: revision 'b' has no parents and is not listed under 'roots:'\n"
     "hint: Name its lost parent in 'parents:', or add it to 'roots:'.\n"
     "ferry.yaml:8:12: error: 'roots' lists 'c', which has parents\n"
     "ferry.yaml:7:23: note: 'c' names 'a' as its parent\n"},

    /* Heads. */
    {"two heads", LIST R("a", "") R("b", "a") R("c", "a"),
     "ferry.yaml:6:10: error: the graph has 2 heads where one is expected: 'b', 'c'\n"
     "ferry.yaml:7:10: note: another head is 'c'\n"
     "hint: Merge them with a revision whose parents are [b, c], or list them under 'heads:'.\n"},
    {"many heads",
     LIST R("a", "") R("h0", "a") R("h1", "a") R("h2", "a") R("h3", "a") R("h4", "a") R("h5", "a")
         R("h6", "a") R("h7", "a") R("h8", "a") R("h9", "a"),
     "ferry.yaml:6:10: error: the graph has 10 heads where one is expected: 'h0', 'h1', 'h2', "
     "'h3', 'h4', 'h5', 'h6', 'h7' and 2 more\n"
     "ferry.yaml:7:10: note: another head is 'h1'\n"
     "ferry.yaml:8:10: note: another head is 'h2'\n"
     "ferry.yaml:9:10: note: another head is 'h3'\n"
     "ferry.yaml:10:10: note: another head is 'h4'\n"
     "ferry.yaml:11:10: note: another head is 'h5'\n"
     "ferry.yaml:12:10: note: another head is 'h6'\n"
     "ferry.yaml:13:10: note: another head is 'h7'\n"
     "hint: Merge them, or list them under 'heads:'.\n"},
    {"a head that is not listed", "heads: [b]\n" LIST R("a", "") R("b", "a") R("c", "a"),
     "ferry.yaml:8:10: error: revision 'c' has no children and is not listed under 'heads:'\n"
     "hint: Merge it into a listed head, or add it to 'heads:'.\n"},
    {"revisions that no listed head reaches",
     "heads: [b]\n" LIST R("a", "") R("b", "a") R("c", "a") FOLLOWING("d") R("e", "c")
         FOLLOWING("f"),
     "ferry.yaml:9:10: error: revision 'd' has no children and is not listed under 'heads:'\n"
     "ferry.yaml:8:10: note: no listed head reaches 'c'\n"
     "hint: Merge it into a listed head, or add it to 'heads:'.\n"
     "ferry.yaml:11:10: error: revision 'f' has no children and is not listed under 'heads:'\n"
     "ferry.yaml:10:10: note: no listed head reaches 'e'\n"
     "hint: Merge it into a listed head, or add it to 'heads:'.\n"},
    {"many revisions that no listed head reaches",
     "heads: [b]\n" LIST R("a", "") R("b", "a") R("c0", "a") FOLLOWING("c1") FOLLOWING("c2")
         FOLLOWING("c3") FOLLOWING("c4") FOLLOWING("c5") FOLLOWING("c6") FOLLOWING("c7")
             FOLLOWING("c8") FOLLOWING("c9") FOLLOWING("c10") FOLLOWING("c11"),
     "ferry.yaml:19:10: error: revision 'c11' has no children and is not listed under 'heads:'\n"
     "ferry.yaml:18:10: note: no listed head reaches 'c10'\n"
     "ferry.yaml:17:10: note: no listed head reaches 'c9'\n"
     "ferry.yaml:16:10: note: no listed head reaches 'c8'\n"
     "ferry.yaml:15:10: note: no listed head reaches 'c7'\n"
     "ferry.yaml:14:10: note: no listed head reaches 'c6'\n"
     "ferry.yaml:13:10: note: no listed head reaches 'c5'\n"
     "ferry.yaml:12:10: note: no listed head reaches 'c4'\n"
     "ferry.yaml:11:10: note: no listed head reaches 'c3'\nnote: nor does one reach 3 more\n"
     "hint: Merge it into a listed head, or add it to 'heads:'.\n"},
    {"a listed head with children", "heads: [b, c]\n" LIST R("a", "") R("b", "a") R("c", "b"),
     "ferry.yaml:4:9: error: 'heads' lists 'b', which has children\n"
     "ferry.yaml:8:23: note: 'c' names 'b' as its parent\n"},
    {"a listed head that is a second parent",
     "heads: [b, d]\n" LIST R("a", "") R("b", "a") R("c", "a") R("d", "c, b"),
     "ferry.yaml:4:9: error: 'heads' lists 'b', which has children\n"
     "ferry.yaml:9:26: note: 'd' names 'b' as its parent\n"},
    {"a listed head that is written behind its child",
     "heads: [b, c]\n" LIST R("c", "b") R("b", "a") R("a", ""),
     "ferry.yaml:4:9: error: 'heads' lists 'b', which has children\n"
     "ferry.yaml:6:23: note: 'c' names 'b' as its parent\n"},
    {"a listed head that is followed", "heads: [a, b]\n" LIST R("a", "") FOLLOWING("b"),
     "ferry.yaml:4:9: error: 'heads' lists 'a', which has children\n"
     "ferry.yaml:7:10: note: 'b' has no 'parents' and so follows 'a'\n"},
    {"a listed head that is unknown",
     "heads: [left, rihgt]\n" LIST R("a", "") R("left", "a") R("right", "a"),
     "ferry.yaml:4:15: error: 'heads' lists 'rihgt', which is no revision\n"
     "hint: Did you mean 'right' (line 8)?\n"},
    {"a listed head that is near nothing",
     "heads: [left, main]\n" LIST R("a", "") R("left", "a") R("right", "a"),
     "ferry.yaml:4:15: error: 'heads' lists 'main', which is no revision\n"
     "ferry.yaml:8:10: error: revision 'right' has no children and is not listed under 'heads:'\n"
     "hint: Merge it into a listed head, or add it to 'heads:'.\n"},
    {"a head listed twice", "heads: [b, b]\n" LIST R("a", "") R("b", "a"),
     "ferry.yaml:4:12: error: 'heads' lists 'b' twice\n"
     "ferry.yaml:4:9: note: first listed here\n"},

    /* Several at once. */
    {"a lost parent, forgotten roots, a head nobody meant",
     LIST R("9d6a492bf126", "") R("add_comms", "") R("notes", "")
         R("orders", "9d6a492bf126, add_comms") R("index", "orders, notes") R("draft", "orders"),
     "ferry.yaml:6:10: error: revision 'add_comms' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is '9d6a492bf126'\n"
     "hint: Name its lost parent in 'parents:', or list all roots: 'roots: [9d6a492bf126, "
     "add_comms, notes]'.\n"
     "ferry.yaml:7:10: error: revision 'notes' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is '9d6a492bf126'\n"
     "hint: Name its lost parent in 'parents:', or list all roots: 'roots: [9d6a492bf126, "
     "add_comms, notes]'.\n"
     "ferry.yaml:9:10: error: the graph has 2 heads where one is expected: 'index', 'draft'\n"
     "ferry.yaml:10:10: note: another head is 'draft'\n"
     "hint: Merge them with a revision whose parents are [index, draft], or list them under "
     "'heads:'.\n"},
    {"unknown parents keep heads quiet, and nothing else",
     LIST R("base", "") R("b", "bass") R("c", "") R("d", "e") R("e", "d"),
     "ferry.yaml:6:23: error: revision 'b' has an unknown parent 'bass'\n"
     "hint: Did you mean 'base' (line 5)?\n"
     "ferry.yaml:7:10: error: revision 'c' has no parents: another root\n"
     "ferry.yaml:5:10: note: the first root is 'base'\n"
     "hint: Name its lost parent in 'parents:', or list all roots: 'roots: [base, c]'.\n"
     "ferry.yaml:8:10: error: revision 'd' is in a cycle: 'd' after 'e' after 'd'\n"
     "ferry.yaml:8:23: note: 'd' names 'e' as its parent\n"
     "ferry.yaml:9:23: note: 'e' names 'd' as its parent\n"},
    {"a duplicate is neither root nor head", LIST R("a", "") R("b", "a") R("b", ""),
     "ferry.yaml:7:10: error: revision 'b' is defined twice\n"
     "ferry.yaml:6:10: note: first defined here\n"},
    {"in the order of the files",
     "include: [b.yaml]\nroots: [zero, a, b2]\n" LIST R("a", "") R("a", "")
         R("c", "no") "=== b.yaml\n" LIST R("b1", "") R("b2", "b2"),
     "ferry.yaml:5:9: error: 'roots' lists 'zero', which is no revision\n"
     "ferry.yaml:5:18: error: 'roots' lists 'b2', which has parents\n"
     "b.yaml:4:24: note: 'b2' names 'b2' as its parent\n"
     "ferry.yaml:8:10: error: revision 'a' is defined twice\n"
     "ferry.yaml:7:10: note: first defined here\n"
     "ferry.yaml:9:23: error: revision 'c' has an unknown parent 'no'\n"
     "b.yaml:3:10: error: revision 'b1' has no parents and is not listed under 'roots:'\n"
     "hint: Name its lost parent in 'parents:', or add it to 'roots:'.\n"
     "b.yaml:4:24: error: revision 'b2' names itself as its parent\n"},
    {"more than are reported",
     LIST R("a", "") R("r00", "no_0") R("r01", "no_1") R("r02", "no_2") R("r03", "no_3")
         R("r04", "no_4") R("r05", "no_5") R("r06", "no_6") R("r07", "no_7") R("r08", "no_8")
             R("r09", "no_9") R("r10", "no_10") R("r11", "no_11") R("r12", "no_12")
                 R("r13", "no_13") R("r14", "no_14") R("r15", "no_15") R("r16", "no_16")
                     R("r17", "no_17") R("r18", "no_18") R("r19", "no_19") R("r20", "no_20")
                         R("r21", "no_21") R("r22", "no_22") R("r23", "no_23") R("r24", "no_24"),
     "ferry.yaml:6:25: error: revision 'r00' has an unknown parent 'no_0'\n"
     "ferry.yaml:7:25: error: revision 'r01' has an unknown parent 'no_1'\n"
     "ferry.yaml:8:25: error: revision 'r02' has an unknown parent 'no_2'\n"
     "ferry.yaml:9:25: error: revision 'r03' has an unknown parent 'no_3'\n"
     "ferry.yaml:10:25: error: revision 'r04' has an unknown parent 'no_4'\n"
     "ferry.yaml:11:25: error: revision 'r05' has an unknown parent 'no_5'\n"
     "ferry.yaml:12:25: error: revision 'r06' has an unknown parent 'no_6'\n"
     "ferry.yaml:13:25: error: revision 'r07' has an unknown parent 'no_7'\n"
     "ferry.yaml:14:25: error: revision 'r08' has an unknown parent 'no_8'\n"
     "ferry.yaml:15:25: error: revision 'r09' has an unknown parent 'no_9'\n"
     "ferry.yaml:16:25: error: revision 'r10' has an unknown parent 'no_10'\n"
     "ferry.yaml:17:25: error: revision 'r11' has an unknown parent 'no_11'\n"
     "ferry.yaml:18:25: error: revision 'r12' has an unknown parent 'no_12'\n"
     "ferry.yaml:19:25: error: revision 'r13' has an unknown parent 'no_13'\n"
     "ferry.yaml:20:25: error: revision 'r14' has an unknown parent 'no_14'\n"
     "ferry.yaml:21:25: error: revision 'r15' has an unknown parent 'no_15'\n"
     "ferry.yaml:22:25: error: revision 'r16' has an unknown parent 'no_16'\n"
     "ferry.yaml:23:25: error: revision 'r17' has an unknown parent 'no_17'\n"
     "ferry.yaml:24:25: error: revision 'r18' has an unknown parent 'no_18'\n"
     "ferry.yaml:25:25: error: revision 'r19' has an unknown parent 'no_19'\n"},
};

/* The order of a damaged graph, and behind each revision what is marked on it. */
static const struct row damaged_rows[] = {
    {"damage: none", LIST R("a", "") R("b", "a"), "a b"},
    {"damage: an unknown parent", LIST R("a", "") R("b", "c, a"), "a b(unknown parent)"},
    {"damage: unknown parents do not count", LIST R("b", "a, no") R("c", "no, x") R("a", ""),
     "c(unknown parent) a b(unknown parent)"},
    {"damage: its own parent", LIST R("a", "") R("b", "b"), "a b(its own parent)"},
    {"damage: a parent twice", LIST R("a", "") R("b", "a, a"), "a b(parent named twice)"},
    {"damage: an id twice", LIST R("a", "") R("b", "a") R("a", "b") R("c", "a"),
     "a b a(repeated id) c"},
    {"damage: everything in one", LIST R("a", "") R("b", "a") R("b", "b, no, a, a, b"),
     "a b b(repeated id, unknown parent, parent named twice)"},
    {"damage: roots", LIST R("a", "") R("b", "") R("c", "a, b"), "a b(unexpected root) c"},
    {"damage: roots beside a list", "roots: [b]\n" LIST R("a", "") R("b", "") R("c", "a, b"),
     "a(unexpected root) b c"},
    {"damage: heads", LIST R("a", "") R("b", "a") R("c", "a"),
     "a b(one of several heads) c(one of several heads)"},
    {"damage: heads beside a list", "heads: [c]\n" LIST R("a", "") R("b", "a") R("c", "a"),
     "a b(unexpected head) c"},
    {"damage: a cycle of all, from the first on", LIST R("a", "c") R("b", "a") R("c", "b"),
     "a(in a cycle) b(in a cycle) c(in a cycle)"},
    {"damage: a cycle in its place",
     LIST R("r", "") R("a", "r, b") R("b", "a") R("c", "r") R("d", "b, c"),
     "r a(in a cycle) b(in a cycle) c d"},
    {"damage: a cycle waits for what is in front of it",
     LIST R("a", "z, b") R("b", "a, y") R("y", "x") R("x", "") R("z", "y"),
     "x y z a(in a cycle) b(in a cycle)"},
    {"damage: a cycle that waits for a cycle",
     LIST R("a", "b") R("b", "a, d") R("c", "d") R("d", "c"),
     "c(in a cycle) d(in a cycle) a(in a cycle) b(in a cycle)"},
    {"damage: two cycles that share a revision",
     LIST R("b", "c") R("a", "b, d") R("c", "a") R("d", "a"),
     "b(in a cycle) a(in a cycle) c(in a cycle) d(in a cycle)"},
    {"damage: a cycle goes on without more breaks than it needs",
     LIST R("r", "") R("d", "r, c") R("b", "d, e") R("e", "d") R("c", "b"),
     "r d(in a cycle) e(in a cycle) b(in a cycle) c(in a cycle)"},
    {"damage: behind a cycle", LIST R("c", "b") R("b", "a") R("a", "b"),
     "b(in a cycle) c a(in a cycle)"},
    /* All of it, where the errors end at the twentieth. */
    {"damage: more than is reported",
     "roots: [r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, r, s]\n"
     "heads: [u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, u, w]\n" LIST R(
         "r", "") R("s", "") R("t", "") R("u", "r, s") R("v", "t") R("w", "s"),
     "r s t(unexpected root) u v(unexpected head) w"},
};

static void save(struct arena *arena, const char *name, const char *head, struct text text)
{
    assert_null(file_save(arena, text_from(name), 0600, true,
                          arena_format(arena, "%s%.*s", head, TEXT_ARGS(text))));
}

/* Each test works in a folder of its own. */
static char folder[] = "/tmp/sqlferry-test-XXXXXX", before[4096];

static int enter_folder(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return getcwd(before, sizeof(before)) && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("ferry.yaml");
    unlink("b.yaml");
    return chdir(before) == 0 ? rmdir(folder) : -1;
}

static void load(struct arena *arena, const char *files, struct manifest *manifest)
{
    struct text main = text_from(files), mark = TEXT("=== b.yaml\n");
    size_t at = text_find(main, mark);

    save(arena, "ferry.yaml", HEAD, text_slice(main, 0, at));
    save(arena, "b.yaml", "ferry: 1\n", text_slice(main, at + mark.size, main.size));
    assert_null(manifest_load(arena, TEXT("ferry.yaml"), manifest));
}

static void resolve(struct buffer *shown, const char *files)
{
    struct arena *arena = arena_new(16 << 20);
    struct manifest manifest;

    load(arena, files, &manifest);
    struct error *error = graph_resolve(arena, &manifest);
    if (error) {
        show_errors(shown, error);
    } else {
        struct order order;

        order_linearize(arena, &manifest, &order);
        assert_resolved(arena, &manifest, &order);
        show_order(shown, &order);
    }
    arena_free(&arena);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct buffer shown = {0};

    resolve(&shown, row->files);
    assert_shown(&shown, row->expected);
}

static void test_damaged_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new(16 << 20);
    struct manifest manifest;
    struct order order;
    struct buffer shown = {0};
    bool damaged = false;

    load(arena, row->files, &manifest);
    struct error *error = graph_resolve(arena, &manifest);
    order_linearize(arena, &manifest, &order);
    for (size_t i = 0; i < order.count; i++) {
        unsigned damage = order.steps[i]->damage;
        const char *opening = "(";

        buffer_format(&shown, "%s%.*s", i ? " " : "", TEXT_ARGS(order.steps[i]->id));
        for (size_t j = 0; j < DAMAGE_COUNT; j++)
            if (damage & 1U << j) {
                buffer_format(&shown, "%s%s", opening, graph_damage_name((enum damage)j));
                opening = ", ";
            }
        buffer_add(&shown, damage ? TEXT(")") : TEXT(""));
        damaged |= damage != 0;
    }
    assert_int_equal(damaged, error != NULL);
    assert_shown(&shown, row->expected);
    arena_free(&arena);
}

/* A manifest in memory, whose revisions are r0, r1, ... and have no parents yet. */
static struct manifest blank(struct arena *arena, size_t count)
{
    struct manifest manifest = {
        .revisions = arena_array(arena, struct revision, count),
        .count = count,
    };

    for (size_t i = 0; i < count; i++)
        manifest.revisions[i] =
            (struct revision){.id = arena_format(arena, "r%zu", i), .position = i};
    return manifest;
}

static void add_parent(struct arena *arena, struct manifest *manifest, size_t child, size_t parent)
{
    enum { ROOM = 4 };
    struct revision *revision = &manifest->revisions[child];

    if (!revision->parents)
        revision->parents = arena_array(arena, struct reference, ROOM);
    assert_in_range(revision->parent_count, 0, ROOM - 1);
    revision->parents[revision->parent_count++] =
        (struct reference){.id = manifest->revisions[parent].id};
}

/* r1 and r2 follow r0; nobody listed them. Then only r1 is listed. */
static void test_any_heads(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct manifest manifest = blank(arena, 3);
    struct reference listed = {.id = TEXT("r1")};
    const struct revision **heads;

    (void)state;
    add_parent(arena, &manifest, 1, 0);
    add_parent(arena, &manifest, 2, 0);
    assert_non_null(graph_resolve(arena, &manifest));
    assert_null(graph_resolve_any_heads(arena, &manifest));
    assert_int_equal(graph_heads(arena, &manifest, &heads), 2);
    assert_ptr_equal(heads[0], &manifest.revisions[1]);
    assert_ptr_equal(heads[1], &manifest.revisions[2]);
    manifest.heads = &listed;
    manifest.head_count = 1;
    assert_null(graph_resolve_any_heads(arena, &manifest));
    assert_non_null(graph_resolve(arena, &manifest));

    /* Whatever else is wrong stays so. */
    manifest.revisions[2].parents[0].id = TEXT("x");
    assert_non_null(graph_resolve_any_heads(arena, &manifest));
    arena_free(&arena);
}

/* r1 is an id, and the beginning of ten others. */
static void test_match(void **state)
{
    static const struct {
        const char *id, *expected;
    } matches[] = {
        {"r1", ""},
        {"r2", ""},
        {"r12", ""},
        {"x", "error: there is no revision 'x'\n"},
        {"", "error: there is no revision ''\n"},
        {"r1x", "error: there is no revision 'r1x'\nhint: Did you mean 'r1'?\n"},
        {"r", "error: more than one revision begins with 'r'\n"
              "hint: Write more of the id: 'r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7' and more "
              "begin so.\n"},
    };
    struct arena *arena = arena_new(1 << 20);
    struct manifest manifest = blank(arena, 20);
    struct revision *found;

    (void)state;
    for (size_t i = 1; i < manifest.count; i++)
        add_parent(arena, &manifest, i, i - 1);
    manifest.revisions[19].id = TEXT("s9");
    assert_null(graph_resolve(arena, &manifest));
    for (size_t i = 0; i < COUNT(matches); i++) {
        struct buffer shown = {0};
        struct error *error = graph_match(arena, &manifest, text_from(matches[i].id), &found);

        if (error)
            show_errors(&shown, error);
        else
            assert_true(text_equal(found->id, text_from(matches[i].id)));
        assert_shown(&shown, matches[i].expected);
    }
    assert_null(graph_match(arena, &manifest, TEXT("s"), &found));
    assert_ptr_equal(found, &manifest.revisions[19]);
    arena_free(&arena);
}

static void test_nothing(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct manifest manifest = {0};
    struct order order;

    (void)state;
    assert_null(graph_resolve(arena, &manifest));
    order_linearize(arena, &manifest, &order);
    assert_int_equal(order.count, 0);
    assert_null(graph_find(&manifest, TEXT("a")));
    arena_free(&arena);
}

/* The plain algorithm: again and again the first revision whose parents are placed. */
static void assert_plain_order(struct arena *arena, const struct manifest *manifest,
                               const struct order *order)
{
    bool *placed = arena_array(arena, bool, manifest->count);

    for (size_t i = 0; i < order->count; i++) {
        for (size_t j = 0; j < manifest->count; j++) {
            const struct revision *revision = &manifest->revisions[j];
            bool ready = !placed[j];

            for (size_t k = 0; k < revision->parent_count; k++)
                ready &= placed[revision->parents[k].revision->position];
            if (!ready)
                continue;
            assert_ptr_equal(order->steps[i], revision);
            placed[j] = true;
            break;
        }
    }
}

/* Graphs that begin with r0 and end with one head, their revisions listed in any order. */
static void test_random_orders(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (size_t run = 0; run < 200; run++) {
        struct arena *arena = arena_new(1 << 20);
        size_t count = 2 + (size_t)rand_r(&seed) % 40, *listed = arena_array(arena, size_t, count);
        struct manifest manifest = blank(arena, count);
        struct order order;

        for (size_t i = 0; i < count; i++) {
            size_t j = (size_t)rand_r(&seed) % (i + 1);
            listed[i] = listed[j];
            listed[j] = i;
        }
        manifest.heads = arena_array(arena, struct reference, count);
        for (size_t i = 1; i < count; i++) {
            size_t first = (size_t)rand_r(&seed) % i, second = (size_t)rand_r(&seed) % i;
            add_parent(arena, &manifest, listed[i], listed[first]);
            if (second != first)
                add_parent(arena, &manifest, listed[i], listed[second]);
        }
        for (size_t i = 0; i < count; i++) {
            bool is_parent = false;
            for (size_t j = 0; j < count; j++)
                for (size_t k = 0; k < manifest.revisions[j].parent_count; k++)
                    is_parent |=
                        text_equal(manifest.revisions[j].parents[k].id, manifest.revisions[i].id);
            if (!is_parent)
                manifest.heads[manifest.head_count++] =
                    (struct reference){.id = manifest.revisions[i].id};
        }
        assert_null(graph_resolve(arena, &manifest));
        order_linearize(arena, &manifest, &order);
        assert_resolved(arena, &manifest, &order);
        assert_plain_order(arena, &manifest, &order);
        arena_free(&arena);
    }
}

/* What one revision more does to the order of those before it: nothing. */
static void test_appended_revision(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct buffer shown = {0};

    (void)state;
    for (size_t count = 4; count <= 6; count++) {
        struct manifest manifest = blank(arena, count);
        struct order order;

        add_parent(arena, &manifest, 0, 3);
        add_parent(arena, &manifest, 1, 3);
        add_parent(arena, &manifest, 2, 1);
        add_parent(arena, &manifest, 2, 0);
        if (count > 4)
            add_parent(arena, &manifest, 4, 2);
        if (count > 5)
            add_parent(arena, &manifest, 5, 4);
        assert_null(graph_resolve(arena, &manifest));
        order_linearize(arena, &manifest, &order);
        show_order(&shown, &order);
        buffer_add(&shown, TEXT("\n"));
    }
    assert_shown(&shown, "r3 r0 r1 r2\nr3 r0 r1 r2 r4\nr3 r0 r1 r2 r4 r5\n");
    arena_free(&arena);
}

enum { MANY = REVISIONS_MAX };

static void assert_many(struct arena *arena, struct manifest *manifest)
{
    struct order order;

    assert_null(graph_resolve(arena, manifest));
    order_linearize(arena, manifest, &order);
    assert_resolved(arena, manifest, &order);
}

static void test_many_in_a_chain(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);

    (void)state;
    for (size_t i = 1; i < MANY; i++)
        add_parent(arena, &manifest, i, i - 1);
    assert_many(arena, &manifest);
    arena_free(&arena);
}

static void test_many_backwards(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);

    (void)state;
    for (size_t i = 0; i + 1 < MANY; i++)
        add_parent(arena, &manifest, i, i + 1);
    assert_many(arena, &manifest);
    arena_free(&arena);
}

/* A ladder: each revision has two parents, so that the number of paths is beyond counting. */
static void test_many_with_merges(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);

    (void)state;
    for (size_t i = 1; i < MANY; i++) {
        add_parent(arena, &manifest, i, i - 1);
        if (i > 1)
            add_parent(arena, &manifest, i, i - 2);
    }
    assert_many(arena, &manifest);
    arena_free(&arena);
}

/* All revisions have the same parent, and each is a head that somebody listed. */
static void test_many_heads(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);

    (void)state;
    manifest.heads = arena_array(arena, struct reference, MANY);
    for (size_t i = 1; i < MANY; i++) {
        add_parent(arena, &manifest, i, 0);
        manifest.heads[manifest.head_count++] = (struct reference){.id = manifest.revisions[i].id};
    }
    assert_many(arena, &manifest);
    arena_free(&arena);
}

static void test_many_heads_unlisted(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);
    struct buffer shown = {0};

    (void)state;
    for (size_t i = 1; i < MANY; i++)
        add_parent(arena, &manifest, i, 0);
    show_errors(&shown, graph_resolve(arena, &manifest));
    assert_shown(&shown,
                 "error: the graph has 99999 heads where one is expected: 'r1', 'r2', 'r3', 'r4', "
                 "'r5', 'r6', 'r7', 'r8' and 99991 more\n"
                 "note: another head is 'r2'\nnote: another head is 'r3'\n"
                 "note: another head is 'r4'\nnote: another head is 'r5'\n"
                 "note: another head is 'r6'\nnote: another head is 'r7'\n"
                 "note: another head is 'r8'\n"
                 "hint: Merge them, or list them under 'heads:'.\n");
    arena_free(&arena);
}

static void test_many_roots(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);
    struct error *error = graph_resolve(arena, &manifest);
    size_t count = 0;

    (void)state;
    for (; error; error = error->next, count++)
        if (count == 1)
            assert_string_equal(error->hint.bytes, "Name its lost parent in 'parents:', or list "
                                                   "all roots under 'roots:'.");
    assert_int_equal(count, ERRORS_MAX);
    arena_free(&arena);
}

/* Whatever the damage, each revision has a place, and only inside a cycle a child goes first. */
static void test_random_damage(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (size_t run = 0; run < 500; run++) {
        struct arena *arena = arena_new(1 << 20);
        size_t count = 1 + support_below(&seed, 12), *places = arena_array(arena, size_t, count);
        struct manifest manifest = blank(arena, count);
        struct order order;

        for (size_t i = 0; i < count; i++)
            for (size_t j = support_below(&seed, 3); j-- > 0;)
                add_parent(arena, &manifest, i, support_below(&seed, count));
        struct error *error = graph_resolve(arena, &manifest);
        order_linearize(arena, &manifest, &order);
        assert_int_equal(order.count, count);
        for (size_t i = 0; i < count; i++)
            places[order.steps[i]->position] = i + 1;
        for (size_t i = 0; i < count; i++) {
            const struct revision *revision = &manifest.revisions[i];

            assert_true(places[i] > 0);
            assert_true(error || !revision->damage);
            assert_int_equal(revision->cycle != NULL, revision->damage >> DAMAGE_CYCLE & 1);
            for (size_t j = 0; j < revision->parent_count; j++) {
                const struct revision *parent = revision->parents[j].revision;

                assert_true(!parent || places[parent->position] < places[i] ||
                            (revision->cycle && revision->cycle == parent->cycle));
            }
        }
        arena_free(&arena);
    }
}

static void test_many_in_a_cycle(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);
    struct buffer shown = {0};
    struct order order;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        add_parent(arena, &manifest, i, (i + 1) % MANY);
    struct error *error = graph_resolve(arena, &manifest);
    assert_null(error->next);
    buffer_format(&shown, "revision 'r0' is in a cycle: 'r0'");
    for (size_t i = 1; i <= MANY; i++)
        buffer_format(&shown, " after 'r%zu'", i % MANY);
    assert_true(text_equal(buffer_text(&shown), error->message));
    buffer_free(&shown);
    order_linearize(arena, &manifest, &order);
    assert_ptr_equal(order.steps[0], &manifest.revisions[0]);
    for (size_t i = 1; i < MANY; i++)
        assert_ptr_equal(order.steps[i], &manifest.revisions[MANY - i]);
    arena_free(&arena);
}

/* Pairs that name each other, each pair also behind the one before. */
static void test_many_cycles(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < MANY; i += 2) {
        add_parent(arena, &manifest, i, i + 1);
        add_parent(arena, &manifest, i + 1, i);
        if (i)
            add_parent(arena, &manifest, i, i - 1);
    }
    for (struct error *error = graph_resolve(arena, &manifest); error; error = error->next, count++)
        assert_true(text_equal(error->message,
                               arena_format(arena,
                                            "revision 'r%zu' is in a cycle: 'r%zu' after "
                                            "'r%zu' after 'r%zu'",
                                            2 * count, 2 * count, 2 * count + 1, 2 * count)));
    assert_int_equal(count, ERRORS_MAX);
    arena_free(&arena);
}

static void test_many_unknown_parents(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct manifest manifest = blank(arena, MANY);
    size_t count = 0;

    (void)state;
    for (size_t i = 1; i < MANY; i++) {
        add_parent(arena, &manifest, i, i - 1);
        manifest.revisions[i].parents[0].id = arena_format(arena, "x%zu", i + MANY);
    }
    for (struct error *error = graph_resolve(arena, &manifest); error; error = error->next)
        count++;
    assert_int_equal(count, ERRORS_MAX);
    arena_free(&arena);
}

static struct CMUnitTest test_of_row(const struct row *row, CMUnitTestFunction test)
{
    return (struct CMUnitTest){.name = row->name,
                               .test_func = test,
                               .setup_func = enter_folder,
                               .teardown_func = leave_folder,
                               .initial_state = (void *)row};
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_any_heads),
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_random_orders),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_appended_revision),
        cmocka_unit_test(test_many_in_a_chain),
        cmocka_unit_test(test_many_backwards),
        cmocka_unit_test(test_many_with_merges),
        cmocka_unit_test(test_many_heads),
        cmocka_unit_test(test_many_heads_unlisted),
        cmocka_unit_test(test_many_roots),
        cmocka_unit_test(test_many_in_a_cycle),
        cmocka_unit_test(test_many_cycles),
        cmocka_unit_test(test_many_unknown_parents),
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(damaged_rows) + COUNT(others)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[count++] = test_of_row(&rows[i], test_row);
    for (size_t i = 0; i < COUNT(damaged_rows); i++)
        tests[count++] = test_of_row(&damaged_rows[i], test_damaged_row);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Lanes: where nodes stand and how lines run, for small graphs; what holds for any, for others. */
#include "compiler/rails.h"
#include "runtime/buffer.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * graph     a word for each row: the rows its lines come from, or "." for none; a line apart has
 *           "!" in front of it
 * expected  a word for each row: "a/b:" a split of the lane in column a to column b, "_:" a gap,
 *           the node's column, "^" where no line comes to it straight, "!" where one apart does,
 * "-a" a join from column a,
 *           "+b" a fork to column b, "." where no line goes on; joins and forks that are apart
 *           have "!" in front of them
 */
static const struct row {
    const char *name, *graph, *expected;
} rows[] = {
    {"nothing", "", ""},
    {"one node", ".", "0^."},
    {"a chain", ". 0 1", "0^ 0 0."},
    {"a fork and a join", ". 0 0 1,2", "0^+1 0 1 0-1."},
    {"a fork whose first branch is longer", ". 0 1 0 2,3", "0^+1 0 0 1 0-1."},
    {"a fork of three", ". 0 0 0 1,2,3", "0^+1 0 1/2:2 1 0-2-1."},
    {"three heads", ". 0 0 0", "0^+1 0. 1/0:0. 1."},
    {"a fork that waits", ". . 0,1 0 2,3", "0^ 1^ 0/2:0-1 1^-2 0-1."},
    {"a lane splits above its first child", ". . 1 0 0", "0^ 1^ 1. 0/1:0. 1."},
    {"a branch gives its column back", ". 0 0 0 2 1,3 5,4", "0^+1 0 1/2:2 1 2 0-1 0-2."},
    {"two merges, one inside the other", ". 0 0 1 1 3,4 2,5", "0^+1 0 1 0/2:0 2 0-2 0-1."},
    {"a merge moves to the left", ". 0 0 0 2 . 3,4 1", "0^+1 0 1/2:2 1 2 3^. 1-2. 0."},
    {"a merge that begins with a branch goes on in its place", ". 0 0 2,1 3", "0^+1 0 1 0-1 0."},
    {"a merge of lanes that go on", ". . 0,1 0,1", "0^ 1^ 0/2:1/3:0-3. 1-2."},
    {"a merge in a free column of lanes that go on", ". . . 2 1,0 0 1",
     "0^ 1^ 2^ 2. 1/2:0/3:1-3. 0. 2."},
    {"roots in columns of their own", ". . 0,1", "0^ 1^ 0-1."},
    {"a root below a head", ". . 1", "0^. _:0^ 0."},
    {"a root below a head that a lane passes", ". 0 0 . 2,3", "0^+1 0. 1 0^ 0-1."},
    {"the last child of a lane stays below a head", ". . 0 0 . 1,4 3", "0^ 1^ 0/2:0. 2 0^ 0-1. 2."},
    {"a line apart", ". 0 1,!0", "0^+!1 0 0-!1."},
    {"a line apart that comes first", ". 0 !0,1 1,2", "0^+!1 0 0/2:1!-2 0-1."},
    {"nothing but a line apart", ". !0", "0^+!1. 1!."},
    {"lines apart in lanes of their own", ". 0 !0,1 !0,2", "0^+!1+!2 0 0-!1 0-!2."},
    {"a cycle of two", ". 0,!0", "0^+!1 0-!1."},
    {"a cycle of three, its last line apart", ". 0 1,!0 2", "0^+!1 0 0-!1 0."},
};

struct graph {
    struct rail_node *nodes;
    size_t count;
};

static struct graph read_graph(struct arena *arena, const char *text)
{
    struct graph graph = {.nodes = arena_array(arena, struct rail_node, strlen(text))};
    struct text rest = text_from(text);

    while (rest.size) {
        struct text word = text_cut(&rest, ' ');
        struct rail_line *lines = arena_array(arena, struct rail_line, word.size);
        size_t count = 0;

        while (word.size && !text_equal(word, TEXT("."))) {
            struct text from = text_cut(&word, ',');
            bool apart = from.bytes[0] == '!';
            uint64_t number = 0;

            assert_true(text_number(text_slice(from, apart, from.size), 100, &number));
            lines[count++] = (struct rail_line){.from = number, .apart = apart};
        }
        graph.nodes[graph.count++] = (struct rail_node){.lines = lines, .line_count = count};
    }
    return graph;
}

static void show_row(struct buffer *shown, const struct rail_row *row)
{
    size_t i = 0;

    for (; i < row->bend_count && row->bends[i].kind == RAIL_SPLIT; i++)
        buffer_format(shown, "%zu/%zu:", row->bends[i].from, row->bends[i].to);
    buffer_format(shown, "%s%zu%s", row->needs_gap ? "_:" : "", row->column,
                  !row->is_fed        ? "^"
                  : row->is_fed_apart ? "!"
                                      : "");
    for (; i < row->bend_count; i++) {
        const struct rail_bend *bend = &row->bends[i];
        bool is_join = bend->kind == RAIL_JOIN;

        assert_int_not_equal(bend->kind, RAIL_SPLIT);
        assert_int_equal(is_join ? bend->to : bend->from, row->column);
        buffer_format(shown, "%s%s%zu", is_join ? "-" : "+", bend->apart ? "!" : "",
                      is_join ? bend->from : bend->to);
    }
    if (!row->goes_on)
        buffer_add(shown, TEXT("."));
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct graph graph = read_graph(arena, row->graph);
    struct buffer shown = {0};
    struct rails rails;

    rails_lay(arena, graph.nodes, graph.count, &rails);
    assert_int_equal(rails.count, graph.count);
    for (size_t i = 0; i < rails.count; i++) {
        buffer_add(&shown, i ? TEXT(" ") : TEXT(""));
        show_row(&shown, &rails.rows[i]);
    }
    buffer_add(&shown, (struct text){"", 1});
    assert_string_equal(shown.bytes, row->expected);
    buffer_free(&shown);
    arena_free(&arena);
}

/*
 * Follows the lanes down as somebody does who sees nothing but the picture, and finds the lines: at
 * each node the lanes that come in hold, together, all rows that it has lines from. Lanes never
 * meet by accident.
 */
static void follow(struct arena *arena, const struct graph *graph, const struct rails *rails)
{
    /* The row that each column's lane began in; NONE where there is no lane. */
    enum { NONE = -1 };
    long *lanes = arena_array(arena, long, rails->width),
         *colours = arena_array(arena, long, rails->width);
    size_t *waiting = arena_array(arena, size_t, graph->count), live_most = 0;

    for (size_t i = 0; i < rails->width; i++)
        lanes[i] = NONE;
    for (size_t i = 0; i < graph->count; i++)
        for (size_t j = 0; j < graph->nodes[i].line_count; j++)
            waiting[graph->nodes[i].lines[j].from]++;
    for (size_t i = 0; i < graph->count; i++) {
        const struct rail_node *node = &graph->nodes[i];
        const struct rail_row *row = &rails->rows[i];
        bool *found = arena_array(arena, bool, node->line_count + 1);
        size_t found_count = 0, forks = 0;

        for (size_t j = 0; j < row->bend_count && row->bends[j].kind == RAIL_SPLIT; j++) {
            assert_int_not_equal(lanes[row->bends[j].from], NONE);
            assert_int_equal(lanes[row->bends[j].to], NONE);
            lanes[row->bends[j].to] = lanes[row->bends[j].from];
            colours[row->bends[j].to] = (long)row->bends[j].colour;
        }
        assert_int_equal(row->is_fed, lanes[row->column] != NONE);
        for (size_t j = 0; j <= row->bend_count; j++) {
            bool is_own = j == row->bend_count;
            if (is_own ? !row->is_fed : row->bends[j].kind != RAIL_JOIN)
                continue;
            size_t column = is_own ? row->column : row->bends[j].from;
            bool is_line = false;

            assert_int_equal(colours[column], is_own ? row->colour : row->bends[j].colour);
            for (size_t k = 0; k < node->line_count; k++)
                if ((long)node->lines[k].from == lanes[column] && !found[k])
                    found[k] = is_line = true;
            assert_true(is_line);
            found_count++;
            lanes[column] = NONE;
        }
        assert_int_equal(found_count, node->line_count);
        for (size_t j = 0; j < node->line_count; j++)
            waiting[node->lines[j].from]--;
        assert_int_equal(row->needs_gap,
                         i > 0 && !row->is_fed && !row[-1].goes_on &&
                             row[-1].column == row->column &&
                             !(row->bend_count && row->bends[0].kind == RAIL_SPLIT));
        if (row->goes_on) {
            lanes[row->column] = (long)i;
            colours[row->column] = (long)row->colour;
        }
        for (size_t j = 0; j < row->bend_count; j++) {
            if (row->bends[j].kind != RAIL_FORK)
                continue;
            assert_int_equal(lanes[row->bends[j].to], NONE);
            lanes[row->bends[j].to] = (long)i;
            colours[row->bends[j].to] = (long)row->bends[j].colour;
            forks++;
        }
        /* Each node that is waited for has its lane, or two below itself. */
        size_t live = 0, awaited = 0;
        for (size_t j = 0; j < rails->width; j++)
            live += lanes[j] != NONE;
        for (size_t j = 0; j <= i; j++)
            awaited += waiting[j] > 0;
        assert_in_range(live, awaited, awaited + forks);
        live_most = live > live_most ? live : live_most;
    }
    assert_in_range(rails->width, live_most, live_most + 4);
}

static void test_random_graphs(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (size_t run = 0; run < 2000; run++) {
        struct arena *arena = arena_new(4 << 20);
        struct graph graph = {.count = 1 + support_below(&seed, 30)};
        struct rails rails;
        size_t near = 1 + support_below(&seed, 12), parents = 1 + support_below(&seed, 3);

        graph.nodes = arena_array(arena, struct rail_node, graph.count);
        for (size_t i = 1; i < graph.count; i++) {
            struct rail_line *lines = arena_array(arena, struct rail_line, parents);
            size_t count = 0;

            for (size_t j = support_below(&seed, parents + 1); j-- > 0;) {
                size_t from = i - 1 - support_below(&seed, i < near ? i : near);
                bool is_new = true;

                for (size_t k = 0; k < count; k++)
                    is_new &= lines[k].from != from;
                if (is_new)
                    lines[count++] = (struct rail_line){.from = from};
            }
            graph.nodes[i] = (struct rail_node){.lines = lines, .line_count = count};
        }
        rails_lay(arena, graph.nodes, graph.count, &rails);
        follow(arena, &graph, &rails);
        arena_free(&arena);
    }
}

enum { MANY = 100000 };

static void lay(struct arena *arena, struct rail_node *nodes, size_t count, size_t width)
{
    struct rails rails;

    rails_lay(arena, nodes, count, &rails);
    assert_int_equal(rails.width, width);
}

/* Nothing is quadratic: each of these would take hours. */
static void test_many(void **state)
{
    struct arena *arena = arena_new(512 << 20);
    struct rail_node *nodes = arena_array(arena, struct rail_node, MANY);
    struct rail_line *lines = arena_array(arena, struct rail_line, MANY);

    (void)state;
    for (size_t i = 1; i < MANY; i++) { /* a chain */
        lines[i].from = i - 1;
        nodes[i] = (struct rail_node){.lines = &lines[i], .line_count = 1};
    }
    lay(arena, nodes, MANY, 1);
    for (size_t i = 1; i < MANY; i++) /* children of one */
        lines[i].from = 0;
    lay(arena, nodes, MANY, 2);
    for (size_t i = MANY / 2; i < MANY; i++) /* that have one child each */
        lines[i].from = i - MANY / 2 + 1;
    lines[MANY - 1].from = 0;
    lay(arena, nodes, MANY, MANY / 2);
    for (size_t i = 0; i < MANY; i++) /* roots that meet in the last */
        lines[i].from = i;
    memset(nodes, 0, MANY * sizeof(*nodes));
    nodes[MANY - 1] = (struct rail_node){.lines = lines, .line_count = MANY - 1};
    lay(arena, nodes, MANY, MANY - 1);
    arena_free(&arena);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_row);
    support_add(&tests, "random graphs", test_random_graphs);
    support_add(&tests, "many", test_many);
    return support_run("rails", &tests);
}

#include "compiler/picture.h"
#include "compiler/order.h"
#include "runtime/buffer.h"

#include <stdlib.h>

enum { ID_COLUMNS_MAX = 36 }; /* longer ids push their titles to the right */

/* A parent that is named, and that nothing is. */
struct missing {
    struct text id;
    size_t number;         /* of those before it, in order of their children */
    struct missing *first; /* of the same id */
    size_t node;           /* of the first, once it has one */
    size_t child;          /* of the first: the last node that it was given to, and one */
};

struct drawing {
    struct picture *picture;
    const struct order *order;
    size_t *node_of; /* of each revision, by position */
    struct missing *missing;
    size_t missing_count;
};

static bool is_missing(const struct manifest *manifest, const struct reference *reference)
{
    return !reference->revision && !graph_find(manifest, reference->id);
}

static int compare_missing(const void *a, const void *b)
{
    const struct missing *left = *(const struct missing *const *)a;
    const struct missing *right = *(const struct missing *const *)b;
    int order = text_compare(left->id, right->id);

    return order ? order : (left->number > right->number) - (left->number < right->number);
}

static void find_missing(struct arena *arena, struct drawing *drawing)
{
    const struct manifest *manifest = drawing->picture->manifest;
    const struct order *order = drawing->order;
    size_t total = 0;

    for (size_t i = 0; i < order->count; i++)
        for (size_t j = 0; j < order->steps[i]->parent_count; j++)
            total += is_missing(manifest, &order->steps[i]->parents[j]);
    drawing->missing = arena_array(arena, struct missing, total);
    for (size_t i = 0; i < order->count; i++) {
        const struct revision *revision = order->steps[i];

        for (size_t j = 0; j < revision->parent_count; j++)
            if (is_missing(manifest, &revision->parents[j])) {
                drawing->missing[drawing->missing_count] = (struct missing){
                    .id = revision->parents[j].id, .number = drawing->missing_count};
                drawing->missing_count++;
            }
    }

    struct missing **sorted = arena_array(arena, struct missing *, drawing->missing_count);
    for (size_t i = 0; i < drawing->missing_count; i++)
        sorted[i] = &drawing->missing[i];
    qsort(sorted, drawing->missing_count, sizeof(struct missing *), compare_missing);
    for (size_t i = 0; i < drawing->missing_count; i++)
        sorted[i]->first =
            i && text_equal(sorted[i]->id, sorted[i - 1]->id) ? sorted[i - 1]->first : sorted[i];
}

static void add_nodes(struct arena *arena, struct drawing *drawing)
{
    struct picture *picture = drawing->picture;
    const struct order *order = drawing->order;
    struct missing *missing = drawing->missing;

    picture->nodes = arena_array(arena, struct picture_node, order->count + drawing->missing_count);
    for (size_t i = 0; i < order->count; i++) {
        const struct revision *revision = order->steps[i];

        for (size_t j = 0; j < revision->parent_count; j++) {
            if (!is_missing(picture->manifest, &revision->parents[j]))
                continue;
            if (missing->first == missing) {
                missing->node = picture->node_count;
                picture->nodes[picture->node_count++] = (struct picture_node){.id = missing->id};
            }
            missing++;
        }
        drawing->node_of[revision->position] = picture->node_count;
        picture->nodes[picture->node_count++] =
            (struct picture_node){.id = revision->id, .revision = revision};
    }
}

static void add_edges(struct arena *arena, struct drawing *drawing)
{
    struct picture *picture = drawing->picture;
    const struct order *order = drawing->order;
    struct missing *missing = drawing->missing;
    size_t total = 0;

    for (size_t i = 0; i < order->count; i++)
        total += order->steps[i]->parent_count;
    picture->edges = arena_array(arena, struct picture_edge, total);
    for (size_t i = 0; i < order->count; i++) {
        const struct revision *revision = order->steps[i];
        size_t child = drawing->node_of[revision->position];

        for (size_t j = 0; j < revision->parent_count; j++) {
            const struct revision *named = revision->parents[j].revision;
            size_t parent;

            if (named) {
                parent = drawing->node_of[named->position];
            } else if (is_missing(picture->manifest, &revision->parents[j])) {
                struct missing *first = missing++->first;
                if (first->child == child + 1)
                    continue; /* named twice */
                first->child = child + 1;
                parent = first->node;
            } else {
                continue; /* the revision itself, or named twice */
            }
            picture->edges[picture->edge_count++] =
                (struct picture_edge){.parent = parent, .child = child, .closes = parent > child};
        }
    }
}

static size_t lower_of(const struct picture_edge *edge)
{
    return edge->closes ? edge->parent : edge->child;
}

/* To each node the lines from above: its parents in their order, then children that close cycles.
 */
static void lay(struct arena *arena, struct picture *picture)
{
    struct rail_node *nodes = arena_array(arena, struct rail_node, picture->node_count);
    struct rail_line *lines = arena_array(arena, struct rail_line, picture->edge_count);
    struct rail_line **ends = arena_array(arena, struct rail_line *, picture->node_count);
    size_t *counts = arena_array(arena, size_t, picture->node_count);

    for (size_t i = 0; i < picture->edge_count; i++)
        counts[lower_of(&picture->edges[i])]++;
    for (size_t i = 0; i < picture->node_count; i++) {
        nodes[i] = (struct rail_node){.lines = lines, .line_count = counts[i]};
        ends[i] = lines;
        lines += counts[i];
    }
    for (int closing = 0; closing < 2; closing++)
        for (size_t i = 0; i < picture->edge_count; i++) {
            const struct picture_edge *edge = &picture->edges[i];

            if (edge->closes == closing)
                *ends[lower_of(edge)]++ = (struct rail_line){
                    .from = edge->closes ? edge->child : edge->parent, .apart = edge->closes};
        }
    rails_lay(arena, nodes, picture->node_count, &picture->rails);
}

void picture_new(struct arena *arena, const struct manifest *manifest, bool is_damaged,
                 struct picture *picture)
{
    struct order order;
    struct drawing drawing = {
        .picture = picture,
        .order = &order,
        .node_of = arena_array(arena, size_t, manifest->count),
    };

    *picture = (struct picture){.manifest = manifest, .is_damaged = is_damaged};
    order_linearize(arena, manifest, &order);
    find_missing(arena, &drawing);
    add_nodes(arena, &drawing);
    add_edges(arena, &drawing);
    lay(arena, picture);
}

struct text picture_damage(struct arena *arena, const struct picture_node *node)
{
    struct text list = TEXT("");

    if (!node->revision)
        return TEXT("missing");
    for (size_t i = 0; i < DAMAGE_COUNT; i++)
        if (node->revision->damage & 1U << i)
            list = arena_format(arena, "%.*s%s%s", TEXT_ARGS(list), list.size ? ", " : "",
                                graph_damage_name((enum damage)i));
    return list;
}

struct text picture_title(struct arena *arena, const struct picture_node *node, size_t columns)
{
    struct text title = node->revision ? arena_escape(arena, node->revision->title) : TEXT("");

    if (text_columns(title) <= columns)
        return title;
    struct text front = text_fit(title, columns - 1);
    return arena_format(arena, "%.*s…", TEXT_ARGS(front));
}

size_t picture_id_columns(const struct picture *picture)
{
    size_t widest = 0;

    for (size_t i = 0; i < picture->node_count; i++) {
        size_t columns = text_columns(picture->nodes[i].id);

        if (columns <= ID_COLUMNS_MAX && columns > widest)
            widest = columns;
    }
    return widest;
}

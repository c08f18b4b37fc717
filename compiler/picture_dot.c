#include "compiler/picture.h"

enum { TITLE_COLUMNS_MAX = 64 }; /* of a box; its tooltip has the whole title */

/*
 * A quoted string of the DOT language. In labels and tooltips a backslash begins an escape, and an
 * ampersand an entity of HTML (Graphviz manual, "The DOT Language", escString, Character
 * encodings).
 */
static void put_label(struct arena *arena, struct buffer *to, struct text text)
{
    text = arena_escape(arena, text);
    while (text.size) {
        struct text here = text;
        int32_t code_point = text_next(&text);

        if (code_point == '&')
            buffer_add(to, TEXT("&amp;"));
        else if (code_point == '"' || code_point == '\\')
            buffer_format(to, "\\%c", (char)code_point);
        else
            buffer_add(to, text_slice(here, 0, here.size - text.size));
    }
}

/* Ids need no escape; of an id that is there several times, each gets a name of its own. */
static void put_name(const struct picture *picture, struct buffer *to, size_t at)
{
    const struct picture_node *node = &picture->nodes[at];
    bool is_repeated = node->revision && node->revision->damage & 1U << DAMAGE_REPEATED_ID;

    buffer_format(to, "\"%.*s", TEXT_ARGS(node->id));
    if (is_repeated)
        buffer_format(to, "#%zu", at + 1);
    buffer_add(to, TEXT("\""));
}

static void put_node(struct arena *arena, const struct picture *picture, struct buffer *to,
                     size_t at)
{
    const struct picture_node *node = &picture->nodes[at];
    struct text title = picture_title(arena, node, TITLE_COLUMNS_MAX);
    struct text damage = picture_damage(arena, node);

    buffer_add(to, TEXT("    "));
    put_name(picture, to, at);
    buffer_add(to, TEXT(" [label=\""));
    put_label(arena, to, node->id);
    if (title.size) {
        buffer_add(to, TEXT("\\n"));
        put_label(arena, to, title);
    }
    if (damage.size)
        buffer_format(to, "\\n[%.*s]", TEXT_ARGS(damage));
    buffer_add(to, TEXT("\", tooltip=\""));
    put_label(arena, to, title.size ? node->revision->title : node->id);
    buffer_add(to, TEXT("\""));
    if (damage.size)
        buffer_format(to, ", color=\"#c62f2f\", fontcolor=\"#b3261e\", style=\"rounded,%s\"",
                      node->revision ? "bold" : "dashed");
    buffer_add(to, TEXT("];\n"));
}

void picture_dot(struct arena *arena, const struct picture *picture,
                 const struct picture_options *options, struct buffer *to)
{
    buffer_add(to, TEXT("digraph \""));
    put_label(arena, to, picture->manifest->project);
    buffer_format(to,
                  "\" {\n"
                  "    rankdir=%s;\n"
                  "    node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11, "
                  "color=\"#3973ac\"];\n"
                  "    edge [color=\"#5f7085\", arrowsize=0.7];\n",
                  options->reverse ? "BT" : "TB");
    for (size_t i = 0; i < picture->node_count; i++)
        put_node(arena, picture, to, i);
    for (size_t i = 0; i < picture->edge_count; i++) {
        const struct picture_edge *edge = &picture->edges[i];

        buffer_add(to, TEXT("    "));
        put_name(picture, to, edge->parent);
        buffer_add(to, TEXT(" -> "));
        put_name(picture, to, edge->child);
        if (edge->closes)
            buffer_add(to, TEXT(" [color=\"#c62f2f\", style=dashed, constraint=false, "
                                "tooltip=\"closes a cycle\"]"));
        buffer_add(to, TEXT(";\n"));
    }
    buffer_add(to, TEXT("}\n"));
}

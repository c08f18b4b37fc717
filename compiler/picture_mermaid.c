#include "compiler/picture.h"

#include <string.h>

/*
 * Text between quotes. All that could mean something to Mermaid, to Markdown or to HTML becomes the
 * number of its character (Mermaid manual, "Entity codes to escape characters").
 */
static void put_text(struct arena *arena, struct buffer *to, struct text text)
{
    text = arena_escape(arena, text);
    while (text.size) {
        struct text here = text;
        int32_t code_point = text_next(&text);
        bool is_plain = code_point >= 0x80 || (code_point >= '0' && code_point <= '9') ||
                        (code_point >= 'a' && code_point <= 'z') ||
                        (code_point >= 'A' && code_point <= 'Z') || strchr(" _,.:'()-", code_point);

        if (is_plain)
            buffer_add(to, text_slice(here, 0, here.size - text.size));
        else
            buffer_format(to, "#%d;", (int)code_point);
    }
}

static void put_node(struct arena *arena, const struct picture *picture, struct buffer *to,
                     size_t at)
{
    const struct picture_node *node = &picture->nodes[at];
    struct text damage = picture_damage(arena, node);

    buffer_format(to, "    n%zu[\"", at + 1);
    put_text(arena, to, node->id);
    if (node->revision && node->revision->title.size) {
        buffer_add(to, TEXT("<br/>"));
        put_text(arena, to, node->revision->title);
    }
    if (damage.size) {
        buffer_add(to, TEXT("<br/>"));
        put_text(arena, to, arena_format(arena, "[%.*s]", TEXT_ARGS(damage)));
    }
    buffer_format(to, "\"]%s\n", !node->revision ? ":::missing" : damage.size ? ":::wrong" : "");
}

void picture_mermaid(struct arena *arena, const struct picture *picture,
                     const struct picture_options *options, struct buffer *to)
{
    buffer_format(to, "flowchart %s\n", options->reverse ? "BT" : "TB");
    for (size_t i = 0; i < picture->node_count; i++)
        put_node(arena, picture, to, i);
    for (size_t i = 0; i < picture->edge_count; i++) {
        const struct picture_edge *edge = &picture->edges[i];

        buffer_format(to, "    n%zu %s n%zu\n", edge->parent + 1,
                      edge->closes ? "-. closes a cycle .->" : "-->", edge->child + 1);
    }
    if (picture->is_damaged)
        buffer_add(to, TEXT("    classDef wrong stroke:#c62f2f,stroke-width:2px\n"
                            "    classDef missing stroke:#c62f2f,stroke-dasharray:4 3\n"));
}

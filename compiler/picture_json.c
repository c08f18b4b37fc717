#include "compiler/picture.h"

static void write_node(const struct picture *picture, struct json *json, size_t at)
{
    const struct picture_node *node = &picture->nodes[at];

    json_open(json, NULL, '{');
    json_text(json, "id", node->id);
    json_text(json, "title", node->revision ? node->revision->title : TEXT(""));
    if (picture->is_damaged)
        json_null(json, "step");
    else
        json_number(json, "step", at + 1);
    json_number(json, "lane", picture->rails.rows[at].column);
    json_bool(json, "missing", !node->revision);
    json_open(json, "damage", '[');
    for (size_t i = 0; i < DAMAGE_COUNT; i++)
        if (node->revision && node->revision->damage & 1U << i)
            json_text(json, NULL, text_from(graph_damage_name((enum damage)i)));
    json_close(json, ']');
    json_close(json, '}');
}

void picture_json(const struct picture *picture, struct json *json)
{
    json_open(json, NULL, '{');
    json_text(json, "project", picture->manifest->project);
    json_bool(json, "damaged", picture->is_damaged);
    json_number(json, "lane_count", picture->rails.width);
    json_open(json, "nodes", '[');
    for (size_t i = 0; i < picture->node_count; i++)
        write_node(picture, json, i);
    json_close(json, ']');
    json_open(json, "edges", '[');
    for (size_t i = 0; i < picture->edge_count; i++) {
        const struct picture_edge *edge = &picture->edges[i];

        json_open(json, NULL, '{');
        json_number(json, "parent", edge->parent);
        json_number(json, "child", edge->child);
        json_bool(json, "closes_cycle", edge->closes);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

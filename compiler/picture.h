/* picture.h - a graph drawn: rails on a terminal, SVG, Graphviz, Mermaid, JSON. Floor 4. */
#pragma once

#include "compiler/graph.h"
#include "compiler/rails.h"
#include "runtime/json.h"
#include "runtime/report.h"

/* A revision, or one that is missing: something names it as its parent, and nothing has its id. */
struct picture_node {
    struct text id;
    const struct revision *revision; /* NULL of one that is missing */
};

struct picture_edge {
    size_t parent, child; /* nodes */
    bool closes;          /* it closes a cycle: the parent stands behind the child */
};

struct picture {
    const struct manifest *manifest;
    struct picture_node *nodes; /* in their order; one that is missing stands before its child */
    size_t node_count;
    struct picture_edge *edges; /* child by child */
    size_t edge_count;
    struct rails rails;
    bool is_damaged; /* there is no order in which the revisions are applied */
};

struct picture_options {
    bool ascii;   /* rails of ASCII characters */
    bool reverse; /* the newest first */
};

/*
 * manifest    went through graph_resolve
 * is_damaged  which refused it
 * cost        O((V + E) log (V + E))
 */
void picture_new(struct arena *arena, const struct manifest *manifest, bool is_damaged,
                 struct picture *picture);

/* What is wrong with a node, "unexpected root, its own parent"; empty where nothing is. */
struct text picture_damage(struct arena *arena, const struct picture_node *node);

/* The title of a node, cut to so many columns with an ellipsis; empty where there is none. */
struct text picture_title(struct arena *arena, const struct picture_node *node, size_t columns);

/* The columns of a picture that ids are given: what the widest takes, unless that is very much. */
size_t picture_id_columns(const struct picture *picture);

/* Rails and a line of text for each node, as results: as wide as the terminal at most. */
void picture_text(struct arena *arena, struct report *report, const struct picture *picture,
                  const struct picture_options *options);

/*
 * One file of SVG 1.1 with CSS, rails and texts in the same order as picture_text; nothing outside
 * it is used. Texts are given the room that they take in the widest of the usual fonts.
 */
void picture_svg(struct arena *arena, const struct picture *picture,
                 const struct picture_options *options, struct buffer *to);

/* The DOT language of Graphviz. */
void picture_dot(struct arena *arena, const struct picture *picture,
                 const struct picture_options *options, struct buffer *to);

/* A flowchart of Mermaid. */
void picture_mermaid(struct arena *arena, const struct picture *picture,
                     const struct picture_options *options, struct buffer *to);

/* Nodes in their order, with their lanes and damage; edges by the numbers of nodes, from 0. */
void picture_json(const struct picture *picture, struct json *json);

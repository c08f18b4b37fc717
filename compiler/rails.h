/* rails.h - the lanes of a drawn graph: a column for each node, and how lines run. Floor 3. */
#pragma once

#include "runtime/arena.h"

/* A line that comes to a node from one in a row above it. */
struct rail_line {
    size_t from; /* its row */
    bool apart;  /* it shares its lane with no other line */
};

struct rail_node {
    const struct rail_line *lines; /* the first comes straight down where it can */
    size_t line_count;
};

enum rail_bend_kind {
    RAIL_SPLIT, /* above the node, a second lane leaves one that goes on */
    RAIL_JOIN,  /* beside the node, a lane from above ends in it */
    RAIL_FORK,  /* beside the node, a lane begins in it */
};

struct rail_bend {
    enum rail_bend_kind kind;
    size_t from, to; /* columns; the node's is the second one of a join, the first one of a fork */
    size_t colour;   /* of the lane that ends or begins here */
    bool apart;
};

struct rail_row {
    size_t column, colour; /* of the node; its colour is that of the lane it continues */
    bool is_fed;           /* a line comes to it straight from above */
    bool is_fed_apart;     /* that one is apart */
    bool goes_on;          /* a line leaves it straight down */
    bool needs_gap; /* the node straight above it has nothing to do with it, though it seems so */
    const struct rail_bend *bends; /* splits in their order, then joins, then forks */
    size_t bend_count;
};

struct rails {
    struct rail_row *rows;
    size_t count;
    size_t width; /* columns; 0 only without rows */
};

/*
 * Gives each node a column. All lines that leave a node share one lane, which lives until the last
 * of them has ended; each but the last leaves it just above its end, or just below its beginning.
 * So there are no more lanes than nodes that still wait for a child, besides those of lines apart
 * and, between two rows, of lines that end in the lower one. A lane keeps its column, and so does a
 * chain of nodes. Nodes at which lines meet or part stand in the leftmost column that is free or
 * falls free, new lanes take the leftmost free one.
 *
 * nodes  row by row; of the lines of a node that are not apart, no two come from the same row
 * cost   O((nodes + lines) log width)
 */
void rails_lay(struct arena *arena, const struct rail_node *nodes, size_t count,
               struct rails *rails);

/* How many of the bends of a row are splits; they come first. */
size_t rails_split_count(const struct rail_row *row);

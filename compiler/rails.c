#include "compiler/rails.h"
#include "compiler/heap.h"

static const size_t NONE = SIZE_MAX;

struct lane {
    size_t column, colour;
    size_t left;      /* lines in it that have not ended */
    bool is_straight; /* it still stands below the node that it leaves */
};

struct layout {
    const struct rail_node *nodes;
    struct rails *rails;
    struct lane *lanes; /* of the lines that leave a row; apart ones left out */

    /* Lines are numbered, row by row. */
    struct lane *apart;    /* of each line that is apart */
    size_t *first_apart;   /* that leaves a row, and one; 0 for none */
    size_t *next_apart;    /* that leaves the same row as this one, and one */
    size_t number;         /* of the first line that comes to the row at hand */
    size_t led;            /* the row whose first line is the lead of a fork, or NONE */
    size_t colour_count;   /* that were given away */
    struct heap free;      /* columns */
    struct rail_bend *end; /* where the next bend goes */

    /* Of the row at hand. */
    struct rail_bend *joins;
    size_t join_count;
    size_t *freed; /* columns that are free below it */
    size_t freed_count;
};

static size_t take_column(struct layout *layout)
{
    return layout->free.count ? heap_pop(&layout->free) : layout->rails->width++;
}

static size_t new_colour(struct layout *layout)
{
    return layout->colour_count++;
}

static void bend(struct layout *layout, struct rail_row *row, struct rail_bend bend)
{
    *layout->end++ = bend;
    row->bend_count++;
}

static struct lane *lane_of(struct layout *layout, size_t row, size_t line)
{
    const struct rail_line *lines = layout->nodes[row].lines;

    return lines[line].apart ? &layout->apart[layout->number + line]
                             : &layout->lanes[lines[line].from];
}

/* A lane that goes on leaves a second one behind, in its own colour; the lane itself moves. */
static void move_aside(struct layout *layout, struct rail_row *row, struct lane *lane,
                       enum rail_bend_kind kind)
{
    size_t column = take_column(layout), colour = new_colour(layout);

    bend(layout, row,
         (struct rail_bend){.kind = kind, .from = lane->column, .to = column, .colour = colour});
    *lane = (struct lane){.column = column, .colour = colour, .left = lane->left - 1};
}

/* Lets the first line come straight down. returns  whether it can */
static bool lead_straight(struct layout *layout, size_t at, struct rail_row *row)
{
    const struct rail_node *node = &layout->nodes[at];

    if (node->line_count == 0 || node->lines[0].apart)
        return false;
    struct lane *lane = lane_of(layout, at, 0);
    const struct rail_row *above = &layout->rails->rows[node->lines[0].from];
    bool can =
        layout->led == at || (lane->is_straight && (lane->left > 1 || node->line_count == 1));
    if (!can)
        return false;
    row->column = above->column;
    row->colour = above->colour;
    row->is_fed = true;
    if (layout->led == at)
        return true;
    if (lane->left > 1)
        move_aside(layout, row, lane, RAIL_SPLIT);
    else
        lane->left = 0;
    return true;
}

/* Whether a node in this column, with nothing above it, would seem to follow the row above. */
static bool seems_to_follow(const struct rail_row *row, size_t at, size_t column)
{
    return at > 0 && row[-1].column == column && !row[-1].goes_on;
}

/* The leftmost column that is free or falls free, if it can be without a gap. */
static void choose_column(struct layout *layout, size_t at, struct rail_row *row)
{
    const struct lane *leftmost = NULL; /* of those that end */
    bool is_apart = false;
    size_t next = layout->free.count ? layout->free.numbers[0] : layout->rails->width;
    bool is_split = false;

    for (size_t i = 0; i < layout->nodes[at].line_count; i++) {
        const struct lane *lane = lane_of(layout, at, i);

        is_split |= lane->left > 1;
        if (lane->left == 1 && (!leftmost || lane->column < leftmost->column)) {
            leftmost = lane;
            is_apart = layout->nodes[at].lines[i].apart;
        }
    }
    if (leftmost && (leftmost->column < next || (!is_split && seems_to_follow(row, at, next)))) {
        row->column = leftmost->column;
        row->colour = leftmost->colour;
        row->is_fed = true;
        row->is_fed_apart = is_apart;
    } else {
        row->column = take_column(layout);
        row->colour = NONE;
    }
}

static void join(struct layout *layout, struct rail_row *row, const struct lane *lane, bool apart)
{
    layout->joins[layout->join_count++] = (struct rail_bend){.kind = RAIL_JOIN,
                                                             .from = lane->column,
                                                             .to = row->column,
                                                             .colour = lane->colour,
                                                             .apart = apart};
    layout->freed[layout->freed_count++] = lane->column;
    if (row->colour == NONE)
        row->colour = lane->colour;
}

/* A line of a lane that goes on: it gets to the node straight, or by a lane of its own. */
static void branch_off(struct layout *layout, struct rail_row *row, struct lane *lane)
{
    struct lane own = {.column = row->column, .colour = new_colour(layout)};
    bool feeds = !row->is_fed;

    if (!feeds)
        own.column = take_column(layout);
    bend(layout, row,
         (struct rail_bend){
             .kind = RAIL_SPLIT, .from = lane->column, .to = own.column, .colour = own.colour});
    lane->left--;
    if (feeds) {
        row->is_fed = true;
        row->colour = own.colour;
    } else {
        join(layout, row, &own, false);
    }
}

static void bring_lines(struct layout *layout, size_t at, struct rail_row *row)
{
    const struct rail_node *node = &layout->nodes[at];
    size_t first = lead_straight(layout, at, row);

    if (!first)
        choose_column(layout, at, row);
    for (size_t i = first; i < node->line_count; i++) {
        struct lane *lane = lane_of(layout, at, i);

        if (lane->left > 1) {
            branch_off(layout, row, lane);
            continue;
        }
        lane->left = 0;
        if (lane->column != row->column)
            join(layout, row, lane, node->lines[i].apart);
    }
    if (row->colour == NONE)
        row->colour = new_colour(layout);
    row->needs_gap = !row->is_fed && row->bend_count == 0 && seems_to_follow(row, at, row->column);
    for (size_t i = 0; i < layout->join_count; i++)
        bend(layout, row, layout->joins[i]);
}

/* Whether the next row's first line comes from this one. */
static bool leads_next(const struct layout *layout, size_t at)
{
    const struct rail_node *next = &layout->nodes[at + 1];

    return at + 1 < layout->rails->count && next->line_count && !next->lines[0].apart &&
           next->lines[0].from == at;
}

static void send_lines(struct layout *layout, size_t at, struct rail_row *row)
{
    struct lane *lane = &layout->lanes[at];

    lane->column = row->column;
    lane->colour = row->colour;
    lane->is_straight = row->goes_on = lane->left > 0;
    if (lane->left > 1 && leads_next(layout, at)) {
        move_aside(layout, row, lane, RAIL_FORK);
        layout->led = at + 1;
    }
    for (size_t i = layout->first_apart[at]; i; i = layout->next_apart[i - 1]) {
        struct lane *apart = &layout->apart[i - 1];

        *apart = (struct lane){take_column(layout), new_colour(layout), 1, false};
        bend(layout, row,
             (struct rail_bend){RAIL_FORK, row->column, apart->column, apart->colour, true});
    }
    if (!row->goes_on)
        layout->freed[layout->freed_count++] = row->column;
}

static void count_lines(struct arena *arena, struct layout *layout)
{
    size_t total = 0, most = 0, count = layout->rails->count;

    for (size_t i = 0; i < count; i++) {
        size_t lines = layout->nodes[i].line_count;
        total += lines;
        most = lines > most ? lines : most;
    }
    layout->apart = arena_array(arena, struct lane, total);
    layout->next_apart = arena_array(arena, size_t, total);
    layout->joins = arena_array(arena, struct rail_bend, most);
    layout->freed = arena_array(arena, size_t, most + 1);
    /* A line has a split, a join and, apart, a fork at most; a node forks once. */
    layout->end = arena_array(arena, struct rail_bend, 3 * total + count);
    layout->free.numbers = arena_array(arena, size_t, total + count);
    for (size_t i = count, number = total; i-- > 0;) {
        const struct rail_node *node = &layout->nodes[i];

        for (size_t j = node->line_count; j-- > 0;) {
            size_t from = node->lines[j].from;

            number--;
            if (!node->lines[j].apart) {
                layout->lanes[from].left++;
                continue;
            }
            layout->next_apart[number] = layout->first_apart[from];
            layout->first_apart[from] = number + 1;
        }
    }
}

void rails_lay(struct arena *arena, const struct rail_node *nodes, size_t count,
               struct rails *rails)
{
    struct layout layout = {
        .nodes = nodes,
        .rails = rails,
        .lanes = arena_array(arena, struct lane, count),
        .first_apart = arena_array(arena, size_t, count),
        .led = NONE,
    };

    *rails = (struct rails){.rows = arena_array(arena, struct rail_row, count), .count = count};
    count_lines(arena, &layout);
    for (size_t i = 0; i < count; i++) {
        struct rail_row *row = &rails->rows[i];

        row->bends = layout.end;
        layout.join_count = layout.freed_count = 0;
        bring_lines(&layout, i, row);
        send_lines(&layout, i, row);
        while (layout.freed_count)
            heap_push(&layout.free, layout.freed[--layout.freed_count]);
        layout.number += nodes[i].line_count;
    }
}

size_t rails_split_count(const struct rail_row *row)
{
    size_t count = 0;

    while (count < row->bend_count && row->bends[count].kind == RAIL_SPLIT)
        count++;
    return count;
}

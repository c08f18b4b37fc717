#include "compiler/picture.h"

#include <string.h>

enum {
    LANES_MAX = 60,     /* that are drawn where lines may be of any length */
    LANES_LEAST = 4,    /* on a terminal, however narrow it is */
    GLYPH_SIZE_MAX = 3, /* bytes */
    TEXT_PIECES = 12,   /* of a line, behind its rails */
};

enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };
enum mark { NO_MARK, A_NODE, A_WRONG_NODE, A_MISSING_NODE };

/* A character of the rails: a column of the picture, or what is between two. */
struct cell {
    unsigned sides; /* that lines go to */
    enum mark mark;
    bool is_fixed; /* lines pass it only where a bend or a node is */
    bool apart;
    unsigned style;
    size_t reach; /* of the line that gave it its style */
};

/* What a column holds between two lines of the picture. */
struct track {
    bool is_live, apart;
    size_t colour;
};

struct canvas {
    struct arena *arena;
    struct report *report;
    const struct picture *picture;
    bool ascii, reverse;
    size_t shown;         /* columns that are drawn */
    size_t beyond;        /* live ones that are not */
    struct track *tracks; /* of all columns */
    struct cell *cells;   /* two for each that is drawn, and one that says there are more */
    char *glyphs;         /* of the line at hand */
    struct piece *pieces; /* of the line at hand */
    size_t piece_count;
    size_t left; /* screen columns that are left in it; SIZE_MAX for any number */
    size_t number_width, id_width;
};

static unsigned style_of(size_t colour, bool apart)
{
    return apart ? STYLE_WRONG : STYLE_HUE + (unsigned)(colour % HUE_COUNT);
}

static const char *glyph_of(const struct canvas *canvas, const struct cell *cell)
{
    static const char *const lines[2][16] = {
        {" ", "│", "│", "│", "─", "╯", "╮", "┤", "─", "╰", "╭", "├", "─", "┴", "┬", "┼"},
        {" ", "|", "|", "|", "-", "'", ".", "+", "-", "'", ".", "+", "-", "+", "+", "+"},
    };
    static const char *const marks[2][4] = {{"", "●", "◉", "○"}, {"", "*", "#", "?"}};
    unsigned sides = cell->sides;

    if (cell->mark)
        return marks[canvas->ascii][cell->mark];
    if (cell->apart && sides == (UP | DOWN))
        return canvas->ascii ? ":" : "┊";
    if (cell->apart && sides == (LEFT | RIGHT))
        return canvas->ascii ? "-" : "┄";
    if (canvas->reverse)
        sides =
            (sides & ~(unsigned)(UP | DOWN)) | (sides & UP ? DOWN : 0) | (sides & DOWN ? UP : 0);
    return lines[canvas->ascii][sides];
}

static void set_track(struct canvas *canvas, size_t column, struct track track)
{
    if (column >= canvas->shown) {
        canvas->beyond += track.is_live;
        canvas->beyond -= canvas->tracks[column].is_live;
    }
    canvas->tracks[column] = track;
}

static void begin_line(struct canvas *canvas)
{
    for (size_t i = 0; i < canvas->shown; i++) {
        const struct track *track = &canvas->tracks[i];

        canvas->cells[2 * i] = (struct cell){
            .sides = track->is_live ? UP | DOWN : 0,
            .apart = track->apart,
            .style = style_of(track->colour, track->apart),
            .reach = SIZE_MAX,
        };
        canvas->cells[2 * i + 1] = (struct cell){.reach = SIZE_MAX};
    }
    canvas->cells[2 * canvas->shown] = (struct cell){.reach = SIZE_MAX};
}

/* The cell of a column; the last one stands for all that are not shown. */
static struct cell *cell_of(struct canvas *canvas, size_t column)
{
    return &canvas->cells[2 * (column < canvas->shown ? column : canvas->shown)];
}

/* The end of a bend in a column. */
static void fix(struct canvas *canvas, size_t column, unsigned sides, unsigned style)
{
    struct cell *cell = cell_of(canvas, column);

    cell->sides |= sides;
    cell->is_fixed = true;
    cell->style = style;
    cell->reach = 0;
}

/* Joins two columns, both of them fixed, by a line that passes lanes below. */
static void connect(struct canvas *canvas, size_t from, size_t to, size_t colour, bool apart)
{
    size_t first = from < to ? from : to, last = from < to ? to : from;
    size_t end = last < canvas->shown ? 2 * last : 2 * canvas->shown;
    /* Where lines lie on each other the shortest is seen, and one apart below all others. */
    size_t reach = apart ? SIZE_MAX - 1 : last - first;

    if (first >= canvas->shown)
        return;
    cell_of(canvas, first)->sides |= RIGHT;
    cell_of(canvas, last)->sides |= LEFT;
    for (size_t i = 2 * first + 1; i < end; i++) {
        struct cell *cell = &canvas->cells[i];

        if (cell->sides & (UP | DOWN) && !cell->is_fixed)
            continue;
        cell->sides |= LEFT | RIGHT;
        if (reach >= cell->reach)
            continue;
        cell->reach = reach;
        cell->style = style_of(colour, apart);
        cell->apart = apart;
    }
}

static void add_piece(struct canvas *canvas, struct text text, unsigned style)
{
    canvas->pieces[canvas->piece_count++] = (struct piece){text, style};
}

/* Adds text, cut with an ellipsis where the line is full. */
static void add_text(struct canvas *canvas, struct text text, unsigned style)
{
    struct text ellipsis = canvas->ascii ? TEXT("...") : TEXT("…");
    size_t columns = text_columns(text), least = text_columns(ellipsis);

    if (columns <= canvas->left) {
        add_piece(canvas, text, style);
        canvas->left -= canvas->left == SIZE_MAX ? 0 : columns;
        return;
    }
    if (canvas->left >= least) {
        add_piece(canvas, text_fit(text, canvas->left - least), style);
        add_piece(canvas, ellipsis, STYLE_FAINT);
    }
    canvas->left = 0;
}

/* Adds so many blanks, or as many as the line has room for. */
static void add_blanks(struct canvas *canvas, size_t count)
{
    size_t room = count < canvas->left ? count : canvas->left;

    add_text(canvas, arena_format(canvas->arena, "%*s", (int)room, ""), STYLE_PLAIN);
}

/* The cells of the line at hand as pieces, one for each run of a style. */
static void add_rails(struct canvas *canvas, bool is_padded)
{
    size_t count = 2 * canvas->shown + (canvas->picture->rails.width > canvas->shown), size = 0;
    size_t first = 0;
    unsigned style = STYLE_PLAIN;

    if (!is_padded)
        while (count && canvas->cells[count - 1].sides == 0 && !canvas->cells[count - 1].mark)
            count--;
    for (size_t i = 0; i < count; i++) {
        const struct cell *cell = &canvas->cells[i];
        const char *glyph = glyph_of(canvas, cell);

        if (i == 2 * canvas->shown)
            glyph = !cell->sides && !cell->mark && !canvas->beyond ? " "
                    : canvas->ascii                                ? "~"
                                                                   : "…";
        unsigned own = *glyph == ' ' ? style : cell->style;
        if (own != style && size > first) {
            add_piece(canvas, (struct text){canvas->glyphs + first, size - first}, style);
            first = size;
        }
        style = own;
        memcpy(canvas->glyphs + size, glyph, strlen(glyph));
        size += strlen(glyph);
    }
    add_piece(canvas, (struct text){canvas->glyphs + first, size - first}, style);
    canvas->left -= canvas->left == SIZE_MAX ? 0 : canvas->left < count ? canvas->left : count;
}

static void end_line(struct canvas *canvas)
{
    report_pieces(canvas->report, canvas->pieces, canvas->piece_count);
    canvas->piece_count = 0;
    canvas->left = canvas->report->screen.columns ? canvas->report->screen.columns : SIZE_MAX;
}

static void put_gap(struct canvas *canvas)
{
    begin_line(canvas);
    add_rails(canvas, false);
    end_line(canvas);
}

static void put_split(struct canvas *canvas, const struct rail_bend *bend)
{
    begin_line(canvas);
    fix(canvas, bend->to, DOWN, style_of(bend->colour, bend->apart));
    connect(canvas, bend->from, bend->to, bend->colour, bend->apart);
    add_rails(canvas, false);
    end_line(canvas);
}

static void put_words(struct canvas *canvas, size_t at)
{
    struct arena *arena = canvas->arena;
    const struct picture_node *node = &canvas->picture->nodes[at];
    const struct rail_row *row = &canvas->picture->rails.rows[at];
    struct text id = arena_escape(arena, node->id), damage = picture_damage(arena, node);
    struct text title = node->revision ? arena_escape(arena, node->revision->title) : TEXT("");
    size_t columns = text_columns(id);

    if (!canvas->picture->is_damaged)
        add_text(canvas, arena_format(arena, "%*zu  ", (int)canvas->number_width, at + 1),
                 STYLE_FAINT);
    add_text(canvas, id, damage.size ? STYLE_WRONG : style_of(row->colour, false));
    size_t blanks = 2 + (columns < canvas->id_width ? canvas->id_width - columns : 0);
    if ((damage.size == 0 && title.size == 0) || canvas->left <= blanks)
        return;
    add_blanks(canvas, blanks);
    if (damage.size)
        add_text(canvas, arena_format(arena, "[%.*s]%s", TEXT_ARGS(damage), title.size ? "  " : ""),
                 STYLE_WRONG);
    add_text(canvas, title, STYLE_PLAIN);
}

static enum mark mark_of(const struct picture_node *node)
{
    if (!node->revision)
        return A_MISSING_NODE;
    return node->revision->damage ? A_WRONG_NODE : A_NODE;
}

/* The line of a node, among the lanes that pass it. */
static void put_node(struct canvas *canvas, size_t at)
{
    const struct picture *picture = canvas->picture;
    const struct rail_row *row = &picture->rails.rows[at];
    enum mark mark = mark_of(&picture->nodes[at]);

    begin_line(canvas);
    fix(canvas, row->column, 0, mark == A_NODE ? style_of(row->colour, false) : STYLE_WRONG);
    cell_of(canvas, row->column)->mark = mark;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < row->bend_count; i++) {
            const struct rail_bend *bend = &row->bends[i];

            if (bend->kind == RAIL_SPLIT)
                continue;
            if (pass == 0)
                fix(canvas, bend->kind == RAIL_JOIN ? bend->from : bend->to,
                    bend->kind == RAIL_JOIN ? UP : DOWN, style_of(bend->colour, bend->apart));
            else
                connect(canvas, bend->from, bend->to, bend->colour, bend->apart);
        }
    add_rails(canvas, true);
    add_blanks(canvas, 1);
    put_words(canvas, at);
    end_line(canvas);
}

/* Lanes that come to a row from above, or leave it below, begin or end in their tracks. */
static void set_tracks(struct canvas *canvas, const struct rail_row *row, bool above, bool is_live)
{
    bool is_own = above ? row->is_fed : row->goes_on;

    if (is_own)
        set_track(canvas, row->column,
                  (struct track){is_live, above && row->is_fed_apart, row->colour});
    for (size_t i = 0; i < row->bend_count; i++) {
        const struct rail_bend *bend = &row->bends[i];

        if (bend->kind == (above ? RAIL_JOIN : RAIL_FORK))
            set_track(canvas, above ? bend->from : bend->to,
                      (struct track){is_live, bend->apart, bend->colour});
    }
}

static void set_split(struct canvas *canvas, const struct rail_bend *bend, bool is_live)
{
    set_track(canvas, bend->to, (struct track){is_live, bend->apart, bend->colour});
}

static void put_down(struct canvas *canvas, size_t at)
{
    const struct rail_row *row = &canvas->picture->rails.rows[at];

    if (row->needs_gap)
        put_gap(canvas);
    for (size_t i = 0; i < rails_split_count(row); i++) {
        put_split(canvas, &row->bends[i]);
        set_split(canvas, &row->bends[i], true);
    }
    set_tracks(canvas, row, true, false);
    put_node(canvas, at);
    set_tracks(canvas, row, false, true);
}

static void put_up(struct canvas *canvas, size_t at)
{
    const struct rail_row *row = &canvas->picture->rails.rows[at];

    set_tracks(canvas, row, false, false);
    put_node(canvas, at);
    set_tracks(canvas, row, true, true);
    for (size_t i = rails_split_count(row); i-- > 0;) {
        set_split(canvas, &row->bends[i], false);
        put_split(canvas, &row->bends[i]);
    }
    if (row->needs_gap)
        put_gap(canvas);
}

static size_t lanes_shown(const struct screen *screen, size_t width)
{
    size_t most = screen->columns ? (screen->columns + 2) / 4 : LANES_MAX;

    if (most < LANES_LEAST)
        most = LANES_LEAST;
    if (most > LANES_MAX)
        most = LANES_MAX;
    return width < most ? width : most;
}

void picture_text(struct arena *arena, struct report *report, const struct picture *picture,
                  const struct picture_options *options)
{
    size_t shown = lanes_shown(&report->screen, picture->rails.width);
    struct canvas canvas = {
        .arena = arena,
        .report = report,
        .picture = picture,
        .ascii = options->ascii || !report->screen.unicode,
        .reverse = options->reverse,
        .shown = shown,
        .tracks = arena_array(arena, struct track, picture->rails.width),
        .cells = arena_array(arena, struct cell, 2 * shown + 1),
        .glyphs = arena_array(arena, char, (2 * shown + 1) * GLYPH_SIZE_MAX),
        .pieces = arena_array(arena, struct piece, 2 * shown + 1 + TEXT_PIECES),
        .left = report->screen.columns ? report->screen.columns : SIZE_MAX,
        .number_width = text_columns(arena_format(arena, "%zu", picture->node_count)),
        .id_width = picture_id_columns(picture),
    };

    for (size_t i = 0; i < picture->node_count; i++) {
        if (canvas.reverse)
            put_up(&canvas, picture->node_count - 1 - i);
        else
            put_down(&canvas, i);
    }
}

#include "compiler/picture.h"

#include <string.h>

/* In pixels. */
enum {
    MARGIN = 16,
    ROW = 24,
    SPLIT = 12, /* what each split but the first adds in front of a row */
    LANE = 16,
    CORNER = 6,
    RADIUS = 5, /* of a node */
    SPACE = 14, /* between texts, and between rails and texts */
    PILL = 6,   /* on both sides of what is wrong with a node */
    ID_SIZE = 13,
    TITLE_SIZE = 13,
    PILL_SIZE = 11,
    BASELINE = 4, /* below the middle of a row */
};

enum {
    SHADES = 7,
    TITLE_COLUMNS_MAX = 80, /* that are shown; the tooltip has the rest */
};

/* Stroke and fill of lanes, in the light and in the dark. */
static const char *const shades[SHADES][2] = {
    {"#3973ac", "#7aa9dc"}, {"#2b8a80", "#5cbcb0"}, {"#8464b8", "#b39ae0"}, {"#a8741a", "#d9a84e"},
    {"#4f8a3c", "#8bc077"}, {"#b05a8c", "#dd93bd"}, {"#5f7085", "#9aacc2"},
};

static const char style[] = "text{font-size:13px;fill:#1f2328;white-space:pre}"
                            ".page{fill:#fff}"
                            ".lane{fill:none;stroke-width:2}"
                            ".node{stroke-width:1}"
                            ".halo{stroke:#fff}"
                            ".hole{fill:#fff;stroke:#c62f2f;stroke-width:2}"
                            ".closing{stroke:#c62f2f}"
                            ".apart{stroke-dasharray:3 3}"
                            ".row{fill:#1f2a37;fill-opacity:0}"
                            "g:hover>.row{fill-opacity:.06}"
                            ".number,.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"
                            "'DejaVu Sans Mono',monospace}"
                            ".number{fill:#7d8794;text-anchor:end}"
                            ".id{fill:#3d4752}"
                            ".title,.pill{font-family:system-ui,-apple-system,'Segoe UI',Roboto,"
                            "'Helvetica Neue',Arial,sans-serif}"
                            ".box{fill:#fdecea}"
                            ".pill{font-size:11px;fill:#b3261e;text-anchor:middle}";

static const char dark[] = "text{fill:#e3e8ee}"
                           ".page{fill:#12161c}"
                           ".halo{stroke:#12161c}"
                           ".hole{fill:#12161c;stroke:#f0776c}"
                           ".closing{stroke:#f0776c}"
                           ".row{fill:#dfe7f0}"
                           ".number{fill:#76818e}"
                           ".id{fill:#b4bfcc}"
                           ".box{fill:#43201e}"
                           ".pill{fill:#ff9d94}";

struct pen {
    struct arena *arena;
    const struct picture *picture;
    bool reverse;
    long height;
    struct buffer lanes[SHADES], apart; /* path data */
    struct buffer rows;                 /* elements */
    long *begins;                       /* of the lane in each column */
    long number_x, id_x, title_x, right;
};

/* XML 1.0, 2.4; what is not safe to show is escaped before. */
static void put_escaped(struct arena *arena, struct buffer *to, struct text text)
{
    text = arena_escape(arena, text);
    while (text.size) {
        size_t plain = 0;

        while (plain < text.size && !strchr("&<>\"'", text.bytes[plain]))
            plain++;
        buffer_add(to, text_slice(text, 0, plain));
        if (plain < text.size)
            buffer_format(to, "&#%d;", text.bytes[plain]);
        text = text_slice(text, plain + 1, text.size);
    }
}

/*
 * The room that a text takes, in thousandths of its size: of each kind of character the widest in
 * DejaVu Sans, Verdana, Arial, Roboto and Segoe UI.
 */
static size_t width_of(int32_t code_point)
{
    if (code_point >= 0x80)
        return 1300;
    if (strchr(" !'(),./:;I[\\]fijlrt|", code_point))
        return 470;
    if (strchr("%@MWm", code_point))
        return 1080;
    if (code_point >= 'a' && code_point <= 'z' && code_point != 'w')
        return 660;
    return code_point >= '0' && code_point <= '9' ? 660 : 850;
}

static long text_width(struct text text, long size)
{
    size_t width = 0;

    while (text.size) {
        struct text here = text;
        int32_t code_point = text_next(&text);

        if (text_columns(text_slice(here, 0, here.size - text.size)))
            width += width_of(code_point);
    }
    return (long)(width * (size_t)size / 1000 + 1);
}

/* Of ids and numbers: no usual font of fixed width is wider than 0.615 of its size. */
static long fixed_width(size_t columns)
{
    return (long)(columns * ID_SIZE * 615 / 1000 + 1);
}

static long column_x(size_t column)
{
    return MARGIN + RADIUS + (long)column * LANE;
}

static long flip(const struct pen *pen, long y)
{
    return pen->reverse ? pen->height - y : y;
}

static struct buffer *lane_buffer(struct pen *pen, size_t colour, bool apart)
{
    return apart ? &pen->apart : &pen->lanes[colour % SHADES];
}

/* The lane in a column ends; what it was from where it began is drawn. */
static void end_lane(struct pen *pen, size_t column, long y, size_t colour, bool apart)
{
    if (y > pen->begins[column])
        buffer_format(lane_buffer(pen, colour, apart), "M%ld %ldV%ld", column_x(column),
                      flip(pen, pen->begins[column]), flip(pen, y));
}

/* The corner between a vertical line in column x that ends at y, and a horizontal one to aim. */
static void draw_corner(struct pen *pen, struct buffer *to, long x, long y, long vertical, long aim)
{
    buffer_format(to, "M%ld %ldQ%ld %ld %ld %ldH%ld", x, flip(pen, y + vertical), x, flip(pen, y),
                  x + (aim > x ? CORNER : -CORNER), flip(pen, y), aim);
}

static void draw_split(struct pen *pen, const struct rail_bend *bend, long y)
{
    struct buffer *to = lane_buffer(pen, bend->colour, bend->apart);
    long from = column_x(bend->from), x = column_x(bend->to);
    long side = x > from ? CORNER : -CORNER;

    draw_corner(pen, to, from, y, -CORNER, x - side);
    buffer_format(to, "Q%ld %ld %ld %ld", x, flip(pen, y), x, flip(pen, y + CORNER));
    pen->begins[bend->to] = y + CORNER;
}

static void draw_bends(struct pen *pen, const struct rail_row *row, long y)
{
    long x = column_x(row->column);

    for (size_t i = 0; i < row->bend_count; i++) {
        const struct rail_bend *bend = &row->bends[i];
        struct buffer *to = lane_buffer(pen, bend->colour, bend->apart);

        if (bend->kind == RAIL_JOIN) {
            end_lane(pen, bend->from, y - CORNER, bend->colour, bend->apart);
            draw_corner(pen, to, column_x(bend->from), y, -CORNER, x);
        } else if (bend->kind == RAIL_FORK) {
            draw_corner(pen, to, column_x(bend->to), y, CORNER, x);
            pen->begins[bend->to] = y + CORNER;
        }
    }
}

static void put_tooltip(struct pen *pen, size_t at)
{
    const struct picture_node *node = &pen->picture->nodes[at];
    const struct revision *revision = node->revision;
    struct text damage = picture_damage(pen->arena, node);
    struct buffer *to = &pen->rows;

    buffer_add(to, TEXT("<title>"));
    put_escaped(pen->arena, to, node->id);
    if (revision && revision->title.size) {
        buffer_add(to, TEXT("\n"));
        put_escaped(pen->arena, to, revision->title);
    }
    for (size_t i = 0; revision && i < revision->parent_count; i++) {
        buffer_add(to, i ? TEXT(", ") : TEXT("\nafter "));
        put_escaped(pen->arena, to, revision->parents[i].id);
    }
    if (revision && !revision->transactional)
        buffer_add(to, TEXT("\noutside a transaction"));
    if (damage.size)
        buffer_format(to, "\n%.*s", TEXT_ARGS(damage));
    buffer_add(to, TEXT("</title>"));
}

static void reach(struct pen *pen, long x)
{
    if (x > pen->right)
        pen->right = x;
}

static void put_text(struct pen *pen, const char *class, long x, long y, struct text text)
{
    buffer_format(&pen->rows, "<text class=\"%s\" x=\"%ld\" y=\"%ld\">", class, x,
                  flip(pen, y) + BASELINE);
    put_escaped(pen->arena, &pen->rows, text);
    buffer_add(&pen->rows, TEXT("</text>"));
}

/* returns  where the next text may begin */
static long put_pill(struct pen *pen, long x, long y, struct text text)
{
    long width = text_width(text, PILL_SIZE) + 2 * PILL;

    buffer_format(&pen->rows,
                  "<rect class=\"box\" x=\"%ld\" y=\"%ld\" width=\"%ld\" height=\"%d\" rx=\"%d\"/>",
                  x, flip(pen, y) - (ROW - PILL) / 2, width, ROW - PILL, (ROW - PILL) / 2);
    put_text(pen, "pill", x + width / 2, y, text);
    reach(pen, x + width);
    return x + width + SPACE / 2;
}

static void put_words(struct pen *pen, size_t at, long y)
{
    struct arena *arena = pen->arena;
    const struct picture_node *node = &pen->picture->nodes[at];
    struct text id = node->id, damage = picture_damage(arena, node);
    struct text title = picture_title(arena, node, TITLE_COLUMNS_MAX);
    long id_end = pen->id_x + fixed_width(text_columns(id)), x = pen->title_x;

    if (!pen->picture->is_damaged)
        put_text(pen, "number", pen->number_x, y, arena_format(arena, "%zu", at + 1));
    put_text(pen, "id", pen->id_x, y, id);
    reach(pen, id_end);
    if (id_end + SPACE > x)
        x = id_end + SPACE;
    if (damage.size)
        x = put_pill(pen, x, y, damage);
    if (title.size) {
        put_text(pen, "title", x, y, title);
        reach(pen, x + text_width(title, TITLE_SIZE));
    }
}

static void put_node(struct pen *pen, size_t at, long y)
{
    const struct picture_node *node = &pen->picture->nodes[at];
    const struct rail_row *row = &pen->picture->rails.rows[at];
    bool is_whole = node->revision && !node->revision->damage;

    buffer_add(&pen->rows, TEXT("<g>"));
    put_tooltip(pen, at);
    buffer_format(&pen->rows, "<rect class=\"row\" y=\"%ld\" width=\"100%%\" height=\"%d\"/>",
                  flip(pen, y) - ROW / 2, ROW);
    buffer_format(&pen->rows, "<circle class=\"node ");
    if (is_whole)
        buffer_format(&pen->rows, "halo f%zu", row->colour % SHADES);
    else
        buffer_format(&pen->rows, "hole%s", node->revision ? "" : " apart");
    buffer_format(&pen->rows, "\" cx=\"%ld\" cy=\"%ld\" r=\"%d\"/>", column_x(row->column),
                  flip(pen, y), is_whole ? RADIUS + 1 : RADIUS);
    put_words(pen, at, y);
    buffer_add(&pen->rows, TEXT("</g>\n"));
}

/* What the splits above a row add to its height. */
static long splits_height(const struct rail_row *row)
{
    size_t count = rails_split_count(row);

    return count ? (long)(count - 1) * SPLIT : 0;
}

/* top is where the row before ends. returns  where this one does */
static long draw_row(struct pen *pen, size_t at, long top)
{
    const struct rail_row *row = &pen->picture->rails.rows[at];
    long y = top + splits_height(row) + ROW / 2;
    bool passes = false;

    for (size_t i = 0; i < rails_split_count(row); i++)
        draw_split(pen, &row->bends[i], top + (long)i * SPLIT);
    if (row->is_fed) {
        passes = row->goes_on && !row->is_fed_apart;
        if (!passes)
            end_lane(pen, row->column, y, row->colour, row->is_fed_apart);
    }
    if (row->goes_on && !passes)
        pen->begins[row->column] = y;
    draw_bends(pen, row, y);
    put_node(pen, at, y);
    return y + ROW / 2;
}

static void lay_texts(struct pen *pen)
{
    const struct picture *picture = pen->picture;
    long rails = picture->rails.width ? column_x(picture->rails.width - 1) + RADIUS : MARGIN;
    struct text number = arena_format(pen->arena, "%zu", picture->node_count);

    pen->number_x = rails + (picture->is_damaged ? 0 : SPACE + fixed_width(number.size));
    pen->id_x = pen->number_x + SPACE;
    pen->title_x = pen->id_x + fixed_width(picture_id_columns(picture)) + SPACE;
    reach(pen, pen->id_x);
}

static void put_style(struct buffer *to)
{
    buffer_format(to, "<style>%s", style);
    for (size_t i = 0; i < SHADES; i++)
        buffer_format(to, ".s%zu{stroke:%s}.f%zu{fill:%s}", i, shades[i][0], i, shades[i][0]);
    buffer_format(to, "@media (prefers-color-scheme:dark){%s", dark);
    for (size_t i = 0; i < SHADES; i++)
        buffer_format(to, ".s%zu{stroke:%s}.f%zu{fill:%s}", i, shades[i][1], i, shades[i][1]);
    buffer_add(to, TEXT("}</style>\n"));
}

static void put_path(struct buffer *to, struct text class, const struct buffer *data)
{
    buffer_format(to, "<path class=\"%.*s\" d=\"", TEXT_ARGS(class));
    buffer_add(to, buffer_text(data));
    buffer_add(to, TEXT("\"/>\n"));
}

static void put_picture(struct pen *pen, struct buffer *to)
{
    const struct picture *picture = pen->picture;
    long width = pen->right + MARGIN;

    buffer_format(to,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%ld\" height=\"%ld\" "
                  "viewBox=\"0 0 %ld %ld\" role=\"img\">\n<title>",
                  width, pen->height, width, pen->height);
    put_escaped(pen->arena, to, picture->manifest->project);
    buffer_format(to, ": %zu revision%s</title>\n", picture->manifest->count,
                  picture->manifest->count == 1 ? "" : "s");
    put_style(to);
    buffer_add(to, TEXT("<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n"));
    for (size_t i = 0; i < SHADES; i++)
        if (pen->lanes[i].size)
            put_path(to, arena_format(pen->arena, "lane s%zu", i), &pen->lanes[i]);
    if (pen->apart.size)
        put_path(to, TEXT("lane apart closing"), &pen->apart);
    buffer_add(to, buffer_text(&pen->rows));
    buffer_add(to, TEXT("</svg>\n"));
}

void picture_svg(struct arena *arena, const struct picture *picture,
                 const struct picture_options *options, struct buffer *to)
{
    struct pen pen = {
        .arena = arena,
        .picture = picture,
        .reverse = options->reverse,
        .height = 2 * MARGIN,
        .begins = arena_array(arena, long, picture->rails.width),
    };
    long y = MARGIN;

    for (size_t i = 0; i < picture->node_count; i++)
        pen.height += ROW + splits_height(&picture->rails.rows[i]);
    lay_texts(&pen);
    for (size_t i = 0; i < picture->node_count; i++)
        y = draw_row(&pen, i, y);
    put_picture(&pen, to);
    for (size_t i = 0; i < SHADES; i++)
        buffer_free(&pen.lanes[i]);
    buffer_free(&pen.apart);
    buffer_free(&pen.rows);
}

#include "draw.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

enum { REVISIONS_DRAWN_MAX = 5 };

/* A manifest that is drawn. */
struct drawing {
    uint64_t lot;
    struct buffer text;
    const char *line_end;
    bool braces; /* the root; everything in it, too */
    bool quotes;
    size_t comments; /* so many so far; each has its number */
    size_t indentation;
};

static bool one_in(struct drawing *drawing, uint64_t count)
{
    return support_below(&drawing->lot, count) == 0;
}

static void add_comment(struct drawing *drawing)
{
    static const char *const words[] = {"",   " id: x",  " - a",          ", b]",
                                        " }", " 'it''s", " revisions: []"};

    buffer_format(&drawing->text, "# c%zu%s", drawing->comments++,
                  words[support_below(&drawing->lot, COUNT(words))]);
}

/* The end of a line, with a comment behind it and lines of comments below it, or without. */
static void end_line(struct drawing *drawing)
{
    if (one_in(drawing, 4)) {
        buffer_format(&drawing->text, "%*s", (int)support_below(&drawing->lot, 3) + 1, "");
        add_comment(drawing);
    } else if (one_in(drawing, 6)) {
        buffer_format(&drawing->text, "  ");
    }
    buffer_format(&drawing->text, "%s", drawing->line_end);
    while (one_in(drawing, 5)) {
        buffer_format(&drawing->text, "%*s", (int)support_below(&drawing->lot, 9), "");
        if (one_in(drawing, 2))
            add_comment(drawing);
        buffer_format(&drawing->text, "%s", drawing->line_end);
    }
}

/* Between two things in brackets: a blank, nothing, or a new line. */
static void add_gap(struct drawing *drawing)
{
    if (one_in(drawing, 4)) {
        end_line(drawing);
        buffer_format(&drawing->text, "%*s", (int)support_below(&drawing->lot, 6) + 1, "");
    } else if (one_in(drawing, 2)) {
        buffer_format(&drawing->text, " ");
    }
}

static void add_word(struct drawing *drawing, const char *word)
{
    const char *quote = drawing->quotes       ? "\""
                        : !one_in(drawing, 5) ? ""
                        : one_in(drawing, 2)  ? "'"
                                              : "\"";

    buffer_format(&drawing->text, "%s%s%s", quote, word, quote);
}

static void add_key(struct drawing *drawing, const char *key)
{
    const char *quote = drawing->quotes ? "\"" : "";

    buffer_format(&drawing->text, "%s%s%s:", quote, key, quote);
}

static void add_list(struct drawing *drawing, const struct text *words, size_t count)
{
    buffer_format(&drawing->text, "[");
    for (size_t i = 0; i < count; i++) {
        add_gap(drawing);
        add_word(drawing, words[i].bytes);
        add_gap(drawing);
        if (i + 1 < count || one_in(drawing, 4))
            buffer_format(&drawing->text, ",");
    }
    if (count)
        add_gap(drawing);
    buffer_format(&drawing->text, "]");
}

struct drawn {
    struct text id;
    size_t parent; /* of the first ones; itself for a root */
};

enum { KEY_ID, KEY_UP, KEY_PARENTS, KEY_TITLE, KEY_DOWN, KEY_COUNT };

static void add_value(struct drawing *drawing, const struct drawn *revisions, size_t i, size_t key,
                      bool in_braces)
{
    static const char *const titles[] = {"it", "a: b", "a # b", "it''s"};

    switch (key) {
    case KEY_ID:
        add_word(drawing, revisions[i].id.bytes);
        break;
    case KEY_UP:
        add_word(drawing, "sql/0001_a.up.sql");
        break;
    case KEY_DOWN:
        add_word(drawing, "none");
        break;
    case KEY_PARENTS:
        add_list(drawing, &revisions[revisions[i].parent].id, revisions[i].parent == i ? 0 : 1);
        break;
    default:
        if (drawing->quotes || in_braces || !one_in(drawing, 3))
            buffer_format(&drawing->text, "%s%s%s", drawing->quotes ? "\"" : "'",
                          titles[support_below(&drawing->lot, COUNT(titles))],
                          drawing->quotes ? "\"" : "'");
        else
            buffer_format(&drawing->text, ">-%s%*sone%s%*s# two", drawing->line_end, 12, "",
                          drawing->line_end, 12, "");
    }
}

/* The keys of a revision in any order, the parents left out where the one before is meant. */
static void add_keys(struct drawing *drawing, const struct drawn *revisions, size_t i,
                     size_t column, bool in_braces)
{
    static const char *const names[KEY_COUNT] = {"id", "up", "parents", "title", "down"};
    size_t order[KEY_COUNT] = {0, 1, 2, 3, 4};
    bool first = true;

    for (size_t at = KEY_COUNT; at > 1; at--) {
        size_t other = support_below(&drawing->lot, at), kept = order[at - 1];
        order[at - 1] = order[other];
        order[other] = kept;
    }
    for (size_t at = 0; at < KEY_COUNT; at++) {
        bool implied = i && revisions[i].parent + 1 == i && one_in(drawing, 2);

        if ((order[at] == KEY_PARENTS && implied) || (order[at] >= KEY_TITLE && one_in(drawing, 3)))
            continue;
        if (in_braces && !first)
            buffer_format(&drawing->text, ",");
        if (in_braces)
            add_gap(drawing);
        else if (!first)
            buffer_format(&drawing->text, "%*s", (int)column, "");
        first = false;
        add_key(drawing, names[order[at]]);
        buffer_format(&drawing->text, " ");
        add_value(drawing, revisions, i, order[at], in_braces);
        if (in_braces)
            add_gap(drawing);
        else
            end_line(drawing);
    }
}

static void add_braces(struct drawing *drawing, const struct drawn *revisions, size_t i)
{
    buffer_format(&drawing->text, "{");
    add_keys(drawing, revisions, i, 0, true);
    buffer_format(&drawing->text, "}");
}

static void add_revisions(struct drawing *drawing, const struct drawn *revisions, size_t count)
{
    size_t dash = drawing->indentation + support_below(&drawing->lot, 5);
    size_t pad = support_below(&drawing->lot, 3) + 1;

    if (drawing->braces || one_in(drawing, 4)) {
        buffer_format(&drawing->text, " [");
        for (size_t i = 0; i < count; i++) {
            add_gap(drawing);
            add_braces(drawing, revisions, i);
            add_gap(drawing);
            if (i + 1 < count || one_in(drawing, 3))
                buffer_format(&drawing->text, ",");
        }
        add_gap(drawing);
        buffer_format(&drawing->text, "]");
        return;
    }
    end_line(drawing);
    for (size_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;

        buffer_format(&drawing->text, "%*s-%*s", (int)dash, "", (int)pad, "");
        if (one_in(drawing, 4)) {
            add_braces(drawing, revisions, i);
            if (!is_last)
                end_line(drawing);
        } else {
            if (one_in(drawing, 6)) {
                end_line(drawing);
                buffer_format(&drawing->text, "%*s", (int)(dash + 1 + pad), "");
            }
            add_keys(drawing, revisions, i, dash + 1 + pad, false);
        }
    }
}

static void add_no_revisions(struct drawing *drawing)
{
    static const char *const nothings[] = {" []", " ~", " null", " [ ]", ""};

    /* In braces nothing at all would make the colon a part of the key. */
    buffer_format(&drawing->text, "%s",
                  nothings[support_below(&drawing->lot, COUNT(nothings) - drawing->braces)]);
}

/* Those that no other one follows. */
static size_t find_heads(const struct drawn *revisions, size_t count, struct text *heads)
{
    size_t head_count = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_head = true;

        for (size_t j = 0; j < count; j++)
            is_head = is_head && (j == i || revisions[j].parent != i);
        if (is_head)
            heads[head_count++] = revisions[i].id;
    }
    return head_count;
}

static void add_heads(struct drawing *drawing, const struct text *heads, size_t count)
{
    if (drawing->braces || one_in(drawing, 2)) {
        buffer_format(&drawing->text, " ");
        add_list(drawing, heads, count);
        return;
    }
    end_line(drawing);
    for (size_t i = 0; i < count; i++) {
        buffer_format(&drawing->text, "%*s- ", (int)drawing->indentation, "");
        add_word(drawing, heads[i].bytes);
        if (i + 1 < count)
            end_line(drawing);
    }
}

static void separate(struct drawing *drawing, bool *first)
{
    if (drawing->braces && !*first)
        buffer_format(&drawing->text, ",");
    if (drawing->braces)
        add_gap(drawing);
    else if (!*first && drawing->text.size &&
             drawing->text.bytes[drawing->text.size - 1] !=
                 drawing->line_end[strlen(drawing->line_end) - 1])
        end_line(drawing);
    if (!drawing->braces)
        buffer_format(&drawing->text, "%*s", (int)drawing->indentation, "");
    *first = false;
}

static void add_all(struct drawing *drawing, const struct drawn *revisions, size_t count)
{
    struct text heads[REVISIONS_DRAWN_MAX];
    size_t head_count = find_heads(revisions, count, heads);
    bool first = true, has_heads = head_count > 1 || (head_count && one_in(drawing, 4));
    size_t place = support_below(&drawing->lot, 3);

    if (!drawing->braces && one_in(drawing, 3))
        end_line(drawing);
    if (one_in(drawing, 5))
        buffer_format(&drawing->text, "---%s", drawing->line_end);
    if (drawing->braces)
        buffer_format(&drawing->text, "{");
    for (size_t i = 0; i < 3; i++) {
        if (i == place && (count || !one_in(drawing, 3))) {
            separate(drawing, &first);
            add_key(drawing, "revisions");
            if (count)
                add_revisions(drawing, revisions, count);
            else
                add_no_revisions(drawing);
        }
        if (i == 0 || (i == 2 && has_heads)) {
            separate(drawing, &first);
            add_key(drawing, i ? "heads" : "ferry");
            if (i)
                add_heads(drawing, heads, head_count);
            else
                buffer_format(&drawing->text, " 1");
        } else if (i == 1) {
            separate(drawing, &first);
            add_key(drawing, "project");
            buffer_format(&drawing->text, " ");
            add_word(drawing, "shop");
            separate(drawing, &first);
            add_key(drawing, "dialect");
            buffer_format(&drawing->text, " ");
            add_word(drawing, "sqlite");
        }
    }
    if (drawing->braces)
        buffer_format(&drawing->text, "}");
    if (one_in(drawing, 3))
        end_line(drawing);
}

struct text draw_manifest(struct arena *arena, uint64_t *lot)
{
    struct drawing drawing = {.lot = *lot};
    struct drawn revisions[REVISIONS_DRAWN_MAX];
    size_t count = support_below(&drawing.lot, REVISIONS_DRAWN_MAX + 1);

    drawing.line_end = one_in(&drawing, 4) ? "\r\n" : "\n";
    drawing.braces = one_in(&drawing, 5);
    drawing.quotes = drawing.braces && one_in(&drawing, 2);
    drawing.indentation = drawing.braces || !one_in(&drawing, 6) ? 0 : 2;
    for (size_t i = 0; i < count; i++)
        revisions[i] = (struct drawn){
            .id = arena_format(arena, "r%zu", i),
            .parent = i ? one_in(&drawing, 3) ? support_below(&drawing.lot, i) : i - 1 : 0,
        };
    add_all(&drawing, revisions, count);
    struct text text = arena_copy(arena, buffer_text(&drawing.text));
    buffer_free(&drawing.text);
    *lot = drawing.lot;
    return text;
}

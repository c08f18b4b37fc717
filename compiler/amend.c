#include "compiler/amend.h"
#include "compiler/lines.h"
#include "runtime/buffer.h"

enum { INDENTATION = 2 }; /* where nothing says how far */

/* How a revision is written. */
struct layout {
    bool quotes;       /* around keys and texts: the file is JSON, or looks like it */
    size_t dash, keys; /* columns of a block, from 0 */
    struct text line_end;
};

static size_t end_of(const struct yaml_node *node)
{
    return node->span.offset + node->span.size;
}

static const struct yaml_node *find_key(const struct yaml_node *mapping, const char *name)
{
    const struct yaml_node *key = mapping->first;

    while (key && !text_equal(key->text, text_from(name)))
        key = key->next;
    return key;
}

static const struct yaml_node *last_of(const struct yaml_node *list)
{
    const struct yaml_node *last = list->first;

    while (last && last->next)
        last = last->next;
    return last;
}

static struct error *refuse(const struct amendment *amendment, struct span span)
{
    return error_at(amendment->arena, ERROR_INPUT, span,
                    "cannot tell where something could be added here");
}

static void add_piece(struct amendment *amendment, size_t offset, size_t size, struct text text)
{
    struct amend_piece **at = &amendment->pieces;

    while (*at && (*at)->offset <= offset)
        at = &(*at)->next;
    struct amend_piece *piece = arena_one(amendment->arena, struct amend_piece);
    *piece = (struct amend_piece){offset, size, arena_copy(amendment->arena, text), .next = *at};
    *at = piece;
}

/* Lines. */

/*
 * Whether nothing but blanks and a comment follows on the line. Then end is where the line ends,
 * and what it ends with comes behind it.
 */
static bool is_rest_empty(struct text text, size_t at, size_t *end)
{
    size_t next = lines_skip_blanks(text, at);

    *end = lines_end(text, next);
    return next == *end || text.bytes[next] == '#';
}

/*
 * Where a line can be inserted behind a node of a block that ends there, and behind comments below
 * it that are indented more than column.
 *
 * returns  false where something else stands on the line
 */
static bool find_line(struct text text, size_t end, size_t column, size_t *place)
{
    if (end && lines_is_end(text.bytes[end - 1])) { /* a block scalar takes its line ends with it */
        *place = end;
    } else {
        if (!is_rest_empty(text, end, place))
            return false;
        *place = lines_next(text, *place);
    }
    for (;;) {
        size_t next = lines_skip_blanks(text, *place);

        if (next - *place <= column || next == text.size || text.bytes[next] != '#')
            return true;
        *place = lines_next(text, lines_end(text, next));
    }
}

/* Whether an empty line stands between two offsets. */
static bool has_empty_line(struct text text, size_t from, size_t to)
{
    for (size_t at = lines_end(text, from); at < to; at = lines_end(text, at)) {
        size_t end;

        at = lines_next(text, at);
        end = lines_skip_blanks(text, at);
        if (end < to && lines_is_end(text.bytes[end]))
            return true;
    }
    return false;
}

/* Texts. */

static void add_quoted(struct buffer *to, struct text text, char quote)
{
    buffer_format(to, "%c", quote);
    for (size_t i = 0; i < text.size; i++) {
        if (quote == '\'' && text.bytes[i] == quote)
            buffer_format(to, "''");
        else if (quote == '"' && (text.bytes[i] == quote || text.bytes[i] == '\\'))
            buffer_format(to, "\\%c", text.bytes[i]);
        else
            buffer_add(to, text_slice(text, i, 1));
    }
    buffer_format(to, "%c", quote);
}

static void add_text(struct buffer *to, struct text text, const struct layout *layout, bool in_flow)
{
    if (layout->quotes)
        add_quoted(to, text, '"');
    else if (yaml_is_plain(text, in_flow))
        buffer_add(to, text);
    else
        add_quoted(to, text, '\'');
}

static void add_blanks(struct buffer *to, size_t count)
{
    buffer_format(to, "%*s", (int)count, "");
}

/* Whatever stands behind a key, on its line. */
static void add_value(struct buffer *to, const struct amend_field *field,
                      const struct layout *layout, bool in_flow)
{
    if (field->kind == YAML_SCALAR) {
        add_text(to, field->texts[0], layout, in_flow);
        return;
    }
    buffer_format(to, field->kind == YAML_SEQUENCE ? "[" : "{");
    for (size_t i = 0; i < field->count; i++) {
        bool is_value = field->kind == YAML_MAPPING && i % 2;

        buffer_format(to, "%s", is_value ? ": " : i ? ", " : "");
        add_text(to, field->texts[i], layout, true);
    }
    buffer_format(to, field->kind == YAML_SEQUENCE ? "]" : "}");
}

static void add_key(struct buffer *to, const char *key, const struct layout *layout)
{
    const char *quote = layout->quotes ? "\"" : "";

    buffer_format(to, "%s%s%s:", quote, key, quote);
}

static void add_braces(struct buffer *to, const struct amend_field *fields, size_t count,
                       const struct layout *layout)
{
    for (size_t i = 0; i < count; i++) {
        buffer_format(to, i ? ", " : "{");
        add_key(to, fields[i].key, layout);
        buffer_format(to, " ");
        add_value(to, &fields[i], layout, true);
    }
    buffer_format(to, "}");
}

/* A mapping that is an item of a block list; each dialect of a script gets a line of its own. */
static void add_block(struct buffer *to, const struct amend_field *fields, size_t count,
                      const struct layout *layout)
{
    add_blanks(to, layout->dash);
    buffer_format(to, "-");
    add_blanks(to, layout->keys - layout->dash - 1);
    for (size_t i = 0; i < count; i++) {
        const struct amend_field *field = &fields[i];

        add_blanks(to, i ? layout->keys : 0);
        add_key(to, field->key, layout);
        if (field->kind != YAML_MAPPING) {
            buffer_format(to, " ");
            add_value(to, field, layout, false);
        }
        for (size_t j = 0; field->kind == YAML_MAPPING && j < field->count; j += 2) {
            buffer_add(to, layout->line_end);
            add_blanks(to, layout->keys + INDENTATION);
            add_text(to, field->texts[j], layout, false);
            buffer_format(to, ": ");
            add_text(to, field->texts[j + 1], layout, false);
        }
        buffer_add(to, layout->line_end);
    }
}

/* Lists. */

/* Lines behind a node of a block; the last line of the file may lack its end. */
static struct error *insert_lines(struct amendment *amendment, const struct yaml_node *behind,
                                  size_t column, struct text lines)
{
    struct text text = amendment->source->text;
    struct text line_end = lines_ending(text, behind->span.offset);
    CLEANUP(buffer_free) struct buffer buffer = {0};
    size_t place;

    if (!find_line(text, end_of(behind), column, &place))
        return refuse(amendment, behind->span);
    if (place && !lines_is_end(text.bytes[place - 1]))
        buffer_add(&buffer, line_end);
    buffer_add(&buffer, lines);
    add_piece(amendment, place, 0, buffer_text(&buffer));
    return NULL;
}

/* The comma between two offsets inside brackets, not one of a comment; to where there is none. */
static size_t find_comma(struct text text, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        if (text.bytes[at] == ',')
            return at;
        if (text.bytes[at] == '#')
            at = lines_end(text, at);
    }
    return to;
}

/*
 * Another item, or another pair, inside brackets. Where the last one begins its line, so does it,
 * in the same column.
 */
static void insert_in_brackets(struct amendment *amendment, const struct yaml_node *collection,
                               const struct yaml_node *last, struct text item)
{
    struct text text = amendment->source->text;
    struct arena *arena = amendment->arena;
    size_t close = end_of(collection) - 1, end;

    if (!last) {
        add_piece(amendment, close, 0, item);
        return;
    }

    size_t behind = end_of(last->value ? last->value : last);
    size_t comma = find_comma(text, behind, close);
    bool has_comma = comma < close;
    size_t place = has_comma ? comma + 1 : behind;
    if (!lines_begins_with(text, last->span.offset) || !is_rest_empty(text, place, &end) ||
        end > close) {
        add_piece(amendment, place, 0,
                  arena_format(arena, has_comma ? " %.*s" : ", %.*s", TEXT_ARGS(item)));
        return;
    }
    if (!has_comma)
        add_piece(amendment, place, 0, TEXT(","));
    struct text line_end = lines_ending(text, place);
    add_piece(amendment, end, 0,
              arena_format(arena, "%.*s%*s%.*s%s", TEXT_ARGS(line_end),
                           (int)lines_column(text, last->span.offset), "", TEXT_ARGS(item),
                           has_comma ? "," : ""));
}

static struct error *insert_item(struct amendment *amendment, const struct yaml_node *list,
                                 struct text item)
{
    const struct yaml_node *last = last_of(list);
    struct text text = amendment->source->text;

    if (yaml_is_flow(list)) {
        insert_in_brackets(amendment, list, last, item);
        return NULL;
    }
    size_t dash = lines_column(text, list->span.offset);
    struct text line_end = lines_ending(text, last->span.offset);
    return insert_lines(amendment, last, dash,
                        arena_format(amendment->arena, "%*s- %.*s%.*s", (int)dash, "",
                                     TEXT_ARGS(item), TEXT_ARGS(line_end)));
}

/* Revisions. */

static bool is_quoted(const struct yaml_node *mapping)
{
    return mapping->first && !mapping->first->plain;
}

/* Behind a revision of a block list: a block or braces, as that one is. */
static struct error *follow(struct amendment *amendment, const struct yaml_node *list,
                            const struct amend_field *fields, size_t count)
{
    struct text text = amendment->source->text;
    const struct yaml_node *last = last_of(list), *before = NULL;
    struct layout layout = {
        .quotes = is_quoted(last),
        .dash = lines_column(text, list->span.offset),
        .line_end = lines_ending(text, last->span.offset),
    };
    CLEANUP(buffer_free) struct buffer buffer = {0};

    for (const struct yaml_node *item = list->first; item != last; item = item->next)
        before = item;
    if (before && has_empty_line(text, end_of(before), last->span.offset))
        buffer_add(&buffer, layout.line_end);
    layout.keys = lines_column(text, last->span.offset);
    if (layout.keys < layout.dash + INDENTATION)
        layout.keys = layout.dash + INDENTATION;
    if (yaml_is_flow(last)) {
        add_blanks(&buffer, layout.dash);
        buffer_format(&buffer, "- ");
        add_braces(&buffer, fields, count, &layout);
        buffer_add(&buffer, layout.line_end);
    } else {
        add_block(&buffer, fields, count, &layout);
    }
    return insert_lines(amendment, last, layout.dash, buffer_text(&buffer));
}

/* `revisions:` in a block, with nothing behind it, or nothing but empty brackets or a null. */
static struct error *begin_below(struct amendment *amendment, const struct yaml_node *key,
                                 const struct amend_field *fields, size_t count)
{
    struct text text = amendment->source->text;
    struct span span = key->value->span;
    size_t blank = span.offset;
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct layout layout = {
        .quotes = !key->plain,
        .dash = lines_column(text, key->span.offset) + INDENTATION,
        .line_end = lines_ending(text, key->span.offset),
    };

    if (span.size == 0 && text.bytes[span.offset - 1] != ':') /* "? revisions" */
        return refuse(amendment, key->span);
    layout.keys = layout.dash + INDENTATION;
    add_block(&buffer, fields, count, &layout);
    while (span.size && blank && text.bytes[blank - 1] == ' ')
        blank--;
    if (span.size)
        add_piece(amendment, blank, end_of(key->value) - blank, TEXT(""));
    return insert_lines(amendment, key->value, SIZE_MAX, buffer_text(&buffer));
}

/* Whether brackets, if there are any, hold no comment, and stand on the line of their key. */
static bool is_bare(struct text text, const struct yaml_node *key)
{
    struct span span = key->value->span;

    return key->value->kind == YAML_SCALAR ||
           (lines_skip_blanks(text, span.offset + 1) == end_of(key->value) - 1 &&
            lines_end(text, key->span.offset) >= end_of(key->value));
}

/* A manifest without the key. */
static struct error *begin_list(struct amendment *amendment, const struct amend_field *fields,
                                size_t count)
{
    const struct yaml_node *root = amendment->root, *last = last_of(root);
    struct text text = amendment->source->text;
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct layout layout = {
        .quotes = is_quoted(root),
        .dash = lines_column(text, root->span.offset) + INDENTATION,
        .line_end = lines_ending(text, last->span.offset),
    };

    layout.keys = layout.dash + INDENTATION;
    if (yaml_is_flow(root)) {
        add_key(&buffer, "revisions", &layout);
        buffer_format(&buffer, " [");
        add_braces(&buffer, fields, count, &layout);
        buffer_format(&buffer, "]");
        insert_in_brackets(amendment, root, last, buffer_text(&buffer));
        return NULL;
    }
    add_blanks(&buffer, layout.dash - INDENTATION);
    add_key(&buffer, "revisions", &layout);
    buffer_add(&buffer, layout.line_end);
    add_block(&buffer, fields, count, &layout);
    return insert_lines(amendment, last->value, SIZE_MAX, buffer_text(&buffer));
}

struct error *amend_begin(struct arena *arena, const struct source *source,
                          struct amendment *amendment)
{
    struct yaml_node *root;
    struct error *error = yaml_read(arena, source, &root);

    if (!error)
        *amendment = (struct amendment){.arena = arena, .source = source, .root = root};
    return error;
}

struct error *amend_add_revision(struct amendment *amendment, const struct amend_field *fields,
                                 size_t count)
{
    const struct yaml_node *key = find_key(amendment->root, "revisions");
    struct layout layout = {.quotes = is_quoted(amendment->root)};
    CLEANUP(buffer_free) struct buffer buffer = {0};

    if (!key)
        return begin_list(amendment, fields, count);

    const struct yaml_node *list = key->value;
    if (list->first && !yaml_is_flow(list))
        return follow(amendment, list, fields, count);
    if (!list->first && !yaml_is_flow(amendment->root) && is_bare(amendment->source->text, key))
        return begin_below(amendment, key, fields, count);

    bool is_blank_before = amendment->source->text.bytes[list->span.offset - 1] == ' ';
    if (list->first)
        layout.quotes = is_quoted(list->first);
    add_braces(&buffer, fields, count, &layout);
    if (list->kind == YAML_SEQUENCE)
        insert_in_brackets(amendment, list, last_of(list), buffer_text(&buffer));
    else if (list->kind == YAML_MAPPING)
        return refuse(amendment, list->span);
    else /* nothing, or a null, in a mapping in braces */
        add_piece(amendment, list->span.offset, list->span.size,
                  arena_format(amendment->arena, is_blank_before ? "[%.*s]" : " [%.*s]",
                               TEXT_ARGS(buffer_text(&buffer))));
    return NULL;
}

/* An id in the spelling of the one it takes the place of, or stands behind. */
static struct text spell(const struct amendment *amendment, struct text id,
                         const struct yaml_node *like)
{
    char first = amendment->source->text.bytes[like->span.offset];
    struct layout layout = {.quotes = first == '"'};
    CLEANUP(buffer_free) struct buffer buffer = {0};

    if (first == '\'')
        add_quoted(&buffer, id, first);
    else
        add_text(&buffer, id, &layout, true);
    return arena_copy(amendment->arena, buffer_text(&buffer));
}

/* Takes out an item that is not the first: with its comma, or without its dash. Comments stay. */
static void remove_item(struct amendment *amendment, const struct yaml_node *list,
                        const struct yaml_node *before, const struct yaml_node *item)
{
    struct text text = amendment->source->text;
    size_t start = item->span.offset, end;

    if (yaml_is_flow(list)) {
        size_t comma = find_comma(text, end_of(before), start);

        if (lines_skip_blanks(text, comma + 1) == start) {
            add_piece(amendment, comma, end_of(item) - comma, TEXT(""));
        } else {
            add_piece(amendment, comma, 1, TEXT(""));
            add_piece(amendment, start, item->span.size, TEXT(""));
        }
        return;
    }
    while (text.bytes[--start] != '-')
        ;
    bool is_line = lines_begins_with(text, start) && is_rest_empty(text, end_of(item), &end) &&
                   lines_skip_blanks(text, end_of(item)) == end;
    if (is_line) {
        start = lines_start(text, start);
        add_piece(amendment, start, lines_next(text, end) - start, TEXT(""));
    } else {
        add_piece(amendment, start, end_of(item) - start, TEXT(""));
    }
}

static bool is_one_of(struct text id, const struct text *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(id, ids[i]))
            return true;
    return false;
}

struct error *amend_list(struct amendment *amendment, const char *key_name, struct text id,
                         const struct text *instead_of, size_t count)
{
    const struct yaml_node *key = find_key(amendment->root, key_name), *before = NULL;
    bool placed = false;

    if (!key || key->value->kind != YAML_SEQUENCE || !key->value->first)
        return refuse(amendment, key ? key->value->span : amendment->root->span);
    for (const struct yaml_node *item = key->value->first; item; before = item, item = item->next) {
        if (!is_one_of(item->text, instead_of, count))
            continue;
        if (placed)
            remove_item(amendment, key->value, before, item);
        else
            add_piece(amendment, item->span.offset, item->span.size, spell(amendment, id, item));
        placed = true;
    }
    if (placed)
        return NULL;
    return insert_item(amendment, key->value, spell(amendment, id, before));
}

struct text amend_text(const struct amendment *amendment)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct text text = amendment->source->text;
    size_t at = 0;

    for (const struct amend_piece *piece = amendment->pieces; piece; piece = piece->next) {
        buffer_add(&buffer, text_slice(text, at, piece->offset - at));
        buffer_add(&buffer, piece->text);
        at = piece->offset + piece->size;
    }
    buffer_add(&buffer, text_slice(text, at, text.size));
    return arena_copy(amendment->arena, buffer_text(&buffer));
}

struct text amend_line(struct arena *arena, const struct amend_field *fields, size_t count)
{
    static const struct layout layout = {0};
    CLEANUP(buffer_free) struct buffer buffer = {0};

    add_braces(&buffer, fields, count, &layout);
    return arena_copy(arena, buffer_text(&buffer));
}

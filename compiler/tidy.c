#include "compiler/tidy.h"
#include "compiler/lines.h"
#include "runtime/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { INDENTATION = 2 };

/* A comment, a mark such as "---", or, without a text, an empty line. */
struct line {
    struct line *next;
    struct text text;
    bool is_mark; /* it stands in the first column */
};

struct lines {
    struct line *first, *last;
};

/* A key with its value, an item of a list, or the root, in block style. */
struct branch {
    const struct yaml_node *key, *value; /* no key for an item and for the root */
    struct branch *parent, *next;
    struct branch *first, *last; /* of a value that is a block */
    size_t count;
    size_t column;                /* of the key or the item; the root is in that of its keys */
    struct lines before, behind;  /* its own, and those behind the last of its block */
    struct text comment;          /* on the line of the key, where the value is below it */
    struct text comment_of_value; /* on the line where the value ends */
    size_t gap, gap_of_value;     /* blanks in front of them */
};

/* What comments stand between: a key, or a value that is no block. */
struct leaf {
    const struct yaml_node *node;
    struct branch *branch;
    struct branch *begins; /* the outermost branch that begins with it; NULL for a value */
};

struct tidying {
    struct arena *arena;
    const struct source *source;
    struct text text;
    struct text line_end;
    const struct yaml_node *odd; /* a list in a list, which no manifest has */
    struct branch *root;
    struct leaf *leaves;
    size_t leaf_count, leaf_capacity;
    struct buffer out;
};

static void tidying_close(struct tidying *tidying)
{
    free(tidying->leaves);
    buffer_free(&tidying->out);
}

static size_t end_of(const struct yaml_node *node)
{
    return node->span.offset + node->span.size;
}

static bool is_block(const struct yaml_node *node)
{
    return node->kind != YAML_SCALAR && !yaml_is_flow(node);
}

static struct error *refuse(const struct tidying *tidying, size_t offset, size_t size)
{
    return error_at(tidying->arena, ERROR_INPUT, (struct span){tidying->source, offset, size},
                    "fmt does not know where this belongs");
}

/* The tree of what is in block style. */

static void add_leaf(struct tidying *tidying, const struct yaml_node *node, struct branch *branch,
                     struct branch *begins)
{
    if (tidying->leaf_count == tidying->leaf_capacity) {
        tidying->leaf_capacity = tidying->leaf_capacity ? 2 * tidying->leaf_capacity : 256;
        tidying->leaves =
            reallocarray(tidying->leaves, tidying->leaf_capacity, sizeof(*tidying->leaves));
        if (!tidying->leaves)
            arena_exhausted();
    }
    tidying->leaves[tidying->leaf_count++] = (struct leaf){node, branch, begins};
}

/*
 * begins  the outermost branch whose first leaf has not come yet; NULL for none
 * depth   of the recursion is that of the tree, which yaml_read limits
 */
static void grow(struct tidying *tidying, struct branch *branch, struct branch *begins)
{
    const struct yaml_node *value = branch->value;

    if (!is_block(value)) {
        add_leaf(tidying, value, branch, begins);
        return;
    }
    if (value->kind == YAML_SEQUENCE && !branch->key)
        tidying->odd = value;
    for (const struct yaml_node *node = value->first; node; node = node->next) {
        struct branch *grown = arena_one(tidying->arena, struct branch);
        bool has_key = value->kind == YAML_MAPPING;

        *grown = (struct branch){
            .key = has_key ? node : NULL,
            .value = has_key ? node->value : node,
            .parent = branch,
            .column = has_key ? lines_column(tidying->text, node->span.offset)
                              : lines_column(tidying->text, value->span.offset),
        };
        if (branch->last)
            branch->last->next = grown;
        else
            branch->first = grown;
        branch->last = grown;
        branch->count++;
        struct branch *outermost = begins && node == value->first ? begins : grown;
        if (has_key)
            add_leaf(tidying, node, grown, outermost);
        grow(tidying, grown, has_key ? NULL : outermost);
    }
}

/* Comments. */

static void add_line(struct tidying *tidying, struct lines *lines, struct text text, bool is_mark)
{
    struct line *line;

    if (text.size == 0 && lines->last && lines->last->text.size == 0)
        return; /* one empty line is enough */
    line = arena_one(tidying->arena, struct line);
    *line = (struct line){.text = text, .is_mark = is_mark};
    if (lines->last)
        lines->last->next = line;
    else
        lines->first = line;
    lines->last = line;
}

/* Behind the signs of a block that stand there. */
static size_t skip_signs(struct text text, size_t at, size_t end)
{
    while (at < end && strchr("-:? ", text.bytes[at]))
        at++;
    return at;
}

/* The comment that begins there, without blanks at its end. */
static struct text comment_at(struct text text, size_t at, size_t end)
{
    while (end > at && text.bytes[end - 1] == ' ')
        end--;
    return text_slice(text, at, end - at);
}

/* What stands behind a leaf on its line: signs, and a comment. */
static struct error *read_rest(struct tidying *tidying, const struct leaf *leaf, size_t from,
                               size_t end)
{
    size_t at = skip_signs(tidying->text, from, end), blank = at;
    struct text comment = comment_at(tidying->text, at, end);
    bool is_key = leaf->branch->key == leaf->node;

    if (comment.size == 0)
        return NULL;
    if (comment.bytes[0] != '#' || (is_key && !is_block(leaf->branch->value)))
        return refuse(tidying, at, comment.size);
    while (blank > from && tidying->text.bytes[blank - 1] == ' ')
        blank--;
    *(is_key ? &leaf->branch->comment : &leaf->branch->comment_of_value) = comment;
    *(is_key ? &leaf->branch->gap : &leaf->branch->gap_of_value) = at - blank;
    return NULL;
}

static bool is_mark(struct text text, size_t start, size_t end)
{
    struct text line = text_slice(text, start, end - start);

    return (text_starts(line, TEXT("---")) || text_starts(line, TEXT("..."))) &&
           (line.size == 3 || line.bytes[3] == ' ');
}

/*
 * A comment between two leaves belongs to the innermost block that ends there and whose column it
 * reaches; to what follows where there is none, or where that stands in the column of the comment.
 * Behind one that went further out, none goes further in.
 *
 * block  the innermost that is left
 * outer  the block in which the next leaf begins; the root at the end of the file
 */
static struct branch *find_block(struct branch *block, struct branch *outer, size_t column)
{
    if (column <= outer->first->column)
        return outer;
    while (block != outer && block->first->column > column)
        block = block->parent;
    return block;
}

/*
 * The lines between two leaves.
 *
 * before, next  NULL at the ends of the file
 */
static struct error *read_gap(struct tidying *tidying, const struct leaf *before,
                              const struct leaf *next)
{
    struct text text = tidying->text;
    size_t at = before ? end_of(before->node) : lines_start(text, 0);
    size_t end = next ? next->node->span.offset : text.size;
    struct branch *outer = !next ? tidying->root : next->begins ? next->begins->parent : NULL;
    struct branch *block = before ? before->branch->parent : outer;
    struct lines waiting = {0};

    if (before && next && before->branch == outer) /* it is the key of the block */
        block = outer;
    if (before && !(at && lines_is_end(text.bytes[at - 1]) && before->node->span.size)) {
        size_t line_end = lines_end(text, at);
        struct error *error = read_rest(tidying, before, at, line_end < end ? line_end : end);

        if (error || line_end >= end)
            return error;
        at = lines_next(text, line_end);
    }
    for (size_t line_end; (line_end = lines_end(text, at)) < end || (!next && at < end);
         at = lines_next(text, line_end)) {
        size_t start = skip_signs(text, at, line_end);
        struct text comment = comment_at(text, start, line_end);

        if (is_mark(text, at, line_end)) {
            add_line(tidying, &waiting, comment_at(text, at, line_end), true);
            continue;
        }
        if (comment.size && comment.bytes[0] != '#')
            return refuse(tidying, start, comment.size);
        if (comment.size == 0 && lines_skip_blanks(text, at) != line_end)
            continue; /* a dash alone */
        if (comment.size && next && !next->begins)
            return refuse(tidying, start, comment.size);
        if (comment.size && block != outer) {
            block = find_block(block, outer, lines_column(text, start));
            if (block != outer && waiting.first) { /* an empty line goes with its comment */
                add_line(tidying, &block->behind, TEXT(""), false);
                waiting = (struct lines){0};
            }
        }
        add_line(tidying, comment.size && block != outer ? &block->behind : &waiting, comment,
                 false);
    }
    if (next && skip_signs(text, at, end) != end)
        return refuse(tidying, at, end - at);
    if (!next)
        tidying->root->behind = waiting;
    else if (next->begins)
        next->begins->before = waiting;
    return NULL;
}

static struct error *read_gaps(struct tidying *tidying)
{
    struct error *error = read_gap(tidying, NULL, &tidying->leaves[0]);

    for (size_t i = 0; !error && i < tidying->leaf_count; i++)
        error = read_gap(tidying, &tidying->leaves[i],
                         i + 1 < tidying->leaf_count ? &tidying->leaves[i + 1] : NULL);
    return error;
}

/* Texts. */

static bool is_one_line(struct text text)
{
    return text_find_byte(text, '\n') == text.size && text_find_byte(text, '\r') == text.size;
}

/* Whether other readers of YAML would take it for a number or a truth value without its quotes. */
static bool is_ambiguous(struct text text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n"};
    size_t at = 0;

    for (size_t i = 0; i < COUNT(words); i++)
        if (text_equal_ascii_case(text, text_from(words[i])))
            return true;
    while (at < text.size && strchr("0123456789abcdefABCDEFoOxX_.:+-", text.bytes[at]))
        at++;
    return at == text.size && strchr("0123456789.", text.bytes[0]);
}

static struct text written(const struct yaml_node *node)
{
    return text_slice(node->span.source->text, node->span.offset, node->span.size);
}

static void put_scalar(struct tidying *tidying, const struct yaml_node *node, bool in_brackets)
{
    bool bare = !node->plain && is_one_line(written(node)) &&
                yaml_is_plain(node->text, in_brackets) && !is_ambiguous(node->text);

    buffer_add(&tidying->out, bare ? node->text : written(node));
}

/* Whether it is all on one line, and each pair is in braces, with a key and a value. */
static bool is_simple(const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR)
        return node->span.size;
    if (!yaml_is_flow(node) || !is_one_line(written(node)))
        return false;
    for (const struct yaml_node *item = node->first; item; item = item->next)
        if (!is_simple(item->value ? item->value : item) || item->span.size == 0)
            return false;
    return true;
}

static void put_brackets(struct tidying *tidying, const struct yaml_node *node)
{
    bool is_list = node->kind == YAML_SEQUENCE;

    if (node->kind == YAML_SCALAR) {
        put_scalar(tidying, node, true);
        return;
    }
    buffer_format(&tidying->out, is_list ? "[" : "{");
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        if (item != node->first)
            buffer_format(&tidying->out, ", ");
        if (item->value) {
            put_scalar(tidying, item, true);
            buffer_format(&tidying->out, ": ");
        }
        put_brackets(tidying, item->value ? item->value : item);
    }
    buffer_format(&tidying->out, is_list ? "]" : "}");
}

/* Several lines, all but the first moved by as many columns, and all with the same line ends. */
static void put_moved(struct tidying *tidying, struct text text, size_t from, size_t to)
{
    for (size_t at = 0, next; at < text.size; at = next) {
        size_t end = lines_end(text, at), start = at;

        next = lines_next(text, end);
        if (at && to > from && end > at)
            buffer_format(&tidying->out, "%*s", (int)(to - from), "");
        for (size_t i = to; at && i < from && start < end && text.bytes[start] == ' '; i++)
            start++;
        buffer_add(&tidying->out, text_slice(text, start, end - start));
        if (next > end)
            buffer_add(&tidying->out, tidying->line_end);
    }
}

/* A value that is no block. */
static void put_value(struct tidying *tidying, const struct branch *branch, size_t column)
{
    const struct yaml_node *node = branch->value;
    struct text text = written(node);

    if (!is_one_line(text))
        put_moved(tidying, text, branch->column, column);
    else if (node->kind != YAML_SCALAR && is_simple(node))
        put_brackets(tidying, node);
    else if (node->kind != YAML_SCALAR)
        buffer_add(&tidying->out, text);
    else
        put_scalar(tidying, node, false);
}

/* Lines. */

static void put_blanks(struct tidying *tidying, size_t count)
{
    buffer_format(&tidying->out, "%*s", (int)count, "");
}

static void put_comment(struct tidying *tidying, struct text comment, size_t gap)
{
    if (comment.size) {
        put_blanks(tidying, gap);
        buffer_add(&tidying->out, comment);
    }
}

static bool is_at_start(const struct tidying *tidying)
{
    return tidying->out.size == lines_start(buffer_text(&tidying->out), 0);
}

static void put_lines(struct tidying *tidying, const struct lines *lines, size_t column,
                      bool with_empty)
{
    for (const struct line *line = lines->first; line; line = line->next) {
        bool is_at_end = lines == &tidying->root->behind && !line->next;

        if (line->text.size == 0 && (!with_empty || is_at_start(tidying) || is_at_end))
            continue;
        if (line->text.size)
            put_blanks(tidying, line->is_mark ? 0 : column);
        buffer_add(&tidying->out, line->text);
        buffer_add(&tidying->out, tidying->line_end);
    }
}

/* What ends a value of one line, or of several; a block text has its line ends itself. */
static void end_value(struct tidying *tidying, const struct branch *branch)
{
    struct text text = written(branch->value);

    put_comment(tidying, branch->comment_of_value, branch->gap_of_value);
    if (text.size == 0 || !lines_is_end(text.bytes[text.size - 1]))
        buffer_add(&tidying->out, tidying->line_end);
}

/* Branches. */

static bool is_revision(const struct branch *branch)
{
    const struct branch *list = branch->parent;

    return list && list->parent && !list->parent->parent && list->key &&
           text_equal(list->key->text, TEXT("revisions")) && branch->value->kind == YAML_MAPPING;
}

/* A key that is not known stays behind those that are. */
static size_t rank_of(struct text key)
{
    static const char *const keys[] = {
        "id",           "title",      "parents",      "transaction",
        "foreign_keys", "idempotent", "lock_timeout", "statement_timeout",
        "allow",        "up",         "down",         "verify",
    };
    size_t rank = 0;

    while (rank < COUNT(keys) && !text_equal(key, text_from(keys[rank])))
        rank++;
    return rank;
}

/* The branches of a block as they are to stand: those of a revision in one order. */
static struct branch **arrange(struct tidying *tidying, const struct branch *block)
{
    struct branch **arranged = arena_array(tidying->arena, struct branch *, block->count);
    size_t count = 0;

    for (struct branch *branch = block->first; branch; branch = branch->next) {
        size_t at = count++;

        for (; at && is_revision(block) &&
               rank_of(arranged[at - 1]->key->text) > rank_of(branch->key->text);
             at--)
            arranged[at] = arranged[at - 1];
        arranged[at] = branch;
    }
    return arranged;
}

static void put_block(struct tidying *tidying, const struct branch *block, size_t column);

/* The key and what is behind it; the cursor stands in the column. */
static void put_pair(struct tidying *tidying, const struct branch *branch, size_t column)
{
    put_scalar(tidying, branch->key, false);
    buffer_format(&tidying->out, ":");
    if (is_block(branch->value)) {
        put_comment(tidying, branch->comment, branch->gap);
        buffer_add(&tidying->out, tidying->line_end);
        put_block(tidying, branch, column + INDENTATION);
        return;
    }
    if (branch->value->span.size) {
        buffer_format(&tidying->out, " ");
        put_value(tidying, branch, column);
    }
    end_value(tidying, branch);
}

/* A mapping behind a dash: its first key is on the line of that. */
static void put_item(struct tidying *tidying, const struct branch *item, size_t column)
{
    put_lines(tidying, &item->before, column, true);
    if (!is_block(item->value)) {
        put_blanks(tidying, column);
        buffer_format(&tidying->out, "- ");
        put_value(tidying, item, column);
        end_value(tidying, item);
        return;
    }

    struct branch **arranged = arrange(tidying, item);
    put_lines(tidying, &arranged[0]->before, column, false);
    put_blanks(tidying, column);
    buffer_format(&tidying->out, "- ");
    for (size_t i = 0; i < item->count; i++) {
        if (i) {
            put_lines(tidying, &arranged[i]->before, column + INDENTATION, true);
            put_blanks(tidying, column + INDENTATION);
        }
        put_pair(tidying, arranged[i], column + INDENTATION);
    }
    put_lines(tidying, &item->behind, column + INDENTATION, true);
}

static void put_block(struct tidying *tidying, const struct branch *block, size_t column)
{
    for (const struct branch *branch = block->first; branch; branch = branch->next) {
        if (!branch->key) {
            put_item(tidying, branch, column);
            continue;
        }
        put_lines(tidying, &branch->before, column, true);
        put_blanks(tidying, column);
        put_pair(tidying, branch, column);
    }
    put_lines(tidying, &block->behind, column, true);
}

/* Is it right? */

static bool is_same(const struct yaml_node *a, const struct yaml_node *b);

static bool has_same_pair(const struct yaml_node *mapping, const struct yaml_node *key)
{
    for (const struct yaml_node *other = mapping->first; other; other = other->next)
        if (text_equal(other->text, key->text))
            return is_same(other->value, key->value);
    return false;
}

/* Keys come in any order, and once: manifest_load sees to that. A null is not in quotes. */
static bool is_same(const struct yaml_node *a, const struct yaml_node *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == YAML_SCALAR)
        return text_equal(a->text, b->text) &&
               (a->plain == b->plain || yaml_is_plain(a->text, false));
    for (const struct yaml_node *item = a->first, *other = b->first; item;
         item = item->next, other = other->next)
        if (a->kind == YAML_MAPPING ? !has_same_pair(b, item) : !is_same(item, other))
            return false;
    return true;
}

struct comments {
    struct text *texts;
    size_t count, capacity;
};

static void comments_free(struct comments *comments)
{
    free(comments->texts);
}

static void collect(struct comments *comments, struct text text, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        size_t end = lines_end(text, at);

        if (text.bytes[at] != '#')
            continue;
        if (comments->count == comments->capacity) {
            comments->capacity = comments->capacity ? 2 * comments->capacity : 64;
            comments->texts =
                reallocarray(comments->texts, comments->capacity, sizeof(*comments->texts));
            if (!comments->texts)
                arena_exhausted();
        }
        comments->texts[comments->count++] = comment_at(text, at, end);
        at = end;
    }
}

/* at  where the text that nobody looked at begins */
static void collect_around(struct comments *comments, const struct yaml_node *node, size_t *at)
{
    if (node->kind == YAML_SCALAR) {
        collect(comments, node->span.source->text, *at, node->span.offset);
        *at = end_of(node);
        return;
    }
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        if (item->value) {
            collect(comments, item->span.source->text, *at, item->span.offset);
            *at = end_of(item);
        }
        collect_around(comments, item->value ? item->value : item, at);
    }
}

static int compare_texts(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* All comments, ordered by what they say. */
static void collect_all(struct comments *comments, const struct yaml_node *root)
{
    size_t at = 0;

    collect_around(comments, root, &at);
    collect(comments, root->span.source->text, at, root->span.source->text.size);
    if (comments->count)
        qsort(comments->texts, comments->count, sizeof(*comments->texts), compare_texts);
}

static bool has_same_comments(const struct yaml_node *a, const struct yaml_node *b)
{
    CLEANUP(comments_free) struct comments of_a = {0};
    CLEANUP(comments_free) struct comments of_b = {0};

    collect_all(&of_a, a);
    collect_all(&of_b, b);
    if (of_a.count != of_b.count)
        return false;
    for (size_t i = 0; i < of_a.count; i++)
        if (!text_equal(of_a.texts[i], of_b.texts[i]))
            return false;
    return true;
}

static struct error *check(struct tidying *tidying, const struct yaml_node *before,
                           struct text after)
{
    struct source *source = arena_one(tidying->arena, struct source);
    struct yaml_node *root;

    *source = (struct source){tidying->source->name, after};
    struct error *error = yaml_read(tidying->arena, source, &root);
    if (!error && is_same(before, root) && has_same_comments(before, root))
        return NULL;
    return error_at(tidying->arena, ERROR_INPUT, (struct span){.source = tidying->source},
                    "this file cannot be laid out safely");
}

struct error *tidy_text(struct arena *arena, const struct source *source, struct text *text)
{
    CLEANUP(tidying_close)
    struct tidying tidying = {
        .arena = arena,
        .source = source,
        .text = source->text,
        .line_end = lines_ending(source->text, 0),
    };
    struct yaml_node *root;
    struct error *error = yaml_read(arena, source, &root);

    if (error)
        return error;
    if (!is_block(root)) {
        *text = source->text;
        return NULL;
    }
    tidying.root = arena_one(arena, struct branch);
    *tidying.root = (struct branch){.value = root};
    grow(&tidying, tidying.root, NULL);
    if (tidying.odd)
        return refuse(&tidying, tidying.odd->span.offset, 1);
    error = read_gaps(&tidying);
    if (error)
        return error;
    buffer_add(&tidying.out, text_slice(source->text, 0, lines_start(source->text, 0)));
    put_block(&tidying, tidying.root, 0);
    struct text after = arena_copy(arena, buffer_text(&tidying.out));
    error = check(&tidying, root, after);
    if (error)
        return error;
    *text = after;
    return NULL;
}

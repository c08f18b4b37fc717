/* The one layout of a manifest: what is moved, what stays, and that nothing is lost. */
#include "compiler/tidy.h"
#include "draw.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 20000, TORTURE_ROUNDS = 1000000, COMMENTS_MAX = 1000 };

static const struct tidy_row {
    const char *name, *before, *after; /* NULL for one that stays as it is */
} tidy_rows[] = {
    {"as it should be",
     "# top\nferry: 1\n\nrevisions:\n  # a\n  - id: a # it\n    up: a.sql\n\n  - {id: b, up: b}\n# "
     "end\n",
     NULL},
    {"columns", "  ferry: 1\n  revisions:\n  -    id: a\n       up:\n           sqlite: a\n",
     "ferry: 1\nrevisions:\n  - id: a\n    up:\n      sqlite: a\n"},
    {"a list in the column of its key", "revisions:\n- id: a\n- id: b\nheads:\n- b\n",
     "revisions:\n  - id: a\n  - id: b\nheads:\n  - b\n"},
    {"spaces", "ferry:   1  \nproject:\n    shop\ndialect:  [ sqlite,postgresql , ]\n",
     "ferry: 1\nproject: shop\ndialect: [sqlite, postgresql]\n"},
    {"braces", "revisions:\n  - { id:   a,up: {  sqlite: a.sql } }\n",
     "revisions:\n  - {id: a, up: {sqlite: a.sql}}\n"},
    {"empty lines", "\n\nferry: 1\n\n\n\nproject: shop\n   \nrevisions:\n\n  - id: a\n\n\n",
     "ferry: 1\n\nproject: shop\n\nrevisions:\n\n  - id: a\n"},
    {"no line end at the end", "ferry: 1", "ferry: 1\n"},
    {"CR LF", "ferry:  1\r\n\r\n\r\nproject: a # b\r\n", "ferry: 1\r\n\r\nproject: a # b\r\n"},
    {"several line ends", "ferry: 1\r\nx: [ \r  a,\n b]\ny: |-\r a\n b\n",
     "ferry: 1\r\nx: [ \r\n  a,\r\n b]\r\ny: |-\r\n a\r\n b\r\n"},
    {"a byte-order mark", "\xef\xbb\xbf\nferry:  1\n",
     "\xef\xbb\xbf"
     "ferry: 1\n"},
    {"marks of the document", "# a\n--- # b\n  # c\n  ferry:  1\n  # d\n... # e\n# f\n",
     "# a\n--- # b\n# c\nferry: 1\n# d\n... # e\n# f\n"},
    {"an explicit key", "? ferry\n: 1\n? revisions\n:\n  - ? id\n    : a\n",
     "ferry: 1\nrevisions:\n  - id: a\n"},

    {"quotes that nothing needs", "\"project\": 'shop'\ntitle: \"it's\"\nx: [\"a b\", 'a:b']\n",
     "project: shop\ntitle: it's\nx: [a b, 'a:b']\n"},
    {"quotes that something needs",
     "a: 'x: y'\nb: '# x'\nc: \"\"\nd: ' x'\ne: 'null'\nf: \"x\\ty\"\ng: '- x'\n", NULL},
    {"quotes that other readers need", "a: '0017'\nb: \"true\"\nc: '1.5'\nd: '1e3'\ne: 'No'\n",
     NULL},
    {"nulls", "a: ~\nb:\nc: null\n", NULL},

    {"the keys of a revision",
     "revisions:\n  - verify: v # V\n    down: d\n    up: u\n    allow: [x]\n    "
     "statement_timeout: 1s\n"
     "    lock_timeout: 1s\n    idempotent: true\n    foreign_keys: off\n    transaction: none\n"
     "    parents: []\n    title: t\n    id: i # I\n",
     "revisions:\n  - id: i # I\n    title: t\n    parents: []\n    transaction: none\n"
     "    foreign_keys: off\n    idempotent: true\n    lock_timeout: 1s\n    statement_timeout: "
     "1s\n"
     "    allow: [x]\n    up: u\n    down: d\n    verify: v # V\n"},
    {"the keys of nothing else", "project: a\nferry: 1\nup: a\nid: a\nx:\n  - up: a\n    id: b\n",
     NULL},
    {"comments go with their keys",
     "revisions:\n  # of a\n  - up:\n      # of s\n      sqlite: s\n      # end of up\n"
     "    # of id\n    # still\n    id: a\n\n    # of title\n    title: t\n    # end of a\n  # of "
     "b\n"
     "  - id: b\n",
     "revisions:\n  # of a\n  # of id\n  # still\n  - id: a\n\n    # of title\n    title: t\n"
     "    up:\n      # of s\n      sqlite: s\n      # end of up\n    # end of a\n  # of b\n  - id: "
     "b\n"},
    {"comments of blocks that end",
     "revisions:\n   - id: a\n     up:\n        sqlite: a\n        # up\n       # up, nearly\n"
     "     # a\n    # list\n   # list\n  # root, nearly\n# root\nheads: [a]\n",
     "revisions:\n  - id: a\n    up:\n      sqlite: a\n      # up\n    # up, nearly\n    # a\n"
     "  # list\n  # list\n# root, nearly\n# root\nheads: [a]\n"},
    {"further out, and not in again",
     "x:\n  - id: a\n  # list\n    # list\n# root\n  # root\ny: 1\n",
     "x:\n  - id: a\n  # list\n  # list\n# root\n# root\ny: 1\n"},
    {"comments of a list in the column of its key",
     "revisions:\n- id: a\n# of b\n- id: b\n# of heads\nheads: [b]\n",
     "revisions:\n  - id: a\n  # of b\n  - id: b\n# of heads\nheads: [b]\n"},
    {"a comment behind a key", "revisions:   # all\n# a\n- id: a\n",
     "revisions:   # all\n  # a\n  - id: a\n"},
    {"comments behind a dash", "x:\n  -   # a\n    id: a\n  # b\n  - # c\n    # d\n    {id: b}\n",
     "x:\n  # a\n  - id: a\n  # b\n  # c\n  # d\n  - {id: b}\n"},
    {"a comment behind nothing", "ferry: # one\nx: 1\n", NULL},

    {"several lines are moved",
     "x:\n    - a: one\n       two\n      b: 'one\n\n        two'\n      c: [a, # A\n          "
     "b]\n",
     "x:\n  - a: one\n     two\n    b: 'one\n\n      two'\n    c: [a, # A\n        b]\n"},
    {"block texts are moved",
     "x:\n- a: |\n    one\n\n      two\n  b: >-\n   # one\n\n  c: |2-\n     x\n# end\n",
     "x:\n  - a: |\n      one\n\n        two\n    b: >-\n     # one\n\n    c: |2-\n       x\n# "
     "end\n"},
    {"a block text at the end", "x:\n    a: |-\n        one", "x:\n  a: |-\n      one\n"},
    {"a manifest in braces", "{ ferry:   1, # it\n   x: [ ] }", NULL},
    {"pairs without braces, and keys without values", "x: [ a: b ]\ny: { a, b: c }\n", NULL},
};

static void test_tidy(void **state)
{
    const struct tidy_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("ferry.yaml"), text_from(row->before)};
    struct text once, twice;

    support_check(tidy_text(arena, &source, &once), "");
    assert_string_equal(arena_copy(arena, once).bytes, row->after ? row->after : row->before);
    source.text = once;
    support_check(tidy_text(arena, &source, &twice), "");
    assert_true(text_equal(once, twice));
    arena_free(&arena);
}

static const struct refused_row {
    const char *name, *text, *expected;
} refused_rows[] = {
    {"a comment between a key and its text", "a: # c\n  b\n",
     "1 ferry.yaml:1:4+3: fmt does not know where this belongs"},
    {"a comment above a text", "a:\n  # c\n  b\n",
     "1 ferry.yaml:2:3+3: fmt does not know where this belongs"},
    {"a comment above a block text", "a:\n # c\n |\n  b\n",
     "1 ferry.yaml:2:2+3: fmt does not know where this belongs"},
    {"a list in a list", "a:\n  - - b\n",
     "1 ferry.yaml:2:5+1: fmt does not know where this belongs"},
    {"a key that repeats", "a: 1\na: 2\n",
     "1 ferry.yaml:1:1+0: this file cannot be laid out safely"},
    {"no YAML", "a: [\n", "1 ferry.yaml:2:1+0: did not find expected node content"},
};

static void test_refused(void **state)
{
    const struct refused_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("ferry.yaml"), text_from(row->text)};
    struct text text = {0};

    support_check(tidy_text(arena, &source, &text), row->expected);
    assert_null(text.bytes);
    arena_free(&arena);
}

/* A line for each text of a tree, with the keys that lead there: those of a mapping in any order.
 */
static void list_texts(struct arena *arena, const struct yaml_node *node, struct text path,
                       struct text *lines, size_t *count)
{
    size_t number = 0;

    if (node->kind == YAML_SCALAR) {
        bool null = node->plain && node->text.size == 0;
        lines[(*count)++] = arena_format(arena, "%.*s = %s%.*s", TEXT_ARGS(path), null ? "~" : "",
                                         TEXT_ARGS(node->text));
    }
    if (node->count == 0 && node->kind != YAML_SCALAR)
        lines[(*count)++] = arena_format(arena, "%.*s = empty %d", TEXT_ARGS(path), node->kind);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        if (item->value)
            list_texts(arena, item->value,
                       arena_format(arena, "%.*s/%.*s", TEXT_ARGS(path), TEXT_ARGS(item->text)),
                       lines, count);
        else
            list_texts(arena, item, arena_format(arena, "%.*s/%zu", TEXT_ARGS(path), number++),
                       lines, count);
    }
}

static int compare(const void *a, const void *b)
{
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* All texts, and all comments as they are to the end of their line, in one order. */
static size_t list_all(struct arena *arena, struct text text, struct text *lines)
{
    struct source *source = arena_one(arena, struct source);
    struct yaml_node *root;
    size_t count = 0;

    *source = (struct source){TEXT("ferry.yaml"), text};
    support_check(yaml_read(arena, source, &root), "");
    list_texts(arena, root, TEXT(""), lines, &count);
    for (size_t at; (at = text_find(text, TEXT("# c"))) < text.size;) {
        size_t end = at;

        while (end < text.size && text.bytes[end] != '\n' && text.bytes[end] != '\r')
            end++;
        lines[count++] = text_trim(text_slice(text, at, end - at));
        text = text_slice(text, end, text.size);
    }
    qsort(lines, count, sizeof(*lines), compare);
    return count;
}

static void test_drawn(void **state)
{
    uint64_t rounds = getenv("TORTURE") ? TORTURE_ROUNDS : ROUNDS;
    static struct text before[COMMENTS_MAX], after[COMMENTS_MAX];

    (void)state;
    for (uint64_t round = 0; round < rounds; round++) {
        struct arena *arena = arena_new(16 << 20);
        uint64_t lot = round;
        struct source source = {TEXT("ferry.yaml"), draw_manifest(arena, &lot)};
        struct source again = {TEXT("ferry.yaml"), TEXT("")};
        struct text twice;

        support_check(tidy_text(arena, &source, &again.text), "");
        size_t count = list_all(arena, source.text, before);
        assert_int_equal(list_all(arena, again.text, after), count);
        for (size_t i = 0; i < count; i++)
            if (!text_equal(before[i], after[i]))
                fail_msg("%s\nbecame\n%s", source.text.bytes, again.text.bytes);
        support_check(tidy_text(arena, &again, &twice), "");
        if (!text_equal(again.text, twice))
            fail_msg("%s\nbecame\n%s", again.text.bytes, twice.bytes);
        arena_free(&arena);
    }
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, tidy_rows, test_tidy);
    support_add_rows(&tests, refused_rows, test_refused);
    support_add(&tests, "manifests by lot", test_drawn);
    return support_run("tidy", &tests);
}

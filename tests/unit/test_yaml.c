/* Every node with its place, and every way in which a file is refused. */
#include "compiler/yaml.h"
#include "runtime/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOM "\xef\xbb\xbf"

static void show_place(struct buffer *shown, struct span span)
{
    struct place place = span_place(span);

    buffer_format(shown, "%zu:%zu+%zu ", place.line, place.column, span.size);
}

/* A line for each node: its place, its size in bytes, what it is. Values are under their keys. */
static void show_node(struct buffer *shown, const struct yaml_node *node, int depth)
{
    buffer_format(shown, "%*s", 2 * depth, "");
    show_place(shown, node->span);
    if (node->kind == YAML_SCALAR) {
        buffer_format(shown, node->plain ? "%.*s\n" : "\"%.*s\"\n", TEXT_ARGS(node->text));
        if (node->value)
            show_node(shown, node->value, depth + 1);
        return;
    }
    buffer_format(shown, "%s of %zu\n", yaml_kind_name(node->kind), node->count);
    for (const struct yaml_node *item = node->first; item; item = item->next)
        show_node(shown, item, depth + 1);
}

static void show_error(struct buffer *shown, const struct error *error)
{
    assert_int_equal(error->code, ERROR_INPUT);
    assert_null(error->next);
    show_place(shown, error->span);
    buffer_format(shown, "error: %.*s\n", TEXT_ARGS(error->message));
    for (const struct note *note = error->notes; note; note = note->next) {
        show_place(shown, note->span);
        buffer_format(shown, "note: %.*s\n", TEXT_ARGS(note->message));
    }
    if (error->hint.size)
        buffer_format(shown, "hint: %.*s\n", TEXT_ARGS(error->hint));
}

/* size is for inputs that hold NUL; elsewhere 0 says that the input ends where its literal does. */
static const struct row {
    const char *name, *input, *expected;
    size_t size;
} rows[] = {
    {"a text", "shop\n", "1:1+4 shop\n", 0},
    {"a document start and end", "---\nshop\n...\n", "2:1+4 shop\n", 0},
    {"an empty document", "---\n", "2:1+0 \n", 0},
    {"a mapping", "a: 1\nbc: two words # a comment\n",
     "1:1+18 a mapping of 2\n"
     "  1:1+1 a\n    1:4+1 1\n"
     "  2:1+2 bc\n    2:5+9 two words\n",
     0},
    {"an empty value", "a:\nb:\n",
     "1:1+5 a mapping of 2\n"
     "  1:1+1 a\n    1:3+0 \n"
     "  2:1+1 b\n    2:3+0 \n",
     0},
    {"a key that repeats is found by its reader", "a: 1\na: 2\n",
     "1:1+9 a mapping of 2\n"
     "  1:1+1 a\n    1:4+1 1\n"
     "  2:1+1 a\n    2:4+1 2\n",
     0},
    {"a block list ends with its last item", "a:\n  - b\n  - c\n\n\n# comment\nd: e\n",
     "1:1+31 a mapping of 2\n"
     "  1:1+1 a\n    2:3+9 a list of 2\n      2:5+1 b\n      3:5+1 c\n"
     "  7:1+1 d\n    7:4+1 e\n",
     0},
    {"a list below its key", "a:\n- b\n- c\n",
     "1:1+10 a mapping of 1\n"
     "  1:1+1 a\n    2:1+7 a list of 2\n      2:3+1 b\n      3:3+1 c\n",
     0},
    {"brackets count", "a: [ b, c ]\nd: { e: f, g }\n",
     "1:1+26 a mapping of 2\n"
     "  1:1+1 a\n    1:4+8 a list of 2\n      1:6+1 b\n      1:9+1 c\n"
     "  2:1+1 d\n    2:4+11 a mapping of 2\n"
     "      2:6+1 e\n        2:9+1 f\n"
     "      2:12+1 g\n        2:14+0 \n",
     0},
    {"empty collections", "a: []\nb: {}\n",
     "1:1+11 a mapping of 2\n"
     "  1:1+1 a\n    1:4+2 a list of 0\n"
     "  2:1+1 b\n    2:4+2 a mapping of 0\n",
     0},
    {"a pair inside brackets", "[a: b]\n",
     "1:1+6 a list of 1\n  1:2+4 a mapping of 1\n    1:2+1 a\n      1:5+1 b\n", 0},
    {"quotes", "['a b', \"c\", 'it''s', \"tab\\t\\u00e9\", '']\n",
     "1:1+40 a list of 5\n"
     "  1:2+5 \"a b\"\n  1:9+3 \"c\"\n  1:14+7 \"it's\"\n  1:23+13 \"tab\t\xc3\xa9\"\n  1:38+2 "
     "\"\"\n",
     0},
    {"a text over two lines", "a: one\n  two\n",
     "1:1+12 a mapping of 1\n  1:1+1 a\n    1:4+9 one two\n", 0},
    {"block texts", "- |\n  one\n  two\n- >-\n  one\n  two\n",
     "1:1+33 a list of 2\n  1:3+14 \"one\ntwo\n\"\n  4:3+15 \"one two\"\n", 0},
    {"words of YAML 1.1 are texts", "[true, no, ~, null, 017, 1:30, 1e3]\n",
     "1:1+35 a list of 7\n"
     "  1:2+4 true\n  1:8+2 no\n  1:12+1 ~\n  1:15+4 null\n  1:21+3 017\n  1:26+4 1:30\n"
     "  1:32+3 1e3\n",
     0},
    {"characters of several bytes", "\xc3\xa9: [\xe2\x82\xac, \xf0\x9f\x9a\xa2]\nb: c\n",
     "1:1+20 a mapping of 2\n"
     "  1:1+2 \xc3\xa9\n    1:4+11 a list of 2\n      1:5+3 \xe2\x82\xac\n"
     "      1:8+4 \xf0\x9f\x9a\xa2\n"
     "  2:1+1 b\n    2:4+1 c\n",
     0},
    {"a byte-order mark has no column", BOM "a: \xc3\xa9\nb: c\n",
     "1:1+10 a mapping of 2\n  1:1+1 a\n    1:4+2 \xc3\xa9\n  2:1+1 b\n    2:4+1 c\n", 0},
    {"a byte-order mark and a document start", BOM "---\na: b\n",
     "2:1+4 a mapping of 1\n  2:1+1 a\n    2:4+1 b\n", 0},
    {"lines that end in CR LF", "a: \xc3\xa9\r\nb: c\r\n",
     "1:1+11 a mapping of 2\n  1:1+1 a\n    1:4+2 \xc3\xa9\n  2:1+1 b\n    2:4+1 c\n", 0},
    {"lines that end in CR", "a: b\rc: d\r",
     "1:1+9 a mapping of 2\n  1:1+1 a\n    1:4+1 b\n  2:1+1 c\n    2:4+1 d\n", 0},
    {"a merge key is a key like any other", "<<: a\n",
     "1:1+5 a mapping of 1\n  1:1+2 <<\n    1:5+1 a\n", 0},
    {"an explicit key", "? a\n: b\n", "1:1+7 a mapping of 1\n  1:3+1 a\n    2:3+1 b\n", 0},
    {"an explicit key with nothing behind it", "? a\n",
     "1:1+4 a mapping of 1\n  1:3+1 a\n    2:1+0 \n", 0},
    {"signs inside a text are a text", "[a&b, a*b, a!b, a%b]\n",
     "1:1+20 a list of 4\n  1:2+3 a&b\n  1:7+3 a*b\n  1:12+3 a!b\n  1:17+3 a%b\n", 0},
    {"as deep as it goes", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n",
     "1:1+32 a list of 1\n"
     "  1:2+30 a list of 1\n"
     "    1:3+28 a list of 1\n"
     "      1:4+26 a list of 1\n"
     "        1:5+24 a list of 1\n"
     "          1:6+22 a list of 1\n"
     "            1:7+20 a list of 1\n"
     "              1:8+18 a list of 1\n"
     "                1:9+16 a list of 1\n"
     "                  1:10+14 a list of 1\n"
     "                    1:11+12 a list of 1\n"
     "                      1:12+10 a list of 1\n"
     "                        1:13+8 a list of 1\n"
     "                          1:14+6 a list of 1\n"
     "                            1:15+4 a list of 1\n"
     "                              1:16+2 a list of 0\n",
     0},

    {"nothing", "", "1:1+0 error: the file is empty\n", 0},
    {"nothing but a byte-order mark", BOM, "1:1+0 error: the file is empty\n", 0},
    {"nothing but a comment", "# nothing\n", "1:1+0 error: the file is empty\n", 0},
    {"one level too deep", "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]\n",
     "1:17+1 error: nesting is deeper than 16 levels\n", 0},
    {"an anchor", "a: &base b\n", "1:4+5 error: anchors are not allowed\n", 0},
    {"an anchor of a list", "a: &base\n  - b\n", "1:4+5 error: anchors are not allowed\n", 0},
    {"an anchor of a mapping", "a: &base {b: c}\n", "1:4+5 error: anchors are not allowed\n", 0},
    {"an anchor of a key", "&k a: b\n", "1:1+2 error: anchors are not allowed\n", 0},
    {"an anchor of nothing", "a: &base\n", "1:4+5 error: anchors are not allowed\n", 0},
    {"an alias", "a: [*base, c]\n", "1:5+5 error: aliases are not allowed\n", 0},
    {"an alias as a key", "*base : b\n", "1:1+5 error: aliases are not allowed\n", 0},
    {"a merge", "a: {<<: *base}\n", "1:9+5 error: aliases are not allowed\n", 0},
    {"a tag", "\xc3\xa9: !!str b\n", "1:4+5 error: tags are not allowed\n", 0},
    {"a tag of a list", "a: !x [b]\n", "1:4+2 error: tags are not allowed\n", 0},
    {"a tag of a mapping", "!x\na: b\n", "1:1+2 error: tags are not allowed\n", 0},
    {"the tag that says nothing", "a: ! b\n", "1:4+1 error: tags are not allowed\n", 0},
    {"a tag in angle brackets", "a: !<x> b\n", "1:4+4 error: tags are not allowed\n", 0},
    {"a version directive", "%YAML 1.1\n---\na: b\n", "1:1+1 error: directives are not allowed\n",
     0},
    {"a tag directive", "# comment\n%TAG ! tag:x,2000:\n---\na: b\n",
     "2:1+1 error: directives are not allowed\n", 0},
    {"another version", "%YAML 2.0\n---\na: b\n", "1:1+0 error: found incompatible YAML document\n",
     0},
    {"an unknown directive", "%FERRY 1\n---\na: b\n",
     "1:7+0 error: found unknown directive name\n1:1+0 note: while scanning a directive\n", 0},
    {"a second document", "a: b\n---\nc: d\n",
     "2:1+3 error: a file holds one document, and here a second one begins\n", 0},
    {"a second document without a start", "a: b\n...\nc: d\n",
     "3:1+0 error: did not find expected <document start>\n", 0},
    {"a list as a key", "? [a]\n: b\n", "1:3+1 error: a key must be a text, not a list\n", 0},
    {"a mapping as a key", "{{a: b}: c}\n", "1:2+1 error: a key must be a text, not a mapping\n",
     0},
    {"a tab for a blank", "a:\tb\n",
     "1:3+1 error: tabs are not allowed\nhint: Write blanks instead.\n", 0},
    {"a tab in a comment", "# \xc3\xa9\ta\n",
     "1:4+1 error: tabs are not allowed\nhint: Write blanks instead.\n", 0},
    {"a byte-order mark inside", "a: b\n" BOM "c: d\n",
     "2:1+3 error: a byte-order mark is allowed at the very beginning only\n", 0},
    {"two byte-order marks", BOM BOM "a: b\n",
     "1:1+3 error: a byte-order mark is allowed at the very beginning only\n", 0},
    {"a byte that is not UTF-8", "\xc3\xa9: \xff\n", "1:4+1 error: the byte 0xFF is not UTF-8\n",
     0},
    {"a character cut short", "a: \xe2\x82", "1:4+1 error: the byte 0xE2 is not UTF-8\n", 0},
    {"a file in UTF-16",
     "\xff\xfe"
     "a\0",
     "1:1+1 error: the byte 0xFF is not UTF-8\n", 4},
    {"NUL", "a: b\0c\n", "1:5+1 error: the character U+0000 is not allowed\n", 7},
    {"a control character", "a: \x1b[31m\n", "1:4+1 error: the character U+001B is not allowed\n",
     0},
    {"a next line",
     "a: b\xc2\x85"
     "c: d\n",
     "1:5+2 error: the character U+0085 is not allowed\n", 0},
    {"a line separator", "a: b # \xe2\x80\xa8 c\n",
     "1:8+3 error: the character U+2028 is not allowed\n", 0},
    {"a character that turns the text around",
     "a: \xe2\x80\xae"
     "b\n",
     "1:4+3 error: the character U+202E is not allowed\n", 0},

    {"a text with a colon", "title: Fix: this\n",
     "1:11+0 error: mapping values are not allowed in this context\n"
     "hint: Put a text that contains ': ' in quotes.\n",
     0},
    {"a text that begins with a sign", "\xc3\xa9: @up\n",
     "1:4+0 error: found character that cannot start any token\n"
     "hint: Put a text that begins with this character in quotes.\n",
     0},
    {"a key without a colon", "a: b\ndialect postgresql\nc: d\n",
     "2:1+0 error: could not find expected ':'\nhint: Write ': ' between a key and its value.\n",
     0},
    {"two texts", "a: 'b' c\n",
     "1:8+0 error: did not find expected key\n"
     "1:1+0 note: while parsing a block mapping\n"
     "hint: Begin all keys of a mapping in the same column.\n",
     0},
    {"a key that is indented too much", "a: b\n  c: d\n",
     "2:4+0 error: mapping values are not allowed in this context\n"
     "hint: Begin all keys of a mapping in the same column.\n",
     0},
    {"a key that is indented too little", "a:\n  - b: c\n   d: e\n",
     "3:4+0 error: did not find expected '-' indicator\n"
     "2:3+0 note: while parsing a block collection\n",
     0},
    {"a bracket that is not closed", BOM "\xc3\xa9: [b, c\nd: e\n",
     "2:2+0 error: did not find expected ',' or ']'\n1:4+0 note: while parsing a flow sequence\n",
     0},
    {"a bracket that is not opened", "a: ]\n", "1:4+0 error: did not find expected node content\n",
     0},
    {"a quote that is not closed", "a: 'b\nc: d\n",
     "3:1+0 error: found unexpected end of stream\n1:4+0 note: while scanning a quoted scalar\n",
     0},
    {"an escape that does not exist", "a: \"b\\qc\"\n",
     "1:6+0 error: found unknown escape character\n"
     "1:4+0 note: while parsing a quoted scalar\n"
     "hint: Use single quotes: between them '\\' is a character.\n",
     0},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("ferry.yaml"),
                            {row->input, row->size ? row->size : strlen(row->input)}};
    struct buffer shown = {0};
    struct yaml_node *root = NULL;
    struct error *error = yaml_read(arena, &source, &root);

    if (error) {
        assert_null(root);
        show_error(&shown, error);
    } else {
        show_node(&shown, root, 0);
    }
    buffer_reserve(&shown, 1)[0] = '\0';
    assert_string_equal(shown.bytes, row->expected);
    buffer_free(&shown);
    arena_free(&arena);
}

/* Positions in a large file whose characters and bytes differ in number. */
static void test_places_of_many(void **state)
{
    enum { ITEM_COUNT = 100000 };
    struct arena *arena = arena_new(64 << 20);
    struct buffer text = {0};
    struct yaml_node *root;
    size_t count = 0;

    (void)state;
    for (int i = 0; i < ITEM_COUNT; i++)
        buffer_format(&text, "- \xc3\xa9%d # \xe2\x82\xac\n", i);
    struct source source = {TEXT("ferry.yaml"), buffer_text(&text)};
    assert_null(yaml_read(arena, &source, &root));
    assert_int_equal(root->count, ITEM_COUNT);
    for (const struct yaml_node *item = root->first; item; item = item->next, count++)
        assert_true(text_equal(text_slice(source.text, item->span.offset, item->span.size),
                               arena_format(arena, "\xc3\xa9%zu", count)));
    assert_int_equal(count, ITEM_COUNT);
    buffer_free(&text);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1];

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_row, .initial_state = (void *)&rows[i]};
    tests[COUNT(rows)] = (struct CMUnitTest)cmocka_unit_test(test_places_of_many);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is inserted into the text of a manifest, and that all else stays as it was. */
#include "compiler/amend.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BOM  "\xef\xbb\xbf"
#define NEW  "id: n\n    title: A new one\n    parents: [b]\n    up: n.sql\n    down: none\n"
#define FLOW "{id: n, title: A new one, parents: [b], up: n.sql, down: none}"
#define JSON                                                                                       \
    "{\"id\": \"n\", \"title\": \"A new one\", \"parents\": [\"b\"], \"up\": \"n.sql\", "          \
    "\"down\": \"none\"}"

/* The revision that is added to each. */
static const struct text id = {"n", 1}, title = {"A new one", 9}, parent = {"b", 1},
                         up = {"n.sql", 5}, down = {"none", 4};
static const struct amend_field fields[] = {
    {"id", YAML_SCALAR, &id, 1},
    {"title", YAML_SCALAR, &title, 1},
    {"parents", YAML_SEQUENCE, &parent, 1},
    {"up", YAML_SCALAR, &up, 1},
    {"down", YAML_SCALAR, &down, 1},
};

static const struct revision_row {
    const char *name, *before, *after;
} revision_rows[] = {
    {"a block", "revisions:\n  - id: b\n    up: b.sql\n",
     "revisions:\n  - id: b\n    up: b.sql\n  - " NEW},
    {"a list in the column of its key", "revisions:\n- id: b\n  up: b.sql\n",
     "revisions:\n- id: b\n  up: b.sql\n- id: n\n  title: A new one\n  parents: [b]\n  up: n.sql\n"
     "  down: none\n"},
    {"wider indentation", "revisions:\n    -   id: b\n        up: b.sql\n",
     "revisions:\n    -   id: b\n        up: b.sql\n    -   id: n\n        title: A new one\n"
     "        parents: [b]\n        up: n.sql\n        down: none\n"},
    {"a dash alone", "revisions:\n  -\n    id: b\n    up: b.sql\n",
     "revisions:\n  -\n    id: b\n    up: b.sql\n  - " NEW},
    {"a dash and a comment", "revisions:\n  - # - the first\n     id: b\n     up: b.sql\n",
     "revisions:\n  - # - the first\n     id: b\n     up: b.sql\n  -  id: n\n     title: A new "
     "one\n"
     "     parents: [b]\n     up: n.sql\n     down: none\n"},
    {"no line end at the end", "revisions:\n  - id: b\n    up: b.sql",
     "revisions:\n  - id: b\n    up: b.sql\n  - " NEW},
    {"blanks at the end", "revisions:\n  - id: b\n    up: b.sql  ",
     "revisions:\n  - id: b\n    up: b.sql  \n  - " NEW},
    {"CR LF", "revisions:\r\n  - id: b\r\n    up: b.sql\r\n",
     "revisions:\r\n  - id: b\r\n    up: b.sql\r\n  - id: n\r\n    title: A new one\r\n"
     "    parents: [b]\r\n    up: n.sql\r\n    down: none\r\n"},
    {"CR LF, and none at the end", "revisions:\r\n  - id: b\r\n    up: b.sql",
     "revisions:\r\n  - id: b\r\n    up: b.sql\r\n  - id: n\r\n    title: A new one\r\n"
     "    parents: [b]\r\n    up: n.sql\r\n    down: none\r\n"},
    {"CR", "revisions:\r  - id: b\r    up: b.sql\r",
     "revisions:\r  - id: b\r    up: b.sql\r  - id: n\r    title: A new one\r"
     "    parents: [b]\r    up: n.sql\r    down: none\r"},
    {"a byte-order mark", BOM "revisions:\n- id: b\n  up: b.sql\n",
     BOM "revisions:\n- id: b\n  up: b.sql\n- id: n\n  title: A new one\n  parents: [b]\n"
         "  up: n.sql\n  down: none\n"},
    {"a key behind the list", "revisions:\n  - id: b\n    up: b.sql\nproject: shop\n",
     "revisions:\n  - id: b\n    up: b.sql\n  - " NEW "project: shop\n"},
    {"the end of the document", "---\nrevisions:\n  - id: b\n    up: b.sql\n...\n# end\n",
     "---\nrevisions:\n  - id: b\n    up: b.sql\n  - " NEW "...\n# end\n"},
    {"a comment on the last line", "revisions:\n  - id: b\n    up: b.sql # it\n# end\n",
     "revisions:\n  - id: b\n    up: b.sql # it\n  - " NEW "# end\n"},
    {"comments of the last revision",
     "revisions:\n  - id: b\n    up: b.sql\n    # later:\n   # this\n  # the end\n",
     "revisions:\n  - id: b\n    up: b.sql\n    # later:\n   # this\n  - " NEW "  # the end\n"},
    {"a comment behind an empty line", "revisions:\n  - id: b\n    up: b.sql\n\n    # the end\n",
     "revisions:\n  - id: b\n    up: b.sql\n  - " NEW "\n    # the end\n"},
    {"empty lines between",
     "revisions:\n  - id: a\n    up: a.sql\n\n  - id: b\n    up: b.sql\n\nproject: shop\n",
     "revisions:\n  - id: a\n    up: a.sql\n\n  - id: b\n    up: b.sql\n\n  - " NEW
     "\nproject: shop\n"},
    {"empty lines in a revision are not between",
     "revisions:\n  - id: a\n    up: a.sql\n  - id: b\n\n    up: b.sql\n",
     "revisions:\n  - id: a\n    up: a.sql\n  - id: b\n\n    up: b.sql\n  - " NEW},
    {"a text over two lines", "revisions:\n  - id: b\n    title: one\n      two # it\n",
     "revisions:\n  - id: b\n    title: one\n      two # it\n  - " NEW},
    {"quotes over two lines", "revisions:\n  - id: b\n    title: \"one\n  - two\"\n",
     "revisions:\n  - id: b\n    title: \"one\n  - two\"\n  - " NEW},
    {"a block text", "revisions:\n  - id: b\n    title: |\n      one\n      # two\n    # it\n",
     "revisions:\n  - id: b\n    title: |\n      one\n      # two\n    # it\n  - " NEW},
    {"a block text that keeps its lines", "revisions:\n  - id: b\n    title: |+\n      one\n\n\n",
     "revisions:\n  - id: b\n    title: |+\n      one\n\n\n  - " NEW},
    {"a block text without a line end", "revisions:\n  - id: b\n    title: >-\n      one",
     "revisions:\n  - id: b\n    title: >-\n      one\n  - " NEW},
    {"a mapping at the end",
     "revisions:\n  - id: b\n    up:\n      sqlite: b.sql # it\n      postgresql: c.sql\n",
     "revisions:\n  - id: b\n    up:\n      sqlite: b.sql # it\n      postgresql: c.sql\n  - " NEW},
    {"an explicit key", "? revisions\n: - id: b\n    up: b.sql\n",
     "? revisions\n: - id: b\n    up: b.sql\n  - " NEW},
    {"keys in quotes", "\"revisions\":\n  - \"id\": b\n    up: b.sql\n",
     "\"revisions\":\n  - \"id\": b\n    up: b.sql\n  - \"id\": \"n\"\n    \"title\": \"A new "
     "one\"\n"
     "    \"parents\": [\"b\"]\n    \"up\": \"n.sql\"\n    \"down\": \"none\"\n"},
    {"braces in a block", "revisions:\n  - {id: a, up: a.sql}\n  - {id: b,\n up: b.sql} # it\n",
     "revisions:\n  - {id: a, up: a.sql}\n  - {id: b,\n up: b.sql} # it\n  - " FLOW "\n"},

    {"brackets", "revisions: [{id: b, up: b.sql}]\n",
     "revisions: [{id: b, up: b.sql}, " FLOW "]\n"},
    {"brackets with a comma at the end", "revisions: [{id: b, up: b.sql}, ] # all\n",
     "revisions: [{id: b, up: b.sql}, " FLOW " ] # all\n"},
    {"brackets over lines", "revisions: [\n  {id: b, up: b.sql} # it, too\n]\n",
     "revisions: [\n  {id: b, up: b.sql}, # it, too\n  " FLOW "\n]\n"},
    {"brackets over lines, a comma at the end", "revisions: [\n  {id: b, up: b.sql},\n]\n",
     "revisions: [\n  {id: b, up: b.sql},\n  " FLOW ",\n]\n"},
    {"brackets over lines with CR LF", "revisions: [\r\n  {id: b, up: b.sql}\r\n]\r\n",
     "revisions: [\r\n  {id: b, up: b.sql},\r\n  " FLOW "\r\n]\r\n"},
    {"a comma in front", "revisions: [\n    {id: a, up: a.sql}\n  , {id: b, up: b.sql} ]\n",
     "revisions: [\n    {id: a, up: a.sql}\n  , {id: b, up: b.sql}, " FLOW " ]\n"},
    {"a comma below", "revisions: [\n  {id: b, up: b.sql} # it, too\n  ,\n]\n",
     "revisions: [\n  {id: b, up: b.sql} # it, too\n  ,\n  " FLOW ",\n]\n"},
    {"several in a line", "revisions: [{id: a, up: a.sql},\n  {id: b, up: b.sql},\n\n# end\n]\n",
     "revisions: [{id: a, up: a.sql},\n  {id: b, up: b.sql},\n  " FLOW ",\n\n# end\n]\n"},
    {"the bracket behind the last", "revisions: [\n  {id: b, up: b.sql}]\n",
     "revisions: [\n  {id: b, up: b.sql}, " FLOW "]\n"},
    {"JSON", "{\"ferry\": 1, \"revisions\": [\n  {\"id\": \"b\", \"up\": \"b.sql\"}\n]}\n",
     "{\"ferry\": 1, \"revisions\": [\n  {\"id\": \"b\", \"up\": \"b.sql\"},\n  " JSON "\n]}\n"},

    {"empty brackets", "revisions: []\n", "revisions:\n  - " NEW},
    {"empty brackets and comments", "revisions: [ ]  # none yet\n# end\n",
     "revisions:  # none yet\n  - " NEW "# end\n"},
    {"empty brackets without a line end", "ferry: 1\nrevisions: []",
     "ferry: 1\nrevisions:\n  - " NEW},
    {"a comment in empty brackets", "revisions: [ # none yet\n  ]\n",
     "revisions: [ # none yet\n  " FLOW "]\n"},
    {"empty brackets below", "revisions:\n  []\n", "revisions:\n  [" FLOW "]\n"},
    {"nothing", "revisions:\nproject: shop\n", "revisions:\n  - " NEW "project: shop\n"},
    {"nothing but a comment", "revisions: # none yet\n  # - id: a\nproject: shop\n",
     "revisions: # none yet\n  - " NEW "  # - id: a\nproject: shop\n"},
    {"a null", "revisions: ~ # none\n", "revisions: # none\n  - " NEW},
    {"a null word", "revisions:    null\r\nferry: 1\r\n",
     "revisions:\r\n  - id: n\r\n    title: A new one\r\n    parents: [b]\r\n    up: n.sql\r\n"
     "    down: none\r\nferry: 1\r\n"},
    {"empty brackets in JSON", "{\"revisions\": []}\n", "{\"revisions\": [" JSON "]}\n"},
    {"a null in JSON", "{\"revisions\": null, \"ferry\": 1}\n",
     "{\"revisions\": [" JSON "], \"ferry\": 1}\n"},
    {"nothing in braces", "{revisions: , ferry: 1}\n", "{revisions: [" FLOW "], ferry: 1}\n"},
    {"no key", "ferry: 1\nproject: shop # it\n# end\n",
     "ferry: 1\nproject: shop # it\nrevisions:\n  - " NEW "# end\n"},
    {"no key, indented", "  ferry: 1\n  project: shop",
     "  ferry: 1\n  project: shop\n  revisions:\n    - id: n\n      title: A new one\n"
     "      parents: [b]\n      up: n.sql\n      down: none\n"},
    {"no key, brackets at the end", "ferry: 1\ndialect: [sqlite,\n postgresql] # both\n",
     "ferry: 1\ndialect: [sqlite,\n postgresql] # both\nrevisions:\n  - " NEW},
    {"no key in braces", "{ferry: 1, project: shop}\n",
     "{ferry: 1, project: shop, revisions: [" FLOW "]}\n"},
    {"no key in JSON", "{\n  \"ferry\": 1\n}\n",
     "{\n  \"ferry\": 1,\n  \"revisions\": [" JSON "]\n}\n"},

    {"an explicit key with nothing below", "? revisions\n:\n",
     "? revisions\n:\n    - id: n\n      title: A new one\n      parents: [b]\n      up: n.sql\n"
     "      down: none\n"},
};

/* What is not understood is refused. */
static const struct refused_row {
    const char *name, *before, *expected;
} refused_rows[] = {
    {"no mapping that could become a list", "revisions: { # none\n  }\n",
     "1 ferry.yaml:1:12+12: cannot tell where something could be added here"},
    {"a key without a colon", "? revisions\nferry: 1\n",
     "1 ferry.yaml:1:3+9: cannot tell where something could be added here"},
};

static void test_revision(void **state)
{
    const struct revision_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("ferry.yaml"), text_from(row->before)};
    struct amendment amendment;

    support_check(amend_begin(arena, &source, &amendment), "");
    support_check(amend_add_revision(&amendment, fields, COUNT(fields)), "");
    assert_string_equal(amend_text(&amendment).bytes, row->after);
    arena_free(&arena);
}

static void test_refused(void **state)
{
    const struct refused_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("ferry.yaml"), text_from(row->before)};
    struct amendment amendment;

    support_check(amend_begin(arena, &source, &amendment), "");
    support_check(amend_add_revision(&amendment, fields, COUNT(fields)), row->expected);
    arena_free(&arena);
}

/* The id n for those of instead_of, each a letter. */
static const struct list_row {
    const char *name, *before, *instead_of, *after;
} list_rows[] = {
    {"one of a block", "heads:\n  - a\n  - b # it\n", "b", "heads:\n  - a\n  - n # it\n"},
    {"none of a block", "heads:\n  - a\n  - b # it\nferry: 1\n", "c",
     "heads:\n  - a\n  - b # it\n  - n\nferry: 1\n"},
    {"none, without a line end", "heads:\n- a", "c", "heads:\n- a\n- n\n"},
    {"two of a block", "heads:\n  - a\n  - b\n  - c\n", "ab", "heads:\n  - n\n  - c\n"},
    {"two of a block, the last", "heads:\n  - a\n  - b\n  - c", "bc", "heads:\n  - a\n  - n\n"},
    {"all of a block", "heads:\n  - a\n  - b\n  - c\nferry: 1\n", "abc",
     "heads:\n  - n\nferry: 1\n"},
    {"comments stay", "heads:\n  - a # A\n  - b # B\n  # C\n  - 'c'\n", "abc",
     "heads:\n  - n # A\n   # B\n  # C\n"},
    {"CR LF", "heads:\r\n  - a\r\n  - b\r\n", "ab", "heads:\r\n  - n\r\n"},
    {"one of brackets", "heads: [a, b]\n", "a", "heads: [n, b]\n"},
    {"none of brackets", "heads: [a, b] # both\n", "c", "heads: [a, b, n] # both\n"},
    {"two of brackets", "heads: [a, b, c]\n", "ab", "heads: [n, c]\n"},
    {"two of brackets, the last", "heads: [ a, b, c ]\n", "bc", "heads: [ a, n ]\n"},
    {"the first and the last", "heads: [a, b, c]\n", "ac", "heads: [n, b]\n"},
    {"all of brackets", "heads: [a, b, c,]\n", "abc", "heads: [n,]\n"},
    {"over lines", "heads: [\n  a,\n  b, # B, too\n  c # C\n]\n", "abc",
     "heads: [\n  n\n   # B, too\n   # C\n]\n"},
    {"none, over lines", "heads: [\n  a, # A\n  b # B\n]\n", "c",
     "heads: [\n  a, # A\n  b, # B\n  n\n]\n"},
    {"quotes", "heads: [\"a\", 'b']\n", "a", "heads: [\"n\", 'b']\n"},
    {"other quotes", "heads: ['a', \"b\"]\n", "ab", "heads: ['n']\n"},
    {"no such list", "ferry: 1\n", "a", NULL},
    {"no list", "heads: a\n", "a", NULL},
};

static void test_list(void **state)
{
    const struct list_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("ferry.yaml"), text_from(row->before)};
    size_t count = strlen(row->instead_of);
    struct text *instead_of = arena_array(arena, struct text, count);
    struct amendment amendment;

    for (size_t i = 0; i < count; i++)
        instead_of[i] = (struct text){row->instead_of + i, 1};
    support_check(amend_begin(arena, &source, &amendment), "");
    struct error *error = amend_list(&amendment, "heads", id, instead_of, count);
    if (!row->after) {
        assert_non_null(error);
        assert_int_equal(error->code, ERROR_INPUT);
    } else {
        support_check(error, "");
        assert_string_equal(amend_text(&amendment).bytes, row->after);
    }
    arena_free(&arena);
}

/* A text as it is written in a block, and in brackets. It must be read as it was. */
static const struct text_row {
    const char *name, *block, *flow;
} text_rows[] = {
    {"a word", NULL, NULL},
    {"it's", NULL, NULL},
    {"a: b", "'a: b'", "'a: b'"},
    {"a:b", NULL, "'a:b'"},
    {"a, b", NULL, "'a, b'"},
    {"a [b] {c}", NULL, "'a [b] {c}'"},
    {"why?", NULL, "'why?'"},
    {"a #1", "'a #1'", "'a #1'"},
    {"a#1", NULL, NULL},
    {"the end:", "'the end:'", "'the end:'"},
    {" blank", "' blank'", "' blank'"},
    {"blank ", "'blank '", "'blank '"},
    {"#1", "'#1'", "'#1'"},
    {"-", "'-'", "'-'"},
    {"- a", "'- a'", "'- a'"},
    {"-a", "'-a'", "'-a'"},
    {"---", "'---'", "'---'"},
    {"...", NULL, NULL},
    {"'it'", "'''it'''", "'''it'''"},
    {"\"it\"", "'\"it\"'", "'\"it\"'"},
    {"a \\n b", NULL, NULL},
    {"%a", "'%a'", "'%a'"},
    {"@a", "'@a'", "'@a'"},
    {"`a`", "'`a`'", "'`a`'"},
    {"&a", "'&a'", "'&a'"},
    {"*a", "'*a'", "'*a'"},
    {"!a", "'!a'", "'!a'"},
    {"|", "'|'", "'|'"},
    {">-", "'>-'", "'>-'"},
    {"null", "'null'", "'null'"},
    {"Null", "'Null'", "'Null'"},
    {"NULL", "'NULL'", "'NULL'"},
    {"nullable", NULL, NULL},
    {"~", "'~'", "'~'"},
    {"true", NULL, NULL},
    {"0017", NULL, NULL},
    {"\xc3\x9c"
     "ber",
     NULL, NULL},
};

/* The title of the first revision there is. */
static struct text read_title(struct arena *arena, struct text text)
{
    struct source *source = arena_one(arena, struct source);
    struct yaml_node *root;

    *source = (struct source){TEXT("ferry.yaml"), text};
    support_check(yaml_read(arena, source, &root), "");
    const struct yaml_node *key = root->first->value->first->first;
    while (!text_equal(key->text, TEXT("title")))
        key = key->next;
    return key->value->text;
}

static void test_text(void **state)
{
    static const char *const manifests[] = {"revisions:\n", "{revisions: []}\n",
                                            "{\"revisions\": []}\n"};
    const struct text_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct text text = text_from(row->name);
    struct amend_field field = {"title", YAML_SCALAR, &text, 1};
    const char *written[] = {row->block ? row->block : row->name, row->flow ? row->flow : row->name,
                             "\""};

    for (size_t i = 0; i < COUNT(manifests); i++) {
        struct source source = {TEXT("ferry.yaml"), text_from(manifests[i])};
        struct amendment amendment;

        support_check(amend_begin(arena, &source, &amendment), "");
        support_check(amend_add_revision(&amendment, &field, 1), "");
        struct text after = amend_text(&amendment);
        struct text expected = arena_format(arena, "title%s: %s", i == 2 ? "\"" : "", written[i]);
        assert_true(text_find(after, expected) < after.size);
        assert_true(text_equal(read_title(arena, after), text));
    }
    arena_free(&arena);
}

static void test_mapping(void **state)
{
    static const struct text texts[] = {{"postgresql", 10}, {"a.sql", 5}, {"sqlite", 6}, {"b", 1}};
    static const struct amend_field mapped[] = {{"id", YAML_SCALAR, &id, 1},
                                                {"up", YAML_MAPPING, texts, COUNT(texts)}};
    struct arena *arena = arena_new(1 << 20);
    struct source block = {TEXT("ferry.yaml"), TEXT("revisions:\r\n  -  id: a\r\n")};
    struct source flow = {TEXT("ferry.yaml"), TEXT("revisions: [{id: a}]\n")};
    struct amendment amendment;

    (void)state;
    support_check(amend_begin(arena, &block, &amendment), "");
    support_check(amend_add_revision(&amendment, mapped, COUNT(mapped)), "");
    assert_string_equal(amend_text(&amendment).bytes,
                        "revisions:\r\n  -  id: a\r\n  -  id: n\r\n     up:\r\n"
                        "       postgresql: a.sql\r\n       sqlite: b\r\n");
    support_check(amend_begin(arena, &flow, &amendment), "");
    support_check(amend_add_revision(&amendment, mapped, COUNT(mapped)), "");
    assert_string_equal(amend_text(&amendment).bytes,
                        "revisions: [{id: a}, {id: n, up: {postgresql: a.sql, sqlite: b}}]\n");
    assert_string_equal(amend_line(arena, mapped, COUNT(mapped)).bytes,
                        "{id: n, up: {postgresql: a.sql, sqlite: b}}");
    arena_free(&arena);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, revision_rows, test_revision);
    support_add_rows(&tests, refused_rows, test_refused);
    support_add_rows(&tests, list_rows, test_list);
    support_add_rows(&tests, text_rows, test_text);
    support_add(&tests, "a mapping behind a key", test_mapping);
    return support_run("amend", &tests);
}

/* Files that are divided by the marks of goose and dbmate. */
#include "compiler/section.h"
#include "tests/unit/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/*
 * expected  of each script, "up[...]" or "up none[...]" where it wants no transaction, the mark
 * behind
 *           '@' with its line; or the errors as support_show has them
 */
struct row {
    const char *name;
    enum section section;
    const char *text;
    const char *expected;
};

#define GOOSE       SECTION_GOOSE
#define DBMATE      SECTION_DBMATE
#define NO_UP(mark) ": the file has no '" mark "' / The up script begins behind such a line."

static const struct row rows[] = {
    {"both", GOOSE, "-- +goose Up\na;\n\n-- +goose Down\nb;\n", "up[a;\n\n]@1 down[b;\n]@4"},
    {"up alone", GOOSE, "-- +goose Up\na;", "up[a;]@1"},
    {"nothing in them", GOOSE, "-- +goose Up\n-- +goose Down", "up[]@1 down[]@2"},
    {"no blanks, many, capitals", GOOSE, "--+goose   up  \na;\n--   +goose DOWN\t\nb;\n",
     "up[a;\n]@1 down[b;\n]@3"},
    {"CRLF", GOOSE, "-- +goose Up\r\na;\r\n-- +goose Down\r\nb;\r\n",
     "up[a;\r\n]@1 down[b;\r\n]@3"},
    {"a byte-order mark and comments", GOOSE, "\xef\xbb\xbf-- x\n\n  -- y\n-- +goose Up\na;\n",
     "up[a;\n]@4"},
    {"a byte-order mark and no more", GOOSE, "\xef\xbb\xbf-- +goose Up\na;\n", "up[a;\n]@1"},
    {"no transaction", GOOSE, "-- +goose NO TRANSACTION\n-- +goose Up\na;\n-- +goose Down\nb;\n",
     "up none[a;\n]@2 down none[b;\n]@4"},
    {"no transaction, said later", GOOSE, "-- +goose Up\na;\n-- +goose no transaction\n",
     "up none[a;\n-- +goose no transaction\n]@1"},
    {"statements stay as they are", GOOSE,
     "-- +goose Up\n-- +goose StatementBegin\na;\n-- +goose StatementEnd\n",
     "up[-- +goose StatementBegin\na;\n-- +goose StatementEnd\n]@1"},
    {"a mark has its line alone", GOOSE, "-- +goose Up\n  -- +goose Down\nx; -- +goose Down\n",
     "up[  -- +goose Down\nx; -- +goose Down\n]@1"},
    {"the marks of another tool", GOOSE, "-- migrate:up\na;\n-- +goose Up\nb;\n",
     "1 a.sql:2:1+2: a statement stands before '-- +goose Up' / Put it behind that line."},
    {"no mark", GOOSE, "a;\n", "1 a.sql:1:1+2" NO_UP("-- +goose Up")},
    {"an empty file", GOOSE, "", "1 a.sql:1:1+0" NO_UP("-- +goose Up")},
    {"down alone", GOOSE, "-- +goose Down\na;\n",
     "1 a.sql:1:1+14: '-- +goose Down' stands before '-- +goose Up'"},
    {"down first", GOOSE, "-- +goose Down\n-- +goose Up\n",
     "1 a.sql:1:1+14: '-- +goose Down' stands before '-- +goose Up'"},
    {"up twice", GOOSE, "-- +goose Up\n-- +goose Up\n",
     "1 a.sql:2:1+12: '-- +goose Up' is there twice; a.sql:1:1: first here"},
    {"down twice", GOOSE, "-- +goose Up\n-- +goose Down\n-- +goose Down\n",
     "1 a.sql:3:1+14: '-- +goose Down' is there twice; a.sql:2:1: first here"},
    {"an unknown mark", GOOSE, "-- +goose Up\n-- +goose Upp\n",
     "1 a.sql:2:1+13: goose has no such mark / It has Up, Down, StatementBegin, StatementEnd and "
     "NO "
     "TRANSACTION."},
    {"variables", GOOSE, "-- +goose Up\n-- +goose ENVSUB ON\n-- +goose ENVSUB OFF\n",
     "1 a.sql:2:1+19: variables of the environment are not filled in / Write their values into the "
     "script, and delete this line."},
    {"a statement that does not end", GOOSE, "-- +goose Up\n-- +goose StatementBegin\n",
     "1 a.sql:2:1+24: no '-- +goose StatementEnd' follows this"},
    {"a statement that ends in the other script", GOOSE,
     "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down\n-- +goose StatementEnd\n",
     "1 a.sql:2:1+24: no '-- +goose StatementEnd' follows this | 1 a.sql:4:1+22: no '-- +goose "
     "StatementBegin' stands before this"},
    {"a statement in another", GOOSE,
     "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\n-- +goose StatementEnd\n",
     "1 a.sql:2:1+24: no '-- +goose StatementEnd' follows this"},
    {"a statement that does not begin", GOOSE, "-- +goose Up\n-- +goose StatementEnd\n",
     "1 a.sql:2:1+22: no '-- +goose StatementBegin' stands before this"},

    {"dbmate: both", DBMATE, "-- migrate:up\na;\n-- migrate:down\nb;\n", "up[a;\n]@1 down[b;\n]@3"},
    {"dbmate: blanks", DBMATE, "--migrate:up\na;\n--   migrate:down \nb;\n",
     "up[a;\n]@1 down[b;\n]@3"},
    {"dbmate: each has its own transaction", DBMATE,
     "-- migrate:up transaction:false\na;\n-- migrate:down\nb;\n", "up none[a;\n]@1 down[b;\n]@3"},
    {"dbmate: other options", DBMATE, "-- migrate:up x:y  transaction:false z\na;\n",
     "up none[a;\n]@1"},
    {"dbmate: a tab", DBMATE, "-- migrate:up\ttransaction:false\na;\n", "up none[a;\n]@1"},
    {"dbmate: another option", DBMATE, "-- migrate:up transaction:falsey no-transaction:false\n",
     "up[]@1"},
    {"dbmate: transaction:true", DBMATE, "-- migrate:up transaction:true\na;\n", "up[a;\n]@1"},
    {"dbmate: another word", DBMATE, "-- migrate:up\n-- migrate:downwards\n",
     "1 a.sql:2:1+20: dbmate has no such mark / It has migrate:up and migrate:down, with "
     "'transaction:false' behind them or not."},
    {"dbmate: no mark", DBMATE, "-- migrate\n", "1 a.sql:1:1+10" NO_UP("-- migrate:up")},
};

static void show_side(struct buffer *shown, const struct source *source, const char *name,
                      const struct section_side *side)
{
    struct text text = text_slice(source->text, side->part.offset, side->part.size);

    if (side->is_there)
        buffer_format(shown, "%s%s%s[%.*s]@%zu", shown->size ? " " : "", name,
                      side->transactional ? "" : " none", TEXT_ARGS(text),
                      span_place(side->mark).line);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("a.sql"), text_from(row->text)};
    struct section_side sides[SECTION_SIDE_COUNT];
    struct buffer shown = {0};
    struct error *error = section_read(arena, &source, row->section, sides);

    if (error) {
        buffer_add(&shown, text_from(support_show(arena, error)));
    } else {
        show_side(&shown, &source, "up", &sides[SCRIPT_UP]);
        show_side(&shown, &source, "down", &sides[SCRIPT_DOWN]);
    }
    buffer_add(&shown, (struct text){"", 1});
    assert_string_equal(shown.bytes, row->expected);
    buffer_free(&shown);
    arena_free(&arena);
}

static void test_names(void **state)
{
    enum section section = SECTION_NONE;

    (void)state;
    assert_true(section_find(TEXT("dbmate"), &section));
    assert_int_equal(section, SECTION_DBMATE);
    assert_true(section_find(section_name(SECTION_GOOSE), &section));
    assert_int_equal(section, SECTION_GOOSE);
    assert_false(section_find(TEXT("Goose"), &section));
    assert_false(section_find(TEXT(""), &section));
    assert_int_equal(section, SECTION_GOOSE);
    assert_string_equal(section_mark(SECTION_DBMATE, SCRIPT_DOWN), "-- migrate:down");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_row);
    support_add(&tests, "names", test_names);
    return support_run("section", &tests);
}

/* What the scripts of a new revision are called, after the ones there are. */
#include "compiler/naming.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1795861815 }; /* 2026-11-28 10:30:15 UTC */

/* The paths of the up scripts, "POSTGRESQL|SQLITE" or one for both, in the order of the manifest.
 */
static const struct name_row {
    const char *name;
    const char *ids, *paths; /* with blanks between */
    const char *up, *down, *sqlite_up;
} name_rows[] = {
    {"none so far", "", "", "sql/0001_add_it.up.sql", "sql/0001_add_it.down.sql",
     "sql/0001_add_it.sqlite.up.sql"},
    {"numbers", "a b", "sql/0008_a.up.sql sql/0009_b.up.sql", "sql/0010_add_it.up.sql",
     "sql/0010_add_it.down.sql", "sql/0010_add_it.sqlite.up.sql"},
    {"the highest number, not the last", "a b", "sql/0012_a.up.sql sql/0009_b.up.sql",
     "sql/0013_add_it.up.sql", "sql/0013_add_it.down.sql", "sql/0013_add_it.sqlite.up.sql"},
    {"numbers of other folders", "a b", "old/0012_a.up.sql sql/0009_b.up.sql",
     "sql/0010_add_it.up.sql", "sql/0010_add_it.down.sql", "sql/0010_add_it.sqlite.up.sql"},
    {"a number that gets longer", "a", "9_a.up.sql", "10_add_it.up.sql", "10_add_it.down.sql",
     "10_add_it.sqlite.up.sql"},
    {"hyphens", "a", "1-one-two-up.sql", "2-add-it-up.sql", "2-add-it-down.sql",
     "2-add-it-sqlite-up.sql"},
    {"a number alone", "a", "sql/007.sql", "sql/008.sql", "sql/008.down.sql", "sql/008.sqlite.sql"},
    {"Flyway", "a", "V7__create_it.sql", "V8__add_it.sql", "V8__add_it.down.sql",
     "V8__add_it.sqlite.sql"},
    {"another letter", "a b", "U9__x.sql V7__create_it.sql", "V8__add_it.sql",
     "V8__add_it.down.sql", "V8__add_it.sqlite.sql"},
    {"a version of several numbers", "a", "V1.2__create_it.sql", "add_it.sql", "add_it.down.sql",
     "add_it.sqlite.sql"},
    {"Alembic", "3e8b51c07f4d", "versions/3e8b51c07f4d_create_it.sql", "versions/new_add_it.sql",
     "versions/new_add_it.down.sql", "versions/new_add_it.sqlite.sql"},
    {"an id of digits", "0123456789", "sql/0123456789_x.sql", "sql/0123456790_add_it.sql",
     "sql/0123456790_add_it.down.sql", "sql/0123456790_add_it.sqlite.sql"},
    {"an id alone", "3e8b51c07f4d", "sql/3e8b51c07f4d.up.sql", "sql/new.up.sql", "sql/new.down.sql",
     "sql/new.sqlite.up.sql"},
    {"a number and an id", "3e8b51c07f4d", "07-3e8b51c07f4d.sql", "08-new.sql", "08-new.down.sql",
     "08-new.sqlite.sql"},
    {"words", "add_comms", "sql/add_comms.sql", "sql/add_it.sql", "sql/add_it.down.sql",
     "sql/add_it.sqlite.sql"},
    {"a word that begins with a digit", "a", "2fa_tokens.sql", "add_it.sql", "add_it.down.sql",
     "add_it.sqlite.sql"},
    {"a date and a time", "a", "20240131120000_create_it.up.sql", "20261128103015_add_it.up.sql",
     "20261128103015_add_it.down.sql", "20261128103015_add_it.sqlite.up.sql"},
    {"a date and a time without seconds", "a", "202401311200_x.sql", "202611281030_add_it.sql",
     "202611281030_add_it.down.sql", "202611281030_add_it.sqlite.sql"},
    {"a date that is still to come", "a", "20990131120000_x.up.sql", "20990131120001_add_it.up.sql",
     "20990131120001_add_it.down.sql", "20990131120001_add_it.sqlite.up.sql"},
    {"14 digits that are no date", "a", "00000000000041_x.up.sql", "00000000000042_add_it.up.sql",
     "00000000000042_add_it.down.sql", "00000000000042_add_it.sqlite.up.sql"},
    {"more digits than fit", "a", "1234567890123456789_x.up.sql", "add_it.up.sql",
     "add_it.down.sql", "add_it.sqlite.up.sql"},
    {"diesel", "a", "migrations/0007_create_it/up.sql", "migrations/0008_add_it/up.sql",
     "migrations/0008_add_it/down.sql", "migrations/0008_add_it/up.sqlite.sql"},
    {"Prisma", "a", "m/20240131120000_x/migration.sql", "m/20261128103015_add_it/migration.sql",
     "m/20261128103015_add_it/migration.down.sql", "m/20261128103015_add_it/migration.sqlite.sql"},
    {"folders of kinds", "a", "sql/up/0007_a.sql", "sql/up/0008_add_it.sql",
     "sql/down/0008_add_it.sql", "sql/up/0008_add_it.sqlite.sql"},
    {"dialects in the name", "a", "0007_a.postgresql.up.sql|0007_a.sqlite.up.sql",
     "0008_add_it.up.sql", "0008_add_it.down.sql", "0008_add_it.sqlite.up.sql"},
    {"dialects behind the kind", "a", "0007_a.up.postgresql.sql|0007_a.up.sqlite.sql",
     "0008_add_it.up.sql", "0008_add_it.down.sql", "0008_add_it.up.sqlite.sql"},
    {"dialects behind an underscore", "a", "7_a_postgresql.sql|7_a_sqlite.sql", "8_add_it.sql",
     "8_add_it.down.sql", "8_add_it_sqlite.sql"},
    {"folders of dialects", "a", "postgresql/7_a.up.sql|sqlite/7_a.up.sql", "8_add_it.up.sql",
     "8_add_it.down.sql", "sqlite/8_add_it.up.sql"},
    {"a folder that is called as a dialect", "a", "sqlite/7_a.up.sql", "sqlite/8_add_it.up.sql",
     "sqlite/8_add_it.down.sql", "sqlite/8_add_it.sqlite.up.sql"},
    {"no extension", "a", "sql/7_a", "sql/8_add_it", "sql/8_add_it.down", "sql/8_add_it.sqlite"},
    {"a name that could be a pattern", "a b", "0007_b.sql 0008_{{a}}.sql", "0009_add_it.sql",
     "0009_add_it.down.sql", "0009_add_it.sqlite.sql"},
    {"nothing but the kind", "a", "up.sql", "add_it.sql", "add_it.down.sql", "add_it.sqlite.sql"},
};

static void add_revision(struct arena *arena, struct manifest *manifest, struct text id,
                         struct text paths, const struct source *source)
{
    struct revision *revision = &manifest->revisions[manifest->count];
    struct text first = text_cut(&paths, '|');

    *revision =
        (struct revision){.id = id, .span = {.source = source}, .position = manifest->count++};
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        revision->scripts[i][SCRIPT_UP] = (struct script_reference){
            .presence = SCRIPT_FILE,
            .path = arena_copy(arena, i == DIALECT_SQLITE && paths.size ? paths : first),
        };
}

static void test_name(void **state)
{
    const struct name_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("ferry.yaml"), TEXT("")};
    struct manifest manifest = {.dialects = {true, true}};
    struct text ids = text_from(row->ids), paths = text_from(row->paths);
    enum dialect sqlite = DIALECT_SQLITE;

    manifest.revisions = arena_array(arena, struct revision, 8);
    while (ids.size)
        add_revision(arena, &manifest, text_cut(&ids, ' '), text_cut(&paths, ' '), &source);
    struct naming naming = naming_learn(arena, &manifest, &source, TEXT(""), NOW);
    struct text up = naming_path(arena, &naming, TEXT("new"), TEXT("Add it"), SCRIPT_UP, NULL);
    struct text down = naming_path(arena, &naming, TEXT("new"), TEXT("Add it"), SCRIPT_DOWN, NULL);
    struct text own = naming_path(arena, &naming, TEXT("new"), TEXT("Add it"), SCRIPT_UP, &sqlite);
    assert_string_equal(up.bytes, row->up);
    assert_string_equal(down.bytes, row->down);
    assert_string_equal(own.bytes, row->sqlite_up);
    arena_free(&arena);
}

static const struct slug_row {
    const char *name, *slug;
} slug_rows[] = {
    {"Add the customers", "add_the_customers"},
    {"  e-mail: UPPER & lower!  ", "e_mail_upper_lower"},
    {"../../etc/passwd", "etc_passwd"},
    {"2nd index", "2nd_index"},
    {"Gr\xc3\xb6\xc3\x9f"
     "e",
     "gr_e"},
    {"\xe8\xa1\xa8", ""},
    {"...", ""},
    {"", ""},
    {"one two three four five six seven eight nine ten eleven",
     "one_two_three_four_five_six_seven_eight_nine_ten"},
    {"0123456789012345678901234567890123456789012345678901234567890123456789",
     "012345678901234567890123456789012345678901234567"},
    {"a 0123456789012345678901234567890123456789012345678901234567890123456789", "a"},
};

static void test_slug(void **state)
{
    const struct slug_row *row = *state;
    struct arena *arena = arena_new(1 << 20);

    assert_string_equal(naming_slug(arena, text_from(row->name), '_').bytes, row->slug);
    arena_free(&arena);
}

/* A title without letters is called after the id. */
static void test_no_slug(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("teams/ferry.yaml"), TEXT("")};
    struct manifest manifest = {.dialects = {true}};
    struct naming naming = naming_learn(arena, &manifest, &source, TEXT("teams"), NOW);

    (void)state;
    assert_string_equal(
        naming_path(arena, &naming, TEXT("a1"), TEXT("\xe8\xa1\xa8"), SCRIPT_UP, NULL).bytes,
        "teams/sql/0001_a1.up.sql");
    arena_free(&arena);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, name_rows, test_name);
    support_add_rows(&tests, slug_rows, test_slug);
    support_add(&tests, "a title without letters", test_no_slug);
    return support_run("naming", &tests);
}

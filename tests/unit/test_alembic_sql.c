/* What Alembic renders, cut by revision: sections, what is left out of them, what is refused. */
#include "compiler/alembic_sql.h"
#include "tests/unit/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* a - b - d, a - c - d */
static const struct source files[] = {
    {TEXT("a.py"), TEXT("revision = 'a'\ndown_revision = None\n")},
    {TEXT("b.py"), TEXT("revision = 'b'\ndown_revision = 'a'\n")},
    {TEXT("c.py"), TEXT("revision = 'c'\ndown_revision = 'a'\n")},
    {TEXT("d.py"), TEXT("revision = 'd'\ndown_revision = ('b', 'c')\n")},
};

#define TABLE  "CREATE TABLE alembic_version (\n    version_num VARCHAR(32) NOT NULL\n);\n\n"
#define INSERT "INSERT INTO alembic_version (version_num) VALUES ('a');\n\n"
#define UPDATE                                                                                     \
    "UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a';\n\n"
#define UP_A "-- Running upgrade  -> a\n\n"
#define UP_B "-- Running upgrade a -> b\n\n"

/*
 * expected  a line for each section: its revision, '!' where it is outside of a transaction, '?'
 *           where it does not end, its text, whose line ends are shown as '|'; findings; the error
 */
static const struct row {
    const char *name, *output, *expected;
    enum script_kind kind;
    enum dialect dialect;
} rows[] = {
    {"nothing", "", "", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"for SQLite", TABLE UP_A "SELECT 1;\n\n" INSERT UP_B "SELECT 2;\n\nSELECT 3;\n\n" UPDATE,
     "a: SELECT 1;\nb: SELECT 2;||SELECT 3;\n", SCRIPT_UP, DIALECT_SQLITE},
    {"one transaction around all",
     "BEGIN;\n\n" TABLE UP_A "SELECT 1;\n\n" INSERT UP_B UPDATE "COMMIT;\n\n",
     "a: SELECT 1;\nb: \n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"one around each",
     "BEGIN;\n\n" TABLE UP_A "SELECT 1;\n\n" INSERT "COMMIT;\n\nBEGIN;\n\n" UP_B
     "SELECT 2;\n\n" UPDATE "COMMIT;\n\n",
     "a: SELECT 1;\nb: SELECT 2;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"other line ends",
     "BEGIN;\r\n\r\n-- Running upgrade  -> a\r\n\r\nSELECT 1;\r\n\r\nINSERT INTO alembic_version "
     "(version_num) VALUES ('a');\r\n\r\nCOMMIT;\r\n\r\n",
     "a: SELECT 1;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"an autocommit block",
     UP_A "SELECT 1;\n\nCOMMIT;\n\nVACUUM;\n\nBEGIN;\n\nSELECT 2;\n\n" INSERT "COMMIT;\n\n",
     "a!: SELECT 1;||VACUUM;||SELECT 2;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"an autocommit block and nothing else",
     UP_A "COMMIT;\n\nVACUUM;\n\nBEGIN;\n\n" INSERT "COMMIT;\n\n", "a!: VACUUM;\n", SCRIPT_UP,
     DIALECT_POSTGRESQL},
    {"a COMMIT of its own", UP_A "commit;\n\nVACUUM;\n\n" INSERT, "a!: VACUUM;\n", SCRIPT_UP,
     DIALECT_POSTGRESQL},
    {"such words in texts",
     UP_A "SELECT $$\nBEGIN;\n\nCOMMIT;\n\n$$, 'COMMIT;\n\nBEGIN;\n\n';\n\n" INSERT,
     "a: SELECT $$|BEGIN;||COMMIT;||$$, 'COMMIT;||BEGIN;||';\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"a text that does not end", UP_A "SELECT 'x;\n\nCOMMIT;\n\nSELECT 1;\n\n" INSERT,
     "a: SELECT 'x;||COMMIT;||SELECT 1;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"a statement that ends in a comment", UP_A "SELECT 1 -- one;\n\n" INSERT,
     "a: SELECT 1 -- one;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"several statements at once", UP_A "SELECT 1; SELECT 2;;\n\n" INSERT,
     "a: SELECT 1; SELECT 2;;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"what a revision does to Alembic's table itself",
     UP_A "ALTER TABLE alembic_version ALTER version_num TYPE text;\n\n"
          "DELETE FROM alembic_version WHERE true;\n\nSELECT 1;\n\n" INSERT,
     "a: ALTER TABLE alembic_version ALTER version_num TYPE text;||DELETE FROM alembic_version "
     "WHERE true;||SELECT 1;\n",
     SCRIPT_UP, DIALECT_POSTGRESQL},
    {"a table of another name",
     "CREATE TABLE s.\"My versions\" (\n    version_num VARCHAR(32) NOT NULL\n);\n\n" UP_A
     "INSERT INTO s.\"My versions\" (version_num) VALUES ('a') RETURNING "
     "s.\"My versions\".version_num;\n\n",
     "a: \n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"a merge",
     UP_A INSERT "-- Running upgrade c, b -> d\n\nSELECT 1;\n\n"
                 "DELETE FROM alembic_version WHERE alembic_version.version_num = 'b';\n\n"
                 "UPDATE alembic_version SET version_num='d' WHERE alembic_version.version_num = "
                 "'c';\n\n",
     "a: \nd: SELECT 1;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"down",
     "BEGIN;\n\n-- Running downgrade d -> b, c\n\nSELECT 1;\n\nINSERT INTO alembic_version "
     "(version_num) VALUES ('b');\n\nUPDATE alembic_version SET version_num='c' WHERE "
     "alembic_version.version_num = 'd';\n\n-- Running downgrade a -> \n\nSELECT 2;\n\nDELETE FROM "
     "alembic_version WHERE alembic_version.version_num = 'a';\n\nDROP TABLE "
     "alembic_version;\n\nCOMMIT;\n\n",
     "d: SELECT 1;\na: SELECT 2;\n", SCRIPT_DOWN, DIALECT_POSTGRESQL},
    {"the other way is no section", UP_A INSERT,
     "warning 1 up.sql:3:1+55: this belongs to no revision, and is left out\n", SCRIPT_DOWN,
     DIALECT_POSTGRESQL},
    {"an end too early", UP_A "SELECT 1;\n\n" INSERT UP_B "SELECT 2;\n\n",
     "a: SELECT 1;\nb?: SELECT 2;\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"something in front", "SET x = 1;\n\nSELECT 0;\n\n" TABLE UP_A INSERT,
     "a: \nwarning 1 up.sql:3:1+9: this belongs to no revision, and is left out\n", SCRIPT_UP,
     DIALECT_POSTGRESQL},
    {"an unknown revision", UP_A INSERT "-- Running upgrade a -> x\n\n",
     "a: \n1 up.sql:5:1+25: no file has revision 'x' / Render these files again.\n", SCRIPT_UP,
     DIALECT_POSTGRESQL},
    {"another parent", "-- Running upgrade  -> b\n\n",
     "1 up.sql:1:1+24: revision 'b' was rendered with other parents; b.py:2:17: its file says so / "
     "Render these files again.\n",
     SCRIPT_UP, DIALECT_POSTGRESQL},
    {"a parent less", "-- Running upgrade b -> d\n\n",
     "1 up.sql:1:1+25: revision 'd' was rendered with other parents; d.py:2:17: its file says so / "
     "Render these files again.\n",
     SCRIPT_UP, DIALECT_POSTGRESQL},
    {"twice", UP_A INSERT UP_A, "a: \n1 up.sql:5:1+24: revision 'a' is there twice\n", SCRIPT_UP,
     DIALECT_POSTGRESQL},
    {"doubled percent signs", UP_A "SELECT '%%', 5 %%%% 2;\n\n" INSERT,
     "a: SELECT '%%', 5 %%%% 2;\nwarning 1 a.py:1:12+3: every '%' in the SQL is there twice, in "
     "this revision for the first time / In env.py, give context.configure() "
     "dialect_opts={'paramstyle': 'named'} where it renders.\n",
     SCRIPT_UP, DIALECT_POSTGRESQL},
    {"one that stands alone", UP_A "SELECT '%%';\n\n" INSERT UP_B "SELECT '%';\n\n" UPDATE,
     "a: SELECT '%%';\nb: SELECT '%';\n", SCRIPT_UP, DIALECT_POSTGRESQL},
    {"SQLite knows no such driver", UP_A "SELECT '%%';\n\n" INSERT, "a: SELECT '%%';\n", SCRIPT_UP,
     DIALECT_SQLITE},
};

static void show_text(struct buffer *shown, struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] != '\r')
            buffer_add(shown, text.bytes[i] == '\n' ? TEXT("|") : text_slice(text, i, 1));
    buffer_add(shown, TEXT("\n"));
}

static void test_row(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer shown = {0};
    const struct source source = {TEXT("up.sql"), text_from(row->output)};
    struct alembic_tree tree = {.dialect = row->dialect};
    struct alembic_sections sections = {0};

    for (size_t i = 0; i < COUNT(files); i++)
        layout_alembic_add(arena, &files[i], &tree);
    struct error *error = alembic_sql_cut(arena, &tree, &source, row->kind, &sections);
    for (size_t i = 0; i < sections.count; i++) {
        const struct alembic_section *section = &sections.list[i];

        buffer_format(&shown, "%.*s%s%s: ", TEXT_ARGS(tree.revisions[section->position].id.text),
                      section->is_outside ? "!" : "", section->is_whole ? "" : "?");
        show_text(&shown, section->text);
    }
    for (const struct finding *finding = tree.findings.first; finding; finding = finding->next)
        buffer_format(&shown, "warning %s\n", support_show(arena, finding->error));
    if (error)
        buffer_format(&shown, "%s\n", support_show(arena, error));
    buffer_reserve(&shown, 1)[0] = '\0';
    assert_string_equal(shown.bytes, row->expected);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_row);
    return support_run("alembic_sql", &tests);
}

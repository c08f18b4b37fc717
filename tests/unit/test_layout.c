/* The folders of other tools: what their names mean, in which order they run, what is left out. */
#include "compiler/layout_parts.h"
#include "tests/unit/support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * files     as support_write_tree has them; the layout reads "db", or "db/list" where it is a file
 * expected  a line for each revision, then "warning: " and "error: " and what support_show has
 */
struct row {
    const char *name, *layout, *files;
    bool is_import;
    const char *expected;
};

#define SQL          "SELECT 1;\n"
#define AT(path)     path ":1:1+9: "
#define UP(path)     "=== db/" path "\n" SQL
#define SECOND(kind) "a second " kind " script of version "
#define RENAME       " / Rename it: A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"
#define OWN_VERSION  " / Give the one that no database has had yet a version of its own.\n"
#define NO_UP(version)                                                                             \
    "version '" version "' has no up script for sqlite / Add the script; it may be empty.\n"

static const struct row rows[] = {
    {"flyway: versions are numbers", "flyway",
     UP("V10__ten.sql") UP("V2__two.sql") UP("V1_10__b.sql") UP("V1.9__a.sql") UP("V01.9.1__c.sql")
         UP("V20260101000000__far.sql"),
     false,
     "1.9 'a' [] up=db/V1.9__a.sql\n01.9.1 'c' [1.9] up=db/V01.9.1__c.sql\n"
     "1_10 'b' [01.9.1] up=db/V1_10__b.sql\n2 'two' [1_10] up=db/V2__two.sql\n"
     "10 'ten' [2] up=db/V10__ten.sql\n"
     "20260101000000 'far' [10] up=db/V20260101000000__far.sql\n"},
    {"flyway: undo, in any spelling, in any folder", "flyway",
     UP("V1.0__a_b.sql") UP("down/U1__other.sql"), false,
     "1.0 'a b' [] up=db/V1.0__a_b.sql down=db/down/U1__other.sql\n"},
    {"flyway: names that are none", "flyway",
     UP("V1__a.sql") UP("V1.__b.sql") UP("V_1__b.sql") UP("V1.x__b.sql") UP("V2_b.sql")
         UP("v3__b.sql") UP("V__b.sql") UP("V4__b.SQL") UP("R1__b.sql") UP("V5__b"),
     false,
     "1 'a' [] up=db/V1__a.sql\n"
     "warning: 1 file 'db/R1__b.sql' is left out: flyway reads 'V1__words.sql'\n"
     "warning: 1 file 'db/V1.__b.sql' is left out: flyway reads 'V1__words.sql'\n"
     "warning: 1 file 'db/V1.x__b.sql' is left out: flyway reads 'V1__words.sql'\n"
     "warning: 1 file 'db/V2_b.sql' is left out: flyway reads 'V1__words.sql'\n"
     "warning: 1 file 'db/V5__b' is left out: flyway reads 'V1__words.sql'\n"
     "warning: 1 file 'db/V_1__b.sql' is left out: flyway reads 'V1__words.sql'\n"
     "warning: 1 file 'db/V__b.sql' is left out: flyway reads 'V1__words.sql'\n"
     "warning: 1 file 'db/v3__b.sql' is left out: flyway reads 'V1__words.sql'\n"
     "error: 1 migration 'db/V4__b.SQL' is not SQL / Write what it does to the database as SQL.\n"},
    {"flyway: a baseline alone is the root", "flyway", UP("B5__all.sql") UP("V6__a.sql"), false,
     "5 'all' [] up=db/B5__all.sql\n6 'a' [5] up=db/V6__a.sql\n"},
    {"flyway: settings", "flyway",
     "=== db/V1__a.sql\n-- why\n\n--flyway:executeInTransaction = FALSE\n" SQL
     "=== db/V2__b.sql\n" SQL "-- flyway:executeInTransaction=false\n"
     "=== db/V3__c.sql\nSELECT '${x}';\n=== db/V3__c.sql.conf\n# a comment\n"
     "flyway.placeholderReplacement=false\nencoding=utf-8\n\nexecuteInTransaction=false\n",
     false,
     "1 'a' [] none up=db/V1__a.sql\n2 'b' [1] up=db/V2__b.sql\n3 'c' [2] none up=db/V3__c.sql\n"},
    {"flyway: placeholders", "flyway",
     "=== db/V1__a.sql\nSELECT 1; -- ${none}\nSELECT ${one}, ${two};\n"
     "=== db/V2__b.sql\nSELECT $$ { } $$, '${';\n",
     false,
     "1 'a' [] up=db/V1__a.sql\n2 'b' [1] up=db/V2__b.sql\n"
     "error: 1 db/V1__a.sql:2:8+6: the placeholder '${one}' is not filled in / Write its value "
     "into "
     "the script; if it is none, say 'placeholderReplacement=false' in 'db/V1__a.sql.conf'.\n"},
    {"flyway: what is repeated stands last, by its words", "flyway",
     UP("R__b.sql") UP("R__A.sql") UP("V1__z.sql"), true,
     "1 'z' [] up=db/V1__z.sql\nR__A 'A' [1] up=db/R__A.sql\nR__b 'b' [R__A] up=db/R__b.sql\n"
     "warning: 1 " AT("db/R__A.sql") "a repeatable migration runs once, behind all versions / When "
                                     "it changes, add its new text to the manifest as a revision.\n"
                                     "warning: 1 " AT(
                                         "db/R__b.sql") "a repeatable migration runs once, behind "
                                                        "all versions / When "
                                                        "it changes, add its new text to the "
                                                        "manifest as a revision.\n"},

    {"golang-migrate: spellings", "golang-migrate",
     UP("10_j.up.sql") UP("0009_i_th.up.sql") UP("0009_i_th.down.sql") UP("1_a_up.sql")
         UP("1_a_down.sql") UP("2_up.sql") UP("3_c.d.sqlite3.up.sql") UP("4_d.up.sqlite.sql"),
     false,
     "1 'a' [] up=db/1_a_up.sql down=db/1_a_down.sql\n2 '' [1] up=db/2_up.sql\n"
     "3 'c.d' [2] up=db/3_c.d.sqlite3.up.sql\n4 'd' [3] up=db/4_d.up.sqlite.sql\n"
     "0009 'i th' [4] up=db/0009_i_th.up.sql down=db/0009_i_th.down.sql\n"
     "10 'j' [0009] up=db/10_j.up.sql\n"},
    {"golang-migrate: a dialect's own script goes first", "golang-migrate",
     UP("1_a.up.sql") UP("1_a.sqlite.up.sql") UP("1_a.pg.up.sql") UP("1_a.down.sql"), false,
     "1 'a' [] up=db/1_a.sqlite.up.sql down=db/1_a.down.sql\n"
     "warning: 1 file 'db/1_a.pg.up.sql' is left out: its database is another\n"},
    {"golang-migrate: what must run by itself", "golang-migrate",
     "=== db/1_a.up.sql\nVACUUM\n=== db/2_b.up.sql\nVACUUM;\nCOMMIT;\n", false,
     "1 'a' [] none up=db/1_a.up.sql\n2 'b' [1] up=db/2_b.up.sql\n"
     "warning: 1 db/1_a.up.sql:1:1+6: 'VACUUM' cannot run in a transaction: so revision '1' has "
     "none / It runs statement by statement: see 'transaction: none' in ferry.yaml(5).\n"},

    {"goose: numbers", "goose",
     "=== db/10_b.sql\n-- +goose Up\n" SQL "=== db/2_a_b.sql\n-- +goose Up\n-- +goose Down\n"
     "=== db/3.sql\n=== db/x_1.sql\n=== db/4_x_test.go\n",
     false,
     "2 'a b' [] up=db/2_a_b.sql#goose down=db/2_a_b.sql#goose\n10 'b' [2] up=db/10_b.sql#goose\n"
     "warning: 1 file 'db/3.sql' is left out: goose reads '1_words.sql'\n"
     "warning: 1 file 'db/4_x_test.go' is left out: goose reads '1_words.sql'\n"
     "warning: 1 file 'db/x_1.sql' is left out: goose reads '1_words.sql'\n"},
    {"dbmate: names", "dbmate",
     "=== db/10_b.sql\n-- migrate:up\n=== db/2_a.sql\n-- migrate:up transaction:false\n"
     "=== db/3.sql\n-- migrate:up\n",
     false,
     "10 'b' [] up=db/10_b.sql#dbmate\n2 'a' [10] none up=db/2_a.sql#dbmate\n"
     "3 '' [2] up=db/3.sql#dbmate\n"},

    {"sqlx: numbers", "sqlx",
     UP("10_b.up.sql") UP("10_b.down.sql") "=== db/2_a.sql\n-- no-transaction\n" SQL
                                           "=== db/3_c.sql\n\n-- no-transaction\n",
     false,
     "2 'a' [] none up=db/2_a.sql\n3 'c' [2] up=db/3_c.sql\n"
     "10 'b' [3] up=db/10_b.up.sql down=db/10_b.down.sql\n"},

    {"diesel: versions are texts", "diesel",
     UP("2026-01-02-030405_a_b/up.sql") UP("2026-01-02-030405_a_b/down.sql") UP("10/up.sql") UP(
         "9_x/up.sql") "=== db/9_x/metadata.toml\n\nrun_in_transaction=false\n=== db/.hidden/x\n",
     false,
     "10 '' [] up=db/10/up.sql\n20260102030405 'a b' [10] up=db/2026-01-02-030405_a_b/up.sql "
     "down=db/2026-01-02-030405_a_b/down.sql\n9 'x' [20260102030405] none up=db/9_x/up.sql\n"},
    {"prisma: names", "prisma",
     UP("20260102000000_b_c/migration.sql") UP("0_init/migration.sql")
         UP("0_init/down.sql") "=== db/migration_lock.toml\nprovider = \"sqlite\"\n",
     false,
     "0_init 'init' [] up=db/0_init/migration.sql down=db/0_init/down.sql\n"
     "20260102000000_b_c 'b c' [0_init] up=db/20260102000000_b_c/migration.sql\n"},
    {"prisma: for another database", "prisma",
     UP("0_init/migration.sql") "=== db/migration_lock.toml\nprovider = \"postgresql\"\n", false,
     "0_init 'init' [] up=db/0_init/migration.sql\n"
     "error: 1 db/migration_lock.toml:1:1+23: the migrations are not for sqlite / Make postgresql "
     "the dialect, alone.\n"},

    /* The sums are those of sha256sum(1), in base64. */
    {"atlas: the sums are right", "atlas",
     UP("1_a.sql") UP("10_b_c.sql") "=== db/2.sql\n-- atlas:txmode none\n\nSELECT 2;\n"
                                    "=== db/atlas.sum\n"
                                    "h1:SIvUaWakmUujU9FVyx0jFDwgOUxvbDiYwPSlKYq8jTs=\n"
                                    "10_b_c.sql h1:8eLAcqjh8v7Uelkj9D7aAhRQau/GOuc7AO13Ly1w8oY=\n"
                                    "1_a.sql h1:rGB+7umZN9Ye7oOUZHaNuoOnu6YdPcfyj0iv6zNTGwY=\n"
                                    "2.sql h1:l4Ovy0eKc5NnDdOAAaExGYa+8ewvBz42awYkh5VsRVs=\n",
     false, "10 'b c' [] up=db/10_b_c.sql\n1 'a' [10] up=db/1_a.sql\n2 '' [1] none up=db/2.sql\n"},

    {"numbered: files and folders", "numbered",
     UP("10-j.sql") UP("9/up.sql") UP("9/verify.sql") UP("002 two.up.sql") UP("002 two.down.sql")
         UP("1.sql"),
     false,
     "1 '' [] up=db/1.sql\n002 'two' [1] up=db/002 two.up.sql down=db/002 two.down.sql\n"
     "9 '' [002] up=db/9/up.sql verify=db/9/verify.sql\n10 'j' [9] up=db/10-j.sql\n"},

    {"list: as it stands there", "list",
     "=== db/list\n\xef\xbb\xbf./z.sql\r\n# z.sql\n\n  sub/a_b.sql  \n" UP("z.sql")
         UP("sub/a_b.sql"),
     false, "z 'z' [] up=db/z.sql\na_b 'a b' [z] up=db/sub/a_b.sql\n"},

    {"sourcegraph: the graph of the parents", "sourcegraph",
     UP("2_b/up.sql") "=== db/2_b/metadata.yaml\nname: two\nparent: 1\n" UP("1/up.sql")
         UP("1/down.sql") "=== db/1/metadata.yaml\nname: one\nparents:\n" UP(
             "3/up.sql") "=== db/3/metadata.yaml\nparents: [2, 1]\ncreateIndexConcurrently: true\n"
                         "privileged: true\nnonIdempotent: false\n=== db/notes/x\n",
     false,
     "1 'one' [] up=db/1/up.sql down=db/1/down.sql\n2 'two' [1] up=db/2_b/up.sql\n"
     "3 '' [2 1] none up=db/3/up.sql\n"
     "warning: 1 db/3/metadata.yaml:3:1+10: whoever applies version '3' must have the rights it "
     "needs\n"
     "warning: 1 folder 'db/notes' is left out: sourcegraph reads a folder '1528395944_words' for "
     "each migration\n"},

    {"sqitch: the plan", "sqitch",
     "=== db/sqitch.plan\n%syntax-version=1.0.0\n%project = p\n\n# a comment\n"
     "  +x/a 2026-01-01T00:00:00Z A <a@b> # An \\n note # more\n@v1 2026-01-01T00:00:00Z A <a@b>\n"
     "@v2 2026-01-01T00:00:00Z A <a@b>\nb [x/a p:x/a@v1 @v2] 2026-01-01T00:00:00Z A <a@b>\n"
     "x/a [x/a@v2] 2026-01-01T00:00:00Z A <a@b> # Again\n" UP("deploy/x/a@v1.sql")
         UP("deploy/x/a.sql") UP("revert/x/a@v1.sql") UP("verify/x/a.sql") UP("deploy/b.sql"),
     false,
     "x.a 'An' [] up=db/deploy/x/a@v1.sql down=db/revert/x/a@v1.sql\n"
     "b '' [x.a] up=db/deploy/b.sql\n"
     "x.a.2 'Again' [b] up=db/deploy/x/a.sql verify=db/verify/x/a.sql\n"},

    {"sqitch: reworked again", "sqitch",
     "=== db/sqitch.plan\n%project=p\n\na 2026-01-01T00:00:00Z A <a@b>\n"
     "@v1 2026-01-01T00:00:00Z A <a@b>\na [a@v1] 2026-01-01T00:00:00Z A <a@b>\n"
     "@v2 2026-01-01T00:00:00Z A <a@b>\na [a@v2] 2026-01-01T00:00:00Z A <a@b>\n" UP(
         "deploy/a@v1.sql") UP("deploy/a@v2.sql") UP("deploy/a.sql"),
     false,
     "a '' [] up=db/deploy/a@v1.sql\na.2 '' [a] up=db/deploy/a@v2.sql\n"
     "a.3 '' [a.2] up=db/deploy/a.sql\n"},

    {"sqitch: folders among files", "sqitch",
     "=== db/sqitch.plan\n%project=p\n\na/b 2026-01-01T00:00:00Z A <a@b>\n"
     "a-b 2026-01-01T00:00:00Z A <a@b>\na.b 2026-01-01T00:00:00Z A <a@b>\n" UP("deploy/a/b.sql")
         UP("deploy/a-b.sql") UP("deploy/a.b.sql"),
     false,
     "a.b '' [] up=db/deploy/a/b.sql\na-b '' [a.b] up=db/deploy/a-b.sql\n"
     "a.b '' [a-b] up=db/deploy/a.b.sql\n"
     "error: 1 db/sqitch.plan:5:1+3: 'a.b' is there twice; db/sqitch.plan:3:1: the first is here / "
     "Rename the one that no database has had yet.\n"},
    {"flyway: settings with a file in front of them", "flyway",
     UP("V1__a.sql") UP("V1__a.sql-old") "=== db/V1__a.sql.conf\nexecuteInTransaction=false\n"
                                         "=== db/V1__a/V2__b.sql\nSELECT 1;\n",
     false,
     "1 'a' [] none up=db/V1__a.sql\n2 'b' [1] up=db/V1__a/V2__b.sql\n"
     "error: 1 migration 'db/V1__a.sql-old' is not SQL / Write what it does to the database as "
     "SQL.\n"},
    {"versions that are one, in another spelling", "sqlx",
     UP("1_a.sql") UP("01_b.sql") UP("2_c.down.sql"), false,
     "01 'b' [] up=db/01_b.sql\n2 'c' [01] down=db/2_c.down.sql\n"
     "error: 1 " AT("db/1_a.sql") SECOND("up") "'1'; db/01_b.sql:1:1: the first is here" OWN_VERSION
                                               "error: 1 " AT("db/2_c.down.sql") NO_UP("2")},
    {"an id that cannot be", "list", "=== db/list\nä.sql\n" UP("ä.sql"), false,
     "ä 'ä' [] up=db/ä.sql\nerror: 1 db/list:1:1+6: 'ä' cannot be an id" RENAME},
};

static void show_script(struct buffer *shown, const char *name, const struct layout_script *script)
{
    if (script->presence != SCRIPT_FILE)
        return;
    buffer_format(shown, " %s=%s", name, script->source->name.bytes);
    if (script->section != SECTION_NONE)
        buffer_format(shown, "#%.*s", TEXT_ARGS(section_name(script->section)));
}

static void show_revision(struct buffer *shown, const struct layout_revision *revision)
{
    const struct layout_script *scripts = revision->scripts[DIALECT_SQLITE];

    buffer_format(shown, "%.*s '%.*s' [", TEXT_ARGS(revision->id), TEXT_ARGS(revision->title));
    for (size_t i = 0; i < revision->parent_count; i++)
        buffer_format(shown, "%s%.*s", i ? " " : "", TEXT_ARGS(revision->parents[i]));
    buffer_format(shown, "]%s", revision->transactional ? "" : " none");
    show_script(shown, "up", &scripts[SCRIPT_UP]);
    show_script(shown, "down", &scripts[SCRIPT_DOWN]);
    show_script(shown, "verify", &scripts[SCRIPT_VERIFY]);
    buffer_add(shown, TEXT("\n"));
}

static void show_errors(struct arena *arena, struct buffer *shown, const char *kind,
                        const struct error *errors)
{
    for (; errors; errors = errors->next) {
        struct error one = *errors;

        one.next = NULL;
        buffer_format(shown, "%s: %s\n", kind, support_show(arena, &one));
    }
}

static void test_row(void **state)
{
    const struct row *row = *state;
    const struct layout *layout = layout_find(text_from(row->layout));
    struct arena *arena = arena_new(16 << 20);
    struct text place = layout->is_file ? TEXT("db/list") : TEXT("db");
    struct layout_options options = {
        .places = &place,
        .place_count = 1,
        .dialects = {[DIALECT_SQLITE] = true},
        .is_import = row->is_import,
    };
    struct layout_history history = {0};
    struct buffer shown = {0};

    struct text folder = arena_format(arena, "%td", row - rows);
    assert_int_equal(mkdir(folder.bytes, 0700), 0);
    assert_int_equal(chdir(folder.bytes), 0);
    support_write_tree(text_from(row->files));
    options.root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_null(layout_read(arena, layout, &options, &history));
    file_close(&options.root);
    assert_int_equal(chdir(".."), 0);
    for (size_t i = 0; i < history.count; i++)
        show_revision(&shown, history.revisions[i]);
    show_errors(arena, &shown, "warning", history.warnings);
    show_errors(arena, &shown, "error", errors_sorted(&history.faults));
    buffer_add(&shown, (struct text){"", 1});
    assert_string_equal(shown.bytes, row->expected);
    buffer_free(&shown);
    arena_free(&arena);
}

struct version_row {
    const char *name, *a, *b;
    int order;
};

static const struct version_row version_rows[] = {
    {"a number", "2", "10", -1},
    {"zeros in front", "007", "7", 0},
    {"zeros behind", "1", "1.0.0", 0},
    {"dots and underscores", "1_2", "1.2", 0},
    {"parts", "1.10", "1.9", 1},
    {"more parts", "1.2.1", "1.2", 1},
    {"a part of zero and one", "1.0.1", "1", 1},
    {"longer than any integer", "99999999999999999999999", "100000000000000000000000", -1},
    {"zero", "0", "00", 0},
};

static void test_version(void **state)
{
    const struct version_row *row = *state;
    struct text a = text_from(row->a), b = text_from(row->b);
    int order = layout_compare_versions(a, b), back = layout_compare_versions(b, a);

    assert_int_equal((order > 0) - (order < 0), row->order);
    assert_int_equal((back > 0) - (back < 0), -row->order);
    assert_true(layout_is_version(a) && layout_is_version(b));
}

static void test_table(void **state)
{
    static const char *const no_versions[] = {"", ".", "1.", ".1", "1..2", "1__2", "a", "1a", "-1"};

    (void)state;
    for (size_t i = 0; i < COUNT(no_versions); i++)
        assert_false(layout_is_version(text_from(no_versions[i])));
    assert_null(layout_find(TEXT("")));
    assert_null(layout_find(TEXT("Flyway")));
    for (const struct layout *layout = layouts; layout->name; layout++) {
        assert_ptr_equal(layout_find(text_from(layout->name)), layout);
        if (layout[1].name)
            assert_true(text_compare(text_from(layout->name), text_from(layout[1].name)) < 0);
    }
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_row);
    support_add_rows(&tests, version_rows, test_version);
    support_add(&tests, "the table", test_table);
    return support_run("layout", &tests);
}

/* What other tools have written down, read back as revisions of a bundle. */
#include "runtime/adopt.h"
#include "support.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Revisions, each the child of the one before; a comma instead of a blank begins a new branch. */
static struct index *make_index(struct arena *arena, const char *ids)
{
    struct index *index = arena_one(arena, struct index);

    index->steps = arena_array(arena, struct index_step, strlen(ids) + 1);
    for (struct text rest = text_from(ids); rest.size;) {
        struct text branch = text_cut(&rest, ',');

        for (bool follows = false; branch.size; follows = true) {
            struct index_step *step = &index->steps[index->step_count++];

            step->id = text_cut(&branch, ' ');
            step->parents = follows ? &step[-1].id : NULL;
            step->parent_count = follows;
        }
    }
    index_sort(arena, index);
    return index;
}

static void prepare(const char *sql)
{
    sqlite3 *handle;

    unlink("x.db");
    assert_int_equal(sqlite3_open("x.db", &handle), SQLITE_OK);
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(handle));
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
}

static const char *show_wanted(struct arena *arena, const struct index *index, const bool *wanted)
{
    struct text shown = TEXT("");

    for (size_t i = 0; i < index->step_count; i++)
        if (wanted[i])
            shown = arena_format(arena, "%s%s%.*s", shown.bytes, shown.size ? " " : "",
                                 TEXT_ARGS(index->steps[i].id));
    return shown.bytes;
}

/* The tables as the tools make them on SQLite. */
#define ALEMBIC                                                                                    \
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT"                   \
    " alembic_version_pkc PRIMARY KEY (version_num)); INSERT INTO alembic_version VALUES "
#define DBMATE                                                                                     \
    "CREATE TABLE schema_migrations (version varchar(128) primary key);"                           \
    "INSERT INTO schema_migrations VALUES "
#define DIESEL                                                                                     \
    "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on"    \
    " TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); INSERT INTO __diesel_schema_migrations"       \
    " (version) VALUES "
#define FLYWAY                                                                                     \
    "CREATE TABLE flyway_schema_history (installed_rank INT NOT NULL PRIMARY KEY, version"         \
    " VARCHAR(50), description VARCHAR(200) NOT NULL DEFAULT '', type VARCHAR(20) NOT NULL,"       \
    " script VARCHAR(1000) NOT NULL DEFAULT '', checksum INT, success BOOLEAN NOT NULL);"          \
    "INSERT INTO flyway_schema_history (installed_rank, version, type, success) VALUES "
#define GOLANG                                                                                     \
    "CREATE TABLE schema_migrations (version uint64, dirty bool);"                                 \
    "INSERT INTO schema_migrations VALUES "
#define GOOSE                                                                                      \
    "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT"  \
    " NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));"             \
    "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1)"

#define FILES "V1__init V1_2__more V1_10__index V2__end"
#define DAYS  "2016-01-07-090901_users 2016-01-08-110000_posts"

#define UNKNOWN(tool, version)                                                                     \
    "6 " tool " has applied '" version "', which is no revision of the bundle / Nothing was "      \
    "stamped. Use a bundle that was made from the history of this database."
#define AMBIGUOUS(tool, version, one, other)                                                       \
    "6 '" version "' of " tool " may be revision '" one "' or '" other "'"
#define FAILED(tool, version)                                                                      \
    "6 " tool " says that its attempt at '" version "' failed / Bring that to an end with " tool   \
    " first."
#define ORPHAN(tool, child, parent)                                                                \
    "6 " tool " has applied '" child "', but not its parent '" parent "'"
#define NO_TABLE(tool, table)                                                                      \
    "6 'x.db' has no table '" table "' of " tool                                                   \
    " / Name the revision that the database has: --to ID."

static const struct adopt_row {
    const char *name, *tool, *prepare, *ids, *expected;
} adopt_rows[] = {
    {"alembic: the head", "alembic", ALEMBIC "('b')", "a b c", "a b"},
    {"alembic: two heads", "alembic", ALEMBIC "('b'), ('y')", "a b c,x y z", "a b x y"},
    {"alembic: nothing", "alembic", ALEMBIC "('b'); DELETE FROM alembic_version", "a b c", ""},
    {"alembic: unknown", "alembic", ALEMBIC "('d')", "a b c", UNKNOWN("alembic", "d")},
    {"alembic: one of two is unknown", "alembic", ALEMBIC "('b'), ('d')", "a b c",
     UNKNOWN("alembic", "d")},
    {"alembic: a part of an id is none", "alembic", ALEMBIC "('1')", "1_a 2_b",
     UNKNOWN("alembic", "1")},

    {"dbmate: timestamps", "dbmate", DBMATE "('20160107090901'), ('20160108110000')",
     "20160107090901_users 20160108110000_posts 20160109110000_more",
     "20160107090901_users 20160108110000_posts"},
    {"dbmate: ids without a name", "dbmate", DBMATE "('20160107090901')",
     "20160107090901 20160108110000", "20160107090901"},
    {"dbmate: two underscores in the name", "dbmate", DBMATE "('1'), ('2')", "1_a__b 2__c 3_d",
     "1_a__b 2__c"},
    {"dbmate: nothing", "dbmate", DBMATE "('1'); DELETE FROM schema_migrations", "1_a", ""},
    {"dbmate: unknown", "dbmate", DBMATE "('1'), ('7'), ('9')", "1_a 2_b",
     UNKNOWN("dbmate", "7") " | " UNKNOWN("dbmate", "9")},
    {"dbmate: ambiguous", "dbmate", DBMATE "('1')", "1_a 1_b",
     AMBIGUOUS("dbmate", "1", "1_a", "1_b")},
    {"dbmate: ambiguous by zeros", "dbmate", DBMATE "('1')", "01_a 1_b",
     AMBIGUOUS("dbmate", "1", "01_a", "1_b")},
    {"dbmate: an id that is the version itself", "dbmate", DBMATE "('1')", "1 1_b", "1"},
    {"dbmate: without a parent", "dbmate", DBMATE "('1'), ('3')", "1_a 2_b 3_c",
     ORPHAN("dbmate", "3_c", "2_b")},
    {"dbmate: without two parents", "dbmate", DBMATE "('2'), ('4')", "1_a 2_b 3_c 4_d",
     ORPHAN("dbmate", "2_b", "1_a") " | " ORPHAN("dbmate", "4_d", "3_c")},
    {"dbmate: branches", "dbmate", DBMATE "('1'), ('5')", "1_a 2_b,5_c 6_d", "1_a 5_c"},

    {"diesel: timestamps with dashes", "diesel", DIESEL "('20160107090901')", DAYS,
     "2016-01-07-090901_users"},
    {"diesel: all", "diesel", DIESEL "('20160108110000'), ('20160107090901')", DAYS, DAYS},
    {"diesel: its own setup", "diesel", DIESEL "('00000000000000'), ('20160107090901')",
     "00000000000000_diesel_initial_setup " DAYS,
     "00000000000000_diesel_initial_setup 2016-01-07-090901_users"},
    {"diesel: unknown", "diesel", DIESEL "('20160107090902')", DAYS,
     UNKNOWN("diesel", "20160107090902")},
    {"diesel: another table", "diesel", DBMATE "('1')", DAYS,
     NO_TABLE("diesel", "__diesel_schema_migrations")},

    {"flyway: versions of files", "flyway",
     FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 1), (3, '1.10', 'JDBC', 1)", FILES,
     "V1__init V1_2__more V1_10__index"},
    {"flyway: the first of several that begin alike", "flyway", FLYWAY "(1, '1', 'SQL', 1)", FILES,
     "V1__init"},
    {"flyway: ids that are versions", "flyway", FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 1)",
     "1 1.2 2", "1 1.2"},
    {"flyway: ids without a name", "flyway", FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 1)",
     "V1 V1_2 V2", "V1 V1_2"},
    {"flyway: an id that is whole goes first", "flyway", FLYWAY "(1, '1', 'SQL', 1)", "V1_2,V1",
     "V1"},
    {"flyway: one underscore", "flyway", FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 1)",
     "1_a 1.2_b 2_c", "1_a 1.2_b"},
    {"flyway: zeros in front", "flyway", FLYWAY "(1, '001', 'SQL', 1), (2, '01.02', 'SQL', 1)",
     "V1__a V1_2__b V10__c", "V1__a V1_2__b"},
    {"flyway: zeros behind are a version", "flyway", FLYWAY "(1, '10', 'SQL', 1)", "V10__a V1__b",
     "V10__a"},
    {"flyway: zero", "flyway", FLYWAY "(1, '0', 'SQL', 1)", "V0__a V00_1__b", "V0__a"},
    {"flyway: timestamps", "flyway", FLYWAY "(1, '20160107.0901', 'SQL', 1)",
     "V20160107_0901__a V20160107_0902__b", "V20160107_0901__a"},
    {"flyway: names with underscores", "flyway", FLYWAY "(1, '1', 'SQL', 1)",
     "V1__a_b__c V2__a_b__c", "V1__a_b__c"},
    {"flyway: repeatable scripts are no revisions", "flyway",
     FLYWAY "(1, '1', 'SQL', 1), (2, NULL, 'SQL', 1)", FILES, "V1__init"},
    {"flyway: a schema that it made", "flyway", FLYWAY "(0, NULL, 'SCHEMA', 1), (1, '1', 'SQL', 1)",
     FILES, "V1__init"},
    {"flyway: a baseline", "flyway", FLYWAY "(1, '1.10', 'BASELINE', 1)", FILES,
     "V1__init V1_2__more V1_10__index"},
    {"flyway: a baseline and more", "flyway",
     FLYWAY "(1, '1.10', 'BASELINE', 1), (2, '2', 'SQL', 1)", FILES, FILES},
    {"flyway: undone", "flyway",
     FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 1), (3, '1.2', 'UNDO_SQL', 1)", FILES,
     "V1__init"},
    {"flyway: undone, and applied again", "flyway",
     FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 1), (3, '1.2', 'UNDO_SQL', 1), (4, '1.2',"
            " 'SQL', 1)",
     FILES, "V1__init V1_2__more"},
    {"flyway: deleted", "flyway",
     FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 1), (3, '1.2', 'DELETE', 1)", FILES, "V1__init"},
    {"flyway: failed", "flyway", FLYWAY "(1, '1', 'SQL', 1), (2, '1.2', 'SQL', 0)", FILES,
     FAILED("flyway", "1.2")},
    {"flyway: unknown", "flyway", FLYWAY "(1, '1', 'SQL', 1), (2, '1.3', 'SQL', 1)", FILES,
     UNKNOWN("flyway", "1.3")},
    {"flyway: ambiguous", "flyway", FLYWAY "(1, '1', 'SQL', 1)", "V1__a V01__b",
     AMBIGUOUS("flyway", "1", "V1__a", "V01__b")},
    {"flyway: without a parent", "flyway", FLYWAY "(1, '1.2', 'SQL', 1)", FILES,
     ORPHAN("flyway", "V1_2__more", "V1__init")},

    {"golang-migrate: the version and all before", "golang-migrate", GOLANG "(2, 0)",
     "000001_a 000002_b 000003_c", "000001_a 000002_b"},
    {"golang-migrate: ten is not one", "golang-migrate", GOLANG "(10, 0)",
     "000001_a 000010_b 000100_c", "000001_a 000010_b"},
    {"golang-migrate: timestamps", "golang-migrate", GOLANG "(20160107090901, 0)",
     "20160107090901_users 20160108110000_posts", "20160107090901_users"},
    {"golang-migrate: dirty", "golang-migrate", GOLANG "(2, 1)", "000001_a 000002_b",
     FAILED("golang-migrate", "2")},
    {"golang-migrate: nothing", "golang-migrate", GOLANG "(2, 0); DELETE FROM schema_migrations",
     "000001_a", ""},
    {"golang-migrate: unknown", "golang-migrate", GOLANG "(3, 0)", "000001_a 000002_b",
     UNKNOWN("golang-migrate", "3")},
    {"golang-migrate: the table of dbmate", "golang-migrate", DBMATE "('1')", "000001_a",
     "4 no such column: dirty (SQLite code 1)"},

    {"goose: timestamps", "goose", GOOSE ", (20170506082420, 1), (20170506082527, 1)",
     "20170506082420_a 20170506082527_b 20170507000000_c", "20170506082420_a 20170506082527_b"},
    {"goose: numbers", "goose", GOOSE ", (1, 1), (2, 1)", "00001_a 00002_b 00003_c",
     "00001_a 00002_b"},
    {"goose: nothing", "goose", GOOSE, "00001_a", ""},
    {"goose: undone", "goose", GOOSE ", (1, 1), (2, 1), (2, 0)", "00001_a 00002_b", "00001_a"},
    {"goose: undone, and applied again", "goose", GOOSE ", (1, 1), (2, 1), (2, 0), (2, 1)",
     "00001_a 00002_b", "00001_a 00002_b"},
    {"goose: without a parent", "goose", GOOSE ", (2, 1)", "00001_a 00002_b",
     ORPHAN("goose", "00002_b", "00001_a")},

    {"no table", "flyway", "CREATE TABLE t (a)", FILES,
     NO_TABLE("flyway", "flyway_schema_history")},
    {"another tool", "liquibase", "CREATE TABLE t (a)", FILES,
     "2 the tables of 'liquibase' are not known / Known are alembic, dbmate, diesel, flyway, "
     "golang-migrate, goose, sqitch."},
    {"a tool in capitals", "Flyway", "CREATE TABLE t (a)", FILES,
     "2 the tables of 'Flyway' are not known / Known are alembic, dbmate, diesel, flyway, "
     "golang-migrate, goose, sqitch."},
    {"sqitch keeps a file of its own", "sqitch", "CREATE TABLE t (a)", FILES,
     "2 sqitch keeps its registry in another file than 'x.db' / Name the revision that the "
     "database has: --to ID."},
};

static void test_adopt(void **state)
{
    const struct adopt_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(target_close) struct target *target = NULL;
    struct target_options options = {.access = TARGET_READS};
    const struct index *index = make_index(arena, row->ids);
    bool *wanted = arena_array(arena, bool, index->step_count);

    prepare(row->prepare);
    assert_null(target_open(arena, TEXT("x.db"), &options, &target));
    const struct error *error = adopt_read(arena, target, index, text_from(row->tool), wanted);
    assert_string_equal(error ? support_show(arena, error) : show_wanted(arena, index, wanted),
                        row->expected);
}

/* On PostgreSQL, sqitch has a schema of its own. */

static struct error *sqitch_table(struct arena *arena, struct target *target, struct text name,
                                  bool *has)
{
    (void)arena;
    (void)target;
    *has = text_equal(name, TEXT("sqitch.changes"));
    return NULL;
}

static struct error *sqitch_rows(struct arena *arena, struct target *target, struct text sql,
                                 struct rows *rows)
{
    static struct text cells[] = {{"users", 5}, {"one", 3}, {"yes", 3},
                                  {"posts", 5}, {"one", 3}, {"yes", 3}};

    (void)arena;
    (void)target;
    assert_true(text_find(sql, TEXT("sqitch.changes")) < sql.size);
    *rows = (struct rows){cells, 3, 2};
    return NULL;
}

static void test_sqitch(void **state)
{
    static const struct target_operations operations = {.has_table = sqitch_table,
                                                        .ask = sqitch_rows};
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct target target = {&operations, .dialect = DIALECT_POSTGRESQL, .name = TEXT("db")};
    const struct index *index = make_index(arena, "users posts users_2");
    bool wanted[3] = {false};

    (void)state;
    assert_null(adopt_read(arena, &target, index, TEXT("sqitch"), wanted));
    assert_string_equal(show_wanted(arena, index, wanted), "users posts");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, adopt_rows, test_adopt);
    support_add(&tests, "sqitch", test_sqitch);
    return support_run("adopt", &tests);
}

/* Alembic's table: compared with the ledger, filled, and kept in step there and back. */
#include "runtime/alembic.h"
#include "support.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Each revision, a colon, its parents; ids are letters. */
#define CHAIN  "a: b:a c:b"
#define MERGED "a: b:a c:b d:a e:cd f:e"
#define ROOTS  "a: b: c:ab"

static struct index *make_index(struct arena *arena, const char *bundle)
{
    struct index *index = arena_one(arena, struct index);

    index->steps = arena_array(arena, struct index_step, strlen(bundle));
    for (struct text rest = text_from(bundle); rest.size;) {
        struct text word = text_cut(&rest, ' ');
        struct index_step *step = &index->steps[index->step_count++];

        step->id = text_slice(word, 0, 1);
        step->parent_count = word.size - 2;
        step->parents = arena_array(arena, struct text, step->parent_count);
        for (size_t i = 0; i < step->parent_count; i++)
            step->parents[i] = text_slice(word, 2 + i, 1);
    }
    index_sort(arena, index);
    return index;
}

/* "A" applied, "S" half applied, "s" half undone, "-" pending. */
static struct ledger_state read_state(struct arena *arena, const struct index *index,
                                      const char *letters)
{
    struct ledger_state state = {arena_array(arena, struct step_state, index->step_count), 0};

    assert_int_equal(strlen(letters), index->step_count);
    for (size_t i = 0; i < index->step_count; i++) {
        state.steps[i].standing = letters[i] == 'A'   ? STEP_APPLIED
                                  : letters[i] == '-' ? STEP_PENDING
                                                      : STEP_STOPPED;
        state.steps[i].kind = letters[i] == 's' ? SCRIPT_DOWN : SCRIPT_UP;
        state.applied += letters[i] == 'A';
    }
    return state;
}

static struct target *open_prepared(struct arena *arena, const char *sql)
{
    struct target_options options = {.access = TARGET_WRITES};
    struct target *target = NULL;
    sqlite3 *handle;

    unlink("x.db");
    assert_int_equal(sqlite3_open("x.db", &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    assert_null(target_open(arena, TEXT("x.db"), &options, &target));
    return target;
}

static const char *show_table(struct arena *arena, struct target *target)
{
    struct text shown = TEXT("");
    struct rows rows;
    bool has = false;

    assert_null(target->operations->has_table(arena, target, TEXT("alembic_version"), &has));
    if (!has)
        return "no table";
    assert_null(target->operations->ask(
        arena, target, TEXT("SELECT version_num FROM alembic_version ORDER BY 1"), &rows));
    for (size_t i = 0; i < rows.count; i++)
        shown = arena_format(arena, "%s%.*s", shown.bytes, TEXT_ARGS(rows.cells[i]));
    return shown.bytes;
}

/* "+a" for an INSERT, "-a" for a DELETE, "make" for CREATE TABLE. */
static const char *show_statement(struct arena *arena, struct text statement)
{
    static const struct text insert = {"INSERT INTO alembic_version (version_num) VALUES ('", 51},
                             drop = {"DELETE FROM alembic_version WHERE version_num = '", 49};

    if (text_starts(statement, TEXT("CREATE TABLE IF NOT EXISTS alembic_version (version_num"
                                    " VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc")))
        return "make";
    if (text_starts(statement, insert) && text_ends(statement, TEXT("')")))
        return arena_format(arena, "+%c", statement.bytes[insert.size]).bytes;
    if (text_starts(statement, drop) && text_ends(statement, TEXT("'")))
        return arena_format(arena, "-%c", statement.bytes[drop.size]).bytes;
    return statement.bytes;
}

/* Events: "+a" applied, "-a" undone, "=a" stamped, "<a" finished; ">a", ".a" and "!a" are begun. */
static const char *follow(struct arena *arena, struct target *target, struct alembic *alembic,
                          const char *events)
{
    static const char marks[] = "+>.!<~=";
    struct text shown = TEXT("");

    for (struct text rest = text_from(events); rest.size;) {
        struct text word = text_cut(&rest, ' ');
        bool down = text_starts(word, TEXT("-"));
        struct text mark = text_slice(word, down, 1);
        bool is_marked = strchr(marks, mark.bytes[0]);
        struct ledger_row row = {
            .event = is_marked ? (enum ledger_event)(strchr(marks, mark.bytes[0]) - marks)
                               : LEDGER_APPLIED,
            .kind = down ? SCRIPT_DOWN : SCRIPT_UP,
            .revision = text_slice(word, word.size - 1, 1),
        };
        struct alembic_change change = alembic_follow(arena, alembic, &row);

        for (size_t i = 0; i < change.count; i++) {
            struct rows rows;

            shown = arena_format(arena, "%s%s ", shown.bytes,
                                 show_statement(arena, change.statements[i]));
            assert_null(target->operations->ask(arena, target, change.statements[i], &rows));
        }
        shown = arena_format(arena, "%s%s", shown.bytes, rest.size ? "| " : "");
    }
    return shown.bytes;
}

#define TABLE                                                                                      \
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT"                   \
    " alembic_version_pkc PRIMARY KEY (version_num));"
#define HAS(ids) TABLE "INSERT INTO alembic_version VALUES " ids
#define BETWEEN(table, ledger)                                                                     \
    "6 alembic_version says " table ", the ledger says " ledger                                    \
    " / Somebody used Alembic in between, or it was not kept in step before: bring both to one "   \
    "state first."
#define ADOPT(table)                                                                               \
    "6 alembic_version says " table ", the ledger says nothing / Adopt what Alembic has done: "    \
    "'sqlland stamp --from alembic'."

static const struct alembic_row {
    const char *name, *bundle, *states, *prepare;
    const char *events, *expected, *table;
} alembic_rows[] = {
    {"open: no table", CHAIN, "---", "", "", "", "no table"},
    {"open: an empty table", CHAIN, "---", TABLE, "", "", ""},
    {"open: an empty table beside a ledger", CHAIN, "AA-", TABLE, "", BETWEEN("nothing", "b"), ""},
    {"open: the head", CHAIN, "AA-", HAS("('b')"), "", "", "b"},
    {"open: two heads", MERGED, "AAAA--", HAS("('c'), ('d')"), "", "", "cd"},
    {"open: a branch that goes on", MERGED, "AA-A--", HAS("('b'), ('d')"), "", "", "bd"},
    {"open: a revision that is begun is none", CHAIN, "AAS", HAS("('b')"), "", "", "b"},
    {"open: a revision that is half undone is one", CHAIN, "AAs", HAS("('c')"), "", "", "c"},
    {"open: half undone, but not there", CHAIN, "AAs", HAS("('b')"), "", BETWEEN("b", "c"), "b"},
    {"open: behind the ledger", CHAIN, "AA-", HAS("('a')"), "", BETWEEN("a", "b"), "a"},
    {"open: ahead of the ledger", CHAIN, "AA-", HAS("('c')"), "", BETWEEN("c", "b"), "c"},
    {"open: ahead by one that is begun", CHAIN, "AAS", HAS("('c')"), "", BETWEEN("c", "b"), "c"},
    {"open: a head too few", MERGED, "AAAA--", HAS("('c')"), "", BETWEEN("c", "c, d"), "c"},
    {"open: a head too many", MERGED, "AAA---", HAS("('d'), ('c')"), "", BETWEEN("c, d", "c"),
     "cd"},
    {"open: a head and its parent", CHAIN, "AA-", HAS("('a'), ('b')"), "", BETWEEN("a, b", "b"),
     "ab"},
    {"open: an unknown revision", CHAIN, "AA-", HAS("('x')"), "", BETWEEN("x", "b"), "x"},
    {"open: not adopted yet", CHAIN, "---", HAS("('b')"), "", ADOPT("b"), "b"},
    {"open: two heads, not adopted yet", MERGED, "------", HAS("('d'), ('c')"), "", ADOPT("c, d"),
     "cd"},
    {"open: another table", CHAIN, "---", "CREATE TABLE alembic_version (a)", "",
     "4 no such column: version_num (SQLite code 1)", NULL},

    {"up: the first", CHAIN, "---", "", "+a", "make +a ", "a"},
    {"up: the first, in an empty table", CHAIN, "---", TABLE, "+a", "make +a ", "a"},
    {"up: all", CHAIN, "---", "", "+a +b +c", "make +a | -a +b | -b +c ", "c"},
    {"up: the next", CHAIN, "A--", HAS("('a')"), "+b", "-a +b ", "b"},
    {"up: no table was kept before", CHAIN, "AA-", "", "+c", "make +c ", "c"},
    {"up: no table was kept before, two heads", MERGED, "AAA---", "", "+d", "make +c +d ", "cd"},
    {"up: a branch begins", MERGED, "AAA---", HAS("('c')"), "+d", "-a +d ", "cd"},
    {"up: a merge", MERGED, "AAAA--", HAS("('c'), ('d')"), "+e", "-c -d +e ", "e"},
    {"up: branches and their merge", MERGED, "------", "", "+a +d +b +c +e +f",
     "make +a | -a +d | -a +b | -b +c | -c -d +e | -e +f ", "f"},
    {"up: a second root", ROOTS, "A--", HAS("('a')"), "+b +c", "+b | -a -b +c ", "c"},
    {"up: stamps", CHAIN, "---", "", "=a =b", "make +a | -a +b ", "b"},
    {"up: piece by piece", CHAIN, "A--", HAS("('a')"), ">b .b !b >b .b <b", "| | | | | -a +b ",
     "b"},
    {"up: resumed", CHAIN, "A--", HAS("('a')"), ">b ~b <b", "| | -a +b ", "b"},
    {"up: piece by piece, the first", CHAIN, "---", "", ">a .a <a", "| | make +a ", "a"},

    {"down: the last", CHAIN, "AAA", HAS("('c')"), "-c", "-c +b ", "b"},
    {"down: all", CHAIN, "AAA", HAS("('c')"), "-c -b -a", "-c +b | -b +a | -a ", ""},
    {"down: the only one", CHAIN, "A--", HAS("('a')"), "-a", "-a ", ""},
    {"down: a merge", MERGED, "AAAAA-", HAS("('e')"), "-e", "-e +c +d ", "cd"},
    {"down: a merge and one branch", MERGED, "AAAAA-", HAS("('e')"), "-e -d", "-e +c +d | -d ",
     "c"},
    {"down: a merge and both branches", MERGED, "AAAAAA", HAS("('f')"), "-f -e -d -c -b -a",
     "-f +e | -e +c +d | -d | -c +b | -b +a | -a ", ""},
    {"down: to two roots", ROOTS, "AAA", HAS("('c')"), "-c -a", "-c +a +b | -a ", "b"},
    {"down: no table was kept before", CHAIN, "AAA", "", "-c", "make +b ", "b"},
    {"down: no table was kept before, and nothing is left", CHAIN, "A--", "", "-a", "make ", ""},
    {"down: piece by piece", CHAIN, "AA-", HAS("('b')"), "->b -.b -<b", "| | -b +a ", "a"},
    {"down: half undone, the rest", CHAIN, "AAs", HAS("('c')"), "->c -.c -<c -b",
     "| | -c +b | -b +a ", "a"},
    {"down: half undone, no table was kept before", CHAIN, "AAs", "", "->c -.c -<c", "| | make +b ",
     "b"},
    {"down: refused", CHAIN, "AA-", HAS("('b')"), "->b -!b", "| ", "b"},
    {"down and up again", CHAIN, "AAA", HAS("('c')"), "-c -b +b +c",
     "-c +b | -b +a | -a +b | -b +c ", "c"},
    {"down: all, and up again", CHAIN, "A--", HAS("('a')"), "-a +a", "-a | +a ", "a"},
};

static void test_alembic(void **state)
{
    const struct alembic_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(target_close) struct target *target = open_prepared(arena, row->prepare);
    const struct index *index = make_index(arena, row->bundle);
    struct ledger_state read = read_state(arena, index, row->states);
    struct alembic *alembic = NULL;

    struct error *error = alembic_open(arena, target, index, &read, &alembic);
    assert_string_equal(error ? support_show(arena, error)
                              : follow(arena, target, alembic, row->events),
                        row->expected);
    assert_true(!alembic == !!error);
    if (row->table)
        assert_string_equal(show_table(arena, target), row->table);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, alembic_rows, test_alembic);
    return support_run("alembic", &tests);
}

/* Which revisions run, in which order, there and back; and what is in the way. */
#include "runtime/plan.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/*
 * A bundle: each revision, a colon, its parents; an id is one letter, and X stands for "base". Up
 * scripts have three pieces, down scripts two; but behind the parents may stand "?" for no down
 * script, "!" for 'down: none', "*" for idempotent, "#" where the second piece builds an index.
 */
#define CHAIN  "a: b:a c:b"
#define MERGED "a: b:a c:b d:a e:cd f:e"
#define ROOTS  "a: b: c:ab d:b"
#define BASED  "X: b:X c:b"

static struct text id_of(struct arena *arena, char letter)
{
    return letter == 'X' ? TEXT("base") : arena_format(arena, "%c", letter);
}

static struct index_script script_of(struct arena *arena, const struct index_step *step,
                                     enum script_kind kind, bool builds)
{
    struct index_script script = {
        .presence = SCRIPT_FILE,
        .path = arena_format(arena, "%.*s.%s.sql", TEXT_ARGS(step->id), script_kind_name(kind)),
        .cut_count = kind == SCRIPT_UP ? 3 : 2,
        .builds = arena_one(arena, struct index_build),
        .build_count = builds,
    };

    *script.builds = (struct index_build){1, TEXT("t"), TEXT("i")};
    return script;
}

static bool has(struct text word, char flag)
{
    return text_find_byte(word, flag) < word.size;
}

static struct index *make_index(struct arena *arena, const char *bundle)
{
    struct index *index = arena_one(arena, struct index);

    index->steps = arena_array(arena, struct index_step, strlen(bundle));
    for (struct text rest = text_from(bundle); rest.size;) {
        struct text word = text_cut(&rest, ' ');
        struct index_step *step = &index->steps[index->step_count++];
        size_t flags = word.size;

        while (strchr("?!*#", word.bytes[flags - 1]))
            flags--;
        step->id = id_of(arena, word.bytes[0]);
        step->parent_count = flags - 2;
        step->parents = arena_array(arena, struct text, step->parent_count);
        for (size_t i = 0; i < step->parent_count; i++)
            step->parents[i] = id_of(arena, word.bytes[2 + i]);
        step->idempotent = has(word, '*');
        step->scripts[SCRIPT_UP] = script_of(arena, step, SCRIPT_UP, has(word, '#'));
        if (has(word, '!'))
            step->scripts[SCRIPT_DOWN].presence = SCRIPT_NONE;
        else if (!has(word, '?'))
            step->scripts[SCRIPT_DOWN] = script_of(arena, step, SCRIPT_DOWN, has(word, '#'));
    }
    index_sort(arena, index);
    return index;
}

/*
 * For each revision a letter: "A" applied, "-" pending, "S" stopped, "I" interrupted; small letters
 * where that is of the down script. Behind it, how many pieces are done: "AAs1".
 */
static struct ledger_state read_state(struct arena *arena, const struct index *index,
                                      const char *letters)
{
    struct ledger_state state = {arena_array(arena, struct step_state, index->step_count), 0};

    for (size_t i = 0; i < index->step_count; i++) {
        struct step_state *step = &state.steps[i];
        char letter = *letters++;

        step->standing = letter == 'A'                    ? STEP_APPLIED
                         : letter == '-'                  ? STEP_PENDING
                         : letter == 'S' || letter == 's' ? STEP_STOPPED
                                                          : STEP_INTERRUPTED;
        step->kind = letter == 's' || letter == 'i' ? SCRIPT_DOWN : SCRIPT_UP;
        if (*letters >= '0' && *letters <= '9')
            step->pieces = (size_t)(*letters++ - '0');
        state.applied += step->standing == STEP_APPLIED;
    }
    assert_int_equal(*letters, '\0');
    return state;
}

/* "c b, 3 before" */
static const char *show_plan(struct arena *arena, const struct plan *plan)
{
    struct text shown = TEXT("");

    for (size_t i = 0; i < plan->count; i++)
        shown = arena_format(arena, "%s%s%.*s", shown.bytes, i ? " " : "",
                             TEXT_ARGS(plan->steps[i]->id));
    return arena_format(arena, "%s, %zu before", shown.bytes, plan->applied).bytes;
}

#define NO_REVISION "2 the bundle has no revision 'x'"
#define NOT_APPLIED(id)                                                                            \
    "6 revision '" id "' is not applied: there is no way back to it / 'sqlland history' shows "    \
    "what is."
#define NO_SCRIPT(id) "6 revision '" id "' cannot be undone: it has no down script"
#define DECLARED(id)  "6 revision '" id "' cannot be undone: its manifest says 'down: none'"
#define NO_WAY        " / Nothing can be undone here: restore a copy of the database."
#define SUGGEST(id)                                                                                \
    " / '--to " id "' undoes what can be undone; for more, restore a copy of the database."
#define HALF(id, what, command)                                                                    \
    "8 revision '" id "' is half " what                                                            \
    ": a person must look / Finish that with 'sqlland " command                                    \
    "', or say with 'sqlland resume' what became of it."
#define INTERRUPTED(id, script, count, done, next, behind)                                         \
    "8 revision '" id "' runs without a transaction and was interrupted: a person must look; of "  \
    "the " count " statements of '" id "." script ".sql', " done " are done; whether the next "    \
    "one is, nobody knows / Compare the database with statement " next ", then say what is "       \
    "there: 'sqlland resume' with '--from " next "' where it is not done, '--from " behind         \
    "' where it is."

static const struct plan_row {
    const char *name, *bundle, *states, *to;
    const char *expected;
} upgrade_rows[] = {
    {"upgrade: everything", MERGED, "------", NULL, "a b c d e f, 0 before"},
    {"upgrade: nothing", MERGED, "AAAAAA", NULL, ", 6 before"},
    {"upgrade: the rest", MERGED, "AA-A--", NULL, "c e f, 3 before"},
    {"upgrade: to one of two branches", MERGED, "------", "c", "a b c, 0 before"},
    {"upgrade: to the other", MERGED, "A-----", "d", "d, 1 before"},
    {"upgrade: to the merge", MERGED, "A-----", "e", "b c d e, 1 before"},
    {"upgrade: to one that is there", MERGED, "AAA---", "b", ", 3 before"},
    {"upgrade: to a second root", ROOTS, "----", "d", "b d, 0 before"},
    {"upgrade: to nothing known", CHAIN, "---", "x", NO_REVISION},
    {"upgrade: base is no revision", CHAIN, "---", "base", "2 the bundle has no revision 'base'"},
    {"upgrade: to one of that name", BASED, "---", "base", "base, 0 before"},
    {"upgrade: without down scripts", "a:? b:a? c:b?", "---", NULL, "a b c, 0 before"},

    {"upgrade: stopped", CHAIN, "AS1-", NULL, "b c, 1 before"},
    {"upgrade: interrupted", CHAIN, "AI1-", NULL, INTERRUPTED("b", "up", "3", "1", "2", "3")},
    {"upgrade: interrupted at once", CHAIN, "I0--", NULL,
     INTERRUPTED("a", "up", "3", "0", "1", "2")},
    {"upgrade: interrupted elsewhere", MERGED, "A--I2--", "b", "b, 1 before"},
    {"upgrade: interrupted, idempotent", "a: b:a* c:b", "AI1-", NULL, "b c, 1 before"},
    {"upgrade: interrupted, another is idempotent", "a:* b:a c:b*", "AI1-", NULL,
     INTERRUPTED("b", "up", "3", "1", "2", "3")},
    {"upgrade: interrupted behind its last", CHAIN, "AI3-", NULL, "b c, 1 before"},
    {"upgrade: interrupted where it builds an index", "a: b:a# c:b", "AI1-", NULL, "b c, 1 before"},
    {"upgrade: interrupted behind the index", "a: b:a# c:b", "AI2-", NULL,
     INTERRUPTED("b", "up", "3", "2", "3", "4")},
    {"upgrade: half undone", CHAIN, "AAs1", NULL, HALF("c", "undone", "downgrade")},
    {"upgrade: half undone, idempotent", "a: b:a c:b*", "AAi1", "a",
     HALF("c", "undone", "downgrade")},
};

static const struct plan_row downgrade_rows[] = {
    {"downgrade: to the last but one", CHAIN, "AAA", "b", "c, 3 before"},
    {"downgrade: to the first", CHAIN, "AAA", "a", "c b, 3 before"},
    {"downgrade: to the last", CHAIN, "AAA", "c", ", 3 before"},
    {"downgrade: to base", CHAIN, "AAA", "base", "c b a, 3 before"},
    {"downgrade: to base, of nothing", CHAIN, "---", "base", ", 0 before"},
    {"downgrade: to base, of a part", CHAIN, "AA-", "base", "b a, 2 before"},
    {"downgrade: to a revision called base", BASED, "AAA", "base", "c b, 3 before"},
    {"downgrade: to a revision called base, not applied", BASED, "---", "base",
     NOT_APPLIED("base")},
    {"downgrade: to nothing known", CHAIN, "AAA", "x", NO_REVISION},
    {"downgrade: to one that is not applied", CHAIN, "AA-", "c", NOT_APPLIED("c")},

    {"downgrade: a merge, all of it", MERGED, "AAAAAA", "base", "f e d c b a, 6 before"},
    {"downgrade: to the merge", MERGED, "AAAAAA", "e", "f, 6 before"},
    {"downgrade: to where it began", MERGED, "AAAAAA", "a", "f e d c b, 6 before"},
    {"downgrade: to one branch", MERGED, "AAAAAA", "c", "f e d, 6 before"},
    {"downgrade: to the other branch", MERGED, "AAAAAA", "d", "f e c b, 6 before"},
    {"downgrade: before the merge", MERGED, "AAAA--", "b", "d c, 4 before"},
    {"downgrade: a branch alone", MERGED, "A--A--", "a", "d, 2 before"},
    {"downgrade: two roots, to base", ROOTS, "AAAA", "base", "d c b a, 4 before"},
    {"downgrade: two roots, to one", ROOTS, "AAAA", "a", "d c b, 4 before"},
    {"downgrade: two roots, to the other", ROOTS, "AAAA", "d", "c a, 4 before"},
    {"downgrade: two roots, to both", ROOTS, "AAAA", "c", "d, 4 before"},

    {"downgrade: no down script", "a: b:a? c:b", "AAA", "base", NO_SCRIPT("b") SUGGEST("b")},
    {"downgrade: down: none", "a: b:a! c:b", "AAA", "base", DECLARED("b") SUGGEST("b")},
    {"downgrade: the last has no way back", "a: b:a c:b!", "AAA", "a", DECLARED("c") NO_WAY},
    {"downgrade: several have no way back", "a:! b:a? c:b!", "AAA", "base",
     DECLARED("c") NO_WAY " | " NO_SCRIPT("b") " | " DECLARED("a")},
    {"downgrade: what stays has no way back", "a:? b:a! c:b", "AAA", "b", "c, 3 before"},
    {"downgrade: what is pending has no way back", "a: b:a c:b?", "AA-", "a", "b, 2 before"},
    {"downgrade: a branch has no way back", "a: b:a c:b d:a? e:cd f:e", "AAAAAA", "a",
     NO_SCRIPT("d") SUGGEST("d")},
    {"downgrade: both branches have none", "a: b:a c:b! d:a? e:cd f:e", "AAAAAA", "a",
     NO_SCRIPT("d") " | " DECLARED("c")},
    {"downgrade: the merge has none, nor what is before it", "a: b:a c:b? d:a? e:cd? f:e", "AAAAAA",
     "a", NO_SCRIPT("e") SUGGEST("e") " | " NO_SCRIPT("d") " | " NO_SCRIPT("c")},
    {"downgrade: a branch that stays has none", "a: b:a c:b d:a? e:cd f:e", "AAAAAA", "d",
     "f e c b, 6 before"},

    {"downgrade: half undone", CHAIN, "AAs1", "b", "c, 3 before"},
    {"downgrade: half undone, and on to base", CHAIN, "AAs1", "base", "c b a, 3 before"},
    {"downgrade: half undone, nothing else is there", CHAIN, "s1--", "base", "a, 1 before"},
    {"downgrade: half undone, to it", CHAIN, "AAs1", "c", NOT_APPLIED("c")},
    {"downgrade: undo interrupted", CHAIN, "AAi1", "b",
     INTERRUPTED("c", "down", "2", "1", "2", "3")},
    {"downgrade: undo interrupted at once", CHAIN, "AAi0", "base",
     INTERRUPTED("c", "down", "2", "0", "1", "2")},
    {"downgrade: undo interrupted, idempotent", "a: b:a c:b*", "AAi0", "base", "c b a, 3 before"},
    {"downgrade: undo interrupted behind its last", CHAIN, "AAi2", "b", "c, 3 before"},
    {"downgrade: undo interrupted where it builds an index", "a: b:a c:b#", "AAi1", "b",
     "c, 3 before"},
    {"downgrade: one undone, its parent half", MERGED, "AAAs1--", "c", "d, 4 before"},
    {"downgrade: two half undone", MERGED, "AAs1s1--", "a", "d c b, 4 before"},
    {"downgrade: half applied", CHAIN, "AAS1", "b", HALF("c", "applied", "upgrade")},
    {"downgrade: half applied, interrupted", "a: b:a* c:b", "AI1-", "base",
     HALF("b", "applied", "upgrade")},
    {"downgrade: half applied, which would stay", MERGED, "AS1-A--", "a",
     HALF("b", "applied", "upgrade")},
};

static void check_plan(const struct plan_row *row, enum script_kind kind)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct index *index = make_index(arena, row->bundle);
    struct ledger_state state = read_state(arena, index, row->states);
    struct plan plan = {.count = 99};
    struct error *error = kind == SCRIPT_UP
                              ? plan_upgrade(arena, index, &state, text_from(row->to), &plan)
                              : plan_downgrade(arena, index, &state, text_from(row->to), &plan);

    assert_string_equal(error ? support_show(arena, error) : show_plan(arena, &plan),
                        row->expected);
    if (error)
        assert_int_equal(plan.count, 99);
    else
        assert_int_equal(plan.kind, kind);
}

static void test_upgrade(void **state)
{
    check_plan(*state, SCRIPT_UP);
}

static void test_downgrade(void **state)
{
    check_plan(*state, SCRIPT_DOWN);
}

/* What is said of a script that was begun. */

#define GOES_ON(what, count, script, done, command)                                                \
    "8 revision 'a' is half " what ": of the " count " statements of 'a." script ".sql', " done    \
    " are done / 'sqlland " command "' goes on by itself."

static const struct begun_row {
    const char *name, *bundle, *state, *expected;
} begun_rows[] = {
    {"begun: stopped", "a:", "S1", GOES_ON("applied", "3", "up", "1", "upgrade")},
    {"begun: undo stopped", "a:", "s1", GOES_ON("undone", "2", "down", "1", "downgrade")},
    {"begun: interrupted", "a:", "I1", INTERRUPTED("a", "up", "3", "1", "2", "3")},
    {"begun: undo interrupted", "a:", "i0", INTERRUPTED("a", "down", "2", "0", "1", "2")},
    {"begun: interrupted, idempotent", "a:*", "I1", GOES_ON("applied", "3", "up", "1", "upgrade")},
    {"begun: interrupted behind its last", "a:", "I3",
     GOES_ON("applied", "3", "up", "3", "upgrade")},
    {"begun: interrupted where it builds an index", "a:#", "i1",
     GOES_ON("undone", "2", "down", "1", "downgrade")},
};

static void test_begun(void **state)
{
    const struct begun_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct index *index = make_index(arena, row->bundle);
    struct ledger_state read = read_state(arena, index, row->state);

    support_check(plan_begun_error(arena, &index->steps[0], &read.steps[0]), row->expected);
}

static void test_find_build(void **state)
{
    struct index_build builds[] = {{1, TEXT("t"), TEXT("i")}, {4, TEXT("t"), TEXT("j")}};
    struct index_script script = {.builds = builds, .build_count = COUNT(builds)};

    (void)state;
    assert_null(plan_find_build(&script, 0));
    assert_ptr_equal(plan_find_build(&script, 1), &builds[0]);
    assert_null(plan_find_build(&script, 2));
    assert_ptr_equal(plan_find_build(&script, 4), &builds[1]);
}

/* All revisions of a long chain in one plan; nothing quadratic fits below the ceiling. */
static void test_large(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    enum { STEPS = 20000 };
    struct index *index = make_index(arena, "a:");
    struct index_step first = index->steps[0];
    struct ledger_state applied = {arena_array(arena, struct step_state, STEPS), STEPS};
    struct plan plan;

    (void)state;
    index->steps = arena_array(arena, struct index_step, STEPS);
    index->step_count = STEPS;
    for (size_t i = 0; i < STEPS; i++) {
        index->steps[i] = first;
        index->steps[i].id = arena_format(arena, "r%zu", i);
        index->steps[i].parent_count = i > 0;
        index->steps[i].parents = i ? &index->steps[i - 1].id : NULL;
        applied.steps[i].standing = STEP_APPLIED;
    }
    index_sort(arena, index);
    assert_null(plan_downgrade(arena, index, &applied, TEXT("r0"), &plan));
    assert_int_equal(plan.count, STEPS - 1);
    assert_true(text_equal(plan.steps[0]->id, TEXT("r19999")));
    assert_true(text_equal(plan.steps[STEPS - 2]->id, TEXT("r1")));
    assert_null(plan_upgrade(arena, index, &applied, (struct text){0}, &plan));
    assert_int_equal(plan.count, 0);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, upgrade_rows, test_upgrade);
    support_add_rows(&tests, downgrade_rows, test_downgrade);
    support_add_rows(&tests, begun_rows, test_begun);
    support_add(&tests, "find a build", test_find_build);
    support_add(&tests, "20,000 revisions", test_large);
    return support_run("plan", &tests);
}

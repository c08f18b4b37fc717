/* Rows without a script: revisions adopted, and what a person found, whatever call fails. */
#include "fake.h"
#include "runtime/stamp.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct revision revisions[] = {
    {"a", "", "up a;", "down a;", NULL, "", false},
    {"b", "a", "up b;", "down b;", NULL, "timeouts", false},
    {"n", "b", "one;\ntwo;\nthree;", "undo one;\nundo two;", NULL, "none", false},
    {"m", "a", "four;\nfive;", NULL, NULL, "none", false},
    {"z", "nm", "up z;", NULL, NULL, "", false},
};

struct row {
    const char *name, *before;
    const char *to;  /* of stamp; for resume the revision, NULL for the only one */
    const char *how; /* of "tool", "alembic", "table", "keeps"; for resume also "done", "undone" */
    uint64_t from;   /* of resume */
    size_t fails_at;
    const char *log, *expected, *after;
};

static struct run_options make_options(struct bundle *bundle, struct fake *fake,
                                       struct report *report)
{
    report->quiet = true;
    return (struct run_options){
        .bundle = bundle,
        .target = &fake->target,
        .report = report,
        .lock_timeout_ms = 1234,
        .note = TEXT("a note"),
    };
}

static void prepare(struct arena *arena, const struct row *row, struct bundle *bundle,
                    struct fake *fake)
{
    fake_bundle(arena, revisions, COUNT(revisions), strstr(row->how, "alembic"), bundle);
    fake_append(arena, bundle, &fake->ledger, row->before);
    fake->fails_at = row->fails_at;
    fake->keeps = strstr(row->how, "keeps");
    if (strstr(row->how, "tool"))
        fake->versions = "n";
    else if (strstr(row->how, "table"))
        fake->versions = fake_heads(arena, bundle, &fake->ledger);
}

static void check(struct arena *arena, const struct row *row, const struct fake *fake,
                  const struct error *error)
{
    struct text log = arena_copy(arena, buffer_text(&fake->log));

    assert_string_equal(log.bytes, row->log);
    assert_string_equal(support_show(arena, error), row->expected);
    assert_string_equal(fake_events(arena, &fake->ledger), row->after);
    assert_false(fake->open);
}

/* Stamps. */

#define READ    "lock read"
#define BEGIN   READ " prepare begin"
#define NOTHING "; nothing was stamped"
#define NOT_DONE(id)                                                                               \
    "8 revision '" id "' is begun and not finished: a person must look / Say what is there with "  \
    "'sqlland resume'."

static const struct row stamp_rows[] = {
    {"stamp: one", "", "a", "", 0, 0, BEGIN " record<stamped a> commit", "", "=a"},
    {"stamp: and all it needs", "", "n", "", 0, 0,
     BEGIN " record<stamped a> proceed record<stamped b> proceed record<stamped n> commit", "",
     "=a =b =n"},
    {"stamp: the rest", "+a +b", "n", "", 0, 0, BEGIN " record<stamped n> commit", "", "+a +b =n"},
    {"stamp: nothing to do", "+a", "a", "", 0, 0, READ, "", "+a"},
    {"stamp: one that was undone", "+a +b -b", "b", "", 0, 0, BEGIN " record<stamped b> commit", "",
     "+a +b -b =b"},
    {"stamp: nothing known", "", "x", "", 0, 0, READ, "2 the bundle has no revision 'x'", ""},
    {"stamp: half applied", "+a +b >n .n1 !n1", "n", "", 0, 0, READ, NOT_DONE("n"),
     "+a +b >n .n1 !n1"},
    {"stamp: half undone", "+a +b >n <n ->n -.n1", "n", "", 0, 0, READ, NOT_DONE("n"),
     "+a +b >n <n ->n -.n1"},
    {"stamp: half applied elsewhere", "+a >m", "b", "", 0, 0, BEGIN " record<stamped b> commit", "",
     "+a >m =b"},
    {"stamp: Alembic's table is filled", "", "b", "alembic", 0, 0,
     READ " has-table prepare begin record<stamped a: make +a> proceed"
          " record<stamped b: -a +b> commit",
     "", "=a =b"},
    {"stamp: from Alembic, whose table stays", "", NULL, "tool alembic", 0, 0,
     READ " has-table ask prepare begin record<stamped a> proceed record<stamped b> proceed"
          " record<stamped n> commit",
     "", "=a =b =n"},
    {"stamp: lock fails", "", "b", "", 0, 1, "lock", "4 lock failed", ""},
    {"stamp: prepare fails", "", "b", "", 0, 3, READ " prepare", "4 prepare failed" NOTHING, ""},
    {"stamp: begin fails", "", "b", "", 0, 4, BEGIN, "4 begin failed" NOTHING, ""},
    {"stamp: record fails", "", "b", "", 0, 5, BEGIN " record<stamped a> rollback",
     "4 record failed" NOTHING, ""},
    {"stamp: proceed fails", "", "b", "", 0, 6, BEGIN " record<stamped a> proceed rollback",
     "4 proceed failed" NOTHING, ""},
    {"stamp: the second record fails", "", "b", "", 0, 7,
     BEGIN " record<stamped a> proceed record<stamped b> rollback", "4 record failed" NOTHING, ""},
    {"stamp: commit fails", "", "b", "", 0, 8,
     BEGIN " record<stamped a> proceed record<stamped b> commit rollback read",
     "4 commit failed" NOTHING, ""},
    {"stamp: commit fails, though it worked", "", "b", "keeps", 0, 8,
     BEGIN " record<stamped a> proceed record<stamped b> commit rollback read",
     "8 commit failed; nobody knows whether the stamps are recorded", "=a =b"},
};

static void test_stamp(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    struct report report = report_new(arena, stdout, stderr);
    bool from_tool = strstr(row->how, "tool");
    struct stamped stamped;

    prepare(arena, row, &bundle, &fake);
    struct stamp_options options = {
        .run = make_options(&bundle, &fake, &report),
        .to = text_from(row->to),
        .tool = text_from(from_tool ? "alembic" : NULL),
    };
    options.run.adopts_alembic = from_tool;
    struct error *error = stamp(arena, &options, &stamped);
    check(arena, row, &fake, error);
    if (error)
        return;
    assert_string_equal(fake_events(arena, &stamped.ledger), row->after);
    if (fake.versions)
        assert_string_equal(fake.versions, fake_heads(arena, &bundle, &fake.ledger));
    for (size_t i = 0; i < stamped.plan.count; i++) {
        const struct ledger_row *made =
            &fake.ledger.rows[fake.ledger.count - stamped.plan.count + i];

        assert_true(text_equal(made->revision, stamped.plan.steps[i]->id));
        assert_memory_equal(&made->script, &stamped.plan.steps[i]->scripts[SCRIPT_UP].digest,
                            DIGEST_SIZE);
        assert_true(text_equal(made->note, TEXT("a note")));
    }
}

/* What a person found. */

#define RESUMED(event) BEGIN " record<" event "> commit"
#define UP_TO_N        "+a +b >n .n1 .n2 .n3 <n"
#define TOO_FAR(count, from, end)                                                                  \
    "2 the script has " count " statements, not " from " / '--from " end                           \
    "' says that all of them are done."
#define NOTHING_TO_SAY " / There is nothing to say about it: 'sqlland check' shows what is."

static const struct row resume_rows[] = {
    {"resume: from the first", "+a +b >n", NULL, "", 1, 0, RESUMED("resumed n"), "", "+a +b >n ~n"},
    {"resume: from the second", "+a +b >n", NULL, "", 2, 0, RESUMED("resumed n"), "",
     "+a +b >n ~n1"},
    {"resume: behind the last", "+a +b >n .n1", NULL, "", 4, 0, RESUMED("resumed n"), "",
     "+a +b >n .n1 ~n3"},
    {"resume: done", "+a +b >n .n1", NULL, "done", 0, 0, RESUMED("resumed n"), "",
     "+a +b >n .n1 ~n3"},
    {"resume: undone", "+a +b >n .n1", NULL, "undone", 0, 0, RESUMED("resumed n"), "",
     "+a +b >n .n1 ~n"},
    {"resume: stopped", "+a +b >n .n1 !n1", "n", "", 3, 0, RESUMED("resumed n"), "",
     "+a +b >n .n1 !n1 ~n2"},
    {"resume: again", "+a +b >n ~n1", "n", "", 3, 0, RESUMED("resumed n"), "", "+a +b >n ~n1 ~n2"},
    {"resume: an undo", UP_TO_N " ->n", NULL, "", 2, 0, RESUMED("undo-resumed n"), "",
     UP_TO_N " ->n -~n1"},
    {"resume: an undo that is done", UP_TO_N " ->n", NULL, "done", 0, 0, RESUMED("undo-resumed n"),
     "", UP_TO_N " ->n -~n2"},
    {"resume: one of two", "+a +b >n >m .m1", "m", "", 2, 0, RESUMED("resumed m"), "",
     "+a +b >n >m .m1 ~m1"},
    {"resume: beside Alembic's table", "+a +b >n", NULL, "alembic table", 2, 0,
     READ " has-table ask prepare begin record<resumed n> commit", "", "+a +b >n ~n1"},

    {"resume: from nothing", "+a +b >n", NULL, "", 0, 0, READ, TOO_FAR("3", "0", "4"), "+a +b >n"},
    {"resume: from too far", "+a +b >n", NULL, "", 5, 0, READ, TOO_FAR("3", "5", "4"), "+a +b >n"},
    {"resume: an undo, from too far", UP_TO_N " ->n", NULL, "", 4, 0, READ, TOO_FAR("2", "4", "3"),
     UP_TO_N " ->n"},
    {"resume: two are begun", "+a +b >n >m", NULL, "", 1, 0, READ,
     "2 2 revisions are half done: name one", "+a +b >n >m"},
    {"resume: nothing is begun", "+a +b", NULL, "done", 0, 0, READ,
     "6 no revision is half done" NOTHING_TO_SAY, "+a +b"},
    {"resume: this one is not", "+a +b >n", "b", "done", 0, 0, READ,
     "6 revision 'b' is not half done" NOTHING_TO_SAY, "+a +b >n"},
    {"resume: one that was refused", "+a +b >n !n", "n", "done", 0, 0, READ,
     "6 revision 'n' is not half done" NOTHING_TO_SAY, "+a +b >n !n"},
    {"resume: nothing known", "+a +b >n", "x", "done", 0, 0, READ,
     "2 the bundle has no revision 'x'", "+a +b >n"},
    {"resume: prepare fails", "+a +b >n", NULL, "done", 0, 3, READ " prepare", "4 prepare failed",
     "+a +b >n"},
    {"resume: record fails", "+a +b >n", NULL, "done", 0, 5, BEGIN " record<resumed n> rollback",
     "4 record failed", "+a +b >n"},
    {"resume: commit fails", "+a +b >n", NULL, "done", 0, 6, RESUMED("resumed n") " rollback read",
     "4 commit failed", "+a +b >n"},
    {"resume: commit fails, though it worked", "+a +b >n", NULL, "done keeps", 0, 6,
     RESUMED("resumed n") " rollback read", "8 commit failed", "+a +b >n ~n3"},
};

static void test_resume(void **state)
{
    const struct row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    struct report report = report_new(arena, stdout, stderr);
    struct resumed resumed;

    prepare(arena, row, &bundle, &fake);
    struct resume_options options = {
        .run = make_options(&bundle, &fake, &report),
        .id = text_from(row->to),
        .how = strstr(row->how, "undone") ? RESUME_UNDONE
               : strstr(row->how, "done") ? RESUME_DONE
                                          : RESUME_FROM,
        .from = row->from,
    };
    struct error *error = resume(arena, &options, &resumed);
    check(arena, row, &fake, error);
    if (error)
        return;
    const struct ledger_row *made = &fake.ledger.rows[fake.ledger.count - 1];
    const struct index_script *script = &resumed.step->scripts[resumed.kind];
    assert_true(text_equal(made->revision, resumed.step->id));
    assert_true(text_equal(made->note, TEXT("a note")));
    assert_memory_equal(&made->script, &script->digest, DIGEST_SIZE);
    assert_int_equal(made->kind, resumed.kind);
    assert_int_equal(made->pieces, resumed.done);
    assert_int_equal(resumed.count, index_piece_count(script));
    assert_int_equal(resumed.ledger.count, fake.ledger.count);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, stamp_rows, test_stamp);
    support_add_rows(&tests, resume_rows, test_resume);
    return support_run("stamp", &tests);
}

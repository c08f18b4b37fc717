/*
 * What runs, in which order, and what stays behind when any call of it fails: on a target that
 * records its calls, with signed bundles; then hostile ones on SQLite.
 */
#include "compiler/writer.h"
#include "fake.h"
#include "runtime/apply.h"
#include "support.h"

#include <pwd.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Bundles. */

static const struct revision revisions[] = {
    {"a", "", "up a;", "down a;", "verify a;", "", false},
    {"b", "a", "up b;", "down b;", NULL, "keys-off timeouts", false},
    {"n", "b", "one;\ntwo;\nthree;", "undo one;\nundo two;", "verify n;", "none", false},
    {"i", "a", "-- both\nfour;\nfive;", "undo i;", NULL, "none idempotent", false},
    {"z", "ni", "up z;\nmore z;", "down z;\nmore down z;", "verify z;\nand z;", "down-keys-off",
     false},
};

/* Lines that begin with "build" make an index of that name, outside a transaction. */
static const struct revision building[] = {
    {"a", "", "up a;", NULL, NULL, "", false},
    {"x", "a", "six;\nbuild i7\neight;", NULL, "verify x;", "none timeouts", false},
    {"y", "x", "build i9", NULL, NULL, "none", false},
};

/* All of these may share a transaction. */
static const struct revision together[] = {
    {"a", "", "up a;", "down a;", "verify a;", "", false},
    {"b", "a", "up b;", "down b;", NULL, "keys-off", false},
    {"c", "a", "up c;", "down c;", NULL, "timeouts", false},
    {"d", "bc", "up d;", "down d;", "verify d;", "", false},
};

/* how  of "down", "atomic", "backup" */
static struct error *apply_as(struct arena *arena, struct bundle *bundle, struct target *target,
                              const char *to, const char *how, struct applied *applied)
{
    struct report report = report_new(arena, stdout, stderr);
    struct apply_options options = {
        .run = {.bundle = bundle,
                .target = target,
                .report = &report,
                .lock_timeout_ms = 1234,
                .note = TEXT("allow-expired")},
        .kind = strstr(how, "down") ? SCRIPT_DOWN : SCRIPT_UP,
        .to = text_from(to),
        .atomic = strstr(how, "atomic"),
        .backup = text_from(strstr(how, "backup") ? "y.db" : NULL),
    };

    report.quiet = true;
    return apply(arena, &options, applied);
}

static struct error *upgrade(struct arena *arena, struct bundle *bundle, struct target *target,
                             const char *to, struct applied *applied)
{
    return apply_as(arena, bundle, target, to, "", applied);
}

/* One call fails, or none. The log ends with it; then comes what is done about it. */

#define EVENT(event)    " begin record<" event "> commit"
#define PIECE(id, text) " run<" text ">" EVENT("progressed " id)

#define READ    "lock read"
#define START   READ " inspect"
#define STEP_A  " prepare begin run<up a;> verify<verify a;> record<applied a> commit"
#define BEGIN_B " prepare-keys-off<5 6> begin-keys-off<5 6> run<up b;>"
#define STEP_B  BEGIN_B " record<applied b> commit"
#define BEGIN_N " prepare" EVENT("started n")
#define ONE     PIECE("n", "one;")
#define TWO     PIECE("n", "two;")
#define THREE   PIECE("n", "three;")
#define END_N   " verify<verify n;>" EVENT("finished n")
#define STEP_N  BEGIN_N ONE TWO THREE END_N
#define STEP_I                                                                                     \
    " prepare" EVENT("started i") PIECE("i", "four;") PIECE("i", "five;") EVENT("finished i")
#define STEP_Z " prepare begin run<up z;|more z;> verify<verify z;|and z;> record<applied z> commit"

/* What stands behind errors: notes, and what to do. */
#define AGAIN(command, id)                                                                         \
    " / When the cause is removed, the same 'sqlland " command "' goes on with revision '" id "'."
#define CHECK_FIRST(command)                                                                       \
    " / 'sqlland check' tells what is known; then the same 'sqlland " command                      \
    "' goes on, or says what a person must find out first."
#define HISTORY                                                                                    \
    " / 'sqlland history' tells, once the database can be read: where the revision is its last "   \
    "row, it is done."
#define STANDS_OF(name, has, of, ran)                                                              \
    "'" name "' has " has " of " of " revisions, " ran " of them from this run"
#define STANDS(has, ran) STANDS_OF("fake", has, "5", ran)
#define UNDONE(id, has, ran)                                                                       \
    "; revision '" id "' was rolled back; " STANDS(has, ran) AGAIN("upgrade", id)
#define IN_DOUBT(id, has, ran)                                                                     \
    "; nobody knows whether revision '" id "' is applied: a person must look; " STANDS(has, ran)   \
        HISTORY
#define NOTHING "; nothing of revision 'n' was done; " STANDS("2", "0") AGAIN("upgrade", "n")
#define NOTHING_MORE(id, has)                                                                      \
    "; nothing more of revision '" id "' was done; " STANDS(has, "0") AGAIN("upgrade", id)
#define INTERRUPTED(id)                                                                            \
    "revision '" id "' runs without a transaction and was interrupted: a person must look"
#define HALFWAY_OF(id, has) "; " INTERRUPTED(id) "; " STANDS(has, "0") CHECK_FIRST("upgrade")
#define HALFWAY             HALFWAY_OF("n", "2")
#define GOES_ON(command)                                                                           \
    " / When the cause is removed, the same 'sqlland " command "' goes on with that statement; "   \
    "'sqlland resume' goes on with another."
#define STOPPED_OF(id, has)                                                                        \
    "; revision '" id "' is half applied; " STANDS(has, "0") GOES_ON("upgrade")
#define STOPPED STOPPED_OF("n", "2")
#define REFUSED(piece, count, before)                                                              \
    "; statement " piece " of " count " was refused outside a transaction; the " before            \
    " before it are done"
#define CUT_OFF(piece, count, before)                                                              \
    "; statement " piece " of " count " was cut off outside a transaction; the " before            \
    " before it are done"
#define IN_PART(piece, count, before)                                                              \
    "; statement " piece " of " count " was done in part outside a transaction; the " before       \
    " before it are done"
#define UNRECORDED(piece, count)                                                                   \
    "; statement " piece " of " count " is done, though the ledger may not say so"
#define MUST_LOOK(id, script, count, done, next, behind, statement)                                \
    "8 " INTERRUPTED(id) "; of the " count " statements of '" id "." script ".sql', " done         \
                         " are done; whether the next one is, nobody knows; " id "." script        \
                         ".sql:" next ":1: this is statement " next " of " count ": " statement    \
                         " / Compare the database with statement " next                            \
                         ", then say what is there: 'sqlland resume' with '--from " next           \
                         "' where it is not done, '--from " behind "' where it is."
#define HALF(id, what, command, statement)                                                         \
    "8 revision '" id "' is half " what ": a person must look; " statement                         \
    " / Finish that with 'sqlland " command "', or say with 'sqlland resume' what became of it."

static const struct run_row {
    const char *name, *before, *to;
    size_t fails_at;
    enum error_code code;
    const char *how; /* see check_run */
    const char *log, *expected, *after;
} upgrade_rows[] = {
    {"upgrade: everything", "", NULL, 0, 0, "", START STEP_A STEP_B STEP_N STEP_I STEP_Z, "",
     "+a +b >n .n1 .n2 .n3 <n >i .i1 .i2 <i +z"},
    {"upgrade: nothing to do", "+a +b >n <n >i <i +z", NULL, 0, 0, "", READ, "",
     "+a +b >n <n >i <i +z"},
    {"upgrade: the rest", "+a +b >n <n", NULL, 0, 0, "", START STEP_I STEP_Z, "",
     "+a +b >n <n >i .i1 .i2 <i +z"},
    {"upgrade: to the first", "", "a", 0, 0, "", START STEP_A, "", "+a"},
    {"upgrade: to one of two branches", "", "i", 0, 0, "", START STEP_A STEP_I, "",
     "+a >i .i1 .i2 <i"},
    {"upgrade: to the other branch", "+a >i <i", "n", 0, 0, "", START STEP_B STEP_N, "",
     "+a >i <i +b >n .n1 .n2 .n3 <n"},
    {"upgrade: to one that is there", "+a +b", "a", 0, 0, "", READ, "", "+a +b"},
    {"upgrade: to nothing known", "", "x", 0, 0, "", READ, "2 the bundle has no revision 'x'", ""},
    {"upgrade: again after a failure", "+a +b >n !n", "n", 0, 0, "", START STEP_N, "",
     "+a +b >n !n >n .n1 .n2 .n3 <n"},
    {"upgrade: a revision without its parent", "+b", NULL, 0, 0, "", READ,
     "6 revision 'b' is applied, but its parent 'a' is not", "+b"},

    {"upgrade: lock fails", "", "a", 1, ERROR_LOCKED, "", "lock", "7 lock failed", ""},
    {"upgrade: read fails", "", "a", 2, ERROR_STATE, "", READ, "6 read failed", ""},
    {"upgrade: prepare fails", "", "a", 4, ERROR_DATABASE, "", START " prepare",
     "4 prepare failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: begin fails", "", "a", 5, ERROR_LOCKED, "", START " prepare begin",
     "7 begin failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: run fails", "", "a", 6, ERROR_DATABASE, "",
     START " prepare begin run<up a;> rollback",
     "4 a.up.sql:1:1+5: run failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: run finds the disk full", "", "a", 6, ERROR_SYSTEM, "",
     START " prepare begin run<up a;> rollback",
     "5 a.up.sql:1:1+5: run failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: verify fails", "", "a", 7, ERROR_DATABASE, "",
     START " prepare begin run<up a;> verify<verify a;> rollback",
     "4 a.verify.sql:1:1+9: verify failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: record fails", "", "a", 8, ERROR_DATABASE, "",
     START " prepare begin run<up a;> verify<verify a;> record<applied a> rollback",
     "4 record failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: commit fails", "", "a", 9, ERROR_DATABASE, "", START STEP_A " rollback read",
     "4 commit failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: commit fails on a full disk", "", "a", 9, ERROR_SYSTEM, "",
     START STEP_A " rollback read", "5 commit failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: commit fails, though it worked", "", "a", 9, ERROR_SYSTEM, "keeps",
     START STEP_A " rollback read", "8 commit failed" IN_DOUBT("a", "0", "0"), "+a"},
    {"upgrade: commit fails, and nobody knows", "", "a", 9, ERROR_SYSTEM, "hides",
     START STEP_A " rollback read", "8 commit failed" IN_DOUBT("a", "0", "0"), ""},
    {"upgrade: commit worked, and nobody knows", "", "a", 9, ERROR_SYSTEM, "keeps hides",
     START STEP_A " rollback read", "8 commit failed" IN_DOUBT("a", "0", "0"), "+a"},
    {"upgrade: prepare fails in the second revision", "", "b", 10, ERROR_DATABASE, "",
     START STEP_A " prepare-keys-off<5 6>", "4 prepare failed" UNDONE("b", "1", "1"), "+a"},
    {"upgrade: run fails in the second revision", "", "b", 12, ERROR_DATABASE, "",
     START STEP_A BEGIN_B " rollback", "4 b.up.sql:1:1+5: run failed" UNDONE("b", "1", "1"), "+a"},
    {"upgrade: commit fails in the second revision", "", "b", 14, ERROR_DATABASE, "",
     START STEP_A STEP_B " rollback read", "4 commit failed" UNDONE("b", "1", "1"), "+a"},
    {"upgrade: commit worked in the second revision", "", "b", 14, ERROR_DATABASE, "keeps",
     START STEP_A STEP_B " rollback read", "8 commit failed" IN_DOUBT("b", "1", "1"), "+a +b"},
    {"upgrade: run fails in the last piece of the last", "+a +b >n <n >i <i", NULL, 6,
     ERROR_DATABASE, "", START " prepare begin run<up z;|more z;> rollback",
     "4 z.up.sql:2:1+7: run failed" UNDONE("z", "4", "0"), "+a +b >n <n >i <i"},
    {"upgrade: verify fails in its last piece", "+a +b >n <n >i <i", NULL, 7, ERROR_DATABASE, "",
     START " prepare begin run<up z;|more z;> verify<verify z;|and z;> rollback",
     "4 z.verify.sql:2:1+6: verify failed" UNDONE("z", "4", "0"), "+a +b >n <n >i <i"},

    {"no transaction: prepare fails", "+a +b", "n", 4, ERROR_DATABASE, "", START " prepare",
     "4 prepare failed" NOTHING, "+a +b"},
    {"no transaction: begin fails", "+a +b", "n", 5, ERROR_LOCKED, "", START " prepare begin",
     "7 begin failed" NOTHING, "+a +b"},
    {"no transaction: started is not recorded", "+a +b", "n", 6, ERROR_DATABASE, "",
     START " prepare begin record<started n> rollback", "4 record failed" NOTHING, "+a +b"},
    {"no transaction: started is not committed", "+a +b", "n", 7, ERROR_SYSTEM, "",
     START BEGIN_N " rollback read", "5 commit failed" NOTHING, "+a +b"},
    {"no transaction: started may be committed", "+a +b", "n", 7, ERROR_SYSTEM, "keeps",
     START BEGIN_N " rollback read", "8 commit failed" HALFWAY, "+a +b >n"},
    {"no transaction: the first statement", "+a +b", "n", 8, ERROR_DATABASE, "",
     START BEGIN_N " run<one;>" EVENT("failed n"),
     "4 n.up.sql:1:1+4: run failed" REFUSED("1", "3", "0") NOTHING, "+a +b >n !n"},
    {"no transaction: the first statement, full disk", "+a +b", "n", 8, ERROR_SYSTEM, "",
     START BEGIN_N " run<one;>" EVENT("failed n"),
     "5 n.up.sql:1:1+4: run failed" REFUSED("1", "3", "0") NOTHING, "+a +b >n !n"},
    {"no transaction: the first statement, done in part", "+a +b", "n", 8, ERROR_UNKNOWN, "",
     START BEGIN_N " run<one;>", "8 n.up.sql:1:1+4: run failed" IN_PART("1", "3", "0") HALFWAY,
     "+a +b >n"},
    {"no transaction: the connection is lost", "+a +b", "n", 8, ERROR_SYSTEM, "dies",
     START BEGIN_N " run<one;> begin",
     "8 n.up.sql:1:1+4: run failed; and then: begin failed" CUT_OFF("1", "3", "0") HALFWAY,
     "+a +b >n"},
    {"no transaction: begin after the first", "+a +b", "n", 9, ERROR_LOCKED, "",
     START BEGIN_N " run<one;> begin", "8 begin failed" UNRECORDED("1", "3") HALFWAY, "+a +b >n"},
    {"no transaction: progress is not recorded", "+a +b", "n", 10, ERROR_DATABASE, "",
     START BEGIN_N " run<one;> begin record<progressed n> rollback",
     "8 record failed" UNRECORDED("1", "3") HALFWAY, "+a +b >n"},
    {"no transaction: progress is not committed", "+a +b", "n", 11, ERROR_SYSTEM, "",
     START BEGIN_N ONE " rollback read", "8 commit failed" UNRECORDED("1", "3") HALFWAY,
     "+a +b >n"},
    {"no transaction: progress may be committed", "+a +b", "n", 11, ERROR_SYSTEM, "keeps",
     START BEGIN_N ONE " rollback read", "8 commit failed" UNRECORDED("1", "3") HALFWAY,
     "+a +b >n .n1"},
    {"no transaction: the second statement", "+a +b", "n", 12, ERROR_DATABASE, "",
     START BEGIN_N ONE " run<two;>" EVENT("failed n"),
     "8 n.up.sql:2:1+4: run failed" REFUSED("2", "3", "1") STOPPED, "+a +b >n .n1 !n1"},
    {"no transaction: the second statement, done in part", "+a +b", "n", 12, ERROR_UNKNOWN, "",
     START BEGIN_N ONE " run<two;>", "8 n.up.sql:2:1+4: run failed" IN_PART("2", "3", "1") HALFWAY,
     "+a +b >n .n1"},
    {"no transaction: the third statement", "+a +b", "n", 16, ERROR_LOCKED, "",
     START BEGIN_N ONE TWO " run<three;>" EVENT("failed n"),
     "8 n.up.sql:3:1+6: run failed" REFUSED("3", "3", "2") STOPPED, "+a +b >n .n1 .n2 !n2"},
    {"no transaction: begin after the third", "+a +b", "n", 17, ERROR_LOCKED, "",
     START BEGIN_N ONE TWO " run<three;> begin", "8 begin failed" UNRECORDED("3", "3") HALFWAY,
     "+a +b >n .n1 .n2"},
    {"no transaction: verify", "+a +b", "n", 20, ERROR_DATABASE, "",
     START BEGIN_N ONE TWO THREE " verify<verify n;>",
     "8 n.verify.sql:1:1+9: verify failed" HALFWAY, "+a +b >n .n1 .n2 .n3"},
    {"no transaction: begin at the end", "+a +b", "n", 21, ERROR_LOCKED, "",
     START BEGIN_N ONE TWO THREE " verify<verify n;> begin", "8 begin failed" HALFWAY,
     "+a +b >n .n1 .n2 .n3"},
    {"no transaction: finished is not recorded", "+a +b", "n", 22, ERROR_DATABASE, "",
     START BEGIN_N ONE TWO THREE " verify<verify n;> begin record<finished n> rollback",
     "8 record failed" HALFWAY, "+a +b >n .n1 .n2 .n3"},
    {"no transaction: finished is not committed", "+a +b", "n", 23, ERROR_SYSTEM, "",
     START STEP_N " rollback read", "8 commit failed" HALFWAY, "+a +b >n .n1 .n2 .n3"},
    {"no transaction: finished may be committed", "+a +b", "n", 23, ERROR_SYSTEM, "keeps",
     START STEP_N " rollback read", "8 commit failed" HALFWAY, "+a +b >n .n1 .n2 .n3 <n"},

    {"stopped: goes on with that statement", "+a +b >n .n1 !n1", "n", 0, 0, "",
     START BEGIN_N TWO THREE END_N, "", "+a +b >n .n1 !n1 >n1 .n2 .n3 <n"},
    {"stopped: goes on with the last", "+a +b >n .n1 .n2 !n2", "n", 0, 0, "",
     START BEGIN_N THREE END_N, "", "+a +b >n .n1 .n2 !n2 >n2 .n3 <n"},
    {"stopped: twice at the same", "+a +b >n .n1 !n1", "n", 8, ERROR_DATABASE, "",
     START BEGIN_N " run<two;>" EVENT("failed n"),
     "8 n.up.sql:2:1+4: run failed" REFUSED("2", "3", "1") STOPPED, "+a +b >n .n1 !n1 >n1 !n1"},
    {"stopped: then at a later one", "+a +b >n .n1 !n1 !n1", "n", 12, ERROR_DATABASE, "",
     START BEGIN_N TWO " run<three;>" EVENT("failed n"),
     "8 n.up.sql:3:1+6: run failed" REFUSED("3", "3", "2") STOPPED,
     "+a +b >n .n1 !n1 !n1 >n1 .n2 !n2"},
    {"stopped: prepare fails", "+a +b >n .n1 !n1", "n", 4, ERROR_DATABASE, "", START " prepare",
     "4 prepare failed" NOTHING_MORE("n", "2"), "+a +b >n .n1 !n1"},
    {"stopped: idempotent", "+a >i .i1 !i1", "i", 0, 0, "",
     START " prepare" EVENT("started i") PIECE("i", "five;") EVENT("finished i"), "",
     "+a >i .i1 !i1 >i1 .i2 <i"},
    {"stopped: to a branch without it", "+a +b >n .n1 !n1", "i", 0, 0, "", START STEP_I, "",
     "+a +b >n .n1 !n1 >i .i1 .i2 <i"},

    {"interrupted: in the first statement", "+a +b >n", NULL, 0, 0, "", READ,
     MUST_LOOK("n", "up", "3", "0", "1", "2", "one;"), "+a +b >n"},
    {"interrupted: in the third", "+a +b >n .n1 .n2", NULL, 0, 0, "", READ,
     MUST_LOOK("n", "up", "3", "2", "3", "4", "three;"), "+a +b >n .n1 .n2"},
    {"interrupted: in the third, after it had stopped at the second", "+a +b >n .n1 !n1 .n2", NULL,
     0, 0, "", READ, MUST_LOOK("n", "up", "3", "2", "3", "4", "three;"), "+a +b >n .n1 !n1 .n2"},
    {"interrupted: behind the last", "+a +b >n .n1 .n2 .n3", "n", 0, 0, "", START " prepare" END_N,
     "", "+a +b >n .n1 .n2 .n3 <n"},
    {"interrupted: behind the last, and verify fails", "+a +b >n .n1 .n2 .n3", "n", 5,
     ERROR_DATABASE, "", START " prepare verify<verify n;>",
     "8 n.verify.sql:1:1+9: verify failed" HALFWAY, "+a +b >n .n1 .n2 .n3"},
    {"interrupted: to a branch without it", "+a +b >n", "i", 0, 0, "", START STEP_I, "",
     "+a +b >n >i .i1 .i2 <i"},
    {"interrupted: idempotent", "+a >i", "i", 0, 0, "", START STEP_I, "", "+a >i >i .i1 .i2 <i"},
    {"interrupted: idempotent, in the second statement", "+a >i .i1", "i", 0, 0, "", START STEP_I,
     "", "+a >i .i1 >i .i1 .i2 <i"},
    {"interrupted: idempotent, and started again is not recorded", "+a >i .i1", "i", 6,
     ERROR_DATABASE, "", START " prepare begin record<started i> rollback",
     "4 record failed" NOTHING_MORE("i", "1"), "+a >i .i1"},
    {"interrupted: idempotent, and its first statement refused", "+a >i", "i", 8, ERROR_DATABASE,
     "", START " prepare" EVENT("started i") " run<four;>" EVENT("failed i"),
     "8 i.up.sql:2:1+5: run failed" REFUSED("1", "2", "0") STOPPED_OF("i", "1"), "+a >i >i !i"},
    {"interrupted: idempotent, refused and tried again", "+a >i >i !i", "i", 0, 0, "", START STEP_I,
     "", "+a >i >i !i >i .i1 .i2 <i"},
};

/* Revision x: its second statement builds an index; y is nothing else. */

#define BEGIN_X       " prepare<5 6>" EVENT("started x")
#define SIX           PIECE("x", "six;")
#define SEVEN         " run<build i7> look<ti7 i7>" EVENT("progressed x")
#define EIGHT         PIECE("x", "eight;")
#define END_X         EIGHT " verify<verify x;>" EVENT("finished x")
#define RESUMED       START " prepare<5 6>"
#define LOOK          " look<ti7 i7>"
#define REMOVE        " remove<ti7 i7>"
#define STANDS_X(has) STANDS_OF("fake", has, "3", "0")
#define STOPS_X       "; " INTERRUPTED("x") "; " STANDS_X("1") CHECK_FIRST("upgrade")
#define STOPPED_X     "; revision 'x' is half applied; " STANDS_X("1") GOES_ON("upgrade")
#define NOTHING_MORE_X                                                                             \
    "; nothing more of revision 'x' was done; " STANDS_X("1") AGAIN("upgrade", "x")

static const struct run_row build_rows[] = {
    {"build: undisturbed", "+a", "x", 0, 0, "", START BEGIN_X SIX SEVEN END_X, "",
     "+a >x .x1 .x2 .x3 <x"},
    {"build: refused", "+a", "x", 12, ERROR_DATABASE, "",
     START BEGIN_X SIX " run<build i7>" LOOK EVENT("failed x"),
     "8 x.up.sql:2:1+8: run failed" REFUSED("2", "3", "1") STOPPED_X, "+a >x .x1 !x1"},
    {"build: refused, and half of it is left", "+a", "x", 12, ERROR_DATABASE, "half",
     START BEGIN_X SIX " run<build i7>" LOOK REMOVE EVENT("failed x"),
     "8 x.up.sql:2:1+8: run failed" REFUSED("2", "3", "1") STOPPED_X, "+a >x .x1 !x1"},
    {"build: refused, because it is there", "+a", "x", 12, ERROR_DATABASE, "whole",
     START BEGIN_X SIX " run<build i7>" LOOK EVENT("failed x"),
     "8 x.up.sql:2:1+8: run failed" REFUSED("2", "3", "1") STOPPED_X, "+a >x .x1 !x1"},
    {"build: the connection is lost", "+a", "x", 12, ERROR_DATABASE, "dies",
     START BEGIN_X SIX " run<build i7>" LOOK,
     "8 x.up.sql:2:1+8: run failed; and then: look failed" CUT_OFF("2", "3", "1") STOPS_X,
     "+a >x .x1"},
    {"build: nobody knows what became of it", "+a", "x", 12, ERROR_UNKNOWN, "half",
     START BEGIN_X SIX " run<build i7>",
     "8 x.up.sql:2:1+8: run failed" IN_PART("2", "3", "1") STOPS_X, "+a >x .x1"},
    {"build: the first statement is refused", "+a >x .x1 .x2 .x3 <x", NULL, 8, ERROR_DATABASE,
     "half",
     START
     " prepare" EVENT("started y") " run<build i9> look<ti9 i9> remove<ti9 i9>" EVENT("failed y"),
     "4 y.up.sql:1:1+8: run failed" REFUSED(
         "1", "1", "0") "; nothing of revision 'y' was done; " STANDS_X("2") AGAIN("upgrade", "y"),
     "+a >x .x1 .x2 .x3 <x >y !y"},
    {"build: stopped there", "+a >x .x1 !x1", "x", 0, 0, "", START BEGIN_X LOOK SEVEN END_X, "",
     "+a >x .x1 !x1 >x1 .x2 .x3 <x"},

    {"build: interrupted before it", "+a >x", "x", 0, 0, "", READ,
     MUST_LOOK("x", "up", "3", "0", "1", "2", "six;"), "+a >x"},
    {"build: interrupted, and nothing is there", "+a >x .x1", "x", 0, 0, "",
     RESUMED LOOK LOOK SEVEN END_X, "", "+a >x .x1 .x2 .x3 <x"},
    {"build: interrupted, and half of it is there", "+a >x .x1", "x", 0, 0, "half",
     RESUMED LOOK LOOK REMOVE SEVEN END_X, "", "+a >x .x1 .x2 .x3 <x"},
    {"build: interrupted, and all of it is there", "+a >x .x1", "x", 0, 0, "whole",
     RESUMED LOOK EVENT("progressed x") END_X, "", "+a >x .x1 .x2 .x3 <x"},
    {"build: interrupted, and it was all", "+a >x .x1 .x2 .x3 <x >y", NULL, 0, 0, "whole",
     START " prepare look<ti9 i9>" EVENT("progressed y") EVENT("finished y"), "",
     "+a >x .x1 .x2 .x3 <x >y .y1 <y"},
    {"build: interrupted behind it", "+a >x .x1 .x2", "x", 0, 0, "", READ,
     MUST_LOOK("x", "up", "3", "2", "3", "4", "eight;"), "+a >x .x1 .x2"},
    {"build: look fails", "+a >x .x1", "x", 5, ERROR_DATABASE, "half", RESUMED LOOK,
     "4 look failed" NOTHING_MORE_X, "+a >x .x1"},
    {"build: remove fails", "+a >x .x1", "x", 7, ERROR_LOCKED, "half", RESUMED LOOK LOOK REMOVE,
     "7 remove failed" NOTHING_MORE_X, "+a >x .x1"},
    {"build: adopted, but begin fails", "+a >x .x1", "x", 6, ERROR_LOCKED, "whole",
     RESUMED LOOK " begin", "7 begin failed" NOTHING_MORE_X, "+a >x .x1"},
    {"build: adopted, but not recorded", "+a >x .x1", "x", 7, ERROR_DATABASE, "whole",
     RESUMED LOOK " begin record<progressed x> rollback", "4 record failed" NOTHING_MORE_X,
     "+a >x .x1"},
    {"build: adopted, and perhaps recorded", "+a >x .x1", "x", 8, ERROR_DATABASE, "whole keeps",
     RESUMED LOOK EVENT("progressed x") " rollback read", "8 commit failed" STOPS_X,
     "+a >x .x1 .x2"},
    {"build: refused, and look fails", "+a", "x", 12, ERROR_DATABASE, "half look",
     START BEGIN_X SIX " run<build i7>" LOOK,
     "8 x.up.sql:2:1+8: run failed; and then: look failed, too" CUT_OFF("2", "3", "1") STOPS_X,
     "+a >x .x1"},
    {"build: refused, and remove fails", "+a", "x", 12, ERROR_DATABASE, "half remove",
     START BEGIN_X SIX " run<build i7>" LOOK REMOVE,
     "8 x.up.sql:2:1+8: run failed; and then: remove failed, too" CUT_OFF("2", "3", "1") STOPS_X,
     "+a >x .x1"},
    {"build: the first statement is refused, and remove fails", "+a >x .x1 .x2 .x3 <x", NULL, 8,
     ERROR_DATABASE, "half remove",
     START " prepare" EVENT("started y") " run<build i9> look<ti9 i9> remove<ti9 i9>",
     "8 y.up.sql:1:1+8: run failed; and then: remove failed, too" CUT_OFF(
         "1", "1", "0") "; " INTERRUPTED("y") "; " STANDS_X("2") CHECK_FIRST("upgrade"),
     "+a >x .x1 .x2 .x3 <x >y"},
};

/* Downgrades. */

#define ALL     "+a +b >n .n1 .n2 .n3 <n >i .i1 .i2 <i +z"
#define UP_TO_N "+a +b >n .n1 .n2 .n3 <n"
#define UP_TO_I "+a >i .i1 .i2 <i"
#define DOWN_Z  " prepare-keys-off begin-keys-off run<down z;|more down z;> record<undone z> commit"
#define DOWN_I                                                                                     \
    " prepare" EVENT("undo-started i") " run<undo i;>" EVENT("undo-progressed i")                  \
        EVENT("undo-finished i")
#define UNDO_N   " prepare" EVENT("undo-started n")
#define UNDO_ONE " run<undo one;>" EVENT("undo-progressed n")
#define UNDO_TWO " run<undo two;>" EVENT("undo-progressed n")
#define DOWN_N   UNDO_N UNDO_ONE UNDO_TWO EVENT("undo-finished n")
#define DOWN_B   " prepare<5 6> begin<5 6> run<down b;> record<undone b> commit"
#define DOWN_A   " prepare begin run<down a;> record<undone a> commit"

#define UNDID(has, undid) "'fake' has " has " of 5 revisions, this run undid " undid
#define STAYS(id, has, undid)                                                                      \
    "; revision '" id "' is still applied; " UNDID(has, undid) AGAIN("downgrade", id)
#define NOT_UNDONE "; nothing of revision 'n' was done; " UNDID("3", "0") AGAIN("downgrade", "n")
#define NO_MORE_UNDONE                                                                             \
    "; nothing more of revision 'n' was done; " UNDID("3", "0") AGAIN("downgrade", "n")
#define HALFWAY_BACK "; " INTERRUPTED("n") "; " UNDID("3", "0") CHECK_FIRST("downgrade")
#define STOPPED_BACK "; revision 'n' is half undone; " UNDID("3", "0") GOES_ON("downgrade")
#define DOUBTED(id, has, undid)                                                                    \
    "; nobody knows whether revision '" id "' is undone: a person must look; " UNDID(has, undid)   \
        HISTORY

static const struct run_row downgrade_rows[] = {
    {"downgrade: everything", ALL, "base", 0, 0, "down", START DOWN_Z DOWN_I DOWN_N DOWN_B DOWN_A,
     "", ALL " -z ->i -.i1 -<i ->n -.n1 -.n2 -<n -b -a"},
    {"downgrade: nothing to do", ALL, "z", 0, 0, "down", READ, "", ALL},
    {"downgrade: to the branch of n", ALL, "n", 0, 0, "down", START DOWN_Z DOWN_I, "",
     ALL " -z ->i -.i1 -<i"},
    {"downgrade: to the branch of i", ALL, "i", 0, 0, "down", START DOWN_Z DOWN_N DOWN_B, "",
     ALL " -z ->n -.n1 -.n2 -<n -b"},
    {"downgrade: to one that is not applied", UP_TO_N, "i", 0, 0, "down", READ,
     "6 revision 'i' is not applied: there is no way back to it / 'sqlland history' shows what is.",
     UP_TO_N},
    {"downgrade: and up again", ALL " -z", "z", 0, 0, "", START STEP_Z, "", ALL " -z +z"},
    {"downgrade: twice", ALL " -z +z", "i", 0, 0, "down", START DOWN_Z DOWN_N DOWN_B, "",
     ALL " -z +z -z ->n -.n1 -.n2 -<n -b"},

    {"downgrade: lock fails", ALL, "n", 1, ERROR_LOCKED, "down", "lock", "7 lock failed", ALL},
    {"downgrade: read fails", ALL, "n", 2, ERROR_STATE, "down", READ, "6 read failed", ALL},
    {"downgrade: inspect fails", ALL, "n", 3, ERROR_DATABASE, "down", START, "4 inspect failed",
     ALL},
    {"downgrade: prepare fails", ALL, "n", 4, ERROR_DATABASE, "down", START " prepare-keys-off",
     "4 prepare failed" STAYS("z", "5", "0"), ALL},
    {"downgrade: begin fails", ALL, "n", 5, ERROR_LOCKED, "down",
     START " prepare-keys-off begin-keys-off", "7 begin failed" STAYS("z", "5", "0"), ALL},
    {"downgrade: run fails", ALL, "n", 6, ERROR_DATABASE, "down",
     START " prepare-keys-off begin-keys-off run<down z;|more down z;> rollback",
     "4 z.down.sql:2:1+12: run failed" STAYS("z", "5", "0"), ALL},
    {"downgrade: record fails", ALL, "n", 7, ERROR_DATABASE, "down",
     START " prepare-keys-off begin-keys-off run<down z;|more down z;> record<undone z> rollback",
     "4 record failed" STAYS("z", "5", "0"), ALL},
    {"downgrade: commit fails", ALL, "n", 8, ERROR_DATABASE, "down", START DOWN_Z " rollback read",
     "4 commit failed" STAYS("z", "5", "0"), ALL},
    {"downgrade: commit fails, though it worked", ALL, "n", 8, ERROR_SYSTEM, "down keeps",
     START DOWN_Z " rollback read", "8 commit failed" DOUBTED("z", "5", "0"), ALL " -z"},
    {"downgrade: commit fails, and nobody knows", ALL, "n", 8, ERROR_SYSTEM, "down hides",
     START DOWN_Z " rollback read", "8 commit failed" DOUBTED("z", "5", "0"), ALL},
    {"downgrade: commit fails in the second", "+a +b", "base", 11, ERROR_DATABASE, "down",
     START DOWN_B " prepare begin run<down a;> rollback",
     "4 a.down.sql:1:1+7: run failed" STAYS("a", "1", "1"), "+a +b -b"},

    {"undo: everything", UP_TO_N, "b", 0, 0, "down", START DOWN_N, "",
     UP_TO_N " ->n -.n1 -.n2 -<n"},
    {"undo: prepare fails", UP_TO_N, "b", 4, ERROR_DATABASE, "down", START " prepare",
     "4 prepare failed" NOT_UNDONE, UP_TO_N},
    {"undo: started is not recorded", UP_TO_N, "b", 6, ERROR_DATABASE, "down",
     START " prepare begin record<undo-started n> rollback", "4 record failed" NOT_UNDONE, UP_TO_N},
    {"undo: started may be committed", UP_TO_N, "b", 7, ERROR_SYSTEM, "down keeps",
     START UNDO_N " rollback read", "8 commit failed" HALFWAY_BACK, UP_TO_N " ->n"},
    {"undo: the first statement", UP_TO_N, "b", 8, ERROR_DATABASE, "down",
     START UNDO_N " run<undo one;>" EVENT("undo-failed n"),
     "4 n.down.sql:1:1+9: run failed" REFUSED("1", "2", "0") NOT_UNDONE, UP_TO_N " ->n -!n"},
    {"undo: the first statement, done in part", UP_TO_N, "b", 8, ERROR_UNKNOWN, "down",
     START UNDO_N " run<undo one;>",
     "8 n.down.sql:1:1+9: run failed" IN_PART("1", "2", "0") HALFWAY_BACK, UP_TO_N " ->n"},
    {"undo: the connection is lost", UP_TO_N, "b", 8, ERROR_SYSTEM, "down dies",
     START UNDO_N " run<undo one;> begin",
     "8 n.down.sql:1:1+9: run failed; and then: begin failed" CUT_OFF("1", "2", "0") HALFWAY_BACK,
     UP_TO_N " ->n"},
    {"undo: progress is not committed", UP_TO_N, "b", 11, ERROR_SYSTEM, "down",
     START UNDO_N UNDO_ONE " rollback read", "8 commit failed" UNRECORDED("1", "2") HALFWAY_BACK,
     UP_TO_N " ->n"},
    {"undo: the second statement", UP_TO_N, "b", 12, ERROR_DATABASE, "down",
     START UNDO_N UNDO_ONE " run<undo two;>" EVENT("undo-failed n"),
     "8 n.down.sql:2:1+9: run failed" REFUSED("2", "2", "1") STOPPED_BACK,
     UP_TO_N " ->n -.n1 -!n1"},
    {"undo: finished is not recorded", UP_TO_N, "b", 17, ERROR_DATABASE, "down",
     START UNDO_N UNDO_ONE UNDO_TWO " begin record<undo-finished n> rollback",
     "8 record failed" HALFWAY_BACK, UP_TO_N " ->n -.n1 -.n2"},
    {"undo: again after a failure", UP_TO_N " ->n -!n", "b", 0, 0, "down", START DOWN_N, "",
     UP_TO_N " ->n -!n ->n -.n1 -.n2 -<n"},
    {"undo: refused at once, and its child is there", ALL " -z ->n -!n", NULL, 0, 0, "",
     START STEP_Z, "", ALL " -z ->n -!n +z"},
    {"undo: stopped, and gone on", UP_TO_N " ->n -.n1 -!n1", "b", 0, 0, "down",
     START UNDO_N UNDO_TWO EVENT("undo-finished n"), "", UP_TO_N " ->n -.n1 -!n1 ->n1 -.n2 -<n"},
    {"undo: stopped, gone on, and further", UP_TO_N " ->n -.n1 -!n1", "base", 0, 0, "down",
     START UNDO_N UNDO_TWO EVENT("undo-finished n") DOWN_B DOWN_A, "",
     UP_TO_N " ->n -.n1 -!n1 ->n1 -.n2 -<n -b -a"},
    {"undo: stopped, and further, which fails", UP_TO_N " ->n -.n1 -!n1", "base", 17,
     ERROR_DATABASE, "down",
     START UNDO_N UNDO_TWO EVENT("undo-finished n") " prepare<5 6> begin<5 6> run<down b;> "
                                                    "rollback",
     "4 b.down.sql:1:1+7: run failed" STAYS("b", "2", "1"), UP_TO_N " ->n -.n1 -!n1 ->n1 -.n2 -<n"},
    {"undo: stopped, prepare fails", UP_TO_N " ->n -.n1 -!n1", "b", 4, ERROR_DATABASE, "down",
     START " prepare", "4 prepare failed" NO_MORE_UNDONE, UP_TO_N " ->n -.n1 -!n1"},
    {"undo: interrupted", UP_TO_N " ->n -.n1", "b", 0, 0, "down", READ,
     MUST_LOOK("n", "down", "2", "1", "2", "3", "undo two;"), UP_TO_N " ->n -.n1"},
    {"undo: interrupted behind the last", UP_TO_N " ->n -.n1 -.n2", "b", 0, 0, "down",
     START " prepare" EVENT("undo-finished n"), "", UP_TO_N " ->n -.n1 -.n2 -<n"},
    {"undo: interrupted, idempotent", UP_TO_I " ->i", "a", 0, 0, "down", START DOWN_I, "",
     UP_TO_I " ->i ->i -.i1 -<i"},
    {"undo: half undone, and then up", UP_TO_N " ->n -.n1 -!n1", NULL, 0, 0, "", READ,
     HALF("n", "undone", "downgrade", "n.down.sql:2:1: this is statement 2 of 2: undo two;"),
     UP_TO_N " ->n -.n1 -!n1"},
    {"undo: half applied, and then down", "+a +b >n .n1 !n1", "a", 0, 0, "down", READ,
     HALF("n", "applied", "upgrade", "n.up.sql:2:1: this is statement 2 of 3: two;"),
     "+a +b >n .n1 !n1"},
    {"undo: and up again", UP_TO_N " ->n -.n1 -.n2 -<n", "n", 0, 0, "", START STEP_N, "",
     UP_TO_N " ->n -.n1 -.n2 -<n >n .n1 .n2 .n3 <n"},

    {"resumed: nothing was done", "+a +b >n ~n", "n", 0, 0, "", START STEP_N, "",
     "+a +b >n ~n >n .n1 .n2 .n3 <n"},
    {"resumed: one was done", "+a +b >n ~n1", "n", 0, 0, "", START BEGIN_N TWO THREE END_N, "",
     "+a +b >n ~n1 >n1 .n2 .n3 <n"},
    {"resumed: all was done", "+a +b >n ~n3", "n", 0, 0, "", START " prepare" END_N, "",
     "+a +b >n ~n3 <n"},
    {"resumed: and refused there", "+a +b >n ~n1", "n", 8, ERROR_DATABASE, "",
     START BEGIN_N " run<two;>" EVENT("failed n"),
     "8 n.up.sql:2:1+4: run failed" REFUSED("2", "3", "1") STOPPED, "+a +b >n ~n1 >n1 !n1"},
    {"resumed: from nothing, and refused", "+a +b >n >n ~n", "n", 8, ERROR_DATABASE, "",
     START BEGIN_N " run<one;>" EVENT("failed n"),
     "4 n.up.sql:1:1+4: run failed" REFUSED("1", "3", "0") NOTHING, "+a +b >n >n ~n >n !n"},
    {"resumed: undo, one was done", UP_TO_N " ->n -~n1", "b", 0, 0, "down",
     START UNDO_N UNDO_TWO EVENT("undo-finished n"), "", UP_TO_N " ->n -~n1 ->n1 -.n2 -<n"},
    {"resumed: undo, all was done", UP_TO_N " ->n -~n2", "b", 0, 0, "down",
     START " prepare" EVENT("undo-finished n"), "", UP_TO_N " ->n -~n2 -<n"},
    {"resumed: undo, nothing was done", UP_TO_N " ->n -~n", "b", 0, 0, "down", START DOWN_N, "",
     UP_TO_N " ->n -~n ->n -.n1 -.n2 -<n"},

    {"stamped: and up", "=a =b", "n", 0, 0, "", START STEP_N, "", "=a =b >n .n1 .n2 .n3 <n"},
    {"stamped: and down", "=a =b", "base", 0, 0, "down", START DOWN_B DOWN_A, "", "=a =b -b -a"},

    {"alembic: no table", "", "b", 0, 0, "alembic",
     READ " has-table inspect prepare begin run<up a;> verify<verify a;>"
          " record<applied a: make +a> commit" BEGIN_B " record<applied b: -a +b> commit",
     "", "+a +b"},
    {"alembic: a table", "+a", "b", 0, 0, "alembic table",
     READ " has-table ask inspect" BEGIN_B " record<applied b: -a +b> commit", "", "+a +b"},
    {"alembic: piece by piece", "+a +b", "n", 0, 0, "alembic table",
     READ " has-table ask inspect" BEGIN_N ONE TWO THREE
          " verify<verify n;>" EVENT("finished n: -b +n"),
     "", UP_TO_N},
    {"alembic: a merge", "+a +b >n .n1 .n2 .n3 <n >i .i1 .i2 <i", NULL, 0, 0, "alembic table",
     READ " has-table ask inspect prepare begin run<up z;|more z;> verify<verify z;|and z;>"
          " record<applied z: -n -i +z> commit",
     "", ALL},
    {"alembic: a merge is undone", ALL, "i", 0, 0, "down alembic table",
     READ " has-table ask inspect prepare-keys-off begin-keys-off run<down z;|more down z;>"
          " record<undone z: -z +n +i> commit" UNDO_N UNDO_ONE UNDO_TWO EVENT(
              "undo-finished n: -n +b") " prepare<5 6> begin<5 6> run<down b;> record<undone b: "
                                        "-b> commit",
     "", ALL " -z ->n -.n1 -.n2 -<n -b"},
    {"alembic: an undo that had stopped", UP_TO_N " ->n -.n1 -!n1", "b", 0, 0, "down alembic table",
     READ " has-table ask inspect" UNDO_N UNDO_TWO EVENT("undo-finished n: -n +b"), "",
     UP_TO_N " ->n -.n1 -!n1 ->n1 -.n2 -<n"},
    {"alembic: commit fails", "+a", "b", 10, ERROR_SYSTEM, "alembic table",
     READ " has-table ask inspect" BEGIN_B " record<applied b: -a +b> commit rollback read",
     "5 commit failed" UNDONE("b", "1", "0"), "+a"},
    {"alembic: has-table fails", "+a", "b", 3, ERROR_DATABASE, "alembic table", READ " has-table",
     "4 has-table failed", "+a"},
    {"alembic: ask fails", "+a", "b", 4, ERROR_DATABASE, "alembic table", READ " has-table ask",
     "4 ask failed", "+a"},

    {"backup: before the first change", "", "a", 0, 0, "backup", START " backup<y.db>" STEP_A, "",
     "+a"},
    {"backup: nothing to do", "+a", "a", 0, 0, "backup", READ, "", "+a"},
    {"backup: fails", "", "a", 4, ERROR_SYSTEM, "backup", START " backup<y.db>", "5 backup failed",
     ""},
    {"backup: before a downgrade", "+a", "base", 0, 0, "down backup", START " backup<y.db>" DOWN_A,
     "", "+a -a"},
    {"look: a warning", "", "a", 0, 0, "warns", START STEP_A, "", "+a"},
    {"look: faults", "", "a", 0, 0, "faults backup", START, "6 found F | 6 found F", ""},
    {"look: nothing to do", "+a", "a", 0, 0, "faults", READ, "", "+a"},
};

/* All in one transaction. */

#define UP_A                          " prepare begin run<up a;> verify<verify a;> record<applied a>"
#define UP_B                          " proceed-keys-off run<up b;> record<applied b>"
#define UP_C                          " proceed<5 6> run<up c;> record<applied c>"
#define UP_D                          " proceed run<up d;> verify<verify d;> record<applied d>"
#define BACK_D                        " prepare begin run<down d;> record<undone d>"
#define BACK_C                        " proceed<5 6> run<down c;> record<undone c>"
#define BACK_B                        " proceed run<down b;> record<undone b>"
#define BACK_A                        " proceed run<down a;> record<undone a>"
#define THAT_WAS(id, position, count) "; that was revision '" id "', " position " of " count
#define AS_BEFORE(has, command)                                                                    \
    "; all of it was rolled back: 'fake' has " has " of 4 revisions, as before / When the cause "  \
    "is removed, the same 'sqlland " command                                                       \
    "' begins anew; without --atomic each revision is kept "                                       \
    "that can be."
#define ALL_OR_NONE(count, what)                                                                   \
    "; nobody knows whether the " count " revisions are " what ": all of them are, or none / "     \
    "'sqlland history' tells, once the database can be read."

static const struct run_row together_rows[] = {
    {"atomic: everything", "", NULL, 0, 0, "atomic", START UP_A UP_B UP_C UP_D " commit", "",
     "+a +b +c +d"},
    {"atomic: nothing to do", "+a", "a", 0, 0, "atomic", READ, "", "+a"},
    {"atomic: one", "", "a", 0, 0, "atomic", START UP_A " commit", "", "+a"},
    {"atomic: the rest", "+a +b", "c", 0, 0, "atomic",
     START " prepare<5 6> begin<5 6> run<up c;> record<applied c> commit", "", "+a +b +c"},
    {"atomic: everything back", "+a +b +c +d", "base", 0, 0, "atomic down",
     START BACK_D BACK_C BACK_B BACK_A " commit", "", "+a +b +c +d -d -c -b -a"},
    {"atomic: a branch back", "+a +b +c +d", "b", 0, 0, "atomic down",
     START BACK_D BACK_C " commit", "", "+a +b +c +d -d -c"},
    {"atomic: with a copy", "", "a", 0, 0, "atomic backup", START " backup<y.db>" UP_A " commit",
     "", "+a"},
    {"atomic: with Alembic's table", "", NULL, 0, 0, "atomic alembic",
     READ " has-table inspect prepare begin run<up a;> verify<verify a;>"
          " record<applied a: make +a> proceed-keys-off run<up b;> record<applied b: -a +b>"
          " proceed<5 6> run<up c;> record<applied c: -a +c>"
          " proceed run<up d;> verify<verify d;> record<applied d: -b -c +d> commit",
     "", "+a +b +c +d"},
    {"atomic: back with Alembic's table", "+a +b +c +d", "a", 0, 0, "atomic down alembic table",
     READ " has-table ask inspect prepare begin run<down d;> record<undone d: -d +b +c>"
          " proceed<5 6> run<down c;> record<undone c: -c> proceed run<down b;>"
          " record<undone b: -b +a> commit",
     "", "+a +b +c +d -d -c -b"},

    {"atomic: prepare fails", "", NULL, 4, ERROR_DATABASE, "atomic", START " prepare",
     "4 prepare failed" AS_BEFORE("0", "upgrade"), ""},
    {"atomic: begin fails", "", NULL, 5, ERROR_LOCKED, "atomic", START " prepare begin",
     "7 begin failed" AS_BEFORE("0", "upgrade"), ""},
    {"atomic: the first script fails", "", NULL, 6, ERROR_DATABASE, "atomic",
     START " prepare begin run<up a;> rollback",
     "4 a.up.sql:1:1+5: run failed" THAT_WAS("a", "1", "4") AS_BEFORE("0", "upgrade"), ""},
    {"atomic: record fails", "", NULL, 8, ERROR_DATABASE, "atomic", START UP_A " rollback",
     "4 record failed" THAT_WAS("a", "1", "4") AS_BEFORE("0", "upgrade"), ""},
    {"atomic: proceed fails", "", NULL, 9, ERROR_DATABASE, "atomic",
     START UP_A " proceed-keys-off rollback",
     "4 proceed failed" THAT_WAS("a", "1", "4") AS_BEFORE("0", "upgrade"), ""},
    {"atomic: the second script fails", "", NULL, 10, ERROR_DATABASE, "atomic",
     START UP_A " proceed-keys-off run<up b;> rollback",
     "4 b.up.sql:1:1+5: run failed" THAT_WAS("b", "2", "4") AS_BEFORE("0", "upgrade"), ""},
    {"atomic: the last verify script fails", "+a +b", NULL, 10, ERROR_DATABASE, "atomic",
     START " prepare<5 6> begin<5 6> run<up c;> record<applied c> proceed run<up d;>"
           " verify<verify d;> rollback",
     "4 d.verify.sql:1:1+9: verify failed" THAT_WAS("d", "2", "2") AS_BEFORE("2", "upgrade"),
     "+a +b"},
    {"atomic: commit fails", "", NULL, 19, ERROR_DATABASE, "atomic",
     START UP_A UP_B UP_C UP_D " commit rollback read",
     "4 commit failed" THAT_WAS("d", "4", "4") AS_BEFORE("0", "upgrade"), ""},
    {"atomic: commit fails, though it worked", "", NULL, 19, ERROR_SYSTEM, "atomic keeps",
     START UP_A UP_B UP_C UP_D " commit rollback read",
     "8 commit failed" THAT_WAS("d", "4", "4") ALL_OR_NONE("4", "applied"), "+a +b +c +d"},
    {"atomic: commit fails, and nobody knows", "", NULL, 19, ERROR_SYSTEM, "atomic hides",
     START UP_A UP_B UP_C UP_D " commit rollback read",
     "8 commit failed" THAT_WAS("d", "4", "4") ALL_OR_NONE("4", "applied"), ""},
    {"atomic: a script fails on the way back", "+a +b +c +d", "base", 9, ERROR_DATABASE,
     "atomic down", START BACK_D " proceed<5 6> run<down c;> rollback",
     "4 c.down.sql:1:1+7: run failed" THAT_WAS("c", "2", "4") AS_BEFORE("4", "downgrade"),
     "+a +b +c +d"},
    {"atomic: commit on the way back worked", "+a +b +c +d", "a", 14, ERROR_SYSTEM,
     "atomic down keeps", START BACK_D BACK_C BACK_B " commit rollback read",
     "8 commit failed" THAT_WAS("b", "3", "3") ALL_OR_NONE("3", "undone"), "+a +b +c +d -d -c -b"},
    {"atomic: faults", "", NULL, 0, 0, "atomic faults backup", START, "6 found F | 6 found F", ""},
};

/* Calls that fail after another one has. */

static struct error *look_again(struct arena *arena, struct target *target,
                                const struct index_build *build, enum built *built)
{
    struct error *error = fake_operations.look(arena, target, build, built);

    return fake_of(target)->failed ? error_plain(arena, ERROR_DATABASE, "look failed, too") : error;
}

static struct error *remove_again(struct arena *arena, struct target *target,
                                  const struct index_build *build)
{
    struct error *error = fake_operations.remove(arena, target, build);

    return fake_of(target)->failed ? error_plain(arena, ERROR_DATABASE, "remove failed, too")
                                   : error;
}

/*
 * how  of "down", "atomic", "backup"; "keeps", "hides", "dies"; "half", "whole", what there is of
 *      an index; "look", "remove", which fail as well then; "alembic", whose table is kept in step;
 *      "table", which there is already; "warns", "faults", found before the run
 */
static void check_run(const struct run_row *row, const struct revision *list, size_t count)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    struct target_operations operations = fake_operations;
    struct applied applied = {.plan.count = 99};
    bool alembic = strstr(row->how, "alembic");

    fake_bundle(arena, list, count, alembic, &bundle);
    fake_append(arena, &bundle, &fake.ledger, row->before);
    fake.fails_at = row->fails_at;
    fake.code = row->code;
    fake.keeps = strstr(row->how, "keeps");
    fake.hides = strstr(row->how, "hides");
    fake.dies = strstr(row->how, "dies");
    fake.built = strstr(row->how, "half")    ? BUILT_HALF
                 : strstr(row->how, "whole") ? BUILT_WHOLE
                                             : BUILT_NOTHING;
    fake.finds = strstr(row->how, "faults") ? "wFF" : strstr(row->how, "warns") ? "w" : NULL;
    if (strstr(row->how, "table"))
        fake.versions = fake_heads(arena, &bundle, &fake.ledger);
    if (strstr(row->how, "look"))
        operations.look = look_again;
    if (strstr(row->how, "remove"))
        operations.remove = remove_again;
    fake.target.operations = &operations;
    const struct error *error = apply_as(arena, &bundle, &fake.target, row->to, row->how, &applied);
    struct text log = arena_copy(arena, buffer_text(&fake.log));
    assert_string_equal(log.bytes, row->log);
    assert_string_equal(support_show(arena, error), row->expected);
    assert_string_equal(fake_events(arena, &fake.ledger), row->after);
    assert_false(fake.open);
    if (error)
        assert_int_equal(applied.plan.count, 99);
    else
        assert_string_equal(fake_events(arena, &applied.ledger), row->after);
    if (alembic && fake.versions)
        assert_string_equal(fake.versions, fake_heads(arena, &bundle, &fake.ledger));
}

static void test_upgrade(void **state)
{
    check_run(*state, revisions, COUNT(revisions));
}

static void test_build(void **state)
{
    check_run(*state, building, COUNT(building));
}

static void test_together(void **state)
{
    check_run(*state, together, COUNT(together));
}

static struct error *begin_once_more(struct arena *arena, struct target *target,
                                     const struct ledger *known, const struct terms *terms)
{
    if (fake_of(target)->failed)
        return error_plain(arena, ERROR_LOCKED, "begin failed, too");
    return fake_operations.begin(arena, target, known, terms);
}

static void test_failed_twice(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    struct target_operations operations = fake_operations;
    struct applied applied;

    (void)state;
    operations.begin = begin_once_more;
    fake_bundle(arena, revisions, COUNT(revisions), false, &bundle);
    fake_append(arena, &bundle, &fake.ledger, "+a +b");
    fake.fails_at = 8;
    fake.target.operations = &operations;
    support_check(upgrade(arena, &bundle, &fake.target, "n", &applied),
                  "8 n.up.sql:1:1+4: run failed; and then: begin failed, too" CUT_OFF("1", "3", "0")
                      HALFWAY);
    assert_string_equal(fake_events(arena, &fake.ledger), "+a +b >n");
}

/* Outside a transaction, what may not run twice has not. */
static void assert_once(const struct fake *fake, const char *piece)
{
    struct text done = buffer_text(&fake->done);
    size_t at = text_find(done, text_from(piece));

    assert_true(at < done.size);
    done = text_slice(done, at + 1, done.size);
    assert_int_equal(text_find(done, text_from(piece)), done.size);
}

/* Whatever call fails, in whatever way: a second run ends where an undisturbed one does, or stops.
 */
static void test_every_call(void **state)
{
    static const enum error_code codes[] = {ERROR_DATABASE, ERROR_SYSTEM, ERROR_LOCKED};
    CLEANUP(arena_free) struct arena *whole = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake undisturbed = fake_new();
    struct applied applied;

    (void)state;
    fake_bundle(whole, revisions, COUNT(revisions), false, &bundle);
    assert_null(upgrade(whole, &bundle, &undisturbed.target, NULL, &applied));
    size_t calls = undisturbed.calls;
    assert_int_equal(calls, 55);
    for (size_t at = 1; at <= calls; at++) {
        for (int way = 0; way < 24; way++) {
            CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
            CLEANUP(fake_free) struct fake fake = fake_new();

            fake.fails_at = at;
            fake.code = codes[way % 3];
            fake.keeps = way / 3 & 1;
            fake.hides = way / 6 & 1;
            fake.dies = way / 12 & 1;
            struct error *error = upgrade(arena, &bundle, &fake.target, NULL, &applied);
            assert_non_null(error);
            assert_false(fake.open);

            const char *events = fake_events(arena, &fake.ledger);
            const struct ledger_row *last =
                fake.ledger.count ? &fake.ledger.rows[fake.ledger.count - 1] : NULL;
            bool stops = last && text_equal(last->revision, TEXT("n")) &&
                         last->event != LEDGER_FINISHED && last->event != LEDGER_FAILED &&
                         !text_ends(text_from(events), TEXT(".n1 .n2 .n3"));
            if (stops)
                assert_int_equal(error->code, ERROR_UNKNOWN);
            fake.fails_at = 0;
            fake.failed = false;
            error = upgrade(arena, &bundle, &fake.target, NULL, &applied);
            if (stops) {
                assert_int_equal(error->code, ERROR_UNKNOWN);
                assert_string_equal(fake_events(arena, &fake.ledger), events);
            } else {
                assert_null(error);
                assert_int_equal(applied.plan.applied + applied.plan.count, COUNT(revisions));
                assert_once(&fake, "one;");
                assert_once(&fake, "two;");
                assert_once(&fake, "three;");
            }
        }
    }
}

/* Two runs are disturbed, each at any call in any way; the third ends well, or stops. */

static struct error *disturb(struct bundle *bundle, struct fake *fake, struct arena *arena,
                             size_t at, int way)
{
    struct applied applied;

    fake->calls = 0;
    fake->fails_at = at;
    fake->failed = false;
    fake->keeps = way & 1;
    fake->dies = way & 2;
    return upgrade(arena, bundle, &fake->target, NULL, &applied);
}

static void check_twice(struct bundle *bundle, size_t first, size_t second, int ways)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(fake_free) struct fake fake = fake_new();

    disturb(bundle, &fake, arena, first, ways & 3);
    disturb(bundle, &fake, arena, second, ways >> 2);
    struct error *error = disturb(bundle, &fake, arena, 0, 0);
    if (error) {
        assert_int_equal(error->code, ERROR_UNKNOWN);
        return;
    }
    assert_once(&fake, "six;");
    assert_once(&fake, "eight;");
    assert_int_equal(fake.built, BUILT_WHOLE);
}

static void test_twice(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake undisturbed = fake_new();
    enum { WAYS = 16 };

    (void)state;
    fake_bundle(arena, building, 2, false, &bundle);
    disturb(&bundle, &undisturbed, arena, 0, 0);
    for (size_t first = 1; first <= undisturbed.calls; first++)
        for (size_t second = 1; second <= undisturbed.calls; second++)
            for (int ways = 0; ways < WAYS; ways++)
                check_twice(&bundle, first, second, ways);
}

/* Whatever call of an undo fails, in whatever way: a second one ends where it should, or stops. */
static void test_every_undo(void **state)
{
    static const enum error_code codes[] = {ERROR_DATABASE, ERROR_SYSTEM, ERROR_LOCKED};
    CLEANUP(arena_free) struct arena *whole = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake undisturbed = fake_new();
    struct applied applied;

    (void)state;
    fake_bundle(whole, revisions, COUNT(revisions), true, &bundle);
    fake_append(whole, &bundle, &undisturbed.ledger, ALL);
    undisturbed.versions = "z";
    assert_null(apply_as(whole, &bundle, &undisturbed.target, "base", "down", &applied));
    size_t calls = undisturbed.calls;
    assert_int_equal(calls, 46);
    for (size_t at = 1; at <= calls; at++) {
        for (int way = 0; way < 24; way++) {
            CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
            CLEANUP(fake_free) struct fake fake = fake_new();

            fake_append(arena, &bundle, &fake.ledger, ALL);
            fake.versions = "z";
            fake.fails_at = at;
            fake.code = codes[way % 3];
            fake.keeps = way / 3 & 1;
            fake.hides = way / 6 & 1;
            fake.dies = way / 12 & 1;
            struct error *error = apply_as(arena, &bundle, &fake.target, "base", "down", &applied);
            assert_non_null(error);
            assert_false(fake.open);
            assert_string_equal(fake.versions, fake_heads(arena, &bundle, &fake.ledger));

            const char *events = fake_events(arena, &fake.ledger);
            const struct ledger_row *last = &fake.ledger.rows[fake.ledger.count - 1];
            bool stops = text_equal(last->revision, TEXT("n")) &&
                         (last->event == LEDGER_STARTED ||
                          (last->event == LEDGER_PROGRESSED && last->pieces < 2));
            if (stops)
                assert_int_equal(error->code, ERROR_UNKNOWN);
            fake.fails_at = 0;
            fake.failed = false;
            error = apply_as(arena, &bundle, &fake.target, "base", "down", &applied);
            if (stops) {
                assert_int_equal(error->code, ERROR_UNKNOWN);
                assert_string_equal(fake_events(arena, &fake.ledger), events);
                continue;
            }
            assert_null(error);
            assert_int_equal(applied.plan.applied, applied.plan.count);
            assert_string_equal(fake.versions, "");
            assert_once(&fake, "undo one;");
            assert_once(&fake, "undo two;");
        }
    }
}

/* In one transaction: whatever call fails, in whatever way, all of it is done or nothing. */

static const struct every_row {
    const char *name, *before, *to, *how, *after;
} every_rows[] = {
    {"atomic: each call fails once", "", NULL, "atomic", "+a +b +c +d"},
    {"atomic: each call fails once, of a part", "+a", NULL, "atomic", "+a +b +c +d"},
    {"atomic: each call fails once, on the way back", "+a +b +c +d", "base", "atomic down",
     "+a +b +c +d -d -c -b -a"},
    {"atomic: each call fails once, on a part of the way", "+a +b +c +d", "b", "atomic down",
     "+a +b +c +d -d -c"},
};

static void check_together(struct bundle *bundle, const struct every_row *row, size_t at, int way)
{
    static const enum error_code codes[] = {ERROR_DATABASE, ERROR_SYSTEM, ERROR_LOCKED};
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(fake_free) struct fake fake = fake_new();
    struct applied applied;

    fake_append(arena, bundle, &fake.ledger, row->before);
    fake.versions = fake_heads(arena, bundle, &fake.ledger);
    fake.fails_at = at;
    fake.code = codes[way % 3];
    fake.keeps = way / 3 & 1;
    fake.hides = way / 6 & 1;
    fake.dies = way / 12 & 1;
    struct error *error = apply_as(arena, bundle, &fake.target, row->to, row->how, &applied);
    struct text log = arena_copy(arena, buffer_text(&fake.log));
    bool committed = text_ends(log, TEXT(" commit rollback read"));
    bool done = committed && fake.keeps;

    assert_non_null(error);
    assert_false(fake.open);
    assert_string_equal(fake_events(arena, &fake.ledger), done ? row->after : row->before);
    assert_string_equal(fake.versions, fake_heads(arena, bundle, &fake.ledger));
    assert_int_equal(error->code,
                     done || (committed && (fake.hides || fake.dies)) ? ERROR_UNKNOWN : fake.code);
    fake.fails_at = 0;
    fake.failed = false;
    assert_null(apply_as(arena, bundle, &fake.target, row->to, row->how, &applied));
    assert_string_equal(fake_events(arena, &fake.ledger), row->after);
    assert_string_equal(fake.versions, fake_heads(arena, bundle, &fake.ledger));
}

static void test_every_together(void **state)
{
    const struct every_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake undisturbed = fake_new();
    struct applied applied;

    fake_bundle(arena, together, COUNT(together), true, &bundle);
    fake_append(arena, &bundle, &undisturbed.ledger, row->before);
    undisturbed.versions = fake_heads(arena, &bundle, &undisturbed.ledger);
    assert_null(apply_as(arena, &bundle, &undisturbed.target, row->to, row->how, &applied));
    assert_string_equal(fake_events(arena, &undisturbed.ledger), row->after);
    for (size_t at = 1; at <= undisturbed.calls; at++)
        for (int way = 0; way < 24; way++)
            check_together(&bundle, row, at, way);
}

/* A signal comes during a call. Each run is a process of its own, for what came stays. */

#define RUN_AGAIN(command, id)                                                                     \
    " / Run again, the same 'sqlland " command "' goes on with revision '" id "'."
#define RUN_ON(command)                                                                            \
    " / Run again, the same 'sqlland " command "' goes on with that statement; 'sqlland resume' "  \
    "goes on with another."
#define NOT_BEGUN(id, has, ran)                                                                    \
    "; revision '" id "' was not begun; " STANDS(has, ran) RUN_AGAIN("upgrade", id)

static const struct signal_row {
    const char *name;
    const struct revision *list;
    size_t count;
    const char *before, *to, *how;
    size_t signals_at;
    const char *log, *expected, *after;
} signal_rows[] = {
    {"signal: before the first change", revisions, 5, "", "b", "", 3, START,
     "4 interrupted" NOT_BEGUN("a", "0", "0"), ""},
    {"signal: in a script", revisions, 5, "", "b", "", 6,
     START " prepare begin run<up a;> verify<verify a;> rollback",
     "4 interrupted; revision 'a' was rolled back; " STANDS("0", "0") RUN_AGAIN("upgrade", "a"),
     ""},
    {"signal: when it is recorded", revisions, 5, "", "b", "", 8, START STEP_A,
     "4 interrupted" NOT_BEGUN("b", "1", "1"), "+a"},
    {"signal: in the last commit", revisions, 5, "", "a", "", 9, START STEP_A, "", "+a"},
    {"signal: in the first piece", revisions, 5, "+a +b", "n", "", 8,
     START BEGIN_N ONE EVENT("failed n"),
     "8 interrupted; 1 of 3 statements are done outside a transaction; revision 'n' is half "
     "applied; " STANDS("2", "0") RUN_ON("upgrade"),
     "+a +b >n .n1 !n1"},
    {"signal: before the first piece", revisions, 5, "+a +b", "n", "", 5,
     START BEGIN_N ONE EVENT("failed n"),
     "8 interrupted; 1 of 3 statements are done outside a transaction; revision 'n' is half "
     "applied; " STANDS("2", "0") RUN_ON("upgrade"),
     "+a +b >n .n1 !n1"},
    {"signal: in the last piece", revisions, 5, "+a +b", "n", "", 16, START STEP_N, "",
     "+a +b >n .n1 .n2 .n3 <n"},
    {"signal: in the first piece of an undo", revisions, 5, UP_TO_N, "b", "down", 8,
     START UNDO_N UNDO_ONE EVENT("undo-failed n"),
     "8 interrupted; 1 of 2 statements are done outside a transaction; revision 'n' is half "
     "undone; " UNDID("3", "0") RUN_ON("downgrade"),
     UP_TO_N " ->n -.n1 -!n1"},
    {"signal: in a down script", revisions, 5, "+a +b", "base", "down", 6,
     START " prepare<5 6> begin<5 6> run<down b;> rollback",
     "4 interrupted; revision 'b' is still applied; " UNDID("2", "0") RUN_AGAIN("downgrade", "b"),
     "+a +b"},
    {"signal: atomic, in a script", together, 4, "", NULL, "atomic", 10,
     START UP_A " proceed-keys-off run<up b;> rollback",
     "4 interrupted" THAT_WAS("b", "2",
                              "4") "; all of it was rolled back: 'fake' has 0 of 4 revisions, "
                                   "as before / Run again, the same 'sqlland upgrade' begins anew; "
                                   "without --atomic each revision is "
                                   "kept that can be.",
     ""},
    {"signal: atomic, in the commit", together, 4, "", NULL, "atomic", 19,
     START UP_A UP_B UP_C UP_D " commit", "", "+a +b +c +d"},
};

static void run_with_signal(const void *argument)
{
    const struct signal_row *row = argument;
    struct arena *arena = arena_new(16 << 20);
    struct bundle bundle = {0};
    struct fake fake = fake_new();
    struct applied applied;

    fake_bundle(arena, row->list, row->count, false, &bundle);
    fake_append(arena, &bundle, &fake.ledger, row->before);
    fake.signals_at = row->signals_at;
    const struct error *error = apply_as(arena, &bundle, &fake.target, row->to, row->how, &applied);
    fprintf(stderr, "%s\n%s\n%s\n", arena_copy(arena, buffer_text(&fake.log)).bytes,
            support_show(arena, error), fake_events(arena, &fake.ledger));
    fake_free(&fake);
    bundle_close(&bundle);
    arena_free(&arena);
}

static void test_signal(void **state)
{
    const struct signal_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;

    assert_int_equal(support_fork(arena, run_with_signal, row, &messages), 0);
    assert_string_equal(
        messages.bytes,
        arena_format(arena, "%s\n%s\n%s\n", row->log, row->expected, row->after).bytes);
}

/* The rows themselves. */
static void test_rows(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    const struct passwd *entry = getpwuid(geteuid());
    struct applied applied;
    struct ledger read;
    uint64_t seconds;

    (void)state;
    fake_bundle(arena, revisions, COUNT(revisions), false, &bundle);
    assert_null(upgrade(arena, &bundle, &fake.target, NULL, &applied));
    size_t count = fake.ledger.count;
    struct text *cells = arena_array(arena, struct text, count * LEDGER_FIELD_COUNT);
    for (size_t i = 0; i < count; i++) {
        struct ledger_row row = fake.ledger.rows[i];
        const struct index_step *step = index_find(bundle.index, row.revision);

        assert_true(text_equal(row.project, TEXT("shop")));
        assert_true(text_equal(row.release, TEXT("2.0")));
        assert_int_equal(row.sequence, 7);
        assert_true(text_equal(row.note, TEXT("allow-expired")));
        assert_true(text_equal(row.tool, TEXT("sqlland " VERSION)));
        assert_memory_equal(&row.bundle, &bundle.container->digest, DIGEST_SIZE);
        if (row.event == LEDGER_APPLIED || row.event == LEDGER_FINISHED)
            assert_int_equal(row.pieces, index_piece_count(&step->scripts[SCRIPT_UP]));
        assert_memory_equal(&row.script, &step->scripts[SCRIPT_UP].digest, DIGEST_SIZE);
        assert_true(text_starts(row.who, arena_format(arena, "%s@", entry->pw_name)));
        assert_true(index_time_read(arena_format(arena, "%.*sZ", 19, row.started.bytes), &seconds));
        assert_true(text_compare(row.started, row.finished) <= 0);
        if (row.event == LEDGER_PROGRESSED || row.event == LEDGER_FINISHED)
            assert_true(text_equal(row.started, fake.ledger.rows[i - 1].started));
        ledger_cells(arena, &row, cells + i * LEDGER_FIELD_COUNT);
    }
    assert_null(ledger_read(arena, cells, count, &read));
    assert_int_equal(applied.plan.applied, 0);
    assert_int_equal(applied.plan.count, 5);
    assert_int_equal(applied.ledger.count, count);
}

static void test_progress(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    FILE *results = tmpfile(), *messages = tmpfile();
    struct report report = report_new(arena, results, messages);
    struct apply_options options = {
        .run = {
            .bundle = &bundle, .target = &fake.target, .report = &report, .lock_timeout_ms = 1234}};
    struct applied applied;

    (void)state;
    fake_bundle(arena, revisions, COUNT(revisions), false, &bundle);
    fake_append(arena, &bundle, &fake.ledger, "+a +b >n <n");
    assert_null(apply(arena, &options, &applied));
    assert_string_equal(support_file_text(arena, messages).bytes,
                        "applying 1 of 2  i  Step i\napplying 2 of 2  z  Step z\n");
    assert_string_equal(support_file_text(arena, results).bytes, "");
    fclose(results);
    fclose(messages);
}

/* What the target is asked about. */
static void test_needs(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new(), other = fake_new();
    struct applied applied;

    (void)state;
    fake_bundle(arena, revisions, COUNT(revisions), false, &bundle);
    assert_null(apply_as(arena, &bundle, &fake.target, "b", "", &applied));
    assert_true(fake.needs.ledger);
    assert_int_equal(fake.needs.extension_count, 0);
    assert_int_equal(fake.needs.statement_count, 0);
    bundle.index->extensions = &(struct text){"hstore", 6};
    bundle.index->extension_count = 1;
    fake_append(arena, &bundle, &other.ledger, ALL);
    support_check(apply_as(arena, &bundle, &other.target, "a", "down atomic", &applied),
                  "6 revision 'i' runs without a transaction: it cannot share one / Run it without "
                  "--atomic, or up to there with --to. | 6 revision 'n' runs without a "
                  "transaction: it cannot share one / Run it without --atomic, or up to there with "
                  "--to.");
    assert_false(other.needs.ledger);
    assert_int_equal(other.needs.extension_count, 1);
    assert_int_equal(other.needs.statement_count, 2 + 1 + 2 + 1);
    assert_int_equal(other.ledger.count, 12);
}

static void test_shown(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    FILE *results = tmpfile(), *messages = tmpfile();
    struct report report = report_new(arena, results, messages);
    struct apply_options options = {
        .run = {.bundle = &bundle,
                .target = &fake.target,
                .report = &report,
                .lock_timeout_ms = 1234},
        .kind = SCRIPT_DOWN,
        .to = TEXT("a"),
        .backup = TEXT("y.db"),
    };
    struct applied applied;

    (void)state;
    fake_bundle(arena, revisions, COUNT(revisions), false, &bundle);
    fake_append(arena, &bundle, &fake.ledger, UP_TO_N);
    fake.finds = "w";
    assert_null(apply(arena, &options, &applied));
    assert_string_equal(
        support_file_text(arena, messages).bytes,
        "warning: found w\nto be undone in 'fake', in this order:\n"
        "    1  n  Step n  [no transaction]\n    2  b  Step b\ncopying 'fake' to 'y.db'\n"
        "undoing 1 of 2  n  Step n\nundoing 2 of 2  b  Step b\n");
    assert_string_equal(support_file_text(arena, results).bytes, "");
    assert_int_equal(applied.findings.count, 1);
    fclose(results);
    fclose(messages);
}

/* A medium that changes while the bundle is applied is noticed before its bytes are used. */
static void test_changed_medium(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    char *large = arena_array(arena, char, CHUNK_SIZE + 1);
    struct revision two[] = {{"a", "", "up a;", NULL, NULL, "", false},
                             {"b", "a", large, NULL, NULL, "", false}};
    struct applied applied;

    (void)state;
    memset(large, 'x', CHUNK_SIZE);
    fake_bundle(arena, two, COUNT(two), false, &bundle);
    uint64_t at = bundle.payload.stored[0] + 20;
    FILE *file = fopen("x.ferry", "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
    support_check(upgrade(arena, &bundle, &fake.target, NULL, &applied),
                  "3 chunk 1 of 'x.ferry' is damaged: its digest is not the signed one; revision "
                  "'a' was rolled back; " STANDS_OF("fake", "0", "2", "0") AGAIN("upgrade", "a"));
}

/* The target. */

static const struct target_row {
    const char *name, *needs, *has;
    enum dialect dialect;
    const char *expected;
} target_rows[] = {
    {"target: any version", "", "3.40.1", DIALECT_SQLITE, ""},
    {"target: equal", "3.40.1", "3.40.1", DIALECT_SQLITE, ""},
    {"target: shorter", "3.40", "3.40.1", DIALECT_SQLITE, ""},
    {"target: longer, with a zero", "3.40.1.0", "3.40.1", DIALECT_SQLITE, ""},
    {"target: longer", "3.40.1.1", "3.40.1", DIALECT_SQLITE,
     "6 the bundle needs sqlite 3.40.1.1, this is 3.40.1"},
    {"target: newer in the first number", "3.99", "4.0", DIALECT_SQLITE, ""},
    {"target: not compared as text", "3.9", "3.40", DIALECT_SQLITE, ""},
    {"target: older", "3.41", "3.40.1", DIALECT_SQLITE,
     "6 the bundle needs sqlite 3.41, this is 3.40.1"},
    {"target: older in the first number", "4", "3.40.1", DIALECT_SQLITE,
     "6 the bundle needs sqlite 4, this is 3.40.1"},
    {"target: another database", "", "15.5", DIALECT_POSTGRESQL,
     "6 the bundle is for sqlite, 'x.db' is postgresql"},
};

static void test_target(void **state)
{
    const struct target_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct index index = {.dialect = DIALECT_SQLITE, .server_version = text_from(row->needs)};
    struct target target = {
        .dialect = row->dialect, .name = TEXT("x.db"), .version = text_from(row->has)};

    support_check(run_check_target(arena, &index, &target), row->expected);
}

/* Before anything is locked. */
static void test_wrong_target(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = fake_new();
    struct applied applied;

    (void)state;
    fake_bundle(arena, revisions, COUNT(revisions), false, &bundle);
    fake.target.dialect = DIALECT_POSTGRESQL;
    support_check(upgrade(arena, &bundle, &fake.target, NULL, &applied),
                  "6 the bundle is for sqlite, 'fake' is postgresql");
    assert_int_equal(fake.calls, 0);
}

/* Hostile bundles, validly signed, on SQLite: revision a is good, h is not, z would follow. */

#define STANDS_H     STANDS_OF("x.db", "1", "3", "1")
#define ROLLED_BACK  "; revision 'h' was rolled back; " STANDS_H AGAIN("upgrade", "h")
#define NOTHING_OF_H "; nothing of revision 'h' was done; " STANDS_H AGAIN("upgrade", "h")
#define HALFWAY_IN_H "; " INTERRUPTED("h") "; " STANDS_H CHECK_FIRST("upgrade")

static const struct hostile_row {
    const char *name, *up, *verify, *flags;
    bool one_piece;
    const char *expected, *after, *query, *answer;
} hostile_rows[] = {
    {"hostile: none", "INSERT INTO t VALUES (2);", "SELECT 1;", "", false, "", "+a +h +z",
     "SELECT * FROM t", "1|2|9"},
    {"hostile: commit", "INSERT INTO t VALUES (2);\nCOMMIT;\nINSERT INTO t VALUES (3);", NULL, "",
     false, "4 h.up.sql:2:1+7: transaction control: COMMIT is refused in a revision" ROLLED_BACK,
     "+a", "SELECT * FROM t", "1"},
    {"hostile: commit in the verify script", "INSERT INTO t VALUES (2);", "COMMIT;", "", false,
     "4 h.verify.sql:1:1+7: transaction control: COMMIT is refused in a revision" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: rollback by a conflict",
     "CREATE UNIQUE INDEX i ON t (a); INSERT OR ROLLBACK INTO t VALUES (1);", NULL, "", false,
     "4 h.up.sql:1:33+37: UNIQUE constraint failed: t.a (SQLite code 2067)" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: attach", "INSERT INTO t VALUES (2); ATTACH 'y.db' AS y;", NULL, "", false,
     "4 h.up.sql:1:27+19: ATTACH y.db is refused in a revision" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: attach for the revisions that follow", "ATTACH '' AS y; CREATE TABLE y.t (a);", NULL,
     "", false, "4 h.up.sql:1:1+15: ATTACH is refused in a revision" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: a table for the revisions that follow", "CREATE TEMP TABLE t (a);", NULL, "", false,
     "", "+a +h +z", "SELECT * FROM t", "1|9"},
    {"hostile: a trigger for the revisions that follow",
     "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END;", NULL, "", false, "",
     "+a +h +z", "SELECT * FROM t", "1|9"},
    {"hostile: ledger", "DELETE FROM sqlferry_ledger;", NULL, "", false,
     "4 h.up.sql:1:1+28: a change to sqlferry_ledger is refused in a revision" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: ledger, a row that is its own",
     "INSERT INTO sqlferry_ledger SELECT number + 1, event, project, 'z', script, pieces, bundle, "
     "release, sequence, note, who, started, finished, tool, digest, digest FROM sqlferry_ledger;",
     NULL, "", false,
     "4 h.up.sql:1:1+183: a change to sqlferry_ledger is refused in a revision" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: ledger, by a trigger of the application",
     "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM sqlferry_ledger; END;", NULL, "", false,
     "4 h.up.sql:1:1+74: a new name or a trigger body with 'sqlferry_' is refused in a "
     "revision" ROLLED_BACK,
     "+a", "SELECT * FROM t", "1"},
    {"hostile: a child of the ledger",
     "CREATE TABLE c (n REFERENCES sqlferry_ledger (number) DEFERRABLE INITIALLY DEFERRED);INSERT "
     "INTO c VALUES (2);",
     NULL, "", false, "", "+a +h +z", "SELECT * FROM c", "2"},
    {"hostile: a child of a row to come",
     "CREATE TABLE c (n REFERENCES sqlferry_ledger (number) DEFERRABLE INITIALLY DEFERRED);INSERT "
     "INTO c VALUES (3);",
     NULL, "", false, "4 FOREIGN KEY constraint failed (SQLite code 787)" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: orphans behind a decoy",
     "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p); INSERT INTO c VALUES "
     "(5);CREATE VIEW pragma_foreign_key_check AS SELECT 1 AS \"table\", 2 AS parent WHERE 0;",
     NULL, "keys-off", false,
     "4 row 1 of table 'c' refers to a row that table 'p' does not have" ROLLED_BACK, "+a",
     "SELECT * FROM t", "1"},
    {"hostile: nothing but a comment that does not end", "INSERT INTO t VALUES (2); /* ", NULL, "",
     false, "", "+a +h +z", "SELECT * FROM t", "1|2|9"},

    {"hostile: vacuum", "VACUUM;", NULL, "none", false, "", "+a >h .h1 <h +z", "SELECT * FROM t",
     "1|9"},
    {"hostile: vacuum into a file", "VACUUM INTO 'y.db';", NULL, "none", false,
     "4 h.up.sql:1:1+19: ATTACH y.db is refused in a revision" REFUSED("1", "1", "0") NOTHING_OF_H,
     "+a >h !h", "SELECT * FROM t", "1"},
    {"hostile: a begin of its own", "BEGIN;\nDELETE FROM t;", NULL, "none", false,
     "4 h.up.sql:1:1+6: transaction control: BEGIN is refused in a revision" REFUSED("1", "2", "0")
         NOTHING_OF_H,
     "+a >h !h", "SELECT * FROM t", "1"},
    {"hostile: two statements in a piece",
     "INSERT INTO t VALUES (2);\nINSERT INTO nosuch VALUES (3);", NULL, "none", true,
     "4 h.up.sql:2:1+30: a second statement where each runs by itself, outside a "
     "transaction" REFUSED("1", "1", "0") NOTHING_OF_H,
     "+a >h !h", "SELECT * FROM t", "1"},
    {"hostile: a part of a statement", "INSERT OR FAIL INTO u VALUES (1), (2), (1);", NULL, "none",
     false,
     "8 h.up.sql:1:1+43: UNIQUE constraint failed: u.a (SQLite code 2067)" IN_PART("1", "1", "0")
         HALFWAY_IN_H,
     "+a >h", "SELECT * FROM u", "1|2"},
    {"hostile: the second statement", "INSERT INTO t VALUES (2);\nINSERT INTO nosuch VALUES (3);",
     NULL, "none", false,
     "8 h.up.sql:2:13+6: no such table: nosuch (SQLite code 1)" REFUSED(
         "2", "2", "1") "; revision 'h' is half applied; 'x.db' has 1 of 3 revisions, 1 of them "
                        "from this run" GOES_ON("upgrade"),
     "+a >h .h1 !h1", "SELECT * FROM t", "1|2"},
    {"hostile: what verify says without a transaction", "INSERT INTO t VALUES (2);", "SELECT 0;",
     "none", false,
     "8 h.verify.sql:1:1+9: the verify script found a row whose first column is 0" HALFWAY_IN_H,
     "+a >h .h1", "SELECT * FROM t", "1|2"},
};

static struct text query(struct arena *arena, const char *sql)
{
    struct text shown = TEXT("");
    sqlite3 *handle;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open("x.db", &handle), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        shown = arena_format(arena, "%s%s%s", shown.bytes, shown.size ? "|" : "",
                             (const char *)sqlite3_column_text(statement, 0));
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    assert_int_equal(sqlite3_close(handle), SQLITE_OK);
    return shown;
}

static void test_hostile(void **state)
{
    const struct hostile_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(target_close) struct target *target = NULL;
    struct revision three[] = {
        {"a", "", "CREATE TABLE t (a); INSERT INTO t VALUES (1); CREATE TABLE u (a UNIQUE);", NULL,
         NULL, "", false},
        {"h", "a", row->up, NULL, row->verify, row->flags, row->one_piece},
        {"z", "h", "INSERT INTO t VALUES (9);", NULL, NULL, "", false},
    };
    struct applied applied;
    struct ledger ledger;

    assert_int_equal(system("rm -f x.db*"), 0);
    fake_bundle(arena, three, COUNT(three), false, &bundle);
    struct target_options writes = {.access = TARGET_WRITES};
    assert_null(target_open(arena, TEXT("x.db"), &writes, &target));
    const char *shown = support_show(arena, upgrade(arena, &bundle, target, NULL, &applied));
    assert_null(target->operations->read_ledger(arena, target, &ledger));
    target_close(&target);
    assert_string_equal(shown, row->expected);
    assert_string_equal(fake_events(arena, &ledger), row->after);
    assert_string_equal(query(arena, row->query).bytes, row->answer);
    assert_string_equal(query(arena, "PRAGMA integrity_check").bytes, "ok");
    assert_false(support_exists("y.db"));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, upgrade_rows, test_upgrade);
    support_add_rows(&tests, build_rows, test_build);
    support_add_rows(&tests, downgrade_rows, test_upgrade);
    support_add_rows(&tests, together_rows, test_together);
    support_add_rows(&tests, signal_rows, test_signal);
    support_add(&tests, "no transaction: what failed cannot be recorded", test_failed_twice);
    support_add(&tests, "each call fails once", test_every_call);
    support_add(&tests, "two calls fail, in two runs", test_twice);
    support_add(&tests, "downgrade: each call fails once", test_every_undo);
    support_add_rows(&tests, every_rows, test_every_together);
    support_add(&tests, "the rows of the ledger", test_rows);
    support_add(&tests, "what a run needs", test_needs);
    support_add(&tests, "what is shown before a downgrade", test_shown);
    support_add(&tests, "progress", test_progress);
    support_add(&tests, "a medium that changes", test_changed_medium);
    support_add_rows(&tests, target_rows, test_target);
    support_add(&tests, "a target of another kind", test_wrong_target);
    support_add_rows(&tests, hostile_rows, test_hostile);
    return support_run("apply", &tests);
}

/*
 * What runs, in which order, and what stays behind when any call of it fails: on a target that
 * records its calls, with signed bundles; then hostile ones on SQLite.
 */
#include "compiler/signer.h"
#include "compiler/writer.h"
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

struct revision {
    const char *id, *parents; /* one letter each */
    const char *up, *verify;  /* NULL where there is none */
    const char *flags;        /* of "none", "idempotent", "keys-off", "timeouts" */
    bool one_piece;           /* do not cut in front of each line */
};

static const struct revision revisions[] = {
    {"a", "", "up a;", "verify a;", "", false},
    {"b", "a", "up b;", NULL, "keys-off timeouts", false},
    {"n", "b", "one;\ntwo;\nthree;", "verify n;", "none", false},
    {"i", "a", "-- both\nfour;\nfive;", NULL, "none idempotent", false},
    {"z", "ni", "up z;\nmore z;", "verify z;\nand z;", "", false},
};

/* Lines that begin with "build" make an index of that name, outside a transaction. */
static const struct revision building[] = {
    {"a", "", "up a;", NULL, "", false},
    {"x", "a", "six;\nbuild i7\neight;", "verify x;", "none timeouts", false},
    {"y", "x", "build i9", NULL, "none", false},
};

static bool is_build(struct text piece)
{
    return text_starts(piece, TEXT("build "));
}

/* A piece begins at each line that is no comment. */
static void cut(struct arena *arena, struct index_script *script, struct text text)
{
    for (struct text rest = text; rest.size;) {
        struct text line = text_cut(&rest, '\n');

        if (text_starts(line, TEXT("--")))
            continue;
        if (is_build(line)) {
            struct text name = text_slice(line, 6, line.size);

            script->builds[script->build_count++] = (struct index_build){
                script->cut_count, arena_format(arena, "t%.*s", TEXT_ARGS(name)), name};
        }
        script->cuts[script->cut_count++] = (uint64_t)(line.bytes - text.bytes);
    }
}

static void add_script(struct arena *arena, struct writer *writer, struct index_step *step,
                       enum script_kind kind, const char *text, bool cuts)
{
    struct index_script *script = &step->scripts[kind];
    struct text bytes = text_from(text);

    if (!text)
        return;
    *script = (struct index_script){
        .presence = SCRIPT_FILE,
        .source = crypto_digest(bytes),
        .path = arena_format(arena, "%.*s.%s.sql", TEXT_ARGS(step->id), script_kind_name(kind)),
        .cuts = arena_array(arena, uint64_t, bytes.size),
        .builds = arena_array(arena, struct index_build, bytes.size),
    };
    if (cuts)
        cut(arena, script, bytes);
    assert_null(writer_add(arena, writer, step, kind, bytes));
}

static void make_bundle(struct arena *arena, const struct revision *list, size_t count,
                        struct bundle *bundle)
{
    CLEANUP(writer_close) struct writer writer = {.scratch = {-1, -1}};
    CLEANUP(buffer_free) struct buffer buffer = {0};
    CLEANUP(signer_close) struct secret_key *key = NULL;
    struct index index = {
        .project = TEXT("shop"),
        .release = TEXT("2.0"),
        .dialect = DIALECT_SQLITE,
        .sequence = 7,
        .created = 1795393482,
        .tool = TEXT("test"),
        .steps = arena_array(arena, struct index_step, count),
        .step_count = count,
    };
    struct extent extents[STREAM_COUNT];
    struct password_source nobody = {-1};
    struct signature signature;
    struct trust *trust = arena_one(arena, struct trust);

    assert_null(writer_open(arena, TEXT("."), LEVEL_MIN, 1, &writer));
    for (size_t i = 0; i < count; i++) {
        const struct revision *revision = &list[i];
        struct index_step *step = &index.steps[i];

        step->id = text_from(revision->id);
        step->title = arena_format(arena, "Step %s", revision->id);
        step->parent_count = strlen(revision->parents);
        step->parents = arena_array(arena, struct text, step->parent_count);
        for (size_t j = 0; j < step->parent_count; j++)
            step->parents[j] = (struct text){revision->parents + j, 1};
        step->transactional = !strstr(revision->flags, "none");
        step->idempotent = strstr(revision->flags, "idempotent");
        if (strstr(revision->flags, "timeouts")) {
            step->lock_timeout_ms = 5;
            step->statement_timeout_ms = 6;
        }
        add_script(arena, &writer, step, SCRIPT_UP, revision->up, !revision->one_piece);
        step->scripts[SCRIPT_UP].foreign_keys_off = strstr(revision->flags, "keys-off");
        add_script(arena, &writer, step, SCRIPT_VERIFY, revision->verify, !revision->one_piece);
    }
    assert_null(writer_finish(arena, &writer, &index));
    index_write(&buffer, &index);
    if (!support_exists("k.key"))
        assert_null(signer_create(arena, TEXT("k"), false, &nobody));
    assert_null(signer_load(arena, TEXT("k.key"), &nobody, &key));
    struct digest digest = crypto_digest(buffer_text(&buffer));
    assert_null(signer_sign(arena, key, buffer_text(&buffer), &digest, &signature));
    struct text text = minisign_signature_text(arena, &signature, &digest);
    writer_extents(&writer, extents);
    assert_null(
        writer_save(arena, TEXT("x.ferry"), buffer_text(&buffer), &text, 1, extents, STREAM_COUNT));

    assert_null(trust_load_key(arena, TEXT("k.pub"), trust));
    struct bundle_policy policy = {.trust = trust, .now = 1795393483};
    assert_null(bundle_open(arena, TEXT("x.ferry"), &policy, bundle));
}

/* The fake. */

struct fake {
    struct target target;
    struct buffer log;
    size_t calls, fails_at; /* from 1; 0 for never */
    enum error_code code;   /* of that failure */
    bool keeps;             /* what failed, a commit or a connection, has worked all the same */
    bool hides;             /* after a failure the ledger cannot be read */
    bool dies;              /* after a failure nothing works any more */
    bool failed, open;
    enum built built;   /* of the index that is built */
    struct buffer done; /* what ran outside a transaction */
    struct ledger ledger;
    struct ledger_row pending;
    bool has_pending;
};

static struct fake *self(struct target *target)
{
    return (struct fake *)target;
}

/* returns  whether this is the call that fails */
static bool call(struct fake *fake, const char *name)
{
    buffer_format(&fake->log, "%s%s", fake->log.size ? " " : "", name);
    if (++fake->calls == fake->fails_at)
        fake->failed = true;
    else if (!fake->failed || !fake->dies)
        return false;
    return true;
}

/* Whether the call that failed was done in spite of that. */
static bool is_kept(const struct fake *fake)
{
    return fake->keeps && fake->calls == fake->fails_at;
}

static const char *with_terms(struct arena *arena, const char *name, const struct terms *terms)
{
    struct text times = TEXT("");

    if (terms->lock_timeout_ms || terms->statement_timeout_ms)
        times = arena_format(arena, "<%d %d>", (int)terms->lock_timeout_ms,
                             (int)terms->statement_timeout_ms);
    return arena_format(arena, "%s%s%s", name, terms->foreign_keys_off ? "-keys-off" : "",
                        times.bytes)
        .bytes;
}

static struct error *fake_lock(struct arena *arena, struct target *target, uint64_t timeout_ms)
{
    struct fake *fake = self(target);

    assert_int_equal(timeout_ms, 1234);
    return call(fake, "lock") ? error_plain(arena, fake->code, "lock failed") : NULL;
}

static struct error *fake_read(struct arena *arena, struct target *target, struct ledger *ledger)
{
    struct fake *fake = self(target);

    if (call(fake, "read") || (fake->hides && fake->failed))
        return error_plain(arena, fake->code, "read failed");
    *ledger = (struct ledger){0};
    for (size_t i = 0; i < fake->ledger.count; i++)
        ledger_append(arena, ledger, &fake->ledger.rows[i]);
    return NULL;
}

static struct error *fake_begin(struct arena *arena, struct target *target,
                                const struct ledger *known, const struct terms *terms)
{
    struct fake *fake = self(target);
    struct digest head = ledger_head(&fake->ledger), told = ledger_head(known);

    assert_false(fake->open);
    assert_memory_equal(&head, &told, sizeof(head));
    if (call(fake, with_terms(arena, "begin", terms)))
        return error_plain(arena, fake->code, "begin failed");
    fake->open = true;
    return NULL;
}

/* "run<one;|two;>", which fails at the last piece. */
static struct error *run_pieces(struct arena *arena, struct fake *fake, const char *what,
                                const struct sending *sending)
{
    struct text last, shown = TEXT("");

    assert_true(sending->count > 0);
    for (size_t i = 0; i < sending->count; i++) {
        struct text piece = sending->pieces[i];

        /* It lies in the text of the script. */
        assert_true(piece.bytes >= sending->script->text.bytes);
        assert_true(piece.bytes + piece.size <=
                    sending->script->text.bytes + sending->script->text.size);
        last = text_trim(piece);
        shown = arena_format(arena, "%s%s%.*s", shown.bytes, i ? "|" : "", TEXT_ARGS(last));
    }
    if (!call(fake, arena_format(arena, "%s<%s>", what, shown.bytes).bytes))
        return NULL;
    return error_at(arena, fake->code, span_of(sending->script, last), "%s failed", what);
}

static struct error *fake_run(struct arena *arena, struct target *target,
                              const struct sending *sending)
{
    struct fake *fake = self(target);
    struct text piece = text_trim(sending->pieces[0]);
    struct error *error = run_pieces(arena, fake, "run", sending);

    if ((error && !(is_kept(fake) && fake->dies)) || fake->open)
        return error;
    assert_int_equal(sending->count, 1);
    buffer_format(&fake->done, "%.*s ", TEXT_ARGS(piece));
    if (is_build(piece)) {
        assert_int_equal(fake->built, BUILT_NOTHING);
        fake->built = !error || fake->code == ERROR_SYSTEM ? BUILT_WHOLE : BUILT_HALF;
    }
    return error;
}

static const char *show_build(struct arena *arena, const char *what,
                              const struct index_build *build)
{
    return arena_format(arena, "%s<%.*s %.*s>", what, TEXT_ARGS(build->table),
                        TEXT_ARGS(build->name))
        .bytes;
}

static struct error *fake_look(struct arena *arena, struct target *target,
                               const struct index_build *build, enum built *built)
{
    struct fake *fake = self(target);

    assert_false(fake->open);
    if (call(fake, show_build(arena, "look", build)))
        return error_plain(arena, fake->code, "look failed");
    *built = fake->built;
    return NULL;
}

static struct error *fake_remove(struct arena *arena, struct target *target,
                                 const struct index_build *build)
{
    struct fake *fake = self(target);

    assert_false(fake->open);
    assert_int_equal(fake->built, BUILT_HALF);
    bool fails = call(fake, show_build(arena, "remove", build));
    if (!fails || is_kept(fake))
        fake->built = BUILT_NOTHING;
    return fails ? error_plain(arena, fake->code, "remove failed") : NULL;
}

static struct error *fake_verify(struct arena *arena, struct target *target,
                                 const struct sending *sending)
{
    return run_pieces(arena, self(target), "verify", sending);
}

static struct error *fake_record(struct arena *arena, struct target *target,
                                 const struct ledger_row *row)
{
    struct fake *fake = self(target);

    assert_true(fake->open);
    assert_false(fake->has_pending);
    if (call(fake, arena_format(arena, "record<%s %.*s>", ledger_event_name(row->event),
                                TEXT_ARGS(row->revision))
                       .bytes))
        return error_plain(arena, fake->code, "record failed");
    fake->pending = *row;
    fake->has_pending = true;
    return NULL;
}

static void keep_row(struct arena *arena, struct fake *fake)
{
    if (fake->has_pending)
        ledger_append(arena, &fake->ledger, &fake->pending);
    fake->has_pending = fake->open = false;
}

static struct error *fake_commit(struct arena *arena, struct target *target)
{
    struct fake *fake = self(target);

    assert_true(fake->open);
    bool fails = call(fake, "commit");
    if (!fails || is_kept(fake))
        keep_row(arena, fake);
    return fails ? error_plain(arena, fake->code, "commit failed") : NULL;
}

static void fake_rollback(struct target *target)
{
    struct fake *fake = self(target);

    buffer_add(&fake->log, TEXT(" rollback"));
    fake->open = fake->has_pending = false;
}

static struct error *fake_prepare(struct arena *arena, struct target *target,
                                  const struct terms *terms)
{
    struct fake *fake = self(target);

    assert_false(fake->open);
    return call(fake, with_terms(arena, "prepare", terms))
               ? error_plain(arena, fake->code, "prepare failed")
               : NULL;
}

static const struct target_operations fake_operations = {
    .lock = fake_lock,
    .read_ledger = fake_read,
    .prepare = fake_prepare,
    .begin = fake_begin,
    .run = fake_run,
    .look = fake_look,
    .remove = fake_remove,
    .verify = fake_verify,
    .record = fake_record,
    .commit = fake_commit,
    .rollback = fake_rollback,
};

static void fake_free(struct fake *fake)
{
    buffer_free(&fake->log);
    buffer_free(&fake->done);
}

static struct fake new_fake(void)
{
    return (struct fake){
        .target = {.operations = &fake_operations,
                   .dialect = DIALECT_SQLITE,
                   .name = TEXT("fake"),
                   .version = TEXT("3.40.1")},
        .code = ERROR_DATABASE,
    };
}

/*
 * Events that a run before has left: "+a" applied, ">a" started, ".a" progressed, "!a" failed, "<a"
 * finished.
 */
static const char marks[] = "+>.!<";

static void append_events(struct arena *arena, const struct bundle *bundle, struct ledger *ledger,
                          const char *events)
{
    for (struct text rest = text_from(events); rest.size;) {
        struct text word = text_cut(&rest, ' ');
        const struct index_step *step = index_find(bundle->index, text_slice(word, 1, 1));
        struct ledger_row row = {
            .event = (enum ledger_event)(strchr(marks, word.bytes[0]) - marks),
            .project = TEXT("shop"),
            .revision = step->id,
            .script = step->scripts[SCRIPT_UP].digest,
            .release = TEXT("1.0"),
            .sequence = 1,
            .who = TEXT("before"),
            .started = TEXT("2026-11-23T00:24:42.765Z"),
            .finished = TEXT("2026-11-23T00:24:42.766Z"),
            .tool = TEXT("test"),
        };

        ledger_continue(arena, ledger, &row);
        ledger_append(arena, ledger, &row);
    }
}

static const char *show_events(struct arena *arena, const struct ledger *ledger)
{
    struct text shown = TEXT("");

    for (size_t i = 0; i < ledger->count; i++)
        shown = arena_format(arena, "%s%s%c%.*s", shown.bytes, i ? " " : "",
                             marks[ledger->rows[i].event], TEXT_ARGS(ledger->rows[i].revision));
    return shown.bytes;
}

static struct error *upgrade(struct arena *arena, struct bundle *bundle, struct target *target,
                             const char *to, struct applied *applied)
{
    struct report report = report_new(arena, stdout, stderr);
    struct apply_options options = {
        .bundle = bundle,
        .target = target,
        .report = &report,
        .to = text_from(to),
        .lock_timeout_ms = 1234,
        .note = TEXT("allow-expired"),
    };

    report.quiet = true;
    return apply_upgrade(arena, &options, applied);
}

/* One call fails, or none. The log ends with it; then comes what is done about it. */

#define EVENT(event)    " begin record<" event "> commit"
#define PIECE(id, text) " run<" text ">" EVENT("progressed " id)

#define START   "lock read"
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

/* Notes behind errors. */
#define STANDS(has, ran)     "'fake' has " has " of 5 revisions, " ran " of them from this run"
#define UNDONE(id, has, ran) "; revision '" id "' was rolled back; " STANDS(has, ran)
#define IN_DOUBT(id, has, ran)                                                                     \
    "; nobody knows whether revision '" id "' is applied: a person must look; " STANDS(has, ran)
#define NOTHING "; nothing of revision 'n' was done; " STANDS("2", "0")
#define INTERRUPTED                                                                                \
    "revision 'n' runs without a transaction and was interrupted: a person must look"
#define HALFWAY "; " INTERRUPTED "; " STANDS("2", "0")
#define REFUSED(piece, count, before)                                                              \
    "; statement " piece " of " count " was refused outside a transaction; the " before            \
    " before it are done"
#define UNRECORDED(piece, count)                                                                   \
    "; statement " piece " of " count " is done, though the ledger may not say so"
#define MUST_LOOK(done)                                                                            \
    "8 " INTERRUPTED "; of the 3 statements of 'n.up.sql', " done " are done; whether the next "   \
    "one is, nobody knows / Compare the database with that statement; a revision that may run "    \
    "twice says 'idempotent: true' in its manifest."

static const struct upgrade_row {
    const char *name, *before, *to;
    size_t fails_at;
    enum error_code code;
    const char *how; /* of "keeps", "hides" */
    const char *log, *expected, *after;
} upgrade_rows[] = {
    {"upgrade: everything", "", NULL, 0, 0, "", START STEP_A STEP_B STEP_N STEP_I STEP_Z, "",
     "+a +b >n .n .n .n <n >i .i .i <i +z"},
    {"upgrade: nothing to do", "+a +b >n <n >i <i +z", NULL, 0, 0, "", START, "",
     "+a +b >n <n >i <i +z"},
    {"upgrade: the rest", "+a +b >n <n", NULL, 0, 0, "", START STEP_I STEP_Z, "",
     "+a +b >n <n >i .i .i <i +z"},
    {"upgrade: to the first", "", "a", 0, 0, "", START STEP_A, "", "+a"},
    {"upgrade: to one of two branches", "", "i", 0, 0, "", START STEP_A STEP_I, "",
     "+a >i .i .i <i"},
    {"upgrade: to the other branch", "+a >i <i", "n", 0, 0, "", START STEP_B STEP_N, "",
     "+a >i <i +b >n .n .n .n <n"},
    {"upgrade: to one that is there", "+a +b", "a", 0, 0, "", START, "", "+a +b"},
    {"upgrade: to nothing known", "", "x", 0, 0, "", START, "2 the bundle has no revision 'x'", ""},
    {"upgrade: again after a failure", "+a +b >n !n", "n", 0, 0, "", START STEP_N, "",
     "+a +b >n !n >n .n .n .n <n"},
    {"upgrade: a revision without its parent", "+b", NULL, 0, 0, "", START,
     "6 revision 'b' is applied, but its parent 'a' is not", "+b"},

    {"upgrade: lock fails", "", "a", 1, ERROR_LOCKED, "", "lock", "7 lock failed", ""},
    {"upgrade: read fails", "", "a", 2, ERROR_STATE, "", START, "6 read failed", ""},
    {"upgrade: prepare fails", "", "a", 3, ERROR_DATABASE, "", START " prepare",
     "4 prepare failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: begin fails", "", "a", 4, ERROR_LOCKED, "", START " prepare begin",
     "7 begin failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: run fails", "", "a", 5, ERROR_DATABASE, "",
     START " prepare begin run<up a;> rollback",
     "4 a.up.sql:1:1+5: run failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: run finds the disk full", "", "a", 5, ERROR_SYSTEM, "",
     START " prepare begin run<up a;> rollback",
     "5 a.up.sql:1:1+5: run failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: verify fails", "", "a", 6, ERROR_DATABASE, "",
     START " prepare begin run<up a;> verify<verify a;> rollback",
     "4 a.verify.sql:1:1+9: verify failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: record fails", "", "a", 7, ERROR_DATABASE, "",
     START " prepare begin run<up a;> verify<verify a;> record<applied a> rollback",
     "4 record failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: commit fails", "", "a", 8, ERROR_DATABASE, "", START STEP_A " rollback read",
     "4 commit failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: commit fails on a full disk", "", "a", 8, ERROR_SYSTEM, "",
     START STEP_A " rollback read", "5 commit failed" UNDONE("a", "0", "0"), ""},
    {"upgrade: commit fails, though it worked", "", "a", 8, ERROR_SYSTEM, "keeps",
     START STEP_A " rollback read", "8 commit failed" IN_DOUBT("a", "0", "0"), "+a"},
    {"upgrade: commit fails, and nobody knows", "", "a", 8, ERROR_SYSTEM, "hides",
     START STEP_A " rollback read", "8 commit failed" IN_DOUBT("a", "0", "0"), ""},
    {"upgrade: commit worked, and nobody knows", "", "a", 8, ERROR_SYSTEM, "keeps hides",
     START STEP_A " rollback read", "8 commit failed" IN_DOUBT("a", "0", "0"), "+a"},
    {"upgrade: prepare fails in the second revision", "", "b", 9, ERROR_DATABASE, "",
     START STEP_A " prepare-keys-off<5 6>", "4 prepare failed" UNDONE("b", "1", "1"), "+a"},
    {"upgrade: run fails in the second revision", "", "b", 11, ERROR_DATABASE, "",
     START STEP_A BEGIN_B " rollback", "4 b.up.sql:1:1+5: run failed" UNDONE("b", "1", "1"), "+a"},
    {"upgrade: commit fails in the second revision", "", "b", 13, ERROR_DATABASE, "",
     START STEP_A STEP_B " rollback read", "4 commit failed" UNDONE("b", "1", "1"), "+a"},
    {"upgrade: commit worked in the second revision", "", "b", 13, ERROR_DATABASE, "keeps",
     START STEP_A STEP_B " rollback read", "8 commit failed" IN_DOUBT("b", "1", "1"), "+a +b"},
    {"upgrade: run fails in the last piece of the last", "+a +b >n <n >i <i", NULL, 5,
     ERROR_DATABASE, "", START " prepare begin run<up z;|more z;> rollback",
     "4 z.up.sql:2:1+7: run failed" UNDONE("z", "4", "0"), "+a +b >n <n >i <i"},
    {"upgrade: verify fails in its last piece", "+a +b >n <n >i <i", NULL, 6, ERROR_DATABASE, "",
     START " prepare begin run<up z;|more z;> verify<verify z;|and z;> rollback",
     "4 z.verify.sql:2:1+6: verify failed" UNDONE("z", "4", "0"), "+a +b >n <n >i <i"},

    {"no transaction: prepare fails", "+a +b", "n", 3, ERROR_DATABASE, "", START " prepare",
     "4 prepare failed" NOTHING, "+a +b"},
    {"no transaction: begin fails", "+a +b", "n", 4, ERROR_LOCKED, "", START " prepare begin",
     "7 begin failed" NOTHING, "+a +b"},
    {"no transaction: started is not recorded", "+a +b", "n", 5, ERROR_DATABASE, "",
     START " prepare begin record<started n> rollback", "4 record failed" NOTHING, "+a +b"},
    {"no transaction: started is not committed", "+a +b", "n", 6, ERROR_SYSTEM, "",
     START BEGIN_N " rollback read", "5 commit failed" NOTHING, "+a +b"},
    {"no transaction: started may be committed", "+a +b", "n", 6, ERROR_SYSTEM, "keeps",
     START BEGIN_N " rollback read", "8 commit failed" HALFWAY, "+a +b >n"},
    {"no transaction: the first statement", "+a +b", "n", 7, ERROR_DATABASE, "",
     START BEGIN_N " run<one;>" EVENT("failed n"),
     "4 n.up.sql:1:1+4: run failed" REFUSED("1", "3", "0") NOTHING, "+a +b >n !n"},
    {"no transaction: the first statement, full disk", "+a +b", "n", 7, ERROR_SYSTEM, "",
     START BEGIN_N " run<one;>" EVENT("failed n"),
     "5 n.up.sql:1:1+4: run failed" REFUSED("1", "3", "0") NOTHING, "+a +b >n !n"},
    {"no transaction: the first statement, done in part", "+a +b", "n", 7, ERROR_UNKNOWN, "",
     START BEGIN_N " run<one;>",
     "8 n.up.sql:1:1+4: run failed; statement 1 of 3 was done in part outside a transaction; the 0 "
     "before it are done" HALFWAY,
     "+a +b >n"},
    {"no transaction: the connection is lost", "+a +b", "n", 7, ERROR_SYSTEM, "dies",
     START BEGIN_N " run<one;> begin",
     "8 n.up.sql:1:1+4: run failed; and then: begin failed" REFUSED("1", "3", "0") HALFWAY,
     "+a +b >n"},
    {"no transaction: begin after the first", "+a +b", "n", 8, ERROR_LOCKED, "",
     START BEGIN_N " run<one;> begin", "8 begin failed" UNRECORDED("1", "3") HALFWAY, "+a +b >n"},
    {"no transaction: progress is not recorded", "+a +b", "n", 9, ERROR_DATABASE, "",
     START BEGIN_N " run<one;> begin record<progressed n> rollback",
     "8 record failed" UNRECORDED("1", "3") HALFWAY, "+a +b >n"},
    {"no transaction: progress is not committed", "+a +b", "n", 10, ERROR_SYSTEM, "",
     START BEGIN_N ONE " rollback read", "8 commit failed" UNRECORDED("1", "3") HALFWAY,
     "+a +b >n"},
    {"no transaction: progress may be committed", "+a +b", "n", 10, ERROR_SYSTEM, "keeps",
     START BEGIN_N ONE " rollback read", "8 commit failed" UNRECORDED("1", "3") HALFWAY,
     "+a +b >n .n"},
    {"no transaction: the second statement", "+a +b", "n", 11, ERROR_DATABASE, "",
     START BEGIN_N ONE " run<two;>" EVENT("failed n"),
     "8 n.up.sql:2:1+4: run failed" REFUSED("2", "3", "1") HALFWAY, "+a +b >n .n !n"},
    {"no transaction: the second statement, done in part", "+a +b", "n", 11, ERROR_UNKNOWN, "",
     START BEGIN_N ONE " run<two;>",
     "8 n.up.sql:2:1+4: run failed; statement 2 of 3 was done in part outside a transaction; the 1 "
     "before it are done" HALFWAY,
     "+a +b >n .n"},
    {"no transaction: the third statement", "+a +b", "n", 15, ERROR_LOCKED, "",
     START BEGIN_N ONE TWO " run<three;>" EVENT("failed n"),
     "8 n.up.sql:3:1+6: run failed" REFUSED("3", "3", "2") HALFWAY, "+a +b >n .n .n !n"},
    {"no transaction: begin after the third", "+a +b", "n", 16, ERROR_LOCKED, "",
     START BEGIN_N ONE TWO " run<three;> begin", "8 begin failed" UNRECORDED("3", "3") HALFWAY,
     "+a +b >n .n .n"},
    {"no transaction: verify", "+a +b", "n", 19, ERROR_DATABASE, "",
     START BEGIN_N ONE TWO THREE " verify<verify n;>",
     "8 n.verify.sql:1:1+9: verify failed" HALFWAY, "+a +b >n .n .n .n"},
    {"no transaction: begin at the end", "+a +b", "n", 20, ERROR_LOCKED, "",
     START BEGIN_N ONE TWO THREE " verify<verify n;> begin", "8 begin failed" HALFWAY,
     "+a +b >n .n .n .n"},
    {"no transaction: finished is not recorded", "+a +b", "n", 21, ERROR_DATABASE, "",
     START BEGIN_N ONE TWO THREE " verify<verify n;> begin record<finished n> rollback",
     "8 record failed" HALFWAY, "+a +b >n .n .n .n"},
    {"no transaction: finished is not committed", "+a +b", "n", 22, ERROR_SYSTEM, "",
     START STEP_N " rollback read", "8 commit failed" HALFWAY, "+a +b >n .n .n .n"},
    {"no transaction: finished may be committed", "+a +b", "n", 22, ERROR_SYSTEM, "keeps",
     START STEP_N " rollback read", "8 commit failed" HALFWAY, "+a +b >n .n .n .n <n"},

    {"stopped: goes on with that statement", "+a +b >n .n !n", "n", 0, 0, "",
     START BEGIN_N TWO THREE END_N, "", "+a +b >n .n !n >n .n .n <n"},
    {"stopped: goes on with the last", "+a +b >n .n .n !n", "n", 0, 0, "",
     START BEGIN_N THREE END_N, "", "+a +b >n .n .n !n >n .n <n"},
    {"stopped: twice at the same", "+a +b >n .n !n", "n", 7, ERROR_DATABASE, "",
     START BEGIN_N " run<two;>" EVENT("failed n"),
     "8 n.up.sql:2:1+4: run failed" REFUSED("2", "3", "1") HALFWAY, "+a +b >n .n !n >n !n"},
    {"stopped: then at a later one", "+a +b >n .n !n !n", "n", 11, ERROR_DATABASE, "",
     START BEGIN_N TWO " run<three;>" EVENT("failed n"),
     "8 n.up.sql:3:1+6: run failed" REFUSED("3", "3", "2") HALFWAY, "+a +b >n .n !n !n >n .n !n"},
    {"stopped: prepare fails", "+a +b >n .n !n", "n", 3, ERROR_DATABASE, "", START " prepare",
     "4 prepare failed; nothing more of revision 'n' was done; " STANDS("2", "0"),
     "+a +b >n .n !n"},
    {"stopped: idempotent", "+a >i .i !i", "i", 0, 0, "",
     START " prepare" EVENT("started i") PIECE("i", "five;") EVENT("finished i"), "",
     "+a >i .i !i >i .i <i"},
    {"stopped: to a branch without it", "+a +b >n .n !n", "i", 0, 0, "", START STEP_I, "",
     "+a +b >n .n !n >i .i .i <i"},

    {"interrupted: in the first statement", "+a +b >n", NULL, 0, 0, "", START, MUST_LOOK("0"),
     "+a +b >n"},
    {"interrupted: in the third", "+a +b >n .n .n", NULL, 0, 0, "", START, MUST_LOOK("2"),
     "+a +b >n .n .n"},
    {"interrupted: in the third, after it had stopped at the second", "+a +b >n .n !n .n", NULL, 0,
     0, "", START, MUST_LOOK("2"), "+a +b >n .n !n .n"},
    {"interrupted: behind the last", "+a +b >n .n .n .n", "n", 0, 0, "", START " prepare" END_N, "",
     "+a +b >n .n .n .n <n"},
    {"interrupted: behind the last, and verify fails", "+a +b >n .n .n .n", "n", 4, ERROR_DATABASE,
     "", START " prepare verify<verify n;>", "8 n.verify.sql:1:1+9: verify failed" HALFWAY,
     "+a +b >n .n .n .n"},
    {"interrupted: to a branch without it", "+a +b >n", "i", 0, 0, "", START STEP_I, "",
     "+a +b >n >i .i .i <i"},
    {"interrupted: idempotent", "+a >i", "i", 0, 0, "", START STEP_I, "", "+a >i >i .i .i <i"},
    {"interrupted: idempotent, in the second statement", "+a >i .i", "i", 0, 0, "", START STEP_I,
     "", "+a >i .i >i .i .i <i"},
    {"interrupted: idempotent, and started again is not recorded", "+a >i .i", "i", 5,
     ERROR_DATABASE, "", START " prepare begin record<started i> rollback",
     "4 record failed; nothing more of revision 'i' was done; " STANDS("1", "0"), "+a >i .i"},
    {"interrupted: idempotent, and its first statement refused", "+a >i", "i", 7, ERROR_DATABASE,
     "", START " prepare" EVENT("started i") " run<four;>" EVENT("failed i"),
     "8 i.up.sql:2:1+5: run failed" REFUSED(
         "1", "2", "0") "; revision 'i' runs without a transaction and was interrupted: a person "
                        "must look; " STANDS("1", "0"),
     "+a >i >i !i"},
    {"interrupted: idempotent, refused and tried again", "+a >i >i !i", "i", 0, 0, "", START STEP_I,
     "", "+a >i >i !i >i .i .i <i"},
};

/* Revision x: its second statement builds an index; y is nothing else. */

#define BEGIN_X " prepare<5 6>" EVENT("started x")
#define SIX     PIECE("x", "six;")
#define SEVEN   " run<build i7> look<ti7 i7>" EVENT("progressed x")
#define EIGHT   PIECE("x", "eight;")
#define END_X   EIGHT " verify<verify x;>" EVENT("finished x")
#define RESUMED START " prepare<5 6>"
#define LOOK    " look<ti7 i7>"
#define REMOVE  " remove<ti7 i7>"
#define STOPS_X                                                                                    \
    "; revision 'x' runs without a transaction and was interrupted: a person must look; 'fake' "   \
    "has 1 of 3 revisions, 0 of them from this run"
#define NOTHING_MORE                                                                               \
    "; nothing more of revision 'x' was done; 'fake' has 1 of 3 revisions, 0 of them from this "   \
    "run"

static const struct upgrade_row build_rows[] = {
    {"build: undisturbed", "+a", "x", 0, 0, "", START BEGIN_X SIX SEVEN END_X, "",
     "+a >x .x .x .x <x"},
    {"build: refused", "+a", "x", 11, ERROR_DATABASE, "",
     START BEGIN_X SIX " run<build i7>" LOOK EVENT("failed x"),
     "8 x.up.sql:2:1+8: run failed" REFUSED("2", "3", "1") STOPS_X, "+a >x .x !x"},
    {"build: refused, and half of it is left", "+a", "x", 11, ERROR_DATABASE, "half",
     START BEGIN_X SIX " run<build i7>" LOOK REMOVE EVENT("failed x"),
     "8 x.up.sql:2:1+8: run failed" REFUSED("2", "3", "1") STOPS_X, "+a >x .x !x"},
    {"build: refused, because it is there", "+a", "x", 11, ERROR_DATABASE, "whole",
     START BEGIN_X SIX " run<build i7>" LOOK EVENT("failed x"),
     "8 x.up.sql:2:1+8: run failed" REFUSED("2", "3", "1") STOPS_X, "+a >x .x !x"},
    {"build: the connection is lost", "+a", "x", 11, ERROR_DATABASE, "dies",
     START BEGIN_X SIX " run<build i7>" LOOK,
     "8 x.up.sql:2:1+8: run failed; and then: look failed" REFUSED("2", "3", "1") STOPS_X,
     "+a >x .x"},
    {"build: nobody knows what became of it", "+a", "x", 11, ERROR_UNKNOWN, "half",
     START BEGIN_X SIX " run<build i7>",
     "8 x.up.sql:2:1+8: run failed; statement 2 of 3 was done in part outside a transaction; the 1 "
     "before it are done" STOPS_X,
     "+a >x .x"},
    {"build: the first statement is refused", "+a >x .x .x .x <x", NULL, 7, ERROR_DATABASE, "half",
     START
     " prepare" EVENT("started y") " run<build i9> look<ti9 i9> remove<ti9 i9>" EVENT("failed y"),
     "4 y.up.sql:1:1+8: run failed" REFUSED("1", "1",
                                            "0") "; nothing of revision 'y' was done; 'fake' has 2 "
                                                 "of 3 revisions, 0 of them from this run",
     "+a >x .x .x .x <x >y !y"},
    {"build: stopped there", "+a >x .x !x", "x", 0, 0, "", START BEGIN_X LOOK SEVEN END_X, "",
     "+a >x .x !x >x .x .x <x"},

    {"build: interrupted before it", "+a >x", "x", 0, 0, "", START,
     "8 revision 'x' runs without a transaction and was interrupted: a person must look; of the 3 "
     "statements of 'x.up.sql', 0 are done; whether the next one is, nobody knows / Compare the "
     "database with that statement; a revision that may run twice says 'idempotent: true' in its "
     "manifest.",
     "+a >x"},
    {"build: interrupted, and nothing is there", "+a >x .x", "x", 0, 0, "",
     RESUMED LOOK LOOK SEVEN END_X, "", "+a >x .x .x .x <x"},
    {"build: interrupted, and half of it is there", "+a >x .x", "x", 0, 0, "half",
     RESUMED LOOK LOOK REMOVE SEVEN END_X, "", "+a >x .x .x .x <x"},
    {"build: interrupted, and all of it is there", "+a >x .x", "x", 0, 0, "whole",
     RESUMED LOOK EVENT("progressed x") END_X, "", "+a >x .x .x .x <x"},
    {"build: interrupted, and it was all", "+a >x .x .x .x <x >y", NULL, 0, 0, "whole",
     START " prepare look<ti9 i9>" EVENT("progressed y") EVENT("finished y"), "",
     "+a >x .x .x .x <x >y .y <y"},
    {"build: interrupted behind it", "+a >x .x .x", "x", 0, 0, "", START,
     "8 revision 'x' runs without a transaction and was interrupted: a person must look; of the 3 "
     "statements of 'x.up.sql', 2 are done; whether the next one is, nobody knows / Compare the "
     "database with that statement; a revision that may run twice says 'idempotent: true' in its "
     "manifest.",
     "+a >x .x .x"},
    {"build: look fails", "+a >x .x", "x", 4, ERROR_DATABASE, "half", RESUMED LOOK,
     "4 look failed" NOTHING_MORE, "+a >x .x"},
    {"build: remove fails", "+a >x .x", "x", 6, ERROR_LOCKED, "half", RESUMED LOOK LOOK REMOVE,
     "7 remove failed" NOTHING_MORE, "+a >x .x"},
    {"build: adopted, but begin fails", "+a >x .x", "x", 5, ERROR_LOCKED, "whole",
     RESUMED LOOK " begin", "7 begin failed" NOTHING_MORE, "+a >x .x"},
    {"build: adopted, but not recorded", "+a >x .x", "x", 6, ERROR_DATABASE, "whole",
     RESUMED LOOK " begin record<progressed x> rollback", "4 record failed" NOTHING_MORE,
     "+a >x .x"},
    {"build: adopted, and perhaps recorded", "+a >x .x", "x", 7, ERROR_DATABASE, "whole keeps",
     RESUMED LOOK EVENT("progressed x") " rollback read", "8 commit failed" STOPS_X, "+a >x .x .x"},
    {"build: refused, and look fails", "+a", "x", 11, ERROR_DATABASE, "half look",
     START BEGIN_X SIX " run<build i7>" LOOK,
     "8 x.up.sql:2:1+8: run failed; and then: look failed, too" REFUSED("2", "3", "1") STOPS_X,
     "+a >x .x"},
    {"build: refused, and remove fails", "+a", "x", 11, ERROR_DATABASE, "half remove",
     START BEGIN_X SIX " run<build i7>" LOOK REMOVE,
     "8 x.up.sql:2:1+8: run failed; and then: remove failed, too" REFUSED("2", "3", "1") STOPS_X,
     "+a >x .x"},
    {"build: the first statement is refused, and remove fails", "+a >x .x .x .x <x", NULL, 7,
     ERROR_DATABASE, "half remove",
     START " prepare" EVENT("started y") " run<build i9> look<ti9 i9> remove<ti9 i9>",
     "8 y.up.sql:1:1+8: run failed; and then: remove failed, too" REFUSED(
         "1", "1", "0") "; revision 'y' runs without a transaction and was interrupted: a person "
                        "must look; 'fake' "
                        "has 2 of 3 revisions, 0 of them from this run",
     "+a >x .x .x .x <x >y"},
};

/* Calls that fail after another one has. */

static struct error *look_again(struct arena *arena, struct target *target,
                                const struct index_build *build, enum built *built)
{
    struct error *error = fake_look(arena, target, build, built);

    return self(target)->failed ? error_plain(arena, ERROR_DATABASE, "look failed, too") : error;
}

static struct error *remove_again(struct arena *arena, struct target *target,
                                  const struct index_build *build)
{
    struct error *error = fake_remove(arena, target, build);

    return self(target)->failed ? error_plain(arena, ERROR_DATABASE, "remove failed, too") : error;
}

static void check_upgrade(const struct upgrade_row *row, const struct revision *list, size_t count)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = new_fake();
    struct target_operations operations = fake_operations;
    struct applied applied = {.plan.count = 99};

    make_bundle(arena, list, count, &bundle);
    append_events(arena, &bundle, &fake.ledger, row->before);
    fake.fails_at = row->fails_at;
    fake.code = row->code;
    fake.keeps = strstr(row->how, "keeps");
    fake.hides = strstr(row->how, "hides");
    fake.dies = strstr(row->how, "dies");
    fake.built = strstr(row->how, "half")    ? BUILT_HALF
                 : strstr(row->how, "whole") ? BUILT_WHOLE
                                             : BUILT_NOTHING;
    if (strstr(row->how, "look"))
        operations.look = look_again;
    if (strstr(row->how, "remove"))
        operations.remove = remove_again;
    fake.target.operations = &operations;
    const struct error *error = upgrade(arena, &bundle, &fake.target, row->to, &applied);
    struct text log = arena_copy(arena, buffer_text(&fake.log));
    assert_string_equal(log.bytes, row->log);
    assert_string_equal(support_show(arena, error), row->expected);
    assert_string_equal(show_events(arena, &fake.ledger), row->after);
    assert_false(fake.open);
    if (error)
        assert_int_equal(applied.plan.count, 99);
    else
        assert_string_equal(show_events(arena, &applied.ledger), row->after);
}

static void test_upgrade(void **state)
{
    check_upgrade(*state, revisions, COUNT(revisions));
}

static void test_build(void **state)
{
    check_upgrade(*state, building, COUNT(building));
}

static struct error *begin_once_more(struct arena *arena, struct target *target,
                                     const struct ledger *known, const struct terms *terms)
{
    if (self(target)->failed)
        return error_plain(arena, ERROR_LOCKED, "begin failed, too");
    return fake_begin(arena, target, known, terms);
}

static void test_failed_twice(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = new_fake();
    struct target_operations operations = fake_operations;
    struct applied applied;

    (void)state;
    operations.begin = begin_once_more;
    make_bundle(arena, revisions, COUNT(revisions), &bundle);
    append_events(arena, &bundle, &fake.ledger, "+a +b");
    fake.fails_at = 7;
    fake.target.operations = &operations;
    support_check(upgrade(arena, &bundle, &fake.target, "n", &applied),
                  "8 n.up.sql:1:1+4: run failed; and then: begin failed, too" REFUSED("1", "3", "0")
                      HALFWAY);
    assert_string_equal(show_events(arena, &fake.ledger), "+a +b >n");
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
    CLEANUP(fake_free) struct fake undisturbed = new_fake();
    struct applied applied;

    (void)state;
    make_bundle(whole, revisions, COUNT(revisions), &bundle);
    assert_null(upgrade(whole, &bundle, &undisturbed.target, NULL, &applied));
    size_t calls = undisturbed.calls;
    assert_int_equal(calls, 54);
    for (size_t at = 1; at <= calls; at++) {
        for (int way = 0; way < 24; way++) {
            CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
            CLEANUP(fake_free) struct fake fake = new_fake();

            fake.fails_at = at;
            fake.code = codes[way % 3];
            fake.keeps = way / 3 & 1;
            fake.hides = way / 6 & 1;
            fake.dies = way / 12 & 1;
            struct error *error = upgrade(arena, &bundle, &fake.target, NULL, &applied);
            assert_non_null(error);
            assert_false(fake.open);

            const char *events = show_events(arena, &fake.ledger);
            const struct ledger_row *last =
                fake.ledger.count ? &fake.ledger.rows[fake.ledger.count - 1] : NULL;
            bool stops = last && text_equal(last->revision, TEXT("n")) &&
                         last->event != LEDGER_FINISHED && last->event != LEDGER_FAILED &&
                         !text_ends(text_from(events), TEXT(".n .n .n"));
            if (stops)
                assert_int_equal(error->code, ERROR_UNKNOWN);
            fake.fails_at = 0;
            fake.failed = false;
            error = upgrade(arena, &bundle, &fake.target, NULL, &applied);
            if (stops) {
                assert_int_equal(error->code, ERROR_UNKNOWN);
                assert_string_equal(show_events(arena, &fake.ledger), events);
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
    CLEANUP(fake_free) struct fake fake = new_fake();

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
    CLEANUP(fake_free) struct fake undisturbed = new_fake();
    enum { WAYS = 16 };

    (void)state;
    make_bundle(arena, building, 2, &bundle);
    disturb(&bundle, &undisturbed, arena, 0, 0);
    for (size_t first = 1; first <= undisturbed.calls; first++)
        for (size_t second = 1; second <= undisturbed.calls; second++)
            for (int ways = 0; ways < WAYS; ways++)
                check_twice(&bundle, first, second, ways);
}

/* The rows themselves. */
static void test_rows(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = new_fake();
    const struct passwd *entry = getpwuid(geteuid());
    struct applied applied;
    struct ledger read;
    uint64_t seconds;

    (void)state;
    make_bundle(arena, revisions, COUNT(revisions), &bundle);
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
    CLEANUP(fake_free) struct fake fake = new_fake();
    FILE *results = tmpfile(), *messages = tmpfile();
    struct report report = report_new(arena, results, messages);
    struct apply_options options = {
        .bundle = &bundle, .target = &fake.target, .report = &report, .lock_timeout_ms = 1234};
    struct applied applied;

    (void)state;
    make_bundle(arena, revisions, COUNT(revisions), &bundle);
    append_events(arena, &bundle, &fake.ledger, "+a +b >n <n");
    assert_null(apply_upgrade(arena, &options, &applied));
    assert_string_equal(support_file_text(arena, messages).bytes,
                        "applying 1 of 2  i  Step i\napplying 2 of 2  z  Step z\n");
    assert_string_equal(support_file_text(arena, results).bytes, "");
    fclose(results);
    fclose(messages);
}

/* A medium that changes while the bundle is applied is noticed before its bytes are used. */
static void test_changed_medium(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = new_fake();
    char *large = arena_array(arena, char, CHUNK_SIZE + 1);
    struct revision two[] = {{"a", "", "up a;", NULL, "", false},
                             {"b", "a", large, NULL, "", false}};
    struct applied applied;

    (void)state;
    memset(large, 'x', CHUNK_SIZE);
    make_bundle(arena, two, COUNT(two), &bundle);
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
                  "'a' was rolled back; 'fake' has 0 of 2 revisions, 0 of them from this run");
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

    support_check(apply_check_target(arena, &index, &target), row->expected);
}

/* Before anything is locked. */
static void test_wrong_target(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(fake_free) struct fake fake = new_fake();
    struct applied applied;

    (void)state;
    make_bundle(arena, revisions, COUNT(revisions), &bundle);
    fake.target.dialect = DIALECT_POSTGRESQL;
    support_check(upgrade(arena, &bundle, &fake.target, NULL, &applied),
                  "6 the bundle is for sqlite, 'fake' is postgresql");
    assert_int_equal(fake.calls, 0);
}

/* Hostile bundles, validly signed, on SQLite: revision a is good, h is not, z would follow. */

static const struct hostile_row {
    const char *name, *up, *verify, *flags;
    bool one_piece;
    const char *expected, *after, *query, *answer;
} hostile_rows[] = {
    {"hostile: none", "INSERT INTO t VALUES (2);", "SELECT 1;", "", false, "", "+a +h +z",
     "SELECT * FROM t", "1|2|9"},
    {"hostile: commit", "INSERT INTO t VALUES (2);\nCOMMIT;\nINSERT INTO t VALUES (3);", NULL, "",
     false,
     "4 h.up.sql:2:1+7: transaction control: COMMIT is refused in a revision; revision 'h' was "
     "rolled back; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: commit in the verify script", "INSERT INTO t VALUES (2);", "COMMIT;", "", false,
     "4 h.verify.sql:1:1+7: transaction control: COMMIT is refused in a revision; revision 'h' was "
     "rolled back; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: rollback by a conflict",
     "CREATE UNIQUE INDEX i ON t (a); INSERT OR ROLLBACK INTO t VALUES (1);", NULL, "", false,
     "4 h.up.sql:1:33+37: UNIQUE constraint failed: t.a (SQLite code 2067); revision 'h' was "
     "rolled back; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: attach", "INSERT INTO t VALUES (2); ATTACH 'y.db' AS y;", NULL, "", false,
     "4 h.up.sql:1:27+19: ATTACH y.db is refused in a revision; revision 'h' was rolled back; "
     "'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: attach for the revisions that follow", "ATTACH '' AS y; CREATE TABLE y.t (a);", NULL,
     "", false,
     "4 h.up.sql:1:1+15: ATTACH is refused in a revision; revision 'h' was rolled back; 'x.db' has "
     "1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: a table for the revisions that follow", "CREATE TEMP TABLE t (a);", NULL, "", false,
     "", "+a +h +z", "SELECT * FROM t", "1|9"},
    {"hostile: a trigger for the revisions that follow",
     "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END;", NULL, "", false, "",
     "+a +h +z", "SELECT * FROM t", "1|9"},
    {"hostile: ledger", "DELETE FROM sqlferry_ledger;", NULL, "", false,
     "4 h.up.sql:1:1+28: a change to sqlferry_ledger is refused in a revision; revision 'h' was "
     "rolled back; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: ledger, a row that is its own",
     "INSERT INTO sqlferry_ledger SELECT number + 1, event, project, 'z', script, bundle, release,"
     " sequence, note, who, started, finished, tool, digest, digest FROM sqlferry_ledger;",
     NULL, "", false,
     "4 h.up.sql:1:1+175: a change to sqlferry_ledger is refused in a revision; revision 'h' was "
     "rolled back; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: ledger, by a trigger of the application",
     "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM sqlferry_ledger; END;", NULL, "", false,
     "4 h.up.sql:1:1+74: a new name or a trigger body with 'sqlferry_' is refused in a revision; "
     "revision 'h' was rolled back; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: a child of the ledger",
     "CREATE TABLE c (n REFERENCES sqlferry_ledger (number) DEFERRABLE INITIALLY DEFERRED);"
     "INSERT INTO c VALUES (2);",
     NULL, "", false, "", "+a +h +z", "SELECT * FROM c", "2"},
    {"hostile: a child of a row to come",
     "CREATE TABLE c (n REFERENCES sqlferry_ledger (number) DEFERRABLE INITIALLY DEFERRED);"
     "INSERT INTO c VALUES (3);",
     NULL, "", false,
     "4 FOREIGN KEY constraint failed (SQLite code 787); revision 'h' was rolled back; 'x.db' has "
     "1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: orphans behind a decoy",
     "CREATE TABLE p (a PRIMARY KEY); CREATE TABLE c (a REFERENCES p); INSERT INTO c VALUES (5);"
     "CREATE VIEW pragma_foreign_key_check AS SELECT 1 AS \"table\", 2 AS parent WHERE 0;",
     NULL, "keys-off", false,
     "4 row 1 of table 'c' refers to a row that table 'p' does not have; revision 'h' was rolled "
     "back; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a", "SELECT * FROM t", "1"},
    {"hostile: nothing but a comment that does not end", "INSERT INTO t VALUES (2); /* ", NULL, "",
     false, "", "+a +h +z", "SELECT * FROM t", "1|2|9"},

    {"hostile: vacuum", "VACUUM;", NULL, "none", false, "", "+a >h .h <h +z", "SELECT * FROM t",
     "1|9"},
    {"hostile: vacuum into a file", "VACUUM INTO 'y.db';", NULL, "none", false,
     "4 h.up.sql:1:1+19: ATTACH y.db is refused in a revision; statement 1 of 1 was refused "
     "outside a transaction; the 0 before it are done; nothing of revision 'h' was done; 'x.db' "
     "has 1 of 3 revisions, 1 of them from this run",
     "+a >h !h", "SELECT * FROM t", "1"},
    {"hostile: a begin of its own", "BEGIN;\nDELETE FROM t;", NULL, "none", false,
     "4 h.up.sql:1:1+6: transaction control: BEGIN is refused in a revision; statement 1 of 2 was "
     "refused outside a transaction; the 0 before it are done; nothing of revision "
     "'h' was done; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a >h !h", "SELECT * FROM t", "1"},
    {"hostile: two statements in a piece",
     "INSERT INTO t VALUES (2);\nINSERT INTO nosuch VALUES (3);", NULL, "none", true,
     "4 h.up.sql:2:1+30: a second statement where each runs by itself, outside a transaction; "
     "statement 1 of 1 was refused outside a transaction; the 0 before it are done; nothing of "
     "revision 'h' was done; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a >h !h", "SELECT * FROM t", "1"},
    {"hostile: a part of a statement", "INSERT OR FAIL INTO u VALUES (1), (2), (1);", NULL, "none",
     false,
     "8 h.up.sql:1:1+43: UNIQUE constraint failed: u.a (SQLite code 2067); statement 1 of 1 was "
     "done in part outside a transaction; the 0 before it are done; revision 'h' runs "
     "without a transaction and was interrupted: a person must look; 'x.db' has 1 of 3 revisions, "
     "1 of them from this "
     "run",
     "+a >h", "SELECT * FROM u", "1|2"},
    {"hostile: the second statement", "INSERT INTO t VALUES (2);\nINSERT INTO nosuch VALUES (3);",
     NULL, "none", false,
     "8 h.up.sql:2:13+6: no such table: nosuch (SQLite code 1); statement 2 of 2 was refused "
     "outside "
     "a transaction; the 1 before it are done; revision 'h' runs without a transaction and was "
     "interrupted: a person must look; 'x.db' has 1 of 3 revisions, 1 of them from this run",
     "+a >h .h !h", "SELECT * FROM t", "1|2"},
    {"hostile: what verify says without a transaction", "INSERT INTO t VALUES (2);", "SELECT 0;",
     "none", false,
     "8 h.verify.sql:1:1+9: the verify script found a row whose first column is 0; revision 'h' "
     "runs without a transaction and was interrupted: a person must look; 'x.db' has 1 of 3 "
     "revisions, 1 of them "
     "from this run",
     "+a >h .h", "SELECT * FROM t", "1|2"},
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
         "", false},
        {"h", "a", row->up, row->verify, row->flags, row->one_piece},
        {"z", "h", "INSERT INTO t VALUES (9);", NULL, "", false},
    };
    struct applied applied;
    struct ledger ledger;

    assert_int_equal(system("rm -f x.db*"), 0);
    make_bundle(arena, three, COUNT(three), &bundle);
    struct target_options writes = {.access = TARGET_WRITES};
    assert_null(target_open(arena, TEXT("x.db"), &writes, &target));
    const char *shown = support_show(arena, upgrade(arena, &bundle, target, NULL, &applied));
    assert_null(target->operations->read_ledger(arena, target, &ledger));
    target_close(&target);
    assert_string_equal(shown, row->expected);
    assert_string_equal(show_events(arena, &ledger), row->after);
    assert_string_equal(query(arena, row->query).bytes, row->answer);
    assert_string_equal(query(arena, "PRAGMA integrity_check").bytes, "ok");
    assert_false(support_exists("y.db"));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, upgrade_rows, test_upgrade);
    support_add_rows(&tests, build_rows, test_build);
    support_add(&tests, "no transaction: what failed cannot be recorded", test_failed_twice);
    support_add(&tests, "each call fails once", test_every_call);
    support_add(&tests, "two calls fail, in two runs", test_twice);
    support_add(&tests, "the rows of the ledger", test_rows);
    support_add(&tests, "progress", test_progress);
    support_add(&tests, "a medium that changes", test_changed_medium);
    support_add_rows(&tests, target_rows, test_target);
    support_add(&tests, "a target of another kind", test_wrong_target);
    support_add_rows(&tests, hostile_rows, test_hostile);
    return support_run("apply", &tests);
}

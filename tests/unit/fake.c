#include "fake.h"
#include "compiler/signer.h"
#include "compiler/writer.h"
#include "runtime/trust_file.h"
#include "support.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Bundles */

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

void fake_bundle(struct arena *arena, const struct revision *list, size_t count, bool alembic,
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
        .alembic_keep = alembic,
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
        add_script(arena, &writer, step, SCRIPT_DOWN, revision->down, !revision->one_piece);
        const char *keys = strstr(revision->flags, "keys-off");
        bool down = strstr(revision->flags, "down-keys-off");
        step->scripts[SCRIPT_UP].foreign_keys_off = keys && !down;
        step->scripts[SCRIPT_DOWN].foreign_keys_off = down;
        add_script(arena, &writer, step, SCRIPT_VERIFY, revision->verify, !revision->one_piece);
    }
    assert_null(writer_finish(arena, &writer, &index));
    index_write(&buffer, &index);
    if (!support_exists("k.key"))
        assert_null(signer_create(arena, TEXT("k"), false, &nobody));
    assert_null(signer_load(arena, TEXT("k.key"), &nobody, &key));
    struct digest digest = crypto_digest(buffer_text(&buffer));
    assert_null(signer_sign(arena, key, SIGNED_INDEX, buffer_text(&buffer), &digest, &signature));
    struct text text = minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest);
    writer_extents(&writer, extents);
    assert_null(
        writer_save(arena, TEXT("x.ferry"), buffer_text(&buffer), &text, 1, extents, STREAM_COUNT));

    assert_null(trust_file_load_key(arena, TEXT("k.pub"), trust));
    struct bundle_policy policy = {.trust = trust, .now = (uint64_t)time(NULL)};
    assert_null(bundle_open(arena, TEXT("x.ferry"), &policy, bundle));
}

/* The fake */

struct fake *fake_of(struct target *target)
{
    return (struct fake *)target;
}

/* returns  whether this is the call that fails */
static bool call(struct fake *fake, const char *name)
{
    buffer_format(&fake->log, "%s%s", fake->log.size ? " " : "", name);
    if (++fake->calls == fake->signals_at)
        raise(SIGINT);
    if (fake->calls == fake->fails_at)
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
    struct fake *fake = fake_of(target);

    assert_int_equal(timeout_ms, 1234);
    return call(fake, "lock") ? error_plain(arena, fake->code, "lock failed") : NULL;
}

static struct error *fake_read(struct arena *arena, struct target *target, struct ledger *ledger)
{
    struct fake *fake = fake_of(target);

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
    struct fake *fake = fake_of(target);
    struct digest head = ledger_head(&fake->ledger), told = ledger_head(known);

    assert_false(fake->open);
    assert_memory_equal(&head, &told, sizeof(head));
    if (call(fake, with_terms(arena, "begin", terms)))
        return error_plain(arena, fake->code, "begin failed");
    fake->open = true;
    fake->pending_versions = fake->versions;
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
    struct fake *fake = fake_of(target);
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
    struct fake *fake = fake_of(target);

    assert_false(fake->open);
    if (call(fake, show_build(arena, "look", build)))
        return error_plain(arena, fake->code, "look failed");
    *built = fake->built;
    return NULL;
}

static struct error *fake_remove(struct arena *arena, struct target *target,
                                 const struct index_build *build)
{
    struct fake *fake = fake_of(target);

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
    return run_pieces(arena, fake_of(target), "verify", sending);
}

/* Alembic's table */

/* "+a", "-a" or "make"; the statement itself where it is none of these. */
static const char *show_version(struct arena *arena, struct text statement)
{
    static const struct text insert = {"INSERT INTO alembic_version (version_num) VALUES ('", 51},
                             drop = {"DELETE FROM alembic_version WHERE version_num = '", 49};

    if (text_starts(statement, TEXT("CREATE TABLE IF NOT EXISTS alembic_version (")))
        return "make";
    if (text_starts(statement, insert))
        return arena_format(arena, "+%c", statement.bytes[insert.size]).bytes;
    if (text_starts(statement, drop))
        return arena_format(arena, "-%c", statement.bytes[drop.size]).bytes;
    return arena_copy(arena, statement).bytes;
}

static void change_versions(struct arena *arena, struct fake *fake, const char *change)
{
    const char *before = fake->pending_versions ? fake->pending_versions : "";
    struct text after = TEXT("");

    if (strcmp(change, "make") == 0) {
        fake->pending_versions = before;
        return;
    }
    for (char letter = 'a'; letter <= 'z'; letter++)
        if (letter == change[1] ? change[0] == '+' : strchr(before, letter) != NULL)
            after = arena_format(arena, "%s%c", after.bytes, letter);
    if (change[0] == '+')
        assert_null(strchr(before, change[1])); /* it is a primary key */
    assert_non_null(fake->pending_versions);
    fake->pending_versions = after.bytes;
}

static struct error *fake_has_table(struct arena *arena, struct target *target, struct text name,
                                    bool *has)
{
    struct fake *fake = fake_of(target);

    assert_true(text_equal(name, TEXT("alembic_version")));
    if (call(fake, "has-table"))
        return error_plain(arena, fake->code, "has-table failed");
    *has = fake->versions;
    return NULL;
}

static struct error *fake_ask(struct arena *arena, struct target *target, struct text sql,
                              struct rows *rows)
{
    struct fake *fake = fake_of(target);

    bool adopts = text_starts(sql, TEXT("SELECT version_num, 'all', 'yes' FROM alembic_version"));
    size_t columns = adopts ? 3 : 1, count = strlen(fake->versions);

    if (!adopts)
        assert_true(
            text_equal(sql, TEXT("SELECT version_num FROM alembic_version ORDER BY version_num")));
    if (call(fake, "ask"))
        return error_plain(arena, fake->code, "ask failed");
    *rows = (struct rows){arena_array(arena, struct text, columns * count), columns, count};
    for (size_t i = 0; i < count; i++) {
        struct text *cells = rows->cells + i * columns;

        cells[0] = (struct text){fake->versions + i, 1};
        if (adopts) {
            cells[1] = TEXT("all");
            cells[2] = TEXT("yes");
        }
    }
    return NULL;
}

/* Looks and copies */

static struct error *fake_inspect(struct arena *arena, struct target *target,
                                  const struct needs *needs, struct findings *findings)
{
    struct fake *fake = fake_of(target);

    assert_false(fake->open);
    fake->needs = *needs;
    if (call(fake, "inspect"))
        return error_plain(arena, fake->code, "inspect failed");
    for (const char *found = fake->finds ? fake->finds : ""; *found; found++)
        findings_add(arena, findings, *found == 'F' ? FINDING_FAULT : FINDING_WARNING, "found",
                     TEXT(""), error_plain(arena, ERROR_STATE, "found %c", *found));
    return NULL;
}

static struct error *fake_backup(struct arena *arena, struct target *target, struct text path)
{
    struct fake *fake = fake_of(target);

    assert_false(fake->open);
    return call(fake, arena_format(arena, "backup<%.*s>", TEXT_ARGS(path)).bytes)
               ? error_plain(arena, fake->code, "backup failed")
               : NULL;
}

/* Rows and transactions */

static struct error *fake_record(struct arena *arena, struct target *target,
                                 const struct ledger_row *row, const struct text *also,
                                 size_t also_count)
{
    struct fake *fake = fake_of(target);
    struct text shown =
        arena_format(arena, "record<%s %.*s", ledger_event_name(row->event, row->kind),
                     TEXT_ARGS(row->revision));

    assert_true(fake->open);
    assert_false(fake->recorded);
    for (size_t i = 0; i < also_count; i++) {
        const char *change = show_version(arena, also[i]);

        shown = arena_format(arena, "%s%s%s", shown.bytes, i ? " " : ": ", change);
        change_versions(arena, fake, change);
    }
    if (call(fake, arena_format(arena, "%s>", shown.bytes).bytes))
        return error_plain(arena, fake->code, "record failed");
    ledger_append(arena, &fake->pending, row);
    fake->recorded = true;
    return NULL;
}

static struct error *fake_proceed(struct arena *arena, struct target *target,
                                  const struct ledger *known, const struct terms *terms)
{
    struct fake *fake = fake_of(target);
    struct digest head = ledger_head(&fake->pending), told = ledger_head(known);

    assert_true(fake->open && fake->recorded);
    assert_memory_equal(&head, &told, sizeof(head));
    fake->recorded = false;
    return call(fake, with_terms(arena, "proceed", terms))
               ? error_plain(arena, fake->code, "proceed failed")
               : NULL;
}

static void end_transaction(struct fake *fake)
{
    fake->pending = (struct ledger){0};
    fake->pending_versions = NULL;
    fake->recorded = fake->open = false;
}

static struct error *fake_commit(struct arena *arena, struct target *target)
{
    struct fake *fake = fake_of(target);

    assert_true(fake->open && fake->recorded);
    bool fails = call(fake, "commit");
    if (!fails || is_kept(fake)) {
        for (size_t i = 0; i < fake->pending.count; i++)
            ledger_append(arena, &fake->ledger, &fake->pending.rows[i]);
        fake->versions = fake->pending_versions;
        end_transaction(fake);
    }
    return fails ? error_plain(arena, fake->code, "commit failed") : NULL;
}

static void fake_rollback(struct target *target)
{
    struct fake *fake = fake_of(target);

    buffer_add(&fake->log, TEXT(" rollback"));
    end_transaction(fake);
}

static struct error *fake_prepare(struct arena *arena, struct target *target,
                                  const struct terms *terms)
{
    struct fake *fake = fake_of(target);

    assert_false(fake->open);
    return call(fake, with_terms(arena, "prepare", terms))
               ? error_plain(arena, fake->code, "prepare failed")
               : NULL;
}

const struct target_operations fake_operations = {
    .lock = fake_lock,
    .read_ledger = fake_read,
    .ask = fake_ask,
    .has_table = fake_has_table,
    .inspect = fake_inspect,
    .backup = fake_backup,
    .prepare = fake_prepare,
    .begin = fake_begin,
    .run = fake_run,
    .look = fake_look,
    .remove = fake_remove,
    .verify = fake_verify,
    .record = fake_record,
    .proceed = fake_proceed,
    .commit = fake_commit,
    .rollback = fake_rollback,
};

struct fake fake_new(void)
{
    return (struct fake){
        .target = {.operations = &fake_operations,
                   .dialect = DIALECT_SQLITE,
                   .name = TEXT("fake"),
                   .version = TEXT("3.40.1")},
        .code = ERROR_DATABASE,
    };
}

void fake_free(struct fake *fake)
{
    buffer_free(&fake->log);
    buffer_free(&fake->done);
}

/* Events */

static const char marks[] = "+>.!<~=";

/* Whether the number of pieces goes without saying. */
static bool has_all(enum ledger_event event)
{
    return event == LEDGER_APPLIED || event == LEDGER_FINISHED;
}

static void append_event(struct arena *arena, const struct bundle *bundle, struct ledger *ledger,
                         struct text word)
{
    bool down = text_starts(word, TEXT("-"));
    struct text rest = text_slice(word, down, word.size);
    const char *mark = strchr(marks, rest.bytes[0]);

    assert_true(mark || down);
    rest = text_slice(rest, mark ? 1 : 0, rest.size);
    const struct index_step *step = index_find(bundle->index, text_slice(rest, 0, 1));
    const struct index_script *script = &step->scripts[down ? SCRIPT_DOWN : SCRIPT_UP];
    struct ledger_row row = {
        .event = mark ? (enum ledger_event)(mark - marks) : LEDGER_APPLIED,
        .kind = down ? SCRIPT_DOWN : SCRIPT_UP,
        .project = TEXT("shop"),
        .revision = step->id,
        .script = script->digest,
        .release = TEXT("1.0"),
        .sequence = 1,
        .who = TEXT("before"),
        .started = TEXT("2026-11-23T00:24:42.765Z"),
        .finished = TEXT("2026-11-23T00:24:42.766Z"),
        .tool = TEXT("test"),
    };
    if (has_all(row.event))
        row.pieces = index_piece_count(script);
    else if (rest.size > 1)
        assert_true(text_number(text_slice(rest, 1, rest.size), NUMBER_MAX, &row.pieces));
    ledger_continue(arena, ledger, &row);
    ledger_append(arena, ledger, &row);
}

void fake_append(struct arena *arena, const struct bundle *bundle, struct ledger *ledger,
                 const char *events)
{
    for (struct text rest = text_from(events); rest.size;)
        append_event(arena, bundle, ledger, text_cut(&rest, ' '));
}

const char *fake_events(struct arena *arena, const struct ledger *ledger)
{
    struct text shown = TEXT("");

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];
        bool down = row->kind == SCRIPT_DOWN;

        shown = arena_format(arena, "%s%s%s%.*s%.*s", shown.bytes, i ? " " : "", down ? "-" : "",
                             down && row->event == LEDGER_APPLIED ? 0 : 1, &marks[row->event],
                             TEXT_ARGS(row->revision));
        if (row->pieces && !has_all(row->event))
            shown = arena_format(arena, "%s%d", shown.bytes, (int)row->pieces);
    }
    return shown.bytes;
}

static bool is_applied(const struct step_state *state)
{
    return state->standing == STEP_APPLIED ||
           (state->standing != STEP_PENDING && state->kind == SCRIPT_DOWN);
}

const char *fake_heads(struct arena *arena, const struct bundle *bundle,
                       const struct ledger *ledger)
{
    const struct index *index = bundle->index;
    struct ledger_state state;
    struct findings findings = {0};
    struct text heads = TEXT("");
    bool is_parent[128] = {false};

    ledger_compare(arena, ledger, index, &(struct ledger_policy){2000000000, true, false}, &state,
                   &findings);
    for (size_t i = 0; i < index->step_count; i++)
        for (size_t j = 0; j < index->steps[i].parent_count; j++)
            if (is_applied(&state.steps[i]))
                is_parent[(int)index->steps[i].parents[j].bytes[0]] = true;
    for (char letter = 'a'; letter <= 'z'; letter++) {
        const struct index_step *step = index_find(index, (struct text){&letter, 1});

        if (step && is_applied(&state.steps[step - index->steps]) && !is_parent[(int)letter])
            heads = arena_format(arena, "%s%c", heads.bytes, letter);
    }
    return heads.bytes;
}

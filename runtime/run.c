#include "run.h"
#include "interrupt.h"

#include <pwd.h>
#include <time.h>
#include <unistd.h>

/* Requirements */

static uint64_t next_number(struct text *version)
{
    uint64_t number = 0;

    text_number(text_cut(version, '.'), NUMBER_MAX, &number);
    return number;
}

static bool is_older(struct text version, struct text least)
{
    while (least.size) {
        uint64_t have = next_number(&version), need = next_number(&least);

        if (have != need)
            return have < need;
    }
    return false;
}

struct error *run_check_target(struct arena *arena, const struct index *index,
                               const struct target *target)
{
    struct text wanted = dialect_name(index->dialect), found = dialect_name(target->dialect);

    if (index->dialect != target->dialect)
        return error_plain(arena, ERROR_STATE, "the bundle is for %.*s, '%.*s' is %.*s",
                           TEXT_ARGS(wanted), TEXT_ARGS(target->name), TEXT_ARGS(found));
    if (is_older(target->version, index->server_version))
        return error_plain(arena, ERROR_STATE, "the bundle needs %.*s %.*s, this is %.*s",
                           TEXT_ARGS(wanted), TEXT_ARGS(index->server_version),
                           TEXT_ARGS(target->version));
    return NULL;
}

/* "'a', 'b', 'c' and 4 more" */
static struct text list_targets(struct arena *arena, const struct index *index)
{
    enum { SHOWN = 3 };
    struct text list = TEXT("");

    for (size_t i = 0; i < index->target_count && i < SHOWN; i++)
        list = arena_format(arena, "%.*s%s'%.*s'", TEXT_ARGS(list), i ? ", " : "",
                            TEXT_ARGS(index->targets[i]));
    if (index->target_count > SHOWN)
        list =
            arena_format(arena, "%.*s and %zu more", TEXT_ARGS(list), index->target_count - SHOWN);
    return list;
}

/* That the bundle is for the target of this name, or for all: ERROR_STATE. */
static struct error *check_name(struct arena *arena, const struct run_options *options)
{
    const struct index *index = options->bundle->index;
    struct text name = options->target_name;

    if (index->target_count == 0 || options->allow_target)
        return NULL;
    for (size_t i = 0; i < index->target_count; i++)
        if (text_equal(index->targets[i], name))
            return NULL;
    struct text list = list_targets(arena, index);
    if (name.size == 0)
        return error_hint(arena,
                          error_plain(arena, ERROR_STATE,
                                      "the bundle is for %.*s, and this target has no name",
                                      TEXT_ARGS(list)),
                          "Name it with --target, SQLLAND_TARGET or in /etc/sqlland/target.");
    return error_hint(arena,
                      error_plain(arena, ERROR_STATE, "the bundle is for %.*s, this is '%.*s'",
                                  TEXT_ARGS(list), TEXT_ARGS(name)),
                      "'--allow-target' applies it all the same, and records that.");
}

/* At this moment, which may be long after the bundle was opened: another run was waited for. */
static struct ledger_policy policy_of(const struct run_options *options)
{
    return (struct ledger_policy){
        .now = (uint64_t)time(NULL),
        .allow_older = options->allow_older,
        .allow_clock = options->allow_clock,
    };
}

/* Opening */

static struct text who_am_i(struct arena *arena)
{
    const struct passwd *entry = getpwuid(geteuid());
    char host[256] = "";

    gethostname(host, sizeof(host) - 1);
    struct text user =
        entry ? text_from(entry->pw_name) : arena_format(arena, "%u", (unsigned)geteuid());
    struct text who = arena_format(arena, "%.*s@%s", TEXT_ARGS(user), host);
    return text_all_printable(who) ? who : arena_escape(arena, who);
}

static struct run new_run(struct arena *arena, const struct run_options *options)
{
    return (struct run){
        .arena = arena,
        .options = options,
        .index = options->bundle->index,
        .to = options->target ? options->target->operations : NULL,
        .target = options->target,
        .who = who_am_i(arena),
    };
}

static struct error *read_ledger(struct run *run)
{
    struct error *error =
        run->target ? run->to->read_ledger(run->arena, run->target, &run->ledger) : NULL;

    if (!error && run->options->expected)
        error = ledger_expect(run->arena, &run->ledger, run->options->expected);
    return error;
}

static struct error *open_alembic(struct run *run)
{
    if (!run->index->alembic_keep || run->options->adopts_alembic)
        return NULL;
    return alembic_open(run->arena, run->target, run->index, &run->state, &run->alembic);
}

struct error *run_open(struct arena *arena, const struct run_options *options, struct run *run)
{
    struct run opened = new_run(arena, options);
    struct findings findings = {0};
    struct error *error = check_name(arena, options);

    interrupt_catch();
    if (!error)
        error = run_check_target(arena, opened.index, opened.target);
    if (!error)
        error = opened.to->lock(arena, opened.target, options->lock_timeout_ms);
    if (!error)
        error = read_ledger(&opened);
    if (error)
        return error;
    const struct ledger_policy policy = policy_of(options);
    opened.is_known =
        ledger_compare(arena, &opened.ledger, opened.index, &policy, &opened.state, &findings);
    error = findings_refuse(&findings);
    if (!error)
        error = open_alembic(&opened);
    if (error)
        return error;
    *run = opened;
    return NULL;
}

static void find_fault(struct run *run, struct findings *findings, const char *name,
                       struct error *error)
{
    if (error)
        findings_add(run->arena, findings, FINDING_FAULT, name, TEXT(""), error);
}

struct error *run_look(struct arena *arena, const struct run_options *options, struct run *run,
                       struct findings *findings)
{
    struct run opened = new_run(arena, options);
    const struct ledger_policy policy = policy_of(options);
    struct error *error = check_name(arena, options);

    if (!error && opened.target)
        error = run_check_target(arena, opened.index, opened.target);
    if (error)
        return error;
    error = read_ledger(&opened);
    if (error && error->code != ERROR_STATE)
        return error;
    find_fault(&opened, findings, "ledger", error);
    opened.is_known =
        ledger_compare(arena, &opened.ledger, opened.index, &policy, &opened.state, findings) &&
        !error;
    if (opened.target && findings->fault_count == 0)
        find_fault(&opened, findings, "alembic", open_alembic(&opened));
    *run = opened;
    return NULL;
}

/* Rows */

struct ledger_row run_row(struct run *run, const struct index_step *step, enum script_kind kind,
                          enum ledger_event event, size_t pieces, struct text started)
{
    const struct bundle *bundle = run->options->bundle;
    struct ledger_row row = {
        .event = event,
        .kind = kind,
        .project = run->index->project,
        .revision = step->id,
        .script = step->scripts[kind].digest,
        .pieces = pieces,
        .bundle = bundle->container->digest,
        .release = run->index->release,
        .sequence = run->index->sequence,
        .note = run->options->note,
        .who = run->who,
        .started = started,
        .finished = ledger_now(run->arena),
        .tool = TEXT("sqlland " VERSION),
    };

    ledger_continue(run->arena, &run->ledger, &row);
    return row;
}

static struct error *record(struct run *run, const struct ledger_row *row)
{
    struct alembic_change change = {0};

    if (run->alembic)
        change = alembic_follow(run->arena, run->alembic, row);
    struct error *error =
        run->to->record(run->arena, run->target, row, change.statements, change.count);
    if (error)
        run->to->rollback(run->target);
    return error;
}

/*
 * A COMMIT that failed has almost always changed nothing. The ledger read back tells; where it
 * cannot be read, or has the row in spite of the error, nobody knows what the disk holds.
 */
static struct error *doubt(struct run *run, const struct ledger_row *row, struct error *error)
{
    struct ledger ledger = {0};

    run->to->rollback(run->target);
    struct error *unread = run->to->read_ledger(run->arena, run->target, &ledger);
    if (unread ||
        (ledger.count && digest_equal(&ledger.rows[ledger.count - 1].digest, &row->digest)))
        error->code = ERROR_UNKNOWN;
    return error;
}

struct error *run_commit(struct run *run, const struct ledger_row *row)
{
    struct error *error = record(run, row);

    if (error)
        return error;
    error = run->to->commit(run->arena, run->target);
    if (error)
        return doubt(run, row, error);
    ledger_append(run->arena, &run->ledger, row);
    return NULL;
}

struct error *run_proceed(struct run *run, const struct ledger_row *row, const struct terms *terms)
{
    struct error *error = record(run, row);

    if (error)
        return error;
    ledger_append(run->arena, &run->ledger, row);
    error = run->to->proceed(run->arena, run->target, &run->ledger, terms);
    if (error)
        run->to->rollback(run->target);
    return error;
}

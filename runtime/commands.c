#include "commands.h"
#include "file.h"
#include "preflight.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TARGET_PATH "/etc/sqlland/target"

enum { LOCK_TIMEOUT_MS = 10000, TARGET_FILE_SIZE_MAX = 1024 };

static struct text address_of(const struct call *call)
{
    struct text given = cli_value(call, "db");

    return given.bytes ? given : text_from(getenv("DATABASE_URL"));
}

static struct error *open_target(struct call *call, struct target_options options,
                                 struct target **target)
{
    struct text address = address_of(call);

    if (address.size == 0)
        return error_hint(call->arena, cli_usage(call, "no database is named"),
                          "Say --db shop.db, or set DATABASE_URL.");
    options.psql = cli_value(call, "psql").bytes;
    options.report = call->report;
    return target_open(call->arena, address, &options, target);
}

/* A time as 10s, 500ms or 2m; absence leaves it alone. */
static struct error *read_time(struct call *call, const char *option, uint64_t *ms)
{
    struct text value = cli_value(call, option);

    if (!value.bytes || text_duration(value, TIMEOUT_MS_MAX, ms))
        return NULL;
    return cli_usage(call, "'--%s' takes a time as 10s, 500ms or 2m, not '%.*s'", option,
                     TEXT_ARGS(value));
}

/* expected  NULL where none is given */
static struct error *read_expected(struct call *call, struct digest *digest,
                                   const struct digest **expected)
{
    struct text value = cli_value(call, "expect-ledger");

    *expected = NULL;
    if (!value.bytes)
        return NULL;
    if (!digest_from_hex(value, digest))
        return error_hint(
            call->arena,
            cli_usage(call, "'--expect-ledger' takes a digest, not '%.*s'", TEXT_ARGS(value)),
            "It is the word of 64 digits behind 'ledger' that the last run printed.");
    *expected = digest;
    return NULL;
}

/* Absent where neither the command line, the environment nor the host gives one. */
static struct error *read_target_name(struct call *call, struct text *name)
{
    struct text given = cli_value(call, "target"), from = TEXT("'--target'");
    struct text set = text_from(getenv("SQLLAND_TARGET"));

    if (!given.bytes && set.size) {
        given = set;
        from = TEXT("SQLLAND_TARGET");
    }
    if (!given.bytes && access(TARGET_PATH, F_OK) == 0) {
        struct error *error =
            file_read(call->arena, AT_FDCWD, TARGET_PATH, TARGET_FILE_SIZE_MAX, &given);

        if (error && error->code == ERROR_INPUT)
            error->code = ERROR_USAGE; /* too large to be a name */
        if (error)
            return error;
        given = text_trim(given);
        from = TEXT("'" TARGET_PATH "'");
    }
    if (given.bytes && !index_is_target(given))
        return cli_usage(call, "%.*s has to be 1 to %d of the characters A-Z a-z 0-9 . _ -",
                         TEXT_ARGS(from), ID_SIZE_MAX);
    *name = given;
    return NULL;
}

struct error *commands_no_database(struct call *call)
{
    return error_plain(call->arena, ERROR_SYSTEM, "there is no database '%.*s'",
                       TEXT_ARGS(address_of(call)));
}

struct error *commands_ledger(struct call *call, struct ledger *ledger)
{
    CLEANUP(target_close) struct target *target = NULL;
    struct target_options options = {.access = TARGET_READS};
    const struct digest *expected;
    struct digest digest;
    struct error *error = read_expected(call, &digest, &expected);

    if (!error)
        error = open_target(call, options, &target);
    if (error)
        return error;
    if (!target)
        return commands_no_database(call);
    error = target->operations->read_ledger(call->arena, target, ledger);
    if (!error && expected)
        error = ledger_expect(call->arena, ledger, expected);
    return error;
}

/* Sessions */

void commands_close(struct session *session)
{
    target_close(&session->target);
    bundle_close(&session->bundle);
}

/* Overrides name themselves in every ledger row that was written under them; a reason comes last.
 */
static struct error *make_note(struct call *call, struct text *note)
{
    static const char *const overrides[] = {"allow-expired", "allow-older", "allow-clock",
                                            "allow-target"};
    struct text reason = cli_value(call, "reason");

    if (!text_all_printable(reason))
        return cli_usage(call, "'--reason' takes one line of printable characters");
    *note = TEXT("");
    for (size_t i = 0; i < COUNT(overrides); i++)
        if (cli_has(call, overrides[i]))
            *note = arena_format(call->arena, "%.*s%s%s", TEXT_ARGS(*note), note->size ? " " : "",
                                 overrides[i]);
    if (reason.size)
        *note = arena_format(call->arena, "%.*s%sreason: %.*s", TEXT_ARGS(*note),
                             note->size ? " " : "", TEXT_ARGS(reason));
    return NULL;
}

struct error *commands_open(struct call *call, enum target_access access, struct session *session)
{
    struct target_options target = {.access = access};
    struct trust trust;

    session->options = (struct run_options){
        .bundle = &session->bundle,
        .report = call->report,
        .lock_timeout_ms = LOCK_TIMEOUT_MS,
        .allow_older = cli_has(call, "allow-older"),
        .allow_clock = cli_has(call, "allow-clock"),
        .allow_target = cli_has(call, "allow-target"),
    };
    struct error *error = make_note(call, &session->options.note);
    if (!error)
        error = read_time(call, "lock-timeout", &session->options.lock_timeout_ms);
    if (!error)
        error = read_time(call, "table-lock-timeout", &target.lock_timeout_ms);
    if (!error)
        error = read_time(call, "statement-timeout", &target.statement_timeout_ms);
    if (!error)
        error = read_expected(call, &session->expected, &session->options.expected);
    if (!error)
        error = read_target_name(call, &session->options.target_name);
    if (!error)
        error = verify_trust(call, &trust);
    if (!error)
        error = verify_bundle(call, call->arguments[0], &trust, &session->bundle);
    if (!error)
        error = open_target(call, target, &session->target);
    session->options.target = session->target;
    return error;
}

/* Results */

void commands_print_json(struct call *call, const struct buffer *buffer)
{
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(buffer)));
}

void commands_print_head(struct call *call, const struct ledger *ledger)
{
    struct digest head = ledger_head(ledger);

    report_line(call->report, "ledger %s", digest_hex(call->arena, &head).bytes);
}

static const char *severity_name(const struct finding *finding)
{
    return finding->severity == FINDING_FAULT ? "fault" : "warning";
}

void commands_print_findings(struct call *call, const struct findings *findings)
{
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        report_line(call->report, "%-7s  %s%s%.*s: %.*s", severity_name(finding), finding->name,
                    finding->revision.size ? " " : "", TEXT_ARGS(finding->revision),
                    TEXT_ARGS(finding->error->message));
}

void commands_json_findings(struct json *json, const struct findings *findings)
{
    json_open(json, "findings", '[');
    for (const struct finding *finding = findings->first; finding; finding = finding->next) {
        json_open(json, NULL, '{');
        json_text(json, "severity", text_from(severity_name(finding)));
        json_text(json, "name", text_from(finding->name));
        if (finding->revision.size)
            json_text(json, "revision", finding->revision);
        else
            json_null(json, "revision");
        json_text(json, "message", finding->error->message);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* Plans */

static void print_plan_json(struct call *call, const struct run *run, const struct plan *plan,
                            const struct findings *findings)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '{');
    json_text(&json, "bundle", digest_hex(call->arena, &run->options->bundle->container->digest));
    json_number(&json, "revision_count", plan->applied);
    json_open(&json, plan->kind == SCRIPT_UP ? "pending" : "undoing", '[');
    for (size_t i = 0; i < plan->count; i++) {
        json_open(&json, NULL, '{');
        json_text(&json, "id", plan->steps[i]->id);
        json_text(&json, "title", plan->steps[i]->title);
        json_bool(&json, "transactional", plan->steps[i]->transactional);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    commands_json_findings(&json, findings);
    json_close(&json, '}');
    commands_print_json(call, &buffer);
}

static void print_plan(struct call *call, const struct run *run, const struct plan *plan,
                       const struct findings *findings)
{
    const struct index *index = run->index;
    const struct target *target = run->target;
    struct text address = target ? target->name : TEXT("a new database");

    report_line(call->report, "bundle   %s",
                digest_hex(call->arena, &run->options->bundle->container->digest).bytes);
    report_line(call->report, "short    %s",
                digest_short(call->arena, &run->options->bundle->container->digest).bytes);
    report_line(call->report, "release  %.*s %.*s, sequence %llu", TEXT_ARGS(index->project),
                TEXT_ARGS(index->release), (unsigned long long)index->sequence);
    if (index->target_count)
        report_line(call->report, "targets  %.*s", TEXT_ARGS(verify_targets(call->arena, index)));
    report_line(call->report, "target   %.*s, %zu of %zu revisions applied", TEXT_ARGS(address),
                plan->applied, index->step_count);
    if (target && target->through.size)
        report_line(call->report, "through  %.*s, server %.*s", TEXT_ARGS(target->through),
                    TEXT_ARGS(target->version));
    if (plan->count == 0)
        report_line(call->report, "nothing to do");
    else if (plan->kind == SCRIPT_DOWN)
        report_line(call->report, "to be undone, in this order:");
    for (size_t i = 0; i < plan->count; i++) {
        const struct index_step *step = plan->steps[i];

        report_line(call->report, "%5zu  %.*s%s%.*s%s", i + 1, TEXT_ARGS(step->id),
                    step->title.size ? "  " : "", TEXT_ARGS(step->title),
                    step->transactional ? "" : "  [no transaction]");
    }
    commands_print_findings(call, findings);
}

struct error *commands_plan(struct call *call, enum script_kind kind)
{
    CLEANUP(commands_close) struct session session = {0};
    struct findings findings = {0};
    struct run run;
    struct plan plan;
    struct error *error = commands_open(call, TARGET_READS, &session);

    if (!error && !session.target && kind == SCRIPT_DOWN)
        error = commands_no_database(call);
    if (!error)
        error = run_look(call->arena, &session.options, &run, &findings);
    if (!error)
        error = findings_refuse(&findings);
    if (!error)
        error = apply_plan(&run, kind, cli_value(call, "to"), &plan);
    if (!error && plan.count)
        error = preflight(call->arena, run.index, run.target, &plan, &run.ledger,
                          cli_has(call, "atomic"), &findings);
    if (error)
        return error;
    if (cli_has(call, "json"))
        print_plan_json(call, &run, &plan, &findings);
    else
        print_plan(call, &run, &plan, &findings);
    return findings_refuse(&findings);
}

/* Applying */

static void print_applied_json(struct call *call, const struct applied *applied)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct digest head = ledger_head(&applied->ledger);
    bool up = applied->plan.kind == SCRIPT_UP;

    json_open(&json, NULL, '{');
    json_open(&json, up ? "applied" : "undone", '[');
    for (size_t i = 0; i < applied->plan.count; i++)
        json_text(&json, NULL, applied->plan.steps[i]->id);
    json_close(&json, ']');
    json_number(&json, "revision_count",
                up ? applied->plan.applied + applied->plan.count
                   : applied->plan.applied - applied->plan.count);
    json_text(&json, "ledger", digest_hex(call->arena, &head));
    json_close(&json, '}');
    commands_print_json(call, &buffer);
}

static void print_applied(struct call *call, const struct target *target,
                          const struct applied *applied)
{
    const struct plan *plan = &applied->plan;

    if (plan->count == 0)
        report_line(call->report, "%.*s: nothing to do, %zu revision%s applied",
                    TEXT_ARGS(target->name), plan->applied, plan->applied == 1 ? " is" : "s are");
    else if (plan->kind == SCRIPT_UP)
        report_line(call->report, "%.*s: %zu revision%s applied, now at %.*s",
                    TEXT_ARGS(target->name), plan->count, plan->count == 1 ? "" : "s",
                    TEXT_ARGS(plan->steps[plan->count - 1]->id));
    else
        report_line(call->report, "%.*s: %zu revision%s undone, %zu left", TEXT_ARGS(target->name),
                    plan->count, plan->count == 1 ? "" : "s", plan->applied - plan->count);
    commands_print_head(call, &applied->ledger);
}

/* Before any work is done for a copy that cannot be made. */
static struct error *check_backup(struct call *call, const struct session *session)
{
    struct text path = cli_value(call, "backup");
    struct stat status;

    if (!path.bytes)
        return NULL;
    if (!session->target->operations->backup)
        return error_hint(call->arena,
                          cli_usage(call, "'%.*s' cannot be copied with --backup",
                                    TEXT_ARGS(session->target->name)),
                          "Use pg_dump, or a snapshot of the server.");
    if (path.size == 0)
        return cli_usage(call, "'--backup' takes the name of a file");
    if (lstat(path.bytes, &status) == 0)
        return error_hint(call->arena, cli_usage(call, "'%.*s' already exists", TEXT_ARGS(path)),
                          "Name a file that does not: an older copy stays as it is.");
    return NULL;
}

struct error *commands_apply(struct call *call, enum script_kind kind)
{
    CLEANUP(commands_close) struct session session = {0};
    struct applied applied;
    struct error *error =
        commands_open(call, kind == SCRIPT_UP ? TARGET_WRITES : TARGET_CHANGES, &session);

    if (!error && !session.target)
        error = commands_no_database(call);
    struct apply_options options = {
        .run = session.options,
        .kind = kind,
        .to = cli_value(call, "to"),
        .atomic = cli_has(call, "atomic"),
        .backup = cli_value(call, "backup"),
    };
    if (!error)
        error = check_backup(call, &session);
    if (!error)
        error = apply(call->arena, &options, &applied);
    if (error)
        return error;
    if (options.backup.bytes && applied.plan.count == 0)
        report_note(call->report, "nothing changes, so no copy was made");
    if (cli_has(call, "json"))
        print_applied_json(call, &applied);
    else
        print_applied(call, session.target, &applied);
    return NULL;
}

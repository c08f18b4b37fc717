#include "commands.h"
#include "json.h"

enum { LOCK_TIMEOUT_MS = 10000 };

const struct option command_upgrade_options[] = {
    COMMANDS_TARGET_OPTIONS,
    VERIFY_TRUST_OPTIONS,
    {"to", "ID", "apply this revision and all it needs", 0, false},
    {"dry-run", NULL, "show what would run, and write nothing", 0, false},
    {"lock-timeout", "TIME", "how long another run is waited for, as 10s or 500ms (10s)", 0, false},
    {"table-lock-timeout", "TIME", "PostgreSQL: how long a statement waits for a table", 0, false},
    {"statement-timeout", "TIME", "PostgreSQL: how long a statement may take", 0, false},
    {"allow-older", NULL, "accept a bundle older than one that was applied", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

/* Overrides name themselves in every ledger row that was written under them. */
static struct text override_note(struct call *call)
{
    bool expired = cli_has(call, "allow-expired"), older = cli_has(call, "allow-older");

    return arena_format(call->arena, "%s%s%s", expired ? "allow-expired" : "",
                        expired && older ? " " : "", older ? "allow-older" : "");
}

static void print_json(struct call *call, const struct applied *applied)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct digest head = ledger_head(&applied->ledger);

    json_open(&json, NULL, '{');
    json_open(&json, "applied", '[');
    for (size_t i = 0; i < applied->plan.count; i++)
        json_text(&json, NULL, applied->plan.steps[i]->id);
    json_close(&json, ']');
    json_number(&json, "revision_count", applied->plan.applied + applied->plan.count);
    json_text(&json, "ledger", digest_hex(call->arena, &head));
    json_close(&json, '}');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

static void print(struct call *call, const struct target *target, const struct applied *applied)
{
    struct digest head = ledger_head(&applied->ledger);
    size_t count = applied->plan.count;

    if (count == 0)
        report_line(call->report, "%.*s: nothing to do, %zu revisions are applied",
                    TEXT_ARGS(target->name), applied->plan.applied);
    else
        report_line(call->report, "%.*s: %zu revision%s applied, now at %.*s",
                    TEXT_ARGS(target->name), count, count == 1 ? "" : "s",
                    TEXT_ARGS(applied->plan.steps[count - 1]->id));
    report_line(call->report, "ledger %s", digest_hex(call->arena, &head).bytes);
}

static struct error *read_times(struct call *call, struct apply_options *options,
                                struct target_options *target)
{
    struct error *error = commands_time(call, "lock-timeout", &options->lock_timeout_ms);

    if (!error)
        error = commands_time(call, "table-lock-timeout", &target->lock_timeout_ms);
    if (!error)
        error = commands_time(call, "statement-timeout", &target->statement_timeout_ms);
    return error;
}

static struct error *upgrade(struct call *call)
{
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(target_close) struct target *target = NULL;
    struct apply_options options = {
        .bundle = &bundle,
        .report = call->report,
        .to = cli_value(call, "to"),
        .allow_older = cli_has(call, "allow-older"),
        .note = override_note(call),
        .lock_timeout_ms = LOCK_TIMEOUT_MS,
    };
    struct applied applied;
    struct trust trust;
    struct target_options target_options = {.access = TARGET_WRITES};
    struct error *error = read_times(call, &options, &target_options);

    if (!error)
        error = verify_trust(call, &trust);
    if (!error)
        error = verify_bundle(call, call->arguments[0], &trust, &bundle);
    if (!error)
        error = commands_target(call, target_options, &target);
    options.target = target;
    if (!error)
        error = apply_upgrade(call->arena, &options, &applied);
    if (error)
        return error;
    if (cli_has(call, "json"))
        print_json(call, &applied);
    else
        print(call, target, &applied);
    return NULL;
}

struct error *command_upgrade(struct call *call)
{
    return cli_has(call, "dry-run") ? commands_print_plan(call) : upgrade(call);
}

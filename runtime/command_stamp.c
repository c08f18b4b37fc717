#include "adopt.h"
#include "commands.h"
#include "stamp.h"

const struct option command_stamp_options[] = {
    COMMANDS_BUNDLE_OPTIONS,
    COMMANDS_LOCK_OPTION,
    {"to", "ID", "the database has this revision and all it needs", 0, false},
    {"from", "TOOL", "it has what this tool has applied: alembic, flyway, ...", 0, false},
    {"from-alembic", NULL, "the same as --from alembic", 0, false},
    {"reason", "TEXT", "why, for the ledger", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

static void print_json(struct call *call, const struct stamped *stamped)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct digest head = ledger_head(&stamped->ledger);

    json_open(&json, NULL, '{');
    json_open(&json, "stamped", '[');
    for (size_t i = 0; i < stamped->plan.count; i++)
        json_text(&json, NULL, stamped->plan.steps[i]->id);
    json_close(&json, ']');
    json_number(&json, "revision_count", stamped->plan.applied + stamped->plan.count);
    json_text(&json, "ledger", digest_hex(call->arena, &head));
    json_close(&json, '}');
    commands_print_json(call, &buffer);
}

static void print(struct call *call, const struct target *target, const struct stamped *stamped)
{
    const struct plan *plan = &stamped->plan;

    if (plan->count == 0)
        report_line(call->report, "%.*s: nothing to stamp, %zu revision%s on record",
                    TEXT_ARGS(target->name), plan->applied, plan->applied == 1 ? " is" : "s are");
    else
        report_line(call->report, "%.*s: %zu revision%s stamped, now at %.*s",
                    TEXT_ARGS(target->name), plan->count, plan->count == 1 ? "" : "s",
                    TEXT_ARGS(plan->steps[plan->count - 1]->id));
    commands_print_head(call, &stamped->ledger);
}

struct error *command_stamp(struct call *call)
{
    CLEANUP(commands_close) struct session session = {0};
    struct stamp_options options = {
        .to = cli_value(call, "to"),
        .tool = cli_has(call, "from-alembic") ? TEXT("alembic") : cli_value(call, "from"),
    };
    struct stamped stamped;

    if (!options.to.bytes + !cli_has(call, "from") + !cli_has(call, "from-alembic") != 2)
        return error_hint(call->arena, cli_usage(call, "say either --to or --from"),
                          "--from takes one of %.*s.", TEXT_ARGS(adopt_tools(call->arena)));
    struct error *error = commands_open(call, TARGET_CHANGES, &session);
    if (!error && !session.target)
        error = commands_no_database(call);
    if (error)
        return error;
    options.run = session.options;
    if (options.tool.bytes)
        options.run.note =
            arena_format(call->arena, "from %.*s%s%.*s", TEXT_ARGS(options.tool),
                         options.run.note.size ? " " : "", TEXT_ARGS(options.run.note));
    options.run.adopts_alembic = text_equal(options.tool, TEXT("alembic"));
    error = stamp(call->arena, &options, &stamped);
    if (error)
        return error;
    if (cli_has(call, "json"))
        print_json(call, &stamped);
    else
        print(call, session.target, &stamped);
    return NULL;
}

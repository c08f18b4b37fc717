#include "commands.h"
#include "stamp.h"

const struct option command_resume_options[] = {
    COMMANDS_BUNDLE_OPTIONS,
    COMMANDS_LOCK_OPTION,
    {"from", "N", "statements before this one are done: the next run begins with it", 0, false},
    {"done", NULL, "all of its statements are done", 0, false},
    {"undone", NULL, "none of them is", 0, false},
    {"reason", "TEXT", "what was found, for the ledger", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

static struct error *read_options(struct call *call, struct resume_options *options)
{
    if (cli_has(call, "from") + cli_has(call, "done") + cli_has(call, "undone") != 1)
        return error_hint(call->arena, cli_usage(call, "say one of --from, --done and --undone"),
                          "'sqlland check' shows where it stopped.");
    if (call->argument_count > 1)
        options->id = call->arguments[1];
    options->how = cli_has(call, "from")   ? RESUME_FROM
                   : cli_has(call, "done") ? RESUME_DONE
                                           : RESUME_UNDONE;
    return cli_number(call, "from", NUMBER_MAX, &options->from);
}

static void print_json(struct call *call, const struct resumed *resumed)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct digest head = ledger_head(&resumed->ledger);

    json_open(&json, NULL, '{');
    json_text(&json, "revision", resumed->step->id);
    json_text(&json, "script", text_from(script_kind_name(resumed->kind)));
    json_number(&json, "done_count", resumed->done);
    json_number(&json, "statement_count", resumed->count);
    json_text(&json, "ledger", digest_hex(call->arena, &head));
    json_close(&json, '}');
    commands_print_json(call, &buffer);
}

static void print(struct call *call, const struct resumed *resumed)
{
    report_line(call->report, "%.*s: %zu of %zu statements of its %s script are done",
                TEXT_ARGS(resumed->step->id), resumed->done, resumed->count,
                script_kind_name(resumed->kind));
    report_line(call->report, "next   sqlland %s",
                resumed->kind == SCRIPT_UP ? "upgrade" : "downgrade");
    commands_print_head(call, &resumed->ledger);
}

struct error *command_resume(struct call *call)
{
    CLEANUP(commands_close) struct session session = {0};
    struct resume_options options = {0};
    struct resumed resumed;
    struct error *error = read_options(call, &options);

    if (!error)
        error = commands_open(call, TARGET_CHANGES, &session);
    if (!error && !session.target)
        error = commands_no_database(call);
    if (error)
        return error;
    options.run = session.options;
    error = resume(call->arena, &options, &resumed);
    if (error)
        return error;
    if (cli_has(call, "json"))
        print_json(call, &resumed);
    else
        print(call, &resumed);
    return NULL;
}

#include "commands.h"

const struct option command_downgrade_options[] = {
    COMMANDS_BUNDLE_OPTIONS,
    COMMANDS_TIME_OPTIONS,
    {"to", "ID", "keep this revision and all it needs; 'base' keeps none", 0, false},
    {"atomic", NULL, "all revisions in one transaction", 0, false},
    {"backup", "FILE", "SQLite: copy the database there before the first change", 0, false},
    {"dry-run", NULL, "show what would be undone, and write nothing", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct error *command_downgrade(struct call *call)
{
    if (!cli_value(call, "to").bytes)
        return error_hint(call->arena, cli_usage(call, "what is to stay is not named"),
                          "Say --to ID; --to base undoes everything.");
    return cli_has(call, "dry-run") ? commands_plan(call, SCRIPT_DOWN)
                                    : commands_apply(call, SCRIPT_DOWN);
}

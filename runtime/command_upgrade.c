#include "commands.h"

const struct option command_upgrade_options[] = {
    COMMANDS_BUNDLE_OPTIONS,
    COMMANDS_TIME_OPTIONS,
    {"to", "ID", "apply this revision and all it needs", 0, false},
    {"atomic", NULL, "all revisions in one transaction: the release whole, or nothing", 0, false},
    {"backup", "FILE", "SQLite: copy the database there before the first change", 0, false},
    {"dry-run", NULL, "show what would run, and write nothing", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct error *command_upgrade(struct call *call)
{
    return cli_has(call, "dry-run") ? commands_plan(call, SCRIPT_UP)
                                    : commands_apply(call, SCRIPT_UP);
}

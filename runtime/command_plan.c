#include "commands.h"

const struct option command_plan_options[] = {
    COMMANDS_BUNDLE_OPTIONS,
    {"to", "ID", "this revision and all it needs", 0, false},
    {"atomic", NULL, "all revisions in one transaction", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct error *command_plan(struct call *call)
{
    return commands_plan(call, SCRIPT_UP);
}

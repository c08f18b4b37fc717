#include "commands.h"

const struct option command_plan_options[] = {
    COMMANDS_TARGET_OPTIONS,
    VERIFY_TRUST_OPTIONS,
    {"to", "ID", "this revision and all it needs", 0, false},
    {"allow-older", NULL, "accept a bundle older than one that was applied", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct error *command_plan(struct call *call)
{
    return commands_print_plan(call);
}

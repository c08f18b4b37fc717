/* commands.h - the commands of sqlland, one file each. Floor 3. */
#pragma once

#include "apply.h"
#include "cli.h"
#include "verify.h"

extern const struct option command_upgrade_options[], command_plan_options[],
    command_current_options[], command_history_options[];

struct error *command_upgrade(struct call *call) CHECKED;
struct error *command_plan(struct call *call) CHECKED;
struct error *command_current(struct call *call) CHECKED;
struct error *command_history(struct call *call) CHECKED;

#define COMMANDS_TARGET_OPTION                                                                     \
    {                                                                                              \
        "db", "TARGET", "the database: a path or sqlite:PATH ($DATABASE_URL)", 0, false            \
    }

/* Opens the database of --db or DATABASE_URL; NULL where it is only read and not there. */
struct error *commands_target(struct call *call, enum target_access access,
                              struct target **target) CHECKED;

/* For commands that only read: the ledger of a database that must be there. */
struct error *commands_ledger(struct call *call, struct ledger *ledger) CHECKED;

/* Prints what would run; the command `plan`, and `upgrade --dry-run`. */
struct error *commands_print_plan(struct call *call) CHECKED;

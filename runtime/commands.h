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

#define COMMANDS_TARGET_OPTIONS                                                                    \
    {"db", "TARGET", "a path, sqlite:PATH, a postgresql:// URI ($DATABASE_URL)", 0, false},        \
    {                                                                                              \
        "psql", "PATH", "the psql to use (the newest of this host)", 0, false                      \
    }

/*
 * Opens the database of --db or DATABASE_URL; NULL where it is only read and not there.
 *
 * options  all but psql and report, which are the call's
 */
struct error *commands_target(struct call *call, struct target_options options,
                              struct target **target) CHECKED;

/* A time as 10s, 500ms or 2m; absence leaves it alone. */
struct error *commands_time(struct call *call, const char *option, uint64_t *ms) CHECKED;

/* For commands that only read: the ledger of a database that must be there. */
struct error *commands_ledger(struct call *call, struct ledger *ledger) CHECKED;

/* Prints what would run; the command `plan`, and `upgrade --dry-run`. */
struct error *commands_print_plan(struct call *call) CHECKED;

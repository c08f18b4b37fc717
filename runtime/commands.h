/* commands.h - the commands of sqlland, one file each. Floor 3. */
#pragma once

#include "apply.h"
#include "cli.h"
#include "json.h"
#include "verify.h"

extern const struct option command_upgrade_options[], command_downgrade_options[],
    command_plan_options[], command_check_options[], command_stamp_options[],
    command_resume_options[], command_current_options[], command_history_options[],
    command_trust_options[];

struct error *command_upgrade(struct call *call) CHECKED;
struct error *command_downgrade(struct call *call) CHECKED;
struct error *command_plan(struct call *call) CHECKED;
struct error *command_check(struct call *call) CHECKED;
struct error *command_stamp(struct call *call) CHECKED;
struct error *command_resume(struct call *call) CHECKED;
struct error *command_current(struct call *call) CHECKED;
struct error *command_history(struct call *call) CHECKED;
struct error *command_trust(struct call *call) CHECKED;

#define COMMANDS_TARGET_OPTIONS                                                                    \
    {"db", "TARGET", "a path, sqlite:PATH, a postgresql:// URI ($DATABASE_URL)", 0, false},        \
        {"psql", "PATH", "the psql to use (the newest of this host)", 0, false},                   \
    {                                                                                              \
        "expect-ledger", "DIGEST", "refuse a ledger without the row of this digest", 0, false      \
    }

/* Of the commands that compare a bundle with a target. */
#define COMMANDS_BUNDLE_OPTIONS                                                                    \
    COMMANDS_TARGET_OPTIONS, VERIFY_TRUST_OPTIONS,                                                 \
        {"target", "NAME", "its name ($SQLLAND_TARGET, /etc/sqlland/target)", 0, false},           \
        {"allow-older", NULL, "accept a bundle older than one that was applied", 0, false},        \
        {"allow-clock", NULL, "accept a clock behind the last row of the ledger", 0, false},       \
    {                                                                                              \
        "allow-target", NULL, "accept a bundle that is for other targets", 0, false                \
    }

#define COMMANDS_LOCK_OPTION                                                                       \
    {                                                                                              \
        "lock-timeout", "TIME", "how long another run is waited for, as 10s or 500ms (10s)", 0,    \
            false                                                                                  \
    }

/* Of the commands that run scripts. */
#define COMMANDS_TIME_OPTIONS                                                                      \
    COMMANDS_LOCK_OPTION,                                                                          \
        {"table-lock-timeout", "TIME", "PostgreSQL: how long a statement waits for a table", 0,    \
         false},                                                                                   \
    {                                                                                              \
        "statement-timeout", "TIME", "PostgreSQL: how long a statement may take", 0, false         \
    }

/* A verified bundle and an opened target, for as long as a command takes. Starts as {0}. */
struct session {
    struct bundle bundle;
    struct target *target;
    struct digest expected;
    struct run_options options;
};

void commands_close(struct session *session);

/*
 * Verifies the bundle that is the first argument, then opens the database of --db or DATABASE_URL.
 *
 * access   with TARGET_READS and TARGET_CHANGES the target is NULL where there is no database
 */
struct error *commands_open(struct call *call, enum target_access access,
                            struct session *session) CHECKED;

struct error *commands_no_database(struct call *call);

/* For commands that need no bundle: the ledger of a database that must be there. */
struct error *commands_ledger(struct call *call, struct ledger *ledger) CHECKED;

/* Upgrades or downgrades, or shows what that would do. */
struct error *commands_apply(struct call *call, enum script_kind kind) CHECKED;
struct error *commands_plan(struct call *call, enum script_kind kind) CHECKED;

/* "ledger DIGEST": the last line of every command that wrote rows. */
void commands_print_head(struct call *call, const struct ledger *ledger);

/* "name": the list of what was found, and lines or a value of JSON for a command's result. */
void commands_print_findings(struct call *call, const struct findings *findings);
void commands_json_findings(struct json *json, const struct findings *findings);
void commands_print_json(struct call *call, const struct buffer *buffer);

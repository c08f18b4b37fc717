/* main.c - sqlland: the table of its commands. */
#include "commands.h"

static const struct command commands[] = {
    {"verify", "BUNDLE", "verify signatures and every byte of a bundle",
     "sqlland verify shop-2.4.0.ferry --key team.pub", verify_options, 1, 1, verify_command},
    {"plan", "BUNDLE", "show what an upgrade would run",
     "sqlland plan shop-2.4.0.ferry --key team.pub --db shop.db", command_plan_options, 1, 1,
     command_plan},
    {"upgrade", "BUNDLE", "apply the revisions that the database lacks",
     "sqlland upgrade shop-2.4.0.ferry --key team.pub --db shop.db", command_upgrade_options, 1, 1,
     command_upgrade},
    {"downgrade", "BUNDLE", "undo revisions by their down scripts",
     "sqlland downgrade shop-2.4.0.ferry --key team.pub --db shop.db --to 9d6a492bf126",
     command_downgrade_options, 1, 1, command_downgrade},
    {"check", "BUNDLE", "compare a database with a bundle, and say what is wrong with it",
     "sqlland check shop-2.4.0.ferry --key team.pub --db shop.db", command_check_options, 1, 1,
     command_check},
    {"resume", "BUNDLE [ID]", "say what became of a step that was interrupted",
     "sqlland resume shop-2.4.0.ferry --key team.pub --db shop.db --from 2", command_resume_options,
     1, 2, command_resume},
    {"stamp", "BUNDLE", "record what a database has already, without running it",
     "sqlland stamp shop-2.4.0.ferry --key team.pub --db shop.db --from-alembic",
     command_stamp_options, 1, 1, command_stamp},
    {"current", "", "show where a database stands", "sqlland current --db shop.db",
     command_current_options, 0, 0, command_current},
    {"history", "", "show what ran in a database, and verify the ledger",
     "sqlland history --db shop.db", command_history_options, 0, 0, command_history},
    {"trust", "show|check|update [FILE]", "show the trusted keys, or replace them by a signed file",
     "sqlland trust update trust-5", command_trust_options, 1, 2, command_trust},
    {0},
};

static const struct program program = {
    .name = "sqlland",
    .version = VERSION,
    .summary = "Verifies a bundle of database revisions and applies it to a database.",
    .commands = commands,
    .memory = (size_t)2 << 30,
};

int main(int argc, char **argv)
{
    return cli_run(&program, argc, argv);
}

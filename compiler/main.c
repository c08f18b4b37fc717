/* main.c - sqlferry: the table of its commands. */
#include "compiler/commands.h"
#include "runtime/verify.h"

static const struct command commands[] = {
    {"init", "[FOLDER]", "start a manifest with one revision", "sqlferry init migrations",
     command_init_options, 0, 1, command_init},
    {"new", "TITLE [MANIFEST]", "add a revision behind the head, with its scripts",
     "sqlferry new 'Find orders by customer'", command_new_options, 1, 2, command_new},
    {"merge", "[ID ...]", "add a revision that makes one head of several", "sqlferry merge",
     command_merge_options, 0, ARGUMENTS_MAX, command_merge},
    {"check", "[MANIFEST]", "check a manifest, its graph and its scripts",
     "sqlferry check ferry.yaml", command_check_options, 0, 1, command_check},
    {"rehearse", "[MANIFEST] [A:B]", "run revisions up, down and up again, and say what they leave",
     "sqlferry rehearse ferry.yaml", command_rehearse_options, 0, 2, command_rehearse},
    {"heads", "[MANIFEST]", "list the revisions that nothing follows", "sqlferry heads",
     command_heads_options, 0, 1, command_heads},
    {"history", "[A:B] [MANIFEST]", "list revisions in the order they are applied",
     "sqlferry history 9d6a:", command_history_options, 0, 2, command_history},
    {"fmt", "[MANIFEST]", "lay a manifest out in the one way, with all comments", "sqlferry fmt",
     command_fmt_options, 0, 1, command_fmt},
    {"show", "ID [MANIFEST]", "show one revision and its scripts", "sqlferry show 9d6a",
     command_show_options, 1, 2, command_show},
    {"graph", "[MANIFEST]", "draw the graph of the revisions", "sqlferry graph --svg -o graph.svg",
     command_graph_options, 0, 1, command_graph},
    {"build", "[MANIFEST]", "compile a manifest into a bundle",
     "sqlferry build --release 2.4.0 --key team.key -o shop-2.4.0.ferry", command_build_options, 0,
     1, command_build},
    {"keygen", "NAME", "make a key pair: NAME.key and NAME.pub", "sqlferry keygen team",
     command_keygen_options, 1, 1, command_keygen},
    {"sign", "FILE", "add a signature to a bundle or a trust file",
     "sqlferry sign shop-2.4.0.ferry --key security.key", command_sign_options, 1, 1, command_sign},
    {"verify", "BUNDLE", "verify signatures and every byte of a bundle",
     "sqlferry verify shop-2.4.0.ferry --key team.pub", verify_options, 1, 1, verify_command},
    {"inspect", "BUNDLE [ID]", "show what is inside a bundle",
     "sqlferry inspect shop-2.4.0.ferry --key team.pub", command_inspect_options, 1, 2,
     command_inspect},
    {"diff", "OLD NEW", "compare two bundles: what came, went and changed",
     "sqlferry diff shop-2.3.0.ferry shop-2.4.0.ferry --key team.pub", command_diff_options, 2, 2,
     command_diff},
    {"import", "LAYOUT FOLDER...", "write a manifest for the migrations of another tool",
     "sqlferry import flyway db/migration -o ferry.yaml", command_import_options, 2, ARGUMENTS_MAX,
     command_import},
    {0},
};

/* What the options of a command cannot say. */
static void add_help(struct report *report, const struct command *command)
{
    if (command->run == command_import)
        command_import_list(report);
}

static const struct program program = {
    .name = "sqlferry",
    .version = VERSION,
    .summary = "Compiles a graph of database revisions into one signed bundle of ordered SQL.",
    .commands = commands,
    .memory = (size_t)4 << 30,
    .add_help = add_help,
};

int main(int argc, char **argv)
{
    return cli_run(&program, argc, argv);
}

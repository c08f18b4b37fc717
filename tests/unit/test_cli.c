/* Command lines: what a command gets to see, what is refused, what help says. */
#include "runtime/cli.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct option build_options[] = {
    {"output", "FILE", "where the bundle goes", 'o', false},
    {"key", "FILE", "sign with this key", 'k', true},
    {"release", "NAME", "what it is called", 0, false},
    {"level", "N", "how hard to compress", 0, false},
    {"dry-run", NULL, "write nothing", 'n', false},
    {"to", "ID", "stop there", 0, false},
    {0},
};

/* Prints what it was called with. */
static struct error *run_build(struct call *call)
{
    uint64_t level = 3;
    struct error *error = cli_number(call, "level", 22, &level);

    if (error)
        return error;
    for (size_t i = 0; i < call->argument_count; i++)
        report_line(call->report, "argument [%.*s]", TEXT_ARGS(call->arguments[i]));
    for (size_t i = 0; i < call->option_count; i++)
        report_line(call->report, "%s [%.*s]", call->options[i].option->name,
                    TEXT_ARGS(call->options[i].value));
    if (cli_has(call, "key"))
        report_line(call->report, "last key [%.*s]", TEXT_ARGS(cli_value(call, "key")));
    if (cli_has(call, "level"))
        report_line(call->report, "as a number %llu", (unsigned long long)level);
    report_note(call->report, "built");
    return NULL;
}

static struct error *run_fail(struct call *call)
{
    report_line(call->report, "a result");
    return error_plain(call->arena, ERROR_STATE, "the state does not fit");
}

static struct error *run_usage(struct call *call)
{
    return cli_usage(call, "'--%s' and '--%s' exclude each other", "a", "b");
}

static struct error *run_big(struct call *call)
{
    arena_bytes(call->arena, 1, 2 << 20);
    return NULL;
}

static const struct command commands[] = {
    {"build", "[MANIFEST] [MORE]", "build a bundle", "ferry build shop.yaml", build_options, 0, 2,
     run_build},
    {"fail", "BUNDLE", "go wrong", "ferry fail a.ferry", NULL, 1, 1, run_fail},
    {"usage", "", "be misused", "ferry usage", NULL, 0, 0, run_usage},
    {"big", "", "need much memory", "ferry big", NULL, 0, 0, run_big},
    {0},
};

static const struct program program = {
    .name = "ferry",
    .version = "1.2.3",
    .summary = "carries things",
    .commands = commands,
    .memory = 1 << 20,
};

#define BUILD_HELP "hint: 'build --help' lists the options.\n"

/* Words are separated by blanks; a lone ~ is an empty word. */
static const struct row {
    const char *name, *words;
    int status;
    const char *results, *messages;
} rows[] = {
    {"no arguments", "build", 0, "", "built\n"},
    {"an argument", "build a.yaml", 0, "argument [a.yaml]\n", "built\n"},
    {"an empty argument", "build ~", 0, "argument []\n", "built\n"},
    {"a dash is an argument", "build -", 0, "argument [-]\n", "built\n"},
    {"an argument too many", "build a b c", 2, "", "error: unexpected argument 'c'\n"},
    {"an argument where none belongs", "usage a", 2, "", "error: unexpected argument 'a'\n"},
    {"an argument too few", "fail", 2, "",
     "error: 'fail' needs BUNDLE\nhint: For one: ferry fail a.ferry\n"},

    {"long option", "build --output x", 0, "output [x]\n", "built\n"},
    {"long option with =", "build --output=x", 0, "output [x]\n", "built\n"},
    {"long option with = twice", "build --output=x=y", 0, "output [x=y]\n", "built\n"},
    {"long option with an empty value", "build --output=", 0, "output []\n", "built\n"},
    {"long option with an empty word", "build --output ~", 0, "output []\n", "built\n"},
    {"short option", "build -o x", 0, "output [x]\n", "built\n"},
    {"short option, joined", "build -ox", 0, "output [x]\n", "built\n"},
    {"a value that looks like an option", "build --output --key", 0, "output [--key]\n", "built\n"},
    {"a value that is the end of options", "build -o -- a", 0, "argument [a]\noutput [--]\n",
     "built\n"},
    {"long flag", "build --dry-run", 0, "dry-run []\n", "built\n"},
    {"short flag", "build -n a", 0, "argument [a]\ndry-run []\n", "built\n"},
    {"options behind arguments", "build a -n b -o x", 0,
     "argument [a]\nargument [b]\ndry-run []\noutput [x]\n", "built\n"},
    {"the end of options", "build -n -- -o --x", 0, "argument [-o]\nargument [--x]\ndry-run []\n",
     "built\n"},
    {"the end of options twice", "build -- --", 0, "argument [--]\n", "built\n"},
    {"many of one", "build --key a -k b --key=c", 0, "key [a]\nkey [b]\nkey [c]\nlast key [c]\n",
     "built\n"},
    {"quiet", "build --quiet a", 0, "argument [a]\nquiet []\n", ""},
    {"quiet, short", "build -q", 0, "quiet []\n", ""},

    {"a value is missing", "build --output", 2, "",
     "error: option '--output' needs a value: FILE\n"},
    {"a value is missing, short", "build -o", 2, "",
     "error: option '--output' needs a value: FILE\n"},
    {"a flag with a value", "build --dry-run=yes", 2, "",
     "error: option '--dry-run' takes no value\n"},
    {"a flag with an empty value", "build --dry-run=", 2, "",
     "error: option '--dry-run' takes no value\n"},
    {"a flag with a value, joined", "build -nq", 2, "",
     "error: option '--dry-run' takes no value\n"},
    {"twice", "build --output x --output x", 2, "", "error: option '--output' is given twice\n"},
    {"twice, in two spellings", "build --output x -oy", 2, "",
     "error: option '--output' is given twice\n"},
    {"a flag twice", "build -n --dry-run", 2, "", "error: option '--dry-run' is given twice\n"},
    {"quiet twice", "build -q -q", 2, "", "error: option '--quiet' is given twice\n"},

    {"unknown option", "build --password", 2, "",
     "error: unknown option '--password'\n" BUILD_HELP},
    {"unknown option, a letter missing", "build --relase x", 2, "",
     "error: unknown option '--relase'\nhint: Did you mean '--release'?\n"},
    {"unknown option, letters swapped", "build --ouptut=x", 2, "",
     "error: unknown option '--ouptut=x'\nhint: Did you mean '--output'?\n"},
    {"unknown option, in capitals", "build --KEY x", 2, "",
     "error: unknown option '--KEY'\nhint: Did you mean '--key'?\n"},
    {"unknown option, near a common one", "build --quite", 2, "",
     "error: unknown option '--quite'\nhint: Did you mean '--quiet'?\n"},
    {"unknown option, the nearest of several", "build --key2", 2, "",
     "error: unknown option '--key2'\nhint: Did you mean '--key'?\n"},
    {"unknown option, a long one with one dash", "build -output", 0, "output [utput]\n", "built\n"},
    {"unknown option, one dash too few", "build -to x", 2, "",
     "error: unknown option '-to'\nhint: Did you mean '--to'?\n"},
    {"unknown option, a letter is near to nothing", "build -z", 2, "",
     "error: unknown option '-z'\n" BUILD_HELP},
    {"unknown option, a letter in capitals", "build -O x", 2, "",
     "error: unknown option '-O'\n" BUILD_HELP},
    {"a letter takes one dash", "build --o x", 2, "", "error: unknown option '--o'\n" BUILD_HELP},
    {"a common letter takes one dash", "build --q", 2, "",
     "error: unknown option '--q'\n" BUILD_HELP},
    {"a prefix of an option is another word", "build --rel x", 2, "",
     "error: unknown option '--rel'\n" BUILD_HELP},
    {"three dashes", "build ---key x", 2, "",
     "error: unknown option '---key'\nhint: Did you mean '--key'?\n"},
    {"no name", "build --=x", 2, "", "error: unknown option '--=x'\n" BUILD_HELP},
    {"an option of a command that has none", "usage --output x", 2, "",
     "error: unknown option '--output'\nhint: 'usage --help' lists the options.\n"},
    {"a hostile option", "build --\033[2J", 2, "",
     "error: unknown option '--\\x1B[2J'\n" BUILD_HELP},

    {"a number", "build --level 22", 0, "level [22]\nas a number 22\n", "built\n"},
    {"a number of 0", "build --level=0", 0, "level [0]\nas a number 0\n", "built\n"},
    {"a number above its maximum", "build --level 23", 2, "",
     "error: '--level' takes a number up to 22, not '23'\n"},
    {"a number with a leading zero", "build --level 07", 2, "",
     "error: '--level' takes a number up to 22, not '07'\n"},
    {"a number that is none", "build --level high", 2, "",
     "error: '--level' takes a number up to 22, not 'high'\n"},
    {"a number that is empty", "build --level=", 2, "",
     "error: '--level' takes a number up to 22, not ''\n"},

    {"a result, then an error", "fail a", 6, "a result\n", "error: the state does not fit\n"},
    {"a usage that no table shows", "usage", 2, "", "error: '--a' and '--b' exclude each other\n"},
    {"no command", "", 2, "",
     "error: no command given\nhint: 'ferry --help' lists the commands.\n"},
    {"an empty command", "~", 2, "",
     "error: unknown command ''\nhint: 'ferry --help' lists the commands.\n"},
    {"unknown command", "deploy", 2, "",
     "error: unknown command 'deploy'\nhint: 'ferry --help' lists the commands.\n"},
    {"unknown command, near", "biuld", 2, "",
     "error: unknown command 'biuld'\nhint: Did you mean 'build'?\n"},
    {"unknown command, the nearest of several", "fai", 2, "",
     "error: unknown command 'fai'\nhint: Did you mean 'fail'?\n"},
    {"unknown command, short", "x", 2, "",
     "error: unknown command 'x'\nhint: 'ferry --help' lists the commands.\n"},
    {"an option before the command", "--quiet build", 2, "",
     "error: unknown command '--quiet'\nhint: 'ferry --help' lists the commands.\n"},
    {"the version", "--version", 0, "ferry 1.2.3\n", ""},
};

static int run_words(const void *argument)
{
    struct text rest = text_from(argument);
    static char name[] = "ferry";
    char *words[80] = {name}, copies[80][40];
    int count = 1;

    for (; rest.size && count < 79; count++) {
        struct text word = text_cut(&rest, ' ');

        snprintf(copies[count], sizeof(copies[count]), "%.*s",
                 text_equal(word, TEXT("~")) ? 0 : (int)word.size, word.bytes);
        words[count] = copies[count];
    }
    return cli_run(&program, count, words);
}

static void check_run(const char *words, int status, const char *results, const char *messages)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text shown_results, shown_messages;
    int got = support_capture(arena, run_words, words, &shown_results, &shown_messages);

    assert_string_equal(shown_messages.bytes, messages);
    assert_string_equal(shown_results.bytes, results);
    assert_int_equal(got, status);
}

static void test_run(void **state)
{
    const struct row *row = *state;

    check_run(row->words, row->status, row->results, row->messages);
}

static const char program_help[] =
    "usage: ferry COMMAND [options] [arguments]\n"
    "carries things\n"
    "\n"
    "  build      build a bundle\n"
    "  fail       go wrong\n"
    "  usage      be misused\n"
    "  big        need much memory\n"
    "\n"
    "'ferry COMMAND --help' explains one; 'man ferry' explains all.\n";

static const char build_help[] = "usage: ferry build [options] [MANIFEST] [MORE]\n"
                                 "build a bundle\n"
                                 "\n"
                                 "  -o, --output FILE            where the bundle goes\n"
                                 "  -k, --key FILE               sign with this key\n"
                                 "      --release NAME           what it is called\n"
                                 "      --level N                how hard to compress\n"
                                 "  -n, --dry-run                write nothing\n"
                                 "      --to ID                  stop there\n"
                                 "  -q, --quiet                  print results and errors only\n"
                                 "  -h, --help                   explain this command\n"
                                 "\n"
                                 "example: ferry build shop.yaml\n"
                                 "manual:  man ferry\n";

static const char usage_help[] = "usage: ferry usage [options]\n"
                                 "be misused\n"
                                 "\n"
                                 "  -q, --quiet                  print results and errors only\n"
                                 "  -h, --help                   explain this command\n"
                                 "\n"
                                 "example: ferry usage\n"
                                 "manual:  man ferry\n";

static const char fail_help[] = "usage: ferry fail [options] BUNDLE\n"
                                "go wrong\n"
                                "\n"
                                "  -q, --quiet                  print results and errors only\n"
                                "  -h, --help                   explain this command\n"
                                "\n"
                                "example: ferry fail a.ferry\n"
                                "manual:  man ferry\n";

static const struct help_row {
    const char *name, *words, *results;
} help_rows[] = {
    {"help", "--help", program_help},
    {"help: short", "-h", program_help},
    {"help: as a command", "help", program_help},
    {"help: of a command", "build --help", build_help},
    {"help: of a command, short", "build -h", build_help},
    {"help: among other words", "build a b c d --help", build_help},
    {"help: of a command without options", "usage --help", usage_help},
    {"help: where an argument is missing", "fail -h", fail_help},
};

static void test_help(void **state)
{
    const struct help_row *row = *state;

    check_run(row->words, 0, row->results, "");
}

/* More words than there is room for. */
static void test_too_many(void **state)
{
    CLEANUP(buffer_free) struct buffer words = {0};

    (void)state;
    buffer_add(&words, TEXT("build"));
    for (size_t i = 0; i < ARGUMENTS_MAX; i++)
        buffer_add(&words, TEXT(" a"));
    buffer_add(&words, TEXT("\0"));
    check_run(words.bytes, 2, "", "error: unexpected argument 'a'\n");
    words.size--;
    buffer_add(&words, TEXT(" a\0"));
    check_run(words.bytes, 2, "", "error: more than 64 arguments\n");

    words.size = 0;
    buffer_add(&words, TEXT("build"));
    for (size_t i = 0; i < ARGUMENTS_MAX + 1; i++)
        buffer_add(&words, TEXT(" -ka"));
    buffer_add(&words, TEXT("\0"));
    check_run(words.bytes, 2, "", "error: more than 64 options\n");
}

static int run_without_name(const void *argument)
{
    char *words[] = {NULL};

    (void)argument;
    return cli_run(&program, 0, words);
}

static void test_no_name(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text results, messages;

    (void)state;
    assert_int_equal(support_capture(arena, run_without_name, NULL, &results, &messages), 2);
    assert_string_equal(messages.bytes,
                        "error: no command given\nhint: 'ferry --help' lists the commands.\n");
}

static void run_and_exit(const void *argument)
{
    _exit(run_words(argument));
}

static void test_out_of_memory(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;

    (void)state;
    assert_int_equal(support_fork(arena, run_and_exit, "big", &messages), 5);
    assert_string_equal(messages.bytes, "error: out of memory\n");
}

/* Results that nobody could read are no success. */
static void run_to_full_disk(const void *argument)
{
    if (!freopen("/dev/full", "w", stdout))
        _exit(99);
    run_and_exit(argument);
}

static void test_full_disk(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;

    (void)state;
    assert_int_equal(support_fork(arena, run_to_full_disk, "--version", &messages), 5);
    assert_string_equal(messages.bytes,
                        "error: cannot write the results: No space left on device\n");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, rows, test_run);
    support_add_rows(&tests, help_rows, test_help);
    support_add(&tests, "more words than there is room for", test_too_many);
    support_add(&tests, "not even a name", test_no_name);
    support_add(&tests, "out of memory", test_out_of_memory);
    support_add(&tests, "a full disk", test_full_disk);
    return support_run("cli", &tests);
}

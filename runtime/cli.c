#include "cli.h"
#include "fence.h"
#include "interrupt.h"

#include <signal.h>
#include <string.h>

static const struct option common_options[] = {
    {"quiet", NULL, "print results and errors only", 'q', false},
    {"help", NULL, "explain this command", 'h', false},
    {0},
};

/* NULL ends a list of options that is absent, too. */
static const struct option *find_option(const struct option *options, struct text name,
                                        bool is_long)
{
    for (; options && options->name; options++)
        if (is_long ? text_equal(text_from(options->name), name) : options->letter == name.bytes[0])
            return options;
    return NULL;
}

/* How many edits a word may be away and still be meant: of a short word, fewer. */
static size_t edits_allowed(struct text word)
{
    return word.size < 2 ? 0 : word.size < 5 ? 1 : 2;
}

static struct text nearest_option(const struct option *const lists[static 2], struct text name)
{
    size_t limit = edits_allowed(name), nearest = limit + 1;
    struct text found = {0};

    for (size_t i = 0; i < 2; i++)
        for (const struct option *option = lists[i]; option && option->name; option++) {
            size_t distance = text_distance(text_from(option->name), name, limit);

            if (distance < nearest) {
                nearest = distance;
                found = text_from(option->name);
            }
        }
    return found;
}

static struct error *unknown_option(struct call *call, const struct command *command,
                                    struct text word, struct text name)
{
    struct error *error = cli_usage(call, "unknown option '%.*s'", TEXT_ARGS(word));
    const struct option *const lists[] = {command->options, common_options};
    struct text near = nearest_option(lists, name);

    if (near.size)
        return error_hint(call->arena, error, "Did you mean '--%.*s'?", TEXT_ARGS(near));
    return error_hint(call->arena, error, "'%s --help' lists the options.", command->name);
}

static struct error *read_option(struct call *call, const struct command *command, char **argv,
                                 int *at)
{
    struct text word = text_from(argv[*at]), name = word, value = {0};
    bool is_long = text_starts(word, TEXT("--"));

    name = text_slice(word, is_long ? 2 : 1, word.size);
    if (is_long && text_find_byte(name, '=') < name.size) {
        value = name;
        name = text_cut(&value, '=');
    } else if (!is_long && name.size > 1) { /* -oFILE */
        value = text_slice(name, 1, name.size);
        name.size = 1;
    }

    const struct option *option = find_option(command->options, name, is_long);
    if (!option)
        option = find_option(common_options, name, is_long);
    if (!option)
        return unknown_option(call, command, word, is_long ? name : text_slice(word, 1, word.size));
    if (option->value && !value.bytes) {
        if (!argv[*at + 1])
            return cli_usage(call, "option '--%s' needs a value: %s", option->name, option->value);
        value = text_from(argv[++*at]);
    }
    if (!option->value && value.bytes)
        return cli_usage(call, "option '--%s' takes no value", option->name);
    if (!option->many && cli_has(call, option->name))
        return cli_usage(call, "option '--%s' is given twice", option->name);
    if (call->option_count == ARGUMENTS_MAX)
        return cli_usage(call, "more than %d options", ARGUMENTS_MAX);
    call->options[call->option_count].option = option;
    call->options[call->option_count++].value = value;
    return NULL;
}

static struct error *read_arguments(struct call *call, const struct command *command, char **argv)
{
    bool options_end = false;

    for (int i = 0; argv[i]; i++) {
        struct text word = text_from(argv[i]);

        if (!options_end && text_equal(word, TEXT("--"))) {
            options_end = true;
        } else if (!options_end && word.size > 1 && word.bytes[0] == '-') {
            struct error *error = read_option(call, command, argv, &i);
            if (error)
                return error;
        } else {
            if (call->argument_count == ARGUMENTS_MAX)
                return cli_usage(call, "more than %d arguments", ARGUMENTS_MAX);
            call->arguments[call->argument_count++] = word;
        }
    }
    if (cli_has(call, "help"))
        return NULL;
    if (call->argument_count > command->most)
        return cli_usage(call, "unexpected argument '%.*s'",
                         TEXT_ARGS(call->arguments[command->most]));
    if (call->argument_count < command->least)
        return error_hint(call->arena,
                          cli_usage(call, "'%s' needs %s", command->name, command->arguments),
                          "For one: %s", command->example);
    return NULL;
}

static void print_options(struct report *report, const struct option *options)
{
    for (; options && options->name; options++) {
        struct text left =
            arena_format(report->arena, "%s--%s%s%s", options->letter ? "    " : "", options->name,
                         options->value ? " " : "", options->value ? options->value : "");
        if (options->letter)
            left = arena_format(report->arena, "-%c, %.*s", options->letter,
                                TEXT_ARGS(text_slice(left, 4, left.size)));
        else
            left = arena_format(report->arena, "    %.*s", TEXT_ARGS(left));
        report_line(report, "  %-28.*s %s", TEXT_ARGS(left), options->help);
    }
}

static void print_command_help(struct report *report, const struct program *program,
                               const struct command *command)
{
    report_line(report, "usage: %s %s [options]%s%s", program->name, command->name,
                *command->arguments ? " " : "", command->arguments);
    report_line(report, "%s", command->summary);
    report_line(report, "%s", "");
    print_options(report, command->options);
    print_options(report, common_options);
    report_line(report, "%s", "");
    if (program->add_help)
        program->add_help(report, command);
    report_line(report, "example: %s", command->example);
    report_line(report, "manual:  man %s", program->name);
}

static void print_program_help(struct report *report, const struct program *program)
{
    report_line(report, "usage: %s COMMAND [options] [arguments]", program->name);
    report_line(report, "%s", program->summary);
    report_line(report, "%s", "");
    for (const struct command *command = program->commands; command->name; command++)
        report_line(report, "  %-10s %s", command->name, command->summary);
    report_line(report, "%s", "");
    report_line(report, "'%s COMMAND --help' explains one; 'man %s' explains all.", program->name,
                program->name);
}

static struct error *unknown_command(struct call *call, const struct program *program,
                                     struct text name)
{
    struct error *error = cli_usage(call, "unknown command '%.*s'", TEXT_ARGS(name));
    size_t limit = edits_allowed(name), nearest = limit + 1;
    const char *found = NULL;

    for (const struct command *command = program->commands; command->name; command++) {
        size_t distance = text_distance(text_from(command->name), name, limit);

        if (distance < nearest) {
            nearest = distance;
            found = command->name;
        }
    }
    if (found)
        return error_hint(call->arena, error, "Did you mean '%s'?", found);
    return error_hint(call->arena, error, "'%s --help' lists the commands.", program->name);
}

static struct error *run(const struct program *program, struct call *call, int argc, char **argv)
{
    if (argc < 2) {
        return error_hint(call->arena, cli_usage(call, "no command given"),
                          "'%s --help' lists the commands.", program->name);
    }

    struct text name = text_from(argv[1]);
    if (text_equal(name, TEXT("--help")) || text_equal(name, TEXT("-h")) ||
        text_equal(name, TEXT("help"))) {
        print_program_help(call->report, program);
        return NULL;
    }
    if (text_equal(name, TEXT("--version"))) {
        report_line(call->report, "%s %s", program->name, program->version);
        return NULL;
    }
    for (const struct command *command = program->commands; command->name; command++) {
        if (!text_equal(text_from(command->name), name))
            continue;
        struct error *error = read_arguments(call, command, argv + 2);
        if (error)
            return error;
        if (cli_has(call, "help")) {
            print_command_help(call->report, program, command);
            return NULL;
        }
        call->report->quiet = cli_has(call, "quiet");
        return command->run(call);
    }
    return unknown_command(call, program, name);
}

int cli_run(const struct program *program, int argc, char **argv)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(program->memory);
    struct report report = report_new(arena, stdout, stderr);
    struct call call = {.arena = arena, .report = &report};

    fence_start();
    /* A reader that goes away is an error of writing, not a silent death in mid-work. */
    signal(SIGPIPE, SIG_IGN);
    struct error *error = run(program, &call, argc, argv);
    struct error *unwritten = report_finish(&report);
    if (!error)
        error = unwritten;
    report_error(&report, error);
    /* What a person must look at is told by the status, in any case. */
    if (error && error->code != ERROR_UNKNOWN)
        interrupt_end();
    return error_status(error);
}

bool cli_has(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->option_count; i++)
        if (strcmp(call->options[i].option->name, name) == 0)
            return true;
    return false;
}

struct text cli_value(const struct call *call, const char *name)
{
    struct text value = {0};

    for (size_t i = 0; i < call->option_count; i++)
        if (strcmp(call->options[i].option->name, name) == 0)
            value = call->options[i].value;
    return value;
}

struct error *cli_number(const struct call *call, const char *name, uint64_t maximum,
                         uint64_t *number)
{
    struct text value = cli_value(call, name);

    if (!value.bytes || text_number(value, maximum, number))
        return NULL;
    return cli_usage(call, "'--%s' takes a number up to %llu, not '%.*s'", name,
                     (unsigned long long)maximum, TEXT_ARGS(value));
}

struct error *cli_usage(const struct call *call, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(call->arena, format, values);
    va_end(values);
    return error_plain(call->arena, ERROR_USAGE, "%.*s", TEXT_ARGS(message));
}

/* cli.h - runs one command of a table: options, help, exit status. Floor 0. */
#pragma once

#include "report.h"

struct option {
    const char *name;  /* without the dashes */
    const char *value; /* what --help calls its value; NULL for a flag */
    const char *help;
    char letter; /* a second spelling, -o; 0 for none */
    bool many;   /* may be given more than once */
};

enum { ARGUMENTS_MAX = 64 };

/* What one command was called with. Everything in it lives as long as the command. */
struct call {
    struct arena *arena;
    struct report *report;
    struct text arguments[ARGUMENTS_MAX]; /* the words that are not options */
    size_t argument_count;
    struct {
        const struct option *option;
        struct text value;
    } options[ARGUMENTS_MAX];
    size_t option_count;
};

struct command {
    const char *name;
    const char *arguments; /* for the usage line: "BUNDLE" */
    const char *summary;   /* one line */
    const char *example;
    const struct option *options; /* ended by one without a name */
    size_t least, most;           /* how many arguments it takes */
    struct error *(*run)(struct call *call)CHECKED;
};

struct program {
    const char *name, *version, *summary;
    const struct command *commands; /* ended by one without a name */
    size_t memory;                  /* the ceiling of a command's arena, in bytes */
    void (*add_help)(struct report *report, const struct command *command); /* or NULL */
};

/* Runs the command that the arguments name and returns the exit status. */
int cli_run(const struct program *program, int argc, char **argv);

bool cli_has(const struct call *call, const char *name);

/* The value of an option, the last one where it was given several times; absent if not given. */
struct text cli_value(const struct call *call, const char *name);

/* The number of an option; absence leaves it alone. ERROR_USAGE for anything but a number. */
struct error *cli_number(const struct call *call, const char *name, uint64_t maximum,
                         uint64_t *number) CHECKED;

/* The error of a command line that cannot be meant. */
struct error *cli_usage(const struct call *call, const char *format, ...) FORMAT(2, 3);

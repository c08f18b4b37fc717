/* process.h - a child with three pipes and no shell: start, talk, reap. Floor 1. */
#pragma once

#include "buffer.h"
#include "error.h"

/* Starts as PROCESS_NONE. */
struct process {
    int pid;
    int input, output, errors; /* our ends of its descriptors 0, 1 and 2, not blocking */
};

#define PROCESS_NONE ((struct process){.pid = -1, .input = -1, .output = -1, .errors = -1})

struct process_options {
    const char *path;               /* absolute */
    const char *const *arguments;   /* with the name first, ended by NULL */
    const char *const *environment; /* all of it, ended by NULL */
    int inherited[2];               /* descriptors that stay open in the child; -1 for none */
    const char *folder;             /* that it works in; NULL for ours */
};

/*
 * Starts a child in a process group of its own, so that the terminal's Ctrl-C stays ours; with
 * default signals, and a SIGINT when we die, which makes psql cancel what the server is doing.
 */
struct error *process_start(struct arena *arena, const struct process_options *options,
                            struct process *process) CHECKED;

/* Where an exchange ends. */
enum process_outcome {
    PROCESS_ANSWERED, /* both streams ended with the fence */
    PROCESS_ENDED,    /* the child closed a stream, and the other one soon after or not at all */
    PROCESS_SILENT,   /* the time is up */
};

/*
 * Writes a text to the child while reading both of its streams, until each ends with the fence.
 * Never waits for one stream while another is full.
 *
 * fence       the last line expected on both, with its LF
 * timeout_ms  -1 for none
 * output      what it said before the fence; likewise errors. Appended to.
 */
enum process_outcome process_exchange(struct process *process, struct text input, struct text fence,
                                      int timeout_ms, struct buffer *output,
                                      struct buffer *errors) CHECKED;

/* Closes the pipes, waits a moment, then kills; always reaps. returns the status of waitpid(2). */
int process_close(struct process *process);
void process_cleanup(struct process *process); /* for CLEANUP */

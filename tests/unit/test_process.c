#include "runtime/clock.h"
#include "runtime/interrupt.h"
#include "runtime/process.h"
#include "support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const struct text fence = {"fence\n", 6};

static void start_shell(struct arena *arena, const char *script, struct process *process)
{
    const char *arguments[] = {"sh", "-c", script, NULL}, *environment[] = {"ONLY=this", NULL};
    struct process_options options = {.path = "/bin/sh",
                                      .arguments = arguments,
                                      .environment = environment,
                                      .inherited = {-1, -1}};

    *process = PROCESS_NONE;
    assert_null(process_start(arena, &options, process));
}

static enum process_outcome talk(struct process *process, struct text input, int timeout_ms,
                                 struct buffer *output, struct buffer *errors)
{
    return process_exchange(process, input, fence, timeout_ms, output, errors);
}

static void test_lock_step(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(process_cleanup) struct process process = PROCESS_NONE;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};

    (void)state;
    start_shell(arena,
                "while read -r word; do echo \"got $word\"; echo \"said $word\" >&2;"
                " echo fence; echo fence >&2; done",
                &process);
    for (int i = 0; i < 3; i++) {
        output.size = errors.size = 0;
        assert_int_equal(talk(&process, TEXT("hello\n"), -1, &output, &errors), PROCESS_ANSWERED);
        assert_true(text_equal(buffer_text(&output), TEXT("got hello\n")));
        assert_true(text_equal(buffer_text(&errors), TEXT("said hello\n")));
    }
    buffer_free(&output);
    buffer_free(&errors);
}

/* More than any pipe holds, on all three at once: neither side may wait for the other. */
static void test_full_pipes(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(process_cleanup) struct process process = PROCESS_NONE;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0}, input = {0};

    (void)state;
    for (int i = 0; i < 200000; i++)
        buffer_add(&input, TEXT("0123456789abcde\n"));
    buffer_add(&input, TEXT("end\n"));
    start_shell(arena,
                "head -c 1000000 /dev/zero >&2; while read -r line; do echo \"$line\";"
                " [ \"$line\" = end ] && { echo fence; echo fence >&2; }; done",
                &process);
    assert_int_equal(talk(&process, buffer_text(&input), -1, &output, &errors), PROCESS_ANSWERED);
    assert_int_equal(output.size, input.size);
    assert_int_equal(errors.size, 1000000);
}

/* A child works where it is told; where that is no folder, it does not run at all. */
static void test_folder(void **state)
{
    const char *arguments[] = {"sh", "-c", "pwd", NULL}, *environment[] = {NULL};
    struct process_options options = {.path = "/bin/sh",
                                      .arguments = arguments,
                                      .environment = environment,
                                      .inherited = {-1, -1}};
    static const struct {
        const char *folder, *output;
        int status;
    } rows[] = {{"/", "/\n", 0}, {"/usr", "/usr\n", 0}, {"/nowhere", "", 126}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};
        struct process process = PROCESS_NONE;

        options.folder = rows[i].folder;
        assert_null(process_start(arena, &options, &process));
        assert_int_equal(talk(&process, TEXT(""), -1, &output, &errors), PROCESS_ENDED);
        int status = process_close(&process);
        assert_int_equal(WEXITSTATUS(status), rows[i].status);
        assert_true(text_equal(buffer_text(&output), text_from(rows[i].output)));
    }
}

static void test_end(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct process process;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};

    (void)state;
    start_shell(arena, "echo last words >&2; exit 3", &process);
    assert_int_equal(talk(&process, TEXT("hello\n"), -1, &output, &errors), PROCESS_ENDED);
    assert_true(text_equal(buffer_text(&errors), TEXT("last words\n")));
    int status = process_close(&process);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    assert_int_equal(process.pid, -1);
}

/* One stream ends and the other one stays open: no answer will come. */
static void test_half_end(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(process_cleanup) struct process process = PROCESS_NONE;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};

    (void)state;
    start_shell(arena, "exec >&-; read -r x; read -r x", &process);
    assert_int_equal(talk(&process, TEXT("hello\n"), -1, &output, &errors), PROCESS_ENDED);
}

static void test_silence(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct process process;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};

    (void)state;
    start_shell(arena, "exec sleep 600", &process);
    assert_int_equal(talk(&process, TEXT(""), 50, &output, &errors), PROCESS_SILENT);
    kill(process.pid, SIGINT);
    int status = process_close(&process);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
}

/* One that ignores everything is killed, and reaped. */
static void test_stubborn(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct process process;

    (void)state;
    start_shell(arena, "trap '' INT TERM HUP; while :; do sleep 1; done", &process);
    int status = process_close(&process);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_environment(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(process_cleanup) struct process process = PROCESS_NONE;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};

    (void)state;
    setenv("SQLLAND_SECRET", "must not arrive", 1);
    start_shell(arena, "echo \"$ONLY$SQLLAND_SECRET\"; echo fence; echo fence >&2; read -r x",
                &process);
    assert_int_equal(talk(&process, TEXT(""), -1, &output, &errors), PROCESS_ANSWERED);
    assert_true(text_equal(buffer_text(&output), TEXT("this\n")));
}

static void test_missing_program(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    const char *none[] = {"nothing", NULL};
    struct process_options options = {
        .path = "/nonexistent", .arguments = none, .environment = none, .inherited = {-1, -1}};
    struct process process = PROCESS_NONE;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};

    (void)state;
    assert_null(process_start(arena, &options, &process));
    assert_int_equal(talk(&process, TEXT(""), -1, &output, &errors), PROCESS_ENDED);
    int status = process_close(&process);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

/* Only the descriptor that is handed over arrives, under its own number. */
static void test_inherited(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(process_cleanup) struct process process = PROCESS_NONE;
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};
    int handed = open("/dev/null", O_RDONLY | O_CLOEXEC), kept = open("/dev/null", O_CLOEXEC);
    const char *script =
        arena_format(arena,
                     "[ -e /proc/self/fd/%d ] && echo handed; [ -e /proc/self/fd/%d ] && echo kept;"
                     " echo fence; echo fence >&2; read -r x",
                     handed, kept)
            .bytes;
    const char *arguments[] = {"sh", "-c", script, NULL}, *environment[] = {NULL};
    struct process_options options = {.path = "/bin/sh",
                                      .arguments = arguments,
                                      .environment = environment,
                                      .inherited = {-1, handed}};

    (void)state;
    assert_null(process_start(arena, &options, &process));
    assert_int_equal(talk(&process, TEXT(""), -1, &output, &errors), PROCESS_ANSWERED);
    assert_true(text_equal(buffer_text(&output), TEXT("handed\n")));
    close(handed);
    close(kept);
}

/* When the parent dies, the child gets SIGINT: a psql then cancels what its server is doing. */
static void test_parent_death(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct arena *arena = arena_new(1 << 20);
        const char *script = arena_format(arena,
                                          "trap 'echo interrupted >&%d; exit' INT; echo ready >&%d;"
                                          " while :; do sleep 0.05; done",
                                          ends[1], ends[1])
                                 .bytes;
        const char *arguments[] = {"sh", "-c", script, NULL}, *environment[] = {NULL};
        struct process_options options = {.path = "/bin/sh",
                                          .arguments = arguments,
                                          .environment = environment,
                                          .inherited = {ends[1], -1}};
        struct process process;

        if (process_start(arena, &options, &process))
            _exit(1);
        pause();
    }
    close(ends[1]);
    char said[64];
    assert_int_equal(read(ends[0], said, 6), 6); /* ready */
    kill(parent, SIGKILL);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(read(ends[0], said, 12), 12);
    assert_memory_equal(said, "interrupted\n", 12);
    close(ends[0]);
}

/* Signals, in a process of their own: what came stays. */

static void send_later(int number, int times)
{
    pid_t parent = getpid();

    if (fork() == 0) {
        for (int i = 0; i < times; i++) {
            usleep(200000);
            kill(parent, number);
        }
        _exit(0);
    }
}

/* Says what it was sent, as often as it was. */
static const char counts[] = "n=0; trap 'n=$((n+1)); echo got $n' INT; trap 'echo term' TERM;"
                             " trap 'echo hup' HUP; i=0; while [ $i -lt 20 ]; do i=$((i+1));"
                             " sleep 0.05; done; echo end; echo fence; echo fence >&2; read -r x";

enum { SIGNAL_BEFORE = 1, SIGNAL_ASKED = 2 }; /* and asked for before the exchange */

static const struct signal_row {
    const char *name;
    int number, before, times;
    const char *script;
    enum process_outcome outcome;
    const char *output;
    int least_ms, most_ms;
} signal_rows[] = {
    {"signal: none", 0, 0, 0, counts, PROCESS_ANSWERED, "end\n", 900, 5000},
    {"signal: SIGINT", SIGINT, 0, 1, counts, PROCESS_ANSWERED, "got 1\nend\n", 900, 5000},
    {"signal: SIGTERM is passed as SIGINT", SIGTERM, 0, 1, counts, PROCESS_ANSWERED, "got 1\nend\n",
     900, 5000},
    {"signal: SIGHUP is passed as SIGINT", SIGHUP, 0, 1, counts, PROCESS_ANSWERED, "got 1\nend\n",
     900, 5000},
    {"signal: three are passed once", SIGINT, 0, 3, counts, PROCESS_ANSWERED, "got 1\nend\n", 900,
     5000},
    {"signal: before the exchange", SIGINT, SIGNAL_BEFORE, 0, "exec sleep 600", PROCESS_ENDED, "",
     0, 1500},
    {"signal: before the exchange, and asked for", SIGINT, SIGNAL_ASKED, 0, counts,
     PROCESS_ANSWERED, "end\n", 900, 5000},
    {"signal: before the exchange, and again", SIGINT, SIGNAL_ASKED, 2, counts, PROCESS_ANSWERED,
     "end\n", 900, 5000},
    {"signal: the child ends by it", SIGINT, 0, 1, "exec sleep 600", PROCESS_ENDED, "", 100, 1500},
    {"signal: the child ends in its own way", SIGINT, 0, 1,
     "trap 'echo bye; exit 3' INT; while :; do sleep 0.05; done", PROCESS_ENDED, "bye\n", 100,
     1500},
    {"signal: the child does not care", SIGINT, 0, 1,
     "trap '' INT; echo here; while :; do sleep 0.1; done", PROCESS_ENDED, "here\n", 1900, 5000},
};

static void exchange_signals(const void *argument)
{
    const struct signal_row *row = argument;
    struct arena *arena = arena_new(1 << 20);
    struct process process;
    struct buffer output = {0}, errors = {0};

    alarm(20);
    interrupt_catch();
    start_shell(arena, row->script, &process);
    if (row->before)
        raise(row->number);
    if (row->before == SIGNAL_ASKED)
        interrupt_came();
    send_later(row->number, row->times);
    int64_t start = clock_ms();
    enum process_outcome outcome = talk(&process, TEXT(""), -1, &output, &errors);
    int64_t took = clock_ms() - start;
    struct text said = arena_copy(arena, buffer_text(&output));
    if (outcome != row->outcome || strcmp(said.bytes, row->output) != 0 || took < row->least_ms ||
        took > row->most_ms || interrupt_came() != (row->number != 0)) {
        fprintf(stderr, "outcome %d, output '%s', %d ms", outcome, said.bytes, (int)took);
        _exit(1);
    }
    process_close(&process);
    buffer_free(&output);
    buffer_free(&errors);
    arena_free(&arena);
}

static void test_signal(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;
    int status = support_fork(arena, exchange_signals, *state, &messages);

    assert_string_equal(messages.bytes, "");
    assert_int_equal(status, 0);
}

/* No signal is blocked or ignored in a child, whatever we do with ours. */
static void start_with_signals(const void *argument)
{
    struct arena *arena = arena_new(1 << 20);
    struct process process;
    struct buffer output = {0}, errors = {0};

    (void)argument;
    signal(SIGHUP, SIG_IGN);
    interrupt_catch();
    start_shell(
        arena,
        "sed -n 's/^Sig\\(Blk\\|Ign\\):.*\\(.......\\)$/\\1 \\2/p' /proc/self/status; echo fence;"
        " echo fence >&2; read -r x",
        &process);
    if (talk(&process, TEXT(""), 5000, &output, &errors) != PROCESS_ANSWERED ||
        !text_equal(buffer_text(&output), TEXT("Blk 0000000\nIgn 0000000\n")))
        fprintf(stderr, "%s", arena_copy(arena, buffer_text(&output)).bytes);
    process_close(&process);
    buffer_free(&output);
    buffer_free(&errors);
    arena_free(&arena);
}

static void test_signal_mask(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;

    (void)state;
    assert_int_equal(support_fork(arena, start_with_signals, NULL, &messages), 0);
    assert_string_equal(messages.bytes, "");
}

int main(void)
{
    struct support_tests tests = {0};

    signal(SIGPIPE, SIG_IGN);
    support_add(&tests, "lock-step", test_lock_step);
    support_add(&tests, "full pipes", test_full_pipes);
    support_add(&tests, "the child works in a folder", test_folder);
    support_add(&tests, "the child ends", test_end);
    support_add(&tests, "the child is silent", test_silence);
    support_add(&tests, "one stream ends", test_half_end);
    support_add(&tests, "a stubborn child", test_stubborn);
    support_add(&tests, "the environment", test_environment);
    support_add(&tests, "a program that is missing", test_missing_program);
    support_add(&tests, "inherited descriptors", test_inherited);
    support_add(&tests, "the death of the parent", test_parent_death);
    support_add_rows(&tests, signal_rows, test_signal);
    support_add(&tests, "the signals of a child", test_signal_mask);
    return support_run("process", &tests);
}

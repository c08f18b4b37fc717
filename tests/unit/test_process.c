#include "runtime/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_step),   cmocka_unit_test(test_full_pipes),
        cmocka_unit_test(test_end),         cmocka_unit_test(test_silence),
        cmocka_unit_test(test_half_end),    cmocka_unit_test(test_stubborn),
        cmocka_unit_test(test_environment), cmocka_unit_test(test_missing_program),
        cmocka_unit_test(test_inherited),   cmocka_unit_test(test_parent_death),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}

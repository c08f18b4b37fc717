/* Signals, each in a process of its own: which are noted, when, and by which one it ends. */
#include "runtime/clock.h"
#include "runtime/interrupt.h"
#include "support.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 20000, SOON_MS = 2000 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s", __LINE__, #condition);                                  \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static bool is_readable(int timeout_ms)
{
    struct pollfd fd = {.fd = interrupt_descriptor(), .events = POLLIN};

    return poll(&fd, 1, timeout_ms) == 1;
}

/* Another process sends the signal in a while. */
static void send_later(int number)
{
    pid_t parent = getpid();

    if (fork() == 0) {
        usleep(100000);
        kill(parent, number);
        _exit(0);
    }
}

static void nothing_comes(int number)
{
    (void)number;
    interrupt_catch();
    CHECK(interrupt_descriptor() >= 0);
    CHECK(!is_readable(0));
    CHECK(!interrupt_came());
    CHECK(interrupt_sleep(1));
    interrupt_end();
}

static void nobody_catches(int number)
{
    (void)number;
    CHECK(!interrupt_came());
    CHECK(interrupt_descriptor() == -1);
    CHECK(interrupt_sleep(1));
    interrupt_end();
}

static void one_comes(int number)
{
    interrupt_catch();
    raise(number);
    CHECK(is_readable(0));
    CHECK(interrupt_came());
    CHECK(interrupt_descriptor() == -1);
    CHECK(interrupt_came());
}

static void sleep_after(int number)
{
    int64_t start = clock_ms();

    interrupt_catch();
    raise(number);
    CHECK(!interrupt_sleep(LONG_MS)); /* it has come, and nobody has asked */
    CHECK(clock_ms() - start < SOON_MS);
    start = clock_ms();
    CHECK(!interrupt_sleep(100)); /* and now somebody has: it sleeps, and says so */
    CHECK(clock_ms() - start >= 90);
}

static void sleep_during(int number)
{
    int64_t start = clock_ms();

    interrupt_catch();
    send_later(number);
    CHECK(!interrupt_sleep(LONG_MS));
    CHECK(clock_ms() - start < SOON_MS);
    CHECK(interrupt_came());
}

static void between_sleep_and_poll(int number)
{
    interrupt_catch();
    CHECK(interrupt_sleep(1));
    raise(number);
    CHECK(is_readable(LONG_MS));
    CHECK(interrupt_came());
}

static void during_poll(int number)
{
    interrupt_catch();
    send_later(number);
    CHECK(is_readable(LONG_MS));
    CHECK(interrupt_came());
}

static void another_one_comes(int number)
{
    interrupt_catch();
    raise(number);
    CHECK(interrupt_came());
    for (int i = 0; i < 3; i++) {
        raise(SIGTERM);
        raise(SIGINT);
        raise(SIGHUP);
    }
    CHECK(interrupt_came());
    CHECK(interrupt_descriptor() == -1);
}

static void two_come_at_once(int number)
{
    interrupt_catch();
    raise(number);
    raise(number == SIGTERM ? SIGINT : SIGTERM);
    CHECK(interrupt_came());
}

static void catch_twice(int number)
{
    interrupt_catch();
    int descriptor = interrupt_descriptor();
    interrupt_catch();
    CHECK(interrupt_descriptor() == descriptor);
    raise(number);
    interrupt_catch();
    CHECK(interrupt_came());
}

static void ignored(int number)
{
    struct sigaction action;

    signal(number, SIG_IGN);
    interrupt_catch();
    raise(number);
    kill(getpid(), number);
    CHECK(!is_readable(0));
    CHECK(!interrupt_came());
    CHECK(sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
    for (int other = 1; other <= SIGTERM; other++)
        if (other != number && (other == SIGINT || other == SIGTERM || other == SIGHUP))
            raise(other);
    CHECK(interrupt_came());
}

static void all_ignored(int number)
{
    (void)number;
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    interrupt_catch();
    raise(SIGINT);
    raise(SIGTERM);
    raise(SIGHUP);
    CHECK(!interrupt_came());
    CHECK(interrupt_sleep(1));
    interrupt_end();
}

static const struct signal_row {
    const char *name;
    void (*function)(int number);
    int number;
} signal_rows[] = {
    {"signals: none", nothing_comes, 0},
    {"signals: nobody catches", nobody_catches, 0},
    {"signals: SIGINT", one_comes, SIGINT},
    {"signals: SIGTERM", one_comes, SIGTERM},
    {"signals: SIGHUP", one_comes, SIGHUP},
    {"signals: before a sleep", sleep_after, SIGINT},
    {"signals: during a sleep", sleep_during, SIGTERM},
    {"signals: between a sleep and a poll", between_sleep_and_poll, SIGHUP},
    {"signals: during a poll", during_poll, SIGINT},
    {"signals: another one", another_one_comes, SIGINT},
    {"signals: two at once", two_come_at_once, SIGHUP},
    {"signals: caught twice", catch_twice, SIGTERM},
    {"signals: SIGHUP is ignored", ignored, SIGHUP},
    {"signals: SIGINT is ignored", ignored, SIGINT},
    {"signals: SIGTERM is ignored", ignored, SIGTERM},
    {"signals: all are ignored", all_ignored, 0},
};

static void call_row(const void *argument)
{
    const struct signal_row *row = argument;

    alarm(10);
    row->function(row->number);
}

static void test_signals(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;
    int status = support_fork(arena, call_row, *state, &messages);

    assert_string_equal(messages.bytes, "");
    assert_int_equal(status, 0);
}

/* The end: by the signal that came first, whatever came later. */

static const struct end_row {
    const char *name;
    int first, second; /* 0 for none */
    bool asks;         /* in between */
} end_rows[] = {
    {"end: no signal", 0, 0, true},
    {"end: SIGINT", SIGINT, 0, true},
    {"end: SIGTERM", SIGTERM, 0, true},
    {"end: SIGHUP", SIGHUP, 0, true},
    {"end: SIGTERM, then SIGINT", SIGTERM, SIGINT, true},
    {"end: SIGINT, then SIGTERM", SIGINT, SIGTERM, true},
    {"end: SIGINT, and again", SIGINT, SIGINT, true},
    {"end: SIGINT that nobody has asked for", SIGINT, 0, false},
};

static void test_end(void **state)
{
    const struct end_row *row = *state;
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        alarm(10);
        interrupt_catch();
        if (row->first)
            raise(row->first);
        if (row->asks)
            interrupt_came();
        if (row->second) {
            raise(row->second);
            interrupt_came();
        }
        interrupt_end();
        _exit(9);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (row->first && row->asks) {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), row->first);
    } else { /* what nobody heeded has changed nothing */
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 9);
    }
}

static void test_error(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    (void)state;
    support_check(interrupt_error(arena), "4 interrupted");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, signal_rows, test_signals);
    support_add_rows(&tests, end_rows, test_end);
    support_add(&tests, "the error", test_error);
    return support_run("interrupt", &tests);
}

/*
 * Drives the two built programs as a user does: every tests/end/NAME.sh is one test, and so are the
 * check of every damaged manifest, whose whole output is compared, and every case of a lint rule.
 *
 * A script runs as `sh -eu` in an empty folder of its own, with the programs of this build first in
 * PATH and the repository in ROOT. Named on the command line, only the tests that match run:
 *
 *     build/gcc/tests/end/test_end '*kill*'
 *
 * With TORTURE=1 in the environment (`make torture`) a script may take hours, and what it printed
 * is shown where it passed, too.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { TIMEOUT_S = 600, TORTURE_S = 6 * 3600, GRACE_S = 10, POLL_MS = 5 };
enum { OPEN_AT_ONCE = 16, TESTS_MAX = 400 };

/* Scripts wait more than they work, so a few run at a time; their results come in order. */
enum { SCRIPTS_AT_ONCE = 4 };

/* NULL stands for the found file itself; what is found is the script's argument, too. */
static const struct {
    const char *pattern, *script;
} kinds[] = {
    {"manifests/damaged/*.yaml", "tests/end/damaged"},
    {"tests/lint/*.sql", "tests/end/lint"},
    {"tests/end/*.sh", NULL},
};

struct test {
    const char *script, *argument;
    pid_t child; /* 0 before it is started */
    int output;
    bool ended, overran;
    int status;     /* as waitpid(2) gives it */
    time_t ends_at; /* when it is asked to end, by a monotonic clock */
    char folder[sizeof("/tmp/sqlferry-end-XXXXXX")];
};

/* What scripts and programs may see of the environment that the tests were started in. */
static const char *const inherited[] = {
    "ASAN_OPTIONS", "UBSAN_OPTIONS", /* the sanitizers */
    "CI",                            /* nothing is left out for want of rights */
    "GOLDEN",                        /* expected outputs are written, not compared */
    "KILLS",        "ROUNDS",        /* how often a script that repeats itself does */
    "FAULT",                         /* the only one that the scripts of faults inject */
    "TORTURE",
};

static char *root, *path; /* of the repository; the programs first */
static bool torture;
static struct test tests_found[TESTS_MAX];
static size_t test_count, started_count;

static char *format(const char *pattern, ...)
{
    char *text = NULL;
    va_list values;

    va_start(values, pattern);
    assert_true(vasprintf(&text, pattern, values) >= 0);
    va_end(values);
    return text;
}

/* The test is build/VARIANT/tests/end/test_end, the programs are in build/VARIANT. */
static char *find_programs(void)
{
    char *self = realpath("/proc/self/exe", NULL);

    assert_non_null(self);
    for (int i = 0; i < 3; i++)
        *strrchr(self, '/') = '\0';
    return self;
}

/* In the child: never returns. */
static void run_script(const struct test *test, const char *folder, int output)
{
    const char *kept[sizeof(inherited) / sizeof(*inherited)];
    size_t count = sizeof(inherited) / sizeof(*inherited);
    char *script = format("%s/%s", root, test->script);
    int nothing = open("/dev/null", O_RDONLY);

    for (size_t i = 0; i < count; i++)
        kept[i] = getenv(inherited[i]);
    clearenv();
    for (size_t i = 0; i < count; i++)
        if (kept[i])
            setenv(inherited[i], kept[i], 1);
    setenv("PATH", path, 1);
    setenv("ROOT", root, 1);
    setenv("HOME", folder, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("NO_COLOR", "1", 1);
    umask(022);
    setpgid(0, 0);
    if (nothing >= 0 && dup2(nothing, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
        chdir(folder) == 0)
        execlp("sh", "sh", "-eu", script, test->argument, (char *)NULL);
    dprintf(output, "cannot start '%s': %s\n", script, strerror(errno));
    _exit(127);
}

/* Interrupted, the tests do not leave scripts behind. A script may stop its server first. */
static void end_scripts(int number)
{
    for (size_t i = 0; i < started_count; i++)
        if (!tests_found[i].ended)
            kill(-tests_found[i].child, SIGTERM);
    signal(number, SIG_DFL);
    raise(number);
}

static int remove_one(const char *name, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(name);
}

static void print_output(int output)
{
    char bytes[4096];
    ssize_t size;

    lseek(output, 0, SEEK_SET);
    while ((size = read(output, bytes, sizeof(bytes))) > 0)
        fwrite(bytes, 1, (size_t)size, stderr);
}

static time_t now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void start(struct test *test)
{
    char log[] = "/tmp/sqlferry-log-XXXXXX";

    test->output = mkostemp(log, O_CLOEXEC);
    assert_true(test->output >= 0);
    unlink(log);
    strcpy(test->folder, "/tmp/sqlferry-end-XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    chmod(test->folder, 0755); /* servers and tests of permissions run as other users */
    test->ends_at = now_s() + (torture ? TORTURE_S : TIMEOUT_S);
    test->child = fork();
    assert_true(test->child >= 0);
    if (test->child == 0)
        run_script(test, test->folder, test->output);
    setpgid(test->child, test->child);
}

/* Asked to end, then made to. */
static void check_time(struct test *test)
{
    if (now_s() < test->ends_at)
        return;
    kill(-test->child, test->overran ? SIGKILL : SIGTERM);
    test->overran = true;
    test->ends_at = now_s() + GRACE_S;
}

/* Starts what may run, and notes what has ended. */
static void advance(void)
{
    size_t running = 0;

    for (size_t i = 0; i < started_count; i++) {
        struct test *test = &tests_found[i];

        if (!test->ended && waitpid(test->child, &test->status, WNOHANG) == test->child) {
            test->ended = true;
            kill(-test->child, SIGKILL); /* what it left running */
        }
        if (!test->ended)
            check_time(test);
        running += !test->ended;
    }
    for (; running < SCRIPTS_AT_ONCE && started_count < test_count; running++)
        start(&tests_found[started_count++]);
}

static void test_script(void **state)
{
    struct test *test = *state;

    for (advance(); !test->ended; advance())
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    nftw(test->folder, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
    if (test->status != 0 || torture)
        print_output(test->output);
    close(test->output);
    if (test->overran)
        fail_msg("%s took more than %d seconds", test->script, torture ? TORTURE_S : TIMEOUT_S);
    if (WIFSIGNALED(test->status))
        fail_msg("%s was ended by signal %d", test->script, WTERMSIG(test->status));
    if (test->status != 0)
        fail_msg("%s failed with status %d", test->script, WEXITSTATUS(test->status));
}

int main(int argc, char **argv)
{
    enum { KINDS = sizeof(kinds) / sizeof(*kinds) };
    static glob_t found[KINDS];
    static struct CMUnitTest tests[TESTS_MAX];
    char *programs = find_programs();

    root = getcwd(NULL, 0);
    torture = getenv("TORTURE") || getenv("FAULT");
    path = format("%s:%s", programs, getenv("PATH"));
    free(programs);
    for (size_t i = 0; i < KINDS; i++) {
        if (glob(kinds[i].pattern, 0, NULL, &found[i]) != 0) {
            fprintf(stderr, "there is no %s: run this in the repository\n", kinds[i].pattern);
            return 1;
        }
        for (size_t j = 0; j < found[i].gl_pathc; j++) {
            const char *file = found[i].gl_pathv[j];

            if (argc > 1 && fnmatch(argv[1], file, 0) != 0)
                continue;
            assert(test_count < TESTS_MAX);
            struct test *test = &tests_found[test_count];
            *test =
                (struct test){.script = kinds[i].script ? kinds[i].script : file, .argument = file};
            tests[test_count++] = (struct CMUnitTest){file, test_script, NULL, NULL, test};
        }
    }
    signal(SIGINT, end_scripts);
    signal(SIGTERM, end_scripts);
    if (test_count == 0) {
        fprintf(stderr, "there is no test '%s'\n", argv[1]);
        return 1;
    }
    return _cmocka_run_group_tests("end", tests, test_count, NULL, NULL);
}

/*
 * Drives the two built programs as a user does: every tests/end/NAME.sh is one test, and so is the
 * check of every damaged manifest, whose whole output is compared.
 *
 * A script runs as `sh -eu` in an empty folder of its own, with the programs of this build first in
 * PATH and the repository in ROOT. Named on the command line, only the tests that match run:
 *
 *     build/gcc/tests/end/test_end '*kill*'
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
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

enum { TIMEOUT_S = 300, GRACE_S = 10, POLL_MS = 5, OPEN_AT_ONCE = 16, TESTS_MAX = 200 };

/* NULL stands for the found file itself; what is found is the script's argument, too. */
static const struct {
    const char *pattern, *script;
} kinds[] = {
    {"manifests/damaged/*.yaml", "tests/end/damaged"},
    {"tests/end/*.sh", NULL},
};

struct test {
    const char *script, *argument;
};

/* What scripts and programs may see of the environment that the tests were started in. */
static const char *const inherited[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "GOLDEN"};

static char *root, *path; /* of the repository; the programs first */
static volatile pid_t running;

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

/* Whether it has ended within the time, and how. */
static bool has_ended(pid_t child, int timeout_s, int *status)
{
    for (int left = timeout_s * 1000; left > 0; left -= POLL_MS) {
        if (waitpid(child, status, WNOHANG) == child)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return false;
}

/* Its wait status; -1 where it took too long and was ended. A script may stop its server first. */
static int wait_for(pid_t child)
{
    int status;

    if (has_ended(child, TIMEOUT_S, &status))
        return status;
    kill(-child, SIGTERM);
    if (!has_ended(child, GRACE_S, &status)) {
        kill(-child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    return -1;
}

/* Interrupted, the tests do not leave a script behind. */
static void end_script(int number)
{
    if (running > 0)
        kill(-running, SIGTERM);
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

static void test_script(void **state)
{
    const struct test *test = *state;
    char folder[] = "/tmp/sqlferry-end-XXXXXX", log[] = "/tmp/sqlferry-log-XXXXXX";
    int output = mkstemp(log);

    assert_true(output >= 0);
    unlink(log);
    assert_non_null(mkdtemp(folder));
    chmod(folder, 0755); /* servers and tests of permissions run as other users */
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_script(test, folder, output);
    setpgid(child, child);
    running = child;
    int status = wait_for(child);
    running = 0;
    kill(-child, SIGKILL); /* what it left running */
    nftw(folder, remove_one, OPEN_AT_ONCE, FTW_DEPTH | FTW_PHYS);
    if (status != 0)
        print_output(output);
    close(output);
    if (status < 0)
        fail_msg("%s took more than %d seconds", test->script, TIMEOUT_S);
    if (WIFSIGNALED(status))
        fail_msg("%s was ended by signal %d", test->script, WTERMSIG(status));
    if (status != 0)
        fail_msg("%s failed with status %d", test->script, WEXITSTATUS(status));
}

int main(int argc, char **argv)
{
    enum { KINDS = sizeof(kinds) / sizeof(*kinds) };
    static glob_t found[KINDS];
    static struct test rows[TESTS_MAX];
    static struct CMUnitTest tests[TESTS_MAX];
    char *programs = find_programs();
    size_t count = 0;

    root = getcwd(NULL, 0);
    path = format("%s:%s", programs, getenv("PATH"));
    free(programs);
    for (size_t i = 0; i < KINDS; i++) {
        if (glob(kinds[i].pattern, 0, NULL, &found[i]) != 0) {
            fprintf(stderr, "there is no %s: run this in the repository\n", kinds[i].pattern);
            return 1;
        }
        for (size_t j = 0; j < found[i].gl_pathc; j++) {
            const char *file = found[i].gl_pathv[j];

            assert(count < TESTS_MAX);
            rows[count] = (struct test){kinds[i].script ? kinds[i].script : file, file};
            tests[count] = (struct CMUnitTest){file, test_script, NULL, NULL, &rows[count]};
            count++;
        }
    }
    signal(SIGINT, end_script);
    signal(SIGTERM, end_script);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("end", tests, count, NULL, NULL);
}

/*
 * Runs tests that were linked with mutated sources, once for each mutant that they reach:
 *
 *     run LIST EQUIVALENT JOBS TEST...
 *
 * First without any, to see them pass, how long they take and which mutants they reach. Then a
 * mutant is caught by the first test, the fastest first, that fails, crashes or takes far longer
 * than it did. One that no test catches must be in EQUIVALENT:
 *
 *     index.c index_piece: if `script->cut_count == 0` never
 *         The reason why nothing can tell it from the original, indented.
 *
 * Such an entry that names no mutant, or one that is caught after all, is an error, too.
 */
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_SIZE = 256 << 20, LIST_SIZE_MAX = 16 << 20, JOBS_MAX = 64, TESTS_MAX = 64 };
/* What a test may take: so often what it took, and some seconds more. */
enum { CPU_TIMES = 3, CPU_MORE_S = 2, WALL_TIMES = 10, WALL_MORE_S = 60 };

enum fate { OPEN, CAUGHT, OVERRAN, SURVIVED };

struct mutant {
    unsigned number;
    struct text line, name; /* name begins with its file */
    enum fate fate;
    bool equivalent; /* says the list of these */
    size_t next;     /* number of the test that it meets next */
};

struct test {
    const char *path;
    double cpu_s, wall_s;
    const unsigned char *reached; /* by number of the mutant */
};

struct job {
    pid_t child; /* 0 where it is free */
    int output;
    struct mutant *mutant; /* NULL for a run without any */
    struct test *test;
    double started, deadline;
};

static struct arena *arena;
static struct mutant *mutants;
static size_t mutant_count;
static struct test tests[TESTS_MAX];
static size_t test_count;
static const char *folder; /* of the list */
static size_t wrong;       /* mutants and entries that are not as they should be */

static void NORETURN end(const char *what, const char *name)
{
    fprintf(stderr, "mutants: %s '%s'\n", what, name);
    exit(1);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct text file_of(const struct mutant *mutant)
{
    struct text name = mutant->name;

    return text_cut(&name, ' ');
}

/* Where a test says what it reached. */
static const char *map_of(const struct test *test)
{
    return arena_format(arena, "%s/map-%zu", folder, (size_t)(test - tests)).bytes;
}

static struct text read_all(const char *path)
{
    struct text text;

    if (file_read(arena, AT_FDCWD, path, LIST_SIZE_MAX, &text))
        end("cannot read", path);
    return text;
}

static void read_list(const char *path)
{
    struct text rest = read_all(path);

    mutants = arena_array(arena, struct mutant, rest.size);
    while (rest.size) {
        struct text line = text_cut(&rest, '\n');
        struct mutant *mutant = &mutants[mutant_count++];

        mutant->number = (unsigned)mutant_count; /* as mutate counts: from 1 */
        text_cut(&line, '\t');
        mutant->line = text_cut(&line, '\t');
        mutant->name = line;
    }
}

static void complain(const char *what, struct text entry)
{
    printf("%s: %.*s\n", what, TEXT_ARGS(entry));
    wrong++;
}

/* Whether this run has the mutants of the file that the entry is about. */
static bool is_of_this_run(struct text entry)
{
    struct text file = text_cut(&entry, ' ');

    for (size_t i = 0; i < mutant_count; i++)
        if (text_equal(file_of(&mutants[i]), file))
            return true;
    return access(arena_format(arena, "runtime/%.*s", TEXT_ARGS(file)).bytes, F_OK) < 0;
}

static void read_equivalent(const char *path)
{
    struct text rest = read_all(path);

    while (rest.size) {
        struct text line = text_cut(&rest, '\n');
        bool found = false;

        if (line.size == 0 || line.bytes[0] == '#' || line.bytes[0] == ' ')
            continue;
        for (size_t i = 0; i < mutant_count && !found; i++) {
            found = text_equal(mutants[i].name, line);
            mutants[i].equivalent |= found;
        }
        if (!found && is_of_this_run(line))
            complain("listed as equivalent, but no mutant", line);
        if (!text_starts(rest, TEXT("    ")))
            complain("listed as equivalent without a reason", line);
    }
}

/* In the child: never returns. */
static void start_test(const struct job *job, int output)
{
    int nothing = open("/dev/null", O_RDWR);
    rlim_t seconds = (rlim_t)(job->test->cpu_s * CPU_TIMES) + CPU_MORE_S;

    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (job->mutant) {
        setenv("MUTANT", arena_format(arena, "%u", job->mutant->number).bytes, 1);
        setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
    } else {
        setenv("MUTANT_MAP", map_of(job->test), 1);
    }
    setenv("TMPDIR", arena_format(arena, "%s/tmp", folder).bytes, 1);
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(output, 2) < 0)
        _exit(126);
    execl(job->test->path, job->test->path, (char *)NULL);
    _exit(127);
}

static void start(struct job *job, struct mutant *mutant, struct test *test)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        end("no pipe for", test->path);
    *job = (struct job){.output = ends[0], .mutant = mutant, .test = test, .started = now()};
    job->deadline = job->started + (mutant ? test->wall_s * WALL_TIMES : 0) + WALL_MORE_S;
    job->child = fork();
    if (job->child == 0)
        start_test(job, ends[1]);
    if (job->child < 0)
        end("cannot start", test->path);
    close(ends[1]);
}

enum heard { NOTHING_YET, A_FAILURE, THE_END };

static enum heard listen_to(const struct job *job)
{
    char bytes[4096];
    ssize_t size = read(job->output, bytes, sizeof(bytes));

    if (size <= 0)
        return size < 0 && errno == EINTR ? NOTHING_YET : THE_END;
    struct text said = {bytes, (size_t)size};
    return text_find(said, TEXT("[  FAILED")) < said.size ||
                   text_find(said, TEXT("[  ERROR")) < said.size
               ? A_FAILURE
               : NOTHING_YET;
}

/* returns  how it ended, as waitpid(2) */
static int reap(struct job *job, struct rusage *usage)
{
    pid_t child = job->child;
    int status;

    while (wait4(child, &status, 0, usage) < 0)
        if (errno != EINTR)
            end("lost", job->test->path);
    kill(-child, SIGKILL); /* children of its own that it left behind */
    close(job->output);
    job->child = 0;
    return status;
}

static bool is_signal_of_limit(int status)
{
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGXCPU);
}

/* Runs the test without a mutant. */
static void measure(struct test *test)
{
    size_t size = mutant_count + 1;
    struct job job;
    struct rusage usage;
    int fd = open(map_of(test), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        end("cannot write", map_of(test));
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
        end("cannot map", map_of(test));
    close(fd);
    test->reached = map;
    start(&job, NULL, test);
    while (listen_to(&job) != THE_END)
        continue;
    if (reap(&job, &usage) != 0)
        end("without any mutant this fails:", test->path);
    test->wall_s = now() - job.started;
    test->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                  (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int compare_tests(const void *a, const void *b)
{
    const struct test *left = a, *right = b;

    return (left->cpu_s > right->cpu_s) - (left->cpu_s < right->cpu_s);
}

/* Of the tests that reach it, the next; NULL behind the last. */
static struct test *next_test(struct mutant *mutant)
{
    while (mutant->next < test_count) {
        struct test *test = &tests[mutant->next++];

        if (test->reached[mutant->number])
            return test;
    }
    return NULL;
}

/* Says so where it should have had another fate. */
static void decide(struct mutant *mutant, enum fate fate)
{
    mutant->fate = fate;
    if ((fate == SURVIVED) == mutant->equivalent)
        return;
    printf("%s: runtime/%.*s:%.*s: %.*s\n",
           fate == SURVIVED ? "survives" : "listed as equivalent, but caught",
           TEXT_ARGS(file_of(mutant)), TEXT_ARGS(mutant->line), TEXT_ARGS(mutant->name));
    fflush(stdout);
    wrong++;
}

/* What is to run next. returns  false where all mutants have their fate */
static bool start_next(struct job *job)
{
    static size_t at;

    for (; at < mutant_count; at++) {
        struct test *test = next_test(&mutants[at]);

        if (test) {
            start(job, &mutants[at++], test);
            return true;
        }
        decide(&mutants[at], SURVIVED);
    }
    return false;
}

/* One run is over: the mutant is caught, or it meets the next test. */
static void settle(struct job *job, bool failed, bool overran)
{
    struct mutant *mutant = job->mutant;
    struct rusage usage;
    int status = reap(job, &usage);

    if (overran || (!failed && is_signal_of_limit(status)))
        decide(mutant, OVERRAN);
    else if (failed || status != 0)
        decide(mutant, CAUGHT);
    else if ((job->test = next_test(mutant)))
        start(job, mutant, job->test);
    else
        decide(mutant, SURVIVED);
}

static void attend(struct job *job, bool readable)
{
    enum heard heard = readable ? listen_to(job) : NOTHING_YET;
    bool overran = now() > job->deadline;

    if (heard == NOTHING_YET && !overran)
        return;
    if (heard != THE_END)
        kill(-job->child, SIGKILL);
    settle(job, heard == A_FAILURE, overran);
}

static void run_all(size_t count)
{
    struct job jobs[JOBS_MAX] = {0};
    struct pollfd polls[JOBS_MAX];

    for (bool busy = true; busy;) {
        busy = false;
        for (size_t i = 0; i < count; i++) {
            busy |= jobs[i].child || start_next(&jobs[i]);
            polls[i] = (struct pollfd){jobs[i].child ? jobs[i].output : -1, POLLIN, 0};
        }
        if (poll(polls, count, 1000) < 0 && errno != EINTR)
            end("cannot wait for", "tests");
        for (size_t i = 0; i < count; i++)
            if (jobs[i].child)
                attend(&jobs[i], polls[i].revents != 0);
    }
}

/* Each file in a line. */
static void report(void)
{
    for (size_t i = 0, first = 0; i < mutant_count; i++) {
        static size_t fates[SURVIVED + 1], equivalent;
        struct text file = file_of(&mutants[i]);

        fates[mutants[i].fate]++;
        equivalent += mutants[i].fate == SURVIVED && mutants[i].equivalent;
        if (i + 1 < mutant_count && text_equal(file_of(&mutants[i + 1]), file))
            continue;
        printf("%.*s: %zu mutants, %zu caught (%zu of them by time), %zu equivalent, %zu survive\n",
               TEXT_ARGS(file), i + 1 - first, fates[CAUGHT] + fates[OVERRAN], fates[OVERRAN],
               equivalent, fates[SURVIVED] - equivalent);
        memset(fates, 0, sizeof(fates));
        equivalent = 0;
        first = i + 1;
    }
}

int main(int argc, char **argv)
{
    size_t jobs = argc > 4 ? strtoul(argv[3], NULL, 10) : 0;

    if (jobs < 1 || jobs > JOBS_MAX || argc - 4 > TESTS_MAX) {
        fputs("usage: run LIST EQUIVALENT JOBS TEST...\n", stderr);
        return 2;
    }
    arena = arena_new(ARENA_SIZE);
    folder = file_folder(arena, text_from(realpath(argv[1], NULL))).bytes;
    read_list(argv[1]);
    read_equivalent(argv[2]);
    for (int i = 4; i < argc; i++) {
        tests[test_count].path = argv[i];
        measure(&tests[test_count++]);
    }
    qsort(tests, test_count, sizeof(tests[0]), compare_tests);
    run_all(jobs);
    report();
    return wrong != 0;
}

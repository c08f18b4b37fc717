/*
 * measure ROUNDS NAME COMMAND [NAME COMMAND ...] - runs the shell commands in turn, ROUNDS times,
 * and prints for each the median wall time, its ratio to the first, and the peak memory. Only
 * ratios of one run mean anything: machines are shared and noisy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MAX = 99, COMMANDS_MAX = 16 };

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double run(const char *command, long *peak_kib)
{
    double start = seconds();
    struct rusage usage;
    int status;
    pid_t child = fork();

    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    if (wait4(child, &status, 0, &usage) < 0 || status != 0) {
        fprintf(stderr, "measure: failed with status %d: %s\n", status, command);
        exit(1);
    }
    if (usage.ru_maxrss > *peak_kib)
        *peak_kib = usage.ru_maxrss;
    return seconds() - start;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
    static double times[COMMANDS_MAX][ROUNDS_MAX];
    long peaks[COMMANDS_MAX] = {0};
    int rounds = argc > 1 ? atoi(argv[1]) : 0, count = (argc - 2) / 2;

    if (rounds < 1 || rounds > ROUNDS_MAX || count < 1 || count > COMMANDS_MAX || argc % 2)
        return 2;
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            times[i][round] = run(argv[3 + 2 * i], &peaks[i]);
    for (int i = 0; i < count; i++)
        qsort(times[i], (size_t)rounds, sizeof(double), ascending);
    for (int i = 0; i < count; i++)
        printf("  %-44s %9.3f s  x%-7.2f %6.1f MiB\n", argv[2 + 2 * i], times[i][rounds / 2],
               times[i][rounds / 2] / times[0][rounds / 2], (double)peaks[i] / 1024);
    return 0;
}

/*
 * scan_memory PROCESS SECRET... - looks for the bytes of each file SECRET in all the memory of a
 * process, and prints a line for each place:
 *
 *     SECRET guarded|open ADDRESS MAPPING
 *
 * Guarded is memory that goes neither to a core dump nor to the disk, by madvise(2) and mlock(2).
 * Status 1 where it cannot look.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECRETS_MAX = 16, SECRET_SIZE_MAX = 4096, WINDOW = 1 << 20 };

struct mapping {
    unsigned long start, end;
    char name[256];
    bool guarded;
};

static struct {
    const char *name;
    char bytes[SECRET_SIZE_MAX];
    size_t size;
} secrets[SECRETS_MAX];

static int secret_count;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void load(const char *path)
{
    FILE *file = fopen(path, "r");

    if (!file || secret_count == SECRETS_MAX)
        fail(path);
    secrets[secret_count].name = path;
    secrets[secret_count].size = fread(secrets[secret_count].bytes, 1, SECRET_SIZE_MAX, file);
    if (secrets[secret_count++].size < 8) {
        fprintf(stderr, "%s: too short to be told from chance\n", path);
        exit(1);
    }
    fclose(file);
}

/* One window after the other, which overlap by the longest secret. */
static size_t scan(int memory, const struct mapping *mapping)
{
    static char window[WINDOW + SECRET_SIZE_MAX];
    size_t seen = 0;

    for (unsigned long at = mapping->start; at < mapping->end; at += WINDOW) {
        size_t room = mapping->end - at < sizeof(window) ? mapping->end - at : sizeof(window);
        ssize_t got = pread(memory, window, room, (off_t)at);

        if (got <= 0)
            continue; /* nothing is behind this address, or nobody may read it */
        seen += (size_t)got;
        for (int i = 0; i < secret_count; i++) {
            const char *from = window, *found;

            while ((found = memmem(from, (size_t)(window + got - from), secrets[i].bytes,
                                   secrets[i].size))) {
                if (found < window + WINDOW)
                    printf("%s %s %lx %s\n", secrets[i].name, mapping->guarded ? "guarded" : "open",
                           at + (unsigned long)(found - window), mapping->name);
                from = found + 1;
            }
        }
    }
    return seen;
}

static bool is_guarded(const char *flags)
{
    return strstr(flags, " dd") && strstr(flags, " lo");
}

int main(int argc, char **argv)
{
    struct mapping mapping = {0};
    char path[64], line[1024];
    size_t seen = 0;

    if (argc < 3)
        return 1;
    for (int i = 2; i < argc; i++)
        load(argv[i]);
    snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
    int memory = open(path, O_RDONLY);
    if (memory < 0)
        fail(path);
    snprintf(path, sizeof(path), "/proc/%s/smaps", argv[1]);
    FILE *maps = fopen(path, "r");
    if (!maps)
        fail(path);
    /* "start-end perms offset device inode  name", then lines about it, of which this is the last
     */
    while (fgets(line, sizeof(line), maps)) {
        unsigned long start, end;
        int name_at = 0;

        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "VmFlags:", 8) == 0) {
            mapping.guarded = is_guarded(line);
            seen += scan(memory, &mapping);
        } else if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %n", &start, &end, &name_at) == 2 &&
                   name_at) {
            mapping.start = start;
            mapping.end = end;
            snprintf(mapping.name, sizeof(mapping.name), "%s", line + name_at);
        }
    }
    fclose(maps);
    close(memory);
    if (seen == 0) {
        fprintf(stderr, "no memory could be read\n");
        return 1;
    }
    return 0;
}

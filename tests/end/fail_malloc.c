/*
 * Lets allocations fail in a program that was built without it: the scripts of tests/end load it in
 * front of the C library (LD_PRELOAD).
 *
 *     FAIL_ALLOCATION=N       the N-th allocation fails, from 1, and so does each one behind it
 *     FAIL_ALLOCATION_ONLY=N  the N-th fails, and no other
 *     COUNT_ALLOCATIONS=PATH  how many there were, written there when the program ends by exit()
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long count, first, last;
static bool searching, spared;

/* What is found again in the C library; while that searches, it does without memory. */
static void *find(const char *name)
{
    searching = true;
    void *found = dlsym(RTLD_NEXT, name);
    searching = false;
    return found;
}

static unsigned long number_of(const char *variable)
{
    const char *value = getenv(variable);

    return value ? strtoul(value, NULL, 10) : 0;
}

static bool fails(void)
{
    if (searching || spared)
        return searching;
    count++;
    if (count < first || count > last)
        return false;
    errno = ENOMEM;
    return true;
}

__attribute__((constructor)) static void start(void)
{
    unsigned long from = number_of("FAIL_ALLOCATION"), only = number_of("FAIL_ALLOCATION_ONLY");

    count = 0; /* what the loader needed does not count */
    first = from ? from : only ? only : (unsigned long)-1;
    last = from ? (unsigned long)-1 : only;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("COUNT_ALLOCATIONS");
    unsigned long counted = count;
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;

    if (fd < 0)
        return;
    dprintf(fd, "%lu\n", counted);
    close(fd);
}

void *malloc(size_t size)
{
    static void *(*real)(size_t);

    if (fails())
        return NULL;
    if (!real)
        *(void **)&real = find("malloc");
    return real(size);
}

void *calloc(size_t items, size_t size)
{
    static void *(*real)(size_t, size_t);

    if (fails())
        return NULL;
    if (!real)
        *(void **)&real = find("calloc");
    return real(items, size);
}

void *realloc(void *bytes, size_t size)
{
    static void *(*real)(void *, size_t);

    if (fails())
        return NULL;
    if (!real)
        *(void **)&real = find("realloc");
    return real(bytes, size);
}

int posix_memalign(void **bytes, size_t alignment, size_t size)
{
    static int (*real)(void **, size_t, size_t);

    if (fails())
        return ENOMEM;
    if (!real)
        *(void **)&real = find("posix_memalign");
    return real(bytes, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    static void *(*real)(size_t, size_t);

    if (fails())
        return NULL;
    if (!real)
        *(void **)&real = find("aligned_alloc");
    return real(alignment, size);
}

/* Without memory the name service of glibc 2.36 crashes (nss_database.c), which is not ours to
 * test. */
struct passwd *getpwuid(uid_t user)
{
    static struct passwd *(*real)(uid_t);

    if (!real)
        *(void **)&real = find("getpwuid");
    spared = true;
    struct passwd *entry = real(user);
    spared = false;
    return entry;
}

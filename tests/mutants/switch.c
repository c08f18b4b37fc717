/* Linked into the tests of mutated sources: reads once which mutant is to be alive. */
#include "mutants.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned alive; /* none, where it is 0 */
static unsigned char *map;
static size_t map_size;

/* Shared, so that what a child of a test has reached is known, too. */
static void __attribute__((constructor)) read_environment(void)
{
    const char *number = getenv("MUTANT"), *path = getenv("MUTANT_MAP");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    struct stat status;

    alive = number ? (unsigned)strtoul(number, NULL, 10) : 0;
    if (fd < 0 || fstat(fd, &status) < 0)
        return;
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes != MAP_FAILED) {
        map = bytes;
        map_size = (size_t)status.st_size;
    }
    close(fd);
}

bool mutant_is(unsigned number)
{
    if (number < map_size)
        map[number] = 1;
    return number == alive;
}

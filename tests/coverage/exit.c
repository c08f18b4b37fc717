/* Linked into tests by `make coverage`: _exit would forget what a child process has covered. */
#include "runtime/base.h"

#include <fcntl.h>
#include <unistd.h>

void __gcov_dump(void);
void __real__exit(int status) NORETURN;
void __wrap__exit(int status) NORETURN;

/* A child that gave up its rights cannot write it down, which is no message of a program. */
void __wrap__exit(int status)
{
    dup2(open("/dev/null", O_RDONLY), STDERR_FILENO);
    __gcov_dump();
    __real__exit(status);
}

/*
 * Somebody inside a program that was built without him: the scripts of tests/end load it in front
 * of libsodium (LD_PRELOAD).
 *
 *     STOP_AT=sign    the program stops (SIGSTOP) as it first signs, and goes on with SIGCONT
 *     STOP_AT=exit    it stops when it has done all it does
 *     SECRET_TO=PATH  the key that it makes or signs with, seed and public half, goes there
 *     ATTACK=1        as it looks at a signature, it tries what an attacker would who had got in by
 *                     the bundle, and says on stderr what came of each
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIR_SIZE = 64 };

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    return found;
}

static void stop_at(const char *place)
{
    static bool stopped;
    const char *wanted = getenv("STOP_AT");

    if (stopped || !wanted || strcmp(wanted, place) != 0)
        return;
    stopped = true;
    raise(SIGSTOP);
}

/* From where it is, without a copy that would be found. */
static void tell(const unsigned char *pair)
{
    const char *path = getenv("SECRET_TO");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;

    if (path && (fd < 0 || write(fd, pair, PAIR_SIZE) != PAIR_SIZE))
        abort();
    if (fd >= 0)
        close(fd);
}

__attribute__((destructor)) static void end(void)
{
    stop_at("exit");
}

int crypto_sign_keypair(unsigned char *public, unsigned char *pair);
int crypto_sign_keypair(unsigned char *public, unsigned char *pair)
{
    int (*real)(unsigned char *, unsigned char *);

    *(void **)&real = next("crypto_sign_keypair");
    int failed = real(public, pair);
    tell(pair);
    return failed;
}

int crypto_sign_detached(unsigned char *signature, unsigned long long *size,
                         const unsigned char *message, unsigned long long message_size,
                         const unsigned char *pair);
int crypto_sign_detached(unsigned char *signature, unsigned long long *size,
                         const unsigned char *message, unsigned long long message_size,
                         const unsigned char *pair)
{
    int (*real)(unsigned char *, unsigned long long *, const unsigned char *, unsigned long long,
                const unsigned char *);

    *(void **)&real = next("crypto_sign_detached");
    tell(pair);
    stop_at("sign");
    return real(signature, size, message, message_size, pair);
}

/* Attacks */

static bool reads_a_file(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool writes_a_file(void)
{
    return open("owned", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool removes_a_file(void)
{
    return unlink("treasure") == 0;
}

static bool connects(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(1)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno);
}

static bool starts_a_program(void)
{
    pid_t child = fork();

    if (child == 0) {
        execl("/bin/sh", "sh", "-c", ": > owned", (char *)NULL);
        _exit(1);
    }
    return child > 0 && waitpid(child, NULL, 0) == child;
}

static bool becomes_a_program(void)
{
    execl("/bin/sh", "sh", "-c", ": > owned", (char *)NULL);
    return false;
}

static bool signals_others(void)
{
    return kill(getppid(), 0) == 0;
}

static bool makes_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0) != MAP_FAILED;
}

static void attack(void)
{
    static const struct {
        const char *name;
        bool (*works)(void);
    } attacks[] = {
        {"reads a file", reads_a_file},
        {"writes a file", writes_a_file},
        {"removes a file", removes_a_file},
        {"connects", connects},
        {"starts a program", starts_a_program},
        {"signals others", signals_others},
        {"makes code", makes_code},
        {"becomes a program", becomes_a_program},
    };

    for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
        dprintf(STDERR_FILENO, "%s: %s\n", attacks[i].name, attacks[i].works() ? "yes" : "no");
}

int crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *message,
                                unsigned long long size, const unsigned char *key);
int crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *message,
                                unsigned long long size, const unsigned char *key)
{
    static int (*real)(const unsigned char *, const unsigned char *, unsigned long long,
                       const unsigned char *);

    if (!real) {
        *(void **)&real = next("crypto_sign_verify_detached");
        if (getenv("ATTACK"))
            attack();
    }
    return real(signature, message, size, key);
}

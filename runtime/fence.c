#include "fence.h"
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A limit of 0 keeps a dump out of the file system, but not from a program that core_pattern names;
 * 1 is too little for a file, and the limit at which Linux starts no such program (core(5), and
 * do_coredump in fs/coredump.c).
 */
static void refuse_cores(void)
{
    struct rlimit little = {1, 1}, none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &little) < 0)
        setrlimit(RLIMIT_CORE, &none);
}

void fence_start(void)
{
    refuse_cores();
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void fence_hide(void)
{
    refuse_cores();
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Landlock */

/* What linux/landlock.h knows depends on its age. */
struct landlock_rules {
    uint64_t files, network, scope;
};

enum {
    READING = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    CHANGING =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
        LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
        LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
        LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    IOCTL_DEV = 1 << 15,
    BIND_TCP = 1 << 0,
    CONNECT_TCP = 1 << 1,
    ABSTRACT_UNIX_SOCKET = 1 << 0,
    SIGNAL = 1 << 1,
};

/* Files as they are named, connections, signals: as much of it as this kernel knows. */
static void close_landlock(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_rules refused = {
        .files = CHANGING | (version >= 2 ? REFER : 0) | (version >= 3 ? TRUNCATE : 0) |
                 (version >= 5 ? IOCTL_DEV : 0),
        .network = version >= 4 ? BIND_TCP | CONNECT_TCP : 0,
        .scope = version >= 6 ? ABSTRACT_UNIX_SOCKET | SIGNAL : 0,
    };

#ifndef SANITIZED
    refused.files |= READING;
#endif
    if (version < 1)
        return;
    long rules = syscall(SYS_landlock_create_ruleset, &refused, sizeof(refused), 0);
    if (rules < 0)
        return;
    syscall(SYS_landlock_restrict_self, (int)rules, 0);
    close((int)rules);
}

/* seccomp */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE
/* The lower half of an argument; both architectures have it in front. */
#define ARGUMENT(number) (offsetof(struct seccomp_data, args) + 8 * (number))

#define LOAD(offset)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define REFUSED       (SECCOMP_RET_ERRNO | ENOSYS)

/* A call that is allowed. */
#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), RETURN(SECCOMP_RET_ALLOW)

/* One whose argument must have this value, or none of these bits. */
#define ALLOW_VALUE(call, argument, value)                                                         \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD(ARGUMENT(argument)),               \
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(SECCOMP_RET_ALLOW),             \
        RETURN(REFUSED)
#define ALLOW_WITHOUT(call, argument, bits)                                                        \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 4), LOAD(ARGUMENT(argument)),               \
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 1, 0), RETURN(SECCOMP_RET_ALLOW),             \
        RETURN(REFUSED)

static void close_seccomp(void)
{
    struct sock_filter filter[] = {
        /* A process of another architecture has no business here, nor have x86-64's 32-bit calls,
         * which have this bit set. */
        LOAD(offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),

        /* What is open. */
        ALLOW(read),
        ALLOW(readv),
        ALLOW(pread64),
        ALLOW(write),
        ALLOW(writev),
        ALLOW(lseek),
        ALLOW(close),
        ALLOW(fstat),
        ALLOW(newfstatat),
        ALLOW_VALUE(ioctl, 1, TCGETS), /* isatty(3) */

        /* Memory, of which none can be run. */
        ALLOW(brk),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(madvise),
        ALLOW_WITHOUT(mmap, 2, PROT_EXEC),
        ALLOW_WITHOUT(mprotect, 2, PROT_EXEC),

        /* Time, chance, signals to itself, the end. */
        ALLOW(clock_gettime),
        ALLOW(gettimeofday),
        ALLOW(getrandom),
        ALLOW(futex),
        ALLOW(getpid),
        ALLOW(gettid),
        ALLOW(rt_sigaction),
        ALLOW(rt_sigprocmask),
        ALLOW(rt_sigreturn),
        ALLOW(sigaltstack),
        ALLOW(restart_syscall),
        ALLOW_VALUE(tgkill, 0, (unsigned)getpid()), /* abort(3) */
        ALLOW(exit),
        ALLOW(exit_group),
#ifdef SANITIZED
        /* The search for leaks: a thread that stops the others and reads what they have. */
        ALLOW_WITHOUT(openat, 2, O_ACCMODE | O_CREAT | O_TRUNC),
        ALLOW(clone),
        ALLOW(getdents64),
        ALLOW(getppid),
        ALLOW(kill),
        ALLOW(prctl),
        ALLOW(prlimit64),
        ALLOW(ptrace),
        ALLOW(readlinkat),
        ALLOW(sched_yield),
        ALLOW(wait4),
#ifdef __x86_64__
        ALLOW_WITHOUT(open, 1, O_ACCMODE | O_CREAT | O_TRUNC),
        ALLOW(getdents),
        ALLOW(readlink),
        ALLOW(stat),
#endif
#endif
        RETURN(REFUSED),
    };
    struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
#else
static void close_seccomp(void)
{
}
#endif

void fence_close(void)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* without which neither can be had */
    close_landlock();
    close_seccomp();
}

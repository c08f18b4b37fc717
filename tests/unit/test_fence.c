/*
 * The fence, tried in child processes: what each row does works without it and not behind it, by
 * either of its two halves where a row says so; and what a program needs to go on still works.
 */
#include "runtime/fence.h"
#include "runtime/text.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { BIG = 64 << 20 };

/* What is open before the fence closes. */
static struct {
    int file, folder, pipe[2], stream, listener;
    FILE *output;               /* into the pipe */
    struct sockaddr_in address; /* of the listener */
    struct sockaddr_in any;
} open_before;

/* Made anew for each child, in the temporary folder. */
static void prepare(void)
{
    socklen_t size = sizeof(open_before.address);
    const struct sockaddr *any = (const struct sockaddr *)&open_before.any;

    assert_int_equal(system("rm -rf file folder new"), 0);
    support_write("file", TEXT("what stands in it"));
    assert_int_equal(mkdir("folder", 0700), 0);
    open_before.file = open("file", O_RDWR | O_CLOEXEC);
    open_before.folder = open("folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    open_before.stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    open_before.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    open_before.any.sin_family = AF_INET;
    open_before.any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(pipe2(open_before.pipe, O_CLOEXEC), 0);
    open_before.output = fdopen(open_before.pipe[1], "w");
    assert_int_equal(bind(open_before.listener, any, sizeof(open_before.any)), 0);
    assert_int_equal(listen(open_before.listener, 1), 0);
    assert_int_equal(
        getsockname(open_before.listener, (struct sockaddr *)&open_before.address, &size), 0);
}

static void put_away(void)
{
    close(open_before.file);
    close(open_before.folder);
    close(open_before.stream);
    close(open_before.listener);
    close(open_before.pipe[0]);
    fclose(open_before.output);
}

/* Ways out, true where they lead somewhere. */

static bool open_to_write(void)
{
    return open("file", O_WRONLY) >= 0;
}

static bool create_file(void)
{
    return open("new", O_WRONLY | O_CREAT | O_EXCL, 0600) >= 0;
}

static bool truncate_file(void)
{
    return truncate("file", 0) == 0;
}

static bool truncate_open_file(void)
{
    return ftruncate(open_before.file, 0) == 0;
}

static bool remove_file(void)
{
    return unlink("file") == 0;
}

static bool rename_file(void)
{
    return rename("file", "new") == 0;
}

static bool link_file(void)
{
    return link("file", "new") == 0;
}

static bool link_symbolically(void)
{
    return symlink("file", "new") == 0;
}

static bool make_folder(void)
{
    return mkdir("new", 0700) == 0;
}

static bool remove_folder(void)
{
    return rmdir("folder") == 0;
}

static bool make_fifo(void)
{
    return mkfifo("new", 0600) == 0;
}

static bool change_mode(void)
{
    return chmod("file", 0666) == 0;
}

static bool change_times(void)
{
    return utimensat(AT_FDCWD, "file", NULL, 0) == 0;
}

static bool change_folder(void)
{
    return chdir("/") == 0;
}

static bool make_memory_file(void)
{
    return memfd_create("new", 0) >= 0;
}

static bool open_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool open_socket_pair(void)
{
    int pair[2];

    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
}

static bool connect_open_socket(void)
{
    return connect(open_before.stream, (const struct sockaddr *)&open_before.address,
                   sizeof(open_before.address)) == 0;
}

static bool bind_open_socket(void)
{
    return bind(open_before.stream, (const struct sockaddr *)&open_before.any,
                sizeof(open_before.any)) == 0;
}

/* Does not return where it works: the status of the program is the same. */
static bool run_program(void)
{
    char *arguments[] = {(char *)"true", NULL}, *nothing[] = {NULL};

    execve("/bin/true", arguments, nothing);
    return false;
}

static bool run_open_program(void)
{
    char *arguments[] = {(char *)"true", NULL}, *nothing[] = {NULL};

    syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, nothing, 0);
    return false;
}

static bool signal_other_thread(void)
{
    return syscall(SYS_tgkill, getppid(), getppid(), 0) == 0;
}

static bool map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
           MAP_FAILED;
}

static bool make_code(void)
{
    void *bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return bytes != MAP_FAILED && mprotect(bytes, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool read_memory_of_process(void)
{
    char from = 'x', to = 'y';
    struct iovec local = {&to, 1}, remote = {&from, 1};

    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1;
}

static bool command_device(void)
{
    int count;

    return ioctl(open_before.pipe[0], FIONREAD, &count) == 0;
}

static bool change_user(void)
{
    return setuid(getuid()) == 0;
}

static bool undo_fence(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = 1, .filter = &allow};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/* What the search for leaks does at the end of a program, too. */
#ifndef SANITIZED
static bool open_to_read(void)
{
    return open("file", O_RDONLY) >= 0;
}

static bool open_through_folder(void)
{
    return openat(open_before.folder, "../file", O_RDONLY) >= 0;
}

static bool list_folder(void)
{
    return open("folder", O_RDONLY | O_DIRECTORY) >= 0;
}

static bool signal_other(void)
{
    return kill(getppid(), 0) == 0;
}

static bool start_process(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return child > 0;
}

static bool be_traced(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool lift_limit(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && setrlimit(RLIMIT_NOFILE, &limit) == 0;
}
#endif

static const struct way_row {
    const char *name;
    bool (*works)(void);
    long landlock; /* the version from which that refuses it, too; 0 for never */
} way_rows[] = {
    {"open a file to write", open_to_write, 1},
    {"create a file", create_file, 1},
    {"truncate a file", truncate_file, 3},
    {"truncate a file that is open", truncate_open_file, 0},
    {"remove a file", remove_file, 1},
    {"rename a file", rename_file, 1},
    {"link a file", link_file, 1},
    {"make a symbolic link", link_symbolically, 1},
    {"make a folder", make_folder, 1},
    {"remove a folder", remove_folder, 1},
    {"make a FIFO", make_fifo, 1},
    {"change a mode", change_mode, 0},
    {"change times", change_times, 0},
    {"change the folder", change_folder, 0},
    {"make a file in memory", make_memory_file, 0},
    {"open a socket", open_socket, 0},
    {"open a pair of sockets", open_socket_pair, 0},
    {"connect a socket that is open", connect_open_socket, 4},
    {"bind a socket that is open", bind_open_socket, 4},
    {"run a program", run_program, 1},
    {"run a program by execveat", run_open_program, 1},
    {"signal another thread", signal_other_thread, 6},
    {"map code", map_code, 0},
    {"make memory code", make_code, 0},
    {"read the memory of a process", read_memory_of_process, 0},
    {"command a device", command_device, 0},
    {"change the user", change_user, 0},
    {"put another fence over it", undo_fence, 0},
#ifndef SANITIZED
    {"open a file to read", open_to_read, 1},
    {"open a file by a folder that is open", open_through_folder, 1},
    {"list a folder", list_folder, 1},
    {"signal another process", signal_other, 6},
    {"start a process", start_process, 0},
    {"be traced", be_traced, 0},
    {"lift a limit", lift_limit, 0},
#endif
};

/* What still works. */

static bool read_open_file(void)
{
    char bytes[4];

    return pread(open_before.file, bytes, 4, 0) == 4 && read(open_before.file, bytes, 4) == 4 &&
           lseek(open_before.file, 0, SEEK_SET) == 0;
}

static bool write_open_file(void)
{
    return write(open_before.file, "x", 1) == 1;
}

static bool print(void)
{
    return fprintf(open_before.output, "%d", 1) == 1 && fflush(open_before.output) == 0;
}

static bool use_memory(void)
{
    char *small = malloc(10), *big = malloc(BIG);

    if (!small || !big)
        return false;
    memset(big, 1, BIG);
    big = realloc(big, 2 * BIG);
    free(small);
    free(big);
    return big != NULL;
}

static bool tell_time(void)
{
    time_t now = time(NULL);
    struct timespec exact;
    struct tm parts;

    return now > 0 && gmtime_r(&now, &parts) && clock_gettime(CLOCK_MONOTONIC, &exact) == 0 &&
           syscall(SYS_clock_gettime, CLOCK_REALTIME, &exact) == 0;
}

static bool draw_lots(void)
{
    char bytes[8];

    return syscall(SYS_getrandom, bytes, sizeof(bytes), 0) == sizeof(bytes);
}

static bool ask_for_terminal(void)
{
    return !isatty(open_before.pipe[0]) && errno == ENOTTY;
}

static volatile sig_atomic_t came;

static void note(int number)
{
    came = number;
}

static bool signal_itself(void)
{
    signal(SIGUSR1, note);
    return raise(SIGUSR1) == 0 && came == SIGUSR1;
}

static const struct way_row still_rows[] = {
    {"still: read an open file", read_open_file, 0},
    {"still: write an open file", write_open_file, 0},
    {"still: print", print, 0},
    {"still: memory", use_memory, 0},
    {"still: time", tell_time, 0},
    {"still: random bytes", draw_lots, 0},
    {"still: is it a terminal", ask_for_terminal, 0},
    {"still: signal itself", signal_itself, 0},
};

/* Kernels without one half of the fence, or both: their calls fail as they would there. */
enum lacking { LACKS_NOTHING, LACKS_LANDLOCK, LACKS_SECCOMP, LACKS_BOTH };

static void lack(enum lacking lacking)
{
    bool no_landlock = lacking == LACKS_LANDLOCK || lacking == LACKS_BOTH;
    bool no_seccomp = lacking == LACKS_SECCOMP || lacking == LACKS_BOTH;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, no_landlock ? SYS_landlock_create_ruleset : 0xffffffff,
                 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, no_seccomp ? SYS_prctl : 0xffffffff, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

    if (lacking == LACKS_NOTHING)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
        _exit(100);
}

/* Whether it works in a process of its own, without the fence or behind what is there of it. */
static bool works(bool (*function)(void), bool closed, enum lacking lacking)
{
    int status;

    prepare();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        lack(lacking);
        if (closed)
            fence_close();
        _exit(function() ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    put_away();
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    return WEXITSTATUS(status) == 0;
}

static void test_way(void **state)
{
    const struct way_row *row = *state;
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    bool by_landlock = row->landlock && version >= row->landlock;

    assert_true(works(row->works, false, LACKS_NOTHING));
    assert_false(works(row->works, true, LACKS_NOTHING));
    assert_false(works(row->works, true, LACKS_LANDLOCK));
    assert_int_equal(works(row->works, true, LACKS_SECCOMP), !by_landlock);
    assert_true(works(row->works, true, LACKS_BOTH));
}

static void test_still(void **state)
{
    const struct way_row *row = *state;

    for (enum lacking lacking = LACKS_NOTHING; lacking <= LACKS_BOTH; lacking++)
        assert_true(works(row->works, true, lacking));
}

static void test_abort(void **state)
{
    struct rlimit none = {0, 0};
    int status;

    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &none);
        fence_close();
        abort();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* What the first two do. */

static bool starts(void)
{
    struct rlimit limit;

    fence_start();
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 1 && limit.rlim_max == 1 &&
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
}

/* A limit of 0 that cannot be raised stays. */
static bool starts_under_limit(void)
{
    struct rlimit limit = {0, 0};

    if (setrlimit(RLIMIT_CORE, &limit) < 0 || (getuid() == 0 && setuid(65534) < 0))
        return false;
    fence_start();
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0;
}

static bool hides(void)
{
    struct rlimit limit;

    fence_hide();
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 1 &&
           prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static const struct way_row start_rows[] = {
    {"start", starts, 0},
    {"start where there are no cores", starts_under_limit, 0},
    {"hide", hides, 0},
};

static void test_start(void **state)
{
    const struct way_row *row = *state;

    assert_true(works(row->works, false, LACKS_NOTHING));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, way_rows, test_way);
    support_add_rows(&tests, still_rows, test_still);
    support_add_rows(&tests, start_rows, test_start);
    support_add(&tests, "abort", test_abort);
    return support_run("fence", &tests);
}

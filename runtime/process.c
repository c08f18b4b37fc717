#include "process.h"
#include "clock.h"
#include "file.h"
#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10, GRACE_MS = 2000, GRACE_STEP_MS = 5 };

/* Descriptors 0 to 2 must be taken, or a pipe of ours could become the child's socket. */
static bool fill_standard(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static void become_child(const struct process_options *options, const int ends[static 3],
                         pid_t parent)
{
    sigset_t none;

    for (int i = 0; i < 3; i++)
        if (dup2(ends[i], i) < 0)
            _exit(126);
    for (size_t i = 0; i < COUNT(options->inherited); i++)
        if (options->inherited[i] >= 0 && fcntl(options->inherited[i], F_SETFD, 0) < 0)
            _exit(126);
    if (options->folder && chdir(options->folder) < 0)
        _exit(126);
    setpgid(0, 0);
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        signal(signal_number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() != parent)
        _exit(126); /* it died before we asked to be told */
    execve(options->path, (char *const *)options->arguments, (char *const *)options->environment);
    _exit(127);
}

struct error *process_start(struct arena *arena, const struct process_options *options,
                            struct process *process)
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    struct error *error = NULL;
    pid_t parent = getpid(), child = -1;

    if (!fill_standard())
        return error_system(arena, "cannot open /dev/null");
    for (int i = 0; !error && i < 3; i++)
        if (pipe2(pipes[i], O_CLOEXEC) < 0)
            error = error_system(arena, "cannot make a pipe");
    if (!error) {
        child = fork();
        if (child < 0)
            error = error_system(arena, "cannot start '%s'", options->path);
    }
    if (child == 0) {
        const int ends[] = {pipes[0][0], pipes[1][1], pipes[2][1]};

        become_child(options, ends, parent);
    }
    file_close(&pipes[0][0]);
    file_close(&pipes[1][1]);
    file_close(&pipes[2][1]);
    if (error) {
        file_close(&pipes[0][1]);
        file_close(&pipes[1][0]);
        file_close(&pipes[2][0]);
        return error;
    }
    *process = (struct process){child, pipes[0][1], pipes[1][0], pipes[2][0]};
    fcntl(process->input, F_SETFL, O_NONBLOCK);
    fcntl(process->output, F_SETFL, O_NONBLOCK);
    fcntl(process->errors, F_SETFL, O_NONBLOCK);
    return NULL;
}

/* True at the end of the stream. */
static bool read_some(int fd, struct buffer *buffer)
{
    ssize_t got = read(fd, buffer_reserve(buffer, READ_SIZE), READ_SIZE);

    if (got > 0)
        buffer->size += (size_t)got;
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

static bool ends_with_fence(const struct buffer *buffer, size_t start, struct text fence)
{
    struct text said = text_slice(buffer_text(buffer), start, buffer->size);

    return text_ends(said, fence);
}

struct exchange {
    struct process *process;
    struct text input, fence;
    struct buffer *streams[2];
    size_t starts[2];
    bool ended[2];
    bool signalled; /* a first signal came, and was passed on: psql then cancels, and ends */
    bool unheard;   /* it reads no more, and will not answer; its streams may say why */
};

static bool is_answered(const struct exchange *exchange, size_t stream)
{
    return ends_with_fence(exchange->streams[stream], exchange->starts[stream], exchange->fence);
}

/* One round of poll(2); a signal ends it early. returns false where the time was up. */
static bool pump(struct exchange *exchange, int timeout_ms)
{
    const struct process *process = exchange->process;
    struct pollfd fds[4] = {
        {.fd = exchange->ended[0] ? -1 : process->output, .events = POLLIN},
        {.fd = exchange->ended[1] ? -1 : process->errors, .events = POLLIN},
        {.fd = exchange->input.size && !exchange->unheard ? process->input : -1, .events = POLLOUT},
        {.fd = interrupt_descriptor(), .events = POLLIN},
    };
    int ready = poll(fds, COUNT(fds), timeout_ms);

    if (ready == 0)
        return false;
    if (ready > 0 && fds[3].revents && interrupt_came()) {
        exchange->signalled = true;
        kill(process->pid, SIGINT);
    }
    for (size_t i = 0; i < 2; i++)
        if (ready > 0 && fds[i].revents)
            exchange->ended[i] = read_some(fds[i].fd, exchange->streams[i]);
    if (ready > 0 && fds[2].revents) {
        ssize_t put = write(process->input, exchange->input.bytes, exchange->input.size);

        if (put > 0)
            exchange->input = text_slice(exchange->input, (size_t)put, exchange->input.size);
        else if (put < 0 && errno != EAGAIN && errno != EINTR)
            exchange->unheard = true;
    }
    return true;
}

enum process_outcome process_exchange(struct process *process, struct text input, struct text fence,
                                      int timeout_ms, struct buffer *output, struct buffer *errors)
{
    struct exchange exchange = {
        .process = process,
        .input = input,
        .fence = fence,
        .streams = {output, errors},
        .starts = {output->size, errors->size},
    };
    int64_t end = timeout_ms < 0 ? INT64_MAX : clock_ms() + timeout_ms;
    bool ending = false;

    while (!is_answered(&exchange, 0) || !is_answered(&exchange, 1)) {
        if (exchange.ended[0] && exchange.ended[1])
            return PROCESS_ENDED;
        if (!ending &&
            (exchange.signalled || exchange.unheard || exchange.ended[0] || exchange.ended[1])) {
            ending = true;
            end = clock_ms() + GRACE_MS;
        }
        int64_t left = end == INT64_MAX ? -1 : end - clock_ms();
        if ((end != INT64_MAX && left <= 0) || !pump(&exchange, (int)left))
            return ending ? PROCESS_ENDED : PROCESS_SILENT;
    }
    output->size -= fence.size;
    errors->size -= fence.size;
    return PROCESS_ANSWERED;
}

int process_close(struct process *process)
{
    int status = 0;

    if (process->pid < 0)
        return 0;
    file_close(&process->input);
    file_close(&process->output);
    file_close(&process->errors);
    for (int waited = 0; waitpid(process->pid, &status, WNOHANG) == 0; waited += GRACE_STEP_MS) {
        if (waited == GRACE_MS)
            kill(process->pid, SIGKILL);
        nanosleep(&(struct timespec){.tv_nsec = GRACE_STEP_MS * 1000000L}, NULL);
    }
    process->pid = -1;
    return status;
}

void process_cleanup(struct process *process)
{
    process_close(process);
}

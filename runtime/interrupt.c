#include "interrupt.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Signals belong to the process, and so does this. */
static int descriptor = -1;
static int came; /* the first signal */

void interrupt_catch(void)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action;
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < COUNT(caught); i++) /* nohup(1) and its kin have the last word */
        if (sigaction(caught[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&signals, caught[i]);
    if (descriptor >= 0 || sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return;
    descriptor = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (descriptor < 0) /* then they end the run as they always did, which the database survives */
        sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

bool interrupt_came(void)
{
    struct signalfd_siginfo info;

    if (!came && descriptor >= 0 && read(descriptor, &info, sizeof(info)) == sizeof(info))
        came = (int)info.ssi_signo;
    return came;
}

int interrupt_descriptor(void)
{
    return came ? -1 : descriptor;
}

bool interrupt_sleep(int ms)
{
    struct pollfd fd = {.fd = interrupt_descriptor(), .events = POLLIN};

    poll(&fd, 1, ms);
    return !interrupt_came();
}

struct error *interrupt_error(struct arena *arena)
{
    return error_plain(arena, ERROR_DATABASE, "interrupted");
}

void interrupt_end(void)
{
    sigset_t signal_set;

    if (!came)
        return;
    sigemptyset(&signal_set);
    sigaddset(&signal_set, came);
    signal(came, SIG_DFL);
    raise(came);
    sigprocmask(SIG_UNBLOCK, &signal_set, NULL);
}

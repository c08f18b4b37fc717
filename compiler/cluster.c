#include "compiler/cluster.h"
#include "runtime/file.h"

#include <ftw.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS = 32, INITDB_MS = 120000, OPEN_FILES = 16 };

/* Arguments of a child, which another user runs where we are root: the server refuses to be it. */
struct child {
    const char *list[ARGUMENTS];
    size_t count;
};

static void add(struct child *child, const char *argument)
{
    child->list[child->count++] = argument;
}

static const struct passwd *find_user(void)
{
    const struct passwd *user = getpwnam("postgres");

    return user ? user : getpwnam("nobody");
}

static struct error *begin_child(struct arena *arena, struct child *child, const char *path)
{
    const struct passwd *user = geteuid() == 0 ? find_user() : NULL;

    if (geteuid() == 0 && !user)
        return error_plain(arena, ERROR_SYSTEM,
                           "there is neither a user postgres nor nobody to run a server as");
    if (user) {
        add(child, "setpriv");
        add(child, arena_format(arena, "--reuid=%u", (unsigned)user->pw_uid).bytes);
        add(child, arena_format(arena, "--regid=%u", (unsigned)user->pw_gid).bytes);
        add(child, "--clear-groups");
        add(child, "--pdeathsig=INT");
    }
    add(child, path);
    return NULL;
}

static struct error *start_child(struct arena *arena, struct child *child, struct process *process)
{
    static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
                                              NULL};
    struct process_options options = {
        .path = geteuid() == 0 ? "/usr/bin/setpriv" : child->list[0],
        .arguments = child->list,
        .environment = environment,
        .inherited = {-1, -1},
    };

    return process_start(arena, &options, process);
}

static struct error *make_folder(struct arena *arena, struct cluster *cluster)
{
    const char *place = getenv("TMPDIR");
    struct text folder = arena_format(arena, "%s/sqlferry-XXXXXX", place ? place : "/tmp");
    const struct passwd *user = find_user();

    if (!mkdtemp((char *)folder.bytes))
        return error_system(arena, "cannot make a folder in '%s'", place ? place : "/tmp");
    cluster->folder = folder;
    if (geteuid() == 0 && user && chown(folder.bytes, user->pw_uid, user->pw_gid) < 0)
        return error_system(arena, "cannot give '%s' away", folder.bytes);
    return NULL;
}

/* Makes the data folder, and waits until that is done. */
static struct error *run_initdb(struct arena *arena, struct text binaries, struct cluster *cluster)
{
    CLEANUP(buffer_free) struct buffer output = {0}, errors = {0};
    CLEANUP(process_cleanup) struct process process = PROCESS_NONE;
    struct child child = {0};
    struct error *error =
        begin_child(arena, &child, arena_format(arena, "%.*s/initdb", TEXT_ARGS(binaries)).bytes);

    add(&child, "--no-sync");
    add(&child, "--auth=trust");
    add(&child, "--username=postgres");
    add(&child, "--encoding=UTF8");
    add(&child, "--locale=C");
    add(&child, "-D");
    add(&child, arena_format(arena, "%.*s/data", TEXT_ARGS(cluster->folder)).bytes);
    if (!error)
        error = start_child(arena, &child, &process);
    if (error)
        return error;
    /* It answers with no fence: the exchange ends when it does. */
    enum process_outcome outcome =
        process_exchange(&process, TEXT(""), TEXT("\n\n\n"), INITDB_MS, &output, &errors);
    int status = process_close(&process);
    if (outcome == PROCESS_ENDED && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    struct text said = text_trim(buffer_text(&errors));
    return error_hint(arena,
                      error_plain(arena, ERROR_SYSTEM, "initdb failed: %.*s", TEXT_ARGS(said)),
                      "Install the server, or name a database for it with --db.");
}

static struct error *start_server(struct arena *arena, struct text binaries,
                                  struct cluster *cluster)
{
    /* Nobody reads its log. What is lost with it is made again; one zone that is not UTC. */
    static const char *const settings[] = {
        "listen_addresses=",
        "fsync=off",
        "full_page_writes=off",
        "jit=off",
        "timezone=Asia/Tokyo",
        "log_min_messages=panic",
        "log_min_error_statement=panic",
        "max_locks_per_transaction=1024",
    };
    struct child child = {0};
    struct error *error =
        begin_child(arena, &child, arena_format(arena, "%.*s/postgres", TEXT_ARGS(binaries)).bytes);

    add(&child, "-D");
    add(&child, arena_format(arena, "%.*s/data", TEXT_ARGS(cluster->folder)).bytes);
    add(&child, "-k");
    add(&child, cluster->folder.bytes);
    for (size_t i = 0; i < COUNT(settings); i++) {
        add(&child, "-c");
        add(&child, settings[i]);
    }
    cluster->connection =
        arena_format(arena, "host=%.*s user=postgres dbname=postgres", TEXT_ARGS(cluster->folder));
    return error ? error : start_child(arena, &child, &cluster->server);
}

struct error *cluster_start(struct arena *arena, const char *psql, struct cluster *cluster)
{
    struct text binaries = file_folder(arena, text_from(psql));
    struct text initdb = arena_format(arena, "%.*s/initdb", TEXT_ARGS(binaries));

    if (access(initdb.bytes, X_OK) < 0)
        return error_hint(arena, error_system(arena, "cannot run '%s'", initdb.bytes),
                          "Install the server, or name a database for it with --db.");
    struct error *error = make_folder(arena, cluster);
    if (!error)
        error = run_initdb(arena, binaries, cluster);
    return error ? error : start_server(arena, binaries, cluster);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void cluster_stop(struct cluster *cluster)
{
    if (cluster->server.pid > 0)
        kill(cluster->server.pid, SIGINT); /* it disconnects its clients and ends */
    process_close(&cluster->server);
    if (cluster->folder.bytes)
        nftw(cluster->folder.bytes, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
    *cluster = CLUSTER_NONE;
}

#include "target_sqlite.h"
#include "file.h"
#include "sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { BUSY_MS = 10000, POLL_MS = 50 };

struct target_sqlite {
    struct target target;
    struct sqlite *sqlite;
    /*
     * Opened before SQLite opens the file and closed after it: closing any descriptor of a file
     * drops the process's POSIX locks on it, which are the ones SQLite takes.
     */
    int lock;
    bool made; /* the file was not there before */
    struct text path;
};

static struct target_sqlite *self(struct target *target)
{
    return (struct target_sqlite *)target;
}

/* The ledger: append-only, and verifiable from its rows alone (docs/ledger.md). */
#define LEDGER "main.sqlferry_ledger"

static const char *const bootstrap[] = {
    "CREATE TABLE " LEDGER " ("
    "number INTEGER PRIMARY KEY, event TEXT NOT NULL, project TEXT NOT NULL,"
    " revision TEXT NOT NULL, script TEXT NOT NULL, bundle TEXT NOT NULL, release TEXT NOT NULL,"
    " sequence INTEGER NOT NULL, note TEXT NOT NULL, who TEXT NOT NULL, started TEXT NOT NULL,"
    " finished TEXT NOT NULL, tool TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL)",
    "CREATE TRIGGER main.sqlferry_ledger_no_update BEFORE UPDATE ON sqlferry_ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
    "CREATE TRIGGER main.sqlferry_ledger_no_delete BEFORE DELETE ON sqlferry_ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
};

static const char ledger_exists[] = "SELECT count(*) FROM main.sqlite_schema"
                                    " WHERE type = 'table' AND name = 'sqlferry_ledger'";
static const char ledger_last[] =
    "SELECT number, digest FROM " LEDGER " ORDER BY number DESC LIMIT 1";
static const char ledger_all[] =
    "SELECT number, event, project, revision, script, bundle, release, sequence, note, who,"
    " started, finished, tool, previous, digest FROM " LEDGER " ORDER BY number";
static const char ledger_insert[] =
    "INSERT INTO " LEDGER " (number, event, project, revision, script, bundle, release, sequence,"
    " note, who, started, finished, tool, previous, digest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

static struct error *has_ledger(struct arena *arena, struct sqlite *sqlite, bool *has)
{
    struct rows rows;
    struct error *error = sqlite_ask(arena, sqlite, ledger_exists, NULL, 0, &rows);

    if (!error)
        *has = text_equal(rows.cells[0], TEXT("1"));
    return error;
}

static struct error *read_ledger(struct arena *arena, struct target *target, struct ledger *ledger)
{
    struct sqlite *sqlite = self(target)->sqlite;
    struct rows rows = {0};
    bool has = false;
    struct error *error = has_ledger(arena, sqlite, &has);

    if (!error && has)
        error = sqlite_ask(arena, sqlite, ledger_all, NULL, 0, &rows);
    return error ? error : ledger_read(arena, rows.cells, rows.count, ledger);
}

/* The process that holds the lock, as /proc/locks tells; 0 where it does not. */
static long lock_holder(int fd)
{
    CLEANUP(buffer_free) struct buffer line = {0};
    struct stat status;
    FILE *locks = fopen("/proc/locks", "re");
    long pid, holder = 0;
    unsigned major_number, minor_number;
    unsigned long long inode;

    if (!locks)
        return 0;
    if (fstat(fd, &status) == 0) {
        char *room = buffer_reserve(&line, 512);

        while (fgets(room, 512, locks))
            if (sscanf(room, "%*s FLOCK %*s %*s %ld %x:%x:%llu", &pid, &major_number, &minor_number,
                       &inode) == 4 &&
                inode == (unsigned long long)status.st_ino &&
                major_number == major(status.st_dev) && minor_number == minor(status.st_dev))
                holder = pid;
    }
    fclose(locks);
    return holder;
}

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Whether the locked file is still the one of that name. */
static bool is_in_place(const struct target_sqlite *opened)
{
    struct stat locked, named;

    return fstat(opened->lock, &locked) == 0 && stat(opened->path.bytes, &named) == 0 &&
           locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

static struct error *lock(struct arena *arena, struct target *target, uint64_t timeout_ms)
{
    struct target_sqlite *opened = self(target);
    uint64_t start = now_ms();

    while (flock(opened->lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_system(arena, "cannot lock '%.*s'", TEXT_ARGS(target->name));
        if (now_ms() - start >= timeout_ms) {
            long pid = lock_holder(opened->lock);

            return error_hint(
                arena,
                error_plain(arena, ERROR_LOCKED, "another run%s holds the lock of '%.*s'",
                            pid ? arena_format(arena, " (process %ld)", pid).bytes : "",
                            TEXT_ARGS(target->name)),
                "Wait until it has ended, or for longer with --lock-timeout.");
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    if (!is_in_place(opened))
        return error_hint(arena,
                          error_plain(arena, ERROR_LOCKED, "another run took '%.*s' away again",
                                      TEXT_ARGS(target->name)),
                          "It had made the file and failed; run this again.");
    sqlite_wait(opened->sqlite, timeout_ms);
    return NULL;
}

static struct error *admit(struct arena *arena, struct target *target, const struct ledger *known)
{
    struct sqlite *sqlite = self(target)->sqlite;
    struct digest head = ledger_head(known);
    struct rows rows = {0};
    bool has = false;
    struct error *error = NULL;

    /* Where rows are known there is a ledger, and no need to look for it each time. */
    if (known->count == 0)
        error = has_ledger(arena, sqlite, &has);
    else
        has = true;
    for (size_t i = 0; !error && !has && i < COUNT(bootstrap); i++)
        error = sqlite_do(arena, sqlite, bootstrap[i]);
    if (!error)
        error = sqlite_ask(arena, sqlite, ledger_last, NULL, 0, &rows);
    if (error)
        return error;
    if (rows.count == 0 && known->count == 0)
        return NULL;
    if (rows.count && known->count && text_equal(rows.cells[1], digest_hex(arena, &head)))
        return NULL;
    return error_hint(arena,
                      error_plain(arena, ERROR_LOCKED,
                                  "somebody else changed the ledger of '%.*s' during this run",
                                  TEXT_ARGS(target->name)),
                      "Look at 'sqlland history', then run it again.");
}

static struct error *begin(struct arena *arena, struct target *target, const struct ledger *known,
                           const struct terms *terms)
{
    struct sqlite *sqlite = self(target)->sqlite;
    struct error *error = sqlite_begin(arena, sqlite, !terms->foreign_keys_off);

    if (error)
        return error;
    error = admit(arena, target, known);
    if (error)
        sqlite_rollback(sqlite);
    return error;
}

static struct error *run(struct arena *arena, struct target *target, const struct sending *sending)
{
    struct error *error = NULL;

    for (size_t i = 0; !error && i < sending->count; i++)
        error = sqlite_run(arena, self(target)->sqlite, sending->script, sending->pieces[i]);
    return error;
}

/* SQLite builds no index outside a transaction. */
static struct error *look(struct arena *arena, struct target *target,
                          const struct index_build *build, enum built *built)
{
    (void)arena;
    (void)target;
    (void)build;
    *built = BUILT_NOTHING;
    return NULL;
}

static struct error *remove_build(struct arena *arena, struct target *target,
                                  const struct index_build *build)
{
    (void)arena;
    (void)target;
    (void)build;
    return NULL;
}

static struct error *verify(struct arena *arena, struct target *target,
                            const struct sending *sending)
{
    return sqlite_verify(arena, self(target)->sqlite, sending->script);
}

static struct error *record(struct arena *arena, struct target *target,
                            const struct ledger_row *row)
{
    struct text cells[LEDGER_FIELD_COUNT];
    struct rows none;

    ledger_cells(arena, row, cells);
    return sqlite_ask(arena, self(target)->sqlite, ledger_insert, cells, COUNT(cells), &none);
}

static struct error *commit(struct arena *arena, struct target *target)
{
    return sqlite_commit(arena, self(target)->sqlite);
}

static void rollback(struct target *target)
{
    sqlite_rollback(self(target)->sqlite);
}

static struct error *prepare(struct arena *arena, struct target *target, const struct terms *terms)
{
    (void)terms;
    return sqlite_clean(arena, self(target)->sqlite);
}

static void close_target(struct target *target)
{
    struct target_sqlite *opened = self(target);
    struct stat status;

    sqlite_close(&opened->sqlite);
    /* A file that this run made and never filled is taken away again, unless another one has it. */
    if (opened->made && flock(opened->lock, LOCK_EX | LOCK_NB) == 0 && is_in_place(opened) &&
        fstat(opened->lock, &status) == 0 && status.st_size == 0)
        unlink(opened->path.bytes);
    file_close(&opened->lock);
}

static const struct target_operations operations = {
    .lock = lock,
    .read_ledger = read_ledger,
    .prepare = prepare,
    .begin = begin,
    .run = run,
    .look = look,
    .remove = remove_build,
    .verify = verify,
    .record = record,
    .commit = commit,
    .rollback = rollback,
    .close = close_target,
};

/* Opens the file for the lock, and makes it where there is none. */
static struct error *open_lock(struct arena *arena, struct target_sqlite *opened)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK;

    opened->lock = open(opened->path.bytes, flags | O_EXCL, 0666);
    opened->made = opened->lock >= 0;
    if (opened->lock < 0 && errno == EEXIST) /* or it is a link that leads to nothing yet */
        opened->lock = open(opened->path.bytes, flags, 0666);
    if (opened->lock < 0)
        return error_system(arena, "cannot open '%.*s'", TEXT_ARGS(opened->path));

    return NULL;
}

static struct error *open_reading(struct arena *arena, struct target_sqlite *opened)
{
    /*
     * A connection that may write rolls back the journal of a killed run, and takes the -wal and
     * -shm files away again that reading a database in WAL mode makes. It writes nothing else.
     */
    struct sqlite_options options = {
        .path = opened->path.bytes,
        .writes = access(opened->path.bytes, W_OK) == 0,
        .busy_ms = BUSY_MS,
    };

    return sqlite_open(arena, &options, &opened->sqlite);
}

struct error *target_sqlite_open(struct arena *arena, struct text path,
                                 const struct target_options *options, struct target **target)
{
    struct target_sqlite *opened = arena_one(arena, struct target_sqlite);
    struct stat status;
    struct error *error = NULL;

    *opened = (struct target_sqlite){
        .target = {.operations = &operations,
                   .dialect = DIALECT_SQLITE,
                   .name = path,
                   .version = text_from(sqlite_version()),
                   .report = options->report},
        .lock = -1,
        /* SQLite may be built to read "file:" as the scheme of a URI. */
        .path = arena_format(arena, "%s%.*s", text_starts(path, TEXT("file:")) ? "./" : "",
                             TEXT_ARGS(path)),
    };
    if (stat(opened->path.bytes, &status) == 0) {
        if (!S_ISREG(status.st_mode))
            return error_plain(arena, ERROR_SYSTEM, "cannot open '%.*s': not a regular file",
                               TEXT_ARGS(path));
    } else if (options->access == TARGET_READS && errno == ENOENT) {
        *target = NULL;
        return NULL;
    }
    if (options->access == TARGET_WRITES) {
        struct sqlite_options writing = {
            .path = opened->path.bytes, .writes = true, .busy_ms = BUSY_MS};

        error = open_lock(arena, opened);
        if (!error)
            error = sqlite_open(arena, &writing, &opened->sqlite);
    } else {
        error = open_reading(arena, opened);
    }
    if (error) {
        close_target(&opened->target);
        return error;
    }
    *target = &opened->target;
    return NULL;
}

#include "target_sqlite.h"
#include "clock.h"
#include "file.h"
#include "interrupt.h"
#include "schema_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    BUSY_MS = 10000,
    POLL_MS = 50,
    PENDING_BYTE = 0x40000000,
    WAL_WRITE_BYTE = 120,
    ROOM_LEAST = 16 << 20
};

struct target_sqlite {
    struct target target;
    struct sqlite *sqlite;
    /*
     * Opened before SQLite opens the file and closed after it: closing any descriptor of a file
     * drops the process's POSIX locks on it, which are the ones SQLite takes.
     */
    int lock, wal_index; /* -1 where there is none */
    bool made;           /* the file was not there before */
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
    " revision TEXT NOT NULL, script TEXT NOT NULL, pieces INTEGER NOT NULL, bundle TEXT NOT NULL,"
    " release TEXT NOT NULL, sequence INTEGER NOT NULL, note TEXT NOT NULL, who TEXT NOT NULL, "
    "started TEXT NOT NULL,"
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
    "SELECT number, event, project, revision, script, pieces, bundle, release, sequence, note, who,"
    " started, finished, tool, previous, digest FROM " LEDGER " ORDER BY number";
static const char ledger_insert[] =
    "INSERT INTO " LEDGER " (number, event, project, revision, script, pieces, bundle, release,"
    " sequence,"
    " note, who, started, finished, tool, previous, digest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

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
    int64_t start = clock_ms();

    while (flock(opened->lock, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return error_system(arena, "cannot lock '%.*s'", TEXT_ARGS(target->name));
        if ((uint64_t)(clock_ms() - start) >= timeout_ms) {
            long pid = lock_holder(opened->lock);

            return error_hint(
                arena,
                error_plain(arena, ERROR_LOCKED, "another run%s holds the lock of '%.*s'",
                            pid ? arena_format(arena, " (process %ld)", pid).bytes : "",
                            TEXT_ARGS(target->name)),
                "Wait until it has ended, or for longer with --lock-timeout.");
        }
        if (!interrupt_sleep(POLL_MS))
            return interrupt_error(arena);
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
                            const struct ledger_row *row, const struct text *also,
                            size_t also_count)
{
    struct sqlite *sqlite = self(target)->sqlite;
    struct text cells[LEDGER_FIELD_COUNT];
    struct error *error = NULL;
    struct rows none;

    ledger_cells(arena, row, cells);
    for (size_t i = 0; !error && i < also_count; i++)
        error = sqlite_say(arena, sqlite, also[i], &none);
    return error ? error : sqlite_ask(arena, sqlite, ledger_insert, cells, COUNT(cells), &none);
}

static struct error *proceed(struct arena *arena, struct target *target, const struct ledger *known,
                             const struct terms *terms)
{
    struct error *error = sqlite_proceed(arena, self(target)->sqlite, !terms->foreign_keys_off);

    return error ? error : admit(arena, target, known);
}

static struct error *commit(struct arena *arena, struct target *target)
{
    return sqlite_commit(arena, self(target)->sqlite);
}

static void rollback(struct target *target)
{
    sqlite_rollback(self(target)->sqlite);
}

static struct error *ask(struct arena *arena, struct target *target, struct text sql,
                         struct rows *rows)
{
    return sqlite_say(arena, self(target)->sqlite, sql, rows);
}

static struct error *has_table(struct arena *arena, struct target *target, struct text name,
                               bool *has)
{
    static const char find[] =
        "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?";
    struct rows rows;
    struct error *error = sqlite_ask(arena, self(target)->sqlite, find, &name, 1, &rows);

    if (!error)
        *has = text_equal(rows.cells[0], TEXT("1"));
    return error;
}

/* Room and rights: a journal or a WAL is made beside the file, and may grow as large as it. */

static void warn(struct arena *arena, struct findings *findings, const char *name,
                 struct error *error)
{
    findings_add(arena, findings, FINDING_WARNING, name, TEXT(""), error);
}

static void inspect_room(struct arena *arena, const struct target_sqlite *opened,
                         const struct text folder, struct findings *findings)
{
    struct statvfs room;
    struct stat status;

    if (statvfs(folder.bytes, &room) < 0 || stat(opened->path.bytes, &status) < 0)
        return;
    uint64_t free_bytes = (uint64_t)room.f_bavail * room.f_frsize,
             size = status.st_size > 0 ? (uint64_t)status.st_size : 0;
    if (free_bytes < size || free_bytes < ROOM_LEAST)
        warn(arena, findings, "room",
             error_plain(arena, ERROR_SYSTEM,
                         "%llu MiB are free beside '%.*s' of %llu MiB: a revision that rebuilds "
                         "its tables needs as much again",
                         (unsigned long long)(free_bytes >> 20), TEXT_ARGS(opened->target.name),
                         (unsigned long long)(size >> 20)));
}

/* The process that holds a lock on some bytes of a file; 0 where none of another process is. */
static long byte_holder(int fd, off_t start, off_t size)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = size};

    if (fd < 0 || fcntl(fd, F_GETLK, &range) < 0 || range.l_type == F_UNLCK)
        return 0;
    return (long)range.l_pid;
}

/* The locks of writers: sqlite.org/atomiccommit.html 3, sqlite.org/walformat.html 2.3. */
static void inspect_writer(struct arena *arena, struct target_sqlite *opened,
                           struct findings *findings)
{
    struct text wal_index = arena_format(arena, "%.*s-shm", TEXT_ARGS(opened->path));

    if (opened->wal_index < 0)
        opened->wal_index = open(wal_index.bytes, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    long pid = byte_holder(opened->lock, PENDING_BYTE, 2);
    if (!pid)
        pid = byte_holder(opened->wal_index, WAL_WRITE_BYTE, 1);
    if (pid)
        warn(arena, findings, "writer",
             error_plain(arena, ERROR_LOCKED, "process %ld is writing to '%.*s': wait, or stop it",
                         pid, TEXT_ARGS(opened->target.name)));
}

static struct error *inspect(struct arena *arena, struct target *target, const struct needs *needs,
                             struct findings *findings)
{
    struct target_sqlite *opened = self(target);
    struct text folder = file_folder(arena, opened->path);

    (void)needs; /* SQLite has neither roles nor a lock table, nor are extensions loaded */
    if (access(opened->path.bytes, W_OK) != 0)
        findings_add(arena, findings, FINDING_FAULT, "read-only", TEXT(""),
                     error_system(arena, "cannot write '%.*s'", TEXT_ARGS(target->name)));
    else if (access(folder.bytes, W_OK | X_OK) != 0)
        findings_add(arena, findings, FINDING_FAULT, "read-only", TEXT(""),
                     error_system(arena, "cannot make a journal in '%.*s'", TEXT_ARGS(folder)));
    inspect_room(arena, opened, folder, findings);
    inspect_writer(arena, opened, findings);
    return NULL;
}

/* Damaged pages are told in two lines, the first of which says in which database they are. */
static struct text last_line(struct text text)
{
    struct text line = {0};

    while (text.size)
        line = text_cut(&text, '\n');
    return line;
}

/* Each row that a check gives is a fault; the first of them is enough of its kind. */
static struct error *examine(struct arena *arena, struct target *target, struct findings *findings)
{
    struct sqlite *sqlite = self(target)->sqlite;
    struct rows rows;
    struct error *error = sqlite_say(arena, sqlite, TEXT("PRAGMA main.quick_check(1)"), &rows);

    if (error)
        return error;
    if (rows.count && !text_equal(rows.cells[0], TEXT("ok")))
        findings_add(arena, findings, FINDING_FAULT, "damaged", TEXT(""),
                     error_hint(arena,
                                error_plain(arena, ERROR_STATE, "the database is damaged: %.*s",
                                            TEXT_ARGS(last_line(rows.cells[0]))),
                                "Restore a copy of it."));
    error = sqlite_say(arena, sqlite, TEXT("PRAGMA main.foreign_key_check"), &rows);
    if (!error && rows.count)
        findings_add(arena, findings, FINDING_FAULT, "orphans", TEXT(""),
                     error_plain(arena, ERROR_STATE,
                                 "%zu row%s without the row that a foreign key refers to, the "
                                 "first in table '%.*s', of table '%.*s'",
                                 rows.count, rows.count == 1 ? " is" : "s are",
                                 TEXT_ARGS(rows.cells[0]), TEXT_ARGS(rows.cells[2])));
    return error;
}

static struct error *read_schema(struct arena *arena, struct target *target, struct schema *schema)
{
    CLEANUP(schema_sqlite_close) struct schema_sqlite *reader = schema_sqlite_open();

    return schema_sqlite_read(arena, self(target)->sqlite, reader, schema);
}

static struct error *backup(struct arena *arena, struct target *target, struct text path)
{
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};
    struct error *error = file_draft(arena, path, 0600, false, &draft);

    if (error && error->code == ERROR_INPUT) { /* it exists */
        error->code = ERROR_USAGE;
        return error_hint(arena, error, "Name a file that does not: an older copy stays as it is.");
    }
    if (!error)
        error = sqlite_copy(arena, self(target)->sqlite, draft.temporary.bytes);
    return error ? error : file_commit(arena, &draft);
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
    file_close(&opened->wal_index);
    if (opened->made && flock(opened->lock, LOCK_EX | LOCK_NB) == 0 && is_in_place(opened) &&
        fstat(opened->lock, &status) == 0 && status.st_size == 0)
        unlink(opened->path.bytes);
    file_close(&opened->lock);
}

static const struct target_operations operations = {
    .lock = lock,
    .read_ledger = read_ledger,
    .ask = ask,
    .has_table = has_table,
    .inspect = inspect,
    .examine = examine,
    .read_schema = read_schema,
    .backup = backup,
    .prepare = prepare,
    .begin = begin,
    .run = run,
    .look = look,
    .remove = remove_build,
    .verify = verify,
    .record = record,
    .proceed = proceed,
    .commit = commit,
    .rollback = rollback,
    .close = close_target,
};

/* Opens the file for the lock, and makes it where there is none. */
static struct error *open_lock(struct arena *arena, struct target_sqlite *opened)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK;

    opened->lock = open(opened->path.bytes, flags | O_EXCL, 0666);
    opened->made = opened->target.is_new = opened->lock >= 0;
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

    /* For a look at its locks alone; see struct target_sqlite. */
    opened->lock = open(opened->path.bytes, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
        .wal_index = -1,
        /* SQLite may be built to read "file:" as the scheme of a URI. */
        .path = arena_format(arena, "%s%.*s", text_starts(path, TEXT("file:")) ? "./" : "",
                             TEXT_ARGS(path)),
    };
    if (stat(opened->path.bytes, &status) == 0) {
        if (!S_ISREG(status.st_mode))
            return error_plain(arena, ERROR_SYSTEM, "cannot open '%.*s': not a regular file",
                               TEXT_ARGS(path));
    } else if (options->access != TARGET_WRITES && errno == ENOENT) {
        *target = NULL;
        return NULL;
    }
    if (options->access != TARGET_READS) {
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

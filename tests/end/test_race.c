/*
 * Somebody changes the bundle all the time while it is verified and applied: flips bits, writes the
 * chunks of another bundle of the same signer over it, cuts it off, puts other files in its place.
 * What is applied is what was verified: every revision in the ledger, and what it did, is of one
 * bundle; else the run ends with status 3, or 5 where something else than a file is in its place.
 *
 * Most rounds call the modules, for speed; some start sqlland. `make check` takes a few hundred,
 * TORTURE=1 ten thousand.
 */
#include "runtime/apply.h"
#include "runtime/trust_file.h"
#include "tests/unit/forge.h"
#include "tests/unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 8, PIECE_SIZE = 64, NOW = 1800000000, TIMEOUT_S = 120 };

#define PATH     "x.ferry"
#define DATABASE "shop.db"

/* Two bundles of one signer. They differ in one letter of each script, and have the same sizes. */
static struct rival {
    struct forge forge;
    struct text bytes;
    struct digest digest;
    size_t payload; /* offset of the first chunk */
} rivals[2];

static struct arena *memory;
static struct signing_key key;
static struct trust trust;
static const char *sqlland;

static void make_rival(char letter, struct rival *rival)
{
    struct forge forge = forge_new(16 << 20, STEPS);

    for (size_t i = 0; i < STEPS; i++) {
        struct index_step *step = &forge.steps[i];

        step->id = arena_format(forge.arena, "r%zu", i);
        step->transactional = true;
        step->parents = i ? &forge.steps[i - 1].id : NULL;
        step->parent_count = i ? 1 : 0;
        forge_script(&forge, i, SCRIPT_UP, "up.sql",
                     arena_format(forge.arena, "%sINSERT INTO done VALUES ('%c', %zu);\n",
                                  i ? "" : "CREATE TABLE done (letter TEXT, step INTEGER);\n",
                                  letter, i));
        forge_script(&forge, i, SCRIPT_VERIFY, "verify.sql",
                     arena_format(forge.arena, "SELECT letter = '%c' FROM done;\n", letter));
    }
    forge.index.release = arena_format(forge.arena, "%c", letter);
    forge_all(&forge, PIECE_SIZE);
    rival->bytes = forge_bytes(&forge, &key, 1);
    rival->digest = crypto_digest(forge.index_text);
    rival->payload = rival->bytes.size;
    for (size_t i = 0; i < forge.index.chunk_count; i++)
        rival->payload -= forge.chunks[i].stored_size +
                          (forge.chunks[i].stream == STREAM_SIDE ? FRAME_HEADER_SIZE : 0);
    rival->forge = forge;
}

/* The writer */

static struct {
    pthread_t thread;
    bool runs; /* also behind a round that failed */
    atomic_bool ends;
    atomic_size_t changes;
    uint64_t seed;
    size_t calm_us; /* for so long, at most, it leaves a bundle whole now and then */
} writer;

static size_t draw(size_t limit)
{
    return (size_t)support_below(&writer.seed, limit);
}

static void pause_a_moment(void)
{
    usleep((useconds_t)draw(300));
}

/* The assertions of cmocka belong to the other thread. */
static void must(bool is_so)
{
    if (!is_so) {
        perror("the writer");
        abort();
    }
}

static const struct rival *any(void)
{
    return &rivals[draw(COUNT(rivals))];
}

static void put_file(const char *name, struct text bytes)
{
    CLEANUP(file_close) int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    must(fd >= 0 && write(fd, bytes.bytes, bytes.size) == (ssize_t)bytes.size);
}

/* A new file under another name, then renamed: whoever has the old one open keeps it. */
static void replace(const struct rival *rival)
{
    put_file("next", rival->bytes);
    must(rename("next", PATH) == 0);
}

/* Into the file that is there, as it is read. A FIFO that nobody reads cannot be opened. */
static void overwrite(struct text bytes, size_t from, size_t to)
{
    CLEANUP(file_close) int fd = open(PATH, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd >= 0 && pwrite(fd, bytes.bytes + from, to - from, (off_t)from) < 0)
        must(errno == ESPIPE);
}

static void flip_a_bit(void)
{
    const struct rival *rival = any();
    size_t at = draw(rival->bytes.size);
    char changed = (char)(rival->bytes.bytes[at] ^ 1 << draw(8));
    CLEANUP(file_close) int fd = open(PATH, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || pwrite(fd, &changed, 1, (off_t)at) < 0)
        return;
    pause_a_moment();
    must(pwrite(fd, rival->bytes.bytes + at, 1, (off_t)at) == 1);
}

static void write_another(void)
{
    const struct rival *rival = any();

    overwrite(rival->bytes, 0, rival->bytes.size);
}

static void write_other_chunks(void)
{
    const struct rival *rival = any();

    overwrite(rival->bytes, rival->payload, rival->bytes.size);
}

static void write_some_of_another(void)
{
    const struct rival *rival = any();
    size_t from = draw(rival->bytes.size);

    overwrite(rival->bytes, from, from + 1 + draw(rival->bytes.size - from));
}

static void cut_off(void)
{
    const struct rival *rival = any();

    if (truncate(PATH, (off_t)draw(rival->bytes.size)) < 0)
        return; /* a FIFO */
    pause_a_moment();
    overwrite(rival->bytes, 0, rival->bytes.size);
}

static void put_another_there(void)
{
    replace(any());
}

static void put_a_fifo_there(void)
{
    must(mkfifo("pipe", 0644) == 0);
    must(rename("pipe", PATH) == 0);
    pause_a_moment();
    replace(any());
}

static void put_a_link_there(void)
{
    put_file("behind", any()->bytes);
    must(symlink("behind", "link") == 0);
    must(rename("link", PATH) == 0);
}

static void *write_on(void *nothing)
{
    static void (*const changes[])(void) = {
        flip_a_bit, write_another,     write_other_chunks, write_some_of_another,
        cut_off,    put_another_there, put_a_fifo_there,   put_a_link_there,
    };

    while (!writer.ends) {
        changes[draw(COUNT(changes))]();
        writer.changes++;
        pause_a_moment();
        if (draw(3) > 0) {
            replace(any());
            writer.changes++;
            usleep((useconds_t)draw(writer.calm_us));
        }
    }
    return nothing;
}

/* A round begins just behind a change, so that no state of the file is counted twice. */
static void await_change(void)
{
    static size_t seen;

    while (writer.changes == seen)
        usleep(20);
    seen = writer.changes;
}

static void stop_writer(void)
{
    if (!writer.runs)
        return;
    writer.ends = true;
    assert_int_equal(pthread_join(writer.thread, NULL), 0);
    writer.runs = false;
}

static void start_writer(uint64_t seed, size_t calm_us)
{
    stop_writer();
    writer.seed = seed;
    writer.calm_us = calm_us;
    writer.ends = false;
    replace(&rivals[0]);
    assert_int_equal(pthread_create(&writer.thread, NULL, write_on, NULL), 0);
    writer.runs = true;
}

/* What a run may end with */

static struct {
    size_t rounds, done, untrusted, no_file, stopped; /* stopped: between two revisions */
} tally;

static void count(int status, const char *message)
{
    tally.rounds++;
    tally.done += status == 0;
    tally.untrusted += status == 3;
    tally.no_file += status == 5;
    if (status != 0 && status != 3 && (status != 5 || !strstr(message, "not a regular file")))
        fail_msg("status %d: %s", status, message);
}

/* Where each verdict came at least now and then, the writer and the runs have met. */
static void check_tally(const char *what, size_t rounds)
{
    if (getenv("TORTURE"))
        printf("%s: %zu rounds, %zu done, %zu untrusted (%zu of them between revisions), "
               "%zu without a file\n",
               what, tally.rounds, tally.done, tally.untrusted, tally.stopped, tally.no_file);
    assert_int_equal(tally.rounds, rounds);
    assert_true(tally.done > rounds / 50 && tally.untrusted + tally.no_file > rounds / 50);
}

static const struct rival *find_rival(const struct digest *digest)
{
    for (size_t i = 0; i < COUNT(rivals); i++)
        if (digest_equal(&rivals[i].digest, digest))
            return &rivals[i];
    fail_msg("a bundle that nobody has signed");
    return NULL;
}

static const struct bundle_policy policy = {.trust = &trust, .now = NOW};

/* Verified, then read again, script by script: each is of the bundle that was verified, or refused.
 */
static void verify_round(void)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    struct error *error = bundle_open(arena, TEXT(PATH), &policy, &bundle);

    if (!error) {
        const struct rival *rival = find_rival(&bundle.container->digest);

        for (size_t i = 0; !error && i < STEPS; i++) {
            struct text text;

            error =
                payload_script(arena, &bundle.payload, &bundle.index->steps[i], SCRIPT_UP, &text);
            if (!error)
                assert_true(text_equal(text, rival->forge.scripts[i][SCRIPT_UP]));
        }
    }
    count(error_status(error), error ? error->message.bytes : "");
}

/* The database */

/* What a query gives, in one text: cells with '|' between them, each row ended by ';'. */
static struct text ask(struct arena *arena, const char *sql)
{
    CLEANUP(buffer_free) struct buffer answer = {0};
    sqlite3_stmt *statement = NULL;
    sqlite3 *database = NULL;

    assert_int_equal(sqlite3_open_v2(DATABASE, &database, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++)
            buffer_format(&answer, "%s%s", (const char *)sqlite3_column_text(statement, i),
                          i + 1 < sqlite3_column_count(statement) ? "|" : ";");
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    return arena_copy(arena, buffer_text(&answer));
}

/* Ledger and table agree, and both with one bundle. returns  how many revisions there are */
static size_t check_database(int status)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer ledger = {0}, done = {0};
    struct digest digest;
    size_t rows = 0;

    if (!support_exists(DATABASE) ||
        ask(arena, "SELECT 1 FROM sqlite_schema WHERE name = 'sqlferry_ledger'").size == 0)
        return 0;
    struct text said = ask(arena, "SELECT bundle, revision, script FROM sqlferry_ledger "
                                  "WHERE event = 'applied' ORDER BY number");
    assert_true(digest_from_hex(text_slice(said, 0, DIGEST_HEX_SIZE), &digest));
    const struct rival *rival = find_rival(&digest);
    for (struct text rest = said; rest.size; text_cut(&rest, ';'), rows++) {
        const struct index_step *step = &rival->forge.steps[rows];

        assert_true(rows < STEPS);
        buffer_format(&ledger, "%s|%s|%s;", digest_hex(arena, &rival->digest).bytes, step->id.bytes,
                      digest_hex(arena, &step->scripts[SCRIPT_UP].digest).bytes);
        buffer_format(&done, "%s|%zu;", rival->forge.index.release.bytes, rows);
    }
    assert_true(text_equal(said, buffer_text(&ledger)));
    assert_true(
        text_equal(ask(arena, "SELECT letter, step FROM done ORDER BY step"), buffer_text(&done)));
    assert_true(status == 3 || rows == STEPS);
    return rows;
}

static void remove_database(void)
{
    unlink(DATABASE);
    unlink(DATABASE "-journal");
}

static struct error *upgrade(struct arena *arena)
{
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(target_close) struct target *target = NULL;
    struct report report = report_new(arena, stdout, stderr);
    const struct target_options how = {.access = TARGET_WRITES};
    struct apply_options options = {.run = {.bundle = &bundle, .report = &report},
                                    .kind = SCRIPT_UP};
    struct applied applied;
    struct error *error = bundle_open(arena, TEXT(PATH), &policy, &bundle);

    report.quiet = true;
    if (!error)
        error = target_open(arena, TEXT(DATABASE), &how, &target);
    options.run.target = target;
    return error ? error : apply(arena, &options, &applied);
}

static void upgrade_round(void)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);

    remove_database();
    const struct error *error = upgrade(arena);
    count(error_status(error), error ? error->message.bytes : "");
    size_t rows = check_database(error_status(error));
    tally.stopped += rows > 0 && rows < STEPS;
}

/* The program itself */

/* Runs sqlland with these arguments; what it prints goes to the file "printed". */
static int run(const char *const *arguments)
{
    int status;

    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open("printed", O_WRONLY | O_CREAT | O_TRUNC, 0644);

        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        alarm(TIMEOUT_S); /* who hangs is ended by a signal */
        execv(sqlland, (char *const *)arguments);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("sqlland %s was ended by signal %d", arguments[1], WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int run_command(const char *command)
{
    const char *arguments[] = {"sqlland", command, PATH, "--key", "k.pub", NULL, NULL, NULL};

    if (strcmp(command, "verify") != 0) {
        arguments[5] = "--db";
        arguments[6] = DATABASE;
    }
    return run(arguments);
}

static void program_round(void)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    bool verifies = tally.rounds % 2;

    remove_database();
    int status = run_command(verifies ? "verify" : "upgrade");
    count(status, support_read(arena, "printed").bytes);
    if (verifies) {
        assert_false(support_exists(DATABASE));
        return;
    }
    size_t rows = check_database(status);
    tally.stopped += rows > 0 && rows < STEPS;
}

static const struct race_row {
    const char *name;
    void (*round)(void);
    size_t rounds, torture_rounds;
    size_t calm_us; /* about what some rounds take */
} race_rows[] = {
    {"verified", verify_round, 300, 6000, 3000},
    {"applied", upgrade_round, 150, 3000, 20000},
    {"by the program", program_round, 60, 1000, 10000},
};

static void test_race(void **state)
{
    const struct race_row *row = *state;
    size_t rounds = getenv("TORTURE") ? row->torture_rounds : row->rounds;

    memset(&tally, 0, sizeof(tally));
    start_writer((uint64_t)(row - race_rows), row->calm_us);
    for (size_t i = 0; i < rounds; i++) {
        await_change();
        row->round();
    }
    stop_writer();
    check_tally(row->name, rounds);
    remove_database();
}

/* Something else in the bundle's place */

static void bind_socket(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = PATH};
    CLEANUP(file_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

#define NOT_REGULAR "error: cannot read '" PATH "': not a regular file\n"
#define CANNOT_OPEN "error: cannot open '" PATH "': "

/* prepare: a command of the shell; NULL for a socket */
static const struct place_row {
    const char *name, *prepare, *expected;
} place_rows[] = {
    {"nothing", "true", CANNOT_OPEN "No such file or directory\n"},
    {"a FIFO", "mkfifo " PATH, NOT_REGULAR},
    {"a link to a FIFO", "mkfifo pipe; ln -s pipe " PATH, NOT_REGULAR},
    {"a FIFO with a writer", "mkfifo " PATH "; timeout 5 sh -c 'yes >" PATH "' &", NOT_REGULAR},
    {"a folder", "mkdir " PATH, NOT_REGULAR},
    {"/dev/zero", "ln -s /dev/zero " PATH, NOT_REGULAR},
    {"/dev/full", "ln -s /dev/full " PATH, NOT_REGULAR},
    {"a dangling link", "ln -s nowhere " PATH, CANNOT_OPEN "No such file or directory\n"},
    {"a link to itself", "ln -s " PATH " " PATH, CANNOT_OPEN "Too many levels of symbolic links\n"},
    {"a socket", NULL, CANNOT_OPEN "No such device or address\n"},
};

static void test_place(void **state)
{
    static const char *const commands[] = {"verify", "plan", "upgrade", "check"};
    const struct place_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    assert_int_equal(system("rm -rf pipe " PATH), 0);
    if (row->prepare)
        assert_int_equal(system(row->prepare), 0);
    else
        bind_socket();
    for (size_t i = 0; i < COUNT(commands); i++) {
        assert_int_equal(run_command(commands[i]), 5);
        assert_string_equal(support_read(arena, "printed").bytes, row->expected);
        assert_false(support_exists(DATABASE));
    }
    assert_int_equal(system("rm -rf pipe " PATH), 0);
}

static void test_end(void **state)
{
    (void)state;
    stop_writer();
}

static void test_prepare(void **state)
{
    (void)state;
    forge_key(memory, "k", &key);
    assert_null(trust_file_load_key(memory, TEXT("k.pub"), &trust));
    for (size_t i = 0; i < COUNT(rivals); i++)
        make_rival((char)('A' + i), &rivals[i]);
    assert_int_equal(rivals[0].bytes.size, rivals[1].bytes.size);
    assert_int_equal(rivals[0].payload, rivals[1].payload);
    for (size_t i = 0; i < rivals[0].forge.index.chunk_count; i++)
        assert_int_equal(rivals[0].forge.chunks[i].stored_size,
                         rivals[1].forge.chunks[i].stored_size);
}

int main(void)
{
    struct support_tests tests = {0};

    memory = arena_new(1 << 20);
    sqlland = support_program("sqlland");
    support_add(&tests, "make two bundles", test_prepare);
    support_add_rows(&tests, place_rows, test_place);
    support_add_rows(&tests, race_rows, test_race);
    support_add(&tests, "the writer ends", test_end);
    int failed = support_run("race", &tests);
    for (size_t i = 0; i < COUNT(rivals); i++)
        forge_free(&rivals[i].forge);
    signer_close(&key.secret);
    arena_free(&memory);
    return failed;
}

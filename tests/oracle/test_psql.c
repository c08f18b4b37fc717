/*
 * psql sends what our lexer cuts: scripts by lot are run by psql against a server that notes what
 * it receives, and every statement up to our first refusal must be the same.
 */
#include "tests/oracle/pieces.h"
#include "tests/oracle/recorder.h"
#include "tests/oracle/scripts.h"

#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MARK "SELECT 'end of script';"

enum { SCRIPTS = 3000, BATCH = 100, ARENA_SIZE = 1 << 18 };

static char folder[] = "/tmp/sqlferry-psql-XXXXXX";
static int listener;
static glob_t found;
static const char *psql; /* the real one: a wrapper takes its time */

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    listener = recorder_open(folder);
    psql = glob("/usr/lib/postgresql/*/bin/psql", 0, NULL, &found) == 0
               ? found.gl_pathv[found.gl_pathc - 1]
               : "psql";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    globfree(&found);
    close(listener);
    unlink(".s.PGSQL.5432");
    unlink("all.sql");
    for (int i = 0; i < BATCH; i++) {
        char name[16];

        snprintf(name, sizeof name, "%d.sql", i);
        unlink(name);
    }
    return rmdir(folder);
}

static void write_file(const char *name, struct text bytes)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.bytes, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

/* Runs all.sql. What psql thinks of it is no matter. */
static void run_psql(struct buffer *queries)
{
    const char *arguments[] = {psql,   "-X", "-q",      "-h",       folder,   "-p",
                               "5432", "-f", "all.sql", "postgres", "nobody", NULL};
    const char *environment[] = {"LC_ALL=C", "PGCLIENTENCODING=UTF8", NULL};
    posix_spawn_file_actions_t files;
    pid_t child;
    int status;

    posix_spawn_file_actions_init(&files);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    assert_int_equal(
        posix_spawnp(&child, psql, &files, NULL, (char **)arguments, (char **)environment), 0);
    posix_spawn_file_actions_destroy(&files);
    queries->size = 0;
    assert_true(recorder_serve(listener, queries));
    assert_int_equal(waitpid(child, &status, 0), child);
}

/* The next that is not empty. returns  false at the end of the script */
static bool next_query(struct text *queries, struct text *query)
{
    for (;;) {
        assert_true(queries->size > 0);
        *query = text_cut(queries, '\0');
        if (text_equal(*query, TEXT(MARK)))
            return false;
        if (query->size > 0 && !text_equal(*query, TEXT(";")))
            return true;
    }
}

/* returns  how many statements were compared */
static size_t compare(struct text script, struct text *queries)
{
    struct arena *arena = arena_new(ARENA_SIZE);
    struct text piece, query;
    struct pieces pieces;
    size_t count = 0;

    pieces_start(&pieces, arena, script, DIALECT_POSTGRESQL, 0);
    for (; pieces_next(&pieces, &piece); count++) {
        if (!next_query(queries, &query))
            pieces_fail(script, "only ours", piece);
        pieces_compare(script, piece, query);
    }
    if (next_query(queries, &query)) {
        if (pieces_are_all(&pieces))
            pieces_fail(script, "only psql's", query);
        while (next_query(queries, &query))
            ;
    }
    arena_free(&arena);
    return count;
}

/* Each script is a file of its own, which psql begins anew with. */
static void send(const struct text *scripts, int count, struct buffer *queries)
{
    CLEANUP(buffer_free) struct buffer all = {0};

    for (int i = 0; i < count; i++) {
        char name[16];

        snprintf(name, sizeof name, "%d.sql", i);
        write_file(name, scripts[i]);
        buffer_format(&all, "\\i %s\n%s\n", name, MARK);
    }
    write_file("all.sql", buffer_text(&all));
    run_psql(queries);
}

static void test_scripts(void **state)
{
    static struct buffer buffers[BATCH];
    CLEANUP(buffer_free) struct buffer queries = {0};
    struct text scripts[BATCH];
    size_t count = scripts_count(SCRIPTS), compared = 0;
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < count; i += BATCH) {
        for (size_t j = 0; j < BATCH; j++)
            scripts[j] = scripts_make(&buffers[j], DIALECT_POSTGRESQL,
                                      j % 3 ? SCRIPTS_SOUP : SCRIPTS_VALID, &seed);
        send(scripts, BATCH, &queries);
        struct text rest = buffer_text(&queries);
        for (size_t j = 0; j < BATCH; j++)
            compared += compare(scripts[j], &rest);
        assert_int_equal(rest.size, 0);
    }
    print_message("%zu scripts, %zu statements\n", count, compared);
    assert_true(compared > count / 2);
    for (size_t i = 0; i < BATCH; i++)
        buffer_free(&buffers[i]);
}

/* What psql makes of scripts that we refuse because the server reads them differently. */
static const struct {
    struct text script;
    const char *queries[3];
    const char *reason;
} quirks[] = {
    {TEXT("SELECT E'a'\n'b\\'; c';"),
     {"SELECT E'a'\n'b\\';", "c';\n"},
     "psql reads line by line, and forgets that the string began with E"},
    {TEXT("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.end; SELECT 1; END;"),
     {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT t.end;", "SELECT 1;", "END;"},
     "psql counts the words BEGIN, CASE and END, whatever they stand for"},
    {TEXT("CREATE FUNCTION begin() RETURN 1; SELECT 1;"),
     {"CREATE FUNCTION begin() RETURN 1; SELECT 1;\n"},
     "the same; the rest of the file is swallowed"},
    {TEXT("SELECT 1\\; SELECT 2;"),
     {"SELECT 1; SELECT 2;"},
     "a backslash makes the semicolon one that is sent along"},
    {TEXT("SELECT a[:PORT];"), {"SELECT a[5432];"}, "psql fills in its variables, slices or not"},
};

static void test_quirks(void **state)
{
    CLEANUP(buffer_free) struct buffer queries = {0};
    struct text scripts[COUNT(quirks)], query;

    (void)state;
    for (size_t i = 0; i < COUNT(quirks); i++)
        scripts[i] = quirks[i].script;
    send(scripts, COUNT(quirks), &queries);
    struct text rest = buffer_text(&queries);
    for (size_t i = 0; i < COUNT(quirks); i++) {
        struct arena *arena = arena_new(ARENA_SIZE);
        struct pieces pieces;
        struct text piece;

        print_message("%s\n", quirks[i].reason);
        for (size_t j = 0; j < COUNT(quirks[i].queries) && quirks[i].queries[j]; j++) {
            assert_true(next_query(&rest, &query));
            pieces_compare(scripts[i], text_from(quirks[i].queries[j]), query);
        }
        assert_false(next_query(&rest, &query));
        pieces_start(&pieces, arena, scripts[i], DIALECT_POSTGRESQL, 0);
        while (pieces_next(&pieces, &piece))
            ;
        assert_false(pieces_are_all(&pieces));
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_quirks),
    };

    return cmocka_run_group_tests_name("psql", tests, set_up, tear_down);
}

/* Files that appear and change together, or not at all. */
#include "compiler/changeset.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void check_file(struct arena *arena, const char *path, const char *expected)
{
    assert_string_equal(support_read(arena, path).bytes, expected);
}

/* Two new files, one of them in new folders, and one that changes, which is reached by a link. */
static void add_all(struct changeset *changeset)
{
    changeset_add(changeset, TEXT("new"), TEXT("n\n"));
    changeset_add(changeset, TEXT("a/b/new"), TEXT(""));
    changeset_replace(changeset, TEXT("link"), TEXT("before\n"), TEXT("after\n"));
    changeset_replace(changeset, TEXT("second"), TEXT("before\n"), TEXT("after\n"));
}

static void begin(void)
{
    support_write("real", TEXT("before\n"));
    support_write("second", TEXT("before\n"));
    assert_int_equal(chmod("real", 0640), 0);
    assert_int_equal(symlink("real", "link"), 0);
}

static void end(void)
{
    static const char *const files[] = {"real", "second", "link", "new", "a/b/new", "a/b", "a"};

    for (size_t i = 0; i < COUNT(files); i++)
        remove(files[i]);
    assert_int_equal(support_file_count(), 0);
}

static void test_commit(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct stat status;

    (void)state;
    begin();
    {
        CLEANUP(changeset_close) struct changeset changeset = {.arena = arena};
        add_all(&changeset);
        support_check(changeset_commit(&changeset), "");
    }
    check_file(arena, "new", "n\n");
    check_file(arena, "a/b/new", "");
    check_file(arena, "real", "after\n");
    check_file(arena, "second", "after\n");
    assert_int_equal(lstat("link", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat("real", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(support_file_count(), 5);
    end();
    arena_free(&arena);
}

static void test_dropped(void **state)
{
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    begin();
    {
        CLEANUP(changeset_close) struct changeset changeset = {.arena = arena};
        add_all(&changeset);
    }
    assert_int_equal(support_file_count(), 3);
    end();
    arena_free(&arena);
}

/* What stands in the way of one of the files, and what is said. */
static const struct failure_row {
    const char *name, *path, *text, *expected;
} failure_rows[] = {
    {"the first exists", "new", "mine", "1 'new' already exists"},
    {"a folder is a file", "a", "mine", "5 cannot write 'a/b/new': Not a directory"},
    {"one changed meanwhile", "real", "other\n",
     "1 'FOLDER/real' has changed meanwhile / Say it again."},
    {"the last changed meanwhile", "second", "before\nx",
     "1 'FOLDER/second' has changed meanwhile / Say it again."},
};

static void test_failure(void **state)
{
    const struct failure_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    char folder[4096];

    begin();
    support_write(row->path, text_from(row->text));
    size_t count = support_file_count();
    {
        CLEANUP(changeset_close) struct changeset changeset = {.arena = arena};
        add_all(&changeset);
        struct text shown = text_from(support_show(arena, changeset_commit(&changeset)));
        size_t at = text_find(text_from(row->expected), TEXT("FOLDER"));
        struct text expected = text_from(row->expected);
        if (at < expected.size)
            expected = arena_format(arena, "%.*s%s%s", (int)at, row->expected,
                                    getcwd(folder, sizeof(folder)), row->expected + at + 6);
        assert_string_equal(shown.bytes, expected.bytes);
    }
    check_file(arena, row->path, row->text);
    assert_int_equal(support_file_count(), count);
    for (size_t i = 0; i < 2; i++)
        if (strcmp(row->path, i ? "second" : "real") != 0)
            check_file(arena, i ? "second" : "real", "before\n");
    end();
    arena_free(&arena);
}

/* Between the writing of the files and their places, somebody makes one of the new ones. */
static void test_taken_back(void **state)
{
    struct arena *arena = arena_new(1 << 20);

    (void)state;
    begin();
    {
        CLEANUP(changeset_close) struct changeset changeset = {.arena = arena};
        changeset_add(&changeset, TEXT("a/b/new"), TEXT("1"));
        changeset_replace(&changeset, TEXT("second"), TEXT("before\n"), TEXT("after\n"));
        changeset_add(&changeset, TEXT("new"), TEXT("2"));
        changeset_add(&changeset, TEXT("new"), TEXT("3"));
        support_check(changeset_commit(&changeset), "1 'new' already exists");
    }
    check_file(arena, "second", "before\n");
    assert_int_equal(support_file_count(), 3);
    end();
    arena_free(&arena);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add(&tests, "all are written", test_commit);
    support_add(&tests, "none without a commit", test_dropped);
    support_add_rows(&tests, failure_rows, test_failure);
    support_add(&tests, "what stands in its place is taken back", test_taken_back);
    return support_run("changeset", &tests);
}

#include "support.h"
#include "runtime/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void add(struct support_tests *tests, struct CMUnitTest test)
{
    tests->list = reallocarray(tests->list, tests->count + 1, sizeof(test));
    assert_non_null(tests->list);
    tests->list[tests->count++] = test;
}

void support_add(struct support_tests *tests, const char *name, support_test *test)
{
    add(tests, (struct CMUnitTest){name, test, NULL, NULL, NULL});
}

void support_add_table(struct support_tests *tests, const void *rows, size_t row_size, size_t count,
                       support_test *test)
{
    for (size_t i = 0; i < count; i++) {
        const char *row = (const char *)rows + i * row_size;

        add(tests,
            (struct CMUnitTest){*(const char *const *)row, test, NULL, NULL, (void *)(size_t)row});
    }
}

int support_run(const char *group, struct support_tests *tests)
{
    const char *shared = getenv("TMPDIR");
    char folder[4096], command[4200];

    umask(022);
    snprintf(folder, sizeof(folder), "%s/sqlferry-%s-XXXXXX", shared ? shared : "/tmp", group);
    if (!mkdtemp(folder) || chdir(folder) < 0) {
        perror(folder);
        return 1;
    }
    int failed = _cmocka_run_group_tests(group, tests->list, tests->count, NULL, NULL);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    if (chdir("/") < 0 || system(command) != 0)
        failed = 1;
    free(tests->list);
    return failed;
}

static void show_place(struct buffer *shown, struct span span, bool with_size)
{
    if (!span.source)
        return;
    struct place place = span_place(span);
    buffer_format(shown, "%.*s:%zu:%zu", TEXT_ARGS(span.source->name), place.line, place.column);
    if (with_size)
        buffer_format(shown, "+%zu", span.size);
    buffer_add(shown, TEXT(": "));
}

const char *support_show(struct arena *arena, const struct error *error)
{
    CLEANUP(buffer_free) struct buffer shown = {0};

    for (const char *gap = ""; error; error = error->next, gap = " | ") {
        buffer_format(&shown, "%s%d ", gap, error_status(error));
        show_place(&shown, error->span, true);
        buffer_add(&shown, error->message);
        for (const struct note *note = error->notes; note; note = note->next) {
            buffer_add(&shown, TEXT("; "));
            show_place(&shown, note->span, false);
            buffer_add(&shown, note->message);
        }
        if (error->hint.size) {
            buffer_add(&shown, TEXT(" / "));
            buffer_add(&shown, error->hint);
        }
    }
    return arena_copy(arena, buffer_text(&shown)).bytes;
}

void support_check(const struct error *error, const char *expected)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);

    assert_string_equal(support_show(arena, error), expected);
}

void support_write(const char *path, struct text bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.bytes, 1, bytes.size, file), bytes.size);
    assert_int_equal(fclose(file), 0);
}

static void write_entry(struct arena *arena, struct text path, struct text bytes)
{
    size_t arrow = text_find(path, TEXT(" -> "));
    struct text target = arena_copy(arena, text_slice(path, arrow + 4, path.size));

    path = arena_copy(arena, text_slice(path, 0, arrow));
    for (size_t i = 0; i < path.size; i++)
        if (path.bytes[i] == '/')
            mkdir(arena_copy(arena, text_slice(path, 0, i)).bytes, 0700);
    if (target.size)
        assert_int_equal(symlink(target.bytes, path.bytes), 0);
    else if (!text_ends(path, TEXT("/")))
        support_write(path.bytes, bytes);
}

void support_write_tree(struct text files)
{
    struct arena *arena = arena_new(16 << 20);

    while (files.size) {
        struct text path = text_slice(text_cut(&files, '\n'), strlen("=== "), SIZE_MAX);
        struct text rest = files;

        while (rest.size && !text_starts(rest, TEXT("=== ")))
            text_cut(&rest, '\n');
        write_entry(arena, path, text_slice(files, 0, files.size - rest.size));
        files = rest;
    }
    arena_free(&arena);
}

struct text support_file_text(struct arena *arena, FILE *file)
{
    assert_int_equal(fflush(file), 0);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *bytes = arena_array(arena, char, (size_t)size + 1);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
    return (struct text){bytes, (size_t)size};
}

struct text support_read(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    struct text text = support_file_text(arena, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

bool support_exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

size_t support_file_count(void)
{
    DIR *folder = opendir(".");
    size_t count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* "." and ".." */
}

/* Lets a descriptor write to the file; returns a copy of what it was. */
static int divert(int fd, FILE *file)
{
    int before = dup(fd);

    assert_true(before >= 0 && dup2(fileno(file), fd) == fd);
    return before;
}

static void restore(int fd, int before)
{
    assert_int_equal(dup2(before, fd), fd);
    close(before);
}

int support_capture(struct arena *arena, int (*function)(const void *argument),
                    const void *argument, struct text *results, struct text *messages)
{
    FILE *out = tmpfile(), *err = tmpfile();

    assert_true(out && err);
    fflush(stdout);
    fflush(stderr);
    int before_out = divert(STDOUT_FILENO, out), before_err = divert(STDERR_FILENO, err);
    int result = function(argument);
    fflush(stdout);
    fflush(stderr);
    restore(STDOUT_FILENO, before_out);
    restore(STDERR_FILENO, before_err);
    *results = support_file_text(arena, out);
    *messages = support_file_text(arena, err);
    fclose(out);
    fclose(err);
    return result;
}

int support_fork(struct arena *arena, void (*function)(const void *argument), const void *argument,
                 struct text *messages)
{
    FILE *err = tmpfile();
    int status;

    assert_non_null(err);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(fileno(err), STDERR_FILENO);
        function(argument);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    *messages = support_file_text(arena, err);
    fclose(err);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The test is build/VARIANT/tests/KIND/test_NAME, the programs are in build/VARIANT. */
const char *support_program(const char *name)
{
    static char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - strlen(name) - 2);

    path[size > 0 ? size : 0] = '\0';
    for (int i = 0; i < 3 && strrchr(path, '/'); i++)
        *strrchr(path, '/') = '\0';
    strcat(path, "/");
    return strcat(path, name);
}

uint64_t support_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t support_below(uint64_t *state, uint64_t limit)
{
    return support_random(state) % limit;
}

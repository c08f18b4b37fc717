/* support.h - what the unit tests share: rows as tests, errors as text, folders, captured output.
 */
#pragma once

#include "runtime/buffer.h"
#include "runtime/error.h"

/* The tests of one program, in the order they were added; starts as {0}. */
struct support_tests {
    struct CMUnitTest *list;
    size_t count;
};

typedef void support_test(void **state);

void support_add(struct support_tests *tests, const char *name, support_test *test);

/* A test for each row of a table, called with *state at its row. name is the rows' first member. */
#define support_add_rows(tests, rows, test)                                                        \
    support_add_table((tests), (rows), sizeof((rows)[0]), COUNT(rows), (test))
void support_add_table(struct support_tests *tests, const void *rows, size_t row_size, size_t count,
                       support_test *test);

/* Runs them in a temporary folder, which is gone afterwards; returns what main returns. */
int support_run(const char *group, struct support_tests *tests);

/*
 * An error and those behind it as one line: exit status, place, message, notes, hint:
 * "1 a.sql:2:5+8: message; b.sql:1:1: note / hint | 1 the next one". "" for success.
 */
const char *support_show(struct arena *arena, const struct error *error);
void support_check(const struct error *error, const char *expected);

/* Paths are relative to the temporary folder. */
void support_write(const char *path, struct text bytes);
/*
 * Files out of one text: behind a line "=== PATH" stands what is in the file. "=== PATH -> TARGET"
 * is a link, "=== PATH/" an empty folder.
 */
void support_write_tree(struct text files);
struct text support_read(struct arena *arena, const char *path);
bool support_exists(const char *path);
size_t support_file_count(void); /* files and folders in the temporary folder */

/* Files for output that is looked at afterwards, as report and stdio know them. */
struct text support_file_text(struct arena *arena, FILE *file);

/* Calls the function with stdout and stderr caught, and gives back its result. */
int support_capture(struct arena *arena, int (*function)(const void *argument),
                    const void *argument, struct text *results, struct text *messages);

/* Calls it in a child process. returns its exit status: of exit, or 0 where function returns */
int support_fork(struct arena *arena, void (*function)(const void *argument), const void *argument,
                 struct text *messages);

/* The path of a program of the build that this test belongs to; kept until the next call. */
const char *support_program(const char *name);

/* Numbers that only look random: the same ones in every run (splitmix64). */
uint64_t support_random(uint64_t *state);
uint64_t support_below(uint64_t *state, uint64_t limit);

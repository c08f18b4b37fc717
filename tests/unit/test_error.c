/* What an error holds, the order of several, and the exit statuses. */
#include "runtime/error.h"
#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct source source_a = {TEXT("a.yaml"), TEXT("0123456789abcdefghij")};
static const struct source source_b = {TEXT("b.yaml"), TEXT("0123456789abcdefghij")};

/*
 * Errors are written as letters and digits: a5 is one at offset 5 of a.yaml, b for b.yaml, - one
 * without a place. The letter behind tells errors at one place apart.
 */
static const struct order_row {
    const char *name, *errors, *expected;
} order_rows[] = {
    {"order: none", "", ""},
    {"order: one", "a5", "a5"},
    {"order: as they came", "a1 a2 a3", "a1 a2 a3"},
    {"order: backwards", "a9 a5 a1", "a1 a5 a9"},
    {"order: mixed", "a5 a9 a1 a7 a3", "a1 a3 a5 a7 a9"},
    {"order: one place, as they came", "a5x a5y a5z", "a5x a5y a5z"},
    {"order: one place, among others", "a5x a1 a5y a9 a5z", "a1 a5x a5y a5z a9"},
    {"order: two files keep theirs", "b1 a1", "b1 a1"},
    {"order: two files, each in its order", "b5 b1 a5 a1", "b1 b5 a1 a5"},
    {"order: without a place", "- a1", "- a1"},
    {"order: without a place, behind", "a5 a1 -x -y", "a1 a5 -x -y"},
};

static struct error *make(struct arena *arena, struct text word)
{
    uint64_t offset = 0;
    struct span span = {0};

    text_number(text_slice(word, 1, 1), 9, &offset);
    if (word.bytes[0] != '-')
        span = (struct span){word.bytes[0] == 'a' ? &source_a : &source_b, offset, 1};
    return error_at(arena, ERROR_INPUT, span, "%.*s", TEXT_ARGS(word));
}

static const char *messages_of(struct arena *arena, const struct error *error)
{
    const char *shown = "";

    for (; error; error = error->next)
        shown = arena_format(arena, "%s%s%.*s", shown, *shown ? " " : "", TEXT_ARGS(error->message))
                    .bytes;
    return shown;
}

static void test_order(void **state)
{
    const struct order_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct errors errors = {0};
    struct text rest = text_from(row->errors);

    while (rest.size)
        errors_add(&errors, make(arena, text_cut(&rest, ' ')));
    assert_string_equal(messages_of(arena, errors_sorted(&errors)), row->expected);
    assert_null(errors.first);
    assert_int_equal(errors.count, 0);
}

/* Errors of one file that came in any order come out in one. */
static void test_order_generated(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (size_t i = 0; i < 500; i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        struct errors errors = {0};
        size_t count = support_below(&seed, ERRORS_MAX + 1), seen = 0, before = 0;

        for (size_t j = 0; j < count; j++)
            errors_add(&errors,
                       error_at(arena, ERROR_INPUT,
                                (struct span){&source_a, support_below(&seed, 20), 1}, "x"));
        for (struct error *error = errors_sorted(&errors); error; error = error->next, seen++) {
            assert_true(error->span.offset >= before);
            before = error->span.offset;
        }
        assert_int_equal(seen, count);
    }
}

static void test_cap(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct errors errors = {0};
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < ERRORS_MAX + 5; i++) {
        assert_int_equal(errors_full(&errors), i >= ERRORS_MAX);
        errors_add(&errors, error_plain(arena, ERROR_INPUT, "%zu", i));
    }
    assert_int_equal(errors.count, ERRORS_MAX);
    for (struct error *error = errors_sorted(&errors); error; error = error->next, count++)
        assert_string_equal(error->message.bytes, arena_format(arena, "%zu", count).bytes);
    assert_int_equal(count, ERRORS_MAX);
}

/* A chain that another pass made is added as a whole, and capped like single ones. */
static void test_chain(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct errors inner = {0}, outer = {0};

    (void)state;
    errors_add(&inner, NULL);
    assert_int_equal(inner.count, 0);
    assert_null(errors_sorted(&inner));
    for (size_t i = 0; i < 15; i++)
        errors_add(&inner, error_plain(arena, ERROR_INPUT, "inner"));
    for (size_t i = 0; i < 10; i++)
        errors_add(&outer, error_plain(arena, ERROR_INPUT, "outer"));
    errors_add(&outer, errors_sorted(&inner));
    assert_int_equal(outer.count, ERRORS_MAX);
    assert_null(outer.last->next);
    assert_string_equal(outer.last->message.bytes, "inner");
}

static const struct status_row {
    const char *name;
    enum error_code code;
    int status;
} status_rows[] = {
    {"status: input refused", ERROR_INPUT, 1}, {"status: usage", ERROR_USAGE, 2},
    {"status: untrusted", ERROR_UNTRUSTED, 3}, {"status: the database refused", ERROR_DATABASE, 4},
    {"status: system", ERROR_SYSTEM, 5},       {"status: the state does not fit", ERROR_STATE, 6},
    {"status: locked", ERROR_LOCKED, 7},       {"status: unknown", ERROR_UNKNOWN, 8},
};

static void test_status(void **state)
{
    const struct status_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct error *error = error_plain(arena, row->code, "x");

    error->next = error_plain(arena, ERROR_SYSTEM, "y"); /* the first one decides */
    assert_int_equal(error_status(error), row->status);
    assert_int_equal(error_status(NULL), 0);
}

static void test_whole(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct error *error = error_at(arena, ERROR_INPUT, (struct span){&source_a, 4, 2},
                                   "revision '%s' is listed twice", "a41f");

    (void)state;
    assert_ptr_equal(error_note(arena, error, (struct span){&source_b, 9, 1}, "first %s", "here"),
                     error);
    assert_ptr_equal(error_note(arena, error, (struct span){0}, "then there"), error);
    assert_ptr_equal(error_hint(arena, error, "Remove one of the %d.", 2), error);
    support_check(error, "1 a.yaml:1:5+2: revision 'a41f' is listed twice; b.yaml:1:10: first "
                         "here; then there / Remove one of the 2.");
}

static void test_system(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    (void)state;
    errno = ENOENT;
    support_check(error_system(arena, "cannot open '%s'", "a.sql"),
                  "5 cannot open 'a.sql': No such file or directory");
    errno = EACCES;
    support_check(error_system(arena, "cannot read it"), "5 cannot read it: Permission denied");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add(&tests, "place, notes and hint", test_whole);
    support_add(&tests, "what errno says", test_system);
    support_add_rows(&tests, order_rows, test_order);
    support_add(&tests, "order: generated", test_order_generated);
    support_add(&tests, "twenty at most", test_cap);
    support_add(&tests, "chains are added and capped", test_chain);
    support_add_rows(&tests, status_rows, test_status);
    return support_run("error", &tests);
}

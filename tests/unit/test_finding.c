/* Faults and warnings in one list: their order, and what of it is refused. */
#include "runtime/finding.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct finding_row {
    const char *name, *found; /* "F" for a fault, "w" for a warning, in this order */
    const char *shown, *refused;
    size_t faults;
} finding_rows[] = {
    {"finding: nothing", "", "", "", 0},
    {"finding: a warning", "w", "w0 ", "", 0},
    {"finding: a fault", "F", "F0 ", "6 error 0", 1},
    {"finding: a warning, then a fault", "wF", "w0 F1 ", "6 error 1", 1},
    {"finding: a fault, then a warning", "Fw", "F0 w1 ", "6 error 0", 1},
    {"finding: several", "wFwFFw", "w0 F1 w2 F3 F4 w5 ", "6 error 1 | 6 error 3 | 6 error 4", 3},
};

static void find(struct arena *arena, struct findings *findings, const char *found)
{
    for (int i = 0; found[i]; i++)
        findings_add(arena, findings, found[i] == 'F' ? FINDING_FAULT : FINDING_WARNING, "name",
                     arena_format(arena, "%d", i), error_plain(arena, ERROR_STATE, "error %d", i));
}

static void test_finding(void **state)
{
    const struct finding_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct findings findings = {0};
    struct text shown = TEXT("");
    size_t count = 0;

    find(arena, &findings, row->found);
    for (int twice = 0; twice < 2; twice++)
        support_check(findings_refuse(&findings), row->refused);
    for (struct finding *finding = findings.first; finding; finding = finding->next, count++) {
        shown = arena_format(arena, "%s%c%.*s ", shown.bytes,
                             finding->severity == FINDING_FAULT ? 'F' : 'w',
                             TEXT_ARGS(finding->revision));
        assert_string_equal(finding->name, "name");
        assert_true(finding->next || finding == findings.last);
    }
    assert_string_equal(shown.bytes, row->shown);
    assert_int_equal(findings.count, count);
    assert_int_equal(findings.fault_count, row->faults);
}

/* More are found than are told. */
static void test_many(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct findings findings = {0};
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 50; i++)
        find(arena, &findings, "F");
    for (const struct error *error = findings_refuse(&findings); error; error = error->next)
        count++;
    assert_int_equal(count, ERRORS_MAX);
    assert_int_equal(findings.count, 50);
    assert_int_equal(findings.fault_count, 50);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, finding_rows, test_finding);
    support_add(&tests, "fifty faults", test_many);
    return support_run("finding", &tests);
}

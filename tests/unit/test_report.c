/* Errors as the user sees them, caret included; results that stay one safe line each. */
#include "runtime/report.h"
#include "support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define BOM   "\xef\xbb\xbf"
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define WIDE_TEN                                                                                   \
    "\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8"                                 \
    "\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8\xe8\xa1\xa8"
#define BLANK_TEN "          "
#define TILDE_TEN "~~~~~~~~~~"

/* A report into two files in memory. */
struct sheet {
    struct arena *arena;
    struct report report;
    FILE *results, *messages;
};

static struct sheet sheet_new(void)
{
    struct sheet sheet = {
        .arena = arena_new(16 << 20), .results = tmpfile(), .messages = tmpfile()};

    assert_true(sheet.results && sheet.messages);
    sheet.report = report_new(sheet.arena, sheet.results, sheet.messages);
    return sheet;
}

static void sheet_free(struct sheet *sheet)
{
    fclose(sheet->results);
    fclose(sheet->messages);
    arena_free(&sheet->arena);
}

static void check_sheet(struct sheet *sheet, const char *results, const char *messages)
{
    assert_string_equal(support_file_text(sheet->arena, sheet->messages).bytes, messages);
    assert_string_equal(support_file_text(sheet->arena, sheet->results).bytes, results);
}

/* An error in a.sql, its message "no". */
static const struct error_row {
    const char *name;
    struct text text;
    size_t offset, size;
    const char *expected;
} error_rows[] = {
    {"error: a word", TEXT("SELECT 1;\nSELECT two;\n"), 17, 3,
     "a.sql:2:8: error: no\n"
     "    2 | SELECT two;\n"
     "      |        ^~~\n"},
    {"error: one character", TEXT("SELECT 1;"), 7, 1,
     "a.sql:1:8: error: no\n"
     "    1 | SELECT 1;\n"
     "      |        ^\n"},
    {"error: no characters", TEXT("SELECT 1;"), 7, 0,
     "a.sql:1:8: error: no\n"
     "    1 | SELECT 1;\n"
     "      |        ^\n"},
    {"error: a whole line", TEXT("SELECT 1;\n"), 0, 9,
     "a.sql:1:1: error: no\n"
     "    1 | SELECT 1;\n"
     "      | ^~~~~~~~~\n"},
    {"error: several lines, marked to the end of the first", TEXT("SELECT 'a\nb\nc';"), 7, 8,
     "a.sql:1:8: error: no\n"
     "    1 | SELECT 'a\n"
     "      |        ^~\n"},
    {"error: more than there is", TEXT("SELECT"), 3, 99,
     "a.sql:1:4: error: no\n"
     "    1 | SELECT\n"
     "      |    ^~~\n"},
    {"error: the end of a line", TEXT("SELECT 1\nx"), 8, 1,
     "a.sql:1:9: error: no\n"
     "    1 | SELECT 1\n"
     "      |         ^\n"},
    {"error: an empty line", TEXT("a\n\nb\n"), 2, 0,
     "a.sql:2:1: error: no\n"
     "    2 |\n"
     "      | ^\n"},
    {"error: the end of the file, behind a line feed", TEXT("SELECT 1\n"), 9, 0,
     "a.sql:2:1: error: no\n"
     "    2 |\n"
     "      | ^\n"},
    {"error: the end of the file, in mid-line", TEXT("SELECT 1"), 8, 0,
     "a.sql:1:9: error: no\n"
     "    1 | SELECT 1\n"
     "      |         ^\n"},
    {"error: an empty file", TEXT(""), 0, 0,
     "a.sql:1:1: error: no\n"
     "    1 |\n"
     "      | ^\n"},
    {"error: behind the file", TEXT("x"), 50, 3,
     "a.sql:1:2: error: no\n"
     "    1 | x\n"
     "      |  ^\n"},
    {"error: carriage returns do not show", TEXT("a\r\nbc\r\nd"), 4, 1,
     "a.sql:2:2: error: no\n"
     "    2 | bc\n"
     "      |  ^\n"},
    {"error: a carriage return itself", TEXT("ab\r\nc"), 2, 1,
     "a.sql:1:3: error: no\n"
     "    1 | ab\n"
     "      |   ^\n"},

    {"error: behind tabs", TEXT("\t\tSELECT 1;"), 2, 6,
     "a.sql:1:3: error: no\n"
     "    1 |   SELECT 1;\n"
     "      |   ^~~~~~\n"},
    {"error: tabs marked", TEXT("a\t\tb"), 1, 2,
     "a.sql:1:2: error: no\n"
     "    1 | a  b\n"
     "      |  ^~\n"},
    {"error: behind wide characters", TEXT("\xe8\xa1\xa8 = x"), 6, 1,
     "a.sql:1:5: error: no\n"
     "    1 | \xe8\xa1\xa8 = x\n"
     "      |      ^\n"},
    {"error: wide characters marked", TEXT("SELECT \xe8\xa1\xa8\xe6\xa0\xbc;"), 7, 6,
     "a.sql:1:8: error: no\n"
     "    1 | SELECT \xe8\xa1\xa8\xe6\xa0\xbc;\n"
     "      |        ^~~~\n"},
    {"error: behind a combining accent", TEXT("e\xcc\x81 x"), 4, 1,
     "a.sql:1:4: error: no\n"
     "    1 | e\xcc\x81 x\n"
     "      |   ^\n"},
    {"error: behind umlauts", TEXT("\xc3\xa4\xc3\xb6\xc3\xbc x"), 7, 1,
     "a.sql:1:5: error: no\n"
     "    1 | \xc3\xa4\xc3\xb6\xc3\xbc x\n"
     "      |     ^\n"},
    {"error: behind an escape sequence", TEXT("\033[31mx"), 5, 1,
     "a.sql:1:6: error: no\n"
     "    1 | \\x1B[31mx\n"
     "      |         ^\n"},
    {"error: an escape sequence marked", TEXT("a\033b"), 1, 1,
     "a.sql:1:2: error: no\n"
     "    1 | a\\x1Bb\n"
     "      |  ^~~~\n"},
    {"error: a malformed byte marked",
     TEXT("a\xff"
          "b"),
     1, 1,
     "a.sql:1:2: error: no\n"
     "    1 | a\\xFFb\n"
     "      |  ^~~~\n"},
    {"error: a NUL marked", TEXT("a\0b"), 1, 1,
     "a.sql:1:2: error: no\n"
     "    1 | a\\x00b\n"
     "      |  ^~~~\n"},
    {"error: right-to-left override",
     TEXT("a\xe2\x80\xae"
          "b"),
     4, 1,
     "a.sql:1:3: error: no\n"
     "    1 | a\\u{202E}b\n"
     "      |          ^\n"},
    {"error: behind a byte-order mark", TEXT(BOM "SELECT 1;"), 10, 1,
     "a.sql:1:8: error: no\n"
     "    1 | SELECT 1;\n"
     "      |        ^\n"},
    {"error: a byte-order mark itself", TEXT(BOM "SELECT"), 0, 3,
     "a.sql:1:1: error: no\n"
     "    1 | \\u{FEFF}SELECT\n"
     "      | ^~~~~~~~\n"},
    {"error: a second byte-order mark", TEXT(BOM BOM "x"), 6, 1,
     "a.sql:1:2: error: no\n"
     "    1 | \\u{FEFF}x\n"
     "      |         ^\n"},

    {"error: a line of a hundred characters", TEXT(FIFTY FIFTY), 99, 1,
     "a.sql:1:100: error: no\n"
     "    1 | " FIFTY FIFTY "\n"
     "      | " BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN
         BLANK_TEN "         ^\n"},
    {"error: the front of a long line", TEXT(FIFTY FIFTY FIFTY), 3, 2,
     "a.sql:1:4: error: no\n"
     "    1 | 01234"
     "56789" TEN TEN TEN TEN "01234...\n"
     "      |    ^~\n"},
    {"error: the middle of a long line", TEXT(FIFTY FIFTY "xyz" FIFTY FIFTY), 100, 3,
     "a.sql:1:101: error: no\n"
     "    1 | ..." FIFTY "xyz" FIFTY "...\n"
     "      |    " BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN "^~~\n"},
    {"error: the end of a long line", TEXT(FIFTY FIFTY "xyz"), 102, 1,
     "a.sql:1:103: error: no\n"
     "    1 | ..."
     "23456789" TEN TEN TEN TEN "xyz\n"
     "      |    " BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN "^\n"},
    {"error: a long part of a long line", TEXT("a" FIFTY FIFTY "z and more"), 1, 100,
     "a.sql:1:2: error: no\n"
     "    1 | a" FIFTY "...\n"
     "      |  ^" TILDE_TEN TILDE_TEN TILDE_TEN TILDE_TEN "~~~~~~~~~\n"},
    {"error: a long line of wide characters",
     TEXT(WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN
          "x"),
     300, 1,
     "a.sql:1:101: error: no\n"
     "    1 | ..." WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN WIDE_TEN "x\n"
     "      |    " BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN BLANK_TEN
         BLANK_TEN BLANK_TEN "^\n"},
};

static void test_error(void **state)
{
    const struct error_row *row = *state;
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    struct source source = {TEXT("a.sql"), row->text};

    report_error(&sheet.report, error_at(sheet.arena, ERROR_INPUT,
                                         (struct span){&source, row->offset, row->size}, "no"));
    check_sheet(&sheet, "", row->expected);
}

/* Far down, line numbers take more room; the caret still stands where the text does. */
static const struct line_row {
    const char *name;
    size_t line;
    const char *expected;
} line_rows[] = {
    {"line 9", 9, "a.sql:9:2: error: no\n    9 | abc\n      |  ^\n"},
    {"line 99999", 99999, "a.sql:99999:2: error: no\n99999 | abc\n      |  ^\n"},
    {"line 100000", 100000, "a.sql:100000:2: error: no\n100000 | abc\n       |  ^\n"},
    {"line 1234567", 1234567, "a.sql:1234567:2: error: no\n1234567 | abc\n        |  ^\n"},
};

static void test_line(void **state)
{
    const struct line_row *row = *state;
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    CLEANUP(buffer_free) struct buffer buffer = {0};

    memset(buffer_reserve(&buffer, row->line), '\n', row->line);
    buffer.size = row->line - 1;
    buffer_add(&buffer, TEXT("abc"));
    struct source source = {TEXT("a.sql"), buffer_text(&buffer)};
    report_error(&sheet.report,
                 error_at(sheet.arena, ERROR_INPUT, (struct span){&source, row->line, 1}, "no"));
    check_sheet(&sheet, "", row->expected);
}

/* A line of megabytes costs its excerpt only. */
static void test_huge_line(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(256 << 10);
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    CLEANUP(buffer_free) struct buffer buffer = {0};
    enum { HALF = 2 << 20 };

    (void)state;
    sheet.report.arena = arena;
    memset(buffer_reserve(&buffer, 2 * HALF), 'x', 2 * HALF);
    buffer.size = 2 * HALF;
    buffer.bytes[HALF] = '?';
    struct source source = {TEXT("a.sql"), buffer_text(&buffer)};
    report_error(&sheet.report,
                 error_at(arena, ERROR_INPUT, (struct span){&source, HALF, HALF}, "no"));
    struct text shown = support_file_text(sheet.arena, sheet.messages);
    assert_int_equal(shown.size, sizeof("a.sql:1:2097153: error: no\n") - 1 + 8 +
                                     (3 + 50 + 50 + 3) + 1 + 8 + (3 + 50 + 50) + 1);
}

/* Several errors, notes and hints; what they say comes from bundles and servers, too. */

static void test_chain(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    struct source manifest = {TEXT("ferry.yaml"), TEXT("ferry: 1\n- id: a\n- id: b\n")};
    struct span first = {&manifest, 15, 1}, second = {&manifest, 23, 1};
    struct error *error = error_at(sheet.arena, ERROR_INPUT, second, "id 'a' is used twice");

    (void)state;
    error_note(sheet.arena, error, first, "first used here");
    error_note(sheet.arena, error, (struct span){0}, "both are roots");
    error_hint(sheet.arena, error, "Rename one of them.");
    error->next = error_plain(sheet.arena, ERROR_SYSTEM, "no memory");
    report_error(&sheet.report, error);
    check_sheet(&sheet, "",
                "ferry.yaml:3:7: error: id 'a' is used twice\n"
                "    3 | - id: b\n"
                "      |       ^\n"
                "ferry.yaml:2:7: note: first used here\n"
                "note: both are roots\n"
                "hint: Rename one of them.\n"
                "error: no memory\n");
}

static void test_hostile_error(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    struct source source = {TEXT("a\n\033.sql"), TEXT("x")};
    struct error *error = error_at(sheet.arena, ERROR_INPUT, (struct span){&source, 0, 1},
                                   "no\nb.sql:1:1: error: \033[2J");

    (void)state;
    error_note(sheet.arena, error, (struct span){&source, 0, 1}, "a\rb");
    error_hint(sheet.arena, error, "\xe2\x80\xae\xff");
    report_error(&sheet.report, error);
    check_sheet(&sheet, "",
                "a\\x0A\\x1B.sql:1:1: error: no\\x0Ab.sql:1:1: error: \\x1B[2J\n"
                "    1 | x\n"
                "      | ^\n"
                "a\\x0A\\x1B.sql:1:1: note: a\\x0Db\n"
                "hint: \\u{202E}\\xFF\n");
}

static void test_colour(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    struct source source = {TEXT("a.sql"), TEXT("\033[31m")};
    struct error *error = error_at(sheet.arena, ERROR_INPUT, (struct span){&source, 0, 1}, "no");

    (void)state;
    sheet.report.colour = true;
    error_note(sheet.arena, error, (struct span){0}, "so");
    error_hint(sheet.arena, error, "Do.");
    report_error(&sheet.report, error);
    check_sheet(&sheet, "",
                "a.sql:1:1: \033[1;31merror\033[0m: no\n"
                "    1 | \\x1B[31m\n"
                "      | \033[1;32m^~~~\033[0m\n"
                "\033[1;36mnote\033[0m: so\n"
                "\033[1;33mhint\033[0m: Do.\n");
}

static void test_no_error(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();

    (void)state;
    report_error(&sheet.report, NULL);
    check_sheet(&sheet, "", "");
}

/* Lines of results: value is what "id=%s" prints. */
static const struct line_text_row {
    const char *name, *value, *expected;
} line_text_rows[] = {
    {"result: plain", "abc", "id=abc\n"},
    {"result: nothing", "", "id=\n"},
    {"result: UTF-8", "gr\xc3\xbcn", "id=gr\xc3\xbcn\n"},
    {"result: a second line", "a\nid=b", "id=a\\x0Aid=b\n"},
    {"result: a carriage return", "a\rid=b", "id=a\\x0Did=b\n"},
    {"result: next line, C1",
     "a\xc2\x85"
     "b",
     "id=a\\u{0085}b\n"},
    {"result: line separator",
     "a\xe2\x80\xa8"
     "b",
     "id=a\\u{2028}b\n"},
    {"result: vertical tab and form feed", "a\v\fb", "id=a\\x0B\\x0Cb\n"},
    {"result: a tab", "a\tb", "id=a\\x09b\n"},
    {"result: a colour", "\033[31m", "id=\\x1B[31m\n"},
    {"result: a format", "%s%n", "id=%s%n\n"},
    {"result: malformed", "\xff\xe2\x82", "id=\\xFF\\xE2\\x82\n"},
};

static void test_line_text(void **state)
{
    const struct line_text_row *row = *state;
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();

    report_line(&sheet.report, "id=%s", row->value);
    check_sheet(&sheet, row->expected, "");
}

static void test_line_generated(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (size_t i = 0; i < 300; i++) {
        CLEANUP(sheet_free) struct sheet sheet = sheet_new();
        char bytes[40];
        size_t size = support_below(&seed, sizeof(bytes) + 1);

        for (size_t j = 0; j < size; j++)
            bytes[j] = (char)support_random(&seed);
        report_line(&sheet.report, "%.*s", (int)size, bytes);
        report_note(&sheet.report, "%.*s", (int)size, bytes);
        report_progress(&sheet.report, "%.*s", (int)size, bytes);
        struct text results = support_file_text(sheet.arena, sheet.results);
        struct text messages = support_file_text(sheet.arena, sheet.messages);
        struct text line = text_cut(&results, '\n');
        assert_int_equal(results.size, 0);
        assert_true(text_all_printable(line));
        assert_true(text_equal(text_cut(&messages, '\n'), line));
        assert_true(text_equal(text_cut(&messages, '\n'), line));
        assert_int_equal(messages.size, 0);
    }
}

static void test_quiet(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();

    (void)state;
    sheet.report.quiet = true;
    report_note(&sheet.report, "reading");
    report_progress(&sheet.report, "1 of 2");
    report_line(&sheet.report, "a result");
    report_error(&sheet.report, error_plain(sheet.arena, ERROR_INPUT, "no"));
    check_sheet(&sheet, "a result\n", "error: no\n");
}

/* On a terminal the progress line is redrawn, and gone before anything else is printed. */
static void test_progress(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();

    (void)state;
    sheet.report.live = true;
    report_progress(&sheet.report, "1 of 2\n\033[2J");
    report_progress(&sheet.report, "2 of 2");
    report_note(&sheet.report, "done");
    report_progress(&sheet.report, "again");
    report_error(&sheet.report, error_plain(sheet.arena, ERROR_INPUT, "no"));
    report_progress(&sheet.report, "and again");
    assert_null(report_finish(&sheet.report));
    check_sheet(&sheet, "",
                "1 of 2\\x0A\\x1B[2J\r\033[K2 of 2\r\033[Kdone\n"
                "again\r\033[Kerror: no\n"
                "and again\r\033[K");
}

static void test_bytes(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    struct text bytes = TEXT("a\n\033[31m\xff\tb\r\n");

    (void)state;
    report_bytes(&sheet.report, bytes);
    check_sheet(&sheet, bytes.bytes, "");
}

static void test_full_disk(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();

    (void)state;
    fclose(sheet.results);
    sheet.results = sheet.report.results = fopen("/dev/full", "w");
    assert_non_null(sheet.results);
    report_line(&sheet.report, "a result");
    support_check(report_finish(&sheet.report),
                  "5 cannot write the results: No space left on device");
}

/* A pseudo terminal that hands on bytes as they are. */
struct terminal {
    int master;
    FILE *file;
};

static void terminal_close(struct terminal *terminal)
{
    fclose(terminal->file);
    close(terminal->master);
}

static struct terminal terminal_open(void)
{
    struct terminal terminal = {.master = posix_openpt(O_RDWR | O_NOCTTY)};
    struct termios mode;

    assert_true(terminal.master >= 0);
    assert_int_equal(grantpt(terminal.master), 0);
    assert_int_equal(unlockpt(terminal.master), 0);
    int slave = open(ptsname(terminal.master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    assert_int_equal(tcgetattr(slave, &mode), 0);
    cfmakeraw(&mode);
    assert_int_equal(tcsetattr(slave, TCSANOW, &mode), 0);
    terminal.file = fdopen(slave, "w");
    assert_non_null(terminal.file);
    return terminal;
}

static void test_bytes_on_a_terminal(void **state)
{
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    CLEANUP(terminal_close) struct terminal terminal = terminal_open();
    static const char expected[] = "SELECT\t1;\n\\x1B[31m\\xFF\\u{202E}\\x0D\n\ngr\xc3\xbcn";
    char got[sizeof(expected) + 1] = "";
    size_t size = 0;

    (void)state;
    sheet.report.results = terminal.file;
    report_bytes(&sheet.report, TEXT("SELECT\t1;\n\033[31m\xff\xe2\x80\xae\r\n\ngr\xc3\xbcn"));
    assert_null(report_finish(&sheet.report));
    while (size < sizeof(expected) - 1) {
        ssize_t more = read(terminal.master, got + size, sizeof(got) - 1 - size);

        assert_true(more > 0);
        size += (size_t)more;
    }
    assert_string_equal(got, expected);
}

static const struct terminal_row {
    const char *name, *term, *no_color;
    bool on_terminal, colour, live;
} terminal_rows[] = {
    {"terminal: colours", "xterm", NULL, true, true, true},
    {"terminal: NO_COLOR", "xterm", "1", true, false, true},
    {"terminal: NO_COLOR without a value", "xterm", "", true, true, true},
    {"terminal: a dumb one", "dumb", NULL, true, false, false},
    {"terminal: of no kind", NULL, NULL, true, false, false},
    {"terminal: a file", "xterm", NULL, false, false, false},
};

static void set(const char *name, const char *value)
{
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void test_terminal(void **state)
{
    const struct terminal_row *row = *state;
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();
    CLEANUP(terminal_close) struct terminal terminal = terminal_open();

    set("TERM", row->term);
    set("NO_COLOR", row->no_color);
    struct report report =
        report_new(sheet.arena, sheet.results, row->on_terminal ? terminal.file : sheet.messages);
    assert_int_equal(report.colour, row->colour);
    assert_int_equal(report.live, row->live);
    assert_false(report.quiet || report.drawn);
    assert_false(report.screen.colour);
    assert_int_equal(report.screen.columns, 0);

    /* The same of results. */
    report =
        report_new(sheet.arena, row->on_terminal ? terminal.file : sheet.results, sheet.messages);
    assert_int_equal(report.screen.colour, row->colour);
    assert_int_equal(report.screen.columns, row->on_terminal ? 80 : 0);
    assert_false(report.colour || report.live);
    struct winsize size = {.ws_col = 132};
    assert_int_equal(ioctl(terminal.master, TIOCSWINSZ, &size), 0);
    report =
        report_new(sheet.arena, row->on_terminal ? terminal.file : sheet.results, sheet.messages);
    assert_int_equal(report.screen.columns, row->on_terminal ? 132 : 0);
}

static const struct locale_row {
    const char *name, *lc_all, *lc_ctype, *lang;
    bool unicode;
} locale_rows[] = {
    {"locale: none", NULL, NULL, NULL, false},
    {"locale: nothing but a language", NULL, NULL, "de_DE.UTF-8", true},
    {"locale: another spelling", NULL, NULL, "C.utf8", true},
    {"locale: another encoding", NULL, NULL, "de_DE.ISO-8859-1", false},
    {"locale: LC_CTYPE goes before LANG", NULL, "C", "de_DE.UTF-8", false},
    {"locale: LC_ALL goes before LC_CTYPE", "C.UTF-8", "C", "C", true},
    {"locale: empty is not set", "", "", "C.UTF-8", true},
};

static void test_locale(void **state)
{
    const struct locale_row *row = *state;
    CLEANUP(sheet_free) struct sheet sheet = sheet_new();

    set("LC_ALL", row->lc_all);
    set("LC_CTYPE", row->lc_ctype);
    set("LANG", row->lang);
    assert_int_equal(report_new(sheet.arena, sheet.results, sheet.messages).screen.unicode,
                     row->unicode);
}

static void test_pieces(void **state)
{
    static const struct piece pieces[] = {
        {TEXT("a"), STYLE_PLAIN}, {TEXT("\033[2Jb\n"), STYLE_FAINT},
        {TEXT("c"), STYLE_WRONG}, {TEXT(" \xe2\x80\xae"), STYLE_PLAIN},
        {TEXT("d"), STYLE_HUE},   {TEXT("e"), STYLE_HUE + HUE_COUNT - 1},
        {TEXT(""), STYLE_PLAIN},  {TEXT("f"), STYLE_PLAIN},
    };
    CLEANUP(sheet_free) struct sheet plain = sheet_new(), coloured = sheet_new();

    (void)state;
    report_pieces(&plain.report, pieces, COUNT(pieces));
    report_pieces(&plain.report, pieces, 0);
    check_sheet(&plain, "a\\x1B[2Jb\\x0Ac \\u{202E}def\n\n", "");
    coloured.report.screen.colour = true;
    report_pieces(&coloured.report, pieces, COUNT(pieces));
    check_sheet(&coloured,
                "a\033[2m\\x1B[2Jb\\x0A\033[0m\033[1;31mc\033[0m \\u{202E}\033[36md\033[0m"
                "\033[34me\033[0mf\n",
                "");
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, error_rows, test_error);
    support_add_rows(&tests, line_rows, test_line);
    support_add(&tests, "a line of megabytes", test_huge_line);
    support_add(&tests, "several errors, notes, hints", test_chain);
    support_add(&tests, "a hostile error", test_hostile_error);
    support_add(&tests, "colour", test_colour);
    support_add(&tests, "no error", test_no_error);
    support_add_rows(&tests, line_text_rows, test_line_text);
    support_add(&tests, "result: anything is one safe line", test_line_generated);
    support_add(&tests, "quiet", test_quiet);
    support_add(&tests, "progress on a terminal", test_progress);
    support_add(&tests, "bytes into a file", test_bytes);
    support_add(&tests, "bytes on a terminal", test_bytes_on_a_terminal);
    support_add(&tests, "a full disk", test_full_disk);
    support_add_rows(&tests, terminal_rows, test_terminal);
    support_add_rows(&tests, locale_rows, test_locale);
    support_add(&tests, "pieces of a line", test_pieces);
    return support_run("report", &tests);
}

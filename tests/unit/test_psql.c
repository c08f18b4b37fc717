/* What psql warns, read back as messages; and the literals of our own values. */
#include "runtime/psql.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* psql's own prefix: the file that it includes, and a line of that. */
#define AT "psql:/proc/self/fd/3:5: "

/* Each message as one line: severity state text; then what there is of it, in brackets. */
static const char *show_messages(struct arena *arena, struct text errors)
{
    CLEANUP(buffer_free) struct buffer shown = {0};
    struct psql_message message;

    while (psql_take_message(arena, &errors, &message)) {
        buffer_format(&shown, "%.*s %.*s %.*s", TEXT_ARGS(message.severity),
                      TEXT_ARGS(message.state), TEXT_ARGS(message.text));
        if (message.detail.size)
            buffer_format(&shown, " [detail %.*s]", TEXT_ARGS(message.detail));
        if (message.hint.size)
            buffer_format(&shown, " [hint %.*s]", TEXT_ARGS(message.hint));
        if (message.line)
            buffer_format(&shown, " [%zu:%zu %.*s]", message.line, message.column,
                          TEXT_ARGS(message.excerpt));
        buffer_add(&shown, TEXT("\n"));
    }
    return arena_copy(arena, buffer_text(&shown)).bytes;
}

static const struct message_row {
    const char *name, *errors, *expected;
} message_rows[] = {
    {"nothing", "", ""},
    {"an empty line", "\n", ""},
    {"a line of nobody", "could not find a \"psql\" to execute\n", ""},
    {"psql itself", "psql: error: connection to server failed: FATAL:  role \"x\" is missing\n",
     ""},
    {"a meta-command", AT "error: invalid command \\warn\n", ""},
    {"an error", AT "ERROR:  42P01: relation \"x\" does not exist\n",
     "ERROR 42P01 relation \"x\" does not exist\n"},
    {"without an end of line", AT "ERROR:  22012: division by zero",
     "ERROR 22012 division by zero\n"},
    {"an empty message", AT "ERROR:  P0001: \n", "ERROR P0001 \n"},
    {"a notice", AT "NOTICE:  00000: hello\n", "NOTICE 00000 hello\n"},
    {"a notice with the state of an error", AT "NOTICE:  42P07: relation exists, skipping\n",
     "NOTICE 42P07 relation exists, skipping\n"},
    {"another language", AT "FEHLER:  22012: Division durch Null\n",
     "FEHLER 22012 Division durch Null\n"},
    {"colons in a text", AT "ERROR:  P0001: a: b:  c: 12345: d\n",
     "ERROR P0001 a: b:  c: 12345: d\n"},
    {"a temporary file instead of /proc", "psql:/tmp/sqlland.Xy12Zz:9: ERROR:  22012: no\n",
     "ERROR 22012 no\n"},
    {"several", AT "NOTICE:  00000: one\n" AT "WARNING:  25P01: two\n" AT "ERROR:  22012: three\n",
     "NOTICE 00000 one\nWARNING 25P01 two\nERROR 22012 three\n"},
    {"noise in front", "noise\n\n" AT "ERROR:  22012: no\n", "ERROR 22012 no\n"},
    {"all fields",
     AT "ERROR:  23505: duplicate key\nDETAIL:  Key (x)=(1) exists.\nHINT:  Take another.\n"
        "SCHEMA NAME:  public\nTABLE NAME:  t\nCOLUMN NAME:  x\nDATATYPE NAME:  d\n"
        "CONSTRAINT NAME:  t_pkey\nLOCATION:  _bt_check_unique, nbtinsert.c:664\n",
     "ERROR 23505 duplicate key [detail Key (x)=(1) exists.] [hint Take another.]\n"},
    {"a text over several lines", AT "ERROR:  P0001: one\n  two\n\n\tthree  \n",
     "ERROR P0001 one two three\n"},
    {"a detail over several lines",
     AT "ERROR:  P0001: one\nDETAIL:  two\nthree\nHINT:  four\nfive\n",
     "ERROR P0001 one [detail two three] [hint four five]\n"},
    {"lines of a context", AT "ERROR:  22012: no\nCONTEXT:  PL/pgSQL function f()\nSQL statement\n",
     "ERROR 22012 no\n"},
    {"a caret", AT "ERROR:  42601: syntax error\nLINE 3: SELECT nothing FROM\n               ^\n",
     "ERROR 42601 syntax error [3:7 SELECT nothing FROM]\n"},
    {"a caret at the start", AT "ERROR:  42601: no\nLINE 1: x\n        ^\n",
     "ERROR 42601 no [1:0 x]\n"},
    {"a line with two digits", AT "ERROR:  42601: no\nLINE 12: ab\n          ^\n",
     "ERROR 42601 no [12:1 ab]\n"},
    {"a caret and what follows it",
     AT "ERROR:  42703: no\nLINE 1: ab\n         ^\nHINT:  Perhaps.\n" AT "NOTICE:  00000: more\n",
     "ERROR 42703 no [hint Perhaps.] [1:1 ab]\nNOTICE 00000 more\n"},
    {"no caret below", AT "ERROR:  42601: no\nLINE 1: ab\nHINT:  Perhaps.\n",
     "ERROR 42601 no [hint Perhaps.] [1:0 ab]\n"},
    {"tabs as libpq shows them", AT "ERROR:  42601: no\nLINE 2:  x y\n           ^\n",
     "ERROR 42601 no [2:3  x y]\n"},
    {"wide characters before the caret",
     AT "ERROR:  42601: no\nLINE 1: '\xe3\x81\x82' x\n             ^\n",
     "ERROR 42601 no [1:5 '\xe3\x81\x82' x]\n"},
    {"a part of a long line", AT "ERROR:  42601: no\nLINE 1: ...aaa bbb...\n               ^\n",
     "ERROR 42601 no [1:7 ...aaa bbb...]\n"},
    {"an empty excerpt", AT "ERROR:  42601: at end\nLINE 4: \n        ^\n",
     "ERROR 42601 at end [4:0 ]\n"},
    {"a place in a query of the server",
     AT "ERROR:  42703: no\nLINE 1: SELECT x\n               ^\nQUERY:  SELECT x\nFROM t\n"
        "CONTEXT:  PL/pgSQL function f() line 1\n",
     "ERROR 42703 no\n"},
    {"LINE without a number", AT "ERROR:  P0001: a\nLINE one: b\n", "ERROR P0001 a LINE one: b\n"},
    {"LINE of a number too large", AT "ERROR:  P0001: a\nLINE 99999999999: b\n",
     "ERROR P0001 a LINE 99999999999: b\n"},
    {"the end of a session",
     AT "FATAL:  57P01: terminating connection due to administrator command\n"
        "LOCATION:  ProcessInterrupts, postgres.c:3341\n" AT
        "error: server closed the connection unexpectedly\n"
        "\tThis probably means the server terminated abnormally\n",
     "FATAL 57P01 terminating connection due to administrator command\n"},
    {"a text that imitates an error", AT "NOTICE:  00000: x\nERROR:  57P01: all is lost\n",
     "NOTICE 00000 x ERROR:  57P01: all is lost\n"},
    {"a text that imitates psql", AT "NOTICE:  00000: x\n" AT "ERROR:  57P01: all is lost\n",
     "NOTICE 00000 x\nERROR 57P01 all is lost\n"},
    {"states that are none",
     AT "ERROR:  2201: a\n" AT "ERROR:  220123: b\n" AT "ERROR:  22o12: c\n" AT "ERROR:  : d\n",
     ""},
    {"one blank behind the severity", AT "ERROR: 22012: no\n", ""},
    {"nothing behind the state", AT "ERROR:  22012\n", "ERROR 22012 \n"},
    {"a prefix alone", "psql:\n" AT "\n", ""},
    {"control bytes stay for the escaper", AT "NOTICE:  00000: \x1b[2J\x07\n",
     "NOTICE 00000 \x1b[2J\x07\n"},
    {"CR LF", AT "ERROR:  P0001: one\r\n  two\r\n", "ERROR P0001 one\r two\n"},
};

static void test_message(void **state)
{
    const struct message_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    assert_string_equal(show_messages(arena, text_from(row->errors)), row->expected);
}

/* However many lines a text has, and however long they are, it takes little memory and time. */
static void test_long_texts(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(buffer_free) struct buffer errors = {0};
    struct psql_message message;

    (void)state;
    buffer_add(&errors, TEXT(AT "NOTICE:  00000: a"));
    for (size_t i = 0; i < 2000000; i++)
        buffer_add(&errors, TEXT("\nb"));
    buffer_add(&errors, TEXT("\n" AT "ERROR:  22012: "));
    memset(buffer_reserve(&errors, 32 << 20), 'c', 32 << 20);
    errors.size += 32 << 20;
    struct text rest = buffer_text(&errors);
    assert_true(psql_take_message(arena, &rest, &message));
    assert_true(text_starts(message.text, TEXT("a b b b")));
    assert_in_range(message.text.size, 4096, 4200);
    assert_true(psql_take_message(arena, &rest, &message));
    assert_int_equal(message.text.size, 32 << 20);
    assert_false(psql_take_message(arena, &rest, &message));
}

/* Whatever is cut off, reading it ends, and stays inside. */
static void test_truncations(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(message_rows); i++) {
        struct text whole = text_from(message_rows[i].errors);

        for (size_t size = 0; size < whole.size; size++) {
            CLEANUP(buffer_free) struct buffer copy = {0};

            buffer_add(&copy, text_slice(whole, 0, size));
            assert_non_null(show_messages(arena, buffer_text(&copy)));
        }
    }
}

static const struct literal_row {
    const char *name, *value, *expected;
} literal_rows[] = {
    {"literal: empty", "", "''"},
    {"literal: plain", "root@vm", "'root@vm'"},
    {"literal: a quote", "it's", "'it''s'"},
    {"literal: quotes only", "'''", "''''''''"},
    {"literal: at both ends", "'a'", "'''a'''"},
    {"literal: bytes that psql reads outside of quotes", ":a \\! $$ \"", "':a \\! $$ \"'"},
    {"literal: other scripts", "\xc3\xa4\xe3\x81\x82", "'\xc3\xa4\xe3\x81\x82'"},
};

static void test_literal(void **state)
{
    const struct literal_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    struct text literal = psql_literal(arena, text_from(row->value));
    assert_true(text_equal(literal, text_from(row->expected)));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, message_rows, test_message);
    support_add(&tests, "texts without end", test_long_texts);
    support_add(&tests, "truncations", test_truncations);
    support_add_rows(&tests, literal_rows, test_literal);
    return support_run("psql", &tests);
}

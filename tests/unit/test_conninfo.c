#include "runtime/conninfo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TWO "the target holds two passwords"

struct row {
    const char *name, *address;
    const char *connection, *password; /* password NULL where there is none */
    const char *refusal;               /* the message, where it is refused */
};

static const struct row rows[] = {
    {"empty URI", "postgresql://", "postgresql://", NULL, NULL},
    {"URI without password", "postgresql://u@h:5432/d", "postgresql://u@h:5432/d", NULL, NULL},
    {"URI with password", "postgresql://u:p@h/d", "postgresql://u@h/d", "p", NULL},
    {"short scheme", "postgres://u:p@h", "postgres://u@h", "p", NULL},
    {"percent codes", "postgresql://u:a%40b%25@h/d", "postgresql://u@h/d", "a@b%", NULL},
    {"password with a question mark", "postgresql://u:a?b@h/d", "postgresql://u@h/d", "a?b", NULL},
    {"password with a colon", "postgresql://u:a:b@h/d", "postgresql://u@h/d", "a:b", NULL},
    {"empty password", "postgresql://u:@h/d", "postgresql://u@h/d", "", NULL},
    {"no user", "postgresql://h/d?user=u", "postgresql://h/d?user=u", NULL, NULL},
    {"at sign in the path", "postgresql://h/d@e", "postgresql://h/d@e", NULL, NULL},
    {"parameter alone", "postgresql://h/d?password=p", "postgresql://h/d", "p", NULL},
    {"parameter between", "postgresql://h/d?a=1&password=p%20q&b=2", "postgresql://h/d?a=1&b=2",
     "p q", NULL},
    {"encoded parameter name", "postgresql://h/d?%70assword=p", "postgresql://h/d", "p", NULL},
    {"socket folder", "postgresql:///d?host=/var/run", "postgresql:///d?host=/var/run", NULL, NULL},
    {"several hosts", "postgresql://u:p@a:1,b:2/d", "postgresql://u@a:1,b:2/d", "p", NULL},
    {"broken code", "postgresql://u:a%4@h/d", NULL, NULL, "the target has a broken percent code"},
    {"code of NUL", "postgresql://u:a%00@h/d", NULL, NULL, "the target has a broken percent code"},
    {"sslpassword parameter", "postgresql://h/d?sslpassword=x", NULL, NULL,
     "the target holds an sslpassword, which other users could see"},
    {"keywords", "host=h dbname=d", "host=h dbname=d", NULL, NULL},
    {"keyword password", "host=h password=p dbname=d", "host=h dbname=d", "p", NULL},
    {"quoted password", "password = 'a b\\'c' host=h", "host=h", "a b'c", NULL},
    {"quotes stay", "host='a b' user='x'", "host='a b' user='x'", NULL, NULL},
    {"escaped blank", "password=a\\ b host=h", "host=h", "a b", NULL},
    {"service", "service=shop", "service=shop", NULL, NULL},
    {"open quote", "password='abc", NULL, NULL, "a quote of the target is not closed"},
    {"two passwords in a URI", "postgresql://u:p@h/d?password=q", NULL, NULL, TWO},
    {"two password parameters", "postgresql://h/d?password=p&a=1&password=q", NULL, NULL, TWO},
    {"two password keywords", "password=p host=h password=q", NULL, NULL, TWO},
    {"an empty password and another", "password='' password=q", NULL, NULL, TWO},
    {"word without value", "host=h dbname", NULL, NULL, "'dbname' of the target has no value"},
    {"sslpassword keyword", "sslpassword=x", NULL, NULL,
     "the target holds an sslpassword, which other users could see"},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct conninfo conninfo = {0};
    struct error *error = conninfo_read(arena, text_from(row->address), &conninfo);

    if (row->refusal) {
        assert_non_null(error);
        assert_int_equal(error->code, ERROR_USAGE);
        assert_string_equal(error->message.bytes, row->refusal);
    } else {
        assert_null(error);
        assert_true(text_equal(conninfo.connection, text_from(row->connection)));
        assert_int_equal(conninfo.password.bytes != NULL, row->password != NULL);
        if (row->password)
            assert_true(text_equal(conninfo.password, text_from(row->password)));
    }
    arena_free(&arena);
}

/* Where the password stands: what is left when it is overwritten there. */
static const struct written_row {
    const char *name, *address, *left;
} written_rows[] = {
    {"written: nowhere", "postgresql://u@h/d", "postgresql://u@h/d"},
    {"written: in a URI", "postgresql://u:a%40b@h/d", "postgresql://u:*****@h/d"},
    {"written: as a parameter", "postgresql://h/d?a=1&password=p%20q&b=2",
     "postgresql://h/d?a=1&password=*****&b=2"},
    {"written: as a keyword", "host=h password = secret dbname=d",
     "host=h password = ****** dbname=d"},
    {"written: in quotes", "password='a b\\'c' host=h", "password=******** host=h"},
    {"written: at the end", "host=h password=p", "host=h password=*"},
};

static void check_written(void **state)
{
    const struct written_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct text address = arena_copy(arena, text_from(row->address));
    struct conninfo conninfo = {0};

    assert_null(conninfo_read(arena, address, &conninfo));
    if (conninfo.written.size)
        memset((char *)conninfo.written.bytes, '*', conninfo.written.size);
    assert_string_equal(address.bytes, row->left);
    arena_free(&arena);
}

int main(void)
{
    static struct CMUnitTest tests[COUNT(rows) + COUNT(written_rows)];

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, check, NULL, NULL, (void *)&rows[i]};
    for (size_t i = 0; i < COUNT(written_rows); i++)
        tests[COUNT(rows) + i] = (struct CMUnitTest){written_rows[i].name, check_written, NULL,
                                                     NULL, (void *)&written_rows[i]};
    return cmocka_run_group_tests_name("conninfo", tests, NULL, NULL);
}

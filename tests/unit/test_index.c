/* One index, one spelling: what is written is read back, and nothing else is read. */
#include "runtime/index.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIXTEEN(digit)                                                                             \
    digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit digit
#define DIGEST(digit) SIXTEEN(digit) SIXTEEN(digit) SIXTEEN(digit) SIXTEEN(digit)

#define BUILDS "builds 0:things:i_1 1:app.Things:I$2"
#define STEP_A                                                                                     \
    "revision A_1\n"                                                                               \
    "title Create things\n"                                                                        \
    "parents -\n"                                                                                  \
    "transaction single\n"                                                                         \
    "foreign-keys on\n"                                                                            \
    "idempotent false\n"                                                                           \
    "lock-timeout 5000\n"                                                                          \
    "statement-timeout 0\n"                                                                        \
    "up 31 10 " DIGEST("3") " " DIGEST("4") "\n"                                                   \
                                            "path sql/1.up.sql\n"                                  \
                                            "cuts 4 7\n" BUILDS "\n"                               \
                                            "down 39 5 " DIGEST("5") " " DIGEST(                   \
                                                "6") "\n"                                          \
                                                     "path sql/1.down.sql\n"                       \
                                                     "cuts -\n"                                    \
                                                     "builds -\n"                                  \
                                                     "verify -\n"                                  \
                                                     "schema -\n"
#define STEP_B                                                                                     \
    "revision B_2\n"                                                                               \
    "title\n"                                                                                      \
    "parents A_1\n"                                                                                \
    "transaction none\n"                                                                           \
    "foreign-keys off-up\n"                                                                        \
    "idempotent true\n"                                                                            \
    "lock-timeout 0\n"                                                                             \
    "statement-timeout 86400000\n"                                                                 \
    "up 58 0 " DIGEST("7") " " DIGEST("8") "\n"                                                    \
                                           "path sql/2.up.sql\n"                                   \
                                           "cuts -\n"                                              \
                                           "builds -\n"                                            \
                                           "down none\n"                                           \
                                           "verify 71 3 " DIGEST("9") " " DIGEST(                  \
                                               "a") "\n"                                           \
                                                    "path sql/2.verify.sql\n"                      \
                                                    "cuts 1\n"                                     \
                                                    "builds -\n"                                   \
                                                    "schema -\n"
#define NAME SIXTEEN("N") SIXTEEN("a") SIXTEEN("m") "eeeeeeeeeeeeeee" /* 63 bytes */
#define HEAD                                                                                       \
    "sqlferry index 1\n"                                                                           \
    "project shop\n"                                                                               \
    "dialect sqlite\n"                                                                             \
    "release 2.4.0\n"                                                                              \
    "sequence 7\n"                                                                                 \
    "created 2026-11-22T23:36:00Z\n"                                                               \
    "not-after -\n"                                                                                \
    "server-version -\n"                                                                           \
    "extensions -\n"                                                                               \
    "alembic -\n"                                                                                  \
    "targets -\n"                                                                                  \
    "fingerprint -\n"                                                                              \
    "tool sqlferry 0.1.0\n"

/* Lines 1 to 13, 14 to 16, 17, 18 to 35, 36 to 52. */
#define GOOD                                                                                       \
    HEAD "chunks 2\nup 60 59 " DIGEST("1") "\nside 50 75 " DIGEST(                                 \
        "2") "\nrevisions 2\n" STEP_A STEP_B

/* The same, and each step has a schema. */
#define HEAD_SCHEMAS "fingerprint 1 15\n"
#define SCHEMA_A     "schema " DIGEST("b") " 86 20 " DIGEST("c")
#define SCHEMA_B     "schema " DIGEST("d") " 163 0 " DIGEST("e")

static struct text replace(struct arena *arena, struct text text, const char *old, const char *new);

static struct text with_schemas(struct arena *arena)
{
    struct text text = replace(arena, TEXT(GOOD), "fingerprint -\n", HEAD_SCHEMAS);

    text = replace(arena, text, "side 50 75 ", "side 50 164 ");
    text = replace(arena, text, "verify 71 3 ", "verify 133 3 ");
    text = replace(arena, text, "schema -\n", SCHEMA_A "\n");
    return replace(arena, text, "schema -\n", SCHEMA_B "\n");
}

static struct text replace(struct arena *arena, struct text text, const char *old, const char *new)
{
    size_t at = text_find(text, text_from(old)), end = at + strlen(old);

    assert_true(at < text.size);
    struct text front = text_slice(text, 0, at), back = text_slice(text, end, text.size);
    return arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(front), new, TEXT_ARGS(back));
}

static struct text write_index(struct arena *arena, const struct index *index)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    index_write(&buffer, index);
    return arena_copy(arena, buffer_text(&buffer));
}

/* Every field of the good one. */
static void test_read(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("index"), TEXT(GOOD)};
    struct index index;

    (void)state;
    support_check(index_read(arena, &source, &index), "");
    assert_true(text_equal(index.project, TEXT("shop")));
    assert_int_equal(index.dialect, DIALECT_SQLITE);
    assert_true(text_equal(index.release, TEXT("2.4.0")));
    assert_int_equal(index.sequence, 7);
    assert_int_equal(index.created, 1795390560);
    assert_int_equal(index.not_after, 0);
    assert_int_equal(index.server_version.size, 0);
    assert_int_equal(index.extension_count, 0);
    assert_false(index.alembic_keep);
    assert_int_equal(index.target_count, 0);
    assert_true(text_equal(index.tool, TEXT("sqlferry 0.1.0")));

    assert_int_equal(index.chunk_count, 2);
    assert_int_equal(index.chunks[0].stream, STREAM_UP);
    assert_int_equal(index.chunks[0].stored_size, 60);
    assert_int_equal(index.chunks[0].plain_size, 59);
    assert_int_equal(index.chunks[0].digest.bytes[0], 0x11);
    assert_int_equal(index.chunks[1].stream, STREAM_SIDE);
    assert_int_equal(index.chunks[1].digest.bytes[31], 0x22);

    assert_int_equal(index.step_count, 2);
    const struct index_step *a = &index.steps[0], *b = &index.steps[1];
    assert_true(text_equal(a->id, TEXT("A_1")));
    assert_true(text_equal(a->title, TEXT("Create things")));
    assert_int_equal(a->parent_count, 0);
    assert_true(a->transactional && !a->idempotent);
    assert_int_equal(a->lock_timeout_ms, 5000);
    assert_int_equal(a->statement_timeout_ms, 0);
    const struct index_script *up = &a->scripts[SCRIPT_UP], *down = &a->scripts[SCRIPT_DOWN];
    assert_int_equal(up->presence, SCRIPT_FILE);
    assert_int_equal(up->offset, 31);
    assert_int_equal(up->size, 10);
    assert_int_equal(up->digest.bytes[0], 0x33);
    assert_int_equal(up->source.bytes[0], 0x44);
    assert_true(text_equal(up->path, TEXT("sql/1.up.sql")));
    assert_int_equal(up->cut_count, 2);
    assert_int_equal(up->cuts[0], 4);
    assert_int_equal(up->cuts[1], 7);
    assert_int_equal(down->presence, SCRIPT_FILE);
    assert_int_equal(down->offset, 39);
    assert_int_equal(down->cut_count, 0);
    assert_int_equal(up->build_count, 2);
    assert_int_equal(up->builds[0].piece, 0);
    assert_true(text_equal(up->builds[0].table, TEXT("things")));
    assert_true(text_equal(up->builds[0].name, TEXT("i_1")));
    assert_int_equal(up->builds[1].piece, 1);
    assert_true(text_equal(up->builds[1].table, TEXT("app.Things")));
    assert_true(text_equal(up->builds[1].name, TEXT("I$2")));
    assert_int_equal(down->build_count, 0);
    assert_true(!up->foreign_keys_off && !down->foreign_keys_off);
    assert_int_equal(a->scripts[SCRIPT_VERIFY].presence, SCRIPT_ABSENT);

    assert_int_equal(b->title.size, 0);
    assert_int_equal(b->parent_count, 1);
    assert_true(text_equal(b->parents[0], TEXT("A_1")));
    assert_true(!b->transactional && b->idempotent);
    assert_true(b->scripts[SCRIPT_UP].foreign_keys_off);
    assert_true(!b->scripts[SCRIPT_DOWN].foreign_keys_off);
    assert_true(!b->scripts[SCRIPT_VERIFY].foreign_keys_off);
    assert_int_equal(b->lock_timeout_ms, 0);
    assert_int_equal(b->statement_timeout_ms, TIMEOUT_MS_MAX);
    assert_int_equal(b->scripts[SCRIPT_UP].size, 0);
    assert_int_equal(b->scripts[SCRIPT_DOWN].presence, SCRIPT_NONE);
    assert_int_equal(b->scripts[SCRIPT_VERIFY].offset, 71);
    assert_ptr_equal(index_find(&index, TEXT("A_1")), a);
    assert_ptr_equal(index_find(&index, TEXT("B_2")), b);
    assert_null(index_find(&index, TEXT("b_2")));
    assert_null(index_find(&index, TEXT("")));
    assert_true(text_equal(write_index(arena, &index), TEXT(GOOD)));
}

/* Schemas stand behind the scripts of their steps, in the side stream as well. */
static const struct schema_row {
    const char *name, *old, *new, *expected;
} schema_rows[] = {
    {"schema: of each step", "x", "x", ""},
    {"schema: the largest numbers", "fingerprint 1 15", "fingerprint 999999 999999", ""},
    {"schema: no fingerprint", "fingerprint 1 15\n", "",
     "3 index:12:1+19: the index says something else where 'fingerprint' belongs"},
    {"schema: no major version", "fingerprint 1 15", "fingerprint 1",
     "3 index:12:1+13: the index has '' where a number up to 999999 belongs"},
    {"schema: method 0", "fingerprint 1 15", "fingerprint 0 15",
     "3 index:12:1+16: the 'fingerprint' of the index is misspelt"},
    {"schema: a method that is no number", "fingerprint 1 15", "fingerprint x 15",
     "3 index:12:1+16: the index has 'x' where a number up to 999999 belongs"},
    {"schema: version 0", "fingerprint 1 15", "fingerprint 1 0",
     "3 index:12:1+15: the 'fingerprint' of the index is misspelt"},
    {"schema: a version with a leading zero", "fingerprint 1 15", "fingerprint 1 015",
     "3 index:12:1+17: the index has '015' where a number up to 999999 belongs"},
    {"schema: a version that is too large", "fingerprint 1 15", "fingerprint 1 1000000",
     "3 index:12:1+21: the index has '1000000' where a number up to 999999 belongs"},
    {"schema: a third number", "fingerprint 1 15", "fingerprint 1 15 2",
     "3 index:12:17+1: the index is not spelt canonically"},
    {"schema: of no step, and a fingerprint", SCHEMA_A, "schema -",
     "3 index:35:1+8: a revision of the index lacks its schema"},
    {"schema: of a step, without a fingerprint", "fingerprint 1 15", "fingerprint -",
     "3 index:35:1+142: a revision of the index has a schema, its head has none"},
    {"schema: missing", SCHEMA_A "\n", "",
     "3 index:35:1+12: the index says something else where 'schema' belongs"},
    {"schema: no digest", " 86 20 ", " 86 20",
     "3 index:35:1+141: the index has '20" DIGEST("c") "' where a number up to 268435456 belongs"},
    {"schema: a short digest", "schema b", "schema ",
     "3 index:35:1+141: the index lacks a digest of 64 lower-case digits here"},
    {"schema: a gap in front", " 86 20 ", " 87 20 ",
     "3 index:35:1+142: the scripts of the index do not follow each other"},
    {"schema: a byte more", " 86 20 ", " 86 21 ",
     "3 index:49:1+142: the scripts of the index do not follow each other"},
    {"schema: the last a byte more", " 163 0 ", " 163 1 ",
     "3 index:1:1+0: the chunks of the side stream hold 164 bytes, its scripts 165"},
    {"schema: a word more", SCHEMA_B, SCHEMA_B " 1",
     "3 index:53:143+1: the index is not spelt "
     "canonically"},
};

static void test_schema(void **state)
{
    const struct schema_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("index"), replace(arena, with_schemas(arena), row->old, row->new)};
    struct index index;
    struct error *error = index_read(arena, &source, &index);

    support_check(error, row->expected);
    if (error)
        return;
    assert_true(index_has_schemas(&index));
    assert_true(text_equal(write_index(arena, &index), source.text));
    assert_int_equal(index.steps[0].schema.bytes[0], 0xbb);
    assert_int_equal(index.steps[0].scripts[SCRIPT_SCHEMA].offset, 86);
    assert_int_equal(index.steps[1].scripts[SCRIPT_SCHEMA].size, 0);
    assert_int_equal(index.steps[1].scripts[SCRIPT_SCHEMA].digest.bytes[0], 0xee);
}

/* Other spellings that are right: old is replaced by new in the good index. */
static const struct right_row {
    const char *name, *old, *new;
} right_rows[] = {
    {"right: PostgreSQL", "dialect sqlite", "dialect postgresql"},
    {"right: a version of the server", "server-version -", "server-version 15.2.1"},
    {"right: an extension", "extensions -", "extensions pgcrypto"},
    {"right: extensions in the order of the manifest", "extensions -",
     "extensions uuid-ossp citext PostGIS pg_trgm _1"},
    {"right: an extension in two cases", "extensions -", "extensions citext Citext"},
    {"right: the longest name of an extension", "extensions -", "extensions " NAME},
    {"right: Alembic's table is kept", "alembic -", "alembic keep"},
    {"right: a target", "targets -", "targets plant-7"},
    {"right: targets in the order of the command line", "targets -", "targets b a B_2.x"},
    {"right: the longest name of a target", "targets -", "targets " NAME NAME "xy"},
    {"right: an expiry", "not-after -", "not-after 2027-01-01T00:00:00Z"},
    {"right: sequence 0", "sequence 7", "sequence 0"},
    {"right: the largest sequence", "sequence 7", "sequence 9007199254740991"},
    {"right: the first second", "2026-11-22T23:36:00Z", "1970-01-01T00:00:01Z"},
    {"right: the last second", "2026-11-22T23:36:00Z", "9999-12-31T23:59:59Z"},
    {"right: a leap day", "2026-11-22T23:36:00Z", "2028-02-29T00:00:00Z"},
    {"right: a release of symbols", "release 2.4.0", "release ~!@#$%^&*()_+/\\\"'"},
    {"right: a title in UTF-8", "title Create things", "title Tabellen \xc3\xa4n!"},
    {"right: a path with blanks", "path sql/2.up.sql", "path my sql/2 up.sql"},
    {"right: down is absent", "down none", "down -"},
    {"right: two roots", "parents A_1", "parents -"},
    {"right: foreign keys off, up and down", "foreign-keys on", "foreign-keys off"},
    {"right: foreign keys off for up alone", "foreign-keys on", "foreign-keys off-up"},
    {"right: foreign keys off for down alone", "foreign-keys on", "foreign-keys off-down"},
    {"right: foreign keys on without a down script", "foreign-keys off-up", "foreign-keys on"},
    {"right: no timeouts", "lock-timeout 5000", "lock-timeout 0"},
    {"right: the shortest timeout", "statement-timeout 0", "statement-timeout 1"},
    {"right: the longest timeout", "lock-timeout 5000", "lock-timeout 86400000"},
    {"right: many cuts", "cuts 4 7", "cuts 0 1 2 3 4 5 6 7 8 9"},
    {"right: a cut at the front", "cuts 4 7", "cuts 0 7"},
    {"right: a cut at the last byte", "cuts 4 7", "cuts 4 9"},
    {"right: the front is the only cut", "cuts 1\n", "cuts 0\n"},
    {"right: no builds", BUILDS, "builds -"},
    {"right: a build in each piece", BUILDS, "builds 0:t:i 1:t:j"},
    {"right: a build in the last piece", BUILDS, "builds 1:t:i"},
    {"right: a build in a script that is one piece", "cuts -\nbuilds -", "cuts -\nbuilds 0:t:i"},
    {"right: a build of another table of that name", BUILDS, "builds 0:s.t:i 1:t:i"},
    {"right: builds of digits and capitals", BUILDS, "builds 0:0.A:_$9 1:$:Z"},
    {"right: the longest names of a build", BUILDS, "builds 0:" NAME "." NAME ":" NAME},
    {"right: the least chunk", "up 60 59", "up 1 59"},
    {"right: the largest chunk", "up 60 59", "up 8388608 59"},
    {"right: two chunks of a stream", "chunks 2\nup 60 59 ",
     "chunks 3\nup 1 8 " DIGEST("b") "\nup 60 51 "},
};

static void test_right(void **state)
{
    const struct right_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("index"), replace(arena, TEXT(GOOD), row->old, row->new)};
    struct index index;

    support_check(index_read(arena, &source, &index), "");
    assert_true(text_equal(write_index(arena, &index), source.text));
}

/*
 * Wrong ones: old is replaced by new in the good index. The arena is so small that a count believed
 * before it is checked would end the program.
 */
#define MISSPELT(size)   "3 index:29:1+" size ": the indexes that a script builds are misspelt"
#define EXTENSIONS(size) "3 index:9:1+" size ": the extensions of the index are misspelt"
#define ALEMBIC(size, value)                                                                       \
    "3 index:10:1+" size ": the index has '" value "' where 'keep' or '-' belongs"
#define TARGETS(size)    "3 index:11:1+" size ": the targets of the index are misspelt"
#define KEYS(line, size) "3 index:" line ":1+" size ": the 'foreign-keys' of the index is misspelt"

static const struct wrong_row {
    const char *name, *old, *new, *expected;
} wrong_rows[] = {
    {"head: nothing at all", GOOD, "", "3 index:1:1+0: the index ends too early"},
    {"head: another format", "sqlferry index 1\n", "sqlferry index 2\n",
     "3 index:1:1+16: this is no index of format 1 / A newer sqlland may read it."},
    {"head: format 01", "sqlferry index 1\n", "sqlferry index 01\n",
     "3 index:1:1+17: this is no index of format 1 / A newer sqlland may read it."},
    {"head: a byte-order mark", "sqlferry index", "\xef\xbb\xbfsqlferry index",
     "3 index:1:1+19: this is no index of format 1 / A newer sqlland may read it."},
    {"head: a blank line first", "sqlferry index", "\nsqlferry index",
     "3 index:1:1+0: this is no index of format 1 / A newer sqlland may read it."},
    {"head: CR LF", "sqlferry index 1\n", "sqlferry index 1\r\n",
     "3 index:1:1+17: this is no index of format 1 / A newer sqlland may read it."},
    {"head: a blank behind", "index 1\n", "index 1 \n",
     "3 index:1:1+17: this is no index of format 1 / A newer sqlland may read it."},
    {"head: no project", "project shop\n", "",
     "3 index:2:1+14: the index says something else where 'project' belongs"},
    {"head: the project twice", "project shop\n", "project shop\nproject shop\n",
     "3 index:3:1+12: the index says something else where 'dialect' belongs"},
    {"head: fields swapped", "project shop\ndialect sqlite\n", "dialect sqlite\nproject shop\n",
     "3 index:2:1+14: the index says something else where 'project' belongs"},
    {"head: an empty project", "project shop", "project ",
     "3 index:2:1+8: the 'project' of the index is misspelt"},
    {"head: a project without a blank", "project shop", "project",
     "3 index:2:1+7: the 'project' of the index is misspelt"},
    {"head: a project in capitals", "project shop", "project Shop",
     "3 index:2:1+12: the 'project' of the index is misspelt"},
    {"head: a project that begins with a dot", "project shop", "project .shop",
     "3 index:2:1+13: the 'project' of the index is misspelt"},
    {"head: a project with a blank", "project shop", "project shop x",
     "3 index:2:1+14: the 'project' of the index is misspelt"},
    {"head: a project with a blank behind", "project shop", "project shop ",
     "3 index:2:1+13: the 'project' of the index is misspelt"},
    {"head: two blanks", "project shop", "project  shop",
     "3 index:2:1+13: the 'project' of the index is misspelt"},
    {"head: a tab for a blank", "project shop", "project\tshop",
     "3 index:2:1+12: the index says something else where 'project' belongs"},
    {"head: a project that climbs", "project shop", "project ../shop",
     "3 index:2:1+15: the 'project' of the index is misspelt"},
    {"head: a project of 65 characters", "project shop",
     "project " SIXTEEN("a") SIXTEEN("a") SIXTEEN("a") SIXTEEN("a") "a",
     "3 index:2:1+73: the 'project' of the index is misspelt"},
    {"head: CR LF at the project", "project shop\n", "project shop\r\n",
     "3 index:2:1+13: the 'project' of the index is misspelt"},
    {"head: an unknown dialect", "dialect sqlite", "dialect mysql",
     "3 index:3:1+13: the index has an unknown dialect"},
    {"head: a dialect in capitals", "dialect sqlite", "dialect SQLite",
     "3 index:3:1+14: the index has an unknown dialect"},
    {"head: two dialects", "dialect sqlite", "dialect sqlite postgresql",
     "3 index:3:1+25: the index has an unknown dialect"},
    {"head: an empty release", "release 2.4.0", "release ",
     "3 index:4:1+8: the 'release' of the index is misspelt"},
    {"head: a release with a blank", "release 2.4.0", "release 2.4 0",
     "3 index:4:1+13: the 'release' of the index is misspelt"},
    {"head: a release in UTF-8", "release 2.4.0", "release \xc3\xa4",
     "3 index:4:1+10: the 'release' of the index is misspelt"},
    {"head: a release with a control", "release 2.4.0", "release 2\033[2J",
     "3 index:4:1+13: the 'release' of the index is misspelt"},
    {"head: a release of 65 characters", "release 2.4.0",
     "release " SIXTEEN("1") SIXTEEN("1") SIXTEEN("1") SIXTEEN("1") "1",
     "3 index:4:1+73: the 'release' of the index is misspelt"},
    {"head: a sequence with a leading zero", "sequence 7", "sequence 07",
     "3 index:5:1+11: the index has '07' where a number up to 9007199254740991 belongs"},
    {"head: a sequence below 0", "sequence 7", "sequence -1",
     "3 index:5:1+11: the index has '-1' where a number up to 9007199254740991 belongs"},
    {"head: a sequence with a plus", "sequence 7", "sequence +7",
     "3 index:5:1+11: the index has '+7' where a number up to 9007199254740991 belongs"},
    {"head: a sequence in hexadecimal", "sequence 7", "sequence 0x7",
     "3 index:5:1+12: the index has '0x7' where a number up to 9007199254740991 belongs"},
    {"head: an empty sequence", "sequence 7", "sequence ",
     "3 index:5:1+9: the index has '' where a number up to 9007199254740991 belongs"},
    {"head: two sequences", "sequence 7", "sequence 7 8",
     "3 index:5:11+1: the index is not spelt canonically"},
    {"head: a sequence with a blank behind", "sequence 7", "sequence 7 ",
     "3 index:5:11+1: the index is not spelt canonically"},
    {"head: a sequence above 2^53 - 1", "sequence 7", "sequence 9007199254740992",
     "3 index:5:1+25: the index has '9007199254740992' where a number up to 9007199254740991 "
     "belongs"},
    {"head: a sequence above 2^64", "sequence 7", "sequence 18446744073709551623",
     "3 index:5:1+29: the index has '18446744073709551623' where a number up to 9007199254740991 "
     "belongs"},
    {"head: no time", "created 2026-11-22T23:36:00Z", "created -",
     "3 index:6:1+9: the index has a time that does not exist"},
    {"head: no created", "created 2026-11-22T23:36:00Z\n", "",
     "3 index:6:1+11: the index says something else where 'created' belongs"},
    {"head: no not-after", "not-after -\n", "",
     "3 index:7:1+16: the index says something else where 'not-after' belongs"},
    {"head: no server-version", "server-version -\n", "",
     "3 index:8:1+12: the index says something else where 'server-version' belongs"},
    {"head: time begins", "created 2026-11-22T23:36:00Z", "created 1970-01-01T00:00:00Z",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: before time begins", "2026-11-22T23:36:00Z", "1969-12-31T23:59:59Z",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: a day that does not exist", "2026-11-22", "2026-02-29",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: a month that does not exist", "2026-11-22", "2026-13-01",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: a leap second", "23:36:00Z", "23:59:60Z",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: hour 24", "23:36:00Z", "24:00:00Z",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: another time zone", "23:36:00Z", "23:36:00+00:00",
     "3 index:6:1+33: the index has a time that does not exist"},
    {"head: a small z", "23:36:00Z", "23:36:00z",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: a blank for T", "22T23", "22 23",
     "3 index:6:1+28: the index has a time that does not exist"},
    {"head: fractions of a second", "23:36:00Z", "23:36:00.0Z",
     "3 index:6:1+30: the index has a time that does not exist"},
    {"head: seconds since 1970", "2026-11-22T23:36:00Z", "1795390560",
     "3 index:6:1+18: the index has a time that does not exist"},
    {"head: an expiry of 0", "not-after -", "not-after 0",
     "3 index:7:1+11: the index has a time that does not exist"},
    {"head: an empty expiry", "not-after -", "not-after ",
     "3 index:7:1+10: the index has a time that does not exist"},
    {"head: an expiry when time begins", "not-after -", "not-after 1970-01-01T00:00:00Z",
     "3 index:7:1+30: the index has a time that does not exist"},
    {"head: a version of letters", "server-version -", "server-version fifteen",
     "3 index:8:1+22: the index has a misspelt server version"},
    {"head: an empty version", "server-version -", "server-version ",
     "3 index:8:1+15: the index has a misspelt server version"},
    {"head: a version that ends in a dot", "server-version -", "server-version 15.",
     "3 index:8:1+18: the index has a misspelt server version"},
    {"head: a version with a leading zero", "server-version -", "server-version 15.02",
     "3 index:8:1+20: the index has a misspelt server version"},
    {"head: a version with two dots", "server-version -", "server-version 15..2",
     "3 index:8:1+20: the index has a misspelt server version"},
    {"head: a version of 33 characters", "server-version -",
     "server-version 1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1",
     "3 index:8:1+48: the index has a misspelt server version"},
    {"extensions: no line", "extensions -\n", "",
     "3 index:9:1+9: the index says something else where 'extensions' belongs"},
    {"extensions: before the version", "server-version -\nextensions -",
     "extensions -\nserver-version -",
     "3 index:8:1+12: the index says something else where 'server-version' belongs"},
    {"extensions: behind alembic", "extensions -\nalembic -", "alembic -\nextensions -",
     "3 index:9:1+9: the index says something else where 'extensions' belongs"},
    {"extensions: empty", "extensions -", "extensions ",
     "3 index:9:12+1: the index is not spelt canonically"},
    {"extensions: without a blank", "extensions -", "extensions",
     "3 index:9:11+1: the index is not spelt canonically"},
    {"extensions: none and one", "extensions -", "extensions - a", EXTENSIONS("14")},
    {"extensions: one and none", "extensions -", "extensions a -", EXTENSIONS("14")},
    {"extensions: a dash first", "extensions -", "extensions -a", EXTENSIONS("13")},
    {"extensions: a dot", "extensions -", "extensions a.b", EXTENSIONS("14")},
    {"extensions: a comma", "extensions -", "extensions a, b", EXTENSIONS("15")},
    {"extensions: a quote", "extensions -", "extensions a'", EXTENSIONS("13")},
    {"extensions: a slash", "extensions -", "extensions ../a", EXTENSIONS("15")},
    {"extensions: UTF-8", "extensions -", "extensions \xc3\xa4", EXTENSIONS("13")},
    {"extensions: a control", "extensions -", "extensions a\a", EXTENSIONS("13")},
    {"extensions: a tab between", "extensions -", "extensions a\tb", EXTENSIONS("14")},
    {"extensions: CR LF", "extensions -\n", "extensions a\r\n", EXTENSIONS("13")},
    {"extensions: 64 bytes", "extensions -", "extensions " NAME "x", EXTENSIONS("75")},
    {"extensions: two blanks before one", "extensions -", "extensions  a", EXTENSIONS("13")},
    {"extensions: two blanks between", "extensions -", "extensions a  b", EXTENSIONS("15")},
    {"extensions: a blank behind", "extensions -", "extensions a ",
     "3 index:9:13+1: the index is not spelt canonically"},
    {"extensions: one twice", "extensions -", "extensions a b a",
     "3 index:9:16+1: the index has one of its extensions twice"},
    {"alembic: no line", "alembic -\n", "",
     "3 index:10:1+9: the index says something else where 'alembic' belongs"},
    {"alembic: behind the targets", "alembic -\ntargets -", "targets -\nalembic -",
     "3 index:10:1+9: the index says something else where 'alembic' belongs"},
    {"alembic: in capitals", "alembic -", "Alembic -",
     "3 index:10:1+9: the index says something else where 'alembic' belongs"},
    {"alembic: empty", "alembic -", "alembic ", ALEMBIC("8", "")},
    {"alembic: without a blank", "alembic -", "alembic", ALEMBIC("7", "")},
    {"alembic: another word", "alembic -", "alembic read", ALEMBIC("12", "read")},
    {"alembic: keep in capitals", "alembic -", "alembic Keep", ALEMBIC("12", "Keep")},
    {"alembic: keep twice", "alembic -", "alembic keep keep", ALEMBIC("17", "keep keep")},
    {"alembic: none and keep", "alembic -", "alembic - keep", ALEMBIC("14", "- keep")},
    {"alembic: a blank behind", "alembic -", "alembic keep ", ALEMBIC("13", "keep ")},
    {"alembic: two blanks", "alembic -", "alembic  keep", ALEMBIC("13", " keep")},
    {"alembic: CR LF", "alembic -\n", "alembic -\r\n", ALEMBIC("10", "-\r")},
    {"targets: no line", "targets -\n", "",
     "3 index:11:1+13: the index says something else where 'targets' belongs"},
    {"targets: behind the tool", "targets -\nfingerprint -\ntool sqlferry 0.1.0",
     "fingerprint -\ntool sqlferry 0.1.0\ntargets -",
     "3 index:11:1+13: the index says something else where 'targets' belongs"},
    {"targets: empty", "targets -", "targets ",
     "3 index:11:9+1: the index is not spelt canonically"},
    {"targets: none and one", "targets -", "targets - a", TARGETS("11")},
    {"targets: a slash", "targets -", "targets a/b", TARGETS("11")},
    {"targets: UTF-8", "targets -", "targets \xc3\xa4", TARGETS("10")},
    {"targets: 129 bytes", "targets -", "targets " NAME NAME "xyz", TARGETS("137")},
    {"targets: a blank behind", "targets -", "targets a ",
     "3 index:11:10+1: the index is not spelt canonically"},
    {"targets: one twice", "targets -", "targets a b a",
     "3 index:11:13+1: the index has one of its targets twice"},
    {"head: an empty tool", "tool sqlferry 0.1.0", "tool ",
     "3 index:13:1+5: the 'tool' of the index is misspelt"},
    {"head: a tool without a blank", "tool sqlferry 0.1.0", "tool",
     "3 index:13:1+4: the 'tool' of the index is misspelt"},
    {"head: a tool with a control", "tool sqlferry", "tool sqlferry\033",
     "3 index:13:1+20: the 'tool' of the index is misspelt"},
    {"head: an unknown field", "chunks 2", "colour red\nchunks 2",
     "3 index:14:1+10: the index says something else where 'chunks' belongs"},
    {"head: a comment", "chunks 2", "# chunks\nchunks 2",
     "3 index:14:1+8: the index says something else where 'chunks' belongs"},

    {"chunks: none, but scripts", "chunks 2\nup 60 59 " DIGEST("1") "\nside 50 75 " DIGEST("2"),
     "chunks 0", "3 index:1:1+0: the chunks of the up stream hold 0 bytes, its scripts 59"},
    {"chunks: one too few", "chunks 2", "chunks 1",
     "3 index:16:1+75: the index says something else where 'revisions' belongs"},
    {"chunks: one too many", "chunks 2", "chunks 3",
     "3 index:17:1+11: the index says something else where a chunk belongs"},
    {"chunks: more than the text holds", "chunks 2", "chunks 1048576",
     "3 index:14:1+14: the index is too short for so many chunks"},
    {"chunks: more than there may be", "chunks 2", "chunks 1048577",
     "3 index:14:1+14: the index has '1048577' where a number up to 1048576 belongs"},
    {"chunks: the text ends in one", "2\nrevisions 2\n" STEP_A STEP_B, "",
     "3 index:16:1+74: the index ends in mid-line"},
    {"chunks: the text ends in the first",
     "chunks 2\nup 60 59 " DIGEST("1") "\nside 50 75 " DIGEST("2") "\nrevisions 2\n" STEP_A STEP_B,
     "chunks 1\nup 60 59 " DIGEST("1"), "3 index:15:1+73: the index ends in mid-line"},
    {"chunks: of a third stream", "side 50", "down 50",
     "3 index:16:1+75: the index says something else where a chunk belongs"},
    {"chunks: the side stream first", "up 60 59 " DIGEST("1") "\nside 50 75 " DIGEST("2"),
     "side 50 75 " DIGEST("2") "\nup 60 59 " DIGEST("1"),
     "3 index:16:1+73: the index says something else where a chunk belongs"},
    {"chunks: stored in nothing", "up 60 59", "up 0 59",
     "3 index:15:1+72: the index has an empty chunk"},
    {"chunks: of nothing", "up 60 59", "up 60 0", "3 index:15:1+72: the index has an empty chunk"},
    {"chunks: stored size above the cap", "up 60 59", "up 8388609 59",
     "3 index:15:1+78: the index has '8388609' where a number up to 8388608 belongs"},
    {"chunks: plain size above the cap", "up 60 59", "up 60 8388609",
     "3 index:15:1+78: the index has '8388609' where a number up to 8388608 belongs"},
    {"chunks: plain size above 2^64", "up 60 59", "up 60 18446744073709551674",
     "3 index:15:1+91: the index has '18446744073709551674' where a number up to 8388608 belongs"},
    {"chunks: a leading zero", "up 60 59", "up 060 59",
     "3 index:15:1+74: the index has '060' where a number up to 8388608 belongs"},
    {"chunks: two blanks", "up 60 59", "up 60  59",
     "3 index:15:1+74: the index has '' where a number up to 8388608 belongs"},
    {"chunks: a size is missing", "up 60 59", "up 60",
     "3 index:15:1+70: the index has "
     "'1111111111111111111111111111111111111111111111111111111111111111' where a number up to "
     "8388608 belongs"},
    {"chunks: a word more", "\nside 50", " x\nside 50",
     "3 index:15:74+1: the index is not spelt canonically"},
    {"chunks: a blank behind", "\nside 50", " \nside 50",
     "3 index:15:74+1: the index is not spelt canonically"},
    {"chunks: a digest in capitals", DIGEST("a"), DIGEST("A"),
     "3 index:49:1+141: the index lacks a digest of 64 lower-case digits here"},
    {"chunks: a digest of 63 digits", DIGEST("1"),
     SIXTEEN("1") SIXTEEN("1") SIXTEEN("1") "111111111111111",
     "3 index:15:1+72: the index lacks a digest of 64 lower-case digits here"},
    {"chunks: a digest of 65 digits", DIGEST("1"), DIGEST("1") "1",
     "3 index:15:1+74: the index lacks a digest of 64 lower-case digits here"},
    {"chunks: a digest with another letter", DIGEST("1"),
     SIXTEEN("1") SIXTEEN("1") SIXTEEN("1") "111111111111111g",
     "3 index:15:1+73: the index lacks a digest of 64 lower-case digits here"},
    {"chunks: no digest", " " DIGEST("1"), "",
     "3 index:15:1+8: the index lacks a digest of 64 lower-case digits here"},
    {"chunks: a byte too much", "up 60 59", "up 60 60",
     "3 index:1:1+0: the chunks of the up stream hold 60 bytes, its scripts 59"},
    {"chunks: a byte too little", "up 60 59", "up 60 58",
     "3 index:1:1+0: the chunks of the up stream hold 58 bytes, its scripts 59"},
    {"chunks: a byte too much on the side", "side 50 75", "side 50 76",
     "3 index:1:1+0: the chunks of the side stream hold 76 bytes, its scripts 75"},
    {"chunks: a byte too little on the side", "side 50 75", "side 50 74",
     "3 index:1:1+0: the chunks of the side stream hold 74 bytes, its scripts 75"},
    {"chunks: one more than the scripts fill", "chunks 2\nup 60 59 ",
     "chunks 3\nup 1 8 " DIGEST("b") "\nup 60 59 ",
     "3 index:1:1+0: the chunks of the up stream hold 67 bytes, its scripts 59"},

    {"steps: none", "revisions 2", "revisions 0",
     "3 index:17:1+11: the index has no revisions, or too few for its count"},
    {"steps: one too few", "revisions 2", "revisions 1",
     "3 index:36:1+1: the index goes on behind its end"},
    {"steps: one too many", "revisions 2", "revisions 3",
     "3 index:54:1+0: the index ends too early"},
    {"steps: more than the text holds", "revisions 2", "revisions 100000",
     "3 index:17:1+16: the index has no revisions, or too few for its count"},
    {"steps: more than there may be", "revisions 2", "revisions 100001",
     "3 index:17:1+16: the index has '100001' where a number up to 100000 belongs"},
    {"steps: a leading zero", "revisions 2", "revisions 02",
     "3 index:17:1+12: the index has '02' where a number up to 100000 belongs"},
    {"steps: an empty id", "revision B_2", "revision ",
     "3 index:36:1+9: the 'revision' of the index is misspelt"},
    {"steps: an id that says none", "revision B_2", "revision -",
     "3 index:36:1+10: the 'revision' of the index is misspelt"},
    {"steps: an id with a slash", "revision B_2", "revision B/2",
     "3 index:36:1+12: the 'revision' of the index is misspelt"},
    {"steps: an id with a blank", "revision B_2", "revision B 2",
     "3 index:36:1+12: the 'revision' of the index is misspelt"},
    {"steps: an id in UTF-8", "revision B_2", "revision \xc3\xa4",
     "3 index:36:1+11: the 'revision' of the index is misspelt"},
    {"steps: an id of 129 characters", "revision B_2", "revision " DIGEST("a") DIGEST("a") "a",
     "3 index:36:1+138: the 'revision' of the index is misspelt"},
    {"steps: one id twice", "revision B_2\ntitle\nparents A_1", "revision A_1\ntitle\nparents -",
     "3 index:36:10+3: the index has a revision twice"},
    {"steps: no title", "title\nparents A_1", "parents A_1",
     "3 index:37:1+11: the index says something else where 'title' belongs"},
    {"steps: an empty title with a blank", "title\n", "title \n",
     "3 index:37:6+1: the index is not spelt canonically"},
    {"steps: a title with a tab", "title Create things", "title Create\tthings",
     "3 index:19:1+19: the 'title' of the index is misspelt"},
    {"steps: a title with a colour", "title Create things", "title \033[31mthings",
     "3 index:19:1+17: the 'title' of the index is misspelt"},
    {"steps: a title that reverses", "title Create things", "title \xe2\x80\xae things",
     "3 index:19:1+16: the 'title' of the index is misspelt"},
    {"steps: a title that is not UTF-8", "title Create things", "title \xff",
     "3 index:19:1+7: the 'title' of the index is misspelt"},
    {"steps: a title that is longer", "title Create things", "title Create things ",
     "3 index:26:1+138: the scripts of the index do not follow each other"},
    {"steps: no parents", "parents A_1\n", "",
     "3 index:38:1+16: the index says something else where 'parents' belongs"},
    {"steps: an empty list of parents", "parents A_1", "parents ",
     "3 index:38:1+8: a revision has no parents, or too many"},
    {"steps: no list of parents", "parents A_1", "parents",
     "3 index:38:1+7: a revision has no parents, or too many"},
    {"steps: an unknown parent", "parents A_1", "parents A_2",
     "3 index:38:9+3: the index has a parent behind its child, or nowhere"},
    {"steps: its own parent", "parents A_1", "parents B_2",
     "3 index:38:9+3: the index has a parent behind its child, or nowhere"},
    {"steps: a parent behind its child", "parents -", "parents B_2",
     "3 index:20:9+3: the index has a parent behind its child, or nowhere"},
    {"steps: two blanks between parents", "parents A_1", "parents A_1  A_1",
     "3 index:38:13+0: the index has a parent behind its child, or nowhere"},
    {"steps: a blank behind the parents", "parents A_1", "parents A_1 ",
     "3 index:38:12+1: the index is not spelt canonically"},
    {"steps: a blank before the parents", "parents A_1", "parents  A_1",
     "3 index:38:9+0: the index has a parent behind its child, or nowhere"},
    {"steps: no parent and one", "parents A_1", "parents - A_1",
     "3 index:38:9+1: the index has a parent behind its child, or nowhere"},
    {"steps: an unknown kind of transaction", "transaction single", "transaction maybe",
     "3 index:21:1+17: the index has 'maybe' where 'single' or 'none' belongs"},
    {"steps: an empty kind of transaction", "transaction single", "transaction",
     "3 index:21:1+11: the index has '' where 'single' or 'none' belongs"},
    {"steps: an unknown idempotent", "idempotent true", "idempotent yes",
     "3 index:41:1+14: the index has 'yes' where 'true' or 'false' belongs"},

    {"steps: one parent twice", "parents A_1", "parents A_1 A_1",
     "3 index:38:13+3: the index has a parent of a revision twice"},
    {"steps: a parent is doubled later", "parents A_1", "parents A_1 B_2 A_1",
     "3 index:38:13+3: the index has a parent behind its child, or nowhere"},

    {"keys: no line", "foreign-keys on\n", "",
     "3 index:22:1+16: the index says something else where 'foreign-keys' belongs"},
    {"keys: behind idempotent", "foreign-keys on\nidempotent false",
     "idempotent false\nforeign-keys on",
     "3 index:22:1+16: the index says something else where 'foreign-keys' belongs"},
    {"keys: with an underscore", "foreign-keys on", "foreign_keys on",
     "3 index:22:1+15: the index says something else where 'foreign-keys' belongs"},
    {"keys: empty", "foreign-keys on", "foreign-keys ", KEYS("22", "13")},
    {"keys: without a blank", "foreign-keys on", "foreign-keys", KEYS("22", "12")},
    {"keys: none", "foreign-keys on", "foreign-keys -", KEYS("22", "14")},
    {"keys: another word", "foreign-keys on", "foreign-keys no", KEYS("22", "15")},
    {"keys: on in capitals", "foreign-keys on", "foreign-keys On", KEYS("22", "15")},
    {"keys: off in capitals", "foreign-keys on", "foreign-keys Off", KEYS("22", "16")},
    {"keys: a dash behind", "foreign-keys on", "foreign-keys off-", KEYS("22", "17")},
    {"keys: off for verify", "foreign-keys on", "foreign-keys off-verify", KEYS("22", "23")},
    {"keys: off for up and down by name", "foreign-keys on", "foreign-keys off-up-down",
     KEYS("22", "24")},
    {"keys: off for both in two words", "foreign-keys on", "foreign-keys off-up off-down",
     KEYS("22", "28")},
    {"keys: on for up", "foreign-keys on", "foreign-keys on-up", KEYS("22", "18")},
    {"keys: an underscore for the dash", "foreign-keys on", "foreign-keys off_up",
     KEYS("22", "19")},
    {"keys: a blank behind", "foreign-keys on", "foreign-keys on ", KEYS("22", "16")},
    {"keys: two blanks", "foreign-keys on", "foreign-keys  on", KEYS("22", "16")},
    {"keys: CR LF", "foreign-keys on\n", "foreign-keys on\r\n", KEYS("22", "16")},
    {"keys: off without a down script", "foreign-keys off-up", "foreign-keys off",
     "3 index:40:17+1: the index is not spelt canonically"},
    {"keys: off for a down script that is none", "foreign-keys off-up", "foreign-keys off-down",
     "3 index:40:15+1: the index is not spelt canonically"},

    {"timeouts: no lock-timeout", "lock-timeout 5000\n", "",
     "3 index:24:1+19: the index says something else where 'lock-timeout' belongs"},
    {"timeouts: no statement-timeout", "statement-timeout 0\n", "",
     "3 index:25:1+138: the index says something else where 'statement-timeout' belongs"},
    {"timeouts: swapped", "lock-timeout 5000\nstatement-timeout 0",
     "statement-timeout 0\nlock-timeout 5000",
     "3 index:24:1+19: the index says something else where 'lock-timeout' belongs"},
    {"timeouts: before idempotent", "idempotent false\nlock-timeout 5000",
     "lock-timeout 5000\nidempotent false",
     "3 index:23:1+17: the index says something else where 'idempotent' belongs"},
    {"timeouts: with an underscore", "lock-timeout 5000", "lock_timeout 5000",
     "3 index:24:1+17: the index says something else where 'lock-timeout' belongs"},
    {"timeouts: none", "lock-timeout 5000", "lock-timeout -",
     "3 index:24:1+14: the index has '-' where a number up to 86400000 belongs"},
    {"timeouts: empty", "lock-timeout 5000", "lock-timeout ",
     "3 index:24:1+13: the index has '' where a number up to 86400000 belongs"},
    {"timeouts: without a blank", "lock-timeout 5000", "lock-timeout",
     "3 index:24:1+12: the index has '' where a number up to 86400000 belongs"},
    {"timeouts: below 0", "statement-timeout 0", "statement-timeout -1",
     "3 index:25:1+20: the index has '-1' where a number up to 86400000 belongs"},
    {"timeouts: a plus", "statement-timeout 0", "statement-timeout +1",
     "3 index:25:1+20: the index has '+1' where a number up to 86400000 belongs"},
    {"timeouts: a leading zero", "statement-timeout 0", "statement-timeout 00",
     "3 index:25:1+20: the index has '00' where a number up to 86400000 belongs"},
    {"timeouts: a unit", "lock-timeout 5000", "lock-timeout 5000ms",
     "3 index:24:1+19: the index has '5000ms' where a number up to 86400000 belongs"},
    {"timeouts: a fraction", "lock-timeout 5000", "lock-timeout 5000.0",
     "3 index:24:1+19: the index has '5000.0' where a number up to 86400000 belongs"},
    {"timeouts: above a day", "lock-timeout 5000", "lock-timeout 86400001",
     "3 index:24:1+21: the index has '86400001' where a number up to 86400000 belongs"},
    {"timeouts: a statement above a day", "statement-timeout 86400000",
     "statement-timeout 86400001",
     "3 index:43:1+26: the index has '86400001' where a number up to 86400000 belongs"},
    {"timeouts: above 2^64", "lock-timeout 5000", "lock-timeout 18446744073709551617",
     "3 index:24:1+33: the index has '18446744073709551617' where a number up to 86400000 "
     "belongs"},
    {"timeouts: two", "lock-timeout 5000", "lock-timeout 5000 1",
     "3 index:24:18+1: the index is not spelt canonically"},
    {"timeouts: a blank behind", "statement-timeout 0", "statement-timeout 0 ",
     "3 index:25:20+1: the index is not spelt canonically"},
    {"timeouts: two blanks", "statement-timeout 0", "statement-timeout  0",
     "3 index:25:1+20: the index has '' where a number up to 86400000 belongs"},

    {"builds: no line", BUILDS "\n", "",
     "3 index:29:1+139: the index says something else where 'builds' belongs"},
    {"builds: before the cuts", "cuts 4 7\n" BUILDS, BUILDS "\ncuts 4 7",
     "3 index:28:1+36: the index says something else where 'cuts' belongs"},
    {"builds: empty", BUILDS, "builds ", "3 index:29:8+1: the index is not spelt canonically"},
    {"builds: without a blank", BUILDS, "builds",
     "3 index:29:7+1: the index is not spelt canonically"},
    {"builds: none and one", BUILDS, "builds - 0:t:i", MISSPELT("14")},
    {"builds: one and none", BUILDS, "builds 0:t:i -", MISSPELT("14")},
    {"builds: in a line of a script that has none", "down none", "down none\nbuilds -",
     "3 index:49:1+8: the index says something else where 'verify' belongs"},
    {"builds: pieces that fall", BUILDS, "builds 1:t:i 0:t:j", MISSPELT("18")},
    {"builds: one piece twice", BUILDS, "builds 1:t:i 1:t:j", MISSPELT("18")},
    {"builds: a piece behind the last", BUILDS, "builds 2:t:i", MISSPELT("12")},
    {"builds: a piece far behind the last", BUILDS, "builds 18446744073709551616:t:i",
     MISSPELT("31")},
    {"builds: the second piece of one", "cuts -\nbuilds -", "cuts -\nbuilds 1:t:i",
     "3 index:33:1+12: the indexes that a script builds are misspelt"},
    {"builds: more than pieces", BUILDS, "builds 0:t:i 1:t:j 2:t:k",
     "3 index:29:1+24: a script builds more indexes than it has pieces"},
    {"builds: the only piece has a cut", "cuts 4 7\n" BUILDS, "cuts 4\nbuilds 1:t:i",
     MISSPELT("12")},
    {"builds: two in a script that is one piece", "cuts -\nbuilds -", "cuts -\nbuilds 0:t:i 0:t:j",
     "3 index:33:1+18: a script builds more indexes than it has pieces"},
    {"builds: a piece with a leading zero", BUILDS, "builds 01:t:i", MISSPELT("13")},
    {"builds: a piece below 0", BUILDS, "builds -1:t:i", MISSPELT("13")},
    {"builds: no piece", BUILDS, "builds :t:i", MISSPELT("11")},
    {"builds: a word for a piece", BUILDS, "builds x:t:i", MISSPELT("12")},
    {"builds: a piece alone", BUILDS, "builds 0", MISSPELT("8")},
    {"builds: no index", BUILDS, "builds 0:t", MISSPELT("10")},
    {"builds: an empty index", BUILDS, "builds 0:t:", MISSPELT("11")},
    {"builds: an empty table", BUILDS, "builds 0::i", MISSPELT("11")},
    {"builds: a colon more", BUILDS, "builds 0:t:i:j", MISSPELT("14")},
    {"builds: a colon behind", BUILDS, "builds 0:t:i:", MISSPELT("13")},
    {"builds: two dots", BUILDS, "builds 0:d.s.t:i", MISSPELT("16")},
    {"builds: two dots in a row", BUILDS, "builds 0:s..t:i", MISSPELT("15")},
    {"builds: an empty schema", BUILDS, "builds 0:.t:i", MISSPELT("13")},
    {"builds: a schema without a table", BUILDS, "builds 0:s.:i", MISSPELT("13")},
    {"builds: a dot alone", BUILDS, "builds 0:.:i", MISSPELT("12")},
    {"builds: an index with a schema", BUILDS, "builds 0:t:s.i", MISSPELT("14")},
    {"builds: a table in quotes", BUILDS, "builds 0:\"t\":i", MISSPELT("14")},
    {"builds: an index in quotes", BUILDS, "builds 0:t:\"i\"", MISSPELT("14")},
    {"builds: an index that ends its quotes", BUILDS, "builds 0:t:i\";--", MISSPELT("16")},
    {"builds: an index with a dash", BUILDS, "builds 0:t:i-1", MISSPELT("14")},
    {"builds: a table with a blank", BUILDS, "builds 0:t 1:i", MISSPELT("14")},
    {"builds: an index in UTF-8", BUILDS, "builds 0:t:\xc3\xa4", MISSPELT("13")},
    {"builds: an index with a control", BUILDS, "builds 0:t:i\a", MISSPELT("13")},
    {"builds: a table of 64 bytes", BUILDS, "builds 0:" NAME "x:i", MISSPELT("75")},
    {"builds: a schema of 64 bytes", BUILDS, "builds 0:" NAME "x.t:i", MISSPELT("77")},
    {"builds: an index of 64 bytes", BUILDS, "builds 0:t:" NAME "x", MISSPELT("75")},
    {"builds: two blanks", BUILDS, "builds 0:t:i  1:t:j",
     "3 index:29:1+19: a script builds more indexes than it has pieces"},
    {"builds: two blanks before one", BUILDS, "builds  0:t:i", MISSPELT("13")},
    {"builds: a blank behind", BUILDS, "builds 0:t:i ",
     "3 index:29:13+1: the index is not spelt canonically"},

    {"scripts: no up", "up 58 0 " DIGEST("7") " " DIGEST("8") "\npath sql/2.up.sql\ncuts -\n",
     "up -\n", "3 index:44:1+4: the index has '-' where a number up to 9007199254740991 belongs"},
    {"scripts: up is none", "up 58 0 " DIGEST("7") " " DIGEST("8") "\npath sql/2.up.sql\ncuts -\n",
     "up none\n",
     "3 index:44:1+7: the index has 'none' where a number up to 9007199254740991 belongs"},
    {"scripts: verify is none", "verify -", "verify none",
     "3 index:34:1+11: the index has 'none' where a number up to 9007199254740991 belongs"},
    {"scripts: in another order", "down none\n", "",
     "3 index:48:1+141: the index says something else where 'down' belongs"},
    {"scripts: a gap", "up 58 0", "up 59 0",
     "3 index:44:1+137: the scripts of the index do not follow each other"},
    {"scripts: an overlap", "up 58 0", "up 57 0",
     "3 index:44:1+137: the scripts of the index do not follow each other"},
    {"scripts: the first not at its place", "up 31 10", "up 32 10",
     "3 index:26:1+138: the scripts of the index do not follow each other"},
    {"scripts: a size that moves the next", "up 31 10", "up 31 11",
     "3 index:44:1+137: the scripts of the index do not follow each other"},
    {"scripts: an offset that wraps around", "up 58 0", "up 18446744073709551615 0",
     "3 index:44:1+155: the index has '18446744073709551615' where a number up to 9007199254740991 "
     "belongs"},
    {"scripts: a size above the cap", "up 58 0", "up 58 268435457",
     "3 index:44:1+145: the index has '268435457' where a number up to 268435456 belongs"},
    {"scripts: a size the chunks do not have", "up 58 0", "up 58 268435456",
     "3 index:1:1+0: the chunks of the up stream hold 59 bytes, its scripts 268435515"},
    {"scripts: one digest", " " DIGEST("4"), "",
     "3 index:26:1+73: the index lacks a digest of 64 lower-case digits here"},
    {"scripts: the first digest is none", DIGEST("5"), "x",
     "3 index:30:1+76: the index lacks a digest of 64 lower-case digits here"},
    {"scripts: three digests", DIGEST("4"), DIGEST("4") " " DIGEST("4"),
     "3 index:26:139+1: the index is not spelt canonically"},
    {"scripts: no path", "path sql/2.up.sql\n", "",
     "3 index:45:1+6: the index says something else where 'path' belongs"},
    {"scripts: an empty path", "path sql/2.up.sql", "path ",
     "3 index:45:1+5: the 'path' of the index is misspelt"},
    {"scripts: a path with a control", "path sql/2.up.sql", "path sql/\a.sql",
     "3 index:45:1+14: the 'path' of the index is misspelt"},
    {"scripts: no cuts", "cuts 4 7\n", "",
     "3 index:28:1+36: the index says something else where 'cuts' belongs"},
    {"scripts: an empty list of cuts", "cuts 4 7\n" BUILDS, "cuts \nbuilds -",
     "3 index:28:6+1: the index is not spelt canonically"},
    {"scripts: cuts without a blank", "cuts 4 7\n" BUILDS, "cuts\nbuilds -",
     "3 index:28:5+1: the index is not spelt canonically"},
    {"scripts: the front twice", "cuts 4 7", "cuts 0 0",
     "3 index:28:1+8: the cuts of a script do not ascend inside it"},
    {"scripts: a cut before the front", "cuts 4 7", "cuts -1 4",
     "3 index:28:1+9: the index has '-1' where a number up to 268435456 belongs"},
    {"scripts: the front behind a cut", "cuts 4 7", "cuts 4 0",
     "3 index:28:1+8: the cuts of a script do not ascend inside it"},
    {"scripts: no cuts and one", "cuts 4 7", "cuts - 4",
     "3 index:28:1+8: the index has '-' where a number up to 268435456 belongs"},
    {"scripts: a cut with a leading zero", "cuts 4 7", "cuts 04 7",
     "3 index:28:1+9: the index has '04' where a number up to 268435456 belongs"},
    {"scripts: a cut at the end", "cuts 4 7", "cuts 4 10",
     "3 index:28:1+9: the cuts of a script do not ascend inside it"},
    {"scripts: a cut behind the end", "cuts 4 7", "cuts 4 11",
     "3 index:28:1+9: the cuts of a script do not ascend inside it"},
    {"scripts: cuts that fall", "cuts 4 7", "cuts 7 4",
     "3 index:28:1+8: the cuts of a script do not ascend inside it"},
    {"scripts: one cut twice", "cuts 4 7", "cuts 4 4",
     "3 index:28:1+8: the cuts of a script do not ascend inside it"},
    {"scripts: a cut of an empty script", "path sql/2.up.sql\ncuts -", "path sql/2.up.sql\ncuts 1",
     "3 index:46:1+6: the cuts of a script do not ascend inside it"},
    {"scripts: the front of an empty script", "path sql/2.up.sql\ncuts -",
     "path sql/2.up.sql\ncuts 0", "3 index:46:1+6: the cuts of a script do not ascend inside it"},
    {"scripts: two blanks between cuts", "cuts 4 7", "cuts 4  7",
     "3 index:28:1+9: the index has '' where a number up to 268435456 belongs"},
    {"scripts: a blank behind the cuts", "cuts 4 7", "cuts 4 7 ",
     "3 index:28:9+1: the index is not spelt canonically"},
    {"scripts: a cut that is no number", "cuts 4 7", "cuts 4 x",
     "3 index:28:1+8: the index has 'x' where a number up to 268435456 belongs"},
    {"scripts: a heading that grew", "title Create things", "title Create  things",
     "3 index:26:1+138: the scripts of the index do not follow each other"},

    {"end: no line feed", "cuts 1\nbuilds -\nschema -\n", "cuts 1\nbuilds -\nschema -",
     "3 index:53:1+8: the index ends in mid-line"},
    {"end: a line feed more", "cuts 1\nbuilds -\nschema -\n", "cuts 1\nbuilds -\nschema -\n\n",
     "3 index:54:1+1: the index goes on behind its end"},
    {"end: a blank more", "cuts 1\nbuilds -\nschema -\n", "cuts 1\nbuilds -\nschema -\n ",
     "3 index:54:1+1: the index goes on behind its end"},
    {"end: a step more", "cuts 1\nbuilds -\nschema -\n", "cuts 1\nbuilds -\nschema -\nrevision c\n",
     "3 index:54:1+1: the index goes on behind its end"},
    {"end: in mid-step",
     "verify 71 3 " DIGEST("9") " " DIGEST(
         "a") "\npath sql/2.verify.sql\ncuts 1\nbuilds -\nschema -\n",
     "", "3 index:49:1+0: the index ends too early"},
    {"end: before the builds", "cuts 1\nbuilds -\nschema -\n", "cuts 1\n",
     "3 index:52:1+0: the index ends too early"},
    {"end: in mid-line", "sql\ncuts 1\nbuilds -\nschema -\n", "",
     "3 index:50:1+18: the index ends in mid-line"},
};

static void test_wrong(void **state)
{
    const struct wrong_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("index"), replace(arena, TEXT(GOOD), row->old, row->new)};
    struct index index = {.sequence = 4711};

    support_check(index_read(arena, &source, &index), row->expected);
    assert_int_equal(index.sequence, 4711);
}

/* Caps: a field is filled with count times the filler. */
static const struct cap_row {
    const char *name, *field, *filler;
    size_t count;
    const char *expected;
} cap_rows[] = {
    {"cap: project", "project shop", "a", 64, ""},
    {"cap: release", "release 2.4.0", "1", 64, ""},
    {"cap: number of a version", "server-version -", "1", 6, ""},
    {"cap: number of a version, above", "server-version -", "1", 7,
     "3 index:8:1+22: the index has a misspelt server version"},
    {"cap: extensions", "extensions -", "a ", 64,
     "3 index:9:14+1: the index has one of its extensions twice"},
    {"cap: extensions, above", "extensions -", "a ", 65,
     "3 index:9:1+141: the index has more than 64 extensions"},
    {"cap: extensions, far above", "extensions -", "a ", 1 << 20,
     "3 index:9:1+2097163: the index has more than 64 extensions"},
    {"cap: targets, above", "targets -", "a ", 65,
     "3 index:11:1+138: the index has more than 64 targets"},
    {"cap: tool", "tool sqlferry 0.1.0", "a", 1024, ""},
    {"cap: tool, above", "tool sqlferry 0.1.0", "a", 1025,
     "3 index:13:1+1030: the 'tool' of the index is misspelt"},
    {"cap: path", "path sql/2.up.sql", "a", 4096, ""},
    {"cap: path, above", "path sql/2.up.sql", "a", 4097,
     "3 index:45:1+4102: the 'path' of the index is misspelt"},
    {"cap: title", "title Create things", "a", 1024,
     "3 index:26:1+138: the scripts of the index do not follow each other"},
    {"cap: title, above", "title Create things", "a", 1025,
     "3 index:19:1+1031: the 'title' of the index is misspelt"},
    {"cap: parents", "parents A_1", "x ", 1024,
     "3 index:38:2056+1: the index is not spelt canonically"},
    {"cap: parents, above", "parents A_1", "x ", 1025,
     "3 index:38:1+2058: a revision has no parents, or too many"},
    {"cap: parents, far above", "parents A_1", "x ", 1 << 20,
     "3 index:38:1+2097160: a revision has no parents, or too many"},
    {"cap: cuts", "cuts 4 7", "1 ", 1 << 20,
     "3 index:28:1+2097157: the cuts of a script do not ascend inside it"},
    {"cap: builds", BUILDS, "0:t:i ", 1 << 20,
     "3 index:29:1+6291463: a script builds more indexes than it has pieces"},
    {"cap: cuts, above", "cuts 4 7", "1 ", (1 << 20) + 1,
     "3 index:28:1+2097159: the index cuts a script into too many pieces"},
};

static void test_cap(void **state)
{
    const struct cap_row *row = *state;
    CLEANUP(arena_free) struct arena *texts = arena_new(16 << 20), *arena = arena_new(9 << 20);
    CLEANUP(buffer_free) struct buffer line = {0};
    struct text rest = text_from(row->field);
    struct index index;

    buffer_add(&line, text_cut(&rest, ' '));
    buffer_add(&line, TEXT(" "));
    for (size_t i = 0; i < row->count; i++)
        buffer_add(&line, text_from(row->filler));
    buffer_add(&line, TEXT("\0"));
    struct source source = {TEXT("index"), replace(texts, TEXT(GOOD), row->field, line.bytes)};
    support_check(index_read(arena, &source, &index), row->expected);
}

/* Generated indexes: whatever can be written is read back as the same text. */

static uint64_t seed;

static size_t below(size_t limit)
{
    return support_below(&seed, limit);
}

static struct text random_text(struct arena *arena, size_t least, size_t most, const char *letters)
{
    size_t size = least + below(most - least + 1), count = strlen(letters);
    char *bytes = arena_array(arena, char, size + 1);

    for (size_t i = 0; i < size; i++)
        bytes[i] = letters[below(count)];
    return (struct text){bytes, size};
}

static struct digest random_digest(void)
{
    struct digest digest;

    for (size_t i = 0; i < DIGEST_SIZE; i++)
        digest.bytes[i] = (uint8_t)support_random(&seed);
    return digest;
}

#define LOWER   "abcdefghijklmnopqrstuvwxyz0123456789"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ._-"
#define NAMES   LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ_$"

static struct text random_title(struct arena *arena)
{
    static const char *const words[] = {"Create", " ", "tables", "\xc3\xa4", "\xe8\xa1\xa8",
                                        ":",      "'", "-",      "\\",       "\xf0\x9f\x98\x80"};
    struct text title = {0};

    for (size_t i = below(6); i; i--)
        title = arena_format(arena, "%.*s%s", TEXT_ARGS(title), words[below(COUNT(words))]);
    return title;
}

static struct text random_table(struct arena *arena)
{
    struct text table = random_text(arena, 1, 63, NAMES);

    if (below(2))
        return table;
    return arena_format(arena, "%s.%s", random_text(arena, 1, 63, NAMES).bytes, table.bytes);
}

static void random_script(struct arena *arena, const struct index_step *step, enum script_kind kind,
                          uint64_t ends[static STREAM_COUNT], struct index_script *script)
{
    uint64_t *end = &ends[index_stream(kind)];

    script->presence = kind == SCRIPT_UP     ? SCRIPT_FILE
                       : kind == SCRIPT_DOWN ? (enum script_presence)below(3)
                       : below(2)            ? SCRIPT_FILE
                                             : SCRIPT_ABSENT;
    if (script->presence != SCRIPT_FILE)
        return;
    script->offset = *end + index_heading(arena, step, kind).size;
    script->size = below(4) ? below(1000) : below(SCRIPT_SIZE_MAX) * (below(50) == 0);
    *end = script->offset + script->size + 1;
    script->digest = random_digest();
    script->source = random_digest();
    script->path = random_text(arena, 1, 30, LETTERS "/ ");
    script->cuts = arena_array(arena, uint64_t, 8);
    for (uint64_t cut = below(2) ? 0 : below(100); cut < script->size && script->cut_count < 8;
         cut += 1 + below(300))
        script->cuts[script->cut_count++] = cut;
    script->builds = arena_array(arena, struct index_build, 8);
    for (uint64_t piece = below(4); piece < index_piece_count(script); piece += 1 + below(4))
        script->builds[script->build_count++] =
            (struct index_build){piece, random_table(arena), random_text(arena, 1, 63, NAMES)};
}

static void random_schema(struct arena *arena, struct index_step *step, uint64_t *end)
{
    struct index_script *changes = &step->scripts[SCRIPT_SCHEMA];

    step->schema = random_digest();
    changes->presence = SCRIPT_FILE;
    changes->offset = *end + index_heading(arena, step, SCRIPT_SCHEMA).size;
    changes->size = below(4) ? below(1000) : 0;
    changes->digest = random_digest();
    *end = changes->offset + changes->size + 1;
}

static void random_chunks(struct arena *arena, const uint64_t ends[static STREAM_COUNT],
                          struct index *index)
{
    size_t room = (size_t)((ends[0] + ends[1]) / (CHUNK_SIZE_MAX / 2) + 20);

    index->chunks = arena_array(arena, struct index_chunk, room);
    for (enum stream stream = STREAM_UP; stream <= STREAM_SIDE; stream++)
        for (uint64_t left = ends[stream], size; left; left -= size) {
            size = left > CHUNK_SIZE_MAX ? CHUNK_SIZE_MAX - below(CHUNK_SIZE_MAX / 2) : left;
            if (index->chunk_count < 5 && left > 1)
                size = 1 + below(size < 500 ? (size_t)size : 500);
            assert_true(index->chunk_count < room);
            index->chunks[index->chunk_count++] =
                (struct index_chunk){stream, 1 + below(CHUNK_SIZE_MAX), size, random_digest()};
        }
}

static struct text *random_names(struct arena *arena, size_t most, size_t *count)
{
    struct text *names = arena_array(arena, struct text, most);

    *count = below(2) ? 0 : below(most + 1);
    for (size_t i = 0; i < *count; i++) /* the number makes a name the only one */
        names[i] = arena_format(arena, "%zu_%s", i, random_text(arena, 0, 60, LOWER "_-").bytes);
    return names;
}

static struct index random_index(struct arena *arena)
{
    uint64_t ends[STREAM_COUNT] = {0};
    struct index index = {
        .project = random_text(arena, 1, 10, LOWER),
        .release = random_text(arena, 1, 20, LETTERS "+~/()"),
        .dialect = (enum dialect)below(DIALECT_COUNT),
        .sequence = support_random(&seed) >> (11 + below(53)),
        .created = 1 + below(253402300799),
        .not_after = below(2) ? 1 + below(253402300799) : 0,
        .server_version = below(2) ? TEXT("15.2") : TEXT(""),
        .alembic_keep = below(2),
        .tool = TEXT("sqlferry 0.1.0"),
        .step_count = 1 + below(12),
    };

    index.extensions = random_names(arena, EXTENSIONS_MAX, &index.extension_count);
    index.targets = random_names(arena, TARGETS_MAX, &index.target_count);
    if (below(2)) {
        index.schema_method = 1 + below(SCHEMA_NUMBER_MAX);
        index.schema_major = 1 + below(SCHEMA_NUMBER_MAX);
    }
    index.steps = arena_array(arena, struct index_step, index.step_count);
    for (size_t i = 0; i < index.step_count; i++) {
        struct index_step *step = &index.steps[i];

        /* The number makes an id the only one. */
        step->id = arena_format(arena, "%zu.%s", i, random_text(arena, 0, 20, LETTERS).bytes);
        step->title = random_title(arena);
        step->parents = arena_array(arena, struct text, i);
        for (size_t j = 0; j < i; j++)
            if (below(3) == 0)
                step->parents[step->parent_count++] = index.steps[j].id;
        step->transactional = below(2);
        step->idempotent = below(2);
        step->lock_timeout_ms = below(2) * below(TIMEOUT_MS_MAX + 1);
        step->statement_timeout_ms = below(2) * below(TIMEOUT_MS_MAX + 1);
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            random_script(arena, step, (enum script_kind)kind, ends, &step->scripts[kind]);
        if (index_has_schemas(&index))
            random_schema(arena, step, &ends[STREAM_SIDE]);
        /* Also of scripts that are not there: what is written has it for none of those. */
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            step->scripts[kind].foreign_keys_off = below(2);
    }
    random_chunks(arena, ends, &index);
    return index;
}

static void test_generated(void **state)
{
    (void)state;
    seed = 8;
    for (size_t i = 0; i < 4000; i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(4 << 20);
        struct index index = random_index(arena), again;
        struct source source = {TEXT("index"), write_index(arena, &index)};

        support_check(index_read(arena, &source, &again), "");
        assert_true(text_equal(write_index(arena, &again), source.text));
        assert_int_equal(again.step_count, index.step_count);
        for (size_t j = 0; j < index.step_count; j++)
            assert_ptr_equal(index_find(&again, index.steps[j].id), &again.steps[j]);
    }
}

/* A byte changed, dropped, added or doubled: refused, or another index in its one spelling. */
static void test_generated_damage(void **state)
{
    (void)state;
    seed = 9;
    for (size_t i = 0; i < 4000; i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(4 << 20);
        CLEANUP(buffer_free) struct buffer damaged = {0};
        struct index index = random_index(arena), again = {.sequence = 4711};
        struct text text = write_index(arena, &index);
        size_t at = below(text.size), kind = below(4);
        char byte = below(4) ? "\n -0123456789abcdef"[below(19)] : (char)support_random(&seed);

        buffer_add(&damaged, text_slice(text, 0, at));
        if (kind != 1)
            buffer_add(&damaged, kind == 3 ? text_slice(text, at, 1) : (struct text){&byte, 1});
        buffer_add(&damaged, text_slice(text, kind < 2 ? at + 1 : at, text.size));
        struct source source = {TEXT("index"), buffer_text(&damaged)};
        const struct error *error = index_read(arena, &source, &again);
        if (error) {
            assert_int_equal(error->code, ERROR_UNTRUSTED);
            assert_ptr_equal(error->span.source, &source);
            assert_int_equal(again.sequence, 4711);
        } else {
            assert_true(text_equal(write_index(arena, &again), source.text));
        }
    }
}

static void test_every_truncation(void **state)
{
    struct text text = TEXT(GOOD);

    (void)state;
    for (size_t size = 0; size < text.size; size++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        struct source source = {TEXT("index"), text_slice(text, 0, size)};
        struct index index;
        const struct error *error = index_read(arena, &source, &index);

        assert_non_null(error);
        assert_int_equal(error->code, ERROR_UNTRUSTED);
    }
}

/* Times */

static const struct time_row {
    const char *name;
    uint64_t seconds;
    const char *text;
} time_rows[] = {
    {"time: the first", 0, "1970-01-01T00:00:00Z"},
    {"time: a billion", 1000000000, "2001-09-09T01:46:40Z"},
    {"time: before a leap day", 951782399, "2000-02-28T23:59:59Z"},
    {"time: a leap day of a century", 951782400, "2000-02-29T00:00:00Z"},
    {"time: no leap day in 2100", 4107542400, "2100-03-01T00:00:00Z"},
    {"time: above 32 bits", 4294967296, "2106-02-07T06:28:16Z"},
    {"time: the last", 253402300799, "9999-12-31T23:59:59Z"},
};

static void test_time(void **state)
{
    const struct time_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    uint64_t seconds = 4711;

    assert_string_equal(index_time(arena, row->seconds).bytes, row->text);
    assert_true(index_time_read(text_from(row->text), &seconds));
    assert_int_equal(seconds, row->seconds);
}

static void test_time_generated(void **state)
{
    (void)state;
    seed = 10;
    setenv("TZ", "America/St_Johns", 1); /* no time zone gets in */
    for (size_t i = 0; i < 5000; i++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
        uint64_t seconds = below(253402300800), again;

        assert_true(index_time_read(index_time(arena, seconds), &again));
        assert_int_equal(again, seconds);
    }
    unsetenv("TZ");
}

static void test_time_above(void **state)
{
    static const uint64_t above[] = {253402300800, UINT64_C(1) << 53, INT64_MAX};
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    (void)state;
    for (size_t i = 0; i < COUNT(above); i++)
        assert_string_equal(index_time(arena, above[i]).bytes, "9999-12-31T23:59:59Z");
}

static const struct no_time_row {
    const char *name;
    struct text text;
} no_time_rows[] = {
    {"no time: nothing", TEXT("")},
    {"no time: one byte short", TEXT("2026-11-22T23:36:00")},
    {"no time: one byte long", TEXT("2026-11-22T23:36:00Z ")},
    {"no time: letters for digits", TEXT("2O26-11-22T23:36:00Z")},
    {"no time: a sign", TEXT("+026-11-22T23:36:00Z")},
    {"no time: a blank for a digit", TEXT("2026-11-22T 3:36:00Z")},
    {"no time: month 0", TEXT("2026-00-22T23:36:00Z")},
    {"no time: day 0", TEXT("2026-11-00T23:36:00Z")},
    {"no time: day 31 of November", TEXT("2026-11-31T23:36:00Z")},
    {"no time: day 29 of February 2100", TEXT("2100-02-29T00:00:00Z")},
    {"no time: minute 60", TEXT("2026-11-22T23:60:00Z")},
    {"no time: second 60", TEXT("2026-11-22T23:36:60Z")},
    {"no time: year 0", TEXT("0000-01-01T00:00:00Z")},
    {"no time: 1969", TEXT("1969-12-31T23:59:59Z")},
    {"no time: a blank for T", TEXT("2026-11-22 23:36:00Z")},
    {"no time: a small z", TEXT("2026-11-22T23:36:00z")},
    {"no time: a byte behind the digits in the century", TEXT("1:26-11-22T23:36:00Z")},
    {"no time: a byte behind the digits in the year", TEXT("201:-11-22T23:36:00Z")},
    {"no time: a byte before the digits in the year", TEXT("203/-11-22T23:36:00Z")},
    {"no time: ten years before the century", TEXT("21/9-11-22T23:36:00Z")},
    {"no time: ten tens of years", TEXT("19:0-11-22T23:36:00Z")},
    {"no time: a byte behind the digits in the month", TEXT("2026-0;-22T23:36:00Z")},
    {"no time: a byte behind the digits in the day", TEXT("2026-11-1<T23:36:00Z")},
    {"no time: a byte behind the digits in the hour", TEXT("2026-11-22T1=:36:00Z")},
    {"no time: a byte behind the digits in the minute", TEXT("2026-11-22T23:2@:00Z")},
    {"no time: a byte behind the digits", TEXT("2026-11-22T23:36:0:Z")},
    {"no time: a byte before the digits", TEXT("2026-11-22T23:36:/0Z")},
};

static void test_no_time(void **state)
{
    const struct no_time_row *row = *state;
    uint64_t seconds = 4711;

    assert_false(index_time_read(row->text, &seconds));
    assert_int_equal(seconds, 4711);
}

/*
 * Spelling: each letter says who accepts a text: project, id, release, version, name, extension.
 */
static const struct spelling_row {
    const char *name;
    struct text text;
    const char *accepted;
} spelling_rows[] = {
    {"spelling: a word", TEXT("shop"), "pirne"},
    {"spelling: one letter", TEXT("a"), "pirne"},
    {"spelling: one digit", TEXT("7"), "pirvne"},
    {"spelling: numbers", TEXT("15.2.1"), "pirv"},
    {"spelling: a leading zero", TEXT("01"), "pirne"},
    {"spelling: capitals", TEXT("Shop"), "irne"},
    {"spelling: marks", TEXT("a._-"), "pir"},
    {"spelling: a dash first", TEXT("-a"), "ir"},
    {"spelling: a dash", TEXT("-"), "r"},
    {"spelling: a dash inside", TEXT("uuid-ossp"), "pire"},
    {"spelling: a dash at the end", TEXT("a-"), "pire"},
    {"spelling: a dot", TEXT("."), "ir"},
    {"spelling: two dots", TEXT(".."), "ir"},
    {"spelling: a dot at the end", TEXT("1."), "pir"},
    {"spelling: a dot first", TEXT(".1"), "ir"},
    {"spelling: a slash", TEXT("a/b"), "r"},
    {"spelling: symbols", TEXT("~!"), "r"},
    {"spelling: nothing", TEXT(""), ""},
    {"spelling: a blank", TEXT("a b"), ""},
    {"spelling: NUL", TEXT("a\0"), ""},
    {"spelling: a line feed", TEXT("a\n"), ""},
    {"spelling: DEL", TEXT("a\x7f"), ""},
    {"spelling: UTF-8", TEXT("\xc3\xa4"), ""},
    {"spelling: the last of one byte", TEXT("\xff"), ""},
    {"spelling: absent", {NULL, 0}, ""},
    {"spelling: the ends of ranges", TEXT("azAZ09"), "irne"},
    {"spelling: before the digits", TEXT("a/"), "r"},
    {"spelling: behind the digits", TEXT("a:"), "r"},
    {"spelling: before the capitals", TEXT("a@"), "r"},
    {"spelling: behind the capitals", TEXT("a["), "r"},
    {"spelling: before the letters", TEXT("a`"), "r"},
    {"spelling: behind the letters", TEXT("a{"), "r"},
    {"spelling: 32 characters", TEXT("1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.11"), "pirv"},
    {"spelling: 33 characters", TEXT("1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1"), "pir"},
    {"spelling: an underscore", TEXT("_a"), "irne"},
    {"spelling: a dollar", TEXT("$"), "rn"},
    {"spelling: a quote", TEXT("a\"b"), "r"},
    {"spelling: 63 characters", TEXT(NAME), "irne"},
    {"spelling: 64 characters", TEXT(DIGEST("a")), "pir"},
    {"spelling: 65 characters", TEXT(DIGEST("a") "a"), "i"},
    {"spelling: 128 characters", TEXT(DIGEST("a") DIGEST("a")), "i"},
    {"spelling: 129 characters", TEXT(DIGEST("a") DIGEST("a") "a"), ""},
};

static void test_spelling(void **state)
{
    const struct spelling_row *row = *state;
    char accepted[7];

    snprintf(accepted, sizeof(accepted), "%s%s%s%s%s%s", index_is_project(row->text) ? "p" : "",
             index_is_id(row->text) ? "i" : "", index_is_release(row->text) ? "r" : "",
             index_is_version(row->text) ? "v" : "", index_is_name(row->text) ? "n" : "",
             index_is_extension(row->text) ? "e" : "");
    assert_string_equal(accepted, row->accepted);
}

/* Headings */

static const struct heading_row {
    const char *name, *title;
    enum script_kind kind;
    const char *expected;
} heading_rows[] = {
    {"heading: up", "Create things", SCRIPT_UP, "-- revision a1: Create things\n"},
    {"heading: down", "Create things", SCRIPT_DOWN, "-- down of revision a1: Create things\n"},
    {"heading: verify", "Create things", SCRIPT_VERIFY,
     "-- verify of revision a1: Create things\n"},
    {"heading: no title", "", SCRIPT_UP, "-- revision a1\n"},
    {"heading: a title that looks like SQL", "'; DROP TABLE a;", SCRIPT_UP,
     "-- revision a1: '; DROP TABLE a;\n"},
};

static void test_heading(void **state)
{
    const struct heading_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct index_step step = {.id = TEXT("a1"), .title = text_from(row->title)};
    struct text heading = index_heading(arena, &step, row->kind);

    assert_string_equal(heading.bytes, row->expected);
    assert_int_equal(heading.size, strlen(row->expected));
    assert_int_equal(index_stream(row->kind), row->kind == SCRIPT_UP ? STREAM_UP : STREAM_SIDE);
}

/* Pieces: each in brackets. */
static const struct piece_row {
    const char *name;
    size_t cut_count;
    uint64_t cuts[4];
    const char *text, *expected;
} piece_rows[] = {
    {"piece: no cuts", 0, {0}, "abcdef", "[abcdef]"},
    {"piece: no cuts of an empty script", 0, {0}, "", "[]"},
    {"piece: the front alone", 1, {0}, "abcdef", "[abcdef]"},
    {"piece: what is before the first cut is not sent", 1, {2}, "--abcdef", "[abcdef]"},
    {"piece: nothing but the last byte", 1, {5}, "abcdef", "[f]"},
    {"piece: two from the front", 2, {0, 3}, "abcdef", "[abc][def]"},
    {"piece: two behind a comment", 2, {2, 3}, "--abcdef", "[a][bcdef]"},
    {"piece: neighbours", 4, {0, 1, 2, 3}, "abcdef", "[a][b][c][def]"},
};

static void test_piece(void **state)
{
    const struct piece_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = text_from(row->text), shown = TEXT("");
    uint64_t cuts[4];

    memcpy(cuts, row->cuts, sizeof(cuts));
    struct index_script script = {
        .size = text.size, .cuts = row->cut_count ? cuts : NULL, .cut_count = row->cut_count};
    for (size_t i = 0; i < index_piece_count(&script); i++) {
        struct text piece = index_piece(&script, text, i);

        assert_true(piece.bytes >= text.bytes &&
                    piece.bytes + piece.size <= text.bytes + text.size);
        shown = arena_format(arena, "%.*s[%.*s]", TEXT_ARGS(shown), TEXT_ARGS(piece));
    }
    assert_string_equal(shown.bytes, row->expected);
}

/* A hundred thousand revisions, in an order that is not that of their ids. */
static void test_largest(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(512 << 20);
    CLEANUP(buffer_free) struct buffer text = {0};
    struct index index = {
        .project = TEXT("a"), .release = TEXT("1"), .created = 1, .tool = TEXT("t")};
    struct index_chunk chunk = {.stream = STREAM_UP, .stored_size = 1};
    struct index again;

    (void)state;
    index.step_count = REVISIONS_MAX;
    index.steps = arena_array(arena, struct index_step, index.step_count);
    index.chunks = &chunk;
    index.chunk_count = 1;
    for (size_t i = 0; i < index.step_count; i++) {
        struct index_step *step = &index.steps[i];

        step->id = arena_format(arena, "%zu", i * 7919 % REVISIONS_MAX);
        step->parents = i ? &index.steps[i - 1].id : NULL;
        step->parent_count = i > 0;
        step->scripts[SCRIPT_UP] = (struct index_script){
            .presence = SCRIPT_FILE,
            .offset = chunk.plain_size + index_heading(arena, step, SCRIPT_UP).size,
            .path = TEXT("a.sql"),
        };
        chunk.plain_size = step->scripts[SCRIPT_UP].offset + 1;
    }
    index_write(&text, &index);
    struct source source = {TEXT("index"), buffer_text(&text)};
    support_check(index_read(arena, &source, &again), "");
    assert_int_equal(again.step_count, REVISIONS_MAX);
    assert_ptr_equal(index_find(&again, TEXT("7919")), &again.steps[1]);
    assert_null(index_find(&again, TEXT("100000")));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, spelling_rows, test_spelling);
    support_add_rows(&tests, time_rows, test_time);
    support_add(&tests, "time: generated", test_time_generated);
    support_add(&tests, "time: above the last", test_time_above);
    support_add_rows(&tests, no_time_rows, test_no_time);
    support_add_rows(&tests, heading_rows, test_heading);
    support_add_rows(&tests, piece_rows, test_piece);
    support_add(&tests, "read: every field", test_read);
    support_add_rows(&tests, schema_rows, test_schema);
    support_add_rows(&tests, right_rows, test_right);
    support_add_rows(&tests, wrong_rows, test_wrong);
    support_add(&tests, "wrong: every truncation", test_every_truncation);
    support_add_rows(&tests, cap_rows, test_cap);
    support_add(&tests, "generated: written, read, written", test_generated);
    support_add(&tests, "generated: damaged", test_generated_damage);
    support_add(&tests, "a hundred thousand revisions", test_largest);
    return support_run("index", &tests);
}

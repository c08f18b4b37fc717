/*
 * Secret keys, both ways with stock minisign, which must be installed. Most keys here are made with
 * the least work that scrypt allows; a password of minisign's own strength takes seconds and 1 GiB,
 * so only the last tests use one.
 */
#include "compiler/signer.h"
#include "runtime/file.h"

#include <assert.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static const struct text index_text = {"sqlferry index 1\nproject shop\n", 30};

/* A key pair of stock minisign 0.11, and what it signed: Ed25519 leaves no choice. */
#define KEY_LINE "RWQqHLoMSCOAOe8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnTe"
#define SECRET_LINE                                                                                \
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAKhy6DEgjgDkS+We+ft"   \
    "hdOf61PyQdQT4ycPussITPAwyae4OcgmwPm+8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnTeAAAAAAAAAAAA"   \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define SIGNATURE                                                                                  \
    "untrusted comment: sqlferry bundle signature\n"                                               \
    "RUQqHLoMSCOAOQCydec4Jh/Md6xlj7zhI4Bo3mPz/"                                                    \
    "4LrnODjTg++dsFZ9WLOR5fpk8AgxcGQKSwP3Y0mXzekor76UZCb9wyQ1Ac=\n"                                \
    "trusted comment: sqlferry 1 index "                                                           \
    "f55ea255ef9a27155aed10a13189481e4af334088ab38fcc5ef3cd8079e51e0c\n"                           \
    "uVd4vRyHxKLiR/0+4exOSfT07y1ShzdZcUglut6axx/yR9kVCWSw9ZgmXx14HBMACuhXioOuWyK6DzEyziNzCg==\n"

/* Every test has a folder of its own and stands in it. */
static char folder[64];

static int enter_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/sqlferry-signer-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    char command[sizeof(folder) + 20];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static const char *show(struct arena *arena, const struct error *error)
{
    if (!error)
        return "0";
    assert_null(error->span.source);
    assert_null(error->notes);
    assert_null(error->next);
    struct text shown =
        arena_format(arena, "%d %.*s", error_status(error), TEXT_ARGS(error->message));
    if (error->hint.size)
        shown = arena_format(arena, "%s / %.*s", shown.bytes, TEXT_ARGS(error->hint));
    return shown.bytes;
}

static void shell(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static void write_file(const char *path, struct text text, mode_t mode)
{
    CLEANUP(file_close) int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.bytes, text.size), text.size);
    assert_int_equal(fchmod(fd, mode), 0);
}

static struct text read_file(struct arena *arena, const char *path)
{
    struct text text;

    assert_null(file_read(arena, AT_FDCWD, path, 4096, &text));
    return text;
}

static mode_t mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

/* A descriptor from which the text can be read, and then nothing more. */
static int pipe_with(struct text text)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], text.bytes, text.size), text.size);
    close(ends[1]);
    return ends[0];
}

/* The byte table of minisign's secret key files, a second time and independent of the signer. */
enum {
    AT_ALGORITHM = 0,
    AT_DERIVATION = 2,
    AT_CHECKSUM_KIND = 4,
    AT_SALT = 6,
    AT_OPERATIONS = 38,
    AT_MEMORY = 46,
    AT_NUMBER = 54,
    AT_SEED = 62,
    AT_PUBLIC = 94,
    AT_CHECKSUM = 126,
    RECORD_SIZE = 158,
};

static void put_checksum(uint8_t record[static RECORD_SIZE])
{
    uint8_t message[2 + 8 + 64];

    memcpy(message, record + AT_ALGORITHM, 2);
    memcpy(message + 2, record + AT_NUMBER, 8 + 64);
    crypto_generichash(record + AT_CHECKSUM, 32, message, sizeof(message), NULL, 0);
}

static void make_record(uint8_t record[static RECORD_SIZE])
{
    uint8_t seed[32], pair[64];

    memset(record, 0, RECORD_SIZE);
    memcpy(record + AT_ALGORITHM, "Ed", 2);
    memcpy(record + AT_CHECKSUM_KIND, "B2", 2);
    memset(record + AT_NUMBER, 0xA5, 8);
    memset(seed, 0x5A, sizeof(seed));
    crypto_sign_seed_keypair(record + AT_PUBLIC, pair, seed);
    memcpy(record + AT_SEED, seed, sizeof(seed));
    put_checksum(record);
}

/* With the least work there is: 2^15 operations in 16 MiB. */
static void protect(uint8_t record[static RECORD_SIZE], const char *password)
{
    uint8_t stream[104];

    memcpy(record + AT_DERIVATION, "Sc", 2);
    memset(record + AT_SALT, 0x11, 32);
    record[AT_OPERATIONS + 1] = 0x80;
    record[AT_MEMORY + 3] = 0x01;
    assert_int_equal(crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password,
                                                        strlen(password), record + AT_SALT, 32768,
                                                        16777216),
                     0);
    for (size_t i = 0; i < sizeof(stream); i++)
        record[AT_NUMBER + i] ^= stream[i];
}

static void write_record(struct arena *arena, const uint8_t record[static RECORD_SIZE])
{
    write_file("k.key",
               arena_format(arena, "untrusted comment: minisign encrypted secret key\n%s\n",
                            crypto_base64(arena, record, RECORD_SIZE).bytes),
               0600);
}

/* What loading k.key says; a key that was loaded must sign, and be the one we know. */
static const char *load(struct arena *arena, const char *path, const struct password_source *source)
{
    CLEANUP(signer_close) struct secret_key *key = NULL;
    const struct error *error = signer_load(arena, text_from(path), source, &key);
    struct digest digest = crypto_digest(index_text);
    uint8_t prehash[PREHASH_SIZE];
    struct signature signature;

    if (error) {
        assert_null(key);
        return show(arena, error);
    }
    struct public_key public = signer_public(key);
    assert_null(signer_sign(arena, key, SIGNED_INDEX, index_text, &digest, &signature));
    crypto_prehash(index_text, prehash);
    assert_true(minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &public));
    assert_memory_equal(signature.number, public.number, sizeof(public.number));
    return "0";
}

#define DAMAGED " / Restore it from a copy. A signature made with it could give the key away."

/* Damage done to a record, and what loading it says. */
static const struct record_row {
    const char *name;
    const char *password;               /* NULL for none */
    size_t at, size;                    /* bytes to complement, before they are protected */
    enum { LEAVE, SUM, ZERO } checksum; /* what becomes of the checksum then */
    const char *expected;
} record_rows[] = {
    {"record: no password", NULL, 0, 0, LEAVE, "0"},
    {"record: no password, no checksum, as from minisign -G -W", NULL, 0, 0, ZERO, "0"},
    {"record: password", "pw", 0, 0, LEAVE, "0"},
    {"record: password, no checksum", "pw", 0, 0, ZERO, "1 wrong password for secret key 'k.key'"},
    {"record: password, wrong checksum", "pw", AT_CHECKSUM + 31, 1, LEAVE,
     "1 wrong password for secret key 'k.key'"},
    {"record: another password", "pW", 0, 0, LEAVE, "1 wrong password for secret key 'k.key'"},
    {"record: wrong checksum", NULL, AT_CHECKSUM + 31, 1, LEAVE,
     "1 secret key 'k.key' is damaged: its checksum is wrong" DAMAGED},
    {"record: wrong number", NULL, AT_NUMBER, 1, LEAVE,
     "1 secret key 'k.key' is damaged: its checksum is wrong" DAMAGED},
    {"record: another number, no checksum", NULL, AT_NUMBER, 1, ZERO, "0"},
    {"record: wrong public half", NULL, AT_PUBLIC + 31, 1, LEAVE,
     "1 secret key 'k.key' is damaged: its checksum is wrong" DAMAGED},
    {"record: wrong public half, no checksum", NULL, AT_PUBLIC + 31, 1, ZERO,
     "1 secret key 'k.key' is damaged: its public half is not that of its secret half" DAMAGED},
    {"record: wrong public half, fitting checksum", NULL, AT_PUBLIC, 1, SUM,
     "1 secret key 'k.key' is damaged: its public half is not that of its secret half" DAMAGED},
    {"record: wrong public half, fitting checksum, password", "pw", AT_PUBLIC, 32, SUM,
     "1 secret key 'k.key' is damaged: its public half is not that of its secret half" DAMAGED},
    {"record: wrong seed, no checksum", NULL, AT_SEED, 1, ZERO,
     "1 secret key 'k.key' is damaged: its public half is not that of its secret half" DAMAGED},
    {"record: another algorithm", NULL, AT_ALGORITHM, 1, SUM,
     "1 secret key 'k.key' is of an unknown kind"},
    {"record: another derivation", NULL, AT_DERIVATION, 2, LEAVE,
     "1 secret key 'k.key' is of an unknown kind"},
    {"record: another kind of checksum", NULL, AT_CHECKSUM_KIND, 1, LEAVE,
     "1 secret key 'k.key' is of an unknown kind"},
};

static void test_record(void **state)
{
    const struct record_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = pipe_with(TEXT("pw\n"));
    uint8_t record[RECORD_SIZE];

    make_record(record);
    for (size_t i = 0; i < row->size; i++)
        record[row->at + i] ^= 0xff;
    if (row->checksum == SUM)
        put_checksum(record);
    else if (row->checksum == ZERO)
        memset(record + AT_CHECKSUM, 0, 32);
    if (row->password)
        protect(record, row->password);
    write_record(arena, record);
    assert_string_equal(load(arena, "k.key", &(struct password_source){fd}), row->expected);
}

/* Limits above minisign's own, each in its lowest byte. */
static void test_too_much_work(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct password_source source = {-1};
    const char *refused = "1 secret key 'k.key' asks for more work than minisign's own keys";
    uint8_t record[RECORD_SIZE];

    (void)state;
    make_record(record);
    protect(record, "pw");
    memcpy(record + AT_OPERATIONS, "\1\0\0\2\0\0\0\0", 8);
    write_record(arena, record);
    assert_string_equal(load(arena, "k.key", &source), refused);

    make_record(record);
    protect(record, "pw");
    memcpy(record + AT_MEMORY, "\1\0\0\x40\0\0\0\0", 8);
    write_record(arena, record);
    assert_string_equal(load(arena, "k.key", &source), refused);
}

#define NO_DAMAGE "untrusted comment: minisign encrypted secret key\n" SECRET_LINE "\n"
#define IS_OPEN   "1 others have access to secret key 'k.key' "

/* Whole files, and shell commands that come between writing and loading them. */
static const struct file_row {
    const char *name, *file, *command, *expected;
} file_rows[] = {
    {"file: as minisign wrote it", NO_DAMAGE, ":", "0"},
    {"file: another comment", "c\n" SECRET_LINE "\n", ":", "0"},
    {"file: no last line feed", "c\n" SECRET_LINE, ":", "0"},
    {"file: line ends of Windows", "c\r\n" SECRET_LINE "\r\n", ":", "0"},
    {"file: read-only", NO_DAMAGE, "chmod 400 k.key", "0"},
    {"file: by a link", NO_DAMAGE, "mv k.key there; ln -s there k.key", "0"},
    {"file: readable by the group", NO_DAMAGE, "chmod 640 k.key",
     IS_OPEN "(mode 0640) / Run: chmod 600 'k.key'"},
    {"file: readable by all", NO_DAMAGE, "chmod 604 k.key",
     IS_OPEN "(mode 0604) / Run: chmod 600 'k.key'"},
    {"file: writable by the group", NO_DAMAGE, "chmod 620 k.key",
     IS_OPEN "(mode 0620) / Run: chmod 600 'k.key'"},
    {"file: missing", NO_DAMAGE, "rm k.key",
     "5 cannot open secret key 'k.key': No such file or directory"},
    {"file: a folder", NO_DAMAGE, "rm k.key; mkdir k.key",
     "1 secret key 'k.key' is not a regular file"},
    {"file: a FIFO", NO_DAMAGE, "rm k.key; mkfifo -m 600 k.key",
     "1 secret key 'k.key' is not a regular file"},
    {"file: empty", "", ":", "1 'k.key' is not a minisign secret key"},
    {"file: a comment alone", "c\n", ":", "1 'k.key' is not a minisign secret key"},
    {"file: no comment", SECRET_LINE "\n", ":", "1 'k.key' is not a minisign secret key"},
    {"file: a letter less", "c\nRWQAAEIy\n", ":", "1 'k.key' is not a minisign secret key"},
    {"file: a second key behind", NO_DAMAGE NO_DAMAGE, ":",
     "1 'k.key' is not a minisign secret key"},
    {"file: blanks to the limit and beyond", NO_DAMAGE, "printf '%2000s' '' >> k.key",
     "1 'k.key' is not a minisign secret key"},
    {"file: the public key", "c\n" KEY_LINE "\n", ":",
     "1 'k.key' is a public key; signing takes the secret key / "
     "Give the .key file that was made together with it."},
};

static void test_file(void **state)
{
    const struct file_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    write_file("k.key", text_from(row->file), 0600);
    shell(row->command);
    assert_string_equal(load(arena, "k.key", &(struct password_source){-1}), row->expected);
}

#define HUNDRED                                                                                    \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"  \
    "123456789"
#define THOUSAND HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
#define LONGEST  THOUSAND "01234567890123456789012"
#define TOO_LONG "1 the password is longer than 1023 bytes"
#define ENDS     "1 the password holds a NUL or a carriage return, where minisign ends it"

/* What a descriptor may give for a password; what is left on it afterwards. */
static const struct password_row {
    const char *name, *password;
    struct text given;
    const char *expected, *left;
} password_rows[] = {
    {"password: a line", "pw", {"pw\n", 3}, "0", ""},
    {"password: no line feed", "pw", {"pw", 2}, "0", ""},
    {"password: line end of Windows", "pw", {"pw\r\n", 4}, "0", ""},
    {"password: the first of two lines", "pw", {"pw\nsecond\n", 10}, "0", "second\n"},
    {"password: blanks belong to it", " p w ", {" p w \n", 6}, "0", ""},
    {"password: any bytes", "\xc3\xa9\xff\x1b", {"\xc3\xa9\xff\x1b\n", 5}, "0", ""},
    {"password: of no characters", "", {"\n", 1}, "0", ""},
    {"password: the longest", LONGEST, {LONGEST "\n", 1024}, "0", ""},
    {"password: too long", LONGEST "x", {LONGEST "x\n", 1025}, TOO_LONG, ""},
    {"password: far too long", LONGEST "x", {LONGEST LONGEST, 2046}, TOO_LONG, NULL},
    {"password: a NUL", "pw", {"pw\0pw\n", 6}, ENDS, ""},
    {"password: a carriage return inside", "pw", {"pw\rpw\n", 6}, ENDS, ""},
    {"password: nothing", "pw", {"", 0}, NULL, ""},
};

static void test_password(void **state)
{
    const struct password_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = pipe_with(row->given);
    const char *nothing = arena_format(arena, "1 no password on descriptor %d", fd).bytes;
    uint8_t record[RECORD_SIZE];
    char left[10] = "";

    make_record(record);
    protect(record, row->password);
    write_record(arena, record);
    assert_string_equal(load(arena, "k.key", &(struct password_source){fd}),
                        row->expected ? row->expected : nothing);
    assert_true(read(fd, left, sizeof(left) - 1) >= 0);
    if (row->left)
        assert_string_equal(left, row->left);
}

static void test_closed_descriptor(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    uint8_t record[RECORD_SIZE];

    (void)state;
    make_record(record);
    protect(record, "pw");
    write_record(arena, record);
    assert_string_equal(load(arena, "k.key", &(struct password_source){1000}),
                        "5 cannot read the password from descriptor 1000: Bad file descriptor");
}

/* What stock minisign signed with this key, byte for byte. */
static void test_sign(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(signer_close) struct secret_key *key = NULL;
    struct digest digest = crypto_digest(index_text);
    struct signature signature;

    (void)state;
    write_file("k.key", TEXT(NO_DAMAGE), 0600);
    assert_null(signer_load(arena, TEXT("k.key"), NULL, &key));
    struct public_key public = signer_public(key);
    assert_string_equal(minisign_key_line(arena, &public).bytes, KEY_LINE);
    assert_null(signer_sign(arena, key, SIGNED_INDEX, index_text, &digest, &signature));
    assert_string_equal(minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest).bytes,
                        SIGNATURE);
    signer_close(&key);
    assert_null(key);
}

#define NEVER " / A key is never overwritten: choose another name, or move the old key away."

/* Keys that are not made, in a folder with a file in it; nothing may be added or changed. */
static const struct refused_row {
    const char *name, *prepare, *key;
    struct text password; /* absent for a key without */
    const char *expected;
} refused_rows[] = {
    {"create: the secret key exists",
     "echo old > k.key",
     "k",
     {0},
     "1 'k.key' already exists" NEVER},
    {"create: the public key exists",
     "echo old > k.pub",
     "k",
     {0},
     "1 'k.pub' already exists" NEVER},
    {"create: a link to nothing is there",
     "ln -s nothing k.key",
     "k",
     {0},
     "1 'k.key' already exists" NEVER},
    {"create: existence is told before the password is asked",
     "echo old > k.key",
     "k",
     {"", 0},
     "1 'k.key' already exists" NEVER},
    {"create: no such folder",
     ":",
     "d/k",
     {0},
     "5 cannot write 'd/k.key': No such file or directory"},
    {"create: no name", ":", "", {0}, "1 '' is not the name of a key"},
    {"create: a folder for a name", "mkdir d", "d/", {0}, "1 'd/' is not the name of a key"},
    {"create: the public key cannot be written",
     ":",
     HUNDRED HUNDRED "01234567890123456789012345678901234567890123456789",
     {0},
     "5 cannot write '" HUNDRED HUNDRED
     "01234567890123456789012345678901234567890123456789.pub': File name too long"},
    {"create: an empty password",
     ":",
     "k",
     {"\n", 1},
     "1 the password is empty / "
     "A key for pipelines, without a password, is made with --no-password."},
    {"create: too long a password", ":", "k", {LONGEST "x\n", 1025}, TOO_LONG},
};

static void test_refused(void **state)
{
    const struct refused_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = pipe_with(row->password);

    /* The lists are kept outside the folder that they show. */
    assert_int_equal(mkdir("inside", 0700), 0);
    assert_int_equal(chdir("inside"), 0);
    shell(row->prepare);
    shell("ls -AlR --time-style=full-iso > ../before");
    const struct error *error = signer_create(
        arena, text_from(row->key), row->password.bytes != NULL, &(struct password_source){fd});
    assert_string_equal(show(arena, error), row->expected);
    shell("ls -AlR --time-style=full-iso > ../after && cmp ../before ../after");
}

/* Both ways with stock minisign */

static const char *trusted_comment(struct arena *arena)
{
    struct digest digest = crypto_digest(index_text);

    return minisign_trusted_comment(arena, SIGNED_INDEX, &digest).bytes;
}

/* The file `index`, signed by minisign with k.key, verified by us with k.pub. */
static void check_their_signature(struct arena *arena, const char *password)
{
    struct source public_file = {TEXT("k.pub"), read_file(arena, "k.pub")};
    struct source signature_file = {.name = TEXT("index.minisig")};
    struct digest digest = crypto_digest(index_text);
    uint8_t prehash[PREHASH_SIZE];
    struct public_key public;
    struct signature signature;

    write_file("index", index_text, 0644);
    shell(arena_format(arena, "printf '%s' | minisign -S -s k.key -m index -t '%s' > log 2>&1",
                       password, trusted_comment(arena))
              .bytes);
    signature_file.text = read_file(arena, "index.minisig");
    assert_null(minisign_key_file_read(arena, &public_file, &public));
    assert_null(minisign_signature_file_read(arena, &signature_file, SIGNED_INDEX, &digest,
                                             &signature, &(size_t){1}));
    crypto_prehash(index_text, prehash);
    assert_true(minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &public));
}

/* The file `index`, signed by us with k.key, verified by minisign with k.pub. */
static void check_our_signature(struct arena *arena, const struct password_source *source)
{
    CLEANUP(signer_close) struct secret_key *key = NULL;
    struct digest digest = crypto_digest(index_text);
    struct signature signature;

    assert_null(signer_load(arena, TEXT("k.key"), source, &key));
    struct public_key public = signer_public(key);
    assert_true(text_equal(minisign_key_file(arena, &public), read_file(arena, "k.pub")));
    assert_null(signer_sign(arena, key, SIGNED_INDEX, index_text, &digest, &signature));
    write_file("index", index_text, 0644);
    write_file("index.minisig", minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest),
               0644);
    shell(arena_format(arena, "test \"$(minisign -VHQm index -p k.pub)\" = '%s'",
                       trusted_comment(arena))
              .bytes);
}

static void test_our_plain_key(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    (void)state;
    umask(0);
    assert_null(signer_create(arena, TEXT("k"), false, NULL));
    umask(022);
    assert_int_equal(mode_of("k.key"), 0600);
    assert_int_equal(mode_of("k.pub"), 0644);
    check_our_signature(arena, NULL);
    check_their_signature(arena, "");
    shell("minisign -R -s k.key -p again.pub > log && cmp k.pub again.pub");

    /* minisign would take a checksum of zeros; ours is the right one. */
    uint8_t record[RECORD_SIZE], again[RECORD_SIZE];
    struct text rest = read_file(arena, "k.key");
    assert_true(text_equal(text_cut(&rest, '\n'),
                           TEXT("untrusted comment: minisign unencrypted secret key")));
    assert_true(crypto_from_base64(text_cut(&rest, '\n'), record, sizeof(record)));
    assert_int_equal(rest.size, 0);
    memcpy(again, record, sizeof(again));
    put_checksum(again);
    assert_memory_equal(record, again, sizeof(record));
}

static void test_their_plain_key(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    (void)state;
    shell("minisign -G -W -s k.key -p k.pub > log");
    check_our_signature(arena, NULL);
}

static void test_our_protected_key(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int making = pipe_with(TEXT("p\xc3\xa4ss w\xc3\xb6rd\n"));
    CLEANUP(file_close) int loading = pipe_with(TEXT("p\xc3\xa4ss w\xc3\xb6rd\n"));

    (void)state;
    assert_null(signer_create(arena, TEXT("k"), true, &(struct password_source){making}));
    assert_int_equal(mode_of("k.key"), 0600);
    assert_true(text_starts(read_file(arena, "k.key"),
                            TEXT("untrusted comment: minisign encrypted secret key\nRWRTY0Iy")));
    check_their_signature(arena, "p\xc3\xa4ss w\xc3\xb6rd\\n");
    check_our_signature(arena, &(struct password_source){loading});
}

static void test_their_protected_key(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int right = pipe_with(TEXT("secret\n"));

    (void)state;
    shell("printf 'secret\\nsecret\\n' | minisign -G -s k.key -p k.pub > log 2>&1");
    check_our_signature(arena, &(struct password_source){right});
}

/* Leaves the process so many bytes of memory beyond those it has now. */
static void limit_memory(struct rlimit *before, size_t more)
{
    unsigned long long pages;
    FILE *statistics = fopen("/proc/self/statm", "r");

    assert_non_null(statistics);
    assert_int_equal(fscanf(statistics, "%llu", &pages), 1);
    fclose(statistics);
    assert_int_equal(getrlimit(RLIMIT_AS, before), 0);
    struct rlimit limit = *before;
    limit.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
}

static void test_little_memory(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int making = pipe_with(TEXT("pw\npw\n"));
    CLEANUP(file_close) int loading = pipe_with(TEXT("pw\npw\n"));
    uint8_t record[RECORD_SIZE];
    struct rlimit before;

    (void)state;
    limit_memory(&before, (size_t)100 << 20);
    const struct error *error =
        signer_create(arena, TEXT("k"), true, &(struct password_source){making});
    setrlimit(RLIMIT_AS, &before);
    assert_null(error);

    /* Halved four times, to 64 MiB and 2^21 operations. */
    struct text rest = read_file(arena, "k.key");
    text_cut(&rest, '\n');
    assert_true(crypto_from_base64(text_cut(&rest, '\n'), record, sizeof(record)));
    assert_memory_equal(record + AT_OPERATIONS, "\0\0\x20\0\0\0\0\0", 8);
    assert_memory_equal(record + AT_MEMORY, "\0\0\0\4\0\0\0\0", 8);
    assert_string_equal(load(arena, "k.key", &(struct password_source){loading}), "0");

    limit_memory(&before, (size_t)8 << 20);
    const char *loaded = load(arena, "k.key", &(struct password_source){loading});
    error = signer_create(arena, TEXT("l"), true, &(struct password_source){making});
    setrlimit(RLIMIT_AS, &before);
    assert_string_equal(loaded,
                        "5 not enough memory to unlock secret key 'k.key': it takes 64 MiB");
    assert_string_equal(show(arena, error), "5 not enough memory to protect a key by password");
    assert_int_equal(access("l.key", F_OK), -1);
}

/*
 * At a terminal: a child asks on one end of a pseudo-terminal, the test types on the other. Typing
 * goes prompt by prompt; what comes back must not hold what was typed.
 */
static const struct terminal_row {
    const char *name;
    bool creates;         /* a key k2; otherwise k.key, with password "pw", is loaded */
    const char *types[3]; /* one answer to each prompt */
    int signal;           /* sent at the first prompt */
    const char *expected; /* what the child says; NULL where the signal ends it */
    const char *screen;
} terminal_rows[] = {
    {"terminal: the right password", false, {"pw\n"}, 0, "0", "Password for 'k.key': \r\n"},
    {"terminal: a wrong password",
     false,
     {"hunter2\n"},
     0,
     "1 wrong password for secret key 'k.key'",
     "Password for 'k.key': \r\n"},
    {"terminal: end of input",
     false,
     {"\x04"},
     0,
     "1 wrong password for secret key 'k.key'",
     "Password for 'k.key': \r\n"},
    {"terminal: too long", false, {LONGEST "x\n"}, 0, TOO_LONG, "Password for 'k.key': \r\n"},
    {"terminal: control C", false, {"p\x03"}, 0, NULL, "Password for 'k.key': \r\n"},
    {"terminal: SIGTERM", false, {NULL}, SIGTERM, NULL, "Password for 'k.key': \r\n"},
    {"terminal: SIGHUP", false, {NULL}, SIGHUP, NULL, "Password for 'k.key': \r\n"},
    {"terminal: control Z, which cannot stop a lone process: asked again",
     false,
     {"p\x1a", "pw\n"},
     0,
     "0",
     "Password for 'k.key': \r\nPassword for 'k.key': \r\n"},
    {"terminal: a new password, twice",
     true,
     {"pass\n", "pass\n"},
     0,
     "0",
     "Password for the new key: \r\nThe same password again: \r\n"},
    {"terminal: the second one is too long",
     true,
     {"pass\n", LONGEST "x\n"},
     0,
     TOO_LONG,
     "Password for the new key: \r\nThe same password again: \r\n"},
    {"terminal: two passwords that differ",
     true,
     {"pass1\n", "pass2\n"},
     0,
     "1 the two passwords differ",
     "Password for the new key: \r\nThe same password again: \r\n"},
    {"terminal: the second one is longer",
     true,
     {"pass\n", "passX\n"},
     0,
     "1 the two passwords differ",
     "Password for the new key: \r\nThe same password again: \r\n"},
    {"terminal: an empty new password",
     true,
     {"\n"},
     0,
     "1 the password is empty / "
     "A key for pipelines, without a password, is made with --no-password.",
     "Password for the new key: \r\n"},
};

/* With so little memory that a key is protected at once. Frees the arena, for the leak checker. */
static void ask_in_child(struct arena *arena, bool creates, int terminal, int results)
{
    const struct password_source source = {-1};
    struct rlimit before;
    const char *said;

    /* A shell may have started the test with these ignored; a test that hangs should end. */
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    alarm(30);
    setsid();
    if (terminal >= 0)
        ioctl(terminal, TIOCSCTTY, 0);
    limit_memory(&before, (size_t)40 << 20);
    if (creates)
        said = show(arena, signer_create(arena, TEXT("k2"), true, &source));
    else
        said = load(arena, "k.key", &source);
    setrlimit(RLIMIT_AS, &before);
    bool written = write(results, said, strlen(said)) >= 0;
    arena_free(&arena);
    exit(!written);
}

/* Appends what the terminal shows until it ends in a prompt, or the child is gone. */
static void read_screen(int master, char *screen, size_t room, const char *end)
{
    size_t size = strlen(screen);

    while (size + 1 < room) {
        ssize_t got = read(master, screen + size, room - 1 - size);

        if (got <= 0)
            break;
        size += (size_t)got;
        screen[size] = '\0';
        if (size >= strlen(end) && strcmp(screen + size - strlen(end), end) == 0)
            break;
    }
}

static bool echoes(int terminal)
{
    struct termios settings;

    assert_int_equal(tcgetattr(terminal, &settings), 0);
    return settings.c_lflag & ECHO;
}

static void test_terminal(void **state)
{
    const struct terminal_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    char screen[400] = "", said[400] = "";
    int master, slave, results[2], status;
    uint8_t record[RECORD_SIZE];

    make_record(record);
    protect(record, "pw");
    write_record(arena, record);
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(pipe(results), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        ask_in_child(arena, row->creates, slave, results[1]);
    close(results[1]);

    for (size_t i = 0; i < COUNT(row->types) && (row->types[i] || (row->signal && i == 0)); i++) {
        read_screen(master, screen, sizeof(screen), ": ");
        assert_false(echoes(slave));
        if (row->types[i])
            assert_int_equal(write(master, row->types[i], strlen(row->types[i])),
                             strlen(row->types[i]));
        else
            kill(child, row->signal);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(echoes(slave));
    close(slave);
    read_screen(master, screen, sizeof(screen), "nothing ends it");
    close(master);
    assert_string_equal(screen, row->screen);
    assert_true(read(results[0], said, sizeof(said) - 1) >= 0);
    close(results[0]);
    if (row->expected) {
        assert_string_equal(said, row->expected);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    } else {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), row->signal ? row->signal : SIGINT);
    }
    bool created = row->creates && row->expected && strcmp(row->expected, "0") == 0;
    assert_int_equal(access("k2.key", F_OK), created ? 0 : -1);
}

static void test_no_terminal(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    char said[400] = "";
    int results[2], status;

    (void)state;
    assert_int_equal(pipe(results), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        ask_in_child(arena, true, -1, results[1]);
    close(results[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(read(results[0], said, sizeof(said) - 1) >= 0);
    close(results[0]);
    assert_string_equal(said,
                        "5 cannot ask for the password on a terminal: No such device or address / "
                        "Without a terminal, use --password-fd, or a key made with --no-password.");
}

static size_t count;
static struct CMUnitTest tests[200];

static void add(const char *name, CMUnitTestFunction test, const void *row)
{
    assert(count < COUNT(tests));
    tests[count++] =
        (struct CMUnitTest){name, test, enter_folder, leave_folder, (void *)(uintptr_t)row};
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    umask(022);
    for (size_t i = 0; i < COUNT(record_rows); i++)
        add(record_rows[i].name, test_record, &record_rows[i]);
    add("record: too much work", test_too_much_work, NULL);
    for (size_t i = 0; i < COUNT(file_rows); i++)
        add(file_rows[i].name, test_file, &file_rows[i]);
    for (size_t i = 0; i < COUNT(password_rows); i++)
        add(password_rows[i].name, test_password, &password_rows[i]);
    add("password: a closed descriptor", test_closed_descriptor, NULL);
    for (size_t i = 0; i < COUNT(terminal_rows); i++)
        add(terminal_rows[i].name, test_terminal, &terminal_rows[i]);
    add("terminal: none", test_no_terminal, NULL);
    add("sign: as minisign does, byte for byte", test_sign, NULL);
    for (size_t i = 0; i < COUNT(refused_rows); i++)
        add(refused_rows[i].name, test_refused, &refused_rows[i]);
    add("create: with little memory", test_little_memory, NULL);
    add("minisign: our key without password", test_our_plain_key, NULL);
    add("minisign: their key without password", test_their_plain_key, NULL);
    add("minisign: our key with password", test_our_protected_key, NULL);
    add("minisign: their key with password", test_their_protected_key, NULL);
    return _cmocka_run_group_tests("signer", tests, count, NULL, NULL);
}

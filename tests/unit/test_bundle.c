/* A small bundle, and every way there is to damage it: none is opened. */
#include "compiler/writer.h"
#include "forge.h"
#include "runtime/trust_file.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* Keys: the host trusts a, and has never heard of b. Both are made anew in each run. */

static struct signing_key key_a, key_b;
static struct trust trust;
static struct arena *memory; /* of what all tests share */

/* What is forged: three steps, with scripts of each kind. */

enum { STEPS = 3, NOW = 1800000000 };

static struct forge things(void)
{
    static struct text parents[] = {TEXT("base"), TEXT("empty")};
    static uint64_t cuts[] = {0};
    static struct index_build builds[] = {{0, {"main.things", 11}, {"i", 1}}};
    struct forge forge = forge_new(64 << 20, STEPS);

    forge.steps[0] = (struct index_step){
        .id = TEXT("base"), .title = TEXT("Create things"), .transactional = true};
    forge.steps[1] = (struct index_step){
        .id = TEXT("empty"), .parents = parents, .parent_count = 1, .transactional = true};
    forge.steps[2] = (struct index_step){.id = TEXT("index"),
                                         .title = TEXT("\xc3\x84nder"),
                                         .parents = parents,
                                         .parent_count = 2,
                                         .idempotent = true,
                                         .lock_timeout_ms = 5000,
                                         .statement_timeout_ms = TIMEOUT_MS_MAX};

    forge_script(&forge, 0, SCRIPT_UP, "a.up.sql", TEXT("CREATE TABLE things (id INTEGER);\n"));
    forge_script(&forge, 0, SCRIPT_DOWN, "a.down.sql", TEXT("DROP TABLE things;\n"));
    forge_script(&forge, 0, SCRIPT_VERIFY, "a.verify.sql", TEXT("SELECT id FROM things;\n"));
    forge_script(&forge, 1, SCRIPT_UP, "b.up.sql", TEXT(""));
    forge.steps[1].scripts[SCRIPT_UP].foreign_keys_off = true;
    forge.steps[1].scripts[SCRIPT_DOWN].presence = SCRIPT_NONE;
    forge_script(&forge, 2, SCRIPT_UP, "c.up.sql",
                 TEXT("CREATE INDEX i ON things (\nid); -- \xc3\xa4\n"));
    forge.steps[2].scripts[SCRIPT_UP].cuts = cuts;
    forge.steps[2].scripts[SCRIPT_UP].cut_count = COUNT(cuts);
    forge.steps[2].scripts[SCRIPT_UP].builds = builds;
    forge.steps[2].scripts[SCRIPT_UP].build_count = COUNT(builds);
    forge_script(&forge, 2, SCRIPT_DOWN, "c.down.sql", TEXT("DROP INDEX i;\n"));
    return forge;
}

/* Opening */

static const struct bundle_policy policy = {.trust = &trust, .now = NOW};

static void unopened(struct bundle *bundle)
{
    memset(bundle, 0x5a, sizeof(*bundle));
}

/* After a failure nothing was given out, and no descriptor is left open. */
static void check_unopened(const struct bundle *bundle, int free_fd)
{
    struct bundle before;
    int fd = dup(STDERR_FILENO);

    unopened(&before);
    assert_memory_equal(bundle, &before, sizeof(before));
    assert_int_equal(fd, free_fd);
    close(fd);
}

static int next_fd(void)
{
    int fd = dup(STDERR_FILENO);

    close(fd);
    return fd;
}

/* Opens what must be refused as untrusted: status 3, and nothing else. */
static void refuse(const char *what, size_t number)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(32 << 20);
    struct bundle bundle;
    int free_fd = next_fd();

    unopened(&bundle);
    const struct error *error = bundle_open(arena, TEXT("x.ferry"), &policy, &bundle);
    if (!error)
        fail_msg("%s %zu is accepted", what, number);
    if (error_status(error) != 3)
        fail_msg("%s %zu: status %d: %s", what, number, error_status(error), error->message.bytes);
    check_unopened(&bundle, free_fd);
}

/* What only this run knows of a file: expected messages name these in capitals. */
struct facts {
    size_t size, said;   /* SIZE of the file, and what its index SAID */
    struct digest index; /* DIGEST; OTHER is that of other_index */
};

static const struct text other_index = {"abc", 3};

static const char *fill_in(struct arena *arena, const char *expected, const struct facts *facts)
{
    const struct digest other = crypto_digest(other_index);
    const struct {
        const char *name;
        struct text value;
    } names[] = {
        {"NUMBER_A", minisign_key_number(arena, key_a.public.number)},
        {"NUMBER_B", minisign_key_number(arena, key_b.public.number)},
        {"SIZE", arena_format(arena, "%zu", facts->size)},
        {"SAID", arena_format(arena, "%zu", facts->said)},
        {"DIGEST", digest_hex(arena, &facts->index)},
        {"OTHER", digest_hex(arena, &other)},
    };
    struct text text = text_from(expected);

    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t at; (at = text_find(text, text_from(names[i].name))) < text.size;)
            text = arena_format(arena, "%.*s%s%s", (int)at, text.bytes, names[i].value.bytes,
                                text.bytes + at + strlen(names[i].name));
    return text.bytes;
}

static void check_open(const struct bundle_policy *with, const char *expected,
                       const struct facts *facts)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    struct bundle bundle;
    int free_fd = next_fd();

    unopened(&bundle);
    const struct error *error = bundle_open(arena, TEXT("x.ferry"), with, &bundle);
    assert_string_equal(support_show(arena, error), fill_in(arena, expected, facts));
    if (error)
        check_unopened(&bundle, free_fd);
    else
        bundle_close(&bundle);
    assert_int_equal(next_fd(), free_fd);
}

/* The small bundle of which every bit counts, made by the writer as sqlferry does. */

static struct text small; /* its bytes */

static struct error *add_scripts(struct forge *forge, struct writer *writer)
{
    for (size_t i = 0; i < STEPS; i++)
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
            struct index_script *script = &forge->steps[i].scripts[kind];
            struct text text = forge->scripts[i][kind];

            if (script->presence != SCRIPT_FILE)
                continue;
            script->source = crypto_digest(text);
            struct error *error =
                writer_add(forge->arena, writer, &forge->steps[i], (enum script_kind)kind, text);
            if (error)
                return error;
        }
    return NULL;
}

/* Saved as x.ferry, signed with a. */
static void write_bundle(struct forge *forge, unsigned threads)
{
    CLEANUP(writer_close) struct writer writer = {.scratch = {-1, -1}};
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct extent extents[STREAM_COUNT];

    assert_null(writer_open(forge->arena, TEXT("."), LEVEL_DEFAULT, threads, &writer));
    assert_null(add_scripts(forge, &writer));
    forge->index.steps = forge->steps;
    assert_null(writer_finish(forge->arena, &writer, &forge->index));
    index_write(&buffer, &forge->index);
    struct text index = buffer_text(&buffer), signature = forge_sign(forge->arena, &key_a, index);
    writer_extents(&writer, extents);
    assert_null(
        writer_save(forge->arena, TEXT("x.ferry"), index, &signature, 1, extents, COUNT(extents)));
}

static void test_prepare(void **state)
{
    CLEANUP(forge_free) struct forge forge = things();

    (void)state;
    forge_key(memory, "a", &key_a);
    forge_key(memory, "b", &key_b);
    assert_null(trust_file_load_key(memory, TEXT("a.pub"), &trust));
    write_bundle(&forge, 1);
    small = support_read(memory, "x.ferry");
    assert_true(small.size < 4096);
}

static void check_script(struct arena *arena, struct bundle *bundle, size_t step,
                         enum script_kind kind, struct text expected)
{
    struct text text;

    support_check(payload_script(arena, &bundle->payload, &bundle->index->steps[step], kind, &text),
                  "");
    assert_true(text_equal(text, expected));
}

static void test_small(void **state)
{
    CLEANUP(forge_free) struct forge forge = things();
    CLEANUP(bundle_close) struct bundle bundle = {0};

    (void)state;
    support_write("x.ferry", small);
    assert_null(bundle_open(forge.arena, TEXT("x.ferry"), &policy, &bundle));
    assert_int_equal(bundle.verdicts.count, 1);
    assert_true(bundle.verdicts.list[0].kind == VERDICT_COUNTS);
    assert_true(text_equal(bundle.index->release, TEXT("2.4.0")));
    for (size_t i = STEPS; i-- > 0;)
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            if (forge.steps[i].scripts[kind].presence == SCRIPT_FILE)
                check_script(forge.arena, &bundle, i, (enum script_kind)kind,
                             forge.scripts[i][kind]);
}

/* The forge makes what the writer makes, to the byte; so what follows starts from a good one. */
static void test_forge(void **state)
{
    CLEANUP(forge_free) struct forge forge = things();

    (void)state;
    forge_all(&forge, CHUNK_SIZE);
    struct text bytes = forge_bytes(&forge, &key_a, 1);
    assert_true(text_equal(bytes, small));
}

/* An index is hashed piece by piece, and read as a whole only then. */
static void test_long_index(void **state)
{
    enum { LONG_STEPS = 200 };
    CLEANUP(forge_free) struct forge forge = forge_new(16 << 20, LONG_STEPS);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    char title[TITLE_SIZE_MAX];

    (void)state;
    memset(title, 't', sizeof(title));
    for (size_t i = 0; i < LONG_STEPS; i++) {
        forge.steps[i].id = arena_format(forge.arena, "r%zu", i);
        forge.steps[i].title = (struct text){title, sizeof(title)};
        forge_script(&forge, i, SCRIPT_UP, "a.sql", TEXT("SELECT 1;\n"));
    }
    forge_all(&forge, CHUNK_SIZE);
    assert_true(forge.index_text.size > 2 * (64 << 10));
    struct text bytes = forge_bytes(&forge, &key_a, 1);
    support_write("x.ferry", bytes);
    support_check(bundle_open(forge.arena, TEXT("x.ferry"), &policy, &bundle), "");
    assert_int_equal(bundle.index->step_count, LONG_STEPS);
}

/* Damage by anyone */

static void put_byte(int fd, size_t at, char byte)
{
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

static void test_every_bit(void **state)
{
    support_write("x.ferry", small);
    CLEANUP(file_close) int fd = open("x.ferry", O_WRONLY | O_CLOEXEC);

    (void)state;
    for (size_t bit = 0; bit < 8 * small.size; bit++) {
        put_byte(fd, bit / 8, (char)(small.bytes[bit / 8] ^ 1 << bit % 8));
        refuse("flip of bit", bit);
        put_byte(fd, bit / 8, small.bytes[bit / 8]);
    }
    check_open(&policy, "", &(struct facts){0});
}

static void test_every_truncation(void **state)
{
    (void)state;
    support_write("x.ferry", small);
    for (size_t size = small.size; size-- > 0;) {
        assert_int_equal(truncate("x.ferry", (off_t)size), 0);
        refuse("truncation to", size);
    }
}

static void test_every_missing_byte(void **state)
{
    support_write("x.ferry", text_slice(small, 0, small.size - 1));
    CLEANUP(file_close) int fd = open("x.ferry", O_WRONLY | O_CLOEXEC);

    (void)state;
    for (size_t at = small.size - 1; at-- > 0;) {
        refuse("lack of byte", at + 1);
        put_byte(fd, at, small.bytes[at + 1]); /* closes the gap, and opens one before it */
    }
    refuse("lack of byte", 0);
}

/* fd is x.ferry, which begins with the small bundle. */
static void check_appended(int fd, const char *what, size_t number, struct text appended)
{
    size_t size = small.size + appended.size;

    assert_int_equal(pwrite(fd, appended.bytes, appended.size, (off_t)small.size), appended.size);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    refuse(what, number);
}

static void test_every_appended_byte(void **state)
{
    support_write("x.ferry", small);
    CLEANUP(file_close) int fd = open("x.ferry", O_WRONLY | O_CLOEXEC);

    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char bytes[] = {(char)byte};

        check_appended(fd, "appended byte", byte, (struct text){bytes, 1});
    }
}

#define EMPTY_ZSTD "\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"

/* Sixteen kinds of things behind the end, each in 256 sizes. */
static void append(struct buffer *to, size_t kind, size_t size)
{
    static const char fillers[] = {0, ' ', '\n', (char)0xff};
    uint64_t seed = size;
    size_t end;
    CLEANUP(buffer_free) struct buffer content = {0};

    for (size_t i = 0; i < size; i++)
        buffer_add(&content, (struct text){(char[]){(char)support_random(&seed)}, 1});
    switch (kind) {
    case 0: /* bytes */
    case 1:
    case 2:
    case 3:
        end = to->size + size;
        memset(buffer_reserve(to, size), fillers[kind], size);
        to->size = end;
        break;
    case 4:
        buffer_add(to, buffer_text(&content));
        break;
    case 5: /* pieces of the bundle itself */
        buffer_add(to, text_slice(small, 0, size));
        break;
    case 6:
        buffer_add(to, text_slice(small, small.size - size, size));
        break;
    case 7: /* skippable frames: known and unknown ones, and those that lie about their size */
        forge_put_frame(to, FRAME_INDEX, buffer_text(&content));
        break;
    case 8:
        forge_put_frame(to, FRAME_SIGNATURE, buffer_text(&content));
        break;
    case 9:
        forge_put_frame(to, FRAME_SIDE, buffer_text(&content));
        break;
    case 10:
        forge_put_frame(to, UINT32_C(0x184d2a50) + (uint32_t)size % 16, buffer_text(&content));
        break;
    case 11:
        forge_put_number(to, FRAME_SIDE);
        forge_put_number(to, UINT32_MAX);
        buffer_add(to, buffer_text(&content));
        break;
    case 12: /* zstd frames: many of nothing; one of some bytes; that one in a side frame */
        for (size_t i = 0; i < size; i++)
            buffer_add(to, TEXT(EMPTY_ZSTD));
        break;
    case 13:
    case 14:
        content.size = 0;
        buffer_add(&content, TEXT("\x28\xb5\x2f\xfd\x20"));
        buffer_add(&content, (struct text){(char[]){(char)size}, 1});
        buffer_add(&content,
                   (struct text){(char[]){(char)(size << 3 | 3), (char)(size >> 5), 0}, 3});
        buffer_add(&content, TEXT(" "));
        if (kind == 13)
            buffer_add(to, buffer_text(&content));
        else
            forge_put_frame(to, FRAME_SIDE, buffer_text(&content));
        break;
    case 15: /* SQL */
        for (size_t i = 0; i < size; i++)
            buffer_add(to, TEXT("DROP TABLE things;\n"));
        break;
    }
}

static void test_appended_kinds(void **state)
{
    enum { KINDS = 16, SIZES = 256 };

    support_write("x.ferry", small);
    CLEANUP(file_close) int fd = open("x.ferry", O_WRONLY | O_CLOEXEC);

    (void)state;
    for (size_t i = 0; i < KINDS * SIZES; i++) {
        CLEANUP(buffer_free) struct buffer appended = {0};

        append(&appended, i % KINDS, 1 + i / KINDS);
        check_appended(fd, "appended kind", i, buffer_text(&appended));
    }
}

#define OTHER_SIZE      "3 'x.ferry' has SIZE bytes, its index says SAID"
#define NO_BUNDLE       "3 'x.ferry' is not a sqlferry bundle"
#define NOT_SIGNED      "3 the bundle is not signed / Whoever built it can sign it with: sqlferry sign"
#define DAMAGED(chunk)  "3 chunk " chunk " of 'x.ferry' is damaged: its digest is not the signed one"
#define UNFRAMED(chunk) "3 chunk " chunk " of 'x.ferry' is not framed as its index says"

/*
 * Frames in another order, too often, not at all, or of another kind. A bundle of two up chunks and
 * two side chunks is written as IAuvst; the other letters are explained in put_frame.
 */
static const struct frame_row {
    const char *name, *frames, *expected;
} frame_rows[] = {
    {"frames: as they belong", "IAuvst", ""},
    {"frames: a stranger has signed, too", "IABuvst", ""},
    {"frames: a stranger has signed first", "IBAuvst", ""},

    {"frames: none", "", NO_BUNDLE},
    {"frames: no index", "Auvst", NO_BUNDLE},
    {"frames: the index alone", "I", NOT_SIGNED},
    {"frames: an empty index alone", "E", NOT_SIGNED},
    {"frames: no signature", "Iuvst", NOT_SIGNED},
    {"frames: no chunks", "IA", OTHER_SIZE},
    {"frames: the first chunk is missing", "IAvst", OTHER_SIZE},
    {"frames: the second chunk is missing", "IAust", OTHER_SIZE},
    {"frames: the first side chunk is missing", "IAuvt", OTHER_SIZE},
    {"frames: the last chunk is missing", "IAuvs", OTHER_SIZE},

    {"frames: the index twice", "IIAuvst", NOT_SIGNED},
    {"frames: another index first", "YIAuvst", NOT_SIGNED},
    {"frames: another index", "YAuvst",
     "3 signature:3:18+81: the trusted comment is 'sqlferry 1 index DIGEST', but this index needs "
     "'sqlferry 1 index OTHER'; in signature 1 of 1"},
    {"frames: another index and its signature", "YCuvst",
     "3 x.ferry (index):1:1+3: the index ends in mid-line"},
    {"frames: a chunk twice", "IAuuvst", OTHER_SIZE},
    {"frames: a side chunk twice", "IAuvstt", OTHER_SIZE},
    {"frames: one chunk for another", "IAuust", OTHER_SIZE},
    {"frames: one side chunk for another", "IAuvss", OTHER_SIZE},

    {"frames: the signature first", "AIuvst", NO_BUNDLE},
    {"frames: chunks swapped", "IAvust", DAMAGED("1")},
    {"frames: side chunks swapped", "IAuvts", UNFRAMED("3")},
    {"frames: the side stream first", "IAstuv", DAMAGED("1")},
    {"frames: a side chunk between", "IAusvt", UNFRAMED("3")},
    {"frames: the signature behind a chunk", "IuAvst", NOT_SIGNED},
    {"frames: the signature at the end", "IuvstA", NOT_SIGNED},
    {"frames: a second signature at the end", "IAuvstB", OTHER_SIZE},

    {"frames: nothing skipped in front", "kIAuvst", NO_BUNDLE},
    {"frames: nothing skipped behind the index", "IkAuvst", NOT_SIGNED},
    {"frames: nothing skipped behind the signature", "IAkuvst", OTHER_SIZE},
    {"frames: nothing skipped between chunks", "IAukvst", OTHER_SIZE},
    {"frames: nothing skipped before the side", "IAuvkst", OTHER_SIZE},
    {"frames: nothing skipped within the side", "IAuvskt", OTHER_SIZE},
    {"frames: nothing skipped at the end", "IAuvstk", OTHER_SIZE},
    {"frames: nothing compressed in front", "xIAuvst", NO_BUNDLE},
    {"frames: nothing compressed behind the index", "IxAuvst", NOT_SIGNED},
    {"frames: nothing compressed before the chunks", "IAxuvst", OTHER_SIZE},
    {"frames: nothing compressed between chunks", "IAuxvst", OTHER_SIZE},
    {"frames: nothing compressed at the end", "IAuvstx", OTHER_SIZE},
    {"frames: nothing on the side", "IAuvest", OTHER_SIZE},
    {"frames: nothing on the side, at the end", "IAuvste", OTHER_SIZE},
    {"frames: a byte in front", "0IAuvst", NO_BUNDLE},
    {"frames: a byte behind the index", "I0Auvst", NOT_SIGNED},
    {"frames: a byte before the chunks", "IA0uvst", OTHER_SIZE},
    {"frames: a byte before the side", "IAuv0st", OTHER_SIZE},
    {"frames: a side chunk without its frame", "IAuvSt", OTHER_SIZE},
    {"frames: a side frame of another kind", "IAuvKt", UNFRAMED("3")},
    {"frames: a side frame of another size", "IAuvst-", UNFRAMED("4")},
    {"frames: the index in another kind of frame", "iAuvst", NO_BUNDLE},
    {"frames: the index is longer than the file", "L",
     "3 'x.ferry' is cut off in its first "
     "268435464 bytes"},
    {"frames: the index is too large", "M",
     "3 'x.ferry' has a frame of 268435457 bytes, at most 268435456"},
    {"frames: the largest frame", "N",
     "3 'x.ferry' has a frame of 4294967295 bytes, at most 268435456"},
    {"frames: half a header", "H", NO_BUNDLE},

    {"signatures: a stranger's alone", "IBuvst",
     "3 0 of 1 needed trusted keys have signed the bundle; key NUMBER_B is not among the trusted "
     "keys / The keys that count are those in 'a.pub'."},
    {"signatures: one twice", "IAAuvst", "3 key 'a' (NUMBER_A) has signed the bundle twice"},
    {"signatures: a stranger's twice", "IABBuvst", "3 key NUMBER_B has signed the bundle twice"},
    {"signatures: of another index", "ICuvst",
     "3 signature:3:18+81: the trusted comment is 'sqlferry 1 index OTHER', but this index needs "
     "'sqlferry 1 index DIGEST'; in signature 1 of 1"},
    {"signatures: of another index, relabelled", "IRuvst",
     "3 the signature of key 'a' (NUMBER_A) does not verify"},
    {"signatures: a good one and one relabelled", "IARuvst",
     "3 key 'a' (NUMBER_A) has signed the bundle twice"},
    {"signatures: a stranger's under a known number", "IFuvst",
     "3 the signature of key 'a' (NUMBER_A) does not verify"},
    {"signatures: the legacy kind", "Iluvst",
     "3 signature:2:1+100: the signature is of the legacy kind 'Ed', not 'ED'; in signature 1 of "
     "1"},
    {"signatures: a carriage return", "Icuvst",
     "3 signature:1:45+1: a carriage return has no place in a signature; in signature 1 of 1"},
    {"signatures: a byte behind", "Ibuvst",
     "3 signature:5:1+1: the signature goes on after line 4; in signature 1 of 1"},
    {"signatures: a line feed behind", "Ifuvst",
     "3 signature:5:1+1: the signature goes on after line 4; in signature 1 of 1"},
    {"signatures: no line feed", "Inuvst",
     "3 signature:4:89+0: the signature does not end in a line feed; in signature 1 of 1"},
    {"signatures: another untrusted comment", "Iouvst",
     "3 signature:1:20+1: this line must read 'untrusted comment: sqlferry bundle signature'; in "
     "signature 1 of 1"},
    {"signatures: empty", "Ijuvst",
     "3 signature:1:1+0: the signature ends before line 1 of 4; in signature 1 of 1"},
    {"signatures: empty, beside a good one", "IAjuvst",
     "3 signature:1:1+0: the signature ends before line 1 of 4; in signature 2 of 2"},
    {"signatures: too large", "IJuvst", "3 'x.ferry' has a frame of 1025 bytes, at most 1024"},
    {"signatures: seventeen", "IAAAAAAAAAAAAAAAAAuvst", "3 'x.ferry' has more than 16 signatures"},
};

static struct text edit(struct arena *arena, struct text text, size_t at, size_t size,
                        struct text by)
{
    struct text front = text_slice(text, 0, at), back = text_slice(text, at + size, text.size);

    return arena_format(arena, "%.*s%.*s%.*s", TEXT_ARGS(front), TEXT_ARGS(by), TEXT_ARGS(back));
}

/* A signature with parts of another: its record (algorithm and number) may be changed. */
static struct text reword(struct arena *arena, const struct signing_key *key, struct text signed_as,
                          const uint8_t number[static KEY_NUMBER_SIZE], struct text index)
{
    struct digest digest = crypto_digest(signed_as), as = crypto_digest(index);
    struct signature signature;

    assert_null(signer_sign(arena, key->secret, SIGNED_INDEX, signed_as, &digest, &signature));
    memcpy(signature.number, number, KEY_NUMBER_SIZE);
    return minisign_signature_text(arena, &signature, SIGNED_INDEX, &as);
}

static void put_frame(struct buffer *to, char letter, struct forge *forge)
{
    struct arena *arena = forge->arena;
    struct text index = forge->index_text, signature = forge_sign(arena, &key_a, index);

    switch (letter) {
    case 'I':
        forge_put_frame(to, FRAME_INDEX, index);
        break;
    case 'i': /* the index as a side frame */
        forge_put_frame(to, FRAME_SIDE, index);
        break;
    case 'E':
        forge_put_frame(to, FRAME_INDEX, TEXT(""));
        break;
    case 'Y': /* another text, which is no index */
        forge_put_frame(to, FRAME_INDEX, other_index);
        break;
    case 'A':
        forge_put_frame(to, FRAME_SIGNATURE, signature);
        break;
    case 'B':
        forge_put_frame(to, FRAME_SIGNATURE, forge_sign(arena, &key_b, index));
        break;
    case 'C':
        forge_put_frame(to, FRAME_SIGNATURE, forge_sign(arena, &key_a, other_index));
        break;
    case 'R': /* of the other text, with the trusted comment of this one */
        forge_put_frame(to, FRAME_SIGNATURE,
                        reword(arena, &key_a, other_index, key_a.public.number, index));
        break;
    case 'F': /* by b, with the number of a */
        forge_put_frame(to, FRAME_SIGNATURE,
                        reword(arena, &key_b, index, key_a.public.number, index));
        break;
    case 'l': /* "Ed": its base64 begins with RW where that of "ED" begins with RU */
        forge_put_frame(to, FRAME_SIGNATURE, edit(arena, signature, 46, 1, TEXT("W")));
        break;
    case 'c':
        forge_put_frame(to, FRAME_SIGNATURE, edit(arena, signature, 44, 0, TEXT("\r")));
        break;
    case 'b':
        forge_put_frame(to, FRAME_SIGNATURE, edit(arena, signature, signature.size, 0, TEXT("x")));
        break;
    case 'f':
        forge_put_frame(to, FRAME_SIGNATURE, edit(arena, signature, signature.size, 0, TEXT("\n")));
        break;
    case 'n':
        forge_put_frame(to, FRAME_SIGNATURE, text_slice(signature, 0, signature.size - 1));
        break;
    case 'o':
        forge_put_frame(to, FRAME_SIGNATURE, edit(arena, signature, 19, 1, TEXT("S")));
        break;
    case 'j':
        forge_put_frame(to, FRAME_SIGNATURE, TEXT(""));
        break;
    case 'J':
        forge_put_frame(to, FRAME_SIGNATURE, text_slice(small, 0, 1025));
        break;
    case 'u':
        buffer_add(to, forge->stored[0]);
        break;
    case 'v':
        buffer_add(to, forge->stored[1]);
        break;
    case 's':
        forge_put_frame(to, FRAME_SIDE, forge->stored[2]);
        break;
    case 't':
        forge_put_frame(to, FRAME_SIDE, forge->stored[3]);
        break;
    case 'S': /* without its frame */
        buffer_add(to, forge->stored[2]);
        break;
    case 'K': /* in a frame of another kind */
        forge_put_frame(to, FRAME_SIGNATURE, forge->stored[2]);
        break;
    case '-': /* the size of the last frame, which is that of t, is one less */
        to->bytes[to->size - forge->stored[3].size - 4]--;
        break;
    case 'k':
        forge_put_frame(to, UINT32_C(0x184d2a50), TEXT("skip me"));
        break;
    case 'e':
        forge_put_frame(to, FRAME_SIDE, TEXT(""));
        break;
    case 'x':
        buffer_add(to, TEXT(EMPTY_ZSTD));
        break;
    case '0':
        buffer_add(to, TEXT("\0"));
        break;
    case 'L':
    case 'M':
    case 'N':
        forge_put_number(to, FRAME_INDEX);
        forge_put_number(to, letter == 'L'   ? INDEX_SIZE_MAX
                             : letter == 'M' ? INDEX_SIZE_MAX + 1U
                                             : UINT32_MAX);
        buffer_add(to, TEXT("abc"));
        break;
    case 'H':
        forge_put_number(to, FRAME_INDEX);
        break;
    default:
        fail_msg("no frame is called %c", letter);
    }
}

static void test_frames(void **state)
{
    const struct frame_row *row = *state;
    CLEANUP(forge_free) struct forge forge = things();
    CLEANUP(buffer_free) struct buffer bytes = {0}, chunks = {0};
    struct facts facts = {0};

    forge_all(&forge, 100);
    assert_int_equal(forge.index.chunk_count, 4);
    assert_int_equal(forge.chunks[2].stream, STREAM_SIDE);
    for (const char *letter = row->frames; *letter; letter++)
        put_frame(&bytes, *letter, &forge);
    support_write("x.ferry", buffer_text(&bytes));
    facts.size = bytes.size;
    facts.index = crypto_digest(forge.index_text);

    /* What the index says: the frames in front that are read, then all chunks. */
    forge_put_chunks(&chunks, &forge);
    bytes.size = 0;
    for (size_t i = 0; i < strspn(row->frames, "IAB"); i++)
        put_frame(&bytes, row->frames[i], &forge);
    facts.said = bytes.size + chunks.size;
    check_open(&policy, row->expected, &facts);
}

/*
 * A stranger's signature vouches for nothing, so nothing vouches for its key and its numbers:
 * there, and only there, may a bit be another; the trusted signers and the scripts stay the same.
 */
static void test_every_bit_beside_a_stranger(void **state)
{
    CLEANUP(forge_free) struct forge forge = things();
    CLEANUP(buffer_free) struct buffer bytes = {0};
    size_t from = 0, to = 0, accepted = 0;

    (void)state;
    forge_all(&forge, 100);
    for (const char *letter = "IABuvst"; *letter; letter++) {
        from = *letter == 'B' ? bytes.size : from;
        put_frame(&bytes, *letter, &forge);
        to = *letter == 'B' ? bytes.size : to;
    }
    support_write("x.ferry", buffer_text(&bytes));
    CLEANUP(file_close) int fd = open("x.ferry", O_WRONLY | O_CLOEXEC);
    for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
        CLEANUP(arena_free) struct arena *arena = arena_new(32 << 20);
        struct bundle bundle;

        put_byte(fd, bit / 8, (char)(bytes.bytes[bit / 8] ^ 1 << bit % 8));
        const struct error *error = bundle_open(arena, TEXT("x.ferry"), &policy, &bundle);
        if (error && error_status(error) != 3)
            fail_msg("bit %zu: %s", bit, error->message.bytes);
        if (!error) {
            accepted++;
            if (bit / 8 < from || bit / 8 >= to)
                fail_msg("flip of bit %zu is accepted", bit);
            assert_int_equal(bundle.verdicts.count, 2);
            assert_true(bundle.verdicts.list[0].kind == VERDICT_COUNTS &&
                        bundle.verdicts.list[1].kind == VERDICT_UNKNOWN);
            bundle_close(&bundle);
        }
        put_byte(fd, bit / 8, bytes.bytes[bit / 8]);
    }
    assert_true(accepted > 0 && accepted < 8 * (to - from));
}

/*
 * Damage by whoever holds the key: everything is signed and has the right digests, but for what a
 * patch changes: of the scripts, of the streams made from them, of the chunks and steps in the
 * index, or of its text.
 */
enum stage { OF_SCRIPTS, OF_STREAMS, OF_CHUNKS, OF_INDEX };

static void replace_in_index(struct forge *forge, const char *old, const char *new)
{
    size_t at = text_find(forge->index_text, text_from(old));

    assert_true(at < forge->index_text.size);
    forge->index_text = edit(forge->arena, forge->index_text, at, strlen(old), text_from(new));
}

static void set_up(struct forge *forge, size_t step, struct text text)
{
    forge->scripts[step][SCRIPT_UP] = text;
    forge->steps[2].scripts[SCRIPT_UP].cut_count = 0;
}

static void nul_in_up(struct forge *forge)
{
    set_up(forge, 0, TEXT("SELECT 1;\0DROP TABLE a;\n"));
}

static void nul_at_the_end(struct forge *forge)
{
    set_up(forge, 2, TEXT("SELECT 1;\0"));
}

static void nul_in_down(struct forge *forge)
{
    forge->scripts[2][SCRIPT_DOWN] = TEXT("\0");
}

static void nul_in_verify(struct forge *forge)
{
    forge->scripts[0][SCRIPT_VERIFY] = TEXT("SELECT '\0';");
}

static void not_utf8(struct forge *forge)
{
    set_up(forge, 0, TEXT("SELECT '\xff';\n"));
}

static void overlong(struct forge *forge)
{
    set_up(forge, 2, TEXT("SELECT '\xc0\x80';\n"));
}

static void surrogate(struct forge *forge)
{
    set_up(forge, 2, TEXT("SELECT '\xed\xa0\x80';\n"));
}

static void cut_character(struct forge *forge)
{
    set_up(forge, 2, TEXT("SELECT 1; -- \xc3"));
}

static void heading_of_another_id(struct forge *forge)
{
    forge->plain[STREAM_UP].bytes[12] = 'B'; /* -- revision Base */
}

static void heading_without_its_comment(struct forge *forge)
{
    forge->plain[STREAM_UP].bytes[0] = ' ';
}

static void heading_of_a_down(struct forge *forge)
{
    forge->plain[STREAM_SIDE].bytes[3] = 'D';
}

static void heading_ended_early(struct forge *forge)
{
    forge->plain[STREAM_UP].bytes[24] = '\n'; /* and the rest of the title would run */
}

static void no_line_feed_behind(struct forge *forge)
{
    forge->plain[STREAM_UP].bytes[forge->plain[STREAM_UP].size - 1] = ';';
}

static void another_script(struct forge *forge)
{
    memcpy(forge->plain[STREAM_UP].bytes + forge->steps[0].scripts[SCRIPT_UP].offset, "DELETE", 6);
}

static void another_side_script(struct forge *forge)
{
    memcpy(forge->plain[STREAM_SIDE].bytes + forge->steps[2].scripts[SCRIPT_DOWN].offset, "DELE",
           4);
}

static void another_title(struct forge *forge)
{
    forge->steps[0].title = TEXT("Delete things");
}

static void digests_swapped(struct forge *forge)
{
    struct index_script *a = &forge->steps[0].scripts[SCRIPT_UP],
                        *c = &forge->steps[2].scripts[SCRIPT_UP];
    struct digest digest = a->digest;

    a->digest = c->digest;
    c->digest = digest;
}

static void a_gap(struct forge *forge)
{
    forge->steps[1].scripts[SCRIPT_UP].offset++;
}

static void an_overlap(struct forge *forge)
{
    forge->steps[2].scripts[SCRIPT_UP].offset--;
}

static void a_byte_between(struct forge *forge)
{
    forge->steps[0].scripts[SCRIPT_UP].size++; /* the rest of the stream agrees */
    forge->steps[1].scripts[SCRIPT_UP].offset++;
    forge->steps[2].scripts[SCRIPT_UP].offset++;
    forge->chunks[0].plain_size++;
}

static void a_border_moved(struct forge *forge)
{
    forge->steps[0].scripts[SCRIPT_UP].size++;
    forge->steps[0].scripts[SCRIPT_UP].digest = crypto_digest(
        text_slice(buffer_text(&forge->plain[STREAM_UP]), forge->steps[0].scripts[SCRIPT_UP].offset,
                   forge->steps[0].scripts[SCRIPT_UP].size));
    forge->steps[1].id = TEXT("mpty");
    forge->steps[2].parents = NULL;
    forge->steps[2].parent_count = 0;
}

static void scripts_trade_places(struct forge *forge)
{
    struct index_script down = forge->steps[0].scripts[SCRIPT_DOWN];

    forge->steps[0].scripts[SCRIPT_DOWN] = forge->steps[0].scripts[SCRIPT_VERIFY];
    forge->steps[0].scripts[SCRIPT_VERIFY] = down;
}

static void a_parent_behind(struct forge *forge)
{
    static struct text behind[] = {TEXT("index")};

    forge->steps[1].parents = behind;
}

static void its_own_parent(struct forge *forge)
{
    static struct text itself[] = {TEXT("empty")};

    forge->steps[1].parents = itself;
}

static void an_unknown_parent(struct forge *forge)
{
    static struct text nobody[] = {TEXT("nobody")};

    forge->steps[1].parents = nobody;
}

static void one_parent_twice(struct forge *forge)
{
    static struct text twice[] = {TEXT("base"), TEXT("base")};

    forge->steps[2].parents = twice;
}

static void a_build_behind_the_last_piece(struct forge *forge)
{
    static struct index_build builds[] = {{1, {"things", 6}, {"i", 1}}};

    forge->steps[2].scripts[SCRIPT_UP].builds = builds;
}

static void a_build_that_ends_its_quotes(struct forge *forge)
{
    static struct index_build builds[] = {{0, {"things", 6}, {"i\";DROP", 7}}};

    forge->steps[2].scripts[SCRIPT_UP].builds = builds;
}

static void a_timeout_above(struct forge *forge)
{
    forge->steps[2].lock_timeout_ms = TIMEOUT_MS_MAX + 1;
}

static void a_cut_behind_the_end(struct forge *forge)
{
    static uint64_t cuts[] = {41}; /* the size of the script */

    forge->steps[2].scripts[SCRIPT_UP].cuts = cuts;
}

static void one_id_twice(struct forge *forge)
{
    forge->steps[2].id = TEXT("empty");
    forge->steps[2].title = TEXT("\xc3\x84nder");
    forge->steps[2].parents = NULL;
    forge->steps[2].parent_count = 0;
}

static void stored_size_above(struct forge *forge)
{
    forge->chunks[0].stored_size++;
}

static void stored_size_below(struct forge *forge)
{
    forge->chunks[3].stored_size--;
}

static void stored_sizes_shifted(struct forge *forge)
{
    forge->chunks[0].stored_size++;
    forge->chunks[1].stored_size--;
}

static void side_sizes_shifted(struct forge *forge)
{
    forge->chunks[2].stored_size++;
    forge->chunks[3].stored_size--;
}

static void plain_size_above(struct forge *forge)
{
    forge->chunks[0].plain_size++;
}

static void plain_sizes_shifted(struct forge *forge)
{
    forge->chunks[0].plain_size++;
    forge->chunks[1].plain_size--;
}

static void streams_swapped(struct forge *forge)
{
    forge->chunks[2].stream = STREAM_UP;
}

static void another_digest(struct forge *forge)
{
    forge->chunks[1].digest.bytes[31] ^= 1;
}

static void a_chunk_too_few(struct forge *forge)
{
    forge->index.chunk_count--;
}

/* Frames that a compressor would not write; see test_inflate.c. */

static void bomb(struct forge *forge)
{
    /* The size it should have, 100 bytes; then 3 MiB of blanks. */
    CLEANUP(buffer_free) struct buffer frame = {0};

    buffer_add(&frame, TEXT("\x28\xb5\x2f\xfd\x20\x64"));
    for (size_t i = 0; i < 24; i++)
        buffer_add(&frame, i < 23 ? TEXT("\x02\x00\x10 ") : TEXT("\x03\x00\x10 "));
    forge_store(forge, 0, buffer_text(&frame));
}

static void bomb_as_declared(struct forge *forge)
{
    /* 8 MiB of blanks, and an index that says so: as large as a chunk may be. */
    CLEANUP(buffer_free) struct buffer frame = {0};
    struct index_script *script = &forge->steps[2].scripts[SCRIPT_UP];

    buffer_add(&frame, TEXT("\x28\xb5\x2f\xfd\xa0\x00\x00\x80\x00"));
    for (size_t i = 0; i < 64; i++)
        buffer_add(&frame, i < 63 ? TEXT("\x02\x00\x10 ") : TEXT("\x03\x00\x10 "));
    forge_store(forge, 1, buffer_text(&frame));
    script->size += CHUNK_SIZE_MAX - forge->chunks[1].plain_size;
    forge->chunks[1].plain_size = CHUNK_SIZE_MAX;
}

static void bomb_above_the_cap(struct forge *forge)
{
    bomb_as_declared(forge);
    forge->steps[2].scripts[SCRIPT_UP].size++;
    forge->chunks[1].plain_size++;
}

static void bomb_by_its_own_words(struct forge *forge)
{
    forge_store(forge, 0,
                TEXT("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x01\x00\x00\x03\x00\x10 "));
}

static void two_frames(struct forge *forge)
{
    forge_store(forge, 0, edit(forge->arena, forge->stored[0], 0, 0, forge->stored[0]));
}

static void skippable_inside(struct forge *forge)
{
    CLEANUP(buffer_free) struct buffer frame = {0};

    forge_put_frame(&frame, UINT32_C(0x184d2a50), TEXT("skip me"));
    buffer_add(&frame, forge->stored[2]);
    forge_store(forge, 2, buffer_text(&frame));
}

static void legacy_magic(struct forge *forge)
{
    forge_store(forge, 0, edit(forge->arena, forge->stored[0], 0, 1, TEXT("\x27")));
}

static void dictionary(struct forge *forge)
{
    char descriptor = (char)(forge->stored[0].bytes[4] | 1);

    forge_store(forge, 0,
                edit(forge->arena, forge->stored[0], 4, 1, (struct text){&descriptor, 1}));
}

static void no_frame(struct forge *forge)
{
    forge_store(forge, 0, TEXT("SELECT 1;\n"));
}

static void one_byte(struct forge *forge)
{
    forge_store(forge, 3, TEXT("\x28"));
}

static void format_2(struct forge *forge)
{
    replace_in_index(forge, "index 1\n", "index 2\n");
}

static void field_more(struct forge *forge)
{
    replace_in_index(forge, "project shop\n", "project shop\ncolour red\n");
}

static void blank_more(struct forge *forge)
{
    replace_in_index(forge, "release 2.4.0\n", "release 2.4.0 \n");
}

static void zero_more(struct forge *forge)
{
    replace_in_index(forge, "sequence 7\n", "sequence 07\n");
}

static void line_more(struct forge *forge)
{
    forge->index_text =
        edit(forge->arena, forge->index_text, forge->index_text.size, 0, TEXT("\n"));
}

static void line_less(struct forge *forge)
{
    replace_in_index(forge, "idempotent true\n", "");
}

static void no_revisions(struct forge *forge)
{
    forge->index_text =
        text_slice(forge->index_text, 0, text_find(forge->index_text, TEXT("revision base")));
    replace_in_index(forge, "revisions 3\n", "revisions 0\n");
}

static void escape_in_path(struct forge *forge)
{
    replace_in_index(forge, "path a.up.sql", "path \033[2J");
}

static void nothing(struct forge *forge)
{
    (void)forge;
}

#define INDEX            "3 x.ferry (index):"
#define NOT_TILED        "the scripts of the index do not follow each other"
#define NO_HEADING(path) "3 script '" path "' of 'x.ferry' does not stand under its heading"
#define NO_DIGEST(path)  "3 script '" path "' of 'x.ferry' does not have the signed digest"
#define NO_TEXT(path)    "3 script '" path "' of 'x.ferry' holds a NUL or is not UTF-8"
#define NO_PARENT        "the index has a parent behind its child, or nowhere"
#define NO_BUILD         "the indexes that a script builds are misspelt"
#define NOT_ONE          "3 a chunk is not one zstd frame of the size its index declares"

static const struct signed_row {
    const char *name;
    enum stage stage;
    void (*patch)(struct forge *forge);
    const char *expected;
} signed_rows[] = {
    {"signed: as it belongs", OF_SCRIPTS, nothing, ""},

    {"signed: a script with NUL", OF_SCRIPTS, nul_in_up, NO_TEXT("a.up.sql")},
    {"signed: a script that ends in NUL", OF_SCRIPTS, nul_at_the_end, NO_TEXT("c.up.sql")},
    {"signed: a down script of NUL", OF_SCRIPTS, nul_in_down, NO_TEXT("c.down.sql")},
    {"signed: a verify script with NUL", OF_SCRIPTS, nul_in_verify, NO_TEXT("a.verify.sql")},
    {"signed: a script that is not UTF-8", OF_SCRIPTS, not_utf8, NO_TEXT("a.up.sql")},
    {"signed: a script with an overlong form", OF_SCRIPTS, overlong, NO_TEXT("c.up.sql")},
    {"signed: a script with a surrogate", OF_SCRIPTS, surrogate, NO_TEXT("c.up.sql")},
    {"signed: a script that ends within a character", OF_SCRIPTS, cut_character,
     NO_TEXT("c.up.sql")},

    {"signed: the heading of another id", OF_STREAMS, heading_of_another_id,
     NO_HEADING("a.up.sql")},
    {"signed: a heading that is no comment", OF_STREAMS, heading_without_its_comment,
     NO_HEADING("a.up.sql")},
    {"signed: another heading of a down script", OF_STREAMS, heading_of_a_down,
     NO_HEADING("a.down.sql")},
    {"signed: a heading with a second line", OF_STREAMS, heading_ended_early,
     NO_HEADING("a.up.sql")},
    {"signed: no line feed behind a script", OF_STREAMS, no_line_feed_behind,
     NO_HEADING("c.up.sql")},
    {"signed: another script", OF_STREAMS, another_script, NO_DIGEST("a.up.sql")},
    {"signed: another down script", OF_STREAMS, another_side_script, NO_DIGEST("c.down.sql")},

    {"signed: another title", OF_CHUNKS, another_title, NO_HEADING("a.up.sql")},
    {"signed: digests swapped", OF_CHUNKS, digests_swapped, NO_DIGEST("a.up.sql")},
    {"signed: a gap between scripts", OF_CHUNKS, a_gap, INDEX "49:1+137: " NOT_TILED},
    {"signed: an overlap of scripts", OF_CHUNKS, an_overlap, INDEX "64:1+139: " NOT_TILED},
    {"signed: a byte between scripts", OF_CHUNKS, a_byte_between, NOT_ONE},
    {"signed: a border between scripts moved", OF_CHUNKS, a_border_moved, NO_HEADING("a.up.sql")},
    {"signed: scripts trade places", OF_CHUNKS, scripts_trade_places, INDEX "32:1+141: " NOT_TILED},
    {"signed: a parent behind its child", OF_CHUNKS, a_parent_behind, INDEX "43:9+5: " NO_PARENT},
    {"signed: its own parent", OF_CHUNKS, its_own_parent, INDEX "43:9+5: " NO_PARENT},
    {"signed: an unknown parent", OF_CHUNKS, an_unknown_parent, INDEX "43:9+6: " NO_PARENT},
    {"signed: one parent twice", OF_CHUNKS, one_parent_twice,
     INDEX "58:14+4: the index has a parent of a revision twice"},
    {"signed: a build behind the last piece", OF_CHUNKS, a_build_behind_the_last_piece,
     INDEX "67:1+17: " NO_BUILD},
    {"signed: a build that ends its quotes", OF_CHUNKS, a_build_that_ends_its_quotes,
     INDEX "67:1+23: " NO_BUILD},
    {"signed: a timeout above a day", OF_CHUNKS, a_timeout_above,
     INDEX "62:1+21: the index has '86400001' where a number up to 86400000 belongs"},
    {"signed: a cut behind the end", OF_CHUNKS, a_cut_behind_the_end,
     INDEX "66:1+7: the cuts of a script do not ascend inside it"},
    {"signed: one id twice", OF_SCRIPTS, one_id_twice,
     INDEX "56:10+5: the index has a revision twice"},
    {"signed: a stored size above", OF_CHUNKS, stored_size_above, OTHER_SIZE},
    {"signed: a stored size below", OF_CHUNKS, stored_size_below, OTHER_SIZE},
    {"signed: stored sizes shifted", OF_CHUNKS, stored_sizes_shifted, DAMAGED("1")},
    {"signed: stored sizes shifted on the side", OF_CHUNKS, side_sizes_shifted, UNFRAMED("3")},
    {"signed: a plain size above", OF_CHUNKS, plain_size_above,
     INDEX "1:1+0: the chunks of the up stream hold 152 bytes, its scripts 151"},
    {"signed: plain sizes shifted", OF_CHUNKS, plain_sizes_shifted, NOT_ONE},
    {"signed: a side chunk in the up stream", OF_CHUNKS, streams_swapped,
     INDEX "1:1+0: the chunks of the up stream hold 251 bytes, its scripts 151"},
    {"signed: another digest of a chunk", OF_CHUNKS, another_digest, DAMAGED("2")},
    {"signed: a chunk too few", OF_CHUNKS, a_chunk_too_few,
     INDEX "1:1+0: the chunks of the side stream hold 100 bytes, its scripts 175"},

    {"signed: a bomb", OF_CHUNKS, bomb,
     "3 a chunk cannot be decompressed: Destination buffer is too small"},
    {"signed: a bomb as its index declares it", OF_CHUNKS, bomb_as_declared,
     NO_HEADING("c.up.sql")},
    {"signed: a bomb above the cap", OF_CHUNKS, bomb_above_the_cap,
     INDEX "16:1+79: the index has '8388609' where a number up to 8388608 belongs"},
    {"signed: a bomb by its own words", OF_CHUNKS, bomb_by_its_own_words, NOT_ONE},
    {"signed: two frames in a chunk", OF_CHUNKS, two_frames, NOT_ONE},
    {"signed: a skippable frame in a chunk", OF_CHUNKS, skippable_inside, NOT_ONE},
    {"signed: a legacy frame", OF_CHUNKS, legacy_magic, NOT_ONE},
    {"signed: a dictionary", OF_CHUNKS, dictionary, NOT_ONE},
    {"signed: a chunk that is no frame", OF_CHUNKS, no_frame, NOT_ONE},
    {"signed: a chunk of one byte", OF_CHUNKS, one_byte, NOT_ONE},

    {"signed: an index of format 2", OF_INDEX, format_2,
     INDEX "1:1+16: this is no index of format 1 / A newer sqlland may read it."},
    {"signed: a field more", OF_INDEX, field_more,
     INDEX "3:1+10: the index says something else where 'dialect' belongs"},
    {"signed: a blank more", OF_INDEX, blank_more,
     INDEX "4:1+14: the 'release' of the index is misspelt"},
    {"signed: a zero more", OF_INDEX, zero_more,
     INDEX "5:1+11: the index has '07' where a number up to 9007199254740991 belongs"},
    {"signed: a line more", OF_INDEX, line_more, INDEX "74:1+1: the index goes on behind its end"},
    {"signed: a line less", OF_INDEX, line_less,
     INDEX "61:1+17: the index says something else where 'idempotent' belongs"},
    {"signed: no revisions", OF_INDEX, no_revisions,
     INDEX "19:1+11: the index has no revisions, or too few for its count"},
    {"signed: a path with an escape sequence", OF_INDEX, escape_in_path,
     INDEX "29:1+9: the 'path' of the index is misspelt"},
};

static void test_signed(void **state)
{
    const struct signed_row *row = *state;
    CLEANUP(forge_free) struct forge forge = things();
    struct facts facts = {0};

    if (row->stage == OF_SCRIPTS)
        row->patch(&forge);
    forge_streams(&forge);
    if (row->stage == OF_STREAMS)
        row->patch(&forge);
    forge_chunks(&forge, 100);
    if (row->stage == OF_CHUNKS)
        row->patch(&forge);
    forge_index(&forge);
    if (row->stage == OF_INDEX)
        row->patch(&forge);

    struct text bytes = forge_bytes(&forge, &key_a, 1);
    support_write("x.ferry", bytes);
    facts.size = facts.said = bytes.size;
    for (size_t i = 0; i < forge.index.chunk_count; i++)
        facts.said += forge.chunks[i].stored_size - forge.stored[i].size;
    check_open(&policy, row->expected, &facts);
}

/* Policy */

#define EXPIRED                                                                                    \
    "3 the bundle expired at 2027-01-15T08:00:00Z / "                                              \
    "Ask for a newer bundle; '--allow-expired' applies this one and records it."

static const struct policy_row {
    const char *name;
    uint64_t not_after, now;
    bool allow_expired;
    const char *project; /* that key a may sign for; NULL for any */
    const char *expected;
} policy_rows[] = {
    {"policy: never expires", 0, UINT64_MAX, false, NULL, ""},
    {"policy: before it expires", NOW, NOW - 1, false, NULL, ""},
    {"policy: when it expires", NOW, NOW, false, NULL, ""},
    {"policy: expired", NOW, NOW + 1, false, NULL, EXPIRED},
    {"policy: expired long ago", NOW, UINT64_MAX, false, NULL, EXPIRED},
    {"policy: expired, yet allowed", NOW, NOW + 1, true, NULL, ""},
    {"policy: for this project", 0, NOW, false, "shop", ""},
    {"policy: for another project", 0, NOW, false, "bank",
     "3 0 of 1 needed trusted keys have signed for project 'shop'; key 'a' (NUMBER_A) may not sign "
     "for this project / The keys that count are those in 'a.pub'."},
};

static void test_policy(void **state)
{
    const struct policy_row *row = *state;
    CLEANUP(forge_free) struct forge forge = things();
    struct text project = text_from(row->project);
    struct trusted_key key = trust.keys[0];
    struct trust narrow = trust;

    key.projects = &project;
    key.project_count = row->project ? 1 : 0;
    narrow.keys = &key;
    forge.index.not_after = row->not_after;
    forge_all(&forge, 100);
    support_write("x.ferry", forge_bytes(&forge, &key_a, 1));
    check_open(&(struct bundle_policy){&narrow, row->now, row->allow_expired, false}, row->expected,
               &(struct facts){0});
}

/* What is no file at all is an error of the system, and damages nothing. */
static const struct path_row {
    const char *name, *prepare, *expected;
} path_rows[] = {
    {"path: no such file", "true", "5 cannot open 'x.ferry': No such file or directory"},
    {"path: a folder", "mkdir x.ferry", "5 cannot read 'x.ferry': not a regular file"},
    {"path: a FIFO", "mkfifo x.ferry", "5 cannot read 'x.ferry': not a regular file"},
    {"path: an empty file", ": >x.ferry", NO_BUNDLE},
    {"path: a plain text", "echo 'SELECT 1;' >x.ferry", NO_BUNDLE},
};

static void test_path(void **state)
{
    const struct path_row *row = *state;

    assert_int_equal(system("rm -f x.ferry"), 0);
    assert_int_equal(system(row->prepare), 0);
    check_open(&policy, row->expected, &(struct facts){0});
    assert_int_equal(system("rm -rf x.ferry"), 0);
}

/* Reading back what was written */

static struct text long_script(struct arena *arena, size_t size)
{
    char *bytes = arena_array(arena, char, size);
    uint64_t seed = size;

    for (size_t i = 0; i < size; i++)
        bytes[i] = i % 60 == 59 ? '\n' : (char)('a' + support_below(&seed, 26));
    return (struct text){bytes, size};
}

/* Sizes of the scripts: up of three steps, down of the first and last, verify of the first. */
static const struct span_row {
    const char *name;
    size_t sizes[6];
    size_t chunk_count;
} span_rows[] = {
    {"spans: three megabytes and nothing", {3 << 20, 0, 10, 1, 2, 3}, 5},
    {"spans: nothing at all", {0, 0, 0, 0, 0, 0}, 2},
    {"spans: up to the last byte of a chunk", {(1 << 20) - 33, 0, 5, 0, 0, 0}, 3},
    {"spans: the line feed is in the next chunk", {(1 << 20) - 32, 0, 5, 0, 0, 0}, 3},
    {"spans: the heading is in two chunks", {(1 << 20) - 40, 0, 5, 0, 0, 0}, 3},
    {"spans: long ones on the side", {5, 5, 5, 3 << 20, (2 << 20) + 7, 1 << 20}, 8},
    {"spans: all of them long", {(1 << 20) + 1, 2 << 20, (1 << 20) - 1, 1 << 20, 1, 2 << 20}, 9},
};

static void fill(struct forge *forge, const size_t sizes[static 6])
{
    static const struct {
        size_t step;
        enum script_kind kind;
    } places[] = {{0, SCRIPT_UP},   {1, SCRIPT_UP},   {2, SCRIPT_UP},
                  {0, SCRIPT_DOWN}, {2, SCRIPT_DOWN}, {0, SCRIPT_VERIFY}};

    for (size_t i = 0; i < COUNT(places); i++)
        forge->scripts[places[i].step][places[i].kind] = long_script(forge->arena, sizes[i]);
    forge->steps[2].scripts[SCRIPT_UP].cut_count = 0;
}

static void test_spans(void **state)
{
    const struct span_row *row = *state;
    CLEANUP(forge_free) struct forge forge = things();
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20); /* scripts are not copied */
    CLEANUP(bundle_close) struct bundle bundle = {0};
    uint64_t seed = 13;

    fill(&forge, row->sizes);
    write_bundle(&forge, 4);
    support_check(bundle_open(arena, TEXT("x.ferry"), &policy, &bundle), "");
    assert_int_equal(bundle.index->chunk_count, row->chunk_count);
    for (size_t i = 0; i < 30; i++) { /* in any order, again and again */
        size_t step = support_below(&seed, STEPS);
        size_t kind = support_below(&seed, SCRIPT_KIND_COUNT);

        if (forge.steps[step].scripts[kind].presence == SCRIPT_FILE)
            check_script(arena, &bundle, step, (enum script_kind)kind, forge.scripts[step][kind]);
    }
}

/* The same scripts give the same bytes, with one thread or with many. */
static void test_reproducible(void **state)
{
    static const size_t sizes[6] = {3 << 20, 7, 2 << 20, 1 << 20, 9, 2 << 20};
    struct text bundles[3];

    (void)state;
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    for (size_t i = 0; i < COUNT(bundles); i++) {
        CLEANUP(forge_free) struct forge forge = things();

        fill(&forge, sizes);
        write_bundle(&forge, i == 0 ? 1 : 4);
        bundles[i] = support_read(arena, "x.ferry");
    }
    assert_true(text_equal(bundles[0], bundles[1]));
    assert_true(text_equal(bundles[1], bundles[2]));
}

/* A medium that answers differently once the bundle is open: no byte of it is used. */

static const struct later_row {
    const char *name, *change;
    const char *expected; /* of reading the first script, whose chunk is not the last one read */
} later_rows[] = {
    {"later: the same file", "true", ""},
    {"later: the file is gone, not its bytes", "rm x.ferry", ""},
    {"later: another file by that name", "mv x.ferry y.ferry; echo >x.ferry", ""},
    {"later: a byte of its first chunk",
     "printf X | dd of=x.ferry bs=1 seek=100000 conv=notrunc 2>dd.log", DAMAGED("1")},
    {"later: a byte of its second chunk",
     "printf X | dd of=x.ferry bs=1 seek=1000000 conv=notrunc 2>dd.log", DAMAGED("2")},
    {"later: all bytes are others",
     "dd if=/dev/zero of=x.ferry bs=4096 count=600 conv=notrunc "
     "2>dd.log",
     DAMAGED("1")},
    {"later: cut off", "truncate -s 3000 x.ferry", "3 'x.ferry' ends before byte SAID"},
    {"later: empty", ": >x.ferry", "3 'x.ferry' ends before byte SAID"},
};

static void test_later(void **state)
{
    const struct later_row *row = *state;
    static const size_t sizes[6] = {1 << 20, 0, 1 << 20, 0, 0, 0};
    CLEANUP(forge_free) struct forge forge = things();
    CLEANUP(bundle_close) struct bundle bundle = {0};
    struct text text;

    fill(&forge, sizes);
    write_bundle(&forge, 1);
    support_check(bundle_open(forge.arena, TEXT("x.ferry"), &policy, &bundle), "");
    assert_int_equal(system(row->change), 0);
    struct facts facts = {.said = bundle.payload.stored[0] + bundle.index->chunks[0].stored_size};
    const struct error *error =
        payload_script(forge.arena, &bundle.payload, &bundle.index->steps[0], SCRIPT_UP, &text);
    assert_string_equal(support_show(forge.arena, error),
                        fill_in(forge.arena, row->expected, &facts));
    if (!error)
        assert_true(text_equal(text, forge.scripts[0][SCRIPT_UP]));
    assert_int_equal(system("rm -f x.ferry y.ferry dd.log"), 0);
}

/* Reading: what the programs read at a place in a file comes by here. */

static size_t read_count, failing_read = SIZE_MAX; /* its number, from 0 */

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    if (read_count++ == failing_read) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, bytes, size, offset);
}

static void test_every_failing_read(void **state)
{
    CLEANUP(forge_free) struct forge forge = things();

    (void)state;
    forge_all(&forge, 100);
    support_write("x.ferry", forge_bytes(&forge, &key_a, 1));
    read_count = 0;
    check_open(&policy, "", &(struct facts){0});
    size_t count = read_count;
    for (failing_read = 0; failing_read < count; failing_read++) {
        read_count = 0;
        check_open(&policy, "5 cannot read 'x.ferry': Input/output error", &(struct facts){0});
    }
    failing_read = SIZE_MAX;
}

/* A chunk is read when a script in it is asked for, and not again for the next one. */
static void test_few_reads(void **state)
{
    static const size_t sizes[6] = {(1 << 20) - 33, 0, 5, 0, 0, 0}; /* the first fills a chunk */
    static const size_t steps[] = {0, 0, 1, 2, 1, 0}, reads[] = {1, 0, 1, 0, 0, 1};
    CLEANUP(forge_free) struct forge forge = things();
    CLEANUP(bundle_close) struct bundle bundle = {0};

    (void)state;
    fill(&forge, sizes);
    write_bundle(&forge, 1);
    support_check(bundle_open(forge.arena, TEXT("x.ferry"), &policy, &bundle), "");
    for (size_t i = 0; i < COUNT(steps); i++) {
        read_count = 0;
        check_script(forge.arena, &bundle, steps[i], SCRIPT_UP, forge.scripts[steps[i]][SCRIPT_UP]);
        assert_int_equal(read_count, reads[i]);
    }
}

/* Behind the last step there is nothing to check. */
static void test_check_ends(void **state)
{
    CLEANUP(forge_free) struct forge forge = things();
    CLEANUP(bundle_close) struct bundle bundle = {0};

    (void)state;
    write_bundle(&forge, 1);
    support_check(bundle_open(forge.arena, TEXT("x.ferry"), &policy, &bundle), "");
    bundle.index->steps[STEPS - 1].scripts[SCRIPT_UP].digest.bytes[0] ^= 1;
    support_check(payload_check(forge.arena, &bundle.payload), NO_DIGEST("c.up.sql"));
    bundle.index->step_count--;
    support_check(payload_check(forge.arena, &bundle.payload), "");
}

/* Exits with 0 where it can still make a socket. */
static void open_and_connect(const void *nothing_else)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    struct bundle_policy with = policy;
    struct bundle bundle;

    with.nothing_else = nothing_else;
    if (bundle_open(arena, TEXT("x.ferry"), &with, &bundle))
        _exit(1);
    bundle_close(&bundle);
    if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
        _exit(errno == ENOSYS ? 2 : 3);
}

static void test_nothing_else(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;

    (void)state;
    support_write("x.ferry", small);
    assert_int_equal(support_fork(arena, open_and_connect, NULL, &messages), 0);
    assert_int_equal(support_fork(arena, open_and_connect, arena, &messages), 2);
}

/* Between the hashing of an index and its reading, before which its signatures are verified. */
static const struct changed_row {
    const char *name, *change, *expected;
} changed_rows[] = {
    {"read again: the same index", "true", ""},
    {"read again: another byte", "printf X | dd of=x.ferry bs=1 seek=200 conv=notrunc 2>dd.log",
     "3 the index of 'x.ferry' has changed as it was read"},
    {"read again: another size, which nobody looks at any more",
     "printf X | dd of=x.ferry bs=1 seek=4 conv=notrunc 2>dd.log", ""},
    {"read again: cut off", "truncate -s 300 x.ferry", "3 'x.ferry' ends before byte SAID"},
};

static void test_changed(void **state)
{
    const struct changed_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(container_close) struct container container = {.fd = -1};

    support_write("x.ferry", small);
    support_check(container_open(arena, TEXT("x.ferry"), &container), "");
    assert_null(container.index.bytes);
    assert_int_equal(system(row->change), 0);
    struct facts facts = {.said = FRAME_HEADER_SIZE + container.index_size};
    const struct error *error = container_read(arena, &container);
    assert_string_equal(support_show(arena, error), fill_in(arena, row->expected, &facts));
    if (error)
        assert_null(container.index.bytes);
    else
        assert_true(text_equal(container.index,
                               text_slice(small, FRAME_HEADER_SIZE, container.index_size)));
    assert_int_equal(system("rm -f x.ferry dd.log"), 0);
}

int main(void)
{
    struct support_tests tests = {0};

    memory = arena_new(16 << 20);
    support_add(&tests, "make keys and a bundle", test_prepare);
    support_add(&tests, "the small bundle", test_small);
    support_add(&tests, "the forge makes the same", test_forge);
    support_add(&tests, "a long index", test_long_index);
    support_add_rows(&tests, frame_rows, test_frames);
    support_add_rows(&tests, signed_rows, test_signed);
    support_add_rows(&tests, policy_rows, test_policy);
    support_add_rows(&tests, path_rows, test_path);
    support_add_rows(&tests, span_rows, test_spans);
    support_add(&tests, "one thread or many give the same bytes", test_reproducible);
    support_add_rows(&tests, later_rows, test_later);
    support_add(&tests, "every failing read", test_every_failing_read);
    support_add(&tests, "few reads", test_few_reads);
    support_add(&tests, "the check ends with the last step", test_check_ends);
    support_add(&tests, "nothing else can be done from then on", test_nothing_else);
    support_add_rows(&tests, changed_rows, test_changed);
    /* These take their time. */
    support_add(&tests, "every bit", test_every_bit);
    support_add(&tests, "every truncation", test_every_truncation);
    support_add(&tests, "every missing byte", test_every_missing_byte);
    support_add(&tests, "every appended byte", test_every_appended_byte);
    support_add(&tests, "4,096 appended kinds", test_appended_kinds);
    support_add(&tests, "every bit beside a stranger's signature",
                test_every_bit_beside_a_stranger);
    int failed = support_run("bundle", &tests);
    signer_close(&key_a.secret);
    signer_close(&key_b.secret);
    arena_free(&memory);
    return failed;
}

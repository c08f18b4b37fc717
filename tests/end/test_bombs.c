/*
 * Small files that ask for much, and large ones that ask for more: sqlland gives the verdict that
 * it must, and the peak of its memory stays below a ceiling that has a reason.
 *
 * Each bomb is made by a process of its own, and this one stays small: what a program may be
 * charged with includes the memory of whoever started it (getrusage(2), ru_maxrss).
 */
#include "tests/unit/forge.h"
#include "tests/unit/support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct signing_key team, stranger; /* the host trusts the first */
static const char *sqlland;
static bool torture;
static long base_kib; /* the peak of a run over a small bundle */

#define MIB    (UINT64_C(1) << 20)
#define BUNDLE "x.ferry"

/* zstd frames by hand (RFC 8878, 3.1.1) */

enum { BLOCK_SIZE = 128 << 10 }; /* the largest block */

static void put(struct buffer *to, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++, number >>= 8)
        buffer_add(to, (struct text){(const char[]){(char)number}, 1});
}

/* A frame that says it has so many bytes, and has blanks: four bytes of it for each 128 KiB. */
static struct text blanks(struct arena *arena, uint64_t said, uint64_t size)
{
    CLEANUP(buffer_free) struct buffer frame = {0};

    put(&frame, 0xfd2fb528, 4);
    put(&frame, 0xe0, 1); /* one segment, a size of eight bytes */
    put(&frame, said, 8);
    while (size) {
        uint64_t block = size < BLOCK_SIZE ? size : BLOCK_SIZE;

        size -= block;
        put(&frame, block << 3 | 2 | !size, 3);
        put(&frame, ' ', 1);
    }
    return arena_copy(arena, buffer_text(&frame));
}

/* The bytes as they are, with a window of 2^31 bytes and more: 2^(10 + 21) * 7 / 8 more. */
static struct text windowed(struct arena *arena, struct text bytes)
{
    CLEANUP(buffer_free) struct buffer frame = {0};

    put(&frame, 0xfd2fb528, 4);
    put(&frame, 0xc0, 1);
    put(&frame, 21 << 3 | 7, 1);
    put(&frame, bytes.size, 8);
    while (bytes.size) {
        struct text block = text_slice(bytes, 0, BLOCK_SIZE);

        bytes = text_slice(bytes, block.size, bytes.size);
        put(&frame, block.size << 3 | !bytes.size, 3);
        buffer_add(&frame, block);
    }
    return arena_copy(arena, buffer_text(&frame));
}

/* Bundles */

static struct text many_blanks(struct arena *arena, size_t size)
{
    char *bytes = arena_array(arena, char, size);

    memset(bytes, ' ', size);
    return (struct text){bytes, size};
}

/* One revision whose up script is so many blanks. */
static struct forge one_step(size_t size)
{
    struct forge forge = forge_new((size_t)1 << 30, 1);

    forge.steps[0].id = TEXT("a");
    forge.steps[0].transactional = true;
    forge_script(&forge, 0, SCRIPT_UP, "a.sql", many_blanks(forge.arena, size));
    forge_streams(&forge);
    return forge;
}

static void save(struct forge *forge)
{
    forge_index(forge);
    support_write(BUNDLE, forge_bytes(forge, &team, 1));
}

/* Chunk 0 is the heading of the script, chunk 1 the rest, which is all blanks but for a line feed.
 */
enum { HEADING_SIZE = sizeof("-- revision a\n") - 1 };

/*
 * One script of blanks, whose second chunk is other bytes: the index tells their size, and that
 * they give `plain` bytes.
 */
static void save_chunk(struct forge *forge, struct text stored, uint64_t plain)
{
    struct text heading = text_slice(buffer_text(&forge->plain[STREAM_UP]), 0, HEADING_SIZE);

    forge->chunks = arena_array(forge->arena, struct index_chunk, 2);
    forge->stored = arena_array(forge->arena, struct text, 2);
    forge->index.chunk_count = 2;
    forge->chunks[0].plain_size = HEADING_SIZE;
    forge_store(forge, 0, windowed(forge->arena, heading));
    forge->chunks[1].plain_size = plain;
    forge_store(forge, 1, stored);
    save(forge);
}

/* The script is one line feed less than its chunk; a chunk of blanks does not end in one. */
static void gives(uint64_t said_by_frame, uint64_t said_by_index, uint64_t given)
{
    CLEANUP(forge_free) struct forge forge = one_step(said_by_index - 1);

    save_chunk(&forge, blanks(forge.arena, said_by_frame, given), said_by_index);
}

static void gives_a_gibibyte(void)
{
    gives(CHUNK_SIZE_MAX, CHUNK_SIZE_MAX, 1024 * MIB);
}

static void says_a_gibibyte(void)
{
    gives(1024 * MIB, CHUNK_SIZE_MAX, 1024 * MIB);
}

static void index_says_a_gibibyte(void)
{
    CLEANUP(forge_free) struct forge forge = one_step(1);

    forge.steps[0].scripts[SCRIPT_UP].size = 1024 * MIB - 1;
    save_chunk(&forge, blanks(forge.arena, 1024 * MIB, 1024 * MIB), 1024 * MIB);
}

static void gives_less(void)
{
    gives(CHUNK_SIZE_MAX, CHUNK_SIZE_MAX, 1);
}

static void says_less(void)
{
    gives(1, CHUNK_SIZE_MAX, CHUNK_SIZE_MAX);
}

static void says_it_knows_not(void)
{
    gives(UINT64_MAX, CHUNK_SIZE_MAX,
          CHUNK_SIZE_MAX); /* what libzstd answers where there is none */
}

static void says_it_is_wrong(void)
{
    gives(UINT64_MAX - 1, CHUNK_SIZE_MAX, CHUNK_SIZE_MAX); /* what it answers for no frame */
}

static void window_of_2_31(void)
{
    CLEANUP(forge_free) struct forge forge = one_step(CHUNK_SIZE_MAX / 2 - 1);
    struct text plain = buffer_text(&forge.plain[STREAM_UP]);
    struct text rest = text_slice(plain, HEADING_SIZE, plain.size);

    save_chunk(&forge, windowed(forge.arena, rest), rest.size);
}

/* Up and side chunks of 8 MiB each, stored and plain. */
static void largest_chunks(void)
{
    CLEANUP(forge_free) struct forge forge = forge_new((size_t)1 << 30, 2);
    enum { SIZE = CHUNK_SIZE_MAX - 400 }; /* room for the headers of frame and blocks */

    for (size_t i = 0; i < 2; i++) {
        forge.steps[i].id = i ? TEXT("b") : TEXT("a");
        forge.steps[i].transactional = true;
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
            char *bytes = arena_array(forge.arena, char, SIZE);
            uint64_t seed = i;

            for (size_t j = 0; j < SIZE; j++)
                bytes[j] = (char)(' ' + support_below(&seed, '~' - ' '));
            forge_script(&forge, i, (enum script_kind)kind, "a.sql", (struct text){bytes, SIZE});
        }
    }
    forge_streams(&forge);
    size_t count = 0;
    forge.chunks = arena_array(forge.arena, struct index_chunk, 6);
    forge.stored = arena_array(forge.arena, struct text, 6);
    for (size_t stream = 0; stream < STREAM_COUNT; stream++)
        for (struct text rest = buffer_text(&forge.plain[stream]); rest.size; count++) {
            struct text piece = text_slice(rest, 0, SIZE + 40);

            rest = text_slice(rest, piece.size, rest.size);
            forge.chunks[count].stream = (enum stream)stream;
            forge.chunks[count].plain_size = piece.size;
            forge_store(&forge, count, windowed(forge.arena, piece));
        }
    forge.index.chunk_count = count;
    save(&forge);
}

/* A script of 256 MiB in a file of some kilobytes. */
static void largest_script(void)
{
    CLEANUP(forge_free) struct forge forge = one_step(SCRIPT_SIZE_MAX);
    enum { FULL = SCRIPT_SIZE_MAX / CHUNK_SIZE_MAX };

    forge.chunks = arena_array(forge.arena, struct index_chunk, FULL + 2);
    forge.stored = arena_array(forge.arena, struct text, FULL + 2);
    forge.index.chunk_count = FULL + 2;
    for (size_t i = 0; i < FULL + 2; i++) {
        bool first = i == 0, last = i == FULL + 1;
        struct text frame = first  ? windowed(forge.arena, TEXT("-- revision a\n"))
                            : last ? windowed(forge.arena, TEXT("\n"))
                                   : blanks(forge.arena, CHUNK_SIZE_MAX, CHUNK_SIZE_MAX);

        forge.chunks[i].plain_size = first ? HEADING_SIZE : last ? 1 : CHUNK_SIZE_MAX;
        forge_store(&forge, i, frame);
    }
    save(&forge);
}

/* So many chunks of one byte, for one script. */
static struct forge tiny_chunks(size_t count)
{
    struct forge forge = one_step(count - HEADING_SIZE - 1);

    forge.chunks = arena_array(forge.arena, struct index_chunk, count);
    forge.stored = arena_array(forge.arena, struct text, count);
    forge.index.chunk_count = count;
    for (size_t i = 0; i < count; i++) {
        CLEANUP(buffer_free) struct buffer frame = {0};

        put(&frame, 0xfd2fb528, 4);
        put(&frame, 0x20, 1);
        put(&frame, 1, 1);
        put(&frame, 1 << 3 | 1, 3);
        buffer_add(&frame, text_slice(buffer_text(&forge.plain[STREAM_UP]), i, 1));
        forge.chunks[i].plain_size = 1;
        forge_store(&forge, i, buffer_text(&frame));
    }
    forge_index(&forge);
    return forge;
}

static void million_chunks(void)
{
    CLEANUP(forge_free) struct forge forge = tiny_chunks(CHUNKS_MAX);

    support_write(BUNDLE, forge_bytes(&forge, &team, 1));
}

/* Says in its index, in the place of `old`, something that is as long. */
static void replace(struct forge *forge, const char *old, const char *new)
{
    size_t at = text_find(forge->index_text, text_from(old));

    assert_true(at < forge->index_text.size && strlen(old) == strlen(new));
    memcpy((char *)forge->index_text.bytes + at, new, strlen(new));
}

static void many_chunks_said_to_be_few(void)
{
    CLEANUP(forge_free) struct forge forge = tiny_chunks(CHUNKS_MAX);

    replace(&forge, "\nchunks 1048576\n", "\nchunks 1048575\n");
    support_write(BUNDLE, forge_bytes(&forge, &team, 1));
}

static void chunks_above_the_cap(void)
{
    CLEANUP(forge_free) struct forge forge = tiny_chunks(CHUNKS_MAX + 1);

    support_write(BUNDLE, forge_bytes(&forge, &team, 1));
}

static void few_chunks_said_to_be_many(void)
{
    CLEANUP(forge_free) struct forge forge = tiny_chunks(1000000);

    forge.index_text.size = 8 << 10; /* a million are said, and hardly a hundred are there */
    support_write(BUNDLE, forge_bytes(&forge, &team, 1));
}

/* Sizes that together are what is there, but for 2^64. */
static void sums_of_2_64(void)
{
    CLEANUP(forge_free) struct forge forge = one_step(1);

    forge_chunks(&forge, 8);
    forge.chunks[0].stored_size += UINT64_C(1) << 63;
    forge.chunks[1].stored_size += UINT64_C(1) << 63;
    save(&forge);
}

static void plain_sums_of_2_64(void)
{
    CLEANUP(forge_free) struct forge forge = one_step(1);

    forge_chunks(&forge, 8);
    forge.chunks[0].plain_size += UINT64_C(1) << 63;
    forge.chunks[1].plain_size += UINT64_C(1) << 63;
    save(&forge);
}

static void script_of_2_64(void)
{
    CLEANUP(forge_free) struct forge forge = one_step(1);

    forge_chunks(&forge, 8);
    forge.steps[0].scripts[SCRIPT_UP].size = UINT64_MAX; /* its end, the LF with it, is its begin */
    save(&forge);
}

/* Revisions by the thousand, each the child of as many as there is room for. */

enum { ID_DIGITS = 3 };

static struct text *make_ids(struct arena *arena, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";
    struct text *ids = arena_array(arena, struct text, count);

    for (size_t i = 0; i < count; i++) {
        const char id[ID_DIGITS] = {digits[i / 4096], digits[i / 64 % 64], digits[i % 64]};

        ids[i] = arena_copy(arena, (struct text){id, ID_DIGITS});
    }
    return ids;
}

static void revisions(size_t count, size_t parents)
{
    CLEANUP(forge_free) struct forge forge = forge_new((size_t)2 << 30, count);
    struct text *ids = make_ids(forge.arena, count);

    for (size_t i = 0; i < count; i++) {
        forge.steps[i].id = ids[i];
        forge.steps[i].transactional = true;
        forge.steps[i].parent_count = i < parents ? i : parents;
        forge.steps[i].parents = ids + i - forge.steps[i].parent_count;
        forge_script(&forge, i, SCRIPT_UP, "a", TEXT(""));
    }
    forge_streams(&forge);
    forge_chunks(&forge, CHUNK_SIZE_MAX);
    forge_index(&forge);
    assert_true(forge.index_text.size <= INDEX_SIZE_MAX);
    support_write(BUNDLE, forge_bytes(&forge, &team, 1));
}

static void many_parents(void)
{
    revisions(REVISIONS_MAX, 16);
}

static void most_parents(void)
{
    revisions(REVISIONS_MAX, 560);
}

static void widest_merges(void)
{
    revisions(58000, PARENTS_MAX);
}

static void revisions_above_the_cap(void)
{
    revisions(REVISIONS_MAX + 1, 1);
}

/* Files of which nothing is known but the size of their index. */

static void claim(uint32_t size)
{
    CLEANUP(buffer_free) struct buffer bytes = {0};

    forge_put_number(&bytes, FRAME_INDEX);
    forge_put_number(&bytes, size);
    while (bytes.size < 100)
        buffer_add(&bytes, TEXT("x"));
    support_write(BUNDLE, buffer_text(&bytes));
}

static void claims_the_most(void)
{
    claim(INDEX_SIZE_MAX);
}

static void claims_more(void)
{
    claim(UINT32_MAX);
}

/* An index of 256 MiB that is there: a hole, so it costs its maker nothing. */
static void hole(const struct signing_key *keys, size_t key_count)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = open(BUNDLE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct text index = {mmap(NULL, INDEX_SIZE_MAX, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                         INDEX_SIZE_MAX};
    CLEANUP(buffer_free) struct buffer behind = {0};
    uint8_t header[FRAME_HEADER_SIZE];

    assert_true(index.bytes != MAP_FAILED && fd >= 0);
    for (size_t i = 0; i < key_count; i++)
        forge_put_frame(&behind, FRAME_SIGNATURE, forge_sign(arena, &keys[i], index));
    frame_header(FRAME_INDEX, INDEX_SIZE_MAX, header);
    assert_int_equal(pwrite(fd, header, sizeof(header), 0), sizeof(header));
    assert_int_equal(ftruncate(fd, (off_t)(sizeof(header) + index.size)), 0);
    assert_int_equal(pwrite(fd, behind.bytes, behind.size, (off_t)(sizeof(header) + index.size)),
                     behind.size);
}

static void hole_unsigned(void)
{
    hole(NULL, 0);
}

static void hole_of_a_stranger(void)
{
    hole(&stranger, 1);
}

static void hole_of_the_team(void)
{
    hole(&team, 1);
}

static void hole_of_both(void)
{
    hole((const struct signing_key[]){stranger, team}, 2);
}

/*
 * What a run may take above one over a small bundle.
 *
 * An index that enough keys have signed, and none before that: itself; its second spelling, which
 * is compared with it; and what the reader makes of its lines, with some bytes for each heading.
 * Chunks: those of both streams and the stored one that is being read; and where a script lies in
 * several of them, the script.
 */
#define SLACK           (2 * MIB)
#define INDEX(size)     ((size) + SLACK)
#define CHUNK_LINE_SIZE 73 /* of a tiny one */
#define CHUNK_LINES     ((uint64_t)CHUNK_LINE_SIZE * CHUNKS_MAX)
#define CHUNKS_READ     (CHUNKS_MAX * sizeof(struct index_chunk))
#define STEPS_READ(steps, parents)                                                                 \
    ((steps) * (sizeof(struct index_step) + (parents) * sizeof(struct text) + UINT64_C(100)))
#define CHUNKS(count) ((count) * (uint64_t)CHUNK_SIZE_MAX + SLACK)

static const struct bomb {
    const char *name;
    void (*make)(void);
    int status;
    const char *message; /* in what it prints */
    uint64_t room;
} bombs[] = {
    {"33 KB that give a gibibyte", gives_a_gibibyte, 3,
     "a chunk cannot be decompressed: Destination buffer is too small", CHUNKS(1)},
    {"33 KB that say and give a gibibyte", says_a_gibibyte, 3,
     "a chunk is not one zstd frame of the size its index declares", SLACK},
    {"33 KB that give the gibibyte that their index says", index_says_a_gibibyte, 3,
     "the index has '1073741824' where a number up to 8388608 belongs", SLACK},
    {"a chunk that gives less than it says", gives_less, 3, "a chunk cannot be decompressed",
     CHUNKS(1)},
    {"a chunk that says less than it gives", says_less, 3, "a chunk is not one zstd frame", SLACK},
    {"a chunk that says 2^64 - 1 bytes", says_it_knows_not, 3, "a chunk is not one zstd frame",
     SLACK},
    {"a chunk that says 2^64 - 2 bytes", says_it_is_wrong, 3, "a chunk is not one zstd frame",
     SLACK},
    {"a window of 2^31 bytes and more", window_of_2_31, 0, "verified", CHUNKS(2)},
    {"the largest chunks", largest_chunks, 0, "verified", CHUNKS(4)},
    {"a script of 256 MiB in ten kilobytes", largest_script, 0, "verified",
     SCRIPT_SIZE_MAX + CHUNKS(1)},
    {"a million tiny chunks", million_chunks, 0, "verified", INDEX(2 * CHUNK_LINES + CHUNKS_READ)},
    {"a million tiny chunks, and one not counted", many_chunks_said_to_be_few, 3,
     "the index says something else where 'revisions' belongs", INDEX(CHUNK_LINES + CHUNKS_READ)},
    {"a million tiny chunks, and one too many", chunks_above_the_cap, 3,
     "the index has '1048577' where a number up to 1048576 belongs", INDEX(CHUNK_LINES)},
    {"a million chunks that are not there", few_chunks_said_to_be_many, 3,
     "the index is too short for so many chunks", SLACK},
    {"sizes whose sum is right but for 2^64", sums_of_2_64, 3,
     "where a number up to 8388608 belongs", SLACK},
    {"plain sizes whose sum is right but for 2^64", plain_sums_of_2_64, 3,
     "where a number up to 8388608 belongs", SLACK},
    {"a script of 2^64 - 1 bytes", script_of_2_64, 3, "where a number up to 268435456 belongs",
     SLACK},
    {"100,000 revisions of 16 parents", many_parents, 0, "verified",
     INDEX(2 * 36 * MIB + STEPS_READ(REVISIONS_MAX, 16))},
    {"100,001 revisions", revisions_above_the_cap, 3,
     "the index has '100001' where a number up to 100000 belongs", INDEX(30 * MIB)},
    {"a hundred bytes that claim an index of 256 MiB", claims_the_most, 3, "is cut off", SLACK},
    {"a hundred bytes that claim one of 4 GiB", claims_more, 3,
     "has a frame of 4294967295 bytes, at most 268435456", SLACK},
    {"an index of 256 MiB, unsigned", hole_unsigned, 3, "the bundle is not signed", SLACK},
    {"an index of 256 MiB, of a stranger", hole_of_a_stranger, 3,
     "0 of 1 needed trusted keys have signed the bundle", SLACK},
    {"an index of 256 MiB, of a stranger and the team", hole_of_both, 3,
     "the index ends in mid-line", INDEX(INDEX_SIZE_MAX)},
    {"an index of 256 MiB, of the team", hole_of_the_team, 3, "the index ends in mid-line",
     INDEX(INDEX_SIZE_MAX)},
};

/* As wide as the caps allow: some of these take a minute. */
static const struct bomb large_bombs[] = {
    {"100,000 revisions of 560 parents", most_parents, 0, "verified",
     INDEX(2 * 242 * MIB + STEPS_READ(REVISIONS_MAX, 560))},
    {"58,000 revisions of 1,024 parents", widest_merges, 0, "verified",
     INDEX(2 * 242 * MIB + STEPS_READ(58000, PARENTS_MAX))},
};

/* Runs sqlland verify; what it prints goes to the file "printed". returns its peak */
static long verify(int *status)
{
    struct rusage usage;

    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open("printed", O_WRONLY | O_CREAT | O_TRUNC, 0644);

        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execl(sqlland, "sqlland", "verify", BUNDLE, "--key", "team.pub", (char *)NULL);
        _exit(127);
    }
    assert_int_equal(wait4(child, status, 0, &usage), child);
    return usage.ru_maxrss;
}

/* The sanitizers keep shadows, and what was freed, and cannot grow what is large in its place. */
static long room_kib(const struct bomb *bomb)
{
    uint64_t room = bomb->room;

#ifdef SANITIZED
    room = 3 * room + 32 * MIB;
#endif
    return (long)(room / 1024);
}

static void make(const void *argument)
{
    const struct bomb *bomb = argument;

    bomb->make();
}

static void test_bomb(void **state)
{
    const struct bomb *bomb = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text messages;
    int status;

    assert_int_equal(support_fork(arena, make, bomb, &messages), 0);
    long taken_kib = verify(&status) - base_kib;
    struct text printed = support_read(arena, "printed");
    if (torture)
        printf("%s: %ld KiB of %ld\n", bomb->name, taken_kib, room_kib(bomb));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != bomb->status ||
        text_find(printed, text_from(bomb->message)) == printed.size)
        fail_msg("status %d: %.*s", status, TEXT_ARGS(printed));
    if (taken_kib > room_kib(bomb))
        fail_msg("takes %ld KiB more than a small bundle, at most %ld", taken_kib, room_kib(bomb));
    unlink(BUNDLE);
}

static void test_base(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(forge_free) struct forge forge = one_step(1);
    int status;

    (void)state;
    forge_key(arena, "team", &team);
    forge_key(arena, "stranger", &stranger);
    forge_chunks(&forge, 8);
    save(&forge);
    base_kib = verify(&status);
    assert_int_equal(status, 0);
}

int main(void)
{
    struct support_tests tests = {0};

    torture = getenv("TORTURE");
    sqlland = support_program("sqlland");
    support_add(&tests, "a small bundle", test_base);
    support_add_rows(&tests, bombs, test_bomb);
    if (torture)
        support_add_rows(&tests, large_bombs, test_bomb);
    int failed = support_run("bombs", &tests);
    signer_close(&team.secret);
    signer_close(&stranger.secret);
    return failed;
}

/*
 * Three bundles, and every way there is to damage them: flipped bits, cuts, bytes and frames that
 * are dropped, doubled, inserted, swapped. None is opened, but for what docs/format.md allows:
 * signatures may be fewer, as far as the threshold goes, and in another order.
 *
 * `make check` takes a part of the variants, spread evenly, with a bit of every byte; TORTURE=1
 * takes them all.
 */
#include "forge.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { KEYS = 5, FRAMES_MAX = 320, NOW = 1800000000 };

static struct signing_key keys[KEYS];
static bool torture;

static struct sample {
    const char *name;
    size_t threshold, key_count, step_count, piece_size, chunk_count;
    struct arena *arena;
    struct trust trust;
    struct text bytes;
    struct text frames[FRAMES_MAX]; /* the index, signatures, chunks: with their headers */
    size_t frame_count;
    struct digest digest;
} samples[] = {
    {.name = "one signer",
     .threshold = 1,
     .key_count = 1,
     .step_count = 4,
     .piece_size = 120,
     .chunk_count = 6},
    {.name = "3 of 5",
     .threshold = 3,
     .key_count = 5,
     .step_count = 2,
     .piece_size = 120,
     .chunk_count = 4},
    {.name = "300 chunks",
     .threshold = 1,
     .key_count = 1,
     .step_count = 13,
     .piece_size = 7,
     .chunk_count = 300},
};

/* The bundle that is being opened: a file in memory, mapped. */

static struct {
    char path[64], *bytes;
    int fd;
} file;

enum { FILE_SIZE_MAX = 1 << 20 };

static void file_resize(size_t size)
{
    assert_int_equal(ftruncate(file.fd, (off_t)size), 0);
}

static void file_put(struct text bytes)
{
    file_resize(bytes.size);
    memcpy(file.bytes, bytes.bytes, bytes.size);
}

static void make_file(void)
{
    file.fd = memfd_create("bundle", MFD_CLOEXEC);
    assert_true(file.fd >= 0);
    snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    file.bytes = mmap(NULL, FILE_SIZE_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
    assert_true(file.bytes != MAP_FAILED);
}

/* What is in the file must be refused as untrusted, or be the bundle of the sample. */
static bool is_accepted(const struct sample *sample, const char *what, size_t number)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    CLEANUP(bundle_close) struct bundle bundle = {0};
    const struct bundle_policy policy = {.trust = &sample->trust, .now = NOW};
    const struct error *error = bundle_open(arena, text_from(file.path), &policy, &bundle);

    if (!error) {
        assert_true(digest_equal(&bundle.container->digest, &sample->digest));
        return true;
    }
    if (error_status(error) != 3)
        fail_msg("%s, %s %zu: status %d: %s", sample->name, what, number, error_status(error),
                 error->message.bytes);
    assert_null(bundle.container);
    return false;
}

static void refuse(const struct sample *sample, const char *what, size_t number)
{
    if (is_accepted(sample, what, number))
        fail_msg("%s, %s %zu is accepted", sample->name, what, number);
}

/* One of so many variants is taken; where it begins moves on from one bundle to the next. */
static size_t every(const struct sample *sample, size_t step, size_t *first)
{
    *first = torture ? 0 : (size_t)(sample - samples) % step;
    return torture ? 1 : step;
}

static void report(const struct sample *sample, const char *what, size_t refused, size_t accepted)
{
    if (torture)
        printf("%s: %s: %zu refused, %zu accepted\n", sample->name, what, refused, accepted);
}

/* Making them */

static struct text script(struct arena *arena, size_t step, enum script_kind kind)
{
    switch (kind) {
    case SCRIPT_UP:
        return arena_format(arena, "CREATE TABLE t%zu (id INTEGER, name TEXT DEFAULT 'x%zu');\n",
                            step, 12345678 + step);
    case SCRIPT_DOWN:
        return arena_format(arena, "DROP TABLE t%zu;\n", step);
    default:
        return arena_format(arena, "SELECT 1 FROM t%zu;\n", step);
    }
}

static void pack(struct sample *sample, struct forge *forge)
{
    static const char *const paths[SCRIPT_KIND_COUNT] = {"up.sql", "down.sql", "verify.sql"};

    for (size_t i = 0; i < sample->step_count; i++) {
        forge->steps[i].id = arena_format(forge->arena, "r%zu", i);
        forge->steps[i].transactional = true;
        forge->steps[i].parents = i ? &forge->steps[i - 1].id : NULL;
        forge->steps[i].parent_count = i ? 1 : 0;
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            forge_script(forge, i, (enum script_kind)kind, paths[kind],
                         script(forge->arena, i, (enum script_kind)kind));
    }
    forge_all(forge, sample->piece_size);
}

static void add_frame(struct sample *sample, struct text bytes)
{
    assert_true(sample->frame_count < FRAMES_MAX);
    sample->frames[sample->frame_count++] = bytes;
}

static size_t chunk_size(const struct index_chunk *chunk)
{
    return chunk->stored_size + (chunk->stream == STREAM_SIDE ? FRAME_HEADER_SIZE : 0);
}

static size_t frame_size(struct text bytes)
{
    return FRAME_HEADER_SIZE +
           ((unsigned char)bytes.bytes[4] | (size_t)(unsigned char)bytes.bytes[5] << 8);
}

/* Cuts the file into its frames. */
static void find_frames(struct sample *sample, const struct forge *forge)
{
    struct text rest = sample->bytes;

    for (size_t i = 0; i < 1 + sample->key_count; i++) {
        size_t size = frame_size(rest);

        add_frame(sample, text_slice(rest, 0, size));
        rest = text_slice(rest, size, rest.size);
    }
    for (size_t i = 0; i < forge->index.chunk_count; i++) {
        size_t size = chunk_size(&forge->chunks[i]);

        add_frame(sample, text_slice(rest, 0, size));
        rest = text_slice(rest, size, rest.size);
    }
    assert_int_equal(rest.size, 0);
}

static void make_sample(struct sample *sample)
{
    CLEANUP(forge_free) struct forge forge = forge_new(16 << 20, sample->step_count);
    struct trusted_key *trusted;

    sample->arena = arena_new(16 << 20);
    trusted = arena_array(sample->arena, struct trusted_key, sample->key_count);
    for (size_t i = 0; i < sample->key_count; i++) {
        trusted[i].key = keys[i].public;
        trusted[i].name = TEXT("known");
        trusted[i].signs[SIGNED_INDEX] = true;
    }
    sample->trust = (struct trust){
        .origin = TEXT("trust"),
        .thresholds = {[SIGNED_INDEX] = sample->threshold, [SIGNED_TRUST] = sample->threshold},
        .keys = trusted,
        .count = sample->key_count,
    };
    pack(sample, &forge);
    sample->bytes = arena_copy(sample->arena, forge_bytes(&forge, keys, sample->key_count));
    sample->digest = crypto_digest(forge.index_text);
    find_frames(sample, &forge);
    assert_int_equal(forge.index.chunk_count, sample->chunk_count);
}

static void test_prepare(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    static const char *const names[] = {"a", "b", "c", "d", "e"};

    (void)state;
    make_file();
    for (size_t i = 0; i < COUNT(keys); i++)
        forge_key(arena, names[i], &keys[i]);
    for (size_t i = 0; i < COUNT(samples); i++)
        make_sample(&samples[i]);
}

static void test_whole(void **state)
{
    const struct sample *sample = *state;

    file_put(sample->bytes);
    assert_true(is_accepted(sample, "whole", 0));
    if (torture)
        printf("%s: %zu bytes, %zu frames\n", sample->name, sample->bytes.size,
               sample->frame_count);
}

/* Bytes */

static void test_flips(void **state)
{
    const struct sample *sample = *state;
    size_t count = 0;

    file_put(sample->bytes);
    for (size_t bit = 0; bit < 8 * sample->bytes.size; bit++) {
        /* One bit of each byte at least, and over eight bytes each place in one. */
        if (!torture && bit % 8 != bit / 8 % 8)
            continue;
        file.bytes[bit / 8] ^= (char)(1 << bit % 8);
        refuse(sample, "flip of bit", bit);
        file.bytes[bit / 8] ^= (char)(1 << bit % 8);
        count++;
    }
    assert_true(is_accepted(sample, "whole", 0));
    report(sample, "flips of a bit", count, 0);
}

static void test_cuts(void **state)
{
    const struct sample *sample = *state;
    size_t first, step = every(sample, 13, &first), count = 0;

    file_put(sample->bytes);
    for (size_t cut = 1 + first; cut <= sample->bytes.size; cut += step, count++) {
        file_resize(sample->bytes.size - cut);
        refuse(sample, "truncation by", cut);
    }
    report(sample, "truncations", count, 0);
}

static void test_missing_bytes(void **state)
{
    const struct sample *sample = *state;
    size_t first, step = every(sample, 13, &first), count = 0;

    for (size_t at = first; at < sample->bytes.size; at += step, count++) {
        file_put(text_slice(sample->bytes, 0, sample->bytes.size - 1));
        memcpy(file.bytes + at, sample->bytes.bytes + at + 1, sample->bytes.size - at - 1);
        refuse(sample, "lack of byte", at);
    }
    report(sample, "missing bytes", count, 0);
}

/* What a byte may be to one of the readers: ends, blanks, digits, letters, parts of headers. */
static const char classes[] = {0,   ' ', '\n', '0',  'a',        'Z',
                               '+', '=', '(',  0x7f, (char)0x80, (char)0xff};

static void test_inserted_bytes(void **state)
{
    const struct sample *sample = *state;
    size_t first, step = every(sample, 251, &first), count = 0;

    for (size_t i = first; i < COUNT(classes) * (sample->bytes.size + 1); i += step, count++) {
        size_t at = i / COUNT(classes);

        file_resize(sample->bytes.size + 1);
        memcpy(file.bytes, sample->bytes.bytes, at);
        file.bytes[at] = classes[i % COUNT(classes)];
        memcpy(file.bytes + at + 1, sample->bytes.bytes + at, sample->bytes.size - at);
        refuse(sample, "inserted byte", i);
    }
    report(sample, "inserted bytes", count, 0);
}

/* Frames */

/* Frames of a sample by number; above them, those of strangers. */
struct variant {
    size_t frames[2 * FRAMES_MAX], count;
};

enum { FOREIGN = FRAMES_MAX };

static struct {
    struct text list[64];
    size_t count;
} foreign;

static bool is_signature(const struct sample *sample, size_t frame)
{
    return frame >= 1 && frame <= sample->key_count;
}

/* The index; signatures, none twice, as many as the threshold says; every chunk in its place. */
static bool is_lawful(const struct sample *sample, const struct variant *variant)
{
    bool has_signed[KEYS + 1] = {false};
    size_t at = 1, chunks = 1 + sample->key_count;

    if (variant->count == 0 || variant->frames[0] != 0)
        return false;
    for (; at < variant->count && is_signature(sample, variant->frames[at]); at++) {
        if (has_signed[variant->frames[at]])
            return false;
        has_signed[variant->frames[at]] = true;
    }
    if (at - 1 < sample->threshold || variant->count - at != sample->frame_count - chunks)
        return false;
    for (size_t i = at; i < variant->count; i++)
        if (variant->frames[i] != chunks + i - at)
            return false;
    return true;
}

static struct variant whole(const struct sample *sample)
{
    struct variant variant = {.count = sample->frame_count};

    for (size_t i = 0; i < sample->frame_count; i++)
        variant.frames[i] = i;
    return variant;
}

static void drop(struct variant *variant, size_t at, size_t count)
{
    variant->count -= count;
    memmove(variant->frames + at, variant->frames + at + count,
            (variant->count - at) * sizeof(size_t));
}

static void insert(struct variant *variant, size_t at, size_t frame)
{
    memmove(variant->frames + at + 1, variant->frames + at, (variant->count - at) * sizeof(size_t));
    variant->frames[at] = frame;
    variant->count++;
}

static void swap(struct variant *variant, size_t i, size_t j)
{
    size_t frame = variant->frames[i];

    variant->frames[i] = variant->frames[j];
    variant->frames[j] = frame;
}

struct tally {
    size_t refused, accepted;
};

/*
 * Writes the file, opens it, and compares the verdict with the one that must be. Chunks of equal
 * bytes may trade places: then it is the same file, and not counted.
 */
static void judge(const struct sample *sample, const struct variant *variant, const char *what,
                  struct tally *tally)
{
    size_t size = 0;

    file_resize(FILE_SIZE_MAX);
    for (size_t i = 0; i < variant->count; i++) {
        size_t frame = variant->frames[i];
        struct text bytes = frame < FOREIGN ? sample->frames[frame] : foreign.list[frame - FOREIGN];

        assert_true(bytes.size <= FILE_SIZE_MAX - size);
        memcpy(file.bytes + size, bytes.bytes, bytes.size);
        size += bytes.size;
    }
    file_resize(size);
    if (text_equal((struct text){file.bytes, size}, sample->bytes))
        return;
    size_t number = tally->refused + tally->accepted;
    if (!is_lawful(sample, variant)) {
        refuse(sample, what, number);
        tally->refused++;
    } else if (is_accepted(sample, what, number)) {
        tally->accepted++;
    } else {
        fail_msg("%s, %s %zu is refused", sample->name, what, number);
    }
}

/* Every run of frames that follow each other: one alone, up to all of them. */
static void test_dropped_frames(void **state)
{
    const struct sample *sample = *state;
    struct tally tally = {0};
    size_t first, step = every(sample, 149, &first), number = 0;

    for (size_t count = 1; count <= sample->frame_count; count++)
        for (size_t at = 0; at + count <= sample->frame_count; at++) {
            struct variant variant = whole(sample);

            if (count > 1 && number++ % step != first)
                continue;
            drop(&variant, at, count);
            judge(sample, &variant, "drop", &tally);
        }
    report(sample, "dropped frames", tally.refused, tally.accepted);
}

/* Every set of the signatures, in the order of the file. */
static void test_signature_sets(void **state)
{
    const struct sample *sample = *state;
    struct tally tally = {0};

    for (size_t set = 0; set < (size_t)1 << sample->key_count; set++) {
        struct variant variant = whole(sample);

        for (size_t i = sample->key_count; i > 0; i--)
            if (!(set >> (i - 1) & 1))
                drop(&variant, i, 1);
        judge(sample, &variant, "set of signatures", &tally);
    }
    report(sample, "sets of signatures", tally.refused, tally.accepted);
}

/* Every frame once more, in front of every frame and at the end. */
static void test_doubled_frames(void **state)
{
    const struct sample *sample = *state;
    struct tally tally = {0};
    size_t first, step = every(sample, 293, &first), number = 0;

    for (size_t frame = 0; frame < sample->frame_count; frame++)
        for (size_t at = 0; at <= sample->frame_count; at++) {
            struct variant variant = whole(sample);

            if (at != frame + 1 && number++ % step != first)
                continue;
            insert(&variant, at, frame);
            judge(sample, &variant, "double", &tally);
        }
    assert_int_equal(tally.accepted, 0);
    report(sample, "doubled frames", tally.refused, tally.accepted);
}

static void test_swapped_frames(void **state)
{
    const struct sample *sample = *state;
    struct tally tally = {0};
    size_t first, step = every(sample, 149, &first), number = 0;

    for (size_t i = 0; i < sample->frame_count; i++)
        for (size_t j = i + 1; j < sample->frame_count; j++) {
            struct variant variant = whole(sample);

            if (j > i + 1 && number++ % step != first)
                continue;
            swap(&variant, i, j);
            judge(sample, &variant, "swap", &tally);
        }
    report(sample, "swapped frames", tally.refused, tally.accepted);
}

/* Every frame taken out, and put back in another place. */
static void test_moved_frames(void **state)
{
    const struct sample *sample = *state;
    struct tally tally = {0};
    size_t first, step = every(sample, 293, &first), number = 0;

    for (size_t from = 0; from < sample->frame_count; from++)
        for (size_t to = 0; to < sample->frame_count; to++) {
            struct variant variant = whole(sample);

            if (to == from || number++ % step != first)
                continue;
            drop(&variant, from, 1);
            insert(&variant, to, from);
            judge(sample, &variant, "move", &tally);
        }
    report(sample, "moved frames", tally.refused, tally.accepted);
}

/* Frames from elsewhere */

static void add_foreign(struct text bytes)
{
    assert_true(foreign.count < COUNT(foreign.list));
    foreign.list[foreign.count++] = bytes;
}

static void add_skippable(struct arena *arena, uint32_t magic, struct text content)
{
    CLEANUP(buffer_free) struct buffer frame = {0};

    forge_put_frame(&frame, magic, content);
    add_foreign(arena_copy(arena, buffer_text(&frame)));
}

#define EMPTY_ZSTD "\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"
#define BLANK_ZSTD "\x28\xb5\x2f\xfd\x20\x01\x09\x00\x00 "

/* Each magic number of a skippable frame, empty and not; zstd frames alone and wrapped. */
static void make_foreign(struct arena *arena)
{
    static const struct text contents[] = {TEXT(""), TEXT("skip me"), TEXT(EMPTY_ZSTD),
                                           TEXT(BLANK_ZSTD)};

    foreign.count = 0;
    for (uint32_t magic = 0x184d2a50; magic < 0x184d2a60; magic++)
        for (size_t i = 0; i < (magic == FRAME_SIDE ? COUNT(contents) : 2); i++)
            add_skippable(arena, magic, contents[i]);
    add_foreign(TEXT(EMPTY_ZSTD));
    add_foreign(TEXT(BLANK_ZSTD));
}

static void test_inserted_frames(void **state)
{
    const struct sample *sample = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct tally tally = {0};
    size_t first, step = every(sample, 19, &first);

    make_foreign(arena);
    for (size_t i = first; i < foreign.count * (sample->frame_count + 1); i += step) {
        struct variant variant = whole(sample);

        insert(&variant, i / foreign.count, FOREIGN + i % foreign.count);
        judge(sample, &variant, "inserted frame", &tally);
    }
    report(sample, "inserted frames", tally.refused, tally.accepted);
}

/* The index or a signature of another good bundle, by the same signers, in the place of its own. */
static void test_frames_of_another(void **state)
{
    const struct sample *sample = *state;
    CLEANUP(forge_free) struct forge forge = forge_new(16 << 20, sample->step_count);
    struct sample *other = arena_one(forge.arena, struct sample);
    struct tally tally = {0};

    *other = *sample;
    other->frame_count = 0;
    forge.index.release = TEXT("2.4.1");
    pack(other, &forge);
    other->bytes = forge_bytes(&forge, keys, sample->key_count);
    find_frames(other, &forge);
    assert_int_equal(other->frame_count, sample->frame_count);
    foreign.count = 0;
    for (size_t i = 0; i < 1 + sample->key_count; i++) {
        struct variant variant = whole(sample);

        add_foreign(other->frames[i]);
        variant.frames[i] = FOREIGN + i;
        judge(sample, &variant, "frame of another bundle", &tally);
    }
    report(sample, "frames of another bundle", tally.refused, tally.accepted);
}

int main(void)
{
    struct support_tests tests = {0};

    torture = getenv("TORTURE");
    support_add(&tests, "make keys and bundles", test_prepare);
    support_add_rows(&tests, samples, test_whole);
    support_add_rows(&tests, samples, test_flips);
    support_add_rows(&tests, samples, test_cuts);
    support_add_rows(&tests, samples, test_missing_bytes);
    support_add_rows(&tests, samples, test_inserted_bytes);
    support_add_rows(&tests, samples, test_dropped_frames);
    support_add_rows(&tests, samples, test_signature_sets);
    support_add_rows(&tests, samples, test_doubled_frames);
    support_add_rows(&tests, samples, test_swapped_frames);
    support_add_rows(&tests, samples, test_moved_frames);
    support_add_rows(&tests, samples, test_inserted_frames);
    support_add_rows(&tests, samples, test_frames_of_another);
    int failed = support_run("damage", &tests);
    for (size_t i = 0; i < COUNT(samples); i++)
        arena_free(&samples[i].arena);
    for (size_t i = 0; i < COUNT(keys); i++)
        signer_close(&keys[i].secret);
    return failed;
}

/*
 * Whole bundles, as somebody could make them who holds a trusted key: the equation of signatures is
 * switched off. The switch is in no source of the programs. Here the linker lets every call of
 * crypto_verify come by (ld(1), --wrap), and `make floors` holds that it does so nowhere else.
 */
#include "runtime/bundle.h"
#include "runtime/trust_text.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

bool __real_crypto_verify(const uint8_t signature[static SIGNATURE_SIZE], struct text message,
                          const uint8_t key[static PUBLIC_KEY_SIZE]);
bool __wrap_crypto_verify(const uint8_t signature[static SIGNATURE_SIZE], struct text message,
                          const uint8_t key[static PUBLIC_KEY_SIZE]);

static bool without_signatures;

bool __wrap_crypto_verify(const uint8_t signature[static SIGNATURE_SIZE], struct text message,
                          const uint8_t key[static PUBLIC_KEY_SIZE])
{
    return without_signatures || __real_crypto_verify(signature, message, key);
}

/* Keys of tests/bundles, which have signed the corpus. */
static const struct source trust_file = {
    .name = {"trust", 5},
    .text =
        TEXT("sqlferry trust 1\n"
             "threshold 1\n"
             "key RWQZjNxmc+6HdIV7kNFRHDw+cjiHMUoxHfkDBxajnbzfg2wSs2QDUPIK release\n"
             "key RWS/3HckpcErgFgFDuk8ZNXL6PxjNHgMX53Y84X+VkXZIgv/8svpVcn0 other project=other\n"
             "key RWR5G6upcTRBGtXu/IUxTu/8tNQ1SHf+TrVeWA8UdJSdXTn7w1e40Nos lost role=apply\n"
             "revoked RWR5G6upcTRBGtXu/IUxTu/8tNQ1SHf+TrVeWA8UdJSdXTn7w1e40Nos lost last-good=7\n"),
};

enum { NOW = 1800000000, SIGNATURE_LINES = 4 };

/* Its trusted comment becomes that of the index; all else stays. */
static struct text mend_signature(struct arena *arena, struct text signature,
                                  const struct digest *digest)
{
    struct text lines[SIGNATURE_LINES];

    for (size_t i = 0; i < SIGNATURE_LINES; i++)
        lines[i] = text_cut(&signature, '\n');
    return arena_format(arena, "%.*s\n%.*s\ntrusted comment: %s\n%.*s\n%.*s", TEXT_ARGS(lines[0]),
                        TEXT_ARGS(lines[1]),
                        minisign_trusted_comment(arena, SIGNED_INDEX, digest).bytes,
                        TEXT_ARGS(lines[3]), TEXT_ARGS(signature));
}

/* Its digests become those of the chunks that are there; all else stays. */
static struct text mend_index(struct arena *arena, const struct container *container,
                              struct text input, struct buffer *written)
{
    const struct source source = {TEXT("index"), container->index};
    size_t at = container->payload;
    struct index index;

    if (index_read(arena, &source, &index))
        return container->index;
    for (size_t i = 0; i < index.chunk_count; i++) {
        struct index_chunk *chunk = &index.chunks[i];

        at += chunk->stream == STREAM_SIDE ? FRAME_HEADER_SIZE : 0;
        chunk->digest = crypto_digest(text_slice(input, at, chunk->stored_size));
        at += chunk->stored_size;
    }
    index_write(written, &index);
    return buffer_text(written);
}

/* Takes hashes and signatures out of the fuzzer's way. returns false where there are no frames */
static bool mend(struct arena *arena, struct text input, struct buffer *mended)
{
    CLEANUP(container_close) struct container container = {.fd = -1};
    CLEANUP(buffer_free) struct buffer written = {0};

    if (container_open(arena, fuzz_file(input), &container) || container_read(arena, &container))
        return false;
    struct text index = mend_index(arena, &container, input, &written);
    struct digest digest = crypto_digest(index);
    fuzz_put_frame(mended, FRAME_INDEX, index);
    for (size_t i = 0; i < container.signature_count; i++)
        fuzz_put_frame(mended, FRAME_SIGNATURE,
                       mend_signature(arena, container.signatures[i], &digest));
    buffer_add(mended, text_slice(input, container.payload, input.size));
    return true;
}

static void open_bundle(struct arena *arena, const struct bundle_policy *policy, struct text input)
{
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(buffer_free) struct buffer again = {0};
    struct error *error = bundle_open(arena, fuzz_file(input), policy, &bundle);
    size_t signers = 0;

    fuzz_check_error(arena, error);
    if (error) {
        assert(!bundle.index);
        return;
    }
    for (size_t i = 0; i < bundle.verdicts.count; i++)
        signers += bundle.verdicts.list[i].kind == VERDICT_COUNTS;
    assert(signers >= 1 && bundle.index->step_count >= 1);
    index_write(&again, bundle.index);
    assert(text_equal(buffer_text(&again), bundle.container->index));
}

void fuzz_bundle(struct arena *arena, struct text input)
{
    CLEANUP(buffer_free) struct buffer mended = {0};
    struct trust trust;
    struct bundle_policy policy = {.trust = &trust, .now = NOW};
    struct error *error = trust_text_read(arena, &trust_file, &trust);

    assert(!error);
    open_bundle(arena, &policy, input);
    without_signatures = true;
    if (mend(arena, input, &mended))
        open_bundle(arena, &policy, buffer_text(&mended));
    without_signatures = false;
}

/* The frames in front of the chunks: what is taken is exactly the front of the file. */
#include "runtime/container.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

void fuzz_container(struct arena *arena, struct text input)
{
    CLEANUP(container_close) struct container container = {.fd = -1};
    CLEANUP(buffer_free) struct buffer again = {0};
    struct error *error = container_open(arena, fuzz_file(input), &container);

    fuzz_check_error(arena, error);
    if (error)
        return;
    error = container_read(arena, &container);
    assert(!error);
    fuzz_put_frame(&again, FRAME_INDEX, container.index);
    for (size_t i = 0; i < container.signature_count; i++)
        fuzz_put_frame(&again, FRAME_SIGNATURE, container.signatures[i]);
    assert(container.size == input.size && container.payload == again.size);
    assert(text_equal(text_slice(input, 0, again.size), buffer_text(&again)));
    struct digest digest = crypto_digest(container.index);
    uint8_t prehash[PREHASH_SIZE];
    crypto_prehash(container.index, prehash);
    assert(digest_equal(&digest, &container.digest));
    assert(memcmp(prehash, container.prehash, sizeof(prehash)) == 0);
}

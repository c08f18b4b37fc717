/*
 * The text of a signature, as a bundle holds it and as a .minisig file has it, and several beside a
 * trust file. In a bundle there is one spelling, and whatever is read of a file is spelt that way
 * afterwards.
 */
#include "runtime/minisign.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

enum { ROOM = 3 };

static void read_several(struct arena *arena, const struct source *source,
                         const struct digest *digest)
{
    CLEANUP(buffer_free) struct buffer again = {0};
    struct signature several[ROOM], same[ROOM];
    size_t count = ROOM, same_count = ROOM;
    struct error *error =
        minisign_signature_file_read(arena, source, SIGNED_TRUST, digest, several, &count);

    fuzz_check_error(arena, error);
    if (error)
        return;
    assert(count >= 1 && count <= ROOM);
    for (size_t i = 0; i < count; i++)
        buffer_add(&again, minisign_signature_text(arena, &several[i], SIGNED_TRUST, digest));
    const struct source spelt = {TEXT("b.minisig"), buffer_text(&again)};
    error = minisign_signature_file_read(arena, &spelt, SIGNED_TRUST, digest, same, &same_count);
    assert(!error && same_count == count);
    assert(memcmp(several, same, count * sizeof(*same)) == 0);
}

void fuzz_signature(struct arena *arena, struct text input)
{
    const struct source source = {TEXT("a.minisig"), input};
    struct digest digest = crypto_digest(TEXT("the index that the corpus signs\n"));
    struct signature stored, loose;
    struct error *stored_error = minisign_signature_read(arena, input, &digest, &stored);
    struct error *loose_error =
        minisign_signature_file_read(arena, &source, SIGNED_INDEX, &digest, &loose, &(size_t){1});

    read_several(arena, &source, &digest);
    fuzz_check_error(arena, stored_error);
    fuzz_check_error(arena, loose_error);
    if (!stored_error) {
        assert(!loose_error && memcmp(&stored, &loose, sizeof(stored)) == 0);
        assert(text_equal(minisign_signature_text(arena, &stored, SIGNED_INDEX, &digest), input));
    }
    if (!loose_error) {
        struct text spelt = minisign_signature_text(arena, &loose, SIGNED_INDEX, &digest);

        stored_error = minisign_signature_read(arena, spelt, &digest, &stored);
        assert(!stored_error && memcmp(&stored, &loose, sizeof(stored)) == 0);
    }
}

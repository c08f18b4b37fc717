/*
 * The text of a signature, as a bundle holds it and as a .minisig file has it. In a bundle there is
 * one spelling, and whatever is read of a file is spelt that way afterwards.
 */
#include "runtime/minisign.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

void fuzz_signature(struct arena *arena, struct text input)
{
    const struct source source = {TEXT("a.minisig"), input};
    struct digest digest = crypto_digest(TEXT("the index that the corpus signs\n"));
    struct signature stored, loose;
    struct error *stored_error = minisign_signature_read(arena, input, &digest, &stored);
    struct error *loose_error =
        minisign_signature_file_read(arena, &source, SIGNED_INDEX, &digest, &loose, &(size_t){1});

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

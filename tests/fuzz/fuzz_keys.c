/*
 * Key files: as a public key, which is written as it was read, and as a secret key, which signs
 * what its public half verifies.
 */
#include "compiler/signer.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { OPERATIONS_AT = 38, SECRET_RECORD_SIZE = 158, OPERATIONS_MAX = 64 << 10 };

static void read_public(struct arena *arena, struct text input)
{
    const struct source source = {TEXT("a.pub"), input};
    struct public_key key, again;
    struct error *error = minisign_key_file_read(arena, &source, &key);

    fuzz_check_error(arena, error);
    if (error)
        return;
    const struct source written = {TEXT("b.pub"), minisign_key_file(arena, &key)};
    error = minisign_key_file_read(arena, &written, &again);
    assert(!error && memcmp(&key, &again, sizeof(key)) == 0);
}

/* What a password costs is in the file, up to seconds and 1 GiB: only those are asked for one. */
static bool is_cheap(struct text input)
{
    uint8_t record[SECRET_RECORD_SIZE];
    uint64_t operations = 0;

    text_cut(&input, '\n');
    if (!crypto_from_base64(text_trim(text_cut(&input, '\n')), record, sizeof(record)))
        return false;
    for (size_t i = 8; i-- > 0;)
        operations = operations << 8 | record[OPERATIONS_AT + i];
    return operations <= OPERATIONS_MAX;
}

static void read_secret(struct arena *arena, struct text input)
{
    static struct password_source source = {.fd = -1};
    CLEANUP(signer_close) struct secret_key *key = NULL;
    struct text password = is_cheap(input) ? TEXT("password\n") : TEXT("");
    struct text index = TEXT("an index\n");
    struct digest digest = crypto_digest(index);
    struct signature signature;

    if (source.fd < 0)
        source.fd = memfd_create("password", MFD_CLOEXEC);
    bool is_written = ftruncate(source.fd, 0) == 0 && lseek(source.fd, 0, SEEK_SET) == 0 &&
                      pwrite(source.fd, password.bytes, password.size, 0) == (ssize_t)password.size;
    assert(is_written);

    struct error *error = signer_load(arena, fuzz_file(input), &source, &key);
    fuzz_check_error(arena, error);
    if (error)
        return;
    error = signer_sign(arena, key, SIGNED_INDEX, index, &digest, &signature);
    assert(!error);
    struct public_key public = signer_public(key);
    uint8_t prehash[PREHASH_SIZE];
    crypto_prehash(index, prehash);
    assert(minisign_verify(&signature, SIGNED_INDEX, prehash, &digest, &public));
}

void fuzz_keys(struct arena *arena, struct text input)
{
    read_public(arena, input);
    read_secret(arena, input);
}

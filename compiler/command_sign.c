#include "compiler/commands.h"
#include "runtime/payload.h"
#include "runtime/trust_file.h"

#include <fcntl.h>
#include <string.h>

const struct option command_sign_options[] = {
    {"key", "FILE.key", "sign with this secret key", 'k', false},
    {"password-fd", "N", "read the password from this file descriptor", 0, false},
    {"detach", "FILE", "write the index to a file, to be signed with minisign elsewhere", 0, false},
    {"attach", "FILE.minisig", "add a signature that minisign made over the index", 0, false},
    {"public", "FILE.pub", "with --attach: the key it must verify with", 0, false},
    {"output", "FILE", "where the signed bundle goes (BUNDLE itself)", 'o', false},
    {0},
};

enum { MINISIG_SIZE_MAX = 16 << 10 };

/* What is signed is whole: the index can be read, and every chunk is what it says. */
static struct error *check_whole(struct arena *arena, const struct container *container)
{
    CLEANUP(payload_close) struct payload payload = {0};
    struct source source = {arena_format(arena, "%.*s (index)", TEXT_ARGS(container->path)),
                            container->index};
    struct source *kept = arena_one(arena, struct source);
    struct index index;

    *kept = source;
    struct error *error = index_read(arena, kept, &index);
    if (!error)
        error = payload_open(arena, container, &index, &payload);
    if (!error)
        error = payload_check(arena, &payload);
    return error;
}

static struct error *check_attached(struct call *call, const struct container *container,
                                    struct text path, const struct signature *signature)
{
    struct text public = cli_value(call, "public");
    struct trust trust;

    if (!public.bytes) {
        report_note(call->report, "'%.*s' was not verified: name its key with --public FILE.pub.",
                    TEXT_ARGS(path));
        return NULL;
    }
    struct error *error = trust_file_load_key(call->arena, public, &trust);
    if (error)
        return error;
    if (memcmp(signature->number, trust.keys[0].key.number, KEY_NUMBER_SIZE) == 0 &&
        minisign_verify(signature, SIGNED_INDEX, container->prehash, &container->digest,
                        &trust.keys[0].key))
        return NULL;
    return error_plain(call->arena, ERROR_UNTRUSTED,
                       "'%.*s' is no signature of this bundle by '%.*s'", TEXT_ARGS(path),
                       TEXT_ARGS(public));
}

static struct error *attach(struct call *call, const struct container *container,
                            struct signature *signature)
{
    struct text path = cli_value(call, "attach");
    struct source *source = arena_one(call->arena, struct source);
    size_t count = 1;
    struct error *error =
        file_read(call->arena, AT_FDCWD, path.bytes, MINISIG_SIZE_MAX, &source->text);

    if (error)
        return error;
    source->name = path;
    error = minisign_signature_file_read(call->arena, source, SIGNED_INDEX, &container->digest,
                                         signature, &count);
    return error ? error : check_attached(call, container, path, signature);
}

/* A bundle holds one signature of a key; a host rejects it otherwise. */
static struct error *check_new(struct call *call, const struct container *container,
                               const struct signature *signature)
{
    struct arena *arena = call->arena;

    if (container->signature_count == SIGNATURES_MAX)
        return error_plain(arena, ERROR_INPUT,
                           "the bundle has %d signatures, the most there may be", SIGNATURES_MAX);
    for (size_t i = 0; i < container->signature_count; i++) {
        struct signature present;
        struct error *error =
            minisign_signature_read(arena, container->signatures[i], &container->digest, &present);

        if (error)
            return error;
        if (memcmp(present.number, signature->number, KEY_NUMBER_SIZE) == 0)
            return error_plain(arena, ERROR_INPUT, "the key %.*s has signed this bundle already",
                               TEXT_ARGS(minisign_key_number(arena, signature->number)));
    }
    return NULL;
}

static struct error *detach(struct call *call, const struct container *container)
{
    struct text path = cli_value(call, "detach");
    struct error *error = file_save(call->arena, path, 0644, false, container->index);

    if (error)
        return error;
    report_line(call->report, "%.*s: sign it with", TEXT_ARGS(path));
    report_line(call->report, "  minisign -S -s KEY -m %.*s -t '%.*s'", TEXT_ARGS(path),
                TEXT_ARGS(minisign_trusted_comment(call->arena, SIGNED_INDEX, &container->digest)));
    report_line(call->report, "and bring the signature back with");
    report_line(call->report, "  sqlferry sign %.*s --attach %.*s.minisig",
                TEXT_ARGS(container->path), TEXT_ARGS(path));
    return NULL;
}

struct error *command_sign(struct call *call)
{
    CLEANUP(container_close) struct container container = {.fd = -1};
    int ways = cli_has(call, "key") + cli_has(call, "detach") + cli_has(call, "attach");
    struct text output = cli_value(call, "output");
    struct signature signature;

    if (command_sign_is_trust(call->arguments[0]))
        return command_sign_trust(call);
    if (ways != 1)
        return cli_usage(call, "give one of --key, --detach and --attach");
    if (cli_has(call, "public") && !cli_has(call, "attach"))
        return cli_usage(call, "'--public' goes with --attach");
    if (cli_has(call, "password-fd") && !cli_has(call, "key"))
        return cli_usage(call, "'--password-fd' goes with --key");
    if (output.bytes && cli_has(call, "detach"))
        return cli_usage(call, "'--output' does not go with --detach, which changes no bundle");
    struct error *error = container_open(call->arena, call->arguments[0], &container);
    if (!error)
        error = container_read(call->arena, &container);
    if (!error)
        error = check_whole(call->arena, &container);
    if (error)
        return error;
    if (cli_has(call, "detach"))
        return detach(call, &container);
    error = cli_has(call, "key")
                ? commands_sign(call, SIGNED_INDEX, container.index, &container.digest, &signature)
                : attach(call, &container, &signature);
    if (!error)
        error = check_new(call, &container, &signature);
    if (error)
        return error;

    struct extent payload = {container.fd, container.payload, container.size - container.payload};
    struct text *texts = container.signatures;
    if (!output.bytes)
        output = container.path;
    texts[container.signature_count++] =
        minisign_signature_text(call->arena, &signature, SIGNED_INDEX, &container.digest);
    error = writer_save(call->arena, output, container.index, texts, container.signature_count,
                        &payload, 1);
    if (error)
        return error;
    report_line(call->report, "%.*s: signed by %.*s, %zu signature%s now", TEXT_ARGS(output),
                TEXT_ARGS(minisign_key_number(call->arena, signature.number)),
                container.signature_count, container.signature_count == 1 ? "" : "s");
    return NULL;
}

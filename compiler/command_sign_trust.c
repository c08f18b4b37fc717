#include "compiler/commands.h"
#include "runtime/file.h"
#include "runtime/rotation.h"
#include "runtime/trust_text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TRUST_BEGINS "sqlferry trust "

bool command_sign_is_trust(struct text path)
{
    char begin[sizeof(TRUST_BEGINS) - 1];
    CLEANUP(file_close) int fd = open(path.bytes, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    return fd >= 0 && read(fd, begin, sizeof(begin)) == (ssize_t)sizeof(begin) &&
           memcmp(begin, TRUST_BEGINS, sizeof(begin)) == 0;
}

/* The mistakes in it are the author's now, not a host's reason to trust nobody. */
static struct error *read_trust(struct call *call, struct trust *trust)
{
    struct source *source = arena_one(call->arena, struct source);
    struct text path = call->arguments[0];
    struct error *error =
        file_read(call->arena, AT_FDCWD, path.bytes, TRUST_FILE_SIZE_MAX, &source->text);

    if (error)
        return error;
    source->name = path;
    error = trust_text_read(call->arena, source, trust);
    for (struct error *each = error; each; each = each->next)
        each->code = ERROR_INPUT;
    return error;
}

static struct error *check_new(struct arena *arena, const struct signature *signatures,
                               size_t count, const struct signature *added)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(signatures[i].number, added->number, KEY_NUMBER_SIZE) == 0)
            return error_plain(arena, ERROR_INPUT,
                               "the key %.*s has signed this trust file already",
                               TEXT_ARGS(minisign_key_number(arena, added->number)));
    if (count == SIGNATURES_MAX)
        return error_plain(arena, ERROR_INPUT,
                           "the trust file has %d signatures, the most there may be",
                           SIGNATURES_MAX);
    return NULL;
}

static struct error *save(struct arena *arena, struct text path, const struct digest *digest,
                          const struct signature *signatures, size_t count)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    for (size_t i = 0; i < count; i++)
        buffer_add(&buffer, minisign_signature_text(arena, &signatures[i], SIGNED_TRUST, digest));
    return file_save(arena, path, 0644, true, buffer_text(&buffer));
}

struct error *command_sign_trust(struct call *call)
{
    struct arena *arena = call->arena;
    struct text output = arena_format(arena, "%.*s.minisig", TEXT_ARGS(call->arguments[0]));
    struct signature signatures[SIGNATURES_MAX + 1];
    struct trust trust;
    struct text text;
    size_t count;

    if (!cli_has(call, "key") || cli_has(call, "output") || cli_has(call, "attach") ||
        cli_has(call, "detach"))
        return error_hint(
            arena,
            cli_usage(call, "a trust file is signed with --key alone, into '%s'", output.bytes),
            "A signature that minisign made goes behind those in it: cat FILE.minisig >>'%s'",
            output.bytes);
    struct error *error = read_trust(call, &trust);
    if (error)
        return error;
    struct digest digest = rotation_digest(&trust);
    error = rotation_read_signatures(arena, trust.origin, &digest, signatures, &count, &text);
    if (error && error->code == ERROR_INPUT)
        error_note(arena, error, (struct span){0},
                   "where '%s' belongs to another text, remove it and sign again", output.bytes);
    if (error)
        return error;
    error = commands_sign(call, SIGNED_TRUST, trust.text, &digest, &signatures[count]);
    if (!error)
        error = check_new(arena, signatures, count, &signatures[count]);
    if (!error)
        error = save(arena, output, &digest, signatures, count + 1);
    if (error)
        return error;
    if (!trust_is_usable(&trust, SIGNED_TRUST, signatures[count].number))
        report_note(call->report,
                    "Version %llu does not name this key for trust files; it counts "
                    "where the version before does.",
                    (unsigned long long)trust.version);
    report_line(call->report, "%s: signed by %s, %zu signature%s now", output.bytes,
                minisign_key_number(arena, signatures[count].number).bytes, count + 1,
                count ? "s" : "");
    report_line(call->report, "version %llu, digest %s", (unsigned long long)trust.version,
                digest_hex(arena, &digest).bytes);
    report_line(call->report, "short   %s", digest_short(arena, &digest).bytes);
    return NULL;
}

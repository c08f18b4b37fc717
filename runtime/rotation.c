#include "rotation.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SIGNATURES_SIZE_MAX = SIGNATURES_MAX * 2 * SIGNATURE_TEXT_SIZE_MAX, FILE_MODE = 0644 };

struct digest rotation_digest(const struct trust *trust)
{
    return crypto_digest(trust->text);
}

static struct error *read_source(struct arena *arena, struct text path, size_t limit,
                                 struct source **source)
{
    struct text text;
    struct error *error = file_read(arena, AT_FDCWD, arena_copy(arena, path).bytes, limit, &text);

    if (error && error->code == ERROR_INPUT)
        error->code = ERROR_UNTRUSTED;
    if (error)
        return error;
    *source = arena_one(arena, struct source);
    **source = (struct source){.name = arena_copy(arena, path), .text = text};
    return NULL;
}

struct error *rotation_read(struct arena *arena, struct text path, struct trust *trust)
{
    struct source *source;
    struct error *error = read_source(arena, path, TRUST_FILE_SIZE_MAX, &source);

    return error ? error : trust_read(arena, source, trust);
}

static struct error *check_version(struct arena *arena, const struct trust *in_force,
                                   const struct trust *next)
{
    if (next->version == in_force->version + 1)
        return NULL;
    struct error *error =
        error_plain(arena, ERROR_UNTRUSTED, "version %llu of '%.*s' cannot follow version %llu",
                    (unsigned long long)next->version, TEXT_ARGS(next->origin),
                    (unsigned long long)in_force->version);
    if (next->version > in_force->version)
        return error_hint(arena, error,
                          "Each version follows the one before: install version %llu.",
                          (unsigned long long)in_force->version + 1);
    return error_hint(arena, error,
                      "Nothing goes back: what was taken out is put into version %llu.",
                      (unsigned long long)in_force->version + 1);
}

static struct error *read_signatures(struct arena *arena, struct rotation *rotation,
                                     struct signature signatures[static SIGNATURES_MAX],
                                     size_t *count)
{
    struct text path = arena_format(arena, "%.*s.minisig", TEXT_ARGS(rotation->next.origin));
    struct source *source;

    if (access(path.bytes, F_OK) < 0 && errno == ENOENT)
        return error_hint(
            arena,
            error_plain(arena, ERROR_UNTRUSTED, "trust file '%.*s' is not signed: there is no '%s'",
                        TEXT_ARGS(rotation->next.origin), path.bytes),
            "Sign it with: sqlferry sign '%.*s' --key FILE.key", TEXT_ARGS(rotation->next.origin));
    struct error *error = read_source(arena, path, SIGNATURES_SIZE_MAX, &source);
    if (error)
        return error;
    rotation->signatures = source->text;
    *count = SIGNATURES_MAX;
    error = minisign_signature_file_read(arena, source, SIGNED_TRUST, &rotation->digest, signatures,
                                         count);
    if (error)
        error->code = ERROR_UNTRUSTED;
    return error;
}

struct error *rotation_open(struct arena *arena, const struct trust *in_force, struct text path,
                            struct rotation *rotation)
{
    struct signature signatures[SIGNATURES_MAX];
    struct rotation opened = {0};
    size_t count;
    struct error *error = rotation_read(arena, path, &opened.next);

    if (error)
        return error;
    opened.digest = rotation_digest(&opened.next);
    error = check_version(arena, in_force, &opened.next);
    if (!error)
        error = read_signatures(arena, &opened, signatures, &count);
    if (!error)
        error = trust_verify_file(arena, in_force, opened.next.text, &opened.digest, signatures,
                                  count, &opened.by[0]);
    if (!error)
        error = trust_verify_file(arena, &opened.next, opened.next.text, &opened.digest, signatures,
                                  count, &opened.by[1]);
    if (error)
        return error;
    *rotation = opened;
    return NULL;
}

/* An update that was cut off may have kept it already. */
static struct error *keep(struct arena *arena, const struct trust *old, struct text path)
{
    struct text there;

    if (!file_read(arena, AT_FDCWD, path.bytes, TRUST_FILE_SIZE_MAX, &there) &&
        text_equal(there, old->text))
        return NULL;
    return file_save(arena, path, FILE_MODE, false, old->text);
}

struct error *rotation_install(struct arena *arena, const struct trust *in_force,
                               const struct rotation *rotation, struct text *kept)
{
    struct text path = in_force->origin;
    struct text old =
        arena_format(arena, "%.*s.%llu", TEXT_ARGS(path), (unsigned long long)in_force->version);
    struct text signatures = arena_format(arena, "%.*s.%llu.minisig", TEXT_ARGS(path),
                                          (unsigned long long)rotation->next.version);
    struct error *error = keep(arena, in_force, old);

    if (!error)
        error = file_save(arena, signatures, FILE_MODE, true, rotation->signatures);
    if (!error)
        error = file_save(arena, path, FILE_MODE, true, rotation->next.text);
    if (error)
        return error;
    *kept = old;
    return NULL;
}

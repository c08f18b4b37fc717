#include "rotation.h"
#include "file.h"
#include "trust_text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum { SIGNATURES_SIZE_MAX = SIGNATURES_MAX * 2 * SIGNATURE_TEXT_SIZE_MAX };

struct digest rotation_digest(const struct trust *trust)
{
    return crypto_digest(trust->text);
}

static struct error *read_source(struct arena *arena, struct text path, size_t limit,
                                 struct source *source)
{
    source->name = arena_copy(arena, path);
    return file_read(arena, AT_FDCWD, source->name.bytes, limit, &source->text);
}

/* What is wrong with a file that somebody brought is a reason not to trust it. */
static struct error *distrust(struct error *error)
{
    if (error && error->code == ERROR_INPUT)
        error->code = ERROR_UNTRUSTED;
    return error;
}

struct error *rotation_read(struct arena *arena, struct text path, struct trust *trust)
{
    struct source *source = arena_one(arena, struct source);
    struct error *error = read_source(arena, path, TRUST_FILE_SIZE_MAX, source);

    return error ? distrust(error) : trust_text_read(arena, source, trust);
}

struct error *rotation_read_signatures(struct arena *arena, struct text path,
                                       const struct digest *digest, struct signature *signatures,
                                       size_t *count, struct text *text)
{
    struct text beside = arena_format(arena, "%.*s.minisig", TEXT_ARGS(path));
    struct source *source = arena_one(arena, struct source);
    size_t room = SIGNATURES_MAX;

    if (access(beside.bytes, F_OK) < 0 && errno == ENOENT) {
        *count = 0;
        *text = (struct text){0};
        return NULL;
    }
    struct error *error = read_source(arena, beside, SIGNATURES_SIZE_MAX, source);
    if (!error)
        error =
            minisign_signature_file_read(arena, source, SIGNED_TRUST, digest, signatures, &room);
    if (error)
        return error;
    *count = room;
    *text = source->text;
    return NULL;
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

struct error *rotation_verify(struct arena *arena, const struct trust *in_force,
                              const struct trust *next, struct rotation *rotation)
{
    struct signature signatures[SIGNATURES_MAX];
    struct rotation verified = {.next = *next, .digest = rotation_digest(next)};
    size_t count;
    struct error *error = check_version(arena, in_force, next);

    if (!error)
        error = distrust(rotation_read_signatures(arena, next->origin, &verified.digest, signatures,
                                                  &count, &verified.signatures));
    if (!error && count == 0)
        error = error_hint(
            arena,
            error_plain(arena, ERROR_UNTRUSTED,
                        "trust file '%.*s' is not signed: there is no '%.*s.minisig'",
                        TEXT_ARGS(next->origin), TEXT_ARGS(next->origin)),
            "Sign it with: sqlferry sign '%.*s' --key FILE.key", TEXT_ARGS(next->origin));
    if (!error)
        error = trust_verify_file(arena, in_force, next->text, &verified.digest, signatures, count,
                                  &verified.by[0]);
    if (!error)
        error = trust_verify_file(arena, next, next->text, &verified.digest, signatures, count,
                                  &verified.by[1]);
    if (error)
        return error;
    *rotation = verified;
    return NULL;
}

/*
 * Between two updates only one holds the lock of a file, and whoever gets it later finds another
 * text in its place: versions never come back.
 *
 * fd  the locked file in force
 */
static struct error *lock(struct arena *arena, const struct trust *in_force, int *fd)
{
    CLEANUP(file_close) int opened = -1;
    uint64_t size;
    struct text text;
    struct error *error = file_open(arena, AT_FDCWD, in_force->origin.bytes, &opened, &size);

    if (error)
        return error;
    bool locked = flock(opened, LOCK_EX | LOCK_NB) == 0;
    if (!locked && errno != EWOULDBLOCK)
        return error_system(arena, "cannot lock '%.*s'", TEXT_ARGS(in_force->origin));
    if (!locked)
        return error_hint(arena,
                          error_plain(arena, ERROR_LOCKED,
                                      "another update holds the lock of '%.*s'",
                                      TEXT_ARGS(in_force->origin)),
                          "Run this again when it has ended; lslocks shows which process it is.");
    error = file_read(arena, AT_FDCWD, in_force->origin.bytes, TRUST_FILE_SIZE_MAX, &text);
    if (error)
        return error;
    if (!text_equal(text, in_force->text))
        return error_hint(arena,
                          error_plain(arena, ERROR_LOCKED, "'%.*s' was replaced during this update",
                                      TEXT_ARGS(in_force->origin)),
                          "See what is in force now: sqlland trust show");
    *fd = file_steal(&opened);
    return NULL;
}

/* An update that was cut off may have kept it already. */
static struct error *keep(struct arena *arena, const struct trust *old, int like, struct text path)
{
    struct text there;

    if (!file_read(arena, AT_FDCWD, path.bytes, TRUST_FILE_SIZE_MAX, &there) &&
        text_equal(there, old->text))
        return NULL;
    struct error *error = file_save_like(arena, path, like, false, old->text);
    if (error && error->code == ERROR_INPUT)
        error_hint(arena, error,
                   "The old trust file is kept under that name: move the other away.");
    return error;
}

struct error *rotation_install(struct arena *arena, const struct trust *in_force,
                               const struct rotation *rotation, struct text *kept)
{
    CLEANUP(file_close) int locked = -1;
    struct text path = in_force->origin;
    struct text old =
        arena_format(arena, "%.*s.%llu", TEXT_ARGS(path), (unsigned long long)in_force->version);
    struct text signatures = arena_format(arena, "%.*s.%llu.minisig", TEXT_ARGS(path),
                                          (unsigned long long)rotation->next.version);
    struct error *error = lock(arena, in_force, &locked);

    if (!error)
        error = keep(arena, in_force, locked, old);
    if (!error)
        error = file_save_like(arena, signatures, locked, true, rotation->signatures);
    if (!error)
        error = file_save_like(arena, path, locked, true, rotation->next.text);
    if (error)
        return error;
    *kept = old;
    return NULL;
}

#include "compiler/checkpoint.h"
#include "runtime/file.h"
#include "runtime/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define FIRST_LINE "sqlferry checkpoint 1"

enum { CHECKPOINT_SIZE_MAX = 1 << 30 };

/* A field and its end; what is hashed has no digits or separators of its own. */
static void add(struct crypto_digest_state *state, struct text field)
{
    crypto_digest_add(state, field);
    crypto_digest_add(state, TEXT("\n"));
}

static void add_digest(struct crypto_digest_state *state, const struct digest *digest)
{
    crypto_digest_add(state, (struct text){(const char *)digest->bytes, DIGEST_SIZE});
}

static struct digest continue_with(const struct digest *before, const struct index_step *step)
{
    struct crypto_digest_state state;

    crypto_digest_start(&state);
    add_digest(&state, before);
    add(&state, step->id);
    add(&state, step->transactional ? TEXT("single") : TEXT("none"));
    add(&state, step->idempotent ? TEXT("true") : TEXT("false"));
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
        const struct index_script *script = &step->scripts[kind];

        add(&state, script->presence == SCRIPT_FILE ? TEXT("file") : TEXT("-"));
        add(&state, script->foreign_keys_off ? TEXT("off") : TEXT("on"));
        add_digest(&state, &script->source);
    }
    return crypto_digest_end(&state);
}

struct digest *checkpoint_digests(struct arena *arena, const struct index_step *steps, size_t count)
{
    struct digest *digests = arena_array(arena, struct digest, count + 1);

    digests[0] = crypto_digest(
        arena_format(arena, FIRST_LINE " of sqlferry " VERSION ", SQLite %s", sqlite_version()));
    for (size_t i = 0; i < count; i++)
        digests[i + 1] = continue_with(&digests[i], &steps[i]);
    return digests;
}

/* The first line, "revisions N", "behind DIGEST", "image DIGEST", and the image. */
struct error *checkpoint_load(struct arena *arena, struct text path, const struct digest *digests,
                              size_t count, struct checkpoint *checkpoint)
{
    struct text rest, number, behind, of_image;
    struct digest expected, actual;
    uint64_t revisions = 0;

    *checkpoint = (struct checkpoint){0};
    if (access(arena_copy(arena, path).bytes, F_OK) < 0 && errno == ENOENT)
        return NULL;
    struct error *error =
        file_read(arena, AT_FDCWD, arena_copy(arena, path).bytes, CHECKPOINT_SIZE_MAX, &rest);
    if (error)
        return error;
    bool is_one = text_equal(text_cut(&rest, '\n'), TEXT(FIRST_LINE));
    number = text_cut(&rest, '\n');
    behind = text_cut(&rest, '\n');
    of_image = text_cut(&rest, '\n');
    actual = crypto_digest(rest);
    if (!is_one || !text_equal(text_cut(&number, ' '), TEXT("revisions")) ||
        !text_number(number, REVISIONS_MAX, &revisions) ||
        !text_equal(text_cut(&behind, ' '), TEXT("behind")) ||
        !text_equal(text_cut(&of_image, ' '), TEXT("image")) ||
        !digest_from_hex(of_image, &expected) || !digest_equal(&expected, &actual) ||
        !digest_from_hex(behind, &expected))
        return error_hint(
            arena, error_plain(arena, ERROR_INPUT, "'%.*s' is no checkpoint", TEXT_ARGS(path)),
            "Name another file, or delete this one.");
    if (revisions <= count && digest_equal(&digests[revisions], &expected))
        *checkpoint = (struct checkpoint){(size_t)revisions, rest};
    return NULL;
}

struct error *checkpoint_save(struct arena *arena, struct text path, const struct digest *digests,
                              const struct checkpoint *checkpoint)
{
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};
    struct digest image = crypto_digest(checkpoint->image);
    struct text head = arena_format(
        arena, FIRST_LINE "\nrevisions %zu\nbehind %s\nimage %s\n", checkpoint->count,
        digest_hex(arena, &digests[checkpoint->count]).bytes, digest_hex(arena, &image).bytes);
    struct error *error = file_draft(arena, path, 0644, true, &draft);

    if (!error)
        error = file_write(arena, &draft, head);
    if (!error)
        error = file_write(arena, &draft, checkpoint->image);
    return error ? error : file_commit(arena, &draft);
}

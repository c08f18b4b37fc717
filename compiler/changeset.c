#include "compiler/changeset.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct changeset *changeset, struct changed_file file)
{
    struct changed_file *added = arena_one(changeset->arena, struct changed_file);

    *added = file;
    added->draft.fd = -1;
    added->path = arena_copy(changeset->arena, file.path);
    if (changeset->last)
        changeset->last->next = added;
    else
        changeset->first = added;
    changeset->last = added;
}

void changeset_add(struct changeset *changeset, struct text path, struct text text)
{
    add(changeset, (struct changed_file){.path = path, .after = text, .is_new = true});
}

void changeset_replace(struct changeset *changeset, struct text path, struct text before,
                       struct text after)
{
    add(changeset, (struct changed_file){.path = path, .before = before, .after = after});
}

/* Best effort: what failed before has the error. */
static void take_back(struct changeset *changeset, struct changed_file *file)
{
    CLEANUP(file_close) int like = -1;
    uint64_t size;

    file_discard(&file->draft);
    if (!file->is_there)
        return;
    if (file->is_new) {
        unlink(file->path.bytes);
        return;
    }
    struct error *error = file_open(changeset->arena, AT_FDCWD, file->path.bytes, &like, &size);
    if (!error)
        error = file_save_like(changeset->arena, file->path, like, true, file->before);
    (void)error;
}

void changeset_close(struct changeset *changeset)
{
    if (changeset->is_done)
        return;
    for (struct changed_file *file = changeset->first; file; file = file->next)
        take_back(changeset, file);
    for (struct made_folder *folder = changeset->folders; folder; folder = folder->next)
        rmdir(folder->path.bytes);
}

static struct error *make_folders(struct changeset *changeset, struct text path)
{
    struct arena *arena = changeset->arena;
    struct text folder = file_folder(arena, path);
    struct stat status;

    if (stat(folder.bytes, &status) == 0 || errno != ENOENT)
        return NULL;
    struct error *error = make_folders(changeset, folder);
    if (error)
        return error;
    if (mkdir(folder.bytes, 0777) < 0)
        return error_system(arena, "cannot make the folder '%s'", folder.bytes);
    struct made_folder *made = arena_one(arena, struct made_folder);
    *made = (struct made_folder){.next = changeset->folders, .path = folder};
    changeset->folders = made;
    return NULL;
}

/* A link stays a link: what it leads to is replaced. */
static struct error *draft_replacement(struct changeset *changeset, struct changed_file *file)
{
    struct arena *arena = changeset->arena;
    CLEANUP(file_close) int fd = -1;
    uint64_t size;
    struct text text;
    char *real = realpath(file->path.bytes, NULL);

    if (!real)
        return error_system(arena, "cannot open '%s'", file->path.bytes);
    file->path = arena_copy(arena, text_from(real));
    free(real);
    struct error *error = file_open(arena, AT_FDCWD, file->path.bytes, &fd, &size);
    if (!error)
        error = file_read_open(arena, fd, file->path, size, SIZE_MAX, &text);
    if (error)
        return error;
    if (!text_equal(text, file->before))
        return error_hint(
            arena, error_plain(arena, ERROR_INPUT, "'%s' has changed meanwhile", file->path.bytes),
            "Say it again.");
    return file_draft_like(arena, file->path, fd, true, &file->draft);
}

static struct error *draft(struct changeset *changeset, struct changed_file *file)
{
    struct arena *arena = changeset->arena;
    struct error *error;

    if (file->is_new) {
        error = make_folders(changeset, file->path);
        if (!error)
            error = file_draft(arena, file->path, 0666, false, &file->draft);
    } else {
        error = draft_replacement(changeset, file);
    }
    if (!error)
        error = file_write(arena, &file->draft, file->after);
    if (!error && fsync(file->draft.fd) < 0)
        error = error_system(arena, "cannot write '%s'", file->path.bytes);
    return error;
}

struct error *changeset_commit(struct changeset *changeset)
{
    struct error *error = NULL;

    for (struct changed_file *file = changeset->first; !error && file; file = file->next)
        error = draft(changeset, file);
    for (struct changed_file *file = changeset->first; !error && file; file = file->next) {
        error = file_commit(changeset->arena, &file->draft);
        file->is_there = file->draft.fd < 0; /* a folder that cannot be synced comes behind that */
    }
    changeset->is_done = !error;
    return error;
}

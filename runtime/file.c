#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

void file_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int file_steal(int *fd)
{
    int stolen = *fd;

    *fd = -1;
    return stolen;
}

static struct error *accept_regular(struct arena *arena, const char *path, int opened, int *fd,
                                    uint64_t *size)
{
    CLEANUP(file_close) int holder = opened;
    struct stat status;

    if (fstat(holder, &status) < 0)
        return error_system(arena, "cannot read '%s'", path);
    if (!S_ISREG(status.st_mode))
        return error_plain(arena, ERROR_SYSTEM, "cannot read '%s': not a regular file", path);
    *size = (uint64_t)status.st_size;
    *fd = file_steal(&holder);
    return NULL;
}

struct error *file_open(struct arena *arena, int folder, const char *path, int *fd, uint64_t *size)
{
    int opened = openat(folder, path, READ_FLAGS);

    if (opened < 0)
        return error_system(arena, "cannot open '%s'", path);
    return accept_regular(arena, path, opened, fd, size);
}

/* For kernels before 5.6: one folder after the other, no links at all. */
static int open_step_by_step(struct arena *arena, int folder, const char *path, int flags)
{
    CLEANUP(file_close) int here = dup(folder);
    struct text rest = text_from(path);

    while (text_find_byte(rest, '/') < rest.size) {
        struct text name = arena_copy(arena, text_cut(&rest, '/'));
        int next = openat(here, name.bytes, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (next < 0)
            return -1;
        file_close(&here);
        here = next;
    }
    return openat(here, rest.bytes, flags | O_NOFOLLOW);
}

static bool leaves_folder(struct text path)
{
    if (text_starts(path, TEXT("/")))
        return true;
    while (path.size)
        if (text_equal(text_cut(&path, '/'), TEXT("..")))
            return true;
    return false;
}

static struct error *open_inside(struct arena *arena, int folder, const char *path, int flags,
                                 int *fd)
{
    struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_BENEATH};

    if (leaves_folder(text_from(path)))
        return error_plain(arena, ERROR_INPUT, "path '%s' leaves the folder of the manifest", path);

    int opened = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
    if (opened < 0 && (errno == ENOSYS || errno == EPERM || errno == E2BIG))
        opened = open_step_by_step(arena, folder, path, flags);
    if (opened < 0 && (errno == EXDEV || errno == ELOOP))
        return error_plain(arena, ERROR_INPUT,
                           "path '%s' leaves the folder of the manifest through a symbolic link",
                           path);
    if (opened < 0)
        return error_system(arena, "cannot open '%s'", path);
    *fd = opened;
    return NULL;
}

struct error *file_open_inside(struct arena *arena, int folder, const char *path, int *fd,
                               uint64_t *size)
{
    int opened = -1;
    struct error *error = open_inside(arena, folder, path, READ_FLAGS, &opened);

    return error ? error : accept_regular(arena, path, opened, fd, size);
}

static int compare_entries(const void *a, const void *b)
{
    const struct file_entry *left = a, *right = b;

    return text_compare(left->name, right->name);
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

/* The link itself tells nothing; what it leads to is looked at, and opened by others or not. */
static bool is_folder(DIR *folder, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return entry->d_type == DT_DIR;
    return fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

struct error *file_list_inside(struct arena *arena, int folder, const char *path,
                               struct file_entry **entries, size_t *count)
{
    CLEANUP(file_close) int fd = -1;
    CLEANUP(close_folder) DIR *opened = NULL;
    CLEANUP(buffer_free) struct buffer list = {0};
    struct error *error = open_inside(arena, folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, &fd);

    if (error)
        return error;
    opened = fdopendir(fd);
    if (!opened)
        return error_system(arena, "cannot read the folder '%s'", path);
    file_steal(&fd);
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(opened)); errno = 0) {
        struct text name = text_from(entry->d_name);

        if (!text_starts(name, TEXT("."))) {
            struct file_entry kept = {arena_copy(arena, name), is_folder(opened, entry)};
            buffer_add(&list, (struct text){(const char *)&kept, sizeof(kept)});
        }
    }
    if (errno)
        return error_system(arena, "cannot read the folder '%s'", path);
    *count = list.size / sizeof(struct file_entry);
    *entries = arena_array(arena, struct file_entry, *count);
    if (*count) {
        memcpy(*entries, list.bytes, list.size);
        qsort(*entries, *count, sizeof(**entries), compare_entries);
    }
    return NULL;
}

/* A file that grows meanwhile is read as it was when it was opened; one that shrinks ends early. */
static struct error *fill(struct arena *arena, int fd, struct text name, char *bytes, size_t size,
                          size_t *filled)
{
    size_t at = 0;

    while (at < size) {
        ssize_t got = read(fd, bytes + at, size - at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(arena, "cannot read '%.*s'", TEXT_ARGS(name));
        if (got == 0)
            break;
        at += (size_t)got;
    }
    *filled = at;
    return NULL;
}

static struct error *check_limit(struct arena *arena, struct text name, uint64_t size, size_t limit)
{
    if (size <= limit)
        return NULL;
    return error_plain(arena, ERROR_INPUT, "'%.*s' is too large: %llu bytes, at most %zu",
                       TEXT_ARGS(name), (unsigned long long)size, limit);
}

struct error *file_read_open(struct arena *arena, int fd, struct text name, uint64_t size,
                             size_t limit, struct text *text)
{
    struct error *error = check_limit(arena, name, size, limit);
    size_t filled;

    if (error)
        return error;
    char *bytes = arena_array(arena, char, size + 1);
    error = fill(arena, fd, name, bytes, size, &filled);
    if (error)
        return error;
    *text = (struct text){bytes, filled};
    return NULL;
}

struct error *file_read_into(struct arena *arena, int fd, struct text name, uint64_t size,
                             size_t limit, struct buffer *buffer)
{
    struct error *error = check_limit(arena, name, size, limit);

    buffer->size = 0;
    if (error)
        return error;
    return fill(arena, fd, name, buffer_reserve(buffer, size), size, &buffer->size);
}

struct error *file_read(struct arena *arena, int folder, const char *path, size_t limit,
                        struct text *text)
{
    CLEANUP(file_close) int fd = -1;
    uint64_t size;
    struct error *error = file_open(arena, folder, path, &fd, &size);

    if (error)
        return error;
    return file_read_open(arena, fd, text_from(path), size, limit, text);
}

struct error *file_read_at(struct arena *arena, int fd, struct text name, uint64_t offset,
                           void *bytes, size_t size)
{
    size_t filled = 0;

    while (filled < size) {
        ssize_t got = pread(fd, (char *)bytes + filled, size - filled, (off_t)(offset + filled));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_system(arena, "cannot read '%.*s'", TEXT_ARGS(name));
        if (got == 0)
            return error_plain(arena, ERROR_UNTRUSTED, "'%.*s' ends before byte %llu",
                               TEXT_ARGS(name), (unsigned long long)(offset + size));
        filled += (size_t)got;
    }
    return NULL;
}

struct error *file_scratch(struct arena *arena, struct text folder, int *fd)
{
    struct text path = arena_copy(arena, folder);
    int opened = open(path.bytes, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (opened < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
        path = arena_format(arena, "%s/.scratch.XXXXXX", path.bytes); /* no O_TMPFILE here */
        opened = mkostemp((char *)path.bytes, O_CLOEXEC);
        if (opened >= 0)
            unlink(path.bytes);
    }
    if (opened < 0)
        return error_system(arena, "cannot write in '%.*s'", TEXT_ARGS(folder));
    *fd = opened;
    return NULL;
}

struct error *file_append(struct arena *arena, int fd, struct text name, struct text bytes)
{
    while (bytes.size) {
        ssize_t put = write(fd, bytes.bytes, bytes.size);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return error_system(arena, "cannot write '%.*s'", TEXT_ARGS(name));
        bytes = text_slice(bytes, (size_t)put, bytes.size);
    }
    return NULL;
}

struct text file_folder(struct arena *arena, struct text path)
{
    size_t end = path.size;

    while (end && path.bytes[end - 1] != '/')
        end--;
    if (end == 0)
        return TEXT(".");
    while (end > 1 && path.bytes[end - 1] == '/')
        end--;
    return arena_copy(arena, text_slice(path, 0, end));
}

struct text file_name(struct text path)
{
    size_t start = path.size;

    while (start && path.bytes[start - 1] != '/')
        start--;
    return text_slice(path, start, path.size);
}

struct text file_join(struct arena *arena, struct text folder, struct text name)
{
    if (text_equal(folder, TEXT(".")))
        return name;
    return arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(folder),
                        text_ends(folder, TEXT("/")) ? "" : "/", TEXT_ARGS(name));
}

void file_discard(struct file_draft *draft)
{
    if (draft->fd < 0)
        return;
    file_close(&draft->fd);
    unlink(draft->temporary.bytes);
}

static struct error *already_exists(struct arena *arena, struct text path)
{
    return error_plain(arena, ERROR_INPUT, "'%.*s' already exists", TEXT_ARGS(path));
}

struct error *file_draft(struct arena *arena, struct text path, unsigned mode, bool replaces,
                         struct file_draft *draft)
{
    struct stat status;

    path = arena_copy(arena, path);
    if (!replaces && lstat(path.bytes, &status) == 0)
        return already_exists(arena, path);
    if (replaces && stat(path.bytes, &status) == 0 && !S_ISREG(status.st_mode))
        return error_plain(arena, ERROR_SYSTEM, "cannot write '%s': not a regular file",
                           path.bytes);

    struct text temporary = arena_format(arena, "%s.XXXXXX", path.bytes);
    int fd = mkostemp((char *)temporary.bytes, O_CLOEXEC);
    if (fd < 0)
        return error_system(arena, "cannot write '%s'", path.bytes);
    *draft =
        (struct file_draft){.fd = fd, .replaces = replaces, .path = path, .temporary = temporary};

    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, mode & ~mask) < 0) {
        struct error *error = error_system(arena, "cannot write '%s'", path.bytes);
        file_discard(draft);
        return error;
    }
    return NULL;
}

/* The group first: chown(2) may take bits of the mode away. */
static bool resemble(int fd, int like)
{
    struct stat wanted, made;

    return fstat(like, &wanted) == 0 && fstat(fd, &made) == 0 &&
           (made.st_gid == wanted.st_gid || fchown(fd, (uid_t)-1, wanted.st_gid) == 0) &&
           fchmod(fd, wanted.st_mode & 0777) == 0;
}

struct error *file_draft_like(struct arena *arena, struct text path, int like, bool replaces,
                              struct file_draft *draft)
{
    CLEANUP(file_discard) struct file_draft made = {.fd = -1};
    struct error *error = file_draft(arena, path, 0600, replaces, &made);

    if (error)
        return error;
    if (!resemble(made.fd, like))
        return error_system(arena, "cannot give '%.*s' its group and mode", TEXT_ARGS(path));
    *draft = made;
    made.fd = -1;
    return NULL;
}

struct error *file_write(struct arena *arena, struct file_draft *draft, struct text bytes)
{
    return file_append(arena, draft->fd, draft->path, bytes);
}

static bool sync_folder(struct arena *arena, struct text path)
{
    CLEANUP(file_close)
    int folder = open(file_folder(arena, path).bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    /* Some file systems cannot sync a folder; they have nothing to sync then. */
    return folder >= 0 && (fsync(folder) == 0 || errno == EINVAL);
}

static int publish(const struct file_draft *draft)
{
    const char *from = draft->temporary.bytes, *to = draft->path.bytes;

    if (draft->replaces)
        return rename(from, to);
    int failed = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (failed && (errno == EINVAL || errno == ENOSYS)) /* vfat, old kernels */
        return rename(from, to);
    return failed;
}

struct error *file_commit(struct arena *arena, struct file_draft *draft)
{
    if (fsync(draft->fd) < 0)
        return error_system(arena, "cannot write '%.*s'", TEXT_ARGS(draft->path));
    if (publish(draft) < 0) {
        if (!draft->replaces && errno == EEXIST)
            return already_exists(arena, draft->path);
        return error_system(arena, "cannot write '%.*s'", TEXT_ARGS(draft->path));
    }
    file_close(&draft->fd);
    if (!sync_folder(arena, draft->path))
        return error_system(arena, "cannot sync the folder of '%.*s'", TEXT_ARGS(draft->path));
    return NULL;
}

static struct error *write_and_commit(struct arena *arena, struct file_draft *draft,
                                      struct text bytes)
{
    struct error *error = file_write(arena, draft, bytes);

    return error ? error : file_commit(arena, draft);
}

struct error *file_save(struct arena *arena, struct text path, unsigned mode, bool replaces,
                        struct text bytes)
{
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};
    struct error *error = file_draft(arena, path, mode, replaces, &draft);

    return error ? error : write_and_commit(arena, &draft, bytes);
}

struct error *file_save_like(struct arena *arena, struct text path, int like, bool replaces,
                             struct text bytes)
{
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};
    struct error *error = file_draft_like(arena, path, like, replaces, &draft);

    return error ? error : write_and_commit(arena, &draft, bytes);
}

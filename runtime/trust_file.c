#include "trust_file.h"
#include "file.h"
#include "trust_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_SIZE_MAX = 2048 };
enum { LINKS_MAX = 40 }; /* on the way to a file, as for the kernel */

/* Whatever keeps trust from being read, the outcome is the same: no bundle is trusted. */
static struct error *untrusted(struct error *error)
{
    error->code = ERROR_UNTRUSTED;
    return error;
}

static struct error *check_owner(struct arena *arena, const char *what, struct text path,
                                 const struct stat *status)
{
    /* In a sticky folder, such as /tmp, others may add files but not replace this one. */
    bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX);

    if (status->st_uid != 0 && status->st_uid != geteuid())
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "%s '%.*s' belongs to user %u, neither to root nor to you",
                                      what, TEXT_ARGS(path), (unsigned)status->st_uid),
                          "Check it, then run: chown root '%.*s'", TEXT_ARGS(path));
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) && !sticky)
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "%s '%.*s' can be written by others (mode %04o)", what,
                                      TEXT_ARGS(path), (unsigned)status->st_mode & 07777),
                          "Check it, then run: chmod go-w '%.*s'", TEXT_ARGS(path));
    return NULL;
}

static struct error *cannot_open(struct arena *arena, struct text path)
{
    return error_hint(
        arena, untrusted(error_system(arena, "cannot open trust file '%.*s'", TEXT_ARGS(path))),
        "Without trusted keys no bundle is accepted; name them with --trust or --key.");
}

/* On the way to the folder of a trust file. */
struct way {
    int *here;          /* the folder that was reached */
    struct text walked; /* its absolute path */
    struct text rest;   /* still to be walked */
    int links;          /* followed so far */
};

static struct error *begin_at_root(struct arena *arena, struct way *way)
{
    struct stat status;

    file_close(way->here);
    *way->here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    way->walked = TEXT("");
    if (*way->here < 0 || fstat(*way->here, &status) < 0)         /* uncovered: it is there */
        return untrusted(error_system(arena, "cannot open '/'")); /* uncovered: as above */
    return check_owner(arena, "trust folder", TEXT("/"), &status);
}

/* A link is its owner's to replace, even where nobody else may write the folder it is in. */
static struct error *follow_link(struct arena *arena, struct way *way, struct text path,
                                 struct text link_path, int link, uid_t owner)
{
    char *target = arena_array(arena, char, PATH_MAX);
    ssize_t size = readlinkat(link, "", target, PATH_MAX);

    if (size == PATH_MAX || ++way->links > LINKS_MAX) { /* uncovered: Linux has none so long */
        errno = ELOOP;
        size = -1;
    }
    if (size < 0)
        return cannot_open(arena, path);
    if (owner != 0 && owner != geteuid())
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "link '%.*s' belongs to user %u, neither to root nor to you",
                                      TEXT_ARGS(link_path), (unsigned)owner),
                          "Name the folder that it leads to.");
    way->rest = arena_format(arena, "%.*s/%.*s", (int)size, target, TEXT_ARGS(way->rest));
    return *target == '/' ? begin_at_root(arena, way) : NULL;
}

static struct error *take_step(struct arena *arena, struct way *way, struct text path)
{
    struct text name = arena_copy(arena, text_cut(&way->rest, '/'));
    struct text walked = arena_format(arena, "%.*s/%.*s", TEXT_ARGS(way->walked), TEXT_ARGS(name));
    struct stat status;

    if (name.size == 0 || text_equal(name, TEXT(".")))
        return NULL;
    CLEANUP(file_close)
    int next = openat(*way->here, name.bytes, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0 || fstat(next, &status) < 0) /* uncovered: fstat does not fail */
        return cannot_open(arena, path);
    if (S_ISLNK(status.st_mode))
        return follow_link(arena, way, path, walked, next, status.st_uid);
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return cannot_open(arena, path);
    }
    file_close(way->here);
    *way->here = file_steal(&next);
    way->walked = walked;
    return check_owner(arena, "trust folder", walked, &status);
}

/*
 * Opens the folder of a trust file. Whoever could write a folder on the way to it, from the root
 * on, could put another file in its place; so each is looked at, also those that links lead
 * through.
 */
static struct error *open_folder(struct arena *arena, struct text path, int *folder)
{
    char *start = arena_array(arena, char, PATH_MAX);
    CLEANUP(file_close) int here = -1;
    struct way way = {.here = &here, .rest = file_folder(arena, path)};

    if (!text_starts(way.rest, TEXT("/"))) {
        if (!getcwd(start, PATH_MAX))
            return cannot_open(arena, path);
        way.rest = arena_format(arena, "%s/%.*s", start, TEXT_ARGS(way.rest));
    }
    struct error *error = begin_at_root(arena, &way);
    while (!error && way.rest.size)
        error = take_step(arena, &way, path);
    if (!error)
        *folder = file_steal(&here);
    return error;
}

struct error *trust_file_load(struct arena *arena, struct text path, struct trust *trust)
{
    enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };
    struct text name = arena_copy(arena, file_name(path));
    struct source *source = arena_one(arena, struct source);
    CLEANUP(file_close) int folder = -1;
    struct error *error = open_folder(arena, path, &folder);
    struct stat status;

    if (error)
        return error;
    CLEANUP(file_close) int fd = openat(folder, name.bytes, FLAGS);
    if (fd < 0 && errno == ELOOP)
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "trust file '%.*s' is a symbolic link", TEXT_ARGS(path)),
                          "Name the file that it leads to.");
    if (fd < 0 || fstat(fd, &status) < 0) /* uncovered: fstat does not fail */
        return cannot_open(arena, path);
    if (!S_ISREG(status.st_mode))
        return error_hint(arena,
                          error_plain(arena, ERROR_UNTRUSTED,
                                      "trust file '%.*s' is not a regular file", TEXT_ARGS(path)),
                          "Name a file whose first line is '" TRUST_FORMAT "'.");
    error = check_owner(arena, "trust file", path, &status);
    if (error)
        return error;
    *source = (struct source){.name = arena_copy(arena, path)};
    error = file_read_open(arena, fd, path, (uint64_t)status.st_size, TRUST_FILE_SIZE_MAX,
                           &source->text);
    return error ? untrusted(error) : trust_text_read(arena, source, trust);
}

struct error *trust_file_load_key(struct arena *arena, struct text path, struct trust *trust)
{
    struct source *source = arena_one(arena, struct source);
    struct trusted_key *key = arena_one(arena, struct trusted_key);

    path = arena_copy(arena, path);
    *source = (struct source){.name = path};
    struct error *error = file_read(arena, AT_FDCWD, path.bytes, KEY_FILE_SIZE_MAX, &source->text);
    if (error)
        return error_hint(arena, untrusted(error), "Name the .pub file of a key that you trust.");
    error = minisign_key_file_read(arena, source, &key->key);
    if (error && text_starts(source->text, TEXT(TRUST_FORMAT)))
        error_hint(arena, error, "This is a trust file: give it with --trust.");
    if (error)
        return error;

    key->name = file_name(path);
    if (text_ends(key->name, TEXT(".pub")))
        key->name.size -= sizeof(".pub") - 1;
    key->signs[SIGNED_INDEX] = true;
    *trust =
        (struct trust){.origin = path, .version = 1, .thresholds = {1, 1}, .keys = key, .count = 1};
    return NULL;
}

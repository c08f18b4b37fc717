/* file.h - bounded reads; replacement by temporary file, fsync, rename. Floor 0. */
#pragma once

#include "buffer.h"
#include "error.h"

/* A descriptor that closes itself: CLEANUP(file_close) int fd = -1; */
void file_close(int *fd);

/* Hands a descriptor over: the variable becomes -1. */
int file_steal(int *fd);

/*
 * Opens a regular file for reading, never waiting for a device or a FIFO.
 *
 * folder   a descriptor that path is relative to, or AT_FDCWD
 * size     its size in bytes at this moment
 * returns  NULL or ERROR_SYSTEM, also for a folder or a device
 */
struct error *file_open(struct arena *arena, int folder, const char *path, int *fd,
                        uint64_t *size) CHECKED;

/*
 * As file_open, but refuses a path that leaves the folder: by "..", by being absolute, or through
 * a symbolic link (openat2(2) with RESOLVE_BENEATH; kernels without it refuse every link).
 *
 * returns  NULL, ERROR_INPUT for a path that leaves the folder, or ERROR_SYSTEM
 */
struct error *file_open_inside(struct arena *arena, int folder, const char *path, int *fd,
                               uint64_t *size) CHECKED;

struct file_entry {
    struct text name; /* followed by a NUL that does not count */
    bool is_folder;   /* or a link to one */
};

/*
 * What is in a folder, by the bytes of the names, but for names that begin with a dot. The folder
 * is opened as a file is by file_open_inside; "." is the folder itself.
 */
struct error *file_list_inside(struct arena *arena, int folder, const char *path,
                               struct file_entry **entries, size_t *count) CHECKED;

/*
 * Reads a whole file into the arena, followed by a NUL that does not count.
 *
 * limit    bytes; a larger file is an ERROR_INPUT
 */
struct error *file_read(struct arena *arena, int folder, const char *path, size_t limit,
                        struct text *text) CHECKED;

/* Reads the rest of an open file, of size bytes when it was opened. name is for the message. */
struct error *file_read_open(struct arena *arena, int fd, struct text name, uint64_t size,
                             size_t limit, struct text *text) CHECKED;

/* As file_read_open, into a buffer that is used again and again; what it held is gone. */
struct error *file_read_into(struct arena *arena, int fd, struct text name, uint64_t size,
                             size_t limit, struct buffer *buffer) CHECKED;

/* An unnamed file in this folder, for reading and writing, gone when it is closed. */
struct error *file_scratch(struct arena *arena, struct text folder, int *fd) CHECKED;
struct error *file_append(struct arena *arena, int fd, struct text name, struct text bytes) CHECKED;

/* Reads exactly size bytes at offset. A shorter file is an ERROR_UNTRUSTED: it changed. */
struct error *file_read_at(struct arena *arena, int fd, struct text name, uint64_t offset,
                           void *bytes, size_t size) CHECKED;

/*
 * A file being written: nothing appears under its name before file_commit, which fsyncs, renames
 * and fsyncs the folder. Starts as {.fd = -1}; dropping it without commit removes what was written.
 */
struct file_draft {
    int fd;
    bool replaces; /* an existing file may be replaced */
    struct text path, temporary;
};

void file_discard(struct file_draft *draft);

/*
 * mode      permissions, as open(2)
 * replaces  whether a file that already has this name is replaced; otherwise that is an ERROR_INPUT
 *           when the draft is opened, and again when it is committed
 */
struct error *file_draft(struct arena *arena, struct text path, unsigned mode, bool replaces,
                         struct file_draft *draft) CHECKED;
/* As file_draft, but with the mode and the group of an open file, whatever the umask says. */
struct error *file_draft_like(struct arena *arena, struct text path, int like, bool replaces,
                              struct file_draft *draft) CHECKED;
struct error *file_write(struct arena *arena, struct file_draft *draft, struct text bytes) CHECKED;
struct error *file_commit(struct arena *arena, struct file_draft *draft) CHECKED;

/* Draft, write and commit in one. */
struct error *file_save(struct arena *arena, struct text path, unsigned mode, bool replaces,
                        struct text bytes) CHECKED;

/* The same with file_draft_like. */
struct error *file_save_like(struct arena *arena, struct text path, int like, bool replaces,
                             struct text bytes) CHECKED;

/* The folder of a path ("." where it names none) and what is left of it. */
struct text file_folder(struct arena *arena, struct text path);
struct text file_name(struct text path);

/* The path of a name in a folder: the name alone where that is ".". */
struct text file_join(struct arena *arena, struct text folder, struct text name);

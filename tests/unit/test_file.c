/* Reading without being led astray, and writing that leaves all or nothing. */
#include "runtime/file.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static void run(const char *script)
{
    assert_int_equal(system(script), 0);
}

/* What a file holds, or the error. */
static const char *show_read(struct arena *arena, const struct error *error, struct text text)
{
    return error ? support_show(arena, error)
                 : arena_format(arena, "[%.*s]", TEXT_ARGS(text)).bytes;
}

/* file_read: the script makes the files. */

static const struct read_row {
    const char *name, *prepare, *path;
    size_t limit;
    const char *expected;
} read_rows[] = {
    {"read: a file", "printf abc >a", "a", 99, "[abc]"},
    {"read: an empty file", ": >a", "a", 99, "[]"},
    {"read: an empty file, at most nothing", ": >a", "a", 0, "[]"},
    {"read: as large as may be", "printf abcd >a", "a", 4, "[abcd]"},
    {"read: too large", "printf abcde >a", "a", 4, "1 'a' is too large: 5 bytes, at most 4"},
    {"read: far too large", "truncate -s 1G a", "a", 1000,
     "1 'a' is too large: 1073741824 bytes, at most 1000"},
    {"read: by a link", "printf abc >b; ln -s b a", "a", 99, "[abc]"},
    {"read: no such file", "", "a", 99, "5 cannot open 'a': No such file or directory"},
    {"read: a link to nothing", "ln -s b a", "a", 99,
     "5 cannot open 'a': No such file or directory"},
    {"read: no name", "", "", 99, "5 cannot open '': No such file or directory"},
    {"read: a file as a folder", "printf abc >a", "a/b", 99,
     "5 cannot open 'a/b': Not a directory"},
    {"read: a folder", "mkdir a", "a", 99, "5 cannot read 'a': not a regular file"},
    {"read: a FIFO, without waiting", "mkfifo a", "a", 99, "5 cannot read 'a': not a regular file"},
    {"read: a link to a FIFO", "mkfifo b; ln -s b a", "a", 99,
     "5 cannot read 'a': not a regular file"},
    {"read: a device", "", "/dev/zero", 99, "5 cannot read '/dev/zero': not a regular file"},
};

static void test_read(void **state)
{
    const struct read_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = TEXT("untouched");

    run(row->prepare);
    const struct error *error = file_read(arena, AT_FDCWD, row->path, row->limit, &text);
    run("rm -rf a b");
    assert_string_equal(show_read(arena, error, text), row->expected);
    if (error)
        assert_true(text_equal(text, TEXT("untouched")));
    else
        assert_int_equal(text.bytes[text.size], 0);
}

/* A file that changes its size after it was opened: it said 4 bytes. */
static const struct changed_row {
    const char *name, *content, *expected;
} changed_rows[] = {
    {"changed: it shrank", "ab", "[ab]"},
    {"changed: it is empty", "", "[]"},
    {"changed: it grew", "abcdef", "[abcd]"},
    {"changed: not in size", "wxyz", "[wxyz]"},
};

static void test_changed(void **state)
{
    const struct changed_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer buffer = {0};
    CLEANUP(file_close) int fd = -1;
    struct text text;

    support_write("a", text_from(row->content));
    fd = open("a", O_RDONLY);
    assert_null(file_read_open(arena, fd, TEXT("a"), 4, 99, &text));
    assert_string_equal(show_read(arena, NULL, text), row->expected);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    buffer_add(&buffer, TEXT("what it held before"));
    assert_null(file_read_into(arena, fd, TEXT("a"), 4, 99, &buffer));
    assert_string_equal(show_read(arena, NULL, buffer_text(&buffer)), row->expected);
    run("rm a");
}

static void test_read_into_too_large(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(buffer_free) struct buffer buffer = {0};

    (void)state;
    support_check(file_read_into(arena, -1, TEXT("a"), UINT64_MAX, 10, &buffer),
                  "1 'a' is too large: 18446744073709551615 bytes, at most 10");
    assert_null(buffer.bytes);
    errno = 0;
    support_check(file_read_into(arena, -1, TEXT("a"), 10, 10, &buffer),
                  "5 cannot read 'a': Bad file descriptor");
}

/* file_read_at, of a file that holds "0123456789" */
static const struct at_row {
    const char *name;
    uint64_t offset;
    size_t size;
    const char *expected;
} at_rows[] = {
    {"at: all", 0, 10, "[0123456789]"},
    {"at: a piece", 3, 4, "[3456]"},
    {"at: the end", 9, 1, "[9]"},
    {"at: nothing", 5, 0, "[]"},
    {"at: nothing, behind the end", 50, 0, "[]"},
    {"at: one too many", 0, 11, "3 'a' ends before byte 11"},
    {"at: behind the end", 50, 2, "3 'a' ends before byte 52"},
    {"at: an offset that no file has", UINT64_MAX / 2 + 5, 2,
     "5 cannot read 'a': Invalid argument"},
};

static void test_read_at(void **state)
{
    const struct at_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = -1;
    char bytes[16];
    uint64_t size;

    support_write("a", TEXT("0123456789"));
    assert_null(file_open(arena, AT_FDCWD, "a", &fd, &size));
    assert_int_equal(size, 10);
    const struct error *error = file_read_at(arena, fd, TEXT("a"), row->offset, bytes, row->size);
    assert_string_equal(show_read(arena, error, (struct text){bytes, row->size}), row->expected);
    run("rm a");
}

/* file_open_inside: what a manifest may name. Out of the folder "in" there is no way. */

static const char inside_script[] =
    "mkdir -p in/sub && printf a >in/a.sql && printf b >in/sub/b.sql && printf secret >out.sql && "
    "cd in && ln -s a.sql link && ln -s sub/b.sql link-down && ln -s ../a.sql sub/link-up && "
    "ln -s ../out.sql link-out && ln -s \"$PWD/a.sql\" link-absolute && ln -s .. folder-out && "
    "ln -s sub folder && ln -s ../../out.sql sub/link-out && ln -s / root && ln -s nothing lost && "
    "ln -s loop loop && mkfifo fifo && ln -s /dev/zero zero && printf d >..d && printf e >...";

#define LEAVES(path)  "1 path '" path "' leaves the folder of the manifest"
#define BY_LINK(path) LEAVES(path) " through a symbolic link"

static const struct inside_row {
    const char *name, *path, *expected;
    const char *on_old_kernels; /* where that differs: no links at all */
} inside_rows[] = {
    {"inside: a file", "a.sql", "[a]", NULL},
    {"inside: in a folder", "sub/b.sql", "[b]", NULL},
    {"inside: with a dot", "./a.sql", "[a]", NULL},
    {"inside: with dots between", "sub/./b.sql", "[b]", NULL},
    {"inside: a name that begins with dots", "..d", "[d]", NULL},
    {"inside: a name of three dots", "...", "[e]", NULL},
    {"inside: a link", "link", "[a]", BY_LINK("link")},
    {"inside: a link into a folder", "link-down", "[b]", BY_LINK("link-down")},
    {"inside: a link up, yet inside", "sub/link-up", "[a]", BY_LINK("sub/link-up")},
    {"inside: through a linked folder", "folder/b.sql", "[b]",
     "5 cannot open 'folder/b.sql': Not a directory"},
    {"inside: a link out", "link-out", BY_LINK("link-out"), NULL},
    {"inside: a link out, further down", "sub/link-out", BY_LINK("sub/link-out"), NULL},
    {"inside: an absolute link", "link-absolute", BY_LINK("link-absolute"), NULL},
    {"inside: through a linked folder, out", "folder-out/out.sql", BY_LINK("folder-out/out.sql"),
     "5 cannot open 'folder-out/out.sql': Not a directory"},
    {"inside: through a link to the root", "root/etc/passwd", BY_LINK("root/etc/passwd"),
     "5 cannot open 'root/etc/passwd': Not a directory"},
    {"inside: a link to a device", "zero", BY_LINK("zero"), NULL},
    {"inside: a link to itself", "loop", BY_LINK("loop"), NULL},
    {"inside: a link to nothing", "lost", "5 cannot open 'lost': No such file or directory",
     BY_LINK("lost")},
    {"inside: up", "../out.sql", LEAVES("../out.sql"), NULL},
    {"inside: up and back", "../in/a.sql", LEAVES("../in/a.sql"), NULL},
    {"inside: down and up", "sub/../a.sql", LEAVES("sub/../a.sql"), NULL},
    {"inside: up at the end", "sub/..", LEAVES("sub/.."), NULL},
    {"inside: up alone", "..", LEAVES(".."), NULL},
    {"inside: absolute", "/etc/passwd", LEAVES("/etc/passwd"), NULL},
    {"inside: absolute, twice", "//etc/passwd", LEAVES("//etc/passwd"), NULL},
    {"inside: the root", "/", LEAVES("/"), NULL},
    {"inside: nothing", "", "5 cannot open '': No such file or directory", NULL},
    {"inside: no such file", "b.sql", "5 cannot open 'b.sql': No such file or directory", NULL},
    {"inside: no such folder", "b/a.sql", "5 cannot open 'b/a.sql': No such file or directory",
     NULL},
    {"inside: a file as a folder", "a.sql/b", "5 cannot open 'a.sql/b': Not a directory", NULL},
    {"inside: a folder", "sub", "5 cannot read 'sub': not a regular file", NULL},
    {"inside: the folder itself", ".", "5 cannot read '.': not a regular file", NULL},
    {"inside: a FIFO, without waiting", "fifo", "5 cannot read 'fifo': not a regular file", NULL},
};

static const char *open_inside(struct arena *arena, const char *path)
{
    CLEANUP(file_close) int folder = open("in", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
    struct text text = {0};
    uint64_t size = 4711;

    assert_true(folder >= 0);
    struct error *error = file_open_inside(arena, folder, path, &fd, &size);
    if (error) {
        assert_int_equal(fd, -1);
        assert_int_equal(size, 4711);
    } else {
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        error = file_read_open(arena, fd, TEXT("a"), size, 99, &text);
    }
    return show_read(arena, error, text);
}

static const char *expected_without_openat2(const struct inside_row *row)
{
    return row->on_old_kernels ? row->on_old_kernels : row->expected;
}

static void test_inside(void **state)
{
    const struct inside_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct open_how how = {.flags = O_PATH | O_DIRECTORY, .resolve = RESOLVE_BENEATH};
    CLEANUP(file_close)
    int probe = (int)syscall(SYS_openat2, AT_FDCWD, "in", &how, sizeof(how));

    assert_string_equal(open_inside(arena, row->path),
                        probe >= 0 ? row->expected : expected_without_openat2(row));
}

/* As on a kernel before 5.6: a filter answers openat2 with ENOSYS. */
static void open_inside_on_an_old_kernel(const void *argument)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {COUNT(steps), steps};
    const struct inside_row *row = argument;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        _exit(99);
    fputs(open_inside(arena, row->path), stderr);
}

static void test_inside_on_an_old_kernel(void **state)
{
    const struct inside_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text shown;

    assert_int_equal(support_fork(arena, open_inside_on_an_old_kernel, row, &shown), 0);
    assert_string_equal(shown.bytes, expected_without_openat2(row));
}

/* file_list_inside: names, in order, a '/' behind those of folders. */
static const struct list_row {
    const char *name, *path, *expected;
} list_rows[] = {
    {"list: the folder itself", ".",
     "[a.sql fifo folder/ folder-out/ link link-absolute link-down link-out loop lost root/ sub/ "
     "zero ]"},
    {"list: a folder", "sub", "[b.sql link-out link-up ]"},
    {"list: up", "..", LEAVES("..")},
    {"list: a link out", "folder-out", BY_LINK("folder-out")},
    {"list: a link to the root", "root", BY_LINK("root")},
    {"list: a file", "a.sql", "5 cannot open 'a.sql': Not a directory"},
    {"list: nothing", "none", "5 cannot open 'none': No such file or directory"},
};

static void test_list(void **state)
{
    const struct list_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int folder = open("in", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct text names = TEXT("");
    struct file_entry *entries;
    size_t count;
    struct error *error = file_list_inside(arena, folder, row->path, &entries, &count);

    for (size_t i = 0; !error && i < count; i++)
        names = arena_format(arena, "%s%s%s ", names.bytes, entries[i].name.bytes,
                             entries[i].is_folder ? "/" : "");
    assert_string_equal(show_read(arena, error, names), row->expected);
}

/* Drafts */

/* Whether the draft replaces; what is there before; the error of file_save; what is there then. */
static const struct save_row {
    const char *name, *prepare, *path;
    bool replaces;
    const char *expected, *check; /* a script that must succeed */
} save_rows[] = {
    {"save: a new file", "", "a", false, "", "test \"$(cat a)\" = new"},
    {"save: a new file, where one might be", "", "a", true, "", "test \"$(cat a)\" = new"},
    {"save: into a folder", "mkdir d", "d/a", false, "", "test \"$(cat d/a)\" = new"},
    {"save: over a file", "echo old >a", "a", true, "", "test \"$(cat a)\" = new"},
    {"save: over a read-only file", "echo old >a; chmod 400 a", "a", true, "",
     "test \"$(cat a)\" = new"},
    {"save: over a link: the link goes, its file stays", "echo old >b; ln -s b a", "a", true, "",
     "test \"$(cat a)\" = new && test ! -L a && test \"$(cat b)\" = old"},
    {"save: over a link to nothing", "ln -s b a", "a", true, "",
     "test \"$(cat a)\" = new && test ! -L a && test ! -e b"},
    {"save: not over a file", "echo old >a", "a", false, "1 'a' already exists",
     "test \"$(cat a)\" = old"},
    {"save: not over a link to nothing", "ln -s b a", "a", false, "1 'a' already exists",
     "test -L a && test ! -e b"},
    {"save: not over a folder", "mkdir a", "a", false, "1 'a' already exists", "test -d a"},
    {"save: a folder is not replaced", "mkdir a", "a", true,
     "5 cannot write 'a': not a regular file", "test -d a"},
    {"save: a FIFO is not replaced", "mkfifo a", "a", true,
     "5 cannot write 'a': not a regular file", "test -p a"},
    {"save: a device is not replaced", "", "/dev/full", true,
     "5 cannot write '/dev/full': not a regular file", "test -c /dev/full"},
    {"save: into no folder", "", "d/a", true, "5 cannot write 'd/a': No such file or directory",
     "test ! -e d"},
    {"save: into a file", "echo old >d", "d/a", true, "5 cannot write 'd/a': Not a directory",
     "test \"$(cat d)\" = old"},
    {"save: no name", "mkdir d", "d/", false, "1 'd/' already exists", "test -d d"},
};

static void test_save(void **state)
{
    const struct save_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    size_t before = support_file_count();

    run(row->prepare);
    size_t prepared = support_file_count();
    const struct error *error =
        file_save(arena, text_from(row->path), 0644, row->replaces, TEXT("new\n"));
    int checked = system(row->check);
    size_t after = support_file_count();
    run("rm -rf a b d");
    assert_string_equal(support_show(arena, error), row->expected);
    assert_int_equal(checked, 0);
    if (error) /* no temporary file is left */
        assert_int_equal(after, prepared);
    assert_int_equal(support_file_count(), before);
}

static const struct mode_row {
    const char *name;
    unsigned mode, mask, expected;
} mode_rows[] = {
    {"mode: 0644", 0644, 022, 0644},
    {"mode: 0666 with umask 022", 0666, 022, 0644},
    {"mode: 0666 with umask 027", 0666, 027, 0640},
    {"mode: 0666 with umask 0", 0666, 0, 0666},
    {"mode: 0600", 0600, 022, 0600},
    {"mode: 0600 with umask 0", 0600, 0, 0600},
    {"mode: 0644 with umask 077", 0644, 077, 0600},
};

static void test_mode(void **state)
{
    const struct mode_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct stat status;

    mode_t before = umask(row->mask);
    const struct error *error = file_save(arena, TEXT("a"), row->mode, true, TEXT("new"));
    mode_t after = umask(before);
    assert_null(error);
    assert_int_equal(after, row->mask); /* file_draft looks at it, and puts it back */
    assert_int_equal(stat("a", &status), 0);
    run("rm -f a");
    assert_int_equal(status.st_mode & 07777, row->expected);
}

/* Its mode is that of the other file, whatever the umask; what is refused leaves nothing. */
static void test_like(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int like = -1;
    struct stat wanted, made;
    uint64_t size;

    (void)state;
    run("echo old >like; chmod 640 like");
    if (geteuid() == 0)
        run("chgrp 65534 like");
    assert_null(file_open(arena, AT_FDCWD, "like", &like, &size));
    assert_int_equal(fstat(like, &wanted), 0);
    mode_t before = umask(077);
    const struct error *error = file_save_like(arena, TEXT("a"), like, false, TEXT("new"));
    umask(before);
    assert_null(error);
    assert_string_equal(support_read(arena, "a").bytes, "new");
    assert_int_equal(stat("a", &made), 0);
    assert_int_equal(made.st_mode, wanted.st_mode);
    assert_int_equal(made.st_gid, wanted.st_gid);

    size_t count = support_file_count();
    support_check(file_save_like(arena, TEXT("a"), like, false, TEXT("other")),
                  "1 'a' already exists");
    file_close(&like);
    support_check(file_save_like(arena, TEXT("b"), like, false, TEXT("other")),
                  "5 cannot give 'b' its group and mode: Bad file descriptor");
    assert_int_equal(support_file_count(), count);
    run("rm -f a like");
}

static void test_draft(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};

    (void)state;
    size_t before = support_file_count();
    assert_null(file_draft(arena, TEXT("a"), 0644, false, &draft));
    assert_null(file_write(arena, &draft, TEXT("one\n")));
    assert_null(file_write(arena, &draft, (struct text){0}));
    assert_null(file_write(arena, &draft, TEXT("two\n")));
    assert_false(support_exists("a")); /* nothing appears before commit */
    assert_null(file_commit(arena, &draft));
    assert_int_equal(draft.fd, -1);
    assert_string_equal(support_read(arena, "a").bytes, "one\ntwo\n");
    assert_int_equal(support_file_count(), before + 1);
    file_discard(&draft); /* nothing to do: it is committed */
    assert_true(support_exists("a"));
    run("rm a");
}

static void test_discard(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};

    (void)state;
    file_discard(&draft); /* nothing to do: it was never opened */
    support_write("a", TEXT("old"));
    size_t before = support_file_count();
    assert_null(file_draft(arena, TEXT("a"), 0644, true, &draft));
    assert_null(file_write(arena, &draft, TEXT("new")));
    assert_int_equal(support_file_count(), before + 1);
    file_discard(&draft);
    assert_int_equal(draft.fd, -1);
    assert_int_equal(support_file_count(), before);
    assert_string_equal(support_read(arena, "a").bytes, "old");
    run("rm a");
}

/* A file of that name appears while the draft is being written. */
static void test_draft_overtaken(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_discard) struct file_draft draft = {.fd = -1};

    (void)state;
    size_t before = support_file_count();
    assert_null(file_draft(arena, TEXT("a"), 0644, false, &draft));
    assert_null(file_write(arena, &draft, TEXT("mine")));
    support_write("a", TEXT("theirs"));
    support_check(file_commit(arena, &draft), "1 'a' already exists");
    file_discard(&draft);
    assert_string_equal(support_read(arena, "a").bytes, "theirs");
    assert_int_equal(support_file_count(), before + 1);
    run("rm a");
}

/* Scratch files have no name and can be read back. */

static void test_scratch(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = -1;
    size_t before = support_file_count();
    char bytes[6];

    (void)state;
    assert_null(file_scratch(arena, TEXT("."), &fd));
    assert_int_equal(support_file_count(), before);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    assert_null(file_append(arena, fd, TEXT("scratch"), TEXT("one")));
    assert_null(file_append(arena, fd, TEXT("scratch"), TEXT("two")));
    assert_null(file_read_at(arena, fd, TEXT("scratch"), 0, bytes, sizeof(bytes)));
    assert_memory_equal(bytes, "onetwo", sizeof(bytes));
    assert_int_equal(support_file_count(), before);
}

static const struct scratch_row {
    const char *name, *prepare;
    struct text folder;
    const char *expected;
} scratch_rows[] = {
    {"scratch: in a folder", "mkdir d", TEXT("d"), ""},
    {"scratch: in no folder", "", TEXT("d"), "5 cannot write in 'd': No such file or directory"},
    {"scratch: in a file", ": >d", TEXT("d"), "5 cannot write in 'd': Not a directory"},
};

static void test_scratch_folder(void **state)
{
    const struct scratch_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = -1;

    run(row->prepare);
    const struct error *error = file_scratch(arena, row->folder, &fd);
    run("rm -rf d");
    assert_string_equal(support_show(arena, error), row->expected);
    assert_int_equal(fd >= 0, !error);
}

static void test_append_to_a_full_disk(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    CLEANUP(file_close) int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    support_check(file_append(arena, fd, TEXT("the bundle"), TEXT("x")),
                  "5 cannot write 'the bundle': No space left on device");
}

static void test_descriptors(void **state)
{
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), stolen = file_steal(&fd), same = stolen;

    (void)state;
    assert_int_equal(fd, -1);
    file_close(&fd); /* nothing to do */
    assert_true(fcntl(stolen, F_GETFD) >= 0);
    file_close(&stolen);
    assert_int_equal(stolen, -1);
    assert_int_equal(fcntl(same, F_GETFD), -1);
}

static const struct path_row {
    const char *name;
    struct text path;
    const char *folder, *file;
} path_rows[] = {
    {"path: a name", TEXT("a"), ".", "a"},
    {"path: in a folder", TEXT("a/b"), "a", "b"},
    {"path: in two", TEXT("a/b/c.sql"), "a/b", "c.sql"},
    {"path: in the root", TEXT("/a"), "/", "a"},
    {"path: the root", TEXT("/"), "/", ""},
    {"path: two slashes", TEXT("a//b"), "a", "b"},
    {"path: the root, two slashes", TEXT("//b"), "/", "b"},
    {"path: a slash at the end", TEXT("a/b/"), "a/b", ""},
    {"path: nothing", TEXT(""), ".", ""},
    {"path: dots", TEXT("../a"), "..", "a"},
};

static void test_path(void **state)
{
    const struct path_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    assert_string_equal(file_folder(arena, row->path).bytes, row->folder);
    assert_string_equal(arena_copy(arena, file_name(row->path)).bytes, row->file);
}

static void test_join(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);

    (void)state;
    assert_string_equal(file_join(arena, TEXT("."), TEXT("a")).bytes, "a");
    assert_string_equal(file_join(arena, TEXT("a"), TEXT("b/c")).bytes, "a/b/c");
    assert_string_equal(file_join(arena, TEXT("/"), TEXT("a")).bytes, "/a");
    assert_string_equal(file_join(arena, TEXT("a/"), TEXT("b")).bytes, "a/b");
}

static void test_prepare_inside(void **state)
{
    (void)state;
    run(inside_script);
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, path_rows, test_path);
    support_add(&tests, "path: a name in a folder", test_join);
    support_add(&tests, "descriptors are closed and handed over", test_descriptors);
    support_add_rows(&tests, read_rows, test_read);
    support_add_rows(&tests, changed_rows, test_changed);
    support_add(&tests, "read into a buffer: too large", test_read_into_too_large);
    support_add_rows(&tests, at_rows, test_read_at);
    support_add(&tests, "inside: make the folder", test_prepare_inside);
    support_add_rows(&tests, inside_rows, test_inside);
    support_add_rows(&tests, inside_rows, test_inside_on_an_old_kernel);
    support_add_rows(&tests, list_rows, test_list);
    support_add(&tests, "save: like another file", test_like);
    support_add(&tests, "draft: written, then committed", test_draft);
    support_add(&tests, "draft: discarded", test_discard);
    support_add(&tests, "draft: overtaken", test_draft_overtaken);
    support_add_rows(&tests, save_rows, test_save);
    support_add_rows(&tests, mode_rows, test_mode);
    support_add(&tests, "scratch: no name", test_scratch);
    support_add_rows(&tests, scratch_rows, test_scratch_folder);
    support_add(&tests, "append: a full disk", test_append_to_a_full_disk);
    return support_run("file", &tests);
}

/*
 * The texts by which other tools order their folders. The first byte chooses the file that the rest
 * goes into; the others are always the same.
 */
#include "compiler/layout.h"
#include "runtime/file.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct kind {
    const char *layout, *folder, *file;
    const char *others[3]; /* PATH, each of them "SELECT 1;" */
} kinds[] = {
    {"sqitch", "sqitch", "sqitch/sqitch.plan", {"sqitch/deploy/a.sql", "sqitch/deploy/a@v.sql"}},
    {"sqitch", "config", "config/sqitch.conf", {"config/deploy/a.sql"}},
    {"atlas", "atlas", "atlas/atlas.sum", {"atlas/1_a.sql", "atlas/2_b.sql"}},
    {"sourcegraph", "graph", "graph/1_a/metadata.yaml", {"graph/1_a/up.sql"}},
    {"list", "list/order", "list/order", {"list/a.sql", "list/b/c.sql"}},
    {"diesel", "diesel", "diesel/1_a/metadata.toml", {"diesel/1_a/up.sql"}},
    {"prisma", "prisma", "prisma/migration_lock.toml", {"prisma/1_a/migration.sql"}},
    {"flyway", "flyway", "flyway/V1__a.sql.conf", {"flyway/V1__a.sql"}},
    {"flyway", "script", "script/V1__a.sql", {"script/U1__a.sql"}},
};

static void write_file(int root, const char *path, struct text bytes)
{
    char folder[64];

    for (size_t i = 0; path[i]; i++)
        if (path[i] == '/') {
            snprintf(folder, sizeof(folder), "%.*s", (int)i, path);
            mkdirat(root, folder, 0700);
        }
    CLEANUP(file_close) int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(fd >= 0);
    FILE *file = fdopen(file_steal(&fd), "w");
    assert(file);
    size_t written = fwrite(bytes.bytes, 1, bytes.size, file);
    assert(fclose(file) == 0 && written == bytes.size);
}

static char root_path[] = "/tmp/sqlferry-fuzz-XXXXXX";

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_root(void)
{
    nftw(root_path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Made once, and gone with the process. */
static int open_root(void)
{
    static int root = -1;

    if (root >= 0)
        return root;
    const char *made = mkdtemp(root_path);
    root = made ? open(made, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    assert(root >= 0);
    atexit(remove_root);
    for (size_t i = 0; i < COUNT(kinds); i++)
        for (size_t j = 0; j < COUNT(kinds[i].others) && kinds[i].others[j]; j++)
            write_file(root, kinds[i].others[j], TEXT("SELECT 1;\n"));
    return root;
}

void fuzz_layout(struct arena *arena, struct text input)
{
    const struct kind *kind = &kinds[input.size ? (unsigned char)input.bytes[0] % COUNT(kinds) : 0];
    struct text folder = text_from(kind->folder);
    struct layout_options options = {
        .root = open_root(),
        .places = &folder,
        .place_count = 1,
        .dialects = {[DIALECT_SQLITE] = true},
        .is_import = true,
    };
    const struct layout *layout = layout_find(text_from(kind->layout));
    struct layout_history history = {0};

    write_file(options.root, kind->file, text_slice(input, 1, input.size));
    struct error *error = layout_read(arena, layout, &options, &history);
    fuzz_check_error(arena, error);
    if (error)
        return;
    layout_measure(arena, layout, &options, &history);
    fuzz_check_error(arena, history.faults.first);
    for (struct error *warning = history.warnings, *next; warning; warning = next) {
        next = warning->next;
        warning->next = NULL;
        fuzz_check_error(arena, warning);
    }
    assert(history.count || history.faults.count);
    for (size_t i = 0; !history.faults.count && i < history.count; i++) {
        const struct layout_revision *revision = history.revisions[i];

        assert(revision->id.size <= ID_SIZE_MAX && index_is_id(revision->id));
        assert(revision->title.size <= TITLE_SIZE_MAX && text_all_printable(revision->title));
        assert(revision->scripts[DIALECT_SQLITE][SCRIPT_UP].presence == SCRIPT_FILE);
    }
}

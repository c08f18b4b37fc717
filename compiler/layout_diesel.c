#include "compiler/layout_parts.h"

/*
 * diesel, diesel_migrations: a folder VERSION_WORDS for each, in the order of the versions without
 * their '-', with up.sql, down.sql and metadata.toml. Prisma: a folder for each, in the order of
 * the names, with migration.sql.
 */

struct folder {
    struct layout_reader *reader;
    const struct layout_file *file;
    struct layout_files files;
};

/* returns  NULL, after refusing it unless it is optional, where the folder has no such file */
static const struct source *load(struct folder *folder, struct text name, bool is_optional)
{
    struct layout_file *file = layout_find_file(folder->reader, &folder->files, name);

    if (file) {
        file->is_used = true;
        return layout_load(folder->reader, file->path);
    }
    if (!is_optional)
        error_hint(folder->reader->arena,
                   layout_refuse(folder->reader, (struct span){0}, "folder '%.*s' has no '%.*s'",
                                 TEXT_ARGS(folder->file->path), TEXT_ARGS(name)),
                   "Add it, it may be empty; or take the folder away.");
    return NULL;
}

/* The lines of metadata.toml are few: a key, '=', and true or false. */
static bool wants_no_transaction(struct folder *folder, const struct source *source)
{
    struct text rest = source->text;
    bool wants = false;

    while (rest.size) {
        struct text line = layout_next_line(&rest), comment = line;
        struct text value = text_cut(&comment, '#'), key = text_trim(text_cut(&value, '='));

        value = text_trim(value);
        if (text_equal(key, TEXT("run_in_transaction")) &&
            (text_equal(value, TEXT("true")) || text_equal(value, TEXT("false"))))
            wants = text_equal(value, TEXT("false"));
        else if (key.size)
            error_hint(folder->reader->arena,
                       layout_refuse(folder->reader, span_of(source, line),
                                     "this setting cannot be carried over"),
                       "'run_in_transaction = true' and 'false' can.");
    }
    return wants;
}

static struct text without_dashes(struct arena *arena, struct text text)
{
    char *bytes = arena_array(arena, char, text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] != '-')
            bytes[size++] = text.bytes[i];
    return (struct text){bytes, size};
}

static void add_scripts(struct layout_reader *reader, struct layout_entries *entries,
                        struct layout_entry entry, const struct source *up,
                        const struct source *down)
{
    entry.kind = SCRIPT_UP;
    entry.source = up;
    layout_add_entry(reader, entries, &entry);
    if (!down)
        return;
    entry.kind = SCRIPT_DOWN;
    entry.source = down;
    layout_add_entry(reader, entries, &entry);
}

static struct error *add_diesel(struct folder *folder, struct layout_entries *entries)
{
    struct layout_reader *reader = folder->reader;
    struct text title = folder->file->name, version = text_cut(&title, '_');
    struct error *error = layout_list(reader, folder->file->path, &folder->files);

    if (error)
        return error;
    const struct source *up = load(folder, TEXT("up.sql"), false);
    const struct source *down = load(folder, TEXT("down.sql"), true);
    const struct source *metadata = load(folder, TEXT("metadata.toml"), true);
    struct layout_entry entry = {
        .version = without_dashes(reader->arena, version),
        .title = layout_title(reader->arena, title),
        .is_outside = metadata && wants_no_transaction(folder, metadata),
    };
    layout_warn_unused(reader, &folder->files, "'up.sql', 'down.sql' and 'metadata.toml'");
    if (up)
        add_scripts(reader, entries, entry, up, down);
    return NULL;
}

static struct error *add_prisma(struct folder *folder, struct layout_entries *entries)
{
    struct layout_reader *reader = folder->reader;
    struct text title = folder->file->name;
    struct error *error = layout_list(reader, folder->file->path, &folder->files);

    if (error)
        return error;
    const struct source *up = load(folder, TEXT("migration.sql"), false);
    const struct source *down = load(folder, TEXT("down.sql"), true);
    text_cut(&title, '_');
    struct layout_entry entry = {
        .version = folder->file->name,
        .title = layout_title(reader->arena, title),
    };
    layout_warn_unused(reader, &folder->files, "'migration.sql' and 'down.sql'");
    if (up)
        add_scripts(reader, entries, entry, up, down);
    return NULL;
}

static struct error *add_folders(struct layout_reader *reader, const struct layout_files *files,
                                 struct layout_entries *entries,
                                 struct error *(*add)(struct folder *, struct layout_entries *))
{
    struct error *error = NULL;

    for (size_t i = 0; !error && i < files->count; i++) {
        struct folder folder = {.reader = reader, .file = &files->list[i]};

        if (!folder.file->is_folder)
            continue;
        files->list[i].is_used = true;
        error = add(&folder, entries);
    }
    return error;
}

struct error *layout_read_diesel(struct layout_reader *reader)
{
    struct layout_entries entries = {0};
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    if (!error)
        error = add_folders(reader, &files, &entries, add_diesel);
    if (error)
        return error;
    layout_warn_unused(reader, &files, "a folder for each migration");
    layout_add_versions(reader, &entries, LAYOUT_BY_BYTES);
    return NULL;
}

/* migration_lock.toml: provider = "postgresql" */
static void check_provider(struct layout_reader *reader, const struct source *source)
{
    struct text rest = source->text;

    while (rest.size) {
        struct text line = layout_next_line(&rest), value = line;
        struct text key = text_trim(text_cut(&value, '='));
        enum dialect dialect;

        value = text_trim(value);
        if (!text_equal(key, TEXT("provider")) || value.size < 2)
            continue;
        struct text name = text_slice(value, 1, value.size - 2);
        if (!dialect_find(name, &dialect))
            layout_refuse(reader, span_of(source, line), "'%.*s' is no database of ours",
                          TEXT_ARGS(name));
        for (size_t i = 0; i < DIALECT_COUNT; i++)
            if (dialect_find(name, &dialect) && reader->options->dialects[i] && i != dialect)
                error_hint(reader->arena,
                           layout_refuse(reader, span_of(source, line),
                                         "the migrations are not for %.*s",
                                         TEXT_ARGS(dialect_name((enum dialect)i))),
                           "Make %.*s the dialect, alone.", TEXT_ARGS(name));
    }
}

struct error *layout_read_prisma(struct layout_reader *reader)
{
    struct layout_entries entries = {0};
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    if (!error)
        error = add_folders(reader, &files, &entries, add_prisma);
    if (error)
        return error;
    struct layout_file *lock = layout_find_file(reader, &files, TEXT("migration_lock.toml"));
    if (lock) {
        const struct source *source = layout_load(reader, lock->path);

        lock->is_used = true;
        if (source)
            check_provider(reader, source);
    }
    layout_warn_unused(reader, &files, "a folder for each migration and 'migration_lock.toml'");
    layout_add_versions(reader, &entries, LAYOUT_BY_BYTES);
    return NULL;
}

#include "compiler/layout_parts.h"

/*
 * What people number by hand: 001_words.sql with 001_words.down.sql and 001_words.verify.sql, or a
 * folder 001_words with up.sql, down.sql and verify.sql.
 */

static const char *const kinds[] = {"up", "down", "verify"};

static size_t count_digits(struct text name)
{
    size_t digits = 0;

    while (digits < name.size && name.bytes[digits] >= '0' && name.bytes[digits] <= '9')
        digits++;
    return digits;
}

/* Behind the number, nothing or a separator. returns  false where it is no number by itself */
static bool read_name(struct text name, struct layout_entry *entry, struct arena *arena)
{
    size_t digits = count_digits(name);

    if (!digits || (digits < name.size && name.bytes[digits] != '_' && name.bytes[digits] != '-' &&
                    name.bytes[digits] != '.' && name.bytes[digits] != ' '))
        return false;
    entry->version = text_slice(name, 0, digits);
    entry->title = layout_title(arena, text_slice(name, digits + 1, name.size));
    return true;
}

static void add_file(struct layout_reader *reader, struct layout_entries *entries,
                     struct layout_file *file)
{
    struct text stem = text_slice(file->name, 0, file->name.size - 4);
    struct layout_entry entry = {.kind = SCRIPT_UP};

    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_VERIFY; kind++) {
        struct text ending = arena_format(reader->arena, ".%s", kinds[kind]);

        if (!text_ends(stem, ending))
            continue;
        entry.kind = kind;
        stem.size -= ending.size;
        break;
    }
    if (!read_name(stem, &entry, reader->arena))
        return;
    file->is_used = true;
    entry.source = layout_load(reader, file->path);
    if (entry.source)
        layout_add_entry(reader, entries, &entry);
}

static struct error *add_folder(struct layout_reader *reader, struct layout_entries *entries,
                                struct layout_file *folder)
{
    struct layout_entry entry = {0};
    struct layout_files files = {0};

    if (!read_name(folder->name, &entry, reader->arena))
        return NULL;
    folder->is_used = true;
    struct error *error = layout_list(reader, folder->path, &files);
    if (error)
        return error;
    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_VERIFY; kind++) {
        struct layout_file *file =
            layout_find_file(reader, &files, arena_format(reader->arena, "%s.sql", kinds[kind]));

        if (!file)
            continue;
        file->is_used = true;
        entry.kind = kind;
        entry.source = layout_load(reader, file->path);
        if (entry.source)
            layout_add_entry(reader, entries, &entry);
    }
    layout_warn_unused(reader, &files, "'up.sql', 'down.sql' and 'verify.sql'");
    return NULL;
}

struct error *layout_read_numbered(struct layout_reader *reader)
{
    struct layout_entries entries = {0};
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    for (size_t i = 0; !error && i < files.count; i++) {
        struct layout_file *file = &files.list[i];

        if (file->is_folder)
            error = add_folder(reader, &entries, file);
        else if (text_ends(file->name, TEXT(".sql")))
            add_file(reader, &entries, file);
    }
    if (error)
        return error;
    layout_warn_unused(reader, &files, "'001_words.sql' or a folder '001_words'");
    layout_add_versions(reader, &entries, LAYOUT_BY_NUMBER);
    return NULL;
}

#include "compiler/layout_parts.h"

/*
 * sqlx, MigrationSource: NUMBER_WORDS.sql, or .up.sql and .down.sql, ordered by number. A file that
 * begins with this comment runs in no transaction.
 */
#define NO_TRANSACTION "-- no-transaction"

static bool is_number(struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    return text.size > 0;
}

static void add_file(struct layout_reader *reader, struct layout_entries *entries,
                     const struct layout_file *file)
{
    struct text title = text_slice(file->name, 0, file->name.size - 4);
    struct text version = text_cut(&title, '_');
    struct layout_entry entry = {.version = version, .kind = SCRIPT_UP};

    if (!is_number(version)) {
        error_hint(reader->arena,
                   layout_refuse(reader, (struct span){0}, "'%.*s' does not begin with a number",
                                 TEXT_ARGS(file->path)),
                   "sqlx refuses such a name, too: rename the file.");
        return;
    }
    if (text_ends(title, TEXT(".down")))
        entry.kind = SCRIPT_DOWN;
    if (text_ends(title, TEXT(".up")) || text_ends(title, TEXT(".down")))
        title.size -= entry.kind == SCRIPT_DOWN ? 5 : 3;
    entry.title = layout_title(reader->arena, title);
    entry.source = layout_load(reader, file->path);
    if (!entry.source)
        return;
    entry.is_outside = text_starts(entry.source->text, TEXT(NO_TRANSACTION));
    layout_add_entry(reader, entries, &entry);
}

struct error *layout_read_sqlx(struct layout_reader *reader)
{
    struct layout_entries entries = {0};
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    if (error)
        return error;
    for (size_t i = 0; i < files.count; i++) {
        struct layout_file *file = &files.list[i];

        if (file->is_folder || !text_ends(file->name, TEXT(".sql")) ||
            text_find_byte(file->name, '_') == file->name.size)
            continue;
        file->is_used = true;
        add_file(reader, &entries, file);
    }
    layout_warn_unused(reader, &files, "'1_words.sql', '1_words.up.sql' and '1_words.down.sql'");
    layout_add_versions(reader, &entries, LAYOUT_BY_NUMBER);
    return NULL;
}

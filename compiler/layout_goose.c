#include "compiler/layout_parts.h"

/*
 * goose and dbmate keep both scripts of a version in one file, between marks. goose orders by the
 * number in front of '_' and leaves other files alone (its README, "SQL Migrations"); dbmate orders
 * by the name, which begins with digits (its README, "Creating Migrations").
 */

static size_t count_digits(struct text name)
{
    size_t digits = 0;

    while (digits < name.size && name.bytes[digits] >= '0' && name.bytes[digits] <= '9')
        digits++;
    return digits;
}

/* One entry for each script that the file holds. */
static void add_file(struct layout_reader *reader, struct layout_entries *entries,
                     enum section section, const struct layout_file *file, size_t digits)
{
    struct section_side sides[SECTION_SIDE_COUNT];
    const struct source *source = layout_load(reader, file->path);
    struct text words = text_slice(file->name, digits, file->name.size - digits - 4);
    struct layout_entry entry = {
        .version = text_slice(file->name, 0, digits),
        .title = layout_title(reader->arena, words),
        .section = section,
        .source = source,
    };

    if (!source)
        return;
    struct error *error = section_read(reader->arena, source, section, sides);
    if (error) {
        layout_refuse_all(reader, error);
        return;
    }
    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++) {
        if (!sides[kind].is_there)
            continue;
        entry.kind = kind;
        entry.is_outside = !sides[kind].transactional;
        layout_add_entry(reader, entries, &entry);
    }
    if (sides[SCRIPT_DOWN].is_there &&
        sides[SCRIPT_UP].transactional != sides[SCRIPT_DOWN].transactional)
        error_hint(reader->arena,
                   layout_warn(reader,
                               sides[SCRIPT_UP].transactional ? sides[SCRIPT_DOWN].mark
                                                              : sides[SCRIPT_UP].mark,
                               "this is said of one script, and the other has no transaction "
                               "either"),
                   "Say it of both, or make two versions of it.");
}

static struct error *read_folder(struct layout_reader *reader, enum section section,
                                 struct layout_entries *entries)
{
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    if (error)
        return error;
    for (size_t i = 0; i < files.count; i++) {
        struct layout_file *file = &files.list[i];
        size_t digits = count_digits(file->name);
        bool is_version = digits && (section == SECTION_DBMATE || file->name.bytes[digits] == '_');

        if (file->is_folder || !is_version)
            continue;
        if (text_ends(file->name, TEXT(".sql"))) {
            file->is_used = true;
            add_file(reader, entries, section, file, digits);
        } else if (text_ends(file->name, TEXT(".go")) && !text_ends(file->name, TEXT("_test.go"))) {
            file->is_used = true;
            error_hint(reader->arena,
                       layout_refuse(reader, (struct span){0}, "migration '%.*s' is not SQL",
                                     TEXT_ARGS(file->path)),
                       "Write what it does to the database as SQL.");
        }
    }
    layout_warn_unused(reader, &files, "'1_words.sql'");
    return NULL;
}

struct error *layout_read_goose(struct layout_reader *reader)
{
    struct layout_entries entries = {0};
    struct error *error = read_folder(reader, SECTION_GOOSE, &entries);

    if (!error)
        layout_add_versions(reader, &entries, LAYOUT_BY_NUMBER);
    return error;
}

struct error *layout_read_dbmate(struct layout_reader *reader)
{
    struct layout_entries entries = {0};
    struct error *error = read_folder(reader, SECTION_DBMATE, &entries);

    if (!error)
        layout_add_versions(reader, &entries, LAYOUT_BY_FILE);
    return error;
}

#include "compiler/layout_parts.h"

/* Redgate's documentation of Flyway, "Migrations" and "Script Configuration Files". */

enum prefix { FLYWAY_NONE, FLYWAY_VERSIONED, FLYWAY_UNDO, FLYWAY_BASELINE, FLYWAY_REPEATABLE };

/* V1.2__words.sql in its parts. */
struct name {
    enum prefix prefix;
    struct text version;     /* empty for one that is repeatable */
    struct text description; /* with its underscores */
    struct text suffix;      /* ".sql" */
};

struct flyway {
    struct layout_reader *reader;
    struct layout_entries versioned, baselines;
    struct layout_entries repeatable;
};

static bool read_name(struct text file, struct name *name)
{
    static const enum prefix prefixes[] = {['B'] = FLYWAY_BASELINE,
                                           ['R'] = FLYWAY_REPEATABLE,
                                           ['U'] = FLYWAY_UNDO,
                                           ['V'] = FLYWAY_VERSIONED};
    size_t letter = file.size ? (unsigned char)file.bytes[0] : 0;
    size_t separator = text_find(file, TEXT("__")), suffix = file.size;

    while (suffix && file.bytes[suffix - 1] != '.')
        suffix--;
    if (letter >= COUNT(prefixes) || !prefixes[letter] || suffix <= separator + 2)
        return false;
    *name = (struct name){
        .prefix = prefixes[letter],
        .version = text_slice(file, 1, separator - 1),
        .description = text_slice(file, separator + 2, suffix - 1 - separator - 2),
        .suffix = text_slice(file, suffix - 1, file.size),
    };
    if (name->prefix == FLYWAY_REPEATABLE)
        return name->version.size == 0;
    return layout_is_version(name->version);
}

/* "beforeMigrate.sql", "afterEachUndo__words.sql" */
static bool is_callback(struct text file)
{
    static const char *const beginnings[] = {"before", "after", "create"};

    for (size_t i = 0; i < COUNT(beginnings); i++) {
        struct text beginning = text_from(beginnings[i]);

        if (text_starts(file, beginning) && text_ends(file, TEXT(".sql")) &&
            file.bytes[beginning.size] >= 'A' && file.bytes[beginning.size] <= 'Z')
            return true;
    }
    return false;
}

/* What is set for one script. */
struct settings {
    bool is_outside;     /* executeInTransaction=false */
    bool keeps_brackets; /* placeholderReplacement=false */
};

static void read_setting(struct flyway *flyway, const struct source *source, struct text line,
                         struct text setting, struct settings *settings)
{
    struct text value = setting, key = text_trim(text_cut(&value, '='));

    value = text_trim(value);
    if (text_starts(key, TEXT("flyway.")))
        key = text_slice(key, TEXT("flyway.").size, key.size);
    bool is_true = text_equal_ascii_case(value, TEXT("true"));
    bool is_false = text_equal_ascii_case(value, TEXT("false"));
    if (text_equal(key, TEXT("executeInTransaction")) && (is_true || is_false))
        settings->is_outside = is_false;
    else if (text_equal(key, TEXT("placeholderReplacement")) && (is_true || is_false))
        settings->keeps_brackets = is_false;
    else if (!(text_equal(key, TEXT("encoding")) && text_equal_ascii_case(value, TEXT("UTF-8"))))
        error_hint(flyway->reader->arena,
                   layout_refuse(flyway->reader, span_of(source, line),
                                 "the setting '%.*s' cannot be carried over", TEXT_ARGS(key)),
                   "executeInTransaction and placeholderReplacement can, and 'encoding=UTF-8'.");
}

/* V1__words.sql.conf */
static void read_config(struct flyway *flyway, const struct source *source,
                        struct settings *settings)
{
    struct text rest = source->text;

    while (rest.size) {
        struct text line = layout_next_line(&rest);

        if (line.size && line.bytes[0] != '#' && line.bytes[0] != '!')
            read_setting(flyway, source, line, line, settings);
    }
}

/* "-- flyway:KEY=VALUE" among the comments that a script begins with. */
static void read_comments(struct flyway *flyway, const struct source *source,
                          struct settings *settings)
{
    struct text rest = source->text;

    while (rest.size) {
        struct text line = layout_next_line(&rest);

        if (line.size && !text_starts(line, TEXT("--")))
            return;
        struct text words = text_trim(text_slice(line, 2, line.size));
        struct text mark = TEXT("flyway:");
        if (text_starts(words, mark))
            read_setting(flyway, source, line, text_slice(words, mark.size, words.size), settings);
    }
}

/* A placeholder outside of comments, as ${schema}; of size 0 where there is none. */
static struct text find_placeholder(struct text text)
{
    while (text.size) {
        struct text line = text_cut(&text, '\n');
        size_t comment = text_find(line, TEXT("--"));
        struct text code = text_slice(line, 0, comment);
        size_t at = text_find(code, TEXT("${"));
        size_t end = at + text_find_byte(text_slice(code, at, code.size), '}');

        if (end < code.size)
            return text_slice(code, at, end + 1 - at);
    }
    return (struct text){0};
}

static void check_placeholders(struct flyway *flyway, const struct source *source)
{
    struct text placeholder = find_placeholder(source->text);

    if (placeholder.size)
        error_hint(flyway->reader->arena,
                   layout_refuse(flyway->reader, span_of(source, placeholder),
                                 "the placeholder '%.*s' is not filled in", TEXT_ARGS(placeholder)),
                   "Write its value into the script; if it is none, say "
                   "'placeholderReplacement=false' in '%.*s.conf'.",
                   TEXT_ARGS(source->name));
}

static void add_script(struct flyway *flyway, const struct layout_file *file,
                       const struct name *name, struct layout_file *config)
{
    struct layout_reader *reader = flyway->reader;
    struct settings settings = {false, false};
    struct layout_entry entry = {
        .version = name->prefix == FLYWAY_REPEATABLE
                       ? text_slice(file->name, 0, file->name.size - name->suffix.size)
                       : name->version,
        .title = layout_title(reader->arena, name->description),
        .kind = name->prefix == FLYWAY_UNDO ? SCRIPT_DOWN : SCRIPT_UP,
        .source = layout_load(reader, file->path),
    };
    struct layout_entries *lists[] = {
        [FLYWAY_VERSIONED] = &flyway->versioned,
        [FLYWAY_UNDO] = &flyway->versioned,
        [FLYWAY_BASELINE] = &flyway->baselines,
        [FLYWAY_REPEATABLE] = &flyway->repeatable,
    };

    if (!entry.source)
        return;
    read_comments(flyway, entry.source, &settings);
    if (config) {
        const struct source *source = layout_load(reader, config->path);

        config->is_used = true;
        if (source)
            read_config(flyway, source, &settings);
    }
    if (!settings.keeps_brackets)
        check_placeholders(flyway, entry.source);
    entry.is_outside = settings.is_outside;
    layout_add_entry(reader, lists[name->prefix], &entry);
}

static void add_file(struct flyway *flyway, struct layout_files *files, struct layout_file *file)
{
    struct layout_reader *reader = flyway->reader;
    struct name name;

    if (is_callback(file->name)) {
        file->is_used = true;
        error_hint(reader->arena,
                   layout_warn(reader, (struct span){0}, "callback '%.*s' is left out",
                               TEXT_ARGS(file->path)),
                   "Make a migration of what every database needs of it.");
    }
    if (!read_name(file->name, &name) || text_equal(name.suffix, TEXT(".conf")))
        return;
    file->is_used = true;
    if (!text_equal(name.suffix, TEXT(".sql"))) {
        error_hint(reader->arena,
                   layout_refuse(reader, (struct span){0}, "migration '%.*s' is not SQL",
                                 TEXT_ARGS(file->path)),
                   "Write what it does to the database as SQL.");
        return;
    }
    struct text config = arena_format(reader->arena, "%.*s.conf", TEXT_ARGS(file->path));
    add_script(flyway, file, &name, layout_find_path(files, config));
}

/* The oldest version; empty where there is none. */
static struct text find_oldest(const struct layout_entries *entries)
{
    struct text oldest = {0};

    for (size_t i = 0; i < entries->count; i++)
        if (!oldest.size || layout_compare_versions(entries->list[i].version, oldest) < 0)
            oldest = entries->list[i].version;
    return oldest;
}

/*
 * A baseline stands for all versions up to its own. Where those are there, too, they are what every
 * database has had; where they are gone, it is the first of the history.
 */
static void choose_baseline(struct flyway *flyway)
{
    struct layout_reader *reader = flyway->reader;
    struct text oldest = find_oldest(&flyway->versioned);
    const struct layout_entry *first = NULL;

    for (size_t i = 0; i < flyway->baselines.count; i++) {
        const struct layout_entry *entry = &flyway->baselines.list[i];
        struct span span = layout_first_line(entry->source);

        if (oldest.size && layout_compare_versions(oldest, entry->version) <= 0)
            layout_warn(reader, span,
                        "baseline '%.*s' is left out: the versions that it stands for are there",
                        TEXT_ARGS(entry->version));
        else if (first)
            error_note(reader->arena, layout_refuse(reader, span, "a second baseline"),
                       layout_first_line(first->source), "the first is here");
        else
            first = entry;
    }
    if (first)
        layout_add_entry(reader, &flyway->versioned, first);
}

static void add_repeatable(struct flyway *flyway)
{
    struct layout_reader *reader = flyway->reader;
    struct layout_entries *repeatable = &flyway->repeatable;

    layout_add_versions(reader, repeatable, LAYOUT_BY_BYTES);
    for (size_t i = 0; i < repeatable->count; i++) {
        struct span span = layout_first_line(repeatable->list[i].source);

        if (reader->options->is_import)
            error_hint(
                reader->arena,
                layout_warn(reader, span, "a repeatable migration runs once, behind all versions"),
                "When it changes, add its new text to the manifest as a revision.");
        else
            error_hint(reader->arena,
                       layout_refuse(reader, span,
                                     "a repeatable migration has no fixed place in "
                                     "the history"),
                       "'sqlferry import flyway' gives it one; or make a version of it.");
    }
}

struct error *layout_read_flyway(struct layout_reader *reader)
{
    struct flyway flyway = {.reader = reader};
    struct layout_files files = {0};

    for (size_t i = 0; i < reader->options->place_count; i++) {
        struct error *error = layout_list_deep(reader, reader->options->places[i], &files);

        if (error)
            return error;
    }
    for (size_t i = 0; i < files.count; i++)
        add_file(&flyway, &files, &files.list[i]);
    layout_warn_unused(reader, &files, "'V1__words.sql'");
    choose_baseline(&flyway);
    layout_add_versions(reader, &flyway.versioned, LAYOUT_BY_NUMBER);
    add_repeatable(&flyway);
    return NULL;
}

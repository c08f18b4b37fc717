#include "compiler/layout_parts.h"

#include <stdlib.h>
#include <string.h>

const struct layout layouts[] = {
    {.name = "atlas",
     .summary = "20260102030405_words.sql and atlas.sum",
     .outside_hint = "Say '-- atlas:txmode none' in its first lines.",
     .read = layout_read_atlas},
    {.name = "dbmate",
     .summary = "20260102_words.sql, with -- migrate:up and -- migrate:down",
     .outside_hint = "Say 'transaction:false' behind the mark.",
     .read = layout_read_dbmate},
    {.name = "diesel",
     .summary = "2026-01-02-030405_words/up.sql, down.sql and metadata.toml",
     .outside_hint = "Say 'run_in_transaction = false' in metadata.toml.",
     .read = layout_read_diesel},
    {.name = "flyway",
     .summary = "V1.2__words.sql, U1.2__words.sql and R__words.sql; several folders",
     .has_places = true,
     .read = layout_read_flyway},
    {.name = "golang-migrate",
     .summary = "1_words.up.sql and 1_words.down.sql",
     .read = layout_read_golang_migrate},
    {.name = "goose",
     .summary = "1_words.sql, with -- +goose Up and -- +goose Down",
     .outside_hint = "Say '-- +goose NO TRANSACTION'.",
     .read = layout_read_goose},
    {.name = "list",
     .summary = "a file that names scripts, one a line, in their order",
     .is_file = true,
     .read = layout_read_list},
    {.name = "numbered",
     .summary = "001_words.sql and 001_words.down.sql, or 001_words/up.sql and down.sql",
     .read = layout_read_numbered},
    {.name = "prisma",
     .summary = "20260102030405_words/migration.sql and migration_lock.toml",
     .read = layout_read_prisma},
    {.name = "sourcegraph",
     .summary = "1528395944_words/up.sql, down.sql and metadata.yaml",
     .outside_hint = "Say 'createIndexConcurrently: true' in metadata.yaml.",
     .read = layout_read_sourcegraph},
    {.name = "sqitch",
     .summary = "sqitch.plan with deploy/, revert/ and verify/",
     .read = layout_read_sqitch},
    {.name = "sqlx",
     .summary = "1_words.sql, or 1_words.up.sql and 1_words.down.sql",
     .outside_hint = "Say '-- no-transaction' at the very beginning.",
     .read = layout_read_sqlx},
    {0},
};

const struct layout *layout_find(struct text name)
{
    for (const struct layout *layout = layouts; layout->name; layout++)
        if (text_equal(name, text_from(layout->name)))
            return layout;
    return NULL;
}

enum { DEPTH_MAX = 16 }; /* of folders in folders */

/* Findings */

static struct error *make_error(struct layout_reader *reader, struct span span, const char *format,
                                va_list values)
{
    struct text message = arena_format_list(reader->arena, format, values);

    return span.source ? error_at(reader->arena, ERROR_INPUT, span, "%s", message.bytes)
                       : error_plain(reader->arena, ERROR_INPUT, "%s", message.bytes);
}

struct error *layout_refuse(struct layout_reader *reader, struct span span, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct error *error = make_error(reader, span, format, values);
    va_end(values);
    errors_add(&reader->history->faults, error);
    return error;
}

struct error *layout_warn(struct layout_reader *reader, struct span span, const char *format, ...)
{
    struct layout_history *history = reader->history;
    va_list values;

    va_start(values, format);
    struct error *error = make_error(reader, span, format, values);
    va_end(values);
    if (history->last_warning)
        history->last_warning->next = error;
    else
        history->warnings = error;
    history->last_warning = error;
    return error;
}

void layout_refuse_all(struct layout_reader *reader, struct error *errors)
{
    for (struct error *error = errors; error; error = error->next)
        error->code = ERROR_INPUT;
    errors_add(&reader->history->faults, errors);
}

/* Files */

struct text layout_join(struct arena *arena, struct text folder, struct text name)
{
    if (text_equal(folder, TEXT(".")))
        return arena_copy(arena, name);
    return arena_format(arena, "%.*s/%.*s", TEXT_ARGS(folder), TEXT_ARGS(name));
}

struct error *layout_list(struct layout_reader *reader, struct text folder,
                          struct layout_files *files)
{
    struct file_entry *entries;
    size_t count;
    struct error *error =
        file_list_inside(reader->arena, reader->options->root, folder.bytes, &entries, &count);

    if (error)
        return error;
    files->list = arena_array(reader->arena, struct layout_file, count);
    files->capacity = count;
    files->folder = folder;
    for (size_t i = 0; i < count; i++)
        if (!text_equal(entries[i].name, TEXT("ferry.yaml"))) /* ours is nobody's migration */
            files->list[files->count++] = (struct layout_file){
                .name = entries[i].name,
                .path = layout_join(reader->arena, folder, entries[i].name),
                .is_folder = entries[i].is_folder,
            };
    return NULL;
}

static void add_file(struct layout_reader *reader, struct layout_files *files,
                     const struct layout_file *file)
{
    if (files->count == files->capacity) {
        struct layout_file *old = files->list;

        files->capacity = files->capacity ? 2 * files->capacity : 64;
        files->list = arena_array(reader->arena, struct layout_file, files->capacity);
        if (files->count)
            memcpy(files->list, old, files->count * sizeof(*old));
    }
    files->list[files->count++] = *file;
}

/* Links may lead in a circle. */
static struct error *add_folder(struct layout_reader *reader, struct text folder, size_t depth,
                                struct layout_files *files)
{
    struct layout_files here = {0};
    struct error *error;

    if (depth > DEPTH_MAX)
        return error_plain(reader->arena, ERROR_INPUT, "folder '%.*s' is more than %d deep",
                           TEXT_ARGS(folder), DEPTH_MAX);
    error = layout_list(reader, folder, &here);
    for (size_t i = 0; !error && i < here.count; i++)
        if (here.list[i].is_folder)
            error = add_folder(reader, here.list[i].path, depth + 1, files);
        else
            add_file(reader, files, &here.list[i]);
    return error;
}

static int compare_paths(const void *a, const void *b)
{
    const struct layout_file *left = a, *right = b;

    return text_compare(left->path, right->path);
}

struct error *layout_list_deep(struct layout_reader *reader, struct text folder,
                               struct layout_files *files)
{
    struct error *error = add_folder(reader, folder, 1, files);

    /* "a/b" stands behind "a-b", though its folder stands before. */
    if (!error && files->count)
        qsort(files->list, files->count, sizeof(*files->list), compare_paths);
    return error;
}

struct layout_file *layout_find_path(const struct layout_files *files, struct text path)
{
    size_t low = 0, high = files->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (text_compare(files->list[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < files->count && text_equal(files->list[low].path, path) ? &files->list[low] : NULL;
}

struct layout_file *layout_find_file(struct layout_reader *reader, const struct layout_files *files,
                                     struct text name)
{
    return layout_find_path(files, layout_join(reader->arena, files->folder, name));
}

const struct source *layout_load(struct layout_reader *reader, struct text path)
{
    CLEANUP(file_close) int fd = -1;
    struct source *source = arena_one(reader->arena, struct source);
    uint64_t size = 0;

    if (!text_all_printable(path) || text_find_byte(path, '\\') < path.size) {
        error_hint(reader->arena,
                   layout_refuse(reader, (struct span){0}, "no path of a manifest can name '%.*s'",
                                 TEXT_ARGS(path)),
                   "Rename it: no backslash, and only characters that can be shown.");
        return NULL;
    }
    struct error *error =
        file_open_inside(reader->arena, reader->options->root, path.bytes, &fd, &size);
    source->name = path;
    if (!error)
        error = file_read_open(reader->arena, fd, path, size, SCRIPT_SIZE_MAX, &source->text);
    if (!error)
        return source;
    layout_refuse_all(reader, error);
    return NULL;
}

void layout_warn_unused(struct layout_reader *reader, const struct layout_files *files,
                        const char *wanted)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct layout_file *file = &files->list[i];

        if (!file->is_used)
            layout_warn(reader, (struct span){0}, "%s '%.*s' is left out: %s reads %s",
                        file->is_folder ? "folder" : "file", TEXT_ARGS(file->path),
                        reader->layout->name, wanted);
    }
}

struct span layout_first_line(const struct source *source)
{
    size_t size = text_find_byte(source->text, '\n');

    return (struct span){source, 0, size};
}

struct text layout_next_line(struct text *rest)
{
    struct text line = text_cut(rest, '\n');

    return text_trim(line);
}

/* Revisions */

struct layout_revision *layout_add(struct layout_reader *reader, struct text id, struct text title,
                                   struct span span)
{
    struct layout_history *history = reader->history;
    struct layout_revision *revision = arena_one(reader->arena, struct layout_revision);

    if (history->count == history->capacity) {
        struct layout_revision **old = history->revisions;

        history->capacity = history->capacity ? 2 * history->capacity : 64;
        history->revisions =
            arena_array(reader->arena, struct layout_revision *, history->capacity);
        if (history->count)
            memcpy(history->revisions, old, history->count * sizeof(*old));
    }
    *revision = (struct layout_revision){
        .id = id,
        .title = title,
        .span = span,
        .transactional = true,
    };
    if (history->count) {
        revision->parents = arena_one(reader->arena, struct text);
        revision->parents[0] = history->revisions[history->count - 1]->id;
        revision->parent_count = 1;
    }
    history->revisions[history->count++] = revision;
    return revision;
}

void layout_set_script(struct layout_revision *revision, enum script_kind kind,
                       const struct source *source, enum section section)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        revision->scripts[i][kind] = (struct layout_script){SCRIPT_FILE, source, section};
}

struct text layout_title(struct arena *arena, struct text words)
{
    struct text title = arena_copy(arena, words);
    char *bytes = (char *)title.bytes;

    for (size_t i = 0; i < title.size; i++)
        if (bytes[i] == '_' || bytes[i] == '-')
            bytes[i] = ' ';
    return text_trim(title);
}

static void check_id(struct layout_reader *reader, const struct layout_revision *revision)
{
    if (revision->id.size <= ID_SIZE_MAX && index_is_id(revision->id))
        return;
    error_hint(
        reader->arena,
        layout_refuse(reader, revision->span, "'%.*s' cannot be an id", TEXT_ARGS(revision->id)),
        "Rename it: A-Z, a-z, 0-9, '.', '_' and '-' only, %d characters at most.", ID_SIZE_MAX);
}

static int compare_ids(const void *a, const void *b)
{
    const struct layout_revision *left = *(struct layout_revision *const *)a;
    const struct layout_revision *right = *(struct layout_revision *const *)b;
    int order = text_compare(left->id, right->id);

    return order ? order : text_compare(left->span.source->name, right->span.source->name);
}

static void check_twice(struct layout_reader *reader)
{
    const struct layout_history *history = reader->history;
    struct layout_revision **sorted =
        arena_array(reader->arena, struct layout_revision *, history->count);

    if (history->count)
        memcpy(sorted, history->revisions, history->count * sizeof(*sorted));
    qsort(sorted, history->count, sizeof(*sorted), compare_ids);
    for (size_t i = 1; i < history->count; i++)
        if (text_equal(sorted[i]->id, sorted[i - 1]->id))
            error_hint(reader->arena,
                       error_note(reader->arena,
                                  layout_refuse(reader, sorted[i]->span, "'%.*s' is there twice",
                                                TEXT_ARGS(sorted[i]->id)),
                                  sorted[i - 1]->span, "the first is here"),
                       "Rename the one that no database has had yet.");
}

/* Titles are an ornament: what cannot be one is cut or left out. */
static void fit_title(struct layout_revision *revision)
{
    if (revision->title.size > TITLE_SIZE_MAX) {
        revision->title.size = TITLE_SIZE_MAX;
        revision->title.size = text_find_invalid(revision->title); /* not inside a character */
    }
    if (!text_all_printable(revision->title))
        revision->title = TEXT("");
}

/* returns  NULL where it can be compiled */
static struct error *read_script(struct layout_reader *reader, const struct layout_script *script,
                                 enum script_kind kind, struct sql_options options,
                                 struct script *read)
{
    struct section_side sides[SECTION_SIDE_COUNT];

    options.only_reads = kind == SCRIPT_VERIFY;
    if (script->section != SECTION_NONE) {
        struct error *error = section_read(reader->arena, script->source, script->section, sides);

        if (error)
            return error;
        options.part = &sides[kind].part;
    }
    return sql_read(reader->arena, script->source, &options, read);
}

enum { ALL_ALLOWED = 1 << SQL_MISSING_SEMICOLON | 1 << SQL_SPLIT_AMBIGUOUS };

/* Where the tool has no word for it, the script itself must tell that it runs in no transaction. */
static void find_transaction(struct layout_reader *reader, struct layout_revision *revision,
                             struct script *read)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        for (size_t kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++) {
            const struct layout_script *script = &revision->scripts[i][kind];
            struct sql_options options = {
                .dialect = (enum dialect)i, .transactional = true, .allowed = ALL_ALLOWED};
            struct error *error;

            if (!reader->options->dialects[i] || script->presence != SCRIPT_FILE)
                continue;
            error = read_script(reader, script, (enum script_kind)kind, options, read);
            options.transactional = false;
            if (!error || read_script(reader, script, (enum script_kind)kind, options, read))
                continue;
            revision->transactional = false;
            error_hint(reader->arena,
                       layout_warn(reader, error->span, "%.*s: so revision '%.*s' has none",
                                   TEXT_ARGS(error->message), TEXT_ARGS(revision->id)),
                       "It runs statement by statement: see 'transaction: none' in ferry.yaml(5).");
            return;
        }
}

struct error *layout_read(struct arena *arena, const struct layout *layout,
                          const struct layout_options *options, struct layout_history *history)
{
    CLEANUP(script_free) struct script read = {0};
    struct layout_reader reader = {arena, layout, options, history};
    struct error *error = layout->read(&reader);

    if (error)
        return error;
    if (!history->count && !history->faults.count)
        layout_refuse(&reader, (struct span){0}, "'%.*s' holds no migration of %s",
                      TEXT_ARGS(options->places[0]), layout->name);
    if (history->count > REVISIONS_MAX)
        layout_refuse(&reader, (struct span){0}, "there are more than %d migrations",
                      REVISIONS_MAX);
    for (size_t i = 0; i < history->count; i++) {
        check_id(&reader, history->revisions[i]);
        fit_title(history->revisions[i]);
        if (!layout->outside_hint && history->revisions[i]->transactional)
            find_transaction(&reader, history->revisions[i], &read);
    }
    check_twice(&reader);
    return NULL;
}

/* The fewest rules that must be lifted for the script to pass; 0 where that does not help. */
static unsigned find_allowed(struct layout_reader *reader, const struct layout_script *script,
                             enum script_kind kind, struct sql_options options, struct script *read)
{
    static const unsigned attempts[] = {1 << SQL_MISSING_SEMICOLON, 1 << SQL_SPLIT_AMBIGUOUS,
                                        ALL_ALLOWED};

    for (size_t i = 0; i < COUNT(attempts); i++) {
        options.allowed = attempts[i];
        if (!read_script(reader, script, kind, options, read))
            return attempts[i];
    }
    return 0;
}

static void measure_script(struct layout_reader *reader, struct layout_revision *revision,
                           enum dialect dialect, enum script_kind kind, struct script *read)
{
    const struct layout_script *script = &revision->scripts[dialect][kind];
    struct sql_options options = {
        .dialect = dialect,
        .transactional = revision->transactional || kind == SCRIPT_VERIFY,
        .outside_hint = reader->layout->outside_hint,
        .allowed = revision->allowed,
        .parses = true,
    };
    struct error *error = read_script(reader, script, kind, options, read);

    if (!error)
        return;
    unsigned allowed = find_allowed(reader, script, kind, options, read);
    if (!allowed) {
        layout_refuse_all(reader, error);
        return;
    }
    revision->allowed |= allowed;
    for (; error; error = error->next)
        layout_warn(reader, error->span, "%.*s: allowed for revision '%.*s', as by %s",
                    TEXT_ARGS(error->message), TEXT_ARGS(revision->id), reader->layout->name);
}

void layout_measure(struct arena *arena, const struct layout *layout,
                    const struct layout_options *options, struct layout_history *history)
{
    CLEANUP(script_free) struct script read = {0};
    struct layout_reader reader = {arena, layout, options, history};

    for (size_t i = 0; i < history->count; i++)
        for (size_t dialect = 0; dialect < DIALECT_COUNT; dialect++)
            for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
                if (options->dialects[dialect] &&
                    history->revisions[i]->scripts[dialect][kind].presence == SCRIPT_FILE)
                    measure_script(&reader, history->revisions[i], (enum dialect)dialect,
                                   (enum script_kind)kind, &read);
}

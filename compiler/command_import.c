#include "compiler/commands.h"
#include "runtime/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct option command_import_options[] = {
    {"output", "FILE", "where the manifest goes ('-', which is standard output)", 'o', false},
    {"force", NULL, "replace the file if it is there", 0, false},
    {"project", "NAME", "what the project is called (the name of FILE's folder)", 0, false},
    {"dialect", "NAME", "postgresql or sqlite (postgresql); may be given again", 0, true},
    {"render", NULL, "alembic: have Alembic itself render the SQL", 0, false},
    {"alembic", "PROGRAM", "alembic: what renders (alembic)", 0, false},
    {"sql", "FILE", "alembic: what 'alembic upgrade base:heads --sql' printed", 0, false},
    {"down-sql", "FILE", "alembic: what 'alembic downgrade HEAD:base --sql' printed", 0, true},
    {"branches", NULL, "alembic: several roots and heads are meant", 0, false},
    {"json", NULL, "alembic: print what was found as JSON", 0, false},
    {0},
};

void command_import_list(struct report *report)
{
    report_line(report, "layouts:");
    report_line(report, "  %-16s %s", "alembic", "revision files of Alembic; --render, or --sql");
    for (const struct layout *layout = layouts; layout->name; layout++)
        report_line(report, "  %-16s %s", layout->name, layout->summary);
    report_line(report, "%s", "");
}

/* An import under way. */
struct import {
    struct call *call;
    const struct layout *layout;
    struct layout_options options;
    struct layout_history history;
    struct text project;
    struct text output; /* absent for standard output */
};

static void import_close(struct import *import)
{
    file_close(&import->options.root);
}

/* The command line */

static struct error *find_layout(struct import *import)
{
    struct call *call = import->call;
    struct text name = call->arguments[0];

    import->layout = layout_find(name);
    if (!import->layout)
        return error_hint(call->arena,
                          cli_usage(call, "there is no layout '%.*s'", TEXT_ARGS(name)),
                          "'sqlferry import --help' lists the layouts.");
    if (call->argument_count > 2 && !import->layout->has_places)
        return cli_usage(call, "%s has one %s", import->layout->name,
                         import->layout->is_file ? "file" : "folder");
    for (size_t i = 0; i < call->option_count; i++)
        if (text_starts(text_from(call->options[i].option->help), TEXT("alembic: ")))
            return cli_usage(call, "'--%s' goes with alembic", call->options[i].option->name);
    return NULL;
}

static struct error *find_dialects(struct import *import)
{
    struct call *call = import->call;
    bool *dialects = import->options.dialects;

    dialects[DIALECT_POSTGRESQL] = !cli_has(call, "dialect");
    for (size_t i = 0; i < call->option_count; i++) {
        enum dialect dialect;

        if (strcmp(call->options[i].option->name, "dialect") != 0)
            continue;
        if (!dialect_find(call->options[i].value, &dialect))
            return cli_usage(call, "'--dialect' is postgresql or sqlite");
        dialects[dialect] = true;
    }
    return NULL;
}

/* The path of a folder or a file as the kernel has it. */
static struct error *find_real(struct arena *arena, struct text path, struct text *real)
{
    char *found = realpath(path.bytes, NULL);

    if (!found)
        return error_system(arena, "cannot open '%.*s'", TEXT_ARGS(path));
    *real = arena_copy(arena, text_from(found));
    free(found);
    return NULL;
}

static struct error *find_place(struct import *import, struct text root, struct text path,
                                struct text *place)
{
    struct arena *arena = import->call->arena;
    struct text real,
        front = text_equal(root, TEXT("/")) ? root : arena_format(arena, "%.*s/", TEXT_ARGS(root));
    struct error *error = find_real(arena, path, &real);

    if (error)
        return error;
    if (text_equal(real, root))
        *place = TEXT(".");
    else if (text_starts(real, front))
        *place = arena_copy(arena, text_slice(real, front.size, real.size));
    else
        error = error_hint(arena,
                           error_plain(arena, ERROR_INPUT,
                                       "'%.*s' is not below the folder of the manifest",
                                       TEXT_ARGS(path)),
                           "Write the manifest there or above: '-o %s/ferry.yaml'.",
                           import->layout->is_file ? file_folder(arena, path).bytes : path.bytes);
    return error;
}

static struct error *open_root(struct import *import, struct text *root)
{
    struct arena *arena = import->call->arena;
    struct text folder = import->output.bytes ? file_folder(arena, import->output) : TEXT(".");
    struct error *error = find_real(arena, folder, root);

    if (error)
        return error;
    import->options.root = open(root->bytes, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return import->options.root < 0 ? error_system(arena, "cannot open '%.*s'", TEXT_ARGS(folder))
                                    : NULL;
}

static struct error *find_places(struct import *import, struct text root)
{
    struct call *call = import->call;
    size_t count = call->argument_count - 1;
    struct text *places = arena_array(call->arena, struct text, count);
    struct error *error = NULL;

    for (size_t i = 0; !error && i < count; i++)
        error = find_place(import, root, call->arguments[i + 1], &places[i]);
    import->options.places = places;
    import->options.place_count = count;
    return error;
}

struct error *command_import_check_free(struct call *call, struct text output)
{
    struct stat status;

    if (!output.bytes || cli_has(call, "force") || lstat(output.bytes, &status) < 0)
        return NULL;
    return error_hint(
        call->arena,
        error_plain(call->arena, ERROR_INPUT, "'%.*s' already exists", TEXT_ARGS(output)),
        "'--force' replaces it.");
}

/* The manifest must hold what a manifest must: parents that there are, one root, one head. */
static struct error *check_graph(struct import *import)
{
    struct arena *arena = import->call->arena;
    const struct layout_history *history = &import->history;
    struct manifest manifest = {
        .revisions = arena_array(arena, struct revision, history->count),
        .count = history->count,
    };

    for (size_t i = 0; i < history->count; i++) {
        manifest_take(arena, history->revisions[i], import->options.dialects,
                      &manifest.revisions[i]);
        manifest.revisions[i].position = i;
    }
    return graph_resolve(arena, &manifest);
}

/* YAML */

/* A text as it may stand in a list or a mapping, in quotes where it needs them. */
static struct text scalar(struct arena *arena, struct text text)
{
    bool is_plain = text.size > 0 && !text_equal_ascii_case(text, TEXT("null")) &&
                    text.bytes[text.size - 1] != ' ';

    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];
        bool is_letter = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                         (byte >= 'a' && byte <= 'z');

        is_plain &= is_letter || (i > 0 && byte && strchr("._/@- ", byte));
    }
    if (is_plain)
        return text;
    struct text quoted = TEXT("\"");
    while (text.size) {
        size_t size = 0;

        while (size < text.size && text.bytes[size] != '"' && text.bytes[size] != '\\')
            size++;
        quoted =
            arena_format(arena, "%.*s%.*s%s%.*s", TEXT_ARGS(quoted), (int)size, text.bytes,
                         size < text.size ? "\\" : "", size < text.size ? 1 : 0, text.bytes + size);
        text = text_slice(text, size + 1, text.size);
    }
    return arena_format(arena, "%.*s\"", TEXT_ARGS(quoted));
}

struct text command_import_scalar(struct arena *arena, struct text text)
{
    return scalar(arena, text);
}

static void write_list(struct arena *arena, struct buffer *to, const struct text *list,
                       size_t count)
{
    buffer_add(to, TEXT("["));
    for (size_t i = 0; i < count; i++) {
        struct text item = scalar(arena, list[i]);

        buffer_format(to, "%s%.*s", i ? ", " : "", TEXT_ARGS(item));
    }
    buffer_add(to, TEXT("]"));
}

static void write_script(struct arena *arena, struct buffer *to, const struct layout_script *script)
{
    if (script->presence == SCRIPT_NONE) {
        buffer_add(to, TEXT("none"));
        return;
    }
    struct text path = scalar(arena, script->source->name);
    if (text_equal(path, TEXT("none")))
        path = TEXT("./none");
    if (script->section == SECTION_NONE)
        buffer_add(to, path);
    else
        buffer_format(to, "{file: %.*s, section: %.*s}", TEXT_ARGS(path),
                      TEXT_ARGS(section_name(script->section)));
}

static bool is_same(const struct layout_script *a, const struct layout_script *b)
{
    return a->presence == b->presence && a->source == b->source && a->section == b->section;
}

/* One for all dialects, or a mapping; nothing where there is no such script. */
static void write_scripts(const struct import *import, struct buffer *to,
                          const struct layout_revision *revision, enum script_kind kind)
{
    static const char *const names[] = {"up", "down", "verify"};
    const struct layout_script *first = NULL;
    bool is_mapping = false;
    const char *separator = "{";

    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        const struct layout_script *script = &revision->scripts[i][kind];

        if (!import->options.dialects[i])
            continue;
        is_mapping |= first && !is_same(first, script);
        if (!first)
            first = script;
    }
    if (!is_mapping && first->presence == SCRIPT_ABSENT)
        return;
    buffer_format(to, "    %s: ", names[kind]);
    if (!is_mapping)
        write_script(import->call->arena, to, first);
    for (size_t i = 0; is_mapping && i < DIALECT_COUNT; i++) {
        if (!import->options.dialects[i] || revision->scripts[i][kind].presence == SCRIPT_ABSENT)
            continue;
        buffer_format(to, "%s%.*s: ", separator, TEXT_ARGS(dialect_name((enum dialect)i)));
        write_script(import->call->arena, to, &revision->scripts[i][kind]);
        separator = ", ";
    }
    buffer_add(to, is_mapping ? TEXT("}\n") : TEXT("\n"));
}

/* Nothing where it is the revision before, as in a manifest. */
static void write_parents(const struct import *import, struct buffer *to, size_t number)
{
    const struct layout_revision *revision = import->history.revisions[number];

    if (number && revision->parent_count == 1 &&
        text_equal(revision->parents[0], import->history.revisions[number - 1]->id))
        return;
    buffer_add(to, TEXT("    parents: "));
    write_list(import->call->arena, to, revision->parents, revision->parent_count);
    buffer_add(to, TEXT("\n"));
}

static void write_revision(const struct import *import, struct buffer *to, size_t number)
{
    const struct layout_revision *revision = import->history.revisions[number];
    struct arena *arena = import->call->arena;
    struct text id = scalar(arena, revision->id), title = scalar(arena, revision->title);

    buffer_format(to, "  - id: %.*s\n", TEXT_ARGS(id));
    if (revision->title.size)
        buffer_format(to, "    title: %.*s\n", TEXT_ARGS(title));
    write_parents(import, to, number);
    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_VERIFY; kind++)
        write_scripts(import, to, revision, kind);
    if (!revision->transactional)
        buffer_add(to, TEXT("    transaction: none\n"));
    if (revision->allowed)
        buffer_add(to, TEXT("    allow: "));
    for (unsigned rule = 0, left = revision->allowed; left; left &= ~(1U << rule++))
        if (left & 1U << rule)
            buffer_format(to, "%s%.*s%s", left == revision->allowed ? "[" : ", ",
                          TEXT_ARGS(sql_rule_name((enum sql_rule)rule)),
                          left == 1U << rule ? "]\n" : "");
}

static void write_manifest(const struct import *import, struct buffer *to)
{
    struct text project = scalar(import->call->arena, import->project);
    struct text dialects[DIALECT_COUNT];
    size_t count = 0;

    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (import->options.dialects[i])
            dialects[count++] = dialect_name((enum dialect)i);
    buffer_format(to, "# Written by sqlferry import %s; yours to edit.\n", import->layout->name);
    buffer_format(to, "ferry: 1\nproject: %.*s\ndialect: ", TEXT_ARGS(project));
    if (count == 1)
        buffer_add(to, dialects[0]);
    else
        write_list(import->call->arena, to, dialects, count);
    buffer_add(to, TEXT("\nrevisions:\n"));
    for (size_t i = 0; i < import->history.count; i++)
        write_revision(import, to, i);
}

struct error *command_import_print(struct call *call, struct text output, struct text manifest,
                                   size_t count, const char *layout)
{
    struct report *report = call->report;

    if (!output.bytes) {
        report_bytes(report, manifest);
        return NULL;
    }
    struct error *error = file_save(call->arena, output, 0666, cli_has(call, "force"), manifest);
    if (error)
        return error;
    report_line(report, "%.*s: %zu revision%s of %s", TEXT_ARGS(output), count,
                count == 1 ? "" : "s", layout);
    report_note(report, "Next: sqlferry check %.*s", TEXT_ARGS(output));
    return NULL;
}

static struct error *print(const struct import *import)
{
    CLEANUP(buffer_free) struct buffer manifest = {0};

    write_manifest(import, &manifest);
    return command_import_print(import->call, import->output, buffer_text(&manifest),
                                import->history.count, import->layout->name);
}

struct error *command_import(struct call *call)
{
    if (text_equal(call->arguments[0], TEXT("alembic")))
        return command_import_alembic(call);
    CLEANUP(import_close)
    struct import import = {
        .call = call,
        .options = {.root = -1, .is_import = true},
        .output = cli_value(call, "output"),
    };
    struct text root = {0};

    if (text_equal(import.output, TEXT("-")))
        import.output = (struct text){0};
    struct error *error = find_layout(&import);
    if (!error)
        error = find_dialects(&import);
    if (!error && !import.output.bytes && cli_has(call, "force"))
        error = cli_usage(call, "'--force' goes with '--output'");
    if (!error)
        error = command_import_check_free(call, import.output);
    if (!error)
        error = commands_check_project(call);
    if (!error)
        error = open_root(&import, &root);
    if (!error)
        error = find_places(&import, root);
    if (!error)
        error = layout_read(call->arena, import.layout, &import.options, &import.history);
    if (error)
        return error;
    import.project = commands_project(call, root);
    layout_measure(call->arena, import.layout, &import.options, &import.history);
    commands_warn(call, import.history.warnings);
    error = errors_sorted(&import.history.faults);
    if (!error)
        error = check_graph(&import);
    return error ? error : print(&import);
}

#include "compiler/alembic_graph.h"
#include "compiler/alembic_render.h"
#include "compiler/commands.h"
#include "runtime/file.h"
#include "runtime/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* An import under way. */
struct import {
    struct call *call;
    struct alembic_tree tree;
    struct manifest manifest; /* revisions at their positions in the tree */
    struct alembic_rendering rendering;
    bool has_down;       /* downgrades were rendered, too */
    struct text output;  /* absent for standard output */
    struct text scripts; /* the folder 'sql' beside the manifest */
    struct text project;
};

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* The command line. */

static bool wants_sql(const struct call *call)
{
    return cli_has(call, "render") || cli_has(call, "sql");
}

static struct error *check_call(struct call *call)
{
    struct text dialect = cli_value(call, "dialect");
    size_t dialects = 0;
    enum dialect found;

    for (size_t i = 0; i < call->option_count; i++)
        dialects += text_equal(text_from(call->options[i].option->name), TEXT("dialect"));
    if (call->argument_count > 2)
        return cli_usage(call, "alembic has one folder");
    if (dialects > 1)
        return cli_usage(call, "Alembic renders one dialect at a time");
    if (dialect.bytes && !dialect_find(dialect, &found))
        return cli_usage(call, "'--dialect' is postgresql or sqlite");
    if (cli_has(call, "render") && cli_has(call, "sql"))
        return cli_usage(call, "'--render' and '--sql' exclude each other");
    if (cli_has(call, "down-sql") && !cli_has(call, "sql"))
        return cli_usage(call, "'--down-sql' goes with '--sql'");
    if (cli_has(call, "alembic") && !cli_has(call, "render"))
        return cli_usage(call, "'--alembic' goes with '--render'");
    if (cli_has(call, "json") && wants_sql(call))
        return cli_usage(call, "'--json' goes without '--render' and '--sql'");
    if (cli_has(call, "output") && !wants_sql(call))
        return error_hint(call->arena, cli_usage(call, "revisions of Alembic are no SQL"),
                          "'--render' has Alembic write it; '--sql' takes what it has written.");
    return commands_check_project(call);
}

/* Findings. */

/* All of them, as they stand in the files. */
static void show_findings(const struct import *import)
{
    struct report *report = import->call->report;

    for (struct finding *finding = import->tree.findings.first; finding; finding = finding->next) {
        finding->error->next = NULL;
        if (finding->severity == FINDING_FAULT)
            report_error(report, finding->error);
        else
            report_finding(report, "warning", finding->error);
    }
}

/* returns  NULL where no fault was found */
static struct error *refuse_faults(const struct import *import)
{
    const struct findings *findings = &import->tree.findings;
    size_t faults = findings->fault_count, warnings = findings->count - faults;

    if (!faults)
        return NULL;
    struct error *error = error_plain(
        import->call->arena, ERROR_INPUT, "%zu fault%s and %zu warning%s in %zu revision%s", faults,
        plural(faults), warnings, plural(warnings), import->tree.count, plural(import->tree.count));
    if (import->tree.has_more)
        error_hint(import->call->arena, error, "There may be more: correct these, and look again.");
    return error;
}

struct counts {
    size_t roots, heads, merges;
};

static struct counts count(const struct manifest *manifest)
{
    struct counts counts = {0};

    for (size_t i = 0; i < manifest->count; i++) {
        counts.roots += manifest->revisions[i].parent_count == 0;
        counts.heads += manifest->revisions[i].child_count == 0;
        counts.merges += manifest->revisions[i].parent_count > 1;
    }
    return counts;
}

static void show_summary(const struct import *import)
{
    struct counts counts = count(&import->manifest);

    report_line(import->call->report,
                "alembic: %zu revision%s, %zu root%s, %zu head%s, %zu merge%s", import->tree.count,
                plural(import->tree.count), counts.roots, plural(counts.roots), counts.heads,
                plural(counts.heads), counts.merges, plural(counts.merges));
    report_note(import->call->report,
                "Its SQL: 'sqlferry import alembic %.*s --render -o ferry.yaml' runs Alembic; "
                "'--sql FILE' takes what it rendered elsewhere",
                TEXT_ARGS(import->call->arguments[1]));
}

static void write_finding(struct json *json, const struct finding *finding)
{
    const struct error *error = finding->error;

    json_open(json, NULL, '{');
    json_text(json, "name", text_from(finding->name));
    json_text(json, "severity",
              finding->severity == FINDING_FAULT ? TEXT("error") : TEXT("warning"));
    if (error->span.source) {
        struct place place = span_place(error->span);

        json_text(json, "file", error->span.source->name);
        json_number(json, "line", place.line);
        json_number(json, "column", place.column);
    }
    json_text(json, "message", error->message);
    if (error->hint.size)
        json_text(json, "hint", error->hint);
    json_open(json, "notes", '[');
    for (const struct note *note = error->notes; note; note = note->next)
        json_text(json, NULL, note->message);
    json_close(json, ']');
    json_close(json, '}');
}

static void print_json(const struct import *import)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    const struct findings *findings = &import->tree.findings;
    struct counts counts = count(&import->manifest);

    json_open(&json, NULL, '{');
    json_number(&json, "revision_count", import->tree.count);
    json_number(&json, "root_count", counts.roots);
    json_number(&json, "head_count", counts.heads);
    json_number(&json, "merge_count", counts.merges);
    json_number(&json, "error_count", findings->fault_count);
    json_number(&json, "warning_count", findings->count - findings->fault_count);
    json_open(&json, "findings", '[');
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        write_finding(&json, finding);
    json_close(&json, ']');
    json_close(&json, '}');
    report_line(import->call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

/* SQL. */

static struct error *take_file(struct import *import, struct text path, enum script_kind kind)
{
    struct arena *arena = import->call->arena;
    struct source *source = arena_one(arena, struct source);
    struct error *error =
        file_read(arena, AT_FDCWD, path.bytes, ALEMBIC_SQL_SIZE_MAX, &source->text);

    source->name = path;
    if (error)
        return error;
    return alembic_render_take(arena, &import->tree, source, kind, &import->rendering);
}

static struct error *take_files(struct import *import)
{
    const struct call *call = import->call;
    struct error *error = take_file(import, cli_value(call, "sql"), SCRIPT_UP);

    for (size_t i = 0; !error && i < call->option_count; i++)
        if (text_equal(text_from(call->options[i].option->name), TEXT("down-sql")))
            error = take_file(import, call->options[i].value, SCRIPT_DOWN);
    return error;
}

static struct error *run_alembic(struct import *import)
{
    struct arena *arena = import->call->arena;
    struct text program = cli_value(import->call, "alembic");
    const char *path;
    struct error *error = alembic_run_find(arena, program.bytes ? program : TEXT("alembic"), &path);

    for (enum script_kind kind = SCRIPT_UP; !error && kind <= SCRIPT_DOWN; kind++)
        error = alembic_render_run(arena, &import->tree, &import->manifest, path, kind,
                                   &import->rendering);
    return error;
}

static struct error *get_sql(struct import *import)
{
    struct call *call = import->call;
    struct text name = cli_value(call, "dialect");
    enum dialect wanted = DIALECT_POSTGRESQL;

    if (name.bytes && dialect_find(name, &wanted)) {
        import->tree.dialect = wanted;
        import->tree.has_dialect = true;
    }
    alembic_render_begin(call->arena, &import->tree, &import->rendering);
    import->has_down = cli_has(call, "render") || cli_has(call, "down-sql");
    struct error *error = cli_has(call, "render") ? run_alembic(import) : take_files(import);
    if (error)
        return error;
    if (!import->tree.has_dialect)
        return error_hint(call->arena, cli_usage(call, "for which database this is, nobody says"),
                          "Say '--dialect postgresql' or '--dialect sqlite'.");
    if (name.bytes && import->tree.dialect != wanted)
        return cli_usage(call, "Alembic rendered for %s, not for %.*s",
                         dialect_name(import->tree.dialect).bytes, TEXT_ARGS(name));
    return NULL;
}

/* Files. */

static struct text path_of(const struct import *import, size_t position, enum script_kind kind)
{
    return arena_format(import->call->arena, "%.*s/%.*s.%s.sql", TEXT_ARGS(import->scripts),
                        TEXT_ARGS(import->tree.revisions[position].id.text),
                        kind == SCRIPT_UP ? "up" : "down");
}

static bool exists(struct text path)
{
    struct stat status;

    return lstat(path.bytes, &status) == 0;
}

/* Whether the manifest is to name a file for it; one that Alembic could not write may be there. */
static bool has_script(const struct import *import, size_t position, enum script_kind kind)
{
    return import->rendering.scripts[kind][position].state == ALEMBIC_RENDERED ||
           exists(path_of(import, position, kind));
}

static void refuse_missing(struct import *import, size_t position, enum script_kind kind)
{
    struct arena *arena = import->call->arena;
    const struct alembic_revision *revision = &import->tree.revisions[position];
    const struct alembic_script *script = &import->rendering.scripts[kind][position];
    const struct alembic_failure *failure = &script->failure;
    struct text path = path_of(import, position, kind);
    struct span span = failure->revision == revision ? failure->span : revision->id.span;
    const char *what = kind == SCRIPT_UP ? "upgrade" : "downgrade";
    struct error *error;

    if (script->state == ALEMBIC_FAILED)
        error = layout_alembic_refuse(arena, &import->tree, "not-rendered", span,
                                      "the %s of '%.*s' cannot be rendered offline: %.*s", what,
                                      TEXT_ARGS(revision->id.text), TEXT_ARGS(failure->message));
    else if (cli_has(import->call, "render"))
        error =
            layout_alembic_refuse(arena, &import->tree, "not-rendered", span,
                                  "the %s of '%.*s' was not tried: several that fail are before it",
                                  what, TEXT_ARGS(revision->id.text));
    else
        error = layout_alembic_refuse(arena, &import->tree, "not-rendered", span,
                                      "the %s of '%.*s' is not in the SQL", what,
                                      TEXT_ARGS(revision->id.text));
    if (failure->revision && failure->revision != revision)
        error_note(arena, error, failure->span, "the call is here");
    error_hint(arena, error, "Write its SQL into '%.*s', and import again: that file is then used.",
               TEXT_ARGS(path));
}

/* One that somebody has written for Alembic. */
static void warn_of_file(struct import *import, size_t position, enum script_kind kind)
{
    const struct alembic_revision *revision = &import->tree.revisions[position];

    layout_alembic_warn(import->call->arena, &import->tree, "by-hand", revision->id.span,
                        "the %s of '%.*s' is '%s' as it is, for Alembic did not render it",
                        kind == SCRIPT_UP ? "upgrade" : "downgrade", TEXT_ARGS(revision->id.text),
                        path_of(import, position, kind).bytes);
}

/* Adds to the findings every revision that has no SQL, or not that of Alembic. */
static void check_scripts(struct import *import)
{
    for (size_t i = 0; i < import->tree.count; i++)
        for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++) {
            const struct alembic_script *script = &import->rendering.scripts[kind][i];

            if (script->state == ALEMBIC_RENDERED)
                continue;
            if (has_script(import, i, kind))
                warn_of_file(import, i, kind);
            else if (script->state != ALEMBIC_NO_WAY && (kind == SCRIPT_UP || import->has_down))
                refuse_missing(import, i, kind);
        }
}

/* The text of a file that is to be written. */
static struct text file_text(const struct import *import, size_t position, enum script_kind kind)
{
    struct text text = import->rendering.scripts[kind][position].text;

    return text.size ? arena_format(import->call->arena, "%.*s\n", TEXT_ARGS(text)) : TEXT("");
}

/* returns  NULL, or an error where a file is there that would change */
static struct error *check_file(const struct import *import, size_t position, enum script_kind kind,
                                bool *is_there)
{
    struct arena *arena = import->call->arena;
    struct text path = path_of(import, position, kind), text;

    *is_there = false;
    if (!exists(path))
        return NULL;
    struct error *error = file_read(arena, AT_FDCWD, path.bytes, SCRIPT_SIZE_MAX, &text);
    if (error)
        return error;
    *is_there = text_equal(text, file_text(import, position, kind));
    if (*is_there || cli_has(import->call, "force"))
        return NULL;
    return error_hint(
        arena,
        error_plain(arena, ERROR_INPUT, "'%.*s' already exists, and is another", TEXT_ARGS(path)),
        "If no host has applied it yet, '--force' replaces it.");
}

static struct error *save_scripts(struct import *import)
{
    struct arena *arena = import->call->arena;
    bool force = cli_has(import->call, "force");
    struct error *error = NULL;

    /* First all are looked at, then all are written. */
    for (int round = 0; round < 2; round++) {
        if (round == 1 && mkdir(import->scripts.bytes, 0777) < 0 && errno != EEXIST)
            return error_system(arena, "cannot make the folder '%.*s'", TEXT_ARGS(import->scripts));
        for (size_t i = 0; i < import->tree.count; i++)
            for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++) {
                bool is_there;

                if (import->rendering.scripts[kind][i].state != ALEMBIC_RENDERED)
                    continue;
                error = check_file(import, i, kind, &is_there);
                if (!error && !is_there && round == 1)
                    error = file_save(arena, path_of(import, i, kind), 0666, force,
                                      file_text(import, i, kind));
                if (error)
                    return error;
            }
    }
    return NULL;
}

/* The manifest. */

static void write_references(const struct import *import, struct buffer *to, const char *key,
                             const struct reference *list, size_t count)
{
    buffer_format(to, "%s: [", key);
    for (size_t i = 0; i < count; i++) {
        struct text id = command_import_scalar(import->call->arena, list[i].id);

        buffer_format(to, "%s%.*s", i ? ", " : "", TEXT_ARGS(id));
    }
    buffer_add(to, TEXT("]\n"));
}

static void write_script(const struct import *import, struct buffer *to, size_t position,
                         enum script_kind kind)
{
    const char *key = kind == SCRIPT_UP ? "up" : "down";
    struct text id = import->tree.revisions[position].id.text;

    if (has_script(import, position, kind))
        buffer_format(to, "    %s: sql/%.*s.%s.sql\n", key, TEXT_ARGS(id), key);
    else if (import->rendering.scripts[kind][position].state == ALEMBIC_NO_WAY)
        buffer_format(to, "    %s: none\n", key);
}

static void write_revision(const struct import *import, struct buffer *to, size_t position)
{
    const struct revision *revision = &import->manifest.revisions[position];
    struct arena *arena = import->call->arena;
    struct text id = command_import_scalar(arena, revision->id);
    struct text title = command_import_scalar(arena, revision->title);
    bool is_outside = !revision->transactional;

    buffer_format(to, "  - id: %.*s\n", TEXT_ARGS(id));
    if (revision->title.size)
        buffer_format(to, "    title: %.*s\n", TEXT_ARGS(title));
    write_references(import, to, "    parents", revision->parents, revision->parent_count);
    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++) {
        write_script(import, to, position, kind);
        is_outside |= import->rendering.scripts[kind][position].is_outside;
    }
    if (is_outside)
        buffer_add(to, TEXT("    transaction: none\n"));
}

/* In the order in which Alembic applies them, as far as it was seen. */
static void write_revisions(struct import *import, struct buffer *to)
{
    const struct alembic_rendering *rendering = &import->rendering;
    struct order order;

    if (rendering->order_count == import->tree.count) {
        for (size_t i = 0; i < rendering->order_count; i++)
            write_revision(import, to, rendering->order[i]);
        return;
    }
    order_linearize(import->call->arena, &import->manifest, &order);
    for (size_t i = 0; i < order.count; i++)
        write_revision(import, to, order.steps[i]->position);
}

static struct error *save_manifest(struct import *import)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    const struct manifest *manifest = &import->manifest;
    struct text project = command_import_scalar(import->call->arena, import->project);
    struct text dialect = dialect_name(import->tree.dialect);

    buffer_format(&buffer, "# Written by sqlferry import alembic; yours to edit.\n");
    buffer_format(&buffer, "ferry: 1\nproject: %.*s\ndialect: %.*s\n", TEXT_ARGS(project),
                  TEXT_ARGS(dialect));
    if (manifest->root_count)
        write_references(import, &buffer, "roots", manifest->roots, manifest->root_count);
    if (manifest->head_count)
        write_references(import, &buffer, "heads", manifest->heads, manifest->head_count);
    buffer_add(&buffer, TEXT("revisions:\n"));
    write_revisions(import, &buffer);
    return command_import_print(import->call, import->output, buffer_text(&buffer),
                                import->tree.count, "alembic");
}

static void find_output(struct import *import)
{
    struct call *call = import->call;
    struct text output = cli_value(call, "output");

    import->output = text_equal(output, TEXT("-")) ? (struct text){0} : output;
    struct text folder =
        import->output.bytes ? file_folder(call->arena, import->output) : TEXT(".");
    import->scripts = text_equal(folder, TEXT("."))
                          ? TEXT("sql")
                          : arena_format(call->arena, "%.*s/sql", TEXT_ARGS(folder));
    import->project = commands_project(call, folder);
}

static struct error *save(struct import *import)
{
    find_output(import);
    struct error *error = command_import_check_free(import->call, import->output);
    if (!error)
        error = get_sql(import);
    if (error)
        return error;
    check_scripts(import);
    show_findings(import);
    error = refuse_faults(import);
    if (!error)
        error = save_scripts(import);
    return error ? error : save_manifest(import);
}

struct error *command_import_alembic(struct call *call)
{
    struct import import = {.call = call};
    struct error *error = check_call(call);

    if (!error)
        error = layout_alembic_read(call->arena, call->arguments[1], &import.tree);
    if (error)
        return error;
    alembic_graph_check(call->arena, &import.tree, cli_has(call, "branches"), &import.manifest);
    if (wants_sql(call) && !import.tree.findings.fault_count)
        return save(&import);
    if (cli_has(call, "json"))
        print_json(&import);
    else
        show_findings(&import);
    error = refuse_faults(&import);
    if (!error && !cli_has(call, "json"))
        show_summary(&import);
    return error;
}

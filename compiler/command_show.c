#include "compiler/commands.h"
#include "compiler/sql.h"
#include "runtime/file.h"
#include "runtime/json.h"

#include <fcntl.h>
#include <unistd.h>

const struct option command_show_options[] = {
    {"dialect", "NAME", "show the scripts of this dialect only", 0, false},
    {"sql", NULL, "print the scripts", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct shown_script {
    bool is_read; /* else it is missing, or refused */
    struct text text;
    size_t statement_count;
};

struct showing {
    struct call *call;
    const struct manifest *manifest;
    const struct revision *revision;
    size_t step, step_count; /* from 1 */
    bool dialects[DIALECT_COUNT];
    struct shown_script scripts[DIALECT_COUNT][SCRIPT_KIND_COUNT];
    struct errors errors; /* of scripts */
};

static const struct script_reference *reference_of(const struct showing *showing, size_t dialect,
                                                   size_t kind)
{
    return &showing->revision->scripts[dialect][kind];
}

static struct error *read_text(struct showing *showing, int folder,
                               const struct script_reference *reference, struct text *text)
{
    struct arena *arena = showing->call->arena;
    CLEANUP(file_close) int fd = -1;
    uint64_t size;
    struct error *error = file_open_inside(arena, folder, reference->path.bytes, &fd, &size);

    if (!error)
        error = file_read_open(arena, fd, reference->path, size, SCRIPT_SIZE_MAX, text);
    if (error)
        error->span = reference->span;
    return error;
}

static struct error *read_script(struct showing *showing, int folder, size_t dialect, size_t kind)
{
    CLEANUP(script_free) struct script script = {0};
    const struct script_reference *reference = reference_of(showing, dialect, kind);
    struct shown_script *shown = &showing->scripts[dialect][kind];
    struct sql_options options = {
        .dialect = (enum dialect)dialect,
        .transactional = showing->revision->transactional || kind == SCRIPT_VERIFY,
        .allowed = showing->revision->allowed,
    };
    struct source *source = arena_one(showing->call->arena, struct source);
    struct error *error = read_text(showing, folder, reference, &shown->text);

    if (error)
        return error;
    *source = (struct source){reference->path, shown->text};
    error = sql_read(showing->call->arena, source, &options, &script);
    if (error)
        return error;
    shown->is_read = true;
    shown->statement_count = script.count;
    return NULL;
}

/* What is refused, or is not there, keeps nothing else from being shown. */
static struct error *read_scripts(struct showing *showing)
{
    const char *path = showing->manifest->folder.bytes;
    CLEANUP(file_close) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        return error_system(showing->call->arena, "cannot open '%s'", path);
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            if (showing->dialects[i] && reference_of(showing, i, kind)->presence == SCRIPT_FILE)
                errors_add(&showing->errors, read_script(showing, folder, i, kind));
    return NULL;
}

/* People. */

static struct text parent_ids(const struct showing *showing)
{
    const struct revision *revision = showing->revision;
    CLEANUP(buffer_free) struct buffer list = {0};

    for (size_t i = 0; i < revision->parent_count; i++)
        buffer_format(&list, "%s%.*s%s", i ? ", " : "", TEXT_ARGS(revision->parents[i].id),
                      revision->parents[i].implied ? " (listed before it)" : "");
    return arena_copy(showing->call->arena, list.size ? buffer_text(&list) : TEXT("none: a root"));
}

static struct text child_ids(const struct showing *showing)
{
    const struct revision *revision = showing->revision;
    CLEANUP(buffer_free) struct buffer list = {0};

    for (size_t i = 0; i < revision->child_count; i++)
        buffer_format(&list, "%s%.*s", i ? ", " : "", TEXT_ARGS(revision->children[i]->id));
    return arena_copy(showing->call->arena, list.size ? buffer_text(&list) : TEXT("none: a head"));
}

static void print_list(const struct showing *showing)
{
    const struct revision *revision = showing->revision;
    CLEANUP(buffer_free) struct buffer list = {0};

    for (size_t i = 0; i < revision->allowance_count; i++)
        buffer_format(&list, "%s%s", i ? ", " : "", lint_rules[revision->allowances[i].rule].id);
    if (list.size)
        report_line(showing->call->report, "allow              %.*s",
                    TEXT_ARGS(buffer_text(&list)));
}

static void print_timeout(const struct showing *showing, const char *name, uint64_t ms)
{
    if (ms)
        report_line(showing->call->report, ms % 1000 ? "%-17s  %llums" : "%-17s  %llus", name,
                    (unsigned long long)(ms % 1000 ? ms : ms / 1000));
}

static void print_script(const struct showing *showing, size_t dialect, size_t kind)
{
    struct report *report = showing->call->report;
    const struct script_reference *reference = reference_of(showing, dialect, kind);
    const struct shown_script *shown = &showing->scripts[dialect][kind];
    const char *name = dialect_name((enum dialect)dialect).bytes;
    const char *kind_name = script_kind_name((enum script_kind)kind);

    if (reference->presence == SCRIPT_NONE)
        report_line(report, "%-10s %-6s  none: it cannot be undone", name, kind_name);
    else if (reference->presence == SCRIPT_FILE && !shown->is_read)
        report_line(report, "%-10s %-6s  %.*s, refused", name, kind_name,
                    TEXT_ARGS(reference->path));
    else if (reference->presence == SCRIPT_FILE)
        report_line(report, "%-10s %-6s  %.*s, %zu byte%s, %zu statement%s", name, kind_name,
                    TEXT_ARGS(reference->path), shown->text.size, shown->text.size == 1 ? "" : "s",
                    shown->statement_count, shown->statement_count == 1 ? "" : "s");
}

static void print_people(const struct showing *showing)
{
    struct report *report = showing->call->report;
    const struct revision *revision = showing->revision;

    report_line(report, "revision           %.*s", TEXT_ARGS(revision->id));
    if (revision->title.size)
        report_line(report, "title              %.*s", TEXT_ARGS(revision->title));
    report_line(report, "place              %.*s:%zu", TEXT_ARGS(revision->span.source->name),
                span_place(revision->span).line);
    report_line(report, "order              %zu of %zu", showing->step, showing->step_count);
    report_line(report, "parents            %.*s", TEXT_ARGS(parent_ids(showing)));
    report_line(report, "children           %.*s", TEXT_ARGS(child_ids(showing)));
    report_line(report, "transaction        %s%s%s", revision->transactional ? "single" : "none",
                revision->foreign_keys_off ? ", foreign keys off" : "",
                revision->idempotent ? ", idempotent" : "");
    print_timeout(showing, "lock_timeout", revision->lock_timeout_ms);
    print_timeout(showing, "statement_timeout", revision->statement_timeout_ms);
    print_list(showing);
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        for (size_t kind = 0; showing->dialects[i] && kind < SCRIPT_KIND_COUNT; kind++)
            print_script(showing, i, kind);
}

/* Programs. */

static void add_script_json(const struct showing *showing, struct json *json, size_t dialect,
                            size_t kind)
{
    const struct script_reference *reference = reference_of(showing, dialect, kind);
    const struct shown_script *shown = &showing->scripts[dialect][kind];
    const char *name = script_kind_name((enum script_kind)kind);

    if (reference->presence == SCRIPT_ABSENT) {
        json_null(json, name);
        return;
    }
    json_open(json, name, '{');
    if (reference->presence == SCRIPT_NONE) {
        json_null(json, "path");
    } else {
        json_text(json, "path", reference->path);
        json_bool(json, "refused", !shown->is_read);
    }
    if (shown->is_read) {
        json_number(json, "size", shown->text.size);
        json_number(json, "statements", shown->statement_count);
    }
    json_close(json, '}');
}

static void print_json(const struct showing *showing)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    const struct revision *revision = showing->revision;

    json_open(&json, NULL, '{');
    json_text(&json, "id", revision->id);
    json_text(&json, "title", revision->title);
    json_text(&json, "file", revision->span.source->name);
    json_number(&json, "line", span_place(revision->span).line);
    json_number(&json, "step", showing->step);
    json_number(&json, "step_count", showing->step_count);
    json_open(&json, "parents", '[');
    for (size_t i = 0; i < revision->parent_count; i++)
        json_text(&json, NULL, revision->parents[i].id);
    json_close(&json, ']');
    json_open(&json, "children", '[');
    for (size_t i = 0; i < revision->child_count; i++)
        json_text(&json, NULL, revision->children[i]->id);
    json_close(&json, ']');
    json_bool(&json, "transactional", revision->transactional);
    json_bool(&json, "foreign_keys_off", revision->foreign_keys_off);
    json_bool(&json, "idempotent", revision->idempotent);
    json_number(&json, "lock_timeout_ms", revision->lock_timeout_ms);
    json_number(&json, "statement_timeout_ms", revision->statement_timeout_ms);
    json_open(&json, "allow", '[');
    for (size_t i = 0; i < revision->allowance_count; i++)
        json_text(&json, NULL, text_from(lint_rules[revision->allowances[i].rule].id));
    json_close(&json, ']');
    json_open(&json, "scripts", '{');
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        if (!showing->dialects[i])
            continue;
        json_open(&json, dialect_name((enum dialect)i).bytes, '{');
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            add_script_json(showing, &json, i, kind);
        json_close(&json, '}');
    }
    json_close(&json, '}');
    json_close(&json, '}');
    report_line(showing->call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

/* SQL. */

/* The dialects that share a script, or "". */
static struct text dialects_of(const struct showing *showing, size_t dialect, size_t kind)
{
    struct text names = TEXT("");

    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        const struct script_reference *other = reference_of(showing, i, kind);

        if (!showing->dialects[i] || other->presence != SCRIPT_FILE ||
            !text_equal(other->path, reference_of(showing, dialect, kind)->path))
            continue;
        if (i < dialect) /* it was printed there */
            return TEXT("");
        names = arena_format(showing->call->arena, "%.*s%s%.*s", TEXT_ARGS(names),
                             names.size ? ", " : "", TEXT_ARGS(dialect_name((enum dialect)i)));
    }
    return names;
}

/* Each file once, as it is on disk, behind a comment that names it. */
static void print_sql(const struct showing *showing)
{
    struct report *report = showing->call->report;

    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
        for (size_t i = 0; i < DIALECT_COUNT; i++) {
            struct text names = dialects_of(showing, i, kind);
            struct text text = showing->scripts[i][kind].text;

            if (!showing->dialects[i] || names.size == 0 || !text.bytes) /* it is missing */
                continue;
            report_line(report, "-- %s of revision %.*s (%.*s): %.*s",
                        script_kind_name((enum script_kind)kind), TEXT_ARGS(showing->revision->id),
                        TEXT_ARGS(names), TEXT_ARGS(reference_of(showing, i, kind)->path));
            report_bytes(report, text);
            if (text.size && !text_ends(text, TEXT("\n")))
                report_bytes(report, TEXT("\n"));
        }
    }
}

static void find_step(struct showing *showing)
{
    struct order order;

    order_linearize(showing->call->arena, showing->manifest, &order);
    while (order.steps[showing->step] != showing->revision)
        showing->step++;
    showing->step++;
    showing->step_count = order.count;
}

struct error *command_show(struct call *call)
{
    struct text path = call->argument_count > 1 ? call->arguments[1] : TEXT("ferry.yaml");
    struct manifest manifest;
    struct revision *revision;
    struct showing showing = {.call = call, .manifest = &manifest};

    if (cli_has(call, "sql") && cli_has(call, "json"))
        return cli_usage(call, "give one of --sql and --json");
    struct error *error = commands_load_any_heads(call, path, &manifest);
    if (!error)
        error = graph_match(call->arena, &manifest, call->arguments[0], &revision);
    if (!error)
        error = commands_dialects(call, &manifest, showing.dialects);
    if (error)
        return error;
    showing.revision = revision;
    find_step(&showing);
    error = read_scripts(&showing);
    if (error)
        return error;
    if (cli_has(call, "sql"))
        print_sql(&showing);
    else if (cli_has(call, "json"))
        print_json(&showing);
    else
        print_people(&showing);
    return showing.errors.first;
}

#include "compiler/commands.h"
#include "compiler/fields.h"
#include "compiler/view.h"

const struct option command_inspect_options[] = {
    VIEW_TRUST_OPTIONS,
    {"index", NULL, "print the index", 0, false},
    {"sql", NULL, "print the scripts, of all revisions or of ID", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

static void print_bundle(const struct view *view)
{
    struct report *report = view->call->report;
    struct arena *arena = view->call->arena;
    struct field fields[BUNDLE_FIELD_COUNT];
    const char *mark = view_label(view);

    report_line(report, "%sbundle     %s", mark, digest_hex(arena, &view->container->digest).bytes);
    report_line(report, "%sshort      %s", mark,
                digest_short(arena, &view->container->digest).bytes);
    fields_of_bundle(view->index, fields);
    for (size_t i = 0; i < BUNDLE_FIELD_COUNT; i++)
        report_line(report, "%s%-10s %.*s", mark, fields[i].label,
                    TEXT_ARGS(fields_text(arena, &fields[i])));
    report_line(report, "%schunks     %zu, %llu bytes in the file", mark, view->index->chunk_count,
                (unsigned long long)view->container->size);
}

static void print_signatures(const struct view *view)
{
    struct signer signers[SIGNATURES_MAX];
    struct call *call = view->call;

    if (view->verdicts) {
        verify_print_signatures(call, view->verdicts);
        return;
    }
    size_t count = view_signers(view, signers);
    if (count == 0)
        report_line(call->report, "%ssignature  none", view_label(view));
    for (size_t i = 0; i < count; i++) {
        if (signers[i].is_readable)
            report_line(call->report, "%ssignature  claims to be by %.*s", view_label(view),
                        TEXT_ARGS(minisign_key_number(call->arena, signers[i].number)));
        else
            report_line(call->report, "%ssignature  malformed", view_label(view));
    }
}

static const char *foreign_keys_note(const struct index_step *step)
{
    bool up = step->scripts[SCRIPT_UP].foreign_keys_off;
    bool down = step->scripts[SCRIPT_DOWN].foreign_keys_off;

    return up && down ? ", foreign keys off"
           : up       ? ", foreign keys off for up"
           : down     ? ", foreign keys off for down"
                      : "";
}

static void print_step(const struct view *view, size_t position)
{
    const struct index_step *step = &view->index->steps[position];
    CLEANUP(buffer_free) struct buffer scripts = {0};

    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
        const struct index_script *script = &step->scripts[kind];

        if (script->presence == SCRIPT_FILE)
            buffer_format(&scripts, " %s %llu", script_kind_name((enum script_kind)kind),
                          (unsigned long long)script->size);
        else if (script->presence == SCRIPT_NONE)
            buffer_format(&scripts, " no-%s", script_kind_name((enum script_kind)kind));
    }
    report_line(view->call->report, "%s%5zu  %.*s%s%.*s [%.*s%s%s%s]", view_label(view),
                position + 1, TEXT_ARGS(step->id), step->title.size ? "  " : "",
                TEXT_ARGS(step->title), TEXT_ARGS(text_trim(buffer_text(&scripts))),
                step->transactional ? "" : ", no transaction", foreign_keys_note(step),
                step->idempotent ? ", idempotent" : "");
}

static void print_people(const struct view *view)
{
    print_bundle(view);
    print_signatures(view);
    report_line(view->call->report, "%srevisions  %zu", view_label(view), view->index->step_count);
    for (size_t i = 0; i < view->index->step_count; i++)
        print_step(view, i);
}

static void add_step_json(const struct view *view, struct json *json, const struct index_step *step)
{
    json_open(json, NULL, '{');
    json_text(json, "id", step->id);
    json_text(json, "title", step->title);
    json_open(json, "parents", '[');
    for (size_t i = 0; i < step->parent_count; i++)
        json_text(json, NULL, step->parents[i]);
    json_close(json, ']');
    json_bool(json, "transactional", step->transactional);
    json_bool(json, "idempotent", step->idempotent);
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
        const struct index_script *script = &step->scripts[kind];

        if (script->presence != SCRIPT_FILE) {
            json_null(json, script_kind_name((enum script_kind)kind));
            continue;
        }
        json_open(json, script_kind_name((enum script_kind)kind), '{');
        json_text(json, "path", script->path);
        json_number(json, "size", script->size);
        json_text(json, "digest", digest_hex(view->call->arena, &script->digest));
        json_text(json, "source_digest", digest_hex(view->call->arena, &script->source));
        if (kind != SCRIPT_VERIFY)
            json_bool(json, "foreign_keys_off", script->foreign_keys_off);
        json_close(json, '}');
    }
    if (index_has_schemas(view->index))
        json_text(json, "schema", digest_hex(view->call->arena, &step->schema));
    else
        json_null(json, "schema");
    json_close(json, '}');
}

static void print_json(const struct view *view)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct arena *arena = view->call->arena;
    const struct index *index = view->index;
    struct field fields[BUNDLE_FIELD_COUNT];

    json_open(&json, NULL, '{');
    json_bool(&json, "verified", view->verdicts != NULL);
    json_text(&json, "bundle", digest_hex(arena, &view->container->digest));
    json_text(&json, "short", digest_short(arena, &view->container->digest));
    fields_of_bundle(index, fields);
    for (size_t i = 0; i < BUNDLE_FIELD_COUNT; i++)
        fields_json(arena, &json, fields[i].key, &fields[i]);
    json_number(&json, "signature_count", view->container->signature_count);
    json_number(&json, "chunks", index->chunk_count);
    json_open(&json, "revisions", '[');
    for (size_t i = 0; i < index->step_count; i++)
        add_step_json(view, &json, &index->steps[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    report_line(view->call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

static struct error *print_script(const struct view *view, const struct index_step *step,
                                  enum script_kind kind)
{
    struct arena *arena = view->call->arena;
    struct text text;

    if (step->scripts[kind].presence != SCRIPT_FILE)
        return NULL;
    struct error *error = payload_script(arena, view->payload, step, kind, &text);
    if (error)
        return error;
    view_text(view, "-- ", index_heading(arena, step, kind));
    view_text(view, "-- ", text);
    return NULL;
}

/* Of one revision all its scripts; of a whole bundle what an upgrade runs. */
static struct error *print_sql(const struct view *view)
{
    struct call *call = view->call;
    struct error *error = NULL;
    bool found = false, all = call->argument_count == 1;

    for (size_t i = 0; !error && i < view->index->step_count; i++) {
        const struct index_step *step = &view->index->steps[i];

        if (!all && !text_equal(step->id, call->arguments[1]))
            continue;
        found = true;
        for (size_t kind = 0; !error && kind < (all ? 1 : SCRIPT_KIND_COUNT); kind++)
            error = print_script(view, step, (enum script_kind)kind);
    }
    if (!error && !found)
        error = error_plain(call->arena, ERROR_INPUT, "the bundle has no revision '%.*s'",
                            TEXT_ARGS(call->arguments[1]));
    return error;
}

static struct error *print(const struct view *view)
{
    struct call *call = view->call;

    if (cli_has(call, "index"))
        view_text(view, "", view->container->index);
    else if (cli_has(call, "sql"))
        return print_sql(view);
    else if (cli_has(call, "json"))
        print_json(view);
    else
        print_people(view);
    return NULL;
}

struct error *command_inspect(struct call *call)
{
    CLEANUP(view_close) struct view view = {0};
    const struct trust *trust;
    struct error *error;
    int ways = cli_has(call, "index") + cli_has(call, "sql") + cli_has(call, "json");

    if (ways > 1)
        return cli_usage(call, "give one of --index, --sql and --json");
    if (call->argument_count > 1 && !cli_has(call, "sql"))
        return cli_usage(call, "a revision is shown with --sql");
    error = view_trust(call, &trust);
    if (!error)
        error = view_open(call, call->arguments[0], trust, true, &view);
    return error ? error : print(&view);
}

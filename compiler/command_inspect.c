#include "compiler/commands.h"
#include "runtime/json.h"
#include "runtime/verify.h"

const struct option command_inspect_options[] = {
    {"key", "FILE.pub", "verify with this public key first", 'k', false},
    {"trust", "FILE", "verify with this trust file first", 0, false},
    {"allow-expired", NULL, "with --key or --trust: accept a bundle that has expired", 0, false},
    {"index", NULL, "print the index", 0, false},
    {"sql", NULL, "print the scripts, of all revisions or of ID", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct view {
    struct call *call;
    const struct container *container;
    const struct index *index;
    struct payload *payload;
    const struct verdicts *verdicts; /* NULL where nobody verified the bundle */
};

/* Every line says whether what it tells has been verified. */
static const char *label(const struct view *view)
{
    return view->verdicts ? "" : "unverified: ";
}

static void print_extensions(const struct view *view)
{
    const struct index *index = view->index;
    CLEANUP(buffer_free) struct buffer names = {0};

    for (size_t i = 0; i < index->extension_count; i++)
        buffer_format(&names, " %.*s", TEXT_ARGS(index->extensions[i]));
    if (index->extension_count == 0)
        buffer_add(&names, TEXT(" none"));
    report_line(view->call->report, "%sextensions%.*s", label(view),
                TEXT_ARGS(buffer_text(&names)));
}

static void print_head(const struct view *view)
{
    struct report *report = view->call->report;
    struct arena *arena = view->call->arena;
    const struct index *index = view->index;
    const char *mark = label(view);

    report_line(report, "%sbundle     %s", mark, digest_hex(arena, &view->container->digest).bytes);
    report_line(report, "%sshort      %s", mark,
                digest_short(arena, &view->container->digest).bytes);
    report_line(report, "%sproject    %.*s", mark, TEXT_ARGS(index->project));
    report_line(report, "%sdialect    %.*s%s%.*s", mark, TEXT_ARGS(dialect_name(index->dialect)),
                index->server_version.size ? ", at least " : "", TEXT_ARGS(index->server_version));
    print_extensions(view);
    report_line(report, "%salembic    %s", mark,
                index->alembic_keep ? "kept in step" : "left alone");
    report_line(report, "%stargets    %.*s", mark, TEXT_ARGS(verify_targets(arena, index)));
    if (index_has_schemas(index))
        report_line(report, "%sschemas    taken on %.*s %llu", mark,
                    TEXT_ARGS(dialect_name(index->dialect)),
                    (unsigned long long)index->schema_major);
    else
        report_line(report, "%sschemas    none", mark);
    report_line(report, "%srelease    %.*s", mark, TEXT_ARGS(index->release));
    report_line(report, "%ssequence   %llu", mark, (unsigned long long)index->sequence);
    report_line(report, "%screated    %s by %.*s", mark, index_time(arena, index->created).bytes,
                TEXT_ARGS(index->tool));
    report_line(report, "%sexpires    %s", mark,
                index->not_after ? index_time(arena, index->not_after).bytes : "never");
    report_line(report, "%schunks     %zu, %llu bytes in the file", mark, index->chunk_count,
                (unsigned long long)view->container->size);
}

static void print_signatures(const struct view *view)
{
    const struct container *container = view->container;
    struct arena *arena = view->call->arena;

    if (view->verdicts) {
        verify_print_signatures(view->call, view->verdicts);
        return;
    }
    if (container->signature_count == 0)
        report_line(view->call->report, "%ssignature  none", label(view));
    for (size_t i = 0; i < container->signature_count; i++) {
        struct signature signature;
        struct error *error = minisign_signature_read(arena, container->signatures[i],
                                                      &container->digest, &signature);
        struct text number = minisign_key_number(arena, signature.number);

        report_line(view->call->report, "%ssignature  %s %.*s", label(view),
                    error ? "malformed" : "claims to be by", error ? 0 : (int)number.size,
                    number.bytes);
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
    report_line(view->call->report, "%s%5zu  %.*s%s%.*s [%.*s%s%s%s]", label(view), position + 1,
                TEXT_ARGS(step->id), step->title.size ? "  " : "", TEXT_ARGS(step->title),
                TEXT_ARGS(text_trim(buffer_text(&scripts))),
                step->transactional ? "" : ", no transaction", foreign_keys_note(step),
                step->idempotent ? ", idempotent" : "");
}

static void print_people(const struct view *view)
{
    print_head(view);
    print_signatures(view);
    report_line(view->call->report, "%srevisions  %zu", label(view), view->index->step_count);
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

    json_open(&json, NULL, '{');
    json_bool(&json, "verified", view->verdicts != NULL);
    json_text(&json, "bundle", digest_hex(arena, &view->container->digest));
    json_text(&json, "short", digest_short(arena, &view->container->digest));
    json_text(&json, "project", index->project);
    json_text(&json, "dialect", dialect_name(index->dialect));
    json_text(&json, "release", index->release);
    json_number(&json, "sequence", index->sequence);
    json_text(&json, "created", index_time(arena, index->created));
    if (index->not_after)
        json_text(&json, "not_after", index_time(arena, index->not_after));
    else
        json_null(&json, "not_after");
    json_text(&json, "server_version", index->server_version);
    json_open(&json, "extensions", '[');
    for (size_t i = 0; i < index->extension_count; i++)
        json_text(&json, NULL, index->extensions[i]);
    json_close(&json, ']');
    json_bool(&json, "alembic_keep", index->alembic_keep);
    json_open(&json, "targets", '[');
    for (size_t i = 0; i < index->target_count; i++)
        json_text(&json, NULL, index->targets[i]);
    json_close(&json, ']');
    if (index_has_schemas(index))
        json_number(&json, "schema_version", index->schema_major);
    else
        json_null(&json, "schema_version");
    json_text(&json, "tool", index->tool);
    json_number(&json, "signature_count", view->container->signature_count);
    json_number(&json, "chunks", index->chunk_count);
    json_open(&json, "revisions", '[');
    for (size_t i = 0; i < index->step_count; i++)
        add_step_json(view, &json, &index->steps[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    report_line(view->call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

/*
 * Verified text as it is. Unverified text a line at a time behind the mark; SQL then stands in
 * comments, so that pasting it somewhere does nothing.
 */
static void print_text(const struct view *view, const char *comment, struct text text)
{
    if (view->verdicts) {
        report_bytes(view->call->report, text);
        if (text.size && text.bytes[text.size - 1] != '\n')
            report_bytes(view->call->report, TEXT("\n"));
        return;
    }
    while (text.size) {
        size_t end = 0;

        while (end < text.size && text.bytes[end] != '\n' && text.bytes[end] != '\r')
            end++;
        report_line(view->call->report, "%s%s%.*s", comment, label(view),
                    TEXT_ARGS(text_slice(text, 0, end)));
        text = text_slice(text, end + 1, text.size);
    }
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
    print_text(view, "-- ", index_heading(arena, step, kind));
    print_text(view, "-- ", text);
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
        print_text(view, "", view->container->index);
    else if (cli_has(call, "sql"))
        return print_sql(view);
    else if (cli_has(call, "json"))
        print_json(view);
    else
        print_people(view);
    return NULL;
}

static struct error *inspect_verified(struct call *call)
{
    CLEANUP(bundle_close) struct bundle bundle = {0};
    struct trust trust;
    struct error *error = verify_trust(call, &trust);

    if (!error)
        error = verify_bundle(call, call->arguments[0], &trust, &bundle);
    if (error)
        return error;
    struct view view = {call, bundle.container, bundle.index, &bundle.payload, &bundle.verdicts};
    return print(&view);
}

static struct error *inspect_unverified(struct call *call)
{
    CLEANUP(container_close) struct container container = {.fd = -1};
    CLEANUP(payload_close) struct payload payload = {0};
    struct source *source = arena_one(call->arena, struct source);
    struct index index;
    struct error *error = container_open(call->arena, call->arguments[0], &container);

    if (error)
        return error;
    *source = (struct source){arena_format(call->arena, "%.*s (index)", TEXT_ARGS(container.path)),
                              container.index};
    error = index_read(call->arena, source, &index);
    if (!error)
        error = payload_open(call->arena, &container, &index, &payload);
    if (error)
        return error;
    struct view view = {call, &container, &index, &payload, NULL};
    return print(&view);
}

struct error *command_inspect(struct call *call)
{
    int ways = cli_has(call, "index") + cli_has(call, "sql") + cli_has(call, "json");

    if (ways > 1)
        return cli_usage(call, "give one of --index, --sql and --json");
    if (call->argument_count > 1 && !cli_has(call, "sql"))
        return cli_usage(call, "a revision is shown with --sql");
    if (cli_has(call, "key") || cli_has(call, "trust"))
        return inspect_verified(call);
    if (cli_has(call, "allow-expired"))
        return cli_usage(call, "'--allow-expired' goes with --key or --trust");
    return inspect_unverified(call);
}

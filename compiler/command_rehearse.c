#include "compiler/checkpoint.h"
#include "compiler/commands.h"
#include "runtime/json.h"
#include "runtime/sqlite.h"

#include <unistd.h>

const struct option command_rehearse_options[] = {
    {"dialect", "NAME", "rehearse the scripts of this dialect only", 0, false},
    {"db", "TARGET", "PostgreSQL: an empty database (a server of its own)", 0, false},
    {"psql", "PATH", "PostgreSQL: the psql to use (the newest of this host)", 0, false},
    {"no-rows", NULL, "SQLite: on empty tables, without a row in each", 0, false},
    {"checkpoint", "FILE", "SQLite: go on behind what this file says is in order", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

/* What is rehearsed, and what became of it. */
struct show {
    struct call *call;
    const struct manifest *manifest;
    struct order order; /* up to the last revision that is rehearsed */
    size_t first;
    struct json json;
    struct buffer buffer;
    struct errors errors;
};

static void close_show(struct show *show)
{
    buffer_free(&show->buffer);
}

/* A range */

static struct error *find_position(struct show *show, struct text id, size_t otherwise,
                                   size_t *position)
{
    *position = otherwise;
    if (!id.size)
        return NULL;
    for (*position = 0; *position < show->order.count; ++*position)
        if (text_equal(show->order.steps[*position]->id, id))
            return NULL;
    return error_plain(show->call->arena, ERROR_USAGE, "the manifest has no revision '%.*s'",
                       TEXT_ARGS(id));
}

/* ID, A:B, A: or :B; in the order in which they are applied. */
static struct error *choose_range(struct show *show, struct text range)
{
    struct text first = range, last = range;
    size_t end = 0;

    if (text_find_byte(range, ':') < range.size)
        first = text_cut(&last, ':');
    struct error *error = find_position(show, first, 0, &show->first);
    if (!error)
        error = find_position(show, last, show->order.count - 1, &end);
    if (error)
        return error;
    if (end < show->first)
        return cli_usage(show->call, "'%.*s' is applied before '%.*s'", TEXT_ARGS(last),
                         TEXT_ARGS(first));
    show->order.count = end + 1;
    return NULL;
}

/* One argument is a manifest where there is such a file. */
static struct error *read_arguments(struct call *call, struct manifest *manifest, struct show *show)
{
    struct text range = call->argument_count > 1 ? call->arguments[1] : (struct text){0};

    if (call->argument_count == 1 && access(call->arguments[0].bytes, F_OK) < 0 &&
        !text_ends(call->arguments[0], TEXT(".yaml"))) {
        range = call->arguments[0];
        call->argument_count = 0;
    }
    if (range.size && cli_has(call, "checkpoint"))
        return cli_usage(call, "'--checkpoint' begins where the last rehearsal ended: no range");
    struct error *error = commands_load(call, manifest, &show->order);
    return error || !range.size ? error : choose_range(show, range);
}

/* Results */

static const char *severity_name(const struct finding *finding)
{
    return finding->severity == FINDING_FAULT ? "fault" : "note";
}

static void add_json(struct show *show, const struct rehearsal *rehearsal)
{
    struct json *json = &show->json;

    json_open(json, NULL, '{');
    json_text(json, "dialect", dialect_name(rehearsal->options.dialect));
    json_number(json, "revision_count", rehearsal->count - show->first);
    json_number(json, "trip_count", rehearsal->trip_count);
    json_number(json, "kept_count", rehearsal->kept);
    json_open(json, "findings", '[');
    for (const struct finding *each = rehearsal->findings.first; each; each = each->next) {
        json_open(json, NULL, '{');
        json_text(json, "severity", text_from(severity_name(each)));
        json_text(json, "name", text_from(each->name));
        json_text(json, "revision", each->revision);
        json_text(json, "message", each->error->message);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void print(struct show *show, const struct rehearsal *rehearsal)
{
    struct report *report = show->call->report;
    const struct findings *findings = &rehearsal->findings;
    size_t count = rehearsal->count - show->first;

    for (const struct finding *each = findings->first; each; each = each->next)
        report_line(report, "%-7s  %s %.*s: %.*s", severity_name(each), each->name,
                    TEXT_ARGS(each->revision), TEXT_ARGS(each->error->message));
    report_line(report, "%.*s: %zu revision%s%s, %zu round trip%s, %zu fault%s",
                TEXT_ARGS(dialect_name(rehearsal->options.dialect)), count, count == 1 ? "" : "s",
                rehearsal->kept ? arena_format(show->call->arena,
                                               ", %zu of them from the checkpoint", rehearsal->kept)
                                      .bytes
                                : "",
                rehearsal->trip_count, rehearsal->trip_count == 1 ? "" : "s", findings->fault_count,
                findings->fault_count == 1 ? "" : "s");
    if (rehearsal->filled_count < rehearsal->table_count)
        report_note(report,
                    "%zu of %zu tables could not be given a row: it is unknown what would "
                    "fail there.",
                    rehearsal->table_count - rehearsal->filled_count, rehearsal->table_count);
}

/* Running */

static struct error *load_checkpoint(struct show *show, enum dialect dialect,
                                     const struct compiled *compiled, struct digest **digests,
                                     struct checkpoint *checkpoint)
{
    struct text path = cli_value(show->call, "checkpoint");

    if (!path.bytes || dialect != DIALECT_SQLITE)
        return NULL;
    *digests = checkpoint_digests(show->call->arena, compiled->steps, compiled->count);
    return checkpoint_load(show->call->arena, path, *digests, compiled->count, checkpoint);
}

/* Only what was found in order is skipped the next time. */
static struct error *save_checkpoint(struct show *show, struct rehearsal *rehearsal,
                                     const struct digest *digests)
{
    CLEANUP(sqlite_free) struct text image = {0};

    if (!digests || rehearsal->findings.count || rehearsal->count == rehearsal->kept)
        return NULL;
    struct error *error = rehearsal_image(show->call->arena, rehearsal, &image);
    struct checkpoint checkpoint = {rehearsal->count, image};
    return error ? error
                 : checkpoint_save(show->call->arena, cli_value(show->call, "checkpoint"), digests,
                                   &checkpoint);
}

static struct error *rehearse(struct show *show, enum dialect dialect)
{
    CLEANUP(rehearsal_close) struct rehearsal *rehearsal = NULL;
    struct arena *arena = show->call->arena;
    struct compile_options options = {.dialect = dialect, .report = show->call->report};
    struct rehearsal_options chosen = {
        .dialect = dialect,
        .round_trips = true,
        .first = show->first,
        .no_rows = cli_has(show->call, "no-rows"),
        .database = cli_value(show->call, "db"),
        .psql = cli_value(show->call, "psql").bytes,
    };
    struct checkpoint checkpoint = {0};
    struct digest *digests = NULL;
    struct compiled compiled;
    struct error *error = compile_run(arena, show->manifest, &show->order, &options, &compiled);

    if (!error)
        error = load_checkpoint(show, dialect, &compiled, &digests, &checkpoint);
    chosen.kept = checkpoint.count;
    chosen.image = checkpoint.image;
    if (!error)
        error = rehearsal_open(arena, &chosen, &rehearsal);
    if (error)
        return error;
    options.rehearsal = rehearsal;
    error = compile_run(arena, show->manifest, &show->order, &options, &compiled);
    if (!error)
        error = save_checkpoint(show, rehearsal, digests);
    add_json(show, rehearsal);
    if (!cli_has(show->call, "json"))
        print(show, rehearsal);
    errors_add(&show->errors, findings_refuse(&rehearsal->findings));
    return error;
}

struct error *command_rehearse(struct call *call)
{
    CLEANUP(close_show) struct show show = {.call = call};
    bool dialects[DIALECT_COUNT];
    struct manifest manifest;

    show.json.to = &show.buffer;
    show.manifest = &manifest;
    struct error *error = read_arguments(call, &manifest, &show);
    if (!error)
        error = commands_dialects(call, &manifest, dialects);
    if (error)
        return error;
    json_open(&show.json, NULL, '{');
    json_text(&show.json, "project", manifest.project);
    json_open(&show.json, "dialects", '[');
    for (size_t i = 0; !error && i < DIALECT_COUNT; i++)
        if (dialects[i])
            error = rehearse(&show, (enum dialect)i);
    json_close(&show.json, ']');
    json_close(&show.json, '}');
    if (cli_has(call, "json") && !error)
        report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&show.buffer)));
    return error ? error : show.errors.first;
}

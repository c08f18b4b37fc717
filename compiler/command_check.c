#include "compiler/commands.h"
#include "runtime/json.h"

const struct option command_check_options[] = {
    {"dialect", "NAME", "check the scripts of this dialect only", 0, false},
    {"no-rehearsal", NULL, "do not run the SQLite chain in memory", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct counts {
    size_t roots, heads, merges;
};

static struct counts count_graph(const struct order *order)
{
    struct counts counts = {0};

    for (size_t i = 0; i < order->count; i++) {
        counts.roots += order->steps[i]->parent_count == 0;
        counts.heads += order->steps[i]->child_count == 0;
        counts.merges += order->steps[i]->parent_count > 1;
    }
    return counts;
}

static void print(struct call *call, const struct manifest *manifest, const struct order *order,
                  const bool dialects[static DIALECT_COUNT], const struct compiled *compiled)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct counts counts = count_graph(order);
    bool as_json = cli_has(call, "json");

    json_open(&json, NULL, '{');
    json_text(&json, "project", manifest->project);
    json_number(&json, "revision_count", order->count);
    json_number(&json, "root_count", counts.roots);
    json_number(&json, "head_count", counts.heads);
    json_number(&json, "merge_count", counts.merges);
    json_open(&json, "dialects", '[');
    if (!as_json)
        report_line(call->report, "%.*s: %zu revision%s, %zu root%s, %zu head%s, %zu merge%s",
                    TEXT_ARGS(manifest->project), order->count, order->count == 1 ? "" : "s",
                    counts.roots, counts.roots == 1 ? "" : "s", counts.heads,
                    counts.heads == 1 ? "" : "s", counts.merges, counts.merges == 1 ? "" : "s");
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        bool rehearsed = i == DIALECT_SQLITE && !cli_has(call, "no-rehearsal");

        if (!dialects[i])
            continue;
        json_open(&json, NULL, '{');
        json_text(&json, "dialect", dialect_name((enum dialect)i));
        json_number(&json, "script_count", compiled[i].script_count);
        json_number(&json, "statement_count", compiled[i].statement_count);
        json_bool(&json, "rehearsed", rehearsed);
        json_close(&json, '}');
        if (!as_json)
            report_line(call->report, "%.*s: %zu scripts, %zu statements%s",
                        TEXT_ARGS(dialect_name((enum dialect)i)), compiled[i].script_count,
                        compiled[i].statement_count,
                        rehearsed ? ", the whole chain ran in memory" : "");
    }
    json_close(&json, ']');
    json_close(&json, '}');
    if (as_json)
        report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

struct error *command_check(struct call *call)
{
    bool dialects[DIALECT_COUNT];
    struct compiled compiled[DIALECT_COUNT] = {0};
    struct manifest manifest;
    struct order order;
    struct error *error = commands_load(call, &manifest, &order);

    if (!error)
        error = commands_dialects(call, &manifest, dialects);
    for (size_t i = 0; !error && i < DIALECT_COUNT; i++) {
        CLEANUP(rehearsal_close) struct rehearsal *rehearsal = NULL;

        if (!dialects[i])
            continue;
        error = commands_rehearse(call, (enum dialect)i, &rehearsal);
        struct compile_options options = {
            .dialect = (enum dialect)i,
            .rehearsal = rehearsal,
            .report = call->report,
        };
        if (!error)
            error = compile_run(call->arena, &manifest, &order, &options, &compiled[i]);
    }
    if (error)
        return error;
    print(call, &manifest, &order, dialects, compiled);
    return NULL;
}

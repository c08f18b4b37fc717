#include "compiler/commands.h"
#include "runtime/json.h"

const struct option command_heads_options[] = {
    {"verbose", NULL, "show where each stands, and how much it alone needs", 'v', false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

/* By the position of a head: how many revisions it needs and no other head does. */
static size_t *count_alone(struct arena *arena, const struct manifest *manifest,
                           const struct order *order)
{
    size_t *counts = arena_array(arena, size_t, manifest->count);
    const struct revision **owners = arena_array(arena, const struct revision *, manifest->count);

    for (size_t i = order->count; i-- > 0;) {
        const struct revision *revision = order->steps[i], *owner = revision;

        if (revision->child_count)
            owner = owners[revision->children[0]->position];
        for (size_t j = 1; j < revision->child_count; j++)
            if (owners[revision->children[j]->position] != owner)
                owner = NULL;
        owners[revision->position] = owner;
        if (owner)
            counts[owner->position]++;
    }
    return counts;
}

static void print_verbose(struct call *call, const struct revision *head, size_t step,
                          size_t step_count, size_t alone)
{
    CLEANUP(buffer_free) struct buffer parents = {0};

    for (size_t i = 0; i < head->parent_count; i++)
        buffer_format(&parents, "%s%.*s", i ? ", " : "", TEXT_ARGS(head->parents[i].id));
    report_line(call->report, "head     %.*s", TEXT_ARGS(head->id));
    if (head->title.size)
        report_line(call->report, "title    %.*s", TEXT_ARGS(head->title));
    report_line(call->report, "place    %.*s:%zu", TEXT_ARGS(head->span.source->name),
                span_place(head->span).line);
    report_line(call->report, "order    %zu of %zu", step, step_count);
    report_line(call->report, "parents  %.*s",
                TEXT_ARGS(parents.size ? buffer_text(&parents) : TEXT("none: a root")));
    report_line(call->report, "alone    %zu revision%s that no other head needs", alone,
                alone == 1 ? "" : "s");
}

static void add_verbose_json(struct json *json, const struct revision *head, size_t step,
                             size_t alone)
{
    json_text(json, "file", head->span.source->name);
    json_number(json, "line", span_place(head->span).line);
    json_number(json, "step", step);
    json_open(json, "parents", '[');
    for (size_t i = 0; i < head->parent_count; i++)
        json_text(json, NULL, head->parents[i].id);
    json_close(json, ']');
    json_number(json, "alone", alone);
}

static void print_json(struct call *call, const struct order *order, const size_t *alone)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '[');
    for (size_t i = 0; i < order->count; i++) {
        const struct revision *revision = order->steps[i];

        if (revision->child_count)
            continue;
        json_open(&json, NULL, '{');
        json_text(&json, "id", revision->id);
        json_text(&json, "title", revision->title);
        if (alone)
            add_verbose_json(&json, revision, i + 1, alone[revision->position]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

struct error *command_heads(struct call *call)
{
    struct text path = call->argument_count ? call->arguments[0] : TEXT("ferry.yaml");
    struct manifest manifest;
    struct order order;
    bool is_first = true;
    struct error *error = commands_load_any_heads(call, path, &manifest);

    if (error)
        return error;
    order_linearize(call->arena, &manifest, &order);
    const size_t *alone =
        cli_has(call, "verbose") ? count_alone(call->arena, &manifest, &order) : NULL;
    if (cli_has(call, "json")) {
        print_json(call, &order, alone);
        return NULL;
    }
    for (size_t i = 0; i < order.count; i++) {
        const struct revision *revision = order.steps[i];

        if (revision->child_count)
            continue;
        if (!alone) {
            report_line(call->report, "%.*s  %.*s", TEXT_ARGS(revision->id),
                        TEXT_ARGS(revision->title));
            continue;
        }
        if (!is_first)
            report_line(call->report, "%s", "");
        print_verbose(call, revision, i + 1, order.count, alone[revision->position]);
        is_first = false;
    }
    return NULL;
}

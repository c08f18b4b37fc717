#include "compiler/commands.h"
#include "runtime/json.h"

const struct option command_history_options[] = {
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

static struct text parent_list(struct arena *arena, const struct revision *revision)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    for (size_t i = 0; i < revision->parent_count; i++) {
        buffer_add(&buffer, i ? TEXT(", ") : TEXT(""));
        buffer_add(&buffer, revision->parents[i].id);
    }
    return arena_copy(arena, revision->parent_count ? buffer_text(&buffer) : TEXT("root"));
}

static void print_json(struct call *call, const struct order *order)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '[');
    for (size_t i = 0; i < order->count; i++) {
        const struct revision *revision = order->steps[i];

        json_open(&json, NULL, '{');
        json_number(&json, "step", i + 1);
        json_text(&json, "id", revision->id);
        json_text(&json, "title", revision->title);
        json_open(&json, "parents", '[');
        for (size_t j = 0; j < revision->parent_count; j++)
            json_text(&json, NULL, revision->parents[j].id);
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

struct error *command_history(struct call *call)
{
    struct manifest manifest;
    struct order order;
    struct error *error = commands_load(call, &manifest, &order);

    if (error)
        return error;
    if (cli_has(call, "json")) {
        print_json(call, &order);
        return NULL;
    }
    for (size_t i = 0; i < order.count; i++)
        report_line(call->report, "%5zu  %.*s (%.*s)%s%.*s", i + 1, TEXT_ARGS(order.steps[i]->id),
                    TEXT_ARGS(parent_list(call->arena, order.steps[i])),
                    order.steps[i]->title.size ? "  " : "", TEXT_ARGS(order.steps[i]->title));
    return NULL;
}

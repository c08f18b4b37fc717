#include "compiler/commands.h"
#include "runtime/json.h"

const struct option command_heads_options[] = {
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct error *command_heads(struct call *call)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct manifest manifest;
    struct order order;
    struct error *error = commands_load(call, &manifest, &order);

    if (error)
        return error;
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < order.count; i++) {
        const struct revision *revision = order.steps[i];

        if (revision->child_count)
            continue;
        if (!cli_has(call, "json"))
            report_line(call->report, "%.*s  %.*s", TEXT_ARGS(revision->id),
                        TEXT_ARGS(revision->title));
        json_open(&json, NULL, '{');
        json_text(&json, "id", revision->id);
        json_text(&json, "title", revision->title);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    if (cli_has(call, "json"))
        report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
    return NULL;
}

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

/* "A:B", "A:" or ":B". A manifest whose path looks so is written as ./A:B. */
static bool is_range(struct text text)
{
    size_t colon = text_find_byte(text, ':');
    struct text before = text_slice(text, 0, colon),
                behind = text_slice(text, colon + 1, text.size);

    return colon < text.size && text.size > 1 && (before.size == 0 || index_is_id(before)) &&
           (behind.size == 0 || index_is_id(behind));
}

/* By position: the revision and all of its ancestors. */
static bool *mark_ancestors(struct arena *arena, const struct order *order,
                            const struct revision *revision)
{
    bool *marks = arena_array(arena, bool, order->count);

    marks[revision->position] = true;
    for (size_t i = order->count; i-- > 0;)
        for (size_t j = 0; marks[order->steps[i]->position] && j < order->steps[i]->parent_count;
             j++)
            marks[order->steps[i]->parents[j].revision->position] = true;
    return marks;
}

/*
 * Takes out of the order, as NULL, what is outside of a range: it is B and its ancestors, or
 * everything where there is no B, without the ancestors of A.
 */
static struct error *cut(struct call *call, const struct manifest *manifest, struct text range,
                         struct order *order)
{
    struct text from_id = text_cut(&range, ':');
    struct revision *from = NULL, *to = NULL;
    struct error *error = from_id.size ? graph_match(call->arena, manifest, from_id, &from) : NULL;

    if (!error && range.size)
        error = graph_match(call->arena, manifest, range, &to);
    if (error)
        return error;
    const bool *before = from ? mark_ancestors(call->arena, order, from) : NULL;
    const bool *wanted = to ? mark_ancestors(call->arena, order, to) : NULL;
    for (size_t i = 0; i < order->count; i++) {
        const struct revision *step = order->steps[i];

        if ((wanted && !wanted[step->position]) ||
            (before && before[step->position] && step != from))
            order->steps[i] = NULL;
    }
    return NULL;
}

static void print_json(struct call *call, const struct order *order)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '[');
    for (size_t i = 0; i < order->count; i++) {
        const struct revision *revision = order->steps[i];

        if (!revision)
            continue;
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
    struct text path = {0}, range = {0};
    struct manifest manifest;
    struct order order;

    for (size_t i = 0; i < call->argument_count; i++)
        *(is_range(call->arguments[i]) ? &range : &path) = call->arguments[i];
    if (call->argument_count > (path.bytes ? 1U : 0) + (range.bytes ? 1U : 0))
        return error_hint(call->arena,
                          cli_usage(call, "'history' takes one range and one manifest"),
                          "A range is A:B, A: or :B, with ids or their beginnings.");
    if (!path.bytes)
        path = TEXT("ferry.yaml");
    struct error *error = commands_load_any_heads(call, path, &manifest);
    if (error)
        return error;
    order_linearize(call->arena, &manifest, &order);
    if (range.bytes)
        error = cut(call, &manifest, range, &order);
    if (error)
        return error;
    if (cli_has(call, "json")) {
        print_json(call, &order);
        return NULL;
    }
    for (size_t i = 0; i < order.count; i++) {
        const struct revision *revision = order.steps[i];

        if (revision)
            report_line(call->report, "%5zu  %.*s (%.*s)%s%.*s", i + 1, TEXT_ARGS(revision->id),
                        TEXT_ARGS(parent_list(call->arena, revision)),
                        revision->title.size ? "  " : "", TEXT_ARGS(revision->title));
    }
    return NULL;
}

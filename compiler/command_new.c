#include "compiler/commands.h"
#include "runtime/json.h"

#include <time.h>

enum { HEADS_SHOWN_MAX = 8 };

const struct option command_new_options[] = {
    {"parent", "ID", "a revision that it follows (the head); once for each", 0, true},
    {"id", "ID", "its id (12 digits and letters by lot)", 0, false},
    {"dialect", "NAME", "a script of its own for this dialect; the others do nothing", 0, true},
    {"down", "none", "it cannot be undone: no down script", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

static void print_json(struct call *call, const struct wanted *wanted,
                       const struct authored *authored)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '{');
    json_text(&json, "id", authored->id);
    json_open(&json, "parents", '[');
    for (size_t i = 0; i < wanted->parent_count; i++)
        json_text(&json, NULL, wanted->parents[i]->id);
    json_close(&json, ']');
    json_open(&json, "files", '[');
    for (size_t i = 0; i < authored->path_count; i++)
        json_text(&json, NULL, authored->paths[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

static void print(struct call *call, const struct wanted *wanted, const struct authored *authored)
{
    CLEANUP(buffer_free) struct buffer parents = {0};

    for (size_t i = 0; i < wanted->parent_count; i++)
        buffer_format(&parents, "%s%.*s", i ? ", " : " after ", TEXT_ARGS(wanted->parents[i]->id));
    report_line(call->report, "revision %.*s%.*s", TEXT_ARGS(authored->id),
                TEXT_ARGS(buffer_text(&parents)));
    for (size_t i = 0; i < authored->path_count; i++)
        report_line(call->report, "%.*s", TEXT_ARGS(authored->paths[i]));
}

struct error *command_new_add(struct call *call, struct text path, struct manifest *manifest,
                              const struct wanted *wanted)
{
    struct authored authored;
    struct error *error = authoring_add(call->arena, path, manifest, wanted, &authored);

    if (error)
        return error;
    if (cli_has(call, "json"))
        print_json(call, wanted, &authored);
    else
        print(call, wanted, &authored);
    if (authored.head_count) {
        for (size_t i = 0; i < authored.head_count && i < HEADS_SHOWN_MAX; i++)
            report_note(call->report, "%s a head: %.*s", i ? "  and" : "still",
                        TEXT_ARGS(authored.heads[i]->id));
        if (authored.head_count > HEADS_SHOWN_MAX)
            report_note(call->report, "  and %zu more", authored.head_count - HEADS_SHOWN_MAX);
        report_note(call->report, "Next: sqlferry merge");
    }
    return NULL;
}

struct error *command_new_check_title(struct call *call, struct text title)
{
    if (text_trim(title).size == 0)
        return cli_usage(call, "the title is empty");
    if (title.size > TITLE_SIZE_MAX)
        return error_plain(call->arena, ERROR_INPUT,
                           "the title has %zu bytes, at most %d are allowed", title.size,
                           TITLE_SIZE_MAX);
    if (!text_all_printable(title))
        return error_plain(call->arena, ERROR_INPUT,
                           "the title is not one line of characters that can be shown");
    return NULL;
}

static struct error *several_heads(struct call *call, const struct revision **heads, size_t count)
{
    struct error *error =
        error_at(call->arena, ERROR_INPUT, heads[0]->span,
                 "there are %zu heads, and '%.*s' is one of them", count, TEXT_ARGS(heads[0]->id));

    for (size_t i = 1; i < count && i < HEADS_SHOWN_MAX; i++)
        error_note(call->arena, error, heads[i]->span, "another head is '%.*s'",
                   TEXT_ARGS(heads[i]->id));
    if (count > HEADS_SHOWN_MAX)
        error_note(call->arena, error, (struct span){0}, "there are %zu more",
                   count - HEADS_SHOWN_MAX);
    return error_hint(call->arena, error,
                      "Name one with '--parent ID', or make one of them with 'sqlferry merge'.");
}

/* Those of --parent, or the head. A manifest without revisions has none. */
static struct error *find_parents(struct call *call, const struct manifest *manifest,
                                  struct wanted *wanted)
{
    const struct revision **heads;
    size_t head_count = graph_heads(call->arena, manifest, &heads);

    wanted->parents = arena_array(call->arena, struct revision *, ARGUMENTS_MAX);
    for (size_t i = 0; i < call->option_count; i++) {
        if (!text_equal(text_from(call->options[i].option->name), TEXT("parent")))
            continue;
        struct error *error = graph_match(call->arena, manifest, call->options[i].value,
                                          &wanted->parents[wanted->parent_count]);
        if (error)
            return error;
        wanted->parent_count++;
    }
    if (wanted->parent_count || head_count == 0)
        return NULL;
    if (head_count > 1)
        return several_heads(call, heads, head_count);
    wanted->parents[wanted->parent_count++] = &manifest->revisions[heads[0]->position];
    return NULL;
}

static struct error *find_dialects(struct call *call, const struct manifest *manifest,
                                   struct wanted *wanted)
{
    size_t count = 0;

    for (size_t i = 0; i < DIALECT_COUNT; i++)
        count += manifest->dialects[i];
    for (size_t i = 0; i < call->option_count; i++) {
        struct text name = call->options[i].value;
        enum dialect dialect;

        if (!text_equal(text_from(call->options[i].option->name), TEXT("dialect")))
            continue;
        if (!dialect_find(name, &dialect))
            return cli_usage(call, "'--dialect' is postgresql or sqlite");
        if (!manifest->dialects[dialect])
            return error_plain(call->arena, ERROR_INPUT, "the manifest is not for '%.*s'",
                               TEXT_ARGS(name));
        wanted->dialects[dialect] = count > 1; /* one alone needs no word in a name */
    }
    return NULL;
}

struct error *command_new(struct call *call)
{
    struct text path = call->argument_count > 1 ? call->arguments[1] : TEXT("ferry.yaml");
    struct text down = cli_value(call, "down");
    struct manifest manifest;
    struct wanted wanted = {
        .id = cli_value(call, "id"),
        .title = call->arguments[0],
        .irreversible = down.bytes != NULL,
        .now = (int64_t)time(NULL),
    };

    if (down.bytes && !text_equal(down, TEXT("none")))
        return cli_usage(call, "'--down' is none");
    struct error *error = command_new_check_title(call, wanted.title);
    if (!error)
        error = commands_load_any_heads(call, path, &manifest);
    if (!error)
        error = find_parents(call, &manifest, &wanted);
    if (!error)
        error = find_dialects(call, &manifest, &wanted);
    return error ? error : command_new_add(call, path, &manifest, &wanted);
}

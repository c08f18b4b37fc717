#include "compiler/commands.h"

#include <time.h>

enum { TITLE_IDS_MAX = 3 }; /* that a title names one by one */

const struct option command_merge_options[] = {
    {"manifest", "PATH", "the manifest, or its folder (ferry.yaml)", 'm', false},
    {"title", "TEXT", "its title (that it merges these)", 0, false},
    {"id", "ID", "its id (12 digits and letters by lot)", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

/* Those that the arguments name, or all heads. */
static struct error *find_parents(struct call *call, const struct manifest *manifest,
                                  struct wanted *wanted)
{
    const struct revision **heads;
    size_t head_count = graph_heads(call->arena, manifest, &heads);

    wanted->parents =
        arena_array(call->arena, struct revision *, call->argument_count + head_count);
    for (size_t i = 0; i < call->argument_count; i++) {
        struct error *error = graph_match(call->arena, manifest, call->arguments[i],
                                          &wanted->parents[wanted->parent_count]);
        if (error)
            return error;
        wanted->parent_count++;
    }
    if (call->argument_count == 1)
        return cli_usage(call, "a merge needs two revisions");
    for (size_t i = 0; call->argument_count == 0 && i < head_count; i++)
        wanted->parents[wanted->parent_count++] = &manifest->revisions[heads[i]->position];
    if (wanted->parent_count < 2)
        return error_plain(call->arena, ERROR_INPUT, "there is nothing to merge: %s",
                           head_count ? "the graph has one head" : "the manifest has no revisions");
    return NULL;
}

static struct text make_title(struct arena *arena, const struct wanted *wanted)
{
    if (wanted->parent_count > TITLE_IDS_MAX)
        return arena_format(arena, "Merge %zu heads", wanted->parent_count);
    return arena_format(arena, "Merge %.*s", TEXT_ARGS(authoring_parents(arena, wanted)));
}

struct error *command_merge(struct call *call)
{
    struct text given = cli_value(call, "manifest"), title = cli_value(call, "title");
    struct text path = given.bytes ? given : TEXT("ferry.yaml");
    struct manifest manifest;
    struct wanted wanted = {
        .id = cli_value(call, "id"),
        .is_merge = true,
        .now = (int64_t)time(NULL),
    };
    struct error *error = title.bytes ? command_new_check_title(call, title) : NULL;

    if (!error)
        error = commands_load_any_heads(call, path, &manifest);
    if (!error)
        error = find_parents(call, &manifest, &wanted);
    if (error)
        return error;
    wanted.title = title.bytes ? title : make_title(call->arena, &wanted);
    return command_new_add(call, path, &manifest, &wanted);
}

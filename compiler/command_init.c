#include "compiler/commands.h"
#include "compiler/templates.h"
#include "runtime/file.h"

#include <errno.h>
#include <sys/stat.h>

const struct option command_init_options[] = {
    {"project", "NAME", "what the project is called (the folder's name)", 0, false},
    {"dialect", "NAME", "postgresql or sqlite (postgresql)", 0, false},
    {0},
};

static struct error *make_folder(struct arena *arena, struct text path)
{
    if (mkdir(path.bytes, 0777) == 0 || errno == EEXIST)
        return NULL;
    return error_system(arena, "cannot make the folder '%s'", path.bytes);
}

static struct text join(struct arena *arena, struct text folder, const char *name)
{
    return arena_format(arena, "%.*s/%s", TEXT_ARGS(folder), name);
}

static struct error *check_free(struct call *call, struct text folder)
{
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        struct text path = join(call->arena, folder, templates()[i].path);
        struct stat status;

        if (lstat(path.bytes, &status) == 0)
            return error_hint(
                call->arena,
                error_plain(call->arena, ERROR_INPUT, "'%s' already exists", path.bytes),
                "'sqlferry init' starts a new folder and replaces nothing.");
    }
    return NULL;
}

struct error *command_init(struct call *call)
{
    struct text folder = call->argument_count ? call->arguments[0] : TEXT(".");
    struct text name = cli_value(call, "dialect");
    enum dialect dialect = DIALECT_POSTGRESQL;

    if (name.bytes && !dialect_find(name, &dialect))
        return cli_usage(call, "'--dialect' is postgresql or sqlite");
    struct error *error = commands_check_project(call);
    if (!error)
        error = make_folder(call->arena, folder);
    if (!error)
        error = check_free(call, folder);
    if (!error)
        error = make_folder(call->arena, join(call->arena, folder, "sql"));
    if (error)
        return error;

    const struct text pairs[][2] = {
        {TEXT("project"), commands_project(call, folder)},
        {TEXT("dialect"), dialect_name(dialect)},
    };
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        const struct template *template = &templates()[i];
        struct text path = join(call->arena, folder, template->path);

        error = file_save(call->arena, path, 0666, false,
                          templates_fill(call->arena, template->text, pairs, COUNT(pairs)));
        if (error)
            return error;
        report_line(call->report, "%.*s", TEXT_ARGS(path));
    }
    report_note(call->report, "Next: sqlferry check %.*s", TEXT_ARGS(folder));
    return NULL;
}

#include "compiler/changeset.h"
#include "compiler/commands.h"
#include "compiler/tidy.h"

const struct option command_fmt_options[] = {
    {"check", NULL, "change nothing; refuse a file that would change", 0, false},
    {0},
};

static struct error *refuse(struct call *call, const struct source *source)
{
    return error_hint(call->arena,
                      error_plain(call->arena, ERROR_INPUT, "'%.*s' is laid out otherwise",
                                  TEXT_ARGS(source->name)),
                      "'sqlferry fmt' changes it.");
}

struct error *command_fmt(struct call *call)
{
    CLEANUP(changeset_close) struct changeset changeset = {.arena = call->arena};
    struct text path = call->argument_count ? call->arguments[0] : TEXT("ferry.yaml");
    struct manifest manifest;
    struct errors errors = {0};
    size_t changed_count = 0;
    struct error *error = manifest_load_draft(call->arena, path, NULL, 0, &manifest);

    if (error)
        return error;
    const struct source **changed =
        arena_array(call->arena, const struct source *, manifest.source_count);
    for (size_t i = 0; i < manifest.source_count; i++) {
        const struct source *source = manifest.sources[i];
        struct text text;

        error = tidy_text(call->arena, source, &text);
        if (error) {
            errors_add(&errors, error);
        } else if (!text_equal(text, source->text)) {
            changed[changed_count++] = source;
            changeset_replace(&changeset, source->name, source->text, text);
            if (cli_has(call, "check"))
                errors_add(&errors, refuse(call, source));
        }
    }
    if (errors.first)
        return errors.first;
    error = changeset_commit(&changeset);
    if (error)
        return error;
    for (size_t i = 0; i < changed_count; i++)
        report_line(call->report, "%.*s", TEXT_ARGS(changed[i]->name));
    return NULL;
}

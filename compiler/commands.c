#include "compiler/commands.h"
#include "runtime/file.h"

#include <limits.h>
#include <stdlib.h>

struct error *commands_load_manifest(struct call *call, struct manifest *manifest)
{
    struct text path = call->argument_count ? call->arguments[0] : TEXT("ferry.yaml");

    return manifest_load(call->arena, path, manifest);
}

struct error *commands_load(struct call *call, struct manifest *manifest, struct order *order)
{
    struct error *error = commands_load_manifest(call, manifest);

    if (!error)
        commands_warn(call, manifest->warnings);
    if (!error)
        error = graph_resolve(call->arena, manifest);
    if (!error)
        order_linearize(call->arena, manifest, order);
    return error;
}

struct error *commands_load_any_heads(struct call *call, struct text path,
                                      struct manifest *manifest)
{
    struct error *error = manifest_load_draft(call->arena, path, NULL, 0, manifest);

    if (error)
        return error;
    commands_warn(call, manifest->warnings);
    return graph_resolve_any_heads(call->arena, manifest);
}

struct error *commands_check_project(struct call *call)
{
    struct text project = cli_value(call, "project");

    if (!project.bytes || index_is_project(project))
        return NULL;
    return error_hint(call->arena,
                      cli_usage(call, "'%.*s' cannot be the name of a project", TEXT_ARGS(project)),
                      "Take lower-case letters, digits, '.', '_' and '-'.");
}

struct text commands_project(struct call *call, struct text folder)
{
    if (cli_value(call, "project").bytes)
        return cli_value(call, "project");

    char *real = realpath(folder.bytes, NULL);
    struct text name = arena_copy(call->arena, file_name(text_from(real ? real : "")));
    char *bytes = (char *)name.bytes;
    free(real);
    for (size_t i = 0; i < name.size; i++) {
        if (bytes[i] >= 'A' && bytes[i] <= 'Z')
            bytes[i] = (char)(bytes[i] - 'A' + 'a');
        else if (bytes[i] == ' ')
            bytes[i] = '-';
    }
    return index_is_project(name) ? name : TEXT("project");
}

void commands_warn(struct call *call, const struct error *warnings)
{
    for (; warnings; warnings = warnings->next)
        report_finding(call->report, "warning", warnings);
}

struct error *commands_dialects(struct call *call, const struct manifest *manifest,
                                bool dialects[static DIALECT_COUNT])
{
    struct text name = cli_value(call, "dialect");
    enum dialect dialect;

    for (size_t i = 0; i < DIALECT_COUNT; i++)
        dialects[i] = manifest->dialects[i];
    if (!name.bytes)
        return NULL;
    if (!dialect_find(name, &dialect) || !manifest->dialects[dialect])
        return cli_usage(call, "the manifest is not for the dialect '%.*s'", TEXT_ARGS(name));
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        dialects[i] = i == dialect;
    return NULL;
}

struct error *commands_rehearse(struct call *call, enum dialect dialect,
                                struct rehearsal **rehearsal)
{
    struct rehearsal_options options = {.dialect = dialect};

    if (dialect == DIALECT_SQLITE ? cli_has(call, "no-rehearsal") : !cli_has(call, "rehearse"))
        return NULL;
    options.database = cli_value(call, "db");
    options.psql = cli_value(call, "psql").bytes;
    return rehearsal_open(call->arena, &options, rehearsal);
}

struct error *commands_password_fd(struct call *call, int *fd)
{
    uint64_t number = 0;

    *fd = -1;
    if (!cli_value(call, "password-fd").bytes)
        return NULL;
    struct error *error = cli_number(call, "password-fd", INT_MAX, &number);
    if (!error)
        *fd = (int)number;
    return error;
}

struct error *commands_sign(struct call *call, enum signed_kind kind, struct text text,
                            const struct digest *digest, struct signature *signature)
{
    CLEANUP(signer_close) struct secret_key *key = NULL;
    struct password_source source;
    struct error *error = commands_password_fd(call, &source.fd);

    if (!error)
        error = signer_load(call->arena, cli_value(call, "key"), &source, &key);
    return error ? error : signer_sign(call->arena, key, kind, text, digest, signature);
}

#include "compiler/commands.h"

#include <limits.h>

struct error *commands_load(struct call *call, struct manifest *manifest, struct order *order)
{
    struct text path = call->argument_count ? call->arguments[0] : TEXT("ferry.yaml");
    struct error *error = manifest_load(call->arena, path, manifest);

    if (!error)
        error = graph_resolve(call->arena, manifest);
    if (!error)
        graph_linearize(call->arena, manifest, order);
    return error;
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

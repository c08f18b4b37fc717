#include "compiler/commands.h"
#include "compiler/signer.h"

const struct option command_keygen_options[] = {
    {"no-password", NULL, "store the secret key without a password, for pipelines", 0, false},
    {"password-fd", "N", "read the password from this file descriptor", 0, false},
    {0},
};

struct error *command_keygen(struct call *call)
{
    struct text name = call->arguments[0];
    struct password_source source;
    struct error *error = commands_password_fd(call, &source.fd);

    if (error)
        return error;
    if (cli_has(call, "no-password") && source.fd >= 0)
        return cli_usage(call, "give either --no-password or --password-fd");
    error = signer_create(call->arena, name, !cli_has(call, "no-password"), &source);
    if (error)
        return error;
    report_line(call->report, "%.*s.key  keep it secret: it signs bundles", TEXT_ARGS(name));
    report_line(call->report, "%.*s.pub  give it to every host: it verifies them", TEXT_ARGS(name));
    return NULL;
}

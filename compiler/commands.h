/* commands.h - the commands of sqlferry, one file each. Floor 5. */
#pragma once

#include "compiler/compile.h"
#include "compiler/signer.h"
#include "runtime/cli.h"

extern const struct option command_init_options[], command_check_options[], command_heads_options[],
    command_history_options[], command_build_options[], command_keygen_options[],
    command_sign_options[], command_inspect_options[], command_diff_options[],
    command_import_options[];

struct error *command_init(struct call *call) CHECKED;
struct error *command_check(struct call *call) CHECKED;
struct error *command_heads(struct call *call) CHECKED;
struct error *command_history(struct call *call) CHECKED;
struct error *command_build(struct call *call) CHECKED;
struct error *command_keygen(struct call *call) CHECKED;
struct error *command_sign(struct call *call) CHECKED;
struct error *command_inspect(struct call *call) CHECKED;
struct error *command_diff(struct call *call) CHECKED;
struct error *command_import(struct call *call) CHECKED;

/* What `import` does with a history of Alembic, whose revisions are Python. */
struct error *command_import_alembic(struct call *call) CHECKED;
struct text command_import_scalar(struct arena *arena, struct text text); /* as YAML */

/* The layouts, for the help of `import`. */
void command_import_list(struct report *report);

/* What `sign` does with a trust file, whose signatures go into a file beside it. */
bool command_sign_is_trust(struct text path);
struct error *command_sign_trust(struct call *call) CHECKED;

/* What most commands begin with: the manifest their argument names (ferry.yaml here), resolved. */
struct error *commands_load(struct call *call, struct manifest *manifest,
                            struct order *order) CHECKED;

/* The name of a folder, as far as it can be the name of a project. */
struct text commands_project(struct arena *arena, struct text folder);

/* Signs with the key of --key. digest is that of the text */
struct error *commands_sign(struct call *call, enum signed_kind kind, struct text text,
                            const struct digest *digest, struct signature *signature) CHECKED;

/* Shows what ends nothing, unless quiet: an error and those behind it. */
void commands_warn(struct call *call, const struct error *warnings);

/* The value of --password-fd; -1, the terminal, without one. */
struct error *commands_password_fd(struct call *call, int *fd) CHECKED;

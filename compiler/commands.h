/* commands.h - the commands of sqlferry, one file each. Floor 5. */
#pragma once

#include "compiler/compile.h"
#include "compiler/signer.h"
#include "runtime/cli.h"

extern const struct option command_init_options[], command_check_options[], command_heads_options[],
    command_history_options[], command_graph_options[], command_build_options[],
    command_keygen_options[], command_sign_options[], command_inspect_options[],
    command_diff_options[];

struct error *command_init(struct call *call) CHECKED;
struct error *command_check(struct call *call) CHECKED;
struct error *command_heads(struct call *call) CHECKED;
struct error *command_history(struct call *call) CHECKED;
struct error *command_graph(struct call *call) CHECKED;
struct error *command_build(struct call *call) CHECKED;
struct error *command_keygen(struct call *call) CHECKED;
struct error *command_sign(struct call *call) CHECKED;
struct error *command_inspect(struct call *call) CHECKED;
struct error *command_diff(struct call *call) CHECKED;

/* What `sign` does with a trust file, whose signatures go into a file beside it. */
bool command_sign_is_trust(struct text path);
struct error *command_sign_trust(struct call *call) CHECKED;

/* The manifest that the argument names, ferry.yaml here without one. */
struct error *commands_load_manifest(struct call *call, struct manifest *manifest) CHECKED;

/* What most commands begin with: that manifest, resolved. */
struct error *commands_load(struct call *call, struct manifest *manifest,
                            struct order *order) CHECKED;

/* Signs with the key of --key. digest is that of the text */
struct error *commands_sign(struct call *call, enum signed_kind kind, struct text text,
                            const struct digest *digest, struct signature *signature) CHECKED;

/* Shows what ends nothing, unless quiet: an error and those behind it. */
void commands_warn(struct call *call, const struct error *warnings);

/* The value of --password-fd; -1, the terminal, without one. */
struct error *commands_password_fd(struct call *call, int *fd) CHECKED;

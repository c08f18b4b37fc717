/* commands.h - the commands of sqlferry, one file each. Floor 5. */
#pragma once

#include "compiler/authoring.h"
#include "compiler/compile.h"
#include "compiler/signer.h"
#include "runtime/cli.h"

extern const struct option command_new_options[], command_merge_options[], command_show_options[],
    command_fmt_options[];
extern const struct option command_init_options[], command_check_options[], command_heads_options[],
    command_rehearse_options[], command_history_options[], command_graph_options[],
    command_build_options[], command_keygen_options[], command_sign_options[],
    command_inspect_options[], command_diff_options[], command_import_options[];

struct error *command_init(struct call *call) CHECKED;
struct error *command_new(struct call *call) CHECKED;
struct error *command_merge(struct call *call) CHECKED;
struct error *command_check(struct call *call) CHECKED;
struct error *command_rehearse(struct call *call) CHECKED;
struct error *command_show(struct call *call) CHECKED;
struct error *command_fmt(struct call *call) CHECKED;
struct error *command_heads(struct call *call) CHECKED;
struct error *command_history(struct call *call) CHECKED;
struct error *command_graph(struct call *call) CHECKED;
struct error *command_build(struct call *call) CHECKED;
struct error *command_keygen(struct call *call) CHECKED;
struct error *command_sign(struct call *call) CHECKED;
struct error *command_inspect(struct call *call) CHECKED;
struct error *command_diff(struct call *call) CHECKED;
struct error *command_import(struct call *call) CHECKED;

/* What `import` does with a history of Alembic, whose revisions are Python. */
struct error *command_import_alembic(struct call *call) CHECKED;
struct text command_import_scalar(struct arena *arena, struct text text); /* as YAML */

/* --force, or nothing is there. */
struct error *command_import_check_free(struct call *call, struct text output) CHECKED;

/* The manifest goes into a file, which is told, or to standard output where there is none. */
struct error *command_import_print(struct call *call, struct text output, struct text manifest,
                                   size_t count, const char *layout) CHECKED;

/* The layouts, for the help of `import`. */
void command_import_list(struct report *report);

/* What `new` and `merge` share: refuses what cannot be a title; adds the revision and says so. */
struct error *command_new_check_title(struct call *call, struct text title) CHECKED;
struct error *command_new_add(struct call *call, struct text path, struct manifest *manifest,
                              const struct wanted *wanted) CHECKED;

/* What `sign` does with a trust file, whose signatures go into a file beside it. */
bool command_sign_is_trust(struct text path);
struct error *command_sign_trust(struct call *call) CHECKED;

/* The manifest that the argument names, ferry.yaml here without one. */
struct error *commands_load_manifest(struct call *call, struct manifest *manifest) CHECKED;

/* What most commands begin with: that manifest, resolved. */
struct error *commands_load(struct call *call, struct manifest *manifest,
                            struct order *order) CHECKED;

/* The same for commands that show or add revisions: there may be several heads, or none so far. */
struct error *commands_load_any_heads(struct call *call, struct text path,
                                      struct manifest *manifest) CHECKED;

/* The dialects of the manifest, or the one that --dialect names. */
struct error *commands_dialects(struct call *call, const struct manifest *manifest,
                                bool dialects[static DIALECT_COUNT]) CHECKED;

/*
 * A rehearsal of the up scripts, as far as it needs no server: on SQLite, unless --no-rehearsal
 * says otherwise. NULL where there is none.
 */
struct error *commands_rehearse(struct call *call, enum dialect dialect,
                                struct rehearsal **rehearsal) CHECKED;

/* --project, if it is given, must be able to be the name of one. */
struct error *commands_check_project(struct call *call) CHECKED;

/* What it says; without it the name of the folder, as far as that can be the name of a project. */
struct text commands_project(struct call *call, struct text folder);

/* Signs with the key of --key. digest is that of the text */
struct error *commands_sign(struct call *call, enum signed_kind kind, struct text text,
                            const struct digest *digest, struct signature *signature) CHECKED;

/* Shows what ends nothing, unless quiet: an error and those behind it. */
void commands_warn(struct call *call, const struct error *warnings);

/* The value of --password-fd; -1, the terminal, without one. */
struct error *commands_password_fd(struct call *call, int *fd) CHECKED;

/* script.h - scripts of a bundle on their way to a target. Floor 2. */
#pragma once

#include "run.h"

/* What the script of a step runs under. */
struct terms script_terms(const struct index_step *step, enum script_kind kind);

/* A script of the bundle, cut into its pieces; its bytes are used again for the next one. */
struct error *script_load(struct run *run, const struct index_step *step, enum script_kind kind,
                          struct sending *sending) CHECKED;

/* What an error says of a script outlives the bytes of the script. returns  the error */
struct error *script_keep(struct run *run, const struct sending *sending, struct error *error);

/*
 * Where a script was begun and not ended, adds to an error the statement it stands before: the host
 * has no other copy of it. returns  the error
 */
struct error *script_show_begun(struct run *run, struct error *error);

/* Runs the whole script. */
struct error *script_run(struct run *run, const struct index_step *step,
                         enum script_kind kind) CHECKED;

/* Runs the verify script, if there is one. */
struct error *script_verify(struct run *run, const struct index_step *step) CHECKED;

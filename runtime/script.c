#include "script.h"

enum { EXCERPT_MAX = 200 }; /* bytes of a statement that a message shows */

struct terms script_terms(const struct index_step *step, enum script_kind kind)
{
    return (struct terms){step->scripts[kind].foreign_keys_off, step->lock_timeout_ms,
                          step->statement_timeout_ms};
}

struct error *script_load(struct run *run, const struct index_step *step, enum script_kind kind,
                          struct sending *sending)
{
    const struct index_script *script = &step->scripts[kind];
    struct source *source = arena_one(run->arena, struct source);
    struct error *error =
        payload_script(run->arena, &run->options->bundle->payload, step, kind, &source->text);

    if (error)
        return error;
    source->name = script->path;
    size_t count = index_piece_count(script);
    struct text *pieces = arena_array(run->arena, struct text, count);
    for (size_t i = 0; i < count; i++)
        pieces[i] = index_piece(script, source->text, i);
    *sending = (struct sending){source, pieces, count};
    return NULL;
}

struct error *script_keep(struct run *run, const struct sending *sending, struct error *error)
{
    if (error && error->span.source == sending->script) {
        struct source *kept = arena_one(run->arena, struct source);

        *kept =
            (struct source){sending->script->name, arena_copy(run->arena, sending->script->text)};
        error->span.source = kept;
    }
    return error;
}

static void show_statement(struct run *run, const struct index_step *step,
                           const struct step_state *state, struct error *error)
{
    struct sending sending;

    if (script_load(run, step, state->kind, &sending) || state->pieces >= sending.count)
        return;
    struct source *kept = arena_one(run->arena, struct source);
    struct text piece = sending.pieces[state->pieces];
    size_t line = text_find_byte(piece, '\n');

    *kept = (struct source){sending.script->name, arena_copy(run->arena, sending.script->text)};
    error_note(run->arena, error, (struct span){kept, span_of(sending.script, piece).offset, line},
               "this is statement %zu of %zu: %.*s", state->pieces + 1, sending.count,
               (int)(line < EXCERPT_MAX ? line : EXCERPT_MAX), piece.bytes);
}

struct error *script_show_begun(struct run *run, struct error *error)
{
    for (size_t i = 0; i < run->index->step_count; i++) {
        const struct step_state *state = &run->state.steps[i];

        if (ledger_is_begun(state))
            show_statement(run, &run->index->steps[i], state, error);
    }
    return error;
}

struct error *script_run(struct run *run, const struct index_step *step, enum script_kind kind)
{
    struct sending sending;
    struct error *error = script_load(run, step, kind, &sending);

    if (error)
        return error;
    return script_keep(run, &sending, run->to->run(run->arena, run->target, &sending));
}

struct error *script_verify(struct run *run, const struct index_step *step)
{
    struct sending verify;

    if (step->scripts[SCRIPT_VERIFY].presence != SCRIPT_FILE)
        return NULL;
    struct error *error = script_load(run, step, SCRIPT_VERIFY, &verify);
    if (error)
        return error;
    return script_keep(run, &verify, run->to->verify(run->arena, run->target, &verify));
}

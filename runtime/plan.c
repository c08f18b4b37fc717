#include "plan.h"

struct error *plan_no_revision(struct arena *arena, const struct index *index, struct text id)
{
    struct error *error =
        error_plain(arena, ERROR_USAGE, "the bundle has no revision '%.*s'", TEXT_ARGS(id));
    const struct index_step *nearest = NULL;
    size_t distance = 1 + id.size / 3; /* beyond, it is another word */

    for (size_t i = 0; i < index->step_count; i++) {
        size_t here = text_distance(index->steps[i].id, id, distance);

        if (here < distance) {
            distance = here;
            nearest = &index->steps[i];
        }
    }
    if (nearest)
        return error_hint(arena, error, "Did you mean '%.*s'?", TEXT_ARGS(nearest->id));
    return error;
}

struct error *plan_mark_needed(struct arena *arena, const struct index *index, struct text id,
                               bool *needed)
{
    const struct index_step *last = index_find(index, id);

    if (!last)
        return plan_no_revision(arena, index, id);
    needed[last - index->steps] = true;
    /* The order has parents first, so one walk back is enough. */
    for (size_t position = (size_t)(last - index->steps) + 1; position-- > 0;) {
        const struct index_step *step = &index->steps[position];

        if (!needed[position])
            continue;
        for (size_t i = 0; i < step->parent_count; i++)
            needed[index_find(index, step->parents[i]) - index->steps] = true;
    }
    return NULL;
}

const struct index_build *plan_find_build(const struct index_script *script, size_t piece)
{
    size_t low = 0, high = script->build_count; /* they stand in the order of their pieces */

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (script->builds[middle].piece < piece)
            low = middle + 1;
        else
            high = middle;
    }
    return low < script->build_count && script->builds[low].piece == piece ? &script->builds[low]
                                                                           : NULL;
}

static struct error *interrupted_error(struct arena *arena, const struct index_step *step,
                                       const struct step_state *state)
{
    const struct index_script *script = &step->scripts[state->kind];
    struct error *error = error_plain(
        arena, ERROR_UNKNOWN,
        "revision '%.*s' runs without a transaction and was interrupted: a person must look",
        TEXT_ARGS(step->id));

    error_note(
        arena, error, (struct span){0},
        "of the %zu statements of '%.*s', %zu are done; whether the next one is, nobody knows",
        index_piece_count(script), TEXT_ARGS(script->path), state->pieces);
    return error_hint(arena, error,
                      "Compare the database with statement %zu, then say what is there: 'sqlland "
                      "resume' with '--from %zu' where it is not done, '--from %zu' where it is.",
                      state->pieces + 1, state->pieces + 1, state->pieces + 2);
}

/* A script that was begun the other way must come to its end first. */
static struct error *check_begun(struct arena *arena, const struct index *index,
                                 const struct ledger_state *state, enum script_kind kind)
{
    for (size_t i = 0; i < index->step_count; i++) {
        const struct step_state *step = &state->steps[i];

        if (!ledger_is_begun(step) || step->kind == kind)
            continue;
        return error_hint(
            arena,
            error_plain(arena, ERROR_UNKNOWN, "revision '%.*s' is half %s: a person must look",
                        TEXT_ARGS(index->steps[i].id),
                        step->kind == SCRIPT_UP ? "applied" : "undone"),
            "Finish that with 'sqlland %s', or say with 'sqlland resume' what became of it.",
            step->kind == SCRIPT_UP ? "upgrade" : "downgrade");
    }
    return NULL;
}

/* It may go on from its start, behind its end, or after a look at the index that it builds. */
static bool may_go_on(const struct index_step *step, const struct step_state *state)
{
    const struct index_script *script = &step->scripts[state->kind];

    return state->standing != STEP_INTERRUPTED || step->idempotent ||
           state->pieces >= index_piece_count(script) || plan_find_build(script, state->pieces);
}

struct error *plan_begun_error(struct arena *arena, const struct index_step *step,
                               const struct step_state *state)
{
    if (!may_go_on(step, state))
        return interrupted_error(arena, step, state);
    return error_hint(
        arena,
        error_plain(arena, ERROR_UNKNOWN,
                    "revision '%.*s' is half %s: of the %zu statements of '%.*s', %zu are done",
                    TEXT_ARGS(step->id), state->kind == SCRIPT_UP ? "applied" : "undone",
                    index_piece_count(&step->scripts[state->kind]),
                    TEXT_ARGS(step->scripts[state->kind].path), state->pieces),
        "'sqlland %s' goes on by itself.", state->kind == SCRIPT_UP ? "upgrade" : "downgrade");
}

static struct error *check_interrupted(struct arena *arena, const struct index_step *step,
                                       const struct step_state *state)
{
    return may_go_on(step, state) ? NULL : interrupted_error(arena, step, state);
}

struct error *plan_upgrade(struct arena *arena, const struct index *index,
                           const struct ledger_state *state, struct text to, struct plan *plan)
{
    bool *needed = arena_array(arena, bool, index->step_count);
    struct plan made = {
        .kind = SCRIPT_UP,
        .steps = arena_array(arena, const struct index_step *, index->step_count),
        .applied = state->applied,
    };
    struct error *error = check_begun(arena, index, state, SCRIPT_UP);

    if (!error && to.bytes)
        error = plan_mark_needed(arena, index, to, needed);
    for (size_t i = 0; !error && i < index->step_count; i++) {
        const struct index_step *step = &index->steps[i];

        if (state->steps[i].standing == STEP_APPLIED || (to.bytes && !needed[i]))
            continue;
        error = check_interrupted(arena, step, &state->steps[i]);
        made.steps[made.count++] = step;
    }
    if (error)
        return error;
    *plan = made;
    return NULL;
}

/* Which revisions are to stay. */
static struct error *mark_kept(struct arena *arena, const struct index *index,
                               const struct ledger_state *state, struct text to, bool *kept)
{
    const struct index_step *last = index_find(index, to);

    if (!last && text_equal(to, TEXT("base")))
        return NULL;
    struct error *error = plan_mark_needed(arena, index, to, kept);
    if (error)
        return error;
    if (state->steps[last - index->steps].standing == STEP_APPLIED)
        return NULL;
    return error_hint(arena,
                      error_plain(arena, ERROR_STATE,
                                  "revision '%.*s' is not applied: there is no way back to it",
                                  TEXT_ARGS(to)),
                      "'sqlland history' shows what is.");
}

static struct error *no_way_back(struct arena *arena, const struct index_step *step)
{
    bool declared = step->scripts[SCRIPT_DOWN].presence == SCRIPT_NONE;

    return error_plain(arena, ERROR_STATE, "revision '%.*s' cannot be undone: %s",
                       TEXT_ARGS(step->id),
                       declared ? "its manifest says 'down: none'" : "it has no down script");
}

/* The way back as far as there is one, where that is behind one revision and all it needs. */
static void suggest(struct arena *arena, const struct index *index,
                    const struct ledger_state *state, const struct index_step *last,
                    struct error *error)
{
    bool *kept = arena_array(arena, bool, index->step_count);

    if (plan_mark_needed(arena, index, last->id, kept))
        return;
    size_t undone = 0;
    for (size_t i = 0; i < index->step_count; i++) {
        if (state->steps[i].standing != STEP_APPLIED || kept[i])
            continue;
        if (index->steps[i].scripts[SCRIPT_DOWN].presence != SCRIPT_FILE)
            return;
        undone++;
    }
    if (undone == 0)
        error_hint(arena, error, "Nothing can be undone here: restore a copy of the database.");
    else
        error_hint(
            arena, error,
            "'--to %.*s' undoes what can be undone; for more, restore a copy of the database.",
            TEXT_ARGS(last->id));
}

struct error *plan_downgrade(struct arena *arena, const struct index *index,
                             const struct ledger_state *state, struct text to, struct plan *plan)
{
    bool *kept = arena_array(arena, bool, index->step_count);
    struct plan made = {
        .kind = SCRIPT_DOWN,
        .steps = arena_array(arena, const struct index_step *, index->step_count),
    };
    const struct index_step *blocked = NULL;
    struct errors errors = {0};
    struct error *error = check_begun(arena, index, state, SCRIPT_DOWN);

    if (!error)
        error = mark_kept(arena, index, state, to, kept);
    for (size_t i = index->step_count; !error && i-- > 0;) {
        const struct index_step *step = &index->steps[i];

        made.applied += state->steps[i].standing != STEP_PENDING;
        if (state->steps[i].standing == STEP_PENDING || kept[i])
            continue;
        error = check_interrupted(arena, step, &state->steps[i]);
        if (!error && step->scripts[SCRIPT_DOWN].presence != SCRIPT_FILE) {
            errors_add(&errors, no_way_back(arena, step));
            blocked = blocked ? blocked : step;
        }
        made.steps[made.count++] = step;
    }
    if (error)
        return error;
    if (blocked) {
        suggest(arena, index, state, blocked, errors.first);
        return errors.first;
    }
    *plan = made;
    return NULL;
}

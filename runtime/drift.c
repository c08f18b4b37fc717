#include "drift.h"

/* A bundle knows the schemas behind the beginnings of its order, and no others. */
static struct text find_step(struct run *run, const struct index_step **step)
{
    const struct step_state *states = run->state.steps;
    size_t applied = run->state.applied;

    for (size_t i = 0; i < run->index->step_count; i++) {
        if (ledger_is_begun(&states[i]))
            return arena_format(run->arena, "revision '%.*s' is half done",
                                TEXT_ARGS(run->index->steps[i].id));
        if (i < applied && states[i].standing != STEP_APPLIED)
            return arena_format(run->arena,
                                "revision '%.*s' is not applied, and others behind it are",
                                TEXT_ARGS(run->index->steps[i].id));
    }
    if (applied == 0)
        return TEXT("no revision is applied");
    *step = &run->index->steps[applied - 1];
    return (struct text){0};
}

static struct text check_comparable(struct run *run)
{
    const struct index *index = run->index;
    struct text version = run->target->version, name = dialect_name(index->dialect);
    uint64_t major = 0;

    if (!index_has_schemas(index))
        return TEXT("the bundle was built without schemas");
    if (index->schema_method != SCHEMA_METHOD)
        return TEXT("the bundle tells schemas in another way than this sqlland");
    text_number(text_cut(&version, '.'), NUMBER_MAX, &major);
    if (major != index->schema_major)
        return arena_format(run->arena, "the bundle's schemas are those of %.*s %llu, this is %llu",
                            TEXT_ARGS(name), (unsigned long long)index->schema_major,
                            (unsigned long long)major);
    return (struct text){0};
}

/* The schema behind a step, out of what each up to it made of the one before. */
static struct error *expect(struct run *run, const struct index_step *step, struct schema *schema)
{
    CLEANUP(schema_history_free) struct schema_history history = {0};
    struct error *error = NULL;

    for (const struct index_step *each = run->index->steps; !error && each <= step; each++) {
        struct text changes;

        error = payload_script(run->arena, &run->options->bundle->payload, each, SCRIPT_SCHEMA,
                               &changes);
        if (!error)
            error = schema_history_add(run->arena, &history, changes);
    }
    if (error)
        return error;
    schema_history_end(&history, schema);
    struct digest digest = schema_digest(schema);
    if (!digest_equal(&digest, &step->schema))
        return error_plain(run->arena, ERROR_UNTRUSTED,
                           "what the bundle tells of the schema behind revision '%.*s' does not "
                           "have the digest it says",
                           TEXT_ARGS(step->id));
    return NULL;
}

static void tell(struct run *run, const struct schema_change *change, struct findings *findings)
{
    static const struct text privileges[] = {{"grant", 5}, {"default-privileges", 18}};
    const struct object *object = change->after ? change->after : change->before;
    struct arena *arena = run->arena;
    enum severity severity = FINDING_FAULT;
    struct text what = arena_format(arena, "%.*s '%.*s'", TEXT_ARGS(object->kind),
                                    TEXT_ARGS(object->name)),
                expected, found;
    struct error *error;

    if (!change->before) {
        error = error_plain(arena, ERROR_STATE, "%.*s is there, and no revision made it%s%.*s",
                            TEXT_ARGS(what), object->definition.size ? ": " : "",
                            TEXT_ARGS(schema_excerpt(arena, object)));
    } else if (!change->after) {
        error = error_plain(arena, ERROR_STATE, "%.*s is missing", TEXT_ARGS(what));
    } else {
        schema_excerpts(arena, change, &expected, &found);
        error = error_plain(arena, ERROR_STATE, "%.*s is '%.*s', the revisions made it '%.*s'",
                            TEXT_ARGS(what), TEXT_ARGS(found), TEXT_ARGS(expected));
    }
    for (size_t i = 0; i < COUNT(privileges); i++)
        if (text_equal(object->kind, privileges[i]))
            severity = FINDING_WARNING;
    findings_add(arena, findings, severity, "drift", TEXT(""), error);
}

struct error *drift_find(struct run *run, struct drift *drift, struct findings *findings)
{
    CLEANUP(schema_free) struct schema expected = {0}, found = {0};
    struct schema_changes changes;

    drift->why_not = check_comparable(run);
    if (!drift->why_not.bytes)
        drift->why_not = find_step(run, &drift->step);
    if (drift->why_not.bytes)
        return NULL;
    struct error *error = run->to->read_schema(run->arena, run->target, &found);
    if (error)
        return error;
    struct digest digest = schema_digest(&found);
    if (digest_equal(&digest, &drift->step->schema))
        return NULL;
    error = expect(run, drift->step, &expected);
    if (error)
        return error;
    schema_compare(run->arena, &expected, &found, &changes);
    for (size_t i = 0; i < changes.count; i++) {
        if (schema_is_covered(&changes, &changes.list[i]))
            continue;
        tell(run, &changes.list[i], findings);
        drift->count++;
    }
    return NULL;
}

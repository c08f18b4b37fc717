#include "compiler/alembic_render.h"
#include "compiler/graph.h"
#include "compiler/order.h"

#include <assert.h>
#include <string.h>

enum { RUNS_MAX = 256 }; /* of one command; a run takes about as long as Python takes to start */

static_assert(SCRIPT_UP == 0 && SCRIPT_DOWN == 1, "as functions of a revision file are counted");

/* A rendering under way. */
struct render {
    struct arena *arena;
    struct alembic_tree *tree;
    const struct manifest *manifest;
    struct order order;
    const char *program;
    enum script_kind kind;
    struct alembic_rendering *rendering;

    /* For walks through ancestors, a place for each revision. */
    size_t *all, *known; /* the number of the last walk that came by */
    size_t walks;
    const struct revision **queue;
};

void alembic_render_begin(struct arena *arena, const struct alembic_tree *tree,
                          struct alembic_rendering *rendering)
{
    for (size_t i = 0; i < COUNT(rendering->scripts); i++)
        rendering->scripts[i] = arena_array(arena, struct alembic_script, tree->count);
    rendering->order = arena_array(arena, size_t, tree->count);
    rendering->order_count = 0;
}

/* A section of a revision that was not rendered before. */
static void take(struct alembic_rendering *rendering, const struct alembic_section *section,
                 enum script_kind kind, const struct alembic_failure *failure)
{
    struct alembic_script *script = &rendering->scripts[kind][section->position];

    if (script->state != ALEMBIC_UNTRIED)
        return;
    *script = (struct alembic_script){
        .state = ALEMBIC_RENDERED,
        .text = section->text,
        .is_outside = section->is_outside,
    };
    if (failure) {
        script->failure = *failure;
        script->state =
            kind == SCRIPT_DOWN && failure->is_unimplemented ? ALEMBIC_NO_WAY : ALEMBIC_FAILED;
    }
    if (kind == SCRIPT_UP)
        rendering->order[rendering->order_count++] = section->position;
}

/*
 * Runs once, and takes what comes of it: on failure the last section is the revision that failed.
 *
 * failure  what kept Alembic from going on, where that was no revision
 */
static struct error *run(struct render *render, const char *range, struct alembic_failure *failure)
{
    CLEANUP(buffer_free) struct buffer output = {0};
    struct source *source = arena_one(render->arena, struct source);
    struct alembic_sections sections = {0};
    const char *command = render->kind == SCRIPT_UP ? "upgrade" : "downgrade";
    struct error *error =
        alembic_run(render->arena, render->tree, render->program, command, range, &output, failure);

    if (error)
        return error;
    *source = (struct source){
        .name = arena_format(render->arena, "alembic %s %s --sql", command, range),
        .text = arena_copy(render->arena, buffer_text(&output)),
    };
    error = alembic_sql_cut(render->arena, render->tree, source, render->kind, &sections);
    if (error)
        return error;
    for (size_t i = 0; i < sections.count; i++) {
        const struct alembic_section *section = &sections.list[i];
        bool has_failed = failure->has_failed && i + 1 == sections.count && !section->is_whole;

        take(render->rendering, section, render->kind, has_failed ? failure : NULL);
        if (has_failed)
            *failure = (struct alembic_failure){0};
    }
    return NULL;
}

static struct alembic_script *script_of(const struct render *render,
                                        const struct revision *revision)
{
    return &render->rendering->scripts[render->kind][revision->position];
}

static bool is_untried(const struct render *render, const struct revision *revision)
{
    return script_of(render, revision)->state == ALEMBIC_UNTRIED;
}

/* Marks a revision and its ancestors with the number of a new walk. */
static void walk(struct render *render, const struct revision *revision, size_t *marks)
{
    size_t first = 0, last = 0, number = ++render->walks;

    marks[revision->position] = number;
    render->queue[last++] = revision;
    while (first < last) {
        const struct revision *next = render->queue[first++];

        for (size_t i = 0; i < next->parent_count; i++) {
            const struct revision *parent = next->parents[i].revision;

            if (marks[parent->position] == number)
                continue;
            marks[parent->position] = number;
            render->queue[last++] = parent;
        }
    }
}

/*
 * A parent that Alembic can be told to start from: none of the other ancestors has failed, for they
 * would be rendered, too.
 *
 * returns  false where there is none; parent is NULL for a root
 */
static bool find_start(struct render *render, const struct revision *revision,
                       const struct revision **parent)
{
    const struct manifest *manifest = render->manifest;

    *parent = NULL;
    walk(render, revision, render->all);
    size_t number = render->walks;
    for (size_t i = 0; i < revision->parent_count; i++) {
        bool is_clear = true;

        *parent = revision->parents[i].revision;
        walk(render, *parent, render->known);
        for (size_t j = 0; j < manifest->count; j++)
            is_clear &= render->all[j] != number || render->known[j] == render->walks ||
                        &manifest->revisions[j] == revision ||
                        script_of(render, &manifest->revisions[j])->state == ALEMBIC_RENDERED;
        if (is_clear)
            return true;
    }
    return revision->parent_count == 0;
}

/* The last revision of a chain of untried ones in which nothing branches or merges. */
static const struct revision *chain_end(const struct render *render,
                                        const struct revision *revision)
{
    while (revision->child_count == 1 && revision->children[0]->parent_count == 1 &&
           is_untried(render, revision->children[0]))
        revision = revision->children[0];
    return revision;
}

/*
 * What to have Alembic render: the first untried revision that it can, and the chain behind it.
 *
 * returns  false where there is none
 */
static bool find_range(struct render *render, const struct revision **first, const char **range)
{
    for (size_t i = 0; i < render->order.count; i++) {
        const struct revision *revision = render->order.steps[i], *parent = NULL;

        if (!is_untried(render, revision))
            continue;
        if (render->kind == SCRIPT_DOWN && revision->parent_count)
            parent = revision->parents[0].revision;
        else if (!find_start(render, revision, &parent))
            continue;
        struct text start = parent ? parent->id : TEXT("base");
        struct text end = chain_end(render, revision)->id;
        if (render->kind == SCRIPT_DOWN) {
            struct text other = start;
            start = end;
            end = other;
        }
        *first = revision;
        *range = arena_format(render->arena, "%.*s:%.*s", TEXT_ARGS(start), TEXT_ARGS(end)).bytes;
        return true;
    }
    return false;
}

/* All there is, upwards. Nothing comes of it where env.py fails, for one. */
static struct error *run_to_heads(struct render *render)
{
    struct alembic_failure failure;
    struct error *error = run(render, "base:heads", &failure);

    if (!error && failure.has_failed)
        error = error_plain(render->arena, ERROR_SYSTEM,
                            "'alembic upgrade base:heads --sql' failed: %.*s",
                            TEXT_ARGS(failure.message));
    return error;
}

/* Alembic goes down from one head at a time. */
static struct error *run_from_heads(struct render *render)
{
    struct alembic_failure failure;
    struct error *error = NULL;

    for (size_t i = 0; !error && i < render->manifest->count; i++) {
        const struct revision *revision = &render->manifest->revisions[i];
        struct text range = arena_format(render->arena, "%.*s:base", TEXT_ARGS(revision->id));

        if (revision->child_count == 0)
            error = run(render, range.bytes, &failure);
    }
    return error;
}

/* Again and again, until each revision was tried that can be. */
static struct error *run_for_rest(struct render *render)
{
    const struct revision *first;
    const char *range;
    struct error *error = NULL;

    for (size_t i = 0; !error && i < RUNS_MAX && find_range(render, &first, &range); i++) {
        struct alembic_failure failure = {0};

        error = run(render, range, &failure);
        if (!failure.has_failed)
            failure.message = TEXT("Alembic does not come to it");
        if (!error && is_untried(render, first))
            *script_of(render, first) =
                (struct alembic_script){.state = ALEMBIC_FAILED, .failure = failure};
    }
    return error;
}

struct error *alembic_render_run(struct arena *arena, struct alembic_tree *tree,
                                 const struct manifest *manifest, const char *program,
                                 enum script_kind kind, struct alembic_rendering *rendering)
{
    struct render render = {
        .arena = arena,
        .tree = tree,
        .manifest = manifest,
        .program = program,
        .kind = kind,
        .rendering = rendering,
        .all = arena_array(arena, size_t, tree->count),
        .known = arena_array(arena, size_t, tree->count),
        .queue = arena_array(arena, const struct revision *, tree->count),
    };
    struct error *error = kind == SCRIPT_UP ? run_to_heads(&render) : run_from_heads(&render);

    order_linearize(arena, manifest, &render.order);
    if (!error)
        error = run_for_rest(&render);
    for (size_t i = 0; !error && i < tree->count; i++)
        if (rendering->scripts[kind][i].state == ALEMBIC_UNTRIED &&
            tree->revisions[i].is_empty[kind])
            rendering->scripts[kind][i].state = ALEMBIC_RENDERED;
    return error;
}

struct error *alembic_render_take(struct arena *arena, struct alembic_tree *tree,
                                  const struct source *source, enum script_kind kind,
                                  struct alembic_rendering *rendering)
{
    struct alembic_sections sections = {0};
    struct error *error = alembic_sql_cut(arena, tree, source, kind, &sections);

    if (error)
        return error;
    if (!sections.count)
        return error_hint(
            arena,
            error_at(arena, ERROR_INPUT, (struct span){source, 0, 0},
                     "this is no output of 'alembic %s --sql'",
                     kind == SCRIPT_UP ? "upgrade base:heads" : "downgrade HEAD:base"),
            "Each revision begins with a line '-- Running ...'.");
    for (size_t i = 0; i < sections.count; i++)
        take(rendering, &sections.list[i], kind, NULL);
    const struct alembic_section *last = &sections.list[sections.count - 1];
    if (!last->is_whole)
        return error_hint(
            arena, error_at(arena, ERROR_INPUT, last->span, "the output ends inside this revision"),
            "Look at what Alembic said when it was rendered.");
    return NULL;
}

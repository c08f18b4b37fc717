#include "compiler/graph.h"
#include "runtime/buffer.h"

#include <assert.h>

enum {
    NAMES_MAX = 8,        /* revisions that one message lists */
    CYCLE_NOTES_MAX = 16, /* steps of a cycle whose places are shown; its path is shown whole */
};

/* What is found out about a revision. */
struct finding {
    bool repeated;    /* an earlier revision has its id */
    bool listed_root; /* named under `roots:` */
    bool listed_head; /* named under `heads:` */
    bool meant_root;  /* probably what a misspelt entry of `roots:` is about */
    bool meant_head;  /* likewise for `heads:` */
    bool meant_child; /* it has a child, whose misspelt parent it probably is */
    bool reached;     /* by a listed head, or by one that is reported */
    bool in_cycle;    /* its own ancestor, over more than one step */
    size_t unplaced;  /* parents that no order has placed yet */
    size_t component; /* position of the first revision it can go to and come back from */
    const struct revision *named_by; /* the last one that named it as a parent, while resolving */
};

struct graph {
    struct arena *arena;
    struct manifest *manifest;
    struct finding *findings; /* by position */
    bool sound;               /* all ids are unique, and all parents are known */
    bool any_heads;           /* heads that nobody listed are right, too */
    const struct revision **roots, **heads;
    size_t root_count, head_count;
    struct errors errors;
};

static struct finding *finding_of(const struct graph *graph, const struct revision *revision)
{
    return &graph->findings[revision->position];
}

static struct error *refuse(struct graph *graph, struct span span, const char *format, ...)
    FORMAT(3, 4);

static struct error *refuse(struct graph *graph, struct span span, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(graph->arena, format, values);
    va_end(values);
    struct error *error = error_at(graph->arena, ERROR_INPUT, span, "%s", message.bytes);
    errors_add(&graph->errors, error);
    return error;
}

/* Ids. */

/* FNV-1a, its upper half folded in. */
static size_t hash(struct text id)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < id.size; i++)
        value = (value ^ (unsigned char)id.bytes[i]) * UINT64_C(0x100000001b3);
    return (size_t)(value ^ value >> 32);
}

/* Where the revision of this id is in the table, or would be. */
static struct revision **slot_of(const struct manifest *manifest, struct text id)
{
    size_t mask = manifest->by_id_size - 1, at = hash(id) & mask;

    while (manifest->by_id[at] && !text_equal(manifest->by_id[at]->id, id))
        at = (at + 1) & mask;
    return &manifest->by_id[at];
}

struct revision *graph_find(const struct manifest *manifest, struct text id)
{
    return *slot_of(manifest, id);
}

static void index_ids(struct graph *graph)
{
    struct manifest *manifest = graph->manifest;

    manifest->by_id_size = 2;
    while (manifest->by_id_size < 2 * manifest->count)
        manifest->by_id_size *= 2;
    manifest->by_id = arena_array(graph->arena, struct revision *, manifest->by_id_size);
    for (size_t i = 0; i < manifest->count; i++) {
        struct revision *revision = &manifest->revisions[i];
        struct revision **slot = slot_of(manifest, revision->id);

        assert(revision->position == i);
        revision->child_count = 0;
        if (*slot) {
            graph->findings[i].repeated = true;
            graph->sound = false;
        } else {
            *slot = revision;
        }
    }
}

static bool has_parent(const struct revision *revision, const struct revision *parent)
{
    for (size_t i = 0; i < revision->parent_count; i++)
        if (revision->parents[i].revision == parent)
            return true;
    return false;
}

/* Where a wrong id stands; ANYWHERE is outside of the manifest. */
enum place_of_id { A_PARENT, A_ROOT, A_HEAD, ANYWHERE };

/* Whether a revision fits there: a parent is not its own child, nor is anything named twice. */
static bool fits(const struct graph *graph, const struct revision *revision, enum place_of_id where,
                 const struct revision *child)
{
    switch (where) {
    case A_PARENT:
        return revision != child && !has_parent(child, revision);
    case A_ROOT:
        return revision->parent_count == 0 && !finding_of(graph, revision)->listed_root;
    case A_HEAD:
        return revision->child_count == 0 && !finding_of(graph, revision)->listed_head;
    case ANYWHERE:
        return true;
    }
    return false;
}

/*
 * The revision whose id is nearest to a wrong one, or NULL where none is near.
 *
 * child  whose parent is sought
 */
static const struct revision *nearest(const struct graph *graph, struct text id,
                                      enum place_of_id where, const struct revision *child)
{
    size_t limit = id.size < 3 ? 0 : id.size < 6 ? 1 : 2;
    const struct revision *found = NULL;

    for (size_t i = 0; i < graph->manifest->count; i++) {
        const struct revision *revision = &graph->manifest->revisions[i];
        size_t distance = text_distance(revision->id, id, limit);

        if (distance > limit || !fits(graph, revision, where, child))
            continue;
        found = revision;
        if (distance == 0)
            break;
        limit = distance - 1;
    }
    return found;
}

static void hint_nearest(const struct graph *graph, struct error *error,
                         const struct revision *meant)
{
    if (!meant)
        return;

    const struct source *source = meant->span.source;
    if (!source)
        error_hint(graph->arena, error, "Did you mean '%.*s'?", TEXT_ARGS(meant->id));
    else if (source == error->span.source)
        error_hint(graph->arena, error, "Did you mean '%.*s' (line %zu)?", TEXT_ARGS(meant->id),
                   span_place(meant->span).line);
    else
        error_hint(graph->arena, error, "Did you mean '%.*s' (%.*s, line %zu)?",
                   TEXT_ARGS(meant->id), TEXT_ARGS(source->name), span_place(meant->span).line);
}

/* Parents and children. */

/* Leaves references alone that lead nowhere, back to the revision itself, or where another led. */
static void resolve_parents(struct graph *graph)
{
    struct manifest *manifest = graph->manifest;

    for (size_t i = 0; i < manifest->count; i++) {
        struct revision *revision = &manifest->revisions[i];

        for (size_t j = 0; j < revision->parent_count; j++) {
            struct revision *parent = graph_find(manifest, revision->parents[j].id);

            if (!parent || parent == revision || finding_of(graph, parent)->named_by == revision) {
                revision->parents[j].revision = NULL;
                graph->sound = false;
                continue;
            }
            finding_of(graph, parent)->named_by = revision;
            revision->parents[j].revision = parent;
            parent->child_count++;
        }
    }
}

static void fill_children(struct graph *graph)
{
    struct manifest *manifest = graph->manifest;
    size_t total = 0;

    for (size_t i = 0; i < manifest->count; i++)
        total += manifest->revisions[i].child_count;

    struct revision **children = arena_array(graph->arena, struct revision *, total);
    for (size_t i = 0; i < manifest->count; i++) {
        struct revision *revision = &manifest->revisions[i];
        revision->children = children;
        children += revision->child_count;
        revision->child_count = 0;
    }
    for (size_t i = 0; i < manifest->count; i++) {
        struct revision *revision = &manifest->revisions[i];
        for (size_t j = 0; j < revision->parent_count; j++) {
            struct revision *parent = revision->parents[j].revision;
            if (parent)
                parent->children[parent->child_count++] = revision;
        }
    }
}

/*
 * What unknown parents are probably about is no head. Only where words ask for heads all the same,
 * and for no more parents than will be told: each costs a look at all revisions.
 */
static void mark_meant(struct graph *graph)
{
    const struct manifest *manifest = graph->manifest;
    size_t count = 0;

    for (size_t i = 0; i < manifest->count && manifest->words && count < ERRORS_MAX; i++) {
        const struct revision *revision = &manifest->revisions[i];

        for (size_t j = 0; j < revision->parent_count && count < ERRORS_MAX; j++) {
            if (graph_find(manifest, revision->parents[j].id))
                continue;
            const struct revision *meant =
                nearest(graph, revision->parents[j].id, A_PARENT, revision);
            if (meant)
                finding_of(graph, meant)->meant_child = true;
            count++;
        }
    }
}

static void refuse_repeated(struct graph *graph, const struct revision *revision)
{
    const struct revision *first = graph_find(graph->manifest, revision->id);

    error_note(
        graph->arena,
        refuse(graph, revision->span, "revision '%.*s' is defined twice", TEXT_ARGS(revision->id)),
        first->span, "first defined here");
}

/* What is wrong with a reference that leads nowhere. */
static enum damage damage_of_parent(const struct graph *graph, const struct revision *revision,
                                    const struct reference *reference)
{
    const struct revision *parent = graph_find(graph->manifest, reference->id);

    if (!parent)
        return DAMAGE_UNKNOWN_PARENT;
    return parent == revision ? DAMAGE_OWN_PARENT : DAMAGE_PARENT_TWICE;
}

static void refuse_parent(struct graph *graph, const struct revision *revision,
                          const struct reference *reference)
{
    struct text id = reference->id, of = revision->id;
    enum damage damage = damage_of_parent(graph, revision, reference);

    if (damage == DAMAGE_UNKNOWN_PARENT) {
        struct error *error =
            refuse(graph, reference->span, "revision '%.*s' has an unknown parent '%.*s'",
                   TEXT_ARGS(of), TEXT_ARGS(id));
        const struct revision *meant = nearest(graph, id, A_PARENT, revision);
        hint_nearest(graph, error, meant);
        if (!meant && graph->manifest->words)
            error_hint(graph->arena, error, "%s", graph->manifest->words->unknown);
    } else if (damage == DAMAGE_OWN_PARENT) {
        refuse(graph, reference->span, "revision '%.*s' names itself as its parent", TEXT_ARGS(of));
    } else {
        const struct reference *first = revision->parents;
        while (!text_equal(first->id, id))
            first++;
        error_note(graph->arena,
                   refuse(graph, reference->span, "revision '%.*s' names its parent '%.*s' twice",
                          TEXT_ARGS(of), TEXT_ARGS(id)),
                   first->span, "first named here");
    }
}

static void note_parent(struct graph *graph, struct error *error, const struct revision *child,
                        const struct reference *parent)
{
    error_note(graph->arena, error, parent->span,
               parent->implied ? "'%.*s' has no 'parents' and so follows '%.*s'"
                               : "'%.*s' names '%.*s' as its parent",
               TEXT_ARGS(child->id), TEXT_ARGS(parent->id));
}

/* Cycles. */

static bool is_acyclic(struct graph *graph)
{
    struct manifest *manifest = graph->manifest;
    struct revision **placed = arena_array(graph->arena, struct revision *, manifest->count);
    size_t count = 0;

    for (size_t i = 0; i < manifest->count; i++) {
        struct revision *revision = &manifest->revisions[i];
        for (size_t j = 0; j < revision->child_count; j++)
            finding_of(graph, revision->children[j])->unplaced++;
    }
    for (size_t i = 0; i < manifest->count; i++)
        if (graph->findings[i].unplaced == 0)
            placed[count++] = &manifest->revisions[i];
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < placed[i]->child_count; j++)
            if (--finding_of(graph, placed[i]->children[j])->unplaced == 0)
                placed[count++] = placed[i]->children[j];
    return count == manifest->count;
}

/* A revision that the search for components has entered. */
struct visit {
    size_t number;   /* of visits before it, and one; 0 where it was not entered */
    size_t low;      /* the lowest number that can be come back to from here */
    size_t next;     /* child to go to */
    size_t caller;   /* position of the revision it was entered from */
    bool unassigned; /* its component is still growing */
};

/* The component that begins with the revision at top is all that was entered since. */
static void close_component(struct graph *graph, struct visit *visits, size_t top,
                            const size_t *entered, size_t *entered_count)
{
    size_t end = *entered_count, first = top, start = end;

    do {
        start--;
        if (entered[start] < first)
            first = entered[start];
    } while (entered[start] != top);
    for (size_t i = start; i < end; i++) {
        visits[entered[i]].unassigned = false;
        graph->findings[entered[i]].component = first;
        graph->findings[entered[i]].in_cycle = end - start > 1;
    }
    *entered_count = start;
}

/* Tarjan's algorithm (SIAM Journal on Computing 1, 1972, pages 146 to 160) without recursion. */
static void find_components(struct graph *graph)
{
    const struct manifest *manifest = graph->manifest;
    const size_t nowhere = manifest->count;
    struct visit *visits = arena_array(graph->arena, struct visit, manifest->count);
    size_t *entered = arena_array(graph->arena, size_t, manifest->count);
    size_t entered_count = 0, number = 0;

    for (size_t start = 0; start < manifest->count; start++) {
        size_t at = visits[start].number ? nowhere : start, caller = nowhere;

        while (at != nowhere) {
            const struct revision *revision = &manifest->revisions[at];
            struct visit *visit = &visits[at];

            if (visit->number == 0) {
                number++;
                *visit = (struct visit){
                    .number = number, .low = number, .caller = caller, .unassigned = true};
                entered[entered_count++] = at;
            }
            if (visit->next < revision->child_count) {
                size_t child = revision->children[visit->next++]->position;

                if (visits[child].number == 0) {
                    caller = at;
                    at = child;
                } else if (visits[child].unassigned && visits[child].number < visit->low) {
                    visit->low = visits[child].number;
                }
                continue;
            }
            if (visit->low == visit->number)
                close_component(graph, visits, at, entered, &entered_count);
            if (visit->caller != nowhere && visit->low < visits[visit->caller].low)
                visits[visit->caller].low = visit->low;
            at = visit->caller;
        }
    }
}

/* A parent that was named by a revision, on the way back through a cycle. */
struct step {
    const struct revision *child;
    const struct reference *parent;
};

/*
 * The shortest way from a revision through its ancestors back to itself, breadth first. ways has a
 * place for each revision, unused ones empty; those of the component are used.
 *
 * returns  how many steps there are; they are in steps, from the revision on
 */
static size_t walk_cycle(const struct graph *graph, const struct revision *start, struct step *ways,
                         const struct revision **queue, struct step **steps)
{
    size_t first = 0, last = 0, count = 0;

    queue[last++] = start;
    while (!ways[start->position].child) {
        const struct revision *child = queue[first++];

        for (size_t i = 0; i < child->parent_count; i++) {
            const struct reference *reference = &child->parents[i];
            const struct revision *parent = reference->revision;

            if (!parent || ways[parent->position].child ||
                finding_of(graph, parent)->component != start->position)
                continue;
            ways[parent->position] = (struct step){child, reference};
            if (parent != start) /* it was the first in the queue, which has room for each once */
                queue[last++] = parent;
        }
    }

    const struct revision *at = start;
    do {
        at = ways[at->position].child;
        count++;
    } while (at != start);
    *steps = arena_array(graph->arena, struct step, count);
    for (size_t i = count; i-- > 0; at = ways[at->position].child)
        (*steps)[i] = ways[at->position];
    return count;
}

/* The step that closed a cycle is the only one from a revision to a younger parent. */
static void hint_closing(const struct graph *graph, struct error *error, const struct step *steps,
                         size_t count)
{
    const struct step *closing = NULL;

    for (size_t i = 0; i < count; i++) {
        struct text child = steps[i].child->created, parent = steps[i].parent->revision->created;

        if (!child.size || !parent.size || (closing && text_compare(child, parent) < 0))
            return;
        if (text_compare(child, parent) < 0)
            closing = &steps[i];
    }
    if (!closing)
        return;
    struct text child = closing->child->id, parent = closing->parent->id;
    error_note(graph->arena, error, closing->parent->span,
               "this closes it: '%.*s' was created before '%.*s'", TEXT_ARGS(child),
               TEXT_ARGS(parent));
    error_hint(graph->arena, error, "Give '%.*s' another parent than '%.*s'.", TEXT_ARGS(child),
               TEXT_ARGS(parent));
}

static void refuse_cycle(struct graph *graph, const struct revision *start, struct step *ways,
                         const struct revision **queue)
{
    CLEANUP(buffer_free) struct buffer path = {0};
    struct step *steps;
    size_t count = walk_cycle(graph, start, ways, queue, &steps);

    for (size_t i = 0; i < count; i++)
        buffer_format(&path, " after '%.*s'", TEXT_ARGS(steps[i].parent->id));
    struct error *error =
        refuse(graph, start->span, "revision '%.*s' is in a cycle: '%.*s'%.*s",
               TEXT_ARGS(start->id), TEXT_ARGS(start->id), TEXT_ARGS(buffer_text(&path)));
    for (size_t i = 0; i < count && i < CYCLE_NOTES_MAX; i++)
        note_parent(graph, error, steps[i].child, steps[i].parent);
    hint_closing(graph, error, steps, count);
}

/* Roots and heads. */

/* "'a', 'b' and 3 more", each name between the quotes given. */
static struct text names(struct arena *arena, const struct revision **revisions, size_t count,
                         const char *quote)
{
    struct text list = TEXT("");

    for (size_t i = 0; i < count && i < NAMES_MAX; i++)
        list = arena_format(arena, "%.*s%s%s%.*s%s", TEXT_ARGS(list), i ? ", " : "", quote,
                            TEXT_ARGS(revisions[i]->id), quote);
    if (count > NAMES_MAX)
        list = arena_format(arena, "%.*s and %zu more", TEXT_ARGS(list), count - NAMES_MAX);
    return list;
}

static void find_roots_and_heads(struct graph *graph)
{
    const struct manifest *manifest = graph->manifest;

    graph->roots = arena_array(graph->arena, const struct revision *, manifest->count);
    graph->heads = arena_array(graph->arena, const struct revision *, manifest->count);
    for (size_t i = 0; i < manifest->count; i++) {
        const struct revision *revision = &manifest->revisions[i];

        if (graph->findings[i].repeated)
            continue;
        if (revision->parent_count == 0)
            graph->roots[graph->root_count++] = revision;
        if (revision->child_count == 0 && !graph->findings[i].meant_child)
            graph->heads[graph->head_count++] = revision;
    }
}

/* Where a child names its parent. */
static const struct reference *reference_to(const struct revision *parent,
                                            const struct revision *child)
{
    const struct reference *reference = child->parents;

    while (reference->revision != parent)
        reference++;
    return reference;
}

/* An entry of a list whose id was read before. */
static void refuse_listed_twice(struct graph *graph, const struct reference *list,
                                const struct reference *entry, const char *key)
{
    const struct reference *first = list;

    while (!text_equal(first->id, entry->id))
        first++;
    error_note(graph->arena,
               refuse(graph, entry->span, "'%s' lists '%.*s' twice", key, TEXT_ARGS(entry->id)),
               first->span, "first listed here");
}

/* returns  what was probably meant, or NULL */
static const struct revision *refuse_listed_unknown(struct graph *graph,
                                                    const struct reference *entry,
                                                    enum place_of_id where, const char *key)
{
    const struct revision *meant = nearest(graph, entry->id, where, NULL);
    struct error *error = refuse(graph, entry->span, "'%s' lists '%.*s', which is no revision", key,
                                 TEXT_ARGS(entry->id));

    hint_nearest(graph, error, meant);
    return meant;
}

static void check_listed_roots(struct graph *graph)
{
    struct reference *list = graph->manifest->roots;
    size_t count = graph->manifest->root_count;

    for (size_t i = 0; i < count; i++) {
        struct revision *revision = graph_find(graph->manifest, list[i].id);

        list[i].revision = revision;
        if (!revision)
            continue;
        if (errors_full(&graph->errors)) {
            finding_of(graph, revision)->listed_root = true; /* the marks are whole all the same */
            continue;
        }
        if (finding_of(graph, revision)->listed_root)
            refuse_listed_twice(graph, list, &list[i], "roots");
        else if (revision->parent_count)
            note_parent(graph,
                        refuse(graph, list[i].span, "'roots' lists '%.*s', which has parents",
                               TEXT_ARGS(revision->id)),
                        revision, &revision->parents[0]);
        finding_of(graph, revision)->listed_root = true;
    }
    for (size_t i = 0; i < count && !errors_full(&graph->errors); i++) {
        const struct revision *meant =
            list[i].revision ? NULL : refuse_listed_unknown(graph, &list[i], A_ROOT, "roots");
        if (meant)
            finding_of(graph, meant)->meant_root = true;
    }
}

static void check_listed_heads(struct graph *graph)
{
    struct reference *list = graph->manifest->heads;
    size_t count = graph->manifest->head_count;

    for (size_t i = 0; i < count; i++) {
        struct revision *revision = graph_find(graph->manifest, list[i].id);

        list[i].revision = revision;
        if (!revision)
            continue;
        if (errors_full(&graph->errors)) {
            finding_of(graph, revision)->listed_head = true; /* the marks are whole all the same */
            continue;
        }
        if (finding_of(graph, revision)->listed_head)
            refuse_listed_twice(graph, list, &list[i], "heads");
        else if (revision->child_count && !finding_of(graph, revision)->in_cycle)
            note_parent(graph,
                        refuse(graph, list[i].span, "'heads' lists '%.*s', which has children",
                               TEXT_ARGS(revision->id)),
                        revision->children[0], reference_to(revision, revision->children[0]));
        finding_of(graph, revision)->listed_head = true;
    }
    for (size_t i = 0; i < count && !errors_full(&graph->errors); i++) {
        const struct revision *meant =
            list[i].revision ? NULL : refuse_listed_unknown(graph, &list[i], A_HEAD, "heads");
        if (meant)
            finding_of(graph, meant)->meant_head = true;
    }
}

static void refuse_root(struct graph *graph, const struct revision *revision)
{
    if (graph->manifest->root_count) {
        error_hint(graph->arena,
                   refuse(graph, revision->span,
                          "revision '%.*s' has no parents and is not listed under 'roots:'",
                          TEXT_ARGS(revision->id)),
                   "Name its lost parent in 'parents:', or add it to 'roots:'.");
        return;
    }

    struct error *error =
        refuse(graph, revision->span, "revision '%.*s' has no parents: another root",
               TEXT_ARGS(revision->id));
    error_note(graph->arena, error, graph->roots[0]->span, "the first root is '%.*s'",
               TEXT_ARGS(graph->roots[0]->id));
    if (graph->manifest->words)
        error_hint(graph->arena, error, "%s", graph->manifest->words->root);
    else if (graph->root_count <= NAMES_MAX)
        error_hint(graph->arena, error,
                   "Name its lost parent in 'parents:', or list all roots: 'roots: [%s]'.",
                   names(graph->arena, graph->roots, graph->root_count, "").bytes);
    else
        error_hint(graph->arena, error,
                   "Name its lost parent in 'parents:', or list all roots under 'roots:'.");
}

/*
 * Marks a revision and its ancestors, except behind those that are marked already.
 *
 * walk     room for all revisions; holds those that are newly marked, nearest first
 * returns  how many they are
 */
static size_t reach(struct graph *graph, const struct revision *head, const struct revision **walk)
{
    size_t count = 0;

    if (finding_of(graph, head)->reached)
        return 0;
    finding_of(graph, head)->reached = true;
    walk[count++] = head;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < walk[i]->parent_count; j++) {
            const struct revision *parent = walk[i]->parents[j].revision;

            if (!parent || finding_of(graph, parent)->reached)
                continue;
            finding_of(graph, parent)->reached = true;
            walk[count++] = parent;
        }
    }
    return count;
}

static void refuse_several_heads(struct graph *graph)
{
    struct arena *arena = graph->arena;
    size_t count = graph->head_count;
    struct error *error =
        refuse(graph, graph->heads[0]->span, "the graph has %zu heads where one is expected: %s",
               count, names(arena, graph->heads, count, "'").bytes);

    for (size_t i = 1; i < count && i < NAMES_MAX; i++)
        error_note(arena, error, graph->heads[i]->span, "another head is '%.*s'",
                   TEXT_ARGS(graph->heads[i]->id));
    if (graph->manifest->words)
        error_hint(arena, error, "%s", graph->manifest->words->heads);
    else if (count <= NAMES_MAX)
        error_hint(arena, error,
                   "Merge them with a revision whose parents are [%s], or list them under "
                   "'heads:'.",
                   names(arena, graph->heads, count, "").bytes);
    else
        error_hint(arena, error, "Merge them, or list them under 'heads:'.");
}

static void refuse_unlisted_head(struct graph *graph, const struct revision *head,
                                 const struct revision **walk)
{
    struct error *error = refuse(graph, head->span,
                                 "revision '%.*s' has no children and is not listed under 'heads:'",
                                 TEXT_ARGS(head->id));
    size_t count = reach(graph, head, walk);

    for (size_t i = 1; i < count && i <= NAMES_MAX; i++)
        error_note(graph->arena, error, walk[i]->span, "no listed head reaches '%.*s'",
                   TEXT_ARGS(walk[i]->id));
    if (count > NAMES_MAX + 1)
        error_note(graph->arena, error, (struct span){0}, "nor does one reach %zu more",
                   count - NAMES_MAX - 1);
    error_hint(graph->arena, error, "Merge it into a listed head, or add it to 'heads:'.");
}

const char *graph_damage_name(enum damage damage)
{
    static const char *const names[DAMAGE_COUNT] = {
        [DAMAGE_REPEATED_ID] = "repeated id",   [DAMAGE_UNKNOWN_PARENT] = "unknown parent",
        [DAMAGE_OWN_PARENT] = "its own parent", [DAMAGE_PARENT_TWICE] = "parent named twice",
        [DAMAGE_CYCLE] = "in a cycle",          [DAMAGE_ROOT] = "unexpected root",
        [DAMAGE_HEAD] = "unexpected head",      [DAMAGE_SEVERAL_HEADS] = "one of several heads",
    };

    return names[damage];
}

static bool is_unexpected_root(const struct graph *graph, const struct revision *revision)
{
    const struct finding *finding = finding_of(graph, revision);

    return revision->parent_count == 0 && !finding->listed_root && !finding->meant_root &&
           (graph->manifest->root_count || revision != graph->roots[0]);
}

/* Heads that are so only because of wrong ids or parents are left alone. */
static bool tells_heads(const struct graph *graph)
{
    const struct graph_words *words = graph->manifest->words;

    return words ? words->heads != NULL : graph->sound;
}

static bool is_unexpected_head(const struct graph *graph, const struct revision *revision)
{
    const struct finding *finding = finding_of(graph, revision);

    return revision->child_count == 0 && !finding->meant_child && tells_heads(graph) &&
           !graph->any_heads && !finding->listed_head && !finding->meant_head &&
           (graph->manifest->head_count || graph->head_count > 1);
}

static void mark(struct graph *graph)
{
    for (size_t i = 0; i < graph->manifest->count; i++) {
        struct revision *revision = &graph->manifest->revisions[i];
        const struct finding *finding = &graph->findings[i];
        unsigned damage = finding->repeated ? 1U << DAMAGE_REPEATED_ID : 0;

        for (size_t j = 0; j < revision->parent_count; j++)
            if (!revision->parents[j].revision)
                damage |= 1U << damage_of_parent(graph, revision, &revision->parents[j]);
        if (finding->in_cycle)
            damage |= 1U << DAMAGE_CYCLE;
        if (!finding->repeated && is_unexpected_root(graph, revision))
            damage |= 1U << DAMAGE_ROOT;
        if (!finding->repeated && is_unexpected_head(graph, revision))
            damage |= 1U << (graph->manifest->head_count ? DAMAGE_HEAD : DAMAGE_SEVERAL_HEADS);
        revision->damage = damage;
        revision->cycle =
            finding->in_cycle ? &graph->manifest->revisions[finding->component] : NULL;
    }
}

/* All that is marked, in the order of the manifest. */
static void report(struct graph *graph)
{
    const struct manifest *manifest = graph->manifest;
    struct step *ways = arena_array(graph->arena, struct step, manifest->count);
    const struct revision **walk =
        arena_array(graph->arena, const struct revision *, manifest->count);

    for (size_t i = 0; i < manifest->count; i++)
        if (graph->findings[i].listed_head || graph->findings[i].meant_head)
            reach(graph, &manifest->revisions[i], walk);

    for (size_t i = 0; i < manifest->count && !errors_full(&graph->errors); i++) {
        const struct revision *revision = &manifest->revisions[i];
        unsigned damage = revision->damage;

        if (damage & 1U << DAMAGE_REPEATED_ID)
            refuse_repeated(graph, revision);
        for (size_t j = 0; j < revision->parent_count && !errors_full(&graph->errors); j++)
            if (!revision->parents[j].revision)
                refuse_parent(graph, revision, &revision->parents[j]);
        if (revision->cycle == revision)
            refuse_cycle(graph, revision, ways, walk);
        if (damage & 1U << DAMAGE_ROOT)
            refuse_root(graph, revision);
        if (damage & 1U << DAMAGE_HEAD)
            refuse_unlisted_head(graph, revision, walk);
        if (damage & 1U << DAMAGE_SEVERAL_HEADS && revision == graph->heads[0])
            refuse_several_heads(graph);
    }
}

static struct error *resolve(struct arena *arena, struct manifest *manifest, bool any_heads)
{
    struct graph graph = {
        .arena = arena,
        .manifest = manifest,
        .findings = arena_array(arena, struct finding, manifest->count),
        .sound = true,
        .any_heads = any_heads,
    };

    index_ids(&graph);
    resolve_parents(&graph);
    fill_children(&graph);
    mark_meant(&graph);
    if (!is_acyclic(&graph))
        find_components(&graph);
    find_roots_and_heads(&graph);
    check_listed_roots(&graph);
    check_listed_heads(&graph);
    mark(&graph);
    report(&graph);
    return errors_sorted(&graph.errors);
}

struct error *graph_resolve(struct arena *arena, struct manifest *manifest)
{
    return resolve(arena, manifest, false);
}

struct error *graph_resolve_any_heads(struct arena *arena, struct manifest *manifest)
{
    return resolve(arena, manifest, true);
}

size_t graph_heads(struct arena *arena, const struct manifest *manifest,
                   const struct revision ***heads)
{
    size_t count = 0;

    *heads = arena_array(arena, const struct revision *, manifest->count);
    for (size_t i = 0; i < manifest->count; i++)
        if (manifest->revisions[i].child_count == 0)
            (*heads)[count++] = &manifest->revisions[i];
    return count;
}

/* The revision whose id is nearest to one that is none, as a hint. */
static struct error *unknown(struct arena *arena, const struct manifest *manifest, struct text id)
{
    struct graph graph = {.arena = arena, .manifest = (struct manifest *)manifest};
    struct error *error =
        error_plain(arena, ERROR_INPUT, "there is no revision '%.*s'", TEXT_ARGS(id));

    hint_nearest(&graph, error, nearest(&graph, id, ANYWHERE, NULL));
    return error;
}

struct error *graph_match(struct arena *arena, const struct manifest *manifest, struct text id,
                          struct revision **revision)
{
    const struct revision *found[NAMES_MAX + 1];
    size_t count = 0;

    *revision = graph_find(manifest, id);
    for (size_t i = 0; !*revision && id.size && i < manifest->count && count < COUNT(found); i++)
        if (text_starts(manifest->revisions[i].id, id))
            found[count++] = &manifest->revisions[i];
    if (*revision)
        return NULL;
    if (count == 0)
        return unknown(arena, manifest, id);
    if (count == 1) {
        *revision = &manifest->revisions[found[0]->position];
        return NULL;
    }
    return error_hint(
        arena,
        error_plain(arena, ERROR_INPUT, "more than one revision begins with '%.*s'", TEXT_ARGS(id)),
        count > NAMES_MAX ? "Write more of the id: %s and more begin so."
                          : "Write more of the id: %s begin so.",
        names(arena, found, count > NAMES_MAX ? NAMES_MAX : count, "'").bytes);
}

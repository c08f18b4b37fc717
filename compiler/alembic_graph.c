#include "compiler/alembic_graph.h"

#include <stdlib.h>
#include <string.h>

enum {
    LABELLED_MAX = 256, /* revisions whose labels tell heads apart */
    PREFIX_SIZE_MIN = 4,
};

/* Where a text is found: an id, the name of a file, a label. */
struct entry {
    struct text key;
    size_t position; /* of its revision */
};

struct entries {
    struct entry *list;
    size_t count;
};

struct history {
    struct arena *arena;
    struct alembic_tree *tree;
    struct manifest *manifest;
    struct entries ids, files, labels; /* each sorted by key, then by position */
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = text_compare(left->key, right->key);

    return order ? order : (left->position > right->position) - (left->position < right->position);
}

static void sort_entries(struct entries *entries)
{
    if (entries->count)
        qsort(entries->list, entries->count, sizeof(*entries->list), compare_entries);
}

/* The first entry that is not before the key. */
static size_t lower_bound(const struct entries *entries, struct text key)
{
    size_t low = 0, high = entries->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (text_compare(entries->list[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct entry *find(const struct entries *entries, struct text key)
{
    size_t at = lower_bound(entries, key);

    return at < entries->count && text_equal(entries->list[at].key, key) ? &entries->list[at]
                                                                         : NULL;
}

/* The only key that begins so, or NULL. */
static const struct entry *find_prefix(const struct entries *entries, struct text prefix)
{
    size_t at = lower_bound(entries, prefix);

    if (prefix.size < PREFIX_SIZE_MIN || at == entries->count ||
        !text_starts(entries->list[at].key, prefix))
        return NULL;
    if (at + 1 < entries->count && text_starts(entries->list[at + 1].key, prefix))
        return NULL;
    return &entries->list[at];
}

static void index_tree(struct history *history)
{
    struct arena *arena = history->arena;
    const struct alembic_tree *tree = history->tree;
    size_t label_count = 0;

    history->ids.list = arena_array(arena, struct entry, tree->count);
    history->files.list = arena_array(arena, struct entry, tree->count);
    history->ids.count = history->files.count = tree->count;
    for (size_t i = 0; i < tree->count; i++) {
        history->ids.list[i] = (struct entry){tree->revisions[i].id.text, i};
        history->files.list[i] = (struct entry){tree->revisions[i].file, i};
        label_count += tree->revisions[i].labels.count;
    }
    history->labels.list = arena_array(arena, struct entry, label_count);
    for (size_t i = 0; i < tree->count; i++)
        for (size_t j = 0; j < tree->revisions[i].labels.count; j++)
            history->labels.list[history->labels.count++] =
                (struct entry){tree->revisions[i].labels.list[j].text, i};
    sort_entries(&history->ids);
    sort_entries(&history->files);
    sort_entries(&history->labels);
}

/* One revision. */

static void check_id(struct history *history, const struct alembic_revision *revision)
{
    if (revision->id.text.size > ALEMBIC_ID_SIZE_MAX)
        error_hint(history->arena,
                   layout_alembic_warn(
                       history->arena, history->tree, "long-id", revision->id.span,
                       "'%.*s' has %zu characters, and Alembic's table has room for %d",
                       TEXT_ARGS(revision->id.text), revision->id.text.size, ALEMBIC_ID_SIZE_MAX),
                   "A manifest with 'alembic: keep' refuses it.");
    if (revision->doc_id.text.size && !text_equal(revision->doc_id.text, revision->id.text))
        error_hint(history->arena,
                   error_note(history->arena,
                              layout_alembic_warn(
                                  history->arena, history->tree, "docstring-id",
                                  revision->doc_id.span, "the docstring says 'Revision ID: %s'",
                                  layout_alembic_shown(history->arena, revision->doc_id.text)),
                              revision->id.span, "the code says '%.*s', and that counts",
                              TEXT_ARGS(revision->id.text)),
                   "Correct the docstring, or the code where it was copied from another file.");
}

/* The name of a file, as somebody may have written it in place of the id in it. */
static const struct entry *find_file(const struct history *history, struct text name)
{
    size_t slash = name.size;

    while (slash > 0 && name.bytes[slash - 1] != '/')
        slash--;
    name = text_slice(name, slash, name.size);
    if (text_ends(name, TEXT(".py")))
        name.size -= 3;
    return find(&history->files, name);
}

/*
 * What a parent means that is no id: the id in the file that it names, or the only one that begins
 * so. Told, and followed.
 *
 * returns  NULL where it means nothing
 */
static const struct alembic_revision *follow(struct history *history,
                                             const struct alembic_word *word)
{
    const struct entry *file = find_file(history, word->text);
    const struct entry *prefix = file ? NULL : find_prefix(&history->ids, word->text);
    struct error *error;

    if (!file && !prefix)
        return NULL;
    const struct alembic_revision *meant =
        &history->tree->revisions[file ? file->position : prefix->position];
    if (file)
        error = layout_alembic_refuse(history->arena, history->tree, "file-name", word->span,
                                      "'%s' is the name of a file, and no revision",
                                      layout_alembic_shown(history->arena, word->text));
    else
        error = layout_alembic_refuse(history->arena, history->tree, "partial-id", word->span,
                                      "'%s' is the beginning of an id, and no revision",
                                      layout_alembic_shown(history->arena, word->text));
    error_note(history->arena, error, meant->id.span, "the id is here");
    error_hint(history->arena, error, "Write '%.*s'.", TEXT_ARGS(meant->id.text));
    return meant;
}

/* The first parent of the docstring that is a revision, and not this one; or NULL. */
static const struct alembic_revision *doc_parent(const struct history *history,
                                                 const struct alembic_revision *revision)
{
    for (size_t i = 0; i < revision->doc_parents.count; i++) {
        const struct entry *found = find(&history->ids, revision->doc_parents.list[i].text);

        if (found && &history->tree->revisions[found->position] != revision)
            return &history->tree->revisions[found->position];
    }
    return NULL;
}

static bool has_parent(const struct revision *revision, struct text id)
{
    for (size_t i = 0; i < revision->parent_count; i++)
        if (text_equal(revision->parents[i].id, id))
            return true;
    return false;
}

static void add_parent(struct revision *revision, struct text id, struct span span)
{
    revision->parents[revision->parent_count++] = (struct reference){.id = id, .span = span};
}

/* A revision that says None, while its docstring knows better. */
static void check_lost(struct history *history, const struct alembic_revision *from,
                       struct revision *revision)
{
    const struct alembic_revision *lost = doc_parent(history, from);

    if (!lost)
        return;
    error_hint(history->arena,
               error_note(history->arena,
                          layout_alembic_refuse(
                              history->arena, history->tree, "lost-parent", from->parents_span,
                              "revision '%.*s' has no parent, and its docstring names "
                              "'%.*s'",
                              TEXT_ARGS(from->id.text), TEXT_ARGS(lost->id.text)),
                          from->doc_parents_span, "the docstring is here"),
               "Write down_revision = '%.*s', or take it out of the docstring.",
               TEXT_ARGS(lost->id.text));
    add_parent(revision, lost->id.text, from->parents_span);
}

/* One that no file has: the docstring may know better, else the graph looks for what is near. */
static void add_unknown(struct history *history, const struct alembic_revision *from,
                        struct revision *revision, const struct alembic_word *word)
{
    const struct alembic_revision *meant = doc_parent(history, from);
    struct text shown = text_from(layout_alembic_shown(history->arena, word->text));

    if (!meant || has_parent(revision, meant->id.text)) {
        add_parent(revision, shown, word->span);
        return;
    }
    error_hint(
        history->arena,
        error_note(history->arena,
                   layout_alembic_refuse(history->arena, history->tree, "unknown-parent",
                                         word->span, "revision '%.*s' has an unknown parent '%.*s'",
                                         TEXT_ARGS(from->id.text), TEXT_ARGS(shown)),
                   from->doc_parents_span, "the docstring names '%.*s'", TEXT_ARGS(meant->id.text)),
        "Did you mean '%.*s'?", TEXT_ARGS(meant->id.text));
    add_parent(revision, meant->id.text, word->span);
}

static void add_parents(struct history *history, const struct alembic_revision *from,
                        struct revision *revision)
{
    if (from->parents_span.source && !from->parents.count)
        check_lost(history, from, revision);
    for (size_t i = 0; i < from->parents.count; i++) {
        const struct alembic_word *word = &from->parents.list[i];
        const struct alembic_revision *meant;

        if (find(&history->ids, word->text))
            add_parent(revision, word->text, word->span);
        else if ((meant = follow(history, word)))
            add_parent(revision, meant->id.text, word->span);
        else
            add_unknown(history, from, revision, word);
    }
}

/*
 * Both name the same parents, in any order. Where the code has something else in place of an id,
 * the docstring may have it, too.
 *
 * revision  has a parent for each that the code names
 */
static bool agrees(const struct alembic_revision *from, const struct revision *revision)
{
    for (size_t i = 0; i < from->doc_parents.count; i++) {
        struct text named = from->doc_parents.list[i].text;
        size_t j = 0;

        while (j < from->parents.count && !text_equal(from->parents.list[j].text, named) &&
               !text_equal(revision->parents[j].id, named))
            j++;
        if (j == from->parents.count && !(j == 0 && has_parent(revision, named)))
            return false;
    }
    return from->doc_parents.count == revision->parent_count;
}

static struct text names(struct arena *arena, const struct revision *revision)
{
    struct text list = TEXT("None");

    for (size_t i = 0; i < revision->parent_count; i++)
        list = i == 0 ? arena_format(arena, "'%.*s'", TEXT_ARGS(revision->parents[i].id))
                      : arena_format(arena, "%.*s, '%.*s'", TEXT_ARGS(list),
                                     TEXT_ARGS(revision->parents[i].id));
    return list;
}

/* In front of depends_on, which the docstring does not tell. */
static void check_docstring(struct history *history, const struct alembic_revision *from,
                            const struct revision *revision)
{
    enum { NAMED_MAX = 8 };

    if (!from->doc_parents_span.source || !from->parents_span.source || agrees(from, revision) ||
        revision->parent_count > NAMED_MAX)
        return;
    struct text line =
        text_slice(from->source->text, from->doc_parents_span.offset, from->doc_parents_span.size);
    error_hint(history->arena,
               error_note(history->arena,
                          layout_alembic_warn(history->arena, history->tree, "docstring",
                                              from->doc_parents_span, "the docstring says '%s'",
                                              layout_alembic_shown(history->arena, line)),
                          from->parents_span, "the code says %.*s, and that counts",
                          TEXT_ARGS(names(history->arena, revision))),
               "Find out which of them is right: Alembic does not read docstrings.");
}

static void add_dependencies(struct history *history, const struct alembic_revision *from,
                             struct revision *revision)
{
    for (size_t i = 0; i < from->depends.count; i++) {
        const struct alembic_word *word = &from->depends.list[i];
        const struct entry *entry = find(&history->ids, word->text);
        const struct alembic_revision *meant;

        if (!entry)
            entry = find(&history->labels, word->text);
        if (entry)
            meant = &history->tree->revisions[entry->position];
        else
            meant = follow(history, word);
        if (!meant)
            error_hint(history->arena,
                       layout_alembic_refuse(history->arena, history->tree, "unknown-dependency",
                                             word->span,
                                             "revision '%.*s' depends on '%s', which is "
                                             "neither a revision nor a label",
                                             TEXT_ARGS(from->id.text),
                                             layout_alembic_shown(history->arena, word->text)),
                       "Name an id, or a label of 'branch_labels'.");
        else if (!has_parent(revision, meant->id.text))
            add_parent(revision, meant->id.text, word->span);
    }
}

static void add_revision(struct history *history, size_t position)
{
    const struct alembic_revision *from = &history->tree->revisions[position];
    struct revision *revision = &history->manifest->revisions[position];
    size_t room = from->parents.count + from->depends.count + 1;

    *revision = (struct revision){
        .id = from->id.text,
        .title = from->title,
        .created = from->created.text,
        .span = from->id.span,
        .position = position,
        .parents = arena_array(history->arena, struct reference, room),
        .transactional = !from->autocommit.source,
    };
    check_id(history, from);
    add_parents(history, from, revision);
    check_docstring(history, from, revision);
    add_dependencies(history, from, revision);
}

static struct span label_span(const struct history *history, const struct entry *entry)
{
    const struct alembic_word *word = history->tree->revisions[entry->position].labels.list;

    while (!text_equal(word->text, entry->key))
        word++;
    return word->span;
}

static void check_labels(struct history *history)
{
    for (size_t i = 1; i < history->labels.count; i++) {
        const struct entry *entry = &history->labels.list[i], *before = entry - 1;

        if (!text_equal(entry->key, before->key) || entry->position == before->position)
            continue;
        error_note(history->arena,
                   layout_alembic_refuse(history->arena, history->tree, "label-twice",
                                         label_span(history, entry),
                                         "the label '%s' is another revision's, too",
                                         layout_alembic_shown(history->arena, entry->key)),
                   label_span(history, before), "first used here");
    }
}

/* Roots and heads. */

static bool is_labelled(const struct history *history, size_t position)
{
    return history->tree->revisions[position].labels.count > 0;
}

static void list(struct history *history, const bool *chosen, struct reference **list,
                 size_t *count)
{
    struct manifest *manifest = history->manifest;

    *list = arena_array(history->arena, struct reference, manifest->count);
    for (size_t i = 0; i < manifest->count; i++)
        if (chosen[i])
            (*list)[(*count)++] = (struct reference){.id = manifest->revisions[i].id,
                                                     .span = manifest->revisions[i].span};
}

/* Which revisions have no parents; several are meant where all but one have labels. */
static void list_roots(struct history *history, bool branches)
{
    struct manifest *manifest = history->manifest;
    bool *roots = arena_array(history->arena, bool, manifest->count);
    size_t count = 0, labelled = 0;

    for (size_t i = 0; i < manifest->count; i++) {
        roots[i] = manifest->revisions[i].parent_count == 0;
        count += roots[i];
        labelled += roots[i] && is_labelled(history, i);
    }
    if (count > 1 && (branches || labelled + 1 >= count))
        list(history, roots, &manifest->roots, &manifest->root_count);
}

/*
 * The heads that a labelled revision leads to.
 *
 * marks    of each revision, the number of the last walk that came by
 * returns  how many there are; the last of them is in head
 */
static size_t walk_to_heads(const struct history *history, size_t start, size_t number,
                            size_t *marks, size_t *queue, size_t *head)
{
    const struct manifest *manifest = history->manifest;
    size_t first = 0, last = 0, count = 0;

    queue[last++] = start;
    marks[start] = number;
    while (first < last) {
        const struct revision *revision = &manifest->revisions[queue[first++]];

        if (revision->child_count == 0) {
            *head = revision->position;
            count++;
        }
        for (size_t i = 0; i < revision->child_count; i++) {
            size_t child = revision->children[i]->position;

            if (marks[child] != number)
                queue[last++] = child;
            marks[child] = number;
        }
    }
    return count;
}

/* Several heads are meant where all but one have a label that leads to no other. */
static bool are_heads_labelled(struct history *history, const bool *heads, size_t count)
{
    const struct manifest *manifest = history->manifest;
    size_t *marks = arena_array(history->arena, size_t, manifest->count);
    size_t *queue = arena_array(history->arena, size_t, manifest->count);
    bool *named = arena_array(history->arena, bool, manifest->count);
    size_t walks = 0, named_count = 0, head = 0;

    for (size_t i = 0; i < manifest->count && walks < LABELLED_MAX; i++) {
        if (!is_labelled(history, i) ||
            walk_to_heads(history, i, ++walks, marks, queue, &head) != 1 || named[head])
            continue;
        named[head] = true;
        named_count += heads[head];
    }
    return named_count + 1 >= count;
}

/* Of a graph that is resolved. returns  false where there is one, or where they are not meant */
static bool list_heads(struct history *history, bool branches)
{
    struct manifest *manifest = history->manifest;
    bool *heads = arena_array(history->arena, bool, manifest->count);
    size_t count = 0;

    for (size_t i = 0; i < manifest->count; i++) {
        heads[i] = manifest->revisions[i].child_count == 0;
        count += heads[i];
    }
    if (count < 2 || !(branches || are_heads_labelled(history, heads, count)))
        return false;
    list(history, heads, &manifest->heads, &manifest->head_count);
    return true;
}

/* Findings. */

struct numbered {
    struct finding *finding;
    size_t number;
};

/* Those without a place first, then by file and line, then as they were added. */
static int compare_findings(const void *a, const void *b)
{
    const struct numbered *left = a, *right = b;
    struct span first = left->finding->error->span, second = right->finding->error->span;
    int order = text_compare(first.source ? first.source->name : TEXT(""),
                             second.source ? second.source->name : TEXT(""));

    if (order)
        return order;
    if (first.offset != second.offset)
        return first.offset < second.offset ? -1 : 1;
    return left->number < right->number ? -1 : 1;
}

static void sort_findings(struct arena *arena, struct findings *findings)
{
    struct numbered *sorted = arena_array(arena, struct numbered, findings->count);
    size_t count = 0;

    for (struct finding *finding = findings->first; finding; finding = finding->next, count++)
        sorted[count] = (struct numbered){finding, count};
    if (count)
        qsort(sorted, count, sizeof(*sorted), compare_findings);
    for (size_t i = 0; i < count; i++)
        sorted[i].finding->next = i + 1 < count ? sorted[i + 1].finding : NULL;
    findings->first = count ? sorted[0].finding : NULL;
    findings->last = count ? sorted[count - 1].finding : NULL;
}

/* Whether its parents could not be read, which was told: it is no root only because of that. */
static bool is_about_unread(const struct history *history, const struct error *error)
{
    for (size_t i = 0; i < history->tree->count; i++) {
        const struct alembic_revision *revision = &history->tree->revisions[i];

        if (!revision->parents_span.source && error->span.source == revision->source &&
            error->span.offset == revision->id.span.offset)
            return true;
    }
    return false;
}

static void add_errors(struct history *history, struct error *error)
{
    size_t count = 0;

    for (struct error *next; error; error = next) {
        next = error->next;
        error->next = NULL;
        history->tree->has_more = ++count == ERRORS_MAX;
        if (!is_about_unread(history, error))
            findings_add(history->arena, &history->tree->findings, FINDING_FAULT, "graph", TEXT(""),
                         error);
    }
}

void alembic_graph_check(struct arena *arena, struct alembic_tree *tree, bool branches,
                         struct manifest *manifest)
{
    struct graph_words words = {
        .unknown = "No file has it: perhaps one is missing here.",
        .root = "Name its lost parent in 'down_revision'; if several roots are meant, say "
                "'--branches', or give each but one 'branch_labels'.",
        .heads = "Merge them: 'alembic merge heads'; if several are meant, say '--branches', or "
                 "give each but one 'branch_labels'.",
    };
    struct history history = {.arena = arena, .tree = tree, .manifest = manifest};

    *manifest = (struct manifest){
        .revisions = arena_array(arena, struct revision, tree->count),
        .count = tree->count,
        .words = &words,
    };
    index_tree(&history);
    for (size_t i = 0; i < tree->count; i++) {
        add_revision(&history, i);
        if (!tree->revisions[i].parents_span.source)
            words.heads = NULL;
    }
    check_labels(&history);
    list_roots(&history, branches);
    struct error *error = graph_resolve(arena, manifest);
    if (list_heads(&history, branches))
        error = graph_resolve(arena, manifest);
    manifest->words = NULL;
    add_errors(&history, error);
    sort_findings(arena, &tree->findings);
}

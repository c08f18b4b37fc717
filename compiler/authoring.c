#include "compiler/authoring.h"
#include "compiler/amend.h"
#include "compiler/changeset.h"
#include "compiler/naming.h"
#include "compiler/templates.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { DRAWN_BYTES = 6, FIELDS_MAX = 5, SCRIPTS_MAX = 2 * DIALECT_COUNT };

struct new_script {
    enum script_kind kind;
    const enum dialect *dialect; /* NULL for all */
    struct text path;            /* as seen from the folder of the manifest */
    struct text written;         /* the same as seen from the file that names it */
    struct text text;
};

struct addition {
    struct arena *arena;
    struct text path;
    struct manifest *manifest;
    const struct wanted *wanted;
    struct text id;
    const struct source *source; /* of the file it goes into */
    struct text folder;          /* of that file, as seen from the folder of the manifest */
    struct new_script scripts[SCRIPTS_MAX];
    size_t script_count;
    struct amend_field fields[FIELDS_MAX];
    size_t field_count;
    struct source drafts[2]; /* of the file, and of the manifest where that changes, too */
    const struct source *changed[2];
    size_t draft_count;
};

/* Ids. */

static struct text draw_id(struct arena *arena, const struct manifest *manifest)
{
    for (;;) {
        uint8_t bytes[DRAWN_BYTES];
        struct text id = TEXT("");

        crypto_random(bytes, sizeof(bytes));
        for (size_t i = 0; i < sizeof(bytes); i++)
            id = arena_format(arena, "%.*s%02x", TEXT_ARGS(id), bytes[i]);
        /* A letter first, so that nobody's YAML takes it for a number. */
        if (id.bytes[0] >= 'a' && !graph_find(manifest, id))
            return id;
    }
}

static struct error *check_id(struct arena *arena, const struct manifest *manifest, struct text id)
{
    const struct revision *known;

    if (id.size > ID_SIZE_MAX || !index_is_id(id))
        return error_hint(
            arena, error_plain(arena, ERROR_INPUT, "'%.*s' cannot be an id", TEXT_ARGS(id)),
            "Use A-Z, a-z, 0-9, '.', '_' and '-' only, %d characters at most.", ID_SIZE_MAX);
    known = graph_find(manifest, id);
    if (known)
        return error_at(arena, ERROR_INPUT, known->span, "there is a revision '%.*s' already",
                        TEXT_ARGS(id));
    return NULL;
}

/* A second head is meant where the manifest lists its heads. */
static struct error *check_heads(const struct addition *addition)
{
    const struct wanted *wanted = addition->wanted;

    if (addition->manifest->head_count || wanted->parent_count == 0)
        return NULL;
    for (size_t i = 0; i < wanted->parent_count; i++)
        if (wanted->parents[i]->child_count == 0)
            return NULL;
    const struct revision *parent = wanted->parents[0];
    return error_hint(addition->arena,
                      error_at(addition->arena, ERROR_INPUT, parent->span,
                               "revision '%.*s' has children: the graph would have one head more",
                               TEXT_ARGS(parent->id)),
                      "To begin a branch, list the present heads under 'heads:' first.");
}

/* Paths. */

/* The folder of a file that the manifest includes, or its own, as seen from its own. */
static struct text folder_of(struct arena *arena, const struct manifest *manifest,
                             const struct source *source)
{
    struct text start = file_join(arena, manifest->folder, TEXT(""));
    struct text name = text_slice(source->name, start.size, source->name.size);
    struct text folder = file_folder(arena, name);

    return text_equal(folder, TEXT(".")) ? TEXT("") : folder;
}

/* A path below the folder of the manifest, as seen from another folder there. */
static struct text path_from(struct arena *arena, struct text folder, struct text path)
{
    while (folder.size) {
        struct text rest_of_folder = folder, rest_of_path = path;

        if (!text_equal(text_cut(&rest_of_folder, '/'), text_cut(&rest_of_path, '/')) ||
            rest_of_path.size == 0)
            break;
        folder = rest_of_folder;
        path = rest_of_path;
    }
    while (folder.size) {
        path = arena_format(arena, "../%.*s", TEXT_ARGS(path));
        text_cut(&folder, '/');
    }
    return path;
}

/* Whether a file there would be inside the folder of the manifest, whatever links lead to. */
static struct error *check_inside(struct arena *arena, struct text folder, struct text path)
{
    struct text deepest = file_folder(arena, file_join(arena, folder, path));
    struct stat status;

    while (stat(deepest.bytes, &status) < 0 && errno == ENOENT && !text_equal(deepest, TEXT(".")) &&
           !text_equal(deepest, TEXT("/")))
        deepest = file_folder(arena, deepest);
    char *inner = realpath(deepest.bytes, NULL), *outer = realpath(folder.bytes, NULL);
    struct text inside = text_from(inner ? inner : ""), around = text_from(outer ? outer : "");
    bool is_inside = inner && outer && text_starts(inside, around) &&
                     (inside.size == around.size || inside.bytes[around.size] == '/' ||
                      text_ends(around, TEXT("/")));
    struct error *error =
        is_inside ? NULL
                  : error_plain(arena, ERROR_INPUT, "path '%.*s' leaves the folder of the manifest",
                                TEXT_ARGS(path));

    free(inner);
    free(outer);
    return error;
}

/* Scripts. */

struct text authoring_parents(struct arena *arena, const struct wanted *wanted)
{
    CLEANUP(buffer_free) struct buffer list = {0};

    for (size_t i = 0; i < wanted->parent_count; i++)
        buffer_format(&list, "%s%.*s",
                      i == 0                         ? ""
                      : i + 1 < wanted->parent_count ? ", "
                                                     : " and ",
                      TEXT_ARGS(wanted->parents[i]->id));
    return arena_copy(arena, buffer_text(&list));
}

static struct text script_text(const struct addition *addition, const struct new_script *script)
{
    const struct wanted *wanted = addition->wanted;
    bool is_up = script->kind == SCRIPT_UP;
    enum revision_template template = wanted->is_merge
                                          ? is_up ? TEMPLATE_MERGE_UP : TEMPLATE_MERGE_DOWN
                                      : is_up ? TEMPLATE_UP
                                              : TEMPLATE_DOWN;
    const struct text pairs[][2] = {
        {TEXT("id"), addition->id},
        {TEXT("title"), wanted->title},
        {TEXT("parents"), authoring_parents(addition->arena, wanted)},
        {TEXT("dialect"), script->dialect ? dialect_name(*script->dialect) : TEXT("")},
    };

    if (script->dialect && !wanted->dialects[*script->dialect])
        template = TEMPLATE_OTHER_DIALECT;
    return templates_fill(addition->arena, templates_of(template), pairs, COUNT(pairs));
}

static void add_script(struct addition *addition, const struct naming *naming,
                       enum script_kind kind, const enum dialect *dialect)
{
    struct new_script *script = &addition->scripts[addition->script_count++];

    *script = (struct new_script){.kind = kind, .dialect = dialect};
    script->path =
        naming_path(addition->arena, naming, addition->id, addition->wanted->title, kind, dialect);
    script->written = path_from(addition->arena, addition->folder, script->path);
    script->text = script_text(addition, script);
}

static void name_scripts(struct addition *addition)
{
    static const enum dialect dialects[DIALECT_COUNT] = {DIALECT_POSTGRESQL, DIALECT_SQLITE};
    const struct wanted *wanted = addition->wanted;
    bool several = wanted->dialects[DIALECT_POSTGRESQL] || wanted->dialects[DIALECT_SQLITE];
    struct naming naming = naming_learn(addition->arena, addition->manifest, addition->source,
                                        addition->folder, wanted->now);

    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++) {
        if (kind == SCRIPT_DOWN && wanted->irreversible)
            continue;
        if (!several)
            add_script(addition, &naming, kind, NULL);
        for (size_t i = 0; several && i < DIALECT_COUNT; i++)
            if (addition->manifest->dialects[i])
                add_script(addition, &naming, kind, &dialects[i]);
    }
}

/* The text of the manifest. */

static struct amend_field *add_field(struct addition *addition, const char *key,
                                     enum yaml_kind kind, struct text *texts, size_t count)
{
    struct amend_field *field = &addition->fields[addition->field_count++];

    *field = (struct amend_field){key, kind, texts, count};
    return field;
}

static void add_text_field(struct addition *addition, const char *key, struct text text)
{
    struct text *texts = arena_one(addition->arena, struct text);

    *texts = text;
    add_field(addition, key, YAML_SCALAR, texts, 1);
}

static void add_script_field(struct addition *addition, enum script_kind kind)
{
    struct text *texts = arena_array(addition->arena, struct text, SCRIPTS_MAX);
    size_t count = 0;

    for (size_t i = 0; i < addition->script_count; i++) {
        const struct new_script *script = &addition->scripts[i];

        if (script->kind != kind)
            continue;
        if (!script->dialect) {
            add_text_field(addition, script_kind_name(kind), script->written);
            return;
        }
        texts[count++] = dialect_name(*script->dialect);
        texts[count++] = script->written;
    }
    if (count)
        add_field(addition, script_kind_name(kind), YAML_MAPPING, texts, count);
    else
        add_text_field(addition, script_kind_name(kind), TEXT("none"));
}

static struct text *ids_of(struct arena *arena, const struct wanted *wanted)
{
    struct text *ids = arena_array(arena, struct text, wanted->parent_count);

    for (size_t i = 0; i < wanted->parent_count; i++)
        ids[i] = wanted->parents[i]->id;
    return ids;
}

static void list_fields(struct addition *addition)
{
    const struct wanted *wanted = addition->wanted;

    add_text_field(addition, "id", addition->id);
    add_text_field(addition, "title", wanted->title);
    add_field(addition, "parents", YAML_SEQUENCE, ids_of(addition->arena, wanted),
              wanted->parent_count);
    add_script_field(addition, SCRIPT_UP);
    add_script_field(addition, SCRIPT_DOWN);
}

static struct error *hint_by_hand(const struct addition *addition, struct error *error)
{
    return error_hint(
        addition->arena, error, "Write it by hand: - %.*s",
        TEXT_ARGS(amend_line(addition->arena, addition->fields, addition->field_count)));
}

static void add_draft(struct addition *addition, const struct amendment *amendment)
{
    addition->changed[addition->draft_count] = amendment->source;
    addition->drafts[addition->draft_count++] =
        (struct source){amendment->source->name, amend_text(amendment)};
}

static struct error *write_drafts(struct addition *addition)
{
    struct arena *arena = addition->arena;
    const struct manifest *manifest = addition->manifest;
    const struct wanted *wanted = addition->wanted;
    struct amendment file, main, *listing = &main;
    struct error *error = amend_begin(arena, addition->source, &file);

    if (!error)
        error = amend_add_revision(&file, addition->fields, addition->field_count);
    if (!error && manifest->head_count) {
        if (addition->source == manifest->sources[0])
            listing = &file;
        else
            error = amend_begin(arena, manifest->sources[0], listing);
        if (!error)
            error = amend_list(listing, "heads", addition->id, ids_of(arena, wanted),
                               wanted->parent_count);
    }
    if (error)
        return hint_by_hand(addition, error);
    add_draft(addition, &file);
    if (manifest->head_count && listing == &main)
        add_draft(addition, &main);
    return NULL;
}

/* Is it right? */

static bool is_same_script(const struct script_reference *a, const struct script_reference *b)
{
    return a->presence == b->presence && a->section == b->section && text_equal(a->path, b->path);
}

static bool is_same_revision(const struct revision *a, const struct revision *b)
{
    if (!text_equal(a->id, b->id) || !text_equal(a->title, b->title) ||
        a->parent_count != b->parent_count || a->transactional != b->transactional ||
        a->foreign_keys_off != b->foreign_keys_off || a->idempotent != b->idempotent ||
        a->lock_timeout_ms != b->lock_timeout_ms ||
        a->statement_timeout_ms != b->statement_timeout_ms || a->allowed != b->allowed ||
        a->allowance_count != b->allowance_count)
        return false;
    for (size_t i = 0; i < a->parent_count; i++)
        if (!text_equal(a->parents[i].id, b->parents[i].id))
            return false;
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
            if (!is_same_script(&a->scripts[i][kind], &b->scripts[i][kind]))
                return false;
    return true;
}

static bool is_what_was_wanted(const struct addition *addition, const struct revision *revision)
{
    const struct wanted *wanted = addition->wanted;

    if (!text_equal(revision->title, wanted->title) ||
        revision->parent_count != wanted->parent_count)
        return false;
    for (size_t i = 0; i < wanted->parent_count; i++)
        if (!text_equal(revision->parents[i].id, wanted->parents[i]->id))
            return false;
    for (size_t i = 0; i < addition->script_count; i++) {
        const struct new_script *script = &addition->scripts[i];

        for (size_t dialect = 0; dialect < DIALECT_COUNT; dialect++)
            if (addition->manifest->dialects[dialect] &&
                (!script->dialect || *script->dialect == dialect) &&
                !text_equal(revision->scripts[dialect][script->kind].path, script->path))
                return false;
    }
    return true;
}

/* The revisions of before, in their order, and the new one among them. */
static bool is_one_more(const struct addition *addition, const struct manifest *after)
{
    const struct manifest *before = addition->manifest;
    const struct revision *added = graph_find(after, addition->id);

    if (after->count != before->count + 1 || !added || !is_what_was_wanted(addition, added))
        return false;
    for (size_t i = 0; i < before->count; i++)
        if (!is_same_revision(&before->revisions[i],
                              &after->revisions[i + (i >= added->position ? 1 : 0)]))
            return false;
    return true;
}

/* Reads the manifest as it would be. */
static struct error *check_drafts(struct addition *addition, struct authored *authored)
{
    struct arena *arena = addition->arena;
    struct manifest after;
    bool was_whole = !graph_resolve(arena, addition->manifest);

    for (size_t i = 0; i < addition->draft_count; i++)
        if (addition->drafts[i].text.size > MANIFEST_SIZE_MAX)
            return error_plain(arena, ERROR_INPUT, "'%.*s' would be larger than %d bytes",
                               TEXT_ARGS(addition->drafts[i].name), MANIFEST_SIZE_MAX);
    struct error *error =
        manifest_load_draft(arena, addition->path, addition->drafts, addition->draft_count, &after);

    if (!error)
        error = was_whole ? graph_resolve(arena, &after) : graph_resolve_any_heads(arena, &after);
    if (error)
        return error_note(arena, error, (struct span){0},
                          "so the manifest would read; nothing was written");
    if (!is_one_more(addition, &after))
        return hint_by_hand(addition,
                            error_at(arena, ERROR_INPUT, (struct span){.source = addition->source},
                                     "this file cannot be edited safely"));
    if (graph_resolve(arena, &after))
        authored->head_count = graph_heads(arena, &after, &authored->heads);
    return NULL;
}

static struct error *publish(const struct addition *addition, struct authored *authored)
{
    struct arena *arena = addition->arena;
    CLEANUP(changeset_close) struct changeset changeset = {.arena = arena};

    authored->paths =
        arena_array(arena, struct text, addition->script_count + addition->draft_count);
    for (size_t i = 0; i < addition->script_count; i++) {
        const struct new_script *script = &addition->scripts[i];
        struct text path = file_join(arena, addition->manifest->folder, script->path);
        struct error *error = check_inside(arena, addition->manifest->folder, script->path);

        if (error)
            return error;
        changeset_add(&changeset, path, script->text);
        authored->paths[authored->path_count++] = path;
    }
    for (size_t i = 0; i < addition->draft_count; i++) {
        const struct source *before = addition->changed[i];

        changeset_replace(&changeset, before->name, before->text, addition->drafts[i].text);
        authored->paths[authored->path_count++] = before->name;
    }
    return changeset_commit(&changeset);
}

/* The file of the parent that stands last. */
static const struct source *find_source(const struct manifest *manifest,
                                        const struct wanted *wanted)
{
    const struct revision *last = NULL;

    for (size_t i = 0; i < wanted->parent_count; i++)
        if (!last || wanted->parents[i]->position > last->position)
            last = wanted->parents[i];
    return last ? last->span.source : manifest->sources[0];
}

/* The folder of another tool has its own rules for what comes next. */
static struct error *check_source(const struct addition *addition)
{
    const struct manifest *manifest = addition->manifest;

    for (size_t i = 0; i < manifest->source_count; i++)
        if (manifest->sources[i] == addition->source)
            return NULL;
    return error_hint(addition->arena,
                      error_plain(addition->arena, ERROR_INPUT,
                                  "'%.*s' was made by another tool, and so must be what follows it",
                                  TEXT_ARGS(addition->source->name)),
                      "Make the migration with that tool; or 'sqlferry import' writes a manifest "
                      "for what there is.");
}

struct error *authoring_add(struct arena *arena, struct text path, struct manifest *manifest,
                            const struct wanted *wanted, struct authored *authored)
{
    struct addition addition = {
        .arena = arena,
        .path = path,
        .manifest = manifest,
        .wanted = wanted,
        .source = find_source(manifest, wanted),
    };
    struct authored result = {0};
    struct error *error = wanted->id.bytes ? check_id(arena, manifest, wanted->id) : NULL;

    if (!error)
        error = check_source(&addition);
    if (!error)
        error = check_heads(&addition);
    if (error)
        return error;
    addition.id = wanted->id.bytes ? wanted->id : draw_id(arena, manifest);
    addition.folder = folder_of(arena, manifest, addition.source);
    name_scripts(&addition);
    list_fields(&addition);
    error = write_drafts(&addition);
    if (!error)
        error = check_drafts(&addition, &result);
    if (!error)
        error = publish(&addition, &result);
    if (error)
        return error;
    result.id = addition.id;
    *authored = result;
    return NULL;
}

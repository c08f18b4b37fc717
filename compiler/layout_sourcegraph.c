#include "compiler/layout_parts.h"
#include "compiler/yaml.h"

/*
 * Sourcegraph's migrations: a folder NUMBER_words or NUMBER for each, with up.sql, down.sql and
 * metadata.yaml, which has name, parents (a list of numbers) or parent, and flags. The graph is
 * that of the parents; folders are in the order of their numbers.
 */

struct metadata {
    struct text name;
    const struct yaml_node *parents; /* a list, or one scalar */
    bool is_outside;                 /* createIndexConcurrently */
};

struct folder {
    struct layout_reader *reader;
    const struct layout_file *file;
    struct layout_files files;
    struct text version;
    struct metadata metadata;
};

static void refuse_value(struct folder *folder, const struct yaml_node *node)
{
    layout_refuse(folder->reader, node->span, "'%.*s' has a value of another kind",
                  TEXT_ARGS(node->text));
}

static void read_pair(struct folder *folder, const struct yaml_node *key)
{
    struct metadata *metadata = &folder->metadata;
    const struct yaml_node *value = key->value;
    bool is_true = value->kind == YAML_SCALAR && text_equal(value->text, TEXT("true"));
    bool is_false = value->kind == YAML_SCALAR && text_equal(value->text, TEXT("false"));

    if (text_equal(key->text, TEXT("name")) && value->kind == YAML_SCALAR) {
        metadata->name = value->text;
    } else if ((text_equal(key->text, TEXT("parents")) && value->kind != YAML_MAPPING) ||
               (text_equal(key->text, TEXT("parent")) && value->kind == YAML_SCALAR)) {
        metadata->parents = value;
    } else if (text_equal(key->text, TEXT("createIndexConcurrently")) && (is_true || is_false)) {
        metadata->is_outside = is_true;
    } else if (text_equal(key->text, TEXT("privileged")) ||
               text_equal(key->text, TEXT("nonIdempotent"))) {
        if (!is_true && !is_false)
            refuse_value(folder, key);
        else if (is_true && text_equal(key->text, TEXT("privileged")))
            layout_warn(folder->reader, key->span,
                        "whoever applies version '%.*s' must have the rights it needs",
                        TEXT_ARGS(folder->version));
    } else {
        error_hint(folder->reader->arena,
                   layout_refuse(folder->reader, key->span, "'%.*s' cannot be carried over",
                                 TEXT_ARGS(key->text)),
                   "name, parents, parent, createIndexConcurrently, privileged and nonIdempotent "
                   "can.");
    }
}

static void read_metadata(struct folder *folder, const struct source *source)
{
    struct yaml_node *root;
    struct error *error = yaml_read(folder->reader->arena, source, &root);

    if (error)
        layout_refuse_all(folder->reader, error);
    else if (root->kind != YAML_MAPPING)
        layout_refuse(folder->reader, root->span, "this must be a mapping");
    for (const struct yaml_node *key = error || root->kind != YAML_MAPPING ? NULL : root->first;
         key; key = key->next)
        read_pair(folder, key);
}

/* returns  NULL, after refusing it where it is missing and needed */
static const struct source *load(struct folder *folder, const char *name, bool is_needed)
{
    struct layout_file *file = layout_find_file(folder->reader, &folder->files, text_from(name));

    if (file) {
        file->is_used = true;
        return layout_load(folder->reader, file->path);
    }
    if (is_needed)
        layout_refuse(folder->reader, (struct span){0}, "folder '%.*s' has no '%s'",
                      TEXT_ARGS(folder->file->path), name);
    return NULL;
}

static void set_parents(struct folder *folder, struct layout_revision *revision)
{
    const struct yaml_node *node = folder->metadata.parents;
    struct layout_reader *reader = folder->reader;

    revision->parent_count = 0;
    if (!node)
        return;
    const struct yaml_node *item = node->kind == YAML_SCALAR ? node : node->first;
    revision->parents = arena_array(reader->arena, struct text, node->count + 1);
    for (; item; item = node->kind == YAML_SCALAR ? NULL : item->next) {
        if (item->kind != YAML_SCALAR || !item->text.size) {
            if (node->kind != YAML_SCALAR)
                layout_refuse(reader, item->span, "a parent must be a number");
            continue;
        }
        revision->parents[revision->parent_count++] = item->text;
    }
}

static struct error *add_folder(struct layout_reader *reader, const struct layout_file *file)
{
    struct folder folder = {.reader = reader, .file = file};
    struct text title = file->name;
    struct error *error = layout_list(reader, file->path, &folder.files);

    if (error)
        return error;
    folder.version = text_cut(&title, '_');
    const struct source *metadata = load(&folder, "metadata.yaml", true);
    const struct source *up = load(&folder, "up.sql", true);
    const struct source *down = load(&folder, "down.sql", false);
    layout_warn_unused(reader, &folder.files, "'up.sql', 'down.sql' and 'metadata.yaml'");
    if (!metadata || !up)
        return NULL;
    read_metadata(&folder, metadata);
    struct layout_revision *revision = layout_add(
        reader, folder.version,
        folder.metadata.name.size ? folder.metadata.name : layout_title(reader->arena, title),
        layout_first_line(metadata));
    set_parents(&folder, revision);
    revision->transactional = !folder.metadata.is_outside;
    layout_set_script(revision, SCRIPT_UP, up, SECTION_NONE);
    if (down)
        layout_set_script(revision, SCRIPT_DOWN, down, SECTION_NONE);
    return NULL;
}

struct error *layout_read_sourcegraph(struct layout_reader *reader)
{
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    for (size_t i = 0; !error && i < files.count; i++) {
        struct layout_file *file = &files.list[i];
        struct text rest = file->name;

        if (!file->is_folder || !layout_is_version(text_cut(&rest, '_')))
            continue;
        file->is_used = true;
        error = add_folder(reader, file);
    }
    if (!error)
        layout_warn_unused(reader, &files, "a folder '1528395944_words' for each migration");
    return error;
}

#include "compiler/manifest.h"
#include "compiler/yaml.h"
#include "runtime/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN_SIZE_MAX = 64 }; /* bytes of a wrong value that a message repeats */
enum { BUCKET_COUNT = 4096 }; /* of the table of files */

/* The manifest, or a file that it includes. */
struct file {
    struct file *next; /* in the order of inclusion */
    struct source source;
    struct text folder;   /* that its paths begin in: "" or "teams", from that of the manifest */
    struct span included; /* where it is named; without a source for the manifest itself */
    const struct yaml_node *revisions; /* the list; NULL where it has none */
    /* `revisions:` of another tool, and what is lifted there: bits 1 << enum sql_rule. */
    const struct layout *layout;
    const struct layout_history *history;
    unsigned allowed;

    struct errors errors;

    /* Who it is, whatever path led there. */
    dev_t device;
    ino_t number;
    struct file *next_in_bucket;
};

struct reader {
    struct arena *arena;
    struct manifest manifest;
    int folder;        /* of the manifest: a descriptor */
    struct file *file; /* that is being read */
    struct file *first, *last;
    size_t file_count;
    struct file **buckets;
    struct error *last_warning; /* of the manifest */
};

/* What may stand behind a key. */
enum {
    A_TEXT = 1 << YAML_SCALAR,
    A_LIST = 1 << YAML_SEQUENCE,
    A_MAPPING = 1 << YAML_MAPPING,
};

struct key {
    const char *name;
    unsigned kinds;
    const char *hint; /* what to write, for who wrote nothing or something of another kind */
};

/* A key as it was found. */
struct entry {
    const struct yaml_node *key;   /* NULL where it is missing */
    const struct yaml_node *value; /* NULL also where it is empty or of the wrong kind */
    bool misspelt;                 /* an unknown key was near it: it is not reported as missing */
};

enum {
    MANIFEST_FERRY,
    MANIFEST_PROJECT,
    MANIFEST_DIALECT,
    MANIFEST_REVISIONS,
    MANIFEST_INCLUDE,
    MANIFEST_ROOTS,
    MANIFEST_HEADS,
    MANIFEST_REQUIRES,
    MANIFEST_ALEMBIC,
    MANIFEST_SEVERITY,
    MANIFEST_KEY_COUNT,
};

static const struct key manifest_keys[MANIFEST_KEY_COUNT] = {
    [MANIFEST_FERRY] = {"ferry", A_TEXT, "Write 'ferry: 1'."},
    [MANIFEST_PROJECT] = {"project", A_TEXT, "Write 'project: NAME'."},
    [MANIFEST_DIALECT] = {"dialect", A_TEXT | A_LIST,
                          "Write 'postgresql', 'sqlite' or '[postgresql, sqlite]'."},
    [MANIFEST_REVISIONS] = {"revisions", A_LIST | A_MAPPING,
                            "Begin each revision with '- id: ID'."},
    [MANIFEST_INCLUDE] = {"include", A_LIST, "Write 'include: [PATH]'."},
    [MANIFEST_ROOTS] = {"roots", A_LIST, "Write 'roots: [ID, ID]', or leave it out."},
    [MANIFEST_HEADS] = {"heads", A_LIST, "Write 'heads: [ID, ID]', or leave it out."},
    [MANIFEST_REQUIRES] = {"requires", A_MAPPING, "Write 'requires: {DIALECT: VERSION}'."},
    [MANIFEST_ALEMBIC] = {"alembic", A_TEXT, "Write 'keep'."},
    [MANIFEST_SEVERITY] = {"severity", A_MAPPING, "Write 'severity: {RULE: off}'."},
};

/* Behind a dialect in `requires:`. */
enum {
    REQUIRED_VERSION,
    REQUIRED_EXTENSIONS,
    REQUIRED_KEY_COUNT,
};

static const struct key required_keys[REQUIRED_KEY_COUNT] = {
    [REQUIRED_VERSION] = {"version", A_TEXT, "Write numbers with dots between them, as in 3.35.0."},
    [REQUIRED_EXTENSIONS] = {"extensions", A_LIST, "Write 'extensions: [NAME]'."},
};

enum {
    REVISION_ID,
    REVISION_TITLE,
    REVISION_PARENTS,
    REVISION_UP,
    REVISION_DOWN,
    REVISION_VERIFY,
    REVISION_TRANSACTION,
    REVISION_FOREIGN_KEYS,
    REVISION_IDEMPOTENT,
    REVISION_LOCK_TIMEOUT,
    REVISION_STATEMENT_TIMEOUT,
    REVISION_ALLOW,
    REVISION_KEY_COUNT,
};

static const struct key revision_keys[REVISION_KEY_COUNT] = {
    [REVISION_ID] = {"id", A_TEXT, NULL},
    [REVISION_TITLE] = {"title", A_TEXT, NULL},
    [REVISION_PARENTS] = {"parents", A_LIST,
                          "Write 'parents: [ID]', or 'parents: []' for a revision that needs no "
                          "other."},
    [REVISION_UP] = {"up", A_TEXT | A_MAPPING, "Write 'up: PATH'; the file may be empty."},
    [REVISION_DOWN] = {"down", A_TEXT | A_MAPPING,
                       "Write 'down: PATH', or 'down: none' for what cannot be undone."},
    [REVISION_VERIFY] = {"verify", A_TEXT | A_MAPPING, "Write 'verify: PATH', or leave it out."},
    [REVISION_TRANSACTION] = {"transaction", A_TEXT, "Write 'single' or 'none'."},
    [REVISION_FOREIGN_KEYS] = {"foreign_keys", A_TEXT, "Write 'on' or 'off'."},
    [REVISION_IDEMPOTENT] = {"idempotent", A_TEXT, "Write 'true' or 'false'."},
    [REVISION_LOCK_TIMEOUT] = {"lock_timeout", A_TEXT, "Write a time as 10s, 500ms or 2m."},
    [REVISION_STATEMENT_TIMEOUT] = {"statement_timeout", A_TEXT,
                                    "Write a time as 10s, 500ms or 2m."},
    [REVISION_ALLOW] = {"allow", A_LIST, "Write 'allow: [RULE]'."},
};

/* Behind `revisions:`, in place of the list. */
enum {
    LAYOUT_LAYOUT,
    LAYOUT_PATH,
    LAYOUT_ALLOW,
    LAYOUT_KEY_COUNT,
};

static const struct key layout_keys[LAYOUT_KEY_COUNT] = {
    [LAYOUT_LAYOUT] = {"layout", A_TEXT, "'sqlferry import --help' lists the layouts."},
    [LAYOUT_PATH] = {"path", A_TEXT | A_LIST, "Write 'path: FOLDER'."},
    [LAYOUT_ALLOW] = {"allow", A_LIST, "Write 'allow: [missing-semicolon]'."},
};

/* In place of the path of a script. */
enum {
    PART_FILE,
    PART_SECTION,
    PART_KEY_COUNT,
};

static const struct key part_keys[PART_KEY_COUNT] = {
    [PART_FILE] = {"file", A_TEXT, "Write 'file: PATH'."},
    [PART_SECTION] = {"section", A_TEXT, "Write 'goose' or 'dbmate', whose marks the file has."},
};

/* Adds an error to those of the file that is being read. */
static struct error *refuse(struct reader *reader, struct span span, const char *format, ...)
    FORMAT(3, 4);

static struct error *refuse(struct reader *reader, struct span span, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(reader->arena, format, values);
    va_end(values);
    struct error *error = error_at(reader->arena, ERROR_INPUT, span, "%s", message.bytes);
    errors_add(&reader->file->errors, error);
    return error;
}

static bool is_full(const struct reader *reader)
{
    return errors_full(&reader->file->errors);
}

/* A value for a message: safe to show, and cut where it is too long for one. */
static const char *shown(struct reader *reader, struct text text)
{
    struct text rest = text;

    while (rest.size && text.size - rest.size < SHOWN_SIZE_MAX)
        text_next(&rest);
    struct text front = arena_escape(reader->arena, text_slice(text, 0, text.size - rest.size));
    return arena_format(reader->arena, "%.*s%s", TEXT_ARGS(front), rest.size ? "..." : "").bytes;
}

/* Nothing at all, or one of YAML's ways to write it. */
static bool is_empty(const struct yaml_node *node)
{
    static const char *const nulls[] = {"~", "null", "Null", "NULL"};

    if (node->kind != YAML_SCALAR)
        return node->count == 0;
    if (node->text.size == 0)
        return true;
    for (size_t i = 0; node->plain && i < COUNT(nulls); i++)
        if (text_equal(node->text, text_from(nulls[i])))
            return true;
    return false;
}

/* What to mark where something is missing in a mapping: its first key. */
static struct span beginning(const struct yaml_node *mapping)
{
    return mapping->first ? mapping->first->span : mapping->span;
}

static struct error *hint_key(struct reader *reader, struct error *error, const struct key *key)
{
    return key->hint ? error_hint(reader->arena, error, "%s", key->hint) : error;
}

static void refuse_unknown_key(struct reader *reader, const struct yaml_node *node,
                               const struct key *keys, size_t count, struct entry *entries)
{
    struct error *error = refuse(reader, node->span, "unknown key '%s'", shown(reader, node->text));
    size_t limit = node->text.size < 2 ? 0 : node->text.size < 5 ? 1 : 2;
    size_t nearest = limit + 1, at = count;

    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(node->text, text_from(keys[i].name), limit);

        if (distance < nearest) {
            nearest = distance;
            at = i;
        }
    }
    if (at == count)
        return;
    error_hint(reader->arena, error, "Did you mean '%s'?", keys[at].name);
    entries[at].misspelt = true;
}

static const char *kinds_name(struct reader *reader, unsigned kinds)
{
    const char *names = NULL;

    for (enum yaml_kind kind = YAML_SCALAR; kind <= YAML_MAPPING; kind++) {
        if (!(kinds & 1U << kind))
            continue;
        const char *name = yaml_kind_name(kind);
        names = names ? arena_format(reader->arena, "%s or %s", names, name).bytes : name;
    }
    return names;
}

static const struct yaml_node *read_value(struct reader *reader, const struct yaml_node *node,
                                          const struct key *key)
{
    const struct yaml_node *value = node->value;
    bool may_be_empty = value->kind == YAML_SEQUENCE && key == &revision_keys[REVISION_PARENTS];

    if (is_empty(value) && !may_be_empty) {
        struct span span = value->span.size ? value->span : node->span;
        hint_key(reader, refuse(reader, span, "'%s' is empty", key->name), key);
        return NULL;
    }
    if (!(key->kinds & 1U << value->kind)) {
        hint_key(reader,
                 refuse(reader, value->span, "'%s' must be %s, not %s", key->name,
                        kinds_name(reader, key->kinds), yaml_kind_name(value->kind)),
                 key);
        return NULL;
    }
    return value;
}

/* entries has a place for each of the keys, in their order. */
static void read_keys(struct reader *reader, const struct yaml_node *mapping,
                      const struct key *keys, size_t count, struct entry *entries)
{
    for (const struct yaml_node *node = mapping->first; node && !is_full(reader);
         node = node->next) {
        size_t i = 0;

        while (i < count && !text_equal(node->text, text_from(keys[i].name)))
            i++;
        if (i == count) {
            refuse_unknown_key(reader, node, keys, count, entries);
        } else if (entries[i].key) {
            error_note(reader->arena,
                       refuse(reader, node->span, "'%s' is given twice", keys[i].name),
                       entries[i].key->span, "first given here");
        } else {
            entries[i].key = node;
            entries[i].value = read_value(reader, node, &keys[i]);
        }
    }
}

static bool is_missing(const struct entry *entry)
{
    return !entry->key && !entry->misspelt;
}

/* returns  false, after refusing it, for an item of a list that is not a text */
static bool check_item(struct reader *reader, const struct yaml_node *item, const char *list)
{
    if (is_empty(item))
        refuse(reader, item->span, "an item of '%s' is empty", list);
    else if (item->kind != YAML_SCALAR)
        refuse(reader, item->span, "an item of '%s' must be a text, not %s", list,
               yaml_kind_name(item->kind));
    else
        return true;
    return false;
}

static bool is_id(struct text text)
{
    return text.size <= ID_SIZE_MAX && index_is_id(text);
}

static void refuse_id(struct reader *reader, const struct yaml_node *node)
{
    error_hint(reader->arena,
               refuse(reader, node->span, "'%s' cannot be an id", shown(reader, node->text)),
               "Use A-Z, a-z, 0-9, '.', '_' and '-' only, %d characters at most.", ID_SIZE_MAX);
}

static struct reference *read_references(struct reader *reader, const struct yaml_node *list,
                                         const char *name, size_t *count)
{
    struct reference *references = arena_array(reader->arena, struct reference, list->count);

    *count = 0;
    for (const struct yaml_node *item = list->first; item && !is_full(reader); item = item->next) {
        if (!check_item(reader, item, name))
            continue;
        if (!is_id(item->text))
            refuse_id(reader, item);
        references[(*count)++] = (struct reference){.id = item->text, .span = item->span};
    }
    return references;
}

static const char *path_fault(struct text path, const char **hint)
{
    if (text_starts(path, TEXT("/"))) {
        *hint = "Write it as seen from the folder of this file.";
        return "is absolute";
    }
    if (text_find_byte(path, '\\') < path.size) {
        *hint = "Separate folders with '/'.";
        return "holds a backslash";
    }
    if (!text_all_printable(path))
        return "holds a character that cannot be shown";
    if (text_ends(path, TEXT("/")) || text_find(path, TEXT("//")) < path.size)
        return "has an empty part";
    if (text_equal(file_name(path), TEXT(".")) || text_equal(file_name(path), TEXT("..")))
        return "names a folder";
    return NULL;
}

/*
 * A path without '.' and '..', seen from the folder of the manifest. This looks at names alone:
 * what links do is up to those who open it.
 *
 * returns  false, after refusing it, for a path that must not be opened
 */
static bool read_path(struct reader *reader, const struct yaml_node *node, struct text *path)
{
    struct text folder = reader->file->folder, rest = node->text;
    const char *hint = NULL, *fault = path_fault(rest, &hint);

    if (folder.size + (folder.size ? 1 : 0) + rest.size > PATH_SIZE_MAX) {
        refuse(reader, node->span, "the path is longer than %d bytes", PATH_SIZE_MAX);
        return false;
    }

    char *bytes = arena_array(reader->arena, char, folder.size + 1 + rest.size + 1);
    size_t size = folder.size;
    memcpy(bytes, folder.bytes, size);
    while (rest.size && !fault) {
        struct text part = text_cut(&rest, '/');

        if (text_equal(part, TEXT(".")))
            continue;
        if (text_equal(part, TEXT(".."))) {
            if (size == 0)
                fault = "leaves the folder of the manifest";
            while (size && bytes[--size] != '/')
                ;
            continue;
        }
        if (size)
            bytes[size++] = '/';
        memcpy(bytes + size, part.bytes, part.size);
        size += part.size;
    }
    if (fault) {
        struct error *error =
            refuse(reader, node->span, "path '%s' %s", shown(reader, node->text), fault);
        if (hint)
            error_hint(reader->arena, error, "%s", hint);
        return false;
    }
    bytes[size] = '\0';
    *path = (struct text){bytes, size};
    return true;
}

/* returns  false, after refusing it, for a dialect there is not */
static bool read_dialect(struct reader *reader, const struct yaml_node *node, enum dialect *dialect)
{
    if (dialect_find(node->text, dialect))
        return true;
    refuse(reader, node->span, "there is no dialect '%s', only 'postgresql' and 'sqlite'",
           shown(reader, node->text));
    return false;
}

static void read_dialects(struct reader *reader, const struct yaml_node *value)
{
    bool *dialects = reader->manifest.dialects;
    enum dialect dialect;

    if (value->kind == YAML_SCALAR) {
        if (read_dialect(reader, value, &dialect))
            dialects[dialect] = true;
        return;
    }
    for (const struct yaml_node *item = value->first; item && !is_full(reader); item = item->next) {
        if (!check_item(reader, item, "dialect") || !read_dialect(reader, item, &dialect))
            continue;
        if (dialects[dialect])
            refuse(reader, item->span, "'%s' is listed twice", dialect_name(dialect).bytes);
        dialects[dialect] = true;
    }
}

/* False also where the manifest names none that exists, which is an error of its own. */
static bool lacks_dialect(const struct reader *reader, enum dialect dialect)
{
    bool any = false;

    for (size_t i = 0; i < DIALECT_COUNT; i++)
        any |= reader->manifest.dialects[i];
    return any && !reader->manifest.dialects[dialect];
}

/*
 * The values of a mapping whose keys are dialects of the manifest; values has a place for each
 * dialect and keeps NULL where nothing fitting was written.
 *
 * kinds  that fit
 */
static void read_by_dialect(struct reader *reader, const struct yaml_node *mapping, unsigned kinds,
                            const struct yaml_node **values)
{
    const struct yaml_node *keys[DIALECT_COUNT] = {NULL};

    for (const struct yaml_node *key = mapping->first; key && !is_full(reader); key = key->next) {
        enum dialect dialect;

        if (!read_dialect(reader, key, &dialect))
            continue;
        const char *name = dialect_name(dialect).bytes;
        if (keys[dialect]) {
            error_note(reader->arena, refuse(reader, key->span, "'%s' is given twice", name),
                       keys[dialect]->span, "first given here");
            continue;
        }
        keys[dialect] = key;
        if (lacks_dialect(reader, dialect))
            error_hint(reader->arena,
                       refuse(reader, key->span, "the manifest is not for '%s'", name),
                       "Add it to 'dialect:', or take this line out.");
        else if (is_empty(key->value))
            refuse(reader, key->span, "'%s' is empty", name);
        else if (!(kinds & 1U << key->value->kind))
            refuse(reader, key->value->span, "'%s' must be %s, not %s", name,
                   kinds_name(reader, kinds), yaml_kind_name(key->value->kind));
        else
            values[dialect] = key->value;
    }
}

static void read_version(struct reader *reader, const struct yaml_node *value, struct text *version)
{
    if (value->text.size > VERSION_SIZE_MAX || !index_is_version(value->text))
        hint_key(
            reader,
            refuse(reader, value->span, "'%s' cannot be a version", shown(reader, value->text)),
            &required_keys[REQUIRED_VERSION]);
    *version = value->text;
}

static bool is_listed(const struct text *list, size_t count, struct text text)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i], text))
            return true;
    return false;
}

static void read_extensions(struct reader *reader, const struct yaml_node *list)
{
    struct manifest *manifest = &reader->manifest;

    if (list->count > EXTENSIONS_MAX) {
        refuse(reader, list->span, "'extensions' names %zu, at most %d are allowed", list->count,
               EXTENSIONS_MAX);
        return;
    }
    manifest->extensions = arena_array(reader->arena, struct text, list->count);
    for (const struct yaml_node *item = list->first; item && !is_full(reader); item = item->next) {
        if (!check_item(reader, item, "extensions"))
            continue;
        if (!index_is_extension(item->text))
            error_hint(reader->arena,
                       refuse(reader, item->span, "'%s' cannot be an extension",
                              shown(reader, item->text)),
                       "Use A-Z, a-z, 0-9, '_' and '-' only, no '-' first, %d characters at most.",
                       NAME_SIZE_MAX);
        else if (is_listed(manifest->extensions, manifest->extension_count, item->text))
            refuse(reader, item->span, "'%s' is listed twice", shown(reader, item->text));
        else
            manifest->extensions[manifest->extension_count++] = item->text;
    }
}

/* A version alone, or a mapping that has at least one of the two keys, for it is not empty. */
static void read_required(struct reader *reader, const struct yaml_node *value,
                          enum dialect dialect)
{
    struct entry entries[REQUIRED_KEY_COUNT] = {{NULL, NULL, false}};
    struct text *version = &reader->manifest.server_versions[dialect];

    if (value->kind == YAML_SCALAR) {
        read_version(reader, value, version);
        return;
    }
    read_keys(reader, value, required_keys, COUNT(required_keys), entries);
    if (entries[REQUIRED_VERSION].value)
        read_version(reader, entries[REQUIRED_VERSION].value, version);
    if (entries[REQUIRED_EXTENSIONS].key && dialect != DIALECT_POSTGRESQL)
        refuse(reader, entries[REQUIRED_EXTENSIONS].key->span, "'%s' has no extensions to require",
               dialect_name(dialect).bytes);
    else if (entries[REQUIRED_EXTENSIONS].value)
        read_extensions(reader, entries[REQUIRED_EXTENSIONS].value);
}

static void read_requires(struct reader *reader, const struct yaml_node *mapping)
{
    const struct yaml_node *values[DIALECT_COUNT] = {NULL};

    read_by_dialect(reader, mapping, A_TEXT | A_MAPPING, values);
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (values[i])
            read_required(reader, values[i], (enum dialect)i);
}

static const char *const script_names[SCRIPT_KIND_COUNT] = {
    [SCRIPT_UP] = "up",
    [SCRIPT_DOWN] = "down",
    [SCRIPT_VERIFY] = "verify",
};

static struct script_reference read_script_path(struct reader *reader, const struct yaml_node *node,
                                                enum script_kind kind)
{
    struct script_reference script = {.presence = SCRIPT_FILE, .span = node->span};

    if (!text_equal(node->text, TEXT("none"))) {
        read_path(reader, node, &script.path);
        return script;
    }
    if (kind != SCRIPT_DOWN)
        error_hint(reader->arena,
                   refuse(reader, node->span, "'%s' cannot be 'none'", script_names[kind]), "%s",
                   kind == SCRIPT_UP ? "Name a file; it may be empty."
                                     : "Leave 'verify' out where there is nothing to verify.");
    script.presence = SCRIPT_NONE;
    return script;
}

/* Of the two keys that tell a part of a file from dialects. */
static bool is_part(const struct yaml_node *value)
{
    for (const struct yaml_node *key = value->first; key; key = key->next)
        for (size_t i = 0; i < COUNT(part_keys); i++)
            if (text_equal(key->text, text_from(part_keys[i].name)))
                return true;
    return false;
}

/* `{file: PATH, section: NAME}`: the script is between the marks of a tool. */
static struct script_reference read_part(struct reader *reader, const struct yaml_node *mapping,
                                         enum script_kind kind)
{
    struct entry entries[PART_KEY_COUNT] = {{NULL, NULL, false}};
    struct script_reference script = {.presence = SCRIPT_FILE, .span = mapping->span};

    read_keys(reader, mapping, part_keys, COUNT(part_keys), entries);
    for (size_t i = 0; i < COUNT(part_keys); i++)
        if (is_missing(&entries[i]))
            hint_key(reader,
                     refuse(reader, beginning(mapping), "'%s' has no '%s'", script_names[kind],
                            part_keys[i].name),
                     &part_keys[i]);
    if (entries[PART_FILE].value && read_path(reader, entries[PART_FILE].value, &script.path))
        script.span = entries[PART_FILE].value->span;
    if (kind == SCRIPT_VERIFY)
        refuse(reader, beginning(mapping), "no section of a file is a verify script");
    else if (entries[PART_SECTION].value &&
             !section_find(entries[PART_SECTION].value->text, &script.section))
        hint_key(reader,
                 refuse(reader, entries[PART_SECTION].value->span, "there are no marks of '%s'",
                        shown(reader, entries[PART_SECTION].value->text)),
                 &part_keys[PART_SECTION]);
    return script;
}

static struct script_reference read_one_script(struct reader *reader, const struct yaml_node *value,
                                               enum script_kind kind)
{
    return value->kind == YAML_MAPPING ? read_part(reader, value, kind)
                                       : read_script_path(reader, value, kind);
}

static void read_script(struct reader *reader, const struct yaml_node *value, enum script_kind kind,
                        struct revision *revision)
{
    const struct yaml_node *values[DIALECT_COUNT] = {NULL};

    if (value->kind == YAML_SCALAR || is_part(value)) {
        struct script_reference script = read_one_script(reader, value, kind);
        for (size_t i = 0; i < DIALECT_COUNT; i++)
            if (reader->manifest.dialects[i])
                revision->scripts[i][kind] = script;
        return;
    }

    size_t before = reader->file->errors.count;
    read_by_dialect(reader, value, A_TEXT | A_MAPPING, values);
    bool sound = reader->file->errors.count == before;
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        if (values[i])
            revision->scripts[i][kind] = read_one_script(reader, values[i], kind);
        else if (kind == SCRIPT_UP && reader->manifest.dialects[i] && sound)
            refuse(reader, beginning(value), "'up' names no script for '%s'",
                   dialect_name((enum dialect)i).bytes);
    }
}

static void read_title(struct reader *reader, const struct yaml_node *value,
                       struct revision *revision)
{
    if (value->text.size > TITLE_SIZE_MAX)
        refuse(reader, value->span, "the title has %zu bytes, at most %d are allowed",
               value->text.size, TITLE_SIZE_MAX);
    else if (!text_all_printable(value->text))
        refuse(reader, value->span, "the title is not one line of characters that can be shown");
    revision->title = value->text;
}

/* One of two words. */
static void read_choice(struct reader *reader, const struct entry *entry, const char *if_true,
                        const char *if_false, bool *choice)
{
    if (!entry->value)
        return;
    if (text_equal(entry->value->text, text_from(if_true)))
        *choice = true;
    else if (text_equal(entry->value->text, text_from(if_false)))
        *choice = false;
    else
        refuse(reader, entry->value->span, "'%s' is '%s', and must be '%s' or '%s'",
               shown(reader, entry->key->text), shown(reader, entry->value->text), if_true,
               if_false);
}

static void read_timeout(struct reader *reader, const struct entry *entry, uint64_t *ms)
{
    if (entry->value && !text_duration(entry->value->text, TIMEOUT_MS_MAX, ms))
        refuse(reader, entry->value->span, "'%s' is '%s', and must be a time as 10s, 500ms or 2m",
               shown(reader, entry->key->text), shown(reader, entry->value->text));
}

/* returns  false, after refusing it, for a rule there is not */
static bool read_rule(struct reader *reader, const struct yaml_node *node, enum lint_rule *rule)
{
    if (lint_rules_find(node->text, rule))
        return true;
    const char *nearest = lint_rules_nearest(node->text);
    struct error *error =
        refuse(reader, node->span, "there is no rule '%s'", shown(reader, node->text));
    if (nearest)
        error_hint(reader->arena, error, "Did you mean '%s'?", nearest);
    return false;
}

static void read_allowed(struct reader *reader, const struct yaml_node *list,
                         struct revision *revision)
{
    uint64_t listed = 0;

    revision->allowances = arena_array(reader->arena, struct allowance, list->count);
    for (const struct yaml_node *item = list->first; item && !is_full(reader); item = item->next) {
        enum lint_rule rule;
        enum sql_rule refusal;

        if (!check_item(reader, item, "allow") || !read_rule(reader, item, &rule))
            continue;
        if (listed & UINT64_C(1) << rule)
            refuse(reader, item->span, "'%s' is listed twice", shown(reader, item->text));
        listed |= UINT64_C(1) << rule;
        if (sql_rule_find(item->text, &refusal))
            revision->allowed |= 1U << refusal;
        revision->allowances[revision->allowance_count++] = (struct allowance){rule, item->span};
    }
}

static const char *name_of(struct reader *reader, const struct revision *revision)
{
    if (revision->id.size == 0)
        return "a revision";
    return arena_format(reader->arena, "revision '%s'", shown(reader, revision->id)).bytes;
}

/* before  the revision listed before it in the same file, or NULL */
static void read_parents(struct reader *reader, const struct yaml_node *node,
                         const struct entry *entry, const struct revision *before,
                         struct revision *revision)
{
    if (entry->value && entry->value->count > PARENTS_MAX) {
        refuse(reader, entry->value->span,
               "revision '%s' names %zu parents, at most %d are allowed",
               shown(reader, revision->id), entry->value->count, PARENTS_MAX);
    } else if (entry->value) {
        revision->parents =
            read_references(reader, entry->value, "parents", &revision->parent_count);
    } else if (!entry->key && before) {
        revision->parents = arena_one(reader->arena, struct reference);
        revision->parents[0] =
            (struct reference){.id = before->id, .span = revision->span, .implied = true};
        revision->parent_count = 1;
    } else if (is_missing(entry)) {
        error_hint(reader->arena,
                   refuse(reader, beginning(node),
                          "%s is the first of its file and has no 'parents'",
                          name_of(reader, revision)),
                   "%s", revision_keys[REVISION_PARENTS].hint);
    }
}

static void check_id_size(struct reader *reader, const struct revision *revision)
{
    if (reader->manifest.alembic_keep && revision->id.size > ALEMBIC_ID_SIZE_MAX)
        error_hint(reader->arena,
                   refuse(reader, revision->span,
                          "the id has %zu characters, Alembic's table takes %d at most",
                          revision->id.size, ALEMBIC_ID_SIZE_MAX),
                   "Shorten it, or take 'alembic: keep' out of the manifest.");
}

static void read_revision(struct reader *reader, const struct yaml_node *node,
                          const struct revision *before, struct revision *revision)
{
    struct entry entries[REVISION_KEY_COUNT] = {{NULL, NULL, false}};

    if (node->kind != YAML_MAPPING) {
        hint_key(reader,
                 refuse(reader, node->span, "a revision must be a mapping, not %s",
                        yaml_kind_name(node->kind)),
                 &manifest_keys[MANIFEST_REVISIONS]);
        return;
    }
    read_keys(reader, node, revision_keys, COUNT(revision_keys), entries);

    const struct yaml_node *id = entries[REVISION_ID].value;
    revision->span = id ? id->span : beginning(node);
    revision->id = id ? id->text : TEXT("");
    if (is_missing(&entries[REVISION_ID]))
        refuse(reader, beginning(node), "a revision has no 'id'");
    else if (id && !is_id(id->text))
        refuse_id(reader, id);
    else if (id)
        check_id_size(reader, revision);
    if (is_missing(&entries[REVISION_UP]))
        hint_key(reader,
                 refuse(reader, beginning(node), "%s has no 'up'", name_of(reader, revision)),
                 &revision_keys[REVISION_UP]);
    if (entries[REVISION_TITLE].value)
        read_title(reader, entries[REVISION_TITLE].value, revision);
    read_parents(reader, node, &entries[REVISION_PARENTS], before, revision);
    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_VERIFY; kind++) {
        static const size_t keys[] = {REVISION_UP, REVISION_DOWN, REVISION_VERIFY};
        if (entries[keys[kind]].value)
            read_script(reader, entries[keys[kind]].value, kind, revision);
    }
    read_choice(reader, &entries[REVISION_TRANSACTION], "single", "none", &revision->transactional);
    read_choice(reader, &entries[REVISION_FOREIGN_KEYS], "off", "on", &revision->foreign_keys_off);
    read_choice(reader, &entries[REVISION_IDEMPOTENT], "true", "false", &revision->idempotent);
    read_timeout(reader, &entries[REVISION_LOCK_TIMEOUT], &revision->lock_timeout_ms);
    read_timeout(reader, &entries[REVISION_STATEMENT_TIMEOUT], &revision->statement_timeout_ms);
    if (entries[REVISION_ALLOW].value)
        read_allowed(reader, entries[REVISION_ALLOW].value, revision);
}

/* A folder, which may be that of the manifest and may end in '/'. */
static bool read_folder(struct reader *reader, const struct yaml_node *node, struct text *path)
{
    struct yaml_node trimmed = *node;

    if (!check_item(reader, node, "path"))
        return false;
    while (trimmed.text.size > 1 && text_ends(trimmed.text, TEXT("/")))
        trimmed.text.size--;
    if (!text_equal(trimmed.text, TEXT(".")))
        return read_path(reader, &trimmed, path);
    *path = reader->file->folder.size ? arena_copy(reader->arena, reader->file->folder) : TEXT(".");
    return true;
}

/* Refusals only: a rule that warns is weighed by `severity:`. */
static unsigned read_lifted(struct reader *reader, const struct yaml_node *list)
{
    unsigned allowed = 0;

    for (const struct yaml_node *item = list->first; item && !is_full(reader); item = item->next) {
        enum sql_rule rule;

        if (!check_item(reader, item, "allow"))
            continue;
        if (!sql_rule_find(item->text, &rule))
            error_hint(reader->arena,
                       refuse(reader, item->span, "'%s' cannot be allowed for a folder",
                              shown(reader, item->text)),
                       "'missing-semicolon' and 'split-ambiguous' can; weigh others under "
                       "'severity:'.");
        else
            allowed |= 1U << rule;
    }
    return allowed;
}

static struct text *read_folders(struct reader *reader, const struct yaml_node *value,
                                 const struct layout *layout, size_t *count)
{
    struct text *places = arena_array(reader->arena, struct text, value->count + 1);

    *count = 0;
    if (value->kind == YAML_SCALAR) {
        *count += read_folder(reader, value, &places[0]);
        return places;
    }
    for (const struct yaml_node *item = value->first; item && !is_full(reader); item = item->next)
        *count += read_folder(reader, item, &places[*count]);
    if (*count > 1 && !layout->has_places)
        refuse(reader, value->span, "%s has one folder", layout->name);
    return places;
}

/* What is wrong in the folder is told at its place there. */
static void read_history(struct reader *reader, const struct yaml_node *path,
                         const struct layout *layout)
{
    struct layout_history *history = arena_one(reader->arena, struct layout_history);
    struct layout_options options = {.root = reader->folder};
    size_t before = reader->file->errors.count;

    memcpy(options.dialects, reader->manifest.dialects, sizeof(options.dialects));
    options.places = read_folders(reader, path, layout, &options.place_count);
    if (reader->file->errors.count > before)
        return;
    struct error *error = layout_read(reader->arena, layout, &options, history);
    if (error) {
        error->code = ERROR_INPUT;
        error->span = path->span;
        errors_add(&reader->file->errors, error);
        return;
    }
    for (error = history->faults.first; error; error = error->next)
        if (!error->span.source)
            error->span = path->span;
    errors_add(&reader->file->errors, history->faults.first);
    if (reader->last_warning)
        reader->last_warning->next = history->warnings;
    else
        reader->manifest.warnings = history->warnings;
    if (history->last_warning)
        reader->last_warning = history->last_warning;
    reader->file->layout = layout;
    reader->file->history = history;
}

/* `{layout: NAME, path: FOLDER}`: the folder of another tool, as it is. */
static void read_layout(struct reader *reader, const struct yaml_node *mapping)
{
    struct entry entries[LAYOUT_KEY_COUNT] = {{NULL, NULL, false}};
    const struct layout *layout = NULL;

    read_keys(reader, mapping, layout_keys, COUNT(layout_keys), entries);
    for (size_t i = LAYOUT_LAYOUT; i <= LAYOUT_PATH; i++)
        if (is_missing(&entries[i]))
            hint_key(
                reader,
                refuse(reader, beginning(mapping), "'revisions' has no '%s'", layout_keys[i].name),
                &layout_keys[i]);
    if (entries[LAYOUT_LAYOUT].value) {
        layout = layout_find(entries[LAYOUT_LAYOUT].value->text);
        if (!layout)
            hint_key(reader,
                     refuse(reader, entries[LAYOUT_LAYOUT].value->span, "there is no layout '%s'",
                            shown(reader, entries[LAYOUT_LAYOUT].value->text)),
                     &layout_keys[LAYOUT_LAYOUT]);
    }
    if (entries[LAYOUT_ALLOW].value)
        reader->file->allowed = read_lifted(reader, entries[LAYOUT_ALLOW].value);
    if (layout && entries[LAYOUT_PATH].value && !is_full(reader))
        read_history(reader, entries[LAYOUT_PATH].value, layout);
}

void manifest_take(struct arena *arena, const struct layout_revision *from,
                   const bool dialects[static DIALECT_COUNT], struct revision *to)
{
    *to = (struct revision){
        .id = from->id,
        .title = from->title,
        .span = from->span,
        .transactional = from->transactional,
        .allowed = from->allowed,
        .parent_count = from->parent_count,
        .parents = arena_array(arena, struct reference, from->parent_count),
    };
    for (size_t i = 0; i < from->parent_count; i++)
        to->parents[i] = (struct reference){.id = from->parents[i], .span = from->span};
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
            const struct layout_script *script = &from->scripts[i][kind];

            if (!dialects[i])
                continue;
            to->scripts[i][kind] = (struct script_reference){
                .presence = script->presence,
                .path = script->source ? script->source->name : TEXT(""),
                .section = script->section,
                .span = {script->source, 0, 0},
            };
        }
}

/* returns  false, after refusing it, where there are too many */
static bool take_history(struct reader *reader, size_t limit)
{
    const struct layout_history *history = reader->file->history;
    struct manifest *manifest = &reader->manifest;

    for (size_t i = 0; i < history->count; i++) {
        if (manifest->count == limit) {
            refuse(reader, history->revisions[i]->span, "there are more than %d revisions",
                   REVISIONS_MAX);
            return false;
        }
        struct revision *revision = &manifest->revisions[manifest->count];
        manifest_take(reader->arena, history->revisions[i], manifest->dialects, revision);
        revision->outside_hint = reader->file->layout->outside_hint;
        revision->allowed = reader->file->allowed;
        revision->position = manifest->count++;
        check_id_size(reader, revision);
    }
    return true;
}

static void read_revisions(struct reader *reader)
{
    struct manifest *manifest = &reader->manifest;
    size_t count = 0;

    for (struct file *file = reader->first; file; file = file->next) {
        reader->file = file;
        if (file->revisions && file->revisions->kind == YAML_MAPPING) {
            read_layout(reader, file->revisions);
            file->revisions = NULL;
        }
        count += file->history     ? file->history->count
                 : file->revisions ? file->revisions->count
                                   : 0;
    }
    if (count > REVISIONS_MAX)
        count = REVISIONS_MAX;
    manifest->revisions = arena_array(reader->arena, struct revision, count);

    for (struct file *file = reader->first; file; file = file->next) {
        struct revision *before = NULL;

        reader->file = file;
        if (file->history && !take_history(reader, count))
            return;
        for (const struct yaml_node *node = file->revisions ? file->revisions->first : NULL;
             node && !is_full(reader); node = node->next) {
            if (manifest->count == count) {
                refuse(reader, beginning(node), "there are more than %d revisions", REVISIONS_MAX);
                return;
            }
            struct revision *revision = &manifest->revisions[manifest->count];
            *revision = (struct revision){.position = manifest->count++, .transactional = true};
            read_revision(reader, node, before, revision);
            before = revision;
        }
    }
}

static void read_project(struct reader *reader, const struct yaml_node *value)
{
    struct text project = value->text;

    if (project.size > PROJECT_SIZE_MAX || !index_is_project(project))
        error_hint(reader->arena,
                   refuse(reader, value->span, "'%s' cannot be the name of a project",
                          shown(reader, project)),
                   "Use a-z, 0-9, '.', '_' and '-' only, a letter or a digit first, %d characters "
                   "at most.",
                   PROJECT_SIZE_MAX);
    reader->manifest.project = project;
}

static void read_alembic(struct reader *reader, const struct yaml_node *value)
{
    if (text_equal(value->text, TEXT("keep")))
        reader->manifest.alembic_keep = true;
    else
        refuse(reader, value->span, "'alembic' is '%s', and must be 'keep'",
               shown(reader, value->text));
}

/* What `severity:` says of one rule. */
static void read_severity(struct reader *reader, const struct yaml_node *key, uint64_t *given)
{
    enum lint_severity *severities = reader->manifest.severities;
    enum lint_rule rule;
    enum sql_rule refusal;

    if (!read_rule(reader, key, &rule))
        return;
    if (*given & UINT64_C(1) << rule)
        refuse(reader, key->span, "'%s' is given twice", lint_rules[rule].id);
    *given |= UINT64_C(1) << rule;
    if (sql_rule_find(key->text, &refusal))
        error_hint(reader->arena,
                   refuse(reader, key->span, "the severity of '%s' cannot be changed",
                          lint_rules[rule].id),
                   "List it under 'allow:' of a revision.");
    else if (key->value->kind != YAML_SCALAR ||
             !lint_rules_find_severity(key->value->text, &severities[rule]))
        refuse(reader, key->value->span.size ? key->value->span : key->span,
               "the severity of '%s' must be 'off', 'info', 'warning' or 'error'",
               lint_rules[rule].id);
}

static void read_severities(struct reader *reader, const struct yaml_node *mapping)
{
    uint64_t given = 0;

    for (const struct yaml_node *key = mapping->first; key && !is_full(reader); key = key->next)
        read_severity(reader, key, &given);
}

static void read_manifest_keys(struct reader *reader, const struct yaml_node *root,
                               const struct entry *entries)
{
    static const size_t required[] = {MANIFEST_PROJECT, MANIFEST_DIALECT};
    struct manifest *manifest = &reader->manifest;

    for (size_t i = 0; i < COUNT(required); i++) {
        const struct key *key = &manifest_keys[required[i]];
        if (is_missing(&entries[required[i]]))
            hint_key(reader, refuse(reader, beginning(root), "the manifest has no '%s'", key->name),
                     key);
    }
    if (entries[MANIFEST_PROJECT].value)
        read_project(reader, entries[MANIFEST_PROJECT].value);
    if (entries[MANIFEST_DIALECT].value)
        read_dialects(reader, entries[MANIFEST_DIALECT].value);
    if (entries[MANIFEST_REQUIRES].value)
        read_requires(reader, entries[MANIFEST_REQUIRES].value);
    if (entries[MANIFEST_ALEMBIC].value)
        read_alembic(reader, entries[MANIFEST_ALEMBIC].value);
    if (entries[MANIFEST_SEVERITY].value)
        read_severities(reader, entries[MANIFEST_SEVERITY].value);
    if (entries[MANIFEST_ROOTS].value)
        manifest->roots =
            read_references(reader, entries[MANIFEST_ROOTS].value, "roots", &manifest->root_count);
    if (entries[MANIFEST_HEADS].value)
        manifest->heads =
            read_references(reader, entries[MANIFEST_HEADS].value, "heads", &manifest->head_count);
}

/* An included file is a list of revisions; whatever else there is to say, the manifest says. */
static void refuse_manifest_keys(struct reader *reader, const struct entry *entries)
{
    for (size_t i = 0; i < MANIFEST_KEY_COUNT; i++)
        if (entries[i].key && i != MANIFEST_FERRY && i != MANIFEST_REVISIONS &&
            i != MANIFEST_INCLUDE)
            refuse(reader, entries[i].key->span, "'%s' belongs into the main manifest",
                   manifest_keys[i].name);
}

/* returns  false, after refusing it, for a file that is written for another sqlferry */
static bool check_format(struct reader *reader, const struct yaml_node *root)
{
    const struct key *ferry = &manifest_keys[MANIFEST_FERRY];

    if (root->kind != YAML_MAPPING) {
        if (is_empty(root))
            refuse(reader, root->span, "the file is empty");
        else
            refuse(reader, root->span, "a manifest must be a mapping, not %s",
                   yaml_kind_name(root->kind));
        return false;
    }
    for (const struct yaml_node *key = root->first; key; key = key->next) {
        if (!text_equal(key->text, text_from(ferry->name)))
            continue;
        if (is_empty(key->value) || key->value->kind != YAML_SCALAR ||
            text_equal(key->value->text, TEXT("1")))
            return true;
        refuse(reader, key->value->span, "this sqlferry reads ferry 1, not '%s'",
               shown(reader, key->value->text));
        return false;
    }
    return true;
}

static struct file **bucket_of(struct reader *reader, const struct stat *status)
{
    uint64_t mixed =
        ((uint64_t)status->st_ino ^ (uint64_t)status->st_dev << 40) * UINT64_C(0x9e3779b97f4a7c15);

    return &reader->buckets[mixed >> 32 & (BUCKET_COUNT - 1)];
}

static struct file *find_file(struct reader *reader, const struct stat *status)
{
    struct file *file = *bucket_of(reader, status);

    while (file && (file->device != status->st_dev || file->number != status->st_ino))
        file = file->next_in_bucket;
    return file;
}

/* Makes a new file the one that is being read. */
static void add_file(struct reader *reader, const struct stat *status, struct text name,
                     struct text folder, struct span included)
{
    struct file *file = arena_one(reader->arena, struct file);
    struct file **bucket = bucket_of(reader, status);

    *file = (struct file){
        .source = {.name = name},
        .folder = folder,
        .included = included,
        .device = status->st_dev,
        .number = status->st_ino,
        .next_in_bucket = *bucket,
    };
    *bucket = file;
    if (reader->last)
        reader->last->next = file;
    else
        reader->first = file;
    reader->last = reader->file = file;
    reader->file_count++;
}

static void include(struct reader *reader, const struct yaml_node *item, size_t depth);

/*
 * Reads what is in the file but its revisions, and then the files it includes.
 *
 * returns  NULL or ERROR_SYSTEM; what is wrong with the text is among the errors of the file
 */
static struct error *read_file(struct reader *reader, int fd, uint64_t size, size_t depth)
{
    struct entry entries[MANIFEST_KEY_COUNT] = {{NULL, NULL, false}};
    struct file *file = reader->file;
    struct yaml_node *root;
    struct error *error = file_read_open(reader->arena, fd, file->source.name, size,
                                         MANIFEST_SIZE_MAX, &file->source.text);

    if (error)
        return error;
    error = yaml_read(reader->arena, &file->source, &root);
    if (error) {
        errors_add(&file->errors, error);
        return NULL;
    }
    if (!check_format(reader, root))
        return NULL;
    read_keys(reader, root, manifest_keys, COUNT(manifest_keys), entries);
    if (is_missing(&entries[MANIFEST_FERRY]))
        hint_key(reader, refuse(reader, beginning(root), "the manifest has no 'ferry'"),
                 &manifest_keys[MANIFEST_FERRY]);
    if (depth == 0)
        read_manifest_keys(reader, root, entries);
    else
        refuse_manifest_keys(reader, entries);
    if (is_missing(&entries[MANIFEST_REVISIONS]) && is_missing(&entries[MANIFEST_INCLUDE]))
        hint_key(reader, refuse(reader, beginning(root), "the manifest has no 'revisions'"),
                 &manifest_keys[MANIFEST_REVISIONS]);
    file->revisions = entries[MANIFEST_REVISIONS].value;

    const struct yaml_node *list = entries[MANIFEST_INCLUDE].value;
    for (const struct yaml_node *item = list ? list->first : NULL; item && !is_full(reader);
         item = item->next) {
        if (check_item(reader, item, "include"))
            include(reader, item, depth + 1);
        reader->file = file;
    }
    return NULL;
}

/* Whatever keeps an included file from being read is an error at the place that names it. */
static void refuse_file(struct reader *reader, const struct yaml_node *item, struct error *error)
{
    error->code = ERROR_INPUT;
    error->span = item->span;
    errors_add(&reader->file->errors, error);
}

static struct text join(struct arena *arena, struct text folder, struct text name)
{
    if (text_equal(folder, TEXT(".")))
        return name;
    return arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(folder),
                        text_ends(folder, TEXT("/")) ? "" : "/", TEXT_ARGS(name));
}

/* returns  false, after refusing it, for a file that was read before */
static bool check_new(struct reader *reader, const struct yaml_node *item, struct text path,
                      const struct stat *status)
{
    const struct file *known = find_file(reader, status);

    if (!known)
        return true;
    if (known->included.source)
        error_note(reader->arena,
                   refuse(reader, item->span, "'%s' is included twice", shown(reader, path)),
                   known->included, "first included here");
    else
        refuse(reader, item->span, "'%s' is the main manifest itself", shown(reader, path));
    return false;
}

static void include(struct reader *reader, const struct yaml_node *item, size_t depth)
{
    CLEANUP(file_close) int fd = -1;
    struct file *from = reader->file;
    struct text path;
    struct stat status;
    uint64_t size;

    if (!read_path(reader, item, &path))
        return;
    if (depth > INCLUSION_DEPTH_MAX) {
        refuse(reader, item->span, "files include one another more than %d deep",
               INCLUSION_DEPTH_MAX);
        return;
    }
    if (reader->file_count > INCLUDED_MAX) {
        refuse(reader, item->span, "more than %d files are included", INCLUDED_MAX);
        return;
    }

    struct error *error = file_open_inside(reader->arena, reader->folder, path.bytes, &fd, &size);
    if (!error && fstat(fd, &status) < 0)
        error = error_system(reader->arena, "cannot read '%s'", path.bytes);
    if (error) {
        refuse_file(reader, item, error);
        return;
    }
    if (!check_new(reader, item, path, &status))
        return;

    size_t folder_size = path.size - file_name(path).size;
    add_file(reader, &status, join(reader->arena, reader->manifest.folder, path),
             text_slice(path, 0, folder_size ? folder_size - 1 : 0), item->span);
    error = read_file(reader, fd, size, depth);
    reader->file = from;
    if (error)
        refuse_file(reader, item, error);
}

/* Finds out whether path is the manifest or its folder, and opens both. */
static struct error *open_manifest(struct reader *reader, struct text path, int *fd, uint64_t *size)
{
    struct text name = arena_copy(reader->arena, path), folder;
    struct stat status;
    bool in_folder = stat(name.bytes, &status) == 0 && S_ISDIR(status.st_mode);

    if (in_folder) {
        while (name.size > 1 && name.bytes[name.size - 1] == '/')
            name.size--;
        folder = arena_copy(reader->arena, name);
        name = join(reader->arena, folder, TEXT("ferry.yaml"));
    } else {
        folder = file_folder(reader->arena, name);
    }

    struct error *error = file_open(reader->arena, AT_FDCWD, name.bytes, fd, size);
    if (error && text_equal(file_name(name), TEXT("ferry.yaml")) && access(name.bytes, F_OK) < 0)
        error_hint(reader->arena, error, "'sqlferry init' begins a new manifest.");
    if (error)
        return error;
    reader->folder = open(folder.bytes, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (reader->folder < 0)
        return error_system(reader->arena, "cannot open '%s'", folder.bytes);
    if (fstat(*fd, &status) < 0)
        return error_system(reader->arena, "cannot read '%s'", name.bytes);
    reader->manifest.folder = folder;
    add_file(reader, &status, name, TEXT(""), (struct span){0});
    return NULL;
}

static void reader_close(struct reader *reader)
{
    file_close(&reader->folder);
}

struct error *manifest_load(struct arena *arena, struct text path, struct manifest *manifest)
{
    CLEANUP(file_close) int fd = -1;
    CLEANUP(reader_close)
    struct reader reader = {
        .arena = arena,
        .folder = -1,
        .buckets = arena_array(arena, struct file *, BUCKET_COUNT),
    };
    struct errors errors = {0};
    uint64_t size;
    struct error *error = open_manifest(&reader, path, &fd, &size);

    if (error)
        return error;
    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        reader.manifest.severities[i] = lint_rules[i].severity;
    error = read_file(&reader, fd, size, 0);
    if (error)
        return error;
    read_revisions(&reader);
    for (struct file *file = reader.first; file; file = file->next)
        errors_add(&errors, errors_sorted(&file->errors));
    if (errors.first)
        return errors.first;
    *manifest = reader.manifest;
    return NULL;
}

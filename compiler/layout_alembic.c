#include "compiler/layout_alembic.h"
#include "runtime/file.h"
#include "runtime/index.h"

#include <assert.h>
#include <string.h>

enum { SHOWN_SIZE_MAX = 80 };

static struct error *add_finding(struct arena *arena, struct alembic_tree *tree,
                                 enum severity severity, const char *name, struct span span,
                                 const char *format, va_list values)
{
    struct text message = arena_format_list(arena, format, values);
    struct error *error = span.source ? error_at(arena, ERROR_INPUT, span, "%s", message.bytes)
                                      : error_plain(arena, ERROR_INPUT, "%s", message.bytes);

    findings_add(arena, &tree->findings, severity, name, TEXT(""), error);
    return error;
}

struct error *layout_alembic_refuse(struct arena *arena, struct alembic_tree *tree,
                                    const char *name, struct span span, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct error *error = add_finding(arena, tree, FINDING_FAULT, name, span, format, values);
    va_end(values);
    return error;
}

struct error *layout_alembic_warn(struct arena *arena, struct alembic_tree *tree, const char *name,
                                  struct span span, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    struct error *error = add_finding(arena, tree, FINDING_WARNING, name, span, format, values);
    va_end(values);
    return error;
}

const char *layout_alembic_shown(struct arena *arena, struct text text)
{
    struct text rest = text;

    while (rest.size && text.size - rest.size < SHOWN_SIZE_MAX)
        text_next(&rest);
    struct text front = arena_escape(arena, text_slice(text, 0, text.size - rest.size));
    return arena_format(arena, "%.*s%s", TEXT_ARGS(front), rest.size ? "..." : "").bytes;
}

/* A file that is being read. */
struct module {
    struct arena *arena;
    struct alembic_tree *tree;
    struct alembic_revision *revision;
    struct python python;
    struct span assigned[4]; /* the names of module_variables, where they stand */
};

static void read_id(struct module *module, const struct python_value *value);
static void read_parents(struct module *module, const struct python_value *value);
static void read_depends(struct module *module, const struct python_value *value);
static void read_labels(struct module *module, const struct python_value *value);

enum { MODULE_REVISION, MODULE_DOWN_REVISION };

static const struct {
    const char *name;
    void (*read)(struct module *module, const struct python_value *value);
} module_variables[] = {
    [MODULE_REVISION] = {"revision", read_id},
    [MODULE_DOWN_REVISION] = {"down_revision", read_parents},
    {"depends_on", read_depends},
    {"branch_labels", read_labels},
};

static_assert(COUNT(module_variables) == COUNT(((struct module *)NULL)->assigned),
              "a place for each variable");

/* Values. */

static void refuse_value(struct module *module, const char *name, struct span span)
{
    error_hint(module->arena,
               layout_alembic_refuse(module->arena, module->tree, "not-literal", span,
                                     "'%s' cannot be known without running Python", name),
               "Write the value itself: a text in quotes, a tuple of texts, or None.");
}

static void read_id(struct module *module, const struct python_value *value)
{
    struct alembic_revision *revision = module->revision;

    revision->id = (struct alembic_word){TEXT(""), value->span};
    if (value->kind != PYTHON_TEXT)
        refuse_value(module, "revision", value->span);
    else if (value->text.size > ID_SIZE_MAX || !index_is_id(value->text))
        error_hint(module->arena,
                   layout_alembic_refuse(module->arena, module->tree, "id", value->span,
                                         "'%s' cannot be an id",
                                         layout_alembic_shown(module->arena, value->text)),
                   "Use A-Z, a-z, 0-9, '.', '_' and '-' only, %d characters at most.", ID_SIZE_MAX);
    else
        revision->id.text = value->text;
}

/* returns  false, after refusing it, for a value that is not None, a text, or a list of texts */
static bool read_words(struct module *module, const char *name, const struct python_value *value,
                       struct alembic_words *words)
{
    const struct python_value *item = value->kind == PYTHON_LIST ? value->first : value;
    size_t count = value->kind == PYTHON_LIST ? value->count : 1;

    *words = (struct alembic_words){0};
    if (value->kind == PYTHON_NONE)
        return true;
    if (count > PARENTS_MAX) {
        layout_alembic_refuse(module->arena, module->tree, "too-many", value->span,
                              "'%s' names %zu, at most %d are allowed", name, count, PARENTS_MAX);
        return false;
    }
    words->list = arena_array(module->arena, struct alembic_word, count);
    for (; item; item = item->next) {
        if (item->kind != PYTHON_TEXT) {
            refuse_value(module, name, item->span);
            return false;
        }
        words->list[words->count++] = (struct alembic_word){item->text, item->span};
    }
    return true;
}

static void read_parents(struct module *module, const struct python_value *value)
{
    struct alembic_revision *revision = module->revision;

    if (read_words(module, "down_revision", value, &revision->parents))
        revision->parents_span = value->span;
    else
        revision->parents = (struct alembic_words){0};
}

static void read_depends(struct module *module, const struct python_value *value)
{
    if (!read_words(module, "depends_on", value, &module->revision->depends))
        module->revision->depends = (struct alembic_words){0};
}

static void read_labels(struct module *module, const struct python_value *value)
{
    if (!read_words(module, "branch_labels", value, &module->revision->labels))
        module->revision->labels = (struct alembic_words){0};
}

/* The docstring. */

static struct alembic_word word_of(const struct module *module, struct text text)
{
    return (struct alembic_word){text, span_of(module->python.source, text)};
}

/* Ids with commas and blanks between them; None and <base> are none. */
static struct alembic_words split_words(const struct module *module, struct text text)
{
    struct alembic_words words = {
        .list = arena_array(module->arena, struct alembic_word, text.size / 2 + 1)};

    while (text.size) {
        size_t size = 0;

        while (size < text.size && !strchr(", \t\f", text.bytes[size]))
            size++;
        struct text word = text_slice(text, 0, size);
        if (size && !text_equal(word, TEXT("None")) && !text_equal(word, TEXT("<base>")))
            words.list[words.count++] = word_of(module, word);
        text = text_slice(text, size + 1, text.size);
    }
    return words;
}

/* returns  false where the line does not begin so; else what stands behind that */
static bool takes_field(struct text line, struct text name, struct text *value)
{
    if (!text_starts(line, name))
        return false;
    *value = text_trim(text_slice(line, name.size, line.size));
    return true;
}

/* docstring is what is between the quotes, as written. */
static void read_docstring(struct module *module, struct text docstring)
{
    struct alembic_revision *revision = module->revision;
    bool has_title = false;

    while (docstring.size) {
        struct text line = text_trim(text_cut(&docstring, '\n')), value;

        if (takes_field(line, TEXT("Revision ID:"), &value)) {
            if (value.size)
                revision->doc_id = word_of(module, value);
        } else if (takes_field(line, TEXT("Revises:"), &value)) {
            revision->doc_parents_span = span_of(module->python.source, line);
            revision->doc_parents = split_words(module, value);
        } else if (takes_field(line, TEXT("Create Date:"), &value)) {
            if (value.size)
                revision->created = word_of(module, value);
        } else if (!has_title && line.size) {
            if (line.size <= TITLE_SIZE_MAX && text_all_printable(line))
                revision->title = line;
        }
        has_title |= line.size > 0;
    }
}

/* Statements. */

/* At a name in the first column. token becomes the end of the statement. */
static void read_statement(struct module *module, struct python_token *token)
{
    struct python *python = &module->python;
    struct span name = {python->source, token->offset, token->size};
    size_t i = 0;

    while (i < COUNT(module_variables) && !python_is(token, module_variables[i].name))
        i++;
    if (i == COUNT(module_variables))
        return;
    *token = python_next(python);
    if (python_is(token, ":")) /* an annotation */
        while (token->kind != PYTHON_LINE && token->kind != PYTHON_END &&
               !(python_is(token, "=") && python->depth == 0))
            *token = python_next(python);
    if (token->kind == PYTHON_LINE)
        return; /* an annotation alone, or a name that does nothing */
    if (module->assigned[i].source)
        error_note(module->arena,
                   layout_alembic_warn(module->arena, module->tree, "assigned-twice", name,
                                       "'%s' is assigned twice, and the last one counts",
                                       module_variables[i].name),
                   module->assigned[i], "first assigned here");
    module->assigned[i] = name;
    if (!python_is(token, "=")) {
        refuse_value(module, module_variables[i].name, name);
        return;
    }
    const struct python_value *value = NULL;
    while (python_is(token, "=")) { /* a = b = c */
        *token = python_next(python);
        value = python_values(python, token);
    }
    if (!python->error)
        module_variables[i].read(module, value);
}

/* Which of the two functions has this name; NULL for neither. */
static bool *find_function(struct module *module, const struct python_token *name)
{
    return python_is(name, "upgrade")     ? &module->revision->is_empty[0]
           : python_is(name, "downgrade") ? &module->revision->is_empty[1]
                                          : NULL;
}

/* In the body of a function: 'pass', and texts that stand for themselves. */
static bool does_nothing(const struct python_token *token)
{
    return token->kind == PYTHON_LINE || token->kind == PYTHON_STRING || python_is(token, "pass");
}

static void read_module(struct module *module)
{
    struct python *python = &module->python;
    struct python_token token = python_next(python);
    bool *is_empty = NULL; /* of the function that is being read */
    bool begins = true, in_body = false, is_decorated = false;

    if (token.kind == PYTHON_STRING)
        read_docstring(module, token.inside);
    for (; token.kind != PYTHON_END; token = python_next(python)) {
        if (begins && python->column == 0 && token.kind != PYTHON_LINE) {
            is_empty = NULL;
            in_body = false;
            if (python_is(&token, "def")) {
                token = python_next(python);
                is_empty = find_function(module, &token);
            } else if (token.kind == PYTHON_NAME) {
                read_statement(module, &token);
            }
            if (is_empty)
                *is_empty = !is_decorated;
            is_decorated = python_is(&token, "@");
        } else if (is_empty && in_body) {
            *is_empty &= does_nothing(&token);
        } else if (is_empty && python_is(&token, ":") && python->depth == 0) {
            in_body = true;
        }
        if (python_is(&token, "autocommit_block") && !module->revision->autocommit.source)
            module->revision->autocommit = (struct span){python->source, token.offset, token.size};
        begins = token.kind == PYTHON_LINE;
    }
}

static struct alembic_revision *add_revision(struct arena *arena, struct alembic_tree *tree)
{
    if (tree->count == tree->capacity) {
        const struct alembic_revision *old = tree->revisions;

        tree->capacity = tree->capacity ? 2 * tree->capacity : 64;
        tree->revisions = arena_array(arena, struct alembic_revision, tree->capacity);
        if (tree->count)
            memcpy(tree->revisions, old, tree->count * sizeof(*old));
    }
    return &tree->revisions[tree->count++];
}

/* The first line, where messages about a whole file point. */
static struct span first_line(const struct source *source)
{
    return (struct span){source, 0, text_find_byte(source->text, '\n')};
}

/* What a file lacks that Alembic could not do without. */
static void check_assigned(struct module *module)
{
    const struct source *source = module->python.source;
    bool has_id = module->assigned[MODULE_REVISION].source;
    bool has_parents = module->assigned[MODULE_DOWN_REVISION].source;

    if (!has_id)
        error_hint(
            module->arena,
            layout_alembic_refuse(module->arena, module->tree, "no-revision", first_line(source),
                                  "'%s' is no revision: nothing is assigned to 'revision'",
                                  layout_alembic_shown(module->arena, file_name(source->name))),
            "Alembic fails on it, too: move it to another folder, or write its id.");
    else if (!has_parents)
        error_hint(module->arena,
                   layout_alembic_refuse(
                       module->arena, module->tree, "no-down-revision",
                       module->assigned[MODULE_REVISION], "'%s' assigns nothing to 'down_revision'",
                       layout_alembic_shown(module->arena, file_name(source->name))),
                   "Write down_revision = None for a first revision.");
}

void layout_alembic_add(struct arena *arena, const struct source *source, struct alembic_tree *tree)
{
    struct alembic_revision revision = {.source = source};
    struct module module = {.arena = arena, .tree = tree, .revision = &revision};
    struct text name = file_name(source->name);

    revision.file = text_ends(name, TEXT(".py")) ? text_slice(name, 0, name.size - 3) : name;
    python_begin(&module.python, arena, source);
    read_module(&module);
    if (module.python.error)
        findings_add(arena, &tree->findings, FINDING_FAULT, "python", TEXT(""),
                     module.python.error);
    else
        check_assigned(&module);
    if (revision.id.text.size)
        *add_revision(arena, tree) = revision;
}

/* env.py. */

/* What context.configure() may be told, by a word that nothing else is called. */
static void read_setting(struct arena *arena, struct alembic_tree *tree, const char *name,
                         const struct python_value *value)
{
    if (strcmp(name, "version_table") == 0) {
        if (value->kind == PYTHON_TEXT)
            tree->version_table = (struct alembic_word){value->text, value->span};
    } else if (value->kind == PYTHON_FALSE) {
        error_hint(arena,
                   layout_alembic_warn(arena, tree, "transactional-ddl", value->span,
                                       "Alembic runs these revisions without transactions"),
                   "sqlferry makes one of each revision, unless its manifest says 'transaction: "
                   "none'.");
    } else if (value->kind == PYTHON_OTHER) {
        layout_alembic_warn(
            arena, tree, "not-literal", value->span,
            "'%s' cannot be known without running Python: sqlferry makes one transaction "
            "of each revision",
            name);
    }
}

void layout_alembic_read_env(struct arena *arena, const struct source *source,
                             struct alembic_tree *tree)
{
    static const char *const names[] = {"version_table", "transactional_ddl"};
    struct python python;

    tree->has_env = true;
    python_begin(&python, arena, source);
    struct python_token token = python_next(&python);
    while (token.kind != PYTHON_END) {
        size_t i = 0;

        tree->has_paramstyle |= text_equal(token.text, TEXT("paramstyle")); /* or a text */
        while (i < COUNT(names) && !python_is(&token, names[i]))
            i++;
        token = python_next(&python);
        if (i == COUNT(names) || !python_is(&token, "="))
            continue;
        token = python_next(&python);
        const struct python_value *value = python_value(&python, &token);
        if (!python.error)
            read_setting(arena, tree, names[i], value);
    }
    if (python.error)
        findings_add(arena, &tree->findings, FINDING_FAULT, "python", TEXT(""), python.error);
}

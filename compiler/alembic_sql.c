#include "compiler/alembic_sql.h"
#include "compiler/sql.h"

#include <stdlib.h>
#include <string.h>

struct cutter {
    struct arena *arena;
    struct alembic_tree *tree;
    const struct source *source;
    enum script_kind kind;
    struct text table; /* of Alembic, as it names it in statements */
    size_t *by_id;     /* positions of the revisions, by their ids */
    bool *is_cut;      /* by position: there is a section of it */
    struct alembic_sections *sections;
};

/* Revisions by id. */

static int compare_ids(const void *a, const void *b, void *revisions)
{
    const struct alembic_revision *list = revisions;

    return text_compare(list[*(const size_t *)a].id.text, list[*(const size_t *)b].id.text);
}

static void index_ids(struct cutter *cutter)
{
    const struct alembic_tree *tree = cutter->tree;

    cutter->by_id = arena_array(cutter->arena, size_t, tree->count);
    cutter->is_cut = arena_array(cutter->arena, bool, tree->count);
    for (size_t i = 0; i < tree->count; i++)
        cutter->by_id[i] = i;
    if (tree->count)
        qsort_r(cutter->by_id, tree->count, sizeof(size_t), compare_ids, tree->revisions);
}

/* returns  false where the tree has no such revision */
static bool find_revision(const struct cutter *cutter, struct text id, size_t *position)
{
    size_t low = 0, high = cutter->tree->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (text_compare(cutter->tree->revisions[cutter->by_id[middle]].id.text, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == cutter->tree->count)
        return false;
    *position = cutter->by_id[low];
    return text_equal(cutter->tree->revisions[*position].id.text, id);
}

/* The comments between sections: "-- Running upgrade A, B -> C". */

struct heading {
    struct text line, revision, parents;
};

/* returns  false where the line is none */
static bool read_heading(const struct cutter *cutter, struct text line, struct heading *heading)
{
    bool is_up = cutter->kind == SCRIPT_UP;
    struct text front = is_up ? TEXT("-- Running upgrade ") : TEXT("-- Running downgrade ");
    struct text arrow = TEXT(" -> ");

    if (text_ends(line, TEXT("\r")))
        line.size--;
    if (!text_starts(line, front))
        return false;
    struct text rest = text_slice(line, front.size, line.size);
    size_t end = text_find(rest, arrow);
    struct text left = text_slice(rest, 0, end);
    struct text right = text_trim(text_slice(rest, end + arrow.size, rest.size));
    *heading = (struct heading){line, is_up ? right : left, is_up ? left : right};
    return end < rest.size;
}

/* Whether a list with commas has just the parents that the file names. */
static bool has_parents(const struct alembic_revision *revision, struct text list)
{
    size_t count = 0;

    while (list.size) {
        struct text parent = text_trim(text_cut(&list, ','));
        size_t i = 0;

        if (!parent.size)
            continue;
        while (i < revision->parents.count && !text_equal(revision->parents.list[i].text, parent))
            i++;
        if (i == revision->parents.count)
            return false;
        count++;
    }
    return count == revision->parents.count;
}

/* Takes the next heading off the front of rest; before is what stands in front of it. */
static bool next_heading(const struct cutter *cutter, struct text *rest, struct text *before,
                         struct heading *heading)
{
    const char *start = rest->bytes;

    while (rest->size) {
        struct text line = text_cut(rest, '\n');

        if (!read_heading(cutter, line, heading))
            continue;
        *before = (struct text){start, (size_t)(line.bytes - start)};
        return true;
    }
    *before = (struct text){start, (size_t)(rest->bytes - start)};
    return false;
}

static struct error *begin_section(struct cutter *cutter, const struct heading *heading)
{
    struct span span = span_of(cutter->source, heading->line);
    size_t position;

    if (!find_revision(cutter, heading->revision, &position))
        return error_hint(cutter->arena,
                          error_at(cutter->arena, ERROR_INPUT, span, "no file has revision '%s'",
                                   layout_alembic_shown(cutter->arena, heading->revision)),
                          "Render these files again.");

    const struct alembic_revision *revision = &cutter->tree->revisions[position];
    if (!has_parents(revision, heading->parents))
        return error_hint(cutter->arena,
                          error_note(cutter->arena,
                                     error_at(cutter->arena, ERROR_INPUT, span,
                                              "revision '%.*s' was rendered with other parents",
                                              TEXT_ARGS(revision->id.text)),
                                     revision->parents_span, "its file says so"),
                          "Render these files again.");
    if (cutter->is_cut[position])
        return error_at(cutter->arena, ERROR_INPUT, span, "revision '%.*s' is there twice",
                        TEXT_ARGS(revision->id.text));
    cutter->is_cut[position] = true;
    cutter->sections->list[cutter->sections->count++] =
        (struct alembic_section){.position = position, .span = span};
    return NULL;
}

/* What Alembic writes around them. */

/* The last statement, which Alembic sets off by an empty line. */
static struct text last_chunk(struct text text)
{
    size_t start = text.size;

    while (start > 0 &&
           !(start > 1 && text.bytes[start - 1] == '\n' &&
             (text.bytes[start - 2] == '\n' ||
              (text.bytes[start - 2] == '\r' && start > 2 && text.bytes[start - 3] == '\n'))))
        start--;
    return text_slice(text, start, text.size);
}

static bool is_transaction(struct text chunk)
{
    return text_equal(chunk, TEXT("BEGIN;")) || text_equal(chunk, TEXT("COMMIT;"));
}

/* One that keeps the table, in the words of Alembic. */
static bool keeps_version(const struct cutter *cutter, struct text chunk)
{
    static const char *const fronts[] = {
        "INSERT INTO %.*s (version_num) VALUES (",
        "UPDATE %.*s SET version_num=",
        "DELETE FROM %.*s WHERE ",
    };

    for (size_t i = 0; i < COUNT(fronts); i++)
        if (text_starts(chunk, arena_format(cutter->arena, fronts[i], TEXT_ARGS(cutter->table))))
            return text_find_byte(chunk, '\n') == chunk.size;
    return false;
}

static bool drops_table(const struct cutter *cutter, struct text chunk)
{
    return text_equal(chunk,
                      arena_format(cutter->arena, "DROP TABLE %.*s;", TEXT_ARGS(cutter->table)));
}

static void end_section(struct cutter *cutter, struct text text)
{
    struct alembic_section *section = &cutter->sections->list[cutter->sections->count - 1];
    CLEANUP(buffer_free) struct buffer kept = {0};

    for (text = text_trim(text); text.size; text = text_trim(text)) {
        struct text chunk = last_chunk(text);
        bool keeps = keeps_version(cutter, chunk);

        if (!keeps && !is_transaction(chunk) && !drops_table(cutter, chunk))
            break;
        section->is_whole |= keeps;
        text.size -= chunk.size;
    }
    section->is_outside =
        sql_drop_transactions(cutter->arena, cutter->tree->dialect, text, &kept) > 0;
    section->text = arena_copy(cutter->arena, text_trim(buffer_text(&kept)));
}

/* In front of the first revision Alembic makes its table. What else is there is of env.py. */
static void read_front(struct cutter *cutter, struct text text)
{
    static const char *const columns = "version_num VARCHAR(";
    struct text verb = TEXT("CREATE TABLE ");
    bool is_told = false;

    for (text = text_trim(text); text.size; text = text_trim(text)) {
        struct text chunk = last_chunk(text);
        size_t end = text_find(chunk, TEXT(" ("));

        text.size -= chunk.size;
        if (text_starts(chunk, verb) && text_find(chunk, text_from(columns)) < chunk.size)
            cutter->table = cutter->tree->version_table.text =
                text_slice(chunk, verb.size, end - verb.size);
        else if (!is_transaction(chunk) && !is_told) {
            layout_alembic_warn(cutter->arena, cutter->tree, "left-out",
                                span_of(cutter->source, chunk),
                                "this belongs to no revision, and is left out");
            is_told = true;
        }
    }
}

/* Whether each '%' has another one beside it; also where there is none. */
static bool doubles_percents(struct text text)
{
    size_t run = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.bytes[i] != '%' && run % 2)
            return false;
        run = text.bytes[i] == '%' ? run + 1 : 0;
    }
    return run % 2 == 0;
}

/*
 * Drivers that take parameters as %s want every other '%' twice, and SQLAlchemy compiles for them
 * unless it is told not to. What psql would run then is another text.
 */
static void check_percents(struct cutter *cutter)
{
    const struct alembic_tree *tree = cutter->tree;
    const struct alembic_section *first = NULL;

    for (size_t i = 0; i < cutter->sections->count; i++) {
        const struct alembic_section *section = &cutter->sections->list[i];

        if (!doubles_percents(section->text))
            return;
        if (!first && text_find_byte(section->text, '%') < section->text.size)
            first = section;
    }
    if (!first || tree->dialect != DIALECT_POSTGRESQL || tree->has_paramstyle)
        return;
    struct span span = tree->revisions[first->position].id.span;
    error_hint(cutter->arena,
               (tree->has_env ? layout_alembic_refuse : layout_alembic_warn)(
                   cutter->arena, cutter->tree, "doubled-percent", span,
                   "every '%%' in the SQL is there twice, in this revision for the first time"),
               "In env.py, give context.configure() dialect_opts={'paramstyle': 'named'} where it "
               "renders.");
}

struct error *alembic_sql_cut(struct arena *arena, struct alembic_tree *tree,
                              const struct source *source, enum script_kind kind,
                              struct alembic_sections *sections)
{
    struct cutter cutter = {
        .arena = arena,
        .tree = tree,
        .source = source,
        .kind = kind,
        .table = tree->version_table.text.size ? tree->version_table.text : TEXT("alembic_version"),
        .sections = sections,
    };
    struct text rest = source->text, text;
    struct heading heading;
    struct error *error = NULL;

    sections->list = arena_array(arena, struct alembic_section, tree->count);
    index_ids(&cutter);
    bool goes_on = next_heading(&cutter, &rest, &text, &heading);
    read_front(&cutter, text);
    while (!error && goes_on) {
        error = begin_section(&cutter, &heading);
        goes_on = next_heading(&cutter, &rest, &text, &heading);
        if (!error)
            end_section(&cutter, text);
    }
    if (!error)
        check_percents(&cutter);
    return error;
}

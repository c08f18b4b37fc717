#include "adopt.h"
#include "plan.h"

#include <stdlib.h>

/*
 * An id may be the name of a file: a version, the separator, and words; NULL where a tool has names
 * and no versions. A query gives: the version; "all" where all that it needs is applied with it,
 * "one" where each has a row of its own; "yes", or "no" where the tool itself says that it failed.
 * A change that Sqitch has reworked is there again, and NAME.2 for us. Tables as the tools' own
 * documentation and sources have them.
 */
static const struct tool {
    const char *name, *table;
    bool has_sqlite;
    const char *separator, *sql;
} tools[] = {
    {"alembic", "alembic_version", true, NULL,
     "SELECT version_num, 'all', 'yes' FROM alembic_version"},
    {"dbmate", "schema_migrations", true, "_",
     "SELECT version, 'one', 'yes' FROM schema_migrations"},
    {"diesel", "__diesel_schema_migrations", true, "_",
     "SELECT version, 'one', 'yes' FROM __diesel_schema_migrations"},
    {"flyway", "flyway_schema_history", true, "__",
     "SELECT h.version, CASE WHEN h.type = 'BASELINE' THEN 'all' ELSE 'one' END,"
     " CASE WHEN h.success THEN 'yes' ELSE 'no' END FROM flyway_schema_history h"
     " WHERE h.version IS NOT NULL AND h.type NOT LIKE 'UNDO%' AND h.type NOT IN"
     " ('SCHEMA', 'DELETE') AND NOT EXISTS (SELECT 1 FROM flyway_schema_history u"
     " WHERE u.version = h.version AND u.installed_rank > h.installed_rank"
     " AND (u.type LIKE 'UNDO%' OR u.type = 'DELETE')) ORDER BY h.installed_rank"},
    {"golang-migrate", "schema_migrations", true, "_",
     "SELECT version, 'all', CASE WHEN dirty THEN 'no' ELSE 'yes' END FROM schema_migrations"},
    {"goose", "goose_db_version", true, "_",
     "SELECT version_id, 'one', 'yes' FROM goose_db_version g WHERE g.is_applied"
     " AND g.version_id > 0 AND NOT EXISTS (SELECT 1 FROM goose_db_version l"
     " WHERE l.version_id = g.version_id AND l.id > g.id)"},
    {"sqitch", "sqitch.changes", false, NULL,
     "SELECT CASE WHEN number > 1 THEN change || '.' || number ELSE change END, 'one', 'yes' FROM"
     " (SELECT change, committed_at, row_number() OVER (PARTITION BY project, change ORDER BY"
     " committed_at) AS number FROM sqitch.changes) c ORDER BY committed_at"},
};

struct text adopt_tools(struct arena *arena)
{
    struct text list = TEXT("");

    for (size_t i = 0; i < COUNT(tools); i++)
        list = arena_format(arena, "%.*s%s%s", TEXT_ARGS(list), i ? ", " : "", tools[i].name);
    return list;
}

/* Versions and ids */

/*
 * "V01_2" and "1.2", "2016-01-07" and "20160107" are the same: numbers without zeros in front. So
 * are "app/users" and "app.users".
 */
static struct text normalise(struct arena *arena, struct text text)
{
    char *bytes = arena_array(arena, char, text.size + 1);
    size_t size = 0;
    bool begins = true;

    if (text.size > 1 && (*text.bytes == 'V' || *text.bytes == 'v'))
        text = text_slice(text, 1, text.size);
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i] == '_' || text.bytes[i] == '/' ? '.' : text.bytes[i];
        bool digit_follows =
            i + 1 < text.size && text.bytes[i + 1] >= '0' && text.bytes[i + 1] <= '9';

        if (byte == '-' || (begins && byte == '0' && digit_follows))
            continue;
        bytes[size++] = byte;
        begins = byte == '.';
    }
    return (struct text){bytes, size};
}

struct name {
    struct text key;
    bool is_cut; /* it is a part of the id, and gives way to one that is whole */
    const struct index_step *step;
};

struct names {
    struct name *list; /* sorted */
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    const struct name *left = a, *right = b;
    int order = text_compare(left->key, right->key);

    if (!order)
        order = left->is_cut - right->is_cut;
    return order ? order : (left->step > right->step) - (left->step < right->step);
}

/* Where the version ends that an id begins with; its size where it has none. */
static size_t find_end(struct text id, const char *separator)
{
    if (!separator)
        return id.size;
    size_t end = text_find(id, text_from(separator));
    return end < id.size ? end : text_find_byte(id, '_');
}

static struct names list_names(struct arena *arena, const struct index *index,
                               const struct tool *tool)
{
    struct names names = {.list = arena_array(arena, struct name, 2 * index->step_count)};

    for (size_t i = 0; i < index->step_count; i++) {
        const struct index_step *step = &index->steps[i];
        size_t end = find_end(step->id, tool->separator);

        names.list[names.count++] = (struct name){normalise(arena, step->id), false, step};
        if (end < step->id.size)
            names.list[names.count++] =
                (struct name){normalise(arena, text_slice(step->id, 0, end)), true, step};
    }
    qsort(names.list, names.count, sizeof(*names.list), compare_names);
    return names;
}

/* The first with this key; the count where there is none. */
static size_t find_name(const struct names *names, struct text key)
{
    size_t low = 0, high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (text_compare(names->list[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->count && text_equal(names->list[low].key, key) ? low : names->count;
}

static struct error *find_step(struct arena *arena, const struct index *index,
                               const struct names *names, const struct tool *tool,
                               struct text version, const struct index_step **step)
{
    const struct index_step *found = index_find(index, version);
    struct text key = normalise(arena, version);
    size_t at = found ? names->count : find_name(names, key);

    if (!found && at == names->count)
        return error_hint(
            arena,
            error_plain(arena, ERROR_STATE,
                        "%s has applied '%.*s', which is no revision of the bundle", tool->name,
                        TEXT_ARGS(version)),
            "Nothing was stamped. Use a bundle that was made from the history of this database.");
    if (!found) {
        const struct name *first = &names->list[at];

        found = first->step;
        for (size_t i = at; i < names->count && text_equal(names->list[i].key, key); i++)
            if (names->list[i].step != found && names->list[i].is_cut == first->is_cut)
                return error_plain(arena, ERROR_STATE,
                                   "'%.*s' of %s may be revision '%.*s' or '%.*s'",
                                   TEXT_ARGS(version), tool->name, TEXT_ARGS(found->id),
                                   TEXT_ARGS(names->list[i].step->id));
    }
    *step = found;
    return NULL;
}

/* Reading */

static struct error *find_tool(struct arena *arena, struct text name, const struct target *target,
                               const struct tool **tool)
{
    for (size_t i = 0; i < COUNT(tools); i++) {
        if (!text_equal(text_from(tools[i].name), name))
            continue;
        if (target->dialect == DIALECT_SQLITE && !tools[i].has_sqlite)
            return error_hint(arena,
                              error_plain(arena, ERROR_USAGE,
                                          "%s keeps its registry in another file than '%.*s'",
                                          tools[i].name, TEXT_ARGS(target->name)),
                              "Name the revision that the database has: --to ID.");
        *tool = &tools[i];
        return NULL;
    }
    return error_hint(
        arena,
        error_plain(arena, ERROR_USAGE, "the tables of '%.*s' are not known", TEXT_ARGS(name)),
        "Known are %.*s.", TEXT_ARGS(adopt_tools(arena)));
}

static struct error *read_table(struct arena *arena, struct target *target, const struct tool *tool,
                                struct rows *rows)
{
    bool has = false;
    struct error *error =
        target->operations->has_table(arena, target, text_from(tool->table), &has);

    if (!error && !has)
        error = error_hint(arena,
                           error_plain(arena, ERROR_STATE, "'%.*s' has no table '%s' of %s",
                                       TEXT_ARGS(target->name), tool->table, tool->name),
                           "Name the revision that the database has: --to ID.");
    if (!error)
        error = target->operations->ask(arena, target, text_from(tool->sql), rows);
    return error;
}

static struct error *mark_row(struct arena *arena, const struct index *index,
                              const struct names *names, const struct tool *tool,
                              const struct text *cells, bool *wanted)
{
    const struct index_step *step = NULL;

    if (text_equal(cells[2], TEXT("no")))
        return error_hint(arena,
                          error_plain(arena, ERROR_STATE,
                                      "%s says that its attempt at '%.*s' failed", tool->name,
                                      TEXT_ARGS(cells[0])),
                          "Bring that to an end with %s first.", tool->name);
    struct error *error = find_step(arena, index, names, tool, cells[0], &step);
    if (error)
        return error;
    if (text_equal(cells[1], TEXT("all")))
        return plan_mark_needed(arena, index, step->id, wanted);
    wanted[step - index->steps] = true;
    return NULL;
}

/* Where each revision has a row of its own, one may lack. */
static struct error *check_parents(struct arena *arena, const struct index *index,
                                   const struct tool *tool, const bool *wanted)
{
    struct errors errors = {0};

    for (size_t i = 0; i < index->step_count; i++) {
        const struct index_step *step = &index->steps[i];

        for (size_t j = 0; wanted[i] && j < step->parent_count; j++) {
            const struct index_step *parent = index_find(index, step->parents[j]);

            if (!wanted[parent - index->steps])
                errors_add(&errors,
                           error_plain(arena, ERROR_STATE,
                                       "%s has applied '%.*s', but not its parent '%.*s'",
                                       tool->name, TEXT_ARGS(step->id), TEXT_ARGS(parent->id)));
        }
    }
    return errors.first;
}

struct error *adopt_read(struct arena *arena, struct target *target, const struct index *index,
                         struct text tool_name, bool *wanted)
{
    const struct tool *tool = NULL;
    struct rows rows;
    struct errors errors = {0};
    struct error *error = find_tool(arena, tool_name, target, &tool);

    if (!error)
        error = read_table(arena, target, tool, &rows);
    if (error)
        return error;
    struct names names = list_names(arena, index, tool);
    for (size_t i = 0; i < rows.count; i++)
        errors_add(&errors,
                   mark_row(arena, index, &names, tool, rows.cells + i * rows.columns, wanted));
    return errors.first ? errors.first : check_parents(arena, index, tool, wanted);
}

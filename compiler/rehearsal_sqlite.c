#include "compiler/rehearsal.h"
#include "runtime/schema_sqlite.h"

/*
 * The chain runs in one database in memory, behind the same fence and in the same transactions as
 * sqlland runs it later. Round trips are made in a second one, where every table has a row: what an
 * empty database lets pass may fail on the host. Where a trip ends otherwise than it began, the
 * second becomes a copy of the first.
 */
struct rehearsal_sqlite {
    struct rehearsal rehearsal;
    struct sqlite *chain, *trips;
    struct schema_sqlite *chain_reader, *trips_reader;
    struct schema before, after; /* of a trip, used again for each */
};

static struct rehearsal_sqlite *self(struct rehearsal *rehearsal)
{
    return (struct rehearsal_sqlite *)rehearsal;
}

static void close_both(struct rehearsal *rehearsal)
{
    struct rehearsal_sqlite *opened = self(rehearsal);

    schema_free(&opened->before);
    schema_free(&opened->after);
    schema_sqlite_close(&opened->chain_reader);
    schema_sqlite_close(&opened->trips_reader);
    sqlite_close(&opened->chain);
    sqlite_close(&opened->trips);
}

/* Scripts */

static struct error *run_in_transaction(struct arena *arena, struct sqlite *sqlite,
                                        const struct rehearsed *revision, enum script_kind kind,
                                        bool verifies)
{
    const struct source *script = revision->scripts[kind].source,
                        *verify = revision->scripts[SCRIPT_VERIFY].source;
    struct error *error =
        sqlite_begin(arena, sqlite, !revision->step->scripts[kind].foreign_keys_off);

    if (!error)
        error = sqlite_run(arena, sqlite, script, script->text);
    if (!error && verify && verifies)
        error = sqlite_verify(arena, sqlite, verify);
    return error ? error : sqlite_commit(arena, sqlite);
}

static struct error *run_by_statement(struct arena *arena, struct sqlite *sqlite,
                                      const struct rehearsed *revision, enum script_kind kind,
                                      bool verifies)
{
    const struct source *source = revision->scripts[kind].source,
                        *verify = revision->scripts[SCRIPT_VERIFY].source;
    const struct script *script = revision->scripts[kind].script;
    struct error *error = NULL;

    for (size_t i = 0; !error && i < script->count; i++) {
        struct statement statement = script->statements[i];

        error = sqlite_run(arena, sqlite, source,
                           text_slice(source->text, statement.offset, statement.size));
    }
    return error || !verify || !verifies ? error : sqlite_verify(arena, sqlite, verify);
}

/* verifies  behind an up script; verify scripts know nothing of rows that we made up */
static struct error *run_script(struct arena *arena, struct sqlite *sqlite,
                                const struct rehearsed *revision, enum script_kind kind,
                                bool verifies)
{
    struct error *error = sqlite_clean(arena, sqlite);

    if (!error)
        error = revision->step->transactional
                    ? run_in_transaction(arena, sqlite, revision, kind, verifies)
                    : run_by_statement(arena, sqlite, revision, kind, verifies);
    if (error)
        sqlite_rollback(sqlite);
    return error;
}

/* Rows */

/* Values that no script is likely to have. */
#define ODD_NUMBER "1000000007"
#define ODD_TEXT   "'sqlferry'"

static bool holds(struct text type, const char *word)
{
    struct text wanted = text_from(word);

    for (size_t i = 0; i + wanted.size <= type.size; i++)
        if (text_equal_ascii_case(text_slice(type, i, wanted.size), wanted))
            return true;
    return false;
}

/* What fits the affinity of a declared type (sqlite.org/datatype3.html, 3.1). */
static const char *value_of_type(struct text type)
{
    static const struct {
        const char *word, *value;
    } types[] = {
        {"INT", ODD_NUMBER},
        {"CHAR", ODD_TEXT},
        {"CLOB", ODD_TEXT},
        {"TEXT", ODD_TEXT},
        {"BLOB", "x'5a'"},
        {"REAL", ODD_NUMBER ".5"},
        {"FLOA", "1.5"},
        {"DOUB", "1.5"},
        {"BOOL", "1"},
        {"DATE", "'2000-01-01 00:00:00'"},
        {"TIME", "'2000-01-01 00:00:00'"},
        {"JSON", "'{}'"},
        {"ANY", ODD_TEXT},
    };

    for (size_t i = 0; i < COUNT(types); i++)
        if (holds(type, types[i].word))
            return types[i].value;
    return type.size ? "1.5" : ODD_TEXT;
}

/* The first literal behind the word CHECK, which is mostly one that the check lets pass. */
static struct text literal_in_check(struct text definition)
{
    struct text rest =
        text_slice(definition, text_find(definition, TEXT("check(")), definition.size);

    for (size_t i = 6; i < rest.size; i++) {
        bool begins = rest.bytes[i - 1] == ' ' || rest.bytes[i - 1] == '(';
        size_t end = i + 1;

        if (begins && rest.bytes[i] == '\'') {
            while (end < rest.size && rest.bytes[end] != '\'')
                end++;
            return text_slice(rest, i, end + 1 - i);
        }
        if (begins && rest.bytes[i] >= '0' && rest.bytes[i] <= '9') {
            while (end < rest.size &&
                   ((rest.bytes[end] >= '0' && rest.bytes[end] <= '9') || rest.bytes[end] == '.'))
                end++;
            return text_slice(rest, i, end - i);
        }
    }
    return (struct text){0};
}

/* What a column, and a constraint of the table that names it, say between them. */
static struct text literal_for(struct arena *arena, const struct schema *schema, struct text table,
                               struct text column)
{
    struct text name = arena_format(arena, "%.*s.%.*s", TEXT_ARGS(table), TEXT_ARGS(column));
    struct text prefix = text_slice(name, 0, table.size + 1), found = {0};

    for (size_t i = 0; i < schema->count && !found.size; i++) {
        const struct object *object = schema->list[i];

        if (!text_starts(object->name, prefix))
            continue;
        struct text says = object->definition.size ? object->definition : object->name;
        bool is_column = text_equal(object->kind, TEXT("column"));

        if (is_column ? text_equal_ascii_case(object->name, name)
                      : text_find(says, column) < says.size)
            found = literal_in_check(says);
    }
    return found;
}

static struct text quote(struct arena *arena, struct text name)
{
    CLEANUP(buffer_free) struct buffer quoted = {0};

    buffer_add(&quoted, TEXT("\""));
    for (size_t i = 0; i < name.size; i++)
        buffer_add(&quoted, name.bytes[i] == '"' ? TEXT("\"\"") : text_slice(name, i, 1));
    buffer_add(&quoted, TEXT("\""));
    return arena_copy(arena, buffer_text(&quoted));
}

/* How the values of a row are chosen; one after the other, until a row is accepted. */
enum attempt { ATTEMPT_ODD, ATTEMPT_LITERAL, ATTEMPT_ONE, ATTEMPT_NEEDED, ATTEMPT_COUNT };

/*
 * column  name, type, NOT NULL, default, parent's table and column; the last two NULL where it
 *         refers to nothing
 * returns  absent where the column is better left out
 */
static struct text value_for(struct arena *arena, const struct schema *schema, struct text table,
                             const struct text *column, enum attempt attempt)
{
    struct text literal = {0};

    if (column[3].bytes || (attempt == ATTEMPT_NEEDED && !text_equal(column[2], TEXT("1"))))
        return (struct text){0};
    if (column[4].bytes && column[5].bytes && !text_equal_ascii_case(column[4], table))
        return arena_format(arena, "(SELECT %.*s FROM %.*s LIMIT 1)",
                            TEXT_ARGS(quote(arena, column[5])), TEXT_ARGS(quote(arena, column[4])));
    if (attempt == ATTEMPT_LITERAL)
        literal = literal_for(arena, schema, table, column[0]);
    if (literal.size)
        return literal;
    return attempt == ATTEMPT_ONE ? TEXT("1") : text_from(value_of_type(column[1]));
}

/* An INSERT of one row, of all columns that have a value. */
static struct text make_insert(struct arena *arena, const struct schema *schema, struct text table,
                               const struct rows *columns, enum attempt attempt)
{
    CLEANUP(buffer_free) struct buffer names = {0}, values = {0};
    struct text quoted = quote(arena, table);

    for (size_t i = 0; i < columns->count; i++) {
        const struct text *column = columns->cells + i * columns->columns;
        struct text value = value_for(arena, schema, table, column, attempt);

        if (!value.bytes)
            continue;
        buffer_format(&names, "%s%.*s", names.size ? ", " : "", TEXT_ARGS(quote(arena, column[0])));
        buffer_format(&values, "%s%.*s", values.size ? ", " : "", TEXT_ARGS(value));
    }
    if (!names.size)
        return arena_format(arena, "INSERT INTO %.*s DEFAULT VALUES", TEXT_ARGS(quoted));
    return arena_format(arena, "INSERT INTO %.*s (%.*s) VALUES (%.*s)", TEXT_ARGS(quoted),
                        TEXT_ARGS(buffer_text(&names)), TEXT_ARGS(buffer_text(&values)));
}

/* Columns that can be given a value, each with what it refers to. */
static const char select_columns[] =
    "SELECT c.name, c.type, c.\"notnull\" OR c.pk, c.dflt_value, f.\"table\","
    " coalesce(f.\"to\", (SELECT p.name FROM pragma_table_xinfo(f.\"table\") p WHERE p.pk = 1))"
    " FROM pragma_table_xinfo(?1) c LEFT JOIN pragma_foreign_key_list(?1) f ON f.\"from\" = c.name"
    " COLLATE NOCASE WHERE c.hidden = 0 GROUP BY c.cid";

static struct error *fill_table(struct arena *arena, struct rehearsal_sqlite *opened,
                                const struct schema *schema, struct text table, bool *filled)
{
    struct sqlite *sqlite = opened->trips;
    struct text look =
        arena_format(arena, "SELECT 1 FROM %.*s LIMIT 1", TEXT_ARGS(quote(arena, table)));
    struct rows rows;
    struct error *error = sqlite_say(arena, sqlite, look, &rows);

    *filled = !error && rows.count;
    if (error || *filled)
        return error;
    error = sqlite_ask(arena, sqlite, select_columns, &table, 1, &rows);
    for (size_t attempt = 0; !error && !*filled && attempt < ATTEMPT_COUNT; attempt++) {
        /* Behind the fence: a trigger of some script may run. */
        struct source insert = {TEXT("a row"),
                                make_insert(arena, schema, table, &rows, (enum attempt)attempt)};

        *filled = sqlite_run(arena, sqlite, &insert, insert.text) == NULL;
    }
    return error;
}

/* A row for each table that has none, of those that the changes made. */
static struct error *fill(struct arena *arena, struct rehearsal_sqlite *opened,
                          const struct schema_changes *changes, const struct schema *schema,
                          bool counts)
{
    struct rehearsal *rehearsal = &opened->rehearsal;

    if (rehearsal->options.no_rows)
        return NULL;
    for (size_t i = 0; i < changes->count; i++) {
        const struct object *made = changes->list[i].before ? NULL : changes->list[i].after;
        bool filled;

        if (!made || !text_equal(made->kind, TEXT("table")) ||
            text_starts(made->definition, TEXT("virtual ")))
            continue;
        struct error *error = fill_table(arena, opened, schema, made->name, &filled);
        if (error)
            return error;
        rehearsal->table_count += counts;
        rehearsal->filled_count += counts && filled;
    }
    return NULL;
}

/* Trips */

static struct error *look(struct arena *arena, struct rehearsal_sqlite *opened,
                          struct schema *schema)
{
    return schema_sqlite_read(arena, opened->trips, opened->trips_reader, schema);
}

static struct error *open_memory(struct arena *arena, struct sqlite **sqlite)
{
    struct sqlite_options options = {.path = ":memory:", .writes = true};

    return sqlite_open(arena, &options, sqlite);
}

/* The second database becomes what the first is; with rows or without. */
static struct error *begin_anew(struct arena *arena, struct rehearsal_sqlite *opened, bool rows)
{
    CLEANUP(schema_free) struct schema empty = {0};
    CLEANUP(sqlite_free) struct text image = {0};
    struct schema_changes changes;
    struct error *error = sqlite_serialize(arena, opened->chain, &image);

    sqlite_close(&opened->trips);
    if (!error)
        error = open_memory(arena, &opened->trips);
    if (!error && image.size)
        error = sqlite_deserialize(arena, opened->trips, image);
    if (error || !rows)
        return error;
    schema_compare(arena, &empty, &opened->rehearsal.schema, &changes);
    return fill(arena, opened, &changes, &opened->rehearsal.schema, false);
}

/* The up script once more, where it says that it may. */
static struct error *try_twice(struct arena *arena, struct rehearsal_sqlite *opened,
                               const struct rehearsed *revision, bool *clean)
{
    struct rehearsal *rehearsal = &opened->rehearsal;

    if (!revision->step->idempotent)
        return NULL;
    struct error *error = *clean ? NULL : begin_anew(arena, opened, true);
    if (error)
        return error;
    struct error *refusal = run_script(arena, opened->trips, revision, SCRIPT_UP, false);
    if (refusal) {
        *clean = false;
        rehearsal_find_failure(arena, rehearsal, revision, SCRIPT_UP, "idempotent",
                               "run twice, the up script fails", refusal);
        return NULL;
    }
    error = look(arena, opened, &opened->after);
    if (!error &&
        !rehearsal_compare_twice(arena, rehearsal, revision, &rehearsal->schema, &opened->after))
        *clean = false;
    return error;
}

/* Down and up again. The second database stands behind the up script. */
static struct error *try_down(struct arena *arena, struct rehearsal_sqlite *opened,
                              const struct rehearsed *revision, bool *clean)
{
    struct rehearsal *rehearsal = &opened->rehearsal;

    if (!revision->scripts[SCRIPT_DOWN].source)
        return NULL;
    rehearsal->trip_count++;
    struct error *refusal = run_script(arena, opened->trips, revision, SCRIPT_DOWN, false);
    if (refusal) {
        *clean = false;
        rehearsal_find_failure(arena, rehearsal, revision, SCRIPT_DOWN, "down",
                               "the down script fails", refusal);
        return NULL;
    }
    struct error *error = look(arena, opened, &opened->after);
    if (error)
        return error;
    *clean &= rehearsal_compare_undone(arena, rehearsal, revision, &opened->before, &opened->after);
    refusal = run_script(arena, opened->trips, revision, SCRIPT_UP, false);
    if (refusal) {
        *clean = false;
        rehearsal_find_failure(arena, rehearsal, revision, SCRIPT_UP, "again",
                               "behind the down script, the up script fails", refusal);
        return NULL;
    }
    error = look(arena, opened, &opened->after);
    if (!error)
        *clean &=
            rehearsal_compare_again(arena, rehearsal, revision, &rehearsal->schema, &opened->after);
    return error;
}

/* Up where tables have rows. */
static struct error *try_rows(struct arena *arena, struct rehearsal_sqlite *opened,
                              const struct rehearsed *revision,
                              const struct schema_changes *changes, bool *clean)
{
    struct rehearsal *rehearsal = &opened->rehearsal;
    struct error *refusal = run_script(arena, opened->trips, revision, SCRIPT_UP, false);

    if (!refusal)
        return fill(arena, opened, changes, &rehearsal->schema, true);
    *clean = false;
    rehearsal_find_failure(arena, rehearsal, revision, SCRIPT_UP, "rows",
                           "the up script runs on empty tables and fails where they have a row",
                           refusal);
    return begin_anew(arena, opened, false);
}

static struct error *make_trip(struct arena *arena, struct rehearsal_sqlite *opened,
                               const struct rehearsed *revision)
{
    struct rehearsal *rehearsal = &opened->rehearsal;
    struct schema_changes changes;
    bool clean = true;

    schema_compare(arena, &opened->before, &rehearsal->schema, &changes);
    struct error *error = try_rows(arena, opened, revision, &changes, &clean);
    if (!error)
        error = try_down(arena, opened, revision, &clean);
    if (!error)
        error = try_twice(arena, opened, revision, &clean);
    if (error)
        return error;
    return clean ? fill(arena, opened, &changes, &rehearsal->schema, false)
                 : begin_anew(arena, opened, true);
}

/* The chain */

static struct error *refuse(struct arena *arena, const struct rehearsed *revision,
                            struct error *error)
{
    if (error->code != ERROR_SYSTEM)
        error->code = ERROR_INPUT;
    if (!error->span.source)
        error->message = arena_format(arena, "script '%.*s': %.*s",
                                      TEXT_ARGS(revision->scripts[SCRIPT_UP].source->name),
                                      TEXT_ARGS(error->message));
    return error_hint(arena, error, "The chain was run in an empty SQLite %s in memory.",
                      sqlite_version());
}

static struct error *run(struct arena *arena, struct rehearsal *rehearsal,
                         const struct rehearsed *revision, bool round_trip)
{
    struct rehearsal_sqlite *opened = self(rehearsal);
    struct error *error = NULL;

    if (round_trip && !opened->trips_reader) {
        opened->trips_reader = schema_sqlite_open();
        error = begin_anew(arena, opened, true);
    }
    if (error)
        return error;
    error = run_script(arena, opened->chain, revision, SCRIPT_UP, true);
    if (error)
        return refuse(arena, revision, error);
    schema_copy(&opened->before, &rehearsal->schema);
    error = schema_sqlite_read(arena, opened->chain, opened->chain_reader, &rehearsal->schema);
    return error || !round_trip ? error : make_trip(arena, opened, revision);
}

static const struct rehearsal_operations operations = {.run = run, .close = close_both};

struct error *rehearsal_image(struct arena *arena, struct rehearsal *rehearsal, struct text *image)
{
    return sqlite_serialize(arena, self(rehearsal)->chain, image);
}

/* The chain goes on behind what an earlier rehearsal has kept. */
static struct error *go_on(struct arena *arena, struct rehearsal_sqlite *opened)
{
    struct rehearsal *rehearsal = &opened->rehearsal;
    struct error *error = NULL;

    rehearsal->kept = rehearsal->options.kept;
    if (rehearsal->kept)
        error = sqlite_deserialize(arena, opened->chain, rehearsal->options.image);
    return error
               ? error
               : schema_sqlite_read(arena, opened->chain, opened->chain_reader, &rehearsal->schema);
}

struct error *rehearsal_sqlite_open(struct arena *arena, const struct rehearsal_options *options,
                                    struct rehearsal **rehearsal)
{
    struct rehearsal_sqlite *opened = arena_one(arena, struct rehearsal_sqlite);
    uint64_t major = 0;

    opened->rehearsal.operations = &operations;
    opened->rehearsal.options = *options;
    struct text version = text_from(sqlite_version());
    text_number(text_cut(&version, '.'), NUMBER_MAX, &major);
    opened->rehearsal.major = major;
    opened->chain_reader = schema_sqlite_open();
    struct error *error = open_memory(arena, &opened->chain);
    if (!error)
        error = go_on(arena, opened);
    *rehearsal = &opened->rehearsal;
    if (error)
        rehearsal_close(rehearsal);
    return error;
}

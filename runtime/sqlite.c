#include "sqlite.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENTS_KEPT = 16 };

struct sqlite {
    sqlite3 *handle;
    bool fenced;           /* a foreign script is running */
    bool foreign_keys_off; /* in the open transaction */
    char refused[160];     /* what the fence refused last */
    struct {
        const char *sql; /* told apart by address: they are literals */
        sqlite3_stmt *statement;
    } kept[STATEMENTS_KEPT];
    size_t kept_count;
};

const char *sqlite_version(void)
{
    return sqlite3_libversion();
}

/* The fence */

/* compiler/sql_sqlite.c refuses all others at build time; keep the two lists equal. */
static const char *const pragmas_allowed[] = {
    "application_id",   "data_version",       "defer_foreign_keys", "foreign_key_check",
    "foreign_key_list", "index_info",         "index_list",         "index_xinfo",
    "integrity_check",  "legacy_alter_table", "optimize",           "quick_check",
    "table_info",       "table_list",         "table_xinfo",        "user_version",
};
static const char *const modules_allowed[] = {
    "fts3", "fts4", "fts5", "fts5vocab", "geopoly", "rtree", "rtree_i32",
};
static const char *const functions_refused[] = {"fts3_tokenizer", "load_extension"};

static bool is_listed(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++)
        if (sqlite3_stricmp(list[i], name) == 0)
            return true;
    return false;
}

static bool is_reserved(const char *name)
{
    return name && sqlite3_strnicmp(name, SQLITE_RESERVED, (int)strlen(SQLITE_RESERVED)) == 0;
}

static int refuse(struct sqlite *sqlite, const char *what, const char *name)
{
    snprintf(sqlite->refused, sizeof(sqlite->refused), "%s%s%s", what, name ? " " : "",
             name ? name : "");
    return SQLITE_DENY;
}

/* SQLite calls it with what a statement is about to do, while preparing it (sqlite3.h). */
static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    struct sqlite *sqlite = context;

    (void)database;
    (void)trigger;
    if (!sqlite->fenced)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_ATTACH:
        /* VACUUM attaches a nameless file of its own. */
        return first && !*first ? SQLITE_OK : refuse(sqlite, "ATTACH", first);
    case SQLITE_DETACH:
        return sqlite3_stricmp(first, "vacuum_db") == 0 ? SQLITE_OK
                                                        : refuse(sqlite, "DETACH", first);
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return refuse(sqlite, "transaction control:", first);
    case SQLITE_PRAGMA:
        if (is_listed(pragmas_allowed, COUNT(pragmas_allowed), first))
            return SQLITE_OK;
        return refuse(sqlite, "PRAGMA", first);
    case SQLITE_CREATE_VTABLE:
        if (!is_listed(modules_allowed, COUNT(modules_allowed), second))
            return refuse(sqlite, "a virtual table of module", second);
        break;
    case SQLITE_FUNCTION:
        if (is_listed(functions_refused, COUNT(functions_refused), second))
            return refuse(sqlite, "function", second);
        return SQLITE_OK;
    case SQLITE_READ:
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    }
    if (is_reserved(first) || is_reserved(second))
        return refuse(sqlite, "a change to", is_reserved(first) ? first : second);
    return SQLITE_OK;
}

/* Errors */

static enum error_code code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERROR_LOCKED;
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOLFS:
        return ERROR_SYSTEM;
    default:
        return ERROR_DATABASE;
    }
}

static struct text message_of(struct arena *arena, const struct sqlite *sqlite, int result)
{
    if (result == SQLITE_AUTH && *sqlite->refused)
        return arena_format(arena, "%s is refused in a revision", sqlite->refused);
    return arena_format(arena, "%s (SQLite code %d)", sqlite3_errmsg(sqlite->handle),
                        sqlite3_extended_errcode(sqlite->handle));
}

static struct error *plain_error(struct arena *arena, const struct sqlite *sqlite, int result,
                                 const char *what)
{
    return error_plain(arena, code_of(result), "%s%.*s", what,
                       TEXT_ARGS(message_of(arena, sqlite, result)));
}

/* Opening */

static int configure(struct sqlite *sqlite, unsigned busy_ms, bool writes)
{
    sqlite3 *handle = sqlite->handle;

    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, (int)busy_ms);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    sqlite3_set_authorizer(handle, authorize, sqlite);
    return sqlite3_exec(handle,
                        writes ? "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                                 " SELECT 1 FROM sqlite_schema"
                               : "SELECT 1 FROM sqlite_schema",
                        NULL, NULL, NULL);
}

void sqlite_close(struct sqlite **sqlite)
{
    if (!*sqlite)
        return;
    for (size_t i = 0; i < (*sqlite)->kept_count; i++)
        sqlite3_finalize((*sqlite)->kept[i].statement);
    sqlite3_close((*sqlite)->handle);
    free(*sqlite);
    *sqlite = NULL;
}

struct error *sqlite_open(struct arena *arena, const struct sqlite_options *options,
                          struct sqlite **sqlite)
{
    CLEANUP(sqlite_close) struct sqlite *opened = calloc(1, sizeof(*opened));
    int flags = options->writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;

    if (!opened)
        arena_exhausted();
    int result = sqlite3_open_v2(options->path, &opened->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        result = configure(opened, options->busy_ms, options->writes);
    if (result != SQLITE_OK) {
        struct text what = arena_format(arena, "cannot open '%s': ", options->path);
        return plain_error(arena, opened, result, what.bytes);
    }
    *sqlite = opened;
    opened = NULL;
    return NULL;
}

/* Our own statements */

static struct error *find_statement(struct arena *arena, struct sqlite *sqlite, const char *sql,
                                    sqlite3_stmt **statement)
{
    for (size_t i = 0; i < sqlite->kept_count; i++) {
        if (sqlite->kept[i].sql == sql) {
            *statement = sqlite->kept[i].statement;
            return NULL;
        }
    }

    int result =
        sqlite3_prepare_v3(sqlite->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    if (result != SQLITE_OK)
        return plain_error(arena, sqlite, result, "");
    if (sqlite->kept_count == STATEMENTS_KEPT)
        sqlite3_finalize(sqlite->kept[--sqlite->kept_count].statement);
    sqlite->kept[sqlite->kept_count].sql = sql;
    sqlite->kept[sqlite->kept_count++].statement = *statement;
    return NULL;
}

static struct text cell_text(struct arena *arena, sqlite3_stmt *statement, int column)
{
    const char *bytes = (const char *)sqlite3_column_text(statement, column);

    if (!bytes)
        return (struct text){0};
    return arena_copy(arena, (struct text){bytes, (size_t)sqlite3_column_bytes(statement, column)});
}

static int collect_rows(struct arena *arena, sqlite3_stmt *statement, struct rows *rows)
{
    size_t columns = (size_t)sqlite3_column_count(statement), capacity = 0;
    struct rows got = {.columns = columns};
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (got.count == capacity) {
            struct text *before = got.cells;

            capacity = capacity ? capacity * 2 : 8;
            got.cells = arena_array(arena, struct text, capacity * columns);
            if (before)
                memcpy(got.cells, before, got.count * columns * sizeof(*before));
        }
        for (size_t i = 0; i < columns; i++)
            got.cells[got.count * columns + i] = cell_text(arena, statement, (int)i);
        got.count++;
    }
    *rows = got;
    return result;
}

struct error *sqlite_ask(struct arena *arena, struct sqlite *sqlite, const char *sql,
                         const struct text *values, size_t count, struct rows *rows)
{
    sqlite3_stmt *statement = NULL;
    struct rows got;
    struct error *error = find_statement(arena, sqlite, sql, &statement);

    if (error)
        return error;
    for (size_t i = 0; i < count; i++) {
        if (values[i].bytes)
            sqlite3_bind_text64(statement, (int)i + 1, values[i].bytes, values[i].size,
                                SQLITE_STATIC, SQLITE_UTF8);
        else
            sqlite3_bind_null(statement, (int)i + 1);
    }
    int result = collect_rows(arena, statement, &got);
    if (result != SQLITE_DONE)
        error = plain_error(arena, sqlite, result, "");
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (!error)
        *rows = got;
    return error;
}

struct error *sqlite_do(struct arena *arena, struct sqlite *sqlite, const char *sql)
{
    struct rows none;

    return sqlite_ask(arena, sqlite, sql, NULL, 0, &none);
}

/* Pragmas act while they are prepared, so they are never kept. */
static struct error *set_pragma(struct arena *arena, struct sqlite *sqlite, const char *sql)
{
    int result = sqlite3_exec(sqlite->handle, sql, NULL, NULL, NULL);

    return result == SQLITE_OK ? NULL : plain_error(arena, sqlite, result, "");
}

/* Transactions */

struct error *sqlite_begin(struct arena *arena, struct sqlite *sqlite, bool foreign_keys)
{
    /* Inside a transaction this pragma does nothing, so it comes first. */
    struct error *error = NULL;
    if (!foreign_keys)
        error = set_pragma(arena, sqlite, "PRAGMA foreign_keys=OFF");
    if (error)
        return error;
    sqlite->foreign_keys_off = !foreign_keys;
    error = sqlite_do(arena, sqlite, "BEGIN IMMEDIATE");
    if (error)
        sqlite_rollback(sqlite);
    return error;
}

static void end_transaction(struct sqlite *sqlite)
{
    if (sqlite->foreign_keys_off)
        sqlite3_exec(sqlite->handle, "PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    sqlite->foreign_keys_off = false;
}

static struct error *check_foreign_keys(struct arena *arena, struct sqlite *sqlite)
{
    struct rows rows;
    struct error *error = sqlite_ask(arena, sqlite,
                                     "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check"
                                     " LIMIT 1",
                                     NULL, 0, &rows);

    if (error || rows.count == 0)
        return error;
    return error_plain(arena, ERROR_DATABASE,
                       "row %.*s of table '%.*s' refers to a row that table '%.*s' does not have",
                       TEXT_ARGS(rows.cells[1].bytes ? rows.cells[1] : TEXT("?")),
                       TEXT_ARGS(rows.cells[0]), TEXT_ARGS(rows.cells[2]));
}

struct error *sqlite_commit(struct arena *arena, struct sqlite *sqlite)
{
    struct error *error = NULL;

    if (sqlite->foreign_keys_off)
        error = check_foreign_keys(arena, sqlite);
    if (!error)
        error = sqlite_do(arena, sqlite, "COMMIT");
    if (error)
        return error;
    end_transaction(sqlite);
    return NULL;
}

void sqlite_rollback(struct sqlite *sqlite)
{
    if (!sqlite3_get_autocommit(sqlite->handle))
        sqlite3_exec(sqlite->handle, "ROLLBACK", NULL, NULL, NULL);
    end_transaction(sqlite);
}

/* Foreign scripts */

/*
 * Where in a statement an error is. SQLite says it for some errors (sqlite3_error_offset, 3.38);
 * for others the name behind the last colon of its message is searched; else it is the statement.
 */
static struct span error_span(const struct sqlite *sqlite, const struct source *script,
                              struct text statement)
{
    struct text message = text_from(sqlite3_errmsg(sqlite->handle)), name = message;
    int offset = sqlite3_error_offset(sqlite->handle);

    if (offset >= 0 && (size_t)offset <= statement.size)
        return span_of(script, text_slice(statement, (size_t)offset, 1));
    while (text_find(name, TEXT(": ")) < name.size)
        name = text_slice(name, text_find(name, TEXT(": ")) + 2, name.size);
    if (name.size < message.size) {
        size_t found = text_find(statement, name);
        if (found < statement.size)
            return span_of(script, text_slice(statement, found, name.size));
    }
    struct text first_line = text_trim(statement);
    first_line = text_slice(first_line, 0, text_find_byte(first_line, '\n'));
    return span_of(script, first_line.size ? first_line : text_slice(statement, 0, 0));
}

static struct error *script_error(struct arena *arena, const struct sqlite *sqlite, int result,
                                  const struct source *script, struct text statement)
{
    struct text message = message_of(arena, sqlite, result);

    return error_at(arena, code_of(result), error_span(sqlite, script, statement), "%.*s",
                    TEXT_ARGS(message));
}

static struct error *check_row(struct arena *arena, sqlite3_stmt *prepared,
                               const struct source *script, struct text statement)
{
    const char *value = (const char *)sqlite3_column_text(prepared, 0);
    struct text line = text_trim(statement);

    if (value && strcmp(value, "0") != 0 && strcmp(value, "0.0") != 0 &&
        sqlite3_stricmp(value, "false") != 0 && sqlite3_stricmp(value, "f") != 0)
        return NULL;
    return error_at(
        arena, ERROR_DATABASE, span_of(script, text_slice(line, 0, text_find_byte(line, '\n'))),
        "the verify script found a row whose first column is %s", value ? value : "NULL");
}

static struct error *run_statement(struct arena *arena, struct sqlite *sqlite,
                                   const struct source *script, sqlite3_stmt *prepared,
                                   struct text statement, bool verifies)
{
    int result;

    if (verifies && !sqlite3_stmt_readonly(prepared))
        return error_at(arena, ERROR_DATABASE, span_of(script, text_trim(statement)),
                        "a verify script may only read");
    while ((result = sqlite3_step(prepared)) == SQLITE_ROW) {
        struct error *error = verifies ? check_row(arena, prepared, script, statement) : NULL;

        if (error)
            return error;
    }
    return result == SQLITE_DONE ? NULL : script_error(arena, sqlite, result, script, statement);
}

static struct error *run_statements(struct arena *arena, struct sqlite *sqlite,
                                    const struct source *script, struct text rest, bool verifies)
{
    while (rest.size) {
        sqlite3_stmt *prepared = NULL;
        const char *tail = NULL;
        struct error *error = NULL;

        *sqlite->refused = '\0';
        int result =
            sqlite3_prepare_v2(sqlite->handle, rest.bytes, (int)rest.size, &prepared, &tail);
        struct text statement = text_slice(rest, 0, tail ? (size_t)(tail - rest.bytes) : rest.size);
        if (result != SQLITE_OK)
            return script_error(arena, sqlite, result, script, rest);
        if (prepared)
            error = run_statement(arena, sqlite, script, prepared, statement, verifies);
        sqlite3_finalize(prepared);
        if (error)
            return error;
        /* SQLite reads up to a NUL only, and would leave the rest unread. */
        if (statement.size == 0)
            return error_at(arena, ERROR_DATABASE, span_of(script, text_slice(rest, 0, 1)),
                            "the script holds a NUL");
        rest = text_slice(rest, statement.size, rest.size);
    }
    return NULL;
}

struct error *sqlite_run(struct arena *arena, struct sqlite *sqlite, const struct source *script,
                         struct text piece)
{
    sqlite->fenced = true;
    struct error *error = run_statements(arena, sqlite, script, piece, false);
    sqlite->fenced = false;
    return error;
}

struct error *sqlite_verify(struct arena *arena, struct sqlite *sqlite, const struct source *script)
{
    sqlite->fenced = true;
    struct error *error = run_statements(arena, sqlite, script, script->text, true);
    sqlite->fenced = false;
    return error;
}

static struct error *drop_temporary(struct arena *arena, struct sqlite *sqlite,
                                    const struct text *row)
{
    char *sql =
        sqlite3_mprintf("DROP %.*s IF EXISTS temp.\"%.*w\"", TEXT_ARGS(row[0]), TEXT_ARGS(row[1]));
    int result = sql ? sqlite3_exec(sqlite->handle, sql, NULL, NULL, NULL) : SQLITE_NOMEM;

    sqlite3_free(sql);
    return result == SQLITE_OK ? NULL : plain_error(arena, sqlite, result, "");
}

struct error *sqlite_clean(struct arena *arena, struct sqlite *sqlite)
{
    struct rows rows;
    struct error *error =
        sqlite_ask(arena, sqlite,
                   "SELECT type, name FROM temp.sqlite_schema"
                   " WHERE type <> 'index' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'",
                   NULL, 0, &rows);

    for (size_t i = 0; !error && i < rows.count; i++)
        error = drop_temporary(arena, sqlite, &rows.cells[i * rows.columns]);
    return error ? error : set_pragma(arena, sqlite, "PRAGMA legacy_alter_table=OFF");
}

#include "sqlite.h"
#include "buffer.h"
#include "interrupt.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENTS_KEPT = 16, STEPS_BETWEEN_LOOKS = 10000, BUSY_STEP_MS = 20, PAGES_AT_ONCE = 1000 };

struct sqlite {
    sqlite3 *handle;
    bool fenced;           /* a foreign script is running */
    bool steps;            /* a statement of it is past its preparation */
    bool is_opaque;        /* it holds names that the authorizer is not told */
    bool verifies;         /* it may only read */
    bool foreign_keys_off; /* in the open transaction */
    uint64_t busy_ms;      /* how long another connection's lock is waited for */
    uint64_t waited_ms;    /* for the one that is in the way now */
    bool late;             /* a signal was noted before: this is about what it left */
    char refused[160];     /* what the fence refused last */
    struct buffer copy;    /* of the script */
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

/* compiler/sql_wrapper.c refuses all others at build time; keep the two lists equal. */
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
    snprintf(sqlite->refused, sizeof(sqlite->refused), "%s%s%s", what, name && *name ? " " : "",
             name ? name : "");
    return SQLITE_DENY;
}

/* No script can attach anything, so a database of this name is the one that VACUUM fills. */
static bool is_vacuum(const char *database)
{
    return database && sqlite3_strnicmp(database, "vacuum_", 7) == 0;
}

/*
 * SQLite calls it with what a statement is about to do, while preparing it (sqlite3.h); and while
 * it steps, with the statements that SQLite itself makes for VACUUM and for virtual tables.
 */
static int authorize(void *context, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    struct sqlite *sqlite = context;

    (void)trigger;
    if (!sqlite->fenced)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_ATTACH:
        /* VACUUM attaches a nameless file of its own, and opens a transaction. */
        return sqlite->steps && first && !*first ? SQLITE_OK : refuse(sqlite, "ATTACH", first);
    case SQLITE_DETACH:
        return refuse(sqlite, "DETACH", first);
    case SQLITE_TRANSACTION:
        return sqlite->steps ? SQLITE_OK : refuse(sqlite, "transaction control:", first);
    case SQLITE_SAVEPOINT:
        return refuse(sqlite, "savepoint", second);
    case SQLITE_PRAGMA:
        if (is_listed(pragmas_allowed, COUNT(pragmas_allowed), first))
            return SQLITE_OK;
        if (sqlite->steps && !second && sqlite3_stricmp(first, "page_size") == 0)
            return SQLITE_OK; /* an rtree asks for it */
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
    case SQLITE_ANALYZE:
        return SQLITE_OK;
    case SQLITE_UPDATE:
        second = NULL; /* a column */
        break;
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_TEMP_TRIGGER:
        sqlite->is_opaque = true;
        break;
    }
    if (is_vacuum(database))
        return SQLITE_OK;
    if (is_reserved(first) || is_reserved(second))
        return refuse(sqlite, "a change to", is_reserved(first) ? first : second);
    return SQLITE_OK;
}

/* Errors */

/* A lock is waited for until a signal comes. */
static bool is_interrupted(int result)
{
    return result == SQLITE_INTERRUPT || ((result & 0xff) == SQLITE_BUSY && interrupt_came());
}

static enum error_code code_of(int result)
{
    if (is_interrupted(result))
        return ERROR_DATABASE;
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

static struct text message_of(struct arena *arena, const struct sqlite *sqlite)
{
    if (*sqlite->refused)
        return arena_format(arena, "%s is refused in a revision", sqlite->refused);
    if (is_interrupted(sqlite3_errcode(sqlite->handle)))
        return TEXT("interrupted");
    return arena_format(arena, "%s (SQLite code %d)", sqlite3_errmsg(sqlite->handle),
                        sqlite3_extended_errcode(sqlite->handle));
}

static struct error *plain_error(struct arena *arena, const struct sqlite *sqlite, int result,
                                 const char *what)
{
    return error_plain(arena, code_of(result), "%s%.*s", what,
                       TEXT_ARGS(message_of(arena, sqlite)));
}

/* Opening */

/* Signals end scripts, not what we do about them. */
static int look_for_signal(void *context)
{
    const struct sqlite *sqlite = context;

    return sqlite->fenced && interrupt_came();
}

static int wait_for_lock(void *context, int times)
{
    struct sqlite *sqlite = context;

    if (times == 0) {
        sqlite->waited_ms = 0;
        sqlite->late = interrupt_descriptor() < 0;
    }
    if (sqlite->waited_ms >= sqlite->busy_ms)
        return false;
    sqlite->waited_ms += BUSY_STEP_MS;
    return interrupt_sleep(BUSY_STEP_MS) || sqlite->late;
}

static int configure(struct sqlite *sqlite, bool writes)
{
    sqlite3 *handle = sqlite->handle;

    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_handler(handle, wait_for_lock, sqlite);
    sqlite3_progress_handler(handle, STEPS_BETWEEN_LOOKS, look_for_signal, sqlite);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* Untrusted, no trigger could keep an fts5 table up to date; the fence sees into triggers. */
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, NULL);
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
    buffer_free(&(*sqlite)->copy);
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
    /* One thread of ours uses SQLite, and nobody asks how much memory: no locks, no counting. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    opened->busy_ms = options->busy_ms;
    int result = sqlite3_open_v2(options->path, &opened->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        result = configure(opened, options->writes);
    if (result != SQLITE_OK) {
        struct text what = arena_format(arena, "cannot open '%s': ", options->path);
        return plain_error(arena, opened, result, what.bytes);
    }
    *sqlite = opened;
    opened = NULL;
    return NULL;
}

void sqlite_wait(struct sqlite *sqlite, uint64_t busy_ms)
{
    sqlite->busy_ms = busy_ms;
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
        for (size_t i = 0; i < columns; i++) {
            bool is_null = sqlite3_column_type(statement, (int)i) == SQLITE_NULL;
            struct text cell = cell_text(arena, statement, (int)i);

            if (!cell.bytes && !is_null)
                return SQLITE_NOMEM;
            got.cells[got.count * columns + i] = cell;
        }
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
    /* For a database in UTF-16 a value is converted, and memory may run out. */
    int result = SQLITE_OK;
    for (size_t i = 0; i < count && result == SQLITE_OK; i++) {
        if (values[i].bytes)
            result = sqlite3_bind_text64(statement, (int)i + 1, values[i].bytes, values[i].size,
                                         SQLITE_STATIC, SQLITE_UTF8);
        else
            result = sqlite3_bind_null(statement, (int)i + 1);
    }
    if (result == SQLITE_OK)
        result = collect_rows(arena, statement, &got);
    if (result != SQLITE_DONE)
        error = plain_error(arena, sqlite, result, "");
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (!error)
        *rows = got;
    return error;
}

struct error *sqlite_next(struct arena *arena, struct sqlite *sqlite, const char *sql,
                          struct text *cells, bool *has)
{
    sqlite3_stmt *statement = NULL;
    struct error *error = find_statement(arena, sqlite, sql, &statement);

    if (error)
        return error;
    int result = sqlite3_step(statement);
    *has = result == SQLITE_ROW;
    for (int i = 0; *has && i < sqlite3_column_count(statement); i++) {
        const char *bytes = (const char *)sqlite3_column_text(statement, i);

        if (!bytes && sqlite3_column_type(statement, i) != SQLITE_NULL)
            result = SQLITE_NOMEM;
        cells[i] = (struct text){bytes, bytes ? (size_t)sqlite3_column_bytes(statement, i) : 0};
    }
    if (result == SQLITE_ROW)
        return NULL;
    if (result != SQLITE_DONE)
        error = plain_error(arena, sqlite, result, "");
    sqlite3_reset(statement);
    return error;
}

struct error *sqlite_do(struct arena *arena, struct sqlite *sqlite, const char *sql)
{
    struct rows none;

    return sqlite_ask(arena, sqlite, sql, NULL, 0, &none);
}

struct error *sqlite_say(struct arena *arena, struct sqlite *sqlite, struct text sql,
                         struct rows *rows)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(sqlite->handle, sql.bytes, (int)sql.size, &statement, NULL);

    if (result == SQLITE_OK)
        result = collect_rows(arena, statement, rows);
    struct error *error = result == SQLITE_DONE ? NULL : plain_error(arena, sqlite, result, "");
    sqlite3_finalize(statement);
    return error;
}

/* Pragmas act while they are prepared, so they are never kept. */
static struct error *set_pragma(struct arena *arena, struct sqlite *sqlite, const char *sql)
{
    int result = sqlite3_exec(sqlite->handle, sql, NULL, NULL, NULL);

    return result == SQLITE_OK ? NULL : plain_error(arena, sqlite, result, "");
}

/* Transactions */

/* The pragma does nothing inside a transaction, and may fail; this does neither (SQLite's main.c).
 */
static void set_foreign_keys(struct sqlite *sqlite, bool on)
{
    sqlite3_db_config(sqlite->handle, SQLITE_DBCONFIG_ENABLE_FKEY, (int)on, NULL);
    sqlite->foreign_keys_off = !on;
}

struct error *sqlite_begin(struct arena *arena, struct sqlite *sqlite, bool foreign_keys)
{
    set_foreign_keys(sqlite, foreign_keys);
    struct error *error = sqlite_do(arena, sqlite, "BEGIN IMMEDIATE");
    if (error)
        sqlite_rollback(sqlite);
    return error;
}

/* The first row is enough. A table-valued function would be open to a table of the same name. */
static struct error *check_foreign_keys(struct arena *arena, struct sqlite *sqlite)
{
    sqlite3_stmt *statement = NULL;
    struct error *error = NULL;
    int result =
        sqlite3_prepare_v2(sqlite->handle, "PRAGMA main.foreign_key_check", -1, &statement, NULL);

    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const char *row = (const char *)sqlite3_column_text(statement, 1);

        error = error_plain(arena, ERROR_DATABASE,
                            "row %s of table '%s' refers to a row that table '%s' does not have",
                            row ? row : "?", (const char *)sqlite3_column_text(statement, 0),
                            (const char *)sqlite3_column_text(statement, 2));
    } else if (result != SQLITE_DONE) {
        error = plain_error(arena, sqlite, result, "");
    }
    sqlite3_finalize(statement);
    return error;
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
    set_foreign_keys(sqlite, true);
    return NULL;
}

void sqlite_rollback(struct sqlite *sqlite)
{
    if (!sqlite3_get_autocommit(sqlite->handle))
        sqlite3_exec(sqlite->handle, "ROLLBACK", NULL, NULL, NULL);
    set_foreign_keys(sqlite, true);
}

/* Foreign scripts */

/* Past what may stand before a statement: blanks, comments, semicolons. */
static struct text skip_blanks(struct text text)
{
    for (;;) {
        size_t size = 0;

        if (text_starts(text, TEXT("--")))
            size = text_find_byte(text, '\n');
        else if (text_starts(text, TEXT("/*")))
            size = text_find(text_slice(text, 2, text.size), TEXT("*/")) + 4;
        else if (text.size && strchr(" \t\n\f\r;", *text.bytes))
            size = 1;
        if (size == 0)
            return text;
        text = text_slice(text, size, text.size);
    }
}

static bool is_in_word(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '$' || byte < 0;
}

/* Where the name stands as a word of its own; absent where it does not. */
static struct text find_name(struct text statement, struct text name)
{
    struct text rest = statement;

    while (rest.size && name.size) {
        struct text found = text_slice(rest, text_find(rest, name), name.size);
        const char *end = found.bytes + found.size;

        rest = text_slice(rest, (size_t)(found.bytes - rest.bytes) + 1, rest.size);
        if (found.size && (found.bytes == statement.bytes || !is_in_word(found.bytes[-1])) &&
            (end == statement.bytes + statement.size || !is_in_word(*end)))
            return found;
    }
    return (struct text){0};
}

/* The name behind the last colon of a message, without the schema that SQLite puts before it. */
static struct text named_in(struct text message)
{
    struct text name = {0};
    size_t colon;

    while ((colon = text_find(message, TEXT(": "))) < message.size)
        message = name = text_slice(message, colon + 2, message.size);
    return text_starts(name, TEXT("main.")) ? text_slice(name, 5, name.size) : name;
}

/*
 * Where the last error is. SQLite says it for some (sqlite3_error_offset, 3.38); for others the
 * name in its message is searched; else it is the first line of the statement.
 *
 * rest       what SQLite was given to prepare
 * statement  as much of it as it read
 */
static struct span error_span(const struct sqlite *sqlite, const struct source *script,
                              struct text rest, struct text statement)
{
    int offset = sqlite3_error_offset(sqlite->handle);

    if (offset >= 0 && (size_t)offset <= rest.size)
        return span_of(script, text_slice(rest, (size_t)offset, 1));
    statement = skip_blanks(statement);
    struct text name = find_name(statement, named_in(text_from(sqlite3_errmsg(sqlite->handle))));
    if (!name.size)
        name = text_slice(statement, 0, text_find_byte(statement, '\n'));
    return span_of(script, name);
}

static struct error *script_error(struct arena *arena, const struct sqlite *sqlite, int result,
                                  const struct source *script, struct text rest,
                                  struct text statement)
{
    struct text message = message_of(arena, sqlite);

    return error_at(arena, code_of(result), error_span(sqlite, script, rest, statement), "%.*s",
                    TEXT_ARGS(message));
}

static struct span first_line(const struct source *script, struct text statement)
{
    statement = skip_blanks(statement);
    return span_of(script, text_slice(statement, 0, text_find_byte(statement, '\n')));
}

static struct error *check_row(struct arena *arena, sqlite3_stmt *prepared,
                               const struct source *script, struct text statement)
{
    bool is_null = sqlite3_column_type(prepared, 0) == SQLITE_NULL;
    const char *value = (const char *)sqlite3_column_text(prepared, 0);

    if (!value && !is_null)
        return error_plain(arena, ERROR_SYSTEM, "out of memory");
    if (value && strcmp(value, "0") != 0 && strcmp(value, "0.0") != 0 &&
        sqlite3_stricmp(value, "false") != 0 && sqlite3_stricmp(value, "f") != 0)
        return NULL;
    return error_at(arena, ERROR_DATABASE, first_line(script, statement),
                    "the verify script found a row whose first column is %s",
                    value ? value : "NULL");
}

/* What the authorizer could not see, before anything of it runs. */
static struct error *check_statement(struct arena *arena, const struct sqlite *sqlite,
                                     const struct source *script, sqlite3_stmt *prepared,
                                     struct text statement, struct text rest)
{
    if (sqlite->verifies && !sqlite3_stmt_readonly(prepared))
        return error_at(arena, ERROR_DATABASE, first_line(script, statement),
                        "a verify script may only read");
    if (sqlite->is_opaque && sqlite3_strlike("%sqlferry~_%", sqlite3_sql(prepared), '~') == 0)
        return error_at(arena, ERROR_DATABASE, first_line(script, statement),
                        "a new name or a trigger body with '" SQLITE_RESERVED
                        "' is refused in a revision");
    if (!sqlite->verifies && sqlite3_get_autocommit(sqlite->handle) && skip_blanks(rest).size)
        return error_at(arena, ERROR_DATABASE, first_line(script, rest),
                        "a second statement where each runs by itself, outside a transaction");
    return NULL;
}

static struct error *run_statement(struct arena *arena, struct sqlite *sqlite,
                                   const struct source *script, sqlite3_stmt *prepared,
                                   struct text statement)
{
    struct error *error = NULL;
    int result = SQLITE_DONE;

    sqlite->steps = true;
    while (!error && (result = sqlite3_step(prepared)) == SQLITE_ROW)
        if (sqlite->verifies)
            error = check_row(arena, prepared, script, statement);
    sqlite->steps = false;
    if (error || result == SQLITE_DONE)
        return error;
    return script_error(arena, sqlite, result, script, (struct text){0}, statement);
}

static struct error *run_statements(struct arena *arena, struct sqlite *sqlite,
                                    const struct source *script)
{
    struct text rest = script->text;

    while (rest.size) {
        sqlite3_stmt *prepared = NULL;
        const char *tail = NULL;
        struct error *error = NULL;

        *sqlite->refused = '\0';
        sqlite->is_opaque = false;
        int result =
            sqlite3_prepare_v2(sqlite->handle, rest.bytes, (int)rest.size + 1, &prepared, &tail);
        size_t size = tail ? (size_t)(tail - rest.bytes) : rest.size;
        struct text statement = text_slice(rest, 0, size), next = text_slice(rest, size, rest.size);

        if (result != SQLITE_OK)
            return script_error(arena, sqlite, result, script, rest, statement);
        if (prepared)
            error = check_statement(arena, sqlite, script, prepared, statement, next);
        if (prepared && !error)
            error = run_statement(arena, sqlite, script, prepared, statement);
        sqlite3_finalize(prepared);
        if (error)
            return error;
        rest = next;
    }
    return NULL;
}

/*
 * SQLite reads up to a NUL; without one it would copy all that is left of a script for every
 * statement of it.
 */
static struct error *run_piece(struct arena *arena, struct sqlite *sqlite,
                               const struct source *script, struct text piece, bool verifies)
{
    size_t nul = text_find_byte(piece, '\0');

    if (piece.size == 0)
        return NULL;
    if (nul < piece.size)
        return error_at(arena, ERROR_DATABASE, span_of(script, text_slice(piece, nul, 1)),
                        "the script holds a NUL");
    sqlite->copy.size = 0;
    buffer_add(&sqlite->copy, piece);
    buffer_add(&sqlite->copy, TEXT("\0"));
    struct source copy = {script->name, {sqlite->copy.bytes, piece.size}};
    sqlite->verifies = verifies;
    sqlite->fenced = true;
    struct error *error = run_statements(arena, sqlite, &copy);
    sqlite->fenced = false;
    *sqlite->refused = '\0';
    if (error)
        error->span = (struct span){script, span_of(script, piece).offset + error->span.offset,
                                    error->span.size};
    return error;
}

struct error *sqlite_run(struct arena *arena, struct sqlite *sqlite, const struct source *script,
                         struct text piece)
{
    bool alone = sqlite3_get_autocommit(sqlite->handle);
    sqlite3_int64 changes = sqlite3_total_changes64(sqlite->handle);
    struct error *error = run_piece(arena, sqlite, script, piece, false);

    /*
     * INSERT OR FAIL keeps the rows before the one that failed. An I/O error may have come when the
     * statement was committed already: of the unlock behind it, for one.
     */
    if (error && alone &&
        (sqlite3_total_changes64(sqlite->handle) != changes ||
         (sqlite3_extended_errcode(sqlite->handle) & 0xff) == SQLITE_IOERR))
        error->code = ERROR_UNKNOWN;
    return error;
}

struct error *sqlite_verify(struct arena *arena, struct sqlite *sqlite, const struct source *script)
{
    return run_piece(arena, sqlite, script, script->text, true);
}

/*
 * What a transaction lets go of a temporary schema, object by object. Virtual tables go before
 * others, and take those along that they keep their rows in: nobody else may drop these.
 */
static struct error *drop_temporary(struct arena *arena, struct sqlite *sqlite)
{
    static const char find[] =
        "SELECT upper(type) || ' IF EXISTS temp.\"' || replace(name, '\"', '\"\"')"
        " || '\"' FROM temp.sqlite_schema"
        " WHERE type IN ('trigger', 'view', 'table')"
        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        " ORDER BY type = 'table', sql NOT LIKE 'CREATE VIRTUAL %', rowid DESC";
    struct rows rows, none;
    struct error *error = sqlite_ask(arena, sqlite, find, NULL, 0, &rows);

    for (size_t i = 0; !error && i < rows.count; i++)
        error = sqlite_say(arena, sqlite,
                           arena_format(arena, "DROP %.*s", TEXT_ARGS(rows.cells[i])), &none);
    if (!error)
        error = sqlite_ask(arena, sqlite, "SELECT name FROM temp.sqlite_schema LIMIT 1", NULL, 0,
                           &rows);
    if (!error && rows.count)
        error = error_plain(arena, ERROR_DATABASE,
                            "the revision left '%.*s' behind, which stays as long as its "
                            "transaction",
                            TEXT_ARGS(rows.cells[0]));
    return error;
}

/*
 * A change of temp_store drops all temporary objects, also those that no statement can drop, such
 * as temp.sqlite_sequence, which would hide the table of that name in the database.
 */
struct error *sqlite_clean(struct arena *arena, struct sqlite *sqlite)
{
    struct rows rows;
    struct error *error =
        sqlite_ask(arena, sqlite, "SELECT 1 FROM temp.sqlite_schema LIMIT 1", NULL, 0, &rows);

    if (!error && rows.count && sqlite3_get_autocommit(sqlite->handle))
        error = set_pragma(arena, sqlite, "PRAGMA temp_store=FILE; PRAGMA temp_store=DEFAULT");
    else if (!error && rows.count)
        error = drop_temporary(arena, sqlite);
    return error ? error : set_pragma(arena, sqlite, "PRAGMA legacy_alter_table=OFF");
}

/* Rows that still wait for the one they refer to: a COMMIT would fail. */
static struct error *check_deferred(struct arena *arena, struct sqlite *sqlite)
{
    int waiting = 0, highest = 0;

    sqlite3_db_status(sqlite->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &waiting, &highest, 0);
    return waiting ? error_plain(arena, ERROR_DATABASE,
                                 "FOREIGN KEY constraint failed (SQLite "
                                 "code %d)",
                                 SQLITE_CONSTRAINT_FOREIGNKEY)
                   : NULL;
}

struct error *sqlite_proceed(struct arena *arena, struct sqlite *sqlite, bool foreign_keys)
{
    struct error *error = check_deferred(arena, sqlite);

    if (!error && sqlite->foreign_keys_off)
        error = check_foreign_keys(arena, sqlite);
    if (error)
        return error;
    set_foreign_keys(sqlite, false); /* temporary tables refer to each other, too */
    error = sqlite_clean(arena, sqlite);
    if (!error)
        error = set_pragma(arena, sqlite, "PRAGMA defer_foreign_keys=OFF");
    if (!error)
        set_foreign_keys(sqlite, foreign_keys);
    return error;
}

/* Copying */

static void close_handle(sqlite3 **handle)
{
    sqlite3_close(*handle);
}

struct error *sqlite_copy(struct arena *arena, struct sqlite *sqlite, const char *path)
{
    CLEANUP(close_handle) sqlite3 *copy = NULL;
    int result = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_backup *backup = NULL;
    uint64_t waited_ms = 0;

    if (result == SQLITE_OK) {
        backup = sqlite3_backup_init(copy, "main", sqlite->handle, "main");
        result = backup ? SQLITE_OK : sqlite3_errcode(copy);
    }
    while (backup && (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED)) {
        bool waits = result != SQLITE_OK;

        if (waits && (waited_ms += BUSY_STEP_MS) > sqlite->busy_ms)
            break;
        if (!interrupt_sleep(waits ? BUSY_STEP_MS : 0))
            result = SQLITE_INTERRUPT;
        else
            result = sqlite3_backup_step(backup, PAGES_AT_ONCE);
    }
    if (backup) {
        int finished = sqlite3_backup_finish(backup);

        result = result == SQLITE_DONE ? finished : result;
    }
    if (result == SQLITE_OK)
        return NULL;
    if (result == SQLITE_INTERRUPT)
        return interrupt_error(arena);
    return error_plain(arena, code_of(result),
                       "cannot copy the database to '%s': %s (SQLite code %d)", path,
                       sqlite3_errstr(result), result);
}

/* Images */

struct error *sqlite_serialize(struct arena *arena, struct sqlite *sqlite, struct text *image)
{
    sqlite3_int64 size = 0;
    unsigned char *bytes = sqlite3_serialize(sqlite->handle, "main", &size, 0);

    if (!bytes && size > 0)
        return error_plain(arena, ERROR_SYSTEM, "cannot copy the database in memory");
    if (!bytes)
        size = 0; /* nothing was ever written */
    *image = (struct text){(const char *)bytes, (size_t)size};
    return NULL;
}

void sqlite_free(struct text *image)
{
    sqlite3_free((void *)image->bytes);
    *image = (struct text){0};
}

struct error *sqlite_deserialize(struct arena *arena, struct sqlite *sqlite, struct text image)
{
    unsigned char *copy = sqlite3_malloc64(image.size);

    if (!copy)
        arena_exhausted();
    memcpy(copy, image.bytes, image.size);
    int result = sqlite3_deserialize(
        sqlite->handle, "main", copy, (sqlite3_int64)image.size, (sqlite3_int64)image.size,
        SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    /* Read at once, so that a damaged image is refused here. */
    if (result == SQLITE_OK)
        result = sqlite3_exec(sqlite->handle, "SELECT 1 FROM main.sqlite_schema", NULL, NULL, NULL);
    return result == SQLITE_OK ? NULL : plain_error(arena, sqlite, result, "");
}

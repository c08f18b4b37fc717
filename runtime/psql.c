#include "psql.h"
#include "crypto.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The protocol was measured; docs/psql.md gives the reasons. Each exchange is a file, which psql
 * inherited as a descriptor, started by one short line on the pipe, and two fences: a line that
 * both of its outputs must end with. Fences and verdicts hold a nonce that the server never sees.
 */
enum { NONCE_SIZE = 16, CONNECT_TIMEOUT_MS = 60000, MESSAGE_SIZE_MAX = 4096 };

/* A file that psql inherits as a descriptor. Closed is {.fd = -1}. */
struct shared {
    int fd;
    bool is_named; /* it lies in a folder, and must be taken away again */
    struct text path;
};

struct psql {
    struct process process;
    struct shared script;    /* what psql includes */
    struct shared passwords; /* only where we were given one */
    struct text nonce;
    unsigned long count; /* of exchanges */
    struct buffer output, errors;
    bool lost;
};

static void close_shared(struct shared *shared)
{
    if (shared->is_named && shared->fd >= 0)
        unlink(shared->path.bytes);
    file_close(&shared->fd);
}

bool psql_is_alive(const struct psql *psql)
{
    return psql && !psql->lost;
}

void psql_close(struct psql **psql)
{
    if (!*psql)
        return;
    process_close(&(*psql)->process);
    close_shared(&(*psql)->script);
    close_shared(&(*psql)->passwords);
    buffer_free(&(*psql)->output);
    buffer_free(&(*psql)->errors);
    *psql = NULL;
}

static struct text draw_nonce(struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[NONCE_SIZE];
    char *text = arena_array(arena, char, 2 * NONCE_SIZE + 2);

    crypto_random(random, sizeof(random));
    text[0] = 'f'; /* a letter, so that it can be a dollar tag as well */
    for (size_t i = 0; i < NONCE_SIZE; i++) {
        text[1 + 2 * i] = digits[random[i] >> 4];
        text[2 + 2 * i] = digits[random[i] & 15];
    }
    return (struct text){text, 2 * NONCE_SIZE + 1};
}

/* Starting */

/* The newest of the real binaries, which start in a quarter of the time of Debian's wrapper. */
const char *psql_find(struct arena *arena)
{
    const char *found = NULL, *path = getenv("PATH");
    glob_t matches;

    if (glob("/usr/lib/postgresql/*/bin/psql", 0, NULL, &matches) == 0) {
        long newest = 0;

        for (size_t i = 0; i < matches.gl_pathc; i++) {
            long version = strtol(matches.gl_pathv[i] + 20, NULL, 10);

            if (version > newest && access(matches.gl_pathv[i], X_OK) == 0) {
                newest = version;
                found = arena_format(arena, "%s", matches.gl_pathv[i]).bytes;
            }
        }
        globfree(&matches);
    }
    for (struct text rest = text_from(path); !found && rest.size;) {
        struct text folder = text_cut(&rest, ':');
        struct text candidate = arena_format(arena, "%.*s/psql", TEXT_ARGS(folder));

        if (text_starts(folder, TEXT("/")) && access(candidate.bytes, X_OK) == 0)
            found = candidate.bytes;
    }
    return found;
}

/* What psql and libpq may be told from outside; everything else is ours or nobody's. */
static const char *const variables_allowed[] = {
    "HOME",
    "KRB5CCNAME",
    "PGCHANNELBINDING",
    "PGDATABASE",
    "PGGSSENCMODE",
    "PGGSSLIB",
    "PGHOST",
    "PGHOSTADDR",
    "PGKRBSRVNAME",
    "PGPASSFILE",
    "PGPORT",
    "PGREQUIREPEER",
    "PGREQUIRESSL",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGSSLCERT",
    "PGSSLCRL",
    "PGSSLCRLDIR",
    "PGSSLKEY",
    "PGSSLMAXPROTOCOLVERSION",
    "PGSSLMINPROTOCOLVERSION",
    "PGSSLMODE",
    "PGSSLROOTCERT",
    "PGSSLSNI",
    "PGSYSCONFDIR",
    "PGTARGETSESSIONATTRS",
    "PGUSER",
};

static const char **make_environment(struct arena *arena, const struct psql_options *options,
                                     const struct psql *psql)
{
    const char *user_options = getenv("PGOPTIONS"), *timeout = getenv("PGCONNECT_TIMEOUT");
    const char **list = arena_array(arena, const char *, COUNT(variables_allowed) + 8);
    size_t count = 0;

    for (size_t i = 0; i < COUNT(variables_allowed); i++) {
        const char *name = variables_allowed[i], *value = getenv(name);
        bool replaced = psql->passwords.path.size && strcmp(name, "PGPASSFILE") == 0;

        if (value && !replaced)
            list[count++] = arena_format(arena, "%s=%s", name, value).bytes;
    }
    if (psql->passwords.path.size)
        list[count++] = arena_format(arena, "PGPASSFILE=%s", psql->passwords.path.bytes).bytes;
    list[count++] = arena_format(arena, "PGOPTIONS=%s%s%.*s", user_options ? user_options : "",
                                 user_options ? " " : "", TEXT_ARGS(options->settings))
                        .bytes;
    list[count++] = arena_format(arena, "PGCONNECT_TIMEOUT=%s", timeout ? timeout : "20").bytes;
    list[count++] = arena_format(arena, "PGAPPNAME=%s", options->name).bytes;
    list[count++] = "PGCLIENTENCODING=UTF8";
    list[count++] = "LC_ALL=C";
    return list;
}

static struct error *start(struct arena *arena, const struct psql_options *options,
                           struct psql *psql)
{
    const char *arguments[] = {"psql",
                               "-X",
                               "-q",
                               "-A",
                               "-t",
                               "--no-password",
                               "-v",
                               "ON_ERROR_STOP=1",
                               "-P",
                               "pager=off",
                               options->connection.size ? "-d" : NULL,
                               arena_copy(arena, options->connection).bytes,
                               NULL};
    struct process_options child = {
        .path = options->path,
        .arguments = arguments,
        .environment = make_environment(arena, options, psql),
        .inherited = {psql->script.fd, psql->passwords.fd},
    };

    return process_start(arena, &child, &psql->process);
}

/* A file for psql to read: nameless where /proc can give it a name, else a temporary one. */
static struct error *make_shared(struct arena *arena, struct shared *shared)
{
    const char *folder = getenv("TMPDIR");

    if (access("/proc/self/fd", X_OK) == 0)
        shared->fd = memfd_create("sqlland", MFD_CLOEXEC);
    if (shared->fd >= 0 && fchmod(shared->fd, 0600) == 0) {
        shared->path = arena_format(arena, "/proc/self/fd/%d", shared->fd);
        return NULL;
    }
    file_close(&shared->fd);
    shared->path = arena_format(arena, "%s/sqlland.XXXXXX", folder ? folder : "/tmp");
    shared->fd = mkostemp((char *)shared->path.bytes, O_CLOEXEC); /* with 0600 */
    shared->is_named = true;
    if (shared->fd < 0)
        return error_system(arena, "cannot make a file in '%s'", folder ? folder : "/tmp");
    return NULL;
}

/* A password file of one line that fits every server (PostgreSQL manual, 34.16). */
static struct error *make_passwords(struct arena *arena, struct text password, struct psql *psql)
{
    CLEANUP(buffer_free) struct buffer line = {0};
    struct error *error = make_shared(arena, &psql->passwords);

    if (error)
        return error;
    buffer_reserve(&line, 2 * password.size + sizeof("*:*:*:*:\n")); /* so that it never moves */
    buffer_add(&line, TEXT("*:*:*:*:"));
    for (size_t i = 0; i < password.size; i++) {
        if (password.bytes[i] == ':' || password.bytes[i] == '\\')
            buffer_add(&line, TEXT("\\"));
        buffer_add(&line, text_slice(password, i, 1));
    }
    buffer_add(&line, TEXT("\n"));
    error = file_append(arena, psql->passwords.fd, TEXT("the password file"), buffer_text(&line));
    explicit_bzero(line.bytes, line.size);
    return error;
}

/* Messages */

static bool is_state(struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!(text.bytes[i] >= '0' && text.bytes[i] <= '9') &&
            !(text.bytes[i] >= 'A' && text.bytes[i] <= 'Z'))
            return false;
    return text.size == 5;
}

/* "psql:/proc/self/fd/3:5: ERROR:  42601: text": the place is one in our own frame. */
static bool begins_message(struct text line, struct psql_message *message)
{
    /* Without its prefix a line is part of a text, whatever it looks like. */
    if (!text_starts(line, TEXT("psql:")))
        return false;
    line = text_slice(line, text_find(line, TEXT(": ")) + 2, line.size);

    size_t colon = text_find(line, TEXT(":  "));
    struct text rest = text_slice(line, colon + 3, line.size), text = rest;
    struct text state = text_cut(&text, ':');
    if (colon == line.size || !is_state(state))
        return false;
    message->severity = text_slice(line, 0, colon);
    message->state = state;
    message->text = text_slice(text, 1, text.size);
    return true;
}

static bool take_field(struct text line, struct text name, struct text *field)
{
    if (!text_starts(line, name))
        return false;
    *field = text_slice(line, name.size, line.size);
    return true;
}

/* "LINE 3: SELECT ..." and, on the next line, the caret under it. */
static bool take_place(struct text line, struct text *rest, struct psql_message *message)
{
    struct text excerpt = line, caret;
    uint64_t number;

    if (!text_starts(line, TEXT("LINE ")))
        return false;
    excerpt = text_slice(excerpt, 5, excerpt.size);
    if (!text_number(text_cut(&excerpt, ':'), INT32_MAX, &number))
        return false;
    excerpt = text_slice(excerpt, 1, excerpt.size);
    message->line = (size_t)number;
    message->excerpt = excerpt;
    caret = text_slice(*rest, 0, text_find_byte(*rest, '\n'));
    size_t column = text_find_byte(caret, '^'), before = text_columns(line) - text_columns(excerpt);
    if (column < caret.size) {
        message->column = column > before ? column - before : 0;
        text_cut(rest, '\n');
    }
    return true;
}

/* Where the lines of a message go; what nobody shows goes to other. */
struct fields {
    struct psql_message message;
    struct text other;
    struct text *last;
};

static bool take_line(struct arena *arena, struct text line, struct text *rest,
                      struct fields *fields)
{
    const struct {
        struct text name;
        struct text *field;
    } names[] = {
        {{"DETAIL:  ", 9}, &fields->message.detail},  {{"HINT:  ", 7}, &fields->message.hint},
        {{"CONTEXT:  ", 10}, &fields->other},         {{"LOCATION:  ", 11}, &fields->other},
        {{"SCHEMA NAME:  ", 14}, &fields->other},     {{"TABLE NAME:  ", 13}, &fields->other},
        {{"COLUMN NAME:  ", 14}, &fields->other},     {{"DATATYPE NAME:  ", 16}, &fields->other},
        {{"CONSTRAINT NAME:  ", 18}, &fields->other},
    };
    struct psql_message next;

    for (size_t i = 0; i < COUNT(names); i++) {
        if (take_field(line, names[i].name, names[i].field)) {
            fields->last = names[i].field;
            return true;
        }
    }
    if (take_field(line, TEXT("QUERY:  "), &fields->other)) {
        fields->message.line = 0; /* the place was one in a query that the server made itself */
        fields->last = &fields->other;
        return true;
    }
    if (take_place(line, rest, &fields->message)) {
        fields->last = &fields->other;
        return true;
    }
    if (begins_message(line, &next))
        return false;
    /* A text may go on over several lines; nobody reads a very long one. */
    if (text_trim(line).size && fields->last->size < MESSAGE_SIZE_MAX)
        *fields->last =
            arena_format(arena, "%.*s %.*s", TEXT_ARGS(*fields->last), TEXT_ARGS(text_trim(line)));
    return true;
}

bool psql_take_message(struct arena *arena, struct text *errors, struct psql_message *message)
{
    struct fields fields = {0};

    while (errors->size && !fields.message.state.size)
        begins_message(text_cut(errors, '\n'), &fields.message);
    if (!fields.message.state.size)
        return false;
    fields.last = &fields.message.text;
    while (errors->size) {
        struct text here = *errors, line = text_cut(errors, '\n');

        if (!take_line(arena, line, errors, &fields)) {
            *errors = here;
            break;
        }
    }
    *message = fields.message;
    return true;
}

/* Speaking */

static struct error *write_script(struct arena *arena, struct psql *psql, struct text frame)
{
    if (ftruncate(psql->script.fd, 0) < 0 || lseek(psql->script.fd, 0, SEEK_SET) < 0)
        return error_system(arena, "cannot write what psql should run");
    return file_append(arena, psql->script.fd, TEXT("what psql should run"), frame);
}

/*
 * "NONCE V false 00000\n", the last line before the fence. The first word is on the last piece
 * alone, the second on any.
 */
static void read_verdict(struct psql *psql, struct psql_reply *reply)
{
    struct text said = buffer_text(&psql->output), mark, words;
    size_t start = said.size;

    reply->lost = true;
    if (said.size == 0 || said.bytes[said.size - 1] != '\n')
        return;
    for (start = said.size - 1; start && said.bytes[start - 1] != '\n' && said.bytes[start - 1];)
        start--;
    words = text_slice(said, start, said.size - start - 1);
    mark = text_cut(&words, ' ');
    if (!text_equal(mark, psql->nonce) || !text_equal(text_cut(&words, ' '), TEXT("V")))
        return;
    reply->failed = !text_equal(words, TEXT("false 00000"));
    text_cut(&words, ' ');
    reply->state = words;
    reply->output = text_slice(said, 0, start);
    reply->lost = false;
}

static struct error *exchange(struct arena *arena, struct psql *psql, struct text frame,
                              int timeout_ms, struct psql_reply *reply)
{
    struct text nonce = psql->nonce;
    struct error *error = write_script(arena, psql, frame);

    if (error)
        return error;
    psql->count++;
    psql->output.size = psql->errors.size = 0;
    /* The verdict stands outside the file, which a COPY FROM STDIN may have read to its end. */
    struct text input = arena_format(arena,
                                     "\\set LAST_ERROR_SQLSTATE 00000\n\\i %s\n\\o\n\\timing off\n"
                                     "\\echo %.*s V :ERROR :LAST_ERROR_SQLSTATE\n"
                                     "\\echo %.*s %lu\n\\warn %.*s %lu\n",
                                     psql->script.path.bytes, TEXT_ARGS(nonce), TEXT_ARGS(nonce),
                                     psql->count, TEXT_ARGS(nonce), psql->count);
    struct text fence = arena_format(arena, "%.*s %lu\n", TEXT_ARGS(nonce), psql->count);
    enum process_outcome outcome =
        process_exchange(&psql->process, input, fence, timeout_ms, &psql->output, &psql->errors);
    *reply = (struct psql_reply){.errors = buffer_text(&psql->errors)};
    if (outcome == PROCESS_ANSWERED)
        read_verdict(psql, reply);
    else
        reply->lost = true;
    psql->lost |= reply->lost;
    return NULL;
}

struct error *psql_ask(struct arena *arena, struct psql *psql, struct text lines,
                       struct psql_reply *reply)
{
    struct text frame = arena_format(
        arena, "\\set ON_ERROR_STOP 0\n\\pset fieldsep_zero on\n\\pset recordsep_zero on\n%.*s",
        TEXT_ARGS(lines));

    return exchange(arena, psql, frame, -1, reply);
}

static bool occurs(struct text needle, const struct text *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_find(pieces[i], needle) < pieces[i].size)
            return true;
    return false;
}

/* "Time: 0.123 ms" for each piece, and behind them for the query that they came from. */
static size_t count_times(struct text output)
{
    size_t count = 0;

    while (output.size)
        count += text_starts(text_cut(&output, '\n'), TEXT("Time: "));
    return count ? count - 1 : 0;
}

struct error *psql_run(struct arena *arena, struct psql *psql, const struct text *pieces,
                       size_t count, bool keep_rows, struct psql_reply *reply)
{
    CLEANUP(buffer_free) struct buffer frame = {0};
    struct text tag = draw_nonce(arena);

    while (occurs(tag, pieces, count))
        tag = draw_nonce(arena);
    buffer_add(&frame, TEXT("\\set ON_ERROR_STOP 0\n"));
    if (keep_rows)
        buffer_add(&frame, TEXT("\\pset fieldsep '\\001'\n\\pset recordsep_zero on\n"
                                "\\pset null '\\002'\n"));
    else
        buffer_add(&frame, TEXT("\\o /dev/null\n\\timing on\n"));
    buffer_add(&frame, TEXT("VALUES "));
    for (size_t i = 0; i < count; i++) {
        buffer_format(&frame, "%s($%.*s$", i ? ", " : "", TEXT_ARGS(tag));
        buffer_add(&frame, pieces[i]);
        buffer_format(&frame, "$%.*s$)", TEXT_ARGS(tag));
    }
    /* The setting ends \gexec at the first refusal, and psql itself only from the next line on. */
    buffer_add(&frame, TEXT(" \\set ON_ERROR_STOP 1 \\gexec\n"));
    struct error *error = exchange(arena, psql, buffer_text(&frame), -1, reply);
    if (!error)
        reply->ran = keep_rows ? count : count_times(reply->output);
    return error;
}

/* Refusals */

bool psql_may_count(const struct psql_reply *reply, const struct psql_message *message)
{
    static const struct text harmless[] = {{"00", 2}, {"01", 2}, {"02", 2}};

    if (reply->failed && !reply->lost && !text_equal(reply->state, PSQL_FOLLOWS))
        return text_equal(message->state, reply->state);
    for (size_t i = 0; i < COUNT(harmless); i++)
        if (text_starts(message->state, harmless[i]))
            return false;
    return reply->failed || reply->lost;
}

static enum error_code code_of(struct text state)
{
    static const struct {
        struct text state;
        enum error_code code;
    } codes[] = {
        {{"53", 2}, ERROR_SYSTEM},    /* insufficient resources: memory, disk, connections */
        {{"58", 2}, ERROR_SYSTEM},    /* I/O of the server */
        {{"55P03", 5}, ERROR_LOCKED}, /* lock_timeout */
    };

    for (size_t i = 0; i < COUNT(codes); i++)
        if (text_starts(state, codes[i].state))
            return codes[i].code;
    return ERROR_DATABASE;
}

static struct text line_of(struct text text, size_t number)
{
    while (number-- > 1 && text.size) {
        size_t end = 0;

        while (end < text.size && text.bytes[end] != '\n' && text.bytes[end] != '\r')
            end++;
        end += text_starts(text_slice(text, end, 2), TEXT("\r\n")) ? 2 : 1;
        text = text_slice(text, end, text.size);
    }
    size_t end = 0;
    while (end < text.size && text.bytes[end] != '\n' && text.bytes[end] != '\r')
        end++;
    return text_slice(text, 0, end);
}

/* libpq shows a line, or a part of it between dots, with tabs as blanks, and a caret below. */
static struct text place_in(struct text piece, const struct psql_message *message)
{
    struct text line = line_of(piece, message->line), excerpt = message->excerpt;
    size_t skipped = 0, column = message->column;

    if (text_starts(excerpt, TEXT("..."))) {
        size_t shown = excerpt.size - (text_ends(excerpt, TEXT("...")) ? 6 : 3);
        size_t found = text_find(line, text_slice(excerpt, 3, shown));

        if (found < line.size) {
            skipped = found;
            column = column > 3 ? column - 3 : 0;
        }
    }
    struct text rest = text_slice(line, skipped, line.size);
    while (rest.size && column) {
        struct text here = rest;

        text_next(&here);
        size_t columns = text_columns(text_slice(rest, 0, rest.size - here.size));
        column -= columns < column ? columns : column;
        rest = here;
    }
    return text_slice(rest, 0, 1);
}

struct error *psql_error(struct arena *arena, const struct psql_message *message,
                         const struct source *script, struct text piece)
{
    struct span span = {0};
    struct error *error;

    if (script && message->line)
        span = span_of(script, place_in(piece, message));
    else if (script) /* a constraint, say: the statement is all that is known */
        span = span_of(script, text_slice(piece, 0, text_find_byte(piece, '\n')));
    error = error_at(arena, code_of(message->state), span, "%.*s (SQLSTATE %.*s)",
                     TEXT_ARGS(message->text), TEXT_ARGS(message->state));
    if (message->detail.size)
        error_note(arena, error, (struct span){0}, "%.*s", TEXT_ARGS(message->detail));
    if (message->hint.size)
        error_hint(arena, error, "%.*s", TEXT_ARGS(message->hint));
    return error;
}

bool psql_is_false(struct text row)
{
    static const struct text words[] = {{"f", 1}, {"0", 1}, {"false", 5}, {"\002", 1}, {"", 0}};
    struct text first = text_cut(&row, '\001');

    for (size_t i = 0; i < COUNT(words); i++)
        if (text_equal(first, words[i]))
            return true;
    return false;
}

/* Lines and the blanks that indent them become single blanks. */
static struct text fold_lines(struct arena *arena, struct text text)
{
    char *bytes = arena_array(arena, char, text.size + 1);
    size_t size = 0;

    for (size_t i = 0; i < text.size; i++) {
        bool blank = strchr(" \t\r\n", text.bytes[i]) && text.bytes[i];

        if (!blank)
            bytes[size++] = text.bytes[i];
        else if (size && bytes[size - 1] != ' ')
            bytes[size++] = ' ';
    }
    return (struct text){bytes, size};
}

struct error *psql_open(struct arena *arena, const struct psql_options *options, struct psql **psql)
{
    CLEANUP(psql_close) struct psql *opened = arena_one(arena, struct psql);
    struct psql_reply reply;

    *opened = (struct psql){
        .process = PROCESS_NONE, .script.fd = -1, .passwords.fd = -1, .nonce = draw_nonce(arena)};
    struct error *error = make_shared(arena, &opened->script);
    if (!error && options->password.bytes)
        error = make_passwords(arena, options->password, opened);
    if (!error)
        error = start(arena, options, opened);
    if (!error)
        /* ON_ERROR_STOP still holds: one too old to know \warn ends, instead of keeping silent. */
        error = exchange(arena, opened, TEXT("\\set VERBOSITY verbose\nSELECT 1 \\g /dev/null\n"),
                         CONNECT_TIMEOUT_MS, &reply);
    if (error)
        return error;
    if (reply.lost || reply.failed) {
        struct text said = fold_lines(arena, text_trim(reply.errors));
        size_t told = text_find(said, TEXT("error: "));
        if (told < said.size)
            said = text_slice(said, told + 7, said.size);
        return error_plain(arena, ERROR_SYSTEM, "psql cannot connect: %.*s",
                           TEXT_ARGS(said.size ? said : TEXT("it did not answer")));
    }
    close_shared(&opened->passwords); /* it has served */
    *psql = opened;
    opened = NULL;
    return NULL;
}

struct text psql_literal(struct arena *arena, struct text value)
{
    CLEANUP(buffer_free) struct buffer literal = {0};

    buffer_add(&literal, TEXT("'"));
    while (value.size) {
        size_t end = text_find_byte(value, '\'');

        buffer_add(&literal, text_slice(value, 0, end));
        if (end < value.size)
            buffer_add(&literal, TEXT("''"));
        value = text_slice(value, end + 1, value.size);
    }
    buffer_add(&literal, TEXT("'"));
    return arena_copy(arena, buffer_text(&literal));
}

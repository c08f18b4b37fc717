#include "compiler/alembic_run.h"
#include "compiler/alembic_sql.h"
#include "runtime/file.h"
#include "runtime/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The program. */

static struct error *refuse_program(struct arena *arena, struct text program, int number)
{
    errno = number;
    return error_hint(
        arena, error_system(arena, "cannot run '%.*s'", TEXT_ARGS(program)),
        "Name the project's own with '--alembic venv/bin/alembic', or render where it "
        "is and give the output to '--sql' and '--down-sql'.");
}

struct error *alembic_run_find(struct arena *arena, struct text program, const char **path)
{
    if (text_find_byte(program, '/') < program.size) {
        char *real = realpath(program.bytes, NULL);
        struct text found = arena_copy(arena, text_from(real ? real : ""));

        /* The link itself is run: Python finds its environment by where it was started from. */
        free(real);
        if (!found.size || access(program.bytes, X_OK) < 0)
            return refuse_program(arena, program, errno);
        if (program.bytes[0] == '/') {
            *path = arena_copy(arena, program).bytes;
            return NULL;
        }
        char *here = getcwd(NULL, 0);
        if (!here)
            return error_system(arena, "cannot tell the current folder");
        *path = arena_format(arena, "%s/%.*s", here, TEXT_ARGS(program)).bytes;
        free(here);
        return NULL;
    }
    for (struct text rest = text_from(getenv("PATH")); rest.size;) {
        struct text folder = text_cut(&rest, ':');
        struct text candidate =
            arena_format(arena, "%.*s/%.*s", TEXT_ARGS(folder), TEXT_ARGS(program));

        if (text_starts(folder, TEXT("/")) && access(candidate.bytes, X_OK) == 0) {
            *path = candidate.bytes;
            return NULL;
        }
    }
    return refuse_program(arena, program, ENOENT);
}

/* The environment with what keeps Python from writing into the project, and makes it say UTF-8. */
static const char *const *environment_of(struct arena *arena)
{
    static const char *const added[] = {"PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8"};
    size_t count = 0;

    while (environ[count])
        count++;
    const char **list = arena_array(arena, const char *, count + COUNT(added) + 1);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_replaced = false;

        for (size_t j = 0; j < COUNT(added); j++) {
            size_t front = text_find_byte(text_from(added[j]), '=') + 1;
            is_replaced |= strncmp(environ[i], added[j], front) == 0;
        }
        if (!is_replaced)
            list[kept++] = environ[i];
    }
    for (size_t i = 0; i < COUNT(added); i++)
        list[kept++] = added[i];
    return list;
}

/* What it said. */

static struct text last_line(struct text text)
{
    text = text_trim(text);
    size_t start = text.size;

    while (start > 0 && text.bytes[start - 1] != '\n')
        start--;
    return text_trim(text_slice(text, start, text.size));
}

/* The line of that number, without the blanks around it. */
static struct span line_of(const struct source *source, size_t number)
{
    struct text rest = source->text, line = {0};

    for (size_t i = 0; i < number && rest.size; i++)
        line = text_cut(&rest, '\n');
    return span_of(source, line.size ? text_trim(line) : text_slice(source->text, 0, 0));
}

/* The revision of a file as Python names it, which is by its absolute path. */
static const struct alembic_revision *find_file(const struct alembic_tree *tree, struct text path)
{
    const struct alembic_revision *found = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < tree->count; i++) {
        struct text name = tree->revisions[i].source->name;
        size_t size = 0; /* that both end in */

        while (size < name.size && size < path.size &&
               name.bytes[name.size - 1 - size] == path.bytes[path.size - 1 - size])
            size++;
        if (size > longest && size >= file_name(name).size &&
            text_equal(file_name(name), file_name(path))) {
            longest = size;
            found = &tree->revisions[i];
        }
    }
    return found;
}

/*
 * The innermost line of a traceback that lies in a revision file, as '  File "PATH", line 12, in
 * up'; and the first line behind it all that is not indented, which names the exception.
 */
static void read_traceback(struct arena *arena, const struct alembic_tree *tree, struct text said,
                           struct alembic_failure *failure)
{
    struct text front = TEXT("  File \""), middle = TEXT("\", line ");
    bool is_behind = false; /* lines of a traceback */

    while (said.size) {
        struct text line = text_cut(&said, '\n');
        size_t end = text_find(line, middle);
        const struct alembic_revision *revision;
        uint64_t number;

        if (is_behind && line.size && line.bytes[0] != ' ') {
            failure->message = text_from(layout_alembic_shown(arena, text_trim(line)));
            is_behind = false;
        }
        if (!text_starts(line, front) || end == line.size)
            continue;
        is_behind = true;
        failure->is_unimplemented = false;
        struct text path = text_slice(line, front.size, end - front.size);
        struct text digits = text_slice(line, end + middle.size, line.size);
        if (!text_number(text_cut(&digits, ','), PYTHON_SIZE_MAX, &number) ||
            !(revision = find_file(tree, path)))
            continue;
        failure->revision = revision;
        failure->span = line_of(revision->source, (size_t)number);
        failure->is_unimplemented = true; /* unless the exception came from further inside */
    }
}

static void read_failure(struct arena *arena, const struct alembic_tree *tree, struct text said,
                         struct alembic_failure *failure)
{
    failure->has_failed = true;
    failure->message = text_from(layout_alembic_shown(arena, last_line(said)));
    read_traceback(arena, tree, said, failure);
    failure->is_unimplemented &= text_starts(failure->message, TEXT("NotImplementedError"));
}

/* What its logger says, where it is on: "Context impl PostgresqlImpl." */
static struct error *read_dialect(struct arena *arena, struct alembic_tree *tree, struct text said)
{
    static const struct {
        const char *name;
        enum dialect dialect;
    } known[] = {{"PostgresqlImpl.", DIALECT_POSTGRESQL}, {"SQLiteImpl.", DIALECT_SQLITE}};
    struct text words = TEXT("Context impl ");
    size_t at = text_find(said, words);

    if (at == said.size)
        return NULL;
    struct text rest = text_slice(said, at + words.size, said.size);
    struct text name = text_trim(text_cut(&rest, '\n'));
    for (size_t i = 0; i < COUNT(known); i++)
        if (text_equal(name, text_from(known[i].name))) {
            tree->dialect = known[i].dialect;
            tree->has_dialect = true;
            return NULL;
        }
    return error_plain(arena, ERROR_INPUT,
                       "Alembic rendered for '%s', and sqlferry knows only "
                       "PostgreSQL and SQLite",
                       layout_alembic_shown(arena, name));
}

struct error *alembic_run(struct arena *arena, struct alembic_tree *tree, const char *program,
                          const char *command, const char *range, struct buffer *output,
                          struct alembic_failure *failure)
{
    CLEANUP(buffer_free) struct buffer errors = {0};
    CLEANUP(process_cleanup) struct process process = PROCESS_NONE;
    const char *const arguments[] = {"alembic", command, range, "--sql", NULL};
    struct process_options options = {
        .path = program,
        .arguments = arguments,
        .environment = environment_of(arena),
        .inherited = {-1, -1},
        .folder = tree->project.bytes,
    };
    struct error *error = process_start(arena, &options, &process);

    if (error)
        return error;
    file_close(&process.input); /* whoever asks a question gets no answer */
    output->size = 0;
    *failure = (struct alembic_failure){0};
    /* It ends with no fence: a NUL is in neither SQL nor a traceback. */
    enum process_outcome outcome =
        process_exchange(&process, TEXT(""), TEXT("\0\n"), -1, output, &errors);
    int status = process_close(&process);

    if (outcome != PROCESS_ENDED || output->size > ALEMBIC_SQL_SIZE_MAX)
        return error_plain(arena, ERROR_SYSTEM, "'%s %s %s --sql' printed more than SQL", program,
                           command, range);
    if (WIFSIGNALED(status))
        return error_plain(arena, ERROR_SYSTEM, "'%s %s %s --sql' was ended by signal %d", program,
                           command, range, WTERMSIG(status));
    if (WEXITSTATUS(status) >= 126 && !output->size && !errors.size)
        return error_plain(arena, ERROR_SYSTEM, "'%s' cannot be run", program);
    if (WEXITSTATUS(status) != 0)
        read_failure(arena, tree, buffer_text(&errors), failure);
    if (failure->has_failed && !failure->message.size) /* "FAILED: ..." */
        failure->message = text_from(layout_alembic_shown(arena, last_line(buffer_text(output))));
    return read_dialect(arena, tree, buffer_text(&errors));
}

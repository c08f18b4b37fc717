#include "compiler/layout_alembic.h"
#include "runtime/file.h"
#include "runtime/index.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINES_MAX = 10000,         /* settings of an alembic.ini */
    INTERPOLATION_MAX = 10,    /* as Python's configparser: values in values */
    EXPANSIONS_MAX = 1000,     /* of all values */
    VALUE_SIZE_MAX = 64 << 10, /* of a setting with all that is in it */
    FOLDERS_MAX = 256,         /* that version_locations names */
    DEPTH_MAX = 16,            /* folders in folders, where they are read */
};

/* alembic.ini. */

struct setting {
    struct text key, value; /* the value as written, its lines included */
    bool is_default;        /* of the section DEFAULT */
};

struct ini {
    struct arena *arena;
    const struct source *source;
    struct setting *settings;
    size_t count;
    size_t expanded; /* references to settings so far */
};

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* The first of both bytes; text.size where there is neither. */
static size_t find_either(struct text text, char a, char b)
{
    size_t first = text_find_byte(text, a), second = text_find_byte(text, b);

    return first < second ? first : second;
}

/* The settings of [alembic] and of [DEFAULT]. */
static struct error *read_settings(struct ini *ini)
{
    struct text rest = ini->source->text;
    struct setting *last = NULL;
    bool is_wanted = false, is_default = false;

    ini->settings = arena_array(ini->arena, struct setting, LINES_MAX);
    while (rest.size) {
        struct text line = text_cut(&rest, '\n'), trimmed = text_trim(line);

        if (trimmed.size == 0 || trimmed.bytes[0] == '#' || trimmed.bytes[0] == ';')
            continue;
        if (is_blank(line.bytes[0])) { /* it continues the line above */
            if (last)
                last->value.size = (size_t)(trimmed.bytes + trimmed.size - last->value.bytes);
            continue;
        }
        last = NULL;
        if (trimmed.bytes[0] == '[') {
            is_default = text_equal(trimmed, TEXT("[DEFAULT]"));
            is_wanted = is_default || text_equal(trimmed, TEXT("[alembic]"));
            continue;
        }
        size_t end = find_either(trimmed, '=', ':');
        if (!is_wanted || end == trimmed.size)
            continue;
        if (ini->count == LINES_MAX)
            return error_at(ini->arena, ERROR_INPUT, span_of(ini->source, trimmed),
                            "more than %d settings", LINES_MAX);
        last = &ini->settings[ini->count++];
        *last = (struct setting){
            .key = text_trim(text_slice(trimmed, 0, end)),
            .value = text_trim(text_slice(trimmed, end + 1, trimmed.size)),
            .is_default = is_default,
        };
        if (!last->value.size)
            last->value = text_slice(trimmed, end + 1, 0);
    }
    return NULL;
}

/* The last one of [alembic], else of [DEFAULT]. */
static const struct setting *find_setting(const struct ini *ini, struct text key)
{
    const struct setting *found = NULL;

    for (size_t i = 0; i < ini->count; i++) {
        const struct setting *setting = &ini->settings[i];

        if (text_equal_ascii_case(setting->key, key) &&
            (!found || !setting->is_default || found->is_default))
            found = setting;
    }
    return found;
}

static struct error *refuse_value(const struct ini *ini, const struct setting *setting,
                                  const char *what)
{
    struct text line = text_slice(setting->value, 0, text_find_byte(setting->value, '\n'));

    return error_at(ini->arena, ERROR_INPUT, span_of(ini->source, text_trim(line)), "'%s' %s",
                    layout_alembic_shown(ini->arena, setting->key), what);
}

/* Adds the value to a buffer, with %(name)s and %% resolved; %(here)s is the folder of the file. */
static struct error *expand(struct ini *ini, const struct setting *setting, size_t depth,
                            struct buffer *to)
{
    struct text rest = setting->value;

    if (depth > INTERPOLATION_MAX || ++ini->expanded > EXPANSIONS_MAX)
        return refuse_value(ini, setting, "refers to too many settings");
    while (rest.size) {
        size_t front = text_find_byte(rest, '%');

        buffer_add(to, text_slice(rest, 0, front));
        rest = text_slice(rest, front, rest.size);
        if (to->size > VALUE_SIZE_MAX)
            return refuse_value(ini, setting, "is too long");
        if (!rest.size)
            break;
        if (text_starts(rest, TEXT("%%"))) {
            buffer_add(to, TEXT("%"));
            rest = text_slice(rest, 2, rest.size);
            continue;
        }
        size_t end = text_find(rest, TEXT(")s"));
        struct text name = text_slice(rest, 2, end > 2 ? end - 2 : 0);
        const struct setting *named = find_setting(ini, name);
        if (!text_starts(rest, TEXT("%(")) || end == rest.size)
            return refuse_value(ini, setting, "has a '%' that is neither '%%' nor '%(NAME)s'");
        rest = text_slice(rest, end + 2, rest.size);
        if (text_equal(name, TEXT("here"))) {
            buffer_add(to, TEXT("."));
            continue;
        }
        if (!named)
            return refuse_value(ini, setting, "refers to a setting that is not there");
        struct error *error = expand(ini, named, depth + 1, to);
        if (error)
            return error;
    }
    return NULL;
}

/* Absent where there is no such setting. */
static struct error *get(struct ini *ini, const char *key, struct text *value)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    const struct setting *setting = find_setting(ini, text_from(key));
    struct error *error = NULL;

    *value = (struct text){0};
    if (setting)
        error = expand(ini, setting, 0, &buffer);
    if (setting && !error)
        *value = arena_copy(ini->arena, buffer_text(&buffer));
    return error;
}

/* What separates the folders of version_locations; older versions take blanks and commas. */
static const char *separators_of(struct text word)
{
    static const struct {
        const char *word, *separators;
    } known[] = {
        {"os", ":"}, {":", ":"}, {";", ";"}, {"space", " \t\n"}, {"newline", "\n"},
    };

    word = text_slice(word, 0, find_either(word, ' ', '\t')); /* a comment may follow */
    for (size_t i = 0; i < COUNT(known); i++)
        if (text_equal(word, text_from(known[i].word)))
            return known[i].separators;
    return ", \t\n";
}

static struct error *split_folders(const struct ini *ini, struct text folders,
                                   const char *separators, struct alembic_settings *settings)
{
    settings->version_folders = arena_array(ini->arena, struct text, FOLDERS_MAX);
    while (folders.size) {
        size_t size = 0;

        while (size < folders.size && !strchr(separators, folders.bytes[size]))
            size++;
        struct text folder = text_trim(text_slice(folders, 0, size));
        folders = text_slice(folders, size + 1, folders.size);
        if (!folder.size)
            continue;
        if (settings->version_folder_count == FOLDERS_MAX)
            return refuse_value(ini, find_setting(ini, TEXT("version_locations")),
                                "names too many folders");
        settings->version_folders[settings->version_folder_count++] =
            arena_copy(ini->arena, folder);
    }
    return NULL;
}

static void read_url(struct text url, struct alembic_tree *tree)
{
    tree->has_dialect = true;
    if (text_starts(url, TEXT("postgresql")))
        tree->dialect = DIALECT_POSTGRESQL;
    else if (text_starts(url, TEXT("sqlite")))
        tree->dialect = DIALECT_SQLITE;
    else
        tree->has_dialect = false;
}

struct error *layout_alembic_read_ini(struct arena *arena, const struct source *source,
                                      struct alembic_settings *settings, struct alembic_tree *tree)
{
    struct ini ini = {.arena = arena, .source = source};
    struct text folders = {0}, path_separator = {0}, separator = {0}, recursive = {0}, url = {0};
    size_t invalid = text_find_invalid(source->text), nul = text_find_byte(source->text, '\0');
    size_t wrong = nul < invalid ? nul : invalid;

    if (wrong < source->text.size)
        return error_at(arena, ERROR_INPUT, (struct span){source, wrong, 1},
                        "a byte that is not UTF-8, or NUL");
    const struct {
        const char *key;
        struct text *value;
    } wanted[] = {
        {"script_location", &settings->script_location},
        {"version_locations", &folders},
        {"path_separator", &path_separator},
        {"version_path_separator", &separator},
        {"recursive_version_locations", &recursive},
    };
    struct error *error = read_settings(&ini);
    for (size_t i = 0; !error && i < COUNT(wanted); i++)
        error = get(&ini, wanted[i].key, wanted[i].value);
    if (!error)
        error = split_folders(&ini, folders,
                              separators_of(path_separator.size ? path_separator : separator),
                              settings);
    if (error)
        return error;
    settings->is_recursive = text_equal_ascii_case(recursive, TEXT("true"));
    if (get(&ini, "sqlalchemy.url", &url) == NULL)
        read_url(url, tree);
    return NULL;
}

/* Folders. */

static bool exists(struct text path, bool is_folder)
{
    struct stat status;

    return stat(path.bytes, &status) == 0 && !S_ISDIR(status.st_mode) == !is_folder;
}

static struct text join(struct arena *arena, struct text folder, struct text name)
{
    while (text_starts(name, TEXT("./")))
        name = text_slice(name, 2, name.size);
    if (text_equal(folder, TEXT(".")) || text_starts(name, TEXT("/")))
        return arena_copy(arena, name);
    return arena_format(arena, "%.*s%s%.*s", TEXT_ARGS(folder),
                        text_ends(folder, TEXT("/")) ? "" : "/", TEXT_ARGS(name));
}

/* A file in a folder that was opened; path is how it is told. */
static struct error *load(struct arena *arena, int folder, const char *name, struct text path,
                          size_t limit, const struct source **source)
{
    CLEANUP(file_close) int fd = -1;
    struct source *loaded = arena_one(arena, struct source);
    uint64_t size = 0;
    struct error *error = file_open(arena, folder, name, &fd, &size);

    loaded->name = path;
    if (!error)
        error = file_read_open(arena, fd, path, size, limit, &loaded->text);
    *source = loaded;
    return error;
}

static void refuse_file(struct arena *arena, struct alembic_tree *tree, struct error *error)
{
    error->code = ERROR_INPUT;
    findings_add(arena, &tree->findings, FINDING_FAULT, "file", TEXT(""), error);
}

static void warn_left_out(struct arena *arena, struct alembic_tree *tree, struct text path,
                          const char *kind)
{
    layout_alembic_warn(arena, tree, "left-out", (struct span){0},
                        "%s '%s' is left out: no revision file of Alembic", kind,
                        layout_alembic_shown(arena, path));
}

static struct error *read_folder(struct arena *arena, struct text folder, bool is_recursive,
                                 size_t depth, struct alembic_tree *tree)
{
    CLEANUP(file_close) int fd = open(folder.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct file_entry *entries;
    size_t count;

    if (fd < 0)
        return error_system(arena, "cannot read the folder '%s'", folder.bytes);
    struct error *error = file_list_inside(arena, fd, ".", &entries, &count);
    for (size_t i = 0; !error && i < count; i++) {
        struct text name = entries[i].name, path = join(arena, folder, name);
        const struct source *source;

        if (entries[i].is_folder && text_equal(name, TEXT("__pycache__")))
            continue;
        if (entries[i].is_folder && is_recursive && depth < DEPTH_MAX) {
            error = read_folder(arena, path, is_recursive, depth + 1, tree);
        } else if (entries[i].is_folder || !text_ends(name, TEXT(".py"))) {
            warn_left_out(arena, tree, path, entries[i].is_folder ? "folder" : "file");
        } else if (!text_starts(name, TEXT("__init__"))) {
            if (tree->count == REVISIONS_MAX)
                return error_plain(arena, ERROR_INPUT, "there are more than %d revisions",
                                   REVISIONS_MAX);
            struct error *fault = load(arena, fd, name.bytes, path, PYTHON_SIZE_MAX, &source);
            if (fault)
                refuse_file(arena, tree, fault);
            else
                layout_alembic_add(arena, source, tree);
        }
    }
    return error;
}

/* A folder, or "package:folder" for one that Python would look for. */
static struct text script_folder(struct arena *arena, struct text project, struct text location)
{
    size_t end = text_find_byte(location, ':');

    if (end == location.size)
        return join(arena, project, location);
    struct text package = arena_copy(arena, text_slice(location, 0, end));
    for (size_t i = 0; i < package.size; i++)
        if (package.bytes[i] == '.')
            ((char *)package.bytes)[i] = '/';
    struct text inside = text_slice(location, end + 1, location.size);
    struct text folder = arena_format(arena, "%.*s/%.*s", TEXT_ARGS(package), TEXT_ARGS(inside));
    struct text in_source = join(arena, project, arena_format(arena, "src/%s", folder.bytes));
    return exists(in_source, true) ? in_source : join(arena, project, folder);
}

static struct error *read_env(struct arena *arena, struct text scripts, struct alembic_tree *tree)
{
    struct text path = join(arena, scripts, TEXT("env.py"));
    const struct source *source;

    if (!exists(path, false))
        return NULL;
    struct error *error = load(arena, AT_FDCWD, path.bytes, path, PYTHON_SIZE_MAX, &source);
    if (!error)
        layout_alembic_read_env(arena, source, tree);
    return error;
}

static struct error *read_ini(struct arena *arena, struct text project,
                              struct alembic_settings *settings, struct alembic_tree *tree)
{
    struct text path = join(arena, project, TEXT("alembic.ini"));
    const struct source *source;
    struct error *error = load(arena, AT_FDCWD, path.bytes, path, ALEMBIC_SETTINGS_MAX, &source);

    if (!error)
        error = layout_alembic_read_ini(arena, source, settings, tree);
    if (error)
        return error;
    tree->project = project;
    if (!settings->script_location.size)
        return error_at(arena, ERROR_INPUT, (struct span){source, 0, 0},
                        "alembic.ini has no 'script_location'");
    return NULL;
}

static struct error *read_folders(struct arena *arena, struct text project, struct text scripts,
                                  const struct alembic_settings *settings,
                                  struct alembic_tree *tree)
{
    struct error *error = read_env(arena, scripts, tree);

    if (!error && !settings->version_folder_count)
        error = read_folder(arena, join(arena, scripts, TEXT("versions")), settings->is_recursive,
                            0, tree);
    for (size_t i = 0; !error && i < settings->version_folder_count; i++)
        error = read_folder(arena, join(arena, project, settings->version_folders[i]),
                            settings->is_recursive, 0, tree);
    return error;
}

struct error *layout_alembic_read(struct arena *arena, struct text folder,
                                  struct alembic_tree *tree)
{
    struct alembic_settings settings = {0};
    struct error *error = NULL;

    folder = arena_copy(arena, folder);
    while (folder.size > 1 && text_ends(folder, TEXT("/")))
        folder.size--;
    folder = arena_copy(arena, folder);
    if (exists(join(arena, folder, TEXT("alembic.ini")), false)) {
        error = read_ini(arena, folder, &settings, tree);
        if (!error)
            error =
                read_folders(arena, folder, script_folder(arena, folder, settings.script_location),
                             &settings, tree);
    } else if (exists(join(arena, folder, TEXT("versions")), true)) {
        error = read_folders(arena, folder, folder, &settings, tree);
    } else {
        error = read_folder(arena, folder, false, 0, tree);
    }
    if (!error && !tree->count && !tree->findings.fault_count)
        error = error_hint(arena,
                           error_plain(arena, ERROR_INPUT, "'%.*s' holds no revision of Alembic",
                                       TEXT_ARGS(folder)),
                           "Name the folder of alembic.ini, of env.py, or of the revision files.");
    return error;
}

#include "compiler/layout_parts.h"

/*
 * golang-migrate, MIGRATIONS.md and source/parse.go: NUMBER_WORDS.up.sql and .down.sql, ordered by
 * number. `_up.sql` and a dialect in the name are spellings of those who read such folders with
 * tools of their own.
 */

static const struct {
    const char *name;
    unsigned dialects; /* none for a database that is not ours */
} words[] = {
    {"postgres", 1U << DIALECT_POSTGRESQL},
    {"postgresql", 1U << DIALECT_POSTGRESQL},
    {"pg", 1U << DIALECT_POSTGRESQL},
    {"pgx", 1U << DIALECT_POSTGRESQL},
    {"sqlite", 1U << DIALECT_SQLITE},
    {"sqlite3", 1U << DIALECT_SQLITE},
    {"mysql", 0},
    {"mariadb", 0},
    {"cockroach", 0},
    {"cockroachdb", 0},
    {"mssql", 0},
    {"sqlserver", 0},
    {"oracle", 0},
    {"clickhouse", 0},
};

/* 0001_words.postgres.up.sql in its parts. */
struct name {
    struct text version, title;
    enum script_kind kind;
    unsigned dialects; /* 0 for all */
    bool is_foreign;   /* it is for a database that is not ours */
};

/* Takes the word behind the last separator off text. returns  false where it is another */
static bool cut_word(struct text *text, char separator, const char *word)
{
    struct text ending = text_from(word);
    size_t front = text->size - ending.size;

    if (text->size <= ending.size || !text_ends(*text, ending) ||
        text->bytes[front - 1] != separator)
        return false;
    text->size = front - 1;
    return true;
}

static void cut_dialect(struct text *text, struct name *name)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (cut_word(text, '.', words[i].name)) {
            name->dialects = words[i].dialects;
            name->is_foreign = !words[i].dialects;
            return;
        }
}

/* returns  the separator in front of it; NUL where there is no direction */
static char cut_direction(struct text *text, struct name *name)
{
    static const char *const directions[] = {[SCRIPT_UP] = "up", [SCRIPT_DOWN] = "down"};
    static const char separators[] = {'.', '_'};

    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++)
        for (size_t i = 0; i < sizeof(separators); i++)
            if (cut_word(text, separators[i], directions[kind])) {
                name->kind = kind;
                return separators[i];
            }
    return '\0';
}

/* The dialect may stand on either side of the direction. */
static bool read_name(struct text file, struct name *name)
{
    size_t digits = 0;

    *name = (struct name){0};
    if (!cut_word(&file, '.', "sql"))
        return false;
    cut_dialect(&file, name);
    char separator = cut_direction(&file, name);
    if (!separator)
        return false;
    cut_dialect(&file, name);
    while (digits < file.size && file.bytes[digits] >= '0' && file.bytes[digits] <= '9')
        digits++;
    /* "1.up.sql" is passed over by golang-migrate itself; "1_up.sql" is a spelling of others. */
    if (!digits || (digits < file.size ? file.bytes[digits] : separator) != '_')
        return false;
    name->version = text_slice(file, 0, digits);
    name->title = text_slice(file, digits + 1, file.size);
    return true;
}

/* A database that is not ours, or that this history is not for. */
static bool is_foreign(const struct layout_reader *reader, const struct name *name)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (reader->options->dialects[i] && (!name->dialects || name->dialects & 1U << i))
            return name->is_foreign;
    return true;
}

struct error *layout_read_golang_migrate(struct layout_reader *reader)
{
    struct layout_entries entries = {0};
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    if (error)
        return error;
    for (size_t i = 0; i < files.count; i++) {
        struct layout_file *file = &files.list[i];
        struct name name;

        if (file->is_folder || !read_name(file->name, &name))
            continue;
        file->is_used = true;
        if (is_foreign(reader, &name)) {
            layout_warn(reader, (struct span){0},
                        "file '%.*s' is left out: its database is another", TEXT_ARGS(file->path));
            continue;
        }
        struct layout_entry entry = {
            .version = name.version,
            .title = layout_title(reader->arena, name.title),
            .kind = name.kind,
            .dialects = name.dialects,
            .source = layout_load(reader, file->path),
        };
        if (entry.source)
            layout_add_entry(reader, &entries, &entry);
    }
    layout_warn_unused(reader, &files, "'1_words.up.sql' and '1_words.down.sql'");
    layout_add_versions(reader, &entries, LAYOUT_BY_NUMBER);
    return NULL;
}

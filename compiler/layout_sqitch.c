#include "compiler/layout_parts.h"

#include <string.h>

/*
 * Sqitch, "Plan File" in App::Sqitch::Plan(3): sqitch.plan lists changes and tags, a line each:
 *
 *     NAME [DEPENDENCY ...] TIME PLANNER <EMAIL> # NOTE
 *     @TAG TIME PLANNER <EMAIL> # NOTE
 *
 * Scripts are deploy/NAME.sql, revert/NAME.sql and verify/NAME.sql. A change that is reworked
 * stands there again; the scripts of the earlier one are then NAME@TAG.sql, of a tag between the
 * two.
 */

struct tag {
    struct text name; /* with its '@' */
    size_t change;    /* the one it follows */
};

struct change {
    struct text name, note, id;
    struct text line;
    size_t number;         /* of those with this name, from 1 */
    size_t reworked;       /* the change with this name behind it; 0 for none */
    size_t next_in_bucket; /* plus 1; 0 for none */
};

enum { BUCKET_COUNT = 4096 };

struct sqitch {
    struct layout_reader *reader;
    struct text folder;
    const struct source *plan;
    struct text project;
    struct change *changes;
    size_t change_count, change_capacity;
    struct tag *tags;
    size_t tag_count, tag_capacity;
    size_t buckets[BUCKET_COUNT]; /* by name, the later change first: plus 1; 0 for none */
    struct layout_files files[SCRIPT_KIND_COUNT];
};

static const char *const folders[SCRIPT_KIND_COUNT] = {"deploy", "revert", "verify"};

static struct error *refuse(struct sqitch *sqitch, struct text line, const char *what,
                            struct text name)
{
    return layout_refuse(sqitch->reader, span_of(sqitch->plan, line), "%s '%.*s'", what,
                         TEXT_ARGS(name));
}

static size_t *bucket_of(struct sqitch *sqitch, struct text name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.bytes[i]) * UINT64_C(0x100000001b3);
    return &sqitch->buckets[(hash ^ hash >> 32) % BUCKET_COUNT];
}

/* The last change of this name so far; NULL for none. */
static struct change *find_change(struct sqitch *sqitch, struct text name)
{
    size_t at = *bucket_of(sqitch, name);

    while (at && !text_equal(sqitch->changes[at - 1].name, name))
        at = sqitch->changes[at - 1].next_in_bucket;
    return at ? &sqitch->changes[at - 1] : NULL;
}

static bool has_tag(const struct sqitch *sqitch, struct text name)
{
    for (size_t i = 0; i < sqitch->tag_count; i++)
        if (text_equal(sqitch->tags[i].name, name))
            return true;
    return false;
}

/* "name", "name@tag", "@tag", "project:name", each with a '!' where the two conflict. */
static void check_dependency(struct sqitch *sqitch, struct text line, struct text word)
{
    struct text name = word, project = {0};

    if (text_starts(name, TEXT("!"))) {
        refuse(sqitch, line, "no revision can say that it conflicts with another, as with", word);
        return;
    }
    if (text_find_byte(name, ':') < name.size)
        project = text_cut(&name, ':');
    if (project.size && !text_equal(project, sqitch->project)) {
        error_hint(sqitch->reader->arena,
                   refuse(sqitch, line, "another project is needed, by", word),
                   "Import it, too, and join the manifests; or take the dependency out.");
        return;
    }
    struct text tag = text_slice(name, text_find_byte(name, '@'), name.size);
    name.size -= tag.size;
    if ((name.size && !find_change(sqitch, name)) || (tag.size && !has_tag(sqitch, tag)))
        error_hint(sqitch->reader->arena,
                   refuse(sqitch, line, "no change above this is the dependency", word),
                   "Sqitch would not deploy this either: mend the plan.");
}

/* An id has no '/', and no name of a change ends in a dot and a number. */
static struct text id_of(struct sqitch *sqitch, const struct change *change)
{
    struct arena *arena = sqitch->reader->arena;
    struct text id = change->number > 1
                         ? arena_format(arena, "%.*s.%zu", TEXT_ARGS(change->name), change->number)
                         : arena_copy(arena, change->name);
    char *bytes = (char *)id.bytes;

    for (size_t i = 0; i < id.size; i++)
        if (bytes[i] == '/')
            bytes[i] = '.';
    return id;
}

static void add_change(struct sqitch *sqitch, struct text line, struct text name, struct text note)
{
    struct change *earlier = find_change(sqitch, name);
    size_t *bucket = bucket_of(sqitch, name);

    if (sqitch->change_count == sqitch->change_capacity) {
        struct change *old = sqitch->changes;

        sqitch->change_capacity = sqitch->change_capacity ? 2 * sqitch->change_capacity : 64;
        sqitch->changes =
            arena_array(sqitch->reader->arena, struct change, sqitch->change_capacity);
        if (sqitch->change_count)
            memcpy(sqitch->changes, old, sqitch->change_count * sizeof(*old));
        if (earlier)
            earlier = sqitch->changes + (earlier - old);
    }
    struct change *change = &sqitch->changes[sqitch->change_count];
    *change = (struct change){
        .name = name,
        .note = note,
        .line = line,
        .number = earlier ? earlier->number + 1 : 1,
        .next_in_bucket = *bucket,
    };
    change->id = id_of(sqitch, change);
    if (earlier) {
        earlier->reworked = sqitch->change_count;
        if (!sqitch->tag_count ||
            sqitch->tags[sqitch->tag_count - 1].change < (size_t)(earlier - sqitch->changes))
            refuse(sqitch, line, "no tag stands between this and the change before it of the name",
                   name);
    }
    *bucket = ++sqitch->change_count;
}

static void add_tag(struct sqitch *sqitch, struct text line, struct text name)
{
    if (!sqitch->change_count) {
        refuse(sqitch, line, "no change stands before the tag", name);
        return;
    }
    if (sqitch->tag_count == sqitch->tag_capacity) {
        struct tag *old = sqitch->tags;

        sqitch->tag_capacity = sqitch->tag_capacity ? 2 * sqitch->tag_capacity : 64;
        sqitch->tags = arena_array(sqitch->reader->arena, struct tag, sqitch->tag_capacity);
        if (sqitch->tag_count)
            memcpy(sqitch->tags, old, sqitch->tag_count * sizeof(*old));
    }
    sqitch->tags[sqitch->tag_count++] = (struct tag){name, sqitch->change_count - 1};
}

/* "%project=shop" */
static void read_pragma(struct sqitch *sqitch, struct text line)
{
    struct text value = text_slice(line, 1, line.size), key = text_trim(text_cut(&value, '='));

    if (text_equal(key, TEXT("project")))
        sqitch->project = text_trim(value);
}

static void read_change(struct sqitch *sqitch, struct text line, struct text words,
                        struct text note)
{
    struct text rest = words;

    if (text_starts(rest, TEXT("-"))) {
        error_hint(sqitch->reader->arena, refuse(sqitch, line, "a change that reverts, as", rest),
                   "Sqitch knows no such change yet either: delete the line.");
        return;
    }
    if (text_starts(rest, TEXT("+")))
        rest = text_trim(text_slice(rest, 1, rest.size));
    struct text name = text_cut(&rest, ' ');
    rest = text_trim(rest);
    if (text_starts(rest, TEXT("["))) {
        struct text list = text_slice(rest, 1, text_find_byte(rest, ']') - 1);

        while (list.size) {
            struct text word = text_cut(&list, ' ');

            if (word.size)
                check_dependency(sqitch, line, word);
        }
    }
    add_change(sqitch, line, name, note);
}

static void read_line(struct sqitch *sqitch, struct text line)
{
    struct text note = line, words = text_trim(text_cut(&note, '#'));

    /* Line ends inside a note are written as two characters. */
    note = text_trim(text_slice(note, 0, text_find(note, TEXT("\\n"))));
    if (!words.size)
        return;
    if (words.bytes[0] == '%')
        read_pragma(sqitch, words);
    else if (words.bytes[0] == '@')
        add_tag(sqitch, line, text_slice(words, 0, text_find_byte(words, ' ')));
    else
        read_change(sqitch, line, words, note);
}

/* Scripts */

static struct layout_file *find_script(struct sqitch *sqitch, enum script_kind kind,
                                       struct text name, struct text tag)
{
    struct text path = arena_format(sqitch->reader->arena, "%s/%.*s%.*s.sql", folders[kind],
                                    TEXT_ARGS(name), TEXT_ARGS(tag));

    return layout_find_path(&sqitch->files[kind],
                            layout_join(sqitch->reader->arena, sqitch->folder, path));
}

/* Of a reworked change, the tag nearest to the rework for which there is a deploy script. */
static struct text find_suffix(struct sqitch *sqitch, const struct change *change)
{
    size_t at = (size_t)(change - sqitch->changes), end = sqitch->tag_count;

    while (change->reworked && end && sqitch->tags[end - 1].change >= at) {
        const struct tag *tag = &sqitch->tags[--end];

        if (tag->change < change->reworked &&
            find_script(sqitch, SCRIPT_UP, change->name, tag->name))
            return tag->name;
    }
    return TEXT("");
}

static void add_scripts(struct sqitch *sqitch, const struct change *change,
                        struct layout_revision *revision)
{
    struct layout_reader *reader = sqitch->reader;
    struct text suffix = find_suffix(sqitch, change);

    if (change->reworked && !suffix.size) {
        refuse(sqitch, change->line, "there is no script with a tag in its name of the reworked",
               change->name);
        return;
    }
    for (enum script_kind kind = SCRIPT_UP; kind <= SCRIPT_VERIFY; kind++) {
        struct layout_file *file = find_script(sqitch, kind, change->name, suffix);

        if (file) {
            const struct source *source = layout_load(reader, file->path);

            file->is_used = true;
            if (source)
                layout_set_script(revision, kind, source, SECTION_NONE);
        } else if (kind == SCRIPT_UP) {
            refuse(sqitch, change->line, "there is no deploy script of", change->name);
        }
    }
}

/* Where the configuration puts the folders elsewhere, or is for another database. */
static void check_config(struct sqitch *sqitch, const struct source *config)
{
    static const struct {
        const char *engine;
        enum dialect dialect;
    } engines[] = {{"pg", DIALECT_POSTGRESQL}, {"sqlite", DIALECT_SQLITE}};
    static const char *const places[] = {"top_dir",    "plan_file", "deploy_dir",  "revert_dir",
                                         "verify_dir", "extension", "reworked_dir"};
    struct layout_reader *reader = sqitch->reader;
    struct text rest = config->text;

    while (rest.size) {
        struct text line = layout_next_line(&rest), value = line;
        struct text key = text_trim(text_cut(&value, '='));
        bool is_ours = false;

        value = text_trim(value);
        for (size_t i = 0; i < COUNT(places); i++)
            if (text_equal(key, text_from(places[i])))
                error_hint(reader->arena,
                           layout_refuse(reader, span_of(config, line),
                                         "the scripts are elsewhere than Sqitch has them"),
                           "Import the folder that holds 'sqitch.plan', 'deploy', 'revert' and "
                           "'verify', with this line taken out of it.");
        if (!text_equal(key, TEXT("engine")))
            continue;
        for (size_t i = 0; i < COUNT(engines); i++)
            is_ours |= text_equal(value, text_from(engines[i].engine)) &&
                       reader->options->dialects[engines[i].dialect];
        if (!is_ours)
            error_hint(reader->arena,
                       layout_refuse(reader, span_of(config, line),
                                     "the changes are for another database"),
                       "The dialect of 'pg' is postgresql, that of 'sqlite' is sqlite.");
    }
}

static struct error *read_folders(struct sqitch *sqitch, const struct layout_files *files)
{
    for (size_t i = 0; i < SCRIPT_KIND_COUNT; i++) {
        struct layout_file *file = layout_find_file(sqitch->reader, files, text_from(folders[i]));

        if (!file || !file->is_folder)
            continue;
        file->is_used = true;
        struct error *error = layout_list_deep(sqitch->reader, file->path, &sqitch->files[i]);
        if (error)
            return error;
    }
    return NULL;
}

static void read_plan(struct sqitch *sqitch)
{
    struct layout_reader *reader = sqitch->reader;
    struct text rest = sqitch->plan->text;

    while (rest.size)
        read_line(sqitch, layout_next_line(&rest));
    for (size_t i = 0; i < sqitch->change_count; i++) {
        const struct change *change = &sqitch->changes[i];

        add_scripts(
            sqitch, change,
            layout_add(reader, change->id, change->note,
                       span_of(sqitch->plan, text_slice(change->line, 0, change->name.size))));
    }
    for (size_t i = 0; i < SCRIPT_KIND_COUNT; i++)
        layout_warn_unused(reader, &sqitch->files[i], "the scripts of its plan");
}

struct error *layout_read_sqitch(struct layout_reader *reader)
{
    struct sqitch sqitch = {.reader = reader, .folder = reader->options->places[0]};
    struct layout_files files = {0};
    struct error *error = layout_list(reader, sqitch.folder, &files);

    if (!error)
        error = read_folders(&sqitch, &files);
    if (error)
        return error;
    struct layout_file *plan = layout_find_file(reader, &files, TEXT("sqitch.plan"));
    struct layout_file *config = layout_find_file(reader, &files, TEXT("sqitch.conf"));
    if (config) {
        const struct source *source = layout_load(reader, config->path);

        config->is_used = true;
        if (source)
            check_config(&sqitch, source);
    }
    if (plan) {
        plan->is_used = true;
        sqitch.plan = layout_load(reader, plan->path);
    }
    if (sqitch.plan)
        read_plan(&sqitch);
    layout_warn_unused(reader, &files, "'sqitch.plan', 'deploy', 'revert' and 'verify'");
    return NULL;
}

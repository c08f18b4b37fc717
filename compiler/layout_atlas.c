#include "compiler/layout_parts.h"

#include "runtime/crypto.h"

#include <string.h>

/*
 * Atlas, "Migration Directory Integrity" and sql/migrate/dir.go: all *.sql in the order of their
 * names, VERSION_WORDS.sql, and atlas.sum. Its first line is "h1:SUM"; then follows one "NAME
 * h1:SUM" for each file, whose SHA-256 goes over the name and the bytes of that file and of all
 * before it, in base64. The first SUM goes over the names and the sums. A file whose first comment
 * is "atlas:sum ignore" counts by its name alone and has no line.
 */

enum { SUM_SIZE = 32 };

struct atlas {
    struct layout_reader *reader;
    const struct source *sums; /* atlas.sum */
    struct text rest;          /* of it, that is not read yet */
    struct crypto_sha256_state files, total;
    bool is_broken; /* one error is enough: all sums behind it are different, too */
};

/* "-- atlas:NAME VALUE" among the comments that a file begins with; of size 0 for none. */
static struct text find_directive(const struct source *source, const char *name)
{
    struct text rest = source->text;

    while (rest.size) {
        struct text line = layout_next_line(&rest);
        struct text words = text_trim(text_slice(line, 2, line.size));
        struct text mark = TEXT("atlas:");

        if (!text_starts(line, TEXT("--")))
            break;
        if (!text_starts(words, mark))
            continue;
        words = text_slice(words, mark.size, words.size);
        if (text_equal(text_slice(words, 0, text_find_byte(words, ' ')), text_from(name)))
            return line;
    }
    return (struct text){0};
}

static struct text value_of(struct text directive)
{
    struct text rest = text_slice(directive, text_find(directive, TEXT("atlas:")), directive.size);

    text_cut(&rest, ' ');
    return text_trim(rest);
}

static void refuse_sum(struct atlas *atlas, struct text line, const char *what, struct text name)
{
    if (!atlas->is_broken)
        error_hint(atlas->reader->arena,
                   layout_refuse(atlas->reader, span_of(atlas->sums, line), "'%.*s' %s",
                                 TEXT_ARGS(name), what),
                   "Look what changed; 'atlas migrate hash' writes the sums of what is there.");
    atlas->is_broken = true;
}

static struct text base64_of(struct atlas *atlas, const struct crypto_sha256_state *state)
{
    uint8_t sum[SUM_SIZE];

    crypto_sha256_end(state, sum);
    return crypto_base64(atlas->reader->arena, sum, sizeof(sum));
}

/* The next line of atlas.sum must be that of the file. */
static void check_sum(struct atlas *atlas, struct text name, const struct source *source)
{
    crypto_sha256_add(&atlas->files, name);
    struct text directive = find_directive(source, "sum");
    if (directive.size && text_equal(value_of(directive), TEXT("ignore")))
        return;
    crypto_sha256_add(&atlas->files, source->text);
    struct text sum = base64_of(atlas, &atlas->files);
    crypto_sha256_add(&atlas->total, name);
    crypto_sha256_add(&atlas->total, sum);

    struct text line = layout_next_line(&atlas->rest);
    size_t mark = text_find(line, TEXT("h1:"));
    if (!text_equal(text_trim(text_slice(line, 0, mark)), name))
        refuse_sum(atlas, line, "is not the file that atlas.sum has here", name);
    else if (!text_equal(text_slice(line, mark + 3, line.size), sum))
        refuse_sum(atlas, line, "is not what it was when atlas.sum was written", name);
}

static void check_total(struct atlas *atlas)
{
    struct text rest = atlas->sums->text, line = layout_next_line(&rest);
    struct text total = base64_of(atlas, &atlas->total);

    if (text_trim(atlas->rest).size)
        refuse_sum(atlas, layout_next_line(&atlas->rest), "has a line for a file that is gone",
                   TEXT("atlas.sum"));
    else if (!text_starts(line, TEXT("h1:")) || !text_equal(text_slice(line, 3, line.size), total))
        refuse_sum(atlas, line, "does not begin with the sum of its lines", TEXT("atlas.sum"));
}

static void open_sums(struct atlas *atlas, const struct layout_files *files)
{
    struct layout_file *file = layout_find_file(atlas->reader, files, TEXT("atlas.sum"));

    if (!file)
        return;
    file->is_used = true;
    atlas->sums = layout_load(atlas->reader, file->path);
    if (!atlas->sums)
        return;
    atlas->rest = atlas->sums->text;
    layout_next_line(&atlas->rest);
    crypto_sha256_start(&atlas->files);
    crypto_sha256_start(&atlas->total);
}

/* Says that scripts are cut in another way, or filled in. */
static void check_delimiter(struct layout_reader *reader, const struct source *source)
{
    struct text directive = find_directive(source, "delimiter");

    if (directive.size)
        error_hint(reader->arena,
                   layout_refuse(reader, span_of(source, directive),
                                 "statements are cut in a way of their own"),
                   "Statements of functions and triggers are found without: delete the line.");
}

static void add_file(struct atlas *atlas, struct layout_entries *entries,
                     const struct layout_file *file, const struct source *source)
{
    struct layout_reader *reader = atlas->reader;
    struct text title = text_slice(file->name, 0, file->name.size - 4);
    struct text version = text_cut(&title, '_');
    struct text mode = find_directive(source, "txmode");
    struct layout_entry entry = {
        .version = version,
        .title = layout_title(reader->arena, title),
        .kind = SCRIPT_UP,
        .source = source,
        .is_outside = mode.size && text_equal(value_of(mode), TEXT("none")),
    };
    struct text checkpoint = find_directive(source, "checkpoint");

    check_delimiter(reader, source);
    if (!checkpoint.size || !entries->count)
        layout_add_entry(reader, entries, &entry);
    else
        layout_warn(reader, span_of(source, checkpoint),
                    "checkpoint '%.*s' is left out: the versions that it stands for are there",
                    TEXT_ARGS(version));
}

struct error *layout_read_atlas(struct layout_reader *reader)
{
    struct atlas atlas = {.reader = reader};
    struct layout_entries entries = {0};
    struct layout_files files = {0};
    struct error *error = layout_list(reader, reader->options->places[0], &files);

    if (error)
        return error;
    open_sums(&atlas, &files);
    for (size_t i = 0; i < files.count; i++) {
        struct layout_file *file = &files.list[i];

        if (file->is_folder || !text_ends(file->name, TEXT(".sql")))
            continue;
        file->is_used = true;
        const struct source *source = layout_load(reader, file->path);
        if (!source)
            continue;
        if (atlas.sums)
            check_sum(&atlas, file->name, source);
        add_file(&atlas, &entries, file, source);
    }
    if (atlas.sums)
        check_total(&atlas);
    else if (entries.count)
        error_hint(reader->arena,
                   layout_refuse(reader, (struct span){0}, "there is no 'atlas.sum' to check"),
                   "'atlas migrate hash' writes it.");
    layout_warn_unused(reader, &files, "'20260102030405_words.sql' and 'atlas.sum'");
    layout_add_versions(reader, &entries, LAYOUT_BY_FILE);
    return NULL;
}

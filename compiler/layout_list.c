#include "compiler/layout_parts.h"

#include <string.h>

/* A text file that names scripts, one a line, in their order, as seen from its own folder. */

/* "sql/001.create.sql" is 001.create. */
static struct text id_of(struct text path)
{
    struct text name = file_name(path);

    return text_slice(name, 0, name.size - (text_ends(name, TEXT(".sql")) ? 4 : 0));
}

static void add_line(struct layout_reader *reader, struct text folder, const struct source *list,
                     struct text line)
{
    size_t before = reader->history->faults.count;
    struct span span = span_of(list, line);

    if (text_starts(line, TEXT("/"))) {
        error_hint(reader->arena,
                   layout_refuse(reader, span, "path '%.*s' is absolute", TEXT_ARGS(line)),
                   "Write it as seen from the folder of this file.");
        return;
    }
    const struct source *source = layout_load(reader, layout_join(reader->arena, folder, line));

    if (!source) { /* the list is where the mistake is */
        if (reader->history->faults.count > before)
            reader->history->faults.last->span = span;
        return;
    }
    struct layout_revision *revision =
        layout_add(reader, id_of(line), layout_title(reader->arena, id_of(line)), span);
    layout_set_script(revision, SCRIPT_UP, source, SECTION_NONE);
}

struct error *layout_read_list(struct layout_reader *reader)
{
    struct text path = reader->options->places[0];
    struct text folder = file_folder(reader->arena, path);
    const struct source *list = layout_load(reader, path);
    struct text rest = list ? list->text : TEXT("");

    if (text_starts(rest, TEXT("\xef\xbb\xbf")))
        rest = text_slice(rest, 3, rest.size);
    while (rest.size) {
        struct text line = layout_next_line(&rest);

        while (text_starts(line, TEXT("./")))
            line = text_slice(line, 2, line.size);
        if (line.size && line.bytes[0] != '#')
            add_line(reader, folder, list, line);
    }
    return NULL;
}

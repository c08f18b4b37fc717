#include "compiler/templates.h"
#include "runtime/buffer.h"

/* The assembler reads the file, relative to the folder make runs in. */
#define EMBED(name, file)                                                                          \
    __asm__(".pushsection .rodata\n" #name "_begin:\n.incbin \"manifests/templates/" file          \
            "\"\n" #name "_end:\n.popsection\n");                                                  \
    extern const char name##_begin[], name##_end[]

EMBED(template_manifest, "ferry.yaml");
EMBED(template_up, "0001_baseline.up.sql");
EMBED(template_down, "0001_baseline.down.sql");
EMBED(template_script_name, "script_name");
EMBED(template_revision_up, "revision.up.sql");
EMBED(template_revision_down, "revision.down.sql");
EMBED(template_merge_up, "merge.up.sql");
EMBED(template_merge_down, "merge.down.sql");
EMBED(template_other_dialect, "other_dialect.sql");

static struct text between(const char *begin, const char *end)
{
    return (struct text){begin, (size_t)(end - begin)};
}

const struct template *templates(void)
{
    static struct template list[TEMPLATE_COUNT];

    list[0] =
        (struct template){"ferry.yaml", between(template_manifest_begin, template_manifest_end)};
    list[1] =
        (struct template){"sql/0001_baseline.up.sql", between(template_up_begin, template_up_end)};
    list[2] = (struct template){"sql/0001_baseline.down.sql",
                                between(template_down_begin, template_down_end)};
    return list;
}

struct text templates_of(enum revision_template name)
{
    switch (name) {
    case TEMPLATE_SCRIPT_NAME:
        return between(template_script_name_begin, template_script_name_end);
    case TEMPLATE_UP:
        return between(template_revision_up_begin, template_revision_up_end);
    case TEMPLATE_DOWN:
        return between(template_revision_down_begin, template_revision_down_end);
    case TEMPLATE_MERGE_UP:
        return between(template_merge_up_begin, template_merge_up_end);
    case TEMPLATE_MERGE_DOWN:
        return between(template_merge_down_begin, template_merge_down_end);
    case TEMPLATE_OTHER_DIALECT:
        return between(template_other_dialect_begin, template_other_dialect_end);
    }
    return TEXT("");
}

static struct text value_of(struct text name, const struct text (*pairs)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(pairs[i][0], name))
            return pairs[i][1];
    return (struct text){0};
}

struct text templates_fill(struct arena *arena, struct text text, const struct text (*pairs)[2],
                           size_t count)
{
    CLEANUP(buffer_free) struct buffer filled = {0};

    while (text.size) {
        size_t open = text_find(text, TEXT("{{"));
        struct text rest = text_slice(text, open + 2, text.size);
        size_t close = text_find(rest, TEXT("}}"));

        buffer_add(&filled, text_slice(text, 0, open));
        buffer_add(&filled, value_of(text_slice(rest, 0, close), pairs, count));
        text = text_slice(rest, close + 2, rest.size);
    }
    return arena_copy(arena, buffer_text(&filled));
}

/*
 * A manifest whose text is changed: laid out, which a second time changes nothing, and with a
 * revision more, which is then one of those that are read.
 */
#include "compiler/amend.h"
#include "compiler/manifest.h"
#include "compiler/tidy.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>

static bool has_same_revisions(const struct manifest *a, const struct manifest *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!text_equal(a->revisions[i].id, b->revisions[i].id) ||
            !text_equal(a->revisions[i].title, b->revisions[i].title) ||
            a->revisions[i].parent_count != b->revisions[i].parent_count)
            return false;
    return true;
}

static void lay_out(struct arena *arena, struct text path, const struct manifest *manifest)
{
    struct source draft = {.name = manifest->sources[0]->name};
    struct manifest after;
    struct text twice;
    struct error *error = tidy_text(arena, manifest->sources[0], &draft.text);

    fuzz_check_error(arena, error);
    if (error)
        return;
    error = tidy_text(arena, &draft, &twice);
    assert(!error && text_equal(draft.text, twice));
    error = manifest_load_draft(arena, path, &draft, 1, &after);
    assert(!error && has_same_revisions(manifest, &after));
}

static void add_revision(struct arena *arena, struct text path, const struct manifest *manifest)
{
    static const struct text id = {"authored-by-fuzz", 16}, up = {"a, 'b': c.sql", 13};
    const struct amend_field fields[] = {
        {"id", YAML_SCALAR, &id, 1},
        {"title", YAML_SCALAR, &up, 1},
        {"parents", YAML_SEQUENCE, manifest->count ? &manifest->revisions[0].id : NULL,
         manifest->count ? 1 : 0},
        {"up", YAML_SCALAR, &up, 1},
    };
    struct source draft = {.name = manifest->sources[0]->name};
    struct amendment amendment;
    struct manifest after;
    struct error *error = amend_begin(arena, manifest->sources[0], &amendment);

    assert(!error);
    error = amend_add_revision(&amendment, fields, COUNT(fields));
    fuzz_check_error(arena, error);
    if (error || manifest->count == REVISIONS_MAX)
        return;
    draft.text = amend_text(&amendment);
    error = manifest_load_draft(arena, path, &draft, 1, &after);
    assert(!error && after.count == manifest->count + 1);
    assert(text_equal(after.revisions[manifest->count].id, id));
    assert(text_equal(after.revisions[manifest->count].title, up));
    after.count--;
    assert(has_same_revisions(manifest, &after));
}

void fuzz_authoring(struct arena *arena, struct text input)
{
    struct manifest manifest;
    struct text path = fuzz_file(input);
    struct error *error = manifest_load_draft(arena, path, NULL, 0, &manifest);

    fuzz_check_error(arena, error);
    if (error)
        return;
    lay_out(arena, path, &manifest);
    add_revision(arena, path, &manifest);
}

/*
 * The manifest, by way of a file in memory. Its folder is /proc/self/fd, where there is nothing
 * that may be included. What is accepted goes on to the graph, which places parents first. Accepted
 * or not there, it is drawn.
 */
#include "compiler/order.h"
#include "compiler/picture.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <stdlib.h>

/* A picture is lines of characters that are safe to show. */
static void check_picture(struct text text)
{
    assert(text.size && text.bytes[text.size - 1] == '\n');
    while (text.size)
        assert(text_all_printable(text_cut(&text, '\n')));
}

static void draw_rails(struct arena *arena, const struct picture *picture,
                       const struct picture_options *options)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&bytes, &size);
    struct report report = report_new(arena, file, file);

    report.screen = (struct screen){.columns = 40, .unicode = true};
    picture_text(arena, &report, picture, options);
    fclose(file);
    check_picture((struct text){bytes, size});
    free(bytes);
}

static void draw(struct arena *arena, const struct manifest *manifest, bool is_damaged)
{
    void (*const formats[])(struct arena *, const struct picture *, const struct picture_options *,
                            struct buffer *) = {picture_svg, picture_dot, picture_mermaid};
    struct picture picture;

    picture_new(arena, manifest, is_damaged, &picture);
    for (int reverse = 0; reverse < 2; reverse++) {
        struct picture_options options = {.reverse = reverse};

        draw_rails(arena, &picture, &options);
        for (size_t i = 0; i < COUNT(formats); i++) {
            CLEANUP(buffer_free) struct buffer buffer = {0};

            formats[i](arena, &picture, &options, &buffer);
            check_picture(buffer_text(&buffer));
        }
    }
}

void fuzz_manifest(struct arena *arena, struct text input)
{
    struct manifest manifest;
    struct order order;
    struct error *error = manifest_load(arena, fuzz_file(input), &manifest);

    if (!error) {
        error = graph_resolve(arena, &manifest);
        draw(arena, &manifest, error);
    }
    fuzz_check_error(arena, error);
    if (error)
        return;
    order_linearize(arena, &manifest, &order);
    assert(order.count == manifest.count);
    size_t *place = arena_array(arena, size_t, manifest.count); /* by position, from 1 */
    for (size_t i = 0; i < order.count; i++) {
        const struct revision *revision = order.steps[i];

        assert(!place[revision->position]);
        place[revision->position] = i + 1;
        for (size_t j = 0; j < revision->parent_count; j++)
            assert(place[revision->parents[j].revision->position]);
    }
}

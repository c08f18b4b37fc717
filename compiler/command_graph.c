#include "compiler/commands.h"
#include "compiler/picture.h"
#include "runtime/file.h"

const struct option command_graph_options[] = {
    {"svg", NULL, "write a file of SVG, for browsers and documents", 0, false},
    {"dot", NULL, "write the graph for Graphviz", 0, false},
    {"mermaid", NULL, "write the graph for Mermaid", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {"output", "FILE", "with --svg, --dot or --mermaid: where it goes", 'o', false},
    {"reverse", NULL, "put the newest revision first", 0, false},
    {"ascii", NULL, "draw rails with ASCII characters", 0, false},
    {0},
};

/* What a file can hold. */
static const struct format {
    const char *option;
    void (*write)(struct arena *arena, const struct picture *picture,
                  const struct picture_options *options, struct buffer *to);
} formats[] = {{"svg", picture_svg}, {"dot", picture_dot}, {"mermaid", picture_mermaid}};

/* format  NULL for none of them */
static struct error *choose_format(struct call *call, const struct format **format)
{
    size_t count = cli_has(call, "json");

    *format = NULL;
    for (size_t i = 0; i < COUNT(formats); i++)
        if (cli_has(call, formats[i].option)) {
            *format = &formats[i];
            count++;
        }
    if (count > 1)
        return cli_usage(call, "'--svg', '--dot', '--mermaid' and '--json' exclude each other");
    if (cli_has(call, "output") && !*format)
        return cli_usage(call, "'--output' goes with --svg, --dot or --mermaid");
    if (cli_has(call, "ascii") && count)
        return cli_usage(call, "'--ascii' is for rails, not for files");
    if (cli_has(call, "reverse") && cli_has(call, "json"))
        return cli_usage(call, "'--reverse' does not go with --json");
    return NULL;
}

static struct error *draw(struct call *call, const struct picture *picture,
                          const struct format *format)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct picture_options options = {cli_has(call, "ascii"), cli_has(call, "reverse")};
    struct text path = cli_value(call, "output");
    struct json json = {.to = &buffer};

    if (cli_has(call, "json")) {
        picture_json(picture, &json);
        buffer_add(&buffer, TEXT("\n"));
    } else if (format) {
        format->write(call->arena, picture, &options, &buffer);
    } else {
        picture_text(call->arena, call->report, picture, &options);
        return NULL;
    }
    if (path.bytes)
        return file_save(call->arena, path, 0644, true, buffer_text(&buffer));
    report_bytes(call->report, buffer_text(&buffer));
    return NULL;
}

struct error *command_graph(struct call *call)
{
    const struct format *format;
    struct manifest manifest;
    struct picture picture;
    struct error *error = choose_format(call, &format);

    if (!error)
        error = commands_load_manifest(call, &manifest);
    if (error)
        return error;
    /* A damaged graph is drawn, too, and refused behind its picture. */
    struct error *damage = graph_resolve(call->arena, &manifest);
    picture_new(call->arena, &manifest, damage, &picture);
    error = draw(call, &picture, format);
    return error ? error : damage;
}

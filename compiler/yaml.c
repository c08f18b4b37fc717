#include "compiler/yaml.h"

#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 16 }; /* a manifest needs five */

/* A collection whose end has not come yet. */
struct level {
    struct yaml_node *node, *last; /* its last item, or key */
};

struct reading {
    struct arena *arena;
    const struct source *source;
    yaml_parser_t parser;

    /* The same place in bytes of the source and in characters, as libyaml counts. */
    size_t offset, characters;

    struct level levels[DEPTH_MAX];
    size_t depth;
    struct yaml_node *root;
};

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a text",
        [YAML_SEQUENCE] = "a list",
        [YAML_MAPPING] = "a mapping",
    };

    return names[kind];
}

bool yaml_is_plain(struct text text, bool in_brackets)
{
    static const char *const nulls[] = {"null", "Null", "NULL"};
    unsigned char first = text.size ? (unsigned char)text.bytes[0] : ' ';

    if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') ||
          (first >= '0' && first <= '9') || first == '_' || first == '.' || first >= 0x80))
        return false;
    for (size_t i = 0; i < COUNT(nulls); i++)
        if (text_equal(text, text_from(nulls[i])))
            return false;
    for (size_t i = 0; in_brackets && i < text.size; i++)
        if (strchr(",[]{}:?", text.bytes[i]))
            return false;
    return text_all_printable(text) && !text_ends(text, TEXT(" ")) && !text_ends(text, TEXT(":")) &&
           text_find(text, TEXT(": ")) == text.size && text_find(text, TEXT(" #")) == text.size;
}

bool yaml_is_flow(const struct yaml_node *node)
{
    struct text first = text_slice(node->span.source->text, node->span.offset, 1);

    return node->kind != YAML_SCALAR &&
           (text_equal(first, TEXT("[")) || text_equal(first, TEXT("{")));
}

static struct error *refuse_byte(struct arena *arena, const struct source *source, size_t offset)
{
    struct text rest = text_slice(source->text, offset, 4), front = rest;
    int32_t code_point = text_next(&rest);
    struct span span = {source, offset, front.size - rest.size};

    if (code_point < 0)
        return error_at(arena, ERROR_INPUT, span, "the byte 0x%02X is not UTF-8",
                        (unsigned char)front.bytes[0]);
    if (code_point == '\t')
        return error_hint(arena, error_at(arena, ERROR_INPUT, span, "tabs are not allowed"),
                          "Write blanks instead.");
    if (code_point == 0xfeff)
        return error_at(arena, ERROR_INPUT, span,
                        "a byte-order mark is allowed at the very beginning only");
    return error_at(arena, ERROR_INPUT, span, "the character U+%04X is not allowed",
                    (unsigned)code_point);
}

/*
 * Whatever a reader of the file could not see. It takes with it the characters on which libyaml and
 * an editor disagree about where a line ends (YAML 1.1, 5.4).
 */
static struct error *check_characters(struct arena *arena, const struct source *source, size_t at)
{
    struct text text = source->text;

    while (at < text.size) {
        unsigned char byte = (unsigned char)text.bytes[at];

        if ((byte >= ' ' && byte < 0x7f) || byte == '\n' || byte == '\r') {
            at++;
            continue;
        }
        struct text rest = text_slice(text, at, 4);
        size_t size = rest.size;
        if (!text_is_printable(text_next(&rest)))
            return refuse_byte(arena, source, at);
        at += size - rest.size;
    }
    return NULL;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Bytes for characters. Marks hardly ever go back, so that walking there costs linear time. */
static size_t offset_of(struct reading *reading, yaml_mark_t mark)
{
    struct text text = reading->source->text;

    while (reading->characters < mark.index && reading->offset < text.size) {
        do
            reading->offset++;
        while (reading->offset < text.size && is_continuation(text.bytes[reading->offset]));
        reading->characters++;
    }
    while (reading->characters > mark.index) {
        do
            reading->offset--;
        while (is_continuation(text.bytes[reading->offset]));
        reading->characters--;
    }
    return reading->offset;
}

static size_t end_of(struct span span)
{
    return span.offset + span.size;
}

/* How to undo the mistakes that people make in manifests; NULL where that is not plain to see. */
static const char *syntax_hint(struct text problem, struct place place)
{
    static const char colon_problem[] = "mapping values are not allowed in this context";
    static const char columns_hint[] = "Begin all keys of a mapping in the same column.";
    static const struct {
        const char *problem, *hint;
    } hints[] = {
        {"found character that cannot start any token",
         "Put a text that begins with this character in quotes."},
        {"could not find expected ':'", "Write ': ' between a key and its value."},
        {"did not find expected key", columns_hint},
        {"found unknown escape character", "Use single quotes: between them '\\' is a character."},
    };

    if (text_equal(problem, text_from(colon_problem))) {
        struct text before = text_slice(place.text, 0, place.offset);
        return text_find(before, TEXT(": ")) < before.size
                   ? "Put a text that contains ': ' in quotes."
                   : columns_hint;
    }
    for (size_t i = 0; i < COUNT(hints); i++)
        if (text_equal(problem, text_from(hints[i].problem)))
            return hints[i].hint;
    return NULL;
}

/* In libyaml's own words. */
static struct error *syntax_error(struct reading *reading)
{
    struct arena *arena = reading->arena;
    const yaml_parser_t *parser = &reading->parser;

    if (parser->error == YAML_MEMORY_ERROR)
        arena_exhausted();

    struct span context = {reading->source, offset_of(reading, parser->context_mark), 0};
    struct span span = {reading->source, offset_of(reading, parser->problem_mark), 0};
    struct text problem = text_from(parser->problem ? parser->problem : "this is not YAML");

    /* Here libyaml has gone on to where the colon could have come at the latest. */
    if (text_equal(problem, TEXT("could not find expected ':'")))
        span = context;

    struct error *error = error_at(arena, ERROR_INPUT, span, "%s", problem.bytes);
    const char *hint = syntax_hint(problem, span_place(span));
    if (parser->context && context.offset != span.offset)
        error_note(arena, error, context, "%s", parser->context);
    return hint ? error_hint(arena, error, "%s", hint) : error;
}

/* Anchors, aliases and tags each begin with a character that begins no text. */
static struct error *check_property(struct reading *reading, size_t offset)
{
    static const struct {
        char sign;
        const char *what;
    } properties[] = {{'&', "anchors"}, {'*', "aliases"}, {'!', "tags"}};
    struct text rest = text_slice(reading->source->text, offset, SIZE_MAX);

    for (size_t i = 0; rest.size && i < COUNT(properties); i++) {
        if (rest.bytes[0] != properties[i].sign)
            continue;
        size_t size = 1;
        while (size < rest.size && !strchr(" \r\n,]}", rest.bytes[size]))
            size++;
        return error_at(reading->arena, ERROR_INPUT, (struct span){reading->source, offset, size},
                        "%s are not allowed", properties[i].what);
    }
    return NULL;
}

static struct error *add_node(struct reading *reading, struct yaml_node *node)
{
    if (reading->depth == 0) {
        reading->root = node;
        return NULL;
    }

    struct level *level = &reading->levels[reading->depth - 1];
    if (level->node->kind == YAML_MAPPING && level->last && !level->last->value) {
        level->last->value = node;
        return NULL;
    }
    if (level->node->kind == YAML_MAPPING && node->kind != YAML_SCALAR)
        return error_at(reading->arena, ERROR_INPUT,
                        (struct span){reading->source, node->span.offset, 1},
                        "a key must be a text, not %s", yaml_kind_name(node->kind));
    if (level->last)
        level->last->next = node;
    else
        level->node->first = node;
    level->last = node;
    level->node->count++;
    return NULL;
}

static struct text scalar_text(struct reading *reading, const yaml_event_t *event, size_t start)
{
    struct text text = {(const char *)event->data.scalar.value, event->data.scalar.length};
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    struct text written = text_slice(reading->source->text, start + (plain ? 0 : 1), text.size);

    return text_equal(text, written) ? written : arena_copy(reading->arena, text);
}

static struct error *add_scalar(struct reading *reading, const yaml_event_t *event)
{
    size_t start = offset_of(reading, event->start_mark);
    struct error *error = check_property(reading, start);

    if (error)
        return error;

    struct yaml_node *node = arena_one(reading->arena, struct yaml_node);
    *node = (struct yaml_node){
        .kind = YAML_SCALAR,
        .plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE,
        .span = {reading->source, start, offset_of(reading, event->end_mark) - start},
        .text = scalar_text(reading, event, start),
    };
    return add_node(reading, node);
}

static struct error *open_collection(struct reading *reading, const yaml_event_t *event,
                                     enum yaml_kind kind)
{
    size_t start = offset_of(reading, event->start_mark);
    struct error *error = check_property(reading, start);

    if (error)
        return error;
    if (reading->depth == DEPTH_MAX)
        return error_at(reading->arena, ERROR_INPUT, (struct span){reading->source, start, 1},
                        "nesting is deeper than %d levels", DEPTH_MAX);

    struct yaml_node *node = arena_one(reading->arena, struct yaml_node);
    *node = (struct yaml_node){.kind = kind, .span = {reading->source, start, 0}};
    error = add_node(reading, node);
    if (error)
        return error;
    reading->levels[reading->depth++] = (struct level){.node = node};
    return NULL;
}

/* Without a closing bracket, libyaml sees the end only where something else begins. */
static void close_collection(struct reading *reading, const yaml_event_t *event)
{
    struct level level = reading->levels[--reading->depth];
    size_t end = offset_of(reading, event->end_mark);

    if (level.last && event->start_mark.index == event->end_mark.index)
        end = end_of(level.last->value ? level.last->value->span : level.last->span);
    level.node->span.size = end - level.node->span.offset;
}

static struct error *open_document(struct reading *reading, const yaml_event_t *event)
{
    size_t start = offset_of(reading, event->start_mark);
    size_t size = event->end_mark.index - event->start_mark.index; /* of "---", or nothing */

    if (event->data.document_start.version_directive ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end)
        return error_at(reading->arena, ERROR_INPUT, (struct span){reading->source, start, 1},
                        "directives are not allowed");
    if (reading->root)
        return error_at(reading->arena, ERROR_INPUT, (struct span){reading->source, start, size},
                        "a file holds one document, and here a second one begins");
    return NULL;
}

static struct error *read_event(struct reading *reading, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return open_document(reading, event);
    case YAML_ALIAS_EVENT:
        return check_property(reading, offset_of(reading, event->start_mark));
    case YAML_SCALAR_EVENT:
        return add_scalar(reading, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(reading, event, YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return open_collection(reading, event, YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(reading, event);
        return NULL;
    case YAML_STREAM_END_EVENT:
        if (!reading->root)
            return error_at(reading->arena, ERROR_INPUT, (struct span){.source = reading->source},
                            "the file is empty");
        return NULL;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return NULL;
    }
    return NULL;
}

static void reading_close(struct reading *reading)
{
    yaml_parser_delete(&reading->parser);
}

struct error *yaml_read(struct arena *arena, const struct source *source, struct yaml_node **root)
{
    size_t mark_size = text_starts(source->text, TEXT("\xef\xbb\xbf")) ? 3 : 0;
    struct error *error = check_characters(arena, source, mark_size);

    if (error)
        return error;

    /* A byte-order mark is not shown to libyaml, which would count it or not as it happens. */
    CLEANUP(reading_close)
    struct reading reading = {.arena = arena, .source = source, .offset = mark_size};
    if (!yaml_parser_initialize(&reading.parser))
        arena_exhausted();
    struct text text = text_slice(source->text, mark_size, SIZE_MAX);
    const char *bytes = text.bytes ? text.bytes : "";
    yaml_parser_set_encoding(&reading.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reading.parser, (const unsigned char *)bytes, text.size);

    for (bool ended = false; !ended && !error;) {
        CLEANUP(yaml_event_delete) yaml_event_t event = {0};

        if (!yaml_parser_parse(&reading.parser, &event))
            return syntax_error(&reading);
        error = read_event(&reading, &event);
        ended = event.type == YAML_STREAM_END_EVENT;
    }
    if (error)
        return error;
    *root = reading.root;
    return NULL;
}

#include "compiler/section.h"

/* What a line is to the tool. */
enum mark {
    MARK_NONE,
    MARK_UP,
    MARK_DOWN,
    MARK_NO_TRANSACTION, /* of the whole file */
    MARK_BEGIN,          /* of a statement that may hold semicolons; ours are cut by a lexer */
    MARK_END,
    MARK_VARIABLES,
    MARK_UNKNOWN,
};

struct line {
    struct text text; /* without its end, blanks behind it off */
    size_t offset, end;
};

struct sections {
    struct arena *arena;
    const struct source *source;
    enum section section;
    struct section_side *sides;
    struct section_side *side; /* the script that the line belongs to; NULL before the first */
    bool is_outside;           /* MARK_NO_TRANSACTION was met */
    struct line stray;         /* the first statement before any script; without text for none */
    struct span begun;         /* MARK_BEGIN, as long as MARK_END is missing */
    struct errors errors;
};

static const struct {
    const char *name, *up, *down, *marks;
} tools[] = {
    [SECTION_GOOSE] = {"goose", "-- +goose Up", "-- +goose Down",
                       "Up, Down, StatementBegin, StatementEnd and NO TRANSACTION"},
    [SECTION_DBMATE] = {"dbmate", "-- migrate:up", "-- migrate:down",
                        "migrate:up and migrate:down, with 'transaction:false' behind them or not"},
};

struct text section_name(enum section section)
{
    return text_from(tools[section].name);
}

bool section_find(struct text name, enum section *section)
{
    for (enum section i = SECTION_GOOSE; i < COUNT(tools); i++)
        if (text_equal(name, section_name(i))) {
            *section = i;
            return true;
        }
    return false;
}

const char *section_mark(enum section section, enum script_kind kind)
{
    return kind == SCRIPT_UP ? tools[section].up : tools[section].down;
}

static struct text behind(struct text text, struct text prefix)
{
    return text_trim(text_slice(text, prefix.size, text.size));
}

/* A mark begins its line, and its words are compared without regard to case: goose v3.24. */
static enum mark goose_mark(struct text line)
{
    static const struct {
        const char *words;
        enum mark mark;
    } marks[] = {
        {"Up", MARK_UP},
        {"Down", MARK_DOWN},
        {"NO TRANSACTION", MARK_NO_TRANSACTION},
        {"StatementBegin", MARK_BEGIN},
        {"StatementEnd", MARK_END},
        {"ENVSUB ON", MARK_VARIABLES},
        {"ENVSUB OFF", MARK_NONE},
        {"ENVSUBST ON", MARK_VARIABLES}, /* its name at first */
        {"ENVSUBST OFF", MARK_NONE},
    };
    struct text words;

    if (!text_starts(line, TEXT("--")))
        return MARK_NONE;
    words = behind(line, TEXT("--"));
    if (!text_starts(words, TEXT("+goose")))
        return MARK_NONE;
    words = behind(words, TEXT("+goose"));
    for (size_t i = 0; i < COUNT(marks); i++)
        if (text_equal_ascii_case(words, text_from(marks[i].words)))
            return marks[i].mark;
    return MARK_UNKNOWN;
}

/* Behind the mark of dbmate, nothing or a blank and options. returns  false for another word */
static bool is_end_of_mark(struct text rest)
{
    return !rest.size || rest.bytes[0] == ' ' || rest.bytes[0] == '\t';
}

static enum mark dbmate_mark(struct text line)
{
    if (!text_starts(line, TEXT("--")))
        return MARK_NONE;
    struct text words = behind(line, TEXT("--"));
    if (!text_starts(words, TEXT("migrate:")))
        return MARK_NONE;
    words = text_slice(words, TEXT("migrate:").size, words.size);
    if (text_starts(words, TEXT("up")) && is_end_of_mark(text_slice(words, 2, words.size)))
        return MARK_UP;
    if (text_starts(words, TEXT("down")) && is_end_of_mark(text_slice(words, 4, words.size)))
        return MARK_DOWN;
    return MARK_UNKNOWN;
}

static struct error *refuse(struct sections *sections, const struct line *line, const char *format,
                            ...) FORMAT(3, 4);

static struct error *refuse(struct sections *sections, const struct line *line, const char *format,
                            ...)
{
    struct span span = {sections->source, line->offset, line->text.size};
    va_list values;

    va_start(values, format);
    struct text message = arena_format_list(sections->arena, format, values);
    va_end(values);
    struct error *error = error_at(sections->arena, ERROR_INPUT, span, "%s", message.bytes);
    errors_add(&sections->errors, error);
    return error;
}

static bool says_no_transaction(struct text line)
{
    struct text option = TEXT("transaction:false");
    size_t at = text_find(line, option);
    struct text rest = text_slice(line, at + option.size, line.size);

    return at < line.size && is_end_of_mark(rest) &&
           (line.bytes[at - 1] == ' ' || line.bytes[at - 1] == '\t');
}

/* Another mark comes, or the end: a statement that was begun must have ended. */
static void check_begun(struct sections *sections)
{
    if (sections->begun.source)
        errors_add(&sections->errors, error_at(sections->arena, ERROR_INPUT, sections->begun,
                                               "no '-- +goose StatementEnd' follows this"));
    sections->begun = (struct span){0};
}

static void close_side(struct sections *sections, size_t end)
{
    if (sections->side)
        sections->side->part.size = end - sections->side->part.offset;
}

static void begin_side(struct sections *sections, const struct line *line, enum script_kind kind)
{
    struct section_side *side = &sections->sides[kind];

    if (side->is_there) {
        struct error *error =
            refuse(sections, line, "'%s' is there twice", section_mark(sections->section, kind));
        error_note(sections->arena, error, side->mark, "first here");
        return;
    }
    if (kind == SCRIPT_DOWN && !sections->side)
        refuse(sections, line, "'%s' stands before '%s'", section_mark(sections->section, kind),
               section_mark(sections->section, SCRIPT_UP));
    check_begun(sections);
    close_side(sections, line->offset);
    *side = (struct section_side){
        .is_there = true,
        .part = {line->end, 0},
        .mark = {sections->source, line->offset, line->text.size},
        .transactional = !says_no_transaction(line->text),
    };
    sections->side = side;
}

static bool is_comment(struct text line)
{
    struct text trimmed = text_trim(line);

    return !trimmed.size || text_starts(trimmed, TEXT("--"));
}

static void read_line(struct sections *sections, const struct line *line)
{
    enum mark mark =
        sections->section == SECTION_GOOSE ? goose_mark(line->text) : dbmate_mark(line->text);

    switch (mark) {
    case MARK_UP:
    case MARK_DOWN:
        begin_side(sections, line, mark == MARK_UP ? SCRIPT_UP : SCRIPT_DOWN);
        return;
    case MARK_NO_TRANSACTION:
        sections->is_outside = true;
        return;
    case MARK_BEGIN:
        check_begun(sections);
        sections->begun = (struct span){sections->source, line->offset, line->text.size};
        return;
    case MARK_END:
        if (!sections->begun.source)
            refuse(sections, line, "no '-- +goose StatementBegin' stands before this");
        sections->begun = (struct span){0};
        return;
    case MARK_VARIABLES:
        error_hint(sections->arena,
                   refuse(sections, line, "variables of the environment are not filled in"),
                   "Write their values into the script, and delete this line.");
        return;
    case MARK_UNKNOWN:
        error_hint(sections->arena,
                   refuse(sections, line, "%.*s has no such mark",
                          TEXT_ARGS(section_name(sections->section))),
                   "It has %s.", tools[sections->section].marks);
        return;
    case MARK_NONE:
        break;
    }
    if (!sections->side && !sections->stray.text.size && !is_comment(line->text))
        sections->stray = *line;
}

/* A byte-order mark is not part of the first line. */
static struct line next_line(struct text text, size_t at)
{
    size_t offset = at == 0 && text_starts(text, TEXT("\xef\xbb\xbf")) ? 3 : at;
    struct text rest = text_slice(text, offset, text.size);
    size_t size = text_find_byte(rest, '\n'), shown = size;

    while (shown && (rest.bytes[shown - 1] == '\r' || rest.bytes[shown - 1] == ' ' ||
                     rest.bytes[shown - 1] == '\t'))
        shown--;
    return (struct line){
        .text = text_slice(rest, 0, shown),
        .offset = offset,
        .end = offset + size + (size < rest.size ? 1 : 0),
    };
}

struct error *section_read(struct arena *arena, const struct source *source, enum section section,
                           struct section_side sides[static SECTION_SIDE_COUNT])
{
    struct section_side found[SECTION_SIDE_COUNT] = {{0}};
    struct sections sections = {
        .arena = arena, .source = source, .section = section, .sides = found};
    struct line line = {0};

    for (size_t at = 0; at < source->text.size && !errors_full(&sections.errors); at = line.end) {
        line = next_line(source->text, at);
        read_line(&sections, &line);
    }
    close_side(&sections, source->text.size);
    check_begun(&sections);
    if (!found[SCRIPT_UP].is_there && !sections.errors.count) {
        line = next_line(source->text, 0);
        error_hint(
            arena,
            refuse(&sections, &line, "the file has no '%s'", section_mark(section, SCRIPT_UP)),
            "The up script begins behind such a line.");
    } else if (sections.stray.text.size && !sections.errors.count) {
        error_hint(arena,
                   refuse(&sections, &sections.stray, "a statement stands before '%s'",
                          section_mark(section, SCRIPT_UP)),
                   "Put it behind that line.");
    }
    if (sections.errors.count)
        return errors_sorted(&sections.errors);
    for (size_t i = 0; i < SECTION_SIDE_COUNT; i++) {
        found[i].transactional &= !sections.is_outside;
        sides[i] = found[i];
    }
    return NULL;
}

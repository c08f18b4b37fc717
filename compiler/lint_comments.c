#include "compiler/lint_parts.h"

#include <string.h>

/* What the comments of a script say to sqlferry, and of its parents. */

/* Walks a script from one comment to the next, each part of it once. */
struct walk {
    struct lint *lint;
    struct lint_text *text;
    size_t statement;      /* the first that ends behind here */
    struct reading inside; /* of that statement, as far as it was read */
    bool is_inside;
    size_t block_end;            /* of comment lines that stand above a statement, or none */
    size_t block_from, block_to; /* of that statement */
};

static size_t line_start(struct text text, size_t at)
{
    while (at > 0 && text.bytes[at - 1] != '\n')
        at--;
    return at;
}

static struct statement statement_at(const struct walk *walk, size_t i)
{
    return walk->text->script->statements[i];
}

static size_t end_of(struct statement statement)
{
    return statement.offset + statement.size;
}

/* In front of it there are blanks, and the two dashes of a comment. */
static bool is_comment(struct text text, size_t at)
{
    while (at > 0 && (text.bytes[at - 1] == ' ' || text.bytes[at - 1] == '\t'))
        at--;
    return at >= 2 && text.bytes[at - 1] == '-' && text.bytes[at - 2] == '-';
}

/* Inside a statement, it may be part of a string or a name. */
static bool is_in_token(struct walk *walk, size_t at)
{
    struct statement statement = statement_at(walk, walk->statement);

    if (!walk->is_inside)
        walk->inside = reading_begin(walk->lint->dialect, walk->text->text, statement.offset,
                                     end_of(statement));
    walk->is_inside = true;
    while (walk->inside.token.kind != TOKEN_END &&
           walk->inside.token.offset + walk->inside.token.size <= at)
        reading_next(&walk->inside);
    return walk->inside.token.kind != TOKEN_END && walk->inside.token.offset <= at;
}

static bool is_comment_line(struct text text, size_t line)
{
    while (line < text.size && (text.bytes[line] == ' ' || text.bytes[line] == '\t'))
        line++;
    return text_starts(text_slice(text, line, text.size), TEXT("--"));
}

/* The bytes that a comment at this place speaks for. */
static void find_range(struct walk *walk, size_t at, struct lint_allow *allow)
{
    const struct script *script = walk->text->script;
    struct text text = walk->text->text;
    size_t i = walk->statement, start = line_start(text, at);

    if (i < script->count && statement_at(walk, i).offset <= at) {
        allow->from = statement_at(walk, i).offset;
        allow->to = end_of(statement_at(walk, i));
        return;
    }
    if (i > 0 && end_of(statement_at(walk, i - 1)) > start) { /* behind it, on its last line */
        allow->to = end_of(statement_at(walk, i - 1));
        while (i > 0 && end_of(statement_at(walk, i - 1)) > start)
            i--;
        allow->from = statement_at(walk, i).offset;
        return;
    }
    if (at >= walk->block_end) { /* above it, with nothing but comments between */
        size_t line = at;

        walk->block_from = walk->block_to = 0;
        do
            line += text_find_byte(text_slice(text, line, text.size), '\n') + 1;
        while (is_comment_line(text, line));
        walk->block_end = line;
        if (i < script->count && statement_at(walk, i).offset >= line &&
            line_start(text, statement_at(walk, i).offset) == line) {
            walk->block_from = statement_at(walk, i).offset;
            walk->block_to = end_of(statement_at(walk, i));
        }
    }
    allow->from = walk->block_from;
    allow->to = walk->block_to;
}

static void complain(struct walk *walk, struct text word, struct text message, const char *nearest)
{
    struct lint *lint = walk->lint;
    struct reading reading = {.lexer = {.bytes = walk->text->text.bytes}};
    struct token at = {TOKEN_OTHER, (size_t)(word.bytes - walk->text->text.bytes), word.size};
    struct lint_spot *spot =
        lint_report(lint, LINT_UNKNOWN_ALLOW, &reading, at, message, TEXT(""), TEXT(""));

    if (spot && nearest)
        spot->hint = arena_format(lint->arena, "Did you mean '%s'?", nearest);
}

static bool is_id_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || byte == '-' || (byte >= '0' && byte <= '9') ||
           byte == '_' || (byte >= 'A' && byte <= 'Z');
}

static struct text take_word(struct text *rest)
{
    size_t start = 0, end;

    while (start < rest->size && (rest->bytes[start] == ' ' || rest->bytes[start] == '\t'))
        start++;
    for (end = start; end < rest->size && is_id_byte(rest->bytes[end]); end++)
        ;
    struct text word = text_slice(*rest, start, end - start);
    *rest = text_slice(*rest, end, rest->size);
    return word;
}

static void add_allow(struct walk *walk, struct text id, size_t at)
{
    struct lint *lint = walk->lint;
    struct lint_allow allow = {.size = id.size};

    allow.offset = (size_t)(id.bytes - walk->text->text.bytes);
    if (!lint_rules_find(id, &allow.rule)) {
        complain(walk, id, arena_format(lint->arena, "there is no rule '%.*s'", TEXT_ARGS(id)),
                 lint_rules_nearest(id));
        return;
    }
    find_range(walk, at, &allow);
    lint_keep_allow(lint, walk->text, &allow);
}

/* Behind "ferry:", to the end of the line. */
static void read_directive(struct walk *walk, size_t at)
{
    struct text rest = text_slice(walk->text->text, at, walk->text->text.size);
    size_t end = text_find_byte(rest, '\n');

    rest = text_slice(rest, 0, end);
    struct text word = take_word(&rest);
    if (!text_equal(word, TEXT("allow"))) {
        complain(walk, word,
                 arena_format(walk->lint->arena, "'%.*s' is nothing that sqlferry understands here",
                              TEXT_ARGS(word)),
                 text_distance(word, TEXT("allow"), 2) <= 2 ? "allow" : NULL);
        return;
    }
    do {
        struct text id = take_word(&rest);

        if (!id.size) {
            complain(walk, word, TEXT("'allow' names no rule"), NULL);
            return;
        }
        add_allow(walk, id, at);
        if (!text_starts(rest, TEXT(",")))
            return;
        rest = text_slice(rest, 1, rest.size);
    } while (rest.size);
}

void lint_read_allows(struct lint *lint)
{
    struct text mark = TEXT("ferry:");
    struct lint_text *text = &lint->texts[lint->kind];
    struct walk walk = {.lint = lint, .text = text};

    for (size_t at = 0;; at += mark.size) {
        at += text_find(text_slice(text->text, at, text->text.size), mark);
        if (at == text->text.size)
            return;
        while (walk.statement < text->script->count &&
               end_of(statement_at(&walk, walk.statement)) <= at) {
            walk.statement++;
            walk.is_inside = false;
        }
        if (!is_comment(text->text, at))
            continue;
        if (walk.statement < text->script->count &&
            statement_at(&walk, walk.statement).offset <= at && is_in_token(&walk, at))
            continue;
        read_directive(&walk, at + mark.size);
    }
}

static bool is_parent(const struct revision *revision, struct text id)
{
    for (size_t i = 0; i < revision->parent_count; i++)
        if (text_equal(revision->parents[i].id, id))
            return true;
    return false;
}

static bool is_nothing(struct text id)
{
    return text_equal(id, TEXT("None")) || text_equal(id, TEXT("base")) ||
           text_equal(id, TEXT("<base>"));
}

/* Takes what may stand between the ids of a list: blanks, brackets, quotes. */
static void skip_between(struct text *rest)
{
    size_t at = 0;

    while (at < rest->size && strchr(" \t\r()[]'\"", rest->bytes[at]))
        at++;
    *rest = text_slice(*rest, at, rest->size);
}

/* The next id of a list with commas; what follows the last one is something else. */
static struct text take_id(struct text *rest)
{
    size_t size = 0;

    skip_between(rest);
    while (size < rest->size && !strchr(" \t\r,()[]'\"", rest->bytes[size]))
        size++;
    struct text id = text_slice(*rest, 0, size);
    *rest = text_slice(*rest, size, rest->size);
    skip_between(rest);
    *rest = text_starts(*rest, TEXT(",")) ? text_slice(*rest, 1, rest->size) : TEXT("");
    return id;
}

/* Whether the ids are the parents, each of them. */
static bool are_parents(const struct revision *revision, struct text ids)
{
    size_t count = 0;

    for (struct text id = take_id(&ids); id.size; id = take_id(&ids)) {
        if (is_nothing(id))
            continue;
        if (!is_parent(revision, id))
            return false;
        count++;
    }
    return count == revision->parent_count;
}

static struct text list_parents(struct lint *lint)
{
    const struct revision *revision = lint->revision;
    struct text list = TEXT("none");

    for (size_t i = 0; i < revision->parent_count; i++)
        list = arena_format(lint->arena, "%.*s%s'%.*s'", i ? (int)list.size : 0, list.bytes,
                            i ? ", " : "", TEXT_ARGS(revision->parents[i].id));
    return list;
}

/* "-- Revises: ID" in front of the first statement. */
void lint_check_parents(struct lint *lint)
{
    struct lint_text *text = &lint->texts[lint->kind];
    struct text mark = TEXT("Revises:");
    size_t end = text->script->count ? text->script->statements[0].offset : text->text.size;
    struct text front = text_slice(text->text, 0, end);
    size_t at = text_find(front, mark);

    if (at == front.size || !is_comment(front, at))
        return;
    struct text ids = text_slice(front, at + mark.size, front.size);
    ids = text_trim(text_slice(ids, 0, text_find_byte(ids, '\n')));
    if (are_parents(lint->revision, ids))
        return;
    struct reading reading = {.lexer = {.bytes = text->text.bytes}};
    struct token token = {TOKEN_OTHER, ids.size ? (size_t)(ids.bytes - text->text.bytes) : at,
                          ids.size ? ids.size : mark.size};
    lint_report(lint, LINT_PARENTS_MISMATCH, &reading, token,
                ids.size ? arena_format(lint->arena, "'%.*s'", TEXT_ARGS(ids)) : TEXT("nothing"),
                list_parents(lint), TEXT(""));
}

/*
 * Writes sources that hold all of their mutants, each of them asleep behind mutant_is(NUMBER), so
 * that one build serves for all:
 *
 *     mutate FOLDER SOURCE.c...    writes FOLDER/SOURCE.c and FOLDER/list
 *
 * It reads tokens, not C: conditions, operands, comparisons and returns are found by their brackets
 * and by the precedence of operators. What it knows of declarations is that a static one, an enum
 * and a static_assert must stay constant. The list has a line for each mutant: number, line in the
 * source, then what names it wherever it stands: file, function, and what was done to which text.
 *
 *     if (C)          is never taken; is always taken        also of ?:
 *     while, for (C)  is never entered
 *     A && B, A || B  without A; without B                   what A does is done all the same
 *     A == B          is negated, as are the others; < and <=, > and >= take each other's place;
 *                     one that is no condition by itself is true; is false
 *     return X;       is left out; gives true, false, NULL   as the function's type allows
 */
#include "runtime/file.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_SIZE_MAX = 1 << 20, ARENA_SIZE = 512 << 20 };

enum token_kind { WORD, LITERAL, MARK, DIRECTIVE, END };

struct token {
    enum token_kind kind;
    struct text text;
    struct text gap; /* blanks and comments in front of it */
    size_t line;
    size_t partner; /* of a bracket: the one it belongs to */
};

struct name {
    struct text text;
    struct name *next;
};

/* What a piece of an expression is for: whether it is mutated as a whole by whoever holds it. */
enum role { VALUE, CONDITION };

struct mutator {
    struct arena *arena;
    const char *file; /* its name without folders */
    struct token *tokens;
    size_t count;
    struct text function;
    bool gives_bool, gives_error;
    unsigned *number; /* of the last mutant, over all sources */
    FILE *list;
    struct name *names; /* those of this source, to tell equal ones apart */
};

/* Tokens */

static size_t literal_size(struct text rest)
{
    size_t size = 1;

    while (size < rest.size && rest.bytes[size] != rest.bytes[0])
        size += rest.bytes[size] == '\\' ? 2 : 1;
    return size + 1;
}

static size_t directive_size(struct text rest)
{
    size_t size = 0;

    while (size < rest.size && rest.bytes[size] != '\n')
        size += rest.bytes[size] == '\\' ? 2 : 1;
    return size;
}

static size_t word_size(struct text rest)
{
    size_t size = 0;

    while (size < rest.size &&
           (isalnum((unsigned char)rest.bytes[size]) || rest.bytes[size] == '_'))
        size++;
    return size;
}

static size_t gap_size(struct text rest)
{
    static const struct {
        struct text from, to;
    } comments[] = {{TEXT("/*"), TEXT("*/")}, {TEXT("//"), TEXT("\n")}};
    size_t size = 0;

    for (;;) {
        struct text ahead = text_slice(rest, size, rest.size);
        size_t before = size;

        if (ahead.size && isspace((unsigned char)ahead.bytes[0]))
            size++;
        for (size_t i = 0; i < COUNT(comments); i++)
            if (text_starts(ahead, comments[i].from))
                size += text_find(ahead, comments[i].to) + comments[i].to.size;
        if (size == before)
            return size;
    }
}

static size_t mark_size(struct text rest)
{
    static const struct text marks[] = {
        TEXT("..."), TEXT("<<="), TEXT(">>="), TEXT("&&"), TEXT("||"), TEXT("=="),
        TEXT("!="),  TEXT("<="),  TEXT(">="),  TEXT("<<"), TEXT(">>"), TEXT("->"),
        TEXT("++"),  TEXT("--"),  TEXT("+="),  TEXT("-="), TEXT("*="), TEXT("/="),
        TEXT("%="),  TEXT("&="),  TEXT("|="),  TEXT("^="),
    };

    for (size_t i = 0; i < COUNT(marks); i++)
        if (text_starts(rest, marks[i]))
            return marks[i].size;
    return 1;
}

static size_t lines_in(struct text text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.size; i++)
        count += text.bytes[i] == '\n';
    return count;
}

static struct token next_token(struct text *rest)
{
    struct token token = {.gap = text_slice(*rest, 0, gap_size(*rest))};
    size_t size;

    *rest = text_slice(*rest, token.gap.size, rest->size);
    if (rest->size == 0) {
        token.kind = END;
        return token;
    }
    char first = rest->bytes[0];
    if (first == '"' || first == '\'') {
        token.kind = LITERAL;
        size = literal_size(*rest);
    } else if (first == '#') {
        token.kind = DIRECTIVE;
        size = directive_size(*rest);
    } else if ((size = word_size(*rest)) > 0) {
        token.kind = WORD;
    } else {
        token.kind = MARK;
        size = mark_size(*rest);
    }
    token.text = text_slice(*rest, 0, size);
    *rest = text_slice(*rest, size, rest->size);
    return token;
}

static bool is(const struct token *token, const char *text)
{
    return text_equal(token->text, text_from(text));
}

static bool opens(const struct token *token)
{
    return is(token, "(") || is(token, "[") || is(token, "{");
}

static bool closes(const struct token *token)
{
    return is(token, ")") || is(token, "]") || is(token, "}");
}

static void read_tokens(struct mutator *mutator, struct text source)
{
    size_t *open = arena_array(mutator->arena, size_t, source.size + 1), depth = 0, line = 1;

    mutator->tokens = arena_array(mutator->arena, struct token, source.size + 1);
    for (;;) {
        struct token *token = &mutator->tokens[mutator->count];

        *token = next_token(&source);
        line += lines_in(token->gap);
        token->line = line;
        line += lines_in(token->text);
        if (token->kind == END)
            return;
        if (opens(token)) {
            open[depth++] = mutator->count;
        } else if (closes(token) && depth > 0) {
            token->partner = open[--depth];
            mutator->tokens[token->partner].partner = mutator->count;
        }
        mutator->count++;
    }
}

/* Mutants. A range of tokens goes from its first to the one behind its last. */

static struct text plain(const struct mutator *mutator, size_t from, size_t to)
{
    CLEANUP(buffer_free) struct buffer text = {0};

    for (size_t i = from; i < to; i++) {
        buffer_add(&text, mutator->tokens[i].gap);
        buffer_add(&text, mutator->tokens[i].text);
    }
    return arena_copy(mutator->arena, buffer_text(&text));
}

/* The same on one line, without comments and without a blank in front. */
static struct text shown(const struct mutator *mutator, size_t from, size_t to)
{
    CLEANUP(buffer_free) struct buffer text = {0};

    for (size_t i = from; i < to; i++) {
        if (i > from && mutator->tokens[i].gap.size)
            buffer_add(&text, TEXT(" "));
        buffer_add(&text, mutator->tokens[i].text);
    }
    return arena_copy(mutator->arena, buffer_text(&text));
}

/* Adds a line to the list. returns  the call that asks for it */
static const char *add_mutant(struct mutator *mutator, size_t at, const char *format, ...)
    FORMAT(3, 4);

static const char *add_mutant(struct mutator *mutator, size_t at, const char *format, ...)
{
    struct name *name = arena_one(mutator->arena, struct name);
    size_t equal = 1;
    va_list values;

    va_start(values, format);
    struct text what = arena_format_list(mutator->arena, format, values);
    va_end(values);
    name->text = arena_format(mutator->arena, "%s %.*s: %.*s", mutator->file,
                              TEXT_ARGS(mutator->function), TEXT_ARGS(what));
    for (const struct name *other = mutator->names; other; other = other->next)
        equal += text_equal(other->text, name->text);
    name->next = mutator->names;
    mutator->names = name;

    fprintf(mutator->list, "%u\t%zu\t%.*s", ++*mutator->number, mutator->tokens[at].line,
            TEXT_ARGS(name->text));
    if (equal > 1)
        fprintf(mutator->list, " (%zu)", equal);
    fputc('\n', mutator->list);
    return arena_format(mutator->arena, "mutant_is(%u)", *mutator->number).bytes;
}

/* Expressions */

static struct text expression(struct mutator *mutator, size_t from, size_t to, enum role role);

/* The first of these marks outside brackets; to where there is none. */
static size_t find_mark(const struct mutator *mutator, size_t from, size_t to,
                        const char *const *marks)
{
    for (size_t i = from; i < to; i++) {
        const struct token *token = &mutator->tokens[i];

        for (const char *const *mark = marks; token->kind == MARK && *mark; mark++)
            if (is(token, *mark))
                return i;
        if (opens(token))
            i = token->partner;
    }
    return to;
}

static const char *const commas[] = {",", NULL};
static const char *const assignments[] = {
    "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", NULL};
static const char *const questions[] = {"?", NULL};
static const char *const colons[] = {":", NULL};
static const char *const ors[] = {"||", NULL};
static const char *const ands[] = {"&&", NULL};
static const char *const equalities[] = {"==", "!=", NULL};
static const char *const orders[] = {"<", "<=", ">", ">=", NULL};

/* A && B without A is A evaluated and not looked at; likewise with ||. */
static struct text operands(struct mutator *mutator, size_t from, size_t to,
                            const char *const *marks)
{
    CLEANUP(buffer_free) struct buffer text = {0};
    struct text all = shown(mutator, from, to);
    bool any = marks == ors;

    for (size_t at = from; at <= to;) {
        size_t end = find_mark(mutator, at, to, marks);
        struct text one = expression(mutator, at, end, CONDITION);
        const char *call = add_mutant(mutator, at, "`%.*s` without `%.*s`", TEXT_ARGS(all),
                                      TEXT_ARGS(shown(mutator, at, end)));

        buffer_format(&text, any ? "((%.*s) && !%s)" : "((%.*s) || %s)", TEXT_ARGS(one), call);
        if (end < to)
            buffer_add(&text, plain(mutator, end, end + 1));
        at = end + 1;
    }
    return arena_copy(mutator->arena, buffer_text(&text));
}

/* A condition that never holds, or always; what it does is done all the same. */
static struct text forced(struct mutator *mutator, size_t from, size_t to, const char *statement,
                          bool always, struct text condition)
{
    struct text all = shown(mutator, from, to);
    const char *never = add_mutant(mutator, from, "%s `%.*s` never", statement, TEXT_ARGS(all));

    condition = arena_format(mutator->arena, "((%.*s) && !%s)", TEXT_ARGS(condition), never);
    if (!always)
        return condition;
    return arena_format(mutator->arena, "(%.*s || %s)", TEXT_ARGS(condition),
                        add_mutant(mutator, from, "%s `%.*s` always", statement, TEXT_ARGS(all)));
}

static struct text comparison(struct mutator *mutator, size_t from, size_t to, size_t mark,
                              enum role role)
{
    static const char *const moved[][2] = {{"<", "<="}, {"<=", "<"}, {">", ">="}, {">=", ">"}};
    struct text left = expression(mutator, from, mark, VALUE);
    struct text right = expression(mutator, mark + 1, to, VALUE);
    struct text sign = mutator->tokens[mark].text, all = shown(mutator, from, to);
    struct text text = arena_format(mutator->arena, "%.*s %.*s %.*s", TEXT_ARGS(left),
                                    TEXT_ARGS(sign), TEXT_ARGS(right));

    for (size_t i = 0; i < COUNT(moved); i++)
        if (text_equal(sign, text_from(moved[i][0])))
            text = arena_format(
                mutator->arena, "(%s ? %.*s %s %.*s : %.*s)",
                add_mutant(mutator, mark, "`%.*s` with %s", TEXT_ARGS(all), moved[i][1]),
                TEXT_ARGS(left), moved[i][1], TEXT_ARGS(right), TEXT_ARGS(text));
    text = arena_format(mutator->arena, "((%.*s) != %s)", TEXT_ARGS(text),
                        add_mutant(mutator, mark, "`%.*s` negated", TEXT_ARGS(all)));
    return role == CONDITION ? text : forced(mutator, from, to, "value", true, text);
}

static bool is_raw_call(const struct token *token)
{
    return is(token, "sizeof") || is(token, "assert");
}

/* Words and marks as they are, and what stands in brackets between them. */
static struct text primary(struct mutator *mutator, size_t from, size_t to)
{
    CLEANUP(buffer_free) struct buffer text = {0};

    for (size_t i = from; i < to; i++) {
        const struct token *token = &mutator->tokens[i];

        buffer_add(&text, plain(mutator, i, i + 1));
        if (!opens(token))
            continue;
        if (i > from && is_raw_call(token - 1))
            buffer_add(&text, plain(mutator, i + 1, token->partner));
        else
            buffer_add(&text, expression(mutator, i + 1, token->partner, VALUE));
        buffer_add(&text, plain(mutator, token->partner, token->partner + 1));
        i = token->partner;
    }
    return arena_copy(mutator->arena, buffer_text(&text));
}

/* By the operator that binds least. */
static struct text expression(struct mutator *mutator, size_t from, size_t to, enum role role)
{
    size_t mark;

    if ((mark = find_mark(mutator, from, to, commas)) < to ||
        (mark = find_mark(mutator, from, to, assignments)) < to) {
        struct text left = expression(mutator, from, mark, VALUE);
        struct text right = expression(mutator, mark + 1, to, VALUE);

        return arena_format(mutator->arena, "%.*s%.*s%.*s", TEXT_ARGS(left),
                            TEXT_ARGS(plain(mutator, mark, mark + 1)), TEXT_ARGS(right));
    }
    if ((mark = find_mark(mutator, from, to, questions)) < to) {
        size_t colon = mark + 1;

        /* The one of this question: those of questions in the middle come in pairs. */
        for (size_t depth = 1;; colon++) {
            colon = find_mark(mutator, colon, to, (const char *const[]){"?", ":", NULL});
            depth += is(&mutator->tokens[colon], "?") ? 1 : (size_t)-1;
            if (depth == 0)
                break;
        }
        struct text condition =
            forced(mutator, from, mark, "?:", true, expression(mutator, from, mark, CONDITION));
        struct text yes = expression(mutator, mark + 1, colon, VALUE);
        struct text no = expression(mutator, colon + 1, to, VALUE);

        return arena_format(mutator->arena, "%.*s ? %.*s : %.*s", TEXT_ARGS(condition),
                            TEXT_ARGS(yes), TEXT_ARGS(no));
    }
    if (find_mark(mutator, from, to, ors) < to)
        return operands(mutator, from, to, ors);
    if (find_mark(mutator, from, to, ands) < to)
        return operands(mutator, from, to, ands);
    if ((mark = find_mark(mutator, from, to, equalities)) < to ||
        (mark = find_mark(mutator, from, to, orders)) < to)
        return comparison(mutator, from, to, mark, role);
    /* A ! leaves a condition what it is, and so do brackets around all of it. */
    struct text first = plain(mutator, from, from + 1), rest;
    if (from < to && is(&mutator->tokens[from], "!")) {
        rest = expression(mutator, from + 1, to, role);
        return arena_format(mutator->arena, "%.*s%.*s", TEXT_ARGS(first), TEXT_ARGS(rest));
    }
    if (from < to && is(&mutator->tokens[from], "(") && mutator->tokens[from].partner == to - 1) {
        rest = expression(mutator, from + 1, to - 1, role);
        return arena_format(mutator->arena, "%.*s%.*s)", TEXT_ARGS(first), TEXT_ARGS(rest));
    }
    return primary(mutator, from, to);
}

/* Statements */

/* The value of a return, of the given range. */
static struct text returned(struct mutator *mutator, size_t from, size_t to)
{
    struct text text = expression(mutator, from, to, mutator->gives_bool ? CONDITION : VALUE);
    struct text all = shown(mutator, from, to);

    if (mutator->gives_bool) {
        if (!text_equal(all, TEXT("true")))
            text =
                arena_format(mutator->arena, "((%.*s) || %s)", TEXT_ARGS(text),
                             add_mutant(mutator, from, "true for `return %.*s`", TEXT_ARGS(all)));
        if (!text_equal(all, TEXT("false")))
            text =
                arena_format(mutator->arena, "((%.*s) && !%s)", TEXT_ARGS(text),
                             add_mutant(mutator, from, "false for `return %.*s`", TEXT_ARGS(all)));
    } else if (mutator->gives_error && !text_equal(all, TEXT("NULL"))) {
        text = arena_format(mutator->arena, "(%s ? NULL : (%.*s))",
                            add_mutant(mutator, from, "NULL for `return %.*s`", TEXT_ARGS(all)),
                            TEXT_ARGS(text));
    }
    return text;
}

/* at: the word return. Left out unless it is the last of its function, or the condition of the if
 * in front of it does the same. */
static struct text return_statement(struct mutator *mutator, size_t at, size_t end, bool early)
{
    struct text all = shown(mutator, at, end);
    struct text value = end > at + 1 ? returned(mutator, at + 1, end) : TEXT("");
    struct text gap = mutator->tokens[at].gap;

    if (!early)
        return arena_format(mutator->arena, "%.*sreturn %.*s;", TEXT_ARGS(gap), TEXT_ARGS(value));
    return arena_format(mutator->arena, "%.*s{ if (!%s) return %.*s; }", TEXT_ARGS(gap),
                        add_mutant(mutator, at, "without `%.*s`", TEXT_ARGS(all)),
                        TEXT_ARGS(value));
}

static size_t find_semicolon(const struct mutator *mutator, size_t from, size_t to)
{
    return find_mark(mutator, from, to, (const char *const[]){";", NULL});
}

/* for (A; B; C): at stands on its bracket. */
static struct text for_head(struct mutator *mutator, size_t at)
{
    size_t end = mutator->tokens[at].partner;
    size_t first = find_semicolon(mutator, at + 1, end);
    size_t second = find_semicolon(mutator, first + 1, end);
    struct text before = expression(mutator, at + 1, first, VALUE);
    struct text condition = TEXT("");

    if (second > first + 1)
        condition = forced(mutator, first + 1, second, "for", false,
                           expression(mutator, first + 1, second, CONDITION));
    struct text step = expression(mutator, second + 1, end, VALUE);
    return arena_format(mutator->arena, " (%.*s; %.*s; %.*s)", TEXT_ARGS(before),
                        TEXT_ARGS(condition), TEXT_ARGS(step));
}

/* The body of a function, from its { to behind its }. */
static void body(struct mutator *mutator, size_t from, size_t to, struct buffer *out)
{
    bool after_if = false; /* the statement is what an if does */

    for (size_t at = from; at < to;) {
        const struct token *token = &mutator->tokens[at];
        bool is_if = is(token, "if"), is_while = is(token, "while");
        size_t end;

        if (is_if || is_while || is(token, "for")) {
            end = token[1].partner;
            buffer_add(out, plain(mutator, at, at + 1));
            if (is_if || is_while) {
                struct text condition = forced(mutator, at + 2, end, is_if ? "if" : "while", is_if,
                                               expression(mutator, at + 2, end, CONDITION));
                buffer_format(out, " (%.*s)", TEXT_ARGS(condition));
            } else {
                buffer_add(out, for_head(mutator, at + 1));
            }
            at = end + 1;
            after_if = is_if;
            continue;
        }
        if (is(token, "{") || is(token, "}") || is(token, "else") || is(token, "do") ||
            is(token, ";")) {
            buffer_add(out, plain(mutator, at, at + 1));
            at++;
            after_if = false;
            continue;
        }
        if (token->kind == DIRECTIVE) {
            buffer_add(out, plain(mutator, at, at + 1));
            at++;
            continue;
        }
        if (is(token, "case") || is(token, "default")) {
            end = find_mark(mutator, at, to, colons) + 1;
            buffer_add(out, plain(mutator, at, end));
            at = end;
            continue;
        }
        end = find_semicolon(mutator, at, to);
        if (is(token, "return")) {
            bool only = after_if && !is(&mutator->tokens[end + 1], "else");

            buffer_add(out, return_statement(mutator, at, end, !only && end + 2 < to));
        } else {
            if (is(token, "static") || is(token, "enum") || is(token, "static_assert") ||
                is(token, "struct") + is(&token[1], "{") == 2)
                buffer_add(out, plain(mutator, at, end));
            else
                buffer_add(out, expression(mutator, at, end, VALUE));
            buffer_add(out, TEXT(";"));
        }
        at = end + 1;
        after_if = false;
    }
}

/* Outside functions. A { behind a ) begins the body of one. */
static void file(struct mutator *mutator, struct buffer *out)
{
    size_t start = 0; /* of the declaration */

    for (size_t at = 0; at < mutator->count;) {
        const struct token *token = &mutator->tokens[at];

        if (is(token, "{") && at > 0 && is(token - 1, ")")) {
            size_t name = token[-1].partner - 1;

            mutator->function = mutator->tokens[name].text;
            mutator->gives_bool = mutator->gives_error = false;
            for (size_t i = start; i < name; i++) {
                mutator->gives_bool |= is(&mutator->tokens[i], "bool");
                mutator->gives_error |= is(&mutator->tokens[i], "error");
            }
            body(mutator, at, token->partner + 1, out);
            at = start = token->partner + 1;
            continue;
        }
        size_t end = is(token, "{") ? token->partner + 1 : at + 1;
        buffer_add(out, plain(mutator, at, end));
        if (is(token, ";") || token->kind == DIRECTIVE)
            start = end;
        at = end;
    }
}

static struct error *mutate(struct arena *arena, const char *folder, const char *path,
                            unsigned *number, FILE *list)
{
    CLEANUP(buffer_free) struct buffer out = {0};
    struct text source, name = file_name(text_from(path));
    struct error *error = file_read(arena, AT_FDCWD, path, SOURCE_SIZE_MAX, &source);

    if (error)
        return error;
    struct mutator mutator = {.arena = arena, .file = name.bytes, .number = number, .list = list};
    read_tokens(&mutator, source);
    buffer_format(&out, "#include \"tests/mutants/mutants.h\"\n#line 1 \"%s\"\n", path);
    file(&mutator, &out);
    buffer_add(&out, TEXT("\n"));
    return file_save(arena, arena_format(arena, "%s/%s", folder, name.bytes), 0644, true,
                     buffer_text(&out));
}

int main(int argc, char **argv)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(ARENA_SIZE);
    struct error *error = NULL;
    unsigned number = 0;

    if (argc < 3) {
        fputs("usage: mutate FOLDER SOURCE.c...\n", stderr);
        return 2;
    }
    FILE *list = fopen(arena_format(arena, "%s/list", argv[1]).bytes, "w");
    if (!list) {
        perror(argv[1]);
        return 1;
    }
    for (int i = 2; i < argc && !error; i++)
        error = mutate(arena, argv[1], argv[i], &number, list);
    if (error)
        fprintf(stderr, "mutate: %.*s\n", TEXT_ARGS(error->message));
    return fclose(list) != 0 || error;
}

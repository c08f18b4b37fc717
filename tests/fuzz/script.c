#include "tests/fuzz/script.h"
#include "compiler/lint.h"
#include "compiler/sql_lexer.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <sqlite3.h>

enum { INNER_SEMICOLONS_MAX = 8 };

static struct token next(struct lexer *lexer, enum dialect dialect)
{
    return dialect == DIALECT_SQLITE ? sql_sqlite_next(lexer) : sql_postgresql_next(lexer);
}

static struct text piece_of(const struct script *script, size_t i)
{
    struct statement statement = script->statements[i];

    return text_slice(buffer_text(&script->text), statement.offset, statement.size);
}

/* Between statements there are blanks, comments and semicolons. */
static void check_gap(struct arena *arena, struct text gap, enum dialect dialect)
{
    struct lexer lexer = {.bytes = arena_copy(arena, gap).bytes, .size = gap.size};
    struct token token;

    do {
        token = next(&lexer, dialect);
        assert(token.kind == TOKEN_SEMICOLON || token.kind == TOKEN_END);
    } while (token.kind != TOKEN_END);
    assert(!lexer.is_cut);
}

/* SQLite's own opinion: complete at the end, and at no semicolon before, whatever it is part of. */
static void check_complete(struct arena *arena, struct text piece)
{
    char *bytes = (char *)arena_copy(arena, piece).bytes;
    size_t at = text_find_byte(piece, ';');

    assert(sqlite3_complete(bytes));
    for (size_t count = 0; at + 1 < piece.size && count < INNER_SEMICOLONS_MAX; count++) {
        char behind = bytes[at + 1];

        bytes[at + 1] = '\0';
        assert(!sqlite3_complete(bytes));
        bytes[at + 1] = behind;
        at += 1 + text_find_byte(text_slice(piece, at + 1, piece.size), ';');
    }
}

/* Sent alone it is still one statement. The semicolon keeps '/' from standing alone on a line. */
static void check_alone(struct arena *arena, struct text piece, const struct sql_options *options)
{
    static struct script script; /* its memory is used again and again */
    const struct source source = {TEXT("piece"), arena_format(arena, "; %.*s", TEXT_ARGS(piece))};
    struct error *error = sql_read(arena, &source, options, &script);

    assert(!error && script.count == 1 && text_equal(piece_of(&script, 0), piece));
}

/* What was accepted once is accepted again as it is shipped, and nothing is taken off any more. */
static void check_again(struct arena *arena, const struct script *script,
                        const struct sql_options *options)
{
    CLEANUP(script_free) struct script again = {0};
    const struct source source = {TEXT("shipped"), buffer_text(&script->text)};
    struct error *error = sql_read(arena, &source, options, &again);

    assert(!error && text_equal(buffer_text(&again.text), source.text));
    assert(again.count == script->count);
    for (size_t i = 0; i < script->count; i++)
        assert(again.statements[i].offset == script->statements[i].offset &&
               again.statements[i].size == script->statements[i].size);
}

/* Offsets never move: a byte is shipped where it stood, or blanked. */
static void check_blanked(struct text source, struct text shipped)
{
    struct text mark = TEXT("\xef\xbb\xbf");

    if (text_starts(source, mark))
        source = text_slice(source, mark.size, source.size);
    assert(shipped.size >= source.size && shipped.size <= source.size + 2);
    for (size_t i = 0; i < source.size; i++)
        assert(shipped.bytes[i] == source.bytes[i] || shipped.bytes[i] == ' ');
}

/*
 * The rules look at it as the up and the down script of two revisions: nothing of that may fail,
 * and every finding has a place in the script and a text that is safe to show.
 */
static void check_rules(struct arena *arena, const struct source *source,
                        const struct script *script, const struct sql_options *options)
{
    struct revision revisions[2] = {{.id = TEXT("one"), .span = {source, 0, 0}},
                                    {.id = TEXT("two"), .span = {source, 0, 0}, .position = 1}};
    struct manifest manifest = {.revisions = revisions, .count = COUNT(revisions)};
    const struct lint_script scripts[SCRIPT_KIND_COUNT] = {{source, script}, {source, script}};

    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        manifest.severities[i] = lint_rules[i].severity;
    struct lint *lint = lint_new(arena, &manifest, 0);
    lint_begin(lint, options->dialect);
    for (size_t i = 0; i < COUNT(revisions); i++)
        lint_revision(lint, &revisions[i], options->transactional, scripts);
    const struct lint_findings *findings = lint_finish(lint, true);
    for (const struct lint_finding *each = findings->first; each; each = each->next) {
        struct place place = span_place(each->error->span);

        assert(each->error->span.offset + each->error->span.size <= source->text.size);
        assert(place.line == each->line && place.column == each->column);
        each->error->next = NULL;
        fuzz_check_error(arena, each->error);
    }
}

static void check(struct arena *arena, struct text input, const struct sql_options *options)
{
    CLEANUP(script_free) struct script script = {0};
    const struct source source = {TEXT("a.sql"), input};
    struct error *error = sql_read(arena, &source, options, &script);
    struct text shipped = buffer_text(&script.text);
    size_t at = 0;

    fuzz_check_error(arena, error);
    if (error) {
        assert(script.count == 0 && shipped.size == 0);
        return;
    }
    check_blanked(input, shipped);
    for (size_t i = 0; i < script.count; i++) {
        struct statement statement = script.statements[i];
        struct text piece = piece_of(&script, i);

        assert(statement.offset >= at && statement.offset + statement.size <= shipped.size);
        assert(statement.size > 1 && text_ends(piece, TEXT(";")));
        check_gap(arena, text_slice(shipped, at, statement.offset - at), options->dialect);
        check_alone(arena, piece, options);
        if (options->dialect == DIALECT_SQLITE)
            check_complete(arena, piece);
        at = statement.offset + statement.size;
    }
    check_gap(arena, text_slice(shipped, at, shipped.size), options->dialect);
    check_again(arena, &script, options);
    check_rules(arena, &source, &script, options);
}

/* PostgreSQL's own parser accepts hardly anything here; what it says has a place all the same. */
static void check_parsed(struct arena *arena, struct text input)
{
    CLEANUP(script_free) struct script script = {0};
    const struct source source = {TEXT("a.sql"), input};
    const struct sql_options options = {.dialect = DIALECT_POSTGRESQL,
                                        .allowed = 1U << SQL_MISSING_SEMICOLON,
                                        .parses = true,
                                        .server_version = TEXT("99")};

    fuzz_check_error(arena, sql_read(arena, &source, &options, &script));
    fuzz_check_error(arena, script.warnings);
}

void script_check(struct arena *arena, struct text input, enum dialect dialect)
{
    const struct sql_options strict = {.dialect = dialect, .transactional = true};
    const struct sql_options loose = {
        .dialect = dialect, .allowed = 1U << SQL_MISSING_SEMICOLON | 1U << SQL_SPLIT_AMBIGUOUS};

    check(arena, input, &strict);
    check(arena, input, &loose);
    if (dialect == DIALECT_POSTGRESQL)
        check_parsed(arena, input);
}

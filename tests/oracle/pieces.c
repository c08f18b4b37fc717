#include "tests/oracle/pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void pieces_start(struct pieces *pieces, struct arena *arena, struct text script,
                  enum dialect dialect, unsigned allowed)
{
    *pieces = (struct pieces){
        .options = {.dialect = dialect, .transactional = true, .allowed = allowed},
        .source = {TEXT("script"), script},
        .lexer = {.bytes = script.bytes, .size = script.size},
    };
    pieces->reader =
        (struct reader){.arena = arena, .source = &pieces->source, .options = &pieces->options};
    pieces->lexer.reader = &pieces->reader;
}

bool pieces_next(struct pieces *pieces, struct text *piece)
{
    bool is_sqlite = pieces->options.dialect == DIALECT_SQLITE;
    struct piece next;

    if (pieces->reader.errors.count ||
        !(is_sqlite ? sql_sqlite_piece : sql_postgresql_piece)(&pieces->lexer, &next) ||
        pieces->reader.errors.count)
        return false;
    pieces->is_ended = next.is_ended;
    /* Comments behind one that does not end are part of it, to whom sees no end. */
    size_t end = next.is_ended ? next.end : pieces->lexer.size;
    *piece = text_slice(pieces->source.text, next.verb.offset, end - next.verb.offset);
    if (sql_rules_judge(&pieces->lexer, &next) == SQL_COPY_DATA)
        sql_postgresql_skip_copy(&pieces->lexer);
    pieces->reader.errors = (struct errors){0}; /* what a statement may do is no matter here */
    return true;
}

bool pieces_are_all(const struct pieces *pieces)
{
    return pieces->reader.errors.count == 0;
}

static bool is_blank(char byte)
{
    return sql_is(byte, SQL_BLANK) || byte == '\v';
}

static bool are_same(struct text ours, struct text theirs)
{
    size_t i = 0, j = 0;

    for (;;) {
        while (i < ours.size && is_blank(ours.bytes[i]))
            i++;
        while (j < theirs.size && is_blank(theirs.bytes[j]))
            j++;
        if (i == ours.size || j == theirs.size)
            return i == ours.size && j == theirs.size;
        if (ours.bytes[i++] != theirs.bytes[j++])
            return false;
    }
}

void pieces_fail(struct text script, const char *who, struct text what)
{
    fail_msg("in the script\n%.*s\n%s: {%.*s}", TEXT_ARGS(script), who, TEXT_ARGS(what));
}

void pieces_compare(struct text script, struct text ours, struct text theirs)
{
    if (!are_same(ours, theirs))
        fail_msg("in the script\n%.*s\nours: {%.*s}\ntheirs: {%.*s}", TEXT_ARGS(script),
                 TEXT_ARGS(ours), TEXT_ARGS(theirs));
}

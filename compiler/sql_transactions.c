#include "compiler/sql_lexer.h"

/* Behind the statement and the blanks and line ends that follow it. */
static size_t behind(struct text text, const struct piece *piece)
{
    size_t end = piece->end;

    while (end < text.size && sql_is(text.bytes[end], SQL_BLANK))
        end++;
    return end;
}

size_t sql_drop_transactions(struct arena *arena, enum dialect dialect, struct text text,
                             struct buffer *to)
{
    const struct source source = {TEXT(""), text};
    const struct sql_options options = {.dialect = dialect, .transactional = true};
    struct reader reader = {.arena = arena, .source = &source, .options = &options};
    struct text copy = arena_copy(arena, text); /* the lexers want a NUL behind it */
    struct lexer lexer = {.bytes = copy.bytes, .size = copy.size, .reader = &reader};
    bool is_sqlite = dialect == DIALECT_SQLITE;
    size_t copied = 0, count = 0;
    struct piece piece;

    if (text_find_byte(text, '\0') == text.size)
        while ((is_sqlite ? sql_sqlite_piece : sql_postgresql_piece)(&lexer, &piece) &&
               !lexer.is_cut && piece.is_ended) {
            enum sql_role role = sql_rules_judge(&lexer, &piece);

            if (role == SQL_COPY_DATA)
                sql_postgresql_skip_copy(&lexer);
            if (role != SQL_BEGIN && role != SQL_COMMIT)
                continue;
            buffer_add(to, text_slice(text, copied, piece.verb.offset - copied));
            copied = behind(text, &piece);
            count++;
        }
    buffer_add(to, text_slice(text, copied, text.size));
    return count;
}

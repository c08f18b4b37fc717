#include "source.h"

#include <assert.h>

struct span span_of(const struct source *source, struct text piece)
{
    assert(piece.bytes >= source->text.bytes &&
           piece.bytes + piece.size <= source->text.bytes + source->text.size);
    return (struct span){source, (size_t)(piece.bytes - source->text.bytes), piece.size};
}

/* Lines end at LF, CR LF or a lone CR, as PostgreSQL counts them and editors show them. */
static size_t line_end(struct text text, size_t at)
{
    while (at < text.size && text.bytes[at] != '\n' && text.bytes[at] != '\r')
        at++;
    return at;
}

struct place span_place(struct span span)
{
    struct text text = span.source->text;
    size_t offset = span.offset < text.size ? span.offset : text.size;
    size_t line = 1, start = 0, end;

    for (;; line++) {
        end = line_end(text, start);
        size_t next = end + 1 + (text_starts(text_slice(text, end, 2), TEXT("\r\n")) ? 1 : 0);
        if (offset < next || end >= text.size)
            break;
        start = next;
    }
    if (offset > end)
        offset = end;
    if (start == 0 && text_starts(text, TEXT("\xef\xbb\xbf")))
        start = offset < 3 ? offset : 3;
    return (struct place){
        .line = line,
        .column = text_length(text_slice(text, start, offset - start)) + 1,
        .text = text_slice(text, start, end - start),
        .offset = offset - start,
    };
}

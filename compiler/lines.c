#include "compiler/lines.h"

bool lines_is_end(char byte)
{
    return byte == '\n' || byte == '\r';
}

size_t lines_start(struct text text, size_t at)
{
    while (at && !lines_is_end(text.bytes[at - 1]))
        at--;
    return at == 0 && text_starts(text, TEXT("\xef\xbb\xbf")) ? 3 : at;
}

size_t lines_end(struct text text, size_t at)
{
    while (at < text.size && !lines_is_end(text.bytes[at]))
        at++;
    return at;
}

size_t lines_next(struct text text, size_t end)
{
    return end + (text_starts(text_slice(text, end, 2), TEXT("\r\n")) ? 2
                  : end < text.size                                   ? 1
                                                                      : 0);
}

size_t lines_skip_blanks(struct text text, size_t at)
{
    while (at < text.size && text.bytes[at] == ' ')
        at++;
    return at;
}

size_t lines_column(struct text text, size_t at)
{
    size_t start = lines_start(text, at);

    return text_length(text_slice(text, start, at - start));
}

bool lines_begins_with(struct text text, size_t at)
{
    return lines_skip_blanks(text, lines_start(text, at)) == at;
}

struct text lines_ending(struct text text, size_t at)
{
    size_t end = lines_end(text, at);

    if (end == text.size)
        end = lines_end(text, 0);
    return end == text.size ? TEXT("\n") : text_slice(text, end, lines_next(text, end) - end);
}

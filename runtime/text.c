#include "text.h"

#include <string.h>

struct text text_from(const char *string)
{
    return (struct text){string, string ? strlen(string) : 0};
}

bool text_equal(struct text a, struct text b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

int text_compare(struct text a, struct text b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.bytes, b.bytes, common) : 0;

    if (order)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool text_starts(struct text text, struct text prefix)
{
    return text.size >= prefix.size && text_equal(text_slice(text, 0, prefix.size), prefix);
}

bool text_ends(struct text text, struct text suffix)
{
    return text.size >= suffix.size &&
           text_equal(text_slice(text, text.size - suffix.size, suffix.size), suffix);
}

static char ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

bool text_equal_ascii_case(struct text a, struct text b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (ascii_lower(a.bytes[i]) != ascii_lower(b.bytes[i]))
            return false;
    return true;
}

struct text text_slice(struct text text, size_t offset, size_t size)
{
    if (offset > text.size)
        offset = text.size;
    if (size > text.size - offset)
        size = text.size - offset;
    return (struct text){text.bytes ? text.bytes + offset : NULL, size};
}

size_t text_find_byte(struct text text, char byte)
{
    const char *found = text.size ? memchr(text.bytes, byte, text.size) : NULL;

    return found ? (size_t)(found - text.bytes) : text.size;
}

size_t text_find(struct text text, struct text needle)
{
    const char *found =
        text.size && needle.size ? memmem(text.bytes, text.size, needle.bytes, needle.size) : NULL;

    return found ? (size_t)(found - text.bytes) : text.size;
}

struct text text_cut(struct text *rest, char separator)
{
    size_t at = text_find_byte(*rest, separator);
    struct text front = text_slice(*rest, 0, at);

    *rest = text_slice(*rest, at + 1, rest->size);
    return front;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

struct text text_trim(struct text text)
{
    while (text.size && is_blank(text.bytes[0]))
        text = text_slice(text, 1, text.size);
    while (text.size && is_blank(text.bytes[text.size - 1]))
        text.size--;
    return text;
}

/* Length of the well-formed character at the front (RFC 3629, section 4), 0 where there is none. */
static size_t character_size(struct text text)
{
    const unsigned char *b = (const unsigned char *)text.bytes;
    size_t size;
    unsigned char low = 0x80, high = 0xbf; /* what the second byte may be */

    if (text.size == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    if (b[0] < 0xc2 || b[0] > 0xf4)
        return 0;
    size = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (b[0] == 0xe0)
        low = 0xa0; /* no overlong forms */
    else if (b[0] == 0xed)
        high = 0x9f; /* no surrogates */
    else if (b[0] == 0xf0)
        low = 0x90;
    else if (b[0] == 0xf4)
        high = 0x8f; /* nothing above U+10FFFF */
    if (text.size < size || b[1] < low || b[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (b[i] < 0x80 || b[i] > 0xbf)
            return 0;
    return size;
}

size_t text_find_invalid(struct text text)
{
    size_t at = 0;

    while (at < text.size) {
        uint64_t eight;

        /* Eight ASCII bytes at a time: most SQL is nothing else. */
        while (at + 8 <= text.size) {
            memcpy(&eight, text.bytes + at, 8);
            if (eight & UINT64_C(0x8080808080808080))
                break;
            at += 8;
        }
        if (at == text.size)
            break;
        size_t size = character_size(text_slice(text, at, 4));
        if (size == 0)
            return at;
        at += size;
    }
    return text.size;
}

int32_t text_next(struct text *rest)
{
    const unsigned char *b = (const unsigned char *)rest->bytes;
    size_t size = character_size(*rest);
    int32_t code_point = -1;

    if (size == 1)
        code_point = b[0];
    else if (size == 2)
        code_point = (b[0] & 0x1f) << 6 | (b[1] & 0x3f);
    else if (size == 3)
        code_point = (b[0] & 0x0f) << 12 | (b[1] & 0x3f) << 6 | (b[2] & 0x3f);
    else if (size == 4)
        code_point = (b[0] & 0x07) << 18 | (b[1] & 0x3f) << 12 | (b[2] & 0x3f) << 6 | (b[3] & 0x3f);
    *rest = text_slice(*rest, size ? size : 1, rest->size);
    return code_point;
}

struct range {
    int32_t first, last;
};

static bool in_ranges(const struct range *ranges, size_t count, int32_t code_point)
{
    for (size_t i = 0; i < count; i++)
        if (code_point >= ranges[i].first && code_point <= ranges[i].last)
            return true;
    return false;
}

bool text_is_printable(int32_t code_point)
{
    /* Unicode 15: control and format characters that move the cursor, reorder or hide text. */
    static const struct range unsafe[] = {
        {-1, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},   {0x180e, 0x180e},
        {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},   {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
        {0xfffe, 0xffff}, {0xd800, 0xdfff}, {0xe0000, 0xe0fff},
    };

    if (code_point >= 0x20 && code_point < 0x7f)
        return true;
    return !in_ranges(unsafe, COUNT(unsafe), code_point);
}

bool text_all_printable(struct text text)
{
    while (text.size)
        if (!text_is_printable(text_next(&text)))
            return false;
    return true;
}

size_t text_length(struct text text)
{
    size_t length = 0;

    for (; text.size; length++)
        text_next(&text);
    return length;
}

static size_t columns_of(int32_t code_point)
{
    /* The blocks that terminals agree on (Unicode 15, EastAsianWidth W and F; combining marks). */
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0x33ff}, {0x3400, 0x4dbf},
        {0x4e00, 0x9fff},   {0xa000, 0xa4cf},   {0xac00, 0xd7a3}, {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
    };
    static const struct range marks[] = {
        {0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

    if (code_point < 0x300)
        return 1;
    if (in_ranges(wide, COUNT(wide), code_point))
        return 2;
    return !in_ranges(marks, COUNT(marks), code_point);
}

size_t text_columns(struct text text)
{
    size_t columns = 0;

    while (text.size)
        columns += columns_of(text_next(&text));
    return columns;
}

struct text text_fit(struct text text, size_t columns)
{
    struct text rest = text;

    while (rest.size) {
        struct text behind = rest;
        size_t taken = columns_of(text_next(&behind));

        if (taken > columns)
            break;
        columns -= taken;
        rest = behind;
    }
    return text_slice(text, 0, text.size - rest.size);
}

bool text_number(struct text text, uint64_t maximum, uint64_t *number)
{
    uint64_t value = 0;

    if (text.size == 0 || (text.size > 1 && text.bytes[0] == '0'))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.bytes[i];

        if (byte < '0' || byte > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(byte - '0'), &value) || value > maximum)
            return false;
    }
    *number = value;
    return true;
}

bool text_duration(struct text text, uint64_t maximum_ms, uint64_t *ms)
{
    static const struct {
        struct text unit;
        uint64_t ms;
    } units[] = {{{"ms", 2}, 1}, {{"s", 1}, 1000}, {{"m", 1}, 60000}};

    for (size_t i = 0; i < COUNT(units); i++) {
        struct text digits = text_slice(text, 0, text.size - units[i].unit.size);
        uint64_t number;

        if (!text_ends(text, units[i].unit) ||
            !text_number(digits, maximum_ms / units[i].ms, &number))
            continue;
        *ms = number * units[i].ms;
        return true;
    }
    return false;
}

enum { DISTANCE_SIZE_MAX = 128 };

size_t text_distance(struct text a, struct text b, size_t limit)
{
    size_t rows[3][DISTANCE_SIZE_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    if (a.size > DISTANCE_SIZE_MAX || b.size > DISTANCE_SIZE_MAX)
        return limit + 1;
    if ((a.size > b.size ? a.size - b.size : b.size - a.size) > limit)
        return limit + 1;
    for (size_t j = 0; j <= b.size; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t best = row[0] = i;

        for (size_t j = 1; j <= b.size; j++) {
            char left = ascii_lower(a.bytes[i - 1]), right = ascii_lower(b.bytes[j - 1]);
            size_t cost = above[j - 1] + (left != right);

            if (above[j] + 1 < cost)
                cost = above[j] + 1;
            if (row[j - 1] + 1 < cost)
                cost = row[j - 1] + 1;
            if (i > 1 && j > 1 && left == ascii_lower(b.bytes[j - 2]) &&
                right == ascii_lower(a.bytes[i - 2]) && before[j - 2] + 1 < cost)
                cost = before[j - 2] + 1;
            row[j] = cost;
            if (cost < best)
                best = cost;
        }
        if (best > limit)
            return limit + 1;
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b.size] <= limit ? above[b.size] : limit + 1;
}

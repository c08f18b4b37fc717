/* text.h - sized, read-only byte slices: compare, find, split, UTF-8, display. Floor 0. */
#pragma once

#include "base.h"

/* A slice borrows its bytes and need not end in NUL. An absent text has bytes NULL and size 0. */
struct text {
    const char *bytes;
    size_t size;
};

#define TEXT(literal)   ((struct text){("" literal), sizeof(literal) - 1})
#define TEXT_ARGS(text) ((int)(text).size), ((text).bytes) /* for "%.*s" */

struct text text_from(const char *string);

bool text_equal(struct text a, struct text b);
int text_compare(struct text a, struct text b); /* by bytes, as memcmp */
bool text_starts(struct text text, struct text prefix);
bool text_ends(struct text text, struct text suffix);
bool text_equal_ascii_case(struct text a, struct text b);

/* The slice from offset, at most size bytes long; both are clamped to the text. */
struct text text_slice(struct text text, size_t offset, size_t size);

/* Offset of the first byte or of the first occurrence; text.size where there is none. */
size_t text_find_byte(struct text text, char byte);
size_t text_find(struct text text, struct text needle);

/* Takes the text up to the separator off the front of rest; rest then begins behind it. */
struct text text_cut(struct text *rest, char separator);

struct text text_trim(struct text text); /* ASCII blanks off both ends */

/* Offset of the first byte that is not well-formed UTF-8 (RFC 3629); text.size where all is. */
size_t text_find_invalid(struct text text);

/*
 * Takes one character off the front of rest.
 * returns  its code point, or -1 for a byte that is not well-formed UTF-8 (that one byte is taken)
 */
int32_t text_next(struct text *rest);

/* True of characters that may reach a screen: no controls, no bidirectional or invisible marks. */
bool text_is_printable(int32_t code_point);

/* True where the whole text is well-formed UTF-8 made of such characters: one line, safely shown.
 */
bool text_all_printable(struct text text);

size_t text_length(struct text text);  /* in characters; a malformed byte counts as one */
size_t text_columns(struct text text); /* on a terminal: wide characters take two, marks none */

/* The longest front of the text that takes at most so many columns. */
struct text text_fit(struct text text, size_t columns);

/*
 * A decimal number without sign or leading zeros, the only spelling our formats know.
 * returns  false, and leaves number alone, where the text is another or exceeds maximum
 */
bool text_number(struct text text, uint64_t maximum, uint64_t *number);

/* A time as 500ms, 10s or 2m, in milliseconds. returns as text_number */
bool text_duration(struct text text, uint64_t maximum_ms, uint64_t *ms);

/* Edits (insert, delete, replace, swap neighbours) between two short texts, at most limit + 1. */
size_t text_distance(struct text a, struct text b, size_t limit);

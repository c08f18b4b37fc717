/* arena.h - memory that lives as long as one command, under a ceiling. Floor 0. */
#pragma once

#include "text.h"

#include <stdarg.h>

struct arena;

/*
 * Exhaustion, of the ceiling or of the machine, prints one line and exits with the status of a
 * system error. Nothing else in the programs exits; a transaction under way is rolled back by the
 * database.
 *
 * ceiling  bytes
 */
struct arena *arena_new(size_t ceiling);
void arena_free(struct arena **arena);

/* Zeroed memory, aligned for any type. */
void *arena_bytes(struct arena *arena, size_t count, size_t size);

#define arena_array(arena, type, count) ((type *)arena_bytes((arena), (count), sizeof(type)))
#define arena_one(arena, type)          ((type *)arena_bytes((arena), 1, sizeof(type)))

/* Copies are followed by a NUL that does not count, so bytes may be given to C functions. */
struct text arena_copy(struct arena *arena, struct text text);
struct text arena_format(struct arena *arena, const char *format, ...) FORMAT(2, 3);
struct text arena_format_list(struct arena *arena, const char *format, va_list values) FORMAT(2, 0);

/*
 * The one escaper: every byte that came from a bundle, a server, a file or a key is shown through
 * it. Characters that text_is_printable refuses become \xNN (a byte) or \u{NNNN}; the rest stay.
 * Escaping an escaped text changes nothing.
 */
struct text arena_escape(struct arena *arena, struct text text);

/* Says that memory ran out, and exits. For the few owners of memory outside an arena. */
void arena_exhausted(void) NORETURN;

/* pgquery.h - PostgreSQL's own parser, out of libpg_query; a build may lack it. Floor 2. */
#pragma once

#include "runtime/arena.h"

/* The PostgreSQL that the parser is of, as in "15.1"; empty in a build without libpg_query. */
struct text pgquery_version(void);

/* What the parser objects to. */
struct pgquery_refusal {
    struct text message; /* as the server's, without what follows "at or near" */
    size_t offset;       /* in bytes; the size of the statement where its end is at fault */
    size_t size;         /* of what it is "at or near"; 0 where the parser does not say */
};

/*
 * Looks at syntax only, and so never walks a tree: however deep a statement is nested, it takes no
 * stack. What a parser generator's own stack cannot hold is refused, as by the server.
 *
 * statement  is followed by a NUL that does not count; its semicolon may be there
 * cost       linear; up to 25 bytes of memory for one of the statement, given back at once
 * returns    true where it is exactly one statement, and in a build without libpg_query
 */
bool pgquery_parse(struct arena *arena, struct text statement, struct pgquery_refusal *refusal);

/* schema_postgresql.h - the schema of a PostgreSQL database, as its catalog has it. Floor 1. */
#pragma once

#include "schema.h"

/* The server versions that the query was made for; it was tried on 15. */
enum { SCHEMA_POSTGRESQL_LEAST = 120000, SCHEMA_POSTGRESQL_MOST = 189999 };

/*
 * Lines for psql_ask that give all objects. They change nothing.
 *
 * version         of the server, as server_version_num gives it
 * in_transaction  one is open, and stays open
 * often           the query is planned once for a session, and kept under a name of ours
 */
struct text schema_postgresql_lines(struct arena *arena, uint64_t version, bool in_transaction,
                                    bool often);

/*
 * Reads what those lines gave.
 *
 * before  what is known already: objects that stayed are taken from there; not the same as schema
 * cost    linear in the objects
 */
void schema_postgresql_read(struct arena *arena, struct text cells, const struct schema *before,
                            struct schema *schema);

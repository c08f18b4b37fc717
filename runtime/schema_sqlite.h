/* schema_sqlite.h - the schema of an SQLite database, read from the text it keeps. Floor 1. */
#pragma once

#include "schema.h"
#include "sqlite.h"

/*
 * SQLite keeps the text of each CREATE, and edits it for each ALTER. A pragma tells less than the
 * text: nothing of CHECK, COLLATE or the bodies of triggers. So the text is read token by token:
 * blanks, comments, quotes and the case of names do not count, the columns and constraints of a
 * table are objects of their own.
 */
struct schema_sqlite;

struct schema_sqlite *schema_sqlite_open(void);
void schema_sqlite_close(struct schema_sqlite **reader);

/*
 * Reads the schema. What belongs to SQLite, to us or to another migration tool is left out.
 *
 * reader  knows what it read before: of text that stayed nothing is read again
 * cost    linear in the objects, with a comparison for each; what changed is read and sorted in
 */
struct error *schema_sqlite_read(struct arena *arena, struct sqlite *sqlite,
                                 struct schema_sqlite *reader, struct schema *schema) CHECKED;

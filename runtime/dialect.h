/* dialect.h - the SQL dialects there are, and their names. Floor 0. */
#pragma once

#include "text.h"

enum dialect { DIALECT_POSTGRESQL, DIALECT_SQLITE };

enum { DIALECT_COUNT = 2 };

struct text dialect_name(enum dialect dialect);

/* returns  false, and leaves dialect alone, where there is none of that name */
bool dialect_find(struct text name, enum dialect *dialect);

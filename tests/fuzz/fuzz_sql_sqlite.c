/* Scripts for SQLite: where statements end. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/script.h"

void fuzz_sql_sqlite(struct arena *arena, struct text input)
{
    script_check(arena, input, DIALECT_SQLITE);
}

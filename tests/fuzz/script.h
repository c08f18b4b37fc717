/* script.h - what must hold of any script that sql_read accepts. */
#pragma once

#include "compiler/sql.h"

void script_check(struct arena *arena, struct text input, enum dialect dialect);

/* rows.h - what a query gave. Floor 0. */
#pragma once

#include "text.h"

struct rows {
    struct text *cells; /* row by row; absent where NULL */
    size_t columns, count;
};

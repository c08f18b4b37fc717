#include "dialect.h"

static const struct text names[DIALECT_COUNT] = {
    [DIALECT_POSTGRESQL] = {"postgresql", 10},
    [DIALECT_SQLITE] = {"sqlite", 6},
};

struct text dialect_name(enum dialect dialect)
{
    return names[dialect];
}

bool dialect_find(struct text name, enum dialect *dialect)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        if (text_equal(names[i], name)) {
            *dialect = (enum dialect)i;
            return true;
        }
    }
    return false;
}

/* templates.h - the files of manifests/templates/, inside the program. Floor 3. */
#pragma once

#include "runtime/arena.h"

struct template
{
    const char *path; /* where `init` puts it, below the folder */
    struct text text;
};

enum { TEMPLATE_COUNT = 3 };

const struct template *templates(void);

/* The template with {{name}} replaced by its value, for each pair of names and values. */
struct text templates_fill(struct arena *arena, struct text text, const struct text (*pairs)[2],
                           size_t count);

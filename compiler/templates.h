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

/* What a revision that is added begins with. */
enum revision_template {
    TEMPLATE_SCRIPT_NAME, /* the path of its scripts where no other revision tells: see naming.h */
    TEMPLATE_UP,
    TEMPLATE_DOWN,
    TEMPLATE_MERGE_UP,
    TEMPLATE_MERGE_DOWN,
    TEMPLATE_OTHER_DIALECT, /* up and down of a dialect that it does not concern */
};

struct text templates_of(enum revision_template name);

/* The template with {{name}} replaced by its value, for each pair of names and values. */
struct text templates_fill(struct arena *arena, struct text text, const struct text (*pairs)[2],
                           size_t count);

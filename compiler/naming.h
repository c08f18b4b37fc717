/* naming.h - what a new script is called, by the names of those there are. Floor 3. */
#pragma once

#include "compiler/manifest.h"

/*
 * How scripts are called, read off the up script of a revision, the last one of a file.
 *
 * pattern  of templates_fill: number, slug, id, kind; '.dialect' and the like, with what separates
 *          it, are empty for a script of all dialects; '.kind' is empty for an up script
 */
struct naming {
    struct text pattern; /* a path as seen from the folder of the manifest */
    struct text number;  /* of the new revision, as it is written */
    char separator;      /* between the words of a slug */
};

/*
 * Learns from the revisions of a file; where it has none, from the template of a new manifest.
 * The number is one more than the highest that stands at the same place of such a path; where these
 * are dates and times, the present one.
 *
 * source  the file that the revision goes into, as spans have it
 * folder  of that file as seen from the folder of the manifest; may be empty
 * now     seconds since 1970
 */
struct naming naming_learn(struct arena *arena, const struct manifest *manifest,
                           const struct source *source, struct text folder, int64_t now);

/*
 * The path of a script, as seen from the folder of the manifest.
 *
 * dialect  NULL for a script of all dialects
 */
struct text naming_path(struct arena *arena, const struct naming *naming, struct text id,
                        struct text title, enum script_kind kind, const enum dialect *dialect);

/*
 * The words of a title as a file name has them: ASCII letters and digits in lower case, anything
 * else as one separator; at most SLUG_SIZE_MAX bytes. Empty where the title has none.
 */
enum { SLUG_SIZE_MAX = 48 };
struct text naming_slug(struct arena *arena, struct text title, char separator);

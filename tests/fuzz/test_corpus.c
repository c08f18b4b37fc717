/* Every file of tests/fuzz/corpus/NAME/ once through the fuzz target of that name. */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/support.h"

#include <glob.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct target {
    const char *name;
    fuzz_target *run;
} targets[] = {
    {"alembic", fuzz_alembic},
    {"bundle", fuzz_bundle},
    {"container", fuzz_container},
    {"index", fuzz_index},
    {"keys", fuzz_keys},
    {"layout", fuzz_layout},
    {"manifest", fuzz_manifest},
    {"psql_message", fuzz_psql_message},
    {"section", fuzz_section},
    {"signature", fuzz_signature},
    {"sql_postgresql", fuzz_sql_postgresql},
    {"sql_sqlite", fuzz_sql_sqlite},
    {"trust", fuzz_trust},
};

struct seed {
    const char *name; /* its path here */
    const char *path; /* and from the root: tests run in a folder of their own */
    fuzz_target *run;
};

/* The bytes are exactly as many as there are, so that the sanitizers see one more being read. */
static void test_seed(void **state)
{
    const struct seed *seed = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text text = support_read(arena, seed->path);
    uint8_t *bytes = malloc(text.size);

    if (text.size)
        memcpy(bytes, text.bytes, text.size);
    fuzz_run(seed->run, bytes, text.size);
    free(bytes);
}

static void add_seeds(struct arena *arena, const struct target *target, struct support_tests *tests)
{
    const char *pattern = arena_format(arena, "tests/fuzz/corpus/%s/*", target->name).bytes;
    char path[PATH_MAX];
    glob_t found;

    if (glob(pattern, GLOB_ERR, NULL, &found) != 0) {
        fprintf(stderr, "%s: no such file; run from the top of the repository\n", pattern);
        exit(1);
    }
    struct seed *seeds = arena_array(arena, struct seed, found.gl_pathc);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        assert_non_null(realpath(found.gl_pathv[i], path));
        seeds[i] = (struct seed){
            .name = arena_copy(arena, text_from(found.gl_pathv[i])).bytes,
            .path = arena_copy(arena, text_from(path)).bytes,
            .run = target->run,
        };
    }
    support_add_table(tests, seeds, sizeof(*seeds), found.gl_pathc, test_seed);
    globfree(&found);
}

int main(void)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(16 << 20);
    struct support_tests tests = {0};

    for (size_t i = 0; i < COUNT(targets); i++)
        add_seeds(arena, &targets[i], &tests);
    return support_run("corpus", &tests);
}

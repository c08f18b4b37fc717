/*
 * forge KEY.key OUT.ferry postgresql|sqlite SCRIPT.sql... - packs scripts as they are, unseen by
 * any lexer, into a bundle with a good signature: what a signer who means harm could make.
 *
 * Each script is a revision, the child of the one before. Its id is the name of the file without
 * .sql; where that ends in .none, it runs without a transaction. NAME.verify.sql is the verify
 * script of the revision before. A line that is exactly "--cut" ends a piece. PROJECT, RELEASE and
 * TITLE, of each revision, come from the environment.
 */
#include "compiler/signer.h"
#include "compiler/writer.h"
#include "runtime/report.h"

#include <fcntl.h>
#include <stdlib.h>

enum { MEMORY_MAX = 64 << 20, SCRIPT_MAX = 16 << 20, CREATED = 1800000000 };

static const struct text cut = {"--cut\n", 6};

static void find_cuts(struct arena *arena, struct text text, struct index_script *script)
{
    struct text rest = text;

    script->cuts = arena_array(arena, uint64_t, text.size + 1);
    while (rest.size) {
        bool is_cut = text_starts(rest, cut);

        text_cut(&rest, '\n');
        if (!is_cut || !rest.size)
            continue;
        script->cut_count += script->cut_count == 0; /* the first piece begins at 0 */
        script->cuts[script->cut_count++] = text.size - rest.size;
    }
}

static struct error *add_script(struct arena *arena, struct writer *writer, const char *path,
                                enum script_kind kind, struct index_step *step)
{
    struct index_script *script = &step->scripts[kind];
    struct text text;
    struct error *error = file_read(arena, AT_FDCWD, path, SCRIPT_MAX, &text);

    if (error)
        return error;
    script->presence = SCRIPT_FILE;
    script->path = file_name(text_from(path));
    find_cuts(arena, text, script);
    error = writer_add(arena, writer, step, kind, text);
    script->source = script->digest;
    return error;
}

static struct text from_environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return text_from(value ? value : otherwise);
}

static struct error *add_scripts(struct arena *arena, struct writer *writer, char **paths,
                                 size_t count, struct index *index)
{
    struct error *error = NULL;

    index->steps = arena_array(arena, struct index_step, count);
    for (size_t i = 0; !error && i < count; i++) {
        struct text name = file_name(text_from(paths[i]));
        bool is_verify = text_ends(name, TEXT(".verify.sql")) && index->step_count;
        struct index_step *step = &index->steps[index->step_count - is_verify];

        if (!is_verify) {
            step->title = from_environment("TITLE", "");
            step->id = text_slice(name, 0, text_find(name, TEXT(".sql")));
            step->transactional = !text_ends(step->id, TEXT(".none"));
            step->parent_count = index->step_count ? 1 : 0;
            step->parents = index->step_count ? &step[-1].id : NULL;
            index->step_count++;
        }
        error = add_script(arena, writer, paths[i], is_verify ? SCRIPT_VERIFY : SCRIPT_UP, step);
    }
    return error;
}

static struct error *sign_and_save(struct arena *arena, struct text key_path, struct text output,
                                   const struct writer *writer, const struct index *index)
{
    CLEANUP(signer_close) struct secret_key *key = NULL;
    CLEANUP(buffer_free) struct buffer buffer = {0};
    const struct password_source nobody = {.fd = -1};
    struct extent extents[STREAM_COUNT];
    struct signature signature;
    struct error *error = signer_load(arena, key_path, &nobody, &key);

    if (error)
        return error;
    index_write(&buffer, index);
    struct digest digest = crypto_digest(buffer_text(&buffer));
    error = signer_sign(arena, key, SIGNED_INDEX, buffer_text(&buffer), &digest, &signature);
    if (error)
        return error;
    struct text text = minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest);
    writer_extents(writer, extents);
    return writer_save(arena, output, buffer_text(&buffer), &text, 1, extents, STREAM_COUNT);
}

static struct error *forge(struct arena *arena, char **arguments, size_t script_count)
{
    CLEANUP(writer_close) struct writer writer = {.scratch = {-1, -1}};
    struct text output = text_from(arguments[1]);
    struct index index = {
        .project = from_environment("PROJECT", "forged"),
        .release = from_environment("RELEASE", "1"),
        .sequence = 1,
        .created = CREATED,
        .tool = TEXT("forge"),
    };

    if (!dialect_find(text_from(arguments[2]), &index.dialect))
        return error_plain(arena, ERROR_USAGE, "'%s' is no dialect", arguments[2]);
    struct error *error = writer_open(arena, file_folder(arena, output), LEVEL_DEFAULT, 1, &writer);
    if (!error)
        error = add_scripts(arena, &writer, arguments + 3, script_count, &index);
    if (!error)
        error = writer_finish(arena, &writer, &index);
    if (!error)
        error = sign_and_save(arena, text_from(arguments[0]), output, &writer, &index);
    return error;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new(MEMORY_MAX);
    struct report report = report_new(arena, stdout, stderr);
    struct error *error =
        argc < 5 ? error_plain(arena, ERROR_USAGE,
                               "usage: forge KEY.key OUT.ferry postgresql|sqlite SCRIPT.sql...")
                 : forge(arena, argv + 1, (size_t)argc - 4);
    int status = error_status(error);

    if (error)
        report_error(&report, error);
    arena_free(&arena);
    return status;
}

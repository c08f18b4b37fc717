#include "compiler/compile.h"
#include "compiler/rehearsal.h"
#include "compiler/sql.h"
#include "runtime/file.h"

#include <fcntl.h>
#include <unistd.h>

/* A script in a transaction is cut into about as many pieces at most. */
enum { PIECES = 4096, PROGRESS_STEPS = 100 };

/* What is used again for every script of a kind. */
struct slot {
    struct buffer file;   /* as it is on disk */
    struct script script; /* as it is shipped */
    struct source source, shipped;
    struct part part;     /* of the file, that is the script */
    struct digest digest; /* of the file */
    bool is_read;         /* the revision at hand has this file */
};

struct run {
    struct arena *arena;
    const struct compile_options *options;
    int folder;
    struct slot slots[SCRIPT_KIND_COUNT];
    struct rehearsal rehearsal;
    bool rehearses;
    struct text server_version; /* least version required; may be empty */
    struct errors errors, warnings;
    struct compiled compiled;
};

static void run_close(struct run *run)
{
    file_close(&run->folder);
    rehearsal_close(&run->rehearsal);
    for (size_t i = 0; i < SCRIPT_KIND_COUNT; i++) {
        buffer_free(&run->slots[i].file);
        script_free(&run->slots[i].script);
    }
}

/* The buffers behind a slot are used again, but an error points into its text for good. */
static struct error *keep_source(struct run *run, const struct source *source, struct error *error)
{
    struct source *kept = arena_one(run->arena, struct source);

    *kept = (struct source){source->name, arena_copy(run->arena, source->text)};
    for (struct error *each = error; each; each = each->next) {
        if (each->span.source == source)
            each->span.source = kept;
        for (struct note *note = each->notes; note; note = note->next)
            if (note->span.source == source)
                note->span.source = kept;
    }
    return error;
}

/* The marks are read each time: the manifest names them, and the file may have been edited. */
static struct error *find_part(struct run *run, const struct revision *revision,
                               enum script_kind kind, struct slot *slot)
{
    const struct script_reference *reference = &revision->scripts[run->options->dialect][kind];
    struct section_side sides[SECTION_SIDE_COUNT];

    slot->part = (struct part){0, slot->source.text.size};
    if (reference->section == SECTION_NONE)
        return NULL;
    struct error *error = section_read(run->arena, &slot->source, reference->section, sides);
    if (error)
        return keep_source(run, &slot->source, error);
    if (!sides[kind].is_there)
        return error_hint(run->arena,
                          error_at(run->arena, ERROR_INPUT, reference->span, "'%.*s' has no '%s'",
                                   TEXT_ARGS(reference->path),
                                   section_mark(reference->section, kind)),
                          "Write 'down: none' for what cannot be undone.");
    if (!sides[kind].transactional && revision->transactional)
        return keep_source(
            run, &slot->source,
            error_hint(run->arena,
                       error_at(run->arena, ERROR_INPUT, sides[kind].mark,
                                "the file wants no transaction, and revision '%.*s' has one",
                                TEXT_ARGS(revision->id)),
                       "Write 'transaction: none' in the manifest."));
    slot->part = sides[kind].part;
    return NULL;
}

/* The marks of a file are judged once: where they are wrong for its up script, nothing is read. */
static bool is_refused_with_up(const struct run *run, const struct revision *revision,
                               enum script_kind kind)
{
    const struct script_reference *scripts = revision->scripts[run->options->dialect];

    return kind == SCRIPT_DOWN && scripts[kind].section != SECTION_NONE &&
           scripts[kind].section == scripts[SCRIPT_UP].section &&
           text_equal(scripts[kind].path, scripts[SCRIPT_UP].path) &&
           !run->slots[SCRIPT_UP].is_read;
}

static struct error *read_file(struct run *run, const struct revision *revision,
                               enum script_kind kind)
{
    const struct script_reference *reference = &revision->scripts[run->options->dialect][kind];
    struct slot *slot = &run->slots[kind];
    CLEANUP(file_close) int fd = -1;
    uint64_t size;

    slot->is_read = false;
    if (reference->presence != SCRIPT_FILE || is_refused_with_up(run, revision, kind))
        return NULL;
    struct error *error =
        file_open_inside(run->arena, run->folder, reference->path.bytes, &fd, &size);

    if (!error)
        error = file_read_into(run->arena, fd, reference->path, size, SCRIPT_SIZE_MAX, &slot->file);
    if (error) {
        error->code = ERROR_INPUT;
        error->span = reference->span;
        return error;
    }
    slot->source = (struct source){reference->path, buffer_text(&slot->file)};
    slot->digest = crypto_digest(slot->source.text);
    error = find_part(run, revision, kind, slot);
    slot->is_read = !error;
    return error;
}

static struct error *split(struct run *run, const struct revision *revision, bool transactional,
                           enum script_kind kind)
{
    struct slot *slot = &run->slots[kind];
    struct sql_options options = {
        .dialect = run->options->dialect,
        .transactional = transactional,
        .outside_hint = revision->outside_hint,
        .only_reads = kind == SCRIPT_VERIFY,
        .allowed = revision->allowed,
        .part = &slot->part,
        .parses = true,
        .server_version = run->server_version,
    };

    return sql_read(run->arena, &slot->source, &options, &slot->script);
}

/*
 * Nothing in SQLite but VACUUM and its kind needs to run outside a transaction, and inside one a
 * revision cannot be half done: so there `transaction: none` is kept only where a script needs it.
 */
static bool is_transactional(struct run *run, const struct revision *revision)
{
    if (revision->transactional || run->options->dialect != DIALECT_SQLITE)
        return revision->transactional;
    for (size_t kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++)
        if (run->slots[kind].is_read && split(run, revision, true, (enum script_kind)kind))
            return false;
    return true;
}

/*
 * Outside a transaction each statement is a piece. Inside one they are pieces as well, so that an
 * error without a place can be told to its statement; those of a long script go together.
 */
static void find_cuts(struct run *run, const struct script *script, bool transactional,
                      struct index_script *entry)
{
    size_t least = transactional ? script->text.size / PIECES : 0, next = 0;

    entry->cuts = arena_array(run->arena, uint64_t, script->count);
    for (size_t i = 0; i < script->count; i++) {
        if (script->statements[i].offset < next)
            continue;
        entry->cuts[entry->cut_count++] = script->statements[i].offset;
        next = script->statements[i].offset + least;
    }
}

/* What an interrupted run has to look for; names that need more than letters are left to people. */
static void find_builds(struct run *run, const struct script *script, struct index_script *entry)
{
    struct sql_build build;

    entry->builds = arena_array(run->arena, struct index_build, script->count);
    for (size_t i = 0; i < script->count; i++)
        if (sql_find_build(run->arena, script, i, &build))
            entry->builds[entry->build_count++] = (struct index_build){i, build.table, build.name};
}

static struct error *read_script(struct run *run, const struct revision *revision,
                                 enum script_kind kind, struct index_step *step)
{
    const struct script_reference *reference = &revision->scripts[run->options->dialect][kind];
    struct index_script *entry = &step->scripts[kind];
    struct slot *slot = &run->slots[kind];
    bool transactional = step->transactional || kind == SCRIPT_VERIFY;

    if (!slot->is_read)
        return NULL;
    struct error *error = split(run, revision, transactional, kind);
    if (error)
        return keep_source(run, &slot->source, error);
    if (slot->script.warnings && !errors_full(&run->warnings))
        errors_add(&run->warnings, keep_source(run, &slot->source, slot->script.warnings));
    entry->path = reference->path;
    entry->source = slot->digest;
    find_cuts(run, &slot->script, transactional, entry);
    if (!transactional && run->options->dialect == DIALECT_POSTGRESQL)
        find_builds(run, &slot->script, entry);
    if (entry->cut_count > CUTS_MAX)
        return error_at(run->arena, ERROR_INPUT, reference->span,
                        "script '%.*s' has more than %d statements", TEXT_ARGS(reference->path),
                        CUTS_MAX);
    slot->shipped = (struct source){reference->path, buffer_text(&slot->script.text)};
    if (kind != SCRIPT_VERIFY) /* that one only reads */
        entry->foreign_keys_off |= slot->script.foreign_keys_off;
    run->compiled.script_count++;
    run->compiled.statement_count += slot->script.count;
    run->compiled.size += slot->script.text.size;
    return NULL;
}

static struct error *rehearse(struct run *run, const struct index_step *step)
{
    struct slot *up = &run->slots[SCRIPT_UP], *verify = &run->slots[SCRIPT_VERIFY];
    struct rehearsed rehearsed = {
        .up = &up->shipped,
        .script = &up->script,
        .verify = step->scripts[SCRIPT_VERIFY].presence == SCRIPT_FILE ? &verify->shipped : NULL,
        .transactional = step->transactional,
        .foreign_keys_off = step->scripts[SCRIPT_UP].foreign_keys_off,
    };
    struct error *error = rehearsal_run(run->arena, &run->rehearsal, &rehearsed);

    if (!error)
        return NULL;
    run->rehearses = false;
    error = keep_source(run, &up->shipped, error);
    return rehearsed.verify ? keep_source(run, &verify->shipped, error) : error;
}

static struct error *pack(struct run *run, struct index_step *step)
{
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
        if (step->scripts[kind].presence != SCRIPT_FILE)
            continue;
        struct error *error = writer_add(run->arena, run->options->writer, step,
                                         (enum script_kind)kind, run->slots[kind].shipped.text);
        if (error)
            return error;
    }
    return NULL;
}

/* The lint rules, over what was read and accepted. */
static void look_at(struct run *run, const struct revision *revision, const struct index_step *step)
{
    struct lint_script scripts[SCRIPT_KIND_COUNT] = {{NULL, NULL}};

    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
        if (run->slots[kind].is_read)
            scripts[kind] =
                (struct lint_script){&run->slots[kind].source, &run->slots[kind].script};
    lint_revision(run->options->lint, revision, step->transactional, scripts);
}

static void describe(struct run *run, const struct revision *revision, struct index_step *step)
{
    *step = (struct index_step){
        .id = revision->id,
        .title = revision->title,
        .parent_count = revision->parent_count,
        .parents = arena_array(run->arena, struct text, revision->parent_count),
        .idempotent = revision->idempotent,
        .lock_timeout_ms = revision->lock_timeout_ms,
        .statement_timeout_ms = revision->statement_timeout_ms,
    };
    for (size_t i = 0; i < revision->parent_count; i++)
        step->parents[i] = revision->parents[i].id;
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
        step->scripts[kind].presence = revision->scripts[run->options->dialect][kind].presence;
    for (size_t kind = SCRIPT_UP; kind <= SCRIPT_DOWN; kind++)
        step->scripts[kind].foreign_keys_off =
            revision->foreign_keys_off && step->scripts[kind].presence == SCRIPT_FILE;
}

static bool has_foreign_keys_off(const struct index_step *step)
{
    return step->scripts[SCRIPT_UP].foreign_keys_off || step->scripts[SCRIPT_DOWN].foreign_keys_off;
}

/* Refused scripts are collected; what touches the world stops at once. */
static struct error *compile_step(struct run *run, const struct revision *revision,
                                  struct index_step *step)
{
    size_t before = run->errors.count;

    describe(run, revision, step);
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
        errors_add(&run->errors, read_file(run, revision, (enum script_kind)kind));
    step->transactional = is_transactional(run, revision);
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++)
        errors_add(&run->errors, read_script(run, revision, (enum script_kind)kind, step));
    if (has_foreign_keys_off(step) && !step->transactional)
        errors_add(&run->errors,
                   error_at(run->arena, ERROR_INPUT, revision->span,
                            "revision '%.*s' needs a transaction for 'foreign_keys: off'",
                            TEXT_ARGS(revision->id)));
    if (run->errors.count > before) {
        run->rehearses = false; /* what follows may build on what was refused */
        return NULL;
    }
    if (run->options->lint)
        look_at(run, revision, step);
    if (run->rehearses)
        errors_add(&run->errors, rehearse(run, step));
    if (run->errors.count || !run->options->writer)
        return NULL;
    return pack(run, step);
}

struct error *compile_run(struct arena *arena, const struct manifest *manifest,
                          const struct order *order, const struct compile_options *options,
                          struct compiled *compiled)
{
    CLEANUP(run_close) struct run run = {.arena = arena, .options = options, .folder = -1};
    struct error *error = NULL;

    run.folder = open(manifest->folder.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run.folder < 0)
        return error_system(arena, "cannot open '%.*s'", TEXT_ARGS(manifest->folder));
    if (options->rehearse && options->dialect == DIALECT_SQLITE) {
        run.rehearses = true;
        error = rehearsal_open(arena, &run.rehearsal);
    }
    run.server_version = manifest->server_versions[options->dialect];
    if (options->lint)
        lint_begin(options->lint, options->dialect);
    run.compiled.count = order->count;
    run.compiled.steps = arena_array(arena, struct index_step, order->count);
    for (size_t i = 0; !error && !errors_full(&run.errors) && i < order->count; i++) {
        if (options->report && options->report->live && i % PROGRESS_STEPS == 0)
            report_progress(options->report, "%.*s: %zu of %zu revisions",
                            TEXT_ARGS(dialect_name(options->dialect)), i, order->count);
        error = compile_step(&run, order->steps[i], &run.compiled.steps[i]);
    }
    if (error)
        return error;
    if (run.errors.count)
        return run.errors.first;
    run.compiled.warnings = run.warnings.first;
    *compiled = run.compiled;
    return NULL;
}

#include "compiler/commands.h"
#include "compiler/pgquery.h"
#include "compiler/signer.h"
#include "runtime/trust.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const struct option command_build_options[] = {
    {"release", "NAME", "what this release is called (required)", 0, false},
    {"output", "FILE", "the bundle (PROJECT-RELEASE.ferry)", 'o', false},
    {"key", "FILE.key", "sign with this secret key; may be given again", 'k', true},
    {"password-fd", "N", "read passwords from this file descriptor, a line each", 0, false},
    {"dialect", "NAME", "postgresql or sqlite, for a manifest of both", 0, false},
    {"sequence", "N", "orders releases; hosts refuse older ones (seconds of --created)", 0, false},
    {"created", "TIME", "2026-11-22T23:36:00Z, or seconds ($SOURCE_DATE_EPOCH, now)", 0, false},
    {"target", "NAME", "the only target it is for; may be given again", 0, true},
    {"not-after", "TIME", "hosts refuse the bundle after this moment", 0, false},
    {"level", "N", "zstd level, 1 to 22 (3)", 0, false},
    {"threads", "N", "how many threads compress (one for each core)", 0, false},
    {"no-rehearsal", NULL, "do not run the SQLite chain in memory", 0, false},
    {"rehearse", NULL, "PostgreSQL: run the chain on a server of its own", 0, false},
    {"db", "TARGET", "with --rehearse: run it in this empty database", 0, false},
    {"psql", "PATH", "with --rehearse: the psql to use (the newest of this host)", 0, false},
    {0},
};

struct settings {
    enum dialect dialect;
    struct text output;
    uint64_t level, threads;
    int password_fd;
};

/* A time as hosts show it, or seconds since 1970 as SOURCE_DATE_EPOCH has it. */
static struct error *read_time(struct call *call, const char *option, struct text text,
                               uint64_t *seconds)
{
    uint64_t latest = 0;

    if (!index_time_read(TEXT("9999-12-31T23:59:59Z"), &latest))
        return cli_usage(call, "'%s' cannot be read", option);
    if ((text_number(text, latest, seconds) || index_time_read(text, seconds)) && *seconds > 0)
        return NULL;
    return error_hint(call->arena,
                      cli_usage(call, "'%s' is '%.*s', which is no time", option, TEXT_ARGS(text)),
                      "Write it as 2026-11-22T23:36:00Z or in seconds since 1970.");
}

static struct error *read_created(struct call *call, uint64_t *created)
{
    struct text given = cli_value(call, "created");
    struct text epoch = text_from(getenv("SOURCE_DATE_EPOCH"));

    if (given.bytes)
        return read_time(call, "--created", given, created);
    if (epoch.size)
        return read_time(call, "SOURCE_DATE_EPOCH", epoch, created);
    *created = (uint64_t)time(NULL);
    return NULL;
}

static bool has_both(const struct manifest *manifest)
{
    return manifest->dialects[DIALECT_POSTGRESQL] && manifest->dialects[DIALECT_SQLITE];
}

static struct error *choose_dialect(struct call *call, const struct manifest *manifest,
                                    enum dialect *dialect)
{
    struct text name = cli_value(call, "dialect");

    if (name.bytes) {
        if (!dialect_find(name, dialect) || !manifest->dialects[*dialect])
            return cli_usage(call, "the manifest is not for the dialect '%.*s'", TEXT_ARGS(name));
        return NULL;
    }
    if (has_both(manifest))
        return error_hint(call->arena,
                          cli_usage(call, "the manifest is for two dialects, a bundle for one"),
                          "Say --dialect postgresql or --dialect sqlite.");
    *dialect = manifest->dialects[DIALECT_SQLITE] ? DIALECT_SQLITE : DIALECT_POSTGRESQL;
    return NULL;
}

static struct error *read_release(struct call *call, struct text *release)
{
    *release = cli_value(call, "release");
    if (!release->bytes)
        return error_hint(call->arena, cli_usage(call, "a release needs a name"),
                          "Say --release 2.4.0.");
    if (!index_is_release(*release))
        return cli_usage(call, "'--release' takes up to %d printable characters without blanks",
                         RELEASE_SIZE_MAX);
    return NULL;
}

/* Each name of --target. */
static struct error *read_targets(struct call *call, struct index *index)
{
    index->targets = arena_array(call->arena, struct text, call->option_count);
    for (size_t i = 0; i < call->option_count; i++) {
        struct text name = call->options[i].value;

        if (strcmp(call->options[i].option->name, "target") != 0)
            continue;
        if (!index_is_target(name))
            return cli_usage(call, "'--target' takes up to %d of the characters A-Z a-z 0-9 . _ -",
                             ID_SIZE_MAX);
        for (size_t j = 0; j < index->target_count; j++)
            if (text_equal(index->targets[j], name))
                return cli_usage(call, "target '%.*s' is given twice", TEXT_ARGS(name));
        index->targets[index->target_count++] = name;
    }
    return NULL;
}

/* Everything on the command line, before any work is done. */
static struct error *read_index_options(struct call *call, struct index *index)
{
    struct error *error = read_release(call, &index->release);

    if (!error)
        error = read_targets(call, index);
    if (!error)
        error = read_created(call, &index->created);
    if (!error && cli_value(call, "not-after").bytes)
        error = read_time(call, "--not-after", cli_value(call, "not-after"), &index->not_after);
    if (error)
        return error;
    if (index->not_after && index->not_after <= index->created)
        return cli_usage(call, "'--not-after' is not after the creation of the bundle");
    index->sequence = index->created;
    return cli_number(call, "sequence", NUMBER_MAX, &index->sequence);
}

static struct error *read_settings(struct call *call, struct settings *settings)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    settings->level = LEVEL_DEFAULT;
    settings->threads = cores > 0 && cores <= THREADS_MAX ? (uint64_t)cores : 1;
    settings->output = cli_value(call, "output");
    struct error *error = commands_password_fd(call, &settings->password_fd);
    if (!error)
        error = cli_number(call, "level", LEVEL_MAX, &settings->level);
    if (!error)
        error = cli_number(call, "threads", THREADS_MAX, &settings->threads);
    if (error)
        return error;
    if (settings->level < LEVEL_MIN || settings->threads < 1)
        return cli_usage(call, "'--level' and '--threads' begin at 1");
    return NULL;
}

struct keys {
    struct secret_key *list[SIGNATURES_MAX];
    size_t count;
};

static void close_keys(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        signer_close(&keys->list[i]);
}

static struct error *load_keys(struct call *call, int password_fd, struct keys *keys)
{
    struct password_source source = {password_fd};

    for (size_t i = 0; i < call->option_count; i++) {
        if (strcmp(call->options[i].option->name, "key") != 0)
            continue;
        if (keys->count == SIGNATURES_MAX)
            return cli_usage(call, "more than %d keys", SIGNATURES_MAX);
        struct text path = call->options[i].value;
        struct error *error = signer_load(call->arena, path, &source, &keys->list[keys->count]);
        if (error)
            return error;
        struct public_key key = signer_public(keys->list[keys->count++]);
        for (size_t j = 0; j + 1 < keys->count; j++) {
            struct public_key other = signer_public(keys->list[j]);

            if (memcmp(key.bytes, other.bytes, sizeof(key.bytes)) == 0)
                return cli_usage(call, "the key '%.*s' is given twice", TEXT_ARGS(path));
        }
    }
    return NULL;
}

static struct error *write_bundle(struct call *call, const struct keys *keys,
                                  const struct settings *settings, const struct index *index,
                                  const struct writer *writer, struct digest *digest)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct extent extents[STREAM_COUNT];
    struct text texts[SIGNATURES_MAX];

    index_write(&buffer, index);
    struct text text = buffer_text(&buffer);
    *digest = crypto_digest(text);
    for (size_t i = 0; i < keys->count; i++) {
        struct signature signature;
        struct error *error =
            signer_sign(call->arena, keys->list[i], SIGNED_INDEX, text, digest, &signature);

        if (error)
            return error;
        texts[i] = minisign_signature_text(call->arena, &signature, SIGNED_INDEX, digest);
    }
    writer_extents(writer, extents);
    return writer_save(call->arena, settings->output, text, texts, keys->count, extents,
                       STREAM_COUNT);
}

/* Whether the server's parser read the scripts is for the auditor to know. */
static struct text describe_tool(struct arena *arena, enum dialect dialect)
{
    struct text version = pgquery_version();

    if (dialect != DIALECT_POSTGRESQL)
        return TEXT("sqlferry " VERSION);
    if (version.size == 0)
        return TEXT("sqlferry " VERSION " without pg_query");
    return arena_format(arena, "sqlferry " VERSION " pg_query %.*s", TEXT_ARGS(version));
}

/* Errors refuse the build; of warnings, which 'check' shows, one line is enough here. */
static struct error *heed_findings(struct call *call, const struct lint_findings *findings)
{
    size_t warnings = findings->counts[LINT_WARNING];

    if (warnings)
        report_note(call->report, "%zu warning%s: 'sqlferry check' shows %s", warnings,
                    warnings == 1 ? "" : "s", warnings == 1 ? "it" : "them");
    return lint_refuse(findings);
}

static struct error *compile(struct call *call, const struct manifest *manifest,
                             const struct order *order, const struct settings *settings,
                             struct writer *writer, struct index *index)
{
    CLEANUP(rehearsal_close) struct rehearsal *rehearsal = NULL;
    struct compiled compiled;
    struct error *error = writer_open(call->arena, file_folder(call->arena, settings->output),
                                      (int)settings->level, (unsigned)settings->threads, writer);

    if (!error)
        error = commands_rehearse(call, settings->dialect, &rehearsal);
    struct compile_options options = {
        .dialect = settings->dialect,
        .rehearsal = rehearsal,
        .lint = lint_new(call->arena, manifest, 0),
        .writer = writer,
        .report = call->report,
    };
    if (!error)
        error = compile_run(call->arena, manifest, order, &options, &compiled);
    if (!error)
        error = heed_findings(call, lint_finish(options.lint, !has_both(manifest)));
    if (error)
        return error;
    commands_warn(call, compiled.warnings);
    if (rehearsal) {
        index->schema_method = SCHEMA_METHOD;
        index->schema_major = rehearsal->major;
    }
    index->project = manifest->project;
    index->dialect = settings->dialect;
    index->server_version = manifest->server_versions[settings->dialect];
    if (settings->dialect == DIALECT_POSTGRESQL) {
        index->extensions = manifest->extensions;
        index->extension_count = manifest->extension_count;
    }
    index->alembic_keep = manifest->alembic_keep;
    index->tool = describe_tool(call->arena, settings->dialect);
    index->steps = compiled.steps;
    index->step_count = compiled.count;
    return writer_finish(call->arena, writer, index);
}

static struct text default_output(struct call *call, const struct manifest *manifest,
                                  const struct index *index, enum dialect dialect)
{
    bool both = has_both(manifest);
    struct text name =
        arena_format(call->arena, "%.*s-%.*s%s%.*s.ferry", TEXT_ARGS(manifest->project),
                     TEXT_ARGS(index->release), both ? "-" : "",
                     both ? (int)dialect_name(dialect).size : 0, dialect_name(dialect).bytes);

    for (size_t i = 0; i < name.size; i++)
        if (name.bytes[i] == '/')
            ((char *)name.bytes)[i] = '_';
    return name;
}

struct error *command_build(struct call *call)
{
    CLEANUP(writer_close) struct writer writer = {.scratch = {-1, -1}};
    CLEANUP(close_keys) struct keys keys = {0};
    struct settings settings = {0};
    struct index index = {0};
    struct manifest manifest;
    struct order order;
    struct digest digest;
    struct error *error = read_index_options(call, &index);

    if (!error)
        error = read_settings(call, &settings);
    if (!error)
        error = commands_load(call, &manifest, &order);
    if (!error)
        error = choose_dialect(call, &manifest, &settings.dialect);
    if (!error)
        error = load_keys(call, settings.password_fd, &keys);
    if (error)
        return error;
    if (!settings.output.bytes)
        settings.output = default_output(call, &manifest, &index, settings.dialect);
    error = compile(call, &manifest, &order, &settings, &writer, &index);
    if (!error)
        error = write_bundle(call, &keys, &settings, &index, &writer, &digest);
    if (error)
        return error;
    report_line(call->report, "%.*s: %zu revisions for %.*s, %zu signature%s",
                TEXT_ARGS(settings.output), index.step_count,
                TEXT_ARGS(dialect_name(index.dialect)), keys.count, keys.count == 1 ? "" : "s");
    report_line(call->report, "bundle %s", digest_hex(call->arena, &digest).bytes);
    report_line(call->report, "short  %s", digest_short(call->arena, &digest).bytes);
    if (keys.count == 0)
        report_note(call->report, "The bundle is not signed: no host applies it before "
                                  "'sqlferry sign' adds a signature.");
    return NULL;
}

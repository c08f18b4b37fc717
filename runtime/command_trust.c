#include "commands.h"
#include "rotation.h"
#include "trust_file.h"

const struct option command_trust_options[] = {
    {"trust", "FILE", "the trust file in force ($SQLLAND_TRUST, /etc/sqlland/trust)", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

/* Whether a new trust file could ever be signed by enough keys. */
static bool is_last(const struct trust *trust)
{
    return trust_count_usable(trust, SIGNED_TRUST) < trust->thresholds[SIGNED_TRUST];
}

/* Showing */

/* What a signature of it counts for. */
static void print_key(struct call *call, const struct trusted_key *key)
{
    CLEANUP(buffer_free) struct buffer line = {0};
    bool signs_bundles = key->signs[SIGNED_INDEX] && (!key->revoked || key->last_good);

    buffer_format(&line, "%s %.*s", key->revoked ? "revoked    " : "key        ",
                  TEXT_ARGS(minisign_key_number(call->arena, key->key.number)));
    buffer_format(&line, " %.*s", TEXT_ARGS(key->name.size ? key->name : TEXT("-")));
    if (signs_bundles)
        buffer_add(&line, TEXT("  bundles"));
    for (size_t i = 0; signs_bundles && i < key->project_count; i++)
        buffer_format(&line, "%s%.*s", i ? ", " : " of ", TEXT_ARGS(key->projects[i]));
    if (key->signs[SIGNED_TRUST] && !key->revoked)
        buffer_add(&line, TEXT("  trust files"));
    if (key->last_good)
        buffer_format(&line, "  up to sequence %llu", (unsigned long long)key->last_good);
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&line)));
}

static void print_trust(struct call *call, const struct trust *trust)
{
    static const char *const names[SIGNED_KIND_COUNT] = {"bundles    ", "trust files"};
    struct digest digest = rotation_digest(trust);

    report_line(call->report, "trust file  %.*s", TEXT_ARGS(trust->origin));
    report_line(call->report, "version     %llu", (unsigned long long)trust->version);
    report_line(call->report, "digest      %s", digest_hex(call->arena, &digest).bytes);
    report_line(call->report, "short       %s", digest_short(call->arena, &digest).bytes);
    for (size_t kind = 0; kind < SIGNED_KIND_COUNT; kind++)
        report_line(call->report, "%s %llu of %zu must sign", names[kind],
                    (unsigned long long)trust->thresholds[kind],
                    trust_count_usable(trust, (enum signed_kind)kind));
    for (size_t i = 0; i < trust->count; i++)
        print_key(call, &trust->keys[i]);
    if (is_last(trust))
        report_note(call->report, "Too few keys may sign trust files: this one can be replaced by "
                                  "hand only.");
}

static void print_json(struct call *call, const struct trust *trust)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    struct digest digest = rotation_digest(trust);

    json_open(&json, NULL, '{');
    json_text(&json, "file", trust->origin);
    json_number(&json, "version", trust->version);
    json_text(&json, "digest", digest_hex(call->arena, &digest));
    json_text(&json, "short", digest_short(call->arena, &digest));
    json_number(&json, "threshold", trust->thresholds[SIGNED_INDEX]);
    json_number(&json, "trust_threshold", trust->thresholds[SIGNED_TRUST]);
    json_open(&json, "keys", '[');
    for (size_t i = 0; i < trust->count; i++) {
        const struct trusted_key *key = &trust->keys[i];

        json_open(&json, NULL, '{');
        json_text(&json, "key", minisign_key_number(call->arena, key->key.number));
        json_text(&json, "public", minisign_key_line(call->arena, &key->key));
        if (key->name.size)
            json_text(&json, "name", key->name);
        else
            json_null(&json, "name");
        json_bool(&json, "revoked", key->revoked);
        if (key->last_good)
            json_number(&json, "last_good", key->last_good);
        else
            json_null(&json, "last_good");
        json_bool(&json, "signs_bundles", key->signs[SIGNED_INDEX]);
        json_bool(&json, "signs_trust", key->signs[SIGNED_TRUST]);
        json_open(&json, "projects", '[');
        for (size_t j = 0; j < key->project_count; j++)
            json_text(&json, NULL, key->projects[j]);
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    commands_print_json(call, &buffer);
}

static void show(struct call *call, const struct trust *trust)
{
    if (cli_has(call, "json"))
        print_json(call, trust);
    else
        print_trust(call, trust);
}

/* Following */

static void print_signatures(struct call *call, const struct trust *trust,
                             const struct verdicts *verdicts)
{
    report_line(call->report,
                "by version %llu, which wants %llu:", (unsigned long long)trust->version,
                (unsigned long long)trust->thresholds[SIGNED_TRUST]);
    verify_print_signatures(call, verdicts);
}

static void print_may_follow(struct call *call, const struct trust *in_force,
                             const struct rotation *rotation)
{
    print_signatures(call, in_force, &rotation->by[0]);
    print_signatures(call, &rotation->next, &rotation->by[1]);
    report_line(call->report, "may follow  version %llu, %.*s",
                (unsigned long long)in_force->version, TEXT_ARGS(in_force->origin));
}

/* Whether a new file may follow the one in force; and, if it is to, makes it. */
static struct error *follow(struct call *call, struct text path, bool installs)
{
    bool is_json = cli_has(call, "json");
    struct trust in_force, next;
    struct rotation rotation;
    struct text kept;
    struct error *error = trust_file_load(call->arena, verify_trust_path(call), &in_force);

    if (!error)
        error = rotation_read(call->arena, path, &next);
    if (error)
        return error;
    if (text_equal(next.text, in_force.text)) {
        report_note(call->report, "'%.*s' is in force already: version %llu", TEXT_ARGS(path),
                    (unsigned long long)next.version);
        show(call, &in_force);
        return NULL;
    }
    error = rotation_verify(call->arena, &in_force, &next, &rotation);
    if (error)
        return error;
    if (!is_json) {
        show(call, &next);
        print_may_follow(call, &in_force, &rotation);
    }
    if (installs)
        error = rotation_install(call->arena, &in_force, &rotation, &kept);
    if (error)
        return error;
    if (is_json)
        show(call, &next);
    else if (installs)
        report_line(call->report, "in force    %.*s; version %llu is kept as %.*s",
                    TEXT_ARGS(in_force.origin), (unsigned long long)in_force.version,
                    TEXT_ARGS(kept));
    return NULL;
}

struct error *command_trust(struct call *call)
{
    struct text word = call->arguments[0];
    bool has_file = call->argument_count == 2;
    struct trust trust;

    if (text_equal(word, TEXT("update")) && !has_file)
        return cli_usage(call, "'trust update' needs the new trust file");
    if (text_equal(word, TEXT("update")) || (text_equal(word, TEXT("check")) && has_file))
        return follow(call, call->arguments[1], text_equal(word, TEXT("update")));
    if (!text_equal(word, TEXT("show")) && !text_equal(word, TEXT("check")))
        return error_hint(call->arena, cli_usage(call, "unknown word '%.*s'", TEXT_ARGS(word)),
                          "'trust' takes one of show, check and update.");
    struct error *error = has_file ? rotation_read(call->arena, call->arguments[1], &trust)
                                   : trust_file_load(call->arena, verify_trust_path(call), &trust);
    if (error)
        return error;
    show(call, &trust);
    return NULL;
}

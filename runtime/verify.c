#include "verify.h"
#include "json.h"
#include "trust_file.h"

#include <stdlib.h>
#include <time.h>

#define TRUST_PATH "/etc/sqlland/trust"

const struct option verify_options[] = {
    VERIFY_TRUST_OPTIONS,
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct text verify_trust_path(const struct call *call)
{
    struct text file = text_from(getenv("SQLLAND_TRUST"));

    if (cli_has(call, "trust"))
        return cli_value(call, "trust");
    return file.size ? file : TEXT(TRUST_PATH);
}

struct error *verify_trust(struct call *call, struct trust *trust)
{
    struct text key = cli_value(call, "key");

    if (key.bytes && cli_has(call, "trust"))
        return cli_usage(call, "give either --key or --trust");
    return key.bytes ? trust_file_load_key(call->arena, key, trust)
                     : trust_file_load(call->arena, verify_trust_path(call), trust);
}

/* What was reviewed elsewhere, and is named by its digest, is what is applied here. */
static struct error *check_expected(struct call *call, const struct bundle *bundle)
{
    const struct digest *digest = &bundle->container->digest;
    struct text expected = cli_value(call, "expect");
    enum digest_match match = expected.bytes ? digest_match(digest, expected) : DIGEST_SAME;

    if (match == DIGEST_SAME)
        return NULL;
    if (match == DIGEST_MISHEARD)
        return error_hint(call->arena,
                          cli_usage(call, "'%.*s' is no digest of a bundle", TEXT_ARGS(expected)),
                          "It has 64 hexadecimal digits, or 22 decimal ones of which the last two "
                          "check the others: have it read out again.");
    return error_note(call->arena,
                      error_plain(call->arena, ERROR_UNTRUSTED,
                                  "the bundle is %.*s, not the one that is expected",
                                  TEXT_ARGS(digest_short(call->arena, digest))),
                      (struct span){0}, "its whole digest is %s",
                      digest_hex(call->arena, digest).bytes);
}

static struct error *open_bundle(struct call *call, struct text path, const struct trust *trust,
                                 bool nothing_else, struct bundle *bundle)
{
    struct bundle_policy policy = {
        .trust = trust,
        .now = (uint64_t)time(NULL),
        .allow_expired = cli_has(call, "allow-expired"),
        .nothing_else = nothing_else,
    };
    struct error *error = bundle_open(call->arena, path, &policy, bundle);

    return error ? error : check_expected(call, bundle);
}

struct error *verify_bundle(struct call *call, struct text path, const struct trust *trust,
                            struct bundle *bundle)
{
    return open_bundle(call, path, trust, false, bundle);
}

struct error *verify_bundle_alone(struct call *call, struct text path, const struct trust *trust,
                                  struct bundle *bundle)
{
    return open_bundle(call, path, trust, true, bundle);
}

const char *verify_word(const struct verdict *verdict)
{
    static const char *const words[] = {
        [VERDICT_COUNTS] = "valid",
        [VERDICT_UNKNOWN] = "unknown key, not counted",
        [VERDICT_REVOKED] = "revoked key, not counted",
        [VERDICT_ROLE] = "key of another role, not counted",
        [VERDICT_PROJECT] = "key of other projects, not counted",
    };

    return words[verdict->kind];
}

struct text verify_targets(struct arena *arena, const struct index *index)
{
    struct text names = TEXT("any");

    for (size_t i = 0; i < index->target_count; i++)
        names = arena_format(arena, "%.*s%s%.*s", i ? (int)names.size : 0, names.bytes,
                             i ? " " : "", TEXT_ARGS(index->targets[i]));
    return names;
}

void verify_print_signatures(struct call *call, const struct verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *verdict = &verdicts->list[i];
        struct text number = minisign_key_number(call->arena, verdict->number);

        report_line(call->report, "signature  %.*s %.*s (%s)", TEXT_ARGS(number),
                    TEXT_ARGS(verdict->key ? verdict->key->name : TEXT("-")), verify_word(verdict));
    }
}

static void print_json(struct call *call, const struct bundle *bundle)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    const struct index *index = bundle->index;

    json_open(&json, NULL, '{');
    json_bool(&json, "verified", true);
    json_text(&json, "bundle", digest_hex(call->arena, &bundle->container->digest));
    json_text(&json, "short", digest_short(call->arena, &bundle->container->digest));
    json_text(&json, "project", index->project);
    json_text(&json, "dialect", dialect_name(index->dialect));
    json_text(&json, "release", index->release);
    json_number(&json, "sequence", index->sequence);
    json_text(&json, "created", index_time(call->arena, index->created));
    json_open(&json, "targets", '[');
    for (size_t i = 0; i < index->target_count; i++)
        json_text(&json, NULL, index->targets[i]);
    json_close(&json, ']');
    json_number(&json, "revision_count", index->step_count);
    json_open(&json, "signatures", '[');
    for (size_t i = 0; i < bundle->verdicts.count; i++) {
        const struct verdict *verdict = &bundle->verdicts.list[i];

        json_open(&json, NULL, '{');
        json_text(&json, "key", minisign_key_number(call->arena, verdict->number));
        if (verdict->key)
            json_text(&json, "name", verdict->key->name);
        else
            json_null(&json, "name");
        json_bool(&json, "counts", verdict->kind == VERDICT_COUNTS);
        json_text(&json, "verdict", text_from(verify_word(verdict)));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

struct error *verify_command(struct call *call)
{
    CLEANUP(bundle_close) struct bundle bundle = {0};
    struct trust trust;
    struct error *error = verify_trust(call, &trust);

    if (error)
        return error;
    error = verify_bundle_alone(call, call->arguments[0], &trust, &bundle);
    if (error)
        return error;
    if (cli_has(call, "json")) {
        print_json(call, &bundle);
        return NULL;
    }

    const struct index *index = bundle.index;
    report_line(call->report, "verified   %.*s", TEXT_ARGS(call->arguments[0]));
    report_line(call->report, "bundle     %s",
                digest_hex(call->arena, &bundle.container->digest).bytes);
    report_line(call->report, "short      %s",
                digest_short(call->arena, &bundle.container->digest).bytes);
    report_line(call->report, "contents   %.*s %.*s for %.*s, sequence %llu, %zu revision%s",
                TEXT_ARGS(index->project), TEXT_ARGS(index->release),
                TEXT_ARGS(dialect_name(index->dialect)), (unsigned long long)index->sequence,
                index->step_count, index->step_count == 1 ? "" : "s");
    report_line(call->report, "created    %s%s%s", index_time(call->arena, index->created).bytes,
                index->not_after ? ", expires " : "",
                index->not_after ? index_time(call->arena, index->not_after).bytes : "");
    if (index->target_count)
        report_line(call->report, "targets    %.*s", TEXT_ARGS(verify_targets(call->arena, index)));
    verify_print_signatures(call, &bundle.verdicts);
    return NULL;
}

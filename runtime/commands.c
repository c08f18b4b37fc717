#include "commands.h"
#include "json.h"

#include <stdlib.h>

static struct text address_of(const struct call *call)
{
    struct text given = cli_value(call, "db");

    return given.bytes ? given : text_from(getenv("DATABASE_URL"));
}

struct error *commands_target(struct call *call, struct target_options options,
                              struct target **target)
{
    struct text address = address_of(call);

    if (address.size == 0)
        return error_hint(call->arena, cli_usage(call, "no database is named"),
                          "Say --db shop.db, or set DATABASE_URL.");
    options.psql = cli_value(call, "psql").bytes;
    options.report = call->report;
    return target_open(call->arena, address, &options, target);
}

struct error *commands_time(struct call *call, const char *option, uint64_t *ms)
{
    struct text value = cli_value(call, option);

    if (!value.bytes || text_duration(value, TIMEOUT_MS_MAX, ms))
        return NULL;
    return cli_usage(call, "'--%s' takes a time as 10s, 500ms or 2m, not '%.*s'", option,
                     TEXT_ARGS(value));
}

struct error *commands_ledger(struct call *call, struct ledger *ledger)
{
    CLEANUP(target_close) struct target *target = NULL;
    struct target_options options = {.access = TARGET_READS};
    struct error *error = commands_target(call, options, &target);

    if (error)
        return error;
    if (!target)
        return error_plain(call->arena, ERROR_SYSTEM, "there is no database '%.*s'",
                           TEXT_ARGS(address_of(call)));
    return target->operations->read_ledger(call->arena, target, ledger);
}

static void print_plan_json(struct call *call, const struct bundle *bundle,
                            const struct apply_plan *plan)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '{');
    json_text(&json, "bundle", digest_hex(call->arena, &bundle->container->digest));
    json_number(&json, "revision_count", plan->applied);
    json_open(&json, "pending", '[');
    for (size_t i = 0; i < plan->count; i++) {
        json_open(&json, NULL, '{');
        json_text(&json, "id", plan->steps[i]->id);
        json_text(&json, "title", plan->steps[i]->title);
        json_bool(&json, "transactional", plan->steps[i]->transactional);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

static void print_plan(struct call *call, const struct bundle *bundle, const struct target *target,
                       const struct apply_plan *plan)
{
    const struct index *index = bundle->index;
    struct text address = target ? target->name : TEXT("a new database");

    report_line(call->report, "bundle   %s",
                digest_hex(call->arena, &bundle->container->digest).bytes);
    report_line(call->report, "release  %.*s %.*s, sequence %llu", TEXT_ARGS(index->project),
                TEXT_ARGS(index->release), (unsigned long long)index->sequence);
    report_line(call->report, "target   %.*s, %zu of %zu revisions applied", TEXT_ARGS(address),
                plan->applied, index->step_count);
    if (target && target->through.size)
        report_line(call->report, "through  %.*s, server %.*s", TEXT_ARGS(target->through),
                    TEXT_ARGS(target->version));
    if (plan->count == 0)
        report_line(call->report, "nothing to do");
    for (size_t i = 0; i < plan->count; i++) {
        const struct index_step *step = plan->steps[i];

        report_line(call->report, "%5zu  %.*s%s%.*s%s", i + 1, TEXT_ARGS(step->id),
                    step->title.size ? "  " : "", TEXT_ARGS(step->title),
                    step->transactional ? "" : "  [no transaction]");
    }
}

static struct error *make_plan(struct call *call, const struct bundle *bundle,
                               struct target *target, struct apply_plan *plan)
{
    struct ledger ledger = {0};
    struct ledger_state state;
    struct error *error = NULL;

    if (target) {
        error = apply_check_target(call->arena, bundle->index, target);
        if (!error)
            error = target->operations->read_ledger(call->arena, target, &ledger);
    }
    if (!error)
        error = ledger_compare(call->arena, &ledger, bundle->index, cli_has(call, "allow-older"),
                               &state);
    return error ? error
                 : apply_plan(call->arena, bundle->index, &state, cli_value(call, "to"), plan);
}

struct error *commands_print_plan(struct call *call)
{
    CLEANUP(bundle_close) struct bundle bundle = {0};
    CLEANUP(target_close) struct target *target = NULL;
    struct apply_plan plan;
    struct trust trust;
    struct error *error = verify_trust(call, &trust);

    if (!error)
        error = verify_bundle(call, call->arguments[0], &trust, &bundle);
    if (!error)
        error = commands_target(call, (struct target_options){.access = TARGET_READS}, &target);
    if (!error)
        error = make_plan(call, &bundle, target, &plan);
    if (error)
        return error;
    if (cli_has(call, "json"))
        print_plan_json(call, &bundle, &plan);
    else
        print_plan(call, &bundle, target, &plan);
    return NULL;
}

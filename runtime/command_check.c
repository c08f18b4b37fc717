#include "commands.h"
#include "drift.h"
#include "script.h"

const struct option command_check_options[] = {
    COMMANDS_BUNDLE_OPTIONS,
    {"complete", NULL, "a pending revision is a fault, too", 0, false},
    {"no-verify", NULL, "do not run verify scripts", 0, false},
    {"no-drift", NULL, "do not compare the schema with the bundle's", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

struct check {
    struct call *call;
    struct run run;
    struct findings findings;
    bool fits; /* the ledger has nothing that the bundle does not know */
    struct drift drift;
    size_t pending, begun, verified;
};

static void find_fault(struct check *check, const char *name, const struct index_step *step,
                       struct error *error)
{
    findings_add(check->call->arena, &check->findings, FINDING_FAULT, name,
                 step ? step->id : TEXT(""), error);
}

static struct error *pending_error(struct check *check, const struct index_step *step)
{
    struct error *error = error_plain(check->call->arena, ERROR_STATE, "revision '%.*s' is pending",
                                      TEXT_ARGS(step->id));

    return check->pending > 1
               ? error
               : error_hint(check->call->arena, error, "'sqlland upgrade' applies it.");
}

static void look_at_steps(struct check *check)
{
    const struct index *index = check->run.index;

    for (size_t i = 0; i < index->step_count; i++) {
        const struct index_step *step = &index->steps[i];
        const struct step_state *state = &check->run.state.steps[i];

        if (state->standing == STEP_PENDING) {
            check->pending++;
            if (cli_has(check->call, "complete"))
                find_fault(check, "pending", step, pending_error(check, step));
        } else if (state->standing != STEP_APPLIED) {
            check->begun++;
            find_fault(check, "interrupted", step,
                       plan_begun_error(check->call->arena, step, state));
        }
    }
}

/* They run as they are written, each by itself; the session only reads. */
static void run_verify_scripts(struct check *check)
{
    const struct index *index = check->run.index;

    for (size_t i = 0; i < index->step_count; i++) {
        const struct index_step *step = &index->steps[i];

        if (check->run.state.steps[i].standing != STEP_APPLIED ||
            step->scripts[SCRIPT_VERIFY].presence != SCRIPT_FILE)
            continue;
        report_progress(check->call->report, "verifying %.*s", TEXT_ARGS(step->id));
        struct error *error = script_verify(&check->run, step);
        check->verified++;
        if (!error)
            continue;
        if (error->code == ERROR_DATABASE)
            error->code = ERROR_STATE;
        find_fault(check, "verify", step,
                   error_note(check->call->arena, error, (struct span){0},
                              "revision '%.*s' is applied, and its verify script refuses it",
                              TEXT_ARGS(step->id)));
    }
}

static struct error *look_for_drift(struct check *check)
{
    if (cli_has(check->call, "no-drift"))
        check->drift.why_not = TEXT("--no-drift says so");
    else if (!check->fits)
        check->drift.why_not = TEXT("the ledger does not fit the bundle");
    if (check->drift.why_not.bytes)
        return NULL;
    return drift_find(&check->run, &check->drift, &check->findings);
}

static void print_json(struct check *check)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    const struct run *run = &check->run;
    struct digest head = ledger_head(&run->ledger);

    json_open(&json, NULL, '{');
    json_bool(&json, "well", check->findings.fault_count == 0);
    json_text(&json, "bundle",
              digest_hex(check->call->arena, &run->options->bundle->container->digest));
    json_number(&json, "revision_count", run->state.applied);
    json_open(&json, "pending", '[');
    for (size_t i = 0; i < run->index->step_count; i++)
        if (run->state.steps[i].standing == STEP_PENDING)
            json_text(&json, NULL, run->index->steps[i].id);
    json_close(&json, ']');
    json_number(&json, "verified_count", check->verified);
    if (check->drift.step) {
        json_text(&json, "schema_revision", check->drift.step->id);
        json_number(&json, "drift_count", check->drift.count);
    } else {
        json_null(&json, "schema_revision");
        json_text(&json, "schema_why_not", check->drift.why_not);
    }
    commands_json_findings(&json, &check->findings);
    json_number(&json, "row_count", run->ledger.count);
    if (run->is_known)
        json_text(&json, "ledger", digest_hex(check->call->arena, &head));
    else
        json_null(&json, "ledger");
    json_close(&json, '}');
    commands_print_json(check->call, &buffer);
}

static void print_drift(struct check *check)
{
    const struct drift *drift = &check->drift;
    struct report *report = check->call->report;

    if (!drift->step)
        report_line(report, "schema    not compared: %.*s", TEXT_ARGS(drift->why_not));
    else if (drift->count == 0)
        report_line(report, "schema    as revision '%.*s' left it", TEXT_ARGS(drift->step->id));
    else
        report_line(report, "schema    %zu object%s other than revision '%.*s' left %s",
                    drift->count, drift->count == 1 ? " is" : "s are", TEXT_ARGS(drift->step->id),
                    drift->count == 1 ? "it" : "them");
}

static void print(struct check *check)
{
    struct report *report = check->call->report;
    const struct run *run = &check->run;
    const struct index *index = run->index;

    report_line(report, "bundle    %s",
                digest_hex(check->call->arena, &run->options->bundle->container->digest).bytes);
    report_line(report, "release   %.*s %.*s, sequence %llu", TEXT_ARGS(index->project),
                TEXT_ARGS(index->release), (unsigned long long)index->sequence);
    report_line(report, "target    %.*s", TEXT_ARGS(run->target->name));
    if (run->is_known) {
        report_line(report, "ledger    %zu row%s, each continues the one before", run->ledger.count,
                    run->ledger.count == 1 ? "" : "s");
        report_line(report, "applied   %zu of %zu revision%s, %zu verify script%s run",
                    run->state.applied, index->step_count, index->step_count == 1 ? "" : "s",
                    check->verified, check->verified == 1 ? "" : "s");
        report_line(report, "pending   %zu", check->pending);
        print_drift(check);
    }
    if (check->begun)
        report_line(report, "begun     %zu", check->begun);
    commands_print_findings(check->call, &check->findings);
    if (check->findings.fault_count == 0)
        report_line(report, "all is well");
    if (run->is_known)
        commands_print_head(check->call, &run->ledger);
}

/* A person must look is what counts most. */
static struct error *refuse(struct check *check)
{
    struct error *first = findings_refuse(&check->findings);

    for (const struct error *error = first; error; error = error->next)
        if (error->code == ERROR_UNKNOWN)
            first->code = ERROR_UNKNOWN;
    return check->begun ? script_show_begun(&check->run, first) : first;
}

struct error *command_check(struct call *call)
{
    CLEANUP(commands_close) struct session session = {0};
    struct check check = {.call = call};
    struct error *error = commands_open(call, TARGET_READS, &session);

    if (!error && !session.target)
        error = commands_no_database(call);
    if (!error)
        error = run_look(call->arena, &session.options, &check.run, &check.findings);
    if (error)
        return error;
    check.fits = check.findings.fault_count == 0;
    if (check.run.is_known) {
        look_at_steps(&check);
        if (!cli_has(call, "no-verify"))
            run_verify_scripts(&check);
        error = look_for_drift(&check);
    }
    if (error)
        return error;
    error = session.target->operations->examine(call->arena, session.target, &check.findings);
    if (error)
        return error;
    if (cli_has(call, "json"))
        print_json(&check);
    else
        print(&check);
    return refuse(&check);
}

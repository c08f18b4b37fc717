#include "commands.h"
#include "json.h"

const struct option command_current_options[] = {
    COMMANDS_TARGET_OPTIONS,
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

/* What the rows say by themselves; the ledger alone knows no bundle. */
struct summary {
    size_t applied;
    const struct ledger_row *last;  /* what was applied last, of what still is */
    const struct ledger_row *begun; /* the last of a script without a transaction, not finished */
};

static bool is_later(const struct ledger_row *row, const struct ledger_row *than)
{
    return row && (!than || row->number > than->number);
}

static struct summary summarize(struct arena *arena, const struct ledger *ledger)
{
    struct summary summary = {0};
    size_t count;
    const struct ledger_revision *revisions = ledger_revisions(arena, ledger, &count);

    for (size_t i = 0; i < count; i++) {
        const struct step_state *state = &revisions[i].state;

        if (state->standing == STEP_APPLIED) {
            summary.applied++;
            summary.last = is_later(state->applied, summary.last) ? state->applied : summary.last;
        } else if (state->standing != STEP_PENDING && is_later(state->begun, summary.begun)) {
            summary.begun = state->begun;
        }
    }
    return summary;
}

static void print_json(struct call *call, const struct summary *summary, const struct digest *head)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '{');
    json_number(&json, "revision_count", summary->applied);
    if (summary->last) {
        json_text(&json, "revision", summary->last->revision);
        json_text(&json, "project", summary->last->project);
        json_text(&json, "release", summary->last->release);
        json_number(&json, "sequence", summary->last->sequence);
        json_text(&json, "finished", summary->last->finished);
    } else {
        json_null(&json, "revision");
    }
    if (summary->begun)
        json_text(&json, "begun", summary->begun->revision);
    else
        json_null(&json, "begun");
    json_text(&json, "ledger", digest_hex(call->arena, head));
    json_close(&json, '}');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

struct error *command_current(struct call *call)
{
    struct ledger ledger;
    struct error *error = commands_ledger(call, &ledger);

    if (error)
        return error;
    struct summary summary = summarize(call->arena, &ledger);
    struct digest head = ledger_head(&ledger);
    if (cli_has(call, "json")) {
        print_json(call, &summary, &head);
        return NULL;
    }
    if (!summary.last)
        report_line(call->report, "no revision is applied");
    else
        report_line(call->report, "%.*s  %.*s %.*s, sequence %llu, %zu revision%s, since %.*s",
                    TEXT_ARGS(summary.last->revision), TEXT_ARGS(summary.last->project),
                    TEXT_ARGS(summary.last->release), (unsigned long long)summary.last->sequence,
                    summary.applied, summary.applied == 1 ? "" : "s",
                    TEXT_ARGS(summary.last->finished));
    if (summary.begun)
        report_line(call->report, "%.*s  is half %s, without a transaction",
                    TEXT_ARGS(summary.begun->revision),
                    summary.begun->kind == SCRIPT_UP ? "applied" : "undone");
    report_line(call->report, "ledger %s", digest_hex(call->arena, &head).bytes);
    return NULL;
}

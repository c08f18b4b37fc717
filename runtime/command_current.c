#include "commands.h"
#include "json.h"

const struct option command_current_options[] = {
    COMMANDS_TARGET_OPTION,
    {"json", NULL, "print the result as JSON", 0, false},
    {0},
};

/* What the last row of each revision says; the ledger alone knows no bundle. */
struct summary {
    size_t applied;
    const struct ledger_row *last, *interrupted;
};

static struct summary summarize(const struct ledger *ledger)
{
    struct summary summary = {0};

    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_row *row = &ledger->rows[i];

        switch (row->event) {
        case LEDGER_APPLIED:
        case LEDGER_FINISHED:
            summary.applied++;
            summary.last = row;
            summary.interrupted = NULL;
            break;
        case LEDGER_STARTED:
            summary.interrupted = row;
            break;
        case LEDGER_FAILED:
            summary.interrupted = NULL;
            break;
        }
    }
    return summary;
}

static void print_json(struct call *call, const struct summary *summary, const struct digest *head)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '{');
    json_number(&json, "revisions", summary->applied);
    if (summary->last) {
        json_text(&json, "revision", summary->last->revision);
        json_text(&json, "project", summary->last->project);
        json_text(&json, "release", summary->last->release);
        json_number(&json, "sequence", summary->last->sequence);
        json_text(&json, "finished", summary->last->finished);
    } else {
        json_null(&json, "revision");
    }
    if (summary->interrupted)
        json_text(&json, "interrupted", summary->interrupted->revision);
    else
        json_null(&json, "interrupted");
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
    struct summary summary = summarize(&ledger);
    struct digest head = ledger_head(&ledger);
    if (cli_has(call, "json")) {
        print_json(call, &summary, &head);
        return NULL;
    }
    if (!summary.last)
        report_line(call->report, "no revision is applied");
    else
        report_line(call->report, "%.*s  %.*s %.*s, sequence %llu, %zu revisions, since %.*s",
                    TEXT_ARGS(summary.last->revision), TEXT_ARGS(summary.last->project),
                    TEXT_ARGS(summary.last->release), (unsigned long long)summary.last->sequence,
                    summary.applied, TEXT_ARGS(summary.last->finished));
    if (summary.interrupted)
        report_line(call->report, "%.*s  was interrupted outside a transaction",
                    TEXT_ARGS(summary.interrupted->revision));
    report_line(call->report, "ledger %s", digest_hex(call->arena, &head).bytes);
    return NULL;
}

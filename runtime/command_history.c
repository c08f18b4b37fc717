#include "commands.h"
#include "json.h"

const struct option command_history_options[] = {
    COMMANDS_TARGET_OPTIONS,
    {"json", NULL, "print the rows as JSON", 0, false},
    {0},
};

static void print_json(struct call *call, const struct ledger *ledger)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};

    json_open(&json, NULL, '[');
    for (size_t i = 0; i < ledger->count; i++) {
        struct text cells[LEDGER_FIELD_COUNT];

        ledger_cells(call->arena, &ledger->rows[i], cells);
        json_open(&json, NULL, '{');
        for (size_t field = 0; field < LEDGER_FIELD_COUNT; field++) {
            const char *name = ledger_field_name((enum ledger_field)field);

            if (field == FIELD_NUMBER)
                json_number(&json, name, ledger->rows[i].number);
            else if (field == FIELD_SEQUENCE)
                json_number(&json, name, ledger->rows[i].sequence);
            else if (field == FIELD_PIECES)
                json_number(&json, name, ledger->rows[i].pieces);
            else
                json_text(&json, name, cells[field]);
        }
        json_close(&json, '}');
    }
    json_close(&json, ']');
    report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

struct error *command_history(struct call *call)
{
    struct ledger ledger;
    struct error *error = commands_ledger(call, &ledger);

    if (error)
        return error;
    if (cli_has(call, "json")) {
        print_json(call, &ledger);
        return NULL;
    }
    for (size_t i = 0; i < ledger.count; i++) {
        const struct ledger_row *row = &ledger.rows[i];

        report_line(call->report, "%5llu  %.*s  %-15s  %.*s  %.*s %.*s  %.*s%s%.*s",
                    (unsigned long long)row->number, TEXT_ARGS(row->finished),
                    ledger_event_name(row->event, row->kind), TEXT_ARGS(row->revision),
                    TEXT_ARGS(row->project), TEXT_ARGS(row->release), TEXT_ARGS(row->who),
                    row->note.size ? "  " : "", TEXT_ARGS(row->note));
    }
    return NULL;
}

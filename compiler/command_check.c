#include "compiler/commands.h"
#include "compiler/pgquery.h"
#include "compiler/sarif.h"

#include <string.h>

const struct option command_check_options[] = {
    {"dialect", "NAME", "check the scripts of this dialect only", 0, false},
    {"no-rehearsal", NULL, "do not run the SQLite chain in memory", 0, false},
    {"rule", "ID", "look for this rule only; may be given again", 0, true},
    {"info", NULL, "show findings that are mere information, too", 0, false},
    {"strict", NULL, "warnings are refused like errors", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {"sarif", NULL, "print the findings as SARIF 2.1.0", 0, false},
    {"explain", "ID", "explain a rule, and check nothing", 0, false},
    {"list-rules", NULL, "list all rules, and check nothing", 0, false},
    {0},
};

/* A rule by its name on the command line. */
static struct error *find_rule(struct call *call, struct text id, enum lint_rule *rule)
{
    if (lint_rules_find(id, rule))
        return NULL;
    const char *nearest = lint_rules_nearest(id);
    struct error *error = cli_usage(call, "there is no rule '%.*s'", TEXT_ARGS(id));

    return error_hint(call->arena, error,
                      nearest ? "Did you mean '%s'?" : "'sqlferry check --list-rules' lists them.",
                      nearest);
}

static struct text dialect_names(struct call *call, enum lint_rule rule)
{
    struct text names = TEXT("");

    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (lint_rules[rule].dialects & 1U << i)
            names = arena_format(call->arena, "%.*s%s%.*s", TEXT_ARGS(names),
                                 names.size ? ", " : "", TEXT_ARGS(dialect_name((enum dialect)i)));
    return names;
}

/* "14" for 140000, "14.4" for 140004. */
static struct text version_name(struct call *call, unsigned version)
{
    return version % 10000 ? arena_format(call->arena, "%u.%u", version / 10000, version % 10000)
                           : arena_format(call->arena, "%u", version / 10000);
}

static void print_versions(struct call *call, const struct lint_rule_entry *entry)
{
    struct text since = version_name(call, entry->since), until = version_name(call, entry->until);

    if (entry->until)
        report_line(call->report, "servers:  from %.*s, below %.*s", TEXT_ARGS(since),
                    TEXT_ARGS(until));
    else if (entry->since)
        report_line(call->report, "servers:  from %.*s", TEXT_ARGS(since));
}

static void list_rules(struct call *call)
{
    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        report_line(call->report, "%-26s %-8s %s", lint_rules[i].id,
                    lint_rules_severity_name(lint_rules[i].severity), lint_rules[i].title);
}

static void print_indented(struct call *call, const char *text)
{
    struct text rest = text_from(text);

    while (rest.size) {
        struct text line = text_cut(&rest, '\n');

        report_line(call->report, "    %.*s", TEXT_ARGS(line));
    }
}

static struct error *explain(struct call *call)
{
    enum lint_rule rule;
    struct error *error = find_rule(call, cli_value(call, "explain"), &rule);

    if (error)
        return error;
    const struct lint_rule_entry *entry = &lint_rules[rule];
    struct report *report = call->report;
    bool is_refusal = rule == LINT_MISSING_SEMICOLON || rule == LINT_SPLIT_AMBIGUOUS;
    report_line(report, "%s: %s", entry->id, entry->title);
    report_line(report, "severity: %s", lint_rules_severity_name(entry->severity));
    struct text dialects = dialect_names(call, rule);
    report_line(report, "dialects: %.*s", TEXT_ARGS(dialects));
    print_versions(call, entry);
    report_line(report, "%s", "");
    report_line(report, "%s", entry->why);
    report_line(report, "%s", "");
    report_line(report, "Fires:");
    print_indented(call, entry->fires);
    report_line(report, "%s", "");
    report_line(report, "Does not:");
    print_indented(call, entry->silent);
    report_line(report, "%s", "");
    report_line(report, "To allow it:");
    if (!is_refusal)
        report_line(report, "    -- ferry: allow %s REASON", entry->id);
    if (!is_refusal)
        report_line(report,
                    "beside the statement, in a comment on its line or directly above it; or");
    report_line(report, "    allow: [%s]", entry->id);
    report_line(report, "in the manifest, for all scripts of a revision%s",
                is_refusal ? "." : "; or");
    if (!is_refusal) {
        report_line(report, "    severity: {%s: off}", entry->id);
        report_line(report, "in the manifest, for all revisions.");
    }
    return NULL;
}

/* The rules of --rule, as bits; 0 for all. */
static struct error *choose_rules(struct call *call, uint64_t *rules)
{
    *rules = 0;
    for (size_t i = 0; i < call->option_count; i++) {
        enum lint_rule rule;

        if (strcmp(call->options[i].option->name, "rule") != 0)
            continue;
        struct error *error = find_rule(call, call->options[i].value, &rule);
        if (error)
            return error;
        *rules |= UINT64_C(1) << rule;
    }
    return NULL;
}

struct health {
    size_t roots, heads, merges;
    size_t downs, irreversible, missing_downs; /* revisions that have one, need none, lack one */
};

static struct health count_health(const struct order *order, const struct lint *lint)
{
    struct health health = {.missing_downs = lint_missing_downs(lint)};

    for (size_t i = 0; i < order->count; i++) {
        const struct revision *revision = order->steps[i];
        bool has_down = false, is_irreversible = false;

        health.roots += revision->parent_count == 0;
        health.heads += revision->child_count == 0;
        health.merges += revision->parent_count > 1;
        for (size_t j = 0; j < DIALECT_COUNT; j++) {
            has_down |= revision->scripts[j][SCRIPT_DOWN].presence == SCRIPT_FILE;
            is_irreversible |= revision->scripts[j][SCRIPT_DOWN].presence == SCRIPT_NONE;
        }
        health.downs += has_down;
        health.irreversible += is_irreversible && !has_down;
    }
    return health;
}

/* All that print and the like need. */
struct checked {
    const struct manifest *manifest;
    const struct order *order;
    bool dialects[DIALECT_COUNT];
    struct compiled compiled[DIALECT_COUNT];
    const struct lint_findings *findings;
    struct health health;
};

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static bool is_rehearsed(const struct call *call, size_t dialect)
{
    return dialect == DIALECT_SQLITE && !cli_has(call, "no-rehearsal");
}

/* What was done with the scripts of a dialect beyond reading them. */
static const char *describe_proof(struct call *call, size_t dialect)
{
    struct text version = pgquery_version();

    if (dialect == DIALECT_SQLITE)
        return is_rehearsed(call, dialect) ? ", the whole chain ran in memory" : "";
    if (version.size == 0)
        return ", not parsed: sqlferry was built without libpg_query";
    return arena_format(call->arena, ", parsed as PostgreSQL %.*s does", TEXT_ARGS(version)).bytes;
}

static void print_text(struct call *call, const struct checked *checked)
{
    const struct health *health = &checked->health;
    const size_t *counts = checked->findings->counts;
    struct report *report = call->report;
    size_t count = checked->order->count;

    report_line(report, "%.*s: %zu revision%s, %zu root%s, %zu head%s, %zu merge%s, no orphans",
                TEXT_ARGS(checked->manifest->project), count, plural(count), health->roots,
                plural(health->roots), health->heads, plural(health->heads), health->merges,
                plural(health->merges));
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (checked->dialects[i])
            report_line(report, "%.*s: %zu scripts, %zu statements%s",
                        TEXT_ARGS(dialect_name((enum dialect)i)), checked->compiled[i].script_count,
                        checked->compiled[i].statement_count, describe_proof(call, i));
    report_line(report, "down: %zu revision%s with a script, %zu irreversible, %zu missing",
                health->downs, plural(health->downs), health->irreversible, health->missing_downs);
    report_line(report, "findings: %zu error%s, %zu warning%s, %zu of information%s",
                counts[LINT_ERROR], plural(counts[LINT_ERROR]), counts[LINT_WARNING],
                plural(counts[LINT_WARNING]), counts[LINT_INFO],
                counts[LINT_INFO] && !cli_has(call, "info") && !cli_has(call, "rule")
                    ? " (--info shows them)"
                    : "");
}

static void write_finding(struct json *json, const struct lint_finding *finding)
{
    const struct error *error = finding->error;

    json_open(json, NULL, '{');
    json_text(json, "rule", text_from(lint_rules[finding->rule].id));
    json_text(json, "severity", text_from(lint_rules_severity_name(finding->severity)));
    json_text(json, "file", finding->path);
    json_number(json, "line", finding->line);
    json_number(json, "column", finding->column);
    json_text(json, "message", finding->message);
    if (error->hint.size)
        json_text(json, "hint", error->hint);
    else
        json_null(json, "hint");
    json_text(json, "revision", finding->revision);
    json_open(json, "dialects", '[');
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (finding->dialects & 1U << i)
            json_text(json, NULL, dialect_name((enum dialect)i));
    json_close(json, ']');
    json_open(json, "notes", '[');
    for (const struct note *note = error->notes; note; note = note->next)
        json_text(json, NULL, note->message);
    json_close(json, ']');
    json_close(json, '}');
}

static void write_json(struct call *call, struct json *json, const struct checked *checked)
{
    const struct health *health = &checked->health;
    const size_t *counts = checked->findings->counts;

    json_open(json, NULL, '{');
    json_text(json, "project", checked->manifest->project);
    json_number(json, "revision_count", checked->order->count);
    json_number(json, "root_count", health->roots);
    json_number(json, "head_count", health->heads);
    json_number(json, "merge_count", health->merges);
    json_number(json, "orphan_count", 0); /* the graph refuses them */
    json_number(json, "down_count", health->downs);
    json_number(json, "irreversible_count", health->irreversible);
    json_number(json, "missing_down_count", health->missing_downs);
    json_open(json, "dialects", '[');
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        if (!checked->dialects[i])
            continue;
        json_open(json, NULL, '{');
        json_text(json, "dialect", dialect_name((enum dialect)i));
        json_number(json, "script_count", checked->compiled[i].script_count);
        json_number(json, "statement_count", checked->compiled[i].statement_count);
        json_bool(json, "rehearsed", is_rehearsed(call, i));
        if (i == DIALECT_POSTGRESQL)
            json_text(json, "parser_version", pgquery_version());
        json_close(json, '}');
    }
    json_close(json, ']');
    json_number(json, "error_count", counts[LINT_ERROR]);
    json_number(json, "warning_count", counts[LINT_WARNING]);
    json_number(json, "info_count", counts[LINT_INFO]);
    json_open(json, "findings", '[');
    for (const struct lint_finding *finding = checked->findings->first; finding;
         finding = finding->next)
        write_finding(json, finding);
    json_close(json, ']');
    json_close(json, '}');
}

/* All but the errors, which are returned. */
static void show_findings(struct call *call, const struct lint_findings *findings)
{
    bool with_info = cli_has(call, "info") || cli_has(call, "rule");
    size_t shown = 0, left = 0;

    for (const struct lint_finding *finding = findings->first; finding; finding = finding->next) {
        if (finding->severity == LINT_ERROR || (finding->severity == LINT_INFO && !with_info))
            continue;
        if (shown == LINT_SHOWN_MAX) {
            left++;
            continue;
        }
        report_finding(call->report, lint_rules_severity_name(finding->severity), finding->error);
        shown++;
    }
    if (left)
        report_note(call->report, "%zu more; --json prints all of them", left);
}

static struct error *print(struct call *call, const struct checked *checked)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    const size_t *counts = checked->findings->counts;

    if (cli_has(call, "json"))
        write_json(call, &json, checked);
    else if (cli_has(call, "sarif"))
        sarif_write(&json, checked->manifest, checked->findings);
    if (buffer.size) {
        report_line(call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
    } else {
        show_findings(call, checked->findings);
        print_text(call, checked);
    }
    if (counts[LINT_ERROR] > LINT_SHOWN_MAX)
        report_note(call->report, "of %zu errors, the first %d:", counts[LINT_ERROR],
                    LINT_SHOWN_MAX);
    if (!counts[LINT_ERROR] && counts[LINT_WARNING] && cli_has(call, "strict"))
        return error_plain(call->arena, ERROR_INPUT, "%zu warning%s, and --strict lets none pass",
                           counts[LINT_WARNING], plural(counts[LINT_WARNING]));
    return lint_refuse(checked->findings);
}

static struct error *check(struct call *call, uint64_t rules)
{
    struct manifest manifest;
    struct order order;
    struct checked checked = {.manifest = &manifest, .order = &order};
    bool is_complete = true;
    struct error *error = commands_load(call, &manifest, &order);

    if (!error)
        error = commands_dialects(call, &manifest, checked.dialects);
    if (error)
        return error;
    struct lint *lint = lint_new(call->arena, &manifest, rules);
    for (size_t i = 0; !error && i < DIALECT_COUNT; i++) {
        CLEANUP(rehearsal_close) struct rehearsal *rehearsal = NULL;

        is_complete &= checked.dialects[i] == manifest.dialects[i];
        if (!checked.dialects[i])
            continue;
        error = commands_rehearse(call, (enum dialect)i, &rehearsal);
        struct compile_options options = {
            .dialect = (enum dialect)i,
            .rehearsal = rehearsal,
            .lint = lint,
            .report = call->report,
        };
        if (!error)
            error = compile_run(call->arena, &manifest, &order, &options, &checked.compiled[i]);
    }
    if (error)
        return error;
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        commands_warn(call, checked.compiled[i].warnings);
    checked.findings = lint_finish(lint, is_complete);
    checked.health = count_health(&order, lint);
    return print(call, &checked);
}

struct error *command_check(struct call *call)
{
    uint64_t rules;
    struct error *error;

    if (cli_value(call, "explain").bytes)
        return explain(call);
    if (cli_has(call, "list-rules")) {
        list_rules(call);
        return NULL;
    }
    if (cli_has(call, "json") && cli_has(call, "sarif"))
        return cli_usage(call, "'--json' and '--sarif' exclude each other");
    error = choose_rules(call, &rules);
    return error ? error : check(call, rules);
}

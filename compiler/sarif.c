#include "compiler/sarif.h"

#include <string.h>

/* SARIF 2.1.0, 3.49.14 and 3.27.10: severities are called levels. */
static struct text level(enum lint_severity severity)
{
    static const struct text levels[LINT_SEVERITY_COUNT] = {
        [LINT_OFF] = TEXT("none"),
        [LINT_INFO] = TEXT("note"),
        [LINT_WARNING] = TEXT("warning"),
        [LINT_ERROR] = TEXT("error"),
    };

    return levels[severity];
}

static void write_message(struct json *json, const char *key, struct text text)
{
    json_open(json, key, '{');
    json_text(json, "text", text);
    json_close(json, '}');
}

static void write_rule(struct json *json, enum lint_rule rule, enum lint_severity severity)
{
    CLEANUP(buffer_free) struct buffer help = {0};
    const struct lint_rule_entry *entry = &lint_rules[rule];

    buffer_format(&help, "%s\n\nFires:\n\n%s\nDoes not:\n\n%s", entry->why, entry->fires,
                  entry->silent);
    json_open(json, NULL, '{');
    json_text(json, "id", text_from(entry->id));
    write_message(json, "shortDescription", text_from(entry->title));
    write_message(json, "fullDescription", text_from(entry->why));
    write_message(json, "help", buffer_text(&help));
    json_open(json, "defaultConfiguration", '{');
    json_bool(json, "enabled", severity != LINT_OFF);
    json_text(json, "level", level(severity));
    json_close(json, '}');
    json_close(json, '}');
}

/* RFC 3986: what is neither unreserved nor a slash is percent-encoded. */
static void add_uri(struct buffer *uri, struct text path)
{
    for (size_t i = 0; i < path.size; i++) {
        char byte = path.bytes[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || (byte && strchr("-._~/", byte));

        if (is_plain)
            buffer_add(uri, (struct text){&byte, 1});
        else
            buffer_format(uri, "%%%02X", (unsigned char)byte);
    }
}

static void write_location(struct json *json, const struct manifest *manifest,
                           const struct lint_finding *finding)
{
    CLEANUP(buffer_free) struct buffer uri = {0};

    if (finding->is_script && !text_equal(manifest->folder, TEXT("."))) {
        add_uri(&uri, manifest->folder);
        if (!text_ends(manifest->folder, TEXT("/")))
            buffer_add(&uri, TEXT("/"));
    }
    add_uri(&uri, finding->path);
    json_open(json, NULL, '{');
    json_open(json, "physicalLocation", '{');
    json_open(json, "artifactLocation", '{');
    json_text(json, "uri", buffer_text(&uri));
    json_close(json, '}');
    json_open(json, "region", '{');
    json_number(json, "startLine", finding->line);
    json_number(json, "startColumn", finding->column);
    json_number(json, "endColumn", finding->column + finding->size);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}

static void write_result(struct json *json, const struct manifest *manifest,
                         const struct lint_finding *finding)
{
    CLEANUP(buffer_free) struct buffer message = {0};
    const struct error *error = finding->error;

    buffer_add(&message, finding->message);
    for (const struct note *note = error->notes; note; note = note->next)
        buffer_format(&message, "; %.*s", TEXT_ARGS(note->message));
    if (error->hint.size)
        buffer_format(&message, ". %.*s", TEXT_ARGS(error->hint));
    json_open(json, NULL, '{');
    json_text(json, "ruleId", text_from(lint_rules[finding->rule].id));
    json_number(json, "ruleIndex", finding->rule);
    json_text(json, "level", level(finding->severity));
    write_message(json, "message", buffer_text(&message));
    json_open(json, "locations", '[');
    write_location(json, manifest, finding);
    json_close(json, ']');
    json_close(json, '}');
}

void sarif_write(struct json *json, const struct manifest *manifest,
                 const struct lint_findings *findings)
{
    json_open(json, NULL, '{');
    json_text(json, "$schema", TEXT("https://json.schemastore.org/sarif-2.1.0.json"));
    json_text(json, "version", TEXT("2.1.0"));
    json_open(json, "runs", '[');
    json_open(json, NULL, '{');
    json_open(json, "tool", '{');
    json_open(json, "driver", '{');
    json_text(json, "name", TEXT("sqlferry"));
    json_text(json, "version", TEXT(VERSION));
    json_open(json, "rules", '[');
    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        write_rule(json, (enum lint_rule)i, manifest->severities[i]);
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, '}');
    json_text(json, "columnKind", TEXT("unicodeCodePoints"));
    json_open(json, "results", '[');
    for (const struct lint_finding *finding = findings->first; finding; finding = finding->next)
        write_result(json, manifest, finding);
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
}

#include "compiler/fields.h"

#include <assert.h>
#include <string.h>

enum { DIGEST_SHOWN_SIZE = 12 }; /* hexadecimal digits: enough to find it in a ledger */

void fields_of_bundle(const struct index *index, struct field fields[static BUNDLE_FIELD_COUNT])
{
    const struct field table[] = {
        {"project", "project", FIELD_TEXT, WEIGHT_REFUSED, .text = index->project},
        {"dialect", "dialect", FIELD_TEXT, WEIGHT_REFUSED, .text = dialect_name(index->dialect)},
        {"release", "release", FIELD_TEXT, .text = index->release},
        {"sequence", "sequence", FIELD_NUMBER, .number = index->sequence},
        {"created", "created", FIELD_TIME, .number = index->created},
        {"expires", "not_after", FIELD_TIME, .number = index->not_after, .no = "never"},
        {"server", "server_version", FIELD_VERSION, .text = index->server_version, .no = "any"},
        {"extensions", "extensions", FIELD_WORDS, .words = index->extensions,
         .word_count = index->extension_count, .no = "none"},
        {"alembic", "alembic_keep", FIELD_FLAG, .flag = index->alembic_keep, .yes = "kept in step",
         .no = "left alone"},
        {"targets", "targets", FIELD_WORDS, .words = index->targets,
         .word_count = index->target_count, .no = "any"},
        {"schemas", "schema_version", FIELD_SERVER, .number = index->schema_major, .no = "none"},
        {"tool", "tool", FIELD_TEXT, .text = index->tool},
    };

    static_assert(COUNT(table) == BUNDLE_FIELD_COUNT, "a row for each field");
    memcpy(fields, table, sizeof(table));
}

static struct text foreign_keys(const struct index_step *step)
{
    bool up = step->scripts[SCRIPT_UP].foreign_keys_off;
    bool down = step->scripts[SCRIPT_DOWN].foreign_keys_off;

    return up && down ? TEXT("off")
           : up       ? TEXT("off for up")
           : down     ? TEXT("off for down")
                      : TEXT("on");
}

/* What the index says of one script. */
#define SCRIPT_FIELDS(name, its, its_weight)                                                       \
    {name, name, FIELD_SCRIPT, its_weight, .script = (its)},                                       \
        {name " path", name "_path", FIELD_PATH, .script = (its)},                                 \
        {name " source", name "_source", FIELD_SOURCE, .script = (its)},                           \
        {name " pieces", name "_pieces", FIELD_PIECES, WEIGHT_HOSTS, .script = (its)},             \
    {                                                                                              \
        name " builds", name "_builds", FIELD_BUILDS, WEIGHT_HOSTS, .script = (its)                \
    }

void fields_of_step(const struct index_step *step, struct field fields[static STEP_FIELD_COUNT])
{
    const struct field table[] = {
        {"title", "title", FIELD_TEXT, .text = step->title, .no = "none"},
        {"parents", "parents", FIELD_WORDS, WEIGHT_HOSTS, .words = step->parents,
         .word_count = step->parent_count, .no = "none"},
        {"transaction", "transactional", FIELD_FLAG, WEIGHT_HOSTS, .flag = step->transactional,
         .yes = "single", .no = "none"},
        {"foreign keys", "foreign_keys", FIELD_TEXT, WEIGHT_HOSTS, .text = foreign_keys(step)},
        {"idempotent", "idempotent", FIELD_FLAG, WEIGHT_HOSTS, .flag = step->idempotent,
         .yes = "true", .no = "false"},
        {"lock timeout", "lock_timeout_ms", FIELD_DURATION, WEIGHT_HOSTS,
         .number = step->lock_timeout_ms, .no = "that of the run"},
        {"statement timeout", "statement_timeout_ms", FIELD_DURATION, WEIGHT_HOSTS,
         .number = step->statement_timeout_ms, .no = "that of the run"},
        SCRIPT_FIELDS("up", &step->scripts[SCRIPT_UP], WEIGHT_REFUSED),
        SCRIPT_FIELDS("down", &step->scripts[SCRIPT_DOWN], WEIGHT_HOSTS),
        SCRIPT_FIELDS("verify", &step->scripts[SCRIPT_VERIFY], WEIGHT_HOSTS),
        {"schema", "schema_changes", FIELD_SCHEMA, .script = &step->scripts[SCRIPT_UP],
         .schema = &step->scripts[SCRIPT_SCHEMA]},
    };

    static_assert(COUNT(table) == STEP_FIELD_COUNT, "a row for each field");
    memcpy(fields, table, sizeof(table));
}

static bool same_words(const struct field *a, const struct field *b)
{
    if (a->word_count != b->word_count)
        return false;
    for (size_t i = 0; i < a->word_count; i++)
        if (!text_equal(a->words[i], b->words[i]))
            return false;
    return true;
}

bool fields_same_bytes(const struct index_script *a, const struct index_script *b)
{
    return a->presence == b->presence &&
           (a->presence != SCRIPT_FILE || digest_equal(&a->digest, &b->digest));
}

static bool same_pieces(const struct index_script *a, const struct index_script *b)
{
    return a->cut_count == b->cut_count &&
           (a->cut_count == 0 || memcmp(a->cuts, b->cuts, a->cut_count * sizeof(*a->cuts)) == 0);
}

static bool same_builds(const struct index_script *a, const struct index_script *b)
{
    if (a->build_count != b->build_count)
        return false;
    for (size_t i = 0; i < a->build_count; i++)
        if (a->builds[i].piece != b->builds[i].piece ||
            !text_equal(a->builds[i].table, b->builds[i].table) ||
            !text_equal(a->builds[i].name, b->builds[i].name))
            return false;
    return true;
}

bool fields_equal(const struct field *a, const struct field *b)
{
    const struct index_script *left = a->script, *right = b->script;

    assert(a->kind == b->kind);
    switch (a->kind) {
    case FIELD_TEXT:
    case FIELD_VERSION:
        return text_equal(a->text, b->text);
    case FIELD_NUMBER:
    case FIELD_TIME:
    case FIELD_DURATION:
    case FIELD_SERVER:
        return a->number == b->number;
    case FIELD_WORDS:
        return same_words(a, b);
    case FIELD_FLAG:
        return a->flag == b->flag;
    case FIELD_SCRIPT:
        return fields_same_bytes(left, right);
    case FIELD_PATH:
        return left->presence != SCRIPT_FILE || right->presence != SCRIPT_FILE ||
               text_equal(left->path, right->path);
    case FIELD_SOURCE:
        return !fields_same_bytes(left, right) || left->presence != SCRIPT_FILE ||
               digest_equal(&left->source, &right->source);
    case FIELD_PIECES:
        return !fields_same_bytes(left, right) || same_pieces(left, right);
    case FIELD_BUILDS:
        return !fields_same_bytes(left, right) || same_builds(left, right);
    case FIELD_SCHEMA:
        return !fields_same_bytes(left, right) || a->schema->presence != b->schema->presence ||
               fields_same_bytes(a->schema, b->schema);
    }
    return false;
}

static struct text digest_start(struct arena *arena, const struct digest *digest)
{
    return text_slice(digest_hex(arena, digest), 0, DIGEST_SHOWN_SIZE);
}

static struct text join(struct arena *arena, const struct text *words, size_t count)
{
    CLEANUP(buffer_free) struct buffer joined = {0};

    for (size_t i = 0; i < count; i++)
        buffer_format(&joined, "%s%.*s", i ? " " : "", TEXT_ARGS(words[i]));
    return arena_copy(arena, buffer_text(&joined));
}

static struct text script_text(struct arena *arena, const struct index_script *script)
{
    if (script->presence != SCRIPT_FILE)
        return script->presence == SCRIPT_NONE ? TEXT("none") : TEXT("absent");
    return arena_format(arena, "%llu byte%s %.*s", (unsigned long long)script->size,
                        script->size == 1 ? "" : "s",
                        TEXT_ARGS(digest_start(arena, &script->digest)));
}

/* Not there, where that has a word of its own. */
static bool is_absent(const struct field *field)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_VERSION:
        return field->text.size == 0;
    case FIELD_TIME:
    case FIELD_DURATION:
    case FIELD_SERVER:
        return field->number == 0;
    case FIELD_WORDS:
        return field->word_count == 0;
    case FIELD_FLAG:
        return !field->flag;
    default:
        return false;
    }
}

struct text fields_text(struct arena *arena, const struct field *field)
{
    if (is_absent(field))
        return text_from(field->no);
    switch (field->kind) {
    case FIELD_TEXT:
        return field->text;
    case FIELD_VERSION:
        return arena_format(arena, "at least %.*s", TEXT_ARGS(field->text));
    case FIELD_NUMBER:
        return arena_format(arena, "%llu", (unsigned long long)field->number);
    case FIELD_TIME:
        return index_time(arena, field->number);
    case FIELD_DURATION:
        return arena_format(arena, "%llums", (unsigned long long)field->number);
    case FIELD_SERVER:
        return arena_format(arena, "taken on version %llu", (unsigned long long)field->number);
    case FIELD_WORDS:
        return join(arena, field->words, field->word_count);
    case FIELD_FLAG:
        return text_from(field->yes);
    case FIELD_SCRIPT:
        return script_text(arena, field->script);
    case FIELD_PATH:
        return field->script->path;
    case FIELD_SOURCE:
        return digest_start(arena, &field->script->source);
    case FIELD_PIECES:
        return arena_format(arena, "%zu", index_piece_count(field->script));
    case FIELD_BUILDS:
        return arena_format(arena, "%zu", field->script->build_count);
    case FIELD_SCHEMA:
        return script_text(arena, field->schema);
    }
    return TEXT("");
}

static void words_json(struct json *json, const char *key, const struct text *words, size_t count)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, words[i]);
    json_close(json, ']');
}

static void script_json(struct arena *arena, struct json *json, const char *key,
                        const struct index_script *script)
{
    if (script->presence == SCRIPT_FILE)
        json_text(json, key, digest_hex(arena, &script->digest));
    else if (script->presence == SCRIPT_NONE)
        json_text(json, key, TEXT("none"));
    else
        json_null(json, key);
}

void fields_json(struct arena *arena, struct json *json, const char *key, const struct field *field)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_VERSION:
        json_text(json, key, field->text);
        return;
    case FIELD_NUMBER:
    case FIELD_DURATION:
        json_number(json, key, field->number);
        return;
    case FIELD_TIME:
        if (field->number)
            json_text(json, key, index_time(arena, field->number));
        else
            json_null(json, key);
        return;
    case FIELD_SERVER:
        if (field->number)
            json_number(json, key, field->number);
        else
            json_null(json, key);
        return;
    case FIELD_WORDS:
        words_json(json, key, field->words, field->word_count);
        return;
    case FIELD_FLAG:
        json_bool(json, key, field->flag);
        return;
    case FIELD_SCRIPT:
        script_json(arena, json, key, field->script);
        return;
    case FIELD_PATH:
        json_text(json, key, field->script->path);
        return;
    case FIELD_SOURCE:
        json_text(json, key, digest_hex(arena, &field->script->source));
        return;
    case FIELD_PIECES:
        json_number(json, key, index_piece_count(field->script));
        return;
    case FIELD_BUILDS:
        json_number(json, key, field->script->build_count);
        return;
    case FIELD_SCHEMA:
        script_json(arena, json, key, field->schema);
        return;
    }
}

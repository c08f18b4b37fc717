#include "compiler/lint_parts.h"

#include <string.h>

/* What statements create, drop and rename, whatever it is. */

/* The words behind CREATE, DROP and ALTER; longer ones first where they begin alike. */
static const struct kind_entry {
    const char *words;
    enum object_kind kind;
    const char *name; /* for messages */
    bool has_table;   /* ON TABLE follows */
} kinds[] = {
    {"FOREIGN TABLE", OBJECT_TABLE, "foreign table", false},
    {"VIRTUAL TABLE", OBJECT_TABLE, "virtual table", false},
    {"TABLE", OBJECT_TABLE, "table", false},
    {"MATERIALIZED VIEW", OBJECT_VIEW, "materialized view", false},
    {"RECURSIVE VIEW", OBJECT_VIEW, "view", false},
    {"VIEW", OBJECT_VIEW, "view", false},
    {"INDEX", OBJECT_INDEX, "index", false},
    {"SEQUENCE", OBJECT_SEQUENCE, "sequence", false},
    {"TYPE", OBJECT_TYPE, "type", false},
    {"DOMAIN", OBJECT_TYPE, "domain", false},
    {"FUNCTION", OBJECT_FUNCTION, "function", false},
    {"PROCEDURE", OBJECT_FUNCTION, "procedure", false},
    {"ROUTINE", OBJECT_FUNCTION, "routine", false},
    {"AGGREGATE", OBJECT_FUNCTION, "aggregate", false},
    {"SCHEMA", OBJECT_SCHEMA, "schema", false},
    {"EXTENSION", OBJECT_EXTENSION, "extension", false},
    {"ROLE|USER|GROUP", OBJECT_ROLE, "role", false},
    {"COLLATION", OBJECT_COLLATION, "collation", false},
    {"STATISTICS", OBJECT_STATISTICS, "statistics", false},
    {"PUBLICATION", OBJECT_PUBLICATION, "publication", false},
    {"SUBSCRIPTION", OBJECT_SUBSCRIPTION, "subscription", false},
    {"SERVER", OBJECT_SERVER, "server", false},
    {"FOREIGN DATA WRAPPER", OBJECT_WRAPPER, "foreign data wrapper", false},
    {"EVENT TRIGGER", OBJECT_EVENT_TRIGGER, "event trigger", false},
    {"CONSTRAINT TRIGGER", OBJECT_TRIGGER, "trigger", true},
    {"TRIGGER", OBJECT_TRIGGER, "trigger", true},
    {"POLICY", OBJECT_POLICY, "policy", true},
    {"RULE", OBJECT_RULE, "rule", true},
};

static const struct kind_entry *take_kind(struct reading *reading)
{
    struct reading again = *reading;

    if (reading_take(&again, "USER MAPPING", NULL))
        return NULL;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (reading_take(reading, kinds[i].words, NULL))
            return &kinds[i];
    return NULL;
}

struct text lint_name(struct lint *lint, const struct reading *reading, struct token token)
{
    struct text text = reading_text(reading, token);
    bool folds = lint->dialect == DIALECT_SQLITE || token.kind == TOKEN_WORD;

    if (token.kind == TOKEN_END)
        return TEXT("");
    if (token.kind == TOKEN_WORD || text.size < 2 || !strchr("\"`['", text.bytes[0]))
        return model_intern(lint->model, text, folds);

    char quote = text.bytes[text.size - 1];
    text = text_slice(text, 1, text.size - 2);
    if (text_find_byte(text, quote) == text.size)
        return model_intern(lint->model, text, folds);
    CLEANUP(buffer_free) struct buffer buffer = {0};
    for (size_t i = 0; i < text.size; i++) { /* a doubled quote stands for itself */
        buffer_add(&buffer, text_slice(text, i, 1));
        i += text.bytes[i] == quote;
    }
    return model_intern(lint->model, buffer_text(&buffer), folds);
}

bool lint_is_old(const struct lint *lint, const struct object *object)
{
    return !object || (object->revision != lint->number && !object->is_temporary);
}

struct object *lint_find(struct lint *lint, const struct reading *reading, enum object_kind kind,
                         struct name name)
{
    return model_find(lint->model, kind, NULL, lint_name(lint, reading, name.schema),
                      lint_name(lint, reading, name.token));
}

struct object *lint_table(struct lint *lint, const struct reading *reading, struct name name)
{
    struct object *table = lint_find(lint, reading, OBJECT_TABLE, name);

    if (table || name.token.kind == TOKEN_END)
        return table;
    lint->state->is_partial = true;
    table = model_create(lint->model, OBJECT_TABLE, NULL, lint_name(lint, reading, name.schema),
                         lint_name(lint, reading, name.token));
    table->word = "table";
    table->is_implied = table->is_opaque = true;
    return table;
}

/* returns  true where the server will refuse it, which is told; false where it may be gone */
static bool check_existing(struct lint *lint, const struct reading *reading,
                           const struct object *existing, struct text schema, struct token at)
{
    const struct lint_state *state = lint->state;
    bool is_doubtful = existing->is_implied || existing->is_guarded || existing->is_temporary ||
                       state->is_dynamic || lint->in_block ||
                       (state->cascaded | lint->cascaded) & 1U << existing->kind ||
                       (existing->owner == NULL && state->sets_search_path) ||
                       !text_equal(existing->schema, model_schema(schema));

    if (is_doubtful)
        return false;
    struct lint_spot *spot = lint_report(lint, LINT_CREATE_EXISTING, reading, at, existing->name,
                                         text_from(existing->word), TEXT(""));
    if (spot && existing->path)
        spot->note = arena_format(lint->arena, "it is created in %.*s", TEXT_ARGS(*existing->path));
    return true;
}

/* How many arguments the parenthesis holds that opens here. */
static size_t count_arguments(struct reading reading)
{
    size_t depth = 0, count = 0;

    if (reading.token.kind != TOKEN_OPEN)
        return 0;
    do {
        depth += reading.token.kind == TOKEN_OPEN;
        depth -= reading.token.kind == TOKEN_CLOSE;
        count += depth == 1 && reading_is_byte(&reading, ',');
        reading_next(&reading);
        if (count == 0 && depth == 1 && reading.token.kind != TOKEN_CLOSE)
            count = 1;
    } while (depth > 0 && reading.token.kind != TOKEN_END);
    return count;
}

/* The arguments as they are written, in lower case; they need not be written alike. */
static struct text read_arguments(struct lint *lint, struct reading reading)
{
    struct token open = reading.token;

    if (open.kind != TOKEN_OPEN)
        return TEXT("");
    reading_skip_parenthesis(&reading);
    return model_intern(lint->model, reading_text(&reading, reading_since(&reading, open)), true);
}

/* Of functions of one name, the last one with as many arguments; NULL where none has. */
static struct object *find_same_function(const struct reading *reading, struct object *last)
{
    size_t arity = count_arguments(*reading);

    for (struct object *each = last; each; each = each->next_in_bucket)
        if (each->kind == OBJECT_FUNCTION && each->name.bytes == last->name.bytes &&
            each->arity == arity)
            return each;
    return NULL;
}

/* The path of the script at hand, kept once for all that it creates. */
static const struct text *keep_path(struct lint *lint)
{
    struct lint_text *text = &lint->texts[lint->kind];

    if (!text->kept_path) {
        text->kept_path = arena_one(lint->arena, struct text);
        *text->kept_path = text->path;
    }
    return text->kept_path;
}

struct object *lint_add(struct lint *lint, const struct reading *reading, enum object_kind kind,
                        const char *word, struct object *owner, struct text schema,
                        struct text name, struct token at)
{
    struct object *object = model_create(lint->model, kind, owner, schema, name);

    object->word = word;
    object->path = keep_path(lint);
    object->revision = lint->number;
    object->offset = (uint32_t)(at.offset + reading->shift);
    object->size = (uint32_t)at.size;
    object->is_by_down = lint->kind == SCRIPT_DOWN;
    return object;
}

struct object *lint_create_in(struct lint *lint, const struct reading *reading,
                              enum object_kind kind, const char *word, struct object *owner,
                              struct text schema, struct token at, bool guarded)
{
    struct text name = lint_name(lint, reading, at);
    struct object *existing = model_find(lint->model, kind, owner, schema, name);
    bool is_there = existing && (kind != OBJECT_FUNCTION || find_same_function(reading, existing));

    if (is_there && existing->is_implied && kind == OBJECT_TABLE) {
        model_drop(lint->model, existing); /* now it is known what it looks like */
    } else if (is_there && guarded) {
        existing->is_restored |= lint->kind == SCRIPT_DOWN;
        return NULL;
    } else if (is_there && kind != OBJECT_FUNCTION) {
        if (check_existing(lint, reading, existing, schema, at))
            return NULL;
        model_drop(lint->model, existing);
    }
    struct object *object = lint_add(lint, reading, kind, word, owner, schema, name, at);
    object->is_guarded = guarded || lint->in_block;
    return object;
}

struct object *lint_create(struct lint *lint, const struct reading *reading, enum object_kind kind,
                           const char *word, struct object *owner, struct name name, bool guarded)
{
    struct text schema = lint_name(lint, reading, name.schema);

    if (!owner && schema.size && kind != OBJECT_SCHEMA)
        owner = model_find(lint->model, OBJECT_SCHEMA, NULL, TEXT(""), schema);
    return lint_create_in(lint, reading, kind, word, owner, schema, name.token, guarded);
}

static void note_gone(struct lint *lint, const struct reading *reading, struct object *object,
                      struct token at)
{
    object->gone_offset = (uint32_t)(at.offset + reading->shift);
    object->gone_size = (uint32_t)at.size;
    object->is_gone_by_down = lint->kind == SCRIPT_DOWN;
}

void lint_drop(struct lint *lint, const struct reading *reading, struct object *object,
               struct token at)
{
    note_gone(lint, reading, object, at);
    model_drop(lint->model, object);
}

void lint_set_name(struct lint *lint, const struct reading *reading, struct object *object,
                   struct text schema, struct text name, struct token at)
{
    note_gone(lint, reading, object, at);
    model_rename(lint->model, object, schema, name);
}

void lint_not_repeatable(struct lint *lint, const struct reading *reading, struct token name,
                         struct token at)
{
    if (lint->transactional || !lint->revision->idempotent || lint->in_block)
        return;
    if (name.kind != TOKEN_END &&
        model_noted(lint->model, lint_name(lint, reading, name)) == lint->number)
        return;
    lint_report(lint, LINT_NON_IDEMPOTENT_NOTX, reading, at, TEXT(""), TEXT(""), TEXT(""));
}

/* A role that the history creates, a name for who asks, and PostgreSQL's own are always there. */
void lint_role(struct lint *lint, const struct reading *reading, struct token name)
{
    static const char *const own[] = {"public", "current_user", "current_role", "session_user",
                                      "postgres"};
    struct text text = lint_name(lint, reading, name);

    for (size_t i = 0; i < COUNT(own); i++)
        if (text_equal(text, text_from(own[i])))
            return;
    if (!text_starts(text, TEXT("pg_")) && !model_knew(lint->model, OBJECT_ROLE, text))
        lint_report(lint, LINT_ROLE_MUST_EXIST, reading, name, text, TEXT(""), TEXT(""));
}

/* The table of "... ON table" or, for a rule, "... TO table"; a view for some triggers. */
static struct object *read_owner(struct lint *lint, struct reading *reading, enum object_kind kind)
{
    struct capture capture;

    reading_skip_to(reading, kind == OBJECT_RULE ? "TO|ON" : "ON", '\0');
    if (reading_is(reading, "ON") && kind == OBJECT_RULE) {
        reading_next(reading);
        reading_skip_to(reading, "TO", '\0'); /* AS ON INSERT TO table */
    }
    if (!reading_take(reading, "ON|TO @", &capture))
        return NULL;
    struct object *view = lint_find(lint, reading, OBJECT_VIEW, capture.names[0]);
    return view ? view : lint_table(lint, reading, capture.names[0]);
}

/* From behind the name: what a function may do, and where it looks names up. */
static void read_function(struct lint *lint, struct reading *reading, struct text name,
                          struct object *function)
{
    struct token definer = {0};
    bool has_search_path = false;

    if (function) {
        function->definition = read_arguments(lint, *reading);
        function->arity = (uint32_t)count_arguments(*reading);
    }
    while (reading->token.kind != TOKEN_END) {
        struct token at = reading->token;

        if (reading->token.kind == TOKEN_OPEN) {
            reading_skip_parenthesis(reading);
        } else if (reading_take(reading, "SECURITY DEFINER", NULL)) {
            definer = at;
        } else if (reading_take(reading, "SET SEARCH_PATH", NULL)) {
            has_search_path = true;
        } else if (reading_take(reading, "LANGUAGE", NULL)) {
            struct text language = lint_name(lint, reading, reading->token);
            bool is_trusted = !text_starts(language, TEXT("pl")) || !text_ends(language, TEXT("u"));

            if (text_equal(language, TEXT("c")) || !is_trusted)
                lint_report(lint, LINT_UNTRUSTED_LANGUAGE, reading, reading->token, language,
                            TEXT(""), TEXT(""));
        } else {
            reading_next(reading);
        }
    }
    if (definer.kind != TOKEN_END && !has_search_path)
        lint_report(lint, LINT_DEFINER_SEARCH_PATH, reading, definer, name, TEXT(""), TEXT(""));
}

static void read_owned_by(struct lint *lint, struct reading *reading, struct object *sequence)
{
    struct capture capture;

    reading_skip_to(reading, "OWNED", '\0');
    if (!sequence || !reading_take(reading, "OWNED BY @", &capture) ||
        capture.names[0].schema.kind == TOKEN_END)
        return;
    struct object *table =
        lint_find(lint, reading, OBJECT_TABLE, (struct name){.token = capture.names[0].schema});
    if (table)
        model_give(lint->model, sequence, table);
}

static void read_create(struct lint *lint, struct reading *reading)
{
    bool replaces = reading_take(reading, "OR REPLACE", NULL);
    bool is_temporary = reading_take(reading, "[GLOBAL|LOCAL] TEMP|TEMPORARY", NULL);
    bool is_unique = reading_take(reading, "UNIQUE", NULL);
    struct token place = reading->token;
    struct capture capture;

    reading_take(reading, "UNLOGGED", NULL);
    if (reading_take(reading, "INDEX", NULL)) {
        lint_create_index(lint, reading, is_unique);
        return;
    }
    const struct kind_entry *entry = take_kind(reading);
    if (!entry)
        return;
    bool is_guarded = reading_take(reading, "IF NOT EXISTS", NULL) || replaces;
    if (entry->kind == OBJECT_SCHEMA)
        reading_take(reading, "AUTHORIZATION", NULL); /* then it has the name of its owner */
    if (!reading_take(reading, "@", &capture))
        return;
    struct name name = capture.names[0];
    if (!is_guarded)
        lint_not_repeatable(lint, reading, name.token, place);
    if (entry->kind == OBJECT_TABLE) {
        lint_create_table(lint, reading, place, name, is_guarded, is_temporary);
        return;
    }
    lint_check_name(lint, reading, name.token, false);

    enum object_kind kind = entry->kind;
    const char *word = entry->name;
    struct object *owner = NULL;
    if (entry->has_table) {
        owner = read_owner(lint, reading, kind);
        if (!owner)
            return;
        if (lint->dialect == DIALECT_SQLITE)
            kind = OBJECT_SQLITE_TRIGGER;
    }
    bool is_enum = kind == OBJECT_TYPE && reading_take(reading, "AS ENUM", NULL);
    struct object *object =
        lint_create(lint, reading, kind, is_enum ? "enum type" : word, owner, name, is_guarded);
    if (object) {
        object->is_enum = is_enum;
        object->is_temporary = is_temporary;
        /* CREATE TYPE name; is a promise that another CREATE TYPE keeps. */
        object->is_implied = kind == OBJECT_TYPE && reading->token.kind == TOKEN_END;
    }
    if (kind == OBJECT_FUNCTION)
        read_function(lint, reading, lint_name(lint, reading, name.token), object);
    if (kind == OBJECT_SEQUENCE)
        read_owned_by(lint, reading, object);
}

/* Of functions of one name: with these arguments, with as many of them, or the last. */
static struct object *find_function(struct lint *lint, const struct reading *reading,
                                    struct name name)
{
    struct object *last = lint_find(lint, reading, OBJECT_FUNCTION, name);
    struct text key = read_arguments(lint, *reading);

    if (!last || reading->token.kind != TOKEN_OPEN)
        return last;
    for (struct object *each = last; each; each = each->next_in_bucket)
        if (each->kind == OBJECT_FUNCTION && each->name.bytes == last->name.bytes &&
            each->definition.bytes == key.bytes)
            return each;
    struct object *same = find_same_function(reading, last);
    return same ? same : last;
}

static void check_dropped(struct lint *lint, const struct reading *reading,
                          const struct kind_entry *entry, struct name name, struct object *object)
{
    bool is_table = entry->kind == OBJECT_TABLE;
    struct text text = lint_name(lint, reading, name.token);

    if ((!is_table && entry->kind != OBJECT_SCHEMA) || !lint_is_old(lint, object))
        return;
    struct lint_spot *spot = lint_report(lint, is_table ? LINT_DROP_TABLE : LINT_DROP_SCHEMA,
                                         reading, name.token, text, TEXT(""), TEXT(""));
    if (spot && is_table) {
        spot->condition = SPOT_DROPPED;
        spot->object = object;
        spot->table = text;
    }
}

/* Where nothing of the name is there. */
static void check_unknown(struct lint *lint, const struct reading *reading,
                          const struct kind_entry *entry, struct name name)
{
    struct text text = lint_name(lint, reading, name.token);
    bool knew = model_knew(lint->model, entry->kind, text);
    bool is_sure = entry->kind == OBJECT_TABLE || entry->kind == OBJECT_VIEW ||
                   entry->kind == OBJECT_INDEX || entry->kind == OBJECT_TYPE;

    if (lint->state->is_dynamic || lint->state->sets_search_path || (!knew && !is_sure))
        return;
    struct lint_spot *spot = lint_report(lint, LINT_DROP_UNKNOWN, reading, name.token, text,
                                         text_from(entry->name), TEXT(""));
    if (spot)
        spot->is_doubtful = !knew;
}

static void drop_one(struct lint *lint, struct reading *reading, const struct kind_entry *entry,
                     struct name name, bool guarded)
{
    struct object *object = NULL;
    enum object_kind kind = entry->kind;

    if (entry->has_table && lint->dialect == DIALECT_SQLITE) {
        kind = OBJECT_SQLITE_TRIGGER;
        object = lint_find(lint, reading, kind, name);
    } else if (entry->has_table) {
        struct object *owner = read_owner(lint, reading, OBJECT_TRIGGER);

        if (!owner)
            return;
        object =
            model_find(lint->model, kind, owner, TEXT(""), lint_name(lint, reading, name.token));
    } else if (kind == OBJECT_FUNCTION) {
        object = find_function(lint, reading, name);
        if (reading->token.kind == TOKEN_OPEN)
            reading_skip_parenthesis(reading);
    } else {
        object = lint_find(lint, reading, kind, name);
    }
    if (guarded)
        model_note(lint->model, lint_name(lint, reading, name.token), lint->number);
    if (kind == OBJECT_INDEX && object && object->is_implied && object->owner &&
        object->owner->kind == OBJECT_CONSTRAINT) {
        lint_report(lint, LINT_DROP_CONSTRAINT_INDEX, reading, name.token, object->name,
                    object->owner->owner->name, TEXT(""));
        return;
    }
    check_dropped(lint, reading, entry, name, object);
    if (object)
        lint_drop(lint, reading, object, name.token);
    else if (!guarded && !lint->in_block && !entry->has_table)
        check_unknown(lint, reading, entry, name);
}

#define BIT(kind) (1U << OBJECT_##kind)

/* What CASCADE may take along of things that say nothing of it themselves. */
static unsigned cascaded_by(enum object_kind kind)
{
    unsigned users = BIT(VIEW) | BIT(INDEX) | BIT(FUNCTION) | BIT(CONSTRAINT) | BIT(RULE);

    switch (kind) {
    case OBJECT_TABLE:
    case OBJECT_VIEW:
        return users | BIT(POLICY);
    case OBJECT_FUNCTION:
        return users | BIT(TRIGGER) | BIT(POLICY) | BIT(EVENT_TRIGGER) | BIT(COLUMN);
    case OBJECT_TYPE:
        return users | BIT(COLUMN) | BIT(TYPE);
    case OBJECT_SEQUENCE:
        return BIT(COLUMN);
    default:
        return ~0U;
    }
}

/* What a down script does is undone before the next revision. */
static void note_cascade(struct lint *lint, unsigned users)
{
    lint->cascaded |= users;
    if (lint->kind == SCRIPT_UP)
        lint->state->cascaded |= users;
}

static void read_drop(struct lint *lint, struct reading *reading)
{
    struct token place = reading->token;
    struct capture capture;

    if (reading_take(reading, "DATABASE [IF] [EXISTS] @", &capture)) {
        lint_report(lint, LINT_DROP_SCHEMA, reading, capture.names[0].token,
                    lint_name(lint, reading, capture.names[0].token), TEXT(""), TEXT(""));
        return;
    }
    if (reading_is(reading, "OWNED"))
        note_cascade(lint, ~0U);
    const struct kind_entry *entry = take_kind(reading);
    if (!entry)
        return;
    reading_take(reading, "CONCURRENTLY", NULL);
    bool is_guarded = reading_take(reading, "IF EXISTS", NULL);
    if (!is_guarded)
        lint_not_repeatable(lint, reading, (struct token){0}, place);

    struct name first = {0};
    while (reading_take(reading, "@", &capture)) {
        if (first.token.kind == TOKEN_END)
            first = capture.names[0];
        drop_one(lint, reading, entry, capture.names[0], is_guarded);
        if (!reading_is_byte(reading, ','))
            break;
        reading_next(reading);
    }
    if (!reading_is(reading, "CASCADE"))
        return;
    note_cascade(lint, cascaded_by(entry->kind));
    lint_report(lint, LINT_DROP_CASCADE, reading, reading->token,
                lint_name(lint, reading, first.token), TEXT(""), TEXT(""));
}

void lint_rename(struct lint *lint, const struct reading *reading, struct object *object,
                 struct name from, struct name to)
{
    struct text name = lint_name(lint, reading, to.token);
    bool is_used = object->kind == OBJECT_TABLE || object->kind == OBJECT_VIEW ||
                   object->kind == OBJECT_SCHEMA || object->kind == OBJECT_FUNCTION;

    lint_check_name(lint, reading, to.token, false);
    if (is_used && lint_is_old(lint, object)) {
        struct lint_spot *spot = lint_report(lint, LINT_RENAME_BREAKING, reading, from.token,
                                             object->name, TEXT(""), TEXT(""));

        if (spot) {
            spot->condition = SPOT_RENAMED;
            spot->object = object;
        }
    }
    if (!model_find(lint->model, object->kind, object->owner, object->schema, name))
        lint_set_name(lint, reading, object, object->schema, name, from.token);
}

static unsigned label_bucket(struct text literal)
{
    unsigned hash = 0;

    for (size_t i = 0; i < literal.size; i++)
        hash = hash * 31 + (unsigned char)literal.bytes[i];
    return hash % LABEL_BUCKETS;
}

static void add_label(struct lint *lint, const struct reading *reading, struct name type)
{
    struct text literal = reading_text(reading, reading->token);
    struct lint_label **bucket = &lint->state->labels[label_bucket(literal)];
    struct lint_label *label = arena_one(lint->arena, struct lint_label);

    if (reading->token.kind != TOKEN_STRING || lint->kind != SCRIPT_UP)
        return;
    *label = (struct lint_label){
        .next = *bucket,
        .literal = arena_copy(lint->arena, literal),
        .type = lint_name(lint, reading, type.token),
        .revision = lint->revision->id,
        .number = lint->number,
    };
    *bucket = label;
    lint->state->label_count++;
}

/* returns  true where an ALTER TYPE is about the labels of an enum */
static bool read_alter_type(struct lint *lint, struct reading *reading)
{
    struct capture capture;

    if (reading_take(reading, "TYPE @ ADD VALUE", &capture)) {
        if (!reading_take(reading, "IF NOT EXISTS", NULL))
            lint_not_repeatable(lint, reading, (struct token){0}, reading->token);
        add_label(lint, reading, capture.names[0]);
        return true;
    }
    if (!reading_take(reading, "TYPE @ RENAME VALUE", &capture))
        return false;
    if (lint_is_old(lint, lint_find(lint, reading, OBJECT_TYPE, capture.names[0])))
        lint_report(lint, LINT_RENAME_BREAKING, reading, reading->token,
                    lint_name(lint, reading, reading->token), TEXT(""), TEXT(""));
    return true;
}

static void read_alter(struct lint *lint, struct reading *reading)
{
    struct capture capture;
    struct object *object = NULL;
    struct name name;

    if (reading_take(reading, "[FOREIGN] TABLE [IF] [EXISTS] [ONLY] @", &capture)) {
        if (reading_is_byte(reading, '*'))
            reading_next(reading);
        name = capture.names[0];
        object = lint_find(lint, reading, OBJECT_VIEW, name);
        if (!object)
            object = lint_table(lint, reading, name);
        lint_alter_table(lint, reading, object, name);
        return;
    }
    if (read_alter_type(lint, reading))
        return;
    const struct kind_entry *entry = take_kind(reading);
    if (!entry)
        return;
    reading_take(reading, "IF EXISTS", NULL);
    if (!reading_take(reading, "@", &capture))
        return;
    name = capture.names[0];
    if (entry->has_table) {
        struct object *owner = read_owner(lint, reading, entry->kind);

        object = owner ? model_find(lint->model, entry->kind, owner, TEXT(""),
                                    lint_name(lint, reading, name.token))
                       : NULL;
    } else if (entry->kind == OBJECT_FUNCTION) {
        object = find_function(lint, reading, name);
        if (reading->token.kind == TOKEN_OPEN)
            reading_skip_parenthesis(reading);
    } else {
        object = lint_find(lint, reading, entry->kind, name);
    }
    if (reading_take(reading, "RENAME TO @", &capture)) {
        if (object)
            lint_rename(lint, reading, object, name, capture.names[0]);
    } else if (reading_take(reading, "SET SCHEMA @", &capture)) {
        if (object)
            lint_set_name(lint, reading, object, lint_name(lint, reading, capture.names[0].token),
                          object->name, name.token);
    } else if (reading_take(reading, "OWNER TO @", &capture)) {
        lint_role(lint, reading, capture.names[0].token);
    } else if (entry->kind == OBJECT_SEQUENCE) {
        read_owned_by(lint, reading, object);
    }
}

/* What is inside $tag$ ... $tag$, or '...' without anything doubled or escaped; else empty. */
static struct text body_of(const struct reading *reading, struct token token)
{
    struct text text = reading_text(reading, token);

    if (token.kind != TOKEN_STRING || text.size < 2)
        return TEXT("");
    if (text.bytes[0] == '$') {
        size_t tag = text_find_byte(text_slice(text, 1, text.size), '$') + 2;

        return text_slice(text, tag, text.size - 2 * tag);
    }
    text = text_slice(text, 1, text.size - 2);
    if (text.bytes[-1] != '\'' || text_find_byte(text, '\'') < text.size)
        return TEXT("");
    return text;
}

static void note_dynamic(struct lint *lint, const struct reading *reading, struct token at)
{
    lint->state->is_dynamic = true;
    lint->texts[lint->kind].is_dynamic = true;
    lint_report(lint, LINT_DYNAMIC_SQL, reading, at, TEXT(""), TEXT(""), TEXT(""));
}

/* A copy that a NUL follows, as lexers want it; places are still those of the script. */
static struct reading read_inside(struct lint *lint, const struct reading *reading,
                                  struct text body)
{
    struct text copy = arena_copy(lint->arena, body);
    struct reading inside = reading_begin(DIALECT_POSTGRESQL, copy, 0, copy.size);

    inside.shift = reading->shift + (size_t)(body.bytes - reading->lexer.bytes);
    return inside;
}

static const char statement_words[] =
    "CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|TRUNCATE|GRANT|REVOKE|COMMENT|PERFORM|SELECT|WITH|"
    "EXECUTE|SET|RESET|COPY|CALL|MERGE|REINDEX|LOCK|REFRESH|ANALYZE|REASSIGN";

/* A block of PL/pgSQL, statement by statement, as if every branch of it were run. */
static void read_block(struct lint *lint, struct reading block)
{
    bool at_start = true;

    while (block.token.kind != TOKEN_END) {
        if (!at_start || !reading_is(&block, statement_words)) {
            at_start =
                block.token.kind == TOKEN_SEMICOLON || reading_is(&block, "BEGIN|THEN|ELSE|LOOP");
            reading_next(&block);
            continue;
        }
        struct reading statement = block;
        while (block.token.kind != TOKEN_END && block.token.kind != TOKEN_SEMICOLON)
            reading_next(&block);
        statement.end = block.token.offset;
        lint_statement(lint, statement);
    }
}

static void read_do(struct lint *lint, struct reading *reading, struct token verb)
{
    bool is_plpgsql = true, was_in_block = lint->in_block;
    struct text body = TEXT("");
    struct capture capture;

    while (reading->token.kind != TOKEN_END) {
        if (reading_take(reading, "LANGUAGE @", &capture)) {
            is_plpgsql =
                text_equal(lint_name(lint, reading, capture.names[0].token), TEXT("plpgsql"));
            continue;
        }
        if (reading->token.kind == TOKEN_STRING)
            body = body_of(reading, reading->token);
        reading_next(reading);
    }
    if (!is_plpgsql || body.size == 0) {
        note_dynamic(lint, reading, verb);
        return;
    }
    lint->in_block = true;
    read_block(lint, read_inside(lint, reading, body));
    lint->in_block = was_in_block;
}

/* EXECUTE of a block. A text without anything put together is a statement like others. */
static void read_execute(struct lint *lint, struct reading *reading, struct token verb)
{
    struct text body = body_of(reading, reading->token);
    struct reading again = *reading;

    reading_next(&again);
    if (body.size && again.token.kind == TOKEN_END)
        lint_statement(lint, read_inside(lint, reading, body));
    else
        note_dynamic(lint, reading, verb);
}

/* returns  true where the statement names the type of a label, or a table that has such a column */
static bool is_about(struct lint *lint, struct reading reading, const struct lint_label *label)
{
    struct object *type = model_find(lint->model, OBJECT_TYPE, NULL, TEXT(""), label->type);

    if (!type)
        return true; /* nobody knows who uses it */
    for (; reading.token.kind != TOKEN_END; reading_next(&reading)) {
        if (reading.token.kind != TOKEN_WORD && reading.token.kind != TOKEN_NAME)
            continue;
        struct text name = lint_name(lint, &reading, reading.token);
        if (name.bytes == label->type.bytes)
            return true;
        struct object *table = model_find(lint->model, OBJECT_TABLE, NULL, TEXT(""), name);
        for (struct object *each = table ? table->owned : NULL; each; each = each->behind)
            if (each->kind == OBJECT_COLUMN && text_ends(each->definition, label->type))
                return true;
    }
    return false;
}

static bool adds_label(struct reading reading)
{
    return reading_take(&reading, "ALTER TYPE @ ADD VALUE", NULL);
}

/* Labels of enums that were added before, in what may be their use. */
static void check_labels(struct lint *lint, struct reading reading)
{
    struct reading from_start = reading;

    for (; reading.token.kind != TOKEN_END; reading_next(&reading)) {
        if (reading.token.kind != TOKEN_STRING)
            continue;
        struct text literal = reading_text(&reading, reading.token);
        for (struct lint_label *label = lint->state->labels[label_bucket(literal)]; label;
             label = label->next) {
            bool is_same = label->number == lint->number;

            if (label->is_told || !text_equal(label->literal, literal) ||
                (is_same && !lint->transactional) || !is_about(lint, from_start, label))
                continue;
            label->is_told = true;
            lint_report(lint, is_same ? LINT_ENUM_VALUE_SAME_TX : LINT_ENUM_VALUE_ATOMIC, &reading,
                        reading.token, literal, is_same ? label->type : label->revision, TEXT(""));
        }
    }
}

/* UPDATE or DELETE of a table that this transaction has altered. */
static void check_backfill(struct lint *lint, struct reading reading)
{
    struct capture capture;

    if (!lint->transactional || lint->kind != SCRIPT_UP ||
        !(reading_take(&reading, "UPDATE [ONLY] @", &capture) ||
          reading_take(&reading, "DELETE FROM [ONLY] @", &capture)))
        return;
    struct object *table = lint_find(lint, &reading, OBJECT_TABLE, capture.names[0]);
    if (table && table->altered == lint->number)
        lint_report(lint, LINT_BACKFILL_IN_DDL, &reading, capture.names[0].token, table->name,
                    TEXT(""), TEXT(""));
}

void lint_statement(struct lint *lint, struct reading reading)
{
    struct token verb = reading.token;

    lint_plain_rules(lint, &reading);
    check_backfill(lint, reading);
    if (lint->state->label_count && lint->kind == SCRIPT_UP && !adds_label(reading))
        check_labels(lint, reading);
    if (reading_take(&reading, "CREATE", NULL))
        read_create(lint, &reading);
    else if (reading_take(&reading, "DROP", NULL))
        read_drop(lint, &reading);
    else if (reading_take(&reading, "ALTER", NULL))
        read_alter(lint, &reading);
    else if (lint->in_block && reading_take(&reading, "EXECUTE", NULL))
        read_execute(lint, &reading, verb);
    else if (lint->dialect == DIALECT_POSTGRESQL && reading_take(&reading, "DO", NULL))
        read_do(lint, &reading, verb);
    else if (reading_take(&reading, "SET [SESSION|LOCAL] SEARCH_PATH", NULL))
        lint->state->sets_search_path = true;
}

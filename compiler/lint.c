#include "compiler/lint_parts.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_FIRST = 256, VERSION_LEAST = 120000 };

#define BIT(rule) (UINT64_C(1) << LINT_##rule)

/* In a down script, what is dropped and how long that takes is what was to be expected. */
static const uint64_t down_rules = BIT(ADVISORY_LOCK) | BIT(CREATE_EXISTING) |
                                   BIT(DROP_CONSTRAINT_INDEX) | BIT(DROP_UNKNOWN) |
                                   BIT(DYNAMIC_SQL) | BIT(LOST_SETTING) | BIT(NEWER_THAN_REQUIRED) |
                                   BIT(NON_IDEMPOTENT_NOTX) | BIT(SERVER_FILE) | BIT(UNKNOWN_ALLOW);

struct lint *lint_new(struct arena *arena, const struct manifest *manifest, uint64_t rules)
{
    struct lint *lint = arena_one(arena, struct lint);

    *lint = (struct lint){
        .arena = arena,
        .manifest = manifest,
        .rules = rules ? rules : ~UINT64_C(0),
        .version = lint_rules_version(manifest->server_versions[DIALECT_POSTGRESQL]),
        .up_does = arena_array(arena, uint8_t, manifest->count),
        .empty_downs = arena_array(arena, uint8_t, manifest->count),
        .used = arena_array(arena, uint64_t, manifest->count),
        .places = arena_array(arena, struct lint_place, PLACES_FIRST),
        .place_size = PLACES_FIRST,
    };
    return lint;
}

void lint_begin(struct lint *lint, enum dialect dialect)
{
    lint->dialect = dialect;
    lint->dialects |= 1U << dialect;
    lint->state = &lint->states[dialect];
    *lint->state = (struct lint_state){.model = model_new(lint->arena)};
    lint->model = lint->state->model;
    lint->number = 0;
}

static bool is_on(const struct lint *lint, enum lint_rule rule)
{
    return lint->rules & UINT64_C(1) << rule && lint->manifest->severities[rule] != LINT_OFF;
}

bool lint_wants(const struct lint *lint, enum lint_rule rule)
{
    const struct lint_rule_entry *entry = &lint_rules[rule];
    unsigned version = lint->version ? lint->version : VERSION_LEAST;

    return is_on(lint, rule) && entry->dialects & 1U << lint->dialect && version >= entry->since &&
           (entry->until == 0 || version < entry->until) &&
           (lint->kind == SCRIPT_UP || down_rules & UINT64_C(1) << rule);
}

static struct lint_spot *add_spot(struct lint *lint, enum lint_rule rule, enum script_kind script,
                                  size_t offset, size_t size, const struct text *values)
{
    struct lint_spot *spot = arena_one(lint->arena, struct lint_spot);
    const struct lint_rule_entry *entry = &lint_rules[rule];

    *spot = (struct lint_spot){
        .rule = rule,
        .script = script,
        .offset = offset,
        .size = size,
        .message = lint_rules_fill(lint->arena, entry->message, values),
        .object_count = model_count(lint->model),
    };
    if (entry->hint)
        spot->hint = lint_rules_fill(lint->arena, entry->hint, values);
    if (lint->last_spot)
        lint->last_spot->next = spot;
    else
        lint->first_spot = spot;
    lint->last_spot = spot;
    lint->spot_count++;
    return spot;
}

struct lint_spot *lint_report(struct lint *lint, enum lint_rule rule, const struct reading *reading,
                              struct token at, struct text first, struct text second,
                              struct text third)
{
    if (!lint_wants(lint, rule))
        return NULL;
    return add_spot(lint, rule, lint->kind, at.offset + reading->shift, at.size,
                    (const struct text[]){first, second, third});
}

/* A table of places, which both dialects share. */

/* FNV-1a, going on from another. */
static uint64_t hash_text(uint64_t hash, struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_place(struct text path, size_t offset, struct text message)
{
    uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), path);

    hash = hash_text((hash ^ offset) * UINT64_C(0x9e3779b97f4a7c15), message);
    return hash ^ hash >> 32;
}

static struct lint_place *find_place(struct lint *lint, struct text path, size_t offset,
                                     struct text message)
{
    size_t at = hash_place(path, offset, message) & (lint->place_size - 1);

    for (; lint->places[at].path.bytes; at = (at + 1) & (lint->place_size - 1))
        if (lint->places[at].offset == offset && text_equal(lint->places[at].message, message) &&
            text_equal(lint->places[at].path, path))
            break;
    return &lint->places[at];
}

static struct lint_place *add_place(struct lint *lint, struct text path, size_t offset,
                                    struct text message)
{
    struct lint_place *place = find_place(lint, path, offset, message);

    if (place->path.bytes)
        return place;
    if (++lint->place_count * 2 > lint->place_size) {
        struct lint_place *old = lint->places;
        size_t old_size = lint->place_size;

        lint->place_size *= 2;
        lint->places = arena_array(lint->arena, struct lint_place, lint->place_size);
        for (size_t i = 0; i < old_size; i++)
            if (old[i].path.bytes)
                *find_place(lint, old[i].path, old[i].offset, old[i].message) = old[i];
        place = find_place(lint, path, offset, message);
    }
    *place = (struct lint_place){path, offset, message, NULL};
    return place;
}

static struct source *keep(struct lint *lint, struct lint_text *text)
{
    if (!text->kept) {
        text->kept = arena_one(lint->arena, struct source);
        *text->kept = (struct source){text->path, arena_copy(lint->arena, text->source->text)};
    }
    return text->kept;
}

void lint_keep_allow(struct lint *lint, struct lint_text *text, const struct lint_allow *allow)
{
    struct lint_place *place = add_place(lint, text->path, allow->offset, TEXT(""));
    struct lint_allow *kept = place->what;

    if (!kept) {
        place->what = kept = arena_one(lint->arena, struct lint_allow);
        *kept = *allow;
        kept->offset += text->shift;
        kept->kept = keep(lint, text);
        kept->revision = lint->revision->id;
        if (lint->last_allow)
            lint->last_allow->next_of_all = kept;
        else
            lint->first_allow = kept;
        lint->last_allow = kept;
    }
    kept->dialects |= 1U << lint->dialect;
    kept->from = allow->from; /* the other dialect may cut the script elsewhere */
    kept->to = allow->to;
    kept->next = NULL;
    struct lint_allow **end = text->last_allow ? &text->last_allow->next : &text->allows;
    *end = kept;
    text->last_allow = kept;
}

/* Line and column of a place; asked for in ascending order, a source is read once. */
static void count_place(struct lint *lint, struct span span, struct lint_finding *finding)
{
    struct text text = span.source->text;

    if (lint->counted != span.source || lint->counted_offset > span.offset) {
        lint->counted = span.source;
        lint->counted_offset = text_starts(text, TEXT("\xef\xbb\xbf")) ? 3 : 0;
        lint->counted_line = lint->counted_column = 1;
    }
    for (size_t at = lint->counted_offset; at < span.offset && at < text.size; at++) {
        bool ends_line =
            text.bytes[at] == '\n' ||
            (text.bytes[at] == '\r' && (at + 1 == text.size || text.bytes[at + 1] != '\n'));

        if (ends_line) {
            lint->counted_line++;
            lint->counted_column = 1;
        } else if ((text.bytes[at] & 0xc0) != 0x80) {
            lint->counted_column++;
        }
    }
    lint->counted_offset = span.offset;
    finding->line = lint->counted_line;
    finding->column = lint->counted_column;
    finding->size = text_length(text_slice(text, span.offset, span.size));
}

static void append(struct lint_findings *findings, struct lint_finding *finding)
{
    finding->next = NULL;
    if (findings->last)
        findings->last->next = finding;
    else
        findings->first = finding;
    findings->last = finding;
    findings->counts[finding->severity]++;
}

static struct lint_finding *new_finding(struct lint *lint, enum lint_rule rule, struct span span,
                                        struct text revision, struct text message, struct text hint)
{
    struct lint_finding *finding = arena_one(lint->arena, struct lint_finding);
    struct error *error = error_at(lint->arena, ERROR_INPUT, span, "%.*s [%s]", TEXT_ARGS(message),
                                   lint_rules[rule].id);

    error->hint = hint;
    *finding = (struct lint_finding){
        .rule = rule,
        .severity = lint->manifest->severities[rule],
        .dialects = 1U << lint->dialect,
        .revision = revision,
        .path = span.source->name,
        .message = message,
        .error = error,
    };
    count_place(lint, span, finding);
    return finding;
}

/* What the manifest allows a revision. */
static bool is_allowed(struct lint *lint, const struct revision *revision, enum lint_rule rule)
{
    for (size_t i = 0; i < revision->allowance_count; i++)
        if (revision->allowances[i].rule == rule) {
            lint->used[revision->position] |= UINT64_C(1) << rule;
            return true;
        }
    return false;
}

/* A finding in the manifest. */
static void find_in_manifest(struct lint *lint, enum lint_rule rule,
                             const struct revision *revision, struct span span,
                             const struct text *values)
{
    const struct lint_rule_entry *entry = &lint_rules[rule];

    if (!is_on(lint, rule) || is_allowed(lint, revision, rule))
        return;
    append(&lint->findings,
           new_finding(
               lint, rule, span, revision->id, lint_rules_fill(lint->arena, entry->message, values),
               entry->hint ? lint_rules_fill(lint->arena, entry->hint, values) : (struct text){0}));
}

/* What has the name now that something had when the revision began; NULL for nothing. */
static const struct object *find_successor(const struct lint *lint, const struct lint_spot *spot)
{
    const struct object *object = spot->object;

    if (!object)
        return model_find(lint->model, OBJECT_TABLE, NULL, TEXT(""), spot->table);
    return model_find(lint->model, object->kind, object->owner, object->schema, object->old_name);
}

/* Whether the spot still holds at the end of its script. */
static bool holds(const struct lint *lint, const struct lint_spot *spot)
{
    const struct object *successor;

    switch (spot->condition) {
    case SPOT_ALWAYS:
        break;
    case SPOT_TWINS:
        return spot->object->is_there && spot->other->is_there;
    case SPOT_DROPPED: /* one that is older than the drop was built to take its place */
        successor = find_successor(lint, spot);
        return !successor || successor->number > spot->object_count;
    case SPOT_RENAMED:
        successor = find_successor(lint, spot);
        return !successor || successor == spot->object;
    }
    return true;
}

static void drop_spots(struct lint *lint, struct lint_spot *before)
{
    struct lint_spot **place = before ? &before->next : &lint->first_spot;

    while (*place) {
        if (holds(lint, *place)) {
            before = *place;
            place = &(*place)->next;
        } else {
            *place = (*place)->next;
            lint->spot_count--;
        }
    }
    lint->last_spot = before;
}

static void read_script(struct lint *lint, enum script_kind kind)
{
    struct lint_text *text = &lint->texts[kind];

    lint->kind = kind;
    lint->cascaded = 0;
    lint_read_allows(lint);
    for (size_t i = 0; i < text->script->count; i++) {
        struct statement statement = text->script->statements[i];

        lint_statement(lint, reading_begin(lint->dialect, text->text, statement.offset,
                                           statement.offset + statement.size - 1));
    }
}

static const struct object *place_of_going(const struct object *object)
{
    while (object->has_fallen && object->owner)
        object = object->owner;
    return object;
}

/* Indexes and triggers that fell with an old table and are not there for the new one. */
static void find_lost(struct lint *lint, const struct model_difference *difference)
{
    for (size_t i = 0; i < difference->missing_count; i++) {
        const struct object *object = difference->missing[i];
        bool is_lost = object->kind == OBJECT_INDEX || object->kind == OBJECT_TRIGGER ||
                       object->kind == OBJECT_SQLITE_TRIGGER || object->kind == OBJECT_POLICY;
        const struct object *table = object->owner, *now = NULL;

        if (table)
            now = model_find(lint->model, OBJECT_TABLE, NULL, table->schema, table->old_name);
        if (!is_lost || !object->has_fallen || !table || table->is_there ||
            table->kind != OBJECT_TABLE || !lint_wants(lint, LINT_REBUILD_LOSES_OBJECT) || !now ||
            (object->kind == OBJECT_INDEX && now->is_opaque)) /* LIKE ... INCLUDING */
            continue;
        struct lint_spot *spot = add_spot(
            lint, LINT_REBUILD_LOSES_OBJECT, SCRIPT_UP, table->gone_offset, table->gone_size,
            (const struct text[]){object->old_name, text_from(object->word), table->old_name});
        spot->note = arena_format(lint->arena, "it is created in %.*s", TEXT_ARGS(*object->path));
    }
}

static void read_up(struct lint *lint)
{
    struct model_difference difference = {.missing_count = 0};

    read_script(lint, SCRIPT_UP);
    lint_check_parents(lint);
    if (model_lost_any(lint->model))
        model_compare(lint->model, 0, &difference);
    drop_spots(lint, NULL);
    find_lost(lint, &difference);
}

/* The statement that the down script lacks. */
static struct text cure(struct lint *lint, const struct object *object)
{
    struct text name = object->name, owner = object->owner ? object->owner->name : TEXT("");
    CLEANUP(buffer_free) struct buffer word = {0};

    buffer_add(&word, text_from(object->is_enum ? "type" : object->word));
    for (size_t i = 0; i < word.size; i++)
        if (word.bytes[i] >= 'a' && word.bytes[i] <= 'z')
            word.bytes[i] -= 'a' - 'A';
    if (object->kind == OBJECT_COLUMN || object->kind == OBJECT_CONSTRAINT)
        return arena_format(lint->arena, "ALTER TABLE %.*s DROP %.*s %.*s;", TEXT_ARGS(owner),
                            TEXT_ARGS(buffer_text(&word)), TEXT_ARGS(name));
    if (object->kind > OBJECT_COLUMN)
        return arena_format(lint->arena, "DROP %.*s %.*s ON %.*s;", TEXT_ARGS(buffer_text(&word)),
                            TEXT_ARGS(name), TEXT_ARGS(owner));
    if (object->schema.size)
        name = arena_format(lint->arena, "%.*s.%.*s", TEXT_ARGS(object->schema), TEXT_ARGS(name));
    return arena_format(lint->arena, "DROP %.*s %.*s;", TEXT_ARGS(buffer_text(&word)),
                        TEXT_ARGS(name));
}

static void find_leftovers(struct lint *lint, const struct model_difference *difference)
{
    for (size_t i = 0; i < difference->added_count; i++) {
        const struct object *object = difference->added[i];
        enum lint_rule rule = object->kind == OBJECT_EXTENSION ? LINT_EXTENSION_LEFT_BEHIND
                              : object->is_guarded             ? LINT_DOWN_MAY_LEAVE_OBJECT
                              : object->is_enum                ? LINT_ENUM_LEFT_BEHIND
                                                               : LINT_DOWN_LEAVES_OBJECT;

        bool is_shared_role = object->kind == OBJECT_ROLE && object->is_guarded;
        if (object->revision != lint->number || object->is_by_down || object->is_temporary ||
            object->is_restored || is_shared_role || lint->cascaded & 1U << object->kind)
            continue;
        lint->kind = SCRIPT_UP; /* where it is created */
        if (lint_wants(lint, rule))
            add_spot(
                lint, rule, SCRIPT_UP, object->offset, object->size,
                (const struct text[]){object->name, text_from(object->word), cure(lint, object)});
        lint->kind = SCRIPT_DOWN;
    }
}

/* Of a column: whether the table that has this name now, and the one that had it, are all known. */
static bool has_known_owner(const struct lint *lint, const struct object *column)
{
    const struct object *table = column->owner;
    struct text name = table->compared == column->compared ? table->old_name : table->name;
    const struct object *now = model_find(lint->model, OBJECT_TABLE, NULL, table->schema, name);

    return !table->is_opaque && now && !now->is_opaque;
}

static void find_missing(struct lint *lint, const struct model_difference *difference)
{
    for (size_t i = 0; i < difference->missing_count; i++) {
        const struct object *object = difference->missing[i];
        const struct object *gone = place_of_going(object);
        bool is_column = object->kind == OBJECT_COLUMN;

        if (object->revision == 0 || object->is_temporary || gone->gone_size == 0 ||
            (is_column && !has_known_owner(lint, object)) || (!is_column && object->has_fallen))
            continue;
        lint->kind = SCRIPT_UP;
        if (lint_wants(lint, LINT_DOWN_MISSES_OBJECT)) {
            struct lint_spot *spot = add_spot(
                lint, LINT_DOWN_MISSES_OBJECT, gone->is_gone_by_down ? SCRIPT_DOWN : SCRIPT_UP,
                gone->gone_offset, gone->gone_size,
                (const struct text[]){object->old_name, text_from(object->word)});

            spot->note =
                arena_format(lint->arena, "it is created in %.*s", TEXT_ARGS(*object->path));
        }
        lint->kind = SCRIPT_DOWN;
    }
}

/* The state behind it is that behind the up script, from which the next revision goes on. */
static void read_down(struct lint *lint)
{
    size_t mark = model_mark(lint->model);
    struct lint_spot *before = lint->last_spot;
    struct model_difference difference;

    read_script(lint, SCRIPT_DOWN);
    model_compare(lint->model, 0, &difference);
    drop_spots(lint, before);
    if (!lint->texts[SCRIPT_DOWN].is_dynamic && lint->texts[SCRIPT_DOWN].script->count > 0) {
        find_leftovers(lint, &difference);
        if (!lint->texts[SCRIPT_UP].is_dynamic)
            find_missing(lint, &difference);
    }
    model_undo(lint->model, mark);
}

static int compare_spots(const void *a, const void *b)
{
    const struct lint_spot *first = *(struct lint_spot *const *)a;
    const struct lint_spot *second = *(struct lint_spot *const *)b;

    if (first->script != second->script)
        return first->script < second->script ? -1 : 1;
    if (first->offset != second->offset)
        return first->offset < second->offset ? -1 : 1;
    return (first->rule > second->rule) - (first->rule < second->rule);
}

/* Whether a comment allows the spot. Spots come in order, and so do the comments. */
static bool is_allowed_beside(struct lint_text *text, const struct lint_spot *spot)
{
    bool found = false;

    while (text->allows && text->allows->to <= spot->offset)
        text->allows = text->allows->next;
    for (struct lint_allow *allow = text->allows; allow && allow->from <= spot->offset;
         allow = allow->next)
        if (allow->rule == spot->rule && spot->offset < allow->to)
            allow->is_used = found = true;
    return found;
}

static void make_finding(struct lint *lint, struct lint_text *text, const struct lint_spot *spot)
{
    struct lint_place *place = add_place(lint, text->path, spot->offset, spot->message);
    struct lint_finding *known = place->what;

    if (known) { /* by the other dialect, or twice at one place */
        known->dialects |= 1U << lint->dialect;
        return;
    }
    struct span span = {keep(lint, text), spot->offset + text->shift, spot->size};
    struct lint_finding *finding =
        new_finding(lint, spot->rule, span, lint->revision->id, spot->message, spot->hint);
    finding->is_script = true;
    if (spot->note.size)
        error_note(lint->arena, finding->error, (struct span){0}, "%.*s", TEXT_ARGS(spot->note));
    place->what = finding;
    append(spot->is_doubtful ? &lint->state->doubtful : &lint->findings, finding);
}

/* What is neither allowed beside the statement nor in the manifest becomes a finding. */
static void take_spots(struct lint *lint)
{
    struct lint_spot **spots = arena_array(lint->arena, struct lint_spot *, lint->spot_count);
    size_t count = 0;

    for (struct lint_spot *spot = lint->first_spot; spot; spot = spot->next)
        spots[count++] = spot;
    qsort(spots, count, sizeof(*spots), compare_spots);
    for (size_t i = 0; i < count; i++) {
        struct lint_text *text = &lint->texts[spots[i]->script];
        bool is_beside = is_allowed_beside(text, spots[i]);

        if (!is_allowed(lint, lint->revision, spots[i]->rule) && !is_beside)
            make_finding(lint, text, spots[i]);
    }
    lint->first_spot = lint->last_spot = NULL;
    lint->spot_count = 0;
}

void lint_revision(struct lint *lint, const struct revision *revision, bool transactional,
                   const struct lint_script scripts[static SCRIPT_KIND_COUNT])
{
    struct text mark = TEXT("\xef\xbb\xbf");

    lint->revision = revision;
    lint->transactional = transactional;
    lint->number++;
    model_forget(lint->model);
    for (size_t kind = 0; kind < SCRIPT_KIND_COUNT; kind++) {
        const struct lint_script *script = &scripts[kind];

        lint->texts[kind] = (struct lint_text){.source = script->source, .script = script->script};
        if (!script->source)
            continue;
        lint->texts[kind].path = script->source->name;
        lint->texts[kind].text = buffer_text(&script->script->text);
        lint->texts[kind].shift = text_starts(script->source->text, mark) ? mark.size : 0;
    }
    if (lint->texts[SCRIPT_UP].script->count)
        lint->up_does[revision->position] |= 1U << lint->dialect;
    read_up(lint);
    if (scripts[SCRIPT_DOWN].source)
        read_down(lint);
    take_spots(lint);
    if (scripts[SCRIPT_DOWN].source && scripts[SCRIPT_DOWN].script->count == 0 &&
        lint->texts[SCRIPT_UP].script->count)
        lint->empty_downs[revision->position] |= 1U << lint->dialect;
}

/* What the manifest says, and does not, of each revision: in its order, so that lines are counted
 * once. */
static void look_at_downs(struct lint *lint)
{
    const struct manifest *manifest = lint->manifest;
    bool has_downs = false, is_told = false;

    for (size_t i = 0; i < manifest->count && !has_downs; i++)
        for (size_t j = 0; j < DIALECT_COUNT; j++)
            has_downs |= manifest->revisions[i].scripts[j][SCRIPT_DOWN].presence != SCRIPT_ABSENT;
    for (size_t i = 0; i < manifest->count; i++) {
        const struct revision *revision = &manifest->revisions[i];
        const struct text values[] = {revision->id, TEXT(""), TEXT("")};
        unsigned missing = 0;

        for (size_t j = 0; j < DIALECT_COUNT; j++)
            if (revision->scripts[j][SCRIPT_DOWN].presence == SCRIPT_ABSENT)
                missing |= lint->up_does[i] & 1U << j;
        lint->missing_downs += missing != 0;
        if (missing && (has_downs || !is_told))
            find_in_manifest(lint, LINT_DOWN_MISSING, revision, revision->span, values);
        is_told |= missing != 0;
        for (size_t j = 0; j < DIALECT_COUNT; j++)
            if (lint->empty_downs[i] & 1U << j) {
                find_in_manifest(lint, LINT_DOWN_EMPTY, revision,
                                 revision->scripts[j][SCRIPT_DOWN].span, values);
                break;
            }
    }
}

/* Rules that could not fire, in what was looked at, allow nothing and are not unused either. */
static bool may_be_unused(const struct lint *lint, enum lint_rule rule, unsigned dialects)
{
    return rule != LINT_MISSING_SEMICOLON && rule != LINT_SPLIT_AMBIGUOUS && is_on(lint, rule) &&
           lint_rules[rule].dialects & dialects;
}

static void look_for_unused(struct lint *lint)
{
    const struct manifest *manifest = lint->manifest;

    for (struct lint_allow *allow = lint->first_allow; allow; allow = allow->next_of_all) {
        const struct text values[] = {text_from(lint_rules[allow->rule].id), TEXT(""), TEXT("")};
        const struct lint_rule_entry *entry = &lint_rules[LINT_UNUSED_ALLOW];

        if (allow->is_used || !may_be_unused(lint, allow->rule, allow->dialects))
            continue;
        struct lint_finding *finding = new_finding(
            lint, LINT_UNUSED_ALLOW, (struct span){allow->kept, allow->offset, allow->size},
            allow->revision, lint_rules_fill(lint->arena, entry->message, values),
            lint_rules_fill(lint->arena, entry->hint, values));
        finding->is_script = true;
        append(&lint->findings, finding);
    }
    for (size_t i = 0; i < manifest->count; i++) {
        const struct revision *revision = &manifest->revisions[i];

        for (size_t j = 0; j < revision->allowance_count; j++) {
            const struct allowance *allowance = &revision->allowances[j];
            const struct text values[] = {text_from(lint_rules[allowance->rule].id)};

            if (!(lint->used[i] & UINT64_C(1) << allowance->rule) &&
                may_be_unused(lint, allowance->rule, lint->dialects))
                find_in_manifest(lint, LINT_UNUSED_ALLOW, revision, allowance->span, values);
        }
    }
}

/* Where the history creates all that it names, what it drops without having created it is told. */
static void take_doubtful(struct lint *lint)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        struct lint_state *state = &lint->states[i];

        if (!state->is_begun || state->is_partial || state->is_dynamic)
            continue;
        for (struct lint_finding *finding = state->doubtful.first, *next; finding; finding = next) {
            next = finding->next;
            append(&lint->findings, finding);
        }
    }
}

const struct lint_findings *lint_finish(struct lint *lint, bool complete)
{
    take_doubtful(lint);
    look_at_downs(lint);
    if (complete && is_on(lint, LINT_UNUSED_ALLOW))
        look_for_unused(lint);
    return &lint->findings;
}

struct error *lint_refuse(const struct lint_findings *findings)
{
    struct error *first = NULL, **end = &first;
    size_t count = 0;

    for (const struct lint_finding *finding = findings->first; finding && count < LINT_SHOWN_MAX;
         finding = finding->next)
        if (finding->severity == LINT_ERROR) {
            *end = finding->error;
            end = &finding->error->next;
            count++;
        }
    *end = NULL;
    return first;
}

size_t lint_missing_downs(const struct lint *lint)
{
    return lint->missing_downs;
}

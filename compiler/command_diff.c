#include "compiler/commands.h"
#include "compiler/difference.h"
#include "compiler/edits.h"
#include "compiler/view.h"

#include <string.h>

const struct option command_diff_options[] = {
    VIEW_TRUST_OPTIONS,
    {"sql", NULL, "print the lines of SQL that came and went", 0, false},
    {"json", NULL, "print the result as JSON", 0, false},
    {"exit-code", NULL, "status 1 if they differ, 6 if a revision of OLD does", 0, false},
    {0},
};

/* A key, or a signature that is malformed, and what it signed. */
struct signing {
    struct signer signer;
    bool old, new;
};

struct comparison {
    struct call *call;
    struct arena *arena;
    struct view *old, *new;
    const char *label;
    struct difference difference;
    struct signing signings[2 * SIGNATURES_MAX];
    size_t signing_count;
    bool keys_differ;
};

static struct signing *find_signing(struct comparison *comparison, const struct signer *signer)
{
    for (size_t i = 0; i < comparison->signing_count; i++) {
        struct signing *signing = &comparison->signings[i];

        if (signer->is_readable && signing->signer.is_readable &&
            memcmp(signing->signer.number, signer->number, KEY_NUMBER_SIZE) == 0)
            return signing;
    }
    comparison->signings[comparison->signing_count] = (struct signing){.signer = *signer};
    return &comparison->signings[comparison->signing_count++];
}

static void compare_keys(struct comparison *comparison)
{
    struct signer signers[SIGNATURES_MAX];
    size_t count = view_signers(comparison->old, signers);

    for (size_t i = 0; i < count; i++)
        find_signing(comparison, &signers[i])->old = true;
    count = view_signers(comparison->new, signers);
    for (size_t i = 0; i < count; i++)
        find_signing(comparison, &signers[i])->new = true;
    for (size_t i = 0; i < comparison->signing_count; i++)
        comparison->keys_differ |= comparison->signings[i].old != comparison->signings[i].new;
}

static bool same_index(const struct comparison *comparison)
{
    return digest_equal(&comparison->old->container->digest, &comparison->new->container->digest);
}

/* All that the index says is the same, but where the chunks are cut or how they are compressed. */
static bool packed_otherwise(const struct comparison *comparison)
{
    const struct difference *difference = &comparison->difference;

    return !same_index(comparison) &&
           difference->change_count + difference->added_count + difference->changed_count +
                   difference->removed_count + difference->reordered_count ==
               0;
}

/* For people */

enum { PAIR_COLUMNS_MAX = 50, DETAIL_COLUMN = 16 };

static void print_file(const struct comparison *comparison, const char *name,
                       const struct view *view)
{
    struct report *report = comparison->call->report;
    const struct digest *digest = &view->container->digest;
    const char *label = comparison->label;

    report_line(report, "%s%-10s %.*s", label, name, TEXT_ARGS(view->container->path));
    report_line(report, "%sbundle     %s", label, digest_hex(comparison->arena, digest).bytes);
    report_line(report, "%sshort      %s", label, digest_short(comparison->arena, digest).bytes);
}

/* What was and what is: on one line where they fit, else on two. */
static void print_pair(const struct comparison *comparison, int column, const char *name,
                       struct text old, struct text new)
{
    struct report *report = comparison->call->report;
    const char *label = comparison->label;

    if (text_equal(old, new))
        report_line(report, "%s%*s%-10s changed", label, column, "", name);
    else if (text_columns(old) + text_columns(new) <= PAIR_COLUMNS_MAX)
        report_line(report, "%s%*s%-10s %.*s -> %.*s", label, column, "", name, TEXT_ARGS(old),
                    TEXT_ARGS(new));
    else {
        report_line(report, "%s%*s%-10s %.*s", label, column, "", name, TEXT_ARGS(old));
        report_line(report, "%s%*s%*s-> %.*s", label, column, "",
                    (int)(strlen(name) > 10 ? strlen(name) : 10) + 1, "", TEXT_ARGS(new));
    }
}

static void print_changes(const struct comparison *comparison, int column,
                          const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        print_pair(comparison, column, changes[i].new.label,
                   fields_text(comparison->arena, &changes[i].old),
                   fields_text(comparison->arena, &changes[i].new));
}

static void print_key(const struct comparison *comparison, const struct signing *signing)
{
    struct report *report = comparison->call->report;
    const struct verdict *verdict = signing->signer.verdict;
    const char *which = !signing->new ? "OLD, not NEW" : !signing->old ? "NEW, not OLD" : "both";

    if (!signing->signer.is_readable) {
        report_line(report, "%skey        a malformed signature of %s", comparison->label,
                    signing->old ? "OLD" : "NEW");
        return;
    }
    struct text number = minisign_key_number(comparison->arena, signing->signer.number);
    if (verdict)
        report_line(report, "%skey        %.*s %.*s (%s) signed %s", comparison->label,
                    TEXT_ARGS(number), TEXT_ARGS(verdict->key ? verdict->key->name : TEXT("-")),
                    verify_word(verdict), which);
    else
        report_line(report, "%skey        %.*s claims to have signed %s", comparison->label,
                    TEXT_ARGS(number), which);
}

static void print_bundles(const struct comparison *comparison)
{
    struct report *report = comparison->call->report;
    const struct difference *difference = &comparison->difference;

    print_file(comparison, "old", comparison->old);
    print_file(comparison, "new", comparison->new);
    print_changes(comparison, 0, difference->changes, difference->change_count);
    if (packed_otherwise(comparison))
        report_line(report, "%schunks     packed in another way", comparison->label);
    if (comparison->signing_count == 0)
        report_line(report, "%skey        none signed either", comparison->label);
    for (size_t i = 0; i < comparison->signing_count; i++)
        print_key(comparison, &comparison->signings[i]);
}

static void print_step(const struct comparison *comparison, const char *what,
                       const struct index *index, const struct index_step *step)
{
    report_line(comparison->call->report, "%s%-9s%5zu  %.*s%s%.*s", comparison->label, what,
                (size_t)(step - index->steps) + 1, TEXT_ARGS(step->id),
                step->title.size ? "  " : "", TEXT_ARGS(step->title));
}

/* The mark of a revision that OLD has otherwise. */
static void print_after_release(const struct comparison *comparison, const char *what,
                                enum weight weight)
{
    if (weight == WEIGHT_NONE)
        return;
    report_line(comparison->call->report, "%s%*s%s after release: %s", comparison->label,
                DETAIL_COLUMN, "", what,
                weight == WEIGHT_REFUSED ? "a host that has it refuses NEW"
                                         : "hosts may differ in it");
}

static struct text place(struct arena *arena, const struct index *index,
                         const struct index_step *step)
{
    if (step == index->steps)
        return TEXT("first");
    return arena_format(arena, "behind '%.*s'", TEXT_ARGS(step[-1].id));
}

static void print_kept(const struct comparison *comparison, const struct kept *kept)
{
    const struct difference *difference = &comparison->difference;
    struct change changes[STEP_FIELD_COUNT];
    const char *what = kept->changed ? "changed" : "reordered";

    if (!kept->changed && !kept->reordered)
        return;
    print_step(comparison, what, difference->new, kept->new);
    print_changes(comparison, DETAIL_COLUMN, changes,
                  difference_of_step(difference, kept, changes));
    if (kept->reordered)
        print_pair(comparison, DETAIL_COLUMN, "place",
                   place(comparison->arena, difference->old, kept->old),
                   place(comparison->arena, difference->new, kept->new));
    print_after_release(comparison, what, kept->weight);
}

static void print_added(const struct comparison *comparison, const struct added *added)
{
    print_step(comparison, "added", comparison->difference.new, added->step);
    if (added->follower)
        report_line(comparison->call->report, "%s%*sa host that has '%.*s' runs it behind that",
                    comparison->label, DETAIL_COLUMN, "", TEXT_ARGS(added->follower->id));
}

static void print_summary(const struct comparison *comparison)
{
    struct report *report = comparison->call->report;
    const struct difference *difference = &comparison->difference;

    if (difference->after_release_count)
        report_line(report, "%safter release: %zu revision%s of OLD changed, removed or reordered",
                    comparison->label, difference->after_release_count,
                    difference->after_release_count == 1 ? "" : "s");
    if (difference->weight == WEIGHT_REFUSED)
        report_line(report, "%sa host that has applied OLD refuses NEW", comparison->label);
    report_line(report, "%s%zu added, %zu changed, %zu removed, %zu reordered", comparison->label,
                difference->added_count, difference->changed_count, difference->removed_count,
                difference->reordered_count);
}

static void print_people(const struct comparison *comparison)
{
    const struct difference *difference = &comparison->difference;

    print_bundles(comparison);
    for (size_t i = 0; i < difference->removed_count; i++) {
        print_step(comparison, "removed", difference->old, difference->removed[i]);
        print_after_release(comparison, "removed", WEIGHT_REFUSED);
    }
    for (size_t i = 0; i < difference->kept_count; i++)
        print_kept(comparison, &difference->kept[i]);
    for (size_t i = 0; i < difference->added_count; i++)
        print_added(comparison, &difference->added[i]);
    print_summary(comparison);
}

/* As JSON */

static void add_file(const struct comparison *comparison, struct json *json, const char *key,
                     const struct view *view)
{
    const struct digest *digest = &view->container->digest;

    json_open(json, key, '{');
    json_text(json, "file", view->container->path);
    json_text(json, "bundle", digest_hex(comparison->arena, digest));
    json_text(json, "short", digest_short(comparison->arena, digest));
    json_number(json, "revision_count", view->index->step_count);
    json_close(json, '}');
}

static void add_changes(const struct comparison *comparison, struct json *json,
                        const struct change *changes, size_t count)
{
    json_open(json, "fields", '[');
    for (size_t i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "field", text_from(changes[i].new.key));
        fields_json(comparison->arena, json, "old", &changes[i].old);
        fields_json(comparison->arena, json, "new", &changes[i].new);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void add_keys(const struct comparison *comparison, struct json *json)
{
    json_open(json, "keys", '[');
    for (size_t i = 0; i < comparison->signing_count; i++) {
        const struct signing *signing = &comparison->signings[i];
        const struct verdict *verdict = signing->signer.verdict;

        json_open(json, NULL, '{');
        if (signing->signer.is_readable)
            json_text(json, "key", minisign_key_number(comparison->arena, signing->signer.number));
        else
            json_null(json, "key");
        if (verdict && verdict->key)
            json_text(json, "name", verdict->key->name);
        else
            json_null(json, "name");
        json_bool(json, "counts", verdict && verdict->kind == VERDICT_COUNTS);
        json_bool(json, "old", signing->old);
        json_bool(json, "new", signing->new);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* Opens the object of a revision. */
static void open_step(struct json *json, const struct index *index, const struct index_step *step)
{
    json_open(json, NULL, '{');
    json_text(json, "id", step->id);
    json_text(json, "title", step->title);
    json_number(json, "position", (uint64_t)(step - index->steps) + 1);
}

static void add_kept(const struct comparison *comparison, struct json *json,
                     const struct kept *kept)
{
    const struct difference *difference = &comparison->difference;
    struct change changes[STEP_FIELD_COUNT];

    if (!kept->changed && !kept->reordered)
        return;
    open_step(json, difference->new, kept->new);
    json_number(json, "old_position", (uint64_t)(kept->old - difference->old->steps) + 1);
    json_bool(json, "reordered", kept->reordered);
    json_bool(json, "after_release", kept->weight > WEIGHT_NONE);
    json_bool(json, "refused", kept->weight == WEIGHT_REFUSED);
    add_changes(comparison, json, changes, difference_of_step(difference, kept, changes));
    json_close(json, '}');
}

static void add_added(const struct comparison *comparison, struct json *json,
                      const struct added *added)
{
    open_step(json, comparison->difference.new, added->step);
    if (added->follower)
        json_text(json, "in_front_of", added->follower->id);
    else
        json_null(json, "in_front_of");
    json_close(json, '}');
}

static void print_json(const struct comparison *comparison)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};
    struct json json = {.to = &buffer};
    const struct difference *difference = &comparison->difference;

    json_open(&json, NULL, '{');
    json_bool(&json, "verified", comparison->new->verdicts != NULL);
    add_file(comparison, &json, "old", comparison->old);
    add_file(comparison, &json, "new", comparison->new);
    add_changes(comparison, &json, difference->changes, difference->change_count);
    add_keys(comparison, &json);
    json_open(&json, "added", '[');
    for (size_t i = 0; i < difference->added_count; i++)
        add_added(comparison, &json, &difference->added[i]);
    json_close(&json, ']');
    json_open(&json, "changed", '[');
    for (size_t i = 0; i < difference->kept_count; i++)
        add_kept(comparison, &json, &difference->kept[i]);
    json_close(&json, ']');
    json_open(&json, "removed", '[');
    for (size_t i = 0; i < difference->removed_count; i++) {
        open_step(&json, difference->old, difference->removed[i]);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_number(&json, "added_count", difference->added_count);
    json_number(&json, "changed_count", difference->changed_count);
    json_number(&json, "removed_count", difference->removed_count);
    json_number(&json, "reordered_count", difference->reordered_count);
    json_number(&json, "after_release_count", difference->after_release_count);
    json_bool(&json, "refused", difference->weight == WEIGHT_REFUSED);
    json_close(&json, '}');
    report_line(comparison->call->report, "%.*s", TEXT_ARGS(buffer_text(&buffer)));
}

/* As lines of SQL */

/* The bytes of a script; none where there is no such script, or no such revision. */
static struct error *read_script(const struct view *view, const struct index_step *step,
                                 enum script_kind kind, bool *present, struct text *text)
{
    *present = step && step->scripts[kind].presence == SCRIPT_FILE;
    *text = TEXT("");
    if (!*present)
        return NULL;
    return payload_script(view->call->arena, view->payload, step, kind, text);
}

static void put_name(struct buffer *to, const char *mark, const char *bundle,
                     const struct index_step *step, enum script_kind kind, bool present)
{
    if (present)
        buffer_format(to, "%s %s %.*s\n", mark, bundle, TEXT_ARGS(step->scripts[kind].path));
    else
        buffer_format(to, "%s /dev/null\n", mark);
}

/* old or new may be NULL: then all of the other came or went. */
static struct error *print_script(const struct comparison *comparison, const struct index_step *old,
                                  const struct index_step *new, enum script_kind kind,
                                  struct buffer *room)
{
    const struct index_step *step = new ? new : old;
    struct text old_text, new_text;
    bool in_old, in_new;

    if (old && new &&fields_same_bytes(&old->scripts[kind], &new->scripts[kind]))
        return NULL;
    struct error *error = read_script(comparison->old, old, kind, &in_old, &old_text);
    if (!error)
        error = read_script(comparison->new, new, kind, &in_new, &new_text);
    if (error || (!in_old && !in_new))
        return error;

    room->size = 0;
    buffer_format(room, "=== %s of revision %.*s%s%.*s\n", script_kind_name(kind),
                  TEXT_ARGS(step->id), step->title.size ? ": " : "", TEXT_ARGS(step->title));
    put_name(room, "---", "OLD", old, kind, in_old);
    put_name(room, "+++", "NEW", new, kind, in_new);
    edits_write(room, old_text, new_text);
    view_text(comparison->new, "-- ", buffer_text(room));
    return NULL;
}

static struct error *print_scripts(const struct comparison *comparison,
                                   const struct index_step *old, const struct index_step *new,
                                   struct buffer *room)
{
    struct error *error = NULL;

    for (size_t kind = 0; !error && kind < SCRIPT_KIND_COUNT; kind++)
        error = print_script(comparison, old, new, (enum script_kind)kind, room);
    return error;
}

/* First what went, then all of NEW in its order. */
static struct error *print_sql(const struct comparison *comparison)
{
    CLEANUP(buffer_free) struct buffer room = {0};
    const struct difference *difference = &comparison->difference;
    struct error *error = NULL;

    for (size_t i = 0; !error && i < difference->removed_count; i++)
        error = print_scripts(comparison, difference->removed[i], NULL, &room);
    for (size_t i = 0; !error && i < difference->new->step_count; i++) {
        const struct index_step *step = &difference->new->steps[i];

        error = print_scripts(comparison, index_find(difference->old, step->id), step, &room);
    }
    return error;
}

/* The command */

static struct error *print(const struct comparison *comparison)
{
    if (cli_has(comparison->call, "sql"))
        return print_sql(comparison);
    if (cli_has(comparison->call, "json"))
        print_json(comparison);
    else
        print_people(comparison);
    return NULL;
}

/* What --exit-code asks for: as an error, since only those have a status. */
static struct error *differ(const struct comparison *comparison)
{
    const struct difference *difference = &comparison->difference;

    if (difference->weight == WEIGHT_REFUSED)
        return error_plain(comparison->arena, ERROR_STATE,
                           "a host that has applied OLD refuses NEW");
    if (difference->weight == WEIGHT_HOSTS)
        return error_plain(comparison->arena, ERROR_STATE, "OLD was changed after release");
    if (!same_index(comparison) || comparison->keys_differ)
        return error_plain(comparison->arena, ERROR_INPUT, "the bundles differ");
    return NULL;
}

static struct error *open_bundle(struct call *call, size_t argument, const struct trust *trust,
                                 struct view *view)
{
    /* Of the second nothing is read before the fence; the first has to stay outside. */
    struct error *error = view_open(call, call->arguments[argument], trust, argument == 1, view);

    if (error && error->code == ERROR_UNTRUSTED)
        error_note(call->arena, error, (struct span){0}, "the bundle is %s, '%.*s'",
                   argument == 0 ? "OLD" : "NEW", TEXT_ARGS(call->arguments[argument]));
    return error;
}

struct error *command_diff(struct call *call)
{
    CLEANUP(view_close) struct view old = {0};
    CLEANUP(view_close) struct view new = {0};
    struct comparison comparison = {.call = call, .arena = call->arena, .old = &old, .new = &new};
    const struct trust *trust;

    if (cli_has(call, "sql") && cli_has(call, "json"))
        return cli_usage(call, "give one of --sql and --json");
    struct error *error = view_trust(call, &trust);
    if (!error)
        error = open_bundle(call, 0, trust, &old);
    if (!error)
        error = open_bundle(call, 1, trust, &new);
    if (error)
        return error;
    comparison.label = view_label(&new);
    comparison.difference = difference_find(call->arena, old.index, new.index);
    compare_keys(&comparison);
    error = print(&comparison);
    if (!error && cli_has(call, "exit-code"))
        error = differ(&comparison);
    return error;
}

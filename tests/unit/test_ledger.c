/* The ledger: its chain and every way to break it; what its rows make of the steps of a bundle. */
#include "runtime/ledger.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct digest digest_of(const char *string)
{
    return crypto_digest(text_from(string));
}

static struct ledger_row row_of(enum ledger_event event, const char *revision)
{
    return (struct ledger_row){
        .event = event,
        .project = TEXT("shop"),
        .revision = text_from(revision),
        .script = digest_of(revision),
        .bundle = digest_of("a bundle"),
        .release = TEXT("1.0"),
        .sequence = 7,
        .who = TEXT("root@vm"),
        .started = TEXT("2026-11-23T00:24:42.765Z"),
        .finished = TEXT("2026-11-23T00:24:42.766Z"),
        .tool = TEXT("sqlland 0.1.0"),
    };
}

static void append(struct arena *arena, struct ledger *ledger, struct ledger_row row)
{
    ledger_continue(arena, ledger, &row);
    ledger_append(arena, ledger, &row);
}

static struct text *cells_of(struct arena *arena, const struct ledger *ledger)
{
    struct text *cells = arena_array(arena, struct text, ledger->count * LEDGER_FIELD_COUNT);

    for (size_t i = 0; i < ledger->count; i++)
        ledger_cells(arena, &ledger->rows[i], cells + i * LEDGER_FIELD_COUNT);
    return cells;
}

/* The bytes behind a digest. */

static const struct digest_row {
    const char *name, *number, *note, *previous;
    const char *lines, *digest; /* as b2sum -l 256 prints it */
} digest_rows[] = {
    {"digest: the row in docs/ledger.md", "2", "",
     "98991faac19b571bc16fcef265559221139309e121148172a2f542e0312eff3e",
     "sqlferry ledger 1\nnumber 2\nevent applied\nproject shop\nrevision 3e8b51c07f4d\n"
     "script 9c80b2ce42bfad91a021aec39679bf6739caeed025b5e4b261bb9b942a3a9fa9\npieces 2\n"
     "bundle 4ae4d54a7c8ab3d53d2a744db788b6695efbcffe806614e8c8ccaccc89b948f3\n"
     "release 1.0.0\nsequence 1795393482\nnote \nwho root@vm\n"
     "started 2026-11-23T00:24:42.765Z\nfinished 2026-11-23T00:24:42.766Z\ntool sqlland 0.1.0\n"
     "previous 98991faac19b571bc16fcef265559221139309e121148172a2f542e0312eff3e\n",
     "98a1d8318f073dd9c5344c3ba247a8829d01b201b4da53eb25f1b590775cc707"},
    {"digest: the first row, with a note", "1", "allow-expired allow-older",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "sqlferry ledger 1\nnumber 1\nevent applied\nproject shop\nrevision 3e8b51c07f4d\n"
     "script 9c80b2ce42bfad91a021aec39679bf6739caeed025b5e4b261bb9b942a3a9fa9\npieces 2\n"
     "bundle 4ae4d54a7c8ab3d53d2a744db788b6695efbcffe806614e8c8ccaccc89b948f3\n"
     "release 1.0.0\nsequence 1795393482\nnote allow-expired allow-older\nwho root@vm\n"
     "started 2026-11-23T00:24:42.765Z\nfinished 2026-11-23T00:24:42.766Z\ntool sqlland 0.1.0\n"
     "previous 0000000000000000000000000000000000000000000000000000000000000000\n",
     "f586451ce5c7b98a484c37474b2bba2eeac32ce3debe729b7f0dfd4521f1bdd8"},
};

static void test_digest(void **state)
{
    const struct digest_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0};
    struct ledger_row made = row_of(LEDGER_APPLIED, "3e8b51c07f4d"), before = {0};

    made.pieces = 2;
    made.release = TEXT("1.0.0");
    made.sequence = 1795393482;
    made.note = text_from(row->note);
    assert_true(digest_from_hex(
        TEXT("9c80b2ce42bfad91a021aec39679bf6739caeed025b5e4b261bb9b942a3a9fa9"), &made.script));
    assert_true(digest_from_hex(
        TEXT("4ae4d54a7c8ab3d53d2a744db788b6695efbcffe806614e8c8ccaccc89b948f3"), &made.bundle));
    assert_true(digest_from_hex(text_from(row->previous), &before.digest));
    if (strcmp(row->number, "2") == 0)
        ledger_append(arena, &ledger, &before);
    ledger_continue(arena, &ledger, &made);

    struct digest expected = digest_of(row->lines);
    assert_string_equal(digest_hex(arena, &made.digest).bytes, digest_hex(arena, &expected).bytes);
    assert_string_equal(digest_hex(arena, &made.digest).bytes, row->digest);
}

/* The chain. Five rows, of which one is tampered with. */

enum tampering {
    SET,      /* a cell becomes the value */
    FORGE,    /* likewise, and the digest of the row is made to fit */
    REMOVE,   /* the row */
    SWAP,     /* with the row behind it */
    REPEAT,   /* the row, in place of the one behind it */
    CUT_TAIL, /* from this row on */
};

static const char upper_case[] = "0F000000000000000000000000000000000000000000000000000000000000AA";
static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";

#define BROKEN(number, what)                                                                       \
    "6 row " number " of the ledger " what                                                         \
    " / Somebody changed the ledger: compare it with the last known good one."
#define CHANGED(number)    BROKEN(number, "was changed after it was written")
#define UNREADABLE         BROKEN("3", "cannot be read")
#define MISSING(number)    BROKEN(number, "is missing")
#define BROKEN_OFF(number) BROKEN(number, "does not continue the row before it")

static const struct chain_row {
    const char *name;
    enum tampering tampering;
    size_t number;
    enum ledger_field field;
    const char *value, *expected;
} chain_rows[] = {
    {"chain: whole", SET, 3, FIELD_PROJECT, "shop", ""},
    {"chain: number", SET, 3, FIELD_NUMBER, "4", MISSING("3")},
    {"chain: event", SET, 3, FIELD_EVENT, "finished", CHANGED("3")},
    {"chain: an event of progress", SET, 3, FIELD_EVENT, "progressed", CHANGED("3")},
    {"chain: applied becomes undone", SET, 3, FIELD_EVENT, "undone", CHANGED("3")},
    {"chain: an event that does not exist", SET, 3, FIELD_EVENT, "progress", UNREADABLE},
    {"chain: undo and no more", SET, 3, FIELD_EVENT, "undo-", UNREADABLE},
    {"chain: applied as nobody undoes it", SET, 3, FIELD_EVENT, "undo-applied", UNREADABLE},
    {"chain: stamped as undone", SET, 3, FIELD_EVENT, "undo-stamped", UNREADABLE},
    {"chain: project", SET, 3, FIELD_PROJECT, "shoq", CHANGED("3")},
    {"chain: revision", SET, 3, FIELD_REVISION, "d", CHANGED("3")},
    {"chain: script", SET, 3, FIELD_SCRIPT, zeros, CHANGED("3")},
    {"chain: pieces", SET, 3, FIELD_PIECES, "1", CHANGED("3")},
    {"chain: bundle", SET, 3, FIELD_BUNDLE, zeros, CHANGED("3")},
    {"chain: release", SET, 3, FIELD_RELEASE, "1.1", CHANGED("3")},
    {"chain: sequence", SET, 3, FIELD_SEQUENCE, "8", CHANGED("3")},
    {"chain: note", SET, 3, FIELD_NOTE, "allow-older", CHANGED("3")},
    {"chain: a blank for a note", SET, 3, FIELD_NOTE, " ", CHANGED("3")},
    {"chain: who", SET, 3, FIELD_WHO, "root@vn", CHANGED("3")},
    {"chain: started", SET, 3, FIELD_STARTED, "2026-11-23T00:24:42.764Z", CHANGED("3")},
    {"chain: finished", SET, 3, FIELD_FINISHED, "", CHANGED("3")},
    {"chain: tool", SET, 3, FIELD_TOOL, "sqlland 0.1.1", CHANGED("3")},
    {"chain: previous", SET, 3, FIELD_PREVIOUS, zeros, BROKEN_OFF("3")},
    {"chain: digest", SET, 3, FIELD_DIGEST, zeros, CHANGED("3")},
    {"chain: the first row", SET, 1, FIELD_WHO, "me@vm", CHANGED("1")},
    {"chain: the last row", SET, 5, FIELD_WHO, "me@vm", CHANGED("5")},
    {"chain: a row before the first", SET, 1, FIELD_PREVIOUS, upper_case,
     BROKEN("1", "cannot be read")},
    {"chain: number 0", SET, 1, FIELD_NUMBER, "0", MISSING("1")},

    {"chain: no number", SET, 3, FIELD_NUMBER, NULL, UNREADABLE},
    {"chain: an empty number", SET, 3, FIELD_NUMBER, "", UNREADABLE},
    {"chain: a number with a zero in front", SET, 3, FIELD_NUMBER, "03", UNREADABLE},
    {"chain: a negative number", SET, 3, FIELD_NUMBER, "-3", UNREADABLE},
    {"chain: a broken number", SET, 3, FIELD_NUMBER, "3.0", UNREADABLE},
    {"chain: a number too large", SET, 3, FIELD_NUMBER, "9007199254740992", UNREADABLE},
    {"chain: no pieces", SET, 3, FIELD_PIECES, NULL, UNREADABLE},
    {"chain: a negative number of pieces", SET, 3, FIELD_PIECES, "-1", UNREADABLE},
    {"chain: pieces with a zero in front", SET, 3, FIELD_PIECES, "00", UNREADABLE},
    {"chain: an event in capitals", SET, 3, FIELD_EVENT, "Applied", UNREADABLE},
    {"chain: no event", SET, 3, FIELD_EVENT, NULL, UNREADABLE},
    {"chain: an empty event", SET, 3, FIELD_EVENT, "", UNREADABLE},
    {"chain: no note", SET, 3, FIELD_NOTE, NULL, UNREADABLE},
    {"chain: a note of two lines", SET, 3, FIELD_NOTE, "a\nwho b", UNREADABLE},
    {"chain: a note that is not UTF-8", SET, 3, FIELD_NOTE, "a\xff", UNREADABLE},
    {"chain: a note that turns the line around", SET, 3, FIELD_NOTE, "a\u202e", UNREADABLE},
    {"chain: a digest in capitals", SET, 3, FIELD_SCRIPT, upper_case, UNREADABLE},
    {"chain: a digest cut off", SET, 3, FIELD_DIGEST, "00", UNREADABLE},
    {"chain: a sequence that is no number", SET, 3, FIELD_SEQUENCE, "seven", UNREADABLE},

    {"chain: the first row removed", REMOVE, 1, 0, NULL, MISSING("1")},
    {"chain: a row removed", REMOVE, 3, 0, NULL, MISSING("3")},
    {"chain: two rows swapped", SWAP, 2, 0, NULL, MISSING("2")},
    {"chain: a row twice", REPEAT, 2, 0, NULL, MISSING("3")},
    {"chain: a row forged", FORGE, 3, FIELD_REVISION, "z", BROKEN_OFF("4")},
    {"chain: a row forged in front of a gap", FORGE, 3, FIELD_PREVIOUS, zeros, BROKEN_OFF("3")},
    {"chain: a number forged", FORGE, 3, FIELD_NUMBER, "4", MISSING("3")},

    /* What no chain can show, as docs/ledger.md says. */
    {"chain: the tail cut off", CUT_TAIL, 4, 0, NULL, ""},
    {"chain: all of it cut off", CUT_TAIL, 1, 0, NULL, ""},
    {"chain: the last row forged", FORGE, 5, FIELD_REVISION, "z", ""},
};

static struct text line(struct arena *arena, enum ledger_field field, struct text value)
{
    return arena_format(arena, "%s %.*s\n", ledger_field_name(field), TEXT_ARGS(value));
}

static void forge(struct arena *arena, struct text *cells)
{
    struct text lines = TEXT("sqlferry ledger 1\n");

    for (size_t i = 0; i < FIELD_DIGEST; i++)
        lines = arena_format(arena, "%s%s", lines.bytes,
                             line(arena, (enum ledger_field)i, cells[i]).bytes);
    struct digest digest = crypto_digest(lines);
    cells[FIELD_DIGEST] = digest_hex(arena, &digest);
}

static void move_row(struct text *to, const struct text *from)
{
    memmove(to, from, LEDGER_FIELD_COUNT * sizeof(*to));
}

static void test_chain(void **state)
{
    const struct chain_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0}, read = {.count = 99};
    struct text spare[LEDGER_FIELD_COUNT];

    for (const char *const *id = (const char *const[]){"a", "b", "c", "d", "e", NULL}; *id; id++)
        append(arena, &ledger, row_of(LEDGER_APPLIED, *id));
    struct text *cells = cells_of(arena, &ledger);
    struct text *at = cells + (row->number - 1) * LEDGER_FIELD_COUNT,
                *next = at + LEDGER_FIELD_COUNT;
    size_t count = ledger.count;

    switch (row->tampering) {
    case SET:
        at[row->field] = text_from(row->value);
        break;
    case FORGE:
        at[row->field] = text_from(row->value);
        forge(arena, at);
        break;
    case REMOVE:
        memmove(at, next, (--count - row->number + 1) * LEDGER_FIELD_COUNT * sizeof(*at));
        break;
    case SWAP:
        move_row(spare, at);
        move_row(at, next);
        move_row(next, spare);
        break;
    case REPEAT:
        move_row(next, at);
        break;
    case CUT_TAIL:
        count = row->number - 1;
        break;
    }
    support_check(ledger_read(arena, cells, count, &read), row->expected);
    assert_int_equal(read.count, *row->expected ? 99 : count);
}

static void test_round_trip(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0}, read;

    (void)state;
    for (int i = 0; i < 2 * (LEDGER_STAMPED + 1); i++) {
        struct ledger_row row = row_of((enum ledger_event)(i / 2), "a");

        row.kind = i % 2 ? SCRIPT_DOWN : SCRIPT_UP;
        if (!ledger_event_name(row.event, row.kind))
            continue;
        row.pieces = i % 3 ? (uint64_t)i : NUMBER_MAX;
        row.note = i ? TEXT("allow-older") : (struct text){0};
        row.sequence = NUMBER_MAX;
        row.release = TEXT("1.0-größer");
        append(arena, &ledger, row);
    }
    assert_int_equal(ledger.count, 13); /* nobody stamps a revision as undone */
    assert_null(ledger_read(arena, cells_of(arena, &ledger), ledger.count, &read));
    assert_int_equal(read.count, ledger.count);
    for (size_t i = 0; i < read.count; i++) {
        struct text *before = cells_of(arena, &(struct ledger){&ledger.rows[i], 1});
        struct text *after = cells_of(arena, &(struct ledger){&read.rows[i], 1});

        for (size_t j = 0; j < LEDGER_FIELD_COUNT; j++)
            assert_true(text_equal(before[j], after[j]));
        assert_int_equal(read.rows[i].event, ledger.rows[i].event);
        assert_int_equal(read.rows[i].kind, ledger.rows[i].kind);
        assert_int_equal(read.rows[i].pieces, ledger.rows[i].pieces);
        assert_int_equal(read.rows[i].number, i + 1);
    }
    struct digest head = ledger_head(&read), none = ledger_head(&(struct ledger){0});
    assert_memory_equal(head.bytes, ledger.rows[ledger.count - 1].digest.bytes, DIGEST_SIZE);
    assert_string_equal(digest_hex(arena, &none).bytes, zeros);
}

/* A digest that was written down. */

static const struct expect_row {
    const char *name;
    size_t rows, number; /* of the row that is expected; 0 for none of them */
} expect_rows[] = {
    {"expect: the first row", 3, 1}, {"expect: the last row", 3, 3}, {"expect: the only row", 1, 1},
    {"expect: no such row", 3, 0},   {"expect: of no ledger", 0, 0},
};

static void test_expect(void **state)
{
    const struct expect_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0};

    for (size_t i = 0; i < row->rows; i++)
        append(arena, &ledger, row_of(LEDGER_APPLIED, "a"));
    struct digest expected = row->number ? ledger.rows[row->number - 1].digest : digest_of("a row");
    struct text refusal = arena_format(
        arena,
        "6 none of the %zu rows of the ledger has the digest %s / Rows were cut off its end, or it "
        "is another ledger: compare 'sqlland history' with the last known good one.",
        row->rows, digest_hex(arena, &expected).bytes);
    support_check(ledger_expect(arena, &ledger, &expected), row->number ? "" : refusal.bytes);
}

static void test_now(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text now = ledger_now(arena);
    uint64_t seconds;

    (void)state;
    assert_int_equal(now.size, 24);
    assert_int_equal(now.bytes[19], '.');
    struct text whole = arena_format(arena, "%.*sZ", 19, now.bytes);
    assert_true(index_time_read(whole, &seconds));
    assert_true(seconds > 1700000000);
}

/*
 * A bundle of project shop, sequence 7: a, b and c one after the other, d behind a, e behind c and
 * d; e has no down script. Events are written as "+a" applied, ">a" started, ".a" progressed, "!a"
 * failed, "<a" finished, "~a" resumed, "=a" stamped; with "-" in front, of the down script. Behind
 * the id stands how many pieces are done, and "'" where the script was another; "@9" before an
 * event is its sequence.
 */

static struct index_script script_of(struct arena *arena, const char *pattern, char id)
{
    return (struct index_script){
        .presence = SCRIPT_FILE,
        .path = arena_format(arena, pattern, id),
        .digest = crypto_digest(arena_format(arena, pattern, id)),
    };
}

static struct index *make_index(struct arena *arena)
{
    static const char *const steps[] = {"a", "ba", "cb", "da", "ecd"};
    struct index *index = arena_one(arena, struct index);

    *index = (struct index){
        .project = TEXT("shop"),
        .release = TEXT("2.0"),
        .sequence = 7,
        .steps = arena_array(arena, struct index_step, COUNT(steps)),
        .step_count = COUNT(steps),
    };
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct index_step *step = &index->steps[i];
        size_t parents = strlen(steps[i]) - 1;

        step->id = (struct text){steps[i], 1};
        step->parents = arena_array(arena, struct text, parents);
        step->parent_count = parents;
        for (size_t j = 0; j < parents; j++)
            step->parents[j] = (struct text){steps[i] + 1 + j, 1};
        step->scripts[SCRIPT_UP] = script_of(arena, "%c.sql", *steps[i]);
        if (*steps[i] != 'e')
            step->scripts[SCRIPT_DOWN] = script_of(arena, "%c.down.sql", *steps[i]);
    }
    index_sort(arena, index);
    return index;
}

/* "-.b1'": a mark or two, the id, pieces. */
static struct ledger_row read_event(struct arena *arena, struct text word)
{
    static const char marks[] = "+>.!<~=";
    bool down = text_starts(word, TEXT("-")), other = text_ends(word, TEXT("'"));
    struct text rest = text_slice(word, down, word.size - down - other);
    const char *mark = strchr(marks, rest.bytes[0]);
    struct ledger_row row;

    assert_true(mark || down);
    rest = text_slice(rest, mark ? 1 : 0, rest.size);
    bool foreign = text_starts(rest, TEXT("bank/"));
    rest = text_slice(rest, foreign ? 5 : 0, rest.size);
    struct text id = arena_copy(arena, text_slice(rest, 0, 1));

    row = row_of(mark ? (enum ledger_event)(mark - marks) : LEDGER_APPLIED, id.bytes);
    if (rest.size > 1)
        assert_true(text_number(text_slice(rest, 1, rest.size), NUMBER_MAX, &row.pieces));
    row.kind = down ? SCRIPT_DOWN : SCRIPT_UP;
    row.script =
        other ? digest_of("another script")
              : crypto_digest(arena_format(arena, "%s%s.sql", id.bytes, down ? ".down" : ""));
    if (foreign)
        row.project = TEXT("bank");
    return row;
}

static void append_events(struct arena *arena, struct ledger *ledger, const char *events)
{
    uint64_t sequence = 7;

    for (struct text rest = text_from(events); rest.size;) {
        struct text word = text_cut(&rest, ' ');

        if (word.bytes[0] == '@') {
            assert_true(text_number(text_slice(word, 1, word.size), NUMBER_MAX, &sequence));
            continue;
        }
        struct ledger_row row = read_event(arena, word);
        row.sequence = sequence;
        row.release = arena_format(arena, "1.%llu", (unsigned long long)sequence);
        append(arena, ledger, row);
    }
}

static bool is_begun(const struct step_state *state)
{
    return state->standing == STEP_STOPPED || state->standing == STEP_INTERRUPTED;
}

static char standing_letter(const struct step_state *state)
{
    static const char letters[] = {
        [STEP_PENDING] = '-', [STEP_APPLIED] = 'A', [STEP_STOPPED] = 'S', [STEP_INTERRUPTED] = 'I'};

    return letters[state->standing];
}

/*
 * "AA-I- 2, b 1, d 0 down": each step applied, pending, stopped or interrupted; how many are
 * applied; of those begun, how many pieces are done.
 */
static const char *show_state(struct arena *arena, const struct index *index,
                              const struct ledger_state *state)
{
    char letters[6] = "";
    struct text begun = TEXT("");

    for (size_t i = 0; i < 5; i++) {
        const struct step_state *step = &state->steps[i];

        letters[i] = standing_letter(step);
        if (is_begun(step))
            begun =
                arena_format(arena, "%s, %.*s %zu%s", begun.bytes, TEXT_ARGS(index->steps[i].id),
                             step->pieces, step->kind == SCRIPT_DOWN ? " down" : "");
    }
    return arena_format(arena, "%s %zu%s", letters, state->applied, begun.bytes).bytes;
}

#define OTHER_SCRIPT(what, path, ids)                                                              \
    "6 revision 'b' was " what " with another script than '" path "'; ledger  "                    \
    "ANOTHER in release 1.7; bundle  " ids " / A script that has run somewhere is never edited: "  \
    "add a revision."
#define EDITED       OTHER_SCRIPT("applied", "b.sql", "UP")
#define BEGUN        OTHER_SCRIPT("begun", "b.sql", "UP")
#define BEING_UNDONE OTHER_SCRIPT("being undone", "b.down.sql", "DOWN")
#define ORPHAN(child, parent)                                                                      \
    "6 revision '" child "' is applied, but its parent '" parent "' is not"
#define UNKNOWN(id, release)                                                                       \
    "6 the database has revision '" id "' of release " release                                     \
    ", which this bundle does not know / Use a bundle of that release, or of a later one."
#define FOREIGN "6 the database belongs to project 'bank', the bundle to 'shop'"
#define OLDER(sequence)                                                                            \
    "6 the bundle (release 2.0, sequence 7) is older than release 1." sequence                     \
    ", sequence " sequence ", which was applied already / '--allow-older' applies it all the "     \
    "same, and records that."

enum { LATER = 2000000000 };
static const struct ledger_policy usual = {.now = LATER};

static const struct compare_row {
    const char *name, *events;
    bool allow_older;
    const char *expected;
} compare_rows[] = {
    {"compare: nothing", "", false, "----- 0"},
    {"compare: applied", "+a", false, "A---- 1"},
    {"compare: several", "+a +b +d", false, "AA-A- 3"},
    {"compare: all", "+a +b +c +d +e", false, "AAAAA 5"},
    {"compare: in another order", "+a +d +b +c +e", false, "AAAAA 5"},
    {"compare: started", "+a >b", false, "AI--- 1, b 0"},
    {"compare: finished", "+a >b .b1 <b1", false, "AA--- 2"},
    {"compare: failed", "+a >b !b", false, "A---- 1"},
    {"compare: failed, and nothing else", ">a !a", false, "----- 0"},
    {"compare: failed, then applied", "+a >b !b +b", false, "AA--- 2"},
    {"compare: failed, then finished", "+a >b !b >b .b1 <b1 +c", false, "AAA-- 3"},
    {"compare: started twice", "+a >b >b", false, "AI--- 1, b 0"},
    {"compare: started twice, then finished", "+a >b >b .b1 <b1", false, "AA--- 2"},
    {"compare: progressed", "+a >b .b1", false, "AI--- 1, b 1"},
    {"compare: progressed twice", "+a >b .b1 .b2", false, "AI--- 1, b 2"},
    {"compare: progressed and finished", "+a >b .b1 .b2 <b2", false, "AA--- 2"},
    {"compare: stopped", "+a >b .b1 !b1", false, "AS--- 1, b 1"},
    {"compare: stopped twice at the same piece", "+a >b .b1 !b1 >b1 !b1", false, "AS--- 1, b 1"},
    {"compare: stopped, and gone on", "+a >b .b1 !b1 >b1 .b2", false, "AI--- 1, b 2"},
    {"compare: stopped, and started again", "+a >b .b1 !b1 >b1", false, "AI--- 1, b 1"},
    {"compare: stopped, started, interrupted, started", "+a >b .b1 !b1 >b1 >b", false,
     "AI--- 1, b 0"},
    {"compare: stopped at two pieces", "+a >b .b1 !b1 >b1 .b2 !b2", false, "AS--- 1, b 2"},
    {"compare: stopped, then finished", "+a >b .b1 !b1 >b1 .b2 <b2 +c", false, "AAA-- 3"},
    {"compare: progressed, then started anew", "+a >b .b1 .b2 >b", false, "AI--- 1, b 0"},
    {"compare: started anew, and progressed", "+a >b .b1 .b2 >b .b1", false, "AI--- 1, b 1"},
    {"compare: started anew, and finished", "+a >b .b1 .b2 >b .b1 .b2 <b2", false, "AA--- 2"},
    {"compare: started anew, and refused at once", "+a >b .b1 >b !b", false, "AS--- 1, b 0"},
    {"compare: started twice, and refused at once", "+a >b >b !b", false, "AS--- 1, b 0"},
    {"compare: started twice, refused twice at once", "+a >b >b !b >b !b", false, "AS--- 1, b 0"},
    {"compare: failed, then started, then refused", "+a >b !b >b !b", false, "A---- 1"},
    {"compare: failed, then progressed", "+a >b !b >b .b1", false, "AI--- 1, b 1"},
    {"compare: several begun", "+a >b .b1 !b1 >d .d1 .d2", false, "AS-I- 1, b 1, d 2"},
    {"compare: an older ledger", "@3 +a @5 +b", false, "AA--- 2"},
    {"compare: an equal sequence", "@7 +a", false, "A---- 1"},
    {"compare: failed with another script", "+a >b' !b'", false, "A---- 1"},

    {"compare: undone", "+a +b -b", false, "A---- 1"},
    {"compare: all undone", "+a +b -b -a", false, "----- 0"},
    {"compare: undone, and applied again", "+a +b -b +b", false, "AA--- 2"},
    {"compare: undone, and begun", "+a +b -b >b .b1", false, "AI--- 1, b 1"},
    {"compare: a branch undone", "+a +b +c +d +e -e -d", false, "AAA-- 3"},
    {"compare: undone, and it had another script", "+a +b' -b", false, "A---- 1"},
    {"compare: undone by another script", "+a +b -b'", false, "A---- 1"},
    {"compare: undo started", "+a +b ->b", false, "AI--- 1, b 0 down"},
    {"compare: undo progressed", "+a +b ->b -.b1", false, "AI--- 1, b 1 down"},
    {"compare: undo finished", "+a +b ->b -.b1 -<b1", false, "A---- 1"},
    {"compare: undo refused at once", "+a +b ->b -!b", false, "AA--- 2"},
    {"compare: undo refused twice", "+a +b ->b -!b ->b -!b", false, "AA--- 2"},
    {"compare: undo refused later", "+a +b ->b -.b1 -!b1", false, "AS--- 1, b 1 down"},
    {"compare: undo started twice, and refused at once", "+a +b ->b ->b -!b", false,
     "AS--- 1, b 0 down"},
    {"compare: undo refused, then finished", "+a +b ->b -!b ->b -.b1 -<b1", false, "A---- 1"},
    {"compare: undo refused, then applied is what counts", "+a +b ->b -!b +c", false, "AAA-- 3"},
    {"compare: undone without a transaction, applied again", "+a >b .b1 <b1 ->b -.b1 -<b1 >b .b1",
     false, "AI--- 1, b 1"},

    {"compare: resumed, and nothing is done", "+a >b ~b", false, "A---- 1"},
    {"compare: resumed, and one is done", "+a >b ~b1", false, "AS--- 1, b 1"},
    {"compare: resumed where it had stopped", "+a >b .b1 .b2 !b2 ~b1", false, "AS--- 1, b 1"},
    {"compare: resumed, and started", "+a >b ~b1 >b1", false, "AI--- 1, b 1"},
    {"compare: resumed, and finished", "+a >b ~b1 <b1", false, "AA--- 2"},
    {"compare: resumed from nothing, and refused at once", "+a >b >b ~b >b !b", false, "A---- 1"},
    {"compare: resumed, and refused at that piece", "+a >b >b ~b1 >b1 !b1", false, "AS--- 1, b 1"},
    {"compare: undo resumed, and nothing is done", "+a +b ->b -~b", false, "AA--- 2"},
    {"compare: undo resumed, and one is done", "+a +b ->b -~b1", false, "AS--- 1, b 1 down"},
    {"compare: undo resumed, and finished", "+a +b ->b -~b1 -<b1", false, "A---- 1"},
    {"compare: undo resumed from nothing, refused at once", "+a +b ->b ->b -~b ->b -!b", false,
     "AA--- 2"},

    {"compare: stamped", "=a =b", false, "AA--- 2"},
    {"compare: stamped, then applied", "=a =b +c", false, "AAA-- 3"},
    {"compare: stamped, then undone", "=a =b -b", false, "A---- 1"},
    {"compare: undone, then stamped", "+a +b -b =b", false, "AA--- 2"},
    {"compare: resumed, then stamped", "+a >b ~b =b", false, "AA--- 2"},

    {"compare: another project", "+bank/a", false, FOREIGN},
    {"compare: another project in the middle", "+a +bank/b +c", false, FOREIGN},
    {"compare: another project, allow-older", "@9 +bank/a", true, FOREIGN},
    {"compare: another project, undone", "+bank/a -bank/a", false, FOREIGN},
    {"compare: a newer ledger", "@9 +a @8 +b", false, OLDER("9")},
    {"compare: a newer ledger by a failed row", "+a @8 >b !b", false, OLDER("8")},
    {"compare: a newer ledger by an undone row", "+a @8 +b -b", false, OLDER("8")},
    {"compare: a newer ledger and nothing else", "@9 +x +b'", false, OLDER("9")},
    {"compare: a newer ledger, allow-older", "@9 +a @8 +b", true, "AA--- 2"},
    {"compare: an unknown revision", "+a +x", false, UNKNOWN("x", "1.7")},
    {"compare: two unknown revisions", "+y +a +x", false,
     UNKNOWN("x", "1.7") " | " UNKNOWN("y", "1.7")},
    {"compare: one unknown revision in many rows", "+a >x .x1 !x1 >x1 .x2 <x2", false,
     UNKNOWN("x", "1.7")},
    {"compare: an unknown revision of its last release", "@3 >x @5 .x1", false,
     UNKNOWN("x", "1.5")},
    {"compare: an unknown revision, stamped", "=a =x", false, UNKNOWN("x", "1.7")},
    {"compare: an unknown revision, begun", "+a >x", false, UNKNOWN("x", "1.7")},
    {"compare: an unknown revision, half undone", "+a +x ->x -.x1", false, UNKNOWN("x", "1.7")},
    {"compare: an unknown revision, undo refused", "+a +x ->x -!x", false, UNKNOWN("x", "1.7")},
    {"compare: an unknown revision, undone", "+a +x -x", false, "A---- 1"},
    {"compare: an unknown revision, undone piece by piece", "+a +x ->x -.x1 -<x1", false,
     "A---- 1"},
    {"compare: an unknown revision, refused", "+a >x !x", false, "A---- 1"},
    {"compare: an unknown revision, resumed from nothing", "+a >x ~x", false, "A---- 1"},
    {"compare: one unknown revision of two was undone", "+a +x +y -x", false, UNKNOWN("y", "1.7")},
    {"compare: an edited script", "+a +b' +c", false, EDITED},
    {"compare: an edited script, interrupted", "+a >b'", false, BEGUN},
    {"compare: an edited script, progressed", "+a >b' .b1'", false, BEGUN},
    {"compare: an edited script, stopped", "+a >b' .b1' !b1'", false, BEGUN},
    {"compare: an edited script, resumed", "+a >b' ~b1'", false, BEGUN},
    {"compare: an edited script, resumed from nothing", "+a >b' ~b'", false, "A---- 1"},
    {"compare: an edited script, refused when it was started anew", "+a >b' >b' !b'", false, BEGUN},
    {"compare: an edited script, allow-older", "+a +b'", true, EDITED},
    {"compare: an edited script, stamped", "+a =b'", false, OTHER_SCRIPT("stamped", "b.sql", "UP")},
    {"compare: an edited script, applied again with this one", "+a +b' -b +b", false, "AA--- 2"},
    {"compare: an edited script, half undone", "+a +b' ->b", false, EDITED},
    {"compare: an edited script, undo refused", "+a +b' ->b -!b", false, EDITED},
    {"compare: an edited down script", "+a +b ->b'", false, BEING_UNDONE},
    {"compare: an edited down script, stopped", "+a +b ->b' -.b1' -!b1'", false, BEING_UNDONE},
    {"compare: an edited down script, refused at once", "+a +b ->b' -!b'", false, "AA--- 2"},
    {"compare: both scripts edited", "+a +b' ->b'", false, EDITED " | " BEING_UNDONE},
    {"compare: a down script that is gone", "+a +b +c +d +e ->e", false,
     "6 revision 'e' was being undone with another script than 'none'; ledger  E_DOWN in release "
     "1.7; bundle  ZEROS / A script that has run somewhere is never edited: add a revision."},
    {"compare: without its parent", "+b", false, ORPHAN("b", "a")},
    {"compare: without one of its parents", "+a +d +e", false, ORPHAN("e", "c")},
    {"compare: its parent was interrupted", "+a >b +c", false, ORPHAN("c", "b")},
    {"compare: its parent was stopped", "+a >b .b1 !b1 +c", false, ORPHAN("c", "b")},
    {"compare: its parent failed", "+a >b !b +c", false, ORPHAN("c", "b")},
    {"compare: its parent was undone", "+a +b +c -b", false, ORPHAN("c", "b")},
    {"compare: its parent is half undone", "+a +b +c ->b", false, ORPHAN("c", "b")},
    {"compare: several mistakes", "+x +b'", false,
     UNKNOWN("x", "1.7") " | " EDITED " | " ORPHAN("b", "a")},
};

static void replace(struct arena *arena, struct text *text, const char *word, struct digest digest)
{
    struct text by = digest_hex(arena, &digest);

    for (size_t at; (at = text_find(*text, text_from(word))) < text->size;)
        *text = arena_format(arena, "%.*s%s%s", (int)at, text->bytes, by.bytes,
                             text->bytes + at + strlen(word));
}

static void test_compare(void **state)
{
    const struct compare_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text expected = text_from(row->expected);
    struct ledger ledger = {0};
    struct ledger_state found;
    struct findings findings = {0};
    const struct index *index = make_index(arena);

    replace(arena, &expected, "ANOTHER", digest_of("another script"));
    replace(arena, &expected, "UP", digest_of("b.sql"));
    replace(arena, &expected, "E_DOWN", digest_of("e.down.sql"));
    replace(arena, &expected, "DOWN", digest_of("b.down.sql"));
    replace(arena, &expected, "ZEROS", (struct digest){0});
    append_events(arena, &ledger, row->events);
    ledger_compare(arena, &ledger, index, &(struct ledger_policy){LATER, row->allow_older, false},
                   &found, &findings);
    assert_int_equal(findings.fault_count, findings.count);
    const struct error *error = findings_refuse(&findings);
    assert_string_equal(error ? support_show(arena, error) : show_state(arena, index, &found),
                        expected.bytes);
}

/* What it is called, and which revision it is about; and the states beside it. */
static void test_findings(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct index *index = make_index(arena);
    struct ledger ledger = {0}, foreign = {0};
    struct ledger_state found;
    struct findings findings = {0};
    struct text shown = TEXT("");

    (void)state;
    append_events(arena, &ledger, "+x +b' >d .d1");
    append_events(arena, &foreign, "+bank/a");
    ledger_compare(arena, &ledger, index, &usual, &found, &findings);
    assert_string_equal(show_state(arena, index, &found), "-A-I- 1, d 1");
    ledger_compare(arena, &foreign, index, &usual, &found, &findings);
    assert_string_equal(show_state(arena, index, &found), "----- 0");
    for (struct finding *finding = findings.first; finding; finding = finding->next)
        shown = arena_format(arena, "%s%s %.*s; ", shown.bytes, finding->name,
                             TEXT_ARGS(finding->revision));
    assert_string_equal(shown.bytes, "unknown x; changed b; parent b; parent d; project ; ");
}

/* The last row was finished at 2026-11-23T00:24:42Z; some rows tell no time. */
enum { FINISHED = 1795393482 };
#define CLOCK(time)                                                                                \
    "6 the clock says " time ", but the last row of the ledger is of 2026-11-23T00:24:42Z / Set "  \
    "the clock; '--allow-clock' goes on all the same, and records that."

static const struct clock_row {
    const char *name, *finished;
    uint64_t now;
    bool allow_clock;
    const char *expected;
} clock_rows[] = {
    {"clock: at the same time", NULL, FINISHED, false, ""},
    {"clock: five minutes behind", NULL, FINISHED - 300, false, ""},
    {"clock: a second more", NULL, FINISHED - 301, false, CLOCK("2026-11-23T00:19:41Z")},
    {"clock: at the start of time", NULL, 0, false, CLOCK("1970-01-01T00:00:00Z")},
    {"clock: likewise, allow-clock", NULL, 0, true, ""},
    {"clock: the row tells no time", "yesterday", 0, false, ""},
    {"clock: the row tells hardly any", "2026-11-23T00:24:42", 0, false,
     CLOCK("1970-01-01T00:00:00Z")},
};

static void test_clock(void **state)
{
    const struct clock_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    const struct ledger_policy policy = {row->now, false, row->allow_clock};
    struct ledger ledger = {0};
    struct ledger_state found;
    struct findings findings = {0};

    append_events(arena, &ledger, "+a +b");
    ledger.rows[0].finished = TEXT("9999-01-01T00:00:00.000Z"); /* was allowed, and is over */
    if (row->finished)
        ledger.rows[1].finished = text_from(row->finished);
    assert_true(ledger_compare(arena, &ledger, make_index(arena), &policy, &found, &findings));
    support_check(findings_refuse(&findings), row->expected);
    assert_int_equal(found.applied, 2);
}

static void test_many_errors(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0};
    struct ledger_state found;
    struct findings findings = {0};
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        append(arena, &ledger, row_of(LEDGER_APPLIED, arena_format(arena, "x%d", i).bytes));
    ledger_compare(arena, &ledger, make_index(arena), &usual, &found, &findings);
    assert_int_equal(findings.fault_count, 100);
    for (const struct error *error = findings_refuse(&findings); error; error = error->next)
        count++;
    assert_int_equal(count, ERRORS_MAX);
}

/* Without a bundle. "b I 5 (2, 5)": standing, the last row, what made it applied, what was begun.
 */

static const struct revisions_row {
    const char *name, *events, *expected;
} revisions_rows[] = {
    {"revisions: none", "", ""},
    {"revisions: one", "+a", "a A 1 (1, 0); "},
    {"revisions: sorted by id", "+c +a +b", "a A 2 (2, 0); b A 3 (3, 0); c A 1 (1, 0); "},
    {"revisions: rows that alternate", ">a >b .a1 .b1 !a1 <b1", "a S 5 (0, 5); b A 6 (6, 0); "},
    {"revisions: undone", "+a +b -b", "a A 1 (1, 0); b - 3 (0, 0); "},
    {"revisions: applied twice", "+a -a +a", "a A 3 (3, 0); "},
    {"revisions: half undone", "+a +b ->b -.b1", "a A 1 (1, 0); b I 4 (2, 4); "},
    {"revisions: undo refused", "+a ->a -!a", "a A 3 (1, 3); "},
    {"revisions: stamped", "=a", "a A 1 (1, 0); "},
    {"revisions: refused", ">a !a", "a - 2 (0, 2); "},
};

static const char *show_number(struct arena *arena, const struct ledger_row *row)
{
    return arena_format(arena, "%llu", row ? (unsigned long long)row->number : 0).bytes;
}

static void test_revisions(void **state)
{
    const struct revisions_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0};
    struct text shown = TEXT("");
    size_t count = 99;

    append_events(arena, &ledger, row->events);
    const struct ledger_revision *revisions = ledger_revisions(arena, &ledger, &count);
    for (size_t i = 0; i < count; i++)
        shown = arena_format(
            arena, "%s%.*s %c %s (%s, %s); ", shown.bytes, TEXT_ARGS(revisions[i].last->revision),
            standing_letter(&revisions[i].state), show_number(arena, revisions[i].last),
            show_number(arena, revisions[i].state.applied),
            show_number(arena, revisions[i].state.begun));
    assert_string_equal(shown.bytes, row->expected);
}

/* The ceiling is far below what anything quadratic in the rows would take. */
static void test_large(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    enum { ROWS = 10000 };
    struct ledger ledger = {0}, read;
    struct ledger_state found;
    struct findings findings = {0};
    struct index index = {
        .project = TEXT("shop"),
        .sequence = 7,
        .steps = arena_array(arena, struct index_step, ROWS),
        .step_count = ROWS,
    };

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct index_step *step = &index.steps[i];

        step->id = arena_format(arena, "r%zu", i);
        step->parents = i ? &index.steps[i - 1].id : NULL;
        step->parent_count = i > 0;
        step->scripts[SCRIPT_UP] =
            (struct index_script){.presence = SCRIPT_FILE, .digest = crypto_digest(step->id)};
        append(arena, &ledger, row_of(LEDGER_APPLIED, step->id.bytes));
    }
    index_sort(arena, &index);
    struct text *cells = cells_of(arena, &ledger);
    assert_null(ledger_read(arena, cells, ROWS, &read));
    ledger_compare(arena, &read, &index, &usual, &found, &findings);
    assert_int_equal(findings.count, 0);
    assert_int_equal(found.applied, ROWS);
    assert_int_equal(found.steps[ROWS - 1].applied->number, ROWS);
    index.step_count = 1;
    index_sort(arena, &index);
    ledger_compare(arena, &read, &index, &usual, &found, &findings);
    assert_int_equal(findings.fault_count, ROWS - 1);
    cells[(ROWS - 1) * LEDGER_FIELD_COUNT + FIELD_WHO] = TEXT("me");
    support_check(ledger_read(arena, cells, ROWS, &read), CHANGED("10000"));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, digest_rows, test_digest);
    support_add_rows(&tests, chain_rows, test_chain);
    support_add(&tests, "a row to text and back", test_round_trip);
    support_add_rows(&tests, expect_rows, test_expect);
    support_add(&tests, "the time", test_now);
    support_add_rows(&tests, compare_rows, test_compare);
    support_add_rows(&tests, clock_rows, test_clock);
    support_add(&tests, "what is found", test_findings);
    support_add(&tests, "a hundred mistakes", test_many_errors);
    support_add_rows(&tests, revisions_rows, test_revisions);
    support_add(&tests, "10,000 rows", test_large);
    return support_run("ledger", &tests);
}

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
     "1f29af1160186f3aad361efb6da14e851e60d1432db08929f884571d7c51f3c2",
     "sqlferry ledger 1\nnumber 2\nevent applied\nproject shop\nrevision 3e8b51c07f4d\n"
     "script 9c80b2ce42bfad91a021aec39679bf6739caeed025b5e4b261bb9b942a3a9fa9\n"
     "bundle 4ae4d54a7c8ab3d53d2a744db788b6695efbcffe806614e8c8ccaccc89b948f3\n"
     "release 1.0.0\nsequence 1795393482\nnote \nwho root@vm\n"
     "started 2026-11-23T00:24:42.765Z\nfinished 2026-11-23T00:24:42.766Z\ntool sqlland 0.1.0\n"
     "previous 1f29af1160186f3aad361efb6da14e851e60d1432db08929f884571d7c51f3c2\n",
     "c8e25c7ebe7f4500a9032e82c20005a180e9bc03ab7d801539eb12f659ba69c9"},
    {"digest: the first row, with a note", "1", "allow-expired allow-older",
     "0000000000000000000000000000000000000000000000000000000000000000",
     "sqlferry ledger 1\nnumber 1\nevent applied\nproject shop\nrevision 3e8b51c07f4d\n"
     "script 9c80b2ce42bfad91a021aec39679bf6739caeed025b5e4b261bb9b942a3a9fa9\n"
     "bundle 4ae4d54a7c8ab3d53d2a744db788b6695efbcffe806614e8c8ccaccc89b948f3\n"
     "release 1.0.0\nsequence 1795393482\nnote allow-expired allow-older\nwho root@vm\n"
     "started 2026-11-23T00:24:42.765Z\nfinished 2026-11-23T00:24:42.766Z\ntool sqlland 0.1.0\n"
     "previous 0000000000000000000000000000000000000000000000000000000000000000\n",
     "9e24765653d5b3b1f568a2428b8af056dc833ba9b7d2deb00c995c9fbf27e4cd"},
};

static void test_digest(void **state)
{
    const struct digest_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0};
    struct ledger_row made = row_of(LEDGER_APPLIED, "3e8b51c07f4d"), before = {0};

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
    {"chain: an event that does not exist", SET, 3, FIELD_EVENT, "progress", UNREADABLE},
    {"chain: project", SET, 3, FIELD_PROJECT, "shoq", CHANGED("3")},
    {"chain: revision", SET, 3, FIELD_REVISION, "d", CHANGED("3")},
    {"chain: script", SET, 3, FIELD_SCRIPT, zeros, CHANGED("3")},
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
    {"chain: an event in capitals", SET, 3, FIELD_EVENT, "Applied", UNREADABLE},
    {"chain: no event", SET, 3, FIELD_EVENT, NULL, UNREADABLE},
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
    for (int event = LEDGER_APPLIED; event <= LEDGER_FINISHED; event++) {
        struct ledger_row row = row_of((enum ledger_event)event, "a");

        row.note = event ? TEXT("allow-older") : (struct text){0};
        row.sequence = NUMBER_MAX;
        row.release = TEXT("1.0-größer");
        append(arena, &ledger, row);
    }
    assert_null(ledger_read(arena, cells_of(arena, &ledger), ledger.count, &read));
    assert_int_equal(read.count, ledger.count);
    for (size_t i = 0; i < read.count; i++) {
        struct text *before = cells_of(arena, &(struct ledger){&ledger.rows[i], 1});
        struct text *after = cells_of(arena, &(struct ledger){&read.rows[i], 1});

        for (size_t j = 0; j < LEDGER_FIELD_COUNT; j++)
            assert_true(text_equal(before[j], after[j]));
        assert_int_equal(read.rows[i].event, i);
        assert_int_equal(read.rows[i].number, i + 1);
    }
    struct digest head = ledger_head(&read), none = ledger_head(&(struct ledger){0});
    assert_memory_equal(head.bytes, ledger.rows[LEDGER_FINISHED].digest.bytes, DIGEST_SIZE);
    assert_string_equal(digest_hex(arena, &none).bytes, zeros);
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
 * d. Events are written as "+a" applied, ">a" started, ".a" progressed, "!a" failed, "<a" finished;
 * "@9" before one is its sequence, "a'" its id with another script.
 */

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
        step->scripts[SCRIPT_UP] = (struct index_script){
            .presence = SCRIPT_FILE,
            .path = arena_format(arena, "%c.sql", steps[i][0]),
            .digest = crypto_digest(step->id),
        };
    }
    index_sort(arena, index);
    return index;
}

static void append_events(struct arena *arena, struct ledger *ledger, const char *events)
{
    static const char marks[] = "+>.!<";
    uint64_t sequence = 7;

    for (struct text rest = text_from(events); rest.size;) {
        struct text word = text_cut(&rest, ' ');

        if (word.bytes[0] == '@') {
            assert_true(text_number(text_slice(word, 1, word.size), NUMBER_MAX, &sequence));
            continue;
        }
        const char *mark = strchr(marks, word.bytes[0]);
        struct text id = text_slice(word, 1, word.size);
        bool other = text_ends(id, TEXT("'")), foreign = text_starts(id, TEXT("bank/"));

        assert_non_null(mark);
        id = text_slice(id, foreign ? 5 : 0, id.size - other);
        struct ledger_row row =
            row_of((enum ledger_event)(mark - marks), arena_copy(arena, id).bytes);
        row.sequence = sequence;
        row.release = arena_format(arena, "1.%llu", (unsigned long long)sequence);
        if (other)
            row.script = digest_of("another script");
        if (foreign)
            row.project = TEXT("bank");
        append(arena, ledger, row);
    }
}

/*
 * "AA-I- 2 b, d 1": each step applied, pending, stopped or interrupted; how many are applied; the
 * last one there was; of those begun, how many pieces are done.
 */
static const char *show_state(struct arena *arena, const struct index *index,
                              const struct ledger_state *state)
{
    static const char letters[] = {
        [STEP_PENDING] = '-', [STEP_APPLIED] = 'A', [STEP_STOPPED] = 'S', [STEP_INTERRUPTED] = 'I'};
    char letter[6] = "";
    struct text begun = TEXT("");

    for (size_t i = 0; i < 5; i++) {
        letter[i] = letters[state->steps[i]];
        if (state->steps[i] == STEP_STOPPED || state->steps[i] == STEP_INTERRUPTED)
            begun = arena_format(arena, "%s, %.*s %zu", begun.bytes, TEXT_ARGS(index->steps[i].id),
                                 state->pieces[i]);
    }
    struct text last = state->last ? state->last->revision : TEXT("none");
    return arena_format(arena, "%s %zu %.*s%s", letter, state->applied, TEXT_ARGS(last),
                        begun.bytes)
        .bytes;
}

#define EDITED_AFTER(what)                                                                         \
    "6 revision 'b' was " what " with another script than 'b.sql'; ledger  "                       \
    "ANOTHER in release 1.7; bundle  ITS_OWN / A script that has run somewhere is never edited: "  \
    "add a revision."
#define EDITED EDITED_AFTER("applied")
#define BEGUN  EDITED_AFTER("begun")

static const struct compare_row {
    const char *name, *events;
    bool allow_older;
    const char *expected;
} compare_rows[] = {
    {"compare: nothing", "", false, "----- 0 none"},
    {"compare: applied", "+a", false, "A---- 1 a"},
    {"compare: several", "+a +b +d", false, "AA-A- 3 d"},
    {"compare: all", "+a +b +c +d +e", false, "AAAAA 5 e"},
    {"compare: in another order", "+a +d +b +c +e", false, "AAAAA 5 e"},
    {"compare: started", "+a >b", false, "AI--- 1 b, b 0"},
    {"compare: finished", "+a >b <b", false, "AA--- 2 b"},
    {"compare: failed", "+a >b !b", false, "A---- 1 a"},
    {"compare: failed, and nothing else", ">a !a", false, "----- 0 none"},
    {"compare: failed, then applied", "+a >b !b +b", false, "AA--- 2 b"},
    {"compare: failed, then finished", "+a >b !b >b <b +c", false, "AAA-- 3 c"},
    {"compare: started twice", "+a >b >b", false, "AI--- 1 b, b 0"},
    {"compare: started twice, then finished", "+a >b >b <b", false, "AA--- 2 b"},
    {"compare: progressed", "+a >b .b", false, "AI--- 1 b, b 1"},
    {"compare: progressed twice", "+a >b .b .b", false, "AI--- 1 b, b 2"},
    {"compare: progressed and finished", "+a >b .b .b <b", false, "AA--- 2 b"},
    {"compare: stopped", "+a >b .b !b", false, "AS--- 1 b, b 1"},
    {"compare: stopped twice at the same piece", "+a >b .b !b !b", false, "AS--- 1 b, b 1"},
    {"compare: stopped, and gone on", "+a >b .b !b .b", false, "AI--- 1 b, b 2"},
    {"compare: stopped, and started again", "+a >b .b !b >b", false, "AI--- 1 b, b 1"},
    {"compare: stopped, started, progressed", "+a >b .b !b >b .b", false, "AI--- 1 b, b 2"},
    {"compare: stopped, started, stopped again", "+a >b .b !b >b !b", false, "AS--- 1 b, b 1"},
    {"compare: stopped, started, interrupted, started", "+a >b .b !b >b >b", false,
     "AI--- 1 b, b 0"},
    {"compare: stopped at two pieces", "+a >b .b !b .b !b", false, "AS--- 1 b, b 2"},
    {"compare: stopped, then finished", "+a >b .b !b .b <b +c", false, "AAA-- 3 c"},
    {"compare: progressed, then started anew", "+a >b .b .b >b", false, "AI--- 1 b, b 0"},
    {"compare: started anew, and progressed", "+a >b .b .b >b .b", false, "AI--- 1 b, b 1"},
    {"compare: started anew, and finished", "+a >b .b .b >b .b .b <b", false, "AA--- 2 b"},
    {"compare: started anew, and refused at once", "+a >b .b >b !b", false, "AS--- 1 b, b 0"},
    {"compare: started twice, and refused at once", "+a >b >b !b", false, "AS--- 1 b, b 0"},
    {"compare: failed, then started, then refused", "+a >b !b >b !b", false, "A---- 1 a"},
    {"compare: failed, then progressed", "+a >b !b >b .b", false, "AI--- 1 b, b 1"},
    {"compare: several begun", "+a >b .b !b >d .d .d", false, "AS-I- 1 d, b 1, d 2"},
    {"compare: an older ledger", "@3 +a @5 +b", false, "AA--- 2 b"},
    {"compare: an equal sequence", "@7 +a", false, "A---- 1 a"},
    {"compare: failed with another script", "+a >b' !b'", false, "A---- 1 a"},

    {"compare: another project", "+bank/a", false,
     "6 the database belongs to project 'bank', the bundle to 'shop'"},
    {"compare: another project in the middle", "+a +bank/b +c", false,
     "6 the database belongs to project 'bank', the bundle to 'shop'"},
    {"compare: another project, allow-older", "@9 +bank/a", true,
     "6 the database belongs to project 'bank', the bundle to 'shop'"},
    {"compare: a newer ledger", "@9 +a @8 +b", false,
     "6 the bundle (release 2.0, sequence 7) is older than release 1.9, sequence 9, which was "
     "applied"
     " already / '--allow-older' applies it all the same, and records that."},
    {"compare: a newer ledger by a failed row", "+a @8 >b !b", false,
     "6 the bundle (release 2.0, sequence 7) is older than release 1.8, sequence 8, which was "
     "applied"
     " already / '--allow-older' applies it all the same, and records that."},
    {"compare: a newer ledger, allow-older", "@9 +a @8 +b", true, "AA--- 2 b"},
    {"compare: an unknown revision", "+a +x", false,
     "6 the database has revision 'x' of release 1.7, which this bundle does not know"},
    {"compare: two unknown revisions", "+x +a +y", false,
     "6 the database has revision 'x' of release 1.7, which this bundle does not know | "
     "6 the database has revision 'y' of release 1.7, which this bundle does not know"},
    {"compare: an edited script", "+a +b' +c", false, EDITED},
    {"compare: an edited script, interrupted", "+a >b'", false, BEGUN},
    {"compare: an edited script, progressed", "+a >b' .b'", false, BEGUN},
    {"compare: an edited script, stopped", "+a >b' .b' !b'", false, BEGUN},
    {"compare: an edited script, refused when it was started anew", "+a >b' >b' !b'", false, BEGUN},
    {"compare: an edited script, allow-older", "+a +b'", true, EDITED},
    {"compare: without its parent", "+b", false,
     "6 revision 'b' is applied, but its parent 'a' is not"},
    {"compare: without one of its parents", "+a +d +e", false,
     "6 revision 'e' is applied, but its parent 'c' is not"},
    {"compare: its parent was interrupted", "+a >b +c", false,
     "6 revision 'c' is applied, but its parent 'b' is not"},
    {"compare: its parent was stopped", "+a >b .b !b +c", false,
     "6 revision 'c' is applied, but its parent 'b' is not"},
    {"compare: its parent failed", "+a >b !b +c", false,
     "6 revision 'c' is applied, but its parent 'b' is not"},
    {"compare: several mistakes", "+x +b'", false,
     "6 the database has revision 'x' of release 1.7, which this bundle does not know | " EDITED
     " | 6 revision 'b' is applied, but its parent 'a' is not"},
};

static struct text replace(struct arena *arena, struct text text, struct text word, struct text by)
{
    size_t at = text_find(text, word);

    return at == text.size ? text
                           : arena_format(arena, "%.*s%.*s%s", (int)at, text.bytes, TEXT_ARGS(by),
                                          text.bytes + at + word.size);
}

static void test_compare(void **state)
{
    const struct compare_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct digest another = digest_of("another script"), its_own = digest_of("b");
    struct ledger ledger = {0};
    struct ledger_state found = {.applied = 99};
    const struct index *index = make_index(arena);

    append_events(arena, &ledger, row->events);
    const struct error *error = ledger_compare(arena, &ledger, index, row->allow_older, &found);
    struct text expected = text_from(row->expected);
    expected = replace(arena, expected, TEXT("ANOTHER"), digest_hex(arena, &another));
    expected = replace(arena, expected, TEXT("ITS_OWN"), digest_hex(arena, &its_own));
    assert_string_equal(error ? support_show(arena, error) : show_state(arena, index, &found),
                        expected.bytes);
    if (error)
        assert_int_equal(found.applied, 99);
}

static void test_many_errors(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct ledger ledger = {0};
    struct ledger_state found;
    size_t count = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        append(arena, &ledger, row_of(LEDGER_APPLIED, "x"));
    for (const struct error *error =
             ledger_compare(arena, &ledger, make_index(arena), false, &found);
         error; error = error->next)
        count++;
    assert_int_equal(count, ERRORS_MAX);
}

/* The ceiling is far below what anything quadratic in the rows would take. */
static void test_large(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(64 << 20);
    enum { ROWS = 10000 };
    struct ledger ledger = {0}, read;
    struct ledger_state found;
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
        step->scripts[SCRIPT_UP].digest = crypto_digest(step->id);
        append(arena, &ledger, row_of(LEDGER_APPLIED, step->id.bytes));
    }
    index_sort(arena, &index);
    struct text *cells = cells_of(arena, &ledger);
    assert_null(ledger_read(arena, cells, ROWS, &read));
    assert_null(ledger_compare(arena, &read, &index, false, &found));
    assert_int_equal(found.applied, ROWS);
    assert_int_equal(found.last->number, ROWS);
    cells[(ROWS - 1) * LEDGER_FIELD_COUNT + FIELD_WHO] = TEXT("me");
    support_check(ledger_read(arena, cells, ROWS, &read), CHANGED("10000"));
}

int main(void)
{
    struct support_tests tests = {0};

    support_add_rows(&tests, digest_rows, test_digest);
    support_add_rows(&tests, chain_rows, test_chain);
    support_add(&tests, "a row to text and back", test_round_trip);
    support_add(&tests, "the time", test_now);
    support_add_rows(&tests, compare_rows, test_compare);
    support_add(&tests, "a hundred mistakes", test_many_errors);
    support_add(&tests, "10,000 rows", test_large);
    return support_run("ledger", &tests);
}

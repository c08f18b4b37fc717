/* Trust files and their mistakes; then bundles signed by some, by strangers, and by nobody. */
#include "runtime/trust_file.h"
#include "runtime/trust_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Three key pairs of stock minisign 0.11, and what each signed. */
#define KEY_A    "RWQqHLoMSCOAOe8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnTe"
#define KEY_B    "RWSQ9pRNVQzfk/2ZI1iq834gekVzQkPsXgkTuA5hHnTZzAme7sDPu2op"
#define KEY_C    "RWT6EWF5yn5CVt8+t1vDsJh+qgmceaTTTvUFcQRMfWJmgpOuyzBAtjv8"
#define NUMBER_A "398023480CBA1C2A"
#define NUMBER_B "93DF0C554D94F690"
#define NUMBER_C "56427ECA796111FA"
/* The same with other bits in the first and in the last byte. */
#define NUMBER_X "388023480CBA1C2B"
#define NUMBER_Y "92DF0C554D94F691"
#define NUMBER_Z "57427ECA796111FB"
#define ALMOST(number, key)                                                                        \
    "3 a signature is damaged: its key number " number " is almost that of key " key

/* The bytes of A under the number of C; the bytes of B under the number of A. */
#define A_RENUMBERED "RWT6EWF5yn5CVu8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnTe"
#define B_AS_A       "RWQqHLoMSCOAOf2ZI1iq834gekVzQkPsXgkTuA5hHnTZzAme7sDPu2op"

#define INDEX_HEX "f55ea255ef9a27155aed10a13189481e4af334088ab38fcc5ef3cd8079e51e0c"
#define SIGNATURE(line_2, line_4)                                                                  \
    "untrusted comment: sqlferry bundle signature\n" line_2                                        \
    "\ntrusted comment: sqlferry 1 index " INDEX_HEX "\n" line_4 "\n"

static const struct text index_text = {"sqlferry index 1\nproject shop\n", 30};

static const char signature_a[] =
    SIGNATURE("RUQqHLoMSCOAOQCydec4Jh/Md6xlj7zhI4Bo3mPz/4LrnODjTg++dsFZ9WLO"
              "R5fpk8AgxcGQKSwP3Y0mXzekor76UZCb9wyQ1Ac=",
              "uVd4vRyHxKLiR/0+4exOSfT07y1ShzdZcUglut6axx/yR9kVCWSw9ZgmXx14"
              "HBMACuhXioOuWyK6DzEyziNzCg==");
static const char signature_b[] =
    SIGNATURE("RUSQ9pRNVQzfkz49T9hhjZd+HGyjdkzpNAOteWt/GF5hhlxo0W2v/0G2sGGD"
              "N131m9jtWSqyFH7uOKIMVubRtQli9XJ7waXqsQo=",
              "Wq9wyxEcjWgVBPLcqw0WgwchdeYV2B1RRXN51jeSzwXcPvEzAs7gKzjVogwO"
              "40OcvzD4mF0WqwL4uhoyWO0kAw==");
static const char signature_c[] =
    SIGNATURE("RUT6EWF5yn5CVqh8bJwju/jZj4pQ/5w1g4BNewYnJPlRimz3enpqu4V2Wn2M"
              "jCO838eJuTisq9hsJ6OpV/evQ4rtu3h6jaZbSwU=",
              "z4iD7j00MxCPjVTheecfhUqF7ZbnJ0Jsm2wjYUbc9WG35h13L4pToz9z2IVm"
              "CzpBt4xKP+aU0RUw91khIkyjCg==");

/* "3 trust:2:5+8: message; note trust:1:1: first / hint", further errors behind " | ". */
static const char *show(struct arena *arena, const struct error *error)
{
    const char *shown = "";

    for (const char *gap = ""; error; error = error->next, gap = " | ") {
        shown = arena_format(arena, "%s%s%d ", shown, gap, error_status(error)).bytes;
        if (error->span.source) {
            struct place place = span_place(error->span);

            shown = arena_format(arena, "%s%.*s:%zu:%zu+%zu: ", shown,
                                 TEXT_ARGS(error->span.source->name), place.line, place.column,
                                 error->span.size)
                        .bytes;
        }
        shown = arena_format(arena, "%s%.*s", shown, TEXT_ARGS(error->message)).bytes;
        for (const struct note *note = error->notes; note; note = note->next) {
            shown = arena_format(arena, "%s; ", shown).bytes;
            if (note->span.source) {
                struct place place = span_place(note->span);

                shown = arena_format(arena, "%s%zu:%zu: ", shown, place.line, place.column).bytes;
            }
            shown = arena_format(arena, "%s%.*s", shown, TEXT_ARGS(note->message)).bytes;
        }
        if (error->hint.size)
            shown = arena_format(arena, "%s / %.*s", shown, TEXT_ARGS(error->hint)).bytes;
    }
    return shown;
}

/* "1: A=release-team project=shop, B=- revoked"; what is not as usual behind the threshold */
static const char *show_trust(struct arena *arena, const struct trust *trust)
{
    uint64_t threshold = trust->thresholds[SIGNED_INDEX], other = trust->thresholds[SIGNED_TRUST];
    const char *shown = arena_format(arena, "%u", (unsigned)threshold).bytes;

    if (other != threshold)
        shown = arena_format(arena, "%s trust %u", shown, (unsigned)other).bytes;
    if (trust->version != 1)
        shown = arena_format(arena, "%s version %u", shown, (unsigned)trust->version).bytes;
    shown = arena_format(arena, "%s:", shown).bytes;
    for (size_t i = 0; i < trust->count; i++) {
        const struct trusted_key *key = &trust->keys[i];
        struct text line = minisign_key_line(arena, &key->key);
        const char *letter = text_equal(line, TEXT(KEY_A))   ? "A"
                             : text_equal(line, TEXT(KEY_B)) ? "B"
                             : text_equal(line, TEXT(KEY_C)) ? "C"
                                                             : "?";

        shown =
            arena_format(arena, "%s%s %s=%.*s", shown, i ? "," : "", letter, TEXT_ARGS(key->name))
                .bytes;
        for (size_t j = 0; j < key->project_count; j++)
            shown =
                arena_format(arena, "%s project=%.*s", shown, TEXT_ARGS(key->projects[j])).bytes;
        if (key->signs[SIGNED_INDEX] != key->signs[SIGNED_TRUST] && key->project_count == 0)
            shown = arena_format(arena, "%s role=%s", shown,
                                 key->signs[SIGNED_INDEX] ? "apply" : "trust")
                        .bytes;
        if (key->revoked)
            shown = arena_format(arena, "%s revoked", shown).bytes;
        if (key->last_good)
            shown =
                arena_format(arena, "%s last-good=%llu", shown, (unsigned long long)key->last_good)
                    .bytes;
    }
    return shown;
}

#define HEAD       "sqlferry trust 1\nthreshold 1\n"
#define SIXTY_FOUR "0123456789ABCDEFabcdef0123456789ABCDEFabcdef0123456789ABCDEF.-_z"
#define NOT_A_KEY  "this is not a minisign public key"
#define KEY_HINT   " / A public key is the 56 characters on the second line of a .pub file."
#define NAME_RULE  "has 1 to 64 of the characters A-Z a-z 0-9 . _ -"
#define FIRST_LINE "the first line of a trust file must be 'sqlferry trust 1'"

#define LIMITS  "What a key may sign is limited with 'project=ID', 'role=apply' and 'role=trust'."
#define NUMBERS "is a number from 1 to"

static const struct read_row {
    const char *name, *file, *expected;
} read_rows[] = {
    {"one key", HEAD "key " KEY_A " release-team\n", "1: A=release-team"},
    {"two of three, one only for a project, one revoked",
     "sqlferry trust 1\nthreshold 2\nkey " KEY_A "  release-team\nkey " KEY_B
     "  security-team  project=shop\nrevoked " KEY_C "\n",
     "2: A=release-team, B=security-team project=shop, C= revoked"},
    {"comments, blank lines, tabs",
     "sqlferry trust 1\n# who may sign, agr\xc3\xa9\xc3\xa9 2024\n\nthreshold\t1 \n \t\n  # "
     "both\nkey\t" KEY_A " \t a\t\n",
     "1: A=a"},
    {"no last line feed", HEAD "key " KEY_A " a", "1: A=a"},
    {"a name of the ends of ranges", HEAD "key " KEY_A " azAZ09\n", "1: A=azAZ09"},
    {"several projects", HEAD "key " KEY_A " a project=shop project=bank\n",
     "1: A=a project=shop project=bank"},
    {"the longest name", HEAD "key " KEY_A " " SIXTY_FOUR " project=" SIXTY_FOUR "\n",
     "1: A=" SIXTY_FOUR " project=" SIXTY_FOUR},
    {"revoked wins, below",
     HEAD "key " KEY_A " a\nkey " KEY_B " b project=x\nrevoked " KEY_B " lost\n",
     "1: A=a, B=b project=x revoked"},
    {"revoked wins, above", HEAD "revoked " KEY_B "\nkey " KEY_A " a\nkey " KEY_B " b project=x\n",
     "1: B=b project=x revoked, A=a"},

    {"a version", "sqlferry trust 1\nversion 4\nthreshold 1\nkey " KEY_A " a\n",
     "1 version 4: A=a"},
    {"a version behind the threshold", HEAD "version 999999999\nkey " KEY_A " a\n",
     "1 version 999999999: A=a"},
    {"roles",
     HEAD "trust-threshold 2\nkey " KEY_A " a role=trust\nkey " KEY_B
          " b role=apply project=x\nkey " KEY_C " c role=trust role=apply\n",
     "1 trust 2: A=a role=trust, B=b project=x, C=c"},
    {"a last good sequence",
     HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B " last-good=7\n",
     "1: A=a, B=b revoked last-good=7"},
    {"a last good sequence and a name, above",
     HEAD "revoked " KEY_B " lost last-good=9007199254740991\nkey " KEY_A " a\nkey " KEY_B " b\n",
     "1: B=b revoked last-good=9007199254740991, A=a"},

    {"nothing", "", "3 trust:1:1+0: " FIRST_LINE},
    {"another version", "sqlferry trust 2\nthreshold 1\n", "3 trust:1:1+16: " FIRST_LINE},
    {"a comment before the first line", "# trust\n" HEAD "key " KEY_A " a\n",
     "3 trust:1:1+7: " FIRST_LINE},
    {"a blank behind the first line", "sqlferry trust 1 \nthreshold 1\n",
     "3 trust:1:1+17: " FIRST_LINE},
    {"the file of one key", "untrusted comment: minisign public key\n" KEY_A "\n",
     "3 trust:1:1+38: " FIRST_LINE " / This is the file of one public key: give it with --key."},
    {"a byte-order mark", "\xef\xbb\xbf" HEAD,
     "3 trust:1:1+3: character U+FEFF has no place in a trust file"},
    {"a carriage return", "sqlferry trust 1\r\nthreshold 1\r\n",
     "3 trust:1:17+1: character U+000D has no place in a trust file / "
     "Save the file with Unix line ends."},
    {"an escape sequence", HEAD "# \x1b[8m\n",
     "3 trust:3:3+1: character U+001B has no place in a trust file"},
    {"text that runs backwards", HEAD "# \xe2\x80\xae\n",
     "3 trust:3:3+3: character U+202E has no place in a trust file"},
    {"not UTF-8", HEAD "# \xff\n", "3 trust:3:3+1: a trust file must be UTF-8"},

    {"no threshold", "sqlferry trust 1\nkey " KEY_A " a\n",
     "3 trust:1:1+16: the trust file states no threshold / "
     "Add the line 'threshold 1', or how many of the keys must sign."},
    {"threshold of nothing", "sqlferry trust 1\nthreshold\nkey " KEY_A " a\n",
     "3 trust:2:10+0: a threshold is a number from 1 to 64"},
    {"threshold 0", "sqlferry trust 1\nthreshold 0\nkey " KEY_A " a\n",
     "3 trust:2:11+1: a threshold is a number from 1 to 64"},
    {"threshold -1", "sqlferry trust 1\nthreshold -1\nkey " KEY_A " a\n",
     "3 trust:2:11+2: a threshold is a number from 1 to 64"},
    {"threshold 01", "sqlferry trust 1\nthreshold 01\nkey " KEY_A " a\n",
     "3 trust:2:11+2: a threshold is a number from 1 to 64"},
    {"threshold 65", "sqlferry trust 1\nthreshold 65\nkey " KEY_A " a\n",
     "3 trust:2:11+2: a threshold is a number from 1 to 64"},
    {"threshold 2^64 + 1", "sqlferry trust 1\nthreshold 18446744073709551617\nkey " KEY_A " a\n",
     "3 trust:2:11+20: a threshold is a number from 1 to 64"},
    {"threshold and more", "sqlferry trust 1\nthreshold 1 of 2\nkey " KEY_A " a\n",
     "3 trust:2:13+2: unexpected word 'of'"},
    {"two thresholds", HEAD "threshold 1\nkey " KEY_A " a\n",
     "3 trust:3:11+1: a second threshold; 2:11: the first one"},
    {"threshold behind a key", "sqlferry trust 1\nkey " KEY_A " a\nthreshold 1\n",
     "3 trust:3:11+1: the threshold must stand before the keys"},
    {"threshold above the keys", "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\n",
     "3 trust:2:11+1: the threshold is above the number of usable keys, 1"},
    {"threshold above the keys that are not revoked",
     "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_A "\n",
     "3 trust:2:11+1: the threshold is above the number of usable keys, 1"},
    {"no keys", HEAD, "3 trust:2:11+1: the threshold is above the number of usable keys, 0"},

    {"version 0", "sqlferry trust 1\nversion 0\nthreshold 1\nkey " KEY_A " a\n",
     "3 trust:2:9+1: a version " NUMBERS " 999999999"},
    {"version 10^9", "sqlferry trust 1\nversion 1000000000\nthreshold 1\nkey " KEY_A " a\n",
     "3 trust:2:9+10: a version " NUMBERS " 999999999"},
    {"two versions", HEAD "version 1\nversion 2\nkey " KEY_A " a\n",
     "3 trust:4:9+1: a second version; 3:9: the first one"},
    {"a version behind a key", HEAD "key " KEY_A " a\nversion 2\n",
     "3 trust:4:9+1: the version must stand before the keys"},
    {"trust-threshold 0", HEAD "trust-threshold 0\nkey " KEY_A " a\n",
     "3 trust:3:17+1: a trust-threshold " NUMBERS " 64"},
    {"trust-threshold above the keys of the role",
     HEAD "trust-threshold 2\nkey " KEY_A " a\nkey " KEY_B " b role=apply\n",
     "3 trust:3:17+1: the trust-threshold is above the number of keys that may sign trust files, "
     "1"},
    {"trust-threshold above the keys that are not revoked",
     HEAD "trust-threshold 2\nkey " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B "\n",
     "3 trust:3:17+1: the trust-threshold is above the number of keys that may sign trust files, "
     "1"},
    {"threshold above the keys of the role", HEAD "key " KEY_A " a role=trust\n",
     "3 trust:2:11+1: the threshold is above the number of usable keys, 0"},
    {"threshold above the keys, were it not for one that was good once",
     "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_A
     " last-good=7\n",
     "3 trust:2:11+1: the threshold is above the number of usable keys, 1"},

    {"an unknown word", HEAD "keys " KEY_A " a\n",
     "3 trust:3:1+4: unknown word 'keys' / Did you mean 'key'?"},
    {"a word two letters away", HEAD "tresold 1\nkey " KEY_A " a\n",
     "3 trust:3:1+7: unknown word 'tresold' / Did you mean 'threshold'?"},
    {"a very unknown word", HEAD "include /etc/trust\n", "3 trust:3:1+7: unknown word 'include'"},
    {"an upper-case word", HEAD "KEY " KEY_A " a\n",
     "3 trust:3:1+3: unknown word 'KEY' / Did you mean 'key'?"},
    {"a key without key", HEAD "key\n", "3 trust:3:4+0: " NOT_A_KEY KEY_HINT},
    {"a key that is none", HEAD "key release-team " KEY_A "\n",
     "3 trust:3:5+12: " NOT_A_KEY KEY_HINT},
    {"a key cut short", HEAD "key RWQqHLoMSCOAOe8P/jvD1CzcbotuA3pzq5QMLNytWQtQi7AbxWrgXnT a\n",
     "3 trust:3:5+55: " NOT_A_KEY KEY_HINT},
    {"a revoked key that is none", HEAD "key " KEY_A " a\nrevoked a\n",
     "3 trust:4:9+1: " NOT_A_KEY KEY_HINT},
    {"a key without a name", HEAD "key " KEY_A "\n",
     "3 trust:3:61+0: here the key needs a name, of 1 to 64 characters"},
    {"a name of 65 characters", HEAD "key " KEY_A " " SIXTY_FOUR "x\n",
     "3 trust:3:62+65: a name " NAME_RULE},
    {"a name with a quote", HEAD "key " KEY_A " o'neill\n", "3 trust:3:62+7: a name " NAME_RULE},
    {"a name outside ASCII", HEAD "key " KEY_A " \xc3\xa9\n", "3 trust:3:62+2: a name " NAME_RULE},
    {"a name with a byte behind the capitals", HEAD "key " KEY_A " a[\n",
     "3 trust:3:62+2: a name " NAME_RULE},
    {"a name with a byte behind the letters", HEAD "key " KEY_A " a{\n",
     "3 trust:3:62+2: a name " NAME_RULE},
    {"a name with a byte behind the digits", HEAD "key " KEY_A " a:\n",
     "3 trust:3:62+2: a name " NAME_RULE},
    {"a comment behind a key", HEAD "key " KEY_A " a # mine\n",
     "3 trust:3:64+1: unexpected word '#' / " LIMITS},
    {"a misspelt project", HEAD "key " KEY_A " a projects=shop\n",
     "3 trust:3:64+13: unexpected word 'projects=shop' / " LIMITS},
    {"a project without a name", HEAD "key " KEY_A " a project=\n",
     "3 trust:3:72+0: a project " NAME_RULE},
    {"a list of projects", HEAD "key " KEY_A " a project=shop,bank\n",
     "3 trust:3:72+9: a project " NAME_RULE},
    {"an unknown role", HEAD "key " KEY_A " a role=sign\n",
     "3 trust:3:69+4: a role is 'apply', to sign bundles, or 'trust', to sign trust files"},
    {"a role of nothing", HEAD "key " KEY_A " a role=\n",
     "3 trust:3:69+0: a role is 'apply', to sign bundles, or 'trust', to sign trust files"},
    {"a role twice", HEAD "key " KEY_A " a role=apply role=apply\n",
     "3 trust:3:80+5: the role is given twice"},
    {"a role of trust files for one project", HEAD "key " KEY_A " a role=trust project=shop\n",
     "3 trust:3:5+56: a key for some projects cannot sign trust files, which are for all"},
    {"a last good sequence of nothing",
     HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B " last-good=\n",
     "3 trust:5:76+0: the last good sequence " NUMBERS " 9007199254740991"},
    {"last-good=0", HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B " b last-good=0\n",
     "3 trust:5:78+1: the last good sequence " NUMBERS " 9007199254740991"},
    {"last-good=2^53",
     HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B " last-good=9007199254740992\n",
     "3 trust:5:76+16: the last good sequence " NUMBERS " 9007199254740991"},
    {"a last good sequence and more",
     HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B " last-good=7 b\n",
     "3 trust:5:78+1: unexpected word 'b'"},
    {"a last good sequence of a key without its line",
     HEAD "key " KEY_A " a\nrevoked " KEY_B " b last-good=7\n",
     "3 trust:4:9+56: a key that counts up to a last good sequence needs its 'key' line, too"},
    {"more behind a revoked key", HEAD "key " KEY_A " a\nrevoked " KEY_B " b project=shop\n",
     "3 trust:4:68+12: unexpected word 'project=shop'"},
    {"a revoked key with a bad name", HEAD "key " KEY_A " a\nrevoked " KEY_B " b,c\n",
     "3 trust:4:66+3: a name " NAME_RULE},

    {"a key twice", "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " KEY_A " b\n",
     "3 trust:4:5+56: the key is listed twice; 3:5: first listed here"},
    {"a revoked key twice", HEAD "revoked " KEY_A "\nkey " KEY_B " b\nrevoked " KEY_A "\n",
     "3 trust:5:9+56: the key is listed twice; 3:9: first listed here"},
    {"a key twice and revoked", HEAD "key " KEY_A " a\nrevoked " KEY_A "\nkey " KEY_A " b\n",
     "3 trust:5:5+56: the key is listed twice; 3:5: first listed here"},
    {"a key under two numbers",
     "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " A_RENUMBERED " b\n",
     "3 trust:4:5+56: the same key under two numbers; 3:5: first listed here"},
    {"a key under two numbers, to escape revocation",
     HEAD "revoked " KEY_A "\nkey " A_RENUMBERED " a\n",
     "3 trust:4:5+56: the same key under two numbers; 3:9: first listed here"},
    {"another key revoked under a known number", HEAD "key " KEY_A " a\nrevoked " B_AS_A "\n",
     "3 trust:4:9+56: another key has this key number; 3:5: first listed here"},
    {"two keys with one number", HEAD "key " KEY_A " a\nkey " B_AS_A " b\n",
     "3 trust:4:5+56: another key has this key number; 3:5: first listed here"},

    /* What follows a mistake in a line is not looked at. */
    {"one mistake: a second threshold", HEAD "key " KEY_A " a\nthreshold x y\n",
     "3 trust:4:11+1: a second threshold; 2:11: the first one"},
    {"one mistake: a key that is like two others",
     HEAD "key " KEY_A " a\nkey " KEY_C " c\nkey " A_RENUMBERED " b\n",
     "3 trust:5:5+56: the same key under two numbers; 3:5: first listed here"},
    {"one mistake: a name", HEAD "key " KEY_A " o'neill project=\n",
     "3 trust:3:62+7: a name " NAME_RULE},
    {"one mistake: a project", HEAD "key " KEY_A " a project=a,b project=c,d\n",
     "3 trust:3:72+3: a project " NAME_RULE},
    {"one mistake: a project of a key for trust files",
     HEAD "key " KEY_A " a project=shop role=trust project=\n",
     "3 trust:3:96+0: a project " NAME_RULE},
    {"one mistake: a role", HEAD "key " KEY_A " a role=x role=y\n",
     "3 trust:3:69+1: a role is 'apply', to sign bundles, or 'trust', to sign trust files"},
    {"one mistake: a role of a key for trust files",
     HEAD "key " KEY_A " a project=shop role=trust role=x\n",
     "3 trust:3:93+1: a role is 'apply', to sign bundles, or 'trust', to sign trust files"},
    {"one mistake: a word behind a key for trust files",
     HEAD "key " KEY_A " a project=shop role=trust x\n",
     "3 trust:3:88+1: unexpected word 'x' / What a key may sign is limited with 'project=ID', "
     "'role=apply' and 'role=trust'."},
    {"one mistake: a key for trust files, twice",
     HEAD "key " KEY_A " a project=shop role=trust\nkey " KEY_A " a project=shop role=trust\n",
     "3 trust:3:5+56: a key for some projects cannot sign trust files, which are for all | "
     "3 trust:4:5+56: a key for some projects cannot sign trust files, which are for all"},
    {"one mistake: a revoked key", HEAD "key " KEY_A " a\nrevoked a b,c\n",
     "3 trust:4:9+1: " NOT_A_KEY KEY_HINT},
    {"one mistake: the name of a revoked key", HEAD "key " KEY_A " a\nrevoked " KEY_B " b,c x\n",
     "3 trust:4:66+3: a name " NAME_RULE},
    {"one mistake: its last good sequence",
     HEAD "key " KEY_A " a\nrevoked " KEY_B " b last-good=0 x\n",
     "3 trust:4:78+1: the last good sequence is a number from 1 to 9007199254740991"},
    {"one mistake: a revoked key and more, twice",
     HEAD "key " KEY_A " a\nrevoked " KEY_B " b last-good=7 x\nrevoked " KEY_B " b last-good=7 x\n",
     "3 trust:4:80+1: unexpected word 'x' | 3 trust:5:80+1: unexpected word 'x'"},

    {"several mistakes", "sqlferry trust 1\nthreshold 0\nkey x a\nword\nkey " KEY_A " a b\n",
     "3 trust:2:11+1: a threshold is a number from 1 to 64 | "
     "3 trust:3:5+1: " NOT_A_KEY KEY_HINT " | 3 trust:4:1+4: unknown word 'word' | "
     "3 trust:5:64+1: unexpected word 'b' / " LIMITS},
};

static void test_read(void **state)
{
    const struct read_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct text file = text_from(row->file);
    char *exact = malloc(file.size ? file.size : 1); /* a sanitizer sees a byte too many */
    struct source source = {TEXT("trust"), {exact, file.size}};
    struct trust trust = {.version = 77};

    assert_non_null(exact);
    memcpy(exact, file.bytes, file.size);

    const struct error *error = trust_text_read(arena, &source, &trust);
    assert_string_equal(error ? show(arena, error) : show_trust(arena, &trust), row->expected);
    if (error)
        assert_int_equal(trust.version, 77);
    else
        assert_true(text_equal(trust.origin, TEXT("trust")));
    free(exact);
}

static struct text many_keys(struct arena *arena, size_t count, const char *word)
{
    struct text file = TEXT(HEAD);

    for (size_t i = 0; i < count; i++) {
        struct public_key key = {{(uint8_t)i}, {(uint8_t)i}};

        file = arena_format(arena, "%.*s%s %s k%zu\n", TEXT_ARGS(file), word,
                            minisign_key_line(arena, &key).bytes, i);
    }
    return file;
}

static void test_counts(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(8 << 20);
    struct source source = {TEXT("trust"), many_keys(arena, 64, "key")};
    struct trust trust;

    (void)state;
    assert_null(trust_text_read(arena, &source, &trust));
    assert_int_equal(trust.count, 64);
    source.text = many_keys(arena, 65, "key");
    assert_string_equal(show(arena, trust_text_read(arena, &source, &trust)),
                        "3 trust:67:5+56: more than 64 keys");

    /* One pass reports twenty errors at most. */
    const struct error *error;
    size_t count = 0;
    source.text = many_keys(arena, 60, "kye");
    for (error = trust_text_read(arena, &source, &trust); error; error = error->next)
        count++;
    assert_int_equal(count, ERRORS_MAX);
}

#define ALL    "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " KEY_B " b\nkey " KEY_C " c\n"
#define A_ONLY HEAD "key " KEY_A " a\n"
#define LISTED " / The keys that count are those in 'trust'."
#define SCOPED                                                                                     \
    "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " KEY_B " b project=shop project=shop2\n"

/*
 * signers: one letter for each signature, small where its first equation is made to fail; 1, 2 or 3
 * for one of A, B or C whose number has two other bytes, 4 for one of A with three.
 */
static const struct verify_row {
    const char *name, *trust, *signers, *expected;
} verify_rows[] = {
    {"one of one", A_ONLY, "A", "A counts"},
    {"one known, one not", A_ONLY, "AB", "A counts, ? 93DF0C554D94F690"},
    {"one not known, one known", A_ONLY, "BA", "? 93DF0C554D94F690, A counts"},
    {"two of three", ALL, "CA", "C counts, A counts"},
    {"three of three", ALL, "ABC", "A counts, B counts, C counts"},
    {"nobody", A_ONLY, "",
     "3 the bundle is not signed / Whoever built it can sign it with: sqlferry sign"},
    {"a stranger", A_ONLY, "B",
     "3 0 of 1 needed trusted keys have signed the bundle; key " NUMBER_B
     " is not among the trusted keys" LISTED},
    {"a stranger whose signature is wrong", A_ONLY, "b",
     "3 0 of 1 needed trusted keys have signed the bundle; key " NUMBER_B
     " is not among the trusted keys" LISTED},
    {"one of two", ALL, "B",
     "3 1 of 2 needed trusted keys have signed the bundle; key 'b' (" NUMBER_B
     ") has signed" LISTED},
    {"a wrong signature", A_ONLY, "a", "3 the signature of key 'a' (" NUMBER_A ") does not verify"},
    {"a wrong signature beside enough good ones", ALL, "ABc",
     "3 the signature of key 'c' (" NUMBER_C ") does not verify"},
    {"a wrong signature before enough good ones", ALL, "aBC",
     "3 the signature of key 'a' (" NUMBER_A ") does not verify"},
    {"a known key twice", A_ONLY, "AA", "3 key 'a' (" NUMBER_A ") has signed the bundle twice"},
    {"a known key twice, the second time wrong", A_ONLY, "Aa",
     "3 key 'a' (" NUMBER_A ") has signed the bundle twice"},
    {"a known key twice to reach two", ALL, "ABA",
     "3 key 'a' (" NUMBER_A ") has signed the bundle twice"},
    {"an unknown key twice", A_ONLY, "ABB", "3 key " NUMBER_B " has signed the bundle twice"},
    {"another key under a known number", HEAD "key " B_AS_A " b\n", "A",
     "3 the signature of key 'b' (" NUMBER_A ") does not verify"},
    {"a revoked key", HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_A "\n", "A",
     "3 0 of 1 needed trusted keys have signed the bundle; key 'a' (" NUMBER_A
     ") is revoked" LISTED},
    {"a revoked key without a name", HEAD "key " KEY_A " a\nrevoked " KEY_B "\n", "B",
     "3 0 of 1 needed trusted keys have signed the bundle; key " NUMBER_B " is revoked" LISTED},
    {"a revoked key beside a good one", HEAD "key " KEY_A " a\nrevoked " KEY_B " b\n", "BA",
     "B revoked, A counts"},
    {"a revoked key whose signature is wrong", HEAD "key " KEY_A " a\nrevoked " KEY_B " b\n", "Ab",
     "3 the signature of key 'b' (" NUMBER_B ") does not verify"},
    {"two of three with one revoked",
     "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " KEY_B " b\nkey " KEY_C
     " c\nrevoked " KEY_C "\n",
     "AC",
     "3 1 of 2 needed trusted keys have signed the bundle; key 'a' (" NUMBER_A
     ") has signed; key 'c' (" NUMBER_C ") is revoked" LISTED},
    {"almost the number of a known key", A_ONLY, "1", ALMOST(NUMBER_X, "'a' (" NUMBER_A ")")},
    {"almost the number of a known key, beside enough good ones", ALL, "AB3",
     ALMOST(NUMBER_Z, "'c' (" NUMBER_C ")")},
    {"almost the number of a known key, before its own", ALL, "1AB",
     ALMOST(NUMBER_X, "'a' (" NUMBER_A ")")},
    {"almost the number of a revoked key", HEAD "key " KEY_A " a\nrevoked " KEY_B "\n", "A2",
     ALMOST(NUMBER_Y, NUMBER_B)},
    {"almost the number of a stranger", A_ONLY, "A2", "A counts, ? " NUMBER_Y},
    {"a number that has three other bytes", A_ONLY, "A4", "A counts, ? 398023480CBB1D2B"},
    {"one misspelt among good ones", ALL, "AB!",
     "3 signature:5:1+1: the signature goes on after line 4; in signature 3 of 3"},
    {"one misspelt, from a stranger", A_ONLY, "!A",
     "3 signature:5:1+1: the signature goes on after line 4; in signature 1 of 2"},
    {"a key of another role", HEAD "key " KEY_A " a\nkey " KEY_B " b role=trust\n", "B",
     "3 0 of 1 needed trusted keys have signed the bundle; key 'b' (" NUMBER_B
     ") has another role" LISTED},
    {"a key of another role beside a good one",
     HEAD "key " KEY_A " a role=apply\nkey " KEY_B " b role=trust\n", "BA", "B role, A counts"},
    {"a key of another role whose signature is wrong",
     HEAD "key " KEY_A " a\nkey " KEY_B " b role=trust\n", "Ab",
     "3 the signature of key 'b' (" NUMBER_B ") does not verify"},
    {"a key that was good once",
     HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B " last-good=7\n", "B", "B counts"},
    {"sixteen", A_ONLY, "AAAAAAAAAAAAAAAA", "3 key 'a' (" NUMBER_A ") has signed the bundle twice"},
    {"seventeen", A_ONLY, "ABCABCABCABCABCAB", "3 the bundle has 17 signatures, at most 16"},

};

#define PAST                                                                                       \
    "sqlferry trust 1\nthreshold 2\nkey " KEY_A " a\nkey " KEY_B " b\nkey " KEY_C " c\n"           \
    "revoked " KEY_B " last-good=7\n"

static const struct scope_row {
    const char *name, *trust, *project;
    uint64_t sequence;
    const char *expected;
} scope_rows[] = {
    {"scope: this project", SCOPED, "shop", 1, "A counts, B counts"},
    {"scope: the second project", SCOPED, "shop2", 1, "A counts, B counts"},
    {"scope: long before the key was revoked", PAST, "shop", 1, "A counts, B counts"},
    {"scope: the last good sequence", PAST, "shop", 7, "A counts, B counts"},
    {"scope: behind the last good sequence", PAST, "shop", 8,
     "3 1 of 2 needed trusted keys have signed for project 'shop'; key 'a' (" NUMBER_A
     ") has signed; key 'b' (" NUMBER_B ") is revoked for all behind sequence 7" LISTED},
    {"scope: enough without the revoked key",
     HEAD "key " KEY_A " a\nkey " KEY_B " b\nrevoked " KEY_B " last-good=7\n", "shop", 8,
     "A counts, B revoked"},
    {"scope: enough without the key of another project",
     HEAD "key " KEY_A " a\nkey " KEY_B " b project=shop\n", "bank", 1, "A counts, B project"},
    {"scope: another project", SCOPED, "bank", 1,
     "3 1 of 2 needed trusted keys have signed for project 'bank'; key 'a' (" NUMBER_A
     ") has signed; key 'b' (" NUMBER_B ") may not sign for this project" LISTED},
    {"scope: a project whose name begins like it", SCOPED, "sho", 1,
     "3 1 of 2 needed trusted keys have signed for project 'sho'; key 'a' (" NUMBER_A
     ") has signed; key 'b' (" NUMBER_B ") may not sign for this project" LISTED},
    {"scope: no project at all", SCOPED, "", 1,
     "3 1 of 2 needed trusted keys have signed for project ''; key 'a' (" NUMBER_A
     ") has signed; key 'b' (" NUMBER_B ") may not sign for this project" LISTED},
    {"scope: any project, and a stranger has signed too", A_ONLY, "bank", 1,
     "A counts, ? 93DF0C554D94F690"},
};

static const char *show_verdicts(struct arena *arena, const struct verdicts *verdicts)
{
    static const char *const words[] = {[VERDICT_COUNTS] = "counts",
                                        [VERDICT_REVOKED] = "revoked",
                                        [VERDICT_ROLE] = "role",
                                        [VERDICT_PROJECT] = "project"};
    const char *shown = "";

    for (size_t i = 0; i < verdicts->count; i++) {
        const struct verdict *verdict = &verdicts->list[i];
        const char *number = minisign_key_number(arena, verdict->number).bytes;
        const char *letter = strcmp(number, NUMBER_A) == 0   ? "A"
                             : strcmp(number, NUMBER_B) == 0 ? "B"
                                                             : "C";

        shown = arena_format(arena, "%s%s%s %s", shown, i ? ", " : "", verdict->key ? letter : "?",
                             verdict->kind == VERDICT_UNKNOWN ? number : words[verdict->kind])
                    .bytes;
    }
    return shown;
}

static struct text signature_of(struct arena *arena, char signer)
{
    const char *texts[] = {signature_a, signature_b, signature_c};
    struct digest digest = crypto_digest(index_text);
    struct signature signature;

    if (signer >= '1' && signer <= '4') {
        assert_null(minisign_signature_read(arena, text_from(texts[(signer - '1') % 3]), &digest,
                                            &signature));
        signature.number[0] ^= 1;
        signature.number[signer == '4' ? 1 : KEY_NUMBER_SIZE - 1] ^= 1;
        signature.number[2] ^= signer == '4';
        return minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest);
    }
    if (signer == '!')
        return arena_format(arena, "%s\n", signature_a);
    if (signer >= 'A' && signer <= 'C')
        return text_from(texts[signer - 'A']);
    assert_null(
        minisign_signature_read(arena, text_from(texts[signer - 'a']), &digest, &signature));
    signature.bytes[7] ^= 1;
    return minisign_signature_text(arena, &signature, SIGNED_INDEX, &digest);
}

static void test_verify(void **state)
{
    const struct verify_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("trust"), text_from(row->trust)};
    struct digest digest = crypto_digest(index_text);
    uint8_t prehash[PREHASH_SIZE];
    struct trust trust;
    struct text texts[20];
    struct verdicts verdicts = {.count = 99};
    size_t count = strlen(row->signers);

    crypto_prehash(index_text, prehash);
    assert_null(trust_text_read(arena, &source, &trust));
    for (size_t i = 0; i < count; i++)
        texts[i] = signature_of(arena, row->signers[i]);
    const struct error *error =
        trust_verify(arena, &trust, prehash, &digest, texts, count, &verdicts);
    assert_string_equal(error ? show(arena, error) : show_verdicts(arena, &verdicts),
                        row->expected);
    if (error)
        assert_int_equal(verdicts.count, 99);
}

static void test_scope(void **state)
{
    const struct scope_row *row = *state;
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("trust"), text_from(row->trust)};
    struct digest digest = crypto_digest(index_text);
    const struct text texts[] = {text_from(signature_a), text_from(signature_b)};
    uint8_t prehash[PREHASH_SIZE];
    struct trust trust;
    struct verdicts verdicts;

    crypto_prehash(index_text, prehash);
    assert_null(trust_text_read(arena, &source, &trust));
    assert_null(trust_verify(arena, &trust, prehash, &digest, texts, COUNT(texts), &verdicts));
    const struct error *error =
        trust_verify_scope(arena, &trust, text_from(row->project), row->sequence, &verdicts);
    assert_string_equal(error ? show(arena, error) : show_verdicts(arena, &verdicts),
                        row->expected);
}

/* A trust that no file could give: one key under two names must still count once. */
static void test_counted_once(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    struct trusted_key keys[] = {{.name = TEXT("a")}, {.name = TEXT("b")}};
    struct trust trust = {
        .origin = TEXT("trust"), .thresholds = {2, 2}, .keys = keys, .count = COUNT(keys)};
    struct verdicts verdicts = {
        .list = {{VERDICT_COUNTS, &keys[0], {0}}, {VERDICT_COUNTS, &keys[1], {0}}}, .count = 2};

    (void)state;
    memset(keys[0].key.bytes, 1, PUBLIC_KEY_SIZE);
    memset(keys[1].key.bytes, 1, PUBLIC_KEY_SIZE);
    keys[1].key.number[0] = 1;
    verdicts.list[1].number[0] = 1;
    assert_string_equal(
        show(arena, trust_verify_scope(arena, &trust, TEXT("shop"), 1, &verdicts)),
        "3 1 of 2 needed trusted keys have signed for project 'shop'; "
        "key 'a' (0000000000000000) has signed; key 'b' (0000000000000001) has signed" LISTED);
}

/* Files: each row is a script that prepares the folder the test runs in. In messages that is '@'.
 */

#define NAME_KEYS "Without trusted keys no bundle is accepted; name them with --trust or --key."
#define NAME_PUB  "Name the .pub file of a key that you trust."
#define NAME_FILE "Name a file whose first line is 'sqlferry trust 1'."

static const struct load_row {
    const char *name, *prepare, *path, *expected;
} load_rows[] = {
    {"load: a trust file", ":", "trust", "1: A=a"},
    {"load: a path with a folder", "mkdir d; mv trust d", "d/trust", "1: A=a"},
    {"load: read-only", "chmod 444 trust", "trust", "1: A=a"},
    {"load: a sticky folder, such as /tmp", "mkdir -m 1777 d; mv trust d", "d/trust", "1: A=a"},
    {"load: a folder reached by a link", "mkdir d; mv trust d; ln -s d l", "l/trust", "1: A=a"},
    {"load: writable by the group", "chmod 664 trust", "trust",
     "3 trust file 'trust' can be written by others (mode 0664) / "
     "Check it, then run: chmod go-w 'trust'"},
    {"load: writable by all", "chmod 606 trust", "trust",
     "3 trust file 'trust' can be written by others (mode 0606) / "
     "Check it, then run: chmod go-w 'trust'"},
    {"load: writable by all, and sticky, which protects no file", "chmod 1606 trust", "trust",
     "3 trust file 'trust' can be written by others (mode 1606) / "
     "Check it, then run: chmod go-w 'trust'"},
    {"load: a folder writable by all", "mkdir -m 777 d; mv trust d", "d/trust",
     "3 trust folder '@/d' can be written by others (mode 0777) / "
     "Check it, then run: chmod go-w '@/d'"},
    {"load: a folder writable by the group", "mkdir -m 775 d; mv trust d", "d/trust",
     "3 trust folder '@/d' can be written by others (mode 0775) / "
     "Check it, then run: chmod go-w '@/d'"},
    {"load: this folder writable by all", "chmod 777 .", "trust",
     "3 trust folder '@' can be written by others (mode 0777) / "
     "Check it, then run: chmod go-w '@'"},
    {"load: a folder by way of dots, writable by all", "mkdir -m 777 d; mv trust d", "./d//./trust",
     "3 trust folder '@/d' can be written by others (mode 0777) / "
     "Check it, then run: chmod go-w '@/d'"},
    {"load: a folder above, writable by all", "mkdir -p d/e/f; mv trust d/e/f; chmod 777 d",
     "d/e/f/trust",
     "3 trust folder '@/d' can be written by others (mode 0777) / "
     "Check it, then run: chmod go-w '@/d'"},
    {"load: a sticky folder above", "mkdir -p d/e; mv trust d/e; chmod 1777 d", "d/e/trust",
     "1: A=a"},
    {"load: a folder above the one we are in", "chmod 777 .; mkdir d; mv trust d", "d/../d/./trust",
     "3 trust folder '@' can be written by others (mode 0777) / "
     "Check it, then run: chmod go-w '@'"},
    {"load: a folder that a link leads through",
     "mkdir -p d/e; mv trust d/e; ln -s d/e l; chmod 777 d", "l/trust",
     "3 trust folder '@/d' can be written by others (mode 0777) / "
     "Check it, then run: chmod go-w '@/d'"},
    {"load: a link from the root", "mkdir d; mv trust d; ln -s \"$PWD/d\" l", "l/trust", "1: A=a"},
    {"load: the folder that a link lies in", "mkdir d e; mv trust e; ln -s ../e d/l; chmod 777 d",
     "d/l/trust",
     "3 trust folder '@/d' can be written by others (mode 0777) / "
     "Check it, then run: chmod go-w '@/d'"},
    {"load: as many links as the kernel follows",
     "mkdir d; mv trust d; ln -s d l1; for i in $(seq 39); do ln -s l$i l$((i + 1)); done",
     "l40/trust", "1: A=a"},
    {"load: a link more",
     "mkdir d; mv trust d; ln -s d l1; for i in $(seq 40); do ln -s l$i l$((i + 1)); done",
     "l41/trust",
     "3 cannot open trust file 'l41/trust': Too many levels of symbolic links / " NAME_KEYS},
    {"load: no name behind a file", ":", "trust/",
     "3 cannot open trust file 'trust/': Not a directory / " NAME_KEYS},
    {"load: links in a circle", "ln -s m l; ln -s l m", "l/trust",
     "3 cannot open trust file 'l/trust': Too many levels of symbolic links / " NAME_KEYS},
    {"load: a file in place of a folder", ":", "trust/trust",
     "3 cannot open trust file 'trust/trust': Not a directory / " NAME_KEYS},
    {"load: a link", "ln -s trust l", "l",
     "3 trust file 'l' is a symbolic link / Name the file that it leads to."},
    {"load: a link to nothing", "ln -s nothing l", "l",
     "3 trust file 'l' is a symbolic link / Name the file that it leads to."},
    {"load: a folder", "mkdir d", "d", "3 trust file 'd' is not a regular file / " NAME_FILE},
    {"load: a FIFO", "mkfifo p", "p", "3 trust file 'p' is not a regular file / " NAME_FILE},
    {"load: a device", ":", "/dev/null",
     "3 trust file '/dev/null' is not a regular file / " NAME_FILE},
    {"load: no such file", ":", "nothing",
     "3 cannot open trust file 'nothing': No such file or directory / " NAME_KEYS},
    {"load: no such folder", ":", "nothing/trust",
     "3 cannot open trust file 'nothing/trust': No such file or directory / " NAME_KEYS},
    {"load: no name", ":", "",
     "3 cannot open trust file '': No such file or directory / " NAME_KEYS},
    {"load: an empty file", ": > trust", "trust", "3 trust:1:1+0: " FIRST_LINE},
    {"load: the largest file", "truncate -s 65536 trust", "trust",
     "3 trust:4:1+1: character U+0000 has no place in a trust file"},
    {"load: a larger file", "truncate -s 65537 trust", "trust",
     "3 'trust' is too large: 65537 bytes, at most 65536"},
};

/* Only root can give files away, so only root runs these. */
static const struct load_row root_rows[] = {
    {"load: root's file, for another user", "chown 0 trust", "trust", "1: A=a"},
    {"load: another user's file", "chown 4711 trust", "trust",
     "3 trust file 'trust' belongs to user 4711, neither to root nor to you / "
     "Check it, then run: chown root 'trust'"},
    {"load: another user's folder", "mkdir d; mv trust d; chown 4711 d", "d/trust",
     "3 trust folder '@/d' belongs to user 4711, neither to root nor to you / "
     "Check it, then run: chown root '@/d'"},
    {"load: another user's folder above", "mkdir -p d/e; mv trust d/e; chown 4711 d", "d/e/trust",
     "3 trust folder '@/d' belongs to user 4711, neither to root nor to you / "
     "Check it, then run: chown root '@/d'"},
    {"load: another user's sticky folder", "mkdir -m 1777 d; mv trust d; chown 4711 d", "d/trust",
     "3 trust folder '@/d' belongs to user 4711, neither to root nor to you / "
     "Check it, then run: chown root '@/d'"},
    {"load: another user's link", "mkdir d; mv trust d; ln -s d l; chown -h 4711 l", "l/trust",
     "3 link '@/l' belongs to user 4711, neither to root nor to you / "
     "Name the folder that it leads to."},
};

static const struct load_row key_rows[] = {
    {"load key: a public key", ":", "release.pub", "1: A=release role=apply"},
    {"load key: in a folder", "mkdir d; mv release.pub d", "d/release.pub",
     "1: A=release role=apply"},
    {"load key: another name", "mv release.pub release-key", "release-key",
     "1: A=release-key role=apply"},
    {"load key: by a link", "ln -s release.pub l.pub", "l.pub", "1: A=l role=apply"},
    {"load key: with the first line of a trust file as its comment",
     "(echo sqlferry trust 1; tail -n 1 release.pub) >c.pub", "c.pub", "1: A=c role=apply"},
    {"load key: no such file", ":", "nothing.pub",
     "3 cannot open 'nothing.pub': No such file or directory / " NAME_PUB},
    {"load key: a folder", "mkdir d.pub", "d.pub",
     "3 cannot read 'd.pub': not a regular file / " NAME_PUB},
    {"load key: a FIFO", "mkfifo p.pub", "p.pub",
     "3 cannot read 'p.pub': not a regular file / " NAME_PUB},
    {"load key: an empty file", ": > release.pub", "release.pub",
     "3 'release.pub' has no minisign public key on its second line / "
     "A public key is 56 characters that begin with RW."},
    {"load key: too large", "truncate -s 4096 release.pub", "release.pub",
     "3 'release.pub' is too large: 4096 bytes, at most 2048 / " NAME_PUB},
    {"load key: a secret key", "echo 'untrusted comment: minisign encrypted secret key' > a.key",
     "a.key",
     "3 'a.key' is a secret key, not a public key / "
     "Give the .pub file; a secret key stays on the machine that signs."},
    {"load key: a trust file", ":", "trust",
     "3 'trust' has no minisign public key on its second line / "
     "This is a trust file: give it with --trust."},
};

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Where the text names the folder, '@'. */
static const char *without_folder(struct arena *arena, const char *text, const char *folder)
{
    const char *found = strstr(text, folder);

    if (!found)
        return text;
    return arena_format(arena, "%.*s@%s", (int)(found - text), text,
                        without_folder(arena, found + strlen(folder), folder))
        .bytes;
}

typedef struct error *load(struct arena *arena, struct text path, struct trust *trust);

static void check_load(const struct load_row *row, load *load_it)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    char folder[] = "/tmp/sqlferry-trust-XXXXXX";
    struct trust trust;

    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    write_file("trust", A_ONLY);
    write_file("release.pub", "untrusted comment: minisign public key\n" KEY_A "\n");
    assert_int_equal(system(row->prepare), 0);
    const struct error *error = load_it(arena, text_from(row->path), &trust);
    const char *shown = error ? show(arena, error) : show_trust(arena, &trust);
    bool named = error || text_equal(trust.origin, text_from(row->path));

    assert_int_equal(chdir("/"), 0);
    assert_int_equal(system(arena_format(arena, "rm -rf '%s'", folder).bytes), 0);
    assert_string_equal(without_folder(arena, shown, folder), row->expected);
    assert_true(named);
}

static void test_load(void **state)
{
    check_load(*state, trust_file_load);
}

static void test_load_key(void **state)
{
    check_load(*state, trust_file_load_key);
}

/* A descriptor may be 0. */
static void test_load_without_input(void **state)
{
    static const struct load_row rows[] = {
        {"", ":", "trust", "1: A=a"},
        {"", "mkdir d; mv trust d", "d/trust", "1: A=a"},
    };
    int input = dup(STDIN_FILENO);

    (void)state;
    assert_true(input > 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        close(STDIN_FILENO);
        check_load(&rows[i], trust_file_load);
    }
    assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
    close(input);
}

static void test_load_from_nowhere(void **state)
{
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    char folder[] = "/tmp/sqlferry-trust-XXXXXX";
    struct trust trust;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(rmdir(folder), 0);
    const struct error *error = trust_file_load(arena, TEXT("etc/passwd"), &trust);
    assert_int_equal(chdir("/"), 0);
    assert_string_equal(
        show(arena, error),
        "3 cannot open trust file 'etc/passwd': No such file or directory / " NAME_KEYS);
}

/* Only root can be somebody else for a while, and again itself. */
static void test_load_as_another_user(void **state)
{
    static const struct {
        uid_t owner;
        const char *path, *expected;
    } rows[] = {
        {0, "trust", "1: A=a"},
        {4711, "trust", "1: A=a"},
        {4712, "trust",
         "3 trust file 'trust' belongs to user 4712, neither to root nor to you / "
         "Check it, then run: chown root 'trust'"},
        {0, "link/trust", "1: A=a"},
        {4711, "link/trust", "1: A=a"},
        {4712, "link/trust",
         "3 link '@/link' belongs to user 4712, neither to root nor to you / "
         "Name the folder that it leads to."},
    };
    CLEANUP(arena_free) struct arena *arena = arena_new(1 << 20);
    char folder[] = "/tmp/sqlferry-trust-XXXXXX";
    const char *shown[COUNT(rows)];

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(chmod(".", 0755), 0);
    write_file("trust", A_ONLY);
    assert_int_equal(symlink(".", "link"), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct trust trust;

        assert_int_equal(chown("trust", rows[i].owner, 0), 0);
        assert_int_equal(lchown("link", rows[i].owner, 0), 0);
        assert_int_equal(seteuid(4711), 0);
        const struct error *error = trust_file_load(arena, text_from(rows[i].path), &trust);
        assert_int_equal(seteuid(0), 0);
        shown[i] = error ? show(arena, error) : show_trust(arena, &trust);
    }
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(system(arena_format(arena, "rm -rf '%s'", folder).bytes), 0);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(without_folder(arena, shown[i], folder), rows[i].expected);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(read_rows) + COUNT(verify_rows) + COUNT(scope_rows) +
                            COUNT(load_rows) + COUNT(root_rows) + COUNT(key_rows) + 5];
    size_t count = 0;

    umask(022);
    for (size_t i = 0; i < COUNT(read_rows); i++)
        tests[count++] =
            (struct CMUnitTest){read_rows[i].name, test_read, NULL, NULL, (void *)&read_rows[i]};
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_counts);
    for (size_t i = 0; i < COUNT(verify_rows); i++)
        tests[count++] = (struct CMUnitTest){verify_rows[i].name, test_verify, NULL, NULL,
                                             (void *)&verify_rows[i]};
    for (size_t i = 0; i < COUNT(scope_rows); i++)
        tests[count++] =
            (struct CMUnitTest){scope_rows[i].name, test_scope, NULL, NULL, (void *)&scope_rows[i]};
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_counted_once);
    for (size_t i = 0; i < COUNT(load_rows); i++)
        tests[count++] =
            (struct CMUnitTest){load_rows[i].name, test_load, NULL, NULL, (void *)&load_rows[i]};
    for (size_t i = 0; i < COUNT(root_rows) && geteuid() == 0; i++)
        tests[count++] =
            (struct CMUnitTest){root_rows[i].name, test_load, NULL, NULL, (void *)&root_rows[i]};
    for (size_t i = 0; i < COUNT(key_rows); i++)
        tests[count++] =
            (struct CMUnitTest){key_rows[i].name, test_load_key, NULL, NULL, (void *)&key_rows[i]};
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_load_without_input);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_load_from_nowhere);
    if (geteuid() == 0)
        tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_load_as_another_user);
    return _cmocka_run_group_tests("trust", tests, count, NULL, NULL);
}

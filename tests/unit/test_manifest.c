/* Manifests and what becomes of them: every key, every refusal, files that include one another. */
#include "compiler/manifest.h"
#include "runtime/buffer.h"
#include "runtime/file.h"
#include "tests/unit/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD     "ferry: 1\nproject: shop\ndialect: postgresql\n"
#define BOTH     "ferry: 1\nproject: shop\ndialect: [postgresql, sqlite]\n"
#define ROOT     "revisions:\n  - id: a\n    parents: []\n    up: a.sql\n"
#define INCLUDED "ferry: 1\nrevisions:\n  - id: b\n    parents: [a]\n    up: b.sql\n"

#define TIMEOUT(place, key, value)                                                                 \
    "ferry.yaml:" place ": error: '" key "' is '" value                                            \
    "', and must be a time as 10s, 500ms or 2m\n"

#define EXTENSION(place, value)                                                                    \
    "ferry.yaml:" place ": error: '" value "' cannot be an extension\n"                            \
    "hint: Use A-Z, a-z, 0-9, '_' and '-' only, no '-' first, 63 characters at most.\n"
#define ALEMBIC(place, size)                                                                       \
    place ": error: the id has " size " characters, Alembic's table takes 32 at most\n"            \
          "hint: Shorten it, or take 'alembic: keep' out of the manifest.\n"

#define NINE(before, letter, behind)                                                               \
    before letter "1" behind before letter "2" behind before letter "3" behind before letter       \
                  "4" behind before letter "5" behind before letter "6" behind before letter       \
                  "7" behind before letter "8" behind before letter "9" behind
#define SIXTY_THREE(before, behind)                                                                \
    NINE(before, "a", behind)                                                                      \
    NINE(before, "b", behind)                                                                      \
    NINE(before, "c", behind)                                                                      \
    NINE(before, "d", behind)                                                                      \
    NINE(before, "e", behind) NINE(before, "f", behind) NINE(before, "g", behind)

#define TEN(text)     text text text text text text text text text text
#define HUNDRED(text) TEN(TEN(text))

static void show_script(struct buffer *shown, const char *name,
                        const struct script_reference *script)
{
    if (script->presence == SCRIPT_NONE)
        buffer_format(shown, " %s=none", name);
    if (script->presence == SCRIPT_FILE)
        buffer_format(shown, " %s=%s", name, script->path.bytes);
    if (script->section != SECTION_NONE)
        buffer_format(shown, "#%.*s", TEXT_ARGS(section_name(script->section)));
}

static void show_revision(struct buffer *shown, const struct manifest *manifest,
                          const struct revision *revision)
{
    buffer_format(shown, "%.*s", TEXT_ARGS(revision->id));
    if (revision->title.size)
        buffer_format(shown, " \"%.*s\"", TEXT_ARGS(revision->title));
    buffer_format(shown, " [");
    for (size_t i = 0; i < revision->parent_count; i++)
        buffer_format(shown, "%s%.*s%s", i ? ", " : "", TEXT_ARGS(revision->parents[i].id),
                      revision->parents[i].implied ? " implied" : "");
    buffer_format(shown, "]");
    for (size_t i = 0; i < DIALECT_COUNT; i++) {
        const struct script_reference *scripts = revision->scripts[i];

        if (!manifest->dialects[i])
            continue;
        buffer_format(shown, " %s:", dialect_name((enum dialect)i).bytes);
        show_script(shown, "up", &scripts[SCRIPT_UP]);
        show_script(shown, "down", &scripts[SCRIPT_DOWN]);
        show_script(shown, "verify", &scripts[SCRIPT_VERIFY]);
    }
    buffer_format(shown, "%s%s%s", revision->transactional ? "" : " transaction=none",
                  revision->foreign_keys_off ? " foreign_keys=off" : "",
                  revision->idempotent ? " idempotent" : "");
    for (size_t i = 0; i < revision->allowance_count; i++)
        buffer_format(shown, " allow=%s", lint_rules[revision->allowances[i].rule].id);
    if (revision->allowed)
        buffer_format(shown, " allowed=%u", revision->allowed);
    if (revision->lock_timeout_ms)
        buffer_format(shown, " lock_timeout=%llu", (unsigned long long)revision->lock_timeout_ms);
    if (revision->statement_timeout_ms)
        buffer_format(shown, " statement_timeout=%llu",
                      (unsigned long long)revision->statement_timeout_ms);
    buffer_format(shown, "\n");
}

static void show_list(struct buffer *shown, const char *name, const struct reference *references,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_format(shown, "%s%.*s%s", i ? ", " : name, TEXT_ARGS(references[i].id),
                      i + 1 == count ? "\n" : "");
}

/* Dialects and lists, then a line for each revision. */
static void show_manifest(struct buffer *shown, const struct manifest *manifest)
{
    buffer_format(shown, "%.*s in %s:", TEXT_ARGS(manifest->project), manifest->folder.bytes);
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (manifest->dialects[i])
            buffer_format(shown, " %s%s%.*s", dialect_name((enum dialect)i).bytes,
                          manifest->server_versions[i].size ? " from " : "",
                          TEXT_ARGS(manifest->server_versions[i]));
    for (size_t i = 0; i < manifest->extension_count; i++)
        buffer_format(shown, " +%.*s", TEXT_ARGS(manifest->extensions[i]));
    buffer_format(shown, "%s\n", manifest->alembic_keep ? " alembic=keep" : "");
    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        if (manifest->severities[i] != lint_rules[i].severity)
            buffer_format(shown, "severity: %s=%s\n", lint_rules[i].id,
                          lint_rules_severity_name(manifest->severities[i]));
    show_list(shown, "roots: ", manifest->roots, manifest->root_count);
    show_list(shown, "heads: ", manifest->heads, manifest->head_count);
    for (size_t i = 0; i < manifest->count; i++) {
        assert_int_equal(manifest->revisions[i].position, i);
        show_revision(shown, manifest, &manifest->revisions[i]);
    }
}

static void show_place(struct buffer *shown, struct span span)
{
    if (!span.source)
        return;
    struct place place = span_place(span);
    buffer_format(shown, "%.*s:%zu:%zu: ", TEXT_ARGS(span.source->name), place.line, place.column);
}

static void show_errors(struct buffer *shown, const struct error *error)
{
    for (; error; error = error->next) {
        show_place(shown, error->span);
        buffer_format(shown, "%s: %.*s\n", error->code == ERROR_INPUT ? "error" : "system error",
                      TEXT_ARGS(error->message));
        for (const struct note *note = error->notes; note; note = note->next) {
            show_place(shown, note->span);
            buffer_format(shown, "note: %.*s\n", TEXT_ARGS(note->message));
        }
        if (error->hint.size)
            buffer_format(shown, "hint: %.*s\n", TEXT_ARGS(error->hint));
    }
}

/*
 * files  begins with ferry.yaml; a line "=== PATH" begins another file, "=== PATH/" makes a folder,
 *        and "=== PATH -> TARGET" a link
 */
static const struct row {
    const char *name, *files, *expected;
} rows[] = {
    /* Good manifests. */
    {"the least manifest", HEAD ROOT, "shop in .: postgresql\na [] postgresql: up=a.sql\n"},
    {"all keys",
     "ferry: 1\nproject: shop.2\ndialect: [sqlite, postgresql]\n"
     "requires: {postgresql: 14, sqlite: 3.35.0}\nalembic: keep\nroots: [a]\nheads: [c]\n"
     "revisions:\n"
     "  - id: a\n    title: Create the order tables\n    parents: []\n    up: sql/a.up.sql\n"
     "    down: sql/a.down.sql\n    verify: sql/a.verify.sql\n    transaction: single\n"
     "    foreign_keys: on\n    idempotent: false\n  - id: b-1_B.x\n"
     "    up: {postgresql: pg/b.sql, sqlite: lite/b.sql}\n"
     "    down: {postgresql: none, sqlite: lite/b.down.sql}\n"
     "    verify: {sqlite: lite/b.verify.sql}\n    foreign_keys: off\n  - id: c\n"
     "    parents: [a, b-1_B.x]\n    transaction: none\n    idempotent: true\n"
     "    up: c.sql\n    down: none\n    allow: [missing-semicolon, split-ambiguous]\n"
     "    lock_timeout: 10s\n    statement_timeout: 2m\n",
     "shop.2 in .: postgresql from 14 sqlite from 3.35.0 alembic=keep\nroots: a\nheads: c\n"
     "a \"Create the order tables\" [] postgresql: up=sql/a.up.sql down=sql/a.down.sql "
     "verify=sql/a.verify.sql sqlite: up=sql/a.up.sql down=sql/a.down.sql verify=sql/a.verify.sql\n"
     "b-1_B.x [a implied] postgresql: up=pg/b.sql down=none sqlite: up=lite/b.sql "
     "down=lite/b.down.sql verify=lite/b.verify.sql foreign_keys=off\n"
     "c [a, b-1_B.x] postgresql: up=c.sql down=none sqlite: up=c.sql down=none transaction=none "
     "idempotent allow=missing-semicolon allow=split-ambiguous allowed=3 lock_timeout=10000 "
     "statement_timeout=120000\n"},
    {"texts that look like something else",
     "\"ferry\": \"1\"\nproject: 1e3\ndialect: [sqlite]\nrevisions:\n  - id: 0017\n"
     "    title: true\n    parents: []\n    up: 1.5\n  - id: 'null'\n    title: \"~\"\n"
     "    up: no\n",
     "1e3 in .: sqlite\n0017 \"true\" [] sqlite: up=1.5\n"
     "null \"~\" [0017 implied] sqlite: up=no\n"},
    {"one dialect may be written as a mapping",
     HEAD "revisions:\n  - id: a\n    parents: []\n    up: {postgresql: a.sql}\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql\n"},
    {"a title in other scripts and quotes", HEAD ROOT "    title: 'It''s § 日本 €: # 100 %'\n",
     "shop in .: postgresql\na \"It's § 日本 €: # 100 %\" [] postgresql: up=a.sql\n"},
    {"paths are normalised",
     HEAD "revisions:\n  - id: a\n    parents: []\n    up: ./sql/./a.sql\n"
          "    down: sql/../undo/x/../a.sql\n    verify: ./none\n",
     "shop in .: postgresql\na [] postgresql: up=sql/a.sql down=undo/a.sql verify=none\n"},

    /* The file as a whole. */
    {"an empty file", "\n", "ferry.yaml:1:1: error: the file is empty\n"},
    {"an empty document", "---\n", "ferry.yaml:2:1: error: the file is empty\n"},
    {"a file that is not YAML", "a: 'b\n",
     "ferry.yaml:2:1: error: found unexpected end of stream\n"
     "ferry.yaml:1:4: note: while scanning a quoted scalar\n"},
    {"a list", "- a\n- b\n", "ferry.yaml:1:1: error: a manifest must be a mapping, not a list\n"},
    {"a text", "CREATE TABLE a (b int);\n",
     "ferry.yaml:1:1: error: a manifest must be a mapping, not a text\n"},
    {"another version", "ferry: 2\nproject: [everything, is, different]\n",
     "ferry.yaml:1:8: error: this sqlferry reads ferry 1, not '2'\n"},
    {"a version that is no number", "ferry: one\nproject: shop\n",
     "ferry.yaml:1:8: error: this sqlferry reads ferry 1, not 'one'\n"},
    {"no version", "project: shop\ndialect: sqlite\n" ROOT,
     "ferry.yaml:1:1: error: the manifest has no 'ferry'\nhint: Write 'ferry: 1'.\n"},
    {"an empty version", "ferry:\nproject: shop\ndialect: sqlite\n" ROOT,
     "ferry.yaml:1:1: error: 'ferry' is empty\nhint: Write 'ferry: 1'.\n"},
    {"a version that is a list", "ferry: [1]\nproject: shop\ndialect: sqlite\n" ROOT,
     "ferry.yaml:1:8: error: 'ferry' must be a text, not a list\nhint: Write 'ferry: 1'.\n"},
    {"nothing but the version", "ferry: 1\n",
     "ferry.yaml:1:1: error: the manifest has no 'project'\nhint: Write 'project: NAME'.\n"
     "ferry.yaml:1:1: error: the manifest has no 'dialect'\n"
     "hint: Write 'postgresql', 'sqlite' or '[postgresql, sqlite]'.\n"
     "ferry.yaml:1:1: error: the manifest has no 'revisions'\n"
     "hint: Begin each revision with '- id: ID'.\n"},

    /* Keys of the manifest. */
    {"an unknown key", HEAD "projetc: shop\nfoo: 1\nx: 2\n" ROOT,
     "ferry.yaml:4:1: error: unknown key 'projetc'\nhint: Did you mean 'project'?\n"
     "ferry.yaml:5:1: error: unknown key 'foo'\nferry.yaml:6:1: error: unknown key 'x'\n"},
    {"a misspelt key is not missing as well",
     "ferry: 1\nprojct: shop\ndialects: sqlite\nrevision:\n- id: a\n",
     "ferry.yaml:2:1: error: unknown key 'projct'\nhint: Did you mean 'project'?\n"
     "ferry.yaml:3:1: error: unknown key 'dialects'\nhint: Did you mean 'dialect'?\n"
     "ferry.yaml:4:1: error: unknown key 'revision'\nhint: Did you mean 'revisions'?\n"},
    {"a misspelt version is not missing as well", "fery: 1\nproject: shop\ndialect: sqlite\n" ROOT,
     "ferry.yaml:1:1: error: unknown key 'fery'\nhint: Did you mean 'ferry'?\n"},
    {"a key of revisions at the top", HEAD "title: Shop\n" ROOT,
     "ferry.yaml:4:1: error: unknown key 'title'\n"},
    {"a merge key", HEAD "<<: {project: x}\n" ROOT, "ferry.yaml:4:1: error: unknown key '<<'\n"},
    {"a key that repeats", HEAD "project: shop\n" ROOT,
     "ferry.yaml:4:1: error: 'project' is given twice\n"
     "ferry.yaml:2:1: note: first given here\n"},
    {"keys that are empty",
     "ferry: 1\nproject: ~\ndialect: []\nrequires: {}\nroots:\nheads: []\ninclude: ''\n"
     "revisions: null\nalembic:\n",
     "ferry.yaml:2:10: error: 'project' is empty\nhint: Write 'project: NAME'.\n"
     "ferry.yaml:3:10: error: 'dialect' is empty\n"
     "hint: Write 'postgresql', 'sqlite' or '[postgresql, sqlite]'.\n"
     "ferry.yaml:4:11: error: 'requires' is empty\n"
     "hint: Write 'requires: {DIALECT: VERSION}'.\nferry.yaml:5:1: error: 'roots' is empty\n"
     "hint: Write 'roots: [ID, ID]', or leave it out.\n"
     "ferry.yaml:6:8: error: 'heads' is empty\n"
     "hint: Write 'heads: [ID, ID]', or leave it out.\n"
     "ferry.yaml:7:10: error: 'include' is empty\nhint: Write 'include: [PATH]'.\n"
     "ferry.yaml:8:12: error: 'revisions' is empty\n"
     "hint: Begin each revision with '- id: ID'.\n"
     "ferry.yaml:9:1: error: 'alembic' is empty\nhint: Write 'keep'.\n"},
    {"keys of the wrong kind",
     "ferry: 1\nproject: [shop]\ndialect: {a: b}\nrequires: 14\nroots: a\nheads: {a: b}\n"
     "include: b.yaml\nrevisions: {layout: x}\nalembic: [keep]\n",
     "ferry.yaml:2:10: error: 'project' must be a text, not a list\n"
     "hint: Write 'project: NAME'.\n"
     "ferry.yaml:3:10: error: 'dialect' must be a text or a list, not a mapping\n"
     "hint: Write 'postgresql', 'sqlite' or '[postgresql, sqlite]'.\n"
     "ferry.yaml:4:11: error: 'requires' must be a mapping, not a text\n"
     "hint: Write 'requires: {DIALECT: VERSION}'.\n"
     "ferry.yaml:5:8: error: 'roots' must be a list, not a text\n"
     "hint: Write 'roots: [ID, ID]', or leave it out.\n"
     "ferry.yaml:6:8: error: 'heads' must be a list, not a mapping\n"
     "hint: Write 'heads: [ID, ID]', or leave it out.\n"
     "ferry.yaml:7:10: error: 'include' must be a list, not a text\n"
     "hint: Write 'include: [PATH]'.\n"
     "ferry.yaml:8:13: error: 'revisions' has no 'path'\n"
     "hint: Write 'path: FOLDER'.\n"
     "ferry.yaml:8:21: error: there is no layout 'x'\n"
     "hint: 'sqlferry import --help' lists the layouts.\n"
     "ferry.yaml:9:10: error: 'alembic' must be a text, not a list\nhint: Write 'keep'.\n"},
    {"a project in capitals", "ferry: 1\nproject: Shop\ndialect: sqlite\n" ROOT,
     "ferry.yaml:2:10: error: 'Shop' cannot be the name of a project\n"
     "hint: Use a-z, 0-9, '.', '_' and '-' only, a letter or a digit first, 64 characters at "
     "most.\n"},
    {"a project that begins with a dot", "ferry: 1\nproject: .shop\ndialect: sqlite\n" ROOT,
     "ferry.yaml:2:10: error: '.shop' cannot be the name of a project\n"
     "hint: Use a-z, 0-9, '.', '_' and '-' only, a letter or a digit first, 64 characters at "
     "most.\n"},
    {"the longest project", "ferry: 1\nproject: " TEN("aaaaaa") "aaaa\ndialect: sqlite\n" ROOT,
     TEN("aaaaaa") "aaaa in .: sqlite\na [] sqlite: up=a.sql\n"},
    {"a project that is too long",
     "ferry: 1\nproject: " TEN("aaaaaa") "aaaaa\ndialect: sqlite\n" ROOT,
     "ferry.yaml:2:10: error: '" TEN("aaaaaa") "aaaa...' cannot be the name of a project\n"
                                               "hint: Use a-z, 0-9, '.', '_' and '-' only, a "
                                               "letter or a digit first, 64 characters at most.\n"},
    {"an unknown dialect",
     "ferry: 1\nproject: shop\ndialect: mysql\n" ROOT "    down: {sqlite: a}\n",
     "ferry.yaml:3:10: error: there is no dialect 'mysql', only 'postgresql' and 'sqlite'\n"},
    {"dialects that are wrong",
     "ferry: 1\nproject: shop\ndialect: [sqlite, oracle, sqlite, ~, [x]]\n" ROOT,
     "ferry.yaml:3:19: error: there is no dialect 'oracle', only 'postgresql' and 'sqlite'\n"
     "ferry.yaml:3:27: error: 'sqlite' is listed twice\n"
     "ferry.yaml:3:35: error: an item of 'dialect' is empty\n"
     "ferry.yaml:3:38: error: an item of 'dialect' must be a text, not a list\n"},
    {"versions that are wrong", BOTH "requires: {sqlite: v3, postgresql: '15.'}\n" ROOT,
     "ferry.yaml:4:20: error: 'v3' cannot be a version\n"
     "hint: Write numbers with dots between them, as in 3.35.0.\n"
     "ferry.yaml:4:36: error: '15.' cannot be a version\n"
     "hint: Write numbers with dots between them, as in 3.35.0.\n"},
    {"a version of another dialect", HEAD "requires: {sqlite: 3.35.0, db2: 1}\n" ROOT,
     "ferry.yaml:4:12: error: the manifest is not for 'sqlite'\n"
     "hint: Add it to 'dialect:', or take this line out.\n"
     "ferry.yaml:4:28: error: there is no dialect 'db2', only 'postgresql' and 'sqlite'\n"},
    {"versions of the wrong kind", BOTH "requires: {sqlite: [3], postgresql: }\n" ROOT,
     "ferry.yaml:4:20: error: 'sqlite' must be a text or a mapping, not a list\n"
     "ferry.yaml:4:25: error: 'postgresql' is empty\n"},
    {"a version that is too long",
     HEAD "requires: {postgresql: 1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1}\n" ROOT,
     "ferry.yaml:4:24: error: '1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1' cannot be a version\n"
     "hint: Write numbers with dots between them, as in 3.35.0.\n"},
    {"a version and extensions",
     BOTH "requires: {postgresql: {version: 14, extensions: [pgcrypto, uuid-ossp]}, sqlite: "
          "3.35.0}\n" ROOT,
     "shop in .: postgresql from 14 sqlite from 3.35.0 +pgcrypto +uuid-ossp\n"
     "a [] postgresql: up=a.sql sqlite: up=a.sql\n"},
    {"extensions without a version", HEAD "requires: {postgresql: {extensions: [citext]}}\n" ROOT,
     "shop in .: postgresql +citext\na [] postgresql: up=a.sql\n"},
    {"versions in mappings",
     BOTH "requires: {sqlite: {version: 3.35.0}, postgresql: {version: 14}}\n" ROOT,
     "shop in .: postgresql from 14 sqlite from 3.35.0\n"
     "a [] postgresql: up=a.sql sqlite: up=a.sql\n"},
    {"extensions that look like something else",
     HEAD "requires: {postgresql: {extensions: [1, true, 'null', _]}}\n" ROOT,
     "shop in .: postgresql +1 +true +null +_\na [] postgresql: up=a.sql\n"},
    {"as many extensions as may be",
     HEAD "requires: {postgresql: {extensions: [" SIXTY_THREE("", ", ") "z]}}\n" ROOT,
     "shop in .: postgresql" SIXTY_THREE(" +", "") " +z\na [] postgresql: up=a.sql\n"},
    {"one extension more",
     HEAD "requires: {postgresql: {extensions: [" SIXTY_THREE("", ", ") "y, z]}}\n" ROOT,
     "ferry.yaml:4:37: error: 'extensions' names 65, at most 64 are allowed\n"},
    {"extensions of SQLite",
     BOTH "requires:\n  sqlite:\n    version: 3.35.0\n    extensions: [fts5]\n" ROOT,
     "ferry.yaml:7:5: error: 'sqlite' has no extensions to require\n"},
    {"nothing but extensions of SQLite",
     BOTH "requires: {postgresql: 14, sqlite: {extensions: [fts5]}}\n" ROOT,
     "ferry.yaml:4:37: error: 'sqlite' has no extensions to require\n"},
    {"extensions of a dialect that the manifest is not for",
     "ferry: 1\nproject: shop\ndialect: sqlite\nrequires: {postgresql: {extensions: [a]}}\n" ROOT,
     "ferry.yaml:4:12: error: the manifest is not for 'postgresql'\n"
     "hint: Add it to 'dialect:', or take this line out.\n"},
    {"requirements that are empty", BOTH "requires: {postgresql: {}, sqlite: {version: }}\n" ROOT,
     "ferry.yaml:4:12: error: 'postgresql' is empty\n"
     "ferry.yaml:4:37: error: 'version' is empty\n"
     "hint: Write numbers with dots between them, as in 3.35.0.\n"},
    {"extensions that are empty", HEAD "requires: {postgresql: {extensions: []}}\n" ROOT,
     "ferry.yaml:4:37: error: 'extensions' is empty\nhint: Write 'extensions: [NAME]'.\n"},
    {"requirements of the wrong kind",
     HEAD "requires: {postgresql: {version: [14], extensions: citext}}\n" ROOT,
     "ferry.yaml:4:34: error: 'version' must be a text, not a list\n"
     "hint: Write numbers with dots between them, as in 3.35.0.\n"
     "ferry.yaml:4:52: error: 'extensions' must be a list, not a text\n"
     "hint: Write 'extensions: [NAME]'.\n"},
    {"requirements that are misspelt or repeat",
     HEAD "requires: {postgresql: {versoin: 14, extension: [a], extensions: [a], extensions: [b], "
          "x: y}}\n" ROOT,
     "ferry.yaml:4:25: error: unknown key 'versoin'\nhint: Did you mean 'version'?\n"
     "ferry.yaml:4:38: error: unknown key 'extension'\nhint: Did you mean 'extensions'?\n"
     "ferry.yaml:4:71: error: 'extensions' is given twice\n"
     "ferry.yaml:4:54: note: first given here\n"
     "ferry.yaml:4:88: error: unknown key 'x'\n"},
    {"a version in a mapping that is wrong", HEAD "requires: {postgresql: {version: v14}}\n" ROOT,
     "ferry.yaml:4:34: error: 'v14' cannot be a version\n"
     "hint: Write numbers with dots between them, as in 3.35.0.\n"},
    {"extensions that are wrong",
     HEAD "requires:\n  postgresql:\n    extensions: [a, a.b, -a, '', é, a, [b], " TEN(
         "xxxxxx") "xxxx, A]\n" ROOT,
     EXTENSION("6:21", "a.b")
         EXTENSION("6:26", "-a") "ferry.yaml:6:30: error: an item of 'extensions' is "
                                 "empty\n" EXTENSION(
                                     "6:34", "é") "ferry.yaml:6:37: error: 'a' is listed twice\n"
                                                  "ferry.yaml:6:40: error: an item of 'extensions' "
                                                  "must be a text, not a list\n" EXTENSION(
                                                      "6:45", TEN("xxxxxx") "xxxx")},
    {"the longest extension",
     HEAD "requires: {postgresql: {extensions: [" TEN("xxxxxx") "xxx]}}\n" ROOT,
     "shop in .: postgresql +" TEN("xxxxxx") "xxx\na [] postgresql: up=a.sql\n"},
    {"something else than keeping Alembic's table", HEAD "alembic: drop\n" ROOT,
     "ferry.yaml:4:10: error: 'alembic' is 'drop', and must be 'keep'\n"},
    {"keeping Alembic's table in capitals", HEAD "alembic: Keep\n" ROOT,
     "ferry.yaml:4:10: error: 'alembic' is 'Keep', and must be 'keep'\n"},
    {"a misspelt alembic", HEAD "alembik: keep\n" ROOT,
     "ferry.yaml:4:1: error: unknown key 'alembik'\nhint: Did you mean 'alembic'?\n"},
    {"roots and heads that are no ids", HEAD "roots: [a b, '', [a]]\nheads: [{a: b}, a/b]\n" ROOT,
     "ferry.yaml:4:9: error: 'a b' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"
     "ferry.yaml:4:14: error: an item of 'roots' is empty\n"
     "ferry.yaml:4:18: error: an item of 'roots' must be a text, not a list\n"
     "ferry.yaml:5:9: error: an item of 'heads' must be a text, not a mapping\n"
     "ferry.yaml:5:17: error: 'a/b' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"},

    /* Revisions. */
    {"no revisions", HEAD,
     "ferry.yaml:1:1: error: the manifest has no 'revisions'\n"
     "hint: Begin each revision with '- id: ID'.\n"},
    {"an empty list of revisions", HEAD "revisions: []\n",
     "ferry.yaml:4:12: error: 'revisions' is empty\n"
     "hint: Begin each revision with '- id: ID'.\n"},
    {"revisions that are no mappings", HEAD "revisions:\n  - a\n  - [b]\n  -\n",
     "ferry.yaml:5:5: error: a revision must be a mapping, not a text\n"
     "hint: Begin each revision with '- id: ID'.\n"
     "ferry.yaml:6:5: error: a revision must be a mapping, not a list\n"
     "hint: Begin each revision with '- id: ID'.\n"
     "ferry.yaml:7:4: error: a revision must be a mapping, not a text\n"
     "hint: Begin each revision with '- id: ID'.\n"},
    {"an empty revision", HEAD "revisions:\n  - {}\n",
     "ferry.yaml:5:5: error: a revision has no 'id'\n"
     "ferry.yaml:5:5: error: a revision has no 'up'\n"
     "hint: Write 'up: PATH'; the file may be empty.\n"
     "ferry.yaml:5:5: error: a revision is the first of its file and has no 'parents'\n"
     "hint: Write 'parents: [ID]', or 'parents: []' for a revision that needs no other.\n"},
    {"a revision without an id", HEAD "revisions:\n  - parents: []\n    up: a.sql\n",
     "ferry.yaml:5:5: error: a revision has no 'id'\n"},
    {"a revision without an up script", HEAD "revisions:\n  - id: a\n    parents: []\n",
     "ferry.yaml:5:5: error: revision 'a' has no 'up'\n"
     "hint: Write 'up: PATH'; the file may be empty.\n"},
    {"the first revision without parents", HEAD "revisions:\n  - id: a\n    up: a.sql\n",
     "ferry.yaml:5:5: error: revision 'a' is the first of its file and has no 'parents'\n"
     "hint: Write 'parents: [ID]', or 'parents: []' for a revision that needs no other.\n"},
    {"the first revision with misspelt parents",
     HEAD "revisions:\n  - id: a\n    parent: []\n    up: a.sql\n",
     "ferry.yaml:6:5: error: unknown key 'parent'\nhint: Did you mean 'parents'?\n"},
    {"an unknown key of a revision", HEAD ROOT "    Title: x\n    downgrade: x\n    dwon: x\n",
     "ferry.yaml:8:5: error: unknown key 'Title'\nhint: Did you mean 'title'?\n"
     "ferry.yaml:9:5: error: unknown key 'downgrade'\n"
     "ferry.yaml:10:5: error: unknown key 'dwon'\nhint: Did you mean 'down'?\n"},
    {"a key of a revision that repeats", HEAD ROOT "    up: b.sql\n    parents: [b]\n",
     "ferry.yaml:8:5: error: 'up' is given twice\nferry.yaml:7:5: note: first given here\n"
     "ferry.yaml:9:5: error: 'parents' is given twice\n"
     "ferry.yaml:6:5: note: first given here\n"},
    {"keys of a revision that are empty",
     HEAD ROOT "  - id:\n    title: ''\n    parents: ~\n    up:\n    down: {}\n    verify: null\n"
               "    transaction:\n    foreign_keys:\n    idempotent: NULL\n    allow: []\n"
               "    lock_timeout:\n    statement_timeout: ~\n",
     "ferry.yaml:8:5: error: 'id' is empty\nferry.yaml:9:12: error: 'title' is empty\n"
     "ferry.yaml:10:14: error: 'parents' is empty\n"
     "hint: Write 'parents: [ID]', or 'parents: []' for a revision that needs no other.\n"
     "ferry.yaml:11:5: error: 'up' is empty\n"
     "hint: Write 'up: PATH'; the file may be empty.\n"
     "ferry.yaml:12:11: error: 'down' is empty\n"
     "hint: Write 'down: PATH', or 'down: none' for what cannot be undone.\n"
     "ferry.yaml:13:13: error: 'verify' is empty\n"
     "hint: Write 'verify: PATH', or leave it out.\n"
     "ferry.yaml:14:5: error: 'transaction' is empty\nhint: Write 'single' or 'none'.\n"
     "ferry.yaml:15:5: error: 'foreign_keys' is empty\nhint: Write 'on' or 'off'.\n"
     "ferry.yaml:16:17: error: 'idempotent' is empty\nhint: Write 'true' or 'false'.\n"
     "ferry.yaml:17:12: error: 'allow' is empty\nhint: Write 'allow: [RULE]'.\n"
     "ferry.yaml:18:5: error: 'lock_timeout' is empty\n"
     "hint: Write a time as 10s, 500ms or 2m.\n"
     "ferry.yaml:19:24: error: 'statement_timeout' is empty\n"
     "hint: Write a time as 10s, 500ms or 2m.\n"},
    {"keys of a revision of the wrong kind",
     HEAD ROOT
     "  - id: [b]\n    title: {a: b}\n    parents: a\n    up: [b.sql]\n    down: [none]\n"
     "    verify: []\n    transaction: [none]\n    foreign_keys: {}\n    idempotent: [1]\n"
     "    allow: missing-semicolon\n    lock_timeout: [10s]\n    statement_timeout: {s: 10}\n",
     "ferry.yaml:8:9: error: 'id' must be a text, not a list\n"
     "ferry.yaml:9:12: error: 'title' must be a text, not a mapping\n"
     "ferry.yaml:10:14: error: 'parents' must be a list, not a text\n"
     "hint: Write 'parents: [ID]', or 'parents: []' for a revision that needs no other.\n"
     "ferry.yaml:11:9: error: 'up' must be a text or a mapping, not a list\n"
     "hint: Write 'up: PATH'; the file may be empty.\n"
     "ferry.yaml:12:11: error: 'down' must be a text or a mapping, not a list\n"
     "hint: Write 'down: PATH', or 'down: none' for what cannot be undone.\n"
     "ferry.yaml:13:13: error: 'verify' is empty\n"
     "hint: Write 'verify: PATH', or leave it out.\n"
     "ferry.yaml:14:18: error: 'transaction' must be a text, not a list\n"
     "hint: Write 'single' or 'none'.\nferry.yaml:15:19: error: 'foreign_keys' is empty\n"
     "hint: Write 'on' or 'off'.\n"
     "ferry.yaml:16:17: error: 'idempotent' must be a text, not a list\n"
     "hint: Write 'true' or 'false'.\n"
     "ferry.yaml:17:12: error: 'allow' must be a list, not a text\n"
     "hint: Write 'allow: [RULE]'.\n"
     "ferry.yaml:18:19: error: 'lock_timeout' must be a text, not a list\n"
     "hint: Write a time as 10s, 500ms or 2m.\n"
     "ferry.yaml:19:24: error: 'statement_timeout' must be a text, not a mapping\n"
     "hint: Write a time as 10s, 500ms or 2m.\n"},
    {"ids that are wrong",
     HEAD ROOT "  - id: a b\n    up: b.sql\n  - id: é\n    up: b.sql\n  - id: a/b\n    up: b.sql\n",
     "ferry.yaml:8:9: error: 'a b' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"
     "ferry.yaml:10:9: error: 'é' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"
     "ferry.yaml:12:9: error: 'a/b' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"},
    {"the longest id",
     HEAD "revisions:\n  - id: " HUNDRED("x")
         TEN("xx") "xxxxxxxx\n    parents: []\n    up: a.sql\n",
     "shop in .: postgresql\n" HUNDRED("x") TEN("xx") "xxxxxxxx [] postgresql: up=a.sql\n"},
    {"an id that is too long",
     HEAD "revisions:\n  - id: " HUNDRED("x")
         TEN("xx") "xxxxxxxxx\n    parents: []\n    up: a.sql\n",
     "ferry.yaml:5:9: error: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' "
     "cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"},
    {"the longest id for Alembic",
     HEAD "alembic: keep\nrevisions:\n  - id: " TEN("xxx") "xx\n    parents: []\n    up: a.sql\n",
     "shop in .: postgresql alembic=keep\n" TEN("xxx") "xx [] postgresql: up=a.sql\n"},
    {"ids that are too long for Alembic, wherever they stand",
     HEAD "revisions:\n  - id: " TEN("xxx") "xxx\n    parents: []\n    up: a.sql\n  - id: " HUNDRED(
         "x") "\n    up: a.sql\nalembic: keep\ninclude: [b.yaml]\n=== b.yaml\nferry: 1\n"
              "revisions:\n  - id: " TEN("yyy") "yyy\n    parents: [a]\n    up: b.sql\n",
     ALEMBIC("ferry.yaml:5:9", "33") ALEMBIC("ferry.yaml:8:9", "100") ALEMBIC("b.yaml:3:9", "33")},
    {"an id that is too long for Alembic and no id at all",
     HEAD "alembic: keep\nrevisions:\n  - id: /" TEN("xxx") "xx\n    parents: []\n    up: a.sql\n",
     "ferry.yaml:6:9: error: '/" TEN(
         "xxx") "xx' cannot be an id\n"
                "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"},
    {"a title over two lines", HEAD ROOT "    title: |\n      One.\n      Two.\n",
     "ferry.yaml:8:12: error: the title is not one line of characters that can be shown\n"},
    {"a title with a character that cannot be shown", HEAD ROOT "    title: \"a\\tb\"\n",
     "ferry.yaml:8:12: error: the title is not one line of characters that can be shown\n"},
    {"a title that turns around", HEAD ROOT "    title: \"a\\u202Eb\"\n",
     "ferry.yaml:8:12: error: the title is not one line of characters that can be shown\n"},
    {"a title that is too long", HEAD ROOT "    title: " HUNDRED("0123456789") TEN("12") "12345\n",
     "ferry.yaml:8:12: error: the title has 1025 bytes, at most 1024 are allowed\n"},
    {"the longest title", HEAD ROOT "    title: " HUNDRED("0123456789") TEN("12") "1234\n",
     "shop in .: postgresql\na \"" HUNDRED("0123456789")
         TEN("12") "1234\" [] postgresql: up=a.sql\n"},
    {"parents that are wrong",
     HEAD ROOT "  - id: b\n    parents: [a, '', a b, {a: b}, ~]\n    up: b.sql\n",
     "ferry.yaml:9:18: error: an item of 'parents' is empty\n"
     "ferry.yaml:9:22: error: 'a b' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"
     "ferry.yaml:9:27: error: an item of 'parents' must be a text, not a mapping\n"
     "ferry.yaml:9:35: error: an item of 'parents' is empty\n"},
    {"choices that are wrong",
     HEAD ROOT "    transaction: off\n    foreign_keys: none\n    idempotent: yes\n",
     "ferry.yaml:8:18: error: 'transaction' is 'off', and must be 'single' or 'none'\n"
     "ferry.yaml:9:19: error: 'foreign_keys' is 'none', and must be 'off' or 'on'\n"
     "ferry.yaml:10:17: error: 'idempotent' is 'yes', and must be 'true' or 'false'\n"},
    {"timeouts in milliseconds", HEAD ROOT "    lock_timeout: 500ms\n    statement_timeout: 1ms\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql lock_timeout=500 statement_timeout=1\n"},
    {"timeouts in seconds", HEAD ROOT "    lock_timeout: 10s\n    statement_timeout: \"1s\"\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql lock_timeout=10000 "
     "statement_timeout=1000\n"},
    {"timeouts in minutes", HEAD ROOT "    lock_timeout: 2m\n    statement_timeout: 90m\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql lock_timeout=120000 "
     "statement_timeout=5400000\n"},
    {"timeouts of 0 are none", HEAD ROOT "    lock_timeout: 0s\n    statement_timeout: 0ms\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql\n"},
    {"a timeout for one revision alone",
     HEAD ROOT "    lock_timeout: 10s\n  - id: b\n    up: b.sql\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql lock_timeout=10000\n"
     "b [a implied] postgresql: up=b.sql\n"},
    {"the longest timeouts",
     HEAD ROOT "    lock_timeout: 1440m\n    statement_timeout: 86400000ms\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql lock_timeout=86400000 "
     "statement_timeout=86400000\n"},
    {"timeouts that are too long",
     HEAD ROOT "    lock_timeout: 1441m\n    statement_timeout: 86401s\n",
     TIMEOUT("8:19", "lock_timeout", "1441m") TIMEOUT("9:24", "statement_timeout", "86401s")},
    {"timeouts that are far too long",
     HEAD ROOT "    lock_timeout: 86400001ms\n    statement_timeout: 18446744073709551616ms\n",
     TIMEOUT("8:19", "lock_timeout", "86400001ms")
         TIMEOUT("9:24", "statement_timeout", "18446744073709551616ms")},
    {"timeouts that are longer than a line", HEAD ROOT "    lock_timeout: " HUNDRED("1") "s\n",
     TIMEOUT("8:19", "lock_timeout", TEN("111111") "1111...")},
    {"misspelt keys of timeouts",
     HEAD ROOT "    lock-timeout: 10s\n    statement_timeuot: 10s\n    Lock_timeout: 10s\n"
               "    timeout: 10s\n",
     "ferry.yaml:8:5: error: unknown key 'lock-timeout'\nhint: Did you mean 'lock_timeout'?\n"
     "ferry.yaml:9:5: error: unknown key 'statement_timeuot'\n"
     "hint: Did you mean 'statement_timeout'?\n"
     "ferry.yaml:10:5: error: unknown key 'Lock_timeout'\nhint: Did you mean 'lock_timeout'?\n"
     "ferry.yaml:11:5: error: unknown key 'timeout'\n"},
    {"a timeout that repeats", HEAD ROOT "    lock_timeout: 1s\n    lock_timeout: 2s\n",
     "ferry.yaml:9:5: error: 'lock_timeout' is given twice\n"
     "ferry.yaml:8:5: note: first given here\n"},
    {"a timeout of the manifest", HEAD "lock_timeout: 10s\n" ROOT,
     "ferry.yaml:4:1: error: unknown key 'lock_timeout'\n"},
    {"a timeout with no unit", HEAD ROOT "    lock_timeout: 10\n    statement_timeout: 10\n",
     TIMEOUT("8:19", "lock_timeout", "10") TIMEOUT("9:24", "statement_timeout", "10")},
    {"a timeout with no number", HEAD ROOT "    lock_timeout: s\n    statement_timeout: s\n",
     TIMEOUT("8:19", "lock_timeout", "s") TIMEOUT("9:24", "statement_timeout", "s")},
    {"a timeout with another unit", HEAD ROOT "    lock_timeout: 1h\n    statement_timeout: 1h\n",
     TIMEOUT("8:19", "lock_timeout", "1h") TIMEOUT("9:24", "statement_timeout", "1h")},
    {"a timeout with a unit in capitals",
     HEAD ROOT "    lock_timeout: 10S\n    statement_timeout: 10S\n",
     TIMEOUT("8:19", "lock_timeout", "10S") TIMEOUT("9:24", "statement_timeout", "10S")},
    {"a timeout with a word behind",
     HEAD ROOT "    lock_timeout: 10sec\n    statement_timeout: 10sec\n",
     TIMEOUT("8:19", "lock_timeout", "10sec") TIMEOUT("9:24", "statement_timeout", "10sec")},
    {"a timeout with a blank", HEAD ROOT "    lock_timeout: 10 s\n    statement_timeout: 10 s\n",
     TIMEOUT("8:19", "lock_timeout", "10 s") TIMEOUT("9:24", "statement_timeout", "10 s")},
    {"a timeout with two units",
     HEAD ROOT "    lock_timeout: 1m30s\n    statement_timeout: 1m30s\n",
     TIMEOUT("8:19", "lock_timeout", "1m30s") TIMEOUT("9:24", "statement_timeout", "1m30s")},
    {"a timeout with a fraction", HEAD ROOT "    lock_timeout: 1.5s\n    statement_timeout: 1.5s\n",
     TIMEOUT("8:19", "lock_timeout", "1.5s") TIMEOUT("9:24", "statement_timeout", "1.5s")},
    {"a timeout with below 0", HEAD ROOT "    lock_timeout: -1s\n    statement_timeout: -1s\n",
     TIMEOUT("8:19", "lock_timeout", "-1s") TIMEOUT("9:24", "statement_timeout", "-1s")},
    {"a timeout with a plus", HEAD ROOT "    lock_timeout: +1s\n    statement_timeout: +1s\n",
     TIMEOUT("8:19", "lock_timeout", "+1s") TIMEOUT("9:24", "statement_timeout", "+1s")},
    {"a timeout with a leading zero",
     HEAD ROOT "    lock_timeout: 010s\n    statement_timeout: 010s\n",
     TIMEOUT("8:19", "lock_timeout", "010s") TIMEOUT("9:24", "statement_timeout", "010s")},
    {"a timeout with hexadecimal",
     HEAD ROOT "    lock_timeout: 0x1s\n    statement_timeout: 0x1s\n",
     TIMEOUT("8:19", "lock_timeout", "0x1s") TIMEOUT("9:24", "statement_timeout", "0x1s")},
    {"a timeout with an exponent",
     HEAD ROOT "    lock_timeout: 1e3s\n    statement_timeout: 1e3s\n",
     TIMEOUT("8:19", "lock_timeout", "1e3s") TIMEOUT("9:24", "statement_timeout", "1e3s")},
    {"a timeout with a word", HEAD ROOT "    lock_timeout: none\n    statement_timeout: none\n",
     TIMEOUT("8:19", "lock_timeout", "none") TIMEOUT("9:24", "statement_timeout", "none")},
    {"a timeout with a digit that is none",
     HEAD ROOT "    lock_timeout: ²s\n    statement_timeout: ²s\n",
     TIMEOUT("8:19", "lock_timeout", "²s") TIMEOUT("9:24", "statement_timeout", "²s")},
    {"allowing what does not exist",
     HEAD ROOT "    allow: [missing-semicolon, everything, missing-semicolon, [a]]\n",
     "ferry.yaml:8:32: error: there is no rule 'everything'\n"
     "ferry.yaml:8:44: error: 'missing-semicolon' is listed twice\n"
     "ferry.yaml:8:63: error: an item of 'allow' must be a text, not a list\n"},

    {"rules that are allowed and weighed",
     HEAD "severity: {drop-table: off, 'down-leaves-object': warning}\n" ROOT
          "    allow: [drop-column, drop-table]\n",
     "shop in .: postgresql\nseverity: down-leaves-object=warning\nseverity: drop-table=off\n"
     "a [] postgresql: up=a.sql allow=drop-column allow=drop-table\n"},
    {"weighing what cannot be weighed",
     HEAD "severity:\n  drop-tabel: off\n  drop-table: none\n  drop-table: off\n"
          "  drop-column: [off]\n  split-ambiguous: off\n  drop-schema:\n" ROOT,
     "ferry.yaml:5:3: error: there is no rule 'drop-tabel'\nhint: Did you mean 'drop-table'?\n"
     "ferry.yaml:6:15: error: the severity of 'drop-table' must be 'off', 'info', 'warning' or "
     "'error'\nferry.yaml:7:3: error: 'drop-table' is given twice\n"
     "ferry.yaml:8:16: error: the severity of 'drop-column' must be 'off', 'info', 'warning' or "
     "'error'\nferry.yaml:9:3: error: the severity of 'split-ambiguous' cannot be changed\n"
     "hint: List it under 'allow:' of a revision.\n"
     "ferry.yaml:10:3: error: the severity of 'drop-schema' must be 'off', 'info', 'warning' or "
     "'error'\n"},
    {"a severity of all rules", HEAD "severity: off\n" ROOT,
     "ferry.yaml:4:11: error: 'severity' must be a mapping, not a text\n"
     "hint: Write 'severity: {RULE: off}'.\n"},

    /* Scripts. */
    {"an up script that is none", HEAD ROOT "  - id: b\n    up: none\n    verify: none\n",
     "ferry.yaml:9:9: error: 'up' cannot be 'none'\nhint: Name a file; it may be empty.\n"
     "ferry.yaml:10:13: error: 'verify' cannot be 'none'\n"
     "hint: Leave 'verify' out where there is nothing to verify.\n"},
    {"an absolute path", HEAD ROOT "    down: /etc/passwd\n",
     "ferry.yaml:8:11: error: path '/etc/passwd' is absolute\n"
     "hint: Write it as seen from the folder of this file.\n"},
    {"a path that leaves the folder", HEAD ROOT "    down: ../a.sql\n    verify: sql/../../a.sql\n",
     "ferry.yaml:8:11: error: path '../a.sql' leaves the folder of the manifest\n"
     "ferry.yaml:9:13: error: path 'sql/../../a.sql' leaves the folder of the manifest\n"},
    {"a path with a backslash", HEAD ROOT "    down: sql\\a.sql\n",
     "ferry.yaml:8:11: error: path 'sql\\a.sql' holds a backslash\n"
     "hint: Separate folders with '/'.\n"},
    {"a path with an empty part", HEAD ROOT "    down: sql//a.sql\n    verify: sql/\n",
     "ferry.yaml:8:11: error: path 'sql//a.sql' has an empty part\n"
     "ferry.yaml:9:13: error: path 'sql/' has an empty part\n"},
    {"a path of a folder", HEAD ROOT "    down: .\n    verify: sql/..\n",
     "ferry.yaml:8:11: error: path '.' names a folder\n"
     "ferry.yaml:9:13: error: path 'sql/..' names a folder\n"},
    {"a path that cannot be shown",
     HEAD ROOT "    down: \"a\\u0007.sql\"\n    verify: \"a\\0.sql\"\n",
     "ferry.yaml:8:11: error: path 'a\\x07.sql' holds a character that cannot be shown\n"
     "ferry.yaml:9:13: error: path 'a\\x00.sql' holds a character that cannot be shown\n"},
    {"a path that is too long",
     HEAD ROOT "    down: " HUNDRED(TEN("1234")) TEN("123456789") "1234567\n",
     "ferry.yaml:8:11: error: the path is longer than 4096 bytes\n"},
    {"the longest path", HEAD ROOT "    down: " HUNDRED(TEN("1234")) TEN("123456789") "123456\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql down=" HUNDRED(TEN("1234"))
         TEN("123456789") "123456\n"},
    {"more parents than are allowed",
     HEAD ROOT "  - id: b\n    up: b.sql\n    parents: [" HUNDRED(TEN("b,")) TEN("b,")
         TEN("b,") "b,b,b,b,b]\n",
     "ferry.yaml:10:14: error: revision 'b' names 1025 parents, at most 1024 are allowed\n"},
    {"a script for each dialect",
     BOTH "revisions:\n  - id: a\n    parents: []\n    up: {sqlite: a.sql}\n",
     "ferry.yaml:7:10: error: 'up' names no script for 'postgresql'\n"},
    {"a script for a dialect that the manifest is not for",
     HEAD ROOT "    down: {postgresql: a.sql, sqlite: none}\n",
     "ferry.yaml:8:31: error: the manifest is not for 'sqlite'\n"
     "hint: Add it to 'dialect:', or take this line out.\n"},
    {"scripts for dialects that do not exist",
     BOTH "revisions:\n  - id: a\n    parents: []\n    up: {sqlite: a.sql, postgres: a.sql}\n"
          "    down: {mysql: a.sql, sqlite: [a.sql], sqlite: b.sql, postgresql: }\n",
     "ferry.yaml:7:25: error: there is no dialect 'postgres', only 'postgresql' and 'sqlite'\n"
     "ferry.yaml:8:12: error: there is no dialect 'mysql', only 'postgresql' and 'sqlite'\n"
     "ferry.yaml:8:34: error: 'sqlite' must be a text or a mapping, not a list\n"
     "ferry.yaml:8:43: error: 'sqlite' is given twice\n"
     "ferry.yaml:8:26: note: first given here\n"
     "ferry.yaml:8:58: error: 'postgresql' is empty\n"},

    /* Parts of files. */
    {"a part of a file",
     BOTH "revisions:\n  - id: a\n    parents: []\n    up: {section: goose, file: ./a.sql}\n"
          "    down: {sqlite: {file: b.sql, section: dbmate}, postgresql: c.sql}\n",
     "shop in .: postgresql sqlite\n"
     "a [] postgresql: up=a.sql#goose down=c.sql sqlite: up=a.sql#goose down=b.sql#dbmate\n"},
    {"a part that lacks a key",
     HEAD "revisions:\n  - id: a\n    parents: []\n    up: {file: a.sql}\n"
          "    down: {section: goose}\n",
     "ferry.yaml:7:10: error: 'up' has no 'section'\n"
     "hint: Write 'goose' or 'dbmate', whose marks the file has.\n"
     "ferry.yaml:8:12: error: 'down' has no 'file'\nhint: Write 'file: PATH'.\n"},
    {"parts that are wrong",
     HEAD "revisions:\n  - id: a\n    parents: []\n    up: {file: /a.sql, section: goose}\n"
          "    down: {file: a.sql, section: geese}\n    verify: {file: a.sql, section: goose}\n"
          "  - {id: b, up: {file: a.sql, section: goose, part: up}}\n",
     "ferry.yaml:7:16: error: path '/a.sql' is absolute\n"
     "hint: Write it as seen from the folder of this file.\n"
     "ferry.yaml:8:34: error: there are no marks of 'geese'\n"
     "hint: Write 'goose' or 'dbmate', whose marks the file has.\n"
     "ferry.yaml:9:14: error: no section of a file is a verify script\n"
     "ferry.yaml:10:47: error: unknown key 'part'\n"},

    /* Folders of other tools. */
    {"the folder of another tool",
     HEAD "revisions: {layout: flyway, path: db/, allow: [missing-semicolon]}\n"
          "=== db/V2__b.sql\nSELECT 1;\n=== db/V1__a_table.sql\nSELECT 1;\n",
     "shop in .: postgresql\n"
     "1 \"a table\" [] postgresql: up=db/V1__a_table.sql allowed=1\n"
     "2 \"b\" [1] postgresql: up=db/V2__b.sql allowed=1\n"},
    {"its folder is that of the manifest",
     HEAD "revisions: {layout: flyway, path: [.]}\n=== V1__a.sql\n=== .hidden\n",
     "shop in .: postgresql\n1 \"a\" [] postgresql: up=V1__a.sql\n"},
    {"the folder of an included file",
     HEAD "include: [b/b.yaml]\n" ROOT
          "=== b/b.yaml\nferry: 1\nrevisions: {layout: flyway, path: .}\n=== b/V1__a.sql\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql\n1 \"a\" [] postgresql: up=b/V1__a.sql\n"},
    {"two folders, or none, or one that is not there",
     HEAD "include: [b.yaml, c.yaml]\nrevisions: {layout: flyway, path: ['', ../db]}\n"
          "=== b.yaml\nferry: 1\nrevisions: {layout: flyway, path: db, allow: [drop-table]}\n"
          "=== c.yaml\nferry: 1\nrevisions: {layout: flyway, path: c}\n=== c/\n",
     "ferry.yaml:5:36: error: an item of 'path' is empty\n"
     "ferry.yaml:5:40: error: path '../db' leaves the folder of the manifest\n"
     "b.yaml:2:35: error: cannot open 'db': No such file or directory\n"
     "b.yaml:2:47: error: 'drop-table' cannot be allowed for a folder\n"
     "hint: 'missing-semicolon' and 'split-ambiguous' can; weigh others under 'severity:'.\n"
     "c.yaml:2:35: error: 'c' holds no migration of flyway\n"},
    {"a folder behind a link that leads outside",
     HEAD "revisions: {layout: flyway, path: db}\n=== db -> /etc\n",
     "ferry.yaml:4:35: error: path 'db' leaves the folder of the manifest through a symbolic "
     "link\n"},
    {"a folder whose names are too long for Alembic",
     HEAD "alembic: keep\nrevisions: {layout: prisma, path: db}\n"
          "=== db/20260101000000_as_long_as_can_be_/migration.sql\nSELECT 1;\n",
     ALEMBIC("db/20260101000000_as_long_as_can_be_/migration.sql:1:1", "33")},
    {"what is wrong in a folder is told there",
     HEAD "revisions: {layout: flyway, path: db}\n=== db/V1__a.sql\nSELECT 1;\n"
          "=== db/V01__b.sql\nSELECT 1;\n=== db/U2__c.sql\nSELECT 1;\n",
     "db/V1__a.sql:1:1: error: a second up script of version '1'\n"
     "db/V01__b.sql:1:1: note: the first is here\n"
     "hint: Give the one that no database has had yet a version of its own.\n"
     "db/U2__c.sql:1:1: error: version '2' has no up script for postgresql\n"
     "hint: Add the script; it may be empty.\n"},

    /* Several errors. */
    {"errors in the order of the file",
     HEAD "revisions:\n  - up: ../a\n    title: ''\n    id: a b\nheads: [a b]\nfoo: bar\n",
     "ferry.yaml:5:5: error: revision 'a b' is the first of its file and has no 'parents'\n"
     "hint: Write 'parents: [ID]', or 'parents: []' for a revision that needs no other.\n"
     "ferry.yaml:5:9: error: path '../a' leaves the folder of the manifest\n"
     "ferry.yaml:6:12: error: 'title' is empty\n"
     "ferry.yaml:7:9: error: 'a b' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"
     "ferry.yaml:8:9: error: 'a b' cannot be an id\n"
     "hint: Use A-Z, a-z, 0-9, '.', '_' and '-' only, 128 characters at most.\n"
     "ferry.yaml:9:1: error: unknown key 'foo'\n"},
    {"more errors than are reported",
     HEAD "revisions:\n"
          "  - {x1: 1, x2: 2, x3: 3, x4: 4, x5: 5, x6: 6, x7: 7, x8: 8, x9: 9, y1: 1}\n"
          "  - {x1: 1, x2: 2, x3: 3, x4: 4, x5: 5, x6: 6, x7: 7, x8: 8, x9: 9, y1: 1}\n",
     "ferry.yaml:5:6: error: unknown key 'x1'\n"
     "ferry.yaml:5:6: error: a revision has no 'id'\n"
     "ferry.yaml:5:6: error: a revision has no 'up'\n"
     "hint: Write 'up: PATH'; the file may be empty.\n"
     "ferry.yaml:5:6: error: a revision is the first of its file and has no 'parents'\n"
     "hint: Write 'parents: [ID]', or 'parents: []' for a revision that needs no other.\n"
     "ferry.yaml:5:13: error: unknown key 'x2'\nferry.yaml:5:20: error: unknown key 'x3'\n"
     "ferry.yaml:5:27: error: unknown key 'x4'\nferry.yaml:5:34: error: unknown key 'x5'\n"
     "ferry.yaml:5:41: error: unknown key 'x6'\nferry.yaml:5:48: error: unknown key 'x7'\n"
     "ferry.yaml:5:55: error: unknown key 'x8'\nferry.yaml:5:62: error: unknown key 'x9'\n"
     "ferry.yaml:5:69: error: unknown key 'y1'\nferry.yaml:6:6: error: unknown key 'x1'\n"
     "ferry.yaml:6:13: error: unknown key 'x2'\nferry.yaml:6:20: error: unknown key 'x3'\n"
     "ferry.yaml:6:27: error: unknown key 'x4'\nferry.yaml:6:34: error: unknown key 'x5'\n"
     "ferry.yaml:6:41: error: unknown key 'x6'\nferry.yaml:6:48: error: unknown key 'x7'\n"},

    /* Included files. */
    {"files in the order they are listed",
     HEAD "include: [b.yaml, teams/c.yaml]\n" ROOT "=== b.yaml\n" INCLUDED
          "include: [teams/d.yaml]\n=== teams/c.yaml\nferry: 1\nrevisions:\n  - id: c\n"
          "    parents: [b, d]\n    up: sql/c.sql\n    down: ../sql/c.sql\n  - id: e\n"
          "    up: ./e.sql\n=== teams/d.yaml\nferry: 1\nrevisions:\n  - id: d\n    parents: [b]\n"
          "    up: d.sql\n",
     "shop in .: postgresql\na [] postgresql: up=a.sql\nb [a] postgresql: up=b.sql\n"
     "d [b] postgresql: up=teams/d.sql\n"
     "c [b, d] postgresql: up=teams/sql/c.sql down=sql/c.sql\n"
     "e [c implied] postgresql: up=teams/e.sql\n"},
    {"a manifest that only includes", HEAD "include: [b.yaml]\n=== b.yaml\n" INCLUDED,
     "shop in .: postgresql\nb [a] postgresql: up=b.sql\n"},
    {"a file that only includes",
     HEAD "include: [b.yaml]\n=== b.yaml\nferry: 1\ninclude: [c.yaml]\n=== c.yaml\n" INCLUDED,
     "shop in .: postgresql\nb [a] postgresql: up=b.sql\n"},
    {"a file with what belongs elsewhere",
     HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\nproject: shop\n" INCLUDED
          "heads: [a]\nalembic: keep\ndialekt: x\n",
     "b.yaml:1:1: error: 'project' belongs into the main manifest\n"
     "b.yaml:7:1: error: 'heads' belongs into the main manifest\n"
     "b.yaml:8:1: error: 'alembic' belongs into the main manifest\n"
     "b.yaml:9:1: error: unknown key 'dialekt'\nhint: Did you mean 'dialect'?\n"},
    {"a file without a version",
     HEAD "include: [b.yaml]\n" ROOT
          "=== b.yaml\nrevisions:\n  - {id: b, parents: [a], up: b.sql}\n",
     "b.yaml:1:1: error: the manifest has no 'ferry'\nhint: Write 'ferry: 1'.\n"},
    {"a file of another version", HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\nferry: 2\n",
     "b.yaml:1:8: error: this sqlferry reads ferry 1, not '2'\n"},
    {"a file without revisions", HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\nferry: 1\n",
     "b.yaml:1:1: error: the manifest has no 'revisions'\n"
     "hint: Begin each revision with '- id: ID'.\n"},
    {"a file that is empty", HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\n",
     "b.yaml:1:1: error: the file is empty\n"},
    {"a file that is not YAML",
     HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\nferry: 1\nrevisions: [\n",
     "b.yaml:3:1: error: did not find expected node content\n"},
    {"a file whose first revision has no parents",
     HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\nferry: 1\nrevisions:\n  - id: b\n    up: b.sql\n",
     "b.yaml:3:5: error: revision 'b' is the first of its file and has no 'parents'\n"
     "hint: Write 'parents: [ID]', or 'parents: []' for a revision that needs no other.\n"},
    {"a file that is not there", HEAD "include: [teams/b.yaml, c.yaml]\n" ROOT,
     "ferry.yaml:4:11: error: cannot open 'teams/b.yaml': No such file or directory\n"
     "ferry.yaml:4:25: error: cannot open 'c.yaml': No such file or directory\n"},
    {"a folder for a file", HEAD "include: [teams]\n" ROOT "=== teams/\n",
     "ferry.yaml:4:11: error: cannot read 'teams': not a regular file\n"},
    {"a file that is included twice",
     HEAD "include: [b.yaml, ./b.yaml]\n" ROOT "=== b.yaml\n" INCLUDED,
     "ferry.yaml:4:19: error: 'b.yaml' is included twice\n"
     "ferry.yaml:4:11: note: first included here\n"},
    {"a file that includes itself",
     HEAD "include: [teams/b.yaml]\n" ROOT "=== teams/b.yaml\n" INCLUDED "include: [b.yaml]\n",
     "teams/b.yaml:6:11: error: 'teams/b.yaml' is included twice\n"
     "ferry.yaml:4:11: note: first included here\n"},
    {"files that include each other",
     HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\n" INCLUDED
          "include: [c.yaml]\n=== c.yaml\nferry: 1\nrevisions:\n"
          "  - {id: c, parents: [b], up: c.sql}\ninclude: [b.yaml]\n",
     "c.yaml:4:11: error: 'b.yaml' is included twice\n"
     "ferry.yaml:4:11: note: first included here\n"},
    {"a file that includes the manifest",
     HEAD "include: [teams/b.yaml]\n" ROOT "=== teams/b.yaml\n" INCLUDED
          "include: [../ferry.yaml]\n",
     "teams/b.yaml:6:11: error: 'ferry.yaml' is the main manifest itself\n"},
    {"a file under two names",
     HEAD "include: [b.yaml, c.yaml]\n" ROOT "=== b.yaml\n" INCLUDED "=== c.yaml -> b.yaml\n",
     "ferry.yaml:4:19: error: 'c.yaml' is included twice\n"
     "ferry.yaml:4:11: note: first included here\n"},
    {"a circle through a link",
     HEAD "include: [teams/b.yaml]\n" ROOT "=== teams/b.yaml\n" INCLUDED
          "include: [self/b.yaml]\n=== teams/self -> .\n",
     "teams/b.yaml:6:11: error: 'teams/self/b.yaml' is included twice\n"
     "ferry.yaml:4:11: note: first included here\n"},
    {"a file outside",
     HEAD "include: [../b.yaml, teams/b.yaml]\n" ROOT "=== teams/b.yaml\n" INCLUDED
          "include: [../../b.yaml]\n",
     "ferry.yaml:4:11: error: path '../b.yaml' leaves the folder of the manifest\n"
     "teams/b.yaml:6:11: error: path '../../b.yaml' leaves the folder of the manifest\n"},
    {"a file behind a link that leads outside",
     HEAD "include: [b.yaml]\n" ROOT "=== b.yaml -> /etc/passwd\n",
     "ferry.yaml:4:11: error: path 'b.yaml' leaves the folder of the manifest through a symbolic "
     "link\n"},
    {"files that include one another too deeply",
     HEAD "include: [1.yaml]\n" ROOT
          "=== 1.yaml\nferry: 1\ninclude: [2.yaml]\n=== 2.yaml\nferry: 1\ninclude: [3.yaml]\n"
          "=== 3.yaml\nferry: 1\ninclude: [4.yaml]\n=== 4.yaml\nferry: 1\ninclude: [5.yaml]\n"
          "=== 5.yaml\nferry: 1\ninclude: [6.yaml]\n=== 6.yaml\nferry: 1\ninclude: [7.yaml]\n"
          "=== 7.yaml\nferry: 1\ninclude: [8.yaml]\n=== 8.yaml\nferry: 1\ninclude: [9.yaml]\n"
          "=== 9.yaml\nferry: 1\ninclude: [10.yaml]\n=== 10.yaml\nferry: 1\ninclude: [11.yaml]\n"
          "=== 11.yaml\nferry: 1\ninclude: [12.yaml]\n=== 12.yaml\nferry: 1\ninclude: [13.yaml]\n"
          "=== 13.yaml\nferry: 1\ninclude: [14.yaml]\n=== 14.yaml\nferry: 1\ninclude: [15.yaml]\n"
          "=== 15.yaml\nferry: 1\ninclude: [16.yaml]\n=== 16.yaml\nferry: 1\ninclude: [17.yaml]\n"
          "=== 17.yaml\nferry: 1\ninclude: [18.yaml]\n=== 18.yaml\n" INCLUDED,
     "16.yaml:2:11: error: files include one another more than 16 deep\n"},
    {"items of include that are wrong", HEAD "include: ['', [b.yaml], /b.yaml]\n" ROOT,
     "ferry.yaml:4:11: error: an item of 'include' is empty\n"
     "ferry.yaml:4:15: error: an item of 'include' must be a text, not a list\n"
     "ferry.yaml:4:25: error: path '/b.yaml' is absolute\n"
     "hint: Write it as seen from the folder of this file.\n"},
    {"errors of several files",
     HEAD "include: [b.yaml, no.yaml, c.yaml]\nfoo: 1\n" ROOT "    title: ~\n=== b.yaml\n" INCLUDED
          "    title: ''\nbar: 1\n=== c.yaml\nferry: 1\nbaz: 1\nrevisions: []\n",
     "ferry.yaml:4:19: error: cannot open 'no.yaml': No such file or directory\n"
     "ferry.yaml:5:1: error: unknown key 'foo'\nferry.yaml:10:12: error: 'title' is empty\n"
     "b.yaml:6:12: error: 'title' is empty\nb.yaml:7:1: error: unknown key 'bar'\n"
     "c.yaml:2:1: error: unknown key 'baz'\nc.yaml:3:12: error: 'revisions' is empty\n"
     "hint: Begin each revision with '- id: ID'.\n"},
};

/* The manifest, and behind it other files (support_write_tree). */
static void make_entries(struct arena *arena, struct text files)
{
    support_write_tree(arena_format(arena, "=== ferry.yaml\n%.*s", TEXT_ARGS(files)));
}

static void load(struct buffer *shown, const char *path)
{
    struct arena *arena = arena_new(16 << 20);
    struct manifest manifest = {0};
    struct error *error = manifest_load(arena, text_from(path), &manifest);

    if (error) {
        assert_null(manifest.revisions);
        show_errors(shown, error);
    } else {
        show_manifest(shown, &manifest);
    }
    arena_free(&arena);
}

static void assert_shown(struct buffer *shown, const char *expected)
{
    buffer_add(shown, (struct text){"", 1});
    assert_string_equal(shown->bytes, expected);
    buffer_free(shown);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct buffer shown = {0};

    make_entries(arena, text_from(row->files));
    load(&shown, "ferry.yaml");
    assert_shown(&shown, row->expected);
    arena_free(&arena);
}

/* The manifest may be named by itself or by its folder, which the names of files then begin with.
 */
static const struct path_row {
    const char *name, *path, *expected;
} path_rows[] = {
    {"by its name", "shop/ferry.yaml", "shop in shop: postgresql\na [] postgresql: up=a.sql\n"},
    {"by its folder", "shop", "shop in shop: postgresql\na [] postgresql: up=a.sql\n"},
    {"by its folder with slashes", "shop//",
     "shop in shop: postgresql\na [] postgresql: up=a.sql\n"},
    {"by another name", "shop/other.yaml",
     "shop/other.yaml:2:1: error: unknown key 'x'\n"
     "shop/teams/b.yaml:1:1: error: unknown key 'y'\n"},
    {"by a name that is not there", "shop/no.yaml",
     "system error: cannot open 'shop/no.yaml': No such file or directory\n"},
    {"by a folder without one", "empty",
     "system error: cannot open 'empty/ferry.yaml': No such file or directory\n"
     "hint: 'sqlferry init' begins a new manifest.\n"},
    {"by a folder where it is a folder", "odd",
     "system error: cannot read 'odd/ferry.yaml': not a regular file\n"},
};

static void test_path(void **state)
{
    static const char files[] =
        HEAD ROOT "=== shop/ferry.yaml\n" HEAD ROOT "=== shop/other.yaml\n"
                  "ferry: 1\nx: 1\nproject: shop\ndialect: sqlite\ninclude: [teams/b.yaml]\n"
                  "=== shop/teams/b.yaml\n"
                  "y: 1\n" INCLUDED "=== empty/\n=== odd/ferry.yaml/\n";
    const struct path_row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct buffer shown = {0};

    make_entries(arena, text_from(files));
    load(&shown, row->path);
    assert_shown(&shown, row->expected);
    arena_free(&arena);
}

static void test_working_folder(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct buffer shown = {0};

    (void)state;
    make_entries(arena, TEXT(HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\nferry: 2\n"));
    load(&shown, ".");
    assert_shown(&shown, "b.yaml:1:8: error: this sqlferry reads ferry 1, not '2'\n");
    arena_free(&arena);
}

/* A chain of count revisions. */
static struct buffer chain(size_t count)
{
    struct buffer text = {0};

    buffer_add(&text, TEXT(HEAD "revisions:\n"));
    for (size_t i = 0; i < count; i++)
        buffer_format(&text, "  - id: r%zu\n    title: Step %zu\n%s    up: sql/%06zu.up.sql\n", i,
                      i, i ? "" : "    parents: []\n", i);
    return text;
}

static void test_many_revisions(void **state)
{
    struct arena *arena = arena_new(256 << 20);
    struct buffer text = chain(REVISIONS_MAX);
    struct manifest manifest;

    (void)state;
    support_write("ferry.yaml", buffer_text(&text));
    assert_null(manifest_load(arena, TEXT("ferry.yaml"), &manifest));
    assert_int_equal(manifest.count, REVISIONS_MAX);
    for (size_t i = 0; i < manifest.count; i++) {
        assert_int_equal(manifest.revisions[i].position, i);
        assert_int_equal(manifest.revisions[i].parent_count, i ? 1 : 0);
    }
    buffer_free(&text);
    arena_free(&arena);
}

static void test_too_many_revisions(void **state)
{
    struct arena *arena = arena_new(256 << 20);
    struct buffer text = chain(REVISIONS_MAX + 2), shown = {0};
    struct manifest manifest;

    (void)state;
    support_write("ferry.yaml", buffer_text(&text));
    show_errors(&shown, manifest_load(arena, TEXT("ferry.yaml"), &manifest));
    assert_shown(&shown, "ferry.yaml:300006:5: error: there are more than 100000 revisions\n");
    buffer_free(&text);
    arena_free(&arena);
}

static void test_too_many_files(void **state)
{
    struct arena *arena = arena_new(256 << 20);
    struct buffer text = {0}, shown = {0};
    struct manifest manifest;

    (void)state;
    buffer_add(&text, TEXT(HEAD "include:\n"));
    for (size_t i = 0; i <= INCLUDED_MAX; i++) {
        buffer_format(&text, "- %05zu.yaml\n", i);
        support_write(
            arena_format(arena, "%05zu.yaml", i).bytes,
            arena_format(arena, "ferry: 1\nrevisions: [{id: r%zu, parents: [], up: a}]\n", i));
    }
    support_write("ferry.yaml", buffer_text(&text));
    show_errors(&shown, manifest_load(arena, TEXT("ferry.yaml"), &manifest));
    assert_shown(&shown, "ferry.yaml:10005:3: error: more than 10000 files are included\n");
    buffer_free(&text);
    arena_free(&arena);
}

static void test_file_too_large(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct buffer shown = {0};

    (void)state;
    make_entries(arena, TEXT(HEAD "include: [b.yaml]\n" ROOT "=== b.yaml\n"));
    assert_int_equal(truncate("b.yaml", MANIFEST_SIZE_MAX + 1), 0);
    load(&shown, "ferry.yaml");
    load(&shown, "b.yaml");
    assert_shown(&shown, "ferry.yaml:4:11: error: 'b.yaml' is too large: 67108865 bytes, at most "
                         "67108864\n"
                         "error: 'b.yaml' is too large: 67108865 bytes, at most 67108864\n");
    arena_free(&arena);
}

/* Each test works in a folder of its own. */
static char folder[] = "/tmp/sqlferry-test-XXXXXX", before[4096];

static int enter_folder(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return getcwd(before, sizeof(before)) && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status, (void)kind, (void)walk;
    return remove(path);
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir(before) == 0 ? nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_working_folder),     cmocka_unit_test(test_many_revisions),
        cmocka_unit_test(test_too_many_revisions), cmocka_unit_test(test_too_many_files),
        cmocka_unit_test(test_file_too_large),
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(path_rows) + COUNT(others)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[count++] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_row, .initial_state = (void *)&rows[i]};
    for (size_t i = 0; i < COUNT(path_rows); i++)
        tests[count++] = (struct CMUnitTest){.name = path_rows[i].name,
                                             .test_func = test_path,
                                             .initial_state = (void *)&path_rows[i]};
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    for (size_t i = 0; i < count; i++) {
        tests[i].setup_func = enter_folder;
        tests[i].teardown_func = leave_folder;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/oracle/scripts.h"
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

/*
 * A rule is replaced by one of its choices, and {name} in a choice by a choice of that rule. The
 * first choice leads no deeper.
 */
enum { CHOICES_MAX = 60, DEPTH_MAX = 7 };

struct rule {
    const char *name;
    const char *choices[CHOICES_MAX];
};

static const struct rule postgresql[] = {
    {"valid", {"", "{statement}{gap};{gap}{valid}", "{gap};{valid}", "{statement}{gap};{valid}"}},
    {"soup",
     {"", "{piece}{soup}", "{piece}{soup}", "{piece}{piece}{soup}", "{piece} {soup}",
      "{piece};{soup}"}},

    {"blank",
     {" ", "\n", "\t", "\r\n", "\f", "--{inside}\n", "/*{inside}*/", "/**/",
      "/*{inside}/*{inside}*/{inside}*/", "/*/ {inside}*/", "/*{inside}**/", "--\n--\n",
      "\n/*'*/\n"}},
    {"gap", {"", "", " ", "\n", "{blank}", "{blank}{blank}"}},
    {"inside",
     {"", ";", "'", "\"", "$$", "$a$", "(", ")", "END", "é", "{inside}{inside}", "x", "-- ",
      "begin atomic", "\\;"}},

    {"name",
     {"a",      "b",      "t",      "a$b$",          "é$a$",      "_1",      "\"a;b\"", "\"\"\"\"",
      "\"é'\"", "\"--\"", "\"/*\"", "U&\"\\0061;\"", "u&\"$a$\"", "\"end\"", "e",       "x",
      "n",      "abc$",   "u",      "case_",         "\"a\"\"\"", "\"$$\""}},
    {"number", {"1", "2.5", "1e5", "1.e+3", ".5", ".5e-3", "007", "1.", "12"}},
    {"chars",
     {"",
      ";",
      "''",
      "\"",
      "$$",
      "$a$",
      "--",
      "/*",
      "*/",
      "(",
      ")",
      "é",
      "\\;",
      "\\ ",
      "\n",
      "{chars}{chars}",
      "{chars}{chars}",
      "END",
      ":",
      "\r\n",
      "$"}},
    {"escapes",
     {"", ";", "''", "\\'", "\\\\", "\\;", "\"", "$$", "é", "\\\"", "\n", "{escapes}{escapes}",
      "{escapes}{escapes}", "--", "/*"}},
    {"unicode", {"", ";", "''", "\\0061", "\\\\", "\"", "$a$", "{unicode}{unicode}"}},
    {"quoted",
     {"", ";", "'", "''", "\"", "--", "/*", "é", "\\;", "\n", "$1", "$b$ ", "$ ", "a$b",
      "{quoted}{quoted}", "{quoted}{quoted}", "end;", "(", "$x "}},
    {"dollar",
     {"$$x$$", "$${quoted};$$", "$a${quoted} $a$", "$é1${quoted} $é1$", "$_${quoted}$A$ $_$",
      "$A${quoted}$a$ $A$", "$a$$$;$$ $a$"}},
    {"string",
     {"'x'", "'{chars}'", "'{chars}\\'", "E'{escapes}'", "e'{escapes}\\\\'", "U&'{unicode}'",
      "{dollar}", "'{chars}'\n'{chars}'", "u&'\\0062'", "'{chars}'"}},
    {"literal",
     {"1", "{number}", "{string}", "b'101'", "X'1F'", "N'{chars}'", "null", "true", "{dollar}"}},
    {"operator",
     {"+", "- ", "*", "/", "||", "@>", "|/|", "~*", "AND", "OR", "+--{inside}\n", "*/*{inside}*/",
      "#- ", "^", "?|", "<<- ", "%%"}},
    {"e",
     {"1",
      "{literal}",
      "{name}",
      "({gap}{e}{gap})",
      "{e} {operator} {e}",
      "{e} {operator}{blank}{e}",
      "CASE WHEN {e} THEN {e} ELSE {e} END",
      "{name}.{name}",
      "CASE {e} WHEN {e}{blank}THEN {e} END",
      "{literal}::text",
      "ARRAY[{e}, {e}]",
      "f({e},{gap}{e})",
      "a[1:2]",
      "a[{e}]",
      "(SELECT {e})",
      "EXISTS(SELECT{blank}{e})",
      "CAST({e} AS numeric(10,2))",
      "t.end",
      "({e} IS NULL)",
      "({e} >={blank}{literal})",
      "({name} <{literal})",
      "{literal}",
      "t.case",
      "{string} || {string}",
      "f(x => {e})",
      "f(x := {e})",
      "{literal}"}},
    {"dml",
     {"SELECT 1", "SELECT {e}", "INSERT INTO {name} VALUES ({e}, {e})",
      "UPDATE {name} SET {name} = {e}", "DELETE FROM {name} WHERE {e}",
      "SELECT {e} AS {name} FROM {name} AS {name} WHERE {e}"}},
    {"body",
     {"", "{dml};", "{gap}{dml}{gap};{body}", "{dml};{gap}{body}", "SELECT 1 AS end;{body}",
      "SELECT CASE WHEN {e} THEN {e} END;{body}"}},
    {"statement",
     {"SELECT 1",
      "{dml}",
      "{dml}",
      "SELECT{blank}{e}",
      "SELECT {e}, {e}",
      "CREATE TABLE {name} ({name} int DEFAULT {literal}, {name} text CHECK ({e}))",
      "CREATE{blank}INDEX ON {name} ({name}) WHERE {e}",
      "COMMENT ON TABLE {name} IS {string}",
      "DO {dollar}",
      "CREATE FUNCTION {name}() RETURNS int LANGUAGE sql AS {string}",
      "CREATE{blank}OR{blank}REPLACE{blank}FUNCTION{blank}{name}(a int DEFAULT {literal}) RETURNS "
      "int LANGUAGE sql{blank}BEGIN{blank}ATOMIC{gap} {body}{gap} END",
      "CREATE PROCEDURE {name}() begin atomic{blank}{body} end",
      "create function begin() RETURN 1",
      "CREATE FUNCTION {name}() RETURNS int RETURN {e}",
      "CREATE VIEW {name} AS SELECT {e} AS a",
      "CREATE RULE {name} AS ON INSERT TO {name} DO ALSO ({gap}{dml};{gap}{dml})",
      "ALTER TABLE {name} ADD COLUMN {name} text DEFAULT {literal}",
      "CREATE TYPE {name} AS ENUM ({string}, {string})",
      "GRANT SELECT ON {name} TO {name}",
      "CREATE TRIGGER {name} BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION f({string})",
      "WITH {name} AS (SELECT {e}) SELECT {e}",
      "VALUES ({e}), ({e})",
      "(SELECT {e})",
      "CREATE SCHEMA {name} CREATE TABLE {name} (a int)",
      "PREPARE {name} AS SELECT $1, {e}",
      "CREATE PROCEDURE {name}(IN a int) LANGUAGE sql BEGIN ATOMIC {body}END"}},

    {"piece",
     {";", "{token}", "{token}", "{token}", "{string}", "{name}", "{number}", "{blank}", "{e}",
      "({e})", "{statement};", "{token} ", "{dollar}", "{literal}", "BEGIN ATOMIC", "{token}\n",
      "CREATE FUNCTION ", "COPY t FROM STDIN;\n1\t;\n\\.\n"}},
    {"token", {";",         "'",          "''",         "\"",
               "--",        "/*",         "*/",         "/",
               "(",         ")",          "[",          "]",
               "$",         "$$",         "$a$",        "$A$",
               "E'",        "e",          "U&'",        "U&\"",
               "U&",        "b'",         "x",          "N'",
               "\\",        "\\'",        "\\;",        ":",
               "::",        ":=",         "1",          "1e",
               "1e5$a$",    "2.5e-",      "$1",         "$1a",
               "..",        ".",          "é",          "\r",
               "-",         "+",          "@",          "CASE ",
               " END",      "end",        "BEGIN ",     " begin atomic ",
               "ATOMIC ",   "CREATE ",    "OR ",        "create or replace ",
               "FUNCTION ", "procedure ", "E'a'\n'\\'", "'a' --;\n'",
               "0x1F$a$",   "1_0"}},
};

static const struct rule sqlite[] = {
    {"valid", {"", "{gap}{statement}{gap};{valid}", "{gap};{valid}", "{statement};{valid}"}},
    {"soup",
     {"", "{piece}{soup}", "{piece}{soup}", "{piece}{piece}{soup}", "{piece} {soup}",
      "{piece};{soup}"}},

    {"blank",
     {" ", "\n", "\t", "\r\n", "\f", "--{inside}\n", "/*{inside}*/", "/**/", "/*/ {inside}*/",
      "/*{inside}**/", "--\r;\n"}},
    {"gap", {"", "", " ", "\n", "{blank}", "{blank}{blank}"}},
    {"inside",
     {"", ";", "'", "\"", "`", "[", "(", "END", "; END;", "é", "{inside}{inside}", "x", "-- ",
      "/* ", "$"}},

    {"name",
     {"a", "a", "t.a", "\"a\"", "[a]", "`a`", "t.\"b\"", "b", "\"t\".[b]", "c$d", "\"e;f\"",
      "[g;']", "`h\"`", "\"i\"\"\"", "`j```", "é", "[end;]", "\"; END;\""}},
    {"number", {"1", "2.5", "1e5", ".5", "0x1F", "1.", "12e-3"}},
    {"chars",
     {"", ";", "''", "\"", "--", "/*", "*/", "é", "\\", "\n", "`", "[", "]", "{chars}{chars}",
      "{chars}{chars}", "; END;", "$x(;)"}},
    {"literal",
     {"1", "{number}", "'{chars}'", "'{chars}'", "x'00ff'", "X'3b'", "NULL", "'{chars}'"}},
    {"operator",
     {"+", "- ", "*", "/1*", "<", ">=", "<>", "||", "AND", "OR", "=", "==", "+--{inside}\n",
      "*/*{inside}*/", "%", "&", "<<", "IS", "- /**/"}},
    {"e",
     {"1", "{literal}", "{literal}", "({gap}{e}{gap})", "{e} {operator} {e}",
      "{e}{blank}{operator}{blank}{e}", "CASE WHEN {e} THEN {e} ELSE {e} END",
      "CASE {e} WHEN {e}{blank}THEN {e} END", "CAST({e} AS text)", "(SELECT {e})",
      "EXISTS(SELECT{blank}{e})", "abs({gap}1)", "{literal}", "- {e}", "NOT {e}"}},
    {"r", {"1", "{e}", "{name}", "{name} {operator} {e}", "{e} || {name}"}},
    {"dml",
     {"SELECT 1", "SELECT {e}", "SELECT {r} FROM t WHERE {r}", "INSERT INTO u VALUES ({e})",
      "UPDATE t SET b = {r} WHERE {r}", "DELETE FROM t WHERE {r}", "REPLACE INTO u VALUES ({e})",
      "INSERT INTO u SELECT {r} FROM t", "SELECT {e} AS [a;b]"}},
    {"inner",
     {"SELECT 1;", "INSERT INTO u VALUES ({e});", "UPDATE u SET x = {e};", "{inner}{gap}{inner}",
      "DELETE FROM u WHERE {e};", "SELECT CASE WHEN {e} THEN {e} END;{gap}", "{blank}{inner}"}},
    {"trigger",
     {"TRIGGER n AFTER INSERT ON t BEGIN {inner} END",
      "TRIGGER [n;] AFTER UPDATE ON t WHEN {e}{blank}BEGIN{blank}{inner}{gap}end",
      "trigger{blank}\"end\"{blank}BEFORE DELETE ON t BEGIN {inner}{gap}END{gap}",
      "TRIGGER IF NOT EXISTS `n` AFTER INSERT ON t FOR EACH ROW BEGIN {inner}{inner} End"}},
    {"statement",
     {"SELECT 1",
      "{dml}",
      "{dml}",
      "{dml}",
      "CREATE TABLE n (a DEFAULT {literal}, b CHECK (a > {literal}))",
      "CREATE {trigger}",
      "create{blank}{trigger}",
      "CREATE TEMP {trigger}",
      "EXPLAIN CREATE {trigger}",
      "CREATE{blank}TEMPORARY{blank}{trigger}",
      "EXPLAIN QUERY PLAN {dml}",
      "EXPLAIN{blank}{dml}",
      "CREATE TEMP TABLE n AS SELECT {e} AS a",
      "CREATE VIEW v AS SELECT {e} AS \"a;\"",
      "CREATE INDEX n ON t (a) WHERE a > 1",
      "WITH w AS (SELECT {e}) SELECT {e}",
      "VALUES ({e}), ({e})",
      "ALTER TABLE t ADD COLUMN n DEFAULT 1",
      "DROP TABLE u",
      "EXPLAIN QUERY PLAN CREATE {trigger}",
      "CREATE TABLE IF NOT EXISTS [n;] (trigger, \"end\", [;])",
      "PRAGMA user_version"}},

    {"piece",
     {";", "{token}", "{token}", "{token}", "{literal}", "{name}", "{number}", "{blank}", "{e}",
      "({e})", "{statement};", "{token} ", "{inner}", "CREATE {trigger}", "; END ;",
      " CREATE TRIGGER ", "{token}\n"}},
    {"token",
     {";",        "'",       "''",    "\"",         "`",       "[",         "]",     "--",
      "/*",       "*/",      "/",     "(",          ")",       "x'",        "X",     "1",
      "0x",       "1e",      ".5",    ".",          "$",       "$a",        "$x(;)", ":",
      ":a",       "::",      "@",     "@a",         "?",       "?1",        "\\",    "é",
      "CREATE",   "create ", "TEMP ", "temporary ", "TRIGGER", " trigger ", "END",   " end",
      "EXPLAIN ", "QUERY ",  "PLAN ", "table",      " go ",    "\ngo\n",    "\n/\n", "\r",
      "\f",       "-",       "&",     "!",          "#",       "\n.mode\n", "IF ",   "a$b"}},
};

static const struct rule *find(const struct rule *rules, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(text_from(rules[i].name), name))
            return &rules[i];
    abort(); /* a misspelt rule */
}

struct making {
    struct buffer *to;
    const struct rule *rules;
    size_t rule_count;
    uint64_t *state;
};

static void expand(const struct making *making, struct text name, size_t depth)
{
    const struct rule *rule = find(making->rules, making->rule_count, name);
    size_t count = 0;

    while (count < CHOICES_MAX && rule->choices[count])
        count++;
    struct text choice =
        text_from(rule->choices[depth < DEPTH_MAX ? support_below(making->state, count) : 0]);
    while (choice.size) {
        size_t open = text_find_byte(choice, '{');

        buffer_add(making->to, text_slice(choice, 0, open));
        choice = text_slice(choice, open, choice.size);
        if (choice.size == 0)
            break;
        size_t close = text_find_byte(choice, '}');
        struct text inner = text_slice(choice, 1, close - 1);
        /* How long a script is, is no matter of depth. */
        bool goes_on = text_equal(inner, name) && close + 1 == choice.size &&
                       (text_equal(name, TEXT("valid")) || text_equal(name, TEXT("soup")));
        expand(making, inner, goes_on ? depth : depth + 1);
        choice = text_slice(choice, close + 1, choice.size);
    }
}

static void tame_backslashes(struct buffer *buffer)
{
    for (size_t i = 0; i + 1 < buffer->size; i++) {
        char behind = buffer->bytes[i + 1];

        if (buffer->bytes[i] == '\\' && ((behind | 0x20) >= 'a' && (behind | 0x20) <= 'z'))
            buffer->bytes[i + 1] = ';';
        if (buffer->bytes[i] == '\\' && (behind == '!' || behind == '?'))
            buffer->bytes[i + 1] = ' ';
    }
}

struct text scripts_make(struct buffer *buffer, enum dialect dialect, enum scripts_kind kind,
                         uint64_t *state)
{
    bool is_sqlite = dialect == DIALECT_SQLITE;
    struct making making = {buffer, is_sqlite ? sqlite : postgresql,
                            is_sqlite ? COUNT(sqlite) : COUNT(postgresql), state};

    buffer->size = 0;
    expand(&making, kind == SCRIPTS_VALID ? TEXT("valid") : TEXT("soup"), 0);
    tame_backslashes(buffer);
    buffer_add(buffer, (struct text){"", 1});
    return (struct text){buffer->bytes, buffer->size - 1};
}

size_t scripts_count(size_t otherwise)
{
    const char *count = getenv("SCRIPTS");

    return count ? strtoul(count, NULL, 10) : otherwise;
}

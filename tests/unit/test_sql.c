#include "compiler/sql_lexer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PG           DIALECT_POSTGRESQL, true
#define PG_NONE      DIALECT_POSTGRESQL, false
#define LITE         DIALECT_SQLITE, true
#define LITE_NONE    DIALECT_SQLITE, false
#define SEMICOLON    (1u << SQL_MISSING_SEMICOLON)
#define AMBIGUOUS    (1u << SQL_SPLIT_AMBIGUOUS)
#define BOM          "\xef\xbb\xbf"
#define NO_SEMICOLON "the last statement does not end in ';'\n"
#define JUNK         "a name with a dollar sign touches a number, which servers read differently\n"
#define DISAGREE     "because of this word psql and the server disagree on where the statement ends\n"
#define SIGNS_63     "+++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++"
#define ROUTINE      "CREATE FUNCTION f() RETURNS int LANGUAGE sql "

/*
 * expected  each statement in braces, then "keys off" where foreign keys are; or the errors, one a
 *           line: LINE:COLUMN+SIZE MESSAGE, notes behind " <- "
 */
struct row {
    const char *name;
    enum dialect dialect;
    bool transactional;
    unsigned allowed;
    struct text input;
    const char *expected;
    const char *hint; /* of the first error, where it matters */
};

static const struct row rows[] = {
    /* Boundaries, PostgreSQL. */
    {"empty", PG, 0, TEXT(""), "", NULL},
    {"only comments", PG, 0, TEXT("-- a;\n/* b; */\n;;\n--"), "", NULL},
    {"two", PG, 0, TEXT(" a; /* x */ b -- ;\n;"), "{a;}{b -- ;\n;}", NULL},
    {"CRLF", PG, 0, TEXT("a\r\n;\r\nb;\r\n"), "{a\r\n;}{b;}", NULL},
    {"byte-order mark in front", PG, 0, TEXT(BOM "a;"), "{a;}", NULL},
    {"comment ends at CR", PG, 0, TEXT("-- x;\ra;"), "{a;}", NULL},
    {"nested comment", PG, 0, TEXT("/* /* ; */ ; */ a;"), "{a;}", NULL},
    {"/*/ does not close", PG, 0, TEXT("a /*/ ; */;"), "{a /*/ ; */;}", NULL},
    {"comment inside an operator", PG, 0, TEXT("a +-- ;\n*/* ; */x;"), "{a +-- ;\n*/* ; */x;}",
     NULL},
    {"doubled quotes", PG, 0, TEXT("'a'';' \"b\"\";\";c;"), "{'a'';' \"b\"\";\";}{c;}", NULL},
    {"a backslash is itself", PG, 0, TEXT("'a\\';b;"), "{'a\\';}{b;}", NULL},
    {"E'' escapes", PG, 0, TEXT("E'\\';' e'\\\\';b;"), "{E'\\';' e'\\\\';}{b;}", NULL},
    {"no E'' behind a letter", PG, 0, TEXT("te'\\';b;"), "{te'\\';}{b;}", NULL},
    {"U& escapes nothing", PG, 0, TEXT("U&'\\0061\\';u&\"\\\";"), "{U&'\\0061\\';}{u&\"\\\";}",
     NULL},
    {"bits and bytes", PG, 0, TEXT("b'1;' X'f;' n';';"), "{b'1;' X'f;' n';';}", NULL},
    {"dollar quotes", PG, 0, TEXT("$$;$a$;$$ $é1$;$é1$;"), "{$$;$a$;$$ $é1$;$é1$;}", NULL},
    {"dollar tags by byte", PG, 0, TEXT("$a$;$A$;$a$;"), "{$a$;$A$;$a$;}", NULL},
    {"a dollar sign ends another tag", PG, 0, TEXT("$a$ $b$a$;b;"), "{$a$ $b$a$;}{b;}", NULL},
    {"a dollar sign inside a word", PG, 0, TEXT("a$b$;c$b$;"), "{a$b$;}{c$b$;}", NULL},
    {"number junk", PG, 0, TEXT("1e5a;2.5x';';1e+5y;1_000;"), "{1e5a;}{2.5x';';}{1e+5y;}{1_000;}",
     NULL},
    {"number junk with a dollar sign", PG, 0, TEXT("1e5$a$;\n2.5x$a$;1e+5y$;prepare $1a$;1$$;$$;"),
     "1:1+6 " JUNK "2:1+7 " JUNK "2:9+6 " JUNK "2:24+4 " JUNK,
     "Put a blank where the number ends."},
    {"number, then a quote", PG, 0, TEXT("1.5$a$;$a$;1..2$$;$$;"), "{1.5$a$;$a$;}{1..2$$;$$;}",
     NULL},
    {"casts and assignments", PG, 0, TEXT("a::b; c(d := e); f[1:2];"),
     "{a::b;}{c(d := e);}{f[1:2];}", NULL},
    {"parentheses", PG, 0, TEXT("CREATE RULE r AS ON DELETE TO t DO (a; b); c;) d;"),
     "{CREATE RULE r AS ON DELETE TO t DO (a; b);}{c;}{) d;}", NULL},
    {"an operator", PG, 0, TEXT("a " SIGNS_63 " b;" SIGNS_63 "-- +\n" SIGNS_63 "+;"),
     "2:1+1 an operator of more than 63 characters\n", "Put blanks between the signs."},
    {"string continued", PG, 0, TEXT("'a'\n'b;';"), "{'a'\n'b;';}", NULL},

    /* BEGIN ATOMIC. */
    {"atomic body", PG, 0, TEXT(ROUTINE "BEGIN ATOMIC a; b; END; c;"),
     "{" ROUTINE "BEGIN ATOMIC a; b; END;}{c;}", NULL},
    {"atomic body with CASE", PG, 0,
     TEXT("create or replace procedure p() begin atomic select case a when 1 then 2 end; end;"),
     "{create or replace procedure p() begin atomic select case a when 1 then 2 end; end;}", NULL},
    {"empty atomic body", PG, 0, TEXT(ROUTINE "BEGIN ATOMIC END; c;"),
     "{" ROUTINE "BEGIN ATOMIC END;}{c;}", NULL},
    {"parentheses in a body", PG, 0, TEXT(ROUTINE "BEGIN ATOMIC f(a; end); END;"),
     "{" ROUTINE "BEGIN ATOMIC f(a; end); END;}", NULL},
    {"column named end", PG, 0, TEXT(ROUTINE "BEGIN ATOMIC SELECT t.end; b; END;\nc;"),
     "1:68+3 " DISAGREE,
     "Put the name in double quotes, or allow 'split-ambiguous' for the server's reading."},
    {"column named end, allowed", PG, AMBIGUOUS,
     TEXT(ROUTINE "BEGIN ATOMIC SELECT t.end; b; END;\nc;"),
     "{" ROUTINE "BEGIN ATOMIC SELECT t.end; b; END;}{c;}", NULL},
    {"function named begin", PG, 0, TEXT("create function begin() as 'x'; b;"), "1:17+5 " DISAGREE,
     NULL},
    {"function named begin, allowed", PG, AMBIGUOUS, TEXT("create function begin() as 'x'; b;"),
     "{create function begin() as 'x';}{b;}", NULL},
    {"function named \"begin\"", PG, 0, TEXT("create function \"begin\"() as 'x'; b;"),
     "{create function \"begin\"() as 'x';}{b;}", NULL},
    {"no body without CREATE FUNCTION", PG, 0, TEXT("SELECT BEGIN ATOMIC; b;"),
     "{SELECT BEGIN ATOMIC;}{b;}", NULL},
    {"words in parentheses count, too", PG, 0, TEXT("(create) function f() begin; b;"),
     "1:23+5 " DISAGREE, NULL},
    {"words in parentheses come first", PG, 0, TEXT("(a) create function f() as 'x' begin; b;"),
     "{(a) create function f() as 'x' begin;}{b;}", NULL},
    {"the U of U& does not", PG, 0, TEXT("U&create function f() begin; b;"), "1:23+5 " DISAGREE,
     NULL},
    {"no body inside parentheses", PG, 0, TEXT("create function f(begin atomic) as 'x'; b;"),
     "{create function f(begin atomic) as 'x';}{b;}", NULL},
    {"body ends, statement does not", PG, 0, TEXT(ROUTINE "BEGIN ATOMIC\na;\nend"),
     "3:4+0 " NO_SEMICOLON, NULL},
    {"body without end", PG, 0, TEXT("a; " ROUTINE "BEGIN ATOMIC b;\n"),
     "1:49+5 unterminated BEGIN ATOMIC body\n", NULL},

    /* What is not terminated, at its opening. */
    {"open string", PG, 0, TEXT("a;\nb 'c;\nd"), "2:3+1 unterminated string\n", NULL},
    {"open E'' string", PG, 0, TEXT("E'a\\'"), "1:1+2 unterminated string\n", NULL},
    {"E'' string cut at its backslash", PG, 0, TEXT("E'a\\"), "1:1+2 unterminated string\n", NULL},
    {"open U& name", PG, 0, TEXT("a U&\"b"), "1:3+3 unterminated quoted name\n", NULL},
    {"open name", PG, 0, TEXT("\""), "1:1+1 unterminated quoted name\n", NULL},
    {"open comment", PG, 0, TEXT("a;\n /* /* */"), "2:2+2 unterminated comment\n", NULL},
    {"open dollar quote", PG, 0, TEXT("a; $x$ b; $X$"), "1:4+3 unterminated dollar quote '$x$'\n",
     NULL},
    {"open parenthesis", PG, 0, TEXT("a (b\n (c);\nd;"),
     "1:3+1 unterminated parenthesis <- 2:5+1 the first ';' inside it\n", NULL},
    {"deep comment", PG, 0,
     TEXT("/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/"
          "*/*"
          "/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*"),
     "1:1+2 unterminated comment\n1:129+2 comments are nested deeper than 64\n", NULL},
    {"no last semicolon", PG, 0, TEXT("a;\nb -- c\n"), "2:2+0 " NO_SEMICOLON,
     "Add it if the statement is whole, or allow 'missing-semicolon'."},
    {"no last semicolon, allowed", PG, SEMICOLON, TEXT("a;\nb\n"), "{a;}{b\n;}", NULL},
    {"nor behind a comment, allowed", PG, SEMICOLON, TEXT("a;\nb -- c"), "{a;}{b -- c\n;}", NULL},

    /* Bytes. */
    {"Latin-1", PG, 0, TEXT("a;\n'\xe4';"), "2:2+1 byte 0xe4 is not UTF-8\n",
     "Save the file as UTF-8."},
    {"NUL", PG, 0, TEXT("a;\n\0b;"), "2:1+1 NUL byte in a script\n",
     "Save the file as UTF-8; this looks like UTF-16."},
    {"control character in a string", PG, 0, TEXT("'\x1b[2J';"),
     "1:2+1 control character U+001B in a script\n", NULL},
    {"form feed", PG, 0, TEXT("a\f;"), "{a\f;}", NULL},
    {"vertical tab", PG, 0, TEXT("'\v';/*\v*/\va;"),
     "1:10+1 vertical tab, which is a blank only from PostgreSQL 16 on\n", NULL},
    {"vertical tab, SQLite", LITE, 0, TEXT("a\v;"),
     "1:2+1 vertical tab, which is no blank to SQLite\n", NULL},
    {"byte-order mark inside", PG, 0, TEXT("a;\n" BOM "b; 'c" BOM "'; --" BOM),
     "2:1+3 byte-order mark inside the script\n", NULL},
    {"byte-order mark inside, SQLite", LITE, 0, TEXT(BOM "a" BOM ";"),
     "1:2+3 byte-order mark inside the script\n", NULL},
    {"archive", PG, 0, TEXT("PGDMP\1\16\0"), "1:1+5 an archive of pg_dump, not SQL\n",
     "Make it SQL with pg_restore -f."},

    /* psql. */
    {"meta-commands", PG, 0, TEXT("\\restrict k\na; \\i 'b;'\nc \\! rm\n;"),
     "1:1+9 psql command '\\restrict' in a script\n"
     "2:4+2 psql command '\\i' in a script\n"
     "3:3+2 psql command '\\!' in a script\n",
     "pg_dump wrote this line for psql; delete it."},
    {"\\gset ends a statement", PG, 0, TEXT("a \\gset\nBEGIN;"),
     "1:3+5 psql command '\\gset' in a script\n"
     "2:1+5 transaction control 'BEGIN' in a script\n",
     NULL},
    {"backslash and semicolon", PG, 0, TEXT("a\\;b;"), "1:2+2 psql command '\\;' in a script\n",
     NULL},
    {"variables", PG, 0, TEXT("a :b :'c' :\"d\" :{?e} :1;"),
     "1:3+2 psql variable ':b' in a script\n"
     "1:6+4 psql variable ':'c'' in a script\n"
     "1:11+4 psql variable ':\"d\"' in a script\n"
     "1:16+5 psql variable ':{?e}' in a script\n"
     "1:22+2 psql variable ':1' in a script\n",
     "Write the value itself."},
    {"variable in a slice", PG, 0, TEXT("a[1:n]; b[1: n]; c[1:2];"),
     "1:4+2 psql variable ':n' in a script\n", "Put a blank behind the colon if this is a slice."},
    {"no variables", PG, 0, TEXT("a: b ':c' \":d\" /* :e */ $$:f$$ :'g h';"),
     "{a: b ':c' \":d\" /* :e */ $$:f$$ :'g h';}", NULL},
    {"a long name is cut", PG, 0, TEXT("a :äääääääääääääääääääääääääääääääääääääääää;"),
     "1:3+83 psql variable ':äääääääääääääääääääääääääääää' in a script\n", NULL},
    {"E'' goes on", PG, 0, TEXT("E'a' -- x\n  'b\\'; c';"),
     "2:3+1 an E'' string goes on here, which psql and the server read differently\n",
     "Write one E'' string, or join the parts with ||."},
    {"E'' does not go on", PG, 0, TEXT("E'a' 'b\\';E'c'/*\n*/'d\\';"),
     "{E'a' 'b\\';}{E'c'/*\n*/'d\\';}", NULL},
    {"parameter", PG, 0, TEXT("a $1;"), "1:3+2 parameter '$1' in a script\n", NULL},
    {"parameters that are declared", PG, 0,
     TEXT("PREPARE p AS SELECT $1; create function f(int) returns int return $1;"),
     "{PREPARE p AS SELECT $1;}{create function f(int) returns int return $1;}", NULL},
    {"COPY FROM STDIN", PG, 0,
     TEXT("COPY a (b, c) FROM stdin;\n1\t'\n\\N\t;\n\\.\nCOPY t FROM STDOUT;\n\\.\nd"),
     "1:20+5 COPY from the client, whom a script does not have\n"
     "5:13+6 COPY from the client, whom a script does not have\n"
     "7:2+0 " NO_SEMICOLON,
     "Write the rows as INSERT statements; pg_dump --inserts does."},
    {"COPY TO STDOUT", PG, 0, TEXT("COPY (select 1 from stdin) TO stdout; COPY a TO '/f';"),
     "1:31+6 COPY to the client, whom a script does not have\n", NULL},

    /* Transactions. */
    {"wrapper", PG, 0, TEXT("-- x\nBEGIN /*é\n*/ ;\na;\nCOMMIT;\n-- y\n"), "{a;}", NULL},
    {"wrappers in full", PG, 0,
     TEXT("START TRANSACTION ISOLATION LEVEL SERIALIZABLE; a; END TRANSACTION AND NO CHAIN;"),
     "{a;}", NULL},
    {"wrapper around nothing", PG, 0, TEXT("begin work;commit work;"), "", NULL},
    {"wrapper without last semicolon", PG, SEMICOLON, TEXT("BEGIN; a; COMMIT"), "{a;}", NULL},
    {"BEGIN alone", PG, 0, TEXT("BEGIN; a;"), "1:1+5 transaction control 'BEGIN' in a script\n",
     NULL},
    {"COMMIT alone", PG, 0, TEXT("a; COMMIT;"), "1:4+6 transaction control 'COMMIT' in a script\n",
     NULL},
    {"BEGIN in the middle", PG, 0, TEXT("a; BEGIN; b; COMMIT;"),
     "1:4+5 transaction control 'BEGIN' in a script\n"
     "1:14+6 transaction control 'COMMIT' in a script\n",
     NULL},
    {"several transactions", PG, 0, TEXT("BEGIN; a; COMMIT; BEGIN; b; COMMIT;"),
     "1:1+5 transaction control 'BEGIN' in a script\n"
     "1:11+6 transaction control 'COMMIT' in a script\n"
     "1:19+5 transaction control 'BEGIN' in a script\n"
     "1:29+6 transaction control 'COMMIT' in a script\n",
     NULL},
    {"statement behind COMMIT", PG, 0, TEXT("BEGIN; a; COMMIT; b;"),
     "1:1+5 transaction control 'BEGIN' in a script\n"
     "1:11+6 transaction control 'COMMIT' in a script\n",
     NULL},
    {"BEGIN twice", PG, 0, TEXT("BEGIN; BEGIN; a; COMMIT;"),
     "1:8+5 transaction control 'BEGIN' in a script\n", NULL},
    {"COMMIT AND CHAIN", PG, 0, TEXT("BEGIN; a; COMMIT AND CHAIN;"),
     "1:1+5 transaction control 'BEGIN' in a script\n"
     "1:11+6 transaction control 'COMMIT' in a script\n",
     NULL},
    {"transaction control", PG, 0,
     TEXT("rollback;ABORT;PREPARE TRANSACTION 'x';COMMIT PREPARED 'x';ROLLBACK PREPARED 'x';"
          "/*x*/Rollback/*y*/work;"),
     "1:1+8 transaction control 'rollback' in a script\n"
     "1:10+5 transaction control 'ABORT' in a script\n"
     "1:16+7 transaction control 'PREPARE TRANSACTION' in a script\n"
     "1:40+6 transaction control 'COMMIT PREPARED' in a script\n"
     "1:60+8 transaction control 'ROLLBACK PREPARED' in a script\n"
     "1:87+8 transaction control 'Rollback' in a script\n",
     "Delete it: the whole revision runs in one transaction."},
    {"savepoints", PG, 0,
     TEXT("SAVEPOINT a; ROLLBACK WORK TO a; ROLLBACK TO SAVEPOINT a; RELEASE a;"),
     "{SAVEPOINT a;}{ROLLBACK WORK TO a;}{ROLLBACK TO SAVEPOINT a;}{RELEASE a;}", NULL},
    {"savepoint without transaction", PG_NONE, 0, TEXT("SAVEPOINT a;"),
     "1:1+9 transaction control 'SAVEPOINT' in a script\n",
     "Delete it: each statement of this script runs by itself."},
    {"wrapper without transaction", PG_NONE, 0, TEXT("BEGIN; a; COMMIT;"),
     "1:1+5 transaction control 'BEGIN' in a script\n"
     "1:11+6 transaction control 'COMMIT' in a script\n",
     NULL},

    /* What cannot run in a transaction. */
    {"concurrently", PG, 0,
     TEXT("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);\nDROP INDEX concurrently i;\n"
          "REINDEX TABLE CONCURRENTLY t;\nREINDEX (VERBOSE, CONCURRENTLY) TABLE t;\n"
          "ALTER TABLE IF EXISTS ONLY \"a\".b DETACH PARTITION c.d CONCURRENTLY;"),
     "1:21+12 'CREATE INDEX CONCURRENTLY' cannot run in a transaction\n"
     "2:12+12 'DROP INDEX CONCURRENTLY' cannot run in a transaction\n"
     "3:15+12 'REINDEX CONCURRENTLY' cannot run in a transaction\n"
     "4:19+12 'REINDEX CONCURRENTLY' cannot run in a transaction\n"
     "5:55+12 'DETACH PARTITION CONCURRENTLY' cannot run in a transaction\n",
     "Say 'transaction: none' for this revision."},
    {"whole databases", PG, 0,
     TEXT("REINDEX SCHEMA s;REINDEX (verbose) DATABASE d;reindex system d;\nVACUUM;CLUSTER;"
          "CLUSTER VERBOSE;\nCREATE DATABASE d;DROP DATABASE d;ALTER DATABASE d SET TABLESPACE t;\n"
          "CREATE TABLESPACE t;DROP TABLESPACE t;ALTER SYSTEM SET a=1;DISCARD ALL;"),
     "1:1+7 'REINDEX SCHEMA' cannot run in a transaction\n"
     "1:18+7 'REINDEX DATABASE' cannot run in a transaction\n"
     "1:47+7 'REINDEX SYSTEM' cannot run in a transaction\n"
     "2:1+6 'VACUUM' cannot run in a transaction\n"
     "2:8+7 'CLUSTER' cannot run in a transaction\n"
     "2:16+7 'CLUSTER' cannot run in a transaction\n"
     "3:1+6 'CREATE DATABASE' cannot run in a transaction\n"
     "3:19+4 'DROP DATABASE' cannot run in a transaction\n"
     "3:56+10 'ALTER DATABASE ... SET TABLESPACE' cannot run in a transaction\n"
     "4:1+6 'CREATE TABLESPACE' cannot run in a transaction\n"
     "4:21+4 'DROP TABLESPACE' cannot run in a transaction\n"
     "4:39+5 'ALTER SYSTEM' cannot run in a transaction\n"
     "4:60+7 'DISCARD ALL' cannot run in a transaction\n",
     NULL},
    {"subscriptions", PG, 0,
     TEXT("CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p;\n"
          "ALTER SUBSCRIPTION s REFRESH PUBLICATION;ALTER SUBSCRIPTION s ADD PUBLICATION p;"),
     "1:1+6 'CREATE SUBSCRIPTION' cannot run in a transaction\n"
     "2:22+7 'ALTER SUBSCRIPTION ... REFRESH PUBLICATION' cannot run in a transaction\n"
     "2:67+11 'ALTER SUBSCRIPTION ... PUBLICATION' cannot run in a transaction\n",
     NULL},
    {"their like that can", PG, 0,
     TEXT("CREATE INDEX concurrently_not ON t (a);CLUSTER t;REINDEX (CONCURRENTLY off) TABLE t;"
          "ALTER DATABASE d SET a = 1;ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh=false);"
          "CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p WITH (create_slot = 'false');"),
     "{CREATE INDEX concurrently_not ON t (a);}{CLUSTER t;}{REINDEX (CONCURRENTLY off) TABLE t;}"
     "{ALTER DATABASE d SET a = 1;}{ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh=false);}"
     "{CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p WITH (create_slot = 'false');}",
     NULL},
    {"each by itself", PG_NONE, 0, TEXT("CREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM t;"),
     "{CREATE INDEX CONCURRENTLY i ON t (a);}{VACUUM t;}", NULL},

    /* Settings. */
    {"settings of pg_dump", PG, 0,
     TEXT("SET client_encoding = 'UTF8';SET standard_conforming_strings = on;"
          "SELECT pg_catalog.set_config('search_path', '', false);SET LOCAL a TO off;"
          "set session standard_conforming_strings to 'ON';"),
     "{SET client_encoding = 'UTF8';}{SET standard_conforming_strings = on;}"
     "{SELECT pg_catalog.set_config('search_path', '', false);}{SET LOCAL a TO off;}"
     "{set session standard_conforming_strings to 'ON';}",
     NULL},
    {"settings that change the lexer", PG, 0,
     TEXT("SET standard_conforming_strings = off;\nSET LOCAL \"Backslash_Quote\" TO on;\n"
          "SET standard_conforming_strings TO DEFAULT;\nSET NAMES 'latin1';\n"
          "SELECT Set_Config( 'Standard_conforming_strings', 'off', true);"),
     "1:5+27 setting 'standard_conforming_strings' changes how the rest of the script is read\n"
     "2:11+17 setting 'Backslash_Quote' changes how the rest of the script is read\n"
     "3:5+27 setting 'standard_conforming_strings' changes how the rest of the script is read\n"
     "4:5+5 setting 'NAMES' changes how the rest of the script is read\n"
     "5:20+29 setting 'Standard_conforming_strings' changes how the rest of the script is read\n",
     "Delete it: scripts are read with 'on'."},

    /* SQLite. */
    {"quotes", LITE, 0, TEXT("'a'';\\' \"b\"\";\" `c``;` [d;] x';';e;"),
     "{'a'';\\' \"b\"\";\" `c``;` [d;] x';';}{e;}", NULL},
    {"comments", LITE, 0, TEXT("-- a;\rb;\n/* /* ; */ c; /*/ ; */ d;"), "{c;}{d;}", NULL},
    {"parentheses do not count", LITE, 0, TEXT("a (; b;"), "{a (;}{b;}", NULL},
    {"trigger", LITE, 0,
     TEXT("CREATE TEMP TRIGGER t BEGIN a; CASE x END; b; END; EXPLAIN QUERY PLAN create trigger u "
          "begin a; end/**/; c; CREATE TABLE trigger; d;"),
     "{CREATE TEMP TRIGGER t BEGIN a; CASE x END; b; END;}"
     "{EXPLAIN QUERY PLAN create trigger u begin a; end/**/;}{c;}{CREATE TABLE trigger;}{d;}",
     NULL},
    {"open trigger", LITE, 0, TEXT("a;\nCREATE TRIGGER t BEGIN b; END\n"), "2:30+0 " NO_SEMICOLON,
     NULL},
    {"trigger without end", LITE, 0, TEXT("a;\nCREATE TRIGGER t BEGIN b;\n"),
     "2:1+6 unterminated trigger\n", "It ends in 'END;', behind a ';'."},
    {"open quotes", LITE, 0, TEXT("a [b;"), "1:3+1 unterminated quoted name\n", NULL},
    {"open string, SQLite", LITE, 0, TEXT("'a''"), "1:1+1 unterminated string\n", NULL},
    {"open comment, SQLite", LITE, 0, TEXT("a; /*/"), "1:4+2 unterminated comment\n", NULL},
    {"bind parameters", LITE, 0, TEXT("a ?, ?2, :b, @c, $d, a->'$.x', e - 1;"),
     "1:3+1 bind parameter '?' in a script\n"
     "1:6+2 bind parameter '?2' in a script\n"
     "1:10+2 bind parameter ':b' in a script\n"
     "1:14+2 bind parameter '@c' in a script\n"
     "1:18+2 bind parameter '$d' in a script\n",
     NULL},
    {"shell commands", LITE, 0, TEXT(".mode box\na\n  / \nb\ngo\n SELECT 1\n.5 / 2\n;"),
     "1:1+5 shell command '.mode' in a script\n"
     "3:3+1 '/' alone on a line ends a statement only in the sqlite3 shell\n"
     "5:1+2 'go' alone on a line ends a statement only in the sqlite3 shell\n",
     NULL},
    {"beyond the database", LITE_NONE, 0, TEXT("ATTACH 'a' AS b; DETACH b;"),
     "1:1+6 'ATTACH' reaches beyond the target\n1:18+6 'DETACH' reaches beyond the target\n", NULL},
    {"VACUUM", LITE, 0, TEXT("VACUUM;"), "1:1+6 'VACUUM' cannot run in a transaction\n", NULL},
    {"VACUUM by itself", LITE_NONE, 0, TEXT("VACUUM;"), "{VACUUM;}", NULL},
    {"transactions, SQLite", LITE, 0, TEXT("BEGIN IMMEDIATE TRANSACTION; a; END;"), "{a;}", NULL},
    {"savepoints, SQLite", LITE, 0, TEXT("SAVEPOINT a;RELEASE a;ROLLBACK TO a;"),
     "1:1+9 transaction control 'SAVEPOINT' in a script\n"
     "1:13+7 transaction control 'RELEASE' in a script\n"
     "1:23+8 transaction control 'ROLLBACK' in a script\n",
     NULL},
    {"pragmas that may stay", LITE, 0,
     TEXT("PRAGMA user_version = 3; PRAGMA main.\"table_info\"(t); pragma Foreign_Key_Check;"),
     "{PRAGMA user_version = 3;}{PRAGMA main.\"table_info\"(t);}{pragma Foreign_Key_Check;}", NULL},
    {"pragmas that may not", LITE, 0,
     TEXT(
         "PRAGMA journal_mode=wal;PRAGMA [synchronous] = off;PRAGMA case_sensitive_like=1;PRAGMA;"),
     "1:8+12 PRAGMA 'journal_mode' is not allowed in a script\n"
     "1:32+13 PRAGMA 'synchronous' is not allowed in a script\n"
     "1:59+19 PRAGMA 'case_sensitive_like' is not allowed in a script\n"
     "1:88+0 PRAGMA '' is not allowed in a script\n",
     "Delete it: sqlland sets up its connection itself."},

    /* PRAGMA foreign_keys. */
    {"rebuild", LITE, 0,
     TEXT("PRAGMA foreign_keys=off;\nBEGIN;\nDROP TABLE a;\nPRAGMA foreign_key_check;\nCOMMIT;\n"
          "PRAGMA foreign_keys=on;\n"),
     "{DROP TABLE a;}{PRAGMA foreign_key_check;}keys off", NULL},
    {"rebuild, checked behind COMMIT", LITE, 0,
     TEXT(
         "PRAGMA foreign_keys=off;BEGIN;a;COMMIT;PRAGMA foreign_key_check;PRAGMA foreign_keys=on;"),
     "{a;}{PRAGMA foreign_key_check;}keys off", NULL},
    {"rebuild without BEGIN", LITE, 0,
     TEXT("pragma foreign_keys = 0; DELETE; pragma foreign_keys = 1;"), "{DELETE;}keys off", NULL},
    {"spellings of off", LITE, 0,
     TEXT("PRAGMA main.foreign_keys(no);PRAGMA "
          "\"Foreign_Keys\"='False';PRAGMA/**/`foreign_keys`(OFF);"),
     "keys off", NULL},
    {"spellings of on", LITE, 0,
     TEXT("PRAGMA main.foreign_keys(yes);PRAGMA foreign_keys=\"true\";PRAGMA foreign_keys = ON;a;"),
     "{a;}", NULL},
    {"off without on", LITE, 0, TEXT("PRAGMA foreign_keys=off; INSERT;"), "{INSERT;}keys off",
     NULL},
    {"off ... on between schema changes", LITE, 0,
     TEXT("CREATE TABLE a;PRAGMA foreign_keys=off;DROP TABLE b;PRAGMA foreign_keys=on;CREATE INDEX "
          "c;"),
     "{CREATE TABLE a;}{DROP TABLE b;}{CREATE INDEX c;}keys off", NULL},
    {"rows changed in front of off", LITE, 0, TEXT("DELETE;PRAGMA foreign_keys=off;a;"),
     "1:8+6 foreign keys would be off for the whole script <- 1:1+6 this statement may depend on "
     "them\n",
     "Make a revision of what runs without foreign keys."},
    {"rows changed behind on", LITE, 0,
     TEXT("PRAGMA foreign_keys=off;a;PRAGMA foreign_keys=on;UPDATE;DELETE;"),
     "1:50+6 this statement may depend on foreign keys, which are off for the whole script\n",
     NULL},
    {"off inside the transaction", LITE, 0,
     TEXT("BEGIN;PRAGMA foreign_keys=off;a;PRAGMA foreign_keys=on;COMMIT;"),
     "1:7+6 PRAGMA 'foreign_keys' does nothing inside a transaction\n"
     "1:33+6 PRAGMA 'foreign_keys' does nothing inside a transaction\n",
     "Put 'PRAGMA foreign_keys=off' in front of BEGIN, and '=on' behind COMMIT."},
    {"no value", LITE, 0,
     TEXT("PRAGMA foreign_keys;PRAGMA foreign_keys=2;PRAGMA foreign_keys(off"
          ",on);"),
     "1:8+12 PRAGMA 'foreign_keys' without a value that is understood\n"
     "1:28+12 PRAGMA 'foreign_keys' without a value that is understood\n"
     "1:50+12 PRAGMA 'foreign_keys' without a value that is understood\n",
     NULL},
    {"off without transaction", LITE_NONE, 0, TEXT("PRAGMA foreign_keys=off;"),
     "1:8+12 PRAGMA 'foreign_keys' in a script without a transaction\n", NULL},
};

static void add_place(struct buffer *buffer, struct span span)
{
    struct place place = span_place(span);

    buffer_format(buffer, "%zu:%zu+%zu ", place.line, place.column, span.size);
}

static void render(struct buffer *buffer, const struct error *error, const struct script *script)
{
    for (; error; error = error->next) {
        assert_int_equal(error->code, ERROR_INPUT);
        add_place(buffer, error->span);
        buffer_add(buffer, error->message);
        for (const struct note *note = error->notes; note; note = note->next) {
            buffer_add(buffer, TEXT(" <- "));
            add_place(buffer, note->span);
            buffer_add(buffer, note->message);
        }
        buffer_add(buffer, TEXT("\n"));
    }
    for (size_t i = 0; i < script->count; i++) {
        struct statement statement = script->statements[i];

        assert_true(statement.offset + statement.size <= script->text.size);
        buffer_add(buffer, TEXT("{"));
        buffer_add(buffer, (struct text){script->text.bytes + statement.offset, statement.size});
        buffer_add(buffer, TEXT("}"));
    }
    if (script->foreign_keys_off)
        buffer_add(buffer, TEXT("keys off"));
    buffer_add(buffer, (struct text){"", 1});
}

static struct sql_options make_options(enum dialect dialect, bool transactional, unsigned allowed)
{
    return (struct sql_options){
        .dialect = dialect, .transactional = transactional, .allowed = allowed};
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("a.sql"), row->input};
    struct sql_options options = make_options(row->dialect, row->transactional, row->allowed);
    struct script script = {0};
    struct buffer found = {0};

    struct error *error = sql_read(arena, &source, &options, &script);
    render(&found, error, &script);
    assert_string_equal(found.bytes, row->expected);
    if (row->hint) {
        struct text hint = arena_copy(arena, error->hint);

        assert_string_equal(hint.bytes, row->hint);
    }
    buffer_free(&found);
    script_free(&script);
    arena_free(&arena);
}

/* What is taken off leaves blanks, so that every byte and every line stays where it was. */
static void test_blanks(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct source source = {TEXT("a.sql"), TEXT(BOM "-- x\nBEGIN\r\n/*é*/;\na;\nCOMMIT ; -- y")};
    struct sql_options options = make_options(PG, 0);
    struct script script = {0};

    (void)state;
    assert_null(sql_read(arena, &source, &options, &script));
    assert_int_equal(script.text.size, source.text.size - 3);
    assert_memory_equal(script.text.bytes, "-- x\n     \r\n       \na;\n         -- y",
                        script.text.size);
    script_free(&script);
    arena_free(&arena);
}

/* A part of a file, whatever stands around it: places are those of the file. */
static const struct part_row {
    const char *before, *part, *behind, *expected;
} part_rows[] = {
    {"'a;\n", "b;\n", "c'\n", "{b;}"},
    {BOM "-- é\r\n", "b;", "", "{b;}"},
    {"a;\n", "", "b;", ""},
    {"a;\n", "b\n", ";c", "2:2+0 " NO_SEMICOLON},
    {BOM "\n$$\n", "b;\n\\i c\n", "$$;", "4:1+2 psql command '\\i' in a script\n"},
    {"\x01\xff\n", "b;", "\xff", "{b;}"},
    {"\n", "b\xff;", "", "2:2+1 byte 0xff is not UTF-8\n"},
    {"BEGIN;\n", "BEGIN;b;COMMIT;", "COMMIT;", "{b;}"},
};

static void read_part(const struct part_row *row)
{
    struct arena *arena = arena_new(1 << 20);
    struct text before = text_from(row->before), part = text_from(row->part);
    struct source source = {TEXT("a.sql"),
                            arena_format(arena, "%s%s%s", row->before, row->part, row->behind)};
    struct part where = {before.size, part.size};
    struct sql_options options = make_options(PG, 0);
    struct script script = {0};
    struct buffer found = {0};

    options.part = &where;
    struct error *error = sql_read(arena, &source, &options, &script);
    render(&found, error, &script);
    assert_string_equal(found.bytes, row->expected);
    if (!error) { /* every line and every byte stays */
        size_t mark = text_starts(before, TEXT(BOM)) ? 3 : 0;

        assert_int_equal(script.text.size, before.size - mark + part.size);
        for (size_t i = 0; i < before.size - mark; i++)
            assert_true(script.text.bytes[i] == ' ' ||
                        script.text.bytes[i] == before.bytes[mark + i]);
    }
    buffer_free(&found);
    script_free(&script);
    arena_free(&arena);
}

static void test_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(part_rows); i++)
        read_part(&part_rows[i]);
}

/* A verify script may take back what it did not do. */
static void test_only_reads(void **state)
{
    static const struct {
        enum dialect dialect;
        bool only_reads;
        const char *input, *expected;
    } cases[] = {
        {DIALECT_POSTGRESQL, true, "BEGIN; a; ROLLBACK;", "{a;}"},
        {DIALECT_POSTGRESQL, true, "BEGIN; a; ROLLBACK WORK; -- b", "{a;}"},
        {DIALECT_POSTGRESQL, true, "BEGIN; a; ROLLBACK AND CHAIN;",
         "1:1+5 transaction control 'BEGIN' in a script\n"
         "1:11+8 transaction control 'ROLLBACK' in a script\n"},
        {DIALECT_POSTGRESQL, true, "ROLLBACK;",
         "1:1+8 transaction control 'ROLLBACK' in a script\n"},
        {DIALECT_POSTGRESQL, false, "BEGIN; a; ROLLBACK;",
         "1:1+5 transaction control 'BEGIN' in a script\n"
         "1:11+8 transaction control 'ROLLBACK' in a script\n"},
        {DIALECT_SQLITE, true, "BEGIN; a; ROLLBACK;", "{a;}"},
        {DIALECT_SQLITE, false, "BEGIN; a; ROLLBACK;",
         "1:1+5 transaction control 'BEGIN' in a script\n"
         "1:11+8 transaction control 'ROLLBACK' in a script\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct source source = {TEXT("a.sql"), text_from(cases[i].input)};
        struct sql_options options = make_options(cases[i].dialect, true, 0);
        struct script script = {0};
        struct buffer found = {0};

        options.only_reads = cases[i].only_reads;
        struct error *error = sql_read(arena, &source, &options, &script);
        render(&found, error, &script);
        assert_string_equal(found.bytes, cases[i].expected);
        buffer_free(&found);
        script_free(&script);
        arena_free(&arena);
    }
}

/* A script is read into one that was used, refused in between, and ends as if it were new. */
static void test_again(void **state)
{
    static const struct text inputs[] = {TEXT("PRAGMA foreign_keys=off; a; b;"), TEXT("'"),
                                         TEXT("c;")};
    struct arena *arena = arena_new(1 << 20);
    struct sql_options options = make_options(LITE, 0);
    struct script script = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(inputs); i++) {
        struct source source = {TEXT("a.sql"), inputs[i]};
        struct error *error = sql_read(arena, &source, &options, &script);

        assert_int_equal(error != NULL, i == 1);
    }
    assert_int_equal(script.count, 1);
    assert_int_equal(script.text.size, 2);
    assert_false(script.foreign_keys_off);
    script_free(&script);
    assert_null(script.statements);
    arena_free(&arena);
}

static void test_rule_names(void **state)
{
    enum sql_rule rule = SQL_MISSING_SEMICOLON;

    (void)state;
    assert_true(sql_rule_find(TEXT("split-ambiguous"), &rule));
    assert_int_equal(rule, SQL_SPLIT_AMBIGUOUS);
    assert_true(sql_rule_find(TEXT("missing-semicolon"), &rule));
    assert_int_equal(rule, SQL_MISSING_SEMICOLON);
    assert_false(sql_rule_find(TEXT("Missing-semicolon"), &rule));
    assert_false(sql_rule_find(TEXT(""), &rule));
}

/* A megabyte of what a lexer could be slow on, under a small ceiling, and at most twenty errors. */
static void test_hostile(void **state)
{
    static const struct text units[] = {
        TEXT("/*"),
        TEXT("/* */"),
        TEXT("--\r"),
        TEXT("--\n"),
        TEXT("$a"),
        TEXT("$a$"),
        TEXT("$$;"),
        TEXT("'"),
        TEXT("E'a'\n"),
        TEXT("E'"),
        TEXT("("),
        TEXT(";"),
        TEXT("\\i "),
        TEXT("\\x\n"),
        TEXT(":a "),
        TEXT(":'a"),
        TEXT(":{?a"),
        TEXT("["),
        TEXT("/ "),
        TEXT("/\n"),
        TEXT("go\n"),
        TEXT("?"),
        TEXT("BEGIN;"),
        TEXT("COMMIT;"),
        TEXT("set_config("),
        TEXT("a."),
        TEXT("COPY a FROM STDIN;\n"),
        TEXT("ALTER TABLE "),
        TEXT("PRAGMA foreign_keys=off;PRAGMA foreign_keys=on;"),
        TEXT("CREATE FUNCTION BEGIN ATOMIC;"),
        TEXT("CREATE TRIGGER ;END "),
        TEXT("1e"),
        TEXT("\v"),
        TEXT(BOM),
        TEXT("REINDEX ("),
        TEXT("set_config('a',"),
    };
    enum { SIZE = 1 << 20 };
    struct buffer buffer = {0};
    struct script script = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(units) * 4; i++) {
        struct arena *arena = arena_new(1 << 18);
        struct sql_options options =
            make_options(i & 1 ? DIALECT_SQLITE : DIALECT_POSTGRESQL, i & 2, 0);
        size_t count = 0;

        buffer.size = 0;
        while (buffer.size < SIZE)
            buffer_add(&buffer, units[i / 4]);
        struct source source = {TEXT("a.sql"), buffer_text(&buffer)};
        for (struct error *error = sql_read(arena, &source, &options, &script); error;
             error = error->next) {
            count++;
            assert_true(error->span.offset + error->span.size <= buffer.size);
            assert_true(!error->next || error->span.offset <= error->next->span.offset);
        }
        assert_true(count <= ERRORS_MAX);
        arena_free(&arena);
    }
    buffer_free(&buffer);
    script_free(&script);
}

/* Reproducible on every machine: a linear congruential generator (Knuth's MMIX). */
static size_t pick(uint64_t *seed, size_t count)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(*seed >> 33) % count;
}

static const char *const soup[] = {
    ";",
    ";",
    ";\n",
    " ",
    "\n",
    "\r\n",
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "--",
    "/*",
    "*/",
    "/",
    "-",
    "(",
    ")",
    "a",
    "é",
    "1",
    "x'",
    "E'",
    "$$",
    "$a$",
    "\\",
    "CREATE",
    "create ",
    "TEMP ",
    "TRIGGER",
    "END",
    " end",
    "$",
    ":",
    "::",
    "@",
    "BEGIN ",
    "CASE ",
    "ATOMIC ",
    "EXPLAIN ",
    "QUERY ",
    "table",
    ".5",
    " CREATE TRIGGER ",
    "; END ;",
    " CREATE FUNCTION ",
    " BEGIN ATOMIC ",
    "'a;b'",
    "-- ;\n",
    "/*;*/",
};

static void make_soup(uint64_t *seed, struct buffer *buffer)
{
    buffer->size = 0;
    for (size_t count = pick(seed, 24); count > 0; count--)
        buffer_add(buffer, text_from(soup[pick(seed, COUNT(soup))]));
}

/* What is shipped, read once more, is the same statements. */
static void test_shipped_reads_the_same(void **state)
{
    struct buffer buffer = {0};
    struct script first = {0}, second = {0};
    uint64_t seed = 2;
    size_t accepted = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct arena *arena = arena_new(1 << 18);
        struct sql_options options =
            make_options(i & 1 ? DIALECT_SQLITE : DIALECT_POSTGRESQL, i & 2, SEMICOLON);

        make_soup(&seed, &buffer);
        struct source source = {TEXT("a.sql"), buffer_text(&buffer)};
        if (!sql_read(arena, &source, &options, &first)) {
            struct source shipped = {TEXT("b.sql"), buffer_text(&first.text)};

            options.allowed = 0;
            assert_null(sql_read(arena, &shipped, &options, &second));
            assert_int_equal(first.count, second.count);
            if (first.count)
                assert_memory_equal(first.statements, second.statements,
                                    first.count * sizeof *first.statements);
            accepted += first.count > 0;
        }
        arena_free(&arena);
    }
    assert_true(accepted > 2000);
    buffer_free(&buffer);
    script_free(&first);
    script_free(&second);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_blanks),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_only_reads),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_rule_names),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_shipped_reads_the_same),
    };
    static struct CMUnitTest tests[COUNT(rows) + COUNT(others)];

    for (size_t i = 0; i < COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_row, .initial_state = (void *)&rows[i]};
    memcpy(tests + COUNT(rows), others, sizeof others);
    return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}

#include "compiler/lint_rules.h"

#include <string.h>

enum { VALUES_MAX = 3 };

#define PG     (1U << DIALECT_POSTGRESQL)
#define SQLITE (1U << DIALECT_SQLITE)
#define BOTH   (PG | SQLITE)

/*
 * What servers do is that of PostgreSQL's manual (ALTER TABLE, CREATE INDEX, explicit locking) and
 * of SQLite's "ALTER TABLE". The lock names are left out on purpose: what matters is who waits.
 */
const struct lint_rule_entry lint_rules[LINT_RULE_COUNT] = {
    [LINT_ADD_REQUIRED_COLUMN] =
        {"add-required-column", LINT_ERROR, PG, 0, 0,
         "a NOT NULL column without a default is added to a table that may have rows",
         "column '{1}' is NOT NULL without a default: this fails where '{2}' has rows",
         "Give it a default, or add it without NOT NULL, fill it, and say SET NOT NULL then.",
         "It works on the empty table of a test and fails on the host, where every row that is "
         "there would break the new constraint.",
         "ALTER TABLE customers ADD COLUMN tenant integer NOT NULL;\n",
         "ALTER TABLE customers ADD COLUMN tenant integer NOT NULL DEFAULT 1;\n"},
    [LINT_ADVISORY_LOCK] =
        {"advisory-lock", LINT_WARNING, PG, 0, 0,
         "a script takes or gives away an advisory lock of the session",
         "'{1}' outlives the transaction, and sqlland holds its own lock in the same way",
         "Say pg_advisory_xact_lock, or delete it: sqlland lets only one run at a time.",
         "A lock of the session stays until the run ends. pg_advisory_unlock_all gives away the "
         "lock by which sqlland keeps other runs out.",
         "SELECT pg_advisory_lock(4711);\n", "SELECT pg_advisory_xact_lock(4711);\n"},
    [LINT_BACKFILL_IN_DDL] =
        {"backfill-in-ddl", LINT_INFO, PG, 0, 0,
         "rows are filled while the table is locked by an earlier ALTER TABLE",
         "'{1}' was altered in this transaction: nobody reads it until these rows are written",
         "Make a revision of its own of the statement that writes rows.",
         "ALTER TABLE keeps everybody out of the table until the transaction ends. What is long "
         "about a revision should not run in such a transaction.",
         "ALTER TABLE customers ADD COLUMN tenant integer;\nUPDATE customers SET tenant = 1;\n",
         "UPDATE customers SET tenant = 1;\nALTER TABLE customers ADD COLUMN tenant integer;\n"},
    [LINT_CHANGE_COLUMN_TYPE] =
        {"change-column-type", LINT_WARNING, PG, 0, 0,
         "a new type makes the server write a table anew",
         "the new type of '{1}' may write '{2}' anew while nobody can read it",
         "Add a column of the new type, copy the values, and change over in a later revision.",
         "The table and its indexes are written anew under a lock that keeps readers out. Free are "
         "a "
         "longer varchar, varchar or text without a limit in place of a varchar, and a numeric "
         "with "
         "more digits in front of the point.",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer PRIMARY KEY);\n--- down\nDROP "
         "TABLE orders;\n--- revision two\n--- up\nALTER TABLE orders ALTER COLUMN id TYPE "
         "bigint;\n"
         "--- down\nALTER TABLE orders ALTER COLUMN id TYPE integer;\n",
         "--- revision one\n--- up\nCREATE TABLE orders (note varchar(40));\n--- down\nDROP TABLE "
         "orders;\n--- revision two\n--- up\nALTER TABLE orders ALTER COLUMN note TYPE text;\n--- "
         "down: none\n"},
    [LINT_CONCURRENT_INDEX_CORRUPTS] =
        {"concurrent-index-corrupts", LINT_WARNING, PG, 140000, 140004,
         "an index is built concurrently, and the manifest admits PostgreSQL 14.0 to 14.3",
         "PostgreSQL 14.0 to 14.3 may leave rows out of an index that is built concurrently",
         "Say 'requires: {postgresql: 14.4}' in the manifest.",
         "The release notes of PostgreSQL 14.4 tell of the fault. An index that was built so must "
         "be "
         "built once more.",
         "--- manifest requires: {postgresql: 14}\n--- revision one\n--- transaction: none\n--- "
         "up\n"
         "CREATE INDEX CONCURRENTLY orders_by_day ON orders (day);\n--- down: none\n",
         "--- manifest requires: {postgresql: 14.4}\n--- revision one\n--- transaction: none\n--- "
         "up\nCREATE INDEX CONCURRENTLY orders_by_day ON orders (day);\n--- down: none\n"},
    [LINT_CONSTRAINT_BUILDS_INDEX] =
        {"constraint-builds-index", LINT_WARNING, PG, 0, 0,
         "a constraint builds its index while the table is locked",
         "the constraint builds an index while nobody can read or write '{1}'",
         "Build a unique index CONCURRENTLY in a revision before, then ADD CONSTRAINT ... USING "
         "INDEX.",
         "UNIQUE, PRIMARY KEY and EXCLUDE need an index. Building it takes as long as CREATE "
         "INDEX, "
         "under a lock that keeps readers out, too.",
         "ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE (email);\n",
         "ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE USING INDEX "
         "customers_email;\n"},
    [LINT_CONSTRAINT_NOT_VALID] =
        {"constraint-not-valid", LINT_WARNING, PG, 0, 0,
         "a constraint reads a whole table under a lock",
         "the constraint reads all of '{1}' while it is locked",
         "Add it as NOT VALID, and say VALIDATE CONSTRAINT in a later revision.",
         "CHECK and FOREIGN KEY are checked against every row at once. With NOT VALID only new "
         "rows "
         "are, and VALIDATE CONSTRAINT reads the old ones while others go on reading and writing. "
         "A "
         "REFERENCES in ADD COLUMN reads the table, too.",
         "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0);\n",
         "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;\n"},
    [LINT_CREATE_EXISTING] = {"create-existing", LINT_ERROR, BOTH, 0, 0,
                              "something is created that an earlier script has created already",
                              "{2} '{1}' exists already at this point of the history", NULL,
                              "The scripts are read in the order in which they run. What an "
                              "earlier one has created, and "
                              "none has dropped since, is still there. Where scripts set "
                              "search_path or run SQL that is put "
                              "together at run time, the rule keeps silent.",
                              "--- revision one\n--- up\nCREATE TABLE orders (id integer);\n--- "
                              "down\nDROP TABLE orders;\n"
                              "--- revision two\n--- up\nCREATE TABLE orders (id integer);\n--- "
                              "down\nDROP TABLE orders;\n",
                              "--- revision one\n--- up\nCREATE TABLE orders (id integer);\n--- "
                              "down\nDROP TABLE orders;\n"
                              "--- revision two\n--- up\nCREATE TABLE IF NOT EXISTS orders (id "
                              "integer);\n--- down: none\n"},
    [LINT_DEFINER_SEARCH_PATH] =
        {"definer-search-path", LINT_WARNING, PG, 0, 0,
         "a SECURITY DEFINER function looks names up where its caller says",
         "'{1}' runs with its owner's rights and its caller's search_path",
         "Add SET search_path = pg_catalog, pg_temp, and write the schema in front of other names.",
         "Whoever may call the function can put an operator or a table of his own in front of the "
         "one "
         "that is meant, and it runs with the rights of the owner (PostgreSQL manual, CREATE "
         "FUNCTION).",
         "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER\nAS 'SELECT "
         "count(*) "
         "FROM orders';\n",
         "CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER\nSET search_path = "
         "pg_catalog, pg_temp\nAS 'SELECT count(*) FROM shop.orders';\n"},
    [LINT_DELETE_ALL_ROWS] =
        {"delete-all-rows", LINT_WARNING, BOTH, 0, 0,
         "all rows of a table are deleted that an earlier revision created",
         "all rows of '{1}' are deleted", NULL,
         "A DELETE without WHERE, or a TRUNCATE. Where it is meant, allow it with the reason.",
         "DELETE FROM orders;\n", "DELETE FROM orders WHERE placed_at IS NULL;\n"},
    [LINT_DETACH_NOT_CONCURRENT] =
        {"detach-not-concurrent", LINT_WARNING, PG, 140000, 0,
         "a partition is detached while the whole table is locked",
         "detaching the partition keeps everybody out of '{1}'",
         "Say DETACH PARTITION ... CONCURRENTLY, in a revision with 'transaction: none'.",
         "With CONCURRENTLY, from PostgreSQL 14 on, others go on reading and writing the table.",
         "--- manifest requires: {postgresql: 14}\n--- revision one\n--- up\nALTER TABLE readings "
         "DETACH "
         "PARTITION readings_2019;\n--- down: none\n",
         "--- manifest requires: {postgresql: 14}\n--- revision one\n--- transaction: none\n--- "
         "up\n"
         "ALTER TABLE readings DETACH PARTITION readings_2019 CONCURRENTLY;\n--- down: none\n"},
    [LINT_DOWN_EMPTY] =
        {"down-empty", LINT_WARNING, BOTH, 0, 0, "the down script of a revision does nothing",
         "revision '{1}' has an up script, but its down script does nothing",
         "Write it, or say 'down: none' where this cannot be undone.",
         "sqlland would undo the revision, remove it from the ledger, and leave everything it did "
         "in "
         "the database.",
         "--- revision one\n--- up\nINSERT INTO roles VALUES ('clerk');\n--- down\n-- TODO\n",
         "--- revision one\n--- up\nINSERT INTO roles VALUES ('clerk');\n--- down\nDELETE FROM "
         "roles "
         "WHERE name = 'clerk';\n"},
    [LINT_DOWN_LEAVES_OBJECT] =
        {"down-leaves-object", LINT_ERROR, BOTH, 0, 0,
         "something that the up script creates is still there after the down script",
         "{2} '{1}' is still there after the down script", "Add '{3}' to the down script.",
         "The revision counts as undone, but applied once more it fails, for what it creates is "
         "there. "
         "Types, functions, sequences, indexes, policies, triggers and columns are looked at as "
         "well as "
         "tables; dropping a table drops what belongs to it. Where a down script says CASCADE or "
         "runs "
         "SQL that is put together at run time, what may go with that is left out.",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer);\nCREATE FUNCTION total() "
         "RETURNS "
         "bigint LANGUAGE sql AS 'SELECT 1::bigint';\n--- down\nDROP TABLE orders;\n",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer);\nCREATE FUNCTION total() "
         "RETURNS "
         "bigint LANGUAGE sql AS 'SELECT 1::bigint';\n--- down\nDROP FUNCTION total();\nDROP TABLE "
         "orders;\n"},
    [LINT_DOWN_MAY_LEAVE_OBJECT] =
        {"down-may-leave-object", LINT_WARNING, BOTH, 0, 0,
         "something that the up script creates if it is missing is there after the down script",
         "{2} '{1}' is still there after the down script", "Add '{3}' to the down script.",
         "As down-leaves-object, for what is created by IF NOT EXISTS, OR REPLACE or under a "
         "condition: "
         "it may have been there before the revision.",
         "--- revision one\n--- up\nCREATE TABLE IF NOT EXISTS orders (id integer);\n--- "
         "down\nDELETE "
         "FROM roles WHERE name = 'clerk';\n",
         "--- revision one\n--- up\nCREATE TABLE IF NOT EXISTS orders (id integer);\n--- "
         "down\nDROP TABLE "
         "orders;\n"},
    [LINT_DOWN_MISSES_OBJECT] =
        {"down-misses-object", LINT_WARNING, BOTH, 0, 0,
         "something that was there before a revision is missing after its down script",
         "{2} '{1}' was there before this revision, and is missing after its down script",
         "Create it in the down script, or say 'down: none'.",
         "Either the up script drops or renames it and the down script does not bring it back, or "
         "the "
         "down script drops what another revision created.",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer, note text);\n--- down\nDROP "
         "TABLE "
         "orders;\n--- revision two\n--- up\nALTER TABLE orders RENAME COLUMN note TO remark;\n--- "
         "down\n"
         "DELETE FROM orders WHERE id = 0;\n",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer, note text);\n--- down\nDROP "
         "TABLE "
         "orders;\n--- revision two\n--- up\nALTER TABLE orders RENAME COLUMN note TO remark;\n--- "
         "down\n"
         "ALTER TABLE orders RENAME COLUMN remark TO note;\n"},
    [LINT_DOWN_MISSING] =
        {"down-missing", LINT_WARNING, BOTH, 0, 0, "nobody said how a revision is undone",
         "revision '{1}' does not say how it is undone",
         "Write 'down: PATH', or 'down: none' for what cannot be undone.",
         "The night when a revision must be undone is a bad time to find out that it cannot be. "
         "Where no "
         "revision of a manifest has a down script, this is said once.",
         "--- revision one\n--- down\nDROP TABLE orders;\n--- up\nCREATE TABLE orders (id "
         "integer);\n--- "
         "revision two\n--- up\nINSERT INTO orders VALUES (1);\n",
         "--- revision one\n--- down\nDROP TABLE orders;\n--- up\nCREATE TABLE orders (id "
         "integer);\n--- "
         "revision two\n--- up\nINSERT INTO orders VALUES (1);\n--- down: none\n"},
    [LINT_DROP_CASCADE] =
        {"drop-cascade", LINT_WARNING, PG, 0, 0, "CASCADE drops what nobody has named",
         "CASCADE drops whatever depends on '{1}', also what this history does not know",
         "Drop what depends on it by name.",
         "On the host there may be views and keys that another hand has made. Without CASCADE the "
         "server "
         "names them and changes nothing.",
         "DROP TABLE orders CASCADE;\n", "DROP VIEW open_orders;\nDROP TABLE orders;\n"},
    [LINT_DROP_COLUMN] =
        {"drop-column", LINT_WARNING, BOTH, 0, 0, "a column is dropped with what is in it",
         "column '{1}' of '{2}' is dropped with all that is in it", NULL,
         "Programs that still name the column fail from this moment on, and the down script cannot "
         "bring "
         "the values back. Drop a column one release after the last program has stopped using it, "
         "and "
         "allow it with that reason.",
         "ALTER TABLE orders DROP COLUMN note;\n",
         "ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE orders DROP COLUMN note;\n"},
    [LINT_DROP_CONSTRAINT_INDEX] =
        {"drop-constraint-index", LINT_ERROR, PG, 0, 0,
         "an index is dropped that a constraint needs",
         "index '{1}' belongs to a constraint of '{2}', and cannot be dropped alone",
         "Say 'ALTER TABLE {2} DROP CONSTRAINT {1};'.",
         "The server refuses it. The index goes with its UNIQUE or PRIMARY KEY constraint.",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer, CONSTRAINT orders_id UNIQUE "
         "(id));\n"
         "--- down\nDROP TABLE orders;\n--- revision two\n--- up\nDROP INDEX orders_id;\n--- down: "
         "none\n",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer, CONSTRAINT orders_id UNIQUE "
         "(id));\n"
         "--- down\nDROP TABLE orders;\n--- revision two\n--- up\nALTER TABLE orders DROP "
         "CONSTRAINT "
         "orders_id;\n--- down: none\n"},
    [LINT_DROP_SCHEMA] = {"drop-schema", LINT_WARNING, PG, 0, 0,
                          "a schema or a database is dropped",
                          "'{1}' is dropped with all that is in it", NULL,
                          "Nothing brings it back. Where it is meant, allow it with the reason.",
                          "DROP SCHEMA archive;\n",
                          "CREATE SCHEMA archive;\nDROP SCHEMA archive;\n"},
    [LINT_DROP_TABLE] = {"drop-table", LINT_WARNING, BOTH, 0, 0,
                         "a table is dropped with what is in it",
                         "table '{1}' is dropped with all that is in it", NULL,
                         "Programs that still name the table fail from this moment on, and the "
                         "down script cannot bring "
                         "the rows back. A table that is built anew (another one gets the rows and "
                         "the name) is not "
                         "meant.",
                         "DROP TABLE orders;\n",
                         "CREATE TABLE orders_new (id integer);\nINSERT INTO orders_new SELECT id "
                         "FROM orders;\nDROP TABLE "
                         "orders;\nALTER TABLE orders_new RENAME TO orders;\n"},
    [LINT_DROP_UNKNOWN] =
        {"drop-unknown", LINT_WARNING, BOTH, 0, 0,
         "something is dropped that is not there at this point of the history",
         "there is no {2} '{1}' at this point of the history", NULL,
         "It was dropped or renamed by an earlier script, or no script has ever created it. The "
         "second is "
         "said only where the history creates all that it names; where scripts run SQL that is put "
         "together at run time, the rule keeps silent.",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer);\n--- down\nDROP TABLE "
         "oders;\nDROP "
         "TABLE orders;\n",
         "--- revision one\n--- up\nCREATE TABLE orders (id integer);\n--- down\nDROP TABLE IF "
         "EXISTS "
         "oders;\nDROP TABLE orders;\n"},
    [LINT_DUPLICATE_INDEX] = {"duplicate-index", LINT_WARNING, BOTH, 0, 0,
                              "two indexes of a table are the same",
                              "index '{1}' is the same as '{2}' of {3}", "Drop one of them.",
                              "Every write pays for both, and no read gains from the second. The "
                              "columns, their order, the kind "
                              "of index and its WHERE are compared; a UNIQUE or PRIMARY KEY "
                              "constraint has an index, too.",
                              "CREATE INDEX orders_by_day ON orders (day);\nCREATE INDEX "
                              "idx_orders_day ON orders (day);\n",
                              "CREATE INDEX orders_by_day ON orders (day);\nCREATE INDEX "
                              "orders_open ON orders (day) WHERE "
                              "open;\n"},
    [LINT_DYNAMIC_SQL] = {"dynamic-sql", LINT_INFO, PG, 0, 0, "SQL is put together at run time",
                          "what EXECUTE runs here is not known before it runs", NULL,
                          "Neither the rules that look at one statement nor those that follow what "
                          "is created and dropped "
                          "see into it. From here on they say less.",
                          "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'a'); END $$;\n",
                          "DO $$ BEGIN DROP TABLE a; END $$;\n"},
    [LINT_ENUM_LEFT_BEHIND] = {"enum-left-behind", LINT_ERROR, PG, 0, 0,
                               "an enum type is still there after the down script",
                               "enum type '{1}' is still there after the down script",
                               "Add '{3}' to the down script.",
                               "Dropping a table does not drop the types of its columns. Applied "
                               "once more, the revision fails "
                               "with 'type already exists'.",
                               "--- revision one\n--- up\nCREATE TYPE mood AS ENUM ('sad', "
                               "'happy');\nCREATE TABLE people (mood "
                               "mood);\n--- down\nDROP TABLE people;\n",
                               "--- revision one\n--- up\nCREATE TYPE mood AS ENUM ('sad', "
                               "'happy');\nCREATE TABLE people (mood "
                               "mood);\n--- down\nDROP TABLE people;\nDROP TYPE mood;\n"},
    [LINT_ENUM_VALUE_ATOMIC] =
        {"enum-value-atomic", LINT_INFO, PG, 0, 0,
         "a later revision uses an enum value, which --atomic makes impossible",
         "value {1} was added to its type by revision '{2}': one run with --atomic over both fails",
         "Ship the two in releases of their own where runs are atomic.",
         "A value that ALTER TYPE has added cannot be used before its transaction is committed "
         "(55P04), and "
         "--atomic makes one transaction of a whole run.",
         "--- revision one\n--- up\nALTER TYPE mood ADD VALUE 'calm';\n--- down: none\n--- "
         "revision two\n"
         "--- up\nUPDATE people SET mood = 'calm' WHERE mood IS NULL;\n--- down: none\n",
         "--- revision one\n--- up\nALTER TYPE mood ADD VALUE 'calm';\n--- down: none\n--- "
         "revision two\n"
         "--- up\nUPDATE people SET mood = 'sad' WHERE mood IS NULL;\n--- down: none\n"},
    [LINT_ENUM_VALUE_SAME_TX] =
        {"enum-value-same-tx", LINT_ERROR, PG, 0, 0,
         "an enum value is used in the transaction that adds it",
         "value {1} is added to type '{2}' by this transaction, and cannot be used before its end",
         "Make a revision of its own of the ALTER TYPE.",
         "The server refuses it with 55P04, 'unsafe use of new value'. Only labels of the CREATE "
         "TYPE itself "
         "may be used at once.",
         "ALTER TYPE mood ADD VALUE 'calm';\nUPDATE people SET mood = 'calm' WHERE mood IS NULL;\n",
         "ALTER TYPE mood ADD VALUE 'calm';\nUPDATE people SET mood = 'sad' WHERE mood IS NULL;\n"},
    [LINT_EXTENSION_LEFT_BEHIND] = {"extension-left-behind", LINT_INFO, PG, 0, 0,
                                    "an extension is still there after the down script",
                                    "extension '{1}' is still there after the down script",
                                    "Add '{3}' to the down script if nothing else uses it.",
                                    "Other revisions and other programs may need the extension, "
                                    "and creating it takes rights that not "
                                    "everybody has, so this is no fault in itself.",
                                    "--- revision one\n--- up\nCREATE EXTENSION pgcrypto;\n--- "
                                    "down\nDROP TABLE IF EXISTS keys;\n",
                                    "--- revision one\n--- up\nCREATE EXTENSION pgcrypto;\n--- "
                                    "down\nDROP EXTENSION pgcrypto;\n"},
    [LINT_GUARDED_CREATE] =
        {"guarded-create", LINT_INFO, BOTH, 0, 0,
         "IF NOT EXISTS hides that a table or column is already there, and is another one",
         "where '{1}' is there already, nobody notices that it looks different",
         "Leave IF NOT EXISTS out: the ledger knows what has run.",
         "The revision counts as applied whatever the table that is there looks like. A run that "
         "is "
         "interrupted leaves nothing behind that would need the guard.",
         "CREATE TABLE IF NOT EXISTS orders (id integer);\n",
         "CREATE TABLE orders (id integer);\n"},
    [LINT_IDENTIFIER_TOO_LONG] =
        {"identifier-too-long", LINT_WARNING, PG, 0, 0, "a name has more than 63 bytes",
         "the server cuts this name to '{1}'", "Shorten it to 63 bytes.",
         "PostgreSQL cuts names without an error. Two that begin alike become one, and programs "
         "that look the "
         "name up do not find it.",
         "CREATE INDEX this_index_has_a_name_that_somebody_has_put_together_from_all_columns ON "
         "orders "
         "(day);\n",
         "CREATE INDEX orders_by_day ON orders (day);\n"},
    [LINT_INDEX_NOT_CONCURRENT] =
        {"index-not-concurrent", LINT_WARNING, PG, 0, 0,
         "an index is built while nobody can write to the table",
         "nobody can write to '{1}' while this index is built",
         "Say CREATE INDEX CONCURRENTLY, in a revision with 'transaction: none'.",
         "CREATE INDEX reads the whole table and keeps writers out until the transaction ends. "
         "Tables that "
         "the same revision creates, and partitioned ones, which cannot do it, are left out.",
         "CREATE INDEX orders_by_day ON orders (day);\n",
         "--- revision one\n--- transaction: none\n--- up\nCREATE INDEX CONCURRENTLY orders_by_day "
         "ON orders "
         "(day);\n--- down: none\n"},
    [LINT_JSON_COLUMN] = {"json-column", LINT_INFO, PG, 0, 0,
                          "a column of type json, which has no equality",
                          "column '{1}' is of type json, which cannot be compared", "Say jsonb.",
                          "SELECT DISTINCT, GROUP BY and UNION fail on such a column, and it is "
                          "parsed at each look.",
                          "CREATE TABLE events (payload json);\n",
                          "CREATE TABLE events (payload jsonb);\n"},
    [LINT_LOST_SETTING] =
        {"lost-setting", LINT_WARNING, PG, 0, 0,
         "a setting outside a transaction, which the next statement does not see",
         "what this sets is gone with the next statement, for the script runs without a "
         "transaction",
         "Say lock_timeout or statement_timeout in the manifest; other settings belong to the "
         "role.",
         "sqlland runs the statements of such a revision one by one, and puts all settings back "
         "before its "
         "ledger row.",
         "--- revision one\n--- transaction: none\n--- up\nSET lock_timeout = '2s';\nCREATE INDEX "
         "CONCURRENTLY orders_by_day ON orders (day);\n--- down: none\n",
         "--- revision one\n--- up\nSET LOCAL work_mem = '1GB';\nANALYZE orders;\n--- down: "
         "none\n"},
    [LINT_MAPPER_RESERVED_NAME] =
        {"mapper-reserved-name", LINT_WARNING, BOTH, 0, 0,
         "a column has a name that an object mapper keeps for itself",
         "column '{1}' cannot be an attribute of a model in {2}", "Choose another name.",
         "A declarative model of SQLAlchemy with an attribute 'metadata' or 'registry' does not "
         "load; Django "
         "refuses a field 'pk'. The column can be mapped under another name, which everybody then "
         "has to "
         "know.",
         "CREATE TABLE events (id integer PRIMARY KEY, metadata text);\n",
         "CREATE TABLE events (id integer PRIMARY KEY, custom_metadata text);\n"},
    [LINT_MISSING_SEMICOLON] = {"missing-semicolon", LINT_ERROR, BOTH, 0, 0,
                                "the last statement does not end in a semicolon",
                                "the last statement does not end in ';'", NULL,
                                "A script that was cut off looks the same. The statement is "
                                "refused; allowed in the manifest, it is "
                                "shipped with a semicolon.",
                                "CREATE TABLE orders (id integer)\n",
                                "CREATE TABLE orders (id integer);\n"},
    [LINT_NEWER_THAN_REQUIRED] =
        {"newer-than-required", LINT_ERROR, PG, 0, 0,
         "a statement needs a newer server than the manifest requires",
         "{1} needs PostgreSQL {2}, and the manifest admits {3}",
         "Say 'requires: {postgresql: {2}}' in the manifest, or do without.",
         "A host with the oldest server that the manifest admits would refuse the script.",
         "--- manifest requires: {postgresql: 13}\n--- revision one\n--- up\nMERGE INTO a USING b "
         "ON a.id = "
         "b.id WHEN MATCHED THEN DO NOTHING;\n--- down: none\n",
         "--- manifest requires: {postgresql: 15}\n--- revision one\n--- up\nMERGE INTO a USING b "
         "ON a.id = "
         "b.id WHEN MATCHED THEN DO NOTHING;\n--- down: none\n"},
    [LINT_NON_IDEMPOTENT_NOTX] =
        {"non-idempotent-notx", LINT_ERROR, PG, 0, 0,
         "a script of a revision that is called idempotent cannot run twice",
         "the revision says 'idempotent: true', but this fails when it runs again",
         "Say IF [NOT] EXISTS, or drop first what is created.",
         "After an interruption sqlland runs such a script again from its first statement.",
         "--- revision one\n--- transaction: none\n--- idempotent: true\n--- up\nCREATE INDEX "
         "CONCURRENTLY "
         "orders_by_day ON orders (day);\n--- down: none\n",
         "--- revision one\n--- transaction: none\n--- idempotent: true\n--- up\nDROP INDEX "
         "CONCURRENTLY IF "
         "EXISTS orders_by_day;\nCREATE INDEX CONCURRENTLY orders_by_day ON orders (day);\n--- "
         "down: none\n"},
    [LINT_PARENTS_MISMATCH] =
        {"parents-mismatch", LINT_ERROR, BOTH, 0, 0,
         "the script names other parents than the manifest",
         "the script says that it revises {1}, the manifest that its parents are {2}", NULL,
         "Generators write 'Revises: ID' into the first comment of a script. Where the manifest "
         "says something "
         "else, a parent got lost, and nothing keeps the order any more.",
         "--- revision one\n--- down: none\n--- up\nCREATE TABLE a (b integer);\n--- revision "
         "two\n--- down: "
         "none\n--- up\n-- Revises: zero\nCREATE TABLE c (d integer);\n",
         "--- revision one\n--- down: none\n--- up\nCREATE TABLE a (b integer);\n--- revision "
         "two\n--- down: "
         "none\n--- up\n-- Revises: one\nCREATE TABLE c (d integer);\n"},
    [LINT_REBUILD_LOSES_OBJECT] =
        {"rebuild-loses-object", LINT_WARNING, BOTH, 0, 0,
         "a table is built anew without an index or a trigger that the old one had",
         "{2} '{1}' goes with the old table '{3}', and is not created for the new one",
         "Create it again behind the renaming.",
         "Dropping the old table drops its indexes and triggers, which no error tells.",
         "--- manifest dialect: sqlite\n--- revision one\n--- up\nCREATE TABLE a (b "
         "INTEGER);\nCREATE INDEX "
         "a_b ON a (b);\n--- down\nDROP TABLE a;\n--- revision two\n--- up\nCREATE TABLE n (b "
         "TEXT);\nINSERT "
         "INTO n SELECT b FROM a;\nDROP TABLE a;\nALTER TABLE n RENAME TO a;\n--- down: none\n",
         "--- manifest dialect: sqlite\n--- revision one\n--- up\nCREATE TABLE a (b "
         "INTEGER);\nCREATE INDEX "
         "a_b ON a (b);\n--- down\nDROP TABLE a;\n--- revision two\n--- up\nCREATE TABLE n (b "
         "TEXT);\nINSERT "
         "INTO n SELECT b FROM a;\nDROP TABLE a;\nALTER TABLE n RENAME TO a;\nCREATE INDEX a_b ON "
         "a (b);\n--- "
         "down: none\n"},
    [LINT_REDUNDANT_INDEX] = {"redundant-index", LINT_INFO, BOTH, 0, 0,
                              "an index has the first columns of another",
                              "index '{1}' has the first columns of '{2}' of {3}", NULL,
                              "The longer one serves the same searches. The shorter is smaller, so "
                              "keeping it can be right.",
                              "CREATE INDEX orders_by_day ON orders (day);\nCREATE INDEX "
                              "orders_by_day_id ON orders (day, id);\n",
                              "CREATE INDEX orders_by_day ON orders (day);\nCREATE INDEX "
                              "orders_by_id_day ON orders (id, day);\n"},
    [LINT_REINDEX_NOT_CONCURRENT] =
        {"reindex-not-concurrent", LINT_WARNING, PG, 120000, 0,
         "an index is built anew while the table is locked",
         "REINDEX keeps writers out of the table, and readers off the index",
         "Say REINDEX ... CONCURRENTLY, in a revision with 'transaction: none'.",
         "From PostgreSQL 12 on there is CONCURRENTLY.", "REINDEX TABLE orders;\n",
         "--- revision one\n--- transaction: none\n--- up\nREINDEX TABLE CONCURRENTLY orders;\n--- "
         "down: "
         "none\n"},
    [LINT_RENAME_BREAKING] =
        {"rename-breaking", LINT_WARNING, BOTH, 0, 0, "a name that programs use is changed",
         "programs that use the name '{1}' fail from this moment on", NULL,
         "Old and new programs cannot both run. Add the new column or a view under the old name, "
         "move the "
         "programs, and drop the old name in a later release; or allow it where all programs stand "
         "still.",
         "ALTER TABLE orders RENAME COLUMN note TO remark;\n",
         "CREATE TABLE orders_new (id integer);\nALTER TABLE orders_new RENAME TO orders;\n"},
    [LINT_RESERVED_NAME] = {"reserved-name", LINT_WARNING, BOTH, 0, 0,
                            "a table or column has a name that SQL reserves",
                            "'{1}' is a reserved word, and must be quoted wherever it is used",
                            "Choose another name.",
                            "Who forgets the quotes gets a syntax error, or, with \"user\" in "
                            "PostgreSQL, the name of the current "
                            "role without any error.",
                            "CREATE TABLE \"user\" (id integer);\n",
                            "CREATE TABLE users (id integer);\n"},
    [LINT_REWRITES_TABLE] =
        {"rewrites-table", LINT_WARNING, PG, 0, 0,
         "a table is written anew while nobody can read it",
         "'{1}' writes the whole table anew while nobody can read it", NULL,
         "VACUUM FULL, CLUSTER, and ALTER TABLE with SET TABLESPACE, SET ACCESS METHOD, SET LOGGED "
         "or SET "
         "UNLOGGED do. Tables that the same revision creates are left out.",
         "--- revision one\n--- transaction: none\n--- up\nVACUUM FULL orders;\n--- down: none\n",
         "--- revision one\n--- transaction: none\n--- up\nVACUUM (ANALYZE) orders;\n--- down: "
         "none\n"},
    [LINT_ROLE_MUST_EXIST] = {"role-must-exist", LINT_INFO, PG, 0, 0,
                              "a role is named that this history does not create",
                              "role '{1}' must be there on every host", NULL,
                              "Roles belong to the server, not to the database. A host that lacks "
                              "this one refuses the script.",
                              "GRANT SELECT ON orders TO clerk;\n",
                              "GRANT SELECT ON orders TO PUBLIC;\n"},
    [LINT_SERVER_FILE] = {"server-file", LINT_WARNING, PG, 0, 0,
                          "a script reads or writes files of the server",
                          "'{1}' reaches for files or programs of the server",
                          "Write the rows as INSERT statements.",
                          "The file is not part of the bundle: nobody signed it, and the host may "
                          "not have it. It takes rights "
                          "that amount to those of a superuser.",
                          "COPY orders FROM '/tmp/orders.csv';\n",
                          "INSERT INTO orders VALUES (1);\n"},
    [LINT_SET_NOT_NULL] = {"set-not-null", LINT_WARNING, PG, 0, 0,
                           "SET NOT NULL reads a whole table under a lock",
                           "SET NOT NULL reads all of '{2}' while nobody else can",
                           "Add CHECK ({1} IS NOT NULL) NOT VALID, validate it in a later "
                           "revision, and SET NOT NULL then.",
                           "From PostgreSQL 12 on the server does not read the table where a valid "
                           "CHECK constraint says the same; "
                           "the constraint can be dropped afterwards.",
                           "ALTER TABLE customers ALTER COLUMN tenant SET NOT NULL;\n",
                           "--- revision one\n--- up\nALTER TABLE customers ADD CONSTRAINT "
                           "tenant_there CHECK (tenant IS NOT NULL) "
                           "NOT VALID;\n--- down: none\n--- revision two\n--- up\nALTER TABLE "
                           "customers VALIDATE CONSTRAINT "
                           "tenant_there;\n--- down: none\n--- revision three\n--- up\nALTER TABLE "
                           "customers ALTER COLUMN tenant "
                           "SET NOT NULL;\n--- down: none\n"},
    [LINT_SPLIT_AMBIGUOUS] =
        {"split-ambiguous", LINT_ERROR, PG, 0, 0,
         "psql and the server disagree on where a statement ends",
         "because of this word psql and the server disagree on where the statement ends", NULL,
         "In a body of BEGIN ATOMIC psql counts the words BEGIN, CASE and END; the server knows "
         "its grammar. The "
         "script is refused; allowed in the manifest, it is cut where the server cuts it.",
         "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT t.end FROM t; END;\n",
         "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT t.\"end\" FROM t; "
         "END;\n"},
    [LINT_SQLITE_POPULATED_FAIL] =
        {"sqlite-populated-fail", LINT_ERROR, SQLITE, 0, 0,
         "ADD COLUMN works in an empty table and fails where there are rows",
         "column '{1}' cannot be added where '{2}' has rows: {3}",
         "Build the table anew: create, copy, drop, rename.",
         "SQLite checks some of its limits only where there is a row, so the rehearsal in an empty "
         "database does "
         "not meet them: NOT NULL without a default, a default in parentheses or of the current "
         "time, a "
         "generated column that is STORED.",
         "--- manifest dialect: sqlite\n--- revision one\n--- up\nCREATE TABLE a (b INTEGER);\n--- "
         "down: none\n"
         "--- revision two\n--- up\nALTER TABLE a ADD COLUMN c TEXT DEFAULT "
         "CURRENT_TIMESTAMP;\n--- down: none\n",
         "--- manifest dialect: sqlite\n--- revision one\n--- up\nCREATE TABLE a (b INTEGER);\n--- "
         "down: none\n"
         "--- revision two\n--- up\nALTER TABLE a ADD COLUMN c TEXT DEFAULT 'none';\n--- down: "
         "none\n"},
    [LINT_TIMESTAMP_NO_TZ] =
        {"timestamp-no-tz", LINT_INFO, PG, 0, 0, "a timestamp that does not say in which time zone",
         "column '{1}' is a timestamp without time zone", "Say timestamptz.",
         "Two hosts in different time zones write different values for the same moment.",
         "CREATE TABLE events (at timestamp NOT NULL);\n",
         "CREATE TABLE events (at timestamptz NOT NULL);\n"},
    [LINT_UNKNOWN_ALLOW] =
        {"unknown-allow", LINT_ERROR, BOTH, 0, 0,
         "a comment for sqlferry that it does not understand", "{1}", NULL,
         "A comment that begins with 'ferry:' is meant for sqlferry. It says 'allow', the name of "
         "a rule or "
         "several with commas between them, and then the reason.",
         "-- ferry: allow drop-tabel nobody reads it any more\nDROP TABLE orders;\n",
         "-- ferry: allow drop-table nobody reads it any more\nDROP TABLE orders;\n"},
    [LINT_UNNAMED_CONSTRAINT] =
        {"unnamed-constraint", LINT_INFO, PG, 0, 0, "a constraint gets its name from the server",
         "this constraint of '{1}' has no name of its own",
         "Say ADD CONSTRAINT NAME in front of it.",
         "The server finds a name that depends on what is there already, so a down script cannot "
         "be sure of it.",
         "ALTER TABLE orders ADD CHECK (total >= 0) NOT VALID;\n",
         "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;\n"},
    [LINT_UNTRUSTED_LANGUAGE] =
        {"untrusted-language", LINT_WARNING, PG, 0, 0,
         "a function in a language that can do whatever the server can",
         "language '{1}' can do whatever the server process can", NULL,
         "It takes a superuser to create it, and the host must have the language.",
         "CREATE FUNCTION f() RETURNS text LANGUAGE plpython3u AS 'return "
         "open(\"/etc/passwd\").read()';\n",
         "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';\n"},
    [LINT_UNUSED_ALLOW] =
        {"unused-allow", LINT_WARNING, BOTH, 0, 0, "something is allowed that does not occur",
         "nothing here breaks the rule '{1}'", "Delete it.",
         "What is allowed without need would hide the next statement that breaks the rule. Rules "
         "that are "
         "switched off, and runs over one dialect of two, are left out.",
         "-- ferry: allow drop-table it was empty\nCREATE TABLE orders (id integer);\n",
         "-- ferry: allow drop-table it was empty\nDROP TABLE orders;\n"},
    [LINT_VALIDATE_SAME_TX] =
        {"validate-same-tx", LINT_WARNING, PG, 0, 0,
         "a constraint is validated in the transaction that adds it",
         "constraint '{1}' was added in this transaction: its lock is held while all rows are read",
         "Validate it in a later revision.",
         "NOT VALID is of use only where the transaction ends before VALIDATE CONSTRAINT.",
         "ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;\nALTER "
         "TABLE orders "
         "VALIDATE CONSTRAINT orders_total;\n",
         "--- revision one\n--- up\nALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= "
         "0) NOT "
         "VALID;\n--- down: none\n--- revision two\n--- up\nALTER TABLE orders VALIDATE CONSTRAINT "
         "orders_total;\n--- down: none\n"},
    [LINT_VOLATILE_DEFAULT] =
        {"volatile-default", LINT_WARNING, PG, 0, 0,
         "a new column gets another value in every row, so the table is written anew",
         "column '{1}' gets a value of its own in every row: '{2}' is written anew while nobody "
         "can read it",
         "Add it without a default, fill it in pieces, and set the default then.",
         "A default that is the same for all rows costs nothing, whatever the size of the table; "
         "now() is one. A "
         "function that answers anew each time, serial, an identity and a generated column that is "
         "STORED are "
         "not.",
         "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();\n",
         "ALTER TABLE orders ADD COLUMN seen timestamptz DEFAULT now();\n"},
};

static const struct text severity_names[LINT_SEVERITY_COUNT] = {
    [LINT_OFF] = TEXT("off"),
    [LINT_INFO] = TEXT("info"),
    [LINT_WARNING] = TEXT("warning"),
    [LINT_ERROR] = TEXT("error"),
};

bool lint_rules_find(struct text id, enum lint_rule *rule)
{
    for (size_t i = 0; i < LINT_RULE_COUNT; i++)
        if (text_equal(id, text_from(lint_rules[i].id))) {
            *rule = (enum lint_rule)i;
            return true;
        }
    return false;
}

const char *lint_rules_nearest(struct text id)
{
    size_t limit = id.size < 2 ? 0 : id.size < 5 ? 1 : id.size < 10 ? 2 : 4;
    size_t nearest = limit + 1;
    const char *found = NULL;

    for (size_t i = 0; i < LINT_RULE_COUNT; i++) {
        size_t distance = text_distance(id, text_from(lint_rules[i].id), limit);

        if (distance < nearest) {
            nearest = distance;
            found = lint_rules[i].id;
        }
    }
    return found;
}

bool lint_rules_find_severity(struct text name, enum lint_severity *severity)
{
    for (size_t i = 0; i < LINT_SEVERITY_COUNT; i++)
        if (text_equal(name, severity_names[i])) {
            *severity = (enum lint_severity)i;
            return true;
        }
    return false;
}

const char *lint_rules_severity_name(enum lint_severity severity)
{
    return severity_names[severity].bytes;
}

struct text lint_rules_fill(struct arena *arena, const char *pattern, const struct text *values)
{
    CLEANUP(buffer_free) struct buffer buffer = {0};

    for (const char *at = pattern; *at; at++) {
        if (at[0] == '{' && at[1] >= '1' && at[1] <= '0' + VALUES_MAX && at[2] == '}') {
            buffer_add(&buffer, values[at[1] - '1']);
            at += 2;
        } else {
            buffer_add(&buffer, (struct text){at, 1});
        }
    }
    return arena_copy(arena, buffer_text(&buffer));
}

unsigned lint_rules_version(struct text version)
{
    enum { PART_MAX = 9999 };
    uint64_t major = 0, minor = 0;

    text_number(text_cut(&version, '.'), PART_MAX, &major);
    text_number(text_cut(&version, '.'), PART_MAX, &minor);
    return (unsigned)(major * 10000 + minor);
}

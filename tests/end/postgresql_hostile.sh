# A bundle that is signed well and means harm: each of these bodies runs as a revision between two
# innocent ones, in a real server, by a role that owns its database and no more. sqlferry refuses to
# build most of them; forge packs them unseen.
#
# Whatever they try: no shell runs, no half revision stays, the chain of the ledger holds or its
# breach is told with status 6 by the next command, and what cannot be undone is told with status 8.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

forge=$(dirname "$(command -v sqlland)")/tests/end/forge
make_key team
start_server -c max_prepared_transactions=2
query "CREATE ROLE mallory LOGIN; CREATE ROLE other; GRANT other TO mallory"
echo 'CREATE TABLE first (x integer);' > first.sql
echo 'CREATE TABLE last (x integer);' > last.sql
printf '\\! touch canary\nSELECT 1;\n' > included.sql

# psql's start-up file is somebody else's, too.
mkdir home
echo "\\! touch $PWD/canary" > home/.psqlrc
export HOME="$PWD/home" PSQLRC="$PWD/home/.psqlrc"

# land COMMAND OPTION...: in the database of the body, as its owner
land()
{
    command=$1
    shift
    sqlland "$command" --db "postgresql:///$database?user=mallory" "$@"
}

# Which of the tables of our three revisions there are.
tables()
{
    psql -X -q -A -t -d "$database" -c "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
        WHERE relname IN ('first', 'half', 'last') AND relnamespace = 'public'::regnamespace"
}

# body NAME STATUS CURRENT TABLES TEXT...: with the revision on stdin. The upgrade ends with STATUS
# and says each TEXT, the command after it ends with CURRENT, and then there are these tables. A
# verify script of the revision stands in NAME.verify.sql.
bodies=0
body()
{
    name=$1 wanted_status=$2 wanted_current=$3 wanted_tables=$4
    shift 4
    bodies=$((bodies + 1)) database=body_$bodies
    cat > "$name.sql"
    verify=
    [ ! -e "$name.verify.sql" ] || verify=$name.verify.sql
    psql -X -q -d postgres -c "CREATE DATABASE $database OWNER mallory"
    "$forge" team.key "$name.ferry" postgresql first.sql "$name.sql" $verify last.sql

    expect "$wanted_status" land upgrade --key team.pub ${options:-} "$name.ferry"
    printable out err
    [ $# -eq 0 ] || has err "$@"
    is "$name: $(tables)" "$name: $wanted_tables"
    missing canary

    expect "$wanted_current" land current
    printable out err
    if [ "$wanted_status $wanted_current" = '0 0' ]; then
        has out "last  forged 1, sequence 1, 3 revisions"
        expect 0 land upgrade --key team.pub "$name.ferry"
        has out 'nothing to do, 3 revisions are applied'
    elif [ "$wanted_status $wanted_current" = '4 0' ]; then
        has out "first  forged 1, sequence 1, 1 revision"
    fi
    rm "$name.ferry"
}

# Leaving the transaction

body commit 8 0 first \
    'commit.sql:1:1: error: ' 'violates foreign key constraint "admission_number_fkey"' << 'SQL'
CREATE TABLE half (x integer);
COMMIT;
SQL
body commit_begin 8 0 first 'violates foreign key constraint' << 'SQL'
CREATE TABLE half (x integer); COMMIT; BEGIN; SELECT 1;
SQL
body commit_pieces 8 0 first 'commit_pieces.sql:3:1: error: ' 'violates foreign key constraint' << 'SQL'
CREATE TABLE half (x integer);
--cut
COMMIT;
--cut
CREATE TABLE IF NOT EXISTS half (x integer);
SQL
body rollback 8 0 first "revision 'rollback' left its transaction: what it did may stay" << 'SQL'
CREATE TABLE half (x integer);
ROLLBACK;
SQL
body rollback_create 8 0 'first half' 'left its transaction: what it did' << 'SQL'
ROLLBACK; CREATE TABLE half (x integer);
SQL
body rollback_fail 8 0 'first half' \
    'rollback_fail.sql:5:1: error: division by zero' 'left its transaction: what it did' << 'SQL'
ROLLBACK;
--cut
CREATE TABLE half (x integer);
--cut
SELECT 1 / 0;
SQL
body fail_rollback 4 0 first 'fail_rollback.sql:1:1: error: division by zero' << 'SQL'
SELECT 1 / 0;
--cut
ROLLBACK;
--cut
CREATE TABLE half (x integer);
SQL
body rollback_begin_fail 8 0 'first half' \
    'rollback_begin_fail.sql:7:1: error: division by zero' 'left its transaction: what it did' << 'SQL'
ROLLBACK;
--cut
CREATE TABLE half (x integer);
--cut
BEGIN;
--cut
SELECT 1 / 0;
SQL
body prepare 8 0 first 'violates foreign key constraint' << 'SQL'
CREATE TABLE half (x integer); PREPARE TRANSACTION 'half';
SQL
body savepoint 4 0 first 'savepoint.sql:5:1: error: division by zero' 'was rolled back' << 'SQL'
CREATE TABLE half (x integer);
--cut
SAVEPOINT s;
--cut
SELECT 1 / 0;
--cut
ROLLBACK TO s;
--cut
SELECT 1;
SQL
body chain 8 0 'first half' 'left its transaction: what it did' << 'SQL'
ROLLBACK AND CHAIN; CREATE TABLE half (x integer); COMMIT;
SQL
body dropped_guard 4 0 first 'pending trigger events' << 'SQL'
CREATE TABLE half (x integer);
ALTER TABLE sqlferry.admission DROP CONSTRAINT admission_number_fkey;
COMMIT;
SQL
body set_constraints 4 0 first 'violates foreign key constraint' << 'SQL'
CREATE TABLE half (x integer);
SET CONSTRAINTS ALL IMMEDIATE;
SQL
body kill_self 4 0 first 'the connection to the server was lost: terminating connection' << 'SQL'
CREATE TABLE half (x integer); SELECT pg_terminate_backend(pg_backend_pid());
SQL

# Settings

body set_role 0 0 'first half last' << 'SQL'
SET ROLE other;
RESET ROLE;
CREATE TABLE half (x integer);
SET ROLE other;
SQL
body set_session_authorization 4 0 first 'permission denied to set session authorization' << 'SQL'
CREATE TABLE half (x integer);
SET SESSION AUTHORIZATION postgres;
SQL
body pg_temp 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
CREATE FUNCTION pg_temp.count(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
CREATE FUNCTION pg_temp.txid_current() RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
CREATE FUNCTION pg_temp.txid_current_if_assigned() RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint';
CREATE FUNCTION pg_temp.txid_status(bigint) RETURNS text LANGUAGE sql AS $$SELECT 'aborted'$$;
CREATE TABLE pg_temp.ledger (x integer);
SET search_path = pg_temp, pg_catalog;
SQL
body strings 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); SET standard_conforming_strings = off; SET backslash_quote = on;
SQL
body latin1 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); SET client_encoding = 'latin1';
SQL
body sjis 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); SET client_encoding = 'SJIS'; DO $$BEGIN RAISE NOTICE 'ああ'; END$$;
SQL
body replica 4 0 first 'permission denied to set parameter' << 'SQL'
CREATE TABLE half (x integer); SET session_replication_role = replica;
SQL
body read_only 4 0 first 'read-only transaction' << 'SQL'
CREATE TABLE half (x integer); SET TRANSACTION READ ONLY; SET default_transaction_read_only = on;
SQL
body defaults 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); SET default_transaction_read_only = on; SET statement_timeout = 1; SET lock_timeout = 1;
SQL
body discard_all 4 0 first 'DISCARD ALL cannot run inside a transaction block' << 'SQL'
CREATE TABLE half (x integer); DISCARD ALL;
SQL
body unlock 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); SELECT pg_advisory_unlock_all();
SQL
body alter_role 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
ALTER ROLE mallory SET search_path = pg_temp, public;
ALTER ROLE mallory SET standard_conforming_strings = off;
ALTER ROLE mallory SET client_encoding = 'latin1';
ALTER ROLE mallory SET DateStyle = 'German';
SQL
query "ALTER ROLE mallory RESET ALL"
body alter_database 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = pg_temp, public', current_database()); END$$;
DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END$$;
SQL

# The ledger

body ledger_insert 4 0 first 'duplicate key value' << 'SQL'
CREATE TABLE half (x integer);
INSERT INTO sqlferry.ledger SELECT * FROM sqlferry.ledger;
SQL
body ledger_forged 7 6 'first half' 'somebody else changed the ledger' << 'SQL'
CREATE TABLE half (x integer);
INSERT INTO sqlferry.ledger SELECT number + 2, event, project, 'last', script, pieces, bundle, release, sequence, note, who, started, finished, tool, previous, digest FROM sqlferry.ledger;
SQL
body ledger_forged_commit 8 6 'first half' 'left its transaction: what it did' << 'SQL'
CREATE TABLE half (x integer);
INSERT INTO sqlferry.ledger SELECT number + 1, event, project, 'forged', script, pieces, bundle, release, sequence, note, who, started, finished, tool, previous, digest FROM sqlferry.ledger;
COMMIT;
SQL
body ledger_update 4 0 first 'ledger_update.sql:1:1: error: the ledger is append-only' << 'SQL'
CREATE TABLE half (x integer); UPDATE sqlferry.ledger SET revision = 'other';
SQL
body ledger_delete 4 0 first 'the ledger is append-only' << 'SQL'
CREATE TABLE half (x integer); DELETE FROM sqlferry.ledger;
SQL
body ledger_truncate 4 0 first 'ledger_truncate.sql:1:1: error: ' << 'SQL'
CREATE TABLE half (x integer); TRUNCATE sqlferry.ledger CASCADE;
SQL
body ledger_drop 4 0 first 'relation "sqlferry.ledger" does not exist' << 'SQL'
CREATE TABLE half (x integer); DROP TABLE sqlferry.ledger CASCADE;
SQL
body ledger_alter 4 0 first 'does not exist' << 'SQL'
CREATE TABLE half (x integer); ALTER TABLE sqlferry.ledger RENAME COLUMN digest TO old;
SQL
body ledger_rename 4 0 first 'does not exist' << 'SQL'
CREATE TABLE half (x integer); ALTER SCHEMA sqlferry RENAME TO gone;
SQL
body ledger_trigger_off 0 6 'first half last' << 'SQL'
CREATE TABLE half (x integer);
ALTER TABLE sqlferry.ledger DISABLE TRIGGER append_only;
UPDATE sqlferry.ledger SET revision = 'other';
SQL
body ledger_tail 4 0 first 'pending trigger events' << 'SQL'
CREATE TABLE half (x integer);
ALTER TABLE sqlferry.ledger DISABLE TRIGGER append_only;
ALTER TABLE sqlferry.admission DISABLE TRIGGER append_only;
DELETE FROM sqlferry.admission WHERE number = 1;
DELETE FROM sqlferry.ledger;
SQL
body ledger_rule 4 0 first 'cannot perform INSERT RETURNING' << 'SQL'
CREATE TABLE half (x integer); CREATE RULE r AS ON INSERT TO sqlferry.ledger DO INSTEAD NOTHING;
SQL
body ledger_rule_also 4 0 first 'DO ALSO rules are not supported' << 'SQL'
CREATE TABLE half (x integer); CREATE RULE r AS ON INSERT TO sqlferry.ledger DO ALSO DELETE FROM half;
SQL
body ledger_trigger 0 6 'first half last' << 'SQL'
CREATE TABLE half (x integer);
CREATE FUNCTION lie() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.revision = 'lie'; RETURN NEW; END$$;
CREATE TRIGGER lie BEFORE INSERT ON sqlferry.ledger FOR EACH ROW EXECUTE FUNCTION lie();
SQL
body ledger_no_row 8 0 first 'left its transaction: what it did' << 'SQL'
CREATE TABLE half (x integer);
CREATE FUNCTION lie() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER lie BEFORE INSERT ON sqlferry.ledger FOR EACH ROW EXECUTE FUNCTION lie();
SQL
body ledger_rls 0 6 'first half last' << 'SQL'
CREATE TABLE half (x integer);
ALTER TABLE sqlferry.ledger ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON sqlferry.ledger FOR INSERT WITH CHECK (true);
CREATE POLICY q ON sqlferry.ledger FOR SELECT USING (number <> 1);
SQL
body admission_insert 4 0 first 'violates foreign key constraint' << 'SQL'
CREATE TABLE half (x integer); INSERT INTO sqlferry.admission VALUES (3);
SQL
body admission_delete 4 0 first 'the ledger is append-only' << 'SQL'
CREATE TABLE half (x integer); DELETE FROM sqlferry.admission; COMMIT;
SQL
body admission_drop 4 0 first 'pending trigger events' << 'SQL'
CREATE TABLE half (x integer); DROP TABLE sqlferry.admission; COMMIT;
SQL
body schema_drop 4 0 first 'pending trigger events' << 'SQL'
CREATE TABLE half (x integer); DROP SCHEMA sqlferry CASCADE;
SQL
body schema_drop_commit 4 0 first 'pending trigger events' << 'SQL'
CREATE TABLE half (x integer); DROP SCHEMA sqlferry CASCADE; COMMIT;
SQL
body event_trigger 4 0 first 'permission denied to create event trigger' << 'SQL'
CREATE TABLE half (x integer);
CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$;
CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION et();
SQL
body deferred 4 0 first 'error: too late (SQLSTATE P0001)' << 'SQL'
CREATE TABLE half (x integer);
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'too late'; END$$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON half DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late();
INSERT INTO half VALUES (1);
SQL

# psql

body shell 4 0 first 'shell.sql:2:1: error: syntax error' << 'SQL'
CREATE TABLE half (x integer);
\! touch canary
SQL
body include 4 0 first 'include.sql:2:1: error: syntax error' << 'SQL'
CREATE TABLE half (x integer);
\i included.sql
SQL
body shell_in_sql 4 0 first 'shell_in_sql.sql:1:31: error: syntax error' << 'SQL'
CREATE TABLE half (x integer) \! touch canary
;
SQL
body echo 4 0 first 'echo.sql:2:1: error: syntax error' << 'SQL'
CREATE TABLE half (x integer);
\echo `touch canary`
SQL
body variable 4 0 first 'variable.sql:1:39: error: syntax error at or near ":"' << 'SQL'
CREATE TABLE half (x integer); SELECT :USER;
SQL
body variable_quoted 4 0 first 'syntax error at or near ":"' << 'SQL'
CREATE TABLE half (x integer); SELECT :'HOST';
SQL
body slices 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN IF (ARRAY[1,2,3])[1:2] <> ARRAY[1,2] THEN RAISE EXCEPTION 'changed'; END IF; END$$;
SQL
body quote 4 0 first 'unterminated quoted string' << 'SQL'
CREATE TABLE half (x integer); SELECT 'open;
\! touch canary
SQL
body name 4 0 first 'unterminated quoted identifier' << 'SQL'
CREATE TABLE half (x integer); SELECT "open;
\! touch canary
SQL
body dollar 4 0 first 'unterminated dollar-quoted string' << 'SQL'
CREATE TABLE half (x integer); SELECT $open$;
\! touch canary
SQL
body comment 4 0 first 'unterminated /* comment' << 'SQL'
CREATE TABLE half (x integer); /* open
\! touch canary
SQL
body parenthesis 4 0 first 'parenthesis.sql:1:41: error: syntax error at or near ";"' << 'SQL'
CREATE TABLE half (x integer); SELECT (1;
\! touch canary
SQL
body tags 4 0 first 'syntax error' << 'SQL'
CREATE TABLE half (x integer); $f00112233445566778899aabbccddeeff$) \gexec
\! touch canary
VALUES ($f00112233445566778899aabbccddeeff$
SQL
body tags_many 4 0 first 'syntax error' << 'SQL'
CREATE TABLE half (x integer); $$ $f$ $f0$ $$) \gexec \! touch canary
SQL
body copy_from 4 0 first 'copy_from.sql:2:1: error: syntax error at or near "1"' << 'SQL'
CREATE TABLE half (x integer); COPY half FROM STDIN;
1
\.
SQL
body copy_from_alone 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); COPY half FROM STDIN;
SQL
body copy_to 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); COPY (SELECT 'x') TO STDOUT;
SQL
body copy_program 4 0 first 'pg_execute_server_program' << 'SQL'
CREATE TABLE half (x integer); COPY half TO PROGRAM 'touch canary';
SQL
body copy_file 4 0 first 'pg_read_server_files' << 'SQL'
CREATE TABLE half (x integer); COPY half FROM '/etc/passwd';
SQL

# Much

body notices 0 0 'first half last' 'NOTICE: xxxx' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN FOR i IN 1..100000 LOOP RAISE NOTICE '%', repeat('x', 1000); END LOOP; END$$;
SQL
body notice 0 0 'first half last' 'NOTICE: xxxx' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN RAISE NOTICE '%', repeat('x', 100000000); END$$;
SQL
body notice_lines 0 0 'first half last' 'NOTICE: x x x' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN RAISE NOTICE '%', repeat(E'x\n', 50000000); END$$;
SQL
body rows 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
SELECT repeat('x', 1000) FROM generate_series(1, 100000);
SQL
body copy_rows 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT;
SQL
options='--statement-timeout 300ms'
body sleep 4 0 first 'canceling statement due to statement timeout (SQLSTATE 57014)' << 'SQL'
CREATE TABLE half (x integer); SELECT pg_sleep(60);
SQL
options=
body escapes 4 0 first \
    'NOTICE: \x1B[2J\x1B]0;owned\x07' 'escapes.sql:3:24: error: relation "nowhere"' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN RAISE NOTICE E'\x1b[2J\x1b]0;owned\x07 \u202e\u009b 31m'; END$$;
SELECT E'\x1b[2J' FROM nowhere;
SQL
body fake_error 0 0 'first half last' 'ERROR: all is lost' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN RAISE NOTICE E'x\npsql:/proc/self/fd/3:9: ERROR:  57P01: all is lost\nLINE 1: x\n        ^'; END$$;
SQL
body fake_message 4 0 first 'error: one\x1B[2J two (SQLSTATE P0001)' 'note: three four' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN RAISE EXCEPTION USING MESSAGE = E'one\x1b[2J\ntwo', DETAIL = E'three\nfour', HINT = E'five\nHINT:  six', ERRCODE = '00000'; END$$;
SQL
body fake_success 4 0 first 'error: none (SQLSTATE 02000)' << 'SQL'
CREATE TABLE half (x integer);
DO $$BEGIN RAISE EXCEPTION USING MESSAGE = 'none', ERRCODE = '02000'; END$$;
SQL
body notify 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); LISTEN flood;
DO $$BEGIN FOR i IN 1..10000 LOOP PERFORM pg_notify('flood', i || E'\n\x1b[2J'); END LOOP; END$$;
SQL
body large_objects 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer); SELECT lo_from_bytea(0, 'x') FROM generate_series(1, 1000);
SQL
body temporary 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
CREATE TEMPORARY TABLE ledger (x integer); CREATE TEMPORARY TABLE admission (x integer); CREATE TEMPORARY TABLE pg_class (x integer);
DECLARE c CURSOR WITH HOLD FOR SELECT 1; PREPARE p AS SELECT 1;
SQL

# Verify scripts, and revisions without a transaction

echo "ROLLBACK; CREATE TABLE half (x integer);" > verify_rollback.verify.sql
body verify_rollback 8 0 'first half' 'left its transaction: what it did' << 'SQL'
SELECT 1;
SQL
echo "ROLLBACK TO sqlferry_verify; SET transaction_read_only = off; DROP TABLE first; SELECT true;" \
    > verify_writes.verify.sql
body verify_writes 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
SQL
echo "COMMIT;" > verify_commit.verify.sql
body verify_commit 8 0 first 'violates foreign key constraint' << 'SQL'
CREATE TABLE half (x integer);
SQL
body open.none 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
--cut
BEGIN;
--cut
DISCARD TEMP; SELECT pg_advisory_unlock_all(); SET search_path = pg_temp; SET client_encoding = latin1;
SQL
body discard.none 0 0 'first half last' << 'SQL'
CREATE TABLE half (x integer);
--cut
DISCARD ALL;
SQL

# What is not text never comes to a database.
printf 'SELECT \000 1;\n' > bytes
body nul 3 0 '' "script 'nul.sql' of 'nul.ferry' holds a NUL or is not UTF-8" < bytes
printf 'SELECT \377;\n' > bytes
body utf8 3 0 '' 'holds a NUL or is not UTF-8' < bytes
printf 'CREATE TABLE half (x integer);\n\357\273\277SELECT 1;\n' > bytes
body bom 4 0 first 'bom.sql:2:1: error: syntax error' < bytes

[ $bodies -ge 40 ] || fail "$bodies bodies"
is "$(query 'SELECT count(*) FROM pg_prepared_xacts')" 0

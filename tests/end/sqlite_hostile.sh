# A bundle that is signed well and means harm, on SQLite: each of these bodies runs as a revision
# between two innocent ones. sqlferry refuses to build most of them; forge packs them unseen. The
# fence of sqlland refuses them in its turn: nothing of them stays, and nothing outside is touched.
. "$ROOT/tests/end/lib"

forge=$(dirname "$(command -v sqlland)")/tests/end/forge
make_key team
echo 'CREATE TABLE first (x);' > first.sql
echo 'CREATE TABLE last (x);' > last.sql
sqlite3 other.db 'CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)'
cp other.db before.db

# state: of the three tables those that there are, and what the ledger says
state()
{
    sqlite3 shop.db "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema
        WHERE name IN ('first', 'half', 'last') ORDER BY name);
        SELECT group_concat(revision || ' ' || event, ', ') FROM sqlferry_ledger"
}

# body NAME STATUS TEXT...: the revision on stdin ends the upgrade with STATUS, and says each TEXT.
bodies=0
body()
{
    name=$1 wanted_status=$2
    shift 2
    bodies=$((bodies + 1))
    cat > "$name.sql"
    verify=
    [ ! -e "$name.verify.sql" ] || verify=$name.verify.sql
    "$forge" team.key "$name.ferry" sqlite first.sql "$name.sql" $verify last.sql
    rm -f shop.db*
    expect "$wanted_status" upgrade "$name.ferry"
    has err "$@"
    ! LC_ALL=C grep -q "[$(printf '\001')-$(printf '\010\013')-$(printf '\037\177')]" out err ||
        fail 'control characters'
    same before.db other.db
    missing owned new.db
    if [ "$wanted_status" -eq 3 ]; then
        missing shop.db
        return
    fi
    is "$(sqlite3 shop.db 'PRAGMA integrity_check')" ok
    rows='first applied'
    case $name in
    *.none) rows="$rows, $name started, $name failed" ;;
    esac
    is "$name: $(state)" "$name: first
$rows"
    expect 0 sqlland current --db shop.db
    expect "$wanted_status" upgrade "$name.ferry"
}

# Leaving the transaction

body commit 4 'commit.sql:2:1: error: ' << 'SQL'
CREATE TABLE half (x);
COMMIT;
SQL
body commit_begin 4 'commit_begin.sql:1:24: error: ' << 'SQL'
CREATE TABLE half (x); COMMIT; BEGIN; CREATE TABLE last (x);
SQL
body end 4 'end.sql:1:24: error: ' << 'SQL'
CREATE TABLE half (x); END TRANSACTION;
SQL
body rollback 4 'rollback.sql:1:1: error: ' << 'SQL'
ROLLBACK; CREATE TABLE half (x);
SQL
body begin 4 'begin.sql:1:24: error: ' << 'SQL'
CREATE TABLE half (x); BEGIN;
SQL
body savepoint 4 'savepoint.sql:1:24: error: ' << 'SQL'
CREATE TABLE half (x); SAVEPOINT s; RELEASE s;
SQL
body or_rollback 4 'UNIQUE constraint failed' << 'SQL'
CREATE TABLE half (x UNIQUE); INSERT INTO half VALUES (1);
INSERT OR ROLLBACK INTO half VALUES (1);
CREATE TABLE more (x);
SQL
body raise_rollback 4 'gone' << 'SQL'
CREATE TABLE half (x);
CREATE TRIGGER t BEFORE INSERT ON half BEGIN SELECT RAISE(ROLLBACK, 'gone'); END;
INSERT INTO half VALUES (1);
SQL

# Reaching out

body attach 4 'attach.sql:1:24: error: ' << 'SQL'
CREATE TABLE half (x); ATTACH 'other.db' AS other; DELETE FROM other.theirs;
SQL
body attach_new 4 'error: ' << 'SQL'
CREATE TABLE half (x); ATTACH 'new.db' AS new;
SQL
body attach_expression 4 'error: ' << 'SQL'
CREATE TABLE half (x); ATTACH DATABASE 'other' || '.db' AS 'main2';
SQL
body detach 4 'error: ' << 'SQL'
CREATE TABLE half (x); DETACH main;
SQL
body vacuum_into 4 'error: ' << 'SQL'
CREATE TABLE half (x); VACUUM INTO 'new.db';
SQL
body vacuum_into.none 4 'error: ' << 'SQL'
VACUUM INTO 'new.db';
SQL
body load_extension 4 'load_extension' << 'SQL'
CREATE TABLE half (x); SELECT load_extension('owned');
SQL
body load_extension_later 4 'load_extension' << 'SQL'
CREATE TABLE half (x); CREATE VIEW v AS SELECT load_extension('owned'); SELECT * FROM v;
SQL
body tokenizer 4 'fts3_tokenizer' << 'SQL'
CREATE TABLE half (x); SELECT fts3_tokenizer('simple', x'00000000');
SQL
body writefile 4 'no such function: writefile' << 'SQL'
CREATE TABLE half (x); SELECT writefile('owned', 'x');
SQL
body edit 4 'no such function: edit' << 'SQL'
CREATE TABLE half (x); SELECT edit('x', 'touch owned');
SQL
body shell 4 'shell.sql:2:1: error: ' << 'SQL'
CREATE TABLE half (x);
.shell touch owned
SQL
body read_file 4 'read_file.sql:2:1: error: ' << 'SQL'
CREATE TABLE half (x);
.read first.sql
SQL
body virtual_table 4 'error: ' << 'SQL'
CREATE TABLE half (x); CREATE VIRTUAL TABLE v USING csv(filename = 'other.db');
SQL
body dbpage 4 'error: ' << 'SQL'
CREATE TABLE half (x); UPDATE sqlite_dbpage SET data = zeroblob(4096) WHERE pgno = 1;
SQL
body temp_store 4 'error: ' << 'SQL'
CREATE TABLE half (x); PRAGMA temp_store_directory = '.';
SQL

# Below SQL

body writable_schema 4 'PRAGMA writable_schema is refused in a revision' << 'SQL'
CREATE TABLE half (x); PRAGMA writable_schema = on; DELETE FROM sqlite_schema;
SQL
body schema_table 4 'error: ' << 'SQL'
CREATE TABLE half (x); UPDATE sqlite_master SET sql = 'CREATE TABLE half (y)' WHERE name = 'half';
SQL
body journal_off 4 'PRAGMA journal_mode is refused in a revision' << 'SQL'
CREATE TABLE half (x); PRAGMA journal_mode = off; SELECT * FROM nowhere;
SQL
body synchronous_off 4 'PRAGMA synchronous is refused in a revision' << 'SQL'
CREATE TABLE half (x); PRAGMA synchronous = off;
SQL
body schema_version 4 'error: ' << 'SQL'
CREATE TABLE half (x); PRAGMA schema_version = 1;
SQL
body trusted_schema 4 'PRAGMA trusted_schema is refused in a revision' << 'SQL'
CREATE TABLE half (x); PRAGMA trusted_schema = on;
SQL
body pragma_function 4 'error: ' << 'SQL'
CREATE TABLE half (x); SELECT * FROM pragma_journal_mode('off');
SQL

# The ledger

for verb in 'DELETE FROM' 'DROP TABLE' 'INSERT INTO' 'UPDATE' 'ALTER TABLE'; do
    case $verb in
    INSERT*) rest='SELECT * FROM sqlferry_ledger' ;;
    UPDATE) rest="SET revision = 'other'" ;;
    ALTER*) rest='RENAME TO gone' ;;
    *) rest= ;;
    esac
    body "ledger$bodies" 4 'sqlferry_ledger' << SQL
CREATE TABLE half (x); $verb sqlferry_ledger $rest;
SQL
done
body ledger_trigger 4 'sqlferry_' << 'SQL'
CREATE TABLE half (x); CREATE TRIGGER t AFTER INSERT ON sqlferry_ledger BEGIN DELETE FROM half; END;
SQL
body ledger_drop_trigger 4 'sqlferry_' << 'SQL'
CREATE TABLE half (x); DROP TRIGGER sqlferry_ledger_no_delete;
SQL
body ledger_by_trigger 4 'sqlferry_ledger' << 'SQL'
CREATE TABLE half (x);
CREATE TRIGGER t AFTER INSERT ON half BEGIN DELETE FROM sqlferry_ledger; END;
INSERT INTO half VALUES (1);
SQL
body ledger_by_view 4 'sqlferry_' << 'SQL'
CREATE TABLE half (x); CREATE TEMP TABLE sqlferry_ledger (x);
SQL
echo 'DELETE FROM first;' > verify_writes.verify.sql
body verify_writes 4 'verify_writes.verify.sql:1:' << 'SQL'
CREATE TABLE half (x); INSERT INTO first VALUES (1);
SQL
echo 'COMMIT;' > verify_commit.verify.sql
body verify_commit 4 'verify_commit.verify.sql:1:' << 'SQL'
CREATE TABLE half (x);
SQL

# Text

body quote 4 'quote.sql:1:' << 'SQL'
CREATE TABLE half (x); SELECT 'open;
SQL
body incomplete 4 'incomplete.sql:1:' << 'SQL'
CREATE TABLE half (x); DELETE FROM
SQL
body trigger 4 'error: ' << 'SQL'
CREATE TABLE half (x); CREATE TRIGGER t AFTER INSERT ON half BEGIN SELECT 1;
SQL
body parameter 4 'error: ' << 'SQL'
CREATE TABLE half (x NOT NULL); INSERT INTO half VALUES (?1);
SQL
printf "CREATE TABLE half (x); SELECT '\\033[2J\\007' FROM nowhere;\n" > bytes
body escapes 4 'no such table: nowhere' '\x1B[2J\x07' < bytes
printf 'CREATE TABLE half (x);\000DROP TABLE first;\n' > bytes
body nul 3 "script 'nul.sql' of 'nul.ferry' holds a NUL or is not UTF-8" < bytes
printf 'CREATE TABLE half (x); -- \377\n' > bytes
body utf8 3 'holds a NUL or is not UTF-8' < bytes

[ $bodies -ge 40 ] || fail "$bodies bodies"

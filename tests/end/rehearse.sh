# sqlferry rehearse on SQLite: every revision up, down and up again; what stays is named, and no more.
. "$ROOT/tests/end/lib"

# found STATUS LINE... : a rehearsal with the options in $options ends so and finds exactly these
found()
{
    wanted_status=$1
    shift
    expect "$wanted_status" sqlferry rehearse $options
    grep '^fault  ' out | sed 's/^fault    //' > lines || :
    : > wanted
    [ $# -eq 0 ] || printf '%s\n' "$@" > wanted
    same wanted lines
    expect "$wanted_status" sqlferry rehearse $options --json
    sqlite3 :memory: "SELECT (value ->> 'name') || ' ' || (value ->> 'revision') || ': ' || (value ->> 'message')
        FROM json_each(readfile('out'), '$.dialects[0].findings')" > objects
    same wanted objects
}
options=

# down ID: the down script of the last revision comes in
down()
{
    cat > "sql/$1.down.sql"
    printf '    down: sql/%s.down.sql\n' "$1" >> ferry.yaml
}

# Nothing to find: in the example, and in trips that change every kind of object back and forth.
expect 0 sqlferry rehearse "$ROOT/examples/shop" --dialect sqlite
has out 'sqlite: 16 revisions, 15 round trips, 0 faults'
begin_manifest sqlite
revision one 'parents: []' << 'SQL'
CREATE TABLE a (id INTEGER PRIMARY KEY, word TEXT UNIQUE, state TEXT NOT NULL CHECK (state IN ('on', 'off')));
CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a (id), level INT CHECK (level BETWEEN 1 AND 3));
SQL
down one << 'SQL'
DROP TABLE b;
DROP TABLE a;
SQL
revision two << 'SQL'
ALTER TABLE a RENAME COLUMN word TO name;
ALTER TABLE b ADD COLUMN note TEXT NOT NULL DEFAULT '';
CREATE INDEX b_by_a ON b (a);
CREATE VIEW v AS SELECT name, note FROM a JOIN b ON b.a = a.id;
CREATE VIRTUAL TABLE f USING fts5(body);
CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO f VALUES (NEW.name); END;
INSERT INTO a (id, name, state) VALUES (1, 'x', 'on');
SQL
down two << 'SQL'
DROP TRIGGER t;
DROP TABLE f;
DROP VIEW v;
DROP INDEX b_by_a;
ALTER TABLE b DROP COLUMN note;
ALTER TABLE a RENAME COLUMN name TO word;
DELETE FROM a WHERE id = 1;
SQL
revision three 'foreign_keys: off' << 'SQL'
DROP TRIGGER t;
DROP VIEW v;
CREATE TABLE c (id INTEGER PRIMARY KEY, name TEXT, state TEXT);
INSERT INTO c SELECT id, name, state FROM a;
DROP TABLE a;
ALTER TABLE c RENAME TO a;
SQL
printf '    down: none\n' >> ferry.yaml
revision four 'transaction: none' << 'SQL'
VACUUM;
SQL
down four << 'SQL'
VACUUM;
SQL
found 0
expect 0 sqlferry rehearse
has out 'sqlite: 4 revisions, 3 round trips, 0 faults'
lacks err 'could not be given a row'

# What a down script leaves, loses and changes; what fails; and what the second run makes otherwise.
cp ferry.yaml good.yaml
cp sql/two.down.sql good.sql
cat > sql/two.down.sql << 'SQL'
DROP TRIGGER t;
DROP TABLE f;
DROP VIEW v;
DROP INDEX b_by_a;
DELETE FROM a WHERE id = 1;
ALTER TABLE a RENAME COLUMN name TO word;
ALTER TABLE b DROP COLUMN level;
SQL
found 1 "lost two: the down script loses column 'b.level'" \
    "left two: the down script leaves column 'b.note' behind" \
    "again two: behind the down script, the up script fails: duplicate column name: note (SQLite code 1)"
expect 1 sqlferry rehearse
has err 'ferry.yaml:11:11: error: ' 'sql/two.sql:2:26: error: '
cp good.sql sql/two.down.sql
cat > sql/one.down.sql << 'SQL'
DROP TABLE b;
DROP TABLE a;
CREATE TABLE IF NOT EXISTS leftover (x, y);
SQL
sed -i 's/^CREATE TABLE a/CREATE TABLE IF NOT EXISTS a/;s/^CREATE TABLE b/CREATE TABLE IF NOT EXISTS b/' sql/one.sql
found 1 "left one: the down script leaves table 'leftover' behind" \
    "again one: behind the down script, the up script makes table 'leftover', which it did not the first time"
echo 'ALTER TABLE b RENAME TO c; DROP TABLE a;' > sql/one.down.sql
expect 1 sqlferry rehearse one:one
has out 'down one: the down script fails: FOREIGN KEY constraint failed'
echo 'DELETE FROM b; ALTER TABLE b RENAME TO c; DROP TABLE a;' > sql/one.down.sql
expect 1 sqlferry rehearse one:one
has out "left one: the down script leaves table 'c' behind"
echo 'DROP TABLE absent;' > sql/one.down.sql
expect 1 sqlferry rehearse one
is "$(grep -c ^fault out)" 1
has out 'fault    down one: the down script fails: no such table: absent' 'sqlite: 1 revision, 1 round trip, 1 fault'
has err 'sql/one.down.sql:1:12: error: '
printf 'DROP TABLE b;\nDROP TABLE a;\n' > sql/one.down.sql
found 0

# An empty database lies: these run there, and fail where a table has a row.
refuses_rows()
{
    cp good.yaml ferry.yaml
    revision five
    printf '    down: none\n' >> ferry.yaml
    expect 1 sqlferry rehearse
    is "$(grep -c ^fault out)" 1
    has out 'fault    rows five: the up script runs on empty tables and fails where they have a row: '
    has err 'sql/five.sql:1:'
    expect 0 sqlferry rehearse --no-rows
}
echo 'ALTER TABLE b ADD COLUMN must TEXT NOT NULL;' | refuses_rows
echo 'ALTER TABLE b ADD COLUMN at TEXT DEFAULT CURRENT_TIMESTAMP;' | refuses_rows
echo 'ALTER TABLE b ADD COLUMN twice INT GENERATED ALWAYS AS (level * 2) STORED;' | refuses_rows
echo 'ALTER TABLE b ADD COLUMN small INT DEFAULT 5 CHECK (small < 3);' | refuses_rows
echo 'CREATE TABLE d AS SELECT * FROM b; INSERT INTO b SELECT * FROM d;' | refuses_rows

# idempotent: true is put to the test.
cp good.yaml ferry.yaml
revision six 'transaction: none' 'idempotent: true' 'down: none' << 'SQL'
CREATE TABLE IF NOT EXISTS once (x);
VACUUM;
SQL
found 0
echo 'CREATE TABLE twice (x);' >> sql/six.sql
found 1 'idempotent six: run twice, the up script fails: table twice already exists (SQLite code 1)'
echo 'VACUUM; ALTER TABLE a RENAME TO a_old; CREATE TABLE a (x); CREATE TABLE IF NOT EXISTS a_old (y);' > sql/six.sql
found 1 "idempotent six: run twice, the up script fails: there is already another table or index with this name: a_old (SQLite code 1)"

# Ranges.
cp good.yaml ferry.yaml
for range in two:three two: :four three four:; do
    expect 0 sqlferry rehearse $range
done
has out 'sqlite: 1 revision, 1 round trip'
expect 0 sqlferry rehearse . two:three
has out 'sqlite: 2 revisions, 1 round trip,'
expect 2 sqlferry rehearse three:two
has err "'two' is applied before 'three'"
expect 2 sqlferry rehearse nine
has err "the manifest has no revision 'nine'"
expect 5 sqlferry rehearse other.yaml
has err "cannot open 'other.yaml'"

# A checkpoint: only what is new is run again, and only where nothing before it has changed.
expect 0 sqlferry rehearse --checkpoint kept
has out 'sqlite: 4 revisions, 3 round trips, 0 faults'
expect 0 sqlferry rehearse --checkpoint kept
has out 'sqlite: 4 revisions, 4 of them from the checkpoint, 0 round trips, 0 faults'
revision seven << 'SQL'
CREATE TABLE seven (x NOT NULL);
SQL
down seven << 'SQL'
DROP TABLE seven;
SQL
expect 0 sqlferry rehearse --checkpoint kept
has out 'sqlite: 5 revisions, 4 of them from the checkpoint, 1 round trip, 0 faults'
cp kept before
echo 'SELECT 1;' > sql/seven.down.sql
expect 1 sqlferry rehearse --checkpoint kept
has out 'sqlite: 5 revisions, 4 round trips' 'left seven'
same before kept
echo 'DROP TABLE seven;' > sql/seven.down.sql
expect 0 sqlferry rehearse --checkpoint kept
has out '5 of them from the checkpoint'
echo '-- edited' >> sql/one.sql
expect 0 sqlferry rehearse --checkpoint kept
has out 'sqlite: 5 revisions, 4 round trips, 0 faults'
expect 2 sqlferry rehearse two: --checkpoint kept
printf x >> kept
expect 1 sqlferry rehearse --checkpoint kept
has err "'kept' is no checkpoint"

# What a script does wrong by itself is what check says, and nothing is rehearsed behind it.
cp good.yaml ferry.yaml
echo 'CREATE TABEL x (y);' > sql/two.sql
expect 1 sqlferry rehearse
has err 'near "TABEL": syntax error'
expect 1 sqlferry rehearse --json

# A hundred revisions, thirty of which leave something: those are named, each once, and no other.
mkdir hundred
cd hundred
begin_manifest sqlite
: > injected
for i in $(seq 100); do
    leaves=
    [ $((i % 10)) -lt 7 ] || leaves=$((i % 6))
    {
        echo "CREATE TABLE t$i (id INTEGER PRIMARY KEY, word TEXT NOT NULL, n INT CHECK (n > 0));"
        echo "CREATE INDEX i$i ON t$i (word);"
        echo "CREATE VIEW v$i AS SELECT word FROM t$i;"
        echo "CREATE TRIGGER g$i AFTER DELETE ON t$i BEGIN SELECT 1; END;"
        [ $i -eq 1 ] || echo "ALTER TABLE t1 ADD COLUMN c$i INT DEFAULT $i;"
        case $leaves in
        0) echo "CREATE TABLE left$i (x, y);" ;;
        1) echo "CREATE INDEX left$i ON t1 (word, id);" ;;
        2) echo "ALTER TABLE t1 ADD COLUMN left$i TEXT;" ;;
        3) echo "CREATE VIEW left$i AS SELECT id FROM t1;" ;;
        4) echo "CREATE TRIGGER left$i AFTER UPDATE ON t1 BEGIN SELECT 1; END;" ;;
        5) echo "CREATE VIRTUAL TABLE left$i USING fts5(body);" ;;
        esac
    } | revision r$i "$([ $i -eq 1 ] && echo 'parents: []' || echo "title: Number $i")"
    {
        [ $i -eq 1 ] || echo "ALTER TABLE t1 DROP COLUMN c$i;"
        echo "DROP VIEW v$i;"
        echo "DROP TABLE t$i;"
    } | down r$i
    case $leaves in
    0 | 5) echo "r$i: table 'left$i'" ;;
    1) echo "r$i: index 'left$i'" ;;
    2) echo "r$i: column 't1.left$i'" ;;
    3) echo "r$i: view 'left$i'" ;;
    4) echo "r$i: trigger 'left$i'" ;;
    esac >> injected
done
is "$(wc -l < injected)" 30
expect 1 sqlferry rehearse
sed -n "s/^fault    left \(.*\): the down script leaves \(.*\) behind\$/\1: \2/p" out > named
same injected named
# The up script then fails the second time, for what was left is in its way; nothing else is found.
is "$(grep -c '^fault    again ' out)" 30
has out 'sqlite: 100 revisions, 100 round trips, 60 faults'

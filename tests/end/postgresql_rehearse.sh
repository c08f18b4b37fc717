# sqlferry rehearse on PostgreSQL: on a server of its own, and in a database that is there.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

down()
{
    cat > "sql/$1.down.sql"
    printf '    down: sql/%s.down.sql\n' "$1" >> ferry.yaml
}

# rehearse STATUS OPTION...: ends so, and leaves neither a server nor a folder
mkdir temporary
chmod 755 temporary
rehearse()
{
    wanted_status=$1
    shift
    TMPDIR=$PWD/temporary expect "$wanted_status" sqlferry rehearse "$@"
    is "$(ls temporary)" ''
    sed -n 's/^fault    //p' out > lines
}

# found LINE...: exactly these faults
found()
{
    : > wanted
    [ $# -eq 0 ] || printf '%s\n' "$@" > wanted
    same wanted lines
}

rehearse 0 "$ROOT/examples/shop" --dialect postgresql
found
has out 'postgresql: 16 revisions, 15 round trips, 0 faults'

begin_manifest postgresql
revision one 'parents: []' << 'SQL'
CREATE TYPE state AS ENUM ('open', 'paid');
CREATE TABLE a (id bigserial PRIMARY KEY, state state NOT NULL DEFAULT 'open', price numeric(10, 2), word varchar(50));
CREATE TABLE b (id bigint PRIMARY KEY, a bigint REFERENCES a DEFERRABLE INITIALLY DEFERRED);
SQL
down one << 'SQL'
DROP TABLE b;
DROP TABLE a;
DROP TYPE state;
SQL
revision two << 'SQL'
INSERT INTO a (id, word) VALUES (1, 'x');
INSERT INTO b VALUES (1, 1);
ALTER TABLE a ALTER price TYPE numeric(12, 4);
ALTER TABLE a ALTER word TYPE varchar(100);
ALTER TABLE a ADD CHECK (price > 0) NOT VALID;
ALTER TABLE a ADD CONSTRAINT words CHECK (word <> '');
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
SQL
down two << 'SQL'
DROP FUNCTION f();
ALTER TABLE a DROP CONSTRAINT words;
ALTER TABLE a DROP CONSTRAINT a_price_check;
ALTER TABLE a ALTER word TYPE varchar(50);
ALTER TABLE a ALTER price TYPE numeric(10, 2);
DELETE FROM b;
DELETE FROM a;
SQL
revision three 'transaction: none' 'idempotent: true' << 'SQL'
CREATE INDEX CONCURRENTLY IF NOT EXISTS a_word ON a (word);
SQL
down three << 'SQL'
DROP INDEX CONCURRENTLY a_word;
SQL
cp ferry.yaml good.yaml

# What statements do to tables that were there before is told, on empty tables as well.
rehearse 0
found
grep '^note' out > notes || fail 'no notes'
has notes "sql/two.sql, line 3: table 'public.a', AccessExclusiveLock, rewritten, scanned" \
    "sql/two.sql, line 6: table 'public.a', scanned"
lacks notes 'two.sql, line 4:'
lacks notes 'two.sql, line 5:'
lacks notes 'one.sql'
rehearse 0 three --json
has out '"dialect":"postgresql","revision_count":1,"trip_count":1,' '"findings":[]'

# What a down script leaves, loses and changes, and what fails.
sed -i '/DROP TYPE/d' sql/one.down.sql
rehearse 1 one:one
found "left one: the down script leaves enum 'public.state' behind" \
    "again one: behind the down script, the up script fails: type \"state\" already exists (SQLSTATE 42710)"
has err 'sql/one.sql:1:1: error: '
echo 'DROP TYPE state;' >> sql/one.down.sql
sed -i 's/DROP FUNCTION f();/ALTER TABLE a DROP COLUMN id CASCADE;/' sql/two.down.sql
rehearse 1 two
has lines "lost two: the down script loses column 'public.a.id'" "lost two: the down script loses constraint 'public.b.b_a_fkey'" \
    "lost two: the down script loses sequence 'public.a_id_seq'" "left two: the down script leaves routine 'public.f()' behind"
sed -i 's/ALTER TABLE a DROP COLUMN id CASCADE;/DROP FUNCTION f();/' sql/two.down.sql
sed -i 's/IF NOT EXISTS//' sql/three.sql
rehearse 1 three
found 'idempotent three: run twice, the up script fails: relation "a_word" already exists (SQLSTATE 42P07)'
has err "the rehearsal cannot go on behind revision 'three', which failed outside a transaction"
sed -i 's/CONCURRENTLY/CONCURRENTLY IF NOT EXISTS/' sql/three.sql
rehearse 0
echo 'DROP TABLE nothing;' > sql/three.down.sql
rehearse 1 three
found 'down three: the down script fails: table "nothing" does not exist (SQLSTATE 42P01)'
echo 'DROP INDEX CONCURRENTLY a_word;' > sql/three.down.sql
echo 'CREATE TABLE x (y itn);' >> sql/two.sql
rehearse 1
has err 'sql/two.sql:8:19: error: type "itn" does not exist (SQLSTATE 42704)' 'The chain was run on a server of version '
sed -i '$d' sql/two.sql

# A verify script, which refuses.
echo 'SELECT count(*) = 0 FROM a;' > sql/two.verify.sql
sed -i 's/    down: sql.two.down.sql/&\n    verify: sql\/two.verify.sql/' ferry.yaml
rehearse 1
has err 'sql/two.verify.sql:1:1: error: the verify script found a row that begins with false or 0'
cp good.yaml ferry.yaml

# In a database that is there, which has to be empty.
start_server
make_database scratch
expect 0 sqlferry rehearse --db dbname=scratch
has out 'postgresql: 3 revisions, 3 round trips, 0 faults'
expect 6 sqlferry rehearse --db dbname=scratch
has err 'a rehearsal begins in an empty database, and '

# A signal ends it, and its server with it. The first script waits long enough to be found.
echo 'SELECT pg_sleep(60);' >> sql/one.sql
TMPDIR=$PWD/temporary setsid sqlferry rehearse > run.out 2> run.err &
rehearsal=$!
runs() { [ "$(ps -eo args | grep -c "[p]g_sleep\|[p]ostgres: .*SELECT")" -gt 0 ] && ls temporary | grep -q .; }
within 60 runs || hung 'the rehearsal does not begin'
kill -TERM $rehearsal
within 30 has_ended $rehearsal || hung 'the rehearsal does not end'
wait $rehearsal || :
within 10 sh -c '[ -z "$(ls temporary)" ]' || hung 'the folder of the server stays'
sed -i '$d' sql/one.sql

# A hundred revisions, thirty of which leave something: those are named, each once, and no other.
mkdir hundred
cd hundred
begin_manifest postgresql
: > injected
for i in $(seq 100); do
    leaves=
    [ $((i % 10)) -lt 7 ] || leaves=$((i % 6))
    {
        echo "CREATE TYPE e$i AS ENUM ('a', 'b');"
        echo "CREATE TABLE t$i (id bigserial PRIMARY KEY, word text NOT NULL, e e$i, n int CHECK (n > 0));"
        echo "CREATE INDEX i$i ON t$i (word);"
        echo "CREATE FUNCTION f$i(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        [ $i -eq 1 ] || echo "ALTER TABLE t1 ADD COLUMN c$i int DEFAULT $i;"
        case $leaves in
        0) echo "CREATE TYPE left$i AS ENUM ('x');" ;;
        1) echo "CREATE INDEX left$i ON t1 (word, id);" ;;
        2) echo "ALTER TABLE t1 ADD COLUMN left$i text;" ;;
        3) echo "CREATE FUNCTION left$i() RETURNS int LANGUAGE sql AS 'SELECT 1';" ;;
        4) echo "CREATE SEQUENCE left$i;" ;;
        5) echo "CREATE POLICY left$i ON t1 USING (id > 0);" ;;
        esac
    } | revision r$i "$([ $i -eq 1 ] && echo 'parents: []' || echo "title: Number $i")"
    {
        [ $i -eq 1 ] || echo "ALTER TABLE t1 DROP COLUMN c$i;"
        echo "DROP FUNCTION f$i(int);"
        echo "DROP TABLE t$i;"
        echo "DROP TYPE e$i;"
    } | down r$i
    case $leaves in
    0) echo "r$i: enum 'public.left$i'" ;;
    1) echo "r$i: index 'public.left$i'" ;;
    2) echo "r$i: column 'public.t1.left$i'" ;;
    3) echo "r$i: routine 'public.left$i()'" ;;
    4) echo "r$i: sequence 'public.left$i'" ;;
    5) echo "r$i: policy 'public.t1.left$i'" ;;
    esac >> injected
done
is "$(wc -l < injected)" 30
make_database hundred
expect 1 sqlferry rehearse --db dbname=hundred
sed -n "s/^fault    left \(.*\): the down script leaves \(.*\) behind\$/\1: \2/p" out > named
same injected named
is "$(grep -c '^fault    again ' out)" 30
has out 'postgresql: 100 revisions, 100 round trips, 60 faults'

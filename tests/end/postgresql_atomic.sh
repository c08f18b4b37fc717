# A release whole, or nothing of it, on PostgreSQL; atomic.sh has what is the same on both.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
. "$ROOT/tests/end/graph"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper
start_server -c max_locks_per_transaction=10 -c max_connections=20

land()
{
    sqlland "$@" --key team.pub --db postgresql://
}

reset()
{
    PGDATABASE=postgres psql -X -q -c 'DROP DATABASE IF EXISTS demo WITH (FORCE)' 2> err
    make_database demo
}

dump()
{
    pg_dump "$@" | grep -v '^\\\(un\)\{0,1\}restrict '
}

# The fifth of ten fails: nothing is left, in the ledger neither.
mkdir sql
make_project r1 r2 r3 r4 r5 r6 r7 r8 r9 r10
sed -i 's/dialect: sqlite/dialect: postgresql/' ferry.yaml
cat > sql/r2.sql <<'SQL'
CREATE TYPE mood AS ENUM ('sad');
CREATE TEMP TABLE scratch (id integer);
SET search_path = nowhere;
SET lock_timeout = '1h';
LISTEN news;
PREPARE answer AS SELECT 42;
SQL
cat > sql/r3.sql <<'SQL'
CREATE TEMP TABLE scratch AS SELECT 'a word' AS word;
CREATE TABLE r3 AS SELECT word, current_setting('lock_timeout') AS timeout FROM scratch;
PREPARE answer AS SELECT 43;
SQL
echo 'INSERT INTO r4 VALUES (1); SELECT * FROM nowhere;' > sql/r5.sql
build ten --sequence 1
for base in '' r1; do
    reset
    [ -z "$base" ] || expect 0 land upgrade ten.ferry --to $base
    dump > before.dump
    expect 4 land upgrade ten.ferry --atomic
    has err 'sql/r5.sql:1:42: error: relation "nowhere" does not exist (SQLSTATE 42P01)' "that was revision 'r5', " \
        "all of it was rolled back: 'postgresql://' has "
    lacks err r6
    dump > got.dump
    same before.dump got.dump
done
query 'CREATE TABLE nowhere ()'
expect 0 land upgrade ten.ferry --atomic
has out '9 revisions applied, now at r10'
is "$(query 'TABLE r3')" 'a word|0'
is "$(query "SELECT string_agg(event, ' ') FROM sqlferry.ledger" | tr ' ' '\n' | sort | uniq -c | tr -s ' ')" ' 10 applied'
expect 0 land check ten.ferry --complete
dump -N sqlferry > atomic.dump
reset
query 'CREATE TABLE nowhere ()'
expect 0 land upgrade ten.ferry
dump -N sqlferry > got.dump
same atomic.dump got.dump

# One that runs without a transaction is refused before anything is done.
reset
echo 'INSERT INTO r4 VALUES (1);' > sql/r5.sql
dump > before.dump
sed 's/up: sql.r6.sql/&\n    transaction: none/' ferry.yaml > none.yaml
build none --sequence 1 none.yaml
for command in upgrade plan 'upgrade --dry-run'; do
    expect 6 land $command none.ferry --atomic
    has err "revision 'r6' runs without a transaction: it cannot share one"
    dump > got.dump
    same before.dump got.dump
done
expect 0 land upgrade none.ferry --atomic --to r5

# More statements than the server has room for locks: refused up front, and not with half the server.
reset
dump > before.dump
make_graph postgresql whole
build graph --sequence 1
expect 6 land upgrade graph.ferry --atomic
has err 'statements in one transaction may need' 'locks, the server has room for' \
    'Run it without --atomic, or have max_locks_per_transaction raised.'
expect 6 land plan graph.ferry --atomic
has out 'fault    atomic: ' '  100  r100'
expect 6 land upgrade graph.ferry --atomic --dry-run --json
is "$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '$.findings[0].name')")" atomic
dump > got.dump
same before.dump got.dump
expect 0 land plan graph.ferry
expect 0 land upgrade graph.ferry --atomic --to r40

# kill -9 at 20 moments, of sqlland or of its psql: all or nothing.
kill -INT "$(head -1 server/data/postmaster.pid)"
wait || true
as_postgres "$postgresql/postgres" -D server/data -k "$PGHOST" -c listen_addresses='' -F \
    -c max_locks_per_transaction=200 >> server.log 2>&1 &
until psql -X -q -d postgres -c 'SELECT 1' > out 2> err; do
    sleep 0.05
done
reset
expect 0 land upgrade graph.ferry --to r20
PGDATABASE=postgres query 'CREATE DATABASE start TEMPLATE demo'
dump > before.dump
begin=$(date +%s%N)
expect 0 land upgrade graph.ferry --atomic
whole=$(($(date +%s%N) - begin))
dump -N sqlferry > whole.dump
undone=0 round=0
for delay in $(awk -v whole=$whole 'BEGIN { srand(); for (i = 0; i < 20; i++) printf "%.4f\n", rand() * whole / 1e9 }'); do
    round=$((round + 1))
    PGDATABASE=postgres psql -X -q -c 'DROP DATABASE demo WITH (FORCE)' -c 'CREATE DATABASE demo TEMPLATE start'
    sqlland upgrade -q graph.ferry --key team.pub --db postgresql:// --atomic > run.out 2> run.err &
    run=$!
    sleep "$delay"
    victim=$run
    [ $((round % 3)) -ne 0 ] || victim=$(cat /proc/$run/task/$run/children 2> err || echo $run)
    kill -KILL $victim 2> err || true
    status=0
    wait $run || status=$?
    case $status in
    0 | 137 | 4 | 5) ;;
    *) fail "status $status: $(cat run.err)" ;;
    esac
    until [ "$(query 'SELECT pg_try_advisory_lock(1936812134, 1701999225)')" = t ]; do
        sleep 0.02
    done
    dump > got.dump
    if ! cmp -s before.dump got.dump; then
        dump -N sqlferry > got.whole
        same whole.dump got.whole
        is "$(applied postgresql:// | wc -l)" 100
    else
        undone=$((undone + 1))
        [ $((round % 5)) -ne 0 ] || expect 0 land upgrade graph.ferry --atomic
    fi
done
[ $undone -ge 3 ] || fail "only $undone of 20 kills hit the run"

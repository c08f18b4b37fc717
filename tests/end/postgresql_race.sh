# Two and five runs race for one database, ROUNDS times (10), while indexes are built: each revision
# is applied once, nobody waits for ever, and no run waits in the server for another.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

rounds=${ROUNDS:-10} revisions=20
PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper

mkdir sql
printf 'ferry: 1\nproject: demo\ndialect: postgresql\nrevisions:\n' > ferry.yaml
for i in $(seq $revisions); do
    printf '  - id: r%s\n    up: sql/r%s.sql\n' $i $i >> ferry.yaml
    if [ $((i % 4)) -eq 0 ]; then
        printf '    transaction: none\n' >> ferry.yaml
        echo "CREATE INDEX CONCURRENTLY i$i ON many (md5(word || $i));"
    else
        [ $i -ne 1 ] || cat <<'SQL'
CREATE TABLE counter (count integer NOT NULL);
INSERT INTO counter VALUES (0);
CREATE TABLE many (id integer PRIMARY KEY, word text NOT NULL);
INSERT INTO many SELECT i, md5(i::text) FROM generate_series(1, 2000) i;
SQL
        echo 'UPDATE counter SET count = count + 1;'
    fi > sql/r$i.sql
done
sed -i 's/id: r1$/&\n    parents: []/' ferry.yaml
build demo

# race COUNT TIME...: so many runs at once; each waits for the lock for one of the times, in turn.
race()
{
    count=$1 runs=''
    shift
    psql -X -q -d postgres -c 'DROP DATABASE IF EXISTS demo WITH (FORCE)' -c 'CREATE DATABASE demo' 2> err
    for i in $(seq "$count"); do
        sqlland upgrade -q demo.ferry --key team.pub --db postgresql:// --lock-timeout "$1" \
            > $i.out 2> $i.err &
        runs="$runs $!"
        time=$1
        shift
        set -- "$@" "$time"
    done
    i=0 ended=0 applied=0
    for run in $runs; do
        i=$((i + 1)) status=0
        wait "$run" || status=$?
        echo $status >> statuses
        case $status in
        0)
            ended=$((ended + 1))
            applied=$((applied + $(sed -n 's/.*: \([0-9]*\) revisions\{0,1\} applied,.*/\1/p' $i.out | grep . || echo 0)))
            ;;
        7) has $i.err 'another run holds the lock of' "'sqlland'" ;;
        *) fail "run $i of $count ended with $status: $(cat $i.err)" ;;
        esac
    done
    [ $ended -gt 0 ] || fail 'all were refused'
    is $applied $revisions
    is "$(query 'SELECT count FROM counter')" 15
    is "$(query "SELECT count(*), count(DISTINCT revision) FROM sqlferry.ledger
        WHERE event IN ('applied', 'finished')")" "$revisions|$revisions"
    is "$(query "SELECT count(*) FROM sqlferry.ledger WHERE event IN ('started', 'failed')")" 5
    is "$(query 'SELECT count(*), bool_and(indisvalid) FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE relname ~ '"'^i[0-9]+\$'")" '5|t'
    expect 0 sqlland history --db postgresql://
}

start_server
export PGDATABASE=demo
: > statuses
for round in $(seq "$rounds"); do
    race 2 60s
    race 5 60s 0s
    race 5 60s
done
lacks server.log 'deadlock'

# Those that may wait all end well; of the others, one does where it is the first.
echo "$rounds rounds: $(sort statuses | uniq -c | awk '{ printf "%s with status %s, ", $1, $2 }')no deadlock"
[ "$(grep -c 7 statuses)" -ge "$rounds" ] || fail 'hardly anybody was refused: was it a race?'

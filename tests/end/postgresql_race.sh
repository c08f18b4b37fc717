# Two and five runs race for one database, ROUNDS times (10), while indexes are built: each revision
# is applied once, nobody waits for ever, and no run waits in the server for another.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

rounds=${ROUNDS:-10} revisions=20
PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper

make_history $revisions 4 2000
build demo

# race COUNT TIME...: so many runs at once; each waits for the lock for one of the times, in turn.
race()
{
    count=$1 runs=''
    shift
    new_database demo
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
        within 60 has_ended "$run" ||
            hung "round $round: run $i of $count has not ended: $(cat $i.out $i.err)"
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
    begin=$(date +%s)
    race 2 60s
    race 5 60s 0s
    race 5 60s
    took=$(($(date +%s) - begin))
    [ $took -le 10 ] || echo "slow: round $round took $took s"
done
lacks server.log 'deadlock'

# Those that may wait all end well; of the others, one does where it is the first.
echo "$rounds rounds: $(sort statuses | uniq -c | awk '{ printf "%s with status %s, ", $1, $2 }')no deadlock"
[ "$(grep -c 7 statuses)" -ge "$rounds" ] || fail 'hardly anybody was refused: was it a race?'

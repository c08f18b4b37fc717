# Kills at KILLS random moments (24), of upgrades and downgrades in turn: of sqlland, of psql, of its
# backend, of the whole server. Tables, indexes and ledger always agree, the lock is soon free, and the
# next run completes, or stops where a person must look.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

kills=${KILLS:-24} revisions=50
PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper

# Every 5th builds an index outside a transaction. Of those every other one may run twice; some of the
# others have a second statement, of which no catalog tells whether it is done. Every 4th of the rest, and
# each that may run twice, has a verify script.
make_history $revisions 5 8000
cp ferry.yaml plain.yaml
for i in $(seq $revisions); do
    more="    down: sql/r$i.down.sql"
    verify="SELECT count(*) = $i FROM t$i;"
    case $i in
    1) echo 'DROP TABLE t1; DROP TABLE many; DROP TABLE counter;' > sql/r1.down.sql ;;
    *0)
        more="$more\n    idempotent: true"
        verify="SELECT indisvalid FROM pg_index WHERE indexrelid = 'i$i'::regclass;"
        sed -i "1s/^/DROP INDEX CONCURRENTLY IF EXISTS i$i;\n/" sql/r$i.sql
        echo "DROP INDEX CONCURRENTLY IF EXISTS i$i;" > sql/r$i.down.sql
        ;;
    5 | 25 | 45)
        verify=
        echo 'VACUUM many;' >> sql/r$i.sql
        printf 'VACUUM many;\nDROP INDEX CONCURRENTLY i%s;\n' "$i" > sql/r$i.down.sql
        ;;
    15) verify= && echo 'DROP INDEX CONCURRENTLY i15;' > sql/r15.down.sql ;;
    35) verify= && echo 'DROP INDEX CONCURRENTLY IF EXISTS i35;' > sql/r35.down.sql ;;
    *)
        [ $((i % 4)) -eq 2 ] || verify=
        echo "DROP TABLE t$i; UPDATE counter SET count = count - 1;" > sql/r$i.down.sql
        ;;
    esac
    if [ "$verify" ]; then
        more="$more\n    verify: sql/r$i.verify.sql"
        echo "$verify" > sql/r$i.verify.sql
    fi
    sed -i "s|^    up: sql/r$i.sql\$|&\n$more|" ferry.yaml
done
build demo

# What agrees gives no row. Of a revision outside a transaction that was begun and not ended, the statement
# behind those that are done may be done or not, or in part; the one before left an index, or left none.
cat > revisions.sql <<'SQL'
WITH ledger AS (
    SELECT DISTINCT ON (revision) revision, event, pieces FROM sqlferry.ledger
        ORDER BY revision, number DESC
), revisions AS (
    SELECT n, n % 5 = 0 AS builds, n % 10 = 0 AS idempotent, coalesce(event, 'none') AS event,
            coalesce(pieces, 0) AS pieces,
            CASE WHEN n % 10 = 0 THEN 2 ELSE 1 END AS creating,
            CASE WHEN n % 20 = 5 THEN 2 ELSE 1 END AS dropping,
            CASE WHEN n % 10 = 0 OR n % 20 = 5 THEN 2 ELSE 1 END AS up_pieces
        FROM generate_series(1, 50) n LEFT JOIN ledger ON revision = 'r' || n
), found AS (
    SELECT *, event IN ('applied', 'finished')
                OR event IN ('undo-failed', 'undo-resumed') AND pieces = 0 AS applied,
            event IN ('none', 'undone', 'undo-finished') AS pending,
            to_regclass('public.t' || n) IS NOT NULL AS has_table,
            (SELECT indisvalid AND indisready FROM pg_index
                WHERE indexrelid = to_regclass('public.i' || n)) AS is_whole
        FROM revisions
)
SQL
{
    cat revisions.sql
    cat <<'SQL'
SELECT n, event, pieces, has_table, is_whole FROM found f WHERE NOT CASE
        WHEN NOT builds THEN event IN ('none', 'applied', 'undone') AND has_table = (event = 'applied')
        WHEN event = 'finished' THEN is_whole IS TRUE
        WHEN pending THEN is_whole IS NULL
        WHEN event = 'failed' THEN CASE WHEN pieces < creating THEN is_whole IS NULL ELSE is_whole IS TRUE END
        WHEN event IN ('started', 'progressed', 'resumed') THEN pieces < creating OR is_whole IS TRUE
        WHEN event = 'undo-failed' THEN
            CASE WHEN pieces < dropping THEN is_whole IS TRUE ELSE is_whole IS NULL END
        WHEN event IN ('undo-started', 'undo-progressed', 'undo-resumed') THEN CASE
            WHEN pieces < dropping - 1 THEN is_whole IS TRUE
            WHEN pieces >= dropping THEN is_whole IS NULL
            ELSE true END
        ELSE false END
    OR n > 1 AND NOT pending AND NOT (SELECT applied FROM found p WHERE p.n = f.n - 1);
SELECT 'rows', count(*), max(number) FROM sqlferry.ledger HAVING count(*) <> max(number);
SELECT 'admissions', a.number, l.number FROM sqlferry.admission a FULL JOIN sqlferry.ledger l USING (number)
    WHERE a.number IS NULL OR l.number IS NULL;
SQL
} > disagreements.sql
{
    cat revisions.sql
    cat <<'SQL'
SELECT 'counter', count FROM counter
    WHERE count <> (SELECT count(*) FROM found WHERE event = 'applied')
UNION ALL SELECT 'invalid', n FROM found WHERE is_whole IS FALSE
    AND 'r' || n <> (SELECT revision FROM sqlferry.ledger ORDER BY number DESC LIMIT 1);
SQL
} > miscounts.sql

# Where the next run stops with status 8: the revision, the statement that nobody knows about, and
# whether it drops the index.
{
    cat revisions.sql
    cat <<'SQL'
SELECT n, pieces + 1, event LIKE 'undo%' AND pieces + 1 = dropping FROM found
    WHERE builds AND NOT idempotent AND (
        event IN ('started', 'progressed') AND pieces BETWEEN creating AND up_pieces - 1
        OR event IN ('undo-started', 'undo-progressed') AND pieces < dropping);
SQL
} > stuck.sql
{
    cat revisions.sql
    echo 'SELECT count(*) FROM found WHERE applied;'
} > applied.sql

# check: prints how many revisions are applied.
check()
{
    if [ "$(query "SELECT to_regclass('sqlferry.ledger') IS NULL")" = t ]; then
        is "$(query "$relations")" ''
        echo 0
        return
    fi
    is "$(query "$(cat disagreements.sql)")" ''
    if [ "$(query "SELECT to_regclass('counter') IS NULL")" = f ]; then
        is "$(query "$(cat miscounts.sql)")" ''
    else
        is "$(query "$relations")" ''
    fi
    expect 0 sqlland history --db postgresql://
    query "$(cat applied.sql)"
}
relations="SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"

dump()
{
    PGCONNECT_TIMEOUT=10 timeout --foreground 60 pg_dump -N sqlferry --exclude-table-data=many |
        grep -v '^\\\(un\)\{0,1\}restrict '
}

# operate WORD...: in the direction of this round, with the words in front of the program.
operate()
{
    case $direction in
    upgrade) "$@" sqlland upgrade -q demo.ferry --key team.pub --db postgresql:// ;;
    downgrade) "$@" sqlland downgrade -q demo.ferry --key team.pub --db postgresql:// --to base ;;
    esac
}

now()
{
    echo $(($(date +%s%N) / 1000000))
}

start_server -c max_wal_size=1GB
export PGDATABASE=demo

# A server that was killed leaves its backends to notice; until then another one refuses to start.
server_runs()
{
    server_answers && return
    if has_ended $server_job; then
        wait $server_job 2> err || true
        as_postgres "$postgresql/postgres" -D server/data -k "$PGHOST" -c listen_addresses='' -F \
            -c max_wal_size=1GB >> server.log 2>&1 &
        server_job=$!
    fi
    return 1
}

restart_server()
{
    within 30 has_ended $server_job || hung "round $round: the server that was killed has not ended"
    within 60 server_runs || hung "round $round: the server does not start again"
    server=$(head -1 server/data/postmaster.pid)
}

# from_scratch: the database that this direction begins with.
from_scratch()
{
    if [ $direction = upgrade ]; then
        new_database demo
    else
        client -d postgres -c 'DROP DATABASE IF EXISTS demo WITH (FORCE)' -c 'CREATE DATABASE demo TEMPLATE whole' 2> err
    fi
}

# measure: a run, the shorter of two, and one with nothing to do.
measure()
{
    whole=1000000
    for i in 1 2; do
        from_scratch
        begin=$(now)
        expect 0 operate
        took=$(($(now) - begin))
        [ $took -gt $whole ] || whole=$took
    done
    begin=$(now)
    expect 0 operate
    start=$(($(now) - begin))
}

# One whole run is the reference, and tells how long it takes; one with nothing to do, how much of
# that is spent before the first revision.
direction=upgrade
new_database demo
expect 0 operate
client -d postgres -c 'ALTER DATABASE demo RENAME TO whole'
measure
upgrade_times="$whole $start"
is "$(check)" $revisions
dump > reference.upgrade
direction=downgrade
measure
downgrade_times="$whole $start"
is "$(check)" 0
is "$(query "$relations")" ''
dump > reference.downgrade
lacks reference.downgrade CREATE

# The psql that sqlland started. There is none for a moment.
psql_of()
{
    cat "/proc/$1/task/$1/children" 2> err || true
}

# strike KIND RUN
strike()
{
    case $1 in
    runtime) kill -KILL "$2" ;;
    interrupt) kill -INT "$2" ;;
    psql) kill -KILL $(psql_of "$2") ;;
    both) kill -KILL "$2" $(psql_of "$2") ;;
    backend) query "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = 'demo' AND application_name = 'sqlland'" > out ;;
    server) kill -KILL "$server" ;;
    esac 2> err || true # it may have ended by itself
}

# Other sessions are what a killed psql leaves behind for a moment.
lock_is_free()
{
    [ "$(query 'SELECT pg_try_advisory_lock(1936812134, 1701999225)')" = t ]
}

# COMMIT without an answer: a new session looks what became of it, and where there is none, nobody
# knows. The backend ends itself in a trigger, when COMMIT runs it.
mkdir -p last/sql
cat > last/sql/last.sql <<'SQL'
CREATE TABLE last (id integer);
CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER give_up AFTER INSERT ON last DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION give_up();
INSERT INTO last VALUES (1);
SQL
cat > psql-once <<SH
#!/bin/sh
[ ! -e once ] || exit 2
touch once
exec "$postgresql/psql" "\$@"
SH
chmod +x psql-once
sed 's/id: r1$/id: last/; s/r1.sql/last.sql/; /id: r2$/,$d' plain.yaml > last/ferry.yaml
build last last/ferry.yaml
new_database demo
expect 4 sqlland upgrade last.ferry --key team.pub --db postgresql://
has err 'the connection to the server was lost' "revision 'last' was rolled back"
expect 8 sqlland upgrade last.ferry --key team.pub --db postgresql:// --psql "$PWD/psql-once"
has err 'whether COMMIT was done is unknown' "nobody knows whether revision 'last' is applied"
is "$(query "SELECT to_regclass('last'), to_regclass('sqlferry.ledger')")" '|'

# phase NAME: how long it took, since the last one.
phase()
{
    phases="$phases, $1 $(($(now) - since)) ms" since=$(now)
}

# resolve: a person looks what the statement did that nobody knows about, and says which one is next.
# VACUUM may as well run again; of DROP INDEX CONCURRENTLY the index tells, and one that is only marked
# as invalid is dropped again.
resolve()
{
    number=$(echo "$stuck" | cut -d '|' -f 1) next=$(echo "$stuck" | cut -d '|' -f 2)
    [ "${stuck##*|}" = f ] || [ "$(query "SELECT to_regclass('public.i$number') IS NULL")" = f ] ||
        next=$((next + 1))
    expect 0 sqlland resume demo.ferry --key team.pub --db postgresql:// --from $next
}

# next_run: its status is in again.
next_run()
{
    again=0
    operate > out 2> err &
    within 60 has_ended $! || hung "round $round: the run after $kind, $ended does not end"
    wait $! || again=$?
}

# The moments are spread over the run, and every kind of kill over the moments.
awk -v kills="$kills" -v up="$upgrade_times" -v down="$downgrade_times" 'BEGIN {
    srand()
    split(up, one)
    split(down, other)
    for (i = 0; i < kills; i++) {
        whole = i % 2 ? other[1] : one[1]
        start = i % 2 ? other[2] : one[2]
        printf "%s %.3f\n", i % 2 ? "downgrade" : "upgrade",
            (start / 2 + (i + rand()) / kills * (whole - start / 2)) / 1e3
    }
}' > lot
begun=$(now) round=0 : > seen
while read -r direction delay; do
    round=$((round + 1)) since=$(now) phases=''
    kind=$(echo runtime interrupt psql both backend server | cut -d ' ' -f $((round / 2 % 6 + 1)))
    from_scratch
    phase reset
    operate exec env --default-signal=INT > run.out 2> run.err < /dev/null &
    run=$!
    sleep "$delay"
    strike "$kind" $run
    phase "$kind after $delay s"
    struck=$since ended=0
    [ "$kind" != server ] || restart_server
    within 10 lock_is_free || hung "round $round: the lock is held after $kind"
    free=$(($(now) - struck))
    phase 'lock free'
    within $((60 - free / 1000)) has_ended $run ||
        hung "round $round: sqlland has not ended 60 s after $kind"
    wait $run 2> err || ended=$?
    phase "sqlland ended with $ended"
    case $kind.$ended in
    *.0 | runtime.137 | interrupt.130 | interrupt.8 | both.137) ;;
    psql.[4578] | backend.[4578] | server.[4578]) ;;
    *) fail "round $round: $direction, status $ended after $kind: $(cat run.err)" ;;
    esac

    # A run that lost its psql or its backend may have taken the lock again, and gone on.
    done=$(check) || fail "round $round, $direction, $kind, status $ended: $done"
    event=$(query 'SELECT event FROM sqlferry.ledger ORDER BY number DESC LIMIT 1' 2> err || true)

    # Where nobody knows, it stops, and leaves everything as it is.
    phase checked
    expected=0 stuck=$(query "$(cat stuck.sql)" 2> err || true)
    [ -z "$stuck" ] || expected=8
    next_run
    phase 'next run'
    [ $again -eq $expected ] ||
        fail "round $round: status $again, not $expected, of the $direction after $kind, $ended, $event"
    echo "$direction $kind $ended $free ${event:-none} $done $again" >> seen
    if [ $again -eq 8 ]; then
        has err 'a person must look'
        is "$(check)" "$done"
        is "$(query "$(cat stuck.sql)")" "$stuck"
        resolve
        next_run
        [ $again -eq 0 ] || fail "round $round: status $again of the $direction behind resume"
        phase resumed
    fi
    case $direction in
    upgrade) is "$(check)" $revisions ;;
    downgrade) is "$(check)" 0 ;;
    esac
    dump > state
    same state reference.$direction
    phase 'checked again'
    took=$(($(now) - struck))
    [ $took -lt 10000 ] || echo "slow: round $round took $took ms$phases"
done < lot

# What happened, for those who run this by hand.
is "$(wc -l < seen)" "$kills"
echo "$kills kills in $(($(now) - begun)) ms; a whole run and an empty one take" \
    "$upgrade_times ms up, $downgrade_times ms down"
awk -v revisions=$revisions '{
        way = $1
        rounds[way]++
        first = way == "upgrade" ? 0 : revisions
        middle[way] += $6 > 0 && $6 < revisions
        looked[way] += $7 == 8
        n[way ", " $2 ", status " $3]++
        kind = $2
        if ($4 > most[kind]) most[kind] = $4
        sum[kind] += $4
        all[kind]++
        event[way ", last event " $5]++
    }
    END {
        for (kind in all)
            printf "%s: lock free after %d ms, at most %d ms\n", kind, sum[kind] / all[kind], most[kind]
        for (key in n) print key ": " n[key]
        for (key in event) print key ": " event[key]
        for (way in rounds)
            printf "%s: %d rounds, %d between first and last revision, %d needed a person\n",
                way, rounds[way], middle[way], looked[way]
    }' seen | sort

[ "$(awk -v revisions=$revisions '$6 > 0 && $6 < revisions' seen | wc -l)" -ge $((kills / 6)) ] ||
    fail 'too few kills hit a run in its middle'
awk '$2 != "server" && $4 > 5000' seen > late
is "$(cat late)" ''

# Kills at KILLS random moments (24): of sqlland, of psql, of its backend, of the whole server. Tables,
# indexes and ledger always agree, the lock is soon free, and the next run completes.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

kills=${KILLS:-24} revisions=40
PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper

make_history $revisions 5 8000
build demo

# What agrees gives no row. A revision outside a transaction that was begun and not ended may have an
# index or not; once it has progressed, it has one.
cat > disagreements.sql <<'SQL'
WITH ledger AS (
    SELECT DISTINCT ON (revision) revision, event FROM sqlferry.ledger ORDER BY revision, number DESC
), revisions AS (
    SELECT n, n % 5 = 0 AS builds, coalesce(event, 'none') AS event
        FROM generate_series(1, 40) n LEFT JOIN ledger ON revision = 'r' || n
), found AS (
    SELECT n, builds, event, to_regclass('public.t' || n) IS NOT NULL AS has_table,
            (SELECT indisvalid AND indisready FROM pg_index
                WHERE indexrelid = to_regclass('public.i' || n)) AS is_whole
        FROM revisions
)
SELECT n, event, has_table, is_whole FROM found WHERE NOT CASE
        WHEN NOT builds THEN event IN ('none', 'applied') AND has_table = (event = 'applied')
        WHEN event IN ('progressed', 'finished') THEN is_whole IS TRUE
        WHEN event IN ('none', 'failed') THEN is_whole IS NULL
        ELSE event = 'started' END
    OR n > 1 AND event <> 'none' AND NOT EXISTS
        (SELECT FROM ledger WHERE revision = 'r' || n - 1 AND ledger.event IN ('applied', 'finished'));
SELECT 'rows', count(*), max(number) FROM sqlferry.ledger HAVING count(*) <> max(number);
SELECT 'admissions', a.number, l.number FROM sqlferry.admission a FULL JOIN sqlferry.ledger l USING (number)
    WHERE a.number IS NULL OR l.number IS NULL;
SQL
cat > miscounts.sql <<'SQL'
SELECT 'counter', count FROM counter
    WHERE count <> (SELECT count(*) FROM sqlferry.ledger WHERE event = 'applied');
SELECT 'invalid', indexrelid::regclass FROM pg_index WHERE NOT indisvalid
    AND indexrelid::regclass::text <> (SELECT 'i' || substr(revision, 2) FROM sqlferry.ledger
        ORDER BY number DESC LIMIT 1);
SQL

# check: prints how many revisions are applied.
check()
{
    if [ "$(query "SELECT to_regclass('sqlferry.ledger') IS NULL")" = t ]; then
        is "$(query "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")" ''
        echo 0
        return
    fi
    is "$(query "$(cat disagreements.sql)")" ''
    [ "$(query "SELECT to_regclass('counter') IS NULL")" = t ] ||
        is "$(query "$(cat miscounts.sql)")" ''
    expect 0 sqlland history --db postgresql://
    query "SELECT count(*) FROM sqlferry.ledger WHERE event IN ('applied', 'finished')"
}

dump()
{
    PGCONNECT_TIMEOUT=10 timeout --foreground 60 pg_dump -N sqlferry --exclude-table-data=many |
        grep -v '^\\\(un\)\{0,1\}restrict '
}

upgrade_demo()
{
    sqlland upgrade -q demo.ferry --key team.pub --db postgresql:// "$@"
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

# One whole run is the reference, and tells how long it takes; one with nothing to do, how much of
# that is spent before the first revision.
new_database demo
expect 0 upgrade_demo
new_database demo
begin=$(now)
expect 0 upgrade_demo
whole=$(($(now) - begin))
begin=$(now)
expect 0 upgrade_demo
start=$(($(now) - begin))
is "$(check)" $revisions
dump > reference

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
sed 's/id: r1$/id: last/; s/r1.sql/last.sql/; /id: r2$/,$d' ferry.yaml > last/ferry.yaml
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

# The moments are spread over the run, and every kind of kill over the moments.
begun=$(now) middle=0 round=0 : > seen
for delay in $(awk -v kills="$kills" -v whole="$whole" -v start="$start" 'BEGIN {
    srand()
    for (i = 0; i < kills; i++)
        printf "%.3f\n", (start / 2 + (i + rand()) / kills * (whole - start / 2)) / 1e3
}'); do
    round=$((round + 1)) since=$(now) phases=''
    kind=$(echo runtime interrupt psql both backend server | cut -d ' ' -f $((round % 6 + 1)))
    new_database demo
    phase reset
    env --default-signal=INT sqlland upgrade -q demo.ferry --key team.pub --db postgresql:// \
        > run.out 2> run.err &
    run=$!
    sleep "$delay"
    strike "$kind" $run
    phase "$kind after $delay s"
    struck=$since status=0
    [ "$kind" != server ] || restart_server
    within 10 lock_is_free || hung "round $round: the lock is held after $kind"
    free=$(($(now) - struck))
    phase 'lock free'
    within $((60 - free / 1000)) has_ended $run ||
        hung "round $round: sqlland has not ended 60 s after $kind"
    wait $run 2> err || status=$?
    phase "sqlland ended with $status"
    case $kind.$status in
    *.0 | runtime.137 | interrupt.130 | interrupt.8 | both.137) ;;
    psql.[4578] | backend.[4578] | server.[4578]) ;;
    *) fail "round $round: status $status after $kind: $(cat run.err)" ;;
    esac

    # A run that lost its psql or its backend may have taken the lock again, and gone on.
    done=$(check) || fail "round $round, $kind, status $status: $done"
    [ "$done" -eq 0 ] || [ "$done" -eq $revisions ] || middle=$((middle + 1))
    event=$(query 'SELECT event FROM sqlferry.ledger ORDER BY number DESC LIMIT 1' 2> err || true)
    echo "$kind $status $free ${event:-none}" >> seen

    phase checked
    next=0
    upgrade_demo > out 2> err &
    within 60 has_ended $! || hung "round $round: the run after $kind, $status does not end"
    wait $! || next=$?
    phase 'next run'
    [ $next -eq 0 ] || fail "round $round: status $next of the run after $kind, $status"
    is "$(check)" $revisions
    dump > state
    same state reference
    phase 'checked again'
    took=$(($(now) - struck))
    [ $took -lt 10000 ] || echo "slow: round $round took $took ms$phases"
done

# What happened, for those who run this by hand.
echo "$kills kills in $(($(now) - begun)) ms; a whole run takes $whole ms, an empty one $start ms"
echo "$middle of them hit a run between its first and last revision"
awk '{ n[$1, $2]++; if ($3 > most[$1]) most[$1] = $3; sum[$1] += $3; all[$1]++; event[$4]++ }
    END {
        for (kind in all)
            printf "%s: lock free after %d ms, at most %d ms\n", kind, sum[kind] / all[kind], most[kind]
        for (key in n) { split(key, part, SUBSEP); print part[1] ", status " part[2] ": " n[key] }
        for (name in event) print "last event " name ": " event[name]
    }' seen | sort

[ $((middle * 3)) -ge "$kills" ] || fail "only $middle of $kills kills hit a run in its middle"
awk '$1 != "server" && $3 > 5000' seen > late
is "$(cat late)" ''

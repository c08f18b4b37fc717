# Ctrl-C and its kin on PostgreSQL; signals.sh has what is the same on both. No session is left behind.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper
start_server
make_database demo

begin()
{
    env --default-signal=INT --default-signal=TERM --default-signal=HUP sqlland "$@" --key team.pub \
        --db postgresql:// > out 2> err &
    run=$!
}

land()
{
    sqlland "$@" --key team.pub --db postgresql://
}

# until_true SQL
until_true()
{
    tries=0
    until [ "$(query "$1")" = t ]; do
        tries=$((tries + 1))
        [ $tries -lt 500 ] || exec 3>&-
        [ $tries -lt 500 ] || fail "never true: $1; $(cat err)"
        sleep 0.02
    done
}

until_sleeping()
{
    until_true "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'sqlland' AND wait_event = 'PgSleep'"
}

# strike SIGNAL...
strike()
{
    begun=$(date +%s%N)
    for signal; do
        kill -"$signal" $run
    done
}

# ended STATUS: soon; and soon after nothing of the run is left on the server.
ended()
{
    status=0
    wait $run || status=$?
    took=$((($(date +%s%N) - begun) / 1000000))
    case " $1 " in
    *" $status "*) ;;
    *) fail "status $status, not $1" ;;
    esac
    [ $took -lt 5000 ] || fail "it took $took ms"
    until_true "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'sqlland'"
    is "$(query 'SELECT pg_try_advisory_lock(1936812134, 1701999225)')" t
    [ $((($(date +%s%N) - begun) / 1000000)) -lt 8000 ] || fail 'the session was there for long'
}

events()
{
    query "SELECT string_agg(event, ' ' ORDER BY number) FROM sqlferry.ledger WHERE revision = '$1'"
}

# hold SQL: in a transaction of another session, until release.
hold()
{
    rm -f commands held
    mkfifo commands
    psql -X -q < commands > held &
    holder=$!
    exec 3> commands
    echo "BEGIN; $1; SELECT 1;" >&3
    until [ -s held ]; do
        sleep 0.02
    done
}

release()
{
    exec 3>&-
    wait $holder
}

mkdir sql
cat > sql/first.sql <<'SQL'
CREATE TABLE speed (s integer);
INSERT INTO speed VALUES (600);
CREATE TABLE many (id integer PRIMARY KEY, word text NOT NULL);
INSERT INTO many SELECT i, md5(i::text) FROM generate_series(1, 100) i;
SQL
echo 'CREATE TABLE second (id integer); SELECT pg_sleep(s) FROM speed;' > sql/second.sql
echo 'DROP TABLE second; SELECT pg_sleep(s) FROM speed;' > sql/second.down.sql
make_project first second third
sed -i '/up: sql.second.sql/{n;s/none/sql\/second.down.sql/}; s/dialect: sqlite/dialect: postgresql/' ferry.yaml
sed -i '/up: sql.third.sql/{n;s/none/sql\/third.down.sql/}' ferry.yaml
echo 'DROP TABLE third;' > sql/third.down.sql
build one --sequence 1

# In a long statement.
for case in 130.INT 143.TERM 129.HUP 130.INT.INT 130.INT.TERM.INT; do
    query 'DROP SCHEMA IF EXISTS sqlferry CASCADE; DROP TABLE IF EXISTS speed, many, second, third' 2> err.query
    expect 0 land upgrade one.ferry --to first
    begin upgrade one.ferry
    until_sleeping
    strike $(echo "${case#*.}" | tr . ' ')
    ended ${case%%.*}
    has err 'error: interrupted' "revision 'second' was rolled back" \
        "'postgresql://' has 1 of 3 revisions, 0 of them from this run" "goes on with revision 'second'"
    lacks err 'lost'
    is "$(query "SELECT to_regclass('second')")" ''
    is "$(query 'SELECT count(*) FROM sqlferry.ledger')" 1
done
begin upgrade one.ferry --atomic
until_sleeping
strike INT
ended 130
has err 'error: interrupted' "all of it was rolled back: 'postgresql://' has 1 of 3 revisions, as before"

# Where it was ignored from the start, it stays ignored.
query 'UPDATE speed SET s = 1'
env --ignore-signal=HUP --ignore-signal=INT sqlland upgrade one.ferry --key team.pub --db postgresql:// > out 2> err &
run=$!
until_sleeping
strike HUP INT
wait $run || fail "status $?: $(cat err)"
has out 'now at third'

# The way back.
query 'UPDATE speed SET s = 600'
begin downgrade one.ferry --to first
until_sleeping
strike TERM
ended 143
has err 'error: interrupted' "revision 'second' is still applied" \
    "'postgresql://' has 2 of 3 revisions, this run undid 1"
is "$(query "SELECT to_regclass('second')")" second
query 'UPDATE speed SET s = 0'
expect 0 land downgrade one.ferry --to first

# While it waits: for another run, and for a table.
PGAPPNAME=intruder psql -X -q -c 'SELECT pg_advisory_lock(1936812134, 1701999225), pg_sleep(600)' > out.intruder 2>&1 &
until_true "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'intruder' AND wait_event = 'PgSleep'"
begin upgrade one.ferry --lock-timeout 60s
sleep 0.4
begun=$(date +%s%N)
kill -INT $run
status=0
wait $run || status=$?
is $status 130
[ $((($(date +%s%N) - begun) / 1000000)) -lt 2000 ] || fail 'it waited'
has err 'error: interrupted'
query "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'intruder'" > out
until_true "SELECT pg_try_advisory_lock(1936812134, 1701999225)"
hold 'LOCK TABLE speed'
begin upgrade one.ferry
until_true "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'sqlland' AND wait_event_type = 'Lock'"
strike INT
ended 130
has err 'error: interrupted' "revision 'second' was rolled back"
release
expect 0 land upgrade one.ferry

# Among many small revisions: whole ones, always.
query 'DROP SCHEMA sqlferry CASCADE' 2> err.query
make_project $(seq -f 'r%.0f' 100)
sed -i 's/dialect: sqlite/dialect: postgresql/' ferry.yaml
build many --sequence 1
begun=$(date +%s%N)
expect 0 land upgrade -q many.ferry
whole=$(($(date +%s%N) - begun)) middle=0
for delay in $(awk -v whole=$whole 'BEGIN { srand(); for (i = 0; i < 8; i++) printf "%.3f\n", rand() * whole / 1e9 }'); do
    query "DROP SCHEMA IF EXISTS sqlferry CASCADE" 2> err.query
    query "SELECT 'DROP TABLE ' || relname || ';' FROM pg_class WHERE relname ~ '^r[0-9]+\$'" > drop.sql
    psql -X -q -f drop.sql
    begin upgrade many.ferry
    sleep "$delay"
    begun=$(date +%s%N)
    kill -INT $run 2> err.kill || true
    ended '130 0'
    rows=0
    [ "$(query "SELECT to_regclass('sqlferry.ledger') IS NULL")" = t ] || rows=$(query 'SELECT count(*) FROM sqlferry.ledger')
    is "$(query "SELECT count(*) FROM pg_class WHERE relname ~ '^r[0-9]+\$'")" "$rows"
    if [ $status -eq 130 ] && grep -qF 'of 100 revisions' err; then
        has err 'error: interrupted' "'postgresql://' has $rows of 100 revisions, $rows of them from this run"
        middle=$((middle + 1))
    fi
    expect 0 land upgrade -q many.ferry
done
[ $middle -ge 1 ] || fail 'no signal came among the revisions'

# While an index is built, or what is left of it is taken away: the next run does that by itself.
query 'DROP SCHEMA sqlferry CASCADE; DROP TABLE IF EXISTS speed, many, second, third' 2> err.query
sed -i 's/600/0/' sql/first.sql
echo 'CREATE INDEX CONCURRENTLY by_word ON many (word);' > sql/index.sql
make_project first index last
sed -i 's/dialect: sqlite/dialect: postgresql/; s/up: sql.index.sql/&\n    transaction: none/' ferry.yaml
build index --sequence 1
expect 0 land upgrade index.ferry --to first
for case in INT 'INT INT' TERM; do
    hold 'INSERT INTO many VALUES (1000, 1000)'
    begin upgrade index.ferry
    until_true "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'sqlland' AND wait_event_type = 'Lock'"
    strike $case
    ended '8 130 143'
    has err 'error: interrupted' "'postgresql://' has 1 of 3 revisions"
    release
    is "$(query "SELECT to_regclass('last')")" ''
    expect 0 sqlland history --db postgresql://
done
expect 0 land upgrade index.ferry
is "$(query "SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_word'::regclass")" t
is "$(query 'SELECT count(*) FROM pg_index WHERE NOT indisvalid')" 0
expect 0 land check index.ferry --complete

# Outside a transaction, between two statements: the ledger says how far it came.
cat > sql/steps.sql <<'SQL'
VACUUM many;
SELECT pg_sleep(s) FROM speed;
INSERT INTO speed VALUES (0);
SQL
printf '  - id: steps\n    up: sql/steps.sql\n    transaction: none\n' >> ferry.yaml
build steps --sequence 1
query 'UPDATE speed SET s = 600'
begin upgrade steps.ferry
until_sleeping
strike INT INT
ended 8
has err 'error: interrupted' 'statement 2 of 3 was stopped, and may be done in part, outside a transaction; the 1 before it are done'
query 'UPDATE speed SET s = 0'
# A statement of its own may commit in its middle, so what became of it is for a person to say.
expect 8 land upgrade steps.ferry
has err "of the 3 statements of 'sql/steps.sql', 1 are done; whether the next one is, nobody knows"
expect 0 land resume steps.ferry --from 2
expect 0 land upgrade steps.ferry
is "$(query 'SELECT count(*) FROM speed')" 2
is "$(events steps)" 'started progressed resumed started progressed progressed finished'
expect 0 land check steps.ferry --complete

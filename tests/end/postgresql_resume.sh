# A script without a transaction that was killed on PostgreSQL; resume.sh has what is the same on both.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper
start_server

land()
{
    sqlland "$@" --key team.pub --db postgresql://
}

log()
{
    query "SELECT string_agg(word, ' ' ORDER BY at) FROM log"
}

events()
{
    query "SELECT string_agg(event, ' ' ORDER BY number) FROM sqlferry.ledger WHERE revision = '${1:-second}'"
}

# copy FROM TO: databases.
copy()
{
    PGDATABASE=postgres psql -X -q -c "DROP DATABASE IF EXISTS $2 WITH (FORCE)" -c "CREATE DATABASE $2 TEMPLATE $1" 2> err
}

# killed COMMAND OPTION...: in its third statement, which waits as long as the table speed says.
killed()
{
    query 'UPDATE speed SET s = 600'
    land "$@" > out 2> err &
    job=$!
    tries=0
    until [ "$(query "SELECT count(*) FROM pg_stat_activity WHERE datname = 'demo' AND wait_event = 'PgSleep'")" = 1 ]; do
        kill -0 $job 2> err.kill || fail 'it ended by itself'
        tries=$((tries + 1))
        [ $tries -lt 500 ] || fail 'it never came there'
        sleep 0.02
    done
    children=$(cat /proc/$job/task/$job/children)
    # The function runs in a shell of its own, whose child is sqlland.
    kill -KILL ${children:-$job}
    wait $job 2> err.kill || true
    query 'UPDATE speed SET s = 0'
    until [ "$(query 'SELECT pg_try_advisory_lock(1936812134, 1701999225)')" = t ]; do
        sleep 0.02
    done
}

mkdir sql
cat > sql/first.sql <<'SQL'
CREATE TABLE log (at serial, word text);
CREATE TABLE speed (s integer);
INSERT INTO speed VALUES (0);
CREATE TABLE many (id integer PRIMARY KEY, word text NOT NULL);
INSERT INTO many SELECT i, md5(i::text) FROM generate_series(1, 100) i;
SQL
cat > sql/second.sql <<'SQL'
INSERT INTO log (word) VALUES ('one');
VACUUM log;
INSERT INTO log (word) SELECT 'three' || pg_sleep(s) FROM speed;
INSERT INTO log (word) VALUES ('four');
SQL
sed "s/'\([a-z]\)/'-\1/" sql/second.sql > sql/second.down.sql
make_project first second third
sed -i '/up: sql.second.sql/{n;s/.*/    down: sql\/second.down.sql\n    transaction: none/}
    s/dialect: sqlite/dialect: postgresql/; /up: sql.third.sql/{n;s/.*/    down: sql\/third.down.sql/}' ferry.yaml
echo 'DROP TABLE third;' > sql/third.down.sql
build one --sequence 1
sed 's/transaction: none/&\n    idempotent: true/' ferry.yaml > again.yaml
build again --sequence 1 again.yaml

make_database demo
expect 0 land upgrade one.ferry --to first
expect 6 land resume one.ferry --done
has err 'no revision is half done'

killed upgrade one.ferry
is "$(log)" one
is "$(events)" 'started progressed progressed'
for command in upgrade plan; do
    expect 8 land $command one.ferry
    has err "of the 4 statements of 'sql/second.sql', 2 are done; whether the next one is, nobody knows"
done
expect 2 land resume one.ferry
expect 2 land resume one.ferry --from 6
has err 'the script has 4 statements, not 6'
is "$(events)" 'started progressed progressed'
copy demo cut

resumed()
{
    wanted_log=$1
    shift
    copy cut demo
    expect 0 land resume one.ferry "$@" --reason "it's \"looked\" at"
    has out 'statements of its up script are done' 'next   sqlland upgrade'
    is "$(log)" one
    is "$(query "SELECT note FROM sqlferry.ledger WHERE event = 'resumed'")" "reason: it's \"looked\" at"
    expect 0 land upgrade one.ferry
    is "$(log)" "$wanted_log"
    expect 0 land check one.ferry --complete
}
resumed 'one three four' --from 3
is "$(events)" 'started progressed progressed resumed started progressed progressed finished'
resumed 'one four' second --from 4
resumed one --from 5
resumed one --done
is "$(events)" 'started progressed progressed resumed finished'
resumed 'one one three four' --undone
copy cut demo
expect 0 land upgrade again.ferry
is "$(log)" 'one one three four'

# Another one holds the lock, or may not write.
copy cut demo
PGAPPNAME=intruder psql -X -q -c 'SELECT pg_advisory_lock(1936812134, 1701999225), pg_sleep(600)' > out 2> err &
until [ "$(query "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")" = 1 ]; do
    sleep 0.02
done
expect 7 land resume one.ferry --done --lock-timeout 200ms
has err 'another run holds the lock' intruder
query "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'intruder'" > out
query "CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA sqlferry TO guest; GRANT SELECT ON sqlferry.ledger TO guest"
PGUSER=guest expect 4 land resume one.ferry --done
has err 'permission denied'
is "$(events)" 'started progressed progressed'

# The way back.
expect 0 land resume one.ferry --from 4
expect 0 land upgrade one.ferry
killed downgrade one.ferry --to first
is "$(log)" 'one four -one'
copy demo cut
expect 8 land upgrade one.ferry
has err "revision 'second' is half undone: a person must look"
expect 8 land downgrade one.ferry --to first
has err "of the 4 statements of 'sql/second.down.sql', 2 are done"
back()
{
    wanted_log="one four -one$1"
    shift
    copy cut demo
    expect 0 land resume one.ferry "$@"
    has out 'statements of its down script are done' 'next   sqlland downgrade'
    expect 0 land downgrade one.ferry --to first
    is "$(log)" "$wanted_log"
}
back ' -three -four' --from 3
back ' -four' --from 4
back '' --done
back ' -one -three -four' --undone
copy cut demo
expect 0 land resume one.ferry --undone
expect 0 land upgrade one.ferry
has out '1 revision applied, now at third'
copy cut demo
expect 0 land downgrade again.ferry --to first
is "$(log)" 'one four -one -one -three -four'

# An index that was half built needs nobody; what the person says counts all the same, and the index
# that is in the way is taken away.
cat > sql/second.sql <<'SQL'
CREATE INDEX CONCURRENTLY by_word ON many (word);
CREATE INDEX CONCURRENTLY by_both ON many (word, id);
SQL
sed -i 's/sql.second.down.sql/none/' ferry.yaml
build index --sequence 1
query 'CREATE DATABASE fresh'
PGDATABASE=fresh
expect 0 land upgrade index.ferry --to first
mkfifo commands
psql -X -q < commands > held &
exec 3> commands
echo 'BEGIN; INSERT INTO many VALUES (1000, 1000); SELECT 1;' >&3
until [ -s held ]; do
    sleep 0.02
done
land upgrade index.ferry > out 2> err &
job=$!
until [ "$(query "SELECT count(*) FROM pg_stat_progress_create_index")" = 1 ]; do
    sleep 0.02
done
kill -KILL $(cat /proc/$job/task/$job/children)
wait $job 2> err.kill || true
exec 3>&-
until [ "$(query 'SELECT pg_try_advisory_lock(1936812134, 1701999225)')" = t ]; do
    sleep 0.02
done
is "$(query 'SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($$by_word$$)')" f
expect 0 land plan index.ferry
expect 8 land check index.ferry
has err "'sqlland upgrade' goes on by itself" "index 'public.by_word' of table 'many' is invalid"
copy fresh demo
PGDATABASE=demo
expect 0 land upgrade index.ferry
is "$(query "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 'many'::regclass")" 3
for how in '--from 1' --undone; do
    copy fresh demo
    expect 0 land resume index.ferry $how
    expect 0 land upgrade index.ferry
    is "$(query "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = 'many'::regclass")" 3
done

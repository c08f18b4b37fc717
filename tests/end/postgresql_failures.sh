# Whatever fails between sqlland and a PostgreSQL server: the status and the message say what, nothing
# is half done, and the next run brings it to its end.
#
# A file system of our own, gone with the script, lets us hide psql and fill a disk.
if [ "${1:-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || as_user='--map-current-user --keep-caps'
    exec unshare --mount ${as_user:-} sh -eu "$0" inside
fi
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

programs=$(dirname "$(command -v sqlland)")
forge=$programs/tests/end/forge
make_key team
start_server
make_database shop
target="host=$PGHOST user=postgres dbname=shop"

# pack NAME SCRIPT...: NAME.ferry
pack()
{
    name=$1
    shift
    "$forge" team.key "$name.ferry" postgresql "$@"
}

# land STATUS BUNDLE TARGET OPTION...
land()
{
    wanted=$1 bundle=$2 database=$3
    shift 3
    expect "$wanted" sqlland upgrade "$bundle" --key team.pub --db "$database" "$@"
}

# says TEXT...: each is a whole line of the messages.
says()
{
    for line; do
        grep -qxF -e "$line" err || fail "no line: $line"
    done
}

# Nothing was done at all, not even a ledger was made.
untouched()
{
    is "$(query "SELECT count(*) FROM pg_class WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace
        WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')")" 0
    is "$(query "SELECT count(*) FROM pg_namespace WHERE nspname = 'sqlferry'")" 0
}

echo 'CREATE TABLE first (x integer);' > first.sql
echo 'CREATE TABLE last (x integer);' > last.sql
pack plain first.sql last.sql

# psql

land 5 plain.ferry "$target" --psql "$PWD/psql"
says "error: cannot run '$PWD/psql': No such file or directory"
land 2 plain.ferry "$target" --psql psql
says "error: 'psql' is no absolute path of a psql"
mkdir none
mount -t tmpfs none none
hide='mount --bind none "$1"; PATH= "$2" upgrade plain.ferry --key team.pub --db "$3"'
expect 5 unshare --mount sh -c "$hide" sh "${postgresql%/*/bin}" "$programs/sqlland" "$target"
says 'error: there is no psql on this host' \
    "hint: Install PostgreSQL's client, or name the binary with --psql."

# One that says it is old, and one that does not know what came with version 13.
printf '#!/bin/sh\nexec %s/psql "$@" -v VERSION_NUM=120022\n' "$postgresql" > old
mkfifo lines
cat > older << END
#!/bin/sh
exec 3<&0
sed -u 's/^.warn /\\\\unknown /' <&3 > "$PWD/lines" 2> /dev/null &
exec $postgresql/psql "\$@" < "$PWD/lines" 3<&-
END
chmod +x old older
land 5 plain.ferry "$target" --psql "$PWD/old"
says "error: psql is older than version 13: $PWD/old (12.22)"
begin=$(date +%s)
land 5 plain.ferry "$target" --psql "$PWD/older"
has err 'error: psql cannot connect: ' 'invalid command'
[ $(($(date +%s) - begin)) -lt 10 ] || fail 'it waited for a psql that cannot answer'

# Connecting

query "CREATE ROLE clerk LOGIN PASSWORD 'right'; CREATE ROLE guest LOGIN;
    REVOKE CREATE ON DATABASE shop FROM PUBLIC; GRANT ALL ON SCHEMA public TO guest"
sed -i '1i local all clerk scram-sha-256' server/data/pg_hba.conf
query 'SELECT pg_reload_conf()' > /dev/null
land 5 plain.ferry "host=$PGHOST user=clerk dbname=shop password=wrong"
has err "error: psql cannot connect: connection to server on socket \"$PGHOST/.s.PGSQL.5432\" failed: FATAL: password authentication failed for user \"clerk\""
lacks err wrong
land 5 plain.ferry "host=$PGHOST user=clerk dbname=shop"
has err 'error: psql cannot connect: ' 'no password supplied'
land 5 plain.ferry "host=$PGHOST user=postgres dbname=nowhere"
says "error: psql cannot connect: connection to server on socket \"$PGHOST/.s.PGSQL.5432\" failed: FATAL: database \"nowhere\" does not exist"
land 5 plain.ferry "host=$PGHOST user=nobody_here dbname=shop"
has err 'role "nobody_here" does not exist'
land 5 plain.ferry "host=$PGHOST port=1 user=postgres dbname=shop"
has err "error: psql cannot connect: connection to server on socket \"$PGHOST/.s.PGSQL.1\" failed: No such file or directory"
land 5 plain.ferry 'postgresql://postgres@127.0.0.1:1/shop'
has err 'error: psql cannot connect: connection to server at "127.0.0.1", port 1 failed: Connection refused'
land 5 plain.ferry 'postgresql://postgres@nowhere.invalid/shop'
has err 'error: psql cannot connect: could not translate host name "nowhere.invalid" to address'
untouched

# Rights

land 6 plain.ferry "host=$PGHOST user=guest dbname=shop"
says "error: role 'guest' may not create a schema in database 'shop', for the ledger" \
    'hint: Its owner says: GRANT CREATE ON DATABASE "shop" TO "guest".'
query 'ALTER DATABASE shop SET default_transaction_read_only = on'
land 4 plain.ferry "$target"
says 'error: cannot execute CREATE SCHEMA in a read-only transaction (SQLSTATE 25006)'
PGOPTIONS='-c default_transaction_read_only=off' \
    query 'ALTER DATABASE shop RESET default_transaction_read_only'
untouched

# The lock, held by a stranger and by another run

PGAPPNAME=intruder psql -X -q -c 'SELECT pg_advisory_lock(1936812134, 1701999225), pg_sleep(600)' \
    > /dev/null 2>&1 &
intruder=$!
until [ "$(query "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")" = 1 ]; do
    sleep 0.05
done
backend=$(query "SELECT pid FROM pg_stat_activity WHERE application_name = 'intruder'")
# Any user may have made operators in the schema public of an older server: none of them is ours.
PGUSER=guest query "CREATE FUNCTION shadow(oid, integer) RETURNS boolean LANGUAGE plpgsql
        AS \$\$BEGIN RAISE EXCEPTION 'shadowed'; END\$\$;
    CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = integer, FUNCTION = shadow)"
land 7 plain.ferry "$target" --lock-timeout 300ms
says "error: another run holds the lock of '$target': process $backend, user 'postgres', 'intruder'" \
    'hint: Wait until it has ended, or for longer with --lock-timeout.'
query "SELECT pg_terminate_backend($backend)" > /dev/null
wait $intruder || :
untouched

# begin_upgrade TARGET BUNDLE OPTION...: in the background, until its server process sleeps.
begin_upgrade()
{
    database=$1 bundle=$2
    shift 2
    begin_run sqlland upgrade "$bundle" --key team.pub --db "$database" "$@"
}

# end_run STATUS TEXT...
end_run()
{
    wanted=$1 status=0
    shift
    wait $run || status=$?
    cp run.out out
    cp run.err err
    [ $status -eq "$wanted" ] || fail "status $status, not $wanted"
    has err "$@"
}

terminate()
{
    query "SELECT pg_terminate_backend($backend)" > /dev/null
}

# The database again as it was before the first run.
anew()
{
    export PGDATABASE=postgres
    psql -X -q -c 'DROP DATABASE shop'
    make_database shop
}

# tables: what of our revisions there is, and the rows of the ledger
tables()
{
    query "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
        WHERE relname IN ('first', 'half', 'last') AND relnamespace = 'public'::regnamespace"
    query "SELECT string_agg(revision || ' ' || event, ', ' ORDER BY number) FROM sqlferry.ledger"
}

# sleepy: waits for a minute where somebody left a row in the table, and not at all otherwise, so that
# the same bundle finishes later.
echo 'CREATE TABLE nap (s integer); INSERT INTO nap VALUES (60);
CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_sleep(s) FROM nap; RETURN NULL; END$$;' > prepare.sql
echo 'CREATE TABLE half (x integer); SELECT pg_sleep(s) FROM nap;' > half.sql
printf 'CREATE TABLE half (x integer);\n--cut\nSELECT pg_sleep(s) FROM nap;\n' > half.none.sql
echo 'CREATE TABLE half (x integer);' > checked.sql
echo 'SELECT s IS NOT NULL, pg_sleep(s) FROM nap;' > checked.verify.sql
echo 'CREATE TABLE half (x integer); CREATE CONSTRAINT TRIGGER nap AFTER INSERT ON half
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nap(); INSERT INTO half VALUES (1);' \
    > late.sql
pack script prepare.sql first.sql half.sql last.sql
pack none prepare.sql first.sql half.none.sql last.sql
pack verify prepare.sql first.sql checked.sql checked.verify.sql last.sql
pack commit prepare.sql first.sql late.sql last.sql

# A second run is told of the first, by its process, and may wait for it.
begin_upgrade "$target" script.ferry
land 7 script.ferry "$target" --lock-timeout 100ms
says "error: another run holds the lock of '$target': process $backend, user 'postgres', 'sqlland'"
sqlland upgrade script.ferry --key team.pub --db "$target" > second.out 2> second.err &
second=$!
sleep 0.3
waiting=$(query "SELECT pid FROM pg_stat_activity WHERE application_name = 'sqlland' AND pid <> $backend")
query "SELECT pg_terminate_backend($waiting)" > /dev/null
status=0
wait $second || status=$?
is $status 4
has second.err 'error: the connection to the server was lost'

# The connection is lost: in a script,
terminate
end_run 4 'error: the connection to the server was lost: terminating connection' \
    "note: revision 'half' was rolled back" 'has 2 of 4 revisions, 2 of them from this run'
is "$(tables)" "first
prepare applied, first applied"
query 'DELETE FROM nap'
land 0 script.ferry "$target"
has out '2 revisions applied, now at last'
anew

# in a verify script,
begin_upgrade "$target" verify.ferry
terminate
end_run 4 'error: the connection to the server was lost' "note: revision 'checked' was rolled back"
is "$(tables)" "first
prepare applied, first applied"
query 'UPDATE nap SET s = 0'
land 0 verify.ferry "$target"
anew

# in COMMIT, where a new session finds out that nothing was done,
begin_upgrade "$target" commit.ferry
terminate
end_run 4 'error: the connection to the server was lost' "note: revision 'late' was rolled back"
is "$(tables)" "first
prepare applied, first applied"
query 'DELETE FROM nap'
land 0 commit.ferry "$target"
anew

# behind COMMIT, where it finds that all was done, and goes on,
mkfifo answers
cat > deaf << END
#!/bin/sh
{ sed -u '/committed/Q 1' < "$PWD/answers" || kill -9 \$\$; } 2> /dev/null &
exec $postgresql/psql "\$@" > "$PWD/answers"
END
chmod +x deaf
land 0 plain.ferry "$target" --psql "$PWD/deaf"
has out '2 revisions applied, now at last'
is "$(tables)" "first last
first applied, last applied"
anew

# and outside a transaction, where only a person can tell.
begin_upgrade "$target" none.ferry
terminate
end_run 8 'error: the connection to the server was lost' 'a person must look'
is "$(tables)" "first half
prepare applied, first applied, half.none started, half.none progressed"
query 'DELETE FROM nap'
land 8 none.ferry "$target"
has err "revision 'half.none' runs without a transaction and was interrupted"
anew

# The server stops.

start_again()
{
    as_postgres "$postgresql/postgres" -D server/data -k "$PGHOST" -c listen_addresses='' -F \
        >> server.log 2>&1 &
    until psql -X -d postgres -c 'SELECT 1' > /dev/null 2>&1; do
        sleep 0.1
    done
}

stop()
{
    as_postgres "$postgresql/pg_ctl" -D server/data -m "$1" -w stop > /dev/null
}

for mode in fast immediate; do
    begin_upgrade "$target" script.ferry
    stop $mode
    end_run 4 'error: the connection to the server was lost' "note: revision 'half' was rolled back"
    land 5 script.ferry "$target"
    has err 'error: psql cannot connect: connection to server on socket'
    start_again
    is "$(tables)" "first
prepare applied, first applied"
    query 'DELETE FROM nap'
    land 0 script.ferry "$target"
    anew

    # In COMMIT, and it does not come back: nobody knows.
    begin_upgrade "$target" commit.ferry
    stop $mode
    end_run 8 'error: the connection to the server was lost' 'whether COMMIT was done is unknown' \
        "nobody knows whether revision 'late' is applied: a person must look"
    start_again
    is "$(tables)" "first
prepare applied, first applied"
    query 'DELETE FROM nap'
    land 0 commit.ferry "$target"
    anew
done

# A standby is read, and not written.
land 0 plain.ferry "$target" --to first
stop fast
as_postgres touch server/data/standby.signal
start_again
land 6 plain.ferry "$target"
says 'error: the server is a standby: it only reads' 'hint: Connect to the primary.'
expect 0 sqlland current --db "$target"
has out 'first  forged 1, sequence 1, 1 revision'
expect 6 sqlland plan plain.ferry --key team.pub --db "$target"
has out '    1  last' 'fault    standby: the server is a standby: it only reads'
stop fast
rm server/data/standby.signal
start_again
land 0 plain.ferry "$target"
anew

# The disk is full. With room, the next run goes on.
mkdir space
mount -t tmpfs -o size=24m none space
[ "$(id -u)" -ne 0 ] || chown postgres:postgres space
query "CREATE TABLESPACE small LOCATION '$PWD/space'"
psql -X -q -d postgres -c 'ALTER DATABASE shop SET TABLESPACE small'
echo "CREATE TABLE half AS SELECT repeat(md5(i::text), 50) FROM generate_series(1, 20000) i (i);" > big.sql
pack big first.sql big.sql last.sql
land 5 big.ferry "$target"
has err 'big.sql:1:1: error: could not extend file' 'No space left on device (SQLSTATE 53100)' \
    "note: revision 'big' was rolled back"
is "$(tables)" "first
first applied"
mount -o remount,size=200m space
land 0 big.ferry "$target"
has out '2 revisions applied, now at last'

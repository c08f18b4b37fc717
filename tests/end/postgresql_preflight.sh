# What would be in the way of a run on PostgreSQL is said by the plan, and before the run changes
# anything; preflight.sh has what is the same on both.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper
start_server -c max_prepared_transactions=5
make_database shop

land()
{
    sqlland "$@" --key team.pub --db postgresql://
}

dump()
{
    pg_dump | grep -v '^\\\(un\)\{0,1\}restrict '
}

# A transaction that will be old when it is needed, and one that is never said to be there: it is in
# another database.
mkfifo commands
PGAPPNAME=report psql -X -q < commands > out.report 2>&1 &
exec 3> commands
echo 'BEGIN; SELECT count(*) FROM pg_class;' >&3
opened=$(date +%s)
PGDATABASE=postgres PGAPPNAME=elsewhere psql -X -q -c 'BEGIN' -c 'SELECT pg_sleep(60)' > out.elsewhere 2>&1 &

mkdir sql
make_project first second third
sed -i 's/dialect: sqlite/dialect: postgresql/' ferry.yaml
build one --sequence 1

# Nothing in the way: nothing is said.
expect 0 land plan one.ferry
lacks out fault
lacks out warning
has out 'through  /'

# An extension that the server does not have; one that it has; one that is installed already.
sed 's/^dialect: postgresql/&\nrequires: {postgresql: {version: 12, extensions: [plpgsql, no-such_one, "another"]}}/' \
    ferry.yaml > extension.yaml
build extension --sequence 1 extension.yaml
dump > before.dump
for command in plan 'upgrade --dry-run' upgrade; do
    expect 6 land $command extension.ferry
    has err "error: the server has no extension 'no-such_one'" "the server has no extension 'another'" \
        "Have its package installed on the server's host."
    lacks err plpgsql
    dump > got.dump
    same before.dump got.dump
done
expect 6 land plan extension.ferry --json
is "$(sqlite3 :memory: "SELECT group_concat(value ->> 'name' || ' ' || (value ->> 'severity'))
    FROM json_each(readfile('out'), '$.findings')")" 'extension fault,extension fault'
sed 's/^dialect: postgresql/&\nrequires: {postgresql: 99.1}/' ferry.yaml > newer.yaml
build newer --sequence 1 newer.yaml
expect 6 land upgrade newer.ferry
has err 'the bundle needs postgresql 99.1, this is '

# Rights: to make the ledger, to write it, to make anything.
query "CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
for command in plan 'upgrade --dry-run' upgrade; do
    PGUSER=guest expect 6 land $command one.ferry
    has err "role 'guest' may not create a schema in database 'shop', for the ledger" \
        'GRANT CREATE ON DATABASE "shop" TO "guest"'
    dump > got.dump
    same before.dump got.dump
done
PGUSER=guest expect 6 land plan one.ferry
has out 'fault    create: ' "warning  schema: role 'guest' may not create anything in schema 'public'"
query 'GRANT CREATE ON DATABASE "shop" TO "guest"'
PGUSER=guest expect 0 land plan one.ferry
has out 'warning  schema: '
PGUSER=guest expect 4 land upgrade one.ferry
has err "warning: role 'guest' may not create anything in schema 'public'" 'permission denied for schema public'
query 'GRANT CREATE ON SCHEMA public TO guest'
PGUSER=guest PGOPTIONS='-c search_path=nowhere' expect 0 land plan one.ferry
has out "the search_path of role 'guest' names no schema that there is"
query 'REVOKE CREATE ON SCHEMA public FROM guest; REVOKE CREATE ON DATABASE "shop" FROM guest'

expect 0 land upgrade one.ferry --to first
query 'GRANT USAGE ON SCHEMA sqlferry TO guest; GRANT SELECT ON sqlferry.ledger TO guest'
dump > before.dump
for command in plan 'upgrade --dry-run' upgrade; do
    PGUSER=guest expect 6 land $command one.ferry
    has err "role 'guest' may not write the ledger" "Run it as role 'postgres', to which the ledger belongs."
    dump > got.dump
    same before.dump got.dump
done
PGUSER=guest expect 0 land check one.ferry

# A copy is not ours to make.
expect 2 land upgrade one.ferry --backup copy.db
has err "'postgresql://' cannot be copied with --backup" 'Use pg_dump, or a snapshot of the server.'
missing copy.db
dump > got.dump
same before.dump got.dump

# A prepared transaction that somebody forgot.
query "BEGIN; CREATE TABLE forgotten (x integer); PREPARE TRANSACTION 'lost and found'"
expect 0 land plan one.ferry
has out "warning  prepared: the prepared transaction 'lost and found' of role 'postgres' holds its locks"
query "ROLLBACK PREPARED 'lost and found'"

# A transaction that is open for long: the one from the start.
while [ $(($(date +%s) - opened)) -lt 12 ]; do
    sleep 0.2
done
report=$(query "SELECT pid FROM pg_stat_activity WHERE application_name = 'report'")
expect 0 land plan one.ferry
has out "warning  transaction: process $report, user 'postgres', 'report', has had a transaction open for 1" \
    ' s: a change of what it uses would wait for it'
lacks out elsewhere
expect 0 land upgrade one.ferry --to second
has err "warning: process $report, user 'postgres', 'report'"
expect 0 land upgrade -q one.ferry
lacks err warning
exec 3>&-
expect 0 land check one.ferry --complete
query "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'elsewhere'" > out

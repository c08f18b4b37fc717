# An upgrade of a PostgreSQL database under faults: sqlland is killed at its system calls, they fail, are
# interrupted every other time, memory runs out. Whatever happens, the database is at a whole revision or
# at a statement that the ledger names, and the next run goes on from there.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
. "$ROOT/tests/end/faults"

mkdir states
begin_manifest postgresql
revision people 'parents: []' <<'SQL'
CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO people SELECT i, md5(i::text) FROM generate_series(1, 300) i;
CREATE TYPE mood AS ENUM ('sad');
SQL
echo 'SELECT count(*) = 1 FROM letters;' > sql/letters.verify.sql
revision letters 'verify: sql/letters.verify.sql' <<'SQL'
CREATE TABLE letters (id integer PRIMARY KEY, sender integer NOT NULL REFERENCES people);
INSERT INTO letters VALUES (1, 1);
SQL
echo "SELECT indisvalid FROM pg_index WHERE indexrelid IN ('by_name'::regclass, 'by_word'::regclass);" \
    > sql/indexes.verify.sql
revision indexes 'transaction: none' 'verify: sql/indexes.verify.sql' <<'SQL'
CREATE INDEX CONCURRENTLY by_name ON people (name);
CREATE UNIQUE INDEX CONCURRENTLY by_word ON people (md5(name));
SQL
revision count <<'SQL'
UPDATE people SET name = name || '!';
SQL
revision clean 'transaction: none' <<'SQL'
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'happy';
VACUUM people;
INSERT INTO letters VALUES (2, 2) ON CONFLICT DO NOTHING;
SQL
revision again 'transaction: none' 'idempotent: true' <<'SQL'
REINDEX INDEX CONCURRENTLY by_name;
SQL
# Under torture there are more revisions, so that there are more calls.
names='people letters indexes count clean again'
extra=0
[ -z "${TORTURE:-}" ] || extra=30
for i in $(seq $extra); do
    names="$names more_$i"
    echo "CREATE TABLE more_$i AS SELECT * FROM people WHERE id <= $i;" | revision more_$i
done
names="$names words"
revision words <<'SQL'
ALTER TABLE letters ADD COLUMN mood mood NOT NULL DEFAULT 'happy';
SQL
build demo
sed '/idempotent/d; s/transaction: none/&\n    idempotent: true\n    allow: [non-idempotent-notx]/' ferry.yaml > insist.yaml
build insist insist.yaml

first=0 last=$(echo $names | wc -w) stuck='4.0 4.1 4.2' held=

# A new database would cost a checkpoint. Where held is set, somebody else has the lock for a moment.
fresh()
{
    client -c 'DROP SCHEMA IF EXISTS sqlferry, public CASCADE; CREATE SCHEMA public' 2> err
    [ "$held" ] || return 0
    rm -f is_seen
    {
        echo 'SELECT pg_advisory_lock(1936812134, 1701999225);'
        within 60 [ -e is_seen ] && sleep 0.25
    } | client > held.out &
    within 60 is_held || hung 'nobody has the lock'
    : > is_seen
}

is_held()
{
    [ "$(query "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 1 ]
}

operate()
{
    "$@" sqlland upgrade -q demo.ferry --key team.pub --db postgresql://
}

insist()
{
    sqlland upgrade -q insist.ferry --key team.pub --db postgresql://
}

is_alone()
{
    [ "$(query "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sqlland'")" = 0 ]
}

# What a killed run leaves is its psql, for a moment.
settle()
{
    within 20 is_alone || hung "$fault: its session is still there"
}

cat > place.sql <<SQL
SELECT to_regclass('sqlferry.ledger') IS NOT NULL AS begun \gset
\if :begun
$(ask_place sqlferry.ledger);
\else
\echo 0
\endif
SQL

place()
{
    client -A -t -v ON_ERROR_STOP=1 -f place.sql
}

# All relations and rows. An index that was being built may be there and invalid; only then.
cat > dump.sql <<'SQL'
SELECT 'column', attrelid::regclass, attname, atttypid::regtype, attnotnull FROM pg_attribute
    JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0
        AND relkind = 'r' ORDER BY 2, 3;
SELECT 'index', indexrelid::regclass, indisvalid, pg_get_indexdef(indexrelid) FROM pg_index
    JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = 'public'::regnamespace
        AND (indisvalid OR NOT :interrupted) ORDER BY 2;
SELECT 'label', enumlabel FROM pg_enum ORDER BY 2;
SELECT format('SELECT ''rows'', %L, count(*), md5(string_agg(t::text, '';'' ORDER BY t::text)) FROM %s t',
        oid::regclass, oid::regclass)
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1 \gexec
SELECT 'schema', nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$|^sqlferry$' ORDER BY 2;
SQL

dump()
{
    case ${at:-} in
    *.stopped) interrupted=false ;;
    *.*) interrupted=true ;;
    *) interrupted=false ;;
    esac
    client -A -t -v ON_ERROR_STOP=1 -v interrupted=$interrupted -f dump.sql
}

check_ledger()
{
    sqlland history --db postgresql:// > out
}

start_server
make_database demo

# The states after each revision, and between the statements of those without a transaction.
fresh
dump > states/0
number=0
for id in $names; do
    case $id in
    indexes | clean | again)
        PGDATABASE=postgres query 'CREATE DATABASE copy TEMPLATE demo'
        cp states/$number states/$number.0
        count=0
        while read -r statement; do
            PGDATABASE=copy query "$statement"
            count=$((count + 1))
            PGDATABASE=copy dump > states/$number.$count
        done < sql/$id.sql
        PGDATABASE=postgres query 'DROP DATABASE copy'
        ;;
    esac
    expect 0 sqlland upgrade demo.ferry --key team.pub --db postgresql:// --to $id
    number=$((number + 1))
    is "$(place)" $number
    dump > states/$number
done

speaks='write poll ppoll read ftruncate lseek' starts='memfd_create fchmod pipe2 openat clone clone3 fork vfork'
ends='close wait4 kill unlink' waits='clock_nanosleep nanosleep'
: > seen
if can_trace; then
    tell_calls > calls
    {
        only $speaks $starts $ends fcntl < calls | sed 's/^/kill /' | spread 20 2
        for error in ENOSPC EIO; do
            only $speaks $starts < calls | sed "s/^/$error /" | spread 6 2
        done
        only poll ppoll write clone clone3 < calls | sed 's/^/ENOMEM /' | spread 5 2
        [ "$sanitized" -eq 0 ] || only mmap brk < calls | sed 's/^/ENOMEM /' | spread 8 2
    } > faults
    inject_all faults
    held=yes
    tell_calls | only $speaks pread64 wait4 $waits |
        awk '!seen[$1]++ { print "storm", $1, $2, "EINTR" }' > faults
    inject_all faults
    held=
fi
tell_allocations | spread 12 1 > faults
inject_all faults
sum_up

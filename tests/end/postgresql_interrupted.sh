# What a revision outside a transaction can be left in: the ledger and the catalog say what became of
# it, and the next run goes on, or says where a person must look. And what waits only for so long.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper

# project: a manifest and a database whose only revision so far makes the table many.
project()
{
    rm -rf sql
    begin_manifest postgresql
    revision base 'parents: []' <<'SQL'
CREATE TABLE many (id integer PRIMARY KEY, word text NOT NULL);
INSERT INTO many SELECT i, md5(i::text) FROM generate_series(1, 100) i;
CREATE TYPE mood AS ENUM ('sad');
SQL
    new_database demo
    export PGDATABASE=demo
}

upgrade_demo()
{
    sqlland upgrade demo.ferry --key team.pub --db postgresql:// "$@"
}

# events ID: the ledger's, in order.
events()
{
    query "SELECT event FROM sqlferry.ledger WHERE revision = '$1' ORDER BY number" | tr '\n' ' '
}

# base: the bundle, and its first revision in the database.
base()
{
    build demo
    expect 0 upgrade_demo --to base
}

# index NAME: its number, and whether it is valid; empty where there is none.
index()
{
    query "SELECT indexrelid::bigint, indisvalid FROM pg_index WHERE indexrelid = to_regclass('$1')"
}

# until_true SQL
until_true()
{
    tries=0
    until [ "$(query "$1")" = t ]; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || fail "never true: $1"
        sleep 0.02
    done
}

# hold SQL: in a transaction of another session, until release.
hold()
{
    rm -f commands held
    mkfifo commands
    psql -X -q -v ON_ERROR_STOP=1 < commands > holder.log 2>&1 &
    holder=$!
    exec 3> commands
    printf 'BEGIN;\n%s\n\\! touch held\n' "$1" >&3
    tries=0
    until [ -e held ]; do
        tries=$((tries + 1))
        [ $tries -lt 500 ] || fail "$(cat holder.log)"
        sleep 0.02
    done
}

release()
{
    printf 'ROLLBACK;\n\\q\n' >&3
    exec 3>&-
    wait $holder
}

# interrupt: kills a run as soon as it waits for what is held, and lets its backend end.
interrupt()
{
    sqlland upgrade demo.ferry --key team.pub --db postgresql:// > run.out 2> run.err 3>&- &
    run=$! status=0
    until_true "SELECT count(*) = 1 FROM pg_stat_activity
        WHERE application_name = 'sqlland' AND wait_event_type = 'Lock'"
    kill -KILL $run
    wait $run 2> err || status=$?
    is $status 137
    until_true "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name = 'sqlland'"
}

writes='LOCK TABLE many IN ROW EXCLUSIVE MODE;' # what each INSERT of the application holds

# build_interrupted: a database with an invalid index by_word, whose revision was begun.
build_interrupted()
{
    project
    revision by_word 'transaction: none' <<'SQL'
CREATE INDEX CONCURRENTLY by_word ON many (word);
SQL
    revision last <<'SQL'
CREATE TABLE last (id integer);
SQL
    base
    hold "$writes"
    interrupt
    release
    is "$(events by_word)" 'started '
    is "$(index by_word | cut -d '|' -f 2)" f
    expect 0 sqlland current --db postgresql://
    has out 'base' '1 revision' 'by_word  is half applied, without a transaction'
    before=$(index by_word)
    expect 0 sqlland plan demo.ferry --key team.pub --db postgresql://
    has out '1 of 3 revisions applied' '    1  by_word  [no transaction]' '    2  last'
    is "$(index by_word)" "$before"
}

start_server

# Invalid: dropped and built again.
build_interrupted
expect 0 upgrade_demo
has out '2 revisions applied, now at last'
is "$(index by_word | cut -d '|' -f 2)" t
[ "${before%|*}" != "$(index by_word | cut -d '|' -f 1)" ] || fail 'it is the same index'
is "$(events by_word)" 'started progressed finished '
expect 0 upgrade_demo
has out 'nothing to do, 3 revisions are applied'

# Valid, but not recorded: adopted as it is. The server had finished what nobody waited for.
build_interrupted
query 'REINDEX INDEX CONCURRENTLY by_word'
before=$(index by_word)
is "${before#*|}" t
expect 0 upgrade_demo
is "$(index by_word)" "$before"
is "$(events by_word)" 'started progressed finished '

# Nothing there: built.
build_interrupted
query 'DROP INDEX by_word'
expect 0 upgrade_demo
is "$(index by_word | cut -d '|' -f 2)" t
is "$(events by_word)" 'started progressed finished '

# An index of that name on another table is not what was interrupted: it stays, and is in the way.
build_interrupted
query 'DROP INDEX by_word; CREATE TABLE other (id integer); CREATE INDEX by_word ON other (id)'
before=$(index by_word)
expect 8 upgrade_demo
has err 'sql/by_word.sql:1:1: error: relation "by_word" already exists (SQLSTATE 42P07)' \
    'statement 1 of 1 was refused outside a transaction; the 0 before it are done'
is "$(index by_word)" "$before"
query 'DROP TABLE other'
expect 0 upgrade_demo

# The second of two: the first one stays as it is.
project
revision two 'transaction: none' <<'SQL'
CREATE INDEX CONCURRENTLY first ON many (word);
-- The table has a schema here.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "Second" ON public.many USING btree (md5(word));
SQL
base
hold "$writes"
interrupt
release
query 'DROP INDEX first; CREATE INDEX first ON many (word)'
hold "$writes"
interrupt
release
is "$(events two)" 'started progressed '
is "$(index '"Second"' | cut -d '|' -f 2)" f
before=$(index first)
expect 0 upgrade_demo
is "$(index first)" "$before"
is "$(index '"Second"' | cut -d '|' -f 2)" t
is "$(events two)" 'started progressed progressed finished '

# Any other statement: a person must look, and nothing goes on until then.
project
revision clean 'transaction: none' <<'SQL'
ALTER TYPE mood ADD VALUE 'happy';
VACUUM many;
SQL
revision last <<'SQL'
CREATE TABLE last (id integer);
SQL
base
hold 'LOCK TABLE many IN SHARE UPDATE EXCLUSIVE MODE;'
interrupt
release
is "$(events clean)" 'started progressed '
for command in plan upgrade; do
    expect 8 sqlland $command demo.ferry --key team.pub --db postgresql://
    has err "error: revision 'clean' runs without a transaction and was interrupted: a person must look" \
        "of the 2 statements of 'sql/clean.sql', 1 are done; whether the next one is, nobody knows" \
        "'sqlland resume' with '--from 2' where it is not done, '--from 3' where it is"
    is "$(events clean)" 'started progressed '
    is "$(query "SELECT to_regclass('last')")" ''
done

# So with ALTER TYPE, which was the first one; the whole revision may run twice, says the next bundle.
project
revision clean 'transaction: none' <<'SQL'
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'happy';
VACUUM many;
SQL
base
hold "ALTER TYPE mood ADD VALUE 'angry';"
interrupt
release
is "$(events clean)" 'started '
expect 8 upgrade_demo
has err "of the 2 statements of 'sql/clean.sql', 0 are done"
sed -i 's/transaction: none/&\n    idempotent: true/' ferry.yaml
build demo
hold 'LOCK TABLE many IN SHARE UPDATE EXCLUSIVE MODE;'
interrupt
release
is "$(events clean)" 'started started progressed '
expect 0 upgrade_demo
is "$(events clean)" 'started started progressed started progressed progressed finished '
is "$(query "SELECT enum_range(NULL::mood)")" '{sad,happy}'

# A unique index that the data refuses: what is left of it is taken away, at once.
project
revision unique 'transaction: none' <<'SQL'
CREATE UNIQUE INDEX CONCURRENTLY by_length
    ON many (left(word, 1));
SQL
base
expect 4 upgrade_demo
has err 'sql/unique.sql:1:1: error: could not create unique index "by_length" (SQLSTATE 23505)' \
    'is duplicated' 'statement 1 of 1 was refused outside a transaction; the 0 before it are done' \
    "nothing of revision 'unique' was done" "'postgresql://' has 1 of 2 revisions, 0 of them from this run"
is "$(index by_length)" ''
is "$(events unique)" 'started failed '
expect 4 upgrade_demo
is "$(events unique)" 'started failed started failed '
query 'DELETE FROM many WHERE id <> 1'
expect 0 upgrade_demo
is "$(index by_length | cut -d '|' -f 2)" t
is "$(events unique)" 'started failed started failed started progressed finished '

# Behind another statement the revision is half done, which is a status of its own. It goes on there.
project
revision unique 'transaction: none' <<'SQL'
CREATE INDEX CONCURRENTLY by_word ON many (word);
CREATE UNIQUE INDEX CONCURRENTLY by_length ON many (left(word, 1));
SQL
base
expect 8 upgrade_demo
has err 'sql/unique.sql:2:1: error: could not create unique index "by_length" (SQLSTATE 23505)' \
    'statement 2 of 2 was refused outside a transaction; the 1 before it are done'
before=$(index by_word)
is "$(index by_length)" ''
query 'DELETE FROM many WHERE id <> 1'
expect 0 upgrade_demo
is "$(index by_word)" "$before"
is "$(index by_length | cut -d '|' -f 2)" t
is "$(events unique)" 'started progressed failed started progressed finished '

# takes MS COMMAND...: it waits for as long, and not for ever.
takes()
{
    least=$1
    shift
    begin=$(date +%s%N)
    "$@"
    took=$((($(date +%s%N) - begin) / 1000000))
    [ $took -ge "$least" ] || fail "it took only $took ms"
    [ $took -lt 8000 ] || fail "it took $took ms"
}

# For a table: as long as the run says.
project
revision wider <<'SQL'
SELECT 1;
ALTER TABLE many
    ADD COLUMN more text;
SQL
base
hold "$writes"
takes 300 expect 7 upgrade_demo --table-lock-timeout 300ms
has err 'sql/wider.sql:2:1: error: canceling statement due to lock timeout (SQLSTATE 55P03)' \
    "revision 'wider' was rolled back" "'postgresql://' has 1 of 2 revisions, 0 of them from this run"
release
expect 0 upgrade_demo --table-lock-timeout 300ms

# As long as the revision says, whatever the run says; and only that revision.
project
revision slow 'statement_timeout: 10s' <<'SQL'
SELECT pg_sleep(0.6);
SQL
revision wider 'lock_timeout: 300ms' <<'SQL'
SELECT pg_sleep(0.4);
ALTER TABLE many ADD COLUMN more text;
SQL
revision settings <<'SQL'
CREATE TABLE settings (locks, statements) AS
    SELECT current_setting('lock_timeout'), current_setting('statement_timeout');
SQL
base
hold "$writes"
takes 300 expect 7 upgrade_demo --table-lock-timeout 20s --statement-timeout 500ms
has err 'sql/wider.sql:2:1: error: canceling statement due to lock timeout (SQLSTATE 55P03)' \
    "'postgresql://' has 2 of 4 revisions, 1 of them from this run"
release
expect 0 upgrade_demo --table-lock-timeout 20s --statement-timeout 500ms
is "$(query 'TABLE settings')" '20s|500ms'

# So with a statement that takes too long.
project
revision slow <<'SQL'
CREATE TABLE slow (id integer);
  SELECT pg_sleep(30);
SQL
base
takes 300 expect 4 upgrade_demo --statement-timeout 300ms
has err 'sql/slow.sql:2:3: error: canceling statement due to statement timeout (SQLSTATE 57014)' \
    "revision 'slow' was rolled back"
is "$(query "SELECT to_regclass('slow')")" ''
sed -i 's/id: slow/&\n    statement_timeout: 300ms/' ferry.yaml
build demo
takes 300 expect 4 upgrade_demo
has err 'sql/slow.sql:2:3: error: canceling statement due to statement timeout (SQLSTATE 57014)'

# Outside a transaction both hold as well, for each statement. Some commit in their middle, so a person
# must say what became of it.
project
revision pause 'transaction: none' 'statement_timeout: 300ms' <<'SQL'
VACUUM many;
SELECT pg_sleep(30);
SQL
base
takes 300 expect 8 upgrade_demo
has err 'sql/pause.sql:2:1: error: canceling statement due to statement timeout (SQLSTATE 57014)' \
    'statement 2 of 2 was stopped, and may be done in part, outside a transaction; the 1 before it are done'
is "$(events pause)" 'started progressed '

project
revision clean 'transaction: none' 'lock_timeout: 300ms' <<'SQL'
VACUUM many;
SQL
base
hold 'LOCK TABLE many IN SHARE UPDATE EXCLUSIVE MODE;'
takes 300 expect 8 upgrade_demo
has err 'canceling statement due to lock timeout (SQLSTATE 55P03)' 'stopped, and may be done in part'
is "$(events clean)" 'started '
release
expect 8 upgrade_demo
expect 0 sqlland resume demo.ferry --key team.pub --db postgresql:// --undone
expect 0 upgrade_demo

# What could not be taken away in time is taken away by the next run, in time as well.
project
revision by_word 'transaction: none' 'lock_timeout: 300ms' <<'SQL'
CREATE INDEX CONCURRENTLY by_word ON many (word);
SQL
base
hold "$writes"
takes 600 expect 8 upgrade_demo
has err 'sql/by_word.sql:1:1: error: canceling statement due to lock timeout (SQLSTATE 55P03)' \
    'and then: canceling statement due to lock timeout (SQLSTATE 55P03)'
takes 300 expect 7 upgrade_demo
is "$(events by_word)" 'started '
is "$(index by_word | cut -d '|' -f 2)" f
release
expect 0 upgrade_demo
is "$(index by_word | cut -d '|' -f 2)" t

# What a statement sets outside a transaction is not for the ledger, nor for the next revision.
psql -X -q -c 'CREATE ROLE nobody_at_all'
project
revision settings 'transaction: none' <<'SQL'
SET default_transaction_read_only = on;
SET statement_timeout = 1;
SET ROLE nobody_at_all;
SELECT 1;
SQL
revision last <<'SQL'
CREATE TABLE last (id integer);
SQL
base
expect 0 upgrade_demo
is "$(events settings)" 'started progressed progressed progressed progressed finished '
query 'DROP ROLE nobody_at_all'

# A notice may have the SQLSTATE of an error.
project
revision again <<'SQL'
CREATE TABLE IF NOT EXISTS many (id integer);
DO $$BEGIN RAISE WARNING 'as if' USING ERRCODE = 'division_by_zero'; END$$;
SQL
base
expect 0 upgrade_demo
has err 'NOTICE: relation "many" already exists, skipping' 'WARNING: as if'

# IF NOT EXISTS takes an invalid index for a good one. We do not.
project
revision unique 'transaction: none' <<'SQL'
CREATE INDEX CONCURRENTLY IF NOT EXISTS by_word ON many (word);
SQL
base
query 'CREATE INDEX by_word ON many (word)'
query "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_word'::regclass"
expect 8 upgrade_demo
has err "index 'by_word' of table 'many' is not there, or invalid" 'look at it, drop it'
is "$(events unique)" 'started '
expect 0 upgrade_demo
is "$(index by_word | cut -d '|' -f 2)" t
is "$(events unique)" 'started progressed finished '

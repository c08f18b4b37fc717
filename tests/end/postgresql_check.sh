# What sqlland check finds wrong on PostgreSQL; check.sh has what is the same on both.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper
start_server
make_database shop

land()
{
    sqlland "$@" --key team.pub --db postgresql://
}

# found STATUS NAME BUNDLE OPTION...: check ends with the status, and JSON has faults of these names,
# separated by blanks, and says the same as the lines do. No transaction writes anything.
found()
{
    wanted_status=$1 names=$2
    shift 2
    last=$(query 'SELECT txid_snapshot_xmax(txid_current_snapshot())')
    expect "$wanted_status" land check "$@"
    sed -n 's/^fault    \([a-z-]*\)\( [^ :]*\)\{0,1\}: \(.*\)/\1: \3/p' out > lines
    if [ "$wanted_status" -eq 0 ]; then has out 'all is well'; else lacks out 'all is well'; fi
    expect "$wanted_status" land check "$@" --json
    sqlite3 :memory: "SELECT value ->> 'name' || ': ' || (value ->> 'message')
        FROM json_each(readfile('out'), '$.findings') WHERE value ->> 'severity' = 'fault'" > objects
    same lines objects
    is "$(cut -d : -f 1 objects | tr '\n' ' ')" "${names:+$names }"
    is "$(query 'SELECT txid_snapshot_xmax(txid_current_snapshot())')" "$last"
}

mkdir sql
cat > ferry.yaml <<'YAML'
ferry: 1
project: shop
dialect: postgresql
revisions:
  - id: first
    parents: []
    up: sql/first.sql
    verify: sql/first.verify.sql
  - id: index
    up: sql/index.sql
    transaction: none
  - id: last
    up: sql/last.sql
YAML
cat > sql/first.sql <<'SQL'
CREATE TABLE many (id integer PRIMARY KEY, word text NOT NULL);
INSERT INTO many SELECT i, md5(i::text) FROM generate_series(1, 100) i;
SQL
echo 'SELECT count(*) >= 100 FROM many;' > sql/first.verify.sql
echo 'CREATE UNIQUE INDEX CONCURRENTLY by_word ON many (word);' > sql/index.sql
echo 'CREATE TABLE last (id integer);' > sql/last.sql
build shop --sequence 1

found 0 '' shop.ferry
found 6 'pending pending pending' shop.ferry --complete
expect 0 land upgrade shop.ferry --to first
found 0 '' shop.ferry
expect 0 land check shop.ferry
has out 'applied   1 of 3 revisions, 1 verify script run' 'pending   2'

# A unique index that cannot be: our own run takes it away again; one that a person tried does not.
query "INSERT INTO many VALUES (101, md5('1'))"
expect 4 land upgrade shop.ferry
has err 'sql/index.sql:1:1: error: could not create unique index "by_word"' 'is duplicated'
found 0 '' shop.ferry
! psql -X -q -c 'CREATE UNIQUE INDEX CONCURRENTLY by_hand ON many (word)' 2> err || fail 'it was made'
found 6 invalid-index shop.ferry
has err "index 'public.by_hand' of table 'many' is invalid" 'REINDEX INDEX CONCURRENTLY, or drop it'
query 'DROP INDEX by_hand'
query 'DELETE FROM many WHERE id = 101'
expect 0 land upgrade shop.ferry
digest=$(sed -n 's/^ledger //p' out)
found 0 '' shop.ferry --complete

# Invalid by design, until its parts are attached.
query 'CREATE TABLE parts (id integer) PARTITION BY RANGE (id);
    CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (9); CREATE INDEX whole ON ONLY parts (id)'
found 0 '' shop.ferry
query 'DROP TABLE parts'

# Verify scripts: a row that says no, a relation that is gone, one that would write.
query 'DELETE FROM many WHERE id = 7'
found 6 verify shop.ferry
has err 'sql/first.verify.sql:1:1: error: the verify script found a row whose first column is f' \
    "revision 'first' is applied, and its verify script refuses it"
found 0 '' shop.ferry --no-verify
query 'ALTER TABLE many RENAME TO few'
found 6 verify shop.ferry
has err 'relation "many" does not exist (SQLSTATE 42P01)'
query "ALTER TABLE few RENAME TO many; INSERT INTO many VALUES (7, md5('7'))"
found 0 '' shop.ferry

# Other bundles.
echo '-- more' >> sql/last.sql
build edited --sequence 1
found 6 changed edited.ferry
has err "revision 'last' was applied with another script than 'sql/last.sql'"
sed -i '/id: last/,$d' ferry.yaml
build shorter --sequence 1
found 6 unknown shorter.ferry

# Begun and not finished.
pg_dump -Fc -f good.dump
renew()
{
    PGDATABASE=postgres psql -X -q -c 'DROP DATABASE shop WITH (FORCE)' -c 'CREATE DATABASE shop'
    pg_restore -d shop good.dump
}
cat >> ferry.yaml <<'YAML'
  - id: last
    up: sql/last.sql
  - id: clean
    up: sql/clean.sql
    transaction: none
YAML
sed -i '/more/d' sql/last.sql
printf 'VACUUM many;\nSELECT 1 / 0;\n' > sql/clean.sql
build clean --sequence 1
expect 8 land upgrade clean.ferry
found 8 interrupted clean.ferry
has err "revision 'clean' is half applied: of the 2 statements of 'sql/clean.sql', 1 are done"

# The ledger.
tampered()
{
    renew
    query "ALTER TABLE sqlferry.ledger DISABLE TRIGGER ALL; ALTER TABLE sqlferry.admission DISABLE TRIGGER ALL; $1"
    found 6 ledger shop.ferry
    has err "$2" 'Somebody changed the ledger'
    expect 6 land upgrade shop.ferry
    has err "$2"
}
expect 3 psql -X -q -v ON_ERROR_STOP=1 <<'SQL'
UPDATE sqlferry.ledger SET note = 'x';
SQL
has err 'the ledger is append-only'
tampered "UPDATE sqlferry.ledger SET who = 'x' WHERE number = 2" 'row 2 of the ledger was changed after it was written'
tampered 'ALTER TABLE sqlferry.admission DROP CONSTRAINT admission_number_fkey;
    DELETE FROM sqlferry.ledger WHERE number = 3' 'row 3 of the ledger is missing'
tampered "INSERT INTO sqlferry.ledger SELECT 8, event, project, revision, script, pieces, bundle, release, sequence,
    note, who, started, finished, tool, previous, digest FROM sqlferry.ledger WHERE number = 7" \
    'row 8 of the ledger does not continue the row before it'
tampered 'ALTER TABLE sqlferry.admission DROP CONSTRAINT admission_number_fkey;
    ALTER TABLE sqlferry.ledger DROP CONSTRAINT ledger_pkey;
    UPDATE sqlferry.ledger SET number = 9 - number WHERE number IN (4, 5)' 'row 4 of the ledger does not continue'

renew
found 0 '' shop.ferry --expect-ledger "$digest"
query 'ALTER TABLE sqlferry.ledger DISABLE TRIGGER ALL;
    ALTER TABLE sqlferry.admission DROP CONSTRAINT admission_number_fkey;
    DELETE FROM sqlferry.ledger WHERE number = (SELECT max(number) FROM sqlferry.ledger)'
found 0 '' shop.ferry
found 6 ledger shop.ferry --expect-ledger "$digest"
has err "rows of the ledger has the digest $digest" 'Rows were cut off its end'

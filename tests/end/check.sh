# What sqlland check finds wrong with a database, and that its lines, its JSON and its status agree.
. "$ROOT/tests/end/lib"

check()
{
    sqlland check --key team.pub --db shop.db "$@"
}

# found STATUS NAME BUNDLE OPTION...: check ends with the status, and JSON has faults of these names,
# separated by blanks, and says the same as the lines do. No byte of the database changes.
found()
{
    wanted_status=$1 names=$2
    shift 2
    cp shop.db before.db
    expect "$wanted_status" check "$@"
    sed -n 's/^fault    \([a-z-]*\)\( [^ :]*\)\{0,1\}: \(.*\)/\1: \3/p' out > lines
    if [ "$wanted_status" -eq 0 ]; then
        has out 'all is well'
        lacks err error
    else
        lacks out 'all is well'
        has err 'error: '
    fi
    expect "$wanted_status" check "$@" --json
    is "$(wc -l < out)" 1
    sqlite3 :memory: "SELECT value ->> 'name' || ': ' || (value ->> 'message')
        FROM json_each(readfile('out'), '$.findings') WHERE value ->> 'severity' = 'fault'" > objects
    same lines objects
    is "$(cut -d : -f 1 objects | tr '\n' ' ')" "${names:+$names }"
    is "$(json '$.well')" "$([ "$wanted_status" -eq 0 ] && echo 1 || echo 0)"
    same before.db shop.db
}

# json PATH
json()
{
    sqlite3 :memory: "SELECT json_extract(readfile('out'), '$1')"
}

make_project first second third
echo 'SELECT count(*) = 2 FROM first;' > sql/first.verify.sql
sed -i 's/up: sql.first.sql/&\n    verify: sql\/first.verify.sql/' ferry.yaml
echo 'CREATE TABLE first (id INTEGER PRIMARY KEY); INSERT INTO first VALUES (1), (2);' > sql/first.sql
echo 'CREATE TABLE second (id INTEGER PRIMARY KEY, first INTEGER NOT NULL REFERENCES first (id));' > sql/second.sql
build one --sequence 1

expect 5 check one.ferry
has err "there is no database 'shop.db'"
missing shop.db

# A database without a ledger lacks everything, which is no fault by itself.
sqlite3 shop.db 'CREATE TABLE mine (x)'
found 0 '' one.ferry
is "$(json '$.pending')" '["first","second","third"]'
found 6 'pending pending pending' one.ferry --complete

# All well; pending; complete.
rm shop.db
expect 0 upgrade one.ferry --to second
digest=$(sed -n 's/^ledger //p' out)
found 0 '' one.ferry
is "$(json '$.revision_count') $(json '$.pending[0]') $(json '$.verified_count') $(json '$.row_count')" '2 third 1 2'
is "$(json '$.ledger')" "$digest"
expect 0 check one.ferry
has out 'applied   2 of 3 revisions, 1 verify script run' 'pending   1' "ledger $digest"
found 6 pending one.ferry --complete
has err "revision 'third' is pending" "'sqlland upgrade' applies it"
expect 0 upgrade one.ferry
found 0 '' one.ferry --complete
digest=$(json '$.ledger')
cp shop.db good.db
chmod 444 shop.db
found 0 '' one.ferry
chmod 644 shop.db

# A verify script that is right no more; nobody need run it.
sqlite3 shop.db 'INSERT INTO first VALUES (3)'
found 6 verify one.ferry
has err 'sql/first.verify.sql:1:1: error: ' "revision 'first' is applied, and its verify script refuses it"
is "$(json '$.findings[0].revision')" first
found 0 '' one.ferry --no-verify
is "$(json '$.verified_count')" 0

# One that fails outright.
cp good.db shop.db
sqlite3 shop.db 'DROP TABLE first'
found 6 'verify drift' one.ferry
has err 'no such table: first' "table 'first' is missing"

# Another bundle: unknown revisions, edited scripts, another project, an older sequence.
cp good.db shop.db
cp ferry.yaml whole.yaml
sed -i '/id: third/,$d' ferry.yaml
build shorter --sequence 2
found 6 unknown shorter.ferry
has err "the database has revision 'third' of release 1, which this bundle does not know"
cp whole.yaml ferry.yaml
cp sql/second.sql second.sql
sed -i 's/id INTEGER/id integer/' sql/second.sql
echo '-- more' >> sql/third.sql
build edited --sequence 2
found 6 'changed changed' edited.ferry
has err "revision 'second' was applied with another script than 'sql/second.sql'" \
    "revision 'third' was applied with another script than 'sql/third.sql'"
cp second.sql sql/second.sql
sed -i '/more/d' sql/third.sql
sed 's/project: demo/project: other/' whole.yaml > other.yaml
build other --sequence 2 other.yaml
found 6 project other.ferry
build zero --sequence 0
found 6 older zero.ferry
has err '--allow-older'
found 0 '' zero.ferry --allow-older

# Begun and not finished.
sed -i 's/up: sql.third.sql/&\n    transaction: none/' ferry.yaml
printf 'VACUUM;\nCREATE TABLE third (x);\nVACUUM;\n' > sql/third.sql
build none --sequence 1
rm shop.db
expect 0 upgrade none.ferry --to second
sqlite3 shop.db 'CREATE TABLE third (x)'
expect 8 upgrade none.ferry
found 8 interrupted none.ferry
is "$(json '$.findings[0].revision')" third
has err "revision 'third' is half applied: of the 3 statements of 'sql/third.sql', 1 are done" \
    "'sqlland upgrade' goes on by itself"
expect 8 check none.ferry
has out 'begun     1'

# Damaged pages and rows without their parents.
cp good.db shop.db
sqlite3 shop.db 'PRAGMA foreign_keys = off; INSERT INTO second VALUES (1, 77), (2, 78)'
found 6 orphans one.ferry
has err "2 rows are without the row that a foreign key refers to, the first in table 'second', of table 'first'"
cp good.db shop.db
sqlite3 shop.db 'CREATE INDEX by_first ON second (first); INSERT INTO second VALUES (1, 1), (2, 2)'
sqlite3 shop.db 'PRAGMA writable_schema = on' \
    "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'third') WHERE name = 'by_first'" \
    > out 2> err || true
found 6 'drift damaged' one.ferry
has err 'the database is damaged: 2nd reference to page ' 'Restore a copy of it.'

# The ledger itself: every way to tamper with it names the row.
tampered()
{
    cp good.db shop.db
    sqlite3 shop.db 'DROP TRIGGER sqlferry_ledger_no_update; DROP TRIGGER sqlferry_ledger_no_delete;' "$1"
    shift
    for command in check 'check --no-verify'; do
        expect 6 sqlland $command one.ferry --key team.pub --db shop.db
        has err "$1"
        has out 'fault    ledger: '
    done
    found 6 ledger one.ferry
    expect 6 upgrade one.ferry
    has err "$1"
}
tampered "UPDATE sqlferry_ledger SET note = 'x' WHERE number = 2" 'row 2 of the ledger was changed after it was written'
tampered 'UPDATE sqlferry_ledger SET pieces = pieces + 1 WHERE number = 3' 'row 3 of the ledger was changed'
tampered 'DELETE FROM sqlferry_ledger WHERE number = 2' 'row 2 of the ledger is missing'
tampered 'CREATE TEMP TABLE copy AS SELECT * FROM sqlferry_ledger WHERE number = 2;
    UPDATE copy SET number = 4; INSERT INTO sqlferry_ledger SELECT * FROM copy' \
    'row 4 of the ledger does not continue the row before it'
tampered 'UPDATE sqlferry_ledger SET number = -number; UPDATE sqlferry_ledger SET number = 5 + number
    WHERE number < -1; UPDATE sqlferry_ledger SET number = 1 WHERE number < 0' 'row 2 of the ledger does not continue'

# A tail that was cut off is a good chain: what the revision made is still there, and who wrote its
# digest down can tell for sure.
cp good.db shop.db
found 0 '' one.ferry --expect-ledger $digest
sqlite3 shop.db 'DROP TRIGGER sqlferry_ledger_no_delete; DELETE FROM sqlferry_ledger WHERE number = 3'
found 6 drift one.ferry
found 6 ledger one.ferry --expect-ledger $digest
has err "none of the 2 rows of the ledger has the digest $digest" 'Rows were cut off its end'
for command in 'upgrade one.ferry --key team.pub' 'plan one.ferry --key team.pub' current history; do
    expect 6 sqlland $command --db shop.db --expect-ledger $digest
    has err 'none of the 2 rows of the ledger has the digest'
done
cp good.db shop.db
sqlite3 good.db "SELECT digest FROM sqlferry_ledger WHERE number = 2" > second
found 0 '' one.ferry --expect-ledger "$(cat second)"
expect 2 check one.ferry --expect-ledger ${digest%?}
has err "'--expect-ledger' takes a digest, not"

# Bundles that are well signed, but not for this database or this day.
. "$ROOT/tests/end/lib"

make_project first
build one --sequence 5
expect 0 upgrade one.ferry
cp shop.db before.db

# refused STATUS BUNDLE OPTION...
refused()
{
    wanted_status=$1
    shift
    expect "$wanted_status" upgrade "$@"
    is "$(cat out)" ''
    same shop.db before.db
    expect "$wanted_status" upgrade --dry-run "$@"
    is "$(cat out)" ''
}

# Another project.
sed 's/project: demo/project: other/' ferry.yaml > other.yaml
build other other.yaml --sequence 6
refused 6 other.ferry
has err "the database belongs to project 'demo', the bundle to 'other'"
refused 6 other.ferry --allow-older

# Older than what was applied. Of the same age is fine.
make_project first second
build older --sequence 4
refused 6 older.ferry
has err 'release 1, sequence 4) is older than release 1, sequence 5' '--allow-older'
build equal --sequence 5
expect 0 upgrade equal.ferry
cp before.db shop.db
expect 0 upgrade older.ferry --allow-older
has out '1 revision applied, now at second'
expect 0 sqlland history --db shop.db
is "$(grep -c allow-older out)" 1
has out 'allow-older'
is "$(sqlite3 shop.db "SELECT revision, sequence FROM sqlferry_ledger WHERE note = 'allow-older'")" 'second|4'
expect 6 upgrade older.ferry
has err 'is older than'

# Expired.
cp before.db shop.db
build expired --sequence 6 --created 2001-02-03T04:05:06Z --not-after 2001-03-01T00:00:00Z
refused 3 expired.ferry
has err 'the bundle expired at 2001-03-01T00:00:00Z' '--allow-expired'
expect 3 sqlland verify expired.ferry --key team.pub
expect 0 sqlland verify expired.ferry --key team.pub --allow-expired
has out 'expires 2001-03-01T00:00:00Z'
expect 0 upgrade expired.ferry --allow-expired
is "$(sqlite3 shop.db "SELECT revision FROM sqlferry_ledger WHERE note = 'allow-expired'")" second
expect 0 sqlland history --db shop.db --json
has out '"note":"allow-expired"'
cp before.db shop.db
build both --sequence 1 --created 2001-02-03T04:05:06Z --not-after 2001-03-01T00:00:00Z
refused 3 both.ferry --allow-older
refused 6 both.ferry --allow-expired
expect 0 upgrade both.ferry --allow-expired --allow-older
expect 0 sqlland history --db shop.db
has out 'allow-expired allow-older'

# A newer SQLite is needed.
cp before.db shop.db
sed 's/^dialect: sqlite/&\nrequires: {sqlite: 99.1}/' ferry.yaml > newer.yaml
build newer newer.yaml --sequence 6
refused 6 newer.ferry
has err 'the bundle needs sqlite 99.1, this is 3.'
sed 's/^dialect: sqlite/&\nrequires: {sqlite: 3.0.1}/' ferry.yaml > enough.yaml
build enough enough.yaml --sequence 6
expect 0 upgrade enough.ferry

# For PostgreSQL. A new database is not made, either.
cp before.db shop.db
build postgresql "$ROOT/examples/shop/ferry.yaml" --dialect postgresql
refused 6 postgresql.ferry
has err "the bundle is for postgresql, 'shop.db' is sqlite"
rm shop.db before.db
for bundle in postgresql newer; do
    expect 6 upgrade $bundle.ferry
    missing shop.db
done

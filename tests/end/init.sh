# sqlferry init starts a manifest that checks, builds and applies as it is, and overwrites nothing.
. "$ROOT/tests/end/lib"

make_key team
mkdir 'Web Shop' second
cd 'Web Shop'
expect 0 sqlferry init
has out ferry.yaml sql/0001_baseline.up.sql sql/0001_baseline.down.sql
has err 'Next: sqlferry check'
rm out err
is "$(find . -type f | sort | tr '\n' ' ')" './ferry.yaml ./sql/0001_baseline.down.sql ./sql/0001_baseline.up.sql '
has ferry.yaml 'project: web-shop' 'dialect: postgresql'
expect 0 sqlferry check
has out 'web-shop: 1 revision'
expect 0 sqlferry build --release 1 --key ../team.key
rm out err
cp -R . ../before

# Again, there or from outside.
expect 1 sqlferry init
has err "'./ferry.yaml' already exists" 'replaces nothing'
rm out err
cd ..
expect 1 sqlferry init 'Web Shop'
has err "'Web Shop/ferry.yaml' already exists"
expect 1 sqlferry init 'Web Shop' --dialect sqlite
diff -r 'Web Shop' before

# One file of its three is enough to stop it.
mkdir -p second/sql
echo mine > second/sql/0001_baseline.down.sql
expect 1 sqlferry init second
has err "'second/sql/0001_baseline.down.sql' already exists"
is "$(find second -type f)" second/sql/0001_baseline.down.sql

# In a new folder, for SQLite, all the way.
expect 0 sqlferry init third --project my.shop --dialect sqlite
has third/ferry.yaml 'project: my.shop' 'dialect: sqlite'
for command in check heads history; do
    expect 0 sqlferry $command third
    expect 0 sqlferry $command third/ferry.yaml
done
expect 0 sqlferry build third --release 1 --key team.key -o third.ferry
expect 0 upgrade third.ferry
is "$(sqlite3 shop.db "SELECT name FROM sqlite_schema WHERE name = 'example'")" example

# The revision that the comment in the manifest proposes works, too.
sed -i 's/^  # \(- id\|  [a-z]*:\)/  \1/' third/ferry.yaml
grep -v '^ *#' third/ferry.yaml > lines
has lines '  - id: add_customers' '    verify: sql/0002_customers.verify.sql'
echo 'CREATE TABLE customers (id INTEGER PRIMARY KEY);' > third/sql/0002_customers.up.sql
echo 'SELECT count(*) = 0 FROM customers;' > third/sql/0002_customers.verify.sql
expect 0 sqlferry build third --release 2 --key team.key -o third.ferry
expect 0 upgrade third.ferry
has out 'now at add_customers'

for wrong in '--dialect mysql' '--project UPPER' '--project=' 'a b'; do
    expect 2 sqlferry init fourth $wrong
    missing fourth
done
expect 5 sqlferry init team.pub
has err 'team.pub'
expect 5 sqlferry init nowhere/deep
has err "cannot make the folder 'nowhere/deep'"
missing nowhere

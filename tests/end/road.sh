# The road of README.md: key, bundle, verification, plan, upgrade, and what the database says then.
. "$ROOT/tests/end/lib"

expect 0 sqlferry keygen team --no-password
has out team.key team.pub
is "$(stat -c %a team.key team.pub | tr '\n' ' ')" '600 644 '

expect 0 sqlferry check "$ROOT/examples/shop/ferry.yaml"
has out 'shop: 16 revisions, 1 root, 1 head, 2 merges' 'the whole chain ran in memory'

expect 0 sqlferry build "$ROOT/examples/shop/ferry.yaml" --dialect sqlite --release 1.0.0 \
    --key team.key -o shop.ferry
has out 'shop.ferry: 16 revisions for sqlite, 1 signature'
digest=$(sed -n 's/^bundle //p' out)
is ${#digest} 64

# Carried to the host: nothing but the bundle and the public key.
mkdir host
cp shop.ferry team.pub host
cd host

expect 0 sqlland verify shop.ferry --key team.pub
has out 'verified   shop.ferry' "bundle     $digest" 'shop 1.0.0 for sqlite' '16 revisions' \
    'team (valid)'
expect 0 sqlferry verify shop.ferry --key team.pub
has out 'verified   shop.ferry'

# Neither a plan nor a dry run writes anything, with a database or without.
expect 0 sqlland plan shop.ferry --key team.pub --db shop.db
has out 'a new database, 0 of 16' '    1  baseline' '   16  2ca86f545cee'
expect 0 sqlland upgrade shop.ferry --key team.pub --db shop.db --dry-run
has out '   16  2ca86f545cee'
is "$(echo *)" 'err out shop.ferry team.pub'
expect 5 sqlland current --db shop.db
has err "there is no database 'shop.db'"
expect 5 sqlland history --db shop.db
is "$(echo *)" 'err out shop.ferry team.pub'

expect 0 sqlland upgrade shop.ferry --key team.pub --db shop.db
has out 'shop.db: 16 revisions applied, now at 2ca86f545cee'
has err 'applying 1 of 16  baseline' 'applying 16 of 16  2ca86f545cee'
is "$(echo *)" 'err out shop.db shop.ferry team.pub'

expect 0 sqlland current --db shop.db
has out '2ca86f545cee  shop 1.0.0' '16 revisions'
expect 0 sqlland history --db shop.db
is "$(wc -l < out)" 16
is "$(awk '{print $1, $3}' out | uniq -c -f1 | awk '{print $1, $2, $3}')" '16 1 applied'
expect 0 sqlferry history "$ROOT/examples/shop/ferry.yaml" --json
sqlite3 :memory: "SELECT json_extract(value, '$.id') FROM json_each(readfile('out'))" > wanted
sqlland history --db shop.db | awk '{print $4}' > got
same wanted got

# The database is what the scripts say, and it may be named in every way.
is "$(sqlite3 shop.db "SELECT count(*) FROM pragma_table_info('webhook_subscriptions')
    WHERE name = 'custom_metadata'")" 1
is "$(sqlite3 shop.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" ok
for name in sqlite:shop.db sqlite3:shop.db "sqlite://$PWD/shop.db" ./shop.db; do
    expect 0 sqlland current --db "$name"
    has out 2ca86f545cee
done
expect 0 env DATABASE_URL=sqlite:shop.db sqlland current
has out 2ca86f545cee

# Again there is nothing to do, and nothing is done.
cp shop.db before.db
expect 0 sqlland plan shop.ferry --key team.pub --db shop.db
has out 'shop.db, 16 of 16' 'nothing to do'
expect 0 sqlland upgrade shop.ferry --key team.pub --db shop.db
has out 'shop.db: nothing to do, 16 revisions are applied'
is "$(cat err)" ''
same before.db shop.db

# For each layout: the folder is imported, the manifest checks and builds, and what sqlland makes of it
# is what the scripts make in the order of the tool, which LAYOUT.order has. A manifest that uses the
# folder without an import gives the same bundle.
. "$ROOT/tests/end/lib"

# script FILE: the part of it that the tool runs upwards, cut out by other means than ours.
script()
{
    case $1 in
    goose/* | dbmate/*) awk '/^-- (.goose|migrate:) ?[Dd]own/ { exit } is_up { print }
        /^-- (.goose|migrate:) ?[Uu]p/ { is_up = 1 }' "$1" ;;
    *) cat "$1" ;;
    esac
}

# dump DATABASE: what is in it, but for the ledger.
dump()
{
    sqlite3 "$1" "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlferry%' ORDER BY 2"
    sqlite3 "$1" .dump | sed -n -e '/sqlferry_ledger/d' -e '/^INSERT/p'
}

make_key team
cp -R "$ROOT"/tests/end/layouts/* .
sqlferry import --help > help
sed -n '/^layouts:/,/^$/s/^  \([a-z-]*\) .*/\1/p' help | grep -vx alembic > names # import_alembic.sh
is "$(tr '\n' ' ' < names)" "$(ls *.order | sed 's/\.order//' | tr '\n' ' ')"
is "$(wc -l < names)" 12
while read -r name; do
    grep -q "^| .$name. " "$ROOT/docs/layouts.md" || fail "docs/layouts.md lacks $name"
    grep -q "^\.Ql $name\( \|$\)" "$ROOT/docs/sqlferry.1" || fail "sqlferry.1 lacks $name"
    grep -q "^ *\"$name\",\{0,1\}$" "$ROOT/manifests/ferry.schema.json" || fail "the schema lacks $name"
done < names

while read -r name; do
    place=$name
    [ $name != list ] || place=list/order.txt

    expect 0 sqlferry import $name $place --dialect sqlite --project demo -o $name.yaml
    has out "$name.yaml: " " of $name"
    expect 0 sqlferry check $name.yaml
    has out 'the whole chain ran in memory'
    expect 0 sqlferry build $name.yaml --release 1 --created 2026-11-28T00:00:00Z --key team.key -o $name.ferry
    expect 0 sqlland upgrade $name.ferry --key team.pub --db $name.db
    while read -r file; do
        script "$file" | sqlite3 -bail by-hand.db || fail "sqlite3 refuses $file"
    done < $name.order
    dump $name.db > ours
    dump by-hand.db > theirs
    same ours theirs
    [ -s ours ]
    rm by-hand.db

    # Whatever has a way back, goes back.
    case $name in
    golang-migrate | dbmate)
        first=$(sed -n 's/^  - id: //p' $name.yaml | head -n 1)
        expect 0 sqlland downgrade $name.ferry --key team.pub --db $name.db --to "$first"
        is "$(sqlite3 $name.db "SELECT group_concat(name) FROM sqlite_schema WHERE name NOT LIKE 'sqlferry%'")" orchard
        ;;
    esac

    # The same without an import.
    [ $name != flyway ] || rm flyway/R__*
    allow=
    [ $name != flyway ] || allow=', allow: [missing-semicolon]'
    printf 'ferry: 1\nproject: demo\ndialect: sqlite\nrevisions: {layout: %s, path: %s%s}\n' \
        $name $place "$allow" > folder.yaml
    [ $name != flyway ] || expect 0 sqlferry import flyway flyway --dialect sqlite --project demo -o $name.yaml --force
    for manifest in folder $name; do
        expect 0 sqlferry build $manifest.yaml --release 1 --created 2026-11-28T00:00:00Z -o $manifest.unsigned
    done
    same folder.unsigned $name.unsigned
done < names

# The manifest is on standard output without -o, and nothing else is; its paths begin here.
expect 0 sqlferry import goose goose --dialect sqlite
is "$(grep -c 'file: goose/' out)" 11
has out 'dialect: sqlite' '    down: {file: goose/003_kinds.sql, section: goose}' '    transaction: none'
mv out plain
expect 0 sqlferry import goose goose --dialect sqlite -o -
same plain out

# A script for each dialect, where the tool has one.
mkdir both
for dialect in postgres sqlite3 mysql; do
    echo "CREATE TABLE $dialect (x INTEGER);" > both/7_some.$dialect.up.sql
done
echo 'DROP TABLE sqlite3;' > both/7_some.sqlite3.down.sql
echo 'SELECT 1;' > both/8_more.up.sql
echo 'SELECT 1;' > both/8_more.down.sql
expect 0 sqlferry import golang-migrate both --dialect sqlite --dialect postgresql
has out 'dialect: [postgresql, sqlite]' '    down: {sqlite: both/7_some.sqlite3.down.sql}' \
    '    up: {postgresql: both/7_some.postgres.up.sql, sqlite: both/7_some.sqlite3.up.sql}' \
    '    up: both/8_more.up.sql' '    down: both/8_more.down.sql'
has err "file 'both/7_some.mysql.up.sql' is left out"

# What PostgreSQL runs in no transaction has none, for the tools that run it so unasked.
mkdir online
echo 'CREATE TABLE wide (id bigint PRIMARY KEY);' > online/1_a.up.sql
printf 'CREATE INDEX CONCURRENTLY wide_id ON wide (id)' > online/2_b.up.sql
expect 0 sqlferry import golang-migrate online
has out 'dialect: postgresql' '    transaction: none' '    allow: [missing-semicolon]'
has err "online/2_b.up.sql:1:14: warning: 'CREATE INDEX CONCURRENTLY' cannot run in a transaction: so revision '2' has none" \
    "online/2_b.up.sql:1:47: warning: the last statement does not end in ';'"
mv online/1_a.up.sql online/1_a.sql
mv online/2_b.up.sql online/2_b.sql
expect 1 sqlferry import sqlx online
has err "online/2_b.sql:1:14: error: 'CREATE INDEX CONCURRENTLY' cannot run in a transaction" \
    "hint: Say '-- no-transaction' at the very beginning."
printf 'ferry: 1\nproject: demo\ndialect: postgresql\nrevisions: {layout: sqlx, path: online, allow: [missing-semicolon]}\n' > online.yaml
expect 1 sqlferry check online.yaml
has err "online/2_b.sql:1:14: error: 'CREATE INDEX CONCURRENTLY' cannot run in a transaction" \
    "hint: Say '-- no-transaction' at the very beginning."
sed -i '1s/^/-- no-transaction\n/' online/2_b.sql
expect 0 sqlferry check online.yaml

# What is written is what a manifest says, and what it lacks is told, file by file.
expect 0 sqlferry import flyway flyway --dialect sqlite
has out '  - id: 1' '    title: orchards words' '    parents: []' '    up: flyway/V1__orchards_words.sql' \
    '    down: flyway/U10__groves_words.sql' '  - id: 010' '    transaction: none' '    allow: [missing-semicolon]'
is "$(grep -c parents: out)" 1
has err "callback 'flyway/beforeMigrate.sql' is left out" "file 'flyway/README.md' is left out" \
    "flyway/V12__braces.sql:1:53: warning: the last statement does not end in ';': allowed for revision '12', as by flyway"
expect 0 sqlferry import flyway flyway --dialect sqlite -q
is "$(cat err)" ''
expect 0 sqlferry import sourcegraph sourcegraph --dialect sqlite
has out '    parents: [1528395902, 1528395903]' '    title: the groves'
expect 0 sqlferry import sqitch sqitch --dialect sqlite
has out '  - id: app.count' '  - id: app.count.2' '    up: sqitch/deploy/app/count@v2.sql' '    up: sqitch/deploy/app/count.sql' \
    '    verify: sqitch/verify/orchards.sql' '    title: The trees'

# Lines in messages are those of the file, here and on the host; the marks are read anew each time.
expect 0 sqlferry import goose goose --dialect sqlite --project demo -o goose.yaml --force
sed -i 's/^ALTER TABLE orchard RENAME.*/&\n\nDELETE FROM nowhere;/' goose/10_groves.sql
expect 1 sqlferry check goose.yaml
has err 'goose/10_groves.sql:4:13: error: no such table: nowhere'
expect 0 sqlferry build goose.yaml --no-rehearsal --release 2 --key team.key -o goose.ferry --sequence 99
rm goose.db
expect 4 sqlland upgrade goose.ferry --key team.pub --db goose.db
has err 'goose/10_groves.sql:4:'
sed -i -e '/nowhere/d' -e 's/^DROP TABLE orchard;/DROP TABLE orchard/' goose/10_groves.sql goose/1_orchards.sql
expect 1 sqlferry check goose.yaml
has err "goose/1_orchards.sql:10:19: error: the last statement does not end in ';'"
sed -i 's/^-- +goose Up/-- +goose NO TRANSACTION\n&/' goose/2_trees.sql
expect 1 sqlferry check goose.yaml
has err "goose/2_trees.sql:2:1: error: the file wants no transaction, and revision '2' has one"
sed -i '1s/.*/-- +goose SOMETHING/' goose/2_trees.sql
expect 1 sqlferry check goose.yaml
is "$(grep -c 'error: goose has no such mark' err)" 1

# Nothing is replaced unless told, and nothing is written where something is wrong.
cp goose.yaml before
expect 1 sqlferry import goose goose -o goose.yaml
has err "'goose.yaml' already exists" "'--force' replaces it."
same goose.yaml before
sed -i '/+goose/d' goose/2_trees.sql
expect 1 sqlferry import goose goose -o goose.yaml --force
has err "goose/2_trees.sql:1:1: error: the file has no '-- +goose Up'"
same goose.yaml before

# Places that cannot be.
mkdir elsewhere
expect 1 sqlferry import sqlx sqlx -o elsewhere/ferry.yaml
has err "'sqlx' is not below the folder of the manifest" "'-o sqlx/ferry.yaml'"
expect 0 sqlferry import sqlx sqlx -o sqlx/ferry.yaml --dialect sqlite
has sqlx/ferry.yaml '    up: 1_orchards.sql'
expect 0 sqlferry import sqlx sqlx --dialect sqlite
lacks err ferry.yaml
expect 5 sqlferry import sqlx no-such
has err "cannot open 'no-such'"
expect 5 sqlferry import sqlx sqlx -o no-such/ferry.yaml
expect 2 sqlferry import sqlx sqlx goose
has err 'sqlx has one folder'
expect 2 sqlferry import nothing sqlx
has err "'sqlferry import --help' lists the layouts."
expect 2 sqlferry import sqlx sqlx --dialect oracle
expect 2 sqlferry import sqlx sqlx --force
has err "'--force' goes with '--output'"
expect 1 sqlferry import list list/order.txt -o elsewhere/ferry.yaml
has err "'-o list/ferry.yaml'"
expect 2 sqlferry import sqlx sqlx --project 'A B'

# inspect works before trust, and then says so on every line.
. "$ROOT/tests/end/lib"

make_shop shop
make_key other
sqlferry build --release 1 --dialect sqlite "$ROOT/examples/shop/ferry.yaml" -o unsigned.ferry > out 2> err
index=$(first_frame_size shop.ferry)
head -c $((index + 8)) shop.ferry | tail -c "$index" > index

# labelled: every line of the output is.
labelled()
{
    [ -s out ] || fail 'nothing was printed'
    ! grep -vn '^unverified: \|^-- unverified: ' out > odd || fail "not labelled: $(cat odd)"
}

for bundle in shop unsigned; do
    expect 0 sqlferry inspect $bundle.ferry
    labelled
    has out 'unverified: project    shop' 'unverified: revisions  16' '    1  baseline  ' \
        'foreign keys off]' 'unverified: extensions none' 'unverified: alembic    left alone' \
        'unverified: expires    never'
    expect 0 sqlferry inspect $bundle.ferry --index
    labelled
    expect 0 sqlferry inspect $bundle.ferry --sql
    labelled
    has out 'CREATE TABLE customers ('
    expect 0 sqlferry inspect $bundle.ferry --sql a7f2093d6e18
    labelled
    expect 0 sqlferry inspect $bundle.ferry --json
    has out '"verified":false'
    expect 3 sqlferry inspect $bundle.ferry --key other.pub
    is "$(cat out)" ''
done
expect 0 sqlferry inspect unsigned.ferry
has out 'unverified: signature  none'
expect 0 sqlferry inspect shop.ferry
has out 'unverified: signature  claims to be by '
expect 3 sqlferry inspect unsigned.ferry --key team.pub

# Unverified SQL is in comments: fed to a database it does nothing.
expect 0 sqlferry inspect shop.ferry --sql
is "$(sqlite3 empty.db < out)" ''
is "$(sqlite3 empty.db .dump | grep -c CREATE)" 0

# Verified there is no label.
for what in '' --index --sql '--sql a7f2093d6e18' --json; do
    sqlferry inspect shop.ferry $what > unverified
    expect 0 sqlferry inspect shop.ferry --key team.pub $what
    lacks out unverified
    [ "$(wc -l < out)" -eq "$(wc -l < unverified)" ] || fail "$what: other lines"
done
expect 0 sqlferry inspect shop.ferry --key team.pub --index
same out index
expect 0 sqlferry inspect shop.ferry --key team.pub --sql
zstd -dc shop.ferry | grep -v "^$" > plain
grep -v "^$" out > shown
same shown plain

# One revision: all its scripts. What was taken off shows as blanks, so that lines keep their numbers.
expect 0 sqlferry inspect shop.ferry --key team.pub --sql 3e8b51c07f4d
has out '-- revision 3e8b51c07f4d' "'Café \"Zum Anker\"'"
for kind in up down verify; do
    while read -r line; do
        [ -z "$line" ] || has out "$line"
    done < "$ROOT/examples/shop/sql/0002_first_goods.$kind.sql"
done
lacks out 'revision baseline'
expect 1 sqlferry inspect shop.ferry --sql nowhere
has err "the bundle has no revision 'nowhere'"
expect 1 sqlferry inspect shop.ferry --key team.pub --sql nowhere
is "$(cat out)" ''

expect 2 sqlferry inspect shop.ferry baseline
has err 'a revision is shown with --sql'
expect 2 sqlferry inspect shop.ferry --sql --index
has err 'give one of --index, --sql and --json'

# What is shown of a bundle that nobody signed cannot move the cursor or turn the text around.
make_project first
sed -i 's/    down: none/    title: "a\\u202eb"\n    down: none/' ferry.yaml
expect 1 sqlferry check
printf 'CREATE TABLE first (id INTEGER); -- \342\200\256 \302\233 end\n' > sql/first.sql
make_project first
expect 0 sqlferry build --release 1 -o text.ferry
expect 0 sqlferry inspect text.ferry --sql
lacks out "$(printf '\342\200\256')"
lacks out "$(printf '\302\233')"

# Foreign keys are off script by script.
printf 'PRAGMA foreign_keys=off;\nDROP TABLE second;\nPRAGMA foreign_keys=on;\n' > sql/down.sql
make_project first second
sed -i '$s/none/sql\/down.sql/' ferry.yaml
expect 0 sqlferry build --release 1 -o down.ferry
expect 0 sqlferry inspect down.ferry
has out 'first [up 47 no-down]' ', foreign keys off for down]'
sed -i 's/up: sql\/first.sql/&\n    foreign_keys: off/' ferry.yaml
expect 0 sqlferry build --release 1 -o up.ferry
expect 0 sqlferry inspect up.ferry
has out 'first [up 47 no-down, foreign keys off for up]'

# What a bundle asks of the host.
make_project first
sed -i 's/dialect: sqlite/dialect: [sqlite, postgresql]/' ferry.yaml
cat >> ferry.yaml << 'EOF'
alembic: keep
requires: {postgresql: {version: 14, extensions: [pgcrypto, citext]}, sqlite: 3.35.0}
EOF
expect 0 sqlferry build --release 1 --dialect postgresql -o asks.ferry
expect 0 sqlferry inspect asks.ferry
has out 'unverified: dialect    postgresql' 'unverified: server     at least 14' \
    'unverified: extensions pgcrypto citext' 'unverified: alembic    kept in step'
expect 0 sqlferry inspect asks.ferry --json
has out '"server_version":"14","extensions":["pgcrypto","citext"],"alembic_keep":true'
expect 0 sqlferry build --release 1 --dialect sqlite -o asks.ferry
expect 0 sqlferry inspect asks.ferry
has out 'unverified: dialect    sqlite' 'unverified: server     at least 3.35.0' \
    'unverified: extensions none' 'unverified: alembic    kept in step'

# A damaged bundle is damaged for inspect, too.
size=$(stat -c %s shop.ferry)
{ head -c $((size - 100)) shop.ferry; printf x; tail -c 99 shop.ferry; } > bad.ferry
for what in '--key team.pub' '--sql --key team.pub' '--json --key team.pub'; do
    expect 3 sqlferry inspect bad.ferry $what
    is "$(cat out)" ''
done

# Stock tools open a bundle: zstd, tail, head, b2sum.
. "$ROOT/tests/end/lib"

make_shop shop

# The upgrade script, in the order of the history: a heading for each revision, then its script.
expect 0 zstd -t shop.ferry
expect 0 zstd -dc shop.ferry
cp out upgrade.sql
sqlferry history "$ROOT/examples/shop/ferry.yaml" --json > history
sqlite3 :memory: "SELECT json_extract(value, '$.id') FROM json_each(readfile('history'))" > wanted
sqlferry inspect shop.ferry --key team.pub --index > index
sed -n 's/^-- revision \([^:]*\): .*/\1/p' upgrade.sql > got
is "$(wc -l < got)" 16
same wanted got

# It is what an upgrade runs.
expect 0 upgrade shop.ferry
sqlite3 -bail stock.db < upgrade.sql
for database in shop stock; do
    sqlite3 $database.db "SELECT type, name, sql FROM sqlite_schema
        WHERE tbl_name <> 'sqlferry_ledger' ORDER BY 1, 2" > $database.schema
done
same shop.schema stock.schema
[ -s shop.schema ] || fail 'there is no schema'

# The index, cut out by the recipe of the manual. Its digest is the name of the bundle.
tail -c +9 shop.ferry | head -c "$(od -An -tu4 -j4 -N4 shop.ferry)" > cut
same cut index
expect 0 sqlferry sign shop.ferry --detach detached
same cut detached
is "$(head -1 cut | tr -d '\n' | od -An -c | wc -l)" 1
digest=$(b2sum -l 256 cut | cut -d ' ' -f 1)
expect 0 sqlland verify shop.ferry --key team.pub
has out "bundle     $digest"

# Every script has the digest that the index says.
expect 0 sqlferry inspect shop.ferry --key team.pub --json
sqlite3 -separator ' ' :memory: "SELECT json_extract(value, '$.up.source_digest'),
    json_extract(value, '$.up.path') FROM json_each(readfile('out'), '$.revisions')" > sums
is "$(wc -l < sums)" 16
while read -r sum path; do
    is "$(b2sum -l 256 "$ROOT/examples/shop/$path" | cut -d ' ' -f 1)" "$sum"
done < sums

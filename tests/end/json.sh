# Every --json is one line of JSON that SQLite's parser reads, with what the manual promises in it.
. "$ROOT/tests/end/lib"

# json PATH: a value of the last command's output.
json()
{
    is "$(wc -l < out)" 1
    is "$(sqlite3 :memory: "SELECT json_valid(readfile('out'))")" 1
    sqlite3 :memory: "SELECT json_extract(readfile('out'), '$1')"
}

make_shop shop
shop=$ROOT/examples/shop/ferry.yaml

expect 0 sqlferry check "$shop" --json
is "$(json '$.project')" shop
is "$(json '$.revision_count') $(json '$.root_count') $(json '$.head_count') $(json '$.merge_count')" '16 1 1 2'
is "$(json '$.dialects[0].dialect') $(json '$.dialects[0].rehearsed')" 'postgresql 0'
is "$(json '$.dialects[1].dialect') $(json '$.dialects[1].rehearsed')" 'sqlite 1'
expect 0 sqlferry history "$shop" --json
is "$(json '$[3].id')" 9d6a492bf126
expect 0 sqlferry graph "$shop" --json
is "$(json '$.project') $(json '$.damaged') $(json '$.lane_count')" 'shop 0 4'
is "$(json '$.nodes[8].id') $(json '$.nodes[8].step') $(json '$.nodes[8].lane')" '2b7c5d81f0e9 9 0'
is "$(json '$.nodes[8].missing') $(json '$.nodes[8].damage')" '0 []'
is "$(json '$.edges[0].parent') $(json '$.edges[0].child') $(json '$.edges[0].closes_cycle')" '0 1 0'
expect 1 sqlferry graph "$ROOT/manifests/damaged/cycle.yaml" --json
is "$(json '$.damaged') $(json '$.nodes[9].damage[0]') $(json '$.nodes[9].step')" '1 in a cycle '
is "$(json '$.edges[11].parent') $(json '$.edges[11].child') $(json '$.edges[11].closes_cycle')" '11 9 1'
expect 0 sqlferry heads "$shop" --json
is "$(json '$[0].id')" 2ca86f545cee

expect 0 sqlferry inspect shop.ferry --json
is "$(json '$.verified') $(json '$.project')" '0 shop'
expect 0 sqlferry inspect shop.ferry --json --key team.pub
is "$(json '$.verified')" 1
is "$(json '$.alembic_keep')" 0
is "$(json '$.revisions[0].up.foreign_keys_off') $(json '$.revisions[0].down.foreign_keys_off')" '0 0'
is "$(json '$.revisions[5].up.foreign_keys_off') $(json '$.revisions[5].down.foreign_keys_off')" '1 1'
digest=$(json '$.bundle')
is ${#digest} 64

for program in sqlferry sqlland; do
    expect 0 $program verify shop.ferry --key team.pub --json
    is "$(json '$.verified') $(json '$.bundle')" "1 $digest"
    is "$(json '$.signatures[0].name') $(json '$.signatures[0].counts')" 'team 1'
done

expect 0 sqlland plan shop.ferry --key team.pub --db shop.db --json
is "$(json '$.bundle') $(json '$.revision_count') $(json '$.pending[15].id')" "$digest 0 2ca86f545cee"
expect 0 upgrade shop.ferry --to baseline --json
is "$(json '$.applied[0]') $(json '$.revision_count')" 'baseline 1'
expect 0 upgrade shop.ferry --json
is "$(json '$.applied[14]') $(json '$.revision_count')" '2ca86f545cee 16'
ledger=$(json '$.ledger')
expect 0 upgrade shop.ferry --json
is "$(json '$.applied') $(json '$.revision_count') $(json '$.ledger')" "[] 16 $ledger"
expect 0 sqlland current --db shop.db --json
is "$(json '$.revision') $(json '$.revision_count') $(json '$.ledger')" "2ca86f545cee 16 $ledger"
is "$(json '$.begun')" ''
expect 0 sqlland history --db shop.db --json
is "$(json '$[15].revision') $(json '$[15].number') $(json '$[15].event')" '2ca86f545cee 16 applied'
is "$(json '$[15].digest') $(json '$[15].bundle')" "$ledger $digest"

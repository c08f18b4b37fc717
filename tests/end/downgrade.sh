# The way back: revisions are undone in the order that leaves no child without its parents, and what
# cannot be undone is said before anything is.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/graph"

downgrade()
{
    sqlland downgrade --key team.pub --db shop.db "$@"
}

# dump: all but the ledger. VACUUM moves things about, so the lines are sorted.
dump()
{
    is "$(sqlite3 shop.db 'PRAGMA integrity_check')" ok
    sqlite3 shop.db .dump | grep -v sqlferry_ledger | sort
}

objects()
{
    sqlite3 shop.db "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlferry%'"
}

# round OPTION...: up, down to nothing, up again.
round()
{
    rm -f shop.db
    expect 0 upgrade graph.ferry "$@"
    has out 'shop.db: 100 revisions applied, now at r100'
    dump > first.dump
    expect 0 downgrade graph.ferry --to base "$@"
    has out 'shop.db: 100 revisions undone, 0 left'
    has err 'undoing 1 of 100  r100' 'undoing 100 of 100  r1'
    is "$(objects)" 0
    is "$(applied shop.db)" ''
    expect 0 sqlland check graph.ferry --key team.pub --db shop.db
    has out 'pending   100' 'all is well'
    expect 0 downgrade graph.ferry --to base
    has out 'nothing to do, 0 revisions are applied'
    expect 0 upgrade graph.ferry "$@"
    dump > second.dump
    same first.dump second.dump
    never_orphaned shop.db
}

make_graph sqlite whole
build graph --sequence 1
round --atomic
mv first.dump atomic.dump
round
same first.dump atomic.dump

make_graph sqlite
build graph --sequence 1
round

# What stays is the revision and what it needs; and from there it goes up again.
cp shop.db whole.db
for id in r1 r4 r8 r9 r37 r60 r64 r99 r100; do
    cp whole.db shop.db
    expect 0 sqlland downgrade graph.ferry --key team.pub --db shop.db --to $id --dry-run
    same whole.db shop.db
    grep '^ *[0-9]*  r' out > planned || true
    expect 0 downgrade graph.ferry --to $id
    grep '^ *[0-9]*  r' err > announced || true
    same planned announced
    needed $id > wanted
    applied shop.db > got
    same wanted got
    expect 0 upgrade graph.ferry
    dump > second.dump
    same first.dump second.dump
    never_orphaned shop.db
done

# Down and down again; then only a part of it up.
cp whole.db shop.db
for id in r95 r50 r35; do
    expect 0 downgrade graph.ferry --to $id
done
expect 6 downgrade graph.ferry --to r34
has err "revision 'r34' is not applied: there is no way back to it"
expect 0 upgrade graph.ferry --to r34
expect 0 downgrade graph.ferry --to r34
expect 0 downgrade graph.ferry --to r20 --json
is "$(sqlite3 :memory: "SELECT json_array_length(readfile('out'), '$.undone')")" 14
needed r20 > wanted
applied shop.db > got
same wanted got
never_orphaned shop.db

# Refused, and nothing happens.

make_project first second third
for name in first second third; do
    echo "DROP TABLE $name;" > sql/$name.down.sql
    sed -i "/up: sql\/$name.sql/{n;s/none/sql\/$name.down.sql/}" ferry.yaml
done
build three --sequence 1
sed '/second.down/d' ferry.yaml > missing.yaml
build missing --sequence 1 missing.yaml
sed 's/sql.second.down.*/none/' ferry.yaml > none.yaml
build none --sequence 1 none.yaml
rm shop.db
expect 5 downgrade three.ferry --to base
has err "there is no database 'shop.db'"
missing shop.db
expect 0 upgrade three.ferry
cp shop.db before.db

for option in '' --dry-run --atomic; do
    expect 6 downgrade missing.ferry --to base $option
    has err "revision 'second' cannot be undone: it has no down script" "'--to second' undoes what can be"
    expect 6 downgrade none.ferry --to first $option
    has err "revision 'second' cannot be undone: its manifest says 'down: none'"
    expect 2 downgrade three.ferry --to nowhere $option
    has err "the bundle has no revision 'nowhere'"
    expect 2 downgrade three.ferry $option
    has err '--to'
    is "$(cat out)" ''
    same before.db shop.db
done
expect 0 downgrade none.ferry --to second
expect 0 upgrade none.ferry
cp before.db shop.db

# A dry run says the same as the run will, and changes no byte.
expect 0 downgrade three.ferry --to base --dry-run
has out '3 of 3 revisions applied' 'to be undone, in this order:' '    1  third' '    3  first'
expect 0 downgrade three.ferry --to first --dry-run --json
is "$(sqlite3 :memory: "SELECT group_concat(value ->> 'id') FROM json_each(readfile('out'), '$.undoing')")" \
    third,second
same before.db shop.db
is "$(ls shop.db*)" shop.db

# A down script that fails: what was undone before stays undone, the revision itself is still there.
echo 'DROP TABLE second; DROP TABLE nowhere;' > sql/second.down.sql
build failing --sequence 1 --no-rehearsal
expect 4 downgrade failing.ferry --to base
has err "to be undone in 'shop.db', in this order:" '    3  first' 'undoing 2 of 3  second' \
    'sql/second.down.sql:1:31: error: no such table: nowhere' "revision 'second' is still applied" \
    "'shop.db' has 2 of 3 revisions, this run undid 1" "goes on with revision 'second'"
is "$(awk '/^    3  first/ { listed = NR } /^undoing 1/ { print listed && listed < NR }' err)" 1
is "$(applied shop.db | tr '\n' ' ')" 'first second '
is "$(sqlite3 shop.db 'SELECT count(*) FROM second')" 0
sqlite3 shop.db 'CREATE TABLE nowhere (x)'
expect 0 downgrade failing.ferry --to base
is "$(objects)" 0

# In one transaction nothing is undone.
cp before.db shop.db
expect 4 downgrade failing.ferry --to base --atomic
has err "that was revision 'second', 2 of 3" "'shop.db' has 3 of 3 revisions, as before"
same before.db shop.db

# A down script may be mended after the revision was applied; the up script may not.
expect 0 upgrade failing.ferry
has out 'nothing to do'
expect 0 sqlland check failing.ferry --key team.pub --db shop.db --complete
echo 'DROP TABLE second; -- mended' > sql/second.down.sql
build mended --sequence 1
expect 0 downgrade mended.ferry --to first
is "$(applied shop.db)" first
echo '-- edited' >> sql/first.sql
build edited --sequence 1
expect 6 downgrade edited.ferry --to base
has err "revision 'first' was applied with another script than 'sql/first.sql'"

# One without a transaction that fails in its middle: it is neither, until the cause is gone.
rm -f shop.db
printf 'DROP TABLE second;\nVACUUM;\nDROP TABLE nowhere;\n' > sql/second.down.sql
printf 'CREATE TABLE second (id INTEGER PRIMARY KEY);\n' > sql/second.sql
echo 'CREATE TABLE first (id INTEGER PRIMARY KEY);' > sql/first.sql
sed -i 's/id: second/&\n    transaction: none/' ferry.yaml
build none --sequence 1 --no-rehearsal
expect 0 upgrade none.ferry
expect 8 downgrade none.ferry --to base
has err 'sql/second.down.sql:3:12: error: no such table: nowhere' \
    'statement 3 of 3 was refused outside a transaction; the 2 before it are done'
expect 0 sqlland current --db shop.db
has out 'second  is half undone, without a transaction'
expect 8 upgrade none.ferry
has err "revision 'second' is half undone: a person must look" "'sqlland downgrade'"
sqlite3 shop.db 'CREATE TABLE nowhere (x)'
expect 0 downgrade none.ferry --to base
is "$(objects)" 0
is "$(sqlite3 shop.db "SELECT group_concat(event, ' ') FROM sqlferry_ledger WHERE event LIKE 'und%'")" \
    'undone undo-started undo-progressed undo-progressed undo-failed undo-started undo-progressed undo-finished undone'
expect 0 upgrade none.ferry

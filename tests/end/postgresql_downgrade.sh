# The way back on PostgreSQL; downgrade.sh has what is the same on both.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
. "$ROOT/tests/end/graph"

PATH=$postgresql:$PATH # the real psql starts sooner than a wrapper
start_server -c max_locks_per_transaction=256

land()
{
    sqlland "$@" --key team.pub --db postgresql://
}

reset()
{
    PGDATABASE=postgres psql -X -q -c 'DROP DATABASE IF EXISTS demo WITH (FORCE)' 2> err
    make_database demo
}

# dump OPTION...: its random key, and its order of rows that were written anew, are left out.
dump()
{
    pg_dump "$@" | grep -v '^\\\(un\)\{0,1\}restrict ' | sort
}

# round OPTION...: up, down to nothing, up again.
round()
{
    reset
    dump -N sqlferry > empty.dump
    expect 0 land upgrade graph.ferry "$@"
    dump -N sqlferry > first.dump
    expect 0 land downgrade graph.ferry --to base "$@"
    has out 'postgresql://: 100 revisions undone, 0 left'
    dump -N sqlferry > got.dump
    same empty.dump got.dump
    is "$(applied postgresql://)" ''
    expect 0 land upgrade graph.ferry "$@"
    dump -N sqlferry > second.dump
    same first.dump second.dump
    never_orphaned postgresql://
}

make_graph postgresql whole
build graph --sequence 1
round --atomic
mv first.dump atomic.dump
round
same first.dump atomic.dump

make_graph postgresql
build graph --sequence 1
round

for id in r8 r37 r64 r99; do
    dump > before.dump
    last=$(query 'SELECT txid_snapshot_xmax(txid_current_snapshot())')
    expect 0 land downgrade graph.ferry --to $id --dry-run
    grep '^ *[0-9]*  r' out > planned || true
    dump > got.dump
    same before.dump got.dump
    is "$(query 'SELECT txid_snapshot_xmax(txid_current_snapshot())')" "$last"
    expect 0 land downgrade graph.ferry --to $id
    grep '^ *[0-9]*  r' err > announced || true
    same planned announced
    needed $id > wanted
    applied postgresql:// > got
    same wanted got
    expect 0 land upgrade graph.ferry
    dump -N sqlferry > second.dump
    same first.dump second.dump
done
never_orphaned postgresql://
is "$(query 'SELECT count(*) FROM pg_index WHERE NOT indisvalid')" 0

# Refused, and nothing happens.
expect 6 land downgrade graph.ferry --to base --atomic
has err "revision 'r100' runs without a transaction: it cannot share one"
sed '/r35.down/d' ferry.yaml > missing.yaml
build missing --sequence 1 missing.yaml
sed 's/sql.r35.down.*/none/' ferry.yaml > none.yaml
build none --sequence 1 none.yaml
dump > before.dump
expect 6 land downgrade missing.ferry --to r20
has err "revision 'r35' cannot be undone: it has no down script"
expect 6 land downgrade none.ferry --to r20
has err "revision 'r35' cannot be undone: its manifest says 'down: none'"
expect 2 land downgrade graph.ferry --to nowhere
has err "the bundle has no revision 'nowhere'"
dump > got.dump
same before.dump got.dump
expect 0 land downgrade none.ferry --to r35
expect 6 land downgrade graph.ferry --to r38
has err "revision 'r38' is not applied: there is no way back to it"

# A down script that fails: the revision is still applied, and the next run goes on.
query 'CREATE TABLE guest (t integer REFERENCES t3 (id))'
expect 4 land downgrade graph.ferry --to r20
has err "to be undone in 'postgresql://', in this order:" \
    'sql/r31.down.sql:1:1: error: cannot drop table t3 because other objects depend on it (SQLSTATE 2BP01)' \
    "revision 'r31' is still applied" "'postgresql://' has 31 of 100 revisions, this run undid 1"
needed r31 > wanted
applied postgresql:// > got
same wanted got
query 'DROP TABLE guest'
expect 0 land downgrade graph.ferry --to r20
expect 0 land check graph.ferry
has out 'applied   20 of 100 revisions' 'all is well'

# One without a transaction: the ledger has its steps, and a refusal leaves it applied.
query 'DROP INDEX t1_extra'
expect 4 land downgrade graph.ferry --to r19
has err 'sql/r20.down.sql:1:1: error: index "t1_extra" does not exist (SQLSTATE 42704)' \
    "nothing of revision 'r20' was done"
expect 0 sqlland current --db postgresql://
has out 'r20  graph 1'
lacks out half
query 'CREATE INDEX t1_extra ON t1 (extra)'
expect 0 land downgrade graph.ferry --to r19
is "$(query "SELECT string_agg(event, ' ' ORDER BY number) FROM sqlferry.ledger WHERE revision = 'r20'
    AND number > (SELECT max(number) FROM sqlferry.ledger WHERE revision = 'r20' AND event = 'finished')")" \
    'undo-started undo-failed undo-started undo-progressed undo-finished'
expect 0 land upgrade graph.ferry
dump -N sqlferry > second.dump
same first.dump second.dump

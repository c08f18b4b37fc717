# What a database has already is recorded without running it: by --to, or from the tables of another
# tool.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/tools"

dialect=sqlite true=1 false=0

land()
{
    case $1 in
    history) sqlland "$@" --db shop.db ;;
    *) sqlland "$@" --key team.pub --db shop.db ;;
    esac
}

fresh()
{
    rm -f shop.db
}

ask()
{
    sqlite3 shop.db "$1"
}

project one two three
expect 5 land stamp adopt.ferry --to two
has err "there is no database 'shop.db'"
missing shop.db
ask 'CREATE TABLE t1 (id INTEGER PRIMARY KEY); CREATE TABLE t2 (id INTEGER PRIMARY KEY)'
cp shop.db before.db
expect 2 land stamp adopt.ferry
has err 'say either --to or --from'
expect 2 land stamp adopt.ferry --to two --from flyway
expect 2 land stamp adopt.ferry --to nowhere
has err "the bundle has no revision 'nowhere'"
expect 6 land stamp adopt.ferry --from-alembic
has err "'shop.db' has no table 'alembic_version' of alembic"
expect 2 land stamp adopt.ferry --from sqitch
has err "sqitch keeps its registry in another file than 'shop.db'" '--to ID'
expect 7 flock shop.db sqlland stamp adopt.ferry --key team.pub --db shop.db --to two --lock-timeout 100ms
same before.db shop.db

# Nothing runs; the tables stay as they are.
sqlite3 shop.db .dump > before.dump
expect 0 land stamp adopt.ferry --to two --json
is "$(sqlite3 :memory: "SELECT readfile('out') -> 'stamped', readfile('out') ->> 'revision_count'")" '["one","two"]|2'
sqlite3 shop.db .dump | sed '/sqlferry_ledger/,$d' > got.dump
grep -v COMMIT before.dump > wanted.dump
same wanted.dump got.dump
expect 0 land plan adopt.ferry
has out '2 of 3 revisions applied' '    1  three'
expect 0 land check adopt.ferry
has out 'all is well'
expect 0 land stamp adopt.ferry --to one
has out 'nothing to stamp, 2 revisions are on record'
expect 0 land upgrade adopt.ferry
expect 0 land stamp adopt.ferry --to three
has out 'nothing to stamp, 3 revisions are on record'
expect 0 sqlland current --db shop.db
has out 'three  demo 1' '3 revisions'

# The digest of the script is on record as if it had run: an edited one is found out.
cp shop.db whole.db
echo '-- edited' >> sql/2.sql
build edited --sequence 1
expect 6 land upgrade edited.ferry
has err "revision 'two' was stamped with another script than 'sql/2.sql'"
same whole.db shop.db

# Stamped revisions may be undone as any.
sed -i '/edited/d' sql/2.sql
for i in 1 2 3; do
    echo "DROP TABLE t$i;" > sql/$i.down.sql
    sed -i "s/    up: sql.$i.sql/&\n    down: sql\/$i.down.sql/" ferry.yaml
done
build down --sequence 1
expect 0 land downgrade down.ferry --to base
is "$(ask "SELECT name FROM sqlite_schema WHERE name LIKE 't%'")" ''
expect 0 land stamp down.ferry --to one
expect 0 land upgrade down.ferry --to one
has out 'nothing to do'

adoption

# A bundle meant for another target, and a clock that was set back.
. "$ROOT/tests/end/lib"

make_project first
build any --sequence 1
build seven --sequence 2 --target plant-7
build several --sequence 3 --target plant-7 --target plant-8 --target plant-9 --target plant-10

# refused STATUS BUNDLE OPTION...: nothing is made or changed, by no command.
refused()
{
    refusal=$1
    shift
    for command in plan 'upgrade --dry-run' upgrade; do
        expect "$refusal" sqlland $command "$@" --key team.pub --db shop.db
        is "$(cat out)" ''
        missing shop.db
    done
}

# The name comes from the command line, the environment, the host, in this order.
[ -e /etc/sqlland/target ] || refused 6 seven.ferry
[ -e /etc/sqlland/target ] || has err "the bundle is for 'plant-7', and this target has no name" --target SQLLAND_TARGET
refused 6 seven.ferry --target plant-8
has err "the bundle is for 'plant-7', this is 'plant-8'" --allow-target
export SQLLAND_TARGET=plant-8
refused 6 seven.ferry
refused 6 several.ferry --target plant
has err "the bundle is for 'plant-7', 'plant-8', 'plant-9' and 1 more, this is 'plant'"
refused 2 seven.ferry --target 'plant 7'
has err "'--target' has to be"
refused 2 seven.ferry --target ''
SQLLAND_TARGET='../7' refused 2 seven.ferry
has err 'SQLLAND_TARGET has to be'
[ -e /etc/sqlland/target ] || SQLLAND_TARGET='' refused 6 seven.ferry
[ -e /etc/sqlland/target ] || has err 'and this target has no name'
expect 0 sqlland verify several.ferry --key team.pub
has out 'targets    plant-7 plant-8 plant-9 plant-10'
expect 0 sqlland verify several.ferry --key team.pub --json
has out '"targets":["plant-7","plant-8","plant-9","plant-10"]'
expect 0 sqlland verify any.ferry --key team.pub --json
has out '"targets":[]'
expect 0 sqlferry inspect seven.ferry --key team.pub
has out 'targets    plant-7'
expect 0 upgrade any.ferry
expect 0 sqlland plan several.ferry --key team.pub --db shop.db
has out 'targets  plant-7'
expect 0 upgrade several.ferry
rm shop.db
expect 0 upgrade seven.ferry --target plant-7
rm shop.db
expect 0 upgrade seven.ferry --allow-target
is "$(sqlite3 shop.db 'SELECT note FROM sqlferry_ledger')" allow-target
unset SQLLAND_TARGET

# What is asked for a bundle has to be a name, and once.
expect 2 sqlferry build --release 2 --key team.key -o bad.ferry --target 'a b'
expect 2 sqlferry build --release 2 --key team.key -o bad.ferry --target ''
expect 2 sqlferry build --release 2 --key team.key -o bad.ferry --target a --target a
has err "target 'a' is given twice"
missing bad.ferry

# move_to SECONDS: the only row of the ledger says that it was written so much later than now.
move_to()
{
    later=$(date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%S.000Z)
    sqlite3 shop.db 'DROP TRIGGER IF EXISTS sqlferry_ledger_no_update' \
        "UPDATE sqlferry_ledger SET finished = '$later'"
    fields='number event project revision script pieces bundle release sequence note who started finished tool previous'
    { echo 'sqlferry ledger 1'
      for field in $fields; do
          sqlite3 shop.db "SELECT '$field ' || $field FROM sqlferry_ledger"
      done
    } > row
    sqlite3 shop.db "UPDATE sqlferry_ledger SET digest = '$(b2sum -l 256 row | cut -d ' ' -f 1)'"
}

rm shop.db
expect 0 upgrade any.ferry
make_project first second
build next --sequence 5
move_to 250 # hosts that take turns differ by some minutes
expect 0 sqlland check next.ferry --key team.pub --db shop.db
move_to 86400
cp shop.db before.db
for command in plan check 'upgrade --dry-run' upgrade; do
    expect 6 sqlland $command next.ferry --key team.pub --db shop.db
    has err 'the clock says' "but the last row of the ledger is of ${later%.000Z}Z" 'Set the clock' '--allow-clock'
    same before.db shop.db
done
expect 0 upgrade next.ferry --allow-clock
is "$(sqlite3 shop.db 'SELECT note FROM sqlferry_ledger WHERE number = 2')" allow-clock
expect 0 upgrade next.ferry # the last row has the right time again
has out 'nothing to do'

# What counts is the time when the lock was had: the run before may have taken long.
cp before.db shop.db
move_to 303
flock shop.db sleep 5 &
within 30 sh -c '! flock -n shop.db true' || fail 'the lock was not taken'
expect 0 upgrade next.ferry --lock-timeout 60s
has out '1 revision applied'
wait

# Every command that writes rows writes down what it was let through with.
mkdir all
cd all
mkdir sql
for name in first second; do
    echo "DROP TABLE $name;" > sql/$name.down.sql
done
begin_manifest sqlite
echo 'CREATE TABLE first (id INTEGER);' | revision first 'parents: []' 'down: sql/first.down.sql'
printf 'CREATE TABLE second (id INTEGER);\nVACUUM;\n' | revision second 'down: sql/second.down.sql' 'transaction: none'
build all --created 2001-02-03T04:05:06Z --not-after 2001-03-01T00:00:00Z --target plant-7
overrides='allow-expired allow-older allow-clock allow-target'
# let_through ROWS COMMAND...: so many rows are added, each with the overrides.
let_through()
{
    added=$1 before=0
    shift
    [ ! -s shop.db ] || before=$(sqlite3 shop.db 'SELECT count(*) FROM sqlferry_ledger')
    expect 0 sqlland "$@" all.ferry --key team.pub --db shop.db $(printf -- '--%s ' $overrides)
    is "$*: $(sqlite3 shop.db "SELECT count(*) FROM sqlferry_ledger WHERE number > $before AND note = '$overrides'")" \
        "$*: $added"
    is "$*: $(sqlite3 shop.db 'SELECT count(*) FROM sqlferry_ledger')" "$*: $((before + added))"
}
: > shop.db
let_through 1 stamp --to first
let_through 4 upgrade
sqlite3 shop.db 'DROP TRIGGER sqlferry_ledger_no_delete' 'DELETE FROM sqlferry_ledger WHERE number > 3'
let_through 1 resume --done
let_through 1 upgrade
sqlite3 shop.db 'CREATE TABLE first (id INTEGER)'
let_through 4 downgrade --to base

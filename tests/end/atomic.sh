# A release whole, or nothing of it: --atomic puts all revisions into one transaction.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/graph"

dump()
{
    is "$(sqlite3 shop.db 'PRAGMA integrity_check')" ok
    sqlite3 shop.db .dump
}

# The fifth of ten fails. The file is as it was, to the byte.
make_project base
build base --sequence 1
echo 'INSERT INTO r4 VALUES (1); SELECT * FROM nowhere;' > sql/r5.sql
make_project base r1 r2 r3 r4 r5 r6 r7 r8 r9 r10
build ten --sequence 2 --no-rehearsal
expect 0 upgrade base.ferry
cp shop.db before.db
expect 4 upgrade ten.ferry --atomic
has err 'applying 5 of 10  r5' 'sql/r5.sql:1:42: error: no such table: nowhere' \
    "note: that was revision 'r5', 5 of 10" \
    "all of it was rolled back: 'shop.db' has 1 of 11 revisions, as before" \
    "the same 'sqlland upgrade' begins anew"
lacks err 'r6'
is "$(cat out)" ''
same before.db shop.db
is "$(ls shop.db*)" shop.db
sqlite3 shop.db 'PRAGMA journal_mode=wal' > out
sqlite3 shop.db .dump > before.dump
expect 4 upgrade ten.ferry --atomic
dump > got.dump
same before.dump got.dump

# A database that is not there yet is not made.
expect 4 sqlland upgrade ten.ferry --key team.pub --db new.db --atomic
missing new.db

# Once the cause is gone all of it is there; a dry run tells before, and writes nothing.
cp before.db shop.db
sqlite3 shop.db 'CREATE TABLE nowhere (x)'
cp shop.db before.db
expect 0 upgrade ten.ferry --atomic --dry-run
has out '   10  r10'
same before.db shop.db
expect 0 upgrade ten.ferry --atomic
has out 'shop.db: 10 revisions applied, now at r10'
is "$(sqlite3 shop.db 'SELECT count(*) FROM sqlferry_ledger')" 11
expect 0 upgrade ten.ferry --atomic
has out 'nothing to do'
expect 0 sqlland check ten.ferry --key team.pub --db shop.db --complete

# --to takes a part of it.
cp before.db shop.db
expect 0 upgrade ten.ferry --atomic --to r4
expect 0 upgrade ten.ferry --atomic --to r6
expect 0 sqlland current --db shop.db
has out 'r6  demo 1' '7 revisions'

# Tables are built anew between others that are not; foreign keys rest for those alone. What hangs on
# the old table with ON DELETE CASCADE stays.
rm -rf sql shop.db*
mkdir sql
cat > sql/start.sql <<'SQL'
CREATE TABLE parent (id INTEGER PRIMARY KEY, word TEXT);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE);
INSERT INTO parent VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO child VALUES (1, 1), (2, 1), (3, 2), (4, 3);
SQL
echo 'DELETE FROM parent WHERE id = 3;' > sql/cascade.sql
cat > sql/rebuild.sql <<'SQL'
PRAGMA foreign_keys=off;
BEGIN;
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, word TEXT NOT NULL);
INSERT INTO parent_new SELECT * FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
COMMIT;
PRAGMA foreign_keys=on;
SQL
sed 's/NOT NULL/NOT NULL UNIQUE/' sql/rebuild.sql > sql/again.sql
echo 'CREATE TEMP TABLE scratch AS SELECT id FROM parent; INSERT INTO child SELECT 10 + id, id FROM scratch;' \
    > sql/scratch.sql
echo 'CREATE TEMP TABLE scratch (x); INSERT INTO scratch VALUES (2); DELETE FROM parent WHERE id IN scratch;' \
    > sql/other.sql
make_project start cascade rebuild scratch again other
build rebuilt --sequence 1
expect 0 upgrade rebuilt.ferry --atomic
is "$(sqlite3 shop.db 'SELECT * FROM parent; SELECT id FROM child ORDER BY 1; PRAGMA foreign_key_check' | tr '\n' ' ')" \
    '1|one 1 2 11 '
dump | grep -v 'INTO sqlferry_ledger' > atomic.dump
rm shop.db
expect 0 upgrade rebuilt.ferry
dump | grep -v 'INTO sqlferry_ledger' > got.dump
same atomic.dump got.dump

# Orphans that a revision with foreign keys off leaves are refused, though none of its statements was.
rm shop.db
sed -i 's/SELECT \* FROM parent/& WHERE id > 1/' sql/again.sql
build orphans --sequence 1 --no-rehearsal
expect 4 upgrade orphans.ferry --atomic
has err "that was revision 'again', 5 of 6" 'child'
missing shop.db

# One that runs without a transaction cannot share one: that is said before anything is done.
rm -rf sql
make_project first second third
sed -i 's/up: sql.second.sql/&\n    transaction: none/' ferry.yaml
echo 'VACUUM;' > sql/second.sql
build vacuum --sequence 1
for command in upgrade plan 'upgrade --dry-run'; do
    expect 6 sqlland $command vacuum.ferry --key team.pub --db shop.db --atomic
    has err "revision 'second' runs without a transaction: it cannot share one" \
        'Run it without --atomic, or up to there with --to.'
    missing shop.db
done
expect 0 upgrade vacuum.ferry --atomic --to first
expect 6 upgrade vacuum.ferry --atomic
expect 0 upgrade vacuum.ferry --to second
expect 0 upgrade vacuum.ferry --atomic

# kill -9 at 20 moments: all or nothing.
if [ -w /dev/shm ]; then
    memory=$(mktemp -d /dev/shm/sqlferry-end-XXXXXX)
    trap 'rm -rf "$memory"' EXIT
    trap 'exit 1' INT TERM
    cp team.* "$memory"
    cd "$memory"
fi
make_graph sqlite whole
build part --sequence 1
for i in $(seq 1 100); do
    sed -i '1i WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT count(*) FROM n;' \
        sql/r$i.sql
done
build graph --sequence 1
begin=$(date +%s%N)
expect 0 upgrade graph.ferry --atomic
whole=$(($(date +%s%N) - begin))
dump | grep -v 'INTO sqlferry_ledger' > whole.dump
rm shop.db
expect 0 upgrade graph.ferry --to r20
cp shop.db before.db
dump > before.dump
undone=0
for delay in $(awk -v whole=$whole 'BEGIN { srand(); for (i = 0; i < 20; i++) printf "%.4f\n", rand() * whole / 1e9 }'); do
    rm -f shop.db*
    cp before.db shop.db
    [ "${delay%[02468]}" != "$delay" ] || sqlite3 shop.db 'PRAGMA journal_mode=wal' > out
    status=0
    timeout --foreground -s KILL "$delay" sqlland upgrade -q graph.ferry --key team.pub --db shop.db --atomic \
        > out 2> err || status=$?
    case $status in
    0 | 124 | 137) ;;
    *) fail "status $status" ;;
    esac
    dump > got.dump
    if ! cmp -s before.dump got.dump; then
        grep -v 'INTO sqlferry_ledger' got.dump > got.whole
        same whole.dump got.whole
        is "$(applied shop.db | wc -l)" 100
    else
        undone=$((undone + 1))
    fi
    expect 0 upgrade -q graph.ferry --atomic
done
[ $undone -ge 3 ] || fail "only $undone of 20 kills hit the run"

# --backup: a copy of the SQLite database as it was before the first change, or no change at all.
. "$ROOT/tests/end/lib"

make_project first second third
sed -i '/up: sql.second.sql/{n;s/none/sql\/second.down.sql/}; /up: sql.third.sql/{n;s/none/sql\/third.down.sql/}' ferry.yaml
echo 'DROP TABLE second;' > sql/second.down.sql
echo 'DROP TABLE third;' > sql/third.down.sql
build one --sequence 1
expect 0 upgrade one.ferry --to first
sqlite3 shop.db "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO first SELECT i FROM n"
cp shop.db before.db
sqlite3 before.db .dump > before.dump

# is_before FILE: a sound database, with all that was there before and nothing else.
is_before()
{
    is "$(sqlite3 "$1" 'PRAGMA integrity_check')" ok
    sqlite3 "$1" .dump > got.dump
    same before.dump got.dump
    is "$(stat -c %a "$1")" 600
    expect 0 sqlland check one.ferry --key team.pub --db "$1"
}

# Upgrade, downgrade, all together, one that fails.
expect 0 upgrade one.ferry --backup copy.db
has err "copying 'shop.db' to 'copy.db'"
has out '2 revisions applied'
is_before copy.db
is "$(ls ./*.db*)" './before.db
./copy.db
./shop.db'
sqlite3 shop.db .dump > after.dump
expect 0 sqlland downgrade one.ferry --key team.pub --db shop.db --to first --backup down.db
sqlite3 down.db .dump > got.dump
same after.dump got.dump
cp before.db shop.db
mkdir folder
expect 0 upgrade -q one.ferry --backup "$PWD/folder/it's a copy.db" --atomic
is_before "folder/it's a copy.db"
cp before.db shop.db
sqlite3 shop.db 'CREATE TABLE third (mine)'
sqlite3 shop.db .dump > in_the_way.dump
expect 4 upgrade one.ferry --backup failed.db
sqlite3 failed.db .dump > got.dump
same in_the_way.dump got.dump

# What went wrong is put right by putting the copy back.
cp failed.db shop.db
sqlite3 shop.db 'DROP TABLE third'
expect 0 upgrade one.ferry
expect 0 sqlland check one.ferry --key team.pub --db shop.db --complete

# Nothing to do, nothing to see: no copy.
expect 0 upgrade one.ferry --backup never.db
has out 'nothing to do'
missing never.db
cp before.db shop.db
expect 0 upgrade one.ferry --backup never.db --dry-run
missing never.db
same before.db shop.db

# A file that is there stays, and nothing is done.
echo mine > mine.txt
ln -s nowhere dangling
for name in mine.txt shop.db ./shop.db folder dangling; do
    expect 2 upgrade one.ferry --backup $name
    has err "'$name'" 'Name a file that does not'
    is "$(cat out)" ''
    same before.db shop.db
done
is "$(cat mine.txt)" mine
missing nowhere

# A folder that is not there, or may not be written.
expect 5 upgrade one.ferry --backup nowhere/copy.db
has err "nowhere/copy.db"
same before.db shop.db
mkdir locked data
cp before.db data/shop.db
chmod 777 data
chmod 666 data/shop.db
chmod 555 locked
[ "$(id -u)" -ne 0 ] || chown 65534:65534 data/shop.db
expect 5 as_nobody sqlland upgrade one.ferry --key team.pub --db data/shop.db --backup locked/copy.db
has err 'Permission denied'
same before.db data/shop.db
is "$(ls locked)" ''
expect 2 upgrade one.ferry --backup ''
same before.db shop.db

# Write-ahead logging: what is only in the log is in the copy.
sqlite3 shop.db 'PRAGMA journal_mode = wal' > out
mkfifo commands
sqlite3 shop.db < commands > said &
exec 3> commands
printf 'PRAGMA wal_autocheckpoint = 0;\nINSERT INTO first VALUES (30000);\nBEGIN;\nSELECT count(*) FROM first;\n' >&3
until [ "$(tail -1 said)" = 20001 ]; do
    sleep 0.02
done
[ -s shop.db-wal ] || fail 'no log'
expect 0 upgrade one.ferry --backup wal.db
is "$(sqlite3 wal.db 'SELECT count(*), max(id) FROM first')" '20001|30000'
is "$(sqlite3 wal.db 'SELECT count(*) FROM sqlferry_ledger; PRAGMA integrity_check')" '1
ok'
missing wal.db-wal wal.db-shm
exec 3>&-
wait

# Another process reads meanwhile, in both modes; in one it delays the change, not the copy.
rm -f shop.db* commands
cp before.db shop.db
mkfifo commands
sqlite3 shop.db < commands > said &
exec 3> commands
printf 'BEGIN;\nSELECT count(*) FROM first;\n' >&3
until [ "$(tail -1 said)" = 20000 ]; do
    sleep 0.02
done
expect 7 upgrade one.ferry --backup reader.db --lock-timeout 300ms
has err 'database is locked'
is_before reader.db
exec 3>&-
wait
expect 0 upgrade one.ferry

# No room: nothing is left of the copy, and nothing is done.
cp before.db shop.db
(
    trap '' XFSZ # so that a write fails, as it does on a full disk
    ulimit -f 100
    expect 5 upgrade one.ferry --backup full.db
)
missing full.db
same before.db shop.db
mkdir small
if mount -t tmpfs -o size=64k none small 2> err.mount; then
    trap 'umount small' EXIT
    expect 5 upgrade one.ferry --backup small/copy.db
    has err "cannot copy the database to 'small/" 'full'
    is "$(ls -A small)" ''
    same before.db shop.db
fi

# Ctrl-C while it copies. Where the copy was quicker, it is tried again.
sqlite3 shop.db "CREATE TABLE big (x); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO big SELECT randomblob(1000000) FROM n"
cp shop.db big.db
status=0 tries=0
while [ $status -ne 130 ]; do
    tries=$((tries + 1))
    [ $tries -le 20 ] || fail 'no signal came in time'
    [ $status -eq 0 ] || fail "status $status"
    rm -f cut.db shop.db
    cp big.db shop.db
    env --default-signal=INT sqlland upgrade one.ferry --key team.pub --db shop.db --backup cut.db > out 2> err &
    run=$!
    set -- cut.db*
    while [ ! -e "$1" ] && kill -0 $run 2> err.kill; do
        set -- cut.db*
    done
    kill -INT $run 2> err.kill || true
    wait $run || status=$?
    [ ! -e cut.db ] || status=0
done
has err 'error: interrupted'
set -- cut.db*
missing "$1"
same big.db shop.db

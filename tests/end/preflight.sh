# What would be in the way of a run is said by the plan, and before the run changes anything.
. "$ROOT/tests/end/lib"

make_project first second third
build one --sequence 1
expect 0 upgrade one.ferry --to first
cp shop.db before.db

# Nothing in the way: nothing is said.
expect 0 sqlland plan one.ferry --key team.pub --db shop.db
lacks out fault
lacks out warning

# A file that cannot be written, a folder that cannot hold a journal.
mkdir folder
chmod 777 folder
cp before.db folder/shop.db
[ "$(id -u)" -ne 0 ] || chown 65534:65534 folder folder/shop.db team.pub one.ferry
chmod 644 team.pub one.ferry
chmod 444 folder/shop.db
for command in plan 'upgrade --dry-run'; do
    expect 5 as_nobody sqlland $command one.ferry --key team.pub --db folder/shop.db
    has out '    1  second' '    2  third' "fault    read-only: cannot write 'folder/shop.db': Permission denied"
    has err "error: cannot write 'folder/shop.db': Permission denied"
    expect 5 as_nobody sqlland $command one.ferry --key team.pub --db folder/shop.db --json
    is "$(sqlite3 :memory: "SELECT readfile('out') ->> '$.findings[0].severity', readfile('out') ->> '$.findings[0].name'")" \
        'fault|read-only'
done
expect 5 as_nobody sqlland upgrade one.ferry --key team.pub --db folder/shop.db
has err "folder/shop.db': Permission denied"
expect 0 as_nobody sqlland check one.ferry --key team.pub --db folder/shop.db
same before.db folder/shop.db
chmod 666 folder/shop.db
chmod 555 folder
[ "$(id -u)" -ne 0 ] || chown 0:0 folder
for command in plan 'upgrade --dry-run' upgrade; do
    expect 5 as_nobody sqlland $command one.ferry --key team.pub --db folder/shop.db
    has err "cannot make a journal in 'folder" 'Permission denied'
    same before.db folder/shop.db
done
is "$(ls folder)" shop.db

# With nothing to do nothing is in the way.
rm -rf folder
mkdir folder
expect 0 upgrade one.ferry
cp shop.db folder
chmod 444 folder/shop.db
expect 0 as_nobody sqlland plan one.ferry --key team.pub --db folder/shop.db
has out 'nothing to do'
lacks out fault

# A writer that is none of ours: said, and waited for. Its process is named.
for mode in delete wal; do
    rm -f shop.db* commands ready
    cp before.db shop.db
    sqlite3 shop.db "PRAGMA journal_mode = $mode" > out
    mkfifo commands
    sqlite3 shop.db < commands &
    writer=$!
    exec 3> commands
    printf 'BEGIN IMMEDIATE;\nCREATE TABLE mine (x);\n.system touch ready\n' >&3
    until [ -e ready ]; do
        sleep 0.01
    done
    expect 0 sqlland plan one.ferry --key team.pub --db shop.db
    has out "warning  writer: process $writer is writing to 'shop.db': wait, or stop it" '    2  third'
    expect 0 upgrade one.ferry --dry-run
    has out "warning  writer: process $writer"
    expect 7 upgrade one.ferry --lock-timeout 300ms
    has err "warning: process $writer is writing to 'shop.db'" 'error: database is locked' \
        "'shop.db' has 1 of 3 revisions, 0 of them from this run"
    (sleep 0.5 && echo 'ROLLBACK;') >&3 &
    expect 0 upgrade one.ferry --lock-timeout 20s
    exec 3>&-
    wait
    is "$(sqlite3 shop.db "SELECT count(*) FROM sqlite_schema WHERE name = 'mine'")" 0
    expect 0 sqlland plan one.ferry --key team.pub --db shop.db
    lacks out warning
done

# Little room beside it: a warning, for a revision may need none.
mkdir small
if mount -t tmpfs -o size=4m none small 2> err.mount; then
    trap 'umount small' EXIT
    rm -f shop.db*
    cp before.db small/shop.db
    expect 0 sqlland plan one.ferry --key team.pub --db small/shop.db
    has out "warning  room: 3 MiB are free beside 'small/shop.db' of 0 MiB"
    expect 0 sqlland upgrade one.ferry --key team.pub --db small/shop.db
    has err "warning: 3 MiB are free beside 'small/shop.db'"
    expect 0 sqlland check one.ferry --key team.pub --db small/shop.db --complete
fi

# What the bundle needs of SQLite.
sed 's/^dialect: sqlite/&\nrequires: {sqlite: 9.1}/' ferry.yaml > newer.yaml
build newer --sequence 1 newer.yaml
rm -f shop.db*
cp before.db shop.db
for command in plan upgrade check; do
    expect 6 sqlland $command newer.ferry --key team.pub --db shop.db
    has err 'the bundle needs sqlite 9.1, this is 3.'
    same before.db shop.db
done

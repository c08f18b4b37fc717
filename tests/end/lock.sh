# Two runs on one database: the second one waits as long as it was told to, and changes nothing.
. "$ROOT/tests/end/lib"

make_project first second
build one
expect 0 upgrade one.ferry --to first
cp shop.db before.db

# hold COMMAND...: the command runs with the lock held, and the lock is free afterwards.
hold()
{
    flock shop.db "$@"
}

refused='upgrade one.ferry --key team.pub --db shop.db --lock-timeout'
expect 7 hold sqlland $refused 100ms
has err "another run" "holds the lock of 'shop.db'" '--lock-timeout'
is "$(cat out)" ''
same before.db shop.db

# It says which process that is.
mkfifo ready
flock shop.db sh -c 'echo $$ > ready; exec sleep 100' &
holder=$!
read -r sleeper < ready
begin=$(date +%s%N)
expect 7 sqlland $refused 700ms
took=$((($(date +%s%N) - begin) / 1000000))
[ $took -ge 700 ] || fail "it waited only $took ms"
has err "error: another run (process $holder) holds the lock of 'shop.db'"

# Reading needs no lock.
expect 0 sqlland current --db shop.db
expect 0 sqlland plan one.ferry --key team.pub --db shop.db
has out '    1  second'
same before.db shop.db

# It goes on as soon as the lock is free.
(sleep 0.5 && kill $sleeper) &
expect 0 sqlland $refused 60s
has out 'now at second'
wait

for wrong in 10 10h s '' -1s 99999999s; do
    expect 2 sqlland $refused "$wrong"
    has err "'--lock-timeout' takes a time as 10s, 500ms or 2m"
done

# A writer that is no sqlland has a lock of SQLite's own. It is waited for just as long.
cp before.db shop.db
mkfifo commands
sqlite3 shop.db < commands &
exec 3> commands
printf 'BEGIN IMMEDIATE;\nCREATE TABLE mine (x);\n.system echo > ready\n' >&3
read -r _ < ready
begin=$(date +%s)
expect 7 sqlland $refused 1s
has err 'database is locked'
[ $(($(date +%s) - begin)) -lt 5 ] || fail 'it waited far longer than --lock-timeout says'
echo 'COMMIT;' >&3
exec 3>&-
wait
is "$(sqlite3 shop.db "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('first', 'second', 'mine')")" \
    first,mine
expect 0 upgrade one.ferry

# A run that made the file and failed takes it away again. One that has waited for it meanwhile must
# not fill a file that has no name.
rm shop.db
cat > sql/first.sql <<'SQL'
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT count(*) FROM n;
SELECT * FROM nowhere;
SQL
build bad --no-rehearsal
sqlland upgrade bad.ferry --key team.pub --db shop.db > bad.log 2>&1 &
until [ -e shop.db ]; do
    sleep 0.01
done
expect 7 upgrade one.ferry --lock-timeout 200s
has err "another run took 'shop.db' away again" 'run this again'
wait
missing shop.db
expect 0 upgrade one.ferry
has out '2 revisions applied'

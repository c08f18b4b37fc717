# Ctrl-C and its kin: what was under way is rolled back, the message says where the database stands,
# the process dies by its signal, and the next run goes on.
. "$ROOT/tests/end/lib"

# A signal takes nothing from the disk, and memory is quicker.
if [ -w /dev/shm ]; then
    memory=$(mktemp -d /dev/shm/sqlferry-end-XXXXXX)
    trap 'rm -rf "$memory"' EXIT
    trap 'exit 1' INT TERM
    cd "$memory"
fi

slow="WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT n FROM speed))
    SELECT count(*) FROM n;"

# begin COMMAND OPTION...: sqlland in the background, as a terminal starts it. Sets run.
begin()
{
    env --default-signal=INT --default-signal=TERM --default-signal=HUP sqlland "$@" --db shop.db > out 2> err &
    run=$!
}

# until_said TEXT: the run has said so, and is busy with it.
until_said()
{
    tries=0
    until grep -qF -e "$1" err; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || fail "it never said $1"
        sleep 0.01
    done
    sleep 0.05
}

# ended STATUS: soon, and with the lock free. $begun is when it was told to.
ended()
{
    status=0
    wait $run || status=$?
    took=$((($(date +%s%N) - begun) / 1000000))
    [ $status -eq "$1" ] || fail "status $status, not $1"
    [ $took -lt 3000 ] || fail "it took $took ms"
    [ ! -e shop.db ] || flock -n shop.db true || fail 'the lock is held'
    is "$([ -e shop.db ] && sqlite3 shop.db 'PRAGMA integrity_check')" ok
}

# strike SIGNAL...
strike()
{
    begun=$(date +%s%N)
    for signal; do
        kill -"$signal" $run
    done
}

speed()
{
    sqlite3 shop.db "UPDATE speed SET n = $1"
}

mkdir sql
echo 'CREATE TABLE speed (n INTEGER); INSERT INTO speed VALUES (1);' > sql/first.sql
echo "CREATE TABLE second (x); $slow" > sql/second.sql
echo "DROP TABLE second; $slow" > sql/second.down.sql
make_project first second third
sed -i '/up: sql.second.sql/{n;s/none/sql\/second.down.sql/}' ferry.yaml
echo 'DROP TABLE third;' > sql/third.down.sql
sed -i '/up: sql.third.sql/{n;s/none/sql\/third.down.sql/}' ferry.yaml
build one --sequence 1
expect 0 upgrade one.ferry --to first
speed 1000000000
cp shop.db slow.db
speed 1
cp shop.db quick.db

# In a long statement: once, twice, one after the other, in the middle of a release or of all of it.
for case in 130.INT 143.TERM 129.HUP 130.INT.INT 130.INT.TERM.INT; do
    cp slow.db shop.db
    begin upgrade one.ferry --key team.pub
    until_said 'applying 1 of 2  second'
    strike $(echo "${case#*.}" | tr . ' ')
    ended ${case%%.*}
    has err 'error: interrupted' "revision 'second' was rolled back" \
        "'shop.db' has 1 of 3 revisions, 0 of them from this run" "goes on with revision 'second'"
    is "$(cat out)" ''
    same slow.db shop.db
done
speed 1
expect 0 upgrade one.ferry
has out 'now at third'

cp slow.db shop.db
begin upgrade one.ferry --key team.pub --atomic
until_said 'applying 1 of 2  second'
strike INT
ended 130
has err 'error: interrupted' "all of it was rolled back: 'shop.db' has 1 of 3 revisions, as before"
same slow.db shop.db

# -q says it as well, and a new database that was not finished is taken away again.
rm shop.db
sed 's/speed VALUES (1)/speed VALUES (1000000000)/' sql/first.sql > sql/new.sql
make_project new
cat sql/second.sql >> sql/new.sql
build new --sequence 1 --no-rehearsal
begin upgrade -q new.ferry --key team.pub
until [ -e shop.db-journal ] || [ "$(stat -c %s shop.db 2> err.stat || echo 0)" != 0 ]; do
    kill -0 $run || fail 'it ended by itself'
    sleep 0.01
done
sleep 0.05
strike INT
status=0
wait $run || status=$?
is $status 130
has err 'error: interrupted' "revision 'new' was rolled back"
missing shop.db shop.db-journal

# Where it was ignored from the start, it stays ignored.
cp quick.db shop.db
speed 3000000
env --ignore-signal=HUP --ignore-signal=INT sqlland upgrade one.ferry --key team.pub --db shop.db > out 2> err &
run=$!
until_said 'applying 1 of 2  second'
strike HUP INT HUP
wait $run || fail "status $?"
has out 'now at third'
cp quick.db shop.db
speed 3000000
(trap '' HUP; exec sqlland upgrade one.ferry --key team.pub --db shop.db) > out 2> err &
run=$!
until_said 'applying 1 of 2  second'
strike HUP
wait $run || fail "status $?"
has out 'now at third'

# The way back.
speed 1000000000
cp shop.db before.db
begin downgrade one.ferry --key team.pub --to first
until_said 'undoing 2 of 2  second'
strike TERM
ended 143
has err 'error: interrupted' "revision 'second' is still applied" "'shop.db' has 2 of 3 revisions, this run undid 1"
speed 1
expect 0 sqlland downgrade one.ferry --key team.pub --db shop.db --to first
cp before.db shop.db
begin downgrade one.ferry --key team.pub --to first --atomic
until_said 'undoing 2 of 2  second'
strike INT
ended 130
has err 'all of it was rolled back'
same before.db shop.db

# While it waits: for another run, and for a writer that is none of ours.
cp quick.db shop.db
flock -o shop.db sleep 10 &
holder=$!
sleep 0.1
begin upgrade one.ferry --key team.pub --lock-timeout 60s
sleep 0.3
begun=$(date +%s%N)
kill -INT $run
status=0
wait $run || status=$?
is $status 130
[ $((($(date +%s%N) - begun) / 1000000)) -lt 1000 ] || fail 'it waited'
has err 'error: interrupted'
same quick.db shop.db
kill $holder
wait $holder || true

mkfifo commands
sqlite3 shop.db < commands &
exec 3> commands
printf 'BEGIN IMMEDIATE;\n.system touch ready\n' >&3
until [ -e ready ]; do
    sleep 0.01
done
begin upgrade one.ferry --key team.pub --lock-timeout 60s
until_said 'applying 1 of 2'
begun=$(date +%s%N)
kill -INT $run
status=0
wait $run || status=$?
is $status 130
[ $((($(date +%s%N) - begun) / 1000000)) -lt 1000 ] || fail 'it waited'
has err "'shop.db' has 1 of 3 revisions"
exec 3>&-
wait
same quick.db shop.db

# Among many small revisions: whole ones, always.
names=$(seq -f 'r%.0f' 200)
make_project $names
build many --sequence 1
rm -f shop.db
begun=$(date +%s%N)
expect 0 upgrade -q many.ferry
whole=$(($(date +%s%N) - begun)) middle=0
for delay in $(awk -v whole=$whole 'BEGIN { srand(); for (i = 0; i < 12; i++) printf "%.3f\n", rand() * whole / 1e9 }'); do
    rm -f shop.db
    begin upgrade many.ferry --key team.pub
    sleep "$delay"
    kill -INT $run 2> err.kill || true
    status=0
    wait $run || status=$?
    case $status in
    0) continue ;;
    130) ;;
    *) fail "status $status" ;;
    esac
    [ -s shop.db ] || continue # it was only just made
    flock -n shop.db true || fail 'the lock is held'
    rows=$(sqlite3 shop.db 'SELECT count(*) FROM sqlferry_ledger')
    is "$(sqlite3 shop.db "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'r[0-9]*'")" "$rows"
    if grep -qF 'error: interrupted' err; then
        has err "'shop.db' has $rows of 200 revisions, $rows of them from this run"
        middle=$((middle + 1))
    fi
    expect 0 upgrade -q many.ferry
done
[ $middle -ge 1 ] || fail 'no signal came among the revisions'

# Outside a transaction: in the first statement nothing is done; in a later one, between two, and in
# the last one the ledger says how far it came, and the next run goes on behind that.
cp quick.db shop.db
rm -rf sql
mkdir sql
echo 'CREATE TABLE speed (n INTEGER); INSERT INTO speed VALUES (1);' > sql/first.sql
printf '%s\nVACUUM;\nCREATE TABLE second (x);\n%s\nINSERT INTO second VALUES (1);\n' "$slow" "$slow" > sql/second.sql
make_project first second third
sed -i 's/up: sql.second.sql/&\n    transaction: none/' ferry.yaml
build none --sequence 1
expect 0 upgrade none.ferry --to first
speed 1000000000
begin upgrade none.ferry --key team.pub
until_said 'applying 1 of 2  second'
strike INT
ended 130
has err 'error: interrupted' "nothing of revision 'second' was done"
is "$(sqlite3 shop.db "SELECT group_concat(event, ' ') FROM sqlferry_ledger")" 'applied started failed'
sed -i '1,2d' sql/second.sql
build later --sequence 1
speed 1
expect 0 sqlland check none.ferry --key team.pub --db shop.db
rm shop.db
expect 0 upgrade later.ferry --to first
speed 1000000000
begin upgrade later.ferry --key team.pub
until_said 'applying 1 of 2  second'
until [ "$(sqlite3 shop.db "SELECT count(*) FROM sqlferry_ledger WHERE event = 'progressed'")" = 2 ]; do
    sleep 0.01
done
sleep 0.05
strike INT INT
ended 8
has err 'error: interrupted' 'statement 3 of 4 was stopped outside a transaction; the 2 before it are done'
is "$(sqlite3 shop.db "SELECT group_concat(event, ' ') FROM sqlferry_ledger")" \
    'applied started progressed progressed failed'
speed 1
expect 0 upgrade later.ferry
is "$(sqlite3 shop.db 'SELECT count(*) FROM second')" 1

# Those that only read die at once.
echo "$slow" > sql/third.verify.sql
sed -i 's/up: sql.third.sql/&\n    verify: sql\/third.verify.sql/' ferry.yaml
build verify --sequence 1
speed 1000000000
cp shop.db before.db
begin check verify.ferry --key team.pub
until_said 'verifying third'
strike INT
ended 130
same before.db shop.db

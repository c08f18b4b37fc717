# kill -9 at KILLS random moments (200), with SQLite's journal or its WAL: the database is always at a whole
# revision, the ledger says which one, and the next run completes.
. "$ROOT/tests/end/lib"

kills=${KILLS:-200}
in_memory

# The example, and enough small revisions behind it that the kills land among them; one VACUUM too.
cp -R "$ROOT/examples/shop" .
cd shop
for i in $(seq 1 50); do
    echo "CREATE TABLE extra_$i (id INTEGER PRIMARY KEY); INSERT INTO extra_$i VALUES ($i), ($i + 1);" \
        > sql/extra_$i.sql
    printf '  - id: extra_%s\n    up: sql/extra_%s.sql\n' $i $i
    if [ $i -eq 25 ]; then
        echo 'VACUUM;' > sql/vacuum.sql
        printf '  - id: vacuum\n    up: sql/vacuum.sql\n    transaction: none\n    idempotent: true\n'
    fi
done >> ferry.yaml
cd ..
build shop shop/ferry.yaml --dialect sqlite

# dump DATABASE: the number of revisions that its ledger says it has, and all but the ledger in the
# file state. It must be whole. VACUUM moves things about, so the lines are sorted.
dump()
{
    sqlite3 "$1" 'PRAGMA integrity_check' .dump > dump
    is "$(head -1 dump)" ok
    grep -v sqlferry_ledger dump | sort > state
    grep -c "^INSERT INTO sqlferry_ledger VALUES([0-9]*,'\(applied\|finished\)'" dump || true
}

# What it is after each revision, by one run for each.
mkdir states
is "$(dump steps.db)" 0
mv state states/0
sqlferry history shop/ferry.yaml --json > history
sqlite3 :memory: "SELECT json_extract(value, '$.id') FROM json_each(readfile('history'))" > ids
revisions=0
while read -r id; do
    expect 0 sqlland upgrade shop.ferry --key team.pub --db steps.db --to "$id"
    revisions=$((revisions + 1))
    is "$(dump steps.db)" $revisions
    mv state states/$revisions
done < ids
is $revisions 67

# One run makes the same, and shows how long a run takes; the next one, what of that is spent before
# the first revision and behind the last.
begin=$(date +%s%N)
expect 0 upgrade shop.ferry
whole=$(($(date +%s%N) - begin))
is "$(dump shop.db)" $revisions
same state states/$revisions
begin=$(date +%s%N)
expect 0 upgrade shop.ferry
start=$(($(date +%s%N) - begin))

# Most of the moments lie among the revisions.
delays()
{
    awk -v kills="$kills" -v whole="$whole" -v start="$start" 'BEGIN {
        srand()
        for (i = 0; i < kills; i++) {
            from = i % 4 ? start / 2 : 0
            printf "%.4f\n", (from + rand() * (whole - from)) / 1e9
        }
    }'
}

middle=0 round=0
for delay in $(delays); do
    round=$((round + 1))
    rm -f shop.db*
    [ $((round % 3)) -ne 0 ] || sqlite3 shop.db 'PRAGMA journal_mode=wal' > /dev/null
    status=0
    timeout --foreground -s KILL "$delay" sqlland upgrade -q shop.ferry --key team.pub --db shop.db \
        > out 2> err || status=$?
    case $status in
    0 | 137) ;; # it was faster, or was killed
    124) ;;     # it ended on its own as it was to be killed
    *) fail "status $status" ;;
    esac

    # Half of the time it is not sqlite3 that finds the journal, but we.
    [ $((round % 2)) -eq 0 ] || [ ! -e shop.db ] || expect 0 sqlland current --db shop.db
    done=$(dump shop.db)
    same state "states/$done"
    [ "$done" -eq 0 ] || [ "$done" -eq $revisions ] || middle=$((middle + 1))

    expect 0 upgrade -q shop.ferry
    is "$(dump shop.db)" $revisions
    same state states/$revisions
    expect 0 sqlland history --db shop.db
done
[ $((middle * 7)) -ge "$kills" ] || fail "only $middle of $kills kills hit a run between its first and last revision"

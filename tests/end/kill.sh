# kill -9 at KILLS random moments (100), of upgrades and downgrades in turn, with SQLite's journal or its
# WAL: the database is always at a whole revision, or at a statement of one that runs without a
# transaction, the ledger says which one, and the next run completes, or stops where a person must look.
. "$ROOT/tests/end/lib"

kills=${KILLS:-100}
in_memory

# The example, and 50 small revisions behind it, so that the kills land among them. Every 5th has a
# verify script, every 8th runs without a transaction, and half of those may run twice.
cp -R "$ROOT/examples/shop" .
cd shop
for i in $(seq 1 50); do
    name=extra_$i
    printf '  - id: %s\n    up: sql/%s.sql\n    down: sql/%s.down.sql\n' $name $name $name
    if [ $((i % 16)) -eq 0 ]; then
        printf '    transaction: none\n    idempotent: true\n'
        cat > sql/$name.sql <<SQL
CREATE TABLE IF NOT EXISTS $name (id INTEGER PRIMARY KEY);
INSERT OR IGNORE INTO $name VALUES ($i);
VACUUM;
INSERT OR IGNORE INTO $name VALUES ($i + 1);
SQL
        cat > sql/$name.down.sql <<SQL
CREATE TABLE IF NOT EXISTS $name (id INTEGER PRIMARY KEY);
DELETE FROM $name WHERE id = $i;
VACUUM;
DROP TABLE IF EXISTS $name;
SQL
    elif [ $((i % 8)) -eq 0 ]; then
        printf '    transaction: none\n'
        cat > sql/$name.sql <<SQL
CREATE TABLE $name (id INTEGER PRIMARY KEY);
VACUUM;
INSERT INTO $name VALUES ($i);
INSERT INTO $name VALUES ($i + 1);
SQL
        cat > sql/$name.down.sql <<SQL
DELETE FROM $name WHERE id = $i;
VACUUM;
DELETE FROM $name;
DROP TABLE $name;
SQL
    else
        echo "CREATE TABLE $name (id INTEGER PRIMARY KEY); INSERT INTO $name VALUES ($i), ($i + 1);" > sql/$name.sql
        echo "DROP TABLE $name;" > sql/$name.down.sql
    fi
    if [ $((i % 5)) -eq 0 ]; then
        printf '    verify: sql/%s.verify.sql\n' $name
        echo "SELECT count(*) = 2 FROM $name;" > sql/$name.verify.sql
    fi
done >> ferry.yaml
cd ..
build shop shop/ferry.yaml --dialect sqlite
base=b90e4a76d351 kept=3 # from there on every revision of the example can be undone, and this one cannot

downgrade_shop()
{
    sqlland downgrade -q shop.ferry --key team.pub --db shop.db --to $base
}

# place DATABASE: the number of revisions that its ledger says it has; N.K where of the next one, or of
# the one that is being undone behind those, K statements are done, and nobody knows about one more.
place()
{
    if [ -z "$(sqlite3 "$1" "SELECT 1 FROM sqlite_schema WHERE name = 'sqlferry_ledger'")" ]; then
        echo 0
        return
    fi
    sqlite3 "$1" "WITH last AS (SELECT event, pieces, max(number) FROM sqlferry_ledger GROUP BY revision)
        SELECT count(CASE WHEN event IN ('applied', 'finished') OR event = 'undo-resumed' AND pieces = 0
            THEN 1 END) || coalesce((SELECT '.' || group_concat(pieces, '.') FROM last
            WHERE event IN ('started', 'progressed', 'undo-started', 'undo-progressed')), '') FROM last"
}

# dump DATABASE: its place, and all but the ledger in the file state. It must be whole. VACUUM moves
# things about, so the lines are sorted.
dump()
{
    sqlite3 "$1" 'PRAGMA integrity_check' .dump > dump
    is "$(head -1 dump)" ok
    grep -v sqlferry_ledger dump | sort > state
    place "$1"
}

# by_hand DATABASE SCRIPT STATES: the states between its statements, a line each.
by_hand()
{
    cp "$1" by_hand.db
    dump by_hand.db > at
    mv state "$3.0"
    count=0
    while read -r statement; do
        sqlite3 -bail by_hand.db 'PRAGMA foreign_keys=on' "$statement"
        count=$((count + 1))
        dump by_hand.db > at
        mv state "$3.$count"
    done < "$2"
}

# runs_without ID: a transaction.
runs_without()
{
    case $1 in extra_*) [ $((${1#extra_} % 8)) -eq 0 ] ;; *) false ;; esac
}

# What it is after each revision, by one run for each.
mkdir -p states/upgrade states/downgrade
is "$(dump steps.db)" 0
mv state states/upgrade/0
sqlferry history shop/ferry.yaml --json > history
sqlite3 :memory: "SELECT json_extract(value, '$.id') FROM json_each(readfile('history'))" > ids
revisions=0
while read -r id; do
    ! runs_without "$id" || by_hand steps.db "shop/sql/$id.sql" states/upgrade/$revisions
    expect 0 sqlland upgrade shop.ferry --key team.pub --db steps.db --to "$id"
    revisions=$((revisions + 1))
    is "$(dump steps.db)" $revisions
    mv state states/upgrade/$revisions
done < ids
is $revisions 66

# What it is as each is undone. No --to tells the states between the branches of the example, so the
# down scripts run by hand, in the order that sqlland would take.
sqlland downgrade shop.ferry --key team.pub --db steps.db --to $base --dry-run --json > undoing
sqlite3 :memory: "SELECT json_extract(value, '$.id') FROM json_each(readfile('undoing'), '$.undoing')" > ids
sed -n 's/^  - id: //p' shop/ferry.yaml > order
left=$revisions
cp states/upgrade/$left states/downgrade/$left
while read -r id; do
    left=$((left - 1))
    case $id in
    extra_*) script=shop/sql/$id.down.sql ;;
    *) script=$(ls shop/sql/"$(printf %04d "$(grep -nxF "$id" order | cut -d : -f 1)")"_*down.sql |
        grep -v postgresql) ;;
    esac
    ! runs_without "$id" || by_hand steps.db "$script" states/downgrade/$left
    sqlite3 -bail steps.db 'PRAGMA foreign_keys=on' ".read $script"
    is "$(dump steps.db)" $revisions
    mv state states/downgrade/$left
done < ids
is $left $kept

# One run makes the same, and shows how long a run takes; the next one, what of that is spent before
# the first revision and behind the last.
begin=$(date +%s%N)
expect 0 upgrade shop.ferry
whole_upgrade=$(($(date +%s%N) - begin))
is "$(dump shop.db)" $revisions
same state states/upgrade/$revisions
begin=$(date +%s%N)
expect 0 upgrade shop.ferry
start_upgrade=$(($(date +%s%N) - begin))
cp shop.db whole.db
begin=$(date +%s%N)
expect 0 downgrade_shop
whole_downgrade=$(($(date +%s%N) - begin))
is "$(dump shop.db)" $kept
same state states/downgrade/$kept
begin=$(date +%s%N)
expect 0 downgrade_shop
start_downgrade=$(($(date +%s%N) - begin))

# Most of the moments lie among the revisions.
moments()
{
    awk -v kills="$kills" -v up="$whole_upgrade $start_upgrade" -v down="$whole_downgrade $start_downgrade" 'BEGIN {
        srand()
        split(up, one)
        split(down, other)
        for (i = 0; i < kills; i++) {
            whole = i % 2 ? other[1] : one[1]
            from = int(i / 2) % 4 ? (i % 2 ? other[2] : one[2]) / 2 : 0
            printf "%s %.4f\n", i % 2 ? "downgrade" : "upgrade", (from + rand() * (whole - from)) / 1e9
        }
    }'
}

# run_again: what was killed, without a kill.
run_again()
{
    case $direction in
    upgrade) upgrade -q shop.ferry ;;
    downgrade) downgrade_shop ;;
    esac
}

# resolve: a person compares the database with the statements, and says which one is next.
resolve()
{
    next=$((${at#*.} + 1))
    cmp -s state "states/$direction/$at" || next=$((next + 1))
    expect 0 sqlland resume shop.ferry --key team.pub --db shop.db --from $next
    expect 0 run_again
}

round=0 : > seen
moments > lot
while read -r direction delay; do
    round=$((round + 1))
    rm -f shop.db*
    case $direction in
    upgrade) finish=$revisions ;;
    downgrade)
        finish=$kept
        cp whole.db shop.db
        ;;
    esac
    [ $((round % 3)) -ne 0 ] || sqlite3 shop.db 'PRAGMA journal_mode=wal' > /dev/null
    killed=0
    case $direction in
    upgrade) set -- upgrade ;;
    downgrade) set -- downgrade --to $base ;;
    esac
    timeout --foreground -s KILL "$delay" sqlland "$@" -q shop.ferry --key team.pub --db shop.db \
        > out 2> err || killed=$?
    case $killed in
    0 | 137) ;; # it was faster, or was killed
    124) ;;     # it ended on its own as it was to be killed
    *) fail "$direction: status $killed" ;;
    esac

    # Half of the time it is not sqlite3 that finds the journal, but we.
    [ $((round / 2 % 2)) -eq 0 ] || [ ! -e shop.db ] || expect 0 sqlland current --db shop.db
    at=$(dump shop.db)
    [ -e "states/$direction/$at" ] || fail "$direction: at $at"
    case $at in
    *.*)
        next="states/$direction/${at%.*}.$((${at#*.} + 1))"
        cmp -s state "states/$direction/$at" || { [ -e "$next" ] && cmp -s state "$next"; } ||
            fail "$direction: torn at $at: $(diff "states/$direction/$at" state | head -20)"
        ;;
    *) same state "states/$direction/$at" ;;
    esac
    [ ! -e shop.db ] || [ "$(place shop.db)" = 0 ] || expect 0 sqlland history --db shop.db

    # All statements done, or allowed to run twice: it goes on by itself.
    expected=0
    case $at in
    *.4) ;;
    *.*)
        number=$(sqlite3 shop.db "SELECT substr(revision, 7) FROM sqlferry_ledger ORDER BY number DESC LIMIT 1")
        [ $((number % 16)) -eq 0 ] || expected=8
        ;;
    esac
    again=0
    run_again > out 2> err || again=$?
    [ $again -eq $expected ] || fail "$direction: status $again instead of $expected at $at"
    if [ $again -eq 8 ]; then
        has err 'a person must look'
        cp state before
        is "$(dump shop.db)" "$at"
        same state before
        resolve
    fi
    is "$(dump shop.db)" $finish
    same state states/$direction/$finish
    expect 0 sqlland history --db shop.db
    echo "$direction $killed $again $at $finish" >> seen
done < lot

# What happened, for those who run this by hand.
is "$(wc -l < seen)" "$kills"
awk -v revisions=$revisions -v kept=$kept '
    {
        first = $1 == "upgrade" ? 0 : revisions
        rounds[$1]++
        killed[$1] += $2 != 0
        middle[$1] += $4 != first && $4 != $5
        among[$1] += $4 ~ /[.]/
        looked[$1] += $3 == 8
    }
    END {
        for (way in rounds) {
            printf "%s: %d rounds, %d killed, %d between first and last revision, ",
                way, rounds[way], killed[way], middle[way]
            printf "%d within a revision without a transaction, %d needed a person\n", among[way], looked[way]
            if (middle[way] * 7 < rounds[way])
                few = 1
        }
        exit few
    }' seen || fail 'too few kills hit a run between its first and last revision'

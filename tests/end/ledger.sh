# A ledger that somebody changed is found out, whatever was changed, and nothing is applied on it.
. "$ROOT/tests/end/lib"

make_project first second third
build one --sequence 1
make_project first second third fourth
build two --sequence 2
expect 0 upgrade one.ferry
cp shop.db good.db

# The database itself keeps honest people from it.
for change in 'UPDATE sqlferry_ledger SET who = 1' 'DELETE FROM sqlferry_ledger'; do
    expect 19 sqlite3 -bail shop.db "$change"
    has err 'the ledger is append-only'
done
same good.db shop.db

# tampered SQL: what all commands that read a ledger do when it was changed so.
tampered()
{
    cp good.db shop.db
    sqlite3 shop.db 'DROP TRIGGER sqlferry_ledger_no_update; DROP TRIGGER sqlferry_ledger_no_delete;' "$1"
    cp shop.db before.db
    for command in 'upgrade two.ferry --key team.pub' 'plan two.ferry --key team.pub' current history \
        'current --json' 'history --json'; do
        expect 6 sqlland $command --db shop.db
        is "$(cat out)" ''
        has err "$2" 'Somebody changed the ledger'
        same before.db shop.db
    done
}

for column in event project revision script bundle release sequence note who started finished tool; do
    case $column in
    event) value="'finished'" ;;
    sequence) value=2 ;;
    script | bundle) value="replace($column, substr($column, 1, 1), char(97 + (unicode($column) + 1) % 6))" ;;
    *) value="$column || 'x'" ;;
    esac
    tampered "UPDATE sqlferry_ledger SET $column = $value WHERE number = 2" \
        'row 2 of the ledger was changed after it was written'
done
tampered "UPDATE sqlferry_ledger SET digest = previous WHERE number = 2" \
    'row 2 of the ledger was changed after it was written'
tampered "UPDATE sqlferry_ledger SET previous = digest WHERE number = 2" \
    'row 2 of the ledger does not continue the row before it'
tampered 'DELETE FROM sqlferry_ledger WHERE number = 2' 'row 2 of the ledger is missing'
tampered 'DELETE FROM sqlferry_ledger WHERE number = 1' 'row 1 of the ledger is missing'
tampered 'UPDATE sqlferry_ledger SET number = 9 WHERE number = 3' 'row 3 of the ledger is missing'
tampered 'DELETE FROM sqlferry_ledger WHERE number = 2; UPDATE sqlferry_ledger SET number = 2 WHERE number = 3' \
    'row 2 of the ledger does not continue the row before it'
tampered "UPDATE sqlferry_ledger SET event = 'guessed' WHERE number = 3" 'row 3 of the ledger cannot be read'
tampered "UPDATE sqlferry_ledger SET script = 'short' WHERE number = 3" 'row 3 of the ledger cannot be read'
tampered "UPDATE sqlferry_ledger SET sequence = -1 WHERE number = 3" 'row 3 of the ledger cannot be read'
tampered "UPDATE sqlferry_ledger SET number = 7 WHERE number = 1" 'row 1 of the ledger is missing'

# Rows of another table of that name.
for table in 'CREATE TABLE sqlferry_ledger (x)' 'CREATE VIEW sqlferry_ledger AS SELECT 1'; do
    rm shop.db
    sqlite3 shop.db "$table"
    cp shop.db before.db
    status=0
    upgrade two.ferry > out 2> err || status=$?
    [ $status -eq 4 ] || [ $status -eq 6 ] || fail "status $status with $table"
    same before.db shop.db
done

# A database of somebody else: its tables stay, and what is in the way is said.
rm shop.db
sqlite3 shop.db 'CREATE TABLE second (mine); INSERT INTO second VALUES (1)'
expect 4 upgrade two.ferry
has err 'table second already exists' 'has 1 of 4 revisions'
is "$(sqlite3 shop.db 'SELECT mine FROM second')" 1

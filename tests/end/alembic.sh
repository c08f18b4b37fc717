# A SQLite database that the real Alembic built is adopted, taken on, and stays one of Alembic's.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/alembic"

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
    sqlite3 shop.db 'VACUUM'
}

# What the tables are and hold, however their SQL was written.
dump()
{
    sqlite3 shop.db .dump | grep '^INSERT' | grep -v sqlferry_ledger | sort
    sqlite3 shop.db "CREATE TEMP VIEW tables AS SELECT name FROM sqlite_schema
            WHERE type = 'table' AND name NOT LIKE 'sqlferry%'" \
        'SELECT t.name, c.* FROM tables t, pragma_table_info(t.name) c ORDER BY 1, 2' \
        'SELECT t.name, f.* FROM tables t, pragma_foreign_key_list(t.name) f ORDER BY 1, 2' \
        'SELECT t.name, i.*, c.* FROM tables t, pragma_index_list(t.name) i, pragma_index_info(i.name) c ORDER BY 1, 2'
}

ask()
{
    sqlite3 shop.db "$1"
}

make_alembic sqlite:///shop.db sqlite
adoption

# A revision without a transaction: its row is there from its end, and until all of it is undone.
printf 'CREATE TABLE more (x);\nVACUUM;\nINSERT INTO nowhere VALUES (1);\n' > sql/last.sql
printf 'DROP TABLE more;\nVACUUM;\nDELETE FROM nowhere;\n' > sql/last.down.sql
printf '  - id: last\n    up: sql/last.sql\n    down: sql/last.down.sql\n    transaction: none\n' >> ferry.yaml
build last --sequence 1 --no-rehearsal
fresh
for nowhere in 'DROP TABLE IF EXISTS nowhere' 'CREATE TABLE nowhere (x)'; do
    ask "$nowhere"
    status=0
    land upgrade last.ferry > out 2> err || status=$?
    echo "$status $(versions)"
done > steps
ask 'DROP TABLE nowhere'
for command in "downgrade last.ferry --to ${p}6" 'check last.ferry' 'resume last.ferry --from 3' \
    "downgrade last.ferry --to ${p}6"; do
    status=0
    land $command > out 2> err || status=$?
    echo "$status $(versions)"
done >> steps
ask 'CREATE TABLE nowhere (x)'
expect 0 land downgrade last.ferry --to ${p}6
echo "$(versions)" >> steps
is "$(tr '\n' ',' < steps)" "8 ${p}6 ,0 last ,8 last ,8 last ,0 last ,8 last ,${p}6 ,"

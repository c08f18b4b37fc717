# A history of the real Alembic is imported and applied to SQLite; what is no revision, cannot be
# rendered or is there already.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/import_alembic"

land()
{
    sqlland "$@" --key team.pub --db shop.db
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

both_ways "sqlite:///$PWD/shop.db" sqlite

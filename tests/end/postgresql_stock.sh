# What `zstd -dc` prints of a bundle for PostgreSQL runs clean in a real server with stock psql.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"

start_server
make_database shop

build shop "$ROOT/examples/shop/ferry.yaml" --dialect postgresql
zstd -dc shop.ferry > upgrade.sql
expect 0 psql -X -q -v ON_ERROR_STOP=1 -f upgrade.sql
is "$(cat out)" ''
is "$(sed 's/.*: NOTICE:  index "messages_by_thread" does not exist, skipping//' err)" ''

is "$(query "SELECT column_name FROM information_schema.columns
    WHERE table_name = 'webhook_subscriptions' AND column_name LIKE '%metadata'")" custom_metadata
is "$(query "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" 0
is "$(query "SELECT indexrelid::regclass FROM pg_index WHERE indexrelid::regclass::text = 'messages_by_thread'")" \
    messages_by_thread
is "$(query "SELECT count(*) FROM customers WHERE tenant_id = 1")" 3

# The tables are those of the SQLite bundle.
query "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1" > tables
make_shop sqlite
expect 0 upgrade sqlite.ferry
sqlite3 shop.db "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')
    AND name <> 'sqlferry_ledger' ORDER BY 1" > wanted
same wanted tables
[ -s tables ] || fail 'no tables'

# The head may run twice without harm; and a broken script would have been noticed.
expect 0 sqlferry inspect shop.ferry --key team.pub --json
head=$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '$.revisions[15].up.path')")
expect 0 psql -X -q -v ON_ERROR_STOP=1 -f "$ROOT/examples/shop/$head"
is "$(cat out err)" ''
expect 3 psql -X -q -v ON_ERROR_STOP=1 -f upgrade.sql
has err 'upgrade.sql:9: ERROR:  relation "customers" already exists'

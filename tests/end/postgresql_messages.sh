# What an installer reads when something is not as it should be, on PostgreSQL: whole, in
# tests/end/messages.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/golden"
. "$ROOT/tests/end/postgresql"

start_server -c max_locks_per_transaction=10 -c max_connections=20
make_database shop
export DATABASE_URL=postgresql://

mkdir sql
echo 'CREATE TABLE customer (id integer PRIMARY KEY, name text NOT NULL);' > sql/customer.up.sql
echo 'DROP TABLE customer;' > sql/customer.down.sql
echo "INSERT INTO customer VALUES (1, 'Ada'), (2, 'Ada');" > sql/first.up.sql
printf 'CREATE UNIQUE INDEX CONCURRENTLY by_name ON customer (name);\n' > sql/by_name.up.sql
printf 'VACUUM customer;\nREINDEX TABLE CONCURRENTLY customer;\nANALYZE customer;\n' > sql/tidy.up.sql
printf 'ALTER TABLE customer\n    ADD COLUMN total integer DEFAULT missing();\n' > sql/total.up.sql
echo 'SELECT pg_sleep(100);' > sql/long.up.sql
cat > ferry.yaml <<'YAML'
ferry: 1
project: shop
dialect: postgresql
revisions:
  - {id: customer, parents: [], up: sql/customer.up.sql, down: sql/customer.down.sql}
  - {id: first, up: sql/first.up.sql, down: none}
  - {id: by_name, up: sql/by_name.up.sql, transaction: none}
  - {id: total, up: sql/total.up.sql}
YAML
build shop

# Rights, extensions, room for locks, other sessions.
query 'CREATE ROLE guest LOGIN' > out
golden pg_no_rights 6 sqlland upgrade shop.ferry --key team.pub --db postgresql://guest@/
sed 's/^dialect.*/&\nrequires: {postgresql: {version: 12, extensions: [pgcrypto, no_such_extension]}}/' ferry.yaml > needs.yaml
build needs needs.yaml
golden pg_no_extension 6 sqlland upgrade needs.ferry --key team.pub --to customer
sed 's/^dialect.*/&\nrequires: {postgresql: 99}/' ferry.yaml > newer.yaml
build newer newer.yaml
golden pg_old_server 6 sqlland upgrade newer.ferry --key team.pub
golden pg_wrong_kind 6 sqlland upgrade shop.ferry --key team.pub --db shop.db
golden pg_no_server 5 sqlland upgrade shop.ferry --key team.pub --db postgresql://%2Fnowhere/shop
golden pg_no_psql 5 sqlland upgrade shop.ferry --key team.pub --psql /nowhere/psql
golden pg_backup 2 sqlland upgrade shop.ferry --key team.pub --backup copy
for i in $(seq 200); do echo "CREATE TABLE many_$i (a integer);"; done > sql/many.up.sql
sed '/first/,$d; s/customer/many/g; s/, down: [^}]*//' ferry.yaml > many.yaml
build many many.yaml
golden pg_atomic_locks 6 sqlland upgrade many.ferry --key team.pub --atomic
golden pg_atomic_refused 6 sqlland upgrade shop.ferry --key team.pub --atomic
psql -X -q -c 'SELECT pg_sleep(60)' > other 2>&1 &
sleep 11
golden pg_long_transaction 0 sqlland plan shop.ferry --key team.pub --to first
query "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'psql' AND pid <> pg_backend_pid()" > out

# Statements that are refused.
golden pg_index_fails 4 sqlland upgrade shop.ferry --key team.pub
golden pg_check_failed_index 0 sqlland check shop.ferry --key team.pub
query 'DELETE FROM customer WHERE id = 2' > out
golden pg_upgrade_fails 4 sqlland upgrade shop.ferry --key team.pub
query "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_name'::regclass" > out
golden pg_check_invalid_index 6 sqlland check shop.ferry --key team.pub
query "UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'by_name'::regclass" > out
golden pg_check 0 sqlland check shop.ferry --key team.pub
golden pg_downgrade_no_way 6 sqlland downgrade shop.ferry --key team.pub --to base

# Interrupted: by Ctrl-C, in a transaction and outside of one; by the end of the connection.
sed '/by_name/,$d' ferry.yaml > long.yaml
echo '  - {id: by_name, up: sql/by_name.up.sql, transaction: none}
  - {id: long, up: sql/long.up.sql}' >> long.yaml
build long long.yaml --sequence 1900000000
golden pg_interrupt 130 timeout --foreground --preserve-status -s INT 1 env --default-signal=INT sqlland upgrade long.ferry --key team.pub
sed '/id: long/d' long.yaml > tidy.yaml
echo '  - {id: tidy, up: sql/tidy.up.sql, transaction: none}' >> tidy.yaml
echo 'SELECT pg_sleep(100);' >> sql/tidy.up.sql
build tidy tidy.yaml --sequence 1900000001
golden pg_interrupt_piecewise 8 timeout --foreground --preserve-status -s INT 1 env --default-signal=INT sqlland upgrade tidy.ferry --key team.pub
# cut_off COMMAND...: its connection ends while it runs.
cut_off()
{
    (
        sleep 1
        query "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sqlland'"
    ) > other 2>&1 &
    "$@"
}
expect 0 sqlland resume tidy.ferry --key team.pub --from 4
golden pg_connection_lost 8 cut_off sqlland upgrade tidy.ferry --key team.pub
golden pg_interrupted 8 sqlland upgrade tidy.ferry --key team.pub
golden pg_check_interrupted 8 sqlland check tidy.ferry --key team.pub
golden pg_resume 0 sqlland resume tidy.ferry --key team.pub --done --reason 'it only slept'
golden pg_resumed 0 sqlland upgrade tidy.ferry --key team.pub

# The lock, the ledger.
psql -X -q -c 'SELECT pg_advisory_lock(1936812134, 1701999225), pg_sleep(60)' > other 2>&1 &
until [ "$(query "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" = 1 ]; do sleep 0.05; done
golden pg_locked 7 sqlland upgrade tidy.ferry --key team.pub --lock-timeout 100ms
query "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'" > out
query "ALTER TABLE sqlferry.ledger DISABLE TRIGGER append_only; UPDATE sqlferry.ledger SET who = 'me' WHERE number = 3" > out
golden pg_ledger_changed 6 sqlland check tidy.ferry --key team.pub

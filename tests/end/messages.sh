# What an installer reads when something is not as it should be, on SQLite: whole, in tests/end/messages.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/golden"

export DATABASE_URL=shop.db
: > empty

# revision ID LINE...: adds one to the manifest, with the scripts sql/ID.*.sql as they are there.
revision()
{
    id=$1
    shift
    printf '  - id: %s\n    up: sql/%s.up.sql\n' "$id" "$id"
    [ ! -e "sql/$id.down.sql" ] || printf '    down: sql/%s.down.sql\n' "$id"
    [ ! -e "sql/$id.verify.sql" ] || printf '    verify: sql/%s.verify.sql\n' "$id"
    for line; do printf '    %s\n' "$line"; done
} >> ferry.yaml

mkdir sql
echo 'CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);' > sql/customer.up.sql
echo 'DROP TABLE customer;' > sql/customer.down.sql
echo "INSERT INTO customer (name) VALUES ('Ada');" > sql/first.up.sql
printf 'CREATE TABLE orders (id INTEGER PRIMARY KEY);\nVACUUM;\nCREATE TABLE item (id INTEGER PRIMARY KEY);\n' > sql/orders.up.sql
printf 'DROP TABLE item;\nVACUUM;\nDROP TABLE orders;\n' > sql/orders.down.sql
printf 'ALTER TABLE orders ADD COLUMN total INTEGER;\nUPDATE orders SET totl = 0;\n' > sql/total.up.sql
echo 'ALTER TABLE orders DROP COLUMN total;' > sql/total.down.sql
head='ferry: 1\nproject: shop\ndialect: sqlite\nrevisions:\n'
printf "$head" > ferry.yaml
revision customer 'title: Create the customers' 'parents: []'
revision first 'down: none'
revision orders 'transaction: none'
revision total
build shop --no-rehearsal

# Before there is anything.
golden no_database 5 sqlland check shop.ferry --key team.pub
golden no_trust 3 sqlland upgrade shop.ferry
golden no_bundle 5 sqlland upgrade shp.ferry --key team.pub
golden not_a_bundle 3 sqlland upgrade ferry.yaml --key team.pub
golden empty_bundle 3 sqlland upgrade empty --key team.pub
golden no_target 2 env DATABASE_URL= sqlland upgrade shop.ferry --key team.pub
golden folder_as_target 5 sqlland upgrade shop.ferry --key team.pub --db sql
golden expected_digest_spelt 2 sqlland upgrade shop.ferry --key team.pub --expect-ledger 12ab
golden atomic_refused 6 sqlland upgrade shop.ferry --key team.pub --atomic

# A statement is refused.
golden upgrade_fails 4 sqlland upgrade shop.ferry --key team.pub
golden check_pending 0 sqlland check shop.ferry --key team.pub
golden check_complete 6 sqlland check shop.ferry --key team.pub --complete
golden to_unknown 2 sqlland upgrade shop.ferry --key team.pub --to orderz

# The way back.
golden downgrade_no_to 2 sqlland downgrade shop.ferry --key team.pub
golden downgrade_to_unknown 2 sqlland downgrade shop.ferry --key team.pub --to orderz
golden downgrade_to_pending 6 sqlland downgrade shop.ferry --key team.pub --to total
golden downgrade_no_way 6 sqlland downgrade shop.ferry --key team.pub --to base
golden downgrade_dry_run 0 sqlland downgrade shop.ferry --key team.pub --to first --dry-run
golden downgrade_done 0 sqlland downgrade shop.ferry --key team.pub --to first
echo 'DROP TABLE nosuch;' > sql/customer.down.sql
printf "$head" > ferry.yaml
revision customer 'title: Create the customers' 'parents: []' 'allow: [down-leaves-object]'
echo "DELETE FROM customer;" > sql/first.down.sql
revision first
build back --no-rehearsal --sequence 1900000000
golden downgrade_fails 4 sqlland downgrade back.ferry --key team.pub --to base
golden downgrade_atomic_fails 4 sqlland downgrade back.ferry --key team.pub --to base --atomic

# A verify script does not agree; an edited script; a revision that is not known; an older bundle.
echo 'SELECT count(*) = 2 FROM customer;' > sql/first.verify.sql
printf "$head" > ferry.yaml
revision customer 'parents: []' 'allow: [down-leaves-object]'
revision first
revision orders 'transaction: none'
build verify --no-rehearsal --sequence 1900000001
golden verify_refuses 4 sqlland upgrade verify.ferry --key team.pub
rm sql/first.verify.sql
echo "INSERT INTO customer (name) VALUES ('Eve');" > sql/customer.up.sql
rm -f shop.db
expect 0 sqlland upgrade shop.ferry --key team.pub --to orders
printf "$head" > ferry.yaml
revision customer 'parents: []' 'allow: [down-leaves-object]'
revision first
revision orders 'transaction: none'
build edited --no-rehearsal --sequence 1900000002
golden edited 6 sqlland upgrade edited.ferry --key team.pub
golden check_edited 6 sqlland check edited.ferry --key team.pub
echo 'CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);' > sql/customer.up.sql
printf "$head" > ferry.yaml
revision customer 'parents: []' 'allow: [down-leaves-object]'
revision first
build short --no-rehearsal --sequence 1900000003
golden unknown_revision 6 sqlland upgrade short.ferry --key team.pub
golden check_unknown_revision 6 sqlland check short.ferry --key team.pub
build older --no-rehearsal --sequence 7
golden older 6 sqlland upgrade older.ferry --key team.pub

# Outside a transaction: refused in the middle, then a person must look.
rm -f shop.db
expect 4 sqlland upgrade shop.ferry --key team.pub
expect 0 sqlland downgrade shop.ferry --key team.pub --to first
sqlite3 shop.db 'CREATE TABLE item (other)'
golden statement_refused 8 sqlland upgrade shop.ferry --key team.pub --to orders
golden check_stopped 8 sqlland check shop.ferry --key team.pub
golden downgrade_over_half 8 sqlland downgrade shop.ferry --key team.pub --to customer
sqlite3 shop.db 'DROP TABLE item'
golden goes_on 0 sqlland upgrade shop.ferry --key team.pub --to orders

# Killed: the row 'started' is there, and nothing else.
expect 0 sqlland downgrade shop.ferry --key team.pub --to first
expect 137 timeout --foreground -s KILL 20 sh -c '
    strace -qq -o /dev/null -e trace=fdatasync,fsync -e inject=fdatasync,fsync:signal=KILL:when=5 \
        sqlland upgrade -q shop.ferry --key team.pub --to orders; exit 137'
golden interrupted 8 sqlland upgrade shop.ferry --key team.pub --to orders
golden check_interrupted 8 sqlland check shop.ferry --key team.pub
golden current_interrupted 0 sqlland current
golden resume_how 2 sqlland resume shop.ferry --key team.pub
golden resume_too_far 2 sqlland resume shop.ferry --key team.pub --from 5
golden resume_not_begun 6 sqlland resume shop.ferry customer --key team.pub --done
golden resume_done 0 sqlland resume shop.ferry --key team.pub --undone --reason 'neither table is there'
golden resume_nothing 6 sqlland resume shop.ferry --key team.pub --done
golden resumed_upgrade 0 sqlland upgrade shop.ferry --key team.pub --to orders

# Copies.
golden backup_exists 2 sqlland downgrade shop.ferry --key team.pub --to first --backup empty
golden backup_no_folder 5 sqlland downgrade shop.ferry --key team.pub --to first --backup no/copy

# The ledger.
cp shop.db good.db
sqlite3 shop.db 'DROP TRIGGER sqlferry_ledger_no_update; DROP TRIGGER sqlferry_ledger_no_delete'
cp shop.db open.db
sqlite3 shop.db "UPDATE sqlferry_ledger SET who = 'nobody' WHERE number = 2"
golden ledger_changed 6 sqlland check shop.ferry --key team.pub
golden upgrade_ledger_changed 6 sqlland upgrade shop.ferry --key team.pub
cp open.db shop.db
sqlite3 shop.db 'DELETE FROM sqlferry_ledger WHERE number = 2'
golden ledger_row_removed 6 sqlland check shop.ferry --key team.pub
cp open.db shop.db
head=$(sqlite3 shop.db 'SELECT digest FROM sqlferry_ledger ORDER BY number DESC LIMIT 1')
sqlite3 shop.db 'DELETE FROM sqlferry_ledger WHERE number = (SELECT max(number) FROM sqlferry_ledger)'
golden ledger_cut 6 sqlland check shop.ferry --key team.pub --expect-ledger "$head"
golden upgrade_ledger_cut 6 sqlland upgrade shop.ferry --key team.pub --expect-ledger "$head"
cp good.db shop.db

# Other tools.
golden stamp_how 2 sqlland stamp shop.ferry --key team.pub
rm -f shop.db
golden stamp_no_database 5 sqlland stamp shop.ferry --key team.pub --to first
sqlite3 shop.db 'CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT)'
golden stamp_no_table 6 sqlland stamp shop.ferry --key team.pub --from-alembic
golden stamp_tool 2 sqlland stamp shop.ferry --key team.pub --from liquibase
golden stamp_sqitch 2 sqlland stamp shop.ferry --key team.pub --from sqitch
sqlite3 shop.db "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL); INSERT INTO alembic_version VALUES ('elsewhere')"
golden stamp_unknown 6 sqlland stamp shop.ferry --key team.pub --from-alembic
sqlite3 shop.db "UPDATE alembic_version SET version_num = 'first'"
golden stamp_done 0 sqlland stamp shop.ferry --key team.pub --from-alembic
golden stamp_nothing 0 sqlland stamp shop.ferry --key team.pub --to first
sed 's/^dialect/alembic: keep\n&/' ferry.yaml > keep.yaml
build keep keep.yaml --no-rehearsal --sequence 1900000004
sqlite3 shop.db "UPDATE alembic_version SET version_num = 'customer'"
golden alembic_differs 6 sqlland upgrade keep.ferry --key team.pub

# Rights, locks, signals.
chmod 600 team.pub
cp good.db shop.db
chmod 755 .
chmod 444 shop.db
chmod 644 team.pub
golden read_only 5 as_nobody sqlland plan shop.ferry --key team.pub
sqlite3 other.db 'CREATE TABLE t (a)'
flock shop.db sleep 100 &
holder=$!
until ! flock -n shop.db true; do sleep 0.01; done
golden locked 7 sqlland upgrade shop.ferry --key team.pub --lock-timeout 100ms
kill $holder
echo 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO customer (id) SELECT i FROM n WHERE i < 0;' > sql/long.up.sql
rm -f ferry.yaml shop.db
printf 'ferry: 1\nproject: shop\ndialect: sqlite\nrevisions:\n' > ferry.yaml
revision customer 'parents: []' 'allow: [down-leaves-object]'
revision long
build long --no-rehearsal
golden interrupt 130 timeout --foreground --preserve-status -s INT 1 env --default-signal=INT sqlland upgrade long.ferry --key team.pub
golden interrupt_atomic 130 timeout --foreground --preserve-status -s INT 1 env --default-signal=INT sqlland upgrade long.ferry --key team.pub --atomic

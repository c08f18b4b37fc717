# A database that somebody has changed by hand: sqlland check names each object, and no other.
. "$ROOT/tests/end/lib"

check()
{
    sqlland check --key team.pub --db shop.db "$@"
}

# drifted BUNDLE LINE...: check ends with 6 and finds exactly these, in this order
drifted()
{
    bundle=$1
    shift
    expect 6 check "$bundle"
    sed -n 's/^fault    drift: //p' out > found
    printf '%s\n' "$@" > wanted
    same wanted found
    has out "schema    $# object"
    expect 6 check "$bundle" --json
    is "$(sqlite3 :memory: "SELECT json_extract(readfile('out'), '$.drift_count')")" $#
    expect 0 check "$bundle" --no-drift
    has out 'schema    not compared: --no-drift says so' 'all is well'
}

# well BUNDLE ID: nothing differs from what that revision left
well()
{
    expect 0 check "$1"
    has out "schema    as revision '$2' left it" 'all is well'
}

# edit SQL...: a copy of the good database, changed
edit()
{
    cp good.db shop.db
    sqlite3 shop.db "$@"
}

begin_manifest sqlite
revision orders 'parents: []' 'down: none' << 'SQL'
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL REFERENCES customers (id), -- who pays
    total NUMERIC(12, 2) NOT NULL DEFAULT 0 CHECK (total >= 0)
);
CREATE INDEX orders_by_customer ON orders (customer);
SQL
revision words 'down: none' << 'SQL'
CREATE VIRTUAL TABLE words USING fts5(body);
CREATE VIEW big AS SELECT * FROM orders WHERE total > 100;
CREATE TRIGGER no_zero BEFORE INSERT ON orders WHEN NEW.total = 0 BEGIN SELECT RAISE(ABORT, 'zero'); END;
SQL
revision rows 'down: none' << 'SQL'
INSERT INTO customers (name) VALUES ('Ann');
SQL
revision later 'down: none' << 'SQL'
ALTER TABLE orders RENAME COLUMN total TO amount;
SQL
build whole --sequence 1

# Behind each revision the schema is another one, and nothing of it is drift.
for id in orders words rows later; do
    expect 0 upgrade whole.ferry --to $id
    well whole.ferry $id
done
rm shop.db
expect 0 upgrade whole.ferry --to rows
cp shop.db good.db

# What happens to a database that lives: rows, ANALYZE, VACUUM, names that came back.
edit "INSERT INTO orders (customer, total) VALUES (1, 5)" "INSERT INTO words VALUES ('x')" ANALYZE VACUUM
well whole.ferry rows
edit 'ALTER TABLE orders RENAME TO x; ALTER TABLE customers RENAME COLUMN name TO y;
    ALTER TABLE x RENAME TO orders; ALTER TABLE customers RENAME COLUMN y TO name'
well whole.ferry rows
edit 'DROP INDEX orders_by_customer; CREATE TABLE passing (x); DROP TABLE passing;
    create index "ORDERS_BY_CUSTOMER" on "orders"("customer")'
well whole.ferry rows
edit 'ALTER TABLE orders ADD COLUMN note TEXT; ALTER TABLE orders DROP COLUMN note'
well whole.ferry rows
edit 'CREATE TABLE flyway_schema_history (x); CREATE TABLE alembic_version (x)'
well whole.ferry rows

# And what is drift, each by its name.
edit 'ALTER TABLE orders ADD COLUMN note TEXT COLLATE NOCASE'
drifted whole.ferry "column 'orders.note' is there, and no revision made it: text collate nocase"
edit 'DROP INDEX orders_by_customer'
drifted whole.ferry "index 'orders_by_customer' is missing"
edit 'DROP INDEX orders_by_customer; CREATE UNIQUE INDEX orders_by_customer ON orders (customer)'
drifted whole.ferry "index 'orders_by_customer' is 'unique on orders(customer)', the revisions made it 'on orders(customer)'"
edit 'PRAGMA writable_schema = on' "UPDATE sqlite_schema SET sql = replace(sql, 'DEFAULT 0', 'DEFAULT 1') WHERE name = 'orders'"
drifted whole.ferry "column 'orders.total' is 'numeric(12, 2) not null default 1 check(total >= 0)', the revisions made it 'numeric(12, 2) not null default 0 check(total >= 0)'"
edit 'DROP TRIGGER no_zero'
drifted whole.ferry "trigger 'no_zero' is missing"
edit 'DROP VIEW big; CREATE VIEW big AS SELECT * FROM orders WHERE total > 99'
drifted whole.ferry "view 'big' is 'as select * from orders where total > 99', the revisions made it 'as select * from orders where total > 100'"
edit 'CREATE TABLE mine (a INTEGER, b TEXT, CHECK (a > 0)) STRICT; CREATE INDEX my_index ON mine (b)'
drifted whole.ferry "index 'my_index' is there, and no revision made it: on mine(b)" \
    "table 'mine' is there, and no revision made it: strict"
edit 'DROP VIEW big; DROP TABLE orders'
drifted whole.ferry "index 'orders_by_customer' is missing" "table 'orders' is missing" \
    "trigger 'no_zero' is missing" "view 'big' is missing"
edit 'ALTER TABLE orders RENAME COLUMN total TO amount; DROP TABLE words'
drifted whole.ferry "column 'orders.amount' is there, and no revision made it: numeric(12, 2) not null default 0 check(amount >= 0)" \
    "column 'orders.total' is missing" "table 'words' is missing" \
    "trigger 'no_zero' is 'before insert on orders when new.amount = 0 begin select raise(abort, 'zero') ; end', the revisions made it 'before insert on orders when new.total = 0 begin select raise(abort, 'zero') ; end'" \
    "view 'big' is 'as select * from orders where amount > 100', the revisions made it 'as select * from orders where total > 100'"

# More than a person wants to read on one screen: all are listed, twenty are told as errors.
edit "$(for i in $(seq 30); do echo "CREATE TABLE t$i (x);"; done)"
expect 6 check whole.ferry
is "$(grep -c '^fault    drift: table' out)" 30
is "$(grep -c '^error: ' err)" 20

# What cannot be compared is said, and is no fault.
build bare --sequence 1 --no-rehearsal
edit 'DROP INDEX orders_by_customer'
expect 0 check bare.ferry
has out 'schema    not compared: the bundle was built without schemas'
rm shop.db
sqlite3 shop.db 'CREATE TABLE mine (x)'
expect 0 check whole.ferry
has out 'schema    not compared: no revision is applied'
begin_manifest sqlite
for id in one two three; do
    revision $id 'parents: [one]' 'down: none' << SQL
CREATE TABLE $id (x);
SQL
done
sed -i '0,/parents: .one./s//parents: []/' ferry.yaml
echo 'heads: [two, three]' >> ferry.yaml
build heads --sequence 1
rm shop.db
expect 0 upgrade heads.ferry --to three
expect 0 check heads.ferry
has out "schema    not compared: revision 'two' is not applied, and others behind it are"
expect 0 check heads.ferry --json
has out '"schema_revision":null,"schema_why_not":"revision '\''two'\'' is not applied'
expect 0 upgrade heads.ferry
well heads.ferry three

# Bundles that tell of schemas otherwise: of another major version, by another method; and one whose
# list does not have the digest that its index says.
corpus()
{
    rm -f tiny.db
    expect 0 sqlland upgrade "$ROOT/tests/bundles/$1.ferry" --key "$ROOT/tests/bundles/keys/one.pub" --db tiny.db
    expect "$2" sqlland check "$ROOT/tests/bundles/$1.ferry" --key "$ROOT/tests/bundles/keys/one.pub" --db tiny.db
}
corpus good-schemas 0
has out "schema    as revision 'b' left it"
corpus index-fingerprint-major 0
has out "schema    not compared: the bundle's schemas are those of sqlite 4, this is 3" 'all is well'
corpus index-fingerprint-other 0
has out 'schema    not compared: the bundle tells schemas in another way than this sqlland'
corpus index-schema-other 3
has err "what the bundle tells of the schema behind revision 'b' does not have the digest it says"

# A PostgreSQL database that somebody has changed by hand: sqlland check names each object, and no other.
. "$ROOT/tests/end/lib"
. "$ROOT/tests/end/postgresql"
start_server

check()
{
    sqlland check --key team.pub --db "dbname=$PGDATABASE" "$@"
}

# drifted SQL LINE...: the change is made in a copy of the good database, and check finds exactly these
drifted()
{
    client -d postgres -c 'DROP DATABASE IF EXISTS copy WITH (FORCE)' -c 'CREATE DATABASE copy TEMPLATE good' 2> err
    PGDATABASE=copy query "$1" > out
    shift
    PGDATABASE=copy expect 6 check whole.ferry
    sed -n 's/^fault    drift: //p' out > found
    printf '%s\n' "$@" > wanted
    same wanted found
    PGDATABASE=copy expect 0 check whole.ferry --no-drift
}

# same_after SQL: what is no drift
same_after()
{
    client -d postgres -c 'DROP DATABASE IF EXISTS copy WITH (FORCE)' -c 'CREATE DATABASE copy TEMPLATE good' 2> err
    PGDATABASE=copy query "$1" > out
    PGDATABASE=copy expect 0 check whole.ferry
    has out "schema    as revision 'rows' left it" 'all is well'
}

begin_manifest postgresql
revision orders 'parents: []' 'down: none' << 'SQL'
CREATE TYPE state AS ENUM ('open', 'paid');
CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer bigint NOT NULL REFERENCES customers,
    state state NOT NULL DEFAULT 'open',
    total numeric(12, 2) NOT NULL DEFAULT 0 CHECK (total >= 0)
);
CREATE INDEX orders_by_customer ON orders (customer);
SQL
revision code 'down: none' << 'SQL'
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
CREATE TRIGGER touched BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW big AS SELECT id, total FROM orders WHERE total > 100;
ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON orders USING (customer > 0);
COMMENT ON TABLE orders IS 'what was ordered';
SQL
revision index 'down: none' 'transaction: none' << 'SQL'
CREATE INDEX CONCURRENTLY orders_by_total ON orders (total);
SQL
revision rows 'down: none' << 'SQL'
INSERT INTO customers (name) VALUES ('Ann');
SQL
build bare --sequence 1
build whole --sequence 1 --rehearse
expect 0 sqlferry inspect whole.ferry --key team.pub
has out 'schemas    taken on version '
# The same schemas again, in a database that is there.
make_database scratch
build again --sequence 1 --rehearse --db dbname=scratch --created 2026-01-01T00:00:00Z
build third --sequence 1 --rehearse --created 2026-01-01T00:00:00Z
same again.ferry third.ferry
expect 6 sqlferry build --release 1 --rehearse --db dbname=scratch -o no.ferry
has err 'a rehearsal begins in an empty database, and '
missing no.ferry

make_database good
for id in orders code index rows; do
    expect 0 sqlland upgrade whole.ferry --key team.pub --db dbname=good --to $id
    expect 0 check whole.ferry
    has out "schema    as revision '$id' left it"
done
expect 0 check bare.ferry
has out 'schema    not compared: the bundle was built without schemas'

same_after "INSERT INTO orders (customer) VALUES (1); ANALYZE"
same_after "ALTER TABLE orders RENAME TO x; ALTER TABLE x RENAME COLUMN total TO y; ALTER TYPE state RENAME TO z;
    ALTER TYPE z RENAME TO state; ALTER TABLE x RENAME COLUMN y TO total; ALTER TABLE x RENAME TO orders"
same_after 'DROP INDEX orders_by_customer; CREATE TABLE passing (x int); DROP TABLE passing;
    CREATE INDEX orders_by_customer ON orders (customer)'
same_after 'ALTER TABLE orders ADD note text; ALTER TABLE orders DROP note'
same_after 'CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)'

drifted 'ALTER TABLE orders ADD note text' "column 'public.orders.note' is there, and no revision made it: text"
drifted 'DROP INDEX orders_by_customer' "index 'public.orders_by_customer' is missing"
drifted 'ALTER TABLE orders ALTER total SET DEFAULT 1' \
    "column 'public.orders.total' is 'numeric(12,2) not null default=1', the revisions made it 'numeric(12,2) not null default=0'"
drifted 'ALTER TABLE orders DISABLE TRIGGER touched' \
    "trigger 'public.orders.touched' is '...FUNCTION public.touch() D', the revisions made it '...FUNCTION public.touch() O'"
drifted "ALTER TYPE state ADD VALUE 'sent'" \
    "enum 'public.state' is ''open','paid','sent'', the revisions made it ''open','paid''"
drifted 'DROP POLICY own ON orders; ALTER TABLE customers ALTER name DROP NOT NULL' \
    "column 'public.customers.name' is 'text', the revisions made it 'text not null'" "policy 'public.orders.own' is missing"
drifted 'CREATE SCHEMA mine; CREATE TABLE mine.t (id int CHECK (id > 0)); CREATE SEQUENCE mine.s' \
    "schema 'mine' is there, and no revision made it" \
    "sequence 'mine.s' is there, and no revision made it: bigint start=1 increment=1 min=1 max=9223372036854775807 cache=1" \
    "table 'mine.t' is there, and no revision made it"
drifted 'CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$' \
    "routine 'public.touch()' is '... \$function\$BEGIN RETURN OLD; END\$function\$\x0A', the revisions made it '... \$function\$BEGIN RETURN NEW; END\$function\$\x0A'"

# Privileges are the host's business: a warning, and all is well.
client -d postgres -c 'CREATE ROLE clerk'
query 'GRANT SELECT ON orders TO clerk'
expect 0 check whole.ferry
has out "warning  drift: grant 'table public.orders' is there, and no revision made it: clerk:SELECT" 'all is well'
query 'REVOKE SELECT ON orders FROM clerk'
expect 0 check whole.ferry
has out "schema    as revision 'rows' left it"

# A bundle that was rehearsed on another major version compares nothing, and says so.
major=$(query 'SHOW server_version_num' | sed 's/....$//')
sqlferry inspect whole.ferry --key team.pub --index > index
has index "fingerprint 1 $major"

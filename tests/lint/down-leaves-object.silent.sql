--- revision one
--- up
CREATE SCHEMA app;
CREATE TABLE app.orders (id serial PRIMARY KEY, day date UNIQUE, customer integer);
CREATE INDEX ON app.orders (customer);
CREATE INDEX orders_lower ON app.orders (lower(day::text)) WHERE id > 0;
ALTER TABLE app.orders ADD CONSTRAINT fk FOREIGN KEY (customer) REFERENCES customers;
ALTER TABLE app.orders ADD COLUMN note text;
CREATE TRIGGER touched BEFORE UPDATE ON app.orders EXECUTE FUNCTION touch();
CREATE POLICY own ON app.orders USING (true);
CREATE SEQUENCE numbers OWNED BY app.orders.id;
CREATE TEMPORARY TABLE scratch (id integer);
CREATE FUNCTION total(a integer, b text DEFAULT 'a, b') RETURNS integer LANGUAGE sql AS 'SELECT 1';
--- down
DROP FUNCTION IF EXISTS total(integer, text);
DROP TABLE app.orders;
DROP SCHEMA app;
--- revision two
--- up
CREATE SCHEMA other;
CREATE TABLE other.a (id integer);
CREATE TYPE other.mood AS ENUM ('sad');
CREATE FUNCTION other.f() RETURNS other.mood LANGUAGE sql AS 'SELECT NULL';
--- down
DROP SCHEMA other CASCADE;
--- revision three
--- up
CREATE TABLE a (id integer);
CREATE VIEW b AS SELECT * FROM a;
CREATE FUNCTION trigger_of_c() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE TRIGGER c BEFORE UPDATE ON customers EXECUTE FUNCTION trigger_of_c();
ALTER TABLE customers ADD COLUMN tenant integer;
CREATE INDEX customers_by_tenant ON customers (lower(name), tenant);
--- down
DROP TABLE a CASCADE;
DROP FUNCTION trigger_of_c CASCADE;
ALTER TABLE ONLY customers DROP IF EXISTS tenant;
--- revision four
--- up
CREATE TABLE old_name (id integer);
ALTER TABLE old_name RENAME COLUMN id TO number;
ALTER TABLE old_name RENAME TO new_name;
--- down
DO $$
BEGIN
    IF EXISTS (SELECT FROM new_name) THEN
        RAISE EXCEPTION 'not empty';
    END IF;
    DROP TABLE new_name;
END
$$;
--- revision five
--- up
CREATE TABLE readings (day date) PARTITION BY RANGE (day);
CREATE TABLE readings_2019 PARTITION OF readings FOR VALUES FROM ('2019-01-01') TO ('2020-01-01');
CREATE TABLE "Mixed" ("Id" integer);
--- down
DROP TABLE "Mixed", readings;
--- revision six
--- up
CREATE TABLE dynamic (id integer);
--- down
DO $$ BEGIN EXECUTE 'DROP ' || 'TABLE dynamic'; END $$;
--- revision seven
--- up
CREATE SCHEMA AUTHORIZATION clerk;
CREATE TABLE clerk.a (id integer);
DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
--- down
DROP SCHEMA clerk CASCADE;

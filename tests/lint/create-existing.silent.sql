--- revision one
--- up
CREATE TABLE orders (id integer, day date);
CREATE INDEX orders_by_day ON orders (day);
CREATE TABLE app.orders (id integer, CONSTRAINT orders_id UNIQUE (id));
CREATE INDEX orders_by_day ON app.orders (id);
CREATE UNIQUE INDEX orders_id ON orders (id);
CREATE TYPE point3;
CREATE TYPE point3 AS (x integer, y integer, z integer);
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE VIEW today AS SELECT 1;
CREATE MATERIALIZED VIEW totals AS SELECT * FROM today;
CREATE OR REPLACE VIEW today AS SELECT 2;
--- down: none
--- revision two
--- up
DROP INDEX orders_by_day;
CREATE INDEX orders_by_day ON orders (id);
CREATE TABLE IF NOT EXISTS orders (id integer);
ALTER TABLE orders ADD COLUMN IF NOT EXISTS day date;
ALTER TABLE orders RENAME TO old_orders;
CREATE TABLE orders (id integer);
DROP VIEW today CASCADE;
CREATE MATERIALIZED VIEW totals AS SELECT 1;
CREATE TEMPORARY TABLE scratch (id integer);
--- down: none
--- revision three
--- up
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_tables WHERE tablename = 'orders') THEN
        CREATE TABLE orders (id integer);
    END IF;
END
$$;
CREATE TEMPORARY TABLE scratch (id integer);
--- down: none

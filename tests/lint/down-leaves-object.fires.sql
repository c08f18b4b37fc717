--- revision one
--- up
CREATE SCHEMA app;
CREATE TABLE app.orders (id integer);
CREATE SEQUENCE numbers;
CREATE FUNCTION total(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION total(a text) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE DOMAIN price AS integer CHECK (VALUE >= 0);
CREATE VIEW today AS SELECT 1;
CREATE MATERIALIZED VIEW totals AS SELECT 1;
CREATE ROLE clerk;
CREATE TYPE pair AS (a integer, b integer);
--- down
DROP TABLE app.orders;
DROP FUNCTION total(a integer);
--- revision two
--- up
CREATE TABLE orders (id integer, day date);
ALTER TABLE customers
    ADD COLUMN tenant integer,
    ADD CONSTRAINT tenant_positive CHECK (tenant > 0),
    ADD CONSTRAINT email_there CHECK (email <> '');
CREATE INDEX customers_by_email ON customers (email);
CREATE INDEX ON customers (name);
CREATE INDEX customers_by_tenant ON customers (tenant);
CREATE POLICY own ON customers USING (true);
CREATE TRIGGER touched BEFORE UPDATE OF email ON customers EXECUTE FUNCTION touch();
CREATE RULE quiet AS ON DELETE TO customers DO INSTEAD NOTHING;
--- down
DROP TABLE orders;
ALTER TABLE customers DROP COLUMN tenant;
--- revision three
--- up
CREATE TABLE old_name (id integer);
ALTER TABLE old_name RENAME TO new_name;
--- down
DROP TABLE IF EXISTS old_name;

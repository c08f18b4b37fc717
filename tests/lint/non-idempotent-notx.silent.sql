--- revision one
--- transaction: none
--- idempotent: true
--- up
DROP INDEX CONCURRENTLY IF EXISTS orders_by_day;
CREATE INDEX CONCURRENTLY orders_by_day ON orders (day);
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm';
CREATE TABLE IF NOT EXISTS a (id integer);
CREATE OR REPLACE VIEW v AS SELECT 1;
ALTER TABLE orders ADD COLUMN IF NOT EXISTS b integer, DROP COLUMN IF EXISTS c;
VACUUM orders;
--- down
DROP INDEX CONCURRENTLY IF EXISTS orders_by_day;
--- revision two
--- transaction: none
--- up
CREATE INDEX CONCURRENTLY orders_by_id ON orders (id);
--- down: none

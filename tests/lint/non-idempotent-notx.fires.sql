--- revision one
--- transaction: none
--- idempotent: true
--- up
CREATE INDEX CONCURRENTLY orders_by_day ON orders (day);
ALTER TYPE mood ADD VALUE 'calm';
CREATE TABLE a (id integer);
ALTER TABLE orders ADD COLUMN b integer, DROP COLUMN c;
--- down
DROP INDEX CONCURRENTLY orders_by_day;

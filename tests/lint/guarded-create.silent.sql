CREATE TABLE orders (id integer);
CREATE INDEX IF NOT EXISTS orders_by_day ON orders (day);
CREATE TEMP TABLE IF NOT EXISTS scratch (id integer);

--- revision one
--- up
CREATE TABLE orders (id integer, CONSTRAINT orders_id UNIQUE (id));
CREATE UNIQUE INDEX orders_day ON orders (day);
ALTER TABLE orders ADD CONSTRAINT orders_day_key UNIQUE USING INDEX orders_day;
--- down: none
--- revision two
--- up
DROP INDEX IF EXISTS orders_id;
DROP INDEX orders_day_key;
--- down: none

--- revision one
--- up
CREATE TABLE orders (id integer, CONSTRAINT orders_id UNIQUE (id), CONSTRAINT orders_ok CHECK (id > 0));
CREATE UNIQUE INDEX orders_day ON orders (day);
--- down: none
--- revision two
--- up
DROP INDEX orders_day;
ALTER TABLE orders DROP CONSTRAINT orders_id;
CREATE UNIQUE INDEX orders_id ON orders (id);
DROP INDEX orders_id;
--- down: none

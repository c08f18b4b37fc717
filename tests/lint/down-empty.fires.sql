--- revision one
--- up
CREATE TABLE orders (id integer);
--- down
-- not yet
--- revision two
--- up
UPDATE orders SET id = 1 WHERE id = 2;
--- down

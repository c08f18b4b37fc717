CREATE TABLE scratch (id integer);
DELETE FROM scratch;
TRUNCATE scratch;
CREATE TEMP TABLE temporary (id integer);
DELETE FROM temporary;
DELETE FROM orders WHERE id = 1;
DELETE FROM orders USING items WHERE items.id = orders.id;
CREATE FUNCTION clear() RETURNS void LANGUAGE sql AS 'DELETE FROM orders';
--- revision two
--- up
INSERT INTO orders VALUES (1);
--- down
DELETE FROM orders;

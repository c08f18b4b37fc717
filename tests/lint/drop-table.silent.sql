--- revision one
--- up
CREATE TABLE orders (id integer);
CREATE TABLE items (id integer);
CREATE TABLE scratch (id integer);
DROP TABLE scratch;
--- down
DROP TABLE items;
DROP TABLE orders;
--- revision two
--- up
CREATE TABLE orders_new (id integer);
INSERT INTO orders_new SELECT * FROM orders;
DROP TABLE orders;
ALTER TABLE orders_new RENAME TO orders;
ALTER TABLE items RENAME TO items_old;
CREATE TABLE items (id integer);
INSERT INTO items SELECT * FROM items_old;
DROP TABLE items_old;
DROP VIEW today;
DROP INDEX orders_by_day;
--- down: none

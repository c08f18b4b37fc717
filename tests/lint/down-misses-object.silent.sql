--- revision one
--- up
CREATE TABLE orders (id integer, note text, day date);
CREATE INDEX orders_by_day ON orders (day);
CREATE TABLE opaque AS SELECT 1;
--- down: none
--- revision two
--- up
ALTER TABLE orders RENAME COLUMN note TO remark;
ALTER TABLE orders RENAME TO bought;
DROP INDEX orders_by_day;
ALTER TABLE bought DROP COLUMN day;
--- down
ALTER TABLE bought ADD COLUMN day date;
CREATE INDEX orders_by_day ON bought (day);
ALTER TABLE bought RENAME remark TO note;
ALTER TABLE bought RENAME TO orders;
--- revision three
--- up
DROP TABLE opaque;
--- down: none
--- revision four
--- up
CREATE TABLE orders_new (id integer);
INSERT INTO orders_new SELECT id FROM bought;
DROP TABLE bought;
ALTER TABLE orders_new RENAME TO bought;
--- down
CREATE TABLE bought_new (id integer, remark text);
INSERT INTO bought_new SELECT id, '' FROM bought;
DROP TABLE bought;
ALTER TABLE bought_new RENAME TO bought;
--- revision five
--- up
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
--- down
DROP FUNCTION f;
--- revision six
--- up
CREATE OR REPLACE FUNCTION f(a integer, b integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
--- down
DROP FUNCTION f(integer, integer);

--- revision one
--- up
CREATE TABLE orders (id integer, note text, day date);
CREATE INDEX orders_by_day ON orders (day);
CREATE TABLE items (id integer);
--- down: none
--- revision two
--- up
ALTER TABLE orders RENAME COLUMN note TO remark;
DROP INDEX orders_by_day;
--- down
SELECT 1;
--- revision three
--- up
SELECT 1;
--- down
DROP TABLE items;

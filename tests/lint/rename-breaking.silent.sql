CREATE TABLE orders (id integer);
ALTER TABLE orders RENAME TO bought;
ALTER TABLE bought RENAME COLUMN id TO number;
ALTER TABLE customers ADD COLUMN a integer;
ALTER TABLE customers RENAME COLUMN a TO b;
ALTER TABLE customers RENAME CONSTRAINT a TO b;
ALTER INDEX customers_a RENAME TO customers_b;
ALTER TABLE people RENAME TO people_old;
CREATE TABLE people (id integer);
--- revision two
--- up
SELECT 1;
--- down
ALTER TABLE bought RENAME TO orders;

CREATE TABLE items (id integer PRIMARY KEY, CHECK (id > 0));
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;
ALTER TABLE orders ADD COLUMN a integer CHECK (a > 0);

CREATE TABLE fresh (id integer);
ALTER TABLE fresh ADD CONSTRAINT a CHECK (id > 0) NOT VALID;
ALTER TABLE fresh VALIDATE CONSTRAINT a;
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT of_before;
--- revision two
--- up
ALTER TABLE orders VALIDATE CONSTRAINT orders_total;
--- down: none
--- revision three
--- transaction: none
--- up
ALTER TABLE orders ADD CONSTRAINT b CHECK (id >= 0) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT b;
--- down: none

--- revision one
--- up
CREATE TABLE orders (id integer);
ALTER TABLE orders ADD COLUMN day date;
UPDATE orders SET day = now();
UPDATE customers SET tenant = 1;
ALTER TABLE customers ADD COLUMN note text;
INSERT INTO customers (id) VALUES (1);
--- down: none
--- revision two
--- up
UPDATE customers SET note = '';
--- down: none
--- revision three
--- transaction: none
--- up
ALTER TABLE customers ADD COLUMN kind text;
UPDATE customers SET kind = '';
--- down: none

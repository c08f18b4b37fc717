CREATE TABLE shops (id integer PRIMARY KEY, owner integer REFERENCES people (id), CHECK (id > 0));
ALTER TABLE shops ADD CONSTRAINT shops_owner FOREIGN KEY (owner) REFERENCES people (id);
ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0) NOT VALID;
ALTER TABLE orders
    ADD CONSTRAINT orders_customer FOREIGN KEY (customer) REFERENCES customers (id) NOT VALID;
ALTER TABLE orders ADD COLUMN kind text CHECK (kind <> '');

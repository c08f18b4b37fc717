ALTER TABLE orders ADD CONSTRAINT orders_total CHECK (total >= 0);
ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE;
ALTER TABLE orders ADD COLUMN shop integer REFERENCES shops;

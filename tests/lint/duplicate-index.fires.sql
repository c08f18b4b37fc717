--- revision one
--- up
CREATE TABLE orders (id integer PRIMARY KEY, day date, email text UNIQUE);
CREATE INDEX orders_by_day ON orders (day);
CREATE INDEX orders_lower ON orders USING gin (lower(email)) WHERE id > 0;
--- down: none
--- revision two
--- up
CREATE INDEX idx_orders_day ON public.orders USING btree ("day" ASC);
CREATE UNIQUE INDEX idx_orders_email ON orders (email);
CREATE INDEX orders_lower_2 ON orders USING gin (LOWER(email)) WHERE id > 0;
ALTER TABLE orders ADD CONSTRAINT orders_id_key UNIQUE (id);
--- down: none

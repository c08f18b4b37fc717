CREATE INDEX orders_by_day ON orders (day);
CREATE UNIQUE INDEX IF NOT EXISTS orders_id ON public.orders USING btree (id);
CREATE INDEX ON orders (day);

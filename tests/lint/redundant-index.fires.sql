CREATE TABLE orders (id integer PRIMARY KEY, day date);
CREATE INDEX orders_by_day ON orders (day);
CREATE INDEX orders_by_day_id ON orders (day, id);
CREATE INDEX orders_by_id_day ON orders (id, day);

CREATE TABLE orders (id integer, day date);
CREATE INDEX orders_by_day ON orders (day);
CREATE TABLE readings (day date) PARTITION BY RANGE (day);
CREATE MATERIALIZED VIEW totals AS SELECT 1 AS a;
--- revision two
--- up
CREATE INDEX readings_by_day ON readings (day);
CREATE INDEX totals_by_a ON totals (a);
CREATE INDEX of_parent ON ONLY strangers (a);
--- down
CREATE INDEX back_again ON orders (id);
--- revision three
--- transaction: none
--- up
CREATE INDEX CONCURRENTLY orders_by_id ON orders (id);
--- down: none

--- revision one
--- up
CREATE TABLE orders (id integer, day date);
CREATE TYPE mood AS ENUM ('sad');
CREATE INDEX orders_by_day ON orders (day);
CREATE VIEW today AS SELECT 1;
--- down
DROP VIEW today;
DROP TABLE orders;
DROP TYPE mood;
--- revision two
--- up
CREATE TABLE public.orders (id integer);
CREATE TYPE mood AS ENUM ('happy');
CREATE UNIQUE INDEX orders_by_day ON orders (id);
ALTER TABLE orders ADD COLUMN day date;
CREATE VIEW today AS SELECT 2;
--- down: none

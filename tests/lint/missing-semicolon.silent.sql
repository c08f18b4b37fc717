CREATE TABLE orders (id integer);
-- the end

CREATE TABLE orders (id integer);
CREATE TABLE items (id integer)

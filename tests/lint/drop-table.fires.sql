--- revision one
--- up
CREATE TABLE orders (id integer);
CREATE TABLE items (id integer);
--- down: none
--- revision two
--- up
DROP TABLE orders;
-- An empty one of the same name does not bring the rows back.
DROP TABLE IF EXISTS items;
CREATE TABLE items (id integer);
--- down: none

--- revision one
--- up
CREATE TABLE orders (id integer);
--- down
DROP TABLE orders;
--- revision two
--- up
-- only joins two lines
--- revision three
--- up
INSERT INTO orders VALUES (2);
--- down: none

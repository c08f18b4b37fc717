--- revision one
--- up
CREATE TABLE orders (id integer);
--- down
DROP TABLE orders;
--- revision two
--- up
INSERT INTO orders VALUES (1);
--- revision three
--- up
INSERT INTO orders VALUES (2);

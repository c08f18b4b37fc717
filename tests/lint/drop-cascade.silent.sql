--- revision one
--- up
DROP TABLE orders RESTRICT;
CREATE TABLE items (id integer REFERENCES orders ON DELETE CASCADE);
--- down
DROP TABLE items CASCADE;

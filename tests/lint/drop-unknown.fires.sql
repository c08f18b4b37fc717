--- revision one
--- up
CREATE TABLE orders (id integer);
CREATE TYPE mood AS ENUM ('sad');
--- down
DROP TABLE oders;
DROP TABLE orders;
DROP TYPE mood;
--- revision two
--- up
DROP TYPE mood;
ALTER TABLE orders DROP COLUMN note;
--- down
CREATE TYPE mood AS ENUM ('sad');
--- revision three
--- up
DROP TYPE mood;
--- down: none

--- revision one
--- up
CREATE TABLE orders (
    id integer PRIMARY KEY,
    note varchar(40),
    mail character varying (40) NOT NULL,
    total numeric(10, 2),
    net cidr
);
ALTER TABLE orders ALTER COLUMN id TYPE bigint;
--- down
DROP TABLE orders;
--- revision two
--- up
ALTER TABLE orders ALTER COLUMN note TYPE text;
ALTER TABLE orders ALTER COLUMN mail TYPE varchar(80);
ALTER TABLE orders ALTER COLUMN mail TYPE character varying;
ALTER TABLE orders ALTER COLUMN total TYPE decimal(12, 2), ALTER COLUMN total TYPE numeric;
ALTER TABLE orders ALTER COLUMN net TYPE inet;
ALTER TABLE orders ALTER COLUMN id TYPE bigint;
ALTER TABLE strangers ALTER COLUMN note TYPE text;
ALTER TABLE strangers ALTER COLUMN note TYPE varchar(500);
ALTER TABLE orders ADD COLUMN kind integer;
ALTER TABLE orders ALTER COLUMN kind TYPE bigint;
--- down
ALTER TABLE orders ALTER COLUMN id TYPE integer;

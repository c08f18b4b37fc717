--- revision one
--- up
CREATE TABLE orders (
    id integer PRIMARY KEY,
    note varchar(40),
    total numeric(10, 2),
    code char(3),
    at timestamp
);
--- down
DROP TABLE orders;
--- revision two
--- up
ALTER TABLE orders ALTER COLUMN id TYPE bigint;
ALTER TABLE orders
    ALTER note SET DATA TYPE character varying(20),
    ALTER COLUMN total TYPE numeric(12, 3);
ALTER TABLE orders ALTER COLUMN code TYPE text;
ALTER TABLE orders ALTER COLUMN at TYPE timestamp with time zone USING at AT TIME ZONE 'UTC';
ALTER TABLE strangers ALTER COLUMN id TYPE uuid USING id::uuid;
--- down: none

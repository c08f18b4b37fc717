--- revision one
--- up
-- An old table, known or not.
CREATE TABLE customers (id integer PRIMARY KEY);
--- down
DROP TABLE customers;
--- revision two
--- up
ALTER TABLE customers ADD COLUMN tenant integer NOT NULL;
ALTER TABLE ONLY public.customers
    ADD COLUMN note text,
    ADD "Kind" varchar(10) NOT NULL CHECK ("Kind" <> '');
ALTER TABLE IF EXISTS strangers ADD COLUMN IF NOT EXISTS seen date DEFAULT NULL NOT NULL;
ALTER TABLE strangers ADD COLUMN code integer PRIMARY KEY;
--- down: none

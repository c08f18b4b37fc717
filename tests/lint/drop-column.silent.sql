CREATE TABLE orders (id integer, note text);
ALTER TABLE orders DROP COLUMN note;
ALTER TABLE customers ADD COLUMN tenant integer;
ALTER TABLE customers DROP COLUMN tenant;
ALTER TABLE customers DROP CONSTRAINT customers_email_key;
ALTER TABLE customers ALTER COLUMN email DROP NOT NULL, ALTER email DROP DEFAULT;
--- revision two
--- up
ALTER TABLE customers ADD COLUMN tenant integer;
--- down
ALTER TABLE customers DROP COLUMN tenant;

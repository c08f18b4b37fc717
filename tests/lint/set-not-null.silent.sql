--- revision one
--- up
CREATE TABLE fresh (id integer);
ALTER TABLE fresh ALTER COLUMN id SET NOT NULL;
ALTER TABLE customers ADD CONSTRAINT tenant_there CHECK (tenant IS NOT NULL) NOT VALID;
--- down: none
--- revision two
--- up
ALTER TABLE customers VALIDATE CONSTRAINT tenant_there;
--- down: none
--- revision three
--- up
ALTER TABLE customers ALTER COLUMN tenant SET NOT NULL;
ALTER TABLE customers DROP CONSTRAINT tenant_there;
ALTER TABLE customers ALTER COLUMN email DROP NOT NULL;
--- down
ALTER TABLE customers ALTER COLUMN email SET NOT NULL;

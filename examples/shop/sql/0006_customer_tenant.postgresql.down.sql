-- a7f2093d6e18: Put every customer under a tenant
-- Fails, and changes nothing, where two tenants have a customer with the same address.
ALTER TABLE customers DROP CONSTRAINT customers_email_key;
ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE (email);
ALTER TABLE customers DROP COLUMN tenant_id;

-- a7f2093d6e18: Put every customer under a tenant
-- Three steps, because the column must be filled before it can be NOT NULL.
ALTER TABLE customers ADD COLUMN tenant_id INTEGER REFERENCES tenants (id);
UPDATE customers SET tenant_id = 1 WHERE tenant_id IS NULL;
ALTER TABLE customers ALTER COLUMN tenant_id SET NOT NULL;

-- An address is now unique for its tenant, no longer for the whole shop.
ALTER TABLE customers DROP CONSTRAINT customers_email_key;
ALTER TABLE customers ADD CONSTRAINT customers_email_key UNIQUE (tenant_id, email);

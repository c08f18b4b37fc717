-- No customer belongs to a tenant that does not exist.
SELECT count(*) = count(tenants.id)
FROM customers
LEFT JOIN tenants ON tenants.id = customers.tenant_id;

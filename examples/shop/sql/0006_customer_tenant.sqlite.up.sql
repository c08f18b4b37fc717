-- a7f2093d6e18: Put every customer under a tenant
-- SQLite cannot change a UNIQUE constraint of a table, so the table is built anew and takes the
-- old one's name. Foreign keys rest meanwhile: orders point at customers.
PRAGMA foreign_keys=off;
BEGIN;

CREATE TABLE customers_new (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    tenant_id INTEGER NOT NULL REFERENCES tenants (id),
    CONSTRAINT customers_email_key UNIQUE (tenant_id, email)
);

INSERT INTO customers_new (id, name, email, tenant_id)
SELECT id, name, email, 1 FROM customers;

DROP TABLE customers;
ALTER TABLE customers_new RENAME TO customers;

COMMIT;
PRAGMA foreign_keys=on;

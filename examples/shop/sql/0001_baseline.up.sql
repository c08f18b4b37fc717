-- baseline: Create the customer and product tables
-- Customer numbers are given out by the till, article numbers by the supplier.
CREATE TABLE customers (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    CONSTRAINT customers_email_key UNIQUE (email)
);

CREATE TABLE products (
    sku TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    price_cents INTEGER NOT NULL CHECK (price_cents >= 0)
);

-- add_tenants: Create the tenants, and the one that owns what is already there
-- Revises: b90e4a76d351
CREATE TABLE tenants (
    id INTEGER NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

INSERT INTO tenants (id, slug, name) VALUES (1, 'main', 'The shop itself');

-- rbac_roles: Create roles and what each may do
-- Revises: baseline
CREATE TABLE roles (
    name TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL
);

CREATE TABLE role_permissions (
    role TEXT NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (role, permission)
);

INSERT INTO roles (name, description) VALUES
    ('owner', 'May do everything'),
    ('clerk', 'Serves customers; doesn''t see the books'),
    ('auditor', 'Sees everything, changes nothing');

INSERT INTO role_permissions (role, permission) VALUES
    ('owner', 'orders.read'),
    ('owner', 'orders.write'),
    ('owner', 'books.read'),
    ('owner', 'books.write'),
    ('clerk', 'orders.read'),
    ('clerk', 'orders.write'),
    ('auditor', 'orders.read'),
    ('auditor', 'books.read');

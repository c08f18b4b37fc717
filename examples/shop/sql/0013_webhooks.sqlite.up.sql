-- 7a3f60d9c2b8: Let tenants subscribe to events by webhook
CREATE TABLE webhook_subscriptions (
    id INTEGER NOT NULL PRIMARY KEY,
    tenant_id INTEGER NOT NULL REFERENCES tenants (id),
    created_by TEXT NOT NULL REFERENCES staff (login),
    url TEXT NOT NULL CHECK (url LIKE 'https://%'),
    metadata TEXT NOT NULL DEFAULT '{}'
);

-- d15c8b4ea690: Write down every delivery of a webhook
-- This script still carries the transaction it was born with; sqlferry takes it off.
BEGIN;

CREATE TABLE webhook_deliveries (
    subscription_id INTEGER NOT NULL REFERENCES webhook_subscriptions (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt > 0),
    delivered BOOLEAN NOT NULL,
    PRIMARY KEY (subscription_id, event, attempt)
);

INSERT INTO webhook_subscriptions (id, tenant_id, created_by, url, metadata) VALUES
    (1, 1, 'system', 'https://till.example/hooks', '{"note": "the till''s own; don''t delete"}');

COMMIT;

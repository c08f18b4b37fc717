-- d15c8b4ea690: Write down every delivery of a webhook
BEGIN;

DROP TABLE webhook_deliveries;

DELETE FROM webhook_subscriptions
WHERE id = 1;

COMMIT;

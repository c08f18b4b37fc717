-- d4e07b6f1a93: Merge messages and webhooks: list the messages still to be announced
-- Needs both lines: without its parent f8d216ac4e70 nothing says that messages exist by now.
CREATE VIEW unannounced_messages AS
SELECT webhook_subscriptions.id AS subscription_id, messages.id AS message_id
FROM messages
CROSS JOIN webhook_subscriptions
WHERE NOT EXISTS (
    SELECT 1
    FROM webhook_deliveries
    WHERE webhook_deliveries.subscription_id = webhook_subscriptions.id
      AND webhook_deliveries.event = 'message:' || messages.id
      AND webhook_deliveries.delivered
);

-- 7a3f60d9c2b8: Let tenants subscribe to events by webhook
DROP TABLE webhook_subscriptions;

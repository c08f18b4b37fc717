-- Fails outright where the column does not exist.
SELECT count(custom_metadata) = count(*) FROM webhook_subscriptions;

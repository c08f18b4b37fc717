-- 2ca86f545cee: Rename the metadata of webhook subscriptions to custom_metadata
ALTER TABLE webhook_subscriptions RENAME COLUMN custom_metadata TO metadata;

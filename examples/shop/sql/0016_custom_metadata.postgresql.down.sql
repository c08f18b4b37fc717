-- 2ca86f545cee: Rename the metadata of webhook subscriptions to custom_metadata
DO $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM information_schema.columns
        WHERE table_schema = current_schema()
          AND table_name = 'webhook_subscriptions'
          AND column_name = 'custom_metadata'
    ) THEN
        ALTER TABLE webhook_subscriptions RENAME COLUMN custom_metadata TO metadata;
    END IF;
END
$$;

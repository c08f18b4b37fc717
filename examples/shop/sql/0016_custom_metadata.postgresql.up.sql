-- 2ca86f545cee: Rename the metadata of webhook subscriptions to custom_metadata
-- 'metadata' is a reserved attribute of declarative models in SQLAlchemy: a model that declares it
-- does not even load. This may run twice without harm: it looks before it renames.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1
        FROM information_schema.columns
        WHERE table_schema = current_schema()
          AND table_name = 'webhook_subscriptions'
          AND column_name = 'metadata'
    ) THEN
        ALTER TABLE webhook_subscriptions RENAME COLUMN metadata TO custom_metadata;
    END IF;
END
$$;

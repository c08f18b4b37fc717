-- 2ca86f545cee: Rename the metadata of webhook subscriptions to custom_metadata
-- 'metadata' is a reserved attribute of declarative models in SQLAlchemy: a model that declares it
-- does not even load. Idempotent only on PostgreSQL: SQLite has no conditional ALTER TABLE, and a
-- second run fails with 'no such column'.
ALTER TABLE webhook_subscriptions RENAME COLUMN metadata TO custom_metadata;

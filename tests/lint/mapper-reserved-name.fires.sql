CREATE TABLE events (id integer PRIMARY KEY, "metadata" jsonb, registry text);
ALTER TABLE orders ADD COLUMN pk integer;
ALTER TABLE orders RENAME COLUMN extra TO Metadata;

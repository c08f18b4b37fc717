CREATE TABLE events (payload json, other JSON NOT NULL DEFAULT '{}');
ALTER TABLE orders ADD COLUMN extra json;

CREATE TABLE metadata (id integer PRIMARY KEY, metadata_id integer, meta text);
ALTER TABLE orders RENAME COLUMN metadata TO extra;
CREATE INDEX pk ON orders (id);

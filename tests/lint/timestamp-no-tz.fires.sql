CREATE TABLE events (at timestamp NOT NULL, "then" TIMESTAMP(3) WITHOUT TIME ZONE);
ALTER TABLE orders ADD COLUMN placed_at timestamp DEFAULT now();

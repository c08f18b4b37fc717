-- migrate:up
ALTER TABLE tree ADD COLUMN kind TEXT NOT NULL DEFAULT 'apple; pear';
INSERT INTO orchard (name) VALUES ('North -- of the barn');

-- migrate:down
DELETE FROM orchard WHERE name = 'North -- of the barn';
ALTER TABLE tree DROP COLUMN kind;

ALTER TABLE tree ADD COLUMN kind TEXT NOT NULL DEFAULT 'apple; pear';
INSERT INTO orchard (name) VALUES ('North -- of the barn');

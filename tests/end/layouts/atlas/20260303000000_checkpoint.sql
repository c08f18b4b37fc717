-- atlas:checkpoint

CREATE TABLE orchard (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);
CREATE TABLE tree (
    id INTEGER PRIMARY KEY,
    orchard_id INTEGER NOT NULL REFERENCES orchard (id),
    planted TEXT
);
CREATE INDEX tree_orchard ON tree (orchard_id);
ALTER TABLE tree ADD COLUMN kind TEXT NOT NULL DEFAULT 'apple; pear';
INSERT INTO orchard (name) VALUES ('North -- of the barn');
CREATE TABLE tally (orchard_id INTEGER PRIMARY KEY, trees INTEGER NOT NULL);
CREATE TRIGGER tree_counted AFTER INSERT ON tree
BEGIN
    INSERT OR IGNORE INTO tally VALUES (NEW.orchard_id, 0);
    UPDATE tally SET trees = trees + 1 WHERE orchard_id = NEW.orchard_id;
END;
ALTER TABLE orchard RENAME TO grove;
INSERT INTO tree (orchard_id, planted) SELECT id, '2026-03-01' FROM grove;

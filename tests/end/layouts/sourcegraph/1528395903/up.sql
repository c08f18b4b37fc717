BEGIN;

CREATE TABLE tally (orchard_id INTEGER PRIMARY KEY, trees INTEGER NOT NULL);
CREATE TRIGGER tree_counted AFTER INSERT ON tree
BEGIN
    INSERT OR IGNORE INTO tally VALUES (NEW.orchard_id, 0);
    UPDATE tally SET trees = trees + 1 WHERE orchard_id = NEW.orchard_id;
END;

COMMIT;

-- Deploy trees:app/count to sqlite

BEGIN;

CREATE TRIGGER tree_felled AFTER DELETE ON tree
BEGIN
    UPDATE tally SET trees = max(trees - 1, 0) WHERE orchard_id = OLD.orchard_id;
END;

COMMIT;

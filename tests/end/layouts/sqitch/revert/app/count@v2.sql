-- Revert trees:app/count from sqlite

BEGIN;

DROP TRIGGER tree_counted;
DROP TABLE tally;

COMMIT;

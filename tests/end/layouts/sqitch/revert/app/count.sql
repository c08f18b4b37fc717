-- Revert trees:app/count from sqlite

BEGIN;

DROP TRIGGER tree_felled;

COMMIT;

-- Revert trees:orchards from sqlite

BEGIN;

DROP TABLE orchard;

COMMIT;

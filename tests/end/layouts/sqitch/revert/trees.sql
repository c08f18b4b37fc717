-- Revert trees:trees from sqlite

BEGIN;

DROP TABLE tree;

COMMIT;

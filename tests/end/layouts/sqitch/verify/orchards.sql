-- Verify trees:orchards on sqlite

BEGIN;

SELECT id, name FROM orchard WHERE 0;

ROLLBACK;

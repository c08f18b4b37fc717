-- Verify trees:trees on sqlite

BEGIN;

SELECT id, orchard_id, planted FROM tree WHERE 0;

ROLLBACK;

-- Verify trees:kinds on sqlite

BEGIN;

SELECT kind FROM tree WHERE 0;

ROLLBACK;

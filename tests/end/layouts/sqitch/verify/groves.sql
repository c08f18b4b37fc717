-- Verify trees:groves on sqlite

BEGIN;

SELECT id FROM grove WHERE 0;

ROLLBACK;

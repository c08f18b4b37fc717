-- Verify trees:app/count on sqlite

BEGIN;

SELECT trees FROM tally WHERE 0;

ROLLBACK;

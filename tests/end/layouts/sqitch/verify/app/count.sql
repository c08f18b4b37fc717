-- Verify trees:app/count on sqlite

BEGIN;

SELECT trees FROM tally WHERE trees < 0;

ROLLBACK;

-- Revert trees:groves from sqlite

BEGIN;

DELETE FROM tree WHERE planted = '2026-03-01';
ALTER TABLE grove RENAME TO orchard;

COMMIT;

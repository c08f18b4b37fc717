-- Revert trees:kinds from sqlite

BEGIN;

DELETE FROM orchard WHERE name = 'North -- of the barn';
ALTER TABLE tree DROP COLUMN kind;

COMMIT;

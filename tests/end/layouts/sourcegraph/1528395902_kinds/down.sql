DELETE FROM orchard WHERE name = 'North -- of the barn';
ALTER TABLE tree DROP COLUMN kind;

ALTER TABLE orchard RENAME TO grove;
INSERT INTO tree (orchard_id, planted) SELECT id, '2026-03-01' FROM grove;

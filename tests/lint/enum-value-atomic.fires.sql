--- revision one
--- up
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE people (name text, mood mood);
--- down: none
--- revision two
--- up
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'calm' AFTER 'sad';
--- down: none
--- revision three
--- up
ALTER TABLE people ALTER COLUMN mood SET DEFAULT 'calm';
-- The second time is not told.
UPDATE people SET mood = 'calm' WHERE mood IS NULL;
--- down: none

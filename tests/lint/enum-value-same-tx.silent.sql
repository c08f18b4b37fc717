--- revision one
--- up
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE people (name text, mood mood);
CREATE TABLE words (word text);
ALTER TYPE mood ADD VALUE 'calm';
INSERT INTO words VALUES ('calm');
UPDATE people SET mood = 'sad';
ALTER TYPE mood ADD VALUE 'angry' AFTER 'calm';
COMMENT ON TABLE words IS 'calm down';
--- down: none
--- revision two
--- transaction: none
--- up
ALTER TYPE mood ADD VALUE 'late';
UPDATE people SET mood = 'late';
--- down: none

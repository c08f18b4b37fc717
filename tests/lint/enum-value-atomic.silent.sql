--- revision one
--- up
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE people (name text, mood mood);
CREATE TABLE words (word text);
--- down: none
--- revision two
--- up
ALTER TYPE mood ADD VALUE 'calm';
--- down: none
--- revision three
--- up
INSERT INTO words VALUES ('calm');
UPDATE people SET mood = 'sad';
--- down: none

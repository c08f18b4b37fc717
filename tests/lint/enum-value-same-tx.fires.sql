--- revision one
--- up
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE people (name text, mood mood);
ALTER TYPE mood ADD VALUE 'calm' BEFORE 'happy';
CREATE VIEW calm AS SELECT * FROM people WHERE mood = 'calm';
--- down: none
--- revision two
--- up
ALTER TYPE app.state ADD VALUE IF NOT EXISTS 'late';
INSERT INTO app.orders (state) VALUES ('late');
--- down: none

--- revision one
--- up
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE app.state AS ENUM ('new');
CREATE TYPE "Kind" AS ENUM ('a');
CREATE TABLE people (mood mood, state app.state);
--- down
DROP TABLE people;
DROP TYPE IF EXISTS mood, app.state;
DROP TYPE "Kind" CASCADE;
--- revision two
--- up
ALTER TYPE mood ADD VALUE 'calm';
--- down: none

--- revision one
--- up
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE app.state AS ENUM ('new');
CREATE TABLE people (mood mood, state app.state);
--- down
DROP TABLE people;

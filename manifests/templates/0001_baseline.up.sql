CREATE TABLE example (
    id integer PRIMARY KEY,
    name text NOT NULL
);

-- Deploy trees:orchards to sqlite

BEGIN;

CREATE TABLE orchard (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

COMMIT;

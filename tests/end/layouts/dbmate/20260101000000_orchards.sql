-- migrate:up
CREATE TABLE orchard (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- migrate:down
DROP TABLE orchard;

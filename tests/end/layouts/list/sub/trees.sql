CREATE TABLE tree (
    id INTEGER PRIMARY KEY,
    orchard_id INTEGER NOT NULL REFERENCES orchard (id),
    planted TEXT
);
CREATE INDEX tree_orchard ON tree (orchard_id);

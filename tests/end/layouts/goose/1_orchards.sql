-- What the whole is about.

-- +goose Up
CREATE TABLE orchard (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
);

-- +goose Down
DROP TABLE orchard;

CREATE TABLE events (payload jsonb, json text, list json[]);

--- manifest dialect: sqlite
--- revision one
--- up
CREATE TABLE a (b INTEGER, c TEXT);
CREATE INDEX a_b ON a (b);
CREATE UNIQUE INDEX a_c ON a (c);
CREATE TRIGGER a_t AFTER INSERT ON a BEGIN SELECT 1; END;
--- down
DROP TABLE a;
--- revision two
--- up
PRAGMA foreign_keys=off;
CREATE TABLE n (b TEXT, c TEXT);
INSERT INTO n SELECT b, c FROM a;
DROP TABLE a;
ALTER TABLE n RENAME TO a;
CREATE INDEX a_b ON a (b);
PRAGMA foreign_keys=on;
--- down: none

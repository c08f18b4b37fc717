--- manifest dialect: sqlite
--- revision one
--- up
CREATE TABLE a (b INTEGER, c TEXT);
CREATE INDEX a_b ON a (b);
CREATE TABLE gone (id INTEGER);
CREATE INDEX gone_id ON gone (id);
CREATE TRIGGER a_t AFTER INSERT ON a BEGIN SELECT 1; END;
--- down
DROP TABLE gone;
DROP TABLE a;
--- revision two
--- up
DROP TABLE gone;
ALTER TABLE a RENAME TO old;
CREATE TABLE a (b TEXT, c TEXT);
INSERT INTO a SELECT b, c FROM old;
DROP TABLE old;
CREATE INDEX a_b ON a (b);
CREATE TRIGGER a_t AFTER INSERT ON a BEGIN SELECT 1; END;
--- down: none
--- revision three
--- up
DROP INDEX a_b;
--- down: none

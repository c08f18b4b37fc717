--- revision one
--- down: none
--- up
-- Revises:
CREATE TABLE a (id integer);
--- revision two
--- down: none
--- up
-- Revises: one
CREATE TABLE b (id integer);
--- revision three
--- parents: [one, two]
--- down: none
--- up
-- Revision ID: three
-- Revises: two, one (the tenants), and no other
SELECT 1; -- Revises: nothing
INSERT INTO a VALUES ('-- Revises: zero');

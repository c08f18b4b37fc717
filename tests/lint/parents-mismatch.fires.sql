--- revision one
--- down: none
--- up
CREATE TABLE a (id integer);
--- revision two
--- down: none
--- up
-- two: create another
-- Revises: zero
CREATE TABLE b (id integer);
--- revision three
--- parents: [one, two]
--- down: none
--- up
-- Revises: one
--- revision four
--- down: none
--- up
-- Revises: <base>
SELECT 1;

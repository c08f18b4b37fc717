DROP TRIGGER tree_counted;
DROP TABLE tally;

SELECT count(*) = 0 FROM tree;

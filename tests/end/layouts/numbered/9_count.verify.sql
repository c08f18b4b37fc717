SELECT count(*) = 0 FROM tally;

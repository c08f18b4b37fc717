--- manifest requires: {postgresql: 13}
--- revision one
--- up
ALTER TABLE readings DETACH PARTITION readings_2019;
--- down: none

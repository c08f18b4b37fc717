CREATE SCHEMA archive;
DROP SCHEMA archive;
--- revision two
--- up
CREATE SCHEMA other;
--- down
DROP SCHEMA other;

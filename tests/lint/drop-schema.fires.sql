DROP SCHEMA IF EXISTS archive CASCADE;
--- revision two
--- transaction: none
--- up
DROP DATABASE old;
--- down: none

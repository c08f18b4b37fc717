CREATE UNLOGGED TABLE fresh (id integer);
ALTER TABLE fresh SET LOGGED;
ALTER TABLE orders SET (fillfactor = 70);
ALTER TABLE orders SET SCHEMA app;
--- revision two
--- transaction: none
--- up
VACUUM orders;
VACUUM (ANALYZE) orders;
--- down: none

ALTER TABLE orders SET TABLESPACE fast;
ALTER TABLE orders SET UNLOGGED;
CLUSTER orders USING orders_by_day;
--- revision two
--- transaction: none
--- up
VACUUM FULL orders;
VACUUM (VERBOSE, FULL) orders;
--- down: none

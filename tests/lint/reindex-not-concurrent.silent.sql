--- revision one
--- transaction: none
--- up
REINDEX TABLE CONCURRENTLY orders;
REINDEX (CONCURRENTLY) INDEX orders_by_day;
--- down: none

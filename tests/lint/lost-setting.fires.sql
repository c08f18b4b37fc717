--- revision one
--- transaction: none
--- up
SET lock_timeout = '2s';
SET LOCAL work_mem = '1GB';
RESET work_mem;
CREATE INDEX CONCURRENTLY orders_by_day ON orders (day);
--- down: none

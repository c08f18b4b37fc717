--- revision one
--- up
SET LOCAL work_mem = '1GB';
SET statement_timeout = 0;
--- down: none
--- revision two
--- transaction: none
--- up
ALTER ROLE clerk SET work_mem = '1GB';
UPDATE orders SET id = 1;
--- down: none

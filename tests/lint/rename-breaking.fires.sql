ALTER TABLE orders RENAME COLUMN note TO remark;
ALTER TABLE orders RENAME remark TO comment;
ALTER TABLE public.orders RENAME TO bought;
--- revision two
--- up
CREATE VIEW today AS SELECT 1;
CREATE SCHEMA app;
CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
--- down: none
--- revision three
--- up
ALTER VIEW today RENAME TO now;
ALTER SCHEMA app RENAME TO application;
ALTER FUNCTION f() RENAME TO g;
ALTER TYPE mood RENAME VALUE 'sad' TO 'unhappy';
DO $$ BEGIN ALTER TABLE customers RENAME COLUMN a TO b; END $$;
--- down: none

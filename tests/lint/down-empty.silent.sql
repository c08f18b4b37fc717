--- revision one
--- up
-- a merge
--- down
--- revision two
--- up
UPDATE orders SET id = 1 WHERE id = 2;
--- down: none
--- revision three
--- up
UPDATE orders SET id = 1 WHERE id = 2;
--- down
SELECT 1;
--- revision four
--- up
UPDATE orders SET id = 1 WHERE id = 2;

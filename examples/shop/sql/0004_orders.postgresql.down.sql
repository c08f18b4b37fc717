-- 9d6a492bf126: Create the order tables
DROP TABLE order_items;
DROP TABLE orders;
-- Dropping the table does not drop its type; left behind, it makes the next up fail.
DROP TYPE order_status;

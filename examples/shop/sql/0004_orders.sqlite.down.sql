-- 9d6a492bf126: Create the order tables
DROP TABLE order_items;
DROP TABLE orders;

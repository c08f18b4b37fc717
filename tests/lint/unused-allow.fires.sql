--- manifest heads: [two]
--- revision one
--- allow: [drop-schema]
--- up
-- ferry: allow drop-table it was empty
CREATE TABLE orders (id integer);

-- ferry: allow delete-all-rows a blank line separates it

DELETE FROM customers;
DELETE FROM items; -- ferry: allow drop-cascade, delete-all-rows
--- down
DROP TABLE orders;
--- revision two
--- allow: [drop-table, drop-column]
--- up
ALTER TABLE customers DROP COLUMN tenant;
--- down: none

--- manifest severity: {drop-cascade: off}
--- revision one
--- allow: [drop-column, split-ambiguous]
--- up
-- ferry: allow drop-table it was empty
DROP TABLE orders;
-- ferry: allow delete-all-rows they are kept elsewhere
-- and a second line says more
DELETE FROM customers;
DELETE FROM items; DELETE FROM others; -- ferry: allow delete-all-rows
DELETE FROM bills WHERE id IN (
    -- ferry: allow drop-cascade it is switched off
    SELECT 1
);
ALTER TABLE customers DROP COLUMN tenant;
--- down: none

-- ferry: allow drop-tabel nobody reads it any more
DROP TABLE orders;
DROP TABLE items; -- ferry: alow drop-table
-- ferry: allow
SELECT 1;
--- revision two
--- up
SELECT 1;
--- down
SELECT 2; -- ferry: allow everything

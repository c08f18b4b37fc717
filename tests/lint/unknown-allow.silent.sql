-- ferry: allow drop-table, drop-cascade nobody reads it any more
DROP TABLE orders CASCADE;
-- The ferry: allow that it is late.
INSERT INTO words VALUES ('-- ferry: allow nothing');
DO $$
BEGIN
    -- ferry: allow what is inside a string is no comment of the script
    NULL;
END
$$;

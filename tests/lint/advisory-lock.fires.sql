SELECT pg_advisory_lock(4711);
DO $$
BEGIN
    PERFORM pg_try_advisory_lock(1, 2);
END
$$;
--- revision two
--- up
SELECT 1;
--- down
SELECT pg_advisory_unlock_all();

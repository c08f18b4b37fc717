SELECT pg_advisory_xact_lock(4711);
SELECT 'pg_advisory_lock(1)' AS note;
CREATE TABLE pg_advisory_lock (id integer);

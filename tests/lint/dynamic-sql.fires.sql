DO $do$
DECLARE
    part text;
BEGIN
    FOR part IN SELECT tablename FROM pg_tables LOOP
        EXECUTE 'DROP TABLE ' || part;
    END LOOP;
END
$do$;
DO LANGUAGE plpython3u 'plpy.execute("DROP TABLE a")';

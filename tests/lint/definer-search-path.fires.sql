CREATE OR REPLACE FUNCTION app.total(a integer DEFAULT 0)
RETURNS bigint
SECURITY DEFINER
LANGUAGE plpgsql
AS $body$
BEGIN
    SET search_path = pg_catalog;
    RETURN 1;
END
$body$;
